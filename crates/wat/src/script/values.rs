//! The arguments in scripts, and the patterns of the results that they expect.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType, F32, F64, HeapType, Opcode, Span, TypeIdx, V128};
use wattle_syntax::{
    Shape, TokenKind,
    numbers::{self, NumberError},
};

use super::component_values::{ComponentValue, component_value, is_component_value};
use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Expected, Number, Result};
use crate::ids::Space;

/// An argument of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value {
    /// The kind of value.
    pub kind: ValueKind,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// The kind of a value, with floats and vectors as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// `(i32.const n)`.
    I32(i32),
    /// `(i64.const n)`.
    I64(i64),
    /// `(f32.const z)`.
    F32(F32),
    /// `(f64.const z)`.
    F64(F64),
    /// `(v128.const SHAPE n*)`.
    V128(V128),
    /// `(ref.null HEAPTYPE)`.
    RefNull(HeapType),
    /// `(ref.extern n)`: an external reference to host value `n`.
    RefExtern(u32),
    /// `(ref.host n)`: an internal reference to host value `n`.
    RefHost(u32),
}

/// A pattern that a result must match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// The kind of pattern.
    pub kind: PatternKind,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// The kind of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PatternKind {
    /// `(i32.const n)`.
    I32(i32),
    /// `(i64.const n)`.
    I64(i64),
    /// `(f32.const z)`, or a class of NaNs.
    F32(FloatPattern<F32>),
    /// `(f64.const z)`, or a class of NaNs.
    F64(FloatPattern<F64>),
    /// `(v128.const SHAPE n*)`, with a pattern for each lane.
    V128(VectorPattern),
    /// `(ref.null)`: null of any type; `(ref.null HEAPTYPE)`: null of that hierarchy.
    RefNull(Option<HeapType>),
    /// `(ref.extern n)`: an external reference to host value `n`.
    RefExtern(u32),
    /// `(ref.host n)`: an internal reference to host value `n`.
    RefHost(u32),
    /// `(ref.func)` and others: any reference of this type but null. `(ref)` is `(ref.any)`.
    Ref(AbsHeapType),
    /// A value of a component, such as `(u8.const 1)`.
    Component(ComponentValue),
    /// `(either RESULT+)`: one of these. The alternatives of a nested `either` are included.
    Either(Vec<Pattern>),
}

/// A pattern that a float must match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatPattern<F> {
    /// Exactly these bits.
    Bits(F),
    /// `nan:canonical`: only the top bit of the payload is set, with any sign.
    CanonicalNan,
    /// `nan:arithmetic`: at least the top bit of the payload is set, with any sign.
    ArithmeticNan,
}

macro_rules! float_patterns {
    ($( $float:ident $sign:literal; )*) => { $(
        impl FloatPattern<$float> {
            /// Whether a float matches the pattern.
            pub fn matches(self, value: $float) -> bool {
                let $float(nan) = $float::CANONICAL_NAN;
                match self {
                    FloatPattern::Bits(bits) => value == bits,
                    FloatPattern::CanonicalNan => value.0 & !$sign == nan,
                    FloatPattern::ArithmeticNan => value.0 & nan == nan,
                }
            }
        }
    )* };
}

float_patterns! {
    F32 0x8000_0000;
    F64 0x8000_0000_0000_0000;
}

impl<F> FloatPattern<F> {
    fn map<G>(self, bits: impl Fn(F) -> G) -> FloatPattern<G> {
        match self {
            FloatPattern::Bits(float) => FloatPattern::Bits(bits(float)),
            FloatPattern::CanonicalNan => FloatPattern::CanonicalNan,
            FloatPattern::ArithmeticNan => FloatPattern::ArithmeticNan,
        }
    }

    fn parse<'a>(
        cursor: &mut Cursor<'_, 'a>,
        number: Number,
        read: impl Fn(&'a [u8]) -> core::result::Result<F, NumberError>,
    ) -> Result<FloatPattern<F>> {
        cursor.expect_number(number, |text| match text {
            b"nan:canonical" => Ok(FloatPattern::CanonicalNan),
            b"nan:arithmetic" => Ok(FloatPattern::ArithmeticNan),
            _ => read(text).map(FloatPattern::Bits),
        })
    }
}

