//! Hostile inputs: their cost stays in proportion to their size.
//!
//! Each row has an input, the arguments, the outcome, and bounds. Time is bounded by that of plain
//! code of the same size, so that a slow machine does not matter; memory by `ulimit`, where there
//! is one; and output in bytes. A process that aborts fails its row whatever the bounds.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use wattle_tests::root;

use super::WATTLE;

/// One attack.
pub(crate) struct Attack {
    name: &'static str,
    /// The arguments behind `wattle`; the input comes from standard input.
    args: &'static str,
    input: Vec<u8>,
    /// The beginning of the first error; empty if there is none.
    error: Option<&'static str>,
    /// The maximum time, as a multiple of the time for plain code of the same size.
    time: u32,
    /// The maximum memory that the process may map, in megabytes.
    memory: usize,
    /// The maximum number of bytes of output.
    output: usize,
}

impl Attack {
    /// An attack with the usual bounds, which the command withstands without an error.
    pub(crate) fn new(name: &'static str, args: &'static str, input: impl Into<Vec<u8>>) -> Attack {
        let input = input.into();
        let output = 200 * input.len() + (1 << 16);
        Attack { name, args, input, error: None, time: 200, memory: 300, output }
    }

    pub(crate) fn error(mut self, error: &'static str) -> Attack {
        self.error = Some(error);
        self
    }

    fn time(mut self, time: u32) -> Attack {
        self.time = time;
        self
    }

    pub(crate) fn memory(mut self, megabytes: usize) -> Attack {
        self.memory = megabytes;
        self
    }

    fn output(mut self, bytes: usize) -> Attack {
        self.output = bytes;
        self
    }

    /// Runs the command, and returns the faults of the outcome.
    fn run(&self) -> Result<(), String> {
        let mut command = Command::new(if cfg!(unix) { "sh" } else { WATTLE });
        if cfg!(unix) {
            let limited = format!("ulimit -v {}; exec \"$@\"", self.memory << 10);
            command.args(["-c", &limited, "sh", WATTLE]);
        }
        let mut child = command
            .args(self.args.split(' '))
            // Each arena of the allocator reserves memory that it does not use.
            .env("MALLOC_ARENA_MAX", "1")
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            // The command may end without reading its input.
            scope.spawn(move || stdin.write_all(&self.input));
            child.wait_with_output().unwrap()
        });
        let took = start.elapsed();
        let bound = self.time * plain(self.input.len());
        let err = String::from_utf8_lossy(&output.stderr);
        let first = err.lines().next().unwrap_or_default();
        let message = first.trim_start_matches("error: ");
        if output.status.code().is_none_or(|code| code > 2) {
            return Err(format!("it ended with {}: {first}", output.status));
        }
        match self.error {
            None if !output.status.success() => return Err(format!("it failed: {first}")),
            Some(error) if output.status.success() || !message.starts_with(error) => {
                return Err(format!("expected {error:?}: {} {first}", output.status));
            }
            _ => {}
        }
        let bytes = output.stdout.len() + output.stderr.len();
        if bytes > self.output {
            return Err(format!("{bytes} bytes of output, at most {} are good", self.output));
        }
        if took > bound {
            return Err(format!("it took {took:.1?}, more than {bound:.1?}"));
        }
        Ok(())
    }
}

/// Measures the time to parse and validate plain code of this size, at least of 300 kB.
fn plain(len: usize) -> Duration {
    const LEN: usize = 1_000_000;
    static TIME: OnceLock<Duration> = OnceLock::new();
    let whole = *TIME.get_or_init(|| {
        let code = "i32.const 7 drop ";
        let text = format!("(module (func {}))", code.repeat(LEN / code.len()));
        let start = Instant::now();
        let ran = super::wattle(&["validate"], text.as_bytes());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        start.elapsed()
    });
    whole.mul_f64(len.max(300_000) as f64 / LEN as f64)
}

/// Runs the attacks of a class, and fails with all that succeed. The table of attacks in the
/// document about limits must have a row with the class and their number.
pub(crate) fn withstand(class: &str, attacks: impl IntoIterator<Item = Attack>) {
    let (mut tries, mut breaks) = (0, Vec::new());
    for attack in attacks {
        tries += 1;
        if let Err(why) = attack.run() {
            breaks.push(format!("{} (wattle {}): {why}", attack.name, attack.args));
        }
    }
    assert!(breaks.is_empty(), "attacks that succeed:\n{}", breaks.join("\n"));
    let document = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let row = format!("| {class} | {tries} | 0 |");
    assert!(document.lines().any(|line| line == row), "docs/limits.md lacks the row {row}");
}

/// A file of `tests/cases`.
fn case(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/cases").join(name)).unwrap()
}

