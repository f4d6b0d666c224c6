//! Somebody who runs one of the five platforms recognizes it: what each page says, seen in the journal of its baseline.
//!
//! The table of docs/platforms.md names these tests by behaviour; `documentation` holds the table to them.

mod ai_engine;
mod ampere;
mod campaign_platform;
mod credits;
mod documentation;
mod harness;
mod workforce;
