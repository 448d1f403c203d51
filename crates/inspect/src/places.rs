//! Places in the code of a file: the function at an offset, and with DWARF the source line.
//!
//! Spec: <https://yurydelendik.github.io/webassembly-dwarf/>, <https://dwarfstd.org>

use std::collections::HashMap;
use std::ops::Range;

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, Error, LittleEndian, SectionId as SectionName};
use wattle_ast::components::{Layer, Part};
use wattle_ast::{Features, Item, ItemKind, Names, Reader, SectionId};
use wattle_parser::components::Parser;

/// The functions of a file by offset, and its source lines.
///
/// ```
/// use wattle_inspect::places::Places;
///
/// // A module with one function, whose one instruction is at offset 0x17.
/// let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
/// let places = Places::of(wasm, Default::default());
/// let place = places.at(0x17).unwrap();
/// assert_eq!((place.func, place.offset, place.lines.len()), (0, 0, 0));
/// assert_eq!(places.instr(0, 0, 0), Some(0x17));
/// assert!(!places.has_lines());
/// ```
pub struct Places<'a> {
    modules: Vec<Module<'a>>,
}

/// A place in the code of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The index of the function.
    pub func: u32,
    /// The name of the function in the name section.
    pub name: Option<String>,
    /// The offset in the code of the function, from its first instruction. Locals count as that.
    pub offset: usize,
    /// The offset in the content of the code section, which is what DWARF calls an address.
    pub address: usize,
    /// The source lines: first that of the instruction, then those where the functions around it
    /// were inlined, outwards. Empty without DWARF.
    pub lines: Vec<SourceLine>,
}

/// A line of a source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// The function, as the compiler calls it.
    pub func: Option<String>,
    /// The path of the file.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column, counted from 1.
    pub column: Option<u32>,
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// A module of the file.
struct Module<'a> {
    range: Range<usize>,
    /// The offset of the content of the code section.
    code: usize,
    imported: u32,
    /// The bodies in the order of their functions: the offset of the body, that of its first
    /// instruction, and that of its end.
    bodies: Vec<[usize; 3]>,
    names: Names<'a>,
    /// The content of custom sections, those with debugging information among them.
    customs: HashMap<String, &'a [u8]>,
    lines: Option<Context<Slice<'a>>>,
}

/// The deepest nesting of entries that is read. Compilers nest functions that are inlined into one
/// another, and scopes.
const MAX_DEPTH: isize = 500;

impl<'a> Places<'a> {
    /// The places of a binary, as far as it can be read.
    pub fn of(bytes: &'a [u8], features: Features) -> Places<'a> {
        let mut places = Places { modules: Vec::new() };
        // The modules that are open; a component is none.
        let mut open: Vec<Option<usize>> = Vec::new();
        let mut events = Parser::new().features(features).check_bodies(false).events(bytes);
        while let Some(event) = events.next() {
            let Ok(event) = event else {
                if events.skip_malformed().is_none() {
                    break;
                }
                open.truncate(events.depth() + 1);
                continue;
            };
            match event.part {
                Part::Enter(Layer::Module) => {
                    open.push(Some(places.modules.len()));
                    places.modules.push(Module::new(event.offset..bytes.len()));
                }
                Part::Enter(Layer::Component) => open.push(None),
                Part::Leave => {
                    let module = open.pop().flatten();
                    if let Some(module) = module.and_then(|it| places.modules.get_mut(it)) {
                        module.range.end = event.offset;
                    }
                }
                Part::Item(item) => {
                    let module = open.last().copied().flatten();
                    if let Some(module) = module.and_then(|it| places.modules.get_mut(it)) {
                        module.item(item, event.offset, event.bytes);
                    }
                }
                Part::Section(_) | Part::Definition(_) => {}
            }
        }
        for module in &mut places.modules {
            module.read_lines();
        }
        places
    }

    /// Whether a module has source lines.
    pub fn has_lines(&self) -> bool {
        self.modules.iter().any(|module| module.lines.is_some())
    }

    /// The place at an offset in the file; `None` if no function is there.
    pub fn at(&self, offset: usize) -> Option<Place> {
        self.modules.iter().find(|module| module.range.contains(&offset))?.at(offset)
    }

    /// The place at an address: an offset in the content of the code section of the first module that
    /// has one; `None` if no function is there.
    pub fn at_address(&self, address: usize) -> Option<Place> {
        let module = self.modules.iter().find(|module| module.code > 0)?;
        module.at(module.code.checked_add(address)?)
    }

    /// The offset in the file of an instruction: of a module, by its number in the order of the file, a
    /// function, by its index, and the offset from the first instruction of the function.
    pub fn instr(&self, module: usize, func: u32, offset: u32) -> Option<usize> {
        let module = self.modules.get(module)?;
        let [_, code, end] = *module.bodies.get(func.checked_sub(module.imported)? as usize)?;
        Some(code + offset as usize).filter(|offset| *offset < end)
    }
}

impl std::fmt::Debug for Places<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

impl<'a> Module<'a> {
    fn new(range: Range<usize>) -> Module<'a> {
        Module {
            range,
            code: 0,
            imported: 0,
            bodies: Vec::new(),
            names: Names::default(),
            customs: HashMap::new(),
            lines: None,
        }
    }

