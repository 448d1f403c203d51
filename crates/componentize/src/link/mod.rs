//! `component link`: a component of shared libraries, which are linked to one another.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Linker`] |
//! | `library.rs` | what a library exports and needs, and what each import is |
//! | `symbols.rs` | which library provides which symbol, and what is missing |
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

use wattle_ast::components::Component;
use wattle_ast::{FuncType, Module, ValType};
use wattle_encoder::BuildError;

pub use error::{ItemType, LinkError, LinkProblem, LinkProblemKind, SymbolType};

use crate::error::{Error, Origin, Problem};
use crate::names::{ExportName, Scheme};
use crate::new::{Input, Joined, Options, Part, build, merge, option_methods, read};
use crate::producers;
use env::{Env, HOOK};
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
    libraries: Vec<(Box<str>, Module<'a>, bool)>,
    adapters: Vec<(Box<str>, Module<'a>)>,
    stack: Option<u32>,
    stubs: bool,
    libdl: bool,
    options: Options,
}

impl<'a> Linker<'a> {
    /// Without libraries.
    pub fn new() -> Linker<'a> {
        Linker::default()
    }

    /// Adds a library. Others ask for it by `name`. If several libraries export a symbol, the one that
    /// was added first provides it.
    pub fn library(mut self, name: &str, module: Module<'a>) -> Linker<'a> {
        self.libraries.push((name.into(), module, false));
        self
    }

    /// Adds a library that the program can open at run time, under its `name`, with `dlopen`.
    pub fn openable(mut self, name: &str, module: Module<'a>) -> Linker<'a> {
        self.libraries.push((name.into(), module, true));
        self
    }

    /// Adds an adapter: a module with functions for what libraries, or an adapter before it, import
    /// from the module `name`. Of the adapter only what is used comes into the component.
    pub fn adapter(mut self, name: &str, module: Module<'a>) -> Linker<'a> {
        self.adapters.push((name.into(), module));
        self
    }

    /// Sets the bytes of the stack, which are rounded up to a multiple of 16. Without this, they are
    /// 1 MiB.
    pub fn stack_size(mut self, bytes: u32) -> Linker<'a> {
        self.stack = Some(bytes);
        self
    }

    /// Whether functions may be missing, so that a call of one traps. They may not by default, unless
    /// the library says that it can do without.
    pub fn stub_missing_functions(mut self, stub: bool) -> Linker<'a> {
        self.stubs = stub;
        self
    }

    /// Whether there is a library `libdl.so` with `dlopen`, `dlsym`, `dlclose` and `dlerror`, behind
    /// all others. There is none by default.
    pub fn built_in_libdl(mut self, libdl: bool) -> Linker<'a> {
        self.libdl = libdl;
        self
    }

    option_methods!();

    /// Makes the component.
    ///
    /// # Errors
    /// All that is wrong with the libraries and how they fit together, or the first other error.
    pub fn finish(self) -> Result<Component<'a>, LinkError> {
        let Linker { mut libraries, adapters, stack, stubs, libdl, options } = self;
        if libdl {
            libraries.push((libdl::NAME.into(), libdl::libdl().map_err(glue)?, false));
        }
        let mut problems = Vec::new();
        let Read { mut libraries, mut parts } = Read::new(libraries, &mut problems)?;
        let mut symbols = Symbols::new(&libraries);
        let order = ordered(&libraries, &symbols, &mut problems);
        missing(&libraries, &order, &symbols, stubs, &mut problems);
        if !problems.is_empty() {
            return Err(LinkError::Problems(problems));
        }
        if order.is_empty() {
            return Err(LinkError::NoRoot);
        }
        let mut numbers: Vec<Option<usize>> = libraries.iter().map(|_| None).collect();
        for (number, library) in order.iter().enumerate() {
            numbers[*library] = Some(number);
        }
        symbols.renumber(&numbers);
        reorder(&mut libraries, &numbers);
        reorder(&mut parts, &numbers);

        let scheme = if options.legacy { Scheme::Legacy } else { Scheme::Standard };
        let layout = Layout::new(&libraries, stack.unwrap_or(STACK))?;
        let mut env = Env::new(&libraries, &symbols, layout, scheme);
        for (number, (library, (part, _))) in libraries.iter().zip(&mut parts).enumerate() {
            let wants = library.wants.iter();
            part.given = wants.map(|(name, want)| env.given(number, name, want)).collect();
        }
        let (main, layout) = env.finish().map_err(glue)?;
        let memory = ExportName::Memory.write(scheme);
        let hook = error::SymbolType::Func(FuncType::new([ValType::I32], []));
        let has_hook = symbols.find(HOOK, &hook).is_some();
        let init = init(&libraries, &layout, &memory, has_hook).map_err(glue)?;

        let adapters = adapters.into_iter();
        let adapters = adapters
            .map(|(name, module)| read(Input { origin: Origin::Adapter(name), module }))
            .collect::<Result<Vec<_>, _>>()?;
        let (main, _) = read(Input { origin: Origin::Main, module: main })?;
        let mut worlds = Vec::new();
        let mut joined = Vec::from([main]);
        let (mut libraries, mut library_worlds) = (Vec::new(), Vec::new());
        for (part, of_part) in parts {
            libraries.push(part);
            library_worlds.extend(of_part);
        }
        joined.append(&mut libraries);
        for (part, of_part) in adapters {
            joined.push(part);
            worlds.extend(of_part);
        }
        worlds.append(&mut library_worlds);
        if let Some(Init { mut module, given }) = init {
            producers::add_tool(&mut module);
            let (mut part, _) = read(Input { origin: Origin::Library("init".into()), module })?;
            (part.given, part.is_last) = (given, true);
            joined.push(part);
        }
        let (model, world) = merge(&worlds, options.merges_versions)?;
        Ok(build(Joined { model, world, parts: joined }, options)?)
    }
}

