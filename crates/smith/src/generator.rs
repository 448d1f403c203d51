//! The generator's state: the module so far, and the body that is being made.
//!
//! The rules stand in the other files; the lookups and the encoding that they share stand here.

use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, ArrayType, Class, CompType, Encode, ExternKind, Features, FuncType, MemType,
    Module, Opcode, StructType, SubType, TypeIdx, ValType, leb128,
};

use crate::Config;
use crate::choice::OpcodeSet;
use crate::entropy::Entropy;
use crate::ty::Ty;

/// Consecutive types in [`Generator::type_pool`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct TypeRun {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl TypeRun {
    /// The run of a single number or vector type: those stand at the start of the pool.
    pub(crate) fn one(ty: Ty) -> Option<TypeRun> {
        let class = ty.operand_class();
        (!ty.is_ref() && !ty.is_mutable() && class <= Ty::V128.operand_class())
            .then_some(TypeRun { start: class as u32, len: 1 })
    }

    pub(crate) fn range(self) -> core::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// The kind of a composite type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum CompKind {
    #[default]
    Func,
    Struct,
    Array,
}

/// A defined type. Types that are equal but have different indices count as unrelated: so some
/// valid modules are never made, but no invalid module is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TypeDef {
    pub(crate) kind: CompKind,
    /// The parameters of a function, the fields of a struct, or the element of an array.
    pub(crate) params: TypeRun,
    pub(crate) results: TypeRun,
    pub(crate) supertype: Option<u32>,
    pub(crate) is_final: bool,
    /// The number of supertypes above it.
    pub(crate) depth: u8,
    /// The approximate number of instructions that make a value.
    pub(crate) cost: u16,
    /// Whether the module relies on a function of this type.
    pub(crate) needed: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TableInfo {
    pub(crate) elem: Ty,
    pub(crate) addr: Ty,
    /// Whether it is the table for indirect calls: it holds each function twice, and nothing
    /// writes to it.
    pub(crate) dispatch: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// The type of the elements; without a meaning for a data segment.
    pub(crate) ty: Ty,
    pub(crate) len: u32,
    /// Whether it may be empty when it is used, because it is active or may be dropped.
    pub(crate) may_be_dropped: bool,
}

/// The instruction that opened a block, or the part of the block that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BlockKind {
    Func,
    Block,
    Loop,
    If,
    Else,
    TryTable,
    /// A legacy `try` that gets up to `catches` clauses and then a `catch_all`.
    Try {
        catches: u8,
    },
    /// A legacy `try` that ends in a `delegate` to `label`.
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
    pub(crate) params: TypeRun,
    pub(crate) results: TypeRun,
    /// The number of operands below the block's own.
    pub(crate) height: u32,
    /// The length of [`Generator::sets`] when the block began.
    pub(crate) sets: u32,
    /// The number of steps that it may still take.
    pub(crate) budget: u16,
    /// Whether its end is unreachable.
    pub(crate) dead: bool,
    /// Whether an exception that is thrown here is caught within the function.
    pub(crate) protected: bool,
}

/// The generator of one module.
pub(crate) struct Generator<'c, 'a> {
    pub(crate) config: &'c Config,
    pub(crate) entropy: Entropy<'a>,
    pub(crate) features: Features,
    pub(crate) allowed: OpcodeSet,
    pub(crate) module: Module<'static>,

    /// Types of parameters, results, fields and blocks, one after the other. [`TypeRun`]s point
    /// into it.
    pub(crate) type_pool: Vec<Ty>,
    pub(crate) types: Vec<TypeDef>,
    /// The type of each function, imported ones first.
    pub(crate) funcs: Vec<u32>,
    pub(crate) imported_funcs: u32,
    pub(crate) tables: Vec<TableInfo>,
    pub(crate) memories: Vec<MemType>,
    pub(crate) globals: Vec<Ty>,
    pub(crate) imported_globals: u32,
    pub(crate) tags: Vec<u32>,
    pub(crate) elems: Vec<Segment>,
    pub(crate) datas: Vec<Segment>,
    /// The global that bounds the time that code runs.
    pub(crate) fuel: Option<u32>,
    /// The class that each of 64 choices stands for.
    pub(crate) slots: [Class; 64],
    /// Functions that `ref.func` names.
    pub(crate) referenced: Vec<u32>,

