//! The provider of a module: a second module, which exports everything that the first imports.

use alloc::format;

use wattle_ast::{
    Body, Export, Expr, ExternType, Func, Global, Instr, Module, Table, TypeIdx, ValType,
};

/// The default value of a type, as an instruction: zero, or null. Spec:
/// <https://webassembly.github.io/spec/core/exec/runtime.html#default-val>
///
/// A reference type that is not nullable has no default; the answer is null of its heap type.
///
/// ```
/// use wattle_ast::{Instr, ValType};
/// assert_eq!(wattle_smith::default_of(ValType::I64), Instr::I64Const { value: 0 });
/// ```
pub fn default_of<'a>(ty: ValType) -> Instr<'a> {
    Instr::default_of(ty)
}

fn defaults(types: &[ValType]) -> Expr<'static> {
    types.iter().map(|&ty| default_of(ty)).chain([Instr::End]).collect()
}

/// A module with an export for each import of `module`: `"0"` for the first, `"1"` for the second,
/// and so on.
///
/// Functions return zeros and nulls, and globals hold them. It defines the types of `module`, so
/// that type indices mean the same in both. It is valid when no import has a result or value that
/// is a non-null reference, as is so for generated modules.
///
/// ```
/// use wattle_smith::{Config, from_seed, provider};
///
/// let module = from_seed(&Config::default(), 5).module;
/// let provider = provider(&module);
/// assert_eq!(provider.exports.len(), module.imports.len());
/// assert!(wattle_validator::validate(&provider).is_ok());
/// ```
pub fn provider(module: &Module<'_>) -> Module<'static> {
    let results = |ty| module.func_type(ty).map_or(&[][..], |ty| ty.results());
    let body = |_, ty| Body::new([], defaults(results(ty)));
    provider_of(module, body, |_, ty| defaults(&[ty]))
}

/// A module with an export for each import of `module`, like [`provider`], but with code of the
/// caller's: `body` and `init` get the position of an import and its type, and give the body of the
/// function and the initialiser of the global.
///
/// ```
/// use wattle_ast::{Body, ExternType, FuncType, Import, Instr, Module, TypeIdx};
/// use wattle_smith::provider_of;
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// let ty = ExternType::Func(TypeIdx(0));
/// module.imports.push(Import { module: "env".into(), name: "abort".into(), ty });
/// let traps = |_, _| Body::new([], [Instr::Unreachable, Instr::End].into_iter().collect());
/// let zero = |_, _| [Instr::I32Const { value: 0 }, Instr::End].into_iter().collect();
/// let provider = provider_of(&module, traps, zero);
/// assert_eq!(provider.funcs[0.into()].body.instrs().next(), Some(Ok(Instr::Unreachable)));
/// ```
pub fn provider_of(
    module: &Module<'_>,
    mut body: impl FnMut(usize, TypeIdx) -> Body<'static>,
    mut init: impl FnMut(usize, ValType) -> Expr<'static>,
) -> Module<'static> {
    let mut out = Module {
        types: module.types.clone(),
        rec_groups: module.rec_groups.clone(),
        ..Module::default()
    };
    for (number, (index, import)) in module.indexed_imports().enumerate() {
        match import.ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => {
                out.funcs.push(Func { ty, body: body(number, ty) });
            }
            ExternType::Table(ty) => out.tables.push(Table { ty, init: None }),
            ExternType::Mem(ty) => out.memories.push(ty),
            ExternType::Global(ty) => {
                out.globals.push(Global { ty, init: init(number, ty.val) });
            }
            ExternType::Tag(ty) => out.tags.push(ty),
        }
        out.exports.push(Export { name: format!("{number}").into(), index });
    }
    out
}
