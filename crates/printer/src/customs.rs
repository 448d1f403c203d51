//! Custom sections as annotations. The name section is an annotation only if identifiers do not
//! suffice.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html>

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use wattle_ast::{
    Arity, Custom, CustomData, DefIdx, Encode, ExternKind, FuncIdx, IndirectNameMap, Name, NameMap,
    Names, SectionId, SpaceIdx,
};
use wattle_syntax::strings;

use crate::context::{self, Context};
use crate::custom_text;
use crate::printer::{HandOn, Printer, byte_string};
use crate::types::repeats;

/// Prints all custom sections.
pub(crate) fn print(printer: &mut Printer<'_>, hand_on: HandOn<'_>) -> fmt::Result {
    let module = printer.context.module;
    let last = module.last_section();
    let names = name_text(&printer.context, printer.id.as_ref().map(Option::as_ref));
    let customs = core::mem::take(&mut printer.context.customs.written);
    let end = customs.last().map(|(place, _)| *place);
    let is_last = |place, custom: &Custom<'_>| custom.after >= last && end == Some(place);
    let is_listed = module.customs.iter().any(|custom| custom.data == CustomData::Names);
    for (place, custom) in &customs {
        let place = *place;
        let at = printer.offset(SectionId::Custom, place);
        match (&custom.data, &names) {
            (CustomData::Bytes(bytes), _) => {
                let is_spelt_out = !printer.context.config.skeleton
                    && custom_text::section(printer, custom, last, bytes, at);
                if !is_spelt_out {
                    section(printer, custom, last, bytes, at, hand_on)?;
                }
            }
            (CustomData::Names, NameText::Section(bytes)) => {
                section(printer, custom, last, bytes, at, hand_on)?;
            }
            (CustomData::Names, NameText::Ids { more, is_told }) => {
                if *is_told && is_last(place, custom) {
                    continue;
                }
                names_mark(printer, custom.after, last, more, at, hand_on)?;
            }
        }
        printer.end(hand_on)?;
    }
    if let NameText::Ids { more, is_told: false } = names
        && !is_listed
    {
        names_mark(printer, last, last, &more, None, hand_on)?;
        printer.end(hand_on)?;
    }
    Ok(())
}

/// Prints a custom section without its closing parenthesis.
fn section(
    printer: &mut Printer<'_>,
    custom: &Custom<'_>,
    last: Option<SectionId>,
    content: &[u8],
    at: Option<usize>,
    hand_on: HandOn<'_>,
) -> fmt::Result {
    begin(printer, "(@custom ", at);
    strings::write_name(&mut printer.out, &custom.name);
    placement(printer, custom.after, last);
    printer.str(" ");
    byte_string(&mut printer.out, content, printer.context.config.skeleton, hand_on)
}

/// Prints the place of the name section and the names that identifiers cannot express, without the
/// closing parenthesis.
fn names_mark(
    printer: &mut Printer<'_>,
    after: Option<SectionId>,
    last: Option<SectionId>,
    more: &[u8],
    at: Option<usize>,
    hand_on: HandOn<'_>,
) -> fmt::Result {
    begin(printer, "(@names", at);
    placement(printer, after, last);
    if more.is_empty() {
        return Ok(());
    }
    printer.str(" ");
    byte_string(&mut printer.out, more, printer.context.config.skeleton, hand_on)
}

fn begin(printer: &mut Printer<'_>, head: &str, at: Option<usize>) {
    printer.context.line(&mut printer.out, 1);
    if let Some(at) = at {
        crate::numbers::offset_comment(&mut printer.out, at);
    }
    printer.str(head);
}

fn placement(printer: &mut Printer<'_>, after: Option<SectionId>, last: Option<SectionId>) {
    match after {
        after if after >= last => {}
        None => printer.str(" (before first)"),
        // A placement cannot name the data count section, but only the code section can follow it.
        Some(SectionId::DataCount) => printer.str(" (before code)"),
        Some(after) => {
            printer.str(" (after ");
            printer.str(after.keyword());
            printer.str(")");
        }
    }
}

/// The way in which the text states the names of a module.
enum NameText {
    /// By identifiers. The bytes are a name section of the names that identifiers cannot express:
    /// those of items that do not exist, and of items without a place for an identifier.
    Ids {
        more: Vec<u8>,
        /// Whether the identifiers state all names.
        is_told: bool,
    },
    /// By whole name sections, because there are several, or a malformed one. The bytes are the
    /// section that the names of the module come from.
    Section(Vec<u8>),
}

