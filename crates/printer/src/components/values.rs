//! Literals of values: the bytes of a value have a meaning only with its type.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#-value-definitions>

use alloc::vec::Vec;

use wattle_ast::components::{Definition, PrimType, Type, TypePlace, TypePlaces, ValType, Value};
use wattle_ast::{F32, F64, Reader, leb128};
use wattle_syntax::strings;

use crate::numbers;

/// A part of the value that is still to be printed. The last part in the list comes next.
enum Rest {
    Close,
    /// This many values of a type. The place is that of the definition that refers to the type.
    Values(ValType, Option<TypePlace>, u32),
    /// This many entries of a map.
    Entries([ValType; 2], TypePlace, u32),
}

/// Returns the literal of a value, with a space before it; `None` if the bytes are not a value of
/// the type, or if text cannot express the value.
pub(super) fn literal(
    value: &Value<'_>,
    types: &TypePlaces,
    definitions: &[Definition<'_>],
) -> Option<Vec<u8>> {
    let mut literal = Literal { types, definitions, out: Vec::new() };
    let mut reader = Reader::new(&value.bytes);
    let mut open = Vec::from([Rest::Values(value.ty, None, 1)]);
    // Values can take no bytes at all, so this bounds the text by the number of bytes.
    let mut left = value.bytes.len().saturating_mul(4).saturating_add(16);
    while let Some(rest) = open.pop() {
        left = left.checked_sub(1)?;
        match rest {
            Rest::Close => literal.out.push(b')'),
            Rest::Values(_, _, 0) | Rest::Entries(_, _, 0) => {}
            Rest::Values(ty, from, count) => {
                open.push(Rest::Values(ty, from, count - 1));
                literal.value(ty, from, &mut reader, &mut open)?;
            }
            Rest::Entries([key, value], from, count) => {
                literal.str(" (entry");
                open.extend([
                    Rest::Entries([key, value], from, count - 1),
                    Rest::Close,
                    Rest::Values(value, Some(from), 1),
                    Rest::Values(key, Some(from), 1),
                ]);
            }
        }
    }
    reader.is_empty().then_some(literal.out)
}

struct Literal<'p, 'd> {
    types: &'p TypePlaces,
    definitions: &'p [Definition<'d>],
    out: Vec<u8>,
}

