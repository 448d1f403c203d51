//! Instructions that name data segments. A module with one of them in a function needs a data count
//! section.

use super::{Expr, Kind, Nesting, Opcode, Rows, read_expr};
use crate::Reader;

impl Kind {
    /// Whether an immediate of this kind names a data segment.
    #[inline(always)]
    pub const fn names_data(self) -> bool {
        matches!(self, Kind::Data | Kind::MemInit)
    }
}

impl Opcode {
    /// Whether the instruction names a data segment.
    pub fn names_data(self) -> bool {
        self.info().kinds.iter().any(|kind| kind.names_data())
    }
}

impl Expr<'_> {
    /// Whether an instruction names a data segment; false for malformed code.
    ///
    /// ```
    /// use wattle_ast::{DataIdx, Expr, Instr};
    ///
    /// let expr: Expr = [Instr::DataDrop { data: DataIdx(0) }, Instr::End].into_iter().collect();
    /// assert!(expr.names_data());
    /// ```
    pub fn names_data(&self) -> bool {
        may_name_data(self.bytes())
            && read_expr(&mut Reader::new(self.bytes()), &mut Nesting::default()) == Ok(true)
    }
}

/// The number of opcodes that name data segments.
const COUNT: usize = naming().1;

/// The opcodes that name data segments, each as its prefix and the low seven bits of the next byte.
const NAMES_DATA: [[u8; 2]; COUNT] = *naming().0.first_chunk().unwrap();

/// The opcodes that name data segments, and their number.
const fn naming() -> ([[u8; 2]; 8], usize) {
    let mut opcodes = [[0; 2]; 8];
    let mut count = 0;
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let info = &Rows::<'static>::INFO[i];
        let mut kind = 0;
        while kind < info.kinds.len() {
            if info.kinds[kind].names_data() {
                assert!(info.prefix != 0, "its opcode has two parts");
                opcodes[count] = [info.prefix, (info.code % 128) as u8];
                count += 1;
            }
            kind += 1;
        }
        i += 1;
    }
    (opcodes, count)
}

/// The number of bytes that are compared together, chosen so that processors can use wide
/// registers.
const STEP: usize = 64;

/// Whether two neighbouring bytes could begin an instruction that names a data segment. The answer
/// is usually no, and then no instruction needs to be decoded.
fn may_name_data(code: &[u8]) -> bool {
    let begins = |first: u8, second: u8| {
        let is = |[prefix, code]: [u8; 2]| (first == prefix) & (second % 128 == code);
        NAMES_DATA.into_iter().fold(false, |any, opcode| any | is(opcode))
    };
    let any = |code: &[u8]| {
        let pairs = code.iter().zip(code.get(1..).unwrap_or_default());
        pairs.fold(false, |any, (&first, &second)| any | begins(first, second))
    };
    // Steps overlap by a byte, so that each pair of bytes is in one step.
    let mut rest = code;
    while let Some(step) = rest.first_chunk::<{ STEP + 1 }>() {
        if any(step) {
            return true;
        }
        rest = &rest[STEP..];
    }
    any(rest)
}
