//! Branch hints: the custom section that holds them, and whether annotations can stand for it.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html#branch-hints>

use alloc::vec::Vec;

use wattle_ast::custom::{BranchHint, BranchHints, FuncBranchHints};
use wattle_ast::{Body, Custom, Encode, Func, FuncIdx, Instr, Local, Module, Opcode, SectionId};

use crate::numbers;

/// The hints of a module that are written as annotations.
#[derive(Default)]
pub(crate) struct Hints {
    hints: BranchHints,
    /// The place among the custom sections of the one that the annotations stand for.
    section: Option<usize>,
}

impl Hints {
    /// The hints of a module, when parsing the annotations gives the very same section at the same
    /// place; none otherwise.
    pub(crate) fn new(module: &Module<'_>, imported_funcs: u32) -> Hints {
        let mut named =
            module.customs.iter().enumerate().filter(|(_, it)| it.name == BranchHints::NAME);
        let (Some((place, custom)), None) = (named.next(), named.next()) else {
            return Hints::default();
        };
        let defined = |func: FuncIdx| {
            let place = func.0.checked_sub(imported_funcs)?;
            module.funcs.get(place as usize)
        };
        let fits = |of: &FuncBranchHints| defined(of.func).is_some_and(|func| fit(func, &of.hints));
        let hints = custom.data.bytes().filter(|_| is_at_its_place(module, place, custom));
        match hints.and_then(read) {
            Some(hints) if hints.funcs.iter().all(fits) => Hints { hints, section: Some(place) },
            _ => Hints::default(),
        }
    }

    /// The hints of a function.
    pub(crate) fn of(&self, func: u32) -> &[BranchHint] {
        let funcs = &self.hints.funcs;
        let place = funcs.binary_search_by_key(&FuncIdx(func), |of| of.func).ok();
        place.and_then(|place| funcs.get(place)).map_or(&[], |of| &of.hints)
    }

    /// Whether annotations stand for the custom section at this place of the list.
    pub(crate) fn stand_for(&self, place: usize) -> bool {
        self.section == Some(place)
    }
}

/// Whether the section is the last one before the code section.
fn is_at_its_place(module: &Module<'_>, place: usize, custom: &Custom<'_>) -> bool {
    let behind = module.customs.iter().skip(place + 1).any(|other| other.after == custom.after);
    let before_code = |id: &SectionId| *id < SectionId::Code && module.has_section(*id);
    !behind && custom.after == SectionId::ALL.iter().copied().rfind(before_code)
}

/// What the section says, when functions are in order and writing it again gives the same bytes.
fn read(bytes: &[u8]) -> Option<BranchHints> {
    let hints = BranchHints::parse(bytes).ok()?;
    let in_order = hints.funcs.is_sorted_by(|a, b| a.func < b.func);
    (in_order && !hints.funcs.is_empty() && hints.to_bytes() == bytes).then_some(hints)
}

/// Whether each hint is on an instruction that can be annotated, and whether it will be at the same
/// offset when the body comes from text.
fn fit(func: &Func<'_>, hints: &[BranchHint]) -> bool {
    let body = &func.body;
    let mut left = hints.iter().peekable();
    let mut code = Vec::new();
    for (offset, instr) in body.instrs().with_offsets() {
        let offset = body.code_offset().saturating_add(offset);
        left.next_if(|hint| hint.offset as usize == offset && can_be_hinted(&instr));
        instr.encode(&mut code);
    }
    let none_left = left.next().is_none();
    none_left && !hints.is_empty() && code == body.code() && has_shortest_locals(body)
}

fn can_be_hinted(instr: &Instr<'_>) -> bool {
    matches!(instr.opcode(), Opcode::If | Opcode::BrIf)
}

/// Whether the locals take as many bytes as they do when they come from text, in which
/// neighbours of one type are one run.
fn has_shortest_locals(body: &Body<'_>) -> bool {
    Body::new(Local::joined(body.locals()), body.expr()).code_offset() == body.code_offset()
}

/// Appends the annotation, a space behind it.
#[cold]
pub(crate) fn annotation(out: &mut Vec<u8>, hint: BranchHint) {
    out.extend_from_slice(b"(@");
    out.extend_from_slice(BranchHints::NAME.as_bytes());
    out.extend_from_slice(b" \"\\");
    numbers::hex_byte(out, hint.likely.into());
    out.extend_from_slice(b"\") ");
}
