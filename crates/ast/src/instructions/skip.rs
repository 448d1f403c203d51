//! Reading past the plainest instructions without telling them apart: most of all code is
//! one-byte opcodes with no immediates, or with integers of one byte.
//!
//! What decides how far to go is one look-up by the opcode's byte and one test of the three bytes
//! after it, so that there is next to nothing for a processor to mispredict. Whatever is not so
//! plain (blocks, long integers, prefixes, what is malformed) is left to the ordinary way.

use super::nesting::is_structured;
use super::{Kind, Rows};
use crate::{Feature, Features, Opcode, Reader};

/// How to read past an instruction, by its first byte.
///
/// Bits 0 to 2 are its length when its immediates are of one byte each. Bits 3 to 7 are its
/// feature, or a number that is no feature's when the instruction is not plain. The other bits
/// are those of the three bytes after the opcode that must not be set.
#[derive(Clone, Copy)]
struct Plain(u32);

/// A word of code: an opcode and the bytes after it.
const WORD: usize = 8;
const _: () = assert!(Feature::ALL.len() < Plain::NO_FEATURE as usize);

static PLAIN: [Plain; 256] = {
    let mut table = [Plain::NOT; 256];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = &Rows::<'static>::INFO[i];
        if info.prefix == 0 && !is_structured(info.opcode) {
            table[info.code as usize] = Plain::of(info.kinds, info.feature);
        }
        i += 1;
    }
    table
};

impl Plain {
    const NO_FEATURE: u32 = 31;
    const NOT: Plain = Plain(Plain::NO_FEATURE << 3);

    const fn of(kinds: &[Kind], feature: Feature) -> Plain {
        let mut len = 1;
        let mut unset = 0;
        let mut i = 0;
        while i < kinds.len() {
            let masks: &[u32] = match kinds[i] {
                // A byte that does not go on is the whole integer.
                Kind::Label
                | Kind::Func
                | Kind::Type
                | Kind::Table
                | Kind::Memory
                | Kind::Global
                | Kind::Local
                | Kind::Tag
                | Kind::I32
                | Kind::I64 => &[0x80],
                Kind::CallIndirect => &[0x80, 0x80],
                // An alignment without a memory, an offset.
                Kind::MemArg => &[0xc0, 0x80],
                _ => return Plain::NOT,
            };
            let mut j = 0;
            while j < masks.len() {
                unset |= masks[j] << (len * 8);
                len += 1;
                j += 1;
            }
            i += 1;
        }
        assert!(len <= 3, "see `long_len`");
        Plain(unset | (feature as u32) << 3 | len)
    }

    /// Its length at the beginning of `word` when all immediates are of one byte and its feature
    /// is on.
    #[inline(always)]
    fn short_len(self, word: u64, features: Features) -> Option<usize> {
        let off = !features.contains_index(self.0 >> 3 & 0x1f);
        let long = word as u32 & self.0 & !0xff;
        (long | u32::from(off) == 0).then_some((self.0 & 7) as usize)
    }

    /// Its length at the beginning of `word` when it has one immediate, or two of which the first
    /// is of one byte, and the last one ends within the first five bytes: so soon that none of its
    /// bits can be wrong.
    #[inline(always)]
    fn long_len(self, word: u64, features: Features) -> Option<usize> {
        let least = self.0 & 7;
        let before = word as u32 & self.0 & 0xff00;
        if !features.contains_index(self.0 >> 3 & 0x1f) || least == 3 && before != 0 {
            return None;
        }
        // The bytes that end integers, of those that may belong to the last immediate.
        let ends = !word & 0x80_8080_8080 & !0 << (8 * (least - 1));
        let len = (ends.trailing_zeros() + 1) / 8;
        (ends != 0).then_some(len as usize)
    }
}

impl Reader<'_> {
    /// Reads past plain instructions, as many as come in a row.
    #[inline(always)]
    pub(super) fn skip_plain(&mut self) {
        let features = self.features();
        let bytes = self.bytes();
        let mut pos = self.pos();
        while let Some(word) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<WORD>()) {
            let word = u64::from_le_bytes(*word);
            let plain = PLAIN[(word & 0xff) as usize];
            pos += match plain.short_len(word, features) {
                Some(len) => len,
                None => match plain.long_len(word, features) {
                    Some(len) => len,
                    None => break,
                },
            };
        }
        self.seek(pos);
    }
}
