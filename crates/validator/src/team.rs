//! The threads that share the work of one module: portions of tasks, and the errors found so far.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use wattle_ast::{Body, Expr, Malformed, Reader};

use crate::tasks::{Code, Place, Task};
use crate::ty::Ty;
use crate::{Error, Errors, FuncValidator, Types, Validator};

/// The number of bytes of code in a portion: small enough that all threads end at about the same
/// time, large enough that they seldom contend.
pub(crate) const PORTION: usize = 1 << 15;

/// The number of waiting portions from which an idle thread is woken.
const WORTH_WAKING: usize = 4;

/// The order of errors: the number of the item, then whether the error is in the item itself, which
/// is checked after its expressions.
pub(crate) type Order = (u32, bool);

/// An expression, with the number of its item.
pub(crate) type Numbered<'a> = (u32, Task<'a>);

/// Tasks that are all bodies or all initializers, in order. All tasks of an item are in one
/// portion.
#[derive(Default)]
pub(crate) struct Portion<'a> {
    pub(crate) tasks: Vec<Numbered<'a>>,
    /// Tasks whose code outlives its input; a portion that has some has no `tasks`.
    pub(crate) copies: Copies,
    /// The types that initializers are checked against; `None` for bodies, which use
    /// [`State::types`].
    pub(crate) types: Option<Arc<Types>>,
    /// Whether bodies must wait for this portion.
    pub(crate) declares: bool,
}

impl Portion<'_> {
    /// The portion without its tasks. It keeps its memory for others, up to `bytes` bytes of copies.
    fn cleared(mut self, bytes: usize) -> Self {
        self.tasks.clear();
        self.copies.tasks.clear();
        self.copies.bytes.clear();
        self.copies.bytes.shrink_to(bytes);
        Portion { types: None, declares: false, ..self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.tasks.len() + self.copies.tasks.len()
    }

    /// The number of the first item.
    fn first(&self) -> Option<u32> {
        let first_task = self.tasks.first().map(|&(item, _)| item);
        first_task.or_else(|| self.copies.tasks.first().map(|task| task.item))
    }

    /// Checks the tasks in order, and adds at most one error per item to `faults`, up to `most`.
    fn check(
        &self,
        types: &Types,
        validator: &mut FuncValidator,
        faults: &mut Vec<(Order, Error)>,
        most: usize,
    ) {
        // Adds the error of a task, and returns whether to go on. One error per item is enough.
        let mut check = |item: u32, check: &mut dyn FnMut() -> Result<(), Error>| {
            if faults.last().is_none_or(|((last, _), _)| *last != item)
                && let Err(error) = check()
            {
                faults.push(((item, false), error));
            }
            faults.len() < most
        };
        for (item, task) in &self.tasks {
            if !check(*item, &mut || task.check(types, validator)) {
                return;
            }
        }
        let mut start = 0;
        for task in &self.copies.tasks {
            let bytes = self.copies.bytes.get(start..task.end).unwrap_or_default();
            start = task.end;
            let mut check_copy = || match Code::from_bytes(task.kind, bytes) {
                Ok(code) => {
                    let CopiedTask { place, ty, globals, .. } = *task;
                    Task { code, place, ty, globals }.check(types, validator)
                }
                Err(error) => Err(task.place.of(error.into())),
            };
            if !check(task.item, &mut check_copy) {
                return;
            }
        }
    }
}

/// How code is encoded.
#[derive(Clone, Copy)]
enum CodeKind {
    Body,
    Expr,
    Exprs,
}

impl<'a> Code<'a> {
    fn kind(&self) -> CodeKind {
        match self {
            Code::Body(_) => CodeKind::Body,
            Code::Expr(_) => CodeKind::Expr,
            Code::Exprs(_) => CodeKind::Exprs,
        }
    }

