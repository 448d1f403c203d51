//! Finds the items that the exports of a module reach, and removes all others.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::convert::Infallible;

use super::edit::{Change, EditError, remove_places};
use super::items::{Elem, ElemItems, ElemMode};
use super::module::Module;
use super::remap::RemapError;
use crate::instructions::{Patch, Reindex, Remapping, remap_code, remap_list};
use crate::{
    DataIdx, DataMode, DefIdx, ElemIdx, Expr, ExternIdx, ExternKind, FuncIdx, GlobalIdx,
    IndexSpaces, ItemKind, List, MemIdx, Opcode, Path, RefType, Remap, RemapFault, SpaceIdx,
    TableIdx, TagIdx, TypeIdx,
};

/// The number of kinds of items, for arrays with an element for each.
const KINDS: usize = ItemKind::Custom as usize + 1;

/// The items that were reached. It is a [`Remap`] that leaves every index as it is, so any code
/// that passes indices to a remap marks their items.
#[derive(Default)]
struct Marks {
    /// For each kind, whether the item with an index was reached.
    reached: [Vec<bool>; KINDS],
    /// The items whose own indices were not visited yet.
    todo: Vec<(ItemKind, u32)>,
    /// The first index that is out of range.
    unknown: Option<(ItemKind, u32)>,
    /// Whether the indices being visited are the immediates of a `ref.func` of a body.
    in_ref_func: bool,
    /// Whether the indices being visited are in a body.
    in_body: bool,
    /// The functions that a `ref.func` of a body names.
    referenced: BTreeSet<FuncIdx>,
    /// The functions that occur outside of bodies. Only they may be referenced.
    declared: BTreeSet<FuncIdx>,
}

impl Marks {
    #[inline(always)]
    fn mark(&mut self, kind: ItemKind, index: u32) {
        match self.reached[kind as usize].get_mut(index as usize) {
            Some(true) => {}
            Some(reached) => {
                *reached = true;
                self.todo.push((kind, index));
            }
            None => {
                self.unknown.get_or_insert((kind, index));
            }
        }
    }

    fn is_reached(&self, kind: ItemKind, index: u32) -> bool {
        self.reached[kind as usize].get(index as usize) == Some(&true)
    }
}

impl Remap for Marks {
    type Error = Infallible;

    #[inline(always)]
    fn begin_instr(&mut self, opcode: Opcode) {
        self.in_ref_func = self.in_body && opcode == Opcode::RefFunc;
    }

    #[inline(always)]
    fn func(&mut self, func: FuncIdx) -> Result<FuncIdx, Infallible> {
        if self.in_ref_func {
            self.referenced.insert(func);
        } else if !self.in_body {
            self.declared.insert(func);
        }
        self.item(ItemKind::Func, func.0).map(FuncIdx)
    }

    #[inline(always)]
    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, Infallible> {
        self.mark(kind, index);
        Ok(index)
    }
}

/// The new indices of the items that were reached.
struct Kept {
    /// For each kind, the new index for each old index; `None` for an item that is removed.
    new: [Vec<Option<u32>>; KINDS],
}

impl Kept {
    fn new(marks: &Marks) -> Kept {
        let number = |reached: &Vec<bool>| {
            let mut next = 0;
            let number = |&reached: &bool| {
                let index = next;
                next += u32::from(reached);
                reached.then_some(index)
            };
            reached.iter().map(number).collect()
        };
        Kept { new: marks.reached.each_ref().map(number) }
    }

    /// The places of the removed items with index `first` and above, counted from `first`.
    fn removed(&self, kind: ItemKind, first: u32) -> Vec<u32> {
        let new = self.new[kind as usize].get(first as usize..).unwrap_or_default();
        (0..).zip(new).filter(|(_, new)| new.is_none()).map(|(place, _)| place).collect()
    }
}

impl Remap for Kept {
    type Error = (ItemKind, u32);

    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, (ItemKind, u32)> {
        let new = self.new[kind as usize].get(index as usize).copied().flatten();
        new.ok_or((kind, index))
    }
}

/// Finds and visits the items that are reached.
struct Reach<'m, 'a> {
    module: &'m Module<'a>,
    spaces: IndexSpaces,
    /// For each type, the first index and the number of types of its recursive group.
    groups: Vec<(u32, u32)>,
    /// The tables of active element segments, each with its segment, in ascending order.
    elems: Vec<(TableIdx, ElemIdx)>,
    /// The memories of active data segments, each with its segment, in ascending order.
    datas: Vec<(MemIdx, DataIdx)>,
    marks: Marks,
}

