//! `component link`: a component of shared libraries, which are linked to one another.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Linker`] |
//! | `library.rs` | the exports of a library, the libraries that it needs, and the meaning of each import |
//! | `symbols.rs` | the libraries that provide symbols, and the symbols that are missing |
//! | `order.rs` | the order in which libraries are instantiated |
//! | `layout.rs` | the layout of memory and table |
//! | `env.rs` | the main module, which has the memory, the table and the globals |
//! | `init.rs` | the module that fills the table and initializes the libraries |
//! | `libdl.rs` | a library with `dlopen` and `dlsym` |
//! | `error.rs` | [`LinkError`] |
//!
//! ```text
//! libraries --read--> symbols --order--> layout --> main module, init --new::build--> component
//! ```
//!
//! All libraries share the memory and the table of the main module. It is instantiated first, then
//! the libraries, then a module that initializes them. A library that calls one that is instantiated
//! later does so through a function of the main module and the table.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>

mod env;
mod error;
mod init;
mod layout;
mod libdl;
mod library;
mod order;
mod symbols;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ptr;

use wattle_ast::Module;
use wattle_ast::components::Component;
use wattle_encoder::BuildError;

pub use error::{ItemType, LinkError, LinkProblem, LinkProblemKind, OtherSymbol, SymbolType};

use crate::error::{Error, Origin, Problem};
use crate::func_types::FuncTypes;
use crate::names::{ExportName, Scheme, TASK_HOOK};
use crate::new::{
    Input, Joined, MAIN, Options, Part, build, hook_type, merge, option_methods, read,
};
use crate::producers;
use env::Env;
use init::{Init, init};
use layout::Layout;
use library::Library;
use symbols::{Dependencies, Symbols, missing};
use wattle_wit::component_type::ComponentType;

/// The bytes of a stack by default.
const STACK: u32 = 1 << 20;

/// Links shared libraries, and makes a component of them.
///
/// Libraries are core modules that follow the
/// [conventions](https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md) of
/// dynamic linking, as `wasm-ld -shared` makes them. The component has the worlds of all libraries
/// that are needed: those that export functions of their worlds or `_start`, those that can be opened,
/// and those that these need.
///
/// ```
/// use wattle_componentize::{Embed, Linker};
/// use wattle_wit::Resolver;
///
/// let mut resolver = Resolver::new();
/// resolver.file("world.wit", "package a:b; world w { export six: func() -> u32; }");
/// let resolved = resolver.resolve().unwrap();
/// let world = resolved.model().select_world(resolved.root(), None).unwrap();
///
/// let mut app = wattle_wat::parse(
///     r#"(module (@dylink.0 (needed "libm.so"))
///          (import "env" "double" (func $double (param i32) (result i32)))
///          (func (export "six") (result i32) (call $double (i32.const 3))))"#,
/// )
/// .unwrap();
/// Embed::new(resolved.model(), world).add_to(&mut app)?;
/// let math = wattle_wat::parse(
///     r#"(module (@dylink.0)
///          (func (export "double") (param i32) (result i32)
///            (i32.mul (local.get 0) (i32.const 2))))"#,
/// )
/// .unwrap();
///
/// let component = Linker::new().library("app.so", app).library("libm.so", math).finish()?;
/// assert!(wattle_printer::print_component(&component).contains(r#"(export (;1;) "six""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Linker<'a> {
    libraries: Vec<Added<'a>>,
    adapters: Vec<(Box<str>, Module<'a>)>,
    stack: Option<u32>,
    stubs: bool,
    libdl: bool,
    options: Options,
}

/// A library that was added.
struct Added<'a> {
    name: Box<str>,
    module: Module<'a>,
    is_openable: bool,
}

