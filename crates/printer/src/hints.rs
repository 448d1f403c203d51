//! Branch hints: the custom section that holds them, and whether annotations can stand for it.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html#branch-hints>

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{
    Body, Custom, Encode, Func, Instr, Local, Malformed, Module, Opcode, Reader, SectionId, leb128,
};

use crate::customs::last_section_before;
use crate::numbers;

/// The name of the section and of the annotation.
const NAME: &str = "metadata.code.branch_hint";

/// The hints of one function: offsets in the body, locals included, and values.
pub(crate) type FuncHints = Vec<(usize, u8)>;

/// The hints of a module that are written as annotations.
#[derive(Default)]
pub(crate) struct Hints {
    by_func: BTreeMap<u32, FuncHints>,
    /// The place among the custom sections of the one that the annotations stand for.
    section: Option<usize>,
}

impl Hints {
    /// The hints of a module, when parsing the annotations gives the very same section at the same
    /// place; none otherwise.
    pub(crate) fn new(module: &Module<'_>, imported_funcs: u32) -> Hints {
        let mut named = module.customs.iter().enumerate().filter(|(_, custom)| custom.name == NAME);
        match (named.next(), named.next()) {
            (Some((place, custom)), None) if is_at_its_place(module, place, custom) => {
                let by_func = custom.data.bytes().and_then(read).filter(|by_func| {
                    by_func.iter().all(|(func, hints)| {
                        let place = func.checked_sub(imported_funcs);
                        let func = place.and_then(|place| module.funcs.get(place as usize));
                        func.is_some_and(|func| fit(func, hints))
                    })
                });
                let section = by_func.is_some().then_some(place);
                Hints { by_func: by_func.unwrap_or_default(), section }
            }
            _ => Hints::default(),
        }
    }

    /// The hints of a function.
    pub(crate) fn of(&self, func: u32) -> &[(usize, u8)] {
        self.by_func.get(&func).map_or(&[], Vec::as_slice)
    }

    /// Whether annotations stand for the custom section at this place of the list.
    pub(crate) fn stand_for(&self, place: usize) -> bool {
        self.section == Some(place)
    }
}

/// Whether the section is the last one before the code section.
fn is_at_its_place(module: &Module<'_>, place: usize, custom: &Custom<'_>) -> bool {
    let behind = module.customs.iter().skip(place + 1).any(|other| other.after == custom.after);
    !behind && custom.after == last_section_before(module, SectionId::Code)
}

/// What the section says, when writing that again gives the same bytes.
fn read(bytes: &[u8]) -> Option<BTreeMap<u32, FuncHints>> {
    let by_func = entries(&mut Reader::new(bytes)).ok()?;
    let mut again = Vec::new();
    leb128::write_u32(&mut again, by_func.len() as u32);
    for (func, hints) in &by_func {
        leb128::write_u32(&mut again, *func);
        leb128::write_u32(&mut again, hints.len() as u32);
        for (offset, value) in hints {
            leb128::write_u64(&mut again, *offset as u64);
            again.extend([1, *value]);
        }
    }
    (!by_func.is_empty() && again == bytes).then_some(by_func)
}

fn entries(reader: &mut Reader<'_>) -> Result<BTreeMap<u32, FuncHints>, Malformed> {
    let mut by_func = BTreeMap::new();
    for _ in 0..reader.u32()? {
        let func = reader.u32()?;
        let mut hints = Vec::new();
        for _ in 0..reader.u32()? {
            let offset = reader.u32()? as usize;
            // The size of the value. Any but 1 is not what is written again.
            reader.u32()?;
            hints.push((offset, reader.byte()?));
        }
        by_func.insert(func, hints);
    }
    Ok(by_func)
}

/// Whether each hint is on an instruction that can be annotated, and whether it will be at the same
/// offset when the body comes from text.
fn fit(func: &Func<'_>, hints: &[(usize, u8)]) -> bool {
    let body = &func.body;
    let mut offsets = hints.iter().peekable();
    let mut code = Vec::new();
    for (offset, instr) in body.instrs().with_offsets() {
        let offset = body.code_offset().saturating_add(offset);
        if offsets
            .next_if(|hint| hint.0 == offset && can_be_hinted(&instr))
            .is_some_and(|hint| hint.1 > 1)
        {
            return false;
        }
        instr.encode(&mut code);
    }
    let none_left = offsets.next().is_none();
    none_left && !hints.is_empty() && code == body.code() && has_shortest_locals(body)
}

fn can_be_hinted(instr: &Instr<'_>) -> bool {
    matches!(instr.opcode(), Opcode::If | Opcode::BrIf)
}

/// Whether the locals take as many bytes as they do when they come from text, in which
/// neighbours of one type are one run.
fn has_shortest_locals(body: &Body<'_>) -> bool {
    let mut runs: Vec<Local> = Vec::new();
    for local in body.locals().filter(|local| local.count > 0) {
        match runs.last_mut() {
            Some(run) if run.ty == local.ty => run.count = run.count.saturating_add(local.count),
            _ => runs.push(local),
        }
    }
    Body::new(runs, body.expr()).code_offset() == body.code_offset()
}

/// Appends the annotation, a space behind it.
#[cold]
pub(crate) fn annotation(out: &mut Vec<u8>, value: u8) {
    out.extend_from_slice(b"(@");
    out.extend_from_slice(NAME.as_bytes());
    out.extend_from_slice(b" \"\\");
    numbers::hex_byte(out, value);
    out.extend_from_slice(b"\") ");
}
