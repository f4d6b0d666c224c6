//! Every problem is named with its place, what was found, what is wanted and a hint.

use super::{check_message, problems_of, read_with, text_with};
use crate::scenario::{Problem, ScenarioSource, bundled, examine, read_with_cautions};

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
            "error: `team.toml:14`: `outages.o.rate` is \"-1/month\"\n  wanted a rate above 0, like \"4/day\" or \"2/month\"",
        ),
        (
            "policies",
            "[thresholds]\npolicy = [\"los_rate < 3%\"]",
            "error: `team.toml:13`: `thresholds.policy.0` is \"los_rate < 3%\"\n  wanted the name of an outcome, like `loss_rate` or `overspend_credits`\nhint: did you mean `loss_rate`?",
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
    let expected = "error: `team.toml:13`: `policies.p.top_up.threshold` is missing\n  wanted a number of credits; or a percentage, 0 or more, like \"20%\"\nhint: Fires when the view is low: credits, or a percentage of the running period's allowance.";
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
fn mistakes_in_a_ledger_case_are_named() {
    let cases = [
        ("grants = [{ id = 1, credits = 1 }, { id = 1, credits = 2 }]", "cohorts.teams.grants"),
        ("grants = [{ credits = 1, remaining = 2 }]", "cohorts.teams.grants.0.remaining"),
        ("grants = [{ credits = 9, remaining = 2 }]", "cohorts.teams.grants.0.remaining"),
        (
            "grants = [{ credits = 9, remaining = 2, effective_at = 2025-01-01 }]",
            "cohorts.teams.grants.0.remaining",
        ),
        (
            "grants = [{ credits = 1, effective_at = 2025-02-01, expires_at = 2025-01-01 }]",
            "cohorts.teams.grants.0.expires_at",
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

pub(super) fn warnings_of(lines: &str) -> Vec<String> {
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

/// What `creditsim run` says before it begins.
fn cautions_of(text: &str) -> Vec<String> {
    let (_, cautions) = read_with_cautions(&ScenarioSource::from_text("team.toml", text))
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    cautions.iter().map(|problem| format!("{} {}", problem.key, problem.what)).collect()
}

#[test]
fn a_policy_that_checks_nothing_and_a_feature_that_costs_nothing_are_told_by_every_run() {
    let unchecked = |what: &str| {
        format!(
            "policies.p.admission is left out beside {what}, so that nothing is ever refused and work runs on into debt"
        )
    };
    let package = "packages = [{ name = \"s\", credits = 100 }]";
    for (lines, what) in
        [("allowance = 100", "an allowance"), (package, "packages"), ("overdraft = 5", "an overdraft")]
    {
        let with =
            |more: &str| cautions_of(&text_with("policies", &format!("[policies.p]\n{lines}\n{more}")));
        assert_eq!(with(""), [unchecked(what)]);
        for said in
            ["admission = \"none\"", "admission = \"positive\"", "features.post = { admission = \"hold\" }"]
        {
            assert_eq!(with(said), Vec::<String>::new(), "{lines} {said}");
        }
    }
    let costless = "features.post.cost is left out, so that its operations cost nothing";
    assert_eq!(cautions_of(&text_with("feature", "arrivals = { poisson = \"1/day\" }")), [costless]);
    for lines in [
        "arrivals = { poisson = \"1/day\" }\ncost = 0",
        "arrivals = { poisson = \"1/day\" }\nfree = true",
        "cost = 1",
    ] {
        assert_eq!(cautions_of(&text_with("feature", lines)), Vec::<String>::new(), "{lines}");
    }
}

#[test]
fn bundled_scenarios_need_no_caution() {
    for example in bundled::list() {
        let source = ScenarioSource::from_bundled(example.name).expect("it is listed");
        let (_, cautions) = read_with_cautions(&source).expect("it reads");
        assert_eq!(cautions, Vec::new(), "{}", example.name);
    }
}

#[test]
fn a_triangle_needs_its_three_corners_in_order() {
    let written = |corners: &str| format!("activity = {{ triangular = {{ {corners} }} }}");
    let told = |corners: &str| -> Vec<String> {
        problems_of(&text_with("cohort", &written(corners)))
            .into_iter()
            .map(|problem| format!("{} {}", problem.key, problem.what))
            .collect()
    };
    let key = "cohorts.teams.activity.triangular";
    let impossible = |what: &str| vec![format!("{key} is no distribution: {what}")];
    assert_eq!(told("min = 3, mode = 1, max = 2"), impossible("`max` is 2, wanted a number not below `min`"));
    assert_eq!(
        told("min = 1, mode = 5, max = 2"),
        impossible("`mode` is 5, wanted a number from `min` to `max`")
    );
    // All at once: what is missing, and what lies outside of the key's range.
    assert_eq!(told("min = -1, max = 2"), [format!("{key}.mode is missing"), format!("{key}.min is -1")]);
    assert_eq!(told("min = 1, mode = 2, max = 4"), Vec::<String>::new());
}
