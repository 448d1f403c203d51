//! Makes the code that observes a module under test: it turns results, globals, memories and tables
//! into words of 64 bits.

use wattle_ast::{
    AbsHeapType, AddrType, BlockType, Body, CompType, F32, F64, FieldIdx, GlobalIdx, HeapType,
    Instr, LabelIdx, LaneIdx, LocalIdx, MemArg, MemIdx, MemType, Module, RefType, RefTypeNonNull,
    StorageType, TableIdx, TableType, V128, ValType,
};
use wattle_encoder::FuncBuilder;

/// The meaning of a word of a probe's results.
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
    /// One half of a vector.
    V128,
    /// The observable part of a reference: whether it is null, and a hash of the value of an `i31`,
    /// the numeric fields of a struct, or the length of an array.
    Ref,
    /// The size of a memory or a table, or a hash of its contents.
    State,
}

/// A word of a probe's results.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The value that the word belongs to, as text: `result 0: i32`, for instance.
    pub label: String,
    /// The meaning of the word.
    pub kind: WordKind,
}

/// The multiplier of the hash: odd, with its bits evenly spread.
const MIX: i64 = 0x9e37_79b9_7f4a_7c15_u64 as i64;

/// The instructions that turn a number on the stack into a word; `None` for vectors and references.
fn to_word(ty: ValType) -> Option<&'static [Instr<'static>]> {
    match ty {
        ValType::I32 => Some(&[Instr::I64ExtendI32U]),
        ValType::I64 => Some(&[]),
        ValType::F32 => Some(&[Instr::I32ReinterpretF32, Instr::I64ExtendI32U]),
        ValType::F64 => Some(&[Instr::I64ReinterpretF64]),
        ValType::V128 | ValType::Ref(_) => None,
    }
}

/// Chooses between two instructions by an address type.
fn for_addr(addr: AddrType, for_i32: Instr<'static>, for_i64: Instr<'static>) -> Instr<'static> {
    match addr {
        AddrType::I32 => for_i32,
        AddrType::I64 => for_i64,
    }
}

/// A constant of an address type.
fn addr_const(addr: AddrType, value: i64) -> Instr<'static> {
    for_addr(addr, Instr::I32Const { value: value as i32 }, Instr::I64Const { value })
}

fn get(local: LocalIdx) -> Instr<'static> {
    Instr::LocalGet { local }
}

/// The code of a function that observes a module.
pub(crate) struct Code<'m> {
    module: &'m Module<'static>,
    pub(crate) body: FuncBuilder,
}

