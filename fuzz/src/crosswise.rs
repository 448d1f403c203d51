//! Text across tools: `wat` reads the text of our printer, and our parser reads the text of
//! `wasmprinter`. The modules are the same.

use wattle::ast::custom::PointsAt;
use wattle::ast::{Custom, DataMode, ElemMode, Features, Module, SectionId};
use wattle::{encoder, parser, printer, wat};

/// Checks that our text for a binary means the same module to `wat`, and that the text of
/// wasmprinter means the same module to our parser.
///
/// # Errors
/// The part of the module that differs, or the message of a reader or printer that fails.
pub fn check(wasm: &[u8]) -> Result<(), String> {
    let module = read(wasm)?;
    let ours = printer::print(&module);
    let theirs = ::wat::parse_str(&ours).map_err(|error| format!("wat: {error}"))?;
    same(&module, &read(&theirs)?).map_err(|part| format!("wat reads other {part}"))?;

    let theirs = wasmprinter::print_bytes(wasm).map_err(|error| format!("wasmprinter: {error}"))?;
    let parsed = wat::Parser::new().features(Features::ALL).module(&theirs);
    let parsed = parsed.map_err(|errors| format!("our parser: {errors}"))?;
    if let Some(warning) = parsed.warnings.first() {
        return Err(format!("our parser: {warning}"));
    }
    same(&module, &read(&encoder::encode(&parsed.module))?)
        .map_err(|part| format!("our parser reads other {part}"))
}

/// A module in its canonical form.
fn read(wasm: &[u8]) -> Result<Module<'static>, String> {
    let read = |wasm: &[u8]| {
        let parser = parser::Parser::new().features(Features::ALL);
        parser.module(wasm).map(Module::into_owned).map_err(|error| error.to_string())
    };
    let module = read(wasm)?;
    let mut module = read(&encoder::encode_canonical(&module))?;
    // Other tools do not preserve whether the index of the first memory or table was written.
    for elem in &mut module.elems {
        if let ElemMode::Active { table, .. } = &mut elem.mode {
            *table = table.filter(|table| table.0 > 0);
        }
    }
    for data in &mut module.datas {
        if let DataMode::Active { memory, .. } = &mut data.mode {
            *memory = memory.filter(|memory| memory.0 > 0);
        }
    }
    Ok(module)
}

/// Compares modules except for the parts that the tools do not write: the place of the name
/// section, and names that only this project knows.
fn same(first: &Module<'_>, second: &Module<'_>) -> Result<(), &'static str> {
    let customs = |module: &Module<'_>| -> Vec<Custom<'static>> {
        let customs = module.customs.iter().filter(|custom| {
            // Sections that point into code are left out where the code moves.
            custom.data.bytes().is_some() && PointsAt::of(&custom.name).is_none()
        });
        let mut customs: Vec<_> = customs.cloned().map(Custom::into_owned).collect();
        for custom in &mut customs {
            // Placements cannot name the data count section, and text has one only where code
            // needs it.
            if custom.after == Some(SectionId::DataCount) {
                let before =
                    |id: &&SectionId| **id < SectionId::DataCount && module.has_section(**id);
                custom.after = SectionId::ALL.iter().rev().find(before).copied();
            }
        }
        customs.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        customs
    };
    let parts = [
        (first.types == second.types, "types"),
        (first.imports == second.imports, "imports"),
        (first.funcs == second.funcs, "functions"),
        (first.tables == second.tables, "tables"),
        (first.memories == second.memories, "memories"),
        (first.tags == second.tags, "tags"),
        (first.globals == second.globals, "globals"),
        (first.exports == second.exports, "exports"),
        (first.start == second.start, "start function"),
        (first.elems == second.elems, "element segments"),
        (first.datas == second.datas, "data segments"),
        (customs(first) == customs(second), "custom sections"),
        (first.names.module == second.names.module, "name of the module"),
        (first.names.funcs == second.names.funcs, "names of functions"),
        (first.names.types == second.names.types, "names of types"),
        (first.names.globals == second.names.globals, "names of globals"),
    ];
    match parts.iter().find(|(is_same, _)| !is_same) {
        Some((_, part)) => Err(part),
        None => Ok(()),
    }
}