/// The binary of a text.
fn binary(text: &str) -> Vec<u8> {
    let ran = super::wattle(&["parse", "--features", "all"], text.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.bytes
}

/// A module with one function.
fn func(parts: &[(&str, usize)]) -> String {
    let code: String = parts.iter().map(|(part, count)| part.repeat(*count)).collect();
    format!("(module (func {code}))")
}

/// A module of fields that are numbered.
fn fields(count: usize, field: impl Fn(usize) -> String) -> String {
    format!("(module {})", (0..count).map(field).collect::<String>())
}

#[test]
fn values_that_cost_few_bytes() {
    let thousand = "i32 ".repeat(1_000);
    let calls = |count: usize| {
        format!(
            "(module (func $f (result {thousand}) unreachable) (func {} unreachable))",
            "call $f ".repeat(count)
        )
    };
    let blocks = format!(
        "(module (type $t (func (param {thousand}) (result {thousand}))) (func {} {} unreachable))",
        "i32.const 0 ".repeat(1_000),
        "block (type $t) ".repeat(5_000) + &"end ".repeat(5_000),
    );
    let labels = format!(
        "(module (type $t (func (result {thousand}))) (func {} unreachable br_table {} {} unreachable))",
        "block (type $t) ".repeat(500),
        "0 1 499 ".repeat(100_000),
        "end ".repeat(500),
    );
    let structs = format!(
        "(module (type $s (struct {})) (func {}))",
        "(field i32) ".repeat(10_000),
        "struct.new_default $s drop ".repeat(2_000),
    );
    withstand(
        "values that cost few bytes",
        [
            Attack::new("calls with many results", "validate", binary(&calls(250_000)))
                .error("too many operands"),
            Attack::new("calls, each in a limit", "validate", binary(&calls(1_000))).time(400),
            Attack::new("operand stacks of calls", "print --operand-stack", binary(&calls(1_000)))
                .time(400),
            Attack::new("blocks with many results", "validate", blocks).time(400),
            Attack::new("labels with many results", "validate", labels).time(400),
            Attack::new("structs with many fields", "validate --features all", structs).time(400),
        ],
    );
}

#[test]
fn locals_by_the_million() {
    let module = || case("a_million_locals.wasm");
    let far = || {
        // A function of four billion locals, the last of which has a name.
        let text = "(module (func (local (@repeat 4294967295) i32)) (@names \"\\02\\0a\\01\\00\\01\\fe\\ff\\ff\\ff\\0f\\01x\"))";
        binary(text)
    };
    let many =
        || binary(&fields(2_000, |_| "(func (local (@repeat 49000) i64) (local i32) nop)".into()));
    let size = 1 << 16;
    withstand(
        "locals by the million",
        [
            Attack::new("locals", "print", module()).output(size),
            Attack::new("locals", "print --name-unnamed", module()).output(size),
            Attack::new("locals", "print --fold --offsets", module()).output(size),
            Attack::new("locals", "wasm2wat --no-check --generate-names", module()).output(size),
            Attack::new("locals", "dump", module()).output(size),
            Attack::new("locals", "wasm-objdump -x -d -s -", module()).output(size),
            Attack::new("locals", "features", module()).output(size),
            Attack::new("locals", "validate", module()).error("too many locals").output(size),
            Attack::new("locals", "validate --no-limits", module()).output(size),
            Attack::new("a local far away", "print --name-unnamed", far()).output(size),
            Attack::new("locals of many functions", "print --name-unnamed", many()).output(4 << 20),
            Attack::new("locals of many functions", "validate", many()).time(1500),
        ],
    );
}

#[test]
fn types_and_names_that_are_repeated() {
    let types = || {
        let params = "i64 ".repeat(20_000);
        format!(
            "(module (type (func (param {params}))) {})",
            "(func (type 0) (local $l i32))".repeat(5_000)
        )
    };
    let calls = |len: usize| {
        let name = "n".repeat(len);
        binary(&format!("(module (func $\"{name}\" {}))", "call 0 ".repeat(20_000)))
    };
    let labels = || {
        let name = "l".repeat(50_000);
        binary(&format!("(module (func block $\"{name}\" {} end))", "br 0 ".repeat(20_000)))
    };
    withstand(
        "types and names that are repeated",
        [
            Attack::new("a long type", "print", binary(&types())),
            Attack::new("a long type", "print --name-unnamed", binary(&types())),
            Attack::new("a long type", "dump", binary(&types())),
            Attack::new("a long name", "print", calls(50_000)),
            Attack::new("a long name", "dump", calls(1_000)).output(40 << 20),
            Attack::new("a long label", "print", labels()),
            Attack::new(
                "a long export",
                "objdump",
                fields(100, |i| format!("(func (export \"{}{i}\"))", "e".repeat(5_000))),
            ),
        ],
    );
}

#[test]
fn errors_by_the_thousand() {
    const N: usize = 5_000;
    withstand("errors by the thousand", [
        Attack::new("malformed on one line", "parse --max-errors 1000000", "(func i32.nope)".repeat(N))
            .error("unknown operator").time(1500),
        Attack::new("unknown identifiers", "validate --max-errors 1000000", fields(N, |i| format!("(func $name{i} call $nam{i})")))
            .error("unknown function").time(1500),
        Attack::new("duplicate identifiers", "parse --max-errors 1000000", fields(N, |i| format!("(func $f{})", i / 2)))
            .error("duplicate func").time(1500),
        Attack::new("invalid on one line", "validate --max-errors 1000000", format!("(module {})", "(func (result i32))".repeat(N)))
            .error("type mismatch").time(1500).output(60 << 20),
        Attack::new("errors that name types", "validate --max-errors 1000000", binary(&fields(N / 2, |i| {
            format!("(type $t{i} (struct (field (ref null $t{i})) (field i{}))) (func (param (ref $t{i})) (result i32) local.get 0)", 32 << (i & 1))
        })))
            .error("type mismatch").time(1500).output(60 << 20),
        Attack::new("malformed annotations", "parse", "(@custom)".repeat(N)).error("@custom annotation"),
        Attack::new("a script of errors", "wast", "(module (func i32.nope))".repeat(N / 10)).error("").time(1500),
    ]);
}

#[test]
fn depth() {
    const N: usize = 100_000;
    withstand(
        "depth",
        [
            Attack::new("blocks", "validate", func(&[("block ", N), ("end ", N)])),
            Attack::new("blocks", "print --fold", binary(&func(&[("block ", N), ("end ", N)])))
                .time(400),
            Attack::new("blocks", "dump", binary(&func(&[("block ", N), ("end ", N)]))).time(1500),
            Attack::new("folded blocks", "parse", func(&[("(block ", N), (")", N)])),
            Attack::new("folded ifs", "parse", func(&[("(if (i32.const 0) (then ", N), ("))", N)])),
            Attack::new(
                "blocks of one name",
                "print",
                func(&[("block $a br $a ", N / 10), ("end ", N / 10)]),
            )
            .time(400),
            Attack::new("parentheses", "parse", func(&[("(", N), (")", N)]))
                .error("unexpected token"),
            Attack::new("unclosed", "parse", func(&[("(block ", N)])).error("unexpected token"),
            Attack::new("comments", "parse", func(&[("(;", N), (";)", N)])),
            Attack::new("annotations", "parse", func(&[("(@a ", N), (")", N)])),
            Attack::new("threads", "wast", "(thread $a ".repeat(N / 10)).error(""),
            Attack::new("a configuration", "smith --config -", "[".repeat(N)).error("cannot read"),
        ],
    );
}

#[test]
fn claims_that_are_not_kept() {
    let bytes = |tail: &[u8]| [b"\0asm\x01\0\0\0", tail].concat();
    const MOST: &[u8] = b"\xff\xff\xff\xff\x0f";
    let claims = |id: u8, more: &[u8]| bytes(&[&[id], MOST, MOST, more].concat());
    let endless = [&b"\0asm\x01\0\0\0\0\xff\xff\xff\x7f\x01a"[..], &vec![0; 70 << 20]].concat();
    let mut attacks = vec![
        Attack::new("an endless custom section", "validate", endless)
            .error("cannot read <stdin>: item too large")
            .memory(600),
        Attack::new("no functions", "smith --config -", case("smith_config.json"))
            .error("cannot read <stdin>: modules would be too large"),
        Attack::new("instructions", "smith --max-funcs 100000 --max-instructions 4000000000", "")
            .error("modules would be too large"),
        Attack::new("a seed", "smith --config -", "{\"seed_bytes\":4294967295}")
            .error("cannot read <stdin>: modules would be too large"),
        Attack::new(
            "a code of many bodies",
            "validate",
            bytes(&[b"\x01\x04\x01\x60\0\0\x03", MOST, MOST].concat()),
        )
        .error("length out of bounds"),
    ];
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13] {
        attacks.push(Attack::new("a count", "dump", claims(id, &[0; 50])).error(""));
    }
    withstand("claims that are not kept", attacks);
}

