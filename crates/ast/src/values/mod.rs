//! Values of the binary format: integers, floats, vectors, names, indices and lists, and the reader
//! that decodes them from a byte slice.

mod codec;
mod floats;
mod index_vec;
mod indices;
pub mod leb128;
mod list;
mod name;
mod reader;
mod shown;

pub use codec::{Decode, Encode};
pub(crate) use codec::{codes, fields, read_list};
pub use floats::{F32, F64, V128};
pub use index_vec::IndexVec;
pub use indices::{
    BlockIdx, ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx,
    DataIdx, DefIdx, ElemIdx, FieldIdx, FuncIdx, GlobalIdx, InstanceIdx, LabelIdx, LocalIdx,
    MemIdx, SpaceIdx, TableIdx, TagIdx, TypeIdx, ValueIdx,
};
pub use list::{Element, List, ListView};
pub use name::Name;
pub use reader::Reader;
pub use shown::{Quoted, Shown, ShownNames, is_harmless};
