//! Compares a component or world with the world that it has to fit.
//!
//! A component can stand for a world if it imports nothing that the world does not import, and
//! exports all that the world exports. Items that both have must have equal types, apart from
//! names. An instance may have more items than the world asks for.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_wit::model::{
    Extern, Func, InterfaceId, Kind, Model, Owner, Text, Type, TypeId, Val, WorldId,
};
use wattle_wit::print;

use crate::difference::{Difference, DifferenceKind, Step};
use crate::names::Side;
use crate::versions::{Names, Versions};
use crate::world::{Place, World};

/// Two types, and the places of the world in which they stand.
type Pair = ((Place, TypeId), (Place, TypeId));

/// The comparison of two worlds. The first has to fit the second.
struct Compare<'m> {
    ours: World<'m>,
    theirs: World<'m>,
    our_names: Names,
    their_names: Names,
    path: Vec<Step>,
    /// Their name of the import or export that is compared, if it is not ours.
    other: Option<Text>,
    differences: Vec<Difference>,
    /// Whether types are equal.
    equal: BTreeMap<Pair, bool>,
    /// The definitions of types that have been compared, and the places that they belong to. Their
    /// differences have been reported, and are not reported again where the types are used.
    compared: BTreeSet<Pair>,
}

/// Finds all differences that keep a world from standing for another.
pub(crate) fn compare(
    ours: (&Model, WorldId),
    theirs: (&Model, WorldId),
    versions: Versions,
) -> Vec<Difference> {
    let [ours, theirs] = [ours, theirs].map(|(model, world)| World::new(model, world));
    let mut known = BTreeMap::new();
    let [our_names, their_names] =
        [&ours, &theirs].map(|world| Names::new(world, versions, &mut known));
    let mut compare = Compare {
        ours,
        theirs,
        our_names,
        their_names,
        path: Vec::new(),
        other: None,
        differences: Vec::new(),
        equal: BTreeMap::new(),
        compared: BTreeSet::new(),
    };
    compare.side(Side::Import);
    compare.side(Side::Export);
    compare.differences
}

impl<'m> Compare<'m> {
    fn report(&mut self, kind: DifferenceKind) {
        let (path, other) = (self.path.clone(), self.other.clone());
        self.differences.push(Difference { path, other, kind });
    }

    /// Compares the imports or the exports.
    fn side(&mut self, side: Side) {
        let (ours, theirs) = (self.our_names.side(side), self.their_names.side(side));
        // The importing side asks, and the exporting side gives.
        let (asked, given) = match side {
            Side::Import => (ours, theirs),
            Side::Export => (theirs, ours),
        };
        // If several versions count as one, the last of them stands for the missing ones.
        let by_name: BTreeMap<usize, usize> =
            given.iter().enumerate().map(|(number, name)| (*name, number)).collect();
        // The first version of each interface, by its name without a version.
        let mut by_interface: BTreeMap<String, String> = BTreeMap::new();
        let (asking, giving) = self.asking_and_giving(side);
        for item in giving.side(side).items.iter().filter(|item| item.name.contains(':')) {
            let any = Versions::Any.name(&item.name);
            by_interface.entry(any).or_insert_with(|| item.name.clone());
        }
        let exact = asking.side(side).items.iter().map(|item| giving.side(side).number(&item.name));
        let by_name = |name: &usize| by_name.get(name).copied();
        let found = asked.iter().zip(exact).map(|(name, exact)| exact.or_else(|| by_name(name)));
        let found: Vec<Option<usize>> = found.collect();
        for (asked, given) in found.into_iter().enumerate() {
            match given {
                Some(given) => self.item(side, asked, given),
                None => self.missing(side, asked, &by_interface),
            }
        }
    }

    fn asking_and_giving(&self, side: Side) -> (&World<'m>, &World<'m>) {
        match side {
            Side::Import => (&self.ours, &self.theirs),
            Side::Export => (&self.theirs, &self.ours),
        }
    }

    /// Reports an import or export that is not given.
    fn missing(&mut self, side: Side, asked: usize, by_interface: &BTreeMap<String, String>) {
        let (asking, _) = self.asking_and_giving(side);
        let Some(item) = asking.side(side).items.get(asked) else { return };
        let name = item.name.clone();
        // The interface at another version.
        let other = by_interface.get(&Versions::Any.name(&name)).cloned();
        self.report(match side {
            Side::Import => DifferenceKind::MissingImport { name, other },
            Side::Export => DifferenceKind::MissingExport { name, other },
        });
    }

