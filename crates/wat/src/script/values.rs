//! The values that scripts pass, and the patterns of the results that they expect.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType, F32, F64, HeapType, Opcode, Span, TypeIdx, V128};
use wattle_syntax::{TokenKind, numbers};

use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Space;

/// An argument of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// What a value is. Floats and vectors are bits.
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
    /// `(ref.extern n)`: host value number `n`, as an external reference.
    RefExtern(u32),
    /// `(ref.host n)`: host value number `n`, as an internal reference.
    RefHost(u32),
}

/// What a result must look like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// What it must look like.
    pub kind: PatternKind,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// What a result must look like.
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
    /// `(v128.const SHAPE n*)`, each lane on its own.
    V128(VectorPattern),
    /// `(ref.null)`: null of any type; `(ref.null HEAPTYPE)`: null of that hierarchy.
    RefNull(Option<HeapType>),
    /// `(ref.extern n)`: host value number `n`, as an external reference.
    RefExtern(u32),
    /// `(ref.host n)`: host value number `n`, as an internal reference.
    RefHost(u32),
    /// `(ref.func)` and the like: any reference of that type but null. `(ref)` is `(ref.any)`.
    Ref(AbsHeapType),
    /// `(either RESULT+)`: one of these. An `either` inside counts as its alternatives.
    Either(Vec<Pattern>),
}

/// What a float must look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatPattern<F> {
    /// These bits.
    Bits(F),
    /// `nan:canonical`: of the payload only the first bit is set; any sign.
    CanonicalNan,
    /// `nan:arithmetic`: of the payload at least the first bit is set; any sign.
    ArithmeticNan,
}

macro_rules! float_pattern {
    ($( $float:ident $nan:literal $sign:literal; )*) => { $(
        impl FloatPattern<$float> {
            /// Whether a float looks like it.
            pub fn matches(self, value: $float) -> bool {
                match self {
                    FloatPattern::Bits(bits) => value == bits,
                    FloatPattern::CanonicalNan => value.0 & !$sign == $nan,
                    FloatPattern::ArithmeticNan => value.0 & $nan == $nan,
                }
            }
        }
    )* };
}

float_pattern! {
    F32 0x7fc0_0000 0x8000_0000;
    F64 0x7ff8_0000_0000_0000 0x8000_0000_0000_0000;
}

macro_rules! shapes {
    ($( $variant:ident $keyword:literal $lane:ty, $lanes:literal $read:ident $size:literal; )*) => {
        /// How a vector is divided into lanes.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Shape { $( #[doc = concat!("`", $keyword, "`")] $variant, )* }

        impl Shape {
            /// Every shape.
            pub const ALL: &'static [Shape] = &[$( Shape::$variant, )*];

            /// The keyword.
            pub const fn keyword(self) -> &'static str {
                match self { $( Shape::$variant => $keyword, )* }
            }

            /// The shape of a keyword.
            pub fn from_keyword(keyword: &str) -> Option<Shape> {
                match keyword { $( $keyword => Some(Shape::$variant), )* _ => None }
            }

            /// How many lanes there are.
            pub const fn lanes(self) -> usize {
                match self { $( Shape::$variant => $lanes, )* }
            }
        }

        /// What the lanes of a vector must look like, lane 0 first.
        ///
        /// ```
        /// use wattle_ast::{F32, V128};
        /// use wattle_wat::script::{FloatPattern, VectorPattern};
        ///
        /// let one = FloatPattern::Bits(F32::from(1.0));
        /// let pattern = VectorPattern::F32x4([FloatPattern::CanonicalNan, one, one, one]);
        /// let [nan, one] = [0x7fc0_0000u32, 0x3f80_0000].map(u32::to_le_bytes);
        /// let value = [nan, one, one, one].concat().try_into().unwrap();
        /// assert!(pattern.matches(V128(value)));
        /// assert!(!pattern.matches(V128([0; 16])));
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum VectorPattern {
            $( #[doc = concat!("The lanes of `", $keyword, "`.")] $variant([$lane; $lanes]), )*
        }

        impl VectorPattern {
            /// How it is divided into lanes.
            pub const fn shape(&self) -> Shape {
                match self { $( VectorPattern::$variant(_) => Shape::$variant, )* }
            }

            /// Whether a vector looks like it.
            pub fn matches(&self, value: V128) -> bool {
                match self { $(
                    VectorPattern::$variant(lanes) => {
                        let (values, _) = value.0.as_chunks::<$size>();
                        lanes.iter().zip(values).all(|(lane, bytes)| lane.matches_bytes(*bytes))
                    }
                )* }
            }

            /// The vector itself, when no lane is a class of NaNs.
            pub fn value(&self) -> Option<V128> {
                let mut value = [0; 16];
                match self { $(
                    VectorPattern::$variant(lanes) => {
                        let (values, _) = value.as_chunks_mut::<$size>();
                        for (lane, bytes) in lanes.iter().zip(values) {
                            *bytes = lane.bytes()?;
                        }
                    }
                )* }
                Some(V128(value))
            }

            /// The shape and the lanes.
            fn parse(cursor: &mut Cursor<'_, '_>) -> Result<VectorPattern> {
                let shape = match cursor.peek() {
                    TokenKind::Keyword => Shape::from_keyword(cursor.text()),
                    _ => None,
                };
                let shape = shape.ok_or_else(|| cursor.unexpected("a shape"))?;
                cursor.bump();
                Ok(match shape { $(
                    Shape::$variant => VectorPattern::$variant(lanes(cursor, $read)?),
                )* })
            }
        }
    };
}

