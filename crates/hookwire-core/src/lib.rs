//! The pure domain of Hookwire: nouns, ids, and every rule that decides something. No I/O, no clock, no randomness.

pub mod address;
pub mod outcome;
pub mod target;
