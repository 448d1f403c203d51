//! `authors`, `description`, `licenses`, `source`, `homepage`, `revision`, `version`: facts about a
//! module or component for registries. Each section is a text without a length.
//!
//! Their meaning is that of the annotations of container images.
//!
//! Spec: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::{Encode, Error, Malformed};

macro_rules! subjects {
    ($( $(#[$doc:meta])* $variant:ident $name:literal; )*) => {
        /// The subject of a section that describes a module or component.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Subject { $( $(#[$doc])* $variant, )* }

        impl Subject {
            /// Every subject.
            pub const ALL: &'static [Subject] = &[$( Subject::$variant, )*];

            /// The name of the section.
            pub const fn name(self) -> &'static str {
                match self { $( Subject::$variant => $name, )* }
            }

            /// The subject of the section with this name.
            ///
            /// ```
            /// use wattle_ast::custom::Subject;
            ///
            /// assert_eq!(Subject::from_name("licenses"), Some(Subject::Licenses));
            /// assert_eq!(Subject::from_name("license"), None);
            /// ```
            pub fn from_name(name: &str) -> Option<Subject> {
                match name { $( $name => Some(Subject::$variant), )* _ => None }
            }
        }
    };
}

subjects! {
    /// The people or organizations that are responsible for it, in any form.
    Authors "authors";
    /// A description of its purpose.
    Description "description";
    /// The licenses of its content, as an SPDX expression.
    Licenses "licenses";
    /// The URL of its source code.
    Source "source";
    /// The URL of a page about it.
    Homepage "homepage";
    /// The revision of its source code.
    Revision "revision";
    /// Its version.
    Version "version";
}

/// A section that describes a module or component.
///
/// ```
/// use wattle_ast::Encode;
/// use wattle_ast::custom::{About, Subject};
///
/// let about = About::parse(Subject::Version, b"1.2.3")?;
/// assert_eq!(about.text, "1.2.3");
/// assert_eq!(about.to_bytes(), b"1.2.3");
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About<'a> {
    /// The subject.
    pub subject: Subject,
    /// The text about the subject.
    pub text: Cow<'a, str>,
}

impl<'a> About<'a> {
    /// Parses the content of the section, which follows its name.
    ///
    /// # Errors
    /// If the content is not UTF-8, with the offset in `bytes`.
    pub fn parse(subject: Subject, bytes: &'a [u8]) -> Result<About<'a>, Error> {
        match core::str::from_utf8(bytes) {
            Ok(text) => Ok(About { subject, text: text.into() }),
            Err(error) => Err(Error::at(Malformed::Utf8, error.valid_up_to())),
        }
    }
}

impl Encode for About<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
    }
}
