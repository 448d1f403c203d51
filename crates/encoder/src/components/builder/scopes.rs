//! The definitions of a builder so far, its open scopes, and the checks of each definition that is
//! added.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Counts, Definition, ExternName, Names, ParsedName, Scope, Sort, SortIdx, SortIndex,
    Type, TypeForm, check_label, label_key,
};
use wattle_ast::{Features, Outer, Path};

use super::error::{ComponentBuildError, ComponentBuildErrorKind as Kind};

#[derive(Clone, Debug)]
pub(super) struct Scopes<'a> {
    pub(super) definitions: Vec<Definition<'a>>,
    /// The core modules that were given as bytes, by the places of their definitions.
    pub(super) modules: Vec<(usize, Cow<'a, [u8]>)>,
    /// The open scopes, the innermost last. There is always an outermost scope.
    open: Vec<Open<'a>>,
    /// The first misuse.
    pub(super) error: Option<ComponentBuildError>,
}

/// An open scope.
#[derive(Clone, Debug)]
struct Open<'a> {
    scope: Scope,
    /// The step to the scope from the one around it, for the path of an error.
    outer: Option<Outer>,
    counts: Counts,
    /// The keys of the names of imports, and of exports.
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
    names: Names<'a>,
}

impl<'a> Open<'a> {
    fn new(scope: Scope, outer: Option<Outer>) -> Open<'a> {
        Open {
            scope,
            outer,
            counts: Counts::default(),
            imports: BTreeSet::new(),
            exports: BTreeSet::new(),
            names: Names::default(),
        }
    }
}

impl<'a> Scopes<'a> {
    pub(super) fn new() -> Scopes<'a> {
        let open = alloc::vec![Open::new(Scope::Component, None)];
        Scopes { definitions: Vec::new(), modules: Vec::new(), open, error: None }
    }

    /// The innermost scope.
    fn here(&mut self) -> &mut Open<'a> {
        if self.open.is_empty() {
            self.open.push(Open::new(Scope::Component, None));
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    pub(super) fn names(&mut self) -> &mut Names<'a> {
        &mut self.here().names
    }

    /// The number of definitions of a sort so far.
    pub(super) fn number(&mut self, sort: Sort) -> u32 {
        self.here().counts.len(sort)
    }

    /// Adds a definition that does not open a scope, and returns the first index that it adds.
    pub(super) fn add<I: SortIndex>(&mut self, definition: Definition<'a>) -> I {
        let index = self.number(I::SORT);
        self.push(definition);
        I::from(index)
    }

    /// Adds a definition, and returns the first index that it adds.
    pub(super) fn push(&mut self, definition: Definition<'a>) -> Option<SortIdx> {
        if let Err(kind) = self.check(&definition) {
            self.misuse(kind, Some(&definition));
        }
        let index = self.here().counts.add(&definition);
        self.definitions.push(definition);
        index
    }

    /// Adds a definition that opens a scope, and the definitions that `content` adds to that scope.
    pub(super) fn scope<I: SortIndex>(
        &mut self,
        definition: Definition<'a>,
        content: impl FnOnce(&mut Scopes<'a>),
    ) -> I {
        let index = self.enter(definition);
        content(self);
        self.leave();
        index
    }

    /// Adds a definition that opens a scope, and enters the scope.
    pub(super) fn enter<I: SortIndex>(&mut self, definition: Definition<'a>) -> I {
        let scope = definition.opens().unwrap_or(Scope::Component);
        let index = self.number(I::SORT);
        self.push(definition);
        self.open.push(Open::new(scope, Some(scope.outer(index))));
        I::from(index)
    }

    /// Ends the innermost scope.
    pub(super) fn leave(&mut self) {
        self.end_names();
        self.open.pop();
        self.definitions.push(Definition::End);
    }

    /// Adds the name section of the innermost scope, if any name was set.
    pub(super) fn end_names(&mut self) {
        let names = core::mem::take(&mut self.here().names);
        if !names.is_empty() {
            self.definitions.push(Definition::Names(Box::new(names)));
        }
    }

    /// Records a misuse, if it is the first.
    pub(super) fn misuse(&mut self, kind: Kind, definition: Option<&Definition<'a>>) {
        if self.error.is_none() {
            let outer: Vec<Outer> = self.open.iter().filter_map(|open| open.outer).collect();
            let definition = definition.and_then(|it| self.here().counts.next(it));
            let path = Path { definition, ..Path::default() }.within(&outer);
            self.error = Some(ComponentBuildError::new(kind, path));
        }
    }

    fn check(&mut self, definition: &Definition<'a>) -> Result<(), Kind> {
        let scope = self.here().scope;
        let is_resource = matches!(definition, Definition::Type(Type::Resource(_)));
        if !scope.permits(definition) || is_resource && scope != Scope::Component {
            return Err(Kind::Misplaced);
        }
        let counts = &self.here().counts;
        let mut unknown = None;
        definition.uses(|index| {
            let number = counts.len(index.sort());
            if index.number() >= number {
                unknown.get_or_insert(Kind::UnknownIndex(index, number));
            }
        });
        if let Some(unknown) = unknown {
            return Err(unknown);
        }
        match definition {
            Definition::Alias(Alias::Outer { count, item }) => self.check_outer(*count, *item),
            Definition::Type(ty) => check_type(ty),
            Definition::Import(import) => check_name(&import.name, &mut self.here().imports),
            Definition::ExportDecl(export) => check_name(&export.name, &mut self.here().exports),
            Definition::Export(export) => {
                check_name(&export.name, &mut self.here().exports)?;
                let sort = export.item.sort();
                if sort.is_extern() { Ok(()) } else { Err(Kind::ExportSort(sort)) }
            }
            _ => Ok(()),
        }
    }

    fn check_outer(&self, count: u32, item: SortIdx) -> Result<(), Kind> {
        let sort = item.sort();
        if !sort.has_outer_alias() {
            return Err(Kind::OuterSort(sort));
        }
        let scope = self.open.iter().rev().nth(count as usize);
        let Some(scope) = scope else {
            return Err(Kind::OuterCount(count, self.open.len() as u32));
        };
        let number = scope.counts.len(sort);
        match item.number() < number {
            true => Ok(()),
            false => Err(Kind::UnknownIndex(item, number)),
        }
    }
}

