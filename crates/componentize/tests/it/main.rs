//! Components of core modules: the peer's tests, worlds of real packages, and the messages of
//! errors.

mod components;
mod dummies;
mod edits;
mod growth;
mod large;
mod link;
mod link_messages;
mod messages;
mod options;
mod plug;
mod program;
mod run;
mod targets;
mod unbundle;
