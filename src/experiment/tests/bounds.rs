//! Outcomes stay where they can be, for organizations that sign up late and leave early.

use crate::outcome::{METRICS, Metric, Tally, Totals, metric};
use crate::units::SimTime;

use super::super::analytic::{EvidenceRows, simulate};

fn tallies(text: &str) -> Vec<Vec<Tally>> {
    let evidence =
        simulate("bounds", text, EvidenceRows::default(), None).unwrap_or_else(|failure| panic!("{failure}"));
    evidence.accounts.into_values().collect()
}

fn value(name: &str, totals: &Totals) -> Option<f64> {
    metric(name).and_then(|metric| metric.value(totals))
}

#[test]
fn the_clock_of_blocked_time_ends_with_the_life() {
    let text = r#"
        start = 2025-01-01T00:00:00Z
        horizon = "10 days"
        [[cohorts]]
        name = "one"
        lifetime = ["1 day"]
        [features.call]
        arrivals = { every = "1 h" }
        cost = 1
        [policies.block]
        allowance = 2
        admission = "positive"
    "#;
    let totals = Totals::of(&tallies(text)[0][0], SimTime::from_micros(0));
    let share = value("blocked_time_share", &totals).expect("there is demand");
    // Two of the calls are served: blocked from the second on, of 24 hours.
    assert!((share - 22.0 / 24.0).abs() < 0.05 && share <= 1.0, "{share}");
    assert_eq!(value("restore_open_episodes", &totals), Some(1.0), "nothing was served after the refusal");
    assert_eq!(value("restore_h_p50", &totals), None);
}

#[test]
fn shares_and_integrals_over_time_stay_within_the_life() {
    let text = r#"
        start = 2025-01-01T00:00:00Z
        horizon = "40 days"
        measure_from = "5 days"
        [[cohorts]]
        name = "leaving"
        organizations = 60
        lifetime = { exponential = "6 days" }
        signed_up = { during = "20 days" }
        [[cohorts]]
        name = "staying"
        organizations = 20
        [features.call]
        arrivals = { poisson = "20/day" }
        cost = { lognormal = { mean = 1, cv = 2 } }
        duration = { exponential = "8 h" }
        [policy]
        allowance = { credits = 30, every = "10 days" }
        [policies.block]
        [policies.overdraft]
        admission = "positive"
        overdraft = 20
        [policies.hold]
        admission = { hold = { estimate = { quantile = 0.9 } } }
    "#;
    let (mut blocked, mut owing): (f64, f64) = (0.0, 0.0);
    for tallies in tallies(text) {
        for tally in tallies {
            let totals = Totals::of(&tally, SimTime::from_micros(0));
            for metric in METRICS.iter().filter(|metric| metric.reach.has_organizations()) {
                within(metric, &totals);
                (0..tally.features.len()).for_each(|feature| within(metric, &totals.feature(feature)));
            }
            let of = |name: &str| value(name, &totals).unwrap_or(0.0);
            let days = tally.life.micros() as f64 / 86_400e6;
            assert!(
                of("in_flight_mean") <= of("in_flight_max") + 1e-9,
                "{} in {days} days",
                of("in_flight_mean")
            );
            assert!(of("overdraft_days_longest") <= days + 1e-9);
            assert!(of("overdraft_credit_days") <= of("overdraft_credits_max") * days + 1e-6);
            blocked = blocked.max(of("blocked_time_share"));
            owing = owing.max(of("overdraft_days_longest"));
        }
    }
    assert!(blocked > 0.5 && owing > 1.0, "the scenario reaches what it is about: {blocked} {owing}");
}

fn within(metric: &Metric, totals: &Totals) {
    let (range, found) = (metric.range(), metric.value(totals));
    let inside = |value: f64| (range.low..=range.high + 1e-12).contains(&value);
    assert!(found.is_none_or(inside), "{}: {found:?} is not in {range:?}", metric.name);
}
