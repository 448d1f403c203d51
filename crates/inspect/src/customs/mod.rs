//! Explains the bytes of custom sections, row by row.
//!
//! The codecs of [`wattle_ast::custom`] read a section piece by piece, so that each row has the
//! bytes of one piece and their meaning.
//!
//! | file | has |
//! |---|---|
//! | `names.rs` | the sections with names |
//! | `linking.rs` | symbols and relocations of object files |
//! | `core_dump.rs` | core dumps |
//! | `tools.rs` | the other sections of tools |

mod core_dump;
mod linking;
mod names;
mod tools;

use std::collections::HashMap;
use std::fmt::{self, Write};

use wattle_ast::components;
use wattle_ast::custom::{
    BranchHints, BuildId, CodeMetadata, CoreDump, CoreInstances, CoreModules, CoreStack,
    Dependencies, Dylink, ExternalDebugInfo, LinkingSection, Producers, RelocSection,
    SourceMappingUrl, Subject, Symbol, SymbolKind, TargetFeatures,
};
use wattle_ast::{ItemKind, Malformed, Name, Names, Quoted, Reader};

use core_dump::{core_dump, core_instances, core_modules, core_stack};
use linking::{linking, relocations};
use names::{component_names, names};
use tools::{build_id, dependencies, dylink, metadata, producers, subject, target_features, url};

/// Bytes of a custom section, with their meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CustomRow<'t> {
    /// The offset of the first byte in the content of the section.
    pub offset: usize,
    /// The number of bytes.
    pub len: usize,
    /// The nesting depth of the row: 0 at the top of a section.
    pub level: usize,
    /// The meaning of the bytes, in words.
    pub text: &'t str,
}

/// Reads the custom sections of one module or component.
///
/// ```
/// use wattle_inspect::customs::Customs;
///
/// let mut rows = Vec::new();
/// let mut customs = Customs::new(|name| name.to_owned());
/// let known = customs.rows("target_features", b"\x01+\x07simd128", &mut |row| {
///     rows.push(row.text.to_owned());
/// });
/// assert!(known);
/// assert_eq!(rows, ["1 feature", "+ \"simd128\": used"]);
/// assert!(!customs.rows("unheard of", b"", &mut |_| ()));
/// ```
pub struct Customs<'s> {
    /// The function that turns a name into the text that is shown for it.
    show: Box<dyn Fn(&str) -> String + 's>,
    /// The names of the preceding sections, each with the offset of its content in the file.
    sections: Vec<(String, usize)>,
    /// The imports by kind and index: the names of module and item, as they are shown.
    imports: HashMap<(ItemKind, u32), String>,
    /// The symbols of the section `linking`.
    symbols: Vec<String>,
}

