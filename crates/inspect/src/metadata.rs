//! The metadata of a module or component: its name, its producers, the packages that it was built
//! of, and the description that registries show.

use std::borrow::Cow;
#[cfg(feature = "dependencies")]
use std::fmt;
use std::ops::Range;

use wattle_ast::components::{self, Layer};
use wattle_ast::custom::{
    About, Dependencies, LeftOut, PointsAt, Producers, RelocSection, Subject, WhyLeftOut,
};
use wattle_ast::{Encode, Error, Name, Names, Reader, SectionId, Span, leb128};
use wattle_parser::SectionFrame;
use wattle_parser::components::frames;

use crate::sections::{content_offset, custom, is_nested};

/// The metadata of a module or component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metadata<'a> {
    /// Whether it is a module or a component.
    pub layer: Layer,
    /// The number of components around it.
    pub depth: usize,
    /// Its bytes in the file.
    pub range: Range<usize>,
    /// Its name.
    pub name: Option<Name<'a>>,
    /// The languages and tools that produced it.
    pub producers: Option<Producers<'a>>,
    /// The description that registries show, in the order of the file.
    pub about: Vec<About<'a>>,
    /// The packages that it was built of.
    pub dependencies: Option<Dependencies<'a>>,
    /// The malformed sections with metadata: the name of each, and the error.
    pub malformed: Vec<(&'a str, Error)>,
}

/// Reads the metadata of the modules and components of a file: the outermost first, and those
/// inside of a component behind it.
///
/// Only the sizes of all sections and the sections with metadata are read.
///
/// # Errors
/// The sizes of sections do not fit. The metadata before that place is lost; [`recover`] returns
/// it.
///
/// ```
/// use wattle_inspect::metadata::read;
///
/// let wasm = b"\0asm\x01\0\0\0\0\x0b\x07version1.0";
/// let metadata = read(wasm)?;
/// assert_eq!(metadata[0].about[0].text, "1.0");
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn read(bytes: &[u8]) -> Result<Vec<Metadata<'_>>, Error> {
    let (found, errors) = recover(bytes);
    errors.into_iter().next().map_or(Ok(found), Err)
}

/// Reads as much of the metadata of the modules and components of a file as possible, in the order
/// of [`read`]. Also returns an error for each module or component whose sizes of sections do not
/// fit.
///
/// ```
/// use wattle_inspect::metadata::recover;
///
/// let (metadata, errors) = recover(b"\0asm\x01\0\0\0\0\x0b\x07version1.0\0\x09");
/// assert_eq!(metadata[0].about[0].text, "1.0");
/// assert_eq!(errors[0].to_string(), "length out of bounds at offset 0x16, in custom section");
/// ```
pub fn recover(bytes: &[u8]) -> (Vec<Metadata<'_>>, Vec<Error>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    // The modules and components to be read, the next one last: the bytes, their offset, and the
    // depth.
    let mut waiting = vec![(bytes, 0, 0)];
    while let Some((bytes, start, depth)) = waiting.pop() {
        let layer = Layer::of(bytes).unwrap_or(Layer::Module);
        let mut metadata = Metadata {
            layer,
            depth,
            range: start..start + bytes.len(),
            name: None,
            producers: None,
            about: Vec::new(),
            dependencies: None,
            malformed: Vec::new(),
        };
        let mut inner = Vec::new();
        for section in frames(bytes) {
            let section = match section {
                Ok(section) => section,
                Err(mut error) => {
                    // Offsets count from the start of the file.
                    error.span = Span::new(error.span.start + start, error.span.end + start);
                    errors.push(error);
                    break;
                }
            };
            if let Some((name, content)) = custom(&section) {
                if let Err(error) = metadata.section(name, content) {
                    metadata.malformed.push((name, error));
                }
            } else if layer == Layer::Component && is_nested(section.code) {
                inner.push((section.content, start + content_offset(&section), depth + 1));
            }
        }
        found.push(metadata);
        inner.reverse();
        waiting.append(&mut inner);
    }
    (found, errors)
}

/// Returns the name of the section that names a module or a component.
fn names_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Module => Names::NAME,
        Layer::Component => components::Names::NAME,
    }
}

impl<'a> Metadata<'a> {
    /// Reads a custom section, if it has metadata.
    fn section(&mut self, name: &str, content: &'a [u8]) -> Result<(), Error> {
        if let Some(subject) = Subject::from_name(name) {
            self.about.push(About::parse(subject, content)?);
        } else if name == Producers::NAME {
            self.producers = Some(Producers::parse(content)?);
        } else if name == Dependencies::NAME {
            self.dependencies = Some(Dependencies::parse(content)?);
        } else if name == names_of(self.layer) {
            for subsection in subsections(content) {
                let (id, bytes, _) = subsection?;
                if id == OWN_NAME {
                    let mut reader = Reader::new(bytes);
                    let name = reader.read().map_err(|kind| Error::at(kind, reader.pos()))?;
                    self.name = Some(name);
                }
            }
        }
        Ok(())
    }
}