impl<'m> Code<'m> {
    /// The code of a function with this number of parameters.
    pub(crate) fn new(module: &'m Module<'static>, params: u32) -> Code<'m> {
        Code { module, body: FuncBuilder::new(params) }
    }

    /// The body of the function. It is built from fixed pieces, so the builder cannot refuse it; an
    /// empty body would be invalid, and noticed.
    pub(crate) fn finish(self) -> Body<'static> {
        let body = self.body.finish();
        debug_assert!(body.is_ok(), "{body:?}");
        body.unwrap_or_default()
    }

    pub(crate) fn push(&mut self, instr: Instr<'_>) {
        self.body.instr(instr);
    }

    pub(crate) fn all<'i>(&mut self, instrs: impl IntoIterator<Item = Instr<'i>>) {
        self.body.instrs(instrs);
    }

    /// Pushes the value of a type that `choice` selects. Returns `false` if no value can be made.
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

    /// Pushes the words of the value of a local.
    pub(crate) fn words(&mut self, local: LocalIdx, ty: ValType) -> &'static [WordKind] {
        if let Some(conversion) = to_word(ty) {
            self.push(get(local));
            self.all(conversion.iter().copied());
        }
        match ty {
            ValType::I32 => &[WordKind::I32],
            ValType::I64 => &[WordKind::I64],
            ValType::F32 => &[WordKind::F32],
            ValType::F64 => &[WordKind::F64],
            ValType::V128 => {
                for lane in 0..2 {
                    self.half(local, lane);
                }
                &[WordKind::V128, WordKind::V128]
            }
            ValType::Ref(ty) => {
                self.reference(local, ty.heap);
                &[WordKind::Ref]
            }
        }
    }

    /// Pushes half of the vector in a local.
    fn half(&mut self, local: LocalIdx, lane: u8) {
        self.all([get(local), Instr::I64x2ExtractLane { lane: LaneIdx(lane) }]);
    }

    /// Pushes one word about the reference in a local: 0 for null.
    fn reference(&mut self, local: LocalIdx, heap: HeapType) {
        let get = get(local);
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
                match self.module.types.get(ty).map(|ty| &ty.comp) {
                    Some(CompType::Struct(fields)) => {
                        for (number, field) in fields.fields.iter().enumerate().take(8) {
                            let at = FieldIdx(number as u32);
                            let (read, value) = match field.storage {
                                StorageType::Pack(_) => {
                                    (Instr::StructGetS { ty, field: at }, ValType::I32)
                                }
                                StorageType::Val(value) => {
                                    (Instr::StructGet { ty, field: at }, value)
                                }
                            };
                            if let Some(conversion) = to_word(value) {
                                self.all([get, read]);
                                self.all(conversion.iter().copied());
                                self.mix();
                            }
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

    /// Combines a hash and a word on the stack into a hash.
    pub(crate) fn mix(&mut self) {
        self.all([Instr::I64Xor, Instr::I64Const { value: MIX }, Instr::I64Mul]);
        self.all([Instr::I64Const { value: 29 }, Instr::I64Rotl]);
    }

    /// Pushes the words of a global.
    pub(crate) fn global(&mut self, global: GlobalIdx, ty: ValType) -> &'static [WordKind] {
        let local = self.body.local(ty);
        self.all([Instr::GlobalGet { global }, Instr::LocalSet { local }]);
        self.words(local, ty)
    }

    /// Turns an address on the stack into a word.
    fn addr_to_word(&mut self, addr: AddrType) {
        if addr == AddrType::I32 {
            self.push(Instr::I64ExtendI32U);
        }
    }

    /// Adds a loop over the addresses from 0 to the value that `end` pushes, with the address in
    /// the local `at`.
    fn for_each_addr(
        &mut self,
        addr: AddrType,
        at: LocalIdx,
        (end, step): (Instr<'_>, i64),
        body: impl FnOnce(&mut Self),
    ) {
        let block_type = BlockType::Empty;
        self.all([Instr::Block { block_type }, Instr::Loop { block_type }]);
        self.all([get(at), end, for_addr(addr, Instr::I32GeU, Instr::I64GeU)]);
        self.push(Instr::BrIf { label: LabelIdx(1) });
        body(self);
        self.all([get(at), addr_const(addr, step), for_addr(addr, Instr::I32Add, Instr::I64Add)]);
        self.all([Instr::LocalSet { local: at }, Instr::Br { label: LabelIdx(0) }]);
        self.all([Instr::End, Instr::End]);
    }

    /// Pushes the size of a memory in bytes, and a hash of its bytes.
    pub(crate) fn memory(&mut self, memory: MemIdx, ty: &MemType) {
        let addr = ty.limits.addr;
        let (at, end) = (self.body.local(addr.into()), self.body.local(addr.into()));
        let hash = self.body.local(ValType::I64);
        let bits = ty.page_bits();
        self.all([Instr::MemorySize { memory }, addr_const(addr, bits.into())]);
        self.all([for_addr(addr, Instr::I32Shl, Instr::I64Shl), Instr::LocalTee { local: end }]);
        self.addr_to_word(addr);
        // The loop advances by 64 bytes, or by single bytes if pages are smaller.
        let step = if bits >= 6 { 64 } else { 1 };
        let load = |offset| {
            let memarg = MemArg { offset, memory, align: 0 };
            if step == 64 { Instr::I64Load { memarg } } else { Instr::I64Load8U { memarg } }
        };
        let offsets = || (0..step as u64).step_by(8);
        self.for_each_addr(addr, at, (get(end), step), |code| {
            // Most of a memory is zeros, which are skipped.
            code.push(Instr::I64Const { value: 0 });
            for offset in offsets() {
                code.all([get(at), load(offset), Instr::I64Or]);
            }
            let block_type = BlockType::Empty;
            code.all([Instr::I64Const { value: 0 }, Instr::I64Ne, Instr::If { block_type }]);
            code.all([get(hash), get(at)]);
            code.addr_to_word(addr);
            code.mix();
            for offset in offsets() {
                code.all([get(at), load(offset)]);
                code.mix();
            }
            code.all([Instr::LocalSet { local: hash }, Instr::End]);
        });
        self.push(get(hash));
    }

    /// Pushes the size of a table, and a hash of the words about its elements.
    pub(crate) fn table(&mut self, table: TableIdx, ty: &TableType) {
        let (elem, addr) = (ty.elem, ty.limits.addr);
        let (at, hash) = (self.body.local(addr.into()), self.body.local(ValType::I64));
        let element = self.body.local(ValType::Ref(RefType { nullable: true, ..elem }));
        self.push(Instr::TableSize { table });
        self.addr_to_word(addr);
        self.for_each_addr(addr, at, (Instr::TableSize { table }, 1), |code| {
            code.all([get(at), Instr::TableGet { table }, Instr::LocalSet { local: element }]);
            code.push(get(hash));
            code.reference(element, elem.heap);
            code.mix();
            code.push(Instr::LocalSet { local: hash });
        });
        self.push(get(hash));
    }

    /// Pushes a hash of all parameters.
    pub(crate) fn hash_params(&mut self, params: &[ValType]) {
        self.push(Instr::I64Const { value: params.len() as i64 });
        for (number, &ty) in params.iter().enumerate() {
            let local = LocalIdx(number as u32);
            if ty == ValType::V128 {
                for lane in 0..2 {
                    self.half(local, lane);
                    self.mix();
                }
            } else {
                self.words(local, ty);
                self.mix();
            }
        }
    }
}

/// Integers at the edges of ranges, and a few others.
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

/// Floats at the edges of ranges, and a few others, as bits of `f64`.
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
