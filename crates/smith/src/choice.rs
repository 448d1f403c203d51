//! The instruction table arranged for choosing: by class, by the operands on top of the stack, and
//! by result. The lists are made at compile time from the one table.

use wattle_ast::{Arrow, ArrowType, Class, Feature, Features, Opcode};

use crate::ty::OPERAND_CLASSES;

/// How many classes of instructions there are.
const CLASSES: usize = Class::Atomic as usize + 1;
const KEYS: usize = CLASSES * OPERAND_CLASSES * OPERAND_CLASSES;
const COUNT: usize = Opcode::ALL.len();
const WORDS: usize = COUNT.div_ceil(64);
/// An upper bound of the entries of [`BY_OPERANDS`].
const ENTRIES: usize = COUNT * 2 * (2 * OPERAND_CLASSES + 2);

/// `K` lists of opcodes, one after the other.
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

/// The class of an operand of this type: see [`Ty::operand_class`](crate::ty::Ty::operand_class).
/// `at` counts as `i64` when `wide`, else as `i32`.
const fn operand_class(ty: ArrowType, wide: bool) -> usize {
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

/// Goes over every key of [`BY_OPERANDS`] that an instruction is listed under: those with its first
/// parameter on top, and the one with its first two. A key that comes twice makes the choice
/// likelier.
macro_rules! each_key {
    ($info:ident, $key:ident => $do:block) => {
        if let Some(arrow) = &$info.arrow {
            let mut wide = 0;
            while wide < 1 + uses_address(arrow) as usize && !arrow.params.is_empty() {
                let first = operand_class(arrow.params[0], wide == 1);
                let class = $info.class as usize * OPERAND_CLASSES * OPERAND_CLASSES;
                let mut below = 0;
                while below < OPERAND_CLASSES {
                    let $key = class + below * OPERAND_CLASSES + first;
                    $do
                    below += 1;
                }
                if arrow.params.len() > 1 {
                    let $key = class + first * OPERAND_CLASSES + operand_class(arrow.params[1], wide == 1);
                    $do
                }
                wide += 1;
            }
        }
    };
}

/// By class and the classes of the two topmost operands: see [`by_operands`].
static BY_OPERANDS: Lists<ENTRIES, KEYS> = {
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

/// Lists of the opcodes by `$key`, without those whose key is not below `$keys`.
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

/// Numeric and vector instructions by the class of their only result.
static BY_RESULT: Lists<COUNT, OPERAND_CLASSES> = arrange!(OPERAND_CLASSES, info => match &info.arrow {
    Some(arrow)
        if matches!(info.class, Class::Numeric | Class::Vector)
            && !arrow.params.is_empty()
            && arrow.results.len() == 1 =>
    {
        operand_class(arrow.results[0], false)
    }
    _ => OPERAND_CLASSES,
});

/// The instructions of a class whose first operands may be the ones on top of the stack: an operand
/// of class `top`, and one of class `second` below it.
#[inline(always)]
pub(crate) fn by_operands(class: Class, second: usize, top: usize) -> &'static [Opcode] {
    BY_OPERANDS.get((class as usize * OPERAND_CLASSES + second) * OPERAND_CLASSES + top)
}

/// All instructions of a class.
#[inline(always)]
pub(crate) fn by_class(class: Class) -> &'static [Opcode] {
    BY_CLASS.get(class as usize)
}

/// Numeric and vector instructions with one result, of this operand class.
#[inline(always)]
pub(crate) fn by_result(class: usize) -> &'static [Opcode] {
    BY_RESULT.get(class)
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
    /// The opcodes of these features.
    pub(crate) fn of(features: Features) -> OpcodeSet {
        let mut set = OpcodeSet([0; WORDS]);
        for feature in features.iter() {
            if let Some(more) = BY_FEATURE.get(feature as usize) {
                set.0.iter_mut().zip(more.0).for_each(|(word, more)| *word |= more);
            }
        }
        set
    }

    /// Keeps the opcodes whose bits are set in the words that `bits` gives.
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
        assert!(by_operands(Class::Numeric, 1, 1).contains(&Opcode::I32Add));
        assert!(by_operands(Class::Memory, 0, 2).contains(&Opcode::I32Load));
        assert!(!by_operands(Class::Numeric, 3, 3).contains(&Opcode::I32Add));
        assert!(by_result(4).contains(&Opcode::F64Sqrt));
        assert!(!OpcodeSet::of(Features::WASM1).contains(Opcode::V128Not));
    }
}
