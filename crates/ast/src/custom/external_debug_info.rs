//! `external_debug_info`: the address of a module's debug information.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Debugging.md#external-dwarf>

use super::record;
use crate::Name;

record! {
    /// The address of a module's debug information, which is a module with DWARF in custom
    /// sections.
    ///
    /// ```
    /// use wattle_ast::custom::ExternalDebugInfo;
    /// assert_eq!(ExternalDebugInfo::parse(b"\x05a.map")?.url, "a.map");
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    ExternalDebugInfo<'a> section "external_debug_info" {
        /// The URL, relative to that of the module.
        url: Name<'a>,
    }
}
