//! Resolves texts into a [`Model`]: names, types, gates, and the full imports and exports of
//! worlds.
//!
//! Facts about the texts alone stand beside the model: errors, places, and the meaning of names.
//!
//! | file | does |
//! |---|---|
//! | `packages.rs` | collects packages, and puts them in order |
//! | `items.rs` | resolves the interfaces and worlds of a package, and paths to them |
//! | `types.rs`, `forms.rs`, `funcs.rs` | resolve the items of an interface |
//! | `limits.rs` | checks the size and depth of types |
//! | `worlds.rs` | resolves the items of a world, and `include` |

mod forms;
mod funcs;
mod items;
mod limits;
mod packages;
mod types;
mod worlds;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::Span;

use crate::docs::Gate;
use crate::error::{Error, ErrorKind, Errors, Help, Place};
use crate::model::{Equality, InterfaceId, Model, PackageId, Text, TypeId, WorldId};
use crate::package::PackageName;
use crate::syntax::{Attributes, File};
use packages::PackageText;
use types::Named;
use worlds::Direction;

/// A text, and the name under which messages speak of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The name, such as a path.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A resolver of packages.
///
/// ```
/// use wattle_wit::Resolver;
///
/// let mut resolver = Resolver::new();
/// resolver.file("clock.wit", "package a:clock; interface time { now: func() -> u64; }");
/// let resolved = resolver.resolve().unwrap();
/// assert_eq!(resolved.model()[resolved.root()].name.to_string(), "a:clock");
///
/// let mut resolver = Resolver::new();
/// resolver.file("clock.wit", "package a:clock; interface time { now: func() -> tme; type time = u8; }");
/// let errors = resolver.resolve().unwrap_err();
/// assert_eq!(errors.to_string(), "type `tme` does not exist; did you mean `time`?");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    sources: Vec<Source>,
    /// The texts of each package but the root.
    dependencies: Vec<Vec<usize>>,
    root: Vec<usize>,
    features: BTreeSet<String>,
    all_features: bool,
    looked_in: Vec<Box<str>>,
}

/// Packages that were resolved together.
#[derive(Clone, Debug)]
pub struct Resolved {
    model: Model,
    root: PackageId,
    places: BTreeMap<(PackageId, Text, Text), Place>,
}

impl Resolved {
    /// Returns the model of the texts.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Consumes the result, and returns the model of the texts.
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Returns the root package.
    pub fn root(&self) -> PackageId {
        self.root
    }

    /// Returns the place of an interface or world in the texts.
    pub fn place(&self, package: PackageId, item: &str) -> Option<Place> {
        self.member_place(package, item, "")
    }

    /// Returns the place of a type or function of an interface or world in the texts. Functions go
    /// by their names in the component, such as `[method]file.read`.
    pub fn member_place(&self, package: PackageId, item: &str, member: &str) -> Option<Place> {
        self.places.get(&(package, item.into(), member.into())).copied()
    }
}

impl Resolver {
    /// Returns a resolver without texts, for which all unstable features are off.
    pub fn new() -> Resolver {
        Resolver::default()
    }

    /// Adds a file to the root package.
    pub fn file(&mut self, name: impl Into<String>, text: impl Into<String>) -> &mut Resolver {
        self.root.push(self.sources.len());
        self.sources.push(Source { name: name.into(), text: text.into() });
        self
    }

    /// Adds the files of a package that others may depend on.
    pub fn dependency(&mut self, files: impl IntoIterator<Item = Source>) -> &mut Resolver {
        let first = self.sources.len();
        self.sources.extend(files);
        self.dependencies.push((first..self.sources.len()).collect());
        self
    }

    /// Turns an unstable feature on.
    pub fn feature(&mut self, name: impl Into<String>) -> &mut Resolver {
        self.features.insert(name.into());
        self
    }

    /// Turns all unstable features on.
    pub fn all_features(&mut self) -> &mut Resolver {
        self.all_features = true;
        self
    }

    /// Adds a place where dependencies were looked for, for messages about missing packages.
    pub fn looked_in(&mut self, place: impl Into<Box<str>>) -> &mut Resolver {
        self.looked_in.push(place.into());
        self
    }

