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

use crate::declarations::limits;
use crate::generator::Generator;
use crate::ty::Ty;

macro_rules! rules {
    ($( $(#[doc = $doc:literal])+ $name:ident $phrase:literal $feature:ident |$breaker:ident| $how:expr; )*) => {
        /// A validation rule that a module breaks.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Broken { $( $(#[doc = $doc])+ $name, )* }

        impl Broken {
            /// Every rule that can be broken.
            pub const ALL: &'static [Broken] = &[$( Broken::$name ),*];

            /// The beginning of the error that a validator reports, in the words of the official
            /// tests.
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

            /// The feature that a module needs to break the rule.
            const fn feature(self) -> Features {
                match self { $( Broken::$name => Features::$feature, )* }
            }
        }

        impl Breaker<'_> {
            /// Breaks a rule. `false` when a module like this one cannot break it.
            fn break_rule(&mut self, rule: Broken) -> bool {
                self.features.contains_all(rule.feature())
                    && match rule { $( Broken::$name => { let $breaker = self; $how } )* }
            }
        }
    };
}

// A row says the rule, the phrase, the feature that is needed, and how the rule is broken.
rules! {
    /// An operand of the wrong type.
    Operand "type mismatch" NONE |b| {
        b.instrs(&[Instr::I64Const { value: 0 }, Instr::I32Eqz, Instr::Drop])
    };
    /// A missing operand.
    MissingOperand "type mismatch" NONE |b| b.instrs(&[Instr::I32Eqz, Instr::Drop]);
    /// An operand left over at the end of a block.
    LeftOperand "type mismatch" NONE |b| {
        b.instrs(&[Instr::Block { block_type: BlockType::Empty }, ZERO, Instr::End])
    };
    /// A local that does not exist.
    UnknownLocal "unknown local" NONE |b| {
        b.instrs(&[Instr::LocalGet { local: LocalIdx(OUT_OF_RANGE) }, Instr::Drop])
    };
    /// A global that does not exist.
    UnknownGlobal "unknown global" NONE |b| {
        b.instrs(&[Instr::GlobalGet { global: GlobalIdx(OUT_OF_RANGE) }, Instr::Drop])
    };
    /// A function that does not exist.
    UnknownFunc "unknown function" NONE |b| {
        b.instrs(&[Instr::Call { func: FuncIdx(OUT_OF_RANGE) }])
    };
    /// A label that does not exist.
    UnknownLabel "unknown label" NONE |b| {
        b.instrs(&[ZERO, Instr::BrIf { label: LabelIdx(OUT_OF_RANGE) }])
    };
    /// A table that does not exist.
    UnknownTable "unknown table" REFERENCE_TYPES |b| {
        let callee = CallIndirect { ty: TypeIdx(0), table: TableIdx(OUT_OF_RANGE) };
        b.instrs(&[ZERO, Instr::CallIndirect { callee }])
    };
    /// A memory that does not exist.
    UnknownMemory "unknown memory" MULTI_MEMORY |b| {
        b.instrs(&[Instr::MemorySize { memory: MemIdx(OUT_OF_RANGE) }, Instr::Drop])
    };
    /// A type that does not exist.
    UnknownType "unknown type" MULTI_VALUE |b| {
        let block_type = BlockType::Type(TypeIdx(OUT_OF_RANGE));
        b.instrs(&[Instr::Block { block_type }, Instr::End])
    };
    /// A tag that does not exist.
    UnknownTag "unknown tag" EXCEPTIONS |b| b.instrs(&[Instr::Throw { tag: TagIdx(OUT_OF_RANGE) }]);
    /// An element segment that does not exist.
    UnknownElem "unknown elem segment" BULK_MEMORY |b| {
        b.instrs(&[Instr::ElemDrop { elem: ElemIdx(OUT_OF_RANGE) }])
    };
    /// A data segment that does not exist.
    UnknownData "unknown data segment" BULK_MEMORY |b| {
        b.instrs(&[Instr::DataDrop { data: DataIdx(OUT_OF_RANGE) }])
    };
    /// A field that does not exist.
    UnknownField "unknown field" GC |b| {
        let ty = b.struct_type(true, I32);
        b.read_field(ty, FieldIdx(1))
    };
    /// A write to an immutable global.
    ImmutableGlobal "immutable global" NONE |b| {
        let global = b.global(false, &[ZERO, Instr::End]);
        b.instrs(&[ZERO, Instr::GlobalSet { global }])
    };
    /// A write to an immutable field.
    ImmutableField "immutable field" GC |b| {
        let ty = b.struct_type(false, I32);
        let set = Instr::StructSet { ty, field: FieldIdx(0) };
        b.instrs(&[Instr::StructNewDefault { ty }, ZERO, set])
    };
    /// A write to an immutable array.
    ImmutableArray "immutable array" GC |b| {
        let ty = b.array_type(false, I32);
        b.instrs(&[ZERO, Instr::ArrayNewDefault { ty }, ZERO, ZERO, Instr::ArraySet { ty }])
    };
    /// A local read before it has a value.
    UninitializedLocal "uninitialized local" FUNCTION_REFERENCES |b| {
        b.read_new_local(ValType::Ref(RefType::FUNC))
    };
    /// An alignment larger than the access.
    Alignment "alignment must not be larger than natural" NONE |b| {
        b.load(Instr::I32Load { memarg: memarg(3, 0) })
    };
    /// An atomic access of less than its natural alignment.
    AtomicAlignment "atomic alignment must be natural" THREADS |b| {
        b.load(Instr::I32AtomicLoad { memarg: memarg(0, 0) })
    };
    /// An offset beyond a 32-bit memory.
    Offset "offset out of range" MEMORY64 |b| {
        b.memory == Some(Ty::I32) && b.load(Instr::I32Load { memarg: memarg(0, 1 << 33) })
    };
    /// A lane index that is out of range.
    Lane "invalid lane index" SIMD |b| {
        let vector = Instr::V128Const { value: V128([0; 16]) };
        b.instrs(&[vector, Instr::I8x16ExtractLaneS { lane: LaneIdx(16) }, Instr::Drop])
    };
    /// A `select` whose list of types is empty.
    SelectArity "invalid result arity" REFERENCE_TYPES |b| {
        let mut buffer = Vec::new();
        let types = SelectTypes::encode_in(&mut buffer, core::iter::empty());
        b.instrs(&[ZERO, ZERO, ZERO, Instr::SelectTyped { types }, Instr::Drop])
    };
    /// A `ref.func` of an undeclared function.
    UndeclaredFunc "undeclared function reference" REFERENCE_TYPES |b| {
        let changed = b.instrs(&[Instr::RefFunc { func: FuncIdx(b.funcs) }, Instr::Drop]);
        b.func(TypeIdx(0));
        changed
    };
    /// An initialiser of a global with an instruction that is not constant.
    NotConstant "constant expression required" NONE |b| {
        b.global(true, &[ZERO, Instr::I32Eqz, Instr::End]);
        true
    };
    /// Two exports with the same name.
    DuplicateExport "duplicate export name" NONE |b| {
        let index = FuncIdx(b.funcs - 1).into();
        if b.module.exports.is_empty() {
            b.module.exports.push(Export { name: "f".into(), index });
        }
        let name = b.module.exports.first().map(|export| export.name.clone());
        b.module.exports.extend(name.map(|name| Export { name, index }));
        true
    };
    /// A start function with a parameter.
    StartFunction "start function" NONE |b| {
        let ty = b.ty(FuncType::new([ValType::I32], []));
        b.module.start = Some(b.func(ty));
        true
    };
    /// A table whose minimum is greater than its maximum.
    LimitsOrder "size minimum must not be greater than maximum" NONE |b| {
        let is_allowed = b.tables == 0 || b.features.contains_all(Features::REFERENCE_TYPES);
        if is_allowed {
            let ty = TableType { elem: RefType::FUNCREF, limits: limits(2, Some(1)) };
            b.module.tables.push(Table { ty, init: None });
        }
        is_allowed
    };
    /// A memory of more than 4 GiB.
    MemorySize "memory size" NONE |b| {
        b.mem(MemType { limits: limits(65537, None), page_size_log2: None })
    };
    /// A second memory without the feature that allows several.
    MultipleMemories "multiple memories" NONE |b| {
        let is_rule = !b.features.contains_all(Features::MULTI_MEMORY);
        for _ in b.memories..if is_rule { 2 } else { 0 } {
            b.module.memories.push(MemType::default());
        }
        is_rule
    };
    /// A shared memory without a maximum.
    SharedNoMax "shared memory must have maximum" THREADS |b| {
        let limits = Limits { shared: true, ..limits(1, None) };
        b.mem(MemType { limits, page_size_log2: None })
    };
    /// A memory with pages of eight bytes.
    PageSize "invalid custom page size" CUSTOM_PAGE_SIZES |b| {
        b.mem(MemType { limits: limits(1, None), page_size_log2: Some(3) })
    };
    /// A tag with a result.
    TagResults "non-empty tag result type" EXCEPTIONS |b| {
        let ty = b.ty(FuncType::new([], [ValType::I32]));
        b.module.tags.push(TagType { ty });
        true
    };
    /// A subtype of a final type.
    FinalSupertype "sub type" GC |b| {
        let above = b.ty(struct_of(&[]));
        b.subtype(above)
    };
    /// A subtype with fewer fields than its supertype.
    Supertype "sub type" GC |b| {
        let above = b.ty(SubType { is_final: false, ..struct_of(&[field(true, I32)]) });
        b.subtype(above)
    };
    /// A supertype that is defined later.
    ForwardSupertype "forward use of type" GC |b| {
        let first = TypeIdx(b.module.types.len() as u32);
        b.module.rec_groups.push(RecGroup { first, len: 2 });
        b.subtype(TypeIdx(first.0 + 1));
        b.ty(SubType { is_final: false, ..struct_of(&[]) });
        true
    };
    /// A function whose type is a struct type.
    NonFunction "non-function type" GC |b| {
        let ty = b.ty(struct_of(&[]));
        b.func(ty);
        true
    };
    /// A `struct.new_default` of a function type.
    NonStruct "non-structure type" GC |b| {
        b.instrs(&[Instr::StructNewDefault { ty: TypeIdx(0) }, Instr::Drop])
    };
    /// An `array.new_default` of a function type.
    NonArray "non-array type" GC |b| {
        b.instrs(&[ZERO, Instr::ArrayNewDefault { ty: TypeIdx(0) }, Instr::Drop])
    };
    /// A read of a packed field without sign or zero extension.
    PackedField "field is packed" GC |b| {
        let ty = b.struct_type(true, StorageType::Pack(PackType::I8));
        b.read_field(ty, FieldIdx(0))
    };
    /// A default value of a field whose type has none.
    FieldDefault "field type is not defaultable" GC |b| {
        let ty = b.struct_type(true, StorageType::Val(ValType::Ref(RefType::FUNC)));
        b.instrs(&[Instr::StructNewDefault { ty }, Instr::Drop])
    };
    /// An array of references from a data segment.
    ArrayOfReferences "array type is not numeric or vector" GC |b| {
        !b.module.datas.is_empty() && {
            let ty = b.array_type(true, StorageType::Val(ValType::Ref(RefType::FUNCREF)));
            let new = Instr::ArrayNewData { ty, data: DataIdx(0) };
            b.instrs(&[ZERO, ZERO, new, Instr::Drop])
        }
    };
    /// A `rethrow` outside of a handler.
    RethrowLabel "invalid rethrow label" LEGACY_EXCEPTIONS |b| {
        b.instrs(&[Instr::Rethrow { label: LabelIdx(0) }])
    };
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description().trim())
    }
}

