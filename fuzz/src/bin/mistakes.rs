//! Writes `docs/mistakes-compared.md`: the messages of `docs/mistakes.md` beside those of wasm-tools and
//! of WABT for the same inputs.
//!
//! ```text
//! cargo run -p wattle-fuzz --features peers --bin mistakes
//! ```
//!
//! The messages of wasm-tools come from its crates, which this package pins. WABT's `wat2wasm` must be
//! in the path.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use wattle_tests::examples;

const PAGE: &str = "docs/mistakes-compared.md";

fn main() {
    let folder = tempfile::tempdir().expect("a folder for the inputs");
    let file = folder.path().join("m.wat");
    let version = Command::new("wat2wasm").arg("--version").output().expect("wat2wasm");
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let mut page = format!(
        "# Mistakes: three tools beside each other\n\n\
         The inputs of [mistakes.md](mistakes.md), and the first message of each tool: `wattle validate`, \
         `wasm-tools validate` 1.263.0 and `wat2wasm --enable-all` {version}. Pictures of the source are \
         left out; line and column stand in front. Written by `cargo run -p wattle-fuzz --features peers \
         --bin mistakes`.\n\n\
         | mistake | Wattle | wasm-tools | WABT |\n|---|---|---|---|\n"
    );
    for (example, ours) in examples::read("docs/mistakes.md", 0) {
        std::fs::write(&file, &example.input).expect("the folder can be written");
        let cells = [ours_in_short(&ours), wasm_tools(&file), wabt(&file)];
        let [ours, tools, wabt] = cells.map(|cell| cell.replace('|', "\\|").replace('\n', "<br>"));
        let title = example.title.replace('|', "\\|");
        writeln!(page, "| {title} | {ours} | {tools} | {wabt} |").expect("a string takes all");
    }
    let path = wattle_tests::root().join(PAGE);
    std::fs::write(&path, page).unwrap_or_else(|error| panic!("{PAGE}: {error}"));
}

/// A message in a code span of Markdown, which must not hold line ends or backticks.
fn code(message: &str) -> String {
    let message = message.replace('`', "'");
    format!("`{}`", message.trim())
}

/// The place, the first message and its help.
fn ours_in_short(report: &str) -> String {
    let first = report.split("\n\n").next().unwrap_or_default();
    let place = |line: &str| line.trim().strip_prefix("--> m.wat:").map(str::to_owned);
    let place = first.lines().find_map(place).unwrap_or_default();
    let message = first.lines().next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let mut cell = code(&format!("{place} {message}"));
    for line in first.lines().filter_map(|line| line.trim().strip_prefix("= ")) {
        write!(cell, "\n{}", code(line)).expect("a string takes all");
    }
    cell
}

/// The message of `wasm-tools validate`: the error of its text parser, else of its validator.
fn wasm_tools(file: &Path) -> String {
    let wasm = match wat::parse_file(file) {
        Ok(wasm) => wasm,
        Err(error) => {
            let error = error.to_string();
            let place = error.lines().find_map(|line| line.split_once("m.wat:"));
            let place = place.map_or("", |(_, place)| place);
            return code(&format!("{place} {}", error.lines().next().unwrap_or_default()));
        }
    };
    match wasmparser::Validator::new().validate_all(&wasm) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => code(&error.to_string()),
    }
}

/// The message of `wat2wasm`.
fn wabt(file: &Path) -> String {
    let output = file.with_extension("wasm");
    let mut command = Command::new("wat2wasm");
    let ran = command.arg("--enable-all").arg("-o").arg(output).arg(file).output();
    let ran = ran.expect("wat2wasm");
    if ran.status.success() {
        return "accepted".to_owned();
    }
    let error = String::from_utf8_lossy(&ran.stderr);
    let Some((place, message)) = error.lines().next().and_then(|line| line.split_once(": error: "))
    else {
        return code(error.lines().next().unwrap_or_default());
    };
    let place = place.split_once("m.wat:").map_or("", |(_, place)| place);
    code(&format!("{place} {message}"))
}
