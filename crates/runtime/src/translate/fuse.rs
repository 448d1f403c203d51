//! The last pass over the operations of a function, which fuses neighbours.
//!
//! No operation moves, so that all targets, handlers and offsets stay right.

use crate::code::{Code, Op};

pub(super) fn fuse(ops: &mut [Op]) {
    return_at_once(ops);
    // The pass goes from the end to the start, to fuse a loop with the branch at its end.
    let mut next = None;
    for op in ops.iter_mut().rev() {
        if let Some(fused) = next.and_then(|next| op.code.fused(next)) {
            op.code = fused;
        }
        next = Some(op.code);
    }
}

/// Turns a branch to a return into the return.
fn return_at_once(ops: &mut [Op]) {
    let mut at = 0;
    while let Some(&op) = ops.get(at) {
        at += 1;
        match op.code {
            // The branches behind it are its table, which must stay branches.
            Code::BrTable => at += op.low() as usize + 1,
            Code::Br => {
                let target = ops.get(op.low() as usize).copied();
                let returns =
                    |op: &Op| matches!(op.code, Code::Return | Code::Return1 | Code::ReturnImm);
                if let (Some(to), Some(op)) = (target.filter(returns), ops.get_mut(at - 1)) {
                    *op = to;
                }
            }
            _ => {}
        }
    }
}