/// A pattern that the lanes of a vector must match.
///
/// ```
/// use wattle_ast::V128;
/// use wattle_wat::script::{self, DirectiveKind, PatternKind};
///
/// let text = "(assert_return (get \"v\") (v128.const f32x4 nan:canonical 1 1 1))";
/// let script = script::parse(text)?;
/// let DirectiveKind::AssertReturn { results, .. } = &script.directives[0].kind else { panic!() };
/// let PatternKind::V128(pattern) = &results[0].kind else { panic!() };
///
/// let [nan, one] = [0x7fc0_0000u32, 0x3f80_0000].map(u32::to_le_bytes);
/// let value = [nan, one, one, one].concat().try_into().unwrap();
/// assert!(pattern.matches(V128(value)));
/// assert!(!pattern.matches(V128([0; 16])));
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VectorPattern {
    shape: Shape,
    lanes: Vec<FloatPattern<u64>>,
}

impl VectorPattern {
    /// The shape of the vector.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The patterns of the lanes as bits, lane 0 first. Integers are bits too.
    pub fn lanes(&self) -> &[FloatPattern<u64>] {
        &self.lanes
    }

    /// Whether a vector matches the pattern.
    pub fn matches(&self, value: V128) -> bool {
        let values = value.0.chunks_exact(self.lane_size());
        let bits =
            values.map(|lane| lane.iter().rev().fold(0, |bits, b| bits << 8 | u64::from(*b)));
        bits.zip(&self.lanes).all(|(bits, lane)| match (lane, self.shape) {
            (FloatPattern::Bits(wanted), _) => bits == *wanted,
            (nan, Shape::F32x4) => nan.map(|bits| F32(bits as u32)).matches(F32(bits as u32)),
            (nan, _) => nan.map(F64).matches(F64(bits)),
        })
    }

    /// The vector itself, if no lane is a class of NaNs.
    pub fn value(&self) -> Option<V128> {
        let mut value = [0; 16];
        for (place, lane) in value.chunks_exact_mut(self.lane_size()).zip(&self.lanes) {
            let FloatPattern::Bits(bits) = lane else { return None };
            place.iter_mut().zip(bits.to_le_bytes()).for_each(|(place, byte)| *place = byte);
        }
        Some(V128(value))
    }

    fn lane_size(&self) -> usize {
        16 / self.shape.lanes()
    }

    /// Reads the shape and the lanes.
    fn parse(cursor: &mut Cursor<'_, '_>) -> Result<VectorPattern> {
        let shape = cursor.expect_shape()?;
        let mut lanes = Vec::new();
        while lanes.len() < shape.lanes() {
            if cursor.peek() == TokenKind::Close {
                return Err(cursor.error(ErrorKind::LaneCount));
            }
            let (number, bits) = (Number::lane(shape), |text| shape.lane(text));
            lanes.push(match shape {
                Shape::F32x4 | Shape::F64x2 => FloatPattern::parse(cursor, number, bits)?,
                _ => FloatPattern::Bits(cursor.expect_number(number, bits)?),
            });
        }
        match cursor.peek() {
            TokenKind::Number | TokenKind::Keyword => Err(cursor.error(ErrorKind::LaneCount)),
            _ => Ok(VectorPattern { shape, lanes }),
        }
    }
}

/// Reads an argument.
pub(super) fn value(cursor: &mut Cursor<'_, '_>) -> Result<Value> {
    let Pattern { kind, span } = single_pattern(cursor, Expected::Constant)?;
    let kind = match kind {
        PatternKind::I32(value) => Some(ValueKind::I32(value)),
        PatternKind::I64(value) => Some(ValueKind::I64(value)),
        PatternKind::F32(FloatPattern::Bits(value)) => Some(ValueKind::F32(value)),
        PatternKind::F64(FloatPattern::Bits(value)) => Some(ValueKind::F64(value)),
        PatternKind::V128(vector) => vector.value().map(ValueKind::V128),
        PatternKind::RefNull(Some(heap)) => Some(ValueKind::RefNull(heap)),
        PatternKind::RefExtern(host) => Some(ValueKind::RefExtern(host)),
        PatternKind::RefHost(host) => Some(ValueKind::RefHost(host)),
        _ => None,
    };
    match kind {
        Some(kind) => Ok(Value { kind, span }),
        None => Err(Error::boxed(ErrorKind::UnexpectedToken(Expected::Constant), span)),
    }
}

