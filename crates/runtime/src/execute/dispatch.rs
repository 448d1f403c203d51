//! The loop over operations.
//!
//! Local variables hold the state that most operations need: the operations, the place among them,
//! the window of the frame, and the bytes of memory 0. The window is an array of all slots that an
//! operation can name, so slots are never checked; the stack always has that much room above the
//! base of a frame. Calls between functions of one instance stay in the loop and use none of the
//! host's stack. An operation that needs more ends the loop, and `run.rs` executes it: fewer
//! variables in the loop leave more registers to it.

use wattle_ast::{Opcode, Shuffle, V128};
use wattle_numerics::{self as numerics, Nan, simd};

use super::aggregates::{array_get, array_len, array_set, struct_get, struct_set, test};
use super::frame::{get, get_vector, opcode, set, set_vector, window};
use super::vectors;
use crate::code::{Code, Function, Op, Slot, WINDOW};
use crate::module::Functions;
use crate::operations::for_each_operation;
use crate::slots::{i31_slot, index_of, kind, slot_of};
use crate::state::{Frame, FuncKind, InstanceInst, State};
use crate::trap::{Broken, Failure, Trap};

/// The reason why the loop stopped.
pub(super) enum Stop {
    /// The current operation is to be executed outside of the loop.
    Elsewhere,
    Failed(Failure),
    /// The function returned, and its caller is not a function of this instance.
    Return,
}

/// The position of execution: a function, an operation in it, and the base of its frame.
pub(super) struct Position<'m> {
    pub(super) func: u32,
    pub(super) pc: usize,
    pub(super) base: usize,
    pub(super) function: &'m Function,
}

impl Position<'_> {
    pub(super) fn frame(&self, instance: u32) -> Frame {
        Frame { instance, func: self.func, pc: self.pc as u32, base: self.base as u32 }
    }
}

/// The bytes at an address. Address and offset have 32 bits, so their sum does not overflow, and
/// one comparison checks the bounds.
#[inline(always)]
fn bytes_at<const N: usize>(memory: &[u8], address: u64, offset: u64) -> Option<&[u8; N]> {
    let start = u64::from(address as u32) + u64::from(offset as u32);
    let end = start + N as u64;
    if end > fault!(LoadBound, memory.len().saturating_sub(1), memory.len()) as u64 {
        return None;
    }
    memory.get(start as usize..end as usize)?.first_chunk::<N>()
}

#[inline(always)]
fn bytes_at_mut<const N: usize>(
    memory: &mut [u8],
    address: u64,
    offset: u64,
) -> Option<&mut [u8; N]> {
    let start = u64::from(address as u32) + u64::from(offset as u32);
    let end = start + N as u64;
    if end > memory.len() as u64 {
        return None;
    }
    memory.get_mut(start as usize..end as usize)?.first_chunk_mut::<N>()
}

/// The state that the code of an instance works on, apart from the stack and memory 0.
pub(super) struct Ground<'a, 'm> {
    pub(super) state: &'a mut State,
    pub(super) instance: &'m InstanceInst,
    pub(super) number: u32,
    pub(super) functions: &'m Functions,
    pub(super) frames: &'a mut alloc::vec::Vec<Frame>,
    pub(super) most_calls: usize,
}

/// The function that an element of a table refers to, if it belongs to this instance and has
/// exactly the expected type. `None` leaves the call to `run.rs`.
#[inline(always)]
fn indirect(ground: &Ground<'_, '_>, index: u64, op: &Op) -> Option<u32> {
    let table = *ground.instance.tables.get(op.low() as usize)?;
    let table = ground.state.tables.get(table as usize)?;
    let slot = *table.elems.get(usize::try_from(index).ok()?)?;
    let func = ground.state.funcs.get(index_of(slot) as usize)?;
    let FuncKind::Wasm { instance, func: target } = func.kind else { return None };
    let fits = slot != 0
        && instance == ground.number
        && ground.instance.types.get(op.high() as usize) == Some(&func.ty);
    fits.then_some(target)
}

