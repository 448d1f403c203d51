//! Passes over types: signatures of functions, locals, the hierarchy of types, fields of structs.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::{
    Body, CompType, DefIdx, Encode, Expr, ExternKind, ExternType, Features, FieldIdx, Func,
    FuncIdx, FuncType, Instr, ItemKind, Local, LocalIdx, Module, Remap, TypeIdx,
};
use wattle_validator::OperandType;

use crate::code::{Code, Form, Tree};
use crate::contents::Contents;
use crate::emit::{Edit, apply, stand_in};
use crate::plan::{ModulePlan, Plan, View, numbers};

/// The parts of their type that functions lose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Loss {
    pub(crate) params: bool,
    pub(crate) results: bool,
}

/// Removes parameters, results or both from functions. Parameters become locals; callers drop the
/// arguments, and continue with default values for the results.
pub(crate) fn signatures<'b>(
    module: &'b Module<'static>,
    features: Features,
    loss: Loss,
) -> ModulePlan<'b> {
    let view = View::new(module, features);
    let loses = |ty: &FuncType| {
        (loss.params && !ty.params().is_empty()) || (loss.results && !ty.results().is_empty())
    };
    let funcs = (0..).map(FuncIdx).zip(&view.spaces.funcs);
    let funcs = funcs.filter_map(|(func, ty)| {
        let ty = module.func_type(*ty)?;
        loses(ty).then(|| (func, ty.clone()))
    });
    let funcs: Vec<(FuncIdx, FuncType)> = funcs.collect();
    let contents = Contents::new(module);
    let keys = funcs.iter().map(|(func, _)| contents.item(ItemKind::Func, func.0));
    let keys: Vec<u128> = keys.collect();
    let plan = Plan::new(funcs.len(), move |selected| {
        let chosen = numbers(selected).filter_map(|number| funcs.get(number).cloned());
        shortened(&view, &chosen.collect(), loss)
    });
    plan.keyed(keys)
}

/// The module with functions that lose their parameters or results. Each comes with its old type.
fn shortened(
    view: &View<'_>,
    funcs: &BTreeMap<FuncIdx, FuncType>,
    loss: Loss,
) -> Option<Module<'static>> {
    let mut changed = view.module.clone();
    let imported = view.spaces.imported(ExternKind::Func);
    for (place, Func { body, .. }) in view.module.funcs.iter_indexed() {
        let func = place.in_space(imported);
        let own = funcs.get(&func);
        let calls = |instr: Instr<'_>| match instr {
            Instr::Call { func } | Instr::ReturnCall { func } => funcs.contains_key(&func),
            _ => false,
        };
        if own.is_none() && !body.instrs().flatten().any(calls) {
            continue;
        }
        let code = view.code(place)?;
        let mut edits = Vec::new();
        for (at, &instr) in code.instrs.iter().enumerate() {
            if let Instr::Call { func } | Instr::ReturnCall { func } = instr
                && let Some(ty) = funcs.get(&func)
            {
                edits.push(call(at, instr, ty, &code, loss)?);
            }
        }
        let mut body = body.clone();
        if let Some(ty) = own {
            if loss.results {
                let at = code.instrs.len().checked_sub(1)?;
                let insert = stand_in(ty.results().len(), &[]);
                edits.push(Edit { remove: Vec::new(), insert: [(at, insert)].into() });
            }
            if loss.params {
                let params = ty.params().iter().map(|&ty| Local { count: 1, ty });
                body = Body::new(params.chain(body.locals()), body.expr());
            }
        }
        let edits: Vec<&Edit> = edits.iter().collect();
        let body = apply(&body, &edits)?;
        // An unused parameter must not become a local, which would take more room.
        let params = match own {
            Some(_) if loss.params => 0,
            _ => view.module.func_type(view.spaces.func(func)?)?.params().len() as u32,
        };
        let shorter = own.and_then(|_| without_unused(&body, params));
        changed.funcs.get_mut(place)?.body = shorter.unwrap_or(body);
    }
    for (func, ty) in funcs {
        let params = ty.params().iter().copied().filter(|_| !loss.params);
        let results = ty.results().iter().copied().filter(|_| !loss.results);
        let ty = changed.add_func_type(FuncType::new(params, results));
        if let Some(place) = DefIdx::behind(imported, *func) {
            changed.funcs.get_mut(place)?.ty = ty;
            continue;
        }
        let mut imports = changed.imports.iter_mut().filter_map(|import| match &mut import.ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => Some(ty),
            _ => None,
        });
        *imports.nth(func.idx())? = ty;
    }
    Some(changed)
}

