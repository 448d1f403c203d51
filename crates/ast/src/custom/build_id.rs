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
