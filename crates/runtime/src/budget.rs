//! The budget of a store, and allocation that can fail.
//!
//! Each resource that a program makes grow takes its bytes from one [`Budget`] before they are
//! allocated, and is allocated by a function that reports failure. A large allocation is made while
//! some more bytes are held, so it leaves enough for small ones of the host, which cannot fail.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytemuck::Zeroable;

use crate::limits::{Growth, Limits, Resource, ResourceLimiter};

/// The bytes that large allocations leave, if the budget is not small itself.
const HEADROOM: u64 = 4 << 20;

/// Zeroed storage, or `None` when memory is exhausted. The system zeroes large storage page by page
/// when it is first used.
#[inline]
pub(crate) fn zeroed<T: Zeroable>(len: usize) -> Option<Box<[T]>> {
    bytemuck::allocation::try_zeroed_slice_box(len).ok()
}

/// Storage that nobody uses, or `None` if the system does not have this many bytes more.
pub(crate) fn unused(bytes: usize) -> Option<Vec<u8>> {
    let mut storage = Vec::new();
    storage.try_reserve_exact(bytes).ok()?;
    // Without this, the optimiser sees an allocation without a use, and removes it.
    Some(core::hint::black_box(storage))
}

/// The bytes that the programs of a store take, and their bounds.
#[derive(Default)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    pub(crate) limiter: Option<Box<dyn ResourceLimiter>>,
    used: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Budget {
        Budget { limits, limiter: None, used: 0 }
    }

    /// The bytes in use.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Whether the numbers of the limits allow this many more bytes.
    pub(crate) fn has(&self, bytes: u64) -> bool {
        self.used.checked_add(bytes).is_some_and(|total| total <= self.limits.bytes)
    }

    /// Takes the bytes that a resource needs to grow from `current` to `desired` bytes. `None` if a
    /// limit refuses.
    pub(crate) fn take(&mut self, resource: Resource, [current, desired]: [u64; 2]) -> Option<()> {
        let bytes = desired.saturating_sub(current);
        let total = self.used.checked_add(bytes).filter(|&total| total <= self.limits.bytes)?;
        if let Some(limiter) = &mut self.limiter
            && !limiter.grows(Growth { resource, current, desired, total })
        {
            return None;
        }
        self.used = total;
        Some(())
    }

    /// Grows a resource from `current` to `desired` bytes, which `allocate` allocates. `None` if a
    /// limit or the system refuses.
    pub(crate) fn grow<R>(
        &mut self,
        resource: Resource,
        change: [u64; 2],
        allocate: impl FnOnce() -> Option<R>,
    ) -> Option<R> {
        self.take(resource, change)?;
        let grown = self.with_headroom(allocate);
        if grown.is_none() {
            self.shrink(resource, change[1].saturating_sub(change[0]));
        }
        grown
    }

    /// Allocates while some bytes more are held.
    pub(crate) fn with_headroom<R>(&self, allocate: impl FnOnce() -> Option<R>) -> Option<R> {
        let headroom = unused(HEADROOM.min(self.limits.bytes / 64) as usize)?;
        let done = allocate();
        drop(headroom);
        done
    }

    /// Gives bytes of a resource back.
    pub(crate) fn shrink(&mut self, resource: Resource, bytes: u64) {
        self.used = self.used.saturating_sub(bytes);
        if let Some(limiter) = &mut self.limiter
            && bytes > 0
        {
            limiter.shrinks(resource, bytes);
        }
    }
}
