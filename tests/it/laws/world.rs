//! A case made into a world and run.

use std::sync::{Arc, OnceLock};

use crate::common::everything;
use creditsim::calendar::{Period, Zone};
use creditsim::engine::{Job as Prepared, JobOptions, NoRows, prepare};
use creditsim::organization::{
    Account, BatchSlice, DetailOptions, EventTrace, FeatureFacts, LawViolation, Outages, WaysTaken, World,
};
use creditsim::outcome::Tally;
use creditsim::policy::{CreditScope, Customers, Expiry, InForce, Package, Policy, RuleChanges, Terms};
use creditsim::sampling::{StreamKey, TraitPoint};
use creditsim::scenario::{ScenarioSource, read};
use creditsim::units::{Credits, FeatureIndex, Money, PolicyIndex, SimSpan, SimTime};
use creditsim::workload::{Batch, Fate, Member, Operation, PartKind, RunPart, SeatChange, Source, Traits};

use super::case::{Case, Job};
use super::knob::{Knob, START, at, hours};
use super::limits::limit_names;
use super::rates;

const SCENARIO: &str = r#"
version = 1
name = "laws"
start = 2025-01-01T00:00:00Z
end = 2025-02-10T00:00:00Z
seed = 7
replications = 1
[features.other]
cost = 2
duration = "1 h"
provider_cost = { per_operation = "0.01 USD", per_credit = "0.001 USD" }
[features.work]
cost = 3
[features.gift]
free = true
[[cohorts]]
name = "one"
[policies.plain]
[policies.priced]
rates = [{ other = "cost * 2", work = "cost / 2" }, { other = 1, work = "cost + duration / 3600" }]
"#;

/// The scenario that every case starts from.
fn base() -> &'static Prepared {
    static BASE: OnceLock<Prepared> = OnceLock::new();
    BASE.get_or_init(|| {
        let scenario = read(&ScenarioSource::from_text("laws.toml", SCENARIO.to_owned())).expect("reads");
        let detail = DetailOptions::default();
        prepare(&scenario, JobOptions { detail, first: None }, Arc::new(NoRows))
    })
}

/// An account ready to run, and its work.
pub struct Stage {
    world: Arc<World>,
    policy: PolicyIndex,
    traits: Traits,
    outages: Arc<Outages>,
    batch: Batch,
}

impl Stage {
    /// The case with everything written down and audited.
    pub fn of(case: &Case) -> Stage {
        Stage::build(case, vec![policy(case, false)], everything(), false)
    }

    /// The case with nothing written down.
    pub fn quiet(case: &Case) -> Stage {
        Stage::build(case, vec![policy(case, false)], DetailOptions::default(), false)
    }

    /// The case's policy behind another case's.
    pub fn beside(case: &Case, other: &Case) -> Stage {
        let detail = everything();
        let mut stage = Stage::build(case, vec![policy(other, false), policy(case, false)], detail, false);
        stage.policy = PolicyIndex(1);
        stage
    }

    /// The case in a world that lacks the feature `other`.
    pub fn alone(case: &Case) -> Stage {
        Stage::build(case, vec![policy(case, true)], everything(), true)
    }

    fn build(case: &Case, mut policies: Vec<Policy>, detail: DetailOptions, alone: bool) -> Stage {
        let job = base();
        let skipped = usize::from(alone);
        let mut customers = Customers::default();
        case.knobs.iter().for_each(|knob| knob.turn_customers(&mut customers));
        let zone = match case.knobs.iter().any(|knob| matches!(knob, Knob::Zone)) {
            true => Zone::named("America/New_York").expect("a known zone"),
            false => job.world.zone.clone(),
        };
        let plans = policies.iter_mut().flat_map(|policy| &mut policy.plans);
        plans.for_each(|terms| terms.rates.lay_out(&zone, job.world.start, job.world.end));
        let world = World {
            start: job.world.start,
            end: job.world.end,
            measure_from: measure_from(case),
            zone,
            features: job.world.features[skipped..].iter().map(|facts| known(case, facts)).collect(),
            sources: job.world.sources[skipped..].iter().map(Arc::<Source>::clone).collect(),
            rules: Default::default(),
            policies: policies.into_iter().map(Arc::new).collect(),
            cohorts: vec![customers],
            accounts: Vec::new(),
            cohort_names: vec!["one".to_owned()],
            instants: (1..=8).map(|n| at(n * 120)).filter(|instant| *instant > measure_from(case)).collect(),
            detail,
            abandon: Arc::default(),
            heartbeat: Arc::default(),
            judged: Arc::default(),
        };
        let traits = traits(case, job);
        let (operations, parts) = work(case, &traits, skipped as u16);
        let outages = Arc::new(outages(case));
        let batch = Batch { upto: world.end, ..rates::priced(operations, parts, &world.sources) };
        Stage { world: Arc::new(world), policy: PolicyIndex(0), traits, outages, batch }
    }

