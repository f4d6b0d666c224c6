//! What code and pages cite is there: numbered rules of `docs/semantics.md`, keys and tests of `docs/demand.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{paths, rust_files};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every text of the project: path below the root, and content.
fn texts() -> Vec<(String, String)> {
    let folders = ["src", "tests", "docs", "benches", "examples", "scenarios"];
    let is_text = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ["rs", "md", "toml", "py"].iter().any(|own| ending == *own))
    };
    let mut paths: Vec<PathBuf> =
        folders.iter().flat_map(|folder| paths(&Path::new(ROOT).join(folder))).filter(is_text).collect();
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        paths.push(Path::new(ROOT).join(page));
    }
    let text = |path: PathBuf| {
        let name = path.strip_prefix(ROOT).expect("below the root").display().to_string();
        (name, fs::read_to_string(&path).expect("UTF-8"))
    };
    paths.into_iter().map(text).collect()
}

fn rules_page() -> String {
    fs::read_to_string(Path::new(ROOT).join("docs/semantics.md")).expect("the page of rules")
}

/// The numbers of sections and rules: `4`, `4.3`.
fn rules() -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for line in rules_page().lines() {
        let number = line.strip_prefix("## ").and_then(|rest| rest.split(' ').next());
        let rule = line.strip_prefix("- **").and_then(|rest| rest.split("**").next());
        for number in [number, rule].into_iter().flatten() {
            assert!(rules.insert(number.to_owned()), "{number} stands twice");
        }
    }
    rules
}

/// The number at the beginning of a text: digits, and digits behind one dot.
fn number(text: &str) -> String {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let section = digits(text);
    let rule = text[section.len()..].strip_prefix('.').map(digits).unwrap_or_default();
    if rule.is_empty() { section } else { format!("{section}.{rule}") }
}

#[test]
fn rules_are_numbered_in_order_within_their_section() {
    let mut last = (0, 0);
    for line in rules_page().lines() {
        if let Some(section) = line.strip_prefix("## ") {
            let section: u32 = number(section).parse().expect("a section has a number");
            assert!(section > last.0, "{line}");
            last = (section, 0);
        }
        if let Some(rule) = line.strip_prefix("- **") {
            let (section, rule) =
                rule.split("**").next().and_then(|rule| rule.split_once('.')).expect("a number");
            let place = (section.parse().expect("a section"), rule.parse().expect("a rule"));
            assert_eq!(place, (last.0, last.1 + 1), "{line}");
            last = place;
        }
    }
}

#[test]
fn cited_rules_exist() {
    let rules = rules();
    assert!(rules.len() > 100, "{}", rules.len());
    let mut wrong = Vec::new();
    let mut cited = 0;
    let sign = "semantics.md §";
    for (name, text) in texts() {
        for rest in text.split(sign).skip(1) {
            let number = number(rest);
            // A citation that this test or the page gives as an example is one of a rule too.
            cited += 1;
            if !rules.contains(&number) && name != "tests/it/citations.rs" {
                wrong.push(format!("{name} cites §{number}"));
            }
        }
        // Pages outside the project are not cited by section.
        for stranger in
            ["SEMANTICS", "METRICS"].map(|page| [format!("{page} §"), format!("{page}-2 §")]).concat()
        {
            if text.contains(&stranger) {
                wrong.push(format!("{name} cites `{stranger}`"));
            }
        }
    }
    assert!(cited > 20, "{cited}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_of_rules_refers_to_rules_that_it_has() {
    let rules = rules();
    for line in rules_page().lines() {
        let text = line
            .strip_prefix("- **")
            .map_or(line, |rest| rest.split_once("** ").map_or("", |(_, text)| text));
        for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.')) {
            let word = word.trim_matches('.');
            if word.contains('.') {
                assert!(rules.contains(word), "{word} is no rule: {line}");
            }
        }
    }
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn what_the_page_on_demand_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&root.join("src")).into_iter().chain(rust_files(&root.join("tests")));
    let code: String = files.map(|path| fs::read_to_string(path).expect("text")).collect();
    let format = fs::read_to_string(root.join("docs/scenario-format.md")).expect("the reference");
    let page = fs::read_to_string(root.join("docs/demand.md")).expect("the page");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.ends_with("` |"))
        .map(|line| line.trim_matches('|').split(" | ").collect())
        .collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        let [demand, keys, _, tests] = row.as_slice() else { panic!("{row:?}") };
        for key in quoted(keys) {
            assert!(format.contains(&format!("| `{key}` | ")), "{demand}: `{key}` is no key");
        }
        for test in quoted(tests) {
            assert!(code.contains(&format!("fn {test}()")), "{demand}: no test is called `{test}`");
        }
    }
    // Every mapping and every count of a history is told, too.
    let page = fs::read_to_string(root.join("docs/usage-histories.md")).expect("the page");
    for name in creditsim::workload::MAPPINGS {
        let known = creditsim::workload::mapping(name).expect(name);
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("`{name}` has no row"));
        for (quantity, _) in known.quantities {
            assert!(row.contains(&format!("`{quantity}`")), "{name}: `{quantity}` is not told");
        }
    }
    let counts = serde_json::to_value(creditsim::workload::HistoryCounts::default()).expect("JSON");
    for count in counts.as_object().expect("an object").keys() {
        let told = page.contains(&format!("`{count}`")) || count.starts_with("times_in_");
        assert!(told, "`{count}` is not told");
    }
}
