//! The features that a module uses, and where it first uses each.

use alloc::vec::Vec;

use wattle_ast::{
    AddrType, BlockType, Body, CompType, DataMode, Decode, ElemItems, ElemMode, Entries, Expr,
    ExternKind, ExternType, Feature, Features, HeapType, Instr, InstrRef, Instrs, Item, ItemKind,
    Kind, MemType, Module, Path, RawSection, Reader, RefType, SectionId, StorageType, SubType,
    TableType, ValType,
};

use crate::types::{feature_of, feature_of_reference};

/// The features that a module uses, in the order of [`Feature::ALL`], each with the first place
/// that uses it. A valid module is valid with only these features and those that they imply. The
/// MVP is never listed.
///
/// Some features add another encoding of an existing meaning, such as an index in the place of a
/// zero byte, or another kind of segment. They count when the module uses that encoding, which for
/// sections takes [`Module::encoding`]. Features that only a type check can see are missing: casts
/// between unrelated types, which custom descriptors permit.
///
/// ```
/// use wattle_ast::{Feature, MemType, Module};
/// use wattle_validator::features_used;
///
/// let mut module = Module::default();
/// module.memories.resize(2, MemType::default());
/// let [(feature, place)] = &features_used(&module)[..] else { panic!() };
/// assert_eq!((*feature, place.to_string()), (Feature::MultiMemory, "memory 1".into()));
/// ```
pub fn features_used(module: &Module<'_>) -> Vec<(Feature, Path)> {
    let imported_globals = module.imported(ExternKind::Global);
    let found = Feature::ALL.iter().map(|_| None).collect();
    let mut uses = Uses { module, imported_globals, found };
    uses.declarations();
    uses.segments();
    uses.encodings();
    for (index, func) in (module.imported(ExternKind::Func)..).zip(&module.funcs) {
        let here = (SectionId::Code, ItemKind::Func, index);
        func.body.locals().for_each(|run| uses.value(run.ty, here));
        let long_types = uses.without(Feature::FunctionReferences);
        if needs::<Body<'_>>(func.body.bytes(), long_types) {
            uses.add(Feature::FunctionReferences, here);
        }
        uses.instrs(func.body.code(), here, false);
    }
    let features = Feature::ALL.iter().copied().zip(uses.found);
    features.filter_map(|(feature, place)| Some((feature, place?))).collect()
}

/// The place of an item: its section, its kind and its index.
type Here = (SectionId, ItemKind, u32);

/// Features that add other encodings of existing items.
const OTHER_FORMS: [Feature; 6] = [
    Feature::ReferenceTypes,
    Feature::MultiMemory,
    Feature::Memory64,
    Feature::FunctionReferences,
    Feature::Gc,
    Feature::BulkMemory,
];

/// Whether bytes cannot be decoded without these features.
fn needs<'b, T: Decode<'b>>(bytes: &'b [u8], without: Features) -> bool {
    Reader::at(bytes, 0, Features::ALL - without).read::<T>().is_err()
}

/// The features that add other encodings of an immediate.
fn other_forms(kind: Kind) -> &'static [Feature] {
    match kind {
        Kind::MemArg => &[Feature::MultiMemory, Feature::Memory64],
        Kind::Memory | Kind::MemInit | Kind::MemCopy => &[Feature::MultiMemory],
        Kind::CallIndirect | Kind::TableInit | Kind::TableCopy => &[Feature::ReferenceTypes],
        Kind::BlockType | Kind::SelectTypes => &[Feature::FunctionReferences],
        _ => &[],
    }
}

struct Uses<'m, 'a> {
    module: &'m Module<'a>,
    imported_globals: u32,
    /// The first use of each feature, by its index in [`Feature::ALL`].
    found: Vec<Option<Path>>,
}

impl Uses<'_, '_> {
    fn add(&mut self, feature: Feature, here: Here) {
        self.add_at(feature, here, None);
    }