    /// Runs to the end, cut at these hours; at each cut a copy goes on and the original is thrown away after it has
    /// gone on too.
    pub fn run(self, cuts: &[u32]) -> Result<Tally, LawViolation> {
        self.run_counting_ways(cuts).map(|(tally, _)| tally)
    }

    /// The same, with the ways that the account went.
    pub fn run_counting_ways(self, cuts: &[u32]) -> Result<(Tally, WaysTaken), LawViolation> {
        let key = self.traits.point.key();
        let world = Arc::clone(&self.world);
        let account = Account::new(world, self.policy, key, &self.traits, Arc::clone(&self.outages))?;
        let mut cuts: Vec<SimTime> = cuts.iter().map(|hour| at(i64::from(*hour))).collect();
        cuts.sort_unstable();
        let mut course = EventTrace::default();
        course.begin((0..self.world.features.len()).map(|feature| account.entry(feature)));
        let mut whole = (account, course, 0);
        for cut in cuts {
            self.advance(&mut whole, cut)?;
            let copy = whole.clone();
            self.advance(&mut whole, self.world.end)?;
            whole = copy;
        }
        self.advance(&mut whole, self.world.end)?;
        let ways = whole.0.ways();
        Ok((whole.0.finish()?, ways))
    }

    fn advance(
        &self,
        (account, course, next): &mut (Account, EventTrace, usize),
        upto: SimTime,
    ) -> Result<(), LawViolation> {
        let (from, batch) = (*next, &self.batch);
        let to = batch.operations.partition_point(|operation| operation.at < upto).max(from);
        let given = [BatchSlice { batch, from, to }];
        course.extend(&given, upto);
        *next = to;
        account.advance(&course.slice(&given, upto))
    }
}

/// What is known of a feature; in every other case nobody pays a provider, so that all of them may take the fast path.
fn known(case: &Case, facts: &FeatureFacts) -> FeatureFacts {
    let provider_cost = facts.provider_cost.filter(|_| case.knobs.len().is_multiple_of(2));
    FeatureFacts { provider_cost, ..facts.clone() }
}

/// The first plan has every knob of the case; the second, if there is a change of plan, every other one.
fn policy(case: &Case, alone: bool) -> Policy {
    let plain: Terms = base().world.policies[0].plans[0].clone();
    let package = |name: &str, credits: i64, cents: Option<i64>, days: u32| Package {
        name: name.to_owned(),
        credits: Credits::from_micros(credits * 333_333),
        price: cents.map(|cents| Money::from_nanos(cents * 10_000_000)),
        expires: Expiry::After(Period::Days(days)),
        priority: 0,
        when: InForce::default(),
        scope: CreditScope::default(),
    };
    let mut plain = plain;
    plain.packages = vec![package("small", 15, Some(99), 9), package("large", 60, Some(301), 30)];
    let with = |knobs: &mut dyn Iterator<Item = &Knob>| {
        let mut terms = plain.clone();
        knobs.for_each(|knob| knob.turn_terms(&mut terms));
        terms.own_grants = true;
        if alone {
            terms.features.remove(0);
            for limit in &mut terms.limits {
                limit.features.remove(0);
            }
            rates::without_first(&mut terms);
        }
        terms
    };
    let plan_changes: Vec<_> = case.knobs.iter().filter_map(Knob::plan_change).collect();
    let rules = RuleChanges::new(case.knobs.iter().filter_map(Knob::rule_change).collect());
    let written = [Vec::new()];
    let editions = if rules.editions.is_empty() { written.as_slice() } else { &rules.editions };
    // Each change turns back another third of the knobs.
    let mut plans = Vec::new();
    for edition in editions {
        let holds = |index: usize| edition.iter().all(|change| !(index + change).is_multiple_of(3));
        let knobs = || case.knobs.iter().enumerate().filter(|(index, _)| holds(*index));
        plans.push(with(&mut knobs().map(|(_, knob)| knob)));
        if !plan_changes.is_empty() {
            plans.push(with(&mut knobs().filter(|(index, _)| index % 2 == 0).map(|(_, knob)| knob)));
        }
    }
    let (name, plan_shares) = ("case".to_owned(), vec![vec![(0, 1.0)]]);
    Policy { name, plans, plan_shares, limit_names: limit_names(), plan_changes, rules }
}

fn measure_from(case: &Case) -> SimTime {
    let written = case.knobs.iter().find_map(|knob| match knob {
        Knob::MeasureFrom(hour) => Some(at(i64::from(*hour))),
        _ => None,
    });
    written.unwrap_or(START)
}

