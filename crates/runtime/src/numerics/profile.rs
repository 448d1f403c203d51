//! The choices that the specification leaves open: NaN payloads and relaxed vector instructions.

use super::float::Float;

/// Which NaN an operator makes.
///
/// It does not touch the operators on bits: `abs`, `neg`, `copysign`, `reinterpret`, `pmin`,
/// `pmax`, and moves.
///
/// Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Nan {
    /// The positive canonical NaN, as the deterministic profile asks: the same on every machine.
    #[default]
    Canonical,
    /// The negative canonical NaN: as good as the positive one by the rule, so that what comes out
    /// otherwise with it depends on an engine's choice.
    Negative,
    /// What the processor makes: a quiet NaN of any sign, mostly with the payload of an operand.
    Native,
}

impl Nan {
    /// A result as it leaves an operator.
    #[inline(always)]
    pub(super) fn result<F: Float>(self, value: F) -> F {
        match self {
            Nan::Canonical if value.is_nan() => F::CANONICAL_NAN,
            Nan::Negative if value.is_nan() => F::NEGATIVE_NAN,
            Nan::Canonical | Nan::Negative | Nan::Native => value,
        }
    }
}

/// All that an implementation may choose. The default is the deterministic profile.
///
/// Spec: <https://webassembly.github.io/spec/core/appendix/profiles.html#deterministic-profile-small-mathrm-det>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Profile {
    /// Which NaN an operator makes.
    pub nan: Nan,
    /// What relaxed instructions do.
    pub relaxed: Relaxed,
}

/// What relaxed vector instructions do. The default is the deterministic profile.
///
/// Each field is one of the specification's parameters *R*.
///
/// ```
/// use wattle_runtime::numerics::{Profile, Relaxed};
/// let profile = Profile { relaxed: Relaxed { fused_madd: true, ..Relaxed::default() }, ..Profile::default() };
/// assert!(!Relaxed::default().fused_madd);
/// # let _ = profile;
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#relaxed-operations>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Relaxed {
    /// `relaxed_madd` and `relaxed_nmadd` round once, not twice.
    pub fused_madd: bool,
    /// `relaxed_min` of NaNs and of zeros of opposite signs.
    pub min: RelaxedMinMax,
    /// `relaxed_max` of NaNs and of zeros of opposite signs.
    pub max: RelaxedMinMax,
    /// `relaxed_dot` takes the lanes of its second operand as unsigned.
    pub unsigned_dot: bool,
    /// `relaxed_q15mulr_s` of the two least integers wraps around to the least one, instead of
    /// saturating.
    pub wrapping_q15mulr: bool,
    /// Signed `relaxed_trunc` of what does not fit.
    pub trunc_s: RelaxedTrunc,
    /// Unsigned `relaxed_trunc` of what does not fit.
    pub trunc_u: RelaxedTrunc,
    /// `relaxed_swizzle` takes indices from 16 to 127 modulo 16, instead of giving zero.
    pub modulo_swizzle: bool,
    /// `relaxed_laneselect` looks at the top bit of a lane only.
    pub top_bit_laneselect: bool,
}

/// What `relaxed_min` and `relaxed_max` give for NaNs and for zeros of opposite signs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RelaxedMinMax {
    /// What `min` and `max` give.
    #[default]
    Strict,
    /// The first operand.
    First,
    /// The second operand.
    Second,
    /// The operand that is not a NaN, and the right one of two zeros.
    Number,
}

/// What `relaxed_trunc` gives for NaNs and for what does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RelaxedTrunc {
    /// What `trunc_sat` gives.
    #[default]
    Saturate,
    /// A marker: the least integer when signed, the greatest when unsigned.
    Indefinite,
}
