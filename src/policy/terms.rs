//! The terms of a policy as the engine reads them: complete, defaults filled in, names resolved.

pub use crate::calendar::CalendarUnit;
use crate::calendar::{MonthEnd, Period};
use crate::sampling::Dist;
use crate::units::{Category, Credits, Money, Probability, SimSpan, SimTime};

use super::customers::Buyer;

/// A complete set of commercial and enforcement rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name in the scenario, unique.
    pub name: String,
    /// Its plans; at least one. Without `plans.*` in the scenario there is one plan named `default`.
    pub plans: Vec<Terms>,
    /// Per cohort: (index into `plans`, weight); drawn per organization alike under every policy.
    pub plan_shares: Vec<Vec<(usize, f64)>>,
    /// Changes of plan during the horizon, in file order.
    pub plan_changes: Vec<PlanChange>,
}

/// A share of the organizations moves to another plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanChange {
    /// At an instant, or some time after sign-up.
    pub when: PlanChangeTime,
    /// Index into the policy's plans.
    pub to: usize,
    /// Share of the organizations that move.
    pub share: Probability,
    /// At once or at the next close.
    pub effective: Effective,
}

/// When a change of plan happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChangeTime {
    /// At an instant.
    At(SimTime),
    /// A span after sign-up.
    After(SimSpan),
}

/// When a change of plan takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effective {
    /// At once: the running cycle closes and a new one opens.
    Now,
    /// At the next close.
    #[default]
    NextCycle,
}

/// One plan of a policy with every override applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The plan's name.
    pub plan: String,
    /// Included credits of a period.
    pub allowance: Option<Allowance>,
    /// Price of the plan and how often it is billed.
    pub subscription: Option<Subscription>,
    /// Billing cycles: the allowance's, else calendar months.
    pub cycle: CycleRule,
    /// Grants every organization under these terms receives (free bundles, promotions), besides its cohort's.
    pub grants: Vec<GrantSpec>,
    /// Order in which grants are used; `id` closes the list.
    pub burn_order: Vec<BurnKey>,
    /// Where an expiry instant belongs.
    pub expiry_boundary: Boundary,
    /// Day arithmetic at month ends for validity (recurrence always computes from its anchor).
    pub month_end: MonthEnd,
    /// Rounding of charges.
    pub rounding: Option<Rounding>,
    /// Rules per feature, in the scenario's file order.
    pub features: Vec<FeatureTerms>,
    /// Debt.
    pub overdraft: Overdraft,
    /// Longest wait in the queue before an operation is lost (default 24 h) [span].
    pub patience: Dist,
    /// Longest queue (default 1000); an operation beyond it is lost.
    pub queue_max: u32,
    /// Most operations in flight per organization.
    pub max_in_flight: Option<u32>,
    /// What meets an operation above `max_in_flight` (organization or feature).
    pub at_max_in_flight: WhenShort,
    /// What can be bought.
    pub packages: Vec<Package>,
    /// Automatic top-ups, in file order.
    pub top_ups: Vec<TopUpRule>,
    /// Alerts, in file order.
    pub alerts: Vec<Alert>,
    /// Fires when an operation would exceed the view.
    pub alert_would_exceed: bool,
    /// Time between a charge being incurred and recorded [seconds].
    pub metering_lag: Dist,
    /// People who buy, if this policy differs from the cohort's.
    pub buyer: Option<Buyer>,
    /// How invoices are paid.
    pub invoices: Invoices,
    /// Whether debt lowers the views (default true; false under `repay = never`).
    pub debt_counts: bool,
}

/// The balance that a check, an alert or a top-up reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Usable credits less debt.
    Settled,
    /// Settled less open holds.
    #[default]
    Available,
    /// Settled less usage incurred but not yet recorded.
    Ongoing,
}

/// Strictly below, or at or below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// `view < threshold`.
    #[default]
    Below,
    /// `view <= threshold`.
    AtOrBelow,
}

impl Compare {
    /// True if `view` is on the low side of `threshold`.
    #[must_use]
    pub fn holds(self, view: Credits, threshold: Credits) -> bool {
        match self {
            Compare::Below => view < threshold,
            Compare::AtOrBelow => view <= threshold,
        }
    }
}

/// Included credits of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Credits per period.
    pub credits: Credits,
    /// What the running period of an organization signed up before the start gets.
    pub opening: Opening,
    /// What becomes of the rest at a close.
    pub rollover: Rollover,
    /// Burn priority, lower first (default 0).
    pub priority: i32,
    /// The category of the grant (default included).
    pub category: Category,
}

/// The first allowance of an organization that is older than the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// The whole allowance.
    #[default]
    Full,
    /// The share of the period that is still to come.
    Prorated,
}

/// Billing cycles.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleRule {
    /// Length of a period.
    pub every: Period,
    /// Where it starts.
    pub anchor: Anchor,
}

