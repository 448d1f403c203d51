//! Items are inserted, removed and moved, and all references to items follow: in a module with
//! every kind of reference, and in the modules of the official suite.

use wattle::ast::custom::WhyLeftOut;
use wattle::ast::{
    Custom, CustomData, DataMode, ElemMode, ExternIdx, ExternKind, ExternType, Features, FieldIdx,
    FuncIdx, FuncType, GlobalType, Import, IndexSpaces, Instr, LabelIdx, Limits, LocalIdx, MemType,
    Module, Opcode, RefType, Remap, SubType, TableType, TagType, TypeIdx, ValType,
};
use wattle::validator::Validator;
use wattle::{encoder, printer, wat};
use wattle_tests::features::features;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::suite;

/// A module with every kind of reference to items. The marks are places of imports, definitions and
/// types that tests add.
const EVERYTHING: &str = r#"(module $m
  TYPES
  (type $struct (sub (struct (field $x (mut i32)) (field $y (ref null $struct)))))
  (rec (type $a (sub $struct (struct (field $x (mut i32)) (field (ref null $a)) (field (ref null $b)))))
       (type $b (func (param $p (ref null $a)) (result (ref null $b)))))
  (type $array (array (mut (ref null $struct))))
  (type $cont (cont $void))
  (type $tag (func (param i32)))
  (type $void (func))
  (import "i" "f" (func $i (type $b)))
  (import "i" "t" (table $it 1 (ref null $a)))
  (import "i" "m" (memory $im 1))
  (import "i" "g" (global $ig (ref null $b)))
  (import "i" "e" (tag $ie (type $tag)))
  IMPORTS
  TABLES
  (table $t 3 (ref null $void) (ref.func $f))
  (table $u 3 funcref)
  MEMORIES
  (memory $n 1)
  TAGS
  (tag $e (type $tag) (param $q i32))
  GLOBALS
  (global $g (mut (ref null $struct)) (struct.new_default $struct))
  (global $h funcref (ref.func $f))
  (export "f" (func $f)) (export "t" (table $t)) (export "m" (memory $n))
  (export "e" (tag $e)) (export "g" (global $g))
  (start $s)
  ELEMS
  (elem $declared declare func $f $i)
  (elem $active (table $t) (i32.const 0) (ref null $void) (item ref.func $f) (item ref.null $void))
  (elem $first (table $u) (i32.const 0) func $f)
  DATAS
  (data $passive "abc")
  (data $in (memory $n) (i32.const 0) "x")
  FUNCS
  (func $f (type $void) (local $l (ref null $a)) (local $k i32)
    (block $outer (loop $inner (br_if $outer (i32.const 0)) (br_table $inner $outer (i32.const 0))))
    (block $handled (drop (block $thrown (result i32)
      (try_table (catch $e $thrown) (catch_all $handled) (call $s) (throw $e (i32.const 1)))
      (i32.const 0))))
    (drop (struct.get $struct $y (global.get $g)))
    (struct.set $a $x (ref.null $a) (i32.const 1))
    (call_indirect $t (type $void) (i32.const 0))
    (call_ref $void (ref.null $void))
    (table.copy $u $u (i32.const 0) (i32.const 0) (i32.const 0))
    (table.init $u $first (i32.const 0) (i32.const 0) (i32.const 0))
    (elem.drop $declared)
    (memory.init $n $passive (i32.const 0) (i32.const 0) (i32.const 0))
    (memory.copy $n $im (i32.const 0) (i32.const 0) (i32.const 0))
    (data.drop $in)
    (i32.store $n (i32.const 0) (i32.load $im (i32.const 0)))
    (local.set $k (table.size $it))
    (local.set $l (ref.cast (ref null $a) (local.get $l)))
    (global.set $g (select (result (ref null $struct)) (local.get $l) (global.get $g) (local.get $k)))
    (drop (block (result (ref null $struct))
      (br_on_cast 0 (ref null $struct) (ref null $a) (global.get $g))))
    (drop (call $i (local.get $l)))
    (drop (ref.func $i))
    (drop (array.new_fixed $array 0))
    (resume $cont (on $ie switch) (ref.null $cont))
    (@metadata.code.branch_hint "\01") (if (local.get $k) (then (drop (global.get $ig)))))
  (func $s (type $void)))
"#;

/// The texts that replace the marks.
type Additions<'t> = &'t [(&'t str, &'t str)];

