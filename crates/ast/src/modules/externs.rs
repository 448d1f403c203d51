//! The five kinds of imports and exports, an index of any of these kinds, and the index spaces of a
//! module, which begin with imports.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/modules.html#indices>

use alloc::vec::Vec;

use crate::values::codes;
use crate::{
    CompType, Decode, DefIdx, Encode, ExternType, Func, FuncIdx, FuncType, Global, GlobalIdx,
    GlobalType, Import, ItemKind, Malformed, MemIdx, MemType, Module, Reader, Table, TableIdx,
    TableType, TagIdx, TagType, TypeIdx, leb128,
};

macro_rules! extern_kinds {
    ($( $(#[$doc:meta])* $kind:ident $index:ident $code:literal $get:ident $list:ident: $ty:ty,
        $defs:ident $def:ty, $get_mut:ident $indexed:ident; )*) => {
        codes! {
            /// A kind of import or export. Each kind has an index space, which begins with the
            /// imports.
            ///
            /// The order is that of the binary format's codes, so `kind as usize` is an index into
            /// an array of [`ExternKind::COUNT`] elements.
            #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
            #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
            ExternKind { $( $(#[$doc])* $kind = $code, )* }
        }

        impl ExternKind {
            /// The number of kinds.
            pub const COUNT: usize = ExternKind::ALL.len();

            /// The keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                self.item_kind().keyword()
            }

            /// The kind of item.
            pub const fn item_kind(self) -> ItemKind {
                match self { $( ExternKind::$kind => ItemKind::$kind, )* }
            }
        }

        impl From<ExternKind> for ItemKind {
            fn from(kind: ExternKind) -> ItemKind {
                kind.item_kind()
            }
        }

        /// An index into the index space of one kind.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
        pub enum ExternIdx { $( $(#[$doc])* $kind($index), )* }

        impl ExternIdx {
            /// The index with this number in the index space of `kind`.
            pub const fn new(kind: ExternKind, index: u32) -> ExternIdx {
                match kind { $( ExternKind::$kind => ExternIdx::$kind($index(index)), )* }
            }

            /// The index space.
            pub const fn kind(self) -> ExternKind {
                match self { $( ExternIdx::$kind(_) => ExternKind::$kind, )* }
            }

            /// The index as a number.
            pub const fn index(self) -> u32 {
                match self { $( ExternIdx::$kind(index) => index.0, )* }
            }
        }

        $( impl From<$index> for ExternIdx {
            fn from(index: $index) -> ExternIdx {
                ExternIdx::$kind(index)
            }
        } )*

        /// The types of all functions, tables, memories, globals and tags by index: first imports,
        /// then the definitions of the module.
        ///
        /// A snapshot: it does not follow later changes of the module.
        ///
        /// ```
        /// use wattle_ast::{ExternKind, ExternType, FuncIdx, FuncType, Import, IndexSpaces, Module, TypeIdx};
        ///
        /// let mut module = Module::default();
        /// module.types.push(FuncType::new([], []).into());
        /// let ty = ExternType::Func(TypeIdx(0));
        /// module.imports.push(Import { module: "env".into(), name: "log".into(), ty });
        ///
        /// let spaces = IndexSpaces::of(&module);
        /// assert_eq!(spaces.func(FuncIdx(0)), Some(TypeIdx(0)));
        /// assert_eq!(spaces.imported(ExternKind::Func), 1);
        /// assert_eq!(spaces.func(FuncIdx(1)), None);
        /// ```
        #[derive(Clone, PartialEq, Debug, Default)]
        pub struct IndexSpaces {
            $(
                #[doc = concat!("The type of each ", stringify!($get), ".")]
                pub $list: Vec<$ty>,
            )*
            imported: [u32; ExternKind::COUNT],
        }

        impl IndexSpaces {
            $(
                #[doc = concat!("Returns the type of the ", stringify!($get), " with this index.")]
                pub fn $get(&self, index: $index) -> Option<$ty> {
                    self.$list.get(index.idx()).copied()
                }
            )*

            /// The type of the item with this index. For every function it is [`ExternType::Func`].
            pub fn get(&self, index: ExternIdx) -> Option<ExternType> {
                Some(match index {
                    $( ExternIdx::$kind(index) => ExternType::$kind(self.$get(index)?), )*
                })
            }

            /// The number of items of a kind, imports included.
            pub fn len(&self, kind: ExternKind) -> u32 {
                match kind { $( ExternKind::$kind => self.$list.len() as u32, )* }
            }

            fn add_import(&mut self, ty: ExternType) {
                match ty {
                    ExternType::FuncExact(ty) => self.funcs.push(ty),
                    $( ExternType::$kind(ty) => self.$list.push(ty), )*
                }
            }
        }

        impl<'a> Module<'a> {
            $(
                #[doc = concat!("Returns the definition of the ", stringify!($get), " with this index; `None` if the item is imported or does not exist.")]
                ///
                /// Each call counts the imports. A loop should count them once, with
                /// [`imported`](Module::imported) and [`DefIdx::behind`].
                pub fn $get(&self, index: $index) -> Option<&$def> {
                    self.$defs.get(DefIdx::behind(self.imported(ExternKind::$kind), index)?)
                }

                #[doc = concat!("Returns the definition of the ", stringify!($get), " with this index, to be changed; `None` if the item is imported or does not exist.")]
                pub fn $get_mut(&mut self, index: $index) -> Option<&mut $def> {
                    let imported = self.imported(ExternKind::$kind);
                    self.$defs.get_mut(DefIdx::behind(imported, index)?)
                }

                #[doc = concat!("Returns the definitions of [`Module::", stringify!($defs), "`], each with its index, which counts imports too.")]
                pub fn $indexed(&self) -> impl Iterator<Item = ($index, &$def)> {
                    let imported = self.imported(ExternKind::$kind);
                    self.$defs.iter_indexed().map(move |(at, def)| (at.in_space(imported), def))
                }
            )*
        }
    };
}

extern_kinds! {
    /// A function.
    Func FuncIdx 0 func funcs: TypeIdx,
        funcs Func<'a>, func_mut indexed_funcs;
    /// A table.
    Table TableIdx 1 table tables: TableType,
        tables Table<'a>, table_mut indexed_tables;
    /// A memory.
    Mem MemIdx 2 mem mems: MemType,
        memories MemType, mem_mut indexed_memories;
    /// A global.
    Global GlobalIdx 3 global globals: GlobalType,
        globals Global<'a>, global_mut indexed_globals;
    /// A tag.
    Tag TagIdx 4 tag tags: TagType,
        tags TagType, tag_mut indexed_tags;
}

impl<'a> Decode<'a> for ExternIdx {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let kind = reader.byte_if(Malformed::ExportKind, ExternKind::from_code)?;
        Ok(ExternIdx::new(kind, reader.u32()?))
    }
}

impl Encode for ExternIdx {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind().code());
        leb128::write_u32(out, self.index());
    }
}

impl IndexSpaces {
    /// The index spaces of a module.
    pub fn of(module: &Module<'_>) -> IndexSpaces {
        let mut spaces = IndexSpaces::default();
        module.imports.iter().for_each(|import| spaces.add_import(import.ty));
        for &kind in ExternKind::ALL {
            spaces.imported[kind as usize] = spaces.len(kind);
        }
        spaces.funcs.extend(module.funcs.iter().map(|func| func.ty));
        spaces.tables.extend(module.tables.iter().map(|table| table.ty));
        spaces.mems.extend(&module.memories);
        spaces.globals.extend(module.globals.iter().map(|global| global.ty));
        spaces.tags.extend(&module.tags);
        spaces
    }

    /// The number of imports of a kind, which is the index of the first item that the module
    /// defines.
    pub fn imported(&self, kind: ExternKind) -> u32 {
        self.imported[kind as usize]
    }
}

impl<'a> Module<'a> {
    /// The number of imports of a kind.
    pub fn imported(&self, kind: ExternKind) -> u32 {
        self.imports.iter().filter(|import| import.ty.kind() == kind).count() as u32
    }

    /// The imports in order, each with its index in the space of its kind.
    ///
    /// ```
    /// use wattle_ast::{ExternIdx, ExternType, Import, MemIdx, Module, TagIdx, TagType};
    ///
    /// let mut module = Module::default();
    /// let ty = ExternType::Tag(TagType { ty: 0.into() });
    /// module.imports.push(Import { module: "m".into(), name: "t".into(), ty });
    /// let (index, import) = module.indexed_imports().next().unwrap();
    /// assert_eq!((index, &*import.name), (ExternIdx::Tag(TagIdx(0)), "t"));
    /// ```
    pub fn indexed_imports(&self) -> impl Iterator<Item = (ExternIdx, &Import<'a>)> {
        let mut next = [0; ExternKind::COUNT];
        self.imports.iter().map(move |import| {
            let kind = import.ty.kind();
            let index = next[kind as usize];
            next[kind as usize] += 1;
            (ExternIdx::new(kind, index), import)
        })
    }

    /// The function type with this type index; `None` if the type is not a function type.
    pub fn func_type(&self, ty: TypeIdx) -> Option<&FuncType> {
        match self.comp_type(ty)? {
            CompType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The composite type with this type index.
    pub fn comp_type(&self, ty: TypeIdx) -> Option<&CompType> {
        Some(&self.types.get(ty)?.comp)
    }

    /// The number of fields of a struct type; `None` if the type is not a struct type.
    pub fn field_count(&self, ty: TypeIdx) -> Option<usize> {
        match self.comp_type(ty)? {
            CompType::Struct(ty) => Some(ty.fields.len()),
            _ => None,
        }
    }
}
