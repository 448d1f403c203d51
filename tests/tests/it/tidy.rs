//! Checks that the repository is free of the code and the prose that it promises not to contain.

use std::fs;
use std::path::Path;

use wattle_tests::root;

/// A file that git would track.
struct File {
    /// The path from the root, with `/` on every system.
    path: String,
    text: String,
}

impl File {
    /// Returns whether the file is part of a library or of the command, as opposed to tests and
    /// benches.
    fn is_in_src(&self) -> bool {
        self.path.starts_with("crates/") && self.path.contains("/src/")
    }

    /// Returns the lines of code with their numbers, up to the unit tests and without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.text.lines());
        let code = lines.take_while(|(_, line)| *line != "#[cfg(test)]");
        code.map(|(number, line)| (number, split_comment(line).0))
    }

    /// Returns the lines of code that `matches` finds, for a message.
    fn find(&self, matches: impl Fn(&str) -> bool) -> Vec<String> {
        let found = self.code().filter(|(_, line)| matches(line));
        found.map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim())).collect()
    }

    /// Returns the comments, or the paragraphs of a Markdown file: the number of the first line of
    /// each, and its lines joined by spaces.
    fn prose(&self) -> Vec<(usize, String)> {
        let is_markdown = self.path.ends_with(".md");
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut last = ("", 0);
        let mut is_code = false;
        for (number, line) in (1..).zip(self.text.lines()) {
            let (marker, text) = match is_markdown {
                true => ("md", line.trim()),
                false => split_comment(line).1,
            };
            is_code ^= text.starts_with("```");
            if marker.is_empty() || text.is_empty() || is_code {
                continue;
            }
            match found.last_mut() {
                Some((_, block)) if last == (marker, number - 1) => {
                    block.push(' ');
                    block.push_str(text);
                }
                _ => found.push((number, text.to_owned())),
            }
            last = (marker, number);
        }
        found
    }
}

/// Splits a line into its code, and the marker and the text of its comment.
fn split_comment(line: &str) -> (&str, (&str, &str)) {
    let is_comment =
        |at: &usize| line[..*at].replace("\\\"", "").matches('"').count().is_multiple_of(2);
    let Some(at) = line.match_indices("//").map(|(at, _)| at).find(is_comment) else {
        return (line, ("", ""));
    };
    let comment = &line[at..];
    let text = comment.trim_start_matches(['/', '!']);
    (&line[..at], (&comment[..comment.len() - text.len()], text.trim()))
}

/// Returns every file with this extension that git would track.
fn files(extension: &str) -> Vec<File> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<File>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let untracked = ["target", ".git", "corpus", "artifacts"].contains(&name.as_str());
            if path.is_dir() && !untracked {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|e| e == extension) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().iter();
                let path: Vec<_> = path.map(|part| part.to_string_lossy()).collect();
                found.push(File { path: path.join("/"), text });
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), extension, &mut found);
    assert!(!found.is_empty(), "no .{extension} files below {}", root().display());
    found
}

/// Fails with a list of all offenders, if there are any.
pub(super) fn check(what: &str, offenders: Vec<String>) {
    assert!(offenders.is_empty(), "{what}:\n{}", offenders.join("\n"));
}

/// Fails with a list of the paths of these files, if there are any.
fn check_files(what: &str, offenders: impl Iterator<Item = File>) {
    check(what, offenders.map(|file| file.path).collect());
}

#[test]
fn every_file_says_what_lives_in_it() {
    let silent = files("rs").into_iter().filter(|file| !file.text.starts_with("//!"));
    check_files("files that do not open with `//!`", silent);
}

#[test]
fn no_file_but_the_table_is_long() {
    let long = files("rs").into_iter().filter(|file| {
        file.text.lines().count() > 1000 && !file.path.ends_with("instructions/table.rs")
    });
    check_files("files of over 1,000 lines", long);
}

#[test]
fn files_are_named_by_what_is_in_them() {
    let words = ["fast", "short", "skip", "simple", "plain", "hot", "rare"];
    let named = files("rs").into_iter().filter(|file| {
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        stem.split('_').any(|part| words.contains(&part))
    });
    check_files("files named by how often their code runs", named);
}

