//! `wattle component plug`: a component whose imports the exports of others satisfy.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use wattle::Wasm;
use wattle::ast::Shown;
use wattle::componentize::{Composer, Input, Plugged};
use wattle::wit::syntax::unescaped;

use super::new::renamed;
use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{FeatureList, Reading};
use crate::output::{Output, json_line};
use crate::source::Source;

/// Satisfies imports of a component with exports of others.
///
/// An export is plugged into the import of its name or, for interfaces, of a compatible version.
/// The result has the exports of SOCKET, and as imports those that no plug satisfies and those of
/// the plugs; imports of one interface become one. With `-o`, the connections are listed.
#[derive(Args)]
pub(crate) struct Plug {
    /// The component whose imports are satisfied; `-` is standard input.
    socket: PathBuf,

    /// A component whose exports satisfy imports; the option can be repeated.
    #[arg(long = "plug", value_name = "FILE", required_unless_present = "connect")]
    plugs: Vec<PathBuf>,

    /// A component whose export EXPORT, or whose whole instance, satisfies the import NAME; the
    /// option can be repeated.
    #[arg(long, value_name = "NAME=FILE[#EXPORT]")]
    connect: Vec<Connect>,

    /// Let plugs satisfy imports of other plugs too.
    #[arg(long)]
    between_plugs: bool,

    /// Rename the import OLD of the result, if there is one, to NEW.
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    import_name: Vec<(String, String)>,

    /// Rename the export OLD of the socket, if there is one, to NEW.
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    export_name: Vec<(String, String)>,

    /// Fail if any import is not satisfied.
    #[arg(long)]
    no_imports: bool,

    #[command(flatten)]
    output: Output,

    /// Write the component as text.
    #[arg(short = 't', long, visible_alias = "text")]
    wat: bool,
}

/// A component for one import.
#[derive(Clone)]
struct Connect {
    import: String,
    file: PathBuf,
    export: Option<String>,
}

impl FromStr for Connect {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Connect, &'static str> {
        let (import, file) = text.split_once('=').ok_or("a name, `=` and a file are expected")?;
        let (file, export) = match file.rsplit_once('#') {
            Some((file, export)) => (file, Some(unescaped(export))),
            None => (file, None),
        };
        Ok(Connect { import: unescaped(import), file: file.into(), export })
    }
}

impl Plug {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let socket = read(&self.socket)?;
        let files = self.plugs.iter().chain(self.connect.iter().map(|it| &it.file));
        let plugs = files.map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let mut composer = Composer::new(input(&socket)?)
            .between_plugs(self.between_plugs)
            .allow_imports(!self.no_imports);
        for (old, new) in &self.import_name {
            composer = composer.rename_import(old, new);
        }
        for (old, new) in &self.export_name {
            composer = composer.rename_export(old, new);
        }
        let connects = self.plugs.iter().map(|_| None).chain(self.connect.iter().map(Some));
        for (plug, connect) in plugs.iter().zip(connects) {
            let plug = input(plug)?;
            composer = match connect {
                Some(Connect { import, export, .. }) => {
                    composer.connect(import, plug, export.as_deref())
                }
                None => composer.plug(plug),
            };
        }
        let plugged = composer
            .finish()
            .map_err(|error| Failure::Faults(vec![Fault::new(&socket.name, error.to_string())]))?;
        let Plugged { component, connections, .. } = plugged;
        self.output.wasm(&Wasm::Component(component), self.wat)?;
        if self.output.is_stdout() {
            return Ok(());
        }
        Output::default().write(|out| {
            connections.iter().try_for_each(|it| {
                let name = |plug: usize| plugs.get(plug).map_or("", |plug| &*plug.name);
                let (importer, plug) = (it.importer.map(name), name(it.plug));
                if json {
                    let row = serde_json::json!({
                        "importer": importer, "import": it.import, "plug": plug, "export": it.export,
                    });
                    return writeln!(out, "{}", json_line(&row));
                }
                write!(out, "{}", Shown(&*it.import))?;
                if let Some(importer) = importer {
                    write!(out, " of {importer}")?;
                }
                match &it.export {
                    Some(export) if *export == it.import => writeln!(out, ": {plug}"),
                    Some(export) => writeln!(out, ": {} of {plug}", Shown(&**export)),
                    None => writeln!(out, ": the instance of {plug}"),
                }
            })
        })
    }
}

/// Reads a component, whatever features it uses.
fn read(path: &Path) -> Result<Source, Failure> {
    let reading = Reading { features: Some(FeatureList::all()), max_errors: NonZeroUsize::MIN };
    Source::read_wasm(Some(path), reading)
}

fn input(source: &Source) -> Result<Input<'_>, Failure> {
    match source.wasm(source.features())? {
        Wasm::Component(component) => Ok(Input { name: source.name.clone(), component }),
        Wasm::Module(_) => {
            let fault = source.fault("a component is expected, and this is a module".to_owned());
            Err(Failure::Faults(vec![fault]))
        }
    }
}
