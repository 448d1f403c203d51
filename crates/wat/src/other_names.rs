//! The names here of words that drafts of WebAssembly 1.0, other assemblers or programming
//! languages name differently, for error messages.

use alloc::format;
use alloc::string::String;

use wattle_ast::Opcode;

use super::error::Expected;

/// Names of instructions elsewhere, and the mnemonics here, for names without a rule.
pub(crate) const INSTRUCTIONS: &[(&str, &str)] = &[
    // Drafts of WebAssembly 1.0 and of its extensions.
    ("current_memory", "memory.size"),
    ("grow_memory", "memory.grow"),
    ("br_unless", "br_if"),
    ("call_import", "call"),
    ("tableswitch", "br_table"),
    ("br_on_exn", "try_table"),
    ("v8x16.shuffle", "i8x16.shuffle"),
    ("v8x16.swizzle", "i8x16.swizzle"),
    ("atomic.notify", "memory.atomic.notify"),
    ("i32.atomic.wait", "memory.atomic.wait32"),
    ("i64.atomic.wait", "memory.atomic.wait64"),
    ("struct.new_with_rtt", "struct.new"),
    ("struct.new_canon", "struct.new"),
    ("array.new_canon", "array.new"),
    ("func.bind", "cont.bind"),
    // Other machines.
    ("jmp", "br"),
    ("jump", "br"),
    ("goto", "br"),
    ("break", "br"),
    ("continue", "br"),
    ("jnz", "br_if"),
    ("brtrue", "br_if"),
    ("br.if", "br_if"),
    ("br.table", "br_table"),
    ("ret", "return"),
    ("pop", "drop"),
    ("noop", "nop"),
    ("trap", "unreachable"),
    ("while", "loop"),
    ("for", "loop"),
    ("push", "i32.const"),
    ("const", "i32.const"),
    ("load", "i32.load"),
    ("store", "i32.store"),
    ("mod", "i32.rem_s"),
    ("lsl", "i32.shl"),
    ("invoke", "call"),
    ("call.indirect", "call_indirect"),
    ("memcpy", "memory.copy"),
    ("memset", "memory.fill"),
];

/// Names of types elsewhere, and the types here.
pub(crate) const TYPES: &[(&str, &str)] = &[
    ("anyfunc", "funcref"),
    ("func", "funcref"),
    ("extern", "externref"),
    ("any", "anyref"),
    ("eq", "eqref"),
    ("i31", "i31ref"),
    ("exn", "exnref"),
    ("function", "funcref"),
    ("int", "i32"),
    ("uint", "i32"),
    ("u32", "i32"),
    ("s32", "i32"),
    ("bool", "i32"),
    ("char", "i32"),
    ("ptr", "i32"),
    ("i1", "i32"),
    ("u8", "i32"),
    ("u16", "i32"),
    ("long", "i64"),
    ("u64", "i64"),
    ("s64", "i64"),
    ("float", "f32"),
    ("float32", "f32"),
    ("double", "f64"),
    ("float64", "f64"),
    ("number", "f64"),
    ("simd", "v128"),
];

/// Names of module fields elsewhere, and the keywords here.
pub(crate) const FIELDS: &[(&str, &str)] = &[
    ("function", "func"),
    ("fn", "func"),
    ("def", "func"),
    ("define", "func"),
    ("mem", "memory"),
    ("var", "global"),
    ("let", "global"),
    ("const", "global"),
    ("event", "tag"),
    ("exception", "tag"),
    ("typedef", "type"),
    ("element", "elem"),
    ("extern", "import"),
    ("declare", "import"),
];

/// The name here of a word that is known elsewhere.
pub(crate) fn name_here(word: &str, expected: Expected) -> Option<String> {
    let find = |list: &[(&str, &str)]| {
        let found = list.iter().find(|(there, _)| *there == word);
        found.map(|(_, here)| String::from(*here))
    };
    match expected {
        Expected::ValType => find(TYPES),
        Expected::Field => find(FIELDS),
        Expected::HeapType if word == "anyfunc" => Some("func".into()),
        Expected::HeapType => known_suffix(word),
        Expected::Instr | Expected::FoldedInstr => {
            find(INSTRUCTIONS).or_else(|| by_rule(word)).filter(|name| is_mnemonic(name))
        }
        _ => None,
    }
}

pub(crate) fn is_mnemonic(name: &str) -> bool {
    Opcode::from_mnemonic(name).is_some()
}

/// The heap type in the abbreviation of a reference type: `func` for `funcref`.
fn known_suffix(word: &str) -> Option<String> {
    let heap = wattle_ast::AbsHeapType::from_reference_keyword(word)?;
    Some(heap.keyword().into())
}

/// The mnemonic that a rule gives for a word. It may not exist.
fn by_rule(word: &str) -> Option<String> {
    // `get_local`
    for verb in ["get", "set", "tee"] {
        let space = word.strip_prefix(verb).and_then(|rest| rest.strip_prefix('_'));
        if let Some(space) = space {
            return Some(format!("{space}.{verb}"));
        }
    }
    // `i32.trunc_s/f32`, `i32.trunc_s:sat/f32`, `i32.wrap/i64`
    if let Some((head, from)) = word.split_once('/') {
        let (head, saturating) = match head.split_once(':') {
            Some((head, "sat")) => (head, "_sat"),
            _ => (head, ""),
        };
        let (head, sign) = split_sign(head);
        return Some(format!("{head}{saturating}_{from}{sign}"));
    }
    // `i8x16.add_saturate_s`, `i32.atomic.rmw8_u.add`
    if word.contains("_saturate") {
        return Some(word.replacen("_saturate", "_sat", 1));
    }
    if let Some((head, operation)) = word.rsplit_once("_u.")
        && head.contains(".rmw")
    {
        return Some(format!("{head}.{operation}_u"));
    }
    // `i32.mod`
    if let Some(ty) = word.strip_suffix(".mod") {
        return Some(format!("{ty}.rem_s"));
    }
    // `i32_add`, `i32-add`
    if let Some(rest) = word.get(3..)
        && rest.starts_with(['_', '-', ':'])
    {
        return word.get(..3).zip(rest.get(1..)).map(|(ty, name)| format!("{ty}.{name}"));
    }
    // `add`
    ["i32.", "f32.", "memory.", "local."]
        .iter()
        .map(|ty| format!("{ty}{word}"))
        .find(|name| is_mnemonic(name))
}

/// Splits `_s` or `_u` off the end.
fn split_sign(word: &str) -> (&str, &str) {
    let at = word.len().saturating_sub(2);
    match word.get(at..) {
        Some("_s" | "_u") => word.split_at(at),
        _ => (word, ""),
    }
}
