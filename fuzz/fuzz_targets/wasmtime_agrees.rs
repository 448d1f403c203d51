//! libFuzzer target: `wattle_fuzz::engines::wasmtime_agrees`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::engines::wasmtime_agrees(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::engines::wasmtime_agrees);
}
