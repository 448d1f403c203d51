//! libFuzzer target: `wattle_fuzz::generated::generated_module`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::generated::generated_module(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::generated::generated_module);
}
