//! Inverse comparisons and swapped operands: checked by the results.

use pretty_assertions::assert_eq;
use wattle_ast::{ArrowType, Opcode};
use wattle_numerics::{Nan, binary, inverse, swapped};

use super::special_integers;

#[test]
fn related_instructions_give_related_results() {
    let integers = special_integers();
    let (mut inverses, mut swaps) = (0, 0);
    for &op in Opcode::ALL {
        let result = |op, a, b| binary(op, a, b, Nan::Canonical).unwrap();
        let pairs = integers.iter().flat_map(|&a| integers.iter().map(move |&b| (a, b)));
        if let Some(inverse) = inverse(op) {
            inverses += 1;
            for (a, b) in pairs.clone() {
                assert_eq!(result(inverse, a, b), result(op, a, b).map(|holds| 1 - holds), "{op}");
            }
        }
        if let Some(swapped) = swapped(op) {
            swaps += 1;
            for (a, b) in pairs {
                assert_eq!(result(swapped, b, a), result(op, a, b), "{op}");
            }
        }
        // All comparisons of integers have an inverse, and an instruction for swapped operands.
        let compares = op.info().arrow.is_some_and(|arrow| {
            let of_integers = [ArrowType::i32, ArrowType::i64].map(|ty| [ty, ty]);
            let words =
                ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
            let (_, word) = op.mnemonic().split_once('.').unwrap_or_default();
            of_integers.iter().any(|params| arrow.params == params) && words.contains(&word)
        });
        assert_eq!(inverse(op).is_some(), compares, "{op}");
    }
    assert_eq!((inverses, swaps), (20, 20 + 10));
}
