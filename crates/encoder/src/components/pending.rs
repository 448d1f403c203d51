//! Sizes and counts that are written before they are known.
//!
//! What they stand before is written in place, behind a guess. At the end all guesses that were wrong
//! are replaced in one pass over the bytes. So the sections of components in components cost no more
//! than those of one component, however deep they are.

use alloc::vec::Vec;

use wattle_ast::{Reader, leb128};

/// The most bytes of a number.
const LONGEST: usize = 5;

/// The numbers that were written, in the order in which they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    places: Vec<Place>,
    /// The number of bytes by which numbers that are known by now will be longer than they are.
    growth: isize,
}

#[derive(Clone, Debug)]
struct Place {
    start: usize,
    end: usize,
    /// The number, if another stands at its place.
    correct: Option<u32>,
}

/// A number that is not known yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    place: usize,
    /// The offset behind the guess, and what `Pending::growth` was there.
    end: usize,
    growth: isize,
}

impl Pending {
    /// Writes a guess: these bytes if they are a number, or one byte.
    pub(crate) fn guess(&mut self, bytes: Option<&[u8]>, out: &mut Vec<u8>) -> Mark {
        let start = out.len();
        match bytes.filter(|bytes| is_number(bytes)) {
            Some(bytes) => out.extend_from_slice(bytes),
            None => out.push(0),
        }
        let (place, end) = (self.places.len(), out.len());
        self.places.push(Place { start, end, correct: None });
        Mark { place, end, growth: self.growth }
    }

    /// Sets a number.
    pub(crate) fn set(&mut self, mark: Mark, number: u32, out: &[u8]) {
        let Some(place) = self.places.get_mut(mark.place) else { return };
        let guess = out.get(place.start..place.end).unwrap_or_default();
        if Reader::new(guess).u32() != Ok(number) {
            place.correct = Some(number);
            self.growth += leb128::len_u32(number) as isize - guess.len() as isize;
        }
    }

    /// Sets a number to the size of everything behind it, all of whose numbers must be set.
    pub(crate) fn set_size(&mut self, mark: Mark, out: &[u8]) {
        let size = (out.len() - mark.end).saturating_add_signed(self.growth - mark.growth);
        self.set(mark, size as u32, out);
    }

    /// Takes back a number and all behind it.
    pub(crate) fn take_back(&mut self, mark: Mark) {
        self.places.truncate(mark.place);
        self.growth = mark.growth;
    }

    /// Puts the numbers into the bytes.
    pub(crate) fn finish(self, out: Vec<u8>) -> Vec<u8> {
        let wrong = || self.places.iter().filter_map(|place| Some((place, place.correct?)));
        let number = wrong().count();
        if number == 0 {
            return out;
        }
        let mut correct = Vec::with_capacity(out.len() + number * LONGEST);
        let mut done = 0;
        for (place, number) in wrong() {
            correct.extend_from_slice(&out[done..place.start]);
            leb128::write_u32(&mut correct, number);
            done = place.end;
        }
        correct.extend_from_slice(&out[done..]);
        correct
    }
}

fn is_number(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    reader.u32().is_ok() && reader.is_empty()
}
