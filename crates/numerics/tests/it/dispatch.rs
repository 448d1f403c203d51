//! Every instruction has an arm in the function for its shape, and in no other function.

use pretty_assertions::assert_eq;
use wattle_ast::{ArrowType, Class, Features, Kind, LaneIdx, Opcode, V128};
use wattle_numerics::{Nan, Profile, binary, load, read_modify_write, simd, unary, wide};

use super::run;

/// Whether the instruction computes: it is neither a constant nor a move of lanes by immediates.
fn computes(op: Opcode) -> bool {
    matches!(op.info().class, Class::Numeric | Class::Vector) && op.info().kinds.is_empty()
}

#[test]
fn every_instruction_has_an_arm() {
    let mut count = 0;
    for &op in Opcode::ALL {
        let Some(arrow) = op.info().arrow else { continue };
        // The values of loads are tested with the moves of lanes.
        if op.info().access_bytes > 0 {
            continue;
        }
        // Operands of 1 divide without a trap.
        let result = run(op, &vec![1; arrow.params.len()], Profile::default());
        assert_eq!(result.is_some(), computes(op), "{op}");
        let counts = (Features::WASM3 | Features::WIDE_ARITHMETIC).contains(op.feature());
        count += u32::from(counts && result.is_some());
    }
    // 128 opcodes of one byte, 8 truncations, 4 of wide arithmetic; 256 of vectors, without 22
    // loads and stores, 14 moves of lanes, a constant and a shuffle.
    assert_eq!(count, 128 + 8 + 4 + 256 - 22 - 14 - 2);
}

#[test]
fn no_instruction_has_two_arms() {
    let (v, lane, profile) = (V128::default(), LaneIdx(0), Profile::default());
    for &op in Opcode::ALL {
        let arms = [
            unary(op, 1, Nan::Canonical).is_some(),
            binary(op, 1, 1, Nan::Canonical).is_some(),
            wide(op, (1, 1), (1, 1)).is_some(),
            load(op, 1).is_some(),
            read_modify_write(op, 1, 1).is_some(),
            simd::unary(op, v, profile).is_some(),
            simd::binary(op, v, v, profile).is_some(),
            simd::ternary(op, v, v, v, profile).is_some(),
            simd::shift(op, v, 1).is_some(),
            simd::test(op, v).is_some(),
            simd::from_number(op, 1).is_some(),
            simd::extract_lane(op, v, lane).is_some(),
            simd::replace_lane(op, v, lane, 1).is_some(),
        ];
        let info = op.info();
        let lane = info.kinds.contains(&Kind::Lane);
        let vector = info.arrow.is_some_and(|arrow| {
            arrow.params.contains(&ArrowType::v128) || arrow.results.contains(&ArrowType::v128)
        });
        // Loads and stores of whole vectors change no lanes.
        let memory = info.class == Class::Memory && vector && info.access_bytes < 16;
        let counts = info.arrow.map(|arrow| (arrow.params.len(), arrow.results.len()));
        let accesses = info.class == Class::Memory && info.access_bytes > 0;
        let loads = accesses && counts == Some((1, 1)) && !vector;
        let updates = op.mnemonic().contains(".rmw") && counts == Some((2, 1));
        let expected = computes(op) || lane || memory || loads || updates;
        assert_eq!(arms.iter().filter(|arm| **arm).count(), usize::from(expected), "{op}");
    }
}
