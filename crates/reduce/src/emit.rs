//! Bodies with some of their code taken out or replaced.

use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{Arity, Body, Encode, Expr, Instr, LabelIdx, Local, Opcode, Remap, ValType};
use wattle_validator::OperandType;

use crate::code::{Code, Form, Tree};
use crate::plan::fingerprint;

/// The encoded `unreachable`.
const UNREACHABLE: [u8; 1] = [0x00];

/// A change to a body, by the numbers of its instructions.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Edit {
    /// The ranges of instructions that are removed.
    pub(crate) remove: Vec<Range<usize>>,
    /// The code that is inserted: encoded instructions, each with the number of the instruction
    /// that they come before.
    pub(crate) insert: Vec<(usize, Vec<u8>)>,
}

impl Edit {
    /// Removes a range of instructions, and inserts others.
    pub(crate) fn new(remove: Range<usize>, insert: Vec<(usize, Vec<u8>)>) -> Edit {
        Edit { remove: Vec::from_iter([remove]), insert }
    }

    /// Puts instructions in the place of others.
    pub(crate) fn replace<'i>(
        range: Range<usize>,
        instrs: impl IntoIterator<Item = Instr<'i>>,
    ) -> Edit {
        let mut insert = Vec::new();
        instrs.into_iter().for_each(|instr| instr.encode(&mut insert));
        Edit::new(range.clone(), [(range.start, insert)].into())
    }

    /// A fingerprint of the change: of the instructions that it removes and inserts, and of
    /// `around` instructions on either side, but not of its place in the body. `plain` holds the
    /// instructions of the body without the indices of items and locals.
    pub(crate) fn key(&self, plain: &[Instr<'_>], around: usize) -> u128 {
        let mut bytes = Vec::new();
        let start = self.remove.iter().map(|range| range.start).min().unwrap_or(0);
        let end = self.remove.iter().map(|range| range.end).max().unwrap_or(start);
        let around = start.saturating_sub(around)..plain.len().min(end + around);
        let span = plain.get(around).unwrap_or_default();
        span.iter().for_each(|instr| instr.encode(&mut bytes));
        for range in &self.remove {
            ((range.start - start) as u32, (range.end - start) as u32).encode(&mut bytes);
        }
        for (place, code) in &self.insert {
            (place.wrapping_sub(start) as u32).encode(&mut bytes);
            bytes.extend_from_slice(code);
        }
        fingerprint(&bytes)
    }

    /// The number of bytes that are inserted.
    pub(crate) fn inserted(&self) -> usize {
        self.insert.iter().map(|(_, code)| code.len()).sum()
    }

    /// Puts default values in the place of a tree.
    pub(crate) fn default(tree: &Tree) -> Edit {
        let insert = match tree.form {
            Form::Dead => UNREACHABLE.to_vec(),
            _ => stand_in(tree.missing, &tree.results),
        };
        Edit::new(tree.start..tree.end, [(tree.start, insert)].into())
    }

    /// Removes a tree whose results no instruction needs.
    pub(crate) fn without(tree: &Tree) -> Edit {
        let insert = [(tree.start, stand_in(tree.missing, &[]))].into();
        Edit::new(tree.start..tree.end, insert)
    }

    /// Removes an instruction, but keeps its operands, each of which is dropped as soon as it is
    /// computed. Default values replace the results of the instruction.
    pub(crate) fn flatten(tree: &Tree, code: &Code<'_>) -> Edit {
        let mut insert = Vec::new();
        for operand in tree.operands.iter().filter_map(|operand| code.trees.get(*operand)) {
            insert.push((operand.end, stand_in(operand.results.len(), &[])));
        }
        insert.push((tree.root, stand_in(tree.missing, &tree.results)));
        Edit::new(tree.root..tree.body_end(), insert)
    }

    /// Puts default values in the place of an instruction and its operands, but keeps the
    /// statements between them. Returns `None` if nothing stands between them.
    pub(crate) fn apart(tree: &Tree, code: &Code<'_>) -> Option<Edit> {
        let operands = tree.operands.iter().filter_map(|operand| code.trees.get(*operand));
        let mut remove: Vec<Range<usize>> = operands.map(|tree| tree.start..tree.end).collect();
        let covered: usize = remove.iter().map(|range| range.len()).sum();
        if covered == tree.root - tree.start {
            return None;
        }
        remove.push(tree.root..tree.body_end());
        let insert = [(tree.root, stand_in(tree.missing, &tree.results))].into();
        Some(Edit { remove, insert })
    }

    /// Puts one of the operands of a tree in its place.
    pub(crate) fn hoist(tree: &Tree, operand: &Tree) -> Edit {
        let remove = [tree.start..operand.start, operand.end..tree.end].into();
        Edit { remove, insert: Vec::new() }
    }

    /// Replaces a block by one of its parts: part 0 is the content up to the first `else` or
    /// `catch`.
    pub(crate) fn unwrap(tree: &Tree, code: &Code<'_>, part: usize) -> Option<Edit> {
        let parts = code.parts.get(tree.root)?;
        let begins = |part: usize| match part {
            0 => Some(tree.root + 1),
            part => parts.get(part - 1).map(|at| at + 1),
        };
        let (start, end) = (begins(part)?, *parts.get(part)?);
        let opcode = code.instrs.get(tree.root)?.opcode();
        let drop = if opcode == Opcode::If { stand_in(1, &[]) } else { Vec::new() };
        let insert = [(tree.root, drop)].into();
        Some(Edit { remove: [tree.root..start, end..tree.end].into(), insert })
    }
}

