//! Scripts: their directives as text, and the modules in them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{Features, Module};
use wattle_parser::Parser;
use wattle_validator::Validator;
use wattle_wat::script::{self, DirectiveKind, ModuleSource, ScriptModule};

use crate::plan::{Plan, remove_selected};

/// A test script that is being reduced.
#[derive(Clone, Debug)]
pub struct Script {
    directives: Vec<Directive>,
}

#[derive(Clone, Debug)]
struct Directive {
    text: String,
    /// The module in the directive, if it is valid.
    module: Option<Part>,
}

/// A module in a directive.
#[derive(Clone, Debug)]
struct Part {
    /// The bytes of the form in the text of the directive.
    range: Range<usize>,
    is_definition: bool,
    module: Module<'static>,
    is_changed: bool,
}

impl Script {
    /// Reads a script; `None` if it is malformed. The text between directives is left out.
    pub fn parse(text: &str, features: Features) -> Option<Script> {
        let script = script::parse(text).ok()?;
        let directives = script.directives.iter().map(|directive| {
            let span = directive.span;
            let module = directive.kind.module().filter(|module| !module.is_component);
            let is_definition = matches!(directive.kind, DirectiveKind::Definition(_));
            let module = module.and_then(|it| Part::new(it, span.start, is_definition, features));
            Some(Directive { text: text.get(span.start..span.end)?.to_string(), module })
        });
        Some(Script { directives: directives.collect::<Option<_>>()? })
    }

    /// The text of the script.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for directive in &self.directives {
            text += &directive.text();
            text += "\n";
        }
        text
    }

    /// The number of directives.
    pub fn len(&self) -> usize {
        self.directives.len()
    }

    /// Whether there are no directives.
    pub fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// The script with each module replaced by the one that `change` gives for it, if any. `change`
    /// is called with the valid core modules of the outermost directives.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_reduce::{Mutator, Script};
    ///
    /// let text = "(module (func (export \"f\")))\n(invoke \"f\")\n";
    /// let script = Script::parse(text, Features::DEFAULT).unwrap();
    /// let mutator = Mutator::new().preserve_semantics(true);
    /// let changed = script.change_modules(|module| mutator.mutate(module, 1));
    /// assert_ne!(changed.text(), text);
    /// assert_eq!(changed.len(), 2);
    /// ```
    pub fn change_modules(
        &self,
        mut change: impl FnMut(&Module<'static>) -> Option<Module<'static>>,
    ) -> Script {
        let mut changed = self.clone();
        for part in changed.directives.iter_mut().filter_map(|it| it.module.as_mut()) {
            if let Some(module) = change(&part.module) {
                part.module = module;
                part.is_changed = true;
            }
        }
        changed
    }

    /// The length of the text, where a module that can be changed counts as its binary, because
    /// printed text may be longer than an author's text for the same module.
    pub(crate) fn weight(&self) -> usize {
        let weight = |directive: &Directive| match &directive.module {
            None => directive.text.len(),
            Some(part) => {
                let binary = wattle_encoder::encode(&part.module).len();
                directive.text.len() - part.range.len() + binary
            }
        };
        self.directives.iter().map(weight).sum()
    }

    /// Whether the text can be read, and all modules that were changed are valid.
    pub(crate) fn is_valid(&self, features: Features) -> bool {
        let changed = self.parts().filter(|part| part.is_changed);
        let is_valid =
            |part: &Part| Validator::new().features(features).module(&part.module).is_ok();
        changed.into_iter().all(is_valid) && script::parse(&self.text()).is_ok()
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.directives.iter().filter_map(|directive| directive.module.as_ref())
    }

    /// The modules that can be changed.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &Module<'static>> {
        self.parts().map(|part| &part.module)
    }

    /// The script with another module in the place of one of [`modules`](Script::modules).
    pub(crate) fn with_module(&self, place: usize, module: Module<'static>) -> Script {
        let mut changed = self.clone();
        let mut parts = changed.directives.iter_mut().filter_map(|it| it.module.as_mut());
        if let Some(part) = parts.nth(place) {
            part.module = module;
            part.is_changed = true;
        }
        changed
    }
}

impl Part {
    fn new(
        source: &ScriptModule<'_>,
        start: usize,
        is_definition: bool,
        features: Features,
    ) -> Option<Part> {
        let mut module = match &source.source {
            ModuleSource::Binary(bytes) => {
                Parser::new().features(features).module(bytes).ok()?.into_owned()
            }
            ModuleSource::Text(_) | ModuleSource::Quote(_) => {
                let parser = wattle_wat::Parser::new().features(features);
                source.parse(&parser)?.ok()?.module.into_owned()
            }
        };
        Validator::new().features(features).module(&module).ok()?;
        // The module is printed with the identifier that the script gives it.
        module.names.module = source.id.as_ref().map(|id| id.text.clone().into_owned());
        let range = source.span.start.checked_sub(start)?..source.span.end.checked_sub(start)?;
        Some(Part { range, is_definition, module, is_changed: false })
    }
}

impl Directive {
    fn text(&self) -> String {
        let Some(Part { range, is_definition, module, is_changed: true }) = &self.module else {
            return self.text.clone();
        };
        let printed = wattle_printer::print(module);
        let printed = printed.trim_end();
        let printed = match (is_definition, printed.strip_prefix("(module")) {
            (true, Some(rest)) => format!("(module definition{rest}"),
            _ => printed.to_string(),
        };
        let mut text = self.text.clone();
        text.replace_range(range.clone(), &printed);
        text
    }
}

/// Removes directives.
pub(crate) fn directives<'b>(script: &'b Script) -> Plan<'b, Script> {
    Plan::new(script.directives.len(), move |selected| {
        let mut changed = script.clone();
        remove_selected(&mut changed.directives, selected, 0);
        Some(changed)
    })
}
