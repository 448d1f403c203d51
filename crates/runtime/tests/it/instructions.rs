//! Every row of the instruction table is translated and executed, but those listed here.

use std::collections::BTreeSet;

use wattle_ast::{
    self as ast, ArrayLen, ArrowType, BlockType, BrCast, CallIndirect, Catches, DataIdx, ElemIdx,
    ExternIdx, F32, F64, Feature, Features, FenceOrder, FieldIdx, Func, FuncIdx, FuncType,
    GlobalIdx, Handlers, HeapType, Instr, LabelIdx, Labels, LaneIdx, Limits, LocalIdx, MemArg,
    MemCopy, MemIdx, MemInit, MemType, Opcode, RefTypeNonNull, RefTypeNull, SelectTypes, Shuffle,
    Source, TableCopy, TableIdx, TableInit, TagIdx, TypeIdx, V128,
};
use wattle_runtime::{ErrorKind, Imports, Instance, Module, Store};

/// The reason why the interpreter does not execute an instruction; `None` if it does.
fn exception(opcode: Opcode) -> Option<&'static str> {
    match opcode.feature() {
        Feature::CustomDescriptors => Some("the interpreter has no custom descriptors"),
        Feature::StackSwitching => Some("the interpreter has no stack switching"),
        _ => None,
    }
}

const SPECIAL: &str = "its type depends on the module, so it belongs in special.wat";

/// Immediates that are valid in the module of [`execute`]: index 0, zero, nothing.
struct Zeros {
    /// The alignment of an access as a power of two: that of the bytes that it reads or writes.
    align: u8,
}

macro_rules! zeros {
    ($( $method:ident $ty:ty = $value:expr; )*) => {
        $( fn $method(&mut self) -> Result<$ty, &'static str> { $value } )*
    };
}

impl<'a> Source<'a> for Zeros {
    type Error = &'static str;

    fn memarg(&mut self) -> Result<MemArg, &'static str> {
        Ok(MemArg { align: self.align, memory: MemIdx(0), offset: 0 })
    }

    zeros! {
        memory MemIdx = Ok(MemIdx(0));
        table TableIdx = Ok(TableIdx(0));
        data DataIdx = Ok(DataIdx(0));
        elem ElemIdx = Ok(ElemIdx(0));
        mem_init MemInit = Ok(MemInit { data: DataIdx(0), memory: MemIdx(0) });
        lane LaneIdx = Ok(LaneIdx(0));
        shuffle Shuffle = Ok(Shuffle([0; 16]));
        i32 i32 = Ok(0);
        i64 i64 = Ok(0);
        f32 F32 = Ok(F32(0));
        f64 F64 = Ok(F64(0));
        v128 V128 = Ok(V128::default());
        fence_order FenceOrder = Ok(FenceOrder);
        mem_copy MemCopy = Err(SPECIAL);
        table_init TableInit = Err(SPECIAL);
        table_copy TableCopy = Err(SPECIAL);
        block_type BlockType = Err(SPECIAL);
        label LabelIdx = Err(SPECIAL);
        labels Labels<'a> = Err(SPECIAL);
        catches Catches<'a> = Err(SPECIAL);
        handlers Handlers<'a> = Err(SPECIAL);
        select_types SelectTypes<'a> = Err(SPECIAL);
        func FuncIdx = Err(SPECIAL);
        ty TypeIdx = Err(SPECIAL);
        global GlobalIdx = Err(SPECIAL);
        local LocalIdx = Err(SPECIAL);
        tag TagIdx = Err(SPECIAL);
        field FieldIdx = Err(SPECIAL);
        array_len ArrayLen = Err(SPECIAL);
        call_indirect CallIndirect = Err(SPECIAL);
        heap_type HeapType = Err(SPECIAL);
        ref_type_non_null RefTypeNonNull = Err(SPECIAL);
        ref_type_null RefTypeNull = Err(SPECIAL);
        br_cast BrCast = Err(SPECIAL);
    }
}

