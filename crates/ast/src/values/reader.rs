//! The reader: a cursor over bytes that decodes the values of the binary format.

use crate::{Decode, Features, Malformed};

/// A cursor over bytes.
///
/// It knows the offset of its bytes in the whole input (`base`), so that [`offset`](Reader::offset)
/// is a place in the input. It also has the features that are on, since some encodings exist only
/// with certain features. After an error, it is at the offending byte.
///
/// ```
/// use wattle_ast::{Malformed, Reader};
///
/// let mut reader = Reader::new(&[0xe5, 0x8e, 0x26, 0x80]);
/// assert_eq!(reader.u32(), Ok(624485));
/// assert_eq!(reader.u32(), Err(Malformed::UnexpectedEnd));
/// assert_eq!(reader.offset(), 4);
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
    base: usize,
    features: Features,
}

type Result<T> = core::result::Result<T, Malformed>;

impl<'a> Reader<'a> {
    /// A reader of `bytes` with every feature on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, pos: 0, base: 0, features: Features::ALL }
    }

    /// A reader of `bytes`, the first of which is at offset `base` in the input.
    pub fn at(bytes: &'a [u8], base: usize, features: Features) -> Self {
        Reader { bytes, pos: 0, base, features }
    }

    /// The features that are on.
    #[inline(always)]
    pub fn features(&self) -> Features {
        self.features
    }

    /// The number of bytes that were read so far.
    #[inline(always)]
    pub fn pos(&self) -> usize {
        self.pos
    }

    /// Moves to position `pos` of the bytes, or to the end of the bytes if that comes first.
    #[inline(always)]
    pub fn seek(&mut self, pos: usize) {
        self.pos = pos.min(self.bytes.len());
    }

    /// The offset in the input of the next byte.
    #[inline(always)]
    pub fn offset(&self) -> usize {
        self.base + self.pos
    }

    /// All bytes of the reader, including those that were read.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes that are left.
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    /// The number of bytes that are left.
    #[inline(always)]
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.pos)
    }

    /// Whether no bytes are left.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// The bytes from position `start` to the current position.
    #[inline]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.pos).unwrap_or_default()
    }

    /// The next byte, without moving past it.
    #[inline(always)]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// Moves past a byte that was peeked at.
    #[inline(always)]
    pub fn advance(&mut self) {
        self.pos += 1;
    }

    /// Reads one byte.
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8> {
        match self.bytes.get(self.pos) {
            Some(&byte) => {
                self.pos += 1;
                Ok(byte)
            }
            None => Err(Malformed::UnexpectedEnd),
        }
    }

    /// Reads one byte. If `accept` returns `None`, fails with `error` and stays at the byte.
    #[inline(always)]
    pub fn byte_if<T>(
        &mut self,
        error: Malformed,
        accept: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T> {
        let byte = self.byte()?;
        accept(byte).ok_or_else(|| self.back(1, error))
    }

    /// Reads a byte that must be equal to `byte`.
    #[inline(always)]
    pub(crate) fn expect(&mut self, byte: u8, error: Malformed) -> Result<()> {
        self.byte_if(error, |found| (found == byte).then_some(()))
    }

    /// Reads a byte that must be 0 or 1.
    #[inline(always)]
    pub(crate) fn flag(&mut self, error: Malformed) -> Result<bool> {
        self.byte_if(error, |byte| (byte <= 1).then_some(byte == 1))
    }

    /// Calls `read` with a copy of the reader. So the reader can stay in registers even if `read`
    /// is not inlined; and if `read` is a loop, the copy can.
    #[inline(always)]
    pub(crate) fn outlined<T>(&mut self, read: impl FnOnce(&mut Reader<'a>) -> T) -> T {
        let mut copy = self.clone();
        let value = read(&mut copy);
        self.pos = copy.pos;
        value
    }

    /// Steps back `n` bytes and returns `error`.
    #[inline(always)]
    pub fn back(&mut self, n: usize, error: Malformed) -> Malformed {
        self.pos = self.pos.saturating_sub(n);
        error
    }

    /// Moves to position `pos` and returns `error`.
    #[inline(always)]
    pub fn fail_at(&mut self, pos: usize, error: Malformed) -> Malformed {
        self.seek(pos);
        error
    }

    /// Reads `n` bytes.
    #[inline]
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let end = self.pos.saturating_add(n);
        match self.bytes.get(self.pos..end) {
            Some(bytes) => {
                self.pos = end;
                Ok(bytes)
            }
            None => {
                self.pos = self.bytes.len();
                Err(Malformed::UnexpectedEnd)
            }
        }
    }

    /// Reads `N` bytes as an array.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.first_chunk().copied().ok_or(Malformed::UnexpectedEnd)
    }

    /// Reads one byte if it is a whole integer; otherwise reads nothing.
    #[inline(always)]
    fn whole_byte(&mut self) -> Option<u8> {
        let byte = self.peek().filter(|&byte| byte < 0x80)?;
        self.pos += 1;
        Some(byte)
    }

    /// Reads an unsigned 32-bit integer.
    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32> {
        match self.whole_byte() {
            Some(byte) => Ok(byte.into()),
            None => self.outlined(Reader::u32_long),
        }
    }

    #[inline(never)]
    fn u32_long(&mut self) -> Result<u32> {
        match self.compact_u32() {
            Some(value) => Ok(value),
            None => self.unsigned::<32>().map(|value| value as u32),
        }
    }

    /// Reads an unsigned 64-bit integer.
    #[inline(always)]
    pub fn u64(&mut self) -> Result<u64> {
        match self.whole_byte() {
            Some(byte) => Ok(byte.into()),
            None => self.outlined(Reader::unsigned::<64>),
        }
    }

    /// Reads a signed 32-bit integer.
    #[inline(always)]
    pub fn s32(&mut self) -> Result<i32> {
        match self.whole_byte() {
            Some(byte) => Ok(i32::from(byte) << 25 >> 25),
            None => self.outlined(Reader::signed::<32>).map(|value| value as i32),
        }
    }

    /// Reads a signed 33-bit integer.
    #[inline(always)]
    pub fn s33(&mut self) -> Result<i64> {
        // This is usually a type index of two bytes: most indices of one byte are read by other
        // code.
        if let Some(&[a, b]) = self.rest().first_chunk::<2>()
            && a >= 0x80
            && b < 0x80
        {
            self.pos += 2;
            return Ok((i64::from(a & 0x7f) | i64::from(b) << 7) << 50 >> 50);
        }
        self.outlined(Reader::signed::<33>)
    }

    /// Reads a signed 64-bit integer.
    #[inline(always)]
    pub fn s64(&mut self) -> Result<i64> {
        self.outlined(Reader::signed::<64>)
    }

    #[inline(never)]
    fn unsigned<const BITS: u32>(&mut self) -> Result<u64> {
        self.leb128::<BITS, false>().map(|(value, _)| value)
    }

    #[inline(never)]
    fn signed<const BITS: u32>(&mut self) -> Result<i64> {
        let start = self.pos;
        let (value, bits) = match self.compact_u28() {
            Some(value) => (value.into(), 7 * (self.pos - start) as u32),
            None => self.leb128::<BITS, true>()?,
        };
        let unused = 64_u32.saturating_sub(bits);
        Ok((value << unused) as i64 >> unused)
    }

    /// Reads the bits of an integer. Returns them, and the number of bits in its bytes.
    #[inline(always)]
    fn leb128<const BITS: u32, const SIGNED: bool>(&mut self) -> Result<(u64, u32)> {
        let mut value = 0;
        let mut shift = 0;
        loop {
            if shift >= BITS {
                return Err(Malformed::IntegerTooLong);
            }
            let byte = self.byte()?;
            let left = BITS - shift;
            if left < 7 {
                // The bits beyond the type's width must be zeros, or copies of its sign bit.
                let mask = 0x7f & (0x7f_u8 << (left - u32::from(SIGNED)));
                if byte & mask != 0 && !(SIGNED && byte & mask == mask) {
                    return Err(self.back(1, Malformed::IntegerTooLarge));
                }
            }
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok((value, shift));
            }
        }
    }

    /// Reads an unsigned integer of at most three bytes; reads nothing if the integer is longer or
    /// malformed.
    ///
    /// This and the other methods named `compact` are for loops that leave long encodings to other
    /// code. They call no functions.
    ///
    /// ```
    /// let mut reader = wattle_ast::Reader::new(&[0x85, 0x01, 0x80, 0x80, 0x80, 0x01]);
    /// assert_eq!((reader.compact_u32(), reader.pos()), (Some(0x85), 2));
    /// assert_eq!((reader.compact_u32(), reader.pos()), (None, 2));
    /// ```
    #[inline(always)]
    pub fn compact_u32(&mut self) -> Option<u32> {
        if let Some(byte) = self.whole_byte() {
            return Some(byte.into());
        }
        let &[a, b, c] = self.rest().first_chunk::<3>()?;
        let low = u32::from(a & 0x7f) | u32::from(b & 0x7f) << 7;
        if b < 0x80 {
            self.pos += 2;
            return Some(low);
        }
        if c < 0x80 {
            self.pos += 3;
            return Some(low | u32::from(c) << 14);
        }
        None
    }

    /// Reads the bits of an integer of at most four bytes, which is in the range of all integer
    /// types of the format, signed or not. Reads nothing if the integer is longer, or, for some
    /// integers, if it is near the end of the bytes.
    ///
    /// ```
    /// let mut reader = wattle_ast::Reader::new(&[0xe5, 0x8e, 0x26, 0x7f]);
    /// assert_eq!(reader.compact_u28(), Some(624485));
    /// assert_eq!(reader.compact_u28(), Some(0x7f));
    /// assert_eq!(reader.compact_u28(), None);
    /// ```
    #[inline(always)]
    pub fn compact_u28(&mut self) -> Option<u32> {
        let Some(bytes) = self.rest().first_chunk::<4>() else {
            return self.whole_byte().map(u32::from);
        };
        let word = u32::from_le_bytes(*bytes);
        let ends = !word & 0x8080_8080;
        if ends == 0 {
            return None;
        }
        self.pos += ends.trailing_zeros() as usize / 8 + 1;
        // Keeps the bits up to the first byte that ends an integer.
        let word = word & (ends ^ (ends - 1));
        let part = |byte: u32| (word >> (8 * byte) & 0x7f) << (7 * byte);
        Some(part(0) | part(1) | part(2) | part(3))
    }

    /// Reads past a 64-bit integer, signed or not, of at most eight bytes. Reads nothing if the
    /// integer is longer, or, for some integers, if it is near the end of the bytes.
    #[inline(always)]
    pub fn compact_i56(&mut self) -> Option<()> {
        let Some(bytes) = self.rest().first_chunk::<8>() else {
            return self.compact_u28().map(|_| ());
        };
        let ends = !u64::from_le_bytes(*bytes) & 0x8080_8080_8080_8080;
        if ends == 0 {
            return None;
        }
        self.pos += ends.trailing_zeros() as usize / 8 + 1;
        Some(())
    }

    /// Reads past a signed 32-bit integer. Reads nothing if the integer is malformed, or, for some
    /// integers, if it is near the end of the bytes.
    ///
    /// ```
    /// let mut reader = wattle_ast::Reader::new(b"\x98\xdf\xa8\x94\x04\0\0\0");
    /// assert_eq!((reader.compact_i32(), reader.pos()), (Some(()), 5));
    /// ```
    #[inline(always)]
    pub fn compact_i32(&mut self) -> Option<()> {
        let Some(bytes) = self.rest().first_chunk::<8>() else {
            return self.compact_u28().map(|_| ());
        };
        let ends = !u64::from_le_bytes(*bytes) & 0x80_8080_8080;
        // The bits of the fifth byte above bit 31 of the integer are copies of the sign bit.
        let is_long = ends & 0x8080_8080 == 0;
        if ends == 0 || is_long && !matches!(bytes[4] & 0x78, 0 | 0x78) {
            return None;
        }
        self.pos += ends.trailing_zeros() as usize / 8 + 1;
        Some(())
    }

    /// Reads a length: a `u32` that is at most the number of bytes left, where the bytes of the
    /// length itself count as left. (The reference interpreter counts them too. A length that fits
    /// only because of them runs into the end of the bytes later.)
    ///
    /// # Errors
    /// [`Malformed::LengthOutOfBounds`], with the reader at the length.
    #[inline]
    pub fn len32(&mut self) -> Result<usize> {
        let start = self.pos;
        let len = self.u32()? as usize;
        if len > self.bytes.len().saturating_sub(start) {
            return Err(self.fail_at(start, Malformed::LengthOutOfBounds));
        }
        Ok(len)
    }

    /// Reads a list of bytes: its length, then the bytes.
    #[inline]
    pub fn byte_list(&mut self) -> Result<&'a [u8]> {
        let len = self.len32()?;
        self.take(len)
    }

    /// Reads a size and then that many bytes, which `read` must read completely.
    pub(crate) fn sized<T>(
        &mut self,
        mismatch: Malformed,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T>,
    ) -> Result<T> {
        let bytes = self.byte_list()?;
        let start = self.pos - bytes.len();
        let mut inner = Reader::at(bytes, 0, self.features);
        let error = match read(&mut inner) {
            Ok(value) if inner.is_empty() => return Ok(value),
            Ok(_) => mismatch,
            Err(error) => error,
        };
        Err(self.fail_at(start + inner.pos, error))
    }

    /// Reads a name.
    pub fn name(&mut self) -> Result<&'a str> {
        let start = self.pos;
        let bytes = self.byte_list()?;
        core::str::from_utf8(bytes).map_err(|_| self.fail_at(start, Malformed::Utf8))
    }

    /// Reads one value of any type that can be decoded.
    #[inline(always)]
    pub fn read<T: Decode<'a>>(&mut self) -> Result<T> {
        T::decode(self)
    }
}
