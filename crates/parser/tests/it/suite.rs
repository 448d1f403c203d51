//! The binary modules of the official suite: what is malformed is refused with the phrase that
//! the suite expects, what is merely invalid is read, and both the same in any chunks.

use crate::common::{Random, check_chunks, check_reader, whole};
use wattle_ast::Features;
use wattle_tests::suite::{self, Proposal};

/// As much of the text format as it takes to find binary modules.
#[derive(Debug)]
enum Form {
    List(Vec<Form>),
    Atom(Vec<u8>),
    String(Vec<u8>),
}

impl Form {
    fn atom(&self) -> &[u8] {
        match self {
            Form::Atom(atom) => atom,
            _ => b"",
        }
    }

    fn list(&self) -> &[Form] {
        match self {
            Form::List(forms) => forms,
            _ => &[],
        }
    }

    /// The bytes of `(module .. binary "..")`.
    fn binary(&self) -> Option<Vec<u8>> {
        let forms = self.list();
        let module = forms.first()?.atom() == b"module";
        let binary = forms.iter().take(4).any(|form| form.atom() == b"binary");
        (module && binary).then(|| {
            let strings = forms.iter().filter_map(|form| match form {
                Form::String(bytes) => Some(bytes.as_slice()),
                _ => None,
            });
            strings.collect::<Vec<_>>().concat()
        })
    }
}

/// The forms of a script.
fn forms(script: &[u8]) -> Vec<Form> {
    let mut open = vec![Vec::new()];
    let mut at = 0;
    while let Some(&byte) = script.get(at) {
        let next = script.get(at + 1).copied();
        match byte {
            b'(' if next == Some(b';') => at = skip_comment(script, at),
            b';' if next == Some(b';') => {
                at += script[at..].iter().position(|&byte| byte == b'\n').unwrap_or(script.len());
            }
            b'(' => {
                open.push(Vec::new());
                at += 1;
            }
            b')' => {
                let list = open.pop().expect("parentheses match");
                open.last_mut().expect("parentheses match").push(Form::List(list));
                at += 1;
            }
            b'"' => {
                let (string, end) = string(script, at + 1);
                open.last_mut().unwrap().push(Form::String(string));
                at = end;
            }
            _ if byte.is_ascii_whitespace() => at += 1,
            _ => {
                let end = script[at..]
                    .iter()
                    .position(|byte| b"()\"; \n\r\t".contains(byte))
                    .unwrap_or(script.len() - at)
                    .max(1);
                open.last_mut().unwrap().push(Form::Atom(script[at..at + end].to_vec()));
                at += end;
            }
        }
    }
    assert_eq!(open.len(), 1, "parentheses match");
    open.pop().unwrap()
}

fn skip_comment(script: &[u8], mut at: usize) -> usize {
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

/// The string that begins at `at`, and where the form after it does.
fn string(script: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    loop {
        let byte = script[at];
        at += 1;
        match byte {
            b'"' => return (bytes, at),
            b'\\' => {
                let escape = script[at];
                at += 1;
                bytes.push(match escape {
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    // Only text modules have code points; their strings are not looked at.
                    b'"' | b'\'' | b'\\' | b'u' => escape,
                    _ => {
                        let digits = std::str::from_utf8(&script[at - 1..=at]).unwrap();
                        at += 1;
                        u8::from_str_radix(digits, 16).unwrap()
                    }
                });
            }
            _ => bytes.push(byte),
        }
    }
}

fn features(proposal: Option<Proposal>) -> Features {
    match proposal {
        None => Features::WASM3,
        // Its scripts refuse the flag of custom page sizes.
        Some(Proposal::CustomDescriptors) => Features::WASM3 | Features::CUSTOM_DESCRIPTORS,
        Some(_) => Features::DEFAULT,
    }
}

/// Whether a module is read, or refused with the expected phrase, in any chunks.
fn check(wasm: &[u8], features: Features, expected: Option<&str>) -> Result<(), String> {
    let result = whole(wasm, features);
    for size in [1, 2, 7, 4096] {
        check_chunks(wasm, features, || size);
    }
    check_reader(wasm, features, 1);
    let mut random = Random(wasm.len() as u64 + 1);
    check_chunks(wasm, features, || 1 + random.below(40));
    match (result, expected) {
        (Ok(_), None) => Ok(()),
        (Err(error), Some(phrase)) if error.to_string().starts_with(phrase) => Ok(()),
        (Ok(_), Some(phrase)) => Err(format!("nothing found, but it is {phrase:?}")),
        (Err(error), phrase) => Err(format!("{error}, instead of {phrase:?}")),
    }
}

#[test]
fn binary_modules_of_the_suite() {
    if let Some(notice) = suite::notice() {
        println!("{notice}");
    }
    let mut failures = Vec::new();
    let mut counts = [0; 2];
    for file in suite::files() {
        let features = features(file.proposal());
        for form in forms(&file.read()) {
            let malformed = form.list().first().is_some_and(|f| f.atom() == b"assert_malformed");
            let found = form.binary().or_else(|| form.list().get(1)?.binary());
            let Some(wasm) = found else { continue };
            let phrase = match form.list().get(2) {
                Some(Form::String(phrase)) if malformed => Some(String::from_utf8_lossy(phrase)),
                _ => None,
            };
            counts[usize::from(malformed)] += 1;
            if let Err(failure) = check(&wasm, features, phrase.as_deref()) {
                failures.push(format!("{}/{}: {failure}\n  {wasm:02x?}", file.dir, file.name));
            }
        }
    }
    println!("binary modules: {} well-formed, {} malformed", counts[0], counts[1]);
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    assert!(counts[0] > 100 && counts[1] > 900, "too few modules were found: {counts:?}");
}
