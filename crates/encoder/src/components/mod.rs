//! Encodes components: from the tree, from a stream of parts, or from a builder.
//!
//! | file | holds |
//! |---|---|
//! | `component.rs` | [`encode_component`]: the bytes of a whole component |
//! | `nested.rs` | the sizes of modules and components inside |
//! | `places.rs` | which sections of a component that was read still hold its definitions |

mod component;
mod nested;
mod places;

pub use component::{
    encode_component, encode_component_canonical, encode_wasm, encode_wasm_canonical,
};