/// The change to a call of a function that loses parameters or results.
fn call(at: usize, instr: Instr<'_>, ty: &FuncType, code: &Code<'_>, loss: Loss) -> Option<Edit> {
    if code.is_dead[at] {
        return Some(Edit::replace(at..at + 1, [Instr::Unreachable]));
    }
    let is_tail = matches!(instr, Instr::ReturnCall { .. });
    if is_tail && loss.results {
        return None;
    }
    let mut insert = stand_in(if loss.params { ty.params().len() } else { 0 }, &[]);
    instr.encode(&mut insert);
    if loss.results {
        let results: Vec<OperandType> =
            ty.results().iter().map(|ty| OperandType::Known(*ty)).collect();
        insert.extend(stand_in(0, &results));
    }
    Some(Edit::new(at..at + 1, [(at, insert)].into()))
}

/// Removes locals that a function does not use.
pub(crate) fn locals<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let funcs = module.funcs.iter_indexed().filter_map(|(place, func)| {
        let params = module.func_type(func.ty)?.params().len() as u32;
        Some((place, without_unused(&func.body, params)?))
    });
    let funcs: Vec<_> = funcs.collect();
    let imported = module.imported(ExternKind::Func);
    Plan::each(module, funcs.len(), move |module, number| {
        let (place, body) = funcs.get(number)?;
        module.funcs.get_mut(*place)?.body = body.clone();
        module.names.locals.remove(place.in_space(imported));
        Some(())
    })
}

/// The body without locals that it does not use; `None` if it uses all.
fn without_unused(body: &Body<'_>, params: u32) -> Option<Body<'static>> {
    let mut used = Used::default();
    body.expr().remap(&mut used).ok()?;
    let mut map = BTreeMap::new();
    let (mut old, mut new) = (u64::from(params), params);
    let mut runs = Vec::new();
    for run in body.locals() {
        let end = old + u64::from(run.count);
        let range = LocalIdx(u32::try_from(old).ok()?)..LocalIdx(u32::try_from(end).ok()?);
        let mut count = 0;
        for local in used.0.range(range) {
            map.insert(*local, LocalIdx(new));
            (new, count) = (new + 1, count + 1);
        }
        runs.push(Local { count, ..run });
        old = end;
    }
    if u64::from(new) == old {
        return None;
    }
    let expr = body.expr();
    let expr = expr.remap(&mut Renumbered(&map)).ok()?;
    Some(Body::new(Local::joined(runs), expr))
}

/// The locals that an expression uses.
#[derive(Default)]
struct Used(BTreeSet<LocalIdx>);

impl Remap for Used {
    type Error = core::convert::Infallible;

    fn local(&mut self, local: LocalIdx) -> Result<LocalIdx, Self::Error> {
        self.0.insert(local);
        Ok(local)
    }
}

struct Renumbered<'m>(&'m BTreeMap<LocalIdx, LocalIdx>);

impl Remap for Renumbered<'_> {
    type Error = core::convert::Infallible;

    fn local(&mut self, local: LocalIdx) -> Result<LocalIdx, Self::Error> {
        Ok(self.0.get(&local).copied().unwrap_or(local))
    }
}

/// Dissolves recursive groups; makes types final, without supertypes and without descriptors.
pub(crate) fn hierarchy<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let (groups, types) = (module.rec_groups.len(), module.types.len());
    Plan::new(groups + 3 * types, move |selected| {
        let mut changed = module.clone();
        let next = crate::plan::remove_selected(&mut changed.rec_groups, selected, 0);
        for number in numbers(selected.get(next..)?) {
            let ty = changed.types.get_mut(TypeIdx((number % types) as u32))?;
            match number / types {
                0 => ty.supertypes = Default::default(),
                1 => ty.is_final = true,
                _ => (ty.describes, ty.descriptor) = (None, None),
            }
        }
        Some(changed)
    })
}

