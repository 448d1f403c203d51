//! Imports and exports: their types, the names that they give to types, and which types may be
//! visible from outside.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions>

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{
    Export, ExternDesc, ExternName, Numbered, PlainSort, Scope as Form, Sort, SortIdx, TypeBound,
    ValueBound,
};
use wattle_ast::{ComponentTypeIdx, Feature};

use super::arena::Origin;
use super::core_types::UNKNOWN;
use super::entities::Entity;
use super::error::ComponentErrorKind as K;
use super::matching::Matching;
use super::nodes::{Kind, NodeId, Properties};
use super::scope::{CoreType, Side};
use super::texts::TextId;
use super::validator::{Checked, Validator};

impl Validator {
    /// Checks and adds an import, or an export in the type of a component or instance.
    pub(crate) fn declare(
        &mut self,
        side: Side,
        name: &ExternName<'_>,
        ty: &ExternDesc,
    ) -> Checked {
        self.one_more(side)?;
        let entity = self.described(ty)?;
        self.add_extern(side, name, ty.sort(), entity)
    }

    /// Checks that one more import or export is within the limit.
    fn one_more(&self, side: Side) -> Checked {
        let (what, kind, most) = match side {
            Side::Import => ("imports", Numbered::Import, self.limits.imports),
            Side::Export => ("exports", Numbered::Export, self.limits.exports),
        };
        self.within(what, self.scope().counts.of(kind), most)
    }

    pub(crate) fn export(&mut self, export: &Export<'_>) -> Checked {
        self.one_more(Side::Export)?;
        let found = self.item_entity(export.item, false)?;
        let entity = match &export.ty {
            None => found,
            Some(ty) => {
                let ascribed = self.described(ty)?;
                self.check_ascription(found, ascribed)?;
                ascribed
            }
        };
        let entity = match (entity.sort, export.ty) {
            // The export gives the type a new name.
            (Sort::TYPE, None) => entity.with(self.new_name(NodeId(entity.id))),
            _ => entity,
        };
        self.add_extern(Side::Export, &export.name, export.item.sort(), entity)
    }

    /// A type under a new name.
    fn new_name(&mut self, id: NodeId) -> NodeId {
        let origin = Origin::default();
        match id {
            NodeId::UNKNOWN => id,
            _ => self.arena.named(id, origin),
        }
    }

    /// Checks that an item matches the type that its export declares. Resources that the type
    /// introduces stand for those of the item.
    fn check_ascription(&mut self, found: Entity, ascribed: Entity) -> Checked {
        // `sub resource` introduces a resource, and hides which one the item is.
        if let (Sort::TYPE, Sort::TYPE) = (found.sort, ascribed.sort)
            && self.arena.node(NodeId(ascribed.id)).kind == Kind::Resource
            && self.arena.kind(NodeId(found.id)) == Kind::Resource
        {
            return Ok(());
        }
        let mut matching =
            Matching::new(&mut self.arena, &self.core, &self.registry, self.max_errors);
        matching.expect(found, ascribed, None);
        let errors = matching.finish(true);
        match errors.into_iter().next() {
            None => Ok(()),
            Some(error) => Err(error.into()),
        }
    }

    /// The sort and the type of a definition that is exported or passed as an argument. A value
    /// counts as used.
    pub(crate) fn item_entity(&mut self, item: SortIdx, is_argument: bool) -> Checked<Entity> {
        let sort = item.sort();
        if !sort.is_extern() {
            return Err(K::Misplaced.into());
        }
        if sort == Sort::VALUE {
            self.need_values()?;
            let id = self.use_value(item.number())?;
            if !is_argument && self.arena.has(id, Properties::BORROW) {
                return Err(K::Borrow { what: "exported value type" }.into());
            }
            return Ok(Entity::new(sort, id));
        }
        let id = self.get(sort, item.number())?;
        Ok(Entity { sort, id })
    }