/// Code that drops operands and pushes default values, or `unreachable` if a type has no default
/// value.
pub(crate) fn stand_in(drops: usize, results: &[OperandType]) -> Vec<u8> {
    let defaults: Option<Vec<Instr<'_>>> = results.iter().map(default_of).collect();
    let mut code = Vec::new();
    match defaults {
        Some(defaults) => {
            let drops = core::iter::repeat_n(Instr::Drop, drops);
            drops.chain(defaults).for_each(|instr| instr.encode(&mut code));
        }
        None => code.extend_from_slice(&UNREACHABLE),
    }
    code
}

fn default_of<'a>(ty: &OperandType) -> Option<Instr<'a>> {
    match *ty {
        OperandType::Known(ty) => default_of_type(ty),
        OperandType::Bottom => None,
    }
}

/// The default value of a type, if it has one.
pub(crate) fn default_of_type<'a>(ty: ValType) -> Option<Instr<'a>> {
    let has_default = !matches!(ty, ValType::Ref(ty) if !ty.nullable);
    has_default.then(|| Instr::default_of(ty))
}

/// The body with changes made to it. A change around another comes before it in `edits`; code that
/// the inner one would insert into a range which the outer one removes is left out. A branch to a
/// removed block becomes `unreachable`.
///
/// `None` if a block that must stay refers to a removed block.
pub(crate) fn apply(body: &Body<'_>, edits: &[&Edit]) -> Option<Body<'static>> {
    let instrs: Vec<Instr<'_>> = body.instrs().collect::<Result<_, _>>().ok()?;
    let mut owners: Vec<Option<usize>> = alloc::vec![None; instrs.len()];
    for (number, edit) in edits.iter().enumerate() {
        for range in &edit.remove {
            for owner in owners.get_mut(range.clone())? {
                owner.get_or_insert(number);
            }
        }
    }
    let inserts = (0..).zip(edits).flat_map(|(number, edit)| {
        edit.insert.iter().map(move |(place, code)| (*place, number, code))
    });
    let mut inserts: Vec<(usize, usize, &Vec<u8>)> = inserts.collect();
    inserts.sort_unstable_by_key(|(place, number, _)| (*place, *number));
    let mut inserts = inserts.into_iter().peekable();
    let (mut code, mut buffer) = (Vec::new(), Vec::new());
    let mut labels = Labels::default();
    let mut is_unreachable = false;
    for (at, &instr) in instrs.iter().enumerate() {
        while let Some((place, number, insert)) = inserts.next_if(|(place, ..)| *place <= at) {
            // A change around this one that removes the place removes the inserted code too.
            if owners[place].is_none_or(|owner| owner >= number) {
                // One `unreachable` behind another does nothing.
                if insert[..] != UNREACHABLE || !is_unreachable {
                    code.extend_from_slice(insert);
                }
                is_unreachable = insert[..] == UNREACHABLE || (insert.is_empty() && is_unreachable);
            }
        }
        let arity = instr.opcode().info().arity;
        let is_gone = owners[at].is_some();
        if arity == Arity::Close {
            labels.gone.pop();
        }
        if !is_gone {
            is_unreachable = instr == Instr::Unreachable;
            match instr.remap(&mut labels, &mut buffer) {
                Ok(_) => code.extend_from_slice(&buffer),
                Err(()) if arity.is_structured() => return None,
                Err(()) => code.extend_from_slice(&UNREACHABLE),
            }
        }
        if arity == Arity::Open {
            let before = labels.gone.last().map_or(0, |(count, _)| *count);
            labels.gone.push((before + u32::from(is_gone), is_gone));
        }
    }
    let locals = Local::joined(body.locals());
    Some(Body::new(locals, Expr::new(code)))
}

/// The open blocks: for each, the number of removed blocks up to it, and whether it is removed
/// itself.
#[derive(Default)]
struct Labels {
    gone: Vec<(u32, bool)>,
}

impl Remap for Labels {
    type Error = ();

    fn label(&mut self, label: LabelIdx) -> Result<LabelIdx, ()> {
        let all = self.gone.last().map_or(0, |(count, _)| *count);
        let target = self.gone.len().checked_sub(label.idx().saturating_add(1));
        match target.and_then(|target| self.gone.get(target)) {
            Some((_, true)) => Err(()),
            Some((count, false)) => Ok(LabelIdx(label.0 - (all - count))),
            None => Ok(LabelIdx(label.0.saturating_sub(all))),
        }
    }
}