fn everything(additions: Additions<'_>) -> Module<'static> {
    let mut text = EVERYTHING.replace(
        "(drop (call_indirect $t (type $void) (i32.const 0)))",
        "(call_indirect $t (type $void) (i32.const 0))",
    );
    for mark in
        ["TYPES", "IMPORTS", "TABLES", "MEMORIES", "TAGS", "GLOBALS", "ELEMS", "DATAS", "FUNCS"]
    {
        let added = additions.iter().find(|(at, _)| *at == mark).map_or("", |(_, added)| added);
        text = text.replace(mark, added);
    }
    let parsed = wat::Parser::new().features(Features::ALL).module(&text);
    parsed.unwrap_or_else(|errors| panic!("{errors}\n{text}")).module.into_owned()
}

#[track_caller]
fn assert_same(found: &Module<'_>, expected: &Module<'_>) {
    let (found_text, expected_text) = (printer::print(found), printer::print(expected));
    for (found, expected) in found_text.lines().zip(expected_text.lines()) {
        assert_eq!(found, expected, "\n{found_text}");
    }
    assert_eq!(encoder::encode_canonical(found), encoder::encode_canonical(expected));
    assert_eq!(found.encoding.left_out, []);
}

fn import_of(kind: ExternKind) -> (Import<'static>, &'static str) {
    let global = GlobalType { mutable: false, val: ValType::I32 };
    let (ty, text) = match kind {
        ExternKind::Func => (ExternType::Func(TypeIdx(0)), "(func (type 0))"),
        ExternKind::Table => {
            let ty = TableType { elem: RefType::FUNCREF, limits: Limits::default() };
            (ExternType::Table(ty), "(table 0 funcref)")
        }
        ExternKind::Mem => (ExternType::Mem(MemType::default()), "(memory 0)"),
        ExternKind::Global => (ExternType::Global(global), "(global i32)"),
        ExternKind::Tag => (ExternType::Tag(TagType { ty: TypeIdx(0) }), "(tag (type 0))"),
    };
    (Import { module: "x".into(), name: "y".into(), ty }, text)
}

const VOID: (&str, &str) = ("TYPES", "(type (func))");

#[test]
fn an_import_is_inserted_and_removed_and_everything_follows() {
    for &kind in ExternKind::ALL {
        let mut module = everything(&[VOID]);
        let before = module.clone();
        let (import, text) = import_of(kind);
        let index = module.insert_import(import).unwrap();
        assert_eq!(index, ExternIdx::new(kind, 1));
        let text = format!("(import \"x\" \"y\" {text})");
        assert_same(&module, &everything(&[VOID, ("IMPORTS", &text)]));
        match index {
            ExternIdx::Func(index) => module.remove_func(index),
            ExternIdx::Table(index) => module.remove_table(index),
            ExternIdx::Mem(index) => module.remove_mem(index),
            ExternIdx::Global(index) => module.remove_global(index),
            ExternIdx::Tag(index) => module.remove_tag(index),
        }
        .unwrap();
        assert_same(&module, &before);
    }
}

#[test]
fn definitions_are_inserted_and_removed_and_everything_follows() {
    macro_rules! check {
        ($( $mark:literal $text:literal $list:ident $insert:ident $remove:ident $index:literal; )*) => { $({
            let additions = [VOID, ($mark, $text)];
            let with = everything(if $mark == "TYPES" { &additions[1..] } else { &additions });
            let without = everything(if $mark == "TYPES" { &[] } else { &[VOID] });
            let mut module = with.clone();
            let place = $index - (with.$list.len() - without.$list.len() == 1
                && !["TYPES", "ELEMS", "DATAS"].contains(&$mark)) as usize;
            let definition = with.$list.iter().nth(place).unwrap().clone();
            module.$remove(($index as u32).into()).unwrap();
            assert_same(&module, &without);
            module.$insert(($index as u32).into(), definition).unwrap();
            assert_same(&module, &with);
        })* };
    }
    check! {
        "TYPES" "(type (func (param f64)))" types insert_type remove_type 0;
        "TABLES" "(table 5 funcref)" tables insert_table remove_table 1;
        "MEMORIES" "(memory 5)" memories insert_mem remove_mem 1;
        "TAGS" "(tag (type 0))" tags insert_tag remove_tag 1;
        "GLOBALS" "(global i32 (i32.const 5))" globals insert_global remove_global 1;
        "ELEMS" "(elem func)" elems insert_elem remove_elem 0;
        "DATAS" "(data \"5\")" datas insert_data remove_data 0;
        "FUNCS" "(func (type 0) nop)" funcs insert_func remove_func 1;
    }
}

#[test]
fn what_is_used_is_not_removed_and_the_error_says_by_whom() {
    let module = everything(&[VOID]);
    let before = module.clone();
    macro_rules! check {
        ($( $remove:ident $index:literal $message:literal; )*) => { $({
            let mut module = module.clone();
            let error = module.$remove($index.into()).unwrap_err();
            assert_eq!(error.to_string(), $message);
            assert_eq!(module, before);
        })* };
    }
    check! {
        remove_func 0 "func 0 is still used, in func 1 `$f`, instr 67 `call`";
        remove_func 1 "func 1 is still used, in table 1 `$t`, instr 0 `ref.func`";
        remove_func 2 "func 2 is still used, in func 1 `$f`, instr 11 `call`";
        remove_func 3 "unknown func 3";
        remove_table 0 "table 0 is still used, in func 1 `$f`, instr 51 `table.size`";
        remove_mem 1 "memory 1 is still used, in func 1 `$f`, instr 41 `memory.init`";
        remove_tag 1 "tag 1 is still used, in func 1 `$f`, instr 10 `try_table`";
        remove_global 1 "global 1 is still used, in func 1 `$f`, instr 19 `global.get`";
        remove_elem 0 "elem 0 is still used, in func 1 `$f`, instr 37 `elem.drop`";
        remove_data 0 "data 0 is still used, in func 1 `$f`, instr 41 `memory.init`";
        remove_type 1 "type 1 is still used, in type 2 `$a`";
    }
    // Functions that only refer to each other can be removed together.
    let text =
        "(module (func $a (call $b)) (func $b (call $a)) (func $c) (export \"c\" (func $c)))";
    let mut module = wat::parse(text).unwrap();
    let error = module.remove_func(FuncIdx(0)).unwrap_err().to_string();
    assert_eq!(error, "func 0 is still used, in func 1 `$b`, instr 0 `call`");
    let error = module.remove_func(FuncIdx(2)).unwrap_err().to_string();
    assert_eq!(error, "func 2 is still used, in export 0 `$c`");
    module.remove_funcs([FuncIdx(1), FuncIdx(0)]).unwrap();
    let expected = wat::parse("(module (func $c) (export \"c\" (func $c)))").unwrap();
    assert_same(&module, &expected);
}

#[test]
fn items_move() {
    let text = |order: &str| {
        format!(
            "(module (import \"\" \"a\" (func $a)) (import \"\" \"g\" (global $g i32)) (import \"\" \"b\" (func $b)) {order} (start $d))"
        )
    };
    let (c, d, e) = ("(func $c (call $d) (call $b))", "(func $d (call $e))", "(func $e (call $a))");
    let (original, moved) = (text(&[c, d, e].concat()), text(&[d, e, c].concat()));
    let mut module = wat::parse(&original).unwrap();
    module.move_func(FuncIdx(2), FuncIdx(4)).unwrap();
    assert_same(&module, &wat::parse(&moved).unwrap());
    module.move_func(FuncIdx(4), FuncIdx(2)).unwrap();
    assert_same(&module, &wat::parse(&original).unwrap());
    module.move_func(FuncIdx(0), FuncIdx(1)).unwrap();
    let names: Vec<_> = module.imports.iter().map(|import| import.name.as_str()).collect();
    assert_eq!(names, ["b", "g", "a"]);
    let error = module.move_func(FuncIdx(0), FuncIdx(2)).unwrap_err().to_string();
    assert!(error.starts_with("func 2 is on the other side"), "{error}");
}

#[test]
fn sections_that_would_be_wrong_are_left_out_and_named() {
    let mut module = everything(&[VOID]);
    for (name, bytes) in
        [("linking", &[2][..]), (".debug_info", &[]), ("name", &[9]), ("other", &[1])]
    {
        let (name, data) = (name.into(), CustomData::Bytes(bytes.into()));
        module.customs.push(Custom { name, data, after: None });
    }
    module.insert_import(import_of(ExternKind::Func).0).unwrap();
    let left_out: Vec<_> =
        module.encoding.left_out.iter().map(|it| (it.name.to_string(), it.why)).collect();
    // The indices of calls have one byte before and after, so the offsets in the code section stay,
    // but its bytes change.
    assert_eq!(left_out.len(), 3, "{left_out:?}");
    assert_eq!(left_out[2], ("name".into(), WhyLeftOut::Renumbered));
    let bytes = module.customs.iter().filter(|custom| custom.data != CustomData::Names);
    let names: Vec<_> = bytes.map(|custom| custom.name.as_str()).collect();
    assert_eq!(names, ["metadata.code.branch_hint", "other"]);
}

/// New indices for locals, labels and fields, which no method of a module can change.
struct Inner {
    func: FuncIdx,
}

impl Remap for Inner {
    type Error = core::convert::Infallible;

    fn begin_func(&mut self, func: FuncIdx) {
        self.func = func;
    }

    fn local(&mut self, local: LocalIdx) -> Result<LocalIdx, Self::Error> {
        Ok(if self.func.0 == 1 { LocalIdx(1 - local.0) } else { local })
    }

    fn field(&mut self, ty: TypeIdx, field: FieldIdx) -> Result<FieldIdx, Self::Error> {
        Ok(if ty.0 == 1 { FieldIdx(1 - field.0) } else { field })
    }

    fn label(&mut self, label: LabelIdx) -> Result<LabelIdx, Self::Error> {
        Ok(LabelIdx(label.0 + 1))
    }
}

#[test]
fn locals_fields_and_labels_are_those_of_their_function_and_type() {
    let text = |[local, field]: [&str; 2], label: u32| {
        let [l, k] = if local == "$l" { ["$l", "$k"] } else { ["$k", "$l"] };
        let [x, y] = if field == "$x" { ["$x", "$y"] } else { ["$y", "$x"] };
        format!(
            "(module (type $s (struct (field $x i32) (field $y i32)))
               (type $t (struct (field {x} i32) (field {y} i32)))
               (func $f (local $l i32) (local $k i32) (local.set $l (local.get $k)))
               (func $g (local {l} i32) (local {k} i32) (local.set $l (local.get $k))
                 (drop (struct.get $s $x (ref.null $s))) (drop (struct.get $t $y (ref.null $t)))
                 (block (block (block (br_table {label} {label} (local.get $k)))))))"
        )
    };
    let original = text(["$l", "$x"], 0);
    let mut module = wat::parse(&original).unwrap();
    module.remap(&mut Inner { func: FuncIdx(9) }).unwrap();
    let expected = text(["$k", "$y"], 1);
    assert_same(&module, &wat::parse(&expected).unwrap());
}

