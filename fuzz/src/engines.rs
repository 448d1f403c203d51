//! Generated modules on other engines, which must behave like Wattle.

use std::cell::RefCell;

use arbitrary::Unstructured;
use wattle::Features;
use wattle::ast::{BlockType, Instr, Opcode};
use wattle_differ::engines::wasmi::Wasmi;
use wattle_differ::engines::wasmtime::{Backend, Wasmtime};
use wattle_differ::{Case, Difference, Engine, Nans, Settings, Verdict, check};
use wattle_smith::{Config, generate};

/// Compares an engine with Wattle on the module that `data` makes. Panics on an unknown difference.
fn compare(
    engine: &mut dyn Engine,
    without: Features,
    data: &[u8],
    is_known: fn(&Case, &Difference) -> bool,
) {
    let features = engine.features() - without;
    let (&kind, data) = data.split_first().unwrap_or((&0, &[]));
    let config = Config {
        features,
        canonical_nans: true,
        no_traps: kind & 1 == 0,
        single_instruction: kind & 14 == 14,
        max_memory_pages: 1,
        ..Config::default()
    };
    let generated = match generate(&config, &mut Unstructured::new(data)) {
        Ok(generated) => generated,
        Err(error) => panic!("any bytes give a module, but {error}"),
    };
    let settings = Settings { fuel: config.termination, salt: kind.into() };
    let case = Case::new(generated.module, generated.features, settings);
    // libFuzzer ends the process at any panic, but a panic of an engine is caught and compared.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let verdict = check(engine, &case, Nans::Exact);
    std::panic::set_hook(hook);
    match verdict {
        Verdict::Differs(difference) if !is_known(&case, &difference) => {
            let text = wattle::printer::print(&case.module);
            panic!("{}: {difference:?}\n{text}", engine.name());
        }
        _ => {}
    }
}

/// wasmi agrees with Wattle, except for its known bugs (`docs/engine-agreement.md`): a `select` on an
/// `i32` beside zero, a local that is set in a block with parameters, a number stored at itself.
pub fn wasmi_agrees(data: &[u8]) {
    thread_local! {
        static ENGINE: RefCell<Wasmi> = RefCell::new(Wasmi::new(None));
    }
    let is_known = |case: &Case, difference: &Difference| {
        use Opcode::{I32Eq, I32Eqz, I32Ne, Select, SelectTyped};
        let selects = case.uses(|op| matches!(op, Select | SelectTyped))
            && case.uses(|op| matches!(op, I32Eqz | I32Eq | I32Ne));
        let bodies = || case.module.funcs.iter().flat_map(|func| func.body.instrs().flatten());
        let typed = |instr: Instr<'_>| match instr {
            Instr::Block { block_type } | Instr::Loop { block_type } | Instr::If { block_type } => {
                matches!(block_type, BlockType::Type(_))
            }
            _ => false,
        };
        let panics = difference.actual.contains("entered unreachable code");
        panics || selects || bodies().any(typed)
    };
    ENGINE.with_borrow_mut(|engine| compare(engine, Features::NONE, data, is_known));
}

/// Wasmtime agrees with Wattle. Shared memories are left out: it panics on some accesses out of
/// bounds (`docs/engine-agreement.md`).
pub fn wasmtime_agrees(data: &[u8]) {
    thread_local! {
        static ENGINE: RefCell<Wasmtime> = RefCell::new(match Wasmtime::new(Backend::Cranelift, None) {
            Ok(engine) => engine,
            Err(error) => panic!("Wasmtime cannot be set up: {error}"),
        });
    }
    ENGINE.with_borrow_mut(|engine| compare(engine, Features::THREADS, data, |_, _| false));
}
