//! Options of canonical definitions, made from the rows of `canon_table.rs`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::canon_table::for_each_canon_opt;
use super::canons::{CanonImmediate, CanonSource};
use super::sorts::CoreSortIdx;
use crate::{Decode, Encode, Feature, FuncIdx, Malformed, MemIdx, Reader, TypeIdx};

type Result<T, E = Malformed> = core::result::Result<T, E>;

/// The options of a canonical definition. A valid list has each option at most once; any list is
/// well-formed.
pub type CanonOpts = Box<[CanonOpt]>;

macro_rules! canon_opts {
    ($( $(#[$doc:meta])* $variant:ident $(($ty:ident))? = $code:literal $keyword:literal $feature:ident; )*) => {
        /// An option of a canonical definition.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum CanonOpt { $( $(#[$doc])* $variant $(($ty))?, )* }

        impl CanonOpt {
            /// Returns the keyword of the text format.
            pub const fn keyword(&self) -> &'static str {
                match self { $( CanonOpt::$variant { .. } => $keyword, )* }
            }

            /// Returns the feature that the option belongs to.
            pub const fn feature(&self) -> Feature {
                match self { $( CanonOpt::$variant { .. } => Feature::$feature, )* }
            }

            /// The keywords of the options, each with the feature that it belongs to, and whether
            /// the option has an index.
            ///
            /// ```
            /// use wattle_ast::Feature;
            /// use wattle_ast::components::CanonOpt;
            /// assert!(CanonOpt::KEYWORDS.contains(&("memory", Feature::ComponentModel, true)));
            /// assert!(CanonOpt::KEYWORDS.contains(&("async", Feature::CmAsync, false)));
            /// ```
            pub const KEYWORDS: &'static [(&'static str, Feature, bool)] = &[
                $( ($keyword, Feature::$feature, false $(|| { let _: Option<$ty>; true })?), )*
            ];

            /// Reads the option with a keyword. Its index, if it has one, comes from a source.
            /// `None` if no option has the keyword.
            ///
            /// # Errors
            /// Errors of the source.
            pub fn read_from<S: CanonSource>(
                keyword: &str,
                source: &mut S,
            ) -> Result<Option<CanonOpt>, S::Error> {
                let _ = &source;
                Ok(Some(match keyword {
                    $( $keyword => CanonOpt::$variant $((<$ty as CanonImmediate>::read(source)?))?, )*
                    _ => return Ok(None),
                }))
            }

            /// Returns the definition that the option refers to, if it has an index.
            ///
            /// ```
            /// use wattle_ast::components::{CanonOpt, CoreSortIdx};
            /// let memory = CanonOpt::Memory(1.into());
            /// assert_eq!(memory.index(), Some(CoreSortIdx::Memory(1.into())));
            /// assert_eq!(CanonOpt::Utf8.index(), None);
            /// ```
            pub fn index(&self) -> Option<CoreSortIdx> {
                match *self { $( canon_opts!(@pattern $variant index $($ty)?) => {
                    canon_opts!(@index index $($ty)?)
                } )* }
            }

            /// Returns the option with this number in place of its index, if it has one.
            ///
            /// ```
            /// use wattle_ast::components::CanonOpt;
            /// assert_eq!(CanonOpt::Memory(1.into()).with_index(3), CanonOpt::Memory(3.into()));
            /// assert_eq!(CanonOpt::Utf8.with_index(3), CanonOpt::Utf8);
            /// ```
            pub fn with_index(self, number: u32) -> CanonOpt {
                let _ = number;
                match self { $(
                    CanonOpt::$variant { .. } => CanonOpt::$variant $((<$ty>::from(number)))?,
                )* }
            }
        }

        impl Decode<'_> for CanonOpt {
            fn decode(reader: &mut Reader<'_>) -> Result<Self> {
                let code = reader.byte()?;
                match code {
                    $( $code if reader.features().contains(Feature::$feature) => {
                        Ok(CanonOpt::$variant $(({ let index: $ty = reader.read()?; index }))?)
                    } )*
                    _ => Err(reader.back(1, Malformed::CanonOpt)),
                }
            }
        }

        impl Encode for CanonOpt {
            fn encode(&self, out: &mut Vec<u8>) {
                match self { $( canon_opts!(@pattern $variant index $($ty)?) => {
                    out.push($code);
                    $( <$ty as Encode>::encode(index, out); )?
                } )* }
            }
        }
    };
    (@index $index:ident) => { None };
    (@index $index:ident $ty:ident) => { Some(CoreSortIdx::from($index)) };
    (@pattern $variant:ident $index:ident) => { CanonOpt::$variant };
    (@pattern $variant:ident $index:ident $ty:ident) => { CanonOpt::$variant($index) };
}

for_each_canon_opt!(canon_opts);
