//! `cargo xtask growth`: how the time of each command grows with its input.
//!
//! Each shape of input is doubled until a command takes long enough to be measured, and then three
//! times more. The exponent is the slope over these doublings: 1 where time is in proportion to the
//! input, 2 where twice the input takes four times as long. Only the processor time of the command
//! counts, as far as the system tells it. With `--instructions`, counts of instructions take the
//! place of time.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The command to measure; built in release mode.
    #[arg(long, default_value = "target/release/wattle")]
    command: PathBuf,

    /// Measure only shapes whose names contain this.
    #[arg(long, default_value = "")]
    shape: String,

    /// Measure only subcommands that contain this.
    #[arg(long, default_value = "")]
    subcommand: String,

    /// Count instructions with valgrind instead of time, over smaller inputs. Counts do not differ
    /// from run to run, and leave out what caches do.
    #[arg(long)]
    instructions: bool,

    /// The largest exponent that is good.
    #[arg(long, default_value_t = 1.1)]
    most: f64,
}

/// A shape of text, of a size in proportion to a number.
struct Shape {
    name: &'static str,
    text: fn(u32) -> String,
    /// Whether the text is a module, so that there is a binary of it.
    has_binary: bool,
}

/// A module with a part for each number.
fn fields(count: u32, field: impl Fn(u32) -> String) -> String {
    format!("(module {})", (0..count).map(field).collect::<Vec<_>>().join("\n"))
}

