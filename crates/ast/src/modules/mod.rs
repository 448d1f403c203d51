//! Modules, and the items that they consist of.
//!
//! | file | holds |
//! |---|---|
//! | `items.rs` | [`Item`], the event and the node of the tree, and the types of its variants |
//! | `externs.rs` | [`ExternKind`], [`ExternIdx`] and [`IndexSpaces`]: imports and exports |
//! | `binary.rs` | the binary format of each item |
//! | `body.rs` | function bodies and their locals |
//! | `sections.rs` | section ids, their order, section headers |
//! | `entries.rs` | [`Entries`]: the items of a section, read and written one by one |
//! | `module.rs` | [`Module`]: lists of items, and their original encoding |
//! | `collect.rs` | [`Collector`]: turns a stream of items into a module |
//! | `stream.rs` | [`Module::items`]: turns a module into a stream of items |
//! | `runs.rs` | [`Run`]: types and imports with their groups |
//! | `shortest.rs` | the shortest form of expressions and bodies |
//! | `offsets.rs` | the offsets of items in the binary that a module was read from |
//! | `names.rs` | [`Names`]: the name section |
//! | `remap.rs` | [`Module::remap`]: new indices for old ones, in the whole module |
//! | `edit.rs` | [`Module::insert_import`], [`Module::remove_func`] and similar methods |
//! | `reach.rs` | [`Module::remove_unreachable`]: keeps only the items that exports need |
//! | `effect.rs` | [`Effects`]: the numbers of operands and results of instructions |
//! | `rewrite.rs` | [`Module::rewrite_code`]: insertion and removal of instructions |

mod binary;
mod body;
mod collect;
mod edit;
mod effect;
mod entries;
mod externs;
mod items;
mod module;
mod names;
mod offsets;
mod reach;
mod remap;
mod rewrite;
mod runs;
mod sections;
mod shortest;
mod stream;

pub use body::{Body, Local};
pub use collect::Collector;
pub use edit::EditError;
pub use effect::{Counted, Effect, Effects};
pub use entries::Entries;
pub use externs::{ExternIdx, ExternKind, IndexSpaces};
pub use items::{
    Custom, CustomData, Data, DataMode, Elem, ElemItems, ElemMode, Event, Export, Func, Global,
    Import, ImportGroup, Item, Table,
};
pub use module::{Encoding, Module, RawSection};
pub(crate) use module::{all, section_content};
pub(crate) use names::subsection;
pub use names::{IndexMap, IndirectNameMap, NameMap, NameSubsection, Names};
pub use remap::RemapError;
pub use rewrite::InstrEdit;
pub use runs::{Group, Run, Runs};
pub use sections::{Section, SectionId};
pub(crate) use shortest::{are_shortest, is_shortest};
pub use stream::VisitItems;
