//! The types of a component: value types, functions, resources, components and instances.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#type-definitions>

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::values::{codes, fields};
use crate::{ComponentTypeIdx, Decode, Encode, Feature, FuncIdx, Malformed, Name, Reader, leb128};

type Result<T> = core::result::Result<T, Malformed>;

/// A row: the variant, its byte, its keyword, and its feature.
macro_rules! type_codes {
    ($name:ident $(#[$doc:meta])* ;
        $( $(#[$variant_doc:meta])* $variant:ident $code:literal $keyword:literal $feature:ident; )*) => {
        codes! {
            $(#[$doc])*
            $name { $( $(#[$variant_doc])* $variant = $code, )* }
        }

        impl $name {
            /// The keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                match self { $( $name::$variant => $keyword, )* }
            }

            /// The feature that the type belongs to.
            pub const fn feature(self) -> Feature {
                match self { $( $name::$variant => Feature::$feature, )* }
            }

            /// The type with this keyword; the first one if several types share it.
            pub fn from_keyword(keyword: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|ty| ty.keyword() == keyword)
            }

            /// The type with this byte, if its feature is on.
            fn from_code_in(code: u8, reader: &Reader<'_>) -> Option<$name> {
                $name::from_code(code).filter(|ty| reader.features().contains(ty.feature()))
            }
        }
    };
}

type_codes! {
    PrimType
    /// A primitive value type.
    ///
    /// ```
    /// use wattle_ast::components::PrimType;
    /// assert_eq!(PrimType::from_keyword("u8"), Some(PrimType::U8));
    /// assert_eq!(PrimType::U8.code(), 0x7d);
    /// ```
    ;
    /// `false` or `true`.
    Bool 0x7f "bool" ComponentModel;
    /// Signed 8-bit integers.
    S8 0x7e "s8" ComponentModel;
    /// Unsigned 8-bit integers.
    U8 0x7d "u8" ComponentModel;
    /// Signed 16-bit integers.
    S16 0x7c "s16" ComponentModel;
    /// Unsigned 16-bit integers.
    U16 0x7b "u16" ComponentModel;
    /// Signed 32-bit integers.
    S32 0x7a "s32" ComponentModel;
    /// Unsigned 32-bit integers.
    U32 0x79 "u32" ComponentModel;
    /// Signed 64-bit integers.
    S64 0x78 "s64" ComponentModel;
    /// Unsigned 64-bit integers.
    U64 0x77 "u64" ComponentModel;
    /// Single precision floats.
    F32 0x76 "f32" ComponentModel;
    /// Double precision floats.
    F64 0x75 "f64" ComponentModel;
    /// Unicode scalar values.
    Char 0x74 "char" ComponentModel;
    /// Strings of Unicode scalar values.
    String 0x73 "string" ComponentModel;
    /// Immutable, opaque values that describe an error.
    ErrorContext 0x64 "error-context" CmErrorContext;
}

impl PrimType {
    /// Whether keys of a map may have the type: all may but floats and error contexts.
    pub const fn is_map_key(self) -> bool {
        !matches!(self, PrimType::F32 | PrimType::F64 | PrimType::ErrorContext)
    }
}

type_codes! {
    TypeForm
    /// The form of a type that is not primitive: its first byte.
    ;
    /// A record.
    Record 0x72 "record" ComponentModel;
    /// A variant.
    Variant 0x71 "variant" ComponentModel;
    /// A list.
    List 0x70 "list" ComponentModel;
    /// A list of a fixed length.
    FixedList 0x67 "list" CmFixedLengthLists;
    /// A tuple.
    Tuple 0x6f "tuple" ComponentModel;
    /// A set of flags.
    Flags 0x6e "flags" ComponentModel;
    /// An enumeration.
    Enum 0x6d "enum" ComponentModel;
    /// A value or nothing.
    Option 0x6b "option" ComponentModel;
    /// A result or an error.
    Result 0x6a "result" ComponentModel;
    /// A handle that owns its resource.
    Own 0x69 "own" ComponentModel;
    /// A handle that borrows its resource.
    Borrow 0x68 "borrow" ComponentModel;
    /// A stream.
    Stream 0x66 "stream" CmAsync;
    /// A future.
    Future 0x65 "future" CmAsync;
    /// A map.
    Map 0x63 "map" CmMap;
    /// A function.
    Func 0x40 "func" ComponentModel;
    /// An asynchronous function.
    AsyncFunc 0x43 "func" CmAsync;
    /// A component.
    Component 0x41 "component" ComponentModel;
    /// An instance.
    Instance 0x42 "instance" ComponentModel;
    /// A resource.
    Resource 0x3f "resource" ComponentModel;
}

/// A reference to a value type: a primitive type, or the index of a definition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ValType {
    /// A primitive type.
    Prim(PrimType),
    /// A type that is defined elsewhere.
    Type(ComponentTypeIdx),
}

impl From<PrimType> for ValType {
    fn from(ty: PrimType) -> ValType {
        ValType::Prim(ty)
    }
}

impl From<ComponentTypeIdx> for ValType {
    fn from(index: ComponentTypeIdx) -> ValType {
        ValType::Type(index)
    }
}

/// A type definition.
///
/// The types of components and instances are lists of definitions. They do not lie inside of this
/// value: the definitions follow it, up to [`Definition::End`](super::Definition::End).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type<'a> {
    /// A primitive type, under a name of its own.
    Prim(PrimType),
    /// A record of fields. No fields are well-formed, though not valid.
    Record(Box<[Field<'a>]>),
    /// One of several cases. No cases are well-formed, though not valid.
    Variant(Box<[Case<'a>]>),
    /// A list of any length.
    List(ValType),
    /// A list of a fixed length.
    FixedList {
        /// The type of the elements.
        elem: ValType,
        /// The number of elements.
        len: u32,
    },
    /// A tuple.
    Tuple(Box<[ValType]>),
    /// A set of flags.
    Flags(Box<[Name<'a>]>),
    /// An enumeration.
    Enum(Box<[Name<'a>]>),
    /// A value or nothing.
    Option(ValType),
    /// A result or an error.
    Result {
        /// The type of the result.
        ok: Option<ValType>,
        /// The type of the error.
        err: Option<ValType>,
    },
    /// A handle that owns its resource.
    Own(ComponentTypeIdx),
    /// A handle that borrows its resource.
    Borrow(ComponentTypeIdx),
    /// A stream.
    Stream(Option<ValType>),
    /// A future.
    Future(Option<ValType>),
    /// A map.
    Map {
        /// The type of the keys.
        key: ValType,
        /// The type of the values.
        value: ValType,
    },
    /// A function.
    Func(FuncType<'a>),
    /// A resource.
    Resource(ResourceType),
    /// The type of a component, whose definitions follow.
    Component,
    /// The type of an instance, whose definitions follow.
    Instance,
}

/// A label and its type: a field of a record or a parameter of a function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field<'a> {
    /// The label.
    pub label: Name<'a>,
    /// The type.
    pub ty: ValType,
}

/// A case of a variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Case<'a> {
    /// The label.
    pub label: Name<'a>,
    /// The type of the payload.
    pub ty: Option<ValType>,
}

/// The type of a function.
///
/// ```
/// use wattle_ast::Encode;
/// use wattle_ast::components::{Field, FuncType, PrimType, ValType};
///
/// let string = ValType::Prim(PrimType::String);
/// let name = Field { label: "name".into(), ty: string };
/// let ty = FuncType { is_async: false, params: [name].into(), result: Some(string).into() };
/// assert_eq!(ty.to_bytes(), b"\x40\x01\x04name\x73\x00\x73");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FuncType<'a> {
    /// Whether callers need not wait for the function to return.
    pub is_async: bool,
    /// The parameters.
    pub params: Box<[Field<'a>]>,
    /// The result.
    pub result: ResultList,
}

/// The result of a function, or none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ResultList(pub Option<ValType>);

impl From<Option<ValType>> for ResultList {
    fn from(ty: Option<ValType>) -> ResultList {
        ResultList(ty)
    }
}

/// The type of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ResourceType {
    /// The core type that represents the resource.
    pub rep: crate::ValType,
    /// The core function that is called when the resource is dropped.
    pub destructor: Option<FuncIdx>,
}

impl Type<'_> {
    /// The greatest number of flags that a valid type can have.
    pub const MAX_FLAGS: usize = 32;
    /// The greatest number of types one inside the other that all tools accept.
    pub const MAX_DEPTH: u32 = 100;
    /// The size from which a type is too large for tools: the number of types in it, each counted
    /// wherever it is used.
    pub const MAX_SIZE: u32 = 1_000_000;
    /// The greatest number of fields, cases or types of a record, variant, enumeration or tuple that all
    /// tools accept.
    pub const MAX_PARTS: u32 = 10_000;
    /// The greatest length of a list of fixed length that all tools accept.
    pub const MAX_FIXED_LIST_LEN: u32 = 1 << 30;

    /// The form of the type; `None` for a primitive type.
    pub const fn form(&self) -> Option<TypeForm> {
        Some(match self {
            Type::Prim(_) => return None,
            Type::Record(_) => TypeForm::Record,
            Type::Variant(_) => TypeForm::Variant,
            Type::List(_) => TypeForm::List,
            Type::FixedList { .. } => TypeForm::FixedList,
            Type::Tuple(_) => TypeForm::Tuple,
            Type::Flags(_) => TypeForm::Flags,
            Type::Enum(_) => TypeForm::Enum,
            Type::Option(_) => TypeForm::Option,
            Type::Result { .. } => TypeForm::Result,
            Type::Own(_) => TypeForm::Own,
            Type::Borrow(_) => TypeForm::Borrow,
            Type::Stream(_) => TypeForm::Stream,
            Type::Future(_) => TypeForm::Future,
            Type::Map { .. } => TypeForm::Map,
            Type::Func(ty) if ty.is_async => TypeForm::AsyncFunc,
            Type::Func(_) => TypeForm::Func,
            Type::Resource(_) => TypeForm::Resource,
            Type::Component => TypeForm::Component,
            Type::Instance => TypeForm::Instance,
        })
    }
}

/// Reads a value that can be missing: a byte that states whether it is there, then the value.
pub(super) fn optional<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    error: Malformed,
) -> Result<Option<T>> {
    match reader.flag(error)? {
        true => reader.read().map(Some),
        false => Ok(None),
    }
}

/// Writes a value that can be missing: a byte that states whether it is there, then the value.
pub(super) fn encode_optional<T: Encode>(value: &Option<T>, out: &mut Vec<u8>) {
    value.is_some().encode(out);
    if let Some(value) = value {
        value.encode(out);
    }
}

impl Decode<'_> for ValType {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let start = reader.pos();
        if let Some(prim) = reader.peek().and_then(|code| PrimType::from_code_in(code, reader)) {
            reader.advance();
            return Ok(ValType::Prim(prim));
        }
        match u32::try_from(reader.s33()?) {
            Ok(index) => Ok(ValType::Type(ComponentTypeIdx(index))),
            Err(_) => Err(reader.fail_at(start, Malformed::ComponentValType)),
        }
    }
}

impl Encode for ValType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ValType::Prim(prim) => out.push(prim.code()),
            ValType::Type(index) => leb128::write_s64(out, index.0.into()),
        }
    }
}

fields! {
    Field<'a> { label, ty }
}

impl<'a> Decode<'a> for Case<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let label = reader.read()?;
        let ty = optional(reader, Malformed::OptionalType)?;
        reader.expect(0, Malformed::CaseEnd)?;
        Ok(Case { label, ty })
    }
}