/// A module with one function, made of three parts that are repeated.
fn nested(count: u32, open: &str, middle: &str, close: &str) -> String {
    let count = count as usize;
    format!("(module (func {}{middle}{}))", open.repeat(count), close.repeat(count))
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "types",
        text: |n| {
            fields(n, |i| {
                format!("(type (struct (field (ref null {i})) (field i{})))", 32 << (i & 1))
            })
        },
        has_binary: true,
    },
    Shape {
        name: "equal types",
        text: |n| fields(n, |_| "(type (func (param i32 i64) (result f32)))".into()),
        has_binary: true,
    },
    Shape {
        name: "one recursive group",
        text: |n| {
            let types = fields(n, |i| format!("(type (array (ref null {})))", (i + 1) % n));
            format!("(module (rec {})", types.trim_start_matches("(module "))
        },
        has_binary: true,
    },
    Shape {
        name: "subtypes",
        text: |n| {
            fields(n, |i| match i % 60 {
                0 => "(type (sub (struct)))".into(),
                _ => format!("(type (sub {} (struct)))", i - 1),
            })
        },
        has_binary: true,
    },
    Shape {
        name: "functions",
        text: |n| fields(n, |i| format!("(func (result i32) (call {}))", i / 2)),
        has_binary: true,
    },
    Shape {
        name: "type uses",
        text: |n| {
            fields(n, |i| format!("(func (param i32) (result i{}) unreachable)", 32 << (i & 1)))
        },
        has_binary: true,
    },
    Shape {
        name: "imports",
        text: |n| fields(n, |i| format!("(import \"module\" \"name{i}\" (func (param i32)))")),
        has_binary: true,
    },
    Shape {
        name: "exports",
        text: |n| fields(n, |i| format!("(func (export \"name{i}\"))")),
        has_binary: true,
    },
    Shape {
        name: "names",
        text: |n| {
            fields(n, |i| {
                format!(
                    "(func $name{i} (param $p i32) (local $l i64) (call $name{} (local.get $p)))",
                    i / 2
                )
            })
        },
        has_binary: true,
    },
    Shape {
        name: "equal names",
        text: |n| {
            fields(n, |i| format!("(func $f{i} (@name \"name\") (local $l{i} (@name \"l\") i32))"))
        },
        has_binary: true,
    },
    Shape {
        name: "names of one function",
        text: |n| {
            let local = |i| format!("(local $l{i} i{})", 32 << (i & 1));
            format!("(module (func {}))", (0..n).map(local).collect::<String>())
        },
        has_binary: true,
    },
    Shape {
        name: "globals",
        text: |n| fields(n, |i| format!("(global (mut i32) (i32.const {i}))")),
        has_binary: true,
    },
    Shape {
        name: "locals",
        text: |n| {
            let gets = (0..n).map(|i| format!("local.get {i} drop ")).collect::<String>();
            format!("(module (func (local {}) {gets}))", "i32 i64 ".repeat(n as usize / 2 + 1))
        },
        has_binary: true,
    },
    Shape {
        name: "data segments",
        text: |n| {
            fields(n, |_| "(data (i32.const 0) \"a\\00\")".into()).replacen(
                "(module ",
                "(module (memory 1) ",
                1,
            )
        },
        has_binary: true,
    },
    Shape {
        name: "element segments",
        text: |n| {
            fields(n, |_| "(elem (i32.const 0) func 0 0)".into()).replacen(
                "(module ",
                "(module (table 1 funcref) (func) ",
                1,
            )
        },
        has_binary: true,
    },
    Shape {
        name: "custom sections",
        text: |n| fields(n, |i| format!("(@custom \"name{i}\" \"content\")")),
        has_binary: true,
    },
    Shape {
        name: "branch hints",
        text: |n| {
            format!(
                "(module (func {}))",
                "i32.const 0 (@metadata.code.branch_hint \"\\00\") if end ".repeat(n as usize)
            )
        },
        has_binary: true,
    },
    Shape {
        name: "one long line of instructions",
        text: |n| format!("(module (func {}))", "i32.const 7 drop ".repeat(n as usize)),
        has_binary: true,
    },
    Shape {
        name: "operands",
        text: |n| nested(n.min(900_000), "i32.const 1 ", "", "drop "),
        has_binary: true,
    },
    Shape {
        name: "nested blocks",
        text: |n| nested(n.min(900_000), "block ", "", "end "),
        has_binary: true,
    },
    Shape {
        name: "named blocks",
        text: |n| {
            let n = n.min(900_000);
            let open = (0..n).map(|i| format!("block $l{i} br $l{} ", i / 2)).collect::<String>();
            format!("(module (func {open}{}))", "end ".repeat(n as usize))
        },
        has_binary: true,
    },
    Shape {
        name: "blocks of one name",
        text: |n| nested(n.min(900_000), "block $l br $l br 1 ", "", "end "),
        has_binary: true,
    },
    Shape {
        name: "folded blocks",
        text: |n| nested(n.min(900_000), "(block ", "", ")"),
        has_binary: true,
    },
    Shape {
        name: "folded operands",
        text: |n| {
            nested(n, "(i32.eqz ", "(i32.const 0)", ")").replacen("(func", "(func (result i32)", 1)
        },
        has_binary: true,
    },
    Shape {
        name: "branch tables",
        text: |n| {
            nested(
                n.min(100_000),
                "block ",
                &format!("i32.const 0 br_table {}", "0 1 2 ".repeat(n as usize)),
                "end ",
            )
        },
        has_binary: true,
    },
    Shape { name: "comments", text: |n| nested(n, "(; ", "", ";)"), has_binary: false },
    Shape { name: "parentheses", text: |n| nested(n, "(", "", ")"), has_binary: false },
    Shape { name: "annotations", text: |n| nested(n, "(@a (@b) ", "", ")"), has_binary: false },
    Shape {
        name: "malformed on one line",
        text: |n| format!("(module {})", "(func i32.nope)".repeat(n as usize)),
        has_binary: false,
    },
    Shape {
        name: "malformed",
        text: |n| fields(n, |_| "(func i32.nope)".into()),
        has_binary: false,
    },
    Shape {
        name: "unknown identifiers",
        text: |n| fields(n, |i| format!("(func $name{i} call $nam{i})")),
        has_binary: false,
    },
    Shape {
        name: "duplicate identifiers",
        text: |n| fields(n, |i| format!("(func $name{})", i / 2)),
        has_binary: false,
    },
    Shape {
        name: "unclosed",
        text: |n| "(module (func (block ".repeat(n as usize),
        has_binary: false,
    },
    Shape {
        name: "invalid on one line",
        text: |n| format!("(module {})", "(func (result i32))".repeat(n as usize)),
        has_binary: true,
    },
    Shape {
        name: "invalid with types",
        text: |n| {
            fields(n, |i| {
                format!(
                    "(type $t{i} (struct (field (ref null {i})))) (func (param (ref $t{i})) (result i32) (local.get 0))"
                )
            })
        },
        has_binary: true,
    },
    Shape {
        name: "invalid instructions",
        text: |n| fields(n, |_| "(func nop nop i32.const 0 i64.eqz drop)".into()),
        has_binary: true,
    },
    Shape {
        name: "duplicate exports",
        text: |n| fields(n, |_| "(func (export \"name\"))".into()),
        has_binary: true,
    },
];