    /// Returns the texts, whose numbers are in [`Place::source`].
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Resolves the packages.
    ///
    /// # Errors
    /// All errors of the texts. If a text has errors of syntax, names are not looked up.
    pub fn resolve(&self) -> Result<Resolved, Errors> {
        let files: Vec<File<'_>> =
            self.sources.iter().map(|source| File::parse(&source.text)).collect();
        let mut errors = Vec::new();
        for (source, file) in files.iter().enumerate() {
            errors.extend(file.errors_of(source));
        }
        if !errors.is_empty() {
            return Err(Errors(errors));
        }
        let mut resolve = Resolve {
            resolver: self,
            files: &files,
            model: Model::default(),
            texts: Vec::new(),
            package_ids: BTreeMap::new(),
            names: BTreeMap::new(),
            excluded: Excluded::default(),
            equality: Equality::default(),
            places: BTreeMap::new(),
            extern_places: BTreeMap::new(),
            depths: BTreeMap::new(),
            work: 0,
            errors,
            budget: 100_000,
        };
        let root = resolve.run();
        let mut errors = resolve.errors;
        match root {
            Some(root) if errors.is_empty() => {
                Ok(Resolved { model: resolve.model, root, places: resolve.places })
            }
            _ => {
                errors.sort_by_key(|error| error.place);
                errors.dedup();
                Err(Errors(errors))
            }
        }
    }
}

/// The state of the resolver.
struct Resolve<'a> {
    resolver: &'a Resolver,
    files: &'a [File<'a>],
    model: Model,
    /// The texts of packages, by their numbers in the model.
    texts: Vec<PackageText<'a>>,
    package_ids: BTreeMap<PackageName, PackageId>,
    /// The meaning of the names in interfaces.
    names: BTreeMap<InterfaceId, BTreeMap<Text, Named>>,
    excluded: Excluded,
    equality: Equality,
    /// The places of the items of packages, by package, item and member.
    places: BTreeMap<(PackageId, Text, Text), Place>,
    /// The places of imports and exports with names of their own.
    extern_places: BTreeMap<(WorldId, Direction, Text), Place>,
    /// The depth of the type of each interface.
    depths: BTreeMap<InterfaceId, u32>,
    /// The number of steps that completing worlds has taken.
    work: usize,
    errors: Vec<Error>,
    /// The number of names that may still be compared to find the nearest.
    budget: usize,
}

/// The items that gates exclude, each with its feature.
#[derive(Default)]
struct Excluded {
    types: BTreeMap<TypeId, Text>,
    interfaces: BTreeMap<InterfaceId, Text>,
    worlds: BTreeMap<WorldId, Text>,
}

impl<'a> Resolve<'a> {
    /// Resolves all packages, and returns the root.
    fn run(&mut self) -> Option<PackageId> {
        let root = self.collect_packages();
        self.order_packages()?;
        for package in (0..self.texts.len() as u32).map(PackageId::from) {
            self.resolve_items(package);
        }
        self.package_ids.get(&root?).copied()
    }

    fn error(&mut self, kind: ErrorKind, source: usize, span: Span) -> &mut Error {
        self.errors.push(Error::new(kind, Place { source, span }));
        let last = self.errors.len() - 1;
        &mut self.errors[last]
    }

    /// Finds the name of `names` that was probably meant.
    fn meant<'n>(&mut self, name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<Help> {
        Help::meant(name, names, &mut self.budget)
    }

    /// Returns the gate of an item, and the feature by which it is excluded, if it is.
    fn gate(
        &mut self,
        attributes: &Attributes<'_>,
        package: PackageId,
        source: usize,
        span: Span,
    ) -> (Gate, Option<Text>) {
        let deprecated = attributes.deprecated.map(|version| version.text.into());
        if let Some(feature) = attributes.unstable {
            let is_on = self.resolver.all_features || self.resolver.features.contains(feature.name);
            let excluded = (!is_on).then(|| feature.name.into());
            return (Gate::Unstable { feature: feature.name.into(), deprecated }, excluded);
        }
        let Some(since) = attributes.since else { return (Gate::Unknown, None) };
        let name = self.model[package].name.clone();
        match &name.version {
            None => {
                let package = name.to_string().into();
                self.error(ErrorKind::Unversioned { package }, source, span);
            }
            Some(version) if crate::version::compare(since.text, version).is_gt() => {
                let package = name.to_string().into();
                let version = since.text.into();
                self.error(ErrorKind::Unreleased { version, package }, source, span);
            }
            Some(_) => {}
        }
        (Gate::Stable { since: since.text.into(), deprecated }, None)
    }
}
