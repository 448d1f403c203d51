//! Vectors as lanes, and operators applied to all lanes.
//!
//! These functions are not inlined, so that each of them becomes a few vector instructions. If they
//! were inlined into the arms of one large `match`, the compiler would split vectors into bytes to
//! merge the arms.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#vectors>

use core::ops::Index;

use wattle_ast::V128;

/// The type of a lane: an integer or a float.
pub(crate) trait Lane: Copy + PartialOrd + Default {
    /// All lanes of a vector.
    type Lanes: Index<usize, Output = Self> + Copy;
    /// The integer of the same width.
    type Mask: Lane;
    /// The number of lanes in a vector.
    const COUNT: usize;

    /// The lanes of a vector.
    fn lanes(v: V128) -> Self::Lanes;
    /// The vector of these lanes.
    fn build(lane: impl FnMut(usize) -> Self) -> V128;
    /// The vector with one lane replaced. Lane numbers are taken modulo [`Lane::COUNT`].
    fn replace(v: V128, lane: u8, value: Self) -> V128;
    /// A mask with all bits set, or with none.
    fn mask(set: bool) -> Self::Mask;

    /// Extracts one lane. Lane numbers are taken modulo [`Lane::COUNT`].
    #[inline(always)]
    fn extract(v: V128, lane: u8) -> Self {
        Self::lanes(v)[usize::from(lane) % Self::COUNT]
    }
}

macro_rules! lanes {
    ($( $lane:ident $mask:ident $count:literal; )*) => { $(
        impl Lane for $lane {
            type Lanes = [$lane; $count];
            type Mask = $mask;
            const COUNT: usize = $count;

            #[inline(always)]
            fn lanes(v: V128) -> [$lane; $count] {
                const SIZE: usize = 16 / $count;
                let (chunks, _) = v.0.as_chunks::<SIZE>();
                let mut lanes = [$lane::default(); $count];
                for (lane, chunk) in lanes.iter_mut().zip(chunks) {
                    *lane = $lane::from_le_bytes(*chunk);
                }
                lanes
            }

            #[inline(always)]
            fn build(mut lane: impl FnMut(usize) -> $lane) -> V128 {
                const SIZE: usize = 16 / $count;
                let mut v = V128::default();
                let (chunks, _) = v.0.as_chunks_mut::<SIZE>();
                for (i, chunk) in chunks.iter_mut().enumerate() {
                    *chunk = lane(i).to_le_bytes();
                }
                v
            }

            #[inline(always)]
            fn replace(v: V128, lane: u8, value: $lane) -> V128 {
                let mut lanes = Self::lanes(v);
                lanes[usize::from(lane) % $count] = value;
                Self::build(|i| lanes[i])
            }

            #[inline(always)]
            fn mask(set: bool) -> $mask {
                if set { !0 } else { 0 }
            }
        }
    )* };
}

lanes! {
    u8 u8 16;
    i8 u8 16;
    u16 u16 8;
    i16 u16 8;
    u32 u32 4;
    i32 u32 4;
    u64 u64 2;
    i64 u64 2;
    f32 u32 4;
    f64 u64 2;
}

/// Applies an operator to every lane. The lanes of the result have the same width.
#[inline(never)]
pub(super) fn map<A: Lane, R: Lane>(a: V128, f: impl Fn(A) -> R) -> V128 {
    const { assert!(A::COUNT == R::COUNT) };
    let a = A::lanes(a);
    R::build(|i| f(a[i]))
}

/// Applies an operator to every pair of lanes. The lanes of the result have the same width.
#[inline(never)]
pub(super) fn zip<A: Lane, R: Lane>((a, b): (V128, V128), f: impl Fn(A, A) -> R) -> V128 {
    const { assert!(A::COUNT == R::COUNT) };
    let (a, b) = (A::lanes(a), A::lanes(b));
    R::build(|i| f(a[i], b[i]))
}

/// Applies an operator to every triple of lanes.
#[inline(never)]
pub(super) fn zip3<A: Lane>(a: V128, b: V128, c: V128, f: impl Fn(A, A, A) -> A) -> V128 {
    let (a, b, c) = (A::lanes(a), A::lanes(b), A::lanes(c));
    A::build(|i| f(a[i], b[i], c[i]))
}

/// One half of the lanes.
#[derive(Clone, Copy)]
pub(super) enum Half {
    Low,
    High,
}

