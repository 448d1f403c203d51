//! The form in which a user names an engine, and the start of that engine.

use std::path::PathBuf;
use std::time::Duration;

use wattle_ast::Features;

use crate::campaign::Error;
use crate::engine::Engine;
use crate::engines::command::External;
use crate::engines::server::Server;

/// An engine as the command line names it. Each thread starts its own.
///
/// ```
/// use wattle_differ::Spec;
///
/// let spec = Spec::parse("wabt:wasm2,-simd=wasm-interp {wasm} --run-all-exports").unwrap();
/// assert_eq!(spec.name(), "wabt");
/// assert!(Spec::parse("nobody").is_err());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Spec {
    name: String,
    features: Option<Features>,
    kind: EngineKind,
}

#[derive(Clone, PartialEq, Debug)]
enum EngineKind {
    #[cfg(feature = "wasmtime")]
    Wasmtime(crate::engines::wasmtime::Backend),
    #[cfg(feature = "wasmi")]
    Wasmi,
    Server(String),
    Command(String),
}

impl Spec {
    /// Reads the name of an engine that is linked in (`wasmtime`, `winch`, `pulley`, `wasmi`), or
    /// `name=command`. A command with `{wasm}` in it is started for each call; any other command
    /// speaks the line protocol. A list of features may follow a name: `winch:wasm2,-simd`.
    ///
    /// # Errors
    /// [`Error::Engine`] with the fault in `text`.
    pub fn parse(text: &str) -> Result<Spec, Error> {
        Spec::read(text).map_err(Error::Engine)
    }

    fn read(text: &str) -> Result<Spec, String> {
        let (head, command) = match text.split_once('=') {
            Some((head, command)) => (head.trim(), Some(command.trim())),
            None => (text.trim(), None),
        };
        let (name, list) = match head.split_once(':') {
            Some((name, list)) => (name, Some(list)),
            None => (head, None),
        };
        let features = list.map(Features::parse).transpose();
        let features = features.map_err(|error| format!("{name}: {error}"))?;
        if name.is_empty() {
            return Err(format!("an engine needs a name: {text:?}"));
        }
        let kind = match command {
            Some("") => return Err(format!("{name}: no command")),
            Some(command) => {
                crate::engines::command::words_of(command)?;
                if command.contains("{export}") && !command.contains("{wasm}") {
                    return Err(format!("{name}: a command with {{export}} needs {{wasm}}"));
                }
                if command.contains("{wasm}") {
                    if features.is_none() {
                        return Err(format!(
                            "{name}: say what it supports: '{name}:wasm2={command}'"
                        ));
                    }
                    EngineKind::Command(command.to_owned())
                } else {
                    EngineKind::Server(command.to_owned())
                }
            }
            None => linked(name)?,
        };
        Ok(Spec { name: name.to_owned(), features, kind })
    }

    /// The name of the engine, without features and command.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts the engine. The modules of commands are written to `folder`; `timeout` is the longest
    /// time that a case may take in a process.
    ///
    /// # Errors
    /// [`Error::Engine`] with the reason why the engine cannot be started.
    pub fn make(&self, timeout: Duration, folder: PathBuf) -> Result<Box<dyn Engine>, Error> {
        self.start(timeout, folder).map_err(Error::Engine)
    }

    fn start(&self, timeout: Duration, folder: PathBuf) -> Result<Box<dyn Engine>, String> {
        match &self.kind {
            #[cfg(feature = "wasmtime")]
            EngineKind::Wasmtime(backend) => {
                let engine = crate::engines::wasmtime::Wasmtime::start(*backend, self.features)?;
                Ok(Box::new(engine))
            }
            #[cfg(feature = "wasmi")]
            EngineKind::Wasmi => Ok(Box::new(crate::engines::wasmi::Wasmi::new(self.features))),
            EngineKind::Server(command) => {
                Ok(Box::new(Server::new(&self.name, self.features, command, timeout)?))
            }
            EngineKind::Command(command) => {
                let features = self.features.unwrap_or(Features::WASM1);
                let engine = External::new(&self.name, features, command, timeout, folder)?;
                Ok(Box::new(engine))
            }
        }
    }
}

/// The linked engine with a name.
fn linked(name: &str) -> Result<EngineKind, String> {
    match name {
        #[cfg(feature = "wasmtime")]
        "wasmtime" => Ok(EngineKind::Wasmtime(crate::engines::wasmtime::Backend::Cranelift)),
        #[cfg(feature = "wasmtime")]
        "winch" => Ok(EngineKind::Wasmtime(crate::engines::wasmtime::Backend::Winch)),
        #[cfg(feature = "wasmtime")]
        "pulley" => Ok(EngineKind::Wasmtime(crate::engines::wasmtime::Backend::Pulley)),
        #[cfg(feature = "wasmi")]
        "wasmi" => Ok(EngineKind::Wasmi),
        #[cfg(not(feature = "wasmtime"))]
        "wasmtime" | "winch" | "pulley" => {
            Err(format!("{name} is not linked in: build with `--features wasmtime`"))
        }
        #[cfg(not(feature = "wasmi"))]
        "wasmi" => Err(format!("{name} is not linked in: build with `--features wasmi`")),
        _ => Err(format!("no engine {name:?}; a command is written as '{name}=command'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_specs_say_what_is_wrong() {
        for (text, words) in [
            ("", "needs a name"),
            ("x", "no engine \"x\""),
            ("x=", "no command"),
            ("x:nonsense=y", "x: unknown feature `nonsense`"),
            ("x:wasm1=run {export}", "needs {wasm}"),
            ("x=run {wasm} {export}", "say what it supports"),
            ("x=run 'y", "a quote is not closed"),
        ] {
            let error = Spec::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
