//! Which instructions name data segments: a module that has one in a function needs a data count
//! section.

use super::lookup::PREFIXES;
use super::{Expr, Kind, Nesting, Opcode, Rows, read_expr};
use crate::Reader;

impl Kind {
    /// Whether an immediate of this kind names a data segment.
    #[inline(always)]
    pub const fn names_data(self) -> bool {
        matches!(self, Kind::Data | Kind::MemInit)
    }
}

impl Opcode {
    /// Whether the instruction names a data segment.
    pub fn names_data(self) -> bool {
        self.info().kinds.iter().any(|kind| kind.names_data())
    }
}

impl Expr<'_> {
    /// Whether an instruction names a data segment. Code that is malformed names none.
    ///
    /// ```
    /// use wattle_ast::{DataIdx, Expr, Instr};
    ///
    /// let expr: Expr = [Instr::DataDrop { data: DataIdx(0) }, Instr::End].into_iter().collect();
    /// assert!(expr.names_data());
    /// ```
    pub fn names_data(&self) -> bool {
        may_name_data(self.bytes())
            && read_expr(&mut Reader::new(self.bytes()), &mut Nesting::default()) == Ok(true)
    }
}

/// By the prefix of an opcode, and the low seven bits of its second part.
static NAMES_DATA: [[bool; 128]; PREFIXES.len()] = {
    let mut table = [[false; 128]; PREFIXES.len()];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = &Rows::<'static>::INFO[i];
        let mut kind = 0;
        while kind < info.kinds.len() {
            if info.kinds[kind].names_data() {
                assert!(info.prefix >= PREFIXES[0], "its opcode has two parts");
                table[(info.prefix - PREFIXES[0]) as usize][info.code as usize % 128] = true;
            }
            kind += 1;
        }
        i += 1;
    }
    table
};

/// How many bytes are looked at together.
const STEP: usize = 32;

/// For each byte of a word, whether it is a prefix or 0xff: its top bit.
fn prefixes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The lower seven bits of such a byte are so high that this carries into the top bit.
    let carry = u64::from(0x100 - PREFIXES[0] as u16) * ONES;
    word & ((word & (0x7f * ONES)) + carry) & (0x80 * ONES)
}

/// Whether there are two bytes that could begin an instruction which names a data segment: the
/// answer is mostly no, and found without reading the instructions.
fn may_name_data(code: &[u8]) -> bool {
    let begins = |code: &[u8]| {
        let &[first, second, ..] = code else { return false };
        let codes = NAMES_DATA.get(usize::from(first.wrapping_sub(PREFIXES[0])));
        codes.is_some_and(|codes| codes[usize::from(second) % 128])
            // A longer form of such a number goes on with zeros.
            && (second < 0x80 || code.get(2).is_some_and(|third| third % 128 == 0))
    };
    let mut rest = code;
    while let Some((step, after)) = rest.split_first_chunk::<STEP>() {
        // Prefixes are the highest bytes but one.
        let highest = step.iter().fold(0, |highest, &byte| byte.max(highest));
        if highest >= PREFIXES[0] {
            for (at, &word) in step.as_chunks().0.iter().enumerate() {
                let mut found = prefixes(u64::from_le_bytes(word));
                while found != 0 {
                    if begins(&rest[8 * at + found.trailing_zeros() as usize / 8..]) {
                        return true;
                    }
                    found &= found - 1;
                }
            }
        }
        rest = after;
    }
    (0..rest.len()).any(|at| begins(&rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    use crate::{DataIdx, Encode, Instr, MemIdx, MemInit, TypeIdx};

    #[test]
    fn every_instruction_that_names_data_is_found_wherever_it_stands() {
        let data = DataIdx(1);
        let naming = [
            Instr::DataDrop { data },
            Instr::MemoryInit { init: MemInit { data, memory: MemIdx(0) } },
            Instr::ArrayNewData { ty: TypeIdx(0), data },
            Instr::ArrayInitData { ty: TypeIdx(0), data },
        ];
        let all = Opcode::ALL.iter().filter(|opcode| opcode.names_data()).count();
        assert_eq!(all, naming.len());
        for instr in naming {
            assert!(instr.opcode().names_data(), "{instr:?}");
            let bytes = instr.to_bytes();
            let padded = [&[bytes[0], bytes[1] | 0x80, 0][..], &bytes[2..]].concat();
            for instr in [bytes, padded] {
                for before in 0..2 * STEP + 2 {
                    let nops: Vec<u8> = alloc::vec![0x01; before];
                    let code = [&nops[..], &instr, &[0x0b]].concat();
                    assert!(Expr::new(&code).names_data(), "{before}: {code:x?}");
                }
            }
        }
    }

    #[test]
    fn immediates_that_look_like_it_are_told_apart() {
        // `i64.const` with the bytes of `data.drop` in its value, and the same bytes amiss.
        let value = [0x42, 0xfc, 0x09, 0x1a, 0x0b];
        assert!(may_name_data(&value) && !Expr::new(&value[..]).names_data());
        assert!(!Expr::new(&[0xfc, 0x09]).names_data());
    }
}
