//! The values of components in scripts: arguments of functions, and the results that they must
//! have.
//!
//! The forms are those of `wasm-tools`, which the official scripts of components use.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{F32, F64, Shown};
use wattle_syntax::{TokenKind, numbers, strings};

use crate::cursor::Cursor;
use crate::error::{ErrorKind, Expected, Number, Result};

/// A value of a component.
///
/// ```
/// use wattle_wat::script::{self, ActionKind, ComponentValue, DirectiveKind};
///
/// let text = r#"(invoke "f" (list.const (u8.const 1)) (option.some (str.const "a")))"#;
/// let script = script::parse(text)?;
/// let DirectiveKind::Action(action) = &script.directives[0].kind else { panic!() };
/// let ActionKind::InvokeComponent(args) = &action.kind else { panic!() };
/// assert_eq!(args[0], ComponentValue::List(vec![ComponentValue::U8(1)]));
/// assert_eq!(args[1].to_string(), r#"(option.some (str.const "a"))"#);
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ComponentValue {
    /// `(bool.const true)`.
    Bool(bool),
    /// `(s8.const n)`.
    S8(i8),
    /// `(u8.const n)`.
    U8(u8),
    /// `(s16.const n)`.
    S16(i16),
    /// `(u16.const n)`.
    U16(u16),
    /// `(s32.const n)`.
    S32(i32),
    /// `(u32.const n)`.
    U32(u32),
    /// `(s64.const n)`.
    S64(i64),
    /// `(u64.const n)`.
    U64(u64),
    /// `(f32.const z)`.
    F32(F32),
    /// `(f64.const z)`.
    F64(F64),
    /// `(char.const "c")`.
    Char(char),
    /// `(str.const "text")`.
    String(Box<str>),
    /// `(list.const VALUE*)`.
    List(Vec<ComponentValue>),
    /// `(map.const (entry KEY VALUE)*)`.
    Map(Vec<(ComponentValue, ComponentValue)>),
    /// `(record.const (field "name" VALUE)*)`, where the value has no parentheses of its own.
    Record(Vec<(Box<str>, ComponentValue)>),
    /// `(tuple.const VALUE*)`.
    Tuple(Vec<ComponentValue>),
    /// `(variant.const "case" VALUE?)`.
    Variant(Box<str>, Option<Box<ComponentValue>>),
    /// `(enum.const "case")`.
    Enum(Box<str>),
    /// `(option.none)` or `(option.some VALUE)`.
    Option(Option<Box<ComponentValue>>),
    /// `(result.ok VALUE?)` or `(result.err VALUE?)`.
    Result(core::result::Result<Option<Box<ComponentValue>>, Option<Box<ComponentValue>>>),
    /// `(flags.const "name"*)`.
    Flags(Vec<Box<str>>),
}

/// The most values that may be around a value. Types of components may be nested as deeply, so that
/// no deeper value has a type.
const DEPTH: usize = 100;

/// The keywords of values.
const KEYWORDS: &str = "bool.const s8.const u8.const s16.const u16.const s32.const u32.const \
                        s64.const u64.const f32.const f64.const char.const str.const list.const \
                        map.const record.const tuple.const variant.const enum.const option.none \
                        option.some result.ok result.err flags.const";

/// Whether a keyword is that of a value of components, and of no core value.
pub(super) fn is_component_value(keyword: &str) -> bool {
    !matches!(keyword, "f32.const" | "f64.const") && keywords().any(|known| known == keyword)
}

/// The keywords of values.
pub(crate) fn keywords() -> impl Iterator<Item = &'static str> {
    KEYWORDS.split_ascii_whitespace()
}

/// A value that holds values, which are not all read.
struct Open {
    form: Form,
    label: Box<str>,
    labels: Vec<Box<str>>,
    values: Vec<ComponentValue>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    List,
    Map,
    Record,
    Tuple,
    Variant,
    Some,
    Ok,
    Err,
}

/// Reads a value in parentheses.
pub(super) fn component_value(cursor: &mut Cursor<'_, '_>) -> Result<ComponentValue> {
    if !cursor.opt(TokenKind::Open) {
        return Err(cursor.unexpected(Expected::ComponentValue));
    }
    let mut open: Vec<Open> = Vec::new();
    loop {
        // The cursor is at the keyword of a value.
        let mut value = match begin(cursor)? {
            Begun::Value(value) => value,
            Begun::Form(_, _) if open.len() >= DEPTH => {
                return Err(cursor.error(ErrorKind::TooDeep));
            }
            Begun::Form(form, label) => {
                open.push(Open { form, label, labels: Vec::new(), values: Vec::new() });
                match next(cursor, &mut open)? {
                    true => continue,
                    false => finish(cursor, &mut open)?,
                }
            }
        };
        loop {
            cursor.expect_close()?;
            let Some(innermost) = open.last_mut() else { return Ok(value) };
            innermost.values.push(value);
            if innermost.form == Form::Map && innermost.values.len().is_multiple_of(2) {
                cursor.expect_close()?;
            }
            if next(cursor, &mut open)? {
                break;
            }
            value = finish(cursor, &mut open)?;
        }
    }
}

