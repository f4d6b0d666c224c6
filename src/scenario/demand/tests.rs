//! Demand as people write it, and the messages for what they get wrong.

use crate::sampling::{Dist, StreamKey, TraitPoint, TwoLevel};
use crate::scenario::{Problem, Scenario, ScenarioSource, read};
use crate::units::SimSpan;
use crate::workload::{
    Amount, Arrivals, Billing, CalendarFactor, QuantityScope, SignUp, StepKind, StepShape,
};

const HEAD: &str = "start = 2025-01-06\nhorizon = \"30 days\"\n[[cohorts]]\nname = \"teams\"\n";

fn scenario(cohort: &str, features: &str) -> Result<Scenario, Vec<Problem>> {
    let text =
        format!("{HEAD}{cohort}\n{features}\n[policies.block]\n[policies.open]\nadmission = \"none\"\n");
    read(&ScenarioSource::from_text("demand.toml", text))
}

fn good(cohort: &str, features: &str) -> Scenario {
    scenario(cohort, features).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn feature(keys: &str) -> crate::workload::Demand {
    good("", &format!("[features.post]\n{keys}")).features.remove(0).demand
}

#[test]
fn the_sketch_of_the_design_reads_as_meant() {
    let demand = feature(
        r#"
        arrivals = { gamma = "2/month", cv = 2.0 }
        steps = [
          { name = "strategy", cost = { uniform = [2, 5], step = 1 }, duration = "40s", fails = 0.02 },
          { name = "review", review = { probability = 0.6, wait = { lognormal = { median = "3h", sigma = 1.0 } }, cancel = 0.05 } },
          { name = "content", repeat = { poisson = 20 }, cost = { uniform = [1, 3], step = 1 }, duration = "15s", fails = 0.005 },
        ]"#,
    );
    assert_eq!(demand.arrivals, Arrivals::Gamma { rate: 2.0 / (30.0 * 86_400.0), cv: 2.0 });
    let StepShape::Run(steps) = &demand.work.shape else { panic!("a run") };
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["strategy", "review", "content"]);
    let StepKind::Work { cost, duration, fails } = &steps[0].kind else { panic!("work") };
    assert_eq!(cost, &Amount::Drawn(Dist::Stepped { low: 2.0, step: 1.0, count: 4 }));
    assert_eq!((duration, fails.get()), (&Amount::Drawn(Dist::Fixed(40.0)), 0.02));
    let StepKind::Review { wait, cancel, .. } = &steps[1].kind else { panic!("a review") };
    assert_eq!((wait.quantile(0.5).map(f64::round), cancel.get()), (Some(10_800.0), 0.05));
    assert_eq!(steps[2].repeat, Dist::Poisson { mean: 20.0 });
}

#[test]
fn every_process_can_be_written() {
    let cases = [
        r#"{ poisson = "4/day", sine = { amplitude = 0.8 }, drift = { sd = 1.2 } }"#,
        r#"{ weibull = "4/day", cv = 3, on_off = { on = "1h", off = { lognormal = { median = "2h", sigma = 1.5 } } } }"#,
        r#"{ mmpp = ["20/h", "2/h"], sojourns = ["2h", "6h"] }"#,
        r#"{ hawkes = "4/h", branching = 0.5, decay = "10 min" }"#,
        r#"{ sessions = "3/day", calls = { lognormal = { mu = 0.98, sigma = 0.91 } }, think = "64s" }"#,
        r#"{ schedule = "30 9 * * mon-fri", count = { poisson = 20 }, jitter = { exponential = "5 min" } }"#,
        r#"{ schedule = "0 2 * * *", time_zone = "America/New_York" }"#,
        r#"{ every = "1h" }"#,
        r#"{ clients = 3, think = { exponential = "10 min" }, reactive = true }"#,
        r#"{ gamma = "4/day", cv = 2, per_organization = { rate = { lognormal = { mean = 1, cv = 2 } }, cv = { lognormal = { median = 1.25, sigma = 0.9 }, min = 0.7 }, phase = { uniform = [-3, 3] } } }"#,
    ];
    for arrivals in cases {
        feature(&format!("cost = 1\narrivals = {arrivals}"));
    }
}

#[test]
fn costs_are_formulas_over_quantities() {
    let demand = feature(
        r#"
        cost = "max(1, tokens_in * 0.003 + tokens_out * 0.015)"
        duration = "0.5 + tokens_out / 50"
        cache = { hits = 0.3, factor = "10%" }
        [features.post.quantities]
        tokens_in = { draw = { lognormal = { mu = { normal = { mean = 6.3, sd = 1.0 } }, sigma = 0.45 } }, grows_by = 415, up_to = 200000 }
        tokens_out = { draw = { lognormal = { median = 50, sigma = 0.65 } }, with = "tokens_in", correlation = 0.2 }
        model = { discrete = [[1, 3], [5, 1]] }"#,
    );
    let [tokens_in, tokens_out, model] = demand.work.quantities.as_slice() else {
        panic!("three quantities")
    };
    assert!(
        matches!(&tokens_in.dist, Dist::TwoLevel(levels) if matches!(**levels, TwoLevel::LogNormal { .. }))
    );
    assert_eq!(tokens_in.scope, QuantityScope::Grows { by: Dist::Fixed(415.0), cap: 200_000.0 });
    assert_eq!((tokens_out.correlation, &model.scope), (Some((0, 0.2)), &QuantityScope::Step));
    let StepShape::Simple { cost: Amount::Formula(cost), duration: Amount::Formula(_) } = &demand.work.shape
    else {
        panic!("two formulas")
    };
    assert_eq!(cost.evaluate(&[1_000.0, 100.0]), 4.5);
}

