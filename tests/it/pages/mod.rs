//! The pages of the project are true: links lead somewhere, commands print what is shown, columns and
//! tests are there.
//!
//! Owns how a page is read. Leaves rules and what cites them to `citations`, the page of platforms to `platforms`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod columns;
mod keys;
mod links;
mod named;
#[cfg(target_os = "linux")]
mod shown;

/// The project's folder.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The text of a page by its path below the project's folder.
fn page(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every Markdown page of the project below its folder, sorted; what lies in `src` is a part of a page.
fn pages() -> Vec<String> {
    let mut folders = vec![PathBuf::from(ROOT)];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("readable").path();
            let name = path.strip_prefix(ROOT).expect("below the root").to_string_lossy().into_owned();
            if path.is_dir() {
                let own = !["target", "src", ".git"].contains(&name.as_str()) && !is_result(&name);
                folders.extend(own.then_some(path));
            } else if name.ends_with(".md") {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

/// Whether a folder is the result of a run in the project's folder.
fn is_result(folder: &str) -> bool {
    folder.starts_with("output/")
}

/// The lines of a page that are prose: code is left empty, so that lines keep their numbers.
fn prose(page: &str) -> Vec<String> {
    let mut fenced = false;
    let line = |line: &str| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fenced || fence { String::new() } else { line.to_owned() }
    };
    page.lines().map(line).collect()
}

/// What stands in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
