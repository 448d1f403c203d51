//! Encodes components: from the tree, from a stream of parts, or from a builder.
//!
//! | file | holds |
//! |---|---|
//! | `builder/` | [`ComponentBuilder`], for programs that generate components |
//! | `component.rs` | [`encode_component`]: the bytes of a whole component |
//! | `stream.rs` | [`Encoder`]: parts, events and definitions, one after the other |
//! | `pending.rs` | sizes and counts that are written before they are known |
//! | `places.rs` | the sections of a parsed component that still hold its definitions |

mod builder;
mod component;
mod pending;
mod places;
mod stream;

pub use builder::{
    ComponentBuildError, ComponentBuildErrorKind, ComponentBuilder, ComponentTypeBuilder,
    InstanceTypeBuilder, ModuleTypeBuilder,
};
pub use component::{
    encode_component, encode_component_canonical, encode_wasm, encode_wasm_canonical,
};
pub use stream::Encoder;
