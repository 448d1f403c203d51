//! The section `producers` of core modules and of the component: Wattle takes part in all of them.

use alloc::vec::Vec;

use wattle_ast::custom::Producers;
use wattle_ast::{Custom, CustomData, Encode, Module};

const FIELD: &str = "processed-by";
const TOOL: &str = "wattle";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Producers with Wattle alone.
pub(crate) fn of_tool() -> Producers<'static> {
    let mut producers = Producers::default();
    producers.add(FIELD, TOOL.into(), VERSION.into());
    producers
}

/// Adds Wattle to the producers of a module.
pub(crate) fn add_tool(module: &mut Module<'_>) {
    add(module, of_tool());
}

/// Adds producers to those of a module. A malformed section stays as it is.
pub(crate) fn add(module: &mut Module<'_>, more: Producers<'_>) {
    let place = module.customs.iter().position(|custom| custom.name == Producers::NAME);
    let merged = |known: Producers<'_>| {
        let mut known = known;
        for field in &more.fields {
            for value in &field.values {
                known.add(&field.name, value.name.clone(), value.version.clone());
            }
        }
        known.to_bytes()
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
