//! Almost valid modules: a valid module is made, and then exactly one known rule is broken.
//!
//! A rule is broken by an addition: of declarations at the ends of their lists, or of instructions
//! at the start of the last body.

use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{
    AddrType, ArrayType, BlockType, Body, CompType, DefIdx, Encode, Export, Expr, ExternKind,
    Features, FieldType, Func, FuncIdx, FuncType, Global, GlobalIdx, GlobalType, IndexSpaces,
    Instr, LaneIdx, Limits, Local, LocalIdx, MemArg, MemIdx, MemType, Module, PackType, RecGroup,
    RefType, SelectTypes, StorageType, StructType, SubType, Table, TableType, TagType, TypeIdx,
    V128, ValType,
};

use crate::declarations::limits;

macro_rules! rules {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $phrase:literal $feature:ident =>
            $( [$($instr:expr),+] )? $( |$breaker:ident| $how:expr )?;
    )*) => {
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

            /// The fault, in a few words: the summary of the variant.
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
                use Instr::*;
                self.features.contains_all(rule.feature())
                    && match rule { $( Broken::$name => {
                        $( self.instrs(&[$($instr),+]) )?
                        $( { let $breaker = self; $how } )?
                    } )* }
            }
        }
    };
}

// A row has the rule, the phrase, the feature that is needed, and the way to break the rule:
// instructions at the start of the last body, or code that returns whether it could break the rule.
rules! {
    /// An operand of the wrong type.
    Operand "type mismatch" NONE => [I64Const { value: 0 }, I32Eqz, Drop];
    /// A missing operand.
    MissingOperand "type mismatch" NONE => [I32Eqz, Drop];
    /// An operand left over at the end of a block.
    LeftOperand "type mismatch" NONE => [Block { block_type: BlockType::Empty }, ZERO, End];
    /// A local that does not exist.
    UnknownLocal "unknown local" NONE => [LocalGet { local: ABSENT.into() }, Drop];
    /// A global that does not exist.
    UnknownGlobal "unknown global" NONE => [GlobalGet { global: ABSENT.into() }, Drop];
    /// A function that does not exist.
    UnknownFunc "unknown function" NONE => [Call { func: ABSENT.into() }];
    /// A label that does not exist.
    UnknownLabel "unknown label" NONE => [ZERO, BrIf { label: ABSENT.into() }];
    /// A table that does not exist.
    UnknownTable "unknown table" REFERENCE_TYPES => |b| {
        let callee = wattle_ast::CallIndirect { ty: TypeIdx(0), table: ABSENT.into() };
        b.instrs(&[ZERO, CallIndirect { callee }])
    };
    /// A memory that does not exist.
    UnknownMemory "unknown memory" MULTI_MEMORY => [MemorySize { memory: ABSENT.into() }, Drop];
    /// A type that does not exist.
    UnknownType "unknown type" MULTI_VALUE =>
        [Block { block_type: BlockType::Type(ABSENT.into()) }, End];
    /// A tag that does not exist.
    UnknownTag "unknown tag" EXCEPTIONS => [Throw { tag: ABSENT.into() }];
    /// An element segment that does not exist.
    UnknownElem "unknown elem segment" BULK_MEMORY => [ElemDrop { elem: ABSENT.into() }];
    /// A data segment that does not exist.
    UnknownData "unknown data segment" BULK_MEMORY => [DataDrop { data: ABSENT.into() }];
    /// A field that does not exist.
    UnknownField "unknown field" GC => |b| {
        let ty = b.struct_type(true, I32);
        b.read_field(ty, 1)
    };
    /// A write to an immutable global.
    ImmutableGlobal "immutable global" NONE => |b| {
        let global = b.global(false, &[ZERO, End]);
        b.instrs(&[ZERO, GlobalSet { global }])
    };
    /// A write to an immutable field.
    ImmutableField "immutable field" GC => |b| {
        let ty = b.struct_type(false, I32);
        b.instrs(&[StructNewDefault { ty }, ZERO, StructSet { ty, field: 0.into() }])
    };
    /// A write to an immutable array.
    ImmutableArray "immutable array" GC => |b| {
        let ty = b.array_type(false, I32);
        b.instrs(&[ZERO, ArrayNewDefault { ty }, ZERO, ZERO, ArraySet { ty }])
    };
    /// A local read before it has a value.
    UninitializedLocal "uninitialized local" FUNCTION_REFERENCES =>
        |b| b.read_new_local(ValType::Ref(RefType::FUNC));
    /// An alignment larger than the access.
    Alignment "alignment must not be larger than natural" NONE =>
        |b| b.load(I32Load { memarg: memarg(3, 0) });
    /// An atomic access of less than its natural alignment.
    AtomicAlignment "atomic alignment must be natural" THREADS =>
        |b| b.load(I32AtomicLoad { memarg: memarg(0, 0) });
    /// An offset beyond a 32-bit memory.
    Offset "offset out of range" MEMORY64 =>
        |b| b.addr() == Some(AddrType::I32) && b.load(I32Load { memarg: memarg(0, 1 << 33) });
    /// A lane index that is out of range.
    Lane "invalid lane index" SIMD =>
        [V128Const { value: V128([0; 16]) }, I8x16ExtractLaneS { lane: LaneIdx(16) }, Drop];
    /// A `select` whose list of types is empty.
    SelectArity "invalid result arity" REFERENCE_TYPES => |b| {
        let mut buffer = Vec::new();
        let types = SelectTypes::encode_in(&mut buffer, core::iter::empty());
        b.instrs(&[ZERO, ZERO, ZERO, SelectTyped { types }, Drop])
    };
    /// A `ref.func` of an undeclared function.
    UndeclaredFunc "undeclared function reference" REFERENCE_TYPES => |b| {
        let func = b.func(TypeIdx(0));
        b.code(DefIdx::new(b.module.funcs.len() as u32 - 2), &[], &[RefFunc { func }, Drop])
    };
    /// An initialiser of a global with an instruction that is not constant.
    NotConstant "constant expression required" NONE => |b| {
        b.global(true, &[ZERO, I32Eqz, End]);
        true
    };
    /// Two exports with the same name.
    DuplicateExport "duplicate export name" NONE => |b| {
        let index = FuncIdx(b.spaces.len(ExternKind::Func) - 1).into();
        let first = b.module.exports.first().map(|export| export.name.clone());
        let name = first.unwrap_or_else(|| {
            b.module.exports.push(Export { name: "f".into(), index });
            "f".into()
        });
        b.module.exports.push(Export { name, index });
        true
    };
    /// A start function with a parameter.
    StartFunction "start function" NONE => |b| {
        let ty = b.ty(FuncType::new([ValType::I32], []));
        b.module.start = Some(b.func(ty));
        true
    };
    /// A table whose minimum is greater than its maximum.
    LimitsOrder "size minimum must not be greater than maximum" NONE => |b| {
        let is_allowed = b.spaces.tables.is_empty() || b.has(Features::REFERENCE_TYPES);
        if is_allowed {
            let ty = TableType { elem: RefType::FUNCREF, limits: limits(2, Some(1)) };
            b.module.tables.push(Table { ty, init: None });
        }
        is_allowed
    };
    /// A memory of more than 4 GiB.
    MemorySize "memory size" NONE => |b| b.mem(limits(65537, None), None);
    /// A second memory without the feature that allows several.
    MultipleMemories "multiple memories" NONE => |b| {
        let is_rule = !b.has(Features::MULTI_MEMORY);
        for _ in b.spaces.mems.len()..if is_rule { 2 } else { 0 } {
            b.module.memories.push(MemType::default());
        }
        is_rule
    };
    /// A shared memory without a maximum.
    SharedNoMax "shared memory must have maximum" THREADS =>
        |b| b.mem(Limits { shared: true, ..limits(1, None) }, None);
    /// A memory with pages of eight bytes.
    PageSize "invalid custom page size" CUSTOM_PAGE_SIZES => |b| b.mem(limits(1, None), Some(3));
    /// A tag with a result.
    TagResults "non-empty tag result type" EXCEPTIONS => |b| {
        let ty = b.ty(FuncType::new([], [ValType::I32]));
        b.module.tags.push(TagType { ty });
        true
    };
    /// A subtype of a final type.
    FinalSupertype "sub type" GC => |b| {
        let above = b.ty(struct_of(&[]));
        b.subtype(above)
    };
    /// A subtype with fewer fields than its supertype.
    Supertype "sub type" GC => |b| {
        let above = b.ty(SubType { is_final: false, ..struct_of(&[field(true, I32)]) });
        b.subtype(above)
    };
    /// A supertype that is defined later.
    ForwardSupertype "forward use of type" GC => |b| {
        let first = TypeIdx(b.module.types.len() as u32);
        b.module.rec_groups.push(RecGroup { first, len: 2 });
        b.subtype(TypeIdx(first.0 + 1));
        b.ty(SubType { is_final: false, ..struct_of(&[]) });
        true
    };
    /// A function whose type is a struct type.
    NonFunction "non-function type" GC => |b| {
        let ty = b.ty(struct_of(&[]));
        b.func(ty);
        true
    };
    /// A `struct.new_default` of a function type.
    NonStruct "non-structure type" GC => [StructNewDefault { ty: TypeIdx(0) }, Drop];
    /// An `array.new_default` of a function type.
    NonArray "non-array type" GC => [ZERO, ArrayNewDefault { ty: TypeIdx(0) }, Drop];
    /// A read of a packed field without sign or zero extension.
    PackedField "field is packed" GC => |b| {
        let ty = b.struct_type(true, StorageType::Pack(PackType::I8));
        b.read_field(ty, 0)
    };
    /// A default value of a field whose type has none.
    FieldDefault "field type is not defaultable" GC => |b| {
        let ty = b.struct_type(true, StorageType::Val(ValType::Ref(RefType::FUNC)));
        b.instrs(&[StructNewDefault { ty }, Drop])
    };
    /// An array of references from a data segment.
    ArrayOfReferences "array type is not numeric or vector" GC => |b| {
        !b.module.datas.is_empty() && {
            let ty = b.array_type(true, StorageType::Val(ValType::Ref(RefType::FUNCREF)));
            b.instrs(&[ZERO, ZERO, ArrayNewData { ty, data: 0.into() }, Drop])
        }
    };
    /// A `rethrow` outside of a handler.
    RethrowLabel "invalid rethrow label" LEGACY_EXCEPTIONS => [Rethrow { label: 0.into() }];
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description().trim())
    }
}

