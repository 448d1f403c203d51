//! Source lines of places in code, as messages and listings show them.

use wattle::ast::Shown;
use wattle::inspect::places::{Place, SourceLine};

use crate::names::NameStyle;

/// A line of a file as `file:line:column`.
pub(crate) fn shown_line(line: &SourceLine) -> String {
    let mut shown = Shown(line.file.as_deref().unwrap_or("an unknown file")).to_string();
    for number in [line.line, line.column].into_iter().map_while(|number| number) {
        shown += &format!(":{number}");
    }
    shown
}

/// The source lines of a place in one sentence; `None` if they are not known.
pub(crate) fn shown_place(place: &Place, names: NameStyle) -> Option<String> {
    let mut lines = place.lines.iter();
    let mut shown = shown_line(lines.next()?);
    for line in lines {
        let func = line.func.as_deref().map(|name| names.of(name));
        let func = func.as_deref().unwrap_or("a function");
        shown += &format!(", inlined into {} at {}", Shown(func), shown_line(line));
    }
    Some(shown)
}
