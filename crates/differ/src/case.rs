//! Cases: a module under test, with the modules that run it and observe it.
//!
//! The *provider* is a module that exports what the module imports; its functions tell the host
//! when they are called. The *adapter* is a module that imports what the module exports. Its
//! functions, the *probes*, have no parameters and return words: they call functions of the module
//! with arguments, and read its globals, memories and tables. So an engine only has to pass `i64`s,
//! and vectors, references and the bits of NaNs are compared too.
//!
//! The *closed form* of a case combines the three modules in one, for engines that can only call an
//! export of a single module.

use wattle_ast::{
    Elem, ElemItems, ElemMode, Export, Expr, ExternIdx, ExternKind, ExternType, Feature, Features,
    Func, FuncIdx, FuncType, Global, GlobalIdx, GlobalType, Import, IndexSpaces, Instr, List,
    LocalIdx, Module, Opcode, RefType, SubType, TypeIdx, ValType,
};
use wattle_smith::{provider_of, split_mix64};

use crate::emit::{Code, Part, WordKind};

/// A function of the adapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The name that it is exported by.
    pub name: String,
    /// Its task, as text: `call "f"`, for instance.
    pub label: String,
    /// The meaning of each result.
    pub parts: Vec<Part>,
    /// Whether the probe runs code of the module under test.
    pub is_call: bool,
}

/// A module under test, ready to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module.
    pub module: Module<'static>,
    /// The features that the module may use.
    pub features: Features,
    /// The provider.
    pub provider: Module<'static>,
    /// The adapter.
    pub adapter: Module<'static>,
    /// The probes, in the order in which they run.
    pub probes: Vec<Probe>,
    /// The number of exported functions that cannot be called, because a parameter type has no
    /// value to pass.
    pub uncallable: usize,
    /// The three modules as binaries.
    pub binaries: Binaries,
    settings: Settings,
}

/// The modules of a case as binaries.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The module.
    pub module: Vec<u8>,
    /// The provider.
    pub provider: Vec<u8>,
    /// The adapter.
    pub adapter: Vec<u8>,
}

/// The closed form of a case: one module without imports.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The module.
    pub module: Module<'static>,
    /// The probes. Each returns a hash of all state after its results.
    pub probes: Vec<Probe>,
}

/// The settings for calls of a module's functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The value that the exported global `fuel` is set to before each call.
    pub fuel: Option<u32>,
    /// The number that arguments are derived from.
    pub salt: u64,
}

/// The module name that the adapter imports from.
pub const UNDER_TEST: &str = "m";
/// The module and the name of the function that the provider imports from the host, of type
/// `[i32 i64] -> []`.
pub const HOST: (&str, &str) = ("host", "log");

/// The probe that reads the state.
pub(crate) const STATE: &str = "s";

/// Adds functions to a module.
struct Adder {
    out: Module<'static>,
    /// The number of functions in the module, imports included.
    funcs: u32,
}

impl Adder {
    /// Adds a function, and its type if the module lacks it.
    fn func(&mut self, ty: FuncType, code: Code<'_>) -> FuncIdx {
        let ty = SubType::from(ty);
        let known = self.out.types.iter().position(|known| *known == ty);
        let index = known.unwrap_or_else(|| {
            self.out.types.push(ty);
            self.out.types.len() - 1
        });
        self.out.funcs.push(Func { ty: TypeIdx(index as u32), body: code.finish() });
        self.funcs += 1;
        FuncIdx(self.funcs - 1)
    }

    /// Adds a function without parameters that returns this number of words.
    fn probe(&mut self, name: &str, words: usize, code: Code<'_>) {
        let index = self.func(FuncType::new([], vec![ValType::I64; words]), code).into();
        self.out.exports.push(Export { name: name.to_owned().into(), index });
    }
}

fn mix(seed: u64) -> u64 {
    split_mix64(&mut { seed })
}

