//! The table of operations: those of instructions, by shape, and those that stand for a few.
//!
//! Rows of fused operations are what compilers emit in loops, around calls and between loads and
//! stores. An operation takes longer to get to than to execute; a fused one is got to once.

/// Hands the operations of instructions, by shape, to the macro `$use`, behind what else it is
/// given.
///
/// - binary: with two slots; with a slot and an immediate
/// - compare: likewise, then the branches that are taken when it holds
/// - unary: one slot
/// - load: the type in memory, its extension, and the unsigned type of the same width
/// - store: the type in memory, and the operation that stores an immediate
/// - fused: the operation, and the two that it stands for when one follows the other. The first
///   has this code in the place of its own; the second stands behind it as it is, so that it
///   matters to nobody whether it is executed on its own: not to branches to it, nor to the
///   offsets of traps. The second may itself be fused. What is behind a branch is not
///   executed when the branch is taken.
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
                I32Load u32 u32 u32; I64Load u64 u64 u64; F32Load u32 u32 u32; F64Load u64 u64 u64;
                I32Load8S i8 i32 u32; I32Load8U u8 u32 u32;
                I32Load16S i16 i32 u32; I32Load16U u16 u32 u32;
                I64Load8S i8 i64 u64; I64Load8U u8 u64 u64;
                I64Load16S i16 i64 u64; I64Load16U u16 u64 u64;
                I64Load32S i32 i64 u64; I64Load32U u32 u64 u64;
            }
            store {
                I32Store u32 I32StoreImm; I64Store u64 I64StoreImm;
                F32Store u32 F32StoreImm; F64Store u64 F64StoreImm;
                I32Store8 u8 I32Store8Imm; I32Store16 u16 I32Store16Imm;
                I64Store8 u8 I64Store8Imm; I64Store16 u16 I64Store16Imm;
                I64Store32 u32 I64Store32Imm;
            }
            fused {
                // The end of a loop: what counts, and the branch on it.
                I32AddImmBrI32Ne = I32AddImm BrI32Ne; I32AddImmBrI32NeImm = I32AddImm BrI32NeImm;
                I32AddImmBrI32LtS = I32AddImm BrI32LtS;
                I32AddImmBrI32LtSImm = I32AddImm BrI32LtSImm;
                I32AddImmBrI32LtU = I32AddImm BrI32LtU;
                I32AddImmBrI32LtUImm = I32AddImm BrI32LtUImm;
                I32AddImmBrI32GtS = I32AddImm BrI32GtS;
                I32AddImmBrI32GtSImm = I32AddImm BrI32GtSImm;
                I32AddImmBrI32GtU = I32AddImm BrI32GtU;
                I32AddImmBrI32GtUImm = I32AddImm BrI32GtUImm;
                I32AddImmBrI32LeU = I32AddImm BrI32LeU;
                I32AddImmBrI32LeUImm = I32AddImm BrI32LeUImm;
                I32AddImmBrI32GeS = I32AddImm BrI32GeS;
                I32AddImmBrI32GeSImm = I32AddImm BrI32GeSImm;
                I32AddImmBrI32GeU = I32AddImm BrI32GeU;
                I32AddImmBrI32GeUImm = I32AddImm BrI32GeUImm; I64AddImmBrI64Ne = I64AddImm BrI64Ne;
                I64AddImmBrI64NeImm = I64AddImm BrI64NeImm; I64AddImmBrI64LtS = I64AddImm BrI64LtS;
                I64AddImmBrI64LtSImm = I64AddImm BrI64LtSImm;
                I64AddImmBrI64LtU = I64AddImm BrI64LtU;
                I64AddImmBrI64LtUImm = I64AddImm BrI64LtUImm;
                I64AddImmBrI64GtS = I64AddImm BrI64GtS;
                I64AddImmBrI64GtSImm = I64AddImm BrI64GtSImm;
                I64AddImmBrI64GtU = I64AddImm BrI64GtU;
                I64AddImmBrI64GtUImm = I64AddImm BrI64GtUImm;
                I64AddImmBrI64LeU = I64AddImm BrI64LeU;
                I64AddImmBrI64LeUImm = I64AddImm BrI64LeUImm;
                I64AddImmBrI64GeS = I64AddImm BrI64GeS;
                I64AddImmBrI64GeSImm = I64AddImm BrI64GeSImm;
                I64AddImmBrI64GeU = I64AddImm BrI64GeU;
                I64AddImmBrI64GeUImm = I64AddImm BrI64GeUImm; I32AddImmBrIf = I32AddImm BrIf;
                I32AddImmBrI32EqImm = I32AddImm BrI32EqImm;
                I64AddImmBrI64EqImm = I64AddImm BrI64EqImm;
                I32AddImmI32AddImmBrIf = I32AddImm I32AddImmBrIf;
                I32AddI32AddImmBrIf = I32Add I32AddImmBrIf;
                I32AddImmI32AddImmBrI32NeImm = I32AddImm I32AddImmBrI32NeImm;
                I32AddI32AddImmBrI32NeImm = I32Add I32AddImmBrI32NeImm;
                I32AddImmI32AddImmBrI32Ne = I32AddImm I32AddImmBrI32Ne;
                I32AddI32AddImmBrI32Ne = I32Add I32AddImmBrI32Ne;
                I32AddImmI32AddImmBrI32LtU = I32AddImm I32AddImmBrI32LtU;
                I32AddI32AddImmBrI32LtU = I32Add I32AddImmBrI32LtU;
                I32AddImmI32AddImmBrI32LtUImm = I32AddImm I32AddImmBrI32LtUImm;
                I32AddI32AddImmBrI32LtUImm = I32Add I32AddImmBrI32LtUImm;
                I32AddImmI32AddImmBrI32LtS = I32AddImm I32AddImmBrI32LtS;
                I32AddI32AddImmBrI32LtS = I32Add I32AddImmBrI32LtS;
                I32AddImmI32AddImmBrI32LtSImm = I32AddImm I32AddImmBrI32LtSImm;
                I32AddI32AddImmBrI32LtSImm = I32Add I32AddImmBrI32LtSImm;
                I64AddI64AddImmBrI64NeImm = I64Add I64AddImmBrI64NeImm;
                I64AddI64AddImmBrI64Ne = I64Add I64AddImmBrI64Ne;
                I64AddI64AddImmBrI64LtU = I64Add I64AddImmBrI64LtU;
                I64AddI64AddImmBrI64LtUImm = I64Add I64AddImmBrI64LtUImm;
                I64AddI64AddImmBrI64LtS = I64Add I64AddImmBrI64LtS;
                I64AddI64AddImmBrI64LtSImm = I64Add I64AddImmBrI64LtSImm;
                I32AddBrI32Ne = I32Add BrI32Ne; I32AddBrI32NeImm = I32Add BrI32NeImm;
                I32AddBrI32LtS = I32Add BrI32LtS; I32AddBrI32LtSImm = I32Add BrI32LtSImm;
                I32AddBrI32LtU = I32Add BrI32LtU; I32AddBrI32LtUImm = I32Add BrI32LtUImm;
                // The end of a loop with the last of what it does.
                I32AddImmI32AddImmI32AddImmBrIf = I32AddImm I32AddImmI32AddImmBrIf;
                I32AddImmI32AddImmI32AddImmBrI32NeImm = I32AddImm I32AddImmI32AddImmBrI32NeImm;
                I32AddImmI32AddImmI32AddImmBrI32Ne = I32AddImm I32AddImmI32AddImmBrI32Ne;
                I32AddImmI32AddImmI32AddImmBrI32LtU = I32AddImm I32AddImmI32AddImmBrI32LtU;
                I32StoreI32AddImmBrIf = I32Store I32AddImmBrIf;
                I32StoreI32AddImmBrI32NeImm = I32Store I32AddImmBrI32NeImm;
                I32StoreI32AddImmBrI32Ne = I32Store I32AddImmBrI32Ne;
                I32StoreI32AddImmBrI32LtU = I32Store I32AddImmBrI32LtU;
                I32StoreI32AddImmBrI32LtUImm = I32Store I32AddImmBrI32LtUImm;
                I32Store8I32AddImmBrIf = I32Store8 I32AddImmBrIf;
                I32Store8I32AddImmBrI32NeImm = I32Store8 I32AddImmBrI32NeImm;
                I32Store8I32AddImmBrI32Ne = I32Store8 I32AddImmBrI32Ne;
                I32Store8I32AddImmBrI32LtU = I32Store8 I32AddImmBrI32LtU;
                I32Store8I32AddImmBrI32LtUImm = I32Store8 I32AddImmBrI32LtUImm;
                I64StoreI32AddImmBrIf = I64Store I32AddImmBrIf;
                I64StoreI32AddImmBrI32NeImm = I64Store I32AddImmBrI32NeImm;
                I64StoreI32AddImmBrI32Ne = I64Store I32AddImmBrI32Ne;
                I64StoreI32AddImmBrI32LtU = I64Store I32AddImmBrI32LtU;
                I64StoreI32AddImmBrI32LtUImm = I64Store I32AddImmBrI32LtUImm;
                F64StoreI32AddImmBrIf = F64Store I32AddImmBrIf;
                F64StoreI32AddImmBrI32NeImm = F64Store I32AddImmBrI32NeImm;
                F64StoreI32AddImmBrI32Ne = F64Store I32AddImmBrI32Ne;
                F64StoreI32AddImmBrI32LtU = F64Store I32AddImmBrI32LtU;
                F64StoreI32AddImmBrI32LtUImm = F64Store I32AddImmBrI32LtUImm;
                CopyI32AddImmBrIf = Copy I32AddImmBrIf;
                CopyI32AddImmBrI32NeImm = Copy I32AddImmBrI32NeImm;
                CopyI32AddImmBrI32Ne = Copy I32AddImmBrI32Ne;
                CopyI32AddImmBrI32LtU = Copy I32AddImmBrI32LtU;
                CopyI32AddImmBrI32LtUImm = Copy I32AddImmBrI32LtUImm;
                I32Store8ImmI32AddBrI32LtU = I32Store8Imm I32AddBrI32LtU;
                I32Store8ImmI32AddBrI32LtUImm = I32Store8Imm I32AddBrI32LtUImm;
                I32Store8ImmI32AddImmBrIf = I32Store8Imm I32AddImmBrIf;
                I32Store8ImmI32AddImmBrI32NeImm = I32Store8Imm I32AddImmBrI32NeImm;
                I32Store8ImmI32AddImmBrI32Ne = I32Store8Imm I32AddImmBrI32Ne;
                I32Store8ImmI32AddImmBrI32LtU = I32Store8Imm I32AddImmBrI32LtU;
                I32Store8ImmI32AddImmBrI32LtUImm = I32Store8Imm I32AddImmBrI32LtUImm;
                I32StoreImmI32AddBrI32LtU = I32StoreImm I32AddBrI32LtU;
                I32StoreImmI32AddBrI32LtUImm = I32StoreImm I32AddBrI32LtUImm;
                I32StoreImmI32AddImmBrIf = I32StoreImm I32AddImmBrIf;
                I32StoreImmI32AddImmBrI32NeImm = I32StoreImm I32AddImmBrI32NeImm;
                I32StoreImmI32AddImmBrI32Ne = I32StoreImm I32AddImmBrI32Ne;
                I32StoreImmI32AddImmBrI32LtU = I32StoreImm I32AddImmBrI32LtU;
                I32StoreImmI32AddImmBrI32LtUImm = I32StoreImm I32AddImmBrI32LtUImm;
                // A test of what was loaded or masked.
                I32LoadBrIf = I32Load BrIf; I32LoadBrIfNot = I32Load BrIfNot;
                I32LoadBrI32EqImm = I32Load BrI32EqImm; I32LoadBrI32NeImm = I32Load BrI32NeImm;
                I32Load8UBrIf = I32Load8U BrIf; I32Load8UBrIfNot = I32Load8U BrIfNot;
                I32Load8UBrI32EqImm = I32Load8U BrI32EqImm;
                I32Load8UBrI32NeImm = I32Load8U BrI32NeImm; I32Load8UBrI32Eq = I32Load8U BrI32Eq;
                I32Load8UBrI32Ne = I32Load8U BrI32Ne;
                // A test of a global, and what follows when a branch is not taken.
                GlobalGetBrI32NeImm = GlobalGet BrI32NeImm;
                GlobalGetBrI32EqImm = GlobalGet BrI32EqImm; ConstSelect = Const Select;
                GlobalGetConstSelect = GlobalGet ConstSelect;
                CopyGlobalGetBrI32NeImm = Copy GlobalGetBrI32NeImm;
                I32AndImmBrI32EqImm = I32AndImm BrI32EqImm;
                I32AndImmBrI32NeImm = I32AndImm BrI32NeImm; BrI32NeImmBrIf = BrI32NeImm BrIf;
                BrI32NeImmCopy = BrI32NeImm Copy; BrI32NeImmI32Load = BrI32NeImm I32Load;
                BrI32NeImmI32AddImm = BrI32NeImm I32AddImm; BrI32NeImmConst = BrI32NeImm Const;
                BrIfNotCopy = BrIfNot Copy; BrIfI32AddImm = BrIf I32AddImm;
                // Arithmetic.
                I32AddI32Add = I32Add I32Add; I32AddI32And = I32Add I32And;
                I32AddI32Or = I32Add I32Or; I32AddI32Xor = I32Add I32Xor;
                I32SubI32Add = I32Sub I32Add; I32AndI32Add = I32And I32Add;
                I32AndI32And = I32And I32And; I32AndI32Or = I32And I32Or;
                I32AndI32Xor = I32And I32Xor; I32OrI32Add = I32Or I32Add;
                I32OrI32And = I32Or I32And; I32OrI32Or = I32Or I32Or; I32OrI32Xor = I32Or I32Xor;
                I32XorI32Add = I32Xor I32Add; I32XorI32And = I32Xor I32And;
                I32XorI32Or = I32Xor I32Or; I32XorI32Xor = I32Xor I32Xor;
                I32MulI32Add = I32Mul I32Add; I32AddImmI32Add = I32AddImm I32Add;
                I32AddImmI32And = I32AddImm I32And; I32AddImmI32Or = I32AddImm I32Or;
                I32AddImmI32Xor = I32AddImm I32Xor; I32AndImmI32Add = I32AndImm I32Add;
                I32AndImmI32And = I32AndImm I32And; I32AndImmI32Or = I32AndImm I32Or;
                I32AndImmI32Xor = I32AndImm I32Xor; I32XorImmI32Add = I32XorImm I32Add;
                I32XorImmI32And = I32XorImm I32And; I32XorImmI32Or = I32XorImm I32Or;
                I32XorImmI32Xor = I32XorImm I32Xor; I32ShlImmI32Add = I32ShlImm I32Add;
                I32ShlImmI32And = I32ShlImm I32And; I32ShlImmI32Or = I32ShlImm I32Or;
                I32ShlImmI32Xor = I32ShlImm I32Xor; I32ShrUImmI32Add = I32ShrUImm I32Add;
                I32ShrUImmI32And = I32ShrUImm I32And; I32ShrUImmI32Or = I32ShrUImm I32Or;
                I32ShrUImmI32Xor = I32ShrUImm I32Xor; I32RotlImmI32Add = I32RotlImm I32Add;
                I32RotlImmI32And = I32RotlImm I32And; I32RotlImmI32Or = I32RotlImm I32Or;
                I32RotlImmI32Xor = I32RotlImm I32Xor; I32RotrImmI32Add = I32RotrImm I32Add;
                I32RotrImmI32And = I32RotrImm I32And; I32RotrImmI32Or = I32RotrImm I32Or;
                I32RotrImmI32Xor = I32RotrImm I32Xor; I32AddImmI32AddImm = I32AddImm I32AddImm;
                I32AddImmI32AndImm = I32AddImm I32AndImm; I32ShlImmI32AddImm = I32ShlImm I32AddImm;
                I32ShlImmI32AndImm = I32ShlImm I32AndImm;
                I32ShrUImmI32AddImm = I32ShrUImm I32AddImm;
                I32ShrUImmI32AndImm = I32ShrUImm I32AndImm;
                I32MulImmI32AddImm = I32MulImm I32AddImm; I32MulImmI32AndImm = I32MulImm I32AndImm;
                I32AddI32AddImm = I32Add I32AddImm; I32AddI32ShlImm = I32Add I32ShlImm;
                I32AddImmI32ShlImm = I32AddImm I32ShlImm; I32RotrI32Rotr = I32Rotr I32Rotr;
                I32XorI32Rotr = I32Xor I32Rotr; I32RotrI32Xor = I32Rotr I32Xor;
                I64AddI64Add = I64Add I64Add; I64AddI64Or = I64Add I64Or;
                I64AddI64Xor = I64Add I64Xor; I64AndI64Add = I64And I64Add;
                I64AndI64Or = I64And I64Or; I64AndI64Xor = I64And I64Xor;
                I64XorI64Add = I64Xor I64Add; I64XorI64Or = I64Xor I64Or;
                I64XorI64Xor = I64Xor I64Xor; I64ShlImmI64Add = I64ShlImm I64Add;
                I64ShlImmI64Or = I64ShlImm I64Or; I64ShlImmI64Xor = I64ShlImm I64Xor;
                I64ShrUImmI64Add = I64ShrUImm I64Add; I64ShrUImmI64Or = I64ShrUImm I64Or;
                I64ShrUImmI64Xor = I64ShrUImm I64Xor; I64RotlImmI64Add = I64RotlImm I64Add;
                I64RotlImmI64Or = I64RotlImm I64Or; I64RotlImmI64Xor = I64RotlImm I64Xor;
                I64AndImmI64Add = I64AndImm I64Add; I64AndImmI64Or = I64AndImm I64Or;
                I64AndImmI64Xor = I64AndImm I64Xor; I64MulI64Add = I64Mul I64Add;
                I64MulI64Or = I64Mul I64Or; I64MulI64Xor = I64Mul I64Xor;
                I64AddI64AddImm = I64Add I64AddImm; I64AddImmI64AddImm = I64AddImm I64AddImm;
                F64MulF64Add = F64Mul F64Add; F64MulF64Sub = F64Mul F64Sub;
                F64LoadF64MulF64Add = F64Load F64MulF64Add;
                F64LoadF64LoadF64MulF64Add = F64Load F64LoadF64MulF64Add;
                F32MulF32Add = F32Mul F32Add; F64AddF64Add = F64Add F64Add;
                F64MulF64Mul = F64Mul F64Mul;
                // Memory.
                I32LoadI32Load = I32Load I32Load; I64LoadI64Load = I64Load I64Load;
                F64LoadF64Load = F64Load F64Load; F32LoadF32Load = F32Load F32Load;
                I32AddI32Load = I32Add I32Load; I32AddI32Load8U = I32Add I32Load8U;
                I32AddI64Load = I32Add I64Load; I32AddF64Load = I32Add F64Load;
                I32AddImmI32Load = I32AddImm I32Load; I32AddImmI32Load8U = I32AddImm I32Load8U;
                I32AddImmI64Load = I32AddImm I64Load; I32AddImmF64Load = I32AddImm F64Load;
                I32ShlImmI32AddI32Load = I32ShlImm I32AddI32Load; I32LoadI32Add = I32Load I32Add;
                I32LoadI32AddImm = I32Load I32AddImm; I32LoadI32And = I32Load I32And;
                I32LoadI32AndImm = I32Load I32AndImm; I32LoadI32Xor = I32Load I32Xor;
                I32LoadI32ShlImm = I32Load I32ShlImm; I32Load8UI32Add = I32Load8U I32Add;
                I32Load8UI32Or = I32Load8U I32Or; I32Load8UI32ShlImm = I32Load8U I32ShlImm;
                I64LoadI64Add = I64Load I64Add; F64LoadF64Mul = F64Load F64Mul;
                F64LoadF64Add = F64Load F64Add; F32LoadF32Mul = F32Load F32Mul;
                I32LoadI32Store = I32Load I32Store; I64LoadI64Store = I64Load I64Store;
                F64LoadF64Store = F64Load F64Store; I32Load8UI32Store8 = I32Load8U I32Store8;
                I32Load16UI32Store16 = I32Load16U I32Store16; I32AddI32Store = I32Add I32Store;
                I32AddImmI32Store = I32AddImm I32Store; I32AndI32Store = I32And I32Store;
                I32OrI32Store = I32Or I32Store; I32XorI32Store = I32Xor I32Store;
                I64AddI64Store = I64Add I64Store; F64AddF64Store = F64Add F64Store;
                I32StoreI32Store = I32Store I32Store; I64StoreI64Store = I64Store I64Store;
                I32StoreI32AddImm = I32Store I32AddImm; I32StoreI32Load = I32Store I32Load;
                ConstI32Load = Const I32Load; ConstI32Store = Const I32Store;
                // The stack that compilers keep in memory: its pointer is a global.
                GlobalGetI32AddImm = GlobalGet I32AddImm; I32AddImmGlobalSet = I32AddImm GlobalSet;
                GlobalGetI32AddImmGlobalSet = GlobalGet I32AddImmGlobalSet;
                GlobalSetReturn = GlobalSet Return; GlobalSetReturn1 = GlobalSet Return1;
                I32AddImmGlobalSetReturn = I32AddImm GlobalSetReturn;
                I32AddImmGlobalSetReturn1 = I32AddImm GlobalSetReturn1;
                // Moves, calls and returns.
                CopyCopy = Copy Copy; CopyCopyCopy = Copy CopyCopy; CopyConst = Copy Const;
                ConstCopy = Const Copy; ConstConst = Const Const; CopyBr = Copy Br;
                ConstBr = Const Br; I32AddImmBr = I32AddImm Br; I32AddBr = I32Add Br;
                CopyI32Add = Copy I32Add; CopyI32AddImm = Copy I32AddImm; I32AddCopy = I32Add Copy;
                I32AddImmCopy = I32AddImm Copy; CopyI32Load = Copy I32Load;
                I32LoadCopy = I32Load Copy; CopyCall = Copy Call; ConstCall = Const Call;
                I32AddImmCall = I32AddImm Call; I32LoadCall = I32Load Call;
                ConstConstCall = Const ConstCall; CopyConstCall = Copy ConstCall;
                CopyCopyCall = Copy CopyCall; ConstCopyCall = Const CopyCall;
                ConstConstConstCall = Const ConstConstCall;
                CopyConstConstConstCall = Copy ConstConstConstCall;
                CopyCallIndirect = Copy CallIndirect; CopyReturn1 = Copy Return1;
                I32LoadReturn1 = I32Load Return1; I64LoadReturn1 = I64Load Return1;
                I32AddReturn1 = I32Add Return1; I32AddImmReturn1 = I32AddImm Return1;
                I32AndReturn1 = I32And Return1; I32AndImmReturn1 = I32AndImm Return1;
                I32OrReturn1 = I32Or Return1; I32XorReturn1 = I32Xor Return1;
                I32SubReturn1 = I32Sub Return1; I64AddReturn1 = I64Add Return1;
                I64AddImmReturn1 = I64AddImm Return1; I64AndReturn1 = I64And Return1;
                I64AndImmReturn1 = I64AndImm Return1; I64OrReturn1 = I64Or Return1;
                I64XorReturn1 = I64Xor Return1; I64XorImmReturn1 = I64XorImm Return1;
                I64MulReturn1 = I64Mul Return1; I64MulImmReturn1 = I64MulImm Return1;
                I64RotlImmReturn1 = I64RotlImm Return1; F64AddReturn1 = F64Add Return1;
                F64MulReturn1 = F64Mul Return1;
            }
        }
    };
}
pub(crate) use for_each_operation;
