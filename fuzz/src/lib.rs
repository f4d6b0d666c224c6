//! What fuzzers feed to creditsim: the functions to which the suite feeds its corpus (`tests/it/hostile/fed.rs`).

#[path = "../../tests/it/hostile/fed.rs"]
mod fed;

pub use fed::*;