/// Makes a module that defines the imports of another module. Its functions pass the number of the
/// import and a hash of their arguments to `log`, and return constants; its globals hold constants.
fn provided(module: &Module<'static>, log: FuncIdx) -> Module<'static> {
    let body = |place: usize, ty| {
        let (params, results) =
            module.func_type(ty).map_or((&[][..], &[][..]), |ty| (ty.params(), ty.results()));
        let mut code = Code::new(module, params.len() as u32);
        code.push(Instr::I32Const { value: place as i32 });
        code.hash_params(params);
        code.push(Instr::Call { func: log });
        for (at, &ty) in results.iter().enumerate() {
            code.value(ty, mix((place * 16 + at) as u64));
        }
        code.finish()
    };
    provider_of(module, body, |place, ty| constant(module, ty, place as u64))
}

fn constant(module: &Module<'static>, ty: ValType, choice: u64) -> Expr<'static> {
    let mut code = Code::new(module, 0);
    code.value(ty, choice);
    code.finish().expr().into_owned()
}

fn log_type() -> FuncType {
    FuncType::new([ValType::I32, ValType::I64], [])
}

fn import(module: &str, name: &str, ty: ExternType) -> Import<'static> {
    Import { module: module.to_owned().into(), name: name.to_owned().into(), ty }
}

/// Returns the exported functions, tables, memories and globals of a module, each with its first
/// name and its type.
fn exported(module: &Module<'_>) -> Vec<(String, ExternIdx, ExternType)> {
    let spaces = IndexSpaces::of(module);
    let mut exported: Vec<(String, ExternIdx, ExternType)> = Vec::new();
    for export in &module.exports {
        let is_known = exported.iter().any(|(_, index, _)| *index == export.index);
        let ty = spaces.get(export.index).filter(|ty| !is_known && ty.kind() != ExternKind::Tag);
        exported.extend(ty.map(|ty| (export.name.as_str().to_owned(), export.index, ty)));
    }
    exported
}

/// The part of a module that probes see: its exports, with the indices that the probes use for
/// them.
struct View<'m> {
    module: &'m Module<'static>,
    exports: Vec<(String, ExternIdx, ExternType)>,
    settings: Settings,
}

impl Case {
    /// Makes the case of a module that is valid with `features`.
    ///
    /// ```
    /// use wattle_differ::{Case, Settings};
    /// use wattle_smith::{Config, from_seed};
    ///
    /// let made = from_seed(&Config::default(), 3);
    /// let case = Case::new(made.module, made.features, Settings::default());
    /// assert!(wattle_validator::validate(&case.adapter).is_ok());
    /// assert!(wattle_validator::validate(&case.provider).is_ok());
    /// assert!(wattle_validator::validate(&case.closed().module).is_ok());
    /// ```
    pub fn new(module: Module<'static>, features: Features, settings: Settings) -> Case {
        let provider = provider(&module);
        let (adapter, probes, uncallable) = adapter(&module, features, settings);
        let binaries = Binaries {
            module: wattle_encoder::encode(&module),
            provider: wattle_encoder::encode(&provider),
            adapter: wattle_encoder::encode(&adapter),
        };
        Case { module, features, provider, adapter, probes, uncallable, binaries, settings }
    }

    /// Restores a case that another process made, from its binaries and the names of its probes.
    /// The provider may be empty when the module imports nothing.
    ///
    /// # Errors
    /// The parser's error, if a binary is malformed.
    pub(crate) fn received(
        binaries: Binaries,
        names: &[String],
    ) -> Result<Case, wattle_ast::Error> {
        let parse = |bytes| {
            let parser = wattle_parser::Parser::new().features(Features::ALL);
            parser.module(bytes).map(Module::into_owned)
        };
        let module = parse(&binaries.module)?;
        let provider = match module.imports.is_empty() {
            true => Module::default(),
            false => parse(&binaries.provider)?,
        };
        let adapter = parse(&binaries.adapter)?;
        let funcs = IndexSpaces::of(&adapter).funcs;
        let word_count = |name: &String| {
            let export = adapter.exports.iter().find(|export| export.name.as_str() == name)?;
            let ExternIdx::Func(func) = export.index else { return None };
            Some(adapter.func_type(*funcs.get(func.idx())?)?.results().len())
        };
        let part = Part { label: String::new(), kind: WordKind::I64 };
        let probes = names.iter().map(|name| Probe {
            name: name.clone(),
            label: name.clone(),
            parts: vec![part.clone(); word_count(name).unwrap_or(0)],
            is_call: name != STATE,
        });
        let probes = probes.collect();
        let (features, settings) = (Features::ALL, Settings::default());
        let uncallable = 0;
        Ok(Case { module, features, provider, adapter, probes, uncallable, binaries, settings })
    }

    /// Makes the case of another module, with the features and settings of this case.
    pub fn with_module(&self, module: Module<'static>) -> Case {
        Case::new(module, self.features, self.settings)
    }

    /// Returns whether a function body has an instruction that `wanted` accepts.
    pub fn uses(&self, wanted: impl Fn(Opcode) -> bool) -> bool {
        let mut bodies = self.module.funcs.iter().map(|func| &func.body);
        bodies.any(|body| body.instrs().flatten().any(|instr| wanted(instr.opcode())))
    }

