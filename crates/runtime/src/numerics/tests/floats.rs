//! Properties of floats that the reference does not cover: the payloads of NaNs.

use super::super::float::{madd, max, min, nearest};
use super::super::{Nan, convert};

#[test]
fn native_nans_keep_their_payloads() {
    let demoted = convert::f32_demote_f64(f64::from_bits(0xfff4_0000_2000_0001), Nan::Native);
    assert_eq!(demoted.to_bits(), 0xffe0_0001);
    let promoted = convert::f64_promote_f32(f32::from_bits(0xffa0_0001), Nan::Native);
    assert_eq!(promoted.to_bits(), 0xfffc_0000_2000_0000);
    let nan = f32::from_bits(0xff80_0001);
    assert_eq!(nearest(nan, Nan::Native).to_bits(), 0xffc0_0001);
    assert_eq!(min(nan, 1.0, Nan::Native).to_bits(), 0xffc0_0001);
    assert_eq!(max(1.0, nan, Nan::Native).to_bits(), 0xffc0_0001);
}

#[test]
fn canonical_nans_are_positive() {
    let nan = f64::from_bits(0xfff4_0000_2000_0001);
    for result in [
        nearest(nan, Nan::Canonical),
        min(1.0, nan, Nan::Canonical),
        max(nan, 1.0, Nan::Canonical),
        madd(f64::INFINITY, 0.0, 1.0, true, Nan::Canonical),
        madd(f64::INFINITY, 1.0, f64::NEG_INFINITY, true, Nan::Canonical),
    ] {
        assert_eq!(result.to_bits(), 0x7ff8_0000_0000_0000);
    }
    assert_eq!(convert::f32_demote_f64(nan, Nan::Canonical).to_bits(), 0x7fc0_0000);
}

#[test]
fn infinities_outlast_overflow_in_a_fused_product() {
    let product = madd(f64::MAX, f64::MAX, f64::NEG_INFINITY, true, Nan::Canonical);
    assert_eq!(product, f64::NEG_INFINITY);
}

#[test]
fn a_fused_product_is_rounded_once() {
    let (x, y) = (1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
    assert_eq!(madd(x, y, -1.0, false, Nan::Canonical), 0.0);
    assert_eq!(madd(x, y, -1.0, true, Nan::Canonical), -f64::EPSILON * f64::EPSILON);
}

#[test]
fn the_profile_says_which_nan_leaves_an_operator() {
    let nan = f32::from_bits(0xffe0_0001);
    assert_eq!(Nan::Canonical.result(nan).to_bits(), 0x7fc0_0000);
    assert_eq!(Nan::Negative.result(nan).to_bits(), 0xffc0_0000);
    assert_eq!(Nan::Native.result(nan).to_bits(), 0xffe0_0001);
    assert_eq!(Nan::Canonical.result(1.5_f64), 1.5);
}
