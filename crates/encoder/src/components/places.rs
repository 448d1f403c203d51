//! Finds the sections of a parsed component that still hold its definitions, and the places of
//! those definitions.
//!
//! Usually all sections do, one after the other. From the first section that does not, the
//! definitions of the remaining sections are compared with those of the component, as two lists.
//! Three parts of the lists match: their common start, their common end, and between these the
//! longest run of definitions that are unique in both lists and in the same order, with the equal
//! neighbours of each. So a local change leaves the rest alone, and the work is linear except for
//! sorting.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::components::{
    Component, Definition, Entries, Holds, RawSection, SectionId, encode_entries,
};
use wattle_ast::{Features, Reader};

/// A section that still holds definitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    /// The place of the section among the sections.
    pub(super) section: usize,
    /// The place of the first definition that it holds, and their number.
    pub(super) at: usize,
    pub(super) len: usize,
}

/// The sections that still hold definitions, in order.
pub(super) fn kept(component: &Component<'_>) -> Vec<Kept> {
    let Component { definitions, encoding } = component;
    let depths = depths(&encoding.sections);
    let mut kept = Vec::with_capacity(encoding.sections.len());
    let (mut at, mut depth) = (0, 0);
    for (section, (raw, &raw_depth)) in encoding.sections.iter().zip(&depths).enumerate() {
        while depth > raw_depth && matches!(definitions.get(at), Some(Definition::End)) {
            depth -= 1;
            at += 1;
        }
        let rest = definitions.get(at..).unwrap_or_default();
        let Some(len) = raw.holds(rest).filter(|_| depth == raw_depth) else {
            let rest = Rest { section, depths: &depths, at, depth };
            rest.compare(component, &mut kept);
            break;
        };
        kept.push(Kept { section, at, len });
        depth += usize::from(raw.id == SectionId::Component);
        at += len;
    }
    kept
}

/// The number of components around each section, apart from the outermost, by the sizes of
/// sections.
fn depths(sections: &[RawSection<'_>]) -> Vec<usize> {
    // The number of bytes that are left in each open component.
    let mut open: Vec<usize> = Vec::new();
    let depth = |raw: &RawSection<'_>| {
        while open.last() == Some(&0) {
            open.pop();
        }
        let depth = open.len();
        let inside = match raw.id.holds() {
            Holds::Nested => size(raw).unwrap_or(0) as usize,
            _ => 0,
        };
        if let Some(left) = open.last_mut() {
            *left = left.saturating_sub(raw.bytes.len().saturating_add(inside));
        }
        if raw.id == SectionId::Component {
            open.push(inside.saturating_sub(Component::PREAMBLE.len()));
        }
        depth
    };
    sections.iter().map(depth).collect()
}

/// The size that the header of a section states.
fn size(raw: &RawSection<'_>) -> Option<u32> {
    Reader::new(raw.bytes.get(1..)?).u32().ok()
}

/// The sections and definitions that remain to be compared.
struct Rest<'r> {
    /// The place of the first section.
    section: usize,
    depths: &'r [usize],
    /// The place of the first definition, and the number of components around it, apart from the
    /// outermost.
    at: usize,
    depth: usize,
}

/// A definition outside of types, with the definitions in its types, or the end of a component.
#[derive(Clone, Copy)]
struct Unit {
    /// Equal units have equal numbers.
    number: usize,
    /// The place of the first definition of the unit.
    at: usize,
}

/// The numbers of units, by their encodings.
#[derive(Default)]
struct Numbers(BTreeMap<Vec<u8>, usize>);

impl Numbers {
    /// Appends the units of these definitions, the first of which is at place `at`.
    fn units(&mut self, definitions: &[Definition<'_>], mut at: usize, units: &mut Vec<Unit>) {
        let mut rest = definitions;
        while let Some(first) = rest.first() {
            let mut depth = 0;
            let len = match first {
                Definition::Component | Definition::End => 1,
                _ => rest
                    .iter()
                    .take_while(|&definition| {
                        depth = definition.depth_after(depth);
                        depth > 0
                    })
                    .count()
                    .saturating_add(1)
                    .min(rest.len()),
            };
            let (unit, others) = rest.split_at(len);
            let mut key = Vec::new();
            if let Some(id) = first.section() {
                key.push(id.code());
                encode_entries(id, unit, &mut key);
            }
            units.push(Unit { number: self.number(key), at });
            at += len;
            rest = others;
        }
    }

    fn number(&mut self, key: Vec<u8>) -> usize {
        let next = self.0.len();
        *self.0.entry(key).or_insert(next)
    }
}

impl Rest<'_> {
    /// Adds the sections that still hold definitions to `kept`.
    fn compare(&self, component: &Component<'_>, kept: &mut Vec<Kept>) {
        let Component { definitions, encoding } = component;
        let mut numbers = Numbers::default();
        let mut new = Vec::new();
        numbers.units(definitions.get(self.at..).unwrap_or_default(), self.at, &mut new);
        // The units of the sections, and the range of the units of each section.
        let (mut old, mut ranges) = (Vec::new(), Vec::new());
        let mut depth = self.depth;
        for (raw, &raw_depth) in encoding.sections.iter().zip(self.depths).skip(self.section) {
            for _ in raw_depth..depth {
                numbers.units(&[Definition::End], 0, &mut old);
            }
            let start = old.len();
            match raw.id.holds() {
                // The content of an inner module or component is compared as sections of its own.
                Holds::Nested => {
                    let number = numbers.number(alloc::vec![raw.id.code()]);
                    old.push(Unit { number, at: 0 });
                }
                _ => numbers.units(&content(raw), 0, &mut old),
            }
            ranges.push(start..old.len());
            depth = raw_depth + usize::from(raw.id == SectionId::Component);
        }
        let matches = matches(&old, &new);
        let mut previous_is_kept = kept.len() == self.section;
        let mut at = self.at;
        for (section, range) in (self.section..).zip(ranges) {
            let places = matches.get(range.clone()).unwrap_or_default();
            let is_run = |pair: &[Option<usize>]| pair[0].is_some_and(|a| pair[1] == Some(a + 1));
            let is_kept = match places.first() {
                None => previous_is_kept,
                Some(first) => first.is_some() && places.windows(2).all(is_run),
            };
            previous_is_kept = is_kept;
            if !is_kept {
                continue;
            }
            let end = |place: usize| new.get(place).map_or(definitions.len(), |unit| unit.at);
            let mut len = 0;
            if let (Some(&Some(first)), Some(&Some(last))) = (places.first(), places.last()) {
                at = end(first);
                len = end(last + 1) - at;
            }
            kept.push(Kept { section, at, len });
            at += len;
        }
    }
}