impl<'s> Customs<'s> {
    /// Creates a reader that shows each name of an item as the text that `show` returns for it.
    pub fn new(show: impl Fn(&str) -> String + 's) -> Customs<'s> {
        Customs {
            show: Box::new(show),
            sections: Vec::new(),
            imports: HashMap::new(),
            symbols: Vec::new(),
        }
    }

    /// Notes a section, by its name and the offset of its content in the file, so that the rows of
    /// symbols and relocations can refer to it. Sections must be noted in their order.
    pub fn section(&mut self, name: &str, content: usize) {
        self.sections.push((name.to_owned(), content));
    }

    /// Notes an import, by its kind and index. A symbol without a name of its own has the name of
    /// its import.
    pub fn import(&mut self, kind: ItemKind, index: u32, module: &str, name: &str) {
        let shown = format!("{} {}", Quoted(module), self.quoted(name));
        self.imports.insert((kind, index), shown);
    }

    /// Calls `visit` with each row of the content of a section; together the rows have all its
    /// bytes. If the content is malformed, the last row has the error and the bytes that remain, if
    /// any. Returns whether the name of the section is known; `visit` is only called if it is.
    pub fn rows(
        &mut self,
        name: &str,
        content: &[u8],
        visit: &mut dyn FnMut(CustomRow<'_>),
    ) -> bool {
        let read: fn(&mut Walk<'_, '_>, &Customs<'_>) -> Result<(), Malformed> = match name {
            Names::NAME => names,
            components::Names::NAME => component_names,
            Producers::NAME => producers,
            TargetFeatures::NAME => target_features,
            LinkingSection::NAME => {
                self.read_symbols(content);
                linking
            }
            Dylink::NAME => dylink,
            BranchHints::NAME => metadata,
            SourceMappingUrl::NAME | ExternalDebugInfo::NAME => url,
            BuildId::NAME => build_id,
            Dependencies::NAME => dependencies,
            CoreDump::NAME => core_dump,
            CoreModules::NAME => core_modules,
            CoreInstances::NAME => core_instances,
            CoreStack::NAME => core_stack,
            _ if Subject::from_name(name).is_some() => subject,
            _ if name.starts_with(RelocSection::PREFIX) => relocations,
            _ if name.starts_with(CodeMetadata::PREFIX) => metadata,
            _ => return false,
        };
        let reader = Reader::new(content);
        let mut walk = Walk { reader, start: 0, text: String::new(), visit };
        let result = read(&mut walk, self);
        let result = match result {
            Ok(()) if !walk.reader.is_empty() => Err(Malformed::SectionSize),
            result => result,
        };
        if let Err(error) = result {
            walk.reader.seek(content.len());
            walk.show(0, format_args!("malformed: {error}"));
        }
        true
    }

    fn read_symbols(&mut self, content: &[u8]) {
        let Ok(linking) = LinkingSection::parse(content) else { return };
        self.symbols = linking.symbols().map(|symbol| self.symbol(symbol)).collect();
    }

    /// Describes the item that a symbol names, with its index and name.
    fn symbol(&self, symbol: &Symbol<'_>) -> String {
        let item = |kind: ItemKind, index: &u32, name: &Option<Name<'_>>| {
            let keyword = kind.keyword();
            match (name, self.imports.get(&(kind, *index))) {
                (Some(name), _) => format!("{keyword} {index} {}", self.quoted(name)),
                (None, Some(import)) => format!("{keyword} {index} {import}"),
                (None, None) => format!("{keyword} {index}"),
            }
        };
        match &symbol.kind {
            SymbolKind::Func { index, name } => item(ItemKind::Func, index, name),
            SymbolKind::Global { index, name } => item(ItemKind::Global, index, name),
            SymbolKind::Tag { index, name } => item(ItemKind::Tag, index, name),
            SymbolKind::Table { index, name } => item(ItemKind::Table, index, name),
            SymbolKind::Data { name, at: None } => format!("data {}", self.quoted(name)),
            SymbolKind::Data { name, at: Some(at) } => format!(
                "data {} in segment {} at {:#x}, {} bytes",
                self.quoted(name),
                at.segment,
                at.offset,
                at.size
            ),
            SymbolKind::Section { section } => match self.sections.get(*section as usize) {
                Some((name, _)) => format!("section {section} {}", Quoted(name)),
                None => format!("section {section}"),
            },
        }
    }

    fn quoted(&self, name: &str) -> String {
        Quoted((self.show)(name)).to_string()
    }
}

impl fmt::Debug for Customs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customs").finish_non_exhaustive()
    }
}

/// A section that is being read.
struct Walk<'a, 'v> {
    reader: Reader<'a>,
    /// The offset at which the next row begins.
    start: usize,
    text: String,
    visit: &'v mut dyn FnMut(CustomRow<'_>),
}

