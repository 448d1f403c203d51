//! Sizes at which only linear work ends in time. The tests check that validation ends, with the
//! right verdict.

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

/// A type of a thousand results, and a function that calls another of that type `calls` times.
fn calls(calls: usize) -> Module<'static> {
    let call = Instr::Call { func: 1.into() };
    let code = repeat_n(call, calls).chain([Instr::Unreachable, Instr::End]).collect();
    let mut module = func([], Body::new([], code));
    module.types.push(FuncType::new([], repeat_n(ValType::I32, 1_000)).into());
    let callee = [Instr::Unreachable, Instr::End].into_iter().collect();
    module.funcs.push(Func { ty: TypeIdx(1), body: Body::new([], callee) });
    module
}

#[test]
fn the_height_of_the_operand_stack_is_limited() {
    assert!(validate(&calls(1_000)).is_ok());
    let error = validate(&calls(1_001)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "too many operands: at most 1000000 in func 0, instr 1000 `call`",
    );
    // A block counts as one operand, and the limit is exact whatever was checked before.
    let nested = |depth: usize| {
        let block = Instr::Block { block_type: BlockType::Empty };
        let code = repeat_n(block, depth).chain(repeat_n(Instr::End, depth + 1));
        func([], Body::new([], code.collect()))
    };
    let mut bodies = wattle_validator::FuncValidator::default();
    for limit in [0, 1, 7, 1_000, 7] {
        let limits = Limits { operands: limit, ..Limits::JS };
        for depth in [limit, limit + 1] {
            let module = nested(depth as usize);
            let types = Validator::new().limits(limits).declarations(&module).unwrap();
            let checked = bodies.body(&types, 0.into(), &module.funcs[0.into()].body);
            assert_eq!(checked.is_ok(), depth == limit, "{depth} blocks with a limit of {limit}");
        }
    }
}

#[test]
fn errors_about_long_lists_are_short() {
    let mut module = calls(1_000);
    module.funcs[0.into()].body = Body::new(
        [],
        repeat_n(Instr::Call { func: 1.into() }, 1_000).chain([Instr::End]).collect(),
    );
    let errors = validate(&module).unwrap_err();
    let error = errors.first();
    assert_eq!((error.found.count(), error.expected.count()), (1_000_000, 0));
    assert!(error.found.len() <= wattle_validator::OperandTypes::MOST);
    let message = error.to_string();
    assert!(message.starts_with("type mismatch: 1000000 values too many at the end"), "{message}");
    assert!(message.len() < 400, "{message}");
}

#[test]
fn types_are_found_by_their_ids() {
    let types = |params: &[ValType]| FuncType::new(params.iter().copied(), []).into();
    let mut registry = wattle_validator::Registry::default();
    // The registry knows some types already, in another order.
    for params in [&[ValType::I64][..], &[ValType::I32], &[]] {
        registry.add_func_type(&FuncType::new(params.iter().copied(), [])).unwrap();
    }
    let module = Module {
        types: vec![
            types(&[]),
            types(&[ValType::F32]),
            types(&[ValType::I32]),
            types(&[]),
            types(&[ValType::F64]),
            types(&[ValType::I64]),
            types(&[ValType::I32]),
        ]
        .into(),
        ..Module::default()
    };
    let types = Validator::new().registry(registry.into()).module(&module).unwrap();
    let found = |index| types.type_index(types.type_id(TypeIdx(index)).unwrap()).unwrap().0;
    assert_eq!((0..7).map(found).collect::<Vec<_>>(), [0, 1, 2, 0, 4, 5, 2]);
}

/// Each type is a name for the one before it.
#[test]
fn names_of_names_of_types() {
    use wattle_ast::components::{
        Component, Definition, ExternDesc, Import, PrimType, Type, TypeBound,
    };
    let name = |index: u32| {
        let ty = ExternDesc::Type(TypeBound::Eq(index.into()));
        Definition::Import(Import { name: format!("t{index}").into(), ty })
    };
    let first = [Definition::Type(Type::Prim(PrimType::U8))];
    let component: Component<'_> = first.into_iter().chain((0..80_000).map(name)).collect();
    let types = wattle_validator::validate_component(&component).unwrap();
    assert_eq!(types.imports().len(), 80_000);
}
