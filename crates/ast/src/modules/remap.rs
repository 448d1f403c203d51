//! New indices for old ones, in everything that a module holds.

use alloc::vec::Vec;
use core::fmt;

use super::body::{Body, BodyChange, Local};
use super::externs::ExternIdx;
use super::items::{
    Data, DataMode, Elem, ElemItems, ElemMode, Export, Func, Global, Import, ImportGroup, Table,
};
use super::module::Module;
use super::names::{IndirectNameMap, NameMap, Names};
use crate::custom::{Moves, mentioned};
use crate::instructions::{Patch, Reindex, Remapping, remap_code, remap_list};
use crate::{
    DefIdx, Expr, ExternKind, FuncIdx, InstrRef, Instrs, ItemKind, List, MemIdx, Path, Remap,
    RemapFault, SpaceIdx, SubType, TableIdx, TagType, TypeIdx,
};

/// The reason why a module cannot be rewritten, and the place of the fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemapError<E> {
    /// The reason.
    pub fault: RemapFault<E>,
    /// The item that holds the index, and in code the instruction, by old indices.
    pub path: Path,
}

impl<E: fmt::Display> fmt::Display for RemapError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in {}", self.fault, self.path)
    }
}

impl<E: core::error::Error + 'static> core::error::Error for RemapError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.fault)
    }
}

type Result<T, R> = core::result::Result<T, RemapError<<R as Remap>::Error>>;

/// The parts of a module that hold indices, rewritten. Bodies and data stay in the module; only
/// changed bodies, and the modes of data segments, are here.
struct Parts<'a> {
    types: Vec<SubType>,
    imports: Vec<Import<'a>>,
    import_groups: Vec<ImportGroup<'a>>,
    func_types: Vec<TypeIdx>,
    bodies: Vec<(DefIdx<FuncIdx>, Body<'static>)>,
    tables: Vec<Table<'a>>,
    tags: Vec<TagType>,
    globals: Vec<Global<'a>>,
    exports: Vec<Export<'a>>,
    start: Option<FuncIdx>,
    elems: Vec<Elem<'a>>,
    data_modes: Vec<DataMode<'a>>,
    names: Names<'a>,
}

impl<'a> Module<'a> {
    /// Rewrites everything that holds an index: types, imports, exports, the start function,
    /// tables, globals, segments, code, names, and code metadata such as branch hints. The items
    /// themselves stay in their places: [`Module::insert_import`], [`Module::remove_func`] and
    /// similar methods move items too.
    ///
    /// If there is an error for the index of an item itself, that item is about to be removed: it
    /// is not rewritten, and loses its names and metadata.
    ///
    /// Custom sections that would be wrong afterwards, such as relocations and debugging
    /// information, are left out; [`Encoding::left_out`](crate::Encoding::left_out) lists them.
    ///
    /// # Errors
    /// If an index that is used cannot be remapped, or code is malformed. The module then stays as it
    /// was.
    ///
    /// ```
    /// use wattle_ast::{Export, ExternIdx, FuncIdx, Module, Remap};
    ///
    /// struct Swap;
    ///
    /// impl Remap for Swap {
    ///     type Error = core::convert::Infallible;
    ///
    ///     fn func(&mut self, func: FuncIdx) -> Result<FuncIdx, Self::Error> {
    ///         Ok(FuncIdx(1 - func.0))
    ///     }
    /// }
    ///
    /// let mut module = Module::default();
    /// module.start = Some(FuncIdx(1));
    /// module.names.funcs.insert(FuncIdx(1), "main".into());
    /// module.remap(&mut Swap).unwrap();
    /// assert_eq!(module.start, Some(FuncIdx(0)));
    /// assert_eq!(module.names.funcs.get(FuncIdx(0)), Some(&"main".into()));
    /// ```
    pub fn remap<R: Remap>(&mut self, remap: &mut R) -> Result<(), R> {
        let mut at =
            Walk { module: self, to: Remapping::new(remap), any: false, moves: Moves::default() };
        let parts = at.parts()?;
        let Walk { any, moves, to, .. } = at;
        if !any {
            return Ok(());
        }
        let customs = self.plan_customs(&moves, |func| to.remap.func(func).ok());
        self.types = parts.types.into();
        self.imports = parts.imports;
        self.import_groups = parts.import_groups;
        for (func, ty) in self.funcs.iter_mut().zip(parts.func_types) {
            func.ty = ty;
        }
        for (place, body) in parts.bodies {
            if let Some(func) = self.funcs.get_mut(place) {
                func.body = body;
            }
        }
        self.tables = parts.tables.into();
        self.tags = parts.tags.into();
        self.globals = parts.globals.into();
        self.exports = parts.exports;
        self.start = parts.start;
        self.elems = parts.elems.into();
        for (data, mode) in self.datas.iter_mut().zip(parts.data_modes) {
            data.mode = mode;
        }
        self.names = parts.names;
        self.apply_customs(customs);
        Ok(())
    }
}