/// An index beyond the end of every index space.
const ABSENT: u32 = 1_000_000;

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

/// Adds the declarations and instructions that break a rule to a module.
struct Breaker<'m> {
    module: &'m mut Module<'static>,
    /// The index spaces of the module as it was.
    spaces: IndexSpaces,
    features: Features,
}

impl Breaker<'_> {
    fn has(&self, feature: Features) -> bool {
        self.features.contains_all(feature)
    }

    /// Inserts instructions at the start of a body, and adds locals to it. `false` when there is no
    /// such function.
    fn code(&mut self, func: DefIdx<FuncIdx>, locals: &[Local], instrs: &[Instr<'_>]) -> bool {
        let Some(Func { body, .. }) = self.module.funcs.get_mut(func) else { return false };
        let mut bytes = Vec::new();
        instrs.iter().for_each(|instr| instr.encode(&mut bytes));
        bytes.extend_from_slice(body.code());
        let all: Vec<Local> = body.locals().chain(locals.iter().copied()).collect();
        *body = Body::new(all, Expr::new(bytes));
        true
    }

    /// The last function.
    fn last(&self) -> DefIdx<FuncIdx> {
        DefIdx::new((self.module.funcs.len() as u32).wrapping_sub(1))
    }

    /// Inserts instructions at the start of the last body.
    fn instrs(&mut self, instrs: &[Instr<'_>]) -> bool {
        self.code(self.last(), &[], instrs)
    }

    /// Adds a local to the last body, and reads it.
    fn read_new_local(&mut self, ty: ValType) -> bool {
        let Some(Func { body, ty: func_type }) = self.module.funcs.last() else { return false };
        let params = self.module.func_type(*func_type).map_or(0, |ty| ty.params().len());
        let count: u32 = body.locals().map(|local| local.count).sum();
        let read = [Instr::LocalGet { local: LocalIdx(params as u32 + count) }, Instr::Drop];
        self.code(self.last(), &[Local { count: 1, ty }], &read)
    }

    fn read_field(&mut self, ty: TypeIdx, field: u32) -> bool {
        let get = Instr::StructGet { ty, field: field.into() };
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
        FuncIdx(self.spaces.len(ExternKind::Func))
    }

    fn global(&mut self, mutable: bool, init: &[Instr<'_>]) -> GlobalIdx {
        let ty = GlobalType { mutable, val: ValType::I32 };
        let init = init.iter().copied().collect();
        self.module.globals.push(Global { ty, init });
        GlobalIdx(self.spaces.len(ExternKind::Global))
    }

    fn mem(&mut self, limits: Limits, page_size_log2: Option<u8>) -> bool {
        let room = self.spaces.mems.is_empty() || self.has(Features::MULTI_MEMORY);
        if room {
            self.module.memories.push(MemType { limits, page_size_log2 });
        }
        room
    }

    /// The address type of the first memory.
    fn addr(&self) -> Option<AddrType> {
        self.spaces.mems.first().map(|memory| memory.limits.addr)
    }

    /// Inserts a load from the first memory.
    fn load(&mut self, instr: Instr<'_>) -> bool {
        let address = match self.addr() {
            Some(AddrType::I64) => Instr::I64Const { value: 0 },
            Some(AddrType::I32) => ZERO,
            None => return false,
        };
        self.instrs(&[address, instr, Instr::Drop])
    }
}

/// Breaks the rule with this number, or the next one that the module can break. Returns the rule.
pub(crate) fn break_rule(module: &mut Module<'static>, features: Features, start: usize) -> Broken {
    let spaces = IndexSpaces::of(module);
    let mut breaker = Breaker { module, spaces, features };
    let (before, from) = Broken::ALL.split_at(start);
    let mut order = from.iter().chain(before).copied();
    // Any module can break the first rule.
    order.find(|&rule| breaker.break_rule(rule)).unwrap_or(Broken::Operand)
}