    /// The encoded bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Code::Body(body) => body.bytes(),
            Code::Expr(expr) => expr.bytes(),
            Code::Exprs(exprs) => exprs.view().bytes(),
        }
    }

    /// The code with these bytes.
    fn from_bytes(kind: CodeKind, bytes: &'a [u8]) -> Result<Code<'a>, Malformed> {
        Ok(match kind {
            CodeKind::Body => Code::Body(Body::from_bytes(bytes).map_err(|error| error.kind)?),
            CodeKind::Expr => Code::Expr(Expr::new(bytes)),
            CodeKind::Exprs => Code::Exprs(Reader::new(bytes).read()?),
        })
    }
}

/// Copies of tasks.
#[derive(Default)]
pub(crate) struct Copies {
    /// The bytes of all code.
    bytes: Vec<u8>,
    tasks: Vec<CopiedTask>,
}

/// A [`Task`] whose code is a part of [`Copies::bytes`].
struct CopiedTask {
    /// The number of its item.
    item: u32,
    kind: CodeKind,
    /// Where the code ends. It begins where that of the task before ends.
    end: usize,
    place: Place,
    ty: Ty,
    globals: u32,
}

impl Copies {
    pub(crate) fn add(&mut self, item: u32, task: &Task<'_>) {
        if self.bytes.capacity() == 0 {
            // Growing step by step would touch twice the memory.
            self.bytes.reserve(PORTION + PORTION / 4);
        }
        self.bytes.extend_from_slice(task.code.bytes());
        let &Task { ref code, place, ty, globals } = task;
        let (kind, end) = (code.kind(), self.bytes.len());
        self.tasks.push(CopiedTask { item, kind, end, place, ty, globals });
    }
}

pub(crate) struct State<'a> {
    pub(crate) portions: VecDeque<Portion<'a>>,
    /// Empty portions, whose memory is used again.
    pub(crate) spare: Vec<Portion<'a>>,
    /// The types that bodies are checked against.
    pub(crate) types: Arc<Types>,
    /// The number of unfinished portions that bodies must wait for.
    undone: usize,
    /// The functions that constant expressions name.
    declared: Vec<u32>,
    /// Whether `types` has the functions in `declared` yet.
    are_declared: bool,
    faults: Vec<(Order, Error)>,
    /// Bodies behind this item need no check, since enough errors were found up to it.
    last: u32,
    /// The number of idle threads.
    idle: usize,
    is_all_read: bool,
}

impl<'a> State<'a> {
    /// The next portion that can be checked, and the types that it is checked against.
    fn take(&mut self) -> Option<(Portion<'a>, Arc<Types>)> {
        loop {
            let next = match self.undone {
                0 => 0,
                _ => self.portions.iter().position(|portion| portion.declares)?,
            };
            let mut portion = self.portions.remove(next)?;
            let types = portion.types.take().unwrap_or_else(|| self.types_of_bodies());
            if portion.declares || portion.first().is_some_and(|item| item <= self.last) {
                return Some((portion, types));
            }
        }
    }

    /// The types that bodies are checked against, when nothing more declares functions.
    fn types_of_bodies(&mut self) -> Arc<Types> {
        if !mem::replace(&mut self.are_declared, true) {
            let types = Arc::make_mut(&mut self.types);
            self.declared.iter().for_each(|&func| types.declare(func));
        }
        Arc::clone(&self.types)
    }

    /// Whether all portions were taken, and no more will come.
    pub(crate) fn is_over(&self) -> bool {
        self.is_all_read && self.portions.is_empty()
    }

    /// Adds errors, and keeps the first `most` of all.
    pub(crate) fn add(&mut self, faults: impl IntoIterator<Item = (Order, Error)>, most: usize) {
        self.faults.extend(faults);
        if self.faults.len() >= most {
            self.sort();
            self.faults.truncate(most);
            if let (true, Some(&((last, _), _))) = (self.faults.len() == most, self.faults.last()) {
                self.last = last;
            }
        }
    }

    /// Sorts the errors, and keeps one per item.
    fn sort(&mut self) {
        self.faults.sort_by_key(|&(order, _)| order);
        self.faults.dedup_by_key(|&mut ((item, _), _)| item);
    }

