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

#[cfg(test)]
mod tests {
    use super::super::tests::{error, round_trip};
    use crate::Malformed;

    #[test]
    fn source_mapping_url() {
        round_trip("sourceMappingURL", b"\x14https://example.org/");
        assert_eq!(error("sourceMappingURL", b"\x02a"), (Malformed::UnexpectedEnd, 2));
    }
}
