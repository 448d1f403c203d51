//! `component new`: a component of a core module and of adapters.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Componentizer`], and the functions that it shares with [`Linker`](crate::Linker) |
//! | `options.rs` | the options for making components |
//! | `join.rs` | the worlds of all modules, merged into one |
//! | `part.rs` | a core module with its imports and exports, by their purposes |
//! | `matching.rs` | the meaning of each core import and export, and the check of its type |
//! | `adapter.rs` | adapters, cut down to the functions that are used |
//! | `live.rs` | the types and functions of the world's imports that are needed |
//! | `shims.rs`, `fixup.rs` | the core modules that tie the others together |
//! | `types.rs` | types of the world in the scopes of the component |
//! | `emit.rs`, `canons.rs`, `lift.rs` | the component |
//!
//! ```text
//! modules --join--> world --match--> imports and exports --live, shims--> plan --emit--> component
//!                              \--adapter--/
//! ```

mod adapter;
mod builtins;
mod canons;
mod emit;
mod fixup;
mod imports;
mod join;
mod lift;
mod live;
mod matching;
mod options;
mod part;
mod shims;
mod types;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use wattle_ast::components::{Component, Names};
use wattle_ast::custom::Producers;
use wattle_ast::{Encode, ExternType, Features, Import, MemType, Module, Name, ValType};
use wattle_wit::model::Text;

use crate::abi::Abis;
use crate::error::{Error, Origin, Problem, ProblemKind};
use crate::func_types::FuncTypes;
use crate::names::Realloc;
use crate::producers;
use crate::unique::UniqueNames;
use crate::world::World;
use adapter::Refused;
use emit::{Emitter, Plan};
use live::Live;
use matching::Matcher;
use part::{CoreFunc, Exporters, Exports, Linked, Source, realloc_for};
use shims::Shims;

pub(crate) use builtins::{GET_STACK_POINTER, GET_TLS_BASE, SET_STACK_POINTER, SET_TLS_BASE};
pub(crate) use fixup::{Event, tell};
pub(crate) use join::{Input, Joined, merge, read};
pub(crate) use matching::{ENV, callback_type, destructor_type, hook_type, realloc_type};
pub(crate) use options::{Options, option_methods};
pub(crate) use part::{Given, MAIN, Part};
pub(crate) use shims::forward;

/// The number of names that are compared with misspelt ones.
pub(crate) const BUDGET: usize = 100_000;

/// Makes a component of a core module, and of adapters for those of its imports that do not belong
/// to a world.
///
/// The custom sections `component-type` of the modules say which world the component has; compilers
/// add them, or [`Embed`](crate::Embed). The component has only those imports of the world that
/// core modules use, with the types that these need.
///
/// ```
/// use wattle_componentize::{Componentizer, Embed};
/// use wattle_wit::Resolver;
///
/// let mut resolver = Resolver::new();
/// resolver.file("world.wit", "package a:b; world w { export double: func(x: u32) -> u32; }");
/// let resolved = resolver.resolve().unwrap();
/// let world = resolved.model().select_world(resolved.root(), None).unwrap();
///
/// let mut module = wattle_wat::parse(
///     r#"(module (func (export "double") (param i32) (result i32)
///          (i32.mul (local.get 0) (i32.const 2))))"#,
/// )
/// .unwrap();
/// Embed::new(resolved.model(), world).add_to(&mut module)?;
///
/// let component = Componentizer::new().module(module).finish()?;
/// assert!(wattle_printer::print_component(&component).contains(r#"(export (;1;) "double""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Componentizer<'a> {
    main: Option<Module<'a>>,
    adapters: Vec<(Box<str>, Module<'a>)>,
    options: Options,
}

