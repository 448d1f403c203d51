//! The parser against the files of `wit-parser`.

use std::fs;

use wattle_wit::syntax::File;

use crate::peers;

#[test]
fn every_file_that_resolves_parses_without_error() {
    let folder = peers::package("wit-parser").join("tests/ui");
    let mut files = Vec::new();
    for case in peers::cases(&folder, "wit.json") {
        match case.path.is_dir() {
            true => peers::wit_files(&case.path, &mut files),
            false => files.push(case.path),
        }
    }
    files.retain(|path| path.extension().is_some_and(|e| e == "wit"));
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        let file = File::parse(&text);
        let errors: Vec<_> = file.errors.iter().map(|(kind, ..)| kind.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
    println!("{} files", files.len());
    assert!(files.len() >= 100, "{} files", files.len());
}

#[test]
fn no_prefix_and_no_gap_of_a_file_makes_the_parser_panic() {
    let mut files = Vec::new();
    peers::wit_files(&peers::package("wit-parser").join("tests/ui"), &mut files);
    let mut texts = 0;
    for path in files.iter().filter(|path| fs::metadata(path).unwrap().len() < 2000) {
        let text = fs::read_to_string(path).unwrap();
        let tokens: Vec<_> = (0..)
            .map(|at| File::parse(&text).tokens.get(at))
            .take_while(|t| !t.span.is_empty())
            .take(60)
            .collect();
        for token in tokens {
            let (front, back) = (&text[..token.span.start], &text[token.span.end..]);
            for broken in [front, &format!("{front}{back}")] {
                File::parse(broken);
                texts += 1;
            }
        }
    }
    assert!(texts > 10_000, "{texts} texts");
}
