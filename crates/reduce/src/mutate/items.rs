//! Mutations of everything in a module but the instructions of bodies. They work in place: a
//! mutation that finds nothing to change may leave the module in any state.

use alloc::format;
use alloc::vec::Vec;

use wattle_ast::{
    Body, CompType, Custom, CustomData, Data, DataIdx, DataMode, DefIdx, ElemIdx, ElemItems,
    Export, Expr, ExternIdx, ExternKind, FieldType, Func, FuncIdx, FuncType, Global, GlobalType,
    Instr, Limits, List, LocalIdx, Module, RecGroup, StorageType, StructType, SubType, TypeIdx,
    ValType,
};

use super::random::Random;
use crate::emit::default_of_type;

const NUMBERS: [ValType; 5] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

/// Moves the body of a function into a new one, which it calls.
pub(super) fn outline(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let func = DefIdx::<FuncIdx>::from(random.below(module.funcs.len()) as u32);
    let Func { ty, body } = module.funcs.get(func)?.clone();
    let params = module.func_type(ty)?.params().len() as u32;
    let new = FuncIdx(module.imported(ExternKind::Func) + module.funcs.len() as u32);
    let call = (0..params).map(|local| Instr::LocalGet { local: LocalIdx(local) });
    let call = call.chain([Instr::Call { func: new }, Instr::End]).collect();
    module.funcs.get_mut(func)?.body = Body::new([], call);
    module.funcs.push(Func { ty, body });
    Some(())
}

/// Adds a type that nothing uses.
pub(super) fn add_type(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let mut types: Vec<ValType> = Vec::new();
    for _ in 0..random.below(5) {
        types.push(*random.of(&NUMBERS)?);
    }
    let comp = match random.below(2) {
        0 => {
            let at = random.below(types.len() + 1);
            CompType::Func(FuncType::new(types[..at].to_vec(), types[at..].to_vec()))
        }
        _ => {
            let field =
                |val: &ValType| FieldType { mutable: true, storage: StorageType::Val(*val) };
            CompType::Struct(StructType { fields: types.iter().map(field).collect() })
        }
    };
    let is_final = random.below(2) == 0;
    module.types.push(SubType { is_final, ..SubType::from(comp) });
    Some(())
}

/// Adds a function, a global, a passive segment or a custom section that nothing uses.
pub(super) fn add_items(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    match random.below(4) {
        0 => {
            let source = DefIdx::<FuncIdx>::from(random.below(module.funcs.len()) as u32);
            module.funcs.push(module.funcs.get(source)?.clone());
        }
        1 => {
            let ty = GlobalType { mutable: random.below(2) == 0, val: *random.of(&NUMBERS)? };
            let init = default_of_type(ty.val).into_iter().chain([Instr::End]).collect();
            module.globals.push(Global { ty, init });
        }
        2 => {
            let bytes: Vec<u8> = (0..random.below(9)).map(|_| random.bits() as u8).collect();
            module.datas.push(Data { mode: DataMode::Passive, bytes: bytes.into() });
        }
        _ => {
            let name = format!("custom{}", random.below(100));
            let bytes: Vec<u8> = (0..random.below(9)).map(|_| random.bits() as u8).collect();
            let data = CustomData::Bytes(bytes.into());
            module.customs.push(Custom { name: name.into(), data, after: module.last_section() });
        }
    }
    Some(())
}

/// Turns a type outside of all groups into a group of one type, or the other way round.
pub(super) fn group_types(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let first = TypeIdx(random.below(module.types.len()) as u32);
    module.types.get(first)?;
    let run = module.type_runs().find(|run| {
        (run.first..run.first.saturating_add(run.items.len() as u32)).contains(&first.0)
    })?;
    match run.group.cloned() {
        Some(group) if group.len == 1 => module.rec_groups.retain(|other| *other != group),
        Some(_) => return None,
        None => {
            let at = module.rec_groups.partition_point(|group| group.first < first);
            module.rec_groups.insert(at, RecGroup { first, len: 1 });
        }
    }
    Some(())
}

/// Moves a function to another index.
pub(super) fn move_func(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let imported = module.imported(ExternKind::Func);
    let count = module.funcs.len();
    let mut index = || FuncIdx(imported + random.below(count) as u32);
    let (from, to) = (index(), index());
    module.move_func(from, to).ok()
}

