//! The source lines of instructions, as DWARF in custom sections tells them.
//!
//! | file | has |
//! |---|---|
//! | `guard.rs` | a look at the sections before they are trusted |
//! | `write.rs` | DWARF for a module that was read from text |
//!
//! DWARF counts addresses from the first byte of the content of the code section.
//!
//! Spec: <https://yurydelendik.github.io/webassembly-dwarf/>

mod guard;
mod write;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use addr2line::Context;
use gimli::{
    AbbreviationsCacheStrategy, Dwarf, EndianSlice, LittleEndian, SectionId as DwarfSection,
};
use wattle_ast::components::Layer;
use wattle_ast::custom::ExternalDebugInfo;
use wattle_ast::{SectionId, Shown};
use wattle_parser::components::frames;

use crate::sections::{content_offset, custom, is_nested};

pub use write::{CannotWrite, DwarfStyle, TextSource, add};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The debugging information of the modules in a file.
///
/// Only the sizes of sections are read at first, so the rest of the file may be malformed.
///
/// ```
/// use wattle_inspect::dwarf::{DebugInfo, NoFrames};
///
/// let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
/// let info = DebugInfo::new(wasm);
/// assert!(!info.is_present());
/// assert_eq!(info.frames(23), Err(NoFrames::NoDwarf { elsewhere: None }));
/// assert_eq!(info.offset_in_file(3), Ok(23));
/// ```
pub struct DebugInfo<'a> {
    /// The modules of the file in order.
    modules: Vec<ModuleInfo<'a>>,
}

struct ModuleInfo<'a> {
    range: Range<usize>,
    /// The offset of the content of the code section.
    code: Option<usize>,
    /// The last custom section of each name.
    customs: HashMap<&'a str, &'a [u8]>,
    /// The debugging information in them, read when it is first needed.
    context: OnceCell<Result<Context<Slice<'a>>, NoFrames>>,
}

/// A function that was active at an instruction: the one whose code it is in, or one that was
/// inlined there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The name of the function as the compiler wrote it.
    pub function: Option<String>,
    /// The file with the source.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1; some compilers count from 0.
    pub column: Option<u32>,
}

/// Writes the place in the source, such as `src/main.c:3:12`; nothing if that is not known.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(file) = &self.file else { return Ok(()) };
        Shown(file).fmt(f)?;
        for number in [self.line, self.column] {
            match number.filter(|number| *number > 0) {
                Some(number) => write!(f, ":{number}")?,
                None => break,
            }
        }
        Ok(())
    }
}

/// The reason why an offset has no source lines.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NoFrames {
    /// The offset is in no module.
    NoModule,
    /// The offset lies before the code section of its module, or there is none.
    NoCode,
    /// An offset in the code section is ambiguous, since the file has several modules: their
    /// number.
    SeveralModules(usize),
    /// The module has no debugging information.
    NoDwarf {
        /// The file that has it, as the module says.
        elsewhere: Option<String>,
    },
    /// The debugging information of this place is in a file beside the module (`.dwo`).
    Split,
    /// The debugging information is malformed.
    Malformed(String),
}

impl fmt::Display for NoFrames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoFrames::NoModule => f.write_str("there is no module at this offset"),
            NoFrames::NoCode => f.write_str("this offset is not in the code of a module"),
            NoFrames::SeveralModules(count) => {
                write!(f, "there are {count} modules, each with a code section of its own")
            }
            NoFrames::NoDwarf { elsewhere: None } => f.write_str("the module has no DWARF"),
            NoFrames::NoDwarf { elsewhere: Some(url) } => {
                write!(f, "the module has no DWARF; it says that {} has it", Shown(url))
            }
            NoFrames::Split => f.write_str("the DWARF of this place is in another file (.dwo)"),
            NoFrames::Malformed(why) => write!(f, "malformed DWARF: {why}"),
        }
    }
}

impl std::error::Error for NoFrames {}

impl From<gimli::Error> for NoFrames {
    fn from(error: gimli::Error) -> NoFrames {
        NoFrames::Malformed(error.to_string())
    }
}

