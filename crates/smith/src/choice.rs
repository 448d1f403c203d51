//! The instruction table arranged for choosing: by class, by what lies on top of the stack, and by
//! what an instruction leaves there. Made at compile time; there is no other list of instructions.

use wattle_ast::{Arrow, ArrowType, Class, Feature, Features, Opcode};

use crate::ty::TOPS;

/// How many classes there are.
pub(crate) const CLASSES: usize = Class::Atomic as usize + 1;
const KEYS: usize = CLASSES * TOPS * TOPS;
const COUNT: usize = Opcode::ALL.len();
const WORDS: usize = COUNT.div_ceil(64);
/// Entries of all lists by stack top together, at most.
const ENTRIES: usize = COUNT * 2 * (2 * TOPS + 2);

/// Lists of opcodes, one after the other, and where each begins.
pub(crate) struct Lists<const N: usize, const K: usize> {
    opcodes: [Opcode; N],
    starts: [u16; K],
    lens: [u16; K],
}

impl<const N: usize, const K: usize> Lists<N, K> {
    #[inline(always)]
    pub(crate) fn get(&self, key: usize) -> &[Opcode] {
        let (Some(&start), Some(&len)) = (self.starts.get(key), self.lens.get(key)) else {
            return &[];
        };
        let start = usize::from(start);
        self.opcodes.get(start..start + usize::from(len)).unwrap_or_default()
    }
}

/// The class of a type as a stack top. `at` stands for `i32`, or for `i64` when `wide`.
const fn top(ty: ArrowType, wide: bool) -> usize {
    match ty {
        ArrowType::i32 => 1,
        ArrowType::i64 => 2,
        ArrowType::f32 => 3,
        ArrowType::f64 => 4,
        ArrowType::v128 => 5,
        ArrowType::at => 1 + wide as usize,
        ArrowType::eqref | ArrowType::i31ref | ArrowType::i31 | ArrowType::arrayref => 6,
    }
}

const fn uses_address(arrow: &Arrow) -> bool {
    let mut i = 0;
    while i < arrow.params.len() {
        if matches!(arrow.params[i], ArrowType::at) {
            return true;
        }
        i += 1;
    }
    false
}

/// Goes over every key that an instruction is listed under: those where its first parameter lies
/// on top, or its first two do. Keys that are counted twice only make the choice likelier.
macro_rules! each_key {
    ($info:ident, $key:ident => $do:block) => {
        if let Some(arrow) = &$info.arrow {
            let mut wide = 0;
            while wide < 1 + uses_address(arrow) as usize && !arrow.params.is_empty() {
                let first = top(arrow.params[0], wide == 1);
                let class = $info.class as usize * TOPS * TOPS;
                let mut below = 0;
                while below < TOPS {
                    let $key = class + below * TOPS + first;
                    $do
                    below += 1;
                }
                if arrow.params.len() > 1 {
                    let $key = class + first * TOPS + top(arrow.params[1], wide == 1);
                    $do
                }
                wide += 1;
            }
        }
    };
}

/// By class and the two topmost operands: see [`key`].
static BY_TOP: Lists<ENTRIES, KEYS> = {
    let mut lists =
        Lists { opcodes: [Opcode::ALL[0]; ENTRIES], starts: [0; KEYS], lens: [0; KEYS] };
    let mut i = 0;
    while i < COUNT {
        let info = &Opcode::INFOS[i];
        each_key!(info, key => { lists.lens[key] += 1; });
        i += 1;
    }
    let (mut start, mut key) = (0, 0);
    while key < KEYS {
        lists.starts[key] = start;
        start += lists.lens[key];
        lists.lens[key] = 0;
        key += 1;
    }
    i = 0;
    while i < COUNT {
        let info = &Opcode::INFOS[i];
        each_key!(info, key => {
            lists.opcodes[lists.starts[key] as usize + lists.lens[key] as usize] = info.opcode;
            lists.lens[key] += 1;
        });
        i += 1;
    }
    lists
};

