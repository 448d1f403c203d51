//! Advice against errors: its kinds, and the choice of one by the tokens around the error. It is
//! computed only for errors that are reported. `advice.rs` has the texts.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;

use wattle_ast::components::PlainSort;
use wattle_ast::{Opcode, Shown, nearest};
use wattle_syntax::{LexError, Shape, TokenKind, is_id_char, numbers, strings};

use crate::advice::*;
use crate::cursor::Cursor;
use crate::error::{ErrorKind, Expected, Number};
use crate::foreign::Foreign;
use crate::ids::Space;
use crate::script::component_values;
use crate::{keywords, other_names};

/// Advice against an error. `Display` shows it as a sentence without a full stop.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Help {
    /// The word that was probably meant.
    Meant(Box<str>),
    /// The name that the word has in the text format.
    Renamed(Box<str>),
    /// The identifier that was probably meant, with its dollar sign.
    Identifier(Box<str>),
    /// The text to write instead.
    Write(Box<str>),
    /// The space in which the identifier is bound.
    BoundAs(Space, Box<str>),
    /// The range of the numbers.
    Range(Number),
    /// The function type whose index stands beside the parameters and results.
    TypeIs(Box<str>),
    /// The number of lanes or lane indices that must be there, and the number found.
    Lanes(usize, usize),
    /// A character that is only allowed in strings and comments.
    Character(char),
    /// The format that the input seems to have.
    LooksLike(&'static Foreign),
    /// All words of the expected kind.
    OneOf(Expected),
    /// Advice that needs no word of the text.
    Advice(&'static str),
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Help::Meant(word) => write!(f, "did you mean `{}`?", Shown(word)),
            Help::Renamed(word) => write!(f, "it is called `{}` here", Shown(word)),
            Help::Identifier(id) => {
                write!(f, "an identifier begins with `$`: write `{}`", Shown(id))
            }
            Help::Write(text) => write!(f, "write `{}`", Shown(text)),
            Help::BoundAs(space, id) => write!(f, "there is a {space} {}", Shown(id)),
            Help::Range(number) => f.write_str(number.range()),
            Help::TypeIs(ty) => write!(f, "the type is {}; leave out what repeats it", Shown(ty)),
            Help::Lanes(expected, found) => {
                write!(f, "it takes {expected} numbers, here are {found}")
            }
            Help::Character(c) => write!(
                f,
                "U+{:04X} may stand in strings and comments only; elsewhere text is ASCII",
                u32::from(*c)
            ),
            Help::LooksLike(foreign) => {
                write!(f, "this looks like {}: {}", foreign.name, foreign.advice)
            }
            Help::OneOf(expected) => {
                for (nth, keyword) in words_of(*expected).enumerate() {
                    write!(f, "{} `{keyword}`", if nth == 0 { "there are" } else { "," })?;
                }
                Ok(())
            }
            Help::Advice(advice) => f.write_str(advice),
        }
    }
}

impl Help {
    /// Advice for an import with a single name.
    pub(crate) const IMPORT_NAMES: Help = Help::Advice(IMPORT_NAMES);

    /// Advice for a text that ends too early.
    pub(crate) const CLOSE_MISSING: Help = Help::Advice(CLOSE_MISSING);

    /// Advice for an identifier that is not bound in a component.
    pub(crate) const BEFORE: Help = Help::Advice(BEFORE);

    /// Returns whether the advice is short enough to follow the reason.
    pub(crate) fn is_short(&self) -> bool {
        !matches!(self, Help::OneOf(_) | Help::Advice(_) | Help::Character(_) | Help::LooksLike(_))
    }

    fn meant(word: impl Into<String>) -> Option<Help> {
        Some(Help::Meant(word.into().into()))
    }

    fn identifier(word: &str) -> Option<Help> {
        let bare = word.trim_start_matches(['%', '@', '$', '&', '.', ':']);
        let is_id = !bare.is_empty() && bare.bytes().all(is_id_char);
        is_id.then(|| Help::Identifier(format!("${bare}").into()))
    }
}

/// Returns the advice against an error of this kind at the next token, if any fits.
#[cold]
pub(crate) fn find(kind: &ErrorKind, cursor: &Cursor<'_, '_>) -> Option<Help> {
    let advice = |text| Some(Help::Advice(text));
    match kind {
        ErrorKind::UnknownOperator(word, expected) => unknown_word(word, *expected, cursor),
        ErrorKind::UnexpectedToken(expected) => unexpected(*expected, cursor),
        ErrorKind::ConstantOutOfRange(number) => {
            let is_fraction = !matches!(number, Number::F32 | Number::F64)
                && numbers::is_number(cursor.bytes())
                && numbers::u64(cursor.text().trim_start_matches(['+', '-']))
                    == Err(numbers::NumberError::Malformed);
            if is_fraction { advice(INTEGER) } else { Some(Help::Range(*number)) }
        }
        ErrorKind::Lexical(error) => lexical(*error, cursor.text()),
        ErrorKind::OuterItem(_) => advice(OUTER_ITEM),
        ErrorKind::IdNotAllowed => advice(ID_NOT_ALLOWED),
        ErrorKind::ImportAfter(_) => advice(IMPORTS_FIRST),
        ErrorKind::MultipleStarts => advice(ONE_START),
        ErrorKind::MismatchingLabel => advice(LABEL),
        ErrorKind::Duplicate(..) => advice(DUPLICATE),
        ErrorKind::Alignment => advice(ALIGN),
        ErrorKind::PageSize => advice(PAGE_SIZE),
        _ => None,
    }
}

