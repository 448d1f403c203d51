//! Small runs of the checks that fuzzing runs at length.

#[cfg(feature = "peers")]
mod component_agreement;
#[cfg(feature = "peers")]
mod component_text;
#[cfg(feature = "peers")]
mod components;
#[cfg(feature = "peers")]
mod crosswise;
#[cfg(feature = "peers")]
mod edits;
#[cfg(feature = "faults")]
mod faults;
mod files;
mod generated;
#[cfg(feature = "peers")]
mod made_components;
mod seeded;
