//! DWARF for a module that was read from text: the line of each instruction, and the functions with
//! their locals.

use std::fmt;

use gimli::write::{
    Address, AttributeValue, DwarfUnit, EndianVec, Expression, FileId, LineProgram, LineString,
    Sections, UnitEntryId,
};
use gimli::{DwTag, Encoding, Format, LineEncoding, LittleEndian};
use wattle_ast::components::{Counts, Definition};
use wattle_ast::{
    Custom, CustomData, DefIdx, ExternKind, Features, FuncIdx, ItemKind, LineIndex, LocalIdx,
    Module, Outer, ScopeMap, SectionId, SourceMap, Span, ValType, Wasm,
};

use crate::funcs::{FuncPlace, places};

/// The text that a module or component was read from.
#[derive(Clone, Copy, Debug)]
pub struct TextSource<'t> {
    /// The name of the file.
    pub file: &'t str,
    /// The lines of the text.
    pub lines: &'t LineIndex,
    /// The places of the parts of the module in the text.
    pub map: &'t SourceMap,
}

/// The amount of DWARF to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DwarfStyle {
    /// Functions, and the lines of instructions.
    #[default]
    Lines,
    /// Functions, the lines of instructions, and the parameters and locals that are numbers.
    Full,
}

/// The reason why DWARF cannot be written for a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CannotWrite(String);

impl fmt::Display for CannotWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write DWARF: {}", self.0)
    }
}

impl std::error::Error for CannotWrite {}

/// Adds custom sections with DWARF to the modules of `wasm` that define functions. `binary` is the
/// encoding of `wasm`; the sections that are added leave the code section as it is there.
///
/// # Errors
/// The module or its text is too large for DWARF.
///
/// ```
/// use wattle_ast::{LineIndex, Wasm};
/// use wattle_inspect::dwarf::{DebugInfo, DwarfStyle, TextSource, add};
///
/// let text = "(module\n  (func $f\n    nop))";
/// let parsed = wattle_wat::Parser::new().source_map(true).module(text).unwrap();
/// let (map, lines) = (parsed.source_map.unwrap(), LineIndex::new(text));
/// let mut wasm = Wasm::from(parsed.module);
/// let binary = wattle_encoder::encode_wasm(&wasm);
/// let source = TextSource { file: "a.wat", lines: &lines, map: &map };
/// add(&mut wasm, &binary, source, DwarfStyle::Lines)?;
///
/// let binary = wattle_encoder::encode_wasm(&wasm);
/// let frames = DebugInfo::new(&binary).frames(23)?;
/// assert_eq!(frames[0].function.as_deref(), Some("f"));
/// assert!(frames[0].to_string().ends_with("a.wat:3:5"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add(
    wasm: &mut Wasm<'_>,
    binary: &[u8],
    source: TextSource<'_>,
    style: DwarfStyle,
) -> Result<(), CannotWrite> {
    let (places, _) = places(binary, Features::ALL);
    let maps = maps_of_modules(wasm, source.map);
    for (number, (module, map)) in wasm.modules_mut().zip(maps).enumerate() {
        let from = places.partition_point(|place| place.module < number);
        let to = places.partition_point(|place| place.module <= number);
        let (Some(map), places @ [_, ..]) = (map, &places[from..to]) else { continue };
        let writer = Writer::new(module, map, source, places);
        let sections = writer.sections(style).map_err(|error| CannotWrite(error.to_string()))?;
        // The sections go behind all others, so that they move no other section.
        let last = SectionId::ALL.last().copied();
        module.customs.extend(sections.into_iter().map(|(name, bytes)| Custom {
            name: name.into(),
            data: CustomData::Bytes(bytes.into()),
            after: last,
        }));
    }
    Ok(())
}

/// Returns the maps of the core modules, in order.
fn maps_of_modules<'m>(wasm: &Wasm<'_>, map: &'m SourceMap) -> Vec<Option<ScopeMap<'m>>> {
    let Wasm::Component(component) = wasm else { return vec![Some(map.outermost())] };
    let mut maps = Vec::new();
    let mut open = vec![(Some(map.outermost()), Counts::default())];
    for definition in &component.definitions {
        if let Definition::End = definition {
            open.pop();
            continue;
        }
        let Some((map, counts)) = open.last_mut() else { break };
        let index = counts.add(definition);
        let outer = index.and_then(|index| Outer::of(index.sort(), index.number()));
        let inner = map.zip(outer).and_then(|(map, outer)| map.inner(outer));
        match definition {
            Definition::CoreModule(_) => maps.push(inner),
            _ if definition.opens().is_some() => open.push((inner, Counts::default())),
            _ => {}
        }
    }
    maps
}

