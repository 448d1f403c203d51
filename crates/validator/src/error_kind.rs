//! The kinds of errors, with the official phrases.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Feature, Malformed, Quoted, ValType};

use crate::components::ComponentErrorKind;

/// The kind of an error, without its place.
///
/// `Display` prints a message that begins with the phrase of the official test suite.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes of an expression do not decode: the module is malformed, not invalid.
    Malformed(Malformed),
    /// A feature is off that the module needs: see [`Fields::enable`](crate::Fields::enable).
    NotEnabled(&'static str),
    /// The module uses a feature that the validator has no rules for yet.
    Unsupported(Feature),
    /// A limit of the implementation is exceeded: the items that are counted, and the most that are
    /// allowed.
    Limit(&'static str, u64),
    /// The memory for the operands of an expression could not be had.
    OutOfMemory,
    /// Types that must match do not: see [`Fields::expected`](crate::Fields::expected) and
    /// [`Fields::found`](crate::Fields::found).
    TypeMismatch(Mismatch),
    /// No type has this index.
    UnknownType(u32),
    /// No function has this index.
    UnknownFunc(u32),
    /// No table has this index.
    UnknownTable(u32),
    /// No memory has this index.
    UnknownMemory(u32),
    /// No global has this index, or the global may not be named here.
    UnknownGlobal(u32),
    /// No tag has this index.
    UnknownTag(u32),
    /// No local has this index.
    UnknownLocal(u32),
    /// No open block has this label.
    UnknownLabel(u32),
    /// No element segment has this index.
    UnknownElem(u32),
    /// No data segment has this index.
    UnknownData(u32),
    /// The struct type has no such field.
    UnknownField(u32),
    /// The type is not a function type.
    NonFunctionType(u32),
    /// The type is not a struct type.
    NonStructType(u32),
    /// The type is not an array type.
    NonArrayType(u32),
    /// The function is not named by any export, segment or constant expression.
    UndeclaredFunc(u32),
    /// The local has no default value and was not set yet.
    UninitializedLocal(u32),
    /// The global cannot be written.
    ImmutableGlobal(u32),
    /// The field cannot be written.
    ImmutableField(u32),
    /// The array cannot be written.
    ImmutableArray,
    /// The elements of one array do not fit into the other.
    ArrayTypes,
    /// The elements of the array are references.
    ArrayOfReferences,
    /// The field needs a sign extension, or does not allow one.
    FieldPacking {
        /// Whether the field is packed.
        packed: bool,
    },
    /// The elements need a sign extension, or do not allow one.
    ArrayPacking {
        /// Whether they are packed.
        packed: bool,
    },
    /// A field has no default value.
    FieldNotDefaultable,
    /// The elements have no default value.
    ArrayNotDefaultable,
    /// `select` has several types, or a function has several results without the feature for that.
    ResultArity,
    /// The vector has no such lane.
    LaneIndex(u8),
    /// The alignment exceeds the bytes that are accessed.
    Alignment,
    /// The alignment of an atomic access is not the number of bytes that are accessed.
    AtomicAlignment,
    /// The offset does not fit the memory's address type.
    Offset(u64),
    /// The label of `rethrow` is not that of a `catch`.
    RethrowLabel(u32),
    /// The instruction may not stand in a constant expression.
    NotConstant,
    /// The declared supertype comes later.
    ForwardSupertype {
        /// The type that is declared.
        sub: u32,
        /// The supertype that it declares.
        sup: u32,
    },
    /// The declared supertype is final.
    FinalSupertype {
        /// The type that is declared.
        sub: u32,
        /// The supertype that it declares.
        sup: u32,
    },
    /// The structure of a type does not match that of its declared supertype.
    Supertype {
        /// The type that is declared.
        sub: u32,
        /// The supertype that it declares.
        sup: u32,
    },
    /// The type declares more than one supertype.
    Supertypes(u32),
    /// The minimum exceeds the maximum.
    LimitsOrder,
    /// The memory could grow beyond its address space.
    MemorySize(&'static str),
    /// The table could grow beyond its address space.
    TableSize(&'static str),
    /// The page size is neither 1 nor 65536.
    PageSize,
    /// A shared memory has no maximum.
    SharedNoMax,
    /// Tables cannot be shared.
    SharedTable,
    /// The module has more than one memory.
    MultipleMemories,
    /// The module has more than one table.
    MultipleTables,
    /// The type of a tag has results.
    TagResults,
    /// Two exports have one name.
    DuplicateExport(String),
    /// The start function takes or gives values.
    StartFunction,
    /// A definition of a component breaks a rule.
    Component(Box<ComponentErrorKind>),
}

/// The kind of place where types do not match.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Mismatch {
    /// Operands of an instruction.
    Operands,
    /// The results of a block.
    Block,
    /// The results of a function or a constant expression.
    Func,
    /// An operand that must be a reference.
    Reference,
    /// An operand of `select` without types.
    Select,
    /// The operands of a label.
    Label,
    /// The results of the callee of a tail call.
    Callee,
    /// The table of an indirect call.
    FuncTable,
    /// The values that a clause of `try_table` sends to its label.
    Catch,
    /// The types of a cast.
    Cast,
    /// The elements of a segment.
    Segment,
    /// The elements of the source table.
    Table,
    /// The parameters and results of an `if` without an `else`.
    MissingElse,
    /// The null that the elements of a table are at first.
    TableInit,
}

/// The type of an operand; unknown in unreachable code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OperandType {
    /// A value type; its type indices are the module's.
    Known(ValType),
    /// Unknown, which matches every value type.
    Bottom,
}

impl fmt::Display for OperandType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OperandType::Known(ty) => ty.fmt(f),
            OperandType::Bottom => f.write_str("any"),
        }
    }
}

