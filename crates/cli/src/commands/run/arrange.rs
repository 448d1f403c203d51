//! Divides the words of the command line between `wattle` and the program or function that it runs.

use std::ffi::{OsStr, OsString};

use clap::Command;

/// Options that many programs have too. Behind FILE they belong to the program.
const COMMON_OPTIONS: [&str; 5] = ["json", "color", "features", "help", "version"];

/// The options of a command and of the root command.
struct Options<'c> {
    command: &'c Command,
    root: &'c Command,
}

impl Options<'_> {
    /// Returns the number of words that an option takes, itself included; `None` for an unknown
    /// option. `behind` says that the option stands behind FILE.
    fn words(&self, word: &OsStr, behind: bool) -> Option<usize> {
        let name = word.to_str()?.strip_prefix("--")?;
        let (name, has_value) =
            name.split_once('=').map_or((name, false), |(name, _)| (name, true));
        if behind && COMMON_OPTIONS.contains(&name) {
            return None;
        }
        let arguments = self.command.get_arguments().chain(self.root.get_arguments());
        let option =
            arguments.filter(|it| !it.is_positional()).find(|it| it.get_long() == Some(name));
        match option {
            Some(option) => {
                let takes = option.get_action().takes_values() && !has_value;
                Some(if takes { 2 } else { 1 })
            }
            None => (name == "help").then_some(1),
        }
    }
}

/// Puts the words of `wattle run` in an unambiguous order: options, `--`, FILE, and the words of
/// the program or the function. The words of other commands stay as they are.
///
/// Options directly behind FILE are ours, up to the first word that is not an option of ours, or up
/// to `--`. With `--invoke`, they are ours wherever they stand: a value never begins with two
/// dashes.
pub(in crate::commands) fn arrange(words: Vec<OsString>, root: fn() -> Command) -> Vec<OsString> {
    let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-") && word != "-";
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| is_option(word)) {
        at += if word == "--color" { 2 } else { 1 };
    }
    if words.get(at).is_none_or(|word| word != "run") {
        return words;
    }
    let root = root();
    let Some(mut command) = root.find_subcommand("run").cloned() else { return words };
    command.build();
    let options = Options { command: &command, root: &root };
    let is_invoke = |word: &OsStr| {
        word == "--invoke" || word.to_str().is_some_and(|word| word.starts_with("--invoke="))
    };
    let mut invokes = false;
    let mut file = at + 1;
    while let Some(word) = words.get(file).filter(|word| is_option(word)) {
        match options.words(word, false) {
            Some(count) if word != "--" => {
                invokes |= is_invoke(word);
                file += count;
            }
            // The words behind `--` need no order. An unknown option is an error for the parser to
            // report.
            _ => return words,
        }
    }
    let Some((head, [name, rest @ ..])) = words.split_at_checked(file) else { return words };
    let (mut ours, mut theirs) = (head.to_vec(), Vec::new());
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            break;
        }
        match options.words(word, !invokes) {
            Some(count) => {
                invokes |= is_invoke(word);
                ours.push(word.clone());
                ours.extend(rest.by_ref().take(count - 1).cloned());
            }
            None => {
                theirs.push(word.clone());
                if !invokes {
                    break;
                }
            }
        }
    }
    theirs.extend(rest.cloned());
    ours.extend(["--".into(), name.clone()]);
    ours.append(&mut theirs);
    ours
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    fn arranged(line: &str) -> String {
        let words = line.split(' ').map(Into::into).collect();
        let words = super::arrange(words, crate::Cli::command);
        words.join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn each_word_goes_to_the_command_or_to_the_program() {
        for (line, expected) in [
            ("wattle parse run --fuel", "wattle parse run --fuel"),
            ("wattle run", "wattle run"),
            ("wattle run a.wasm", "wattle run -- a.wasm"),
            ("wattle --json run - x", "wattle --json run -- - x"),
            ("wattle --color never run a -x", "wattle --color never run -- a -x"),
            ("wattle run a --color never", "wattle run -- a --color never"),
            ("wattle --color", "wattle --color"),
            // Cargo adds such options.
            ("wattle run a.wasm --nocapture x", "wattle run -- a.wasm --nocapture x"),
            ("wattle run a.wasm -e --fuel", "wattle run -- a.wasm -e --fuel"),
            ("wattle run a.wasm x --fuel", "wattle run -- a.wasm x --fuel"),
            ("wattle run a.wasm --json", "wattle run -- a.wasm --json"),
            ("wattle run -- a.wasm --fuel 1", "wattle run -- a.wasm --fuel 1"),
            // Options of ours on both sides of FILE.
            ("wattle run --dir a --env=b c --trace", "wattle run --dir a --env=b --trace -- c"),
            ("wattle run a --fuel 9 x --trace", "wattle run --fuel 9 -- a x --trace"),
            ("wattle run a --dir . -- --dir -- x", "wattle run --dir . -- a --dir -- x"),
            ("wattle run a --fuel=9 -- -e", "wattle run --fuel=9 -- a -e"),
            // Arguments of a function.
            ("wattle run a --invoke f -1 2", "wattle run --invoke f -- a -1 2"),
            ("wattle run a --invoke f 1 --json", "wattle run --invoke f --json -- a 1"),
            ("wattle run --invoke f a 1 --fuel 2", "wattle run --invoke f --fuel 2 -- a 1"),
            ("wattle run a --invoke f 1 -- --x", "wattle run --invoke f -- a 1 --x"),
            ("wattle run --nope a", "wattle run --nope a"),
            // The value is missing, which the parser reports.
            ("wattle run a --fuel", "wattle run --fuel -- a"),
        ] {
            assert_eq!(arranged(line), expected, "{line}");
        }
    }
}
