//! The modules of scripts, each with the expectation of the script.

use wattle::ast::Features;
use wattle::encoder;
use wattle::wat::script::{Directive, DirectiveKind, ModuleSource, ScriptModule, Verdict};

/// The expectation of a script for a module.
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
    for directive in directives {
        if let DirectiveKind::Thread(thread) = &directive.kind {
            modules(&thread.directives, found);
        }
        let Some(module) = directive.kind.module() else { continue };
        let expected = match &directive.kind {
            DirectiveKind::Assert(assertion) => match assertion.verdict {
                Verdict::Invalid => Expected::Invalid(assertion.message()),
                Verdict::Malformed => Expected::Malformed(assertion.message()),
                Verdict::MalformedCustom => Expected::MalformedCustom(assertion.message()),
                _ => Expected::Valid,
            },
            _ => Expected::Valid,
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
