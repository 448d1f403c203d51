//! Features and value types in a configuration file: they are written by name.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wattle_ast::{AbsHeapType, Features, HeapType, RefType, ValType};

const NUMBERS: [ValType; 5] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

fn parse<E: Error>(name: &str) -> Result<ValType, E> {
    let number = NUMBERS.into_iter().find(|ty| ty.to_string() == name);
    let ty = number.or_else(|| {
        let heap = AbsHeapType::from_reference_keyword(name)?;
        Some(ValType::Ref(RefType::null(HeapType::Abs(heap))))
    });
    ty.ok_or_else(|| E::custom(format_args!("unknown type {name:?}")))
}

/// A list of presets and features as one string, such as `"wasm3,threads"`.
pub(crate) mod features {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(set: &Features, to: S) -> Result<S::Ok, S::Error> {
        let names: Vec<String> = set.iter().map(|feature| feature.to_string()).collect();
        names.join(",").serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Features, D::Error> {
        let list = String::deserialize(from)?;
        Features::parse(&list).map_err(D::Error::custom)
    }
}

/// A value type by its keyword.
pub(crate) mod val_type {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(ty: &ValType, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(ty)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ValType, D::Error> {
        parse(&String::deserialize(from)?)
    }
}

/// Value types by their keywords.
pub(crate) mod val_types {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(types: &[ValType], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(types.iter().map(|ty| ty.to_string()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<ValType>, D::Error> {
        Vec::<String>::deserialize(from)?.iter().map(|name| parse(name)).collect()
    }
}
