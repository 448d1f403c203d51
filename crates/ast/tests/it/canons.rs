//! Canonical definitions: each is read and written, in each feature set.

use std::collections::BTreeSet;
use std::convert::Infallible;

use wattle_ast::components::{
    Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSource, CanonType, ContextSlot, PrimType,
    ResultList, Shared, ValType,
};
use wattle_ast::{
    ComponentFuncIdx, ComponentTypeIdx, Encode, Features, FuncIdx, Malformed, MemIdx, Reader,
    TableIdx, TypeIdx,
};

/// A source of immediates that differ from one another, some of them of two bytes.
struct Numbers(u32);

impl Numbers {
    fn next<T: From<u32>>(&mut self) -> T {
        self.0 += 61;
        T::from(self.0)
    }
}

impl CanonSource for Numbers {
    type Error = Infallible;
    fn core_func(&mut self) -> Result<FuncIdx, Infallible> {
        Ok(self.next())
    }
    fn func(&mut self) -> Result<ComponentFuncIdx, Infallible> {
        Ok(self.next())
    }
    fn ty(&mut self) -> Result<ComponentTypeIdx, Infallible> {
        Ok(self.next())
    }
    fn core_type(&mut self) -> Result<TypeIdx, Infallible> {
        Ok(self.next())
    }
    fn table(&mut self) -> Result<TableIdx, Infallible> {
        Ok(self.next())
    }
    fn memory(&mut self) -> Result<MemIdx, Infallible> {
        Ok(self.next())
    }
    fn results(&mut self) -> Result<ResultList, Infallible> {
        Ok(ResultList(Some(ValType::Prim(PrimType::String))))
    }
    fn context_slot(&mut self) -> Result<ContextSlot, Infallible> {
        Ok(ContextSlot { ty: wattle_ast::ValType::I64, slot: self.next() })
    }
    fn is_async(&mut self) -> Result<Async, Infallible> {
        Ok(Async(true))
    }
    fn is_shared(&mut self) -> Result<Shared, Infallible> {
        Ok(Shared(true))
    }
    fn opts(&mut self) -> Result<CanonOpts, Infallible> {
        Ok([
            CanonOpt::Utf8,
            CanonOpt::Utf16,
            CanonOpt::CompactUtf16,
            CanonOpt::Memory(self.next()),
            CanonOpt::Realloc(self.next()),
            CanonOpt::PostReturn(self.next()),
            CanonOpt::Async,
            CanonOpt::Callback(self.next()),
            CanonOpt::CoreType(self.next()),
            CanonOpt::Gc,
        ]
        .into())
    }
}

#[test]
fn every_canonical_definition_reads_back() {
    for &op in CanonOp::ALL {
        let Ok(canon) = Canon::read_from(op, &mut Numbers(0));
        assert_eq!(canon.op(), op);
        let bytes = canon.to_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.read(), reader.remaining()), (Ok(canon), 0), "{op:?}");
        for len in 0..bytes.len() {
            let error = Reader::new(&bytes[..len]).read::<Canon>();
            let is_cut =
                matches!(error, Err(Malformed::UnexpectedEnd | Malformed::LengthOutOfBounds));
            assert!(is_cut, "{op:?}, {len} bytes: {error:?}");
        }
        // Nothing is read while the feature is off.
        let mut reader = Reader::at(&bytes, 0, Features::ALL - op.feature().into());
        assert_eq!((reader.read::<Canon>(), reader.pos()), (Err(Malformed::Canon), 0), "{op:?}");
    }
}

#[test]
fn rows_are_sorted_by_code_and_unique() {
    assert!(CanonOp::ALL.is_sorted_by(|a, b| a.code() < b.code()));
    let keywords: BTreeSet<_> = CanonOp::ALL.iter().map(|op| op.keyword()).collect();
    assert_eq!(keywords.len(), CanonOp::ALL.len());
    for &op in CanonOp::ALL {
        assert_eq!(CanonOp::from_code(op.code()), Some(op));
        assert_eq!(CanonOp::from_keyword(op.keyword()), Some(op));
    }
    assert_eq!(CanonOp::from_keyword("task.wait"), None);
}

#[test]
fn every_code_outside_of_the_table_is_malformed() {
    for code in (0..=u8::MAX).filter(|&code| CanonOp::from_code(code).is_none()) {
        let bytes = [code, 0, 0, 0, 0];
        assert_eq!(Reader::new(&bytes).read::<Canon>(), Err(Malformed::Canon), "{code:#x}");
    }
}

#[test]
fn options_need_their_features() {
    let Ok(opts) = Numbers(0).opts();
    for (code, opt) in opts.iter().enumerate() {
        let bytes = opt.to_bytes();
        assert_eq!(usize::from(bytes[0]), code);
        assert_eq!(Reader::new(&bytes).read(), Ok(*opt));
        let mut reader = Reader::at(&bytes, 0, Features::ALL - opt.feature().into());
        assert_eq!(reader.read::<CanonOpt>(), Err(Malformed::CanonOpt), "{opt:?}");
    }
}

#[test]
fn a_byte_that_must_be_zero_is_checked() {
    for (bytes, error) in [
        ([0x00, 0x01], Malformed::CanonLift),
        ([0x01, 0x01], Malformed::CanonLower),
        ([0x0c, 0x01], Malformed::ReservedByte),
        ([0x20, 0x01], Malformed::ReservedByte),
        ([0x06, 0x02], Malformed::Boolean),
    ] {
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.read::<Canon>(), reader.pos()), (Err(error), 1));
    }
}

#[test]
fn types_of_core_functions_are_those_of_the_specification() {
    use wattle_ast::components::CanonOperand::{Addr, I32, I64, Rep};
    let ty = |op: CanonOp| op.core_type();
    assert_eq!(ty(CanonOp::ResourceNew), CanonType::Arrow(&[Rep], &[I32]));
    assert_eq!(ty(CanonOp::StreamNew), CanonType::Arrow(&[], &[I64]));
    assert_eq!(ty(CanonOp::StreamRead), CanonType::Arrow(&[I32, Addr, Addr], &[Addr]));
    assert_eq!(ty(CanonOp::Lower), CanonType::Special);
}
