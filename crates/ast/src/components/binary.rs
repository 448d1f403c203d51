//! The binary format of definitions. That of types is in `types.rs`, that of canonical definitions
//! in `canons.rs`.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>

use alloc::vec::Vec;

use super::definitions::{
    Alias, Arg, CoreArg, CoreExportDecl, CoreInlineExport, CoreInstance, CoreType, InlineExport,
    Instance, Start, Value,
};
use super::externs::{Export, ExportDecl, ExternDesc, Import, TypeBound, ValueBound};
use super::sorts::{CoreSort, CoreSortIdx, Sort, SortIdx};
use super::types::{encode_optional, optional};
use crate::types::REC;
use crate::values::fields;
use crate::{Decode, Encode, Feature, Malformed, Reader, SubType, TypeIdx};

type Result<T> = core::result::Result<T, Malformed>;

/// The byte that begins the type of a core module.
pub(super) const MODULE_TYPE: u8 = 0x50;
/// The byte that distinguishes a subtype that is not final from the type of a module.
const NON_FINAL_SUB: u8 = 0x00;

const INSTANTIATE: u8 = 0;
const INLINE_EXPORTS: u8 = 1;

const EXPORT: u8 = 0;
const CORE_EXPORT: u8 = 1;
const OUTER: u8 = 2;
/// The byte of an outer alias in the type of a core module, after the sort.
const CORE_OUTER: u8 = 1;

fields! {
    CoreInlineExport<'a> { name, item }
    CoreExportDecl<'a> { name, ty }
    Arg<'a> { name, item }
    InlineExport<'a> { name, item }
    Start { func, args, results }
    Import<'a> { name, ty }
    ExportDecl<'a> { name, ty }
    Value<'a> { ty, bytes }
}

impl<'a> Decode<'a> for CoreArg<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let name = reader.read()?;
        reader.expect(CoreSort::Instance.code(), Malformed::InstantiationArg)?;
        Ok(CoreArg { name, instance: reader.read()? })
    }
}

impl Encode for CoreArg<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        (CoreSort::Instance, self.instance).encode(out);
    }
}

/// Rows: an enum of instances, and the field with the index of the module or component that is
/// instantiated. The error for an unknown form has the name of the enum.
macro_rules! instances {
    ($( $name:ident $of:ident; )*) => { $(
        impl<'a> Decode<'a> for $name<'a> {
            fn decode(reader: &mut Reader<'a>) -> Result<Self> {
                Ok(match reader.flag(Malformed::$name)? {
                    false => $name::Instantiate { $of: reader.read()?, args: reader.read()? },
                    true => $name::Exports(reader.read()?),
                })
            }
        }

        impl Encode for $name<'_> {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $name::Instantiate { $of, args } => {
                        (INSTANTIATE, *$of).encode(out);
                        args.encode(out);
                    }
                    $name::Exports(exports) => {
                        out.push(INLINE_EXPORTS);
                        exports.encode(out);
                    }
                }
            }
        }
    )* };
}

instances! {
    CoreInstance module;
    Instance component;
}

/// Reads the type itself. The declarations in the type of a module follow, after their count.
impl Decode<'_> for CoreType {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        match reader.peek() {
            Some(MODULE_TYPE) => {
                reader.advance();
                Ok(CoreType::Module)
            }
            Some(NON_FINAL_SUB) => {
                reader.advance();
                match reader.peek() {
                    Some(MODULE_TYPE) => reader.read().map(CoreType::Sub),
                    Some(_) => Err(Malformed::NonFinalSub),
                    None => Err(Malformed::UnexpectedEnd),
                }
            }
            _ => CoreType::decode_in_module_type(reader),
        }
    }
}

impl CoreType {
    /// Reads a type in the type of a core module. Types of modules cannot stand there, so `50`
    /// begins a subtype that is not final, as in a module.
    pub(super) fn decode_in_module_type(reader: &mut Reader<'_>) -> Result<CoreType> {
        match reader.peek() {
            Some(REC) if reader.features().contains(Feature::Gc) => {
                reader.advance();
                reader.read().map(CoreType::Rec)
            }
            _ => reader.read().map(CoreType::Sub),
        }
    }

    /// Writes a type in the type of a core module.
    pub(super) fn encode_in_module_type(&self, out: &mut Vec<u8>) {
        match self {
            CoreType::Sub(ty) => ty.encode(out),
            _ => self.encode(out),
        }
    }
}

impl Encode for CoreType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            CoreType::Module => out.push(MODULE_TYPE),
            CoreType::Rec(types) => {
                out.push(REC);
                types.encode(out);
            }
            CoreType::Sub(ty) => {
                if !ty.is_final {
                    out.push(NON_FINAL_SUB);
                }
                ty.encode(out);
            }
        }
    }
}

