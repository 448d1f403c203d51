//! Copies of borrowed data, so that definitions can outlive the input.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use super::component::{Component, Encoding, RawSection};
use super::definitions::{
    Alias, Arg, CoreArg, CoreExportDecl, CoreInlineExport, CoreInstance, Definition, InlineExport,
    Instance, Value,
};
use super::externs::{Export, ExportDecl, Import};
use super::types::{Case, Field, FuncType, Type};
use crate::modules::all;
use crate::{Custom, Name};

/// Rows: a struct, its fields that borrow, and its other fields.
macro_rules! owned {
    ($( $name:ident { $( $borrowed:ident ),+ ; $( $other:ident ),* } )*) => { $(
        impl $name<'_> {
            /// Copies borrowed data, so that the value can outlive the input.
            pub fn into_owned(self) -> $name<'static> {
                $name {
                    $( $borrowed: self.$borrowed.into_owned(), )+
                    $( $other: self.$other, )*
                }
            }
        }
    )* };
}

owned! {
    Field { label; ty }
    Case { label; ty }
    CoreArg { name; instance }
    CoreInlineExport { name; item }
    CoreExportDecl { name; ty }
    Arg { name; item }
    InlineExport { name; item }
    Import { name; ty }
    Export { name; item, ty }
    ExportDecl { name; ty }
}

impl Value<'_> {
    /// Copies borrowed data, so that the value can outlive the input.
    pub fn into_owned(self) -> Value<'static> {
        Value { ty: self.ty, bytes: Cow::Owned(self.bytes.into_owned()) }
    }
}

impl FuncType<'_> {
    /// Copies borrowed data, so that the type can outlive the input.
    pub fn into_owned(self) -> FuncType<'static> {
        let FuncType { is_async, params, result } = self;
        FuncType { is_async, params: all(params, Field::into_owned), result }
    }
}

impl Type<'_> {
    /// Copies borrowed data, so that the type can outlive the input.
    pub fn into_owned(self) -> Type<'static> {
        match self {
            Type::Record(fields) => Type::Record(all(fields, Field::into_owned)),
            Type::Variant(cases) => Type::Variant(all(cases, Case::into_owned)),
            Type::Flags(labels) => Type::Flags(all(labels, Name::into_owned)),
            Type::Enum(labels) => Type::Enum(all(labels, Name::into_owned)),
            Type::Func(ty) => Type::Func(ty.into_owned()),
            Type::Prim(prim) => Type::Prim(prim),
            Type::List(ty) => Type::List(ty),
            Type::FixedList { elem, len } => Type::FixedList { elem, len },
            Type::Tuple(types) => Type::Tuple(types),
            Type::Option(ty) => Type::Option(ty),
            Type::Result { ok, err } => Type::Result { ok, err },
            Type::Own(resource) => Type::Own(resource),
            Type::Borrow(resource) => Type::Borrow(resource),
            Type::Stream(ty) => Type::Stream(ty),
            Type::Future(ty) => Type::Future(ty),
            Type::Map { key, value } => Type::Map { key, value },
            Type::Resource(ty) => Type::Resource(ty),
            Type::Component => Type::Component,
            Type::Instance => Type::Instance,
        }
    }
}

impl CoreInstance<'_> {
    /// Copies borrowed data, so that the instance can outlive the input.
    pub fn into_owned(self) -> CoreInstance<'static> {
        match self {
            CoreInstance::Instantiate { module, args } => {
                CoreInstance::Instantiate { module, args: all(args, CoreArg::into_owned) }
            }
            CoreInstance::Exports(exports) => {
                CoreInstance::Exports(all(exports, CoreInlineExport::into_owned))
            }
        }
    }
}

impl Instance<'_> {
    /// Copies borrowed data, so that the instance can outlive the input.
    pub fn into_owned(self) -> Instance<'static> {
        match self {
            Instance::Instantiate { component, args } => {
                Instance::Instantiate { component, args: all(args, Arg::into_owned) }
            }
            Instance::Exports(exports) => Instance::Exports(all(exports, InlineExport::into_owned)),
        }
    }
}

impl Alias<'_> {
    /// Copies borrowed data, so that the alias can outlive the input.
    pub fn into_owned(self) -> Alias<'static> {
        match self {
            Alias::Export { sort, instance, name } => {
                Alias::Export { sort, instance, name: name.into_owned() }
            }
            Alias::CoreExport { sort, instance, name } => {
                Alias::CoreExport { sort, instance, name: name.into_owned() }
            }
            Alias::Outer { count, item } => Alias::Outer { count, item },
        }
    }
}

impl Definition<'_> {
    /// Copies borrowed data, so that the definition can outlive the input.
    pub fn into_owned(self) -> Definition<'static> {
        match self {
            Definition::CoreModule(module) => Definition::CoreModule(module.into_owned().into()),
            Definition::CoreInstance(instance) => Definition::CoreInstance(instance.into_owned()),
            Definition::CoreType(ty) => Definition::CoreType(ty),
            Definition::Component => Definition::Component,
            Definition::Instance(instance) => Definition::Instance(instance.into_owned()),
            Definition::Alias(alias) => Definition::Alias(alias.into_owned()),
            Definition::Type(ty) => Definition::Type(ty.into_owned()),
            Definition::Canon(canon) => Definition::Canon(canon),
            Definition::Start(start) => Definition::Start(start),
            Definition::Import(import) => Definition::Import(import.into_owned()),
            Definition::Export(export) => Definition::Export(export.into_owned()),
            Definition::Value(value) => Definition::Value(value.into_owned()),
            Definition::Custom(custom) => Definition::Custom(Custom::into_owned(custom)),
            Definition::Names(names) => Definition::Names(Box::new(names.into_owned())),
            Definition::ExportDecl(export) => Definition::ExportDecl(export.into_owned()),
            Definition::CoreImportDecl(import) => {
                Definition::CoreImportDecl(Box::new(import.into_owned()))
            }
            Definition::CoreExportDecl(export) => {
                Definition::CoreExportDecl(Box::new(export.into_owned()))
            }
            Definition::End => Definition::End,
        }
    }
}

impl Component<'_> {
    /// Copies borrowed data, so that the component can outlive the input.
    pub fn into_owned(self) -> Component<'static> {
        let sections = all(self.encoding.sections, RawSection::into_owned);
        Component {
            definitions: all(self.definitions, Definition::into_owned),
            encoding: Encoding { sections },
        }
    }
}
