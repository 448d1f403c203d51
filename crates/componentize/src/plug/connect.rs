//! Which plug satisfies which import, and in which order plugs are instantiated.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use wattle_validator::components::{ComponentTypes, Extern};

use super::{Connection, PlugError};
use crate::compose::{compare_versions, family};

/// What a plug is for.
#[derive(Clone, Debug)]
pub(super) enum Plug {
    /// Imports of the names of its exports.
    ByName,
    /// The import of one name, which gets the export, or the whole instance.
    For { import: Box<str>, export: Option<Box<str>> },
}

/// The exports of plugs, with the numbers of the plugs.
type Exports<'t> = BTreeMap<String, Vec<(usize, Extern<'t>)>>;

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
                    by_name.entry(export.name().to_owned()).or_default().push((number, export));
                    by_family.entry(family(&export)).or_default().push((number, export));
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
            // No plug is there before itself.
            let others = |found: &Vec<(usize, Extern<'_>)>| {
                found.iter().any(|(plug, _)| Some(*plug) != importer)
            };
            let found = by_name.get(import.name()).filter(|found| others(found));
            let family = || by_family.get(&family(&import)).filter(|found| others(found));
            let (plug, export) = match by_import.get(import.name()) {
                Some(&(plug, export)) if Some(plug) != importer => (plug, export),
                _ => match found.or_else(family) {
                    Some(found) => match best(found, importer) {
                        Ok((plug, export)) => (plug, Some(export)),
                        Err(plugs) => {
                            let plugs = plugs.map(name);
                            let import = import.name().into();
                            return Err(PlugError::Ambiguous { import, plugs });
                        }
                    },
                    None => continue,
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

/// Of the exports that satisfy an import, the one of the highest version; or two plugs that have one
/// each. The importer does not count.
fn best<'t>(
    found: &[(usize, Extern<'t>)],
    importer: Option<usize>,
) -> Result<(usize, &'t str), [usize; 2]> {
    let found = || found.iter().filter(|(plug, _)| Some(*plug) != importer);
    let first = found().next().map_or(0, |(plug, _)| *plug);
    if let Some(&(other, _)) = found().find(|(plug, _)| *plug != first) {
        return Err([first, other]);
    }
    // One plug may export several versions.
    let best = found().max_by(|left, right| compare_versions(&left.1, &right.1));
    Ok((first, best.map_or("", |(_, export)| export.name())))
}

/// The plugs that the socket needs, and those that these need.
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

/// The numbers of the components, each behind those that it needs.
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

/// Plugs of which each needs the next, and the last the first. All that are in `needs` wait for
/// another.
fn circle(names: &[String], needs: &[BTreeSet<usize>]) -> PlugError {
    let next = |number: usize| needs.get(number).and_then(BTreeSet::first).copied();
    let mut at = (0..needs.len()).find(|number| next(*number).is_some()).unwrap_or_default();
    // As many steps as there are components lead into the circle.
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
