//! libFuzzer target: `wattle_fuzz::files::files`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| wattle_fuzz::files::files(data));

#[cfg(not(fuzzing))]
fn main() {
    wattle_fuzz::main(wattle_fuzz::files::files);
}
