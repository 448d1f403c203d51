//! The numbers that loads return, and that atomic instructions store.
//!
//! The caller accesses the memory.

use wattle_ast::Opcode;

/// The number that a load returns for the bytes that it read, the first byte lowest; `None` for
/// other instructions. Loads of vectors are in [`simd`](crate::simd).
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_numerics::load;
///
/// assert_eq!(load(Opcode::I32Load8U, 0xff), Some(0xff));
/// assert_eq!(load(Opcode::I32Load8S, 0xff), Some(0xffff_ffff));
/// assert_eq!(load(Opcode::I64Load8S, 0xff), Some(u64::MAX));
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions>
#[inline(always)]
pub fn load(op: Opcode, bytes: u64) -> Option<u64> {
    use Opcode as O;
    Some(match op {
        O::I32Load | O::F32Load | O::I64Load32U => bytes as u32 as u64,
        O::I64Load | O::F64Load => bytes,
        O::I32Load8U | O::I64Load8U => bytes as u8 as u64,
        O::I32Load16U | O::I64Load16U => bytes as u16 as u64,
        O::I32Load8S => bytes as i8 as i32 as u32 as u64,
        O::I32Load16S => {
            fault!(LoadSign, bytes as u16 as u64, bytes as i16 as i32 as u32 as u64)
        }
        O::I64Load8S => bytes as i8 as i64 as u64,
        O::I64Load16S => bytes as i16 as i64 as u64,
        O::I64Load32S => bytes as i32 as i64 as u64,
        _ => return None,
    })
}

/// The number that an atomic read-modify-write stores; `None` for other instructions. `old` is the
/// number that it read, zero-extended. Memory takes only as many low bytes of the result as the
/// instruction accesses.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_numerics::read_modify_write;
///
/// assert_eq!(read_modify_write(Opcode::I64AtomicRmw8XorU, 0b1100, 0b1010), Some(0b0110));
/// assert_eq!(read_modify_write(Opcode::I32AtomicRmwXchg, 1, 2), Some(2));
/// ```
///
/// Spec: <https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md>
pub fn read_modify_write(op: Opcode, old: u64, operand: u64) -> Option<u64> {
    use Opcode as O;
    // In the instruction table, the rows of an operator for all widths are consecutive.
    Some(match op {
        _ if (O::I32AtomicRmwAdd..=O::I64AtomicRmw32AddU).contains(&op) => {
            old.wrapping_add(operand)
        }
        _ if (O::I32AtomicRmwSub..=O::I64AtomicRmw32SubU).contains(&op) => {
            old.wrapping_sub(operand)
        }
        _ if (O::I32AtomicRmwAnd..=O::I64AtomicRmw32AndU).contains(&op) => old & operand,
        _ if (O::I32AtomicRmwOr..=O::I64AtomicRmw32OrU).contains(&op) => old | operand,
        _ if (O::I32AtomicRmwXor..=O::I64AtomicRmw32XorU).contains(&op) => old ^ operand,
        _ if (O::I32AtomicRmwXchg..=O::I64AtomicRmw32XchgU).contains(&op) => operand,
        _ => return None,
    })
}
