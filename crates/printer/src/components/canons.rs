//! Canonical definitions as text: the sink that writes their immediates.

use wattle_ast::components::{
    Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSink, ContextSlot, CoreSort, ResultList,
    Shared,
};
use wattle_ast::{ComponentFuncIdx, ComponentTypeIdx, FuncIdx, MemIdx, TableIdx, TypeIdx};

use super::printer::Printer;
use crate::numbers;

impl<'c> Printer<'c> {
    /// Prints a canonical definition, without the closing parenthesis.
    pub(super) fn canon(&mut self, place: usize, canon: &Canon) {
        self.begin(place, "(canon ");
        let mut text = Immediates { printer: self, op: canon.op(), lifted: None };
        canon.write_to(&mut text);
        let lifted = text.lifted;
        let sort = canon.op().sort();
        self.sort(sort);
        self.define(sort);
        if let Some(ty) = lifted {
            self.type_ref(ty);
        }
        self.str(")");
    }

    /// Appends a space and an option.
    fn canon_opt(&mut self, opt: &CanonOpt) {
        match opt.index() {
            None => {
                self.str(" ");
                self.str(opt.keyword());
            }
            Some(index) => self.reference_form(opt.keyword(), index),
        }
    }
}

/// A sink that writes the immediates of one canonical definition.
struct Immediates<'p, 'c> {
    printer: &'p mut Printer<'c>,
    op: CanonOp,
    /// The type of a lifted function, which is printed after all other immediates.
    lifted: Option<ComponentTypeIdx>,
}

impl CanonSink for Immediates<'_, '_> {
    fn op(&mut self, op: CanonOp) {
        self.printer.str(op.keyword());
    }

    fn core_func(&mut self, func: &FuncIdx) {
        self.printer.item((*func).into());
    }

    fn func(&mut self, func: &ComponentFuncIdx) {
        self.printer.item((*func).into());
    }

    fn ty(&mut self, ty: &ComponentTypeIdx) {
        match self.op {
            CanonOp::Lift => self.lifted = Some(*ty),
            _ => self.printer.reference(*ty),
        }
    }

    fn core_type(&mut self, ty: &TypeIdx) {
        self.printer.reference(*ty);
    }

    fn table(&mut self, table: &TableIdx) {
        self.printer.reference(*table);
    }

    fn memory(&mut self, memory: &MemIdx) {
        self.printer.reference_form(CoreSort::Memory.keyword(), *memory);
    }

    fn results(&mut self, results: &ResultList) {
        self.printer.result(results.0);
    }

    fn context_slot(&mut self, slot: &ContextSlot) {
        self.printer.core_types(0, |types, out| {
            types.val_type(out, slot.ty);
            numbers::spaced(out, slot.slot.into());
        });
    }

    fn is_async(&mut self, is_async: &Async) {
        if is_async.0 {
            self.printer.str(" async");
        }
    }

    fn is_shared(&mut self, is_shared: &Shared) {
        if is_shared.0 {
            self.printer.str(" shared");
        }
    }

    fn opts(&mut self, opts: &CanonOpts) {
        opts.iter().for_each(|opt| self.printer.canon_opt(opt));
    }
}