shapes! {
    I8x16 "i8x16" i8, 16 i8 1;
    I16x8 "i16x8" i16, 8 i16 2;
    I32x4 "i32x4" i32, 4 i32 4;
    I64x2 "i64x2" i64, 2 i64 8;
    F32x4 "f32x4" FloatPattern<F32>, 4 f32 4;
    F64x2 "f64x2" FloatPattern<F64>, 2 f64 8;
}

/// A lane, as the bytes of a vector.
trait Lane<const SIZE: usize>: Copy {
    fn bytes(self) -> Option<[u8; SIZE]>;
    fn matches_bytes(self, bytes: [u8; SIZE]) -> bool;
}

macro_rules! integer_lanes {
    ($( $lane:ident $size:literal; )*) => { $(
        impl Lane<$size> for $lane {
            fn bytes(self) -> Option<[u8; $size]> {
                Some(self.to_le_bytes())
            }

            fn matches_bytes(self, bytes: [u8; $size]) -> bool {
                self.to_le_bytes() == bytes
            }
        }

        fn $lane(cursor: &mut Cursor<'_, '_>) -> Result<$lane> {
            cursor.expect_number(numbers::$lane)
        }
    )* };
}

macro_rules! float_lanes {
    ($( $name:ident $float:ident $bits:ident $size:literal; )*) => { $(
        impl Lane<$size> for FloatPattern<$float> {
            fn bytes(self) -> Option<[u8; $size]> {
                match self {
                    FloatPattern::Bits(bits) => Some(bits.0.to_le_bytes()),
                    FloatPattern::CanonicalNan | FloatPattern::ArithmeticNan => None,
                }
            }

            fn matches_bytes(self, bytes: [u8; $size]) -> bool {
                self.matches($float($bits::from_le_bytes(bytes)))
            }
        }

        fn $name(cursor: &mut Cursor<'_, '_>) -> Result<FloatPattern<$float>> {
            cursor.expect_number(|text| match text {
                "nan:canonical" => Ok(FloatPattern::CanonicalNan),
                "nan:arithmetic" => Ok(FloatPattern::ArithmeticNan),
                _ => numbers::$name(text).map(FloatPattern::Bits),
            })
        }
    )* };
}

integer_lanes! { i8 1; i16 2; i32 4; i64 8; }
float_lanes! { f32 F32 u32 4; f64 F64 u64 8; }

/// As many lanes as there must be.
fn lanes<L: Copy, const LANES: usize>(
    cursor: &mut Cursor<'_, '_>,
    read: impl Fn(&mut Cursor<'_, '_>) -> Result<L>,
) -> Result<[L; LANES]> {
    let first = read_lane(cursor, &read)?;
    let mut lanes = [first; LANES];
    for lane in lanes.iter_mut().skip(1) {
        *lane = read_lane(cursor, &read)?;
    }
    match cursor.peek() {
        TokenKind::Number | TokenKind::Keyword => Err(cursor.error(ErrorKind::LaneCount)),
        _ => Ok(lanes),
    }
}