    fn stop(&mut self) {
        self.portions.clear();
        self.undone = 0;
        self.is_all_read = true;
    }
}

/// The state that all threads share.
pub(crate) struct Team<'a> {
    state: Mutex<State<'a>>,
    /// Wakes idle threads.
    changed: Condvar,
    pub(crate) max_errors: usize,
}

impl<'a> Team<'a> {
    pub(crate) fn new(max_errors: usize) -> Team<'a> {
        let state = State {
            portions: VecDeque::new(),
            spare: Vec::new(),
            types: Arc::default(),
            undone: 0,
            declared: Vec::new(),
            are_declared: false,
            faults: Vec::new(),
            last: u32::MAX,
            idle: 0,
            is_all_read: false,
        };
        Team { state: Mutex::new(state), changed: Condvar::new(), max_errors }
    }

    /// No code panics while it holds the lock, so a poisoned lock is sound.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a portion. A task that fills a portion alone comes first, and is checked at once if a thread
    /// is idle. Of other portions a few must wait, so that threads that are faster than the one that reads
    /// are not woken for each.
    pub(crate) fn add(&self, portion: Portion<'a>) {
        let mut state = self.lock();
        state.undone += usize::from(portion.declares);
        let is_long = portion.len() == 1;
        match is_long {
            true => state.portions.push_front(portion),
            false => state.portions.push_back(portion),
        }
        if state.idle > 0 && (is_long || state.portions.len() >= WORTH_WAKING) {
            self.changed.notify_one();
        }
    }

    /// The types that bodies are checked against, if at least `ample` portions wait and bodies may
    /// be checked at once.
    pub(crate) fn types_if_busy(&self, ample: usize) -> Option<Arc<Types>> {
        let mut state = self.lock();
        let is_busy = state.portions.len() >= ample && state.undone == 0;
        is_busy.then(|| state.types_of_bodies())
    }

    /// Says that no more portions come.
    pub(crate) fn all_read(&self) {
        self.lock().is_all_read = true;
        self.changed.notify_all();
    }

    /// Checks portions, and waits for more, until `enough` holds.
    pub(crate) fn work(&self, validator: &mut FuncValidator, enough: impl Fn(&State<'a>) -> bool) {
        let mut state = self.lock();
        while !enough(&state) {
            if let Some((portion, types)) = state.take() {
                drop(state);
                self.check(&portion, &types, validator);
                let portion = portion.cleared(2 * PORTION);
                state = self.lock();
                state.spare.push(portion);
            } else if !enough(&state) {
                state.idle += 1;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    fn check(&self, portion: &Portion<'_>, types: &Types, validator: &mut FuncValidator) {
        let mut faults: Vec<(Order, Error)> = Vec::new();
        portion.check(types, validator, &mut faults, self.max_errors);
        let declared = mem::take(&mut validator.declared);
        if portion.declares || !faults.is_empty() {
            let mut state = self.lock();
            state.add(faults, self.max_errors);
            if portion.declares {
                state.declared.extend(declared);
                state.undone = state.undone.saturating_sub(1);
                if state.undone == 0 {
                    self.changed.notify_all();
                }
            }
        }
    }

    /// Sorts the errors, and finishes the module.
    pub(crate) fn finish(self, mut validator: Validator) -> Result<Types, Errors> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.sort();
        state.faults.truncate(self.max_errors);
        drop(state.types);
        state.declared.into_iter().for_each(|func| validator.types_mut().declare(func));
        validator.errors = state.faults.into_iter().map(|(_, error)| error).collect();
        validator.is_broken |= validator.errors.len() >= self.max_errors;
        validator.finish()
    }
}

/// Makes all threads stop when it is dropped, even when its thread panics.
pub(crate) struct StopOnDrop<'t, 'a>(pub(crate) &'t Team<'a>);

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().stop();
        self.0.changed.notify_all();
    }
}
