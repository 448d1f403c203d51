//! `wattle metadata`: what a file says about itself.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wattle::ast::Shown;
use wattle::ast::components::Layer;
use wattle::ast::custom::{Producers, Subject};
use wattle::inspect::metadata::{Edit, Metadata as Found, To, read};

use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::output::{Output, write_json};

/// Shows and changes what a module or component says about itself.
#[derive(Args)]
pub(crate) struct Metadata {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the name, the producers and what registries show, of everything inside too.
    Show(Show),
    /// Set or remove these for the outermost module or component.
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

/// Shows the name, the producers and what registries show (`authors`, `licenses` and the like), of a
/// module or component and of everything inside.
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
        let found = read(&source.bytes).map_err(|error| source.malformed_binary(error))?;
        self.output.write(|out| match json {
            true => write_json(out, &found.iter().map(in_json).collect::<Vec<_>>()),
            false => found.iter().try_for_each(|found| write(out, found)),
        })
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
    for (name, error) in &found.malformed {
        line(name, &format!("malformed: {}", error.reason()))?;
    }
    Ok(())
}

fn in_json(found: &Found<'_>) -> Value {
    let about =
        found.about.iter().map(|about| (about.subject.name().to_owned(), json!(about.text)));
    let fields = found.producers.iter().flat_map(|producers| &producers.fields).map(|field| {
        let values = field.values.iter();
        let values = values.map(|it| json!({ "name": &*it.name, "version": &*it.version }));
        json!({ "field": &*field.name, "values": values.collect::<Vec<_>>() })
    });
    let malformed = found.malformed.iter();
    let malformed =
        malformed.map(|(name, error)| json!({ "section": name, "message": error.reason() }));
    json!({
        "kind": layer(found),
        "depth": found.depth,
        "start": found.range.start,
        "end": found.range.end,
        "name": found.name.as_ref().map(|name| name.as_str()),
        "about": about.collect::<serde_json::Map<_, _>>(),
        Producers::NAME: fields.collect::<Vec<_>>(),
        "malformed": malformed.collect::<Vec<_>>(),
    })
}

/// Sets or removes what the outermost module or component says about itself. Every other byte stays as
/// it is.
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

    /// The name.
    #[arg(long)]
    name: Option<String>,

    /// A language that it is written in; may be given several times.
    #[arg(long, value_name = "NAME[=VERSION]")]
    language: Vec<String>,

    /// A tool that worked on it; may be given several times.
    #[arg(long, value_name = "NAME[=VERSION]")]
    processed_by: Vec<String>,

    /// A development kit that it was made with; may be given several times.
    #[arg(long, value_name = "NAME[=VERSION]")]
    sdk: Vec<String>,

    /// Who is responsible for it.
    #[arg(long, value_name = "TEXT")]
    authors: Option<String>,

    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// The licenses of what is in it, as an expression of SPDX.
    #[arg(long, value_name = "EXPRESSION")]
    licenses: Option<String>,

    /// The URL of its source code.
    #[arg(long, value_name = "URL")]
    source: Option<String>,

    /// The URL of a page about it.
    #[arg(long, value_name = "URL")]
    homepage: Option<String>,

    /// The revision of its source code.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,

    /// Its version.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,

    /// Remove these, separated by commas: `name`, `authors`, `description`, `licenses`, `source`,
    /// `homepage`, `revision`, `version`.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    clear: Vec<String>,
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

    /// What the arguments say about a subject.
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
