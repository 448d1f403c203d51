//! Compares the validator with wasmparser over the official suite, the corpus, modules of wasm-smith,
//! mutations of the suite's modules, modules with instructions deleted, repeated, exchanged and
//! inserted, and modules with integers in over-long forms and bits of flags changed. Prints counts, and
//! an example of every kind of difference.
//!
//! ```text
//! cargo run --release -p wattle-fuzz --features peers --bin agreement -- \
//!     [MODULES] [MUTATIONS] [EDITS] [ENCODINGS] [SEED] [--with FEATURES]
//! ```

use arbitrary::{Arbitrary, Unstructured};
use wattle::ast::{Body, Encode, Features, Instr, Instrs, Kind, Module, Opcode, Reader, SectionId};
use wattle::parser::frames;
use wattle::wat::script;
use wattle::{encoder, parser};
use wattle_fuzz::tally::Tally;
use wattle_fuzz::{Random, peers};
use wattle_tests::modules::{binary, modules};

/// All modules of the suite, malformed and invalid modules too.
fn suite() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in wattle_tests::suite::files() {
        let source = file.read();
        let Ok(script) = script::parse(&source) else { continue };
        let mut list = Vec::new();
        modules(&script.directives, &mut list);
        found.extend(list.iter().filter_map(|(module, _)| binary(module)));
    }
    found
}

/// Changes one to eight bytes: to a random byte, to the next number, by one bit, or to a byte that
/// has a meaning in many places.
fn mutate(data: &mut [u8], random: &mut Random) {
    const CODES: [u8; 16] = [
        0x00, 0x01, 0x0b, 0x1a, 0x20, 0x40, 0x60, 0x63, 0x64, 0x6f, 0x70, 0x7b, 0x7e, 0x7f, 0xd0,
        0xfb,
    ];
    for _ in 0..1 + random.below(8) {
        let Some(byte) = data.get_mut(8 + random.below(data.len().saturating_sub(8))) else {
            return;
        };
        *byte = match random.below(6) {
            0 | 1 => random.below(256) as u8,
            2 => byte.wrapping_add(1),
            3 => *byte ^ 1 << random.below(8),
            _ => CODES[random.below(CODES.len())],
        };
    }
}

/// Deletes, repeats, exchanges or inserts one to three instructions of a body. Other rules hold for
/// unreachable code, so `unreachable` is inserted most often.
fn edit(module: &mut Module<'_>, random: &mut Random) {
    let funcs = module.funcs.len();
    let Some(func) = module.funcs.get_mut((random.below(funcs) as u32).into()) else { return };
    let body = func.body.clone();
    let mut instrs: Vec<Instr<'_>> = body.instrs().flatten().collect();
    for _ in 0..1 + random.below(3) {
        // The last `end` stays.
        let count = instrs.len().saturating_sub(1);
        let (at, other) = (random.below(count), random.below(count));
        match random.below(6) {
            0 if count > 0 => drop(instrs.remove(at)),
            1 if count > 0 => instrs.insert(at, instrs[other]),
            2 if count > 0 => instrs.swap(at, other),
            3 => instrs.insert(at, Instr::Drop),
            4 => instrs.insert(at, Instr::Select),
            _ => instrs.insert(at, Instr::Unreachable),
        }
    }
    let edited = Body::new(body.locals(), instrs.into_iter().collect());
    // The instructions borrow from `body`.
    func.body = edited.into_owned();
}

/// Writes one to three integers of a module in more bytes than they need, or changes bits of bytes.
fn lengthen(bytes: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut sections: Vec<(u8, Vec<u8>)> = Vec::new();
    for frame in frames(bytes) {
        let frame = frame.ok()?;
        sections.push((frame.code, frame.content.to_vec()));
    }
    for _ in 0..1 + random.below(3) {
        let place = random.below(sections.len());
        let (code, content) = sections.get_mut(place)?;
        match SectionId::from_code(*code)? {
            SectionId::Custom => {}
            SectionId::Code => *content = lengthen_code(content, random)?,
            _ => change(content, 0, random),
        }
    }
    let mut out = bytes.get(..8)?.to_vec();
    for (code, content) in sections {
        (code, content.len() as u32).encode(&mut out);
        out.extend(content);
    }
    Some(out)
}

/// Changes one to three instructions of a code section.
fn lengthen_code(content: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut reader = Reader::new(content);
    let count = reader.u32().ok()?;
    let mut bodies = Vec::new();
    while let Ok(body) = reader.byte_list() {
        bodies.push(body.to_vec());
    }
    let at = random.below(bodies.len());
    let body = bodies.get_mut(at)?;
    for _ in 0..1 + random.below(3) {
        let instrs = Body::from_bytes(&body[..]).ok()?;
        // Instructions whose immediates have had other forms are rare, so they are chosen most
        // often.
        let starts: Vec<(usize, bool)> = instrs
            .instrs()
            .with_offsets()
            .flatten()
            .map(|(at, instr)| (instrs.code_offset() + at, has_other_forms(instr.opcode())))
            .collect();
        let rare: Vec<usize> = starts.iter().filter(|it| it.1).map(|it| it.0).collect();
        let start = match random.below(4) {
            0 => starts.get(random.below(starts.len()))?.0,
            _ => *rare.get(random.below(rare.len())).or(starts.first().map(|it| &it.0))?,
        };
        let mut rest = body.split_off(start);
        let len = {
            let mut instrs = Instrs::new(&rest);
            instrs.next()?.ok()?;
            instrs.next_offset()
        };
        let mut behind = rest.split_off(len);
        change(&mut rest, 1, random);
        body.append(&mut rest);
        body.append(&mut behind);
    }
    let mut out = count.to_bytes();
    for body in bodies {
        (body.len() as u32).encode(&mut out);
        out.extend(body);
    }
    Some(out)
}

