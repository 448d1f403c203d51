//! The methods that add types, aliases and imports, for the builders whose scopes permit these; and
//! the builders of the types of components, instances and core modules.

use alloc::boxed::Box;
use alloc::string::String;

use wattle_ast::components::{
    Alias, Case, CoreExportDecl, CoreSortIdx, CoreType, Definition, ExportDecl, ExternDesc,
    ExternName, Field, FuncType, Import, SortIdx, SortIndex, Type, TypeBound, ValType, ValueBound,
};
use wattle_ast::{
    ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreModuleIdx, ExternType, InstanceIdx, Name,
    SubType, TypeIdx, ValueIdx,
};

use super::scopes::Scopes;

/// Builds the type of a component. [`ComponentBuilder::component_type`] makes this builder.
///
/// [`ComponentBuilder::component_type`]: crate::ComponentBuilder::component_type
#[derive(Debug)]
pub struct ComponentTypeBuilder<'b, 'a> {
    pub(super) scopes: &'b mut Scopes<'a>,
}

/// Builds the type of an instance. [`ComponentBuilder::instance_type`] makes this builder.
///
/// [`ComponentBuilder::instance_type`]: crate::ComponentBuilder::instance_type
#[derive(Debug)]
pub struct InstanceTypeBuilder<'b, 'a> {
    pub(super) scopes: &'b mut Scopes<'a>,
}

/// Builds the type of a core module. [`ComponentBuilder::module_type`] makes this builder.
///
/// [`ComponentBuilder::module_type`]: crate::ComponentBuilder::module_type
#[derive(Debug)]
pub struct ModuleTypeBuilder<'b, 'a> {
    pub(super) scopes: &'b mut Scopes<'a>,
}

