//! A seed keeps its module: findings are reported by seed, so what a seed makes must not change
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
        0x0082_55c0_b7b8_a44f,
        0x97d6_b974_c365_a2f1,
        0xfe41_4391_72d2_0fa7,
        0xdb67_54a8_01ec_144b,
        0x16a6_6878_29ff_3ce5,
        0x63ef_e944_d215_a454,
        0x8cca_6302_7ea4_14be,
        0xb444_45d4_b828_0e9e,
        0x58c2_a528_b850_d789,
    ];
    assert_eq!(hashes, expected, "{hashes:#018x?}");
}
