//! Operations that are written down, and the quantities that are kept of operations.

use super::*;

/// A source over a hundred days from 2025 with operations written down, whose quantities of these names are kept.
fn listing(demand: &Demand, listed: &[Option<Vec<Listed>>], kept: &[String]) -> Source {
    Source::new(&SourceSpec {
        feature: FeatureIndex(0),
        name: "chat",
        free: false,
        demand,
        seed: 7,
        start: instant("2025-01-01"),
        end: instant("2025-01-01") + SimSpan::from_micros(100 * DAY),
        zone: &Zone::default(),
        populations: &[],
        listed,
        kept,
        rates: &std::sync::Arc::default(),
        blurred: true,
    })
}

#[test]
fn listed_operations_replace_arrivals() {
    let at = |text: &str| Listed::plain(instant(text), Credits::from_whole(5), SimSpan::HOUR);
    let listed = [Some(vec![at("2025-01-05"), at("2025-01-03"), at("2026-01-05")]), None];
    let demand = demand(simple(drawn(1.0), drawn(0.0)));
    let source = listing(&demand, &listed, &[]);
    let found = all(&source, organization(1), &traits(), 64);
    let times: Vec<SimTime> = found.iter().map(|(operation, _)| operation.at).collect();
    assert_eq!(times, [instant("2025-01-03"), instant("2025-01-05")]);
    assert_eq!((found[0].0.cost, found[0].0.duration), (Credits::from_whole(5), SimSpan::HOUR));
    let mut other = traits();
    other.id.cohort = CohortIndex(1);
    assert!(all(&source, organization(1), &other, 64).len() > 20_000, "the other cohort draws");
}

#[test]
fn a_listed_operation_has_the_people_the_steps_and_the_end_that_are_written() {
    let part = |credits: i64, minutes: i64| RunPart {
        cost: Credits::from_whole(credits),
        duration: SimSpan::from_micros(minutes * 60_000_000),
        ..RunPart::default()
    };
    let plain = Listed::plain(instant("2025-01-05"), Credits::from_whole(5), SimSpan::HOUR);
    let run = Listed {
        parts: vec![part(3, 10), part(4, 20)],
        member: Some(2),
        project: Some(1),
        outcome: Some((Fate::Cancelled, SimSpan::from_micros(15 * 60_000_000))),
        ..plain.clone()
    };
    let done = Listed { outcome: Some((Fate::Completes, SimSpan::ZERO)), ..plain.clone() };
    let listed = [Some(vec![run, done, plain])];
    let mut demand = demand(simple(drawn(1.0), drawn(0.0)));
    demand.failures.rate = Probability::ONE;
    let source = listing(&demand, &listed, &[]);
    let found = all(&source, organization(1), &traits(), 64);
    let (cancelled, parts) = &found[0];
    assert_eq!((cancelled.member, cancelled.project, cancelled.fate), (2, 1, Fate::Cancelled));
    assert_eq!((cancelled.ends_in_part, cancelled.ends_after.micros()), (1, 5 * 60_000_000));
    assert_eq!((cancelled.cost, parts.len()), (Credits::from_whole(7), 2));
    assert_eq!(found[1].0.fate, Fate::Completes, "what is written stands over the feature's failures");
    assert_eq!(found[2].0.fate, Fate::Fails, "what is not written ends as the feature's operations do");
    for batch in [1, 2] {
        assert_eq!(all(&source, organization(1), &traits(), batch), found, "batches of {batch}");
    }
}

/// Every operation's cost (credits) beside its quantities, in batches of `limit`, forgetting `forgets` of each batch.
fn measured(source: &Source, limit: usize, forgets: usize) -> Vec<(f64, Vec<f64>)> {
    let mut state = source.begin(&Traits { point: organization(1), ..traits() });
    let (mut batch, mut measured) = (Batch::default(), Vec::new());
    loop {
        let carried = batch.operations.len();
        source.extend(&mut state, &mut batch, limit).expect("nothing is read from a disk");
        for place in carried..batch.operations.len() {
            measured.push((batch.operations[place].cost.as_f64(), batch.quantities_of(place).to_vec()));
        }
        if batch.operations.len() - carried < limit {
            return measured;
        }
        batch.forget(forgets);
    }
}

#[test]
fn quantities_are_kept_as_sums_over_the_steps_of_a_run() {
    let quantity = |name: &str, scope: QuantityScope| Quantity {
        name: name.to_owned(),
        dist: Dist::Exponential { mean: 30.0 },
        scope,
        correlation: None,
    };
    let names = ["tokens", "pages", "context"];
    let growing = QuantityScope::Grows { by: Dist::Fixed(10.0), cap: f64::INFINITY };
    let quantities = vec![
        quantity("tokens", QuantityScope::Step),
        quantity("pages", QuantityScope::Run),
        quantity("context", growing),
    ];
    let steps = vec![work(formula("tokens + context", &names), 5.0, 0.0, Dist::Poisson { mean: 3.0 })];
    let demand = demand(Work { quantities, ..run(steps) });
    let kept = names.map(str::to_owned);
    let source = listing(&demand, &[], &kept);
    let found = measured(&source, 64, 64);
    assert!(found.len() > 20_000);
    assert!(found.iter().all(|(cost, kept)| (cost - kept[0] - kept[2]).abs() < 1e-3), "sums over steps");
    // One run in e³ has no step.
    let pages = found.iter().map(|(_, kept)| kept[1]).sum::<f64>() / found.len() as f64;
    assert!((pages - 30.0 * (1.0 - libm::exp(-3.0))).abs() < 0.9, "once for a run: {pages}");
    assert_eq!(measured(&source, 64, 7), found, "what is carried over keeps its place");
    let unkept = listing(&demand, &[], &[]);
    assert!(
        measured(&unkept, 64, 64).iter().zip(&found).all(|(one, other)| one.0 == other.0 && one.1.is_empty())
    );
}

#[test]
fn written_quantities_are_kept_by_name_and_others_are_not_known() {
    let listed = |quantities: &[(&str, f64)]| Listed {
        quantities: quantities.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        ..Listed::plain(instant("2025-01-05"), Credits::from_whole(5), SimSpan::HOUR)
    };
    let rows = [Some(vec![listed(&[("b", 2.0), ("a", 1.0)]), listed(&[]), listed(&[("b", 4.0)])])];
    let demand = demand(simple(drawn(1.0), drawn(0.0)));
    let source = listing(&demand, &rows, &["a".to_owned(), "b".to_owned()]);
    let shown = format!("{:?}", measured(&source, 2, 1));
    assert_eq!(shown, "[(5.0, [1.0, 2.0]), (5.0, [NaN, NaN]), (5.0, [NaN, 4.0])]");
    let other = Traits { id: crate::units::OrganizationId { cohort: CohortIndex(1), number: 0 }, ..traits() };
    let mut state = source.begin(&Traits { point: organization(1), ..other });
    let mut batch = Batch::default();
    source.fill(&mut state, &mut batch, 100).expect("nothing is read from a disk");
    assert_eq!((batch.operations.len(), batch.quantities.len()), (100, 200), "drawn in another cohort");
}
