//! The builder: indices, labels, and the modules that it builds.

use pretty_assertions::assert_eq;
use wattle_ast::{
    BlockType, Catch, DataIdx, ExternIdx, GlobalType, Instr, Item, LabelIdx, Limits, LocalIdx,
    MemIdx, MemInit, MemType, Opcode, RefType, SectionId, TableType, TagIdx, TypeIdx, ValType,
};
use wattle_encoder::{
    BuildErrorKind, FuncBuilder, Imports, ModuleBuilder, encode, encode_canonical,
};

#[test]
fn imports_come_first_in_every_index_space() {
    let limits = Limits { min: 1, ..Limits::default() };
    let memory = MemType { limits, ..MemType::default() };
    let table = TableType { elem: RefType::FUNCREF, limits };
    let global = GlobalType { mutable: true, val: ValType::I32 };
    let zero = [Instr::I32Const { value: 0 }];

    let mut imports = Imports::new();
    let ty = imports.ty([], []);
    imports.func("m", "f", ty);
    imports.table("m", "t", table);
    imports.memory("m", "m", memory);
    imports.global("m", "g", global);
    imports.tag("m", "e", ty);
    let mut module = ModuleBuilder::with_imports(imports);
    assert_eq!(module.ty([], []), ty);
    let indices: [ExternIdx; 5] = [
        module.func(ty, |_| ()).into(),
        module.table(table).into(),
        module.memory(memory).into(),
        module.global(global, zero).into(),
        module.tag(ty).into(),
    ];
    for (name, index) in ["f", "t", "m", "g", "e"].into_iter().zip(indices) {
        assert_eq!(index.index(), 1, "{name}");
        module.export(name, index);
    }
    let module = module.build().unwrap();
    assert_eq!(module.types.len(), 1);
    assert_eq!(module.imports.len(), 5);
    assert_eq!(module.exports.len(), 5);
    assert_eq!(encode(&module), encode_canonical(&module));
}

#[test]
fn labels_count_from_where_they_are_used() {
    let mut f = FuncBuilder::new(0);
    let body = f.body();
    assert_eq!(f.label(body), LabelIdx(0));
    f.block(BlockType::Empty, |f, outer| {
        let catch = Catch::All(f.label(outer));
        f.try_table(
            BlockType::Empty,
            &[catch, Catch::One(TagIdx(3), f.label(body))],
            |f, inner| {
                f.instr(Instr::I32Const { value: 1 });
                f.if_(BlockType::Empty, |f, then| {
                    f.br(then).br(inner).br(outer).br(body);
                });
            },
        );
        f.instr(Instr::I32Const { value: 1 });
        f.br_if(outer);
    });
    let code = [
        &[0x02, 0x40, 0x1f, 0x40, 2, 2, 0, 0, 3, 1, 0x41, 1, 0x04, 0x40][..],
        &[0x0c, 0, 0x0c, 1, 0x0c, 2, 0x0c, 3, 0x0b, 0x0b, 0x41, 1, 0x0d, 0, 0x0b, 0x0b],
    ];
    assert_eq!(f.finish().unwrap().code(), code.concat());
}

/// The error of the builder for a body.
#[track_caller]
fn refused(build: impl FnOnce(&mut FuncBuilder)) -> BuildErrorKind {
    let mut f = FuncBuilder::new(1);
    build(&mut f);
    f.finish().unwrap_err().kind()
}

const BLOCK: Instr<'static> = Instr::Block { block_type: BlockType::Empty };

#[test]
fn a_label_is_good_while_its_block_is_open() {
    let other = FuncBuilder::new(1);
    let foreign = other.body();
    let ended = |f: &mut FuncBuilder| f.block(BlockType::Empty, |_, label| label);
    assert_eq!(
        refused(|f| {
            f.label(foreign);
        }),
        BuildErrorKind::Label
    );
    assert_eq!(
        refused(|f| {
            f.br(foreign);
        }),
        BuildErrorKind::Label
    );
    // After the block, and inside of another block of the same depth.
    assert_eq!(
        refused(|f| {
            let label = ended(f);
            f.br(label);
        }),
        BuildErrorKind::Label
    );
    assert_eq!(
        refused(|f| {
            let label = ended(f);
            f.block(BlockType::Empty, |f, _| {
                f.br_if(label);
            });
        }),
        BuildErrorKind::Label
    );
    assert_eq!(
        refused(|f| {
            let label = ended(f);
            f.loop_(BlockType::Empty, |f, own| {
                f.br_table(&[own, label], own);
            });
        }),
        BuildErrorKind::Label
    );
    // Both parts of an `if` have its label, which is invalid afterwards.
    assert_eq!(
        refused(|f| {
            let (label, _) = f.if_else(
                BlockType::Empty,
                |_, label| label,
                |f, it| {
                    f.br(it);
                },
            );
            f.br(label);
        }),
        BuildErrorKind::Label
    );
    // A clone continues the body, so labels are valid in both.
    let mut f = FuncBuilder::new(0);
    let label = f.open(BLOCK);
    let mut copy = f.clone();
    copy.br(label).end();
    assert!(copy.finish().is_ok());
}