enum Begun {
    Value(ComponentValue),
    Form(Form, Box<str>),
}

/// Reads the keyword of a value, and everything before the values in it.
fn begin(cursor: &mut Cursor<'_, '_>) -> Result<Begun> {
    let keyword = if cursor.peek() == TokenKind::Keyword { cursor.text() } else { "" };
    if !keywords().any(|known| known == keyword) {
        return Err(cursor.unexpected(Expected::ComponentValue));
    }
    cursor.bump();
    let none = Box::from("");
    Ok(Begun::Value(match keyword {
        "bool.const" => match cursor.text() {
            "true" | "false" => {
                let value = cursor.text() == "true";
                cursor.bump();
                ComponentValue::Bool(value)
            }
            _ => return Err(cursor.unexpected(Expected::Bool)),
        },
        "s8.const" => ComponentValue::S8(cursor.expect_number(Number::I8, numbers::i8)?),
        "u8.const" => ComponentValue::U8(cursor.expect_number(Number::ComponentU8, numbers::u8)?),
        "s16.const" => ComponentValue::S16(cursor.expect_number(Number::I16, numbers::i16)?),
        "u16.const" => ComponentValue::U16(cursor.expect_number(Number::ComponentU16, |text| {
            let value = numbers::u32(text)?;
            u16::try_from(value).map_err(|_| numbers::NumberError::OutOfRange)
        })?),
        "s32.const" => ComponentValue::S32(cursor.expect_number(Number::I32, numbers::i32)?),
        "u32.const" => ComponentValue::U32(cursor.expect_number(Number::U32, numbers::u32)?),
        "s64.const" => ComponentValue::S64(cursor.expect_number(Number::I64, numbers::i64)?),
        "u64.const" => ComponentValue::U64(cursor.expect_number(Number::U64, numbers::u64)?),
        "f32.const" => ComponentValue::F32(cursor.expect_number(Number::F32, numbers::f32)?),
        "f64.const" => ComponentValue::F64(cursor.expect_number(Number::F64, numbers::f64)?),
        "char.const" => {
            let text = if cursor.peek() == TokenKind::String { cursor.text() } else { "" };
            let text = strings::name(text).unwrap_or_default();
            let mut chars = text.as_str().chars();
            let (Some(value), None) = (chars.next(), chars.next()) else {
                return Err(cursor.unexpected(Expected::Char));
            };
            cursor.bump();
            ComponentValue::Char(value)
        }
        "str.const" => ComponentValue::String(text(cursor)?),
        "enum.const" => ComponentValue::Enum(text(cursor)?),
        "flags.const" => {
            let mut names = Vec::new();
            while cursor.peek() != TokenKind::Close {
                names.push(text(cursor)?);
            }
            ComponentValue::Flags(names)
        }
        "option.none" => ComponentValue::Option(None),
        "list.const" => return Ok(Begun::Form(Form::List, none)),
        "map.const" => return Ok(Begun::Form(Form::Map, none)),
        "record.const" => return Ok(Begun::Form(Form::Record, none)),
        "tuple.const" => return Ok(Begun::Form(Form::Tuple, none)),
        "variant.const" => return Ok(Begun::Form(Form::Variant, text(cursor)?)),
        "option.some" => return Ok(Begun::Form(Form::Some, none)),
        "result.ok" => return Ok(Begun::Form(Form::Ok, none)),
        _ => return Ok(Begun::Form(Form::Err, none)),
    }))
}

fn text(cursor: &mut Cursor<'_, '_>) -> Result<Box<str>> {
    Ok(cursor.expect_name()?.as_str().into())
}

/// Moves to the keyword of the next value in the innermost open one. Returns false if there is
/// none.
fn next(cursor: &mut Cursor<'_, '_>, open: &mut [Open]) -> Result<bool> {
    let Some(open) = open.last_mut() else { return Ok(false) };
    let count = open.values.len();
    match open.form {
        Form::List | Form::Tuple => {}
        Form::Map if !count.is_multiple_of(2) => {}
        Form::Map => {
            if cursor.peek() != TokenKind::Close {
                cursor.expect_open("entry")?;
            }
        }
        Form::Record => {
            if cursor.peek() == TokenKind::Close {
                return Ok(false);
            }
            cursor.expect_open("field")?;
            open.labels.push(text(cursor)?);
            return Ok(true);
        }
        Form::Variant | Form::Some | Form::Ok | Form::Err if count > 0 => return Ok(false),
        Form::Some if cursor.peek() == TokenKind::Close => {
            return Err(cursor.unexpected(Expected::ComponentValue));
        }
        Form::Variant | Form::Some | Form::Ok | Form::Err => {}
    }
    match cursor.peek() {
        TokenKind::Close if open.form != Form::Map || count.is_multiple_of(2) => Ok(false),
        TokenKind::Open => {
            cursor.bump();
            Ok(true)
        }
        _ => Err(cursor.unexpected(Expected::ComponentValue)),
    }
}

