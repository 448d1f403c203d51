//! `fuzz_pass` of `crates/wattle/examples`, with wasm-smith for the modules, wasmparser and
//! wasm-encoder for the pass, and wasmi to run the modules.

use std::convert::Infallible;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use arbitrary::Unstructured;
use wasm_encoder::reencode::{Error as ReencodeError, Reencode};
use wasm_encoder::{CodeSection, Instruction};
use wasm_smith::Config;
use wasmi::{Engine, Extern, Linker, Store, Val};
use wasmparser::{FunctionBody, Parser};

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(1000), |count| count.parse())?;
    for seed in 0..count {
        if let Some(difference) = difference(seed, shift)? {
            return Err(format!("seed {seed}: {difference}").into());
        }
    }
    println!("{count} modules behave as before");
    Ok(())
}

/// Replaces multiplications by powers of two.
fn shift(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut module = wasm_encoder::Module::new();
    Shift.parse_core_module(&mut module, Parser::new(0), bytes)?;
    Ok(module.finish())
}

struct Shift;

impl Reencode for Shift {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), ReencodeError> {
        let mut instrs = Vec::new();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            instrs.push(self.parse_instruction(&mut operators)?);
        }
        for at in 1..instrs.len() {
            if let [Instruction::I32Const(value), mul @ Instruction::I32Mul] =
                &mut instrs[at - 1..=at]
                && value.count_ones() == 1
            {
                *value = value.trailing_zeros() as i32;
                *mul = Instruction::I32Shl;
            }
        }
        let mut func = self.new_function_with_parsed_locals(&body)?;
        instrs.iter().for_each(|instr| _ = func.instruction(instr));
        code.function(&func);
        Ok(())
    }
}

/// The bytes that a module is made of (SplitMix64).
fn seed_bytes(mut seed: u64) -> Vec<u8> {
    let words = std::iter::repeat_with(|| {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    });
    words.take(512).flatten().collect()
}

/// The first difference in the behaviour of a seed's module after a pass.
fn difference(
    seed: u64,
    pass: impl Fn(&[u8]) -> Result<Vec<u8>, Box<dyn Error>>,
) -> Result<Option<String>, Box<dyn Error>> {
    let config = Config {
        max_imports: 0,
        canonicalize_nans: true,
        export_everything: true,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        // wasmi does not support these features.
        exceptions_enabled: false,
        gc_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    };
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&seed_bytes(seed)))?;
    module.ensure_termination(1000)?;
    let bytes = module.to_bytes();
    let (before, after) = (behaviour(&bytes)?, behaviour(&pass(&bytes)?)?);
    let differs = before.into_iter().zip(after).find(|(before, after)| before != after);
    Ok(differs.map(|(before, after)| format!("{before} became {after}")))
}

/// The results of the functions of a module, and the hashes of its memories afterwards.
fn behaviour(bytes: &[u8]) -> Result<Vec<String>, wasmi::Error> {
    let engine = Engine::default();
    let module = wasmi::Module::new(&engine, bytes)?;
    let mut store = Store::new(&engine, ());
    // The start function or a segment may trap.
    let Ok(instance) = Linker::new(&engine).instantiate_and_start(&mut store, &module) else {
        return Ok(vec!["does not start".to_owned()]);
    };
    let exports: Vec<(String, Extern)> = instance
        .exports(&store)
        .map(|export| (export.name().to_owned(), export.into_extern()))
        .collect();
    let (mut returned, mut left) = (Vec::new(), Vec::new());
    for (name, item) in exports {
        match item {
            Extern::Func(func) => {
                let ty = func.ty(&store);
                let defaults = |types: &[_]| -> Vec<Val> {
                    types.iter().map(|ty| Val::default_for_ty(*ty)).collect()
                };
                let mut values = defaults(ty.results());
                let result = func.call(&mut store, &defaults(ty.params()), &mut values);
                // References belong to one store, and cannot be compared with those of another.
                values.retain(|it| !matches!(it, Val::FuncRef(_) | Val::ExternRef(_)));
                let result = result.map(|()| values).map_err(|error| error.to_string());
                returned.push(format!("{name}: {result:?}"));
            }
            Extern::Memory(memory) => left.push((name, memory)),
            _ => {}
        }
    }
    for (name, memory) in left {
        let mut hasher = DefaultHasher::new();
        memory.data(&store).hash(&mut hasher);
        returned.push(format!("{name}: {:x}", hasher.finish()));
    }
    Ok(returned)
}
