//! The code of adapters: what calls a module under test, and turns all that it gives and holds
//! into words of 64 bits.

use wattle_ast::{
    AbsHeapType, AddrType, BlockType, CompType, F32, F64, FieldIdx, FuncIdx, GlobalIdx, HeapType,
    Instr, LabelIdx, LaneIdx, LocalIdx, MemArg, MemIdx, MemType, Module, PackType, RefType,
    RefTypeNonNull, StorageType, TableIdx, V128, ValType,
};
use wattle_ast::{Body, Local};

/// What a word of a probe's results is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordKind {
    /// An `i32`, zero-extended.
    I32,
    /// An `i64`.
    I64,
    /// The bits of an `f32`.
    F32,
    /// The bits of an `f64`.
    F64,
    /// Half of a vector.
    V128,
    /// What can be seen of a reference: whether it is null, the value of an `i31`, the numbers of
    /// a struct, the length of an array.
    Ref,
    /// A hash of the contents of a memory or a table, or its size.
    State,
}

/// A word of a probe's results.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What it is of.
    pub label: String,
    /// What it is.
    pub kind: WordKind,
}

/// Odd, with bits all over.
const MIX: i64 = 0x9e37_79b9_7f4a_7c15_u64 as i64;

/// A body in the making.
pub(crate) struct BodyBuilder<'m> {
    module: &'m Module<'static>,
    instrs: Vec<Instr<'m>>,
    params: u32,
    locals: Vec<ValType>,
}

