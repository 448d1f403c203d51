//! Checks of the table, and the round trip of every row through bytes.

use std::collections::BTreeSet;

use wattle_ast::{
    AbsHeapType, ArrayLen, BlockType, BrCast, CallIndirect, Catches, DataIdx, Decode, ElemIdx,
    Encode, Error, Expr, F32, F64, Feature, Features, FenceOrder, FieldIdx, FuncIdx, GlobalIdx,
    Handlers, HeapType, Instr, Kind, LabelIdx, Labels, LaneIdx, LocalIdx, Malformed, MemArg,
    MemCopy, MemIdx, MemInit, Opcode, Reader, RefType, RefTypeNonNull, RefTypeNull, SelectTypes,
    Shuffle, Source, TableCopy, TableIdx, TableInit, TagIdx, TypeIdx, V128, transcode_immediates,
};

#[test]
fn rows_are_sorted_by_opcode_and_unique() {
    let codes: Vec<_> = Opcode::ALL.iter().map(|op| (op.info().prefix, op.info().code)).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
    for (i, op) in Opcode::ALL.iter().enumerate() {
        assert_eq!(*op as usize, i);
        assert_eq!(op.info().opcode, *op);
    }
}

#[test]
fn codes_and_mnemonics_lead_back() {
    let mut shared = BTreeSet::new();
    for &op in Opcode::ALL {
        let info = op.info();
        assert_eq!(Opcode::from_code(info.prefix, info.code), Some(op));
        let first = Opcode::from_mnemonic(info.mnemonic).unwrap();
        assert_eq!(first.mnemonic(), info.mnemonic);
        if first != op {
            assert_eq!(op as usize, first as usize + 1, "the second of two follows the first");
            shared.insert(info.mnemonic);
        }
    }
    let shared: Vec<_> = shared.into_iter().collect();
    assert_eq!(shared, ["ref.cast", "ref.cast_desc_eq", "ref.test", "select"]);
}

/// The number of opcodes of WebAssembly 3.0 by prefix, from the specification's index (where `else`
/// and `end` are delimiters, not instructions).
#[test]
fn as_many_rows_as_the_specification_has() {
    let count = |prefix, wanted: fn(Feature) -> bool| {
        let of = |op: &&Opcode| op.info().prefix == prefix && wanted(op.feature());
        Opcode::ALL.iter().filter(of).count()
    };
    let wasm3 = |feature| Features::WASM3.contains(feature);
    assert_eq!(count(0, wasm3) - 2, 192);
    assert_eq!(count(0xfb, wasm3), 31);
    assert_eq!(count(0xfc, wasm3), 18);
    assert_eq!(count(0xfd, wasm3), 256);
    assert_eq!(count(0xfe, |feature| feature == Feature::Threads), 67);
    assert_eq!(count(0xfc, |feature| feature == Feature::WideArithmetic), 4);
    assert_eq!(count(0, |feature| feature == Feature::LegacyExceptions), 5);
}

#[test]
fn memory_accesses_and_only_they_have_a_width() {
    for &op in Opcode::ALL {
        let info = op.info();
        assert_eq!(info.kinds.contains(&Kind::MemArg), info.access_bytes != 0, "{op}");
        assert_eq!(info.kinds.len(), info.fields.len());
        assert_eq!(op.kinds().iter().collect::<Vec<_>>(), info.kinds);
    }
}

#[test]
fn every_row_survives_bytes() {
    for &op in Opcode::ALL {
        let instr = Instr::read(op, &mut Sample).unwrap();
        assert_eq!(instr.opcode(), op);
        let bytes = instr.to_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Instr::decode(&mut reader), Ok(instr), "{op}");
        assert!(reader.is_empty(), "{op}");
        let mut again = Vec::new();
        op.encode(&mut again);
        assert_eq!(transcode_immediates(op, &mut Sample, &mut again), Ok(()));
        assert_eq!(again, bytes, "{op}");
        for cut in 0..bytes.len() {
            let short = Instr::decode(&mut Reader::new(&bytes[..cut]));
            assert!(
                matches!(short, Err(Malformed::UnexpectedEnd | Malformed::LengthOutOfBounds)),
                "{op} cut to {cut} bytes: {short:?}"
            );
        }
    }
}

/// A source of nonzero immediates.
struct Sample;

macro_rules! sample {
    ($( $method:ident $ty:ty = $value:expr; )*) => {
        $( fn $method(&mut self) -> Result<$ty, core::convert::Infallible> { Ok($value) } )*
    };
}

