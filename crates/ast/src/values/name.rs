//! Names: UTF-8 strings that are borrowed from the input or shared.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use crate::{Decode, Encode, Malformed, Reader, leb128};

/// A name in UTF-8. It is borrowed from the input where possible, and otherwise shared, so that
/// cloning never copies the text.
///
/// Spec: <https://webassembly.github.io/spec/core/binary/values.html#names>
///
/// ```
/// use wattle_ast::Name;
/// let name = Name::from("memory");
/// assert_eq!(name.into_owned().as_str(), "memory");
/// ```
#[derive(Clone)]
pub enum Name<'a> {
    /// A slice of the input.
    Borrowed(&'a str),
    /// Text that clones of the name share.
    Shared(Arc<str>),
}

impl<'a> Name<'a> {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Name::Borrowed(text) => text,
            Name::Shared(text) => text,
        }
    }

    /// A name that borrows from this one. A shared name stays shared.
    pub fn borrowed(&self) -> Name<'_> {
        match self {
            Name::Borrowed(text) => Name::Borrowed(text),
            Name::Shared(text) => Name::Shared(text.clone()),
        }
    }

    /// Copies the text, so that the name can outlive the input.
    pub fn into_owned(self) -> Name<'static> {
        match self {
            Name::Borrowed(text) => Name::Shared(text.into()),
            Name::Shared(text) => Name::Shared(text),
        }
    }
}

impl Default for Name<'_> {
    fn default() -> Self {
        Name::Borrowed("")
    }
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(text: &'a str) -> Self {
        Name::Borrowed(text)
    }
}

impl From<alloc::string::String> for Name<'_> {
    fn from(text: alloc::string::String) -> Self {
        Name::Shared(text.into())
    }
}

impl Deref for Name<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Name<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// A name equals any string with the same text.
impl<T: AsRef<str> + ?Sized> PartialEq<T> for Name<'_> {
    fn eq(&self, other: &T) -> bool {
        self.as_str() == other.as_ref()
    }
}

impl Eq for Name<'_> {}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'a> Decode<'a> for Name<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.name().map(Name::Borrowed)
    }
}

impl Encode for Name<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.len() as u32);
        out.extend_from_slice(self.as_bytes());
    }
}