impl<'a> Linker<'a> {
    /// Starts without libraries.
    pub fn new() -> Linker<'a> {
        Linker::default()
    }

    /// Adds a library. Others ask for it by `name`. If several libraries export a symbol, the one that
    /// was added first provides it.
    pub fn library(mut self, name: &str, module: Module<'a>) -> Linker<'a> {
        self.libraries.push(Added { name: name.into(), module, is_openable: false });
        self
    }

    /// Adds a library that the program can open at run time, under its `name`, with `dlopen`.
    pub fn openable(mut self, name: &str, module: Module<'a>) -> Linker<'a> {
        self.libraries.push(Added { name: name.into(), module, is_openable: true });
        self
    }

    /// Adds an adapter: a module with the functions that libraries, or an adapter before it, import
    /// from the module `name`. The component gets only the used part of the adapter.
    pub fn adapter(mut self, name: &str, module: Module<'a>) -> Linker<'a> {
        self.adapters.push((name.into(), module));
        self
    }

    /// Sets the bytes of the stack, which are rounded up to a multiple of 16, and at least 16. By
    /// default, they are 1 MiB.
    pub fn stack_size(mut self, bytes: u32) -> Linker<'a> {
        self.stack = Some(bytes);
        self
    }

    /// Sets whether functions may be missing, so that a call of a missing function traps. They may
    /// not by default, unless the library marks the import as weak.
    pub fn stub_missing_functions(mut self, stub: bool) -> Linker<'a> {
        self.stubs = stub;
        self
    }

    /// Sets whether there is a library `libdl.so` with `dlopen`, `dlsym`, `dlclose` and `dlerror`,
    /// behind all others. There is none by default.
    pub fn built_in_libdl(mut self, libdl: bool) -> Linker<'a> {
        self.libdl = libdl;
        self
    }

    option_methods!();

    /// Makes the component.
    ///
    /// # Errors
    /// All problems of the libraries and those of their combination, or the first other error.
    pub fn finish(self) -> Result<Component<'a>, LinkError> {
        let Linker { mut libraries, adapters, stack, stubs, libdl, options } = self;
        if libdl {
            let module = libdl::libdl().map_err(glue)?;
            libraries.push(Added { name: libdl::NAME.into(), module, is_openable: false });
        }
        let mut types = FuncTypes::default();
        let Program { libraries, symbols, parts: mut joined, worlds: library_worlds } =
            Program::new(libraries, &mut types, stubs)?;
        let hook = types.id(&hook_type());
        let hook = Some(hook).filter(|ty| symbols.find(TASK_HOOK, SymbolType::Func(*ty)).is_some());

        let scheme = if options.legacy { Scheme::Legacy } else { Scheme::Standard };
        let layout = Layout::new(&libraries, stack.unwrap_or(STACK))?;
        let mut env = Env::new(&libraries, &symbols, &mut types, layout, scheme);
        for (number, (library, part)) in libraries.iter().zip(&mut joined).enumerate() {
            let wants = library.wants.iter();
            part.given = wants.map(|(name, want)| env.given(number, name, want)).collect();
        }
        let (mut module, layout) = env.finish()?;
        options.prune_names(&mut module);
        let (main, _) = read(Input { origin: Origin::Main, module })?;
        joined.insert(MAIN, main);

        let mut worlds = Vec::new();
        for (name, module) in adapters {
            let (part, of_adapter) = read(Input { origin: Origin::Adapter(name), module })?;
            joined.push(part);
            worlds.extend(of_adapter);
        }
        worlds.extend(library_worlds);

        let memory = ExportName::Memory.write(scheme);
        let init = init(&libraries, &types, &layout, &memory, hook).map_err(glue)?;
        if let Some(Init { mut module, given }) = init {
            producers::add_tool(&mut module);
            options.prune_names(&mut module);
            let (mut part, _) = read(Input { origin: Origin::Library("init".into()), module })?;
            (part.given, part.is_last) = (given, true);
            joined.push(part);
        }
        let (model, world) = merge(&worlds, options.merges_versions)?;
        Ok(build(Joined { model, world, parts: joined }, &options)?)
    }
}

