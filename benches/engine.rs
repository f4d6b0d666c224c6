//! What each part of the engine costs, from drawing an operation to a whole run. Every figure stands beside a checksum
//! of its outcome, so that nothing gets faster by doing something else.

use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use creditsim::engine::{
    Enough, Interrupt, Job, JobOptions, Layout, NoRows, RunSpec, Sink, SpillError, prepare, run, run_pure,
};
use creditsim::ledger::{Ledger, Lot, LotKind, LotSerial, ScopeId};
use creditsim::organization::{
    Account, BatchSlice, DetailOptions, EntryRule, EventTrace, Inbox, Outages, Refill,
};
use creditsim::outcome::{METRICS, Outcome, Tally};
use creditsim::policy::{BurnKey, ExpiryPrecision, Spender};
use creditsim::sampling::{Dist, StreamKey, TraitPoint, mix};
use creditsim::scenario::{Scenario, ScenarioSource, read};
use creditsim::units::{Category, Credits, FeatureIndex, Money, PolicyIndex, SimSpan, SimTime};
use creditsim::workload::{Amount, Arrivals, Batch, Operation, StepShape};

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
        feature.demand.work.shape = StepShape::Simple {
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

/// The same for one organization whose accounts are audited.
fn audited_job(policies: &[&str]) -> Job {
    let mut scenario = scenario(policies);
    scenario.cohorts[0].organizations = 1;
    let detail = DetailOptions { audit: true, ..DetailOptions::default() };
    prepare(&scenario, JobOptions { detail, ..JobOptions::default() }, Arc::new(NoRows))
}

fn point(number: u32) -> TraitPoint {
    TraitPoint::numbered(StreamKey::cohort(2025, 0, "teams"), number)
}

/// Every arrival of one organization, feature by feature.
fn drawn(job: &Job, batch: usize) -> Vec<Batch> {
    let traits = job.cohorts[0].population.draw(point(0), 0);
    let source = |feature: usize| {
        let mut state = job.world.sources[feature].begin(&traits);
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

/// Adds what identifies an operation to a checksum.
fn mixed(sum: u64, operation: &Operation) -> u64 {
    let Operation { at, cost, duration, .. } = operation;
    sum.wrapping_mul(31).wrapping_add((at.micros() ^ cost.micros() ^ duration.micros()) as u64)
}

fn drawing(criterion: &mut Criterion) {
    let job = job(&["none"], 1);
    // Batches of seven draw the same operations.
    let expected: Vec<u64> = by_feature(drawn(&job, 7)).iter().map(|all| all.iter().fold(0, mixed)).collect();
    let operations: usize = drawn(&job, 256).iter().map(|batch| batch.operations.len()).sum();
    let mut group = criterion.benchmark_group("drawing");
    group.throughput(Throughput::Elements(operations as u64));
    group.bench_function("four features", |bencher| {
        let traits = job.cohorts[0].population.draw(point(0), 0);
        let mut batch = Batch::default();
        bencher.iter(|| {
            for (source, expected) in job.world.sources.iter().zip(&expected) {
                let (mut state, mut sum) = (source.begin(&traits), 0);
                loop {
                    source.fill(&mut state, &mut batch, 256).expect("no file is read");
                    sum = batch.operations.iter().fold(sum, mixed);
                    if batch.upto >= job.world.end {
                        break;
                    }
                }
                assert_eq!(sum, *expected);
            }
        });
    });
    group.finish();
}

/// Operations by feature, in order.
fn by_feature(batches: Vec<Batch>) -> Vec<Vec<Operation>> {
    let mut by_feature: Vec<Vec<Operation>> = (0..4).map(|_| Vec::new()).collect();
    for operation in batches.into_iter().flat_map(|batch| batch.operations) {
        by_feature[operation.feature.index()].push(operation);
    }
    by_feature
}

fn merging(criterion: &mut Criterion) {
    let job = job(&["none"], 1);
    let features = by_feature(drawn(&job, 256));
    let operations: usize = features.iter().map(Vec::len).sum();
    // Instants of all arrivals and of all ends within the horizon, found by sorting.
    let starts = features.iter().flatten().map(|operation| operation.at);
    let ends = features.iter().flatten().map(|operation| operation.at + operation.duration);
    let mut instants: Vec<SimTime> = starts.chain(ends.filter(|end| *end < job.world.end)).collect();
    instants.sort_unstable();
    let sum = |sum: u64, at: SimTime| sum.wrapping_mul(31).wrapping_add(at.micros() as u64);
    let expected = instants.iter().fold(0, |so_far, at| sum(so_far, *at));
    let mut group = criterion.benchmark_group("merging");
    group.throughput(Throughput::Elements(operations as u64));
    group.bench_function("four features and their ends", |bencher| {
        bencher.iter(|| {
            let empty =
                |feature| Refill { feature: FeatureIndex(feature), batch: Batch::default(), state: 0_usize };
            let mut inbox = Inbox::new((0..4).map(empty), job.world.end);
            let (mut course, mut found) = (EventTrace::default(), 0);
            course.begin((0..4).map(|_| EntryRule { free: false, longest: Some(SimSpan::FOREVER) }));
            loop {
                while let Some(mut refill) = inbox.take_want() {
                    let left = &features[refill.feature.index()][refill.state..];
                    let drawn = &left[..left.len().min(256)];
                    refill.batch.operations.extend_from_slice(drawn);
                    refill.batch.upto = left.get(256).map_or(job.world.end, |next| next.at);
                    refill.state += drawn.len();
                    inbox.accept(refill).expect("in order");
                }
                let upto = inbox.merge(&mut course);
                let events = course.slice(&[], upto).events;
                found = events.iter().fold(found, |so_far, event| sum(so_far, event.at));
                if upto >= job.world.end {
                    break;
                }
            }
            assert_eq!(found, expected);
        });
    });
    group.finish();
}

/// What became of an account, in one number.
fn digest(tally: &Tally) -> u64 {
    let features = tally.features.iter().fold(0, |sum, feature| {
        [feature.demanded, feature.served, feature.refused, feature.charged_credits.micros() as u64]
            .into_iter()
            .fold(sum, |sum, value| mix(sum ^ value))
    });
    let burned = tally.credits.burned.iter().chain(&tally.credits.remaining_end);
    let held = (tally.holds.settled, tally.holds.unused_credits.micros(), tally.in_flight_micros);
    let rest = [held.0, held.1 as u64, held.2 as u64, u64::from(tally.in_flight_max)];
    burned.map(|credits| credits.micros() as u64).chain(rest).fold(features, |sum, value| mix(sum ^ value))
}

/// One organization's operations through one account.
fn through(job: &Job, policy: usize, operations: &Batch) -> Tally {
    let traits = job.cohorts[0].population.draw(point(0), 0);
    let (policy, outages) = (PolicyIndex(policy as u16), Arc::new(Outages::none()));
    let mut account =
        Account::new(job.world.clone(), policy, point(0).key(), &traits, outages).expect("it opens");
    let mut course = EventTrace::default();
    course.begin((0..4).map(|feature| account.entry(feature)));
    let given = [BatchSlice { batch: operations, from: 0, to: operations.operations.len() }];
    course.extend(&given, job.world.end);
    account.advance(&course.slice(&given, job.world.end)).expect("lawful");
    account.finish().expect("lawful")
}

fn account_step(criterion: &mut Criterion) {
    let names = POLICIES.map(|(name, _)| name);
    let (job, audited) = (job(&names, 1), audited_job(&names));
    let mut operations: Vec<_> = drawn(&job, 256).into_iter().flat_map(|batch| batch.operations).collect();
    operations.sort_by_key(|operation| (operation.at, operation.feature, operation.sequence));
    let operations = Batch { operations, upto: job.world.end, ..Batch::default() };
    let mut group = criterion.benchmark_group("account step, course included");
    group.throughput(Throughput::Elements(operations.operations.len() as u64));
    for (policy, name) in names.iter().enumerate() {
        // An audited account takes every operation one by one, and is recomputed from its journal.
        let expected = digest(&through(&audited, policy, &operations));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| assert_eq!(digest(&through(&job, policy, &operations)), expected));
        });
    }
    group.finish();
}

