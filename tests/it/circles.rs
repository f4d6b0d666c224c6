//! No circle of files in `organization/`: a file can be read after those that it uses.
//!
//! A file uses another if it names something in it by path, or calls a method of `self` that only the other one of its
//! folder defines. Files of a folder extend the types of its `mod.rs`, so that they may use it and it may use them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::common::{program, rust_files};

/// Folders whose files may call one another in a circle, each with its reason.
const ONE_MACHINE: &[(&str, &str)] = &[(
    "account/conductor",
    "methods of one state machine: what follows from a change of balance may change a balance (it buys, it kills, it retries)",
)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/organization")
}

/// The program text of every file by its module path (`account/books/lots`), without tests and comments.
fn sources() -> BTreeMap<String, String> {
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).expect("below the root").with_extension("");
        let name = name.to_str().expect("a name in letters").replace('\\', "/");
        let name = name.strip_suffix("mod").map_or(name.as_str(), |folder| folder.trim_end_matches('/'));
        (name.to_owned(), program(&path))
    };
    rust_files(&root()).into_iter().map(named).collect()
}

/// The file that a path is in: the longest beginning of it that is a file.
fn file_of(sources: &BTreeMap<String, String>, path: &[&str]) -> String {
    let beginnings = (0..=path.len()).rev().map(|len| path[..len].join("/"));
    beginnings.into_iter().find(|name| sources.contains_key(name)).unwrap_or_default()
}

/// Names at the beginning of each branch of a list `{a, b::{c, d}, e}` that starts at `text`.
fn branches(text: &str) -> Vec<String> {
    let (mut depth, mut found, mut name, mut open) = (0, Vec::new(), String::new(), true);
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth <= 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                found.push(std::mem::take(&mut name));
                open = true;
            }
            _ if depth == 1 && open && (letter.is_alphanumeric() || letter == '_') => name.push(letter),
            _ if depth == 1 && !name.is_empty() => open = false,
            _ => {}
        }
    }
    found.push(name);
    found
}

/// Files that a file names by path.
fn named(sources: &BTreeMap<String, String>, file: &str) -> BTreeSet<String> {
    let text = &sources[file];
    let path = Regex::new(r"(?-u)\b(crate::organization::|self::|(?:super::)+)((?:\w+::)*)(\{|\w+)")
        .expect("a pattern");
    let own: Vec<&str> = file.split('/').filter(|part| !part.is_empty()).collect();
    let mut found = BTreeSet::new();
    for piece in path.captures_iter(text) {
        let start = piece.get(0).expect("a match").start();
        if text[..start].ends_with("pub(in ") {
            continue;
        }
        let ups = if piece[1].starts_with("super") { piece[1].matches("super").count() } else { 0 };
        let base =
            if piece[1].starts_with("crate") { &[][..] } else { &own[..own.len().saturating_sub(ups)] };
        let middle = piece[2].split("::").filter(|part| !part.is_empty());
        let path: Vec<&str> = base.iter().copied().chain(middle).collect();
        let last = piece.get(3).expect("the last part");
        let lasts = if last.as_str() == "{" {
            branches(&text[last.start()..])
        } else {
            vec![last.as_str().to_owned()]
        };
        found.extend(lasts.iter().map(|last| file_of(sources, &[&path[..], &[last]].concat())));
    }
    found
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Files of its folder whose methods a file calls on `self`, if no other file defines one of that name.
fn called(sources: &BTreeMap<String, String>, file: &str) -> BTreeSet<String> {
    let defined = Regex::new(r"(?-u)\bfn (\w+)(?:<[\w:, ']*>)?\(\s*&?(?:mut )?self\b").expect("a pattern");
    let methods = |file: &str| -> BTreeSet<String> {
        defined.captures_iter(&sources[file]).map(|found| found[1].to_owned()).collect()
    };
    let own = methods(file);
    let beside: Vec<(&String, BTreeSet<String>)> = sources
        .keys()
        .filter(|other| *other != file && folder(other) == folder(file))
        .map(|other| (other, methods(other)))
        .collect();
    let call = Regex::new(r"(?-u)\bself\s*\.(\w+)\(").expect("a pattern");
    let mut found = BTreeSet::new();
    for name in call.captures_iter(&sources[file]).map(|found| found[1].to_owned()) {
        let owners: Vec<_> = beside.iter().filter(|(_, methods)| methods.contains(&name)).collect();
        if let ([(only, _)], false) = (&owners[..], own.contains(&name)) {
            found.insert((*only).clone());
        }
    }
    found
}

fn reached(uses: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(file) = next.pop() {
        for other in &uses[&file] {
            if found.insert(other.clone()) {
                next.push(other.clone());
            }
        }
    }
    found
}

/// Files that reach each other, each circle once.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<String>> =
        uses.keys().map(|file| (file, reached(uses, file))).collect();
    let with =
        |file: &String| reach[file].iter().filter(|other| reach[other].contains(file)).cloned().collect();
    uses.keys().map(with).filter(|circle: &Vec<String>| circle.len() > 1).collect()
}

/// What each file uses, but for the folders that it is in.
fn uses(
    sources: &BTreeMap<String, String>,
    of: fn(&BTreeMap<String, String>, &str) -> BTreeSet<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let above = |file: &str, other: &str| other.is_empty() || file.starts_with(&format!("{other}/"));
    let of_file = |file: &String| {
        let used = of(sources, file).into_iter().filter(|other| other != file && !above(file, other));
        (file.clone(), used.collect())
    };
    sources.keys().map(of_file).collect()
}

#[test]
fn no_circle_of_files_in_organization() {
    let all = sources();
    let known = circles(&uses(&all, named));
    assert!(known.is_empty(), "files that name each other: {known:#?}");
    let both = uses(&all, |all, file| named(all, file).into_iter().chain(called(all, file)).collect());
    let machine = |circle: &Vec<String>| {
        ONE_MACHINE.iter().any(|(home, _)| circle.iter().all(|file| folder(file) == *home))
    };
    let wrong: Vec<_> = circles(&both).into_iter().filter(|circle| !machine(circle)).collect();
    assert!(wrong.is_empty(), "files that use each other: {wrong:#?}");
}

/// Parts of the account know nothing of who conducts them.
#[test]
fn no_part_of_the_account_knows_its_conductor() {
    let all = sources();
    let conductor = |file: &str| file.starts_with("account/conductor");
    let parts = all.keys().filter(|file| file.starts_with("account/") && !conductor(file));
    for part in parts {
        let named = named(&all, part);
        assert!(!named.iter().any(|other| conductor(other)), "{part} names {named:?}");
    }
}

#[test]
fn circles_are_found_by_path_and_by_method() {
    let text = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
    };
    let by_path = text(&[
        ("a", "use super::b::{Other,\n    Thing};"),
        ("b", "use crate::organization::{a::Name, c};"),
        ("c", ""),
    ]);
    let found = circles(&uses(&by_path, named));
    assert_eq!(found, BTreeSet::from([vec!["a".to_owned(), "b".to_owned()]]));
    let by_method = text(&[
        ("m", ""),
        ("m/a", "fn first(&self) { self.second(); }"),
        ("m/b", "fn second(&mut self) { self.first(); }"),
        ("m/c", "fn third(&self) { self.first(); }"),
    ]);
    let found = circles(&uses(&by_method, called));
    assert_eq!(found, BTreeSet::from([vec!["m/a".to_owned(), "m/b".to_owned()]]));
}
