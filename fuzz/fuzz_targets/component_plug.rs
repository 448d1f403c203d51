//! libFuzzer target: `wattle_fuzz::componentize::component_plug`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::componentize::component_plug(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::componentize::component_plug);
}
