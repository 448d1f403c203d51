//! Which versions of an interface are taken for one, and the names that then are one.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::InterfaceName;
use wattle_ast::{Features, SpaceIdx};
use wattle_wit::model::InterfaceId;

use crate::names::Side;
use crate::world::{Place, World, canonical};

/// Which versions of an interface are taken for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Versions {
    /// Each is itself alone.
    #[default]
    Exact,
    /// Compatible versions, such as 0.2.0 and 0.2.3.
    Compatible,
    /// All.
    Any,
}

impl Versions {
    /// A name without what does not count.
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

/// The names of imports, exports and interfaces as numbers. Names that are taken for one have one number,
/// on either side.
pub(crate) struct Names {
    /// Of the interfaces that have names, by their numbers in the model.
    interfaces: Vec<Option<usize>>,
    imports: Vec<usize>,
    exports: Vec<usize>,
}

impl Names {
    /// The names of a world. `known` has the numbers of names so far.
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

    /// The names of imports or exports.
    pub(crate) fn side(&self, side: Side) -> &[usize] {
        match side {
            Side::Import => &self.imports,
            Side::Export => &self.exports,
        }
    }

    /// The name of an interface, if it has one.
    pub(crate) fn of_interface(&self, id: InterfaceId) -> Option<usize> {
        self.interfaces.get(id.idx()).copied().flatten()
    }

    /// The name of the import or export that a place is.
    pub(crate) fn of_place(&self, place: Place) -> Option<usize> {
        let (side, number) = place.item()?;
        self.side(side).get(number).copied()
    }
}
