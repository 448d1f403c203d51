//! The section `producers` of core modules and of the component: Wattle takes part in all of them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::custom::{Producers, ProducersField, VersionedName};
use wattle_ast::{Custom, CustomData, Encode, Module};

const FIELD: &str = "processed-by";
const TOOL: &str = "wattle";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns producers with Wattle alone.
pub(crate) fn of_tool() -> Producers<'static> {
    let mut producers = Producers::default();
    producers.add(FIELD, TOOL.into(), VERSION.into());
    producers
}

/// Adds Wattle to the producers of a module.
pub(crate) fn add_tool(module: &mut Module<'_>) {
    add(module, of_tool());
}

/// The producers of several sections, merged into one. If several sections name a tool, its last
/// version counts.
#[derive(Default)]
pub(crate) struct Merged {
    producers: Producers<'static>,
    /// The places of fields, by their names.
    fields: BTreeMap<String, usize>,
    /// The places of values, by the place of the field and their names.
    values: BTreeMap<(usize, String), usize>,
}

impl Merged {
    /// Adds the producers of a section.
    pub(crate) fn add(&mut self, more: Producers<'_>) {
        for field in more.fields {
            let next = self.producers.fields.len();
            let place = *self.fields.entry(field.name.as_str().into()).or_insert(next);
            if place == next {
                let name = field.name.into_owned();
                self.producers.fields.push(ProducersField { name, values: Vec::new() });
            }
            let Some(ProducersField { values, .. }) = self.producers.fields.get_mut(place) else {
                continue;
            };
            for VersionedName { name, version } in field.values {
                let (next, version) = (values.len(), version.into_owned());
                let key = (place, name.as_str().into());
                match values.get_mut(*self.values.entry(key).or_insert(next)) {
                    Some(known) => known.version = version,
                    None => values.push(VersionedName { name: name.into_owned(), version }),
                }
            }
        }
    }

    /// Returns the merged producers.
    pub(crate) fn finish(self) -> Producers<'static> {
        self.producers
    }
}

/// Adds producers to those of a module. A malformed section stays as it is.
pub(crate) fn add(module: &mut Module<'_>, more: Producers<'_>) {
    let place = module.customs.iter().position(|custom| custom.name == Producers::NAME);
    let merged = |known: Producers<'_>| {
        let mut merged = Merged::default();
        merged.add(known);
        merged.add(more);
        merged.finish().to_bytes()
    };
    match place.and_then(|place| module.customs.get_mut(place)) {
        Some(custom) => {
            let bytes = custom.data.bytes().unwrap_or_default();
            let bytes: Option<Vec<u8>> = Producers::parse(bytes).ok().map(merged);
            if let Some(bytes) = bytes {
                custom.data = CustomData::Bytes(bytes.into());
            }
        }
        None => {
            let data = CustomData::Bytes(merged(Producers::default()).into());
            let after = module.last_section();
            module.customs.push(Custom { name: Producers::NAME.into(), data, after });
        }
    }
}
