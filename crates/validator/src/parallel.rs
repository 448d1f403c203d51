//! Bodies shared out among threads.

use alloc::vec::Vec;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use wattle_ast::Body;

use crate::{Error, FuncToValidate, FuncValidator};

/// Code of fewer bytes than this is not worth a thread.
pub(crate) const WORTH_A_THREAD: usize = 1 << 18;

/// What a thread takes at a time, in bytes of code: little enough that all end at about the same
/// time, enough that they seldom meet.
const PORTION: usize = 1 << 16;

/// Checks bodies that [`Validator::defer_bodies`](crate::Validator::defer_bodies) put off, on up
/// to `threads` threads: as many as there are cores when there is no number. Little code is
/// checked on the thread that calls.
///
/// The errors come in the order of the functions, one per function at most. Once a thread has
/// found `max_errors` it looks no further.
///
/// ```
/// use wattle_ast::{Body, Func, FuncType, Item, Module, TypeIdx};
/// use wattle_validator::{Validator, Verdict, validate_bodies};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// module.funcs.resize(3, Func { ty: TypeIdx(0), body: Body::default() });
///
/// let mut validator = Validator::new().defer_bodies(true);
/// let mut bodies = Vec::new();
/// for item in module.items() {
///     if let (Ok(Verdict::Body(check)), Item::Body(body)) = (validator.item(&item), item) {
///         bodies.push((check, body));
///     }
/// }
/// assert_eq!(validate_bodies(&bodies, None, 20), []);
/// assert!(validator.finish().is_ok());
/// ```
pub fn validate_bodies(
    bodies: &[(FuncToValidate, Body<'_>)],
    threads: Option<NonZeroUsize>,
    max_errors: usize,
) -> Vec<Error> {
    let size: usize = bodies.iter().map(|(_, body)| body.bytes().len()).sum();
    let threads = threads.map_or_else(cores, NonZeroUsize::get).min(size / WORTH_A_THREAD);
    let portions = Portions { bodies, starts: starts(bodies), next: AtomicUsize::new(0) };
    let mut errors = if threads < 2 {
        portions.work(max_errors)
    } else {
        thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads).map(|_| scope.spawn(|| portions.work(max_errors))).collect();
            let mut errors = portions.work(max_errors);
            for other in others {
                match other.join() {
                    Ok(found) => errors.extend(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            errors
        })
    };
    errors.sort_by_key(|error| error.path.item);
    errors.truncate(max_errors.max(1));
    errors
}

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Where portions begin, and where the last ends.
fn starts(bodies: &[(FuncToValidate, Body<'_>)]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut size = PORTION;
    for (index, (_, body)) in bodies.iter().enumerate() {
        if size >= PORTION {
            starts.push(index);
            size = 0;
        }
        size += body.bytes().len();
    }
    starts.push(bodies.len());
    starts
}

/// Bodies in portions, the next of which whoever is free takes.
struct Portions<'b, 'a> {
    bodies: &'b [(FuncToValidate, Body<'a>)],
    starts: Vec<usize>,
    next: AtomicUsize,
}

impl Portions<'_, '_> {
    fn work(&self, max_errors: usize) -> Vec<Error> {
        let mut validator = FuncValidator::default();
        let mut errors = Vec::new();
        while let Some(&[start, end]) = self
            .starts
            .get(self.next.fetch_add(1, Ordering::Relaxed)..)
            .and_then(|rest| rest.first_chunk())
        {
            for (check, body) in self.bodies.get(start..end).unwrap_or_default() {
                errors.extend(check.validate(&mut validator, body).err());
                if errors.len() >= max_errors.max(1) {
                    return errors;
                }
            }
        }
        errors
    }
}