/// A subcommand: its arguments, and whether it reads the text or the binary.
const SUBCOMMANDS: &[(&str, bool)] = &[
    ("parse", true),
    ("validate -j 1 --no-limits", true),
    ("print", true),
    ("wast", true),
    ("wast --no-run", true),
    ("smith --bytes", true),
    ("validate -j 1 --no-limits", false),
    ("validate --no-limits", false),
    ("print", false),
    ("print --fold", false),
    ("print --name-unnamed", false),
    ("print --offsets", false),
    ("print --operand-stack", false),
    ("print --inline-imports-exports", false),
    ("print --skeleton", false),
    ("dump", false),
    ("dump --json", false),
    ("objdump", false),
    ("objdump --json", false),
    ("strip -a", false),
    ("features", false),
    ("wasm-objdump -x -d", false),
];

/// The time from which a run is measured: much more than a process takes to start.
const ENOUGH: Duration = Duration::from_millis(20);
/// The time that the runs over one input take together.
const TOGETHER: Duration = Duration::from_millis(150);
/// The number of doublings of an input that is large enough.
const DOUBLINGS: u32 = 3;
/// The size of the smallest and the largest input, as the number of its parts, of which a module may
/// have a million.
const SIZES: (u32, u32) = (1 << 11, 1 << 19);

/// Measures all, and prints a table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let command = fs::canonicalize(&options.command)
        .with_context(|| format!("no command at {}", options.command.display()))?;
    let folder = tempfile::tempdir()?;
    let mut commands: Vec<Measured> = Vec::new();
    for &(subcommand, is_text) in SUBCOMMANDS {
        if subcommand.contains(&options.subcommand) {
            commands.push(Measured { subcommand, is_text, shapes: 0, largest: (0.0, "") });
        }
    }
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&options.shape)) {
        let bench = Bench { command: &command, folder: folder.path(), shape };
        for measured in &mut commands {
            let &mut Measured { subcommand, is_text, .. } = measured;
            if !(is_text || shape.has_binary) {
                continue;
            }
            let exponent = match options.instructions {
                true => Some(bench.exponent_of_instructions(subcommand, is_text)?),
                false => bench.exponent(subcommand, is_text)?,
            };
            let shown =
                exponent.map_or("too quick".to_owned(), |exponent| format!("{exponent:.2}"));
            eprintln!("{}, {subcommand}, {}: {shown}", shape.name, kind(is_text));
            if let Some(exponent) = exponent {
                measured.shapes += 1;
                if exponent > measured.largest.0 {
                    measured.largest = (exponent, shape.name);
                }
            }
        }
    }
    println!("| command | input | shapes | largest exponent |\n|---|---|---|---|");
    for Measured { subcommand, is_text, shapes, largest } in &commands {
        let kind = kind(*is_text);
        match shapes {
            0 => println!("| `{subcommand}` | {kind} | 0 | |"),
            _ => {
                println!("| `{subcommand}` | {kind} | {shapes} | {:.2}, {} |", largest.0, largest.1)
            }
        }
    }
    let worst = commands.iter().map(|measured| measured.largest.0).fold(0.0, f64::max);
    ensure!(worst <= options.most, "there are exponents of more than {}", options.most);
    Ok(())
}

fn kind(is_text: bool) -> &'static str {
    if is_text { "text" } else { "binary" }
}

/// What was measured of a subcommand.
struct Measured {
    subcommand: &'static str,
    is_text: bool,
    /// The number of shapes over which it takes long enough.
    shapes: usize,
    /// The largest exponent, and its shape.
    largest: (f64, &'static str),
}

/// The size of the smaller input over which instructions are counted.
const COUNTED: u32 = 1 << 11;

/// One shape of input for the command.
struct Bench<'b> {
    command: &'b Path,
    folder: &'b Path,
    shape: &'b Shape,
}

