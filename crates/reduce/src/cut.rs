//! Removes items from a module together with everything that refers to them.

use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, Catch, DataMode, DefIdx, Elem, ElemItems, ElemMode, Expr, ExternIdx, ExternKind,
    Feature, Features, Func, FuncIdx, HeapType, Instr, ItemKind, List, ListView, Module, RefType,
    Remap, SpaceIdx,
};

use crate::code::{Code, Form};
use crate::contents::Contents;
use crate::emit::{Edit, default_of_type};
use crate::plan::{ModulePlan, Plan, View, numbers};

/// The items that are to be removed from a module.
#[derive(Clone, Debug, Default)]
struct Doomed {
    /// For each kind of item, whether the item with an index is removed.
    items: [Vec<bool>; ItemKind::Custom as usize + 1],
}

impl Doomed {
    fn add(&mut self, kind: ItemKind, index: u32) {
        let list = &mut self.items[kind as usize];
        let index = index as usize;
        if list.len() <= index {
            list.resize(index + 1, false);
        }
        list[index] = true;
    }

    fn has(&self, kind: ItemKind, index: u32) -> bool {
        self.items[kind as usize].get(index as usize).copied().unwrap_or(false)
    }

    fn has_extern(&self, index: ExternIdx) -> bool {
        self.has(index.kind().into(), index.index())
    }

    fn all<I: SpaceIdx>(&self, kind: ItemKind) -> Vec<I> {
        numbers(&self.items[kind as usize]).map(|index| I::from(index as u32)).collect()
    }

    /// Whether an instruction refers to a removed item.
    fn is_named_by(&self, instr: Instr<'_>, buffer: &mut Vec<u8>) -> bool {
        instr.remap(&mut Finder(self), buffer).is_err()
    }

    fn is_named_in(&self, expr: &Expr<'_>) -> bool {
        expr.remap(&mut Finder(self)).is_err()
    }
}

/// Finds references to removed items: they have no new index.
struct Finder<'d>(&'d Doomed);

impl Remap for Finder<'_> {
    type Error = ();

    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, ()> {
        match self.0.has(kind, index) {
            true => Err(()),
            false => Ok(index),
        }
    }
}

/// Removes functions. A call of a removed function drops its arguments and continues with default
/// values.
pub(crate) fn funcs<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    let count = module.imported(ExternKind::Func) + module.funcs.len() as u32;
    cut(module, features, (0..count).map(|index| (ItemKind::Func, index)).collect())
}

/// Removes segments, tables, memories, globals and tags.
pub(crate) fn others<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    let kinds = [
        (ItemKind::Data, module.datas.len() as u32),
        (ItemKind::Elem, module.elems.len() as u32),
        (ItemKind::Table, module.imported(ExternKind::Table) + module.tables.len() as u32),
        (ItemKind::Mem, module.imported(ExternKind::Mem) + module.memories.len() as u32),
        (ItemKind::Global, module.imported(ExternKind::Global) + module.globals.len() as u32),
        (ItemKind::Tag, module.imported(ExternKind::Tag) + module.tags.len() as u32),
    ];
    let items = kinds.into_iter().flat_map(|(kind, len)| (0..len).map(move |at| (kind, at)));
    cut(module, features, items.collect())
}

/// Removes types that nothing refers to.
pub(crate) fn types<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    let types = unused_types(module).into_iter().map(|index| (ItemKind::Type, index));
    cut(module, features, types.collect())
}

fn unused_types(module: &Module<'static>) -> Vec<u32> {
    let mut counted = module.clone();
    counted.names = Default::default();
    let mut uses = Uses(alloc::vec![0; module.types.len()]);
    // If code is malformed, all types may be in use.
    if counted.remap(&mut uses).is_err() {
        return Vec::new();
    }
    // One of the uses is the index of the type itself.
    (0..).zip(uses.0).filter(|(_, uses)| *uses <= 1).map(|(index, _)| index).collect()
}

/// For each type, the number of places with its index.
struct Uses(Vec<usize>);

impl Remap for Uses {
    type Error = core::convert::Infallible;

    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, Self::Error> {
        if kind == ItemKind::Type
            && let Some(uses) = self.0.get_mut(index as usize)
        {
            *uses += 1;
        }
        Ok(index)
    }
}

