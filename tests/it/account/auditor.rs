//! The auditor finds what does not add up: a journal is altered in every place, and each alteration must be noticed.

use creditsim::outcome::{AuditRules, Entry, EntryKind, Tally, audit};
use creditsim::units::Credits;

use super::harness::Stage;
use super::language::parse;

/// A case in which nearly everything happens.
const BUSY: &str = r#"
    grant 1: 20 promotional, from 15 Dec 2024, left 8, price 3, expires 20 Jan
    grant 2: 12 purchased, price 4, voided 10 Feb
    grant 3: 5 included, every month from 12 Jan, rolls { min_credits = 2, max_credits = 4 }
    allowance = { credits = 10, anchor = "calendar-month" }
    rollover = { fraction = 0.5, min_credits = 6, max_periods = 1 }
    subscription = "10 USD"
    overdraft = { limit = 3, at_cycle = "invoice", price_per_credit = "0.1 USD", fee = "1 USD" }
    invoices = { pay = "terms", delay = "5 days" }
    packages = [{ name = "p", credits = 6, price = "2 USD", expires_after = "1 month" }]
    top_up = { threshold = -1, processing = "1 h", cooldown = "5 days" }
    charge = "step"
    features = { other = { admission = { hold = { estimate = 4, timeout = "2 h", on_timeout = "charge", overrun = "absorb" } }, short = "queue" } }
    debt 2
    run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h
    run at 3 Jan: step 3 for 1 h; step 2 for 1 h; fails in 2 after 30 min
    use 3 of other at 4 Jan for 1 h
    use 6 of other at 5 Jan for 1 h
    use 3 of other at 6 Jan for 3 h
    use 4 of other at 7 Jan for 1 h cancelled after 30 min
    use 30 at 10 Jan
    use 5 of other at 10 Jan 01:00
    use 25 at 31 Jan
    use 2 at 5 Feb
    => demanded 10
"#;

fn played() -> (AuditRules, Vec<Entry>, Tally) {
    let stage = Stage::of(&parse(BUSY));
    let rules = AuditRules {
        end: stage.world.end,
        leaves: stage.world.end,
        features: 2,
        limit: Some(Credits::from_whole(3)),
        debt_counts: Some(true),
        holds_guard: false,
        scopes: Vec::new(),
        limits: Vec::new(),
    };
    let tally = stage.finish();
    let journal = tally.detail.as_ref().expect("a journal was asked for").journal.clone();
    (rules, journal, tally)
}

/// Entries that tell a story and move nothing.
fn is_told_only(kind: EntryKind) -> bool {
    use EntryKind::{Churned, Close, HoldUncovered, Opened, Paused, PlanChanged, Queued, Resumed, Rollover};
    matches!(
        kind,
        Churned | Close | HoldUncovered | Opened | Paused | PlanChanged | Queued | Resumed | Rollover
    )
}

#[test]
fn a_true_journal_passes() {
    let (rules, journal, tally) = played();
    assert_eq!(audit(&rules, &journal, &tally), Ok(()));
}

#[test]
fn a_missing_entry_is_noticed() {
    let (rules, journal, tally) = played();
    for index in 0..journal.len() {
        let mut altered = journal.clone();
        let missing = altered.remove(index);
        let told =
            is_told_only(missing.kind) || (missing.kind == EntryKind::Charge && missing.credits.is_zero());
        assert!(told || audit(&rules, &altered, &tally).is_err(), "nobody misses {missing:?}");
    }
}

#[test]
fn an_entry_told_twice_is_noticed() {
    let (rules, journal, tally) = played();
    for index in 0..journal.len() {
        let mut altered = journal.clone();
        altered.insert(index, journal[index]);
        let told = is_told_only(journal[index].kind);
        assert!(told || audit(&rules, &altered, &tally).is_err(), "twice: {:?}", journal[index]);
    }
}

#[test]
fn a_micro_credit_is_noticed() {
    let (rules, journal, tally) = played();
    for index in 0..journal.len() {
        let mut altered = journal.clone();
        altered[index].credits += Credits::EPSILON;
        use EntryKind::{
            Demanded, Fee, InvoicePaid, Lost, Measure, PurchaseOrdered, Refused, Start, Subscription,
        };
        let kind = journal[index].kind;
        let no_credits = matches!(
            kind,
            Demanded | Fee | InvoicePaid | Lost | Measure | PurchaseOrdered | Refused | Start | Subscription
        );
        let told = is_told_only(kind) || no_credits || kind == EntryKind::SubscriptionEarned;
        assert!(
            told || audit(&rules, &altered, &tally).is_err(),
            "a micro-credit more: {:?}",
            journal[index]
        );
    }
}

#[test]
fn a_nano_unit_is_noticed() {
    let (rules, journal, tally) = played();
    for index in 0..journal.len() {
        let mut altered = journal.clone();
        let money = altered[index].money;
        altered[index].money = money + creditsim::units::Money::from_nanos(1);
        let matters = money != creditsim::units::Money::ZERO && journal[index].kind != EntryKind::Void;
        assert!(
            !matters || audit(&rules, &altered, &tally).is_err(),
            "a nano-unit more: {:?}",
            journal[index]
        );
    }
}

#[test]
fn a_violation_names_its_law_and_its_instant() {
    let (rules, mut journal, tally) = played();
    let burn = journal.iter().position(|entry| entry.kind == EntryKind::Burn).expect("something burns");
    journal[burn].credits += Credits::EPSILON;
    let violation = audit(&rules, &journal, &tally).expect_err("more was burned than charged");
    assert_eq!((violation.law, violation.at), (2, journal[burn].at));
    assert!(violation.to_string().starts_with("law 2 is broken in the journal"), "{violation}");
}
