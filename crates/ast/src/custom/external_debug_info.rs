//! `external_debug_info`: where the debug information of a module is.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Debugging.md#external-dwarf>

use super::record;
use crate::Name;

record! {
    /// Where the debug information of a module is: a module with the DWARF in custom sections.
    ///
    /// ```
    /// use wattle_ast::custom::ExternalDebugInfo;
    /// assert_eq!(ExternalDebugInfo::parse(b"\x05a.map")?.url, "a.map");
    /// # Ok::<(), (wattle_ast::Malformed, usize)>(())
    /// ```
    ExternalDebugInfo<'a> section "external_debug_info" {
        /// Its address, relative to that of the module.
        url: Name<'a>,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, round_trip};
    use crate::Malformed;

    #[test]
    fn external_debug_info() {
        round_trip("external_debug_info", b"\x14https://example.org/");
        assert_eq!(error("external_debug_info", b"\x02a"), (Malformed::UnexpectedEnd, 2));
    }
}