impl Bench<'_> {
    /// The exponent of a subcommand; `None` when the largest input does not take long enough.
    fn exponent(&self, subcommand: &str, is_text: bool) -> Result<Option<f64>> {
        let mut size = SIZES.0;
        let mut first = self.time(subcommand, is_text, size)?;
        while first < ENOUGH {
            size *= 2;
            if size << DOUBLINGS > SIZES.1 {
                return Ok(None);
            }
            first = self.time(subcommand, is_text, size)?;
        }
        let last = self.time(subcommand, is_text, size << DOUBLINGS)?;
        let ratio = last.as_secs_f64() / first.as_secs_f64();
        Ok(Some(ratio.log2() / f64::from(DOUBLINGS)))
    }

    /// The exponent of a subcommand in counted instructions, without those of an empty module.
    fn exponent_of_instructions(&self, subcommand: &str, is_text: bool) -> Result<f64> {
        let count = |input: &Path| -> Result<f64> {
            let mut command = Command::new("valgrind");
            command.args([
                "--tool=cachegrind",
                "--cache-sim=no",
                "--cachegrind-out-file=/dev/null",
            ]);
            let output = self.arguments(command.arg(self.command), subcommand, input).output()?;
            let report = String::from_utf8_lossy(&output.stderr);
            let refs = report.lines().rev().find_map(|line| line.split_once("refs:"));
            let (_, number) = refs.context("valgrind says nothing of instructions")?;
            Ok(number.trim().replace(',', "").parse()?)
        };
        let empty = self.folder.join("empty.wat");
        fs::write(&empty, "(module)")?;
        let none = count(&empty)?;
        let small = count(&self.input(COUNTED, is_text)?)?;
        let large = count(&self.input(COUNTED << DOUBLINGS, is_text)?)?;
        Ok(((large - none) / (small - none).max(1.0)).log2() / f64::from(DOUBLINGS))
    }

    /// The mean time of runs over an input of this size.
    fn time(&self, subcommand: &str, is_text: bool, size: u32) -> Result<Duration> {
        let input = self.input(size, is_text)?;
        let (mut total, mut runs) = (Duration::ZERO, 0);
        while total < TOGETHER && (runs < 3 || total > ENOUGH) {
            total += self.timed_run(subcommand, &input)?;
            runs += 1;
        }
        Ok(total / runs)
    }

    /// Adds the arguments of a subcommand.
    fn arguments<'c>(
        &self,
        command: &'c mut Command,
        subcommand: &str,
        input: &Path,
    ) -> &'c mut Command {
        let mut words = subcommand.split(' ');
        let name = words.next().unwrap_or_default();
        command.arg(name);
        match name {
            "smith" => command.args(["--features", "all"]),
            _ if name.starts_with("wasm-") => command,
            _ => command.args(["--features", "all", "--max-errors", "1000000000"]),
        };
        command.args(words).arg(input).stdin(Stdio::null()).stdout(Stdio::null())
    }

    fn timed_run(&self, subcommand: &str, input: &Path) -> Result<Duration> {
        let mut command = Command::new(self.command);
        self.arguments(&mut command, subcommand, input).stderr(Stdio::null());
        let (start, before) = (Instant::now(), time_of_children());
        let status = command.status()?;
        ensure!(status.code().is_some_and(|code| code < 100), "{subcommand} ended with {status}");
        Ok(match (before, time_of_children()) {
            (Some(before), Some(after)) => after - before,
            _ => start.elapsed(),
        })
    }

    /// The file with the input of this size, which is made once.
    fn input(&self, size: u32, is_text: bool) -> Result<PathBuf> {
        let mut name = String::new();
        let _ = write!(name, "{}-{size}", self.shape.name.replace(' ', "-"));
        let text = self.folder.join(format!("{name}.wat"));
        if !text.exists() {
            fs::write(&text, (self.shape.text)(size))?;
        }
        let binary = self.folder.join(format!("{name}.wasm"));
        if !is_text && !binary.exists() {
            let mut parse = Command::new(self.command);
            parse.args(["parse", "--features", "all", "-o"]).arg(&binary).arg(&text);
            ensure!(parse.status()?.success(), "the shape {} does not parse", self.shape.name);
        }
        Ok(if is_text { text } else { binary })
    }
}

/// The processor time of all commands that have ended, on systems with `/proc`. Its unit is a
/// hundredth of a second on all of them.
fn time_of_children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses, which may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(13)?.parse().ok()?;
    Some(Duration::from_millis(10 * ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_grow_with_their_size() {
        for Shape { name, text, .. } in SHAPES {
            let (small, large) = (text(1_000).len(), text(2_000).len());
            assert!(large > small * 17 / 10 && large < small * 25 / 10, "{name}: {small}, {large}");
        }
    }
}
