//! An independent judge of credit semantics: what docs/semantics.md says of one account, done slowly and obviously.
//!
//! Owns a second reading of the rules: one account, one event after the other, plain vectors, linear searches, no shortcut.
//! Shares nothing with the account and the ledger but what a scenario's file is read into, the demand of one organization, and
//! the named streams of random numbers. Leaves what happened in the product to the caller of [`compare()`]. Invariant: a rule is
//! changed in docs/semantics.md first, then here, then in the product.

mod account;
mod agenda;
mod alerts;
mod billing;
mod blocked;
mod books;
mod buyers;
mod ceilings;
mod charge;
mod check;
mod clients;
mod compare;
mod cycle;
mod demand;
mod dunning;
mod ends;
mod facts;
mod grants;
mod holds;
mod keep;
mod kill;
mod late;
mod limits;
mod limits_asks;
mod limits_check;
mod limits_meters;
mod limits_money;
mod limits_quantities;
mod limits_queue;
mod limits_resets;
mod limits_windows;
mod lots;
mod money;
mod opening;
mod overage;
mod owing;
mod paid_back;
mod plan_change;
mod queue;
mod ratable;
mod rates;
mod refund;
mod refusal;
mod repay;
mod rows;
mod rule_change;
mod scopes;
mod top_up;
mod views;
mod work;

pub use compare::{JudgeDifference, compare, told};
pub use demand::asked;
pub use ends::{AccountEnd, CountedEnd, LotLeft, compare_ends};
pub use facts::Fact;
pub use limits::{MOST_OPERATIONS, not_judged};
pub use limits_windows::LimitEnd;

use crate::calendar::Zone;
use crate::policy::{Customers, Policy};
use crate::sampling::StreamKey;
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Batch, Operation, RunPart, Source, Traits};

/// Everything that decides what happens to one account.
#[derive(Clone, Copy)]
pub struct JudgeCase<'a> {
    /// First instant of the horizon.
    pub start: SimTime,
    /// End of the horizon; nothing happens at it.
    pub end: SimTime,
    /// Outcomes count from here.
    pub measure_from: SimTime,
    /// The scenario's time zone.
    pub zone: &'a Zone,
    /// Features in file order.
    pub features: &'a [JudgeFeature<'a>],
    /// The policy, estimates over the population already numbers.
    pub policy: &'a Policy,
    /// The organization's cohort: customers, grants, debt.
    pub customers: &'a Customers,
    /// The organization.
    pub traits: &'a Traits,
    /// Key of the organization's streams.
    pub key: StreamKey,
    /// The end of the outage that a feature is in at an instant; none if it is up.
    pub outage: &'a dyn Fn(FeatureIndex, SimTime) -> Option<SimTime>,
    /// What the organization asks for, in the order of arrival, features in file order, numbers.
    pub demand: &'a [AskedOperation],
}

/// What must be known of a feature.
#[derive(Debug, Clone, Copy)]
pub struct JudgeFeature<'a> {
    /// Its name.
    pub name: &'a str,
    /// Costs nothing and is never refused.
    pub free: bool,
    /// Mean true cost over the population.
    pub expected_cost: Credits,
    /// The same by each of its rates, its own first.
    pub expected_by_rate: &'a [Credits],
    /// Where the cost of a substitute is drawn.
    pub source: &'a Source,
}

/// One piece of demand with its steps.
#[derive(Debug, Clone)]
pub struct AskedOperation {
    /// As it was drawn or written down.
    pub operation: Operation,
    /// The steps of a run; empty for a simple operation.
    pub parts: Vec<RunPart>,
    /// What it costs by each rate of its feature but its own.
    pub prices: Vec<Credits>,
    /// What each step costs by them, step by step.
    pub part_prices: Vec<Credits>,
    /// Its quantities, in the order in which its source keeps them; unknown ones are no numbers.
    pub quantities: Vec<f64>,
}

impl AskedOperation {
    /// The operation at a place of a batch.
    #[must_use]
    pub fn of(batch: &Batch, place: usize) -> AskedOperation {
        let operation = batch.operations[place];
        let prices = batch.prices_of(place);
        AskedOperation {
            operation,
            parts: batch.parts_of(&operation).to_vec(),
            prices: prices.whole.to_vec(),
            part_prices: prices.parts.to_vec(),
            quantities: prices.quantities.to_vec(),
        }
    }
}

/// What the judge finds of an account.
#[derive(Debug, Clone)]
pub struct JudgeFindings {
    /// Every fact in order.
    pub facts: Vec<Fact>,
    /// For each feature, how long its check would have failed for its expected cost, since outcomes count.
    pub blocked: Vec<SimSpan>,
    /// What is left, and what it comes to.
    pub end: AccountEnd,
}

/// Goes through the account.
#[must_use]
pub fn judge(case: &JudgeCase<'_>) -> JudgeFindings {
    account::Judged::new(*case).run()
}
