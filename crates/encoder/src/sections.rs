//! Sections written from what the module says, in the order of its lists.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/modules.html#sections>

use alloc::vec::Vec;

use wattle_ast::{
    DataMode, Elem, ElemItems, ElemMode, Encode, Expr, Import, ImportGroup, List, Module, RecGroup,
    SectionId, leb128,
};

use crate::{frame, shortest};

/// How to write what the tree keeps as bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Byte for byte.
    AsIs,
    /// Each instruction in its shortest form.
    Shortest,
}

/// Appends a section, unless the module has nothing for it.
pub(crate) fn write(out: &mut Vec<u8>, module: &Module<'_>, id: SectionId, form: Form) {
    if module.has_section(id) {
        frame::section(out, id, estimate(module, id), |out| content(out, module, id, form));
    }
}

/// About how many bytes the section takes, for those that are large.
fn estimate(module: &Module<'_>, id: SectionId) -> usize {
    let sized = |len: usize| leb128::len_u32(len as u32) + len;
    let sum = match id {
        SectionId::Code => module.funcs.iter().map(|func| sized(func.body.bytes().len())).sum(),
        SectionId::Data => module.datas.iter().map(|data| 6 + sized(data.bytes.len())).sum(),
        _ => 0,
    };
    sum + leb128::len_u32(module.funcs.len() as u32)
}

fn content(out: &mut Vec<u8>, module: &Module<'_>, id: SectionId, form: Form) {
    let scratch = &mut Vec::new();
    let mut shorten = |expr: &Expr<'_>| shortest::expr(expr, scratch).into_owned();
    match id {
        SectionId::Custom => {}
        SectionId::Type => types(out, module),
        SectionId::Import => imports(out, module),
        SectionId::Func => list(out, &module.funcs, |out, func| func.ty.encode(out)),
        SectionId::Table => list(out, &module.tables, |out, table| match &table.init {
            Some(init) if form == Form::Shortest => {
                let mut short = table.borrowed();
                short.init = Some(shorten(init));
                short.encode(out);
            }
            _ => table.encode(out),
        }),
        SectionId::Mem => list(out, &module.memories, |out, ty| ty.encode(out)),
        SectionId::Tag => list(out, &module.tags, |out, ty| ty.encode(out)),
        SectionId::Global => list(out, &module.globals, |out, global| match form {
            Form::AsIs => global.encode(out),
            Form::Shortest => {
                global.ty.encode(out);
                shortest::expr(&global.init, scratch).encode(out);
            }
        }),
        SectionId::Export => list(out, &module.exports, |out, export| export.encode(out)),
        SectionId::Start => module.start.iter().for_each(|func| func.encode(out)),
        SectionId::Elem => list(out, &module.elems, |out, elem| match form {
            Form::AsIs => elem.encode(out),
            Form::Shortest => shorten_elem(elem, &mut shorten).encode(out),
        }),
        SectionId::DataCount => {
            module.data_count.iter().for_each(|&count| leb128::write_u32(out, count));
        }
        SectionId::Code => list(out, &module.funcs, |out, func| match form {
            Form::AsIs => {
                leb128::write_u32(out, func.body.bytes().len() as u32);
                func.body.encode(out);
            }
            Form::Shortest => shortest::body(out, &func.body, scratch),
        }),
        SectionId::Data => list(out, &module.datas, |out, data| match &data.mode {
            DataMode::Active { memory, offset } if form == Form::Shortest => {
                let mut short = data.borrowed();
                short.mode = DataMode::Active { memory: *memory, offset: shorten(offset) };
                short.encode(out);
            }
            _ => data.encode(out),
        }),
    }
}

fn list<T>(out: &mut Vec<u8>, items: &[T], mut item: impl FnMut(&mut Vec<u8>, &T)) {
    leb128::write_u32(out, items.len() as u32);
    items.iter().for_each(|it| item(out, it));
}

fn shorten_elem<'e>(
    elem: &'e Elem<'_>,
    shorten: &mut impl FnMut(&Expr<'_>) -> Expr<'static>,
) -> Elem<'e> {
    let mut short = elem.borrowed();
    if let ElemMode::Active { offset, .. } = &mut short.mode {
        *offset = shorten(offset);
    }
    if let ElemItems::Exprs(exprs) = &mut short.items {
        *exprs = List::new(exprs.view().iter().map(|expr: Expr<'_>| shorten(&expr)));
    }
    short
}

/// The groups that fit: in order, apart, within a list of `total`, and of which `holds` is true.
/// The others are left out, and their members are written one by one.
fn groups<'g, G>(
    groups: &'g [G],
    total: usize,
    range: impl Fn(&G) -> (u32, u32) + 'g,
    holds: impl Fn(&G) -> bool + 'g,
) -> impl Iterator<Item = (&'g G, usize, usize)> {
    let mut free = 0;
    groups.iter().filter_map(move |group| {
        let (first, len) = range(group);
        let (first, end) = (first as usize, (first as usize).saturating_add(len as usize));
        let fits = first >= free && end <= total && holds(group);
        if fits {
            free = end;
        }
        fits.then_some((group, first, end))
    })
}

/// How many entries a list of `total` items has when these groups are one entry each.
fn entries<'g, G: 'g>(total: usize, groups: impl Iterator<Item = (&'g G, usize, usize)>) -> u32 {
    groups.fold(total, |count, (_, first, end)| count + 1 - (end - first)) as u32
}

fn types(out: &mut Vec<u8>, module: &Module<'_>) {
    let total = module.types.len();
    let groups = || {
        let range = |group: &RecGroup| (group.first.0, group.len);
        groups(&module.rec_groups, total, range, |_| true)
    };
    leb128::write_u32(out, entries(total, groups()));
    let mut groups = groups().peekable();
    for index in 0..=total {
        while let Some((group, ..)) = groups.next_if(|(_, first, _)| *first == index) {
            wattle_ast::Item::RecGroup(*group).encode(out);
        }
        if let Some(ty) = module.types.get(index) {
            ty.encode(out);
        }
    }
}

fn imports(out: &mut Vec<u8>, module: &Module<'_>) {
    let total = module.imports.len();
    let groups = || {
        let range = |group: &ImportGroup<'_>| (group.first, group.len);
        groups(&module.import_groups, total, range, |group| {
            let members = module.imports.iter().skip(group.first as usize).take(group.len as usize);
            members.into_iter().all(|import| belongs(import, group))
        })
    };
    leb128::write_u32(out, entries(total, groups()));
    let mut groups = groups().peekable();
    let mut open = None;
    for index in 0..=total {
        while let Some((group, _, end)) = groups.next_if(|(_, first, _)| *first == index) {
            group.encode(out);
            open = Some((group, end));
        }
        match (module.imports.get(index), open) {
            (Some(import), Some((group, end))) if index < end => import.encode_in_group(group, out),
            (Some(import), _) => import.encode(out),
            (None, _) => {}
        }
    }
}

/// Whether the group can hold the import.
pub(crate) fn belongs(import: &Import<'_>, group: &ImportGroup<'_>) -> bool {
    import.module == group.module && group.ty.is_none_or(|ty| ty == import.ty)
}
