//! The example programs of the library work as documented, on small modules, and on real binaries
//! if the corpus is there.

use wattle::ast::{Body, Expr, FuncType, Instr, Malformed, Module, ValType};
use wattle::runtime::{Imports, Instance, Store, Value};
use wattle::validator::Validator;
use wattle::{encoder, parser, printer, wat};
use wattle_tests::corpus;

#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../../crates/wattle/examples/call_graph.rs"]
mod call_graph;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../../crates/wattle/examples/compiler.rs"]
mod compiler;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../../crates/wattle/examples/convert.rs"]
mod convert;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../../crates/wattle/examples/fuzz_pass.rs"]
mod fuzz_pass;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../../crates/wattle/examples/inspect.rs"]
mod inspect;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../../crates/wattle/examples/instrument.rs"]
mod instrument;

/// Both texts, as the printer writes them.
fn same(found: &Module<'_>, expected: &str) {
    assert_eq!(printer::print(found), printer::print(&wat::parse(expected).unwrap()));
}

#[test]
fn the_instrumenter_calls_its_import_at_entries_and_loop_heads() {
    let mut module = wat::parse(
        "(module (import \"env\" \"f\" (func $f)) (export \"g\" (func $g)) (start $f)
           (func $g (param $n i32)
             (loop $again (call $f) (br_if $again (local.get $n))))
           (func $empty))",
    )
    .unwrap();
    instrument::instrument(&mut module).unwrap();
    same(
        &module,
        "(module (type (func)) (type (func (param i32)))
           (import \"env\" \"f\" (func $f (type 0)))
           (import \"hooks\" \"visit\" (func (type 1)))
           (export \"g\" (func $g)) (start $f)
           (func $g (type 1) (param $n i32)
             (call 1 (i32.const 1))
             (loop $again (call 1 (i32.const 1)) (call $f) (br_if $again (local.get $n))))
           (func $empty (type 0) (call 1 (i32.const 2))))",
    );
}

#[test]
fn instrumented_binaries_are_valid() {
    for file in corpus::files_for("instrumented binaries") {
        let bytes = file.read();
        let mut module = parser::parse(&bytes).unwrap();
        let (imports, funcs) = (module.imports.len(), module.funcs.len());
        instrument::instrument(&mut module).unwrap();
        let out = encoder::encode(&module);
        let again = parser::parse(&out).unwrap();
        assert_eq!((again.imports.len(), again.funcs.len()), (imports + 1, funcs));
        assert!(again == module, "{}", file.name);
        if let Err(errors) = Validator::new().module(&again) {
            panic!("{}: {errors}", file.name);
        }
        for left_out in &module.encoding.left_out {
            println!("{}: {left_out}", file.name);
        }
    }
}

#[test]
fn the_call_graph_has_an_arrow_for_each_pair_of_functions() {
    let module = wat::parse(
        "(module (import \"env\" \"log\" (func $log))
           (func $a (call $b) (call $b) (call $log) (drop (ref.func $a)))
           (func $b (return_call 3)) (func) (elem declare func $a))",
    )
    .unwrap();
    let expected = r#"digraph {
  "a" -> "log";
  "a" -> "b";
  "a" -> "a" [style=dashed];
  "b" -> "func 3";
}
"#;
    assert_eq!(call_graph::graph(&module).unwrap(), expected);
}