fn cut<'b>(
    module: &'b Module<'static>,
    features: Features,
    items: Vec<(ItemKind, u32)>,
) -> ModulePlan<'b> {
    let view = View::new(module, features);
    let contents = Contents::new(module);
    let keys: Vec<u128> = items.iter().map(|(kind, index)| contents.item(*kind, *index)).collect();
    let plan = Plan::new(items.len(), move |selected| {
        let mut doomed = Doomed::default();
        for number in numbers(selected) {
            let (kind, index) = *items.get(number)?;
            doomed.add(kind, index);
        }
        without(&view, doomed)
    });
    plan.keyed(keys)
}

/// The module without the removed items; `None` if something that must stay refers to one of them.
fn without(view: &View<'_>, mut doomed: Doomed) -> Option<Module<'static>> {
    // An active segment is removed with its table or memory.
    for (index, elem) in view.module.elems.iter_indexed() {
        if let ElemMode::Active { table, .. } = &elem.mode
            && doomed.has(ItemKind::Table, table.unwrap_or_default().0)
        {
            doomed.add(ItemKind::Elem, index.0);
        }
    }
    for (index, data) in view.module.datas.iter_indexed() {
        if let DataMode::Active { memory, .. } = &data.mode
            && doomed.has(ItemKind::Mem, memory.unwrap_or_default().0)
        {
            doomed.add(ItemKind::Data, index.0);
        }
    }
    let mut module = bodies(view, &doomed)?;
    module.exports.retain(|export| !doomed.has_extern(export.index));
    module.start = module.start.filter(|func| !doomed.has(ItemKind::Func, func.0));
    declarations(view, &doomed, &mut module)?;
    module.remove_elems(doomed.all(ItemKind::Elem)).ok()?;
    module.remove_datas(doomed.all(ItemKind::Data)).ok()?;
    module.remove_funcs(doomed.all(ItemKind::Func)).ok()?;
    module.remove_globals(doomed.all(ItemKind::Global)).ok()?;
    module.remove_tables(doomed.all(ItemKind::Table)).ok()?;
    module.remove_mems(doomed.all(ItemKind::Mem)).ok()?;
    module.remove_tags(doomed.all(ItemKind::Tag)).ok()?;
    module.remove_types(doomed.all(ItemKind::Type)).ok()?;
    Some(module)
}

/// The module with bodies that do not refer to removed items. The bodies of removed functions are
/// empty.
fn bodies(view: &View<'_>, doomed: &Doomed) -> Option<Module<'static>> {
    let imported = view.spaces.imported(ExternKind::Func);
    let mut edits: Vec<(DefIdx<FuncIdx>, Vec<Edit>)> = Vec::new();
    let mut module = view.module.clone();
    for (place, Func { body, .. }) in view.module.funcs.iter_indexed() {
        if doomed.has(ItemKind::Func, place.in_space(imported).0) {
            module.funcs.get_mut(place)?.body = Default::default();
        } else if doomed.is_named_in(&body.expr()) {
            edits.push((place, without_names(&view.code(place)?, doomed)?));
        }
    }
    for (place, edits) in &edits {
        let func = module.funcs.get_mut(*place)?;
        let edits: Vec<&Edit> = edits.iter().collect();
        func.body = crate::emit::apply(&func.body, &edits)?;
    }
    Some(module)
}

/// The changes to a body after which it does not refer to removed items.
fn without_names(code: &Code<'_>, doomed: &Doomed) -> Option<Vec<Edit>> {
    let mut roots = alloc::vec![None; code.instrs.len()];
    for tree in code.trees.iter().filter(|tree| tree.form == Form::Instr) {
        roots[tree.root] = Some(tree);
    }
    let mut edits = Vec::new();
    let mut buffer = Vec::new();
    for (at, &instr) in code.instrs.iter().enumerate() {
        if !doomed.is_named_by(instr, &mut buffer) {
            continue;
        }
        edits.push(match (instr, roots[at]) {
            (Instr::TryTable { block_type, catches }, _) => {
                let stays = |catch: &Catch| match catch {
                    Catch::One(tag, _) | Catch::OneRef(tag, _) => !doomed.has(ItemKind::Tag, tag.0),
                    Catch::All(_) | Catch::AllRef(_) => true,
                };
                let stay: Vec<Catch> = catches.iter().filter(stays).collect();
                let mut list = Vec::new();
                let catches = ListView::encode_in(&mut list, stay.into_iter());
                Edit::replace(at..at + 1, [Instr::TryTable { block_type, catches }])
            }
            _ if instr.opcode().info().arity.is_structured() => return None,
            (_, Some(tree)) => Edit::flatten(tree, code),
            (_, None) => Edit::replace(at..at + 1, [Instr::Unreachable]),
        });
    }
    Some(edits)
}

/// Removes references to removed items from everything but bodies. The removed items themselves are
/// emptied.
fn declarations(view: &View<'_>, doomed: &Doomed, module: &mut Module<'static>) -> Option<()> {
    let tables = view.spaces.imported(ExternKind::Table);
    for (place, table) in (tables..).zip(module.tables.iter_mut()) {
        match &mut table.init {
            Some(_) if doomed.has(ItemKind::Table, place) => table.init = None,
            Some(init) => constant(view, doomed, init)?,
            None => {}
        }
    }
    let globals = view.spaces.imported(ExternKind::Global);
    for (place, global) in (globals..).zip(module.globals.iter_mut()) {
        match doomed.has(ItemKind::Global, place) {
            true => global.init = [Instr::End].into_iter().collect(),
            false => constant(view, doomed, &mut global.init)?,
        }
    }
    for (place, elem) in (0..).zip(module.elems.iter_mut()) {
        if doomed.has(ItemKind::Elem, place) {
            elem.items = ElemItems::Funcs(List::new(core::iter::empty::<FuncIdx>()));
            elem.mode = ElemMode::Passive;
            continue;
        }
        if let ElemMode::Active { offset, .. } = &mut elem.mode {
            constant(view, doomed, offset)?;
        }
        elements(view, doomed, elem)?;
    }
    for (place, data) in (0..).zip(module.datas.iter_mut()) {
        if doomed.has(ItemKind::Data, place) {
            data.mode = DataMode::Passive;
        } else if let DataMode::Active { offset, .. } = &mut data.mode {
            constant(view, doomed, offset)?;
        }
    }
    Some(())
}

/// Puts null in the place of elements that refer to removed items. A declarative segment loses
/// these elements.
fn elements(view: &View<'_>, doomed: &Doomed, elem: &mut Elem<'static>) -> Option<()> {
    let goes = |func: &FuncIdx| doomed.has(ItemKind::Func, func.0);
    match &elem.items {
        ElemItems::Funcs(funcs) if funcs.view().iter().any(|func| goes(&func)) => {
            if elem.mode == ElemMode::Declarative {
                let stay: Vec<FuncIdx> = funcs.view().iter().filter(|func| !goes(func)).collect();
                elem.items = ElemItems::Funcs(List::new(stay));
                return Some(());
            }
            let ty = RefType::FUNCREF;
            let exprs = funcs.view().iter().map(|func| -> Expr<'static> {
                let instr = match goes(&func) {
                    true => Instr::RefNull { heap: ty.heap },
                    false => Instr::RefFunc { func },
                };
                [instr, Instr::End].into_iter().collect()
            });
            let exprs: Vec<Expr<'static>> = exprs.collect();
            elem.items = ElemItems::Exprs(List::new(exprs));
            elem.ty = ty;
        }
        ElemItems::Exprs(exprs) if exprs.view().iter().any(|expr| doomed.is_named_in(&expr)) => {
            let mut changed = Vec::new();
            for expr in exprs.view().iter() {
                let mut expr = expr.into_owned();
                constant(view, doomed, &mut expr)?;
                changed.push(expr);
            }
            elem.items = ElemItems::Exprs(List::new(changed));
        }
        _ => {}
    }
    Some(())
}

/// The heap type of a null that fits where a nullable function reference is needed.
fn null_func(view: &View<'_>) -> HeapType {
    let has_bottom = view.features.contains(Feature::Gc);
    HeapType::Abs(if has_bottom { AbsHeapType::NoFunc } else { AbsHeapType::Func })
}

/// Puts default values in the place of references to removed items, in a constant expression.
fn constant(view: &View<'_>, doomed: &Doomed, expr: &mut Expr<'static>) -> Option<()> {
    if !doomed.is_named_in(expr) {
        return Some(());
    }
    let mut buffer = Vec::new();
    let mut instrs: Vec<Instr<'_>> = Vec::new();
    for instr in expr.iter() {
        let instr = instr.ok()?;
        instrs.push(match (doomed.is_named_by(instr, &mut buffer), instr) {
            (false, _) => instr,
            (true, Instr::GlobalGet { global }) => {
                default_of_type(view.spaces.global(global)?.val)?
            }
            (true, Instr::RefFunc { .. }) => Instr::RefNull { heap: null_func(view) },
            (true, _) => return None,
        });
    }
    *expr = instrs.into_iter().collect();
    Some(())
}
