//! The formatter over the files of the peers, as they are and with comments everywhere.

use std::fs;

use wattle_wit::decode::decode;
use wattle_wit::format::format;
use wattle_wit::syntax::{File, Lexer, TokenKind};
use wattle_wit::{Resolver, print};

use crate::peers;
use crate::resolved::resolve;

/// Returns the tokens of a text except commas, and its comments without blanks at the ends of
/// lines.
fn content(text: &str) -> (Vec<&str>, Vec<String>) {
    let (mut tokens, mut comments) = (Vec::new(), Vec::new());
    for token in Lexer::new(text) {
        let piece = &text[token.span.start..token.span.end];
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment => {
                comments.push(piece.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
            }
            TokenKind::Blank | TokenKind::Punctuation(b',') => {}
            _ => tokens.push(piece),
        }
    }
    (tokens, comments)
}

/// Returns the syntax tree, with the documentation of all items, and without places.
fn tree(text: &str) -> String {
    let file = File::parse(text);
    let all = format!("{:?} {:?} {:?} {:?}", file.package, file.items, file.nested, file.types);
    let mut parts = all.split("Span {");
    let mut tree = parts.next().unwrap().to_string();
    for part in parts {
        tree.push_str(part.split_once('}').unwrap().1);
    }
    tree
}

fn check(text: &str, name: &str) {
    let formatted = match format(text) {
        Ok(formatted) => formatted,
        Err(errors) => panic!("{name}: {errors}\n{text}"),
    };
    assert_eq!(content(text), content(&formatted), "{name}\n{text}\n{formatted}");
    let again = format(&formatted).unwrap_or_else(|errors| panic!("{name}: {errors}\n{formatted}"));
    assert_eq!(again, formatted, "{name}\n{text}");
    assert_eq!(tree(&formatted), tree(text), "{name}\n{text}\n{formatted}");
    assert!(formatted.lines().all(|line| !line.ends_with(' ')), "{name}\n{formatted}");
    assert!(!formatted.contains("\n\n\n"), "{name}\n{formatted}");
}

fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    peers::wit_files(&peers::package("wit-parser").join("tests/ui"), &mut files);
    peers::wit_files(&peers::package("wit-component").join("tests"), &mut files);
    peers::wit_files(&peers::package("wasm-tools").join("tests/cli"), &mut files);
    peers::wit_files(&wattle_tests::root().join("docs"), &mut files);
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        File::parse(&text).errors.is_empty().then(|| (path.display().to_string(), text))
    };
    files.into_iter().filter_map(read).collect()
}

#[test]
fn files_keep_their_tokens_comments_and_documentation() {
    let files = files();
    for (name, text) in &files {
        check(text, name);
        let crlf = text.replace('\r', "").replace('\n', "\r\n");
        assert_eq!(format(&crlf), format(&text.replace('\r', "")), "{name}");
    }
    println!("{} files", files.len());
    assert!(files.len() > 300, "{}", files.len());
}

#[test]
fn comments_everywhere_are_kept() {
    let mut number = 0;
    for (name, text) in files().iter().filter(|(_, text)| text.len() < 1500) {
        let tokens: Vec<_> = Lexer::new(text).filter(|token| !token.kind.is_trivia()).collect();
        let comments = tokens.iter().enumerate().map(|(nth, token)| {
            let comment =
                ["/* c */", "// c\n", "\n// c\n", "\n\n/* a\n   b */\n\n", " /** d */ "][nth % 5];
            (token.span.start, comment)
        });
        // A version cannot contain a comment.
        let comments: Vec<_> = comments
            .filter(|&(at, comment)| {
                let (front, back) = text.split_at(at);
                File::parse(&format!("{front}{comment}{back}")).errors.is_empty()
            })
            .collect();
        // Each text gets some of the comments, far from each other.
        let texts = comments.len().div_ceil(4);
        for first in 0..texts {
            let mut commented = text.clone();
            for &(at, comment) in comments[first..].iter().step_by(texts).rev() {
                commented.insert_str(at, comment);
                number += 1;
            }
            check(&commented, name);
        }
    }
    println!("{number} comments");
    assert!(number > 5_000, "{number}");
}

/// Returns a text in which empty blocks are `{}`: the peer's printer closes them in lines of their own.
fn with_closed_blocks(text: &str) -> String {
    let mut closed = String::new();
    for line in text.lines() {
        if closed.ends_with("{\n") && line.trim() == "}" {
            closed.pop();
            closed.push_str("}\n");
        } else {
            closed.push_str(line);
            closed.push('\n');
        }
    }
    closed
}

