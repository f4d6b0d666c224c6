//! Replaying a usage history through the whole command: rows a second and peak memory, from one million rows to ten.
//!
//! `cargo bench --bench replay` measures; with `-- --test` it replays a hundredth of that and checks the same things.
//! Every figure stands beside what must hold for it: each row is one operation, and memory does not grow with rows.

#![expect(clippy::disallowed_methods, reason = "it measures; nothing it simulates looks at the clock")]

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use creditsim::sampling::mix;

/// Rows that are replayed; memory of the second may exceed that of the first by a fifth.
const ROWS: [u64; 2] = [1_000_000, 10_000_000];
const GROWTH: f64 = 1.2;
/// What a smoke test replays of them.
const SMOKE: u64 = 100;

/// How the rows of a history are dealt out.
struct Kind {
    name: &'static str,
    organizations: u64,
    /// Rows carry an id by which repetitions are found; every tenth row is one.
    ids: bool,
    /// Keys of the history beside those of every kind.
    keys: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind { name: "5,000 organizations", organizations: 5_000, ids: false, keys: "" },
    Kind { name: "one organization", organizations: 1, ids: false, keys: "" },
    Kind {
        name: "one organization, repetitions by id",
        organizations: 1,
        ids: true,
        keys: "id = \"id\"\nduplicates = \"drop\"",
    },
];

const SCENARIO: &str = r#"
name         = "replay"
start        = 2025-01-01T00:00:00Z
horizon      = "30 days"
replications = 1
[histories.usage]
file         = "usage.csv"
time         = "time"
organization = "org"
feature      = "feature"
cost         = "units"
KEYS
[[cohorts]]
name    = "teams"
history = "usage"
[features.chat]
[policies.open]
admission = "none"
"#;

/// What one replay took.
struct Measured {
    seconds: f64,
    peak_mib: Option<f64>,
}

/// Rows over twenty days, out of order by up to an hour.
fn write_history(path: &Path, rows: u64, kind: &Kind) {
    let mut file = BufWriter::with_capacity(1 << 20, fs::File::create(path).expect("a disk"));
    writeln!(file, "time,org,feature,units,id").expect("a disk");
    for row in 0..rows {
        let second = 1_735_689_600 + row * 1_728_000 / rows + mix(row) % 3_600;
        let organization = mix(row ^ 0x5eed) % kind.organizations;
        let id = if row % 10 == 9 { row - 1 } else { row };
        writeln!(file, "{second},org-{organization},chat,{},{id}", row % 9).expect("a disk");
    }
    file.flush().expect("a disk");
}

fn replay(folder: &Path, rows: u64, kind: &Kind) -> Measured {
    write_history(&folder.join("usage.csv"), rows, kind);
    let scenario = folder.join("replay.toml");
    fs::write(&scenario, SCENARIO.replace("KEYS", kind.keys)).expect("a disk");
    let out = folder.join("out");
    let begin = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_creditsim"))
        .args(["run", "--quiet", "--no-organizations", "--output"])
        .args([&out, &scenario])
        .stdout(Stdio::null())
        .status()
        .expect("the command starts");
    let seconds = begin.elapsed().as_secs_f64();
    assert!(status.success(), "{}: {rows} rows cannot be replayed", kind.name);
    let run = fs::read_dir(out.join("replay")).expect("a run").next().expect("a run").expect("a run").path();
    let manifest = fs::read(run.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    let counts = &manifest["histories"][0]["counts"];
    let wanted = if kind.ids { rows - rows / 10 } else { rows };
    assert_eq!(counts["rows"], rows, "{}", kind.name);
    assert_eq!(counts["replayed"], wanted, "{}", kind.name);
    assert_eq!(manifest["operations"], wanted, "{}: every row is one operation", kind.name);
    fs::remove_dir_all(out).expect("a disk");
    let peak_mib = manifest["peak_memory_bytes"].as_f64().map(|bytes| bytes / f64::from(1 << 20));
    Measured { seconds, peak_mib }
}

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--test");
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("{:<38} {:>11} {:>8} {:>12} {:>10}", "history", "rows", "s", "rows/s", "peak MiB");
    for kind in &KINDS {
        let mut peaks = Vec::new();
        for rows in ROWS.map(|rows| if smoke { rows / SMOKE } else { rows }) {
            let Measured { seconds, peak_mib } = replay(folder.path(), rows, kind);
            let peak = peak_mib.map_or_else(|| "n/a".to_owned(), |peak| format!("{peak:.1}"));
            let speed = rows as f64 / seconds;
            println!("{:<38} {rows:>11} {seconds:>8.2} {speed:>12.0} {peak:>10}", kind.name);
            peaks.extend(peak_mib);
        }
        // A smoke test is too small to fill the buffers that bound memory.
        if let ([small, large], false) = (peaks.as_slice(), smoke) {
            let growth = large / small;
            assert!(growth <= GROWTH, "{}: memory grows with rows by a factor of {growth:.2}", kind.name);
        }
    }
}
