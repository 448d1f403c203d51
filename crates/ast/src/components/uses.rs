//! The indices that a definition refers to.

use core::convert::Infallible;

use super::canons::{CanonOpts, CanonSink};
use super::definitions::{
    Alias, CoreInstance, Definition, ExternDesc, Instance, TypeBound, ValueBound,
};
use super::sorts::SortIdx;
use super::types::{ResultList, Type, ValType};
use crate::{
    ComponentFuncIdx, ComponentTypeIdx, ExternType, FuncIdx, MemIdx, TableIdx, TagType, TypeIdx,
};

impl Definition<'_> {
    /// Calls `visit` with each index of the enclosing scope that the definition refers to.
    ///
    /// The item of an outer alias is not among them, since it is of another scope. Nor are the type
    /// indices inside of core types, whose recursive groups refer to themselves.
    ///
    /// ```
    /// use wattle_ast::components::{Canon, CanonOpt, Definition, SortIdx};
    /// use wattle_ast::{ComponentFuncIdx, MemIdx};
    ///
    /// let (func, memory) = (ComponentFuncIdx(4), MemIdx(1));
    /// let opts = [CanonOpt::Utf8, CanonOpt::Memory(memory)].into();
    /// let mut found = Vec::new();
    /// Definition::Canon(Canon::Lower { func, opts }).uses(|index| found.push(index));
    /// assert_eq!(found, [SortIdx::from(func), SortIdx::from(memory)]);
    /// ```
    pub fn uses(&self, visit: impl FnMut(SortIdx)) {
        let mut uses = Uses(visit);
        match self {
            Definition::CoreInstance(CoreInstance::Instantiate { module, args }) => {
                uses.add(*module);
                args.iter().for_each(|arg| uses.add(arg.instance));
            }
            Definition::CoreInstance(CoreInstance::Exports(exports)) => {
                exports.iter().for_each(|export| uses.add(export.item));
            }
            Definition::Instance(Instance::Instantiate { component, args }) => {
                uses.add(*component);
                args.iter().for_each(|arg| uses.add(arg.item));
            }
            Definition::Instance(Instance::Exports(exports)) => {
                exports.iter().for_each(|export| uses.add(export.item));
            }
            Definition::Alias(alias) => match alias {
                Alias::Export { instance, .. } => uses.add(*instance),
                Alias::CoreExport { instance, .. } => uses.add(*instance),
                Alias::Outer { .. } => {}
            },
            Definition::Type(ty) => uses.type_definition(ty),
            Definition::Canon(canon) => {
                let Ok(()) = canon.write_to(&mut uses);
            }
            Definition::Start(start) => {
                uses.add(start.func);
                start.args.iter().for_each(|arg| uses.add(*arg));
            }
            Definition::Import(import) => uses.desc(&import.ty),
            Definition::Export(export) => {
                uses.add(export.item);
                export.ty.iter().for_each(|ty| uses.desc(ty));
            }
            Definition::ExportDecl(export) => uses.desc(&export.ty),
            Definition::Value(value) => uses.ty(value.ty),
            Definition::CoreImportDecl(import) => uses.extern_type(&import.ty),
            Definition::CoreExportDecl(export) => uses.extern_type(&export.ty),
            Definition::CoreModule(_)
            | Definition::CoreType(_)
            | Definition::Component
            | Definition::Custom(_)
            | Definition::Names(_)
            | Definition::End => {}
        }
    }
}

struct Uses<F>(F);

impl<F: FnMut(SortIdx)> Uses<F> {
    fn add(&mut self, index: impl Into<SortIdx>) {
        (self.0)(index.into());
    }

    fn ty(&mut self, ty: ValType) {
        if let ValType::Type(index) = ty {
            self.add(index);
        }
    }

    fn type_definition(&mut self, ty: &Type<'_>) {
        match ty {
            Type::Prim(_) | Type::Flags(_) | Type::Enum(_) | Type::Component | Type::Instance => {}
            Type::Record(fields) => fields.iter().for_each(|field| self.ty(field.ty)),
            Type::Variant(cases) => {
                cases.iter().filter_map(|case| case.ty).for_each(|ty| self.ty(ty))
            }
            Type::List(elem) | Type::FixedList { elem, .. } | Type::Option(elem) => self.ty(*elem),
            Type::Tuple(types) => types.iter().for_each(|ty| self.ty(*ty)),
            Type::Result { ok, err } => ok.iter().chain(err).for_each(|ty| self.ty(*ty)),
            Type::Own(resource) | Type::Borrow(resource) => self.add(*resource),
            Type::Stream(ty) | Type::Future(ty) => ty.iter().for_each(|ty| self.ty(*ty)),
            Type::Map { key, value } => [key, value].into_iter().for_each(|ty| self.ty(*ty)),
            Type::Func(ty) => {
                ty.params.iter().for_each(|param| self.ty(param.ty));
                ty.result.0.iter().for_each(|ty| self.ty(*ty));
            }
            Type::Resource(resource) => resource.destructor.iter().for_each(|func| self.add(*func)),
        }
    }

    fn desc(&mut self, desc: &ExternDesc) {
        match *desc {
            ExternDesc::CoreModule(ty) => self.add(ty),
            ExternDesc::Func(ty) | ExternDesc::Component(ty) | ExternDesc::Instance(ty) => {
                self.add(ty);
            }
            ExternDesc::Value(ValueBound::Eq(value)) => self.add(value),
            ExternDesc::Value(ValueBound::Type(ty)) => self.ty(ty),
            ExternDesc::Type(TypeBound::Eq(ty)) => self.add(ty),
            ExternDesc::Type(TypeBound::Resource) => {}
        }
    }

    fn extern_type(&mut self, ty: &ExternType) {
        match ty {
            ExternType::Func(ty) | ExternType::Tag(TagType { ty }) => self.add(*ty),
            _ => {}
        }
    }
}

macro_rules! kinds {
    ($( $method:ident $idx:ty; )*) => { $(
        fn $method(&mut self, index: &$idx) -> Result<(), Infallible> {
            self.add(*index);
            Ok(())
        }
    )* };
}

impl<F: FnMut(SortIdx)> CanonSink for Uses<F> {
    type Error = Infallible;

    kinds! {
        core_func FuncIdx;
        func ComponentFuncIdx;
        ty ComponentTypeIdx;
        core_type TypeIdx;
        table TableIdx;
        memory MemIdx;
    }

    fn results(&mut self, value: &ResultList) -> Result<(), Infallible> {
        value.0.iter().for_each(|ty| self.ty(*ty));
        Ok(())
    }

    fn opts(&mut self, opts: &CanonOpts) -> Result<(), Infallible> {
        opts.iter().filter_map(|opt| opt.index()).for_each(|index| self.add(index));
        Ok(())
    }
}
