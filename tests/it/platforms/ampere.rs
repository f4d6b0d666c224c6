//! Ampere: new runs pause at zero until the reset or until credits come.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{
    Burn, Charge, IssueAllowance, Land, PurchaseOrdered, Queued, Refused, Start, Subscription,
};
use creditsim::outcome::{AttemptOutcome, Entry, Tally};
use creditsim::units::{Category, Credits, Money, SimSpan};

use super::harness::{Ran, journal, run, run_first, run_with};

const fn dollars(units: i64) -> Money {
    Money::from_nanos(units * 1_000_000_000)
}

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("ampere", "documented"));
    &RAN
}

#[test]
fn a_larger_team_has_no_more_credits() {
    let ran = documented();
    for (cohort, credits) in [("small-teams", 400), ("companies", 2000)] {
        let mut sizes = BTreeSet::new();
        for tally in ran.cohort(cohort) {
            let members: BTreeSet<u16> = journal(tally)
                .iter()
                .filter(|entry| entry.kind == Charge)
                .map(|entry| entry.member)
                .collect();
            sizes.insert(members.len());
            let later = |entry: &&Entry| entry.kind == IssueAllowance && entry.at > ran.scenario.start;
            let issued: BTreeSet<Credits> =
                journal(tally).iter().filter(later).map(|entry| entry.credits).collect();
            assert_eq!(
                issued,
                [Credits::from_whole(credits)].into(),
                "{cohort} of {} members",
                members.len()
            );
        }
        assert!(sizes.len() > 3, "teams of several sizes: {sizes:?}");
    }
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
    // Some stand still for lack of credits, some never do: all look as often.
    assert!(ran.count(Queued) > 0);
    let browse = ran.feature("browse").index();
    let looked =
        |ran: &Ran| -> Vec<u64> { ran.accounts.iter().map(|tally| tally.features[browse].free).collect() };
    let unlimited =
        run_with("ampere", "overdraft", &[("policies.overdraft.overdraft.limit", "\"unlimited\"")]);
    assert_eq!(looked(ran), looked(&unlimited));
    assert!(looked(ran).iter().sum::<u64>() > 1000);
}

/// In one charge of two categories, which was burned first.
fn first_burned(ran: &Ran) -> BTreeSet<Category> {
    let mut first = BTreeSet::new();
    for journal in ran.journals() {
        for pair in journal.windows(2).filter(|pair| pair.iter().all(|entry| entry.kind == Burn)) {
            let charge = |entry: &Entry| (entry.feature, entry.operation, entry.segment, entry.at);
            if charge(&pair[0]) == charge(&pair[1]) && pair[0].category != pair[1].category {
                first.insert(pair[0].category);
            }
        }
    }
    first
}

#[test]
fn included_and_purchased_credits_are_two_buckets_and_included_burn_first() {
    let ran = documented();
    let burned = |category: Category| {
        ran.entries().filter(move |entry| entry.kind == Burn && entry.category == category).count()
    };
    assert!(burned(Category::Included) > 0 && burned(Category::Purchased) > 0);
    assert_eq!(first_burned(ran), [Category::Included].into(), "as documented here");
    assert_eq!(
        first_burned(&run("ampere", "purchased-first")),
        [Category::Purchased].into(),
        "the other order"
    );
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

/// The same demand, and people who ask at once or after a week: a purchase that a billing member caused comes at the same
/// instant, any other a week later.
#[test]
fn only_billing_members_buy_and_others_must_ask() {
    let asking = |delay: &str| {
        let buyer = |cohort: &str, key: &str| format!("cohorts.{cohort}.buyer.{key}");
        let paths: Vec<(String, &str)> = ["small-teams", "companies"]
            .iter()
            .flat_map(|cohort| [(buyer(cohort, "ask_delay"), delay), (buyer(cohort, "human_delay"), "1 h")])
            .collect();
        let set: Vec<(&str, &str)> = paths.iter().map(|(path, value)| (path.as_str(), *value)).collect();
        run_first(40, "ampere", "documented", &set)
    };
    let (at_once, asked) = (asking("0 s"), asking("7 days"));
    let first = |tally: &Tally| journal(tally).iter().find(|entry| entry.kind == PurchaseOrdered).copied();
    let mut delays = BTreeSet::new();
    for (at_once, asked) in at_once.accounts.iter().zip(&asked.accounts) {
        // With the later purchase the account may close first, so only the first of each tells.
        if let (Some(at_once), Some(asked)) = (first(at_once), first(asked)) {
            delays.insert(asked.at - at_once.at);
        }
    }
    let week = SimSpan::from_seconds(7 * 86_400);
    assert!(delays.contains(&SimSpan::ZERO) && delays.contains(&week), "{delays:?}");
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
    let (mut monthly, mut yearly) = (0, 0);
    for tally in ran.cohort("small-teams") {
        let allowances = journal(tally).iter().filter(|entry| entry.kind == IssueAllowance).count();
        let paid: Vec<Money> = journal(tally)
            .iter()
            .filter(|entry| entry.kind == Subscription && entry.at > ran.scenario.start)
            .map(|entry| entry.money)
            .collect();
        assert!((6..=7).contains(&allowances), "credits come each month");
        if paid.iter().all(|money| *money == dollars(40)) && paid.len() >= 5 {
            monthly += 1;
        } else if paid.iter().all(|money| *money == dollars(400)) && paid.len() <= 1 {
            yearly += 1;
        }
    }
    assert!(monthly > 0 && yearly > 0 && monthly + yearly == 10, "{monthly} monthly, {yearly} yearly");
}

#[test]
fn top_ups_become_available_after_a_while() {
    for journal in documented().journals() {
        let mut ordered = None;
        for entry in journal {
            if entry.kind == PurchaseOrdered {
                ordered = Some(entry.at);
            }
            if entry.kind == Land {
                let took = entry.at - ordered.take().expect("it was ordered before");
                assert!((5.0..=600.0).contains(&took.as_seconds_f64()), "{took:?}");
            }
        }
    }
    assert!(documented().count(Land) > 0);
}
