//! Defaults and every way of saying a rule.

use super::{read_with, terms_with};
use crate::calendar::CalendarUnit;
use crate::calendar::{MonthEnd, Period};
use crate::policy::*;
use crate::units::{Category, Credits, Money, SimTime};

#[test]
fn defaults_are_those_of_the_semantics() {
    let terms = terms_with("");
    assert_eq!(terms.plan, "default");
    assert_eq!((terms.allowance, terms.subscription), (None, None));
    assert_eq!(
        terms.cycle,
        CycleRule {
            every: Period::Months(1),
            anchor: Anchor::CalendarMonth,
            opening: Opening::Full,
            written: false
        }
    );
    assert_eq!(
        terms.burn_order,
        [
            BurnKey::Priority,
            BurnKey::Scope,
            BurnKey::Burns,
            BurnKey::ExpiresAt(ExpiryPrecision::Exact),
            BurnKey::Category([Category::Promotional, Category::Included, Category::Purchased]),
            BurnKey::UnitPrice,
            BurnKey::EffectiveAt,
            BurnKey::Id
        ]
    );
    assert_eq!(terms.expiry_boundary, Boundary::Exclusive);
    assert_eq!(terms.month_end, MonthEnd::Clamp);
    assert_eq!(terms.rounding, None);
    assert_eq!(terms.overdraft.limit, Some(Credits::ZERO));
    assert_eq!(terms.overdraft.repay, Repay::AnyCredit);
    assert_eq!(terms.overdraft.at_cycle, DebtAtCycle::Carry);
    assert_eq!((terms.queue_max, terms.max_in_flight), (1000, None));
    assert!(terms.debt_counts && terms.metering_lag.is_zero() && terms.invoices.auto_pay);
    let post = &terms.features[0];
    assert_eq!(post.admission, Admission::None);
    assert_eq!(
        (post.view, post.charge, post.short),
        (View::Available, ChargeMoment::Completion, WhenShort::Reject)
    );
    assert_eq!((post.beyond_limit, post.in_flight), (WhenShort::Reject, InFlight::Finish));
    assert_eq!((post.on_cancel, post.on_failure), (OnCancel::ChargeRecorded, OnFailure::ChargeFinished));
    assert!(post.minimum.is_zero() && !post.minimum_on_failure && !post.minimum_on_cancel && post.notify);
}

#[test]
fn debt_does_not_count_where_it_is_never_repaid() {
    assert!(!terms_with("overdraft = { repay = \"never\" }").debt_counts);
    assert!(terms_with("overdraft = { repay = \"never\" }\ndebt_counts = true").debt_counts);
}

#[test]
fn short_forms_say_the_usual() {
    assert_eq!(terms_with("overdraft = 200").overdraft.limit, Some(Credits::from_whole(200)));
    assert_eq!(terms_with("overdraft = \"unlimited\"").overdraft.limit, None);
    assert_eq!(
        terms_with("subscription = \"49 USD\"").subscription.map(|plan| plan.every),
        Some(Period::Months(1))
    );
    let terms = terms_with("allowance = 1000\nrollover = \"all\"");
    let allowance = terms.allowance.expect("an allowance");
    assert_eq!(allowance.credits, Credits::from_whole(1000));
    assert_eq!((allowance.rollover.fraction.get(), allowance.rollover.max_credits), (1.0, Credits::MAX));
    assert_eq!(terms.cycle.anchor, Anchor::SignUp);
    assert_eq!(terms_with("admission = \"hold\"").features[0].admission, {
        let Admission::Hold(hold) = terms_with("admission = { hold = {} }").features[0].admission.clone()
        else {
            panic!("a hold")
        };
        Admission::Hold(hold)
    });
    let rounding = terms_with("round = \"up\"\nround_per = \"charge\"").rounding.expect("a rounding");
    assert_eq!(
        (rounding.unit, rounding.mode, rounding.per_charge),
        (Credits::from_whole(1), RoundMode::Up, true)
    );
    assert_eq!(
        terms_with("round = { nearest = 0.01 }").rounding.map(|rounding| rounding.unit.micros()),
        Some(10_000)
    );
}

#[test]
fn anchors_can_be_said_in_five_ways() {
    let cases = [
        ("\"sign-up\"", Anchor::SignUp),
        ("\"calendar-month\"", Anchor::CalendarMonth),
        ("\"calendar-year\"", Anchor::DayAndMonth { day: 1, month: 1 }),
        ("{ day = 15 }", Anchor::DayOfMonth(15)),
        ("{ month = 4 }", Anchor::DayAndMonth { day: 1, month: 4 }),
        ("1970-01-01T00:00:01Z", Anchor::At(SimTime::from_micros(1_000_000))),
    ];
    for (text, anchor) in cases {
        let terms = terms_with(&format!("allowance = {{ credits = 1, every = \"year\", anchor = {text} }}"));
        assert_eq!(terms.cycle.anchor, anchor, "{text}");
    }
}

