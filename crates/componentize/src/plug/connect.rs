//! Connects imports with the plugs that satisfy them, and orders the plugs for instantiation.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use wattle_validator::components::{ComponentTypes, Extern};

use super::{Connection, PlugError};
use crate::compose::{compare_versions, family};

/// The imports that a plug is for.
#[derive(Clone, Debug)]
pub(super) enum Plug {
    /// Imports of the names of its exports.
    ByName,
    /// The import of one name, which gets the export, or the whole instance.
    For { import: Box<str>, export: Option<Box<str>> },
}

/// The exports of plugs, by their names or by the families of these.
type Exports<'t> = BTreeMap<String, Found<'t>>;

/// The exports that satisfy an import, by plug. A plug may export several versions of an interface, of
/// which the highest counts.
#[derive(Default)]
struct Found<'t>(BTreeMap<usize, Extern<'t>>);

impl<'t> Found<'t> {
    fn add(&mut self, plug: usize, export: Extern<'t>) {
        let best = self.0.entry(plug).or_insert(export);
        if compare_versions(best, &export).is_le() {
            *best = export;
        }
    }

    /// Returns the plug that satisfies an import, and its export. No plug is instantiated before
    /// itself, so the importer does not count.
    ///
    /// # Errors
    /// The first two plugs that satisfy the import, if there are several.
    fn other_than(
        &self,
        importer: Option<usize>,
    ) -> Result<Option<(usize, Extern<'t>)>, [usize; 2]> {
        let mut others = self.0.iter().filter(|(plug, _)| Some(**plug) != importer);
        match (others.next(), others.next()) {
            (Some((&first, _)), Some((&second, _))) => Err([first, second]),
            (found, _) => Ok(found.map(|(plug, export)| (*plug, *export))),
        }
    }
}

/// Finds the imports that plugs satisfy. The last of the components is the socket.
pub(super) fn connect(
    names: &[String],
    types: &[ComponentTypes],
    plugs: &[Plug],
    between_plugs: bool,
) -> Result<Vec<Connection>, PlugError> {
    let name = |number: usize| -> Box<str> { names.get(number).map_or("", |name| name).into() };
    let mut by_import: BTreeMap<&str, (usize, Option<&str>)> = BTreeMap::new();
    let (mut by_name, mut by_family) = (Exports::new(), Exports::new());
    for (number, (plug, types)) in plugs.iter().zip(types).enumerate() {
        match plug {
            Plug::ByName => {
                for export in types.exports() {
                    by_name.entry(export.name().to_owned()).or_default().add(number, export);
                    by_family.entry(family(&export)).or_default().add(number, export);
                }
            }
            Plug::For { import, export } => {
                let export = export.as_deref();
                if let Some(missing) = export.filter(|export| types.export(export).is_none()) {
                    return Err(PlugError::NoExport {
                        plug: name(number),
                        export: missing.into(),
                        exports: types.exports().map(|export| export.name().into()).collect(),
                    });
                }
                if let Some((other, _)) = by_import.insert(import, (number, export)) {
                    let plugs = [other, number].map(name);
                    return Err(PlugError::Twice { import: import.clone(), plugs });
                }
            }
        }
    }
    let socket = plugs.len();
    let importers = core::iter::once(None).chain((0..socket).map(Some).filter(|_| between_plugs));
    let mut connections = Vec::new();
    for importer in importers {
        let imports = types.get(importer.unwrap_or(socket)).into_iter();
        for import in imports.flat_map(ComponentTypes::imports) {
            let find = || {
                let by_name = by_name.get(import.name());
                match by_name.map_or(Ok(None), |found| found.other_than(importer))? {
                    None => by_family
                        .get(&family(&import))
                        .map_or(Ok(None), |found| found.other_than(importer)),
                    found => Ok(found),
                }
            };
            let (plug, export) = match by_import.get(import.name()) {
                Some(&(plug, export)) if Some(plug) != importer => (plug, export),
                _ => match find() {
                    Ok(Some((plug, export))) => (plug, Some(export.name())),
                    Ok(None) => continue,
                    Err(plugs) => {
                        let (plugs, import) = (plugs.map(name), import.name().into());
                        return Err(PlugError::Ambiguous { import, plugs });
                    }
                },
            };
            let (import, export) = (import.name().to_owned(), export.map(ToOwned::to_owned));
            connections.push(Connection { importer, import, plug, export });
        }
    }
    let imports = || -> Vec<Box<str>> {
        let imports = types.get(socket).into_iter().flat_map(ComponentTypes::imports);
        imports.map(|import| import.name().into()).collect()
    };
    let connected: BTreeSet<usize> = connections.iter().map(|it| it.plug).collect();
    for (import, &(plug, _)) in &by_import {
        if !connected.contains(&plug) {
            let (plug, socket) = (name(plug), name(socket));
            let import = (*import).into();
            return Err(PlugError::NoImport { import, plug, socket, imports: imports() });
        }
    }
    let used = used(&connections);
    match (0..socket).find(|plug| !used.contains(plug)) {
        None if socket > 0 => Ok(connections),
        unused => {
            let (plug, socket) = (unused.map(name), name(socket));
            Err(PlugError::Unused { plug, socket, imports: imports() })
        }
    }
}

