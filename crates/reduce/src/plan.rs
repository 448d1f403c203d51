//! Plans: the independent changes that a pass would make.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{DefIdx, Effects, ExternKind, Features, FuncIdx, IndexSpaces, Module};
use wattle_validator::{Types, Validator};

use crate::code::Code;
use crate::contents::Contents;
use crate::emit::{Edit, apply};

/// Makes a `T` with the selected changes of a plan; `None` if they do not fit together.
type Apply<'b, T> = Box<dyn Fn(&[bool]) -> Option<T> + 'b>;

/// The changes of a pass to a `T`, which can be made in any selection.
pub(crate) struct Plan<'b, T> {
    /// The number of changes.
    pub(crate) len: usize,
    pub(crate) apply: Apply<'b, T>,
    /// For each change, a number that identifies it in later plans. It differs from the numbers of
    /// other changes, and of the same change to another item. Empty if the changes have no numbers.
    pub(crate) keys: Vec<u128>,
    /// For each change, the function that it is made to. Empty unless the pass is over bodies.
    pub(crate) funcs: Vec<u32>,
}

/// The changes of a pass to a module.
pub(crate) type ModulePlan<'b> = Plan<'b, Module<'static>>;

impl<'b, T> Plan<'b, T> {
    pub(crate) fn new(len: usize, apply: impl Fn(&[bool]) -> Option<T> + 'b) -> Plan<'b, T> {
        Plan { len, apply: Box::new(apply), keys: Vec::new(), funcs: Vec::new() }
    }

    /// The plan with numbers that identify its changes. The numbers of equal changes are made to
    /// differ.
    pub(crate) fn keyed(self, keys: impl IntoIterator<Item = u128>) -> Plan<'b, T> {
        let mut seen: BTreeMap<u128, u128> = BTreeMap::new();
        let keys = keys.into_iter().map(|key| {
            let before = seen.entry(key).or_default();
            *before += 1;
            key.wrapping_add(*before - 1)
        });
        Plan { keys: keys.collect(), ..self }
    }

    /// A plan that changes a clone of `base`: `change` is called with each selected number.
    pub(crate) fn each(
        base: &'b T,
        len: usize,
        change: impl Fn(&mut T, usize) -> Option<()> + 'b,
    ) -> Plan<'b, T>
    where
        T: Clone,
    {
        Plan::new(len, move |selected| {
            let mut changed = base.clone();
            for number in numbers(selected) {
                change(&mut changed, number)?;
            }
            Some(changed)
        })
    }
}

/// The numbers of the selected changes.
pub(crate) fn numbers(selected: &[bool]) -> impl Iterator<Item = usize> + '_ {
    (0..).zip(selected).filter(|(_, is_selected)| **is_selected).map(|(number, _)| number)
}

/// Removes the selected elements of a list whose elements have the numbers from `first` on. Returns
/// the number behind the last element.
pub(crate) fn remove_selected<T>(list: &mut Vec<T>, selected: &[bool], first: usize) -> usize {
    let mut number = first;
    list.retain(|_| {
        number += 1;
        !selected.get(number - 1).copied().unwrap_or(false)
    });
    number
}

/// A module with its index spaces, features and types.
pub(crate) struct View<'b> {
    pub(crate) module: &'b Module<'static>,
    pub(crate) spaces: IndexSpaces,
    pub(crate) features: Features,
    /// The types, if all but the bodies is valid.
    pub(crate) types: Option<Types>,
}

impl<'b> View<'b> {
    pub(crate) fn new(module: &'b Module<'static>, features: Features) -> View<'b> {
        let types = Validator::new().features(features).declarations(module).ok();
        View { module, spaces: IndexSpaces::of(module), features, types }
    }

    /// The trees of the body of a function; `None` if it is malformed.
    pub(crate) fn code(&self, func: DefIdx<FuncIdx>) -> Option<Code<'b>> {
        let effects = Effects { module: self.module, spaces: &self.spaces };
        let index = func.in_space(self.spaces.imported(ExternKind::Func));
        let body = &self.module.funcs.get(func)?.body;
        Code::new(effects, self.types.as_ref(), index, body)
    }
}

/// A plan of changes to bodies. `edits` gives the changes to one body, a change around another
/// before it. A change is identified by the instructions that it is made to, and `around`
/// instructions on either side.
pub(crate) fn bodies<'b>(
    module: &'b Module<'static>,
    features: Features,
    around: usize,
    edits: impl Fn(&Code<'_>) -> Vec<Edit>,
) -> ModulePlan<'b> {
    let view = View::new(module, features);
    let contents = Contents::new(module);
    let mut all: Vec<(DefIdx<FuncIdx>, Edit)> = Vec::new();
    let mut keys = Vec::new();
    for (func, _) in module.funcs.iter_indexed() {
        if let Some(code) = view.code(func) {
            let edits = edits(&code);
            let plain = contents.code(func);
            keys.extend(edits.iter().map(|edit| edit.key(&plain, around)));
            all.extend(edits.into_iter().map(|edit| (func, edit)));
        }
    }
    let funcs = all.iter().map(|(func, _)| u32::from(*func)).collect();
    let plan = Plan::new(all.len(), move |selected| {
        let mut changed = module.clone();
        let mut chosen = numbers(selected).filter_map(|number| all.get(number)).peekable();
        while let Some((func, edit)) = chosen.next() {
            let mut edits = alloc::vec![edit];
            while let Some((_, edit)) = chosen.next_if(|(next, _)| next == func) {
                edits.push(edit);
            }
            let func = changed.funcs.get_mut(*func)?;
            func.body = apply(&func.body, &edits)?;
        }
        Some(changed)
    });
    Plan { funcs, ..plan.keyed(keys) }
}

/// A number that tells bytes apart, the same on every machine: FNV-1a with 128 bits.
pub(crate) fn fingerprint(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}
