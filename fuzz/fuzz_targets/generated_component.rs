//! libFuzzer target: `wattle_fuzz::components::generated_component`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::components::generated_component(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::components::generated_component);
}
