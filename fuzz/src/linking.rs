//! Properties of linking: generated libraries that need one another, rightly or almost so, become a
//! component, or an error says why not.

use wattle::ast::custom::{
    Dylink, DylinkExport, DylinkImport, DylinkMemory, DylinkSubsection, SymbolFlags,
};
use wattle::ast::{
    CallIndirect, Encode, ExternIdx, FuncIdx, FuncType, GlobalIdx, GlobalType, Instr, Limits,
    MemIdx, MemType, RefType, TableIdx, TableType, ValType,
};
use wattle::componentize::{Embed, Error, LinkError, Linker};
use wattle::encoder::{self, FuncBuilder, Imports, ModuleBuilder};
use wattle::validator::Validator;
use wattle::wit::Resolved;
use wattle::wit::decode::decode;
use wattle::{Features, Module};

use crate::Random;
use crate::componentize::check;
use crate::interfaces::resolve;

/// The worlds that libraries can be for.
const WIT: &str = "package a:b@1.0.0;
    interface log { line: func(text: string); level: func() -> u8; read: func() -> list<string>; }
    world exports { export log; export a: func(); }
    world b { export b: func(x: u32) -> u32; import other: func(x: list<u8>) -> string; }
    world imports { import log; import plain: func(x: u32); }
    world a { include imports; include b; export a: func(); }";

const WORLDS: [&str; 4] = ["exports", "b", "imports", "a"];

/// The functions that libraries for these worlds export, with their types.
const EXPORTS: [&[(&str, usize)]; 4] = [
    &[("a", 0), ("a:b/log@1.0.0#line", 5), ("a:b/log@1.0.0#level", 2), ("a:b/log@1.0.0#read", 2)],
    &[("b", 3)],
    &[],
    &[("a", 0), ("b", 3)],
];

/// The names of libraries. Some are names that a component uses itself.
const LIBRARIES: [&str; 8] =
    ["liba.so", "libb.so", "libc.so", "libd.so", "main", "env", "init", "GOT.mem"];

/// Functions of libraries, with their types. Some have names that linkers make.
const SYMBOLS: [(&str, usize); 7] =
    [("f", 0), ("g", 1), ("h", 3), ("memory", 0), ("env:f", 2), ("GOT.func:f", 1), ("offset", 7)];

/// Data of libraries. A function can have the same name.
const DATA: [&str; 4] = ["data", "heap", "offset", "memory_base"];

const TAGS: [&str; 2] = ["tag", "GOT.mem:data"];

/// Names with a special meaning, and the types of the functions that libraries export by them.
const SPECIAL: [(&str, usize); 8] = [
    ("__wasm_call_ctors", 0),
    ("_initialize", 0),
    ("__wasm_apply_data_relocs", 0),
    ("_start", 0),
    ("cabi_realloc", 4),
    ("cm32p2_realloc", 4),
    ("__wasm_task_hook", 1),
    ("cabi_post_b", 1),
];

/// The globals for which linkers provide values.
const GLOBALS: [(&str, &str, bool); 9] = [
    ("env", "__memory_base", false),
    ("env", "__table_base", false),
    ("env", "__stack_pointer", true),
    ("env", "__init_stack_pointer", false),
    ("env", "__asyncify_state", true),
    ("GOT.mem", "__heap_base", true),
    ("GOT.mem", "__stack_high", true),
    ("GOT.mem", "__wasm_libdl_libraries", true),
    ("GOT.mem", "__wasm_program_tls_info", true),
];

/// Functions of components and of linkers that libraries can import, with their types and the
/// worlds that have them. Functions without a world are always there.
const FUNCS: [(&str, &str, usize, &[usize]); 12] = [
    ("env", "__wasm_get_tls_base", 2, &[]),
    ("env", "__wasm_set_tls_base", 1, &[]),
    ("env", "__wasm_get_stack_pointer", 2, &[]),
    ("$root", "[context-set-1]", 1, &[]),
    ("$root", "[thread-new-indirect-v0]", 7, &[]),
    ("$root", "[waitable-set-wait]", 7, &[]),
    ("$root", "other", 6, &[1, 3]),
    ("a:b/log@1.0.0", "line", 5, &[2, 3]),
    ("a:b/log@1.0.0", "level", 2, &[2, 3]),
    ("a:b/log@1.0.0", "read", 1, &[2, 3]),
    ("$root", "plain", 1, &[2, 3]),
    ("cm32p2", "plain", 1, &[2, 3]),
];

