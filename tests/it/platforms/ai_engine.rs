//! AI Engine: calendar months, three rollovers, a queue at zero.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use creditsim::outcome::EntryKind::{
    Alert, Burn, Charge, Close, DebtInvoiced, Expire, InvoicePaid, IssueAllowance, Land, OpeningGrant,
    Queued, Refused, Rollover, Start,
};
use creditsim::outcome::{AttemptOutcome, AttemptRow, Entry, EntryKind, Reason, Totals, metric};
use creditsim::units::{Category, Credits, FeatureIndex, SimTime};

use super::harness::{Ran, journal, run, run_with};

fn documented() -> &'static Ran {
    static RAN: LazyLock<Ran> = LazyLock::new(|| run("ai-engine", "documented"));
    &RAN
}

#[test]
fn one_balance_across_projects_and_members() {
    let ran = documented();
    for tally in ran.cohort("professional") {
        // One lot pays for several projects and for several members.
        let mut paid: BTreeMap<u32, BTreeSet<(u16, u16)>> = BTreeMap::new();
        for entry in journal(tally).iter().filter(|entry| entry.kind == Burn) {
            paid.entry(entry.grant).or_default().insert((entry.project, entry.member));
        }
        let shared = paid.values().filter(|askers| {
            let (projects, members): (BTreeSet<u16>, BTreeSet<u16>) = askers.iter().copied().unzip();
            projects.len() > 1 && members.len() > 1
        });
        assert!(shared.count() > 0);
    }
}

/// Of each project, what every month used; together it is what was charged.
#[test]
fn usage_can_be_told_by_project_and_month() {
    let ran = documented();
    for tally in ran.cohort("professional") {
        let mut used: BTreeMap<(u16, String), Credits> = BTreeMap::new();
        for entry in journal(tally).iter().filter(|entry| entry.kind == Charge) {
            let month = entry.at.to_string()[..7].to_owned();
            *used.entry((entry.project, month)).or_default() += entry.credits;
        }
        assert!(used.len() > 8, "several projects in several months");
        let charged: Credits = tally.features.iter().map(|feature| feature.charged_credits).sum();
        assert_eq!(used.values().copied().sum::<Credits>(), charged, "nothing is left out");
    }
}

#[test]
fn credits_come_from_the_plan_and_from_purchases() {
    let ran = documented();
    assert!(ran.count(IssueAllowance) > 0 && ran.count(Land) > 0);
}

/// The formulas of the scenario: a second of training costs 0.004 credits for each of one, four or eight GPUs, a second of
/// processing 0.002, and the volume of data comes on top.
#[test]
fn costs_follow_time_volume_and_compute() {
    let ran = documented();
    let priced = |feature: &str, per_second: f64| -> Vec<(f64, f64)> {
        let index = ran.feature(feature).0;
        let served = ran.attempts().filter(move |row| row.feature == index);
        let served = served.filter(|row| row.outcome == AttemptOutcome::Served);
        let seconds = |row: &AttemptRow| row.ended.map(|ended| (ended - row.decided).as_seconds_f64());
        served.filter_map(|row| Some((row.cost.as_f64(), seconds(row)? * per_second))).collect()
    };
    for (feature, per_second, factors) in
        [("training", 0.004, &[1.0, 4.0, 8.0][..]), ("processing", 0.002, &[1.0])]
    {
        let rows = priced(feature, per_second);
        assert!(rows.iter().all(|(cost, time)| *cost > *time), "{feature}: time is only a part");
        let over = |factor: f64| rows.iter().filter(|(cost, time)| *cost > factor * time).count();
        let counts: Vec<usize> = factors.iter().map(|factor| over(*factor)).collect();
        assert!(counts.windows(2).all(|pair| pair[0] > pair[1] && pair[1] > 0), "{feature}: {counts:?}");
        let middle = median(&rows);
        let (slow, fast): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, time)| *time > middle);
        let mean = |rows: &[&(f64, f64)]| rows.iter().map(|row| row.0).sum::<f64>() / rows.len() as f64;
        assert!(mean(&slow) > mean(&fast), "{feature}: longer work costs more");
    }
    // Inference: one credit, and 0.6 for each kilotoken.
    assert!(priced("inference", 0.0).iter().any(|(cost, _)| *cost > 3.0));
}

