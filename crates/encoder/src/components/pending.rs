//! Sizes and counts that are written before they are known.
//!
//! The content after such a number is written in place, after a guess of the number. At the end,
//! all wrong guesses are replaced in one pass over the bytes. So the sections of components in
//! components cost no more than those of one component, at any depth.

use alloc::vec::Vec;

use wattle_ast::{Reader, leb128};

/// The greatest number of bytes of a number.
const LONGEST: usize = 5;

/// The numbers that were written, in order of their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    places: Vec<Place>,
    /// The difference in length between the numbers that are known by now and their guesses, in
    /// bytes.
    growth: isize,
}

#[derive(Clone, Debug)]
struct Place {
    start: usize,
    end: usize,
    /// The right number, if the guess was wrong.
    correct: Option<u32>,
}

/// A number that is not known yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    place: usize,
    /// The offset after the guess. `growth` is the value of `Pending::growth` there.
    end: usize,
    growth: isize,
}

impl Pending {
    /// Writes a guess: `bytes` if they are a number, or else one byte.
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

    /// Sets the number of a mark.
    pub(crate) fn set(&mut self, mark: Mark, number: u32, out: &[u8]) {
        let Some(place) = self.places.get_mut(mark.place) else { return };
        let guess = out.get(place.start..place.end).unwrap_or_default();
        if Reader::new(guess).u32() != Ok(number) {
            place.correct = Some(number);
            self.growth += leb128::len_u32(number) as isize - guess.len() as isize;
        }
    }

    /// Sets the number of a mark to the size of everything after it, in which all numbers must be
    /// set.
    pub(crate) fn set_size(&mut self, mark: Mark, out: &[u8]) {
        let size = (out.len() - mark.end).saturating_add_signed(self.growth - mark.growth);
        self.set(mark, size as u32, out);
    }

    /// Takes back a number and all numbers after it.
    pub(crate) fn take_back(&mut self, mark: Mark) {
        self.places.truncate(mark.place);
        self.growth = mark.growth;
    }

    /// Replaces the wrong guesses in the bytes.
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
