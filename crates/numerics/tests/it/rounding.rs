//! The square root and the fused multiply-add, compared with the standard library.

use super::{Random, special_f32, special_f64};

// With the feature `std`, the crate does not have this square root.
#[path = "../../src/exact.rs"]
mod exact;
#[path = "../../src/root.rs"]
mod root;

macro_rules! compare {
    ($test:ident $float:ident $special:ident) => {
        #[test]
        fn $test() {
            let check_sqrt = |x: $float| {
                let (ours, theirs) = (root::$float(x), x.sqrt());
                assert!(
                    ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
                    "sqrt {x:e}: {ours:e}, not {theirs:e}"
                );
            };
            let check_madd = |a: $float, b: $float, c: $float| {
                let (ours, theirs) = (exact::$float::mul_add(a, b, c), a.mul_add(b, c));
                assert!(
                    ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
                    "{a:e} * {b:e} + {c:e}: {ours:e}, not {theirs:e}"
                );
            };
            let special = $special();
            for &a in &special {
                check_sqrt(a);
                for &b in special.iter().step_by(2) {
                    for &c in special.iter().step_by(7) {
                        check_madd(a, b, c);
                    }
                }
            }
            let mut random = Random::new();
            for _ in 0..100_000 {
                let mut next = || $float::from_bits(random.bits() as _);
                let (a, b, c) = (next(), next(), next());
                check_sqrt(a.abs());
                check_madd(a, b, c);
                // An addend that is close to the product, so that most of the product cancels out.
                let near = -(a * b);
                let near = $float::from_bits(near.to_bits() ^ (c.to_bits() & 7));
                check_madd(a, b, near);
                check_madd(a, b, near * 2.0);
                // Products in the range of subnormal floats.
                let subnormal = $float::MIN_POSITIVE * (1.0 + $float::EPSILON * 12345.0);
                let half = (c.to_bits() % 1_000_003) as $float / 1_000_003.0;
                check_madd(subnormal, half, 0.0);
                check_madd(subnormal, half, -$float::MIN_POSITIVE * half);
                check_madd(subnormal, half, $float::from_bits(c.to_bits() & 0xffff));
            }
        }
    };
}

compare!(single f32 special_f32);
compare!(double f64 special_f64);