#[test]
fn no_unsafe_and_no_unfinished_code() {
    let words = ["unsafe ", "todo!(", "unimplemented!(", "#[ignore", "allow(dead_code"];
    let mut offenders = Vec::new();
    for file in files("rs") {
        if file.path.ends_with("it/tidy.rs") {
            continue;
        }
        // Such a file compiles private sources again, and its tests use only a part of them.
        let is_part = file.path.ends_with("tests/it/private.rs");
        for (number, line) in (1..).zip(file.text.lines()) {
            if is_part && line.starts_with("#![allow(dead_code") {
                continue;
            }
            if words.iter().any(|word| split_comment(line).0.contains(word)) {
                offenders.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    check("unsafe or unfinished code", offenders);
}

/// Finds the bad habits of a comment or a paragraph; `docs/style.md` warns of them.
fn habits(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let negates = |phrase: &str| {
        lower.match_indices(phrase).any(|(at, _)| {
            let (before, behind) = (&lower[..at], &lower[at + phrase.len()..]);
            // The rule permits "there is no", "no longer" and "no more".
            !before.ends_with("there ")
                && !["longer", "more "].iter().any(|w| behind.starts_with(w))
        })
    };
    let mut found = Vec::new();
    found.extend(["is no ", "are no "].into_iter().filter(|phrase| negates(phrase)));
    found.extend(["so many", "likewise"].into_iter().filter(|phrase| lower.contains(phrase)));
    if text.starts_with("The same") {
        found.push("The same");
    }
    found
}

#[test]
fn comments_are_free_of_our_bad_habits() {
    assert_eq!(habits("Bytes that are no expression."), ["are no "]);
    assert_eq!(habits("There are no bytes; the rest is no longer read."), [""; 0]);
    assert_eq!(
        habits("The same without so many copies, likewise."),
        ["so many", "likewise", "The same"]
    );
    let mut offenders = Vec::new();
    for file in files("rs").into_iter().chain(files("md")) {
        // The style guide quotes the bad habits.
        if file.path == "docs/style.md" {
            continue;
        }
        for (number, text) in file.prose() {
            let habits = habits(&text);
            if !habits.is_empty() {
                offenders.push(format!("{}:{number}: {habits:?} in: {text}", file.path));
            }
        }
    }
    check("comments in bad style", offenders);
}

#[test]
fn no_library_but_wasi_and_differ_touches_the_system() {
    let words = ["std::fs", "std::net", "std::process", "std::env", "std::time"];
    // The last path reads the folders of WIT packages, behind a trait and a feature.
    let may = ["crates/cli/", "crates/wasi/", "crates/differ/", "crates/wit/src/load/system.rs"];
    let mut offenders = Vec::new();
    for file in files("rs").into_iter().filter(File::is_in_src) {
        if !may.iter().any(|folder| file.path.starts_with(folder)) {
            offenders.extend(file.find(|line| words.iter().any(|word| line.contains(word))));
        }
    }
    check("libraries that touch the system", offenders);
}

#[test]
fn wasi_opens_no_file_by_a_path_of_the_system() {
    let words = ["ambient", "fs::read", "File::open"];
    let ambient = files("rs").into_iter().filter(|file| {
        // The builder opens the directories that the caller grants to the program.
        file.path.starts_with("crates/wasi/src/")
            && !file.path.ends_with("builder.rs")
            && words.iter().any(|word| file.text.contains(word))
    });
    check_files("ambient authority", ambient);
}

/// Finds the variables and fields by which a line of code puts text of an input into a message
/// without escapes.
fn direct_texts(line: &str) -> Vec<&'static str> {
    let is_message = ["write!(", "writeln!(", "format!(", "print!(", "println!("]
        .iter()
        .any(|name| line.contains(name));
    let texts = ["name", "id", "token", "module", "export"];
    let shows = |text: &&str| {
        let inline = [format!("{{{text}}}"), format!("{{{text}:<")];
        let is_field = line.match_indices(&format!(".{text}")).any(|(at, found)| {
            let (before, behind) = (&line[..at], &line[at + found.len()..]);
            // The names of sources are escaped where they are made, and the names of formats are
            // our own.
            !["source", "foreign"].iter().any(|owner| before.ends_with(owner))
                && (behind.starts_with(')')
                    || behind.starts_with(',')
                    || behind.starts_with(".as_str"))
        });
        inline.iter().any(|text| line.contains(text)) || is_field
    };
    if is_message { texts.into_iter().filter(shows).collect() } else { Vec::new() }
}

#[test]
fn names_are_escaped_where_they_are_shown() {
    assert_eq!(direct_texts(r#"write!(f, "in `${name}`")"#), ["name"]);
    assert_eq!(direct_texts(r#"format!("{} is {id}", self.name)"#), ["name", "id"]);
    assert_eq!(
        direct_texts(r#"format!("{keyword} {} {}", source.name, module.names.len())"#),
        [""; 0]
    );
    // The names that these files show are escaped, or are not part of an input.
    let ours = [
        "crates/differ/",                   // engines, which are named on the command line
        "crates/cli/src/commands/fuzz.rs",  // engines
        "crates/parser/src/failure.rs",     // sections
        "crates/wat/src/other_names.rs",    // instructions
        "crates/wat/src/module/reports.rs", // for `Help`, which escapes what it shows
        "crates/cli/src/commands/man.rs",   // commands
        "crates/validator/src/components/error.rs", // `Text`, which escapes what it shows
        "crates/validator/src/components/mismatch.rs", // `Text`
        "crates/smith/src/components/externs.rs", // labels that the generator makes
        "crates/componentize/src/names.rs", // names of core imports and exports
        "crates/componentize/src/link/env.rs", // names of core exports
        "crates/componentize/src/unbundle.rs", // numbers
        "crates/componentize/src/compare.rs", // for differences, which escape what they show
        "crates/inspect/src/diff/",         // texts to compare, which the command escapes
        "crates/wit/src/load/",             // paths, which errors escape
        "crates/wit/src/model/lookup.rs",   // labels
        "crates/wit/src/package.rs",        // labels
        "crates/wit/src/print/",            // labels, in text that is read back
        "crates/wit/src/resolve/",          // labels, in names of components
    ];
    let mut offenders = Vec::new();
    for file in files("rs").into_iter().filter(File::is_in_src) {
        let is_test = file.path.contains("tests");
        if is_test || ours.iter().any(|path| file.path.starts_with(path)) {
            continue;
        }
        let lines: Vec<_> = file.code().collect();
        for (at, (number, line)) in lines.iter().enumerate() {
            let is_escaped = |text: &str| {
                let near = &lines[at.saturating_sub(14)..=at];
                let escapes = |line: &str| line.contains("Shown(") || line.contains("Quoted(");
                escapes(line)
                    || near.iter().any(|(_, near)| {
                        let binds = near.contains("let ") || near.contains("map_or(");
                        binds && near.contains(text) && escapes(near)
                    })
            };
            for text in direct_texts(line) {
                if !is_escaped(text) {
                    offenders.push(format!("{}:{number}: {text} in: {}", file.path, line.trim()));
                }
            }
        }
    }
    check("names shown without `Shown` or `Quoted`", offenders);
}

#[test]
fn no_second_list_of_mnemonics() {
    // A handful of names that nobody writes by chance; tests and docs may use them.
    let unusual = [
        "\"i32.trunc_sat_f64_u\"",
        "\"i64.extend32_s\"",
        "\"f64.promote_f32\"",
        "\"i16x8.extmul_high_i8x16_u\"",
        "\"i64.atomic.rmw32.cmpxchg_u\"",
    ];
    let lists = files("rs").into_iter().filter(|file| {
        let may = file.path.contains("/tests/")
            || file.path.starts_with("tests/")
            || file.path.contains("benches/")
            || file.path.ends_with("instructions/table.rs");
        !may && unusual.iter().any(|name| file.text.contains(name))
    });
    check_files("mnemonics outside of the table", lists);
}

#[test]
fn no_second_list_of_canonical_definitions() {
    let unusual = [
        "\"error-context.debug-message\"",
        "\"thread.available-parallelism\"",
        "\"future.drop-writable\"",
        "\"string-encoding=latin1+utf16\"",
    ];
    let lists = files("rs").into_iter().filter(File::is_in_src).filter(|file| {
        let is_table = file.path.ends_with("components/canon_table.rs");
        !is_table && unusual.iter().any(|name| file.text.contains(name))
    });
    check_files("canonical definitions outside of the table", lists);
}

#[test]
fn names_of_custom_sections_stand_beside_their_codecs() {
    let names =
        ["metadata.code.branch_hint", "producers", "target_features", "linking", "dylink.0"];
    let mut offenders = Vec::new();
    for file in files("rs").into_iter().filter(File::is_in_src) {
        if file.path.starts_with("crates/ast/src/custom/") {
            continue;
        }
        let is_name = |line: &str| names.iter().any(|name| line.contains(&format!("\"{name}\"")));
        offenders.extend(file.find(is_name));
    }
    check("names of custom sections outside of `ast/src/custom`", offenders);
}

#[test]
fn no_second_hierarchy_of_heap_types() {
    let mut offenders = Vec::new();
    for file in files("rs").into_iter().filter(File::is_in_src) {
        if file.path.starts_with("crates/ast/src/types/") {
            continue;
        }
        offenders.extend(file.find(|line| {
            ["fn top(", "fn bottom("].iter().any(|name| line.contains(name))
                && line.contains("AbsHeapType) ->")
        }));
    }
    check("tops and bottoms of abstract heap types outside of `ast`", offenders);
}

#[test]
fn no_build_scripts() {
    let scripts = files("rs").into_iter().filter(|file| file.path.ends_with("build.rs"));
    check_files("build scripts", scripts);
}

/// In the sources of these crates, cargo would neither compile nor run a test.
#[test]
fn crates_whose_tests_are_in_a_folder_of_their_own_have_none_elsewhere() {
    let sources = files("rs");
    let mut folders = Vec::new();
    for manifest in files("toml") {
        if manifest.text.contains("[lib]\ntest = false\n") {
            folders.push(manifest.path.replace("Cargo.toml", "src/"));
        }
    }
    assert!(folders.len() >= 11, "{folders:?}");
    let is_test = |line: &str| ["#[test]", "#[cfg(test)]"].contains(&line.trim());
    let offenders = sources.into_iter().filter(|file| {
        folders.iter().any(|folder| file.path.starts_with(folder)) && file.text.lines().any(is_test)
    });
    check_files("files with tests that never run", offenders);
}
