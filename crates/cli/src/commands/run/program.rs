//! A module that is run: its source, its imports and exports, and its failures.

use std::path::Path as FilePath;

use wattle::Features;
use wattle::ast::components::Layer;
use wattle::ast::{
    self, ExternIdx, ExternType, FuncType, IndexSpaces, InstrRef, ItemKind, LineIndex, Path, Shown,
    SourceMap, Span,
};
use wattle::inspect::dwarf::DebugInfo;
use wattle::inspect::funcs::{self, FuncPlace};
use wattle::runtime::{CallSite, Error, ErrorKind, Func, Imports, Instance, Module, Store, Trap};
use wattle::validator::Validator;
use wattle::wasi;

use super::values::signature;
use crate::failure::{FAILED, Failure};
use crate::input::Reading;
use crate::lines::{SourceLine, lines_at};
use crate::names::NameStyle;
use crate::source::Source;

/// A valid module with its source, for messages about it.
pub(super) struct Program {
    pub(super) source: Source,
    pub(super) module: Module,
    /// The places of the parts of the module, if the source is text.
    map: Option<SourceMap>,
    /// The style in which names are shown.
    pub(super) names: NameStyle,
}

/// The maximum number of functions that a message lists.
const MAX_LISTED: usize = 40;

impl Program {
    /// Loads the module of a file, which must be valid.
    pub(super) fn load(file: &FilePath, reading: &Reading) -> Result<Program, Failure> {
        let source = Source::read_wasm(Some(file), reading.clone())?;
        let features = reading.features().features;
        if source.layer() == Layer::Component {
            let fault = source.fault("components are not executed yet".to_owned());
            let help = "`wasmtime run` executes components; `wattle component unbundle` writes the \
                        modules of a component to files, and `wattle run` executes modules";
            return Err(Failure::Faults(vec![fault.help(Some(help.to_owned()))]));
        }
        let (tree, map) = source.module_and_map(features)?;
        let valid = Validator::new()
            .features(features)
            .valid_module(tree)
            .map_err(|errors| source.invalid(errors.iter(), map.as_ref()))?;
        let module = Module::from(valid);
        Ok(Program { source, module, map, names: NameStyle::default() })
    }

