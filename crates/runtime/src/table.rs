//! The table of operations: those of instructions, by shape, and those that stand for a few.
//!
//! Rows of fused operations are what compilers emit in loops, around calls and between loads and
//! stores. An operation takes longer to get to than to execute; a fused one is got to once.

/// Hands the operations of instructions, by shape, to the macro `$use`.
///
/// - binary: with two slots; with a slot and an immediate
/// - compare: likewise, then the branches that are taken when it holds
/// - unary: one slot
/// - load: the type in memory, its extension, and the unsigned type of the same width
/// - store: the type in memory, and the operation that stores an immediate
/// - fused: the operation, the two whose row it stands for, and the steps that it takes. The first
///   of the row has this code in the place of its own; the others stand behind it as they are, so
///   that it matters to nobody whether they are executed on their own: not to branches to them,
///   nor to the offsets of traps. The second may itself be fused. Only the last step may branch.
macro_rules! for_each_operation {
    ($use:ident) => {
        $use! {
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
                I32AddImmBrI32Ne = I32AddImm BrI32Ne: [immediate I32Add] [branch I32Ne];
                I32AddImmBrI32NeImm = I32AddImm BrI32NeImm:
                    [immediate I32Add] [branch_immediate I32Ne];
                I32AddImmBrI32LtS = I32AddImm BrI32LtS: [immediate I32Add] [branch I32LtS];
                I32AddImmBrI32LtSImm = I32AddImm BrI32LtSImm:
                    [immediate I32Add] [branch_immediate I32LtS];
                I32AddImmBrI32LtU = I32AddImm BrI32LtU: [immediate I32Add] [branch I32LtU];
                I32AddImmBrI32LtUImm = I32AddImm BrI32LtUImm:
                    [immediate I32Add] [branch_immediate I32LtU];
                I32AddImmBrI32GtS = I32AddImm BrI32GtS: [immediate I32Add] [branch I32GtS];
                I32AddImmBrI32GtSImm = I32AddImm BrI32GtSImm:
                    [immediate I32Add] [branch_immediate I32GtS];
                I32AddImmBrI32GtU = I32AddImm BrI32GtU: [immediate I32Add] [branch I32GtU];
                I32AddImmBrI32GtUImm = I32AddImm BrI32GtUImm:
                    [immediate I32Add] [branch_immediate I32GtU];
                I32AddImmBrI32LeU = I32AddImm BrI32LeU: [immediate I32Add] [branch I32LeU];
                I32AddImmBrI32LeUImm = I32AddImm BrI32LeUImm:
                    [immediate I32Add] [branch_immediate I32LeU];
                I32AddImmBrI32GeS = I32AddImm BrI32GeS: [immediate I32Add] [branch I32GeS];
                I32AddImmBrI32GeSImm = I32AddImm BrI32GeSImm:
                    [immediate I32Add] [branch_immediate I32GeS];
                I32AddImmBrI32GeU = I32AddImm BrI32GeU: [immediate I32Add] [branch I32GeU];
                I32AddImmBrI32GeUImm = I32AddImm BrI32GeUImm:
                    [immediate I32Add] [branch_immediate I32GeU];
                I64AddImmBrI64Ne = I64AddImm BrI64Ne: [immediate I64Add] [branch I64Ne];
                I64AddImmBrI64NeImm = I64AddImm BrI64NeImm:
                    [immediate I64Add] [branch_immediate I64Ne];
                I64AddImmBrI64LtS = I64AddImm BrI64LtS: [immediate I64Add] [branch I64LtS];
                I64AddImmBrI64LtSImm = I64AddImm BrI64LtSImm:
                    [immediate I64Add] [branch_immediate I64LtS];
                I64AddImmBrI64LtU = I64AddImm BrI64LtU: [immediate I64Add] [branch I64LtU];
                I64AddImmBrI64LtUImm = I64AddImm BrI64LtUImm:
                    [immediate I64Add] [branch_immediate I64LtU];
                I64AddImmBrI64GtS = I64AddImm BrI64GtS: [immediate I64Add] [branch I64GtS];
                I64AddImmBrI64GtSImm = I64AddImm BrI64GtSImm:
                    [immediate I64Add] [branch_immediate I64GtS];
                I64AddImmBrI64GtU = I64AddImm BrI64GtU: [immediate I64Add] [branch I64GtU];
                I64AddImmBrI64GtUImm = I64AddImm BrI64GtUImm:
                    [immediate I64Add] [branch_immediate I64GtU];
                I64AddImmBrI64LeU = I64AddImm BrI64LeU: [immediate I64Add] [branch I64LeU];
                I64AddImmBrI64LeUImm = I64AddImm BrI64LeUImm:
                    [immediate I64Add] [branch_immediate I64LeU];
                I64AddImmBrI64GeS = I64AddImm BrI64GeS: [immediate I64Add] [branch I64GeS];
                I64AddImmBrI64GeSImm = I64AddImm BrI64GeSImm:
                    [immediate I64Add] [branch_immediate I64GeS];
                I64AddImmBrI64GeU = I64AddImm BrI64GeU: [immediate I64Add] [branch I64GeU];
                I64AddImmBrI64GeUImm = I64AddImm BrI64GeUImm:
                    [immediate I64Add] [branch_immediate I64GeU];
                I32AddImmBrIf = I32AddImm BrIf: [immediate I32Add] [br_if];
                I32AddImmBrI32EqImm = I32AddImm BrI32EqImm:
                    [immediate I32Add] [branch_immediate I32Eq];
                I64AddImmBrI64EqImm = I64AddImm BrI64EqImm:
                    [immediate I64Add] [branch_immediate I64Eq];
                I32AddImmI32AddImmBrIf = I32AddImm I32AddImmBrIf:
                    [immediate I32Add] [immediate I32Add] [br_if];
                I32AddI32AddImmBrIf = I32Add I32AddImmBrIf:
                    [binary I32Add] [immediate I32Add] [br_if];
                I32AddImmI32AddImmBrI32NeImm = I32AddImm I32AddImmBrI32NeImm:
                    [immediate I32Add] [immediate I32Add] [branch_immediate I32Ne];
                I32AddI32AddImmBrI32NeImm = I32Add I32AddImmBrI32NeImm:
                    [binary I32Add] [immediate I32Add] [branch_immediate I32Ne];
                I32AddImmI32AddImmBrI32Ne = I32AddImm I32AddImmBrI32Ne:
                    [immediate I32Add] [immediate I32Add] [branch I32Ne];
                I32AddI32AddImmBrI32Ne = I32Add I32AddImmBrI32Ne:
                    [binary I32Add] [immediate I32Add] [branch I32Ne];
                I32AddImmI32AddImmBrI32LtU = I32AddImm I32AddImmBrI32LtU:
                    [immediate I32Add] [immediate I32Add] [branch I32LtU];
                I32AddI32AddImmBrI32LtU = I32Add I32AddImmBrI32LtU:
                    [binary I32Add] [immediate I32Add] [branch I32LtU];
                I32AddImmI32AddImmBrI32LtUImm = I32AddImm I32AddImmBrI32LtUImm:
                    [immediate I32Add] [immediate I32Add] [branch_immediate I32LtU];
                I32AddI32AddImmBrI32LtUImm = I32Add I32AddImmBrI32LtUImm:
                    [binary I32Add] [immediate I32Add] [branch_immediate I32LtU];
                I32AddImmI32AddImmBrI32LtS = I32AddImm I32AddImmBrI32LtS:
                    [immediate I32Add] [immediate I32Add] [branch I32LtS];
                I32AddI32AddImmBrI32LtS = I32Add I32AddImmBrI32LtS:
                    [binary I32Add] [immediate I32Add] [branch I32LtS];
                I32AddImmI32AddImmBrI32LtSImm = I32AddImm I32AddImmBrI32LtSImm:
                    [immediate I32Add] [immediate I32Add] [branch_immediate I32LtS];
                I32AddI32AddImmBrI32LtSImm = I32Add I32AddImmBrI32LtSImm:
                    [binary I32Add] [immediate I32Add] [branch_immediate I32LtS];
                I64AddI64AddImmBrI64NeImm = I64Add I64AddImmBrI64NeImm:
                    [binary I64Add] [immediate I64Add] [branch_immediate I64Ne];
                I64AddI64AddImmBrI64Ne = I64Add I64AddImmBrI64Ne:
                    [binary I64Add] [immediate I64Add] [branch I64Ne];
                I64AddI64AddImmBrI64LtU = I64Add I64AddImmBrI64LtU:
                    [binary I64Add] [immediate I64Add] [branch I64LtU];
                I64AddI64AddImmBrI64LtUImm = I64Add I64AddImmBrI64LtUImm:
                    [binary I64Add] [immediate I64Add] [branch_immediate I64LtU];
                I64AddI64AddImmBrI64LtS = I64Add I64AddImmBrI64LtS:
                    [binary I64Add] [immediate I64Add] [branch I64LtS];
                I64AddI64AddImmBrI64LtSImm = I64Add I64AddImmBrI64LtSImm:
                    [binary I64Add] [immediate I64Add] [branch_immediate I64LtS];
                I32AddBrI32Ne = I32Add BrI32Ne: [binary I32Add] [branch I32Ne];
                I32AddBrI32NeImm = I32Add BrI32NeImm: [binary I32Add] [branch_immediate I32Ne];
                I32AddBrI32LtS = I32Add BrI32LtS: [binary I32Add] [branch I32LtS];
                I32AddBrI32LtSImm = I32Add BrI32LtSImm: [binary I32Add] [branch_immediate I32LtS];
                I32AddBrI32LtU = I32Add BrI32LtU: [binary I32Add] [branch I32LtU];
                I32AddBrI32LtUImm = I32Add BrI32LtUImm: [binary I32Add] [branch_immediate I32LtU];
                // The end of a loop with the last of what it does.
                I32AddImmI32AddImmI32AddImmBrIf = I32AddImm I32AddImmI32AddImmBrIf:
                    [immediate I32Add] [immediate I32Add] [immediate I32Add] [br_if];
                I32AddImmI32AddImmI32AddImmBrI32NeImm = I32AddImm I32AddImmI32AddImmBrI32NeImm:
                    [immediate I32Add] [immediate I32Add] [immediate I32Add]
                    [branch_immediate I32Ne];
                I32AddImmI32AddImmI32AddImmBrI32Ne = I32AddImm I32AddImmI32AddImmBrI32Ne:
                    [immediate I32Add] [immediate I32Add] [immediate I32Add] [branch I32Ne];
                I32AddImmI32AddImmI32AddImmBrI32LtU = I32AddImm I32AddImmI32AddImmBrI32LtU:
                    [immediate I32Add] [immediate I32Add] [immediate I32Add] [branch I32LtU];
                I32StoreI32AddImmBrIf = I32Store I32AddImmBrIf:
                    [store u32] [immediate I32Add] [br_if];
                I32StoreI32AddImmBrI32NeImm = I32Store I32AddImmBrI32NeImm:
                    [store u32] [immediate I32Add] [branch_immediate I32Ne];
                I32StoreI32AddImmBrI32Ne = I32Store I32AddImmBrI32Ne:
                    [store u32] [immediate I32Add] [branch I32Ne];
                I32StoreI32AddImmBrI32LtU = I32Store I32AddImmBrI32LtU:
                    [store u32] [immediate I32Add] [branch I32LtU];
                I32StoreI32AddImmBrI32LtUImm = I32Store I32AddImmBrI32LtUImm:
                    [store u32] [immediate I32Add] [branch_immediate I32LtU];
                I32Store8I32AddImmBrIf = I32Store8 I32AddImmBrIf:
                    [store u8] [immediate I32Add] [br_if];
                I32Store8I32AddImmBrI32NeImm = I32Store8 I32AddImmBrI32NeImm:
                    [store u8] [immediate I32Add] [branch_immediate I32Ne];
                I32Store8I32AddImmBrI32Ne = I32Store8 I32AddImmBrI32Ne:
                    [store u8] [immediate I32Add] [branch I32Ne];
                I32Store8I32AddImmBrI32LtU = I32Store8 I32AddImmBrI32LtU:
                    [store u8] [immediate I32Add] [branch I32LtU];
                I32Store8I32AddImmBrI32LtUImm = I32Store8 I32AddImmBrI32LtUImm:
                    [store u8] [immediate I32Add] [branch_immediate I32LtU];
                I64StoreI32AddImmBrIf = I64Store I32AddImmBrIf:
                    [store u64] [immediate I32Add] [br_if];
                I64StoreI32AddImmBrI32NeImm = I64Store I32AddImmBrI32NeImm:
                    [store u64] [immediate I32Add] [branch_immediate I32Ne];
                I64StoreI32AddImmBrI32Ne = I64Store I32AddImmBrI32Ne:
                    [store u64] [immediate I32Add] [branch I32Ne];
                I64StoreI32AddImmBrI32LtU = I64Store I32AddImmBrI32LtU:
                    [store u64] [immediate I32Add] [branch I32LtU];
                I64StoreI32AddImmBrI32LtUImm = I64Store I32AddImmBrI32LtUImm:
                    [store u64] [immediate I32Add] [branch_immediate I32LtU];
                F64StoreI32AddImmBrIf = F64Store I32AddImmBrIf:
                    [store u64] [immediate I32Add] [br_if];
                F64StoreI32AddImmBrI32NeImm = F64Store I32AddImmBrI32NeImm:
                    [store u64] [immediate I32Add] [branch_immediate I32Ne];
                F64StoreI32AddImmBrI32Ne = F64Store I32AddImmBrI32Ne:
                    [store u64] [immediate I32Add] [branch I32Ne];
                F64StoreI32AddImmBrI32LtU = F64Store I32AddImmBrI32LtU:
                    [store u64] [immediate I32Add] [branch I32LtU];
                F64StoreI32AddImmBrI32LtUImm = F64Store I32AddImmBrI32LtUImm:
                    [store u64] [immediate I32Add] [branch_immediate I32LtU];
                CopyI32AddImmBrIf = Copy I32AddImmBrIf: [copy] [immediate I32Add] [br_if];
                CopyI32AddImmBrI32NeImm = Copy I32AddImmBrI32NeImm:
                    [copy] [immediate I32Add] [branch_immediate I32Ne];
                CopyI32AddImmBrI32Ne = Copy I32AddImmBrI32Ne:
                    [copy] [immediate I32Add] [branch I32Ne];
                CopyI32AddImmBrI32LtU = Copy I32AddImmBrI32LtU:
                    [copy] [immediate I32Add] [branch I32LtU];
                CopyI32AddImmBrI32LtUImm = Copy I32AddImmBrI32LtUImm:
                    [copy] [immediate I32Add] [branch_immediate I32LtU];
                I32Store8ImmI32AddBrI32LtU = I32Store8Imm I32AddBrI32LtU:
                    [store_immediate u8] [binary I32Add] [branch I32LtU];
                I32Store8ImmI32AddBrI32LtUImm = I32Store8Imm I32AddBrI32LtUImm:
                    [store_immediate u8] [binary I32Add] [branch_immediate I32LtU];
                I32Store8ImmI32AddImmBrIf = I32Store8Imm I32AddImmBrIf:
                    [store_immediate u8] [immediate I32Add] [br_if];
                I32Store8ImmI32AddImmBrI32NeImm = I32Store8Imm I32AddImmBrI32NeImm:
                    [store_immediate u8] [immediate I32Add] [branch_immediate I32Ne];
                I32Store8ImmI32AddImmBrI32Ne = I32Store8Imm I32AddImmBrI32Ne:
                    [store_immediate u8] [immediate I32Add] [branch I32Ne];
                I32Store8ImmI32AddImmBrI32LtU = I32Store8Imm I32AddImmBrI32LtU:
                    [store_immediate u8] [immediate I32Add] [branch I32LtU];
                I32Store8ImmI32AddImmBrI32LtUImm = I32Store8Imm I32AddImmBrI32LtUImm:
                    [store_immediate u8] [immediate I32Add] [branch_immediate I32LtU];
                I32StoreImmI32AddBrI32LtU = I32StoreImm I32AddBrI32LtU:
                    [store_immediate u32] [binary I32Add] [branch I32LtU];
                I32StoreImmI32AddBrI32LtUImm = I32StoreImm I32AddBrI32LtUImm:
                    [store_immediate u32] [binary I32Add] [branch_immediate I32LtU];
                I32StoreImmI32AddImmBrIf = I32StoreImm I32AddImmBrIf:
                    [store_immediate u32] [immediate I32Add] [br_if];
                I32StoreImmI32AddImmBrI32NeImm = I32StoreImm I32AddImmBrI32NeImm:
                    [store_immediate u32] [immediate I32Add] [branch_immediate I32Ne];
                I32StoreImmI32AddImmBrI32Ne = I32StoreImm I32AddImmBrI32Ne:
                    [store_immediate u32] [immediate I32Add] [branch I32Ne];
                I32StoreImmI32AddImmBrI32LtU = I32StoreImm I32AddImmBrI32LtU:
                    [store_immediate u32] [immediate I32Add] [branch I32LtU];
                I32StoreImmI32AddImmBrI32LtUImm = I32StoreImm I32AddImmBrI32LtUImm:
                    [store_immediate u32] [immediate I32Add] [branch_immediate I32LtU];
                // A test of what was loaded or masked.
                I32LoadBrIf = I32Load BrIf: [load u32 u32 u32] [br_if];
                I32LoadBrIfNot = I32Load BrIfNot: [load u32 u32 u32] [br_if_not];
                I32LoadBrI32EqImm = I32Load BrI32EqImm: [load u32 u32 u32] [branch_immediate I32Eq];
                I32LoadBrI32NeImm = I32Load BrI32NeImm: [load u32 u32 u32] [branch_immediate I32Ne];
                I32Load8UBrIf = I32Load8U BrIf: [load u8 u32 u32] [br_if];
                I32Load8UBrIfNot = I32Load8U BrIfNot: [load u8 u32 u32] [br_if_not];
                I32Load8UBrI32EqImm = I32Load8U BrI32EqImm:
                    [load u8 u32 u32] [branch_immediate I32Eq];
                I32Load8UBrI32NeImm = I32Load8U BrI32NeImm:
                    [load u8 u32 u32] [branch_immediate I32Ne];
                I32Load8UBrI32Eq = I32Load8U BrI32Eq: [load u8 u32 u32] [branch I32Eq];
                I32Load8UBrI32Ne = I32Load8U BrI32Ne: [load u8 u32 u32] [branch I32Ne];
                // Arithmetic.
                I32AddI32Add = I32Add I32Add: [binary I32Add] [binary I32Add];
                I32AddI32And = I32Add I32And: [binary I32Add] [binary I32And];
                I32AddI32Or = I32Add I32Or: [binary I32Add] [binary I32Or];
                I32AddI32Xor = I32Add I32Xor: [binary I32Add] [binary I32Xor];
                I32SubI32Add = I32Sub I32Add: [binary I32Sub] [binary I32Add];
                I32AndI32Add = I32And I32Add: [binary I32And] [binary I32Add];
                I32AndI32And = I32And I32And: [binary I32And] [binary I32And];
                I32AndI32Or = I32And I32Or: [binary I32And] [binary I32Or];
                I32AndI32Xor = I32And I32Xor: [binary I32And] [binary I32Xor];
                I32OrI32Add = I32Or I32Add: [binary I32Or] [binary I32Add];
                I32OrI32And = I32Or I32And: [binary I32Or] [binary I32And];
                I32OrI32Or = I32Or I32Or: [binary I32Or] [binary I32Or];
                I32OrI32Xor = I32Or I32Xor: [binary I32Or] [binary I32Xor];
                I32XorI32Add = I32Xor I32Add: [binary I32Xor] [binary I32Add];
                I32XorI32And = I32Xor I32And: [binary I32Xor] [binary I32And];
                I32XorI32Or = I32Xor I32Or: [binary I32Xor] [binary I32Or];
                I32XorI32Xor = I32Xor I32Xor: [binary I32Xor] [binary I32Xor];
                I32MulI32Add = I32Mul I32Add: [binary I32Mul] [binary I32Add];
                I32AddImmI32Add = I32AddImm I32Add: [immediate I32Add] [binary I32Add];
                I32AddImmI32And = I32AddImm I32And: [immediate I32Add] [binary I32And];
                I32AddImmI32Or = I32AddImm I32Or: [immediate I32Add] [binary I32Or];
                I32AddImmI32Xor = I32AddImm I32Xor: [immediate I32Add] [binary I32Xor];
                I32AndImmI32Add = I32AndImm I32Add: [immediate I32And] [binary I32Add];
                I32AndImmI32And = I32AndImm I32And: [immediate I32And] [binary I32And];
                I32AndImmI32Or = I32AndImm I32Or: [immediate I32And] [binary I32Or];
                I32AndImmI32Xor = I32AndImm I32Xor: [immediate I32And] [binary I32Xor];
                I32XorImmI32Add = I32XorImm I32Add: [immediate I32Xor] [binary I32Add];
                I32XorImmI32And = I32XorImm I32And: [immediate I32Xor] [binary I32And];
                I32XorImmI32Or = I32XorImm I32Or: [immediate I32Xor] [binary I32Or];
                I32XorImmI32Xor = I32XorImm I32Xor: [immediate I32Xor] [binary I32Xor];
                I32ShlImmI32Add = I32ShlImm I32Add: [immediate I32Shl] [binary I32Add];
                I32ShlImmI32And = I32ShlImm I32And: [immediate I32Shl] [binary I32And];
                I32ShlImmI32Or = I32ShlImm I32Or: [immediate I32Shl] [binary I32Or];
                I32ShlImmI32Xor = I32ShlImm I32Xor: [immediate I32Shl] [binary I32Xor];
                I32ShrUImmI32Add = I32ShrUImm I32Add: [immediate I32ShrU] [binary I32Add];
                I32ShrUImmI32And = I32ShrUImm I32And: [immediate I32ShrU] [binary I32And];
                I32ShrUImmI32Or = I32ShrUImm I32Or: [immediate I32ShrU] [binary I32Or];
                I32ShrUImmI32Xor = I32ShrUImm I32Xor: [immediate I32ShrU] [binary I32Xor];
                I32RotlImmI32Add = I32RotlImm I32Add: [immediate I32Rotl] [binary I32Add];
                I32RotlImmI32And = I32RotlImm I32And: [immediate I32Rotl] [binary I32And];
                I32RotlImmI32Or = I32RotlImm I32Or: [immediate I32Rotl] [binary I32Or];
                I32RotlImmI32Xor = I32RotlImm I32Xor: [immediate I32Rotl] [binary I32Xor];
                I32RotrImmI32Add = I32RotrImm I32Add: [immediate I32Rotr] [binary I32Add];
                I32RotrImmI32And = I32RotrImm I32And: [immediate I32Rotr] [binary I32And];
                I32RotrImmI32Or = I32RotrImm I32Or: [immediate I32Rotr] [binary I32Or];
                I32RotrImmI32Xor = I32RotrImm I32Xor: [immediate I32Rotr] [binary I32Xor];
                I32AddImmI32AddImm = I32AddImm I32AddImm: [immediate I32Add] [immediate I32Add];
                I32AddImmI32AndImm = I32AddImm I32AndImm: [immediate I32Add] [immediate I32And];
                I32ShlImmI32AddImm = I32ShlImm I32AddImm: [immediate I32Shl] [immediate I32Add];
                I32ShlImmI32AndImm = I32ShlImm I32AndImm: [immediate I32Shl] [immediate I32And];
                I32ShrUImmI32AddImm = I32ShrUImm I32AddImm: [immediate I32ShrU] [immediate I32Add];
                I32ShrUImmI32AndImm = I32ShrUImm I32AndImm: [immediate I32ShrU] [immediate I32And];
                I32MulImmI32AddImm = I32MulImm I32AddImm: [immediate I32Mul] [immediate I32Add];
                I32MulImmI32AndImm = I32MulImm I32AndImm: [immediate I32Mul] [immediate I32And];
                I32AddI32AddImm = I32Add I32AddImm: [binary I32Add] [immediate I32Add];
                I32AddI32ShlImm = I32Add I32ShlImm: [binary I32Add] [immediate I32Shl];
                I32AddImmI32ShlImm = I32AddImm I32ShlImm: [immediate I32Add] [immediate I32Shl];
                I32RotrI32Rotr = I32Rotr I32Rotr: [binary I32Rotr] [binary I32Rotr];
                I32XorI32Rotr = I32Xor I32Rotr: [binary I32Xor] [binary I32Rotr];
                I32RotrI32Xor = I32Rotr I32Xor: [binary I32Rotr] [binary I32Xor];
                I64AddI64Add = I64Add I64Add: [binary I64Add] [binary I64Add];
                I64AddI64Or = I64Add I64Or: [binary I64Add] [binary I64Or];
                I64AddI64Xor = I64Add I64Xor: [binary I64Add] [binary I64Xor];
                I64AndI64Add = I64And I64Add: [binary I64And] [binary I64Add];
                I64AndI64Or = I64And I64Or: [binary I64And] [binary I64Or];
                I64AndI64Xor = I64And I64Xor: [binary I64And] [binary I64Xor];
                I64XorI64Add = I64Xor I64Add: [binary I64Xor] [binary I64Add];
                I64XorI64Or = I64Xor I64Or: [binary I64Xor] [binary I64Or];
                I64XorI64Xor = I64Xor I64Xor: [binary I64Xor] [binary I64Xor];
                I64ShlImmI64Add = I64ShlImm I64Add: [immediate I64Shl] [binary I64Add];
                I64ShlImmI64Or = I64ShlImm I64Or: [immediate I64Shl] [binary I64Or];
                I64ShlImmI64Xor = I64ShlImm I64Xor: [immediate I64Shl] [binary I64Xor];
                I64ShrUImmI64Add = I64ShrUImm I64Add: [immediate I64ShrU] [binary I64Add];
                I64ShrUImmI64Or = I64ShrUImm I64Or: [immediate I64ShrU] [binary I64Or];
                I64ShrUImmI64Xor = I64ShrUImm I64Xor: [immediate I64ShrU] [binary I64Xor];
                I64RotlImmI64Add = I64RotlImm I64Add: [immediate I64Rotl] [binary I64Add];
                I64RotlImmI64Or = I64RotlImm I64Or: [immediate I64Rotl] [binary I64Or];
                I64RotlImmI64Xor = I64RotlImm I64Xor: [immediate I64Rotl] [binary I64Xor];
                I64AndImmI64Add = I64AndImm I64Add: [immediate I64And] [binary I64Add];
                I64AndImmI64Or = I64AndImm I64Or: [immediate I64And] [binary I64Or];
                I64AndImmI64Xor = I64AndImm I64Xor: [immediate I64And] [binary I64Xor];
                I64MulI64Add = I64Mul I64Add: [binary I64Mul] [binary I64Add];
                I64MulI64Or = I64Mul I64Or: [binary I64Mul] [binary I64Or];
                I64MulI64Xor = I64Mul I64Xor: [binary I64Mul] [binary I64Xor];
                I64AddI64AddImm = I64Add I64AddImm: [binary I64Add] [immediate I64Add];
                I64AddImmI64AddImm = I64AddImm I64AddImm: [immediate I64Add] [immediate I64Add];
                F64MulF64Add = F64Mul F64Add: [binary F64Mul] [binary F64Add];
                F64MulF64Sub = F64Mul F64Sub: [binary F64Mul] [binary F64Sub];
                F64LoadF64MulF64Add = F64Load F64MulF64Add:
                    [load u64 u64 u64] [binary F64Mul] [binary F64Add];
                F64LoadF64LoadF64MulF64Add = F64Load F64LoadF64MulF64Add:
                    [load u64 u64 u64] [load u64 u64 u64] [binary F64Mul] [binary F64Add];
                F32MulF32Add = F32Mul F32Add: [binary F32Mul] [binary F32Add];
                F64AddF64Add = F64Add F64Add: [binary F64Add] [binary F64Add];
                F64MulF64Mul = F64Mul F64Mul: [binary F64Mul] [binary F64Mul];
                // Memory.
                I32LoadI32Load = I32Load I32Load: [load u32 u32 u32] [load u32 u32 u32];
                I64LoadI64Load = I64Load I64Load: [load u64 u64 u64] [load u64 u64 u64];
                F64LoadF64Load = F64Load F64Load: [load u64 u64 u64] [load u64 u64 u64];
                F32LoadF32Load = F32Load F32Load: [load u32 u32 u32] [load u32 u32 u32];
                I32AddI32Load = I32Add I32Load: [binary I32Add] [load u32 u32 u32];
                I32AddI32Load8U = I32Add I32Load8U: [binary I32Add] [load u8 u32 u32];
                I32AddI64Load = I32Add I64Load: [binary I32Add] [load u64 u64 u64];
                I32AddF64Load = I32Add F64Load: [binary I32Add] [load u64 u64 u64];
                I32AddImmI32Load = I32AddImm I32Load: [immediate I32Add] [load u32 u32 u32];
                I32AddImmI32Load8U = I32AddImm I32Load8U: [immediate I32Add] [load u8 u32 u32];
                I32AddImmI64Load = I32AddImm I64Load: [immediate I32Add] [load u64 u64 u64];
                I32AddImmF64Load = I32AddImm F64Load: [immediate I32Add] [load u64 u64 u64];
                I32ShlImmI32AddI32Load = I32ShlImm I32AddI32Load:
                    [immediate I32Shl] [binary I32Add] [load u32 u32 u32];
                I32LoadI32Add = I32Load I32Add: [load u32 u32 u32] [binary I32Add];
                I32LoadI32AddImm = I32Load I32AddImm: [load u32 u32 u32] [immediate I32Add];
                I32LoadI32And = I32Load I32And: [load u32 u32 u32] [binary I32And];
                I32LoadI32AndImm = I32Load I32AndImm: [load u32 u32 u32] [immediate I32And];
                I32LoadI32Xor = I32Load I32Xor: [load u32 u32 u32] [binary I32Xor];
                I32LoadI32ShlImm = I32Load I32ShlImm: [load u32 u32 u32] [immediate I32Shl];
                I32Load8UI32Add = I32Load8U I32Add: [load u8 u32 u32] [binary I32Add];
                I32Load8UI32Or = I32Load8U I32Or: [load u8 u32 u32] [binary I32Or];
                I32Load8UI32ShlImm = I32Load8U I32ShlImm: [load u8 u32 u32] [immediate I32Shl];
                I64LoadI64Add = I64Load I64Add: [load u64 u64 u64] [binary I64Add];
                F64LoadF64Mul = F64Load F64Mul: [load u64 u64 u64] [binary F64Mul];
                F64LoadF64Add = F64Load F64Add: [load u64 u64 u64] [binary F64Add];
                F32LoadF32Mul = F32Load F32Mul: [load u32 u32 u32] [binary F32Mul];
                I32LoadI32Store = I32Load I32Store: [load u32 u32 u32] [store u32];
                I64LoadI64Store = I64Load I64Store: [load u64 u64 u64] [store u64];
                F64LoadF64Store = F64Load F64Store: [load u64 u64 u64] [store u64];
                I32Load8UI32Store8 = I32Load8U I32Store8: [load u8 u32 u32] [store u8];
                I32Load16UI32Store16 = I32Load16U I32Store16: [load u16 u32 u32] [store u16];
                I32AddI32Store = I32Add I32Store: [binary I32Add] [store u32];
                I32AddImmI32Store = I32AddImm I32Store: [immediate I32Add] [store u32];
                I32AndI32Store = I32And I32Store: [binary I32And] [store u32];
                I32OrI32Store = I32Or I32Store: [binary I32Or] [store u32];
                I32XorI32Store = I32Xor I32Store: [binary I32Xor] [store u32];
                I64AddI64Store = I64Add I64Store: [binary I64Add] [store u64];
                F64AddF64Store = F64Add F64Store: [binary F64Add] [store u64];
                I32StoreI32Store = I32Store I32Store: [store u32] [store u32];
                I64StoreI64Store = I64Store I64Store: [store u64] [store u64];
                I32StoreI32AddImm = I32Store I32AddImm: [store u32] [immediate I32Add];
                I32StoreI32Load = I32Store I32Load: [store u32] [load u32 u32 u32];
                ConstI32Load = Const I32Load: [constant] [load u32 u32 u32];
                ConstI32Store = Const I32Store: [constant] [store u32];
                // Moves, calls and returns.
                CopyCopy = Copy Copy: [copy] [copy];
                CopyCopyCopy = Copy CopyCopy: [copy] [copy] [copy];
                CopyConst = Copy Const: [copy] [constant];
                ConstCopy = Const Copy: [constant] [copy];
                ConstConst = Const Const: [constant] [constant];
                CopyBr = Copy Br: [copy] [br];
                ConstBr = Const Br: [constant] [br];
                I32AddImmBr = I32AddImm Br: [immediate I32Add] [br];
                I32AddBr = I32Add Br: [binary I32Add] [br];
                CopyI32Add = Copy I32Add: [copy] [binary I32Add];
                CopyI32AddImm = Copy I32AddImm: [copy] [immediate I32Add];
                I32AddCopy = I32Add Copy: [binary I32Add] [copy];
                I32AddImmCopy = I32AddImm Copy: [immediate I32Add] [copy];
                CopyI32Load = Copy I32Load: [copy] [load u32 u32 u32];
                I32LoadCopy = I32Load Copy: [load u32 u32 u32] [copy];
                CopyCall = Copy Call: [copy] [call];
                ConstCall = Const Call: [constant] [call];
                I32AddImmCall = I32AddImm Call: [immediate I32Add] [call];
                I32LoadCall = I32Load Call: [load u32 u32 u32] [call];
                ConstConstCall = Const ConstCall: [constant] [constant] [call];
                CopyConstCall = Copy ConstCall: [copy] [constant] [call];
                CopyCopyCall = Copy CopyCall: [copy] [copy] [call];
                ConstCopyCall = Const CopyCall: [constant] [copy] [call];
                ConstConstConstCall = Const ConstConstCall: [constant] [constant] [constant] [call];
                CopyConstConstConstCall = Copy ConstConstConstCall:
                    [copy] [constant] [constant] [constant] [call];
                CopyCallIndirect = Copy CallIndirect: [copy] [call_indirect];
                CopyReturn1 = Copy Return1: [copy] [return1];
                I32LoadReturn1 = I32Load Return1: [load u32 u32 u32] [return1];
                I64LoadReturn1 = I64Load Return1: [load u64 u64 u64] [return1];
                I32AddReturn1 = I32Add Return1: [binary I32Add] [return1];
                I32AddImmReturn1 = I32AddImm Return1: [immediate I32Add] [return1];
                I32AndReturn1 = I32And Return1: [binary I32And] [return1];
                I32AndImmReturn1 = I32AndImm Return1: [immediate I32And] [return1];
                I32OrReturn1 = I32Or Return1: [binary I32Or] [return1];
                I32XorReturn1 = I32Xor Return1: [binary I32Xor] [return1];
                I32SubReturn1 = I32Sub Return1: [binary I32Sub] [return1];
                I64AddReturn1 = I64Add Return1: [binary I64Add] [return1];
                I64AddImmReturn1 = I64AddImm Return1: [immediate I64Add] [return1];
                I64AndReturn1 = I64And Return1: [binary I64And] [return1];
                I64AndImmReturn1 = I64AndImm Return1: [immediate I64And] [return1];
                I64OrReturn1 = I64Or Return1: [binary I64Or] [return1];
                I64XorReturn1 = I64Xor Return1: [binary I64Xor] [return1];
                I64XorImmReturn1 = I64XorImm Return1: [immediate I64Xor] [return1];
                I64MulReturn1 = I64Mul Return1: [binary I64Mul] [return1];
                I64MulImmReturn1 = I64MulImm Return1: [immediate I64Mul] [return1];
                I64RotlImmReturn1 = I64RotlImm Return1: [immediate I64Rotl] [return1];
                F64AddReturn1 = F64Add Return1: [binary F64Add] [return1];
                F64MulReturn1 = F64Mul Return1: [binary F64Mul] [return1];
            }
        }
    };
}
pub(crate) use for_each_operation;
