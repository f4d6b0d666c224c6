//! The terms of a policy as the engine reads them: complete, defaults filled in, names resolved.

use crate::calendar::{MonthEnd, Period};
use crate::sampling::Dist;
use crate::units::{Category, Credits, FeatureIndex, Money, SimSpan, SimTime};

use super::changes::{PlanChange, RuleChanges};
use super::commerce::{Alert, Invoices, Package, Recognition, RefundOn, TopUpRule};
use super::customers::Buyer;
use super::enforcement::{FeatureTerms, WhenShort};
use super::grants::{Expiry, GrantSpec};
use super::limits::{AmountByHeads, LimitReset, OnLimit, UsageLimit};
use super::overdraft::Overdraft;
use super::rates::{InForce, RateCards};
use super::rollover::Rollover;
use super::scope::{CreditScope, LotOwner};

/// A complete set of commercial and enforcement rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name in the scenario, unique.
    pub name: String,
    /// Its plans; at least one. Without `plans.*` in the scenario there is one plan named `default`. Where rules change
    /// they are listed again for each edition of the rules.
    pub plans: Vec<Terms>,
    /// Per cohort: (index into `plans`, weight); drawn per organization alike under every policy.
    pub plan_shares: Vec<Vec<(usize, f64)>>,
    /// Names of the limits of all plans, each once.
    pub limit_names: Vec<String>,
    /// Changes of plan during the horizon, in file order.
    pub plan_changes: Vec<PlanChange>,
    /// Changes of rules during the horizon.
    pub rules: RuleChanges,
}

impl Policy {
    /// Number of plans, whatever edition of the rules is in force.
    #[must_use]
    pub fn named_plans(&self) -> usize {
        self.plans.len() / self.rules.editions.len().max(1)
    }

    /// True if a limit of some plan has operations tried as another feature.
    #[must_use]
    pub fn falls_back(&self) -> bool {
        self.plans.iter().any(Terms::falls_back)
    }

    /// True if a limit of some plan counts a quantity.
    #[must_use]
    pub fn measures(&self) -> bool {
        self.plans.iter().flat_map(|terms| &terms.limits).any(|limit| limit.quantity.is_some())
    }

    /// True if a limit of some plan bounds parts of charges, or counts parts of them.
    #[must_use]
    pub fn splits_charges(&self) -> bool {
        self.plans.iter().flat_map(|terms| &terms.limits).any(UsageLimit::splits_charges)
    }

    /// True if some plan has another rate for a feature than the feature's own.
    #[must_use]
    pub fn prices(&self, feature: FeatureIndex) -> bool {
        self.plans.iter().any(|terms| terms.rates.price(feature))
    }

