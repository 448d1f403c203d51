//! Errors of the binary format, and the path through a module that any error can carry.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::convert::Infallible;
use core::fmt;

use crate::components::{self, Sort};
use crate::{Feature, Opcode, SectionId, Shown, Span};

macro_rules! malformed {
    ($( $variant:ident $phrase:literal $(for $subject:literal)?; )*) => {
        /// The reason why bytes are malformed, without the place.
        ///
        /// It has no payload, so that it fits in a register; [`Error`] adds the place. `Display`
        /// shows the phrase of the official test suite.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Malformed { $( #[doc = $phrase] $(#[doc = concat!("for ", $subject)])? $variant, )* }

        impl Malformed {
            /// Every reason.
            pub const ALL: &'static [Malformed] = &[$( Malformed::$variant, )*];

            /// The phrase that a message with this reason begins with.
            pub const fn phrase(self) -> &'static str {
                match self { $( Malformed::$variant => $phrase, )* }
            }

            /// The part of the binary that begins with the byte that was found, if the phrase only
            /// states that the byte is wrong.
            pub const fn subject(self) -> Option<&'static str> {
                match self { $( $( Malformed::$variant => Some($subject), )? )* _ => None }
            }
        }
    };
}

malformed! {
    MagicHeader "magic header not detected";
    UnknownVersion "unknown binary version";
    Component "unknown binary version: this is a component, not a core module";
    ModuleExpected "expected a version header for a module";
    ComponentExpected "expected a version header for a component";
    UnexpectedEnd "unexpected end of section or function";
    EndOfFile "unexpected end-of-file";
    IntegerTooLong "integer representation too long";
    IntegerTooLarge "integer too large";
    LengthOutOfBounds "length out of bounds";
    Utf8 "malformed UTF-8 encoding";
    SectionId "malformed section id";
    SectionOrder "unexpected content after last section";
    SectionSize "section size mismatch";
    SectionRest "unexpected data at the end of the section";
    StartRest "unexpected content in the component start section";
    FuncCount "function and code section have inconsistent lengths";
    DataCount "data count and data section have inconsistent lengths";
    DataCountRequired "data count section required";
    NumberType "malformed number type";
    HeapType "malformed heap type";
    ReferenceType "malformed reference type";
    StorageType "malformed storage type";
    DefinitionType "malformed definition type";
    TypeIndex "malformed type index";
    Mutability "malformed mutability";
    LimitsFlags "malformed limits flags";
    PageSize "invalid custom page size";
    ImportKind "malformed import kind";
    ExportKind "malformed export kind";
    ElementKind "malformed element kind";
    ElementSegmentKind "malformed elements segment kind";
    DataSegmentKind "malformed data segment kind";
    ZeroByte "zero byte expected";
    IllegalOpcode "illegal opcode";
    EndExpected "END opcode expected";
    MemopFlags "malformed memop flags";
    CatchClause "malformed catch clause";
    CastFlags "malformed br_on_cast flags";
    TooManyLocals "too many locals";
    NameSubsection "malformed name subsection";
    CustomSection "malformed custom section";
    Boolean "invalid boolean value";
    ReservedByte "non-zero reserved byte";
    DuplicateImplements "duplicate 'implements' option in name";
    DuplicateVersionSuffix "duplicate 'version-suffix' option in name";
    DuplicateExternalId "duplicate 'external-id' option in name";
    Sort "invalid leading byte" for "component external kind";
    CoreSort "invalid leading byte" for "core sort";
    OuterAliasSort "invalid leading byte" for "component outer alias kind";
    AliasTarget "invalid leading byte" for "alias";
    CoreAliasSort "invalid leading byte" for "outer alias kind";
    CoreAliasTarget "invalid leading byte" for "outer alias target";
    InstantiationArg "invalid leading byte" for "instantiation arg kind";
    CoreInstance "invalid leading byte" for "core instance";
    Instance "invalid leading byte" for "instance";
    NonFinalSub "invalid leading byte" for "non-final sub type";
    ModuleTypeDecl "invalid leading byte" for "type definition";
    TypeDecl "invalid leading byte" for "component or instance type declaration";
    ComponentType "invalid leading byte" for "component defined type";
    ComponentValType "invalid leading byte" for "component value type";
    OptionalType "invalid leading byte" for "optional component value type";
    OptionalExportType "invalid leading byte" for "optional component export type";
    Destructor "invalid leading byte" for "resource destructor";
    FuncResults "invalid leading byte" for "component function results";
    NumberOfResults "invalid leading byte" for "number of results";
    CaseEnd "invalid leading byte" for "zero byte required";
    TypeBound "invalid leading byte" for "type bound";
    ValueBound "invalid leading byte" for "value bound";
    ComponentName "invalid leading byte" for "component name";
    NameAttribute "invalid leading byte" for "name option";
    Canon "invalid leading byte" for "canonical function";
    CanonLift "invalid leading byte" for "canonical function lift";
    CanonLower "invalid leading byte" for "canonical function lower";
    CanonOpt "invalid leading byte" for "canonical option";
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())?;
        match self.subject() {
            Some(subject) => write!(f, " for {subject}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Malformed {}

/// Lets code whose source never fails return the errors of a reader.
impl From<Infallible> for Malformed {
    fn from(never: Infallible) -> Malformed {
        match never {}
    }
}

macro_rules! item_kinds {
    ($( $(#[$doc:meta])* $variant:ident $keyword:literal; )*) => {
        /// The kind of an item of a module: an index space, a segment, or something else.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum ItemKind { $( $(#[$doc])* $variant, )* }

        impl ItemKind {
            /// The keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                match self { $( ItemKind::$variant => $keyword, )* }
            }
        }
    };
}

item_kinds! {
    /// A type, by type index.
    Type "type";
    /// An import, by its index among the imports.
    Import "import";
    /// A function, by function index (imports included).
    Func "func";
    /// A table, by table index.
    Table "table";
    /// A memory, by memory index.
    Mem "memory";
    /// A tag, by tag index.
    Tag "tag";
    /// A global, by global index.
    Global "global";
    /// An export, by its index among the exports.
    Export "export";
    /// The start function.
    Start "start";
    /// An element segment.
    Elem "elem";
    /// The data count.
    DataCount "data count";
    /// A data segment.
    Data "data";
    /// A custom section, by its index among the custom sections.
    Custom "custom";
}

/// A reference to an instruction of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InstrRef {
    /// The number of instructions before it in the expression.
    pub index: u32,
    /// Its byte offset in the expression.
    pub offset: u32,
    /// Its opcode, if that could be read.
    pub opcode: Option<Opcode>,
}

/// One step on the way from the outermost component to a scope inside. The index is that in the
/// index space of the enclosing scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Outer {
    /// A component within a component.
    Component(u32),
    /// A core module within a component.
    CoreModule(u32),
    /// The type of a component or instance.
    Type(u32),
    /// The type of a core module.
    CoreType(u32),
}

impl Outer {
    /// The step to the scope of the definition with an index; `None` if definitions of the sort have
    /// no scope.
    ///
    /// ```
    /// use wattle_ast::Outer;
    /// use wattle_ast::components::Sort;
    /// let sort = Sort::CORE_MODULE;
    /// assert_eq!(Outer::of(sort, 1), Some(Outer::CoreModule(1)));
    /// assert_eq!(Outer::CoreModule(1).sort(), sort);
    /// ```
    pub const fn of(sort: Sort, index: u32) -> Option<Outer> {
        match sort {
            Sort::CORE_MODULE => Some(Outer::CoreModule(index)),
            Sort::CORE_TYPE => Some(Outer::CoreType(index)),
            Sort::COMPONENT => Some(Outer::Component(index)),
            Sort::TYPE => Some(Outer::Type(index)),
            _ => None,
        }
    }

    /// The index space of the definition.
    pub const fn sort(self) -> Sort {
        match self {
            Outer::Component(_) => Sort::COMPONENT,
            Outer::CoreModule(_) => Sort::CORE_MODULE,
            Outer::Type(_) => Sort::TYPE,
            Outer::CoreType(_) => Sort::CORE_TYPE,
        }
    }
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outer::Component(index) => write!(f, "component {index}"),
            Outer::CoreModule(index) => write!(f, "core module {index}"),
            Outer::Type(index) => write!(f, "type {index}"),
            Outer::CoreType(index) => write!(f, "core type {index}"),
        }
    }
}

