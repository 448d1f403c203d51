//! `wattle json-from-wast`: a test script as JSON and files of modules, for engines that do not
//! read text.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the command: directives to commands, modules to files |
//! | `shape.rs` | the shape of the JSON |

mod shape;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use wattle::ast::{ExternIdx, IndexSpaces, LineIndex, Span};
use wattle::parser::components::Parser;
use wattle::syntax::{Lexer, Shape};
use wattle::wat::script::{
    self, ActionKind, Assertion, Directive, DirectiveKind, Instance, ModuleSource, ScriptModule,
    Subject, Value, Verdict, Word,
};
use wattle::{Features, Module, Wasm, encoder, wat};

use self::shape::{
    Action, Command, Const, FailingAction, FailingModule, FileType, ModuleFile, Results, Type,
};
use super::print::remove_names;
use super::wast::features_of;
use crate::failure::Failure;
use crate::input::{FeatureList, Reading, is_standard};
use crate::output::Output;
use crate::source::Source;
use crate::transaction::Transaction;

/// Translates a test script to JSON and a file for each module, as WABT's `wast2json` does.
///
/// A module becomes a binary, `NAME.0.wasm` and so on; text that must be malformed stays text,
/// `NAME.1.wat`. Directives and values that WABT does not know are written as
/// `wasm-tools json-from-wast` writes them.
#[derive(Args)]
pub(crate) struct JsonFromWast {
    /// The script; `-` is standard input.
    file: PathBuf,

    /// The file for the JSON; by default, NAME.json in the current folder. Module files are written
    /// beside it, under its name.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The folder for the module files.
    #[arg(long, value_name = "DIR")]
    wasm_dir: Option<PathBuf>,

    /// Write name sections into the modules.
    #[arg(long)]
    debug_names: bool,

    /// The features that the modules may use: see `wattle parse --help`. By default, scripts in a
    /// folder `core`, `legacy` or `proposals/NAME`, as in the official suite, may use the features
    /// that they are written for, and other scripts those of `default`.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    features: Option<FeatureList>,

    /// Stop after this many errors in a malformed script.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: NonZeroUsize,
}

impl JsonFromWast {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let of_script = || FeatureList::from(features_of(&self.file));
        let list = self.features.clone().unwrap_or_else(of_script);
        let features = list.features;
        let reading = Reading { features: Some(list), max_errors: self.max_errors };
        let source = Source::read(Some(&self.file), reading)?;
        // The script is not converted to text, since the modules that it quotes need not be UTF-8.
        let script = script::parse(&source.bytes);
        let script = script.map_err(|errors| source.malformed_text(errors))?;
        let output = self.output.clone().unwrap_or_else(|| match is_standard(&self.file) {
            true => "-".into(),
            false => Path::new(self.file.file_name().unwrap_or_default()).with_extension("json"),
        });
        let name = if is_standard(&output) { &self.file } else { &output };
        let stem = match is_standard(name) {
            true => "script".into(),
            false => name.file_stem().unwrap_or_default().to_string_lossy(),
        };
        let mut writer = Writer {
            source: &source,
            lines: LineIndex::new(&source.bytes),
            features,
            keeps_names: self.debug_names,
            stem: &stem,
            files: Vec::new(),
            scope: Scope::default(),
        };
        let commands = writer.commands(&script.directives)?;
        let beside = || output.parent().filter(|_| !is_standard(&output)).unwrap_or(Path::new(""));
        let folder = self.wasm_dir.as_deref().unwrap_or_else(beside);
        let mut transaction = Transaction::default();
        for (name, content) in &writer.files {
            transaction.file(&folder.join(name), |out| out.write_all(content))?;
        }
        let name = self.file.to_string_lossy();
        Output::to(output.clone())
            .write_with(transaction, |out| shape::write(out, &name, &commands))
    }
}

/// The types of the exports of a module, by name: the result types of a function, or the type of a
/// global.
type Exports = BTreeMap<String, Vec<Type>>;

/// The modules and instances that a script has defined.
#[derive(Default)]
struct Scope {
    modules: BTreeMap<String, Defined>,
    last_module: Option<Defined>,
    instances: BTreeMap<String, Rc<Exports>>,
    last: Option<Rc<Exports>>,
}

/// A module that was defined.
#[derive(Clone)]
struct Defined {
    exports: Rc<Exports>,
    filename: String,
}

struct Writer<'s> {
    source: &'s Source,
    lines: LineIndex,
    features: Features,
    keeps_names: bool,
    stem: &'s str,
    files: Vec<(String, Vec<u8>)>,
    scope: Scope,
}

impl<'s> Writer<'s> {
    fn line(&self, span: Span) -> usize {
        self.lines.line_column(span.start).line
    }

