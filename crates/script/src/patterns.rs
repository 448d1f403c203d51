//! The values of scripts, and the comparison of results with patterns.

use alloc::format;
use alloc::string::String;

use wattle_ast::{AbsHeapType, HeapType};
use wattle_wat::script::{self, FloatPattern, Pattern, PatternKind, ValueKind};

use wattle_runtime::{AnyRef, Ref, Value};

/// Returns an argument as a value of the interpreter.
pub(super) fn argument(value: &script::Value) -> Value {
    match value.kind {
        ValueKind::I32(value) => Value::I32(value),
        ValueKind::I64(value) => Value::I64(value),
        ValueKind::F32(value) => Value::F32(value),
        ValueKind::F64(value) => Value::F64(value),
        ValueKind::V128(value) => Value::V128(value),
        ValueKind::RefNull(HeapType::Abs(abs)) => Ref::Null(abs).into(),
        ValueKind::RefNull(_) => Ref::Null(AbsHeapType::None).into(),
        ValueKind::RefExtern(number) => Ref::host(number).into(),
        ValueKind::RefHost(number) => Ref::Any(AnyRef::Host(number)).into(),
    }
}

/// Returns whether a result matches a pattern.
pub(super) fn matches(pattern: &Pattern, value: &Value) -> bool {
    match (&pattern.kind, value) {
        (PatternKind::Either(patterns), _) => patterns.iter().any(|p| matches(p, value)),
        (PatternKind::I32(wanted), Value::I32(value)) => wanted == value,
        (PatternKind::I64(wanted), Value::I64(value)) => wanted == value,
        (PatternKind::F32(wanted), Value::F32(value)) => wanted.matches(*value),
        (PatternKind::F64(wanted), Value::F64(value)) => wanted.matches(*value),
        (PatternKind::V128(wanted), Value::V128(value)) => wanted.matches(*value),
        (_, Value::Ref(value)) => ref_matches(&pattern.kind, value),
        _ => false,
    }
}

fn ref_matches(pattern: &PatternKind, value: &Ref) -> bool {
    use AbsHeapType::{Any, Array, Eq, Exn, Extern, Func, I31, Struct};
    match (pattern, value) {
        (PatternKind::RefNull(None), Ref::Null(_)) => true,
        (PatternKind::RefNull(Some(wanted)), Ref::Null(ty)) => match wanted {
            HeapType::Abs(wanted) => wanted.top() == ty.top(),
            _ => true,
        },
        (PatternKind::RefExtern(wanted), Ref::Extern(AnyRef::Host(number))) => wanted == number,
        (PatternKind::RefHost(wanted), Ref::Any(AnyRef::Host(number))) => wanted == number,
        (PatternKind::Ref(wanted), value) => match (wanted, value) {
            (Func, Ref::Func(_)) | (Exn, Ref::Exn(_)) => true,
            (Extern, Ref::Extern(_)) | (Any, Ref::Any(_)) => true,
            (Eq, Ref::Any(any)) => !matches!(any, AnyRef::Host(_)),
            (I31, Ref::Any(AnyRef::I31(_))) => true,
            (Struct, Ref::Any(AnyRef::Struct(_))) => true,
            (Array, Ref::Any(AnyRef::Array(_))) => true,
            _ => false,
        },
        _ => false,
    }
}

fn float<F: Copy + Into<Value>>(ty: &str, pattern: &FloatPattern<F>) -> String {
    match pattern {
        FloatPattern::Bits(bits) => format!("{}", (*bits).into()),
        FloatPattern::CanonicalNan => format!("({ty}.const nan:canonical)"),
        FloatPattern::ArithmeticNan => format!("({ty}.const nan:arithmetic)"),
    }
}

/// Returns a pattern as text.
pub(super) fn display(pattern: &Pattern) -> String {
    match &pattern.kind {
        PatternKind::I32(value) => format!("{}", Value::I32(*value)),
        PatternKind::I64(value) => format!("{}", Value::I64(*value)),
        PatternKind::F32(pattern) => float("f32", pattern),
        PatternKind::F64(pattern) => float("f64", pattern),
        PatternKind::V128(pattern) => match pattern.value() {
            Some(value) => format!("{}", Value::V128(value)),
            None => format!("{pattern:?}"),
        },
        PatternKind::RefNull(None) => "(ref.null)".into(),
        PatternKind::RefNull(Some(ty)) => format!("(ref.null {ty})"),
        PatternKind::RefExtern(number) => format!("(ref.extern {number})"),
        PatternKind::RefHost(number) => format!("(ref.host {number})"),
        PatternKind::Ref(ty) => format!("(ref.{})", ty.keyword()),
        PatternKind::Component(value) => format!("{value}"),
        PatternKind::Either(patterns) => {
            let patterns: String = patterns.iter().map(|p| format!(" {}", display(p))).collect();
            format!("(either{patterns})")
        }
    }
}

/// Joins texts with spaces. Without texts, the result is `nothing`.
pub(super) fn row(texts: impl Iterator<Item = String>) -> String {
    let row = texts.reduce(|row, text| format!("{row} {text}"));
    row.unwrap_or_else(|| "nothing".into())
}