/// An index beyond the end of every index space.
const OUT_OF_RANGE: u32 = 1_000_000;

const ZERO: Instr<'static> = Instr::I32Const { value: 0 };

const I32: StorageType = StorageType::Val(ValType::I32);

const fn field(mutable: bool, storage: StorageType) -> FieldType {
    FieldType { mutable, storage }
}

fn struct_of(fields: &[FieldType]) -> SubType {
    CompType::Struct(StructType { fields: fields.into() }).into()
}

fn memarg(align: u8, offset: u64) -> MemArg {
    MemArg { align, offset, memory: MemIdx(0) }
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

    /// Adds a local to the last body, and reads it.
    fn read_new_local(&mut self, ty: ValType) -> bool {
        let Some(func) = self.module.funcs.last() else { return false };
        let count: u32 = func.body.locals().map(|local| local.count).sum();
        let local = LocalIdx(self.params + count);
        self.code(&[Local { count: 1, ty }], &[Instr::LocalGet { local }, Instr::Drop])
    }

    fn read_field(&mut self, ty: TypeIdx, field: FieldIdx) -> bool {
        let get = Instr::StructGet { ty, field };
        self.instrs(&[Instr::StructNewDefault { ty }, get, Instr::Drop])
    }

    /// Adds a struct type with one field.
    fn struct_type(&mut self, mutable: bool, storage: StorageType) -> TypeIdx {
        self.ty(struct_of(&[field(mutable, storage)]))
    }

    fn array_type(&mut self, mutable: bool, storage: StorageType) -> TypeIdx {
        self.ty(CompType::Array(ArrayType { field: field(mutable, storage) }))
    }

    /// Adds an empty struct type with a supertype.
    fn subtype(&mut self, above: TypeIdx) -> bool {
        self.ty(SubType { supertypes: [above].into(), ..struct_of(&[]) });
        true
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
        let room = self.memories == 0 || self.features.contains_all(Features::MULTI_MEMORY);
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
            memory: self.memories.first().map(|memory| Ty::address(memory.limits)),
            features: self.features,
            module: &mut self.module,
        };
        let (before, from) = Broken::ALL.split_at(start);
        let mut order = from.iter().chain(before).copied();
        // Any module can break the first rule.
        order.find(|&rule| breaker.break_rule(rule)).unwrap_or(Broken::Operand)
    }
}
