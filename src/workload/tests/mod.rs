//! Sources as the engine uses them: batches, runs, failures, independence of streams, estimates.

mod clients;
mod failures;
mod listed;
mod organizations;

use super::*;
use crate::calendar::Zone;
use crate::sampling::{Dist, StreamKey, TraitPoint, TwoLevel};
use crate::units::{CohortIndex, Credits, FeatureIndex, Probability, SimSpan, SimTime};
use formula::Formula;

const DAY: i64 = 86_400_000_000;

fn instant(text: &str) -> SimTime {
    Zone::default().parse(text).expect("an instant")
}

fn probability(value: f64) -> Probability {
    Probability::new(value).expect("a probability")
}

fn formula(text: &str, quantities: &[&str]) -> Amount {
    let names = Work::formula_names(quantities.iter().copied());
    Amount::Formula(Formula::compile(text, &names).unwrap_or_else(|error| panic!("{error}")))
}

fn drawn(value: f64) -> Amount {
    Amount::Drawn(Dist::Fixed(value))
}

fn simple(cost: Amount, duration: Amount) -> Work {
    Work { shape: StepShape::Simple { cost, duration }, ..Work::default() }
}

fn run(steps: Vec<Step>) -> Work {
    Work { shape: StepShape::Run(steps), ..Work::default() }
}

fn work(cost: Amount, duration: f64, fails: f64, repeat: Dist) -> Step {
    let kind = StepKind::Work { cost, duration: drawn(duration), fails: probability(fails) };
    Step { name: String::new(), kind, repeat }
}

/// Ten operations an hour of a shape.
fn demand(work: Work) -> Demand {
    Demand { arrivals: Arrivals::Poisson { rate: 10.0 / 3_600.0 }, work, ..Demand::default() }
}

/// A source over a hundred days from 2025.
fn source_of(name: &str, demand: &Demand, populations: &[Population]) -> Source {
    Source::new(&SourceSpec {
        feature: FeatureIndex(0),
        name,
        free: false,
        demand,
        seed: 7,
        start: instant("2025-01-01"),
        end: instant("2025-01-01") + SimSpan::from_micros(100 * DAY),
        zone: &Zone::default(),
        populations,
        listed: &[],
        kept: &[],
        rates: &std::sync::Arc::default(),
        blurred: true,
    })
}

fn source(demand: &Demand) -> Source {
    source_of("chat", demand, &[])
}

fn organization(number: u32) -> TraitPoint {
    TraitPoint::numbered(StreamKey::cohort(7, 0, "teams"), number)
}

fn traits() -> Traits {
    Traits { activity: 1.0, leaves: SimTime::MAX, quiet: SimTime::MAX, ..Traits::default() }
}

/// Every operation of an organization, and the parts of its runs.
fn all(source: &Source, point: TraitPoint, traits: &Traits, limit: usize) -> Vec<(Operation, Vec<RunPart>)> {
    let mut state = source.begin(&Traits { point, ..traits.clone() });
    let mut batch = Batch::default();
    let mut all = Vec::new();
    let mut before = SimTime::MIN;
    loop {
        source.fill(&mut state, &mut batch, limit).expect("nothing is read from a disk");
        assert!(batch.operations.iter().all(|operation| operation.at >= before), "a promise is broken");
        all.extend(batch.operations.iter().map(|operation| {
            let parts = batch.parts_of(operation).to_vec();
            (Operation { part_start: 0, ..*operation }, parts)
        }));
        if batch.operations.len() < limit {
            assert_eq!(batch.upto, instant("2025-01-01") + SimSpan::from_micros(100 * DAY));
            return all;
        }
        before = batch.upto;
    }
}

#[test]
fn the_size_of_a_batch_reaches_no_operation() {
    let steps = vec![work(drawn(2.0), 5.0, 0.05, Dist::Poisson { mean: 3.0 })];
    for work in [simple(Amount::Drawn(Dist::Exponential { mean: 4.0 }), drawn(20.0)), run(steps)] {
        let source = source(&demand(work));
        let wanted = all(&source, organization(1), &traits(), 256);
        assert!(wanted.len() > 20_000);
        for limit in [1, 7, 64] {
            assert_eq!(all(&source, organization(1), &traits(), limit), wanted, "batches of {limit}");
        }
        let numbers: Vec<u32> = wanted.iter().map(|(operation, _)| operation.sequence).collect();
        assert_eq!(numbers, (0..wanted.len() as u32).collect::<Vec<_>>());
    }
}