    fn item(&mut self, item: Item<'a>, start: usize, bytes: &'a [u8]) {
        match item {
            Item::Import(import) => {
                self.imported += u32::from(import.ty.kind().item_kind() == ItemKind::Func);
            }
            Item::Section(section) if section.id == SectionId::Code => {
                let mut reader = Reader::new(bytes);
                reader.seek(1);
                // The size was read before.
                let _ = reader.u32();
                self.code = start + reader.pos();
            }
            Item::Body(body) => {
                let end = start + bytes.len();
                let content = end - body.bytes().len();
                self.bodies.push([start, content + body.code_offset(), end]);
            }
            Item::Custom(custom) => {
                let len = custom.data.bytes().map_or(0, <[u8]>::len);
                let content = bytes.get(bytes.len() - len..).unwrap_or_default();
                if *custom.name == *Names::NAME {
                    self.names = Names::parse(content).unwrap_or_default();
                } else {
                    self.customs.insert(custom.name.to_string(), content);
                }
            }
            _ => {}
        }
    }

    fn read_lines(&mut self) {
        if !self.customs.contains_key(SectionName::DebugInfo.name()) {
            return;
        }
        let section = |id: SectionName| {
            let bytes = self.customs.get(id.name()).copied().unwrap_or_default();
            Ok::<_, Error>(EndianSlice::new(bytes, LittleEndian))
        };
        // Whatever is malformed there is as good as not there.
        let Ok(dwarf) = Dwarf::load(section) else { return };
        if is_shallow(&dwarf).unwrap_or(false) {
            self.lines = Context::from_dwarf(dwarf).ok();
        }
    }

    fn at(&self, offset: usize) -> Option<Place> {
        let after = self.bodies.partition_point(|[start, ..]| *start <= offset);
        let number = after.checked_sub(1)?;
        let [_, code, end] = *self.bodies.get(number)?;
        if offset >= end {
            return None;
        }
        let func = self.imported.checked_add(number as u32)?;
        let address = offset.checked_sub(self.code)?;
        let name = self.names.funcs.get(func.into()).map(|name| name.to_string());
        let lines = self.lines(address).unwrap_or_default();
        Some(Place { func, name, offset: offset.saturating_sub(code), address, lines })
    }

    /// The source lines of an address, the innermost first.
    fn lines(&self, address: usize) -> Option<Vec<SourceLine>> {
        let context = self.lines.as_ref()?;
        let mut frames = context.find_frames(address as u64).skip_all_loads().ok()?;
        let mut lines = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            let func =
                frame.function.and_then(|it| it.raw_name().ok().map(|name| name.into_owned()));
            let (mut file, mut line, mut column) = (None, None, None);
            if let Some(location) = frame.location {
                file = location.file.map(str::to_owned);
                (line, column) = (location.line, location.column.filter(|column| *column > 0));
            }
            if func.is_some() || file.is_some() {
                lines.push(SourceLine { func, file, line, column });
            }
        }
        Some(lines)
    }
}

/// Whether no entries are nested deeper than what is read with a stack.
fn is_shallow(dwarf: &Dwarf<Slice<'_>>) -> Result<bool, Error> {
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let abbreviations = dwarf.abbreviations(&header)?;
        let mut entries = header.entries_raw(&abbreviations, None)?;
        while !entries.is_empty() {
            if entries.next_depth() > MAX_DEPTH {
                return Ok(false);
            }
            if let Some(abbreviation) = entries.read_abbreviation()? {
                entries.skip_attributes(abbreviation.attributes())?;
            }
        }
    }
    Ok(true)
}
