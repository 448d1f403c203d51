//! Text stays in proportion to the module, and its shorter forms parse back to the module.

use wattle_ast::{
    BlockType, Body, Func, FuncType, Instr, Local, LocalIdx, Module, RefType, TypeIdx, ValType,
};
use wattle_printer::Config;

/// Checks the texts of a module in several styles. Each text parses back to the module, names
/// included, unless the style adds names.
fn check(module: &Module<'_>, most: usize) -> String {
    let bytes = wattle_encoder::encode(module);
    let base = Config::new();
    for (config, adds_names) in [
        (base.clone(), false),
        (base.clone().fold(true), false),
        (base.clone().inline_imports_exports(true), false),
        (base.clone().name_unnamed(true), true),
    ] {
        let text = config.print(module);
        assert!(text.len() <= most, "{} bytes", text.len());
        let again = wattle_wat::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
        match adds_names {
            true => assert!(again.funcs == module.funcs),
            false => assert!(wattle_encoder::encode(&again) == bytes, "{text:.2000}"),
        }
    }
    base.print(module)
}

fn expr(instrs: impl IntoIterator<Item = Instr<'static>>) -> wattle_ast::Expr<'static> {
    instrs.into_iter().chain([Instr::End]).collect()
}

fn module_of(ty: FuncType, body: Body<'static>, count: usize) -> Module<'static> {
    let func = Func { ty: TypeIdx(0), body };
    Module { types: vec![ty.into()].into(), funcs: vec![func; count].into(), ..Module::default() }
}

#[test]
fn locals_by_the_million_are_runs() {
    let locals = [
        Local { count: 1_000_000, ty: ValType::I64 },
        Local { count: 1, ty: ValType::I32 },
        Local { count: u32::MAX - 2_000_000, ty: ValType::Ref(RefType::FUNCREF) },
    ];
    let get = |local| [Instr::LocalGet { local: LocalIdx(local) }, Instr::Drop];
    let code = [0, 999_999, 1_000_000, 4_000_000_000].into_iter().flat_map(get);
    let body = Body::new(locals, expr(code));
    let mut module = module_of(FuncType::new([ValType::F32], []), body, 40);
    let names = module.names.locals.entry(7.into());
    for index in [0, 1, 500_000, 500_001, 1_000_001, 4_000_000_000] {
        names.insert(index.into(), format!("local{index}").into());
    }
    let text = check(&module, 20_000);
    let line = "(local (@repeat 1000000) i64) (local i32) (local (@repeat 4292967295) funcref)";
    assert_eq!(text.matches(line).count(), 39, "{text}");
    let named = "(local $local1 i64) (local (@repeat 499998) i64) (local $local500000 i64) \
                 (local $local500001 i64) (local (@repeat 499999) i64) (local $local1000001 i32) \
                 (local (@repeat 3998999998) funcref) (local $local4000000000 funcref) \
                 (local (@repeat 293967296) funcref)";
    assert!(text.contains(named), "{text}");
    assert!(text.contains("local.get $local4000000000"), "{text}");
}

#[test]
fn as_many_locals_as_engines_allow_are_written_out() {
    let locals = [Local { count: 50_000, ty: ValType::I64 }];
    let body = Body::new(locals, expr([Instr::Nop]));
    let text = check(&module_of(FuncType::new([], []), body, 1), 2_000_000);
    assert!(!text.contains("@repeat") && text.matches("i64").count() == 50_000);
}

#[test]
fn a_long_type_is_not_repeated() {
    let params = core::iter::repeat_n(ValType::I32, 10_000);
    let get = expr([Instr::LocalGet { local: LocalIdx(5) }, Instr::Drop]);
    let mut module = module_of(FuncType::new(params, []), Body::new([], get), 1_000);
    let most = 500_000;
    check(&module, most);
    // The parameters also have names.
    for func in 0..1_000 {
        module.names.locals.entry(func.into()).insert(5.into(), "p".into());
    }
    let text = check(&module, most);
    assert!(text.contains("local.get 5"), "{text:.2000}");
}

#[test]
fn a_long_name_is_not_repeated() {
    let calls = |_| Instr::Call { func: 0.into() };
    let body = Body::new([], expr((0..10_000).map(calls)));
    let mut module = module_of(FuncType::new([], []), body, 1);
    for len in [1_024, 1_025, 100_000] {
        module.names.funcs.insert(0.into(), "n".repeat(len).into());
        let text = check(&module, 12_000_000);
        let is_id = text.contains(&format!("call ${}", "n".repeat(len)));
        assert_eq!(is_id, len == 1_024);
        assert!(is_id || text.len() < 1_000_000, "{len}");
    }
    let block = Instr::Block { block_type: wattle_ast::BlockType::Empty };
    let branches = (0..10_000).map(|_| Instr::BrIf { label: 0.into() });
    let branches = branches.flat_map(|branch| [Instr::I32Const { value: 0 }, branch]);
    let code = expr([block].into_iter().chain(branches).chain([Instr::End]));
    let mut module = module_of(FuncType::new([], []), Body::new([], code), 1);
    module.names.labels.entry(0.into()).insert(0.into(), "l".repeat(100_000).into());
    check(&module, 1_000_000);
}

/// Takes text, and fails once it has taken this many bytes. Records the length of the longest
/// piece.
struct Pieces {
    left: usize,
    longest: usize,
}

impl core::fmt::Write for Pieces {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.longest = self.longest.max(text.len());
        self.left = self.left.checked_sub(text.len()).ok_or(core::fmt::Error)?;
        Ok(())
    }
}

#[test]
fn a_long_function_is_handed_on_in_pieces() {
    let block = [Instr::Block { block_type: BlockType::Empty }, Instr::Nop, Instr::End];
    let body = Body::new([], expr(core::iter::repeat_n(block, 100_000).flatten()));
    let module = module_of(FuncType::new([], []), body, 1);
    let mut pieces = Pieces { left: usize::MAX, longest: 0 };
    assert_eq!(Config::new().print_to(&module, &mut pieces), Ok(true));
    assert!(usize::MAX - pieces.left > 1_000_000 && pieces.longest < 100_000, "{}", pieces.longest);
    let mut pieces = Pieces { left: 500_000, longest: 0 };
    assert_eq!(Config::new().print_to(&module, &mut pieces), Err(core::fmt::Error));
}
