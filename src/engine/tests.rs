//! Runs on actors: their results, and their ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::calendar::Zone;
use crate::organization::{DetailOptions, FeatureFacts, Outages, World};
use crate::outcome::{OrganizationOutcome, Outcome, Shape};
use crate::policy::Policy;
use crate::sampling::Dist;
use crate::units::{CohortIndex, Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Arrivals, Demand, Population, Source, SourceSpec};

use super::*;

/// One row an organization, with a longer one for every operation demanded.
struct Rows;

impl RowWriter for Rows {
    fn kinds(&self) -> Vec<RowKind> {
        vec![RowKind {
            file: "organizations.csv".to_owned(),
            header: "replication,organization\n".to_owned(),
        }]
    }

    fn write(&self, replication: u32, organization: &OrganizationOutcome, into: &mut [Vec<u8>]) {
        use std::io::Write as _;
        for (policy, tally) in organization.tallies.iter().enumerate() {
            let demanded: Vec<_> =
                tally.features.iter().map(|f| (f.demanded, f.demand_credits.micros())).collect();
            let id = organization.id;
            writeln!(into[0], "{replication},{policy},{}/{},{demanded:?}", id.cohort.0, id.number)
                .expect("memory");
        }
    }
}

fn job(sizes: &[u32], rate: f64) -> Arc<Job> {
    let (start, end) = (SimTime::from_micros(0), SimTime::from_micros(0) + SimSpan::DAY);
    let names = ["chat", "image", "agent"];
    let population = |cohort: usize| Population {
        name: format!("cohort-{cohort}"),
        cohort: CohortIndex(cohort as u16),
        activity: Dist::lognormal(1.0, 2.0).expect("a distribution"),
        ..Population::default()
    };
    let populations: Vec<Population> = (0..sizes.len()).map(population).collect();
    let zone = Zone::default();
    let source = |feature: usize| {
        let demand = Demand {
            arrivals: Arrivals::Poisson { rate: rate * (1 + 9 * feature) as f64 / 86_400.0 },
            ..Demand::default()
        };
        Arc::new(Source::new(&SourceSpec {
            feature: FeatureIndex(feature as u16),
            name: names[feature],
            free: false,
            demand: &demand,
            seed: 7,
            start,
            end,
            zone: &zone,
            populations: &populations,
            listed: &[],
        }))
    };
    let facts = |name: &&str| FeatureFacts {
        name: (*name).to_owned(),
        free: false,
        expected_cost: Credits::from_whole(1),
        provider_cost: None,
    };
    let policy = |name: &str| {
        Arc::new(Policy {
            name: name.to_owned(),
            plans: Vec::new(),
            plan_shares: Vec::new(),
            plan_changes: Vec::new(),
        })
    };
    let world = World {
        start,
        end,
        measure_from: start,
        zone: zone.clone(),
        features: names.iter().map(facts).collect(),
        sources: (0..names.len()).map(source).collect(),
        policies: vec![policy("block"), policy("overdraft")],
        cohorts: vec![Default::default(); sizes.len()],
        instants: Vec::new(),
        detail: DetailOptions::default(),
    };
    let shape = Shape {
        policies: vec!["block".to_owned(), "overdraft".to_owned()],
        cohorts: populations.iter().map(|population| population.name.clone()).collect(),
        features: names.map(str::to_owned).to_vec(),
        measure_from: start,
        ..Shape::default()
    };
    let cohorts = populations.into_iter().zip(sizes).map(|(population, &organizations)| JobCohort {
        name: population.name.clone(),
        population,
        organizations,
    });
    Arc::new(Job {
        world: Arc::new(world),
        shape: Arc::new(shape),
        seed: 7,
        cohorts: cohorts.collect(),
        outages: Box::new(|_| Outages::none()),
        rows: Arc::new(Rows),
    })
}

/// What a sink was given: complete and partial outcomes.
#[derive(Default, Clone)]
struct Taken(Arc<Mutex<BTreeMap<u32, (bool, Outcome)>>>, Option<u32>);

impl Sink for Taken {
    fn complete(&mut self, replication: u32, outcome: Outcome) -> Enough {
        let mut taken = self.0.lock().expect("not poisoned");
        assert!(taken.keys().all(|&earlier| earlier < replication), "replications come in order");
        taken.insert(replication, (true, outcome));
        if Some(replication) == self.1 { Enough::Yes } else { Enough::No }
    }

    fn partial(&mut self, replication: u32, outcome: Outcome) {
        self.0.lock().expect("not poisoned").insert(replication, (false, outcome));
    }
}

fn layout() -> Layout {
    Layout { threads: 2, pin: false, stall_after: Duration::from_secs(20), ..Layout::default() }
}

fn spec(job: &Arc<Job>, replications: u32, layout: Layout, folder: &Path, sink: &Taken) -> RunSpec {
    RunSpec {
        job: job.clone(),
        replications: 0..replications,
        layout,
        folder: folder.to_owned(),
        sink: Box::new(sink.clone()),
        interrupt: Arc::new(AtomicBool::new(false)),
    }
}

/// Rows and outcomes of a run, and what it said about itself.
fn outcome_of(
    job: &Arc<Job>,
    replications: u32,
    layout: Layout,
    enough: Option<u32>,
) -> (String, Vec<Outcome>, Ran) {
    let folder = tempfile::tempdir().expect("a folder");
    let sink = Taken(Arc::default(), enough);
    let ran = run(spec(job, replications, layout, folder.path(), &sink), &mut |_| {}).expect("it runs");
    let rows = std::fs::read_to_string(folder.path().join("organizations.csv")).expect("readable");
    let taken = sink.0.lock().expect("not poisoned");
    assert!(taken.values().all(|(complete, _)| *complete));
    (rows, taken.values().map(|(_, outcome)| outcome.clone()).collect(), ran)
}

