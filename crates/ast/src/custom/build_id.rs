//! `build_id`: which build a module is of.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/BuildId.md>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::section;
use crate::{Decode, Encode, Malformed, Reader, leb128};

/// Which build a module is of, so that it finds its debug information.
///
/// ```
/// use wattle_ast::custom::BuildId;
/// assert_eq!(BuildId::parse(&[2, 0xab, 0xcd])?.bytes[..], [0xab, 0xcd]);
/// # Ok::<(), (wattle_ast::Malformed, usize)>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BuildId<'a> {
    /// Any bytes.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Decode<'a> for BuildId<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(BuildId { bytes: Cow::Borrowed(reader.byte_list()?) })
    }
}

impl Encode for BuildId<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.bytes.len() as u32);
        out.extend_from_slice(&self.bytes);
    }
}

section!(BuildId<'a>, "build_id");

#[cfg(test)]
mod tests {
    use super::super::tests::{error, round_trip};
    use crate::Malformed;

    #[test]
    fn build_id() {
        round_trip("build_id", b"\0");
        round_trip("build_id", b"\x03\xff\0\xff");
        assert_eq!(error("build_id", b"\x03\xff\0"), (Malformed::LengthOutOfBounds, 0));
    }
}
