//! The shapes of vectors: the division of 128 bits into lanes.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html#vector-instructions>

use crate::numbers::{self, NumberError};

macro_rules! shapes {
    ($( $shape:ident $keyword:literal $lanes:literal $read:ident |$lane:ident| $bits:expr; )*) => {
        /// The division of a vector into lanes.
        ///
        /// ```
        /// use wattle_syntax::Shape;
        /// let shape = Shape::from_keyword("f32x4").unwrap();
        /// assert_eq!((shape.lanes(), shape.lane("1.0")), (4, Ok(0x3f80_0000)));
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Shape { $( #[doc = concat!("`", $keyword, "`")] $shape, )* }

        impl Shape {
            /// Every shape.
            pub const ALL: &'static [Shape] = &[$( Shape::$shape, )*];

            /// The keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                match self { $( Shape::$shape => $keyword, )* }
            }

            /// The shape with this keyword.
            pub fn from_keyword(keyword: &str) -> Option<Shape> {
                Shape::ALL.iter().copied().find(|shape| shape.keyword() == keyword)
            }

            /// The shape whose lanes have this type.
            ///
            /// ```
            /// use wattle_syntax::Shape;
            /// assert_eq!(Shape::of_lanes("i16"), Some(Shape::I16x8));
            /// assert_eq!(Shape::of_lanes("v128"), None);
            /// ```
            pub fn of_lanes(ty: &str) -> Option<Shape> {
                let has_them = |shape: &Shape| {
                    shape.keyword().split_once('x').is_some_and(|(lane, _)| lane == ty)
                };
                Shape::ALL.iter().copied().find(has_them)
            }

            /// The number of lanes.
            pub const fn lanes(self) -> usize {
                match self { $( Shape::$shape => $lanes, )* }
            }

            /// Reads a lane. The bits of the lane are the lowest bits of the result.
            ///
            /// # Errors
            /// [`NumberError`].
            pub fn lane(self, text: impl AsRef<[u8]>) -> Result<u64, NumberError> {
                match self {
                    $( Shape::$shape => numbers::$read(text).map(|$lane| $bits), )*
                }
            }
        }
    };
}

shapes! {
    I8x16 "i8x16" 16 i8 |lane| u64::from(lane as u8);
    I16x8 "i16x8" 8 i16 |lane| u64::from(lane as u16);
    I32x4 "i32x4" 4 i32 |lane| u64::from(lane as u32);
    I64x2 "i64x2" 2 i64 |lane| lane as u64;
    F32x4 "f32x4" 4 f32 |lane| u64::from(lane.0);
    F64x2 "f64x2" 2 f64 |lane| lane.0;
}
