//! Documents of examples: each example is an input and its outputs, all of them fenced blocks of
//! Markdown. A test checks that the input gives these outputs.
//!
//! An input is a block whose language is not `text`; the blocks of `text` up to the next input are
//! its outputs, one for each tool. With `BLESS=1` in the environment, outputs that differ are
//! written instead.

use std::fs;

use crate::root;

/// An input of a document.
#[derive(Clone, Debug)]
pub struct Example {
    /// The last heading before it.
    pub title: String,
    /// The language of its block.
    pub language: String,
    /// The input.
    pub input: String,
}

/// A fenced block: its language, the heading before it, and the numbers of the line behind the
/// opening fence and of the closing fence.
struct Block {
    language: String,
    title: String,
    start: usize,
    end: usize,
}

impl Block {
    fn example(&self, lines: &[&str]) -> Example {
        let (title, language) = (self.title.clone(), self.language.clone());
        Example { title, language, input: lines[self.start..self.end].join("\n") }
    }
}

fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut title = String::new();
    let mut open: Option<(String, usize)> = None;
    for (number, line) in lines.iter().enumerate() {
        match (line.strip_prefix("```"), &open) {
            (Some(_), Some((language, start))) => {
                let (language, title) = (language.clone(), title.clone());
                blocks.push(Block { language, title, start: *start, end: number });
                open = None;
            }
            (Some(language), None) => open = Some((language.to_owned(), number + 1)),
            (None, None) if line.starts_with('#') => {
                title = line.trim_start_matches('#').trim().to_owned();
            }
            _ => {}
        }
    }
    blocks
}

/// The inputs of the document at a path from the root, each with its output number `nth`.
///
/// # Panics
/// When an output is missing, or the document cannot be read.
pub fn read(path: &str, nth: usize) -> Vec<(Example, String)> {
    let text = text_of(path);
    let lines: Vec<&str> = text.lines().collect();
    let blocks = blocks(&lines);
    let inputs = inputs(&blocks, nth).map(|(input, output)| {
        let output = output.unwrap_or_else(|| panic!("{}: no output {nth}", input.title));
        (input.example(&lines), lines[output.start..output.end].join("\n"))
    });
    inputs.collect()
}

fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The inputs, each with its output number `nth`.
fn inputs(blocks: &[Block], nth: usize) -> impl Iterator<Item = (&Block, Option<&Block>)> {
    let inputs = blocks.iter().enumerate().filter(|(_, block)| block.language != "text");
    inputs.map(move |(at, input)| {
        let mut outputs = blocks[at + 1..].iter().take_while(|block| block.language == "text");
        (input, outputs.nth(nth))
    })
}

/// Checks that the output number `nth` behind each input of the document at a path from the root
/// equals the result of `output` for it. Returns the inputs.
///
/// # Panics
/// When an output differs or is missing, or the document cannot be read.
pub fn check(path: &str, nth: usize, mut output: impl FnMut(&Example) -> String) -> Vec<Example> {
    let text = text_of(path);
    let lines: Vec<&str> = text.lines().collect();
    let blocks = blocks(&lines);
    let bless = std::env::var_os("BLESS").is_some();
    let (mut examples, mut wrong) = (Vec::new(), Vec::new());
    let (mut written, mut copied) = (String::new(), 0);
    let push = |written: &mut String, lines: &[&str]| {
        lines.iter().for_each(|line| written.extend([line, "\n"]));
    };
    for (input, block_of_output) in inputs(&blocks, nth) {
        let Some(block_of_output) = block_of_output else {
            wrong.push(format!("{}: there is no output number {nth}", input.title));
            continue;
        };
        let example = input.example(&lines);
        let expected = lines[block_of_output.start..block_of_output.end].join("\n");
        let found = output(&example);
        let found = found.trim_end();
        if found != expected.trim_end() {
            wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", example.title));
        }
        push(&mut written, &lines[copied..block_of_output.start]);
        push(&mut written, &found.lines().collect::<Vec<_>>());
        copied = block_of_output.end;
        examples.push(example);
    }
    push(&mut written, &lines[copied..]);
    if bless {
        fs::write(root().join(path), written).unwrap_or_else(|error| panic!("{path}: {error}"));
    } else if !wrong.is_empty() {
        let count = wrong.len();
        panic!("{count} examples of {path} differ; BLESS=1 writes them:\n{}", wrong.join("\n\n"));
    }
    examples
}
