//! Amplience Workforce: flows check nothing and never stop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{
    Cancelled, Charge, DebtForgiven, DebtInvoiced, Fee, IssueAllowance, Killed, Land, Lost, Paused, Refused,
    Repay, Served, Start,
};
use creditsim::outcome::{AttemptOutcome, AttemptRow, Entry};
use creditsim::units::{Category, Credits};

use super::harness::{Ran, run};

const ONE: Credits = Credits::from_whole(1);

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("amplience-workforce", "documented"));
    &RAN
}

/// The entries of each run of the feature: per organization and operation.
fn runs<'r>(ran: &'r Ran, feature: &str) -> Vec<Vec<&'r Entry>> {
    let feature = Some(ran.feature(feature));
    let mut runs: BTreeMap<(usize, u32), Vec<&Entry>> = BTreeMap::new();
    for (organization, journal) in ran.journals().enumerate() {
        for entry in journal.iter().filter(|entry| entry.feature == feature) {
            runs.entry((organization, entry.operation)).or_default().push(entry);
        }
    }
    runs.into_values().collect()
}

#[test]
fn members_spend_from_one_pool() {
    let ran = documented();
    for journal in ran.journals() {
        let spenders: BTreeSet<u16> =
            journal.iter().filter(|entry| entry.kind == Charge).map(|entry| entry.member).collect();
        let payers: BTreeSet<u32> =
            journal.iter().map(|entry| entry.grant).filter(|grant| *grant > 0).collect();
        assert!(spenders.len() > 1 && payers.len() < 20, "several members, a few grants of all");
    }
}

#[test]
fn the_plan_brings_credits_once_a_year_from_sign_up() {
    let ran = documented();
    for journal in ran.journals() {
        let issued = journal
            .iter()
            .filter(|entry| entry.kind == IssueAllowance && entry.category == Category::Included)
            .count();
        assert!((1..=2).contains(&issued), "the running year's and one anniversary's, not {issued}");
    }
}

#[test]
fn top_ups_come_at_any_moment() {
    let ran = documented();
    let months: BTreeSet<String> = ran
        .entries()
        .filter(|entry| entry.kind == Land)
        .map(|entry| entry.at.to_string()[..7].to_owned())
        .collect();
    assert!(months.len() > 1, "{months:?}");
}

#[test]
fn costs_vary_from_run_to_run_and_are_never_below_one() {
    let ran = documented();
    for feature in ["flow", "template"] {
        let feature = ran.feature(feature);
        let served =
            ran.attempts().filter(|row| row.feature == feature.0 && row.outcome == AttemptOutcome::Served);
        let charged: Vec<Credits> = served.map(|row| row.charged).collect();
        assert!(charged.iter().all(|credits| *credits >= ONE));
        assert!(charged.iter().collect::<BTreeSet<_>>().len() > 5, "not a price list");
    }
}

#[test]
fn helpers_are_free_and_a_flow_of_nothing_else_pays_the_nominal_amount() {
    let ran = documented();
    let charges: Vec<Credits> = runs(ran, "plumbing-flow")
        .into_iter()
        .filter(|run| run.iter().any(|entry| entry.kind == Served))
        .map(|run| run.iter().filter(|entry| entry.kind == Charge).map(|entry| entry.credits).sum())
        .collect();
    assert!(!charges.is_empty() && charges.iter().all(|credits| *credits == ONE), "{charges:?}");
}

#[test]
fn nothing_is_refused_and_flows_start_below_zero() {
    let ran = documented();
    assert_eq!(ran.count(Refused), 0);
    let below =
        ran.entries().filter(|entry| entry.kind == Start && entry.settled_after < Credits::ZERO).count();
    assert!(below > 0, "some flows start in debt");
}

#[test]
fn a_negative_balance_only_shows() {
    let ran = documented();
    for kind in [Fee, Refused, Lost, Killed, DebtInvoiced, DebtForgiven] {
        assert_eq!(ran.count(kind), 0, "{kind:?}");
    }
    let crossed = ran
        .journals()
        .flat_map(|journal| journal.windows(2))
        .filter(|pair| pair[0].settled_after > Credits::ZERO && pair[1].settled_after < Credits::ZERO);
    assert!(crossed.count() > 0, "some run through zero");
    // What comes in later repays it first.
    let in_debt = |entry: &Entry| entry.debt_after.is_positive();
    let repaid = ran
        .journals()
        .flat_map(|journal| journal.windows(2))
        .filter(|pair| pair[0].kind == Land && in_debt(&pair[0]) && pair[1].kind == Repay);
    assert!(repaid.count() > 0, "a top-up repays");
}

#[test]
fn a_run_that_pauses_has_several_entries() {
    let ran = documented();
    let runs = runs(ran, "flow");
    let several =
        runs.iter().filter(|run| run.iter().filter(|entry| entry.kind == Charge).count() > 1).count();
    let paused = runs.iter().filter(|run| run.iter().any(|entry| entry.kind == Paused)).count();
    assert!(several > 0 && paused >= several, "{several} of {paused} runs with a pause");
}

#[test]
fn a_cancelled_run_pays_up_to_its_last_pause() {
    let ran = documented();
    let mut seen = 0;
    for run in runs(ran, "flow").into_iter().filter(|run| run.iter().any(|entry| entry.kind == Cancelled)) {
        let last_pause =
            run.iter().rposition(|entry| entry.kind == Paused).expect("it was cancelled at a review");
        let later =
            run[last_pause..].iter().filter(|entry| entry.kind == Charge && entry.at > run[last_pause].at);
        assert_eq!(later.count(), 0, "nothing is charged after the pause");
        seen += 1;
    }
    assert!(seen > 0, "some runs are cancelled");
}

#[test]
fn a_failed_run_pays_what_was_finished_and_no_minimum() {
    let ran = documented();
    let flow = ran.feature("flow").0;
    let failed = || ran.attempts().filter(|row| row.feature == flow && row.outcome == AttemptOutcome::Failed);
    let (free, paid): (Vec<&AttemptRow>, Vec<&AttemptRow>) = failed().partition(|row| row.charged.is_zero());
    assert!(!free.is_empty(), "a run that fails at once is free: no minimum");
    assert!(!paid.is_empty(), "finished actions are charged");
    assert!(paid.iter().all(|row| row.charged <= row.cost), "nothing beyond that");
}

#[test]
fn the_only_estimate_is_what_the_first_run_cost() {
    let ran = run("amplience-workforce", "checked");
    let flow = ran.feature("flow").0;
    for tally in &ran.accounts {
        let rows = tally.detail.iter().flat_map(|detail| &detail.attempts);
        let estimates: BTreeSet<Option<Credits>> =
            rows.filter(|row| row.feature == flow && row.operation > 0).map(|row| row.estimate).collect();
        assert!(estimates.len() <= 1, "the same for every later run: {estimates:?}");
    }
}

#[test]
fn every_entry_carries_the_balance() {
    let ran = documented();
    for entry in ran.entries() {
        assert!(entry.debt_after >= Credits::ZERO && entry.available_after <= entry.settled_after);
    }
}