/// Determines the way in which the text states the names of a module. `id` is the identifier of a
/// module in a component, and `None` for other modules.
fn name_text(context: &Context<'_>, id: Option<Option<&Name<'_>>>) -> NameText {
    let module = context.module;
    let names = &module.names;
    if module.customs.iter().any(|it| it.name == Names::NAME && it.data != CustomData::Names) {
        return NameText::Section(names.to_bytes());
    }
    let nameless = context::nameless(module);
    let len = |kind| context.spaces.len(kind) as usize;
    let flags = |kind| nameless.get(&kind).map_or(&[][..], Vec::as_slice);
    let has_place =
        |kind, index: u32| !flags(kind).get(index as usize).is_some_and(|nameless| *nameless);
    // The indices of the parameters that have places for identifiers.
    let params = |ty| match module.func_type(ty) {
        Some(func) if repeats(func, true) => 0..func.params().len(),
        Some(func) => func.params().len()..func.params().len(),
        None => 0..0,
    };
    let locals = |func: FuncIdx| match defined(context, func) {
        Some(func) => {
            let params = params(func.ty);
            let locals = usize::try_from(func.body.local_count()).unwrap_or(usize::MAX);
            params.start..params.end.saturating_add(locals)
        }
        None if has_place(ExternKind::Func, func.0) => {
            context.spaces.func(func).map_or(0..0, params)
        }
        None => 0..0,
    };
    let mut more = Names {
        module: None,
        funcs: beyond(&names.funcs, 0..len(ExternKind::Func), flags(ExternKind::Func)),
        locals: inner(&names.locals, locals),
        labels: inner(&names.labels, |func| 0..block_count(context, func)),
        types: beyond(&names.types, 0..module.types.len(), &[]),
        tables: beyond(&names.tables, 0..len(ExternKind::Table), flags(ExternKind::Table)),
        memories: beyond(&names.memories, 0..len(ExternKind::Mem), flags(ExternKind::Mem)),
        globals: beyond(&names.globals, 0..len(ExternKind::Global), flags(ExternKind::Global)),
        elems: beyond(&names.elems, 0..module.elems.len(), &[]),
        datas: beyond(&names.datas, 0..module.datas.len(), &[]),
        fields: inner(&names.fields, |ty| 0..module.field_count(ty).unwrap_or(0)),
        tags: beyond(&names.tags, 0..len(ExternKind::Tag), flags(ExternKind::Tag)),
        type_params: inner(&names.type_params, |ty| {
            0..module.func_type(ty).map_or(0, |ty| ty.params().len())
        }),
        tag_params: inner(&names.tag_params, |tag| {
            let ty = context.spaces.tag(tag);
            ty.filter(|_| has_place(ExternKind::Tag, tag.0)).map_or(0..0, |tag| params(tag.ty))
        }),
        unknown: names.unknown.clone(),
    };
    let bytes = more.to_bytes();
    let is_own_name_told = id.is_none_or(|id| id == names.module.as_ref());
    if bytes.is_empty() && is_own_name_told {
        return NameText::Ids { more: bytes, is_told: true };
    }
    if id.is_none() {
        return NameText::Ids { more: bytes, is_told: false };
    }
    // A module in a component with the annotation has the name in the annotation, or none.
    more.module = names.module.clone();
    NameText::Ids { more: more.to_bytes(), is_told: false }
}

/// The names of indices outside of `places`, and of indices without a place for an identifier.
fn beyond<'a, I: SpaceIdx>(
    names: &NameMap<'a, I>,
    places: Range<usize>,
    nameless: &[bool],
) -> NameMap<'a, I> {
    let mut more = NameMap::default();
    for (index, name) in names.iter() {
        let at = index.idx();
        if !places.contains(&at) || nameless.get(at).is_some_and(|nameless| *nameless) {
            more.insert(index, name.clone());
        }
    }
    more
}

/// The names of inner indices without a place for an identifier. `places` returns the inner indices
/// of an item that have a place.
fn inner<'a, O: SpaceIdx, I: SpaceIdx>(
    names: &IndirectNameMap<'a, O, I>,
    places: impl Fn(O) -> Range<usize>,
) -> IndirectNameMap<'a, O, I> {
    let mut more = IndirectNameMap::default();
    for (outer, names) in names.iter() {
        let names = beyond(names, places(outer), &[]);
        if !names.is_empty() {
            *more.entry(outer) = names;
        }
    }
    more
}

fn defined<'m>(context: &Context<'m>, func: FuncIdx) -> Option<&'m wattle_ast::Func<'m>> {
    let imported = context.spaces.imported(ExternKind::Func);
    context.module.funcs.get(DefIdx::behind(imported, func)?)
}

/// The number of blocks in a function, each of which has a place for a label.
fn block_count(context: &Context<'_>, func: FuncIdx) -> usize {
    defined(context, func).map_or(0, |func| {
        let instrs = func.body.instrs().flatten();
        instrs.filter(|instr| instr.opcode().info().arity == Arity::Open).count()
    })
}
