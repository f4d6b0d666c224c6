//! What a stranger's bytes reach, one function for each kind of input: whatever they are, it returns.
//!
//! The suite feeds them the files in `corpus/`; `fuzz/` includes this file and feeds them what a fuzzer makes up. Invariants:
//! nothing is read outside a folder made for the bytes; what is refused is refused with a problem, so that every panic is a
//! finding.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use creditsim::calendar::Zone;
use creditsim::engine::{
    self, Cut, Enough, GroupSize, JobOptions, Merger, NoOutcomes, NoRows, Planned, Said,
};
use creditsim::parts::{Catalogue, Part};
use creditsim::scenario::{
    Problem, Scenario, ScenarioSource, examine, parse_half_width, parse_threshold, parse_wanted, read,
};
use creditsim::workload::{BilledInvoices, InvoiceReading, MAPPINGS, fit, read_column};

/// Is fed bytes; whatever they are, it ends without a panic.
pub type Reader = fn(&[u8]);

/// The kinds of input, by the names of their folders in `corpus/`.
pub const TARGETS: [(&str, Reader); 7] = [
    ("scenario", scenario),
    ("set", set),
    ("condition", condition),
    ("run", run),
    ("history", history),
    ("accounts", accounts),
    ("part", part),
];

/// A scenario's text, as `check` reads it: with its cautions, and the files that it names.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("usage.csv"), USAGE).expect("a disk");
    let (scenario, problems) = examine(&named(text, folder.path()));
    assert!(scenario.is_some() || !problems.is_empty(), "refused without a word");
    for problem in problems {
        assert!(!problem.to_string().is_empty());
    }
}

/// Lines of `KEY=VALUE`, set over a bundled scenario as `--set` does.
pub fn set(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let values: Vec<(String, String)> = text
        .lines()
        .take(8)
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let bundled = ScenarioSource::from_bundled("policy-shootout").expect("it comes along");
    let (scenario, problems) = examine(&bundled.with_overrides(&values));
    assert!(scenario.is_some() || !problems.is_empty(), "refused without a word");
}

/// A condition of `--threshold`, of `--until`, and of `optimize`.
pub fn condition(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let policies = ["block".to_owned(), "hold: late".to_owned()];
    let said = [
        parse_threshold(text, &policies).map(drop),
        parse_half_width(text, &policies).map(drop),
        parse_wanted(text, &policies).map(drop),
    ];
    for refused in said.into_iter().filter_map(Result::err) {
        assert!(!refused.to_string().is_empty());
    }
}

/// A scenario's text, read and, if little is asked for, simulated with two organizations of each cohort.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let Ok(scenario) = read(&named(text, folder.path())) else { return };
    let expected = engine::expect(&scenario, Planned { first: Some(2), threads: 1, ..Planned::default() });
    let replications = f64::from(scenario.replications);
    if !scenario.histories.is_empty() || expected.events > MOST_EVENTS * replications {
        return;
    }
    simulated(&scenario);
}

/// Simulates two organizations of each cohort.
fn simulated(scenario: &Scenario) {
    let options = JobOptions { first: Some(2), ..JobOptions::default() };
    engine::record_panics();
    let ended = engine::caught(|| {
        let job = engine::prepare(scenario, options, Arc::new(NoRows));
        engine::run_pure(&job, 0..1, 64, &mut NoOutcomes).map(drop)
    });
    match ended {
        Ok(Ok(())) | Ok(Err(engine::Failure::Impossible { .. })) | Err(Said::Impossible(_)) => {}
        Ok(Err(failure)) => panic!("{failure}"),
        Err(Said::Panicked(what)) => panic!("{what}"),
    }
}

/// Events under all policies that a run of the fuzzer may have.
const MOST_EVENTS: f64 = 5_000.0;

