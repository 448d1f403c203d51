//! `wattle metadata`: what modules and components say about themselves.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde::Serialize;
use wattle::ast::Shown;
use wattle::ast::components::Layer;
use wattle::ast::custom::DescriptionSection;
use wattle::inspect::metadata::{Additions, Metadata, metadata};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, write_json};

/// Shows and adds what a module or component says about itself: its name, the tools that made it, its
/// authors, licences and the like.
#[derive(Args)]
pub(crate) struct MetadataOf {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show it, of the modules and components inside too.
    Show(Show),
    /// Add to it, or replace or remove a part.
    Add(Box<Add>),
}

impl MetadataOf {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match &self.command {
            Command::Show(command) => command.run(json),
            Command::Add(command) => command.run(),
        }
    }
}

#[derive(Args)]
struct Show {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

/// A module or component in a listing.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    path: String,
    start: usize,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    producers: serde_json::Map<String, serde_json::Value>,
    #[serde(flatten)]
    descriptions: serde_json::Map<String, serde_json::Value>,
}

impl Row {
    fn new(of: &Metadata) -> Row {
        let value = |(name, version): &(String, String)| serde_json::json!({ "name": name, "version": version });
        let producers = of.producers.iter().map(|(field, values)| {
            (field.clone(), values.iter().map(value).collect::<Vec<_>>().into())
        });
        let descriptions = of
            .descriptions
            .iter()
            .map(|(section, text)| (section.name().to_owned(), text.clone().into()));
        Row {
            kind: kind(of.layer),
            path: of.path.clone(),
            start: of.start,
            size: of.size,
            name: of.name.clone(),
            producers: producers.collect(),
            descriptions: descriptions.collect(),
        }
    }
}

fn kind(layer: Layer) -> &'static str {
    match layer {
        Layer::Module => "module",
        Layer::Component => "component",
    }
}

fn write(out: &mut dyn Write, of: &Metadata) -> io::Result<()> {
    let path = if of.path.is_empty() { kind(of.layer) } else { &*of.path };
    writeln!(out, "{path} at {:#x}, {} bytes", of.start, of.size)?;
    let mut row =
        |what: &str, text: &str| writeln!(out, "  {:<14} {}", Shown(what).to_string(), Shown(text));
    if let Some(name) = &of.name {
        row("name", name)?;
    }
    for (field, values) in &of.producers {
        for (name, version) in values {
            row(field, [&**name, " ", &**version].concat().trim_end())?;
        }
    }
    of.descriptions.iter().try_for_each(|(section, text)| row(section.name(), text))
}

impl Show {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let features = self.input.features_to_show();
        let source = self.input.read()?.binary(features)?;
        let found = metadata(&source.bytes, features);
        self.output.write(|out| match json {
            true => write_json(out, &found.iter().map(Row::new).collect::<Vec<_>>()),
            false => found.iter().try_for_each(|it| write(out, it)),
        })?;
        let errors = source.readable(features, false)?.errors;
        source.all_shown(errors)
    }
}

/// Adds to what the outermost module or component says about itself. An empty text removes what is
/// there.
#[derive(Args)]
#[command(disable_version_flag = true)]
struct Add {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// The name of the module or component.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// A language that it is written in, and its version.
    #[arg(long, value_name = "NAME[=VERSION]", value_parser = parse_tool)]
    language: Vec<(String, String)>,

    /// A tool that processed it, and its version.
    #[arg(long, value_name = "NAME[=VERSION]", value_parser = parse_tool)]
    processed_by: Vec<(String, String)>,

    /// An SDK that was used, and its version.
    #[arg(long, value_name = "NAME[=VERSION]", value_parser = parse_tool)]
    sdk: Vec<(String, String)>,

    /// Who is responsible, and how to reach them.
    #[arg(long, value_name = "TEXT")]
    authors: Option<String>,

    /// What it is.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// The licences, as an SPDX expression such as `MIT OR Apache-2.0`.
    #[arg(long, value_name = "SPDX")]
    licenses: Option<String>,

    /// Where its source is.
    #[arg(long, value_name = "URL")]
    source: Option<String>,

    /// Where to read about it.
    #[arg(long, value_name = "URL")]
    homepage: Option<String>,

    /// The revision of the source that it was made from.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,

    /// Its version.
    #[arg(long, value_name = "TEXT")]
    version: Option<String>,
}

/// A tool and its version.
fn parse_tool(word: &str) -> Result<(String, String), String> {
    let (name, version) = word.split_once('=').unwrap_or((word, ""));
    match name.is_empty() {
        true => Err("a name is needed".to_owned()),
        false => Ok((name.to_owned(), version.to_owned())),
    }
}

impl Add {
    fn additions(&self) -> Additions {
        let tools = [
            ("language", &self.language),
            ("processed-by", &self.processed_by),
            ("sdk", &self.sdk),
        ];
        let producers = tools.into_iter().flat_map(|(field, values)| {
            values.iter().map(move |(name, version)| (field, name.clone(), version.clone()))
        });
        let texts = DescriptionSection::ALL.iter().filter_map(|&section| {
            let text = match section {
                DescriptionSection::Authors => &self.authors,
                DescriptionSection::Description => &self.description,
                DescriptionSection::Licenses => &self.licenses,
                DescriptionSection::Source => &self.source,
                DescriptionSection::Homepage => &self.homepage,
                DescriptionSection::Revision => &self.revision,
                DescriptionSection::Version => &self.version,
            };
            Some((section, text.clone()?))
        });
        let (producers, descriptions) = (producers.collect(), texts.collect());
        Additions { name: self.name.clone(), producers, descriptions }
    }

    fn run(&self) -> Result<(), Failure> {
        let additions = self.additions();
        if additions == Additions::default() {
            return Err(Failure::Usage(
                "nothing to add: name a part, such as --name TEXT".to_owned(),
            ));
        }
        let source = self.input.read()?;
        let mut wasm = source.wasm(self.input.features_to_show())?;
        additions.apply(&mut wasm).map_err(|error| {
            let why = format!("the producers section of {} is malformed: {error}", source.name);
            Failure::Input(why)
        })?;
        self.output.binary(&wattle::encoder::encode_wasm(&wasm))
    }
}
