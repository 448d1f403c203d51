//! Cases: a module under test, with what is needed to run it and to observe it.
//!
//! The *provider* is a module that exports what the module imports; its functions tell the host
//! when they are called. The *adapter* is a module that imports what the module exports. Its
//! functions, the *probes*, have no parameters and return words: they call functions of the module
//! with arguments, and read its globals, memories and tables. So an engine only has to pass `i64`s,
//! and vectors, references and the bits of NaNs are compared too.
//!
//! The *closed form* of a case is all three in one module, for engines that can only call an export
//! of a single module.

use wattle_ast::{
    Export, Expr, ExternIdx, ExternKind, ExternType, Feature, Features, Func, FuncIdx, FuncType,
    Global, GlobalIdx, GlobalType, Import, IndexSpaces, Instr, LocalIdx, MemIdx, MemType, Module,
    Opcode, TableIdx, TableType, TypeIdx, ValType,
};
use wattle_smith::{provider_of, split_mix64};

use crate::emit::{BodyBuilder, Part, WordKind};

/// A function of the adapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The name that it is exported by.
    pub name: String,
    /// What it does, as text.
    pub label: String,
    /// What its results stand for.
    pub parts: Vec<Part>,
    /// Whether it runs code of the module under test.
    pub is_call: bool,
}

/// A module under test, ready to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module.
    pub module: Module<'static>,
    /// The features that it may use.
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

/// How the functions of a module are called.
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

/// Adds functions to a module. Functions of equal types share one.
struct Adder<'m> {
    out: Module<'static>,
    under_test: &'m Module<'static>,
    /// The types that were added.
    types: Vec<(FuncType, TypeIdx)>,
    /// The number of functions in the module, imports included.
    funcs: u32,
}

impl Adder<'_> {
    fn ty(&mut self, ty: FuncType) -> TypeIdx {
        if let Some((_, index)) = self.types.iter().find(|(known, _)| *known == ty) {
            return *index;
        }
        let index = TypeIdx(self.out.types.len() as u32);
        self.out.types.push(ty.clone().into());
        self.types.push((ty, index));
        index
    }

    fn func(&mut self, ty: TypeIdx, code: BodyBuilder<'_>) -> FuncIdx {
        self.out.funcs.push(Func { ty, body: code.finish() });
        self.funcs += 1;
        FuncIdx(self.funcs - 1)
    }

    /// Adds a function without parameters that returns this number of words.
    fn probe(&mut self, name: &str, words: usize, code: BodyBuilder<'_>) {
        let ty = self.ty(FuncType::new([], vec![ValType::I64; words]));
        let index = self.func(ty, code);
        self.out.exports.push(Export { name: name.to_owned().into(), index: index.into() });
    }
}

fn mix(seed: u64) -> u64 {
    split_mix64(&mut { seed })
}

