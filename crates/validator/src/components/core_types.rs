//! The types of core modules and core instances, and of the items that they import and export.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry as Slot;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::CoreSort;
use wattle_ast::{CompType, ExternIdx, ExternKind, MemType};

use super::error::Leaf;
use super::texts::TextId;
use crate::registry::{Registry, TypeId};
use crate::ty::Ty;
use crate::types::{Table, Types};

/// The type of a core definition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CoreItem {
    /// The type of a definition that had an error. It matches everything.
    Unknown,
    Func(TypeId),
    Table(Table),
    Mem(MemType),
    /// The type of a global, flagged if mutable.
    Global(Ty),
    Tag(TypeId),
}

impl CoreItem {
    /// The item of a module that was added last to the index space of `kind`.
    pub(crate) fn last(types: &Types, kind: ExternKind) -> CoreItem {
        let found = match kind {
            ExternKind::Func => types.funcs.last().copied().map(CoreItem::Func),
            ExternKind::Table => types.tables.last().copied().map(CoreItem::Table),
            ExternKind::Mem => types.memories.last().copied().map(CoreItem::Mem),
            ExternKind::Global => types.globals.last().copied().map(CoreItem::Global),
            ExternKind::Tag => types.tags.last().copied().map(CoreItem::Tag),
        };
        found.unwrap_or(CoreItem::Unknown)
    }

    /// The item of a module with this index.
    pub(crate) fn of(types: &Types, index: ExternIdx) -> CoreItem {
        let found = match index {
            ExternIdx::Func(func) => types.func(func).map(CoreItem::Func),
            ExternIdx::Table(table) => types.tables.get(table.idx()).copied().map(CoreItem::Table),
            ExternIdx::Mem(memory) => types.memory(memory).map(CoreItem::Mem),
            ExternIdx::Global(global) => {
                types.globals.get(global.idx()).copied().map(CoreItem::Global)
            }
            ExternIdx::Tag(tag) => types.tag(tag).map(CoreItem::Tag),
        };
        found.unwrap_or(CoreItem::Unknown)
    }

    /// The index space that it belongs to.
    pub(crate) fn sort(self) -> Option<CoreSort> {
        Some(match self {
            CoreItem::Unknown => return None,
            CoreItem::Func(_) => CoreSort::Func,
            CoreItem::Table(_) => CoreSort::Table,
            CoreItem::Mem(_) => CoreSort::Memory,
            CoreItem::Global(_) => CoreSort::Global,
            CoreItem::Tag(_) => CoreSort::Tag,
        })
    }
}

/// The type of a core module, or of a core instance, which has no imports.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModuleType {
    /// Imports: module, name, and the id of the item.
    pub(crate) imports: Vec<(TextId, TextId, u32)>,
    pub(crate) exports: Vec<(TextId, u32)>,
    import_items: BTreeMap<(TextId, TextId), u32>,
    export_items: BTreeMap<TextId, u32>,
    /// Whether the module had an error.
    pub(crate) is_unknown: bool,
}

impl ModuleType {
    /// Adds an import. Returns whether it is the first with its names.
    pub(crate) fn import(&mut self, module: TextId, name: TextId, item: u32) -> bool {
        match self.import_items.entry((module, name)) {
            Slot::Occupied(_) => false,
            Slot::Vacant(slot) => {
                slot.insert(item);
                self.imports.push((module, name, item));
                true
            }
        }
    }

    /// Adds an export. Returns whether it is the first with its name.
    pub(crate) fn export(&mut self, name: TextId, item: u32) -> bool {
        match self.export_items.entry(name) {
            Slot::Occupied(_) => false,
            Slot::Vacant(slot) => {
                slot.insert(item);
                self.exports.push((name, item));
                true
            }
        }
    }

    /// The item of an export.
    pub(crate) fn exported(&self, name: TextId) -> Option<u32> {
        self.export_items.get(&name).copied()
    }

    /// The item of an import.
    pub(crate) fn imported(&self, module: TextId, name: TextId) -> Option<u32> {
        self.import_items.get(&(module, name)).copied()
    }
}

/// All core items and types of modules of a validation. The first entry of each list stands for
/// definitions that had an error.
#[derive(Clone, Debug)]
pub(crate) struct CoreTypes {
    items: Vec<CoreItem>,
    modules: Vec<ModuleType>,
}

/// The id of the core item, and of the module type, that had an error.
pub(crate) const UNKNOWN: u32 = 0;