#[test]
fn every_purpose_has_its_own_stream() {
    let plain = demand(simple(Amount::Drawn(Dist::Exponential { mean: 4.0 }), drawn(20.0)));
    let wanted = all(&source(&plain), organization(1), &traits(), 64);
    let people = Traits {
        members: vec![
            Member { cumulative_share: 0.5, billing: true, group: None, label: None },
            Member { cumulative_share: 1.0, billing: false, group: None, label: None },
        ],
        ..traits()
    };
    // What is added, and the fields that it may change.
    let changed = [
        (
            Demand { failures: Failures { rate: probability(0.3), ..Failures::default() }, ..plain.clone() },
            traits(),
        ),
        (Demand { cancels: probability(0.2), ..plain.clone() }, traits()),
        (
            demand(simple(
                Amount::Drawn(Dist::Exponential { mean: 4.0 }),
                Amount::Drawn(Dist::Exponential { mean: 9.0 }),
            )),
            traits(),
        ),
        (plain.clone(), people),
    ];
    for (index, (demand, traits)) in changed.iter().enumerate() {
        let found = all(&source(demand), organization(1), traits, 64);
        assert_eq!(found.len(), wanted.len(), "change {index}");
        for ((found, _), (wanted, _)) in found.iter().zip(&wanted) {
            assert_eq!(
                (found.at, found.cost, found.blur),
                (wanted.at, wanted.cost, wanted.blur),
                "change {index}"
            );
        }
        assert_ne!(found, wanted, "change {index} changes something");
    }
    // Another organization, another feature, another replication: nothing in common.
    let first =
        |point: TraitPoint, name: &str| all(&source_of(name, &plain, &[]), point, &traits(), 64)[0].0.at;
    assert_ne!(first(organization(1), "chat"), first(organization(2), "chat"));
    assert_ne!(first(organization(1), "chat"), first(organization(1), "image"));
    assert_ne!(
        first(organization(1), "chat"),
        first(TraitPoint::numbered(StreamKey::cohort(7, 1, "teams"), 1), "chat")
    );
}

#[test]
fn golden_operations_hold_the_draws_still() {
    let demand = demand(simple(
        Amount::Drawn(Dist::lognormal(10.0, 1.6).expect("a lognormal")),
        Amount::Drawn(Dist::exponential(20.0).expect("an exponential")),
    ));
    let found: Vec<(i64, i64, i64)> = all(&source(&demand), organization(3), &traits(), 64)
        .iter()
        .take(3)
        .map(|(operation, _)| {
            (
                operation.at.micros() - instant("2025-01-01").micros(),
                operation.cost.micros(),
                operation.duration.micros(),
            )
        })
        .collect();
    assert_eq!(found, GOLDEN);
}

const GOLDEN: [(i64, i64, i64); 3] = [
    (1_089_548_869, 17_161_496, 27_990_649),
    (1_585_446_235, 8_585_502, 7_795_299),
    (1_740_124_500, 9_127_848, 30_070_496),
];

#[test]
fn demand_stays_inside_an_organizations_life() {
    let source = source(&demand(simple(drawn(1.0), drawn(0.0))));
    let (from, until) = (instant("2025-02-01"), instant("2025-02-11"));
    let found = all(&source, organization(1), &Traits { signed_up: from, leaves: until, ..traits() }, 64);
    assert!(found.iter().all(|(operation, _)| operation.at >= from && operation.at < until));
    assert!((found.len() as f64 - 2_400.0).abs() < 4.3 * 49.0, "{} of 2,400", found.len());
    for nobody in [
        Traits { leaves: instant("2024-12-01"), ..traits() },
        Traits { signed_up: instant("2026-01-01"), ..traits() },
        Traits { activity: 0.0, ..traits() },
        Traits { enabled: vec![false], ..traits() },
    ] {
        assert!(all(&source, organization(1), &nobody, 64).is_empty());
    }
}

