//! Prints types.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_ast::SpaceIdx;

use super::{PrintError, Printer, Result};
use crate::docs::Gate;
use crate::model::{Func, InterfaceId, Kind, Model, Text, Type, TypeId, Val};

/// The largest number of parts of a type, each counted as often as it would be written.
const MAX_SIZE: usize = 1_000_000;

/// A piece of the text of a type that is still to be written.
enum Piece {
    Text(&'static str),
    Number(u32),
    Val(Val),
}

/// Types of one interface that stand in one `use`.
struct Use<'m> {
    interface: InterfaceId,
    gate: &'m Gate,
    external_id: &'m Option<Text>,
    /// The name of each type there, and its name here.
    names: Vec<(&'m Text, &'m Text)>,
}

impl<'m> Printer<'m> {
    /// Writes the types of an interface or world, used types first.
    pub(super) fn types(
        &mut self,
        types: &[TypeId],
        funcs: &BTreeMap<TypeId, Vec<&Func>>,
    ) -> Result<()> {
        let model = self.model;
        let mut definitions = Vec::new();
        let mut uses: Vec<Use<'m>> = Vec::new();
        for &id in types {
            let ty = &model[id];
            let local = ty.name.as_ref();
            let (Some(interface), Kind::Alias(Val::Type(there)), Some(local)) =
                (model.used_interface(id), &ty.kind, local)
            else {
                definitions.push(id);
                continue;
            };
            let there = model[*there].name.as_ref().unwrap_or(local);
            match uses.last_mut() {
                Some(last)
                    if last.interface == interface
                        && *last.gate == ty.docs.gate
                        && *last.external_id == ty.external_id =>
                {
                    last.names.push((there, local));
                }
                _ => uses.push(Use {
                    interface,
                    gate: &ty.docs.gate,
                    external_id: &ty.external_id,
                    names: Vec::from([(there, local)]),
                }),
            }
        }
        for item in uses {
            if let (None, Some((there, here))) = (&model[item.interface].name, item.names.first()) {
                let (user, ty) = (here.to_string(), there.to_string());
                return Err(PrintError::Foreign { user, ty });
            }
            self.has_items = true;
            self.gate(item.gate);
            self.external_id(item.external_id.as_deref());
            self.word("use ");
            self.path(item.interface);
            self.word(".{");
            for (nth, (name, local)) in item.names.iter().enumerate() {
                self.word(if nth > 0 { ", " } else { "" });
                self.name(name);
                if name != local {
                    self.word(" as ");
                    self.name(local);
                }
            }
            self.word("}");
            self.semicolon();
        }
        for id in definitions {
            let ty = &model[id];
            self.new_item();
            self.head(&ty.docs.docs, &ty.docs.gate, ty.external_id.as_deref());
            self.definition(ty, funcs.get(&id).map_or(&[], |funcs| &funcs[..]))?;
        }
        Ok(())
    }

    /// Writes the name of an interface, without the package if that is the one being written.
    pub(super) fn path(&mut self, id: InterfaceId) {
        let interface = &self.model[id];
        let name = interface.name.as_deref().unwrap_or_default();
        if self.package == Some(interface.package) {
            self.name(name);
            return;
        }
        let package = &self.model[interface.package].name;
        self.package_path(package, Some(name));
    }

    fn definition(&mut self, ty: &Type, funcs: &[&Func]) -> Result<()> {
        let word = ty.kind.word();
        self.word(if ty.kind.needs_name() { word } else { "type" });
        self.word(" ");
        self.name(ty.name.as_deref().unwrap_or_default());
        match &ty.kind {
            Kind::Resource if funcs.is_empty() => {
                self.semicolon();
                return Ok(());
            }
            Kind::Resource => {
                self.open();
                for func in funcs {
                    self.func_item("", func)?;
                }
            }
            Kind::Record(fields) => {
                self.open();
                for (name, val) in fields {
                    self.label(ty, name);
                    self.word(": ");
                    self.val(*val);
                    self.word(",");
                    self.newline();
                }
            }
            Kind::Variant(cases) => {
                self.open();
                for (name, val) in cases {
                    self.label(ty, name);
                    if let Some(val) = val {
                        self.word("(");
                        self.val(*val);
                        self.word(")");
                    }
                    self.word(",");
                    self.newline();
                }
            }
            Kind::Flags(labels) | Kind::Enum(labels) => {
                self.open();
                for name in labels {
                    self.label(ty, name);
                    self.word(",");
                    self.newline();
                }
            }
            kind => {
                self.word(" = ");
                self.target(kind);
                self.semicolon();
                return self.check_references(ty.name.as_deref().unwrap_or_default());
            }
        }
        self.close();
        self.check_references(ty.name.as_deref().unwrap_or_default())
    }

