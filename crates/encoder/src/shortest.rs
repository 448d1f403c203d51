//! The shortest form of what the tree keeps as bytes: expressions and bodies.

use alloc::vec::Vec;

use wattle_ast::{Body, Encode, Expr, Instr, Local, Reader, leb128};

/// Appends the instructions of `bytes`, each in its shortest form. Bytes that are no instructions
/// are appended as they are.
fn code(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    loop {
        let start = reader.pos();
        reader.skip_shortest();
        out.extend_from_slice(reader.since(start));
        let rest = reader.rest();
        match reader.read::<Instr<'_>>() {
            Ok(instr) => instr.encode(out),
            Err(_) => return out.extend_from_slice(rest),
        }
    }
}

/// The expression in its shortest form; borrowed when that is how it stands. `scratch` is only
/// working space.
pub(crate) fn expr<'e>(expr: &'e Expr<'_>, scratch: &mut Vec<u8>) -> Expr<'e> {
    scratch.clear();
    code(scratch, expr.bytes());
    if scratch == expr.bytes() { expr.borrowed() } else { Expr::new(scratch.clone()) }
}

/// Appends a body with its size. Neighbouring runs of locals of one type become one.
pub(crate) fn body(out: &mut Vec<u8>, body: &Body<'_>, scratch: &mut Vec<u8>) {
    scratch.clear();
    leb128::write_u32(scratch, runs(body).count() as u32);
    runs(body).for_each(|run| run.encode(scratch));
    code(scratch, body.code());
    leb128::write_u32(out, scratch.len() as u32);
    out.extend_from_slice(scratch);
}

/// The runs of locals, none of them empty, no two neighbours of one type.
fn runs(body: &Body<'_>) -> impl Iterator<Item = Local> {
    let mut locals = body.locals().filter(|run| run.count > 0).peekable();
    core::iter::from_fn(move || {
        let mut run = locals.next()?;
        while let Some(next) = locals.next_if(|next| next.ty == run.ty) {
            run.count = run.count.saturating_add(next.count);
        }
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_shrink() {
        // Locals 1 i32, 0 f32, 2 i32, 1 i64; `i32.const 1` in two bytes, `drop`, `end`.
        let long = [4, 1, 0x7f, 0, 0x7d, 0x82, 0, 0x7f, 1, 0x7e, 0x41, 0x81, 0x00, 0x1a, 0x0b];
        let short = [9, 2, 3, 0x7f, 1, 0x7e, 0x41, 0x01, 0x1a, 0x0b];
        let mut out = Vec::new();
        body(&mut out, &Body::from_bytes(&long[..]).unwrap(), &mut Vec::new());
        assert_eq!(out, short);
    }

    #[test]
    fn what_makes_no_sense_stays() {
        let bytes = [0x41, 0x80, 0x00, 0xff, 0x01];
        let short = [0x41, 0x00, 0xff, 0x01];
        assert_eq!(expr(&Expr::new(&bytes[..]), &mut Vec::new()).bytes(), short);
    }
}
