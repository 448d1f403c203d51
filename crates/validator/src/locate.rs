//! The offsets of bodies in the binary that a module was parsed from.

use wattle_ast::{DefIdx, Entries, Item, Module, SectionId};

/// The offset in the binary of the first byte of a body, where its locals begin. `nth` counts the
/// functions that the module defines. `None` when the module was not parsed from a binary, or when
/// its functions were changed since.
///
/// [`Validator::module`](crate::Validator::module) uses it for its errors. It takes time in
/// proportion to the number of functions.
///
/// ```
/// use wattle_ast::Module;
/// assert_eq!(wattle_validator::body_offset(&Module::default(), 0), None);
/// ```
pub fn body_offset(module: &Module<'_>, nth: usize) -> Option<usize> {
    let is_code = |section: &&wattle_ast::RawSection<'_>| section.id == SectionId::Code;
    let offset = *module.item_offsets(SectionId::Code).get(nth)?;
    let mut reader = module.encoding.sections.iter().find(is_code)?.content(0).ok()?;
    let mut entries = Entries::begin(SectionId::Code, &mut reader).ok()?;
    for _ in 0..nth {
        entries.next(&mut reader).ok()?;
    }
    match entries.next(&mut reader).ok()?? {
        Item::Body(body) if body == module.funcs.get(DefIdx::new(nth as u32))?.body => Some(offset),
        _ => None,
    }
}
