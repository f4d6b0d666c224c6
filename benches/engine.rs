//! What each part of the engine costs, from drawing an operation to a whole run. Every figure stands beside a checksum
//! of its outcome, so that nothing gets faster by doing something else.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use creditsim::engine::{
    Enough, Job, JobOptions, Layout, NoRows, RunSpec, Sink, SpillError, prepare, run, run_pure,
};
use creditsim::organization::{Account, Block, Inbox, Outages, Refill};
use creditsim::outcome::{METRICS, Outcome};
use creditsim::sampling::{Dist, StreamKey, mix};
use creditsim::scenario::{Scenario, ScenarioSource, read};
use creditsim::units::{FeatureIndex, PolicyIndex};
use creditsim::workload::{Amount, Arrivals, Batch, Shape};

const HEAD: &str = r#"
start   = 2025-01-01T00:00:00Z
horizon = "30 days"
seed    = 2025

[[cohorts]]
name          = "teams"
organizations = 40
opening       = [{ credits = 5000, category = "promotional" }]

[features.chat]
[features.image]
[features.agent]
[features.search]
"#;

/// One policy of each kind that costs differently.
const POLICIES: [(&str, &str); 6] = [
    ("none", "admission = \"none\""),
    ("positive", "admission = \"positive\""),
    ("estimate", "admission = { estimate = \"expected\" }"),
    ("hold", "admission = { hold = { estimate = \"expected\", timeout = \"2h\" } }"),
    (
        "allowance",
        "admission = \"positive\"\nallowance = { credits = 2000, every = \"1 month\" }\nrollover = \"all\"",
    ),
    (
        "top-up",
        "admission = \"positive\"\npackages = [{ name = \"pack\", credits = 500, price = \"50.00 USD\", \
         expires_after = \"12 months\" }]\ntop_up = { threshold = 100, package = \"pack\" }",
    ),
];

/// Keeps a checksum of every outcome.
#[derive(Clone, Default)]
struct Checksum(Arc<Mutex<u64>>);

impl Checksum {
    fn get(&self) -> u64 {
        *self.0.lock().expect("not poisoned")
    }
}

impl Sink for Checksum {
    fn complete(&mut self, replication: u32, outcome: Outcome) -> Enough {
        let mut sum = self.0.lock().expect("not poisoned");
        *sum = mix(*sum ^ mix(u64::from(replication)));
        for policy in 0..outcome.shape().policies.len() {
            for totals in outcome.totals(policy) {
                for metric in METRICS.iter() {
                    *sum = mix(*sum ^ metric.value(&totals).map_or(0, f64::to_bits));
                }
            }
        }
        Enough::No
    }

    fn partial(&mut self, _: u32, _: Outcome) {
        unreachable!("no bench is interrupted");
    }

    fn rows(&mut self, _: usize, _: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}

fn scenario(policies: &[&str]) -> Scenario {
    let mut text = String::from(HEAD);
    for (name, rules) in POLICIES.iter().filter(|(name, _)| policies.contains(name)) {
        text += &format!("[policies.{name}]\n{rules}\n");
    }
    let mut scenario =
        read(&ScenarioSource::from_text("bench.toml", text)).unwrap_or_else(|p| panic!("{p:#?}"));
    for (feature, per_day) in scenario.features.iter_mut().zip([40.0, 20.0, 10.0, 30.0]) {
        feature.demand.arrivals = Arrivals::Poisson { rate: per_day / 86_400.0 };
        feature.demand.work.shape = Shape::Simple {
            cost: Amount::Drawn(Dist::lognormal(2.0, 1.0).expect("a distribution")),
            duration: Amount::Drawn(Dist::exponential(120.0).expect("a distribution")),
        };
    }
    scenario
}

fn job(policies: &[&str], organizations: u32) -> Arc<Job> {
    let mut scenario = scenario(policies);
    scenario.cohorts[0].organizations = organizations;
    Arc::new(prepare(&scenario, JobOptions::default(), Arc::new(NoRows)))
}

fn key(number: u32) -> StreamKey {
    StreamKey::organization(2025, 0, "teams", number)
}

/// Every arrival of one organization, feature by feature.
fn drawn(job: &Job, batch: usize) -> Vec<Batch> {
    let traits = job.cohorts[0].population.draw(key(0), 0);
    let source = |feature: usize| {
        let mut state = job.world.sources[feature].begin(key(0), &traits);
        let mut all = Vec::new();
        loop {
            let mut next = Batch::default();
            job.world.sources[feature].fill(&mut state, &mut next, batch).expect("no file is read");
            let done = next.upto >= job.world.end;
            all.push(next);
            if done {
                return all;
            }
        }
    };
    (0..job.world.sources.len()).flat_map(source).collect()
}

fn drawing(criterion: &mut Criterion) {
    let job = job(&["none"], 1);
    let operations: usize = drawn(&job, 256).iter().map(|batch| batch.operations.len()).sum();
    let mut group = criterion.benchmark_group("drawing");
    group.throughput(Throughput::Elements(operations as u64));
    group.bench_function("four features", |bencher| {
        let traits = job.cohorts[0].population.draw(key(0), 0);
        let mut batch = Batch::default();
        bencher.iter(|| {
            let mut count = 0;
            for source in &job.world.sources {
                let mut state = source.begin(key(0), &traits);
                loop {
                    source.fill(&mut state, &mut batch, 256).expect("no file is read");
                    count += batch.operations.len();
                    if batch.upto >= job.world.end {
                        break;
                    }
                }
            }
            assert_eq!(count, operations);
        });
    });
    group.finish();
}

fn merging(criterion: &mut Criterion) {
    let job = job(&["none"], 1);
    let batches: Vec<Vec<Batch>> = {
        let mut by_feature: Vec<Vec<Batch>> = (0..4).map(|_| Vec::new()).collect();
        for batch in drawn(&job, 256) {
            if let Some(feature) = batch.operations.first().map(|operation| operation.feature.index()) {
                by_feature[feature].push(batch);
            }
        }
        by_feature
    };
    let operations: usize = batches.iter().flatten().map(|batch| batch.operations.len()).sum();
    let mut group = criterion.benchmark_group("merging");
    group.throughput(Throughput::Elements(operations as u64));
    group.bench_function("four features", |bencher| {
        bencher.iter(|| {
            let empty =
                |feature| Refill { feature: FeatureIndex(feature), batch: Batch::default(), state: 0_usize };
            let mut inbox = Inbox::new((0..4).map(empty), job.world.end);
            let (mut block, mut merged) = (Block::default(), 0);
            loop {
                while let Some(mut refill) = inbox.take_want() {
                    let from = &batches[refill.feature.index()][refill.state];
                    refill.batch.operations.extend_from_slice(&from.operations);
                    refill.batch.upto = from.upto;
                    refill.state += 1;
                    inbox.accept(refill).expect("in order");
                }
                let upto = inbox.merge(&mut block);
                merged += black_box(&block).operations.len();
                if upto >= job.world.end {
                    break;
                }
            }
            assert_eq!(merged, operations);
        });
    });
    group.finish();
}

fn account_step(criterion: &mut Criterion) {
    let names = POLICIES.map(|(name, _)| name);
    let job = job(&names, 1);
    let traits = job.cohorts[0].population.draw(key(0), 0);
    let mut operations: Vec<_> = drawn(&job, 256).into_iter().flat_map(|batch| batch.operations).collect();
    operations.sort_by_key(|operation| (operation.at, operation.feature, operation.sequence));
    let mut group = criterion.benchmark_group("account step");
    group.throughput(Throughput::Elements(operations.len() as u64));
    for (policy, name) in names.iter().enumerate() {
        let fresh = || {
            let policy = PolicyIndex(policy as u16);
            Account::new(job.world.clone(), policy, key(0), &traits, Arc::new(Outages::none()))
                .expect("it opens")
        };
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let mut account = fresh();
                account.advance(&operations, &[], job.world.end).expect("lawful");
                let tally = account.finish().expect("lawful");
                let demanded: u64 = tally.features.iter().map(|feature| feature.demanded).sum();
                assert_eq!(demanded as usize, operations.len());
            });
        });
    }
    group.finish();
}

