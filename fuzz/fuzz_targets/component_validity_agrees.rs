//! libFuzzer target: `wattle_fuzz::peers::component_validity_agrees`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::peers::component_validity_agrees(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::peers::component_validity_agrees);
}
