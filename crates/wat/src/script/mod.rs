//! Test scripts (`.wast`) as a tree of directives.
//!
//! A script is a list of directives: modules to instantiate, functions to call, and the results
//! that they must have. This module holds the tree of scripts and its parser. The modules inside
//! are parsed on demand by [`ScriptModule::parse`], so that a malformed module does not break the
//! script. Nothing here runs a script. Components stand where modules may, and their functions take
//! and return values of their own, [`ComponentValue`].
//!
//! The syntax is that of the reference interpreter
//! (<https://github.com/WebAssembly/spec/tree/main/interpreter#scripts>), with the threads
//! proposal's `thread` and `wait` and the stack switching proposal's `assert_suspension`. Its meta
//! commands `input`, `output` and `script`, which ask for files, are errors. Components and their
//! values have the syntax of the official scripts of components, and of `wasm-tools`.
//!
//! ```
//! use wattle_wat::script::{self, DirectiveKind, PatternKind, ValueKind, Verdict};
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
//! let DirectiveKind::Assert(assertion) = &malformed.kind else { panic!() };
//! assert_eq!((assertion.verdict, assertion.message()), (Verdict::Malformed, "unexpected token"));
//! # Ok::<(), wattle_wat::Errors>(())
//! ```

pub(crate) mod component_values;
mod module;
mod parse;
mod values;

use alloc::vec::Vec;

use wattle_ast::{Name, Span};

pub use component_values::ComponentValue;
pub use module::{ModuleSource, ScriptModule, embedded};
pub use parse::{parse, recover};
pub use values::{FloatPattern, Pattern, PatternKind, Value, ValueKind, VectorPattern};
pub use wattle_syntax::Shape;

/// A test script, as [`parse`](fn@parse) reads it from a `.wast` file.
#[derive(Clone, PartialEq, Debug)]
pub struct Script<'a> {
    /// The directives, in order.
    pub directives: Vec<Directive<'a>>,
}

/// An identifier (without its dollar sign) or a string, and its place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Word<'a> {
    /// The text, with decoded escape sequences.
    pub text: Name<'a>,
    /// The bytes of the token in the script.
    pub span: Span,
}

/// One step of a script.
#[derive(Clone, PartialEq, Debug)]
pub struct Directive<'a> {
    /// The kind of the directive.
    pub kind: DirectiveKind<'a>,
    /// The bytes of the form in the script, parentheses included.
    pub span: Span,
}

/// The kind of a directive, with its parts.
#[derive(Clone, PartialEq, Debug)]
pub enum DirectiveKind<'a> {
    /// `(module ...)` or `(component ...)`: defines a module or component and instantiates it. Both
    /// have its identifier.
    Module(ScriptModule<'a>),
    /// `(module definition ...)` or `(component definition ...)`: defines a module or component.
    Definition(ScriptModule<'a>),
    /// `(module instance ...)` or `(component instance ...)`: instantiates a module or component
    /// that was defined before.
    Instance(Instance<'a>),
    /// `(register "name" $instance?)`: allows other modules to import from an instance.
    Register {
        /// The module name that others import from.
        name: Word<'a>,
        /// The instance; `None` for the last one.
        instance: Option<Word<'a>>,
    },
    /// `(invoke ...)` or `(get ...)` alone: it must succeed, with any results.
    Action(Action<'a>),
    /// `(assert_return ACTION RESULT*)`: it succeeds, with these results.
    AssertReturn {
        /// The action.
        action: Action<'a>,
        /// A pattern for each result.
        results: Vec<Pattern>,
    },
    /// `(assert_trap ...)` and all other assertions of a failure.
    Assert(Assertion<'a>),
    /// `(thread $name ...)`: runs directives concurrently with those that follow.
    Thread(Thread<'a>),
    /// `(wait $name)`: waits for a thread to end.
    Wait {
        /// The thread.
        thread: Word<'a>,
    },
}

impl<'a> DirectiveKind<'a> {
    /// The keyword of the form.
    pub fn keyword(&self) -> &'static str {
        match self {
            DirectiveKind::Module(module) | DirectiveKind::Definition(module) => module.keyword(),
            DirectiveKind::Instance(instance) if instance.is_component => "component",
            DirectiveKind::Instance(_) => "module",
            DirectiveKind::Register { .. } => "register",
            DirectiveKind::Action(action) => action.keyword(),
            DirectiveKind::AssertReturn { .. } => "assert_return",
            DirectiveKind::Assert(assertion) => assertion.verdict.keyword(),
            DirectiveKind::Thread(_) => "thread",
            DirectiveKind::Wait { .. } => "wait",
        }
    }

    /// Whether it is an assertion.
    pub fn is_assertion(&self) -> bool {
        matches!(self, DirectiveKind::AssertReturn { .. } | DirectiveKind::Assert(_))
    }

    /// The module or component in the directive, if any. Modules inside of a thread are not
    /// included.
    pub fn module(&self) -> Option<&ScriptModule<'a>> {
        match self {
            DirectiveKind::Module(module)
            | DirectiveKind::Definition(module)
            | DirectiveKind::Assert(Assertion { subject: Subject::Module(module), .. }) => {
                Some(module)
            }
            _ => None,
        }
    }

    /// The action that the directive performs or asserts something about, if any.
    pub fn action(&self) -> Option<&Action<'a>> {
        match self {
            DirectiveKind::Action(action)
            | DirectiveKind::AssertReturn { action, .. }
            | DirectiveKind::Assert(Assertion { subject: Subject::Action(action), .. }) => {
                Some(action)
            }
            _ => None,
        }
    }
}

/// An assertion that an action, a module or an instantiation fails.
#[derive(Clone, PartialEq, Debug)]
pub struct Assertion<'a> {
    /// The way in which it fails.
    pub verdict: Verdict,
    /// The action, module or instantiation that fails.
    pub subject: Subject<'a>,
    /// The beginning of the error message; `None` for an exception.
    pub message: Option<Word<'a>>,
}

impl Assertion<'_> {
    /// The beginning of the error message; empty for an exception.
    pub fn message(&self) -> &str {
        self.message.as_ref().map_or("", |message| message.text.as_str())
    }
}