    /// Compares an import or export that both have.
    fn item(&mut self, side: Side, asked: usize, given: usize) {
        let (ours, theirs) = match side {
            Side::Import => (asked, given),
            Side::Export => (given, asked),
        };
        let (Some(our), Some(their)) =
            (self.ours.side(side).items.get(ours), self.theirs.side(side).items.get(theirs))
        else {
            return;
        };
        let other = (our.name != their.name).then(|| Text::from(their.name.as_str()));
        let (name, our, their) = (Text::from(our.name.as_str()), our.item, their.item);
        self.other = other;
        let places = (self.ours.place(side, ours), self.theirs.place(side, theirs));
        self.path.push(match side {
            Side::Import => Step::Import(name),
            Side::Export => Step::Export(name),
        });
        match (our, their) {
            (Extern::Interface { id: our, .. }, Extern::Interface { id: their, .. }) => {
                self.interface(side, places, *our, *their);
            }
            (Extern::Func(our), Extern::Func(their)) => self.func(places, our, their),
            (Extern::Type(our), Extern::Type(their)) => self.ty(places, *our, *their),
            (our, their) => {
                self.report(DifferenceKind::Sorts { ours: our.sort(), theirs: their.sort() });
            }
        }
        self.path.pop();
        self.other = None;
    }

    fn interface(
        &mut self,
        side: Side,
        places: (Place, Place),
        ours: InterfaceId,
        theirs: InterfaceId,
    ) {
        let (ours, theirs) = (&self.ours.model[ours], &self.theirs.model[theirs]);
        let (asked, given) = match side {
            Side::Import => (ours, theirs),
            Side::Export => (theirs, ours),
        };
        let is_ours = side == Side::Import;
        for (name, id) in asked.types.iter() {
            self.path.push(Step::Type(name.clone()));
            match given.types.get(name) {
                Some(other) if is_ours => self.ty(places, *id, *other),
                Some(other) => self.ty(places, *other, *id),
                None => {
                    self.path.pop();
                    self.report(DifferenceKind::MissingType { name: name.to_string(), is_ours });
                    continue;
                }
            }
            self.path.pop();
        }
        for (name, func) in asked.funcs.iter() {
            match given.funcs.get(name) {
                None => {
                    self.report(DifferenceKind::MissingFunc { name: name.to_string(), is_ours });
                }
                Some(other) => {
                    self.path.push(Step::Func(name.clone()));
                    match is_ours {
                        true => self.func(places, func, other),
                        false => self.func(places, other, func),
                    }
                    self.path.pop();
                }
            }
        }
    }

    fn func(&mut self, places: (Place, Place), ours: &Func, theirs: &Func) {
        if ours.is_async != theirs.is_async {
            self.report(DifferenceKind::Async { is_ours: ours.is_async });
        }
        if ours.params.len() != theirs.params.len() {
            let (ours, theirs) = (ours.params.len(), theirs.params.len());
            self.report(DifferenceKind::Params { ours, theirs });
        }
        for ((our_name, our), (their_name, their)) in ours.params.iter().zip(&theirs.params) {
            if our_name != their_name {
                let (ours, theirs) = (our_name.to_string(), their_name.to_string());
                self.report(DifferenceKind::ParamNames { ours, theirs });
            }
            self.path.push(Step::Param(our_name.clone()));
            self.val(places, Some(*our), Some(*their));
            self.path.pop();
        }
        self.path.push(Step::Result);
        self.val(places, ours.result, theirs.result);
        self.path.pop();
    }

