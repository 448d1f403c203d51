//! Almost valid modules: a valid module is made, and then exactly one known rule is broken.
//!
//! A rule is broken by an addition: of declarations at the ends of their lists, or of instructions
//! at the start of the last body.

use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{
    ArrayType, BlockType, Body, CallIndirect, CompType, DataIdx, ElemIdx, Encode, Export, Expr,
    Features, FieldIdx, FieldType, Func, FuncIdx, FuncType, Global, GlobalIdx, GlobalType, Instr,
    LabelIdx, LaneIdx, Limits, Local, LocalIdx, MemArg, MemIdx, MemType, Module, PackType,
    RecGroup, RefType, SelectTypes, StorageType, StructType, SubType, Table, TableIdx, TableType,
    TagIdx, TagType, TypeIdx, V128, ValType,
};

use crate::generator::Generator;
use crate::ty::Ty;

macro_rules! rules {
    ($( $(#[doc = $doc:literal])+ $name:ident $phrase:literal; )*) => {
        /// A validation rule that a module breaks.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Broken { $( $(#[doc = $doc])+ $name, )* }

        impl Broken {
            /// Every rule that can be broken.
            pub const ALL: &'static [Broken] = &[$( Broken::$name ),*];

            /// The beginning of the error that a validator reports, in the words of the official tests.
            ///
            /// ```
            /// use wattle_smith::Broken;
            /// assert_eq!(Broken::UnknownLocal.phrase(), "unknown local");
            /// ```
            pub const fn phrase(self) -> &'static str {
                match self { $( Broken::$name => $phrase, )* }
            }

            /// What is wrong, in a few words: the summary of the variant.
            pub const fn description(self) -> &'static str {
                match self { $( Broken::$name => concat!($( $doc ),+), )* }
            }
        }
    };
}

rules! {
    /// An operand of the wrong type.
    Operand "type mismatch";
    /// A missing operand.
    MissingOperand "type mismatch";
    /// An operand left over at the end of a block.
    LeftOperand "type mismatch";
    /// A local that does not exist.
    UnknownLocal "unknown local";
    /// A global that does not exist.
    UnknownGlobal "unknown global";
    /// A function that does not exist.
    UnknownFunc "unknown function";
    /// A label that does not exist.
    UnknownLabel "unknown label";
    /// A table that does not exist.
    UnknownTable "unknown table";
    /// A memory that does not exist.
    UnknownMemory "unknown memory";
    /// A type that does not exist.
    UnknownType "unknown type";
    /// A tag that does not exist.
    UnknownTag "unknown tag";
    /// An element segment that does not exist.
    UnknownElem "unknown elem segment";
    /// A data segment that does not exist.
    UnknownData "unknown data segment";
    /// A field that does not exist.
    UnknownField "unknown field";
    /// A write to an immutable global.
    ImmutableGlobal "immutable global";
    /// A write to an immutable field.
    ImmutableField "immutable field";
    /// A write to an immutable array.
    ImmutableArray "immutable array";
    /// A local read before it has a value.
    UninitializedLocal "uninitialized local";
    /// An alignment larger than the access.
    Alignment "alignment must not be larger than natural";
    /// An atomic access of less than its natural alignment.
    AtomicAlignment "atomic alignment must be natural";
    /// An offset beyond a 32-bit memory.
    Offset "offset out of range";
    /// A lane index that is out of range.
    Lane "invalid lane index";
    /// A `select` whose list of types is empty.
    SelectArity "invalid result arity";
    /// A `ref.func` of an undeclared function.
    UndeclaredFunc "undeclared function reference";
    /// An initialiser of a global with an instruction that is not constant.
    NotConstant "constant expression required";
    /// Two exports with the same name.
    DuplicateExport "duplicate export name";
    /// A start function with a parameter.
    StartFunction "start function";
    /// A table whose minimum is greater than its maximum.
    LimitsOrder "size minimum must not be greater than maximum";
    /// A memory of more than 4 GiB.
    MemorySize "memory size";
    /// A second memory without the feature that allows several.
    MultipleMemories "multiple memories";
    /// A shared memory without a maximum.
    SharedNoMax "shared memory must have maximum";
    /// A memory with pages of eight bytes.
    PageSize "invalid custom page size";
    /// A tag with a result.
    TagResults "non-empty tag result type";
    /// A subtype of a final type.
    FinalSupertype "sub type";
    /// A subtype with fewer fields than its supertype.
    Supertype "sub type";
    /// A supertype that is defined later.
    ForwardSupertype "forward use of type";
    /// A function whose type is a struct type.
    NonFunction "non-function type";
    /// A `struct.new_default` of a function type.
    NonStruct "non-structure type";
    /// An `array.new_default` of a function type.
    NonArray "non-array type";
    /// A read of a packed field without sign or zero extension.
    PackedField "field is packed";
    /// A default value of a field whose type has none.
    FieldDefault "field type is not defaultable";
    /// An array of references from a data segment.
    ArrayOfReferences "array type is not numeric or vector";
    /// A `rethrow` outside of a handler.
    RethrowLabel "invalid rethrow label";
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description().trim())
    }
}

