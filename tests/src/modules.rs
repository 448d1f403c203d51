//! The modules of scripts, each with what is expected of it.

use wattle::ast::Features;
use wattle::encoder;
use wattle::wat::script::{
    Directive, DirectiveKind, Execution, Instantiation, ModuleSource, ScriptModule,
};

/// What a module of a script is expected to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected<'a> {
    /// Valid, whatever happens when it is linked or executed.
    Valid,
    /// Well-formed, and invalid with this phrase.
    Invalid(&'a str),
    /// Malformed, with this phrase.
    Malformed(&'a str),
    /// Well-formed itself, with malformed custom sections or annotations.
    MalformedCustom(&'a str),
}

/// Appends the modules of `directives`, with those of threads.
pub fn modules<'s, 'a>(
    directives: &'s [Directive<'a>],
    found: &mut Vec<(&'s ScriptModule<'a>, Expected<'s>)>,
) {
    use DirectiveKind::*;
    for directive in directives {
        let (module, expected) = match &directive.kind {
            Module(module) | Definition(module) => (module, Expected::Valid),
            AssertInvalid { module, message } => (module, Expected::Invalid(&message.text)),
            AssertMalformed { module, message } => (module, Expected::Malformed(&message.text)),
            AssertMalformedCustom { module, message } => {
                (module, Expected::MalformedCustom(&message.text))
            }
            AssertInvalidCustom { module, .. }
            | AssertUnlinkable { instantiation: Instantiation::Module(module), .. }
            | AssertTrap {
                execution: Execution::Instantiation(Instantiation::Module(module)),
                ..
            } => (module, Expected::Valid),
            Thread(thread) => {
                modules(&thread.directives, found);
                continue;
            }
            _ => continue,
        };
        found.push((module, expected));
    }
}

/// The binary of a module of a script, even a malformed one; `None` for a malformed text.
pub fn binary(module: &ScriptModule<'_>) -> Option<Vec<u8>> {
    if let ModuleSource::Binary(bytes) = &module.source {
        return Some(bytes.to_vec());
    }
    let parser = wattle::wat::Parser::new().features(Features::ALL);
    let parsed = module.parse(&parser)?.ok()?;
    Some(encoder::encode(&parsed.module))
}
