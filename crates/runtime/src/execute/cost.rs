//! The fuel for instructions that work on a number of bytes, which their operands determine.
//!
//! The cost of an instruction by itself, and the cost that its immediates determine, are paid with
//! the instructions around it. An instruction that fails pays for no bytes: it fails at once.

use wattle_ast::Opcode;

use super::row::Row;
use crate::fuel::{of_bytes, of_new_bytes};
use crate::heap::Payload;
use crate::memory::ELEMENT;
use crate::trap::{Broken, at};

impl Row<'_> {
    /// The cost of the instruction beside the unit that every instruction costs.
    pub(super) fn cost(&self) -> Result<u64, Broken> {
        use Opcode as O;
        let opcode = self.opcode()?;
        let [first, second, third] = self.operands();
        let (low, high) = (self.op.low(), self.op.high());
        let memory = |index| at(self.memories, self.instance.memory(index)?);
        let table = |index| at(&self.state.tables, self.instance.table(index)?);
        let memory_bytes = |index| memory(index).map(|memory| memory.len as u64);
        let table_len = |index| table(index).map(|table| table.elems.len() as u64);
        let element = || self.state.types.layout(self.instance.ty(low)?)?.element();
        let growth = |bytes: u64, grown: Option<[u64; 2]>| {
            let more = grown.map(|[_, new]| new - bytes);
            of_new_bytes(more.filter(|&more| self.state.budget.has(more)).unwrap_or(0))
        };
        Ok(match opcode {
            O::MemoryFill | O::MemoryCopy => of_bytes(third.min(memory_bytes(low)?)),
            O::MemoryInit => of_bytes(third.min(memory_bytes(high)?)),
            O::MemoryGrow => growth(memory_bytes(low)?, memory(low)?.grown(first)),
            O::TableFill | O::TableCopy => of_bytes(ELEMENT * third.min(table_len(low)?)),
            O::TableInit => of_bytes(ELEMENT * third.min(table_len(high)?)),
            O::TableGrow => growth(ELEMENT * table_len(low)?, table(low)?.grown(second)),
            O::ArrayNew | O::ArrayNewDefault | O::ArrayNewData | O::ArrayNewElem => {
                let storage = element()?;
                let len = match opcode {
                    O::ArrayNew => self.index(storage.width() as u16),
                    O::ArrayNewDefault => self.index(0),
                    _ => self.index(1),
                };
                let bytes = storage.size(len);
                if self.state.has_room(bytes) { of_bytes(bytes) } else { 0 }
            }
            O::ArrayFill | O::ArrayCopy | O::ArrayInitData | O::ArrayInitElem => {
                let storage = element()?;
                let len = match opcode {
                    O::ArrayFill => self.index(2 + storage.width() as u16),
                    O::ArrayCopy => self.index(4),
                    _ => self.index(3),
                };
                let bytes = match self.state.heap.get(first) {
                    Some(Payload::Array(_, bytes)) => bytes.len() as u64,
                    _ => 0,
                };
                of_bytes(storage.size(len).min(bytes))
            }
            _ => 0,
        })
    }
}
