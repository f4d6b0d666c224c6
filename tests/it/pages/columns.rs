//! `docs/output.md` tells every column of every file, in order, and nothing else; kinds of entries and the manifest likewise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use creditsim::outcome::METRICS;

use crate::common::{Place, manifest, paths};

use super::{page, quoted};

const SCENARIO: &str = r#"
version = 1
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
replications = 5
baseline = "block"

[[cohorts]]
name = "teams"
organizations = 6

[features.chat]
arrivals = { poisson = "4/day" }
cost = { uniform = [1, 5], step = 1 }

[policy]
allowance = { credits = 200, every = "month" }
subscription = "20 USD"

[policies.block]
admission = "positive"
limits = [{ name = "month", amount = 150, window = { every = "month" } }]

[policies.over]
admission = "positive"
short = "allow"
overdraft = { limit = 50 }
"#;

/// A past beside its bills.
const PAST: &str = r#"
name = "past"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
[histories.usage]
file = "usage.csv"
time = "at"
organization = "org"
feature = "kind"
cost = "units"
[[cohorts]]
name = "customers"
history = "usage"
[features.chat]
[policies.block]
"#;

const KEY: &str = "policy.allowance.credits";

/// What stands in the columns of a section, in order: names, and the rows that stand for all outcomes.
fn told(section: &str) -> Vec<String> {
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| column"));
    let first = |row: &str| row[2..].split(" | ").next().unwrap_or_default().to_owned();
    rows.flat_map(|row| {
        let cell = first(row);
        if cell.starts_with('`') { quoted(&cell).map(str::to_owned).collect() } else { vec![cell] }
    })
    .collect()
}

/// The sections of the page that tell of a file, or of something else with a name in backquotes.
fn sections(page: &str) -> BTreeMap<&str, &str> {
    let named = page.split("\n### ").skip(1).filter_map(|section| {
        let (title, text) = section.split_once('\n')?;
        Some((title.trim_matches('`'), text.split("\n## ").next()?))
    });
    named.collect()
}

/// The columns of a file as the page tells them: what depends on the question stands for itself.
fn written(name: &str, header: &str) -> Vec<String> {
    let outcome = |name: &str| METRICS.iter().any(|metric| metric.name == name);
    let settings = ["front.csv", "optimum.csv"].contains(&name);
    let mut columns: Vec<String> = Vec::new();
    for column in header.split(',') {
        let (bare, half) =
            column.strip_suffix("_half_width").map_or((column, ""), |bare| (bare, "_half_width"));
        let every = match name {
            "replications.csv" => Some("every outcome"),
            "organizations.csv" => Some("every outcome with O"),
            _ => None,
        };
        let told = match every.filter(|_| outcome(column)) {
            Some(every) => every.to_owned(),
            None if column == KEY => "KEY".to_owned(),
            None if settings && outcome(bare) => format!("OUTCOME{half}"),
            None if settings && bare.contains('<') => format!("CONDITION{half}"),
            None => column.to_owned(),
        };
        // Outcomes in a row, and the columns of several objectives, are told once.
        if !columns.contains(&told) {
            columns.push(told);
        }
    }
    columns
}

/// Runs everything that writes files, with everything in them.
fn everything() -> Place {
    let place = Place::of(&[
        ("small.toml", SCENARIO),
        ("past.toml", PAST),
        ("usage.csv", "at,org,kind,units\n2025-01-05T10:00:00Z,a,chat,6\n"),
        ("bills.csv", "org,month,charged\na,2025-01,6\n"),
    ]);
    let vary = format!("{KEY}=150,200");
    let commands: [&[&str]; 5] = [
        &["backtest", "past.toml", "--actual", "bills.csv"],
        &["run", "small.toml", "--rows", "cycles,limit-accounts,operations,journal"],
        &["sweep", "small.toml", "--vary", &vary, "--objectives", "lost_credits,overspend_credits"],
        &[
            "optimize",
            "small.toml",
            "--minimize",
            "lost_credits",
            "--subject-to",
            "loss_rate<99%",
            "--over",
            &vary,
        ],
        &[
            "sensitivity",
            "small.toml",
            "--metric",
            "loss_rate",
            "--only",
            "chat.cost",
            "--policy",
            "over",
            "--morris",
            "2",
        ],
    ];
    for command in commands {
        let (code, _, stderr) = place.creditsim(&[command, &["--quiet", "--output", "out"]].concat());
        assert_eq!(code, 0, "{command:?}: {stderr}");
    }
    place
}

#[test]
fn every_column_of_every_file_is_told_and_nothing_else() {
    let place = everything();
    let text = page("docs/output.md");
    let mut sections: BTreeMap<&str, &str> =
        sections(&text).into_iter().filter(|(name, _)| name.ends_with(".csv")).collect();
    for path in
        paths(&place.path("out")).into_iter().filter(|path| path.extension().is_some_and(|own| own == "csv"))
    {
        let name = path.file_name().expect("a file").to_string_lossy().replace("-over.csv", "-POLICY.csv");
        let text = fs::read_to_string(&path).expect("readable");
        let header = text.lines().next().expect("a header");
        let section = sections.remove(name.as_str()).unwrap_or_else(|| panic!("{name} is not told"));
        assert_eq!(told(section), written(&name, header), "{name}");
    }
    assert!(sections.is_empty(), "nothing writes {:?}", sections.keys());
    // The table of files has them all.
    let files = text.split("\n## Files").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a table");
    for path in paths(&place.path("out")) {
        let name = path.file_name().expect("a file").to_string_lossy().replace("-over.csv", "-POLICY.csv");
        assert!(files.contains(&format!("`{name}`")) || name.ends_with(".svg"), "{name} is in no row");
    }
}

#[test]
fn every_kind_of_entry_is_told() {
    let text = page("docs/output.md");
    let told: BTreeSet<String> = told(sections(&text)["Kinds of entries"])
        .into_iter()
        .filter(|kind| kind != "kind")
        .map(|kind| kind.trim_end_matches("_REASON").trim_end_matches("_LEVEL").to_owned())
        .collect();
    let code = page("src/report/rows.rs");
    let names = code.split("const fn bare_kind_name").nth(1).and_then(|rest| rest.split("\n}\n").next());
    let written: BTreeSet<String> = names
        .expect("the words")
        .lines()
        .filter_map(|line| line.split("=> \"").nth(1)?.split('"').next().map(str::to_owned))
        .collect();
    assert!(written.len() > 50, "{}", written.len());
    assert_eq!(told, written);
}

#[test]
fn every_field_of_the_manifest_is_told() {
    let text = page("docs/output.md");
    let told: BTreeSet<String> =
        told(sections(&text)["manifest.json"]).into_iter().filter(|field| field != "field").collect();
    let code = page("src/report/folder/manifest.rs");
    let fields = code.split("pub struct Manifest {").nth(1).and_then(|rest| rest.split("\n}\n").next());
    let field = |line: &str| line.trim().strip_prefix("pub ")?.split(':').next().map(str::to_owned);
    let mut known: BTreeSet<String> = fields.expect("the fields").lines().filter_map(field).collect();
    known.extend(["question_hash", "histogram_relative_error", "files", "missing_files"].map(str::to_owned));
    assert_eq!(told, known);
    let place = Place::with(SCENARIO);
    place.run(&[]);
    let manifest = manifest(&place.result());
    for field in manifest.as_object().expect("an object").keys() {
        assert!(told.contains(field), "{field}");
    }
}
