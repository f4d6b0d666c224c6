//! Histories as people have them: clean, dirty, large, bucketed.

mod buckets;
mod exports;
mod kept;
mod placing;
mod problems;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::calendar::Zone;
use crate::sampling::{Dist, StreamKey};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::formula::Formula;
use crate::workload::operation::{Batch, Fate, Operation};
use crate::workload::{
    Amount, Demand, Population, Quantity, QuantityScope, SignUp, Source, SourceSpec, StepShape, Work,
};

fn instant(text: &str) -> SimTime {
    Zone::default().parse(text).expect("an instant")
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A history of columns `time, org, feature, units`, one credit a unit.
fn spec(path: &Path) -> HistorySpec {
    let columns = Columns {
        time: names(&["time"]),
        organization: names(&["org"]),
        feature: names(&["feature"]),
        ..Columns::default()
    };
    HistorySpec {
        name: "usage".to_owned(),
        path: path.to_owned(),
        columns,
        cost: priced("units"),
        features: FeatureMap {
            map: vec![("chat".to_owned(), FeatureIndex(0)), ("image".to_owned(), FeatureIndex(1))],
            other: OtherFeatures::Refuse,
        },
        ..HistorySpec::default()
    }
}

fn priced(text: &str) -> RowCost {
    let columns = Formula::names_in(text);
    let formula = Formula::compile(text, &columns).expect("a formula");
    RowCost::Columns { formula, columns, optional: Vec::new() }
}

struct HistoryTestWorld {
    folder: tempfile::TempDir,
}

impl HistoryTestWorld {
    fn new() -> Self {
        HistoryTestWorld { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a disk");
        path
    }

    fn prepare(&self, spec: &HistorySpec) -> Result<PreparedHistory, HistoryProblems> {
        self.prepare_for(spec, &[&Demand::default(), &Demand::default()])
    }

    fn prepare_for(
        &self,
        spec: &HistorySpec,
        demands: &[&Demand],
    ) -> Result<PreparedHistory, HistoryProblems> {
        let (start, end) = (instant("2025-01-01"), instant("2025-02-01"));
        PreparedHistory::prepare(
            spec,
            &Preparation { demands, start, end, folder: self.folder.path(), watch: &|_| true },
        )
    }

    fn good(&self, spec: &HistorySpec) -> PreparedHistory {
        self.prepare(spec).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn cohort() -> StreamKey {
    StreamKey::cohort(1, 0, "usage")
}

/// Every operation of every organization and feature: (label, operation).
fn replay(history: &PreparedHistory) -> Vec<(String, Operation)> {
    let mut all = Vec::new();
    for block in history.blocks() {
        for organization in history.open(block).expect("a disk") {
            for feature in [FeatureIndex(0), FeatureIndex(1)] {
                let mut rows = organization.rows(feature, organization.point(cohort()).key());
                let mut last = SimTime::MIN;
                while let Some((operation, _)) = rows.next_row().expect("a disk") {
                    assert!(operation.at >= last, "time goes back");
                    last = operation.at;
                    all.push((organization.label().to_owned(), Operation { feature, ..operation }));
                }
            }
        }
    }
    all
}

fn total(operations: &[(String, Operation)]) -> i128 {
    operations.iter().map(|(_, operation)| i128::from(operation.cost.micros())).sum()
}

const CLEAN: &str = "time,org,feature,units\n\
    2025-01-02T00:00:00Z,b,chat,2\n\
    2025-01-02T00:00:01Z,a,chat,1.5\n\
    2025-01-03T00:00:00Z,b,image,4\n";

#[test]
fn rows_become_operations() {
    let world = HistoryTestWorld::new();
    let history = world.good(&spec(&world.file("usage.csv", CLEAN)));
    assert_eq!((history.counts.rows, history.counts.replayed, history.organizations()), (3, 3, 2));
    assert_eq!((history.counts.demanded_micros, history.counts.times_with_zone), (7_500_000, 3));
    let found: Vec<(String, SimTime, Credits)> = replay(&history)
        .into_iter()
        .map(|(label, operation)| (label, operation.at, operation.cost))
        .collect();
    let wanted = [
        ("a", "2025-01-02T00:00:01Z", 1_500_000),
        ("b", "2025-01-02T00:00:00Z", 2_000_000),
        ("b", "2025-01-03T00:00:00Z", 4_000_000),
    ];
    let wanted =
        wanted.map(|(label, at, micros)| (label.to_owned(), instant(at), Credits::from_micros(micros)));
    assert_eq!(found, wanted);
    assert!(history.feeds(FeatureIndex(1)) && !history.feeds(FeatureIndex(2)));
    assert_eq!(
        history.costs(FeatureIndex(0)).map(|costs| costs[0].mean()),
        Some(Credits::from_micros(1_750_000))
    );
}

#[test]
fn dirty_files_are_replayed_and_counted() {
    let world = HistoryTestWorld::new();
    // A byte order mark, columns in another order, quotes, unsorted rows, three time formats, empty cells, a twin.
    let text = "\u{feff}units,feature,note,org,time\n\
        2,chat,\"a, b\",acme,2025-01-05 10:00:00\n\
        2,chat,x,acme,1735776000\n\
        ,chat,x,acme,2025-01-06T00:00:00Z\n\
        1,image,x,,2025-01-06T00:00:00+01:00\n\
        3,chat,y,acme,2025-01-07T00:00:00Z\n\
        3,chat,y,acme,2025-01-07T00:00:00Z\n\
        9,chat,y,acme,2026-01-07T00:00:00Z\n";
    let mut spec = spec(&world.file("dirty.csv", text));
    let counts = world.good(&spec).counts;
    let wanted = HistoryCounts {
        rows: 7,
        replayed: 5,
        operations: 5,
        demanded_micros: 11_000_000,
        sizeless: 1,
        duplicates: 1,
        outside_horizon: 1,
        unsorted: 1,
        without_organization: 1,
        times_with_zone: 4,
        times_without_zone: 1,
        times_in_seconds: 1,
        days_without_rows: 366,
        skipped: 1,
        byte_order_marks: 1,
        organizations: 2,
        ..HistoryCounts::default()
    };
    assert_eq!(counts, wanted);
    assert_eq!(counts.rows, counts.replayed + counts.skipped + counts.outside_horizon);
    spec.duplicates = Duplicates::Drop;
    spec.sizeless = Sizeless::Free;
    let counts = world.good(&spec).counts;
    assert_eq!((counts.replayed, counts.demanded_micros, counts.sizeless), (5, 8_000_000, 1));
}

#[test]
fn json_lines_and_gzip_read_like_csv() {
    let world = HistoryTestWorld::new();
    let text = "{\"time\":\"2025-01-02T00:00:00Z\",\"who\":{\"org\":\"a\"},\"kind\":\"chat\",\"units\":2}\n\n\
        {\"time\":1735862400.5,\"who\":{\"org\":\"a\"},\"kind\":\"image\",\"units\":\"3\",\"extra\":null}\n";
    let mut plain = spec(&world.file("usage.jsonl", text));
    plain.columns.organization = names(&["team", "who.org"]);
    plain.columns.feature = names(&["kind"]);
    let wanted = replay(&world.good(&plain));
    assert_eq!((wanted.len(), total(&wanted), wanted[0].0.as_str()), (2, 5_000_000, "a"));
    let packed = world.folder.path().join("usage.jsonl.gz");
    let mut encoder = flate2::write::GzEncoder::new(
        std::fs::File::create(&packed).expect("a disk"),
        flate2::Compression::fast(),
    );
    encoder.write_all(text.as_bytes()).expect("a disk");
    encoder.finish().expect("a disk");
    assert_eq!(replay(&world.good(&HistorySpec { path: packed, ..plain })), wanted);
}

#[test]
fn histories_are_moved_thinned_scaled_and_repeated() {
    let world = HistoryTestWorld::new();
    let path = world.file("usage.csv", CLEAN);
    let moved = |replay: Replay| HistorySpec { replay, ..spec(&path) };
    let firsts = |replay_as: Replay| replay(&world.good(&moved(replay_as))).iter().map(|row| row.1.at).min();
    let shifted = Replay { shift: Shift::By(SimSpan::DAY), ..Replay::default() };
    assert_eq!(firsts(shifted), Some(instant("2025-01-03T00:00:00Z")));
    let aligned = Replay { shift: Shift::To(instant("2025-01-01")), ..Replay::default() };
    assert_eq!(firsts(aligned), Some(instant("2025-01-01")));
    // 2 January 2025 is a Thursday; the first Thursday from 10 January on is the 16th.
    let weekday = Replay { shift: Shift::ToWeek(instant("2025-01-10")), ..Replay::default() };
    assert_eq!(firsts(weekday), Some(instant("2025-01-16")));
    // The rows span one day and an instant: repetitions are two days apart.
    let repeated = replay(&world.good(&moved(Replay { repeat: 3, ..Replay::default() })));
    assert_eq!((repeated.len(), total(&repeated)), (9, 22_500_000));
    assert_eq!(repeated.iter().map(|row| row.1.at).max(), Some(instant("2025-01-07")));
    let scaled = replay(&world.good(&moved(Replay { scale: 0.5, ..Replay::default() })));
    assert_eq!(total(&scaled), 3_750_000);
    let overlap = Replay { repeat: 2, repeat_every: Some(SimSpan::HOUR), ..Replay::default() };
    assert!(world.prepare(&moved(overlap)).is_err_and(|error| error.to_string().contains("would overlap")));
    let rows: String =
        (0..2_000).map(|row| format!("2025-01-02T00:{:02}:00Z,a,chat,1\n", row % 60)).collect();
    let many = spec(&world.file("many.csv", &format!("time,org,feature,units\n{rows}")));
    let thinned = HistorySpec { replay: Replay { thin: 0.25, ..Replay::default() }, ..many };
    let kept = replay(&world.good(&thinned)).len() as f64;
    assert!((kept - 500.0).abs() < 4.3 * 19.4, "{kept} of 2,000 kept");
}

#[test]
fn organizations_are_chosen_and_merged() {
    let world = HistoryTestWorld::new();
    let rows: String = (0..100).map(|org| format!("2025-01-02T00:00:00Z,team-{org},chat,1\n")).collect();
    let all = spec(&world.file("orgs.csv", &format!("time,org,feature,units\n{rows}")));
    let history = world.good(&HistorySpec { only: names(&["team-1*", "team-99"]), ..all.clone() });
    assert_eq!((history.organizations(), history.counts.not_chosen), (12, 88));
    let merged = world.good(&HistorySpec { merge_into: Some(7), ..all });
    assert_eq!((merged.organizations(), merged.counts.replayed), (7, 100));
}

#[test]
fn people_and_outcomes_are_replayed() {
    let world = HistoryTestWorld::new();
    let text = "time,org,feature,units,user,ms,status\n\
        2025-01-02T00:00:00Z,a,chat,1,ann,1500,ok\n\
        2025-01-02T00:00:01Z,a,chat,1,bob,500,error\n\
        2025-01-02T00:00:02Z,a,chat,1,ann,0,stopped\n";
    let mut spec = spec(&world.file("people.csv", text));
    spec.columns.member = names(&["user"]);
    spec.columns.duration =
        Some(DurationColumn { column: "ms".to_owned(), unit: SimSpan::from_micros(1_000) });
    let status = StatusColumn {
        columns: names(&["status"]),
        failed: names(&["error"]),
        cancelled: names(&["stopped"]),
        usual_words: false,
    };
    spec.columns.status = Some(status);
    let history = world.good(&spec);
    assert_eq!((history.counts.failed, history.counts.cancelled), (1, 1));
    let operations: Vec<Operation> = replay(&history).into_iter().map(|row| row.1).collect();
    let fates: Vec<Fate> = operations.iter().map(|operation| operation.fate).collect();
    assert_eq!(fates, [Fate::Completes, Fate::Fails, Fate::Cancelled]);
    assert_eq!(operations[0].duration, SimSpan::from_micros(1_500_000));
    assert_eq!(operations[1].ends_after, SimSpan::from_micros(500_000));
    assert!(operations[0].member == operations[2].member && operations[0].member != operations[1].member);
    // The source leaves the people as the history names them.
    let organization = history.open(history.place_of(0).0).expect("a disk").remove(0);
    let population = Population { signed_up: SignUp::AtFirstUse, ..Population::default() };
    let traits = organization.traits(&population, organization.point(cohort()));
    assert_eq!((traits.members.len(), traits.label.as_str()), (2, "a"));
    assert_eq!(traits.signed_up, instant("2025-01-02"));
    let source = source(&Demand::default());
    let mut state = source.begin_history(&traits, &history, &organization);
    let mut batch = Batch::default();
    source.fill(&mut state, &mut batch, 2).expect("a disk");
    assert_eq!((batch.operations.len(), batch.upto), (2, operations[1].at));
    assert_eq!(batch.operations[1].member, operations[1].member);
    source.fill(&mut state, &mut batch, 2).expect("a disk");
    assert_eq!(
        (batch.operations.len(), batch.operations[0].sequence, batch.upto),
        (1, 2, instant("2025-02-01"))
    );
}

fn source(demand: &Demand) -> Source {
    Source::new(&SourceSpec {
        feature: FeatureIndex(0),
        name: "chat",
        free: false,
        demand,
        seed: 1,
        start: instant("2025-01-01"),
        end: instant("2025-02-01"),
        zone: &Zone::default(),
        populations: &[],
        listed: &[],
        kept: &[],
        rates: &std::sync::Arc::default(),
        blurred: true,
    })
}

/// A trace of the folder beside the project; the test that wants it is skipped where there is none.
fn trace(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found =
        ["../shared/traces", "../../shared/traces"].into_iter().map(|folder| root.join(folder).join(name));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: there is no ../shared/traces/{name}");
    }
    found
}

#[test]
fn the_image_service_replays_to_its_exact_total() {
    let Some(path) = trace("genai-images.csv") else { return };
    let world = HistoryTestWorld::new();
    let mut spec = spec(&path);
    spec.columns.time = names(&["timestamp"]);
    spec.cost = priced("units * steps / 30");
    spec.features = FeatureMap { map: Vec::new(), other: OtherFeatures::Are(FeatureIndex(0)) };
    spec.replay.shift = Shift::To(instant("2025-01-01"));
    // Independent of the reader: every row split at its commas, the sum in integers (a third never ties).
    let text = std::fs::read_to_string(&path).expect("a trace");
    let mut wanted: i128 = 0;
    let (mut sizeless, mut rows) = (0, 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        rows += 1;
        match (cells[3].parse::<i128>(), cells[6].parse::<i128>()) {
            (Ok(units), Ok(steps)) => wanted += (1_000_000 * units * steps * 2 + 30) / 60,
            _ => sizeless += 1,
        }
    }
    assert_eq!((rows, sizeless), (14_460, 15));
    let history = world.good(&spec);
    let counts = &history.counts;
    assert_eq!((counts.rows, counts.sizeless, counts.replayed), (14_460, 15, 14_445));
    assert_eq!((counts.demanded_micros, counts.organizations), (wanted, 2_409));
    assert_eq!(total(&replay(&history)), wanted);
}
