//! Pages that name the test behind each of their rows: the tests are there.

use std::fs;
use std::path::Path;

use crate::common::rust_files;

use super::{ROOT, page, quoted};

/// Pages whose tables end in a column of tests, and how many tests they name at least.
const PAGES: [(&str, usize); 2] = [("docs/faults.md", 40), ("docs/determinism.md", 20)];

#[test]
fn every_row_names_tests_that_are_there() {
    let folders = ["src", "tests"].map(|folder| rust_files(&Path::new(ROOT).join(folder))).concat();
    let texts: Vec<String> = folders.iter().map(|path| fs::read_to_string(path).expect("readable")).collect();
    for (name, least) in PAGES {
        let mut tests = 0;
        for line in page(name).lines().filter(|line| line.starts_with("| ") && line.ends_with(" |")) {
            let last = line.trim_end_matches(" |").rsplit(" | ").next().expect("a cell");
            // A row without a name in its last cell is the head of a table.
            let names: Vec<&str> = quoted(last).filter(|name| !name.contains(['/', ' '])).collect();
            assert!(!names.is_empty() || last.trim() == "test", "{name}: no test is named: {line}");
            for test in names {
                let defined = format!("fn {test}(");
                assert!(texts.iter().any(|text| text.contains(&defined)), "{name}: `{test}` of {line}");
                tests += 1;
            }
        }
        assert!(tests >= least, "{name}: {tests} tests are named");
    }
}
