//! Subtyping: whether one type matches another, and every place where it does not.
//!
//! A component, an instance or a core module matches if it has every export that is expected, and
//! no import beyond those that are expected. Value types and functions match if they are equal: the
//! specification leaves this open, and nobody implements more.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Subtyping.md>

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::components::Sort;

use super::arena::Arena;
use super::core_types::CoreTypes;
use super::entities::{Entity, Entry};
use super::error::{ComponentErrorKind, Leaf, Text};
use super::mismatch::{ComponentMismatch, Step};
use super::nodes::{ABSENT, Kind, NodeId, Properties};
use super::substitute::Substitution;
use super::texts::TextId;
use crate::registry::Registry;

/// The state of a check: pairs that must match, and the mismatches found so far.
pub(crate) struct Matching<'a> {
    pub(crate) arena: &'a mut Arena,
    pub(crate) core: &'a CoreTypes,
    pub(crate) registry: &'a Registry,
    /// The steps that lead to a place, each with the place that it starts from.
    steps: Vec<(Option<usize>, Step)>,
    /// Pairs that must match: the entity that was found and the expected one, with their place.
    open: Vec<(Entity, Entity, Option<usize>)>,
    /// Pairs that were checked, or are being checked.
    seen: BTreeSet<(NodeId, NodeId)>,
    failures: Vec<(Option<usize>, Leaf)>,
    most: usize,
}

/// A function that returns the entity that is offered under a name.
pub(crate) type Offer<'a> = dyn FnMut(&mut Arena, TextId) -> Option<Entity> + 'a;

