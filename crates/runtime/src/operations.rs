//! The table of operations: those of instructions, by shape, and fused ones.
//!
//! Dispatching to an operation takes longer than executing it. So sequences that compilers emit
//! often have one operation, which takes one dispatch: at the ends of loops, around calls, between
//! loads and stores. Each fused operation in the table was chosen by profiles of real programs and
//! kernels.

/// Passes the operations to the macro `$use`, after its other arguments.
///
/// - binary: the operation on two slots; that on a slot and an immediate
/// - compare: the operation on two slots; that on a slot and an immediate; the two branches that
///   are taken when the comparison holds
/// - unary: the operation on one slot
/// - load: the unsigned integer with the bytes in memory
/// - store: the type in memory, and the operation that stores an immediate
/// - fused: the operation, and the two that it replaces when one follows the other; the second may
///   be fused too. The fused operation takes the place of the first, and the second stays behind
///   it, so that branches to it and the offsets of traps stay right. An operation that is fused
///   behind a branch is not executed when the branch is taken.
/// - vector: for each shape of operands, the operation that executes any instruction by its opcode,
///   and the common instructions, which have operations of their own
/// - part: other operations that fused ones contain, and their effects
macro_rules! for_each_operation {
    ($use:ident $( $with:tt )*) => {
        $use! {
            $( $with )*
            binary {
                I32Add I32AddImm; I32Sub I32SubImm; I32Mul I32MulImm; I32DivS I32DivSImm;
                I32DivU I32DivUImm; I32RemS I32RemSImm; I32RemU I32RemUImm; I32And I32AndImm;
                I32Or I32OrImm; I32Xor I32XorImm; I32Shl I32ShlImm; I32ShrS I32ShrSImm;
                I32ShrU I32ShrUImm; I32Rotl I32RotlImm; I32Rotr I32RotrImm;
                I64Add I64AddImm; I64Sub I64SubImm; I64Mul I64MulImm; I64DivS I64DivSImm;
                I64DivU I64DivUImm; I64RemS I64RemSImm; I64RemU I64RemUImm; I64And I64AndImm;
                I64Or I64OrImm; I64Xor I64XorImm; I64Shl I64ShlImm; I64ShrS I64ShrSImm;
                I64ShrU I64ShrUImm; I64Rotl I64RotlImm; I64Rotr I64RotrImm;
                F32Add F32AddImm; F32Sub F32SubImm; F32Mul F32MulImm; F32Div F32DivImm;
                F32Min F32MinImm; F32Max F32MaxImm; F32Copysign F32CopysignImm;
                F64Add F64AddImm; F64Sub F64SubImm; F64Mul F64MulImm; F64Div F64DivImm;
                F64Min F64MinImm; F64Max F64MaxImm; F64Copysign F64CopysignImm;
                F32Eq F32EqImm; F32Ne F32NeImm; F32Lt F32LtImm; F32Gt F32GtImm; F32Le F32LeImm;
                F32Ge F32GeImm; F64Eq F64EqImm; F64Ne F64NeImm; F64Lt F64LtImm; F64Gt F64GtImm;
                F64Le F64LeImm; F64Ge F64GeImm;
            }
            compare {
                I32Eq I32EqImm BrI32Eq BrI32EqImm; I32Ne I32NeImm BrI32Ne BrI32NeImm;
                I32LtS I32LtSImm BrI32LtS BrI32LtSImm; I32LtU I32LtUImm BrI32LtU BrI32LtUImm;
                I32GtS I32GtSImm BrI32GtS BrI32GtSImm; I32GtU I32GtUImm BrI32GtU BrI32GtUImm;
                I32LeS I32LeSImm BrI32LeS BrI32LeSImm; I32LeU I32LeUImm BrI32LeU BrI32LeUImm;
                I32GeS I32GeSImm BrI32GeS BrI32GeSImm; I32GeU I32GeUImm BrI32GeU BrI32GeUImm;
                I64Eq I64EqImm BrI64Eq BrI64EqImm; I64Ne I64NeImm BrI64Ne BrI64NeImm;
                I64LtS I64LtSImm BrI64LtS BrI64LtSImm; I64LtU I64LtUImm BrI64LtU BrI64LtUImm;
                I64GtS I64GtSImm BrI64GtS BrI64GtSImm; I64GtU I64GtUImm BrI64GtU BrI64GtUImm;
                I64LeS I64LeSImm BrI64LeS BrI64LeSImm; I64LeU I64LeUImm BrI64LeU BrI64LeUImm;
                I64GeS I64GeSImm BrI64GeS BrI64GeSImm; I64GeU I64GeUImm BrI64GeU BrI64GeUImm;
            }
            unary {
                I32Clz I32Ctz I32Popcnt I64Clz I64Ctz I64Popcnt
                F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt
                F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt
                I32WrapI64 I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U
                I64ExtendI32S I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
                F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U F32DemoteF64
                F64ConvertI32S F64ConvertI32U F64ConvertI64S F64ConvertI64U F64PromoteF32
                I32Extend8S I32Extend16S I64Extend8S I64Extend16S I64Extend32S
                I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U
                I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
            }
            load {
                I32Load u32; I64Load u64; F32Load u32; F64Load u64;
                I32Load8S u8; I32Load8U u8; I32Load16S u16; I32Load16U u16; I64Load8S u8;
                I64Load8U u8; I64Load16S u16; I64Load16U u16; I64Load32S u32; I64Load32U u32;
            }
            store {
                I32Store u32 I32StoreImm; I64Store u64 I64StoreImm;
                F32Store u32 F32StoreImm; F64Store u64 F64StoreImm;
                I32Store8 u8 I32Store8Imm; I32Store16 u16 I32Store16Imm;
                I64Store8 u8 I64Store8Imm; I64Store16 u16 I64Store16Imm;
                I64Store32 u32 I64Store32Imm;
            }
            fused {
                // The end of a loop: the last operation of its body, the step, and the branch.
                I32AddImmBrIf = I32AddImm BrIf; I32AddImmBrI32Ne = I32AddImm BrI32Ne;
                I32AddImmBrI32NeImm = I32AddImm BrI32NeImm; I32AddImmBrI32LtU = I32AddImm BrI32LtU;
                I32AddImmBrI32LtUImm = I32AddImm BrI32LtUImm;
                I32AddImmBrI32LtS = I32AddImm BrI32LtS;
                I32AddImmBrI32LtSImm = I32AddImm BrI32LtSImm;
                I32AddImmBrI32GeUImm = I32AddImm BrI32GeUImm; I64AddImmBrI64Ne = I64AddImm BrI64Ne;
                I64AddImmBrI64NeImm = I64AddImm BrI64NeImm; I64AddImmBrI64LtU = I64AddImm BrI64LtU;
                I64AddImmBrI64LtUImm = I64AddImm BrI64LtUImm; I32AddBrI32LtU = I32Add BrI32LtU;
                I32AddBrI32LtUImm = I32Add BrI32LtUImm;
                I32AddImmI32AddImmBrIf = I32AddImm I32AddImmBrIf;
                I32AddImmI32AddImmBrI32Ne = I32AddImm I32AddImmBrI32Ne;
                I32AddImmI32AddImmBrI32LtU = I32AddImm I32AddImmBrI32LtU;
                I32AddI32AddImmBrI32LtUImm = I32Add I32AddImmBrI32LtUImm;
                I64AddI64AddImmBrI64LtUImm = I64Add I64AddImmBrI64LtUImm;
                I32AddImmI32AddImmI32AddImmBrIf = I32AddImm I32AddImmI32AddImmBrIf;
                CopyI32AddImmBrI32LtUImm = Copy I32AddImmBrI32LtUImm;
                I32StoreI32AddImmBrIf = I32Store I32AddImmBrIf;
                I32StoreI32AddImmBrI32LtU = I32Store I32AddImmBrI32LtU;
                I32StoreI32AddImmBrI32LtUImm = I32Store I32AddImmBrI32LtUImm;
                I32Store8ImmI32AddBrI32LtUImm = I32Store8Imm I32AddBrI32LtUImm;
                // A test, and the operation after a branch that is not taken.
                I32AndImmBrI32EqImm = I32AndImm BrI32EqImm;
                I32AndImmBrI32NeImm = I32AndImm BrI32NeImm; I32LoadBrIfNot = I32Load BrIfNot;
                I32LoadBrI32EqImm = I32Load BrI32EqImm; I32LoadBrI32NeImm = I32Load BrI32NeImm;
                I32Load8UBrI32NeImm = I32Load8U BrI32NeImm;
                GlobalGetBrI32EqImm = GlobalGet BrI32EqImm;
                GlobalGetBrI32NeImm = GlobalGet BrI32NeImm;
                CopyGlobalGetBrI32NeImm = Copy GlobalGetBrI32NeImm; ConstSelect = Const Select;
                GlobalGetConstSelect = GlobalGet ConstSelect; BrI32NeImmBrIf = BrI32NeImm BrIf;
                BrI32NeImmCopy = BrI32NeImm Copy; BrI32NeImmI32Load = BrI32NeImm I32Load;
                BrI32NeImmI32AddImm = BrI32NeImm I32AddImm; BrI32NeImmConst = BrI32NeImm Const;
                BrIfNotCopy = BrIfNot Copy; BrIfI32AddImm = BrIf I32AddImm;
                // Arithmetic.
                I32AddI32Add = I32Add I32Add; I32AddI32AddImm = I32Add I32AddImm;
                I32AddI32And = I32Add I32And; I32AddI32ShlImm = I32Add I32ShlImm;
                I32AddImmI32AddImm = I32AddImm I32AddImm; I32AddImmI32And = I32AddImm I32And;
                I32AddImmI32AndImm = I32AddImm I32AndImm; I32AndI32And = I32And I32And;
                I32AndI32Xor = I32And I32Xor; I32XorI32Add = I32Xor I32Add;
                I32XorI32And = I32Xor I32And; I32XorI32Rotr = I32Xor I32Rotr;
                I32XorImmI32And = I32XorImm I32And; I32RotrI32Rotr = I32Rotr I32Rotr;
                I32RotrI32Xor = I32Rotr I32Xor; I32ShlImmI32Add = I32ShlImm I32Add;
                I32ShrUImmI32AndImm = I32ShrUImm I32AndImm; F64MulF64Add = F64Mul F64Add;
                // Loads and stores.
                I32LoadI32Load = I32Load I32Load; I32LoadI32Add = I32Load I32Add;
                I32LoadI32AddImm = I32Load I32AddImm; I32LoadI32And = I32Load I32And;
                I32LoadI32AndImm = I32Load I32AndImm; I32LoadI32ShlImm = I32Load I32ShlImm;
                I32LoadCopy = I32Load Copy; I32AddI32Load = I32Add I32Load;
                I32AddImmI32Load = I32AddImm I32Load; I32AddImmI32Load8U = I32AddImm I32Load8U;
                I32ShlImmI32AddI32Load = I32ShlImm I32AddI32Load; ConstI32Load = Const I32Load;
                F64LoadF64MulF64Add = F64Load F64MulF64Add;
                F64LoadF64LoadF64MulF64Add = F64Load F64LoadF64MulF64Add;
                I32LoadI32Store = I32Load I32Store; I64LoadI64Store = I64Load I64Store;
                I32Load8UI32Store8 = I32Load8U I32Store8; I32AddI32Store = I32Add I32Store;
                I32AddImmI32Store = I32AddImm I32Store; I32AndI32Store = I32And I32Store;
                I32OrI32Store = I32Or I32Store; ConstI32Store = Const I32Store;
                I32StoreI32Store = I32Store I32Store; I32StoreI32Load = I32Store I32Load;
                I32StoreI32AddImm = I32Store I32AddImm;
                // The stack that compilers keep in memory, whose pointer is a global.
                I32AddImmGlobalSet = I32AddImm GlobalSet;
                GlobalGetI32AddImmGlobalSet = GlobalGet I32AddImmGlobalSet;
                GlobalSetReturn = GlobalSet Return; GlobalSetReturn1 = GlobalSet Return1;
                I32AddImmGlobalSetReturn = I32AddImm GlobalSetReturn;
                I32AddImmGlobalSetReturn1 = I32AddImm GlobalSetReturn1;
                // Moves, jumps, calls and returns.
                CopyCopy = Copy Copy; CopyCopyCopy = Copy CopyCopy; CopyConst = Copy Const;
                CopyI32Add = Copy I32Add; CopyBr = Copy Br; ConstBr = Const Br;
                ConstConst = Const Const; ConstCopy = Const Copy; I32AddImmCopy = I32AddImm Copy;
                I32AddImmBr = I32AddImm Br; CopyCall = Copy Call; CopyCopyCall = Copy CopyCall;
                ConstCall = Const Call; ConstConstCall = Const ConstCall;
                ConstConstConstCall = Const ConstConstCall;
                CopyConstConstConstCall = Copy ConstConstConstCall; CopyConstCall = Copy ConstCall;
                ConstCopyCall = Const CopyCall; I32AddImmCall = I32AddImm Call;
                CopyCallIndirect = Copy CallIndirect; CopyReturn1 = Copy Return1;
                I32AddReturn1 = I32Add Return1; I32AndImmReturn1 = I32AndImm Return1;
                I32XorReturn1 = I32Xor Return1; I64AddImmReturn1 = I64AddImm Return1;
                I64XorImmReturn1 = I64XorImm Return1; I64MulImmReturn1 = I64MulImm Return1;
                I64RotlImmReturn1 = I64RotlImm Return1;
            }
            vector {
                VectorUnary: F32x4Abs I16x8ExtendLowI8x16S I16x8ExtendLowI8x16U I32x4ExtendLowI16x8S
                    I32x4ExtendLowI16x8U F32x4ConvertI32x4S;
                VectorBinary: V128And V128Or V128Xor I8x16Eq I8x16GtU I8x16Add I8x16AddSatU
                    I8x16MaxU I16x8Add I32x4Add I32x4Sub I32x4Mul I64x2Add F32x4Add F32x4Sub
                    F32x4Mul F64x2Add F64x2Mul;
                VectorTernary: V128Bitselect;
                VectorTest: V128AnyTrue I8x16Bitmask;
                VectorShift: I32x4Shl I32x4ShrU;
                VectorSplat: I32x4Splat F32x4Splat;
                VectorExtract: I8x16ExtractLaneU I32x4ExtractLane I64x2ExtractLane F32x4ExtractLane;
                VectorReplace: I8x16ReplaceLane I32x4ReplaceLane F32x4ReplaceLane;
            }
            part {
                Br = "Go to `imm`.";
                BrIf = "Go to `low` when slot `b` is not 0.";
                BrIfNot = "Go to `low` when slot `b` is 0.";
                Const = "`a` is `imm`.";
                Copy = "`a` is `b`.";
                Select = "`a` is slot `b` when slot `low` is not 0, else slot `c`.";
                GlobalGet = "`a` is global `imm`.";
                GlobalSet = "Global `imm` is `b`.";
                Return = "Leave the function, whose results are in slots 0 and up.";
                Return1 = "Leave the function, whose one result is slot `b`.";
                Call = "Call function `imm` that the module defines. Its frame begins at slot `a`.";
                CallIndirect = "Call the function in table `low` at `b`; its type is `high`.";
            }
        }
    };
}
pub(crate) use for_each_operation;