/// Returns the advice against characters that do not form a token.
pub(crate) fn lexical(error: LexError, text: &str) -> Option<Help> {
    Some(Help::Advice(match error {
        LexError::IllegalCharacter => match text.chars().next()? {
            '\u{a0}' | '\u{202f}' => NO_BREAK,
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' => CURLY_QUOTE,
            c => return Some(Help::Character(c)),
        },
        LexError::UnclosedString => STRING_END,
        LexError::ControlInString => CONTROL,
        LexError::IllegalEscape => match escape_meant(text) {
            Some(escape) => return Some(Help::Write(escape.into())),
            None => ESCAPE,
        },
        LexError::CodePoint => CODE_POINT,
        LexError::UnclosedComment => COMMENT_END,
        LexError::EmptyId => EMPTY_ID,
        LexError::Utf8 => UTF8,
        _ => return None,
    }))
}

/// Returns the escape that was probably meant by a C escape in a literal, such as `\x41` or `\0`.
fn escape_meant(literal: &str) -> Option<String> {
    let at = strings::fault(literal);
    let escape = literal.get(at.start + 1..)?;
    let digits = escape.strip_prefix('x').and_then(|rest| rest.get(..2));
    match digits {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Some(format!("\\{digits}"))
        }
        _ => escape.starts_with('0').then(|| String::from("\\00")),
    }
}

/// Returns whether a word begins a comment of another language.
pub(crate) fn begins_comment(word: &str) -> bool {
    ["//", "/*", "#", "--"].iter().any(|mark| word.starts_with(mark))
}

/// Returns the advice against an unknown word.
fn unknown_word(word: &str, expected: Expected, cursor: &Cursor<'_, '_>) -> Option<Help> {
    if let Some(help) = reserved(word) {
        return Some(Help::Advice(help));
    }
    if let Some(Help::Identifier(id)) = Help::identifier(word)
        && word.starts_with(['%', '@'])
    {
        return Some(Help::Identifier(id));
    }
    if expected == Expected::Name {
        return Some(Help::Advice(NAME));
    }
    if word == "cancellable" {
        return Some(Help::Advice(CANCELLABLE));
    }
    let (before, behind) = (cursor.text_before(), cursor.text_at(1));
    let binds = BINDING.contains(&before);
    let goes_on =
        matches!(behind, "(" | ")") && is_binding_form(cursor.text_at(2)) || is_value_type(behind);
    match expected {
        Expected::MemArg if word.contains("=-") => return Some(Help::Advice(SIGNED_MEMARG)),
        Expected::MemArg => return Some(Help::Advice(MEMARG)),
        Expected::Index if before == "eq" => return Some(Help::Advice(EQ)),
        Expected::Index | Expected::Id => return Help::identifier(word),
        _ if binds && goes_on => return Help::identifier(word),
        Expected::Field if keywords::component_fields().any(|known| known == word) => {
            return Some(Help::Advice(COMPONENT));
        }
        Expected::ComponentField | Expected::Component if word == "module" => {
            return Some(Help::Advice(MODULE));
        }
        Expected::ValType if word == "void" => return Some(Help::Advice(VOID)),
        _ => {}
    }
    if let Some(name) = other_names::name_here(word, expected) {
        return Some(Help::Renamed(name.into()));
    }
    let lower = word.to_ascii_lowercase();
    if lower != word && keywords::is_keyword(&lower) {
        return Help::meant(lower);
    }
    if matches!(expected, Expected::Instr | Expected::FoldedInstr) {
        let signed = format!("{word}_s");
        if Opcode::from_mnemonic(&signed).is_some() {
            return Help::meant(format!("{signed}` or `{word}_u"));
        }
    }
    if let Some(near) = nearest_keyword(word, expected) {
        return Help::meant(near);
    }
    match expected {
        _ if binds && !word.contains('.') => Help::identifier(word),
        Expected::Instr if word.starts_with("offset") || word.starts_with("align") => {
            Some(Help::Advice(EQUALS))
        }
        _ => one_of(expected),
    }
}

