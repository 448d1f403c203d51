//! Test scripts (`.wast`): running them, by the rules of the reference interpreter.
//!
//! An expected message must be the beginning of the actual one, and classes are strict: a module is
//! malformed if parsing refuses it, invalid if validation refuses it, and unlinkable if linking
//! refuses it. [`wattle_wat::script`] describes the form of a script.
//!
//! Components are read and validated, and assertions about that are judged. Components are not
//! executed: [`Report::skipped`] lists each directive that needs their execution.
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
//! | `scope.rs` | the definitions and instances that directives know by name |
//! | `threads.rs` | threads, and the order of their turns |
//! | `patterns.rs` | values and the patterns of results |
//! | `customs.rs` | checks of custom sections |
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

/// The options for running a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The features that modules and components may use.
    pub features: Features,
    /// The seed of the order in which threads take turns: equal seeds give equal runs.
    pub seed: u64,
    /// The configuration of the store. Its fuel is for each action and each instantiation; those of
    /// threads are not bounded.
    pub config: wattle_runtime::Config,
    /// Whether modules and components are only read and validated, and nothing is instantiated or
    /// called.
    pub checks_only: bool,
}

/// The result of running a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// The number of assertions that passed.
    pub passed: usize,
    /// The number of assertions and actions that were left out, because nothing is executed.
    pub left_out: usize,
    /// The directives that were left out because components are not executed: their components are
    /// read and validated, and nothing else is known of them.
    pub skipped: Vec<Skipped>,
    /// Assertions about components that passed although the message does not contain the expected
    /// one. The class of the error is the expected one.
    pub reworded: Vec<Failure>,
    /// The assertions that failed, and the directives that must succeed and did not.
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

/// A directive whose result differs from the expected one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The bytes of the directive in the script.
    pub span: Span,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its keyword.
    pub keyword: &'static str,
    /// The expected result.
    pub expected: String,
    /// The actual result.
    pub got: String,
}

impl Failure {
    /// Describes the expected and the actual result, without the line of the directive. Each error
    /// of a module is on a line of its own.
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
