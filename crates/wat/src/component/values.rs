//! Literals of values. The type of a value determines the form of its literal, and its bytes.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#-value-definitions>

use alloc::vec::Vec;

use wattle_ast::components::{Definition, PrimType, Type, TypePlace, ValType};
use wattle_ast::{Encode, F32, F64, Name, leb128};
use wattle_syntax::{TokenKind, numbers, strings};

use super::ComponentState;
use crate::cursor::Cursor;
use crate::error::{Expected, Number, Result};

/// Values and parentheses that are still to be read. They lie on a stack, the next on top.
enum Rest {
    /// A closing parenthesis.
    Close,
    /// This many values of a type, and the place of the type that refers to it, if any.
    Values(ValType, Option<TypePlace>, u32),
    /// This many entries of a map, and the place of the map's type.
    Entries([ValType; 2], TypePlace, u32),
}

impl ComponentState<'_, '_> {
    /// Reads a value, and returns its bytes.
    pub(super) fn literal(&mut self, ty: ValType) -> Result<Vec<u8>> {
        self.types.advance(&self.definitions);
        let mut out = Vec::new();
        let mut open = Vec::from([Rest::Values(ty, None, 1)]);
        while let Some(rest) = open.pop() {
            match rest {
                Rest::Close => self.core.cursor.expect_close()?,
                Rest::Values(_, _, 0) | Rest::Entries(_, _, 0) => {}
                Rest::Values(ty, from, count) => {
                    open.push(Rest::Values(ty, from, count - 1));
                    self.literal_of(ty, from, &mut out, &mut open)?;
                }
                Rest::Entries([key, value], from, count) => {
                    self.core.cursor.expect_open("entry")?;
                    open.extend([
                        Rest::Entries([key, value], from, count - 1),
                        Rest::Close,
                        Rest::Values(value, Some(from), 1),
                        Rest::Values(key, Some(from), 1),
                    ]);
                }
            }
        }
        Ok(out)
    }

    /// Reads one value up to the values in it, and adds these to `open`.
    fn literal_of(
        &mut self,
        ty: ValType,
        from: Option<TypePlace>,
        out: &mut Vec<u8>,
        open: &mut Vec<Rest>,
    ) -> Result<()> {
        let index = match ty {
            ValType::Prim(prim) => return self.prim(prim, out),
            ValType::Type(index) => index,
        };
        let found = match from {
            Some(from) => self.types.find_in(from, index),
            None => self.types.find(index),
        };
        let cursor = &mut self.core.cursor;
        let unknown = Expected::ValueOfUnknownType;
        let Some(at) = found else { return Err(cursor.unexpected(unknown)) };
        let Some(Definition::Type(ty)) = self.definitions.get(at.place) else {
            return Err(cursor.unexpected(unknown));
        };
        let one = |ty: ValType| Rest::Values(ty, Some(at), 1);
        match ty {
            Type::Prim(prim) => {
                let prim = *prim;
                return self.prim(prim, out);
            }
            Type::Record(fields) => {
                cursor.expect_open("record")?;
                open.push(Rest::Close);
                open.extend(fields.iter().rev().map(|field| one(field.ty)));
            }
            Type::Tuple(types) => {
                cursor.expect_open("tuple")?;
                open.push(Rest::Close);
                open.extend(types.iter().rev().map(|ty| one(*ty)));
            }
            Type::Variant(cases) => {
                cursor.expect_open("variant")?;
                let case = label_of(cursor, cases.iter().map(|case| &case.label))?;
                leb128::write_u32(out, case as u32);
                open.push(Rest::Close);
                open.extend(cases.get(case).and_then(|case| case.ty).map(one));
            }
            Type::Enum(labels) => {
                cursor.expect_open("enum")?;
                let case = label_of(cursor, labels.iter())?;
                leb128::write_u32(out, case as u32);
                open.push(Rest::Close);
            }
            Type::Flags(labels) => {
                cursor.expect_open("flags")?;
                let first = out.len();
                out.resize(first + labels.len().div_ceil(8), 0);
                while cursor.peek() == TokenKind::String {
                    let flag = label_of(cursor, labels.iter())?;
                    out[first + flag / 8] |= 1 << (flag % 8);
                }
                open.push(Rest::Close);
            }
            Type::List(elem) => {
                let elem = *elem;
                cursor.expect_open("list")?;
                let count = self.forms();
                leb128::write_u32(out, count);
                open.extend([Rest::Close, Rest::Values(elem, Some(at), count)]);
            }
            Type::FixedList { elem, len } => {
                cursor.expect_open("list")?;
                open.extend([Rest::Close, Rest::Values(*elem, Some(at), *len)]);
            }
            Type::Map { key, value } => {
                let types = [*key, *value];
                cursor.expect_open("map")?;
                let count = self.forms();
                leb128::write_u32(out, count);
                open.extend([Rest::Close, Rest::Entries(types, at, count)]);
            }
            Type::Option(ty) => match cursor.opt_keyword("none") {
                true => out.push(0),
                false => {
                    cursor.expect_open("some")?;
                    out.push(1);
                    open.extend([Rest::Close, one(*ty)]);
                }
            },
            Type::Result { ok, err } => {
                for (code, keyword, ty) in [(0, "ok", ok), (1, "error", err)] {
                    match ty {
                        None if cursor.opt_keyword(keyword) => {
                            out.push(code);
                            return Ok(());
                        }
                        Some(ty) if cursor.opt_open(keyword) => {
                            out.push(code);
                            open.extend([Rest::Close, one(*ty)]);
                            return Ok(());
                        }
                        _ => {}
                    }
                }
                return Err(cursor.unexpected(Expected::ResultOfType));
            }
            _ => return Err(cursor.unexpected(unknown)),
        }
        Ok(())
    }

