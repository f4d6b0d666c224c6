//! The knobs of a swarm: each turns one part of a policy, of its customers or of the organization away from its default.

use creditsim::policy::{
    Anchor, BurnKey, Estimator, ExpiryPrecision, FeatureTerms, HistoryEstimate, Terms, View, WhenShort,
};
use creditsim::sampling::Dist;
use creditsim::units::{Category, Credits, Money, Probability, SimSpan, SimTime};

use super::limits::{LimitResets, MeteredLimit};
use super::lots::{GivenGrant, Rolls};
use super::rates::DrawnCard;

/// Start of the horizon: 1 January 2025.
pub const START: SimTime = SimTime::from_micros(1_735_689_600_000_000);

/// `hours` after the start (before it, if negative).
pub fn at(hours: i64) -> SimTime {
    START + SimSpan::from_micros(hours * SimSpan::HOUR.micros())
}

/// So many hours.
pub fn hours(count: u32) -> SimSpan {
    SimSpan::from_micros(i64::from(count) * SimSpan::HOUR.micros())
}

pub fn seconds(hours: u32) -> Dist {
    Dist::Fixed(f64::from(hours) * 3600.0)
}

pub fn quarters(quarters: u8) -> Probability {
    Probability::new(f64::from(quarters) / 4.0).expect("0 to 4 quarters")
}

pub fn thirds(thirds: i64) -> Credits {
    Credits::from_micros(thirds * 333_333)
}

pub fn money(cents: i64) -> Money {
    Money::from_nanos(cents * 10_000_001)
}

/// One thing turned away from its default.
#[derive(Debug, Clone)]
pub enum Knob {
    Allowance {
        thirds: i64,
        days: u32,
        anchor: u8,
        prorated: bool,
        rolls: Option<Rolls>,
        /// Who has a lot.
        per: u8,
    },
    Subscription {
        cents: i64,
        days: u32,
    },
    Cycle {
        days: u32,
    },
    Closes(Vec<u32>),
    Grant(GivenGrant),
    PlanGrant(GivenGrant),
    BurnOrder(Vec<u8>),
    Inclusive,
    Overflow,
    Rounding {
        micros: i64,
        mode: u8,
        per_charge: bool,
    },
    Check {
        feature: u8,
        kind: u8,
        estimate: u8,
        view: u8,
    },
    Hold {
        feature: u8,
        estimate: u8,
        buffer: u8,
        timeout: Option<u32>,
        charge: bool,
        overrun: u8,
        pins: bool,
        leak: u8,
        positive: bool,
    },
    Charge {
        feature: u8,
        moment: u8,
    },
    Short {
        feature: u8,
        short: u8,
        beyond: u8,
    },
    InFlight {
        feature: u8,
        kind: u8,
        absorb: bool,
    },
    Ends {
        feature: u8,
        cancel: u8,
        failure: u8,
    },
    Minimum {
        feature: u8,
        thirds: i64,
        on_failure: bool,
        on_cancel: bool,
    },
    FeatureCap {
        feature: u8,
        most: u32,
    },
    Cap {
        most: u32,
        reaction: u8,
    },
    Denial {
        feature: u8,
        quarters: u8,
    },
    Limit(MeteredLimit),
    Rates(DrawnCard),
    Resets(LimitResets),
    Silent {
        feature: u8,
    },
    Overdraft {
        limit: Option<i64>,
        repay: u8,
        at_cycle: u8,
        cents: Option<i64>,
        fee: i64,
        /// Cents of `invoice_at`.
        ahead: Option<i64>,
        /// Quarters of the allowance, times a week.
        grace: Option<(u8, u32)>,
    },
    Patience {
        hours: u32,
        queue: u32,
    },
    TopUp {
        threshold: i64,
        at: bool,
        view: u8,
        amount: u8,
        package: u8,
        pending: bool,
        cooldown: u32,
        cap: u8,
        delay: u32,
        declined: u8,
        backoff: u32,
        disable: Option<u32>,
        looks: u8,
        ceiling: u32,
        crossing: bool,
        share: bool,
    },
    Alert {
        threshold: i64,
        share: bool,
        at: bool,
        view: u8,
        critical: bool,
    },
    WouldExceed,
    Lag {
        hours: u32,
        /// Hours of `late_grace`; none is billed as recorded.
        grace: Option<u32>,
    },
    Resume {
        hours: u32,
    },
    Buyer {
        refusal: u8,
        warning: u8,
        zero: u8,
        wait: u8,
        degraded: u8,
        again: Option<u32>,
        days: Option<u32>,
        human: u32,
        choice: u8,
        processing: u32,
        declined: u8,
        drop: bool,
    },
    Retry {
        quarters: u8,
        hours: u32,
        attempts: u32,
    },
    Wait {
        quarters: u8,
    },
    Substitute {
        quarters: u8,
    },
    Churn {
        refusals: u32,
        hours: u32,
        quarters: u8,
    },
    Budget {
        cents: i64,
        unit: u8,
    },
    Invoices {
        hours: u32,
        declined: u8,
        write_off: Option<u32>,
        /// Quarters of a payment three days and nine days after it was due; none is never tried again.
        dunning: Option<(u8, u8)>,
        /// Days until suspension and termination.
        overdue: (Option<u32>, Option<u32>),
    },
    /// Quarters of what was paid: at a downgrade, as the organization leaves.
    RefundOn {
        downgrade: Option<u8>,
        leave: Option<u8>,
    },
    Ratable,
    /// Packages are of whose operation causes them to be bought.
    OwnPackages(u8),
    /// The alerts and top-up rules so far look at owners by themselves.
    OwnRules {
        alerts: u8,
        rules: u8,
    },
    DebtCounts(bool),
    DebtAtStart(i64),
    PlanChange {
        hour: u32,
        /// 0 at the next close, 1 and 2 restarting, 3 to 7 in the running cycle.
        how: u8,
        back: bool,
        reset: bool,
        /// Survivors are multiplied by so many thirds, and end after so many days.
        convert: Option<(i64, Option<u32>)>,
    },
    /// Other rules from an hour on: a third of the knobs is turned back.
    RuleChange {
        hour: u32,
        /// For all, for who signed up before the start, for who did later.
        whom: u8,
    },
    SignedUp(i64),
    Leaves(u32),
    Members(u16, u16),
    /// At these hours members leave, or join if they are away.
    Seats {
        hours: Vec<(u32, u16)>,
        at_once: bool,
        on_leave: u8,
    },
    MeasureFrom(u32),
    Outage {
        feature: u8,
        from: u32,
        hours: u32,
    },
    Zone,
}

