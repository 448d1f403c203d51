//! The generator's state: what the module has so far, and the body being made.

use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, Encode, FuncType, Module, Opcode, OpcodeInfo, SubType, ValType, leb128,
};

use crate::Config;
use crate::choice::OpcodeSet;
use crate::entropy::Entropy;
use crate::ty::Ty;
use wattle_ast::{Class, Features};

/// A run of types in [`Gen::list`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Run {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Run {
    /// The run of one number or vector type: those stand at the start of the list.
    pub(crate) fn one(ty: Ty) -> Option<Run> {
        (!ty.is_ref() && !ty.is_mutable() && ty.top() <= Ty::V128.top())
            .then(|| Run { start: ty.top() as u32, len: 1 })
    }

    pub(crate) fn range(self) -> core::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// What a defined type is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Structure {
    Func,
    Struct,
    Array,
}

/// A defined type. Equal types of different indices count as unrelated, which is always safe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeDef {
    pub(crate) structure: Structure,
    /// Parameters, or fields.
    pub(crate) params: Run,
    pub(crate) results: Run,
    pub(crate) supertype: Option<u32>,
    pub(crate) is_final: bool,
    pub(crate) depth: u8,
    /// How many instructions it takes to make a value, roughly.
    pub(crate) cost: u16,
    /// Whether something relies on a function of this type.
    pub(crate) needed: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TableInfo {
    pub(crate) elem: Ty,
    pub(crate) addr: Ty,
    /// Whether it holds the functions in pairs, for indirect calls, and nothing writes to it.
    pub(crate) dispatch: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct MemInfo {
    pub(crate) addr: Ty,
    pub(crate) shared: bool,
    pub(crate) page_bits: u8,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// Of elements; of data it has no meaning.
    pub(crate) ty: Ty,
    pub(crate) len: u32,
    /// Whether it may be empty at any time: it was active, or may be dropped.
    pub(crate) fleeting: bool,
}

/// What opened a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BlockKind {
    Func,
    Block,
    Loop,
    If,
    Else,
    TryTable,
    /// A legacy `try` that will have so many more clauses, the last of them `catch_all`.
    Try {
        catches: u8,
    },
    /// A legacy `try` that a `delegate` will end.
    TryDelegate {
        label: u32,
    },
    Catch {
        catches: u8,
    },
    CatchAll,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: BlockKind,
    pub(crate) params: Run,
    pub(crate) results: Run,
    /// How many operands lie below the block's own.
    pub(crate) height: u32,
    /// How many locals had been set before.
    pub(crate) sets: u32,
    /// How many more steps it may have.
    pub(crate) budget: u16,
    /// Whether the end cannot be reached.
    pub(crate) dead: bool,
    /// Whether an exception that is thrown here stays within the function.
    pub(crate) protected: bool,
}

/// The generator of one module.
pub(crate) struct Gen<'c, 'a> {
    pub(crate) config: &'c Config,
    pub(crate) entropy: Entropy<'a>,
    pub(crate) features: Features,
    pub(crate) allowed: OpcodeSet,
    pub(crate) module: Module<'static>,

    /// Types of parameters, results, fields and blocks, one after the other.
    pub(crate) list: Vec<Ty>,
    pub(crate) types: Vec<TypeDef>,
    /// The type of each function, imported ones first.
    pub(crate) funcs: Vec<u32>,
    pub(crate) imported_funcs: u32,
    pub(crate) tables: Vec<TableInfo>,
    pub(crate) memories: Vec<MemInfo>,
    pub(crate) globals: Vec<Ty>,
    pub(crate) imported_globals: u32,
    pub(crate) tags: Vec<u32>,
    pub(crate) elems: Vec<Segment>,
    pub(crate) datas: Vec<Segment>,
    pub(crate) fuel: Option<u32>,
    /// Which class each of 64 choices stands for.
    pub(crate) slots: [Class; 64],
    /// Whether an instruction names a data segment.
    pub(crate) uses_data: bool,
    /// Functions that `ref.func` names.
    pub(crate) referenced: Vec<u32>,