/// A reference to a definition of a component, or of the type of a component, instance or core
/// module.
///
/// ```
/// use wattle_ast::DefinitionRef;
/// use wattle_ast::components::Sort;
///
/// assert_eq!(DefinitionRef::Indexed(Sort::CORE_FUNC, 3).to_string(), "core func 3");
/// assert_eq!(DefinitionRef::Import(0).to_string(), "import 0");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum DefinitionRef {
    /// A definition that is neither an import nor an export, by the index that it adds.
    Indexed(Sort, u32),
    /// An import, by its number among the imports of its scope.
    Import(u32),
    /// An export, by its number among the exports of its scope.
    Export(u32),
    /// A start function, by its number among those of its scope.
    Start(u32),
    /// A custom section, by its number among those of its scope.
    Custom(u32),
    /// A section, when the definition is not known.
    Section(components::SectionId),
}

impl fmt::Display for DefinitionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DefinitionRef::Indexed(sort, index) => write!(f, "{sort} {index}"),
            DefinitionRef::Import(number) => write!(f, "import {number}"),
            DefinitionRef::Export(number) => write!(f, "export {number}"),
            DefinitionRef::Start(number) => write!(f, "start {number}"),
            DefinitionRef::Custom(number) => write!(f, "custom {number}"),
            DefinitionRef::Section(section) => write!(f, "{section} section"),
        }
    }
}

