//! Counters of one account (one organization under one policy in one replication) from `measure_from` to the end.
//!
//! Written by `organization` as things happen, outside the ledger; the running audit compares them with the ledger's
//! stock. All counters are integers: micro-credits, nano-units of money, microseconds.

use std::collections::BTreeMap;

use crate::units::{Credits, FeatureIndex, Money, SimSpan, SimTime};

use super::{Entry, Histogram, MeterOwner, MonthLine};

/// Credits by category, in the order of `Category::ALL`.
pub type ByCategory = [Credits; 3];

/// Everything counted for one account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Per feature, in file order.
    pub features: Vec<FeatureTally>,
    /// Credits moved and left.
    pub credits: CreditTally,
    /// Debt.
    pub debt: DebtTally,
    /// Holds.
    pub holds: HoldTally,
    /// Purchases, alerts, reactions.
    pub customer: CustomerTally,
    /// Money.
    pub money: MoneyTally,
    /// What defaults decided.
    pub defaults: DefaultTally,
    /// Operations in flight, all features: ∫ in flight dt (µs).
    pub in_flight_micros: i128,
    /// Most operations in flight at once.
    pub in_flight_max: u32,
    /// Time measured for this organization (its life within the measured horizon) (µs).
    pub life: SimSpan,
    /// Demand credits by member, for the share of the top member.
    pub member_credits: Vec<Credits>,
    /// The plan at the beginning, as the policy names it.
    pub plan: u16,
    /// What limits met, by their place among the policy's, as far as they met anything.
    pub limits: Vec<LimitTally>,
    /// Money by month and plan, in order.
    pub months: Vec<MonthLine>,
    /// Operations whose first attempt was turned away, by hour of the week; empty if none was.
    pub refused_hours: Vec<u64>,
    /// States at the timeline's instants, in order.
    pub samples: Vec<AccountSample>,
    /// Rows on request.
    pub detail: Option<Box<Detail>>,
}

/// Demand and service of one feature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureTally {
    /// Operations in flight when measuring began.
    pub in_flight_start: u64,
    /// Operations waiting when measuring began.
    pub waiting_start: u64,
    /// Paid demand (by the feature's flag).
    pub demanded: u64,
    /// Free demand.
    pub free: u64,
    /// Ended classes; each operation ends in exactly one.
    pub served: u64,
    /// Served without AI.
    pub degraded: u64,
    /// Served as another feature; counted in the original's scope.
    pub substituted: u64,
    /// Lost: refused for good.
    pub lost_refused: u64,
    /// Lost: the customer gave up.
    pub lost_abandoned: u64,
    /// Lost: waited too long.
    pub lost_patience: u64,
    /// Lost: the queue was full.
    pub lost_queue_full: u64,
    /// Lost: the organization had left.
    pub lost_churned: u64,
    /// Killed by the policy.
    pub killed: u64,
    /// Failed by themselves.
    pub failed: u64,
    /// Cancelled by their users.
    pub cancelled: u64,
    /// In flight at the end.
    pub in_flight_end: u64,
    /// Awaiting a retry, credits or a purchase at the end.
    pub waiting_end: u64,
    /// First attempts turned away.
    pub refused: u64,
    /// Attempts to start.
    pub attempts: u64,
    /// Attempts refused for lack of credits.
    pub attempts_refused_short: u64,
    /// … for too many in flight.
    pub attempts_refused_concurrency: u64,
    /// … by a limit.
    pub attempts_refused_limit: u64,
    /// … for a spent budget.
    pub attempts_refused_budget: u64,
    /// … for an outage.
    pub attempts_refused_outage: u64,
    /// … at random.
    pub attempts_refused_denial: u64,
    /// … because an invoice was overdue.
    pub attempts_refused_suspended: u64,
    /// Attempts refused that would have passed had holds not counted.
    pub hold_induced_refusals: u64,
    /// Refusals with no alert in the seven days before.
    pub surprise_refusals: u64,
    /// Attempts refused in all (denominator of the surprise share).
    pub attempts_refused: u64,
    /// True cost of all demand.
    pub demand_credits: Credits,
    /// True cost of what was lost.
    pub lost_credits: Credits,
    /// Of the demand: what it costs more by the policy's cards than by the features' own rates.
    pub demand_over_list: Credits,
    /// Of what was lost: the same.
    pub lost_over_list: Credits,
    /// What started costs more by the cards of its start than by those of its arrival.
    pub repricing: Credits,
    /// Charged after the cycle, or a window of a limit, in which it was incurred had ended.
    pub late_credits: Credits,
    /// Taken by charges (burned + debt incurred), net of what was given back.
    pub charged_credits: Credits,
    /// What ended operations owed.
    pub due_credits: Credits,
    /// Paid for by the vendor, for operations still in flight too.
    pub absorbed_credits: Credits,
    /// Charged beyond what was owed (only a hold that expired with `charge`).
    pub overcharged_credits: Credits,
    /// Work done by operations that were killed.
    pub killed_work_credits: Credits,
    /// Operations whose charge raised the overspend.
    pub overspend_operations: u64,
    /// Time in which the check would fail for the expected cost (µs).
    pub blocked: SimSpan,
    /// What the vendor paid a provider; `None` if the scenario does not say.
    pub provider_cost: Option<Money>,
    /// Waits of operations served after waiting (µs).
    pub waits: Histogram,
    /// Relative errors of estimates, (actual − estimate) / estimate [parts per million].
    pub estimate_errors: Histogram,
}