impl Encode for Case<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.label.encode(out);
        encode_optional(&self.ty, out);
        out.push(0);
    }
}

impl Decode<'_> for ResultList {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        if !reader.flag(Malformed::FuncResults)? {
            return reader.read().map(|ty| ResultList(Some(ty)));
        }
        reader.expect(0, Malformed::NumberOfResults)?;
        Ok(ResultList(None))
    }
}

impl Encode for ResultList {
    fn encode(&self, out: &mut Vec<u8>) {
        match self.0 {
            Some(ty) => (0_u8, ty).encode(out),
            None => out.extend([1, 0]),
        }
    }
}

impl<'a> FuncType<'a> {
    /// Reads a function type after its first byte.
    fn decode_rest(reader: &mut Reader<'a>, is_async: bool) -> Result<FuncType<'a>> {
        Ok(FuncType { is_async, params: reader.read()?, result: reader.read()? })
    }
}

impl Encode for FuncType<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(if self.is_async { TypeForm::AsyncFunc } else { TypeForm::Func }.code());
        self.params.encode(out);
        self.result.encode(out);
    }
}

/// Reads the type itself. The definitions in the type of a component or instance follow, after
/// their count.
impl<'a> Decode<'a> for Type<'a> {
    // Inlined, so that a type of one byte is written straight to its place.
    #[inline]
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let code = reader.byte()?;
        match PrimType::from_code_in(code, reader) {
            Some(prim) => Ok(Type::Prim(prim)),
            None => Type::decode_form(code, reader),
        }
    }
}

