//! Sizes at which anything but linear work would not end: the test is that it does, and rightly.

use std::iter::repeat_n;

use wattle_ast::{
    ArrayType, BlockType, Body, CompType, FieldType, Func, FuncType, HeapType, Instr, LabelIdx,
    Labels, Local, LocalIdx, Module, RecGroup, RefType, StorageType, StructType, SubType, TypeIdx,
    ValType,
};
use wattle_validator::{Limits, Validator, validate};

fn field(ty: ValType) -> FieldType {
    FieldType { mutable: true, storage: StorageType::Val(ty) }
}

fn reference(index: u32) -> ValType {
    ValType::Ref(RefType::null(HeapType::Type(TypeIdx(index))))
}

fn func(params: impl IntoIterator<Item = ValType>, body: Body<'static>) -> Module<'static> {
    let mut module = Module::default();
    module.types.push(FuncType::new(params, []).into());
    module.funcs.push(Func { ty: TypeIdx(0), body });
    module
}

#[test]
fn a_million_types_in_one_group() {
    let len = 1_000_000;
    let array = |index| CompType::Array(ArrayType { field: field(reference((index + 1) % len)) });
    let module = Module {
        types: (0..len).map(|index| array(index).into()).collect(),
        rec_groups: vec![RecGroup { first: TypeIdx(0), len }],
        ..Module::default()
    };
    let types = validate(&module).unwrap();
    assert_eq!(types.registry().len(), len as usize);
}

#[test]
fn many_groups_that_are_equal_or_nearly() {
    let long: Vec<_> = repeat_n(field(ValType::I64), 100).collect();
    let ty = |index: u32| {
        let mut fields = long.clone();
        fields.push(field(if index.is_multiple_of(2) {
            ValType::I32
        } else {
            reference(index - 1)
        }));
        SubType::from(CompType::Struct(StructType { fields: fields.into() }))
    };
    let module = Module { types: (0..100_000).map(ty).collect(), ..Module::default() };
    assert_eq!(validate(&module).unwrap().registry().len(), 2);
}

#[test]
fn deep_chains_of_supertypes() {
    let empty = || CompType::Struct(StructType::default());
    let chain = |depth: u32| {
        let mut module = Module::default();
        for index in 0..=depth {
            let supertypes = index.checked_sub(1).map(TypeIdx).into_iter().collect();
            let ty = SubType { is_final: false, supertypes, ..SubType::from(empty()) };
            module.types.push(ty);
        }
        module
    };
    assert!(validate(&chain(63)).is_ok());
    let error = validate(&chain(64)).unwrap_err();
    assert_eq!(error.to_string(), "too many supertypes: at most 63 in type 64");
    // Without the limit, any depth works, and a cast from bottom to top is a few steps.
    let module = chain(200_000);
    let types = Validator::new().limits(Limits::NONE).module(&module).unwrap();
    let id = |index| types.type_id(TypeIdx(index)).unwrap();
    assert!(types.is_subtype(id(200_000), id(0)) && !types.is_subtype(id(0), id(200_000)));
    for step in (1..200_000).step_by(997) {
        assert!(
            types.is_subtype(id(200_000), id(step)) && types.is_subtype(id(step), id(step / 2))
        );
    }
}

#[test]
fn as_many_locals_of_as_many_types() {
    let count = 50_000;
    let mut code = Vec::new();
    for index in 0..count {
        code.push(Instr::LocalGet { local: LocalIdx(index) });
        code.push(Instr::LocalSet { local: LocalIdx(index) });
    }
    code.push(Instr::End);
    // Types that differ by the type that they refer to.
    let mut types = vec![SubType::from(FuncType::new([], []))];
    for index in 0..count {
        types.push(CompType::Array(ArrayType { field: field(reference(index)) }).into());
    }
    let locals = (0..count).map(|index| Local { count: 1, ty: reference(index + 1) });
    let mut module = func([], Body::new(locals, code.into_iter().collect()));
    module.types = types.into();
    assert!(validate(&module).is_ok());
}

#[test]
fn locals_by_the_billion() {
    let null = wattle_ast::AbsHeapType::None;
    let ty = ValType::Ref(RefType::non_null(HeapType::Abs(wattle_ast::AbsHeapType::Any)));
    let last = LocalIdx(u32::MAX - 1);
    let locals = [Local { count: u32::MAX, ty }];
    let get = [Instr::LocalGet { local: last }, Instr::Drop, Instr::End];
    let unset = func([], Body::new(locals, get.into_iter().collect()));
    let validator = || Validator::new().limits(Limits::NONE);
    let error = validator().module(&unset).unwrap_err().to_string();
    assert!(error.starts_with("uninitialized local 4294967294"), "{error}");
    let set = [
        Instr::RefNull { heap: HeapType::Abs(null) },
        Instr::RefAsNonNull,
        Instr::LocalSet { local: last },
    ];
    let module = func([], Body::new(locals, set.into_iter().chain(get).collect()));
    assert!(validator().module(&module).is_ok());
}

#[test]
fn a_million_labels() {
    let mut code: Vec<Instr<'_>> =
        repeat_n(Instr::Block { block_type: BlockType::Type(TypeIdx(1)) }, 1_000).collect();
    let labels = (0..1_000_000).map(|index| LabelIdx(index % 1_000));
    let mut buffer = Vec::new();
    let labels = Labels::encode_in(&mut buffer, labels, LabelIdx(0));
    code.extend(repeat_n(Instr::I64Const { value: 0 }, 1_000));
    code.extend([Instr::I32Const { value: 0 }, Instr::BrTable { labels }]);
    code.extend(repeat_n(Instr::End, 1_000));
    code.extend(repeat_n(Instr::Drop, 1_000));
    code.push(Instr::End);
    let mut module = func([], Body::new([], code.into_iter().collect()));
    let results = repeat_n(ValType::I64, 1_000);
    module.types.push(FuncType::new([], results).into());
    assert!(validate(&module).is_ok());
}

#[test]
fn a_million_nested_blocks() {
    let block = Instr::Block { block_type: BlockType::Empty };
    let branch = Instr::Br { label: LabelIdx(1_000_000) };
    let code = repeat_n(block, 1_000_000).chain([branch]).chain(repeat_n(Instr::End, 1_000_001));
    let module = func([], Body::new([], code.collect()));
    assert!(validate(&module).is_ok());
}

#[test]
fn operands_by_the_million() {
    let code = repeat_n(Instr::I32Const { value: 0 }, 1_000_000)
        .chain(repeat_n(Instr::Drop, 1_000_000))
        .chain([Instr::End]);
    assert!(validate(&func([], Body::new([], code.collect()))).is_ok());
}