impl FeatureTally {
    /// Counts the relative error of an estimate; one of nothing has none.
    #[inline]
    pub fn count_estimate(&mut self, estimate: Credits, actual: Credits) {
        if estimate.is_positive() {
            let error = (actual - estimate).scale_floor(1_000_000, estimate.micros());
            self.estimate_errors.record(error.micros());
        }
    }
}

/// Credits moved and left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreditTally {
    /// Remaining when measuring began.
    pub remaining_start: ByCategory,
    /// Issued since.
    pub issued: ByCategory,
    /// Used by charges.
    pub burned: ByCategory,
    /// Used to repay debt.
    pub repaid: ByCategory,
    /// Expired, trimmed and replaced included.
    pub expired: ByCategory,
    /// Voided.
    pub voided: ByCategory,
    /// Remaining at the end, reserved included.
    pub remaining_end: ByCategory,
    /// Given back for charges whose lots had ended: issued anew.
    pub refunded: Credits,
    /// Moved over a close.
    pub rolled_over: Credits,
    /// Used out of rolled lots.
    pub rolled_over_used: Credits,
}

/// Debt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DebtTally {
    /// When measuring began.
    pub start: Credits,
    /// Became debt.
    pub incurred: Credits,
    /// Forgiven at closes.
    pub forgiven: Credits,
    /// Invoiced at closes.
    pub invoiced: Credits,
    /// At the end.
    pub end: Credits,
    /// Largest.
    pub max: Credits,
    /// ∫ debt dt [µcredit·µs].
    pub credit_micros: i128,
    /// Longest time in debt without a break.
    pub longest: SimSpan,
    /// Rise of debt beyond the limit caused by charges.
    pub overspend: Credits,
    /// Of the debt at the end: what the next close would invoice.
    pub uninvoiced_end: Credits,
}

/// Holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldTally {
    /// Open when measuring began.
    pub open_start: u64,
    /// Opened.
    pub opened: u64,
    /// Ended by a settle.
    pub settled: u64,
    /// Ended by a release.
    pub released: u64,
    /// Ended by the timeout.
    pub expired: u64,
    /// Open at the end.
    pub open_end: u64,
    /// Amount of ended holds.
    pub ended_credits: Credits,
    /// Part of it that was not used.
    pub unused_credits: Credits,
    /// Actual cost above the hold.
    pub overrun_credits: Credits,
}