    pub(crate) code: Vec<u8>,
    pub(crate) stack: Vec<Ty>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) locals: Vec<Ty>,
    pub(crate) params: u32,
    /// Locals that need a value and have one, in the order in which they got it.
    pub(crate) sets: Vec<u32>,
    /// How far operands are being made of operands.
    pub(crate) depth: u32,
    /// How many operands belong to an instruction whose other operands are being made.
    pub(crate) floor: usize,
    /// Whether a constant expression is being made.
    pub(crate) constant: bool,
}

/// The opcode and its encoded form.
#[inline(always)]
pub(crate) fn write_opcode(code: &mut Vec<u8>, info: &OpcodeInfo) {
    if info.prefix == 0 {
        code.push(info.code as u8);
    } else {
        code.push(info.prefix);
        leb128::write_u32(code, info.code);
    }
}

impl Gen<'_, '_> {
    #[inline(always)]
    pub(crate) fn has(&self, feature: Features) -> bool {
        self.features.contains_all(feature)
    }

    #[inline(always)]
    pub(crate) fn op(&mut self, opcode: Opcode) {
        write_opcode(&mut self.code, opcode.info());
    }

    /// An instruction with an index.
    #[inline(always)]
    pub(crate) fn op_index(&mut self, opcode: Opcode, index: u32) {
        self.op(opcode);
        self.index(index);
    }

    #[inline(always)]
    pub(crate) fn index(&mut self, index: u32) {
        leb128::write_u32(&mut self.code, index);
    }

    pub(crate) fn i32_const(&mut self, value: i32) {
        self.op(Opcode::I32Const);
        leb128::write_s64(&mut self.code, value.into());
    }

    /// A constant of an address type.
    pub(crate) fn address_const(&mut self, addr: Ty, value: i64) {
        self.op(if addr == Ty::I64 { Opcode::I64Const } else { Opcode::I32Const });
        leb128::write_s64(&mut self.code, value);
    }

    /// An opcode of an address type.
    pub(crate) fn address_op(&mut self, addr: Ty, narrow: Opcode, wide: Opcode) {
        self.op(if addr == Ty::I64 { wide } else { narrow });
    }

    pub(crate) fn heap_type(&mut self, ty: Ty) {
        ty.heap_type().encode(&mut self.code);
    }

    #[inline(always)]
    pub(crate) fn at(&self, run: Run, place: u32) -> Ty {
        self.list.get((run.start + place) as usize).copied().unwrap_or(Ty::I32)
    }

    pub(crate) fn run(&self, run: Run) -> &[Ty] {
        self.list.get(run.range()).unwrap_or_default()
    }

    pub(crate) fn add_run(&mut self, types: &[Ty]) -> Run {
        if let [ty] = types
            && let Some(run) = Run::one(*ty)
        {
            return run;
        }
        let start = self.list.len() as u32;
        self.list.extend_from_slice(types);
        Run { start, len: types.len() as u32 }
    }

    pub(crate) fn def(&self, index: u32) -> Option<TypeDef> {
        self.types.get(index as usize).copied()
    }

    pub(crate) fn is_structure(&self, index: u32, structure: Structure) -> bool {
        self.types.get(index as usize).is_some_and(|def| def.structure == structure)
    }

    /// Parameters and results of a function type.
    #[inline(always)]
    pub(crate) fn signature(&self, index: u32) -> (Run, Run) {
        self.types
            .get(index as usize)
            .map_or((Run::default(), Run::default()), |def| (def.params, def.results))
    }

    /// A defined type of this structure, starting the search at a random place.
    pub(crate) fn some_type(&mut self, structure: Structure) -> Option<u32> {
        let count = self.types.len();
        let start = self.entropy.below(count);
        (start..count)
            .chain(0..start)
            .map(|index| index as u32)
            .find(|&index| self.is_structure(index, structure))
    }

