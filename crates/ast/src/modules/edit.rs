//! Insertion, removal and moves of items, with updates of all indices that refer to other items.

use alloc::vec::Vec;
use core::fmt;

use super::items::{Data, Elem, Func, Global, Import, Table};
use super::module::Module;
use super::remap::RemapError;
use crate::{
    DataIdx, DefIdx, ElemIdx, ExternIdx, ExternKind, ExternType, FuncIdx, FuncType, GlobalIdx,
    ItemKind, Malformed, MemIdx, MemType, Name, Path, Remap, RemapFault, SpaceIdx, SubType,
    TableIdx, TagIdx, TagType, TypeIdx,
};

/// The reason why a module cannot be changed. The module stays as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EditError {
    /// Something refers to an item that was to be removed.
    Used {
        /// The kind of the item.
        kind: ItemKind,
        /// The index of the item.
        index: u32,
        /// The place that refers to the item.
        by: Path,
    },
    /// The index is out of range: no item has it, and no item can be inserted there.
    Unknown {
        /// The kind of the item.
        kind: ItemKind,
        /// The index.
        index: u32,
    },
    /// A definition was to be inserted or moved among the imports, or an import among the
    /// definitions.
    Imported {
        /// The kind of the item.
        kind: ItemKind,
        /// The requested index.
        index: u32,
    },
    /// Code is malformed.
    Malformed {
        /// The reason.
        reason: Malformed,
        /// The place of the code.
        path: Path,
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::Used { kind, index, by } => {
                write!(f, "{} {index} is still used, in {by}", kind.keyword())
            }
            EditError::Unknown { kind, index } => write!(f, "unknown {} {index}", kind.keyword()),
            EditError::Imported { kind, index } => {
                let kind = kind.keyword();
                write!(
                    f,
                    "{kind} {index} is on the other side of the border between imports and definitions"
                )
            }
            EditError::Malformed { reason, path } => write!(f, "{reason}, in {path}"),
        }
    }
}

impl core::error::Error for EditError {}

/// A change to the places in an index space.
pub(super) enum Change {
    Insert(u32),
    /// The indices are in ascending order.
    Remove(Vec<u32>),
    Move {
        from: u32,
        to: u32,
    },
}

impl Change {
    fn new_index(&self, index: u32) -> Option<u32> {
        match *self {
            Change::Insert(at) => Some(index.saturating_add(u32::from(index >= at))),
            Change::Remove(ref removed) => match removed.binary_search(&index) {
                Ok(_) => None,
                Err(before) => Some(index - before as u32),
            },
            Change::Move { from, to } if index == from => Some(to),
            Change::Move { from, to } if from < index && index <= to => Some(index - 1),
            Change::Move { from, to } if to <= index && index < from => Some(index + 1),
            Change::Move { .. } => Some(index),
        }
    }

    /// The first index and the length of a group of neighbours after the change; `None` if no
    /// member is left. An item that moves leaves its group.
    fn new_group(&self, (first, len): (u32, u32)) -> Option<(u32, u32)> {
        let end = first.saturating_add(len);
        match *self {
            Change::Insert(at) if at <= first => Some((first.saturating_add(1), len)),
            Change::Insert(at) if at < end => Some((first, len.saturating_add(1))),
            Change::Insert(_) => Some((first, len)),
            Change::Remove(ref removed) => {
                let before = |index| removed.partition_point(|removed| *removed < index) as u32;
                let left = len - (before(end) - before(first));
                (left > 0 || len == 0).then_some((first - before(first), left))
            }
            Change::Move { from, to } => {
                let group = Change::Remove([from].into()).new_group((first, len))?;
                Change::Insert(to).new_group(group)
            }
        }
    }
}

/// The [`Remap`] that gives new indices in one index space.
struct Renumber<'c> {
    kind: ItemKind,
    change: &'c Change,
}

/// The error for the index of an item that is removed.
struct Removed {
    kind: ItemKind,
    index: u32,
}

impl Remap for Renumber<'_> {
    type Error = Removed;

    #[inline(always)]
    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, Removed> {
        match kind == self.kind {
            true => self.change.new_index(index).ok_or(Removed { kind, index }),
            false => Ok(index),
        }
    }
}

