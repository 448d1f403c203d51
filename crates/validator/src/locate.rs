//! Where bodies of a module stood in the binary that it was parsed from.

use wattle_ast::{Module, Reader, SectionId};

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
    let body = module.funcs.get(nth)?.body.bytes();
    let mut offset = HEADER;
    for section in &module.encoding.sections {
        if section.id == SectionId::Code {
            let mut reader = Reader::new(&section.bytes);
            reader.byte().ok()?;
            reader.u32().ok()?;
            reader.u32().ok()?;
            for _ in 0..nth {
                reader.byte_list().ok()?;
            }
            let found = reader.byte_list().ok()?;
            let start = reader.pos() - found.len();
            return (found == body).then_some(offset + start);
        }
        offset += section.bytes.len();
    }
    None
}

/// Magic and version.
const HEADER: usize = 8;
