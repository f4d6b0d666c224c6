//! The knobs of a swarm: each turns one part of a policy, of its customers or of the organization away from its default.

use creditsim::calendar::Period;
use creditsim::policy::{
    Anchor, BurnKey, Estimator, Expiry, ExpiryPrecision, FeatureTerms, GrantSpec, HistoryEstimate,
    Recurrence, RecurrenceMode, RolledBurns, Rollover, RolloverBase, Terms, Trim, View, WhenShort,
};
use creditsim::sampling::Dist;
use creditsim::units::{Category, Credits, Money, Probability, SimSpan, SimTime};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::case::hour;

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

/// A rollover.
#[derive(Debug, Clone)]
pub struct Rolls {
    quarters: u8,
    original: bool,
    min: i64,
    max: Option<i64>,
    total: Option<i64>,
    newest: bool,
    periods: Option<u32>,
    burns: u8,
}

impl Rolls {
    pub fn terms(&self) -> Rollover {
        Rollover {
            fraction: quarters(self.quarters),
            base: if self.original { RolloverBase::Original } else { RolloverBase::Remaining },
            min_credits: thirds(self.min),
            max_credits: self.max.map_or(Credits::MAX, thirds),
            max_total: self.total.map(thirds),
            trim: if self.newest { Trim::Newest } else { Trim::Oldest },
            max_periods: self.periods,
            burns: [RolledBurns::Unordered, RolledBurns::Before, RolledBurns::After][usize::from(self.burns)],
        }
    }
}

fn rolls() -> impl Strategy<Value = Rolls> {
    let caps = (option::of(0..60_i64), option::of(0..90_i64), any::<bool>(), option::of(1..3_u32));
    (0..5_u8, any::<bool>(), 0..12_i64, caps, 0..3_u8).prop_map(
        |(quarters, original, min, (max, total, newest, periods), burns)| Rolls {
            quarters,
            original,
            min,
            max,
            total,
            newest,
            periods,
            burns,
        },
    )
}

/// A written-down grant.
#[derive(Debug, Clone)]
pub struct BatchSlice {
    thirds: i64,
    category: u8,
    priority: i32,
    from: Option<i64>,
    expires: Option<i64>,
    voided: Option<i64>,
    left: Option<i64>,
    rolls: Option<Rolls>,
    every: Option<(u32, bool, Option<u32>)>,
    cents: i64,
}

impl BatchSlice {
    pub fn spec(&self) -> GrantSpec {
        let from = self.from.map(at);
        let after = |hours: i64| at(self.from.unwrap_or(0) + hours);
        GrantSpec {
            id: None,
            credits: thirds(self.thirds),
            category: Category::ALL[usize::from(self.category)],
            priority: self.priority,
            created_at: None,
            effective_at: from,
            expires: self.expires.map_or(Expiry::Never, |hours| Expiry::At(after(hours))),
            voided_at: self.voided.map(after),
            remaining: self.left.map(|left| thirds(left.min(self.thirds))),
            rollover: self.rolls.as_ref().map(Rolls::terms),
            recurrence: self.every.map(|(days, add, valid)| Recurrence {
                every: Period::Days(days),
                anchor: from,
                mode: if add { RecurrenceMode::Add } else { RecurrenceMode::Set },
                valid: valid.map(Period::Days),
            }),
            price: money(self.cents),
        }
    }
}

fn given() -> impl Strategy<Value = BatchSlice> {
    let ends = (option::of(1..900_i64), option::weighted(0.2, 1..900_i64), option::weighted(0.3, 0..40_i64));
    let again = option::weighted(0.3, (3..20_u32, any::<bool>(), option::of(2..15_u32)));
    let start = option::weighted(0.6, prop_oneof![-400..900_i64, hour().prop_map(i64::from)]);
    (1..90_i64, 0..3_u8, -1..2_i32, start, ends, option::weighted(0.2, rolls()), again, 0..300_i64).prop_map(
        |(thirds, category, priority, from, (expires, voided, left), rolls, every, cents)| BatchSlice {
            thirds,
            category,
            priority,
            from,
            expires,
            voided,
            left,
            rolls,
            every,
            cents,
        },
    )
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
    },
    Subscription {
        cents: i64,
        days: u32,
    },
    Cycle {
        days: u32,
    },
    Closes(Vec<u32>),
    Grant(BatchSlice),
    PlanGrant(BatchSlice),
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
    Silent {
        feature: u8,
    },
    Overdraft {
        limit: Option<i64>,
        repay: u8,
        at_cycle: u8,
        cents: Option<i64>,
        fee: i64,
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
    SignedUp(i64),
    Leaves(u32),
    Members(u16, u16),
    MeasureFrom(u32),
    Outage {
        feature: u8,
        from: u32,
        hours: u32,
    },
    Zone,
}

