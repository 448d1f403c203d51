//! Code that names data segments, and code that does not.

use wattle_ast::{DataIdx, Encode, Expr, Instr, MemIdx, MemInit, Opcode, TypeIdx};

#[test]
fn every_instruction_that_names_data_is_found_wherever_it_stands() {
    let data = DataIdx(1);
    let naming = [
        Instr::DataDrop { data },
        Instr::MemoryInit { init: MemInit { data, memory: MemIdx(0) } },
        Instr::ArrayNewData { ty: TypeIdx(0), data },
        Instr::ArrayInitData { ty: TypeIdx(0), data },
    ];
    let all = Opcode::ALL.iter().filter(|opcode| opcode.names_data()).count();
    assert_eq!(all, naming.len());
    for instr in naming {
        assert!(instr.opcode().names_data(), "{instr:?}");
        let bytes = instr.to_bytes();
        let padded = [&[bytes[0], bytes[1] | 0x80, 0][..], &bytes[2..]].concat();
        for instr in [bytes, padded] {
            // Code is looked through in steps of 64 bytes.
            for before in 0..130 {
                let nops: Vec<u8> = vec![0x01; before];
                let code = [&nops[..], &instr, &[0x0b]].concat();
                assert!(Expr::new(&code).names_data(), "{before}: {code:x?}");
            }
        }
    }
}

#[test]
fn immediates_that_look_like_it_are_told_apart() {
    // `i64.const` with the bytes of `data.drop` in its value; those bytes after malformed code.
    let value = [0x42, 0xfc, 0x09, 0x1a, 0x0b];
    assert!(!Expr::new(&value[..]).names_data());
    assert!(!Expr::new(&[0xfc, 0x09]).names_data());
}
