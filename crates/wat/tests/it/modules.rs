//! The fields of a module: abbreviations and their expansions, indices, types, instructions.

use pretty_assertions::assert_eq;
use wattle_ast::{
    AbsHeapType, CompType, ElemItems, Encode, ExternType, Features, HeapType, Instr, Item, Module,
    RefType, SectionId, TypeIdx,
};
use wattle_wat::parse;

fn module(text: &str) -> Module<'_> {
    parse(text).unwrap_or_else(|errors| panic!("{errors} in {text}"))
}

/// Checks that two texts give the same module, names aside.
fn same(text: &str, expanded: &str) {
    let plain = |text| {
        let mut module = module(text).into_owned();
        module.names = Default::default();
        module.customs.clear();
        module
    };
    assert_eq!(plain(text), plain(expanded), "{text}");
}

/// Checks the instructions of a function with this body.
fn check(body: &str, expected: &[Instr<'_>]) {
    let text = format!(
        "(type $s (struct (field $a i32) (field $b i64)))
         (memory $m0 1) (memory $m1 1) (table $t0 1 funcref) (table $t1 1 funcref)
         (elem $e func) (data $d) (tag $tag) (global $g i32 (i32.const 0)) (func $other)
         (func (param $p i32) (local $l i64) {body})"
    );
    let module = module(&text);
    let body = &module.funcs.last().unwrap().body;
    let found: Vec<_> = body.instrs().map(Result::unwrap).collect();
    assert_eq!(found, expected, "{text}");
    body.expr().check(Features::ALL).unwrap();
}

#[test]
fn imports_and_exports_inline() {
    same(
        "(func $f (export \"a\") (export \"b\") (import \"m\" \"n\") (param i32))",
        "(import \"m\" \"n\" (func $f (param i32))) (export \"a\" (func $f)) (export \"b\" (func $f))",
    );
    same("(memory (export \"m\") i64 1 2)", "(memory $m i64 1 2) (export \"m\" (memory $m))");
    same("(global (import \"\" \"g\") (mut i64))", "(import \"\" \"g\" (global (mut i64)))");
    same("(tag (import \"\" \"t\") (param f32))", "(import \"\" \"t\" (tag (param f32)))");
    same("(table (import \"\" \"t\") 1 funcref)", "(import \"\" \"t\" (table 1 funcref))");
}

#[test]
fn segments_inline() {
    same(
        "(memory $m (data \"ab\" \"c\")) (data \"x\")",
        "(memory $m 1 1) (data (i32.const 0) \"abc\") (data \"x\")",
    );
    same("(memory i64 (data))", "(memory i64 0 0) (data (i64.const 0))");
    same(
        "(memory (pagesize 1) (data \"abc\"))",
        "(memory 3 3 (pagesize 1)) (data (i32.const 0) \"abc\")",
    );
    same(
        "(table $t funcref (elem $f 0)) (func $f) (elem func)",
        "(table $t 2 2 funcref) (func $f) (elem (i32.const 0) $f $f) (elem func)",
    );
    same(
        "(table i64 externref (elem (ref.null extern)))",
        "(table i64 1 1 externref) (elem (table 0) (i64.const 0) externref (ref.null extern))",
    );
    same(
        "(type $t (func)) (func $f) (table (ref null $t) (elem $f))",
        "(type $t (func)) (func $f) (table 1 1 (ref null $t))
         (elem (table 0) (i32.const 0) (ref null $t) (ref.func $f))",
    );
}

#[test]
fn segments_have_many_forms() {
    same(
        "(table 1 funcref) (elem (offset (i32.const 0)))",
        "(table 1 funcref) (elem (i32.const 0))",
    );
    same("(func) (elem declare func 0)", "(func $f) (elem declare func $f)");
    same("(elem funcref (ref.null func))", "(elem funcref (item ref.null func))");
    let module = module("(elem (ref null func) (ref.null func)) (elem func)");
    assert_eq!(module.elems[0.into()].ty, RefType::FUNCREF);
    assert!(matches!(module.elems[0.into()].items, ElemItems::Exprs(_)));
    assert_eq!(module.elems[1.into()].ty, RefType::FUNC);
}

#[test]
fn type_uses_find_the_first_equal_type() {
    let text =
        "(type $s (sub (func))) (rec (type $a (func)) (type $b (func))) (rec (type $c (func)))
                (type $d (func)) (func) (func (param i32)) (func (result i64)) (func (param i32))";
    let module = module(text);
    let types: Vec<_> = module.funcs.iter().map(|func| func.ty.0).collect();
    assert_eq!(types, [3, 5, 6, 5]);
    assert_eq!(module.types.len(), 7);
    assert_eq!(module.rec_groups.len(), 2);
}

#[test]
fn implicit_types_come_last_in_order() {
    let module = module(
        "(func (param f32) (block (result i32 i32) (block (param i64) (unreachable)) (unreachable))
           (drop) (drop))
         (func (param f64)) (type (func))",
    );
    let params: Vec<_> = module
        .types
        .iter()
        .map(|ty| match &ty.comp {
            CompType::Func(ty) => format!("{ty:?}"),
            _ => String::new(),
        })
        .collect();
    assert_eq!(
        params,
        ["[] -> []", "[F32] -> []", "[] -> [I32, I32]", "[I64] -> []", "[F64] -> []"]
    );
}