/// Any knob.
pub fn knob() -> impl Strategy<Value = Knob> {
    prop_oneof![
        credit_knobs(),
        rule_knobs(),
        hold_knobs(),
        debt_knobs(),
        purchase_knobs(),
        customer_knobs(),
        life_knobs()
    ]
}

fn credit_knobs() -> BoxedStrategy<Knob> {
    prop_oneof![
        (0..90_i64, 2..40_u32, 0..4_u8, any::<bool>(), option::of(rolls())).prop_map(
            |(thirds, days, anchor, prorated, rolls)| Knob::Allowance {
                thirds,
                days,
                anchor,
                prorated,
                rolls
            }
        ),
        given().prop_map(Knob::Grant),
        given().prop_map(Knob::Grant),
        given().prop_map(Knob::PlanGrant),
        (1..2000_i64, 5..60_u32).prop_map(|(cents, days)| Knob::Subscription { cents, days }),
        (2..30_u32).prop_map(|days| Knob::Cycle { days }),
        vec(1..960_u32, 0..4).prop_map(Knob::Closes),
        vec(0..10_u8, 0..5).prop_map(Knob::BurnOrder),
    ]
    .boxed()
}

fn rule_knobs() -> BoxedStrategy<Knob> {
    let feature = || 0..2_u8;
    prop_oneof![
        Just(Knob::Inclusive),
        Just(Knob::Overflow),
        (1..2_000_000_i64, 0..3_u8, any::<bool>()).prop_map(|(micros, mode, per_charge)| Knob::Rounding {
            micros,
            mode,
            per_charge
        }),
        (feature(), 0..3_u8, 0..6_u8, 0..3_u8).prop_map(|(feature, kind, estimate, view)| Knob::Check {
            feature,
            kind,
            estimate,
            view
        }),
        (feature(), 0..4_u8).prop_map(|(feature, moment)| Knob::Charge { feature, moment }),
        (feature(), 0..4_u8, 1..4_u8).prop_map(|(feature, short, beyond)| Knob::Short {
            feature,
            short,
            beyond
        }),
        (feature(), 0..3_u8, any::<bool>()).prop_map(|(feature, kind, absorb)| Knob::InFlight {
            feature,
            kind,
            absorb
        }),
        (feature(), 0..3_u8, 0..3_u8).prop_map(|(feature, cancel, failure)| Knob::Ends {
            feature,
            cancel,
            failure
        }),
        (feature(), 1..30_i64, any::<bool>(), any::<bool>()).prop_map(
            |(feature, thirds, on_failure, on_cancel)| Knob::Minimum {
                feature,
                thirds,
                on_failure,
                on_cancel
            }
        ),
        (feature(), 0..3_u32).prop_map(|(feature, most)| Knob::FeatureCap { feature, most }),
        (0..4_u32, 0..4_u8).prop_map(|(most, reaction)| Knob::Cap { most, reaction }),
        (feature(), 1..4_u8).prop_map(|(feature, quarters)| Knob::Denial { feature, quarters }),
        feature().prop_map(|feature| Knob::Silent { feature }),
        (0..50_u32, 0..4_u32).prop_map(|(hours, queue)| Knob::Patience { hours, queue }),
        (0..6_u32).prop_map(|hours| Knob::Lag { hours }),
        (0..12_u32).prop_map(|hours| Knob::Resume { hours }),
    ]
    .boxed()
}

fn hold_knobs() -> BoxedStrategy<Knob> {
    let needs = (0..3_u8, option::weighted(0.2, Just(())));
    (0..2_u8, 0..6_u8, 0..3_u8, option::of(1..6_u32), any::<bool>(), 0..4_u8, any::<bool>(), needs)
        .prop_map(|(feature, estimate, buffer, timeout, charge, overrun, pins, (leak, need))| Knob::Hold {
            feature,
            estimate,
            buffer,
            timeout,
            charge,
            overrun,
            pins,
            leak,
            positive: need.is_some(),
        })
        .boxed()
}

