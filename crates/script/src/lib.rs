//! Test scripts (`.wast`): running them, by the rules of the reference interpreter.
//!
//! An expected message must be the beginning of the actual one, and classes are strict: malformed
//! is what parsing refuses, invalid what validation refuses, unlinkable what linking refuses. What
//! the form of a script is: [`wattle_wat::script`].
//!
//! Components are read and validated, and what scripts assert about that is judged. They are not
//! executed: each directive that needs that is in [`Report::skipped`].
//!
//! ```
//! use wattle_script::{Options, run};
//!
//! let report = run(
//!     r#"(module (func (export "div") (param i32 i32) (result i32)
//!          (i32.div_u (local.get 0) (local.get 1))))
//!        (assert_return (invoke "div" (i32.const 7) (i32.const 2)) (i32.const 3))
//!        (assert_trap (invoke "div" (i32.const 7) (i32.const 0)) "integer divide by zero")
//!        (assert_return (invoke "div" (i32.const 7) (i32.const 2)) (i32.const 4))"#,
//!     Options::default(),
//! )
//! .unwrap();
//! assert_eq!(report.passed, 2);
//! assert_eq!(
//!     report.failures[0].to_string(),
//!     "line 5: assert_return: expected (i32.const 4), got (i32.const 3)",
//! );
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `runner/` | directives, and the turns of threads |
//! | `load.rs` | modules and components of a script, read and validated |
//! | `scope.rs` | what directives know by name |
//! | `threads.rs` | threads: whose turn it is |
//! | `patterns.rs` | values and the patterns of results |
//! | `customs.rs` | what custom sections must be |
//! | `spectest.rs` | the module `spectest` of the host |

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod customs;
mod load;
mod patterns;
mod runner;
mod scope;
mod spectest;
mod threads;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Features, Shown, Span};

pub use runner::{GoesOn, run, run_while};

/// How a script is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// What modules may use.
    pub features: Features,
    /// What decides whose turn it is among threads: the same seed gives the same run.
    pub seed: u64,
    /// How the store behaves. Its fuel is for each action and each instantiation; those of threads
    /// are not bounded.
    pub config: wattle_runtime::Config,
    /// Whether modules and components are only read and validated, and nothing is instantiated or
    /// called.
    pub checks_only: bool,
}

/// What came of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// How many assertions passed.
    pub passed: usize,
    /// How many assertions and actions were left out, because nothing is executed.
    pub left_out: usize,
    /// The directives that were left out because components are not executed: their components are
    /// read and validated, and nothing else is known of them.
    pub skipped: Vec<Skipped>,
    /// Assertions about components that passed with a message in which the expected one does not
    /// occur. The class of the failure is that which was expected.
    pub reworded: Vec<Failure>,
    /// What failed: assertions, and directives that must succeed.
    pub failures: Vec<Failure>,
}

/// A directive that was not executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Skipped {
    /// The bytes of the directive in the script.
    pub span: Span,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its keyword.
    pub keyword: &'static str,
}

/// A directive and what came of it instead of what was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The bytes of the directive in the script.
    pub span: Span,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its keyword.
    pub keyword: &'static str,
    /// What was expected.
    pub expected: String,
    /// What came instead.
    pub got: String,
}

impl Failure {
    /// What was expected and what came instead, without the line of the directive. Each error of a
    /// module is on a line of its own.
    pub fn text(&self) -> String {
        let Failure { keyword, expected, got, .. } = self;
        let got: Vec<String> = got.lines().map(|error| Shown(error).to_string()).collect();
        format!("{keyword}: expected {}, got {}", Shown(expected), got.join("\n    "))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text())
    }
}