    fn add_at(&mut self, feature: Feature, (section, kind, index): Here, instr: Option<InstrRef>) {
        if feature == Feature::Mvp {
            return;
        }
        let names = &self.module.names;
        if let Some(found @ None) = self.found.get_mut(feature as usize) {
            let name = names.of(kind, index);
            let mut path = Path::item(kind, index);
            path.section = Some(section);
            path.name = name.map(|name| name.as_str().into());
            path.instr = instr;
            *found = Some(path);
        }
    }

    fn value(&mut self, ty: ValType, here: Here) {
        self.add(feature_of(ty), here);
    }

    fn sub_type(&mut self, ty: &SubType, here: Here) {
        if !ty.is_final || !ty.supertypes.is_empty() {
            self.add(Feature::Gc, here);
        }
        if ty.describes.is_some() || ty.descriptor.is_some() {
            self.add(Feature::CustomDescriptors, here);
        }
        match &ty.comp {
            CompType::Func(func) => {
                if func.results().len() > 1 {
                    self.add(Feature::MultiValue, here);
                }
                func.params().iter().chain(func.results()).for_each(|&ty| self.value(ty, here));
            }
            CompType::Struct(ty) => {
                self.add(Feature::Gc, here);
                for field in &ty.fields {
                    if let StorageType::Val(ty) = field.storage {
                        self.value(ty, here);
                    }
                }
            }
            CompType::Array(ty) => {
                self.add(Feature::Gc, here);
                if let StorageType::Val(ty) = ty.field.storage {
                    self.value(ty, here);
                }
            }
            CompType::Cont(_) => self.add(Feature::StackSwitching, here),
        }
    }

    fn address(&mut self, addr: AddrType, here: Here) {
        if addr == AddrType::I64 {
            self.add(Feature::Memory64, here);
        }
    }

    /// Adds the features of a table; `nth` is its index, imported tables included.
    fn table(&mut self, ty: TableType, nth: u32, here: Here) {
        if nth > 0 {
            self.add(Feature::ReferenceTypes, here);
        }
        if ty.elem != RefType::FUNCREF {
            self.add(feature_of_reference(ty.elem), here);
        }
        self.address(ty.limits.addr, here);
    }

    fn memory(&mut self, ty: &MemType, nth: u32, here: Here) {
        if nth > 0 {
            self.add(Feature::MultiMemory, here);
        }
        if ty.limits.shared {
            self.add(Feature::Threads, here);
        }
        if ty.page_size_log2.is_some() {
            self.add(Feature::CustomPageSizes, here);
        }
        self.address(ty.limits.addr, here);
    }

    fn declarations(&mut self) {
        let module = self.module;
        for run in module.type_runs().filter(|run| run.group.is_some()) {
            self.add(Feature::Gc, (SectionId::Type, ItemKind::Type, run.first));
        }
        for (index, ty) in (0..).zip(&module.types) {
            self.sub_type(ty, (SectionId::Type, ItemKind::Type, index));
        }
        for run in module.import_runs().filter(|run| run.group.is_some()) {
            let here = (SectionId::Import, ItemKind::Import, run.first);
            self.add(Feature::CompactImports, here);
        }
        let (mut tables, mut memories, mut globals, mut tags) = (0, 0, 0, 0);
        for (index, import) in (0..).zip(&module.imports) {
            let here = (SectionId::Import, ItemKind::Import, index);
            match &import.ty {
                ExternType::Func(_) => {}
                ExternType::FuncExact(_) => self.add(Feature::CustomDescriptors, here),
                ExternType::Table(ty) => {
                    self.table(*ty, tables, here);
                    tables += 1;
                }
                ExternType::Mem(ty) => {
                    self.memory(ty, memories, here);
                    memories += 1;
                }
                ExternType::Global(ty) => {
                    self.value(ty.val, here);
                    globals += 1;
                }
                ExternType::Tag(_) => {
                    self.add(Feature::Exceptions, here);
                    tags += 1;
                }
            }
        }
        for (index, table) in (tables..).zip(&module.tables) {
            let here = (SectionId::Table, ItemKind::Table, index);
            self.table(table.ty, index, here);
            if let Some(init) = &table.init {
                self.add(Feature::FunctionReferences, here);
                self.constant(init, here);
            }
        }
        for (index, ty) in (memories..).zip(&module.memories) {
            self.memory(ty, index, (SectionId::Mem, ItemKind::Mem, index));
        }
        for (index, _) in (tags..).zip(&module.tags) {
            self.add(Feature::Exceptions, (SectionId::Tag, ItemKind::Tag, index));
        }
        for (index, global) in (globals..).zip(&module.globals) {
            let here = (SectionId::Global, ItemKind::Global, index);
            self.value(global.ty.val, here);
            self.constant(&global.init, here);
        }
    }