/// The longest list of dependencies that is unpacked, in bytes.
#[cfg(feature = "dependencies")]
pub const MAX_DEPENDENCIES: usize = 8 << 20;

/// The reason why a list of dependencies cannot be unpacked.
#[cfg(feature = "dependencies")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackedWrongly {
    /// The bytes are not in the format of zlib.
    NotZlib,
    /// The list is longer than [`MAX_DEPENDENCIES`].
    TooLong,
    /// The list is not UTF-8.
    NotUtf8,
}

#[cfg(feature = "dependencies")]
impl fmt::Display for PackedWrongly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackedWrongly::NotZlib => f.write_str("it cannot be unpacked with zlib"),
            PackedWrongly::TooLong => write!(f, "it is longer than {} MiB", MAX_DEPENDENCIES >> 20),
            PackedWrongly::NotUtf8 => f.write_str("malformed UTF-8 encoding"),
        }
    }
}

#[cfg(feature = "dependencies")]
impl std::error::Error for PackedWrongly {}

/// Unpacks the packages that a program was built of: an object of JSON, whose list `packages` has
/// an object with `name`, `version` and `source` for each.
///
/// # Errors
/// The bytes do not unpack to text, or to too much of it.
///
/// ```
/// use wattle_ast::custom::Dependencies;
/// use wattle_inspect::metadata::dependencies;
///
/// let compressed = b"\x78\x01\x01\x02\0\xfd\xff{}\x01\x75\0\xf9"[..].into();
/// assert_eq!(dependencies(&Dependencies { compressed }).unwrap(), "{}");
/// ```
#[cfg(feature = "dependencies")]
pub fn dependencies(packed: &Dependencies<'_>) -> Result<String, PackedWrongly> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

    let unpacked = decompress_to_vec_zlib_with_limit(&packed.compressed, MAX_DEPENDENCIES);
    let unpacked = unpacked.map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => PackedWrongly::TooLong,
        _ => PackedWrongly::NotZlib,
    })?;
    String::from_utf8(unpacked).map_err(|_| PackedWrongly::NotUtf8)
}

/// The id of the subsection with the name of the module or component itself.
const OWN_NAME: u8 = 0;

/// Returns the subsections of a section with names: the id, the content, and all bytes of each.
fn subsections(content: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8], &[u8]), Error>> {
    let mut reader = Reader::new(content);
    let mut failed = false;
    std::iter::from_fn(move || {
        if reader.is_empty() || failed {
            return None;
        }
        let start = reader.pos();
        let mut next = || {
            let id = reader.byte()?;
            let content = reader.byte_list()?;
            Ok((id, content, reader.since(start)))
        };
        let next = next();
        failed = next.is_err();
        Some(next.map_err(|kind| Error::at(kind, reader.pos())))
    })
}

/// A change of a part of the metadata.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum To {
    /// The part stays as it is.
    #[default]
    Keep,
    /// The part is removed.
    Nothing,
    /// The part is set to this text, whether it existed or not.
    Text(String),
}

/// Changes of the metadata of a module or component.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    /// The name.
    pub name: To,
    /// Languages and tools to be added: the role, the name and the version of each. A language or
    /// tool that is there already gets the version.
    pub producers: Vec<(String, String, String)>,
    /// The changes of the description that registries show.
    pub about: Vec<(Subject, To)>,
}

/// A binary that was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edited {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The custom sections that are left out because they would point at the wrong places.
    pub left_out: Vec<LeftOut>,
}

/// The fate of a section in an edit.
enum Fate {
    Stays,
    Removed,
    /// A custom section with this content.
    Becomes(Vec<u8>),
}

