//! The formulas on paper: two organizations, every number small enough to check by hand.

use crate::outcome::{AccountSample, FeatureTally, Histogram, Metric, Tally, Totals, metric};
use crate::units::{Credits, Money, SimSpan, SimTime};

fn credits(whole: i64) -> Credits {
    Credits::from_whole(whole)
}

fn money(units: i64) -> Money {
    Money::from_nanos(units * 1_000_000_000)
}

fn days(days: i64) -> SimSpan {
    SimSpan::from_micros(days * SimSpan::DAY.micros())
}

fn of(values: &[i64]) -> Histogram {
    let mut histogram = Histogram::default();
    values.iter().for_each(|&value| histogram.record(value));
    histogram
}

/// Lives 30 days, demands 8 of one feature and 2 of the other, is in debt, pays 20.
fn first() -> Tally {
    let chat = FeatureTally {
        demanded: 8,
        served: 5,
        refused: 4,
        lost_refused: 1,
        lost_abandoned: 1,
        attempts_refused: 5,
        surprise_refusals: 1,
        charged_credits: credits(40),
        blocked: days(15),
        waits: of(&[1_000_000, 3_000_000]),
        estimate_errors: of(&[250_000, -250_000]),
        provider_cost: Some(money(3)),
        ..FeatureTally::default()
    };
    let image =
        FeatureTally { demanded: 2, served: 2, charged_credits: credits(10), ..FeatureTally::default() };
    let mut tally = Tally { features: vec![chat, image], life: days(30), ..Tally::default() };
    tally.credits.issued = [credits(10), credits(60), credits(30)];
    tally.credits.burned = [credits(10), credits(20), credits(5)];
    tally.credits.repaid = [credits(0), credits(0), credits(5)];
    tally.credits.expired = [credits(0), credits(20), credits(0)];
    tally.debt.max = credits(12);
    tally.debt.credit_micros = i128::from(credits(6).micros()) * i128::from(days(2).micros());
    tally.debt.longest = days(2);
    tally.in_flight_micros = i128::from(days(60).micros());
    tally.in_flight_max = 4;
    tally.customer.purchases = 3;
    tally.customer.depleted_at = Some(SimTime::from_micros(SimSpan::HOUR.micros() * 36));
    tally.money.complete = true;
    tally.money.package_cash = money(20);
    tally.money.recognized = money(12);
    tally.member_credits = vec![credits(30), credits(10)];
    tally.samples =
        [5, 9, 2].map(|units| AccountSample { deferred: money(units), ..AccountSample::default() }).to_vec();
    tally
}

/// Lives 90 days, demands 10 of the first feature and is never refused; pays 40 for 10 credits burned.
fn second() -> Tally {
    let chat =
        FeatureTally { demanded: 10, served: 10, charged_credits: credits(10), ..FeatureTally::default() };
    let mut tally =
        Tally { features: vec![chat, FeatureTally::default()], life: days(90), ..Tally::default() };
    tally.credits.issued = [credits(0), credits(100), credits(0)];
    tally.credits.burned = [credits(0), credits(10), credits(0)];
    tally.in_flight_max = 2;
    tally.money.complete = true;
    tally.money.subscription_cash = money(40);
    tally.money.recognized = money(40);
    tally.member_credits = vec![credits(10)];
    tally.samples =
        [1, 1, 4].map(|units| AccountSample { deferred: money(units), ..AccountSample::default() }).to_vec();
    tally
}

fn together() -> Totals {
    let mut totals = Totals::of(&first(), SimTime::from_micros(0));
    totals.merge(&Totals::of(&second(), SimTime::from_micros(0)));
    totals
}

fn check(totals: &Totals, cases: &[(&str, Option<f64>)]) {
    for &(name, expected) in cases {
        let found = metric(name).map(|metric: &Metric| metric.value(totals));
        let close = match (found, expected) {
            (Some(Some(found)), Some(expected)) => (found - expected).abs() < 1e-9,
            (found, expected) => found == Some(expected),
        };
        assert!(close, "{name}: found {found:?}, wanted {expected:?}");
    }
}

