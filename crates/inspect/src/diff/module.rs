//! The lists and functions of two modules.

use std::collections::{HashMap, HashSet};

use similar::{Algorithm, DiffOp, capture_diff_slices};
use wattle_ast::{
    Body, CustomData, Data, DataMode, DefIdx, Elem, ElemItems, ElemMode, ExternIdx, ExternKind,
    ExternType, FuncIdx, GlobalIdx, IndexSpaces, ItemKind, Module, NameMap, Quoted, Shown,
    SpaceIdx, TypeIdx,
};
use wattle_printer::Lister;

use super::matching::{pairs, shown};
use super::{FuncDiff, FuncSide, Line, ListDiff, Sign, UnitDiff, list};

/// The lines around a difference that are shown.
const CONTEXT: usize = 3;
/// The product of the numbers of instructions up to which two functions are compared one by one, so
/// that the time for all functions is in proportion to the file.
const MAX_PRODUCT: usize = 25_000_000;

/// A module whose items are named so that what corresponds in two modules has one name.
struct Side<'m> {
    module: Module<'m>,
    spaces: IndexSpaces,
}

/// What makes the lines of a list.
type Lines = fn(&Side<'_>, &Lister<'_>) -> Vec<String>;

/// Compares two modules.
pub(super) fn compare(old: &Module<'_>, new: &Module<'_>, unit: &mut UnitDiff) {
    let pairs = pairs(old, new);
    let [old_side, new_side] = labelled(old, new, &pairs);
    let sides = [&old_side, &new_side].map(|side| (side, Lister::new(&side.module)));
    let lists: [(&'static str, Lines); 10] = [
        ("types", types),
        ("imports", imports),
        ("tables", tables),
        ("memories", memories),
        ("tags", tags),
        ("globals", globals),
        ("exports", exports),
        ("start", start),
        ("element segments", elems),
        ("data segments", datas),
    ];
    for (what, lines) in lists {
        let [old, new] = [&sides[0], &sides[1]].map(|(side, lister)| lines(side, lister));
        unit.lists.extend(list(what, old, new));
    }
    unit.lists.extend(contents(old, new));
    funcs(&sides, [old, new], &pairs, unit);
}

/// Both modules with names for functions, types and globals: a pair has one name, and no other has it.
fn labelled<'m>(old: &Module<'m>, new: &Module<'m>, pairs: &[(u32, u32)]) -> [Side<'m>; 2] {
    let [mut old_side, mut new_side] = [old, new].map(|module| module.clone());
    let named =
        |names: &NameMap<'_, FuncIdx>, index: u32| names.get(index.into()).map(|it| shown(it));
    let mut labels = Labels::default();
    let mut funcs: [Vec<(FuncIdx, String)>; 2] = Default::default();
    for &(at, to) in pairs {
        let name = named(&old.names.funcs, at).or_else(|| named(&new.names.funcs, to));
        let label = labels.unique(name.unwrap_or_else(|| format!("func {at}")));
        funcs[0].push((at.into(), label.clone()));
        funcs[1].push((to.into(), label));
    }
    for (side, (module, word)) in [(old, "old"), (new, "new")].into_iter().enumerate() {
        let known: HashSet<_> = funcs[side].iter().map(|(index, _)| *index).collect();
        let count = IndexSpaces::of(module).len(ExternKind::Func);
        for index in (0..count).filter(|index| !known.contains(&FuncIdx(*index))) {
            let name = named(&module.names.funcs, index);
            let label = labels.unique(name.unwrap_or_else(|| format!("{word} func {index}")));
            funcs[side].push((index.into(), label));
        }
    }
    let types = type_labels(old, new);
    let globals = global_labels(old, new);
    let sides = [&mut old_side, &mut new_side];
    for (((module, funcs), types), globals) in sides.into_iter().zip(funcs).zip(types).zip(globals)
    {
        module.names.funcs = named_by(funcs);
        module.names.types = named_by(types);
        module.names.globals = named_by(globals);
    }
    [old_side, new_side].map(|module| Side { spaces: IndexSpaces::of(&module), module })
}

fn named_by<'a, I: SpaceIdx>(labels: Vec<(I, String)>) -> NameMap<'a, I> {
    labels.into_iter().map(|(index, label)| (index, label.into())).collect()
}

#[derive(Default)]
struct Labels {
    taken: HashSet<String>,
    /// The number that the next label of a text gets.
    next: HashMap<String, u32>,
}

impl Labels {
    /// The label, or one with a number if it is taken.
    fn unique(&mut self, label: String) -> String {
        let mut own = label.clone();
        while !self.taken.insert(own.clone()) {
            let number = self.next.entry(label.clone()).or_insert(1);
            *number += 1;
            own = format!("{label} #{number}");
        }
        own
    }
}