/// The types that match or should have matched, in an error. An error keeps the topmost
/// [`MOST`](OperandTypes::MOST) of them, so that many errors about long lists stay small. It
/// dereferences to those that it keeps, the deepest operand first.
///
/// `Display` has the notation of the official suite, with dots for types that are not kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperandTypes {
    topmost: Vec<OperandType>,
    count: usize,
}

impl OperandTypes {
    /// The most types that are kept.
    pub const MOST: usize = 40;

    /// The topmost of `count` types.
    pub(crate) fn new(mut topmost: Vec<OperandType>, count: usize) -> OperandTypes {
        topmost.drain(..topmost.len().saturating_sub(OperandTypes::MOST));
        OperandTypes { topmost, count }
    }

    /// The number of types, those that are not kept included.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The list with another on top of it.
    pub(crate) fn below(&self, top: &OperandTypes) -> OperandTypes {
        let all = self.iter().chain(top.iter()).copied().collect();
        // If the upper list is not kept whole, no type below it is kept.
        OperandTypes::new(all, self.count.saturating_add(top.count))
    }
}

impl core::ops::Deref for OperandTypes {
    type Target = [OperandType];
    fn deref(&self) -> &[OperandType] {
        &self.topmost
    }
}

impl fmt::Display for OperandTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.count > self.len() { "[… " } else { "[" })?;
        for (i, ty) in self.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { " " })?;
            ty.fmt(f)?;
        }
        f.write_str("]")
    }
}