#[test]
fn the_printer_and_the_formatter_agree() {
    let mut number = 0;
    let folder = peers::package("wit-component").join("tests/interfaces");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_str().unwrap().ends_with(".wit.print") {
            continue;
        }
        number += 1;
        let text = fs::read_to_string(&path).unwrap();
        let formatted = format(&text).unwrap();
        // The peer's printer does not break lines.
        if text.lines().any(|line| line.len() > 100) {
            continue;
        }
        let expected = with_closed_blocks(&text);
        assert_eq!(formatted.trim_end(), expected.trim_end(), "{}", path.display());
    }
    assert!(number > 20, "{number}");
}

#[test]
fn a_file_with_errors_is_left_alone() {
    assert!(format("interface i { f: fnc(); }").is_err());
}

#[test]
fn attributes_have_lines_of_their_own() {
    let text = "package a:b;\n\n\
        @since(version = 1.0.0) @deprecated(version = 1.1.0)\ninterface i {\n\
        @since(version = 1.0.0) f: func(); @unstable(feature = x) record r { a: u8 }\n\
        @since(version = 1.0.0) resource s { @unstable(feature = x) constructor(); }\n}\n";
    let expected = "package a:b;\n\n\
        @since(version = 1.0.0)\n@deprecated(version = 1.1.0)\ninterface i {\n  \
          @since(version = 1.0.0)\n  f: func();\n  \
          @unstable(feature = x)\n  record r {\n    a: u8,\n  }\n  \
          @since(version = 1.0.0)\n  resource s {\n    \
            @unstable(feature = x)\n    constructor();\n  }\n}\n";
    assert_eq!(format(text).unwrap(), expected);
}

/// Checks that printed text does not change when it is formatted, or parsed and printed again.
fn check_printed(printed: &str, name: &str) {
    assert_eq!(format(printed).unwrap(), printed, "{name}");
    let mut resolver = Resolver::new();
    resolver.all_features().file("printed.wit", printed);
    let again = resolver.resolve().unwrap_or_else(|errors| panic!("{name}: {errors}\n{printed}"));
    assert_eq!(print::whole(again.model(), again.root()).unwrap(), printed, "{name}");
}

#[test]
fn what_is_printed_is_formatted_and_is_printed_again() {
    let mut cases = peers::cases(&peers::package("wit-parser").join("tests/ui"), "wit.json");
    cases.extend(peers::cases(&peers::package("wit-component").join("tests/interfaces"), "wat"));
    let mut number = 0;
    for case in cases.iter().filter(|case| case.path.extension().is_none_or(|e| e != "wat")) {
        let resolved = resolve(&case.path).unwrap();
        let (model, root) = (resolved.model(), resolved.root());
        check_printed(&print::whole(model, root).unwrap(), &case.name);
        for (id, _) in model.packages() {
            let printed = print::package(model, id).unwrap();
            assert_eq!(format(&printed).unwrap(), printed, "{}", case.name);
        }
        let component = model.package_binary(root).unwrap();
        let decoded = decode(&component).unwrap();
        let printed = print::whole(&decoded.model, decoded.package).unwrap();
        check_printed(&printed, &case.name);
        number += 1;
    }
    for (name, text) in files() {
        let mut resolver = Resolver::new();
        resolver.all_features().file("a.wit", text);
        // Some files are parts of packages, or must be refused.
        let Ok(resolved) = resolver.resolve() else { continue };
        check_printed(&print::whole(resolved.model(), resolved.root()).unwrap(), &name);
        number += 1;
    }
    assert!(number > 300, "{number}");
}

#[test]
fn packages_are_printed_in_the_order_of_their_names() {
    let text = "package a:a; interface i { use a:z/i.{t}; use a:b/i.{t as u}; }
        package a:z { interface i { type t = u8; } }
        package a:b {
          use a:z/i as j;
          interface i { type t = u8; @unstable(feature = off) use a:z/i.{t as s}; }
        }";
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap();
    let printed = print::whole(resolved.model(), resolved.root()).unwrap();
    assert!(printed.find("a:b {") < printed.find("a:z {"), "{printed}");
    check_printed(&printed, text);
}

#[test]
fn long_lines_are_broken_where_they_are_printed() {
    let params: String = (0..20).map(|number| format!("param{number}: u8, ")).collect();
    let mut resolver = Resolver::new();
    resolver.file("a.wit", format!("package a:b; interface i {{ f: func({params}); }}"));
    let resolved = resolver.resolve().unwrap();
    let printed = print::whole(resolved.model(), resolved.root()).unwrap();
    assert!(printed.contains("  f: func(\n    param0: u8,\n"), "{printed}");
    check_printed(&printed, "long lines");
}
