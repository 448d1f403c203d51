//! Types as text.

use core::fmt;

use wattle_ast::components::{CoreType, Field, FuncType, Scope, Sort, Type, ValType};
use wattle_ast::{ExternType, Name};

use super::printer::Printer;
use crate::numbers;
use crate::printer::HandOn;
use crate::types::Inner;

impl Printer<'_> {
    /// Appends a space and the type.
    pub(super) fn val_type(&mut self, ty: ValType) {
        match ty {
            ValType::Prim(prim) => {
                self.str(" ");
                self.str(prim.keyword());
            }
            ValType::Type(index) => self.reference(index),
        }
    }

    /// Appends a space and the type of an imported or exported value. A type index is in
    /// parentheses.
    pub(super) fn bound_type(&mut self, ty: ValType) {
        match ty {
            ValType::Prim(_) => self.val_type(ty),
            ValType::Type(index) => self.type_ref(index),
        }
    }

    /// Appends a space and the type. The closing parenthesis of the type of a component or instance
    /// is not written, because its declarations follow.
    pub(super) fn type_definition(&mut self, ty: &Type<'_>) {
        let Some(form) = ty.form() else {
            if let Type::Prim(prim) = ty {
                self.val_type(ValType::Prim(*prim));
            }
            return;
        };
        self.str(" (");
        self.str(form.keyword());
        match ty {
            Type::Prim(_) => {}
            Type::Component | Type::Instance => return,
            Type::Record(fields) => fields.iter().for_each(|field| self.field("field", field)),
            Type::Variant(cases) => {
                for case in cases {
                    self.form("case", |printer| {
                        printer.name(&case.label);
                        printer.opt_val_type(case.ty);
                    });
                }
            }
            Type::List(ty) | Type::Option(ty) => self.val_type(*ty),
            Type::FixedList { elem, len } => {
                self.val_type(*elem);
                numbers::spaced(&mut self.out, (*len).into());
            }
            Type::Tuple(types) => types.iter().for_each(|ty| self.val_type(*ty)),
            Type::Flags(labels) | Type::Enum(labels) => self.labels(labels),
            Type::Result { ok, err } => {
                self.opt_val_type(*ok);
                if let Some(err) = err {
                    self.form("error", |printer| printer.val_type(*err));
                }
            }
            Type::Own(resource) | Type::Borrow(resource) => self.reference(*resource),
            Type::Stream(ty) | Type::Future(ty) => self.opt_val_type(*ty),
            Type::Map { key, value } => {
                self.val_type(*key);
                self.val_type(*value);
            }
            Type::Func(ty) => self.func_type(ty),
            Type::Resource(ty) => {
                self.form("rep", |printer| {
                    printer.core_types(0, |types, out| types.val_type(out, ty.rep));
                });
                if let Some(destructor) = ty.destructor {
                    self.reference_form("dtor", destructor);
                }
            }
        }
        self.str(")");
    }

    fn opt_val_type(&mut self, ty: Option<ValType>) {
        if let Some(ty) = ty {
            self.val_type(ty);
        }
    }

    fn labels(&mut self, labels: &[Name<'_>]) {
        labels.iter().for_each(|label| self.name(label));
    }

    /// Appends ` (field "a" u8)`.
    fn field(&mut self, keyword: &str, field: &Field<'_>) {
        self.form(keyword, |printer| {
            printer.name(&field.label);
            printer.val_type(field.ty);
        });
    }

    fn func_type(&mut self, ty: &FuncType<'_>) {
        if ty.is_async {
            self.str(" async");
        }
        ty.params.iter().for_each(|param| self.field("param", param));
        self.result(ty.result.0);
    }

    /// Appends ` (result u8)`, if there is a result.
    pub(super) fn result(&mut self, ty: Option<ValType>) {
        if let Some(ty) = ty {
            self.form("result", |printer| printer.val_type(ty));
        }
    }

    /// Prints a core type, without the closing parenthesis. Returns whether it is the type of a
    /// module, whose declarations follow.
    pub(super) fn core_type(
        &mut self,
        place: usize,
        ty: &CoreType,
        hand_on: HandOn<'_>,
    ) -> Result<bool, fmt::Error> {
        let in_module_type = self.scope().is_some_and(|scope| scope.kind == Scope::ModuleType);
        self.begin(place, if in_module_type { "(" } else { "(core " });
        match ty {
            CoreType::Sub(ty) => {
                self.str("type");
                self.define(Sort::CORE_TYPE);
                self.core_types(0, |types, out| types.sub_type(out, ty, Inner::default()));
            }
            CoreType::Module => {
                self.str("type");
                self.define(Sort::CORE_TYPE);
                self.str(" (module");
                self.open_type(Scope::ModuleType);
                return Ok(true);
            }
            CoreType::Rec(group) => {
                self.str("rec");
                let first = self.scope().map_or(0, |scope| scope.len(Sort::CORE_TYPE));
                let len = group.len() as u32;
                for (index, ty) in (first..=u32::MAX).zip(group) {
                    self.line(1);
                    self.str("(type");
                    self.define_at(Sort::CORE_TYPE, index);
                    self.core_types(len, |types, out| types.sub_type(out, ty, Inner::default()));
                    self.str(")");
                    hand_on(&mut self.out)?;
                }
                self.end_of_list(group.len());
            }
        }
        Ok(false)
    }

    /// Appends ` (func (type 0))`: the type of an import or export in the type of a module.
    pub(super) fn core_extern_type(&mut self, ty: &ExternType) {
        self.core_types(0, |types, out| types.extern_type(out, ty));
    }
}
