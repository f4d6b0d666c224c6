//! Demand: arrival processes, costs, durations, runs, traits of organizations.
//!
//! Owns everything that is drawn without knowing a policy. Leaves decisions to `policy` and `organization`.
//! Invariants: a draw depends on (seed, replication, cohort name, organization, feature name, purpose) alone.

mod accounts;
mod anew;
mod arrivals;
mod cron;
mod cuts;
mod demand;
mod estimate;
mod failure;
pub mod fit;
pub mod formula;
mod gauge;
mod history;
mod invoices;
mod operation;
mod own;
mod plan;
mod profile;
mod pseudonym;
mod rates;
mod run;
mod seats;
mod source;
mod stretch;
mod supply;
mod traits;

pub use accounts::{
    AccountBook, AccountColumns, AccountsSpec, OtherAccounts, WrittenAccount, WrittenBalance, WrittenLimit,
    WrittenMember, WrittenOwner, read_accounts,
};
pub use anew::DrawnWork;
pub use cron::Cron;
pub use cuts::Cuts;
pub use demand::*;
pub use history::*;
pub use invoices::{BilledColumn, BilledInvoices, BilledQuantity, InvoiceReading};
pub use operation::*;
pub use own::{DemandAsker, DemandSource, DemandedOperation};
pub use plan::{BUILTIN_NAMES, MOST_COST, MOST_DURATION};
pub use profile::{HOURS, PROFILES, Profile};
pub use pseudonym::Pseudonyms;
pub use rates::{FeatureRates, MOST_RATES, QuantityMeasure, RATE_NAMES};
pub use run::MOST_PARTS;
pub use seats::{SeatChange, SeatFlow, SeatRates};
pub use source::*;
pub use supply::SourceState;
pub use traits::*;

#[cfg(test)]
mod tests;