    /// The sort and the type that the type of an import or export describes.
    fn described(&mut self, ty: &ExternDesc) -> Checked<Entity> {
        let of = |this: &Validator, sort, kind, index: ComponentTypeIdx| {
            let id = this.type_of(kind, index.0)?;
            Checked::Ok(Entity::new(sort, this.arena.unnamed(id)))
        };
        Ok(match *ty {
            ExternDesc::CoreModule(index) => match self.core_type_at(index.0)? {
                CoreType::Module(id) => Entity { sort: Sort::CORE_MODULE, id },
                CoreType::Unknown => Entity { sort: Sort::CORE_MODULE, id: UNKNOWN },
                CoreType::Sub(_) => return Err(K::NotModuleType { index: index.0 }.into()),
            },
            ExternDesc::Func(index) => of(self, Sort::FUNC, Kind::Func, index)?,
            ExternDesc::Component(index) => of(self, Sort::COMPONENT, Kind::Component, index)?,
            ExternDesc::Instance(index) => of(self, Sort::INSTANCE, Kind::Instance, index)?,
            ExternDesc::Value(bound) => {
                self.need_values()?;
                let id = match bound {
                    ValueBound::Type(ty) => self.val_type(ty)?,
                    ValueBound::Eq(value) => self.node_at(PlainSort::Value, value.0)?,
                };
                Entity::new(Sort::VALUE, id)
            }
            ExternDesc::Type(TypeBound::Eq(index)) => {
                let id = self.node_at(PlainSort::Type, index.0)?;
                Entity::new(Sort::TYPE, self.new_name(id))
            }
            ExternDesc::Type(TypeBound::Resource) => {
                Entity::new(Sort::TYPE, self.arena.resource(Origin::default()))
            }
        })
    }

    /// Adds an import or export: its index, the names that it gives, and itself.
    fn add_extern(
        &mut self,
        side: Side,
        name: &ExternName<'_>,
        sort: Sort,
        entity: Entity,
    ) -> Checked {
        self.add_index(sort)?;
        self.check_copies()?;
        self.check_extern_size(entity)?;
        let text = self.arena.text(name.name.as_str());
        let entity = self.settle(side, entity, text);
        self.scope_mut().push(sort, entity.id);
        if entity.sort == Sort::VALUE && side == Side::Export {
            // An export is a use.
            if let Some(used) = self.scope_mut().used.last_mut() {
                *used = true;
            }
        }
        if entity.sort == Sort::TYPE && self.arena.kind(NodeId(entity.id)) == Kind::Resource {
            let externs = self.scope_mut().side(side);
            externs.resources.insert(NodeId(entity.id), text);
            externs.resource_names.insert(text);
        }
        let visible = self.make_visible(side, entity);
        // Both checks are made, so that later definitions find the entry.
        let named = self.add_name(side, name, text, entity);
        visible.and(named)
    }

    /// Adds the size of the type of an import or export to that of the scope, and checks limits. A
    /// type that is too large is not added, since its copies would be as large.
    fn check_extern_size(&mut self, entity: Entity) -> Checked {
        let (size, depth) = match entity.node() {
            Some(node) => (self.arena.node(node).size, self.arena.node(node).depth),
            None => (1, 1),
        };
        if depth >= self.limits.type_depth {
            return Err(K::TypeDepth { most: self.limits.type_depth }.into());
        }
        let most = self.limits.type_size;
        let sum = self.scope().size.saturating_add(size);
        if sum >= most {
            return Err(K::TypeSize { most }.into());
        }
        self.scope_mut().size = sum;
        Ok(())
    }

