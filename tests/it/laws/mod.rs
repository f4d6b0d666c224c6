//! The laws over random policies and random work, swarm style: each case turns on a random few of the knobs.
//!
//! Every account is audited: laws 1 to 6 as totals at each close and at the end, and in full from its journal. A failing
//! case is printed with its seed and shrunk to the fewest knobs and operations that still fail. `PROPTEST_CASES`
//! changes the number of cases.

mod case;
mod draw;
mod knob;
mod limits;
mod lots;
mod rates;
mod turn;
mod world;

use case::{Case, case, dense_case, held_case, plain_case};
use creditsim::organization::WaysTaken;
use knob::Knob;
use limits::{DRAWN_LIMITS, MeteredLimit};
use proptest::prelude::*;
use world::Stage;

/// Cases of each property together are at least 2,000 in every run of the tests.
fn cases(default: u32) -> ProptestConfig {
    let written = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: written.unwrap_or(default), max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

/// The outcome of a whole run as text, or the law it breaks.
fn whole(case: &Case) -> Result<String, TestCaseError> {
    let tally = Stage::of(case).run(&[]).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
    Ok(format!("{tally:?}"))
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn every_law_holds_and_a_run_cut_anywhere_is_the_whole_run(case in case(), cuts in proptest::collection::vec(0..960_u32, 1..5)) {
        let uncut = whole(&case)?;
        let cut = Stage::of(&case).run(&cuts).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert_eq!(uncut, format!("{cut:?}"), "cut at {:?} h", cuts);
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn another_policy_changes_nothing(case in case(), other in case()) {
        let alone = whole(&case)?;
        let beside = Stage::beside(&case, &other).run(&[]).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert_eq!(alone, format!("{beside:?}"));
    }

    #[test]
    fn a_feature_nobody_uses_changes_nothing(case in case()) {
        let case = case.without_other();
        let with = Stage::of(&case).run(&[]).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        let without = Stage::alone(&case).run(&[]).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert_eq!(format!("{:?}", with.credits), format!("{:?}", without.credits));
        prop_assert_eq!(format!("{:?}", with.money), format!("{:?}", without.money));
        prop_assert_eq!(format!("{:?}", with.customer), format!("{:?}", without.customer));
        prop_assert_eq!(format!("{:?}", with.features[1]), format!("{:?}", without.features[0]));
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_is_written_down_changes_nothing(
        case in shortcut_case(),
        cuts in proptest::collection::vec(0..960_u32, 0..5),
    ) {
        // What is written down is followed one by one; what is not takes the fast path and bulk intervals.
        let mut loud = Stage::of(&case).run(&[]).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        let mut quiet = Stage::quiet(&case).run(&cuts).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        (loud.detail, quiet.detail) = (None, None);
        prop_assert_eq!(format!("{loud:?}"), format!("{quiet:?}"));
    }
}

proptest! {
    #![proptest_config(cases(400))]

    /// Law 11: a ceiling without an amount, and in an account without debt one that is never reached.
    #[test]
    fn ceilings_that_say_nothing_change_nothing(case in case(), covers in 1..16_u8, far in any::<bool>()) {
        let run = |case: &Case| {
            let mut tally =
                Stage::of(case).run(&[]).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
            tally.limits.resize_with(DRAWN_LIMITS, Default::default);
            if let Some(detail) = &mut tally.detail {
                detail.limit_accounts.retain(|row| usize::from(row.limit) < DRAWN_LIMITS);
            }
            Ok::<_, TestCaseError>(tally)
        };
        let without = run(&case)?;
        let mut with = case.clone();
        // Twice, which is once: cases with an odd number of knobs have no provider to pay.
        with.knobs.extend([Knob::Limit(MeteredLimit::silent(covers, far)), Knob::Limit(MeteredLimit::silent(covers, far))]);
        let debt = without.debt.start + without.debt.incurred;
        // What has been owed before outcomes count is in no sum.
        let hidden = case.knobs.iter().any(|knob| matches!(knob, Knob::MeasureFrom(_)));
        if !far || debt.is_zero() && !hidden {
            prop_assert_eq!(format!("{without:?}"), format!("{:?}", run(&with)?));
        }
    }
}

/// Cases in which shortcuts are compared with accounts that are followed.
fn shortcut_case() -> impl Strategy<Value = Case> {
    prop_oneof![1 => case(), 1 => plain_case(), 2 => dense_case(), 2 => held_case()]
}

#[test]
fn a_third_of_the_swarm_goes_in_bulk() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let (mut runner, mut ways) = (TestRunner::deterministic(), WaysTaken::default());
    for _ in 0..600 {
        let case = shortcut_case().new_tree(&mut runner).expect("a case").current();
        let (_, taken) =
            Stage::quiet(&case).run_counting_ways(&[]).unwrap_or_else(|fault| panic!("{fault}\n{case:#?}"));
        ways.add(&taken);
    }
    let share = |part: u64| part as f64 / ways.events as f64;
    assert!(share(ways.bulk_events) > 0.30, "{ways:?}");
    assert!(share(ways.held_events) > 0.03, "{ways:?}");
    assert!(share(ways.low_events) > 0.03, "{ways:?}");
    assert!(share(ways.limited_events) > 0.005, "{ways:?}");
    assert!(share(ways.metered_events) > 0.05, "{ways:?}");
    assert!(ways.stopped > 200, "{ways:?}");
    assert!(ways.fast > 1_000 && ways.slow > 1_000, "{ways:?}");
}

#[test]
fn the_swarm_reaches_everything() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reached: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for _ in 0..1_000 {
        let case = case().new_tree(&mut runner).expect("a case").current();
        let tally = Stage::of(&case).run(&[]).unwrap_or_else(|fault| panic!("{fault}\n{case:#?}"));
        for entry in &tally.detail.expect("a journal was asked for").journal {
            *reached.entry(format!("{:?}", entry.kind)).or_default() += 1;
        }
    }
    for kind in [
        "OpeningGrant",
        "OpeningUsed",
        "OpeningSubscription",
        "OpeningDebt",
        "Measure",
        "Issue",
        "IssueAllowance",
        "Land",
        "IssueRolloverMinimum",
        "Burn",
        "Repay",
        "DebtIncurred",
        "DebtForgiven",
        "DebtInvoiced",
        "Expire",
        "Void",
        "Rollover",
        "HoldOpen",
        "HoldExtend",
        "HoldSettle",
        "HoldRelease",
        "HoldExpire",
        "HoldCharged",
        "HoldUncovered",
        "Incurred",
        "Charge",
        "Absorb",
        "Demanded",
        "Start",
        "Served",
        "Substituted",
        "Failed",
        "Cancelled",
        "Killed",
        "Degraded",
        "Refused",
        "Queued",
        "Lost",
        "Paused",
        "Alert",
        "PurchaseOrdered",
        "PaymentDeclined",
        "BudgetBlocked",
        "TopUpCeiling",
        "Close",
        "Subscription",
        "SubscriptionEarned",
        "PriceTaken",
        "PriceGiven",
        "CreditNote",
        "LotEnd",
        "Pooled",
        "Fee",
        "InvoicePaid",
        "WrittenOff",
        "SeatTaken",
        "SeatLeft",
        "PlanChanged",
        "RulesChanged",
        "Refund",
        "RefundBurn",
        "RefundDebt",
        "Churned",
    ] {
        assert!(reached.contains_key(kind), "no case reaches {kind}: {reached:#?}");
    }
}