fn debt_knobs() -> BoxedStrategy<Knob> {
    prop_oneof![
        3 => (option::of(0..30_i64), 0..3_u8, 0..3_u8, option::of(1..50_i64), 0..100_i64)
            .prop_map(|(limit, repay, at_cycle, cents, fee)| Knob::Overdraft { limit, repay, at_cycle, cents, fee }),
        1 => (0..200_u32, 0..5_u8, option::of(1..300_u32))
            .prop_map(|(hours, declined, write_off)| Knob::Invoices { hours, declined, write_off }),
        1 => any::<bool>().prop_map(Knob::DebtCounts),
        1 => (1..40_i64).prop_map(Knob::DebtAtStart),
    ]
    .boxed()
}

fn purchase_knobs() -> BoxedStrategy<Knob> {
    let what = (-5..60_i64, any::<bool>(), 0..3_u8, 0..3_u8, 0..3_u8, any::<bool>());
    let guards = (0..60_u32, 0..5_u8, 0..5_u32, 0..5_u8, 0..30_u32, option::of(1..3_u32), 0..3_u8, 1..6_u32);
    let kind = (option::weighted(0.3, Just(())), option::weighted(0.2, Just(())));
    let top_up = (what, guards, kind).prop_map(
        |(
            (threshold, at, view, amount, package, pending),
            (cooldown, cap, delay, declined, backoff, disable, looks, ceiling),
            (crossing, share),
        )| Knob::TopUp {
            threshold,
            at,
            view,
            amount,
            package,
            pending,
            cooldown,
            cap,
            delay,
            declined,
            backoff,
            disable,
            looks,
            ceiling,
            crossing: crossing.is_some(),
            share: share.is_some(),
        },
    );
    let short = (0..5_u8, 0..5_u8, option::weighted(0.3, 1..40_u32));
    let buyer = (
        0..5_u8,
        0..5_u8,
        0..5_u8,
        short,
        option::weighted(0.3, 1..20_u32),
        0..4_u32,
        0..4_u8,
        0..4_u32,
        0..3_u8,
        any::<bool>(),
    )
        .prop_map(
            |(
                refusal,
                warning,
                zero,
                (wait, degraded, again),
                days,
                human,
                choice,
                processing,
                declined,
                drop,
            )| {
                Knob::Buyer {
                    refusal,
                    warning,
                    zero,
                    wait,
                    degraded,
                    again,
                    days,
                    human,
                    choice,
                    processing,
                    declined,
                    drop,
                }
            },
        );
    prop_oneof![
        2 => top_up,
        2 => buyer,
        1 => (-5..40_i64, any::<bool>(), any::<bool>(), 0..3_u8, any::<bool>())
            .prop_map(|(threshold, share, at, view, critical)| Knob::Alert { threshold, share, at, view, critical }),
        1 => Just(Knob::WouldExceed),
        1 => (0..400_i64, 0..5_u8).prop_map(|(cents, unit)| Knob::Budget { cents, unit }),
    ]
    .boxed()
}

fn customer_knobs() -> BoxedStrategy<Knob> {
    prop_oneof![
        (1..5_u8, 0..10_u32, 1..5_u32).prop_map(|(quarters, hours, attempts)| Knob::Retry {
            quarters,
            hours,
            attempts
        }),
        (1..5_u8).prop_map(|quarters| Knob::Wait { quarters }),
        (1..5_u8).prop_map(|quarters| Knob::Substitute { quarters }),
        (1..4_u32, 1..100_u32, 1..5_u8).prop_map(|(refusals, hours, quarters)| Knob::Churn {
            refusals,
            hours,
            quarters
        }),
    ]
    .boxed()
}

fn life_knobs() -> BoxedStrategy<Knob> {
    prop_oneof![
        (
            hour(),
            0..8_u8,
            any::<bool>(),
            any::<bool>(),
            option::weighted(0.3, (0..7_i64, option::of(1..30_u32))),
        )
            .prop_map(|(hour, how, back, reset, convert)| Knob::PlanChange {
                hour,
                how,
                back,
                reset,
                convert,
            }),
        (-1500..500_i64).prop_map(Knob::SignedUp),
        (100..960_u32).prop_map(Knob::Leaves),
        (1..4_u16, 1..3_u16).prop_map(|(members, billing)| Knob::Members(members, billing)),
        hour().prop_map(Knob::MeasureFrom),
        (0..2_u8, 0..960_u32, 1..60_u32).prop_map(|(feature, from, hours)| Knob::Outage {
            feature,
            from,
            hours
        }),
        Just(Knob::Zone),
    ]
    .boxed()
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
