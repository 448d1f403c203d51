//! Errors in WIT, with their places, and advice against them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Shown, ShownNames, Span, nearest};

/// A range of one of the texts that are resolved together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// The number of the text, in the order in which texts were given.
    pub source: usize,
    /// The range.
    pub span: Span,
}

/// An error in WIT. `Display` shows the kind and the [`help`](field@Error::help), but not the
/// [`place`](field@Error::place).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The place of the error. `None` for a package without any text.
    pub place: Option<Place>,
    /// The place of the earlier definition that conflicts with this one.
    pub related: Option<Place>,
    /// Advice against the error.
    pub help: Option<Help>,
}

impl Error {
    /// Returns whether the text is malformed in itself, rather than in conflict with another part
    /// of this or another text.
    ///
    /// ```
    /// use wattle_wit::Resolver;
    ///
    /// let is_malformed = |text: &str| {
    ///     let mut resolver = Resolver::new();
    ///     resolver.file("a.wit", text);
    ///     resolver.resolve().unwrap_err().0[0].is_malformed()
    /// };
    /// assert!(is_malformed("package a:b; interface i { f func(); }"));
    /// assert!(!is_malformed("package a:b; interface i { f: func(x: missing); }"));
    /// ```
    pub fn is_malformed(&self) -> bool {
        use ErrorKind::{
            Attribute, AttributeTwice, DeprecatedAlone, Expected, Label, Lex, ListLength,
            NestedName, NestedPackage, SinceAndUnstable, TypeTooDeep, UnknownAttribute, Version,
            Words,
        };
        matches!(
            self.kind,
            Lex(_)
                | Expected { .. }
                | Label { .. }
                | Words { .. }
                | Version { .. }
                | ListLength { .. }
                | TypeTooDeep
                | NestedPackage
                | NestedName { .. }
                | UnknownAttribute { .. }
                | AttributeTwice { .. }
                | Attribute { .. }
                | SinceAndUnstable
                | DeprecatedAlone
        )
    }

    pub(crate) fn new(kind: ErrorKind, place: Place) -> Error {
        Error { kind, place: Some(place), related: None, help: None }
    }

    pub(crate) fn related(mut self, place: Place) -> Error {
        self.related = Some(place);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<Option<Help>>) -> Error {
        self.help = help.into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

/// All errors of one run, in the order of the texts.
///
/// ```
/// use wattle_wit::Resolver;
///
/// let text = "package a:b; interface i { f: func(x: missing); }";
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", text);
/// let errors = resolver.resolve().unwrap_err();
/// let place = errors.0[0].place.unwrap();
/// assert_eq!(resolver.sources()[place.source].name, "a.wit");
/// assert_eq!(&text[place.span.start..place.span.end], "missing");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Errors(pub Vec<Error>);

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl core::error::Error for Errors {}

impl From<Error> for Errors {
    fn from(error: Error) -> Errors {
        Errors(Vec::from([error]))
    }
}

/// Advice against an error. `Display` shows it as a sentence without a full stop.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Help {
    /// The name that was probably meant.
    Meant(Box<str>),
    /// The names to choose from.
    OneOf {
        /// The first names.
        names: Box<[Box<str>]>,
        /// The number of the others.
        more: usize,
    },
    /// The places in which a package was looked for.
    Looked(Box<[Box<str>]>),
    /// Advice that contains no name of the text.
    Advice(&'static str),
}

impl Help {
    /// Finds the name of `names` that was probably meant. `budget` limits how many names are
    /// compared.
    pub(crate) fn meant<'n>(
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
        budget: &mut usize,
    ) -> Option<Help> {
        nearest(name, names, budget).map(|name| Help::Meant(name.into()))
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Help::Meant(name) => write!(f, "did you mean `{}`?", Shown(name)),
            Help::OneOf { names, .. } if names.is_empty() => f.write_str("there are none"),
            Help::OneOf { names, more } => {
                write!(f, "there are {}", ShownNames::new(names).and(*more))
            }
            Help::Looked(places) => write!(f, "looked in {}", ShownNames::new(places)),
            Help::Advice(advice) => f.write_str(advice),
        }
    }
}

/// An error in the characters of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LexError {
    /// A character that no token begins with.
    Character(char),
    /// A control character.
    Control(char),
    /// A character that changes the direction of the text around it.
    Bidirectional(char),
    /// A character that Unicode deprecates.
    Deprecated(char),
    /// A block comment without its end.
    UnclosedComment,
    /// A string without its end.
    UnclosedString,
    /// An escape sequence or character that strings cannot have.
    Escape,
    /// A string whose bytes are not UTF-8.
    Utf8,
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LexError::Character(c) => {
                write!(f, "unexpected character `{}`", Shown(String::from(*c)))
            }
            LexError::Control(c) => write!(f, "control character U+{:04X}", u32::from(*c)),
            LexError::Bidirectional(c) => {
                write!(f, "bidirectional control character U+{:04X}", u32::from(*c))
            }
            LexError::Deprecated(c) => {
                write!(f, "character U+{:04X}, which Unicode deprecates", u32::from(*c))
            }
            LexError::UnclosedComment => f.write_str("unterminated block comment"),
            LexError::UnclosedString => f.write_str("unterminated string literal"),
            LexError::Escape => f.write_str("invalid escape sequence or character in a string"),
            LexError::Utf8 => f.write_str("string is not UTF-8"),
        }
    }
}