    /// Every scope of the policy's credits and of a customer's own grants, once; what is everybody's is left out.
    #[must_use]
    pub fn scopes(&self, own: &[GrantSpec]) -> Vec<CreditScope> {
        let mut scopes: Vec<CreditScope> = Vec::new();
        let of_plans = self.plans.iter().flat_map(Terms::scopes);
        for scope in of_plans.chain(own.iter().map(|grant| grant.scope.clone())) {
            // What nobody in particular has caused to be bought is the organization's.
            for scope in [scope.clone(), scope.shared()] {
                if !scope.is_everybody() && !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }
        scopes
    }

    /// True if an account's plan and rules stay what they are.
    #[must_use]
    pub fn never_changes(&self) -> bool {
        self.plan_changes.is_empty() && self.rules.changes.is_empty()
    }
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
    /// The plan itself says which grants it gives; else they are the policy's, and alike for all such plans.
    pub own_grants: bool,
    /// Whether a change to this plan gives its grants.
    pub grants_on_change: bool,
    /// Order in which grants are used; `id` closes the list.
    pub burn_order: Vec<BurnKey>,
    /// Where an expiry instant belongs.
    pub expiry_boundary: Boundary,
    /// Day arithmetic at month ends for validity (recurrence always computes from its anchor).
    pub month_end: MonthEnd,
    /// Rounding of charges.
    pub rounding: Option<Rounding>,
    /// What operations cost where it is not as their features say.
    pub rates: RateCards,
    /// Rules per feature, in the scenario's file order.
    pub features: Vec<FeatureTerms>,
    /// Debt.
    pub overdraft: Overdraft,
    /// Longest wait in the queue before an operation is lost (default 24 h) (span).
    pub patience: Dist,
    /// Longest queue (default 1000); an operation beyond it is lost.
    pub queue_max: u32,
    /// Distance between the restarts of what waits (seconds); each is checked as it starts.
    pub resume: Dist,
    /// Which of these are written down and not defaults.
    pub written: WrittenKeys,
    /// Validity of credits given back for a charge whose grant has ended (default 30 days).
    pub refund_valid: Expiry,
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
    /// Time between a charge being incurred and recorded (seconds).
    pub metering_lag: Dist,
    /// Which lots a charge burns that is recorded later than it was incurred.
    pub billed_to: BilledTo,
    /// People who buy, if this policy differs from the cohort's.
    pub buyer: Option<Buyer>,
    /// Meters beside the balance, in file order.
    pub limits: Vec<UsageLimit>,
    /// When limits begin anew before their windows end, in file order.
    pub resets: Vec<LimitReset>,
    /// How invoices are paid.
    pub invoices: Invoices,
    /// When what was paid for purchased credits is paid back, as far as they are unused.
    pub refund_on: RefundOn,
    /// When what was paid in advance is earned.
    pub recognition: Recognition,
    /// Whether debt lowers the views (default true; false under `repay = never`).
    pub debt_counts: bool,
    /// What follows as members come and go.
    pub seats: SeatTerms,
}

/// What follows as members come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeatTerms {
    /// Allowance and price of the running period follow at once, not at the next issue and bill.
    pub at_once: bool,
    /// What becomes of a member's lots as it leaves.
    pub on_leave: LotsOnLeave,
}

/// What becomes of a member's lots as it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LotsOnLeave {
    /// They end.
    #[default]
    Expire,
    /// They are lots of all who are inside their scope.
    Pool,
    /// They sleep until it returns.
    Keep,
}

/// Whether keys are written down whose defaults decide about work that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrittenKeys {
    /// `queue_max`.
    pub queue_max: bool,
    /// `patience`.
    pub patience: bool,
    /// `resume`.
    pub resume: bool,
}

/// Included credits of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Credits per period; with a formula what it gives for one member and one project.
    pub credits: Credits,
    /// Credits per period by the heads that each lot is for, taken as it is issued.
    pub by_heads: Option<AmountByHeads>,
    /// So long before the close unused lots of single owners become everybody's.
    pub pool_before_close: Option<SimSpan>,
    /// What becomes of the rest at a close.
    pub rollover: Rollover,
    /// Burn priority, lower first (default 0).
    pub priority: i32,
    /// The category of the grant (default included).
    pub category: Category,
    /// Whom it is for.
    pub scope: CreditScope,
}

/// What a first period brings and costs that is only the rest of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// The whole allowance, at the whole price.
    #[default]
    Full,
    /// The share of both that is still to come.
    Prorated,
}

/// Billing cycles.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleRule {
    /// Length of a period.
    pub every: Period,
    /// Where it starts.
    pub anchor: Anchor,
    /// What first periods bring and cost.
    pub opening: Opening,
    /// False where nothing says when cycles close: calendar months, and none behind closes written for the account.
    pub written: bool,
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

/// Price of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Paid in advance for each billing period; with a formula what it gives for one member and one project.
    pub price: Money,
    /// The price by the heads of the organization as a period is billed.
    pub by_heads: Option<AmountByHeads>,
    /// The billing cadence, apart from the allowance's period.
    pub every: Period,
    /// Other prices, when and for whom; the last that applies as a period is billed.
    pub dated: Vec<(InForce, PlanPrice)>,
}

