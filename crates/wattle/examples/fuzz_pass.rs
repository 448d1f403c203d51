//! Fuzzes a pass over modules: after the pass, a module must behave as before. The generator makes
//! the modules, and the interpreter shows their behaviour.
//!
//! The pass turns each multiplication by a power of two into a shift.
//!
//! ```console
//! cargo run --release --example fuzz_pass --features runtime,smith -- 10000
//! ```

use std::error::Error;

use wattle::ast::{Body, Expr, Instr, Malformed, Module};
use wattle::runtime::{self, Extern, Imports, Instance, Store, Value};
use wattle::smith::{Config, from_seed};

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

/// Replaces multiplications by powers of two with shifts.
pub(crate) fn shift(module: &mut Module<'_>) -> Result<(), Malformed> {
    for func in &mut module.funcs {
        let mut instrs = func.body.instrs().collect::<Result<Vec<_>, _>>()?;
        for at in 1..instrs.len() {
            if let [Instr::I32Const { value }, mul @ Instr::I32Mul] = &mut instrs[at - 1..=at]
                && value.count_ones() == 1
            {
                *value = value.trailing_zeros() as i32;
                *mul = Instr::I32Shl;
            }
        }
        let code: Expr<'static> = instrs.into_iter().collect();
        func.body = Body::new(func.body.locals(), code);
    }
    Ok(())
}

/// Finds the first difference that a pass makes to the behaviour of a generated module.
pub(crate) fn difference(
    seed: u64,
    pass: impl Fn(&mut Module<'_>) -> Result<(), Malformed>,
) -> Result<Option<String>, wattle::Error> {
    let config = Config { max_imports: 0, canonical_nans: true, ..Config::default() };
    let module = from_seed(&config, seed).module;
    let mut passed = module.clone();
    pass(&mut passed)?;
    let (before, after) = (behaviour(module)?, behaviour(passed)?);
    let differs = before.into_iter().zip(after).find(|(before, after)| before != after);
    Ok(differs.map(|(before, after)| format!("{before} became {after}")))
}

/// Calls the exported functions of a module, and returns their results and the hashes of its
/// memories.
fn behaviour(module: Module<'_>) -> Result<Vec<String>, wattle::Error> {
    let module = runtime::Module::new(module)?;
    let mut store = Store::new(());
    let instance = Instance::new(&mut store, &module, &Imports::default())?;
    let (mut returned, mut left) = (Vec::new(), Vec::new());
    for (name, item) in instance.exports(&store) {
        match item {
            Extern::Func(func) => {
                let ty = func.ty(&store)?;
                let arguments = ty.params().iter().map(|ty| Value::default_of(*ty));
                let Some(arguments) = arguments.collect::<Option<Vec<_>>>() else { continue };
                let mut result =
                    func.call(&mut store, &arguments).map_err(|error| error.to_string());
                // A reference belongs to its store, so references of two stores cannot be compared.
                let _ = result.as_mut().map(|values| values.retain(|it| it.reference().is_none()));
                returned.push(format!("{name}: {result:?}"));
            }
            Extern::Memory(memory) => left.push((name, memory)),
            _ => {}
        }
    }
    for (name, memory) in left {
        returned.push(format!("{name}: {:x}", memory.hash(&store)?));
    }
    Ok(returned)
}
