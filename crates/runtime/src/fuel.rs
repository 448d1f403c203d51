//! Fuel: the costs of instructions, and their payment.
//!
//! An instruction costs one unit. A slower one costs more, by its kind and by the bytes and slots
//! that it works on: the numbers are stated here, and `tests/it/fuel.rs` measures them. An
//! operation is paid for before it is executed. When the fuel does not suffice, the operation takes
//! all of it and the execution stops; it goes on when the rest has been paid, in any number of
//! steps.

use crate::state::State;
use crate::trap::{Error, Trap};

/// The cost, beside its unit, of an instruction that the loop over operations leaves to others: one
/// on memories, tables or segments, an access that is atomic or to another memory than the first,
/// or a call that may leave the instance.
pub(crate) const ROW: u64 = 12;
/// The cost of a call beside its unit, and that of an instruction on vectors.
pub(crate) const CALL: u64 = 5;
pub(crate) const VECTOR: u64 = 3;
/// The cost, beside its unit, of an instruction that makes an object or throws an exception.
pub(crate) const OBJECT: u64 = 20;
/// The cost of a call of a function of the host, and of each parameter and result.
const HOST: u64 = 80;
const HOST_VALUE: u64 = 6;
/// The bytes that are set or copied for a unit.
const BYTES: u64 = 16;
/// The bytes of a memory or a table that are new for a unit. The system has to find them.
const NEW_BYTES: u64 = 4;
/// The slots that are cleared, moved or looked at for a unit.
const SLOTS: u64 = 8;

/// The fuel for the call of a function of the host.
pub(crate) const fn of_host_call(params: usize, results: usize) -> u64 {
    HOST + HOST_VALUE * (params + results) as u64
}

/// The fuel for a new memory or table, or for the bytes that one grows by.
pub(crate) const fn of_new_bytes(bytes: u64) -> u64 {
    bytes / NEW_BYTES
}

/// The fuel for setting or copying bytes.
pub(crate) const fn of_bytes(bytes: u64) -> u64 {
    bytes / BYTES
}

/// The fuel for clearing, moving or looking at slots.
pub(crate) const fn of_slots(slots: usize) -> u64 {
    slots as u64 / SLOTS
}

/// Pays the cost of an operation, of which `paid` units have been paid earlier. If there is not
/// enough fuel, all of it is taken, and the result is false.
#[inline]
pub(crate) fn pay(fuel: &mut Option<u64>, cost: u64, paid: &mut u64) -> bool {
    let Some(fuel) = fuel else { return true };
    match fuel.checked_sub(cost.saturating_sub(*paid)) {
        Some(left) => {
            (*fuel, *paid) = (left, 0);
            true
        }
        None => {
            *paid += core::mem::take(fuel);
            false
        }
    }
}

/// The fuel of a store, for a function of the host that wants its work to be paid:
/// [`Caller::fuel`](crate::Caller::fuel).
///
/// ```
/// use wattle_runtime::{Caller, Error, Func, Store, Trap};
///
/// let mut store = Store::new(());
/// let spin = Func::wrap(&mut store, |mut caller: Caller<'_, ()>, turns: u32| {
///     caller.fuel().charge(turns.into())?;
///     (0..turns).for_each(|_| std::hint::spin_loop());
///     Ok::<(), Error>(())
/// });
/// let spin = spin.typed::<(u32,), ()>(&store)?;
/// store.set_fuel(Some(1000));
/// spin.call(&mut store, (900,))?;
/// let error = spin.call(&mut store, (900,)).unwrap_err();
/// assert_eq!(error.trap(), Some(Trap::OutOfFuel));
/// # Ok::<(), Error>(())
/// ```
pub struct Fuel<'s> {
    pub(crate) state: &'s mut State,
}

impl Fuel<'_> {
    /// The fuel that is left; `None` when fuel is not counted.
    pub fn left(&self) -> Option<u64> {
        self.state.fuel
    }

    /// Pays for work before it is done. A unit is about the time of one instruction of the guest.
    ///
    /// # Errors
    /// [`Trap::OutOfFuel`], which the function has to return before it has done anything that
    /// cannot be done again. A call that can be suspended is suspended then. When it goes on, the
    /// function is called again, and the fuel that has been paid counts.
    pub fn charge(&mut self, units: u64) -> Result<(), Error> {
        let Some(fuel) = &mut self.state.fuel else { return Ok(()) };
        let mut own = (0, 0);
        let (charged, paid) = match self.state.parked.last_mut() {
            Some(exec) => (&mut exec.charged, &mut exec.paid),
            None => (&mut own.0, &mut own.1),
        };
        *charged = charged.saturating_add(units);
        let due = charged.saturating_sub(*paid);
        let now = due.min(*fuel);
        (*fuel, *paid) = (*fuel - now, *paid + now);
        if now < due { Err(Trap::OutOfFuel.into()) } else { Ok(()) }
    }

    /// Pays for setting or copying bytes: [`charge`](Fuel::charge).
    ///
    /// # Errors
    /// The error of [`charge`](Fuel::charge).
    pub fn charge_bytes(&mut self, bytes: u64) -> Result<(), Error> {
        self.charge(of_bytes(bytes))
    }
}

impl core::fmt::Debug for Fuel<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Fuel").field(&self.left()).finish()
    }
}