impl<'a> Componentizer<'a> {
    /// Starts without modules.
    pub fn new() -> Componentizer<'a> {
        Componentizer::default()
    }

    /// Sets the main module: the one with the memory.
    pub fn module(mut self, module: Module<'a>) -> Componentizer<'a> {
        self.main = Some(module);
        self
    }

    /// Adds an adapter: a module with the functions that the main module, or an adapter before it,
    /// imports from the module `name`. The component gets only the used part of the adapter.
    pub fn adapter(mut self, name: &str, module: Module<'a>) -> Componentizer<'a> {
        self.adapters.push((name.into(), module));
        self
    }

    option_methods!();

    /// Makes the component.
    ///
    /// # Errors
    /// All problems with the core imports and exports of the modules, or the first other error.
    pub fn finish(self) -> Result<Component<'a>, Error> {
        let Some(main) = self.main else { return Err(Error::NoModule) };
        let mut inputs = Vec::from([Input { origin: Origin::Main, module: main }]);
        for (name, module) in self.adapters {
            inputs.push(Input { origin: Origin::Adapter(name), module });
        }
        build(join::join(inputs, self.options.merges_versions)?, &self.options)
    }
}

/// Makes the component of modules whose worlds are merged.
pub(crate) fn build<'a>(joined: Joined<'a>, options: &Options) -> Result<Component<'a>, Error> {
    let Joined { model, world, mut parts } = joined;
    let world = World::new(&model, world);
    let abis = Abis::new(&world);
    if let Some(main) = parts.get_mut(MAIN) {
        producers::add_tool(&mut main.module);
    }
    parts.iter_mut().filter(|part| !part.is_adapter()).for_each(rename_duplicates);
    let mut links = match_all(&world, &abis, &mut parts, options)?;
    let imported_memory = imported_memory(&parts);
    let modules = parts.iter_mut().zip(&links.is_used);
    let modules =
        modules.map(|(part, is_used)| is_used.then(|| core::mem::take(&mut part.module))).collect();
    let shims = shims_for(&world, &abis, &parts, &mut links, imported_memory.is_some(), options);
    let plan = Plan {
        world: &world,
        abis: &abis,
        parts: &parts,
        imports: &links.imports,
        exports: &links.exports,
        exporters: &Exporters::new(&links.exports),
        types: &links.types,
        live: &Live::new(&world, &links.imports),
        shims: &shims,
        imported_memory,
        tls: tls_type(&links.imports)?,
        options,
    };
    let mut emitter = Emitter::new(&plan);
    emitter.core(modules)?;
    emitter.exports();
    if !emitter.problems.is_empty() {
        return Err(Error::Problems(emitter.problems));
    }
    let mut builder = emitter.builder;
    if !options.names {
        *builder.names() = Names::default();
    }
    builder.custom(Producers::NAME, producers::of_tool().to_bytes());
    let component = builder.build()?;
    if options.validate {
        let validator = wattle_validator::components::Validator::new().features(Features::ALL);
        #[cfg(feature = "std")]
        let verdict = validator.component_on(&component, None);
        #[cfg(not(feature = "std"))]
        let verdict = validator.component(&component);
        verdict.map_err(Error::Invalid)?;
    }
    Ok(component)
}

/// The imports and exports of all parts, and whether each part is used.
struct Links<'a> {
    imports: Vec<Vec<Linked<'a>>>,
    exports: Vec<Exports>,
    is_used: Vec<bool>,
    types: FuncTypes,
}

