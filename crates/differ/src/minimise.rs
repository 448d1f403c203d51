//! Minimising by deletion: a smaller module that is valid and for which the same still holds.

use std::time::{Duration, Instant};

use wattle_ast::{
    Body, Expr, F32, F64, Features, Func, Instr, Module, Nesting, Structure, V128, ValType,
};

/// Bounds of the search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// How many candidates are tried.
    pub tries: u32,
    /// For how long.
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
    best: Module<'static>,
}

/// The smallest module that deletion leads to for which `holds` still says yes. It is valid with
/// `features`; `holds` is asked about valid modules only, and must hold of `module`.
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
///     module.funcs.iter().any(|f| f.body.instrs().any(|i| i.opcode() == Opcode::GlobalGet))
/// });
/// assert!(instructions(&small) < 12);
/// assert!(wattle_validator::validate(&small).is_ok());
/// ```
pub fn minimise(
    module: &Module<'static>,
    features: Features,
    effort: Effort,
    mut holds: impl FnMut(&Module<'static>) -> bool,
) -> Module<'static> {
    let mut search = Search {
        features,
        holds: &mut holds,
        tries: effort.tries,
        end: Instant::now() + effort.time,
        best: module.clone(),
    };
    loop {
        let mut progress = search.lists();
        for func in (0..search.best.funcs.len()).rev() {
            progress |= search.body(func);
        }
        if !progress || search.is_over() {
            return search.best;
        }
    }
}

/// Takes the last one off, when there is one.
fn pop<T>(list: &mut Vec<T>) -> bool {
    list.pop().is_some()
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.tries == 0 || Instant::now() >= self.end
    }

    /// Tries a candidate, and keeps it when it does.
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

    /// The best with a change, if the change says that it changed something.
    fn change(&mut self, change: impl Fn(&mut Module<'static>) -> bool) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate) && self.keep(candidate)
    }

    /// All but the bodies.
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
                let bytes = module.datas.get_mut(at).map(|data| data.bytes.to_mut());
                bytes.is_some_and(|bytes| !std::mem::take(bytes).is_empty())
            });
        }
        // From the end, so that no index changes.
        let pops: [fn(&mut Module<'static>) -> bool; 8] = [
            |m| {
                m.data_count = m.data_count.map(|count| count.saturating_sub(1));
                pop(&mut m.datas)
            },
            |m| pop(&mut m.elems),
            |m| pop(&mut m.funcs),
            |m| pop(&mut m.globals),
            |m| pop(&mut m.tables),
            |m| pop(&mut m.memories),
            |m| pop(&mut m.tags),
            |m| {
                let last = m.types.len().saturating_sub(1) as u32;
                m.rec_groups.retain(|group| group.first.0 + group.len <= last);
                pop(&mut m.types)
            },
        ];
        for pop in pops {
            while self.change(pop) {
                progress = true;
            }
        }
        progress |=
            self.change(|module| module.datas.is_empty() && module.data_count.take().is_some());
        progress |= self.change(|module| {
            module.import_groups.clear();
            pop(&mut module.imports)
        });
        progress
    }

    /// Deletes ranges of a list: halves, quarters, and so on to single ones.
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

    /// One body.
    fn body(&mut self, func: usize) -> bool {
        let mut progress = self.change(|module| rewrite(module, func, &mut |_| vec![]));
        progress |= self.change(|module| rewrite(module, func, &mut |_| vec![Instr::Unreachable]));
        let count = |module: &Module<'static>| {
            module.funcs.get(func).map_or(0, |func| func.body.instrs().count().saturating_sub(1))
        };
        progress |= self.ranges(count, |module, range| {
            rewrite(module, func, &mut |instrs| {
                let mut left = instrs.to_vec();
                left.drain(range.clone());
                left
            });
        });
        // Blocks without their frame, and as a whole.
        let mut at = 0;
        while at < count(&self.best) && !self.is_over() {
            let Some((end, is_plain)) = block(&self.best, func, at) else {
                progress |= self.replace(func, at);
                at += 1;
                continue;
            };
            let without = self.change(|module| {
                is_plain
                    && rewrite(module, func, &mut |instrs| {
                        let mut left = instrs.to_vec();
                        left.remove(end);
                        left.remove(at);
                        left
                    })
            });
            let gone = without || self.constants(func, at, end + 1);
            progress |= gone;
            at += usize::from(!gone);
        }
        progress
    }

    /// An instruction, with up to three that come before it, becomes constants.
    fn replace(&mut self, func: usize, at: usize) -> bool {
        let instr = self.best.funcs.get(func).and_then(|func| func.body.instrs().nth(at));
        let is_trivial = instr.is_none_or(|instr| constants().any(|(_, known)| known == instr));
        if is_trivial {
            return false;
        }
        (0..4).any(|more| at >= more && self.constants(func, at - more, at + 1)) || {
            // Its operands are dropped, and its results are zero.
            let arrow = instr_arrow(&self.best, func, at);
            arrow.is_some_and(|new| {
                self.change(|module| {
                    rewrite(module, func, &mut |instrs| {
                        let mut left = instrs.to_vec();
                        left.splice(at..at + 1, new.iter().copied());
                        left
                    })
                })
            })
        }
    }

    /// A range becomes one constant.
    fn constants(&mut self, func: usize, from: usize, to: usize) -> bool {
        constants().any(|(_, constant)| {
            self.change(|module| {
                rewrite(module, func, &mut |instrs| {
                    let mut left = instrs.to_vec();
                    left.splice(from..to.min(left.len()), [constant]);
                    left
                })
            })
        })
    }
}