impl<'m, 'a> Reach<'m, 'a> {
    fn new(module: &'m Module<'a>) -> Self {
        let spaces = IndexSpaces::of(module);
        let mut marks = Marks::default();
        for &kind in ExternKind::ALL {
            let len = spaces.len(kind) as usize;
            marks.reached[kind.item_kind() as usize] = alloc::vec![false; len];
        }
        let others = [
            (ItemKind::Type, module.types.len()),
            (ItemKind::Elem, module.elems.len()),
            (ItemKind::Data, module.datas.len()),
        ];
        for (kind, len) in others {
            marks.reached[kind as usize] = alloc::vec![false; len];
        }
        let groups = module.type_runs().flat_map(|run| {
            let group = (run.first, run.items.len() as u32);
            run.items.iter().map(move |_| group)
        });
        let groups = groups.collect();
        let elems = module.elems.iter_indexed().filter_map(|(index, elem)| match &elem.mode {
            ElemMode::Active { table, .. } => Some((table.unwrap_or_default(), index)),
            ElemMode::Passive | ElemMode::Declarative => None,
        });
        let mut elems: Vec<_> = elems.collect();
        elems.sort_unstable();
        let datas = module.datas.iter_indexed().filter_map(|(index, data)| match &data.mode {
            DataMode::Active { memory, .. } => Some((memory.unwrap_or_default(), index)),
            DataMode::Passive => None,
        });
        let mut datas: Vec<_> = datas.collect();
        datas.sort_unstable();
        Reach { module, spaces, groups, elems, datas, marks }
    }

    /// Marks all items that are reached from exports, the start function, and the segments that are
    /// copied into imported tables and memories.
    fn run(&mut self) -> Result<(), EditError> {
        self.module.exports.iter().for_each(|export| self.see(export.index));
        if let Some(start) = self.module.start {
            self.marks.mark(ItemKind::Func, start.0);
        }
        let imported = |kind| self.spaces.imported(kind);
        let (tables, mems) = (imported(ExternKind::Table), imported(ExternKind::Mem));
        let elems = self.elems.iter().take_while(|(table, _)| table.0 < tables);
        elems.for_each(|(_, elem)| self.marks.mark(ItemKind::Elem, elem.0));
        let datas = self.datas.iter().take_while(|(memory, _)| memory.0 < mems);
        datas.for_each(|(_, data)| self.marks.mark(ItemKind::Data, data.0));
        while let Some((kind, index)) = self.marks.todo.pop() {
            self.visit(kind, index)?;
        }
        match self.marks.unknown {
            Some((kind, index)) => Err(EditError::Unknown { kind, index }),
            None => Ok(()),
        }
    }

    /// Marks the items whose indices a value holds.
    fn see(&mut self, value: impl Reindex) {
        let Ok(_) = value.reindex(&mut Remapping::new(&mut self.marks));
    }

    /// Marks the items whose indices a constant expression holds.
    fn see_expr(&mut self, expr: &Expr<'_>, at: (ItemKind, u32)) -> Result<(), EditError> {
        let mut to = Remapping::new(&mut self.marks);
        match remap_code(Patch::new(expr.bytes()), 0, &mut to) {
            Ok(_) => Ok(()),
            Err((RemapFault::Malformed(reason), _)) => {
                Err(EditError::Malformed { reason, path: Path::item(at.0, at.1) })
            }
        }
    }

