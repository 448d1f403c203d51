//! Packages that must be refused, and the places of the errors: the tests of `wit-parser` that
//! fail.

use std::fs;
use std::path::Path;

use wattle_ast::LineIndex;
use wattle_wit::load::{LoadError, System, load};
use wattle_wit::{Resolver, Source};

use crate::peers;

/// The files for which the peer and this crate report different lines, and the reason.
const ELSEWHERE: [(&str, &str); 1] =
    [("use-and-include-world", "the `use` of a world is what is wrong, not what follows from it")];

/// Parses a place as the peer prints it: file, line, column.
fn expected(result: &str) -> Option<(String, usize, usize)> {
    let arrow = result.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let long = || result.lines().next().filter(|line| line.starts_with("tests/ui"));
    let listed = || result.lines().find_map(|line| line.trim().strip_prefix("* "));
    let place = arrow.or_else(listed).or_else(long)?;
    let mut parts = place.splitn(4, ':');
    let file = parts.next()?.rsplit('/').next()?;
    Some((file.into(), parts.next()?.parse().ok()?, parts.next()?.trim().parse().ok()?))
}

/// Returns the places and messages of the errors of a package.
fn errors(path: &Path) -> Vec<(String, usize, usize, String)> {
    let mut resolver = Resolver::new();
    resolver.feature("active");
    if let Err(error) = load(&System, path.to_str().unwrap(), &mut resolver) {
        assert!(!matches!(error, LoadError::Read { .. }), "{error}");
        return vec![(String::new(), 0, 0, error.to_string())];
    }
    let Err(errors) = resolver.resolve() else { return Vec::new() };
    assert!(!errors.0.is_empty());
    let place = |source: &Source, offset| {
        let at = LineIndex::new(&source.text).line_column(offset);
        (source.name.rsplit('/').next().unwrap().to_string(), at.line, at.column)
    };
    let errors = errors.0.iter().map(|error| match error.place {
        Some(at) => {
            let (file, line, column) = place(&resolver.sources()[at.source], at.span.start);
            (file, line, column, error.to_string())
        }
        None => (String::new(), 0, 0, error.to_string()),
    });
    errors.collect()
}

#[test]
fn what_the_peer_refuses_is_refused_in_the_same_place() {
    let folder = peers::package("wit-parser").join("tests/ui/parse-fail");
    let (mut exact, mut line, mut number, mut without, mut wrong) = (0, 0, 0, 0, Vec::new());
    for case in peers::cases(&folder, "wit.result") {
        number += 1;
        let result = fs::read_to_string(case.path.with_extension("wit.result")).unwrap();
        let found = errors(&case.path);
        let shown: Vec<String> = found
            .iter()
            .map(|(file, line, column, text)| format!("{file}:{line}:{column}: {text}"))
            .collect();
        let message = format!(
            "{}: expected {}\n  {}",
            case.name,
            result.lines().next().unwrap(),
            shown.join("\n  ")
        );
        if std::env::var_os("SHOW").is_some() {
            println!("{message}");
        }
        let Some((file, at, column)) = expected(&result) else {
            without += 1;
            if found.is_empty() {
                wrong.push(format!("accepted: {message}"));
            }
            continue;
        };
        if found.iter().any(|error| (&error.0, error.1, error.2) == (&file, at, column)) {
            exact += 1;
        } else if found.iter().any(|error| (&error.0, error.1) == (&file, at)) {
            line += 1;
        } else if !ELSEWHERE.iter().any(|(name, _)| *name == case.name) || found.is_empty() {
            wrong.push(format!("{file}:{at}:{column}: {message}"));
        }
    }
    println!(
        "{number}: {exact} in the same column, {line} in the same line, {without} without a place, {} elsewhere",
        ELSEWHERE.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(number, 187);
}