impl Edit {
    /// Changes the outermost module or component. Existing sections are changed in their places,
    /// and new ones are put at the end. Every other byte stays as it is.
    ///
    /// # Errors
    /// The sizes of sections do not fit, or a section that is to be changed is malformed.
    ///
    /// ```
    /// use wattle_inspect::metadata::{Edit, To, read};
    ///
    /// let edit = Edit { name: To::Text("m".to_owned()), ..Edit::default() };
    /// let edited = edit.apply(b"\0asm\x01\0\0\0")?;
    /// assert_eq!(read(&edited.bytes)?[0].name, Some("m".into()));
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn apply(&self, bytes: &[u8]) -> Result<Edited, Error> {
        let layer = Layer::of(bytes).unwrap_or(Layer::Module);
        let sections = frames(bytes).collect::<Result<Vec<_>, _>>()?;
        let mut fates = Vec::new();
        // The parts whose sections have been changed in their places.
        let (mut named, mut produced, mut said) = (false, false, Vec::new());
        for section in &sections {
            let Some((name, content)) = custom(section) else {
                fates.push(Fate::Stays);
                continue;
            };
            // Offsets count from the start of the file.
            let at = section.offset + section.bytes.len() - content.len();
            let place = |mut error: Error| {
                error.span = Span::new(error.span.start + at, error.span.end + at);
                error
            };
            let change = match Subject::from_name(name) {
                Some(subject) => self.about.iter().find(|(of, _)| *of == subject),
                None => None,
            };
            fates.push(match change {
                Some((_, To::Nothing)) => Fate::Removed,
                Some((subject, To::Text(_))) if said.contains(subject) => Fate::Removed,
                Some((subject, To::Text(text))) => {
                    said.push(*subject);
                    Fate::Becomes(text.as_bytes().to_vec())
                }
                Some((_, To::Keep)) => Fate::Stays,
                None if name == Producers::NAME && !self.producers.is_empty() && !produced => {
                    produced = true;
                    Fate::Becomes(self.producers(content).map_err(place)?)
                }
                None if name == names_of(layer) && self.name != To::Keep && !named => {
                    named = true;
                    Fate::Becomes(self.names(content).map_err(place)?)
                }
                None => Fate::Stays,
            });
        }
        let left_out = leave_out(&sections, &mut fates);
        let start = sections.iter().map(|section| section.bytes.len()).sum::<usize>();
        let (preamble, _) = bytes.split_at(bytes.len() - start);
        let mut out = preamble.to_vec();
        for (section, fate) in sections.iter().zip(&fates) {
            match (fate, custom(section)) {
                (Fate::Becomes(content), Some((name, _))) => append(&mut out, name, content),
                (Fate::Removed, _) => {}
                _ => out.extend_from_slice(section.bytes),
            }
        }
        if let (To::Text(_), false) = (&self.name, named) {
            append(&mut out, names_of(layer), &self.names(&[])?);
        }
        if !self.producers.is_empty() && !produced {
            // The content of a section without fields is a zero.
            append(&mut out, Producers::NAME, &self.producers(&[0])?);
        }
        for (subject, to) in &self.about {
            if let To::Text(text) = to
                && !said.contains(subject)
            {
                let about = About { subject: *subject, text: Cow::Borrowed(text) };
                append(&mut out, subject.name(), &about.to_bytes());
            }
        }
        Ok(Edited { bytes: out, left_out })
    }

    /// Returns the new content of the producers section for its old content.
    fn producers(&self, content: &[u8]) -> Result<Vec<u8>, Error> {
        let mut producers = Producers::parse(content)?;
        for (role, name, version) in &self.producers {
            producers.add(role, name.as_str().into(), version.as_str().into());
        }
        Ok(producers.to_bytes())
    }

    /// Returns the new content of the section with names for its old content.
    fn names(&self, content: &[u8]) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        if let To::Text(name) = &self.name {
            out.push(OWN_NAME);
            Name::from(name.as_str()).to_bytes().encode(&mut out);
        }
        for subsection in subsections(content) {
            let (id, _, bytes) = subsection?;
            if id != OWN_NAME {
                out.extend_from_slice(bytes);
            }
        }
        Ok(out)
    }
}

/// Appends a custom section.
fn append(out: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut section = Name::from(name).to_bytes();
    section.extend_from_slice(content);
    out.push(SectionId::Custom.code());
    leb128::write_u32(out, section.len() as u32);
    out.extend_from_slice(&section);
}

/// Leaves out the custom sections that would point at the wrong places, and returns them.
fn leave_out(sections: &[SectionFrame<'_>], fates: &mut [Fate]) -> Vec<LeftOut> {
    let removed = fates.iter().position(|fate| matches!(fate, Fate::Removed));
    let moved = fates.iter().position(|fate| !matches!(fate, Fate::Stays));
    let is_up_to = |place: Option<usize>, limit: usize| place.is_some_and(|place| place <= limit);
    let is_code =
        |section: &SectionFrame<'_>| SectionId::from_code(section.code) == Some(SectionId::Code);
    let binary_moves = sections.iter().position(is_code).is_some_and(|code| is_up_to(moved, code));
    // Sections are pointed at by their places among all sections.
    let sections_move = sections.iter().filter_map(custom).any(|(name, content)| {
        name.starts_with(RelocSection::PREFIX)
            && RelocSection::parse(content)
                .map_or(removed.is_some(), |relocs| is_up_to(removed, relocs.section as usize))
    });
    let mut left_out = Vec::new();
    for (place, (section, fate)) in sections.iter().zip(fates).enumerate() {
        let Some((name, _)) = custom(section).filter(|_| matches!(fate, Fate::Stays)) else {
            continue;
        };
        let what = match PointsAt::of(name) {
            Some(what @ PointsAt::Sections) if sections_move => what,
            Some(what @ PointsAt::Binary) if binary_moves => what,
            _ => continue,
        };
        *fate = Fate::Removed;
        let why = WhyLeftOut::Moves(what);
        left_out.push(LeftOut { name: Name::from(name).into_owned(), place, why });
    }
    left_out
}
