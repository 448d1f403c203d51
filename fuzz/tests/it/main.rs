//! Small runs of what fuzzing does at length.

#[cfg(feature = "faults")]
mod faults;
mod generated;
mod seeded;
