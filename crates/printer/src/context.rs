//! What all parts of the printer share: the module, the settings, the identifiers, the lines.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{CompType, ExternType, FuncType, ItemKind, Module, NameMap, Opcode, TypeIdx};

use crate::config::Config;
use crate::ids::{Ids, Space};

/// Indentation stops growing here, so that deep nesting does not make the text quadratic.
const MAX_LEVEL: usize = 50;
/// And no level is wider than this.
const MAX_INDENT: usize = 16;

/// What all parts of the printer share.
pub(crate) struct Context<'m> {
    pub(crate) module: &'m Module<'m>,
    pub(crate) config: Config,
    pub(crate) ids: Spaces,
    /// The types of all functions, imported ones first.
    pub(crate) func_types: Vec<TypeIdx>,
    /// The types of all tags, likewise.
    pub(crate) tag_types: Vec<TypeIdx>,
    /// How many imports each space has.
    pub(crate) imported: Imported,
    /// A line break and the deepest indentation.
    line: Vec<u8>,
    keywords: Vec<Keyword>,
}

/// The keyword of an instruction, padded: copying a fixed number of bytes and stepping back is
/// quicker than copying just as many as it takes.
#[derive(Clone, Copy)]
struct Keyword {
    text: [u8; KEYWORD],
    len: u8,
}

/// Room for a keyword. One that is longer is copied the slower way.
const KEYWORD: usize = 31;
/// A short line break, indentation included, is copied the quicker way too.
const SHORT_LINE: usize = 32;

impl Keyword {
    fn new(opcode: Opcode) -> Keyword {
        let mnemonic = opcode.mnemonic().as_bytes();
        let mut text = [0; KEYWORD];
        match text.get_mut(..mnemonic.len()) {
            Some(start) => {
                start.copy_from_slice(mnemonic);
                Keyword { text, len: mnemonic.len() as u8 }
            }
            None => Keyword { text, len: 0 },
        }
    }
}

/// How many imports there are of each kind.
#[derive(Clone, Copy, Default)]
pub(crate) struct Imported {
    pub(crate) funcs: u32,
    pub(crate) tables: u32,
    pub(crate) memories: u32,
    pub(crate) globals: u32,
    pub(crate) tags: u32,
}

impl Imported {
    /// The count of a kind that can be imported.
    pub(crate) fn count(&mut self, kind: ItemKind) -> &mut u32 {
        match kind {
            ItemKind::Func => &mut self.funcs,
            ItemKind::Table => &mut self.tables,
            ItemKind::Memory => &mut self.memories,
            ItemKind::Global => &mut self.globals,
            _ => &mut self.tags,
        }
    }
}

/// The identifiers of the spaces of a module.
pub(crate) struct Spaces {
    pub(crate) types: Ids,
    pub(crate) funcs: Ids,
    pub(crate) tables: Ids,
    pub(crate) memories: Ids,
    pub(crate) globals: Ids,
    pub(crate) tags: Ids,
    pub(crate) elems: Ids,
    pub(crate) datas: Ids,
    /// By type, for types whose fields have any.
    pub(crate) fields: BTreeMap<u32, Ids>,
}

impl<'m> Context<'m> {
    pub(crate) fn new(module: &'m Module<'_>, config: &Config) -> Context<'m> {
        let mut imported = Imported::default();
        let mut func_types = Vec::new();
        let mut tag_types = Vec::new();
        for import in &module.imports {
            *imported.count(import.ty.kind()) += 1;
            match import.ty {
                ExternType::Func(ty) | ExternType::FuncExact(ty) => func_types.push(ty),
                ExternType::Tag(tag) => tag_types.push(tag.ty),
                _ => {}
            }
        }
        func_types.extend(module.funcs.iter().map(|func| func.ty));
        tag_types.extend(module.tags.iter().map(|tag| tag.ty));

