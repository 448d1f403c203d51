//! Modules: the items that they consist of, and the whole.
//!
//! | file | holds |
//! |---|---|
//! | `items.rs` | [`Item`], the event and the node of the tree, and the types of its variants |
//! | `externs.rs` | [`ExternKind`], [`ExternIdx`] and [`IndexSpaces`]: what can be imported and exported |
//! | `binary.rs` | the binary format of each item |
//! | `body.rs` | function bodies and their locals |
//! | `sections.rs` | section ids, their order, section headers |
//! | `module.rs` | [`Module`]: items collected, and streamed again |
//! | `collect.rs` | [`Collector`]: from a stream of items to a module |
//! | `names.rs` | [`Names`]: the name section |

mod binary;
mod body;
mod collect;
mod externs;
mod items;
mod module;
mod names;
mod sections;
mod stream;

pub use body::{Body, Local, Locals};
pub use collect::Collector;
pub use externs::{ExternIdx, ExternKind, IndexSpaces};
pub use items::{
    Custom, CustomData, Data, DataMode, Elem, ElemItems, ElemMode, Event, Export, Func, Global,
    Import, ImportGroup, Item, Table,
};
pub use module::{Encoding, Module, RawSection};
pub use names::{IndirectNameMap, NameMap, NameSubsection, Names};
pub use sections::{Section, SectionId};
