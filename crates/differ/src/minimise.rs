//! Minimising: deletes parts of a module, as long as it stays valid and a condition still holds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wattle_ast::{
    Body, DataIdx, DefIdx, EditError, Expr, ExternKind, Features, Func, FuncIdx, Instr, Module,
    Nesting, Opcode, Structure, ValType,
};
use wattle_smith::default_of;

/// Bounds on minimising a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// The greatest number of candidates to test.
    pub tries: u32,
    /// The longest time to take.
    pub time: Duration,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { tries: 4000, time: Duration::from_secs(30) }
    }
}

struct Search<'s> {
    features: Features,
    holds: &'s mut dyn FnMut(&Module<'static>) -> bool,
    tries: u32,
    end: Instant,
    stop: &'s AtomicBool,
    best: Module<'static>,
}

/// The smallest module, of those that deletion leads to, for which `holds` is still true. It is
/// valid with `features`. `holds` must be true for `module`, and only sees valid modules.
///
/// ```
/// use wattle_ast::{Features, Opcode};
/// use wattle_differ::{Effort, minimise};
/// use wattle_smith::{Config, from_seed};
///
/// let module = from_seed(&Config::default(), 8).module;
/// let instructions = |module: &wattle_ast::Module<'_>| -> usize {
///     module.funcs.iter().map(|func| func.body.instrs().count()).sum()
/// };
/// let small = minimise(&module, Features::DEFAULT, Effort::default(), |module| {
///     module.funcs.iter().any(|f| f.body.instrs().flatten().any(|i| i.opcode() == Opcode::GlobalGet))
/// });
/// assert!(instructions(&small) < 12);
/// assert!(wattle_validator::validate(&small).is_ok());
/// ```
pub fn minimise(
    module: &Module<'static>,
    features: Features,
    effort: Effort,
    holds: impl FnMut(&Module<'static>) -> bool,
) -> Module<'static> {
    minimise_until(module, features, effort, &AtomicBool::new(false), holds)
}

/// Minimises a module until `stop` is set.
pub(crate) fn minimise_until(
    module: &Module<'static>,
    features: Features,
    effort: Effort,
    stop: &AtomicBool,
    mut holds: impl FnMut(&Module<'static>) -> bool,
) -> Module<'static> {
    let mut search = Search {
        features,
        holds: &mut holds,
        tries: effort.tries,
        end: Instant::now() + effort.time,
        stop,
        best: module.clone(),
    };
    loop {
        let mut progress = search.lists();
        for func in (0..search.best.funcs.len() as u32).rev() {
            progress |= search.body(func.into());
        }
        if !progress || search.is_over() {
            return search.best;
        }
    }
}

/// The length of an index space, and what removes an item of it that nothing refers to.
type Space = (fn(&Module<'_>) -> u32, fn(&mut Module<'_>, u32) -> Result<(), EditError>);

const SPACES: [Space; 8] = [
    (|m| m.datas.len() as u32, |m, index| m.remove_data(index.into())),
    (|m| m.elems.len() as u32, |m, index| m.remove_elem(index.into())),
    (|m| len(m, ExternKind::Func, m.funcs.len()), |m, index| m.remove_func(index.into())),
    (|m| len(m, ExternKind::Global, m.globals.len()), |m, index| m.remove_global(index.into())),
    (|m| len(m, ExternKind::Table, m.tables.len()), |m, index| m.remove_table(index.into())),
    (|m| len(m, ExternKind::Mem, m.memories.len()), |m, index| m.remove_mem(index.into())),
    (|m| len(m, ExternKind::Tag, m.tags.len()), |m, index| m.remove_tag(index.into())),
    (|m| m.types.len() as u32, |m, index| m.remove_type(index.into())),
];