/// Names for types: equal types, in their order, have one name.
fn type_labels(old: &Module<'_>, new: &Module<'_>) -> [Vec<(TypeIdx, String)>; 2] {
    let mut known: HashMap<&wattle_ast::SubType, Vec<u32>> = HashMap::new();
    for (index, ty) in old.types.iter_indexed() {
        known.entry(ty).or_default().push(index.0);
    }
    known.values_mut().for_each(|indices| indices.reverse());
    let label =
        |module: &Module<'_>, index: TypeIdx, word: &str| match module.names.types.get(index) {
            Some(name) => format!("{} {word}{}", &**name, index.0),
            None => format!("{word}type {}", index.0),
        };
    let labels = old.types.iter_indexed().map(|(index, _)| (index, label(old, index, "")));
    let labels: Vec<_> = labels.collect();
    let new_labels = new.types.iter_indexed().map(|(index, ty)| {
        let paired = known.get_mut(ty).and_then(Vec::pop);
        let paired = paired.and_then(|at| labels.get(at as usize));
        (index, paired.map_or_else(|| label(new, index, "new "), |(_, label)| label.clone()))
    });
    let new_labels = new_labels.collect();
    [labels, new_labels]
}

/// Names for globals: those of equal names, and else those of equal types in their order, have one
/// name.
fn global_labels(old: &Module<'_>, new: &Module<'_>) -> [Vec<(GlobalIdx, String)>; 2] {
    let keys = |module: &Module<'_>| {
        let types = IndexSpaces::of(module).globals;
        let mut counts: HashMap<String, u32> = HashMap::new();
        let keys = (0_u32..).zip(types).map(|(index, ty)| {
            let key = match module.names.globals.get(index.into()) {
                Some(name) => shown(name),
                None => format!("{} {}", if ty.mutable { "mut" } else { "global" }, ty.val),
            };
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            (GlobalIdx(index), if *count == 1 { key } else { format!("{key} {count}") })
        });
        keys.collect::<Vec<_>>()
    };
    [keys(old), keys(new)].map(|keys| {
        let mut labels = Labels::default();
        keys.into_iter().map(|(index, key)| (index, labels.unique(key))).collect()
    })
}

fn types(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    side.module.types.iter().map(|ty| lister.type_text(ty)).collect()
}

fn imports(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let imports = side.module.imports.iter().map(|import| {
        let (module, name) = (Quoted(&import.module), Quoted(&import.name));
        format!("{module} {name} {}", extern_text(side, lister, &import.ty))
    });
    imports.collect()
}

/// What an import or export is; functions with their types in full.
fn extern_text(side: &Side<'_>, lister: &Lister<'_>, ty: &ExternType) -> String {
    match ty {
        ExternType::Func(ty) | ExternType::FuncExact(ty) => {
            side.module.types.get(*ty).map_or(String::new(), |ty| lister.type_text(ty))
        }
        _ => lister.extern_text(ty),
    }
}

fn exports(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let exports = side.module.exports.iter().map(|export| {
        let ty = side.spaces.get(export.index);
        let ty = ty.map_or(String::new(), |ty| extern_text(side, lister, &ty));
        let of = match export.index {
            ExternIdx::Func(func) => func_label(side, func),
            other => String::from(other.kind().keyword()),
        };
        format!("{} {of} {ty}", Quoted(&export.name))
    });
    exports.collect()
}

fn func_label(side: &Side<'_>, func: FuncIdx) -> String {
    side.module.names.funcs.get(func).map_or(String::new(), |name| Shown(name).to_string())
}

/// The name of an item or its number among those that the module defines.
fn item_label(side: &Side<'_>, kind: ItemKind, number: usize, imported: u32) -> String {
    let index = imported.saturating_add(number as u32);
    match side.module.names.of(kind, index) {
        Some(name) => Quoted(name).to_string(),
        None => number.to_string(),
    }
}

fn tables(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let imported = side.spaces.imported(ExternKind::Table);
    let tables = side.module.tables.iter().enumerate().map(|(number, table)| {
        let label = item_label(side, ItemKind::Table, number, imported);
        let init = table
            .init
            .as_ref()
            .map_or(String::new(), |init| format!(" = {}", expr(lister, init.bytes())));
        format!("{label}: {}{init}", lister.extern_text(&ExternType::Table(table.ty)))
    });
    tables.collect()
}

fn memories(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let imported = side.spaces.imported(ExternKind::Mem);
    let memories = side.module.memories.iter().enumerate().map(|(number, ty)| {
        let label = item_label(side, ItemKind::Mem, number, imported);
        format!("{label}: {}", lister.extern_text(&ExternType::Mem(*ty)))
    });
    memories.collect()
}

