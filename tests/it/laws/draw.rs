//! How the knobs of a swarm are drawn.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::case::hour;
use super::knob::Knob;
use super::limits::{limit_resets, metered_limit};
use super::lots::{given, per, rolls};
use super::rates::drawn_card;

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
        (0..90_i64, 2..40_u32, 0..4_u8, any::<bool>(), option::of(rolls()), per()).prop_map(
            |(thirds, days, anchor, prorated, rolls, per)| Knob::Allowance {
                thirds,
                days,
                anchor,
                prorated,
                rolls,
                per
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
        (0..60_u32, option::of(0..60_u32)).prop_map(|(hours, grace)| Knob::Lag { hours, grace }),
        (0..12_u32).prop_map(|hours| Knob::Resume { hours }),
        metered_limit().prop_map(Knob::Limit),
        drawn_card().prop_map(Knob::Rates),
        limit_resets().prop_map(Knob::Resets),
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

/// Cents at which overage is invoiced before the close.
fn ahead() -> impl Strategy<Value = Option<i64>> {
    option::weighted(0.4, 1..200_i64)
}

fn dunning() -> impl Strategy<Value = Option<(u8, u8)>> {
    option::of((0..5_u8, 0..5_u8))
}

/// Days until suspension and termination.
fn overdue() -> impl Strategy<Value = (Option<u32>, Option<u32>)> {
    (option::of(0..20_u32), option::weighted(0.2, 0..30_u32))
}

/// Quarters of the allowance that closes forgive, and how many of a week.
fn grace() -> impl Strategy<Value = Option<(u8, u32)>> {
    option::weighted(0.3, (1..5_u8, 1..3_u32))
}

fn debt_knobs() -> BoxedStrategy<Knob> {
    prop_oneof![
        3 => (option::of(0..30_i64), 0..3_u8, 0..3_u8, option::of(1..50_i64), 0..100_i64, ahead(), grace()).prop_map(
            |(limit, repay, at_cycle, cents, fee, ahead, grace)| Knob::Overdraft { limit, repay, at_cycle, cents, fee, ahead, grace }
        ),
        1 => (0..200_u32, 0..5_u8, option::of(1..300_u32), dunning(), overdue()).prop_map(
            |(hours, declined, write_off, dunning, overdue)| Knob::Invoices { hours, declined, write_off, dunning, overdue }
        ),
        1 => (option::of(0..5_u8), option::of(0..5_u8))
            .prop_map(|(downgrade, leave)| Knob::RefundOn { downgrade, leave }),
        1 => Just(Knob::Ratable),
        1 => (0..4_u8).prop_map(Knob::OwnPackages),
        1 => (0..4_u8, 0..4_u8).prop_map(|(alerts, rules)| Knob::OwnRules { alerts, rules }),
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
        (hour(), 0..3_u8).prop_map(|(hour, whom)| Knob::RuleChange { hour, whom }),
        (-1500..500_i64).prop_map(Knob::SignedUp),
        (100..960_u32).prop_map(Knob::Leaves),
        (1..4_u16, 1..3_u16).prop_map(|(members, billing)| Knob::Members(members, billing)),
        (vec((hour(), 0..3_u16), 1..6), any::<bool>(), 0..3_u8)
            .prop_map(|(hours, at_once, on_leave)| Knob::Seats { hours, at_once, on_leave }),
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