/// Purchases, alerts, reactions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerTally {
    /// Purchases by people that were paid.
    pub purchases: u64,
    /// Automatic top-ups that were paid.
    pub auto_top_ups: u64,
    /// Payments declined.
    pub payments_declined: u64,
    /// Purchases not made because of the budget.
    pub budget_blocked: u64,
    /// Five automatic top-ups within 24 h, or the ceiling.
    pub runaway: bool,
    /// Rules stopped at their ceiling.
    pub ceilings: u64,
    /// Alerts of level warning.
    pub alerts_warning: u64,
    /// Alerts of level critical.
    pub alerts_critical: u64,
    /// Alerts that an operation would exceed the view.
    pub alerts_would_exceed: u64,
    /// From the first alert of an episode to settled ≤ 0, one value per episode (µs).
    pub alert_leads: Histogram,
    /// From the first refusal for credits to the next served paid operation, one value per episode (µs).
    pub restores: Histogram,
    /// Such an episode is open at the end: it is in no value above.
    pub restores_open: u64,
    /// First instant with settled ≤ 0.
    pub depleted_at: Option<SimTime>,
    /// The organization left.
    pub churned: bool,
    /// It was suspended because an invoice was overdue.
    pub suspended: bool,
    /// Months compared for bill shock, and shocks among them.
    pub bill_months: u64,
    /// Months above twice the trailing three months' positive median.
    pub bill_shocks: u64,
}

/// What one limit met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitTally {
    /// Attempts that it refused.
    pub refused: u64,
    /// Operations that queued for its room.
    pub queued: u64,
    /// Operations served without AI because of it.
    pub degraded: u64,
    /// Operations that it had tried as another feature.
    pub fallen_back: u64,
    /// True cost of what it refused.
    pub refused_credits: Credits,
    /// It counts money, in nano-units.
    pub money: bool,
    /// Rise of what is used beyond the amount, caused by charges (credits, millionths of an operation, or nano-units of money).
    pub overrun: Credits,
    /// Times that a person was asked to raise the amount.
    pub asked: u64,
    /// Times that one did.
    pub raised: u64,
    /// By how much in all (credits, or millionths of what is counted).
    pub raised_by: Credits,
    /// What became of windows is reported.
    pub reports_windows: bool,
    /// Windows that ended, with an operation in them.
    pub windows: u64,
    /// Of them, those in which all was used.
    pub windows_exhausted: u64,
    /// What was left at their ends.
    pub unused: Credits,
    /// … of so much.
    pub offered: Credits,
    /// Members who have meters of their own.
    pub members: u64,
    /// Those of them for whom it had no room.
    pub members_met: u64,
    /// First instant at which all of the amount was used.
    pub first_full_at: Option<SimTime>,
    /// First instant at which it had no room for an operation.
    pub first_lacking_at: Option<SimTime>,
}

/// What keys decided that nobody has written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DefaultTally {
    /// Operations lost because the queue was as long as its default permits.
    pub queue_full: u64,
    /// Operations lost after the default patience.
    pub patience: u64,
    /// Overspend of operations that started together after waiting.
    pub restart_overspend: Credits,
}

/// Money. `None` where the scenario gives no price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoneyTally {
    /// True if every package and plan that was used has a price.
    pub complete: bool,
    /// Subscriptions paid.
    pub subscription_cash: Money,
    /// Packages paid.
    pub package_cash: Money,
    /// Overage and fees paid.
    pub overage_cash: Money,
    /// Earned.
    pub recognized: Money,
    /// Earned from credits that expired unused.
    pub breakage: Money,
    /// Paid value voided without a refund.
    pub voided: Money,
    /// Owed in credits or time when measuring began.
    pub deferred_start: Money,
    /// … at the end.
    pub deferred_end: Money,
    /// Invoices open when measuring began.
    pub receivable_start: Money,
    /// … at the end.
    pub receivable_end: Money,
    /// Invoices written off.
    pub written_off: Money,
    /// Credit notes given.
    pub credit_notes: Money,
    /// Of them, not yet used on a bill or an invoice when measuring began.
    pub credit_notes_owed_start: Money,
    /// … at the end.
    pub credit_notes_owed_end: Money,
    /// Price of the debt at the end that the next close would invoice.
    pub uninvoiced_end: Money,
    /// That debt has no price.
    pub uninvoiced_unpriced: bool,
    /// Invoices issued before the end and paid after it.
    pub payable_beyond: Money,
}

impl MoneyTally {
    /// All that was paid.
    #[must_use]
    pub fn cash(&self) -> Money {
        self.subscription_cash + self.package_cash + self.overage_cash
    }
}

