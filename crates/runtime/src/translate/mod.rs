//! Translates the bytes of a body to operations in one pass, with a stack of operands.
//!
//! An operand records where its value is: in the slot that belongs to its place on the stack, in a
//! local, or nowhere yet if it is a constant. So `local.get` and `t.const` emit no operation, and
//! `local.set` usually changes the destination of the operation before it.
//!
//! The code has been validated. If it is not valid after all, translation ends in an error, or
//! execution in wrong results, but never in undefined behaviour or a panic.
//!
//! | file | holds |
//! |---|---|
//! | `operands.rs` | the operand stack, and the emission of operations |
//! | `control.rs` | blocks, branches, calls, exceptions |
//! | `values.rs` | instructions with operations of their own |
//! | `rows.rs` | instructions that are executed by their opcode |
//! | `fuse.rs` | the fusion of neighbouring operations |

mod control;
mod fuse;
mod operands;
mod rows;
mod values;

pub(crate) use rows::MEMORY_BITS;
pub(crate) use values::SIGNED;

use alloc::vec::Vec;

use wattle_ast::{
    Arity, Body, Class, FuncType, IndexSpaces, Instr, Module, Opcode, Reader, ValType,
};

use crate::code::{Code, Function, Slot, WINDOW};
use crate::fuel::{VECTOR, of_slots};
use crate::trap::{Broken, Failure, Trap};
use crate::types::{width, widths};
use control::Block;
use operands::Operand;

type Result<T> = core::result::Result<T, Failure>;

/// The instruments that are part of a translation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Instrument {
    /// Operations that pay for instructions with fuel.
    pub(crate) fuel: bool,
    /// Operations that report every instruction.
    pub(crate) observe: bool,
}

impl Instrument {
    pub(crate) const COUNT: usize = 4;

    pub(crate) fn index(self) -> usize {
        usize::from(self.fuel) | usize::from(self.observe) << 1
    }
}

pub(crate) struct Translator<'m> {
    ast: &'m Module<'static>,
    spaces: &'m IndexSpaces,
    instrument: Instrument,
    code: Function,
    stack: Vec<Operand>,
    /// The places on the stack of operands that are in locals.
    in_locals: Vec<usize>,
    blocks: Vec<Block<'m>>,
    /// The slot of each local, and whether the local is a vector.
    locals: Vec<(Slot, bool)>,
    locals_end: u32,
    offset: u32,
    /// Branches may go to here, so operations before this position must not be merged with later
    /// ones.
    barrier: usize,
    /// Whether the current code is unreachable, and the number of blocks that began in it.
    dead: bool,
    dead_depth: u32,
    /// The position of the operation that pays for the current run of instructions.
    fuel: Option<usize>,
    tries: u32,
    /// Whether memory is exhausted: the operations are not complete.
    is_full: bool,
}

/// Translates a function.
pub(crate) fn function<'m>(
    ast: &'m Module<'static>,
    spaces: &'m IndexSpaces,
    ty: &'m FuncType,
    body: &Body<'_>,
    instrument: Instrument,
) -> Result<Function> {
    let params = widths(ty.params());
    let mut translator = Translator {
        ast,
        spaces,
        instrument,
        code: Function::default(),
        stack: Vec::new(),
        in_locals: Vec::new(),
        blocks: Vec::new(),
        locals: Vec::new(),
        locals_end: 0,
        offset: 0,
        barrier: 0,
        dead: false,
        dead_depth: 0,
        fuel: None,
        tries: 0,
        is_full: false,
    };
    for &ty in ty.params() {
        translator.add_local(ty)?;
    }
    for local in body.locals() {
        for _ in 0..local.count {
            translator.add_local(local.ty)?;
        }
    }
    let locals = (params as Slot, (translator.locals_end as usize - params) as Slot);
    translator.code.locals = locals;
    translator.code.slots = translator.locals_end.max(widths(ty.results()) as u32);
    translator.run(ty, body.code())?;
    let mut code = translator.code;
    fuse::fuse(&mut code.ops);
    code.ops.shrink_to_fit();
    code.offsets.shrink_to_fit();
    Ok(code)
}

impl<'m> Translator<'m> {
    fn add_local(&mut self, ty: ValType) -> Result<()> {
        let slot = self.locals_end;
        self.locals_end += u32::from(width(ty));
        if self.locals_end as usize >= WINDOW / 2 + WINDOW / 4 {
            return Err(Trap::FrameTooLarge.into());
        }
        self.locals.push((slot as Slot, width(ty) == 2));
        Ok(())
    }

    fn run(&mut self, ty: &'m FuncType, code: &[u8]) -> Result<()> {
        if widths(ty.results()) >= WINDOW {
            return Err(Trap::FrameTooLarge.into());
        }
        let mut reader = Reader::new(code);
        self.begin_function(ty);
        self.charge(of_slots(self.code.locals.1.into()));
        while !self.blocks.is_empty() {
            self.offset = u32::try_from(reader.pos()).map_err(|_| Trap::ModuleTooLarge)?;
            let opcode = reader.opcode().map_err(|_| Broken::Encoding)?;
            if self.dead {
                self.skip(opcode, &mut reader)?;
            } else {
                self.instrument(opcode);
                self.translate(opcode, &mut reader)?;
                if self.is_full {
                    return Err(Trap::ModuleTooLarge.into());
                }
            }
        }
        Ok(())
    }

    /// Translates a reachable instruction.
    fn translate(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        match opcode.info().class {
            Class::Control => self.control(opcode, reader),
            Class::Vector => {
                self.charge(VECTOR);
                self.value(opcode, reader)
            }
            _ => self.value(opcode, reader),
        }
    }

    /// Reads past an unreachable instruction: only the ends of blocks matter.
    fn skip(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        match opcode.info().arity {
            Arity::Open => self.dead_depth += 1,
            Arity::Close if self.dead_depth > 0 => self.dead_depth -= 1,
            Arity::Part | Arity::Close if self.dead_depth == 0 => {
                return self.translate(opcode, reader);
            }
            _ => {}
        }
        let read = Instr::read(opcode, reader);
        read.map(drop).map_err(|_| Broken::Encoding.into())
    }

    /// Adds to the payment for the current run of instructions.
    fn charge(&mut self, units: u64) {
        if !self.instrument.fuel || units == 0 {
            return;
        }
        let at = match self.fuel {
            Some(at) => at,
            None => {
                self.emit(Code::Fuel, 0, 0, 0, 0);
                self.barrier = self.code.ops.len();
                *self.fuel.insert(self.code.ops.len() - 1)
            }
        };
        if let Some(op) = self.code.ops.get_mut(at) {
            op.imm += units;
        }
    }

    /// Emits payments of fuel and reports to the observer.
    fn instrument(&mut self, opcode: Opcode) {
        self.charge(1);
        if self.instrument.observe {
            self.emit(Code::Observe, 0, opcode as u16, 0, self.offset.into());
            self.barrier = self.code.ops.len();
        }
    }
}