    fn segments(&mut self) {
        let module = self.module;
        for (index, elem) in (0..).zip(&module.elems) {
            let here = (SectionId::Elem, ItemKind::Elem, index);
            if let ElemItems::Exprs(exprs) = &elem.items {
                if elem.ty != RefType::FUNCREF {
                    self.value(ValType::Ref(elem.ty), here);
                }
                exprs.view().iter().for_each(|expr| self.constant(&expr, here));
            }
            match &elem.mode {
                ElemMode::Active { offset, .. } => self.constant(offset, here),
                ElemMode::Passive => self.add(Feature::BulkMemory, here),
                ElemMode::Declarative => self.add(Feature::ReferenceTypes, here),
            }
        }
        if module.has_section(SectionId::DataCount) {
            let here = (SectionId::DataCount, ItemKind::DataCount, 0);
            self.add(Feature::BulkMemory, here);
        }
        for (index, data) in (0..).zip(&module.datas) {
            let here = (SectionId::Data, ItemKind::Data, index);
            match &data.mode {
                DataMode::Active { offset, .. } => self.constant(offset, here),
                DataMode::Passive => self.add(Feature::BulkMemory, here),
            }
        }
    }

    /// Adds the features of encodings that the tree does not distinguish from the older ones.
    fn encodings(&mut self) {
        for raw in &self.module.encoding.sections {
            if matches!(raw.id, SectionId::Custom | SectionId::Code)
                || !matches_module(raw, self.module)
            {
                continue;
            }
            for feature in OTHER_FORMS {
                let without = self.without(feature);
                if let Some(index) = first_item_without(raw, without) {
                    let kind = raw.id.item_kind();
                    let external = ExternKind::ALL.iter().find(|it| it.item_kind() == kind);
                    let imported = external.map_or(0, |kind| self.module.imported(*kind));
                    self.add_earlier(feature, (raw.id, kind, imported + index));
                }
            }
        }
    }

    /// The features to turn off when looking for encodings that need `feature`: the feature itself,
    /// and another one that also allows some of them, unless the module uses that one.
    fn without(&self, feature: Feature) -> Features {
        let other = match feature {
            // With either feature, a data segment can name its memory.
            Feature::BulkMemory => Feature::MultiMemory,
            // With either feature, a reference type can have a byte of its own before the heap
            // type.
            Feature::FunctionReferences => Feature::Exceptions,
            _ => return feature.into(),
        };
        match self.found.get(other as usize) {
            Some(None) => Features::of(feature) | other.into(),
            _ => feature.into(),
        }
    }

    /// Adds a use, unless a use at or before this item is known.
    fn add_earlier(&mut self, feature: Feature, here: Here) {
        let (section, _, index) = here;
        if let Some(found) = self.found.get_mut(feature as usize) {
            let is_before = |path: &Path| {
                (path.section, path.item.map(|(_, index)| index)) <= (Some(section), Some(index))
            };
            if !found.as_ref().is_some_and(is_before) {
                *found = None;
                self.add(feature, here);
            }
        }
    }

    fn constant(&mut self, expr: &Expr<'_>, here: Here) {
        self.instrs(expr.bytes(), here, true);
    }

