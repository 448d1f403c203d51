//! The manifest of a component that was taken apart: the files of its parts and their places.
//!
//! A folder holds the manifest, a file for each part, and the *shell*: the component in which the
//! sections of the parts are empty.

use std::fmt;

use serde::{Deserialize, Serialize};
use wattle::ast::components::Layer;

/// The file with the manifest.
pub(super) const MANIFEST: &str = "bundle.json";
/// The file with the shell.
pub(super) const SHELL: &str = "component.shell";

/// The content of the manifest.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of the format.
    pub(super) version: Version,
    pub(super) parts: Vec<Part>,
}

/// The versions of the format that are known.
#[derive(Serialize, Deserialize)]
pub(super) enum Version {
    #[serde(rename = "1")]
    One,
}

/// A module or component in a file of its own.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    /// The name of the file, in the folder of the manifest.
    pub(super) file: String,
    pub(super) kind: Kind,
    /// The place of its section among the sections of the shell, from 0.
    pub(super) section: usize,
    /// The number of bytes in which the size of the section was encoded.
    pub(super) size_bytes: usize,
}

/// The kinds of parts.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Module,
    Component,
}

impl Kind {
    pub(super) fn layer(self) -> Layer {
        match self {
            Kind::Module => Layer::Module,
            Kind::Component => Layer::Component,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Module => "module",
            Kind::Component => "component",
        })
    }
}
