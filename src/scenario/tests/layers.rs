//! Shared rules, presets, policies, plans, features, and values set over the file.

use super::{read_with, terms_with, text_with};
use crate::calendar::MonthEnd;
use crate::policy::{
    Admission, Boundary, ChargeMoment, Compare, DebtAtCycle, Estimator, Reevaluation, TopUpAmount, View,
    WhenShort,
};
use crate::scenario::{ScenarioSource, bundled, presets, read};
use crate::units::{Credits, SimSpan};

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
fn a_top_up_takes_on_the_guards_of_its_preset() {
    let lines = r#"
preset = "lago"
packages = [{ name = "s", credits = 10 }]
top_up = { threshold = 5, backoff = "2 h" }
"#;
    let terms = terms_with(lines);
    let rule = &terms.top_ups[0];
    assert_eq!(
        (rule.view, rule.compare, rule.looks),
        (View::Ongoing, Compare::AtOrBelow, Reevaluation::OnChange)
    );
    assert_eq!(rule.amount, TopUpAmount::MultipleUntilAbove(0));
    assert_eq!(rule.backoff, SimSpan::from_seconds(7200), "the policy's own key wins");
}

#[test]
fn every_preset_reads() {
    // Where a product publishes no amount, the policy has to.
    let amounts = |first, second| {
        format!("limits = [{{ name = \"{first}\", amount = 9 }}, {{ name = \"{second}\", amount = 9 }}]")
    };
    for preset in presets::list() {
        let amounts = match preset.name {
            "claude" => amounts("session", "week"),
            "codex" => amounts("five-hours", "week"),
            "windsurf" => amounts("day", "week"),
            _ => String::new(),
        };
        terms_with(&format!("preset = \"{}\"\n{amounts}", preset.name));
        assert!(preset.summary().len() > 20, "{} says what it is", preset.name);
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

#[test]
fn every_bundled_scenario_reads_and_opens_with_its_question() {
    for example in bundled::list() {
        let source = ScenarioSource::from_bundled(example.name).expect("it is bundled");
        let scenario = read(&source).unwrap_or_else(|problems| panic!("{}: {problems:#?}", example.name));
        let short = example.name.strip_prefix("questions/");
        assert_eq!(scenario.name, short.unwrap_or(example.name));
        assert!(example.question().ends_with('?'), "{} opens with a question", example.name);
        // A question of the field has its answer in the head; other scenarios say what to look for.
        for part in ["# Covers:", if short.is_some() { "# Answer:" } else { "# Expect:" }] {
            assert!(example.text.contains(part), "{} has {part}", example.name);
        }
        // One measures memory, and a question has the policies that it asks about.
        let few = short.is_some() || example.name == "million-organizations";
        let fewest = if few { 2 } else { 4 };
        assert!(scenario.policies.len() >= fewest, "{} compares a baseline with three others", example.name);
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