#[test]
fn the_layout_never_reaches_the_results() {
    let job = job(&[40, 0, 25], 3.0);
    let mut pure = Taken::default();
    let operations = run_pure(&job, 0..3, 256, &mut pure).expect("it runs");
    let expected: Vec<Outcome> =
        pure.0.lock().expect("not poisoned").values().map(|(_, o)| o.clone()).collect();
    let one = Layout { threads: 1, wave: 1, ..layout() };
    let (rows, outcomes, ran) = outcome_of(&job, 3, one, None);
    assert_eq!(outcomes, expected);
    assert_eq!((ran.progress.operations, ran.progress.organizations), (operations, 3 * 65));
    assert_eq!(rows.lines().count(), 1 + 3 * 65 * 2);
    let others = [
        Layout { threads: 2, batch: 1, ..layout() },
        Layout { threads: 4, batch: 7, wave: 3, chunk: Some(1), ..layout() },
        Layout { threads: 8, batch: 4096, chunk: Some(1000), ..layout() },
        Layout { threads: 2, wave: 64, chunk: Some(10), shuffle: Some(3), ..layout() },
        Layout { threads: 3, wave: 2, chunk: Some(7), shuffle: Some(11), ..layout() },
    ];
    for layout in others {
        let (other_rows, others, ran) = outcome_of(&job, 3, layout.clone(), None);
        assert_eq!(others, expected, "{layout:?}");
        assert!(other_rows == rows, "rows differ under {layout:?}");
        assert_eq!(ran.progress.operations, operations);
    }
}

#[test]
fn enough_replications_end_the_run_with_the_rows_of_those_alone() {
    let job = job(&[9], 1.0);
    let (all, expected, _) = outcome_of(&job, 2, layout(), None);
    for threads in [1, 4] {
        let (rows, outcomes, ran) = outcome_of(&job, 50, Layout { threads, ..layout() }, Some(1));
        assert_eq!(outcomes, expected);
        assert_eq!(rows, all);
        assert!(!ran.interrupted);
    }
}

#[test]
fn no_organizations_give_empty_replications() {
    let (rows, outcomes, _) = outcome_of(&job(&[0], 1.0), 2, layout(), None);
    assert_eq!(rows.lines().count(), 1);
    assert_eq!(outcomes.len(), 2);
}

#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    let job = job(&[2_000], 20.0);
    let folder = tempfile::tempdir().expect("a folder");
    let sink = Taken::default();
    let spec = spec(&job, 1_000, Layout { batch: 4, ..layout() }, folder.path(), &sink);
    let interrupt = spec.interrupt.clone();
    let ran = run(spec, &mut |progress| {
        interrupt.store(progress.organizations > 2_000, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(ran.expect("it ends well").interrupted);
    let taken = sink.0.lock().expect("not poisoned");
    let complete = taken.values().take_while(|(complete, _)| *complete).count();
    assert!(complete >= 1 && complete < 1_000, "{complete}");
    assert!(taken.values().skip(complete).all(|(complete, _)| !complete));
    let rows = std::fs::read_to_string(folder.path().join("organizations.csv")).expect("readable");
    assert!(rows.lines().count() > complete * 2_000);
}

/// The error of a run with a fault put in; within a limit of time.
fn failure(injection: Injection, stall_after: Duration) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let layout = Layout { injection: Some(injection), stall_after, ..layout() };
    let spec = spec(&job(&[30], 2.0), 2, layout, folder.path(), &Taken::default());
    run(spec, &mut |_| {}).expect_err("it fails").to_string()
}

#[test]
fn whoever_fails_is_named() {
    let long = Duration::from_secs(20);
    let cases = [
        (Injection::PanickingOrganization(17), "organization cohort-0/17: injected"),
        (Injection::PanickingFeature(1), "the actor of feature `image` panicked: injected"),
        (Injection::DyingFeature(2), "the actor of feature `agent` ended before its work was done: injected"),
        (
            Injection::ExhaustedFeature(0),
            "the demand of feature `chat` drew nothing before the end of the horizon",
        ),
        (Injection::DyingWave(3), "ended before its work was done: injected"),
        (Injection::DyingCollector, "the collector ended before its work was done: injected"),
    ];
    for (injection, expected) in cases {
        let said = failure(injection, long);
        assert!(said.contains(expected), "{injection:?}: {said}");
    }
}

#[test]
fn who_never_answers_is_named_after_a_while() {
    let soon = Duration::from_millis(400);
    let silent = failure(Injection::SilentFeature(1), soon);
    assert!(silent.contains("waiting for the actor of feature `image`"), "{silent}");
    let stuck = failure(Injection::SlowCollector(Duration::from_secs(3)), soon);
    assert!(stuck.contains("waiting for the collector"), "{stuck}");
}

#[test]
fn a_slow_collector_slows_the_run_down_and_loses_nothing() {
    let job = job(&[60], 1.0);
    let (rows, expected, _) = outcome_of(&job, 1, layout(), None);
    let injection = Some(Injection::SlowCollector(Duration::from_millis(5)));
    let slow = Layout { chunk: Some(1), injection, ..layout() };
    let (slow_rows, outcomes, _) = outcome_of(&job, 1, slow, None);
    assert_eq!((slow_rows, outcomes), (rows, expected));
}
