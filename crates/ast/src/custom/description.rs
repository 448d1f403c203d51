//! `authors`, `description`, `licenses` and their like: what a registry shows of a module or component.
//! The content of each is text.
//!
//! The annotations that they correspond to:
//! <https://specs.opencontainers.org/image-spec/annotations/#pre-defined-annotation-keys>

macro_rules! descriptions {
    ($( $(#[$doc:meta])* $variant:ident $name:literal; )*) => {
        /// A section that describes a module or component: its content is text, without a size.
        ///
        /// ```
        /// use wattle_ast::custom::DescriptionSection;
        ///
        /// assert_eq!(DescriptionSection::from_name("authors"), Some(DescriptionSection::Authors));
        /// assert_eq!(DescriptionSection::Version.name(), "version");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum DescriptionSection { $( $(#[$doc])* $variant, )* }

        impl DescriptionSection {
            /// All of them.
            pub const ALL: &'static [DescriptionSection] = &[$( DescriptionSection::$variant, )*];

            /// The name of the section.
            pub const fn name(self) -> &'static str {
                match self { $( DescriptionSection::$variant => $name, )* }
            }

            /// The section of this name.
            pub fn from_name(name: &str) -> Option<DescriptionSection> {
                match name { $( $name => Some(DescriptionSection::$variant), )* _ => None }
            }
        }
    };
}

descriptions! {
    /// Who is responsible, and how to reach them.
    Authors "authors";
    /// What it is, for people.
    Description "description";
    /// The licences, as an SPDX expression.
    Licenses "licenses";
    /// Where the source is: a URL.
    Source "source";
    /// Where to read about it: a URL.
    Homepage "homepage";
    /// The revision of the source that it was made from.
    Revision "revision";
    /// Its version.
    Version "version";
}
