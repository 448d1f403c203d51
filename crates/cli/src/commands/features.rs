//! `wattle features`: which proposals a module makes use of.

use std::io::Write;

use clap::Args;
use serde::Serialize;
use wattle::ast::Path;
use wattle::validator::features_used;

use crate::input::Input;
use crate::output::Output;
use crate::report::{Failure, Lines};

/// Lists the features that a module makes use of, each with the first place that does. What is in
/// the first version of WebAssembly goes without saying.
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
    /// The way through the module.
    path: String,
    /// In a text: line and column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl ListFeatures {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        let features = self.input.features();
        let rows: Vec<Row> = if source.is_binary() {
            let used = features_used(&source.module(features)?);
            used.iter().map(|(feature, path)| row(feature.name(), path, None)).collect()
        } else {
            let text = source.text()?;
            let parser = wattle::wat::Parser::new().features(features).source_map(true);
            let parsed = parser.module(text).map_err(|errors| source.malformed_text(errors))?;
            let map = parsed.source_map.unwrap_or_default();
            let mut lines = Lines::new(text);
            let mut place = |path| {
                let (line, column, _) = lines.locate(map.span(path)?.start);
                Some((line, column))
            };
            let used = features_used(&parsed.module);
            used.iter().map(|(feature, path)| row(feature.name(), path, place(path))).collect()
        };
        if rows.is_empty() && !json {
            // Not on standard output: that has a line a feature.
            let _ = writeln!(std::io::stderr(), "{} uses WebAssembly 1.0 alone", source.name);
        }
        self.output.write(|out| {
            if json {
                serde_json::to_writer_pretty(&mut *out, &rows)?;
                return writeln!(out);
            }
            let width = rows.iter().map(|row| row.feature.len()).max().unwrap_or(0);
            for Row { feature, path, line, column } in &rows {
                write!(out, "{feature:width$}  {path}")?;
                if let (Some(line), Some(column)) = (line, column) {
                    write!(out, ", line {line}, column {column}")?;
                }
                writeln!(out)?;
            }
            Ok(())
        })
    }
}

fn row(feature: &str, path: &Path, place: Option<(usize, usize)>) -> Row {
    let (line, column) = place.unzip();
    Row { feature: feature.replace('_', "-"), path: path.to_string(), line, column }
}
