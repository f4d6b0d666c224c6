//! Commercial and enforcement rules: what a policy says, and what it decides.
//!
//! Owns the terms (allowance, admission, charging, overdraft, top-ups, alerts) and pure decisions over them.
//! Leaves booking to `ledger` and the order of events to `organization`. It decides, never books.

mod customers;
mod terms;

pub use customers::*;
pub use terms::*;
