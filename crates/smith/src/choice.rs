//! The instruction table arranged for choosing: by class, by the operands on top of the stack, and
//! by result. The lists are made at compile time from the one table.

use wattle_ast::{Arrow, ArrowType, Class, Feature, Features, Opcode, OpcodeInfo};

use crate::ty::OPERAND_CLASSES;

/// The number of classes of instructions.
const CLASSES: usize = Class::Atomic as usize + 1;
const COUNT: usize = Opcode::ALL.len();
const WORDS: usize = COUNT.div_ceil(64);
/// The keys of [`BY_OPERANDS`].
const OPERAND_KEYS: usize = CLASSES * OPERAND_CLASSES * OPERAND_CLASSES;
/// The most keys that an instruction has there, for each of two address types.
const KEYS_EACH: usize = OPERAND_CLASSES + 1;

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

/// Lists of opcodes by key. `$key` is the key of entry `$entry`, a number below `$entries`, of an
/// instruction. It is greater than the key of any list if the instruction has no such entry.
macro_rules! arrange {
    ($keys:expr, $entries:expr, |$info:ident, $entry:ident| $key:expr) => {{
        let mut lists: Lists<{ COUNT * $entries }, { $keys }> = Lists {
            opcodes: [Opcode::ALL[0]; COUNT * $entries],
            starts: [0; $keys],
            lens: [0; $keys],
        };
        // First the lists are measured, then they are filled.
        let mut fill = false;
        loop {
            let mut i = 0;
            while i < COUNT {
                let ($info, mut $entry) = (&Opcode::INFOS[i], 0);
                while $entry < $entries {
                    let key: usize = $key;
                    if key < $keys {
                        if fill {
                            let at = lists.starts[key] + lists.lens[key];
                            lists.opcodes[at as usize] = $info.opcode;
                        }
                        lists.lens[key] += 1;
                    }
                    $entry += 1;
                }
                i += 1;
            }
            if fill {
                break lists;
            }
            let (mut start, mut key) = (0, 0);
            while key < $keys {
                lists.starts[key] = start;
                start += lists.lens[key];
                lists.lens[key] = 0;
                key += 1;
            }
            fill = true;
        }
    }};
}

/// The key of an entry of an instruction in [`BY_OPERANDS`]. An instruction is listed with its
/// first parameter on top and any operand below, and with its first two parameters; and if it takes
/// an address, for both address types. A key that comes twice makes the choice likelier.
const fn operands_key(info: &OpcodeInfo, entry: usize) -> usize {
    let (wide, below) = (entry / KEYS_EACH == 1, entry % KEYS_EACH);
    let Some(arrow) = &info.arrow else { return OPERAND_KEYS };
    if arrow.params.is_empty() || wide && !uses_address(arrow) {
        return OPERAND_KEYS;
    }
    let first = operand_class(arrow.params[0], wide);
    let (second, top) = match below {
        OPERAND_CLASSES if arrow.params.len() == 1 => return OPERAND_KEYS,
        OPERAND_CLASSES => (first, operand_class(arrow.params[1], wide)),
        _ => (below, first),
    };
    (info.class as usize * OPERAND_CLASSES + second) * OPERAND_CLASSES + top
}

/// The instructions by class and the classes of the two topmost operands: see [`by_operands`].
static BY_OPERANDS: Lists<{ COUNT * 2 * KEYS_EACH }, OPERAND_KEYS> =
    arrange!(OPERAND_KEYS, 2 * KEYS_EACH, |info, entry| operands_key(info, entry));

static BY_CLASS: Lists<COUNT, CLASSES> = arrange!(CLASSES, 1, |info, entry| info.class as usize);

/// Numeric and vector instructions by the class of their only result.
static BY_RESULT: Lists<COUNT, OPERAND_CLASSES> =
    arrange!(OPERAND_CLASSES, 1, |info, entry| match (&info.arrow, info.class) {
        (Some(Arrow { params: [_, ..], results: [result] }), Class::Numeric | Class::Vector) => {
            operand_class(*result, false)
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
