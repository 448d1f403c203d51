//! The examples do what they say.

use wattle::ast::{Body, Expr, Instr, Malformed, Module};

#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../examples/convert.rs"]
mod convert;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../examples/fuzz_pass.rs"]
mod fuzz_pass;
#[expect(dead_code, reason = "`main` is not called")]
#[path = "../../examples/inspect.rs"]
mod inspect;

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