/// Removes the elements at these positions, which ascend.
pub(super) fn remove_places<T>(list: &mut Vec<T>, places: &[u32]) {
    let mut place = 0;
    list.retain(|_| {
        let stays = places.binary_search(&place).is_err();
        place += 1;
        stays
    });
}

/// Moves an element to another position.
fn move_place<T>(list: &mut [T], from: usize, to: usize) {
    match list.get_mut(from.min(to)..=from.max(to)) {
        Some(part) if from < to => part.rotate_left(1),
        Some(part) => part.rotate_right(1),
        None => {}
    }
}

fn sorted<I: SpaceIdx>(indices: impl IntoIterator<Item = I>) -> Vec<u32> {
    let mut indices: Vec<u32> = indices.into_iter().map(I::into).collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}

impl<'a> Module<'a> {
    /// Gives the items of an index space new indices, in all places that use them.
    fn renumber(&mut self, kind: ItemKind, change: &Change) -> Result<(), EditError> {
        self.remap(&mut Renumber { kind, change }).map_err(|RemapError { fault, path }| match fault
        {
            RemapFault::Refused(Removed { kind, index }) => {
                EditError::Used { kind, index, by: path }
            }
            RemapFault::Malformed(reason) => EditError::Malformed { reason, path },
        })
    }

    /// Adds an import after all others. Definitions of its kind get higher indices, and everything
    /// that refers to them is updated.
    ///
    /// # Errors
    /// If code is malformed.
    ///
    /// ```
    /// use wattle_ast::{Body, ExternType, Func, FuncIdx, FuncType, Import, Module};
    ///
    /// let mut module = Module::default();
    /// let ty = module.add_func_type(FuncType::new([], []));
    /// module.funcs.push(Func { ty, body: Body::default() });
    /// module.start = Some(FuncIdx(0));
    ///
    /// let ty = ExternType::Func(ty);
    /// let log = module.insert_import(Import { module: "env".into(), name: "log".into(), ty })?;
    /// assert_eq!(log, FuncIdx(0).into());
    /// assert_eq!(module.start, Some(FuncIdx(1)));
    /// # Ok::<(), wattle_ast::EditError>(())
    /// ```
    pub fn insert_import(&mut self, import: Import<'a>) -> Result<ExternIdx, EditError> {
        let kind = import.ty.kind();
        let index = self.imported(kind);
        self.renumber(kind.into(), &Change::Insert(index))?;
        self.imports.push(import);
        Ok(ExternIdx::new(kind, index))
    }

    /// Imports a function after all other imports. Adds its type if the module does not have it.
    ///
    /// # Errors
    /// If code is malformed.
    ///
    /// ```
    /// use wattle_ast::{FuncIdx, FuncType, Module, ValType};
    ///
    /// let mut module = Module::default();
    /// let log = module.import_func("env", "log", FuncType::new([ValType::I32], []))?;
    /// assert_eq!(log, FuncIdx(0));
    /// # Ok::<(), wattle_ast::EditError>(())
    /// ```
    pub fn import_func(
        &mut self,
        module: impl Into<Name<'a>>,
        name: impl Into<Name<'a>>,
        ty: FuncType,
    ) -> Result<FuncIdx, EditError> {
        let ty = ExternType::Func(self.add_func_type(ty));
        let import = Import { module: module.into(), name: name.into(), ty };
        self.insert_import(import).map(|index| FuncIdx(index.index()))
    }

    /// Returns the index of a function type. It adds the type, unless an equal type is in a group
    /// of its own. All types are compared each time.
    pub fn add_func_type(&mut self, ty: FuncType) -> TypeIdx {
        let ty = SubType::from(ty);
        let known = self.type_runs().find(|run| run.items == [ty.clone()]).map(|run| run.first);
        known.map_or_else(
            || {
                let index = self.types.next_index();
                self.types.push(ty);
                index
            },
            TypeIdx,
        )
    }

    /// Removes imports and definitions of one kind, but leaves the definitions in their list.
    /// Returns the places of the definitions.
    fn remove_externs(
        &mut self,
        kind: ExternKind,
        defined: usize,
        indices: Vec<u32>,
    ) -> Result<Vec<u32>, EditError> {
        let imported = self.imported(kind);
        let len = imported.saturating_add(defined as u32);
        check(kind.into(), indices.last().copied(), len)?;
        let places: Vec<u32> = (0..)
            .zip(self.indexed_imports())
            .filter(|(_, (index, _))| {
                index.kind() == kind && indices.binary_search(&index.index()).is_ok()
            })
            .map(|(place, _)| place)
            .collect();
        let definitions = indices.iter().filter_map(|index| index.checked_sub(imported)).collect();
        self.renumber(kind.into(), &Change::Remove(indices))?;
        remove_places(&mut self.imports, &places);
        self.change_import_groups(&Change::Remove(places));
        Ok(definitions)
    }

