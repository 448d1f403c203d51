//! Listings of instructions.

use wattle_ast::{Body, Expr, Func, FuncType, Instr, Module, TypeIdx};
use wattle_printer::Lister;

#[test]
fn a_name_that_looks_like_a_comment_stays_whole() {
    let mut module = Module::default();
    module.types.push(FuncType::new([], []).into());
    module.funcs.push(Func { ty: TypeIdx(0), body: Body::default() });
    module.names.funcs.insert(0.into(), "a (;b".into());
    let code = [Instr::Call { func: 0.into() }, Instr::End].into_iter().collect::<Expr>();
    let lines = Lister::new(&module).expr(code.bytes()).lines;
    assert_eq!(lines[0].text, "call $\"a (;b\"");
}

#[test]
fn a_listing_ends_before_a_malformed_instruction() {
    let module = Module::default();
    let lister = Lister::new(&module);
    // An opcode that does not exist, an immediate that is cut off, code after the last `end`.
    for (bytes, lines, len) in [
        (&b"\x01\xff\x0b"[..], 1, 1),
        (b"\x01\x41\x80", 1, 1),
        (b"\x01\x0b\x01", 2, 2),
        (b"\xff", 0, 0),
        (b"", 0, 0),
    ] {
        let listing = lister.expr(bytes);
        assert_eq!((listing.lines.len(), listing.len), (lines, len), "{bytes:x?}");
    }
}