/// The types of functions.
fn types() -> [FuncType; 8] {
    use ValType::I32;
    [
        FuncType::new([], []),
        FuncType::new([I32], []),
        FuncType::new([], [I32]),
        FuncType::new([I32], [I32]),
        FuncType::new([I32; 4], [I32]),
        FuncType::new([I32; 2], []),
        FuncType::new([I32; 3], []),
        FuncType::new([I32; 2], [I32]),
    ]
}

/// Numbers that are chosen by bytes; all are 0 after the last byte.
struct Choices<'d>(&'d [u8]);

impl Choices<'_> {
    fn below(&mut self, end: usize) -> usize {
        let (byte, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*byte) % end.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A library that is being made.
struct Library<'c, 'd> {
    choices: &'c mut Choices<'d>,
    /// The world of the library.
    world: Option<usize>,
    /// Whether the library exports all items that other libraries can need.
    is_complete: bool,
    /// The names of all libraries.
    names: &'c [&'static str],
    types: [FuncType; 8],
    imports: Imports,
    /// The imported functions, with the numbers of their types.
    funcs: Vec<(FuncIdx, usize)>,
    /// The globals that hold addresses.
    addresses: Vec<GlobalIdx>,
    memory: Option<MemIdx>,
    table: Option<TableIdx>,
    memory_base: Option<GlobalIdx>,
    table_base: Option<GlobalIdx>,
    dylink: Vec<DylinkSubsection<'static>>,
}

