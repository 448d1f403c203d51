//! Counts of the verdicts of Wattle and wasmparser over a set of inputs, for the campaigns that compare
//! the two.

use std::collections::BTreeMap;

/// The verdicts on an input, by Wattle and by wasmparser. An error says why the input is invalid.
pub type Verdicts = (Result<(), String>, Result<(), String>);

/// Counts over a set of inputs.
#[derive(Default)]
pub struct Tally {
    valid: u64,
    invalid: u64,
    /// The number of inputs with a difference, and the smallest of them, by the kinds of the two
    /// verdicts.
    differ: BTreeMap<(String, String), (u64, Vec<u8>)>,
}

impl Tally {
    /// Counts an input.
    pub fn add(&mut self, bytes: &[u8], (ours, theirs): &Verdicts) {
        match (ours, theirs) {
            (Ok(()), Ok(())) => self.valid += 1,
            (Err(_), Err(_)) => self.invalid += 1,
            _ => {
                let (count, smallest) = self.differ.entry((kind(ours), kind(theirs))).or_default();
                if *count == 0 || bytes.len() < smallest.len() {
                    *smallest = bytes.to_vec();
                }
                *count += 1;
            }
        }
    }

    /// Prints the counts, and the smallest input for every kind of difference.
    pub fn print(&self, what: &str) {
        let differ: u64 = self.differ.values().map(|(count, _)| count).sum();
        println!("{what}: {} valid, {} not, {differ} differ", self.valid, self.invalid);
        for ((ours, theirs), (count, bytes)) in &self.differ {
            println!("  {count} times: we say {ours}; wasmparser says {theirs}; for example");
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("    {hex}");
        }
    }
}

/// A message without its digits, names and place.
fn kind(verdict: &Result<(), String>) -> String {
    let Err(message) = verdict else { return "valid".to_owned() };
    let end = message.find(" at offset").or(message.find(" (at offset")).unwrap_or(message.len());
    let mut text = String::new();
    for (nth, piece) in message[..end].split('`').enumerate() {
        text.push_str(if nth % 2 == 0 { piece } else { "`_`" });
    }
    text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(110).collect()
}