/// Where periods start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// The organization's sign-up instant.
    #[default]
    SignUp,
    /// A day of the month, local midnight.
    DayOfMonth(u8),
    /// A day and a month, local midnight (default 1 January).
    DayAndMonth {
        /// 1–31.
        day: u8,
        /// 1–12.
        month: u8,
    },
    /// The first of each calendar month, local midnight.
    CalendarMonth,
    /// An explicit instant.
    At(SimTime),
}

/// What becomes of an allowance's rest at its close.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollover {
    /// `kept = min(remaining, max_credits, fraction × base)`; zero keeps nothing.
    pub fraction: Probability,
    /// What `fraction` applies to.
    pub base: RolloverBase,
    /// Least kept; the difference is issued.
    pub min_credits: Credits,
    /// Most kept of one lot.
    pub max_credits: Credits,
    /// Cap over all rolled lots together.
    pub max_total: Option<Credits>,
    /// Which lots `max_total` trims.
    pub trim: Trim,
    /// Closes a rolled lot survives; unlimited if absent.
    pub max_periods: Option<u32>,
    /// Whether rolled lots burn before or after the fresh allowance.
    pub burns: RolledBurns,
}

/// What a rollover fraction applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RolloverBase {
    /// What is left.
    #[default]
    Remaining,
    /// The lot's original credits.
    Original,
}

/// Which rolled lots are trimmed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trim {
    /// The oldest first.
    #[default]
    Oldest,
    /// The newest first.
    Newest,
}

/// Where rolled lots stand in the burn order relative to the fresh allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RolledBurns {
    /// Not a key: rolled and fresh lots differ only by the other keys.
    #[default]
    Unordered,
    /// Rolled lots first.
    Before,
    /// Fresh allowance first.
    After,
}

/// Price of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Paid in advance for each billing period.
    pub price: Money,
    /// The billing cadence, apart from the allowance's period.
    pub every: Period,
}

/// A grant written down in a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantSpec {
    /// The id in the file; ids of the same account must differ.
    pub id: Option<u32>,
    /// Credits issued.
    pub credits: Credits,
    /// Where they come from.
    pub category: Category,
    /// Burn priority, lower first (default 0).
    pub priority: i32,
    /// When it was created (default `effective_at`).
    pub created_at: Option<SimTime>,
    /// When it starts; default the later of sign-up and the scenario's start.
    pub effective_at: Option<SimTime>,
    /// When it is gone.
    pub expires: Expiry,
    /// When it is voided.
    pub voided_at: Option<SimTime>,
    /// What is left at the start, for grants effective before it.
    pub remaining: Option<Credits>,
    /// Its own rollover, applied in place at every close.
    pub rollover: Option<Rollover>,
    /// Issued again.
    pub recurrence: Option<Recurrence>,
    /// What was paid for it.
    pub price: Money,
}

/// The end of a grant's validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// Does not expire.
    #[default]
    Never,
    /// At an instant.
    At(SimTime),
    /// A calendar period after `effective_at`.
    After(Period),
}

/// A grant that is issued again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    /// How often.
    pub every: Period,
    /// Counted from here; the first amount is given at the grant's `effective_at`.
    pub anchor: SimTime,
    /// Replace or add.
    pub mode: RecurrenceMode,
    /// Validity of each later amount (default: the grant's own end).
    pub valid: Option<Period>,
}

/// What a recurrence does to what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecurrenceMode {
    /// What remains expires, the full amount is issued.
    #[default]
    Set,
    /// A new lot each time.
    Add,
}

/// One key of a burn order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurnKey {
    /// Lower priority first.
    Priority,
    /// Earlier end first, none last.
    ExpiresAt(Precision),
    /// Categories in the order given.
    Category([Category; 3]),
    /// Cheaper credits first.
    UnitPrice,
    /// Earlier start first.
    EffectiveAt,
    /// Earlier creation first.
    CreatedAt,
    /// Larger or smaller original amount first.
    Amount {
        /// True: larger first.
        larger_first: bool,
    },
    /// Rolled lots before or after the fresh allowance, as their rollover says.
    Burns,
    /// Lower id first; always the last key.
    Id,
}

/// How finely expiry instants are compared in a burn order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// To the microsecond.
    #[default]
    Exact,
    /// Whole seconds.
    Second,
    /// Local days.
    Day,
}

/// Whether a grant can still be used at its expiry instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    /// At the expiry instant it is gone.
    #[default]
    Exclusive,
    /// At the expiry instant it can still be used.
    Inclusive,
}

/// Rounding of charges; cumulative per operation unless `per_charge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    /// A multiple of this [credits].
    pub unit: Credits,
    /// Up, nearest or down.
    pub mode: RoundMode,
    /// Each charge on its own instead of the operation's sum so far.
    pub per_charge: bool,
}