    pub(crate) code: Vec<u8>,
    pub(crate) stack: Vec<Ty>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) locals: Vec<Ty>,
    pub(crate) params: u32,
    /// Locals without a default that have a value now, in the order in which they were set.
    pub(crate) sets: Vec<u32>,
    /// The nesting depth of the making of operands.
    pub(crate) depth: u32,
    /// The number of operands at the bottom of the stack that are taken: they wait for an
    /// instruction whose other operands are being made.
    pub(crate) floor: usize,
    /// Whether a constant expression is being made.
    pub(crate) constant: bool,
}

impl<'c, 'a> Generator<'c, 'a> {
    /// A generator of an empty module.
    pub(crate) fn new(
        config: &'c Config,
        entropy: Entropy<'a>,
        features: Features,
        allowed: OpcodeSet,
    ) -> Generator<'c, 'a> {
        Generator {
            config,
            entropy,
            features,
            allowed,
            module: Module::default(),
            type_pool: Vec::with_capacity(64),
            types: Vec::with_capacity(16),
            funcs: Vec::new(),
            imported_funcs: 0,
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            imported_globals: 0,
            tags: Vec::new(),
            elems: Vec::new(),
            datas: Vec::new(),
            fuel: None,
            slots: [Class::Numeric; 64],
            referenced: Vec::new(),
            code: Vec::with_capacity(1024),
            stack: Vec::with_capacity(32),
            frames: Vec::with_capacity(16),
            locals: Vec::with_capacity(16),
            params: 0,
            sets: Vec::new(),
            depth: 0,
            floor: 0,
            constant: false,
        }
    }
}

impl Generator<'_, '_> {
    #[inline(always)]
    pub(crate) fn has(&self, feature: Features) -> bool {
        self.features.contains_all(feature)
    }

    #[inline(always)]
    pub(crate) fn op(&mut self, opcode: Opcode) {
        opcode.encode(&mut self.code);
    }

    /// Writes an instruction whose immediate is an index.
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

    /// Writes a constant of an address type.
    pub(crate) fn address_const(&mut self, addr: Ty, value: i64) {
        self.op(if addr == Ty::I64 { Opcode::I64Const } else { Opcode::I32Const });
        leb128::write_s64(&mut self.code, value);
    }

    /// Writes one of two opcodes, depending on the address type.
    pub(crate) fn address_op(&mut self, addr: Ty, for_i32: Opcode, for_i64: Opcode) {
        self.op(if addr == Ty::I64 { for_i64 } else { for_i32 });
    }

    pub(crate) fn heap_type(&mut self, ty: Ty) {
        ty.heap_type().encode(&mut self.code);
    }

    /// The number of definitions of a kind so far, imports included.
    pub(crate) fn count(&self, kind: ExternKind) -> u32 {
        let count = match kind {
            ExternKind::Func => self.funcs.len(),
            ExternKind::Table => self.tables.len(),
            ExternKind::Mem => self.memories.len(),
            ExternKind::Global => self.globals.len(),
            ExternKind::Tag => self.tags.len(),
        };
        count as u32
    }

    #[inline(always)]
    pub(crate) fn type_at(&self, run: TypeRun, index: u32) -> Ty {
        self.type_pool.get((run.start + index) as usize).copied().unwrap_or(Ty::I32)
    }

    pub(crate) fn types_of(&self, run: TypeRun) -> &[Ty] {
        self.type_pool.get(run.range()).unwrap_or_default()
    }

    pub(crate) fn add_run(&mut self, types: &[Ty]) -> TypeRun {
        let start = self.type_pool.len();
        self.type_pool.extend_from_slice(types);
        self.run_from(start)
    }

    /// The run of the types in the pool from `start` on, which were added last.
    pub(crate) fn run_from(&mut self, start: usize) -> TypeRun {
        if let Some([ty]) = self.type_pool.get(start..)
            && let Some(run) = TypeRun::one(*ty)
        {
            self.type_pool.truncate(start);
            return run;
        }
        TypeRun { start: start as u32, len: (self.type_pool.len() - start) as u32 }
    }

    pub(crate) fn def(&self, index: u32) -> Option<TypeDef> {
        self.types.get(index as usize).copied()
    }

    pub(crate) fn is_comp(&self, index: u32, kind: CompKind) -> bool {
        self.types.get(index as usize).is_some_and(|def| def.kind == kind)
    }

    /// Parameters and results of a function type.
    #[inline(always)]
    pub(crate) fn signature(&self, index: u32) -> (TypeRun, TypeRun) {
        self.types
            .get(index as usize)
            .map_or((TypeRun::default(), TypeRun::default()), |def| (def.params, def.results))
    }