fn check_name(name: &ExternName<'_>, earlier: &mut BTreeSet<String>) -> Result<(), Kind> {
    let parsed = ParsedName::parse(&name.name, Features::ALL).map_err(Kind::Name)?;
    match earlier.insert(parsed.key().into_owned()) {
        true => Ok(()),
        false => Err(Kind::NameConflict(name.name.as_str().into())),
    }
}

fn check_type(ty: &Type<'_>) -> Result<(), Kind> {
    let empty = |form, len: usize| if len == 0 { Err(Kind::Empty(form)) } else { Ok(()) };
    match ty {
        Type::Record(fields) => {
            empty(TypeForm::Record, fields.len())?;
            check_labels(fields.iter().map(|field| &*field.label))
        }
        Type::Variant(cases) => {
            empty(TypeForm::Variant, cases.len())?;
            check_labels(cases.iter().map(|case| &*case.label))
        }
        Type::Flags(flags) => {
            empty(TypeForm::Flags, flags.len())?;
            if flags.len() > Type::MAX_FLAGS {
                return Err(Kind::TooManyFlags(flags.len()));
            }
            check_labels(flags.iter().map(|flag| &**flag))
        }
        Type::Enum(cases) => {
            empty(TypeForm::Enum, cases.len())?;
            check_labels(cases.iter().map(|case| &**case))
        }
        Type::Tuple(types) => empty(TypeForm::Tuple, types.len()),
        Type::FixedList { len, .. } => empty(TypeForm::FixedList, *len as usize),
        Type::Func(ty) => check_labels(ty.params.iter().map(|param| &*param.label)),
        _ => Ok(()),
    }
}

fn check_labels<'l>(labels: impl Iterator<Item = &'l str>) -> Result<(), Kind> {
    let mut keys = BTreeSet::new();
    for label in labels {
        check_label(label).map_err(Kind::Label)?;
        if !keys.insert(label_key(label)) {
            return Err(Kind::LabelConflict(label.into()));
        }
    }
    Ok(())
}