impl Default for CoreTypes {
    fn default() -> CoreTypes {
        let module = ModuleType { is_unknown: true, ..ModuleType::default() };
        CoreTypes { items: Vec::from([CoreItem::Unknown]), modules: Vec::from([module]) }
    }
}

impl CoreTypes {
    /// Adds an item.
    pub(crate) fn add_item(&mut self, item: CoreItem) -> u32 {
        if let CoreItem::Unknown = item {
            return UNKNOWN;
        }
        self.items.push(item);
        self.items.len() as u32 - 1
    }

    /// The item with this id.
    pub(crate) fn item(&self, id: u32) -> CoreItem {
        self.items.get(id as usize).copied().unwrap_or(CoreItem::Unknown)
    }

    /// Adds the type of a module.
    pub(crate) fn add_module(&mut self, module: ModuleType) -> u32 {
        self.modules.push(module);
        self.modules.len() as u32 - 1
    }

    /// The type of a module. Ids only come from here.
    pub(crate) fn module(&self, id: u32) -> &ModuleType {
        &self.modules[id as usize]
    }

    /// The reason why an item does not match another; `None` if it does.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#external-types>
    pub(crate) fn mismatch(&self, registry: &Registry, sub: u32, sup: u32) -> Option<Leaf> {
        match (self.item(sub), self.item(sup)) {
            (CoreItem::Unknown, _) | (_, CoreItem::Unknown) => None,
            (CoreItem::Func(sub), CoreItem::Func(sup)) => {
                let matches = registry.is_subtype_of(sub, sup);
                (!matches).then(|| func_mismatch(registry, sub, sup))
            }
            (CoreItem::Tag(sub), CoreItem::Tag(sup)) => {
                (sub != sup).then(|| func_mismatch(registry, sub, sup))
            }
            (CoreItem::Table(sub), CoreItem::Table(sup)) => {
                if sub.elem != sup.elem {
                    return Some(Leaf::TableElem {
                        expected: shown(sup.elem),
                        found: shown(sub.elem),
                    });
                }
                if sub.ty.limits.shared != sup.ty.limits.shared {
                    return Some(Leaf::SharedTables);
                }
                if sub.addr != sup.addr {
                    return Some(Leaf::TableAddress);
                }
                (!sub.ty.limits.sizes_match(&sup.ty.limits)).then_some(Leaf::TableLimits)
            }
            (CoreItem::Mem(sub), CoreItem::Mem(sup)) => {
                if sub.limits.shared != sup.limits.shared {
                    return Some(Leaf::SharedMemories);
                }
                if sub.limits.addr != sup.limits.addr {
                    return Some(Leaf::MemoryAddress);
                }
                if sub.page_bits() != sup.page_bits() {
                    return Some(Leaf::PageSize);
                }
                (!sub.limits.sizes_match(&sup.limits)).then_some(Leaf::MemoryLimits)
            }
            (CoreItem::Global(sub), CoreItem::Global(sup)) => {
                if sub.has_flag() != sup.has_flag() {
                    return Some(Leaf::GlobalMutability);
                }
                let is_mutable = sub.has_flag();
                let (sub, sup) = (sub.without_flag(), sup.without_flag());
                let matches = if is_mutable { sub == sup } else { registry.matches(sub, sup) };
                (!matches).then(|| Leaf::GlobalType { expected: shown(sup), found: shown(sub) })
            }
            (sub, sup) => {
                let name = |item: CoreItem| item.sort().map_or("", CoreSort::keyword);
                Some(Leaf::Sort { expected: name(sup), found: name(sub) })
            }
        }
    }
}

fn func_mismatch(registry: &Registry, sub: TypeId, sup: TypeId) -> Leaf {
    Leaf::CoreFunc { expected: shown_func(registry, sup), found: shown_func(registry, sub) }
}

/// A value type in the notation of the text format. Type indices are numbers of the registry.
pub(crate) fn shown(ty: Ty) -> String {
    let index = |id: TypeId| Some(wattle_ast::TypeIdx(id.index() as u32));
    crate::sub_type::val_type(ty, &index).map_or_else(String::new, |ty| ty.to_string())
}

/// A function type in the notation of the text format.
pub(crate) fn shown_func(registry: &Registry, id: TypeId) -> String {
    match registry.sub_type(id).comp {
        CompType::Func(ty) => ty.to_string(),
        _ => String::from("(type)"),
    }
}