    /// Marks the items whose indices an item holds.
    fn visit(&mut self, kind: ItemKind, index: u32) -> Result<(), EditError> {
        let (module, at) = (self.module, (kind, index));
        match kind {
            ItemKind::Type => {
                let (first, len) = self.groups.get(index as usize).copied().unwrap_or_default();
                // A recursive group is kept or removed as a whole: each member marks the first, and
                // the first marks all.
                self.marks.mark(kind, first);
                if index == first {
                    (first..first + len).for_each(|member| self.marks.mark(kind, member));
                }
                module.types.get(TypeIdx(index)).into_iter().for_each(|ty| self.see(ty.clone()));
            }
            ItemKind::Func => self.func(FuncIdx(index))?,
            ItemKind::Table => {
                self.see_extern(TableIdx(index));
                let segments = self.elems.partition_point(|(table, _)| table.0 < index);
                let segments = self.elems.get(segments..).unwrap_or_default();
                let segments = segments.iter().take_while(|(table, _)| table.0 == index);
                segments.for_each(|(_, elem)| self.marks.mark(ItemKind::Elem, elem.0));
                if let Some(place) = self.defined(TableIdx(index), ExternKind::Table)
                    && let Some(init) = module.tables.get(place).and_then(|it| it.init.as_ref())
                {
                    self.see_expr(init, at)?;
                }
            }
            ItemKind::Mem => {
                let segments = self.datas.partition_point(|(memory, _)| memory.0 < index);
                let segments = self.datas.get(segments..).unwrap_or_default();
                let segments = segments.iter().take_while(|(memory, _)| memory.0 == index);
                segments.for_each(|(_, data)| self.marks.mark(ItemKind::Data, data.0));
            }
            ItemKind::Global => {
                self.see_extern(GlobalIdx(index));
                if let Some(place) = self.defined(GlobalIdx(index), ExternKind::Global)
                    && let Some(global) = module.globals.get(place)
                {
                    self.see_expr(&global.init, at)?;
                }
            }
            ItemKind::Tag => self.see_extern(TagIdx(index)),
            ItemKind::Elem => {
                if let Some(elem) = module.elems.get(ElemIdx(index)) {
                    self.elem(elem, at)?;
                }
            }
            ItemKind::Data => {
                if let Some(data) = module.datas.get(DataIdx(index))
                    && let DataMode::Active { memory, offset } = &data.mode
                {
                    self.see(memory.unwrap_or_default());
                    self.see_expr(offset, at)?;
                }
            }
            ItemKind::Import
            | ItemKind::Export
            | ItemKind::Start
            | ItemKind::DataCount
            | ItemKind::Custom => {}
        }
        Ok(())
    }

    /// Marks the items whose indices the type of an import or definition holds.
    fn see_extern(&mut self, index: impl Into<ExternIdx>) {
        self.spaces.get(index.into()).into_iter().for_each(|ty| self.see(ty));
    }

    /// The place of an item among the definitions of its kind; `None` if it is imported.
    fn defined<I: SpaceIdx>(&self, index: I, kind: ExternKind) -> Option<DefIdx<I>> {
        DefIdx::behind(self.spaces.imported(kind), index)
    }

    fn func(&mut self, func: FuncIdx) -> Result<(), EditError> {
        self.see_extern(func);
        let place = self.defined(func, ExternKind::Func);
        let Some(def) = place.and_then(|place| self.module.funcs.get(place)) else { return Ok(()) };
        let body = &def.body;
        body.locals().for_each(|local| self.see(local.ty));
        self.marks.in_body = true;
        let mut to = Remapping::new(&mut self.marks);
        let code = remap_code(Patch::new(body.bytes()), body.code_offset(), &mut to);
        (self.marks.in_body, self.marks.in_ref_func) = (false, false);
        match code {
            Ok(_) => Ok(()),
            Err((RemapFault::Malformed(reason), pos)) => {
                Err(self.module.malformed(reason, func, body, pos))
            }
        }
    }

    fn elem(&mut self, elem: &Elem<'_>, at: (ItemKind, u32)) -> Result<(), EditError> {
        self.see(elem.ty);
        match &elem.items {
            ElemItems::Funcs(funcs) => {
                let Ok(_) = remap_list(funcs, &mut Remapping::new(&mut self.marks));
            }
            ElemItems::Exprs(exprs) => {
                exprs.view().iter().try_for_each(|expr| self.see_expr(&expr, at))?;
            }
        }
        if let ElemMode::Active { table, offset } = &elem.mode {
            self.see(table.unwrap_or_default());
            self.see_expr(offset, at)?;
        }
        Ok(())
    }

    /// Returns the functions that bodies reference although no item that is kept declares them.
    /// First keeps the declarative segments that name only such functions.
    fn undeclared(&mut self) -> BTreeSet<FuncIdx> {
        let mut undeclared: BTreeSet<FuncIdx> =
            self.marks.referenced.difference(&self.marks.declared).copied().collect();
        for (index, elem) in self.module.elems.iter_indexed() {
            let (ElemMode::Declarative, ElemItems::Funcs(funcs)) = (&elem.mode, &elem.items) else {
                continue;
            };
            let mut named = funcs.view().iter();
            if !undeclared.is_empty()
                && !funcs.is_empty()
                && !self.marks.is_reached(ItemKind::Elem, index.0)
                && named.all(|func| undeclared.contains(&func))
            {
                self.marks.reached[ItemKind::Elem as usize][index.idx()] = true;
                for func in funcs.view().iter() {
                    undeclared.remove(&func);
                }
            }
        }
        undeclared
    }
}