/// Imports and types are added to every valid module of the suite and removed again. The module
/// stays valid and is the same in the end.
#[test]
fn every_module_can_be_changed_and_changed_back() {
    let mut changed = 0;
    for file in suite::files() {
        let features = features(file) | Features::MULTI_MEMORY | Features::REFERENCE_TYPES;
        let bytes = file.read();
        let Ok(script) = core::str::from_utf8(&bytes) else { continue };
        let Ok(script) = wat::script::parse(script) else { continue };
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        for (module, expected) in found {
            let parser = wat::Parser::new().features(features);
            let (Some(Ok(parsed)), Expected::Valid) = (module.parse(&parser), expected) else {
                continue;
            };
            let mut module = parsed.module;
            let validate = |module: &Module<'_>| Validator::new().features(features).module(module);
            if validate(&module).is_err() {
                continue;
            }
            // The index of the first table or memory may be left out, so the canonical form here
            // has none.
            for elem in &mut module.elems {
                if let ElemMode::Active { table, .. } = &mut elem.mode {
                    *table = table.filter(|table| table.0 != 0);
                }
            }
            for data in &mut module.datas {
                if let DataMode::Active { memory, .. } = &mut data.mode {
                    *memory = memory.filter(|memory| memory.0 != 0);
                }
            }
            let before = encoder::encode_canonical(&module);
            module.insert_type(TypeIdx(0), SubType::from(FuncType::new([], []))).unwrap();
            for &kind in ExternKind::ALL {
                if kind != ExternKind::Tag || features.contains(wattle::Feature::Exceptions) {
                    module.insert_import(import_of(kind).0).unwrap();
                }
            }
            let calls = |module: &mut Module<'_>, calls: bool| {
                module
                    .rewrite_code(|at| match at.instr() {
                        Instr::Nop if !calls => at.remove(),
                        _ if calls && at.opcode() != Opcode::Nop => at.insert_before([Instr::Nop]),
                        _ => {}
                    })
                    .unwrap();
            };
            if !printer::print(&module).contains("nop") {
                calls(&mut module, true);
                check_valid(&validate(&module).map(drop), &module, file);
                calls(&mut module, false);
            }
            check_valid(&validate(&module).map(drop), &module, file);
            let first = |kind| IndexSpaces::of(&module).imported(kind) - 1;
            let [func, table, mem, global] =
                [ExternKind::Func, ExternKind::Table, ExternKind::Mem, ExternKind::Global]
                    .map(first);
            let tag =
                features.contains(wattle::Feature::Exceptions).then(|| first(ExternKind::Tag));
            module.remove_func(func.into()).unwrap();
            module.remove_table(table.into()).unwrap();
            module.remove_mem(mem.into()).unwrap();
            module.remove_global(global.into()).unwrap();
            if let Some(tag) = tag {
                module.remove_tag(tag.into()).unwrap();
            }
            module.remove_type(TypeIdx(0)).unwrap();
            assert!(encoder::encode_canonical(&module) == before, "{}", file.path.display());
            changed += 1;
        }
    }
    assert!(changed > 1_500, "{changed}");
}

fn check_valid(
    verdict: &Result<(), wattle::validator::Errors>,
    module: &Module<'_>,
    file: &suite::SuiteFile,
) {
    if let Err(errors) = verdict {
        panic!("{}: {errors}\n{}", file.path.display(), printer::print(module));
    }
}
