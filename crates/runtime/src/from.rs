//! A macro for conversions of one line each.

/// `from! { A => B: |a| b; }` implements `From<A>` for `B`.
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