impl<'a> Module<'a> {
    /// Removes all items that the exports do not reach: types, imports, functions, tables,
    /// memories, tags, globals and segments. The other items get new indices, and keep their names.
    ///
    /// The start function counts as an export, and so does a segment that is copied into an
    /// imported table or memory when the module is instantiated. A segment of any other table or
    /// memory is kept if that table or memory is. Recursive groups of types are kept or removed as
    /// a whole. If `ref.func` names a function that only a removed item declared, a segment that
    /// declares it is added.
    ///
    /// To keep only some of the exports, remove the others first:
    ///
    /// ```
    /// use wattle_ast::{Body, Export, Func, FuncIdx, Instr, Module, TypeIdx};
    ///
    /// let mut module = Module::default();
    /// module.types.push(wattle_ast::FuncType::new([], []).into());
    /// for callee in [2, 0, 2] {
    ///     let code = [Instr::Call { func: FuncIdx(callee) }, Instr::End].into_iter().collect();
    ///     module.funcs.push(Func { ty: TypeIdx(0), body: Body::new([], code) });
    /// }
    /// for (name, func) in [("a", FuncIdx(0)), ("b", FuncIdx(1))] {
    ///     module.exports.push(Export { name: name.into(), index: func.into() });
    /// }
    /// module.exports.retain(|export| export.name == "a");
    /// module.remove_unreachable()?;
    /// // Functions 0 and 2 are left, and the second calls itself.
    /// assert_eq!(module.funcs.len(), 2);
    /// assert_eq!(module.funcs[1.into()].body.code(), [0x10, 1, 0x0b]);
    /// # Ok::<(), wattle_ast::EditError>(())
    /// ```
    ///
    /// Custom sections that would be wrong afterwards are left out, as by
    /// [`remap`](Module::remap).
    ///
    /// # Errors
    /// If code that is reached is malformed, or refers to something that does not exist. The module
    /// then stays as it was.
    pub fn remove_unreachable(&mut self) -> Result<(), EditError> {
        let mut reach = Reach::new(self);
        reach.run()?;
        let undeclared = reach.undeclared();
        let marks = reach.marks;
        if marks.reached.iter().flatten().all(|reached| *reached) && undeclared.is_empty() {
            return Ok(());
        }
        let mut kept = Kept::new(&marks);
        let imports = (0..).zip(self.indexed_imports());
        let imports =
            imports.filter(|(_, (index, _))| !marks.is_reached(index.kind().into(), index.index()));
        let imports = Change::Remove(imports.map(|(place, _)| place).collect());
        let groups = self.import_groups.clone();
        // A group that loses all its imports may lose their type too.
        self.import_groups.retain(|group| {
            group.ty.is_none_or(|ty| ty.reindex(&mut Remapping::new(&mut kept)).is_ok())
        });
        if let Err(RemapError { fault, path }) = self.remap(&mut kept) {
            self.import_groups = groups;
            return Err(match fault {
                RemapFault::Refused((kind, index)) => EditError::Used { kind, index, by: path },
                RemapFault::Malformed(reason) => EditError::Malformed { reason, path },
            });
        }
        self.apply_removal(&kept, imports);
        if !undeclared.is_empty() {
            let funcs = undeclared.iter().filter_map(|func| kept.func(*func).ok());
            let items = ElemItems::Funcs(List::new(funcs));
            self.elems.push(Elem { ty: RefType::FUNC, items, mode: ElemMode::Declarative });
        }
        Ok(())
    }

    /// Takes the items that have no new index out of their lists.
    fn apply_removal(&mut self, kept: &Kept, imports: Change) {
        let imported = ExternKind::ALL.iter().map(|&kind| (kind, self.imported(kind)));
        let imported: Vec<_> = imported.collect();
        for (kind, imported) in imported {
            let places = kept.removed(kind.into(), imported);
            match kind {
                ExternKind::Func => remove_places(self.funcs.as_vec_mut(), &places),
                ExternKind::Table => remove_places(self.tables.as_vec_mut(), &places),
                ExternKind::Mem => remove_places(self.memories.as_vec_mut(), &places),
                ExternKind::Global => remove_places(self.globals.as_vec_mut(), &places),
                ExternKind::Tag => remove_places(self.tags.as_vec_mut(), &places),
            }
        }
        remove_places(self.elems.as_vec_mut(), &kept.removed(ItemKind::Elem, 0));
        remove_places(self.datas.as_vec_mut(), &kept.removed(ItemKind::Data, 0));
        if let Change::Remove(places) = &imports {
            remove_places(&mut self.imports, places);
        }
        self.change_import_groups(&imports);
        let types = kept.removed(ItemKind::Type, 0);
        remove_places(self.types.as_vec_mut(), &types);
        self.change_rec_groups(&Change::Remove(types));
        self.encoding.data_count &= !self.datas.is_empty();
    }
}
