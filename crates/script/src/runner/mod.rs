//! The directives of a script, one after the other.

mod turns;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use wattle_ast as ast;
use wattle_runtime::{Error, ErrorKind, Func, Imports, Instance, Module, Outcome, Store, Value};
use wattle_wat::script::{
    self, Action, ActionKind, Assertion, Directive, DirectiveKind, ScriptModule, Subject, Verdict,
    Word,
};

use crate::load::{Definition, Refusal, describe};
use crate::patterns::{argument, display, matches, row};
use crate::scope::{Known, Scope};
use crate::threads::Threads;
use crate::{Failure, Options, Report, Skipped, customs, spectest};

/// Runs a script, given as text or as the bytes of a file.
///
/// # Errors
/// The errors of a malformed script. Errors within its modules are outcomes of directives instead.
pub fn run<S: AsRef<[u8]> + ?Sized>(
    source: &S,
    options: Options,
) -> Result<Report, wattle_wat::Errors> {
    start(source, options, None)
}

/// A function that a runner calls now and then to find out whether the script goes on.
pub type GoesOn = Arc<dyn Fn() -> bool + Send + Sync>;

/// Runs a script until `goes_on` returns false. The function is called before each directive, and
/// now and then while a directive is executed. The directive that it interrupts fails with
/// "interrupted", and no other follows.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use wattle_script::{Options, run_while};
///
/// let script = r#"(module (func (export "spin") (loop (br 0)))) (invoke "spin") (invoke "spin")"#;
/// let questions = AtomicU32::new(0);
/// let goes_on = move || questions.fetch_add(1, Ordering::Relaxed) < 10;
/// let report = run_while(script, Options::default(), Arc::new(goes_on)).unwrap();
/// assert_eq!(report.failures.len(), 1);
/// assert_eq!(report.failures[0].got, "interrupted");
/// ```
///
/// # Errors
/// The errors of [`run`].
pub fn run_while<S: AsRef<[u8]> + ?Sized>(
    source: &S,
    options: Options,
    goes_on: GoesOn,
) -> Result<Report, wattle_wat::Errors> {
    start(source, options, Some(goes_on))
}

fn start<S: AsRef<[u8]> + ?Sized>(
    source: &S,
    options: Options,
    goes_on: Option<GoesOn>,
) -> Result<Report, wattle_wat::Errors> {
    let script = script::parse(source)?;
    let source = source.as_ref();
    let mut runner = Runner {
        store: Store::with_config((), options.config),
        imports: Imports::default(),
        options,
        report: Report::default(),
        lines: ast::LineIndex::new(source),
        threads: Threads::new(options.seed),
        goes_on,
        is_interrupted: Arc::default(),
    };
    runner.store.set_fuel(None);
    let mut scope = Scope::default();
    if let Err(error) = spectest::define(&mut runner.store, &mut runner.imports) {
        let whole =
            Directive { kind: DirectiveKind::Wait { thread: no_word() }, span: ast::Span::at(0) };
        runner.fail(&whole, "the module spectest", error.to_string());
    }
    if options.checks_only {
        runner.check(&mut scope, &script.directives);
        return Ok(runner.report);
    }
    for directive in &script.directives {
        if runner.is_interrupted() {
            break;
        }
        if !runner.goes_on() {
            runner.fail(directive, "to be executed", INTERRUPTED);
            break;
        }
        runner.directive(&mut scope, directive);
    }
    Ok(runner.report)
}

fn no_word() -> Word<'static> {
    Word { text: "".into(), span: ast::Span::at(0) }
}

struct Runner<'s> {
    store: Store,
    /// The definitions for imports: the module `spectest`, and the instances that any thread
    /// registered.
    imports: Imports,
    options: Options,
    report: Report,
    lines: ast::LineIndex,
    threads: Threads<'s>,
    goes_on: Option<GoesOn>,
    /// Whether `goes_on` ended the script.
    is_interrupted: Arc<AtomicBool>,
}

const INTERRUPTED: &str = "interrupted";

impl<'s> Runner<'s> {
    /// Returns whether the script goes on, and notes when it does not.
    fn goes_on(&self) -> bool {
        let goes_on = self.goes_on.as_ref().is_none_or(|goes_on| goes_on());
        if !goes_on {
            self.is_interrupted.store(true, Ordering::Relaxed);
        }
        goes_on
    }

    fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::Relaxed)
    }

    /// Gives the store the fuel of an action or an instantiation.
    fn fuel_up(&mut self) {
        let fuel = self.options.config.fuel;
        let Some(goes_on) = self.goes_on.clone() else { return self.store.set_fuel(fuel) };
        let is_interrupted = self.is_interrupted.clone();
        self.store.set_fuel_while(fuel, move || {
            let goes_on = goes_on();
            is_interrupted.store(!goes_on, Ordering::Relaxed);
            goes_on
        });
    }

    /// Takes the fuel away from the store, so that later instructions are not counted. The result
    /// becomes an error if the script was interrupted.
    fn drain_fuel<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.store.set_fuel(None);
        match self.is_interrupted() {
            true => Err(Error::host(INTERRUPTED)),
            false => result,
        }
    }

    /// Reads and validates the modules of directives, and checks the assertions about their
    /// validity. Counts the assertions and actions that are not executed.
    fn check(&mut self, scope: &mut Scope, directives: &'s [Directive<'s>]) {
        use DirectiveKind as Kind;
        let mut rest: Vec<_> = directives.iter().rev().collect();
        while let Some(directive) = rest.pop() {
            if !self.goes_on() {
                return self.fail(directive, "to be checked", INTERRUPTED);
            }
            match &directive.kind {
                Kind::Module(module) => {
                    let known = match module.is_component {
                        true => Known::Component,
                        false => Known::NotRun,
                    };
                    scope.name(module.id.as_ref(), known);
                    let result = self.define(scope, module).map(drop);
                    self.must(directive, result);
                }
                Kind::Definition(module) => {
                    let result = self.define(scope, module).map(drop);
                    self.must(directive, result);
                }
                Kind::Instance(instance) if instance.is_component => {
                    scope.name(instance.id.as_ref(), Known::Component);
                    let result = scope.definition(instance).map(drop);
                    self.must(directive, result.map_err(Refusal::from));
                }
                Kind::Thread(thread) => rest.extend(thread.directives.iter().rev()),
                Kind::Assert(Assertion {
                    subject: Subject::Module(module),
                    verdict: Verdict::Trap | Verdict::Unlinkable,
                    ..
                }) => {
                    let result = self.options.load(module, &self.lines).map(drop);
                    self.must(directive, result);
                    self.leave_out(directive, module.is_component);
                }
                Kind::Assert(Assertion { subject: Subject::Module(_), .. }) => {
                    self.directive(scope, directive);
                }
                Kind::Assert(_) | Kind::AssertReturn { .. } | Kind::Action(_) => {
                    let needs_component = needs_component(scope, &directive.kind);
                    self.leave_out(directive, needs_component);
                }
                Kind::Instance(_) | Kind::Register { .. } | Kind::Wait { .. } => {}
            }
        }
    }

    /// Counts an assertion or action that is left out because the options ask for checks alone.
    fn leave_out(&mut self, directive: &Directive<'_>, needs_component: bool) {
        self.report.left_out += 1;
        if needs_component {
            self.skip(directive);
        }
    }

    /// Notes that a directive is not executed because it needs a component.
    fn skip(&mut self, directive: &Directive<'_>) {
        let line = directive.span.line_column(&self.lines).line;
        let keyword = directive.kind.keyword();
        self.report.skipped.push(Skipped { span: directive.span, line, keyword });
    }

    fn pass(&mut self) {
        self.report.passed += 1;
    }

    fn fail(
        &mut self,
        directive: &Directive<'_>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) {
        let failure = self.failure(directive, expected.into(), got.into());
        self.report.failures.push(failure);
    }

    fn failure(&self, directive: &Directive<'_>, expected: String, got: String) -> Failure {
        let line = directive.span.line_column(&self.lines).line;
        let keyword = directive.kind.keyword();
        Failure { span: directive.span, line, keyword, expected, got }
    }

    fn directive(&mut self, scope: &mut Scope, directive: &'s Directive<'s>) {
        use DirectiveKind as Kind;
        if needs_component(scope, &directive.kind) {
            return self.skip(directive);
        }
        match &directive.kind {
            Kind::Module(module) => {
                let result = self.define(scope, module).and_then(|definition| {
                    self.instantiate(scope, directive, &definition, module.id.as_ref())
                });
                self.must(directive, result);
            }
            Kind::Definition(module) => {
                let result = self.define(scope, module).map(drop);
                self.must(directive, result);
            }
            Kind::Instance(instance) => {
                let module = scope.definition(instance).map_err(Refusal::from);
                let result = module.and_then(|module| {
                    self.instantiate(scope, directive, &module, instance.id.as_ref())
                });
                self.must(directive, result);
            }
            Kind::Register { name, instance } => {
                let instance = scope.instance(instance.as_ref()).map_err(Refusal::from);
                let result = instance.map(|instance| {
                    self.imports.define_instance(&self.store, &name.text, instance);
                });
                self.must(directive, result);
            }
            Kind::Thread(thread) => self.start_thread(scope, directive, thread),
            Kind::Wait { thread } => self.wait(directive, thread),
            Kind::Action(action) | Kind::AssertReturn { action, .. } => {
                let outcome = self.act(scope, action);
                self.judge(directive, outcome);
            }
            Kind::Assert(assertion) => {
                let outcome = match &assertion.subject {
                    Subject::Action(action) => {
                        let outcome = self.act(scope, action);
                        return self.judge(directive, outcome);
                    }
                    Subject::Module(module) => self.options.load(module, &self.lines),
                    Subject::Instance(instance) => {
                        scope.definition(instance).map_err(Refusal::from)
                    }
                };
                let outcome = match (outcome, assertion.verdict) {
                    // The component is valid, but it is not instantiated.
                    (Ok(Definition::Component), Verdict::Trap | Verdict::Unlinkable) => {
                        return self.skip(directive);
                    }
                    (Ok(Definition::Component), _) => Ok(()),
                    (Ok(Definition::Module(module)), verdict) => match verdict {
                        Verdict::Trap | Verdict::Unlinkable => {
                            self.start(&module).map(drop).map_err(Refusal::from)
                        }
                        Verdict::InvalidCustom => customs::check(module.ast())
                            .map_err(|why| Refusal::Invalid(why.to_string())),
                        _ => Ok(()),
                    },
                    (Err(refusal), _) => Err(refusal),
                };
                self.refused(directive, assertion, outcome);
            }
        }
    }

    /// Reports a directive that is not an assertion, unless it succeeded.
    fn must(&mut self, directive: &Directive<'_>, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.fail(directive, "success", refusal.describe());
        }
    }

    /// Judges an assertion that a module or its instantiation is refused.
    fn refused(
        &mut self,
        directive: &Directive<'_>,
        assertion: &Assertion<'_>,
        outcome: Result<(), Refusal>,
    ) {
        let Err(refusal) = outcome else {
            return self.fail(directive, expectation(assertion), "success");
        };
        let is_component = match &assertion.subject {
            Subject::Module(module) => module.is_component,
            _ => false,
        };
        let why = match (assertion.verdict, &refusal) {
            (Verdict::Trap, Refusal::Failed(error))
                if error.trap().is_some_and(|trap| !trap.is_exhaustion()) =>
            {
                Some(error.to_string())
            }
            (Verdict::Unlinkable, Refusal::Failed(error)) => match error.kind() {
                ErrorKind::UnknownImport(..) | ErrorKind::IncompatibleImport(..) => {
                    Some(error.to_string())
                }
                _ => None,
            },
            // Other tools parse components whose features are off, and reject them in validation.
            (Verdict::Invalid, Refusal::Disabled(why)) if is_component => Some(why.clone()),
            (
                Verdict::Malformed | Verdict::MalformedCustom,
                Refusal::Malformed(why) | Refusal::Disabled(why),
            )
            | (Verdict::Invalid | Verdict::InvalidCustom, Refusal::Invalid(why)) => {
                Some(why.clone())
            }
            _ => None,
        };
        match why {
            Some(why) if why.starts_with(assertion.message()) => self.pass(),
            // The specification has no messages for errors in components. Scripts quote the message
            // of one tool, or a part of it.
            Some(why) if is_component => {
                self.pass();
                if !why.contains(assertion.message()) {
                    let reworded = self.failure(directive, expectation(assertion), why);
                    self.report.reworded.push(reworded);
                }
            }
            _ => self.fail(directive, expectation(assertion), refusal.describe()),
        }
    }

    /// Compares the outcome of an action to the outcome that the directive asserts.
    fn judge(&mut self, directive: &Directive<'_>, outcome: Result<Vec<Value>, Error>) {
        use DirectiveKind as Kind;
        let got = match &outcome {
            Ok(values) => row(values.iter().map(Value::to_string)),
            Err(error) => describe(error),
        };
        let (good, expected) = match &directive.kind {
            Kind::Action(_) => {
                if outcome.is_err() {
                    self.fail(directive, "success", got);
                }
                return;
            }
            Kind::AssertReturn { results, .. } => (
                outcome.as_ref().is_ok_and(|values| {
                    values.len() == results.len()
                        && results.iter().zip(values).all(|(wanted, value)| matches(wanted, value))
                }),
                row(results.iter().map(display)),
            ),
            Kind::Assert(assertion) => match assertion.verdict {
                verdict @ (Verdict::Trap | Verdict::Exhaustion) => {
                    let exhausted = verdict == Verdict::Exhaustion;
                    let good = outcome.as_ref().is_err_and(|error| {
                        error.trap().is_some_and(|trap| trap.is_exhaustion() == exhausted)
                            && error.to_string().starts_with(assertion.message())
                    });
                    (good, expectation(assertion))
                }
                Verdict::Exception => {
                    let thrown = |error: &Error| matches!(error.kind(), ErrorKind::Exception(_));
                    (outcome.as_ref().is_err_and(thrown), "an exception".into())
                }
                _ => (false, "a directive that this engine can run".into()),
            },
            _ => (false, "a directive that this engine can run".into()),
        };
        match good {
            true => self.pass(),
            false => self.fail(directive, expected, got),
        }
    }

    fn define(
        &mut self,
        scope: &mut Scope,
        module: &ScriptModule<'_>,
    ) -> Result<Definition, Refusal> {
        let definition = self.options.load(module, &self.lines)?;
        scope.define(module.id.as_ref(), definition.clone());
        Ok(definition)
    }

    fn instantiate(
        &mut self,
        scope: &mut Scope,
        directive: &Directive<'_>,
        definition: &Definition,
        id: Option<&Word<'_>>,
    ) -> Result<(), Refusal> {
        let known = match definition {
            Definition::Module(module) => Known::Instance(self.start(module)?),
            Definition::Component => {
                self.skip(directive);
                Known::Component
            }
        };
        scope.name(id, known);
        Ok(())
    }

    fn start(&mut self, module: &Module) -> Result<Instance, Error> {
        self.fuel_up();
        let result = Instance::new(&mut self.store, module, &self.imports);
        self.drain_fuel(result)
    }

    fn act(&mut self, scope: &Scope, action: &Action<'_>) -> Result<Vec<Value>, Error> {
        let instance = scope.instance(action.instance.as_ref())?;
        match &action.kind {
            ActionKind::Get => {
                let global = instance.global(&self.store, &action.name.text)?;
                Ok([global.get(&mut self.store)?].into())
            }
            ActionKind::InvokeComponent(_) => {
                Err(Error::host("the function of a module takes no values of components"))
            }
            ActionKind::Invoke(_) => {
                let (func, arguments) = self.invocation(scope, action)?;
                self.fuel_up();
                let result = func.call(&mut self.store, &arguments);
                self.drain_fuel(result)
            }
        }
    }

    fn invocation(&self, scope: &Scope, action: &Action<'_>) -> Result<(Func, Vec<Value>), Error> {
        let instance = scope.instance(action.instance.as_ref())?;
        let func = instance.func(&self.store, &action.name.text)?;
        Ok((func, action.args().unwrap_or_default().iter().map(argument).collect()))
    }

    /// Starts an action of a thread. A call may be suspended before it returns.
    fn start_action(&mut self, scope: &Scope, action: &Action<'_>) -> Result<Outcome, Error> {
        match action.kind {
            ActionKind::Get | ActionKind::InvokeComponent(_) => {
                self.act(scope, action).map(Outcome::Done)
            }
            ActionKind::Invoke(_) => {
                let (func, arguments) = self.invocation(scope, action)?;
                func.start(&mut self.store, &arguments)
            }
        }
    }
}

/// Returns whether a directive uses an instance of a component.
fn needs_component(scope: &Scope, directive: &DirectiveKind<'_>) -> bool {
    let instance = match directive {
        DirectiveKind::Register { instance, .. } => instance.as_ref(),
        _ => match directive.action() {
            Some(action) => action.instance.as_ref(),
            None => return false,
        },
    };
    scope.is_component(instance)
}

/// Returns the failure that an assertion expects.
fn expectation(assertion: &Assertion<'_>) -> String {
    let class = assertion.verdict.keyword().trim_start_matches("assert_");
    format!("{}: {}", class.trim_end_matches("_custom"), assertion.message())
}