impl<'a> Decode<'a> for Alias<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let start = reader.pos();
        let sort = reader.read()?;
        match (reader.byte()?, sort) {
            (EXPORT, sort) => {
                Ok(Alias::Export { sort, instance: reader.read()?, name: reader.read()? })
            }
            (CORE_EXPORT, Sort::Core(sort)) => {
                Ok(Alias::CoreExport { sort, instance: reader.read()?, name: reader.read()? })
            }
            // Core instances export only core definitions.
            (CORE_EXPORT, Sort::Plain(_)) => Err(reader.fail_at(start, Malformed::Sort)),
            (OUTER, sort) if sort.has_outer_alias() => {
                let count = reader.read()?;
                Ok(Alias::Outer { count, item: SortIdx::new(sort, reader.u32()?) })
            }
            (OUTER, sort) => {
                let at = start + usize::from(matches!(sort, Sort::Core(_)));
                Err(reader.fail_at(at, Malformed::OuterAliasSort))
            }
            _ => Err(reader.back(1, Malformed::AliasTarget)),
        }
    }
}

impl Encode for Alias<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.sort().encode(out);
        match self {
            Alias::Export { instance, name, .. } => {
                (EXPORT, *instance).encode(out);
                name.encode(out);
            }
            Alias::CoreExport { instance, name, .. } => {
                (CORE_EXPORT, *instance).encode(out);
                name.encode(out);
            }
            Alias::Outer { count, item } => (OUTER, *count, item.number()).encode(out),
        }
    }
}

impl<'a> Alias<'a> {
    /// Reads an alias in the type of a core module.
    pub(super) fn decode_in_module_type(reader: &mut Reader<'a>) -> Result<Alias<'a>> {
        reader.expect(CoreSort::Type.code(), Malformed::CoreAliasSort)?;
        reader.expect(CORE_OUTER, Malformed::CoreAliasTarget)?;
        let count = reader.read()?;
        let ty: TypeIdx = reader.read()?;
        Ok(Alias::Outer { count, item: SortIdx::Core(CoreSortIdx::Type(ty)) })
    }

    /// Writes an alias in the type of a core module. Writes nothing unless it is an outer alias of
    /// a core type, the only alias that has a form there.
    pub(super) fn encode_in_module_type(&self, out: &mut Vec<u8>) {
        if let Alias::Outer { count, item: SortIdx::Core(CoreSortIdx::Type(ty)) } = self {
            (CoreSort::Type, CORE_OUTER).encode(out);
            (*count, *ty).encode(out);
        }
    }
}

impl<'a> Decode<'a> for Export<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let (name, item) = (reader.read()?, reader.read()?);
        Ok(Export { name, item, ty: optional(reader, Malformed::OptionalExportType)? })
    }
}

impl Encode for Export<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        self.item.encode(out);
        encode_optional(&self.ty, out);
    }
}

impl Decode<'_> for ExternDesc {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let start = reader.pos();
        Ok(match reader.read()? {
            Sort::CORE_MODULE => ExternDesc::CoreModule(reader.read()?),
            Sort::Core(_) => return Err(reader.fail_at(start + 1, Malformed::Sort)),
            Sort::FUNC => ExternDesc::Func(reader.read()?),
            Sort::VALUE => ExternDesc::Value(reader.read()?),
            Sort::TYPE => ExternDesc::Type(reader.read()?),
            Sort::COMPONENT => ExternDesc::Component(reader.read()?),
            Sort::INSTANCE => ExternDesc::Instance(reader.read()?),
        })
    }
}

impl Encode for ExternDesc {
    fn encode(&self, out: &mut Vec<u8>) {
        self.sort().encode(out);
        match self {
            ExternDesc::CoreModule(ty) => ty.encode(out),
            ExternDesc::Value(bound) => bound.encode(out),
            ExternDesc::Type(bound) => bound.encode(out),
            ExternDesc::Func(ty) | ExternDesc::Component(ty) | ExternDesc::Instance(ty) => {
                ty.encode(out);
            }
        }
    }
}

impl Decode<'_> for TypeBound {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        match reader.flag(Malformed::TypeBound)? {
            false => reader.read().map(TypeBound::Eq),
            true => Ok(TypeBound::Resource),
        }
    }
}

impl Encode for TypeBound {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            TypeBound::Eq(ty) => (0_u8, *ty).encode(out),
            TypeBound::Resource => out.push(1),
        }
    }
}

impl Decode<'_> for ValueBound {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        match reader.flag(Malformed::ValueBound)? {
            false => reader.read().map(ValueBound::Eq),
            true => reader.read().map(ValueBound::Type),
        }
    }
}

impl Encode for ValueBound {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ValueBound::Eq(value) => (0_u8, *value).encode(out),
            ValueBound::Type(ty) => (1_u8, *ty).encode(out),
        }
    }
}

impl<'a> Decode<'a> for alloc::boxed::Box<SubType> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        reader.read().map(alloc::boxed::Box::new)
    }
}
