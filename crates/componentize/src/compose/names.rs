//! The names of imports and exports that mean one interface, and the order of their versions.

use alloc::format;
use alloc::string::String;
use core::cmp::Ordering;

use wattle_ast::Features;
use wattle_ast::components::{ParsedName, Version};
use wattle_validator::components::Extern;

use crate::world::canonical;

/// Returns the part that the names of an interface have in common if their versions are compatible.
/// Any other name is the only one of its family.
pub(crate) fn family(item: &Extern<'_>) -> String {
    canonical(item.name())
}

/// Compares the versions of two names of one family.
pub(crate) fn compare_versions(left: &Extern<'_>, right: &Extern<'_>) -> Ordering {
    let [left, right] = [version(left), version(right)];
    let numbers = |version: &str| {
        let front = version.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = front.split('.').map(|number| (number.len(), String::from(number)));
        // No number begins with a zero, so the longer one is greater.
        [numbers.next(), numbers.next(), numbers.next()]
    };
    numbers(&left).cmp(&numbers(&right))
}

/// Returns the whole version of a name. An attribute has the rest that a canonical version leaves
/// out.
fn version(item: &Extern<'_>) -> String {
    match ParsedName::parse(item.name(), Features::ALL) {
        Ok(ParsedName::Interface(name)) => {
            let version = name.version.map_or("", Version::as_str);
            format!("{version}{}", item.version_suffix().unwrap_or_default())
        }
        _ => String::new(),
    }
}
