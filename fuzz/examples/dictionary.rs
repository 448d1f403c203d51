//! Prints a dictionary for libFuzzer from the tables: mnemonics and opcodes of instructions, keywords of
//! components and of WIT.

use std::collections::BTreeSet;

use wattle::ast::components::{CanonOp, PrimType, TypeForm};
use wattle::ast::{Encode, Opcode};
use wattle::wit::syntax::Keyword;

fn main() {
    for opcode in Opcode::ALL {
        println!("\"{}\"", opcode.mnemonic());
        let bytes = opcode.to_bytes();
        let hex: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        println!("\"{hex}\"");
    }
    let canons = CanonOp::ALL.iter().map(|op| op.keyword());
    let prims = PrimType::ALL.iter().map(|ty| ty.keyword());
    let forms = TypeForm::ALL.iter().map(|form| form.keyword());
    let words = canons.chain(prims).chain(forms);
    let wit = Keyword::ALL.iter().map(|keyword| keyword.text());
    // Some keywords belong to components and to WIT.
    for keyword in words.chain(wit).collect::<BTreeSet<_>>() {
        println!("\"{keyword}\"");
    }
    println!("\"\\x00asm\\x0d\\x00\\x01\\x00\"");
}
