//! `wattle component plug`: a component whose imports the exports of others satisfy.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use wattle::ast::Shown;
use wattle::componentize::{Input, Plugged, plug};
use wattle::printer::Config;
use wattle::{Wasm, encoder};

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{FeatureList, Reading};
use crate::output::{Output, json_line};
use crate::source::Source;

/// Satisfies imports of a component by exports of others.
///
/// An export is plugged into the import of its name or, for interfaces, of a compatible version. The
/// result exports what SOCKET exports, and imports what no plug satisfies and what the plugs import
/// themselves; imports of one interface become one. With `-o`, what was plugged into what is listed.
#[derive(Args)]
pub(crate) struct Plug {
    /// The component whose imports are satisfied; `-` is standard input.
    socket: PathBuf,

    /// A component whose exports satisfy imports; the option can be repeated.
    #[arg(long = "plug", value_name = "FILE", required = true)]
    plugs: Vec<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Write the component as text.
    #[arg(short = 't', long, visible_alias = "text")]
    wat: bool,
}

impl Plug {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let socket = read(&self.socket)?;
        let plugs = self.plugs.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let inputs = plugs.iter().map(input).collect::<Result<Vec<_>, _>>()?;
        let plugged = plug(input(&socket)?, inputs)
            .map_err(|error| Failure::Faults(vec![Fault::new(&socket.name, error.to_string())]))?;
        let Plugged { component, connections, .. } = plugged;
        let wasm = Wasm::Component(component);
        match self.wat {
            true => {
                let text = Config::new().print_wasm(&wasm);
                self.output.write(|out| out.write_all(text.as_bytes()))?;
            }
            false => self.output.binary(&encoder::encode_wasm(&wasm))?,
        }
        if self.output.is_stdout() {
            return Ok(());
        }
        Output::default().write(|out| {
            connections.iter().try_for_each(|it| {
                let plug = plugs.get(it.plug).map_or("", |plug| &*plug.name);
                match json {
                    true => {
                        let (import, export) = (&it.import, &it.export);
                        let row =
                            serde_json::json!({ "import": import, "plug": plug, "export": export });
                        writeln!(out, "{}", json_line(&row))
                    }
                    false if it.export == it.import => {
                        writeln!(out, "{}: {plug}", Shown(&*it.import))
                    }
                    false => {
                        let (import, export) = (Shown(&*it.import), Shown(&*it.export));
                        writeln!(out, "{import}: {export} of {plug}")
                    }
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
