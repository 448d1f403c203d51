//! The keywords of WIT.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#keywords>

use alloc::string::String;

/// A name without the `%` that text can have before each of its parts. Names in components that WIT
/// does not have, such as `url=<…>`, stay as they are.
///
/// ```
/// use wattle_wit::syntax::unescaped;
/// assert_eq!(unescaped("%a:b/%import@1.0.0"), "a:b/import@1.0.0");
/// assert_eq!(unescaped("url=<https://%61>"), "url=<https://%61>");
/// ```
pub fn unescaped(name: &str) -> String {
    if name.contains('<') {
        return name.into();
    }
    let mut is_start = true;
    let is_part = |c: &char| {
        let is_escape = core::mem::replace(&mut is_start, matches!(c, ':' | '/')) && *c == '%';
        !is_escape
    };
    name.chars().filter(is_part).collect()
}

macro_rules! keywords {
    ($($variant:ident $text:literal)*) => {
        /// A word that is not a name unless `%` stands before it.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(missing_docs, reason = "each is the word that it is named by")]
        pub enum Keyword { $($variant,)* }

        impl Keyword {
            /// All keywords.
            pub const ALL: &[Keyword] = &[$(Keyword::$variant,)*];

            /// Returns the word.
            pub const fn text(self) -> &'static str {
                match self { $(Keyword::$variant => $text,)* }
            }
        }

        /// Returns the keyword with this text, if there is one.
        ///
        /// ```
        /// use wattle_wit::syntax::{Keyword, keyword};
        /// assert_eq!(keyword("func"), Some(Keyword::Func));
        /// assert_eq!(keyword("get"), None);
        /// ```
        pub fn keyword(word: &str) -> Option<Keyword> {
            Some(match word { $($text => Keyword::$variant,)* _ => return None })
        }
    };
}

impl Keyword {
    /// Returns whether a definition of a type begins with the keyword.
    pub(super) fn defines_type(self) -> bool {
        use Keyword::{Enum, Flags, Record, Resource, Type, Variant};
        matches!(self, Enum | Flags | Record | Resource | Type | Variant)
    }
}

keywords! {
    As "as"
    Async "async"
    Bool "bool"
    Borrow "borrow"
    Char "char"
    Constructor "constructor"
    Enum "enum"
    ErrorContext "error-context"
    Export "export"
    F32 "f32"
    F64 "f64"
    Flags "flags"
    From "from"
    Func "func"
    Future "future"
    Import "import"
    Include "include"
    Interface "interface"
    List "list"
    Map "map"
    Option "option"
    Own "own"
    Package "package"
    Record "record"
    Resource "resource"
    Result "result"
    S16 "s16"
    S32 "s32"
    S64 "s64"
    S8 "s8"
    Static "static"
    Stream "stream"
    String "string"
    Tuple "tuple"
    Type "type"
    U16 "u16"
    U32 "u32"
    U64 "u64"
    U8 "u8"
    Underscore "_"
    Use "use"
    Variant "variant"
    With "with"
    World "world"
}
