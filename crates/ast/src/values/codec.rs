//! The traits for decoding and encoding, and the binary format of lists and of structs whose fields
//! stand in order.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::{Malformed, Reader, leb128};

/// A type that can be decoded from a [`Reader`].
pub trait Decode<'a>: Sized {
    /// Reads one value from the reader.
    ///
    /// # Errors
    /// The reason, with the reader at the offending byte, or at the end of its bytes if more bytes
    /// were needed.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed>;
}

/// A type that can be encoded into a buffer, in the shortest form that the format allows.
pub trait Encode {
    /// Appends the value.
    fn encode(&self, out: &mut Vec<u8>);

    /// The encoded value in a buffer of its own.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

macro_rules! integers {
    ($( $ty:ty: $read:ident, $write:path; )*) => { $(
        impl Decode<'_> for $ty {
            #[inline(always)]
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                reader.$read()
            }
        }

        impl Encode for $ty {
            #[inline(always)]
            fn encode(&self, out: &mut Vec<u8>) {
                $write(out, (*self).into());
            }
        }
    )* };
}

integers! {
    u8: byte, Vec::push;
    u32: u32, leb128::write_u32;
    u64: u64, leb128::write_u64;
    i32: s32, leb128::write_s64;
    i64: s64, leb128::write_s64;
}

impl Encode for bool {
    #[inline(always)]
    fn encode(&self, out: &mut Vec<u8>) {
        out.push((*self).into());
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    #[inline(always)]
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
}

impl<A: Encode, B: Encode, C: Encode> Encode for (A, B, C) {
    #[inline(always)]
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
    }
}

impl<const N: usize> Decode<'_> for [u8; N] {
    #[inline]
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        reader.array()
    }
}

/// Writes the bytes without a count, since their number is fixed.
impl<const N: usize> Encode for [u8; N] {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// Appends the elements of a list to `elements`. The count may be wrong, so memory is allocated in
/// advance only for a few elements; after these, `elements` grows as elements are read.
pub(crate) fn read_list<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    elements: &mut Vec<T>,
) -> Result<(), Malformed> {
    let count = reader.len32()?;
    elements.reserve_exact(count.min(16));
    for _ in 0..count {
        elements.push(T::decode(reader)?);
    }
    Ok(())
}

impl<'a, T: Decode<'a>> Decode<'a> for Vec<T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut elements = Vec::new();
        read_list(reader, &mut elements)?;
        Ok(elements)
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Box<[T]> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.read::<Vec<T>>().map(Vec::into)
    }
}

/// A list: the number of elements, then the elements.
impl<T: Encode> Encode for [T] {
    fn encode(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.len() as u32);
        self.iter().for_each(|element| element.encode(out));
    }
}

/// A list of bytes.
impl<'a> Decode<'a> for Cow<'a, [u8]> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.byte_list().map(Cow::Borrowed)
    }
}

/// The binary format of a struct whose fields stand in order, possibly after a fixed byte.
macro_rules! fields {
    ($( $name:ident $(<$lt:lifetime>)? $(after $byte:literal)? { $( $field:tt ),* } )*) => { $(
        impl<'a> $crate::Decode<'a> for $name $(<$lt>)? {
            #[inline(always)]
            fn decode(reader: &mut $crate::Reader<'a>) -> core::result::Result<Self, $crate::Malformed> {
                $( reader.expect($byte, $crate::Malformed::ZeroByte)?; )?
                Ok($name { $( $field: reader.read()? ),* })
            }
        }

        impl $(<$lt>)? $crate::Encode for $name $(<$lt>)? {
            #[inline(always)]
            fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
                $( out.push($byte); )?
                $( self.$field.encode(out); )*
            }
        }
    )* };
}
pub(crate) use fields;

/// An enum whose variants have one byte each in the binary format.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $variant:ident = $code:literal, )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $name { $( $(#[$doc])* $variant, )* }

        impl $name {
            /// All variants, in order.
            pub const ALL: &'static [$name] = &[$( $name::$variant, )*];

            /// The byte of the variant in the binary format.
            pub const fn code(self) -> u8 {
                match self { $( $name::$variant => $code, )* }
            }

            /// The variant with this byte in the binary format.
            pub const fn from_code(code: u8) -> Option<$name> {
                match code { $( $code => Some($name::$variant), )* _ => None }
            }
        }
    };
}
pub(crate) use codes;