impl<'c, 'd> Library<'c, 'd> {
    fn new(
        choices: &'c mut Choices<'d>,
        world: Option<usize>,
        is_complete: bool,
        names: &'c [&'static str],
    ) -> Self {
        Library {
            choices,
            world,
            is_complete,
            names,
            types: types(),
            imports: Imports::new(),
            funcs: Vec::new(),
            addresses: Vec::new(),
            memory: None,
            table: None,
            memory_base: None,
            table_base: None,
            dylink: Vec::new(),
        }
    }

    fn import_func(&mut self, module: &str, name: &str, number: usize) {
        let ty = &self.types[number];
        let ty = self.imports.ty(ty.params().iter().copied(), ty.results().iter().copied());
        self.funcs.push((self.imports.func(module, name, ty), number));
    }

    fn import(&mut self) {
        if !self.choices.one_in(8) {
            let limits = Limits { min: self.choices.below(3) as u64, ..Limits::default() };
            let ty = MemType { limits, ..MemType::default() };
            self.memory = Some(self.imports.memory("env", "memory", ty));
        }
        if !self.choices.one_in(3) {
            let limits = Limits { min: self.choices.below(3) as u64, ..Limits::default() };
            let ty = TableType { elem: RefType::FUNCREF, limits };
            self.table = Some(self.imports.table("env", "__indirect_function_table", ty));
        }
        for _ in 0..self.choices.below(12) {
            match self.choices.below(8) {
                0..=2 => {
                    let (name, ty) = self.choices.of(&SYMBOLS);
                    // Few libraries import a function with the wrong type.
                    let ty = if self.choices.one_in(40) { self.choices.below(8) } else { ty };
                    self.import_func("env", name, ty);
                }
                3 => {
                    let (module, name, ty, worlds) = self.choices.of(&FUNCS);
                    let is_there = worlds.is_empty()
                        || self.world.is_some_and(|world| worlds.contains(&world));
                    if is_there || self.choices.one_in(40) {
                        self.import_func(module, name, ty);
                    }
                }
                4 | 5 => {
                    let (module, name, mutable) = self.choices.of(&GLOBALS);
                    let ty = GlobalType { mutable, val: ValType::I32 };
                    let global = self.imports.global(module, name, ty);
                    match name {
                        "__memory_base" => self.memory_base = Some(global),
                        "__table_base" => self.table_base = Some(global),
                        _ => self.addresses.push(global),
                    }
                }
                6 => {
                    let (module, name) = match self.choices.below(2) {
                        0 => ("GOT.mem", self.choices.of(&DATA)),
                        _ => ("GOT.func", self.choices.of(&SYMBOLS).0),
                    };
                    let ty = GlobalType { mutable: true, val: ValType::I32 };
                    self.addresses.push(self.imports.global(module, name, ty));
                }
                _ if self.choices.one_in(4) => {
                    let ty = self.imports.ty([], []);
                    let _ = self.imports.tag("env", self.choices.of(&TAGS), ty);
                }
                _ => {}
            }
        }
    }

    fn says_what_it_needs(&mut self) {
        let memory = DylinkMemory {
            memory_size: self.choices.below(64) as u32,
            memory_align: self.choices.below(6) as u32,
            table_size: self.choices.below(4) as u32,
            table_align: self.choices.below(3) as u32,
        };
        self.dylink.push(DylinkSubsection::Memory(memory));
        let needed = (0..self.choices.below(3)).map(|_| match self.choices.one_in(40) {
            true => "missing.so".into(),
            false => self.choices.of(self.names).into(),
        });
        let needed = needed.collect();
        self.dylink.push(DylinkSubsection::Needed(needed));
        let weak = (0..self.choices.below(5)).map(|_| DylinkImport {
            module: "env".into(),
            name: self.choices.of(&SYMBOLS).0.into(),
            flags: SymbolFlags::WEAK,
        });
        let weak = weak.collect();
        self.dylink.push(DylinkSubsection::Imports(weak));
        let exports = (0..self.choices.below(3)).map(|_| DylinkExport {
            name: self.choices.of(&DATA).into(),
            flags: self.choices.of(&[SymbolFlags::ABSOLUTE, SymbolFlags::TLS]),
        });
        let exports = exports.collect();
        self.dylink.push(DylinkSubsection::Exports(exports));
    }

    /// The module of the library. Its functions call all imported functions.
    fn finish(mut self) -> Module<'static> {
        self.import();
        self.says_what_it_needs();
        let Library {
            choices,
            world,
            is_complete,
            types,
            imports,
            funcs,
            addresses,
            memory,
            table,
            dylink,
            ..
        } = self;
        let mut module = ModuleBuilder::with_imports(imports);
        let mut exported: Vec<&str> = Vec::new();
        let define = |module: &mut ModuleBuilder, number: usize| {
            let ty = types[number].clone();
            let index = module.ty(ty.params().iter().copied(), ty.results().iter().copied());
            module.func(index, |f| {
                for (func, number) in &funcs {
                    call(f, &types[*number], None, Instr::Call { func: *func });
                }
                for global in &addresses {
                    match table {
                        Some(table) => {
                            let callee = CallIndirect { ty: index, table };
                            call(f, &ty, Some(*global), Instr::CallIndirect { callee });
                        }
                        None => {
                            f.instrs([Instr::GlobalGet { global: *global }, Instr::Drop]);
                        }
                    }
                }
                zeros(f, ty.results());
            })
        };
        let mut defined = Vec::new();
        let chosen = (0..choices.below(5)).map(|_| match choices.below(5) {
            0 => choices.of(&SPECIAL),
            _ => choices.of(&SYMBOLS),
        });
        let chosen: Vec<_> = chosen.collect();
        let is_for = world.filter(|_| !choices.one_in(30)).map(|world| EXPORTS[world]);
        let rest = if is_complete { &[&SYMBOLS[..], &SPECIAL[4..5]].concat()[..] } else { &[] };
        for &(name, number) in is_for.unwrap_or_default().iter().chain(&chosen).chain(rest) {
            if !exported.contains(&name) {
                let func = define(&mut module, number);
                defined.push(func);
                module.export(name, func);
                exported.push(name);
            }
        }
        let chosen = (0..choices.below(3)).map(|_| match choices.one_in(4) {
            true => "__wasm_library_tls_info",
            false => choices.of(&DATA),
        });
        let chosen: Vec<_> = chosen.collect();
        let rest = if is_complete { &DATA[..] } else { &[] };
        for &name in chosen.iter().chain(rest) {
            if !exported.contains(&name) {
                let ty = GlobalType { mutable: choices.one_in(20), val: ValType::I32 };
                let value = choices.below(64) as i32;
                let global = module.global(ty, [Instr::I32Const { value }]);
                module.export(name, global);
                exported.push(name);
            }
        }
        for name in TAGS {
            if (is_complete || choices.one_in(12)) && !exported.contains(&name) {
                let ty = module.ty([], []);
                let tag = module.tag(ty);
                module.export(name, ExternIdx::Tag(tag));
                exported.push(name);
            }
        }
        if let (Some(memory), Some(base)) = (memory, self.memory_base) {
            module.data(memory, [Instr::GlobalGet { global: base }], [1]);
        }
        if let (Some(table), Some(base)) = (table, self.table_base) {
            module.elem(table, [Instr::GlobalGet { global: base }], defined);
        }
        module.custom(Dylink::NAME, Dylink { subsections: dylink }.to_bytes(), None);
        module.build().unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A zero for each value. All are numbers of 32 bits.
