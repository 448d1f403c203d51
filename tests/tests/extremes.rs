//! Extreme inputs: deep, long, or with false counts. Time and memory stay in proportion to the input.

use std::alloc::System;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use peakmem_alloc::{PeakMemAlloc, PeakMemAllocTrait as _};
use wattle::ast::{Features, Malformed};
use wattle::printer::Config;
use wattle::{encoder, parser, wat};

#[global_allocator]
static ALLOCATOR: PeakMemAlloc<System> = PeakMemAlloc::system();

/// Held by each test from its first line, because memory that another test allocates would count too.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Runs `work`, which may allocate at most `memory` bytes and take at most `time`.
fn within<T>(what: &str, memory: usize, time: Duration, work: impl FnOnce() -> T) -> T {
    ALLOCATOR.reset_peak_memory();
    let start = Instant::now();
    let result = work();
    let (took, peak) = (start.elapsed(), ALLOCATOR.get_peak_memory());
    println!("{what}: {took:.1?}, {peak} bytes at most");
    assert!(peak <= memory, "{what} took {peak} bytes, more than {memory}");
    assert!(took <= time, "{what} took {took:?}, more than {time:?}");
    result
}

const DEEP: usize = 100_000;

/// Checks that a text is a module whose printed text, flat and folded, leads back to its bytes.
fn check_text(what: &str, text: &str) {
    let time = Duration::from_secs(20);
    // Most of the memory is for two texts that indent each line by a hundred spaces.
    within(what, 160 * text.len() + (8 << 20), time, || {
        let module = wat::parse(text).unwrap_or_else(|errors| panic!("{what}: {errors}"));
        let bytes = encoder::encode(&module);
        let again = parser::parse(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        for config in [Config::new(), Config::new().fold(true)] {
            let printed = config.print(&again);
            let parsed = wat::parse(&printed).unwrap_or_else(|errors| panic!("{what}: {errors}"));
            assert!(encoder::encode(&parsed) == bytes, "{what}: text leads to other bytes");
        }
    });
}

#[test]
fn nested_blocks() {
    let _alone = alone();
    let flat = format!("(module (func {} {}))", "block ".repeat(DEEP), "end ".repeat(DEEP));
    check_text("flat blocks", &flat);
    let folded = format!("(module (func {} {}))", "(block ".repeat(DEEP), ")".repeat(DEEP));
    check_text("folded blocks", &folded);
    let ifs = format!(
        "(module (func {} {}))",
        "(if (i32.const 0) (then ".repeat(DEEP),
        "))".repeat(DEEP)
    );
    check_text("folded ifs", &ifs);
    let tries = format!("(module (func {} {}))", "(try (do ".repeat(DEEP), "))".repeat(DEEP));
    check_text("folded legacy tries", &tries);
}

#[test]
fn nested_operands() {
    let _alone = alone();
    let text = format!(
        "(module (func (result i32) {} (i32.const 0) {}))",
        "(i32.eqz ".repeat(DEEP),
        ")".repeat(DEEP)
    );
    check_text("operands", &text);
}

#[test]
fn nested_parentheses_and_comments() {
    let _alone = alone();
    for (what, open, close) in [
        ("parentheses", "(", ")"),
        ("comments", "(; ", " ;)"),
        ("annotations", "(@a ", ")"),
        ("types", "(type (sub ", "))"),
        ("rec", "(rec ", ")"),
        ("references", "(ref ", ")"),
        ("blocks never closed", "(block ", ""),
        ("strings", "\"(", ""),
    ] {
        let text = format!("(module {}{})", open.repeat(DEEP), close.repeat(DEEP));
        let time = Duration::from_secs(10);
        within(what, 60 * text.len() + (1 << 20), time, || {
            if let Err(errors) = wat::Parser::new().features(Features::ALL).module(&text) {
                assert!(errors.as_slice().iter().all(|error| error.span.end <= text.len()));
            }
        });
    }
}

#[test]
fn false_counts() {
    let _alone = alone();
    // The count or the length of a vector or a name that claims 2^32 - 1 entries or bytes.
    let max = [0xff, 0xff, 0xff, 0xff, 0x0f];
    // In a start section, the number would be the index of a function.
    for id in (0..=13).filter(|id| *id != 8) {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([id, 5]);
        bytes.extend(max);
        let error = within("a false count", 1 << 16, Duration::from_secs(1), || {
            parser::parse(&bytes).map(drop).unwrap_err()
        });
        println!("  section {id}: {error}");
    }
    for tail in [&[1, 0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]] {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend_from_slice(tail);
        let error = parser::parse(&bytes).map(drop).unwrap_err();
        assert_eq!(error.kind, Malformed::LengthOutOfBounds);
    }
}

/// 200 MB in an optimised build, 20 MB otherwise.
#[test]
fn a_text_of_one_line() {
    let _alone = alone();
    let line = "i32.const 1 drop ";
    let total = if cfg!(debug_assertions) { 20_000_000 } else { 200_000_000 };
    let mut text = "(module (func ".to_owned();
    text.push_str(&line.repeat(total / line.len()));
    text.push_str("))");
    let bytes = within("one line", 4 * text.len(), Duration::from_secs(60), || {
        wattle::wat2wasm(&text).unwrap().len()
    });
    assert!(bytes > total / line.len() * 3);
    // Now the text ends with an error.
    text.truncate(text.len() - 2);
    text.push_str("i32.nope))");
    let error = within("one line with an error", 4 * text.len(), Duration::from_secs(60), || {
        wattle::wat2wasm(&text).unwrap_err()
    });
    assert!(error.to_string().starts_with("unknown operator"), "{error}");
}

#[test]
fn a_million_small_things() {
    let _alone = alone();
    let count = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    for (what, thing) in [
        ("types", "(type (func))"),
        ("functions", "(func)"),
        ("imports", "(import \"\" \"\" (func))"),
        ("globals", "(global i32 (i32.const 0))"),
        ("data", "(data \"\")"),
        ("errors", "(func i32.nope)"),
    ] {
        let text = format!("(module {})", thing.repeat(count));
        let time = Duration::from_secs(30);
        within(what, 40 * text.len() + (1 << 20), time, || match wat::parse(&text) {
            Ok(module) => drop(encoder::encode(&module)),
            Err(errors) => assert!(what == "errors" && errors.as_slice().iter().count() <= 100),
        });
    }
}
