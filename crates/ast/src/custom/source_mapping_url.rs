//! `sourceMappingURL`: the address of a module's source map.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Debugging.md#source-maps>

use super::record;
use crate::Name;

record! {
    /// The address of a module's source map.
    ///
    /// ```
    /// use wattle_ast::custom::SourceMappingUrl;
    /// assert_eq!(SourceMappingUrl::parse(b"\x05a.map")?.url, "a.map");
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    SourceMappingUrl<'a> section "sourceMappingURL" {
        /// The URL, relative to that of the module.
        url: Name<'a>,
    }
}
