//! What happened, in integers that merge exactly.
//!
//! Owns the counters of one account ([`Tally`]), their sums over organizations ([`Totals`], [`Timeline`],
//! [`Outcome`]), histograms, the names and formulas of outcomes (docs/outcomes.md), the journal's entry type and the auditor. Leaves
//! decisions to `organization`, and everything over replications to `experiment`.
//! Invariants: `merge` is associative and commutative; floats appear only in the last step.

mod auditor;
mod change;
mod histogram;
mod journal;
mod limits;
mod merged;
mod metrics;
mod month;
mod peaks;
mod recount;
mod sampled;
mod sums;
#[cfg(test)]
pub(crate) mod synthetic;
mod tally;
mod timeline;
mod totals;
mod week;

pub use auditor::{
    AuditRules, AuditedAmount, AuditedLimit, AuditedOwner, AuditedScope, AuditedUnit, AuditedWindow, Auditor,
    Violation, audit,
};
pub use change::{
    ChangeSums, ChangesBySize, CustomerSide, CustomerStanding, LARGEST, LargeChange, LargestList,
    OrganizationChange,
};
pub use histogram::{Histogram, RELATIVE_ERROR};
pub use journal::*;
pub use limits::{LimitBooks, LimitTotals};
pub use merged::{OrganizationOutcome, Outcome, RunShape, Scope};
pub use metrics::{DefinedFor, Direction, METRICS, Metric, OutcomeRange, metric, metric_index};
pub use month::{MONTH_COLUMNS, MonthBooks, MonthLine, MonthMoney};
pub use peaks::{OverspendByPeak, PeakSums};
pub use recount::Recount;
pub use sampled::{ChangeSample, SAMPLED, SampledChange};
pub use sums::{CreditSums, CustomerSums, DebtSums, DefaultSums, FeatureSums, HoldSums, MoneySums};
pub use tally::*;
pub use timeline::{Instant, Timeline};
pub use totals::{Service, Totals};
pub use week::{WEEK_HOURS, WeekHours};
