//! Reproducible inputs: small modules, text and binary, and mutations of them.

/// Texts that together use every part of the grammar.
const SEEDS: &[&str] = &[
    include_str!("../seeds/kitchen-sink.wat"),
    include_str!("../seeds/types.wat"),
    include_str!("../seeds/control.wat"),
    "(module)",
    "(module $m (func $f (export \"f\") (param $x i32) (result i32) local.get $x))",
];

/// A component that uses most of the binary format.
const COMPONENT: &str = include_str!("../seeds/component.wat");

/// `count` inputs, the same in every run: the seeds as text and as binary, then mutations of them.
pub fn seeded_inputs(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let texts = SEEDS.iter().map(|seed| seed.as_bytes().to_vec());
    let parser = wattle::wat::Parser::new().features(wattle::Features::ALL);
    let binaries = SEEDS.iter().map(|seed| match parser.module(seed) {
        Ok(parsed) => wattle::encoder::encode(&parsed.module),
        Err(errors) => panic!("a seed is malformed: {errors}\n{seed}"),
    });
    let component = match parser.component(COMPONENT) {
        Ok(parsed) => wattle::encoder::encode_component(&parsed.component),
        Err(errors) => panic!("a seed is malformed: {errors}\n{COMPONENT}"),
    };
    // The first byte of the input is the seed of the sizes of pieces.
    let component = [&[7], &component[..]].concat();
    let seeds: Vec<Vec<u8>> = texts.chain(binaries).chain([component]).collect();
    let mut random = Random::new(0x2545_f491_4f6c_dd1d);
    (0..count).map(move |i| match seeds.get(i) {
        Some(seed) => seed.clone(),
        None => mutate(&seeds, &mut random),
    })
}

/// Pseudo-random numbers (xorshift).
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Random {
        // Neighbouring seeds start far apart. The state must not be zero, or it would stay zero.
        Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, or 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    mutate_with(&mut data, random, seeds);
    data
}

/// Changes a few bytes: of one place, or of a piece that is deleted or doubled.
pub fn mutate_bytes(data: &mut Vec<u8>, random: &mut Random) {
    let other = [data.clone()];
    mutate_with(data, random, &other);
}

fn mutate_with(data: &mut Vec<u8>, random: &mut Random, seeds: &[Vec<u8>]) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(data.len());
        let end = data.len().min(at + random.below(24));
        match random.below(6) {
            0 => data.truncate(at),
            1 => data[at] = random.below(256) as u8,
            2 => data[at] ^= 1 << random.below(8),
            3 => {
                data.drain(at..end);
            }
            4 => {
                let piece = data[at..end].to_vec();
                let to = random.below(data.len());
                data.splice(to..to, piece);
            }
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let piece = &other[from..other.len().min(from + random.below(24))];
                data.splice(at..at, piece.iter().copied());
            }
        }
        if data.is_empty() {
            data.push(0);
        }
    }
}
