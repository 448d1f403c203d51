//! Every script of the official suite is parsed, and the number of its directives is compared with
//! a count that shares nothing with the parser.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use wattle_ast::{Features, LineIndex};
use wattle_tests::forms::{self, Form, Source};
use wattle_tests::suite::{self, Proposal, SuiteFile};
use wattle_wat::Parser;
use wattle_wat::script::{self, Directive, DirectiveKind, ModuleSource, Script};

/// The number of directives of each kind.
type Counts = BTreeMap<String, usize>;

/// The script with instructions that Wattle does not know, and a directive for them.
const SHARED_I31: &str = "proposals/shared-everything-threads/i31.wast (wasm-tools)";

/// Every script that is present, with its bytes.
fn scripts() -> Vec<(&'static SuiteFile, Vec<u8>)> {
    if let Some(notice) = suite::notice() {
        println!("{notice}");
    }
    println!("not run: {SHARED_I31} expects `ref.i31_shared`");
    let files = suite::files().iter().chain(suite::wasm_tools_files());
    let files = files.filter(|file| file.to_string() != SHARED_I31);
    files.map(|file| (file, file.read())).collect()
}

fn parse<'a>(file: &SuiteFile, bytes: &'a [u8]) -> Script<'a> {
    script::parse(bytes).unwrap_or_else(|errors| {
        let first = &errors.as_slice()[0];
        let text = String::from_utf8_lossy(bytes);
        panic!("{file}:{}: {first}", first.span.line_column(&LineIndex::new(&*text)))
    })
}

/// All directives, those of threads included.
fn all<'s, 'a>(script: &'s Script<'a>) -> Vec<&'s Directive<'a>> {
    let mut all = Vec::new();
    for directive in &script.directives {
        all.push(directive);
        if let DirectiveKind::Thread(thread) = &directive.kind {
            all.extend(&thread.directives);
        }
    }
    all
}

fn counted(script: &Script<'_>) -> Counts {
    let mut counts = Counts::new();
    let mut add = |name: &str| *counts.entry(name.to_owned()).or_default() += 1;
    for Directive { kind, .. } in all(script) {
        add(kind.keyword());
        match kind {
            DirectiveKind::Definition(_) => add("module definition"),
            DirectiveKind::Instance(_) => add("module instance"),
            _ => {}
        }
        match kind.module().map(|module| &module.source) {
            Some(ModuleSource::Binary(_)) => add("binary"),
            Some(ModuleSource::Quote(_)) => add("quote"),
            Some(ModuleSource::Text(_)) | None => {}
        }
    }
    counts
}

/// A second count, of the forms that stand where directives can.
fn counted_forms(forms: &[Form]) -> Counts {
    let mut counts = Counts::new();
    for form in forms {
        count_form(form, &mut counts);
        if form.head() == "thread" {
            form.list().iter().for_each(|inner| count_form(inner, &mut counts));
        }
    }
    if counts.is_empty() && !forms.is_empty() {
        counts.insert("module".to_owned(), 1);
    }
    counts
}

/// Counts the form and the modules in it, when it is a directive.
fn count_form(form: &Form, counts: &mut Counts) {
    let first = form.head();
    let others = ["module", "invoke", "get", "register", "thread", "wait"];
    if !first.starts_with("assert_") && !others.contains(&first) {
        return;
    }
    let mut add = |name: &str| *counts.entry(name.to_owned()).or_default() += 1;
    add(first);
    if let (true, Some(name)) = (first == "module", form.list().get(1).map(Form::word))
        && ["definition", "instance"].contains(&name)
    {
        add(&format!("module {name}"));
    }
    if first != "thread" {
        let modules = form.list().iter().chain([form]).filter_map(Form::module);
        modules.for_each(|module| match module {
            Source::Binary(_) => add("binary"),
            Source::Quote(_) => add("quote"),
            Source::Text | Source::Instance => {}
        });
    }
}

#[test]
fn every_script_has_the_directives_that_a_second_count_finds() {
    let files = scripts();
    let (mut total, mut size, mut time) = (Counts::new(), 0, Duration::ZERO);
    for (file, bytes) in &files {
        let start = Instant::now();
        let script = parse(file, bytes);
        time += start.elapsed();
        size += bytes.len();
        let counts = counted(&script);
        assert_eq!(counts, counted_forms(&forms::read(bytes)), "{file}");
        for (name, count) in counts {
            *total.entry(name).or_default() += count;
        }
    }
    println!("{} scripts, {size} bytes, in {time:?}: {total:#?}", files.len());
    for name in ["module", "thread", "wait", "assert_suspension", "quote", "binary"] {
        assert!(total.contains_key(name), "no {name}");
    }
}

