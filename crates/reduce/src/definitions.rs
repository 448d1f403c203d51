//! Passes over the definitions of a component.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Component, CoreInstance, Definition, Instance, Names, PrimType, Sort, Type,
};

use crate::plan::{Plan, numbers};

/// The places of definitions, and the references between them.
struct Places {
    /// For each place, the number of the scope that it is in.
    scopes: Vec<usize>,
    /// For each place, the end of the run that it begins.
    ends: Vec<usize>,
    /// For each scope and sort, the place that defines each index.
    defined: Vec<[Vec<usize>; Sort::COUNT]>,
    /// For each place, the places that refer to it.
    users: Vec<Vec<usize>>,
    /// For each place, the places that it refers to.
    used: Vec<Vec<usize>>,
}

impl Places {
    fn new(component: &Component<'_>) -> Places {
        let count = component.definitions.len();
        let mut places = Places {
            scopes: Vec::with_capacity(count),
            ends: (1..=count).collect(),
            defined: alloc::vec![Default::default()],
            users: alloc::vec![Vec::new(); count],
            used: alloc::vec![Vec::new(); count],
        };
        // The open scopes, each with the place that opened it.
        let mut open: Vec<(usize, usize)> = alloc::vec![(0, 0)];
        for (place, definition) in component.definitions.iter().enumerate() {
            let scope = open.last().map_or(0, |(scope, _)| *scope);
            if matches!(definition, Definition::End) && open.len() > 1 {
                let opener = open.pop().map_or(0, |(_, opener)| opener);
                places.ends[opener] = place + 1;
                places.scopes.push(scope);
                continue;
            }
            places.scopes.push(scope);
            places.refer(place, definition, &open);
            if let Some((sort, number)) = definition.adds() {
                let list = &mut places.defined[scope][sort.place()];
                list.extend(core::iter::repeat_n(place, number as usize));
            }
            if definition.opens().is_some() {
                open.push((places.defined.len(), place));
                places.defined.push(Default::default());
            }
        }
        places
    }

    /// Records the references of a definition.
    fn refer(&mut self, place: usize, definition: &Definition<'_>, open: &[(usize, usize)]) {
        let mut found: Vec<usize> = Vec::new();
        let scope = open.last().map_or(0, |(scope, _)| *scope);
        match definition {
            Definition::Names(_) | Definition::CoreModule(_) | Definition::Custom(_) => {}
            Definition::Alias(Alias::Outer { count, item }) => {
                let outer = open.len().checked_sub(1 + *count as usize);
                let scope = outer.and_then(|outer| open.get(outer)).map(|(scope, _)| *scope);
                let list = scope.map(|scope| &self.defined[scope][item.sort().place()]);
                found.extend(list.and_then(|list| list.get(item.number() as usize)));
            }
            _ => {
                definition.clone().reindex(|sort, index| {
                    let list = &self.defined[scope][sort.place()];
                    found.extend(list.get(index as usize));
                    index
                });
            }
        }
        found.sort_unstable();
        found.dedup();
        for used in found {
            self.users[used].push(place);
            self.used[place].push(used);
        }
    }
}

/// Whether a definition does nothing unless something refers to it.
fn is_inert(definition: &Definition<'_>) -> bool {
    matches!(
        definition,
        Definition::CoreModule(_)
            | Definition::CoreType(_)
            | Definition::Component
            | Definition::Alias(_)
            | Definition::Type(_)
            | Definition::Canon(_)
            | Definition::CoreInstance(CoreInstance::Exports(_))
            | Definition::Instance(Instance::Exports(_))
    )
}

