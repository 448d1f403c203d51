//! A program that panics in a closure: see `lines.rs` of the tests.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

struct Table {
    rows: [u32; 4],
}

impl Table {
    #[inline(never)]
    fn row(&self, at: usize) -> Option<u32> {
        let find = |at: usize| self.rows[at];
        (at != 9).then(|| find(at))
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn run(at: usize) -> u32 {
    let table = Table { rows: [1, 2, 3, at as u32] };
    table.row(at).unwrap_or(7)
}
