//! Amplience credits: services stop, flows run on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{
    Alert, DebtIncurred, Degraded, IssueAllowance, Land, PlanChanged, Refused, Served, Start,
};
use creditsim::outcome::{AttemptOutcome, Entry, Reason};
use creditsim::units::{Category, Credits, FeatureIndex, SimTime};

use super::harness::{Ran, run};

const SERVICES: [&str; 5] = ["template", "rich-text", "alt-text", "background-removal", "image-studio"];

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
    let mut recharged = 0;
    for journal in ran.journals() {
        let adopted = journal.iter().find(|entry| entry.kind == PlanChanged).map(|entry| entry.at);
        for entry in journal
            .iter()
            .filter(|entry| entry.kind == IssueAllowance && entry.category == Category::Included)
        {
            let first = entry.at == ran.scenario.start || Some(entry.at) == adopted;
            assert!(first || entry.at == july, "{entry:?}");
            if entry.at == july {
                assert_eq!(entry.credits, Credits::from_whole(3000));
                recharged += 1;
            }
        }
    }
    assert!(recharged > 0);
}

#[test]
fn three_product_families_draw_on_one_pool() {
    let ran = documented();
    for feature in ["flow", "template", "rich-text", "background-removal", "image-studio"] {
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
    let mut resumed = 0;
    for journal in documented().journals() {
        let mut stopped: BTreeMap<(Option<FeatureIndex>, u32), SimTime> = BTreeMap::new();
        for entry in journal {
            let key = (entry.feature, entry.operation);
            if entry.kind == Refused {
                stopped.insert(key, entry.at);
            }
            let Some(since) = (entry.kind == Start).then(|| stopped.remove(&key)).flatten() else { continue };
            let came = |other: &Entry| {
                matches!(other.kind, Land | IssueAllowance) && other.at > since && other.at <= entry.at
            };
            assert!(journal.iter().any(came), "credits came before {entry:?}");
            resumed += 1;
        }
    }
    assert!(resumed > 0, "refused operations are served later");
}

#[test]
fn flows_send_no_notification() {
    let ran = documented();
    let flow = Some(ran.feature("flow"));
    let (mut of_services, mut silent) = (0, 0);
    for journal in ran.journals() {
        for pair in journal.windows(2) {
            let [before, entry] = pair else { continue };
            of_services += usize::from(entry.kind == Alert);
            assert!(entry.kind != Alert || entry.feature != flow, "{entry:?}");
            let dry = before.settled_after.is_positive() && !entry.settled_after.is_positive();
            silent += usize::from(dry && entry.feature == flow);
        }
    }
    assert!(of_services > 0, "services say that there is nothing left");
    assert!(silent > 0, "flows use the last credit without a word");
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
    for service in ["rich-text", "alt-text"] {
        assert!(ran.count_of(Degraded, service) > 0);
        assert_eq!(ran.count_of(Refused, service), 0);
        let feature = ran.feature(service).0;
        let without =
            ran.attempts().filter(|row| row.feature == feature && row.outcome == AttemptOutcome::Degraded);
        assert!(without.into_iter().all(|row| row.charged.is_zero()), "what has no AI costs nothing");
    }
}

#[test]
fn at_zero_the_api_errs_and_clients_try_again() {
    let ran = documented();
    let feature = ran.feature("background-removal");
    let refused = || ran.entries().filter(|entry| entry.kind == Refused && entry.feature == Some(feature));
    assert!(refused().count() > 0 && refused().all(|entry| entry.reason == Reason::Short));
    assert!(refused().all(|entry| entry.available_after < Credits::from_whole(1)));
    assert_eq!(ran.count_of(Degraded, "background-removal"), 0, "an error, not something less");
    assert!(ran.attempts().any(|row| row.feature == feature.0 && row.attempt > 1), "clients try again");
}

#[test]
fn credits_are_bought_at_any_time_and_a_plan_is_adopted_later() {
    let ran = documented();
    let months: BTreeSet<String> = ran
        .entries()
        .filter(|entry| entry.kind == Land)
        .map(|entry| entry.at.to_string()[..7].to_owned())
        .collect();
    assert!(months.len() > 5, "{months:?}");
    let mut adopted = 0;
    for journal in ran.journals() {
        let Some(change) = journal.iter().position(|entry| entry.kind == PlanChanged) else { continue };
        let before = journal[..change].iter().rev().filter(|entry| entry.kind == IssueAllowance);
        assert!(
            before.into_iter().all(|entry| entry.category == Category::Promotional),
            "from the free bundle only"
        );
        let after = journal[change..].iter().find(|entry| entry.kind == IssueAllowance);
        assert_eq!(after.map(|entry| entry.category), Some(Category::Included), "the plan's credits come");
        adopted += 1;
    }
    assert!(adopted > 0 && adopted < ran.accounts.len());
}

#[test]
fn flows_are_switched_on_per_account() {
    let ran = documented();
    let flow = ran.feature("flow");
    let with_flows =
        ran.journals().filter(|journal| journal.iter().any(|entry| entry.feature == Some(flow))).count();
    assert!(with_flows > 0 && with_flows < ran.accounts.len());
}
