//! Passes over everything in a module but bodies and types.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{
    DataIdx, DataMode, Elem, ElemIdx, ElemItems, ElemMode, Export, Expr, ExternIdx, ExternKind,
    ExternType, Features, FuncIdx, Instr, ItemKind, Limits, List, Module, Names, RefType,
};

use crate::contents::Contents;
use crate::emit::default_of_type;
use crate::plan::{ModulePlan, Plan, numbers, remove_selected};

/// Removes custom sections, and names.
pub(crate) fn customs<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let customs = module.customs.len();
    Plan::new(customs + 2, move |selected| {
        let mut changed = module.clone();
        let next = remove_selected(&mut changed.customs, selected, 0);
        let (drops_name, drops_others) = (selected.get(next)?, selected.get(next + 1)?);
        let names = core::mem::take(&mut changed.names);
        changed.names = match (drops_name, drops_others) {
            (true, true) => Names::default(),
            (false, true) => Names { module: names.module, ..Names::default() },
            (true, false) => Names { module: None, ..names },
            (false, false) => names,
        };
        Some(changed)
    })
}

/// Removes everything that exports do not reach.
pub(crate) fn unreachable<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    Plan::each(module, 1, |module, _| module.remove_unreachable().ok())
}

/// Removes all exports, and the start function's role.
pub(crate) fn all_exports<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    Plan::each(module, 1, |module, _| {
        module.exports.clear();
        module.start = None;
        Some(())
    })
}

/// Removes the exports of functions and the start function's role, or else the other exports.
pub(crate) fn exports<'b>(
    module: &'b Module<'static>,
    _: Features,
    of_funcs: bool,
) -> ModulePlan<'b> {
    let exports = (0..).zip(&module.exports);
    let exports = exports.filter(|(_, it)| (it.index.kind() == ExternKind::Func) == of_funcs);
    let places: Vec<usize> = exports.map(|(place, _)| place).collect();
    let contents = Contents::new(module);
    let keys = places.iter().map(|place| contents.external(module.exports[*place].index));
    let start = module.start.filter(|_| of_funcs);
    let start = start.map(|func| contents.part(ItemKind::Func, func.0, b"start"));
    let keys: Vec<u128> = keys.chain(start).collect();
    let plan = Plan::new(keys.len(), move |selected| {
        let mut changed = module.clone();
        let mut goes = alloc::vec![false; module.exports.len()];
        for number in numbers(selected) {
            match places.get(number) {
                Some(place) => goes[*place] = true,
                None => changed.start = None,
            }
        }
        remove_selected(&mut changed.exports, &goes, 0);
        Some(changed)
    });
    plan.keyed(keys)
}

/// Removes the items that neither exports nor any function of the module reach. Unlike
/// [`Module::remove_unreachable`], it keeps all functions. Returns whether an item was removed.
pub(crate) fn tidy(module: &mut Module<'static>) -> Option<bool> {
    let before = len(module);
    let exported = module.exports.len();
    let funcs = module.imported(ExternKind::Func)..;
    for (index, _) in funcs.zip(module.funcs.iter()) {
        module.exports.push(Export { name: "".into(), index: FuncIdx(index).into() });
    }
    module.remove_unreachable().ok()?;
    module.exports.truncate(exported);
    let is_shorter = len(module) < before;
    declare(module);
    Some(is_shorter)
}

/// The number of items that nothing may refer to.
fn len(module: &Module<'_>) -> usize {
    let segments = module.elems.len() + module.datas.len();
    let others = module.tables.len() + module.memories.len() + module.globals.len();
    module.types.len() + module.imports.len() + module.tags.len() + segments + others
}

