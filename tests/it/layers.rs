//! The rooms may import only what the table of ARCHITECTURE.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// (room, rooms it may import). `std` and crates are not rooms; a room may always import itself.
const TABLE: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("sampling", &["units"]),
    ("calendar", &["units"]),
    ("ledger", &["units", "policy"]),
    ("policy", &["units", "calendar", "sampling", "ledger"]),
    ("workload", &["units", "calendar", "sampling"]),
    ("outcome", &["units", "ledger", "policy"]),
    ("parts", &["outcome"]),
    ("organization", &["units", "calendar", "sampling", "ledger", "policy", "workload", "outcome"]),
    ("scenario", &["units", "calendar", "sampling", "policy", "workload", "organization", "outcome"]),
    ("actors", &["units", "sampling", "organization", "workload", "outcome", "parts"]),
    (
        "engine",
        &[
            "units",
            "calendar",
            "sampling",
            "policy",
            "workload",
            "organization",
            "outcome",
            "parts",
            "actors",
            "scenario",
        ],
    ),
    (
        "experiment",
        &["units", "sampling", "organization", "scenario", "engine", "outcome", "policy", "workload"],
    ),
    ("report", &["units", "outcome", "experiment", "scenario", "organization"]),
];

/// Everything but the command line: only it may import what it likes, write to the terminal, and know clap.
fn rooms() -> Vec<&'static str> {
    TABLE.iter().map(|(room, _)| *room).collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The program text of a file without its tests and comments.
fn program(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    let head = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    head.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

fn sources(room: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), &mut found);
    found.retain(|path| !is_test_file(path));
    found
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let mut wrong = BTreeSet::new();
    for (room, allowed) in TABLE {
        for path in sources(room) {
            let text = program(&path);
            for piece in text.split("crate::").skip(1) {
                let other: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = rooms().contains(&other.as_str()) || other == "cli";
                if known && other != *room && !allowed.contains(&other.as_str()) {
                    wrong.insert(format!("{} imports `{other}`", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn actors_clap_and_the_terminal_stay_in_their_rooms() {
    let only = [("actix", &["actors", "engine"][..]), ("clap", &["cli"][..]), ("println!", &["cli"][..])];
    for (word, homes) in only {
        for room in rooms().into_iter().filter(|room| !homes.contains(room)) {
            for path in sources(room) {
                let used = program(&path)
                    .lines()
                    .any(|line| line.contains(&format!("{word}::")) || line.contains(&format!("{word}(")));
                assert!(!used, "{} uses {word}", path.display());
            }
        }
    }
}

/// The name a line declares, if it declares a type of the program (an associated type is not one).
fn declared_type(line: &str) -> Option<&str> {
    let rest = line.trim_start();
    let nested = rest.len() < line.len();
    let rest = match rest.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None => rest,
    };
    let (word, rest) = rest.split_once(' ')?;
    let declares = matches!(word, "struct" | "enum" | "trait" | "union") || (word == "type" && !nested);
    declares.then(|| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
}

#[test]
fn a_type_name_stands_for_one_idea() {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("readable");
        for name in text.lines().filter_map(declared_type) {
            declared.entry(name.to_owned()).or_default().push(path.display().to_string());
        }
    }
    assert!(declared.len() > 500, "only {} types were found", declared.len());
    let twice: Vec<String> = declared
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    assert!(twice.is_empty(), "declared more than once:\n{}", twice.join("\n"));
}
