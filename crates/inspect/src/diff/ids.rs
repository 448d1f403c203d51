//! Numbers for the items that the indices of a module stand for. They do not depend on the order of
//! items, so code in which they replace indices can be compared byte by byte.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};

use wattle_ast::{
    Body, Encode, Expr, ExternIdx, ExternKind, ExternType, FuncIdx, ItemKind, Module, Remap,
    TypeIdx, ValType,
};

/// Returns the hash of a value, the same in every run.
pub(super) fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns the name under which an item is known, without the hash that compilers add to tell
/// instances apart.
pub(super) fn key_of(name: &str) -> String {
    crate::shown(name).into_owned()
}

/// A number for each index of a module.
#[derive(Clone, Default)]
pub(super) struct Ids {
    pub(super) types: Vec<u32>,
    /// Functions, tables, memories, globals and tags, by [`ExternKind`], imports first.
    pub(super) spaces: [Vec<u32>; ExternKind::COUNT],
    pub(super) elems: Vec<u32>,
    pub(super) datas: Vec<u32>,
}

/// An item as it is recognised.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The name of the item: the module and the name of an import, its own name, or that of its
    /// export.
    pub(super) key: Option<String>,
    /// The hash of its content.
    pub(super) content: u64,
}

impl Ids {
    fn space(&self, kind: ExternKind, index: u32) -> u32 {
        at(&self.spaces[kind as usize], index)
    }
}

fn at(ids: &[u32], index: u32) -> u32 {
    ids.get(index as usize).copied().unwrap_or(index)
}

/// The replacement of indices by numbers.
struct Numbered<'i>(&'i Ids);

impl Remap for Numbered<'_> {
    type Error = Infallible;

    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, Infallible> {
        let ids = match kind {
            ItemKind::Type => &self.0.types,
            ItemKind::Elem => &self.0.elems,
            ItemKind::Data => &self.0.datas,
            _ => {
                let space = ExternKind::ALL.iter().find(|&&space| ItemKind::from(space) == kind);
                return Ok(space.map_or(index, |&space| self.0.space(space, index)));
            }
        };
        Ok(at(ids, index))
    }
}

impl Ids {
    /// Returns the numbers of a module before it is compared with another: from the names and the
    /// contents of items.
    pub(super) fn of(module: &Module<'_>, known: &[Vec<Known>; ExternKind::COUNT]) -> Ids {
        let mut ids = Ids { types: types(module), ..Ids::default() };
        for (space, known) in ids.spaces.iter_mut().zip(known) {
            *space = known.iter().map(Known::number).collect();
        }
        ids
    }

    /// Returns an expression in which numbers stand for indices; as it is where it is malformed.
    pub(super) fn expr<'e>(&self, expr: &'e Expr<'_>) -> Expr<'e> {
        expr.remap(&mut Numbered(self)).unwrap_or_else(|_| expr.borrowed())
    }

    /// Returns the type of an item, in which numbers stand for indices.
    pub(super) fn extern_type(&self, ty: &ExternType) -> ExternType {
        let Ok(ty) = ty.remap(&mut Numbered(self));
        ty
    }

    /// Returns a type of values, in which numbers stand for indices.
    pub(super) fn val_type(&self, ty: ValType) -> ValType {
        let Ok(ty) = ty.remap(&mut Numbered(self));
        ty
    }

    /// Returns the hash of a function's type, locals and code.
    pub(super) fn func(&self, ty: TypeIdx, body: &Body<'_>) -> u64 {
        let expr = body.expr();
        let code = self.expr(&expr);
        hash_of((at(&self.types, ty.0), self.locals(body), code.bytes()))
    }

    /// Returns the locals of a function, as runs.
    pub(super) fn locals(&self, body: &Body<'_>) -> Vec<(u32, ValType)> {
        let runs = wattle_ast::Local::joined(body.locals());
        runs.map(|run| (run.count, self.val_type(run.ty))).collect()
    }

    /// Returns the number of an item.
    pub(super) fn of_extern(&self, index: ExternIdx) -> (ExternKind, u32) {
        (index.kind(), self.space(index.kind(), index.index()))
    }