#[test]
fn activity_and_factors_multiply_the_rate() {
    let source = source(&demand(simple(drawn(1.0), drawn(0.0))));
    let busy = Traits { activity: 2.0, factors: vec![1.5], enabled: vec![true], ..traits() };
    let found = all(&source, organization(1), &busy, 64).len() as f64;
    assert!((found - 72_000.0).abs() < 4.3 * 268.4, "{found} of 72,000");
}

#[test]
fn formulas_see_quantities_turn_and_duration() {
    let quantity = |name: &str, dist: Dist, scope: QuantityScope| Quantity {
        name: name.to_owned(),
        dist,
        scope,
        correlation: None,
    };
    let names = ["context", "out"];
    let quantities = vec![
        quantity("context", Dist::Fixed(28.0), QuantityScope::Grows { by: Dist::Fixed(10.0), cap: 45.0 }),
        quantity("out", Dist::Fixed(3.0), QuantityScope::Step),
    ];
    let kind = StepKind::Work {
        cost: formula("context + out * 100 + turn * 1000 + duration * 10000", &names),
        duration: formula("out * 2", &names),
        fails: Probability::ZERO,
    };
    let steps = vec![Step { name: "turn".to_owned(), kind, repeat: Dist::Fixed(4.0) }];
    let source = source(&demand(Work { quantities, ..run(steps) }));
    let (operation, parts) = all(&source, organization(1), &traits(), 64).swap_remove(0);
    let costs: Vec<f64> = parts.iter().map(|part| part.cost.as_f64()).collect();
    assert_eq!(costs, [61_328.0, 62_338.0, 63_345.0, 64_345.0], "the context grows by 10 up to 45");
    assert_eq!(operation.cost, parts.iter().map(|part| part.cost).sum());
    assert_eq!(operation.duration, SimSpan::from_seconds(24));
}

#[test]
fn a_price_list_is_one_formula() {
    let quantity = |name: &str, value: f64| Quantity {
        name: name.to_owned(),
        dist: Dist::Fixed(value),
        scope: QuantityScope::Step,
        correlation: None,
    };
    let names = ["tokens_in", "tokens_out", "model", "platforms", "items", "gpus"];
    let values = [12_000.0, 900.0, 5.0, 3.0, 4.0, 2.0];
    let check = |cost: &str, wanted: f64| {
        let quantities = names.iter().zip(values).map(|(name, value)| quantity(name, value)).collect();
        let work = Work { quantities, ..simple(formula(cost, &names), drawn(90.0)) };
        let (operation, _) = all(&source(&demand(work)), organization(1), &traits(), 64).swap_remove(0);
        assert_eq!(operation.cost.as_f64(), wanted, "{cost}");
    };
    // By tokens, times the model's multiplier; by platform; by item; by time and compute; at least, and rounded.
    check("tokens_in * 0.0003 + tokens_out * 0.0015", 4.95);
    check("model * (tokens_in * 0.0003 + tokens_out * 0.0015)", 24.75);
    check("if(platforms > 2, 10, 4) + 1.5 * platforms", 14.5);
    check("items * 2.25", 9.0);
    check("gpus * duration * 0.004", 0.72);
    check("max(1, gpus * duration * 0.004)", 1.0);
    check("ceil(model * (tokens_in * 0.0003 + tokens_out * 0.0015)) + round(2.5)", 28.0);
}

/// An operation and its parts.
type Found = (Operation, Vec<RunPart>);

