//! The shared state of all parts of the printer: module, settings, identifiers and line breaks.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{
    Effects, ExternKind, FieldIdx, IndexSpaces, ItemKind, Module, NameMap, Opcode, TypeIdx,
};

use crate::config::Config;
use crate::ids::{Ids, Space};
use crate::lines::Lines;
use crate::metadata::Customs;

/// The shared state of all parts of the printer.
pub(crate) struct Context<'m> {
    pub(crate) module: &'m Module<'m>,
    pub(crate) config: Config,
    pub(crate) ids: ModuleIds,
    /// The types of functions, tables, memories, globals and tags.
    pub(crate) spaces: IndexSpaces,
    /// The custom sections; empty while only a part of the module is printed.
    pub(crate) customs: Customs<'m>,
    pub(crate) lines: Lines,
}

/// The keyword of an instruction, padded: it is quicker to copy a fixed number of bytes and cut off
/// the rest than to copy the exact number.
#[derive(Clone, Copy)]
struct Keyword {
    text: [u8; KEYWORD],
    len: u8,
}

/// The room for a keyword. A longer keyword is copied from the table.
const KEYWORD: usize = 31;

/// The keywords of all instructions, in the order of the table. A longer keyword is empty here.
static KEYWORDS: [Keyword; Opcode::INFOS.len()] = {
    let mut keywords = [Keyword { text: [0; KEYWORD], len: 0 }; Opcode::INFOS.len()];
    let mut opcode = 0;
    while opcode < keywords.len() {
        let mnemonic = Opcode::INFOS[opcode].mnemonic.as_bytes();
        if mnemonic.len() <= KEYWORD {
            let keyword = &mut keywords[opcode];
            let (start, _) = keyword.text.split_at_mut(mnemonic.len());
            start.copy_from_slice(mnemonic);
            keyword.len = mnemonic.len() as u8;
        }
        opcode += 1;
    }
    keywords
};

/// The identifiers of a module, by index space.
pub(crate) struct ModuleIds {
    pub(crate) types: Ids,
    pub(crate) funcs: Ids,
    pub(crate) tables: Ids,
    pub(crate) memories: Ids,
    pub(crate) globals: Ids,
    pub(crate) tags: Ids,
    pub(crate) elems: Ids,
    pub(crate) datas: Ids,
    /// The identifiers of fields, by the index of their type. Types without such identifiers are
    /// left out.
    pub(crate) fields: BTreeMap<u32, Ids>,
}

impl<'m> Context<'m> {
    /// The numbers of operands and results of instructions.
    pub(crate) fn effects(&self) -> Effects<'_> {
        Effects { module: self.module, spaces: &self.spaces }
    }

    pub(crate) fn new(module: &'m Module<'_>, config: &Config) -> Context<'m> {
        let spaces = IndexSpaces::of(module);
        let ids = ModuleIds::new(module, config, &spaces);
        Context {
            module,
            config: config.clone(),
            ids,
            spaces,
            customs: Customs::default(),
            lines: Lines::new(config),
        }
    }

    /// Writes the keyword of an instruction.
    #[inline(always)]
    pub(crate) fn keyword(&self, out: &mut Vec<u8>, opcode: Opcode) {
        match KEYWORDS.get(opcode as usize) {
            Some(keyword) if keyword.len > 0 => {
                let end = out.len() + usize::from(keyword.len);
                out.extend_from_slice(&keyword.text);
                out.truncate(end);
            }
            _ => out.extend_from_slice(opcode.mnemonic().as_bytes()),
        }
    }

    /// Begins a line. `level` counts from the level of the module.
    #[inline(always)]
    pub(crate) fn line(&self, out: &mut Vec<u8>, level: usize) {
        self.lines.begin(out, level);
    }
}

impl ModuleIds {
    fn new(module: &Module<'_>, config: &Config, spaces: &IndexSpaces) -> ModuleIds {
        let name_unnamed = config.name_unnamed;
        let nameless = nameless(module);
        let external = |kind: ExternKind| {
            let nameless = nameless.get(&kind).map_or(&[][..], Vec::as_slice);
            let len = spaces.len(kind) as usize;
            Space { keyword: kind.keyword(), first: 0, len, name_unnamed, nameless }
        };
        let internal = |kind: ItemKind, len| {
            let keyword = kind.keyword();
            Space { keyword, first: 0, len, name_unnamed, nameless: &[] }
        };
        let names = &module.names;
        let empty = NameMap::default();
        let mut fields = BTreeMap::new();
        let mut add_fields = |ty: TypeIdx, names: &NameMap<'_, FieldIdx>| {
            if let Some(len) = module.field_count(ty) {
                let space = Space { keyword: "field", first: 0, len, name_unnamed, nameless: &[] };
                fields.insert(ty.0, Ids::new(Some(names), space));
            }
        };
        if name_unnamed {
            (0..module.types.len() as u32).for_each(|ty| add_fields(TypeIdx(ty), &empty));
        }
        names.fields.iter().for_each(|(ty, names)| add_fields(ty, names));
        ModuleIds {
            types: Ids::new(Some(&names.types), internal(ItemKind::Type, module.types.len())),
            funcs: Ids::new(Some(&names.funcs), external(ExternKind::Func)),
            tables: Ids::new(Some(&names.tables), external(ExternKind::Table)),
            memories: Ids::new(Some(&names.memories), external(ExternKind::Mem)),
            globals: Ids::new(Some(&names.globals), external(ExternKind::Global)),
            tags: Ids::new(Some(&names.tags), external(ExternKind::Tag)),
            elems: Ids::new(Some(&names.elems), internal(ItemKind::Elem, module.elems.len())),
            datas: Ids::new(Some(&names.datas), internal(ItemKind::Data, module.datas.len())),
            fields,
        }
    }

    /// The identifiers of a space that can be imported.
    pub(crate) fn of(&self, kind: ExternKind) -> &Ids {
        match kind {
            ExternKind::Func => &self.funcs,
            ExternKind::Table => &self.tables,
            ExternKind::Mem => &self.memories,
            ExternKind::Global => &self.globals,
            ExternKind::Tag => &self.tags,
        }
    }
}

/// The imports without a place for an identifier, because their group states one type for all of
/// them: by kind, a flag for each index.
pub(crate) fn nameless(module: &Module<'_>) -> BTreeMap<ExternKind, Vec<bool>> {
    let mut flags: BTreeMap<ExternKind, Vec<bool>> = BTreeMap::new();
    if module.import_groups.iter().all(|group| group.ty.is_none()) {
        return flags;
    }
    for run in module.import_runs() {
        let is_nameless = run.group.is_some_and(|group| group.ty.is_some());
        for import in run.items {
            flags.entry(import.ty.kind()).or_default().push(is_nameless);
        }
    }
    flags
}
