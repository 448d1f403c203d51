//! Imports and exports, and their types.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions>

use super::extern_name::ExternName;
use super::sorts::{Sort, SortIdx};
use super::types::ValType;
use crate::{ComponentTypeIdx, TypeIdx, ValueIdx};

/// An import.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Import<'a> {
    /// The name.
    pub name: ExternName<'a>,
    /// The type.
    pub ty: ExternDesc,
}

/// An export of a component. It gives the exported definition a new index.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Export<'a> {
    /// The name.
    pub name: ExternName<'a>,
    /// The exported definition.
    pub item: SortIdx,
    /// The type that the export is given, if it is not the type of the definition.
    pub ty: Option<ExternDesc>,
}

/// An export in the type of a component or instance.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ExportDecl<'a> {
    /// The name.
    pub name: ExternName<'a>,
    /// The type.
    pub ty: ExternDesc,
}

/// The type of an import or export: `externtype` of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExternDesc {
    /// A core module of this core type.
    CoreModule(TypeIdx),
    /// A function of this type.
    Func(ComponentTypeIdx),
    /// A value.
    Value(ValueBound),
    /// A type.
    Type(TypeBound),
    /// A component of this type.
    Component(ComponentTypeIdx),
    /// An instance of this type.
    Instance(ComponentTypeIdx),
}

impl ExternDesc {
    /// Returns the index space of imports and exports of this type.
    pub const fn sort(&self) -> Sort {
        match self {
            ExternDesc::CoreModule(_) => Sort::CORE_MODULE,
            ExternDesc::Func(_) => Sort::FUNC,
            ExternDesc::Value(_) => Sort::VALUE,
            ExternDesc::Type(_) => Sort::TYPE,
            ExternDesc::Component(_) => Sort::COMPONENT,
            ExternDesc::Instance(_) => Sort::INSTANCE,
        }
    }
}

/// The bound of an imported or exported type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TypeBound {
    /// The type equals this type.
    Eq(ComponentTypeIdx),
    /// The type is a resource.
    Resource,
}

/// The bound of an imported or exported value.
///
/// `wasm-tools` 1.263 writes only the type, without the byte that the specification puts before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValueBound {
    /// The value equals this value.
    Eq(ValueIdx),
    /// The value has this type.
    Type(ValType),
}
