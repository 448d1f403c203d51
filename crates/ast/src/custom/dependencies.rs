//! `.dep-v0`: the packages that a program was built from, as `cargo auditable` records them.
//!
//! Format: <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::section;
use crate::{Decode, Encode, Malformed, Reader};

/// The packages that a program was built from.
///
/// ```
/// use wattle_ast::custom::Dependencies;
///
/// let bytes = [0x78, 0x01];
/// assert_eq!(Dependencies::parse(&bytes)?.compressed[..], bytes);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dependencies<'a> {
    /// A JSON object, compressed with zlib. The section has no other bytes.
    pub compressed: Cow<'a, [u8]>,
}

section! { ".dep-v0"; Dependencies<'a> }

impl<'a> Decode<'a> for Dependencies<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Dependencies<'a>, Malformed> {
        Ok(Dependencies { compressed: reader.take(reader.remaining())?.into() })
    }
}

impl Encode for Dependencies<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.compressed);
    }
}