/// Programs that take a resource until it runs out: their fields, the arguments, and the beginning
/// of the error.
fn hungry() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let objects = |types: &str, made: &str| {
        format!(
            "(module (type $n (struct (field (ref null $n)) (field (ref null any)))) {types}
               (global $n (mut (ref null $n)) (ref.null $n))
               (func (export \"f\") (loop $next
                 (global.set $n (struct.new $n (global.get $n) {made})) (br $next))))"
        )
    };
    // The memory grows by less and less, then a function is called for the first time.
    let grown = |what: &str, grow: &str| {
        format!(
            "(module ({what}) (func $late (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
               (func (export \"f\") (local $by i32) (local.set $by (i32.const 0x10000))
                 (loop $next
                   (if (i32.lt_s ({grow} (local.get $by)) (i32.const 0))
                     (then (local.set $by (i32.shr_u (local.get $by) (i32.const 1)))))
                   (br_if $next (local.get $by)))
                 (call $late (i32.const 0))))"
        )
    };
    let run = "run --invoke f -";
    vec![
        ("structs", objects("", "(ref.null any)"), run, "heap exhausted"),
        (
            "wide structs",
            objects(
                "(type $w (struct (field i64) (field v128) (field i64)))",
                "(struct.new_default $w)",
            ),
            run,
            "heap exhausted",
        ),
        (
            "arrays",
            objects("(type $a (array i8))", "(array.new_default $a (i32.const 5000))"),
            run,
            "heap exhausted",
        ),
        (
            "long arrays",
            objects("(type $a (array i8))", "(array.new_default $a (i32.const 50000000))"),
            run,
            "heap exhausted",
        ),
        (
            "exceptions",
            "(module (tag $t (param i64 i64 i64)) (table $t 1000000 exnref)
               (global $at (mut i32) (i32.const 0))
               (func (export \"f\") (loop $next
                 (global.set $at (i32.rem_u (i32.add (global.get $at) (i32.const 1)) (i32.const 1000000)))
                 (table.set $t (global.get $at) (block $h (result exnref)
                   (try_table (catch_all_ref $h)
                     (throw $t (i64.const 1) (i64.const 2) (i64.const 3)))
                   (unreachable)))
                 (br $next))))"
                .to_owned(),
            "run --max-memory 40M --invoke f -",
            "heap exhausted",
        ),
        (
            "calls",
            "(module (func $f (export \"f\") (local i64 i64 i64) (call $f)))".to_owned(),
            "run --max-depth 100000000 --invoke f -",
            "call stack exhausted",
        ),
        ("memories", grown("memory 0", "memory.grow"), run, "integer divide by zero"),
        ("tables", grown("table 0 funcref", "table.grow (ref.null func)"), run, "integer divide by zero"),
    ]
}