impl<'a> Matching<'a> {
    pub(crate) fn new(
        arena: &'a mut Arena,
        core: &'a CoreTypes,
        registry: &'a Registry,
        most: usize,
    ) -> Matching<'a> {
        Matching {
            arena,
            core,
            registry,
            steps: Vec::new(),
            open: Vec::new(),
            seen: BTreeSet::new(),
            failures: Vec::new(),
            most,
        }
    }

    /// Adds a step from a place. Returns the place that it leads to.
    pub(crate) fn step(&mut self, from: Option<usize>, step: Step) -> Option<usize> {
        self.steps.push((from, step));
        Some(self.steps.len() - 1)
    }

    /// Adds a pair that must match.
    pub(crate) fn expect(&mut self, found: Entity, expected: Entity, place: Option<usize>) {
        self.open.push((found, expected, place));
    }

    /// The escaped text of a name.
    pub(crate) fn text(&self, id: TextId) -> Text {
        self.arena.str(id).into()
    }

    /// Adds a place that does not match.
    pub(crate) fn fail(&mut self, place: Option<usize>, leaf: Leaf) {
        self.failures.push((place, leaf));
    }

    /// Checks all pairs, and returns those that do not match.
    pub(crate) fn finish(mut self, is_ascription: bool) -> Vec<ComponentErrorKind> {
        while let Some((found, expected, place)) = self.open.pop() {
            if self.failures.len() >= self.most {
                break;
            }
            self.entity(found, expected, place);
        }
        let mut errors = Vec::new();
        for (place, leaf) in core::mem::take(&mut self.failures) {
            let mut steps = Vec::new();
            let mut at = place;
            while let Some((from, step)) = at.and_then(|place| self.steps.get(place)) {
                steps.push(step.clone());
                at = *from;
            }
            steps.reverse();
            let mismatch = Box::new(ComponentMismatch { is_ascription, steps, leaf });
            errors.push(ComponentErrorKind::Mismatch { mismatch });
        }
        errors
    }

    fn entity(&mut self, found: Entity, expected: Entity, place: Option<usize>) {
        if found.sort != expected.sort {
            let leaf =
                Leaf::Sort { expected: expected.sort.keyword(), found: found.sort.keyword() };
            return self.fail(place, leaf);
        }
        if found == expected {
            return;
        }
        if found.sort == Sort::CORE_MODULE {
            return self.module(found.id, expected.id, place);
        }
        self.types(NodeId(found.id), NodeId(expected.id), place);
    }

    fn types(&mut self, found: NodeId, expected: NodeId, place: Option<usize>) {
        let is_unknown = |id| self.arena.has(id, Properties::UNKNOWN);
        if is_unknown(found) || is_unknown(expected) {
            return;
        }
        match (self.arena.kind(found), self.arena.kind(expected)) {
            (Kind::Resource, Kind::Resource) => {
                let variable = |id| self.arena.resource_variable(id);
                if variable(found) != variable(expected) {
                    let leaf = self.different_resources(found, expected);
                    self.fail(place, leaf);
                }
            }
            (Kind::Instance, Kind::Instance) => {
                if self.seen.insert((found, expected)) {
                    self.instance(found, expected, place);
                }
            }
            (Kind::Component, Kind::Component) => {
                if self.seen.insert((found, expected)) {
                    self.component(found, expected, place);
                }
            }
            (a, b) if a == b || (a.is_value() && b.is_value()) => {
                if !self.arena.are_equal(found, expected) {
                    self.explain(found, expected, place);
                }
            }
            (a, b) => {
                let found = match a {
                    Kind::Func => "func type",
                    Kind::Instance => "instance type",
                    Kind::Component => "component type",
                    _ => a.general(),
                };
                self.fail(place, Leaf::Sort { expected: b.general(), found });
            }
        }
    }

    fn different_resources(&self, found: NodeId, expected: NodeId) -> Leaf {
        let describe = |id| self.arena.describe(id);
        Leaf::Resource { expected: describe(expected), found: describe(found) }
    }

    /// Checks an instance, which matches if it has the expected exports.
    fn instance(&mut self, found: NodeId, expected: NodeId, place: Option<usize>) {
        let parts = self.arena.instance_parts(expected);
        let mut offer = |arena: &mut Arena, name| Some(arena.export(found, name)?.entity);
        let mut substitution = self.open(&parts.exports, &parts.bound, &mut offer);
        for entry in parts.exports.iter().rev() {
            let expected = substitution.entity(self.arena, entry.entity);
            match self.arena.export(found, entry.name) {
                Some(there) => {
                    let name = self.text(entry.name);
                    let place = self.step(place, Step::InstanceExport(name));
                    self.expect(there.entity, expected, place);
                }
                None => {
                    let name = self.text(entry.name);
                    self.fail(place, Leaf::MissingExport { name });
                }
            }
        }
    }

    /// Checks a component, which matches if the expected imports suffice for it, and it then has
    /// the expected exports.
    fn component(&mut self, found: NodeId, expected: NodeId, place: Option<usize>) {
        let (there, wanted) =
            (self.arena.component_parts(found), self.arena.component_parts(expected));
        let by_name = |entries: &[Entry]| {
            entries
                .iter()
                .map(|entry| (entry.name, entry.entity))
                .collect::<alloc::collections::BTreeMap<_, _>>()
        };
        let imports = by_name(&wanted.imports);
        let mut offer = |_: &mut Arena, name: TextId| imports.get(&name).copied();
        let mut to_wanted = self.open(&there.imports, &there.imported, &mut offer);
        let mut pairs = Vec::new();
        for entry in &there.imports {
            let needed = to_wanted.entity(self.arena, entry.entity);
            let name = self.text(entry.name);
            match imports.get(&entry.name) {
                Some(&given) => pairs.push((given, needed, Step::Import(name))),
                None => self.fail(place, Leaf::MissingImport { name }),
            }
        }
        let mut exports = by_name(&there.exports);
        for entity in exports.values_mut() {
            *entity = to_wanted.entity(self.arena, *entity);
        }
        let mut offer = |_: &mut Arena, name: TextId| exports.get(&name).copied();
        let mut to_there = self.open(&wanted.exports, &wanted.defined, &mut offer);
        for entry in &wanted.exports {
            let needed = to_there.entity(self.arena, entry.entity);
            let name = self.text(entry.name);
            match exports.get(&entry.name) {
                Some(&given) => pairs.push((given, needed, Step::Export(name))),
                None => self.fail(place, Leaf::MissingComponentExport { name }),
            }
        }
        for (given, needed, step) in pairs.into_iter().rev() {
            let place = self.step(place, step);
            self.expect(given, needed, place);
        }
    }

    /// The substitution that replaces the resources `bound`, which `expected` introduces, by those
    /// that are offered.
    pub(crate) fn open(
        &mut self,
        expected: &[Entry],
        bound: &[u32],
        offer: &mut Offer<'_>,
    ) -> Substitution {
        let mut substitution = Substitution::default();
        let Some(range) = bound.iter().min().copied().zip(bound.iter().max().copied()) else {
            return substitution;
        };
        let bound: BTreeSet<u32> = bound.iter().copied().collect();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(Entity, Entity)> = Vec::new();
        for entry in expected {
            let Some(found) = offer(self.arena, entry.name) else { continue };
            open.push((entry.entity, found));
            // The resources of an import are found before later imports that refer to them.
            while let Some((expected, found)) = open.pop() {
                if expected.sort != found.sort {
                    continue;
                }
                let (Some(wanted), Some(there)) = (expected.node(), found.node()) else { continue };
                if !self.arena.node(wanted).may_have(range) {
                    continue;
                }
                match expected.sort {
                    Sort::TYPE => {
                        let variable = self.arena.resource_variable(wanted);
                        let Some(variable) = variable.filter(|it| bound.contains(it)) else {
                            continue;
                        };
                        let there = self.arena.unnamed(there);
                        if self.arena.node(there).kind == Kind::Resource {
                            let from = self.arena.resource_node(variable);
                            substitution.replace(self.arena, from, there);
                        }
                    }
                    Sort::INSTANCE if seen.insert((wanted, there)) => {
                        let exports: Vec<Entry> = self.arena.exports(wanted).collect();
                        for entry in exports.iter().rev() {
                            if let Some(found) = self.arena.export(there, entry.name) {
                                open.push((entry.entity, found.entity));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        substitution
    }

    /// Checks a module, which matches if it imports no more and exports no less.
    fn module(&mut self, found: u32, expected: u32, place: Option<usize>) {
        let core = self.core;
        let (there, wanted) = (core.module(found), core.module(expected));
        if there.is_unknown || wanted.is_unknown {
            return;
        }
        for &(module, name, needed) in &there.imports {
            let (module_text, name_text) = (self.text(module), self.text(name));
            match wanted.imported(module, name) {
                Some(given) => {
                    if let Some(leaf) = core.mismatch(self.registry, given, needed) {
                        let step = Step::ModuleImport(module_text, name_text);
                        let place = self.step(place, step);
                        self.fail(place, leaf);
                    }
                }
                None => {
                    let leaf = Leaf::MissingModuleImport { module: module_text, name: name_text };
                    self.fail(place, leaf);
                }
            }
        }
        for &(name, needed) in &wanted.exports {
            let text = self.text(name);
            match there.exported(name) {
                Some(given) => {
                    if let Some(leaf) = core.mismatch(self.registry, given, needed) {
                        let place = self.step(place, Step::ModuleExport(text));
                        self.fail(place, leaf);
                    }
                }
                None => self.fail(place, Leaf::MissingExport { name: text }),
            }
        }
    }

    /// Finds the first difference between two types that are not equal.
    fn explain(&mut self, found: NodeId, expected: NodeId, mut place: Option<usize>) {
        let (mut found, mut expected) =
            (self.arena.node(found).structure, self.arena.node(expected).structure);
        let mut is_outermost = true;
        loop {
            let (a, b) = (self.arena.node(found), self.arena.node(expected));
            if a.kind != b.kind || a.kind == Kind::Prim {
                let (wanted, there) = (self.arena.form(expected), self.arena.form(found));
                let leaf = match (a.kind, b.kind) {
                    (Kind::Prim, Kind::Prim) => Leaf::Prim { expected: wanted, found: there },
                    (_, Kind::Prim) if is_outermost => {
                        Leaf::Sort { expected: b.kind.form(), found: there }
                    }
                    _ => Leaf::Sort { expected: wanted, found: there },
                };
                return self.fail(place, leaf);
            }
            is_outermost = false;
            let word = |words: &[u32], place: usize| words.get(place).copied().unwrap_or(ABSENT);
            let label = |arena: &Arena, words: &[u32], place: usize| -> Text {
                arena.str(TextId(word(words, place))).into()
            };
            let (x, y) = (a.words, b.words);
            let differs = |place: usize| word(x, place) != word(y, place);
            // The place of the part that differs, the step to it, and its name in the error if it
            // is absent on one side.
            let (at, step, what) = match a.kind {
                Kind::Own | Kind::Borrow => {
                    let leaf = self.different_resources(NodeId(word(x, 0)), NodeId(word(y, 0)));
                    return self.fail(place, leaf);
                }
                Kind::Flags | Kind::Enum => {
                    return self.fail(place, Leaf::Labels { what: a.kind.form() });
                }
                Kind::FixedList if differs(1) => {
                    let (expected, found) = (word(y, 1), word(x, 1));
                    return self.fail(place, Leaf::Length { expected, found });
                }
                Kind::List | Kind::Option | Kind::FixedList => (0, None, ""),
                Kind::Stream => (0, Some(Step::Part("stream")), "stream"),
                Kind::Future => (0, Some(Step::Part("future")), "future"),
                Kind::Map if differs(0) => (0, Some(Step::Part("map key")), ""),
                Kind::Map => (1, Some(Step::Part("map value")), ""),
                Kind::Result if differs(0) => (0, Some(Step::Part("ok variant")), "ok"),
                Kind::Result => (1, Some(Step::Part("err variant")), "err"),
                Kind::Tuple => {
                    if x.len() != y.len() {
                        let (expected, found) = (y.len(), x.len());
                        return self.fail(place, Leaf::Count { what: "types", expected, found });
                    }
                    let at = (0..x.len()).find(|&at| differs(at)).unwrap_or_default();
                    (at, Some(Step::TupleField(at)), "")
                }
                Kind::Record | Kind::Variant | Kind::Func => {
                    let first = if a.kind == Kind::Func { 2 } else { 0 };
                    if first > 0 && differs(0) {
                        let name = |word| if word == 0 { "sync" } else { "async" };
                        let (expected, found) = (name(word(y, 0)), name(word(x, 0)));
                        return self.fail(place, Leaf::Async { expected, found });
                    }
                    if x.len() != y.len() {
                        let what = match a.kind {
                            Kind::Record => "fields",
                            Kind::Variant => "cases",
                            _ => "parameters",
                        };
                        let (expected, found) = ((y.len() - first) / 2, (x.len() - first) / 2);
                        return self.fail(place, Leaf::Count { what, expected, found });
                    }
                    match (first..x.len()).find(|&at| differs(at)) {
                        None => (1, Some(Step::Result), ""),
                        Some(at) if at % 2 == 0 => {
                            let expected = label(self.arena, y, at);
                            let found = label(self.arena, x, at);
                            return self.fail(
                                place,
                                match a.kind {
                                    Kind::Record => Leaf::FieldName { expected, found },
                                    Kind::Variant => Leaf::CaseName { expected, found },
                                    _ => Leaf::ParamName { expected, found },
                                },
                            );
                        }
                        Some(at) => {
                            let name = label(self.arena, x, at - 1);
                            let step = match a.kind {
                                Kind::Record => Step::Field(name),
                                Kind::Variant => Step::Case(name),
                                _ => Step::Param(name),
                            };
                            (at, Some(step), "")
                        }
                    }
                }
                _ => {
                    return self
                        .fail(place, Leaf::Sort { expected: b.kind.form(), found: a.kind.form() });
                }
            };
            let (there, wanted) = (word(x, at), word(y, at));
            if there == ABSENT || wanted == ABSENT {
                let is_missing = there == ABSENT;
                let leaf = match (step, is_missing) {
                    (Some(Step::Case(name)), true) => Leaf::CaseTypeMissing { name },
                    (Some(Step::Case(name)), false) => Leaf::CaseTypeSurplus { name },
                    (Some(Step::Result), true) => Leaf::ResultMissing,
                    (Some(Step::Result), false) => Leaf::ResultSurplus,
                    (_, true) => Leaf::PartMissing { what },
                    (_, false) => Leaf::PartSurplus { what },
                };
                return self.fail(place, leaf);
            }
            if let Some(step) = step {
                place = self.step(place, step);
            }
            (found, expected) = (NodeId(there), NodeId(wanted));
        }
    }
}
