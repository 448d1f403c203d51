//! Validation: compared with wasmparser's validator, on two threads compared with one, and its cost
//! as a module grows.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use wattle::ast::{
    ArrayType, BlockType, Body, CompType, FieldType, Func, FuncType, HeapType, Instr, LocalIdx,
    Module, RecGroup, RefType, StorageType, TypeIdx, ValType,
};
use wattle::encoder;
use wattle::parser::Parser;
use wattle::validator::{Limits, Validator};
use wattle_benches::{Side, compare, corpus};

/// Parses and validates a binary in one pass.
fn ours(bytes: &[u8]) -> u64 {
    let mut validator = Validator::new().limits(Limits::NONE);
    let mut items = 0;
    for event in Parser::new().check_bodies(false).events(bytes) {
        let verdict = validator.event(&event.expect("the input is well-formed"));
        items += u64::from(verdict.is_ok());
    }
    assert!(validator.finish().is_ok());
    items
}

/// Validates a binary on this number of threads.
fn on_threads(bytes: &[u8], threads: usize) -> u64 {
    let events = Parser::new().check_bodies(false).events(bytes);
    let types = Validator::new().events(events, NonZeroUsize::new(threads));
    types.expect("the input is well-formed").expect("the input is valid").func_count().into()
}

fn peer(bytes: &[u8]) -> u64 {
    let features = wasmparser::WasmFeatures::all();
    let verdict = wasmparser::Validator::new_with_features(features).validate_all(bytes);
    assert!(verdict.is_ok());
    1
}

fn validate(criterion: &mut Criterion) {
    compare(
        criterion,
        "validate",
        &corpus(&[]),
        Side { name: "wattle", run: &|bytes| ours(bytes) },
        Side { name: "wasmparser", run: &|bytes| peer(bytes) },
    );
}

/// Prints how much faster two threads validate the large binaries, and the greatest gain that can
/// be expected: that of two threads with a module each. Such threads never wait for each other, but
/// they share caches, memory and the machine too.
fn threads(_: &mut Criterion) {
    let mut large = corpus(&[]);
    large.retain(|input| input.bytes > 3_000_000);
    println!("\nvalidate on two threads");
    println!("{:<22} {:>10} {:>10} {:>8} {:>8}", "input", "one ms", "two ms", "times", "at most");
    let row = |name: &str, [one, two, apart]: [Duration; 3]| {
        let [one, two, apart] = [one, two, apart].map(|time| time.as_secs_f64() * 1e3);
        let (times, most) = (one / two, 2.0 * one / apart);
        println!("{name:<22} {one:>10.1} {two:>10.1} {times:>7.2}x {most:>7.2}x");
    };
    let mut total = [Duration::ZERO; 3];
    for input in &large {
        let run = |threads| black_box(on_threads(black_box(&input.data), threads));
        let runs: [&dyn Fn(); 3] = [&|| _ = run(1), &|| _ = run(2), &|| {
            thread::scope(|scope| {
                scope.spawn(|| run(1));
                run(1);
            });
        }];
        let mut best = [Duration::MAX; 3];
        for _ in 0..15 {
            for (best, run) in best.iter_mut().zip(runs) {
                let start = Instant::now();
                run();
                *best = start.elapsed().min(*best);
            }
        }
        row(&input.name, best);
        total = [0, 1, 2].map(|side| total[side] + best[side]);
    }
    if !large.is_empty() {
        row("all together", total);
    }
}

fn module(body: Body<'static>) -> Module<'static> {
    let mut module = Module::default();
    module.types.push(FuncType::new([ValType::I32], []).into());
    module.funcs.push(Func { ty: TypeIdx(0), body });
    module
}

/// A module with one function of about `count` instructions.
fn long(count: usize) -> Module<'static> {
    let local = LocalIdx(0);
    let some = [
        Instr::LocalGet { local },
        Instr::LocalGet { local },
        Instr::I32Add,
        Instr::LocalSet { local },
    ];
    let code = some.into_iter().cycle().take(count / 4 * 4).chain([Instr::End]);
    module(Body::new([], code.collect()))
}

/// A module with `count` nested blocks.
fn deep(count: usize) -> Module<'static> {
    let open = std::iter::repeat_n(Instr::Block { block_type: BlockType::Empty }, count);
    let code = open.chain(std::iter::repeat_n(Instr::End, count + 1));
    module(Body::new([], code.collect()))
}

/// A module with a group of `count` types, each of which refers to the next.
fn types(count: usize) -> Module<'static> {
    let len = count as u32;
    let array = |index: u32| {
        let next = RefType::null(HeapType::Type(TypeIdx((index + 1) % len)));
        let field = FieldType { mutable: true, storage: StorageType::Val(ValType::Ref(next)) };
        CompType::Array(ArrayType { field })
    };
    Module {
        types: (0..len).map(|index| array(index).into()).collect(),
        rec_groups: vec![RecGroup { first: TypeIdx(0), len }],
        ..Module::default()
    }
}

/// Prints the cost of an instruction and of a type in modules of growing size. The cost should stay
/// about the same.
fn scaling(_: &mut Criterion) {
    type Make = fn(usize) -> Module<'static>;
    let rows: [(&str, Make, &[usize]); 3] = [
        ("instructions of one function", long, &[1_000, 10_000, 100_000, 1_000_000, 4_000_000]),
        ("blocks in each other", deep, &[100, 1_000, 10_000, 100_000, 1_000_000]),
        ("types of one group", types, &[100, 1_000, 10_000, 100_000, 1_000_000]),
    ];
    println!("\nnanoseconds for each, as there are more");
    for (what, make, counts) in rows {
        println!("{what:<30} {:>10} {:>10} {:>10}", "bytes", "count", "ns each");
        for &count in counts {
            let bytes = encoder::encode(&make(count));
            let mut best = Duration::MAX;
            for _ in 0..(4_000_000 / count).clamp(3, 1_000) {
                let start = Instant::now();
                black_box(ours(black_box(&bytes)));
                best = best.min(start.elapsed());
            }
            let each = best.as_nanos() as f64 / count as f64;
            println!("{:<30} {:>10} {count:>10} {each:>10.2}", "", bytes.len());
        }
    }
}

criterion_group!(benches, validate, threads, scaling);
criterion_main!(benches);
