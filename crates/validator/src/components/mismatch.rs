//! [`ComponentMismatch`]: an item that does not match the expected type, and the path to the
//! difference.

use alloc::vec::Vec;
use core::fmt;

use super::error::{Leaf, Text};

/// A row: the variant and its fields, the text of the step in a path, and the official phrase for a
/// mismatch there.
macro_rules! steps {
    ($(#[$enum_doc:meta])* $name:ident;
        $( $(#[$doc:meta])* $variant:ident $(($( $field:ident: $ty:ty ),*))? $step:literal
            $phrase:literal; )*) => {
        $(#[$enum_doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum $name { $( $(#[$doc])* $variant $(($( $ty ),*))?, )* }

        impl $name {
            /// Writes the official phrase for a mismatch at the step.
            fn phrase(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $( $name::$variant $(($( $field ),*))? => write!(f, $phrase), )* }
            }
        }

        /// The step, as it stands in a path.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $( $name::$variant $(($( $field ),*))? => write!(f, $step), )* }
            }
        }
    };
}

steps! {
    /// A step on the path from the checked item to the innermost place that does not match.
    Step;
    /// An import of a component.
    Import(name: Text) "import `{name}`" "type mismatch for import `{name}`";
    /// An export of a component.
    Export(name: Text) "export `{name}`" "type mismatch for export `{name}`";
    /// An export of an instance.
    InstanceExport(name: Text) "export `{name}`" "type mismatch in instance export `{name}`";
    /// An import of a core module: module and name.
    ModuleImport(module: Text, name: Text)
        "import `{module}::{name}`" "type mismatch in import `{module}::{name}`";
    /// An export of a core module.
    ModuleExport(name: Text) "export `{name}`" "type mismatch in export `{name}`";
    /// An export of an argument of a core module: module and name.
    CoreArg(module: Text, name: Text) "argument `{module}`, export `{name}`"
        "type mismatch for export `{name}` of module instantiation argument `{module}`";
    /// A parameter.
    Param(name: Text) "parameter `{name}`" "type mismatch in function parameter `{name}`";
    /// The result of a function.
    Result "result" "type mismatch with result type";
    /// A field.
    Field(name: Text) "field `{name}`" "type mismatch in record field `{name}`";
    /// A case.
    Case(name: Text) "case `{name}`" "type mismatch in variant case `{name}`";
    /// A part of a tuple.
    TupleField(number: usize) "tuple field {number}" "type mismatch in tuple field {number}";
    /// A part of another type.
    Part(what: &'static str) "{what}" "type mismatch in {what}";
}

/// An item that does not match the expected type: the path to the innermost place, and the
/// difference there.
///
/// `Display` shows the innermost step and the difference, then the steps that lead there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComponentMismatch {
    /// Whether the item is an export that was given another type.
    pub is_ascription: bool,
    /// The steps, from the outside inwards.
    pub steps: Vec<Step>,
    /// The difference.
    pub leaf: Leaf,
}

impl fmt::Display for ComponentMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ascription {
            f.write_str("ascribed type of export is not compatible with item's type: ")?;
        }
        let outer = match self.steps.split_last() {
            Some((innermost, outer)) => {
                innermost.phrase(f)?;
                f.write_str(": ")?;
                outer
            }
            None => &[],
        };
        self.leaf.fmt(f)?;
        for (place, step) in outer.iter().enumerate() {
            write!(f, "{}{step}", if place == 0 { ", in " } else { ", " })?;
        }
        Ok(())
    }
}