impl ErrorKind {
    /// The kind of item that an index out of range should name, and the index.
    pub(crate) fn unknown(&self) -> Option<(&'static str, u32)> {
        Some(match *self {
            ErrorKind::UnknownType(index) => ("type", index),
            ErrorKind::UnknownFunc(index) => ("function", index),
            ErrorKind::UnknownTable(index) => ("table", index),
            ErrorKind::UnknownMemory(index) => ("memory", index),
            ErrorKind::UnknownGlobal(index) => ("global", index),
            ErrorKind::UnknownTag(index) => ("tag", index),
            ErrorKind::UnknownLocal(index) => ("local", index),
            ErrorKind::UnknownLabel(index) => ("label", index),
            ErrorKind::UnknownElem(index) => ("elem segment", index),
            ErrorKind::UnknownData(index) => ("data segment", index),
            ErrorKind::UnknownField(index) => ("field", index),
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Malformed(malformed) => malformed.fmt(f),
            ErrorKind::NotEnabled(what) => f.write_str(what),
            ErrorKind::Unsupported(feature) => write!(
                f,
                "unsupported feature {feature}: it can be read and written, but not validated yet"
            ),
            ErrorKind::Limit(what, max) => write!(f, "too many {what}: at most {max}"),
            ErrorKind::OutOfMemory => f.write_str("out of memory"),
            ErrorKind::TypeMismatch(_) => f.write_str("type mismatch"),
            ErrorKind::UnknownType(_)
            | ErrorKind::UnknownFunc(_)
            | ErrorKind::UnknownTable(_)
            | ErrorKind::UnknownMemory(_)
            | ErrorKind::UnknownGlobal(_)
            | ErrorKind::UnknownTag(_)
            | ErrorKind::UnknownLocal(_)
            | ErrorKind::UnknownLabel(_)
            | ErrorKind::UnknownElem(_)
            | ErrorKind::UnknownData(_)
            | ErrorKind::UnknownField(_) => match self.unknown() {
                Some((space, index)) => write!(f, "unknown {space} {index}"),
                None => f.write_str("unknown"),
            },
            ErrorKind::NonFunctionType(index) => write!(f, "non-function type {index}"),
            ErrorKind::NonStructType(index) => write!(f, "non-structure type {index}"),
            ErrorKind::NonArrayType(index) => write!(f, "non-array type {index}"),
            ErrorKind::UndeclaredFunc(index) => write!(f, "undeclared function reference {index}"),
            ErrorKind::UninitializedLocal(index) => write!(f, "uninitialized local {index}"),
            ErrorKind::ImmutableGlobal(index) => write!(f, "immutable global {index}"),
            ErrorKind::ImmutableField(index) => write!(f, "immutable field {index}"),
            ErrorKind::ImmutableArray => f.write_str("immutable array"),
            ErrorKind::ArrayTypes => f.write_str("array types do not match"),
            ErrorKind::ArrayOfReferences => f.write_str("array type is not numeric or vector"),
            ErrorKind::FieldPacking { packed: true } => f.write_str("field is packed"),
            ErrorKind::FieldPacking { packed: false } => f.write_str("field is unpacked"),
            ErrorKind::ArrayPacking { packed: true } => f.write_str("array is packed"),
            ErrorKind::ArrayPacking { packed: false } => f.write_str("array is unpacked"),
            ErrorKind::FieldNotDefaultable => f.write_str("field type is not defaultable"),
            ErrorKind::ArrayNotDefaultable => f.write_str("array type is not defaultable"),
            ErrorKind::ResultArity => f.write_str("invalid result arity"),
            ErrorKind::LaneIndex(lane) => write!(f, "invalid lane index {lane}"),
            ErrorKind::Alignment => f.write_str("alignment must not be larger than natural"),
            ErrorKind::AtomicAlignment => f.write_str("atomic alignment must be natural"),
            ErrorKind::Offset(offset) => write!(f, "offset out of range: {offset:#x}"),
            ErrorKind::RethrowLabel(label) => write!(f, "invalid rethrow label {label}"),
            ErrorKind::NotConstant => f.write_str("constant expression required"),
            ErrorKind::ForwardSupertype { sub, sup } => {
                write!(f, "forward use of type {sup} in sub type definition {sub}")
            }
            ErrorKind::FinalSupertype { sub, sup } => {
                write!(f, "sub type {sub} has final super type {sup}")
            }
            ErrorKind::Supertype { sub, sup } => {
                write!(f, "sub type {sub} does not match super type {sup}")
            }
            ErrorKind::Supertypes(sub) => write!(f, "multiple supertypes of sub type {sub}"),
            ErrorKind::LimitsOrder => f.write_str("size minimum must not be greater than maximum"),
            ErrorKind::MemorySize(most) => write!(f, "memory size must be at most {most}"),
            ErrorKind::TableSize(most) => write!(f, "table size must be at most {most}"),
            ErrorKind::PageSize => f.write_str("invalid custom page size"),
            ErrorKind::SharedNoMax => f.write_str("shared memory must have maximum"),
            ErrorKind::SharedTable => f.write_str("shared tables are not possible"),
            ErrorKind::MultipleMemories => f.write_str("multiple memories"),
            ErrorKind::MultipleTables => f.write_str("multiple tables"),
            ErrorKind::TagResults => f.write_str("non-empty tag result type"),
            ErrorKind::DuplicateExport(name) => {
                write!(f, "duplicate export name {}", Quoted(name))
            }
            ErrorKind::StartFunction => {
                f.write_str("start function must not have parameters or results")
            }
            ErrorKind::Component(kind) => kind.fmt(f),
        }
    }
}