/// Returns the plugs that the socket needs, and those that these need.
fn used(connections: &[Connection]) -> BTreeSet<usize> {
    let mut plugs_of: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for it in connections {
        plugs_of.entry(it.importer).or_default().push(it.plug);
    }
    let mut used = BTreeSet::new();
    let mut steps = Vec::from([None]);
    while let Some(importer) = steps.pop() {
        for &plug in plugs_of.get(&importer).into_iter().flatten() {
            if used.insert(plug) {
                steps.push(Some(plug));
            }
        }
    }
    used
}

/// Returns the numbers of the components, each behind those that it needs.
pub(super) fn in_order(
    names: &[String],
    connections: &[Connection],
) -> Result<Vec<usize>, PlugError> {
    let socket = names.len().saturating_sub(1);
    let mut needs: Vec<BTreeSet<usize>> = names.iter().map(|_| BTreeSet::new()).collect();
    let mut needed_by: Vec<BTreeSet<usize>> = needs.clone();
    for it in connections {
        let importer = it.importer.unwrap_or(socket);
        needs.get_mut(importer).into_iter().for_each(|needs| _ = needs.insert(it.plug));
        needed_by.get_mut(it.plug).into_iter().for_each(|by| _ = by.insert(importer));
    }
    let mut ready: BTreeSet<usize> = (0..names.len())
        .filter(|number| needs.get(*number).is_some_and(BTreeSet::is_empty))
        .collect();
    let mut order = Vec::with_capacity(names.len());
    while let Some(number) = ready.pop_first() {
        order.push(number);
        for &importer in needed_by.get(number).into_iter().flatten() {
            if let Some(needs) = needs.get_mut(importer)
                && needs.remove(&number)
                && needs.is_empty()
            {
                ready.insert(importer);
            }
        }
    }
    match order.len() == names.len() {
        true => Ok(order),
        false => Err(circle(names, &needs)),
    }
}

/// Finds plugs in a circle: each needs the next, and the last needs the first. Each component with
/// entries in `needs` waits for another.
fn circle(names: &[String], needs: &[BTreeSet<usize>]) -> PlugError {
    let next = |number: usize| needs.get(number).and_then(BTreeSet::first).copied();
    let mut at = (0..needs.len()).find(|number| next(*number).is_some()).unwrap_or_default();
    // One step for each component is enough to get into the circle.
    for _ in names {
        at = next(at).unwrap_or_default();
    }
    let mut circle = Vec::from([at]);
    let mut after = next(at).unwrap_or(at);
    while after != at {
        circle.push(after);
        after = next(after).unwrap_or(at);
    }
    let first = circle.iter().enumerate().min_by_key(|(_, number)| **number);
    let first = first.map_or(0, |(place, _)| place);
    circle.rotate_left(first);
    let plugs = circle.into_iter().filter_map(|number| Some(names.get(number)?.as_str().into()));
    PlugError::Circle { plugs: plugs.collect() }
}
