//! What a module can import and export: the five kinds, an index of one of them, and the index
//! spaces of a module, imports first.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/modules.html#indices>

use alloc::vec::Vec;

use crate::values::codes;
use crate::{
    CompType, Decode, Encode, ExternType, FuncIdx, FuncType, GlobalIdx, GlobalType, Import,
    ItemKind, Malformed, MemIdx, MemType, Module, Reader, TableIdx, TableType, TagIdx, TagType,
    TypeIdx, leb128,
};

macro_rules! extern_kinds {
    ($( $(#[$doc:meta])* $kind:ident $index:ident $code:literal $get:ident $list:ident: $ty:ty; )*) => {
        codes! {
            /// What a module can import and export. Each kind has an index space in which imports
            /// come first.
            ///
            /// The order is that of the binary format's codes, so `kind as usize` is an index into
            /// an array of [`ExternKind::COUNT`] elements.
            ExternKind { $( $(#[$doc])* $kind = $code, )* }
        }

        impl ExternKind {
            /// How many kinds there are.
            pub const COUNT: usize = ExternKind::ALL.len();

            /// The keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                self.item_kind().keyword()
            }

            /// The kind of item that it is.
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
        pub enum ExternIdx { $( $(#[$doc])* $kind($index), )* }

        impl ExternIdx {
            /// The index `index` of the space of `kind`.
            pub const fn new(kind: ExternKind, index: u32) -> ExternIdx {
                match kind { $( ExternKind::$kind => ExternIdx::$kind($index(index)), )* }
            }

            /// Its index space.
            pub const fn kind(self) -> ExternKind {
                match self { $( ExternIdx::$kind(_) => ExternKind::$kind, )* }
            }

            /// The bare index.
            pub const fn index(self) -> u32 {
                match self { $( ExternIdx::$kind(index) => index.0, )* }
            }
        }

        $( impl From<$index> for ExternIdx {
            fn from(index: $index) -> ExternIdx {
                ExternIdx::$kind(index)
            }
        } )*

        /// The types of everything that has an index and can be imported: imports first, then what the
        /// module defines, as indices count.
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
                #[doc = concat!("The type of the ", stringify!($get), " of an index.")]
                pub fn $get(&self, index: $index) -> Option<$ty> {
                    self.$list.get(index.idx()).copied()
                }
            )*

            /// The type of whatever an index names, with [`ExternType::Func`] for every function.
            pub fn get(&self, index: ExternIdx) -> Option<ExternType> {
                Some(match index {
                    $( ExternIdx::$kind(index) => ExternType::$kind(self.$get(index)?), )*
                })
            }

            /// How many there are of a kind, imports included.
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
    };
}

extern_kinds! {
    /// A function.
    Func FuncIdx 0 func funcs: TypeIdx;
    /// A table.
    Table TableIdx 1 table tables: TableType;
    /// A memory.
    Mem MemIdx 2 mem mems: MemType;
    /// A global.
    Global GlobalIdx 3 global globals: GlobalType;
    /// A tag.
    Tag TagIdx 4 tag tags: TagType;
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

    /// How many of a kind are imported: the index of the first one that the module defines.
    pub fn imported(&self, kind: ExternKind) -> u32 {
        self.imported[kind as usize]
    }
}

impl Module<'_> {
    /// How many imports are of a kind.
    pub fn imported(&self, kind: ExternKind) -> u32 {
        self.imports.iter().filter(|import| import.ty.kind() == kind).count() as u32
    }

    /// The imports in order, each with the index that it has in the space of its kind.
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
    pub fn indexed_imports(&self) -> impl Iterator<Item = (ExternIdx, &Import<'_>)> {
        let mut next = [0; ExternKind::COUNT];
        self.imports.iter().map(move |import| {
            let kind = import.ty.kind();
            let index = next[kind as usize];
            next[kind as usize] += 1;
            (ExternIdx::new(kind, index), import)
        })
    }

    /// The function type of a type index, when it is one.
    pub fn func_type(&self, ty: TypeIdx) -> Option<&FuncType> {
        match self.comp_type(ty)? {
            CompType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The composite type of a type index.
    pub fn comp_type(&self, ty: TypeIdx) -> Option<&CompType> {
        Some(&self.types.get(ty.idx())?.comp)
    }

    /// How many fields a type has, when it is a struct.
    pub fn field_count(&self, ty: TypeIdx) -> Option<usize> {
        match self.comp_type(ty)? {
            CompType::Struct(ty) => Some(ty.fields.len()),
            _ => None,
        }
    }
}
