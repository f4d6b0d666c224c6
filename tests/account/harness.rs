//! Runs one account of a scenario written in a few lines and reads its end state.

use std::sync::Arc;

use creditsim::engine::{JobOptions, NoRows, prepare};
use creditsim::organization::{Account, DetailOptions, OrganizationOutcome, Outages};
use creditsim::outcome::Tally;
use creditsim::sampling::StreamKey;
use creditsim::scenario::{ScenarioSource, read};
use creditsim::units::{Credits, PolicyIndex};
use creditsim::workload::Operation;

/// Runs the account and compares the values named in `expected` ("issued 110, burned 12").
#[track_caller]
pub fn check(policy: &str, cohort: &str, expected: &str) {
    let tally = run(policy, cohort);
    for (name, wanted) in expected.split(',').map(|pair| pair.trim().rsplit_once(' ').expect("NAME VALUE")) {
        let found = value(&tally, name);
        assert_eq!(found, wanted, "{name}\n{tally:#?}");
    }
}

/// One organization under one policy, January to March 2025, with the operations its cohort lists.
pub fn run(policy: &str, cohort: &str) -> Tally {
    let text = format!(
        r#"
version = 1
name = "case"
start = 2025-01-01T00:00:00Z
horizon = "3 months"
seed = 1
replications = 1

[features.work]

[features.other]

[[cohorts]]
name = "one"
organizations = 1
{cohort}

[policies.case]
{policy}
"#
    );
    let scenario = match read(&ScenarioSource::from_text("case.toml", text.clone())) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{problems:#?}\n{text}"),
    };
    let detail = DetailOptions { cycles: true, operations: true, journal: true, audit: false };
    let job = prepare(&scenario, JobOptions { detail, first: None }, Arc::new(NoRows));
    let key = StreamKey::organization(1, 0, "one", 0);
    let traits = job.cohorts[0].population.draw(key, 0);
    let mut account =
        Account::new(Arc::clone(&job.world), PolicyIndex(0), key, &traits, Arc::new(Outages::none()))
            .expect("opens");
    let mut operations: Vec<Operation> = Vec::new();
    let mut numbers = [0_u32; 2];
    for listed in &scenario.cohorts[0].operations {
        let number = &mut numbers[listed.feature.index()];
        operations.push(Operation {
            at: listed.at,
            cost: listed.credits,
            duration: listed.duration,
            feature: listed.feature,
            sequence: *number,
            ..Operation::default()
        });
        *number += 1;
    }
    account.advance(&operations, &[], job.world.end).expect("no law is broken");
    account.finish().expect("no law is broken")
}

fn value(tally: &Tally, name: &str) -> String {
    let sum = |values: [Credits; 3]| values.into_iter().sum::<Credits>().to_string();
    let count = |of: &dyn Fn(&creditsim::outcome::FeatureTally) -> u64| {
        tally.features.iter().map(of).sum::<u64>().to_string()
    };
    match name {
        "issued" => sum(tally.credits.issued),
        "burned" => sum(tally.credits.burned),
        "repaid" => sum(tally.credits.repaid),
        "expired" => sum(tally.credits.expired),
        "voided" => sum(tally.credits.voided),
        "remaining" => sum(tally.credits.remaining_end),
        "debt" => tally.debt.end.to_string(),
        "overspend" => tally.debt.overspend.to_string(),
        "served" => count(&|f| f.served),
        "lost" => count(&|f| f.lost_refused + f.lost_abandoned + f.lost_patience + f.lost_queue_full),
        "refused" => count(&|f| f.refused),
        other => panic!("no value is called {other}"),
    }
}
