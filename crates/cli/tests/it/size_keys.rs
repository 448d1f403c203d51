//! The page of `wattle size --html`, used with keys alone.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::size_page::{browser, page};

/// A browser that shows a page, and is controlled through a pipe.
struct Driven {
    browser: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    sent: u64,
}

impl Driven {
    /// Starts a browser on a page. It reads from file descriptor 3 and writes to 4.
    fn start(browser: &str, folder: &Path, page: &Path) -> Driven {
        let pipes = [folder.join("to"), folder.join("from")];
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        let script = "exec \"$0\" --headless --no-sandbox --disable-gpu --no-first-run \
             --disable-background-networking --window-size=1200,800 --remote-debugging-pipe \
             --user-data-dir=\"$3\" 3<\"$1\" 4>\"$2\" 2>/dev/null";
        let started = Command::new("sh")
            .args(["-c", script, browser])
            .args(&pipes)
            .arg(folder.join("driven"))
            .spawn()
            .unwrap();
        let to = File::options().write(true).open(&pipes[0]).unwrap();
        let from = BufReader::new(File::open(&pipes[1]).unwrap());
        let mut driven = Driven { browser: started, to, from, session: None, sent: 0 };
        let url = format!("file://{}", page.display());
        let target = driven.ask("Target.createTarget", &json!({ "url": url }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = driven.ask("Target.attachToTarget", &target);
        driven.session = attached["sessionId"].as_str().map(str::to_owned);
        // The first document is empty, and is complete too.
        let is_there = "location.protocol === 'file:' && document.readyState === 'complete'";
        let start = Instant::now();
        while driven.evaluate(is_there).is_none_or(|value| value != true) {
            assert!(start.elapsed() < Duration::from_secs(60), "the page does not load");
            std::thread::sleep(Duration::from_millis(20));
        }
        driven
    }

    /// Sends a request that must succeed, and waits for the answer.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.try_ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a request, and waits for the answer or an error.
    fn try_ask(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            let message: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
            if message["id"] == self.sent {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// Returns the value of an expression in the page.
    fn value(&mut self, expression: &str) -> String {
        let value = self.evaluate(expression).unwrap_or_else(|| panic!("{expression}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Returns the value of an expression in the page; `None` if another page replaces it
    /// meanwhile.
    fn evaluate(&mut self, expression: &str) -> Option<Value> {
        let params = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true
        });
        let answer = self.try_ask("Runtime.evaluate", &params).ok()?;
        Some(answer["result"]["value"].clone())
    }

    /// Presses a key and lets it go.
    fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for ty in ["keyDown", "keyUp"] {
            let params = json!({
                "type": ty, "key": key, "code": key, "windowsVirtualKeyCode": code,
                "text": if ty == "keyDown" { text } else { "" },
            });
            self.ask("Input.dispatchKeyEvent", &params);
        }
        // The address changes at once, and the page soon after.
        self.value("new Promise(done => requestAnimationFrame(() => setTimeout(done)))");
    }

    /// Returns the id of the element that has the focus, or of the element around it.
    fn focus(&mut self) -> String {
        self.value("document.activeElement.closest('[id]')?.id ?? 'body'")
    }

    /// Returns the text of the way to the node that is shown.
    fn way(&mut self) -> String {
        self.value(
            "[...document.querySelectorAll('#way button')].map(it => it.textContent).join('/')",
        )
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

#[test]
fn keys_lead_through_the_page() {
    let Some(browser) = browser() else {
        return wattle_tests::skip("keys_lead_through_the_page", "Chromium is not there");
    };
    let folder = tempfile::tempdir().unwrap();
    let source = br#"(module
        (func $"_ZN5alpha4beta5gamma17h0123456789abcdefE" (drop (i64.const 0x123456789abcdef)))
        (func $"_ZN5alpha4helpEii" (drop (i32.const 1)))
        (data "some bytes of data"))"#;
    let page = page(folder.path(), source);
    let mut driven = Driven::start(browser, folder.path(), &page);
    assert_eq!(driven.way(), "all");

    // Tab goes to the way, the search, the map as one step, then the list.
    let mut order: Vec<String> = Vec::new();
    for _ in 0..4 {
        driven.press("Tab", 9);
        order.push(driven.focus());
    }
    assert_eq!(order, ["way", "search", "map", "list"]);
    // Arrow keys go from one rectangle to the next, largest first, and back.
    driven.value("document.querySelector('#map [tabindex=\"0\"]').focus()");
    let label = "document.activeElement.textContent.split(' ').slice(0, -1).join(' ')";
    let mut labels = vec![driven.value(label)];
    while labels.last().unwrap() != "code" {
        driven.press("ArrowRight", 39);
        let next = driven.value(label);
        assert_ne!(labels.last(), Some(&next), "there is code: {labels:?}");
        labels.push(next);
    }
    driven.press("ArrowRight", 39);
    assert_ne!(driven.value(label), "code");
    driven.press("ArrowLeft", 37);
    assert_eq!(driven.value(label), "code");
    driven.press("ArrowDown", 40);
    assert_eq!(driven.value(label), "alpha");
    driven.press("ArrowUp", 38);
    assert_eq!(driven.value(label), "code");

    driven.press("Enter", 13);
    assert_eq!(driven.way(), "all/code");
    assert_eq!(driven.focus(), "map", "the focus stays in the map");
    driven.press("Enter", 13);
    assert_eq!(driven.way(), "all/code/alpha");
    driven.press("Escape", 27);
    assert_eq!(driven.way(), "all/code");
    // The browser's way back leads to the node that was shown before.
    driven.value("new Promise(done => { addEventListener('hashchange', done); history.back(); })");
    assert_eq!(driven.way(), "all/code/alpha");
    driven.press("Escape", 27);
    driven.press("Escape", 27);
    assert_eq!(driven.way(), "all");
}