    fn instrs(&mut self, code: &[u8], here: Here, constant: bool) {
        let mut instrs = Instrs::new(code);
        let imported_globals = if constant { self.imported_globals } else { 0 };
        let mut index = 0;
        while let Some(Ok(instr)) = instrs.next() {
            let opcode = instr.opcode();
            let place =
                Some(InstrRef { index, offset: instrs.offset() as u32, opcode: Some(opcode) });
            index += 1;
            self.add_at(opcode.feature(), here, place);
            let mut value = |ty| self.add_at(feature_of(ty), here, place);
            // Features of the immediates, in addition to that of the opcode.
            match instr {
                Instr::Block { block_type }
                | Instr::Loop { block_type }
                | Instr::If { block_type }
                | Instr::Try { block_type }
                | Instr::TryTable { block_type, .. } => match block_type {
                    BlockType::Empty => {}
                    BlockType::Value(ty) => value(ty),
                    BlockType::Type(_) => self.add_at(Feature::MultiValue, here, place),
                },
                Instr::SelectTyped { types } => types.iter().for_each(value),
                Instr::RefNull { heap } => value(ValType::Ref(RefType::null(heap))),
                Instr::RefTest { target } | Instr::RefCast { target } => {
                    self.heap(target.0, here, place);
                }
                Instr::RefTestNull { target } | Instr::RefCastNull { target } => {
                    self.heap(target.0, here, place);
                }
                Instr::BrOnCast { cast } | Instr::BrOnCastFail { cast } => {
                    value(ValType::Ref(cast.from));
                    value(ValType::Ref(cast.to));
                }
                Instr::I32Add
                | Instr::I32Sub
                | Instr::I32Mul
                | Instr::I64Add
                | Instr::I64Sub
                | Instr::I64Mul
                    if constant =>
                {
                    self.add_at(Feature::ExtendedConst, here, place);
                }
                Instr::GlobalGet { global } if constant && global.0 >= imported_globals => {
                    self.add_at(Feature::Gc, here, place);
                }
                _ => {}
            }
            let bytes = code.get(instrs.offset()..instrs.next_offset()).unwrap_or_default();
            for feature in opcode.kinds().iter().flat_map(other_forms) {
                if needs::<Instr<'_>>(bytes, self.without(*feature)) {
                    self.add_at(*feature, here, place);
                }
            }
        }
    }

    fn heap(&mut self, heap: HeapType, here: Here, place: Option<InstrRef>) {
        self.add_at(feature_of_reference(RefType::null(heap)), here, place);
    }
}

/// Whether the bytes of a parsed section still match the module.
fn matches_module(raw: &RawSection<'_>, module: &Module<'_>) -> bool {
    let mut items = module.section_items(raw.id);
    let is_equal = read_items(raw, Features::ALL, |item| items.next().as_ref() == Some(item));
    is_equal && items.next().is_none()
}

/// The index in the section of the first item that cannot be decoded without these features.
fn first_item_without(raw: &RawSection<'_>, without: Features) -> Option<u32> {
    let mut index = 0;
    let is_read = read_items(raw, Features::ALL - without, |item| {
        index += u32::from(!matches!(item, Item::RecGroup(_) | Item::ImportGroup(_)));
        true
    });
    (!is_read).then_some(index)
}

/// Decodes the items of a section with these features until `each` returns false. Returns whether
/// all were decoded.
fn read_items<'r>(
    raw: &'r RawSection<'_>,
    features: Features,
    mut each: impl FnMut(&Item<'r>) -> bool,
) -> bool {
    let Ok(content) = raw.content(0) else { return false };
    let mut reader = Reader::at(content.rest(), 0, features);
    let Ok(mut entries) = Entries::begin(raw.id, &mut reader) else { return false };
    loop {
        match entries.next(&mut reader) {
            Ok(Some(item)) if each(&item) => {}
            Ok(None) => return true,
            Ok(Some(_)) | Err(_) => return false,
        }
    }
}