    fn ast(&self) -> &ast::Module<'static> {
        self.module.ast()
    }

    /// Returns the type of the function that is exported under a name.
    pub(super) fn func(&self, name: &str) -> Option<&FuncType> {
        let index = self.module.exports().find_map(|(export, index)| match index {
            ExternIdx::Func(func) if export == name => Some(func),
            _ => None,
        })?;
        self.ast().func_type(IndexSpaces::of(self.ast()).func(index)?)
    }

    /// Returns the exported functions as a list for a message.
    pub(super) fn exported_funcs(&self) -> String {
        let mut funcs: Vec<_> = self
            .module
            .exports()
            .filter_map(|(name, _)| {
                Some(format!("  {} {}", Shown(name), signature(self.func(name)?)))
            })
            .collect();
        if funcs.is_empty() {
            return "it exports no functions".to_owned();
        }
        let more = funcs.len().saturating_sub(MAX_LISTED);
        funcs.truncate(MAX_LISTED);
        if more > 0 {
            funcs.push(format!("  and {more} more"));
        }
        format!("--invoke NAME calls one of its functions:\n{}", funcs.join("\n"))
    }

    /// Whether instantiation runs code: a start function, or `_initialize` behind it.
    pub(super) fn runs_by_itself(&self) -> bool {
        self.ast().start.is_some() || self.func("_initialize").is_some()
    }

    /// Returns the message that the module is not a program, and the functions that can be called
    /// instead.
    pub(super) fn no_start(&self, detail: &str) -> String {
        format!(
            "{} is not a program: it has no `_start`{detail}\n{}",
            self.source.name,
            self.exported_funcs()
        )
    }

    pub(super) fn instantiate(
        &self,
        store: &mut Store,
        imports: &Imports,
    ) -> Result<Instance, Error> {
        Instance::new(store, &self.module, imports)
    }

    /// Instantiates the module and calls its `_initialize`, if it exports one.
    pub(super) fn instantiate_and_initialize(
        &self,
        store: &mut Store,
        imports: &Imports,
    ) -> Result<Instance, Error> {
        let instance = self.instantiate(store, imports)?;
        if self.func("_initialize").is_some() {
            instance.call(store, "_initialize", &[])?;
        }
        Ok(instance)
    }

    /// Looks up the imports, and reports all that are unknown at once. If `trap` is set, an unknown
    /// function is defined as one that traps.
    pub(super) fn resolve(
        &self,
        store: &mut Store,
        imports: &mut Imports,
        trap: bool,
    ) -> Result<(), Failure> {
        let mut faults = Vec::new();
        for (index, import) in (0..).zip(&self.ast().imports) {
            let (module, name) = (import.module.as_str(), import.name.as_str());
            if imports.contains(module, name) {
                continue;
            }
            if let (true, Some(ty)) = (trap, self.func_import(import.ty)) {
                let message = format!("the import {module:?} {name:?} was called");
                let func = Func::new(store, ty.clone(), move |_, _| Err(Error::host(&*message)));
                if let Ok(func) = func {
                    imports.define(module, name, func);
                    continue;
                }
            }
            let wanted = self.import_type(import.ty);
            let mut why = format!("unknown import: {module:?} {name:?}, wanted as {wanted}");
            if module == "wasi_unstable" {
                why += &format!("; this old WASI is not provided, {} is", wasi::MODULE);
            }
            let path = Path::item(ItemKind::Import, index);
            let span = self.map.as_ref().and_then(|map| map.span(&path));
            faults.push((span, self.source.fault(why).path(&path)));
        }
        if faults.is_empty() { Ok(()) } else { Err(self.source.faults(faults)) }
    }

    fn func_import(&self, ty: ExternType) -> Option<&FuncType> {
        match ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => self.ast().func_type(ty),
            _ => None,
        }
    }

    /// Returns the type of an import for a message: in full for a function.
    fn import_type(&self, ty: ExternType) -> String {
        match self.func_import(ty) {
            Some(ty) => signature(ty),
            None => format!("({})", ty.kind().keyword()),
        }
    }

    /// Returns the failure of an execution: the exit code that the program chose, or a fault.
    /// `others` are the modules that the program may have called.
    pub(super) fn failure(&self, error: &Error, trap_code: u8, others: &[Program]) -> Failure {
        let mut message = error.to_string();
        let code = match error.kind() {
            // The system takes one byte as the exit code.
            ErrorKind::Exit(code) => return Failure::Exit(*code as u8),
            ErrorKind::Trap(Trap::OutOfFuel) => {
                message += ": more than --fuel allows";
                FAILED
            }
            ErrorKind::Trap(Trap::Interrupted) => {
                message += ": ";
                message += super::TIMEOUT;
                trap_code
            }
            ErrorKind::Trap(_) | ErrorKind::Exception(_) | ErrorKind::Host(_) => trap_code,
            ErrorKind::IncompatibleImport(module, name, _) => {
                let mut imports = self.ast().imports.iter();
                let import = imports.find(|import| {
                    *import.module.as_str() == **module && *import.name.as_str() == **name
                });
                if let Some(import) = import {
                    message += &format!("; the module wants {}", self.import_type(import.ty));
                }
                FAILED
            }
            _ => FAILED,
        };
        let programs: Vec<&Program> = std::iter::once(self).chain(others).collect();
        let mut places: Vec<Option<Places<'_>>> = programs.iter().map(|_| None).collect();
        let calls = error.backtrace().iter().map(|call| {
            let shown = self.shown(call);
            let number = programs.iter().position(|program| program.module == call.module);
            match number.and_then(|number| places.get_mut(number).zip(programs.get(number))) {
                Some((places, program)) => {
                    places.get_or_insert_with(|| Places::of(program)).call(call, shown, self.names)
                }
                None => (shown, Vec::new()),
            }
        });
        let (calls, lines) = calls.unzip();
        let fault = self.source.fault(message).backtrace(calls).source_lines(lines);
        let Some(innermost) = error.backtrace().first() else {
            return Failure::Ended(Box::new(fault), code);
        };
        // The innermost call is shown in the source of its own module.
        let program = programs.into_iter().find(|program| program.module == innermost.module);
        let Some(program) = program else { return Failure::Ended(Box::new(fault), code) };
        let fault = fault.in_file(&program.source.name);
        let place = program.source.locator().place(program.span(innermost), fault);
        Failure::Ended(Box::new(place), code)
    }

    /// Returns the place of a call in the text, if the source is text.
    fn span(&self, call: &CallSite) -> Option<Span> {
        let mut path = Path::item(ItemKind::Func, call.func);
        path.instr = Some(InstrRef { index: 0, offset: call.offset, opcode: None });
        self.map.as_ref()?.span(&path)
    }

    /// Returns a call in words, with the name of its function as it is shown.
    fn shown(&self, call: &CallSite) -> String {
        let name = call.name.as_deref().map(|name| self.names.of(name).into_owned());
        CallSite { name, ..call.clone() }.to_string()
    }
}

/// The source of the places of calls: a text, or the functions and the DWARF of a binary.
enum Places<'p> {
    Text { program: &'p Program, lines: LineIndex },
    Binary { funcs: Vec<FuncPlace>, info: DebugInfo<'p> },
}

impl<'p> Places<'p> {
    fn of(program: &'p Program) -> Places<'p> {
        let bytes = &program.source.bytes;
        match program.source.is_binary() {
            true => Places::Binary {
                funcs: funcs::places(bytes, Features::ALL).0,
                info: DebugInfo::new(bytes),
            },
            false => Places::Text { program, lines: LineIndex::new(bytes) },
        }
    }

    /// Returns a call with its offset in the file, and the source lines that it was compiled from.
    fn call(&self, call: &CallSite, shown: String, style: NameStyle) -> (String, Vec<SourceLine>) {
        match self {
            Places::Text { program, lines } => {
                let at = program.span(call).map(|span| span.line_column(lines));
                let line = at.map(|at| SourceLine::in_text(&program.source.name, at));
                (shown, line.into_iter().collect())
            }
            Places::Binary { funcs, info } => {
                let place = funcs.binary_search_by_key(&call.func, |place| place.index);
                let Some(place) = place.ok().and_then(|at| funcs.get(at)) else {
                    return (shown, Vec::new());
                };
                let offset = place.code.saturating_add(call.offset as usize);
                // Errors of the debugging information would distract from the failure, so they are
                // not shown.
                let lines = lines_at(info, offset, style).unwrap_or_default();
                (format!("{shown}, offset {offset:#x} of the file"), lines)
            }
        }
    }
}
