//! Reading every item and every instruction with its immediates: compared with wasmparser's visitor.

use criterion::{Criterion, criterion_group, criterion_main};
use wattle::Item;
use wattle::ast::{FuncIdx, Malformed, Nesting, Opcode, Reader, Sink, transcode_expr};
use wattle_benches::{Side, compare, corpus};

/// Counts the instructions, and sums the immediates of one kind.
#[derive(Default)]
struct Count {
    instrs: u64,
    calls: u64,
}

impl Sink<'_> for Count {
    type Error = Malformed;

    #[inline(always)]
    fn opcode(&mut self, _: Opcode, _: usize) -> Result<(), Malformed> {
        self.instrs += 1;
        Ok(())
    }

    #[inline(always)]
    fn func(&mut self, func: FuncIdx) -> Result<(), Malformed> {
        self.calls += u64::from(func.0);
        Ok(())
    }
}

fn ours(bytes: &[u8]) -> u64 {
    let mut count = Count::default();
    let mut nesting = Nesting::default();
    let mut items = 0;
    for event in wattle::parser::Parser::new().check_bodies(false).events(bytes) {
        match event.map(|event| event.item) {
            Ok(Item::Body(body)) => {
                let walked =
                    transcode_expr(&mut Reader::new(body.code()), &mut nesting, &mut count);
                assert_eq!(walked, Ok(()));
            }
            Ok(_) => items += 1,
            Err(error) => panic!("{error}"),
        }
    }
    count.instrs + (count.calls & 1) + (items & 1)
}

#[derive(Default)]
struct Visit {
    instrs: u64,
    calls: u64,
}

macro_rules! visit {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        $( visit!(@one $op $visit $({ $($arg: $ty),* })?); )*
    };
    (@one Call $visit:ident { $arg:ident: $ty:ty }) => {
        #[inline(always)]
        fn $visit(&mut self, $arg: $ty) { self.instrs += 1; self.calls += u64::from($arg); }
    };
    (@one $op:ident $visit:ident $({ $($arg:ident: $ty:ty),* })?) => {
        #[inline(always)]
        fn $visit(&mut self $($(, _: $ty)*)?) { self.instrs += 1; }
    };
}

impl<'a> wasmparser::VisitOperator<'a> for Visit {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn wasmparser::VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl wasmparser::VisitSimdOperator<'_> for Visit {
    wasmparser::for_each_visit_simd_operator!(visit);
}

fn peer(bytes: &[u8]) -> u64 {
    fn items<'a, T: wasmparser::FromReader<'a>>(reader: wasmparser::SectionLimited<'a, T>) -> u64 {
        reader.into_iter().map(|item| item.map(drop).map_or(0, |()| 1)).sum()
    }
    use wasmparser::Payload::*;
    let mut visit = Visit::default();
    let mut count = 0;
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        count += match payload.expect("the corpus is well-formed") {
            TypeSection(reader) => items(reader),
            ImportSection(reader) => items(reader),
            FunctionSection(reader) => items(reader),
            TableSection(reader) => items(reader),
            MemorySection(reader) => items(reader),
            TagSection(reader) => items(reader),
            GlobalSection(reader) => items(reader),
            ExportSection(reader) => items(reader),
            ElementSection(reader) => items(reader),
            DataSection(reader) => items(reader),
            CodeSectionEntry(body) => {
                let mut reader = body.get_operators_reader().expect("operators");
                while !reader.eof() {
                    reader.visit_operator(&mut visit).expect("an operator");
                }
                1
            }
            _ => 1,
        };
    }
    visit.instrs + (visit.calls & 1) + (count & 1)
}

fn walk(criterion: &mut Criterion) {
    compare(
        criterion,
        "walk every item and instruction",
        &corpus(&[]),
        Side { name: "wattle", run: &|bytes| ours(bytes) },
        Side { name: "wasmparser", run: &|bytes| peer(bytes) },
    );
}

criterion_group!(benches, walk);
criterion_main!(benches);
