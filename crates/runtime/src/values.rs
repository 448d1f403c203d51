//! Values as the host sees them, and as the slots of a frame hold them.
//!
//! A slot is 64 bits. Numbers lie in it zero-extended, vectors take two, the low half first. A
//! reference is 0 for null, else a number whose three low bits tell its kind.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use wattle_ast::{AbsHeapType, F32, F64, HeapType, RefType, V128, ValType};

/// The kinds of references in slots.
pub(crate) mod kind {
    pub(crate) const I31: u64 = 1;
    pub(crate) const FUNC: u64 = 2;
    pub(crate) const OBJECT: u64 = 3;
    pub(crate) const HOST: u64 = 4;
    pub(crate) const EXN: u64 = 5;
    pub(crate) const MASK: u64 = 7;
    pub(crate) const BITS: u32 = 3;
}

/// A reference of this kind to this index.
#[inline(always)]
pub(crate) const fn slot_of(kind: u64, index: u32) -> u64 {
    (index as u64) << kind::BITS | kind
}

/// The index of a reference.
#[inline(always)]
pub(crate) const fn index_of(slot: u64) -> u32 {
    (slot >> kind::BITS) as u32
}

/// An `i31` in a slot, from its 31 bits.
#[inline(always)]
pub(crate) const fn i31_slot(value: u32) -> u64 {
    ((value & 0x7fff_ffff) as u64) << kind::BITS | kind::I31
}

/// A function of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Func {
    pub(crate) store: u64,
    pub(crate) addr: u32,
}

/// A struct, an array or an exception on the heap of a store. While a handle lives, so does what
/// it refers to.
#[derive(Clone)]
pub struct Object {
    pub(crate) store: u64,
    pub(crate) slot: u64,
    pub(crate) _alive: Arc<()>,
}

impl PartialEq for Object {
    /// Whether both are the same thing, not whether they look alike.
    fn eq(&self, other: &Object) -> bool {
        self.store == other.store && self.slot == other.slot
    }
}

impl Eq for Object {}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", index_of(self.slot))
    }
}

/// An internal reference that is not null: something of type `(ref any)`.
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
    /// Null of the hierarchy of this type.
    Null(AbsHeapType),
    /// A function.
    Func(Func),
    /// Something internal.
    Any(AnyRef),
    /// Something external: a number that the host chose, or something internal in a wrapper.
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
    /// The default of a type: zero or null. None when the type is a reference that is not
    /// nullable.
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

    /// The number, when it is an `i32`.
    pub fn i32(&self) -> Option<i32> {
        if let Value::I32(value) = *self { Some(value) } else { None }
    }

    /// The number, when it is an `i64`.
    pub fn i64(&self) -> Option<i64> {
        if let Value::I64(value) = *self { Some(value) } else { None }
    }

    /// The number, when it is an `f32`.
    pub fn f32(&self) -> Option<f32> {
        if let Value::F32(value) = *self { Some(value.to_float()) } else { None }
    }

    /// The number, when it is an `f64`.
    pub fn f64(&self) -> Option<f64> {
        if let Value::F64(value) = *self { Some(value.to_float()) } else { None }
    }

    /// The reference, when it is one.
    pub fn reference(&self) -> Option<&Ref> {
        if let Value::Ref(value) = self { Some(value) } else { None }
    }
}

macro_rules! from {
    ($( $ty:ty => |$value:ident| $make:expr; )*) => { $(
        impl From<$ty> for Value {
            fn from($value: $ty) -> Value {
                $make
            }
        }
    )* };
}

from! {
    i32 => |value| Value::I32(value);
    u32 => |value| Value::I32(value as i32);
    i64 => |value| Value::I64(value);
    u64 => |value| Value::I64(value as i64);
    f32 => |value| Value::F32(value.into());
    f64 => |value| Value::F64(value.into());
    F32 => |value| Value::F32(value);
    F64 => |value| Value::F64(value);
    V128 => |value| Value::V128(value);
    Ref => |value| Value::Ref(Box::new(value));
    Func => |value| Value::Ref(Box::new(Ref::Func(value)));
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
    /// The text format, as far as there is one.
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
