//! One of the modules that are compared: its items in words, and hashes of their meaning.

use wattle_ast::{
    Data, DataMode, DefIdx, Elem, ElemItems, ElemMode, Expr, ExternIdx, ExternKind, ExternType,
    Func, FuncIdx, Instrs, ItemKind, Module, TypeIdx,
};
use wattle_printer::Lister;

use super::Item;
use super::code::{Row, hashes};
use super::ids::{Ids, Known, hash_of, key_of, known};

/// One of the modules.
pub(super) struct Half<'m> {
    pub(super) module: &'m Module<'m>,
    pub(super) lister: Lister<'m>,
    pub(super) ids: Ids,
    pub(super) known: [Vec<Known>; ExternKind::COUNT],
    /// The number of imports of each kind.
    pub(super) imported: [u32; ExternKind::COUNT],
}

impl<'m> Half<'m> {
    pub(super) fn new(module: &'m Module<'m>) -> Half<'m> {
        let known = known(module);
        let mut imported = [0; ExternKind::COUNT];
        for import in &module.imports {
            imported[import.ty.kind() as usize] += 1;
        }
        Half { module, lister: Lister::new(module), ids: Ids::of(module, &known), known, imported }
    }

    /// Returns the function with this index, if the module defines it.
    pub(super) fn func(&self, index: usize) -> Option<&Func<'m>> {
        let imported = self.imported[ExternKind::Func as usize] as usize;
        self.module.funcs.get(DefIdx::from(u32::try_from(index.checked_sub(imported)?).ok()?))
    }

    pub(super) fn instrs(&self, index: usize) -> Vec<u64> {
        self.func(index).map_or(Vec::new(), |func| hashes(&self.ids.expr(&func.body.expr())))
    }

    /// Returns an item with its index and name.
    pub(super) fn item(
        &self,
        kind: ItemKind,
        index: usize,
        size: Option<usize>,
        text: String,
    ) -> Item {
        let index = index as u32;
        let name = self.module.names.of(kind, index).map(|name| name.as_str().to_owned());
        Item { index, name, size, text }
    }

    /// Returns the name of an item as it is compared.
    pub(super) fn name(&self, kind: ItemKind, index: usize) -> Option<String> {
        self.module.names.of(kind, index as u32).map(|name| key_of(name))
    }

    /// Returns the text of an expression without blocks, on one line.
    pub(super) fn expr(&self, expr: &Expr<'_>) -> String {
        let lines = self.lister.expr(expr.bytes()).lines;
        let but_end = lines.iter().take(lines.len().saturating_sub(1));
        but_end.map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn func_text(&self, func: &Func<'_>) -> String {
        let mut text = self.type_text(func.ty);
        for run in wattle_ast::Local::joined(func.body.locals()) {
            let times = if run.count == 1 { String::new() } else { format!(" x {}", run.count) };
            text += &format!(" (local {}{times})", run.ty);
        }
        text
    }

    /// Returns the text of the type of a function; its index if the module does not define it.
    fn type_text(&self, index: TypeIdx) -> String {
        let ty = self.module.types.get(index).map(|ty| self.lister.type_text(ty));
        ty.unwrap_or_else(|| format!("type {index}"))
    }

    /// Returns the text of the type of an import or export.
    pub(super) fn extern_text(&self, ty: &ExternType) -> String {
        match ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => self.type_text(*ty),
            _ => self.lister.extern_text(ty),
        }
    }

    /// Returns the text of an item that the module defines, and the hash of its meaning; `None` for
    /// a function.
    pub(super) fn defined(&self, kind: ExternKind, index: usize) -> Option<(String, u64)> {
        let at = u32::try_from(index).ok()?.checked_sub(self.imported[kind as usize])?;
        let module = self.module;
        let of = |ty: ExternType, init: Option<&Expr<'_>>| {
            let mut text = self.lister.extern_text(&ty);
            if let Some(init) = init {
                text += &format!(" = {}", self.expr(init));
            }
            let init = init.map(|init| self.ids.expr(init).bytes().to_vec());
            (text, hash_of((self.ids.extern_type(&ty), init)))
        };
        Some(match kind {
            ExternKind::Func => return None,
            ExternKind::Table => {
                let table = module.tables.get(at.into())?;
                of(ExternType::Table(table.ty), table.init.as_ref())
            }
            ExternKind::Mem => of(ExternType::Mem(*module.memories.get(at.into())?), None),
            ExternKind::Global => {
                let global = module.globals.get(at.into())?;
                of(ExternType::Global(global.ty), Some(&global.init))
            }
            ExternKind::Tag => of(ExternType::Tag(*module.tags.get(at.into())?), None),
        })
    }

    /// Returns an item of an index space in words, such as `func 3 $f`.
    pub(super) fn target(&self, index: ExternIdx) -> String {
        let (kind, number) = (index.kind(), index.index());
        match self.module.names.of(kind.item_kind(), number) {
            Some(name) => format!("{} {number} ${name}", kind.keyword()),
            None => format!("{} {number}", kind.keyword()),
        }
    }

    /// Returns the place of a segment in words, and the hash of its meaning.
    pub(super) fn place(
        &self,
        into: Option<String>,
        offset: Option<&Expr<'_>>,
        how: &str,
    ) -> (String, u64) {
        let Some(offset) = offset else { return (how.to_owned(), hash_of(how)) };
        let into = into.unwrap_or_default();
        let text = format!("active{into}, at {}", self.expr(offset));
        let numbered = self.ids.expr(offset).bytes().to_vec();
        (text, hash_of((into, numbered)))
    }

    pub(super) fn data_place(&self, data: &Data<'_>) -> (String, u64) {
        match &data.mode {
            DataMode::Passive => self.place(None, None, "passive"),
            DataMode::Active { memory, offset } => {
                let into = memory.filter(|memory| memory.0 != 0);
                self.place(into.map(|memory| format!(" in memory {memory}")), Some(offset), "")
            }
        }
    }

    pub(super) fn elem_place(&self, elem: &Elem<'_>) -> (String, u64) {
        match &elem.mode {
            ElemMode::Passive => self.place(None, None, "passive"),
            ElemMode::Declarative => self.place(None, None, "declarative"),
            ElemMode::Active { table, offset } => {
                let into = table.filter(|table| table.0 != 0);
                self.place(into.map(|table| format!(" in table {table}")), Some(offset), "")
            }
        }
    }

    /// Returns the elements of a segment. Functions have equal hashes however they are written.
    pub(super) fn elements(&self, elem: &Elem<'_>) -> Vec<Row> {
        let row = |(place, (hash, text))| Row { hash, place, depth: 0, text };
        let of_func =
            |func: FuncIdx| (hash_of(("func", self.ids.of_func(func))), self.target(func.into()));
        match &elem.items {
            ElemItems::Funcs(funcs) => {
                funcs.view().iter().map(of_func).enumerate().map(row).collect()
            }
            ElemItems::Exprs(exprs) => {
                let of = |expr: Expr<'_>| {
                    let instrs: Vec<_> = Instrs::new(expr.bytes()).take(2).collect();
                    match instrs[..] {
                        [Ok(wattle_ast::Instr::RefFunc { func }), _] => of_func(func),
                        _ => (hash_of(self.ids.expr(&expr).bytes()), self.expr(&expr)),
                    }
                };
                exprs.view().iter().map(of).enumerate().map(row).collect()
            }
        }
    }
}