    /// Makes the resources of an import or export those of this scope.
    fn settle(&mut self, side: Side, entity: Entity, name: TextId) -> Entity {
        let id = NodeId(entity.id);
        let fresh = match entity.sort {
            Sort::INSTANCE => {
                let origin = Origin { name: None, within: Some(name) };
                let (id, fresh) = self.arena.freshen(id, origin);
                self.introduce(side, &fresh);
                return entity.with(id);
            }
            // The resource is introduced right here.
            Sort::TYPE if self.arena.node(id).kind == Kind::Resource => {
                self.arena.resource_variable(id)
            }
            Sort::TYPE => {
                self.arena.name_type(id, name);
                None
            }
            _ => None,
        };
        if let Some(variable) = fresh {
            self.arena.name_type(id, name);
            self.introduce(side, &[variable]);
        }
        entity
    }

    fn introduce(&mut self, side: Side, resources: &[u32]) {
        let scope = self.scope_mut();
        for &variable in resources {
            match side {
                Side::Import => scope.imported.push(variable),
                Side::Export => {
                    scope.defined.entry(variable).or_insert(None);
                }
            }
        }
    }

    /// Checks that every type in the type of an import or export that needs a name outside has one,
    /// and adds the names that the import or export gives.
    fn make_visible(&mut self, side: Side, entity: Entity) -> Checked {
        if self.form() == Form::InstanceType {
            return Ok(());
        }
        let (arena, last) = (&self.arena, self.scopes.len() - 1);
        let scope = &mut self.scopes[last];
        let mut open = Vec::from([entity]);
        let mut seen = alloc::collections::BTreeSet::new();
        let outermost = entity;
        while let Some(entity) = open.pop() {
            let Some(id) = entity.node() else { continue };
            let hidden = match entity.sort {
                Sort::Core(_) | Sort::COMPONENT => None,
                Sort::FUNC => scope.side(side).visible.hidden(arena, id, true),
                Sort::VALUE => scope.side(side).visible.hidden(arena, id, false),
                Sort::INSTANCE => {
                    if seen.insert(id) {
                        // In order, since functions refer to types before them.
                        let exports = arena.exports(id).map(|entry| entry.entity);
                        let at = open.len();
                        open.extend(exports);
                        open[at..].reverse();
                    }
                    None
                }
                Sort::TYPE => {
                    let referenced = arena.referenced(id);
                    if side == Side::Import
                        && scope.exports.visible.contains(referenced)
                        && !scope.imports.visible.contains(referenced)
                    {
                        let what = outermost.sort.keyword();
                        return Err(K::HiddenExport { what }.into());
                    }
                    let visible = &mut scope.side(side).visible;
                    let hidden = match arena.kind(id) {
                        Kind::Resource | Kind::Component => None,
                        Kind::Instance => visible.hidden_in_instance(arena, id),
                        _ => visible.hidden(arena, id, true),
                    };
                    if hidden.is_none() {
                        visible.insert(id);
                        if side == Side::Import {
                            scope.exports.visible.insert(id);
                        }
                    }
                    hidden
                }
            };
            if let Some(hidden) = hidden {
                let hidden = arena.describe(hidden);
                let (what, side) = (outermost.sort.keyword(), side.name());
                return Err(K::Hidden { what, side, hidden }.into());
            }
        }
        Ok(())
    }

    /// Checks that values are on.
    pub(crate) fn need_values(&self) -> Checked {
        self.need(Feature::CmValues, "support for component model `value`s is not enabled")
    }

    /// Uses the value at an index, and returns its type.
    pub(crate) fn use_value(&mut self, index: u32) -> Checked<NodeId> {
        let id = self.node_at(PlainSort::Value, index)?;
        let used = self.scope_mut().used.get_mut(index as usize);
        match used.is_some_and(|used| core::mem::replace(used, true)) && id != NodeId::UNKNOWN {
            true => Err(K::ValueUsed { index }.into()),
            false => Ok(id),
        }
    }

    /// The text of a name in an error.
    pub(crate) fn shown_name(&self, name: &ExternName<'_>) -> String {
        let mut text = String::from(name.name.as_str());
        let attributes = name.attributes();
        if let (Some(suffix), None) = (&attributes.version_suffix, &attributes.implements) {
            text.push_str(suffix.as_str());
        }
        text
    }
}
