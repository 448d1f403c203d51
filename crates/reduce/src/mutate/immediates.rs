//! Mutations of single instructions: other immediates, or another instruction of the same type.

use alloc::vec::Vec;

use wattle_ast::{
    ArrayLen, BrCast, CallIndirect, Catch, DataIdx, ElemIdx, F32, F64, FieldIdx, FuncIdx,
    GlobalIdx, HeapType, ImmediateEdit, Instr, LabelIdx, LaneIdx, ListView, LocalIdx, MemArg,
    MemIdx, Module, Opcode, RefType, RefTypeNonNull, RefTypeNull, Shuffle, TableIdx, TagIdx,
    TypeIdx, V128,
};
use wattle_ast::{Encode, Reader};

use super::code::Chosen;
use super::random::Random;
use crate::emit::Edit;

/// Replaces an instruction by another one for which the table of instructions has the same type and
/// the same kinds of immediates.
pub(super) fn change_opcode(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let instrs = chosen.code.instrs.iter().enumerate();
    let fits = |opcode: Opcode| !opcode.info().arity.is_structured();
    let places: Vec<usize> =
        instrs.filter(|(_, instr)| fits(instr.opcode())).map(|(at, _)| at).collect();
    let at = *random.of(&places)?;
    let instr = chosen.code.instrs[at];
    let opcode = instr.opcode();
    let info = opcode.info();
    let others = Opcode::ALL.iter().copied().filter(|other| {
        let other_info = other.info();
        *other != opcode
            && (other_info.arrow, other_info.arity) == (info.arrow, info.arity)
            && other_info.kinds == info.kinds
            && chosen.features.contains(other_info.feature)
    });
    let others: Vec<Opcode> = others.collect();
    let other = *random.of(&others)?;
    // The alignment of a memory access may not exceed its natural alignment.
    let mut buffer = Vec::new();
    let instr = instr.edit(&mut Aligned(other.natural_align() as u8), &mut buffer);
    let mut immediates = Vec::new();
    instr.encode(&mut immediates);
    let len = encoded_len(opcode);
    let mut code = Vec::new();
    other.encode(&mut code);
    code.extend_from_slice(immediates.get(len..)?);
    Reader::new(&code).read::<Instr<'_>>().ok()?;
    chosen.edited(&Edit::new(at..at + 1, [(at, code)].into()))
}

fn encoded_len(opcode: Opcode) -> usize {
    let mut code = Vec::new();
    opcode.encode(&mut code);
    code.len()
}

/// Lowers alignments to a bound.
struct Aligned(u8);

impl<'a> ImmediateEdit<'a> for Aligned {
    fn memarg(&mut self, value: MemArg) -> MemArg {
        MemArg { align: value.align.min(self.0), ..value }
    }
}

/// Changes the immediates of an instruction.
pub(super) fn change_immediates(
    chosen: &Chosen<'_>,
    random: &mut Random,
) -> Option<Module<'static>> {
    let instrs = chosen.code.instrs.iter().enumerate();
    let has_immediates = |instr: &Instr<'_>| !instr.opcode().info().kinds.is_empty();
    let places: Vec<usize> =
        instrs.filter(|(_, instr)| has_immediates(instr)).map(|(at, _)| at).collect();
    let at = *random.of(&places)?;
    let mut buffer = Vec::new();
    let mut other = Other { module: chosen.module, random };
    let instr = chosen.code.instrs[at].edit(&mut other, &mut buffer);
    chosen.edited(&Edit::replace(at..at + 1, [instr]))
}

/// Removes, adds or swaps clauses of a `try_table`.
pub(super) fn change_catches(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let instrs = chosen.code.instrs.iter().enumerate();
    let tables = instrs.filter(|(_, instr)| matches!(instr, Instr::TryTable { .. }));
    let places: Vec<usize> = tables.map(|(at, _)| at).collect();
    let at = *random.of(&places)?;
    let Instr::TryTable { block_type, catches } = chosen.code.instrs[at] else { return None };
    let mut clauses: Vec<Catch> = catches.iter().collect();
    let place = random.below(clauses.len());
    match random.below(3) {
        0 if !clauses.is_empty() => drop(clauses.remove(place)),
        1 if !clauses.is_empty() => clauses.swap(0, place),
        _ => clauses.insert(place, Catch::All(LabelIdx(random.below(4) as u32))),
    }
    let mut list = Vec::new();
    let catches = ListView::encode_in(&mut list, clauses.into_iter());
    chosen.edited(&Edit::replace(at..at + 1, [Instr::TryTable { block_type, catches }]))
}

