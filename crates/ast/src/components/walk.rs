//! The walk over the indices that a definition refers to in its scope, for code that reads the
//! indices and for code that changes them.

/// The methods of the walk; `definition` begins it. `$iter` is the method that goes through lists:
/// `iter`, or `iter_mut` with `mut` after it. The walk calls the methods `index`, `sort_idx`,
/// `core_sort_idx`, `canon`, `core_type`, `extern_type` and `names` for the values that it finds.
/// It leaves out the item of an outer alias, which belongs to another scope.
macro_rules! walk {
    ($iter:ident $($mut:ident)?) => {
        fn definition(&mut self, definition: &$($mut)? Definition<'_>) {
            match definition {
                Definition::CoreInstance(CoreInstance::Instantiate { module, args }) => {
                    self.index(module);
                    args.$iter().for_each(|arg| self.index(&$($mut)? arg.instance));
                }
                Definition::CoreInstance(CoreInstance::Exports(exports)) => {
                    exports.$iter().for_each(|export| self.core_sort_idx(&$($mut)? export.item));
                }
                Definition::CoreType(CoreType::Sub(ty)) => self.core_type(&$($mut)? **ty),
                Definition::CoreType(CoreType::Rec(types)) => {
                    types.$iter().for_each(|ty| self.core_type(ty));
                }
                Definition::Instance(Instance::Instantiate { component, args }) => {
                    self.index(component);
                    args.$iter().for_each(|arg| self.sort_idx(&$($mut)? arg.item));
                }
                Definition::Instance(Instance::Exports(exports)) => {
                    exports.$iter().for_each(|export| self.sort_idx(&$($mut)? export.item));
                }
                Definition::Alias(alias) => match alias {
                    Alias::Export { instance, .. } => self.index(instance),
                    Alias::CoreExport { instance, .. } => self.index(instance),
                    Alias::Outer { .. } => {}
                },
                Definition::Type(ty) => self.type_definition(ty),
                Definition::Canon(canon) => self.canon(canon),
                Definition::Start(start) => {
                    self.index(&$($mut)? start.func);
                    start.args.$iter().for_each(|arg| self.index(arg));
                }
                Definition::Import(import) => self.desc(&$($mut)? import.ty),
                Definition::Export(export) => {
                    self.sort_idx(&$($mut)? export.item);
                    export.ty.$iter().for_each(|ty| self.desc(ty));
                }
                Definition::ExportDecl(export) => self.desc(&$($mut)? export.ty),
                Definition::Value(value) => self.ty(&$($mut)? value.ty),
                Definition::CoreImportDecl(import) => self.extern_type(&$($mut)? import.ty),
                Definition::CoreExportDecl(export) => self.extern_type(&$($mut)? export.ty),
                Definition::Names(names) => self.names(names),
                Definition::CoreModule(_)
                | Definition::CoreType(CoreType::Module)
                | Definition::Component
                | Definition::Custom(_)
                | Definition::End => {}
            }
        }

        fn ty(&mut self, ty: &$($mut)? ValType) {
            if let ValType::Type(index) = ty {
                self.index(index);
            }
        }

        fn type_definition(&mut self, ty: &$($mut)? Type<'_>) {
            match ty {
                Type::Prim(_) | Type::Flags(_) | Type::Enum(_) | Type::Component | Type::Instance => {}
                Type::Record(fields) => {
                    fields.$iter().for_each(|field| self.ty(&$($mut)? field.ty));
                }
                Type::Variant(cases) => {
                    cases.$iter().flat_map(|case| &$($mut)? case.ty).for_each(|ty| self.ty(ty));
                }
                Type::List(elem) | Type::FixedList { elem, .. } | Type::Option(elem) => self.ty(elem),
                Type::Tuple(types) => types.$iter().for_each(|ty| self.ty(ty)),
                Type::Result { ok, err } => ok.$iter().chain(err).for_each(|ty| self.ty(ty)),
                Type::Own(resource) | Type::Borrow(resource) => self.index(resource),
                Type::Stream(ty) | Type::Future(ty) => ty.$iter().for_each(|ty| self.ty(ty)),
                Type::Map { key, value } => [key, value].into_iter().for_each(|ty| self.ty(ty)),
                Type::Func(ty) => {
                    ty.params.$iter().for_each(|param| self.ty(&$($mut)? param.ty));
                    ty.result.0.$iter().for_each(|ty| self.ty(ty));
                }
                Type::Resource(resource) => {
                    self.core_type(&$($mut)? resource.rep);
                    resource.destructor.$iter().for_each(|func| self.index(func));
                }
            }
        }

        fn desc(&mut self, desc: &$($mut)? ExternDesc) {
            match desc {
                ExternDesc::CoreModule(ty) => self.index(ty),
                ExternDesc::Func(ty) | ExternDesc::Component(ty) | ExternDesc::Instance(ty) => {
                    self.index(ty);
                }
                ExternDesc::Value(ValueBound::Eq(value)) => self.index(value),
                ExternDesc::Value(ValueBound::Type(ty)) => self.ty(ty),
                ExternDesc::Type(TypeBound::Eq(ty)) => self.index(ty),
                ExternDesc::Type(TypeBound::Resource) => {}
            }
        }
    };
}
pub(super) use walk;
