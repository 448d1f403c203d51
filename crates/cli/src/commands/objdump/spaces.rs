//! The index spaces of a component while its definitions are read: the number of indices, and the
//! types that the component states.

use std::collections::HashMap;

use wattle::ast::components::{
    Canon, CoreSort, Definition, ExternDesc, Layer, Sort, SortIdx, TypeBound, ValType, ValueBound,
};

/// The maximum length of the text of a type that is shown at each use, so that the texts of all
/// uses are not much longer than the component.
const MAX_TEXT: usize = 500;

#[derive(Default)]
pub(super) struct Spaces {
    /// The number of indices of each sort.
    lens: HashMap<Sort, u32>,
    /// The types that the component states, by the indices of their items.
    types: HashMap<SortIdx, String>,
    /// The types that are open in the current section, the innermost last.
    open: Vec<OpenType>,
}

struct OpenType {
    keyword: &'static str,
    sort: Sort,
    imports: usize,
    exports: usize,
}

impl Spaces {
    /// Returns the number of indices of a sort.
    pub(super) fn len(&self, sort: Sort) -> u32 {
        self.lens.get(&sort).copied().unwrap_or_default()
    }

    /// Returns the type of the item with this index, if the component states it.
    pub(super) fn ty(&self, index: impl Into<SortIdx>) -> Option<String> {
        self.types.get(&index.into()).cloned()
    }

    /// Returns the type of an import or export in words.
    pub(super) fn describe(&self, ty: &ExternDesc) -> String {
        let of = |index: SortIdx| self.ty(index).unwrap_or(format!("(type {})", index.number()));
        match *ty {
            ExternDesc::CoreModule(ty) => of(ty.into()),
            ExternDesc::Func(ty) | ExternDesc::Component(ty) | ExternDesc::Instance(ty) => {
                of(ty.into())
            }
            ExternDesc::Value(ValueBound::Eq(value)) => format!("(eq {})", value.0),
            ExternDesc::Value(ValueBound::Type(ValType::Prim(ty))) => ty.keyword().to_owned(),
            ExternDesc::Value(ValueBound::Type(ValType::Type(ty)))
            | ExternDesc::Type(TypeBound::Eq(ty)) => of(ty.into()),
            ExternDesc::Type(TypeBound::Resource) => "(sub resource)".to_owned(),
        }
    }

    /// Adds the indices of a definition. `ty` is the type of the items, if it is known.
    pub(super) fn add(&mut self, definition: &Definition<'_>, ty: Option<String>) {
        if let Some((sort, count)) = definition.adds() {
            self.add_indices(sort, count, ty);
        }
    }

    fn add_indices(&mut self, sort: Sort, count: u32, ty: Option<String>) {
        let len = self.lens.entry(sort).or_default();
        if let Some(ty) = ty.filter(|ty| ty.len() <= MAX_TEXT) {
            self.types.insert(SortIdx::new(sort, *len), ty);
        }
        *len = len.saturating_add(count);
    }

    /// Adds an inner module or component.
    pub(super) fn add_inner(&mut self, layer: Layer) {
        self.add_indices(layer.sort(), 1, None);
    }

    /// Adds a definition that is neither an import nor an export. `ty` is the text of a type.
    pub(super) fn define(&mut self, definition: &Definition<'_>, ty: Option<String>) {
        if definition.opens().is_some() {
            return self.open_type(definition);
        }
        let ty = match definition {
            Definition::Canon(Canon::Lift { ty, .. }) => self.ty(*ty),
            _ => ty,
        };
        self.add(definition, ty);
    }

    fn open_type(&mut self, definition: &Definition<'_>) {
        let Some((sort, _)) = definition.adds() else { return };
        let keyword = match definition {
            Definition::Type(ty) => ty.form().map_or("", |form| form.keyword()),
            _ => CoreSort::Module.keyword(),
        };
        self.open.push(OpenType { keyword, sort, imports: 0, exports: 0 });
    }

    /// Whether the next definition belongs to a type.
    pub(super) fn is_in_type(&self) -> bool {
        !self.open.is_empty()
    }

    /// Adds a definition in a type, or ends the type.
    pub(super) fn declaration(&mut self, definition: &Definition<'_>) {
        if definition.opens().is_some() {
            return self.open_type(definition);
        }
        match (definition, self.open.last_mut()) {
            (Definition::End, _) => self.close_type(),
            (Definition::Import(_) | Definition::CoreImportDecl(_), Some(ty)) => ty.imports += 1,
            (Definition::ExportDecl(_) | Definition::CoreExportDecl(_), Some(ty)) => {
                ty.exports += 1;
            }
            _ => {}
        }
    }

    fn close_type(&mut self) {
        let Some(OpenType { keyword, sort, imports, exports }) = self.open.pop() else { return };
        if self.open.is_empty() {
            let count = |number: usize, what: &str| match number {
                0 => String::new(),
                1 => format!(", 1 {what}"),
                _ => format!(", {number} {what}s"),
            };
            let ty = format!("{keyword}{}{}", count(imports, "import"), count(exports, "export"));
            self.add_indices(sort, 1, Some(ty));
        }
    }

    /// Ends the types that are open in a section, and returns their number.
    pub(super) fn end_types(&mut self) -> usize {
        let open = self.open.len();
        while self.is_in_type() {
            self.close_type();
        }
        open
    }
}