/// Declares the functions that bodies reference and that nothing else declares.
fn declare(module: &mut Module<'static>) {
    let referenced = |expr: &Expr<'_>, found: &mut BTreeSet<FuncIdx>| {
        found.extend(expr.iter().flatten().filter_map(|instr| match instr {
            Instr::RefFunc { func } => Some(func),
            _ => None,
        }));
    };
    let mut needed = BTreeSet::new();
    module.funcs.iter().for_each(|func| referenced(&func.body.expr(), &mut needed));
    if needed.is_empty() {
        return;
    }
    let mut declared = BTreeSet::new();
    for export in &module.exports {
        if let ExternIdx::Func(func) = export.index {
            declared.insert(func);
        }
    }
    module.globals.iter().for_each(|global| referenced(&global.init, &mut declared));
    let inits = module.tables.iter().filter_map(|table| table.init.as_ref());
    inits.for_each(|init| referenced(init, &mut declared));
    for elem in module.elems.iter() {
        match &elem.items {
            ElemItems::Funcs(funcs) => declared.extend(funcs.view().iter()),
            ElemItems::Exprs(exprs) => {
                exprs.view().iter().for_each(|expr| referenced(&expr, &mut declared));
            }
        }
    }
    let missing: Vec<FuncIdx> = needed.difference(&declared).copied().collect();
    if !missing.is_empty() {
        let items = ElemItems::Funcs(List::new(missing));
        module.elems.push(Elem { ty: RefType::FUNC, items, mode: ElemMode::Declarative });
    }
}

/// Makes memories and tables empty and unbounded, replaces initial values by default values, and
/// makes active segments passive.
pub(crate) fn declarations<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    type Change = fn(&mut Module<'static>, usize) -> Option<()>;
    let kinds: [(ItemKind, usize, Change); 9] = [
        (ItemKind::Mem, module.memories.len(), |module, at| {
            smallest(&mut memory(module, at)?.limits)
        }),
        (ItemKind::Mem, module.memories.len(), |module, at| {
            unbounded(&mut memory(module, at)?.limits)
        }),
        (ItemKind::Table, module.tables.len(), |module, at| {
            smallest(&mut table(module, at)?.ty.limits)
        }),
        (ItemKind::Table, module.tables.len(), |module, at| {
            unbounded(&mut table(module, at)?.ty.limits)
        }),
        (ItemKind::Table, module.tables.len(), |module, at| {
            table(module, at)?.init = None;
            Some(())
        }),
        (ItemKind::Global, module.globals.len(), |module, at| {
            let global = module.globals.as_vec_mut().get_mut(at)?;
            global.init = default_of_type(global.ty.val).into_iter().chain([Instr::End]).collect();
            Some(())
        }),
        (ItemKind::Import, module.imports.len(), |module, at| {
            match &mut module.imports.get_mut(at)?.ty {
                ExternType::Mem(ty) => smallest(&mut ty.limits),
                ExternType::Table(ty) => smallest(&mut ty.limits),
                _ => Some(()),
            }
        }),
        (ItemKind::Elem, module.elems.len(), |module, at| {
            module.elems.get_mut(ElemIdx(at as u32))?.mode = ElemMode::Passive;
            Some(())
        }),
        (ItemKind::Data, module.datas.len(), |module, at| {
            module.datas.get_mut(DataIdx(at as u32))?.mode = DataMode::Passive;
            Some(())
        }),
    ];
    let changes: Vec<(ItemKind, Change, usize)> = kinds
        .into_iter()
        .flat_map(|(kind, len, change)| (0..len).map(move |at| (kind, change, at)))
        .collect();
    let contents = Contents::new(module);
    let keys = changes.iter().map(|(kind, _, at)| contents.definition(module, *kind, *at));
    let keys: Vec<u128> = keys.collect();
    let plan = Plan::each(module, changes.len(), move |module, number| {
        let (_, change, at) = changes.get(number)?;
        change(module, *at)
    });
    plan.keyed(keys)
}

fn memory<'m>(module: &'m mut Module<'static>, at: usize) -> Option<&'m mut wattle_ast::MemType> {
    module.memories.as_vec_mut().get_mut(at)
}

fn table<'m>(
    module: &'m mut Module<'static>,
    at: usize,
) -> Option<&'m mut wattle_ast::Table<'static>> {
    module.tables.as_vec_mut().get_mut(at)
}

fn smallest(limits: &mut Limits) -> Option<()> {
    limits.min = 0;
    Some(())
}

fn unbounded(limits: &mut Limits) -> Option<()> {
    limits.max = None;
    Some(())
}

/// The greatest number of pieces that a segment is divided into at once.
const PIECES: usize = 64;