/// Reads the pattern of a result.
pub(super) fn pattern(cursor: &mut Cursor<'_, '_>) -> Result<Pattern> {
    if !cursor.at_open("either") {
        return single_pattern(cursor, Expected::ResultPattern);
    }
    let start = cursor.pos();
    let mut alternatives = Vec::new();
    // The number of open `either`s. Their alternatives are collected in one list, so nothing is
    // nested.
    let mut depth = 0_usize;
    loop {
        if cursor.opt_open("either") {
            depth += 1;
            if cursor.peek() == TokenKind::Close {
                return Err(cursor.unexpected(Expected::ResultPattern));
            }
        } else if cursor.opt(TokenKind::Close) {
            depth -= 1;
            if depth == 0 {
                let span = cursor.span_from(start);
                return Ok(Pattern { kind: PatternKind::Either(alternatives), span });
            }
        } else {
            alternatives.push(single_pattern(cursor, Expected::ResultPattern)?);
        }
    }
}

/// Reads a pattern other than `either`.
fn single_pattern(cursor: &mut Cursor<'_, '_>, expected: Expected) -> Result<Pattern> {
    let start = cursor.pos();
    let Some(keyword) = cursor.open_keyword() else {
        return Err(cursor.unexpected_form(expected));
    };
    if expected == Expected::ResultPattern && is_component_value(keyword) {
        let kind = PatternKind::Component(component_value(cursor)?);
        return Ok(Pattern { kind, span: cursor.span_from(start) });
    }
    cursor.seek(start + 2);
    let kind = match (Opcode::from_mnemonic(keyword), keyword) {
        (Some(Opcode::I32Const), _) => {
            PatternKind::I32(cursor.expect_number(Number::I32, numbers::i32)?)
        }
        (Some(Opcode::I64Const), _) => {
            PatternKind::I64(cursor.expect_number(Number::I64, numbers::i64)?)
        }
        (Some(Opcode::F32Const), _) => {
            PatternKind::F32(FloatPattern::parse(cursor, Number::F32, numbers::f32)?)
        }
        (Some(Opcode::F64Const), _) => {
            PatternKind::F64(FloatPattern::parse(cursor, Number::F64, numbers::f64)?)
        }
        (Some(Opcode::V128Const), _) => PatternKind::V128(VectorPattern::parse(cursor)?),
        (Some(Opcode::RefNull), _) => PatternKind::RefNull(opt_heap_type(cursor)?),
        (_, "ref.host") => PatternKind::RefHost(cursor.expect_u32()?),
        (_, "ref.extern") if cursor.peek() != TokenKind::Close => {
            PatternKind::RefExtern(cursor.expect_u32()?)
        }
        _ => match bare_reference(keyword) {
            Some(heap) => PatternKind::Ref(heap),
            None => {
                cursor.seek(start + 1);
                return Err(cursor.unexpected(expected));
            }
        },
    };
    cursor.expect_close()?;
    Ok(Pattern { kind, span: cursor.span_from(start) })
}

/// The type of references that `ref` or `ref.HEAPTYPE` stands for; `None` for types whose only
/// value is null.
fn bare_reference(keyword: &str) -> Option<AbsHeapType> {
    if keyword == "ref" {
        return Some(AbsHeapType::Any);
    }
    let heap = AbsHeapType::from_keyword(keyword.strip_prefix("ref.")?)?;
    (!heap.is_bottom()).then_some(heap)
}

/// Reads a heap type if one comes next. Scripts bind no identifiers of types.
fn opt_heap_type(cursor: &mut Cursor<'_, '_>) -> Result<Option<HeapType>> {
    let heap = match cursor.peek() {
        TokenKind::Close => return Ok(None),
        TokenKind::Number => HeapType::Type(TypeIdx(cursor.expect_u32()?)),
        TokenKind::Id => {
            return Err(cursor.error(ErrorKind::Unknown(Space::Type, cursor.text().into())));
        }
        _ => HeapType::Abs(cursor.expect_abs_heap_type()?),
    };
    Ok(Some(heap))
}
