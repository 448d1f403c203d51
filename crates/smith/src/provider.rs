//! The other side of a module's imports.

use alloc::format;

use wattle_ast::{
    Body, Export, Expr, ExternType, F32, F64, Func, FuncIdx, Global, GlobalIdx, Instr, MemIdx,
    Module, Table, TableIdx, TagIdx, TypeIdx, V128, ValType,
};

/// Zero or null.
fn default_of<'a>(ty: ValType) -> Instr<'a> {
    match ty {
        ValType::I32 => Instr::I32Const { value: 0 },
        ValType::I64 => Instr::I64Const { value: 0 },
        ValType::F32 => Instr::F32Const { value: F32(0) },
        ValType::F64 => Instr::F64Const { value: F64(0) },
        ValType::V128 => Instr::V128Const { value: V128([0; 16]) },
        ValType::Ref(ty) => Instr::RefNull { heap: ty.heap },
    }
}

fn expr(types: &[ValType]) -> Expr<'static> {
    types.iter().map(|&ty| default_of(ty)).chain([Instr::End]).collect()
}

/// A module that exports what `module` imports: the import of index `i` as `"i"`, in decimal.
///
/// Functions give zeros and nulls, globals hold them. It has the types of `module`, so that all
/// types agree. It is valid when no import asks for a reference that cannot be null, which holds
/// of the modules that are made here.
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
    let body = |_, ty| Body::new([], expr(results(module, ty)));
    provider_of(module, body, |_, ty| expr(&[ty]))
}

/// The same with bodies of functions and initialisers of globals by the indices of the imports and
/// their types.
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
/// assert_eq!(provider.funcs[0].body.instrs().next(), Some(Instr::Unreachable));
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
    for (place, import) in module.imports.iter().enumerate() {
        let index = match import.ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => {
                out.funcs.push(Func { ty, body: body(place, ty) });
                FuncIdx(out.funcs.len() as u32 - 1).into()
            }
            ExternType::Table(ty) => {
                out.tables.push(Table { ty, init: None });
                TableIdx(out.tables.len() as u32 - 1).into()
            }
            ExternType::Mem(ty) => {
                out.memories.push(ty);
                MemIdx(out.memories.len() as u32 - 1).into()
            }
            ExternType::Global(ty) => {
                out.globals.push(Global { ty, init: init(place, ty.val) });
                GlobalIdx(out.globals.len() as u32 - 1).into()
            }
            ExternType::Tag(ty) => {
                out.tags.push(ty);
                TagIdx(out.tags.len() as u32 - 1).into()
            }
        };
        out.exports.push(Export { name: format!("{place}").into(), index });
    }
    out
}

fn results<'m>(module: &'m Module<'_>, ty: TypeIdx) -> &'m [ValType] {
    match module.types.get(ty.idx()).map(|ty| &ty.comp) {
        Some(wattle_ast::CompType::Func(ty)) => ty.results(),
        _ => &[],
    }
}