    fn commands(&mut self, directives: &[Directive<'s>]) -> Result<Vec<Command>, Failure> {
        let mut commands = Vec::new();
        for directive in directives {
            let DirectiveKind::Thread(thread) = &directive.kind else {
                commands.extend(self.command(directive)?);
                continue;
            };
            // A thread has instances of its own, and the shared one.
            let outer = std::mem::take(&mut self.scope);
            if let Some(shared) = &thread.shared
                && let Some(exports) = outer.instances.get(shared.text.as_str())
            {
                self.scope.instances.insert(shared.text.to_string(), exports.clone());
            }
            let mut inner = Vec::new();
            for directive in &thread.directives {
                inner.extend(self.command(directive)?);
            }
            self.scope = outer;
            commands.push(Command::Thread {
                line: self.line(directive.span),
                name: id(&thread.id),
                shared_module: thread.shared.as_ref().map(id),
                commands: inner,
            });
        }
        Ok(commands)
    }

    /// Returns the command of a directive that is not a thread.
    fn command(&mut self, directive: &Directive<'s>) -> Result<Option<Command>, Failure> {
        let line = self.line(directive.span);
        Ok(Some(match &directive.kind {
            DirectiveKind::Module(module) => {
                let defined = self.define(module)?;
                self.instantiate(module.id.as_ref(), defined.exports.clone());
                Command::Module(self.module_file(module, defined, None))
            }
            DirectiveKind::Definition(module) => {
                let defined = self.define(module)?;
                Command::Module(self.module_file(module, defined, Some("true")))
            }
            DirectiveKind::Instance(instance) => {
                if let Some(defined) = self.defined(instance) {
                    self.instantiate(instance.id.as_ref(), defined.exports);
                }
                Command::Instance {
                    line,
                    instance: instance.id.as_ref().map(id),
                    definition: instance.module.as_ref().map(id),
                }
            }
            DirectiveKind::Register { name, instance } => Command::Register {
                line,
                name: instance.as_ref().map(id),
                r#as: name.text.to_string(),
            },
            DirectiveKind::Action(action) => Command::Action {
                line: self.line(action.span),
                expected: self.results(action),
                action: self.action(action),
            },
            DirectiveKind::AssertReturn { action, results } => Command::AssertReturn {
                line: self.line(action.span),
                action: self.action(action),
                results: Results::of(results),
            },
            DirectiveKind::Assert(assertion) => self.assertion(line, assertion)?,
            DirectiveKind::Wait { thread } => Command::Wait { line, thread: id(thread) },
            DirectiveKind::Thread(_) => return Ok(None),
        }))
    }

    fn assertion(&mut self, line: usize, assertion: &Assertion<'s>) -> Result<Command, Failure> {
        let text = assertion.message().to_owned();
        let failing = match &assertion.subject {
            Subject::Action(action) => {
                let failing = FailingAction {
                    line: self.line(action.span),
                    action: self.action(action),
                    text: assertion.message.is_some().then_some(text),
                    expected: self.results(action),
                };
                return Ok(match assertion.verdict {
                    Verdict::Exhaustion => Command::AssertExhaustion(failing),
                    Verdict::Suspension => Command::AssertSuspension(failing),
                    Verdict::Exception => Command::AssertException(failing),
                    _ => Command::AssertTrap(failing),
                });
            }
            Subject::Module(module) => {
                let (filename, module_type) = self.failing_file(module);
                FailingModule { line: self.line(module.span), filename, text, module_type }
            }
            Subject::Instance(instance) => {
                let filename = self.defined(instance).map_or_else(String::new, |it| it.filename);
                FailingModule { line, filename, text, module_type: FileType::Binary }
            }
        };
        Ok(match assertion.verdict {
            Verdict::Malformed => Command::AssertMalformed(failing),
            Verdict::MalformedCustom => Command::AssertMalformedCustom(failing),
            Verdict::Invalid => Command::AssertInvalid(failing),
            Verdict::InvalidCustom => Command::AssertInvalidCustom(failing),
            Verdict::Unlinkable => Command::AssertUnlinkable(failing),
            _ => Command::AssertUninstantiable(failing),
        })
    }

    fn module_file(
        &self,
        module: &ScriptModule<'s>,
        defined: Defined,
        definition: Option<&'static str>,
    ) -> ModuleFile {
        ModuleFile {
            definition,
            line: self.line(module.span),
            name: module.id.as_ref().map(id),
            filename: defined.filename,
        }
    }

    /// Adds a file, and returns its name.
    fn file(&mut self, extension: &str, content: Vec<u8>) -> String {
        let name = format!("{}.{}.{extension}", self.stem, self.files.len());
        self.files.push((name.clone(), content));
        name
    }

    /// Returns the bytes of a module, and its exports.
    fn binary(&self, module: &ScriptModule<'s>) -> Result<(Vec<u8>, Exports), wat::Errors> {
        if let ModuleSource::Binary(bytes) = &module.source {
            let parsed = Parser::new().features(Features::ALL).check_bodies(false).wasm(bytes);
            let exports = parsed.as_ref().map(exports).unwrap_or_default();
            return Ok((bytes.to_vec(), exports));
        }
        let parser = wat::Parser::new().features(self.features);
        let parsed = match module.parse_wasm(&parser) {
            Some(parsed) => parsed?,
            // Only a binary is not parsed, and that was handled above.
            None => return Ok((Vec::new(), Exports::new())),
        };
        let mut wasm = parsed.into_wasm();
        if !self.keeps_names {
            remove_names(&mut wasm);
        }
        Ok((encoder::encode_wasm(&wasm), exports(&wasm)))
    }

    fn define(&mut self, module: &ScriptModule<'s>) -> Result<Defined, Failure> {
        let (bytes, exports) =
            self.binary(module).map_err(|errors| self.source.malformed_text(errors))?;
        let filename = self.file("wasm", bytes);
        let defined = Defined { exports: Rc::new(exports), filename };
        if let Some(id) = &module.id {
            self.scope.modules.insert(id.text.to_string(), defined.clone());
        }
        self.scope.last_module = Some(defined.clone());
        Ok(defined)
    }

    fn instantiate(&mut self, id: Option<&Word<'_>>, exports: Rc<Exports>) {
        if let Some(id) = id {
            self.scope.instances.insert(id.text.to_string(), exports.clone());
        }
        self.scope.last = Some(exports);
    }

    /// Returns the module of an instance.
    fn defined(&self, instance: &Instance<'_>) -> Option<Defined> {
        match &instance.module {
            Some(id) => self.scope.modules.get(id.text.as_str()).cloned(),
            None => self.scope.last_module.clone(),
        }
    }

    /// Adds the file of a module that must fail. Quoted text, and text that cannot be encoded,
    /// stays text.
    fn failing_file(&mut self, module: &ScriptModule<'s>) -> (String, FileType) {
        let text = match &module.source {
            ModuleSource::Quote(fields) if module.is_component => {
                [b"(component ", &**fields, b"\n)"].concat()
            }
            ModuleSource::Quote(text) => text.to_vec(),
            ModuleSource::Binary(bytes) => {
                return (self.file("wasm", bytes.to_vec()), FileType::Binary);
            }
            ModuleSource::Text(text) => match self.binary(module) {
                Ok((bytes, _)) => return (self.file("wasm", bytes), FileType::Binary),
                Err(_) => text.as_bytes().to_vec(),
            },
        };
        (self.file("wat", text), FileType::Text)
    }

    fn action(&self, action: &script::Action<'_>) -> Action {
        let module = action.instance.as_ref().map(id);
        let field = action.name.text.to_string();
        let args = match &action.kind {
            ActionKind::Get => return Action::Get { module, field },
            ActionKind::Invoke(args) => {
                args.iter().map(|arg| Const::argument(arg.kind, self.shape(arg))).collect()
            }
            ActionKind::InvokeComponent(args) => args.iter().map(Const::component).collect(),
        };
        Action::Invoke { module, field, args }
    }

    /// Returns the shape in which a vector is written.
    fn shape(&self, arg: &Value) -> Shape {
        let text = self.source.bytes.get(arg.span.start..arg.span.end).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        let mut tokens = Lexer::new(text).filter(|(kind, _)| !kind.is_trivia());
        let word = tokens.nth(2).and_then(|(_, span)| text.get(span.start..span.end));
        word.and_then(Shape::from_keyword).unwrap_or(Shape::I32x4)
    }

    /// Returns the result types of an action, if the module is known and has an export of the name.
    fn results(&self, action: &script::Action<'_>) -> Option<Vec<Type>> {
        let exports = match &action.instance {
            Some(id) => self.scope.instances.get(id.text.as_str()),
            None => self.scope.last.as_ref(),
        };
        exports?.get(action.name.text.as_str()).cloned()
    }
}

/// An identifier, with its dollar sign as WABT writes it.
fn id(word: &Word<'_>) -> String {
    format!("${}", word.text)
}

fn exports(wasm: &Wasm<'_>) -> Exports {
    match wasm {
        Wasm::Module(module) => exports_of(module),
        // The types of components have another notation.
        Wasm::Component(_) => Exports::new(),
    }
}

fn exports_of(module: &Module<'_>) -> Exports {
    let spaces = IndexSpaces::of(module);
    let types = module.exports.iter().filter_map(|export| {
        let types = match export.index {
            ExternIdx::Func(func) => {
                let ty = module.func_type(spaces.func(func)?)?;
                ty.results().iter().map(|&ty| ty.into()).collect()
            }
            ExternIdx::Global(global) => vec![spaces.global(global)?.val.into()],
            _ => return None,
        };
        Some((export.name.to_string(), types))
    });
    types.collect()
}