#[test]
fn sizes_come_from_a_column_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("sizes.csv"), "when,units\n1,3\n2,\n3,8\n").expect("a disk");
    let cost = |file: &str| format!("cost = {{ empirical = {{ file = {file:?}, column = \"units\" }} }}");
    let scenario = |file: &str| {
        let text = format!(
            "{HEAD}[features.post]\n{}\n[policies.a]\n[policies.b]\nadmission = \"none\"\n",
            cost(file)
        );
        let path = folder.path().join("demand.toml");
        std::fs::write(&path, text).expect("a disk");
        ScenarioSource::from_path(&path).map_err(|problem| vec![problem]).and_then(|source| read(&source))
    };
    let found = scenario("sizes.csv").unwrap_or_else(|problems| panic!("{problems:?}"));
    let StepShape::Simple { cost, .. } = &found.features[0].demand.work.shape else {
        panic!("a simple operation")
    };
    assert_eq!(cost, &Amount::Drawn(Dist::empirical(vec![3.0, 8.0]).expect("two values")));
    let problems = scenario("missing.csv").map(|_| ()).expect_err("there is no such file");
    assert!(problems[0].to_string().contains("missing.csv"));
}

#[test]
fn populations_are_read() {
    let cohort = r#"
        organizations = 400
        members = { min = 2, max = 8 }
        member_skew = 1.0
        billing_members = 1
        activity = { lognormal = { mean = 1.0, cv = 1.6 } }
        profile = "office"
        signed_up = { rate = "40/day" }
        lifetime = { exponential = "200 days" }
        features = { post = 0.5 }"#;
    let scenario = good(cohort, "[features.post]\ncost = 1\n[features.view]\nfree = true");
    let population = &scenario.cohorts[0].population;
    assert_eq!(population.members, Dist::Stepped { low: 2.0, step: 1.0, count: 7 });
    assert_eq!(population.billing, Billing::First(1));
    assert_eq!(population.signed_up, SignUp::During(crate::units::SimSpan::from_seconds(10 * 86_400)));
    let shares: Vec<f64> = population.features.iter().map(|feature| feature.share.get()).collect();
    assert_eq!(shares, [0.5, 1.0]);
    let only = good("features = [\"view\"]", "[features.post]\ncost = 1\n[features.view]\nfree = true");
    assert_eq!(only.cohorts[0].population.features[0].share.get(), 0.0);
}

/// What a cohort deals to its organizations is no matter of chance.
#[test]
fn cohorts_deal_rates_and_lives_and_differ_in_demand() {
    let cohort = r#"
        organizations = 5
        signed_up = { after = ["0s", "1 day"] }
        lifetime = ["2 days", "3 days", "4 days"]
        active_from = ["1 day", "0s"]
        active = ["1 day", "2 days"]
        [cohorts.features.post]
        rate = [4, 0, 1.5]
        drift = { sd = 0.5 }
        cv = 3
        profile = "office"
        calls = 4
        quantities = { size = [7, 8, { exponential = 9 }] }"#;
    let features =
        "[features.post]\ncost = \"size\"\nquantities = { size = 5 }\n[features.view]\nfree = true";
    let scenario = good(cohort, features);
    let population = &scenario.cohorts[0].population;
    let draw =
        |number: u32| population.draw(TraitPoint::numbered(StreamKey::cohort(1, 0, "teams"), number), number);
    let factors: Vec<f64> = (0..5).map(|number| draw(number).factors[0]).collect();
    assert_eq!(factors, [4.0, 0.0, 1.5, 4.0, 0.0]);
    assert_eq!((draw(1).enabled[0], draw(1).enabled[1]), (false, true));
    let days = |span: SimSpan| span.micros() / SimSpan::DAY.micros();
    let lives: Vec<(i64, i64)> = (0..4)
        .map(draw)
        .map(|traits| (days(traits.signed_up - scenario.start), days(traits.leaves - traits.signed_up)))
        .collect();
    assert_eq!(lives, [(0, 2), (1, 3), (0, 4), (1, 2)]);
    let own = &population.features[0].own;
    assert_eq!((own.cv, own.drift.map(|drift| (drift.persistence, drift.sd))), (Some(3.0), Some((0.8, 0.5))));
    let sizes = [Dist::Fixed(7.0), Dist::Fixed(8.0), Dist::Exponential { mean: 9.0 }];
    assert_eq!(own.quantities, [("size".to_owned(), sizes.into())]);
    assert_eq!(own.calls, Some(Dist::Fixed(4.0)));
    let active = |number: u32| days(draw(number).quiet - draw(number).signed_up);
    assert_eq!([active(0), active(1), active(2)], [2, 2, 2]);
    assert!(own.profile.is_some());
}