impl<'a> Type<'a> {
    /// Decodes a type that is not primitive, after its code.
    #[inline(never)]
    fn decode_form(code: u8, reader: &mut Reader<'a>) -> Result<Self> {
        let Some(form) = TypeForm::from_code_in(code, reader) else {
            return Err(reader.back(1, Malformed::ComponentType));
        };
        Ok(match form {
            TypeForm::Record => Type::Record(reader.read()?),
            TypeForm::Variant => Type::Variant(reader.read()?),
            TypeForm::List => Type::List(reader.read()?),
            TypeForm::FixedList => Type::FixedList { elem: reader.read()?, len: reader.read()? },
            TypeForm::Tuple => Type::Tuple(reader.read()?),
            TypeForm::Flags => Type::Flags(reader.read()?),
            TypeForm::Enum => Type::Enum(reader.read()?),
            TypeForm::Option => Type::Option(reader.read()?),
            TypeForm::Result => Type::Result {
                ok: optional(reader, Malformed::OptionalType)?,
                err: optional(reader, Malformed::OptionalType)?,
            },
            TypeForm::Own => Type::Own(reader.read()?),
            TypeForm::Borrow => Type::Borrow(reader.read()?),
            TypeForm::Stream => Type::Stream(optional(reader, Malformed::OptionalType)?),
            TypeForm::Future => Type::Future(optional(reader, Malformed::OptionalType)?),
            TypeForm::Map => Type::Map { key: reader.read()?, value: reader.read()? },
            TypeForm::Func => Type::Func(FuncType::decode_rest(reader, false)?),
            TypeForm::AsyncFunc => Type::Func(FuncType::decode_rest(reader, true)?),
            TypeForm::Component => Type::Component,
            TypeForm::Instance => Type::Instance,
            TypeForm::Resource => Type::Resource(ResourceType {
                rep: reader.read()?,
                destructor: optional(reader, Malformed::Destructor)?,
            }),
        })
    }
}

impl Encode for Type<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Type::Prim(prim) => return out.push(prim.code()),
            Type::Func(ty) => return ty.encode(out),
            _ => out.extend(self.form().map(TypeForm::code)),
        }
        match self {
            Type::Prim(_) | Type::Func(_) | Type::Component | Type::Instance => {}
            Type::Record(fields) => fields.encode(out),
            Type::Variant(cases) => cases.encode(out),
            Type::List(ty) | Type::Option(ty) => ty.encode(out),
            Type::FixedList { elem, len } => (*elem, *len).encode(out),
            Type::Tuple(types) => types.encode(out),
            Type::Flags(labels) | Type::Enum(labels) => labels.encode(out),
            Type::Result { ok, err } => {
                encode_optional(ok, out);
                encode_optional(err, out);
            }
            Type::Own(resource) | Type::Borrow(resource) => resource.encode(out),
            Type::Stream(ty) | Type::Future(ty) => encode_optional(ty, out),
            Type::Map { key, value } => (*key, *value).encode(out),
            Type::Resource(ResourceType { rep, destructor }) => {
                rep.encode(out);
                encode_optional(destructor, out);
            }
        }
    }
}
