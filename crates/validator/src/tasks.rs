//! Tasks: expressions that are checked independently of their items.
//!
//! An initializer only depends on items that come before it in the order of sections. So it can be
//! checked at any later time, like a body.

use alloc::vec::Vec;

use wattle_ast::{Body, Expr, FuncIdx, List, Path, SectionId, Span};

use crate::ty::Ty;
use crate::validator::{body_start, placed};
use crate::{Error, FuncValidator, Types};

/// An item: its section, its index in its index space, and where it lies in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) section: SectionId,
    pub(crate) index: u32,
    pub(crate) span: Option<Span>,
}

impl Default for Place {
    fn default() -> Place {
        Place { section: SectionId::Type, index: 0, span: None }
    }
}

impl Place {
    /// Adds this place to an error.
    #[cold]
    pub(crate) fn of(&self, mut error: Error) -> Error {
        let instr = error.path.instr;
        error.path = Path::item(self.section.item_kind(), self.index);
        error.path.section = Some(self.section);
        error.path.instr = instr;
        error.span = error.span.or(self.span);
        error
    }
}

/// The code of a task.
pub(crate) enum Code<'a> {
    Body(Body<'a>),
    Expr(Expr<'a>),
    Exprs(List<'a, Expr<'static>>),
}

/// The expressions of one item, to be checked.
pub(crate) struct Task<'a> {
    pub(crate) code: Code<'a>,
    pub(crate) place: Place,
    /// The type that constant expressions must have.
    pub(crate) ty: Ty,
    /// The number of globals that constant expressions may name.
    pub(crate) globals: u32,
}

impl Task<'_> {
    /// Checks the code. `types` may have more globals than the code may name.
    pub(crate) fn check(&self, types: &Types, validator: &mut FuncValidator) -> Result<(), Error> {
        let globals = types.globals.get(..self.globals as usize).unwrap_or(&types.globals);
        let mut constant = |expr: &Expr<'_>| validator.constant(types, globals, self.ty, expr);
        let checked = match &self.code {
            Code::Expr(expr) => constant(expr),
            Code::Exprs(exprs) => exprs.view().iter().try_for_each(|expr| constant(&expr)),
            Code::Body(body) => {
                let checked = validator.body(types, FuncIdx(self.place.index), body);
                return checked
                    .map_err(|error| placed(error, body_start(self.place.span, body), body));
            }
        };
        checked.map_err(|error| self.place.of(error))
    }
}

/// The list that collects tasks for later. With `None`, tasks are done at once.
pub(crate) type Later<'a> = Option<Vec<Task<'a>>>;