#[test]
fn programs_that_take_all_they_get_are_told() {
    let mut attacks = Vec::new();
    // The smallest limit has room for 40 MB and for the command itself.
    for megabytes in [64, 90, 150, 300] {
        for (name, input, args, error) in hungry() {
            let attack = Attack::new(name, args, input).error(error);
            attacks.push(attack.memory(megabytes).time(5_000));
        }
    }
    withstand("programs that take all they get are told", attacks);
}

#[test]
fn definitions_that_cost_few_bytes() {
    let wide = "(table 10000000 funcref) ".repeat(1_000);
    let waiting = |count: usize| {
        let threads =
            (0..count).map(|n| format!("(thread $t{n} (shared (module $m)) (invoke $m \"wait\"))"));
        format!(
            "(module $m (memory 1 1 shared) (func (export \"wait\")
               (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
             {} (wait $t0)",
            threads.collect::<String>()
        )
    };
    withstand(
        "definitions that cost few bytes",
        [
            Attack::new("tables", "run -", format!("(module {wide})"))
                .error("limit exceeded: memory size of the store"),
            Attack::new("a memory that grows", "run -", case("memory_grow_eager.wat"))
                .memory(2500)
                .time(20),
            Attack::new(
                "a memory that is filled",
                "run --fuel 320 --invoke f -",
                case("fuel_memory_fill.wat"),
            )
            .error("all fuel consumed")
            .memory(1500)
            .time(20),
            Attack::new(
                "a thread that waits for itself",
                "wast -",
                "(thread $a (wait $a)) (wait $a)",
            )
            .error(""),
            Attack::new("threads that wait", "wast --features all -", waiting(2_000))
                .error("")
                .time(2_000),
        ],
    );
}

#[test]
fn a_blocked_program_ends_in_time() {
    // The program sleeps for an hour.
    let sleep = r#"(module (import "wasi_snapshot_preview1" "poll_oneoff"
          (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 24) "\00\a0\b8\30\46\03")
        (func (export "f") (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;
    let start = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sleep.wat");
    std::fs::write(&file, sleep).unwrap();
    let file = file.to_str().unwrap();
    let ran = super::wattle(&["run", "--timeout", "0.2", "--invoke", "f", file], b"");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.starts_with("error: interrupted: it takes longer than --timeout"), "{ran:?}");
    // The message has the place where the program waits, which only an interrupted call can tell.
    assert!(ran.err.contains("func 1"), "{ran:?}");
    assert!(start.elapsed() < Duration::from_secs(60));
}