pub fn view(word: u8) -> View {
    [View::Available, View::Settled, View::Ongoing][usize::from(word)]
}

pub fn reaction(word: u8) -> WhenShort {
    [WhenShort::Allow, WhenShort::Reject, WhenShort::Degrade, WhenShort::Queue][usize::from(word)]
}

pub fn estimator(word: u8) -> Estimator {
    match word {
        0 => Estimator::Exact,
        1 => Estimator::Fixed(thirds(9)),
        2 => Estimator::Expected,
        3 => Estimator::History(HistoryEstimate::Last),
        4 => Estimator::History(HistoryEstimate::Mean(2)),
        _ => Estimator::Blur { bias: -0.1, cv: 0.3 },
    }
}

pub fn anchor(word: u8) -> Anchor {
    [Anchor::SignUp, Anchor::CalendarMonth, Anchor::DayOfMonth(31), Anchor::At(at(-100))][usize::from(word)]
}

pub fn burn_key(word: u8) -> BurnKey {
    use Category::{Included, Promotional, Purchased};
    match word {
        0 => BurnKey::Priority,
        1 => BurnKey::ExpiresAt(ExpiryPrecision::Exact),
        2 => BurnKey::ExpiresAt(ExpiryPrecision::Day),
        3 => BurnKey::Category([Purchased, Promotional, Included]),
        4 => BurnKey::UnitPrice,
        5 => BurnKey::EffectiveAt,
        6 => BurnKey::CreatedAt,
        7 => BurnKey::Amount { larger_first: true },
        8 => BurnKey::Amount { larger_first: false },
        _ => BurnKey::Burns,
    }
}

/// The rules of a feature.
pub fn of(terms: &mut Terms, feature: u8) -> &mut FeatureTerms {
    let index = usize::from(feature) % terms.features.len();
    &mut terms.features[index]
}