impl<'a> Walk<'a, '_> {
    /// Calls `visit` with a row of the bytes that were read since the last row, if there are any.
    fn row(&mut self, level: usize, text: fmt::Arguments<'_>) {
        if self.reader.pos() > self.start {
            self.show(level, text);
        }
    }

    /// Calls `visit` with a row of the bytes that were read since the last row.
    fn show(&mut self, level: usize, text: fmt::Arguments<'_>) {
        let len = self.reader.pos() - self.start;
        self.text.clear();
        // Writing to a string never fails.
        let _ = self.text.write_fmt(text);
        (self.visit)(CustomRow { offset: self.start, len, level, text: &self.text });
        self.start += len;
    }

    /// Reads a count, and makes a row of the count and the word for the counted items.
    fn count(&mut self, level: usize, what: [&str; 2]) -> Result<u32, Malformed> {
        self.counted(level, format_args!(""), what)
    }

    /// Reads a count, and makes a row of `text`, the count and the word for the counted items.
    fn counted(
        &mut self,
        level: usize,
        text: fmt::Arguments<'_>,
        what: [&str; 2],
    ) -> Result<u32, Malformed> {
        let count = self.reader.u32()?;
        self.row(level, format_args!("{text}{count} {}", what[usize::from(count != 1)]));
        Ok(count)
    }

    /// Reads subsections, each of which begins with an id and a size. Calls `read` with each id.
    fn subsections(
        &mut self,
        mut read: impl FnMut(&mut Self, u8) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        while !self.reader.is_empty() {
            let id = self.reader.byte()?;
            let size = self.reader.u32()? as usize;
            let end = self.reader.pos().saturating_add(size);
            if size > self.reader.remaining() {
                return Err(Malformed::LengthOutOfBounds);
            }
            read(self, id)?;
            if self.reader.pos() != end {
                return Err(Malformed::SectionSize);
            }
        }
        Ok(())
    }

    /// Makes a row of a subsection with an unknown id. Its bytes begin at the id.
    fn unknown(&mut self, id: u8) -> Result<(), Malformed> {
        let mut head = self.reader.clone();
        head.seek(self.start + 1);
        let size = head.u32()? as usize;
        self.reader.take(size)?;
        self.row(0, format_args!("subsection {id}, which is not known"));
        Ok(())
    }
}

