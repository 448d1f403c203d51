//! `producers`: the languages and tools that produced a module.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md>

use alloc::vec::Vec;

use super::record;
use crate::Name;

record! {
    /// The languages and tools that produced a module.
    ///
    /// ```
    /// use wattle_ast::custom::Producers;
    ///
    /// let bytes = b"\x01\x08language\x01\x04Rust\x042024";
    /// let producers = Producers::parse(bytes)?;
    /// assert_eq!(producers.field("language").unwrap().values[0].version, "2024");
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    Producers<'a> section "producers" {
        /// The fields, with distinct names.
        fields: Vec<ProducersField<'a>>,
    }
}

record! {
    /// The languages or tools of one role.
    ProducersField<'a> {
        /// The role: `language`, `processed-by` or `sdk`.
        name: Name<'a>,
        /// The languages or tools, with distinct names.
        values: Vec<VersionedName<'a>>,
    }
}

record! {
    /// A language or a tool.
    VersionedName<'a> {
        /// The name of the language or tool.
        name: Name<'a>,
        /// The version of the language or tool.
        version: Name<'a>,
    }
}

impl<'a> Producers<'a> {
    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&ProducersField<'a>> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Adds a tool or language, or updates its version if it is listed already.
    ///
    /// ```
    /// let mut producers = wattle_ast::custom::Producers::default();
    /// producers.add("processed-by", "wattle".into(), "0.1".into());
    /// producers.add("processed-by", "wattle".into(), "0.2".into());
    /// assert_eq!(producers.fields[0].values.len(), 1);
    /// ```
    pub fn add(&mut self, field: &'a str, name: Name<'a>, version: Name<'a>) {
        let at = self.fields.iter().position(|it| it.name == field).unwrap_or_else(|| {
            self.fields.push(ProducersField { name: field.into(), values: Vec::new() });
            self.fields.len() - 1
        });
        let values = &mut self.fields[at].values;
        match values.iter_mut().find(|value| value.name == name) {
            Some(value) => value.version = version,
            None => values.push(VersionedName { name, version }),
        }
    }
}