/// The methods that add types and aliases, for a struct with a field `scopes`.
macro_rules! type_methods {
    () => {
        /// Adds a type that is one [`Type`] value. The types of components and instances are added
        /// empty.
        ///
        /// ```
        /// use wattle_ast::components::{PrimType, Type};
        ///
        /// let mut component = wattle_encoder::ComponentBuilder::new();
        /// let bytes = component.ty(Type::List(PrimType::U8.into()));
        /// assert_eq!(bytes.0, 0);
        /// ```
        pub fn ty(&mut self, ty: Type<'a>) -> ComponentTypeIdx {
            match ty {
                Type::Component => self.scopes.scope(Definition::Type(ty), |_| ()),
                Type::Instance => self.scopes.scope(Definition::Type(ty), |_| ()),
                _ => self.scopes.add(Definition::Type(ty)),
            }
        }

        /// Adds a record type.
        ///
        /// ```
        /// use wattle_ast::components::PrimType;
        ///
        /// let mut component = wattle_encoder::ComponentBuilder::new();
        /// let f32 = PrimType::F32.into();
        /// let point = component.record_type([("x", f32), ("y", f32)]);
        /// component.list_type(point);
        /// ```
        pub fn record_type<'n>(
            &mut self,
            fields: impl IntoIterator<Item = (&'n str, ValType)>,
        ) -> ComponentTypeIdx {
            self.ty(Type::Record(fields_of(fields)))
        }

        /// Adds a variant type; each case may have a payload.
        pub fn variant_type<'n>(
            &mut self,
            cases: impl IntoIterator<Item = (&'n str, Option<ValType>)>,
        ) -> ComponentTypeIdx {
            let case = |(label, ty)| Case { label: name(label), ty };
            self.ty(Type::Variant(cases.into_iter().map(case).collect()))
        }

        /// Adds a list type.
        pub fn list_type(&mut self, elem: impl Into<ValType>) -> ComponentTypeIdx {
            self.ty(Type::List(elem.into()))
        }

        /// Adds a tuple type.
        pub fn tuple_type(&mut self, types: impl IntoIterator<Item = ValType>) -> ComponentTypeIdx {
            self.ty(Type::Tuple(types.into_iter().collect()))
        }

        /// Adds a type of flags.
        pub fn flags_type<'n>(
            &mut self,
            flags: impl IntoIterator<Item = &'n str>,
        ) -> ComponentTypeIdx {
            self.ty(Type::Flags(flags.into_iter().map(name).collect()))
        }

        /// Adds an enumeration type.
        pub fn enum_type<'n>(
            &mut self,
            cases: impl IntoIterator<Item = &'n str>,
        ) -> ComponentTypeIdx {
            self.ty(Type::Enum(cases.into_iter().map(name).collect()))
        }

        /// Adds an option type.
        pub fn option_type(&mut self, ty: impl Into<ValType>) -> ComponentTypeIdx {
            self.ty(Type::Option(ty.into()))
        }

        /// Adds a result type.
        pub fn result_type(
            &mut self,
            ok: Option<ValType>,
            err: Option<ValType>,
        ) -> ComponentTypeIdx {
            self.ty(Type::Result { ok, err })
        }

        /// Adds the type of handles that own a resource.
        pub fn own_type(&mut self, resource: ComponentTypeIdx) -> ComponentTypeIdx {
            self.ty(Type::Own(resource))
        }

        /// Adds the type of handles that borrow a resource.
        pub fn borrow_type(&mut self, resource: ComponentTypeIdx) -> ComponentTypeIdx {
            self.ty(Type::Borrow(resource))
        }

        /// Adds the type of a function.
        ///
        /// ```
        /// use wattle_ast::components::PrimType;
        ///
        /// let mut component = wattle_encoder::ComponentBuilder::new();
        /// let string = PrimType::String.into();
        /// component.func_type([("name", string)], Some(string));
        /// ```
        pub fn func_type<'n>(
            &mut self,
            params: impl IntoIterator<Item = (&'n str, ValType)>,
            result: Option<ValType>,
        ) -> ComponentTypeIdx {
            let params = fields_of(params);
            self.ty(Type::Func(FuncType { is_async: false, params, result: result.into() }))
        }

        /// Adds the type of an asynchronous function.
        pub fn async_func_type<'n>(
            &mut self,
            params: impl IntoIterator<Item = (&'n str, ValType)>,
            result: Option<ValType>,
        ) -> ComponentTypeIdx {
            let params = fields_of(params);
            self.ty(Type::Func(FuncType { is_async: true, params, result: result.into() }))
        }

        /// Adds the type of an instance, whose definitions the closure adds.
        ///
        /// ```
        /// use wattle_ast::components::{ExternDesc, PrimType};
        ///
        /// let mut component = wattle_encoder::ComponentBuilder::new();
        /// let logger = component.instance_type(|instance| {
        ///     let ty = instance.func_type([("line", PrimType::String.into())], None);
        ///     instance.export("log", ExternDesc::Func(ty));
        /// });
        /// component.import_instance("example:logging/logger", logger);
        /// ```
        pub fn instance_type(
            &mut self,
            content: impl FnOnce(&mut InstanceTypeBuilder<'_, 'a>),
        ) -> ComponentTypeIdx {
            let definition = Definition::Type(Type::Instance);
            self.scopes.scope(definition, |scopes| content(&mut InstanceTypeBuilder { scopes }))
        }

        /// Adds the type of a component, whose definitions the closure adds.
        pub fn component_type(
            &mut self,
            content: impl FnOnce(&mut ComponentTypeBuilder<'_, 'a>),
        ) -> ComponentTypeIdx {
            let definition = Definition::Type(Type::Component);
            self.scopes.scope(definition, |scopes| content(&mut ComponentTypeBuilder { scopes }))
        }

        /// Adds a core type.
        pub fn core_type(&mut self, ty: impl Into<SubType>) -> TypeIdx {
            self.scopes.add(Definition::CoreType(CoreType::Sub(Box::new(ty.into()))))
        }

        /// Adds a recursive group of core types, and returns the index of the first.
        pub fn core_rec(&mut self, types: impl IntoIterator<Item = SubType>) -> TypeIdx {
            self.scopes.add(Definition::CoreType(CoreType::Rec(types.into_iter().collect())))
        }

        /// Adds the type of a core module, whose imports and exports the closure adds.
        pub fn module_type(
            &mut self,
            content: impl FnOnce(&mut ModuleTypeBuilder<'_, 'a>),
        ) -> TypeIdx {
            let definition = Definition::CoreType(CoreType::Module);
            self.scopes.scope(definition, |scopes| content(&mut ModuleTypeBuilder { scopes }))
        }

        /// Adds an alias of an export of an instance. The type of the returned index determines the
        /// sort of the export.
        ///
        /// ```
        /// use wattle_ast::ComponentFuncIdx;
        /// use wattle_ast::components::ExternDesc;
        ///
        /// let mut component = wattle_encoder::ComponentBuilder::new();
        /// let logger = component.instance_type(|instance| {
        ///     let ty = instance.func_type([], None);
        ///     instance.export("flush", ExternDesc::Func(ty));
        /// });
        /// let logger = component.import_instance("logger", logger);
        /// let flush: ComponentFuncIdx = component.alias(logger, "flush");
        /// assert_eq!(flush.0, 0);
        /// ```
        pub fn alias<I: SortIndex>(
            &mut self,
            instance: InstanceIdx,
            name: impl Into<Name<'a>>,
        ) -> I {
            let alias = Alias::Export { sort: I::SORT, instance, name: name.into() };
            self.scopes.add(Definition::Alias(alias))
        }

        /// Adds an alias of a type, a core type, a component or a core module of an enclosing
        /// scope. A `count` of 1 stands for the scope around this one.
        pub fn outer_alias<I: SortIndex>(&mut self, count: u32, item: I) -> I {
            let item: SortIdx = item.into();
            self.scopes.add(Definition::Alias(Alias::Outer { count, item }))
        }
    };
}
pub(super) use type_methods;

