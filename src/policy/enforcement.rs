//! The rules of one feature: admission, holds, charging, work in flight.

use crate::units::{Credits, FeatureIndex, Probability, SimSpan};

use super::view::View;

/// The rules of one feature under one plan.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTerms {
    /// The check before an operation starts.
    pub admission: Admission,
    /// The balance the check reads.
    pub view: View,
    /// When charges are taken.
    pub charge: ChargeMoment,
    /// When credits do not suffice.
    pub short: WhenShort,
    /// Under `short = allow`, beyond the limit (default reject).
    pub beyond_limit: WhenShort,
    /// Work in flight at exhaustion.
    pub in_flight: InFlight,
    /// Charges of a cancelled operation.
    pub on_cancel: OnCancel,
    /// Charges of a failed operation.
    pub on_failure: OnFailure,
    /// Least charge of an operation that ends (credits).
    pub minimum: Credits,
    /// Whether the minimum is owed after a failure.
    pub minimum_on_failure: bool,
    /// Whether the minimum is owed after a cancellation.
    pub minimum_on_cancel: bool,
    /// Most operations of this feature in flight.
    pub max_in_flight: Option<u32>,
    /// An attempt is refused at random.
    pub denial: Probability,
    /// False: charges of this feature fire no alerts.
    pub notify: bool,
    /// Where the estimate is a quantile and some card prices the feature: that quantile by each of its rates, its own first.
    pub quantile_by_rate: Vec<Credits>,
}

/// The check before an operation starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// No check: nothing is refused.
    None,
    /// More than nothing must be there.
    Positive,
    /// The estimate must be there.
    Estimate(Estimator),
    /// The estimate with its buffer is reserved.
    Hold(HoldTerms),
}

/// How the cost of an operation is guessed before it starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Estimator {
    /// The true cost.
    Exact,
    /// A constant; `Expected` and `Quantile` become this once the population is known.
    Fixed(Credits),
    /// The mean over the population.
    Expected,
    /// A quantile over the population.
    Quantile(f64),
    /// True costs of the organization's earlier operations of the feature; the population's mean before the first.
    History(HistoryEstimate),
    /// The true cost times a lognormal error.
    Blur {
        /// Relative bias: 0.1 estimates 10 % too much.
        bias: f64,
        /// Coefficient of variation of the error.
        cv: f64,
    },
}

/// Which earlier operations an estimate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryEstimate {
    /// The first one.
    First,
    /// The last one.
    Last,
    /// The mean of the last n (n ≥ 1).
    Mean(u32),
}

/// How a hold behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldTerms {
    /// The estimate that is held.
    pub estimate: Estimator,
    /// Relative surcharge: 0.2 holds 120 %.
    pub buffer: f64,
    /// What must be there for it.
    pub need: HoldNeed,
    /// A hold ends by itself after this span.
    pub timeout: Option<SimSpan>,
    /// What a timeout does.
    pub on_timeout: OnTimeout,
    /// Actual cost above the hold.
    pub overrun: Overrun,
    /// Whether a reserved lot that expires stays until the hold ends.
    pub pins_expiry: bool,
    /// Probability that an operation's settle is never sent.
    pub leak: Probability,
}

/// What a hold needs to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HoldNeed {
    /// All that is held.
    #[default]
    Whole,
    /// More than nothing; the part of the hold that is not covered counts against the limit.
    Positive,
}

/// What happens to a hold at its timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnTimeout {
    /// Everything is released.
    #[default]
    Release,
    /// The held amount is charged.
    Charge,
}

/// Actual cost above the hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overrun {
    /// More credits are burned.
    #[default]
    Charge,
    /// The hold is charged, the vendor absorbs the rest.
    Absorb,
    /// The work ends when its incurred cost reaches the hold.
    Stop,
    /// The hold is enlarged at each step end by a new check; if it fails, as `Stop`.
    Extend,
}

/// When charges are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChargeMoment {
    /// The whole cost before it starts.
    Start,
    /// As each step ends.
    Step,
    /// Whenever the run pauses or stops.
    Segment,
    /// When it is done.
    #[default]
    Completion,
}

/// What meets an operation that cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenShort {
    /// It runs; the overdraft's limit is the permission.
    Allow,
    /// An error to the caller.
    #[default]
    Reject,
    /// Served without AI: no charge, value lost.
    Degrade,
    /// Waits its turn.
    Queue,
    /// Is checked once more as another feature, at that feature's cost; a second one is an error to the caller.
    Fallback(FeatureIndex),
}

/// Work in flight when settled ≤ −limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InFlight {
    /// It goes on.
    #[default]
    Finish,
    /// It stops at the end of the running step.
    StopAtStep(KilledWork),
    /// It stops at once.
    Kill(KilledWork),
}

/// Who pays for killed work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KilledWork {
    /// What was done is charged.
    #[default]
    Charge,
    /// The vendor absorbs it.
    Absorb,
}

/// Charges of a cancelled operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCancel {
    /// What the charge moment has incurred.
    #[default]
    ChargeRecorded,
    /// All work done.
    ChargeAll,
    /// Nothing; what was charged is given back.
    Free,
}

/// Charges of a failed operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// Finished steps.
    #[default]
    ChargeFinished,
    /// All work done, the failed step included.
    ChargeAll,
    /// Nothing.
    Free,
}
