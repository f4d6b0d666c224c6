//! The campaign platform: an estimate is shown, must be covered, and people buy packages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{
    Alert, BudgetBlocked, Charge, Land, PaymentDeclined, PurchaseOrdered, Refused, Served, Start,
};
use creditsim::outcome::{AttemptOutcome, Reason};
use creditsim::policy::Expiry;
use creditsim::units::Credits;

use super::harness::{Ran, run};

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("campaign-platform", "documented"));
    &RAN
}

/// Distinct whole costs of the served operations of a feature.
fn costs(ran: &Ran, feature: &str) -> BTreeSet<i64> {
    let feature = ran.feature(feature).0;
    let served = ran.attempts().filter(|row| row.feature == feature && row.outcome == AttemptOutcome::Served);
    served.map(|row| row.charged.micros() / 1_000_000).collect()
}

#[test]
fn any_member_spends_from_the_workspace() {
    let ran = documented();
    for journal in ran.journals() {
        let members: BTreeSet<u16> =
            journal.iter().filter(|entry| entry.kind == Charge).map(|entry| entry.member).collect();
        assert!(members.len() > 1);
    }
}

#[test]
fn purchased_credits_last_twelve_months_or_for_ever() {
    let expiry =
        |policy: &str| run("campaign-platform", policy).scenario.policies[0].plans[0].packages[0].expires;
    assert_eq!(expiry("documented"), Expiry::After(creditsim::calendar::Period::Months(12)));
    assert_eq!(expiry("never-expires"), Expiry::Never);
}

#[test]
fn each_operation_costs_what_the_page_says() {
    let ran = documented();
    let cases: [(&str, &[i64]); 8] = [
        ("content-post", &[1, 2, 3]),
        ("regenerate", &[1, 2, 3]),
        ("single-post", &[1]),
        ("simple-question", &[0, 1]),
        ("complex-analysis", &[1, 2, 3]),
        ("suggestions", &[1, 2]),
        ("optimise", &[1, 2]),
        ("rss-items", &[1]),
    ];
    for (feature, expected) in cases {
        assert_eq!(costs(ran, feature), expected.iter().copied().collect(), "{feature}");
    }
}

#[test]
fn a_question_that_costs_nothing_is_still_an_operation() {
    let ran = documented();
    assert!(costs(ran, "simple-question").contains(&0));
    assert!(
        ran.accounts.iter().all(|tally| tally.features[ran.feature("simple-question").index()].free == 0)
    );
}

#[test]
fn eight_kinds_of_action_are_free() {
    let ran = documented();
    assert_eq!(ran.count_of(Charge, "free-actions"), 0);
    assert_eq!(ran.count_of(Refused, "free-actions"), 0);
}

#[test]
fn the_balance_moves_when_an_operation_completes() {
    let ran = documented();
    let served =
        ran.attempts().filter(|row| row.outcome == AttemptOutcome::Served && row.charged.is_positive());
    let ends: BTreeSet<_> = served.filter_map(|row| row.ended).collect();
    for entry in ran.entries().filter(|entry| entry.kind == Charge).take(1000) {
        let fate = ran.entries().any(|other| other.at == entry.at && other.operation == entry.operation);
        assert!(ends.contains(&entry.at) || fate);
    }
}

#[test]
fn warnings_come_below_a_hundred_at_ten_and_for_what_would_exceed() {
    let ran = documented();
    let alerts =
        |reason: Reason| ran.entries().filter(move |entry| entry.kind == Alert && entry.reason == reason);
    assert!(alerts(Reason::Warning).all(|entry| entry.available_after < Credits::from_whole(100)));
    assert!(alerts(Reason::Critical).all(|entry| entry.available_after <= Credits::from_whole(10)));
    for reason in [Reason::Warning, Reason::Critical, Reason::WouldExceed] {
        assert!(alerts(reason).count() > 0, "{reason:?}");
    }
}

#[test]
fn what_would_exceed_is_blocked_and_goes_on_after_a_purchase() {
    let ran = documented();
    assert!(ran.count(Refused) > 0 && ran.count(PurchaseOrdered) > 0);
    let resumed = ran.attempts().filter(|row| row.attempt > 1 && row.outcome == AttemptOutcome::Served);
    assert!(resumed.count() > 0, "refused operations go on");
}

#[test]
fn the_estimate_is_shown_and_covered_before_a_start() {
    let ran = documented();
    for row in ran.attempts().filter(|row| row.feature != ran.feature("free-actions").0) {
        assert!(row.estimate.is_some(), "an estimate for {row:?}");
    }
    assert!(ran.count(Start) > 0);
}

#[test]
fn a_campaign_comes_out_at_ten_to_a_hundred_and_fifty() {
    let ran = documented();
    let costs = costs(ran, "campaign");
    let usual = costs.iter().filter(|cost| (10..=150).contains(*cost)).count();
    assert!(usual * 10 >= costs.len() * 7, "{costs:?}");
}

#[test]
fn packages_have_the_prices_of_the_page() {
    let ran = documented();
    let packages = &ran.scenario.policies[0].plans[0].packages;
    let found: Vec<(i64, i64)> = packages
        .iter()
        .map(|package| {
            (
                package.credits.micros() / 1_000_000,
                package.price.map_or(0, |price| price.nanos() / 1_000_000_000),
            )
        })
        .collect();
    assert_eq!(found, [(100, 10), (250, 25), (550, 50), (1100, 100), (2350, 200)]);
}

#[test]
fn workspaces_pay_as_they_go_within_their_own_budget() {
    let ran = documented();
    assert!(ran.scenario.policies[0].plans[0].allowance.is_none());
    assert!(ran.count(BudgetBlocked) > 0);
}

#[test]
fn purchases_take_minutes_and_payments_can_fail() {
    let ran = documented();
    assert!(ran.count(PaymentDeclined) > 0 && ran.count(Land) > 0);
}

#[test]
fn some_switch_to_a_cheaper_way() {
    let ran = documented();
    assert!(ran.attempts().any(|row| row.outcome == AttemptOutcome::Substituted));
}

#[test]
fn alerts_can_be_left_out_of_a_plan() {
    let ran = run("amplience-workforce", "documented");
    assert!(ran.scenario.policies[0].plans[0].alerts.is_empty());
}

#[test]
fn usage_can_be_told_by_operation_member_and_time() {
    let ran = documented();
    let served: Vec<_> = ran.entries().filter(|entry| entry.kind == Served).collect();
    let features: BTreeSet<_> = served.iter().filter_map(|entry| entry.feature).collect();
    let members: BTreeSet<_> = served.iter().map(|entry| entry.member).collect();
    assert!(features.len() > 5 && members.len() > 2);
}
