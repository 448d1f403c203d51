//! The arguments for the input of a command: a module or component, its features, a configuration.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use wattle::ast::components::Layer;
use wattle::ast::{Name, Reader, Shown};
use wattle::parser::ReadError;
use wattle::parser::components::{EventReader, Parser};
use wattle::{Feature, Features};
use wattle_smith::Config;

use crate::failure::{Failure, cannot_read};
use crate::source::Source;

/// The input of a command.
#[derive(Args)]
pub(crate) struct Input {
    /// The module or component, text or binary; standard input by default, or with `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    reading: Reading,
}

/// The options for reading inputs.
#[derive(Args, Clone)]
pub(crate) struct Reading {
    /// The features that the input may use: presets (wasm1, wasm2, wasm3, default, all) and
    /// features, separated by commas; `-name` removes one, from `default` if it comes first; `help`
    /// lists them. Commands that only show the input allow `all` by default, the others `default`.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub(crate) features: Option<FeatureList>,

    /// Stop after this many errors.
    #[arg(long, value_name = "N", default_value = "20")]
    pub(crate) max_errors: NonZeroUsize,
}

/// A list of features as it was given.
#[derive(Clone)]
pub(crate) struct FeatureList {
    list: String,
    pub(crate) features: Features,
}

impl Input {
    /// Reads the whole input.
    pub(crate) fn read(&self) -> Result<Source, Failure> {
        Source::read_wasm(self.file.as_deref(), self.reading.clone())
    }

    /// Reads the whole input, but with zeros in place of the contents of sections with debug
    /// information, which are most of a file that has such sections.
    pub(crate) fn read_without_debug(&self) -> Result<Source, Failure> {
        match (self.binary_file(), self.file.as_deref()) {
            (Some((mut file, Layer::Module)), Some(path)) => match without_debug(&mut file) {
                Some(bytes) => Ok(Source::of_bytes(path, bytes, self.reading.clone())),
                None => self.read(),
            },
            _ => self.read(),
        }
    }

    /// Opens the input to be read in pieces, if it is a file with a binary module or component.
    /// `None` for any other input, and for a file that cannot be read.
    pub(crate) fn binary_file(&self) -> Option<(File, Layer)> {
        let path = self.file.as_deref().filter(|path| !is_standard(path))?;
        let mut file = File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        let mut start = [0; Layer::Module.preamble().len()];
        let fits = metadata.is_file() && metadata.len() <= MAX_INPUT as u64;
        if !fits || file.read_exact(&mut start).is_err() {
            return None;
        }
        let layer = Layer::of(&start)?;
        file.rewind().ok()?;
        Some((file, layer))
    }

    /// Returns the options for reading the input.
    pub(crate) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Whether it is standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.file.as_deref().is_none_or(is_standard)
    }

    /// Returns the features that the input may use, for a command that only shows the input.
    pub(crate) fn features_to_show(&self) -> Features {
        self.reading.features_to_show()
    }
}

impl Reading {
    /// Returns the list that was given, or the default.
    pub(crate) fn features(&self) -> FeatureList {
        self.features.clone().unwrap_or_default()
    }

    /// Returns the features that the input may use, for a command that only shows the input.
    pub(crate) fn features_to_show(&self) -> Features {
        self.features.as_ref().map_or(Features::ALL, |list| list.features)
    }
}

impl FromStr for FeatureList {
    type Err = String;

    fn from_str(list: &str) -> Result<FeatureList, String> {
        match Features::parse(list) {
            Ok(features) => Ok(FeatureList { list: list.to_owned(), features }),
            Err(error) if error.nearest().is_some() => {
                Err(format!("{error} `--features help` lists all"))
            }
            Err(error) => {
                let names = Features::ALL.iter().map(|feature| feature.to_string());
                let names: Vec<_> = names.collect();
                Err(format!(
                    "{error}; there are {}; `--features help` says what each is",
                    names.join(", ")
                ))
            }
        }
    }
}

impl From<Features> for FeatureList {
    fn from(features: Features) -> FeatureList {
        let names: Vec<_> = features.iter().map(|feature| feature.to_string()).collect();
        FeatureList { list: names.join(","), features }
    }
}