#[test]
fn a_profile_may_have_every_hour_of_a_week() {
    let hours = |count: usize| format!("[{}]", vec!["1"; count - 1].join(",") + ",3");
    let demand = feature(&format!("cost = 1\nprofile = {{ hours = {} }}", hours(168)));
    let weights = *demand.profile.expect("a profile").weights();
    assert!((weights[167] / weights[0] - 3.0).abs() < 1e-12 && weights[23] == weights[0]);
    check(
        &format!("cost = 1\nprofile = {{ hours = {} }}", hours(25)),
        "a list of 24, each a number, 0 or more; or a list of 168",
    );
    let both = format!("cost = 1\nprofile = {{ hours = {}, week = [1,1,1,1,1,0,0] }}", hours(168));
    check(&both, "stands beside the hours of a whole week");
}

#[test]
fn mistakes_in_a_cohorts_demand_are_explained() {
    let cases = [
        ("features.post = { rate = [] }", "a number, a distribution, or a list of numbers"),
        ("features.post = { rate = [1, -2] }", "0 or more"),
        ("features.post = { rate = [1], share = 0.5 }", "stands beside a list of rates"),
        ("features.post = { quantities = { siz = 3 } }", "did you mean `size`?"),
        ("features.post = { cv = 50 }", "a number from 0 to 40"),
        ("lifetime = []", "a list of spans"),
        ("signed_up = { after = [3] }", "a span"),
    ];
    for (cohort, wanted) in cases {
        let features = "[features.post]\ncost = \"size\"\nquantities = { size = 5 }";
        let problems = scenario(cohort, features).map(|_| ()).expect_err(cohort);
        let texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert!(
            texts.iter().any(|text| text.contains(wanted)),
            "`{wanted}` is not in:\n{}",
            texts.join("\n")
        );
    }
}

#[test]
fn the_calendar_is_read() {
    let demand = feature(
        r#"
        cost = 1
        arrivals = { poisson = "4/day" }
        calendar = [
          { growth = "5%" },
          { spike = 3, at = 2025-01-20 },
          { ramp = [1, 0] },
          { holidays = [2025-01-06], factor = 0.2 },
          { window = [2025-01-10, 2025-01-12] },
        ]"#,
    );
    let calendar = &demand.modulation.calendar;
    assert_eq!((calendar.len(), &calendar[0]), (5, &CalendarFactor::Growth { per_month: 0.05 }));
    assert!(matches!(calendar[4], CalendarFactor::Window { factor: 0.0, .. }));
}

fn check(features: &str, wanted: &str) {
    let problems = scenario("", &format!("[features.post]\n{features}")).map(|_| ()).expect_err(features);
    let texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert!(texts.iter().any(|text| text.contains(wanted)), "`{wanted}` is not in:\n{}", texts.join("\n"));
}

#[test]
fn mistakes_are_explained() {
    check("cost = 1\narrivals = { poisson = \"-1/day\" }", "a rate of 0 or more");
    check("cost = 1\narrivals = { poisson = 4 }", "4/day");
    check("cost = 1\narrivals = { gamma = \"4/day\" }", "`features.post.arrivals.cv` is missing");
    check("cost = 1\narrivals = { poisson = \"4/day\", cv = 2 }", "means nothing beside `poisson`");
    check(
        "cost = 1\narrivals = { schedule = \"0 2 * * *\", time_zone = \"Europe/Belin\" }",
        "did you mean \"Europe/Berlin\"?",
    );
    check(
        "cost = 1\narrivals = { hawkes = \"4/day\", branching = 1.2, decay = \"1h\" }",
        "a number of at least 0 and below 1",
    );
    check("cost = 1\narrivals = { schedule = \"61 * * * *\" }", "`61` is no minute");
    check("cost = \"tokens * 2\"\nquantities = { token = 5 }", "unknown name `tokens` at character 1");
    check("cost = \"tokens * 2\"\nquantities = { token = 5 }", "did you mean `token`?");
    check(
        "cost = { lognormal = { mean = 0, cv = 1 } }",
        "lognormal.mean` is 0\n  wanted a number of credits above 0",
    );
    check("cost = { lognormal = { mean = 3 } }", "`mean` needs it");
    check("cost = { lognormal = { mean = 3, median = 2, cv = 1 } }", "has both `mean` and `median`");
    check("cost = 1\nduration = \"20 parsecs\"", "a span of time");
    check("cost = 1\nsteps = [{ cost = 1 }]", "stands beside `steps`");
    check("steps = [{ duration = \"1s\" }]", "a step has a `cost`, or is a `helper`");
    check("cost = 1\nfailures = { rate = 0.5, affected = 0.2 }", "is above `affected`");
    check("cost = 1\nquantities = { turn = 5 }", "is no name that a formula can use");
    check("cost = 1\nprofile = \"ofice\"", "did you mean \"office\"?");
}