fn traits(case: &Case, job: &Prepared) -> Traits {
    let point = TraitPoint::numbered(StreamKey::cohort(7, 0, "one"), 0);
    let mut traits = job.cohorts[0].population.draw(point, 0);
    traits.projects = 2;
    for knob in &case.knobs {
        match knob {
            Knob::SignedUp(hour) => traits.signed_up = at(*hour),
            Knob::Leaves(hour) => traits.leaves = at(i64::from(*hour)),
            Knob::Members(count, billing) => {
                let member = |rank: u16| Member {
                    cumulative_share: f64::from(rank + 1) / f64::from(*count),
                    billing: rank < *billing,
                    group: [Some(0), Some(1), None][usize::from(rank % 3)],
                    label: None,
                };
                traits.members = (0..*count).map(member).collect();
            }
            _ => {}
        }
    }
    let seats = case.knobs.iter().find_map(|knob| match knob {
        Knob::Seats { hours, .. } => Some(hours),
        _ => None,
    });
    if let Some(hours) = seats {
        traits.seats = seat_changes(hours, traits.members.len() as u16);
    }
    traits.leaves = traits.leaves.max(traits.signed_up.max(START) + SimSpan::HOUR);
    traits
}

/// Members leave at these hours, or join if they are away; one change of a member at an instant.
fn seat_changes(hours: &[(u32, u16)], members: u16) -> Vec<SeatChange> {
    let mut hours: Vec<(u32, u16)> = hours.iter().map(|(hour, member)| (*hour, member % members)).collect();
    hours.sort_unstable();
    hours.dedup();
    let mut changes: Vec<SeatChange> = Vec::new();
    for (hour, member) in hours {
        let joins =
            changes.iter().rev().find(|change| change.member == member).is_some_and(|last| !last.joins);
        changes.push(SeatChange { at: at(i64::from(hour)), joins, member });
    }
    changes.sort_unstable();
    changes
}

fn outages(case: &Case) -> Outages {
    let mut windows = vec![Vec::new(); 3];
    for knob in &case.knobs {
        if let Knob::Outage { feature, from, hours: length } = knob {
            let from = at(i64::from(*from));
            windows[usize::from(*feature)].push((from, from + hours(*length)));
        }
    }
    Outages::new(windows)
}

/// The operations of the case in order; demand before sign-up and after the end of a life never comes.
fn work(case: &Case, traits: &Traits, skipped: u16) -> (Vec<Operation>, Vec<RunPart>) {
    let mut jobs: Vec<&Job> = case.jobs.iter().collect();
    jobs.retain(|job| {
        let at = at(i64::from(job.hour));
        at >= traits.signed_up && at < traits.leaves
    });
    jobs.sort_by_key(|job| (job.hour, job.feature));
    let (mut operations, mut parts) = (Vec::new(), Vec::new());
    let mut numbers = [0; 3];
    for job in jobs {
        let sequence = numbers[usize::from(job.feature)];
        numbers[usize::from(job.feature)] += 1;
        operations.push(operation(job, FeatureIndex(job.feature - skipped), sequence, traits, &mut parts));
    }
    (operations, parts)
}

fn operation(
    job: &Job,
    feature: FeatureIndex,
    sequence: u32,
    traits: &Traits,
    parts: &mut Vec<RunPart>,
) -> Operation {
    let first = parts.len();
    parts.extend(job.parts.iter().map(|(kind, thirds, length)| RunPart {
        cost: if *kind == 0 { Credits::from_micros(thirds * 333_333) } else { Credits::ZERO },
        duration: hours(*length),
        step: 0,
        kind: [PartKind::Work, PartKind::Helper, PartKind::Review][usize::from(*kind)],
    }));
    let own = &parts[first..];
    let struck = usize::from(job.struck) % own.len().max(1);
    let whole = own.get(struck).map_or(hours(job.hours), |part| part.duration);
    let into = SimSpan::from_seconds(i64::from(job.minutes) * 60);
    Operation {
        at: at(i64::from(job.hour)),
        cost: match own {
            [] => Credits::from_micros(job.thirds * 333_333),
            own => own.iter().map(|part| part.cost).sum(),
        },
        duration: own
            .iter()
            .fold(if own.is_empty() { hours(job.hours) } else { SimSpan::ZERO }, |sum, part| {
                sum + part.duration
            }),
        ends_after: into.min(whole),
        sequence,
        part_start: first as u32,
        part_count: own.len() as u16,
        ends_in_part: struck as u16,
        feature,
        member: job.member % traits.members.len() as u16,
        project: u16::from(job.minutes % 2 == 1),
        fate: [Fate::Completes, Fate::Fails, Fate::Cancelled][usize::from(job.fate)],
        blur: f32::from(job.blur),
    }
}