/// Removes definitions, the last ones first, with everything that refers to them. With `tidies`,
/// definitions that only they refer to are removed too.
pub(crate) fn removals<'b>(
    component: &'b Component<'static>,
    tidies: bool,
) -> Plan<'b, Component<'static>> {
    let places = Places::new(component);
    let is_end = |place: &usize| matches!(component.definitions[*place], Definition::End);
    let count = component.definitions.len();
    let candidates: Vec<usize> = (0..count).rev().filter(|place| !is_end(place)).collect();
    Plan::new(candidates.len(), move |selected| {
        let chosen = numbers(selected).filter_map(|number| candidates.get(number).copied());
        without(component, &places, chosen.collect(), tidies)
    })
}

/// Removes definitions that nothing refers to.
pub(crate) fn unused<'b>(component: &'b Component<'static>) -> Plan<'b, Component<'static>> {
    let places = Places::new(component);
    Plan::new(1, move |_| {
        let list = component.definitions.iter().enumerate();
        let unused = list.filter(|(place, it)| is_inert(it) && places.users[*place].is_empty());
        without(component, &places, unused.map(|(place, _)| place).collect(), true)
    })
}

fn without(
    component: &Component<'static>,
    places: &Places,
    mut todo: Vec<usize>,
    tidies: bool,
) -> Option<Component<'static>> {
    let mut gone = alloc::vec![false; component.definitions.len()];
    let mut users: Vec<usize> = places.users.iter().map(Vec::len).collect();
    while let Some(first) = todo.pop() {
        for (place, gone) in gone.iter_mut().enumerate().take(places.ends[first]).skip(first) {
            if core::mem::replace(gone, true) {
                continue;
            }
            todo.extend(&places.users[place]);
            for &used in &places.used[place] {
                users[used] -= 1;
                if tidies && users[used] == 0 && is_inert(&component.definitions[used]) {
                    todo.push(used);
                }
            }
        }
    }
    // The new number of each index of each scope.
    let renumbered: Vec<[Vec<Option<u32>>; Sort::COUNT]> = places
        .defined
        .iter()
        .map(|sorts| {
            core::array::from_fn(|sort| {
                let mut next = 0;
                let number = |place: &usize| {
                    let number = (!gone[*place]).then_some(next);
                    next += u32::from(!gone[*place]);
                    number
                };
                sorts[sort].iter().map(number).collect()
            })
        })
        .collect();
    let new = |scope: usize, sort: Sort, index: u32| -> Option<u32> {
        renumbered[scope][sort.place()].get(index as usize).copied().flatten()
    };
    let mut open: Vec<usize> = alloc::vec![0];
    let mut definitions = Vec::new();
    let mut opened = 0;
    for (place, definition) in component.definitions.iter().enumerate() {
        let opens = definition.opens().is_some();
        opened += usize::from(opens);
        if gone[place] {
            continue;
        }
        let scope = places.scopes[place];
        let mut definition = definition.clone();
        match &mut definition {
            Definition::Names(names) => **names = surviving(names, |sort, at| new(scope, sort, at)),
            Definition::Alias(Alias::Outer { count, item }) => {
                let outer = open.len().checked_sub(1 + *count as usize)?;
                let number = new(*open.get(outer)?, item.sort(), item.number())?;
                *item = wattle_ast::components::SortIdx::new(item.sort(), number);
            }
            // Definitions that refer to a removed definition were removed with it.
            other => other.reindex(|sort, index| new(scope, sort, index).unwrap_or(index)),
        }
        if opens {
            open.push(opened);
        } else if matches!(definition, Definition::End) && open.len() > 1 {
            open.pop();
        }
        definitions.push(definition);
    }
    Some(definitions.into_iter().collect())
}

/// The names of the definitions that are left, by their new indices.
fn surviving<'a>(names: &Names<'a>, new: impl Fn(Sort, u32) -> Option<u32>) -> Names<'a> {
    let mut changed = Names { component: names.component.clone(), ..Names::default() };
    for (index, name) in names.iter() {
        if let Some(number) = new(index.sort(), index.number()) {
            changed.insert(index.sort(), number, name.clone());
        }
    }
    changed
}