#[test]
fn rates_are_ratios_of_totals() {
    check(
        &together(),
        &[
            ("operations_demanded", Some(20.0)),
            ("operations_lost", Some(2.0)),
            ("refusal_rate", Some(4.0 / 20.0)),
            ("loss_rate", Some(2.0 / 20.0)),
            ("surprise_refusal_share", Some(1.0 / 5.0)),
            // Burned 35 + 10 and repaid 5, of 200 issued.
            ("burned_credits", Some(50.0)),
            ("utilisation", Some(50.0 / 200.0)),
            ("expiry_rate", Some(20.0 / 200.0)),
            // 17 served for 60 credits.
            ("operations_per_100_credits", Some(17.0 / 60.0 * 100.0)),
            ("organizations_refused_share", Some(0.5)),
            ("hold_unused_share", None),
        ],
    );
}

#[test]
fn times_are_weighted_by_life_and_demand() {
    check(
        &together(),
        &[
            // 60 days in flight over 120 lived.
            ("in_flight_mean", Some(0.5)),
            ("in_flight_max", Some(4.0)),
            // The first feature is blocked 15 of 120 days and has 18 of 20 operations, the second never.
            ("blocked_time_share", Some(15.0 / 120.0 * 18.0 / 20.0)),
            ("depleted_h", Some(36.0)),
            ("wait_s_mean", Some(2.0)),
            ("wait_s_p50", Some(1.0)),
            ("wait_s_p95", Some(3.0)),
            ("estimate_error_mean", Some(0.0)),
            // 3 purchases in 4 organization-months.
            ("top_ups_per_organization_month", Some(0.75)),
            ("restore_h_p50", None),
        ],
    );
}

#[test]
fn overdraft_is_over_organizations() {
    check(
        &together(),
        &[
            ("overdraft_credits_max", Some(12.0)),
            ("overdraft_credits_mean", Some(6.0)),
            ("overdraft_credits_p99", Some(12.0)),
            ("overdraft_credit_days", Some(12.0)),
            ("overdraft_days_longest", Some(2.0)),
            ("organizations_overdrawn_share", Some(0.5)),
            // Refusals 4 and 0: the Gini of two is (4 − 0) / (2 · 4).
            ("refusal_gini", Some(0.5)),
        ],
    );
}

#[test]
fn money_is_known_only_with_every_price() {
    let mut totals = together();
    check(
        &totals,
        &[
            ("cash_money", Some(60.0)),
            ("recognized_money", Some(52.0)),
            ("price_per_credit_money", Some(60.0 / 50.0)),
            // Instants hold 6, 10 and 6 together.
            ("deferred_max_money", Some(10.0)),
            ("revenue_per_organization_month_money", Some(13.0)),
            ("provider_cost_money", Some(3.0)),
            ("margin_money", Some(49.0)),
            ("margin_rate", Some(49.0 / 52.0)),
            // 20 for 40 credits and 40 for 10: 0.5 and 4 a credit, (4 − 0.5) / (2 · 4.5); cells are 3 % wide.
            ("price_gini", Some(3.5 / 9.0)),
        ],
    );
    let mut unpriced = first();
    unpriced.money.complete = false;
    totals.merge(&Totals::of(&unpriced, SimTime::from_micros(0)));
    check(&totals, &[("cash_money", None), ("margin_money", None), ("operations_demanded", Some(30.0))]);
}

#[test]
fn one_feature_and_one_organization_follow_the_same_formulas() {
    check(
        &together().feature(0),
        &[
            ("operations_demanded", Some(18.0)),
            ("refusal_rate", Some(4.0 / 18.0)),
            ("charged_credits", Some(50.0)),
            ("blocked_time_share", Some(15.0 / 120.0)),
            ("organizations_refused_share", Some(0.5)),
        ],
    );
    check(
        &Totals::of(&first(), SimTime::from_micros(0)),
        &[
            ("refusal_rate", Some(0.4)),
            ("blocked_time_share", Some(0.5 * 0.8)),
            ("top_member_share_p50", Some(0.75)),
            ("deferred_max_money", Some(9.0)),
        ],
    );
}
