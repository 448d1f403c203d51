//! The fields of a module as text.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/modules.html>

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{
    Data, DataMode, Elem, ElemItems, ElemMode, Export, Expr, ExternIdx, ExternKind, ExternType,
    Func, Import, Local, Module, Name, NameMap, Opcode, SectionId,
};

use wattle_syntax::strings;

use crate::config::Config;
use crate::ids::{Ids, Space, annotation};
use crate::instructions::{Code, Commented, Flat};
use crate::labels::LabelStack;
use crate::metadata::Pending;
use crate::printer::{HandOn, Printer, byte_string, in_pieces, into_string};
use crate::types::{mem_type, repeats};
use crate::{customs, numbers};

/// Prints a module with the default settings: flat, two spaces a level.
///
/// The text parses back to the same module.
///
/// ```
/// use wattle_ast::{Body, Func, FuncType, Instr, Module, TypeIdx};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// let expr = [Instr::Nop, Instr::End].into_iter().collect();
/// module.funcs.push(Func { ty: TypeIdx(0), body: Body::new([], expr) });
/// module.names.funcs.insert(0.into(), "main".into());
/// let expected = "\
/// (module
///   (type (;0;) (func))
///   (func $main (;0;) (type 0)
///     nop
///   )
/// )
/// ";
/// assert_eq!(wattle_printer::print(&module), expected);
/// ```
pub fn print(module: &Module<'_>) -> String {
    Config::new().print(module)
}

impl Config {
    /// Prints a module.
    pub fn print(&self, module: &Module<'_>) -> String {
        let mut printer = Printer::new(module, self);
        // This closure never fails.
        let _ = printer.module(&mut |_| Ok(()));
        into_string(printer.out)
    }

    /// Prints a module, and hands the text on in pieces. Returns whether every body could be
    /// decoded. The text of any other body ends in a comment about this.
    ///
    /// ```
    /// let mut text = String::new();
    /// let is_legible = wattle_printer::Config::new().print_to(&Default::default(), &mut text)?;
    /// assert!(is_legible);
    /// assert_eq!(text, "(module)\n");
    /// # Ok::<(), core::fmt::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn print_to(
        &self,
        module: &Module<'_>,
        out: &mut impl fmt::Write,
    ) -> Result<bool, fmt::Error> {
        let mut printer = Printer::new(module, self);
        in_pieces(out, |hand_on| {
            printer.module(hand_on)?;
            Ok(core::mem::take(&mut printer.out))
        })?;
        Ok(printer.is_legible)
    }
}

impl<'m> Printer<'m> {
    fn module(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        self.str("(module");
        own_name(&mut self.out, "module", self.context.module.names.module.as_ref());
        self.fields(hand_on)?;
        self.str("\n");
        Ok(())
    }

    /// Prints everything after the identifier of the module, including the closing parenthesis.
    pub(crate) fn fields(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        let module = self.context.module;
        self.types(hand_on)?;
        self.imports(hand_on)?;
        for (place, index, table) in self.defined(ExternKind::Table, &module.tables) {
            self.begin(index, self.offset(SectionId::Table, place));
            self.context.types().table_type(&mut self.out, &table.ty);
            if let Some(init) = &table.init {
                self.const_expr(init, "");
            }
            self.end(hand_on)?;
        }
        for (place, index, memory) in self.defined(ExternKind::Mem, &module.memories) {
            self.begin(index, self.offset(SectionId::Mem, place));
            mem_type(&mut self.out, memory);
            self.end(hand_on)?;
        }
        for (place, index, tag) in self.defined(ExternKind::Tag, &module.tags) {
            self.begin(index, self.offset(SectionId::Tag, place));
            let params = module.names.tag_params.get(index.index().into());
            self.context.type_use_with_names(&mut self.out, tag.ty, params);
            self.end(hand_on)?;
        }
        for (place, index, global) in self.defined(ExternKind::Global, &module.globals) {
            self.begin(index, self.offset(SectionId::Global, place));
            self.context.types().global_type(&mut self.out, &global.ty);
            self.const_expr(&global.init, "");
            self.end(hand_on)?;
        }
        for (place, export) in module.exports.iter().enumerate() {
            if !self.exports.is_inline(place) {
                self.export(place, export);
                self.end(hand_on)?;
            }
        }
        if let Some(func) = module.start {
            self.field("start", self.offset(SectionId::Start, 0));
            self.context.ids.funcs.reference(&mut self.out, func.0);
            self.end(hand_on)?;
        }
        for (place, elem) in module.elems.iter().enumerate() {
            self.elem(place, elem);
            self.end(hand_on)?;
        }
        for (place, index, func) in self.defined(ExternKind::Func, &module.funcs) {
            self.func(place, index, func, &mut *hand_on);
            self.end(hand_on)?;
        }
        for (place, data) in module.datas.iter().enumerate() {
            self.data(place, data, hand_on)?;
            self.end(hand_on)?;
        }
        customs::print(self, hand_on)?;
        if self.fields {
            self.context.line(&mut self.out, 0);
        }
        self.str(")");
        Ok(())
    }