fn len(module: &Module<'_>, kind: ExternKind, defined: usize) -> u32 {
    module.imported(kind) + defined as u32
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.tries == 0 || Instant::now() >= self.end || self.stop.load(Ordering::Relaxed)
    }

    /// Makes a candidate the best module if it is valid and `holds` is true for it.
    fn keep(&mut self, candidate: Module<'static>) -> bool {
        if self.is_over() || candidate == self.best {
            return false;
        }
        let valid = wattle_validator::Validator::new().features(self.features).module(&candidate);
        if valid.is_err() {
            return false;
        }
        self.tries -= 1;
        let holds = (self.holds)(&candidate);
        if holds {
            self.best = candidate;
        }
        holds
    }

    /// Tries the best module with a change, which tells whether it changed anything.
    fn change(&mut self, change: impl Fn(&mut Module<'static>) -> bool) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate) && self.keep(candidate)
    }

    /// Deletes everything but the code of bodies.
    fn lists(&mut self) -> bool {
        let mut progress = self.change(|module| module.start.take().is_some());
        progress |= self.ranges(
            |module| module.exports.len(),
            |module, range| {
                module.exports.drain(range);
            },
        );
        for at in 0..self.best.datas.len() {
            progress |= self.change(|module| {
                let bytes =
                    module.datas.get_mut(DataIdx(at as u32)).map(|data| data.bytes.to_mut());
                bytes.is_some_and(|bytes| !std::mem::take(bytes).is_empty())
            });
        }
        // From the last to the first, since what refers to an item usually stands behind it.
        for (len, remove) in SPACES {
            for index in (0..len(&self.best)).rev() {
                if self.is_over() {
                    break;
                }
                progress |= self.change(|module| remove(module, index).is_ok());
            }
        }
        progress |= self.change(|module| std::mem::take(&mut module.encoding.data_count));
        progress
    }

    /// Deletes ranges of a list: halves, then quarters, and so on down to single elements.
    fn ranges(
        &mut self,
        len: impl Fn(&Module<'static>) -> usize,
        delete: impl Fn(&mut Module<'static>, std::ops::Range<usize>),
    ) -> bool {
        let mut progress = false;
        let mut size = len(&self.best).next_power_of_two();
        while size > 0 {
            let mut end = len(&self.best);
            while end > 0 && !self.is_over() {
                let start = end.saturating_sub(size);
                progress |= self.change(|module| {
                    delete(module, start..end);
                    true
                });
                end = start;
            }
            size /= 2;
        }
        progress
    }

    /// Deletes instructions of a body, or replaces them by constants.
    fn body(&mut self, func: DefIdx<FuncIdx>) -> bool {
        let mut progress = self.rewrite(func, |instrs| instrs.clear());
        progress |= self.rewrite(func, |instrs| *instrs = vec![Instr::Unreachable]);
        let count = |module: &Module<'static>| {
            module.funcs.get(func).map_or(0, |func| func.body.instrs().count().saturating_sub(1))
        };
        progress |= self.ranges(count, |module, range| {
            rewrite(module, func, &|instrs| drop(instrs.drain(range.clone())));
        });
        // A block is replaced by its contents, or by a constant.
        let mut at = 0;
        while at < count(&self.best) && !self.is_over() {
            let Some((end, has_one_part)) = block(&self.best, func, at) else {
                progress |= self.replace(func, at);
                at += 1;
                continue;
            };
            let unwrapped = has_one_part
                && self.rewrite(func, |instrs| {
                    instrs.remove(end);
                    instrs.remove(at);
                });
            let gone = unwrapped || self.constants(func, at, end + 1);
            progress |= gone;
            at += usize::from(!gone);
        }
        progress
    }

    /// Replaces an instruction, with up to three instructions in front of it, by a constant.
    fn replace(&mut self, func: DefIdx<FuncIdx>, at: usize) -> bool {
        let instr = self.best.funcs.get(func).and_then(|func| func.body.instrs().flatten().nth(at));
        let Some(instr) = instr else { return false };
        if ZEROS.iter().any(|&ty| default_of(ty) == instr) {
            return false;
        }
        let stand_in = stand_in(instr.opcode());
        (0..4).any(|more| at >= more && self.constants(func, at - more, at + 1))
            || stand_in.is_some_and(|new| {
                self.rewrite(func, |instrs| drop(instrs.splice(at..at + 1, new.iter().copied())))
            })
    }

    /// Replaces a range of instructions by one constant.
    fn constants(&mut self, func: DefIdx<FuncIdx>, from: usize, to: usize) -> bool {
        ZEROS.iter().any(|&ty| {
            self.rewrite(func, |instrs| {
                drop(instrs.splice(from..to.min(instrs.len()), [default_of(ty)]));
            })
        })
    }

    /// Tries the best module with a change to the instructions of a body.
    fn rewrite(&mut self, func: DefIdx<FuncIdx>, change: impl Fn(&mut Vec<Instr<'_>>)) -> bool {
        self.change(|module| rewrite(module, func, &change))
    }
}

/// The types whose zeros stand in for deleted code.
const ZEROS: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

/// What stands in for an instruction with an arrow on numbers and vectors: its operands are
/// dropped, and its results are zeros.
fn stand_in(opcode: Opcode) -> Option<Vec<Instr<'static>>> {
    let arrow = opcode.info().arrow?;
    let drops = arrow.params.iter().map(|_| Some(Instr::Drop));
    let zeros = arrow.results.iter().map(|result| {
        let ty = result.val_type().filter(|ty| ZEROS.contains(ty))?;
        Some(default_of(ty))
    });
    drops.chain(zeros).collect()
}

/// Changes the instructions of a body, without its last `end`. Returns `false` if the module lacks
/// the body.
fn rewrite(
    module: &mut Module<'static>,
    func: DefIdx<FuncIdx>,
    change: &dyn Fn(&mut Vec<Instr<'_>>),
) -> bool {
    let Some(Func { body, .. }) = module.funcs.get_mut(func) else { return false };
    let mut instrs: Vec<Instr<'_>> = body.instrs().flatten().collect();
    if instrs.pop().is_none() {
        return false;
    }
    change(&mut instrs);
    instrs.push(Instr::End);
    let expr: Expr<'static> = instrs.into_iter().collect();
    let changed = Body::new(body.locals(), expr);
    *body = changed;
    true
}

/// The index of the `end` of the block that an instruction opens, and whether the block has only
/// one part.
fn block(module: &Module<'static>, func: DefIdx<FuncIdx>, at: usize) -> Option<(usize, bool)> {
    let body = &module.funcs.get(func)?.body;
    let mut nesting = Nesting::default();
    let mut open = None;
    let mut has_one_part = true;
    for (place, instr) in body.instrs().flatten().enumerate() {
        let structure = nesting.step(instr.opcode()).ok()?;
        match (open, structure) {
            (None, Structure::Open) if place == at => open = Some(nesting.depth()),
            (None, _) if place == at => return None,
            (Some(depth), Structure::Part) if nesting.depth() == depth => has_one_part = false,
            (Some(depth), Structure::Close) if nesting.depth() < depth => {
                return Some((place, has_one_part));
            }
            _ => {}
        }
    }
    None
}