#[test]
fn runs_are_written_out_step_by_step() {
    let review = StepKind::Review {
        probability: probability(0.6),
        wait: Dist::Fixed(3_600.0),
        cancel: probability(0.1),
    };
    let helper = StepKind::Helper { duration: drawn(1.0) };
    let plain = |kind: StepKind, repeat: f64| Step { name: String::new(), kind, repeat: Dist::Fixed(repeat) };
    let group = StepKind::Group(vec![work(drawn(1.0), 15.0, 0.0, Dist::Fixed(1.0)), plain(helper, 1.0)]);
    let steps = vec![work(drawn(4.0), 40.0, 0.02, Dist::Fixed(1.0)), plain(review, 1.0), plain(group, 3.0)];
    let source = source(&demand(run(steps)));
    let found = all(&source, organization(1), &traits(), 64);
    let n = found.len() as f64;
    for (operation, parts) in &found {
        let kinds: Vec<(PartKind, u16)> = parts.iter().map(|part| (part.kind, part.step)).collect();
        let tail = [(PartKind::Work, 2), (PartKind::Helper, 3)].repeat(3);
        assert!(
            kinds[0] == (PartKind::Work, 0)
                && kinds.ends_with(&tail)
                && operation.cost == Credits::from_whole(7)
        );
        let strikes_at = usize::from(operation.ends_in_part);
        let before: i64 = parts[..strikes_at].iter().map(|part| part.duration.micros()).sum();
        match operation.fate {
            Fate::Completes => assert_eq!(
                operation.duration.micros(),
                parts.iter().map(|part| part.duration.micros()).sum::<i64>()
            ),
            fate => {
                assert_eq!(operation.duration.micros(), before + operation.ends_after.micros());
                assert!(operation.ends_after <= parts[strikes_at].duration);
                let wanted = if fate == Fate::Fails { PartKind::Work } else { PartKind::Review };
                assert_eq!(parts[strikes_at].kind, wanted);
            }
        }
    }
    let share =
        |wanted: &dyn Fn(&Found) -> bool| found.iter().filter(|found| wanted(found)).count() as f64 / n;
    let close = |found: f64, wanted: f64| {
        let sd = libm::sqrt(wanted * (1.0 - wanted) / n);
        assert!((found - wanted).abs() < 4.3 * sd, "{found} is not {wanted}");
    };
    close(share(&|found| found.0.fate == Fate::Fails), 0.02);
    // Cancelled at a review, unless the step before it failed.
    close(share(&|found| found.0.fate == Fate::Cancelled), 0.98 * 0.6 * 0.1);
    close(share(&|found| found.1.len() == 8), 0.6);
}

#[test]
fn correlated_quantities_have_their_correlation() {
    let lognormal = |median: f64| Dist::lognormal_median(median, 0.5).expect("a lognormal");
    let quantities = vec![
        Quantity {
            name: "a".to_owned(),
            dist: lognormal(1.0),
            scope: QuantityScope::Step,
            correlation: None,
        },
        Quantity {
            name: "b".to_owned(),
            dist: lognormal(1.0),
            scope: QuantityScope::Step,
            correlation: Some((0, 0.7)),
        },
    ];
    let shape = StepShape::Simple { cost: formula("a", &["a", "b"]), duration: formula("b", &["a", "b"]) };
    let source = source(&demand(Work { quantities, shape, ..Work::default() }));
    let found = all(&source, organization(1), &traits(), 64);
    let pairs: Vec<(f64, f64)> = found
        .iter()
        .map(|(operation, _)| {
            (libm::log(operation.cost.as_f64()), libm::log(operation.duration.as_seconds_f64()))
        })
        .collect();
    let n = pairs.len() as f64;
    let rho = pairs.iter().map(|(a, b)| a * b).sum::<f64>() / n / 0.25;
    assert!((rho - 0.7).abs() < 0.03, "{rho}");
}

#[test]
fn cache_hits_lower_the_cost() {
    let cache = Some(CacheHits { probability: probability(0.3), factor: 0.1 });
    let source = source(&demand(Work { cache, ..simple(drawn(10.0), drawn(0.0)) }));
    let found = all(&source, organization(1), &traits(), 64);
    let hits = found.iter().filter(|(operation, _)| operation.cost == Credits::from_whole(1)).count() as f64;
    let misses =
        found.iter().filter(|(operation, _)| operation.cost == Credits::from_whole(10)).count() as f64;
    assert_eq!(hits + misses, found.len() as f64);
    assert!((hits / found.len() as f64 - 0.3).abs() < 4.3 * 0.003);
    // 0.3 × 1 + 0.7 × 10 from 4,096 draws with a standard deviation of 4.12.
    assert!((source.expected_cost().as_f64() - 7.3).abs() < 4.3 * 0.065, "{}", source.expected_cost());
}