    /// Returns the items of a kind that the module defines, each with its index in the list and its
    /// index in the index space.
    fn defined<T>(
        &self,
        kind: ExternKind,
        items: &'m [T],
    ) -> impl Iterator<Item = (usize, ExternIdx, &'m T)> + use<'m, T> {
        let indices = self.context.spaces.imported(kind)..;
        let items = items.iter().enumerate().zip(indices);
        items.map(move |((place, item), index)| (place, ExternIdx::new(kind, index), item))
    }

    /// Begins a field for an item that can be exported: its identifier, its index, and its inline
    /// exports.
    fn begin(&mut self, index: ExternIdx, at: Option<usize>) {
        self.field(index.kind().keyword(), at);
        self.define(index);
        self.inline_exports(index);
    }

    fn define(&mut self, index: ExternIdx) {
        define(&mut self.out, self.context.ids.of(index.kind()), index.index());
    }

    fn inline_exports(&mut self, index: ExternIdx) {
        let (first, end) = self.exports.of(index);
        for export in self.context.module.exports.get(first..end).unwrap_or_default() {
            self.str(" (export ");
            strings::write_name(&mut self.out, &export.name);
            self.str(")");
        }
    }

    fn const_expr(&mut self, expr: &Expr<'_>, keyword: &str) {
        self.context.const_expr(&mut self.out, expr, keyword);
    }

    fn types(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        for run in self.context.module.type_runs() {
            let level = if run.group.is_some() { 2 } else { 1 };
            if run.group.is_some() {
                self.field("rec", None);
            }
            for (index, ty) in (run.first..).zip(run.items) {
                self.context.line(&mut self.out, level);
                self.open("type", self.offset(SectionId::Type, index as usize));
                define(&mut self.out, &self.context.ids.types, index);
                self.context.sub_type(&mut self.out, index, ty);
                self.end(hand_on)?;
            }
            if run.group.is_some() {
                self.end(hand_on)?;
            }
        }
        Ok(())
    }

    fn imports(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        let module = self.context.module;
        let mut imports = module.indexed_imports().enumerate();
        for run in module.import_runs() {
            if let Some(group) = run.group {
                self.field("import ", None);
                strings::write_name(&mut self.out, &group.module);
            }
            for (place, (index, import)) in imports.by_ref().take(run.items.len()) {
                let at = self.offset(SectionId::Import, place);
                match run.group {
                    None => {
                        self.import(import, index, at);
                        self.end(hand_on)?;
                    }
                    Some(group) => {
                        self.context.line(&mut self.out, 2);
                        self.open("item ", at);
                        strings::write_name(&mut self.out, &import.name);
                        if group.ty.is_none() {
                            self.extern_type(&import.ty, Some(index));
                        }
                        self.str(")");
                    }
                }
            }
            if let Some(group) = run.group {
                if let Some(ty) = &group.ty {
                    self.context.line(&mut self.out, 2);
                    self.extern_type_here(ty, None);
                }
                self.end(hand_on)?;
            }
        }
        Ok(())
    }

    fn import(&mut self, import: &Import<'_>, index: ExternIdx, at: Option<usize>) {
        if self.context.config.inline_imports_exports {
            self.begin(index, at);
            self.str(" (import ");
            strings::write_name(&mut self.out, &import.module);
            self.str(" ");
            strings::write_name(&mut self.out, &import.name);
            self.str(")");
            self.bare_extern_type(&import.ty, Some(index));
            return;
        }
        self.field("import ", at);
        strings::write_name(&mut self.out, &import.module);
        self.str(" ");
        strings::write_name(&mut self.out, &import.name);
        self.extern_type(&import.ty, Some(index));
    }

    /// Appends ` (func $f (;0;) (type 0))`.
    fn extern_type(&mut self, ty: &ExternType, index: Option<ExternIdx>) {
        self.str(" ");
        self.extern_type_here(ty, index);
    }

    /// Appends `(func $f (;0;) (type 0))`.
    fn extern_type_here(&mut self, ty: &ExternType, index: Option<ExternIdx>) {
        self.str("(");
        self.str(ty.kind().keyword());
        if let Some(index) = index {
            self.define(index);
        }
        self.bare_extern_type(ty, index);
        self.str(")");
    }

    /// Appends the type of an import after its identifier. Without an index, the parameters have no
    /// names.
    fn bare_extern_type(&mut self, ty: &ExternType, index: Option<ExternIdx>) {
        let out = &mut self.out;
        let names = &self.context.module.names;
        let params = match index {
            Some(ExternIdx::Func(func)) => names.locals.get(func),
            Some(ExternIdx::Tag(tag)) => names.tag_params.get(tag),
            _ => None,
        };
        match ty {
            ExternType::Func(ty) => self.context.type_use_with_names(out, *ty, params),
            ExternType::FuncExact(ty) => {
                out.extend_from_slice(b" (exact");
                match params {
                    Some(_) => self.context.type_use_with_names(out, *ty, params),
                    None => self.context.types().type_ref(out, *ty),
                }
                out.push(b')');
            }
            ExternType::Table(ty) => self.context.types().table_type(out, ty),
            ExternType::Mem(ty) => mem_type(out, ty),
            ExternType::Global(ty) => self.context.types().global_type(out, ty),
            ExternType::Tag(tag) => self.context.type_use_with_names(out, tag.ty, params),
        }
    }

    fn export(&mut self, place: usize, export: &Export<'_>) {
        self.field("export ", self.offset(SectionId::Export, place));
        strings::write_name(&mut self.out, &export.name);
        let kind = export.index.kind();
        self.str(" (");
        self.str(kind.keyword());
        self.context.ids.of(kind).reference(&mut self.out, export.index.index());
        self.str(")");
    }

    fn elem(&mut self, place: usize, elem: &Elem<'_>) {
        let at = self.offset(SectionId::Elem, place);
        self.field("elem", at);
        define(&mut self.out, &self.context.ids.elems, place as u32);
        match &elem.mode {
            ElemMode::Passive => {}
            ElemMode::Declarative => self.str(" declare"),
            ElemMode::Active { table, offset } => {
                if let Some(table) = table {
                    self.str(" (table");
                    self.context.ids.tables.reference(&mut self.out, table.0);
                    self.str(")");
                }
                self.const_expr(offset, "offset");
            }
        }
        match &elem.items {
            ElemItems::Funcs(_) => self.str(" func"),
            ElemItems::Exprs(_) => self.context.types().ref_type(&mut self.out, elem.ty),
        }
        if self.context.config.skeleton {
            if !elem.items.is_empty() {
                self.str(" ...");
            }
            return;
        }
        match &elem.items {
            ElemItems::Funcs(funcs) => {
                for func in funcs.view().iter() {
                    self.context.ids.funcs.reference(&mut self.out, func.0);
                }
            }
            ElemItems::Exprs(exprs) => {
                for expr in exprs.view().iter() {
                    self.const_expr(&expr, "item");
                }
            }
        }
    }

    fn data(&mut self, place: usize, data: &Data<'_>, hand_on: HandOn<'_>) -> fmt::Result {
        let at = self.offset(SectionId::Data, place);
        self.field("data", at);
        define(&mut self.out, &self.context.ids.datas, place as u32);
        if let DataMode::Active { memory, offset } = &data.mode {
            if let Some(memory) = memory {
                self.str(" (memory");
                self.context.ids.memories.reference(&mut self.out, memory.0);
                self.str(")");
            }
            self.const_expr(offset, "offset");
        }
        self.str(" ");
        byte_string(&mut self.out, &data.bytes, self.context.config.skeleton, hand_on)
    }

    fn func(&mut self, place: usize, index: ExternIdx, func: &'m Func<'_>, hand_on: HandOn<'_>) {
        let module = self.context.module;
        let at = self.offset(SectionId::Code, place);
        self.begin(index, at);
        let index = index.index();
        let ty = self.context.module.func_type(func.ty);
        let params = ty.map_or(0, |ty| ty.params().len());
        let local_count = func.body.local_count();
        let names = module.names.locals.get(index.into());
        let name_unnamed = self.context.config.name_unnamed;
        let locals_left = self.locals_left.checked_sub(local_count);
        if names.is_some() || name_unnamed || !self.locals.is_empty() {
            let len = usize::try_from(local_count).map_or(usize::MAX, |len| params + len);
            let first = match ty.is_some_and(|ty| repeats(ty, names.is_some())) {
                true => 0,
                false => params,
            };
            let name_unnamed = name_unnamed && locals_left.is_some() && first == 0;
            let space = Space { keyword: "local", first, len, name_unnamed, nameless: &[] };
            self.locals.fill(names, space);
        }
        self.context.type_use(&mut self.out, func.ty, Some(&self.locals), names.is_some());
        let body = &func.body;
        let empty = local_count == 0 && body.code() == [Opcode::End.info().code as u8];
        if empty {
            return;
        }
        if self.context.config.skeleton {
            self.str(" ...");
            return;
        }
        if local_count > 0 {
            self.context.line(&mut self.out, 2);
            let start = self.out.len();
            let (first, ids) = (params as u32, &self.locals);
            match locals_left {
                Some(left) => {
                    self.locals_left = left;
                    let one_by_one =
                        |local: Local| core::iter::repeat_n(local.ty, local.count as usize);
                    let types = body.locals().flat_map(one_by_one);
                    self.context.types().variables(&mut self.out, "local", types, first, Some(ids));
                }
                None => {
                    let named = names.into_iter().flat_map(NameMap::iter).map(|(index, _)| index.0);
                    self.context.local_runs(&mut self.out, body.locals(), first, ids, named);
                }
            }
            // Each local begins with a space. The indentation replaces that of the first local.
            self.out.remove(start);
        }
        let labels = LabelStack::new(module.names.labels.get(index.into()), name_unnamed);
        let out = core::mem::take(&mut self.out);
        let annotations = Pending::new(self.context.customs.of(index), body.code_offset());
        let base = at.unwrap_or(0).saturating_add(body.code_offset());
        let is_legible;
        (self.out, is_legible) = if self.context.config.fold {
            let scratch = &mut self.folder;
            scratch.body(
                &self.context,
                out,
                &self.locals,
                labels,
                &mut self.nesting,
                func,
                base,
                annotations,
            )
        } else {
            let (context, nesting) = (&self.context, &mut self.nesting);
            let code = body.code();
            match &context.config.comments {
                None => {
                    let layout = Flat { level: 2 };
                    let mut sink = Code::new(context, out, layout, &self.locals, labels);
                    (sink.base, sink.annotations) = (base, annotations);
                    sink.hand_on = Some(hand_on);
                    let is_legible = sink.expr(code, nesting);
                    (sink.out, is_legible)
                }
                Some(comments) => {
                    let layout = Commented { level: 2, comments: comments.of(place) };
                    let mut sink = Code::new(context, out, layout, &self.locals, labels);
                    (sink.base, sink.annotations) = (base, annotations);
                    sink.hand_on = Some(hand_on);
                    let is_legible = sink.expr(code, nesting);
                    (sink.out, is_legible)
                }
            }
        };
        self.is_legible &= is_legible;
        self.context.line(&mut self.out, 1);
    }
}

/// Appends ` $name`: the identifier of an outermost module or component, which is its own name.
pub(crate) fn own_name(out: &mut Vec<u8>, keyword: &str, name: Option<&Name<'_>>) {
    match name.map(Name::as_str) {
        Some("") => {
            out.extend_from_slice(b" $#");
            out.extend_from_slice(keyword.as_bytes());
            annotation(out, "");
        }
        Some(name) => {
            out.push(b' ');
            strings::write_id(out, name);
        }
        None => {}
    }
}

/// Appends ` $id (;5;)`.
pub(crate) fn define(out: &mut Vec<u8>, ids: &Ids, index: u32) {
    let id = ids.definition(index);
    if !id.is_empty() {
        out.push(b' ');
        out.extend_from_slice(id);
    }
    numbers::index_comment(out, index);
}
