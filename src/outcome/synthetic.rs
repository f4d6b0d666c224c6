//! Tallies made up from one number, for tests of everything behind them. Not a simulation: only shapes are plausible.

use std::sync::Arc;

use crate::units::{CohortIndex, Credits, Money, OrganizationId, SimSpan, SimTime};

use super::{AccountSample, FeatureTally, OrganizationOutcome, Outcome, RunShape, Tally, WEEK_HOURS};

/// A small generator of made-up numbers.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    fn credits(&mut self, bound: u64) -> Credits {
        Credits::from_micros(self.below(bound * 1_000_000) as i64)
    }
}

/// Names of a made-up scenario.
pub(crate) fn shape(policies: &[&str]) -> Arc<RunShape> {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let day = |number: i64| SimTime::from_micros(1_735_689_600_000_000 + number * SimSpan::DAY.micros());
    Arc::new(RunShape {
        policies: names(policies),
        plan_names: names(&["plan"]),
        plans: policies.iter().map(|_| names(&["plan"])).collect(),
        plan_places: vec![vec![0]; policies.len()],
        baseline: 0,
        cohorts: names(&["small-teams", "studios"]),
        features: names(&["post", "campaign"]),
        measure_from: day(0),
        instants: (1..=60).map(|number| day(6 * number)).collect(),
        currency: Some("USD".to_owned()),
        limits: Vec::new(),
        quantities: vec![vec!["words".to_owned()], Vec::new()],
        groups: vec!["sales, north".to_owned()],
        zone: String::new(),
    })
}

/// An organization of `shape`; the demand depends on the seed and number only, the rest on the policy as well.
pub(crate) fn organization(shape: &RunShape, seed: u64, number: u32) -> OrganizationOutcome {
    let cohort = CohortIndex((number as usize % shape.cohorts.len()) as u16);
    let tallies = (0..shape.policies.len()).map(|policy| tally(shape, seed, number, policy as u64)).collect();
    OrganizationOutcome { id: OrganizationId { cohort, number }, label: String::new(), tallies }
}

/// All organizations of a replication.
pub(crate) fn replication(shape: &Arc<RunShape>, seed: u64, organizations: u32) -> Outcome {
    let mut outcome = Outcome::new(Arc::clone(shape));
    (0..organizations).for_each(|number| outcome.fold(&organization(shape, seed, number)));
    outcome
}

fn tally(shape: &RunShape, seed: u64, number: u32, policy: u64) -> Tally {
    let mut shared = Numbers(seed.wrapping_mul(1_000_003) ^ u64::from(number).wrapping_mul(7_919));
    let activity = 20 + shared.below(10) * shared.below(60);
    let mut own = Numbers(shared.0 ^ (policy << 40));
    let features = shape.features.iter().map(|_| feature(&mut shared, &mut own, activity, policy)).collect();
    let mut tally = Tally { features, ..Tally::default() };
    tally.life = SimSpan::from_micros(SimSpan::DAY.micros() * 360);
    tally.credits.issued = [own.credits(30), own.credits(900), own.credits(400)];
    tally.credits.burned = tally.credits.issued.map(|issued| Credits::from_micros(issued.micros() / 3));
    tally.credits.expired =
        tally.credits.issued.map(|issued| Credits::from_micros(issued.micros() / (4 + policy as i64)));
    if policy > 0 {
        tally.debt.max = own.credits(1 + 20 * policy);
        tally.debt.overspend = Credits::from_micros(tally.debt.max.micros() / 5);
    }
    tally.in_flight_micros = i128::from(own.below(40)) * i128::from(SimSpan::DAY.micros());
    tally.in_flight_max = own.below(7) as u32;
    tally.money.complete = true;
    tally.money.package_cash = Money::from_nanos(own.below(90 + 10 * policy) as i64 * 1_000_000_000);
    tally.money.recognized = Money::from_nanos(tally.money.package_cash.nanos() * 3 / 5);
    tally.money.breakage = Money::from_nanos(tally.money.package_cash.nanos() / 10);
    tally.money.deferred_end = Money::from_nanos(tally.money.package_cash.nanos() * 2 / 5);
    tally.customer.purchases = own.below(6);
    tally.refused_hours = refused_hours(&tally);
    tally.samples = samples(shape, &tally, &mut own);
    tally
}

/// Refusals spread over office hours, the first ones of an organization on Mondays at nine.
fn refused_hours(tally: &Tally) -> Vec<u64> {
    let mut hours = vec![0; WEEK_HOURS];
    for refusal in 0..tally.features.iter().map(|feature| feature.refused).sum::<u64>() {
        hours[(refusal * 7 % 5 * 24 + 9 + refusal % 8) as usize] += 1;
    }
    hours
}

fn feature(shared: &mut Numbers, own: &mut Numbers, activity: u64, policy: u64) -> FeatureTally {
    let demanded = activity + shared.below(40);
    let refused = own.below(demanded / (3 + 2 * policy) + 1);
    let mut feature = FeatureTally {
        demanded,
        refused,
        lost_refused: refused / 2,
        served: demanded - refused / 2,
        attempts: demanded + refused / 2,
        attempts_refused: refused + refused / 2,
        attempts_refused_short: refused + refused / 2,
        demand_credits: Credits::from_whole(demanded as i64 * 2),
        lost_credits: Credits::from_whole(refused as i64 / 2 * 2),
        charged_credits: Credits::from_whole((demanded - refused / 2) as i64 * 2),
        blocked: SimSpan::from_micros(own.below(50) as i64 * SimSpan::DAY.micros()),
        ..FeatureTally::default()
    };
    (0..refused / 4).for_each(|_| feature.waits.record(own.below(9_000_000_000) as i64));
    feature
}

fn samples(shape: &RunShape, tally: &Tally, own: &mut Numbers) -> Vec<AccountSample> {
    let all = shape.instants.len() as u64;
    let so_far = |total: u64, index: u64| total * (index + 1) / all;
    let demanded = tally.features.iter().map(|feature| feature.demanded).sum();
    let refused = tally.features.iter().map(|feature| feature.refused).sum();
    let sample = |index: u64| AccountSample {
        available: Credits::from_micros(
            own.credits(20 + 6 * (all - index)).micros() * (4 + (index as i64 * 4) % 20) / 12
                - tally.debt.max.micros(),
        ),
        debt: Credits::from_micros(tally.debt.max.micros() * (index as i64 % 10) / 10),
        held: own.credits(5),
        demanded: so_far(demanded, index),
        refused: so_far(refused, index),
        purchases: so_far(tally.customer.purchases + tally.customer.auto_top_ups, index),
        cash: Money::from_nanos(tally.money.package_cash.nanos() / all as i64 * (index as i64 + 1)),
        recognized: Money::from_nanos(tally.money.recognized.nanos() / all as i64 * (index as i64 + 1)),
        deferred: tally.money.deferred_end,
        expired: Credits::ZERO,
    };
    (0..all).map(sample).collect()
}