    /// A function of exactly this type.
    pub(crate) fn func_of(&mut self, ty: u32) -> Option<u32> {
        let count = self.funcs.len();
        let start = self.entropy.below(count);
        (start..count)
            .chain(0..start)
            .find(|&index| self.funcs.get(index) == Some(&ty))
            .map(|index| index as u32)
    }

    fn is_subtype(&self, sub: u32, sup: u32) -> bool {
        let mut at = Some(sub);
        while let Some(index) = at {
            if index == sup {
                return true;
            }
            at = self.def(index).and_then(|def| def.supertype);
        }
        false
    }

    /// Whether one type matches another. Spec:
    /// <https://webassembly.github.io/spec/core/valid/matching.html#value-types>
    #[inline(always)]
    pub(crate) fn matches(&self, sub: Ty, sup: Ty) -> bool {
        sub == sup || (sub.is_ref() && sup.is_ref() && self.refs_match(sub, sup))
    }

    #[inline(never)]
    fn refs_match(&self, sub: Ty, sup: Ty) -> bool {
        if sub.is_nullable() && !sup.is_nullable() {
            return false;
        }
        let heap = |index| match self.def(index).map(|def| def.structure) {
            Some(Structure::Struct) => AbsHeapType::Struct,
            Some(Structure::Array) => AbsHeapType::Array,
            _ => AbsHeapType::Func,
        };
        match (sub.index(), sup.index()) {
            (Some(a), Some(b)) => self.is_subtype(a, b),
            (Some(a), None) => sup.heap().is_some_and(|sup| heap(a).is_subtype_of(sup)),
            (None, Some(b)) => sub.heap() == Some(heap(b).bottom()),
            (None, None) => match (sub.heap(), sup.heap()) {
                (Some(a), Some(b)) => a.is_subtype_of(b),
                _ => false,
            },
        }
    }

    /// The nullable top of the hierarchy of a reference.
    pub(crate) fn top_of(&self, ty: Ty) -> Ty {
        let heap = match ty.index() {
            Some(index) if self.is_structure(index, Structure::Func) => AbsHeapType::Func,
            Some(_) => AbsHeapType::Any,
            None => ty.heap().unwrap_or(AbsHeapType::Any),
        };
        Ty::abs(heap.top(), true)
    }

    pub(crate) fn all_match(&self, sub: Run, sup: Run) -> bool {
        sub.len == sup.len
            && (0..sub.len).all(|place| self.matches(self.at(sub, place), self.at(sup, place)))
    }

    /// The function type from these to these, added unless it is there.
    pub(crate) fn func_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let (params, results): (Vec<Ty>, Vec<Ty>) = (
            params.iter().map(|&ty| Ty::of(ty)).collect(),
            results.iter().map(|&ty| Ty::of(ty)).collect(),
        );
        self.func_type_of(&params, &results)
    }

    pub(crate) fn func_type_of(&mut self, params: &[Ty], results: &[Ty]) -> u32 {
        let same = |def: &TypeDef| {
            def.structure == Structure::Func
                && def.supertype.is_none()
                && def.is_final
                && self.run(def.params) == params
                && self.run(def.results) == results
        };
        if let Some(index) = self.types.iter().position(same) {
            return index as u32;
        }
        let (params, results) = (self.add_run(params), self.add_run(results));
        self.add_func_type(params, results)
    }

    pub(crate) fn add_func_type(&mut self, params: Run, results: Run) -> u32 {
        self.types.push(TypeDef {
            structure: Structure::Func,
            params,
            results,
            supertype: None,
            is_final: true,
            depth: 0,
            cost: 1,
            needed: false,
        });
        let types = |run| self.run(run).iter().map(|ty: &Ty| ty.val_type());
        let ty = FuncType::new(types(params), types(results));
        self.module.types.push(SubType::from(ty));
        self.types.len() as u32 - 1
    }
}