    /// Returns whether an engine that supports exactly these features can run the case, or its
    /// closed form if `is_closed`.
    pub fn fits(&self, features: Features, is_closed: bool) -> bool {
        let is_valid = |module: &Module<'_>| {
            wattle_validator::Validator::new().features(features).module(module).is_ok()
        };
        match is_closed {
            true => is_valid(&self.closed().module),
            false => [&self.module, &self.provider, &self.adapter].into_iter().all(is_valid),
        }
    }

    /// Combines the modules of the case in its closed form.
    pub fn closed(&self) -> Closed {
        let spaces = IndexSpaces::of(&self.module);
        let mut out = self.module.clone();
        out.imports.clear();
        out.import_groups.clear();
        out.encoding = Default::default();
        let exports = core::mem::take(&mut out.exports);
        if self.uses(|opcode| opcode == Opcode::RefFunc) {
            // An export may be the only declaration of a function for `ref.func`.
            let funcs = exports.iter().filter_map(|export| match export.index {
                ExternIdx::Func(func) => Some(func),
                _ => None,
            });
            let items = ElemItems::Funcs(List::new(funcs));
            out.elems.push(Elem { ty: RefType::FUNC, items, mode: ElemMode::Declarative });
        }
        let log = FuncIdx(spaces.len(ExternKind::Func));
        let provided = provided(&self.module, log);
        out.funcs.as_vec_mut().splice(0..0, provided.funcs);
        out.tables.as_vec_mut().splice(0..0, provided.tables);
        out.memories.as_vec_mut().splice(0..0, provided.memories);
        out.globals.as_vec_mut().splice(0..0, provided.globals);
        out.tags.as_vec_mut().splice(0..0, provided.tags);
        // The log is a global with a hash of all calls of imported functions.
        let host = GlobalIdx(spaces.len(ExternKind::Global));
        let ty = GlobalType { mutable: true, val: ValType::I64 };
        out.globals.push(Global { ty, init: constant(&self.module, ValType::I64, 0) });
        let mut adder = Adder { funcs: log.0, out };
        let mut code = Code::new(&self.module, 2);
        code.all([Instr::GlobalGet { global: host }, Instr::LocalGet { local: LocalIdx(0) }]);
        code.push(Instr::I64ExtendI32U);
        code.mix();
        code.push(Instr::LocalGet { local: LocalIdx(1) });
        code.mix();
        code.push(Instr::GlobalSet { global: host });
        adder.func(log_type(), code);

        let exports = exported(&self.module);
        let view = View { module: &self.module, exports, settings: self.settings };
        // This function returns one hash of all state.
        let mut code = Code::new(&self.module, 0);
        let hash = code.body.local(ValType::I64);
        let word = code.body.local(ValType::I64);
        view.state(&mut code, self.features, |code, parts| {
            for _ in &parts {
                code.all([Instr::LocalSet { local: word }, Instr::LocalGet { local: hash }]);
                code.push(Instr::LocalGet { local: word });
                code.mix();
                code.push(Instr::LocalSet { local: hash });
            }
        });
        code.all([Instr::LocalGet { local: hash }, Instr::GlobalGet { global: host }]);
        code.mix();
        let digest = adder.func(FuncType::new([], [ValType::I64]), code);
        let part = Part { label: "all state".into(), kind: WordKind::State };
        let (mut probes, _) = view.calls(&mut adder, Some((digest, &part)));
        adder.out.exports.push(Export { name: STATE.into(), index: digest.into() });
        probes.push(Probe::of_state("all state at first", vec![part]));
        Closed { module: adder.out, probes }
    }
}

impl Probe {
    fn of_state(label: &str, parts: Vec<Part>) -> Probe {
        Probe { name: STATE.into(), label: label.into(), parts, is_call: false }
    }
}

