//! The lengths of instructions, found without decoding them. Most instructions have an opcode of
//! one byte, and no immediates or immediates of one byte each.
//!
//! For these, one look-up by the opcode and one test of the three bytes after it give the length,
//! with hardly any mispredicted branches. Blocks, long integers and malformed bytes are left to the
//! decoder of instructions.

use super::immediates::{self, Sink};
use super::lookup::{PREFIXES, one_byte, two_bytes};
use super::one_byte::OneByteImmediates;
use super::{Kind, Rows};
use crate::{AbsHeapType, Feature, Features, Malformed, Opcode, Reader};

/// The layout of an instruction, looked up by its first byte.
///
/// Bits 0 and 1 are its length when each of its immediates is one byte. Bits 2 to 7 are the number
/// of its feature, or [`Features::NEVER`] when its length cannot be found this way. The other bits
/// are a mask of bits that must be clear in the three bytes after the opcode.
#[derive(Clone, Copy)]
struct Layout(u32);

/// The bits that are clear in a byte that is certainly a heap type, namely an index that is lower
/// than all codes.
const HEAP_TYPE: u32 = 0xc0;
/// The bit that is clear in a byte that is a whole integer.
const ONE_INTEGER: u32 = 0x8000;
const ONE_HEAP_TYPE: u32 = HEAP_TYPE << 8;
/// The bits that are clear in two bytes that are an alignment, without a memory, and an offset.
const ALIGN_AND_OFFSET: u32 = 0x80_c000;
/// The bits that are clear in a byte that is the index of the first memory, which is a zero byte
/// with any set of features.
const ONE_MEMORY: u32 = 0xff00;
/// The bits that are clear in two bytes that are a type index and the first table.
const TYPE_AND_TABLE: u32 = 0xff_8000;

/// The number of bytes in a word of code: an opcode and the bytes after it.
const WORD: usize = 8;

/// The layouts of opcodes of one byte.
static LAYOUTS: [Layout; 256] = table(0);
/// The layouts of opcodes of two bytes, by prefix and second byte.
static PREFIXED: [[Layout; 256]; PREFIXES.len()] =
    [table(PREFIXES[0]), table(PREFIXES[1]), table(PREFIXES[2]), table(PREFIXES[3])];

const fn table(prefix: u8) -> [Layout; 256] {
    let mut table = [Layout::NOT; 256];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = &Rows::<'static>::INFO[i];
        // No instruction that `transcode_single_bytes` passes on has two immediates.
        let one_byte = if prefix == 0 { info.kinds.len() <= 1 } else { info.code < 0x80 };
        if info.prefix == prefix && one_byte && !info.arity.is_structured() {
            table[info.code as usize] = Layout::of(info.kinds, info.feature);
        }
        i += 1;
    }
    table
}

impl Layout {
    const NOT: Layout = Layout(Features::NEVER << 2);

