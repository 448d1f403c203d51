//! The words of the text format other than mnemonics, for error messages: a known word in the wrong
//! place is an unexpected token, and an unknown word an unknown operator.

use wattle_ast::components::{CanonOp, CanonOpt, CoreSort, PlainSort, PrimType, TypeForm};
use wattle_ast::{AbsHeapType, ExternKind, Opcode};
use wattle_syntax::numbers::{self, NumberError};

/// Keywords of module fields, without those of imports and exports.
const FIELDS: &str = "type rec import export elem data start";

/// Keywords of number and vector types.
const NUMBER_TYPES: &str = "i32 i64 f32 f64 v128";

/// Keywords of directives.
const DIRECTIVES: &str = "module register invoke get assert_return assert_trap assert_exception \
                          assert_exhaustion assert_malformed assert_invalid assert_unlinkable \
                          assert_malformed_custom assert_invalid_custom assert_suspension thread \
                          wait";

/// Keywords of types, of parts of module fields and instructions, and of scripts.
const OTHERS: &[&str] = &[
    "i8 i16 i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 ref null exact mut field",
    "struct array cont sub final descriptor describes shared pagesize",
    "param result local declare offset item",
    "then do catch_ref catch_all_ref on nan:canonical nan:arithmetic",
    "binary quote definition instance script either input output",
    "ref.extern ref.host ref.any ref.struct ref.array ref.exn",
];

/// Keywords of fields of components that are not sorts.
const COMPONENT_FIELDS: &str = "core alias canon import export start";

/// Other keywords of components.
const OF_COMPONENTS: &str = "rec outer implements versionsuffix external-id param result field case \
                             error rep dtor instantiate with eq sub async shared binary";

/// The keywords of fields of components.
pub(crate) fn component_fields() -> impl Iterator<Item = &'static str> {
    COMPONENT_FIELDS.split(' ').chain(PlainSort::ALL.iter().map(|sort| sort.keyword()))
}

/// The keywords of core sorts.
pub(crate) fn core_sorts() -> impl Iterator<Item = &'static str> {
    CoreSort::ALL.iter().map(|sort| sort.keyword())
}

/// The keywords of types of components.
pub(crate) fn component_types() -> impl Iterator<Item = &'static str> {
    let forms = TypeForm::ALL.iter().map(|form| form.keyword());
    PrimType::ALL.iter().map(|prim| prim.keyword()).chain(forms)
}

/// The keywords of canonical definitions.
pub(crate) fn canons() -> impl Iterator<Item = &'static str> {
    CanonOp::ALL.iter().map(|op| op.keyword())
}

/// The keywords of options of canonical definitions.
pub(crate) fn canon_opts() -> impl Iterator<Item = &'static str> {
    CanonOpt::KEYWORDS.iter().map(|(keyword, ..)| *keyword)
}

/// Whether the format of components has a word in any place.
pub(crate) fn is_component_keyword(word: &str) -> bool {
    component_fields()
        .chain(core_sorts())
        .chain(component_types())
        .chain(canons())
        .chain(canon_opts())
        .chain(OF_COMPONENTS.split_ascii_whitespace())
        .any(|known| known == word)
}

/// Whether the format of modules and scripts has a word in any place.
pub(crate) fn is_keyword(word: &str) -> bool {
    let nat = |digits: &str| numbers::u64(digits) != Err(NumberError::Malformed);
    let prefixed = |prefix| word.strip_prefix(prefix).is_some_and(nat);
    Opcode::from_mnemonic(word).is_some()
        || heap_types().any(|known| known == word)
        || value_types().any(|known| known == word)
        || fields().any(|known| known == word)
        || directives().any(|known| known == word)
        || OTHERS.iter().any(|line| line.split(' ').any(|known| known == word))
        || prefixed("offset=")
        || prefixed("align=")
        || numbers::is_number(word)
}

/// The mnemonics of all instructions.
pub(crate) fn mnemonics() -> impl Iterator<Item = &'static str> {
    Opcode::ALL.iter().map(|opcode| opcode.mnemonic())
}

/// The keywords of module fields.
pub(crate) fn fields() -> impl Iterator<Item = &'static str> {
    ExternKind::ALL.iter().map(|kind| kind.keyword()).chain(FIELDS.split(' '))
}

/// The keywords of value types.
pub(crate) fn value_types() -> impl Iterator<Item = &'static str> {
    let references = AbsHeapType::ALL.iter().map(|heap| heap.reference_keyword());
    NUMBER_TYPES.split(' ').chain(references)
}

/// The keywords of heap types.
pub(crate) fn heap_types() -> impl Iterator<Item = &'static str> {
    AbsHeapType::ALL.iter().map(|heap| heap.keyword())
}

/// Whether a word begins a directive that cannot stand in a module.
pub(crate) fn is_directive(word: &str) -> bool {
    word != "module" && directives().any(|known| known == word)
}

/// The keywords of directives of scripts.
pub(crate) fn directives() -> impl Iterator<Item = &'static str> {
    DIRECTIVES.split(' ')
}
