//! Cuts adapters down to the functions that are used, and lets them allocate a stack.
//!
//! An adapter has no memory, table or segments of its own. It works in the memory of the main
//! module, whose compiler did not know of it; so it needs to be given a place for its stack.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use wattle_ast::{
    BlockType, Body, EditError, ExternIdx, ExternKind, Func, FuncIdx, FuncType, GlobalIdx,
    IndexSpaces, Instr, MemIdx, Module, Name, Remap, RemapError, RemapFault, ValType,
};
use wattle_encoder::{BuildError, FuncBuilder};
use wattle_wit::model::Text;

use super::matching::{MAIN_MODULE, realloc_type};
use crate::error::ProblemKind;

/// The global that a stack grows down from.
const STACK_POINTER: &str = "__stack_pointer";
/// The global that tells whether the stack exists, in adapters that can be called while it is being
/// allocated.
const STATE: &str = "allocation_state";
/// The bytes of a stack.
const STACK_SIZE: i32 = 1 << 16;

/// The values of [`STATE`].
mod state {
    pub(super) const MISSING: i32 = 0;
    pub(super) const ALLOCATING: i32 = 1;
    pub(super) const ALLOCATED: i32 = 2;
}

/// The reason why an adapter cannot be used.
pub(super) enum Refused {
    Problem(ProblemKind),
    Edit(EditError),
    Build(BuildError),
}

impl From<EditError> for Refused {
    fn from(error: EditError) -> Refused {
        Refused::Edit(error)
    }
}

impl From<BuildError> for Refused {
    fn from(error: BuildError) -> Refused {
        Refused::Build(error)
    }
}

fn refused(reason: &'static str) -> Refused {
    Refused::Problem(ProblemKind::Adapter { reason })
}

/// Cuts an adapter down to the exports that are `used`, and lets it allocate its stack. `realloc` is
/// the main module's, if the adapter may use it.
pub(super) fn reduce(
    module: &mut Module<'_>,
    used: &BTreeSet<Text>,
    realloc: Option<&Text>,
) -> Result<(), Refused> {
    if module.start.is_some() {
        return Err(refused("it has a start function, which would run before its stack is there"));
    }
    module.exports.retain(|export| used.contains(export.name.as_str()));
    module.remove_unreachable()?;
    check(module)?;
    let stack_pointer = find_global(module, STACK_POINTER)?;
    let state = find_global(module, STATE)?;
    let mut allocator = import_realloc(module, realloc)?;
    let has_memory = module.imported(ExternKind::Mem) > 0;
    let Some(stack_pointer) = stack_pointer.filter(|_| has_memory) else { return Ok(()) };
    match (realloc, state) {
        (Some(realloc), Some(state)) => {
            let imported = match allocator {
                Some(imported) => imported,
                None => {
                    module.import_func(MAIN_MODULE, String::from(&**realloc), realloc_type())?
                }
            };
            allocate_when_called(module, imported, stack_pointer, state)
        }
        // Without a state, a call from the allocator, while it allocates the stack, could not be
        // told from any other call.
        _ => {
            if allocator.is_none() || state.is_none() {
                allocator = Some(add_func(module, realloc_type(), grow(page_bits(module))?));
            }
            let Some(allocator) = allocator else { return Ok(()) };
            let body = allocate_stack(allocator, stack_pointer, state)?;
            let start = add_func(module, FuncType::default(), body);
            module.names.funcs.insert(start, "allocate_stack".into());
            module.start = Some(start);
            Ok(())
        }
    }
}

/// Checks that an adapter has no table, segments or tags, and no memory of its own.
fn check(module: &Module<'_>) -> Result<(), Refused> {
    let spaces = IndexSpaces::of(module);
    if !spaces.tables.is_empty() || !module.elems.is_empty() {
        return Err(refused("it has a table, and nobody has room for that"));
    }
    if !module.memories.is_empty() || spaces.mems.len() > 1 {
        return Err(refused("it has a memory of its own, instead of that of the main module"));
    }
    if !module.datas.is_empty() {
        return Err(refused("it has data segments, and the main module has no room for them"));
    }
    if !spaces.tags.is_empty() {
        return Err(refused("it has tags"));
    }
    Ok(())
}

/// Finds the only mutable `i32` global with a name.
fn find_global(module: &Module<'_>, name: &str) -> Result<Option<GlobalIdx>, Refused> {
    let spaces = IndexSpaces::of(module);
    let is_it = |index: &GlobalIdx| {
        module.names.globals.get(*index).is_some_and(|found| found == name)
            && spaces.global(*index).is_some_and(|ty| ty.mutable && ty.val == ValType::I32)
    };
    let mut found = (0..spaces.globals.len() as u32).map(GlobalIdx).filter(is_it);
    match (found.next(), found.next()) {
        (found, None) => Ok(found),
        _ => Err(refused("it has two globals of the name of its stack pointer or state")),
    }
}

fn page_bits(module: &Module<'_>) -> u8 {
    let memory = IndexSpaces::of(module).mem(MemIdx(0));
    memory.map_or(16, |memory| memory.page_bits())
}

