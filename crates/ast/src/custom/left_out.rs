//! [`LeftOut`]: a custom section that is left out when a module is rewritten, and the reason.

use core::fmt;

use super::positions::PointsAt;
use crate::Name;

/// The reason why a custom section is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WhyLeftOut {
    /// The places that the section refers to move.
    Moves(PointsAt),
    /// Code moves, and the section is malformed or an entry is not at the start of an instruction.
    NoInstruction,
    /// Code moves, and several sections have this name.
    Several,
    /// Items have new indices, and the section holds old ones.
    Renumbered,
}

impl fmt::Display for WhyLeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WhyLeftOut::Moves(PointsAt::Sections) => {
                "offsets in other sections would be wrong, since these move"
            }
            WhyLeftOut::Moves(PointsAt::Binary) => {
                "offsets in the binary would be wrong, since its sections move"
            }
            WhyLeftOut::Moves(PointsAt::Code | PointsAt::Instructions) => {
                "offsets in the code section would be wrong, since code moves"
            }
            WhyLeftOut::NoInstruction => {
                "malformed, or with offsets where no instruction begins, and code moves"
            }
            WhyLeftOut::Renumbered => "indices would be wrong, since items are renumbered",
            WhyLeftOut::Several => "there are several of the name, and code moves",
        })
    }
}

/// A custom section that is left out when a module is rewritten. `Display` shows the reason.
///
/// ```
/// use wattle_ast::{Body, Custom, CustomData, Func, Module};
///
/// let mut module = Module::default();
/// // `i32.const 0` in two bytes, `drop`, `end`.
/// let body = Body::from_bytes(&[0, 0x41, 0x80, 0x00, 0x1a, 0x0b][..]).unwrap();
/// module.funcs.push(Func { ty: 0.into(), body });
/// let (name, data) = (".debug_line".into(), CustomData::Bytes(vec![].into()));
/// module.customs.push(Custom { name, data, after: None });
/// assert_eq!(
///     module.left_out_of_shortest()[0].to_string(),
///     "the custom section .debug_line is left out: \
///      offsets in the code section would be wrong, since code moves",
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The name of the section.
    pub name: Name<'static>,
    /// The index of the section among the custom sections.
    pub place: usize,
    /// The reason.
    pub why: WhyLeftOut,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the custom section {} is left out: {}", crate::Shown(&self.name), self.why)
    }
}