/// The median time part.
fn median(rows: &[(f64, f64)]) -> f64 {
    let mut times: Vec<f64> = rows.iter().map(|row| row.1).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A percentage is one of the month's credits and of what has come since. (Seen where the close left nothing over.)
#[test]
fn alerts_are_shares_of_what_was_issued() {
    let ran = documented();
    let mut fired = [0, 0];
    for tally in ran.cohort("standard") {
        let journal = journal(tally);
        let mut base = None;
        for (index, entry) in journal.iter().enumerate() {
            if entry.kind == IssueAllowance {
                let nothing_else = entry.settled_after == entry.credits;
                base = nothing_else.then_some(entry.credits);
            } else if entry.kind == Land {
                base = base.map(|credits| credits + entry.credits);
            }
            let Some(base) = base.filter(|_| entry.kind == Alert) else { continue };
            let (level, percent) = if entry.reason == Reason::Critical { (1, 5) } else { (0, 20) };
            let threshold = base.micros() * percent / 100;
            assert!(entry.available_after.micros() < threshold, "{entry:?} of {base}");
            let earlier = journal[..index].iter().rev();
            let before =
                earlier.map(|other| other.available_after).find(|view| *view != entry.available_after);
            assert!(before.is_some_and(|view| view.micros() >= threshold), "{entry:?}: {before:?} of {base}");
            fired[level] += 1;
        }
    }
    assert!(fired.iter().all(|count| *count > 0), "{fired:?}");
}

/// Read as arrears, with a price that the page does not give: the month's usage is invoiced on the 1st of the next and paid
/// at once.
#[test]
fn cycles_are_calendar_months_paid_automatically() {
    let price = [("policies.arrears.overdraft.price_per_credit", "0.01 USD")];
    let ran = run_with("ai-engine", "arrears", &price);
    let zone = &ran.scenario.zone;
    let firsts: BTreeSet<SimTime> =
        (2..=8).map(|month| zone.parse(&format!("2025-{month:02}-01")).expect("a date")).collect();
    let at = |kind: EntryKind| -> BTreeSet<SimTime> {
        ran.entries()
            .filter(|entry| entry.kind == kind && entry.at > ran.scenario.start)
            .map(|entry| entry.at)
            .collect()
    };
    for kind in [Close, IssueAllowance, DebtInvoiced] {
        assert_eq!(at(kind), firsts, "{kind:?}");
    }
    for journal in ran.journals() {
        for invoice in journal.iter().filter(|entry| entry.kind == DebtInvoiced) {
            let paid = |entry: &&Entry| entry.kind == InvoicePaid && entry.at == invoice.at;
            assert_eq!(journal.iter().find(paid).map(|entry| entry.money), Some(invoice.money));
        }
    }
}

#[test]
fn packages_have_no_price_so_money_is_not_available() {
    let ran = documented();
    assert_eq!(ran.scenario.currency, None);
    let landed: BTreeSet<Credits> =
        ran.entries().filter(|entry| entry.kind == Land).map(|entry| entry.credits).collect();
    assert!(landed.contains(&Credits::from_whole(1000)), "{landed:?}");
    assert!(landed.is_subset(&[1000, 5000].map(Credits::from_whole).into()), "{landed:?}");
    let totals = Totals::of_whole(&ran.accounts[0], ran.scenario.start);
    for name in ["cash_money", "recognized_money", "price_per_credit_money"] {
        assert_eq!(metric(name).and_then(|metric| metric.value(&totals)), None, "{name}");
    }
}

#[test]
fn standard_credits_expire_at_the_close_and_professional_ones_after_three_months() {
    let ran = documented();
    for tally in ran.cohort("standard") {
        let journal = journal(tally);
        assert!(!journal.iter().any(|entry| entry.kind == Rollover), "Standard rolls nothing over");
    }
    // Whoever uses little has something to roll.
    let ran = run_with("ai-engine", "documented", &[("cohorts.professional.activity", "1")]);
    let mut ended = 0;
    for tally in ran.cohort("professional") {
        let journal = journal(tally);
        let mut rolled: BTreeMap<u32, BTreeSet<_>> = BTreeMap::new();
        for entry in journal.iter().filter(|entry| entry.kind == Rollover) {
            rolled.entry(entry.grant).or_default().insert(entry.at);
        }
        // A lot that rolls at close k lives to close k + 3: it ends at the fourth close after its month began.
        for (grant, closes) in &rolled {
            assert!(closes.len() <= 3, "lot {grant} rolls {} times", closes.len());
            let issued = journal.iter().find(|entry| entry.kind == IssueAllowance && entry.grant == *grant);
            let issued = issued.map_or(ran.scenario.start, |entry| entry.at);
            for expired in journal.iter().filter(|entry| entry.kind == Expire && entry.grant == *grant) {
                let inside =
                    |entry: &&Entry| entry.kind == Close && entry.at > issued && entry.at <= expired.at;
                assert_eq!(journal.iter().filter(inside).count(), 4, "lot {grant} of {issued}");
                ended += 1;
            }
        }
    }
    assert!(ended > 0, "Professional credits end after three closes more");
}

#[test]
fn operations_pause_until_a_purchase_or_the_next_cycle() {
    let (by_purchase, _) = resumed(documented());
    assert!(by_purchase > 0, "paused operations go on after a purchase");
    let nobody_buys = run_with("ai-engine", "documented", &[("policy.buyer", "\"none\"")]);
    let (by_purchase, by_cycle) = resumed(&nobody_buys);
    assert!(by_purchase == 0 && by_cycle > 0, "{by_purchase} by a purchase, {by_cycle} by the next cycle");
}

/// How many paused operations went on after a purchase, and how many after the next month's credits.
fn resumed(ran: &Ran) -> (u32, u32) {
    assert_eq!(ran.count(Refused), 0, "they pause and are not refused");
    let (mut by_purchase, mut by_cycle) = (0, 0);
    for journal in ran.journals() {
        let mut paused: BTreeSet<(Option<FeatureIndex>, u32)> = BTreeSet::new();
        let mut came = None;
        for entry in journal {
            // What made the balance positive since it was last at zero.
            match entry.kind {
                Land | IssueAllowance => came = Some(entry.kind),
                _ if !entry.available_after.is_positive() => came = None,
                _ => {}
            }
            let key = (entry.feature, entry.operation);
            if entry.kind == Queued {
                paused.insert(key);
            }
            if entry.kind == Start && paused.remove(&key) {
                assert!(entry.available_after.is_positive(), "nothing starts at zero: {entry:?}");
                let came = came.unwrap_or_else(|| panic!("credits came before {entry:?} went on"));
                by_purchase += u32::from(came == Land);
                by_cycle += u32::from(came == IssueAllowance);
            }
        }
    }
    (by_purchase, by_cycle)
}

#[test]
fn nothing_moves_between_organizations() {
    let ran = documented();
    for journal in ran.journals() {
        let issued: BTreeSet<u32> = journal
            .iter()
            .filter(|entry| matches!(entry.kind, IssueAllowance | Land | OpeningGrant))
            .map(|entry| entry.grant)
            .collect();
        let burned = journal.iter().filter(|entry| entry.kind == Burn);
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