/// Returns the words that are allowed, if there are few of them.
fn words_of(expected: Expected) -> Box<dyn Iterator<Item = &'static str>> {
    match expected {
        Expected::ValType => Box::new(keywords::value_types()),
        Expected::HeapType => Box::new(keywords::heap_types()),
        Expected::Field => Box::new(keywords::fields()),
        Expected::Shape => Box::new(Shape::ALL.iter().map(|shape| shape.keyword())),
        Expected::Directive => Box::new(keywords::directives()),
        Expected::ComponentField => Box::new(keywords::component_fields()),
        Expected::CoreField => Box::new("module instance type func rec".split(' ')),
        Expected::TypeDecl => Box::new("core type alias import export".split(' ')),
        Expected::ModuleTypeDecl => Box::new("type rec alias import export".split(' ')),
        Expected::ExternDesc | Expected::Sort | Expected::OuterSort => {
            Box::new(PlainSort::ALL.iter().map(|sort| sort.keyword()).chain(["core"]))
        }
        Expected::CoreSort => Box::new(keywords::core_sorts()),
        Expected::AliasTarget => Box::new("outer export core".split(' ')),
        Expected::TypeBound => Box::new("eq sub".split(' ')),
        Expected::DefType | Expected::ComponentValType => Box::new(keywords::component_types()),
        _ => Box::new(core::iter::empty()),
    }
}

fn one_of(expected: Expected) -> Option<Help> {
    words_of(expected).next().map(|_| Help::OneOf(expected))
}

/// The keywords that an identifier may follow.
const BINDING: &[&str] = &[
    "module",
    "func",
    "memory",
    "table",
    "global",
    "tag",
    "type",
    "elem",
    "data",
    "param",
    "local",
    "field",
    "block",
    "loop",
    "if",
    "try_table",
    "try",
];

/// Returns whether the identifier of a form with this keyword stands before the form.
fn is_binding_form(keyword: &str) -> bool {
    matches!(keyword, "param" | "result" | "local" | "export" | "import" | "type" | "mut" | "func")
}

/// Returns the advice against reserved characters.
fn reserved(word: &str) -> Option<&'static str> {
    Some(match word {
        _ if begins_comment(word) => COMMENT,
        "," => COMMA,
        ";" => SEMICOLON,
        "{" | "}" | "[" | "]" => BRACES,
        _ if word.starts_with('=') => EQUALS,
        _ if word.starts_with('\'') || word.starts_with('`') => QUOTES,
        _ if word.contains('"') => GLUED,
        _ => return None,
    })
}

/// Returns the keyword of the expected kind that is nearest to a word.
fn nearest_keyword(word: &str, expected: Expected) -> Option<&'static str> {
    let mut budget = usize::MAX;
    let heads = ["param", "result", "local", "then", "else"];
    match expected {
        Expected::Instr | Expected::FoldedInstr | Expected::FittingInstr => {
            nearest(word, keywords::mnemonics().chain(heads), &mut budget)
        }
        Expected::OperandOrClose => nearest(word, keywords::mnemonics(), &mut budget),
        Expected::Field => nearest(word, keywords::fields().chain(["module"]), &mut budget),
        Expected::ExternType => nearest(word, keywords::fields(), &mut budget),
        Expected::CompType => {
            nearest(word, ["func", "struct", "array", "cont", "sub"], &mut budget)
        }
        Expected::ValType => nearest(word, keywords::value_types(), &mut budget),
        Expected::HeapType => nearest(word, keywords::heap_types(), &mut budget),
        Expected::Directive => nearest(word, keywords::directives(), &mut budget),
        Expected::Action => nearest(word, ["invoke", "get"], &mut budget),
        Expected::Shape => {
            nearest(word, Shape::ALL.iter().map(|shape| shape.keyword()), &mut budget)
        }
        Expected::Token(token) => nearest(word, [token], &mut budget),
        Expected::Component => nearest(word, ["component"], &mut budget),
        Expected::ComponentField => {
            let fields = keywords::component_fields().chain(keywords::fields());
            nearest(word, fields, &mut budget)
        }
        Expected::CanonOrAlias => nearest(word, ["canon", "alias"], &mut budget),
        Expected::Canon | Expected::BuiltIn => nearest(word, keywords::canons(), &mut budget),
        Expected::CanonOpt => nearest(word, keywords::canon_opts(), &mut budget),
        Expected::ComponentValue => nearest(word, component_values::keywords(), &mut budget),
        _ if expected.is_of_components() => nearest(word, words_of(expected), &mut budget),
        _ => None,
    }
}

