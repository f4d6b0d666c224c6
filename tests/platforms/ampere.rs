//! Ampere: new runs pause at zero until the reset or until credits come.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{
    Burn, Charge, IssueAllowance, Land, PurchaseOrdered, Queued, Refused, Served, Start,
};
use creditsim::outcome::{AttemptOutcome, Entry};
use creditsim::units::{Category, Credits};

use super::harness::{Ran, run};

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("ampere", "documented"));
    &RAN
}

#[test]
fn a_larger_team_has_no_more_credits() {
    let ran = documented();
    let issued: BTreeSet<Credits> =
        ran.entries().filter(|entry| entry.kind == IssueAllowance).map(|entry| entry.credits).collect();
    let full = [Credits::from_whole(400), Credits::from_whole(2000)];
    assert!(full.iter().all(|credits| issued.contains(credits)), "{issued:?}");
    assert!(issued.iter().all(|credits| *credits <= full[1]), "prorated at the opening, never more");
}

#[test]
fn six_kinds_of_work_spend() {
    let ran = documented();
    for feature in ["message", "tool-run", "workflow", "browser-session", "scheduled-run", "background"] {
        assert!(ran.count_of(Charge, feature) > 0, "{feature}");
    }
}

#[test]
fn an_allowance_is_not_a_number_of_outputs() {
    let ran = documented();
    let tool = ran.feature("tool-run").0;
    let costs: BTreeSet<Credits> = ran
        .attempts()
        .filter(|row| row.feature == tool && row.outcome == AttemptOutcome::Served)
        .map(|row| row.cost)
        .collect();
    assert!(costs.len() > 100);
}

#[test]
fn looking_is_free_and_never_blocked() {
    let ran = documented();
    assert_eq!(
        ran.count_of(Charge, "browse") + ran.count_of(Queued, "browse") + ran.count_of(Refused, "browse"),
        0
    );
    let dry = |entry: &&Entry| {
        entry.feature == Some(ran.feature("browse")) && entry.available_after <= Credits::ZERO
    };
    assert!(
        ran.entries().filter(dry).count() > 0
            || ran.accounts.iter().any(|tally| tally.features[ran.feature("browse").index()].free > 0)
    );
}

#[test]
fn included_and_purchased_credits_are_two_buckets_and_included_burn_first() {
    let ran = documented();
    let burned = |category: Category| {
        ran.entries().filter(move |entry| entry.kind == Burn && entry.category == category).count()
    };
    assert!(burned(Category::Included) > 0 && burned(Category::Purchased) > 0);
    for journal in ran.journals() {
        for pair in journal.windows(2).filter(|pair| pair.iter().all(|entry| entry.kind == Burn)) {
            let one_charge = pair[0].operation == pair[1].operation
                && pair[0].feature == pair[1].feature
                && pair[0].at == pair[1].at;
            let backwards = pair[0].category == Category::Purchased && pair[1].category == Category::Included;
            assert!(!(one_charge && backwards), "purchased before included at {}", pair[0].at);
        }
    }
}

#[test]
fn new_runs_pause_at_zero_until_reset_or_credits() {
    let ran = documented();
    assert!(ran.count(Queued) > 0);
    assert_eq!(ran.count(Refused), 0, "nothing is an error");
    let waited =
        ran.attempts().filter(|row| row.outcome == AttemptOutcome::Served && row.decided > row.arrived);
    assert!(waited.count() > 0, "paused runs go on");
    for entry in ran.entries().filter(|entry| entry.kind == Start) {
        assert!(
            entry.available_after.is_positive() || entry.feature == Some(ran.feature("browse")),
            "{entry:?}"
        );
    }
}

#[test]
fn only_billing_members_buy_and_others_must_ask() {
    let ran = documented();
    assert!(ran.count(PurchaseOrdered) > 0);
    let buyer = ran.scenario.cohorts[0].customers.buyer.as_ref().expect("somebody buys");
    assert!(!buyer.ask_delay.is_zero());
}

#[test]
fn auto_recharge_buys_by_itself() {
    let ran = run("ampere", "auto-recharge");
    assert!(ran.accounts.iter().map(|tally| tally.customer.auto_top_ups).sum::<u64>() > 0);
    assert!(ran.count(Land) > 0);
}

#[test]
fn billing_cadence_is_apart_from_the_allowances_period() {
    let ran = documented();
    let yearly =
        ran.scenario.policies[0].plans.iter().find(|plan| plan.plan == "pro-yearly").expect("a yearly plan");
    let subscription = yearly.subscription.as_ref().expect("it has a price");
    assert_ne!(subscription.every, yearly.cycle.every);
    assert!(ran.count(Served) > 0);
}
