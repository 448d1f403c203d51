//! Cases: a module under test with all that it takes to run and to watch it.
//!
//! The *provider* is a module that exports what the module imports; its functions tell the host
//! that they were called. The *adapter* is a module that imports what the module exports; its
//! functions, the *probes*, take nothing and give words: they call the module with arguments, and
//! read its globals, memories and tables. So an engine need not pass any value but `i64`s, and
//! vectors, references and the bits of NaNs are seen as the engine has them.
//!
//! For engines that can do no more than to call an export of one module, there is the *closed*
//! form: the three in one.

use wattle_ast::{
    Export, Expr, ExternIdx, ExternKind, ExternType, Feature, Features, Func, FuncIdx, FuncType,
    Global, GlobalIdx, GlobalType, Import, IndexSpaces, Instr, LocalIdx, MemIdx, MemType, Module,
    Opcode, TableIdx, TableType, TypeIdx, ValType,
};
use wattle_smith::provider_of;

use crate::emit::{BodyBuilder, Part, WordKind};

/// A function of the adapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The name that it is exported by.
    pub name: String,
    /// What it does, for people.
    pub label: String,
    /// What its results are.
    pub parts: Vec<Part>,
    /// Whether it runs code of the module under test.
    pub is_call: bool,
}

/// A module under test, ready to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module.
    pub module: Module<'static>,
    /// What it is allowed to use.
    pub features: Features,
    /// The provider.
    pub provider: Module<'static>,
    /// The adapter.
    pub adapter: Module<'static>,
    /// The probes, in the order in which they run.
    pub probes: Vec<Probe>,
    /// How many exported functions nobody can call: no value of a parameter's type can be made.
    pub uncallable: usize,
    /// The three as binaries.
    pub binaries: Binaries,
    settings: Settings,
}

/// A case as binaries.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The module.
    pub module: Vec<u8>,
    /// The provider.
    pub provider: Vec<u8>,
    /// The adapter.
    pub adapter: Vec<u8>,
}

/// A case in one module without imports.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The module.
    pub module: Module<'static>,
    /// The probes: each gives, behind its results, a hash of all state.
    pub probes: Vec<Probe>,
}

/// How a module is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// What the exported global `fuel` is set to before each call.
    pub fuel: Option<u32>,
    /// What chooses arguments.
    pub salt: u64,
}

/// The module that the adapter imports from.
pub const UNDER_TEST: &str = "m";
/// Where the provider imports the host's one function from, of type `[i32 i64] -> []`: module and
/// name.
pub const HOST: (&str, &str) = ("host", "log");

/// The probe that reads the state.
pub(crate) const STATE: &str = "s";

/// Adds functions to a module: types are shared.
struct Adder<'m> {
    out: Module<'static>,
    under_test: &'m Module<'static>,
    /// Types that were added.
    types: Vec<(FuncType, TypeIdx)>,
    /// How many functions the module has, imports included.
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

    /// A function without parameters that gives so many words.
    fn probe(&mut self, name: &str, words: usize, code: BodyBuilder<'_>) {
        let ty = self.ty(FuncType::new([], vec![ValType::I64; words]));
        let index = self.func(ty, code);
        self.out.exports.push(Export { name: name.to_owned().into(), index: index.into() });
    }
}

/// SplitMix64's step.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// What a module imports, defined. Functions tell `log` the place of the import and a hash of their
/// arguments, and give constants; globals hold them.
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

/// The first names by which functions, tables, memories and globals are exported.
fn exported(module: &Module<'_>) -> Vec<(String, ExternIdx)> {
    let mut seen: Vec<(String, ExternIdx)> = Vec::new();
    for export in &module.exports {
        let is_known = seen.iter().any(|(_, index)| *index == export.index);
        if !is_known && !matches!(export.index, ExternIdx::Tag(_)) {
            seen.push((export.name.as_str().to_owned(), export.index));
        }
    }
    seen
}

