//! A seed keeps its module: findings are reported by seed, so the module of a seed must not change
//! unnoticed. When it changes on purpose, put the numbers that the failure shows here.

use wattle_ast::Features;
use wattle_encoder::encode;
use wattle_smith::{Config, from_seed};

/// The FNV-1a hash of the encodings of the modules of the first seeds, and of the rules that they
/// break.
fn hash(config: &Config) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    for seed in 0..200 {
        let generated = from_seed(config, seed);
        add(&encode(&generated.module));
        add(generated.broken.map_or("", |rule| rule.phrase()).as_bytes());
    }
    hash
}

#[test]
fn seeds_keep_their_modules() {
    let base = Config::default;
    let hashes = [
        hash(&base()),
        hash(&Config { no_traps: false, termination: None, ..base() }),
        hash(&Config { canonical_nans: true, export_all: false, ..base() }),
        hash(&Config { single_instruction: true, ..base() }),
        hash(&Config { swarm: true, ..base() }),
        hash(&Config { almost_valid: true, ..base() }),
        hash(&Config { almost_valid: true, swarm: true, no_traps: false, ..base() }),
        hash(&Config { features: Features::WASM1, ..base() }),
        hash(&Config { features: Features::WASM2, ..base() }),
    ];
    let expected = [
        0xc651_1835_631e_c29b,
        0x4077_38b7_c0e9_9e9b,
        0x24fb_9ce6_fce6_9f4a,
        0xa12f_023c_d041_77dc,
        0x2345_eb3e_b6a1_845c,
        0x4549_7578_20e7_b99a,
        0x68ac_44ce_e296_a19f,
        0x40b6_fa16_4cdf_686d,
        0x4f31_84e4_1a71_6d9a,
    ];
    assert_eq!(hashes, expected, "{hashes:#018x?}");
}
