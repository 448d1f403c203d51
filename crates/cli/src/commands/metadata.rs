//! `wattle metadata`: the metadata of a module or component.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wattle::ast::Shown;
use wattle::ast::components::Layer;
use wattle::ast::custom::{Dependencies, Producers, Subject};
use wattle::inspect::metadata::{Edit, Metadata as Found, To, dependencies, recover};

use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::output::{Output, write_json};

/// Shows and changes the metadata of a module or component.
#[derive(Args)]
pub(crate) struct Metadata {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the metadata of a module or component and of everything inside it.
    Show(Show),
    /// Set or remove metadata of the outermost module or component.
    Add(Box<Add>),
}

impl Metadata {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match &self.command {
            Command::Show(command) => command.run(json),
            Command::Add(command) => command.run(json),
        }
    }
}

/// Shows the metadata of a module or component and of everything inside it: the name, the
/// producers, the fields that registries show (`authors`, `licenses` and the like), and the
/// packages that `cargo auditable` records.
#[derive(Args)]
struct Show {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

impl Show {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?.binary(self.input.features_to_show())?;
        let (found, errors) = recover(&source.bytes);
        let errors = self.output.show(|out| {
            match json {
                true => write_json(out, &found.iter().map(in_json).collect::<Vec<_>>())?,
                false => found.iter().try_for_each(|found| write(out, found))?,
            }
            Ok(errors)
        })?;
        source.all_shown(errors)
    }
}

/// The deepest level that is indented, so that a deep tree is not wider than it is long.
const MAX_LEVEL: usize = 40;

fn layer(found: &Found<'_>) -> &'static str {
    match found.layer {
        Layer::Module => "module",
        Layer::Component => "component",
    }
}

fn write(out: &mut dyn Write, found: &Found<'_>) -> io::Result<()> {
    let indent = 2 * found.depth.min(MAX_LEVEL);
    let name = found.name.as_ref().map_or(String::new(), |name| format!(" {}", Shown(name)));
    let (start, end) = (found.range.start, found.range.end);
    let size = end - start;
    writeln!(out, "{:indent$}{}{name}: {size} bytes at {start:#x}", "", layer(found))?;
    let mut line =
        |name: &str, text: &str| writeln!(out, "{:indent$}  {}: {}", "", Shown(name), Shown(text));
    for about in &found.about {
        line(about.subject.name(), &about.text)?;
    }
    for field in found.producers.iter().flat_map(|producers| &producers.fields) {
        for value in &field.values {
            match value.version.is_empty() {
                true => line(&field.name, &value.name)?,
                false => line(&field.name, &format!("{} {}", &*value.name, &*value.version))?,
            }
        }
    }
    if let Some(Ok(packages)) = packages(found) {
        for package in packages["packages"].as_array().into_iter().flatten() {
            let words = ["name", "version", "source", "kind"].map(|key| package[key].as_str());
            line("package", &words.into_iter().flatten().collect::<Vec<_>>().join(" "))?;
        }
    }
    for (section, message) in wrong(found) {
        line(section, &message)?;
    }
    Ok(())
}

/// Returns the packages that a module or component was built from, or the reason why they cannot be
/// read.
fn packages(found: &Found<'_>) -> Option<Result<Value, String>> {
    let text = dependencies(found.dependencies.as_ref()?).map_err(|error| error.to_string());
    Some(text.and_then(|text| {
        serde_json::from_str(&text).map_err(|error| format!("malformed JSON: {error}"))
    }))
}

/// Returns the faults of the sections: the name of a section, and a message.
fn wrong<'f>(found: &'f Found<'_>) -> Vec<(&'f str, String)> {
    let malformed = found.malformed.iter();
    let malformed =
        malformed.map(|(name, error)| (*name, format!("malformed: {}", error.reason())));
    let packages = packages(found).and_then(Result::err);
    let packages = packages.map(|why| (Dependencies::NAME, format!("malformed: {why}")));
    let licenses = found.about.iter().filter(|about| about.subject == Subject::Licenses);
    let licenses = licenses.filter_map(|about| spdx::Expression::parse(&about.text).err());
    let licenses = licenses.map(|error| {
        // The last line is a mark and the reason.
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches([' ', '^']);
        (Subject::Licenses.name(), format!("this is not an expression of SPDX: {reason}"))
    });
    malformed.chain(packages).chain(licenses).collect()
}

fn in_json(found: &Found<'_>) -> Value {
    let about =
        found.about.iter().map(|about| (about.subject.name().to_owned(), json!(about.text)));
    let fields = found.producers.iter().flat_map(|producers| &producers.fields).map(|field| {
        let values = field.values.iter();
        let values = values.map(|it| json!({ "name": &*it.name, "version": &*it.version }));
        json!({ "field": &*field.name, "values": values.collect::<Vec<_>>() })
    });
    let wrong = wrong(found).into_iter();
    let wrong = wrong.map(|(name, message)| json!({ "section": name, "message": message }));
    json!({
        "kind": layer(found),
        "depth": found.depth,
        "start": found.range.start,
        "end": found.range.end,
        "name": found.name.as_ref().map(|name| name.as_str()),
        "about": about.collect::<serde_json::Map<_, _>>(),
        Producers::NAME: fields.collect::<Vec<_>>(),
        "dependencies": packages(found).and_then(Result::ok),
        "malformed": wrong.collect::<Vec<_>>(),
    })
}

