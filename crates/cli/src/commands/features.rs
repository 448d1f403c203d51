//! `wattle features`: the features that a module or component uses.

use std::io::Write;

use clap::Args;
use serde::Serialize;
use wattle::ast::LineIndex;
use wattle::validator::components::features_used_of;

use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, write_json};

/// Lists the features that a module or component uses, each with the first place that uses it. The
/// features of WebAssembly 1.0 are not listed.
#[derive(Args)]
pub(crate) struct ListFeatures {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Row {
    feature: String,
    /// The item and the instruction.
    path: String,
    /// Line and column in a text, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl ListFeatures {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        let features = self.input.features_to_show();
        let (wasm, map, errors) = if source.is_binary() {
            let readable = source.readable(features, true)?;
            (readable.wasm, None, readable.errors)
        } else {
            let (wasm, map) = source.wasm_and_map(features)?;
            (wasm, map, Vec::new())
        };
        let text = map.map(|map| (map, LineIndex::new(&source.bytes)));
        let rows = features_used_of(&wasm).into_iter().map(|(feature, path)| {
            let start =
                text.as_ref().and_then(|(map, lines)| Some(map.span(&path)?.line_column(lines)));
            Row {
                feature: feature.to_string(),
                path: match path.is_empty() {
                    true => "the component itself".to_owned(),
                    false => path.to_string(),
                },
                line: start.map(|start| start.line),
                column: start.map(|start| start.column),
            }
        });
        let rows: Vec<Row> = rows.collect();
        if rows.is_empty() && errors.is_empty() && !json {
            // Standard output has a line for each feature and nothing else.
            let _ = writeln!(std::io::stderr(), "{} uses WebAssembly 1.0 alone", source.name);
        }
        let errors = self.output.show(|out| {
            if json {
                write_json(out, &rows)?;
                return Ok(errors);
            }
            let width = rows.iter().map(|row| row.feature.len()).max().unwrap_or(0);
            for Row { feature, path, line, column } in &rows {
                write!(out, "{feature:width$}  {path}")?;
                if let (Some(line), Some(column)) = (line, column) {
                    write!(out, ", line {line}, column {column}")?;
                }
                writeln!(out)?;
            }
            Ok(errors)
        })?;
        source.all_shown(errors)
    }
}
