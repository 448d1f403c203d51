//! `target_features`: the features that an object file uses, for the linker.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section>

use alloc::vec::Vec;

use super::record;
use crate::values::codes;
use crate::{Decode, Encode, Malformed, Name, Reader};

record! {
    /// The features that an object file uses.
    ///
    /// ```
    /// use wattle_ast::custom::{TargetFeatures, TargetPrefix};
    ///
    /// let target = TargetFeatures::parse(b"\x01+\x07simd128")?;
    /// assert_eq!(target.features[0].prefix, TargetPrefix::Used);
    /// assert_eq!(target.features[0].name, "simd128");
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    TargetFeatures<'a> section "target_features" {
        /// The features, with distinct names.
        features: Vec<TargetFeature<'a>>,
    }
}

record! {
    /// A feature, and the way in which it is used.
    TargetFeature<'a> {
        /// The use of the feature.
        prefix: TargetPrefix,
        /// The name of the feature in toolchains, which can differ from the proposal's name:
        /// `simd128`, `sign-ext`.
        name: Name<'a>,
    }
}

codes! {
    /// The use of a feature.
    #[derive(Default)]
    TargetPrefix {
        /// `+`: the object uses the feature, and cannot be linked where it is disallowed.
        #[default]
        Used = b'+',
        /// `-`: the object does not use the feature, and cannot be linked with an object that does.
        Disallowed = b'-',
        /// `=`: either all objects use the feature, or no object does. Toolchains no longer write
        /// it.
        Required = b'=',
    }
}

impl<'a> Decode<'a> for TargetPrefix {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.byte_if(Malformed::CustomSection, TargetPrefix::from_code)
    }
}

impl Encode for TargetPrefix {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code());
    }
}
