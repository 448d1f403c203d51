//! Threads of scripts: their waits for one another, and the time and stack that these take.

use std::fmt::Write;
use std::time::{Duration, Instant};

use wattle_script::{Options, Report, run};

fn report(text: &str) -> Report {
    run(text, Options::default()).unwrap()
}

/// Returns the failures of a script, each as its keyword and the actual result.
fn failures(text: &str) -> Vec<String> {
    let failures = report(text).failures;
    failures.iter().map(|failure| format!("{}: {}", failure.keyword, failure.got)).collect()
}

/// Calls a function on a stack that is too small for one call per thread.
fn on_a_small_stack<R: Send + 'static>(call: impl FnOnce() -> R + Send + 'static) -> R {
    std::thread::Builder::new().stack_size(256 << 10).spawn(call).unwrap().join().unwrap()
}

#[test]
fn a_thread_that_waits_for_itself_is_a_deadlock() {
    let alone = "(thread $a (wait $a)) (wait $a)";
    assert_eq!(on_a_small_stack(|| failures(alone)), ["wait: all threads wait"]);
    let circle = "(thread $a (wait $b)) (thread $b (wait $c)) (thread $c (wait $a)) (wait $b)";
    assert_eq!(failures(circle), ["wait: all threads wait"]);
}

#[test]
fn a_name_without_a_thread_is_a_failure_at_its_wait() {
    assert_eq!(
        failures("(thread $a (wait $no)) (wait $a) (wait $neither)"),
        ["wait: no such thread", "wait: no such thread"]
    );
}

#[test]
fn a_wait_is_for_the_last_thread_of_the_name() {
    let module = r#"(module $m (global $g (mut i32) (i32.const 0))
        (func (export "add") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
        (register "m" $m)"#;
    let thread = |count: u32| {
        format!(
            r#"(thread $t (shared (module $m))
                 (assert_return (invoke $m "add") (i32.const {count}))) (wait $t)"#
        )
    };
    let report = report(&format!("{module} {} {}", thread(1), thread(2)));
    assert_eq!((report.passed, report.failures), (2, vec![]));
}

/// Returns a script with threads, each of which waits for the one before it; the script waits for
/// the last.
fn chain(len: usize) -> String {
    let mut text = "(thread $t0)".to_owned();
    for number in 1..len {
        write!(text, "(thread $t{number} (wait $t{}))", number - 1).unwrap();
    }
    write!(text, "(wait $t{})", len - 1).unwrap();
    text
}

#[test]
fn a_chain_of_threads_needs_no_stack() {
    assert_eq!(on_a_small_stack(|| failures(&chain(20_000))), [""; 0]);
    // In the other direction, each thread finds that the next one has not ended.
    let mut text = String::new();
    for number in 0..20_000 {
        write!(text, "(thread $t{number} (wait $t{}))", number + 1).unwrap();
    }
    text += "(thread $t20000) (wait $t0)";
    assert_eq!(on_a_small_stack(move || failures(&text)), [""; 0]);
}

fn time(text: &str) -> Duration {
    let start = Instant::now();
    assert_eq!(failures(text), [""; 0]);
    start.elapsed()
}

#[test]
fn the_time_grows_with_the_number_of_threads() {
    // The script waits for each thread when most threads have ended already.
    let text = |len: usize| {
        let each = (0..len).map(|n| format!("(thread $t{n} (module)) (wait $t{n})"));
        each.collect::<String>()
    };
    let (few, many) = (text(500), text(8_000));
    // A busy machine makes a run longer, never shorter: one good run of many decides.
    let is_linear = (0..20).any(|_| {
        // With 16 times the threads, the time would be 256-fold if it grew with the square.
        let (base, more) = (time(&few), time(&many));
        more < base * 64
    });
    assert!(is_linear);
}