impl Literal<'_, '_> {
    fn str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self, name: &str) {
        self.str(" ");
        strings::write_name(&mut self.out, name);
    }

    /// Prints the start of a value, and adds its remaining parts to `open`.
    fn value(
        &mut self,
        ty: ValType,
        from: Option<TypePlace>,
        reader: &mut Reader<'_>,
        open: &mut Vec<Rest>,
    ) -> Option<()> {
        let index = match ty {
            ValType::Prim(prim) => return self.prim(prim, reader),
            ValType::Type(index) => index,
        };
        let at = match from {
            Some(from) => self.types.find_in(from, index)?,
            None => self.types.find(index)?,
        };
        let definitions = self.definitions;
        let Definition::Type(ty) = definitions.get(at.place)? else { return None };
        let one = |ty: ValType| Rest::Values(ty, Some(at), 1);
        match ty {
            Type::Prim(prim) => return self.prim(*prim, reader),
            Type::Record(fields) => {
                self.str(" (record");
                open.push(Rest::Close);
                open.extend(fields.iter().rev().map(|field| one(field.ty)));
            }
            Type::Tuple(types) => {
                self.str(" (tuple");
                open.push(Rest::Close);
                open.extend(types.iter().rev().map(|ty| one(*ty)));
            }
            Type::Variant(cases) => {
                let case = cases.get(count(reader)? as usize)?;
                self.str(" (variant");
                self.name(&case.label);
                open.push(Rest::Close);
                open.extend(case.ty.map(one));
            }
            Type::Enum(labels) => {
                self.str(" (enum");
                self.name(labels.get(count(reader)? as usize)?);
                self.str(")");
            }
            Type::Flags(labels) => {
                let bytes = reader.take(labels.len().div_ceil(8)).ok()?;
                self.str(" (flags");
                let mut left = Vec::from(bytes);
                for (flag, label) in labels.iter().enumerate() {
                    let byte = left.get_mut(flag / 8)?;
                    if *byte >> (flag % 8) & 1 == 1 {
                        *byte &= !(1 << (flag % 8));
                        self.name(label);
                    }
                }
                self.str(")");
                // Text cannot express set bits that have no flag.
                return left.iter().all(|byte| *byte == 0).then_some(());
            }
            Type::List(elem) => {
                let count = count(reader)?;
                self.str(" (list");
                open.extend([Rest::Close, Rest::Values(*elem, Some(at), count)]);
            }
            Type::FixedList { elem, len } => {
                self.str(" (list");
                open.extend([Rest::Close, Rest::Values(*elem, Some(at), *len)]);
            }
            Type::Map { key, value } => {
                let count = count(reader)?;
                self.str(" (map");
                open.extend([Rest::Close, Rest::Entries([*key, *value], at, count)]);
            }
            Type::Option(ty) => match reader.byte().ok()? {
                0 => self.str(" none"),
                1 => {
                    self.str(" (some");
                    open.extend([Rest::Close, one(*ty)]);
                }
                _ => return None,
            },
            Type::Result { ok, err } => {
                let (keyword, ty) = match reader.byte().ok()? {
                    0 => ("ok", ok),
                    1 => ("error", err),
                    _ => return None,
                };
                self.str(if ty.is_some() { " (" } else { " " });
                self.str(keyword);
                if let Some(ty) = ty {
                    open.extend([Rest::Close, one(*ty)]);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn prim(&mut self, prim: PrimType, reader: &mut Reader<'_>) -> Option<()> {
        self.str(" ");
        match prim {
            PrimType::Bool => match reader.byte().ok()? {
                0 => self.str("false"),
                1 => self.str("true"),
                _ => return None,
            },
            PrimType::U8 => numbers::decimal(&mut self.out, reader.byte().ok()?.into()),
            PrimType::S8 => {
                numbers::signed(&mut self.out, i8::from_le_bytes([reader.byte().ok()?]).into());
            }
            PrimType::U16 => {
                let value = u16::try_from(shortest_u64(reader)?).ok()?;
                numbers::decimal(&mut self.out, value.into());
            }
            PrimType::U32 => {
                let value = u32::try_from(shortest_u64(reader)?).ok()?;
                numbers::decimal(&mut self.out, value.into());
            }
            PrimType::U64 => numbers::decimal(&mut self.out, shortest_u64(reader)?),
            PrimType::S16 => {
                let value = i16::try_from(shortest_s64(reader)?).ok()?;
                numbers::signed(&mut self.out, value.into());
            }
            PrimType::S32 => {
                let value = i32::try_from(shortest_s64(reader)?).ok()?;
                numbers::signed(&mut self.out, value.into());
            }
            PrimType::S64 => numbers::signed(&mut self.out, shortest_s64(reader)?),
            PrimType::F32 => {
                let value: F32 = reader.read().ok()?;
                if value.to_float().is_nan() && value != F32::CANONICAL_NAN {
                    return None;
                }
                numbers::f32(&mut self.out, value.0);
            }
            PrimType::F64 => {
                let value: F64 = reader.read().ok()?;
                if value.to_float().is_nan() && value != F64::CANONICAL_NAN {
                    return None;
                }
                numbers::f64(&mut self.out, value.0);
            }
            PrimType::Char => {
                let byte = reader.byte().ok().filter(u8::is_ascii)?;
                self.str("'");
                match byte {
                    byte if byte.is_ascii_alphanumeric() => self.out.push(byte),
                    byte => {
                        self.str("\\");
                        numbers::hex_byte(&mut self.out, byte);
                    }
                }
                self.str("'");
            }
            PrimType::String => {
                let len = count(reader)? as usize;
                let text = core::str::from_utf8(reader.take(len).ok()?).ok()?;
                strings::write_name(&mut self.out, text);
            }
            PrimType::ErrorContext => return None,
        }
        Some(())
    }
}

/// Reads a number in its shortest form, the only form that text can express.
fn shortest_u64(reader: &mut Reader<'_>) -> Option<u64> {
    let (start, value) = (reader.pos(), reader.u64().ok()?);
    let mut shortest = Vec::new();
    leb128::write_u64(&mut shortest, value);
    (reader.since(start) == shortest).then_some(value)
}

fn shortest_s64(reader: &mut Reader<'_>) -> Option<i64> {
    let (start, value) = (reader.pos(), reader.s64().ok()?);
    let mut shortest = Vec::new();
    leb128::write_s64(&mut shortest, value);
    (reader.since(start) == shortest).then_some(value)
}

fn count(reader: &mut Reader<'_>) -> Option<u32> {
    u32::try_from(shortest_u64(reader)?).ok()
}