fn read_lane<L>(
    cursor: &mut Cursor<'_, '_>,
    read: impl Fn(&mut Cursor<'_, '_>) -> Result<L>,
) -> Result<L> {
    match cursor.peek() {
        TokenKind::Close => Err(cursor.error(ErrorKind::LaneCount)),
        _ => read(cursor),
    }
}

/// Reads an argument.
pub(super) fn value(cursor: &mut Cursor<'_, '_>) -> Result<Value> {
    let Pattern { kind, span } = simple_pattern(cursor, "a constant")?;
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
        None => Err(Error::boxed(ErrorKind::UnexpectedToken("a constant"), span)),
    }
}

/// Reads the pattern of a result.
pub(super) fn pattern(cursor: &mut Cursor<'_, '_>) -> Result<Pattern> {
    if !cursor.at_open("either") {
        return simple_pattern(cursor, "a result");
    }
    let start = cursor.pos();
    let mut alternatives = Vec::new();
    // How many `either` are open. What they hold adds up, so nothing is nested.
    let mut depth = 0_usize;
    loop {
        if cursor.opt_open("either") {
            depth += 1;
            if cursor.peek() == TokenKind::Close {
                return Err(cursor.unexpected("a result"));
            }
        } else if cursor.opt(TokenKind::Close) {
            depth -= 1;
            if depth == 0 {
                let span = cursor.span_from(start);
                return Ok(Pattern { kind: PatternKind::Either(alternatives), span });
            }
        } else {
            alternatives.push(simple_pattern(cursor, "a result")?);
        }
    }
}

/// Reads a pattern that holds no other.
fn simple_pattern(cursor: &mut Cursor<'_, '_>, expected: &'static str) -> Result<Pattern> {
    let start = cursor.pos();
    let Some(keyword) = cursor.open_keyword() else {
        cursor.opt(TokenKind::Open);
        return Err(cursor.unexpected(expected));
    };
    cursor.seek(start + 2);
    let kind = match (Opcode::from_mnemonic(keyword), keyword) {
        (Some(Opcode::I32Const), _) => PatternKind::I32(i32(cursor)?),
        (Some(Opcode::I64Const), _) => PatternKind::I64(i64(cursor)?),
        (Some(Opcode::F32Const), _) => PatternKind::F32(f32(cursor)?),
        (Some(Opcode::F64Const), _) => PatternKind::F64(f64(cursor)?),
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

/// The type of references that `ref` or `ref.HEAPTYPE` stands for. Types whose only value is null
/// have none.
fn bare_reference(keyword: &str) -> Option<AbsHeapType> {
    use AbsHeapType::{NoCont, NoExn, NoExtern, NoFunc, None as NoAny};
    if keyword == "ref" {
        return Some(AbsHeapType::Any);
    }
    let heap = AbsHeapType::from_keyword(keyword.strip_prefix("ref.")?)?;
    (!matches!(heap, NoAny | NoFunc | NoExtern | NoExn | NoCont)).then_some(heap)
}

/// A heap type when one is next. Scripts bind no identifiers of types.
fn opt_heap_type(cursor: &mut Cursor<'_, '_>) -> Result<Option<HeapType>> {
    let heap = match cursor.peek() {
        TokenKind::Close => return Ok(None),
        TokenKind::Number => HeapType::Type(TypeIdx(cursor.expect_u32()?)),
        TokenKind::Id => {
            return Err(cursor.error(ErrorKind::Unknown(Space::Type, cursor.text().into())));
        }
        kind => {
            let keyword = if kind == TokenKind::Keyword { cursor.text() } else { "" };
            let heap = AbsHeapType::from_keyword(keyword);
            let heap = heap.ok_or_else(|| cursor.unexpected("a heap type"))?;
            cursor.bump();
            HeapType::Abs(heap)
        }
    };
    Ok(Some(heap))
}