impl Subscription {
    /// One price, always and for everybody.
    #[must_use]
    pub fn at_one_price(price: Money, every: Period) -> Subscription {
        Subscription { price, every, by_heads: None, dated: Vec::new() }
    }

    /// The price of a period that is billed at an instant to an organization that signed up then, if it does not depend on heads;
    /// with a formula what that gives for one member and one project.
    #[must_use]
    pub fn price_at(&self, at: SimTime, signed_up: SimTime) -> Money {
        let price = self.dated_price(at, signed_up);
        price.map_or(self.price, |price| price.money)
    }

    /// The formula that gives the price of such a period, if it is one.
    #[must_use]
    pub fn formula_at(&self, at: SimTime, signed_up: SimTime) -> Option<&AmountByHeads> {
        match self.dated_price(at, signed_up) {
            Some(price) => price.by_heads.as_ref(),
            None => self.by_heads.as_ref(),
        }
    }

    /// True if some price depends on heads.
    #[must_use]
    pub fn is_by_heads(&self) -> bool {
        self.by_heads.is_some() || self.dated.iter().any(|(_, price)| price.by_heads.is_some())
    }

    fn dated_price(&self, at: SimTime, signed_up: SimTime) -> Option<&PlanPrice> {
        let applies = |(when, _): &&(InForce, PlanPrice)| when.holds_at(at) && when.is_for(signed_up);
        self.dated.iter().rev().find(applies).map(|(_, price)| price)
    }
}

/// One of several prices of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanPrice {
    /// Of a billing period; with a formula what it gives for one member and one project.
    pub money: Money,
    /// By the heads of the organization as a period is billed.
    pub by_heads: Option<AmountByHeads>,
}

/// One key of a burn order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurnKey {
    /// Lower priority first.
    Priority,
    /// Narrower scope first.
    Scope,
    /// Earlier end first, none last.
    ExpiresAt(ExpiryPrecision),
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
pub enum ExpiryPrecision {
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
    /// A multiple of this (credits).
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

/// Which lots a late charge burns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BilledTo {
    /// Those usable as it is recorded.
    #[default]
    Recorded,
    /// Those that were usable when it was incurred, if it comes no later than this span.
    Incurred(SimSpan),
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

impl Terms {
    /// True if a subscription's price is spread over its allowances, not over time.
    #[must_use]
    pub fn spreads_over_allowances(&self) -> bool {
        self.allowance.is_some() && self.recognition == Recognition::OnUse
    }

    /// True if some alert or automatic rule looks at owners by themselves.
    #[must_use]
    pub fn looks_at_owners(&self) -> bool {
        let owned = |per: LotOwner| per != LotOwner::Organization;
        self.alerts.iter().any(|alert| owned(alert.per)) || self.top_ups.iter().any(|rule| owned(rule.per))
    }

    /// Whom its credits are for.
    fn scopes(&self) -> impl Iterator<Item = CreditScope> {
        let allowance = self.allowance.iter().map(|allowance| &allowance.scope);
        let grants = self.grants.iter().map(|grant| &grant.scope);
        let packages = self.packages.iter().map(|package| &package.scope);
        let bought = self
            .top_ups
            .iter()
            .filter_map(|rule| Some(rule.scope_of(&self.packages.get(rule.package())?.scope)));
        allowance.chain(grants).chain(packages).cloned().chain(bought)
    }

    /// True if an operation that cannot start may be tried as another feature.
    #[must_use]
    pub fn falls_back(&self) -> bool {
        let falls = |reaction: WhenShort| matches!(reaction, WhenShort::Fallback(_));
        let of_features = self.features.iter().flat_map(|rules| [rules.short, rules.beyond_limit]);
        self.limits.iter().any(|limit| matches!(limit.on_limit, OnLimit::Fallback(_)))
            || of_features.chain([self.at_max_in_flight]).any(falls)
    }
}
