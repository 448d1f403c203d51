//! A library with `dlopen`, `dlsym`, `dlclose` and `dlerror`, which find libraries and symbols in the
//! table that the linker writes ([`Layout`](super::layout::Layout)).
//!
//! All libraries exist from the beginning, so flags of `dlopen` and `dlclose` change nothing. A
//! handle is the address of the library in the table. The handle of the whole program, which
//! `dlopen` returns for a null pointer, is the address of the table's root; `dlsym` takes 0 for it
//! too (`RTLD_DEFAULT`), and looks in all libraries that can be opened.

use alloc::string::String;

use wattle_ast::custom::{Dylink, DylinkMemory, DylinkSubsection};
use wattle_ast::{
    BlockType, Encode, FuncIdx, GlobalIdx, Instr, LocalIdx, MemArg, MemIdx, MemType, Module,
    ValType,
};
use wattle_encoder::{BuildError, FuncBuilder, Imports, ModuleBuilder};

use super::library::{GOT_MEM, LinkerGlobal, MEMORY_BASE, address};
use crate::new::ENV;

/// The name of the library.
pub(super) const NAME: &str = "libdl.so";

/// The messages of `dlerror`.
const MESSAGES: [&str; 3] =
    ["no library of this name can be opened\0", "no symbol has this name\0", "invalid handle\0"];

/// The messages by their numbers.
#[derive(Clone, Copy)]
enum Message {
    NoLibrary,
    NoSymbol,
    Handle,
}

impl Message {
    /// Returns the offset of the message among all messages.
    fn offset(self) -> u32 {
        MESSAGES.iter().take(self as usize).map(|message| message.len() as u32).sum()
    }
}

/// The sizes in bytes of the entries of the table: of a library, and of a symbol. Both begin with
/// the length and the address of the name.
const LIBRARY: i32 = 16;
const SYMBOL: i32 = 12;

const VALUE: BlockType = BlockType::Value(ValType::I32);

/// The globals that the functions refer to.
#[derive(Clone, Copy)]
struct Globals {
    memory_base: GlobalIdx,
    /// The address of the root.
    root: GlobalIdx,
    /// The address of the message that `dlerror` returns next, or 0.
    error: GlobalIdx,
}

/// Builds the library.
pub(super) fn libdl() -> Result<Module<'static>, BuildError> {
    let mut imports = Imports::new();
    imports.memory(ENV, "memory", MemType::default());
    let memory_base = imports.global(ENV, MEMORY_BASE, address(false));
    let root = imports.global(GOT_MEM, LinkerGlobal::Libraries.name(), address(true));
    let mut module = ModuleBuilder::with_imports(imports);
    let error = module.global(address(true), [constant(0)]);
    let globals = Globals { memory_base, root, error };
    let find = find(&mut module);
    let is_library = is_library(&mut module, globals);
    let [unary, binary, nullary] = [1, 2, 0].map(|params| {
        let params: &[ValType] = &[ValType::I32; 2][..params];
        module.ty(params.iter().copied(), [ValType::I32])
    });
    let dlopen = module.func(binary, |f| dlopen(f, globals, find));
    let dlsym = module.func(binary, |f| dlsym(f, globals, find, is_library));
    let dlclose = module.func(unary, |f| dlclose(f, globals, is_library));
    let dlerror = module.func(nullary, |f| {
        f.instrs([get_global(error), constant(0), Instr::GlobalSet { global: error }]);
    });
    for (name, func) in
        [("dlopen", dlopen), ("dlsym", dlsym), ("dlclose", dlclose), ("dlerror", dlerror)]
    {
        module.export(name, func);
        module.names().funcs.insert(func, name.into());
    }
    module.names().module = Some(NAME.into());
    let messages: String = MESSAGES.concat();
    let memory = DylinkMemory { memory_size: messages.len() as u32, ..DylinkMemory::default() };
    module.data(MemIdx(0), [get_global(memory_base)], messages.into_bytes());
    let dylink = Dylink { subsections: [DylinkSubsection::Memory(memory)].into() };
    module.custom(Dylink::NAME, dylink.to_bytes(), None);
    module.build()
}

fn constant(value: i32) -> Instr<'static> {
    Instr::I32Const { value }
}