/// Finds the meanings of the imports and exports of all parts, and cuts adapters down to the
/// functions that are used.
fn match_all<'a>(
    world: &World<'_>,
    abis: &Abis,
    parts: &mut [Part<'a>],
    options: &Options,
) -> Result<Links<'a>, Error> {
    let names = parts.iter().enumerate().filter_map(|(number, part)| match &part.origin {
        Origin::Adapter(name) => Some((name.clone(), number)),
        Origin::Main | Origin::Library(_) => None,
    });
    let adapters: BTreeMap<Box<str>, usize> = names.collect();
    let matcher = || Matcher {
        world,
        abis,
        adapters: &adapters,
        legacy: options.legacy,
        types: FuncTypes::default(),
        problems: Vec::new(),
        budget: BUDGET,
    };
    let mut all = matcher();
    let (mut all_imports, mut all_exports, mut are_used) = (Vec::new(), Vec::new(), Vec::new());
    // The functions that the parts so far import from each adapter.
    let mut wanted: BTreeMap<usize, BTreeSet<Text>> = BTreeMap::new();
    for (number, part) in parts.iter_mut().enumerate() {
        let is_used = !part.is_adapter() || {
            let mut wanted = wanted.remove(&number).unwrap_or_default();
            let is_used = !wanted.is_empty() || has_to_export(world, part);
            if is_used {
                // The exports of the whole adapter tell which of them serve the component.
                wanted.extend(matcher().exports(part).used().cloned());
                let realloc = all_exports
                    .first()
                    .and_then(|exports: &Exports| exports.realloc(Realloc::Adapters));
                let realloc = realloc.filter(|_| !options.grows);
                reduce(part, &wanted, realloc)?;
            }
            is_used
        };
        let (imports, exports) = match is_used {
            true => (all.imports(part), all.exports(part)),
            false => Default::default(),
        };
        for linked in &imports {
            if let Source::Func(CoreFunc::Export { part, name }) = &linked.source {
                wanted.entry(*part).or_default().insert(name.clone());
            }
        }
        all_imports.push(imports);
        all_exports.push(exports);
        are_used.push(is_used);
    }
    all.adapted(parts, &all_imports, &all_exports);
    let Matcher { types, mut problems, .. } = all;
    let links = Links { imports: all_imports, exports: all_exports, is_used: are_used, types };
    check_page_sizes(parts, &links, &mut problems);
    match problems.is_empty() {
        true => Ok(links),
        false => Err(Error::Problems(problems)),
    }
}

/// Returns whether the part has to export functions of the world.
fn has_to_export(world: &World<'_>, part: &Part<'_>) -> bool {
    let items = part.exports.iter().filter_map(|name| world.exports.number(name));
    let mut items = items.filter_map(|number| world.exports.items.get(number));
    items.any(|item| !matching::is_empty(item.item, world))
}

fn reduce(part: &mut Part<'_>, used: &BTreeSet<Text>, realloc: Option<&Text>) -> Result<(), Error> {
    let origin = &part.origin;
    let problem = |kind| Error::Problems(Vec::from([Problem { origin: origin.clone(), kind }]));
    adapter::reduce(&mut part.module, used, realloc).map_err(|refused| match refused {
        Refused::Problem(kind) => problem(kind),
        Refused::Build(error) => problem(ProblemKind::Glue(error)),
        Refused::Edit(error) => Error::Edit { origin: origin.clone(), error },
    })
}

/// Checks that the memory that modules import has pages like that of the main module.
fn check_page_sizes(parts: &[Part<'_>], links: &Links<'_>, problems: &mut Vec<Problem>) {
    let main = links.exports.first().and_then(|exports| exports.memory.as_ref());
    let main = main.map_or(MemType::default(), |(_, memory)| *memory).page_bits();
    for (part, is_used) in parts.iter().zip(&links.is_used).skip(1) {
        let imported = memory_import(&part.module).map(|memory| memory.page_bits());
        if let Some(imported) = imported.filter(|bits| *is_used && *bits != main) {
            let size = |bits: u8| 1_u64.checked_shl(bits.into()).unwrap_or(u64::MAX);
            let kind = ProblemKind::PageSize { imported: size(imported), main: size(main) };
            problems.push(Problem { origin: part.origin.clone(), kind });
        }
    }
}

/// Gives imports of one name different names, since a component gives each name once.
fn rename_duplicates(part: &mut Part<'_>) {
    fn key<'a>(import: &Import<'a>) -> (Name<'a>, Name<'a>) {
        (import.module.clone(), import.name.clone())
    }
    let mut names = UniqueNames::default();
    // The first import of each name keeps it, so these names are taken before new ones are made.
    let mut places = Vec::new();
    for (place, import) in part.module.imports.iter().enumerate() {
        if !names.try_take(key(import)) {
            places.push(place);
        }
    }
    for place in places {
        let Some(import) = part.module.imports.get_mut(place) else { continue };
        let (module, original) = key(import);
        let numbered =
            |suffix: &str| (module.clone(), Name::from([original.as_str(), suffix].concat()));
        (_, import.name) = names.take(key(import), numbered);
        part.renamed.insert(place, original);
    }
}