/// A simple arrangement: every opcode that `$key` gives a key below `$keys`.
macro_rules! arrange {
    ($keys:expr, $info:ident => $key:expr) => {{
        let mut lists: Lists<COUNT, { $keys }> =
            Lists { opcodes: [Opcode::ALL[0]; COUNT], starts: [0; $keys], lens: [0; $keys] };
        let (mut key, mut next) = (0, 0);
        while key < $keys {
            lists.starts[key] = next as u16;
            let mut i = 0;
            while i < COUNT {
                let $info = &Opcode::INFOS[i];
                if $key == key {
                    lists.opcodes[next] = $info.opcode;
                    next += 1;
                }
                i += 1;
            }
            lists.lens[key] = next as u16 - lists.starts[key];
            key += 1;
        }
        lists
    }};
}

static BY_CLASS: Lists<COUNT, CLASSES> = arrange!(CLASSES, info => info.class as usize);

/// By the one number or vector that instructions without an effect leave.
static BY_RESULT: Lists<COUNT, TOPS> = arrange!(TOPS, info => match &info.arrow {
    Some(arrow)
        if matches!(info.class, Class::Numeric | Class::Vector)
            && !arrow.params.is_empty()
            && arrow.results.len() == 1 =>
    {
        top(arrow.results[0], false)
    }
    _ => TOPS,
});

/// The instructions of a class whose first operands may be what lies on top: `second` under `top`.
#[inline(always)]
pub(crate) fn by_top(class: Class, second: usize, top: usize) -> &'static [Opcode] {
    BY_TOP.get((class as usize * TOPS + second) * TOPS + top)
}

/// All instructions of a class.
#[inline(always)]
pub(crate) fn by_class(class: Class) -> &'static [Opcode] {
    BY_CLASS.get(class as usize)
}

/// Numeric and vector instructions that leave just a value of this class.
#[inline(always)]
pub(crate) fn by_result(top: usize) -> &'static [Opcode] {
    BY_RESULT.get(top)
}

/// A set of opcodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpcodeSet([u64; WORDS]);

static BY_FEATURE: [OpcodeSet; Feature::ALL.len()] = {
    let mut sets = [OpcodeSet([0; WORDS]); Feature::ALL.len()];
    let mut i = 0;
    while i < COUNT {
        sets[Opcode::INFOS[i].feature as usize].0[i / 64] |= 1 << (i % 64);
        i += 1;
    }
    sets
};

impl OpcodeSet {
    /// Those of features.
    pub(crate) fn of(features: Features) -> OpcodeSet {
        let mut set = OpcodeSet([0; WORDS]);
        for feature in features.iter() {
            if let Some(more) = BY_FEATURE.get(feature as usize) {
                set.0.iter_mut().zip(more.0).for_each(|(word, more)| *word |= more);
            }
        }
        set
    }

    /// Leaves those for which a bit is set.
    pub(crate) fn retain(&mut self, mut bits: impl FnMut() -> u64) {
        self.0.iter_mut().for_each(|word| *word &= bits());
    }

    #[inline(always)]
    pub(crate) fn contains(&self, opcode: Opcode) -> bool {
        let place = opcode as usize;
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_can_be_chosen() {
        let all = OpcodeSet::of(Features::ALL);
        for info in Opcode::INFOS {
            assert!(by_class(info.class).contains(&info.opcode), "{}", info.opcode);
            assert!(all.contains(info.opcode));
        }
        assert!(by_top(Class::Numeric, 1, 1).contains(&Opcode::I32Add));
        assert!(by_top(Class::Memory, 0, 2).contains(&Opcode::I32Load));
        assert!(!by_top(Class::Numeric, 3, 3).contains(&Opcode::I32Add));
        assert!(by_result(4).contains(&Opcode::F64Sqrt));
        assert!(!OpcodeSet::of(Features::WASM1).contains(Opcode::V128Not));
    }
}