fn zeros(f: &mut FuncBuilder, types: &[ValType]) {
    f.instrs(types.iter().map(|_| Instr::I32Const { value: 0 }));
}

/// Calls a function with zeros, or the element of a table that is the last operand.
fn call(f: &mut FuncBuilder, ty: &FuncType, last: Option<GlobalIdx>, call: Instr<'_>) {
    zeros(f, ty.params());
    f.instrs(last.map(|global| Instr::GlobalGet { global }));
    f.instr(call);
    f.instrs(ty.results().iter().map(|_| Instr::Drop));
}

/// Links libraries, which the bytes choose together with the options of the linker. If there is no
/// error, the component is valid, has a world, and is the same whenever it is made.
pub fn component_link(data: &[u8]) {
    is_linked(data);
}

/// Checks [`component_link`], and returns whether the libraries could be linked.
pub fn is_linked(data: &[u8]) -> bool {
    let interfaces = resolve(WIT).unwrap_or_else(|| panic!("{WIT} does not resolve"));
    let link = || linker(&mut Choices(data), &interfaces).finish();
    let component = match link() {
        Ok(component) => component,
        Err(LinkError::Problems(problems)) => {
            assert!(!problems.is_empty());
            return false;
        }
        // Only the validator reports a slot of the context with two types.
        Err(LinkError::Component(Error::Invalid(errors))) => {
            let error = errors.to_string();
            assert!(error.contains("`context."), "it is not valid: {error}");
            return false;
        }
        Err(_) => return false,
    };
    check(&component);
    let bytes = encoder::encode_component(&component);
    let again = link().unwrap_or_else(|error| panic!("linked again: {error}"));
    assert!(encoder::encode_component(&again) == bytes, "linked again, it is another component");
    let decoded = decode(&component).unwrap_or_else(|error| panic!("{error}"));
    assert!(decoded.world.is_some(), "it has no world");
    true
}

/// The libraries that bytes choose.
fn linker(choices: &mut Choices<'_>, interfaces: &Resolved) -> Linker<'static> {
    let mut linker = Linker::new()
        .stub_missing_functions(!choices.one_in(3))
        .built_in_libdl(choices.one_in(4))
        .legacy_names(!choices.one_in(6))
        .return_call_ref(choices.one_in(3))
        .stack_size(choices.below(256) as u32);
    // Few libraries have a name that is taken.
    let names = (0..1 + choices.below(5)).map(|nth| match choices.one_in(20) {
        true => choices.of(&LIBRARIES),
        false => LIBRARIES[nth],
    });
    let names: Vec<&str> = names.collect();
    let complete = choices.below(names.len() + 1);
    for (nth, name) in names.iter().enumerate() {
        let world = choices.below(3).checked_sub(1).map(|_| choices.below(WORLDS.len()));
        let is_openable = choices.one_in(4);
        let mut module = Library::new(choices, world, nth == complete, &names).finish();
        if let Err(errors) = Validator::new().features(Features::ALL).module(&module) {
            panic!("a library is not valid: {errors}");
        }
        if let Some(world) = world {
            let (model, root) = (interfaces.model(), interfaces.root());
            let world = model.select_world(root, Some(WORLDS[world]));
            let world = world.unwrap_or_else(|error| panic!("{error}"));
            let embedded = Embed::new(model, world).add_to(&mut module);
            embedded.unwrap_or_else(|error| panic!("{error}"));
        }
        linker = match is_openable {
            true => linker.openable(name, module),
            false => linker.library(name, module),
        };
    }
    linker
}

/// `count` inputs, the same in every run.
pub fn seeded_libraries(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(0x6c69_6e6b);
    (0..count).map(move |_| (0..400).map(|_| random.below(256) as u8).collect())
}
