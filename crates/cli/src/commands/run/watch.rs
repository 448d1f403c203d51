//! `--trace` and `--coverage`: the instructions that were executed.

use std::collections::HashMap;
use std::io::{self, BufWriter, Stderr, Write};

use wattle::ast::{ExternKind, Opcode, Shown};
use wattle::printer::{Line, Lister};
use wattle::runtime::{Module, Observer, Step};

use crate::names::NameStyle;
use crate::output::json_line;

/// An observer that writes or counts every instruction before it is executed.
pub(super) struct Watch {
    module: Module,
    style: NameStyle,
    /// The names of the functions that were traced so far, as they are shown.
    names: HashMap<u32, String>,
    imported: u32,
    trace: Option<BufWriter<Stderr>>,
    /// The text of the functions that were traced so far.
    listings: HashMap<u32, Vec<Line>>,
    /// The number of executions of each instruction, by function and offset.
    counts: Option<Vec<Vec<u64>>>,
    /// The ways that each conditional branch went, by function and offset: whether it was ever not
    /// taken, and whether it was ever taken.
    branches: HashMap<(u32, u32), [bool; 2]>,
    /// The function and the offset of the conditional branch that was just executed, and the offset
    /// of the instruction behind it.
    last_branch: Option<(u32, u32, u32)>,
}

fn is_conditional(opcode: Opcode) -> bool {
    use Opcode::{BrIf, BrOnCast, BrOnCastFail, BrOnNonNull, BrOnNull, If};
    matches!(opcode, If | BrIf | BrOnNull | BrOnNonNull | BrOnCast | BrOnCastFail)
}

impl Watch {
    pub(super) fn new(module: &Module, style: NameStyle, trace: bool, coverage: bool) -> Watch {
        Watch {
            module: module.clone(),
            style,
            names: HashMap::new(),
            imported: module.ast().imported(ExternKind::Func),
            trace: trace.then(|| BufWriter::with_capacity(1 << 16, io::stderr())),
            listings: HashMap::new(),
            counts: coverage.then(|| vec![Vec::new(); module.ast().funcs.len()]),
            branches: HashMap::new(),
            last_branch: None,
        }
    }

    /// Returns the index and the name of a defined function, for messages.
    fn name(&self, func: u32) -> String {
        let index = self.imported + func;
        match self.module.ast().names.funcs.get(index.into()) {
            Some(name) => format!("func {index} `${}`", Shown(self.style.of(name))),
            None => format!("func {index}"),
        }
    }

    fn show(&mut self, step: Step) -> io::Result<()> {
        let module = self.module.ast();
        let lines = self.listings.entry(step.func).or_insert_with(|| {
            let func = module.funcs.get(step.func.into());
            func.map_or(Vec::new(), |func| Lister::new(module).expr(func.body.code()).lines)
        });
        let at = lines.binary_search_by_key(&(step.offset as usize), |line| line.offset);
        let text = match at {
            Ok(at) => lines[at].text.clone(),
            Err(_) => step.opcode.to_string(),
        };
        if !self.names.contains_key(&step.func) {
            self.names.insert(step.func, self.name(step.func));
        }
        let func = self.names.get(&step.func).map_or("", |name| name);
        match &mut self.trace {
            Some(out) => writeln!(out, "{func} + {:#x}: {text}", step.offset),
            None => Ok(()),
        }
    }

    /// Counts the instruction, and notes which way the branch before it went.
    fn count(&mut self, step: Step) {
        let Some(counts) = &mut self.counts else { return };
        let Some(func) = self.module.ast().funcs.get(step.func.into()) else { return };
        let counts = &mut counts[step.func as usize];
        if counts.is_empty() {
            counts.resize(func.body.code().len(), 0);
        }
        if let Some(count) = counts.get_mut(step.offset as usize) {
            *count += 1;
        }
        if let Some((func, branch, next)) = self.last_branch.take() {
            let taken = (step.func, step.offset) != (func, next);
            self.branches.entry((func, branch)).or_default()[usize::from(taken)] = true;
        }
        if is_conditional(step.opcode) {
            let code = func.body.code().get(step.offset as usize..).unwrap_or_default();
            let mut instrs = wattle::ast::Instrs::new(code);
            instrs.next();
            let next = step.offset.saturating_add(instrs.next_offset() as u32);
            self.last_branch = Some((step.func, step.offset, next));
        }
    }

    /// Writes the rest of the trace, and the table of coverage.
    pub(super) fn finish(&mut self, json: bool) -> io::Result<()> {
        if let Some(trace) = &mut self.trace {
            trace.flush()?;
        }
        let Some(counts) = &self.counts else { return Ok(()) };
        let mut rows = Vec::new();
        let mut sum = Row::default();
        for (func, counts) in (0..).zip(counts) {
            let row = self.row(func, counts);
            sum.add(&row);
            rows.push(row);
        }
        let mut err = BufWriter::new(io::stderr().lock());
        if json {
            let rows: Vec<_> = rows.iter().map(Row::json).collect();
            writeln!(err, "{}", json_line(&serde_json::json!({ "coverage": rows })))?;
            return err.flush();
        }
        sum.name = "all".to_owned();
        rows.push(sum);
        let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).min(60);
        writeln!(
            err,
            "{:width$} {:>21} {:>7} {:>18}",
            "function", "instructions", "", "branches both ways"
        )?;
        for row in rows {
            let share = match row.total {
                0 => String::new(),
                total => format!("{:.1} %", 100.0 * row.executed as f64 / total as f64),
            };
            let instructions = format!("{} of {}", row.executed, row.total);
            let branches = match row.branches {
                0 => "-".to_owned(),
                branches => format!("{} of {branches}", row.both_ways),
            };
            let func = &row.name;
            writeln!(err, "{func:width$} {instructions:>21} {share:>7} {branches:>18}")?;
        }
        err.flush()
    }

    fn row(&self, func: u32, counts: &[u64]) -> Row {
        let mut row = Row { name: self.name(func), ..Row::default() };
        let Some(body) = self.module.ast().funcs.get(func.into()).map(|func| &func.body) else {
            return row;
        };
        for (offset, instr) in body.instrs().with_offsets().flatten() {
            let opcode = instr.opcode();
            // `end` and `else` delimit blocks and are not executed.
            if matches!(opcode, Opcode::End | Opcode::Else) {
                continue;
            }
            row.total += 1;
            row.executed += usize::from(counts.get(offset).is_some_and(|count| *count > 0));
            if is_conditional(opcode) {
                row.branches += 1;
                let ways = self.branches.get(&(func, offset as u32));
                row.both_ways += usize::from(ways == Some(&[true, true]));
            }
        }
        row
    }
}

/// The coverage of a function, or of all functions.
#[derive(Default)]
struct Row {
    name: String,
    executed: usize,
    total: usize,
    both_ways: usize,
    branches: usize,
}

impl Row {
    fn add(&mut self, other: &Row) {
        self.executed += other.executed;
        self.total += other.total;
        self.both_ways += other.both_ways;
        self.branches += other.branches;
    }

    fn json(&self) -> serde_json::Value {
        let Row { name, executed, total, both_ways, branches } = self;
        serde_json::json!({
            "function": name, "executed": executed, "instructions": total,
            "both_ways": both_ways, "branches": branches,
        })
    }
}

impl Observer for Watch {
    fn step(&mut self, step: Step) {
        if self.trace.is_some() && self.show(step).is_err() {
            // Standard error is closed, so the trace ends.
            self.trace = None;
        }
        self.count(step);
    }
}
