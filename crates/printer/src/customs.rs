//! Custom sections as annotations, the name section among them where identifiers do not suffice.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html>

use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{
    Arity, Custom, CustomData, Encode, ExternKind, IndirectNameMap, Module, NameMap, SectionId,
    TypeIdx,
};
use wattle_syntax::strings;

use crate::context::{self, Context};
use crate::printer::{HandOn, Printer};

/// Prints all custom sections.
pub(crate) fn print(printer: &mut Printer<'_>, hand_on: HandOn<'_>) -> fmt::Result {
    let module = printer.context.module;
    let last = module.last_section();
    let names =
        if ids_carry_names(&printer.context) { None } else { Some(module.names.to_bytes()) };
    let mut customs: Vec<_> = module.customs.iter().enumerate().collect();
    customs.sort_by_key(|(_, custom)| custom.after);
    for (place, custom) in customs {
        if printer.context.hints.stand_for(place) {
            continue;
        }
        let at = printer.offset(SectionId::Custom, place);
        match (&custom.data, &names) {
            (CustomData::Bytes(bytes), _) => section(printer, custom, last, bytes, at),
            (CustomData::Names, Some(names)) => section(printer, custom, last, names, at),
            (CustomData::Names, None) => continue,
        }
        printer.end(hand_on)?;
    }
    if let (Some(names), None) = (names, names_section(module)) {
        let custom = Custom { name: "name".into(), data: CustomData::Names, after: last };
        section(printer, &custom, last, &names, None);
        printer.end(hand_on)?;
    }
    Ok(())
}

/// A custom section but for its closing parenthesis.
fn section(
    printer: &mut Printer<'_>,
    custom: &Custom<'_>,
    last: Option<SectionId>,
    bytes: &[u8],
    at: Option<usize>,
) {
    printer.context.line(&mut printer.out, 1);
    if let Some(at) = at {
        crate::numbers::offset_comment(&mut printer.out, at);
    }
    printer.str("(@custom ");
    strings::write_name(&mut printer.out, &custom.name);
    match custom.after {
        after if after >= last => {}
        None => printer.str(" (before first)"),
        Some(after) => {
            printer.str(" (after ");
            printer.str(after.keyword());
            printer.str(")");
        }
    }
    printer.str(" ");
    if printer.context.config.skeleton && !bytes.is_empty() {
        printer.str("...");
    } else {
        strings::write_bytes(&mut printer.out, bytes);
    }
}

/// The custom section that stands for the names, and its place in the list.
fn names_section<'m>(module: &'m Module<'_>) -> Option<(usize, &'m Custom<'m>)> {
    module.customs.iter().enumerate().find(|(_, custom)| custom.data == CustomData::Names)
}

/// Whether parsing the identifiers gives the very same name section at the same place.
fn ids_carry_names(context: &Context<'_>) -> bool {
    let module = context.module;
    let names = &module.names;
    let listed = names_section(module);
    if names.is_empty() {
        return listed.is_none();
    }
    let by_hand = |custom: &Custom<'_>| custom.name == "name" && custom.data != CustomData::Names;
    if module.customs.iter().any(by_hand) {
        return false;
    }
    if let Some((place, custom)) = listed {
        let after_all = |(other, section): (usize, &Custom<'_>)| {
            (section.after, other) <= (custom.after, place)
        };
        let last = custom.after >= module.last_section();
        if custom.name != "name" || !last || !module.customs.iter().enumerate().all(after_all) {
            return false;
        }
    }
    let external = |kind: &ExternKind| {
        let names = names.space((*kind).into());
        names.is_none_or(|names| within(names, context.spaces.len(*kind) as usize))
    };
    names.unknown.is_empty()
        && ExternKind::ALL.iter().all(external)
        && within(&names.types, module.types.len())
        && within(&names.elems, module.elems.len())
        && within(&names.datas, module.datas.len())
        && nameless_stay_so(module)
        && inner(&names.fields, |ty| module.field_count(TypeIdx(ty)))
        && inner(&names.locals, |func| local_count(context, func))
        && inner(&names.labels, |func| block_count(context, func))
}

/// Whether every index is less than `len`.
fn within(names: &NameMap<'_>, len: usize) -> bool {
    names.iter().last().is_none_or(|(last, _)| (last as usize) < len)
}

/// Whether every map is that of an item, not empty, and within the item's bounds.
fn inner(names: &IndirectNameMap<'_>, len: impl Fn(u32) -> Option<usize>) -> bool {
    names
        .iter()
        .all(|(outer, names)| !names.is_empty() && len(outer).is_some_and(|len| within(names, len)))
}

/// Whether imports that have no place for an identifier have no name.
fn nameless_stay_so(module: &Module<'_>) -> bool {
    context::nameless(module).into_iter().all(|(kind, flags)| {
        let names = module.names.space(kind.into()).into_iter().flat_map(NameMap::iter);
        names.into_iter().all(|(index, _)| !flags.get(index as usize).is_some_and(|flag| *flag))
    })
}

fn defined<'m>(context: &Context<'m>, func: u32) -> Option<&'m wattle_ast::Func<'m>> {
    let place = func.checked_sub(context.spaces.imported(ExternKind::Func))?;
    context.module.funcs.get(place as usize)
}

/// How many locals a function has, parameters included. Those of imported functions have no place
/// in the text.
fn local_count(context: &Context<'_>, func: u32) -> Option<usize> {
    let func = defined(context, func)?;
    let params = context.module.func_type(func.ty).map_or(0, |ty| ty.params().len());
    let locals = usize::try_from(func.body.local_count()).unwrap_or(usize::MAX);
    Some(params.saturating_add(locals))
}

fn block_count(context: &Context<'_>, func: u32) -> Option<usize> {
    let instrs = defined(context, func)?.body.instrs();
    Some(instrs.filter(|instr| instr.opcode().info().arity == Arity::Open).count())
}