#[test]
fn identifiers_compare_after_decoding() {
    same("(func $\"a b\") (func (call $\"a\\20b\"))", "(func) (func (call 0))");
    same("(func $a) (func (call $\"\\61\"))", "(func) (func (call 0))");
}

#[test]
fn folded_is_flat() {
    for (folded, flat) in [
        ("(drop (i32.add (i32.const 1) (i32.const 2)))", "i32.const 1 i32.const 2 i32.add drop"),
        ("(block $l (br $l))", "block $l br $l end $l"),
        (
            "(if $l (i32.const 1) (then (br $l)) (else nop))",
            "i32.const 1 if $l br $l else $l nop end $l",
        ),
        (
            "(if (block (result i32) (i32.const 1)) (then))",
            "block (result i32) i32.const 1 end if end",
        ),
        (
            "(try (do (throw $tag)) (catch $tag nop) (catch_all (rethrow 0)))",
            "try throw $tag catch $tag nop catch_all rethrow 0 end",
        ),
        ("(block $l (try (do) (delegate $l)))", "block $l try delegate $l end"),
        ("(block $l (try_table (catch_all $l)))", "block $l try_table (catch_all $l) end end"),
        (
            "(drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))",
            "i32.const 1 i32.const 2 i32.const 3 select (result i32) drop",
        ),
        (
            "(call_indirect $t (param i32) (i32.const 1) (i32.const 2))",
            "i32.const 1 i32.const 2 call_indirect $t (param i32)",
        ),
    ] {
        let text = |body| format!("(table $t 1 funcref) (tag $tag) (func {body})");
        same(&text(folded), &text(flat));
    }
}

#[test]
fn immediates_and_their_defaults() {
    use wattle_ast::{
        BlockType, DataIdx, ElemIdx, FieldIdx, LaneIdx, LocalIdx, MemArg, MemCopy, MemIdx, MemInit,
        TableCopy, TableIdx, TableInit, V128,
    };
    let memarg = |offset, memory, align| MemArg { offset, memory: MemIdx(memory), align };
    check(
        "i32.load i32.load $m1 offset=0x10 align=1",
        &[
            Instr::I32Load { memarg: memarg(0, 0, 2) },
            Instr::I32Load { memarg: memarg(16, 1, 0) },
            Instr::End,
        ],
    );
    check(
        "v128.load8_lane 1 v128.load8_lane 1 2 v128.load8_lane $m1 offset=3 4",
        &[
            Instr::V128Load8Lane { memarg: memarg(0, 0, 0), lane: LaneIdx(1) },
            Instr::V128Load8Lane { memarg: memarg(0, 1, 0), lane: LaneIdx(2) },
            Instr::V128Load8Lane { memarg: memarg(3, 1, 0), lane: LaneIdx(4) },
            Instr::End,
        ],
    );
    check(
        "memory.copy memory.copy 1 0 memory.init $d memory.init $m1 $d",
        &[
            Instr::MemoryCopy { copy: MemCopy { dst: MemIdx(0), src: MemIdx(0) } },
            Instr::MemoryCopy { copy: MemCopy { dst: MemIdx(1), src: MemIdx(0) } },
            Instr::MemoryInit { init: MemInit { data: DataIdx(0), memory: MemIdx(0) } },
            Instr::MemoryInit { init: MemInit { data: DataIdx(0), memory: MemIdx(1) } },
            Instr::End,
        ],
    );
    check(
        "table.copy $t1 $t0 table.init $e table.init $t1 $e table.get table.get 1",
        &[
            Instr::TableCopy { copy: TableCopy { dst: TableIdx(1), src: TableIdx(0) } },
            Instr::TableInit { init: TableInit { elem: ElemIdx(0), table: TableIdx(0) } },
            Instr::TableInit { init: TableInit { elem: ElemIdx(0), table: TableIdx(1) } },
            Instr::TableGet { table: TableIdx(0) },
            Instr::TableGet { table: TableIdx(1) },
            Instr::End,
        ],
    );
    check(
        "local.get $p local.get $l struct.get $s $b",
        &[
            Instr::LocalGet { local: LocalIdx(0) },
            Instr::LocalGet { local: LocalIdx(1) },
            Instr::StructGet { ty: TypeIdx(0), field: FieldIdx(1) },
            Instr::End,
        ],
    );
    check(
        "block (type 0) end block (result i64) end",
        &[
            Instr::Block { block_type: BlockType::Type(TypeIdx(0)) },
            Instr::End,
            Instr::Block { block_type: BlockType::Value(wattle_ast::ValType::I64) },
            Instr::End,
            Instr::End,
        ],
    );
    check(
        "v128.const i16x8 -1 1 2 3 4 5 6 0xffff",
        &[
            Instr::V128Const {
                value: V128([255, 255, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 255, 255]),
            },
            Instr::End,
        ],
    );
}

