//! The shortest form of code.

use wattle_ast::custom::PointsAt;
use wattle_ast::custom::WhyLeftOut::Moves;
use wattle_ast::{
    Body, Custom, CustomData, Expr, Func, Global, GlobalType, Item, Module, RawSection, SectionId,
    ValType,
};

/// Whether a module with one function, which was read from these bytes, has the shortest form. In
/// that case, offsets into its code stay valid.
fn is_shortest(body: &Body<'_>) -> bool {
    let len = body.bytes().len() as u8;
    let section = [&[10, len + 2, 1, len], body.bytes()].concat();
    let custom = |name: &'static str| Custom {
        name: name.into(),
        data: CustomData::Bytes(Vec::new().into()),
        after: Some(SectionId::Code),
    };
    let mut module = Module {
        funcs: vec![Func { ty: 0.into(), body: body.borrowed() }].into(),
        customs: vec![custom(".debug_info")],
        ..Module::default()
    };
    module.encoding.sections = vec![RawSection { id: SectionId::Code, bytes: section.into() }];
    let left_out = module.left_out_of_shortest();
    assert!(left_out.iter().all(|it| it.why == Moves(PointsAt::Code)), "{left_out:?}");
    left_out.is_empty()
}

#[test]
fn bodies_shrink() {
    // Locals 1 i32, 0 f32, 2 i32, 1 i64; `i32.const 1` in two bytes, `drop`, `end`.
    let long = [4, 1, 0x7f, 0, 0x7d, 0x82, 0, 0x7f, 1, 0x7e, 0x41, 0x81, 0x00, 0x1a, 0x0b];
    let short = [2, 3, 0x7f, 1, 0x7e, 0x41, 0x01, 0x1a, 0x0b];
    let mut item = Item::Body(Body::from_bytes(&long[..]).unwrap());
    if let Item::Body(body) = &item {
        assert!(!is_shortest(body));
        assert!(body.offsets_in_shortest().eq([(10, 5), (13, 7), (14, 8)]));
    }
    item.shorten(&mut Vec::new());
    let short = Body::from_bytes(&short[..]).unwrap();
    assert!(is_shortest(&short));
    assert_eq!(item, Item::Body(short));
}

#[test]
fn what_makes_no_sense_stays() {
    let init = Expr::new(&[0x41, 0x80, 0x00, 0xff, 0x01]);
    let ty = GlobalType { mutable: false, val: ValType::I32 };
    let mut item = Item::Global(Global { ty, init });
    item.shorten(&mut Vec::new());
    assert_eq!(item, Item::Global(Global { ty, init: Expr::new(&[0x41, 0x00, 0xff, 0x01]) }));
}
