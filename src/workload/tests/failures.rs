//! Failures and cancellations: rates, clusters, where they strike.

use super::*;

#[test]
fn failures_cluster_and_keep_their_rate() {
    let failures = Failures {
        rate: probability(0.017),
        persistence: Some(probability(0.53)),
        affected: probability(0.25),
        fail_fast: Some(Dist::Fixed(7.0)),
    };
    let failing = Demand { failures, ..demand(simple(drawn(1.0), drawn(20.0))) };
    let source = source(&failing);
    let (mut operations, mut failed, mut pairs, mut spared) = (0, 0, 0, 0);
    for number in 0..400 {
        let mut state = source.begin(&Traits { point: organization(number), ..traits() });
        let mut batch = Batch::default();
        source.fill(&mut state, &mut batch, 2_000).expect("nothing is read from a disk");
        let fates: Vec<bool> =
            batch.operations.iter().map(|operation| operation.fate == Fate::Fails).collect();
        operations += fates.len();
        failed += fates.iter().filter(|failed| **failed).count();
        pairs += fates.windows(2).filter(|pair| pair[0] && pair[1]).count();
        spared += usize::from(!fates.contains(&true));
        let struck = batch.operations.iter().find(|operation| operation.fate == Fate::Fails);
        assert!(struck.is_none_or(|operation| operation.ends_after == SimSpan::from_seconds(7)));
    }
    let (rate, persistence) = (failed as f64 / operations as f64, pairs as f64 / failed as f64);
    // A quarter of 400 organizations: their number alone has a relative error of 0.087.
    assert!((rate / 0.017 - 1.0).abs() < 4.3 * 0.09, "rate {rate}");
    assert!((persistence - 0.53).abs() < 0.02, "persistence {persistence}");
    assert!((spared as f64 - 300.0).abs() < 4.3 * 8.7, "{spared} of 400 see no failure");
}

#[test]
fn failures_of_reactive_clients_cluster_along_each_client() {
    let arrivals = Arrivals::ClosedLoop {
        clients: Dist::Fixed(4.0),
        think: Dist::Exponential { mean: 600.0 },
        reactive: true,
        calls: None,
    };
    // Failures that breed failures, and failures after which one is careful.
    for (rate, persistence) in [(0.05, 0.53), (0.4, 0.1)] {
        let failures = Failures {
            rate: probability(rate),
            persistence: Some(probability(persistence)),
            ..Failures::default()
        };
        let work = simple(Amount::Drawn(Dist::Exponential { mean: 4.0 }), drawn(20.0));
        let source = source(&Demand { arrivals: arrivals.clone(), failures, ..demand(work) });
        let mut batch = Batch::default();
        let mut fails = |number: u32, client: u32, call: u32| {
            let traits = Traits { point: organization(number), ..traits() };
            let found = source.client_operation(&traits, client, call, None, &mut batch);
            found.expect("endless clients").1.fate == Fate::Fails
        };
        let (mut operations, mut failed, mut pairs) = (0.0, 0.0, 0.0);
        for (number, client) in (0..50).flat_map(|number| (0..4).map(move |client| (number, client))) {
            let fates: Vec<bool> = (0..200).map(|call| fails(number, client, call)).collect();
            assert_eq!(fails(number, client, 137), fates[137], "in any order");
            operations += fates.len() as f64;
            failed += fates.iter().filter(|failed| **failed).count() as f64;
            pairs += fates.windows(2).filter(|pair| pair[0] && pair[1]).count() as f64;
        }
        // The count of a chain with lag-1 correlation r has (1 + r) / (1 - r) times the variance of independent draws.
        let r = (persistence - rate) / (1.0 - rate);
        let sd = libm::sqrt(rate * (1.0 - rate) / operations * (1.0 + r) / (1.0 - r));
        assert!((failed / operations - rate).abs() < 4.3 * sd, "rate {} of {rate}", failed / operations);
        let found = pairs / (failed * 199.0 / 200.0);
        let sd = libm::sqrt(persistence * (1.0 - persistence) / failed);
        assert!((found - persistence).abs() < 4.3 * sd, "{found} after a failure, wanted {persistence}");
    }
}

#[test]
fn cancellations_strike_at_a_uniform_point() {
    let cancelled = Demand { cancels: probability(0.3), ..demand(simple(drawn(1.0), drawn(100.0))) };
    let found = all(&source(&cancelled), organization(1), &traits(), 64);
    let struck: Vec<f64> = found
        .iter()
        .filter(|(operation, _)| operation.fate == Fate::Cancelled)
        .map(|(operation, _)| operation.ends_after.as_seconds_f64() / 100.0)
        .collect();
    let n = struck.len() as f64;
    assert!((n / found.len() as f64 - 0.3).abs() < 4.3 * 0.003);
    let mean = struck.iter().sum::<f64>() / n;
    assert!((mean - 0.5).abs() < 4.3 * 0.289 / libm::sqrt(n), "{mean}");
}