/// The number of scripts below a folder, and that of their assertions.
fn assertions(folder: &Path) -> (usize, usize) {
    let (mut files, mut assertions) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder of the suite") {
            let path = entry.expect("an entry of a folder of the suite").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wast") {
                let bytes = fs::read(&path).expect("a script");
                let script = script::parse(&bytes).expect("well-formed");
                files += 1;
                assertions += all(&script).iter().filter(|one| one.kind.is_assertion()).count();
            }
        }
    }
    (files, assertions)
}

#[test]
fn the_complete_suite_has_all_its_assertions() {
    let Some(suite) = suite::complete() else {
        wattle_tests::skip(
            "the_complete_suite_has_all_its_assertions",
            suite::notice().unwrap_or(""),
        );
        return;
    };
    assert_eq!(assertions(&suite.join("core")), (258, 62_598));
    for (folder, files) in [
        ("custom", 3),
        ("legacy", 4),
        ("proposals/threads", 4),
        ("proposals/custom-page-sizes", 5),
        ("proposals/wide-arithmetic", 1),
        ("proposals/custom-descriptors", 14),
    ] {
        assert_eq!(assertions(&suite.join(folder)).0, files, "{folder}");
    }
}

/// However a script is damaged, parsing it ends, and all places in the result lie within it.
#[test]
fn damaged_scripts_do_no_harm() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 16) as usize % bound
    };
    let (mut good, mut bad) = (0, 0);
    for (file, bytes) in scripts() {
        for _ in 0..8 {
            let start = below(bytes.len());
            let mut damaged = bytes[start..(start + 4000).min(bytes.len())].to_vec();
            for _ in 0..below(4) {
                let at = below(damaged.len());
                damaged[at] = b"()\";\\\"$@\n\xff0"[below(11)];
            }
            match script::parse(&damaged) {
                Ok(script) => {
                    good += 1;
                    let end = script.directives.last().map_or(0, |last| last.span.end);
                    assert!(end <= damaged.len(), "{file}");
                }
                Err(errors) => {
                    bad += 1;
                    for error in &errors {
                        let span = error.span;
                        assert!(span.start <= span.end && span.end <= damaged.len(), "{file}");
                    }
                }
            }
        }
    }
    println!("{good} good, {bad} bad");
    assert!(good > 50 && bad > 500, "{good} good, {bad} bad");
}

/// The features that the modules of a script may use; `None` when it needs some that Wattle does
/// not know.
fn features(file: &SuiteFile) -> Option<Features> {
    match file.proposal() {
        None => Some(Features::WASM3),
        Some(Proposal::Threads) => Some(Features::WASM1 | Features::THREADS),
        Some(
            Proposal::SharedEverythingThreads
            | Proposal::AcquireReleaseAtomics
            | Proposal::MemoryControl
            | Proposal::MultibyteArrayAccess
            | Proposal::Other(_),
        ) => None,
        Some(_) => Some(Features::ALL),
    }
}

/// Every module that is text, written out or quoted, parses unless the script says that it is
/// malformed; its errors then lie within it. Their messages are tested in `suite.rs`.
#[test]
fn text_modules_are_malformed_where_scripts_say_so() {
    let (mut good, mut bad, mut wrong) = (0, 0, Vec::new());
    for (file, bytes) in scripts() {
        let Some(features) = features(file) else {
            println!("not run: {file} is of a proposal that Wattle does not know");
            continue;
        };
        let parser = Parser::new().features(features);
        let script = parse(file, &bytes);
        for directive in all(&script) {
            let Some(module) = directive.kind.module() else { continue };
            let Some(parsed) = module.parse(&parser) else { continue };
            let malformed = directive.kind.keyword().starts_with("assert_malformed");
            match &parsed {
                Ok(_) if !malformed => good += 1,
                Err(errors) if malformed => {
                    bad += 1;
                    for error in errors {
                        let (within, span) = (module.span, error.span);
                        assert!(within.start <= span.start && span.end <= within.end, "{file}");
                    }
                }
                _ => {
                    let verdict = parsed.map_or_else(|error| error.to_string(), |_| "fine".into());
                    let text = String::from_utf8_lossy(&bytes[..module.span.start]);
                    wrong.push(format!("{file}:{}: {verdict}", text.lines().count()));
                }
            }
        }
    }
    println!("{good} well-formed, {bad} malformed");
    assert_eq!(wrong, [""; 0]);
    assert!(good > 4000 && bad > 1000, "{good} well-formed, {bad} malformed");
}
