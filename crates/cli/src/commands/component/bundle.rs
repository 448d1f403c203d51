//! `wattle component bundle`: a component from the files that `unbundle` wrote.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use wattle::ast::{Shown, leb128};
use wattle::parser::SectionFrame;
use wattle::parser::components::frames;

use super::manifest::{MANIFEST, Manifest, Part, SHELL};
use crate::failure::{Failure, cannot_read};
use crate::input::{FeatureList, Reading, read_file, shown_name};
use crate::output::Output;
use crate::source::Source;

/// Puts a component together from the files that `wattle component unbundle` wrote.
///
/// If no file was changed, the component is the original one, byte for byte. A file may be replaced
/// by another module or component, binary or text; `wattle validate` tells whether the component is
/// still valid.
#[derive(Args)]
pub(crate) struct Bundle {
    /// The folder that `unbundle` wrote.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    output: Output,
}

impl Bundle {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let manifest = self.manifest()?;
        let shell = Source::read(Some(&self.folder.join(SHELL)), reading())?;
        let sections: Result<Vec<_>, _> = frames(&shell.bytes).collect();
        let sections = sections.map_err(|error| shell.malformed_binary(error))?;
        let len: usize = sections.iter().map(|frame| frame.bytes.len()).sum();
        let mut bytes = shell.bytes[..shell.bytes.len() - len].to_vec();
        let mut parts = manifest.parts.iter().peekable();
        for (place, frame) in sections.iter().enumerate() {
            match parts.next_if(|part| part.section == place) {
                Some(part) => self.section(part, frame, &mut bytes)?,
                None => bytes.extend_from_slice(frame.bytes),
            }
        }
        if let Some(part) = parts.next() {
            let why = format!("there is no section {} in order in the shell", part.section);
            return Err(self.refused(&why));
        }
        self.output.binary(&bytes)
    }

    fn refused(&self, why: &str) -> Failure {
        Failure::Input(cannot_read(shown_name(&self.folder.join(MANIFEST)), Shown(why)))
    }

    fn manifest(&self) -> Result<Manifest, Failure> {
        let text = read_file(&self.folder.join(MANIFEST)).map_err(Failure::Input)?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| self.refused(&error.to_string()))?;
        match manifest.parts.iter().find(|part| !is_file_name(&part.file)) {
            Some(part) => Err(self.refused(&format!("`{}` is not the name of a file", part.file))),
            None => Ok(manifest),
        }
    }

    /// Writes the section of a part.
    fn section(
        &self,
        part: &Part,
        frame: &SectionFrame<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let source = Source::read_wasm(Some(&self.folder.join(&part.file)), reading())?;
        if source.layer() != part.kind.layer() {
            let fault = source.fault(format!("a {} is expected here", part.kind));
            return Err(Failure::Faults(vec![fault]));
        }
        let features = source.features();
        let content = source.binary(features)?.bytes;
        out.push(frame.code);
        let start = out.len();
        leb128::write_u32(out, content.len() as u32);
        // A size that was encoded in more bytes than it needs keeps its length.
        while out.len() - start < part.size_bytes.min(leb128::len_u32(u32::MAX)) {
            if let Some(last) = out.last_mut() {
                *last |= 0x80;
            }
            out.push(0);
        }
        out.extend_from_slice(&content);
        Ok(())
    }
}

/// Returns the options for reading the files. These may use all features.
fn reading() -> Reading {
    Reading { features: Some(FeatureList::all()), max_errors: NonZeroUsize::MIN }
}

/// Whether `name` is the name of a file alone, so that it cannot lead to another folder.
fn is_file_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}
