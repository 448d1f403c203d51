//! The versions of an interface that count as one, and the names that are then equal.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::InterfaceName;
use wattle_ast::{Features, SpaceIdx};
use wattle_wit::model::InterfaceId;

use crate::names::Side;
use crate::world::{Place, World, canonical};

/// The versions of an interface that count as one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Versions {
    /// None: each version counts as itself.
    #[default]
    Exact,
    /// Compatible versions, such as 0.2.0 and 0.2.3.
    Compatible,
    /// All versions.
    Any,
}

impl Versions {
    /// Returns a name without the parts of its version that do not count.
    pub(crate) fn name(self, name: &str) -> String {
        match self {
            Versions::Exact => name.to_owned(),
            Versions::Compatible => canonical(name),
            Versions::Any => match InterfaceName::parse(name, Features::ALL) {
                Ok(name) => InterfaceName { version: None, ..name }.to_string(),
                Err(_) => name.to_owned(),
            },
        }
    }
}

/// The names of imports, exports and interfaces as numbers. Names that count as one have one
/// number, on either side.
pub(crate) struct Names {
    /// The names of interfaces, by the numbers of the interfaces in the model.
    interfaces: Vec<Option<usize>>,
    imports: Vec<usize>,
    exports: Vec<usize>,
}

impl Names {
    /// Numbers the names of a world. `known` has the numbers of names so far.
    pub(crate) fn new(
        world: &World<'_>,
        versions: Versions,
        known: &mut BTreeMap<String, usize>,
    ) -> Names {
        let mut number = |name: &str| {
            let next = known.len();
            *known.entry(versions.name(name)).or_insert(next)
        };
        let model = world.model;
        let interfaces = model.interfaces().map(|(id, _)| Some(number(&model.full_name(id)?)));
        let interfaces = interfaces.collect();
        let [imports, exports] = [&world.imports, &world.exports]
            .map(|items| items.items.iter().map(|item| number(&item.name)).collect());
        Names { interfaces, imports, exports }
    }

    /// Returns the names of the imports or of the exports.
    pub(crate) fn side(&self, side: Side) -> &[usize] {
        match side {
            Side::Import => &self.imports,
            Side::Export => &self.exports,
        }
    }

    /// Returns the name of an interface, if it has one.
    pub(crate) fn of_interface(&self, id: InterfaceId) -> Option<usize> {
        self.interfaces.get(id.idx()).copied().flatten()
    }

    /// Returns the name of the import or export that a place is.
    pub(crate) fn of_place(&self, place: Place) -> Option<usize> {
        let (side, number) = place.item()?;
        self.side(side).get(number).copied()
    }
}
