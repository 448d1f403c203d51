//! Edits of printed text change the binary as another reader expects.

use wattle::ast::Features;
use wattle::parser::Parser;
use wattle_fuzz::Random;
use wattle_fuzz::edits::Printed;
use wattle_smith::{Config, from_seed};
use wattle_tests::corpus;

#[test]
fn an_edit_of_the_text_is_that_edit_of_the_binary() {
    let mut random = Random::new(7);
    for seed in 0..200 {
        let generated = from_seed(&Config::default(), seed);
        Printed::new(generated.module).check(&mut random);
    }
    for file in corpus::files_for("edits of text") {
        let bytes = file.read();
        let module = Parser::new().features(Features::ALL).module(&bytes).unwrap();
        Printed::new(module).check(&mut random);
    }
}
