//! Custom sections with a text form of their own, which other tools have defined: `@producers` and
//! `@dylink.0`.

use alloc::format;
use alloc::vec::Vec;

use wattle_ast::custom::{
    Dylink, DylinkMemory, DylinkSubsection, Producers, ProducersField, SymbolFlags,
};
use wattle_ast::{Custom, Encode, Name, SectionId};
use wattle_syntax::strings;

use crate::lines::Lines;
use crate::printer::Printer;

/// Writes a custom section without its closing parenthesis, if that text parses back to these bytes
/// at this place; otherwise writes nothing. Returns whether it was written. `last` is the last
/// section of the module that is not custom.
pub(crate) fn section(
    printer: &mut Printer<'_>,
    custom: &Custom<'_>,
    last: Option<SectionId>,
    bytes: &[u8],
    at: Option<usize>,
) -> bool {
    match &*custom.name {
        Producers::NAME if custom.after >= last => match producers_in(bytes) {
            Some(section) => {
                printer.field("@producers", at);
                producers(&mut printer.out, &printer.context.lines, 2, &section);
                printer.context.line(&mut printer.out, 1);
                true
            }
            None => false,
        },
        // Loaders expect this section before all others.
        Dylink::NAME if custom.after.is_none() => match Dylink::parse(bytes) {
            Ok(section) if section.to_bytes() == bytes && are_told_apart(&section) => {
                printer.field("@dylink.0", at);
                section.subsections.iter().for_each(|it| subsection(printer, it));
                printer.context.line(&mut printer.out, 1);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// Parses a section `producers`; `None` unless it has a text that parses back to these bytes.
pub(crate) fn producers_in(bytes: &[u8]) -> Option<Producers<'_>> {
    let section = Producers::parse(bytes).ok()?;
    (section.to_bytes() == bytes && has_text(&section.fields)).then_some(section)
}

/// Whether other tools can read all fields from text.
fn has_text(fields: &[ProducersField<'_>]) -> bool {
    let is_known = |name: &Name<'_>| matches!(&**name, "language" | "sdk" | "processed-by");
    fields.iter().enumerate().all(|(at, field)| {
        let is_new = fields.iter().take(at).all(|before| before.name != field.name);
        is_known(&field.name) && is_new && !field.values.is_empty()
    })
}

/// Writes the fields of a section `producers`, each on a line at this level.
pub(crate) fn producers(out: &mut Vec<u8>, lines: &Lines, level: usize, section: &Producers<'_>) {
    for field in &section.fields {
        for value in &field.values {
            lines.begin(out, level);
            out.push(b'(');
            out.extend_from_slice(field.name.as_bytes());
            names(out, [&value.name, &value.version]);
            out.push(b')');
        }
    }
}

/// Whether all subsections are known, and none of them would be read as a part of the one before.
fn are_told_apart(section: &Dylink<'_>) -> bool {
    use DylinkSubsection::{Exports, Imports, Unknown};
    let is_known = |it: &DylinkSubsection<'_>| match it {
        Exports(exports) => !exports.is_empty(),
        Imports(imports) => !imports.is_empty(),
        Unknown { .. } => false,
        _ => true,
    };
    let runs_on = |pair: &[DylinkSubsection<'_>]| {
        matches!(pair, [Exports(_), Exports(_)] | [Imports(_), Imports(_)])
    };
    section.subsections.iter().all(is_known) && !section.subsections.windows(2).any(runs_on)
}

fn subsection(printer: &mut Printer<'_>, subsection: &DylinkSubsection<'_>) {
    match subsection {
        DylinkSubsection::Memory(memory) => {
            let &DylinkMemory { memory_size, memory_align, table_size, table_align } = memory;
            form(printer, "mem-info");
            for (keyword, size, align) in
                [("memory", memory_size, memory_align), ("table", table_size, table_align)]
            {
                if size > 0 || align > 0 {
                    printer.str(&format!(" ({keyword} {size} {align})"));
                }
            }
            printer.str(")");
        }
        DylinkSubsection::Needed(libraries) => {
            form(printer, "needed");
            names(&mut printer.out, libraries);
            printer.str(")");
        }
        DylinkSubsection::RuntimePath(paths) => {
            form(printer, "runtime-path");
            names(&mut printer.out, paths);
            printer.str(")");
        }
        DylinkSubsection::TargetArch(arch) => {
            form(printer, "target-arch");
            names(&mut printer.out, [arch]);
            printer.str(")");
        }
        DylinkSubsection::Exports(exports) => {
            for export in exports {
                form(printer, "export-info");
                names(&mut printer.out, [&export.name]);
                flags(printer, export.flags);
            }
        }
        DylinkSubsection::Imports(imports) => {
            for import in imports {
                form(printer, "import-info");
                names(&mut printer.out, [&import.module, &import.name]);
                flags(printer, import.flags);
            }
        }
        DylinkSubsection::Unknown { .. } => {}
    }
}

/// Begins a form on a new line.
fn form(printer: &mut Printer<'_>, keyword: &str) {
    printer.context.line(&mut printer.out, 2);
    printer.open(keyword, None);
}

fn names<'n>(out: &mut Vec<u8>, names: impl IntoIterator<Item = &'n Name<'n>>) {
    for name in names {
        out.push(b' ');
        strings::write_name(out, name);
    }
}

/// Writes the keywords of the flags, a number for the bits without a keyword, and the closing
/// parenthesis.
fn flags(printer: &mut Printer<'_>, flags: SymbolFlags) {
    let mut rest = flags.0;
    for (flag, word) in SymbolFlags::WORDS {
        if flags.contains(*flag) {
            printer.str(" ");
            printer.str(word);
            rest &= !flag.0;
        }
    }
    if rest != 0 {
        printer.str(&format!(" {rest:#x}"));
    }
    printer.str(")");
}
