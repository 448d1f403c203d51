//! Which words the text format knows besides the mnemonics of instructions. Only error messages
//! ask: a keyword at the wrong place is an unexpected token, another word an unknown operator.

use wattle_ast::{AbsHeapType, Opcode};
use wattle_syntax::numbers::{self, NumberError};

/// Keywords of types, of module fields, of instructions' parts, and of scripts.
const KEYWORDS: &[&str] = &[
    "i8 i16 i32 i64 f32 f64 v128 i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 ref null exact mut field",
    "struct array cont sub final rec descriptor describes shared pagesize",
    "module type func param result local import export table memory tag global start elem data",
    "declare offset item",
    "then do catch_ref catch_all_ref on nan:canonical nan:arithmetic",
    "binary quote definition instance script register invoke get assert_return assert_trap",
    "assert_exception assert_exhaustion assert_malformed assert_invalid assert_malformed_custom",
    "assert_invalid_custom assert_unlinkable assert_suspension either input output thread wait",
    "ref.extern ref.host ref.any ref.struct ref.array ref.exn",
];

/// Whether a word means something somewhere.
pub(crate) fn is_keyword(word: &str) -> bool {
    let nat = |digits: &str| numbers::u64(digits) != Err(NumberError::Malformed);
    let prefixed = |prefix| word.strip_prefix(prefix).is_some_and(nat);
    Opcode::from_mnemonic(word).is_some()
        || AbsHeapType::from_keyword(word).is_some()
        || AbsHeapType::from_reference_keyword(word).is_some()
        || KEYWORDS.iter().any(|line| line.split(' ').any(|keyword| keyword == word))
        || prefixed("offset=")
        || prefixed("align=")
        || numbers::is_number(word)
}
