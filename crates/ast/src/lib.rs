//! One instruction table and one syntax tree for WebAssembly.
//!
//! Every other Wattle crate uses the types of this crate: the binary parser yields [`Item`]s, the
//! text parser builds a [`Module`], and the encoder and the printer consume either. Each part of a
//! module has one representation, so nothing is converted.
//!
//! This crate holds the instruction table, the tree, the codec of values, types, instructions and
//! items, the definitions of [`components`], the features, and the errors of the binary format. It
//! has no framing (sections, order and counts belong to the parser and the encoder), no text format,
//! no validation, no execution, and no I/O.
//!
//! ```
//! use wattle_ast::{Expr, Instr, LocalIdx};
//!
//! let expr: Expr = [
//!     Instr::LocalGet { local: LocalIdx(0) },
//!     Instr::I32Const { value: 1 },
//!     Instr::I32Add,
//!     Instr::End,
//! ]
//! .into_iter()
//! .collect();
//! assert_eq!(expr.bytes(), [0x20, 0x00, 0x41, 0x01, 0x6a, 0x0b]);
//! assert_eq!(expr.iter().nth(2), Some(Ok(Instr::I32Add)));
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod components;
pub mod custom;
mod error;
mod features;
mod instructions;
mod modules;
mod nearest;
#[cfg(feature = "serde")]
mod serialize;
mod span;
mod types;
mod values;
mod wasm;

pub use error::{DefinitionRef, Error, InstrRef, ItemKind, Malformed, Outer, Path};
pub use features::{Feature, Features, UnknownFeature};
pub use instructions::{
    Arity, ArrayLen, Arrow, ArrowType, BlockType, BrCast, CallIndirect, Catch, Catches, Class,
    Count, CountOf, Expr, FenceOrder, Handler, Handlers, Immediate, ImmediateEdit, Instr, Instrs,
    Kind, Kinds, Labels, LaneIdx, MemArg, MemCopy, MemInit, Nesting, Opcode, OpcodeInfo,
    RefTypeNonNull, RefTypeNull, Remap, RemapFault, SelectTypes, Shuffle, Sink, Source, Structure,
    TableCopy, TableInit, encode_immediates, read_expr, read_immediate, transcode_expr,
    transcode_immediates,
};
pub use modules::{
    Body, Collector, Counted, Custom, CustomData, Data, DataMode, EditError, Effect, Effects, Elem,
    ElemItems, ElemMode, Encoding, Entries, Event, Export, ExternIdx, ExternKind, Func, Global,
    Group, Import, ImportGroup, IndexMap, IndexSpaces, IndirectNameMap, InstrEdit, Item, Local,
    Module, NameMap, NameSubsection, Names, RawSection, RemapError, Run, Runs, Section, SectionId,
    Table, VisitItems,
};
pub use nearest::nearest;
pub use span::{LineColumn, LineIndex, ScopeMap, SourceMap, Span};
pub use types::{
    AbsHeapType, AddrType, ArrayType, CompType, ExternType, FieldType, FuncType, GlobalType,
    HeapType, Limits, MemType, PackType, RecGroup, RefType, StorageType, StructType, SubType,
    TableType, TagType, ValType,
};
pub use values::{
    BlockIdx, ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx,
    DataIdx, Decode, DefIdx, ElemIdx, Element, Encode, F32, F64, FieldIdx, FuncIdx, GlobalIdx,
    IndexVec, InstanceIdx, LabelIdx, List, ListView, LocalIdx, MemIdx, Name, Quoted, Reader, Shown,
    ShownNames, SpaceIdx, TableIdx, TagIdx, TypeIdx, V128, ValueIdx, is_harmless, leb128,
};
pub use wasm::Wasm;