fn pure(job: &Job, batch: usize) -> (u64, u64) {
    let mut checksum = Checksum::default();
    let operations = run_pure(job, 0..1, batch, &mut checksum).expect("lawful");
    (operations, checksum.get())
}

fn on_actors(job: &Arc<Job>, layout: Layout) -> (u64, u64) {
    let checksum = Checksum::default();
    let spec = RunSpec {
        job: job.clone(),
        replications: 0..1,
        layout,
        spill: Path::new("never-made").to_owned(),
        sink: Box::new(checksum.clone()),
        interrupt: Arc::new(AtomicBool::new(false)),
    };
    let ran = run(spec, &mut |_| {}).expect("lawful");
    (ran.progress.operations, checksum.get())
}

fn whole_runs(criterion: &mut Criterion) {
    for (kind, policies) in
        [("one policy", &["positive"][..]), ("four policies", &["positive", "hold", "allowance", "top-up"])]
    {
        let job = job(policies, 400);
        let expected = pure(&job, 256);
        let mut group = criterion.benchmark_group(format!("whole run, {kind}"));
        group.sample_size(10).measurement_time(Duration::from_secs(8));
        group.throughput(Throughput::Elements(expected.0 * policies.len() as u64));
        group.bench_function("pure loop", |bencher| bencher.iter(|| assert_eq!(pure(&job, 256), expected)));
        for threads in [1, 2] {
            let layout = Layout { threads, ..Layout::default() };
            group.bench_with_input(BenchmarkId::new("arbiters", threads), &layout, |bencher, layout| {
                bencher.iter(|| assert_eq!(on_actors(&job, layout.clone()), expected));
            });
        }
        group.finish();
    }
}

fn batch_sizes(criterion: &mut Criterion) {
    let job = job(&["none"], 100);
    let expected = pure(&job, 256);
    let mut group = criterion.benchmark_group("batch size");
    group.sample_size(10);
    group.throughput(Throughput::Elements(expected.0));
    for batch in [1, 16, 64, 256, 1024] {
        group.bench_with_input(BenchmarkId::new("pure loop", batch), &batch, |bencher, &batch| {
            bencher.iter(|| assert_eq!(pure(&job, batch), expected));
        });
        let layout = Layout { threads: 1, batch, ..Layout::default() };
        group.bench_with_input(BenchmarkId::new("actors", batch), &layout, |bencher, layout| {
            bencher.iter(|| assert_eq!(on_actors(&job, layout.clone()), expected));
        });
    }
    group.finish();
}

fn one_organization(criterion: &mut Criterion) {
    let job = job(&["positive", "hold", "allowance", "top-up"], 1);
    let expected = pure(&job, 256);
    let mut group = criterion.benchmark_group("one organization");
    group.throughput(Throughput::Elements(expected.0 * 4));
    group.bench_function("end to end", |bencher| bencher.iter(|| assert_eq!(pure(&job, 256), expected)));
    group.finish();
}

criterion_group!(benches, drawing, merging, account_step, one_organization, batch_sizes, whole_runs);
criterion_main!(benches);