/// A byte that says how, then a file that is read as a usage history, as bills, as a column of values, or to be fitted.
pub fn history(data: &[u8]) {
    let Some((&how, file)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("usage");
    let packed = how & 0x80 != 0;
    std::fs::write(&path, if packed { gzip(file) } else { file.to_vec() }).expect("a disk");
    match usize::from(how & 0x7f).checked_sub(READERS) {
        Some(mapping) => {
            replayed(&format!("mapping = {:?}", MAPPINGS[mapping % MAPPINGS.len()]), folder.path())
        }
        None => READ_AS[usize::from(how & 0x7f)](folder.path(), &path),
    }
}

/// Readers of histories beside those that follow a ready-made mapping.
const READERS: usize = 5;
const READ_AS: [fn(&Path, &Path); READERS] = [
    |folder, _| replayed(COLUMNS, folder),
    |folder, _| replayed(&format!("{COLUMNS}\nbuckets = {{ length = \"as found\" }}\nid = \"id\""), folder),
    |_, path| {
        let (zone, named) = (Zone::default(), []);
        let reading =
            InvoiceReading { zone: &zone, currency: Some("USD"), named: &named, package: Some(1_000_000) };
        let _ = BilledInvoices::read(path, &reading).map_err(|problems| problems.to_string());
    },
    |_, path| drop(read_column(path, None, "credits", Some(1 << 20)).map_err(|problem| problem.to_string())),
    |_, path| drop(fit::outline(path, "usage").map_err(|problems| problems.to_string())),
];

const COLUMNS: &str = "time = \"timestamp\"\norganization = \"team\"\nfeature = \"feature\"\ncost = \"credits\"\n\
                       optional = [\"credits\"]\nduration = \"seconds\"\n\
                       status = { column = \"status\", failed = [\"failed\"] }";

/// Checks, sorts and reads the file `usage` of a folder as the history of a scenario.
fn replayed(how: &str, folder: &Path) {
    let text = format!(
        "start = 2025-02-01\nhorizon = \"90 days\"\n[histories.usage]\nfile = \"usage\"\n{how}\n\
         features = {{ other = \"chat\" }}\n[[cohorts]]\nname = \"teams\"\nhistory = \"usage\"\n[features.chat]\n\
         {}[policies.block]\n",
        if how.starts_with("mapping") { "cost = 1\n" } else { "" }
    );
    let scenario = match read(&named(&text, folder)) {
        Ok(scenario) => scenario,
        Err(problems) => return assert!(problems.iter().all(|problem| !problem.to_string().is_empty())),
    };
    let sorted = folder.join("sorted");
    let Ok(histories) = engine::prepare_histories(&scenario, &sorted, &|_| true) else { return };
    for history in &histories {
        let organizations =
            history.blocks().map(|block| history.open(block).expect("it was just sorted").len());
        assert_eq!(organizations.sum::<usize>() as u64, u64::from(history.organizations()));
    }
}

/// A byte that says how, then a file of accounts as they are: two of them open under two policies, and live for three days.
pub fn accounts(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = match with_accounts(data, folder.path()) {
        Ok(scenario) => scenario,
        Err(problems) => return assert!(problems.iter().all(|problem| !problem.to_string().is_empty())),
    };
    if scenario.histories.is_empty() {
        return simulated(&scenario);
    }
    let sorted = folder.path().join("sorted");
    drop(engine::prepare_histories(&scenario, &sorted, &|_| true).map_err(|problem| problem.to_string()));
}

/// The scenario whose accounts such bytes are.
pub fn with_accounts(data: &[u8], folder: &Path) -> Result<Scenario, Vec<Problem>> {
    let (&how, file) = data.split_first().unwrap_or((&0, &[]));
    let bytes = if how & 0x80 == 0 { file.to_vec() } else { gzip(file) };
    std::fs::write(folder.join("accounts"), bytes).expect("a disk");
    std::fs::write(folder.join("usage.csv"), USAGE).expect("a disk");
    let how = usize::from(how & 0x7f) % ACCOUNTS_OF.len();
    let text = ACCOUNTS.replace("[[cohorts]]", &format!("[[cohorts]]\n{}", ACCOUNTS_OF[how]));
    read(&named(&text, folder))
}

/// Whose accounts they are.
const ACCOUNTS_OF: [&str; 3] = [
    "accounts = { file = \"accounts\", groups = [\"law\"] }",
    "history = \"usage\"\naccounts = { file = \"accounts\", others = \"as cohort\" }",
    "accounts = { file = \"accounts\", other_groups = \"none\", credits = \"left\", plans = { Gold = \"large\" } }",
];

const ACCOUNTS: &str = "start = 2025-02-01\nhorizon = \"3 days\"\n[[cohorts]]\nname = \"firms\"\nplan = \"small\"\n\
     [histories.usage]\nfile = \"usage.csv\"\ntime = \"timestamp\"\norganization = \"team\"\ncost = \"credits\"\n\
     feature = \"feature\"\n[features.chat]\n\
     [policy]\nlimits = [{ name = \"person\", per = \"member\", amount = 100 }]\n\
     [policies.block.plans.small]\nallowance = { credits = 50, every = \"month\" }\n\
     [policies.block.plans.large]\nallowance = { credits = 9, every = \"day\", per = \"member\" }\n\
     [policies.allow]\nshort = \"allow\"\n";

/// A part of a run. Bytes that begin as one does are taken as they are; others are taken as blocks (a kind, a length of two
/// bytes, contents) whose checksums are put right, since no fuzzer guesses those.
pub fn part(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shard-1.part");
    std::fs::write(&path, if data.starts_with(b"creditsim part") { data.to_vec() } else { sealed(data) })
        .expect("a disk");
    let Ok(part) = Part::open(&path) else { return };
    let scenario: &Scenario = &PARTED;
    let shape = engine::shape(scenario);
    for piece in &part.pieces {
        let _ = (piece.organizations(), piece.outcome(shape.clone()).map(|outcome| outcome.organizations()));
    }
    let Ok((Some(catalogue), _)) = Catalogue::of(&[path]) else { return };
    let _ = catalogue.missing(catalogue.shard.of.min(1_000));
    let size = GroupSize { organizations: 3, replications: 2 };
    let Ok(cut) = Cut::new(&[size], catalogue.shard.of, |_| 1) else { return };
    let groups = [(size.organizations, shape)];
    let mut sinks: [Box<dyn engine::Sink>; 1] = [Box::new(NoOutcomes)];
    let mut merger = Merger::new(&cut, &groups, &mut sinks);
    engine::record_panics();
    for (&number, path) in &catalogue.parts {
        if !matches!(merger.take(number, path), Ok(Enough::No)) {
            return;
        }
    }
}

/// The scenario whose parts lie in the corpus.
pub const PARTED_TEXT: &str = "start = 2025-01-01\nhorizon = \"10 days\"\nreplications = 2\n[[cohorts]]\nname = \"teams\"\n\
                               organizations = 3\n[features.chat]\narrivals = { poisson = \"4/day\" }\ncost = 2\n\
                               [policies.block]\nadmission = \"positive\"\nallowance = 20\n";

static PARTED: LazyLock<Scenario> =
    LazyLock::new(|| read(&ScenarioSource::from_text("parted.toml", PARTED_TEXT)).expect("a scenario"));

/// Blocks with their checksums, behind what a part begins with.
pub fn sealed(data: &[u8]) -> Vec<u8> {
    let mut bytes = b"creditsim part\x00\x03".to_vec();
    let (mut rest, mut blocks) = (data, 0_u64);
    while let [kind, low, high, behind @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(behind.len());
        block(&mut bytes, *kind, &behind[..length]);
        rest = &behind[length..];
        blocks += 1;
    }
    block(&mut bytes, b'E', &blocks.to_le_bytes());
    bytes
}

fn block(bytes: &mut Vec<u8>, kind: u8, contents: &[u8]) {
    let from = bytes.len();
    bytes.push(kind);
    bytes.extend_from_slice(&(contents.len() as u64).to_le_bytes());
    bytes.extend_from_slice(contents);
    let mut sum = flate2::Crc::new();
    sum.update(&bytes[from..]);
    bytes.extend_from_slice(&sum.sum().to_le_bytes());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("memory")
}

/// A scenario that lies in a folder of its own, beyond which it may read nothing.
fn named(text: &str, folder: &Path) -> ScenarioSource {
    ScenarioSource::from_text("fed.toml", text).in_folder(folder).enclosed()
}

/// What scenarios of the corpus may name.
pub const USAGE: &str =
    "timestamp,team,feature,credits\n2025-01-02T00:00:00Z,a,chat,1\n2025-01-03T00:00:00Z,b,chat,2.5\n";