fn provider(module: &Module<'static>) -> Module<'static> {
    let mut out = provided(module, FuncIdx(0));
    let ty = TypeIdx(out.types.len() as u32);
    out.types.push(log_type().into());
    out.imports.push(import(HOST.0, HOST.1, ExternType::Func(ty)));
    // The imported function gets index 0, so the indices of all others grow by one.
    for export in &mut out.exports {
        if let ExternIdx::Func(func) = &mut export.index {
            func.0 += 1;
        }
    }
    out
}

/// Makes the adapter and its probes, and counts the functions that cannot be called.
fn adapter(
    module: &Module<'static>,
    features: Features,
    settings: Settings,
) -> (Module<'static>, Vec<Probe>, usize) {
    let (types, rec_groups) = (module.types.clone(), module.rec_groups.clone());
    let mut out = Module { types, rec_groups, ..Module::default() };
    let mut exports = exported(module);
    for (name, index, ty) in &mut exports {
        *index = ExternIdx::new(index.kind(), out.imported(index.kind()));
        out.imports.push(import(UNDER_TEST, name, *ty));
    }
    let view = View { module, exports, settings };
    let mut adder = Adder { funcs: out.imported(ExternKind::Func), out };
    let (mut probes, uncallable) = view.calls(&mut adder, None);
    let mut code = Code::new(module, 0);
    let mut parts = Vec::new();
    view.state(&mut code, features, |_, more| parts.extend(more));
    adder.probe(STATE, parts.len(), code);
    probes.push(Probe::of_state("globals, memories and tables at last", parts));
    (adder.out, probes, uncallable)
}

impl View<'_> {
    /// Returns the instructions that set the global `fuel`, if there is one and the settings give
    /// it a value.
    fn refuel(&self) -> Option<[Instr<'static>; 2]> {
        let value = self.settings.fuel?.min(i32::MAX as u32) as i32;
        let global = self.exports.iter().find_map(|(name, index, ty)| match (index, ty) {
            (&ExternIdx::Global(global), ExternType::Global(ty)) if name == "fuel" => {
                (ty.mutable && ty.val == ValType::I32).then_some(global)
            }
            _ => None,
        })?;
        Some([Instr::I32Const { value }, Instr::GlobalSet { global }])
    }

    /// Adds a probe for each function that can be called, and counts those that cannot. A probe
    /// also returns the result of the function `digest`, if there is one.
    fn calls(&self, adder: &mut Adder, digest: Option<(FuncIdx, &Part)>) -> (Vec<Probe>, usize) {
        let (mut probes, mut uncallable) = (Vec::new(), 0);
        let funcs = self.exports.iter().filter_map(|(name, index, ty)| match (index, ty) {
            (&ExternIdx::Func(func), &ExternType::Func(ty) | &ExternType::FuncExact(ty)) => {
                Some((name, func, self.module.func_type(ty)?))
            }
            _ => None,
        });
        for (place, (name, func, ty)) in funcs.enumerate() {
            let mut code = Code::new(self.module, 0);
            code.all(self.refuel().into_iter().flatten());
            let choice = |at: usize| mix(self.settings.salt ^ (place * 64 + at) as u64);
            let mut params = ty.params().iter().enumerate();
            if !params.all(|(at, &ty)| code.value(ty, choice(at))) {
                uncallable += 1;
                continue;
            }
            code.push(Instr::Call { func });
            let locals: Vec<_> = ty.results().iter().map(|&ty| code.body.local(ty)).collect();
            code.all(locals.iter().rev().map(|&local| Instr::LocalSet { local }));
            let mut parts = Vec::new();
            for (at, (&local, &ty)) in locals.iter().zip(ty.results()).enumerate() {
                let label = |&kind: &WordKind| Part { label: format!("result {at}: {ty}"), kind };
                parts.extend(code.words(local, ty).iter().map(label));
            }
            if let Some((func, part)) = digest {
                code.push(Instr::Call { func });
                parts.push(part.clone());
            }
            let export = format!("c{place}");
            adder.probe(&export, parts.len(), code);
            let label = format!("call {name:?}");
            probes.push(Probe { name: export, label, parts, is_call: true });
        }
        (probes, uncallable)
    }

    /// Pushes the words of all globals, memories and tables. Calls `each` after each of these, with
    /// the meaning of its words.
    fn state<'m>(
        &self,
        code: &mut Code<'m>,
        features: Features,
        mut each: impl FnMut(&mut Code<'m>, Vec<Part>),
    ) {
        let has_table_get = features.contains(Feature::ReferenceTypes);
        for (name, index, ty) in &self.exports {
            let sized = |what| {
                let part =
                    |of| Part { label: format!("{what} {name:?}: {of}"), kind: WordKind::State };
                ["size", "hash"].map(part).to_vec()
            };
            let parts = match (*index, ty) {
                (ExternIdx::Global(global), ExternType::Global(ty)) => {
                    let label = format!("global {name:?}: {}", ty.val);
                    let part = |&kind: &WordKind| Part { label: label.clone(), kind };
                    code.global(global, ty.val).iter().map(part).collect()
                }
                (ExternIdx::Mem(memory), ExternType::Mem(ty)) => {
                    code.memory(memory, ty);
                    sized("memory")
                }
                (ExternIdx::Table(table), ExternType::Table(ty)) if has_table_get => {
                    code.table(table, ty);
                    sized("table")
                }
                _ => continue,
            };
            each(code, parts);
        }
    }
}