    /// Writes the text behind the `=` of a definition.
    pub(super) fn target(&mut self, kind: &Kind) {
        match kind {
            // The name of the resource alone would be another name of the resource.
            Kind::Own(id) => {
                self.word("own<");
                self.reference(*id);
                self.word(">");
            }
            Kind::Alias(val) => self.val(*val),
            kind => {
                let mut pieces = Vec::new();
                self.begin(kind, &mut pieces);
                self.pieces(pieces);
            }
        }
    }

    /// Writes the name of a field, case or flag, behind its documentation.
    fn label(&mut self, ty: &Type, name: &str) {
        self.docs(&ty.docs.items.get(name).cloned());
        self.name(name);
    }

    /// Writes a value type.
    pub(super) fn val(&mut self, val: Val) {
        self.pieces(Vec::from([Piece::Val(val)]));
    }

    /// Writes pieces, the last first.
    fn pieces(&mut self, mut pieces: Vec<Piece>) {
        while let Some(piece) = pieces.pop() {
            let Some(limit) = self.limit.checked_sub(1) else { return };
            self.limit = limit;
            match piece {
                Piece::Text(text) => self.word(text),
                Piece::Number(number) => self.word(&format!("{number}")),
                Piece::Val(Val::Prim(prim)) => self.word(prim.keyword()),
                Piece::Val(Val::Type(id)) => {
                    let ty = &self.model[id];
                    match &ty.name {
                        Some(_) => self.reference(id),
                        None => self.begin(&ty.kind, &mut pieces),
                    }
                }
            }
        }
    }

    /// Writes the start of a type, and leaves the rest of it in pieces.
    fn begin(&mut self, kind: &Kind, pieces: &mut Vec<Piece>) {
        let mut args: Vec<Piece> = Vec::new();
        match kind {
            // The name of a resource stands for a handle that owns it.
            Kind::Own(id) => return self.reference(*id),
            Kind::Result(None, Some(err)) => {
                args.extend([Piece::Text("_"), Piece::Val(*err)]);
            }
            kind => kind.for_each(|val| args.push(Piece::Val(val))),
        }
        if let Kind::FixedList(_, len) = kind {
            args.push(Piece::Number(*len));
        }
        self.word(kind.word());
        if args.is_empty() {
            return;
        }
        self.word("<");
        pieces.push(Piece::Text(">"));
        let last = args.len() - 1;
        for (nth, arg) in args.into_iter().enumerate().rev() {
            if nth < last {
                pieces.push(Piece::Text(", "));
            }
            pieces.push(arg);
        }
    }
}

/// Refuses types whose text would be too long: a type without a name can contain another one twice,
/// which contains another one twice, and so on.
pub(super) fn check_sizes(model: &Model) -> Result<()> {
    let mut sizes: Vec<usize> = Vec::with_capacity(model.types().len());
    for (_, ty) in model.types() {
        let mut size = 1_usize;
        ty.kind.for_each(|val| {
            size = size.saturating_add(match val {
                Val::Type(id) if model[id].name.is_none() => {
                    sizes.get(id.idx()).copied().unwrap_or(1)
                }
                _ => 1,
            });
        });
        if size > MAX_SIZE {
            return Err(PrintError::TooLarge);
        }
        sizes.push(size);
    }
    Ok(())
}
