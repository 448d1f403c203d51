//! libFuzzer target: `wattle_fuzz::interfaces::wit_bytes`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::interfaces::wit_bytes(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::interfaces::wit_bytes);
}
