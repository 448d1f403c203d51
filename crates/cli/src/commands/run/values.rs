//! Arguments and results as text.

use std::ffi::OsString;

use wattle::ast::{AbsHeapType, FuncType, HeapType, RefType, V128, ValType};
use wattle::runtime::{AnyRef, Ref, Value};
use wattle::syntax::numbers;

/// Returns a function type in the text format.
pub(super) fn signature(ty: &FuncType) -> String {
    let list = |keyword: &str, types: &[ValType]| match types {
        [] => String::new(),
        types => {
            let types: String = types.iter().map(|ty| format!(" {ty}")).collect();
            format!(" ({keyword}{types})")
        }
    };
    format!("(func{}{})", list("param", ty.params()), list("result", ty.results()))
}

/// Returns the number of arguments that these parameters take, for a message.
fn wanted(types: &[ValType]) -> String {
    match types.len() {
        0 => "no argument is".to_owned(),
        1 => "1 argument is".to_owned(),
        count => format!("{count} arguments are"),
    }
}

/// Reads arguments for parameters of these types.
pub(super) fn arguments(types: &[ValType], words: &[OsString]) -> Result<Vec<Value>, String> {
    let mut texts = Vec::new();
    for word in words {
        let text = word.to_str().ok_or_else(|| format!("{word:?} is not UTF-8"))?;
        texts.extend(text.split_whitespace());
    }
    let mut texts = texts.into_iter();
    let mut values = Vec::new();
    for (number, ty) in types.iter().enumerate() {
        let Some(text) = texts.next() else {
            return Err(format!("{} wanted, {number} given", wanted(types)));
        };
        let value = argument(*ty, text, &mut texts);
        values.push(value.map_err(|why| format!("argument {}: {why}", number + 1))?);
    }
    match texts.next() {
        Some(text) => Err(format!("{} wanted, {text} is left over", wanted(types))),
        None => Ok(values),
    }
}

/// Reads an argument from a word; a vector may take more words, which come from `rest`.
fn argument<'t>(
    ty: ValType,
    text: &'t str,
    rest: &mut impl Iterator<Item = &'t str>,
) -> Result<Value, String> {
    let bad = |error: numbers::NumberError| match error {
        numbers::NumberError::Malformed => format!("{text} is not of type {ty}"),
        numbers::NumberError::OutOfRange => format!("{text} is out of range for {ty}"),
    };
    Ok(match ty {
        ValType::I32 => Value::I32(numbers::i32(text).map_err(bad)?),
        ValType::I64 => Value::I64(numbers::i64(text).map_err(bad)?),
        ValType::F32 => Value::F32(numbers::f32(text).map_err(bad)?),
        ValType::F64 => Value::F64(numbers::f64(text).map_err(bad)?),
        ValType::V128 => Value::V128(vector(text, rest)?),
        ValType::Ref(ty) => reference(ty, text)?,
    })
}

/// Reads `0x` and up to 32 digits, or a shape and its lanes.
fn vector<'t>(text: &'t str, rest: &mut impl Iterator<Item = &'t str>) -> Result<V128, String> {
    if let Some(digits) = text.strip_prefix("0x") {
        let value = u128::from_str_radix(&digits.replace('_', ""), 16);
        return Ok(V128(value.map_err(|_| format!("{text} is not of type v128"))?.to_le_bytes()));
    }
    let mut bytes = Vec::new();
    macro_rules! lanes {
        ($count:literal, $read:path, |$lane:ident| $bytes:expr) => {
            for number in 0..$count {
                let word = rest
                    .next()
                    .ok_or_else(|| format!("{text} has {} lanes, {number} are given", $count))?;
                let $lane = $read(word).map_err(|_| format!("{word} is not a lane of {text}"))?;
                bytes.extend_from_slice(&$bytes);
            }
        };
    }
    match text {
        "i8x16" => lanes!(16, numbers::i8, |lane| lane.to_le_bytes()),
        "i16x8" => lanes!(8, numbers::i16, |lane| lane.to_le_bytes()),
        "i32x4" => lanes!(4, numbers::i32, |lane| lane.to_le_bytes()),
        "i64x2" => lanes!(2, numbers::i64, |lane| lane.to_le_bytes()),
        "f32x4" => lanes!(4, numbers::f32, |lane| lane.0.to_le_bytes()),
        "f64x2" => lanes!(2, numbers::f64, |lane| lane.0.to_le_bytes()),
        _ => {
            let why = "expected 0x and 32 digits, or a shape like i32x4 and its lanes";
            return Err(format!("{text} is not of type v128: {why}"));
        }
    }
    let bytes = bytes.try_into().map_err(|_| format!("{text} is not of type v128"))?;
    Ok(V128(bytes))
}