    pub(super) fn change_import_groups(&mut self, change: &Change) {
        self.import_groups.retain_mut(|group| {
            let new = change.new_group((group.first, group.len));
            (group.first, group.len) = new.unwrap_or_default();
            new.is_some()
        });
    }

    pub(super) fn change_rec_groups(&mut self, change: &Change) {
        self.rec_groups.retain_mut(|group| {
            let new = change.new_group((group.first.0, group.len));
            (group.first.0, group.len) = new.unwrap_or_default();
            new.is_some()
        });
    }

    /// Moves an import or definition, but leaves a definition in its place in its list.
    fn move_extern(
        &mut self,
        kind: ExternKind,
        defined: usize,
        from: u32,
        to: u32,
    ) -> Result<Option<(usize, usize)>, EditError> {
        let imported = self.imported(kind);
        check(kind.into(), Some(from.max(to)), imported.saturating_add(defined as u32))?;
        if (from < imported) != (to < imported) {
            return Err(EditError::Imported { kind: kind.into(), index: to });
        }
        self.renumber(kind.into(), &Change::Move { from, to })?;
        if from >= imported {
            return Ok(Some(((from - imported) as usize, (to - imported) as usize)));
        }
        // Imports of other kinds stay in their places.
        let of_kind =
            |(place, import): (usize, &Import<'_>)| (import.ty.kind() == kind).then_some(place);
        let places: Vec<usize> = self.imports.iter().enumerate().filter_map(of_kind).collect();
        let places = places.get(from.min(to) as usize..=from.max(to) as usize).unwrap_or_default();
        let swap = |pair: &[usize]| self.imports.swap(pair[0], pair[1]);
        match from < to {
            true => places.windows(2).for_each(swap),
            false => places.windows(2).rev().for_each(swap),
        }
        Ok(None)
    }
}

/// Checks that the greatest index that an edit uses is that of an item.
fn check(kind: ItemKind, greatest: Option<u32>, len: u32) -> Result<(), EditError> {
    match greatest {
        Some(index) if index >= len => Err(EditError::Unknown { kind, index }),
        _ => Ok(()),
    }
}

macro_rules! externs {
    ($( $kind:ident $index:ident $defs:ident $def:ty: $noun:literal
        $insert:ident $remove:ident $remove_all:ident $move:ident; )*) => {
        impl<'a> Module<'a> { $(
            #[doc = concat!("Inserts the definition of a ", $noun, " at this index. Indices from this one on increase by 1.")]
            ///
            /// # Errors
            /// If the index is that of an import or beyond the end, or code is malformed.
            pub fn $insert(&mut self, index: $index, definition: $def) -> Result<(), EditError> {
                let kind = ItemKind::$kind;
                let place = DefIdx::behind(self.imported(ExternKind::$kind), index)
                    .ok_or(EditError::Imported { kind, index: index.0 })?;
                if place > self.$defs.next_index() {
                    return Err(EditError::Unknown { kind, index: index.0 });
                }
                self.renumber(kind, &Change::Insert(index.0))?;
                self.$defs.as_vec_mut().insert(place.idx(), definition);
                Ok(())
            }

            #[doc = concat!("Removes a ", $noun, ", imported or defined. Higher indices decrease by 1.")]
            ///
            /// # Errors
            /// If the item does not exist, if something refers to it, or if code is malformed.
            pub fn $remove(&mut self, index: $index) -> Result<(), EditError> {
                self.$remove_all([index])
            }

            #[doc = concat!("Removes several items at once, as [`", stringify!($remove), "`](Module::", stringify!($remove), ") removes one. The items may refer to each other.")]
            ///
            /// # Errors
            /// If an item does not exist, if something else refers to it, or if code is malformed.
            pub fn $remove_all(
                &mut self,
                indices: impl IntoIterator<Item = $index>,
            ) -> Result<(), EditError> {
                let defined = self.$defs.len();
                let places = self.remove_externs(ExternKind::$kind, defined, sorted(indices))?;
                remove_places(self.$defs.as_vec_mut(), &places);
                Ok(())
            }

            #[doc = concat!("Moves a ", $noun, " to another index. The indices between shift by 1 to make room.")]
            ///
            /// # Errors
            /// If one of the indices does not exist, or only one of them is that of an import, or
            /// code is malformed.
            pub fn $move(&mut self, from: $index, to: $index) -> Result<(), EditError> {
                let defined = self.$defs.len();
                if let Some((from, to)) =
                    self.move_extern(ExternKind::$kind, defined, from.0, to.0)?
                {
                    move_place(&mut self.$defs, from, to);
                }
                Ok(())
            }
        )* }
    };
}

externs! {
    Func FuncIdx funcs Func<'a>: "function" insert_func remove_func remove_funcs move_func;
    Table TableIdx tables Table<'a>: "table" insert_table remove_table remove_tables move_table;
    Mem MemIdx memories MemType: "memory" insert_mem remove_mem remove_mems move_mem;
    Global GlobalIdx globals Global<'a>:
        "global" insert_global remove_global remove_globals move_global;
    Tag TagIdx tags TagType: "tag" insert_tag remove_tag remove_tags move_tag;
}

macro_rules! definitions {
    ($( $kind:ident $index:ident $defs:ident $def:ty: $noun:literal
        $insert:ident $remove:ident $remove_all:ident $move:ident $( , $groups:ident )?; )*) => {
        impl<'a> Module<'a> { $(
            #[doc = concat!("Inserts a ", $noun, " at this index. Indices from this one on increase by 1.")]
            ///
            /// # Errors
            /// If the index is beyond the end, or code is malformed.
            pub fn $insert(&mut self, index: $index, definition: $def) -> Result<(), EditError> {
                let change = Change::Insert(index.0);
                check(ItemKind::$kind, index.0.checked_sub(1), self.$defs.len() as u32)?;
                self.renumber(ItemKind::$kind, &change)?;
                self.$defs.as_vec_mut().insert(index.idx(), definition);
                $( self.$groups(&change); )?
                Ok(())
            }

            #[doc = concat!("Removes a ", $noun, ". Higher indices decrease by 1.")]
            ///
            /// # Errors
            /// If the item does not exist, if something refers to it, or if code is malformed.
            pub fn $remove(&mut self, index: $index) -> Result<(), EditError> {
                self.$remove_all([index])
            }

            #[doc = concat!("Removes several items at once, as [`", stringify!($remove), "`](Module::", stringify!($remove), ") removes one. The items may refer to each other.")]
            ///
            /// # Errors
            /// If an item does not exist, if something else refers to it, or if code is malformed.
            pub fn $remove_all(
                &mut self,
                indices: impl IntoIterator<Item = $index>,
            ) -> Result<(), EditError> {
                let places = sorted(indices);
                check(ItemKind::$kind, places.last().copied(), self.$defs.len() as u32)?;
                let change = Change::Remove(places.clone());
                self.renumber(ItemKind::$kind, &change)?;
                remove_places(self.$defs.as_vec_mut(), &places);
                $( self.$groups(&change); )?
                Ok(())
            }

            #[doc = concat!("Moves a ", $noun, " to another index. The indices between shift by 1 to make room.")]
            ///
            /// # Errors
            /// If one of the indices does not exist, or code is malformed.
            pub fn $move(&mut self, from: $index, to: $index) -> Result<(), EditError> {
                let change = Change::Move { from: from.0, to: to.0 };
                check(ItemKind::$kind, Some(from.max(to).0), self.$defs.len() as u32)?;
                self.renumber(ItemKind::$kind, &change)?;
                move_place(&mut self.$defs, from.idx(), to.idx());
                $( self.$groups(&change); )?
                Ok(())
            }
        )* }
    };
}

definitions! {
    Type TypeIdx types SubType:
        "type" insert_type remove_type remove_types move_type, change_rec_groups;
    Elem ElemIdx elems Elem<'a>: "element segment" insert_elem remove_elem remove_elems move_elem;
    Data DataIdx datas Data<'a>: "data segment" insert_data remove_data remove_datas move_data;
}
