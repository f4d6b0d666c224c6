//! Scenario files: reading, validation gathering all problems, presets, schema, bundled examples.
//!
//! Owns the file format and its messages. Leaves simulation to everyone else.
//! Invariants: beyond `read` nobody checks a value again.

mod accounts;
mod amount;
mod assumptions;
mod base;
pub mod bundled;
mod chance;
mod cohorts;
mod demand;
mod distribution;
mod facts;
mod features;
mod half_widths;
mod history;
mod lint;
mod model;
mod operations;
mod outages;
mod policies;
mod population;
pub mod presets;
mod provenance;
mod read;
mod reading;
mod reference;
mod relevance;
pub mod sandbox;
mod scaling;
mod schema;
mod seats;
mod source;
mod sweep;
#[cfg(test)]
mod tests;
mod thresholds;
#[cfg(test)]
mod usage_example;
mod words;

pub use accounts::CohortAccounts;
pub use amount::UnitAmount;
pub use assumptions::{Assumption, assumptions};
pub use half_widths::parse_half_width;
pub use model::*;
pub use policies::{PolicySetting, SettingValue, policy_settings};
pub use provenance::{NumberOrigin, Origin, Provenance, mark_estimated};
pub use read::{FORMAT, examine, read, read_with_cautions};
pub(crate) use reading::did_you_mean;
#[cfg(feature = "cli")]
pub(crate) use reading::money as parse_money;
#[cfg(feature = "cli")]
pub(crate) use reading::share as parse_share;
#[cfg(feature = "cli")]
pub(crate) use reading::span as parse_span;
pub use reading::{Excerpt, Level, Problem};
pub use reference::reference;
pub use relevance::{Margin, Relevance};
pub use schema::schema;
pub use source::ScenarioSource;
pub use thresholds::{
    OutcomeWanted, ThresholdError, close_outcome, parse_threshold, parse_wanted, split_condition,
};
