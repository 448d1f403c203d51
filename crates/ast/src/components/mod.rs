//! Components, and the definitions that they consist of.
//!
//! A component, the type of a component, of an instance and of a core module are each an ordered
//! list of definitions, and each permits only some kinds of definitions. One enum, [`Definition`],
//! has all kinds; it is the node of the tree ([`Component`]), and the event of a stream.
//!
//! | file | holds |
//! |---|---|
//! | `definitions.rs` | [`Definition`], and the types of its variants |
//! | `externs.rs` | imports and exports, and their types |
//! | `types.rs` | types and their binary format |
//! | `sorts.rs` | the index spaces of a component |
//! | `canon_table.rs` | the rows of canonical definitions and their options |
//! | `canons.rs`, `canon_opts.rs` | the types generated from the rows: [`Canon`], [`CanonOp`]; [`CanonOpt`] |
//! | `extern_name.rs` | [`ExternName`]: the name of an import or export |
//! | `binary.rs` | the binary format of the other definitions |
//! | `sections.rs` | section ids, and the bytes of definitions in sections and types |
//! | `entries.rs` | [`Entries`]: the definitions of a section, read one by one |
//! | `parts.rs` | [`Part`]: the parts of a binary, a module or component, one after the other |
//! | `component.rs` | [`Component`]: the definitions in order, and their original encoding |
//! | `counts.rs` | [`Counts`]: the numbers of definitions that a scope has |
//! | `walk.rs` | the walk over the indices that a definition refers to, for the next two |
//! | `uses.rs` | the indices that a definition refers to |
//! | `remap.rs` | new indices for old ones, and definitions inserted among others |
//! | `value_types.rs` | [`TypePlaces`]: the definitions of the types of values |
//! | `owned.rs` | `into_owned` of everything that borrows |
//! | `names.rs` | [`ParsedName`]: the parts of the name of an import or export |
//! | `version.rs` | [`Version`]: a version in a name |
//! | `name_section.rs` | [`Names`]: the name section of a component |
//!
//! Spec: <https://github.com/WebAssembly/component-model/tree/main/design/mvp>

mod binary;
mod canon_opts;
mod canon_table;
mod canons;
mod component;
mod counts;
mod definitions;
mod entries;
mod extern_name;
mod externs;
mod name_section;
mod names;
mod owned;
mod parts;
mod remap;
mod sections;
mod sorts;
mod types;
mod uses;
mod value_types;
mod version;
mod walk;

pub use canon_opts::{CanonOpt, CanonOpts};
pub use canons::{
    Async, Canon, CanonEdit, CanonImmediate, CanonOp, CanonOperand, CanonSink, CanonSource,
    CanonType, ContextSlot, Shared,
};
pub use component::{Component, Encoding, Misplaced, RawSection};
pub use counts::Counts;
pub use definitions::{
    Alias, Arg, CoreArg, CoreExportDecl, CoreInlineExport, CoreInstance, CoreType, Definition,
    InlineExport, Instance, Numbered, Scope, Start, Value,
};
pub use entries::Entries;
pub use extern_name::{ExternName, NameAttributes};
pub use externs::{Export, ExportDecl, ExternDesc, Import, TypeBound, ValueBound};
pub use name_section::Names;
pub use names::{
    Accessor, InterfaceName, NameError, NamePart, ParsedName, PlainName, check_label, check_words,
    label_key,
};
pub use parts::{Event, Layer, Part, Section};
pub use remap::reindex;
pub use sections::{Decl, Holds, ModuleDecl, SectionId, encode_entries, first_section};
pub use sorts::{CoreSort, CoreSortIdx, PlainSort, PlainSortIdx, Sort, SortIdx, SortIndex};
pub use types::{
    Case, Field, FuncType, PrimType, ResourceType, ResultList, Type, TypeForm, ValType,
};
pub use value_types::{TypePlace, TypePlaces};
pub use version::Version;