#[test]
fn estimates_can_be_said_in_every_way() {
    let cases = [
        ("\"exact\"", Estimator::Exact),
        ("\"expected\"", Estimator::Expected),
        ("3", Estimator::Fixed(Credits::from_whole(3))),
        ("{ fixed = 2.5 }", Estimator::Fixed(Credits::from_f64(2.5))),
        ("{ quantile = 0.95 }", Estimator::Quantile(0.95)),
        ("{ history = \"first\" }", Estimator::History(HistoryEstimate::First)),
        ("{ history = { mean = 5 } }", Estimator::History(HistoryEstimate::Mean(5))),
        ("{ blur = { bias = \"10%\", cv = 0.3 } }", Estimator::Blur { bias: 0.1, cv: 0.3 }),
    ];
    for (text, estimator) in cases {
        let terms = terms_with(&format!("admission = {{ estimate = {text} }}"));
        assert_eq!(terms.features[0].admission, Admission::Estimate(estimator), "{text}");
    }
}

#[test]
fn burn_orders_close_with_the_id_and_place_what_they_leave_out() {
    let keys =
        terms_with("burn_order = [\"priority\", { expires_at = \"second\" }, { amount = \"larger-first\" }]")
            .burn_order;
    let expected = [
        BurnKey::Priority,
        BurnKey::Scope,
        BurnKey::Burns,
        BurnKey::ExpiresAt(ExpiryPrecision::Second),
        BurnKey::Amount { larger_first: true },
        BurnKey::Id,
    ];
    assert_eq!(keys, expected);
}

#[test]
fn top_ups_name_packages_of_their_plan() {
    let terms = terms_with(
        r#"
packages = [{ name = "s", credits = 10 }, { name = "m", credits = 50, price = "5 USD", expires_after = "12 months" }]
top_up = { threshold = 5, compare = "at-or-below", package = "m", amount = { up_to = 100 }, cap = { count = 3, per = "month" }, cooldown = "1h", reevaluate = "on-change" }
"#,
    );
    let [rule] = terms.top_ups.as_slice() else { panic!("one rule") };
    assert_eq!(rule.amount, TopUpAmount::UpTo { target: Credits::from_whole(100), package: 1 });
    assert_eq!(
        rule.caps,
        [TopUpCap { limit: CapLimit::Count(3), per: CalendarUnit::Month, each: LotOwner::Organization }]
    );
    assert!(rule.looks == Reevaluation::OnChange && rule.count_pending && rule.ceiling == 1000);
    assert_eq!(terms.packages[1].expires, Expiry::After(Period::Months(12)));
    assert_eq!(terms.packages[1].price, Some(Money::from_nanos(5_000_000_000)));
}

#[test]
fn alerts_read_credits_percentages_and_operations_that_would_exceed() {
    let terms = terms_with(
        "alerts = [{ below = 100 }, { at_or_below = \"10%\", level = \"critical\", view = \"settled\" }, { would_exceed = true }]",
    );
    assert!(terms.alert_would_exceed);
    let expected = [
        Alert {
            threshold: AlertThreshold::Credits(Credits::from_whole(100)),
            compare: Compare::Below,
            view: View::Available,
            per: LotOwner::Organization,
            level: AlertLevel::Warning,
        },
        Alert {
            threshold: AlertThreshold::ShareOfIssued(0.1),
            compare: Compare::AtOrBelow,
            view: View::Settled,
            per: LotOwner::Organization,
            level: AlertLevel::Critical,
        },
    ];
    assert_eq!(terms.alerts, expected);
}

#[test]
fn a_ledger_case_is_a_few_lines() {
    let lines = r#"
grants = [
  { id = 1, credits = 100, category = "included", priority = 1, effective_at = 2024-12-01T00:00:00Z, remaining = 40, rollover = { max_credits = 30 } },
  { id = 2, credits = 50, category = "purchased", effective_at = 2025-01-10T00:00:00Z, expires_at = 2025-03-01T00:00:00Z, voided_at = 2025-02-01T00:00:00Z },
  { id = 3, credits = 10, effective_at = 2025-01-31T00:00:00Z, recurrence = { every = "month", anchor = 2025-01-31T00:00:00Z, mode = "add", valid = "30 days" } },
]
debt_at_start = 5
cycle_closes = [2025-03-01T00:00:00Z, 2025-02-01T00:00:00Z]
operations = [
  { at = 2025-01-05T00:00:00Z, feature = "post", credits = 2.5, duration = "20s" },
  { at = 2025-01-02T00:00:00Z, feature = "post", credits = 1 },
]
"#;
    let cohort = read_with("cohort", lines).cohorts.remove(0);
    let grants = &cohort.customers.grants;
    assert_eq!(grants[0].remaining, Some(Credits::from_whole(40)));
    assert_eq!(
        grants[0].rollover.as_ref().map(|rollover| rollover.max_credits),
        Some(Credits::from_whole(30))
    );
    assert!(matches!(grants[1].expires, Expiry::At(_)) && grants[1].voided_at.is_some());
    let again = grants[2].recurrence.as_ref().expect("a recurrence");
    assert_eq!(
        (again.mode, again.every, again.valid),
        (RecurrenceMode::Add, Period::Months(1), Some(Period::Days(30)))
    );
    assert_eq!(cohort.customers.debt_at_start, Credits::from_whole(5));
    let closes = cohort.customers.cycle_closes.expect("closes");
    assert!(closes[0] < closes[1], "closes are in order");
    let credits: Vec<_> = cohort.operations.iter().map(|operation| operation.work.credits.micros()).collect();
    assert_eq!(credits, [1_000_000, 2_500_000], "operations are in order");
}