/// Chooses other immediates. The validator refuses mutants with immediates that do not fit.
struct Other<'m, 'r> {
    module: &'m Module<'static>,
    random: &'r mut Random,
}

impl Other<'_, '_> {
    /// A neighbour of an index, or any index below `count`.
    fn index(&mut self, index: u32, count: usize) -> u32 {
        match self.random.below(4) {
            0 => index.wrapping_add(1),
            1 => index.saturating_sub(1),
            _ => self.random.below(count) as u32,
        }
    }

    fn heap(&mut self, heap: HeapType) -> HeapType {
        match (heap, self.random.below(3)) {
            (HeapType::Abs(heap), 0) => HeapType::Abs(heap.top()),
            (HeapType::Abs(heap), _) => HeapType::Abs(heap.bottom()),
            (HeapType::Type(ty) | HeapType::Exact(ty), 0) => {
                let comp = self.module.comp_type(ty).map(|comp| comp.abs_heap_type());
                comp.map_or(heap, HeapType::Abs)
            }
            (HeapType::Type(ty) | HeapType::Exact(ty), _) => HeapType::Type(self.ty(ty)),
        }
    }
}

macro_rules! indices {
    ($( $method:ident $index:ident $count:expr; )*) => { $(
        fn $method(&mut self, value: $index) -> $index {
            let count: fn(&Module<'static>) -> usize = $count;
            let count = count(self.module);
            $index(self.index(value.0, count))
        }
    )* };
}

impl<'a> ImmediateEdit<'a> for Other<'_, '_> {
    indices! {
        label LabelIdx |_| 4;
        func FuncIdx |module| module.imports.len() + module.funcs.len();
        ty TypeIdx |module| module.types.len();
        table TableIdx |module| module.imports.len() + module.tables.len();
        memory MemIdx |module| module.imports.len() + module.memories.len();
        global GlobalIdx |module| module.imports.len() + module.globals.len();
        local LocalIdx |_| 16;
        tag TagIdx |module| module.imports.len() + module.tags.len();
        elem ElemIdx |module| module.elems.len();
        data DataIdx |module| module.datas.len();
        field FieldIdx |_| 8;
    }

    fn array_len(&mut self, value: ArrayLen) -> ArrayLen {
        ArrayLen(self.index(value.0, 8))
    }

    fn call_indirect(&mut self, value: CallIndirect) -> CallIndirect {
        CallIndirect { table: self.table(value.table), ..value }
    }

    fn memarg(&mut self, value: MemArg) -> MemArg {
        match self.random.below(3) {
            0 => MemArg { align: self.random.below(value.align.into()) as u8, ..value },
            1 => MemArg { memory: self.memory(value.memory), ..value },
            _ => MemArg { offset: self.random.number() as u32 as u64, ..value },
        }
    }

    fn lane(&mut self, value: LaneIdx) -> LaneIdx {
        LaneIdx(self.index(value.0.into(), 16) as u8)
    }

    fn shuffle(&mut self, mut value: Shuffle) -> Shuffle {
        value.0[self.random.below(16)] = self.random.below(32) as u8;
        value
    }

    fn i32(&mut self, _: i32) -> i32 {
        self.random.number() as i32
    }

    fn i64(&mut self, _: i64) -> i64 {
        self.random.number()
    }

    fn f32(&mut self, _: F32) -> F32 {
        let special = [0.0, -0.0, 1.0, -1.5, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE, f32::MAX];
        F32(special[self.random.below(special.len())].to_bits())
    }

    fn f64(&mut self, _: F64) -> F64 {
        let special = [0.0, -0.0, 1.0, -1.5, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE, f64::MAX];
        F64(special[self.random.below(special.len())].to_bits())
    }

    fn v128(&mut self, mut value: V128) -> V128 {
        let at = self.random.below(16);
        value.0[at] = self.random.bits() as u8;
        value
    }

    fn heap_type(&mut self, value: HeapType) -> HeapType {
        self.heap(value)
    }

    fn ref_type_non_null(&mut self, value: RefTypeNonNull) -> RefTypeNonNull {
        RefTypeNonNull(self.heap(value.0))
    }

    fn ref_type_null(&mut self, value: RefTypeNull) -> RefTypeNull {
        RefTypeNull(self.heap(value.0))
    }

    fn br_cast(&mut self, value: BrCast) -> BrCast {
        let to = RefType { heap: self.heap(value.to.heap), ..value.to };
        BrCast { to, ..value }
    }
}
