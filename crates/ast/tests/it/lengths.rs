//! Instructions whose lengths are found without decoding the instructions.

use wattle_ast::{Features, Instr, Malformed, Nesting, Reader, Structure, read_expr};

/// Reading past code ends where decoding it ends, and with the same error.
#[test]
fn what_is_read_past_would_be_read() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut decoded = 0;
    for round in 0..200_000_u32 {
        // Every opcode, followed by random bytes of which few, half or most continue an
        // integer.
        let mut code = [0; 20];
        code[0] = round as u8;
        for byte in &mut code[1..] {
            let [value, flags, ..] = random().to_le_bytes();
            let goes_on = u32::from(flags) < 80 * (round >> 16);
            *byte = if goes_on { value | 0x80 } else { value & 0x7f };
        }
        for features in [Features::ALL, Features::WASM3, Features::WASM1] {
            let mut reader = Reader::at(&code, 0, features);
            let found = read_expr(&mut reader, &mut Nesting::default()).map(|_| ());
            let mut one_by_one = Reader::at(&code, 0, features);
            let expected = decode(&mut one_by_one, &mut decoded);
            assert_eq!(found, expected, "{code:x?}");
            assert_eq!(reader.pos(), one_by_one.pos(), "{code:x?}");
        }
    }
    assert!(decoded > 200_000, "only {decoded} instructions were decoded");
}

/// Reads past one expression by decoding each instruction, and counts them.
fn decode(reader: &mut Reader<'_>, count: &mut u32) -> Result<(), Malformed> {
    let mut nesting = Nesting::default();
    nesting.reset();
    loop {
        let start = reader.pos();
        let opcode = reader.read::<Instr<'_>>()?.opcode();
        *count += 1;
        if opcode.kinds().is_structured() {
            match nesting.step(opcode) {
                Ok(Structure::End) => return Ok(()),
                Ok(_) => {}
                Err(error) => {
                    reader.seek(start);
                    return Err(error);
                }
            }
        }
    }
}