#[test]
fn shared_mnemonics_differ_by_immediate() {
    use wattle_ast::{RefTypeNonNull, RefTypeNull, SelectTypes, ValType};
    let any = HeapType::Abs(AbsHeapType::Any);
    let mut buffer = Vec::new();
    let types = SelectTypes::encode_in(&mut buffer, [ValType::I32].into_iter());
    check(
        "select select (result i32) ref.test (ref any) ref.test anyref ref.cast (ref null any)",
        &[
            Instr::Select,
            Instr::SelectTyped { types },
            Instr::RefTest { target: RefTypeNonNull(any) },
            Instr::RefTestNull { target: RefTypeNull(any) },
            Instr::RefCastNull { target: RefTypeNull(any) },
            Instr::End,
        ],
    );
}

#[test]
fn compact_imports_keep_their_groups() {
    let module = module(
        "(import \"m\" (item \"a\" (func $f)) (item \"b\" (memory $m 1)))
         (import \"m\" (item \"c\") (item \"d\") (global i32))
         (import \"m\") (import \"m\" (func)) (import \"m\" \"e\" (func $g))
         (start $g) (export \"m\" (memory $m))",
    );
    let groups: Vec<_> =
        module.import_groups.iter().map(|g| (g.first, g.len, g.ty.is_some())).collect();
    assert_eq!(groups, [(0, 2, false), (2, 2, true), (4, 0, false), (4, 0, true)]);
    let names: Vec<_> = module.imports.iter().map(|import| import.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    assert_eq!(module.start, Some(wattle_ast::FuncIdx(1)));
}

#[test]
fn proposals_have_their_forms() {
    let descriptors = module(
        "(rec (type $a (descriptor $b) (struct)) (type $b (sub (describes $a) (struct))))
         (import \"\" \"\" (func (exact (param (ref null (exact $a))))))",
    );
    assert_eq!(descriptors.types[0.into()].descriptor, Some(TypeIdx(1)));
    assert_eq!(descriptors.types[1.into()].describes, Some(TypeIdx(0)));
    assert!(matches!(descriptors.imports[0].ty, ExternType::FuncExact(TypeIdx(2))));

    let stacks = module(
        "(type $f (func)) (type $k (cont $f)) (tag $t)
         (func (param (ref null $k))
           (block $l (result (ref $k)) (resume $k (on $t $l) (on $t switch) (local.get 0)) (return))
           (drop))",
    );
    assert_eq!(stacks.types[1.into()].comp, CompType::Cont(TypeIdx(0)));
    let code = stacks.funcs[0.into()].body.code();
    let resume = code.iter().position(|byte| *byte == 0xe3).unwrap();
    assert_eq!(code[resume..resume + 8], [0xe3, 1, 2, 0, 0, 0, 1, 0]);
}

#[test]
fn the_first_memory_and_the_first_table_may_be_stated() {
    let head = "(memory 1) (table 1 funcref) (func)";
    for (segment, flags) in [
        ("(data (i32.const 0))", 0),
        ("(data (memory 0) (i32.const 0))", 2),
        ("(elem (i32.const 0) func 0)", 0),
        ("(elem (table 0) (i32.const 0) func 0)", 2),
        ("(elem (i32.const 0) funcref (ref.func 0))", 4),
        ("(elem (table 0) (i32.const 0) funcref (ref.func 0))", 6),
        ("(elem (i32.const 0) (ref func) (ref.func 0))", 6),
    ] {
        assert_eq!(segment_flags(&format!("{head} {segment}")), flags, "{segment}");
    }
}

/// Returns the flags of the only segment of a module.
fn segment_flags(text: &str) -> u8 {
    let module = module(text);
    let mut items =
        module.section_items(SectionId::Elem).chain(module.section_items(SectionId::Data));
    items.next().map(|item| item.to_bytes()[0]).unwrap()
}

#[test]
fn data_can_be_numbers() {
    same(
        "(data \"a\" (i8 1 -1 0xff) \"b\" (i16 -2) (i32 0x01020304) (i64 1) (f32 1.0) (i8))",
        "(data \"a\\01\\ff\\ffb\\fe\\ff\\04\\03\\02\\01\\01\\00\\00\\00\\00\\00\\00\\00\\00\\00\\80?\")",
    );
    same(
        "(memory 1) (data (i32.const 0) (f64 -0) (v128 i32x4 1 2 3 4 i64x2 -1 0))",
        "(memory 1) (data (i32.const 0) \"\\00\\00\\00\\00\\00\\00\\00\\80\" \"\\01\\00\\00\\00\\02\\00\\00\\00\\03\\00\\00\\00\\04\\00\\00\\00\" \"\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\" \"\\00\\00\\00\\00\\00\\00\\00\\00\")",
    );
    same("(memory (data (i8 1)))", "(memory 1 1) (data (i32.const 0) \"\\01\")");
    same("(data (i8 1 2))", "(data \"\\01\\02\")");
    for text in ["(data (i8 256))", "(data (i9 1))", "(data (v128 i32x4 1 2 3))", "(data (i8 1)"] {
        assert!(wattle_wat::parse(text).is_err(), "{text}");
    }
}

#[test]
fn data_count_is_there_when_a_body_asks_for_it() {
    let count = |text| match module(text).section_items(SectionId::DataCount).next() {
        Some(Item::DataCount(count)) => Some(count),
        _ => None,
    };
    assert_eq!(count("(data)"), None);
    assert_eq!(count("(data) (func (data.drop 0))"), Some(1));
    assert_eq!(count("(func (memory.init 3)) (memory 0)"), Some(0));
}

#[test]
fn disabled_instructions_say_what_to_enable() {
    let parser = wattle_wat::Parser::new().features(Features::WASM1);
    let errors = parser.module("(func (memory.fill))").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "unknown operator memory.fill (bulk-memory is not enabled) at line 1, column 8"
    );
}

#[test]
fn locals_are_runs() {
    let module = module("(func (local i32 i32) (local $a i32) (local i64) (local i32))");
    assert_eq!(module.funcs[0.into()].body.bytes(), [3, 3, 0x7f, 1, 0x7e, 1, 0x7f, 0x0b]);
    assert_eq!(module.types[0.into()].to_bytes(), [0x60, 0, 0]);
}

#[test]
fn the_source_map_has_parameters_and_locals() {
    let text = "(module (type $t (func (param i64)))
        (func $f (param $a i32) (param f32 (ref null $t)) (local i32 i64) (local $l funcref))
        (func (type $t) (local f64)))";
    let parsed = wattle_wat::Parser::new().source_map(true).module(text).unwrap();
    let map = parsed.source_map.unwrap();
    let place = |func, local: u32| {
        let path = wattle_ast::Path::item(wattle_ast::ItemKind::Func, func);
        map.local_span(&path, local.into()).map(|span| &text[span.start..span.end])
    };
    let places: Vec<_> = (0..7).map(|local| place(0, local)).collect();
    let expected = ["(param $a i32)", "f32", "(ref null $t)", "i32", "i64", "(local $l funcref)"];
    assert_eq!(places[..6], expected.map(Some));
    assert_eq!(places[6], None);
    // Only the type states the parameter.
    assert_eq!((place(1, 0), place(1, 1)), (None, Some("f64")));
}
