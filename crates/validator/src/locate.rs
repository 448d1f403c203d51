//! Where bodies of a module stood in the binary that it was parsed from.

use wattle_ast::{Entries, Item, Module, SectionId};

/// The offset in the binary of the body of the `nth` function that a module defines: of its first
/// byte, which begins the locals. `None` when the module came from elsewhere, or when the function
/// was changed since.
///
/// [`Validator::module`](crate::Validator::module) uses it for its errors; it takes time in
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
        Item::Body(body) if body == module.funcs.get(nth)?.body => Some(offset),
        _ => None,
    }
}