/// The libraries: what they say of themselves, and the modules with their worlds.
struct Read<'a> {
    libraries: Vec<Library>,
    parts: Vec<(Part<'a>, Vec<ComponentType>)>,
}

impl<'a> Read<'a> {
    fn new(
        inputs: Vec<(Box<str>, Module<'a>, bool)>,
        problems: &mut Vec<LinkProblem>,
    ) -> Result<Read<'a>, LinkError> {
        let (mut libraries, mut parts) = (Vec::<Library>::new(), Vec::new());
        let mut names = BTreeSet::new();
        let mut start: Option<Box<str>> = None;
        for (name, module, is_openable) in inputs {
            let (part, worlds) = read(Input { origin: Origin::Library(name.clone()), module })?;
            let library = Library::read(&name, &part, is_openable, problems);
            let mut problem = |kind| problems.push(LinkProblem { library: name.clone(), kind });
            if !names.insert(name.clone()) {
                problem(LinkProblemKind::DuplicateName);
            }
            if library.has_start {
                match &start {
                    Some(other) => {
                        problem(LinkProblemKind::SeveralStarts { other: other.clone() });
                    }
                    None => start = Some(name.clone()),
                }
            }
            libraries.push(library);
            parts.push((part, worlds));
        }
        Ok(Read { libraries, parts })
    }
}

/// The libraries that are needed, behind those that they depend on.
fn ordered(
    libraries: &[Library],
    symbols: &Symbols,
    problems: &mut Vec<LinkProblem>,
) -> Vec<usize> {
    let numbered = libraries.iter().enumerate();
    let roots = numbered.filter(|(_, library)| library.is_root).map(|(number, _)| number);
    let Dependencies { all, calls, needed, tags } = Dependencies::new(libraries, symbols);
    let kept = order::reachable(&all, roots.collect());
    match order::order(&[&calls, &needed, &tags], &kept) {
        Ok(order) => order,
        Err((importer, exporter)) => {
            let name = |number: usize| libraries.get(number).map(|it| it.name.clone());
            problems.push(LinkProblem {
                library: name(importer).unwrap_or_default(),
                kind: LinkProblemKind::TagCycle { exporter: name(exporter).unwrap_or_default() },
            });
            Vec::new()
        }
    }
}

/// Puts each item at its number. Those without a number are left out.
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