impl Rounding {
    /// `amount` rounded to a multiple of the unit; `amount` is not negative.
    #[must_use]
    pub fn apply(self, amount: Credits) -> Credits {
        let (unit, value) = (self.unit.micros(), amount.micros());
        let down = value.div_euclid(unit);
        let rest = value.rem_euclid(unit);
        let units = match self.mode {
            RoundMode::Down => down,
            RoundMode::Up => down + i64::from(rest > 0),
            RoundMode::Nearest => down + i64::from(rest >= unit - rest),
        };
        Credits::from_micros(units * unit)
    }
}

/// Direction of rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundMode {
    /// Towards the vendor.
    Up,
    /// Half-up.
    Nearest,
    /// Towards the customer.
    Down,
}

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
    /// Least charge of an operation that ends [credits].
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
    /// Nothing; what was charged is not given back.
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

/// Permission to be in debt.
#[derive(Debug, Clone, PartialEq)]
pub struct Overdraft {
    /// Debt permitted; `None` is unlimited.
    pub limit: Option<Credits>,
    /// Which credits pay it back.
    pub repay: Repay,
    /// What a close does with it.
    pub at_cycle: DebtAtCycle,
    /// Price of invoiced debt per credit.
    pub price_per_credit: Option<Money>,
    /// Fee at a close with debt; money, never debt.
    pub fee: Money,
}

/// Which credits pay debt back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repay {
    /// Any usable, unreserved credits.
    #[default]
    AnyCredit,
    /// Purchased credits.
    Purchase,
    /// None.
    Never,
}

/// What a close does with debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DebtAtCycle {
    /// It stays.
    #[default]
    Carry,
    /// It is forgotten.
    Forgive,
    /// It is invoiced as overage.
    Invoice,
}

/// What can be bought.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// Its name, unique in the plan.
    pub name: String,
    /// Credits.
    pub credits: Credits,
    /// Price; without it money outcomes are not available.
    pub price: Option<Money>,
    /// Validity from the instant the credits land.
    pub expires: Expiry,
    /// Burn priority, lower first (default 0).
    pub priority: i32,
}

/// An automatic top-up.
#[derive(Debug, Clone, PartialEq)]
pub struct TopUpRule {
    /// Fires when the view is low.
    pub threshold: Credits,
    /// Strictly below or at the threshold.
    pub compare: Compare,
    /// The balance it reads.
    pub view: View,
    /// How much is bought.
    pub amount: TopUpAmount,
    /// Whether purchases under way count as landed.
    pub count_pending: bool,
    /// Least time between two purchases.
    pub cooldown: SimSpan,
    /// Caps per calendar period.
    pub caps: Vec<TopUpCap>,
    /// Time between payment and usable credits [seconds].
    pub processing: Dist,
    /// Probability that a payment is declined.
    pub declined: Probability,
    /// Pause after a decline.
    pub backoff: SimSpan,
    /// Declines in a row after which the rule stops for good.
    pub disable_after: Option<u32>,
    /// False (`on-change`): not evaluated at the end of a cooldown, back-off or cap period.
    pub wakes: bool,
    /// Purchases per account and day at which the rule stops (default 1,000).
    pub ceiling: u32,
}

/// How much an automatic top-up buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopUpAmount {
    /// One package (index into the plan's packages).
    Package(usize),
    /// Whole packages until the view lies above the threshold.
    MultipleUntilAbove(usize),
    /// Up to a target, at the package's unit price.
    UpTo {
        /// The view to reach.
        target: Credits,
        /// Index into the plan's packages, for price and validity.
        package: usize,
    },
}

/// A cap on automatic top-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopUpCap {
    /// Count or money.
    pub limit: CapLimit,
    /// Per calendar period.
    pub per: CalendarUnit,
}

/// What a cap limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapLimit {
    /// Number of purchases.
    Count(u32),
    /// Sum of prices.
    Money(Money),
}

/// An alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alert {
    /// Where it fires.
    pub threshold: AlertThreshold,
    /// Strictly below or at the threshold.
    pub compare: Compare,
    /// The balance it reads.
    pub view: View,
    /// How loud.
    pub level: AlertLevel,
}

/// Threshold of an alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlertThreshold {
    /// A number of credits.
    Credits(Credits),
    /// A share of all credits issued since the last close (0.2 = 20 %).
    ShareOfIssued(f64),
}

/// How loud an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertLevel {
    /// A warning.
    #[default]
    Warning,
    /// Critical.
    Critical,
}

/// How invoices of overage are paid.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoices {
    /// At once, or after `delay`.
    pub auto_pay: bool,
    /// Days until an invoice on terms is paid [seconds].
    pub delay: Dist,
    /// Probability that an invoice is not paid.
    pub declined: Probability,
    /// An unpaid invoice is written off after this span.
    pub write_off_after: Option<SimSpan>,
}