impl Half {
    /// The first lane of the half.
    #[inline(always)]
    fn start<A: Lane>(self) -> usize {
        match self {
            Half::Low => 0,
            Half::High => A::COUNT / 2,
        }
    }
}

/// Applies an operator to half of the lanes. The lanes of the result are twice as wide.
#[inline(never)]
pub(super) fn widen<A: Lane, R: Lane>(half: Half, a: V128, f: impl Fn(A) -> R) -> V128 {
    const { assert!(A::COUNT == 2 * R::COUNT) };
    let a = A::lanes(a);
    let start = half.start::<A>();
    R::build(|i| f(a[start + i]))
}

/// Extends half of the lanes to twice the width.
#[inline(always)]
pub(super) fn extend<A: Lane + Into<R>, R: Lane>(half: Half, a: V128) -> V128 {
    widen(half, a, |x: A| x.into())
}

/// Applies an operator to half of the pairs of lanes. The lanes of the result are twice as wide.
#[inline(never)]
pub(super) fn zip_widen<A: Lane, R: Lane>(
    half: Half,
    a: V128,
    b: V128,
    f: impl Fn(A, A) -> R,
) -> V128 {
    const { assert!(A::COUNT == 2 * R::COUNT) };
    let (a, b) = (A::lanes(a), A::lanes(b));
    let start = half.start::<A>();
    R::build(|i| f(a[start + i], b[start + i]))
}

/// Applies an operator to neighbouring lanes. The lanes of the result are twice as wide.
#[inline(never)]
pub(super) fn pairwise<A: Lane, R: Lane>(a: V128, f: impl Fn(A, A) -> R) -> V128 {
    const { assert!(A::COUNT == 2 * R::COUNT) };
    let a = A::lanes(a);
    R::build(|i| f(a[2 * i], a[2 * i + 1]))
}

/// Applies an operator to neighbouring lanes of two vectors. The lanes of the result are twice as
/// wide.
#[inline(never)]
pub(super) fn zip_pairwise<A: Lane, R: Lane>(
    a: V128,
    b: V128,
    f: impl Fn([A; 2], [A; 2]) -> R,
) -> V128 {
    const { assert!(A::COUNT == 2 * R::COUNT) };
    let (a, b) = (A::lanes(a), A::lanes(b));
    R::build(|i| f([a[2 * i], a[2 * i + 1]], [b[2 * i], b[2 * i + 1]]))
}

/// Applies an operator to every lane. The lanes of the result are half as wide, and zeros follow
/// them.
#[inline(never)]
pub(super) fn shrink<A: Lane, R: Lane>(a: V128, f: impl Fn(A) -> R) -> V128 {
    const { assert!(2 * A::COUNT == R::COUNT) };
    let a = A::lanes(a);
    R::build(|i| if i < A::COUNT { f(a[i]) } else { R::default() })
}

/// Applies an operator to every lane of one vector, and then to every lane of another. The lanes of
/// the result are half as wide.
#[inline(never)]
pub(super) fn narrow<A: Lane, R: Lane>(a: V128, b: V128, f: impl Fn(A) -> R) -> V128 {
    const { assert!(2 * A::COUNT == R::COUNT) };
    let (a, b) = (A::lanes(a), A::lanes(b));
    R::build(|i| f(if i < A::COUNT { a[i] } else { b[i - A::COUNT] }))
}

/// Whether a predicate holds for every lane.
#[inline(always)]
pub(super) fn all<A: Lane>(a: V128, f: impl Fn(A) -> bool) -> bool {
    let a = A::lanes(a);
    (0..A::COUNT).fold(true, |all, i| all & f(a[i]))
}

/// One bit for each lane, the lowest for lane 0: whether the lane is negative.
#[inline(always)]
pub(super) fn bitmask<A: Lane>(a: V128) -> u32 {
    let a = A::lanes(a);
    (0..A::COUNT).fold(0, |bits, i| bits | u32::from(a[i] < A::default()) << i)
}

/// [`bitmask`] for bytes. A multiplication gathers the top bits of eight bytes.
#[inline(always)]
pub(super) fn byte_bitmask(a: V128) -> u32 {
    let [low, high] = u64::lanes(a).map(|bytes| {
        let tops = (bytes >> 7) & 0x0101_0101_0101_0101;
        (tops.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
    });
    high << 8 | low
}