/// The methods that add imports, for a struct with a field `scopes`.
macro_rules! import_methods {
    () => {
        /// Imports a function of a type.
        pub fn import_func(
            &mut self,
            name: impl Into<ExternName<'a>>,
            ty: ComponentTypeIdx,
        ) -> ComponentFuncIdx {
            self.import(name, ExternDesc::Func(ty))
        }

        /// Imports an instance of a type.
        pub fn import_instance(
            &mut self,
            name: impl Into<ExternName<'a>>,
            ty: ComponentTypeIdx,
        ) -> InstanceIdx {
            self.import(name, ExternDesc::Instance(ty))
        }

        /// Imports a component of a type.
        pub fn import_component(
            &mut self,
            name: impl Into<ExternName<'a>>,
            ty: ComponentTypeIdx,
        ) -> ComponentIdx {
            self.import(name, ExternDesc::Component(ty))
        }

        /// Imports a core module of a type.
        pub fn import_core_module(
            &mut self,
            name: impl Into<ExternName<'a>>,
            ty: TypeIdx,
        ) -> CoreModuleIdx {
            self.import(name, ExternDesc::CoreModule(ty))
        }

        /// Imports a type: a resource type, or a type that equals another.
        pub fn import_type(
            &mut self,
            name: impl Into<ExternName<'a>>,
            bound: TypeBound,
        ) -> ComponentTypeIdx {
            self.import(name, ExternDesc::Type(bound))
        }

        /// Imports a value.
        pub fn import_value(
            &mut self,
            name: impl Into<ExternName<'a>>,
            bound: ValueBound,
        ) -> ValueIdx {
            self.import(name, ExternDesc::Value(bound))
        }

        fn import<I: SortIndex>(&mut self, name: impl Into<ExternName<'a>>, ty: ExternDesc) -> I {
            self.scopes.add(Definition::Import(Import { name: name.into(), ty }))
        }
    };
}
pub(super) use import_methods;

