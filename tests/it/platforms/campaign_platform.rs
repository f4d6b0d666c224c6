//! The campaign platform: an estimate is shown, must be covered, and people buy packages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use creditsim::calendar::{MonthEnd, Period};
use creditsim::outcome::EntryKind::{
    Alert, BudgetBlocked, Burn, Charge, Expire, IssueAllowance, Land, PaymentDeclined, PurchaseOrdered,
    Refused, Start, Subscription,
};
use creditsim::outcome::{AttemptOutcome, AttemptRow, Entry, EntryKind, Reason};
use creditsim::units::{Category, Credits, FeatureIndex, SimTime};

use super::harness::{Ran, attempts, journal, run, run_first};

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
    for tally in ran.cohort("small-teams").iter().chain(ran.cohort("agencies")) {
        let members: BTreeSet<u16> =
            journal(tally).iter().filter(|entry| entry.kind == Charge).map(|entry| entry.member).collect();
        assert!(members.len() > 1);
        let one_lot = journal(tally).iter().filter(|entry| entry.kind == Burn && entry.grant == 1);
        assert!(
            one_lot.map(|entry| entry.member).collect::<BTreeSet<u16>>().len() > 1,
            "the gift is everybody's"
        );
    }
}

/// One page, two sentences: what is left of a package is gone to the instant a year after it landed, or is there for good.
#[test]
fn purchased_credits_last_twelve_months_or_for_ever() {
    let documented = documented();
    let mut expired = 0;
    for tally in &documented.accounts {
        for landed in journal(tally).iter().filter(|entry| entry.kind == Land) {
            let year = documented.scenario.zone.add(landed.at, Period::Months(12), MonthEnd::Clamp);
            assert_eq!(landed.until, year, "{landed:?}");
            let rest = |entry: &&Entry| entry.kind == Expire && entry.lot == landed.lot;
            for rest in journal(tally).iter().filter(rest) {
                assert_eq!(rest.at, year);
                expired += 1;
            }
            let after = |entry: &&Entry| entry.kind == Burn && entry.lot == landed.lot && entry.at >= year;
            assert_eq!(journal(tally).iter().filter(after).count(), 0, "gone at the instant");
        }
    }
    assert!(expired > 0, "quiet workspaces lose credits");
    let never = run("campaign-platform", "never-expires");
    let purchased = |kind: EntryKind| {
        never
            .entries()
            .filter(move |entry| entry.kind == kind && entry.category == Category::Purchased)
            .count()
    };
    assert!(never.entries().filter(|entry| entry.kind == Land).all(|entry| entry.until == SimTime::MAX));
    assert_eq!(purchased(Expire), 0);
    let late = never.accounts.iter().flat_map(|tally| {
        let landed = journal(tally).iter().find(|entry| entry.kind == Land);
        let year = landed.map(|entry| never.scenario.zone.add(entry.at, Period::Months(12), MonthEnd::Clamp));
        let burns = journal(tally).iter().filter(|entry| entry.kind == Burn);
        burns.filter(move |burn| landed.is_some_and(|landed| burn.lot == landed.lot) && Some(burn.at) > year)
    });
    assert!(late.count() > 0, "some use a package after more than a year");
}