/// A place in a module: from the section to the instruction, as far as known.
///
/// ```
/// use wattle_ast::{InstrRef, ItemKind, Opcode, Outer, Path};
///
/// let mut path = Path::item(ItemKind::Func, 3);
/// path.name = Some("fib".into());
/// path.instr = Some(InstrRef { index: 17, offset: 40, opcode: Some(Opcode::I32Add) });
/// assert_eq!(path.to_string(), "func 3 `$fib`, instr 17 `i32.add`");
///
/// let path = Path::item(ItemKind::Func, 3).within(&[Outer::Component(2), Outer::CoreModule(1)]);
/// assert_eq!(path.to_string(), "component 2, core module 1, func 3");
///
/// // The middle of a deep path is left out.
/// let path = Path::item(ItemKind::Func, 3).within(&[Outer::Component(0); 100]);
/// assert!(path.to_string().contains("component 0, 84 more, component 0"));
/// ```
///
/// In a module, `section` and `item` name the place; in a component, and in types there,
/// `definition` does.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Path {
    /// The scopes around the place, from the outermost inwards; empty in a module of its own, and in
    /// the outermost component.
    pub outer: Box<[Outer]>,
    /// The definition of the component.
    pub definition: Option<DefinitionRef>,
    /// The section.
    pub section: Option<SectionId>,
    /// The item and its index in its own index space.
    pub item: Option<(ItemKind, u32)>,
    /// The name of the item or definition, without the dollar sign.
    pub name: Option<Box<str>>,
    /// The instruction.
    pub instr: Option<InstrRef>,
}

impl Path {
    /// The path to an item.
    pub fn item(kind: ItemKind, index: u32) -> Path {
        Path { item: Some((kind, index)), ..Path::default() }
    }

    /// The path to a definition of a component.
    pub fn definition(definition: DefinitionRef) -> Path {
        Path { definition: Some(definition), ..Path::default() }
    }

    /// This path inside of `outer`, which leads from the outermost component inwards.
    #[must_use]
    pub fn within(self, outer: &[Outer]) -> Path {
        Path { outer: outer.into(), ..self }
    }

    /// Whether the path is empty, since no part of it is known.
    pub fn is_empty(&self) -> bool {
        self.outer.is_empty() && !self.has_place()
    }

    /// Whether the path names a place inside of its scope.
    fn has_place(&self) -> bool {
        self.definition.is_some() || self.section.is_some() || self.item.is_some()
    }
}

/// The number of components that are shown at either end of a deep path. Without this limit, every
/// error in a deep module would show all of them.
const SHOWN_OUTER: usize = 8;

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left_out = self.outer.len().saturating_sub(2 * SHOWN_OUTER);
        for (nth, outer) in self.outer.iter().enumerate() {
            let comma = if nth == 0 { "" } else { ", " };
            match nth.checked_sub(SHOWN_OUTER) {
                Some(0) if left_out > 0 => write!(f, ", {left_out} more")?,
                Some(nth) if nth < left_out => {}
                _ => write!(f, "{comma}{outer}")?,
            }
        }
        if !self.outer.is_empty() && self.has_place() {
            f.write_str(", ")?;
        }
        if let Some(definition) = self.definition {
            definition.fmt(f)?;
        }
        match (self.item, self.section) {
            (Some((kind @ (ItemKind::Start | ItemKind::DataCount), _)), _) => {
                f.write_str(kind.keyword())?
            }
            (Some((kind, index)), _) => write!(f, "{} {index}", kind.keyword())?,
            (None, Some(section)) => write!(f, "{section} section")?,
            (None, None) => {}
        }
        if let Some(name) = &self.name {
            write!(f, " `${}`", Shown(name))?;
        }
        if let Some(instr) = self.instr {
            write!(f, ", instr {}", instr.index)?;
            if let Some(opcode) = instr.opcode {
                write!(f, " `{opcode}`")?;
            }
        }
        Ok(())
    }
}

/// The error for a malformed binary: the reason, the offending bytes, and the place in the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The reason.
    pub kind: Malformed,
    /// The offending bytes of the input.
    pub span: Span,
    /// The path to the place in the module.
    pub path: Path,
    /// The values that were found, if the message shows them, such as the bytes of an opcode or two
    /// counts.
    pub found: Option<String>,
    /// The feature with which the bytes would be well-formed.
    pub enable: Option<Feature>,
}

impl Error {
    /// An error at a place of the input, without a path.
    pub fn new(kind: Malformed, span: Span) -> Error {
        Error { kind, span, path: Path::default(), found: None, enable: None }
    }

    /// An error at an offset of bytes that stand alone, such as those of a body or a custom section.
    pub fn at(kind: Malformed, offset: usize) -> Error {
        Error::new(kind, Span::new(offset, offset))
    }

    /// Describes the error without its place, for a renderer that shows the description beside a
    /// snippet.
    pub fn reason(&self) -> String {
        let mut text = String::from(self.kind.phrase());
        if let Some(found) = &self.found {
            text = format!("{text} {found}");
        }
        if let Some(subject) = self.kind.subject() {
            text = format!("{text} for {subject}");
        }
        if let Some(feature) = self.enable {
            text = format!("{text} ({feature} is not enabled)");
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.reason(), self.span)?;
        if !self.path.is_empty() {
            write!(f, ", in {}", self.path)?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}