/// The largest number of locals of a function that get entries, which is the limit of browsers.
const MAX_LOCALS: u32 = 50_000;

/// The DWARF of a module, as far as it is written.
struct Writer<'w> {
    module: &'w Module<'w>,
    map: ScopeMap<'w>,
    lines: &'w LineIndex,
    places: &'w [FuncPlace],
    dwarf: DwarfUnit,
    file: FileId,
    /// The number types of the locals so far, with their entries.
    types: Vec<(ValType, UnitEntryId)>,
}

/// Returns a string of DWARF, which ends at the first zero byte.
fn string(text: &str) -> Vec<u8> {
    text.replace('\0', "\u{fffd}").into_bytes()
}

impl<'w> Writer<'w> {
    fn new(
        module: &'w Module<'w>,
        map: ScopeMap<'w>,
        source: TextSource<'w>,
        places: &'w [FuncPlace],
    ) -> Writer<'w> {
        let encoding = Encoding { address_size: 4, format: Format::Dwarf32, version: 5 };
        let mut dwarf = DwarfUnit::new(encoding);
        let (folder, name) = match source.file.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some((folder, name)) => (folder, name),
            None => (".", source.file),
        };
        let folder = dwarf.strings.add(string(folder));
        let name = dwarf.strings.add(string(name));
        let (folder_line, name_line) = (LineString::StringRef(folder), LineString::StringRef(name));
        let mut program = LineProgram::new(
            encoding,
            LineEncoding::default(),
            folder_line,
            None,
            name_line.clone(),
            None,
        );
        let directory = program.default_directory();
        let file = program.add_file(name_line, directory, None);
        dwarf.unit.line_program = program;
        let root = dwarf.unit.get_mut(dwarf.unit.root());
        let producer = concat!("wattle ", env!("CARGO_PKG_VERSION"));
        root.set(gimli::DW_AT_producer, AttributeValue::String(producer.into()));
        // DWARF has no number for WebAssembly as a language; its numeric types are like those of C.
        root.set(gimli::DW_AT_language, AttributeValue::Language(gimli::DW_LANG_C));
        root.set(gimli::DW_AT_name, AttributeValue::StringRef(name));
        root.set(gimli::DW_AT_comp_dir, AttributeValue::StringRef(folder));
        Writer { module, map, lines: source.lines, places, dwarf, file, types: Vec::new() }
    }

    /// Writes the sections, each with its name.
    fn sections(
        mut self,
        style: DwarfStyle,
    ) -> Result<Vec<(&'static str, Vec<u8>)>, gimli::write::Error> {
        let (Some(first), Some(last)) = (self.places.first(), self.places.last()) else {
            return Ok(Vec::new());
        };
        // The count of functions stands before the first of them.
        let count = wattle_ast::leb128::len_u32(self.places.len() as u32);
        let start = first.entry.start.saturating_sub(count);
        let end = last.entry.end;
        let imported = self.module.imported(ExternKind::Func);
        for place in self.places {
            let sub = self.func(place, start);
            if style == DwarfStyle::Full {
                self.locals(sub, FuncIdx(place.index), imported);
            }
        }
        let root = self.dwarf.unit.get_mut(self.dwarf.unit.root());
        root.set(gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
        root.set(gimli::DW_AT_high_pc, AttributeValue::Udata((end - start) as u64));
        let mut sections = Sections::new(EndianVec::new(LittleEndian));
        self.dwarf.write(&mut sections)?;
        let mut written = Vec::new();
        sections.for_each(|id, bytes| {
            if !bytes.slice().is_empty() {
                written.push((id.name(), bytes.slice().to_vec()));
            }
            Ok::<_, gimli::write::Error>(())
        })?;
        Ok(written)
    }

    /// Returns the line and the column of a place.
    fn line_column(&self, span: Span) -> (u64, u64) {
        let place = span.line_column(self.lines);
        (place.line as u64, place.column as u64)
    }

    /// Writes the lines of a function and an entry for it. `start` is the offset of the content of
    /// the code section.
    fn func(&mut self, place: &FuncPlace, start: usize) -> UnitEntryId {
        let low = Address::Constant((place.body - start) as u64);
        let len = (place.entry.end - place.body) as u64;
        let whole = self.map.item(ItemKind::Func, place.index);
        let (line, column) = whole.map_or((0, 0), |span| self.line_column(span));
        self.dwarf.unit.line_program.begin_sequence(Some(low));
        // The bytes before the first instruction are the locals.
        self.row(0, (line, column), false);
        let locals = (place.code - place.body) as u64;
        let mut is_first = true;
        let map = self.map;
        for (offset, span) in map.instrs(ItemKind::Func, place.index) {
            let at = self.line_column(span);
            self.row(locals + u64::from(offset), at, is_first);
            is_first = false;
        }
        self.dwarf.unit.line_program.end_sequence(len);

        let name = self.module.names.funcs.get(FuncIdx(place.index));
        let name = match name {
            Some(name) => string(name),
            // The name that engines show.
            None => format!("wasm-function[{}]", place.index).into_bytes(),
        };
        let root = self.dwarf.unit.root();
        let entry = self.dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        let func = self.dwarf.unit.get_mut(entry);
        func.set(gimli::DW_AT_name, AttributeValue::String(name));
        func.set(gimli::DW_AT_decl_file, AttributeValue::FileIndex(Some(self.file)));
        func.set(gimli::DW_AT_decl_line, AttributeValue::Udata(line));
        func.set(gimli::DW_AT_decl_column, AttributeValue::Udata(column));
        func.set(gimli::DW_AT_external, AttributeValue::FlagPresent);
        func.set(gimli::DW_AT_low_pc, AttributeValue::Address(low));
        func.set(gimli::DW_AT_high_pc, AttributeValue::Udata(len));
        entry
    }

    /// Writes the line from an offset on, which counts from the first byte of the function.
    fn row(&mut self, offset: u64, (line, column): (u64, u64), is_behind_prologue: bool) {
        let program = &mut self.dwarf.unit.line_program;
        let row = program.row();
        row.address_offset = offset;
        (row.line, row.column, row.file) = (line, column, self.file);
        row.is_statement = true;
        row.prologue_end = is_behind_prologue;
        program.generate_row();
    }

    /// Writes entries for the parameters and locals of a function that are numbers.
    fn locals(&mut self, func: UnitEntryId, index: FuncIdx, imported: u32) {
        let defined = index.0.checked_sub(imported).map(DefIdx::from);
        let Some(defined) = defined.and_then(|index| self.module.funcs.get(index)) else { return };
        let params = self.module.func_type(defined.ty).map(|ty| ty.params()).unwrap_or_default();
        for (local, ty) in (0..).zip(params) {
            self.local(func, index, LocalIdx(local), *ty, gimli::DW_TAG_formal_parameter);
        }
        let locals = defined.body.locals().flat_map(|run| (0..run.count).map(move |_| run.ty));
        for (local, ty) in (params.len() as u32..MAX_LOCALS).zip(locals) {
            self.local(func, index, LocalIdx(local), ty, gimli::DW_TAG_variable);
        }
    }

    /// Writes the entry of a local, if it is a number.
    fn local(
        &mut self,
        func: UnitEntryId,
        index: FuncIdx,
        local: LocalIdx,
        ty: ValType,
        tag: DwTag,
    ) {
        let Some(ty) = self.number_type(ty) else { return };
        let name = self.module.names.locals.get(index).and_then(|names| names.get(local));
        let name = match name {
            Some(name) => string(name),
            None => format!("local{local}").into_bytes(),
        };
        let mut place = Expression::new();
        place.op_wasm_local(local.0);
        place.op(gimli::DW_OP_stack_value);
        let entry = self.dwarf.unit.add(func, tag);
        let entry = self.dwarf.unit.get_mut(entry);
        entry.set(gimli::DW_AT_name, AttributeValue::String(name));
        entry.set(gimli::DW_AT_location, AttributeValue::Exprloc(place));
        entry.set(gimli::DW_AT_type, AttributeValue::UnitRef(ty));
    }

    /// Returns the entry of a type, which is written when the type is first used. Only numbers have
    /// one.
    fn number_type(&mut self, ty: ValType) -> Option<UnitEntryId> {
        let (size, encoding) = match ty {
            ValType::I32 => (4, gimli::DW_ATE_signed),
            ValType::I64 => (8, gimli::DW_ATE_signed),
            ValType::F32 => (4, gimli::DW_ATE_float),
            ValType::F64 => (8, gimli::DW_ATE_float),
            _ => return None,
        };
        if let Some((_, entry)) = self.types.iter().find(|(known, _)| *known == ty) {
            return Some(*entry);
        }
        let id = self.dwarf.unit.add(self.dwarf.unit.root(), gimli::DW_TAG_base_type);
        let entry = self.dwarf.unit.get_mut(id);
        entry.set(gimli::DW_AT_name, AttributeValue::String(ty.to_string().into_bytes()));
        entry.set(gimli::DW_AT_byte_size, AttributeValue::Data1(size));
        entry.set(gimli::DW_AT_encoding, AttributeValue::Encoding(encoding));
        self.types.push((ty, id));
        Some(id)
    }
}