#[test]
fn each_operation_costs_what_the_page_says() {
    let ran = documented();
    let cases: [(&str, &[i64]); 9] = [
        ("strategy", &[2, 3, 4, 5]),
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
    let mut charged = BTreeSet::new();
    for tally in &documented().accounts {
        let ends: BTreeMap<(u16, u32), SimTime> = attempts(tally)
            .iter()
            .filter_map(|row| Some(((row.feature, row.operation), row.ended?)))
            .collect();
        for entry in journal(tally).iter().filter(|entry| entry.kind == Charge) {
            let feature = entry.feature.expect("an operation's").0;
            assert_eq!(ends.get(&(feature, entry.operation)), Some(&entry.at), "{entry:?}");
            charged.insert(feature);
        }
    }
    assert_eq!(charged.len(), documented().scenario.features.len() - 1, "all but the free actions");
}

#[test]
fn warnings_come_below_a_hundred_at_ten_and_for_what_would_exceed() {
    let ran = documented();
    let alerts =
        |reason: Reason| ran.entries().filter(move |entry| entry.kind == Alert && entry.reason == reason);
    let of_plain = ran.cohort("small-teams").iter().chain(ran.cohort("quiet")).flat_map(journal);
    let warnings: Vec<&Entry> =
        of_plain.filter(|entry| entry.kind == Alert && entry.reason == Reason::Warning).collect();
    assert!(warnings.iter().all(|entry| entry.available_after < Credits::from_whole(100)));
    assert!(warnings.iter().any(|entry| entry.available_after > Credits::from_whole(90)), "at once");
    assert!(alerts(Reason::Critical).all(|entry| entry.available_after <= Credits::from_whole(10)));
    for reason in [Reason::Warning, Reason::Critical, Reason::WouldExceed] {
        assert!(alerts(reason).count() > 0, "{reason:?}");
    }
}

#[test]
fn what_would_exceed_is_blocked_and_goes_on_after_a_purchase() {
    let mut went_on = 0;
    for tally in &documented().accounts {
        let mut blocked: BTreeMap<(Option<FeatureIndex>, u32), SimTime> = BTreeMap::new();
        let mut warned = SimTime::MAX;
        for entry in journal(tally) {
            let key = (entry.feature, entry.operation);
            match entry.kind {
                Alert if entry.reason == Reason::WouldExceed => warned = entry.at,
                Refused => {
                    assert!(entry.credits > entry.available_after, "blocked for lack of credits: {entry:?}");
                    assert_eq!(warned, entry.at, "with a warning");
                    blocked.insert(key, entry.at);
                }
                Start => {
                    let Some(since) = blocked.remove(&key) else { continue };
                    let landed =
                        |other: &Entry| other.kind == Land && other.at > since && other.at <= entry.at;
                    went_on += usize::from(journal(tally).iter().any(landed));
                }
                _ => {}
            }
        }
    }
    assert!(went_on > 10, "blocked operations go on after a purchase: {went_on}");
}

#[test]
fn the_estimate_is_shown_and_covered_before_a_start() {
    let free = documented().feature("free-actions").0;
    for tally in &documented().accounts {
        let rows = attempts(tally).iter().filter(|row| row.feature != free);
        let estimates: BTreeMap<(u16, u32), Credits> = rows
            .map(|row| {
                ((row.feature, row.operation), row.estimate.unwrap_or_else(|| panic!("no estimate: {row:?}")))
            })
            .collect();
        for start in journal(tally).iter().filter(|entry| entry.kind == Start) {
            let feature = start.feature.expect("an operation's").0;
            if let Some(estimate) = estimates.get(&(feature, start.operation)) {
                assert!(start.available_after >= *estimate, "{start:?} on {estimate}");
            }
        }
    }
    assert!(documented().count(Start) > 1000);
}

#[test]
fn a_campaign_comes_out_at_ten_to_a_hundred_and_fifty() {
    let ran = documented();
    let kinds =
        [("campaign-week", 10_i64..=20), ("campaign-fortnight", 30..=60), ("campaign-month", 50..=150)];
    for (feature, typical) in kinds {
        let index = ran.feature(feature).0;
        let served = |row: &&AttemptRow| row.feature == index && row.outcome == AttemptOutcome::Served;
        let costs: Vec<i64> =
            ran.attempts().filter(served).map(|row| row.charged.micros() / 1_000_000).collect();
        let usual = costs.iter().filter(|cost| typical.contains(*cost)).count();
        assert!(costs.len() > 20 && usual * 10 >= costs.len() * 9, "{feature}: {costs:?}");
        let smallest = costs.iter().min().expect("some");
        let largest = costs.iter().max().expect("some");
        assert!(largest - smallest > (typical.end() - typical.start()) / 3, "{feature} varies");
    }
}

#[test]
fn packages_have_the_prices_of_the_page() {
    let bought: BTreeSet<(i64, i64)> = documented()
        .entries()
        .filter(|entry| entry.kind == Land)
        .map(|entry| (entry.credits.micros() / 1_000_000, entry.money.nanos() / 1_000_000_000))
        .collect();
    assert_eq!(bought, [(100, 10), (250, 25), (550, 50), (1100, 100), (2350, 200)].into());
}

#[test]
fn workspaces_pay_as_they_go_within_their_own_budget() {
    let ran = run_first(60, "campaign-platform", "documented", &[]);
    assert_eq!(ran.count(IssueAllowance) + ran.count(Subscription), 0, "no commitment");
    assert!(ran.count(BudgetBlocked) > 0);
    for (cohort, budget) in [("small-teams", 100), ("quiet", 100), ("agencies", 800)] {
        for tally in ran.cohort(cohort) {
            let mut spent: BTreeMap<String, i64> = BTreeMap::new();
            for entry in journal(tally).iter().filter(|entry| entry.kind == PurchaseOrdered) {
                *spent.entry(entry.at.to_string()[..7].to_owned()).or_default() += entry.money.nanos();
            }
            assert!(spent.values().all(|money| *money <= budget * 1_000_000_000), "{cohort}: {spent:?}");
        }
    }
}

#[test]
fn purchases_take_minutes_and_payments_can_fail() {
    let ran = documented();
    assert!(ran.count(PaymentDeclined) > 0 && ran.count(Land) > ran.count(PaymentDeclined));
    for journal in ran.journals() {
        let mut ordered = None;
        for entry in journal {
            if entry.kind == PurchaseOrdered {
                ordered = Some(entry.at);
            }
            if entry.kind == Land {
                let took = entry.at - ordered.take().expect("it was ordered before");
                assert!((10.0..=300.0).contains(&took.as_seconds_f64()), "{took:?}");
            }
        }
    }
}

#[test]
fn some_switch_to_a_cheaper_way() {
    let ran = documented();
    assert!(ran.attempts().any(|row| row.outcome == AttemptOutcome::Substituted));
}

/// Everybody is warned below 100; the plan of larger teams has a warning of its own, below 300.
#[test]
fn alerts_can_be_left_out_of_a_plan() {
    let ran = documented();
    let early = |cohort: &str| {
        let warning = |entry: &&Entry| entry.kind == Alert && entry.reason == Reason::Warning;
        let hundred = Credits::from_whole(100);
        let alerts = ran.cohort(cohort).iter().flat_map(journal).filter(warning);
        let (early, late): (Vec<&Entry>, Vec<&Entry>) =
            alerts.partition(|entry| entry.available_after >= hundred);
        assert!(!late.is_empty(), "{cohort} is warned below 100");
        assert!(early.iter().all(|entry| entry.available_after < Credits::from_whole(300)));
        early.len()
    };
    assert!(early("agencies") > 0);
    assert_eq!(early("small-teams") + early("quiet"), 0);
}

#[test]
fn usage_can_be_told_by_operation_member_and_time() {
    let ran = documented();
    for tally in ran.cohort("agencies") {
        let mut used: BTreeMap<(Option<FeatureIndex>, u16, String), Credits> = BTreeMap::new();
        for entry in journal(tally).iter().filter(|entry| entry.kind == Charge) {
            let month = entry.at.to_string()[..7].to_owned();
            *used.entry((entry.feature, entry.member, month)).or_default() += entry.credits;
        }
        assert!(used.len() > 50, "several operations of several members in several months");
        let charged: Credits = tally.features.iter().map(|feature| feature.charged_credits).sum();
        assert_eq!(used.into_values().sum::<Credits>(), charged, "what all ever used");
    }
}