/// State of an account at an instant of the timeline, before the events of that instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountSample {
    /// Settled less holds.
    pub available: Credits,
    /// Debt.
    pub debt: Credits,
    /// Amount of open holds.
    pub held: Credits,
    /// Paid operations demanded so far (cumulative, from `measure_from`).
    pub demanded: u64,
    /// Operations refused so far.
    pub refused: u64,
    /// Purchases paid so far, automatic ones included.
    pub purchases: u64,
    /// Cash so far.
    pub cash: Money,
    /// Recognized so far.
    pub recognized: Money,
    /// Deferred now.
    pub deferred: Money,
    /// Credits expired so far.
    pub expired: Credits,
}

/// Rows on request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// For `cycles.csv`.
    pub cycles: Vec<CycleRow>,
    /// For `limit-accounts.csv`.
    pub limit_accounts: Vec<LimitAccountRow>,
    /// For `operations.csv`.
    pub attempts: Vec<AttemptRow>,
    /// Quantities of operations that have some, by feature and number, for `operations.csv` and `explain`; NaN where a
    /// value is not known.
    pub quantities: BTreeMap<(FeatureIndex, u32), Box<[f64]>>,
    /// The group of each member, by its number in the scenario.
    pub groups: Vec<Option<u16>>,
    /// For `journal.csv`, `explain` and the auditor.
    pub journal: Vec<Entry>,
}

/// One meter of an account, as the horizon ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitAccountRow {
    /// The limit's place among the policy's names.
    pub limit: u16,
    /// Whose meter it is.
    pub owner: MeterOwner,
    /// It counts money, in nano-units.
    pub money: bool,
    /// First instant at which all was used.
    pub first_full_at: Option<SimTime>,
    /// … at which there was no room for an operation.
    pub first_lacking_at: Option<SimTime>,
    /// … at which it refused one.
    pub first_refused_at: Option<SimTime>,
    /// Used in the window that was open last (credits, operations, or what a quantity is in).
    pub used: Credits,
    /// What was left of the amount; none without one.
    pub unused: Option<Credits>,
}

/// One billing cycle of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CycleRow {
    /// Number, from 0.
    pub cycle: u32,
    /// First instant.
    pub from: SimTime,
    /// Close (or the end of the horizon).
    pub to: SimTime,
    /// Issued in it.
    pub issued: Credits,
    /// Charged in it.
    pub charged: Credits,
    /// Burned by charges.
    pub burned: Credits,
    /// Repaid.
    pub repaid: Credits,
    /// Expired, at its close included.
    pub expired: Credits,
    /// Included credits surviving the close.
    pub carried: Credits,
    /// Debt after the close.
    pub debt: Credits,
    /// Paid operations demanded.
    pub demanded: u64,
    /// Operations refused.
    pub refused: u64,
    /// Cash received.
    pub money: Money,
}

/// One attempt to start an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptRow {
    /// Feature, in file order.
    pub feature: u16,
    /// The operation's number within (organization, feature).
    pub operation: u32,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The member who asked; `NO_MEMBER` if no person did.
    pub member: u16,
    /// The project it was for.
    pub project: u16,
    /// The plan that the organization was on at the decision, in file order.
    pub plan: u16,
    /// Arrival of the operation.
    pub arrived: SimTime,
    /// Decision on this attempt.
    pub decided: SimTime,
    /// What became of the attempt.
    pub outcome: AttemptOutcome,
    /// Why.
    pub reason: super::Reason,
    /// The estimate, if the check made one.
    pub estimate: Option<Credits>,
    /// True cost.
    pub cost: Credits,
    /// Charged in the end.
    pub charged: Credits,
    /// End of the work, if it ended within the horizon.
    pub ended: Option<SimTime>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Admitted and served.
    Served,
    /// Served as another feature.
    Substituted,
    /// Served without AI.
    Degraded,
    /// Turned away.
    Refused,
    /// Queued and never started (yet or at all).
    Queued,
    /// Admitted and killed.
    Killed,
    /// Admitted and failed.
    Failed,
    /// Admitted and cancelled.
    Cancelled,
    /// Still in flight at the end.
    InFlight,
}