impl core::error::Error for LexError {}

/// A row: the variant, its fields, and its message, in which `name` is shown with escapes.
macro_rules! kinds {
    ($( $(#[$doc:meta])* $variant:ident $({ $($field:ident: $ty:ty),* })? $text:literal; )*) => {
        /// The kinds of errors in WIT.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "the fields are what the messages name")]
        pub enum ErrorKind {
            /// An error in the characters of the text.
            Lex(LexError),
            $( $(#[$doc])* $variant $({ $($field: $ty),* })?, )*
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    ErrorKind::Lex(error) => error.fmt(f),
                    $( ErrorKind::$variant $({ $($field),* })? =>
                        write!(f, $text $( , $($field = Shown($field)),* )?), )*
                }
            }
        }
    };
}

type Text = Box<str>;

kinds! {
    /// A token other than the expected one.
    Expected { expected: &'static str, found: Text } "expected {expected}, found {found}";
    /// A word that is not a label.
    Label { name: Text } "`{name}` is not in kebab case";
    /// A namespace or the name of a package that is not in lower case.
    Words { name: Text, part: &'static str } "`{name}` is not {part}";
    /// Text that is not a semantic version.
    Version { text: Text } "`{text}` is not a semantic version";
    /// The length of a list that does not fit 32 bits, or is zero.
    ListLength { text: Text } "`{text}` is not a length of a list";
    /// Types that are nested too deeply.
    TypeTooDeep "type nesting too deep";
    /// A package inside of a nested package.
    NestedPackage "nested packages must be placed at the top-level";
    /// A name with several namespaces or packages.
    NestedName { name: Text } "`{name}` has a nested namespace or package";
    /// An attribute that does not exist.
    UnknownAttribute { name: Text } "unknown attribute `@{name}`";
    /// An attribute that an item has twice.
    AttributeTwice { name: Text } "cannot specify @{name} twice";
    /// An attribute on an item that cannot have it.
    Attribute { name: Text, item: &'static str } "@{name} is not allowed on {item}";
    /// A stable and an unstable gate.
    SinceAndUnstable "cannot specify both @since and @unstable";
    /// A deprecation of an item without a gate.
    DeprecatedAlone "cannot specify @deprecated without @since or @unstable";
    /// A package without a file that gives its name.
    NoPackage "no `package` header was found in any WIT file for this package";
    /// Two files of one package with different names.
    PackageName { name: Text, previous: Text } "package identifier `{name}` does not match previous package name of `{previous}`";
    /// Two files with documentation of their package.
    PackageDocs "found doc comments on multiple 'package' items";
    /// Two packages of one name.
    DuplicatePackage { name: Text } "package `{name}` is defined in two different locations";
    /// A package that does not exist.
    PackageNotFound { name: Text } "package `{name}` not found";
    /// Packages that depend on each other.
    PackageCycle { name: Text } "package `{name}` creates a dependency cycle";
    /// Two interfaces or worlds of one name.
    DuplicateItem { name: Text } "duplicate item named `{name}`";
    /// Two names in one file.
    DuplicateInFile { name: Text } "duplicate name `{name}` in this file";
    /// An interface or world of this package that does not exist.
    ItemNotFound { name: Text } "interface or world `{name}` does not exist";
    /// An interface of another package that does not exist.
    InterfaceNotFound { name: Text, package: Text } "interface `{name}` not found in package `{package}`";
    /// A world of another package that does not exist.
    WorldNotFound { name: Text, package: Text } "world `{name}` not found in package `{package}`";
    /// A world where an interface must be.
    NotInterface { name: Text } "name `{name}` is defined as a world, not an interface";
    /// An interface where a world must be.
    NotWorld { name: Text } "name `{name}` is defined as an interface, not a world";
    /// An interface or world that depends on itself.
    ItemCycle { name: Text } "interface or world `{name}` depends on itself";
    /// A type that depends on itself.
    TypeCycle { name: Text } "type `{name}` depends on itself";
    /// A type that does not exist.
    TypeNotFound { name: Text } "type `{name}` does not exist";
    /// A type that an interface does not have.
    NotInThere { name: Text, interface: Text } "type `{name}` not defined in interface `{interface}`";
    /// A function where a type must be.
    FuncAsType { name: Text } "cannot use function `{name}` as a type";
    /// A `use` of a function.
    UseOfFunc { name: Text } "cannot import function `{name}`";
    /// Two types of one name.
    DuplicateType { name: Text } "name `{name}` is defined more than once";
    /// Two definitions of one name.
    DuplicateName { name: Text } "duplicate name `{name}`";
    /// Two definitions whose names are too much alike.
    Conflict { name: Text, previous: Text } "name `{name}` conflicts with previous name `{previous}`";
    /// Two fields, cases, flags or parameters whose names are too much alike.
    Labels { sort: &'static str, name: Text, previous: Text } "{sort} `{name}` conflicts with previous {sort} `{previous}`";
    /// A handle of a type that is not a resource.
    NotResource { name: Text } "type `{name}` used in a handle must be a resource";
    /// A type without content.
    Empty { sort: &'static str } "empty {sort}";
    /// More than 32 flags.
    TooManyFlags "cannot have more than 32 flags";
    /// A type with more parts than a component may have.
    TooMany { sort: &'static str, most: Text } "too many {sort}: at most {most}";
    /// A type whose values take too many bytes.
    ValueSize { size: Text, most: Text } "value type's maximum in-memory size exceeds maximum byte size: {size} bytes, at most {most}";
    /// A type that is too large when it is written out.
    TypeSize { most: Text } "effective type size exceeds the limit of {most}";
    /// A type that is nested too deeply in the component of its package.
    TypeDepth { most: Text } "type nesting is too deep: at most {most} levels, with those of functions, interfaces, worlds and the package";
    /// A stream or future whose values contain a borrowed handle.
    BorrowInPayload { sort: &'static str } "`{sort}` payload cannot contain a `borrow` type";
    /// A stream of characters.
    StreamOfChar "`stream<char>` is not valid at this time, use `stream<u8>` with a defined byte encoding instead for now";
    /// A type that keys of maps cannot have.
    MapKey "invalid map key type: map keys must be bool, u8, u16, u32, u64, s8, s16, s32, s64, char, or string";
    /// A map whose values have handles in them.
    MapValue "map value type cannot contain a handle";
    /// A getter with parameters.
    GetterParams "getters cannot have parameters";
    /// A getter without a result.
    GetterResult "getters must return a value";
    /// A getter whose result has no `ok` type.
    GetterOk "if a getter returns a `result`, that must have an `ok` type";
    /// A setter without one parameter.
    SetterParams "setters must have exactly one parameter";
    /// A setter whose result has an `ok` type.
    SetterResult "if a setter return type is declared it must be a `result` with no `ok` type";
    /// A setter for values of another type.
    SetterType { name: Text, getter: Text, expected: Text, found: Text } "setter `{name}`'s parameter type must match the return type of `{getter}`: expected `{expected}`, found `{found}`";
    /// A setter without its getter.
    NoGetter { name: Text, getter: Text } "setter `{name}` has no corresponding getter `{getter}`";
    /// A constructor whose result is not a `result`.
    ConstructorResult "if a constructor return type is declared it must be a `result`";
    /// A constructor whose `ok` type is not the resource that it makes.
    ConstructorOk "the `ok` type must be the resource being constructed";
    /// A function that returns a borrowed handle.
    BorrowInResult { name: Text } "function `{name}` returns a type which contains a `borrow<T>` which is not supported";
    /// A reference to an item that a gate excludes.
    Gated { sort: &'static str, feature: Text } "found a reference to a {sort} which is excluded due to its feature `{feature}` not being activated";
    /// An item without a gate in an item that a gate excludes.
    GatedParent { sort: &'static str, feature: Text } "this is not gated by a feature but its {sort} is, by `{feature}`";
    /// A gate in a package without a version.
    Unversioned { package: Text } "package `{package}` contains a feature gate with a version specifier, so it must have a version";
    /// A gate for a version later than that of the package.
    Unreleased { version: Text, package: Text } "feature gate cannot reference unreleased version {version} of package `{package}`";
    /// An interface that a world has twice.
    InterfaceTwice { direction: &'static str } "interface cannot be {direction}ed more than once";
    /// Two imports or exports of one name.
    WorldName { direction: &'static str, name: Text, previous: &'static str } "{direction} `{name}` conflicts with prior {previous} of same name";
    /// An import or export that an included world has too.
    Shadows { direction: &'static str, name: Text } "{direction} of `{name}` shadows previously {direction}ed items";
    /// Two imports or exports whose names are not strongly unique, behind an `include`.
    WorldNames { direction: &'static str, name: Text, previous: Text } "{direction} `{name}` conflicts with {direction} `{previous}` (names must be strongly unique)";
    /// A renaming of an import or export that the included world does not have.
    NoSuchName { name: Text } "no import or export kebab-name `{name}`. Note that an ID does not support renaming";
    /// A second renaming of the same import or export.
    RenamedTwice { name: Text } "`{name}` is renamed more than once";
    /// A package whose component would be too large for its text.
    TooLarge { name: Text } "package `{name}` would have more than 1,000,000 definitions, fields and parameters in binary";
    /// An exported interface that would need another one to be both imported and exported.
    Transitive { name: Text, through: Text } "interface `{name}` transitively depends on an interface in incompatible ways: `{through}` would have to be imported and exported";
}
