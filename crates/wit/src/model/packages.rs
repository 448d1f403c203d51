//! The order of packages.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{IndexVec, SpaceIdx};

use super::{Extern, InterfaceId, Model, PackageId};
use crate::error::ErrorKind;
use crate::order::order;

/// A package that depends on itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageCycle {
    /// Its name.
    pub name: String,
}

impl fmt::Display for PackageCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ErrorKind::PackageCycle { name: self.name.as_str().into() }.fmt(f)
    }
}

impl core::error::Error for PackageCycle {}

impl Model {
    /// Returns the packages that each package depends on.
    fn package_dependencies(&self) -> Vec<BTreeSet<usize>> {
        let mut dependencies: Vec<BTreeSet<usize>> = Vec::new();
        dependencies.resize_with(self.packages.len(), BTreeSet::new);
        let mut add = |from: PackageId, to: InterfaceId| {
            let to = self[to].package;
            if let (true, Some(set)) = (from != to, dependencies.get_mut(from.idx())) {
                set.insert(to.idx());
            }
        };
        for interface in self.interfaces.iter() {
            interface.uses.iter().for_each(|used| add(interface.package, *used));
        }
        for world in self.worlds.iter() {
            for (_, item) in world.imports.iter().chain(world.exports.iter()) {
                match item {
                    Extern::Interface { id, .. } => add(world.package, *id),
                    Extern::Type(id) => {
                        self.used_interface(*id).iter().for_each(|id| add(world.package, *id));
                    }
                    Extern::Func(_) => {}
                }
            }
        }
        dependencies
    }

    /// Returns the packages in the order in which they would be resolved as text: each after those that
    /// it depends on, and otherwise by their names. If packages depend on each other, all stay in the
    /// order of the model.
    pub(crate) fn packages_by_name(&self) -> Vec<PackageId> {
        let dependencies = self.package_dependencies();
        let ids: Vec<PackageId> = self.package_ids.values().copied().collect();
        let numbers: BTreeMap<usize, usize> =
            ids.iter().enumerate().map(|(number, id)| (id.idx(), number)).collect();
        let number = |to: &usize| numbers.get(to).copied();
        let edges = |id: &PackageId| dependencies[id.idx()].iter().filter_map(number).collect();
        match order(&ids.iter().map(edges).collect::<Vec<_>>()) {
            Ok(order) => order.into_iter().map(|number| ids[number]).collect(),
            Err(_) => self.packages().map(|(id, _)| id).collect(),
        }
    }

    /// Puts each package behind those that it depends on, and where that leaves a choice, `last`
    /// behind the others. Returns the new number of each package.
    pub(crate) fn sort_packages(
        &mut self,
        last: Option<PackageId>,
    ) -> Result<BTreeMap<PackageId, PackageId>, PackageCycle> {
        let dependencies = self.package_dependencies();
        // The last package gets the highest number while packages are put in order.
        let len = dependencies.len();
        let last = last.map_or(len, |id| id.idx());
        let moved = |at: usize| match at {
            at if at == last => len - 1,
            at if at > last => at - 1,
            at => at,
        };
        let back = |at: usize| match at {
            at if last < len && at == len - 1 => last,
            at if at >= last => at + 1,
            at => at,
        };
        let edges: Vec<Vec<usize>> = (0..len)
            .map(|at| dependencies[back(at)].iter().map(|to| moved(*to)).collect())
            .collect();
        let order = order(&edges).map_err(|(at, _)| {
            let name = self.packages.get(PackageId::from(back(at) as u32));
            PackageCycle { name: name.map_or(String::new(), |package| package.name.to_string()) }
        })?;
        let mut places = BTreeMap::new();
        let mut packages = IndexVec::new();
        for at in order {
            let old = PackageId::from(back(at) as u32);
            places.insert(old, packages.next_index());
            packages.push(core::mem::take(&mut self.packages[old]));
        }
        self.packages = packages;
        let place = |id: &mut PackageId| *id = places.get(id).copied().unwrap_or(*id);
        self.interfaces.iter_mut().for_each(|interface| place(&mut interface.package));
        self.worlds.iter_mut().for_each(|world| place(&mut world.package));
        self.package_ids.values_mut().for_each(place);
        Ok(places)
    }
}