impl Default for FeatureList {
    fn default() -> FeatureList {
        FeatureList { list: "default".to_owned(), features: Features::default() }
    }
}

impl FeatureList {
    /// Returns the list of all features.
    pub(crate) fn all() -> FeatureList {
        FeatureList { list: "all".to_owned(), features: Features::ALL }
    }

    /// Adds features, and those that they imply.
    pub(crate) fn add(&mut self, features: Features) {
        self.change(features, "", self.features | features.with_implied());
    }

    /// Removes features.
    pub(crate) fn remove(&mut self, features: Features) {
        self.change(features, "-", self.features - features);
    }

    /// Appends the names of features to the list, unless the set of features stays the same.
    fn change(&mut self, named: Features, sign: &str, features: Features) {
        if self.features != features {
            named.iter().for_each(|feature| self.list += &format!(",{sign}{feature}"));
            self.features = features;
        }
    }

    /// Returns the list with this feature added.
    pub(crate) fn with(&self, feature: Feature) -> String {
        let is_removal = |word: &&str| {
            word.trim().strip_prefix('-').is_some_and(|name| {
                Features::parse(name).is_ok_and(|removed| removed.contains(feature))
            })
        };
        let words = self.list.split(',').filter(|word| !word.trim().is_empty());
        let words: Vec<_> = words.filter(|word| !is_removal(word)).collect();
        let list = if words.is_empty() { "default".to_owned() } else { words.join(",") };
        let has_it = Features::parse(&list).is_ok_and(|features| features.contains(feature));
        if has_it { list } else { format!("{list},{feature}") }
    }
}

/// Reads a list of features.
pub(crate) fn parse_features(list: &str) -> Result<Features, String> {
    list.parse().map(|list: FeatureList| list.features)
}

/// Whether a path stands for standard input or output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// The maximum number of bytes of an input: 1 GiB, which is the largest module that browsers take.
///
/// Spec: <https://webassembly.github.io/spec/js-api/#limits>
pub(crate) const MAX_INPUT: usize = 1 << 30;

/// Whether standard input was read.
static STDIN_IS_READ: AtomicBool = AtomicBool::new(false);

/// Reads a whole file, or standard input if the file is `-`; reading standard input a second time
/// is an error.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = match is_standard(path) {
        true if STDIN_IS_READ.swap(true, Ordering::Relaxed) => {
            Err(io::Error::other("it was read before: only one of the inputs can be `-`"))
        }
        true => read_stream(io::stdin().lock()),
        false => File::open(path).and_then(|file| {
            let metadata = file.metadata()?;
            match metadata.is_file() {
                true => {
                    read_rest(file, metadata.len().try_into().unwrap_or(usize::MAX), Vec::new())
                }
                false => read_stream(file),
            }
        }),
    };
    bytes.map_err(|error| cannot_read(shown_name(path), error))
}

/// Reads a file with a module, with zeros in place of the contents of sections with debug
/// information; `None` if the rest cannot be read completely. Pages of zeros that are never read
/// take no memory.
fn without_debug(file: &mut File) -> Option<Vec<u8>> {
    /// More bytes than the header and the name of such a section have.
    const START: usize = 64;
    let len = usize::try_from(file.metadata().ok()?.len()).ok()?;
    Vec::<u8>::new().try_reserve_exact(len).ok()?;
    let mut bytes = vec![0; len];
    let mut at = Layer::Module.preamble().len();
    file.read_exact(bytes.get_mut(..at)?).ok()?;
    while at < len {
        let start = bytes.get_mut(at..len.min(at + START))?;
        file.read_exact(start).ok()?;
        let (end, is_debug) = section(start).unwrap_or((len, false));
        let end = at.saturating_add(end).min(len);
        let read = at + start.len();
        if !is_debug && end > read {
            file.read_exact(bytes.get_mut(read..end)?).ok()?;
        }
        file.seek(SeekFrom::Start(end as u64)).ok()?;
        at = end;
    }
    Some(bytes)
}

