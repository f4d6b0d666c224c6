//! A scenario through the product and through the judge.

use std::sync::Arc;

use crate::common::everything;
use creditsim::engine::{Job, JobOptions, NoRows, prepare};
use creditsim::judge::{
    AskedOperation, CountedEnd, JudgeCase, JudgeFindings, LotLeft, asked, compare, compare_ends, judge,
};
use creditsim::organization::{OrganizationProgress, Outages, Workspace, judged_features};
use creditsim::outcome::{Entry, Tally};
use creditsim::sampling::{StreamKey, TraitPoint};
use creditsim::scenario::{Scenario, ScenarioSource, read};
use creditsim::units::{CohortIndex, FeatureIndex, OrganizationId, SimTime};

/// Most entries of a journal that is judged: the judge searches all that is to come for each of them.
const MOST_ENTRIES: usize = 20_000;

/// What came of a scenario.
pub enum Both {
    /// It cannot be read, or asks for the impossible.
    Refused(String),
    /// A law is broken, or the program panics.
    Broken(String),
    /// Judge and product differ.
    Differ(String),
    /// A journal has more entries than the judge goes through: so many.
    Long(usize),
    /// They agree; every entry of every journal.
    Agree(Vec<Entry>),
}

/// Runs a scenario's text both ways, every organization under every policy.
pub fn both(text: &str) -> Both {
    let scenario = match read(&ScenarioSource::from_text("judged.toml", text.to_owned())) {
        Ok(scenario) => scenario,
        Err(problems) => return Both::Refused(format!("{problems:?}")),
    };
    let ran = std::panic::catch_unwind(|| through_both(&scenario));
    ran.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        match (panic.downcast_ref::<creditsim::units::Impossible>(), said) {
            (Some(impossible), _) => Both::Refused(impossible.0.clone()),
            (None, said) => Both::Broken(said.unwrap_or_else(|| String::from("a panic"))),
        }
    })
}

fn through_both(scenario: &Scenario) -> Both {
    let job = prepare(scenario, JobOptions { detail: everything(), first: None }, Arc::new(NoRows));
    let outages = Arc::new((job.outages)(0));
    let mut all = Vec::new();
    for (cohort, size) in job.cohorts.iter().map(|cohort| cohort.organizations).enumerate() {
        for number in 0..size {
            let id = OrganizationId { cohort: CohortIndex(cohort as u16), number };
            let accounts = match accounts(&job, id, &outages) {
                Ok(accounts) => accounts,
                Err(said) => return Both::Broken(said),
            };
            let features = judged_features(&job.world);
            for (policy, (tally, lots)) in accounts.into_iter().enumerate() {
                let detail = tally.detail.as_deref().expect("rows were asked for");
                if detail.journal.len() > MOST_ENTRIES {
                    return Both::Long(detail.journal.len());
                }
                let found = judged(&job, id, policy, &outages);
                let first = compare(&found.facts, &detail.journal)
                    .map(|difference| format!("at {}:\n{difference}", difference.at))
                    .or_else(|| {
                        let cycles = Some(detail.cycles.as_slice());
                        compare_ends(&found, CountedEnd { tally: &tally, lots: &lots, cycles }, &features)
                    });
                if let Some(what) = first {
                    return Both::Differ(format!("policy `{}`, {what}", job.shape.policies[policy]));
                }
                all.extend(&detail.journal);
            }
        }
    }
    Both::Agree(all)
}

/// What an organization's accounts counted, and what is left of their lots, under every policy.
fn accounts(
    job: &Job,
    id: OrganizationId,
    outages: &Arc<Outages>,
) -> Result<Vec<(Tally, Vec<LotLeft>)>, String> {
    let mut run = job.start(0, id, outages, Workspace::default()).map_err(|failure| failure.to_string())?;
    loop {
        while let Some(mut refill) = run.take_want() {
            refill.draw(&job.world, 64).map_err(|error| error.to_string())?;
            run.accept(refill).map_err(|fault| fault.to_string())?;
        }
        if run.advance().map_err(|fault| fault.to_string())? != OrganizationProgress::Wants {
            break;
        }
    }
    let lots = run.lots_left();
    let (outcome, _) = run.finish().map_err(|fault| fault.to_string())?;
    Ok(outcome.tallies.into_iter().zip(lots).collect())
}

fn judged(job: &Job, id: OrganizationId, policy: usize, outages: &Arc<Outages>) -> JudgeFindings {
    let world = &job.world;
    let cohort = &job.cohorts[id.cohort.index()];
    let point = TraitPoint::numbered(StreamKey::cohort(job.seed, 0, &cohort.name), id.number);
    let traits = cohort.population.draw(point, id.number);
    let demand: Vec<AskedOperation> =
        asked(&world.sources, &traits, world.end, |source, traits| source.begin(traits))
            .expect("nothing is read");
    let features = judged_features(world);
    let outage = |feature: FeatureIndex, at: SimTime| outages.until(feature, at);
    judge(&JudgeCase {
        start: world.start,
        end: world.end,
        measure_from: world.measure_from,
        zone: &world.zone,
        features: &features,
        policy: &world.policies[policy],
        customers: &world.cohorts[id.cohort.index()],
        traits: &traits,
        key: point.key(),
        outage: &outage,
        demand: &demand,
    })
}
