//! A small reader of test scripts that shares no code with Wattle's own. Tests compare the two, and
//! tests of crates that cannot read text find modules with it.
//!
//! It knows parentheses, words, strings and comments. Annotations are left out.

use std::ops::Range;

/// A form of a script: a list, a word or a string.
#[derive(Debug)]
pub struct Form {
    /// The range of the form in the script.
    pub span: Range<usize>,
    /// The kind and the content.
    pub node: Node,
}

/// The kind and the content of a form.
#[derive(Debug)]
pub enum Node {
    /// Forms in parentheses.
    List(Vec<Form>),
    /// A keyword, an identifier or a number.
    Word(String),
    /// The bytes of a string. Code points (`\u{..}`) stay as they are written.
    String(Vec<u8>),
}

/// The source of a module in a script.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    /// `(module ...)`, with the module at the span of its form.
    Text,
    /// `(module binary "..")`.
    Binary(Vec<u8>),
    /// `(module quote "..")`: the strings, joined by spaces.
    Quote(Vec<u8>),
    /// `(module instance ...)`, which has no source of its own.
    Instance,
}

impl Form {
    /// The forms of a list; none for a word or a string.
    pub fn list(&self) -> &[Form] {
        match &self.node {
            Node::List(forms) => forms,
            _ => &[],
        }
    }

    /// The word, or "" for a list or a string.
    pub fn word(&self) -> &str {
        match &self.node {
            Node::Word(word) => word,
            _ => "",
        }
    }

    /// The first word of a list, or "".
    pub fn head(&self) -> &str {
        self.list().first().map_or("", Form::word)
    }

    /// The bytes of a string.
    pub fn string(&self) -> Option<&[u8]> {
        match &self.node {
            Node::String(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The source of the module, if the form is a module.
    pub fn module(&self) -> Option<Source> {
        if self.head() != "module" {
            return None;
        }
        let is_name = |form: &Form| form.word() == "definition" || form.word().starts_with('$');
        let kind = self.list().iter().skip(1).find(|form| !is_name(form)).map_or("", Form::word);
        let strings: Vec<_> = self.list().iter().filter_map(Form::string).collect();
        Some(match kind {
            "binary" => Source::Binary(strings.concat()),
            "quote" => Source::Quote(strings.join(&b' ')),
            "instance" => Source::Instance,
            _ => Source::Text,
        })
    }

    /// The module that a directive is about, and the phrase of a directive that expects the module
    /// to be malformed.
    pub fn directive(&self) -> Option<(&Form, Source, Option<&[u8]>)> {
        if let Some(source) = self.module() {
            return Some((self, source, None));
        }
        let malformed = self.head().starts_with("assert_malformed");
        let phrase = self.list().last().and_then(Form::string).filter(|_| malformed);
        let mut inner = self.list().iter();
        inner.find_map(|form| Some((form, form.module()?, phrase)))
    }
}

/// The forms of a script.
///
/// # Panics
///
/// When parentheses, strings or comments do not match.
pub fn read(script: &[u8]) -> Vec<Form> {
    let mut open: Vec<(usize, Vec<Form>)> = vec![(0, Vec::new())];
    let mut at = 0;
    while let Some(&byte) = script.get(at) {
        let start = at;
        let node = match (byte, script.get(at + 1)) {
            (b'(', Some(b';')) => {
                at = comment_end(script, at);
                continue;
            }
            (b';', Some(b';')) => {
                let end = script[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                at = end.map_or(script.len(), |end| at + end);
                continue;
            }
            (b'(', _) => {
                at += 1;
                open.push((start, Vec::new()));
                continue;
            }
            (b')', _) => {
                at += 1;
                let (start, list) = open.pop().expect("parentheses match");
                if script[start..].starts_with(b"(@") {
                    continue;
                }
                let form = Form { span: start..at, node: Node::List(list) };
                open.last_mut().expect("parentheses match").1.push(form);
                continue;
            }
            (b'"', _) => {
                let (bytes, end) = string(script, at + 1);
                at = end;
                Node::String(bytes)
            }
            _ if byte.is_ascii_graphic() || !byte.is_ascii() => {
                let is_part = |byte: &u8| !b"()\";".contains(byte) && !byte.is_ascii_whitespace();
                at += script[at..].iter().take_while(|byte| is_part(byte)).count().max(1);
                Node::Word(String::from_utf8_lossy(&script[start..at]).into_owned())
            }
            _ => {
                at += 1;
                continue;
            }
        };
        open.last_mut().expect("parentheses match").1.push(Form { span: start..at, node });
    }
    assert_eq!(open.len(), 1, "parentheses match");
    open.pop().expect("the outermost list").1
}

/// The end of the comment that begins at `at`; comments nest.
fn comment_end(script: &[u8], mut at: usize) -> usize {
    let mut depth = 0;
    loop {
        match script.get(at..at + 2).expect("comments end") {
            b"(;" => depth += 1,
            b";)" if depth == 1 => return at + 2,
            b";)" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
}

/// The string whose first byte is at `at`, and the position behind its closing quote.
fn string(script: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    loop {
        let byte = script[at];
        at += 1;
        bytes.push(match byte {
            b'"' => return (bytes, at),
            b'\\' => {
                let escape = script[at];
                at += 1;
                match escape {
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    _ if escape.is_ascii_hexdigit() => {
                        let digits = std::str::from_utf8(&script[at - 1..=at]).expect("ASCII");
                        at += 1;
                        u8::from_str_radix(digits, 16).expect("two hexadecimal digits")
                    }
                    other => other,
                }
            }
            byte => byte,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_their_form() {
        let script = br#"
            (module $a (func (; (; ") ;) ;)) (@custom "x" ")"))
            (assert_malformed (module $b binary "\00a" "sm") "a phrase") ;; )
            (module definition $c quote "(func" ")")
            (module instance $i $c)"#;
        let forms = read(script);
        let found: Vec<_> = forms.iter().map(|form| form.directive().unwrap()).collect();
        let sources: Vec<_> = found.iter().map(|(_, source, _)| source).collect();
        let binary = Source::Binary(b"\0asm".to_vec());
        let quote = Source::Quote(b"(func )".to_vec());
        assert_eq!(sources, [&Source::Text, &binary, &quote, &Source::Instance]);
        assert_eq!(found[1].2, Some(&b"a phrase"[..]));
        assert!(script[found[0].0.span.clone()].ends_with(b"\")\"))"));
    }
}