/// A module that defines what another one imports. Its functions pass the number of the import and
/// a hash of their arguments to `log`, and return constants; its globals hold constants.
fn provided(module: &Module<'static>, log: FuncIdx) -> Module<'static> {
    let body = |place: usize, ty| {
        let (params, results) =
            module.func_type(ty).map_or((&[][..], &[][..]), |ty| (ty.params(), ty.results()));
        let mut code = BodyBuilder::new(module, params.len() as u32);
        code.push(Instr::I32Const { value: place as i32 });
        code.hash_params(params);
        code.call(log);
        for (at, &ty) in results.iter().enumerate() {
            code.value(ty, mix((place * 16 + at) as u64));
        }
        code.finish()
    };
    provider_of(module, body, |place, ty| constant(module, ty, place as u64))
}

fn constant(module: &Module<'static>, ty: ValType, choice: u64) -> Expr<'static> {
    let mut code = BodyBuilder::new(module, 0);
    code.value(ty, choice);
    code.finish().expr().into_owned()
}

fn import(module: &str, name: &str, ty: ExternType) -> Import<'static> {
    Import { module: module.to_owned().into(), name: name.to_owned().into(), ty }
}

/// The exported functions, tables, memories and globals, each with its first name.
fn exported(module: &Module<'_>) -> Vec<(String, ExternIdx)> {
    let mut exported: Vec<(String, ExternIdx)> = Vec::new();
    for export in &module.exports {
        let is_known = exported.iter().any(|(_, index)| *index == export.index);
        if !is_known && export.index.kind() != ExternKind::Tag {
            exported.push((export.name.as_str().to_owned(), export.index));
        }
    }
    exported
}

/// The exports of a module under test: names, the indices that probes use for them, and types.
#[derive(Default)]
struct View {
    funcs: Vec<(String, FuncIdx, FuncType)>,
    globals: Vec<(String, GlobalIdx, ValType)>,
    memories: Vec<(String, MemIdx, MemType)>,
    tables: Vec<(String, TableIdx, TableType)>,
    fuel: Option<GlobalIdx>,
}

impl Case {
    /// A case of a module that is valid with `features`.
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

    /// A case that another process made, from its binaries and the names of its probes. The
    /// provider may be empty when the module imports nothing.
    ///
    /// # Errors
    /// Those of the parser.
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

    /// The case of another module, with the same features and settings.
    pub fn with_module(&self, module: Module<'static>) -> Case {
        Case::new(module, self.features, self.settings)
    }

    /// Whether a body has an instruction that is wanted.
    pub fn uses(&self, wanted: impl Fn(Opcode) -> bool) -> bool {
        let mut bodies = self.module.funcs.iter().map(|func| &func.body);
        bodies.any(|body| body.instrs().any(|instr| wanted(instr.opcode())))
    }

    /// Whether an engine that supports exactly these features can run it.
    pub fn fits(&self, features: Features) -> bool {
        [&self.module, &self.provider, &self.adapter].iter().all(|module| {
            wattle_validator::Validator::new().features(features).module(module).is_ok()
        })
    }

    /// The closed form of the case.
    pub fn closed(&self) -> Closed {
        let spaces = IndexSpaces::of(&self.module);
        let mut out = self.module.clone();
        out.imports.clear();
        out.import_groups.clear();
        out.exports.clear();
        out.encoding = Default::default();
        let globals = spaces.globals.len() as u32;
        let log = FuncIdx(spaces.funcs.len() as u32);
        let provided = provided(&self.module, log);
        out.funcs.splice(0..0, provided.funcs);
        out.tables.splice(0..0, provided.tables);
        out.memories.splice(0..0, provided.memories);
        out.globals.splice(0..0, provided.globals);
        out.tags.splice(0..0, provided.tags);
        let mut adder = Adder {
            under_test: &self.module,
            types: Vec::new(),
            funcs: out.funcs.len() as u32,
            out,
        };
        // The log is a global with a hash of all calls of imported functions.
        let host = GlobalIdx(globals);
        let ty = GlobalType { mutable: true, val: ValType::I64 };
        let zero = constant(&self.module, ValType::I64, 0);
        adder.out.globals.push(Global { ty, init: zero });
        let ty = adder.ty(FuncType::new([ValType::I32, ValType::I64], []));
        let mut code = BodyBuilder::new(&self.module, 2);
        code.all([Instr::GlobalGet { global: host }, Instr::LocalGet { local: LocalIdx(0) }]);
        code.push(Instr::I64ExtendI32U);
        code.mix();
        code.push(Instr::LocalGet { local: LocalIdx(1) });
        code.mix();
        code.push(Instr::GlobalSet { global: host });
        adder.func(ty, code);

        let view = View::of(&self.module, &spaces, |index| index, self.settings);
        // A function that returns one hash of all state.
        let mut code = BodyBuilder::new(&self.module, 0);
        let hash = code.local(ValType::I64);
        let word = code.local(ValType::I64);
        let mut state = Vec::new();
        view.state(&mut code, self.features, |code, probe| {
            for _ in &probe {
                code.all([Instr::LocalSet { local: word }, Instr::LocalGet { local: hash }]);
                code.push(Instr::LocalGet { local: word });
                code.mix();
                code.push(Instr::LocalSet { local: hash });
            }
            state.extend(probe);
        });
        code.all([Instr::LocalGet { local: hash }, Instr::GlobalGet { global: host }]);
        code.mix();
        let ty = adder.ty(FuncType::new([], [ValType::I64]));
        let digest = adder.func(ty, code);
        let part = Part { label: "all state".into(), kind: WordKind::State };
        let mut probes = Vec::new();
        view.calls(&mut adder, self.settings, &mut probes, Some((digest, part.clone())));
        adder.out.exports.push(Export { name: STATE.into(), index: digest.into() });
        probes.push(Probe {
            name: STATE.into(),
            label: "all state at first".into(),
            parts: vec![part],
            is_call: false,
        });
        Closed { module: adder.out, probes }
    }
}

fn provider(module: &Module<'static>) -> Module<'static> {
    let mut out = provided(module, FuncIdx(0));
    let log_type = TypeIdx(out.types.len() as u32);
    out.types.push(FuncType::new([ValType::I32, ValType::I64], []).into());
    out.imports.push(import(HOST.0, HOST.1, ExternType::Func(log_type)));
    // The import is function 0, so the other functions move up by one.
    for export in &mut out.exports {
        if let ExternIdx::Func(func) = &mut export.index {
            func.0 += 1;
        }
    }
    out
}

fn adapter(
    module: &Module<'static>,
    features: Features,
    settings: Settings,
) -> (Module<'static>, Vec<Probe>, usize) {
    let spaces = IndexSpaces::of(module);
    let mut out = Module {
        types: module.types.clone(),
        rec_groups: module.rec_groups.clone(),
        ..Module::default()
    };
    let mut map = Vec::new();
    for (name, index) in exported(module) {
        let Some(ty) = spaces.get(index) else { continue };
        let to = ExternIdx::new(index.kind(), out.imported(index.kind()));
        out.imports.push(import(UNDER_TEST, &name, ty));
        map.push((index, to));
    }
    let find =
        |index: ExternIdx| map.iter().find(|(from, _)| *from == index).map_or(index, |(_, to)| *to);
    let view = View::of(module, &spaces, find, settings);
    let funcs = out.imported(ExternKind::Func);
    let mut adder = Adder { under_test: module, types: Vec::new(), funcs, out };
    let mut probes = Vec::new();
    let uncallable = view.calls(&mut adder, settings, &mut probes, None);
    let mut code = BodyBuilder::new(module, 0);
    let mut parts = Vec::new();
    view.state(&mut code, features, |_, more| parts.extend(more));
    adder.probe(STATE, parts.len(), code);
    let label = "globals, memories and tables at last".into();
    probes.push(Probe { name: STATE.into(), label, parts, is_call: false });
    (adder.out, probes, uncallable)
}

impl View {
    fn of(
        module: &Module<'static>,
        spaces: &IndexSpaces,
        find: impl Fn(ExternIdx) -> ExternIdx,
        settings: Settings,
    ) -> View {
        let mut view = View::default();
        for (name, index) in exported(module) {
            let to = find(index).index();
            match spaces.get(index) {
                Some(ExternType::Func(ty) | ExternType::FuncExact(ty)) => {
                    let ty = module.func_type(ty).cloned();
                    view.funcs.extend(ty.map(|ty| (name, FuncIdx(to), ty)));
                }
                Some(ExternType::Global(ty)) => {
                    let is_fuel = name == "fuel" && ty.mutable && ty.val == ValType::I32;
                    if is_fuel && settings.fuel.is_some() {
                        view.fuel = Some(GlobalIdx(to));
                    }
                    view.globals.push((name, GlobalIdx(to), ty.val));
                }
                Some(ExternType::Mem(ty)) => view.memories.push((name, MemIdx(to), ty)),
                Some(ExternType::Table(ty)) => view.tables.push((name, TableIdx(to), ty)),
                Some(ExternType::Tag(_)) | None => {}
            }
        }
        view
    }

    /// Adds a probe for each function that can be called, and gives the number of those that
    /// cannot.
    fn calls(
        &self,
        adder: &mut Adder<'_>,
        settings: Settings,
        probes: &mut Vec<Probe>,
        digest: Option<(FuncIdx, Part)>,
    ) -> usize {
        let mut uncallable = 0;
        for (place, (name, func, ty)) in self.funcs.iter().enumerate() {
            let mut code = BodyBuilder::new(adder.under_test, 0);
            if let (Some(global), Some(fuel)) = (self.fuel, settings.fuel) {
                let value = fuel.min(i32::MAX as u32) as i32;
                code.all([Instr::I32Const { value }, Instr::GlobalSet { global }]);
            }
            let choice = |at: usize| mix(settings.salt ^ (place * 64 + at) as u64);
            let mut params = ty.params().iter().enumerate();
            if !params.all(|(at, &ty)| code.value(ty, choice(at))) {
                uncallable += 1;
                continue;
            }
            code.call(*func);
            let locals: Vec<LocalIdx> = ty.results().iter().map(|&ty| code.local(ty)).collect();
            code.all(locals.iter().rev().map(|&local| Instr::LocalSet { local }));
            let mut parts = Vec::new();
            for (at, (&local, &ty)) in locals.iter().zip(ty.results()).enumerate() {
                let label = |&kind: &WordKind| Part { label: format!("result {at}: {ty}"), kind };
                parts.extend(code.words(local, ty).iter().map(label));
            }
            if let Some((digest, part)) = &digest {
                code.call(*digest);
                parts.push(part.clone());
            }
            let export = format!("c{place}");
            adder.probe(&export, parts.len(), code);
            let label = format!("call {name:?}");
            probes.push(Probe { name: export, label, parts, is_call: true });
        }
        uncallable
    }

    /// Pushes the words of all globals, memories and tables. `each` is called after each of these,
    /// with what its words stand for.
    fn state<'m>(
        &self,
        code: &mut BodyBuilder<'m>,
        features: Features,
        mut each: impl FnMut(&mut BodyBuilder<'m>, Vec<Part>),
    ) {
        for (name, global, ty) in &self.globals {
            let kinds = code.global(*global, *ty).iter();
            let part = |&kind: &WordKind| Part { label: format!("global {name:?}: {ty}"), kind };
            each(code, kinds.map(part).collect());
        }
        let sized = |what: &str, name: &str| {
            ["size", "hash"]
                .map(|of| Part { label: format!("{what} {name:?}: {of}"), kind: WordKind::State })
                .to_vec()
        };
        for (name, memory, ty) in &self.memories {
            code.memory(*memory, ty);
            each(code, sized("memory", name));
        }
        for (name, table, ty) in &self.tables {
            if features.contains(Feature::ReferenceTypes) {
                code.table(*table, ty.elem, ty.limits.addr);
                each(code, sized("table", name));
            }
        }
    }
}