    const fn of(kinds: &[Kind], feature: Feature) -> Layout {
        let mut len = 1;
        let mut unset = 0;
        let mut i = 0;
        while i < kinds.len() {
            let masks: &[u32] = match kinds[i] {
                // A byte without the continuation bit is the whole integer.
                Kind::Label
                | Kind::Func
                | Kind::Type
                | Kind::Table
                | Kind::Global
                | Kind::Local
                | Kind::Tag
                | Kind::Elem
                | Kind::Field
                | Kind::ArrayLen
                | Kind::I32
                | Kind::I64 => &[0x80],
                Kind::Memory => &[ONE_MEMORY >> 8],
                Kind::CallIndirect => &[TYPE_AND_TABLE >> 8 & 0xff, TYPE_AND_TABLE >> 16],
                Kind::HeapType | Kind::RefTypeNull | Kind::RefTypeNonNull => &[HEAP_TYPE],
                Kind::MemArg => &[ALIGN_AND_OFFSET >> 8 & 0xff, ALIGN_AND_OFFSET >> 16],
                _ => return Layout::NOT,
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
        Layout(unset | (feature as u32) << 2 | len)
    }

    #[inline(always)]
    const fn feature_index(self) -> u32 {
        self.0 >> 2 & 0x3f
    }

    /// Returns the length of the instruction at the start of `word`, if each of its immediates is
    /// one byte and its feature is on.
    #[inline(always)]
    fn short_len(self, word: u64, features: Features) -> Option<usize> {
        let off = !features.contains_index(self.feature_index());
        let long = word as u32 & self.0 & !0xff;
        (long | u32::from(off) == 0).then_some((self.0 & 3) as usize)
    }

    /// Returns the length of the instruction at the start of `word`, if it has immediates and all
    /// of them end within five bytes, where no integer can be out of range yet. An alignment must
    /// still be one byte.
    #[inline(always)]
    fn long_len(self, word: u64, features: Features) -> Option<usize> {
        if !features.contains_index(self.feature_index()) {
            return None;
        }
        // The last bytes of integers, apart from the opcode.
        let mut ends = !word & 0x80_8080_8000;
        let len = |ends: u64| (ends != 0).then_some((ends.trailing_zeros() as usize + 1) / 8);
        match self.0 & !0xff {
            ONE_INTEGER => return len(ends),
            ONE_HEAP_TYPE => return heap_type_len(word >> 8).map(|len| 1 + len),
            ALIGN_AND_OFFSET if word & 0xc000 != 0 => return None,
            ONE_MEMORY => return None,
            _ => {}
        }
        if self.0 & 3 == 3 {
            ends &= ends.wrapping_sub(1);
        }
        let len = len(ends)?;
        if self.0 & !0xff == TYPE_AND_TABLE {
            // The last byte of a type index, and a zero byte.
            let last_two = word >> (8 * (len - 2)) & 0xff80;
            return (last_two == 0).then_some(len);
        }
        Some(len)
    }
}

/// The length of a heap type that is a code, or an index of two bytes.
#[inline(always)]
fn heap_type_len(word: u64) -> Option<usize> {
    match word.to_le_bytes() {
        [code @ ..0x80, ..] => AbsHeapType::from_code(code).map(|_| 1),
        [_, ..0x40, ..] => Some(2),
        _ => None,
    }
}

/// Returns the length of the instruction at the start of `word`, if the tables give it. Without
/// `LONG`, they give it only if the opcode, or its part after a prefix, is one byte, and so is each
/// immediate.
#[inline(always)]
fn len<const LONG: bool>(word: u64, features: Features) -> Option<usize> {
    let len = |layout: Layout, word| match layout.short_len(word, features) {
        None if LONG => layout.long_len(word, features),
        len => len,
    };
    let byte = (word & 0xff) as u8;
    if let Some(len) = len(LAYOUTS[usize::from(byte)], word) {
        return Some(len);
    }
    let (table, word) = (prefixed(byte)?, word >> 8);
    len(table[(word & 0xff) as usize], word).map(|len| 1 + len)
}

impl Reader<'_> {
    /// Reads past the next instructions, as long as the tables give their lengths.
    #[inline(always)]
    pub(super) fn skip_by_length(&mut self) {
        self.skip_while(len::<true>);
    }

    /// Reads past the next instructions, as long as they consist of single bytes, which is their
    /// shortest form.
    #[inline]
    pub fn skip_shortest(&mut self) {
        self.skip_while(len::<false>);
    }

    #[inline(always)]
    fn skip_while(&mut self, len: impl Fn(u64, Features) -> Option<usize>) {
        let features = self.features();
        let bytes = self.bytes();
        let mut pos = self.pos();
        while let Some(word) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<WORD>())
            && let Some(len) = len(u64::from_le_bytes(*word), features)
        {
            pos += len;
        }
        self.seek(pos);
    }

    /// Passes the next instructions to a sink, as long as each of their immediates is one byte.
    ///
    /// The start of the next instruction does not depend on the kinds of immediates, so a sink that
    /// ignores most kinds costs little.
    ///
    /// # Errors
    /// Errors of the sink.
    #[inline(always)]
    pub(super) fn transcode_single_bytes<'a, K>(&mut self, sink: &mut K) -> Result<(), K::Error>
    where
        K: Sink<'a>,
        K::Error: From<Malformed>,
    {
        let features = self.features();
        let bytes = self.bytes();
        let mut pos = self.pos();
        while let Some(word) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<WORD>()) {
            let word = u64::from_le_bytes(*word);
            let byte = (word & 0xff) as u8;
            if let Some(len) = LAYOUTS[usize::from(byte)].short_len(word, features) {
                let (opcode, kinds) = one_byte(byte);
                sink.opcode(opcode, pos)?;
                pos += len;
                if let Some(kind) = kinds.iter().next() {
                    immediates::transcode(kind, &mut OneByteImmediates::new(word >> 8), sink)?;
                }
            } else if let Some(table) = prefixed(byte)
                && let word = word >> 8
                && let code = (word & 0xff) as u8
                && let Some(len) = table[usize::from(code)].short_len(word, features)
                && let Some(opcode) = two_bytes(byte, code)
            {
                sink.opcode(opcode, pos)?;
                pos += 1 + len;
                let mut immediates = OneByteImmediates::new(word >> 8);
                let kinds = opcode.kinds();
                kinds.try_for_each(|kind| immediates::transcode(kind, &mut immediates, sink))?;
            } else {
                break;
            }
        }
        self.seek(pos);
        Ok(())
    }
}

/// The table for opcodes that begin with `prefix`, if it is a prefix.
#[inline(always)]
fn prefixed(prefix: u8) -> Option<&'static [Layout; 256]> {
    PREFIXED.get(usize::from(prefix.wrapping_sub(PREFIXES[0])))
}