/// Charges and holds over lots in the order in which they end.
fn ledger(criterion: &mut Criterion) {
    const ACTS: i64 = 1_000;
    let cost = |act: i64| Credits::from_micros(1_000_000 + 7 * act);
    let charged: Credits = (0..ACTS).map(cost).sum();
    let fresh = || {
        let mut ledger = Ledger::new(&[BurnKey::ExpiresAt(ExpiryPrecision::Exact)]);
        for number in 0..8_u32 {
            let credits = Credits::from_whole(200);
            let ends = SimTime::from_micros(i64::from(number % 4));
            let mut lot = lot(number, credits);
            (lot.expires_at, lot.ends_at, lot.ends_key) = (ends, ends, ends);
            ledger.issue(lot);
        }
        ledger
    };
    let expected = fresh().remaining() - charged;
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(ACTS as u64));
    group.bench_function("burn", |bencher| {
        bencher.iter(|| {
            let mut ledger = fresh();
            for act in 0..ACTS {
                black_box(ledger.charge(cost(act), Spender::default()));
                ledger.clear_takes();
            }
            assert_eq!(ledger.remaining(), expected);
        });
    });
    group.bench_function("hold and settle", |bencher| {
        bencher.iter(|| {
            let mut ledger = fresh();
            for act in 0..ACTS {
                let hold = ledger.open_hold(Credits::from_whole(2), false, Spender::default());
                black_box(ledger.settle(hold, cost(act), Spender::default()));
                ledger.clear_takes();
            }
            assert_eq!((ledger.remaining(), ledger.held()), (expected, Credits::ZERO));
        });
    });
    group.finish();
}

fn lot(id: u32, credits: Credits) -> Lot {
    Lot {
        serial: LotSerial::default(),
        id,
        category: Category::Purchased,
        kind: LotKind::Plain,
        credits,
        remaining: credits,
        reserved: Credits::ZERO,
        overdue: Credits::ZERO,
        burned: Credits::ZERO,
        expired: Credits::ZERO,
        voided: Credits::ZERO,
        scope: ScopeId::default(),
        width: 0,
        priority: 0,
        rank: 0,
        created_at: SimTime::MIN,
        effective_at: SimTime::MIN,
        expires_at: SimTime::MAX,
        ends_at: SimTime::MAX,
        closes_at: SimTime::MAX,
        ends_key: SimTime::MAX,
        beside: None,
        parent: None,
        price_paid: Money::ZERO,
        earned_over_time: false,
    }
}

fn pure(job: &Job, batch: usize) -> (u64, u64) {
    let mut checksum = Checksum::default();
    let (operations, _) = run_pure(job, 0..1, batch, &mut checksum).expect("lawful");
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
        interrupt: Interrupt::default(),
        keep: None,
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

criterion_group!(benches, drawing, merging, ledger, account_step, one_organization, batch_sizes, whole_runs);
criterion_main!(benches);
