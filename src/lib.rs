//! creditsim: what a credit policy does to customers and to the books, before they notice.
//!
//! The path of data: scenario file → [`scenario`] → [`engine`] → [`actors`] → [`organization`] → [`outcome`] →
//! [`experiment`] → [`report`].

#![forbid(unsafe_code)]

pub mod actors;
pub mod calendar;
#[cfg(feature = "cli")]
pub mod cli;
#[doc(hidden)]
pub mod deliberate;
pub mod engine;
pub mod experiment;
pub mod judge;
pub mod ledger;
pub mod organization;
pub mod outcome;
pub mod parts;
pub mod policy;
pub mod report;
pub mod sampling;
pub mod scenario;
pub mod units;
pub mod workload;
