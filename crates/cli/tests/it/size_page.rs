//! The page of `wattle size --html`, as a browser shows it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::wattle;

/// The names under which Chromium is installed.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds a browser that can be started without a window.
pub(crate) fn browser() -> Option<&'static str> {
    let runs = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    BROWSERS.iter().find(runs).copied()
}

/// Writes the page of a module or component.
pub(crate) fn page(folder: &Path, source: &[u8]) -> PathBuf {
    let path = folder.join("page.html");
    let ran = wattle(&["size", "--html", path.to_str().unwrap()], source);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
    path
}

/// Returns the page as a browser shows it, as HTML without the script.
fn shown(browser: &str, folder: &Path, page: &Path, fragment: &str) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--virtual-time-budget=5000", "--dump-dom"])
        .arg("--window-size=1200,800")
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}#{fragment}", page.display()))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (before, _) = text.split_once("<script>").unwrap_or_else(|| panic!("{text}"));
    before.to_owned()
}

/// Returns the texts between two marks.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

/// Returns the number of the node of the page with this name.
fn node(page: &Path, name: &str) -> usize {
    let text = std::fs::read_to_string(page).unwrap();
    let nodes = between(&text, "const nodes = ", ".map(")[0];
    let nodes: Vec<(String, usize, usize)> = serde_json::from_str(nodes).unwrap();
    nodes.iter().position(|node| node.0 == name).unwrap_or_else(|| panic!("{name} in {nodes:?}"))
}

#[test]
fn a_browser_shows_the_page() {
    let Some(browser) = browser() else {
        return wattle_tests::skip("a_browser_shows_the_page", "Chromium is not there");
    };
    let folder = tempfile::tempdir().unwrap();
    let source = br#"(module
        (func $"_ZN5alpha4beta5gamma17h0123456789abcdefE" (drop (i64.const 0x123456789abcdef)))
        (func $"_ZN5alpha4helpEii" (drop (i32.const 1)))
        (data "some bytes of data")
        (data $"<img src=x onerror=document.title=1>" "other bytes"))"#;
    let page = page(folder.path(), source);
    let show = |fragment: &str| shown(browser, folder.path(), &page, fragment);

    let top = show("");
    let sizes: Vec<usize> =
        between(&top, "<b>", "</b>").iter().map(|it| it.parse().unwrap()).collect();
    let total = wattle(&["parse"], source).bytes.len();
    assert_eq!(sizes.iter().sum::<usize>(), total, "the rows add up to the file");
    assert!(sizes.is_sorted_by(|larger, smaller| larger >= smaller), "{sizes:?}");
    assert!(top.contains(&format!("all</button> {total} bytes, 100.0%")), "{top}");
    for label in ["code ", "data ", "alpha ", "gamma ", "custom name "] {
        assert!(top.contains(&format!(">{label}")), "{label}\n{top}");
    }
    assert_eq!(top.matches("tabindex=\"0\"").count(), 1, "the map takes one step of Tab: {top}");
    assert!(top.contains("data 1 &lt;img src=x"), "a name is text: {top}");
    assert!(!top.contains("<img"), "{top}");

    let zoomed = show(&format!("at={}", node(&page, "alpha")));
    let way: Vec<_> = between(&zoomed, "<button>", "</button>").into_iter().take(3).collect();
    assert_eq!(way, ["all", "code", "alpha"], "{zoomed}");
    assert!(!zoomed.contains(">data "), "{zoomed}");
    assert!(zoomed.contains("2 names, with their shares of alpha"), "{zoomed}");

    let found = show("find=GAMMA");
    assert!(found.contains("1 name with “GAMMA”: "), "{found}");
    let classes = between(&found, "class=\"", "\"");
    assert_eq!(classes.iter().filter(|class| class.contains("hit")).count(), 1, "{classes:?}");
    assert!(classes.iter().any(|class| class.contains("dim")), "{classes:?}");
    let none = show("find=nowhere");
    assert!(none.contains("0 names with “nowhere”: 0 bytes"), "{none}");
}

#[test]
fn a_browser_shows_the_page_of_a_component() {
    let Some(browser) = browser() else {
        return wattle_tests::skip(
            "a_browser_shows_the_page_of_a_component",
            "Chromium is not there",
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let source = br#"(component
        (core module $main (func $inner (export "f") (drop (i32.const 12345678))))
        (core instance $i (instantiate $main))
        (func (export "f") (canon lift (core func $i "f"))))"#;
    let page = page(folder.path(), source);
    let top = shown(browser, folder.path(), &page, "");
    for label in ["core module 0 $main ", "code ", "inner "] {
        assert!(top.contains(&format!(">{label}")), "{label}\n{top}");
    }
}
