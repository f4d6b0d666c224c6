//! Amplience credits: services stop, flows run on.

use std::sync::LazyLock;

use creditsim::outcome::AttemptOutcome;
use creditsim::outcome::EntryKind::{
    Alert, DebtIncurred, Degraded, IssueAllowance, Land, PlanChanged, Refused, Served, Start,
};
use creditsim::units::{Category, Credits};

use super::harness::{Ran, run};

const SERVICES: [&str; 4] = ["rich-text", "alt-text", "background-removal", "image-studio"];

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("amplience-credits", "documented"));
    &RAN
}

#[test]
fn a_free_bundle_comes_every_january() {
    let ran = documented();
    let zone = &ran.scenario.zone;
    let january = zone.parse("2026-01-01").expect("a date");
    let free =
        ran.entries().filter(|entry| entry.kind == IssueAllowance && entry.category == Category::Promotional);
    let at: Vec<_> = free.map(|entry| entry.at).collect();
    assert!(at.contains(&january) && at.iter().all(|at| *at == january || *at == ran.scenario.start));
}

#[test]
fn a_plan_recharges_on_the_first_of_its_month() {
    let ran = documented();
    let july = ran.scenario.zone.parse("2025-07-01").expect("a date");
    let included = |entry: &&creditsim::outcome::Entry| {
        entry.kind == IssueAllowance && entry.category == Category::Included
    };
    assert!(ran.entries().filter(included).any(|entry| entry.at == july));
}

#[test]
fn three_product_families_draw_on_one_pool() {
    let ran = documented();
    for feature in ["flow", "rich-text", "background-removal", "image-studio"] {
        assert!(ran.count_of(Served, feature) > 0, "{feature}");
    }
}

#[test]
fn services_stop_at_zero_while_flows_run_on() {
    let ran = documented();
    assert_eq!(ran.count_of(Refused, "flow"), 0);
    assert!(ran.count_of(DebtIncurred, "flow") > 0, "flows go below zero");
    assert!(ran.count_of(Refused, "image-studio") > 0, "services do not");
    for service in SERVICES {
        let feature = Some(ran.feature(service));
        let starts = ran.entries().filter(|entry| entry.kind == Start && entry.feature == feature);
        let below = starts.filter(|entry| entry.available_after < Credits::ZERO).count();
        assert_eq!(below, 0, "{service} never starts below zero");
    }
}

#[test]
fn services_resume_once_credits_arrive() {
    let ran = documented();
    let later = ran.attempts().filter(|row| row.attempt > 1 && row.outcome == AttemptOutcome::Served);
    assert!(later.count() > 0, "refused operations are served at a later attempt");
}

#[test]
fn flows_send_no_notification() {
    let ran = documented();
    assert_eq!(ran.count(Alert), 0);
    assert!(run("amplience-credits", "flows-limited").count(Alert) > 0);
}

#[test]
fn an_extension_or_a_background_costs_one_credit() {
    let ran = documented();
    for service in ["rich-text", "alt-text", "background-removal"] {
        let feature = ran.feature(service).0;
        let served =
            ran.attempts().filter(|row| row.feature == feature && row.outcome == AttemptOutcome::Served);
        assert!(served.into_iter().all(|row| row.charged == Credits::from_whole(1)), "{service}");
    }
}

#[test]
fn at_zero_an_extension_degrades() {
    let ran = documented();
    assert!(ran.count_of(Degraded, "rich-text") > 0);
    assert_eq!(ran.count_of(Refused, "rich-text"), 0);
}

#[test]
fn at_zero_the_api_errs_and_clients_try_again() {
    let ran = documented();
    assert!(ran.count_of(Refused, "background-removal") > 0);
    let feature = ran.feature("background-removal").0;
    assert!(ran.attempts().any(|row| row.feature == feature && row.attempt > 1));
}

#[test]
fn credits_are_bought_at_any_time_and_a_plan_is_adopted_later() {
    let ran = documented();
    assert!(ran.count(Land) > 0);
    assert!(ran.count(PlanChanged) > 0);
}

#[test]
fn flows_are_switched_on_per_account() {
    let ran = documented();
    let flow = ran.feature("flow");
    let with_flows =
        ran.journals().filter(|journal| journal.iter().any(|entry| entry.feature == Some(flow))).count();
    assert!(with_flows > 0 && with_flows < ran.accounts.len());
}
