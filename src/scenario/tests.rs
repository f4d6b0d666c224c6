//! Messages a person can act on, layers, short forms, defaults.

use super::{Problem, Scenario, ScenarioSource, bundled, examine, presets, read};
use crate::calendar::{MonthEnd, Period};
use crate::policy::*;
use crate::units::{Category, Credits, Money, SimSpan, SimTime};

/// A scenario that reads; tests put their lines in the place of `{…}` marks.
const BASE: &str = r#"# Question: does it read?
start = 2025-01-01T00:00:00Z
horizon = "12 months"
{top}
[[cohorts]]
name = "teams"
{cohort}
[features.post]
{feature}
[features.view]
free = true
{policies}
"#;

fn text_with(mark: &str, lines: &str) -> String {
    let mut text = BASE.replace(&format!("{{{mark}}}"), lines);
    for mark in ["top", "cohort", "feature", "policies"] {
        text = text.replace(&format!("{{{mark}}}"), "");
    }
    text
}

fn problems_of(text: &str) -> Vec<Problem> {
    examine(&ScenarioSource::from_text("team.toml", text)).1.into_iter().filter(Problem::is_error).collect()
}

fn read_with(mark: &str, lines: &str) -> Scenario {
    let text = text_with(mark, lines);
    read(&ScenarioSource::from_text("team.toml", text))
        .unwrap_or_else(|problems| panic!("{lines}: {problems:#?}"))
}

fn policy_with(lines: &str) -> Policy {
    read_with("policies", &format!("[policies.p]\n{lines}")).policies.remove(0)
}

fn terms_with(lines: &str) -> Terms {
    policy_with(lines).plans.remove(0)
}

/// The first message about `lines` at `mark`, as it is printed.
fn check_message(mark: &str, lines: &str, expected: &str) {
    let problems = problems_of(&text_with(mark, lines));
    let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        messages.iter().any(|message| message == expected),
        "{lines}\n{}\nwanted\n{expected}",
        messages.join("\n")
    );
}

#[test]
fn every_kind_of_bad_input_gets_a_message_that_repairs() {
    let cases = [
        (
            "policies",
            "[policies.hold]\noverdarft = 3",
            "error: `team.toml:13`: `policies.hold.overdarft` is not a key of a policy table\n  wanted a key of a policy table; `creditsim schema` has them all\nhint: did you mean `overdraft`?",
        ),
        (
            "top",
            "end = 2024-12-31T00:00:00Z",
            "error: `team.toml:3`: `horizon` stands beside `end`\nhint: keep one of the two",
        ),
        (
            "cohort",
            "organizations = -4",
            "error: `team.toml:7`: `cohorts.teams.organizations` is -4\n  wanted a whole number, 1 or more",
        ),
        (
            "policies",
            "[policies.hold]\n[policies.hold]",
            "error: `team.toml:13`: `hold` is defined twice (`[policies.hold]`)\nhint: rename one of the two, or merge them into one table",
        ),
        (
            "policies",
            "[policies.p]\npackages = [{ name = \"s\", credits = 10, price = \"10 dollars\" }]",
            "error: `team.toml:13`: `policies.p.packages.s.price` is \"10 dollars\"\n  wanted an amount and a currency, like \"10.00 USD\"",
        ),
        (
            "policies",
            "[policies.p]\nallowance = { credits = 100, every = \"montly\" }",
            "error: `team.toml:13`: `policies.p.allowance.every` is \"montly\"\n  wanted a calendar period, like \"month\", \"12 months\" or \"30 days\"\nhint: did you mean \"month\"?",
        ),
        (
            "policies",
            "[policies.p]\nadmission = { estimate = \"exact\", hold = {} }",
            "error: `team.toml:13`: `policies.p.admission` has both `estimate` and `hold`\nhint: keep one of the two",
        ),
        (
            "policies",
            "[policies.p]\ndenial = 1.5",
            "error: `team.toml:13`: `policies.p.denial` is 1.5\n  wanted a probability between 0 and 1, like 0.2 or \"20%\"",
        ),
        (
            "policies",
            "[policies.p]\nfeatures.pots = { short = \"queue\" }",
            "error: `team.toml:13`: `policies.p.features.pots` names no feature of this scenario\nhint: did you mean `post`?",
        ),
        (
            "policies",
            "[policies.p]\nshort = \"rejct\"",
            "error: `team.toml:13`: `policies.p.short` is \"rejct\"\n  wanted one of: allow, reject, degrade, queue\nhint: did you mean \"reject\"?",
        ),
        (
            "policies",
            "[[outages]]\nname = \"o\"\nrate = \"-1/month\"\nlength = \"1h\"",
            "error: `team.toml:14`: `outages.o.rate` is \"-1/month\"\n  wanted a rate of 0 or more, like \"4/day\" or \"2/month\"",
        ),
        (
            "policies",
            "[thresholds]\npolicy = [\"los_rate < 3%\"]",
            "error: `team.toml:13`: `thresholds.policy.0` is \"los_rate < 3%\"\n  wanted the name of an outcome, like `loss_rate`; `creditsim metrics` lists them\nhint: did you mean `loss_rate`?",
        ),
        (
            "top",
            "time_zone = \"Europe/Berln\"",
            "error: `team.toml:4`: `time_zone` is \"Europe/Berln\"\n  wanted an IANA time zone, like \"Europe/Berlin\"\nhint: did you mean \"Europe/Berlin\"?",
        ),
        ("policies", "[policies.p]\nhold = = 3", "error: `team.toml:13`: extra `=`, expected nothing"),
    ];
    for (mark, lines, expected) in cases {
        check_message(mark, lines, expected);
    }
}