fn tags(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let imported = side.spaces.imported(ExternKind::Tag);
    let tags = side.module.tags.iter().enumerate().map(|(number, tag)| {
        let label = item_label(side, ItemKind::Tag, number, imported);
        let ty = side.module.types.get(tag.ty).map_or(String::new(), |ty| lister.type_text(ty));
        format!("{label}: {ty}")
    });
    tags.collect()
}

fn globals(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let globals = side.module.indexed_globals().map(|(index, global)| {
        let label = side.module.names.globals.get(index).map_or("", |name| name);
        let ty = lister.extern_text(&ExternType::Global(global.ty));
        format!("{}: {ty} = {}", Shown(label), expr(lister, global.init.bytes()))
    });
    globals.collect()
}

fn start(side: &Side<'_>, _: &Lister<'_>) -> Vec<String> {
    side.module.start.iter().map(|&func| func_label(side, func)).collect()
}

fn elems(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, elem) in side.module.elems.iter().enumerate() {
        let label = item_label(side, ItemKind::Elem, number, 0);
        let Elem { ty, items, mode } = elem;
        let mode = match mode {
            ElemMode::Passive => "passive".to_owned(),
            ElemMode::Declarative => "declarative".to_owned(),
            ElemMode::Active { table, offset } => {
                let table = table.unwrap_or_default();
                format!("to table {table} at {}", expr(lister, offset.bytes()))
            }
        };
        lines.push(format!("{label}: {} of {ty}, {mode}", items.len()));
        match items {
            ElemItems::Funcs(funcs) => lines.extend(
                funcs.view().iter().map(|func| format!("{label}: func {}", func_label(side, func))),
            ),
            ElemItems::Exprs(exprs) => lines.extend(
                exprs.view().iter().map(|it| format!("{label}: {}", expr(lister, it.bytes()))),
            ),
        }
    }
    lines
}

fn datas(side: &Side<'_>, lister: &Lister<'_>) -> Vec<String> {
    let datas = side.module.datas.iter().enumerate().map(|(number, data)| {
        let label = item_label(side, ItemKind::Data, number, 0);
        let Data { mode, bytes } = data;
        let mode = match mode {
            DataMode::Passive => "passive".to_owned(),
            DataMode::Active { memory, offset } => {
                let memory = memory.unwrap_or_default();
                format!("to memory {memory} at {}", expr(lister, offset.bytes()))
            }
        };
        format!("{label}: {} bytes, {mode}", bytes.len())
    });
    datas.collect()
}

/// A constant expression without its `end`.
fn expr(lister: &Lister<'_>, bytes: &[u8]) -> String {
    let mut lines = lister.expr(bytes).lines;
    lines.pop();
    lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join(" ")
}

/// Data segments and custom sections of equal sizes whose bytes differ.
fn contents(old: &Module<'_>, new: &Module<'_>) -> Option<ListDiff> {
    let differ = |old: &[u8], new: &[u8]| {
        let is_comparable = old.len() == new.len() && old != new;
        is_comparable.then(|| old.iter().zip(new).filter(|(a, b)| a != b).count())
    };
    let mut lines = Vec::new();
    for (number, (old, new)) in old.datas.iter().zip(new.datas.iter()).enumerate() {
        if let Some(count) = differ(&old.bytes, &new.bytes) {
            lines.push(format!("data {number}: {count} of {} bytes differ", old.bytes.len()));
        }
    }
    let customs = |module: &Module<'_>| {
        let mut customs = HashMap::new();
        for custom in &module.customs {
            if let CustomData::Bytes(bytes) = &custom.data {
                customs.entry(custom.name.to_string()).or_insert_with(|| bytes.to_vec());
            }
        }
        customs
    };
    let (old, new) = (customs(old), customs(new));
    let mut names: Vec<_> = old.keys().collect();
    names.sort();
    for name in names {
        if let Some(count) = new.get(name).and_then(|new| differ(old.get(name)?, new)) {
            let len = new.get(name).map_or(0, Vec::len);
            lines.push(format!("custom section {}: {count} of {len} bytes differ", Quoted(name)));
        }
    }
    match lines.is_empty() {
        true => None,
        false => Some(ListDiff { what: "contents", old: Vec::new(), new: lines }),
    }
}