/// Returns the memory, if the main module imports one for pointers.
fn imported_memory(parts: &[Part<'_>]) -> Option<MemType> {
    memory_import(&parts.first()?.module)
}

/// Returns the first memory that a module imports.
fn memory_import(module: &Module<'_>) -> Option<MemType> {
    module.imports.iter().find_map(|import| match import.ty {
        ExternType::Mem(memory) => Some(memory),
        _ => None,
    })
}

/// Returns the type of the base of thread-local storage, if a global has to keep it. Components
/// with threads keep it in a slot of their context instead.
fn tls_type(imports: &[Vec<Linked<'_>>]) -> Result<Option<ValType>, Error> {
    let sources = || imports.iter().flatten().map(|linked| &linked.source);
    let has_threads = sources().any(|source| {
        matches!(source, Source::Func(CoreFunc::ThreadNew | CoreFunc::Context { slot: 1, .. }))
    });
    let mut types = sources().filter_map(|source| match source {
        Source::Tls { is_64, .. } => Some(if *is_64 { ValType::I64 } else { ValType::I32 }),
        _ => None,
    });
    let Some(first) = types.next().filter(|_| !has_threads) else { return Ok(None) };
    match types.all(|ty| ty == first) {
        true => Ok(Some(first)),
        false => {
            let problem = Problem { origin: Origin::Main, kind: ProblemKind::TlsTypes };
            Err(Error::Problems(Vec::from([problem])))
        }
    }
}

/// Finds the functions that are called through the shim.
fn shims_for(
    world: &World<'_>,
    abis: &Abis,
    parts: &[Part<'_>],
    Links { imports, exports, types, .. }: &mut Links<'_>,
    has_memory: bool,
    options: &Options,
) -> Shims {
    let mut shims = Shims::new(options.calls_refs);
    let realloc_type = types.id(&realloc_type());
    let destructor_type = types.id(&destructor_type());
    let is_hooked = exports.first().is_some_and(|exports| exports.task_hook.is_some());
    for (part, (imports, own)) in imports.iter().zip(&*exports).enumerate() {
        // The memory of the main module exists when the others are instantiated.
        let has_memory = has_memory || part != MAIN;
        for linked in imports {
            let Source::Func(func) = &linked.source else { continue };
            let needs = canons::needs(world, abis, func);
            let is_late = canons::is_late(func, needs, has_memory);
            if is_late {
                let name = || [&linked.module, ".", &linked.name].concat();
                shims.add(func.clone(), part, linked.ty, name);
            }
            let realloc = realloc_for(parts, exports, part, canons::realloc_side(func));
            if let Some((of, name)) = realloc.filter(|_| needs.realloc) {
                let is_there = is_late || of < part;
                if !is_there || is_hooked {
                    let func = CoreFunc::Realloc { part: of, name: name.clone() };
                    shims.add(func, of, realloc_type, || "realloc".into());
                }
            }
        }
        for ((_, resource), name) in &own.destructors {
            let func = CoreFunc::Destructor { part, name: name.clone() };
            let resource = world.model[*resource].name.clone().unwrap_or_default();
            shims.add(func, part, destructor_type, || format!("[dtor]{resource}"));
        }
    }
    shims
}
