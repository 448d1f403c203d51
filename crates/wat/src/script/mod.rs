//! Test scripts (`.wast`): their forms as a tree, to be run by whoever has a runtime.
//!
//! A script is a list of directives: modules to instantiate, functions to call, and what is to
//! come of it. What lives here: the tree of scripts and its parser. What does not: the modules
//! inside, which [`ScriptModule::parse`] parses on demand, so that a malformed one does not break
//! the script; running anything.
//!
//! The form is that of the reference interpreter
//! (<https://github.com/WebAssembly/spec/tree/main/interpreter#scripts>), with the threads
//! proposal's `thread` and `wait` and the stack switching proposal's `assert_suspension`. Its meta
//! commands `input`, `output` and `script` ask for files and are not taken.
//!
//! ```
//! use wattle_wat::script::{self, DirectiveKind, PatternKind, ValueKind};
//!
//! let script = script::parse(
//!     r#"
//!     (module (func (export "double") (param i32) (result i32)
//!       (i32.shl (local.get 0) (i32.const 1))))
//!     (assert_return (invoke "double" (i32.const 21)) (i32.const 42))
//!     (assert_malformed (module quote "(func") "unexpected token")
//!     "#,
//! )?;
//! let [module, double, malformed] = &script.directives[..] else { panic!() };
//!
//! assert!(matches!(module.kind, DirectiveKind::Module(_)));
//! let DirectiveKind::AssertReturn { action, results } = &double.kind else { panic!() };
//! assert_eq!(action.name.text, "double");
//! assert_eq!(action.args().unwrap()[0].kind, ValueKind::I32(21));
//! assert_eq!(results[0].kind, PatternKind::I32(42));
//! let DirectiveKind::AssertMalformed { message, .. } = &malformed.kind else { panic!() };
//! assert_eq!(message.text, "unexpected token");
//! # Ok::<(), wattle_wat::Errors>(())
//! ```

mod module;
mod parse;
mod values;

use alloc::vec::Vec;

use wattle_ast::{Name, Span};

pub use module::{ModuleSource, ScriptModule};
pub use parse::{parse, recover};
pub use values::{FloatPattern, Pattern, PatternKind, Shape, Value, ValueKind, VectorPattern};

/// A test script: what [`parse`] makes of a `.wast` file.
#[derive(Clone, PartialEq, Debug)]
pub struct Script<'a> {
    /// What to do, in order.
    pub directives: Vec<Directive<'a>>,
}

/// An identifier (without its dollar sign) or a string, and where it stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Word<'a> {
    /// The text, escape sequences decoded.
    pub text: Name<'a>,
    /// The bytes of the token in the script.
    pub span: Span,
}

/// One step of a script.
#[derive(Clone, PartialEq, Debug)]
pub struct Directive<'a> {
    /// What to do.
    pub kind: DirectiveKind<'a>,
    /// The bytes of the form in the script, parentheses included.
    pub span: Span,
}