/// The methods that add exports in types, for a struct with a field `scopes`.
macro_rules! export_methods {
    () => {
        /// Adds an export of a type, and returns the index of the exported item.
        pub fn export(&mut self, name: impl Into<ExternName<'a>>, ty: ExternDesc) -> SortIdx {
            let sort = ty.sort();
            let index = self.scopes.number(sort);
            self.scopes.push(Definition::ExportDecl(ExportDecl { name: name.into(), ty }));
            SortIdx::new(sort, index)
        }

        /// Adds an export of a type, and returns the index of the exported type. Other types in
        /// this scope should refer to this index.
        ///
        /// ```
        /// use wattle_ast::components::{ExternDesc, TypeBound};
        ///
        /// let mut component = wattle_encoder::ComponentBuilder::new();
        /// component.instance_type(|instance| {
        ///     let stream = instance.export_type("stream", TypeBound::Resource);
        ///     let borrow = instance.borrow_type(stream);
        ///     let close = instance.func_type([("self", borrow.into())], None);
        ///     instance.export("[method]stream.close", ExternDesc::Func(close));
        /// });
        /// ```
        pub fn export_type(
            &mut self,
            name: impl Into<ExternName<'a>>,
            bound: TypeBound,
        ) -> ComponentTypeIdx {
            let ty = ExternDesc::Type(bound);
            self.scopes.add(Definition::ExportDecl(ExportDecl { name: name.into(), ty }))
        }
    };
}

/// Makes a copy of a name.
pub(super) fn name<'a>(name: &str) -> Name<'a> {
    String::from(name).into()
}

/// The fields of a record, or the parameters of a function.
pub(super) fn fields_of<'n, 'a>(
    fields: impl IntoIterator<Item = (&'n str, ValType)>,
) -> Box<[Field<'a>]> {
    fields.into_iter().map(|(label, ty)| Field { label: name(label), ty }).collect()
}

impl<'a> ComponentTypeBuilder<'_, 'a> {
    type_methods!();
    import_methods!();
    export_methods!();
}

impl<'a> InstanceTypeBuilder<'_, 'a> {
    type_methods!();
    export_methods!();
}

impl<'a> ModuleTypeBuilder<'_, 'a> {
    /// Adds a core type.
    pub fn ty(&mut self, ty: impl Into<SubType>) -> TypeIdx {
        self.scopes.add(Definition::CoreType(CoreType::Sub(Box::new(ty.into()))))
    }

    /// Adds a recursive group of core types, and returns the index of the first.
    pub fn rec(&mut self, types: impl IntoIterator<Item = SubType>) -> TypeIdx {
        self.scopes.add(Definition::CoreType(CoreType::Rec(types.into_iter().collect())))
    }

    /// Adds an alias of a core type of an enclosing scope. A `count` of 1 stands for the component
    /// around the type.
    pub fn outer_alias(&mut self, count: u32, ty: TypeIdx) -> TypeIdx {
        let item = SortIdx::from(CoreSortIdx::Type(ty));
        self.scopes.add(Definition::Alias(Alias::Outer { count, item }))
    }

    /// Adds an import.
    ///
    /// ```
    /// use wattle_ast::{ExternType, FuncType};
    ///
    /// let mut component = wattle_encoder::ComponentBuilder::new();
    /// let plugin = component.module_type(|module| {
    ///     let ty = module.ty(FuncType::new([], []));
    ///     module.import("env", "log", ExternType::Func(ty));
    ///     module.export("run", ExternType::Func(ty));
    /// });
    /// component.import_core_module("plugin", plugin);
    /// ```
    pub fn import(
        &mut self,
        module: impl Into<Name<'a>>,
        name: impl Into<Name<'a>>,
        ty: ExternType,
    ) {
        let import = wattle_ast::Import { module: module.into(), name: name.into(), ty };
        self.scopes.push(Definition::CoreImportDecl(Box::new(import)));
    }

    /// Adds an export.
    pub fn export(&mut self, name: impl Into<Name<'a>>, ty: ExternType) {
        let export = CoreExportDecl { name: name.into(), ty };
        self.scopes.push(Definition::CoreExportDecl(Box::new(export)));
    }
}