#[test]
fn the_compiler_makes_programs_that_run() {
    let program = "
        one() = 1;
        square(x) = x * x;
        fibonacci(n) = if(n < 2, n, fibonacci(n - 1) + fibonacci(n - 2));
        main(a, b) = 100 - square(a) / (2 + 1) % 7 - fibonacci(b) * one() + (a = b);
        deep(x) = ((((((x))))));
    ";
    let wasm = compiler::compile(program).unwrap();
    let module = wattle::runtime::Module::new(parser::parse(&wasm).unwrap()).unwrap();
    let mut store = Store::new(());
    let instance = Instance::new(&mut store, &module, &Imports::default()).unwrap();
    let mut call = |name: &str, args: &[i64]| {
        let args: Vec<_> = args.iter().map(|arg| Value::I64(*arg)).collect();
        instance.call(&mut store, name, &args).unwrap()
    };
    assert_eq!(call("fibonacci", &[20]), [Value::I64(6765)]);
    assert_eq!(call("main", &[9, 10]), [Value::I64(100 - 81 / 3 % 7 - 55)]);
    assert_eq!(call("main", &[5, 5]), [Value::I64(100 - 25 / 3 % 7 - 5 + 1)]);
    assert_eq!(call("deep", &[-3]), [Value::I64(-3)]);
    let ty = FuncType::new([ValType::I64], [ValType::I64]);
    assert!(module.ast().types.iter().any(|known| *known == ty.clone().into()));
    for (wrong, message) in [
        ("f", "not a function: f"),
        ("f(x) = y", "not a value: y"),
        ("f(x) = x x", "not an operator: x"),
        ("f(x) = x +", "an unfinished expression: x +"),
        ("f(x) = (x", "an unfinished expression: (x"),
        ("f(x) = x)", ") without a parenthesis before it"),
        ("f(x) = f(x, x)", "f has another number of parameters"),
        ("f(x) = if(x, x)", "`if` has three operands"),
    ] {
        assert_eq!(compiler::compile(wrong).unwrap_err(), message);
    }
    // The compiler does not recurse on nested parentheses.
    let deep = format!("f(x) = {}x{}", "(".repeat(1_000_000), ")".repeat(1_000_000));
    assert!(compiler::compile(&deep).is_ok());
}

#[test]
fn inspect_lists_imports_exports_and_sizes() {
    let wasm = wattle::wat2wasm(
        r#"(module (import "env" "log" (func (param i32)))
             (func (export "run") i32.const 1 call 0)
             (func)
             (@custom "notes" "seven b"))"#,
    )
    .unwrap();
    let expected = ["import func     \"env\" \"log\"", "export func     \"run\" is func 1"];
    let report = inspect::report(&wasm[..]).unwrap();
    assert!(report.lines().take(2).eq(expected), "{report}");
    let sizes = report.lines().skip(2).map(|line| line.trim_start().split_once(" bytes ").unwrap());
    let (funcs, sections): (Vec<_>, Vec<_>) =
        sizes.partition(|(_, what)| what.starts_with("func "));
    assert_eq!(funcs, [("7", "func 1"), ("3", "func 2")]);
    let total: usize = sections.iter().map(|(size, _)| size.parse::<usize>().unwrap()).sum();
    assert_eq!(total, wasm.len());
}

#[test]
fn convert_shows_every_fault_with_its_line() {
    assert_eq!(convert::convert("m.wat", "(module)").unwrap(), b"\0asm\x01\0\0\0");
    let faults =
        convert::convert("m.wat", "(module\n  (func i32.ad)\n  (func call $f))").unwrap_err();
    assert_eq!(
        faults.concat(),
        "m.wat:2:9: unknown operator i32.ad: not an instruction; did you mean `i32.add`?\n    \
             (func i32.ad)\n          ^^^^^^\n\
         m.wat:3:14: unknown function $f\n    (func call $f))\n               ^^\n"
    );
    let faults = convert::convert("m.wat", "(module\n  (func (result i32)\n    i64.const 1))");
    let shown = faults.unwrap_err().concat();
    assert!(shown.starts_with("m.wat:3:") && shown.contains("type mismatch"), "{shown}");
}

/// A pass that is wrong for one multiplier.
fn wrong(module: &mut Module<'_>) -> Result<(), Malformed> {
    fuzz_pass::shift(module)?;
    for func in &mut module.funcs {
        let mut instrs = func.body.instrs().collect::<Result<Vec<_>, _>>()?;
        for instr in instrs.iter_mut().filter(|instr| **instr == Instr::I32Shl) {
            *instr = Instr::I32ShrU;
        }
        let code = instrs.into_iter().collect::<Expr<'static>>();
        func.body = Body::new(func.body.locals(), code);
    }
    Ok(())
}

#[test]
fn a_pass_that_is_wrong_is_noticed() {
    let differences = |pass: fn(&mut Module<'_>) -> Result<(), Malformed>| {
        (0..100).find_map(|seed| fuzz_pass::difference(seed, pass).unwrap())
    };
    assert_eq!(differences(fuzz_pass::shift), None);
    assert!(differences(wrong).is_some_and(|difference| difference.contains("became")));
}
