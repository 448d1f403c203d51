//! Planted faults: places where an operator is wrong on purpose, to find out whether a set of tests
//! would notice. They exist only with the feature `faults`; without it, `fault!` is its right
//! alternative, and no other code is compiled.

/// `fault!(Name, wrong, right)` is `right`, unless the fault is planted.
#[cfg(feature = "faults")]
macro_rules! fault {
    ($fault:ident, $wrong:expr, $right:expr) => {
        if $crate::faults::is_planted($crate::faults::Fault::$fault) { $wrong } else { $right }
    };
}

#[cfg(not(feature = "faults"))]
macro_rules! fault {
    ($fault:ident, $wrong:expr, $right:expr) => {
        $right
    };
}

/// Declares `Fault`, and the fault that is planted in the code that this thread executes.
#[cfg(feature = "faults")]
#[doc(hidden)]
#[macro_export]
macro_rules! declare_faults {
    ($( $name:ident $what:literal; )*) => {
        /// A wrong computation or execution, while the fault is planted.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Fault { $( #[doc = $what] $name, )* }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Fault] = &[$( Fault::$name, )*];

            /// Describes the wrong behaviour while the fault is planted.
            pub const fn description(self) -> &'static str {
                match self { $( Fault::$name => $what, )* }
            }
        }

        std::thread_local! {
            static PLANTED: core::cell::Cell<Option<Fault>> = const { core::cell::Cell::new(None) };
        }

        #[inline]
        pub(crate) fn is_planted(fault: Fault) -> bool {
            PLANTED.get() == Some(fault)
        }
    };
}

/// Declares the faults of this crate, followed by others.
#[cfg(feature = "faults")]
#[doc(hidden)]
#[macro_export]
macro_rules! declare_faults_of_numerics_and {
    ($($more:tt)*) => {
        $crate::declare_faults! {
            ShiftMask "i64.shl takes its count modulo 32";
            SignExtension "i64.extend16_s extends with zeros";
            DivisionRounding "i64.div_s rounds down";
            RemainderSign "i32.rem_s is never negative";
            MinOfZeros "min of -0 and 0 is 0";
            MaxOfNan "f32.max overlooks a NaN on the right";
            NearestTies "f64.nearest rounds ties away from zero";
            NanSign "f64.sqrt makes negative NaNs";
            SaturationWraps "i32.trunc_sat_f64_u wraps";
            TruncationRounds "i32.trunc_f64_s rounds to nearest";
            ConversionSign "f64.convert_i64_u takes a signed integer";
            WideCarry "i64.add128 drops the carry";
            WideMultiplySign "i64.mul_wide_s is unsigned";
            ReplacedLane "i16x8.replace_lane replaces the neighbour";
            ShuffleSource "i8x16.shuffle takes all from the first vector";
            SaturatingAddWraps "i8x16.add_sat_s wraps";
            NarrowLimit "i16x8.narrow_i32x4_u has the limit of the signed one";
            SwizzleBeyond "i8x16.swizzle takes indices modulo 16";
            LoadSign "i32.load16_s extends with zeros";
            RotateDirection "i64.rotr rotates to the left";
            ExtmulHalf "i32x4.extmul_high_i16x8_s takes the low half";
            RoundedTwice "f32.convert_i64_u rounds twice";
            $($more)*
        }
    };
}

#[cfg(feature = "faults")]
declare_faults_of_numerics_and! {}

/// Plants a fault in the code that this thread executes, and removes the previous one.
#[cfg(feature = "faults")]
pub fn plant(fault: Option<Fault>) {
    PLANTED.set(fault);
}
