//! `build_id`: the identifier of the build that a module comes from.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/BuildId.md>

use alloc::borrow::Cow;

use super::record;

record! {
    /// The identifier of the build that a module comes from, which leads to its debug information.
    ///
    /// ```
    /// use wattle_ast::custom::BuildId;
    /// assert_eq!(BuildId::parse(&[2, 0xab, 0xcd])?.bytes[..], [0xab, 0xcd]);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    BuildId<'a> section "build_id" {
        /// Any bytes.
        bytes: Cow<'a, [u8]>,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, round_trip};
    use crate::Malformed;

    #[test]
    fn build_id() {
        round_trip("build_id", b"\0");
        round_trip("build_id", b"\x03\xff\0\xff");
        assert_eq!(error("build_id", b"\x03\xff\0"), (Malformed::UnexpectedEnd, 3));
    }
}