/// Returns the number of bytes of the section that begins with `start`, and whether it has debug
/// information; `None` if its header is malformed.
fn section(start: &[u8]) -> Option<(usize, bool)> {
    let mut reader = Reader::new(start);
    let is_custom = reader.byte().ok()? == 0;
    let size = reader.u32().ok()? as usize;
    let end = reader.pos().checked_add(size)?;
    let name = is_custom.then(|| reader.read::<Name<'_>>().ok()).flatten();
    Some((end, name.is_some_and(|name| name.as_str().starts_with(".debug_"))))
}

/// Reads the whole of an input that may never end. In a binary, an item that does not end is
/// noticed.
fn read_stream(mut input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let parser = Parser::new().features(Features::ALL).check_bodies(false);
    let mut events =
        EventReader::with_parser(parser, Copying { input: &mut input, to: &mut bytes });
    loop {
        match events.next() {
            Ok(Some(_)) => {}
            // A malformed input is read to the end all the same, since some commands show the rest.
            Ok(None) | Err(ReadError::Malformed(_)) => return read_rest(input, 0, bytes),
            Err(ReadError::Io(error)) => return Err(error),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// Appends the rest of an input, which probably has `len` more bytes, to `bytes`.
fn read_rest(input: impl Read, len: usize, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let room = MAX_INPUT.saturating_sub(bytes.len());
    if len <= room {
        bytes.try_reserve_exact(len)?;
        input.take(room as u64 + 1).read_to_end(&mut bytes)?;
    }
    match len <= room && bytes.len() <= MAX_INPUT {
        true => Ok(bytes),
        false => Err(io::Error::other(format!("it has more than {MAX_INPUT} bytes"))),
    }
}

/// A reader that copies the bytes that it reads.
struct Copying<'c, R> {
    input: R,
    to: &'c mut Vec<u8>,
}

impl<R: Read> Read for Copying<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = (MAX_INPUT + 1).saturating_sub(self.to.len()).min(buffer.len());
        let read = self.input.read(&mut buffer[..room])?;
        self.to.try_reserve(read)?;
        self.to.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// Returns the name of an input in messages.
pub(crate) fn shown_name(path: &Path) -> String {
    if is_standard(path) {
        "<stdin>".to_owned()
    } else {
        Shown(path.display().to_string()).to_string()
    }
}

/// The default for the maximum number of bytes that a store takes.
pub(crate) const MAX_MEMORY: &str = "4G";

/// Reads a number of bytes.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{error}"))?;
    number.checked_mul(1 << shift).ok_or_else(|| "the number is too large".to_owned())
}

/// Reads a time in seconds.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Returns all files with one of these extensions in a folder and in the folders below it, in
/// order.
pub(crate) fn files_below(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: io::Error| Failure::Input(cannot_read(shown_name(folder), error));
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let is_wanted = |it: &OsStr| extensions.iter().any(|known| it == *known);
            // A link to a folder may lead back to a folder around it, so links are not followed.
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(is_wanted) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a configuration of the generator from a file of JSON.
pub(crate) fn read_config(path: &Path) -> Result<Config, String> {
    let text = read_file(path)?;
    let config: Config =
        serde_json::from_slice(&text).map_err(|error| cannot_read(shown_name(path), error))?;
    config.check().map_err(|error| cannot_read(shown_name(path), error))?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_added_to_the_list_that_was_given() {
        let with = |list: &str, feature| list.parse::<FeatureList>().unwrap().with(feature);
        assert_eq!(with("default", Feature::StackSwitching), "default,stack-switching");
        assert_eq!(with("wasm1", Feature::Simd), "wasm1,simd");
        assert_eq!(with("-simd", Feature::Simd), "default");
        assert_eq!(with("", Feature::Simd), "default");
        assert_eq!(with("wasm1,,", Feature::Simd), "wasm1,simd");
        assert_eq!(with("-simd,-threads", Feature::Simd), "-threads");
        assert_eq!(with("wasm2,-simd", Feature::Simd), "wasm2");
        assert_eq!(with("wasm1,threads,-simd", Feature::Simd), "wasm1,threads,simd");
    }
}
