//! Definitions: the elements of a component, and of the type of a component, an instance or a core
//! module.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#component-definitions>

use alloc::borrow::Cow;
use alloc::boxed::Box;

use super::canons::Canon;
use super::extern_name::ExternName;
use super::externs::{Export, ExportDecl, Import};
use super::name_section::Names;
use super::sections::SectionId;
use super::sorts::{CoreSort, CoreSortIdx, Sort, SortIdx};
use super::types::{Type, ValType};
use crate::{
    ComponentFuncIdx, ComponentIdx, CoreInstanceIdx, CoreModuleIdx, Custom, CustomData,
    DefinitionRef, ExternType, InstanceIdx, Module, Name, Outer, SubType, ValueIdx,
};

/// A definition: a node of the tree, and an event of a stream.
///
/// The list of definitions is flat. A definition that [opens](Definition::opens) a scope is followed
/// by the definitions of that scope, up to [`Definition::End`]; so nothing is nested, however deep
/// the component is.
///
/// The order of definitions matters: each may add an index to an index space of its scope, and may
/// refer only to earlier definitions.
///
/// ```
/// use wattle_ast::components::{Definition, Scope, Type};
///
/// assert_eq!(Definition::Component.opens(), Some(Scope::Component));
/// assert_eq!(Definition::Type(Type::Instance).opens(), Some(Scope::InstanceType));
/// assert!(!Scope::InstanceType.permits(&Definition::Component));
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Definition<'a> {
    /// A core module.
    CoreModule(Box<Module<'a>>),
    /// A core instance.
    CoreInstance(CoreInstance<'a>),
    /// A core type. The declarations of a module type follow.
    CoreType(CoreType),
    /// A component, whose definitions follow.
    Component,
    /// An instance.
    Instance(Instance<'a>),
    /// An alias.
    Alias(Alias<'a>),
    /// A type. The declarations of the type of a component or instance follow.
    Type(Type<'a>),
    /// A canonical definition.
    Canon(Canon),
    /// The call of a start function.
    Start(Start),
    /// An import.
    Import(Import<'a>),
    /// An export of a component.
    Export(Export<'a>),
    /// A value.
    Value(Value<'a>),
    /// A custom section, but for [`Definition::Names`].
    Custom(Custom<'a>),
    /// The names of the definitions of a component: the custom section [`Names::NAME`], if it is
    /// well-formed and has any name.
    Names(Box<Names<'a>>),
    /// An export in the type of a component or instance.
    ExportDecl(ExportDecl<'a>),
    /// An import in the type of a core module.
    CoreImportDecl(Box<crate::Import<'a>>),
    /// An export in the type of a core module.
    CoreExportDecl(Box<CoreExportDecl<'a>>),
    /// The end of the scope that was opened last.
    End,
}

// A component may have millions of definitions.
const _: () = assert!(size_of::<Definition<'static>>() <= 64);

/// The construct that a list of definitions belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// A component.
    Component,
    /// The type of a component.
    ComponentType,
    /// The type of an instance.
    InstanceType,
    /// The type of a core module.
    ModuleType,
}

impl Scope {
    /// Returns whether a definition may stand in the scope. [`Definition::End`] may stand in all of
    /// them.
    pub fn permits(self, definition: &Definition<'_>) -> bool {
        match definition {
            Definition::CoreType(CoreType::Module) => self != Scope::ModuleType,
            Definition::CoreType(_) | Definition::End => true,
            Definition::Type(_) => self != Scope::ModuleType,
            Definition::Alias(alias) => self != Scope::ModuleType || alias.is_outer_core_type(),
            Definition::Import(_) => matches!(self, Scope::Component | Scope::ComponentType),
            Definition::ExportDecl(_) => matches!(self, Scope::ComponentType | Scope::InstanceType),
            Definition::CoreImportDecl(_) | Definition::CoreExportDecl(_) => {
                self == Scope::ModuleType
            }
            Definition::CoreModule(_)
            | Definition::CoreInstance(_)
            | Definition::Component
            | Definition::Instance(_)
            | Definition::Canon(_)
            | Definition::Start(_)
            | Definition::Export(_)
            | Definition::Value(_)
            | Definition::Custom(_)
            | Definition::Names(_) => self == Scope::Component,
        }
    }

    /// Returns the step from the enclosing scope into this one, where `index` is the index of the
    /// definition that opens this scope.
    pub const fn outer(self, index: u32) -> Outer {
        match self {
            Scope::Component => Outer::Component(index),
            Scope::ComponentType | Scope::InstanceType => Outer::Type(index),
            Scope::ModuleType => Outer::CoreType(index),
        }
    }
}

impl<'a> Definition<'a> {
    /// Returns the definition for a custom section: [`Definition::Names`] or
    /// [`Definition::Custom`].
    ///
    /// ```
    /// use wattle_ast::components::{Definition, Names};
    /// use wattle_ast::{Custom, CustomData};
    ///
    /// let data = CustomData::Bytes(b"\0\x02\x01c"[..].into());
    /// let custom = Custom { name: Names::NAME.into(), data, after: None };
    /// let Definition::Names(names) = Definition::from_custom(custom) else { panic!() };
    /// assert_eq!(names.component.as_deref(), Some("c"));
    /// ```
    pub fn from_custom(custom: Custom<'a>) -> Definition<'a> {
        if custom.name == Names::NAME {
            let names = match &custom.data {
                CustomData::Bytes(Cow::Borrowed(bytes)) => Names::parse(bytes),
                data => Names::parse(data.bytes().unwrap_or_default()).map(Names::into_owned),
            };
            if let Ok(names) = names
                && !names.is_empty()
            {
                return Definition::Names(Box::new(names));
            }
        }
        Definition::Custom(custom)
    }
}

impl Definition<'_> {
    /// Returns the name of the custom section, if the definition is one.
    pub fn custom_name(&self) -> Option<&str> {
        match self {
            Definition::Custom(custom) => Some(&custom.name),
            Definition::Names(_) => Some(Names::NAME),
            _ => None,
        }
    }

    /// Returns the kind within which references number the definition; `None` if references use an
    /// index.
    #[inline]
    pub const fn numbered(&self) -> Option<Numbered> {
        Some(match self {
            Definition::Import(_) | Definition::CoreImportDecl(_) => Numbered::Import,
            Definition::Export(_) | Definition::ExportDecl(_) | Definition::CoreExportDecl(_) => {
                Numbered::Export
            }
            Definition::Start(_) => Numbered::Start,
            Definition::Custom(_) | Definition::Names(_) => Numbered::Custom,
            _ => return None,
        })
    }

    /// Returns the scope that the definition opens, if it opens one.
    #[inline]
    pub const fn opens(&self) -> Option<Scope> {
        match self {
            Definition::Component => Some(Scope::Component),
            Definition::Type(Type::Component) => Some(Scope::ComponentType),
            Definition::Type(Type::Instance) => Some(Scope::InstanceType),
            Definition::CoreType(CoreType::Module) => Some(Scope::ModuleType),
            _ => None,
        }
    }

    /// Returns the number of open scopes behind the definition, where `depth` is the number before
    /// it.
    ///
    /// ```
    /// use wattle_ast::components::Definition;
    ///
    /// assert_eq!(Definition::Component.depth_after(0), 1);
    /// assert_eq!(Definition::End.depth_after(1), 0);
    /// ```
    #[inline]
    pub const fn depth_after(&self, depth: usize) -> usize {
        match self {
            Definition::End => depth.saturating_sub(1),
            _ => depth + self.opens().is_some() as usize,
        }
    }

    /// Returns the section of a component that the definition stands in. `None` for definitions
    /// that stand only in types, and for [`Definition::End`].
    pub const fn section(&self) -> Option<SectionId> {
        Some(match self {
            Definition::CoreModule(_) => SectionId::CoreModule,
            Definition::CoreInstance(_) => SectionId::CoreInstance,
            Definition::CoreType(_) => SectionId::CoreType,
            Definition::Component => SectionId::Component,
            Definition::Instance(_) => SectionId::Instance,
            Definition::Alias(_) => SectionId::Alias,
            Definition::Type(_) => SectionId::Type,
            Definition::Canon(_) => SectionId::Canon,
            Definition::Start(_) => SectionId::Start,
            Definition::Import(_) => SectionId::Import,
            Definition::Export(_) => SectionId::Export,
            Definition::Value(_) => SectionId::Value,
            Definition::Custom(_) | Definition::Names(_) => SectionId::Custom,
            Definition::ExportDecl(_)
            | Definition::CoreImportDecl(_)
            | Definition::CoreExportDecl(_)
            | Definition::End => return None,
        })
    }

    /// Returns the index space of the enclosing scope that the definition adds to, and the number
    /// of indices. A recursive group adds several types, and a start function its results.
    ///
    /// ```
    /// use wattle_ast::components::{Canon, Definition, Sort};
    /// let definition = Definition::Canon(Canon::ResourceNew { resource: 0.into() });
    /// assert_eq!(definition.adds(), Some((Sort::CORE_FUNC, 1)));
    /// ```
    #[inline]
    pub fn adds(&self) -> Option<(Sort, u32)> {
        let sort = match self {
            Definition::CoreModule(_) => Sort::CORE_MODULE,
            Definition::CoreInstance(_) => Sort::CORE_INSTANCE,
            Definition::CoreType(CoreType::Rec(types)) => {
                return Some((Sort::CORE_TYPE, types.len() as u32));
            }
            Definition::CoreType(CoreType::Sub(_) | CoreType::Module) => Sort::CORE_TYPE,
            Definition::Component => Sort::COMPONENT,
            Definition::Instance(_) => Sort::INSTANCE,
            Definition::Alias(alias) => alias.sort(),
            Definition::Type(_) => Sort::TYPE,
            Definition::Canon(canon) => canon.op().sort(),
            Definition::Start(start) => return Some((Sort::VALUE, start.results)),
            Definition::Import(import) => import.ty.sort(),
            Definition::Export(export) => export.item.sort(),
            Definition::ExportDecl(export) => export.ty.sort(),
            Definition::Value(_) => Sort::VALUE,
            Definition::Custom(_)
            | Definition::Names(_)
            | Definition::CoreImportDecl(_)
            | Definition::CoreExportDecl(_)
            | Definition::End => return None,
        };
        Some((sort, 1))
    }
}

/// A kind of definitions that references number within the kind, whatever index a definition adds.
///
/// ```
/// use wattle_ast::DefinitionRef;
/// use wattle_ast::components::{Definition, Names, Numbered};
///
/// assert_eq!(Definition::Names(Names::default().into()).numbered(), Some(Numbered::Custom));
/// assert_eq!(Numbered::Custom.reference(2), DefinitionRef::Custom(2));
/// assert_eq!(Definition::Component.numbered(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Numbered {
    /// Imports.
    Import,
    /// Exports.
    Export,
    /// Start functions.
    Start,
    /// Custom sections.
    Custom,
}

impl Numbered {
    /// The number of kinds, for arrays with an element for each: `kind as usize` is below it.
    pub const COUNT: usize = Numbered::Custom as usize + 1;

    /// Returns the reference to the definition with this number among those of its kind.
    pub const fn reference(self, number: u32) -> DefinitionRef {
        match self {
            Numbered::Import => DefinitionRef::Import(number),
            Numbered::Export => DefinitionRef::Export(number),
            Numbered::Start => DefinitionRef::Start(number),
            Numbered::Custom => DefinitionRef::Custom(number),
        }
    }
}

/// A core instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CoreInstance<'a> {
    /// The instance of a module.
    Instantiate {
        /// The module.
        module: CoreModuleIdx,
        /// The instances that the module imports from, by module name.
        args: Box<[CoreArg<'a>]>,
    },
    /// An instance made of definitions.
    Exports(Box<[CoreInlineExport<'a>]>),
}

/// A core instance that a core module imports from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CoreArg<'a> {
    /// The module name of the imports.
    pub name: Name<'a>,
    /// The instance.
    pub instance: CoreInstanceIdx,
}

/// An export of a core instance that is made of definitions.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CoreInlineExport<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The exported definition.
    pub item: CoreSortIdx,
}

/// A core type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CoreType {
    /// One type, outside of any group.
    Sub(Box<SubType>),
    /// A recursive group.
    Rec(Box<[SubType]>),
    /// The type of a module, whose declarations follow.
    Module,
}

/// An export in the type of a core module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreExportDecl<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The type.
    pub ty: ExternType,
}

/// An instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Instance<'a> {
    /// The instance of a component.
    Instantiate {
        /// The component.
        component: ComponentIdx,
        /// The arguments, by the names of the imports.
        args: Box<[Arg<'a>]>,
    },
    /// An instance made of definitions.
    Exports(Box<[InlineExport<'a>]>),
}

/// An argument of an instantiation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Arg<'a> {
    /// The name of the import.
    pub name: Name<'a>,
    /// The definition that is passed for the import.
    pub item: SortIdx,
}

/// An export of an instance that is made of definitions.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InlineExport<'a> {
    /// The name.
    pub name: ExternName<'a>,
    /// The exported definition.
    pub item: SortIdx,
}

/// An alias: an index of this scope for an export of an instance or a definition of an enclosing
/// scope.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Alias<'a> {
    /// An export of an instance.
    Export {
        /// The sort of the export.
        sort: Sort,
        /// The instance.
        instance: InstanceIdx,
        /// The name of the export.
        name: Name<'a>,
    },
    /// An export of a core instance.
    CoreExport {
        /// The sort of the export.
        sort: CoreSort,
        /// The core instance.
        instance: CoreInstanceIdx,
        /// The name of the export.
        name: Name<'a>,
    },
    /// A definition of an enclosing scope.
    Outer {
        /// The number of scopes to go out; 0 is the scope of the alias itself.
        count: u32,
        /// The definition: a core module, a core type, a component or a type.
        item: SortIdx,
    },
}

impl Alias<'_> {
    /// Returns the sort of the definition.
    pub const fn sort(&self) -> Sort {
        match self {
            Alias::Export { sort, .. } => *sort,
            Alias::CoreExport { sort, .. } => Sort::Core(*sort),
            Alias::Outer { item, .. } => item.sort(),
        }
    }

    /// Returns whether the type of a core module can hold the alias.
    const fn is_outer_core_type(&self) -> bool {
        matches!(self, Alias::Outer { item: SortIdx::Core(CoreSortIdx::Type(_)), .. })
    }
}

/// The call of a start function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Start {
    /// The function.
    pub func: ComponentFuncIdx,
    /// The arguments.
    pub args: Box<[ValueIdx]>,
    /// The number of results, each of which becomes a value.
    pub results: u32,
}

/// A value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Value<'a> {
    /// The type.
    pub ty: ValType,
    /// The encoded value. Its format depends on the definition of the type.
    pub bytes: Cow<'a, [u8]>,
}
