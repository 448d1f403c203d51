//! Components as text: the methods of the settings, and the walk through the definitions.
//!
//! Definitions are printed in order, one a line. The content of a definition that opens a scope is
//! one level deeper. The open scopes are a list, so depth takes no stack.
//!
//! | file | writes |
//! |---|---|
//! | `printer.rs` | the start and end of definitions, lines and scopes; references |
//! | `scope.rs` | the index spaces and identifiers of a scope |
//! | `names.rs` | the text for the names of a component |
//! | `definitions.rs` | definitions |
//! | `types.rs` | types |
//! | `canons.rs` | canonical definitions |
//! | `listing.rs` | [`DefinitionLister`]: definitions one by one |
//! | `offsets.rs` | offsets of definitions in the binary |
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md>

mod canons;
mod definitions;
mod listing;
mod names;
mod offsets;
mod printer;
mod scope;
mod types;
mod values;

use alloc::string::String;
use core::fmt;
use core::mem::take;

use wattle_ast::Wasm;
use wattle_ast::components::Component;

use crate::config::Config;
use crate::printer::{in_pieces, into_string};
use printer::Printer;

pub use listing::{DefinitionLine, DefinitionLister};

/// The number of bytes that are reserved for each definition.
const USUAL: usize = 48;

/// Prints a component with the default settings: flat, two spaces a level.
///
/// The text parses back to the same component.
///
/// ```
/// use wattle_ast::components::{Component, Definition, PrimType, Type};
///
/// let component: Component<'_> = [
///     Definition::Component,
///     Definition::Type(Type::Prim(PrimType::U8)),
///     Definition::End,
///     Definition::Type(Type::Instance),
///     Definition::End,
/// ]
/// .into_iter()
/// .collect();
/// let expected = "\
/// (component
///   (component (;0;)
///     (type (;0;) u8)
///   )
///   (type (;0;) (instance))
/// )
/// ";
/// assert_eq!(wattle_printer::print_component(&component), expected);
/// ```
pub fn print_component(component: &Component<'_>) -> String {
    Config::new().print_component(component)
}

impl Config {
    /// Prints a component.
    ///
    /// Definitions that are in a scope that does not permit them, and ends that are missing, are
    /// printed as well as they can be; their text does not parse. [`Component::check`] finds them.
    pub fn print_component(&self, component: &Component<'_>) -> String {
        let mut printer = Printer::new(component, self);
        printer.out.reserve(component.definitions.len().saturating_mul(USUAL));
        // This closure never fails.
        let _ = printer.component(&mut |_| Ok(()));
        into_string(printer.out)
    }

    /// Prints a component, and hands the text on in pieces. Returns whether every body of its core
    /// modules could be decoded. The text of any other body ends in a comment about this.
    ///
    /// ```
    /// let mut text = String::new();
    /// let config = wattle_printer::Config::new();
    /// assert!(config.print_component_to(&Default::default(), &mut text)?);
    /// assert_eq!(text, "(component)\n");
    /// # Ok::<(), core::fmt::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn print_component_to(
        &self,
        component: &Component<'_>,
        out: &mut impl fmt::Write,
    ) -> Result<bool, fmt::Error> {
        let mut printer = Printer::new(component, self);
        in_pieces(out, |hand_on| {
            printer.component(hand_on)?;
            Ok(take(&mut printer.out))
        })?;
        Ok(printer.is_legible)
    }

    /// Prints a module or component.
    ///
    /// ```
    /// use wattle_ast::{Module, Wasm};
    ///
    /// let wasm = Wasm::from(Module::default());
    /// assert_eq!(wattle_printer::Config::new().print_wasm(&wasm), "(module)\n");
    /// ```
    pub fn print_wasm(&self, wasm: &Wasm<'_>) -> String {
        match wasm {
            Wasm::Module(module) => self.print(module),
            Wasm::Component(component) => self.print_component(component),
        }
    }

    /// Prints a module or component, as [`print_to`](Config::print_to) and
    /// [`print_component_to`](Config::print_component_to) do.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn print_wasm_to(
        &self,
        wasm: &Wasm<'_>,
        out: &mut impl fmt::Write,
    ) -> Result<bool, fmt::Error> {
        match wasm {
            Wasm::Module(module) => self.print_to(module, out),
            Wasm::Component(component) => self.print_component_to(component, out),
        }
    }
}