/// Lets the import of `realloc` from the main module lead to `realloc`, or to a function that only
/// makes memory grow. Returns the function, if there is such an import.
fn import_realloc(
    module: &mut Module<'_>,
    realloc: Option<&Text>,
) -> Result<Option<FuncIdx>, Refused> {
    let is_it = |name: &Name<'_>| name == "cabi_realloc" || name == "canonical_abi_realloc";
    let place = module.indexed_imports().enumerate().find_map(|(place, (index, import))| {
        let is_it = import.module == MAIN_MODULE && is_it(&import.name);
        match index {
            ExternIdx::Func(func) if is_it => Some((place, func)),
            _ => None,
        }
    });
    let Some((place, imported)) = place else { return Ok(None) };
    let spaces = IndexSpaces::of(module);
    if spaces.func(imported).and_then(|ty| module.func_type(ty)) != Some(&realloc_type()) {
        return Err(refused("it imports `cabi_realloc` with another type than that has"));
    }
    if let Some(realloc) = realloc {
        // The main module may export it under the other name.
        module.imports[place].name = String::from(&**realloc).into();
        return Ok(Some(imported));
    }
    if spaces.mems.is_empty() {
        return Err(refused("it allocates memory, and imports none"));
    }
    let grown = add_func(module, realloc_type(), grow(page_bits(module))?);
    let mut redirect = Redirect { from: imported, to: grown };
    module.remap(&mut redirect).map_err(|RemapError { fault, path }| match fault {
        RemapFault::Malformed(reason) => EditError::Malformed { reason, path },
    })?;
    module.remove_func(imported)?;
    Ok(Some(FuncIdx(grown.0 - 1)))
}

/// The replacement of calls of one function by calls of another.
struct Redirect {
    from: FuncIdx,
    to: FuncIdx,
}

impl Remap for Redirect {
    type Error = Infallible;

    fn func(&mut self, func: FuncIdx) -> Result<FuncIdx, Infallible> {
        Ok(if func == self.from { self.to } else { func })
    }
}

/// Adds a function behind all others.
fn add_func(module: &mut Module<'_>, ty: FuncType, body: Body<'static>) -> FuncIdx {
    let ty = module.add_func_type(ty);
    module.funcs.push(Func { ty, body });
    FuncIdx(module.imported(ExternKind::Func) + module.funcs.len() as u32 - 1)
}

/// Lets each exported function allocate the stack if it does not exist yet.
fn allocate_when_called(
    module: &mut Module<'_>,
    realloc: FuncIdx,
    stack_pointer: GlobalIdx,
    state: GlobalIdx,
) -> Result<(), Refused> {
    let body = allocate_stack(realloc, stack_pointer, Some(state))?;
    let exported = module.exports.iter().filter_map(|export| match export.index {
        ExternIdx::Func(func) => Some(func),
        _ => None,
    });
    let exported: BTreeSet<FuncIdx> = exported.collect();
    let allocate = add_func(module, FuncType::default(), body);
    module.names.funcs.insert(allocate, "allocate_stack".into());
    module.rewrite_code(|at| {
        if at.is_first() && exported.contains(&at.func()) {
            at.insert_before([Instr::Call { func: allocate }]);
        }
    })?;
    Ok(())
}

/// Makes the body of a function that allocates the stack; if there is a state, only when the stack
/// is missing.
fn allocate_stack(
    realloc: FuncIdx,
    stack_pointer: GlobalIdx,
    state: Option<GlobalIdx>,
) -> Result<Body<'static>, BuildError> {
    let constant = |value| Instr::I32Const { value };
    let allocate = |f: &mut FuncBuilder| {
        f.instrs([0, 0, 8, STACK_SIZE].map(constant));
        f.instrs([
            Instr::Call { func: realloc },
            constant(STACK_SIZE),
            Instr::I32Add,
            Instr::GlobalSet { global: stack_pointer },
        ]);
    };
    let mut f = FuncBuilder::new(0);
    match state {
        None => allocate(&mut f),
        Some(global) => {
            let set = |value| [constant(value), Instr::GlobalSet { global }];
            f.instrs([Instr::GlobalGet { global }, constant(state::MISSING), Instr::I32Eq]);
            f.if_(BlockType::Empty, |f, _| {
                f.instrs(set(state::ALLOCATING));
                allocate(f);
                f.instrs(set(state::ALLOCATED));
            });
        }
    }
    f.finish()
}

/// Makes the body of a `realloc` that only allocates the bytes of a stack, by making memory grow.
fn grow(page_bits: u8) -> Result<Body<'static>, BuildError> {
    let constant = |value| Instr::I32Const { value };
    let mut f = FuncBuilder::new(4);
    let pages = f.local(ValType::I32);
    let unless = |f: &mut FuncBuilder, condition: Vec<Instr<'_>>| {
        f.instrs(condition);
        f.if_(BlockType::Empty, |f, _| {
            f.instr(Instr::Unreachable);
        });
    };
    for (param, value) in [(0, 0), (1, 0), (3, STACK_SIZE)] {
        let local = f.param(param);
        unless(&mut f, [constant(value), Instr::LocalGet { local }, Instr::I32Ne].into());
    }
    let count = STACK_SIZE.checked_shr(page_bits.into()).unwrap_or(0).max(1);
    let memory = MemIdx(0);
    f.instrs([constant(count), Instr::MemoryGrow { memory }, Instr::LocalTee { local: pages }]);
    unless(&mut f, [constant(-1), Instr::I32Eq].into());
    f.instr(Instr::LocalGet { local: pages });
    if page_bits > 0 {
        f.instrs([constant(page_bits.into()), Instr::I32Shl]);
    }
    f.finish()
}