/// The definitions of a section that holds no inner module or component.
fn content<'r>(raw: &'r RawSection<'_>) -> Vec<Definition<'r>> {
    let mut reader = Reader::at(&raw.bytes, 0, Features::ALL);
    let mut read = || {
        let id: SectionId = reader.read()?;
        reader.u32()?;
        let mut entries = Entries::begin(id, &mut reader)?;
        let mut definitions = Vec::new();
        while let Some(definition) = entries.next(&mut reader)? {
            definitions.push(definition);
        }
        Ok::<_, wattle_ast::Malformed>(definitions)
    };
    read().unwrap_or_default()
}

/// Returns, for each unit of `old`, the place of the matching unit of `new`. These places are in
/// ascending order.
fn matches(old: &[Unit], new: &[Unit]) -> Vec<Option<usize>> {
    let is_same = |a: usize, b: usize| match (old.get(a), new.get(b)) {
        (Some(a), Some(b)) => a.number == b.number,
        _ => false,
    };
    let prefix = (0..).take_while(|&at| is_same(at, at)).count();
    let most = old.len().min(new.len()) - prefix;
    let suffix = (1..=most).take_while(|back| is_same(old.len() - back, new.len() - back)).count();
    let mut matches: Vec<Option<usize>> = alloc::vec![None; old.len()];
    for (at, place) in matches.iter_mut().take(prefix).enumerate() {
        *place = Some(at);
    }
    // The pairs beside which equal neighbours are looked for, and the pair of the ends.
    let mut anchors = longest_run(&unique_pairs(old, new, prefix, suffix));
    anchors.push((old.len() - suffix, new.len() - suffix));
    let (mut a, mut b) = (prefix, prefix);
    for (next_a, next_b) in anchors {
        while a < next_a && b < next_b && is_same(a, b) {
            matches[a] = Some(b);
            (a, b) = (a + 1, b + 1);
        }
        let gap = (next_a - a).min(next_b - b);
        for back in (1..=gap).take_while(|back| is_same(next_a - back, next_b - back)) {
            matches[next_a - back] = Some(next_b - back);
        }
        if is_same(next_a, next_b) {
            matches[next_a] = Some(next_b);
        }
        (a, b) = ((next_a + 1).min(old.len()), (next_b + 1).min(new.len()));
    }
    for back in 1..=suffix {
        matches[old.len() - back] = Some(new.len() - back);
    }
    matches
}

/// The pairs of places of the units that occur once in each list, between the common start and the
/// common end of the lists.
fn unique_pairs(old: &[Unit], new: &[Unit], prefix: usize, suffix: usize) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, Default)]
    struct Seen {
        old: usize,
        new: usize,
        place: usize,
    }
    let mut seen: BTreeMap<usize, Seen> = BTreeMap::new();
    for unit in &old[prefix..old.len() - suffix] {
        seen.entry(unit.number).or_default().old += 1;
    }
    for (place, unit) in new[..new.len() - suffix].iter().enumerate().skip(prefix) {
        let seen = seen.entry(unit.number).or_default();
        seen.new += 1;
        seen.place = place;
    }
    let pair = |(at, unit): (usize, &Unit)| match seen.get(&unit.number) {
        Some(Seen { old: 1, new: 1, place }) => Some((at, *place)),
        _ => None,
    };
    old[..old.len() - suffix].iter().enumerate().skip(prefix).filter_map(pair).collect()
}

/// The longest list of these pairs in which the second places ascend. The first places already do.
fn longest_run(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length, the pair with the least second place that a list of this length can end
    // with.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let len = ends.partition_point(|&end| pairs[end].1 < pair.1);
        before.push(len.checked_sub(1).map(|len| ends[len]));
        match ends.get_mut(len) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        run.push(pairs[at]);
        next = before[at];
    }
    run.reverse();
    run
}