/// What a directive does.
#[derive(Clone, PartialEq, Debug)]
pub enum DirectiveKind<'a> {
    /// `(module ...)`: defines a module and instantiates it, both under its identifier.
    Module(ScriptModule<'a>),
    /// `(module definition ...)`: defines a module.
    Definition(ScriptModule<'a>),
    /// `(module instance ...)`: instantiates a module that was defined.
    Instance(Instance<'a>),
    /// `(register "name" $instance?)`: lets other modules import from an instance.
    Register {
        /// The module name that others import from.
        name: Word<'a>,
        /// The instance; when it is left out, the latest one.
        instance: Option<Word<'a>>,
    },
    /// `(invoke ...)` or `(get ...)` alone: it must succeed, with whatever results.
    Action(Action<'a>),
    /// `(assert_return ACTION RESULT*)`: it succeeds, with these results.
    AssertReturn {
        /// What to do.
        action: Action<'a>,
        /// What must come of it, one pattern per result.
        results: Vec<Pattern>,
    },
    /// `(assert_trap ACTION "message")` or `(assert_trap (module ...) "message")`: it traps.
    AssertTrap {
        /// What to do.
        execution: Execution<'a>,
        /// What the message of the trap begins with.
        message: Word<'a>,
    },
    /// `(assert_exhaustion ACTION "message")`: it runs out of a resource.
    AssertExhaustion {
        /// What to do.
        action: Action<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(assert_exception ACTION)`: it throws, and nothing catches.
    AssertException {
        /// What to do.
        action: Action<'a>,
    },
    /// `(assert_suspension ACTION "message")`: it suspends, and nothing handles it.
    AssertSuspension {
        /// What to do.
        action: Action<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(assert_malformed (module ...) "message")`: decoding or parsing fails.
    AssertMalformed {
        /// The module.
        module: ScriptModule<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(assert_invalid (module ...) "message")`: validation fails.
    AssertInvalid {
        /// The module.
        module: ScriptModule<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(assert_malformed_custom (module ...) "message")`: a custom section, or the annotation
    /// that stands for one, is malformed.
    AssertMalformedCustom {
        /// The module.
        module: ScriptModule<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(assert_invalid_custom (module ...) "message")`: a custom section is invalid.
    AssertInvalidCustom {
        /// The module.
        module: ScriptModule<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(assert_unlinkable (module ...) "message")`: the imports do not fit.
    AssertUnlinkable {
        /// What to instantiate.
        instantiation: Instantiation<'a>,
        /// What the message begins with.
        message: Word<'a>,
    },
    /// `(thread $name ...)`: runs directives beside those that follow.
    Thread(Thread<'a>),
    /// `(wait $name)`: waits for a thread to end.
    Wait {
        /// The thread.
        thread: Word<'a>,
    },
}

impl DirectiveKind<'_> {
    /// The keyword that the form begins with.
    pub fn keyword(&self) -> &'static str {
        match self {
            DirectiveKind::Module(_)
            | DirectiveKind::Definition(_)
            | DirectiveKind::Instance(_) => "module",
            DirectiveKind::Register { .. } => "register",
            DirectiveKind::Action(action) => action.keyword(),
            DirectiveKind::AssertReturn { .. } => "assert_return",
            DirectiveKind::AssertTrap { .. } => "assert_trap",
            DirectiveKind::AssertExhaustion { .. } => "assert_exhaustion",
            DirectiveKind::AssertException { .. } => "assert_exception",
            DirectiveKind::AssertSuspension { .. } => "assert_suspension",
            DirectiveKind::AssertMalformed { .. } => "assert_malformed",
            DirectiveKind::AssertInvalid { .. } => "assert_invalid",
            DirectiveKind::AssertMalformedCustom { .. } => "assert_malformed_custom",
            DirectiveKind::AssertInvalidCustom { .. } => "assert_invalid_custom",
            DirectiveKind::AssertUnlinkable { .. } => "assert_unlinkable",
            DirectiveKind::Thread(_) => "thread",
            DirectiveKind::Wait { .. } => "wait",
        }
    }

    /// Whether it asserts something.
    pub fn is_assertion(&self) -> bool {
        self.keyword().starts_with("assert_")
    }
}

/// `(module instance $instance? $module?)`: one more instance of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance<'a> {
    /// The name that the instance gets, if any.
    pub id: Option<Word<'a>>,
    /// The module; when it is left out, the latest one.
    pub module: Option<Word<'a>>,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// A use of an export of an instance.
#[derive(Clone, PartialEq, Debug)]
pub struct Action<'a> {
    /// The instance; when it is left out, the latest one.
    pub instance: Option<Word<'a>>,
    /// The name of the export.
    pub name: Word<'a>,
    /// What to do with the export.
    pub kind: ActionKind,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// What to do with an export.
#[derive(Clone, PartialEq, Debug)]
pub enum ActionKind {
    /// `(invoke $instance? "name" ARGUMENT*)`: call the function with these arguments.
    Invoke(Vec<Value>),
    /// `(get $instance? "name")`: read the global.
    Get,
}

impl Action<'_> {
    /// The keyword that the form begins with.
    pub fn keyword(&self) -> &'static str {
        match self.kind {
            ActionKind::Invoke(_) => "invoke",
            ActionKind::Get => "get",
        }
    }

    /// The arguments of an `invoke`.
    pub fn args(&self) -> Option<&[Value]> {
        match &self.kind {
            ActionKind::Invoke(args) => Some(args),
            ActionKind::Get => None,
        }
    }
}

/// What can be instantiated: a module written out, or one defined before.
#[derive(Clone, PartialEq, Debug)]
pub enum Instantiation<'a> {
    /// `(module ...)`.
    Module(ScriptModule<'a>),
    /// `(module instance ...)`.
    Instance(Instance<'a>),
}

/// What can trap.
#[derive(Clone, PartialEq, Debug)]
pub enum Execution<'a> {
    /// An action.
    Action(Action<'a>),
    /// An instantiation: its segments or its start function.
    Instantiation(Instantiation<'a>),
}

/// `(thread $name (shared (module $module))? DIRECTIVE*)`: directives that run beside those that
/// follow. They know no instance of the script outside but the one that is shared. A thread holds
/// no thread.
#[derive(Clone, PartialEq, Debug)]
pub struct Thread<'a> {
    /// The name that `wait` uses.
    pub id: Word<'a>,
    /// The instance of the script outside that the thread may use.
    pub shared: Option<Word<'a>>,
    /// What the thread does.
    pub directives: Vec<Directive<'a>>,
}

#[cfg(test)]
mod tests;
