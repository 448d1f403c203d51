//! Damage to texts.

/// A cheap generator of numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// Pieces that change the meaning of the text behind them.
const PIECES: [&str; 24] = [
    "(",
    ")",
    "\"",
    "(;",
    ";)",
    ";;",
    "(@name \"x\")",
    "(@custom \"c\" (after code))",
    "$x",
    "$",
    "end",
    "else",
    "(then)",
    "(param $x i32)",
    "(type 0)",
    "0",
    "-1",
    "nan",
    "(import \"\" \"\")",
    "(@",
    "\u{e9}",
    "\\",
    "(rec",
    "(item \"a\")",
];

/// A text with some bytes missing, doubled or put in.
pub(crate) fn damage(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => {
                let other = random.below(bytes.len() + 1);
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(other..other, copy));
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                drop(bytes.splice(at..at, piece.bytes()));
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