/// The exports with the indices that the functions of the probes know them by.
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

    /// A case that someone else made, of its binaries and the names of its probes. Without imports,
    /// there need be no provider.
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
        let words = |name: &String| {
            let export = adapter.exports.iter().find(|export| export.name.as_str() == name)?;
            let ExternIdx::Func(func) = export.index else { return None };
            Some(adapter.func_type(*funcs.get(func.idx())?)?.results().len())
        };
        let part = Part { label: String::new(), kind: WordKind::I64 };
        let probes = names.iter().map(|name| Probe {
            name: name.clone(),
            label: name.clone(),
            parts: vec![part.clone(); words(name).unwrap_or(0)],
            is_call: name != STATE,
        });
        let probes = probes.collect();
        let (features, settings) = (Features::ALL, Settings::default());
        let uncallable = 0;
        Ok(Case { module, features, provider, adapter, probes, uncallable, binaries, settings })
    }

    /// The same with another module.
    pub fn with_module(&self, module: Module<'static>) -> Case {
        Case::new(module, self.features, self.settings)
    }

    /// Whether an instruction is in some body.
    pub fn uses(&self, wanted: impl Fn(Opcode) -> bool) -> bool {
        let mut bodies = self.module.funcs.iter().map(|func| &func.body);
        bodies.any(|body| body.instrs().any(|instr| wanted(instr.opcode())))
    }

    /// Whether an engine that has these features, and no others, can run it.
    pub fn fits(&self, features: Features) -> bool {
        [&self.module, &self.provider, &self.adapter].iter().all(|module| {
            wattle_validator::Validator::new().features(features).module(module).is_ok()
        })
    }

    /// The case in one module.
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
        // The log: a hash of all calls of the host, in a global.
        let host = GlobalIdx(globals);
        let ty = GlobalType { mutable: true, val: ValType::I64 };
        let zero = constant(&self.module, ValType::I64, 0);
        adder.out.globals.push(Global { ty, init: zero });
        let ty = adder.ty(FuncType::new([ValType::I32, ValType::I64], []));
        let mut code = BodyBuilder::new(&self.module, 2);
        code.push(Instr::GlobalGet { global: host });
        for instr in [Instr::LocalGet { local: LocalIdx(0) }, Instr::I64ExtendI32U] {
            code.push(instr);
        }
        code.mix();
        code.push(Instr::LocalGet { local: LocalIdx(1) });
        code.mix();
        code.push(Instr::GlobalSet { global: host });
        adder.func(ty, code);

        let view = View::of(&self.module, &spaces, |index| index, self.settings);
        // One hash of all that is held.
        let mut code = BodyBuilder::new(&self.module, 0);
        let hash = code.local(ValType::I64);
        let word = code.local(ValType::I64);
        let mut state = Vec::new();
        view.state(&mut code, self.features, |code, probe| {
            for _ in &probe {
                code.push(Instr::LocalSet { local: word });
                code.push(Instr::LocalGet { local: hash });
                code.push(Instr::LocalGet { local: word });
                code.mix();
                code.push(Instr::LocalSet { local: hash });
            }
            state.extend(probe);
        });
        for instr in [Instr::LocalGet { local: hash }, Instr::GlobalGet { global: host }] {
            code.push(instr);
        }
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
    // It is function 0 there, before those that are provided.
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
        let kind = index.kind();
        let Some(ty) = spaces.get(index).filter(|_| kind != ExternKind::Tag) else { continue };
        let to = ExternIdx::new(kind, out.imported(kind));
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
        let mut view = View {
            funcs: Vec::new(),
            globals: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            fuel: None,
        };
        for (name, index) in exported(module) {
            let label = name;
            match (index, find(index)) {
                (ExternIdx::Func(at), ExternIdx::Func(to)) => {
                    let ty = spaces.funcs.get(at.idx()).and_then(|&ty| module.func_type(ty));
                    view.funcs.extend(ty.map(|ty| (label, to, ty.clone())));
                }
                (ExternIdx::Global(at), ExternIdx::Global(to)) => {
                    let Some(ty) = spaces.globals.get(at.idx()) else { continue };
                    let is_fuel = label == "fuel" && ty.mutable && ty.val == ValType::I32;
                    if is_fuel && settings.fuel.is_some() {
                        view.fuel = Some(to);
                    }
                    view.globals.push((label, to, ty.val));
                }
                (ExternIdx::Mem(at), ExternIdx::Mem(to)) => {
                    view.memories.extend(spaces.mems.get(at.idx()).map(|&ty| (label, to, ty)));
                }
                (ExternIdx::Table(at), ExternIdx::Table(to)) => {
                    view.tables.extend(spaces.tables.get(at.idx()).map(|&ty| (label, to, ty)));
                }
                _ => {}
            }
        }
        view
    }

    /// A probe for each function that can be called. The answer is how many cannot.
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
                code.push(Instr::I32Const { value });
                code.push(Instr::GlobalSet { global });
            }
            let choice = |at: usize| mix(settings.salt ^ (place * 64 + at) as u64);
            let mut params = ty.params().iter().enumerate();
            if !params.all(|(at, &ty)| code.value(ty, choice(at))) {
                uncallable += 1;
                continue;
            }
            code.call(*func);
            let locals: Vec<LocalIdx> = ty.results().iter().map(|&ty| code.local(ty)).collect();
            for &local in locals.iter().rev() {
                code.push(Instr::LocalSet { local });
            }
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

    /// Words of all that is held; `each` is told of them as they come to lie on the stack.
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