/// Returns the advice against a token in the wrong place.
fn unexpected(expected: Expected, cursor: &Cursor<'_, '_>) -> Option<Help> {
    let (text, before) = (cursor.text(), cursor.text_before());
    let kind = cursor.peek();
    let is_field = keywords::fields().any(|known| known == text);
    let is_component_field = keywords::component_fields().any(|known| known == text);
    let help = match (expected, kind) {
        (Expected::Index | Expected::Id, TokenKind::Keyword) => return Help::identifier(text),
        (Expected::Index, TokenKind::Number | TokenKind::String) => INDEX,
        (Expected::Name, TokenKind::Keyword | TokenKind::Id) => NAME,
        (Expected::Name, TokenKind::Open | TokenKind::Close) if cursor.is_in("import") => {
            IMPORT_NAMES
        }
        (Expected::ExternType, TokenKind::Id | TokenKind::Number | TokenKind::Keyword) => EXTERN,
        (Expected::End, TokenKind::Close) => TOO_MANY_CLOSE,
        (Expected::End, TokenKind::Open) if keywords::is_directive(cursor.text_at(1)) => SCRIPT,
        (Expected::End, _) => BEHIND_MODULE,
        (_, TokenKind::Eof) => CLOSE_MISSING,
        (Expected::Field, TokenKind::Keyword) if is_component_field => COMPONENT,
        (Expected::ComponentField | Expected::Component, _) if text == "module" => MODULE,
        (Expected::ComponentField, TokenKind::Keyword) if is_field => CORE_FIELD,
        (Expected::TypeDecl, TokenKind::Keyword) if is_component_field => DECLARATION,
        (Expected::CoreSort, _) if text == "core" => CORE_IN_CORE,
        (Expected::ComponentValType, _) if is_value_type(text) => CORE_VAL_TYPE,
        (Expected::ComponentValType, TokenKind::Keyword) => return one_of(expected),
        (Expected::DefType, TokenKind::Id | TokenKind::Number) => DEF_TYPE,
        (Expected::Token(")"), TokenKind::String) if cursor.is_in("memory") => CORE_EXPORT,
        (Expected::Field, _) => match text {
            "param" | "result" | "local" => LOCAL_OUTSIDE,
            _ if Opcode::from_mnemonic(text).is_some() => INSTR_OUTSIDE,
            _ if is_field => FIELD_PARENS,
            _ => return None,
        },
        (Expected::ValType, TokenKind::Id) => match before {
            "result" => RESULT_ID,
            _ => ID_FIRST,
        },
        (Expected::ValType, _) => match text {
            "i8" | "i16" => PACKED,
            "mut" => MUT,
            "func" => FUNC_TYPE,
            ")" if cursor.is_in("table") => TABLE_TYPE,
            _ if kind == TokenKind::Number && cursor.is_in("table") => TABLE_SIZE,
            _ => match other_names::name_here(text, expected) {
                Some(name) => return Some(Help::Renamed(name.into())),
                None => return one_of(expected),
            },
        },
        (Expected::HeapType, TokenKind::Keyword) => {
            return match other_names::name_here(text, expected) {
                Some(name) => Some(Help::Renamed(name.into())),
                None => one_of(expected),
            };
        }
        (Expected::CompType, _) => FUNC_TYPE,
        (Expected::Unsigned, TokenKind::Close) if cursor.is_in("memory") => MEMORY_SIZE,
        (Expected::Unsigned, _) => SIZE,
        (Expected::Number, TokenKind::Open | TokenKind::Id) => NUMBER,
        (Expected::NoParams, _) => PARAM_LATE,
        (Expected::OperandOrClose, TokenKind::Keyword) if text == "end" => FOLDED_BLOCK_END,
        (Expected::OperandOrClose, TokenKind::Keyword) if matches!(text, "offset" | "align") => {
            EQUALS
        }
        (Expected::OperandOrClose, TokenKind::Keyword) => FOLD,
        (Expected::OperandOrClose, TokenKind::Number) => CONSTANT,
        (Expected::Token("(then"), _) => THEN,
        (Expected::Token("end"), _) => END_MISSING,
        (Expected::Token("("), _) if cursor.is_in("table") => TABLE_SIZE,
        (Expected::Token(")"), TokenKind::Keyword) if is_value_type(text) => ONE_TYPE,
        (Expected::Token(")"), TokenKind::Id) if is_value_type(before) => ID_FIRST,
        (Expected::Instr | Expected::FittingInstr, TokenKind::Number) => CONSTANT,
        (Expected::Instr | Expected::FittingInstr, _) => match text {
            "param" | "result" | "local" => PARAM_LATE,
            "type" => TYPE_LATE,
            "export" | "import" => EXPORT_LATE,
            "then" => FLAT_THEN,
            "else" => ELSE,
            "end" => END,
            "offset" | "align" => EQUALS,
            _ if is_field => FIELD_INSIDE,
            _ => return None,
        },
        _ => return None,
    };
    Some(Help::Advice(help))
}

fn is_value_type(word: &str) -> bool {
    keywords::value_types().any(|known| known == word)
}