        let mut line = Vec::from(*b"\n");
        line.resize(1 + MAX_LEVEL * config.indent.min(MAX_INDENT), b' ');
        let ids = Spaces::new(module, config, &imported);
        Context {
            module,
            config: Config { indent: config.indent.min(MAX_INDENT), ..config.clone() },
            ids,
            func_types,
            tag_types,
            imported,
            line,
            keywords: Opcode::ALL.iter().copied().map(Keyword::new).collect(),
        }
    }

    /// Writes the keyword of an instruction.
    #[inline(always)]
    pub(crate) fn keyword(&self, out: &mut Vec<u8>, opcode: Opcode) {
        match self.keywords.get(opcode as usize) {
            Some(keyword) if keyword.len > 0 => {
                let end = out.len() + usize::from(keyword.len);
                out.extend_from_slice(&keyword.text);
                out.truncate(end);
            }
            _ => out.extend_from_slice(opcode.mnemonic().as_bytes()),
        }
    }

    /// Begins a line.
    #[inline(always)]
    pub(crate) fn line(&self, out: &mut Vec<u8>, level: usize) {
        let len = 1 + level.min(MAX_LEVEL) * self.config.indent;
        match self.line.first_chunk::<SHORT_LINE>() {
            Some(line) if len <= SHORT_LINE => {
                let end = out.len() + len;
                out.extend_from_slice(line);
                out.truncate(end);
            }
            _ => out.extend_from_slice(self.line.get(..len).unwrap_or(&self.line)),
        }
    }

    /// The function type of an index, when it is one.
    pub(crate) fn func_type(&self, ty: TypeIdx) -> Option<&'m FuncType> {
        match &self.module.types.get(ty.idx())?.comp {
            CompType::Func(func) => Some(func),
            _ => None,
        }
    }

    /// How many fields a type has, when it is a struct.
    pub(crate) fn field_count(&self, ty: u32) -> Option<usize> {
        field_count(self.module, ty)
    }
}

fn field_count(module: &Module<'_>, ty: u32) -> Option<usize> {
    match &module.types.get(ty as usize)?.comp {
        CompType::Struct(structure) => Some(structure.fields.len()),
        _ => None,
    }
}

impl Spaces {
    fn new(module: &Module<'_>, config: &Config, imported: &Imported) -> Spaces {
        let name_unnamed = config.name_unnamed;
        let nameless = nameless(module);
        let space = |names, keyword, kind, imported: u32, defined: usize| {
            let len = imported as usize + defined;
            let nameless = nameless.get(&kind).map_or(&[][..], Vec::as_slice);
            Ids::new(Some(names), Space { keyword, len, name_unnamed, nameless })
        };
        let names = &module.names;
        let empty = NameMap::default();
        let mut fields = BTreeMap::new();
        let mut add_fields = |ty: u32, names: &NameMap<'_>| {
            if let Some(len) = field_count(module, ty) {
                let space = Space { keyword: "field", len, name_unnamed, nameless: &[] };
                fields.insert(ty, Ids::new(Some(names), space));
            }
        };
        if name_unnamed {
            (0..module.types.len() as u32).for_each(|ty| add_fields(ty, &empty));
        }
        names.fields.iter().for_each(|(ty, names)| add_fields(ty, names));
        Spaces {
            types: space(&names.types, "type", ItemKind::Type, 0, module.types.len()),
            funcs: space(&names.funcs, "func", ItemKind::Func, imported.funcs, module.funcs.len()),
            tables: space(
                &names.tables,
                "table",
                ItemKind::Table,
                imported.tables,
                module.tables.len(),
            ),
            memories: space(
                &names.memories,
                "memory",
                ItemKind::Memory,
                imported.memories,
                module.memories.len(),
            ),
            globals: space(
                &names.globals,
                "global",
                ItemKind::Global,
                imported.globals,
                module.globals.len(),
            ),
            tags: space(&names.tags, "tag", ItemKind::Tag, imported.tags, module.tags.len()),
            elems: space(&names.elems, "elem", ItemKind::Elem, 0, module.elems.len()),
            datas: space(&names.datas, "data", ItemKind::Data, 0, module.datas.len()),
            fields,
        }
    }

    /// The identifiers of a space that can be imported.
    pub(crate) fn of(&self, kind: ItemKind) -> &Ids {
        match kind {
            ItemKind::Func => &self.funcs,
            ItemKind::Table => &self.tables,
            ItemKind::Memory => &self.memories,
            ItemKind::Global => &self.globals,
            _ => &self.tags,
        }
    }
}

/// The imports whose group has one type for all, and so no place for an identifier: by kind, a
/// flag for each index.
pub(crate) fn nameless(module: &Module<'_>) -> BTreeMap<ItemKind, Vec<bool>> {
    let mut flags: BTreeMap<ItemKind, Vec<bool>> = BTreeMap::new();
    let mut groups = module.import_groups.iter().filter(|group| group.ty.is_some()).peekable();
    if groups.peek().is_none() {
        return flags;
    }
    let mut end = 0;
    for (place, import) in module.imports.iter().enumerate() {
        while let Some(group) = groups.next_if(|group| group.first as usize <= place) {
            end = group.first as usize + group.len as usize;
        }
        flags.entry(import.ty.kind()).or_default().push(place < end);
    }
    flags
}
