//! Descriptions of types, imports, exports and features for other tools (feature `serde`).
//!
//! A struct is an object of its fields, enums are in snake case, an index is its number, and names
//! and features are strings. A set of features is a list of its members.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Feature, Features, FuncType, Name, ValType};

/// A function type, with its parameters and its results as two lists.
#[derive(Serialize, Deserialize)]
pub(crate) struct Func {
    params: Vec<ValType>,
    results: Vec<ValType>,
}

impl From<Func> for FuncType {
    fn from(func: Func) -> FuncType {
        FuncType::new(func.params, func.results)
    }
}

impl From<FuncType> for Func {
    fn from(ty: FuncType) -> Func {
        Func { params: ty.params().into(), results: ty.results().into() }
    }
}

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Name<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Name::from)
    }
}

/// Writes the name of the feature, as in lists of features.
impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FeatureName;

        impl Visitor<'_> for FeatureName {
            type Value = Feature;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a feature")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Feature, E> {
                let feature = Feature::ALL.iter().find(|feature| feature.to_string() == name);
                feature.copied().ok_or_else(|| E::custom(format_args!("unknown feature {name}")))
            }
        }

        deserializer.deserialize_str(FeatureName)
    }
}

impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Feature>::deserialize(deserializer).map(Features::from_iter)
    }
}
