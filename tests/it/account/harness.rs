//! Runs one account of a case written in the line language and compares what it expects.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::common::everything;
use creditsim::engine::{JobOptions, NoRows, prepare};
use creditsim::organization::{Account, BatchSlice, EventTrace, Outages, World};
use creditsim::outcome::Tally;
use creditsim::sampling::{StreamKey, TraitPoint};
use creditsim::scenario::{Scenario, ScenarioSource, read};
use creditsim::units::{Credits, FeatureIndex, PolicyIndex, SimSpan, SimTime};
use creditsim::workload::{Batch, Fate, Member, Operation, PartKind, RunPart, Source, Traits};

use super::language::{Case, Demanded, parse};
use super::values::{balance, value};

/// A sentence and the case that shows it.
pub type Row = (&'static str, &'static str);

/// Runs every case; says which sentences do not hold.
#[track_caller]
pub fn check(rows: &[Row]) {
    let mut failures = String::new();
    for (sentence, text) in rows {
        let ran = std::panic::catch_unwind(|| differences(text));
        match ran {
            Ok(found) if found.is_empty() => {}
            Ok(found) => writeln!(failures, "\n## {sentence}\n{text}\n{}", found.join("\n")).unwrap(),
            Err(panic) => {
                let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                writeln!(failures, "\n## {sentence}\n{text}\npanicked: {said}").unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn differences(text: &str) -> Vec<String> {
    let case = parse(text);
    let mut stage = Stage::of(&case);
    let mut found = Vec::new();
    for (at, values) in &case.probes {
        stage.advance(stage.instant(at));
        let balances = stage.account.balances();
        for (name, wanted) in values {
            let is = balance(&balances, name);
            if is != *wanted {
                found.push(format!("at {at}: {name} is {is}, not {wanted}"));
            }
        }
    }
    let tally = stage.finish();
    for (name, wanted) in &case.expected {
        let is = value(&tally, name);
        if is != *wanted {
            found.push(format!("{name} is {is}, not {wanted}"));
        }
    }
    if !found.is_empty() && std::env::var_os("SHOW_JOURNAL").is_some() {
        for entry in &tally.detail.as_ref().unwrap().journal {
            found.push(format!("{entry:?}"));
        }
    }
    found
}

/// An account on its way through a case.
pub struct Stage {
    pub world: Arc<World>,
    /// One of each feature.
    batches: Vec<Batch>,
    course: EventTrace,
    account: Account,
    next: Vec<usize>,
}

impl Stage {
    pub fn of(case: &Case) -> Stage {
        let scenario = match read(&ScenarioSource::from_text("case.toml", case.scenario.clone())) {
            Ok(scenario) => scenario,
            Err(problems) => panic!("{problems:#?}\n{}", case.scenario),
        };
        let job = prepare(&scenario, JobOptions { detail: everything(), first: None }, Arc::new(NoRows));
        let point = TraitPoint::numbered(StreamKey::cohort(1, 0, "one"), 0);
        let key = point.key();
        let traits = traits(case, job.cohorts[0].population.draw(point, 0), &scenario);
        let batches = batches(case, &scenario, &job.world);
        let outages = Arc::new(outages(case, &scenario));
        let world = job.world;
        let account = Account::new(Arc::clone(&world), PolicyIndex(0), key, &traits, outages).expect("opens");
        let mut course = EventTrace::default();
        course.begin((0..world.features.len()).map(|feature| account.entry(feature)));
        let next = vec![0; batches.len()];
        Stage { world, batches, course, account, next }
    }

    fn instant(&self, text: &str) -> SimTime {
        self.world.zone.parse(text).unwrap_or_else(|| panic!("`{text}` is an instant"))
    }

    /// Everything before `upto` happens.
    fn advance(&mut self, upto: SimTime) {
        let slice = |(batch, from): (_, &usize)| {
            let batch: &Batch = batch;
            let to = batch.operations.partition_point(|operation| operation.at < upto).max(*from);
            BatchSlice { batch, from: *from, to }
        };
        let given: Vec<BatchSlice<'_>> = self.batches.iter().zip(&self.next).map(slice).collect();
        self.course.extend(&given, upto);
        self.account.advance(&self.course.slice(&given, upto)).expect("no law is broken");
        self.next = given.iter().map(|slice| slice.to).collect();
    }

    pub fn finish(mut self) -> Tally {
        self.advance(self.world.end);
        self.account.finish().expect("no law is broken")
    }
}

fn traits(case: &Case, drawn: Traits, Scenario { zone, groups, .. }: &Scenario) -> Traits {
    let instant = |text: &String| zone.parse(text).expect("an instant");
    let mut traits = drawn;
    if let Some(text) = &case.signed_up {
        traits.signed_up = instant(text);
    }
    if let Some(text) = &case.leaves {
        traits.leaves = instant(text);
    }
    if let Some((count, billing)) = case.members {
        let member = |rank: u16| Member {
            cumulative_share: f64::from(rank + 1) / f64::from(count),
            billing: rank < billing,
            group: None,
            label: None,
        };
        traits.members = (0..count).map(member).collect();
    }
    for (member, name) in traits.members.iter_mut().zip(&case.groups) {
        let number = groups.iter().position(|group| group == name);
        member.group = number.and_then(|number| u16::try_from(number).ok());
    }
    traits
}

fn outages(case: &Case, scenario: &Scenario) -> Outages {
    let mut windows = vec![Vec::new(); scenario.features.len()];
    for (feature, from, to) in &case.outages {
        let instant = |text: &String| scenario.zone.parse(text).expect("an instant");
        windows[feature_index(scenario, feature).index()].push((instant(from), instant(to)));
    }
    Outages::new(windows)
}

fn feature_index(scenario: &Scenario, name: &str) -> FeatureIndex {
    let index = scenario.features.iter().position(|feature| feature.name == name);
    FeatureIndex(index.unwrap_or_else(|| panic!("no feature is called {name}")) as u16)
}

/// The operations of each feature, priced by its rates.
fn batches(case: &Case, scenario: &Scenario, world: &World) -> Vec<Batch> {
    let of_feature = |(index, source): (usize, &Arc<Source>)| {
        let feature = FeatureIndex(index as u16);
        let listed = listed(case, scenario, feature);
        let (operations, parts) = operations(&listed, feature);
        let said = |demanded: &Demanded, name: &String| {
            let said = demanded.quantities.iter().find(|(known, _)| known == name);
            said.map_or(f64::NAN, |(_, value)| *value)
        };
        let kept = source.kept();
        let quantities = listed.iter().flat_map(|(_, op)| kept.iter().map(|name| said(op, name))).collect();
        let quantity_count = kept.len();
        let mut batch =
            Batch { operations, parts, quantities, quantity_count, upto: world.end, ..Batch::default() };
        source.price_batch(&mut batch);
        batch
    };
    world.sources.iter().enumerate().map(of_feature).collect()
}

/// The operations of a feature as they are written, in order of time.
fn listed<'c>(case: &'c Case, scenario: &Scenario, of: FeatureIndex) -> Vec<(SimTime, &'c Demanded)> {
    let own = case.operations.iter().filter(|op| feature_index(scenario, &op.feature) == of);
    let mut listed: Vec<(SimTime, &Demanded)> =
        own.map(|op| (scenario.zone.parse(&op.at).expect("an instant"), op)).collect();
    listed.sort_by_key(|(at, _)| *at);
    listed
}

fn operations(listed: &[(SimTime, &Demanded)], of: FeatureIndex) -> (Vec<Operation>, Vec<RunPart>) {
    let (mut operations, mut parts) = (Vec::new(), Vec::new());
    for (sequence, (at, demanded)) in (0..).zip(listed) {
        operations.push(operation(demanded, *at, of, sequence, &mut parts));
    }
    (operations, parts)
}

fn operation(
    demanded: &Demanded,
    at: SimTime,
    feature: FeatureIndex,
    sequence: u32,
    parts: &mut Vec<RunPart>,
) -> Operation {
    let first = parts.len();
    parts.extend(demanded.parts.iter().map(|(kind, cost, duration)| RunPart {
        cost: credits(cost),
        duration: span(duration),
        step: 0,
        kind: match kind.as_str() {
            "review" => PartKind::Review,
            "helper" => PartKind::Helper,
            _ => PartKind::Work,
        },
    }));
    let own = &parts[first..];
    let mut operation = Operation {
        at,
        feature,
        sequence,
        cost: if own.is_empty() { credits(&demanded.cost) } else { own.iter().map(|part| part.cost).sum() },
        duration: own.iter().fold(span(&demanded.span), |sum, part| sum + part.duration),
        part_start: first as u32,
        part_count: own.len() as u16,
        member: demanded.member,
        project: demanded.project,
        blur: demanded.blur,
        ..Operation::default()
    };
    if let Some((word, part, into)) = &demanded.strike {
        operation.fate = if word == "fails" { Fate::Fails } else { Fate::Cancelled };
        operation.ends_in_part = part - 1;
        operation.ends_after = span(into);
    }
    operation
}

/// `12.5` credits.
pub fn credits(text: &str) -> Credits {
    let value: f64 = text.parse().unwrap_or_else(|_| panic!("`{text}` is a number of credits"));
    Credits::from_micros((value * 1e6).round() as i64)
}

/// `10 min`.
pub fn span(text: &str) -> SimSpan {
    let (count, unit) = text.split_once(' ').unwrap_or_else(|| panic!("`{text}` is a span"));
    let unit = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "day" | "days" => 86_400,
        _ => panic!("no unit of time is called {unit}"),
    };
    SimSpan::from_seconds(count.parse::<i64>().expect("a whole number") * unit)
}