impl<'m> BodyBuilder<'m> {
    /// A body of a function with so many parameters.
    pub(crate) fn new(module: &'m Module<'static>, params: u32) -> BodyBuilder<'m> {
        BodyBuilder { module, instrs: Vec::new(), params, locals: Vec::new() }
    }

    pub(crate) fn push(&mut self, instr: Instr<'m>) {
        self.instrs.push(instr);
    }

    fn all(&mut self, instrs: impl IntoIterator<Item = Instr<'m>>) {
        self.instrs.extend(instrs);
    }

    pub(crate) fn local(&mut self, ty: ValType) -> LocalIdx {
        self.locals.push(ty);
        LocalIdx(self.params + self.locals.len() as u32 - 1)
    }

    pub(crate) fn finish(mut self) -> Body<'static> {
        self.push(Instr::End);
        let locals = self.locals.into_iter().map(|ty| Local { count: 1, ty });
        Body::new(locals, self.instrs.into_iter().collect())
    }

    /// A value of a type: chosen by `choice`, out of those that tell much. None when there is
    /// none.
    pub(crate) fn value(&mut self, ty: ValType, choice: u64) -> bool {
        let pick = |list: &[u64]| list[choice as usize % list.len()];
        match ty {
            ValType::I32 => self.push(Instr::I32Const { value: pick(&WORDS) as i32 }),
            ValType::I64 => self.push(Instr::I64Const { value: pick(&WORDS) as i64 }),
            ValType::F32 => {
                let value = f64::from_bits(pick(&FLOATS)) as f32;
                self.push(Instr::F32Const { value: F32(value.to_bits()) });
            }
            ValType::F64 => self.push(Instr::F64Const { value: F64(pick(&FLOATS)) }),
            ValType::V128 => {
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&pick(&WORDS).to_le_bytes());
                bytes[8..].copy_from_slice(&(choice.wrapping_mul(MIX as u64)).to_le_bytes());
                self.push(Instr::V128Const { value: V128(bytes) });
            }
            ValType::Ref(RefType { nullable: true, heap }) => self.push(Instr::RefNull { heap }),
            ValType::Ref(RefType { heap: HeapType::Abs(heap), .. }) => {
                let scalar = [AbsHeapType::I31, AbsHeapType::Eq, AbsHeapType::Any];
                if !scalar.contains(&heap) {
                    return false;
                }
                self.all([Instr::I32Const { value: pick(&WORDS) as i32 }, Instr::RefI31]);
            }
            ValType::Ref(_) => return false,
        }
        true
    }

    /// The words of a value in a local.
    pub(crate) fn words(&mut self, local: LocalIdx, ty: ValType) -> &'static [WordKind] {
        let get = Instr::LocalGet { local };
        match ty {
            ValType::I32 => self.all([get, Instr::I64ExtendI32U]),
            ValType::I64 => self.push(get),
            ValType::F32 => self.all([get, Instr::I32ReinterpretF32, Instr::I64ExtendI32U]),
            ValType::F64 => self.all([get, Instr::I64ReinterpretF64]),
            ValType::V128 => {
                for lane in 0..2 {
                    self.all([get, Instr::I64x2ExtractLane { lane: LaneIdx(lane) }]);
                }
            }
            ValType::Ref(ty) => self.reference(local, ty.heap),
        }
        match ty {
            ValType::I32 => &[WordKind::I32],
            ValType::I64 => &[WordKind::I64],
            ValType::F32 => &[WordKind::F32],
            ValType::F64 => &[WordKind::F64],
            ValType::V128 => &[WordKind::V128, WordKind::V128],
            ValType::Ref(_) => &[WordKind::Ref],
        }
    }

    /// One word about a reference in a local: 0 for null.
    fn reference(&mut self, local: LocalIdx, heap: HeapType) {
        let get = Instr::LocalGet { local };
        let word = Instr::If { block_type: BlockType::Value(ValType::I64) };
        self.all([get, Instr::RefIsNull, word, Instr::I64Const { value: 0 }, Instr::Else]);
        match heap {
            HeapType::Abs(AbsHeapType::Any | AbsHeapType::Eq | AbsHeapType::I31) => {
                let heap = HeapType::Abs(AbsHeapType::I31);
                let target = RefTypeNonNull(heap);
                self.all([get, Instr::RefTest { target }, word]);
                self.all([get, Instr::RefCast { target }, Instr::I31GetS]);
                self.all([Instr::I64ExtendI32S, Instr::I64Const { value: 1 << 40 }]);
                self.all([Instr::I64Xor, Instr::Else, Instr::I64Const { value: 1 }, Instr::End]);
            }
            HeapType::Type(ty) | HeapType::Exact(ty) => {
                self.push(Instr::I64Const { value: 1 });
                match self.module.types.get(ty.idx()).map(|ty| &ty.comp) {
                    Some(CompType::Struct(fields)) => {
                        for (place, field) in fields.fields.iter().enumerate().take(8) {
                            let field_idx = FieldIdx(place as u32);
                            let read = match field.storage {
                                StorageType::Pack(PackType::I8 | PackType::I16) => {
                                    Instr::StructGetS { ty, field: field_idx }
                                }
                                StorageType::Val(ValType::Ref(_) | ValType::V128) => continue,
                                StorageType::Val(_) => Instr::StructGet { ty, field: field_idx },
                            };
                            self.all([get, read]);
                            match field.storage {
                                StorageType::Val(ValType::I64) => {}
                                StorageType::Val(ValType::F32) => {
                                    self.all([Instr::I32ReinterpretF32, Instr::I64ExtendI32U]);
                                }
                                StorageType::Val(ValType::F64) => {
                                    self.push(Instr::I64ReinterpretF64);
                                }
                                _ => self.push(Instr::I64ExtendI32U),
                            }
                            self.mix();
                        }
                    }
                    Some(CompType::Array(_)) => {
                        self.all([get, Instr::ArrayLen, Instr::I64ExtendI32U]);
                        self.mix();
                    }
                    _ => {}
                }
            }
            HeapType::Abs(_) => self.push(Instr::I64Const { value: 1 }),
        }
        self.push(Instr::End);
    }

    /// A hash and a word on the stack become a hash.
    pub(crate) fn mix(&mut self) {
        self.all([Instr::I64Xor, Instr::I64Const { value: MIX }, Instr::I64Mul]);
        self.all([Instr::I64Const { value: 29 }, Instr::I64Rotl]);
    }

    /// The words of a global.
    pub(crate) fn global(&mut self, global: GlobalIdx, ty: ValType) -> &'static [WordKind] {
        let local = self.local(ty);
        self.all([Instr::GlobalGet { global }, Instr::LocalSet { local }]);
        self.words(local, ty)
    }

    /// The size of a memory in bytes and a hash of all of them.
    pub(crate) fn memory(&mut self, memory: MemIdx, ty: &MemType) {
        let wide = ty.limits.addr == AddrType::I64;
        let addr = if wide { ValType::I64 } else { ValType::I32 };
        let number = |value: i64| match wide {
            true => Instr::I64Const { value },
            false => Instr::I32Const { value: value as i32 },
        };
        let either = |long, short| if wide { long } else { short };
        let (at, end, hash) = (self.local(addr), self.local(addr), self.local(ValType::I64));
        let get = |local| Instr::LocalGet { local };
        let bits = ty.page_bits();
        self.all([Instr::MemorySize { memory }, number(bits.into())]);
        self.all([either(Instr::I64Shl, Instr::I32Shl), Instr::LocalTee { local: end }]);
        if !wide {
            self.push(Instr::I64ExtendI32U);
        }
        // Whole pages in steps of 64 bytes; bytes, where pages are bytes.
        let whole = bits >= 6;
        let step = if whole { 64 } else { 1 };
        let block_type = BlockType::Empty;
        self.all([Instr::Block { block_type }, Instr::Loop { block_type }]);
        self.all([get(at), get(end), either(Instr::I64GeU, Instr::I32GeU)]);
        self.push(Instr::BrIf { label: LabelIdx(1) });
        let load = |offset| {
            let memarg = MemArg { offset, memory, align: 0 };
            if whole { Instr::I64Load { memarg } } else { Instr::I64Load8U { memarg } }
        };
        let offsets = || (0..step as u64).step_by(8);
        // Memories are mostly zeros, which are passed over.
        self.push(Instr::I64Const { value: 0 });
        for offset in offsets() {
            self.all([get(at), load(offset), Instr::I64Or]);
        }
        self.all([Instr::I64Const { value: 0 }, Instr::I64Ne, Instr::If { block_type }]);
        self.all([get(hash), get(at)]);
        if !wide {
            self.push(Instr::I64ExtendI32U);
        }
        self.mix();
        for offset in offsets() {
            self.all([get(at), load(offset)]);
            self.mix();
        }
        self.all([Instr::LocalSet { local: hash }, Instr::End]);
        self.all([get(at), number(step)]);
        self.all([either(Instr::I64Add, Instr::I32Add), Instr::LocalSet { local: at }]);
        self.all([Instr::Br { label: LabelIdx(0) }, Instr::End, Instr::End]);
        self.push(get(hash));
    }

    /// The size of a table and a hash of what can be seen of its elements.
    pub(crate) fn table(&mut self, table: TableIdx, elem: RefType, addr: AddrType) {
        let wide = addr == AddrType::I64;
        let addr = if wide { ValType::I64 } else { ValType::I32 };
        let either = |long, short| if wide { long } else { short };
        let (at, hash) = (self.local(addr), self.local(ValType::I64));
        let element = self.local(ValType::Ref(RefType { nullable: true, ..elem }));
        let get = |local| Instr::LocalGet { local };
        self.push(Instr::TableSize { table });
        if !wide {
            self.push(Instr::I64ExtendI32U);
        }
        self.all([
            Instr::Block { block_type: BlockType::Empty },
            Instr::Loop { block_type: BlockType::Empty },
        ]);
        self.all([get(at), Instr::TableSize { table }, either(Instr::I64GeU, Instr::I32GeU)]);
        self.all([Instr::BrIf { label: LabelIdx(1) }, get(at), Instr::TableGet { table }]);
        self.all([Instr::LocalSet { local: element }, get(hash)]);
        self.reference(element, elem.heap);
        self.mix();
        self.all([Instr::LocalSet { local: hash }, get(at)]);
        self.push(either(Instr::I64Const { value: 1 }, Instr::I32Const { value: 1 }));
        self.all([either(Instr::I64Add, Instr::I32Add), Instr::LocalSet { local: at }]);
        self.all([Instr::Br { label: LabelIdx(0) }, Instr::End, Instr::End, get(hash)]);
    }

    /// A hash of all parameters, of these types.
    pub(crate) fn hash_params(&mut self, params: &[ValType]) {
        self.push(Instr::I64Const { value: params.len() as i64 });
        for (place, &ty) in params.iter().enumerate() {
            let local = LocalIdx(place as u32);
            if ty == ValType::V128 {
                for lane in 0..2 {
                    let lane = LaneIdx(lane);
                    self.all([Instr::LocalGet { local }, Instr::I64x2ExtractLane { lane }]);
                    self.mix();
                }
            } else {
                self.words(local, ty);
                self.mix();
            }
        }
    }

    pub(crate) fn call(&mut self, func: FuncIdx) {
        self.push(Instr::Call { func });
    }
}

/// Integers that tell much.
const WORDS: [u64; 14] = [
    0,
    1,
    u64::MAX,
    7,
    0x8000_0000,
    0x7fff_ffff,
    1 << 63,
    i64::MAX as u64,
    0x0123_4567_89ab_cdef,
    0xffff,
    64,
    -128_i64 as u64,
    (1 << 33) + 5,
    0x5555_5555_5555_5555,
];

/// Floats that tell much, as bits of `f64`.
const FLOATS: [u64; 12] = [
    0,
    1 << 63,
    0x3ff0_0000_0000_0000,
    0xbff8_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0020_0000,
    0x43e0_0000_0000_0000,
    0x0010_0000_0000_0000,
    0x3fb9_9999_9999_999a,
];
