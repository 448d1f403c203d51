//! Values as the host sees them.

use alloc::boxed::Box;
use core::fmt;

use wattle_ast::{AbsHeapType, F32, F64, HeapType, RefType, V128, ValType};

use crate::handles::{Func, Object};

/// An internal reference that is not null: a value of type `(ref any)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnyRef {
    /// An unboxed scalar, as its 31 bits.
    I31(u32),
    /// A struct.
    Struct(Object),
    /// An array.
    Array(Object),
    /// A number that the host chose.
    Host(u32),
}

/// A reference.
///
/// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#values>
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ref {
    /// The null of the hierarchy of this type.
    Null(AbsHeapType),
    /// A function.
    Func(Func),
    /// An internal reference.
    Any(AnyRef),
    /// An external reference: a number that the host chose, or a wrapped internal reference.
    Extern(AnyRef),
    /// An exception.
    Exn(Object),
}

impl Ref {
    /// An external reference to a number that the host chose.
    pub const fn host(number: u32) -> Ref {
        Ref::Extern(AnyRef::Host(number))
    }

    /// Whether it is null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Ref::Null(_))
    }
}

/// A value.
///
/// ```
/// use wattle_runtime::Value;
/// assert_eq!(Value::from(7_i32), Value::I32(7));
/// assert_eq!(Value::from(1.5_f64).f64(), Some(1.5));
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#values>
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A single precision float, as its bits.
    F32(F32),
    /// A double precision float, as its bits.
    F64(F64),
    /// A vector.
    V128(V128),
    /// A reference.
    Ref(Box<Ref>),
}

impl Value {
    /// The default value of a type: zero or null. `None` for a reference that is not nullable.
    pub fn default_of(ty: ValType) -> Option<Value> {
        Some(match ty {
            ValType::I32 => Value::I32(0),
            ValType::I64 => Value::I64(0),
            ValType::F32 => Value::F32(F32(0)),
            ValType::F64 => Value::F64(F64(0)),
            ValType::V128 => Value::V128(V128([0; 16])),
            ValType::Ref(RefType { nullable: false, .. }) => return None,
            ValType::Ref(RefType { heap, .. }) => match heap {
                HeapType::Abs(abs) => Value::from(Ref::Null(abs)),
                _ => Value::from(Ref::Null(AbsHeapType::None)),
            },
        })
    }

    /// The reference, if the value is one.
    pub fn reference(&self) -> Option<&Ref> {
        if let Value::Ref(value) = self { Some(value) } else { None }
    }
}

macro_rules! numbers {
    ($( $name:ident $variant:ident |$value:ident| $number:expr; )*) => {
        impl Value { $(
            #[doc = concat!("The number, when it is an `", stringify!($name), "`.")]
            pub fn $name(&self) -> Option<$name> {
                if let Value::$variant($value) = *self { Some($number) } else { None }
            }
        )* }
    };
}

numbers! {
    i32 I32 |value| value;
    i64 I64 |value| value;
    f32 F32 |value| value.to_float();
    f64 F64 |value| value.to_float();
}

from! {
    i32 => Value: |value| Value::I32(value);
    u32 => Value: |value| Value::I32(value as i32);
    i64 => Value: |value| Value::I64(value);
    u64 => Value: |value| Value::I64(value as i64);
    f32 => Value: |value| Value::F32(value.into());
    f64 => Value: |value| Value::F64(value.into());
    F32 => Value: |value| Value::F32(value);
    F64 => Value: |value| Value::F64(value);
    V128 => Value: |value| Value::V128(value);
    Ref => Value: |value| Value::Ref(Box::new(value));
    Func => Value: |func| Ref::Func(func).into();
}

impl fmt::Display for AnyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnyRef::I31(bits) => write!(f, "(ref.i31 {bits})"),
            AnyRef::Struct(_) => f.write_str("(ref.struct)"),
            AnyRef::Array(_) => f.write_str("(ref.array)"),
            AnyRef::Host(number) => write!(f, "(ref.host {number})"),
        }
    }
}

impl fmt::Display for Value {
    /// Shows the value as the text format does, where that has a form for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(value) => write!(f, "(i32.const {value})"),
            Value::I64(value) => write!(f, "(i64.const {value})"),
            Value::F32(value) => write!(f, "(f32.const {value:?})"),
            Value::F64(value) => write!(f, "(f64.const {value:?})"),
            Value::V128(V128(bytes)) => {
                f.write_str("(v128.const i8x16")?;
                bytes.iter().try_for_each(|byte| write!(f, " {byte:#04x}"))?;
                f.write_str(")")
            }
            Value::Ref(value) => match &**value {
                Ref::Null(ty) => write!(f, "(ref.null {})", ty.keyword()),
                Ref::Func(_) => f.write_str("(ref.func)"),
                Ref::Any(any) => any.fmt(f),
                Ref::Extern(AnyRef::Host(number)) => write!(f, "(ref.extern {number})"),
                Ref::Extern(_) => f.write_str("(ref.extern)"),
                Ref::Exn(_) => f.write_str("(ref.exn)"),
            },
        }
    }
}