    /// The types of the values that an exception of a tag carries.
    pub(crate) fn tag_params(&self, tag: u32) -> TypeRun {
        self.signature(self.tags.get(tag as usize).copied().unwrap_or(0)).0
    }

    /// A random defined type of a kind.
    pub(crate) fn some_type(&mut self, kind: CompKind) -> Option<u32> {
        self.entropy.rotation(self.types.len()).find(|&index| self.is_comp(index, kind))
    }

    /// A random function of exactly this type.
    pub(crate) fn func_of(&mut self, ty: u32) -> Option<u32> {
        let mut order = self.entropy.rotation(self.funcs.len());
        order.find(|&func| self.funcs.get(func as usize) == Some(&ty))
    }

    fn is_subtype(&self, sub: u32, sup: u32) -> bool {
        let mut next = Some(sub);
        while let Some(index) = next {
            if index == sup {
                return true;
            }
            next = self.def(index).and_then(|def| def.supertype);
        }
        false
    }

    /// The abstract heap type right above a defined type.
    fn abs_heap_type(&self, index: u32) -> AbsHeapType {
        match self.def(index).map(|def| def.kind) {
            Some(CompKind::Struct) => AbsHeapType::Struct,
            Some(CompKind::Array) => AbsHeapType::Array,
            _ => AbsHeapType::Func,
        }
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
        match (sub.index(), sup.index()) {
            (Some(a), Some(b)) => self.is_subtype(a, b),
            (Some(a), None) => {
                sup.heap().is_some_and(|sup| self.abs_heap_type(a).is_subtype_of(sup))
            }
            (None, Some(b)) => sub.heap() == Some(self.abs_heap_type(b).bottom()),
            (None, None) => match (sub.heap(), sup.heap()) {
                (Some(a), Some(b)) => a.is_subtype_of(b),
                _ => false,
            },
        }
    }

    /// The nullable reference to the top of the hierarchy of a reference type.
    pub(crate) fn top_of(&self, ty: Ty) -> Ty {
        let heap = match ty.index() {
            Some(index) => self.abs_heap_type(index),
            None => ty.heap().unwrap_or(AbsHeapType::Any),
        };
        Ty::abs(heap.top(), true)
    }

    pub(crate) fn all_match(&self, sub: TypeRun, sup: TypeRun) -> bool {
        sub.len == sup.len
            && (0..sub.len).all(|at| self.matches(self.type_at(sub, at), self.type_at(sup, at)))
    }

    /// The function type of these parameters and results. It is added when the module lacks it.
    pub(crate) fn func_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let types = |types: &[ValType]| types.iter().map(|&ty| Ty::of(ty)).collect::<Vec<_>>();
        self.func_type_of(&types(params), &types(results))
    }

    pub(crate) fn func_type_of(&mut self, params: &[Ty], results: &[Ty]) -> u32 {
        let is_same = |def: &TypeDef| {
            def.kind == CompKind::Func
                && def.supertype.is_none()
                && def.is_final
                && self.types_of(def.params) == params
                && self.types_of(def.results) == results
        };
        if let Some(index) = self.types.iter().position(is_same) {
            return index as u32;
        }
        let (params, results) = (self.add_run(params), self.add_run(results));
        self.add_func_type(params, results)
    }

    pub(crate) fn add_func_type(&mut self, params: TypeRun, results: TypeRun) -> u32 {
        self.define(TypeDef { params, results, is_final: true, cost: 1, ..TypeDef::default() })
    }

    /// Adds a type to the module, and gives its index.
    pub(crate) fn define(&mut self, def: TypeDef) -> u32 {
        let (params, results) = (self.types_of(def.params), self.types_of(def.results));
        let comp = match def.kind {
            CompKind::Func => CompType::Func(FuncType::new(
                params.iter().map(|ty| ty.val_type()),
                results.iter().map(|ty| ty.val_type()),
            )),
            CompKind::Struct => CompType::Struct(StructType {
                fields: params.iter().map(|ty| ty.field_type()).collect(),
            }),
            CompKind::Array => {
                CompType::Array(ArrayType { field: self.type_at(def.params, 0).field_type() })
            }
        };
        self.module.types.push(SubType {
            is_final: def.is_final,
            supertypes: def.supertype.map(TypeIdx).into_iter().collect(),
            ..SubType::from(comp)
        });
        self.types.push(def);
        self.types.len() as u32 - 1
    }
}