/// The zero of each numeric type.
fn constants() -> impl Iterator<Item = (ValType, Instr<'static>)> {
    [
        (ValType::I32, Instr::I32Const { value: 0 }),
        (ValType::I64, Instr::I64Const { value: 0 }),
        (ValType::F32, Instr::F32Const { value: F32(0) }),
        (ValType::F64, Instr::F64Const { value: F64(0) }),
        (ValType::V128, Instr::V128Const { value: V128([0; 16]) }),
    ]
    .into_iter()
}

/// What stands in for an instruction with an arrow on numbers.
fn instr_arrow(module: &Module<'static>, func: usize, at: usize) -> Option<Vec<Instr<'static>>> {
    let instr = module.funcs.get(func)?.body.instrs().nth(at)?;
    let arrow = instr.opcode().info().arrow?;
    let mut new = vec![Instr::Drop; arrow.params.len()];
    for result in arrow.results {
        let ty = result.val_type()?;
        new.push(constants().find(|(known, _)| *known == ty)?.1);
    }
    Some(new)
}

/// Changes the instructions of a body; the last `end` is left out and put back.
fn rewrite(
    module: &mut Module<'static>,
    func: usize,
    change: &mut dyn for<'i> FnMut(&[Instr<'i>]) -> Vec<Instr<'i>>,
) -> bool {
    let Some(Func { body, .. }) = module.funcs.get_mut(func) else { return false };
    let instrs: Vec<Instr<'_>> = body.instrs().collect();
    let Some((_, instrs)) = instrs.split_last() else { return false };
    let mut new = change(instrs);
    new.push(Instr::End);
    let expr: Expr<'static> = new.into_iter().collect();
    let changed = Body::new(body.locals(), expr);
    *body = changed;
    true
}

/// Where the block ends that an instruction opens, and whether it has but one part.
fn block(module: &Module<'static>, func: usize, at: usize) -> Option<(usize, bool)> {
    let body = &module.funcs.get(func)?.body;
    let mut nesting = Nesting::default();
    let mut open = None;
    let mut is_plain = true;
    for (place, instr) in body.instrs().enumerate() {
        let structure = nesting.step(instr.opcode()).ok()?;
        match (open, structure) {
            (None, Structure::Open) if place == at => open = Some(nesting.depth()),
            (None, _) if place == at => return None,
            (Some(depth), Structure::Part) if nesting.depth() == depth => is_plain = false,
            (Some(depth), Structure::Close) if nesting.depth() < depth => {
                return Some((place, is_plain));
            }
            _ => {}
        }
    }
    None
}
