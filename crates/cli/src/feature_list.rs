//! `--features help`: the features, each with its summary.

use std::io::{self, Write};

use serde::Serialize;
use wattle::{Feature, Features};

use crate::output::write_json;

#[derive(Serialize)]
struct Row {
    feature: String,
    summary: &'static str,
    /// The features that it implies.
    implies: Vec<String>,
    presets: Vec<&'static str>,
}

impl Row {
    fn new(feature: Feature) -> Row {
        let presets = Features::PRESETS.iter().filter(|(_, set)| set.contains(feature));
        Row {
            feature: feature.to_string(),
            summary: feature.summary(),
            implies: feature.implies().iter().map(|implied| implied.to_string()).collect(),
            presets: presets.map(|(name, _)| *name).collect(),
        }
    }
}

/// Writes the list.
pub(crate) fn write(out: &mut dyn Write, json: bool) -> io::Result<()> {
    let rows: Vec<_> = Feature::ALL.iter().map(|&feature| Row::new(feature)).collect();
    if json {
        return write_json(out, &rows);
    }
    writeln!(
        out,
        "--features takes a list of these features and presets, separated by commas, from left to\n\
         right; -NAME takes one away. An x marks the presets that have a feature.\n"
    )?;
    let width = rows.iter().map(|row| row.feature.len()).max().unwrap_or(0);
    let names = Features::PRESETS.map(|(name, _)| name);
    writeln!(out, "{:width$}  {}  what it is", "feature", names.join("  "))?;
    for Row { feature, summary, implies, presets } in rows {
        let marks = names.map(|name| {
            let mark = if presets.contains(&name) { "x" } else { "" };
            format!("{mark:^len$}", len = name.len())
        });
        write!(out, "{feature:width$}  {}  {summary}", marks.join("  "))?;
        match implies.is_empty() {
            true => writeln!(out)?,
            false => writeln!(out, " Implies {}.", implies.join(", "))?,
        }
    }
    Ok(())
}