    /// The number of forms before the next closing parenthesis.
    fn forms(&self) -> u32 {
        let mut cursor = self.core.cursor.clone();
        let mut count = 0;
        while !matches!(cursor.peek(), TokenKind::Close | TokenKind::Eof) {
            cursor.bump_form();
            count += 1;
        }
        count
    }

    fn prim(&mut self, prim: PrimType, out: &mut Vec<u8>) -> Result<()> {
        let cursor = &mut self.core.cursor;
        let (low, high) = match prim {
            PrimType::Bool => {
                let value = cursor.opt_keyword("true");
                if !value && !cursor.opt_keyword("false") {
                    return Err(cursor.unexpected(Expected::Bool));
                }
                value.encode(out);
                return Ok(());
            }
            PrimType::F32 => {
                let value = cursor.expect_number(Number::F32, numbers::f32)?;
                if value.to_float().is_nan() && value != F32::CANONICAL_NAN {
                    return Err(cursor.unexpected(Expected::CanonicalNan));
                }
                value.encode(out);
                return Ok(());
            }
            PrimType::F64 => {
                let value = cursor.expect_number(Number::F64, numbers::f64)?;
                if value.to_float().is_nan() && value != F64::CANONICAL_NAN {
                    return Err(cursor.unexpected(Expected::CanonicalNan));
                }
                value.encode(out);
                return Ok(());
            }
            PrimType::Char => {
                let Some(char) = char_of(cursor.bytes()) else {
                    return Err(cursor.unexpected(Expected::CharLiteral));
                };
                cursor.bump();
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            PrimType::String => {
                cursor.expect_name()?.encode(out);
                return Ok(());
            }
            PrimType::ErrorContext => return Err(cursor.unexpected(Expected::ValueOfUnknownType)),
            PrimType::U8 => (0, u8::MAX.into()),
            PrimType::U16 => (0, u16::MAX.into()),
            PrimType::U32 => (0, u32::MAX.into()),
            PrimType::U64 => (0, u64::MAX.into()),
            PrimType::S8 => (i8::MIN.into(), i8::MAX.into()),
            PrimType::S16 => (i16::MIN.into(), i16::MAX.into()),
            PrimType::S32 => (i32::MIN.into(), i32::MAX.into()),
            PrimType::S64 => (i64::MIN.into(), i64::MAX.into()),
        };
        let value = cursor.expect_number(Number::ComponentInteger, |text| {
            let value = match text {
                [b'-', ..] => i128::from(numbers::i64(text)?),
                [b'+', text @ ..] => i128::from(numbers::u64(text)?),
                text => i128::from(numbers::u64(text)?),
            };
            match (low..=high).contains(&value) {
                true => Ok(value),
                false => Err(numbers::NumberError::OutOfRange),
            }
        })?;
        match prim {
            PrimType::U8 | PrimType::S8 => out.push(value as u8),
            PrimType::U16 | PrimType::U32 | PrimType::U64 => leb128::write_u64(out, value as u64),
            _ => leb128::write_s64(out, value as i64),
        }
        Ok(())
    }
}

/// Reads the label of a case or a flag, and returns its place among those of the type.
fn label_of<'n>(
    cursor: &mut Cursor<'_, '_>,
    mut labels: impl Iterator<Item = &'n Name<'n>>,
) -> Result<usize> {
    let start = cursor.pos();
    let label = cursor.expect_name()?;
    labels.position(|known| *known == label).ok_or_else(|| {
        cursor.seek(start);
        cursor.unexpected(Expected::CaseOfType)
    })
}

/// The character of a literal such as `'a'` or `'\n'`. Outside of strings, the lexical format
/// allows only ASCII characters, and in such a literal, blanks, quotes and parentheses only as
/// escapes.
pub(crate) fn char_of(text: &[u8]) -> Option<char> {
    let inner = text.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let byte = match inner {
        [b'\\', rest @ ..] => {
            let escape = strings::escape(rest).filter(|escape| escape.len == rest.len())?;
            match escape.bytes() {
                [byte] => *byte,
                _ => return None,
            }
        }
        [byte] => *byte,
        _ => return None,
    };
    byte.is_ascii().then_some(char::from(byte))
}