    /// Compares value types where they are used.
    fn val(&mut self, places: (Place, Place), ours: Option<Val>, theirs: Option<Val>) {
        let is_equal = match (ours, theirs) {
            (Some(ours), Some(theirs)) => self.is_equal(places, ours, theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        if !is_equal {
            let ours = ours.map(|val| print::val(self.ours.model, val));
            let theirs = theirs.map(|val| print::val(self.theirs.model, val));
            self.report(DifferenceKind::Types { ours, theirs });
        }
    }

    /// Returns the definitions of two types, and the places that they belong to. The definition of
    /// a handle is that of its resource.
    fn definitions(&self, places: (Place, Place), ours: TypeId, theirs: TypeId) -> Pair {
        let definition = |world: &World<'m>, place: Place, id: TypeId| {
            let id = match world.model[id] {
                Type { name: None, kind: Kind::Own(resource), .. } => resource,
                _ => id,
            };
            let id = world.model.origin(id);
            (world.place_of(place, id), id)
        };
        (definition(&self.ours, places.0, ours), definition(&self.theirs, places.1, theirs))
    }

    /// Compares the definitions of a type, unless that has been done.
    fn ty(&mut self, places: (Place, Place), ours: TypeId, theirs: TypeId) {
        let pair @ ((_, our_id), (_, their_id)) = self.definitions(places, ours, theirs);
        if !self.compared.insert(pair) {
            return;
        }
        let (our, their) = (&self.ours.model[our_id].kind, &self.theirs.model[their_id].kind);
        match (our, their) {
            (Kind::Record(our), Kind::Record(their)) => {
                let part = |(name, val): &(Text, Val)| (name.clone(), Some(*val));
                self.labels("field", places, our.iter().map(part), their.iter().map(part));
            }
            (Kind::Variant(our), Kind::Variant(their)) => {
                self.labels("case", places, our.iter().cloned(), their.iter().cloned());
            }
            (Kind::Flags(our), Kind::Flags(their)) => {
                let part = |name: &Text| (name.clone(), None);
                self.labels("flag", places, our.iter().map(part), their.iter().map(part));
            }
            (Kind::Enum(our), Kind::Enum(their)) => {
                let part = |name: &Text| (name.clone(), None);
                self.labels("case", places, our.iter().map(part), their.iter().map(part));
            }
            (Kind::Resource, Kind::Resource) => {
                if !self.is_one_resource(places, our_id, their_id) {
                    let name = |world: &World<'m>, place: Place, id: TypeId| {
                        let ty = world.model[id].name.as_deref().unwrap_or_default().to_owned();
                        match world.item(world.place_of(place, id)) {
                            Some(item) => alloc::format!("{ty} of {}", item.name),
                            None => ty,
                        }
                    };
                    let ours = name(&self.ours, places.0, our_id);
                    let theirs = name(&self.theirs, places.1, their_id);
                    self.report(DifferenceKind::Resources { ours, theirs });
                }
            }
            (our, their) if our.needs_name() || their.needs_name() => {
                let (ours, theirs) = (our.word(), their.word());
                self.report(DifferenceKind::Kinds { ours, theirs });
            }
            (our, their) => {
                let is_equal = have_one_form(our, their)
                    && pairs(our, their).all(|(our, their)| self.is_equal(places, our, their));
                if !is_equal {
                    let ours = Some(print::target(self.ours.model, our_id));
                    let theirs = Some(print::target(self.theirs.model, their_id));
                    self.report(DifferenceKind::Types { ours, theirs });
                }
            }
        }
    }

    /// Compares fields, cases or flags.
    fn labels(
        &mut self,
        sort: &'static str,
        places: (Place, Place),
        ours: impl Iterator<Item = (Text, Option<Val>)>,
        theirs: impl Iterator<Item = (Text, Option<Val>)>,
    ) {
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.collect(), theirs.collect());
        let by_name = |parts: &[(Text, Option<Val>)]| -> BTreeMap<Text, Option<Val>> {
            parts.iter().cloned().collect()
        };
        let (our_names, their_names) = (by_name(&ours), by_name(&theirs));
        let mut is_complete = true;
        for (name, our) in &ours {
            match their_names.get(name) {
                Some(their) => {
                    self.path.push(Step::Label(sort, name.clone()));
                    self.val(places, *our, *their);
                    self.path.pop();
                }
                None => {
                    is_complete = false;
                    let name = name.to_string();
                    self.report(DifferenceKind::MissingLabel { sort, name, is_ours: true });
                }
            }
        }
        for (name, _) in theirs.iter().filter(|(name, _)| !our_names.contains_key(name)) {
            is_complete = false;
            let name = name.to_string();
            self.report(DifferenceKind::MissingLabel { sort, name, is_ours: false });
        }
        let names = |parts: &[(Text, Option<Val>)]| -> Vec<Text> {
            parts.iter().map(|(name, _)| name.clone()).collect()
        };
        if is_complete && names(&ours) != names(&theirs) {
            self.report(DifferenceKind::Order { sort });
        }
    }

    /// Returns whether resources are the same, wherever they are defined.
    fn is_one_resource(&self, places: (Place, Place), ours: TypeId, theirs: TypeId) -> bool {
        let key = |world: &World<'m>, names: &Names, place: Place, id: TypeId| {
            let place = world.place_of(place, id);
            let is_export = matches!(place, Place::Export(_));
            (is_export, names.of_place(place), world.model[id].name.clone())
        };
        key(&self.ours, &self.our_names, places.0, ours)
            == key(&self.theirs, &self.their_names, places.1, theirs)
    }

    /// Returns whether two types with names are defined in one place under one name, so that
    /// differences between them are reported there.
    fn have_one_definition(&self, ours: TypeId, theirs: TypeId) -> bool {
        let key = |world: &World<'m>, names: &Names, id: TypeId| {
            let ty = &world.model[id];
            let owner = match ty.owner {
                Owner::Interface(owner) => Some(names.of_interface(owner)?),
                Owner::World(_) => None,
                Owner::Nobody => return None,
            };
            Some((owner, ty.name.clone()?))
        };
        let ours = key(&self.ours, &self.our_names, ours);
        ours.is_some() && ours == key(&self.theirs, &self.their_names, theirs)
    }

    /// Returns whether value types are equal.
    fn is_equal(&mut self, places: (Place, Place), ours: Val, theirs: Val) -> bool {
        let mut open = Vec::from([(ours, theirs)]);
        while let Some(&(ours, theirs)) = open.last() {
            let (ours, theirs) = match self.pair(places, ours, theirs) {
                Ok(_) => {
                    open.pop();
                    continue;
                }
                Err(pair) => pair,
            };
            let our = &self.ours.model[ours].kind;
            let their = &self.theirs.model[theirs].kind;
            let mut is_equal = have_one_form(our, their);
            let mut missing = Vec::new();
            if is_equal {
                for (ours, theirs) in pairs(our, their) {
                    match self.pair(places, ours, theirs) {
                        Ok(found) => is_equal &= found,
                        Err(_) => missing.push((ours, theirs)),
                    }
                }
            }
            if is_equal && !missing.is_empty() {
                open.extend(missing);
                continue;
            }
            open.pop();
            self.equal.insert(((places.0, ours), (places.1, theirs)), is_equal);
        }
        self.pair(places, ours, theirs).unwrap_or(false)
    }

    /// Returns whether types are equal.
    ///
    /// # Errors
    /// The types, without further names, if it is not known yet whether they are equal.
    fn pair(
        &self,
        places: (Place, Place),
        ours: Val,
        theirs: Val,
    ) -> Result<bool, (TypeId, TypeId)> {
        if let (Val::Type(ours), Val::Type(theirs)) = (ours, theirs)
            && self.compared.contains(&self.definitions(places, ours, theirs))
        {
            return Ok(true);
        }
        let origin = |world: &World<'m>, val: Val| match val {
            Val::Prim(_) => val,
            Val::Type(id) => {
                let id = world.model.origin(id);
                match world.model[id].kind {
                    Kind::Alias(val) => val,
                    _ => Val::Type(id),
                }
            }
        };
        let (ours, theirs) = match (origin(&self.ours, ours), origin(&self.theirs, theirs)) {
            (Val::Type(ours), Val::Type(theirs)) => (ours, theirs),
            (ours, theirs) => return Ok(ours == theirs),
        };
        let is_resource = |kind: &Kind| matches!(kind, Kind::Resource);
        let our = &self.ours.model[ours].kind;
        let their = &self.theirs.model[theirs].kind;
        if is_resource(our) && is_resource(their) {
            return Ok(self.is_one_resource(places, ours, theirs));
        }
        if self.have_one_definition(ours, theirs) {
            return Ok(true);
        }
        let key = ((places.0, ours), (places.1, theirs));
        self.equal.get(&key).copied().ok_or((ours, theirs))
    }
}