/// Sets or removes metadata of the outermost module or component. Every other byte stays as it is.
#[derive(Args)]
#[command(
    after_help = "\
Examples:
  wattle metadata add --name math --version 1.2.0 math.wat -o named.wasm
  wattle metadata add --language Rust=1.88 --licenses 'MIT OR Apache-2.0' math.wat -o named.wasm
  wattle metadata add --clear homepage,source math.wat -o named.wasm",
    disable_version_flag = true
)]
struct Add {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// The name of the module or component.
    #[arg(long)]
    name: Option<String>,

    /// A source language; may be given several times.
    #[arg(long, value_name = "NAME[=VERSION]")]
    language: Vec<String>,

    /// A tool that processed the module or component; may be given several times.
    #[arg(long, value_name = "NAME[=VERSION]")]
    processed_by: Vec<String>,

    /// An SDK that the module or component was built with; may be given several times.
    #[arg(long, value_name = "NAME[=VERSION]")]
    sdk: Vec<String>,

    /// The people or organizations that are responsible.
    #[arg(long, value_name = "TEXT")]
    authors: Option<String>,

    /// The purpose, in words.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// The licenses of the contents, as an SPDX expression.
    #[arg(long, value_name = "EXPRESSION")]
    licenses: Option<String>,

    /// The URL of the source code.
    #[arg(long, value_name = "URL")]
    source: Option<String>,

    /// The URL of the home page.
    #[arg(long, value_name = "URL")]
    homepage: Option<String>,

    /// The revision of the source code.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,

    /// The version.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,

    /// Remove these fields, separated by commas: `name`, `authors`, `description`, `licenses`,
    /// `source`, `homepage`, `revision`, `version`.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    clear: Vec<String>,
}

/// Whether a text has the form of a URL: a scheme, a colon, and something without spaces.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it));
    is_scheme
        && !rest.is_empty()
        && !rest.contains(|it: char| it.is_whitespace() || it.is_control())
}

impl Add {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let edit = self.edit()?;
        let source = self.input.read()?.binary(self.input.features_to_show())?;
        let edited = edit.apply(&source.bytes);
        let edited = edited.map_err(|error| source.malformed_binary(error))?;
        warn(&source.left_out(&edited.left_out, None), json);
        self.output.binary(&edited.bytes)
    }

    fn edit(&self) -> Result<Edit, Failure> {
        if let Some(Err(error)) = self.licenses.as_deref().map(spdx::Expression::parse) {
            let why = format!(
                "--licenses takes an expression of SPDX, such as `MIT OR Apache-2.0`:\n{error}"
            );
            return Err(Failure::Usage(why));
        }
        for (option, url) in [("--source", &self.source), ("--homepage", &self.homepage)] {
            if let Some(url) = url.as_deref().filter(|url| !is_url(url)) {
                let why =
                    format!("{option} takes a URL, such as `https://example.org`: {}", Shown(url));
                return Err(Failure::Usage(why));
            }
        }
        let set = |text: &Option<String>| text.clone().map_or(To::Keep, To::Text);
        let mut edit = Edit { name: set(&self.name), ..Edit::default() };
        for (role, list) in
            [("language", &self.language), ("processed-by", &self.processed_by), ("sdk", &self.sdk)]
        {
            let parts = list.iter().map(|it| it.split_once('=').unwrap_or((it, "")));
            let add = |(name, version): (&str, &str)| {
                (role.to_owned(), name.to_owned(), version.to_owned())
            };
            edit.producers.extend(parts.map(add));
        }
        edit.about =
            Subject::ALL.iter().map(|&subject| (subject, set(self.text(subject)))).collect();
        for name in &self.clear {
            let place = match Subject::from_name(name) {
                Some(subject) => edit.about.iter_mut().find(|(it, _)| *it == subject),
                None => None,
            };
            let to = match place {
                Some((_, to)) => to,
                None if name == "name" => &mut edit.name,
                None => {
                    let why = format!("--clear does not know {}", Shown(name));
                    return Err(Failure::Usage(why));
                }
            };
            if *to != To::Keep {
                let why = format!("{name} cannot be set and removed at once");
                return Err(Failure::Usage(why));
            }
            *to = To::Nothing;
        }
        Ok(edit)
    }

    /// Returns the argument for a subject.
    fn text(&self, subject: Subject) -> &Option<String> {
        match subject {
            Subject::Authors => &self.authors,
            Subject::Description => &self.description,
            Subject::Licenses => &self.licenses,
            Subject::Source => &self.source,
            Subject::Homepage => &self.homepage,
            Subject::Revision => &self.revision,
            Subject::Version => &self.version,
        }
    }
}