/// Changes the limits of a memory or table.
pub(super) fn change_limits(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let memories = module.memories.iter_mut().map(|memory| &mut memory.limits);
    let tables = module.tables.iter_mut().map(|table| &mut table.ty.limits);
    let mut all: Vec<&mut Limits> = memories.chain(tables).collect();
    let at = random.below(all.len());
    let limits = all.get_mut(at)?;
    match random.below(3) {
        0 => limits.min = random.below(4) as u64,
        1 => limits.max = Some(limits.min.saturating_add(random.below(4) as u64)),
        _ => limits.max = None,
    }
    Some(())
}

/// Changes, adds or removes bytes of a data segment.
pub(super) fn change_data(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let data = module.datas.get_mut(DataIdx(random.below(module.datas.len()) as u32))?;
    let bytes = data.bytes.to_mut();
    let at = random.below(bytes.len());
    match random.below(3) {
        0 => *bytes.get_mut(at)? = random.bits() as u8,
        1 => bytes.insert(at, random.bits() as u8),
        _ => bytes.truncate(at),
    }
    Some(())
}

/// Removes or doubles an element of a segment.
pub(super) fn change_elements(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let elem = module.elems.get_mut(ElemIdx(random.below(module.elems.len()) as u32))?;
    let at = random.below(elem.items.len() as usize);
    let doubles = random.below(2) == 0;
    let times = |number: usize| if number != at { 1 } else { usize::from(doubles) * 2 };
    elem.items = match &elem.items {
        ElemItems::Funcs(funcs) => {
            let all = funcs.view().iter().enumerate();
            let all = all.flat_map(|(number, func)| core::iter::repeat_n(func, times(number)));
            ElemItems::Funcs(List::new(all.collect::<Vec<FuncIdx>>()))
        }
        ElemItems::Exprs(exprs) => {
            let all = exprs.view().iter().enumerate();
            let all = all.flat_map(|(number, expr)| core::iter::repeat_n(expr, times(number)));
            ElemItems::Exprs(List::new(all.collect::<Vec<Expr<'_>>>()))
        }
    };
    Some(())
}

/// Adds, removes or redirects an export, or takes the start function's role away.
pub(super) fn change_exports(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let at = random.below(module.exports.len());
    match random.below(4) {
        0 => {
            let count = module.imported(ExternKind::Func) as usize + module.funcs.len();
            let index = ExternIdx::Func(FuncIdx(random.below(count) as u32));
            let name = format!("export{}", random.below(100)).into();
            module.exports.push(Export { name, index });
        }
        1 if at < module.exports.len() => drop(module.exports.remove(at)),
        2 => {
            let export = module.exports.get_mut(at)?;
            let index = export.index.index() + 1;
            export.index = ExternIdx::new(export.index.kind(), index);
        }
        _ => module.start = None,
    }
    Some(())
}

/// Gives a global another initial value, or another mutability.
pub(super) fn change_initial_value(
    module: &mut Module<'static>,
    random: &mut Random,
) -> Option<()> {
    let at = random.below(module.globals.len());
    let global = module.globals.as_vec_mut().get_mut(at)?;
    if random.below(3) == 0 {
        global.ty.mutable = !global.ty.mutable;
        return Some(());
    }
    let value = match global.ty.val {
        ValType::I32 => Instr::I32Const { value: random.number() as i32 },
        ValType::I64 => Instr::I64Const { value: random.number() },
        ty => default_of_type(ty)?,
    };
    global.init = [value, Instr::End].into_iter().collect();
    Some(())
}

/// Changes the place of a type in the hierarchy, or the mutability of a field.
pub(super) fn change_types(module: &mut Module<'static>, random: &mut Random) -> Option<()> {
    let count = module.types.len();
    let index = random.below(count) as u32;
    let supertype = TypeIdx(random.below(index as usize) as u32);
    let ty = module.types.get_mut(TypeIdx(index))?;
    match random.below(4) {
        0 => ty.is_final = !ty.is_final,
        1 => ty.supertypes = [supertype].into(),
        2 => ty.supertypes = Default::default(),
        _ => match &mut ty.comp {
            CompType::Struct(ty) => {
                let at = random.below(ty.fields.len());
                let field = ty.fields.get_mut(at)?;
                field.mutable = !field.mutable;
            }
            CompType::Array(ty) => ty.field.mutable = !ty.field.mutable,
            CompType::Func(_) | CompType::Cont(_) => return None,
        },
    }
    Some(())
}
