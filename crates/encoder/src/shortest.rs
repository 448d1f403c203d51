//! The shortest form of what the tree keeps as bytes: expressions and bodies.

use alloc::vec::Vec;

use wattle_ast::{
    Body, Data, DataMode, ElemItems, ElemMode, Encode, Expr, Instr, Item, List, Local, Reader,
    Table,
};

/// Appends the instructions of `bytes`, each in its shortest form. From the first byte on that
/// begins no instruction, the bytes are appended as they are.
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

/// Brings what an item keeps as bytes into its shortest form. `scratch` is only working space.
pub(crate) fn item(item: &mut Item<'_>, scratch: &mut Vec<u8>) {
    match item {
        Item::Table(Table { init: Some(init), .. }) => expr(init, scratch),
        Item::Global(global) => expr(&mut global.init, scratch),
        Item::Elem(elem) => {
            if let ElemMode::Active { table, offset } = &mut elem.mode {
                *table = table.filter(|table| table.0 != 0);
                expr(offset, scratch);
            }
            if let ElemItems::Exprs(exprs) = &mut elem.items {
                let shortened = exprs.view().iter().map(|mut each: Expr<'_>| {
                    expr(&mut each, scratch);
                    each
                });
                *exprs = List::new(shortened);
            }
        }
        Item::Data(Data { mode: DataMode::Active { memory, offset }, .. }) => {
            *memory = memory.filter(|memory| memory.0 != 0);
            expr(offset, scratch);
        }
        Item::Body(it) => body(it, scratch),
        _ => {}
    }
}

fn expr(expr: &mut Expr<'_>, scratch: &mut Vec<u8>) {
    scratch.clear();
    code(scratch, expr.bytes());
    if scratch != expr.bytes() {
        *expr = Expr::new(scratch.clone());
    }
}

/// Neighbouring runs of locals of one type become one, too.
fn body(body: &mut Body<'_>, scratch: &mut Vec<u8>) {
    scratch.clear();
    code(scratch, body.code());
    let shortened = Body::new(Local::joined(body.locals()), Expr::new(&scratch[..]));
    if shortened.bytes() != body.bytes() {
        *body = shortened;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_shrink() {
        // Locals 1 i32, 0 f32, 2 i32, 1 i64; `i32.const 1` in two bytes, `drop`, `end`.
        let long = [4, 1, 0x7f, 0, 0x7d, 0x82, 0, 0x7f, 1, 0x7e, 0x41, 0x81, 0x00, 0x1a, 0x0b];
        let short = [2, 3, 0x7f, 1, 0x7e, 0x41, 0x01, 0x1a, 0x0b];
        let mut item = Item::Body(Body::from_bytes(&long[..]).unwrap());
        super::item(&mut item, &mut Vec::new());
        assert_eq!(item, Item::Body(Body::from_bytes(&short[..]).unwrap()));
    }

    #[test]
    fn what_makes_no_sense_stays() {
        let mut it = Expr::new(&[0x41, 0x80, 0x00, 0xff, 0x01]);
        expr(&mut it, &mut Vec::new());
        assert_eq!(it.bytes(), [0x41, 0x00, 0xff, 0x01]);
    }
}