/// Makes the innermost open value from the values in it.
fn finish(cursor: &Cursor<'_, '_>, open: &mut Vec<Open>) -> Result<ComponentValue> {
    let Some(Open { form, label, labels, mut values }) = open.pop() else {
        return Err(cursor.unexpected(Expected::ComponentValue));
    };
    Ok(match form {
        Form::List => ComponentValue::List(values),
        Form::Tuple => ComponentValue::Tuple(values),
        Form::Record => ComponentValue::Record(labels.into_iter().zip(values).collect()),
        Form::Map => {
            let mut entries = Vec::new();
            let mut values = values.into_iter();
            while let (Some(key), Some(value)) = (values.next(), values.next()) {
                entries.push((key, value));
            }
            ComponentValue::Map(entries)
        }
        Form::Variant => ComponentValue::Variant(label, values.pop().map(Box::new)),
        Form::Some => ComponentValue::Option(values.pop().map(Box::new)),
        Form::Ok => ComponentValue::Result(Ok(values.pop().map(Box::new))),
        Form::Err => ComponentValue::Result(Err(values.pop().map(Box::new))),
    })
}

/// The form of the text format.
impl fmt::Display for ComponentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        self.write_inside(f)?;
        f.write_str(")")
    }
}

impl ComponentValue {
    /// Writes the form without its parentheses.
    fn write_inside(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |f: &mut fmt::Formatter<'_>, text: &str| write!(f, " \"{}\"", Shown(text));
        let payload = |f: &mut fmt::Formatter<'_>, value: &Option<Box<ComponentValue>>| match value
        {
            Some(value) => write!(f, " {value}"),
            None => Ok(()),
        };
        match self {
            ComponentValue::Bool(value) => write!(f, "bool.const {value}"),
            ComponentValue::S8(value) => write!(f, "s8.const {value}"),
            ComponentValue::U8(value) => write!(f, "u8.const {value}"),
            ComponentValue::S16(value) => write!(f, "s16.const {value}"),
            ComponentValue::U16(value) => write!(f, "u16.const {value}"),
            ComponentValue::S32(value) => write!(f, "s32.const {value}"),
            ComponentValue::U32(value) => write!(f, "u32.const {value}"),
            ComponentValue::S64(value) => write!(f, "s64.const {value}"),
            ComponentValue::U64(value) => write!(f, "u64.const {value}"),
            ComponentValue::F32(F32(bits)) => match f32::from_bits(*bits) {
                value if value.is_nan() => {
                    let sign = if value.is_sign_negative() { "-" } else { "" };
                    write!(f, "f32.const {sign}nan:{:#x}", bits & 0x7f_ffff)
                }
                value => write!(f, "f32.const {value}"),
            },
            ComponentValue::F64(F64(bits)) => match f64::from_bits(*bits) {
                value if value.is_nan() => {
                    let sign = if value.is_sign_negative() { "-" } else { "" };
                    write!(f, "f64.const {sign}nan:{:#x}", bits & 0xf_ffff_ffff_ffff)
                }
                value => write!(f, "f64.const {value}"),
            },
            ComponentValue::Char(value) => {
                f.write_str("char.const")?;
                quoted(f, value.encode_utf8(&mut [0; 4]))
            }
            ComponentValue::String(text) => {
                f.write_str("str.const")?;
                quoted(f, text)
            }
            ComponentValue::List(values) => {
                f.write_str("list.const")?;
                values.iter().try_for_each(|value| write!(f, " {value}"))
            }
            ComponentValue::Map(entries) => {
                f.write_str("map.const")?;
                entries.iter().try_for_each(|(key, value)| write!(f, " (entry {key} {value})"))
            }
            ComponentValue::Record(fields) => {
                f.write_str("record.const")?;
                fields.iter().try_for_each(|(label, value)| {
                    f.write_str(" (field")?;
                    quoted(f, label)?;
                    f.write_str(" ")?;
                    value.write_inside(f)?;
                    f.write_str(")")
                })
            }
            ComponentValue::Tuple(values) => {
                f.write_str("tuple.const")?;
                values.iter().try_for_each(|value| write!(f, " {value}"))
            }
            ComponentValue::Variant(label, value) => {
                f.write_str("variant.const")?;
                quoted(f, label)?;
                payload(f, value)
            }
            ComponentValue::Enum(label) => {
                f.write_str("enum.const")?;
                quoted(f, label)
            }
            ComponentValue::Option(None) => f.write_str("option.none"),
            ComponentValue::Option(value) => {
                f.write_str("option.some")?;
                payload(f, value)
            }
            ComponentValue::Result(Ok(value)) => {
                f.write_str("result.ok")?;
                payload(f, value)
            }
            ComponentValue::Result(Err(value)) => {
                f.write_str("result.err")?;
                payload(f, value)
            }
            ComponentValue::Flags(labels) => {
                f.write_str("flags.const")?;
                labels.iter().try_for_each(|label| quoted(f, label))
            }
        }
    }
}