/// Compares the functions that two modules define.
fn funcs(
    sides: &[(&Side<'_>, Lister<'_>); 2],
    modules: [&Module<'_>; 2],
    pairs: &[(u32, u32)],
    unit: &mut UnitDiff,
) {
    let imported = modules.map(|module| module.imported(ExternKind::Func));
    let find = |side: usize, index: u32| -> Option<(FuncSide, &Body<'_>)> {
        let module = modules[side];
        let func = module.funcs.get(DefIdx::behind(imported[side], index.into())?)?;
        let name = module.names.funcs.get(index.into()).map(|name| shown(name));
        Some((FuncSide { index, name, size: func.body.bytes().len() }, &func.body))
    };
    // Where all indices mean the same on both sides, equal bytes are equal functions.
    let is_aligned = pairs.iter().all(|(at, to)| at == to)
        && modules[0].types == modules[1].types
        && imported[0] == imported[1]
        && sides[0].0.module.names.globals == sides[1].0.module.names.globals;
    let mut known: [HashSet<u32>; 2] = Default::default();
    for &(at, to) in pairs {
        known[0].insert(at);
        known[1].insert(to);
        let (Some((old, old_body)), Some((new, new_body))) = (find(0, at), find(1, to)) else {
            continue;
        };
        if is_aligned && old_body == new_body {
            unit.equal_funcs += 1;
            continue;
        }
        let [old_lines, new_lines] = [(0, at, old_body), (1, to, new_body)]
            .map(|(side, index, body)| lines(sides[side].0, &sides[side].1, index, body));
        match difference(&old_lines, &new_lines) {
            Some(lines) if lines.is_empty() => unit.equal_funcs += 1,
            found => unit.funcs.push(FuncDiff {
                sides: [Some(old), Some(new)],
                is_too_long: found.is_none(),
                lines: found.unwrap_or_default(),
            }),
        }
    }
    for (side, known) in known.iter().enumerate() {
        let count = modules[side].funcs.iter().count() as u32;
        for index in (imported[side]..imported[side] + count).filter(|it| !known.contains(it)) {
            let mut sides = [None, None];
            sides[side] = find(side, index).map(|(func, _)| func);
            unit.funcs.push(FuncDiff { sides, lines: Vec::new(), is_too_long: false });
        }
    }
    unit.funcs.sort_by_key(|func| {
        let index = |side: &Option<FuncSide>| side.as_ref().map_or(u32::MAX, |side| side.index);
        (index(&func.sides[0]), index(&func.sides[1]))
    });
}

/// A function as lines: its type, its locals, its instructions.
fn lines(side: &Side<'_>, lister: &Lister<'_>, index: u32, body: &Body<'_>) -> Vec<String> {
    let ty = side.spaces.func(index.into());
    let ty = ty.and_then(|ty| side.module.types.get(ty));
    let mut lines = vec![ty.map_or(String::new(), |ty| lister.type_text(ty))];
    lines.extend(body.locals().map(|run| format!("local {} {}", run.count, run.ty)));
    lines.extend(lister.expr(body.code()).lines.into_iter().map(|line| {
        // Deep nesting would make the lines longer than the code.
        format!("{:indent$}{}", "", line.text, indent = 2 * line.depth.min(20))
    }));
    lines
}

/// How two lists of lines differ, with some lines around each difference; `None` if they are too long
/// to be compared.
fn difference(old: &[String], new: &[String]) -> Option<Vec<Line>> {
    if old == new {
        return Some(Vec::new());
    }
    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[before..], &new[before..]);
    let behind =
        old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_middle = &old_rest[..old_rest.len() - behind];
    let new_middle = &new_rest[..new_rest.len() - behind];
    if old_middle.len().saturating_mul(new_middle.len()) > MAX_PRODUCT {
        return None;
    }
    let mut all: Vec<(Sign, &str)> = Vec::new();
    all.extend(old[..before].iter().map(|line| (Sign::Both, &**line)));
    for op in capture_diff_slices(Algorithm::Myers, old_middle, new_middle) {
        let (old_range, new_range) = (op.old_range(), op.new_range());
        match op {
            DiffOp::Equal { .. } => {
                all.extend(old_middle[old_range].iter().map(|line| (Sign::Both, &**line)));
            }
            _ => {
                all.extend(old_middle[old_range].iter().map(|line| (Sign::Old, &**line)));
                all.extend(new_middle[new_range].iter().map(|line| (Sign::New, &**line)));
            }
        }
    }
    all.extend(old_rest[old_rest.len() - behind..].iter().map(|line| (Sign::Both, &**line)));
    let mut is_shown = vec![false; all.len()];
    for (at, _) in all.iter().enumerate().filter(|(_, (sign, _))| *sign != Sign::Both) {
        let end = all.len().min(at + CONTEXT + 1);
        is_shown[at.saturating_sub(CONTEXT)..end].fill(true);
    }
    let mut lines: Vec<Line> = Vec::new();
    for ((sign, text), is_shown) in all.into_iter().zip(is_shown) {
        let is_gap = lines.last().is_some_and(|line| line.sign == Sign::Gap);
        match is_shown {
            true => lines.push(Line { sign, text: text.to_owned() }),
            false if is_gap => {}
            false => lines.push(Line { sign: Sign::Gap, text: String::new() }),
        }
    }
    Some(lines)
}
