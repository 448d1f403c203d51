//! The choices that the specification leaves open: NaN payloads and relaxed vector instructions.

use crate::float::Float;

/// The NaN that an operator makes.
///
/// It does not affect operators on bits: `abs`, `neg`, `copysign`, `reinterpret`, `pmin`, `pmax`,
/// and moves.
///
/// Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Nan {
    /// The positive canonical NaN on every machine, as the deterministic profile demands.
    #[default]
    Canonical,
    /// The negative canonical NaN, which the specification also allows. If the results of a program
    /// change with it, the program depends on a choice of the engine.
    Negative,
    /// The NaN of the processor: quiet, of any sign, usually with the payload of an operand.
    Native,
}

impl Nan {
    /// Replaces a result that is a NaN by the chosen NaN.
    #[inline(always)]
    pub(crate) fn result<F: Float>(self, value: F) -> F {
        match self {
            Nan::Canonical if value.is_nan() => F::CANONICAL_NAN,
            Nan::Negative if value.is_nan() => F::NEGATIVE_NAN,
            Nan::Canonical | Nan::Negative | Nan::Native => value,
        }
    }
}

/// The choices that the specification leaves to an implementation. The default is the deterministic
/// profile.
///
/// Spec: <https://webassembly.github.io/spec/core/appendix/profiles.html#deterministic-profile-small-mathrm-det>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Profile {
    /// The NaN that an operator makes.
    pub nan: Nan,
    /// The results of relaxed instructions.
    pub relaxed: Relaxed,
}

/// The results of relaxed vector instructions. The default is the deterministic profile.
///
/// Each field is one of the specification's parameters *R*.
///
/// ```
/// use wattle_numerics::{Profile, Relaxed};
/// let profile = Profile { relaxed: Relaxed { fused_madd: true, ..Relaxed::default() }, ..Profile::default() };
/// assert!(!Relaxed::default().fused_madd);
/// # let _ = profile;
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#relaxed-operations>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Relaxed {
    /// `relaxed_madd` and `relaxed_nmadd` round once instead of twice.
    pub fused_madd: bool,
    /// The result of `relaxed_min` for NaNs and for zeros of opposite signs.
    pub min: RelaxedMinMax,
    /// The result of `relaxed_max` for NaNs and for zeros of opposite signs.
    pub max: RelaxedMinMax,
    /// `relaxed_dot` reads the lanes of its second operand as unsigned.
    pub unsigned_dot: bool,
    /// `relaxed_q15mulr_s` of two least integers wraps around to the least integer instead of
    /// saturating.
    pub wrapping_q15mulr: bool,
    /// The result of signed `relaxed_trunc` for numbers that do not fit.
    pub trunc_s: RelaxedTrunc,
    /// The result of unsigned `relaxed_trunc` for numbers that do not fit.
    pub trunc_u: RelaxedTrunc,
    /// `relaxed_swizzle` takes indices from 16 to 127 modulo 16 instead of giving zero.
    pub modulo_swizzle: bool,
    /// `relaxed_laneselect` reads only the top bit of each lane of the mask.
    pub top_bit_laneselect: bool,
}

/// The results of `relaxed_min` and `relaxed_max` for NaNs and for zeros of opposite signs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RelaxedMinMax {
    /// The result of `min` or `max`.
    #[default]
    Strict,
    /// The first operand.
    First,
    /// The second operand.
    Second,
    /// The operand that is not a NaN; for two zeros, the result of `min` or `max`.
    Number,
}

/// The results of `relaxed_trunc` for NaNs and for numbers that do not fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RelaxedTrunc {
    /// The result of `trunc_sat`.
    #[default]
    Saturate,
    /// A marker: the least integer if signed, the greatest integer if unsigned.
    Indefinite,
}
