//! `metadata.code.branch_hint`: which branches are likely.
//!
//! Spec: <https://webassembly.github.io/branch-hinting/core/appendix/custom.html#branch-hint-section>

use alloc::vec::Vec;

use super::record;
use crate::{Decode, Encode, FuncIdx, Malformed, Reader};

record! {
    /// Which branches are likely.
    ///
    /// ```
    /// use wattle_ast::custom::BranchHints;
    ///
    /// // In function 3: the branch at offset 5 is likely.
    /// let hints = BranchHints::parse(&[1, 3, 1, 5, 1, 1])?;
    /// assert_eq!(hints.get(3.into(), 5), Some(true));
    /// assert_eq!(hints.get(3.into(), 6), None);
    /// # Ok::<(), (wattle_ast::Malformed, usize)>(())
    /// ```
    BranchHints section "metadata.code.branch_hint" {
        /// The hints by function, in ascending order of the functions.
        funcs: Vec<FuncBranchHints>,
    }
}

record! {
    /// Which branches of a function are likely.
    FuncBranchHints {
        /// The function.
        func: FuncIdx,
        /// The hints, in ascending order of the offsets.
        hints: Vec<BranchHint>,
    }
}

/// Whether a branch is likely.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BranchHint {
    /// The offset of the `if` or `br_if` in the body, the first byte of its locals being 0.
    pub offset: u32,
    /// Whether the branch is likely taken, which for `if` means that its condition holds.
    pub likely: bool,
}

/// An offset, the length of the hint, the hint.
impl<'a> Decode<'a> for BranchHint {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let offset = reader.u32()?;
        let start = reader.pos();
        if reader.u32()? != 1 {
            return Err(reader.fail_at(start, Malformed::CustomSection));
        }
        Ok(BranchHint { offset, likely: reader.flag(Malformed::CustomSection)? })
    }
}

impl Encode for BranchHint {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.offset, 1_u8, self.likely).encode(out);
    }
}

impl BranchHints {
    /// Whether the branch at this offset of a body is likely, when something is said of it.
    pub fn get(&self, func: FuncIdx, offset: u32) -> Option<bool> {
        let func = self.funcs.binary_search_by_key(&func, |it| it.func).ok()?;
        let hints = &self.funcs.get(func)?.hints;
        let hint = hints.binary_search_by_key(&offset, |hint| hint.offset).ok()?;
        hints.get(hint).map(|hint| hint.likely)
    }

    /// Says of the branch at this offset of a body whether it is likely.
    pub fn set(&mut self, func: FuncIdx, offset: u32, likely: bool) {
        let at = self.funcs.binary_search_by_key(&func, |it| it.func).unwrap_or_else(|at| {
            self.funcs.insert(at, FuncBranchHints { func, hints: Vec::new() });
            at
        });
        let hints = &mut self.funcs[at].hints;
        match hints.binary_search_by_key(&offset, |hint| hint.offset) {
            Ok(at) => hints[at].likely = likely,
            Err(at) => hints.insert(at, BranchHint { offset, likely }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, round_trip};
    use super::*;

    #[test]
    fn branch_hints() {
        let bytes = [2, 1, 2, 5, 1, 1, 0x80, 1, 1, 0, 4, 1, 0, 1, 0];
        round_trip("metadata.code.branch_hint", &bytes);
        let mut hints = BranchHints::default();
        for (func, offset, likely) in [(4, 0, false), (1, 128, true), (1, 5, true), (1, 128, false)]
        {
            hints.set(FuncIdx(func), offset, likely);
        }
        assert_eq!(hints.to_bytes(), bytes);
        assert_eq!(hints.get(FuncIdx(1), 128), Some(false));
        let name = "metadata.code.branch_hint";
        assert_eq!(error(name, &[1, 0, 1, 5, 2, 0, 0]), (Malformed::CustomSection, 4));
        assert_eq!(error(name, &[1, 0, 1, 5, 1, 2]), (Malformed::CustomSection, 5));
    }
}