/// An index beyond the end of every index space.
const OUT_OF_RANGE: u32 = 1_000_000;

const fn field(mutable: bool, storage: StorageType) -> FieldType {
    FieldType { mutable, storage }
}

const I32: StorageType = StorageType::Val(ValType::I32);

fn struct_type(fields: &[FieldType]) -> SubType {
    CompType::Struct(StructType { fields: fields.into() }).into()
}

/// Adds what breaks a rule to a module.
struct Breaker<'m> {
    module: &'m mut Module<'static>,
    features: Features,
    /// The number of functions, imports included. So are the numbers of the others.
    funcs: u32,
    globals: u32,
    memories: usize,
    tables: usize,
    /// The number of parameters of the last function.
    params: u32,
    /// The address type of the first memory.
    memory: Option<Ty>,
}

impl Breaker<'_> {
    fn has(&self, features: Features) -> bool {
        self.features.contains_all(features)
    }

    /// Inserts instructions at the start of the last body, and adds locals to it.
    fn code(&mut self, locals: &[Local], instrs: &[Instr<'_>]) -> bool {
        let Some(func) = self.module.funcs.last_mut() else { return false };
        let mut bytes = Vec::new();
        instrs.iter().for_each(|instr| instr.encode(&mut bytes));
        bytes.extend_from_slice(func.body.code());
        let all: Vec<Local> = func.body.locals().chain(locals.iter().copied()).collect();
        func.body = Body::new(all, Expr::new(bytes));
        true
    }

    fn instrs(&mut self, instrs: &[Instr<'_>]) -> bool {
        self.code(&[], instrs)
    }

    fn ty(&mut self, ty: impl Into<SubType>) -> TypeIdx {
        self.module.types.push(ty.into());
        TypeIdx(self.module.types.len() as u32 - 1)
    }

    fn func(&mut self, ty: TypeIdx) -> FuncIdx {
        self.module.funcs.push(Func { ty, body: Body::default() });
        FuncIdx(self.funcs)
    }

    fn global(&mut self, mutable: bool, init: &[Instr<'_>]) -> GlobalIdx {
        let ty = GlobalType { mutable, val: ValType::I32 };
        let init = init.iter().copied().collect();
        self.module.globals.push(Global { ty, init });
        GlobalIdx(self.globals)
    }

    fn mem(&mut self, ty: MemType) -> bool {
        let room = self.memories == 0 || self.has(Features::MULTI_MEMORY);
        if room {
            self.module.memories.push(ty);
        }
        room
    }

    /// Inserts a load from the first memory.
    fn load(&mut self, instr: Instr<'_>) -> bool {
        let address = match self.memory {
            Some(Ty::I64) => Instr::I64Const { value: 0 },
            Some(_) => Instr::I32Const { value: 0 },
            None => return false,
        };
        self.instrs(&[address, instr, Instr::Drop])
    }

    /// Breaks a rule. `false` when a module with these features cannot break it.
    fn break_rule(&mut self, rule: Broken) -> bool {
        let zero = Instr::I32Const { value: 0 };
        let memarg = |align, offset| MemArg { align, offset, memory: MemIdx(0) };
        let limits = |min, max| Limits { min, max, ..Limits::default() };
        let gc = self.has(Features::GC);
        match rule {
            Broken::Operand => {
                self.instrs(&[Instr::I64Const { value: 0 }, Instr::I32Eqz, Instr::Drop])
            }
            Broken::MissingOperand => self.instrs(&[Instr::I32Eqz, Instr::Drop]),
            Broken::LeftOperand => {
                let block_type = BlockType::Empty;
                self.instrs(&[Instr::Block { block_type }, zero, Instr::End])
            }
            Broken::UnknownLocal => {
                self.instrs(&[Instr::LocalGet { local: LocalIdx(OUT_OF_RANGE) }, Instr::Drop])
            }
            Broken::UnknownGlobal => {
                self.instrs(&[Instr::GlobalGet { global: GlobalIdx(OUT_OF_RANGE) }, Instr::Drop])
            }
            Broken::UnknownFunc => self.instrs(&[Instr::Call { func: FuncIdx(OUT_OF_RANGE) }]),
            Broken::UnknownLabel => {
                self.instrs(&[zero, Instr::BrIf { label: LabelIdx(OUT_OF_RANGE) }])
            }
            Broken::UnknownTable if self.has(Features::REFERENCE_TYPES) => {
                let callee = CallIndirect { ty: TypeIdx(0), table: TableIdx(OUT_OF_RANGE) };
                self.instrs(&[zero, Instr::CallIndirect { callee }])
            }
            Broken::UnknownMemory if self.has(Features::MULTI_MEMORY) => {
                self.instrs(&[Instr::MemorySize { memory: MemIdx(OUT_OF_RANGE) }, Instr::Drop])
            }
            Broken::UnknownType if self.has(Features::MULTI_VALUE) => {
                let block_type = BlockType::Type(TypeIdx(OUT_OF_RANGE));
                self.instrs(&[Instr::Block { block_type }, Instr::End])
            }
            Broken::UnknownTag if self.has(Features::EXCEPTIONS) => {
                self.instrs(&[Instr::Throw { tag: TagIdx(OUT_OF_RANGE) }])
            }
            Broken::UnknownElem if self.has(Features::BULK_MEMORY) => {
                self.instrs(&[Instr::ElemDrop { elem: ElemIdx(OUT_OF_RANGE) }])
            }
            Broken::UnknownData if self.has(Features::BULK_MEMORY) => {
                self.module.data_count = Some(self.module.datas.len() as u32);
                self.instrs(&[Instr::DataDrop { data: DataIdx(OUT_OF_RANGE) }])
            }
            Broken::UnknownField if gc => {
                let ty = self.ty(struct_type(&[field(true, I32)]));
                let get = Instr::StructGet { ty, field: FieldIdx(1) };
                self.instrs(&[Instr::StructNewDefault { ty }, get, Instr::Drop])
            }
            Broken::ImmutableGlobal => {
                let global = self.global(false, &[zero, Instr::End]);
                self.instrs(&[zero, Instr::GlobalSet { global }])
            }
            Broken::ImmutableField if gc => {
                let ty = self.ty(struct_type(&[field(false, I32)]));
                let set = Instr::StructSet { ty, field: FieldIdx(0) };
                self.instrs(&[Instr::StructNewDefault { ty }, zero, set])
            }
            Broken::ImmutableArray if gc => {
                let ty = self.ty(CompType::Array(ArrayType { field: field(false, I32) }));
                let new = Instr::ArrayNewDefault { ty };
                self.instrs(&[zero, new, zero, zero, Instr::ArraySet { ty }])
            }
            Broken::UninitializedLocal if self.has(Features::FUNCTION_REFERENCES) => {
                let Some(func) = self.module.funcs.last() else { return false };
                let count: u32 = func.body.locals().map(|local| local.count).sum();
                let local = LocalIdx(self.params + count);
                let ty = ValType::Ref(RefType::FUNC);
                self.code(&[Local { count: 1, ty }], &[Instr::LocalGet { local }, Instr::Drop])
            }
            Broken::Alignment => self.load(Instr::I32Load { memarg: memarg(3, 0) }),
            Broken::AtomicAlignment if self.has(Features::THREADS) => {
                self.load(Instr::I32AtomicLoad { memarg: memarg(0, 0) })
            }
            Broken::Offset if self.memory == Some(Ty::I32) && self.has(Features::MEMORY64) => {
                self.load(Instr::I32Load { memarg: memarg(0, 1 << 33) })
            }
            Broken::Lane if self.has(Features::SIMD) => {
                let vector = Instr::V128Const { value: V128([0; 16]) };
                let get = Instr::I8x16ExtractLaneS { lane: LaneIdx(16) };
                self.instrs(&[vector, get, Instr::Drop])
            }
            Broken::SelectArity if self.has(Features::REFERENCE_TYPES) => {
                let mut buffer = Vec::new();
                let types = SelectTypes::encode_in(&mut buffer, core::iter::empty());
                self.instrs(&[zero, zero, zero, Instr::SelectTyped { types }, Instr::Drop])
            }
            Broken::UndeclaredFunc if self.has(Features::REFERENCE_TYPES) => {
                let func = FuncIdx(self.funcs);
                let changed = self.instrs(&[Instr::RefFunc { func }, Instr::Drop]);
                self.func(TypeIdx(0));
                changed
            }
            Broken::NotConstant => {
                self.global(true, &[zero, Instr::I32Eqz, Instr::End]);
                true
            }
            Broken::DuplicateExport => {
                let index = FuncIdx(self.funcs - 1).into();
                let first = self.module.exports.first().map(|export| export.name.clone());
                if first.is_none() {
                    self.module.exports.push(Export { name: "f".into(), index });
                }
                let name = first.unwrap_or_else(|| "f".into());
                self.module.exports.push(Export { name, index });
                true
            }
            Broken::StartFunction => {
                let ty = self.ty(FuncType::new([ValType::I32], []));
                self.module.start = Some(self.func(ty));
                true
            }
            Broken::LimitsOrder if self.tables == 0 || self.has(Features::REFERENCE_TYPES) => {
                let ty = TableType { elem: RefType::FUNCREF, limits: limits(2, Some(1)) };
                self.module.tables.push(Table { ty, init: None });
                true
            }
            Broken::MemorySize => {
                self.mem(MemType { limits: limits(65537, None), page_size_log2: None })
            }
            Broken::MultipleMemories if !self.has(Features::MULTI_MEMORY) => {
                for _ in self.memories..2 {
                    self.module.memories.push(MemType::default());
                }
                true
            }
            Broken::SharedNoMax if self.has(Features::THREADS) => {
                let limits = Limits { shared: true, ..limits(1, None) };
                self.mem(MemType { limits, page_size_log2: None })
            }
            Broken::PageSize if self.has(Features::CUSTOM_PAGE_SIZES) => {
                self.mem(MemType { limits: limits(1, None), page_size_log2: Some(3) })
            }
            Broken::TagResults if self.has(Features::EXCEPTIONS) => {
                let ty = self.ty(FuncType::new([], [ValType::I32]));
                self.module.tags.push(TagType { ty });
                true
            }
            Broken::FinalSupertype if gc => {
                let above = self.ty(struct_type(&[]));
                self.ty(SubType { supertypes: [above].into(), ..struct_type(&[]) });
                true
            }
            Broken::Supertype if gc => {
                let above = struct_type(&[field(true, I32)]);
                let above = self.ty(SubType { is_final: false, ..above });
                self.ty(SubType { supertypes: [above].into(), ..struct_type(&[]) });
                true
            }
            Broken::ForwardSupertype if gc => {
                let first = TypeIdx(self.module.types.len() as u32);
                let later = TypeIdx(first.0 + 1);
                self.module.rec_groups.push(RecGroup { first, len: 2 });
                self.ty(SubType { supertypes: [later].into(), ..struct_type(&[]) });
                self.ty(SubType { is_final: false, ..struct_type(&[]) });
                true
            }
            Broken::NonFunction if gc => {
                let ty = self.ty(struct_type(&[]));
                self.func(ty);
                true
            }
            Broken::NonStruct if gc => {
                self.instrs(&[Instr::StructNewDefault { ty: TypeIdx(0) }, Instr::Drop])
            }
            Broken::NonArray if gc => {
                self.instrs(&[zero, Instr::ArrayNewDefault { ty: TypeIdx(0) }, Instr::Drop])
            }
            Broken::PackedField if gc => {
                let ty = self.ty(struct_type(&[field(true, StorageType::Pack(PackType::I8))]));
                let get = Instr::StructGet { ty, field: FieldIdx(0) };
                self.instrs(&[Instr::StructNewDefault { ty }, get, Instr::Drop])
            }
            Broken::FieldDefault if gc => {
                let storage = StorageType::Val(ValType::Ref(RefType::FUNC));
                let ty = self.ty(struct_type(&[field(true, storage)]));
                self.instrs(&[Instr::StructNewDefault { ty }, Instr::Drop])
            }
            Broken::ArrayOfReferences if gc && !self.module.datas.is_empty() => {
                self.module.data_count = Some(self.module.datas.len() as u32);
                let storage = StorageType::Val(ValType::Ref(RefType::FUNCREF));
                let ty = self.ty(CompType::Array(ArrayType { field: field(true, storage) }));
                let new = Instr::ArrayNewData { ty, data: DataIdx(0) };
                self.instrs(&[zero, zero, new, Instr::Drop])
            }
            Broken::RethrowLabel if self.has(Features::LEGACY_EXCEPTIONS) => {
                self.instrs(&[Instr::Rethrow { label: LabelIdx(0) }])
            }
            _ => false,
        }
    }
}

impl Generator<'_, '_> {
    /// Breaks the rule with this number, or the next one that the module can break, and gives it.
    pub(crate) fn break_rule(&mut self, start: usize) -> Broken {
        let last = self.module.funcs.last().map_or(0, |func| func.ty.0);
        let params = self.signature(last).0.len;
        let globals = self.globals.len() + usize::from(self.fuel.is_some());
        let mut breaker = Breaker {
            funcs: self.imported_funcs + self.module.funcs.len() as u32,
            globals: globals as u32,
            memories: self.memories.len(),
            tables: self.tables.len(),
            params,
            memory: self.memories.first().map(|memory| memory.addr),
            features: self.features,
            module: &mut self.module,
        };
        let (before, from) = Broken::ALL.split_at(start);
        let mut order = from.iter().chain(before).copied();
        // Any module can break the first rule.
        order.find(|&rule| breaker.break_rule(rule)).unwrap_or(Broken::Operand)
    }
}