/// Removes the last field of struct types.
pub(crate) fn fields<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    let view = View::new(module, features);
    let structs = module.types.iter_indexed().filter_map(|(index, ty)| match &ty.comp {
        CompType::Struct(ty) => Some((index, FieldIdx(ty.fields.len().checked_sub(1)? as u32))),
        _ => None,
    });
    let structs: Vec<(TypeIdx, FieldIdx)> = structs.collect();
    Plan::new(structs.len(), move |selected| {
        let lost = Lost(numbers(selected).filter_map(|it| structs.get(it).copied()).collect());
        without_fields(&view, &lost)
    })
}

/// For struct types, the field that is removed, which is the last one.
struct Lost(BTreeMap<TypeIdx, FieldIdx>);

impl Remap for &Lost {
    type Error = ();

    fn field(&mut self, ty: TypeIdx, field: FieldIdx) -> Result<FieldIdx, ()> {
        if self.0.get(&ty) == Some(&field) { Err(()) } else { Ok(field) }
    }
}

impl Lost {
    /// Whether an instruction creates, from the values of all fields, a struct that loses a field.
    fn is_made_by(&self, instr: Instr<'_>) -> bool {
        matches!(instr, Instr::StructNew { ty } if self.0.contains_key(&ty))
    }
}

fn without_fields(view: &View<'_>, lost: &Lost) -> Option<Module<'static>> {
    let mut changed = view.module.clone();
    for ty in lost.0.keys() {
        let CompType::Struct(ty) = &mut changed.types.get_mut(*ty)?.comp else { return None };
        let mut fields = core::mem::take(&mut ty.fields).into_vec();
        fields.pop();
        ty.fields = fields.into();
    }
    for (place, Func { body, .. }) in view.module.funcs.iter_indexed() {
        let makes = body.instrs().flatten().any(|instr| lost.is_made_by(instr));
        if !makes && body.expr().remap(&mut &*lost).is_ok() {
            continue;
        }
        let edits = edits_of(&view.code(place)?, lost);
        let edits: Vec<&Edit> = edits.iter().collect();
        changed.funcs.get_mut(place)?.body = apply(body, &edits)?;
    }
    for global in changed.globals.iter_mut() {
        constant(&mut global.init, lost);
    }
    for table in changed.tables.iter_mut() {
        table.init.iter_mut().for_each(|init| constant(init, lost));
    }
    Some(changed)
}

fn edits_of(code: &Code<'_>, lost: &Lost) -> Vec<Edit> {
    let trees = code.trees.iter().filter(|tree| tree.form == Form::Instr);
    let mut trees: Vec<&Tree> = trees.collect();
    trees.sort_by_key(|tree| tree.root);
    let mut trees = trees.into_iter().peekable();
    let mut edits = Vec::new();
    let mut buffer = Vec::new();
    for (at, &instr) in code.instrs.iter().enumerate() {
        while trees.next_if(|tree| tree.root < at).is_some() {}
        let tree = trees.peek().filter(|tree| tree.root == at);
        let is_made = lost.is_made_by(instr);
        if !is_made && instr.remap(&mut &*lost, &mut buffer).is_ok() {
            continue;
        }
        edits.push(match tree {
            None => Edit::replace(at..at + 1, [Instr::Unreachable]),
            Some(_) if is_made => Edit::replace(at..at + 1, [Instr::Drop, instr]),
            Some(tree) => Edit::flatten(tree, code),
        });
    }
    edits
}

/// Creates the struct of a constant expression from default values, if it loses a field.
fn constant(expr: &mut Expr<'static>, lost: &Lost) {
    let instrs: Vec<Instr<'_>> = expr.iter().flatten().collect();
    if let [.., Instr::StructNew { ty }, Instr::End] = instrs[..]
        && lost.0.contains_key(&ty)
    {
        *expr = [Instr::StructNewDefault { ty }, Instr::End].into_iter().collect();
    }
}