/// Goes through a module and rewrites its parts.
struct Walk<'m, 'a, 'r, R> {
    module: &'m Module<'a>,
    to: Remapping<'r, R>,
    /// Whether any index changed.
    any: bool,
    moves: Moves,
}

impl<'a, R: Remap> Walk<'_, 'a, '_, R> {
    fn parts(&mut self) -> Result<Parts<'a>, R> {
        let module = self.module;
        let types = (0..).zip(&module.types);
        let types = types.map(|(index, ty)| self.sub_type(index, ty));
        let types = types.collect::<Result<_, R>>()?;
        let imports = (0..).zip(module.indexed_imports());
        let imports = imports.map(|(place, (index, import))| {
            let ty = match self.is_removed(index) {
                true => import.ty,
                false => self.item(import.ty, ItemKind::Import, place)?,
            };
            Ok(Import { ty, ..import.clone() })
        });
        let imports = imports.collect::<Result<_, R>>()?;
        let groups = module.import_groups.iter().map(|group| {
            let ty = group.ty.map(|ty| self.item(ty, ItemKind::Import, group.first));
            Ok(ImportGroup { ty: ty.transpose()?, ..group.clone() })
        });
        let import_groups = groups.collect::<Result<_, R>>()?;
        let (func_types, bodies) = self.funcs()?;
        let tables = module.indexed_tables().map(|(index, table)| {
            if self.is_removed(index) {
                return Ok(table.clone());
            }
            let at = (ItemKind::Table, index.0);
            let init = table.init.as_ref().map(|init| self.expr(init, at)).transpose()?;
            Ok(Table { ty: self.item(table.ty, at.0, at.1)?, init })
        });
        let tables = tables.collect::<Result<_, R>>()?;
        let tags = module.indexed_tags().map(|(index, tag)| match self.is_removed(index) {
            true => Ok(*tag),
            false => self.item(*tag, ItemKind::Tag, index.0),
        });
        let tags = tags.collect::<Result<_, R>>()?;
        let globals = module.indexed_globals().map(|(index, global)| {
            if self.is_removed(index) {
                return Ok(global.clone());
            }
            let at = (ItemKind::Global, index.0);
            let ty = self.item(global.ty, at.0, at.1)?;
            Ok(Global { ty, init: self.expr(&global.init, at)? })
        });
        let globals = globals.collect::<Result<_, R>>()?;
        // Memories hold no indices, but their own indices may change.
        for (index, _) in module.indexed_memories() {
            self.is_removed(index);
        }
        let exports = (0..).zip(&module.exports).map(|(place, export)| {
            let index = self.item(export.index, ItemKind::Export, place)?;
            Ok(Export { index, ..export.clone() })
        });
        let exports = exports.collect::<Result<_, R>>()?;
        let start = module.start.map(|func| self.item(func, ItemKind::Start, 0)).transpose()?;
        let elems = module.elems.iter_indexed().map(|(index, elem)| match self.is_removed(index) {
            true => Ok(elem.clone()),
            false => self.elem(elem, index.0),
        });
        let elems = elems.collect::<Result<_, R>>()?;
        let datas = module.datas.iter_indexed().map(|(index, data)| match self.is_removed(index) {
            true => Ok(data.mode.clone()),
            false => self.data_mode(data, index.0),
        });
        let data_modes = datas.collect::<Result<_, R>>()?;
        let names = self.names();
        Ok(Parts {
            types,
            imports,
            import_groups,
            func_types,
            bodies,
            tables,
            tags,
            globals,
            exports,
            start,
            elems,
            data_modes,
            names,
        })
    }

    /// Whether an item is removed: whether its own index has no new one.
    fn is_removed(&mut self, own: impl Reindex) -> bool {
        self.reindex(own).is_err()
    }

    fn reindex<T: Reindex>(&mut self, value: T) -> core::result::Result<T, R::Error> {
        self.to.changed = false;
        let new = value.reindex(&mut self.to);
        self.any |= self.to.changed || new.is_err();
        new
    }

    /// Rewrites a value that holds indices, in an item.
    fn item<T: Reindex>(&mut self, value: T, kind: ItemKind, index: u32) -> Result<T, R> {
        self.reindex(value).map_err(|error| self.error(RemapFault::Refused(error), (kind, index)))
    }

    fn error(&self, fault: RemapFault<R::Error>, at: (ItemKind, u32)) -> RemapError<R::Error> {
        let mut path = Path::item(at.0, at.1);
        let name = match at.0 {
            ItemKind::Export => self.module.exports.get(at.1 as usize).map(|export| &export.name),
            kind => self.module.names.of(kind, at.1),
        };
        path.name = name.map(|name| name.as_str().into());
        RemapError { fault, path }
    }

    /// Makes the error for an instruction of an expression.
    fn error_in_code(
        &self,
        (fault, offset): (RemapFault<R::Error>, usize),
        code: &[u8],
        at: (ItemKind, u32),
    ) -> RemapError<R::Error> {
        let mut error = self.error(fault, at);
        let mut instrs = Instrs::new(code).with_offsets().flatten();
        let index = instrs.by_ref().take_while(|(start, _)| *start < offset).count();
        let opcode = Instrs::new(code.get(offset..).unwrap_or_default()).flatten().next();
        error.path.instr = Some(InstrRef {
            index: index as u32,
            offset: offset as u32,
            opcode: opcode.map(|instr| instr.opcode()),
        });
        error
    }

    fn expr(&mut self, expr: &Expr<'a>, at: (ItemKind, u32)) -> Result<Expr<'a>, R> {
        let code = expr.bytes();
        let patch = remap_code(Patch::new(code), 0, &mut self.to);
        let patch = patch.map_err(|error| self.error_in_code(error, code, at))?;
        if patch.is_unchanged() {
            return Ok(expr.clone());
        }
        self.any = true;
        Ok(Expr::new(patch.finish().into_owned()))
    }

    fn sub_type(&mut self, index: u32, ty: &SubType) -> Result<SubType, R> {
        match self.is_removed(TypeIdx(index)) {
            true => Ok(ty.clone()),
            false => self.item(ty.clone(), ItemKind::Type, index),
        }
    }

    #[expect(clippy::type_complexity)]
    fn funcs(&mut self) -> Result<(Vec<TypeIdx>, Vec<(DefIdx<FuncIdx>, Body<'static>)>), R> {
        let module = self.module;
        let imported = module.imported(ExternKind::Func);
        let mentioned = mentioned(module);
        let mut types = Vec::with_capacity(module.funcs.len());
        let mut bodies = Vec::new();
        for (place, Func { ty, body }) in module.funcs.iter_indexed() {
            let func = place.in_space(imported);
            if self.is_removed(func) {
                types.push(*ty);
                continue;
            }
            types.push(self.item(*ty, ItemKind::Func, func.0)?);
            self.to.remap.begin_func(func);
            let change = self.body(func, body)?;
            if change.is_none() {
                continue;
            }
            self.any = true;
            bodies.push((
                place,
                change.apply(body, func, mentioned.contains(&func), &mut self.moves),
            ));
        }
        Ok((types, bodies))
    }

    fn body<'b>(&mut self, func: FuncIdx, body: &'b Body<'_>) -> Result<BodyChange<'b>, R> {
        let at = (ItemKind::Func, func.0);
        let mut locals = Vec::new();
        let mut locals_change = false;
        for local in body.locals() {
            let ty = self.item(local.ty, at.0, at.1)?;
            locals_change |= ty != local.ty;
            locals.push(Local { ty, ..local });
        }
        match remap_code(Patch::new(body.bytes()), body.code_offset(), &mut self.to) {
            Ok(code) => Ok(BodyChange { code, locals: locals_change.then_some(locals) }),
            Err((fault, offset)) => {
                let offset = offset.saturating_sub(body.code_offset());
                Err(self.error_in_code((fault, offset), body.code(), at))
            }
        }
    }

    /// Rewrites an index that the binary leaves out when it is 0.
    fn implicit<I>(&mut self, index: Option<I>, at: (ItemKind, u32)) -> Result<Option<I>, R>
    where
        I: SpaceIdx + Reindex + Default,
    {
        let old = index.unwrap_or_default();
        let new = self.item(old, at.0, at.1)?;
        Ok(if new == old { index } else { Some(new).filter(|new| *new != I::default()) })
    }

    fn elem(&mut self, elem: &Elem<'a>, index: u32) -> Result<Elem<'a>, R> {
        let at = (ItemKind::Elem, index);
        let items = match &elem.items {
            ElemItems::Funcs(funcs) => {
                let new = remap_list(funcs, &mut self.to);
                let new = new.map_err(|error| self.error(RemapFault::Refused(error), at))?;
                self.any |= new.is_some();
                ElemItems::Funcs(new.unwrap_or_else(|| funcs.clone()))
            }
            ElemItems::Exprs(exprs) => {
                let mut encoded = Vec::new();
                let (mut count, mut changed) = (0, false);
                for expr in exprs.view().iter() {
                    let patch = remap_code(Patch::new(expr.bytes()), 0, &mut self.to);
                    let patch =
                        patch.map_err(|error| self.error_in_code(error, expr.bytes(), at))?;
                    changed |= !patch.is_unchanged();
                    encoded.extend_from_slice(&patch.finish());
                    count += 1;
                }
                self.any |= changed;
                ElemItems::Exprs(match changed {
                    true => List::from_encoded(count, &encoded),
                    false => exprs.clone(),
                })
            }
        };
        let mode = match &elem.mode {
            ElemMode::Passive => ElemMode::Passive,
            ElemMode::Declarative => ElemMode::Declarative,
            ElemMode::Active { table, offset } => ElemMode::Active {
                table: self.implicit::<TableIdx>(*table, at)?,
                offset: self.expr(offset, at)?,
            },
        };
        let mut elem = Elem { ty: self.item(elem.ty, at.0, at.1)?, items, mode };
        elem.leave_out_table();
        Ok(elem)
    }

    fn data_mode(&mut self, data: &Data<'a>, index: u32) -> Result<DataMode<'a>, R> {
        let at = (ItemKind::Data, index);
        Ok(match &data.mode {
            DataMode::Passive => DataMode::Passive,
            DataMode::Active { memory, offset } => DataMode::Active {
                memory: self.implicit::<MemIdx>(*memory, at)?,
                offset: self.expr(offset, at)?,
            },
        })
    }

    fn names(&mut self) -> Names<'a> {
        let names = &self.module.names;
        Names {
            module: names.module.clone(),
            funcs: self.name_map(&names.funcs),
            locals: self.indirect(&names.locals, |walk, func, names| {
                walk.to.remap.begin_func(func);
                walk.name_map(names)
            }),
            labels: self.indirect(&names.labels, |_, _, names| names.clone()),
            types: self.name_map(&names.types),
            tables: self.name_map(&names.tables),
            memories: self.name_map(&names.memories),
            globals: self.name_map(&names.globals),
            elems: self.name_map(&names.elems),
            datas: self.name_map(&names.datas),
            fields: self.indirect(&names.fields, |walk, _, names| walk.name_map(names)),
            tags: self.name_map(&names.tags),
            type_params: self.indirect(&names.type_params, |_, _, names| names.clone()),
            tag_params: self.indirect(&names.tag_params, |_, _, names| names.clone()),
            unknown: names.unknown.clone(),
        }
    }

    fn name_map<I: SpaceIdx + Reindex>(&mut self, names: &NameMap<'a, I>) -> NameMap<'a, I> {
        let new = names
            .iter()
            .filter_map(|(index, name)| Some((self.reindex(index).ok()?, name.clone())));
        new.collect()
    }

    fn indirect<O: SpaceIdx + Reindex, I: SpaceIdx>(
        &mut self,
        names: &IndirectNameMap<'a, O, I>,
        inner: impl Fn(&mut Self, O, &NameMap<'a, I>) -> NameMap<'a, I>,
    ) -> IndirectNameMap<'a, O, I> {
        let new = names.iter().filter_map(|(outer, names)| {
            Some((self.reindex(outer).ok()?, inner(self, outer, names)))
        });
        new.collect()
    }
}

impl Reindex for ExternIdx {
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> core::result::Result<Self, R::Error> {
        Ok(match self {
            ExternIdx::Func(index) => index.reindex(to)?.into(),
            ExternIdx::Table(index) => index.reindex(to)?.into(),
            ExternIdx::Mem(index) => index.reindex(to)?.into(),
            ExternIdx::Global(index) => index.reindex(to)?.into(),
            ExternIdx::Tag(index) => index.reindex(to)?.into(),
        })
    }
}