fn get(local: LocalIdx) -> Instr<'static> {
    Instr::LocalGet { local }
}

fn set(local: LocalIdx) -> Instr<'static> {
    Instr::LocalSet { local }
}

fn get_global(global: GlobalIdx) -> Instr<'static> {
    Instr::GlobalGet { global }
}

/// Returns the instruction that loads the word at an offset from the address on the stack.
fn load(offset: u64) -> Instr<'static> {
    Instr::I32Load { memarg: MemArg { offset, align: 2, memory: MemIdx(0) } }
}

fn load_byte() -> Instr<'static> {
    Instr::I32Load8U { memarg: MemArg { offset: 0, align: 0, memory: MemIdx(0) } }
}

/// Adds to a local.
fn add(f: &mut FuncBuilder, local: LocalIdx, amount: i32) {
    f.instrs([get(local), constant(amount), Instr::I32Add, set(local)]);
}

/// Sets the message that `dlerror` returns next.
fn fail(f: &mut FuncBuilder, globals: Globals, message: Message) {
    let offset = constant(message.offset().cast_signed());
    f.instrs([get_global(globals.memory_base), offset, Instr::I32Add]);
    f.instr(Instr::GlobalSet { global: globals.error });
}

/// Adds a function that compares a name that ends with a zero byte with that of an entry: less than
/// 0, 0, or more, as the first is less than the second, equal, or greater.
fn compare(module: &mut ModuleBuilder) -> FuncIdx {
    let ty = module.ty([ValType::I32; 2], [ValType::I32]);
    module.func(ty, |f| {
        let (name, entry) = (f.param(0), f.param(1));
        let [at, left, byte] = [(); 3].map(|()| f.local(ValType::I32));
        f.instrs([get(entry), load(0), set(left), get(entry), load(4), set(at)]);
        f.loop_(BlockType::Empty, |f, again| {
            f.instrs([get(name), load_byte(), set(byte)]);
            // Behind the entry's name, a longer name is greater.
            f.instrs([get(left), Instr::I32Eqz]);
            f.if_(BlockType::Empty, |f, _| {
                f.instrs([get(byte), Instr::Return]);
            });
            f.instrs([get(byte), get(at), load_byte(), Instr::I32Ne]);
            f.instrs([get(byte), Instr::I32Eqz, Instr::I32Or]);
            f.if_(BlockType::Empty, |f, _| {
                // A name that ends before the entry's name is less.
                f.instrs([get(byte), Instr::I32Eqz]);
                f.if_(BlockType::Empty, |f, _| {
                    f.instrs([constant(-1), Instr::Return]);
                });
                f.instrs([get(byte), get(at), load_byte(), Instr::I32Sub, Instr::Return]);
            });
            add(f, name, 1);
            add(f, at, 1);
            add(f, left, -1);
            f.br(again);
        });
        f.instr(Instr::Unreachable);
    })
}

/// Adds a function that finds a name in a sorted list: given the name, the first entry, the count
/// and the size of entries, it returns the address of the entry, or 0.
fn find(module: &mut ModuleBuilder) -> FuncIdx {
    let compare = compare(module);
    let ty = module.ty([ValType::I32; 4], [ValType::I32]);
    module.func(ty, |f| {
        let [name, first, count, size] = [0, 1, 2, 3].map(|param| f.param(param));
        let [half, entry, order] = [(); 3].map(|()| f.local(ValType::I32));
        f.block(BlockType::Empty, |f, missing| {
            f.loop_(BlockType::Empty, |f, again| {
                f.instrs([get(count), Instr::I32Eqz]).br_if(missing);
                f.instrs([get(count), constant(1), Instr::I32ShrU, set(half)]);
                f.instrs([get(first), get(half), get(size), Instr::I32Mul, Instr::I32Add]);
                f.instrs([set(entry), get(name), get(entry)]);
                f.instrs([Instr::Call { func: compare }, Instr::LocalTee { local: order }]);
                f.instr(Instr::I32Eqz);
                f.if_(BlockType::Empty, |f, _| {
                    f.instrs([get(entry), Instr::Return]);
                });
                f.instrs([get(order), constant(0), Instr::I32GtS]);
                f.if_else(
                    BlockType::Empty,
                    |f, _| {
                        f.instrs([get(entry), get(size), Instr::I32Add, set(first)]);
                        f.instrs([get(count), get(half), Instr::I32Sub]);
                        f.instrs([constant(1), Instr::I32Sub, set(count)]);
                    },
                    |f, _| {
                        f.instrs([get(half), set(count)]);
                    },
                );
                f.br(again);
            });
        });
        f.instr(constant(0));
    })
}