/// Returns pairs of the types at the same place of two kinds.
fn pairs(ours: &Kind, theirs: &Kind) -> impl Iterator<Item = (Val, Val)> + use<> {
    let (mut our_parts, mut their_parts) = (Vec::new(), Vec::new());
    ours.for_each(|val| our_parts.push(val));
    theirs.for_each(|val| their_parts.push(val));
    our_parts.into_iter().zip(their_parts)
}

/// Returns whether kinds are equal apart from the types in them.
fn have_one_form(ours: &Kind, theirs: &Kind) -> bool {
    match (ours, theirs) {
        (Kind::Record(ours), Kind::Record(theirs)) => {
            ours.iter().map(|(name, _)| name).eq(theirs.iter().map(|(name, _)| name))
        }
        (Kind::Variant(ours), Kind::Variant(theirs)) => {
            let part = |(name, val): &(Text, Option<Val>)| (name.clone(), val.is_some());
            ours.iter().map(part).eq(theirs.iter().map(part))
        }
        (Kind::Flags(ours), Kind::Flags(theirs)) | (Kind::Enum(ours), Kind::Enum(theirs)) => {
            ours == theirs
        }
        (Kind::Tuple(ours), Kind::Tuple(theirs)) => ours.len() == theirs.len(),
        (Kind::FixedList(_, ours), Kind::FixedList(_, theirs)) => ours == theirs,
        (Kind::Result(ok, err), Kind::Result(their_ok, their_err)) => {
            (ok.is_some(), err.is_some()) == (their_ok.is_some(), their_err.is_some())
        }
        (Kind::Stream(ours), Kind::Stream(theirs)) | (Kind::Future(ours), Kind::Future(theirs)) => {
            ours.is_some() == theirs.is_some()
        }
        (Kind::Alias(_), Kind::Alias(_))
        | (Kind::List(_), Kind::List(_))
        | (Kind::Option(_), Kind::Option(_))
        | (Kind::Map(..), Kind::Map(..))
        | (Kind::Own(_), Kind::Own(_))
        | (Kind::Borrow(_), Kind::Borrow(_)) => true,
        _ => false,
    }
}
