//! Relations between instructions on integers.

use wattle_ast::Opcode;

macro_rules! comparisons {
    ($( $op:ident: $inverse:ident $swapped:ident; )*) => {
        /// Returns the comparison of integers that holds when this one does not; `None` for other
        /// instructions.
        ///
        /// ```
        /// use wattle_ast::Opcode;
        /// use wattle_numerics::inverse;
        ///
        /// assert_eq!(inverse(Opcode::I32LtS), Some(Opcode::I32GeS));
        /// assert_eq!(inverse(Opcode::F32Lt), None);
        /// ```
        pub const fn inverse(op: Opcode) -> Option<Opcode> {
            match op {
                $( Opcode::$op => Some(Opcode::$inverse), )*
                _ => None,
            }
        }

        /// Returns the instruction on two integers that gives the same result for swapped operands;
        /// `None` for other instructions.
        ///
        /// ```
        /// use wattle_ast::Opcode;
        /// use wattle_numerics::swapped;
        ///
        /// assert_eq!(swapped(Opcode::I32LtS), Some(Opcode::I32GtS));
        /// assert_eq!(swapped(Opcode::I64Mul), Some(Opcode::I64Mul));
        /// assert_eq!(swapped(Opcode::I64Sub), None);
        /// ```
        pub const fn swapped(op: Opcode) -> Option<Opcode> {
            use Opcode as O;
            match op {
                O::I32Add | O::I32Mul | O::I32And | O::I32Or | O::I32Xor => Some(op),
                O::I64Add | O::I64Mul | O::I64And | O::I64Or | O::I64Xor => Some(op),
                $( Opcode::$op => Some(Opcode::$swapped), )*
                _ => None,
            }
        }
    };
}

comparisons! {
    I32Eq: I32Ne I32Eq;
    I32Ne: I32Eq I32Ne;
    I32LtS: I32GeS I32GtS;
    I32LtU: I32GeU I32GtU;
    I32GtS: I32LeS I32LtS;
    I32GtU: I32LeU I32LtU;
    I32LeS: I32GtS I32GeS;
    I32LeU: I32GtU I32GeU;
    I32GeS: I32LtS I32LeS;
    I32GeU: I32LtU I32LeU;
    I64Eq: I64Ne I64Eq;
    I64Ne: I64Eq I64Ne;
    I64LtS: I64GeS I64GtS;
    I64LtU: I64GeU I64GtU;
    I64GtS: I64LeS I64LtS;
    I64GtU: I64LeU I64LtU;
    I64LeS: I64GtS I64GeS;
    I64LeU: I64GtU I64GeU;
    I64GeS: I64LtS I64LeS;
    I64GeU: I64LtU I64LeU;
}
