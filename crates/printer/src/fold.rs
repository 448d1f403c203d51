//! Instructions folded.
use alloc::vec::Vec;
use wattle_ast::*;
use crate::context::Context;
use crate::ids::Ids;
use crate::labels::LabelStack;
#[derive(Default)]
pub(crate) struct Folder;
impl Folder {
    pub(crate) fn body<'m>(&mut self, _context: &Context<'m>, out: Vec<u8>, _locals: &Ids, _labels: LabelStack<'m>, _nesting: &mut Nesting, _func: &Func<'_>, _base: usize) -> Vec<u8> { out }
}