/// Divides a list of this length into pieces of one length.
fn pieces(len: usize) -> impl Iterator<Item = Range<usize>> {
    let size = len.div_ceil(PIECES).max(1);
    (0..len).step_by(size).map(move |start| start..len.min(start + size))
}

/// Empties all segments.
pub(crate) fn segments<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    Plan::each(module, 1, move |module, _| {
        empty_elems(module);
        module.datas.iter_mut().for_each(|data| data.bytes = Default::default());
        Some(())
    })
}

/// Empties all element segments.
pub(crate) fn elem_segments<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    Plan::each(module, 1, move |module, _| {
        empty_elems(module);
        Some(())
    })
}

fn empty_elems(module: &mut Module<'static>) {
    for elem in module.elems.iter_mut() {
        elem.items = match &elem.items {
            ElemItems::Funcs(_) => ElemItems::Funcs(List::new([] as [FuncIdx; 0])),
            ElemItems::Exprs(_) => ElemItems::Exprs(List::new([] as [Expr<'_>; 0])),
        };
    }
}

/// Removes pieces of data segments.
pub(crate) fn bytes<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let datas = module.datas.iter_indexed();
    let all = datas.flat_map(|(index, data)| pieces(data.bytes.len()).map(move |it| (index, it)));
    let all: Vec<(DataIdx, Range<usize>)> = all.collect();
    let contents = Contents::new(module);
    let keys = all.iter().map(|(index, range)| contents.range(ItemKind::Data, index.0, range));
    let keys: Vec<u128> = keys.collect();
    let plan = Plan::new(all.len(), move |selected| {
        let mut changed = module.clone();
        // From the last to the first, so that the others stay in their places.
        let chosen: Vec<_> = numbers(selected).filter_map(|number| all.get(number)).collect();
        for (index, range) in chosen.into_iter().rev() {
            changed.datas.get_mut(*index)?.bytes.to_mut().drain(range.clone());
        }
        Some(changed)
    });
    plan.keyed(keys)
}

/// Removes pieces of element segments.
pub(crate) fn elements<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let elems = module.elems.iter_indexed();
    let all = elems.flat_map(|(index, elem)| {
        pieces(elem.items.len() as usize).map(move |range| (index, range))
    });
    let all: Vec<(ElemIdx, Range<usize>)> = all.collect();
    let contents = Contents::new(module);
    let keys = all.iter().map(|(index, range)| contents.range(ItemKind::Elem, index.0, range));
    let keys: Vec<u128> = keys.collect();
    let plan = Plan::new(all.len(), move |selected| {
        let mut changed = module.clone();
        let mut chosen = numbers(selected).filter_map(|number| all.get(number)).peekable();
        while let Some((index, first)) = chosen.next() {
            let items = &mut changed.elems.get_mut(*index)?.items;
            let mut goes = alloc::vec![false; items.len() as usize];
            goes.get_mut(first.clone())?.fill(true);
            while let Some((_, range)) = chosen.next_if(|(next, _)| next == index) {
                goes.get_mut(range.clone())?.fill(true);
            }
            let mut goes = goes.into_iter();
            let mut stays = move || !goes.next().unwrap_or(false);
            *items = match &*items {
                ElemItems::Funcs(funcs) => {
                    let stay: Vec<FuncIdx> = funcs.view().iter().filter(|_| stays()).collect();
                    ElemItems::Funcs(List::new(stay))
                }
                ElemItems::Exprs(exprs) => {
                    let stay: Vec<Expr<'_>> = exprs.view().iter().filter(|_| stays()).collect();
                    ElemItems::Exprs(List::new(stay))
                }
            };
        }
        Some(changed)
    });
    plan.keyed(keys)
}

/// Gives imports empty names, and exports numbers.
pub(crate) fn names<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let imports = module.imports.len();
    Plan::each(module, imports + module.exports.len(), move |module, number| {
        match module.imports.get_mut(number) {
            Some(import) => (import.module, import.name) = ("".into(), "".into()),
            None => {
                let place = number - imports;
                module.exports.get_mut(place)?.name = match place {
                    0 => "".into(),
                    place => format!("{place}").into(),
                };
            }
        }
        Some(())
    })
}