/// Adds a function that tells whether a handle is that of a library.
fn is_library(module: &mut ModuleBuilder, globals: Globals) -> FuncIdx {
    let ty = module.ty([ValType::I32], [ValType::I32]);
    module.func(ty, |f| {
        let (handle, root) = (f.param(0), get_global(globals.root));
        // A handle below the first library becomes a large number.
        f.instrs([get(handle), root, load(4), Instr::I32Sub, Instr::LocalTee { local: handle }]);
        f.instrs([root, load(0), constant(LIBRARY), Instr::I32Mul, Instr::I32LtU]);
        f.instrs([get(handle), constant(LIBRARY - 1), Instr::I32And, Instr::I32Eqz]);
        f.instr(Instr::I32And);
    })
}

/// `void *dlopen(const char *name, int flags)`
fn dlopen(f: &mut FuncBuilder, globals: Globals, find: FuncIdx) {
    let (name, root) = (f.param(0), get_global(globals.root));
    f.instrs([get(name), Instr::I32Eqz]);
    f.if_(BlockType::Empty, |f, _| {
        f.instrs([root, Instr::Return]);
    });
    let found = f.local(ValType::I32);
    f.instrs([get(name), root, load(4), root, load(0), constant(LIBRARY)]);
    f.instrs([Instr::Call { func: find }, Instr::LocalTee { local: found }, Instr::I32Eqz]);
    f.if_(BlockType::Empty, |f, _| fail(f, globals, Message::NoLibrary));
    f.instr(get(found));
}

/// `void *dlsym(void *handle, const char *name)`
fn dlsym(f: &mut FuncBuilder, globals: Globals, find: FuncIdx, is_library: FuncIdx) {
    let (handle, name, root) = (f.param(0), f.param(1), get_global(globals.root));
    let [library, left, found] = [(); 3].map(|()| f.local(ValType::I32));
    // The libraries to look in: all, or the one of the handle.
    f.instrs([get(handle), Instr::I32Eqz, get(handle), root, Instr::I32Eq, Instr::I32Or]);
    f.if_else(
        BlockType::Empty,
        |f, _| {
            f.instrs([root, load(4), set(library), root, load(0), set(left)]);
        },
        |f, _| {
            f.instrs([get(handle), Instr::Call { func: is_library }, Instr::I32Eqz]);
            f.if_(BlockType::Empty, |f, _| {
                fail(f, globals, Message::Handle);
                f.instrs([constant(0), Instr::Return]);
            });
            f.instrs([get(handle), set(library), constant(1), set(left)]);
        },
    );
    f.block(BlockType::Empty, |f, missing| {
        f.loop_(BlockType::Empty, |f, again| {
            f.instrs([get(left), Instr::I32Eqz]).br_if(missing);
            f.instrs([get(name), get(library), load(12), get(library), load(8), constant(SYMBOL)]);
            f.instrs([Instr::Call { func: find }, Instr::LocalTee { local: found }]);
            f.if_(BlockType::Empty, |f, _| {
                f.instrs([get(found), load(8), Instr::Return]);
            });
            add(f, library, LIBRARY);
            add(f, left, -1);
            f.br(again);
        });
    });
    fail(f, globals, Message::NoSymbol);
    f.instr(constant(0));
}

/// `int dlclose(void *handle)`
fn dlclose(f: &mut FuncBuilder, globals: Globals, is_library: FuncIdx) {
    let handle = f.param(0);
    f.instrs([get(handle), Instr::Call { func: is_library }]);
    f.instrs([get(handle), get_global(globals.root), Instr::I32Eq, Instr::I32Or]);
    f.if_else(
        VALUE,
        |f, _| {
            f.instr(constant(0));
        },
        |f, _| {
            fail(f, globals, Message::Handle);
            f.instr(constant(-1));
        },
    );
}