fn reference(ty: RefType, text: &str) -> Result<Value, String> {
    let abs = match ty.heap {
        HeapType::Abs(abs) => abs,
        _ => AbsHeapType::None,
    };
    match (text, abs) {
        ("null", _) if ty.nullable => Ok(Ref::Null(abs).into()),
        (_, AbsHeapType::Extern) if numbers::u32(text).is_ok() => {
            Ok(Ref::host(numbers::u32(text).unwrap_or_default()).into())
        }
        (_, AbsHeapType::I31 | AbsHeapType::Eq | AbsHeapType::Any)
            if numbers::i32(text).is_ok() =>
        {
            let bits = numbers::i32(text).unwrap_or_default() as u32 & 0x7fff_ffff;
            Ok(Ref::Any(AnyRef::I31(bits)).into())
        }
        _ => Err(format!("{text} is not of type {ty}")),
    }
}

/// Returns the type of a value and its text.
fn parts(value: &Value) -> (&'static str, String) {
    match value {
        Value::I32(value) => ("i32", value.to_string()),
        Value::I64(value) => ("i64", value.to_string()),
        Value::F32(value) => ("f32", format!("{value:?}")),
        Value::F64(value) => ("f64", format!("{value:?}")),
        Value::V128(V128(bytes)) => {
            let lanes = bytes.chunks_exact(4).map(|lane| {
                format!(
                    " {:#010x}",
                    lane.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
                )
            });
            ("v128", format!("i32x4{}", lanes.collect::<String>()))
        }
        Value::Ref(value) => match &**value {
            Ref::Null(ty) => ("ref", format!("ref.null {}", ty.keyword())),
            other => {
                let text = Value::from(other.clone()).to_string();
                ("ref", text.trim_matches(['(', ')']).to_owned())
            }
        },
    }
}

/// Returns a value in the text format, without its instruction, as [`arguments`] reads it.
pub(super) fn text(value: &Value) -> String {
    parts(value).1
}

/// Returns a value with its type. Both are strings, since numbers in JSON cannot hold all values.
pub(super) fn json(value: &Value) -> serde_json::Value {
    let (ty, text) = parts(value);
    serde_json::json!({ "type": ty, "value": text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(ty: ValType, words: &str) -> Result<String, String> {
        let words: Vec<OsString> = words.split(' ').map(Into::into).collect();
        let values = arguments(&[ty], &words)?;
        Ok(values.iter().map(text).collect())
    }

    #[test]
    fn values_as_text() {
        for (ty, words, expected) in [
            (ValType::I32, "0x10", "16"),
            (ValType::I32, "4294967295", "-1"),
            (ValType::I64, "-1", "-1"),
            (ValType::F32, "1.5", "1.5"),
            (ValType::F64, "-inf", "-inf"),
            (ValType::F64, "0x1p-3", "0.125"),
            (ValType::F64, "-nan", "-nan"),
            (ValType::F32, "nan:0x200000", "nan:0x200000"),
            (ValType::V128, "i64x2 1 -1", "i32x4 0x00000001 0x00000000 0xffffffff 0xffffffff"),
            (ValType::V128, "0x1", "i32x4 0x00000001 0x00000000 0x00000000 0x00000000"),
            (ValType::Ref(RefType::EXTERNREF), "null", "ref.null extern"),
            (ValType::Ref(RefType::EXTERNREF), "7", "ref.extern 7"),
        ] {
            assert_eq!(round(ty, words).as_deref(), Ok(expected), "{ty} {words}");
        }
        for (ty, words, why) in [
            (ValType::I32, "1.5", "argument 1: 1.5 is not of type i32"),
            (ValType::I32, "0x1_0000_0000", "argument 1: 0x1_0000_0000 is out of range for i32"),
            (ValType::I32, "1 2", "1 argument is wanted, 2 is left over"),
            (ValType::V128, "i32x4 1 2", "argument 1: i32x4 has 4 lanes, 2 are given"),
            (ValType::Ref(RefType::FUNCREF), "7", "argument 1: 7 is not of type funcref"),
        ] {
            assert_eq!(round(ty, words), Err(why.to_owned()), "{ty} {words}");
        }
    }
}