/// The subject of an assertion.
#[derive(Clone, PartialEq, Debug)]
pub enum Subject<'a> {
    /// An action.
    Action(Action<'a>),
    /// A module or component whose text or bytes are given. The verdict states the stage at which
    /// it fails.
    Module(ScriptModule<'a>),
    /// The instantiation of a module that was defined before.
    Instance(Instance<'a>),
}

macro_rules! verdicts {
    ($( $(#[$doc:meta])* $verdict:ident $keyword:literal; )*) => {
        /// The way in which the subject of an assertion fails.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Verdict { $( $(#[$doc])* $verdict, )* }

        impl Verdict {
            /// The keyword of assertions with this verdict.
            pub const fn keyword(self) -> &'static str {
                match self { $( Verdict::$verdict => $keyword, )* }
            }

            /// The verdict of assertions with this keyword.
            pub fn from_keyword(keyword: &str) -> Option<Verdict> {
                match keyword { $( $keyword => Some(Verdict::$verdict), )* _ => None }
            }
        }
    };
}

verdicts! {
    /// An action or an instantiation traps.
    Trap "assert_trap";
    /// An action runs out of a resource.
    Exhaustion "assert_exhaustion";
    /// An action throws an exception that is not caught.
    Exception "assert_exception";
    /// An action suspends, and no handler takes over.
    Suspension "assert_suspension";
    /// The decoding or parsing of a module fails.
    Malformed "assert_malformed";
    /// The validation of a module fails.
    Invalid "assert_invalid";
    /// A custom section of a module, or the annotation for it, is malformed.
    MalformedCustom "assert_malformed_custom";
    /// A custom section of a module is invalid.
    InvalidCustom "assert_invalid_custom";
    /// The imports of an instantiation do not fit.
    Unlinkable "assert_unlinkable";
}

/// `(module instance $instance? $module?)` or `(component instance $instance? $component?)`:
/// another instance of a module or component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance<'a> {
    /// The identifier of the instance, if any.
    pub id: Option<Word<'a>>,
    /// The module or component; `None` for the last one.
    pub module: Option<Word<'a>>,
    /// Whether it is an instance of a component.
    pub is_component: bool,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// A use of an export of an instance.
#[derive(Clone, PartialEq, Debug)]
pub struct Action<'a> {
    /// The instance; `None` for the last one.
    pub instance: Option<Word<'a>>,
    /// The name of the export.
    pub name: Word<'a>,
    /// The use of the export.
    pub kind: ActionKind,
    /// The bytes of the form in the script.
    pub span: Span,
}

/// The use of an export.
#[derive(Clone, PartialEq, Debug)]
pub enum ActionKind {
    /// `(invoke $instance? "name" ARGUMENT*)`: call the function with these arguments.
    Invoke(Vec<Value>),
    /// `(invoke $instance? "name" ARGUMENT*)` where an argument is not a core value: call the
    /// function of a component with these arguments. Without arguments, and with floats alone, it
    /// is [`Invoke`](ActionKind::Invoke), even if the instance is that of a component.
    InvokeComponent(Vec<ComponentValue>),
    /// `(get $instance? "name")`: read the global.
    Get,
}

impl Action<'_> {
    /// The keyword of the form.
    pub fn keyword(&self) -> &'static str {
        match self.kind {
            ActionKind::Invoke(_) | ActionKind::InvokeComponent(_) => "invoke",
            ActionKind::Get => "get",
        }
    }

    /// The arguments of an `invoke` that are core values; `None` for `get`, and for arguments that
    /// are not.
    pub fn args(&self) -> Option<&[Value]> {
        match &self.kind {
            ActionKind::Invoke(args) => Some(args),
            ActionKind::InvokeComponent(_) | ActionKind::Get => None,
        }
    }
}

/// `(thread $name (shared (module $module))? DIRECTIVE*)`: directives that run concurrently with
/// those that follow. They can use only one instance of the outer script, the shared one. Threads
/// cannot be nested.
#[derive(Clone, PartialEq, Debug)]
pub struct Thread<'a> {
    /// The name that `wait` uses.
    pub id: Word<'a>,
    /// The instance of the outer script that the thread may use.
    pub shared: Option<Word<'a>>,
    /// The directives of the thread.
    pub directives: Vec<Directive<'a>>,
}