#[test]
fn an_end_before_the_start_is_named() {
    let text = text_with("top", "").replace("horizon = \"12 months\"", "end = 2024-12-31T00:00:00Z");
    let messages: Vec<String> = problems_of(&text).iter().map(ToString::to_string).collect();
    let expected =
        "error: `team.toml:3`: `end` does not lie after `start`\nhint: the horizon is [start, end)";
    assert_eq!(messages, [expected]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let problem = ScenarioSource::from_path("no/such/team.toml".as_ref()).expect_err("there is no such file");
    assert!(problem.to_string().starts_with("error: `no/such/team.toml`: cannot be read: "), "{problem}");
}

#[test]
fn all_problems_are_reported_together_in_the_order_of_the_file() {
    let text = text_with(
        "policies",
        "[policies.a]\nshort = 3\nqueue_max = -1\n[policies.b]\nview = \"x\"\nminimum = \"y\"",
    );
    let keys: Vec<String> = problems_of(&text).into_iter().map(|problem| problem.key).collect();
    assert_eq!(keys, ["policies.a.short", "policies.a.queue_max", "policies.b.view", "policies.b.minimum"]);
}

#[test]
fn a_problem_of_the_shared_policy_is_reported_once() {
    let text = text_with("policies", "[policy]\nshort = \"x\"\n[policies.a]\n[policies.b]");
    assert_eq!(problems_of(&text).len(), 1);
}

#[test]
fn missing_keys_say_what_they_are_for() {
    let expected = "error: `team.toml:13`: `policies.p.top_up.threshold` is missing\n  wanted a number of credits\nhint: Fires when the view is low.";
    check_message(
        "policies",
        "[policies.p]\ntop_up = { package = \"s\" }\npackages = [{ name = \"s\", credits = 1 }]",
        expected,
    );
}

#[test]
fn a_scenario_has_one_currency() {
    let lines = "[policies.p]\nsubscription = \"10 USD\"\npackages = [{ name = \"s\", credits = 1, price = \"1 EUR\" }]";
    let text = text_with("policies", lines);
    let found: Vec<_> = problems_of(&text).into_iter().filter_map(|problem| problem.wanted).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(
        read_with("policies", "[policies.p]\nsubscription = \"10 USD\"").currency.as_deref(),
        Some("USD")
    );
    assert_eq!(read_with("policies", "").currency, None);
}

#[test]
fn defaults_are_those_of_the_semantics() {
    let terms = terms_with("");
    assert_eq!(terms.plan, "default");
    assert_eq!((terms.allowance, terms.subscription), (None, None));
    assert_eq!(terms.cycle, CycleRule { every: Period::Months(1), anchor: Anchor::CalendarMonth });
    assert_eq!(
        terms.burn_order,
        [
            BurnKey::Priority,
            BurnKey::Burns,
            BurnKey::ExpiresAt(Precision::Exact),
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
fn later_layers_win_key_by_key() {
    let lines = r#"
[policy]
short = "queue"
overdraft = { limit = 100, at_cycle = "invoice" }
admission = { hold = { timeout = "2h", estimate = "exact" } }
features.post = { minimum = 1, charge = "step" }
[policies.p]
overdraft.limit = 50
admission.hold.buffer = 0.2
features.post.minimum = 2
plans.starter = {}
plans.pro = { overdraft.limit = 500, features.post = { minimum = 3 }, short = "degrade" }
plan = { starter = 3, pro = 1 }
"#;
    let policy = read_with("policies", lines).policies.remove(0);
    let [starter, pro] = policy.plans.as_slice() else { panic!("two plans") };
    assert_eq!(policy.plan_shares, [vec![(0, 3.0), (1, 1.0)]]);
    assert_eq!((starter.plan.as_str(), pro.plan.as_str()), ("starter", "pro"));
    assert_eq!(starter.overdraft.limit, Some(Credits::from_whole(50)));
    assert_eq!(pro.overdraft.limit, Some(Credits::from_whole(500)));
    assert_eq!(pro.overdraft.at_cycle, DebtAtCycle::Invoice);
    let Admission::Hold(hold) = &pro.features[0].admission else { panic!("a hold") };
    assert_eq!((hold.timeout, hold.buffer), (Some(SimSpan::from_seconds(7200)), 0.2));
    assert_eq!(hold.estimate, Estimator::Exact);
    assert_eq!(starter.features[0].minimum, Credits::from_whole(2));
    assert_eq!(pro.features[0].minimum, Credits::from_whole(3));
    assert_eq!(pro.features[0].charge, ChargeMoment::Step);
    assert_eq!((starter.features[0].short, pro.features[1].short), (WhenShort::Queue, WhenShort::Degrade));
}

#[test]
fn a_table_of_another_choice_replaces() {
    let lines =
        "[policy]\nadmission = { estimate = { quantile = 0.9 } }\n[policies.p]\nadmission = { hold = {} }";
    let policy = read_with("policies", lines).policies.remove(0);
    assert!(matches!(policy.plans[0].features[0].admission, Admission::Hold(_)));
}

#[test]
fn presets_lie_between_the_shared_rules_and_the_policys_own() {
    let lines = "[policy]\nexpiry_boundary = \"exclusive\"\nshort = \"queue\"\n[policies.p]\npreset = \"flexprice\"\nmonth_end = \"clamp\"";
    let terms = read_with("policies", lines).policies.remove(0).plans.remove(0);
    assert_eq!(terms.expiry_boundary, Boundary::Inclusive);
    assert_eq!(terms.month_end, MonthEnd::Clamp);
    assert_eq!(terms.features[0].short, WhenShort::Queue);
    assert!(terms.top_ups.is_empty(), "a preset's top-up rules wait for the policy's own");
    let lines = "[policy]\npreset = \"flexprice\"\nexpiry_boundary = \"exclusive\"\n[policies.p]";
    let terms = read_with("policies", lines).policies.remove(0).plans.remove(0);
    assert_eq!(terms.expiry_boundary, Boundary::Exclusive);
}

#[test]
fn every_preset_reads() {
    for preset in presets::list() {
        let lines = format!("preset = \"{}\"", preset.name);
        terms_with(&lines);
        assert!(preset.summary().len() > 20, "{} says what it is", preset.name);
    }
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
fn burn_orders_close_with_the_id_and_place_burns_before_expiry() {
    let keys =
        terms_with("burn_order = [\"priority\", { expires_at = \"second\" }, { amount = \"larger-first\" }]")
            .burn_order;
    let expected = [
        BurnKey::Priority,
        BurnKey::Burns,
        BurnKey::ExpiresAt(Precision::Second),
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
    assert_eq!(rule.caps, [TopUpCap { limit: CapLimit::Count(3), per: CalendarUnit::Month }]);
    assert!(!rule.wakes && rule.count_pending && rule.ceiling == 1000);
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
            level: AlertLevel::Warning,
        },
        Alert {
            threshold: AlertThreshold::ShareOfIssued(0.1),
            compare: Compare::AtOrBelow,
            view: View::Settled,
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
    let credits: Vec<_> = cohort.operations.iter().map(|operation| operation.credits.micros()).collect();
    assert_eq!(credits, [1_000_000, 2_500_000], "operations are in order");
}

#[test]
fn mistakes_in_a_ledger_case_are_named() {
    let cases = [
        ("grants = [{ id = 1, credits = 1 }, { id = 1, credits = 2 }]", "cohorts.teams.grants"),
        ("grants = [{ credits = 1, remaining = 2 }]", "cohorts.teams.grants.0.remaining"),
        (
            "grants = [{ credits = 1, effective_at = 2025-02-01, expires_at = 2025-01-01 }]",
            "cohorts.teams.grants.0.expires_at",
        ),
        (
            "grants = [{ credits = 1, recurrence = { every = \"month\" } }]",
            "cohorts.teams.grants.0.recurrence.anchor",
        ),
        ("cycle_closes = [2025-01-01T00:00:00Z]", "cohorts.teams.cycle_closes.0"),
        (
            "operations = [{ at = 2026-01-01, feature = \"post\", credits = 1 }]",
            "cohorts.teams.operations.0.at",
        ),
        (
            "operations = [{ at = 2025-01-02, feature = \"pst\", credits = 1 }]",
            "cohorts.teams.operations.0.feature",
        ),
        ("plan = \"pro\"\nhistory = \"usage\"", "cohorts.teams.history"),
    ];
    for (lines, key) in cases {
        let keys: Vec<String> =
            problems_of(&text_with("cohort", lines)).into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, [key], "{lines}");
    }
}

#[test]
fn plans_must_be_there_for_every_cohort() {
    let cases = [
        ("plans.a = {}\nplans.b = {}", "policies.p.plans"),
        ("plans.a = {}\nplan = \"c\"", "policies.p.plan"),
        ("plan_changes = [{ after = \"30 days\", to = \"b\" }]", "policies.p.plan_changes.0.to"),
        ("plans.a = {}\nplans.b = {}\nplan = { a = 0 }", "policies.p.plan"),
    ];
    for (lines, key) in cases {
        let text = text_with("policies", &format!("[policies.p]\n{lines}"));
        let keys: Vec<String> = problems_of(&text).into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys.first().map(String::as_str), Some(key), "{lines}: {keys:?}");
    }
}

#[test]
fn overrides_are_set_by_path_before_anything_is_checked() {
    let text = text_with("policies", "[policies.hold]\noverdraft = 10\n[policies.open]");
    let source = ScenarioSource::from_text("team.toml", text);
    let set = |path: &str, value: &str| {
        read(&source.clone().with_overrides(&[(path.to_owned(), value.to_owned())]))
    };
    let limit = set("policies.hold.overdraft.limit", "200")
        .map(|scenario| scenario.policies[0].plans[0].overdraft.limit);
    assert_eq!(limit, Ok(Some(Credits::from_whole(200))));
    let short =
        set("policies.open.short", "queue").map(|scenario| scenario.policies[1].plans[0].features[0].short);
    assert_eq!(short, Ok(WhenShort::Queue), "a word needs no quotes");
    let count = set("cohorts.teams.organizations", "7").map(|scenario| scenario.cohorts[0].organizations);
    assert_eq!(count, Ok(7), "elements of lists go by name");
    let problems = set("cohorts.tems.organizations", "7").expect_err("there is no such cohort");
    assert_eq!(
        problems[0].to_string(),
        "error: `cohorts.tems.organizations=7`: `cohorts.tems.organizations` cannot be set: `cohorts` has no element `tems`"
    );
    let problems = set("policies.hold.overdraft.limt", "7").expect_err("there is no such key");
    assert!(problems[0].to_string().contains("did you mean `limit`?"), "{}", problems[0]);
}

#[test]
fn overrides_change_the_content_hash() {
    let source = ScenarioSource::from_text("team.toml", text_with("top", ""));
    let other = source.clone().with_overrides(&[("seed".to_owned(), "2".to_owned())]);
    assert_eq!(source.content_hash().len(), 64);
    assert_ne!(source.content_hash(), other.content_hash());
}

#[test]
fn a_scenario_without_policies_has_one() {
    let scenario = read_with("policies", "[policy]\nshort = \"queue\"");
    assert_eq!(scenario.policies.len(), 1);
    assert_eq!(scenario.policies[0].name, "policy");
    assert_eq!(scenario.question.as_deref(), Some("does it read?"));
    assert_eq!(scenario.name, "team");
}

fn warnings_of(lines: &str) -> Vec<String> {
    let text = text_with("policies", lines);
    let (scenario, problems) = examine(&ScenarioSource::from_text("team.toml", text));
    assert!(scenario.is_some() && !problems.iter().any(Problem::is_error), "{lines}: {problems:#?}");
    let unused = |problem: &Problem| problem.what.contains("is never used");
    problems
        .iter()
        .filter(|problem| !unused(problem))
        .map(|problem| format!("{} {}", problem.key, problem.what))
        .collect()
}

#[test]
fn the_check_points_out_what_runs_but_is_not_meant() {
    let package = "packages = [{ name = \"s\", credits = 100, price = \"10 USD\" }]";
    let cases = [
        (format!("{package}\nalerts = [{{ below = 100 }}]"), "policies.p.alerts warns at 100 credits, and package `s` brings 100"),
        (
            "packages = [{ name = \"s\", credits = 1, expires_after = \"year\" }, { name = \"m\", credits = 2 }]".to_owned(),
            "policies.p.packages state two validities: `s` and `m` expire differently",
        ),
        (
            format!("{package}\noverdraft = {{ limit = 5, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }}"),
            "policies.p.overdraft invoices debt at a close, beside packages that are paid in advance",
        ),
        ("admission = { hold = {} }".to_owned(), "policies.p.admission holds without a timeout"),
        ("alerts = [{ below = 100 }]".to_owned(), "policies.p.alerts holds an alert at 100 credits that can never fire"),
        (
            "packages = [{ name = \"s\", credits = 100, price = \"10 USD\" }, { name = \"m\", credits = 90, price = \"11 USD\" }]".to_owned(),
            "policies.p.packages hold `m`, which no one would choose over `s`",
        ),
        (
            format!("{package}\ntop_up = {{ threshold = 5, count_pending = false, processing = \"5 min\" }}"),
            "policies.p.top_up has no guard against loops",
        ),
        (format!("{package}\ntop_up = {{ threshold = 500 }}"), "policies.p.top_up buys a package no larger than its threshold"),
        ("short = \"queue\"".to_owned(), "policies.p.short has no effect where `admission = \"none\"`"),
        ("admission = \"positive\"\noverdraft = 100".to_owned(), "policies.p.overdraft permits debt that no check uses"),
        ("buyer = { on_refusal = 0.5 }".to_owned(), "policies.p.buyer has nothing to buy"),
        ("rollover = \"all\"".to_owned(), "policies.p.rollover has nothing to roll over"),
    ];
    for (lines, expected) in cases {
        let warnings = warnings_of(&format!("[policies.p]\n{lines}"));
        assert!(warnings.iter().any(|warning| warning == expected), "{lines}: {warnings:#?}");
    }
    assert_eq!(warnings_of("[policies.a]\n[policies.b]"), ["policies.b says the same as `policies.a`"]);
}

#[test]
fn every_bundled_scenario_reads_and_opens_with_its_question() {
    for example in bundled::list() {
        let source = ScenarioSource::from_bundled(example.name).expect("it is bundled");
        let scenario = read(&source).unwrap_or_else(|problems| panic!("{}: {problems:#?}", example.name));
        assert_eq!(scenario.name, example.name);
        assert!(example.question().ends_with('?'), "{} opens with a question", example.name);
        for part in ["# Covers:", "# Expect:"] {
            assert!(example.text.contains(part), "{} has {part}", example.name);
        }
        assert!(scenario.policies.len() >= 4, "{} compares a baseline with three others", example.name);
    }
}

/// A preset lies over `[policy]`: if it said anything else than the scenario, the terms would change.
#[test]
fn platform_presets_say_what_the_platforms_scenarios_say() {
    for name in ["amplience-workforce", "amplience-credits", "campaign-platform", "ampere", "ai-engine"] {
        let source = ScenarioSource::from_bundled(name).expect("it is bundled");
        let preset = ("policies.documented.preset".to_owned(), name.to_owned());
        let plain = read(&source).expect("it reads");
        let with_preset = read(&source.clone().with_overrides(&[preset])).expect("it reads with the preset");
        assert_eq!(plain.policies[0], with_preset.policies[0], "{name}");
        assert_eq!((plain.baseline, plain.policies[0].name.as_str()), (0, "documented"), "{name}");
    }
}