/// Whether the immediates of an instruction have had other forms: indices of tables and memories,
/// and block types.
fn has_other_forms(opcode: Opcode) -> bool {
    opcode.kinds().iter().any(|kind| {
        use Kind::*;
        matches!(
            kind,
            MemArg | Memory | MemInit | MemCopy | CallIndirect | TableInit | TableCopy | BlockType
        )
    })
}

/// Changes a byte at or behind a position: pads the integer that ends there, writes a reference
/// type in its long form, or flips a bit, as flags have them.
fn change(bytes: &mut Vec<u8>, from: usize, random: &mut Random) {
    let at = from + random.below(bytes.len().saturating_sub(from));
    let Some(byte) = bytes.get_mut(at) else { return };
    if (0x69..=0x70).contains(byte) && random.below(2) == 0 {
        // The byte may be a reference type, which has a long form with a byte before it.
        bytes.insert(at, 0x63);
    } else if random.below(3) == 0 {
        *byte ^= 1 << random.below(8);
    } else if *byte < 0x80 {
        let more = if *byte & 0x40 != 0 && random.below(2) == 0 { 0x7f } else { 0 };
        *byte |= 0x80;
        let many = random.below(5) * random.below(3);
        let padding = std::iter::repeat_n(more | 0x80, many).chain([more]);
        bytes.splice(at + 1..at + 1, padding);
    }
}

/// A module that wasm-smith made, with all features that both know.
fn smith(random: &mut Random) -> Option<Vec<u8>> {
    let seed: Vec<u8> = (0..256 + random.below(2048)).map(|_| random.below(256) as u8).collect();
    let mut source = Unstructured::new(&seed);
    let mut config = wasm_smith::Config::arbitrary(&mut source).ok()?;
    config.bulk_memory_enabled = true;
    config.custom_page_sizes_enabled = true;
    config.exceptions_enabled = true;
    config.extended_const_enabled = true;
    config.gc_enabled = true;
    config.memory64_enabled = true;
    config.multi_value_enabled = true;
    config.reference_types_enabled = true;
    config.relaxed_simd_enabled = true;
    config.simd_enabled = true;
    config.tail_call_enabled = true;
    config.threads_enabled = true;
    config.wide_arithmetic_enabled = true;
    config.max_memories = config.max_memories.max(2);
    config.shared_everything_threads_enabled = false;
    config.custom_descriptors_enabled = false;
    Some(wasm_smith::Module::new(config, &mut source).ok()?.to_bytes())
}

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut features = Features::DEFAULT;
    if let Some(at) = words.iter().position(|word| word == "--with") {
        let list = words.drain(at..).nth(1).unwrap_or_default();
        features = Features::parse(&list).unwrap_or_else(|error| {
            eprintln!("{error}");
            std::process::exit(2);
        });
    }
    let mut next = wattle_fuzz::numbers_among(words.into_iter());
    let (made, mutated, edited) = (next(100_000), next(1_000_000), next(1_000_000));
    let (lengthened, seed) = (next(100_000), next(1));
    let mut random = Random::new(seed);
    let tally = |what: &str, modules: &mut dyn Iterator<Item = Vec<u8>>| {
        let mut tally = Tally::default();
        modules.for_each(|bytes| tally.add(&bytes, &peers::validity_with(&bytes, features)));
        tally.print(what);
    };

    let suite = suite();
    tally("the official suite", &mut suite.iter().cloned());
    tally("the corpus", &mut wattle_tests::corpus::files().iter().map(|file| file.read()));
    tally("modules of wasm-smith", &mut (0..made).filter_map(|_| smith(&mut random)));

    let seeds: Vec<_> = suite.iter().filter(|bytes| (9..20_000).contains(&bytes.len())).collect();
    let mut mutations = (0..mutated).filter_map(|_| {
        let mut bytes = seeds.get(random.below(seeds.len()))?.to_vec();
        mutate(&mut bytes, &mut random);
        Some(bytes)
    });
    tally("mutations of the suite's modules", &mut mutations);

    let mut modules: Vec<_> = seeds.iter().filter_map(|bytes| parser::parse(bytes).ok()).collect();
    modules.retain(|module| module.funcs.iter().any(|func| func.body.instrs().count() > 1));
    let config = wattle_smith::Config { max_funcs: 2, features, ..Default::default() };
    let mut edits = (0..edited).map(|nth| {
        let mut module = match nth % 2 {
            0 => modules.get(random.below(modules.len())).cloned().unwrap_or_default(),
            _ => wattle_smith::from_seed(&config, seed.wrapping_add(nth / 8)).module,
        };
        edit(&mut module, &mut random);
        encoder::encode(&module)
    });
    tally("modules with instructions edited", &mut edits);

    // Inputs that are valid before they are changed tell most.
    let made = (0..1_000).map(|nth| wattle_smith::from_seed(&config, seed.wrapping_add(nth)));
    let mut valid: Vec<Vec<u8>> = made.map(|made| encoder::encode(&made.module)).collect();
    let is_valid = |bytes: &[u8]| peers::validity_with(bytes, features).0.is_ok();
    valid.extend(seeds.iter().filter(|bytes| is_valid(bytes)).map(|bytes| bytes.to_vec()));
    let mut forms = (0..lengthened).filter_map(|nth| {
        let bytes = match nth % 4 {
            0 => seeds.get(random.below(seeds.len()))?,
            _ => valid.get(random.below(valid.len()))?,
        };
        lengthen(bytes, &mut random)
    });
    tally("modules with other encodings", &mut forms);
}
