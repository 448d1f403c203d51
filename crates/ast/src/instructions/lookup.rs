//! Opcodes by code and by mnemonic: tables made from the instruction table at compile time.

use alloc::format;
use alloc::string::String;

use super::{KINDS, Kinds, Opcode, Rows};
use crate::{Malformed, Reader};

/// The prefixes: the first bytes of opcodes with two parts.
pub(super) const PREFIXES: [u8; 4] = [0xfb, 0xfc, 0xfd, 0xfe];

/// The exclusive upper bound of the second parts of opcodes.
const SPAN: usize = 0x120;

/// An opcode of one byte and the kinds of its immediates, together so that one load fetches both.
#[derive(Clone, Copy)]
struct OneByte {
    kinds: Kinds,
    opcode: Opcode,
}

/// The table of opcodes of one byte. Other bytes have an entry whose feature is never on.
static ONE_BYTE: [OneByte; 256] = {
    let mut map = [OneByte { kinds: Kinds::OF_NO_FEATURE, opcode: Opcode::ALL[0] }; 256];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = &Rows::<'static>::INFO[i];
        if info.prefix == 0 {
            map[info.code as usize] = OneByte { kinds: KINDS[i], opcode: info.opcode };
        }
        i += 1;
    }
    map
};

/// The opcode that consists of `byte`, and the kinds of its immediates.
#[inline(always)]
pub(super) fn one_byte(byte: u8) -> (Opcode, Kinds) {
    let OneByte { kinds, opcode } = ONE_BYTE[usize::from(byte)];
    (opcode, kinds)
}

/// The opcode with this prefix and a second part of one byte.
#[inline(always)]
pub(super) fn two_bytes(prefix: u8, code: u8) -> Option<Opcode> {
    PREFIXED.get(usize::from(prefix.wrapping_sub(PREFIXES[0])))?[usize::from(code)]
}

static PREFIXED: [[Option<Opcode>; SPAN]; PREFIXES.len()] = {
    let mut map = [[None; SPAN]; PREFIXES.len()];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = Rows::<'static>::INFO[i];
        if info.prefix != 0 {
            map[(info.prefix - PREFIXES[0]) as usize][info.code as usize] = Some(info.opcode);
        }
        i += 1;
    }
    map
};

/// The number of slots in the table of mnemonics: a power of two, several times their number.
const SLOTS: usize = 2048;

/// The first and the last eight bytes, or fewer, of a mnemonic. Together they are all bytes of a
/// mnemonic of up to sixteen bytes.
#[inline(always)]
const fn ends(mnemonic: &[u8]) -> (u64, u64) {
    match (mnemonic.first_chunk::<8>(), mnemonic.last_chunk::<8>()) {
        (Some(front), Some(back)) => (u64::from_le_bytes(*front), u64::from_le_bytes(*back)),
        _ => match (mnemonic.first_chunk::<4>(), mnemonic.last_chunk::<4>()) {
            (Some(front), Some(back)) => {
                (u32::from_le_bytes(*front) as u64, u32::from_le_bytes(*back) as u64)
            }
            _ => {
                let mut word = 0;
                let mut i = 0;
                while i < mnemonic.len() {
                    word = word << 8 | mnemonic[i] as u64;
                    i += 1;
                }
                (word, 0)
            }
        },
    }
}

#[inline(always)]
const fn hash(len: usize, (front, back): (u64, u64)) -> usize {
    let word = front ^ back.rotate_left(29) ^ len as u64;
    let mixed = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ mixed >> 32) >> 7) as usize % SLOTS
}

/// An opcode and the parts of its mnemonic that are compared.
#[derive(Clone, Copy)]
struct Mnemonic {
    opcode: Opcode,
    len: u8,
    ends: (u64, u64),
}

/// An open hash table. If opcodes share a mnemonic, a search finds the first of them in the
/// instruction table.
static MNEMONICS: [Option<Mnemonic>; SLOTS] = {
    let mut slots = [None; SLOTS];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = Rows::<'static>::INFO[i];
        let text = info.mnemonic.as_bytes();
        let ends = ends(text);
        let mut slot = hash(text.len(), ends);
        while slots[slot].is_some() {
            slot = (slot + 1) % SLOTS;
        }
        assert!(text.len() <= u8::MAX as usize);
        slots[slot] = Some(Mnemonic { opcode: info.opcode, len: text.len() as u8, ends });
        i += 1;
    }
    slots
};