#[test]
fn blocks_end_once() {
    let mut f = FuncBuilder::new(0);
    f.instr(BLOCK);
    f.block(BlockType::Empty, |f, _| f.instr(BLOCK).end().offset());
    f.end();
    let code = [0x02, 0x40, 0x02, 0x40, 0x02, 0x40, 0x0b, 0x0b, 0x0b, 0x0b];
    assert_eq!(f.finish().unwrap().code(), code);

    assert_eq!(
        refused(|f| {
            f.instrs([Instr::Nop, Instr::End]);
        }),
        BuildErrorKind::End
    );
    assert_eq!(
        refused(|f| {
            f.instrs([BLOCK, Instr::End, Instr::End]);
        }),
        BuildErrorKind::End
    );
    // A closure that ends its own block, also if it opens another in its place.
    assert_eq!(
        refused(|f| f.block(BlockType::Empty, |f, _| {
            f.end();
        })),
        BuildErrorKind::End
    );
    assert_eq!(
        refused(|f| f.block(BlockType::Empty, |f, _| {
            f.end().instr(BLOCK);
        })),
        BuildErrorKind::End
    );
    // Blocks that are left open.
    assert_eq!(
        refused(|f| {
            f.instr(BLOCK);
        }),
        BuildErrorKind::Open
    );
    assert_eq!(
        refused(|f| f.block(BlockType::Empty, |f, _| {
            f.instr(BLOCK);
        })),
        BuildErrorKind::Open
    );
    assert_eq!(
        refused(|f| {
            f.if_else(
                BlockType::Empty,
                |f, _| {
                    f.instr(BLOCK);
                },
                |_, _| (),
            );
        }),
        BuildErrorKind::Open
    );
}

#[test]
fn instructions_that_belong_to_a_block_stand_in_it() {
    let misplaced = BuildErrorKind::Misplaced(Opcode::Else);
    assert_eq!(
        refused(|f| {
            f.else_();
        }),
        misplaced
    );
    assert_eq!(
        refused(|f| f.loop_(BlockType::Empty, |f, _| {
            f.else_();
        })),
        misplaced
    );
    assert_eq!(
        refused(|f| f.if_(BlockType::Empty, |f, _| {
            f.else_().else_();
        })),
        misplaced
    );
    assert_eq!(
        refused(|f| {
            f.if_else(
                BlockType::Empty,
                |f, _| {
                    f.else_();
                },
                |_, _| (),
            );
        }),
        misplaced
    );
    assert_eq!(
        refused(|f| {
            f.open(Instr::Nop);
        }),
        BuildErrorKind::Misplaced(Opcode::Nop)
    );
    assert_eq!(
        refused(|f| {
            f.param(1);
        }),
        BuildErrorKind::Param(1)
    );
}

#[test]
fn the_module_reports_the_first_function_that_cannot_be_built() {
    let mut imports = Imports::new();
    let ty = imports.ty([], []);
    imports.func("m", "f", ty);
    let mut module = ModuleBuilder::with_imports(imports);
    module.func(ty, |_| ());
    module.func(ty, |f| {
        f.instr(Instr::Nop).end();
    });
    module.func(ty, |f| {
        f.else_();
    });
    let error = module.build().unwrap_err();
    assert_eq!((error.kind(), error.offset()), (BuildErrorKind::End, 1));
    assert_eq!(
        error.to_string(),
        "unexpected `end`: there is no block to close at offset 0x1, in func 2"
    );
}

#[test]
fn a_function_whose_closure_fails_is_not_added() {
    let mut module = ModuleBuilder::new();
    let ty = module.ty([], []);
    assert_eq!(module.try_func(ty, |_| Err("no")), Err("no"));
    assert_eq!(module.try_func(ty, |_| Ok::<(), ()>(())).unwrap().0, 0);
    assert_eq!(module.build().unwrap().funcs.len(), 1);
}

#[test]
fn closures_can_fail() {
    let mut f = FuncBuilder::new(0);
    let result = f.block(BlockType::Empty, |_, _| Err::<(), _>("no"));
    assert_eq!(result, Err("no"));
}

#[test]
fn data_count_is_there_when_a_body_needs_it() {
    let mut module = ModuleBuilder::new();
    let ty = module.ty([], []);
    let segment = module.data_passive("abc");
    assert_eq!(segment, DataIdx(0));
    let mut without = module.clone();
    without.func(ty, |_| ());
    assert!(!without.build().unwrap().has_section(SectionId::DataCount));
    module.func(ty, |f| {
        let init = MemInit { data: segment, memory: MemIdx(0) };
        f.instrs([Instr::MemoryInit { init }]);
    });
    let module = module.build().unwrap();
    let counts: Vec<_> = module.section_items(SectionId::DataCount).collect();
    assert_eq!(counts, [Item::DataCount(1)]);
}

#[test]
fn declared_functions_trap_until_defined() {
    let mut module = ModuleBuilder::new();
    let ty = module.ty([ValType::I32, ValType::I32], []);
    let (first, second) = (module.declare(ty), module.declare(ty));
    let mut body = module.func_builder(ty);
    assert_eq!(body.params(), 2);
    assert_eq!(body.local(ValType::I64), LocalIdx(2));
    body.instr(Instr::Call { func: first.index() });
    module.define(second, body);
    let module = module.build().unwrap();
    assert_eq!(module.funcs[0.into()].body.code(), [0x00, 0x0b]);
    assert_eq!(module.funcs[1.into()].body.bytes(), [1, 1, 0x7e, 0x10, 0, 0x0b]);
}

#[test]
fn groups_of_types_are_not_shared_with_singles() {
    let mut module = ModuleBuilder::new();
    let single = module.ty([], []);
    let group = module.rec(|first| {
        assert_eq!(first, TypeIdx(1));
        [(); 2].map(|()| wattle_ast::FuncType::new([], []).into())
    });
    assert_eq!(
        (single, group, module.ty([], [ValType::I32])),
        (TypeIdx(0), TypeIdx(1), TypeIdx(3))
    );
    let bytes = encode(&module.build().unwrap());
    assert_eq!(bytes[8..11], [1, 0x10, 3]);
    assert_eq!(bytes[11..], *b"\x60\0\0\x4e\x02\x60\0\0\x60\0\0\x60\0\x01\x7f");
}
