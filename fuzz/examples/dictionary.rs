//! Prints a dictionary for libFuzzer from the instruction table: mnemonics and opcodes.

use wattle::ast::{Encode, Opcode};

fn main() {
    for opcode in Opcode::ALL {
        println!("\"{}\"", opcode.mnemonic());
        let bytes = opcode.to_bytes();
        let hex: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        println!("\"{hex}\"");
    }
}
