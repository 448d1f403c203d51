//! The scopes of a component: their index spaces and identifiers.

use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_ast::Name;
use wattle_ast::components::{Counts, Definition, Names, Scope, Sort, Start};

use super::names::NameText;
use crate::config::Config;
use crate::ids::{Ids, Space};
use crate::limits;

/// The facts about a component that its names depend on, found before anything is printed.
#[derive(Default)]
pub(super) struct Survey {
    counts: Counts,
    /// The places of the name sections in the list of definitions.
    pub(super) names: Vec<usize>,
    /// The values without a place for an identifier: the first index and the length of each run, in
    /// ascending order.
    unplaced: Vec<(u32, u32)>,
}

impl Survey {
    /// Counts the indices that a definition adds. `has_place` states whether the text has a place
    /// for their identifiers.
    fn add(&mut self, definition: &Definition<'_>, has_place: bool) {
        if !has_place && let Some((sort, count)) = definition.adds() {
            self.unplaced.push((self.counts.len(sort), count));
        }
        self.counts.add(definition);
    }

    /// Whether the text has a place for the identifier of an index.
    pub(super) fn has_place(&self, sort: Sort, index: u32) -> bool {
        if sort == Sort::VALUE {
            let behind = self.unplaced.partition_point(|(first, _)| *first <= index);
            let run = behind.checked_sub(1).and_then(|at| self.unplaced.get(at));
            if run.is_some_and(|(first, count)| index - first < *count) {
                return false;
            }
        }
        index < self.counts.len(sort)
    }
}

/// The number of results of start functions that may still be written one by one.
pub(super) struct Results {
    left: u32,
}

impl Default for Results {
    fn default() -> Results {
        Results { left: limits::RESULTS }
    }
}

impl Results {
    /// Whether the results of the next start function are written one by one.
    pub(super) fn are_listed(&mut self, start: &Start) -> bool {
        let left = self.left.checked_sub(start.results);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// Surveys all components, in the order in which they begin. The first one is the outermost.
pub(super) fn surveys(definitions: &[Definition<'_>]) -> Vec<Survey> {
    let mut surveys: Vec<Survey> = Vec::from([Survey::default()]);
    let mut results = Results::default();
    // The open scopes: components by their place in the list; `None` for types.
    let mut open = Vec::from([Some(0)]);
    for (place, definition) in definitions.iter().enumerate() {
        let has_place = match definition {
            Definition::Start(start) => results.are_listed(start),
            _ => true,
        };
        let here = open.last().copied().flatten().and_then(|at: usize| surveys.get_mut(at));
        if let Some(survey) = here {
            survey.add(definition, has_place);
            if definition.custom_name() == Some(Names::NAME) {
                survey.names.push(place);
            }
        }
        match definition.opens() {
            Some(Scope::Component) => {
                open.push(Some(surveys.len()));
                surveys.push(Survey::default());
            }
            Some(_) => open.push(None),
            None if matches!(definition, Definition::End) && open.len() > 1 => drop(open.pop()),
            None => {}
        }
    }
    surveys
}

/// An open scope.
pub(super) struct OpenScope<'c> {
    pub(super) kind: Scope,
    /// The numbers of definitions so far.
    pub(super) counts: Counts,
    /// The identifiers of each sort, by [`Sort::place`]; empty if the scope has no identifiers.
    ids: Vec<Ids>,
    /// The names that the identifiers are made from.
    names: Names<'c>,
    /// The way in which the text states the names.
    pub(super) name_text: NameText,
    /// Whether anything was printed in the scope.
    pub(super) has_lines: bool,
}

impl<'c> OpenScope<'c> {
    /// The scope of a type, which has no identifiers.
    pub(super) fn of_type(kind: Scope) -> OpenScope<'c> {
        OpenScope {
            kind,
            counts: Counts::default(),
            ids: Vec::new(),
            names: Names::default(),
            name_text: NameText::default(),
            has_lines: false,
        }
    }

    /// The scope of a component.
    pub(super) fn of_component(
        survey: &Survey,
        names: Names<'c>,
        name_text: NameText,
        config: &Config,
    ) -> OpenScope<'c> {
        let ids = match config.name_unnamed || names.iter().next().is_some() {
            true => ids(survey, &names, config),
            false => Vec::new(),
        };
        OpenScope { ids, names, name_text, ..OpenScope::of_type(Scope::Component) }
    }

    /// The number of indices of a sort so far.
    pub(super) fn len(&self, sort: Sort) -> u32 {
        self.counts.len(sort)
    }

    /// The identifiers of a sort.
    pub(super) fn ids(&self, sort: Sort) -> Option<&Ids> {
        self.ids.get(sort.place())
    }

    /// The name of an index.
    pub(super) fn name(&self, sort: Sort, index: u32) -> Option<&Name<'c>> {
        self.names.of(sort, index)
    }
}

/// The identifiers of all sorts.
fn ids(survey: &Survey, names: &Names<'_>, config: &Config) -> Vec<Ids> {
    let mut by_sort = [const { Vec::new() }; Sort::COUNT];
    for (index, name) in names.iter() {
        let (sort, index) = (index.sort(), index.number());
        if let Some(names) = by_sort.get_mut(sort.place())
            && survey.has_place(sort, index)
        {
            names.push((index as usize, name.as_str()));
        }
    }
    let mut all = Vec::with_capacity(Sort::COUNT);
    for (sort, names) in Sort::all().zip(by_sort) {
        let len = survey.counts.len(sort) as usize;
        // A few bytes can stand for billions of values.
        let is_counted = sort != Sort::VALUE || survey.unplaced.is_empty();
        let name_unnamed = config.name_unnamed && is_counted;
        let keyword = &sort.to_string().replace(' ', "-");
        let space = Space { keyword, first: 0, len, name_unnamed, nameless: &[] };
        let mut ids = Ids::default();
        ids.fill_from(names.iter().copied(), space);
        all.push(ids);
    }
    all
}