impl<'a> DebugInfo<'a> {
    /// Finds the debugging information of a module, or of all modules in a component.
    pub fn new(bytes: &'a [u8]) -> DebugInfo<'a> {
        let mut modules = Vec::new();
        // Modules and components to be read, the next one last. The bytes of an inner one are at
        // the end of those of its section.
        let mut waiting = vec![(bytes, 0)];
        while let Some((bytes, start)) = waiting.pop() {
            let sections = frames(bytes).map_while(Result::ok);
            if Layer::of(bytes) == Some(Layer::Module) {
                modules.push(ModuleInfo::new(bytes, start));
                continue;
            }
            let inner = sections.filter(|section| is_nested(section.code));
            let mut inner: Vec<_> =
                inner.map(|section| (section.content, start + content_offset(&section))).collect();
            inner.reverse();
            waiting.append(&mut inner);
        }
        DebugInfo { modules }
    }

    /// Returns whether a module has sections with DWARF.
    pub fn is_present(&self) -> bool {
        self.modules.iter().any(ModuleInfo::has_dwarf)
    }

    /// Returns the offset in the file of a byte of the code section, which DWARF counts from the
    /// first byte of its content.
    ///
    /// # Errors
    /// The file has no code section, or several modules.
    pub fn offset_in_file(&self, in_code: usize) -> Result<usize, NoFrames> {
        match &self.modules[..] {
            [] => Err(NoFrames::NoModule),
            [ModuleInfo { code: None, .. }] => Err(NoFrames::NoCode),
            [ModuleInfo { code: Some(code), .. }] => Ok(code.saturating_add(in_code)),
            several => Err(NoFrames::SeveralModules(several.len())),
        }
    }

    /// Finds the functions at an offset of the file: from the innermost one that was inlined to the
    /// function whose code it is. Empty if the debugging information does not cover the offset.
    ///
    /// # Errors
    /// The offset is not in the code of a module, or the debugging information of the module is
    /// missing, split or malformed.
    pub fn frames(&self, offset: usize) -> Result<Vec<Frame>, NoFrames> {
        let behind = self.modules.partition_point(|module| module.range.start <= offset);
        let module = self.modules[..behind].last();
        let module = module.filter(|module| module.range.contains(&offset));
        let module = module.ok_or(NoFrames::NoModule)?;
        let address = module.code.and_then(|code| offset.checked_sub(code));
        let address = address.ok_or(NoFrames::NoCode)?;
        let context = module.context.get_or_init(|| module.context());
        let context = context.as_ref().map_err(NoFrames::clone)?;
        let addr2line::LookupResult::Output(found) = context.find_frames(address as u64) else {
            return Err(NoFrames::Split);
        };
        let (mut found, mut frames) = (found?, Vec::new());
        while let Some(frame) = found.next()? {
            let function = frame.function.as_ref().map(|name| name.raw_name()).transpose()?;
            let place = frame.location;
            frames.push(Frame {
                function: function.map(Into::into),
                file: place.as_ref().and_then(|place| place.file).map(Into::into),
                line: place.as_ref().and_then(|place| place.line),
                column: place.as_ref().and_then(|place| place.column),
            });
        }
        Ok(frames)
    }
}

impl fmt::Debug for DebugInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugInfo").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

impl<'a> ModuleInfo<'a> {
    fn new(bytes: &'a [u8], start: usize) -> ModuleInfo<'a> {
        let (mut code, mut customs) = (None, HashMap::new());
        for section in frames(bytes).map_while(Result::ok) {
            if SectionId::from_code(section.code) == Some(SectionId::Code) {
                code = Some(start + content_offset(&section));
            }
            customs.extend(custom(&section));
        }
        let range = start..start + bytes.len();
        ModuleInfo { range, code, customs, context: OnceCell::new() }
    }

    fn has_dwarf(&self) -> bool {
        self.customs.contains_key(DwarfSection::DebugInfo.name())
    }

    /// Reads the debugging information, as far as lookups need it.
    fn context(&self) -> Result<Context<Slice<'a>>, NoFrames> {
        if !self.has_dwarf() {
            let elsewhere = self.customs.get(ExternalDebugInfo::NAME);
            let elsewhere = elsewhere.and_then(|bytes| ExternalDebugInfo::parse(bytes).ok());
            let elsewhere = elsewhere.map(|info| info.url.to_string());
            return Err(NoFrames::NoDwarf { elsewhere });
        }
        let section = |id: DwarfSection| {
            let content = self.customs.get(id.name()).copied().unwrap_or_default();
            Ok::<_, gimli::Error>(EndianSlice::new(content, LittleEndian))
        };
        let mut dwarf = Dwarf::load(section)?;
        guard::check_abbreviations(&dwarf, section(DwarfSection::DebugAbbrev)?)?;
        // Many units share a table of abbreviations.
        dwarf.populate_abbreviations_cache(AbbreviationsCacheStrategy::All);
        let ranges = [DwarfSection::DebugRanges, DwarfSection::DebugRngLists];
        let ranges = ranges.map(|id| self.customs.get(id.name()).map_or(0, |it| it.len()));
        let lines = section(DwarfSection::DebugLine)?;
        guard::check(&dwarf, lines, &mut guard::Reads::new(lines.len(), ranges.iter().sum()))?;
        Ok(Context::from_dwarf(dwarf)?)
    }
}