/// The libraries that are needed, in the order in which they are instantiated.
struct Program<'a> {
    libraries: Vec<Library>,
    symbols: Symbols,
    /// The modules of the libraries, and the worlds in their sections.
    parts: Vec<Part<'a>>,
    worlds: Vec<ComponentType>,
}

impl<'a> Program<'a> {
    fn new(
        added: Vec<Added<'a>>,
        types: &mut FuncTypes,
        stubs: bool,
    ) -> Result<Program<'a>, LinkError> {
        let mut problems = Vec::new();
        let (mut libraries, mut parts) = (Vec::<Library>::new(), Vec::new());
        for Added { name, module, is_openable } in added {
            let part = read(Input { origin: Origin::Library(name.clone()), module })?;
            libraries.push(Library::read(&name, &part.0, is_openable, types, &mut problems));
            parts.push(part);
        }
        ambiguous(&libraries, &mut problems);
        let mut symbols = Symbols::new(&libraries);
        let order = ordered(&libraries, &symbols, &mut problems);
        missing(&libraries, &order, &symbols, types, stubs, &mut problems);
        if !problems.is_empty() {
            return Err(LinkError::Problems(problems));
        }
        if order.is_empty() {
            return Err(LinkError::NoRoot);
        }
        let mut numbers: Vec<Option<usize>> = libraries.iter().map(|_| None).collect();
        for (number, library) in order.into_iter().enumerate() {
            numbers[library] = Some(number);
        }
        symbols.renumber(&numbers);
        reorder(&mut libraries, &numbers);
        reorder(&mut parts, &numbers);
        let (parts, worlds): (_, Vec<_>) = parts.into_iter().unzip();
        Ok(Program { libraries, symbols, parts, worlds: worlds.into_iter().flatten().collect() })
    }
}

/// Reports libraries that share a name, and libraries that export `_start` beside the first.
fn ambiguous(libraries: &[Library], problems: &mut Vec<LinkProblem>) {
    let mut names = BTreeSet::new();
    let start = libraries.iter().find(|library| library.has_start);
    for library in libraries {
        let mut problem = |kind| problems.push(LinkProblem { library: library.name.clone(), kind });
        if !names.insert(&library.name) {
            problem(LinkProblemKind::DuplicateName);
        }
        if let Some(other) = start.filter(|other| library.has_start && !ptr::eq(*other, library)) {
            problem(LinkProblemKind::SeveralStarts { other: other.name.clone() });
        }
    }
}

/// Returns the libraries that are needed, behind those that they depend on. Reports a circle of
/// libraries that import tags from one another.
fn ordered(
    libraries: &[Library],
    symbols: &Symbols,
    problems: &mut Vec<LinkProblem>,
) -> Vec<usize> {
    let numbered = libraries.iter().enumerate();
    let roots = numbered.filter(|(_, library)| library.is_root).map(|(number, _)| number);
    let Dependencies { all, calls, needed, tags } = Dependencies::new(libraries, symbols);
    let kept = order::reachable(&all, roots.collect());
    order::order(&[&calls, &needed, &tags], &kept).unwrap_or_else(|(importer, exporter)| {
        let name = |number: usize| libraries.get(number).map(|it| it.name.clone());
        problems.push(LinkProblem {
            library: name(importer).unwrap_or_default(),
            kind: LinkProblemKind::TagCycle { exporter: name(exporter).unwrap_or_default() },
        });
        (0..libraries.len()).filter(|number| kept[*number]).collect()
    })
}

/// Puts each item at its number. Items without a number are left out.
fn reorder<T>(items: &mut Vec<T>, numbers: &[Option<usize>]) {
    let numbered = core::mem::take(items).into_iter().zip(numbers);
    let mut numbered: Vec<(usize, T)> =
        numbered.filter_map(|(item, number)| Some(((*number)?, item))).collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    items.extend(numbered.into_iter().map(|(_, item)| item));
}

fn glue(error: BuildError) -> LinkError {
    LinkError::Component(Error::Problems(Vec::from([Problem::from(error)])))
}