impl Opcode {
    /// The opcode with this code. `prefix` is 0 for opcodes of one byte.
    ///
    /// ```
    /// use wattle_ast::Opcode;
    /// assert_eq!(Opcode::from_code(0, 0x6a), Some(Opcode::I32Add));
    /// assert_eq!(Opcode::from_code(0xfc, 10), Some(Opcode::MemoryCopy));
    /// assert_eq!(Opcode::from_code(0, 0xff), None);
    /// ```
    #[inline]
    pub fn from_code(prefix: u8, code: u32) -> Option<Opcode> {
        let code = code as usize;
        if prefix == 0 {
            let found = ONE_BYTE.get(code)?;
            return (found.kinds != Kinds::OF_NO_FEATURE).then_some(found.opcode);
        }
        PREFIXED.get(usize::from(prefix.checked_sub(PREFIXES[0])?))?.get(code).copied().flatten()
    }

    /// Reads the next opcode, known or unknown, and returns its bytes as messages show them; `None`
    /// if the input ends within it.
    ///
    /// ```
    /// use wattle_ast::{Opcode, Reader};
    /// assert_eq!(Opcode::shown(&mut Reader::new(&[0xfc, 0x13])), Some("fc 13".into()));
    /// assert_eq!(Opcode::shown(&mut Reader::new(&[0xfc])), None);
    /// ```
    pub fn shown(reader: &mut Reader<'_>) -> Option<String> {
        let first = reader.byte().ok()?;
        Some(match Opcode::is_prefix(first) {
            true => format!("{first:02x} {:02x}", reader.u32().ok()?),
            false => format!("{first:02x}"),
        })
    }

    /// Whether `byte` is the first part of opcodes with two parts.
    pub fn is_prefix(byte: u8) -> bool {
        PREFIXES.contains(&byte)
    }

    /// The opcode with this mnemonic. If two opcodes share it (`select`, `ref.test`), this is the
    /// first in the table (the `select` without types, the non-null `ref.test`); the second always
    /// follows it there.
    ///
    /// ```
    /// use wattle_ast::Opcode;
    /// assert_eq!(Opcode::from_mnemonic("i32.add"), Some(Opcode::I32Add));
    /// assert_eq!(Opcode::from_mnemonic("get_local"), None);
    /// ```
    #[inline]
    pub fn from_mnemonic(mnemonic: impl AsRef<[u8]>) -> Option<Opcode> {
        let text = mnemonic.as_ref();
        let ends = ends(text);
        let mut slot = hash(text.len(), ends);
        while let Some(known) = &MNEMONICS[slot % SLOTS] {
            if known.ends == ends
                && usize::from(known.len) == text.len()
                && (text.len() <= 16 || known.opcode.mnemonic().as_bytes() == text)
            {
                return Some(known.opcode);
            }
            slot += 1;
        }
        None
    }
}

impl Reader<'_> {
    /// Reads an opcode whose feature is on.
    ///
    /// # Errors
    /// [`Malformed::IllegalOpcode`], with the reader at the first byte of the opcode.
    #[inline(always)]
    pub fn opcode(&mut self) -> Result<Opcode, Malformed> {
        self.opcode_with_kinds().map(|(opcode, _)| opcode)
    }

    /// Reads an opcode, and looks up the kinds of its immediates.
    #[inline(always)]
    pub(super) fn opcode_with_kinds(&mut self) -> Result<(Opcode, Kinds), Malformed> {
        let byte = self.byte()?;
        let (opcode, kinds) = one_byte(byte);
        if self.features().contains_index(kinds.feature_index()) {
            return Ok((opcode, kinds));
        }
        let opcode = self.outlined(|reader| reader.prefixed_opcode(byte))?;
        Ok((opcode, opcode.kinds()))
    }

    #[inline(always)]
    fn allows(&self, opcode: Opcode) -> bool {
        self.features().contains_index(opcode.kinds().feature_index())
    }

    #[inline(never)]
    fn prefixed_opcode(&mut self, prefix: u8) -> Result<Opcode, Malformed> {
        let start = self.pos() - 1;
        if Opcode::is_prefix(prefix) {
            let code = self.u32()?;
            match Opcode::from_code(prefix, code) {
                Some(opcode) if self.allows(opcode) => return Ok(opcode),
                _ => {}
            }
        }
        Err(self.fail_at(start, Malformed::IllegalOpcode))
    }
}