/// Makes types of values `bool`.
pub(crate) fn types<'b>(component: &'b Component<'static>) -> Plan<'b, Component<'static>> {
    let bool = Definition::Type(Type::Prim(PrimType::Bool));
    let is_value = |definition: &Definition<'_>| match definition {
        Definition::Type(Type::Component | Type::Instance) => false,
        Definition::Type(Type::Func(_) | Type::Resource(_)) => false,
        other => matches!(other, Definition::Type(_)) && *other != bool,
    };
    let list = component.definitions.iter().enumerate();
    let places: Vec<usize> = list.filter(|(_, it)| is_value(it)).map(|(place, _)| place).collect();
    Plan::each(component, places.len(), move |component, number| {
        *component.definitions.get_mut(*places.get(number)?)? =
            Definition::Type(Type::Prim(PrimType::Bool));
        Some(())
    })
}

/// Removes parts of definitions: fields, cases, parameters, arguments, exports, options.
pub(crate) fn parts<'b>(component: &'b Component<'static>) -> Plan<'b, Component<'static>> {
    let mut all: Vec<(usize, usize)> = Vec::new();
    for (place, definition) in component.definitions.iter().enumerate() {
        let mut len = 0;
        if has_parts(definition) {
            each_list(&mut definition.clone(), &mut Count(&mut len));
        }
        all.extend((0..len).map(|part| (place, part)));
    }
    Plan::new(all.len(), move |selected| {
        let mut changed = component.clone();
        // From the last to the first, so that the others keep their numbers.
        let chosen: Vec<_> = numbers(selected).filter_map(|number| all.get(number)).collect();
        for (place, part) in chosen.into_iter().rev() {
            each_list(changed.definitions.get_mut(*place)?, &mut Remove(*part));
        }
        Some(changed)
    })
}

fn has_parts(definition: &Definition<'_>) -> bool {
    !matches!(definition, Definition::CoreModule(_) | Definition::Names(_) | Definition::Custom(_))
}

/// An operation on each list of a definition.
trait Each {
    fn list<T>(&mut self, list: &mut Box<[T]>);
}

/// Counts the elements of lists.
struct Count<'c>(&'c mut usize);

impl Each for Count<'_> {
    fn list<T>(&mut self, list: &mut Box<[T]>) {
        *self.0 += list.len();
    }
}

/// Removes the element with a number, counted over all lists.
struct Remove(usize);

impl Each for Remove {
    fn list<T>(&mut self, list: &mut Box<[T]>) {
        let at = self.0;
        self.0 = at.wrapping_sub(list.len());
        if at < list.len() {
            let mut elements = core::mem::take(list).into_vec();
            elements.remove(at);
            *list = elements.into();
            self.0 = usize::MAX;
        }
    }
}

fn each_list(definition: &mut Definition<'_>, each: &mut impl Each) {
    match definition {
        Definition::CoreInstance(CoreInstance::Instantiate { args, .. }) => each.list(args),
        Definition::CoreInstance(CoreInstance::Exports(exports)) => each.list(exports),
        Definition::Instance(Instance::Instantiate { args, .. }) => each.list(args),
        Definition::Instance(Instance::Exports(exports)) => each.list(exports),
        Definition::Type(ty) => match ty {
            Type::Record(fields) => each.list(fields),
            Type::Variant(cases) => each.list(cases),
            Type::Flags(labels) | Type::Enum(labels) => each.list(labels),
            Type::Tuple(types) => each.list(types),
            Type::Func(ty) => each.list(&mut ty.params),
            _ => {}
        },
        Definition::Canon(canon) => canon.edit(&mut Options(each)),
        Definition::Start(start) => each.list(&mut start.args),
        _ => {}
    }
}

/// The options of a canonical definition, as a list.
struct Options<'e, E>(&'e mut E);

impl<E: Each> wattle_ast::components::CanonEdit for Options<'_, E> {
    fn opts(&mut self, value: &mut wattle_ast::components::CanonOpts) {
        self.0.list(value);
    }
}
