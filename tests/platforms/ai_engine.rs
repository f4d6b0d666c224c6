//! AI Engine: calendar months, three rollovers, a queue at zero.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{Alert, Charge, Expire, IssueAllowance, Land, Queued, Refused, Rollover};
use creditsim::outcome::{AttemptOutcome, Tally};
use creditsim::policy::Anchor;
use creditsim::units::Category;

use super::harness::{Ran, run};

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("ai-engine", "documented"));
    &RAN
}

/// Accounts of a cohort: at most ten of each, in file order.
fn cohort<'r>(ran: &'r Ran, name: &str) -> Vec<&'r Tally> {
    let index = ran.scenario.cohorts.iter().position(|cohort| cohort.name == name).expect("it is a cohort");
    let size = |cohort: usize| (ran.scenario.cohorts[cohort].organizations as usize).min(10);
    let before: usize = (0..index).map(size).sum();
    ran.accounts[before..before + size(index)].iter().collect()
}

#[test]
fn one_balance_across_projects_and_members() {
    let ran = documented();
    let professional = cohort(ran, "professional");
    let journal = &professional[0].detail.as_ref().expect("a journal").journal;
    let projects: BTreeSet<u16> =
        journal.iter().filter(|entry| entry.kind == Charge).map(|entry| entry.project).collect();
    assert!(projects.len() > 1);
}

#[test]
fn credits_come_from_the_plan_and_from_purchases() {
    let ran = documented();
    assert!(ran.count(IssueAllowance) > 0 && ran.count(Land) > 0);
}

#[test]
fn costs_follow_time_volume_and_compute() {
    let ran = documented();
    for feature in ["training", "inference", "processing"] {
        let index = ran.feature(feature).0;
        let costs: BTreeSet<_> =
            ran.attempts().filter(|row| row.feature == index).map(|row| row.cost).collect();
        assert!(costs.len() > 20, "{feature}");
    }
}

#[test]
fn alerts_are_shares_of_what_was_issued() {
    assert!(documented().count(Alert) > 0);
}

#[test]
fn cycles_are_calendar_months_paid_automatically() {
    let ran = documented();
    let zone = &ran.scenario.zone;
    let closes = ["2025-02-01", "2025-03-01", "2025-04-01"].map(|text| zone.parse(text).expect("a date"));
    for plan in &ran.scenario.policies[0].plans {
        assert_eq!(plan.cycle.anchor, Anchor::CalendarMonth);
        assert!(plan.invoices.auto_pay);
    }
    for close in closes {
        assert!(ran.entries().any(|entry| entry.kind == IssueAllowance && entry.at == close));
    }
}

#[test]
fn packages_have_no_price_so_money_is_not_available() {
    let ran = documented();
    assert!(ran.scenario.policies[0].plans[0].packages.iter().all(|package| package.price.is_none()));
    assert_eq!(ran.scenario.currency, None);
}

#[test]
fn standard_credits_expire_at_the_close_and_professional_ones_after_three_months() {
    let ran = documented();
    for tally in cohort(ran, "standard") {
        let journal = &tally.detail.as_ref().expect("a journal").journal;
        assert!(!journal.iter().any(|entry| entry.kind == Rollover), "Standard rolls nothing over");
    }
    let mut longest = 0;
    for tally in cohort(ran, "professional") {
        let journal = &tally.detail.as_ref().expect("a journal").journal;
        let mut rolled: BTreeMap<u32, BTreeSet<_>> = BTreeMap::new();
        for entry in journal.iter().filter(|entry| entry.kind == Rollover) {
            rolled.entry(entry.grant).or_default().insert(entry.at);
        }
        // A lot that rolls at close k lives to close k + 3.
        for (grant, closes) in &rolled {
            longest = longest.max(closes.len());
            let issued = journal.iter().find(|entry| entry.kind == IssueAllowance && entry.grant == *grant);
            let expired = journal.iter().filter(|entry| entry.kind == Expire && entry.grant == *grant);
            let issued = issued.map_or(ran.scenario.start, |entry| entry.at);
            for entry in expired {
                let months = (entry.at - issued).as_seconds_f64() / 86_400.0 / 30.4;
                assert!((3.0..4.2).contains(&months), "lot {grant} expires after {months:.1} months");
            }
        }
    }
    assert!(longest > 0, "Professional rolls over");
}

#[test]
fn operations_pause_until_a_purchase_or_the_next_cycle() {
    let ran = documented();
    assert!(ran.count(Queued) > 0);
    assert_eq!(ran.count(Refused), 0);
    let waited =
        ran.attempts().filter(|row| row.outcome == AttemptOutcome::Served && row.decided > row.arrived);
    assert!(waited.count() > 0);
}

#[test]
fn nothing_moves_between_organizations() {
    let ran = documented();
    for journal in ran.journals() {
        let issued: BTreeSet<u32> = journal
            .iter()
            .filter(|entry| {
                matches!(entry.kind, IssueAllowance | Land)
                    || entry.kind == creditsim::outcome::EntryKind::OpeningGrant
            })
            .map(|entry| entry.grant)
            .collect();
        let burned = journal.iter().filter(|entry| entry.kind == creditsim::outcome::EntryKind::Burn);
        assert!(burned.into_iter().all(|entry| issued.contains(&entry.grant)), "only its own grants");
        assert!(journal.iter().all(|entry| entry.grant == 0 || Category::ALL.contains(&entry.category)));
    }
}

#[test]
fn caching_makes_some_inference_cheap_and_batches_run_at_night() {
    let ran = documented();
    let inference = ran.feature("inference").0;
    let costs: Vec<f64> =
        ran.attempts().filter(|row| row.feature == inference).map(|row| row.cost.as_f64()).collect();
    let cheap = costs.iter().filter(|cost| **cost < 1.0).count() as f64 / costs.len() as f64;
    assert!((0.1..0.35).contains(&cheap), "{cheap}");
    let processing = ran.feature("processing").0;
    let hours: BTreeSet<usize> = ran
        .attempts()
        .filter(|row| row.feature == processing)
        .map(|row| ran.scenario.zone.hour_of_week(row.arrived).0 % 24)
        .collect();
    assert!(hours.iter().all(|hour| (2..=3).contains(hour)), "{hours:?}");
}
