//! `cargo xtask growth`: measures how the time of each command grows with its input.
//!
//! Each shape of input is doubled until a command takes long enough to be measured, and then three
//! times more. The exponent is the slope over these doublings: 1 if time is in proportion to the
//! input, 2 if twice the input takes four times as long. Only the processor time of the command
//! counts, if the system reports it. With `--instructions`, instructions are counted instead.

mod shapes;
mod subcommands;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use shapes::{Kind, SHAPES, Shape};
use subcommands::{Form, SUBCOMMANDS, Subcommand};

/// The options of `cargo xtask growth`.
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
    /// from run to run, and leave out the effects of caches.
    #[arg(long)]
    instructions: bool,

    /// The largest exponent that is good.
    #[arg(long, default_value_t = 1.1)]
    most: f64,
}

/// The time from which a run is measured: much more than a process takes to start.
const ENOUGH: Duration = Duration::from_millis(20);
/// The total time after which runs over one input stop.
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
    for subcommand in SUBCOMMANDS {
        if subcommand.words.contains(&options.subcommand) {
            commands.push(Measured { subcommand, shapes: 0, largest: (0.0, "") });
        }
    }
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&options.shape)) {
        let bench = Bench { command: &command, folder: folder.path(), shape };
        for measured in &mut commands {
            let subcommand = measured.subcommand;
            if !subcommand.input.is_form_of(shape.kind) {
                continue;
            }
            let exponent = match options.instructions {
                true => Some(bench.exponent_of_instructions(subcommand)?),
                false => bench.exponent(subcommand)?,
            };
            let shown =
                exponent.map_or("too quick".to_owned(), |exponent| format!("{exponent:.2}"));
            eprintln!("{}, {}, {}: {shown}", shape.name, subcommand.words, subcommand.input.word());
            if let Some(exponent) = exponent {
                measured.shapes += 1;
                if exponent > measured.largest.0 {
                    measured.largest = (exponent, shape.name);
                }
            }
        }
    }
    println!("| command | input | shapes | largest exponent |\n|---|---|---|---|");
    for Measured { subcommand, shapes, largest } in &commands {
        let (words, input) = (subcommand.words, subcommand.input.word());
        match shapes {
            0 => println!("| `{words}` | {input} | 0 | |"),
            _ => println!("| `{words}` | {input} | {shapes} | {:.2}, {} |", largest.0, largest.1),
        }
    }
    let worst = commands.iter().map(|measured| measured.largest.0).fold(0.0, f64::max);
    ensure!(worst <= options.most, "there are exponents of more than {}", options.most);
    Ok(())
}

/// The measurements of a subcommand.
struct Measured {
    subcommand: &'static Subcommand,
    /// The number of shapes over which the subcommand takes long enough.
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
    fn exponent(&self, subcommand: &Subcommand) -> Result<Option<f64>> {
        let mut size = SIZES.0;
        let mut first = self.time(subcommand, size)?;
        while first < ENOUGH {
            size *= 2;
            if size << DOUBLINGS > SIZES.1 {
                return Ok(None);
            }
            first = self.time(subcommand, size)?;
        }
        let last = self.time(subcommand, size << DOUBLINGS)?;
        let ratio = last.as_secs_f64() / first.as_secs_f64();
        Ok(Some(ratio.log2() / f64::from(DOUBLINGS)))
    }

    /// The exponent of a subcommand in counted instructions. The instructions for an input of one
    /// part are subtracted first.
    fn exponent_of_instructions(&self, subcommand: &Subcommand) -> Result<f64> {
        let count = |size: u32| -> Result<f64> {
            let mut command = Command::new("valgrind");
            command.args([
                "--tool=cachegrind",
                "--cache-sim=no",
                "--cachegrind-out-file=/dev/null",
            ]);
            let output = self.arguments(command.arg(self.command), subcommand, size)?.output()?;
            let report = String::from_utf8_lossy(&output.stderr);
            let refs = report.lines().rev().find_map(|line| line.split_once("refs:"));
            let (_, number) = refs.context("valgrind says nothing of instructions")?;
            Ok(number.trim().replace(',', "").parse()?)
        };
        let none = count(1)?;
        let small = count(COUNTED)?;
        let large = count(COUNTED << DOUBLINGS)?;
        Ok(((large - none) / (small - none).max(1.0)).log2() / f64::from(DOUBLINGS))
    }

    /// The mean time of runs over an input of this size.
    fn time(&self, subcommand: &Subcommand, size: u32) -> Result<Duration> {
        let (mut total, mut runs) = (Duration::ZERO, 0);
        while total < TOGETHER && (runs < 3 || total > ENOUGH) {
            total += self.timed_run(subcommand, size)?;
            runs += 1;
        }
        Ok(total / runs)
    }

    /// Adds the arguments of a subcommand, over an input of this size.
    fn arguments<'c>(
        &self,
        command: &'c mut Command,
        subcommand: &Subcommand,
        size: u32,
    ) -> Result<&'c mut Command> {
        for word in subcommand.words.split(' ') {
            match word {
                "FILE" => command.arg(self.input(size, subcommand.input)?),
                "HALF" => command.arg(self.input((size / 2).max(1), subcommand.input)?),
                "OUT" => command.arg(self.folder.join("out")),
                word => command.arg(word),
            };
        }
        command.args(subcommand.flags.words());
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()))
    }

    fn timed_run(&self, subcommand: &Subcommand, size: u32) -> Result<Duration> {
        let mut command = Command::new(self.command);
        self.arguments(&mut command, subcommand, size)?.stderr(Stdio::null());
        let (start, before) = (Instant::now(), time_of_children());
        let status = command.status()?;
        let words = subcommand.words;
        ensure!(status.code().is_some_and(|code| code < 100), "{words} ended with {status}");
        Ok(match (before, time_of_children()) {
            (Some(before), Some(after)) => after - before,
            _ => start.elapsed(),
        })
    }

    /// The file with the input of this size in a form, which is made once.
    fn input(&self, size: u32, form: Form) -> Result<PathBuf> {
        let Shape { name, kind, text } = self.shape;
        let mut stem = String::new();
        let _ = write!(stem, "{}-{size}", name.replace(' ', "-"));
        let source = self.folder.join(format!("{stem}.{}", kind.extension()));
        if !source.exists() {
            fs::write(&source, text(size))?;
        }
        if form.is_source() {
            return Ok(source);
        }
        let binary = self.folder.join(format!("{stem}.wasm"));
        if !binary.exists() {
            let mut make = Command::new(self.command);
            match kind {
                Kind::Interfaces => make.args(["component", "embed", "--dummy"]),
                _ => make.args(["parse", "--features", "all"]),
            };
            make.arg(&source).arg("-o").arg(&binary);
            ensure!(make.status()?.success(), "the shape {name} has no binary");
        }
        Ok(binary)
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