    /// Returns the number of a function.
    pub(super) fn of_func(&self, func: FuncIdx) -> u32 {
        self.space(ExternKind::Func, func.0)
    }

    /// Returns the number of a type.
    pub(super) fn of_type(&self, ty: TypeIdx) -> u32 {
        at(&self.types, ty.0)
    }
}

impl Known {
    fn number(&self) -> u32 {
        match &self.key {
            Some(key) => hash_of(key) as u32,
            None => self.content as u32,
        }
    }
}

/// Numbers for types: equal types, which refer to equal types, have equal numbers.
fn types(module: &Module<'_>) -> Vec<u32> {
    // With each round, types are told apart by types that are one reference further away.
    const ROUNDS: usize = 3;
    let mut ids = Ids { types: vec![0; module.types.len()], ..Ids::default() };
    for _ in 0..ROUNDS {
        let numbers = module.types.iter().map(|ty| {
            let Ok(ty) = ty.remap(&mut Numbered(&ids));
            hash_of(ty.to_bytes()) as u32
        });
        ids.types = numbers.collect();
    }
    ids.types
}

/// Returns the functions, tables, memories, globals and tags of a module, as they are recognised.
pub(super) fn known(module: &Module<'_>) -> [Vec<Known>; ExternKind::COUNT] {
    let mut ids = Ids { types: types(module), ..Ids::default() };
    let mut known: [Vec<Known>; ExternKind::COUNT] = Default::default();
    for (index, import) in module.indexed_imports() {
        known[index.kind() as usize].push(Known {
            key: Some(format!("import {:?} {:?}", import.module.as_str(), import.name.as_str())),
            content: hash_of((ids.extern_type(&import.ty), "import")),
        });
    }
    let define = |known: &mut Vec<Known>, content| known.push(Known { key: None, content });
    for table in &module.tables {
        let init = table.init.as_ref().map(|init| ids.expr(init).bytes().to_vec());
        let content = hash_of((ids.extern_type(&ExternType::Table(table.ty)), init));
        define(&mut known[ExternKind::Table as usize], content);
    }
    for memory in &module.memories {
        define(&mut known[ExternKind::Mem as usize], hash_of(memory));
    }
    for global in &module.globals {
        let ty = ids.extern_type(&ExternType::Global(global.ty));
        let content = hash_of((ty, ids.expr(&global.init).bytes()));
        define(&mut known[ExternKind::Global as usize], content);
    }
    for tag in &module.tags {
        define(&mut known[ExternKind::Tag as usize], hash_of(ids.of_type(tag.ty)));
    }
    for func in &module.funcs {
        let content = hash_of(ids.of_type(func.ty));
        define(&mut known[ExternKind::Func as usize], content);
    }
    names(module, &mut known);
    for &kind in ExternKind::ALL {
        ids.spaces[kind as usize] = known[kind as usize].iter().map(Known::number).collect();
    }
    // Functions without a name are told apart by their code, and then by the functions that they
    // call.
    const ROUNDS: usize = 2;
    let imported = module.imported(ExternKind::Func) as usize;
    for _ in 0..ROUNDS {
        let funcs = &mut known[ExternKind::Func as usize];
        for (known, func) in funcs.iter_mut().skip(imported).zip(&module.funcs) {
            known.content = ids.func(func.ty, &func.body);
        }
        ids.spaces[ExternKind::Func as usize] = funcs.iter().map(Known::number).collect();
    }
    known
}

/// Names items that are not imported: by their names, and by those of exports.
fn names(module: &Module<'_>, known: &mut [Vec<Known>; ExternKind::COUNT]) {
    let mut exports = HashMap::new();
    for export in &module.exports {
        exports.entry(export.index).or_insert(export.name.as_str());
    }
    for &kind in ExternKind::ALL {
        for (index, known) in (0..).zip(&mut known[kind as usize]) {
            if known.key.is_some() {
                continue;
            }
            let name = module.names.of(kind.item_kind(), index);
            known.key = match (name, exports.get(&ExternIdx::new(kind, index))) {
                (Some(name), _) => Some(key_of(name)),
                (None, Some(name)) => Some(format!("export {name:?}")),
                (None, None) => None,
            };
        }
    }
}