fn operand(ty: ArrowType) -> Vec<Instr<'static>> {
    let number = Instr::I32Const { value: 8 };
    match ty {
        ArrowType::i32 | ArrowType::at => vec![number],
        ArrowType::i64 => vec![Instr::I64Const { value: 8 }],
        ArrowType::f32 => vec![Instr::F32Const { value: F32(0) }],
        ArrowType::f64 => vec![Instr::F64Const { value: F64(0) }],
        ArrowType::v128 => vec![Instr::V128Const { value: V128::default() }],
        ArrowType::eqref | ArrowType::i31ref | ArrowType::i31 => vec![number, Instr::RefI31],
        ArrowType::arrayref => vec![number, Instr::ArrayNewDefault { ty: TypeIdx(1) }],
    }
}

/// Executes an instruction that has an arrow, alone in a function with its operands. A trap is not
/// an error.
fn execute(opcode: Opcode) -> Result<(), String> {
    let info = opcode.info();
    let arrow = info.arrow.expect("it has an arrow");
    let mut code: Vec<Instr<'_>> = arrow.params.iter().flat_map(|&ty| operand(ty)).collect();
    let mut zeros = Zeros { align: info.access_bytes.max(1).ilog2() as u8 };
    code.push(Instr::read(opcode, &mut zeros)?);
    code.extend(arrow.results.iter().map(|_| Instr::Drop));
    code.push(Instr::End);

    let limits = Limits { min: 1, max: Some(2), ..Limits::default() };
    let byte = ast::StorageType::Pack(ast::PackType::I8);
    let bytes = ast::ArrayType { field: ast::FieldType { mutable: true, storage: byte } };
    let mut module = ast::Module::default();
    module.types.push(FuncType::new([], []).into());
    module.types.push(ast::CompType::Array(bytes).into());
    module.memories.push(MemType { limits, page_size_log2: None });
    let elem = ast::RefType::FUNCREF;
    module.tables.push(ast::Table { ty: ast::TableType { elem, limits }, init: None });
    module.datas.push(ast::Data { mode: ast::DataMode::Passive, bytes: vec![0; 16].into() });
    let items = ast::ElemItems::Funcs(ast::List::default());
    module.elems.push(ast::Elem { mode: ast::ElemMode::Passive, ty: elem, items });
    let body = ast::Body::new([], code.into_iter().collect());
    module.funcs.push(Func { ty: TypeIdx(0), body });
    let index = ExternIdx::Func(FuncIdx(0));
    module.exports.push(ast::Export { name: "f".into(), index });

    let module = Module::with_features(module, Features::ALL).map_err(|error| error.to_string())?;
    let mut store = Store::new(());
    let instance = Instance::new(&mut store, &module, &Imports::default());
    let instance = instance.map_err(|error| error.to_string())?;
    match instance.call(&mut store, "f", &[]) {
        Err(error) if !matches!(error.kind(), ErrorKind::Trap(_)) => Err(error.to_string()),
        _ => Ok(()),
    }
}

#[test]
fn every_instruction_is_executed() {
    let mut wrong = Vec::new();
    let mut store = Store::new(());
    let text = include_str!("special.wat");
    let (special, instance) =
        (crate::common::module(text), crate::common::instantiate(&mut store, text));
    for (name, _) in special.exports() {
        if let Err(error) = instance.call(&mut store, name, &[]) {
            wrong.push(format!("\"{name}\" in special.wat: {error}"));
        }
    }
    let funcs = special.ast().funcs.iter();
    let special: BTreeSet<_> =
        funcs.flat_map(|func| func.body.instrs().flatten()).map(|instr| instr.opcode()).collect();
    for &opcode in Opcode::ALL {
        match (exception(opcode), opcode.info().arrow) {
            (Some(_), _) => {}
            (None, Some(_)) => {
                if let Err(why) = execute(opcode) {
                    wrong.push(format!("{opcode}: {why}"));
                }
            }
            (None, None) if special.contains(&opcode) => {}
            (None, None) => wrong.push(format!("{opcode}: special.wat lacks it")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
