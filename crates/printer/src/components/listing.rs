//! Definitions one by one, for tools such as dumps that add columns of their own.

use alloc::string::String;
use core::mem::take;
use core::slice::Iter;

use wattle_ast::components::{Component, Definition, Sort, Type};

use super::printer::Printer;
use crate::config::Config;
use crate::printer::into_string;

/// A definition as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DefinitionLine {
    /// The number of scopes around the definition, without the outermost component.
    pub depth: usize,
    /// The definition. The text of a definition that opens a scope, and of a core module, ends
    /// before its content; the text of an end is the closing parenthesis.
    pub text: String,
}

/// Lists the definitions of a component in order, each as one line, with the names that the
/// component gives. Leaves out the contents of custom sections and values.
///
/// ```
/// use wattle_ast::components::{Component, Definition, PrimType, Type, ValType};
/// use wattle_printer::DefinitionLister;
///
/// let list = Type::List(ValType::Prim(PrimType::U8));
/// let component: Component<'_> =
///     [Definition::Component, Definition::Type(list), Definition::End].into_iter().collect();
/// let lines: Vec<_> =
///     DefinitionLister::new(&component).map(|line| (line.depth, line.text)).collect();
/// assert_eq!(lines, [
///     (0, "(component (;0;)".to_owned()),
///     (1, "(type (;0;) (list u8))".to_owned()),
///     (1, ")".to_owned()),
/// ]);
/// ```
pub struct DefinitionLister<'c> {
    printer: Printer<'c>,
    definitions: Iter<'c, Definition<'c>>,
}

impl<'c> DefinitionLister<'c> {
    /// Makes a lister of all definitions, including those in inner components and types.
    pub fn new(component: &'c Component<'_>) -> DefinitionLister<'c> {
        let mut printer = Printer::new(component, &Config::new().indent(0).skeleton(true));
        printer.open_component(None);
        DefinitionLister { printer, definitions: component.definitions.iter() }
    }

    /// Returns the text of a type at the place of the next definition. The text of the type of a
    /// component or instance is its keyword.
    ///
    /// ```
    /// use wattle_ast::components::{Component, PrimType, Type, ValType};
    ///
    /// let component = Component::default();
    /// let mut lister = wattle_printer::DefinitionLister::new(&component);
    /// assert_eq!(lister.type_text(&Type::List(ValType::Prim(PrimType::U8))), "(list u8)");
    /// assert_eq!(lister.type_text(&Type::Instance), "instance");
    /// ```
    pub fn type_text(&mut self, ty: &Type<'_>) -> String {
        self.printer.type_definition(ty);
        let text = into_string(take(&mut self.printer.out));
        let text = text.trim_start();
        match ty {
            Type::Component | Type::Instance => text.trim_start_matches('(').into(),
            _ => text.into(),
        }
    }
}

impl Iterator for DefinitionLister<'_> {
    type Item = DefinitionLine;

    fn next(&mut self) -> Option<DefinitionLine> {
        let definition = self.definitions.next()?;
        let printer = &mut self.printer;
        let depth = printer.depth().saturating_sub(1);
        match definition {
            Definition::CoreModule(_) => {
                printer.begin(0, "core module");
                printer.define(Sort::CORE_MODULE);
                // Writing text never fails.
                let _ = printer.end(definition, &mut |_| Ok(()));
                printer.out.pop();
            }
            Definition::End => {
                let _ = printer.close(&mut |_| Ok(()));
                printer.out.clear();
                printer.str(")");
            }
            _ => match definition.custom_name() {
                Some(name) => {
                    printer.begin(0, "(@custom");
                    printer.name(name);
                    printer.str(" ...)");
                }
                None => {
                    let _ = printer.definition(0, definition, &mut |_| Ok(()));
                }
            },
        }
        let text = into_string(take(&mut printer.out));
        // Line breaks separate the parts of a definition, and the last one is before the end. In
        // string literals they are escaped.
        let text = text.trim_start().replace("\n)", ")").replace('\n', " ");
        Some(DefinitionLine { depth, text })
    }
}

impl core::fmt::Debug for DefinitionLister<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DefinitionLister").finish_non_exhaustive()
    }
}