impl<'a> Source<'a> for Sample {
    type Error = core::convert::Infallible;
    sample! {
        block_type BlockType = BlockType::Type(TypeIdx(70));
        label LabelIdx = LabelIdx(1);
        labels Labels<'a> = Labels::decode(&mut Reader::new(&[2, 1, 2, 3])).unwrap();
        catches Catches<'a> = Catches::decode(&mut Reader::new(&[2, 0, 1, 2, 3, 4])).unwrap();
        handlers Handlers<'a> = Handlers::decode(&mut Reader::new(&[1, 0, 5, 6])).unwrap();
        select_types SelectTypes<'a> = SelectTypes::decode(&mut Reader::new(&[1, 0x7f])).unwrap();
        func FuncIdx = FuncIdx(300);
        ty TypeIdx = TypeIdx(2);
        table TableIdx = TableIdx(3);
        memory MemIdx = MemIdx(4);
        global GlobalIdx = GlobalIdx(5);
        local LocalIdx = LocalIdx(128);
        tag TagIdx = TagIdx(6);
        elem ElemIdx = ElemIdx(7);
        data DataIdx = DataIdx(8);
        field FieldIdx = FieldIdx(9);
        array_len ArrayLen = ArrayLen(10);
        call_indirect CallIndirect = CallIndirect { ty: TypeIdx(11), table: TableIdx(12) };
        mem_init MemInit = MemInit { data: DataIdx(13), memory: MemIdx(14) };
        mem_copy MemCopy = MemCopy { dst: MemIdx(15), src: MemIdx(16) };
        table_init TableInit = TableInit { elem: ElemIdx(17), table: TableIdx(18) };
        table_copy TableCopy = TableCopy { dst: TableIdx(19), src: TableIdx(20) };
        memarg MemArg = MemArg { offset: 1 << 40, memory: MemIdx(1), align: 2 };
        lane LaneIdx = LaneIdx(3);
        shuffle Shuffle = Shuffle([7; 16]);
        i32 i32 = -70_000;
        i64 i64 = i64::MIN;
        f32 F32 = F32(0x7fa0_0001);
        f64 F64 = F64(0x7ff4_0000_0000_0001);
        v128 V128 = V128([9; 16]);
        heap_type HeapType = HeapType::Abs(AbsHeapType::NoExn);
        ref_type_non_null RefTypeNonNull = RefTypeNonNull(HeapType::Type(TypeIdx(100)));
        ref_type_null RefTypeNull = RefTypeNull(HeapType::Exact(TypeIdx(100)));
        br_cast BrCast = BrCast {
            label: LabelIdx(1),
            from: RefType::FUNCREF,
            to: RefType::FUNC,
        };
        fence_order FenceOrder = FenceOrder;
    }
}

#[test]
fn expressions_end_where_their_blocks_say() {
    let check = |bytes: &[u8]| Expr::new(bytes).check(Features::ALL);
    assert_eq!(check(&[0x02, 0x40, 0x0b, 0x0b]), Ok(()));
    assert_eq!(check(&[0x02, 0x40, 0x0b]), Err(Error::at(Malformed::UnexpectedEnd, 3)));
    assert_eq!(check(&[0x05, 0x0b]), Err(Error::at(Malformed::EndExpected, 0)));
    assert_eq!(check(&[0x0b, 0x01]), Err(Error::at(Malformed::EndExpected, 1)));
    // try .. catch .. catch_all .. end, then try .. delegate 0
    assert_eq!(check(&[0x06, 0x40, 0x07, 0, 0x19, 0x0b, 0x06, 0x40, 0x18, 0, 0x0b]), Ok(()));
    assert_eq!(
        check(&[0x06, 0x40, 0x19, 0x07, 0, 0x0b]),
        Err(Error::at(Malformed::EndExpected, 3))
    );
    let mut deep = [0x02, 0x40].repeat(100_000);
    deep.extend([0x0b].repeat(100_001));
    assert_eq!(check(&deep), Ok(()));
}

#[test]
fn a_disabled_feature_takes_its_opcodes_away() {
    let expr = Expr::new(&[0x06, 0x40, 0x0b, 0x0b]);
    assert_eq!(expr.check(Features::WASM3), Err(Error::at(Malformed::IllegalOpcode, 0)));
    assert_eq!(expr.check(Features::DEFAULT), Ok(()));
}
