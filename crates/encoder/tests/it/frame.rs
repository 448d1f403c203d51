//! Frames of sections. It is private to the crate, so its file is compiled here too.

use wattle_ast::leb128;

use crate::private::frame::section;

#[test]
fn sizes_are_patched_whatever_the_estimate() {
    for len in [0, 1, 127, 128, 20_000] {
        for estimate in [0, 127, 128, 1 << 20, usize::MAX] {
            let mut out = Vec::new();
            section(&mut out, 10, estimate, |out| out.resize(out.len() + len, 7));
            let mut expected = Vec::from([10]);
            leb128::write_u32(&mut expected, len as u32);
            expected.resize(expected.len() + len, 7);
            assert_eq!(out, expected, "{len} {estimate}");
        }
    }
}