#[allow(clippy::too_many_lines)]
#[inline(never)]
pub(super) fn dispatch<'m>(
    ground: &mut Ground<'_, 'm>,
    at: &mut Position<'m>,
    stack: &mut [u64],
    memory: &mut [u8],
    nan: Nan,
) -> Stop {
    // The operations of the function, and those behind the current one. Both are iterators with one
    // end, which a branch need not compute again. Advancing takes fewer instructions than counting.
    let mut code = at.function.ops.iter();
    let mut next = code.clone();
    let mut frame = match window(stack, at.base) {
        Ok(frame) => frame,
        Err(failure) => return Stop::Failed(failure),
    };

    // The place behind the current operation.
    macro_rules! pc {
        () => {
            code.len() - next.len()
        };
    }
    macro_rules! trap {
        ($trap:expr) => {{
            at.pc = pc!();
            return Stop::Failed($trap.into());
        }};
    }
    macro_rules! check {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(trap) => trap!(trap),
            }
        };
    }
    // The value of an option that is never empty in translated code.
    macro_rules! some {
        ($value:expr) => {
            match $value {
                Some(value) => value,
                None => trap!(Broken::Index),
            }
        };
    }
    // Leaves the current operation to `run.rs`.
    macro_rules! elsewhere {
        () => {{
            at.pc = pc!() - 1;
            return Stop::Elsewhere;
        }};
    }
    let mut current = some!(next.nth(at.pc));
    // Goes on at an operation of the function. `nth` checks the target and takes the operation
    // there, so the next round of the loop has nothing left to check.
    macro_rules! go {
        ($to:expr) => {{
            next = code.clone();
            current = some!(next.nth($to as usize));
            continue;
        }};
    }
    // Takes a branch if its condition holds. An operation that is fused behind the branch is then
    // not executed.
    macro_rules! branch {
        ($op:ident if $taken:expr) => {
            if $taken {
                go!($op.low());
            }
        };
    }
    // Begins a call of a function of the instance, whose frame begins at slot `$slot`. A call that
    // needs a translation or a longer stack is left to `run.rs`.
    macro_rules! enter {
        ($func:expr, $slot:expr, $is_call:literal) => {{
            let func = $func;
            let base = at.base + $slot as usize;
            let Some(Ok(function)) =
                ground.functions.get(func as usize).and_then(|cell| cell.get())
            else {
                elsewhere!()
            };
            if $is_call {
                let depth = ground.frames.len();
                if depth >= ground.most_calls
                    || depth == ground.frames.capacity()
                    || stack.len() < base + WINDOW
                {
                    elsewhere!();
                }
                at.pc = pc!();
                ground.frames.push(at.frame(ground.number));
            }
            frame = check!(window(stack, base));
            (at.func, at.base, at.function) = (func, base, function);
            code = function.ops.iter();
            let (first, count) = function.locals;
            for slot in first..first.saturating_add(fault!(StaleLocals, 0, count)) {
                set(frame, slot, 0);
            }
            go!(0_u32);
        }};
    }
    macro_rules! leave {
        () => {{
            let Some(&caller) = ground.frames.last() else {
                at.pc = pc!();
                return Stop::Return;
            };
            let function =
                match ground.functions.get(caller.func as usize).and_then(|cell| cell.get()) {
                    Some(Ok(function)) if caller.instance == ground.number => function,
                    _ => {
                        at.pc = pc!();
                        return Stop::Return;
                    }
                };
            let base = caller.base as usize;
            frame = check!(window(stack, base));
            ground.frames.pop();
            (at.func, at.base, at.function) = (caller.func, base, function);
            code = function.ops.iter();
            go!(caller.pc);
        }};
    }

    // The value of a numeric instruction.
    macro_rules! number {
        ($name:ident $result:expr) => {
            match $result {
                Some(Ok(value)) => value,
                Some(Err(trap)) => trap!(trap),
                None => trap!(Broken::Instruction(Opcode::$name)),
            }
        };
    }
    // The bytes that a load or a store accesses, or a trap.
    macro_rules! bytes {
        ($op:ident $at:ident) => {
            match $at(memory, get(frame, $op.b), $op.imm) {
                Some(bytes) => bytes,
                None => trap!(Trap::MemoryOutOfBounds),
            }
        };
    }
    // The immediate in the upper half of an operation, sign-extended.
    macro_rules! half {
        ($op:ident) => {
            $op.high() as i32 as i64
        };
    }
    // The 31 bits that an `i31` reference holds.
    macro_rules! i31 {
        ($op:ident) => {
            match get(frame, $op.b) {
                0 => trap!(Trap::NullI31),
                slot => index_of(slot),
            }
        };
    }
    // Executes an instruction on vectors.
    macro_rules! vector {
        ($op:ident $code:ident, $opcode:expr) => {
            some!(vectors::execute(Code::$code, $opcode, frame, $op, ground.state.profile))
        };
    }
    // The global that an operation names.
    macro_rules! global {
        ($op:ident) => {{
            let address = ground.instance.globals.get($op.low() as usize).copied();
            some!(address.and_then(|address| ground.state.globals.get_mut(address as usize)))
        }};
    }
    // Whether the reference in slot `b` matches a heap type.
    macro_rules! is {
        ($op:ident, $heap_type:expr, $nullable:expr) => {{
            let Ground { state, instance, .. } = &*ground;
            let slot = get(frame, $op.b);
            check!(test(state, instance, at.function, slot, $heap_type, $nullable))
        }};
    }
    // Executes an operation of a given shape.
    macro_rules! step {
        ($op:ident, binary $name:ident $y:expr) => {{
            let (x, y) = (get(frame, $op.b), $y);
            let value = number!($name numerics::binary(Opcode::$name, x, y, nan));
            set(frame, $op.a, value);
        }};
        ($op:ident, branch $name:ident $y:expr) => {{
            let (x, y) = (get(frame, $op.b), $y);
            branch!($op if numerics::binary(Opcode::$name, x, y, nan) == Some(Ok(1)));
        }};
        ($op:ident, unary $name:ident) => {{
            let value = number!($name numerics::unary(Opcode::$name, get(frame, $op.b), nan));
            set(frame, $op.a, value);
        }};
        ($op:ident, load $name:ident $raw:ident) => {{
            let bytes = $raw::from_le_bytes(*bytes!($op bytes_at));
            let value = some!(numerics::load(Opcode::$name, bytes.into()));
            set(frame, $op.a, value);
        }};
        ($op:ident, store $narrow:ident $value:expr) => {{
            let value = $value as $narrow;
            let bytes = bytes!($op bytes_at_mut);
            fault!(
                StoreDropped,
                if $op.code != Code::I64Store32 {
                    *bytes = value.to_le_bytes();
                },
                *bytes = value.to_le_bytes()
            )
        }};
    }
    // `$d` stands for a dollar sign, which the inner macro needs and the outer one cannot write.
    macro_rules! execute {
        (
            $d:tt
            binary { $( $rr:ident $ri:ident ; )* }
            compare { $( $crr:ident $cri:ident $brr:ident $bri:ident ; )* }
            unary { $( $un:ident )* }
            load { $( $ld:ident $raw:ident ; )* }
            store { $( $st:ident $narrow:ident $sti:ident ; )* }
            fused { $( $fu:ident = $first:ident $rest:ident ; )* }
            vector { $( $vector:ident: $( $common:ident )* ; )* }
            part { $( $part:ident = $doc:literal ; )* }
        ) => {{
            // Executes the operation with a name.
            macro_rules! perform {
                $(
                    ($d op:ident $rr) => { step!($d op, binary $rr get(frame, $d op.c)) };
                    ($d op:ident $ri) => { step!($d op, binary $rr $d op.imm) };
                )*
                $(
                    ($d op:ident $crr) => { step!($d op, binary $crr get(frame, $d op.c)) };
                    ($d op:ident $cri) => { step!($d op, binary $crr $d op.imm) };
                    ($d op:ident $brr) => { step!($d op, branch $crr get(frame, $d op.c)) };
                    ($d op:ident $bri) => { step!($d op, branch $crr half!($d op) as u64) };
                )*
                $( ($d op:ident $un) => { step!($d op, unary $un) }; )*
                $( ($d op:ident $ld) => { step!($d op, load $ld $raw) }; )*
                $(
                    ($d op:ident $st) => { step!($d op, store $narrow get(frame, $d op.c)) };
                    ($d op:ident $sti) => { step!($d op, store $narrow half!($d op)) };
                )*
                $(
                    ($d op:ident $fu) => {{
                        perform!($d op $first);
                        let $d op = some!(next.next());
                        perform!($d op $rest);
                    }};
                )*
                ($d op:ident Const) => { set(frame, $d op.a, $d op.imm) };
                ($d op:ident Copy) => {{
                    let value = get(frame, $d op.b);
                    set(frame, $d op.a, value);
                }};
                ($d op:ident Select) => {{
                    let first = get(frame, $d op.imm as Slot) as u32 != 0;
                    let value = get(frame, if first { $d op.b } else { $d op.c });
                    set(frame, $d op.a, value);
                }};
                ($d op:ident GlobalGet) => { set(frame, $d op.a, global!($d op).value[0]) };
                ($d op:ident GlobalSet) => { global!($d op).value[0] = get(frame, $d op.b) };
                ($d op:ident Br) => { go!($d op.low()) };
                ($d op:ident BrIf) => { branch!($d op if get(frame, $d op.b) as u32 != 0) };
                ($d op:ident BrIfNot) => { branch!($d op if get(frame, $d op.b) as u32 == 0) };
                ($d op:ident Call) => { enter!($d op.low(), $d op.a, true) };
                ($d op:ident CallIndirect) => {
                    match indirect(ground, get(frame, $d op.b), $d op) {
                        Some(func) => enter!(func, $d op.a, true),
                        None => elsewhere!(),
                    }
                };
                ($d op:ident Return) => {{
                    let _ = $d op;
                    leave!();
                }};
                ($d op:ident Return1) => {{
                    frame[0] = get(frame, $d op.b);
                    leave!();
                }};
            }

            loop {
                let op = current;
                match op.code {
                    $( Code::$rr => perform!(op $rr), Code::$ri => perform!(op $ri), )*
                    $( Code::$crr => perform!(op $crr), Code::$cri => perform!(op $cri), )*
                    $( Code::$brr => perform!(op $brr), Code::$bri => perform!(op $bri), )*
                    $( Code::$un => perform!(op $un), )*
                    $( Code::$ld => perform!(op $ld), )*
                    $( Code::$st => perform!(op $st), Code::$sti => perform!(op $sti), )*
                    $( Code::$fu => perform!(op $fu), )*
                    $( Code::$part => perform!(op $part), )*
                    $(
                        Code::$vector => vector!(op $vector, check!(opcode(op.low()))),
                        $( Code::$common => vector!(op $vector, Opcode::$common), )*
                    )*
                    Code::BrAnd => {
                        branch!(op if (get(frame, op.b) & get(frame, op.c)) as u32 != 0);
                    }
                    Code::BrAndNot => {
                        branch!(op if (get(frame, op.b) & get(frame, op.c)) as u32 == 0);
                    }
                    Code::BrAndImm => branch!(op if get(frame, op.b) as u32 & op.high() != 0),
                    Code::BrAndNotImm => branch!(op if get(frame, op.b) as u32 & op.high() == 0),
                    Code::BrTable => {
                        let index = get(frame, op.b) as u32;
                        let last = op.low();
                        let chosen = fault!(BrTableDefault, index % (last + 1), index.min(last));
                        let branch = some!(next.as_slice().get(chosen as usize));
                        go!(branch.low());
                    }
                    Code::Copy2 => {
                        let value = get_vector(frame, op.b);
                        set_vector(frame, op.a, value);
                    }
                    Code::Select2 => {
                        let first = get(frame, op.imm as Slot) as u32 != 0;
                        let slot = if fault!(SelectSwapped, !first, first) { op.b } else { op.c };
                        let value = get_vector(frame, slot);
                        set_vector(frame, op.a, value);
                    }
                    Code::V128Load => set_vector(frame, op.a, V128(*bytes!(op bytes_at))),
                    Code::V128Store => *bytes!(op bytes_at_mut) = get_vector(frame, op.c).0,
                    Code::RefFunc => {
                        let address = *some!(ground.instance.funcs.get(op.low() as usize));
                        set(frame, op.a, slot_of(kind::FUNC, address));
                    }
                    Code::GlobalGet2 => {
                        let [low, high] = global!(op).value;
                        set(frame, op.a, low);
                        set(frame, op.a + 1, high);
                    }
                    Code::GlobalSet2 => {
                        global!(op).value = [get(frame, op.b), get(frame, op.b + 1)];
                    }
                    Code::RefAsNonNull => {
                        if get(frame, op.b) == 0 {
                            trap!(Trap::NullReference);
                        }
                    }
                    Code::RefTest => {
                        let nullable = fault!(RefTestNull, Slot::from(op.c == 0), op.c);
                        let yes = is!(op, op.low(), nullable);
                        set(frame, op.a, yes.into());
                    }
                    Code::RefCast => {
                        if !is!(op, op.low(), fault!(CastNull, 1, op.c)) {
                            trap!(Trap::CastFailure);
                        }
                    }
                    Code::BrOnCast => {
                        let matches = is!(op, op.high(), op.c);
                        branch!(op if matches);
                    }
                    Code::BrOnCastFail => {
                        let matches = is!(op, op.high(), op.c);
                        branch!(op if !matches);
                    }
                    Code::RefI31 => {
                        let value = i31_slot(get(frame, op.b) as u32);
                        set(frame, op.a, value);
                    }
                    Code::I31GetS => {
                        let bits = i31!(op);
                        let value = ((bits << 1) as i32 >> 1) as u32;
                        set(frame, op.a, fault!(I31Sign, bits, value).into());
                    }
                    Code::I31GetU => {
                        let bits = i31!(op);
                        set(frame, op.a, bits.into());
                    }
                    Code::StructGet => check!(struct_get(&mut ground.state.heap, frame, op)),
                    Code::StructSet => check!(struct_set(&mut ground.state.heap, frame, op)),
                    Code::ArrayGet => check!(array_get(&mut ground.state.heap, frame, op)),
                    Code::ArraySet => check!(array_set(&mut ground.state.heap, frame, op)),
                    Code::Shuffle => {
                        let (x, y) = (get_vector(frame, op.b), get_vector(frame, op.c));
                        let lanes = some!(at.function.vectors.get(op.low() as usize));
                        set_vector(frame, op.a, simd::shuffle(Shuffle(lanes.0), x, y));
                    }
                    Code::VectorConst => {
                        let vector = *some!(at.function.vectors.get(op.low() as usize));
                        set_vector(frame, op.a, vector);
                    }
                    Code::ArrayLen => {
                        let len = check!(array_len(ground.state, get(frame, op.b)));
                        set(frame, op.a, len);
                    }
                    Code::Address => {
                        let beyond = get(frame, op.b) > u64::from(u32::MAX);
                        if fault!(AddressTruncated, false, beyond) {
                            trap!(Trap::MemoryOutOfBounds);
                        }
                    }
                    Code::CopySlots => {
                        // The destination is lower, so copying in ascending order overwrites
                        // nothing too early.
                        for nth in 0..op.c {
                            let value = get(frame, op.b.wrapping_add(nth));
                            set(frame, op.a.wrapping_add(nth), value);
                        }
                    }
                    Code::ReturnImm => {
                        frame[0] = op.imm;
                        leave!();
                    }
                    Code::ReturnCall => enter!(op.low(), 0_u16, false),
                    Code::Fuel => match &mut ground.state.fuel {
                        Some(fuel) if *fuel >= op.imm => *fuel -= op.imm,
                        _ => elsewhere!(),
                    },
                    Code::CallImport
                    | Code::CallRef
                    | Code::ReturnCallImport
                    | Code::ReturnCallIndirect
                    | Code::ReturnCallRef
                    | Code::Unreachable
                    | Code::Throw
                    | Code::ThrowRef
                    | Code::Row
                    | Code::AllocRow
                    | Code::Observe => elsewhere!(),
                }
                current = some!(next.next());
            }
        }};
    }
    for_each_operation!(execute $)
}