/// Lists flags by their names, and the bits without a name as a number.
fn flags(bits: u32, words: impl Iterator<Item = (u32, &'static str)>) -> String {
    let mut left = bits;
    let mut shown = Vec::new();
    for (bit, word) in words {
        if bits & bit == bit {
            shown.push(word.to_owned());
            left &= !bit;
        }
    }
    if left != 0 {
        shown.push(format!("{left:#x}"));
    }
    if shown.is_empty() { String::new() } else { format!(" [{}]", shown.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_ast::Encode;
    use wattle_ast::custom::BranchHint;

    /// Returns the rows of a section, after a check that they have all its bytes.
    fn rows(customs: &mut Customs<'_>, name: &str, content: &[u8]) -> Vec<String> {
        let (mut rows, mut at) = (Vec::new(), 0);
        let known = customs.rows(name, content, &mut |row| {
            assert_eq!(row.offset, at, "{name}: {row:?}");
            at += row.len;
            rows.push(format!("{:indent$}{}", "", row.text, indent = 2 * row.level));
        });
        assert!(known, "{name}");
        assert_eq!(at, content.len(), "{name}: {rows:?}");
        rows
    }

    #[test]
    fn symbols_and_relocations() {
        use wattle_ast::custom::{
            Comdat, ComdatKind, ComdatSymbol, InitFunc, LinkingSubsection, Reloc, RelocType,
            Segment, SegmentFlags, SymbolFlags,
        };
        let symbol = |flags, kind| Symbol { flags, kind };
        let symbols = vec![
            symbol(SymbolFlags::HIDDEN, SymbolKind::Func { index: 2, name: Some("f".into()) }),
            symbol(SymbolFlags::UNDEFINED, SymbolKind::Data { name: "e".into(), at: None }),
            symbol(SymbolFlags::LOCAL, SymbolKind::Section { section: 1 }),
            symbol(SymbolFlags::UNDEFINED, SymbolKind::Func { index: 0, name: None }),
        ];
        let (flags, align) = (SegmentFlags::STRINGS, 2);
        let member = ComdatSymbol { kind: ComdatKind::Func, index: 6 };
        let linking = LinkingSection {
            version: 2,
            subsections: vec![
                LinkingSubsection::InitFuncs(vec![InitFunc { priority: 9, symbol: 0 }]),
                LinkingSubsection::Segments(vec![Segment { name: ".data".into(), align, flags }]),
                LinkingSubsection::Comdats(vec![Comdat {
                    name: "c".into(),
                    flags: 0,
                    symbols: vec![member],
                }]),
                LinkingSubsection::Symbols(symbols),
                LinkingSubsection::Unknown { id: 9, bytes: b"!"[..].into() },
            ],
        };
        let mut customs = Customs::new(|name| name.to_uppercase());
        customs.section("type", 10);
        customs.section("code", 100);
        customs.import(ItemKind::Func, 0, "env", "imp");
        assert_eq!(
            rows(&mut customs, "linking", &linking.to_bytes()),
            [
                "version 2",
                "1 init function",
                "  priority 9: symbol 0 (func 2 \"F\")",
                "1 segment",
                "  segment 0 \".DATA\", align 2^2 [strings]",
                "1 comdat",
                "  comdat 0 \"C\", flags 0x0, 1 member",
                "    func 6",
                "4 symbols",
                "  symbol 0: func 2 \"F\" [visibility-hidden]",
                "  symbol 1: data \"E\" [undefined]",
                "  symbol 2: section 1 \"code\" [binding-local]",
                "  symbol 3: func 0 \"env\" \"IMP\" [undefined]",
                "subsection 9, which is not known",
            ]
        );
        let reloc = Reloc { ty: RelocType::MemoryAddrLeb, offset: 5, index: 1, addend: -4 };
        let relocs = RelocSection { section: 1, relocs: vec![reloc] };
        assert_eq!(
            rows(&mut customs, "reloc.CODE", &relocs.to_bytes()),
            [
                "of section 1 (code)",
                "1 relocation",
                "  R_WASM_MEMORY_ADDR_LEB at 0x5 (0x69 in the file): symbol 1 (data \"E\") -4",
            ]
        );
    }

    #[test]
    fn an_error_at_the_end_has_a_row() {
        let mut customs = Customs::new(|name| name.to_owned());
        let end = "malformed: unexpected end of section or function";
        let cut = rows(&mut customs, "target_features", b"\x02+\x07simd128");
        assert_eq!(cut, ["2 features", "+ \"simd128\": used", end]);
        assert_eq!(rows(&mut customs, "target_features", b""), [end]);
    }

    #[test]
    fn any_bytes_do() {
        let names = [
            "name",
            "component-name",
            "producers",
            "target_features",
            "linking",
            "dylink.0",
            "reloc.CODE",
            "metadata.code.branch_hint",
            "sourceMappingURL",
            "build_id",
            ".dep-v0",
            "core",
            "coremodules",
            "coreinstances",
            "corestack",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for name in names {
            for _ in 0..2_000 {
                let mut bytes = [0_u8; 12];
                for byte in &mut bytes {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    *byte = if state >> 60 < 3 { (state >> 32) as u8 } else { state as u8 & 7 };
                }
                let mut customs = Customs::new(|name| name.to_owned());
                rows(&mut customs, name, &bytes);
            }
        }
    }

    #[test]
    fn sections_of_the_codecs_are_read_to_their_ends() {
        let mut producers = Producers::default();
        producers.add("language", "Rust".into(), "1.88".into());
        let mut customs = Customs::new(|name| name.to_owned());
        assert_eq!(
            rows(&mut customs, "producers", &producers.to_bytes()),
            ["1 field", "\"language\", 1 value", "  \"Rust\" \"1.88\""]
        );
        let mut hints = BranchHints::default();
        hints.set(3.into(), 5, BranchHint::Likely);
        assert_eq!(
            rows(&mut customs, "metadata.code.branch_hint", &hints.to_bytes()),
            ["1 function", "func 3, 1 entry", "  at 0x5: likely"]
        );
        let mut names = Names::default();
        names.locals.entry(1.into()).insert(0.into(), "x".into());
        assert_eq!(
            rows(&mut customs, "name", &names.to_bytes()),
            ["local names, 1 entry", "  func 1: 1 name", "    local 0 \"x\""]
        );
    }
}
