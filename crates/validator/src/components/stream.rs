//! Components as streams of parts, and files that hold a component or a module.

use wattle_ast::components::{Definition, Event, Layer, Part};
use wattle_ast::{Span, Wasm};

use super::validator::Validator;
use super::view::ComponentTypes;
use crate::{Error, Errors, FuncToValidate, Types, Verdict};

/// The outcome for a part without an error.
#[derive(Clone, Debug)]
#[must_use = "a body that is deferred is not checked yet"]
pub enum PartVerdict {
    /// The part is valid so far.
    Valid,
    /// The part is the body of a function of a core module, which the caller has to check: see
    /// [`Validator::defer_bodies`].
    Body(FuncToValidate),
}

impl Validator {
    /// Checks the next part of a component. Core modules come item by item, and are checked by the
    /// validator of modules.
    ///
    /// # Errors
    /// All errors in the part. Later parts can still be checked, and
    /// [`finish`](Validator::finish) returns all errors.
    ///
    /// ```
    /// use wattle_ast::components::{Event, Layer, Part};
    /// use wattle_validator::components::Validator;
    ///
    /// let mut validator = Validator::new();
    /// for part in [Part::Enter(Layer::Component), Part::Leave] {
    ///     let _ = validator.event(&Event { part, offset: 0, bytes: b"" })?;
    /// }
    /// assert!(validator.finish().is_ok());
    /// # Ok::<(), wattle_validator::Errors>(())
    /// ```
    #[inline]
    pub fn event(&mut self, event: &Event<'_>) -> Result<PartVerdict, Errors> {
        // Each call makes its own span: a shared one would be written to memory and read back.
        let span = || Some(event.span());
        match &event.part {
            Part::Definition(definition) => self.part(definition, span()),
            _ => self.enter_or_leave(event, span()),
        }
    }

    /// Checks a part that is not a definition.
    fn enter_or_leave(
        &mut self,
        event: &Event<'_>,
        span: Option<Span>,
    ) -> Result<PartVerdict, Errors> {
        if self.is_stopped() && self.module.is_none() {
            return Ok(PartVerdict::Valid);
        }
        let before = self.errors.len();
        match &event.part {
            Part::Enter(layer) => {
                self.entered += 1;
                self.span = span;
                match layer {
                    Layer::Component if self.entered == 1 => {}
                    Layer::Component => return self.part(&Definition::Component, span),
                    Layer::Module => self.begin_module(),
                }
            }
            Part::Leave => {
                self.entered = self.entered.saturating_sub(1);
                match self.module {
                    Some(_) => self.leave_core_module(None),
                    None if self.entered == 0 => {}
                    None => return self.part(&Definition::End, span),
                }
            }
            Part::Section(_) | Part::Definition(_) => {}
            Part::Item(item) => {
                let (offset, bytes) = (event.offset, event.bytes);
                let event = wattle_ast::Event { item: item.borrowed(), offset, bytes };
                let checked = self.check_item(item, |validator| validator.event(&event));
                // The errors of a module are added when it ends.
                return match checked {
                    Ok(Verdict::Body(body)) => Ok(PartVerdict::Body(body)),
                    Ok(Verdict::Valid | Verdict::Skipped) => Ok(PartVerdict::Valid),
                    Err(error) => Err(error.into()),
                };
            }
        }
        self.errors_since(before).map(|()| PartVerdict::Valid)
    }

    #[inline]
    fn part(
        &mut self,
        definition: &Definition<'_>,
        span: Option<Span>,
    ) -> Result<PartVerdict, Errors> {
        self.definition_at(definition, span).map(|()| PartVerdict::Valid)
    }

    /// Adds an error that the caller found in a body that it checked itself.
    pub fn report_body(&mut self, error: &Error) {
        if let Some(module) = &mut self.module {
            module.note(error);
        }
    }
}

/// The types of a file that holds a module or a component.
#[derive(Clone, Debug)]
pub enum WasmTypes {
    /// The types of a module.
    Module(Types),
    /// The types of a component.
    Component(ComponentTypes),
}

impl WasmTypes {
    /// The types of a module, if it is one.
    pub fn module(&self) -> Option<&Types> {
        match self {
            WasmTypes::Module(types) => Some(types),
            WasmTypes::Component(_) => None,
        }
    }

    /// The types of a component, if it is one.
    pub fn component(&self) -> Option<&ComponentTypes> {
        match self {
            WasmTypes::Module(_) => None,
            WasmTypes::Component(types) => Some(types),
        }
    }
}

/// Validates a module or a component with the default features and limits.
///
/// # Errors
/// All independent errors, at most 20.
///
/// ```
/// use wattle_ast::{Module, Wasm};
/// use wattle_validator::components::{WasmTypes, validate_wasm};
///
/// let types = validate_wasm(&Wasm::Module(Module::default())).unwrap();
/// assert!(matches!(types, WasmTypes::Module(_)));
/// ```
pub fn validate_wasm(wasm: &Wasm<'_>) -> Result<WasmTypes, Errors> {
    match wasm {
        Wasm::Module(module) => crate::validate(module).map(WasmTypes::Module),
        Wasm::Component(component) => {
            super::validate_component(component).map(WasmTypes::Component)
        }
    }
}
