//! Conversions, one a line.

/// `from! { A => B: |a| b; }`: how a `B` is made of an `A`.
macro_rules! from {
    ($( $from:ty => $to:ty: |$value:ident| $make:expr; )*) => { $(
        impl From<$from> for $to {
            #[inline]
            fn from($value: $from) -> $to {
                $make
            }
        }
    )* };
}
