//! The frames of components: sections and their sizes, read into the tree and written again.
//!
//! This is a second reader of frames, for tests of definitions alone.

use wattle::ast::components::{
    Component, Definition, Encoding, Entries, Holds, RawSection, SectionId, encode_entries,
    first_section,
};
use wattle::ast::leb128;
use wattle::ast::{Malformed, Reader};
use wattle::{Features, encoder, parser};

use crate::forms::{Form, Node};

/// Reads a component with all features.
///
/// # Errors
///
/// What is malformed, and its offset. For a core module, only that it is.
pub fn read(bytes: &[u8]) -> Result<Component<'_>, (String, usize)> {
    let fail = |error: Malformed, at| (error.to_string(), at);
    let preamble = |at: usize| match bytes[at..].starts_with(&Component::PREAMBLE) {
        true => Ok(at + Component::PREAMBLE.len()),
        false => Err(fail(Malformed::UnknownVersion, at)),
    };
    let (mut definitions, mut sections) = (Vec::new(), Vec::new());
    let mut ends = vec![bytes.len()];
    let mut at = preamble(0)?;
    while let Some(&end) = ends.last() {
        if at == end {
            ends.pop();
            definitions.extend((!ends.is_empty()).then_some(Definition::End));
            continue;
        }
        let mut reader = Reader::new(&bytes[..end]);
        reader.seek(at);
        let head = reader.read::<SectionId>().and_then(|id| Ok((id, reader.u32()? as usize)));
        let (id, size) = head.map_err(|error| fail(error, reader.pos()))?;
        let start = reader.pos();
        let content = reader.take(size).map_err(|error| fail(error, start))?;
        let raw = if id.holds() == Holds::Nested { &bytes[at..start] } else { reader.since(at) };
        sections.push(RawSection { id, bytes: raw.into() });
        at = start + size;
        match id {
            SectionId::Component => {
                definitions.push(Definition::Component);
                ends.push(at);
                at = preamble(start)?;
                if at > start + size {
                    return Err(fail(Malformed::UnexpectedEnd, start));
                }
            }
            SectionId::CoreModule => {
                let parsed = parser::Parser::new().features(Features::ALL).module(content);
                let module = parsed.map_err(|error| (error.to_string(), start))?;
                definitions.push(Definition::CoreModule(module.into()));
            }
            _ => {
                let mut reader = Reader::at(content, start, Features::ALL);
                let read = entries(id, &mut reader, &mut definitions);
                read.map_err(|error| fail(error, reader.offset()))?;
            }
        }
    }
    Ok(Component { definitions, encoding: Encoding { sections } })
}

fn entries<'a>(
    id: SectionId,
    reader: &mut Reader<'a>,
    definitions: &mut Vec<Definition<'a>>,
) -> Result<(), Malformed> {
    let mut entries = Entries::begin(id, reader)?;
    while let Some(definition) = entries.next(reader)? {
        definitions.push(definition);
    }
    if reader.is_empty() { Ok(()) } else { Err(Malformed::SectionSize) }
}

/// Writes a component as its sections stood, each of which must hold the definitions that the
/// component has at its place.
///
/// # Panics
///
/// When a section does not.
pub fn write_faithful(component: &Component<'_>) -> Vec<u8> {
    let mut out = Component::PREAMBLE.to_vec();
    let mut at = 0;
    let definitions = &component.definitions;
    for raw in &component.encoding.sections {
        // The end of a component has no bytes: the next section stands in the enclosing component.
        while matches!(definitions.get(at), Some(Definition::End)) {
            at += 1;
        }
        out.extend_from_slice(&raw.bytes);
        let held = raw.holds(&definitions[at..]).expect("the section holds the definitions");
        match &definitions[at..at + held] {
            [Definition::CoreModule(module)] => out.extend(encoder::encode(module)),
            [Definition::Component] => out.extend(Component::PREAMBLE),
            _ => {}
        }
        at += held;
    }
    out
}

/// Writes a component in the shortest form.
pub fn write_shortest(component: &Component<'_>) -> Vec<u8> {
    let mut outer = Vec::new();
    let mut out = Component::PREAMBLE.to_vec();
    let mut rest = &component.definitions[..];
    while let Some(definition) = rest.first() {
        let mut content = Vec::new();
        let (id, run) = match first_section(rest) {
            Some(section) => section,
            None => {
                content = std::mem::replace(&mut out, outer.pop().expect("an open component"));
                (SectionId::Component, &rest[..1])
            }
        };
        rest = &rest[run.len()..];
        match definition {
            Definition::Component => {
                outer.push(std::mem::replace(&mut out, Component::PREAMBLE.to_vec()));
                continue;
            }
            Definition::CoreModule(module) => content = encoder::encode(module),
            _ => encode_entries(id, run, &mut content),
        }
        out.push(id.code());
        leb128::write_u32(&mut out, content.len() as u32);
        out.extend(content);
    }
    out
}

/// A component that a script has as bytes.
#[derive(Debug)]
pub struct Binary {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the script expects them to be malformed.
    pub is_malformed: bool,
}

/// The components that a script has as bytes.
pub fn binaries(forms: &[Form]) -> Vec<Binary> {
    let mut found = Vec::new();
    let mut rest: Vec<(&Form, bool)> = forms.iter().rev().map(|form| (form, false)).collect();
    while let Some((form, is_malformed)) = rest.pop() {
        let is_malformed = is_malformed || form.head() == "assert_malformed";
        let is_binary = form.list().iter().any(|form| form.word() == "binary");
        if form.head() == "component" && is_binary {
            let strings: Vec<_> = form.list().iter().filter_map(Form::string).collect();
            found.push(Binary { bytes: strings.concat(), is_malformed });
        } else if let Node::List(list) = &form.node {
            rest.extend(list.iter().rev().map(|form| (form, is_malformed)));
        }
    }
    found
}