#[test]
fn estimates_look_at_the_population() {
    let exact = source(&demand(simple(Amount::Drawn(Dist::exponential(10.0).expect("a mean")), drawn(0.0))));
    assert_eq!(exact.expected_cost(), Credits::from_whole(10));
    assert!((exact.cost_quantile(0.95).as_f64() - 29.957).abs() < 0.001);
    let levels = TwoLevel::Scaled {
        by: Dist::uniform(1.0, 3.0, None).expect("a range"),
        of: Dist::Exponential { mean: 5.0 },
    };
    let two = source(&demand(simple(Amount::Drawn(Dist::two_level(levels)), drawn(0.0))));
    assert!((two.expected_cost().as_f64() - 10.0).abs() < 4.3 * 0.19, "{}", two.expected_cost());
    let steps = vec![work(drawn(2.0), 1.0, 0.0, Dist::Poisson { mean: 5.0 })];
    let run = source(&demand(run(steps)));
    assert!((run.expected_cost().as_f64() - 10.0).abs() < 4.3 * 0.07, "{}", run.expected_cost());
    // Two credits a step, so a quantile of the cost is twice one of the count.
    assert_eq!(run.cost_quantile(0.5), Credits::from_whole(10));
    assert_eq!(run.expected_cost(), run.expected_cost());
    let free = Source::new(&SourceSpec {
        free: true,
        ..SourceSpec {
            feature: FeatureIndex(0),
            name: "view",
            free: false,
            demand: &demand(simple(drawn(3.0), drawn(0.0))),
            seed: 7,
            start: instant("2025-01-01"),
            end: instant("2025-02-01"),
            zone: &Zone::default(),
            populations: &[],
            listed: &[],
            kept: &[],
            rates: &std::sync::Arc::default(),
            blurred: true,
        }
    });
    assert_eq!(free.expected_cost(), Credits::ZERO);
    let mut rng = StreamKey::root(1).keyed(crate::sampling::Purpose::Substitute, 1, 2);
    assert_eq!(exact.substitute(&mut rng, SimTime::default()).duration, SimSpan::ZERO);
}

/// Nanoseconds an operation; run with `cargo test --release -- --ignored --nocapture speed`.
#[test]
#[ignore = "measures, does not judge"]
fn speed_of_filling() {
    let exponential = |mean: f64| Amount::Drawn(Dist::Exponential { mean });
    let lognormal = Amount::Drawn(Dist::lognormal(10.0, 1.6).expect("a lognormal"));
    let plain = demand(simple(lognormal.clone(), exponential(20.0)));
    let office = Demand { profile: Profile::named("office"), ..plain.clone() };
    let gamma = Demand { arrivals: Arrivals::Gamma { rate: 10.0 / 3_600.0, cv: 2.0 }, ..plain.clone() };
    let failing =
        Demand { failures: Failures { rate: probability(0.02), ..Failures::default() }, ..plain.clone() };
    let population = [Population::default()];
    for (name, demand) in [("plain", plain), ("office", office), ("gamma", gamma), ("failing", failing)] {
        let source = Source::new(&SourceSpec {
            feature: FeatureIndex(0),
            name: "chat",
            free: false,
            demand: &demand,
            seed: 7,
            start: instant("2025-01-01"),
            end: instant("2055-01-01"),
            zone: &Zone::default(),
            populations: &population,
            listed: &[],
            kept: &[],
            rates: &std::sync::Arc::default(),
            blurred: true,
        });
        let mut state = source.begin(&traits());
        let mut batch = Batch::default();
        let (mut operations, mut checksum) = (0_u64, 0_i64);
        #[expect(clippy::disallowed_methods, reason = "it measures; nothing it simulates looks at the clock")]
        let begin = std::time::Instant::now();
        for _ in 0..8_000 {
            source.fill(&mut state, &mut batch, 256).expect("nothing is read from a disk");
            operations += batch.operations.len() as u64;
            checksum ^= batch.operations.last().map_or(0, |operation| operation.cost.micros());
        }
        let nanos = begin.elapsed().as_nanos() as f64 / operations as f64;
        println!("{name}: {nanos:.1} ns an operation ({checksum})");
    }
}
