//! Errors made on purpose (src/deliberate.rs): each has one site where the list says it is, a line
//! in the table of docs/trust.md, and changes what the scenarios beside this file come to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use creditsim::deliberate::Deliberate;
use regex::Regex;

use crate::common::rust_files;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The list as it is written: variant, name, file.
fn listed() -> Vec<[String; 3]> {
    let text = fs::read_to_string(Path::new(ROOT).join("src/deliberate.rs")).expect("the list");
    let line = Regex::new(r#"(?m)^    (\w+) = "([a-z0-9-]+)" in "([^"]+)": \w+;$"#).expect("a pattern");
    line.captures_iter(&text).map(|found| found.extract::<3>().1.map(str::to_owned)).collect()
}

#[test]
fn every_error_is_made_in_its_file_and_in_no_other() {
    let names: Vec<&str> = Deliberate::ALL.iter().map(|error| error.name()).collect();
    assert_eq!(listed().iter().map(|[_, name, _]| name.as_str()).collect::<Vec<_>>(), names);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "each name once");
    let site = Regex::new(r"Deliberate::(\w+)\.is_made\(\)").expect("a pattern");
    let source = Path::new(ROOT).join("src");
    let mut made = BTreeSet::new();
    for path in rust_files(&source) {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let file =
            path.strip_prefix(&source).expect("below it").to_str().expect("letters").replace('\\', "/");
        made.extend(site.captures_iter(&text).map(|found| (found[1].to_owned(), file.clone())));
    }
    let wanted: BTreeSet<_> = listed().into_iter().map(|[variant, _, file]| (variant, file)).collect();
    assert_eq!(made, wanted);
}

#[test]
fn the_table_of_the_page_has_a_line_for_every_error() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/trust.md")).expect("the page");
    let line = Regex::new(r"(?m)^\| [^|]*\(`([a-z0-9-]+)`\) \|").expect("a pattern");
    let told: Vec<&str> = line.captures_iter(&page).map(|found| found.extract::<1>().1[0]).collect();
    let wanted: Vec<&str> = Deliberate::ALL.iter().map(|error| error.name()).collect();
    assert_eq!(told, wanted, "`python3 tests/errors.py` writes it");
}

#[test]
fn every_error_is_noticed_under_audit_and_by_another_check() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/trust.md")).expect("the page");
    let line = Regex::new(r"(?m)^\| [^|]*\(`([a-z0-9-]+)`\) \|(.*)\|$").expect("a pattern");
    let mut lines = 0;
    for found in line.captures_iter(&page) {
        let (name, cells) = (&found[1], found[2].split('|').map(str::trim));
        let noticed: Vec<bool> = cells.map(|cell| !["–", "not run"].contains(&cell)).collect();
        assert_eq!(noticed.len(), 5, "{name}");
        assert!(noticed[0], "`{name}` passes `--audit`");
        let count = noticed.iter().filter(|noticed| **noticed).count();
        assert!(count >= 2, "`{name}` is noticed by {count}");
        lines += 1;
    }
    assert_eq!(lines, Deliberate::ALL.len());
}

/// What everybody uses makes no errors: not even their names are in the program.
#[cfg(not(feature = "deliberate-errors"))]
#[test]
fn nothing_of_the_errors_is_left_in_a_build_without_them() {
    let program = fs::read(env!("CARGO_BIN_EXE_creditsim")).expect("the program");
    let holds = |word: &[u8]| program.windows(word.len()).any(|bytes| bytes == word);
    assert!(holds(b"creditsim"), "the words of a program are found");
    assert!(!holds(b"CREDITSIM_ERROR") && !holds(Deliberate::BurnOrderReversed.name().as_bytes()));
}

#[cfg(feature = "deliberate-errors")]
mod made {
    use std::collections::BTreeMap;

    use super::*;
    use crate::common::{creditsim, csvs, told};

    /// What a run comes to: its exit code, what it prints, and every file of numbers.
    fn outcome(scenario: &Path, error: Option<Deliberate>) -> (i32, String, BTreeMap<String, Vec<u8>>) {
        let out = tempfile::tempdir().expect("a temporary folder");
        let mut command = creditsim();
        command.arg("run").arg(scenario).args(["--quiet", "--format", "json", "--rows", "cycles"]);
        command.arg("--output").arg(out.path());
        match error {
            Some(error) => command.env("CREDITSIM_ERROR", error.name()),
            None => command.env_remove("CREDITSIM_ERROR"),
        };
        let (code, stdout, _) = told(&command.output().expect("the command starts"));
        (code, stdout, csvs(out.path()))
    }

    #[test]
    fn every_error_changes_what_some_scenario_comes_to() {
        let names = [
            "ceilings",
            "credits",
            "limits",
            "money",
            "plain",
            "plans",
            "rates",
            "scopes",
            "service",
            "shortcuts",
        ];
        let scenarios: Vec<_> = names
            .map(|name| Path::new(ROOT).join(format!("tests/it/errors/{name}.toml")))
            .into_iter()
            .map(|path| (outcome(&path, None), path))
            .collect();
        let hidden = |error: &&Deliberate| {
            scenarios.iter().all(|(right, scenario)| outcome(scenario, Some(**error)) == *right)
        };
        let hidden: Vec<&str> = Deliberate::ALL.iter().filter(hidden).map(|error| error.name()).collect();
        assert_eq!(hidden, [""; 0]);
    }

    #[test]
    fn an_error_that_is_not_in_the_list_is_refused() {
        let mut command = creditsim();
        let output = command.arg("scenarios").env("CREDITSIM_ERROR", "nonsense").output();
        let (code, _, stderr) = told(&output.expect("the command starts"));
        assert_eq!(code, 2);
        assert!(
            stderr.contains("`CREDITSIM_ERROR` is `nonsense`; wanted one of: burn-order-reversed, "),
            "{stderr}"
        );
    }
}
