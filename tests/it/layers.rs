//! The rooms may import only what the table of ARCHITECTURE.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{program, rust_files};

/// A line of the table of rooms in ARCHITECTURE.md.
struct RoomRow {
    room: String,
    /// Rooms that it imports.
    imports: BTreeSet<String>,
    /// Crates that it uses.
    crates: BTreeSet<String>,
}

/// The table: `| \`room\` | what it holds | rooms | crates |`.
fn table() -> Vec<RoomRow> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md"));
    let page = page.expect("the page is there");
    let lines = page.lines().skip_while(|line| *line != "| room | holds | imports | crates |").skip(2);
    let listed = |cell: &str| {
        let names = cell.split(',').map(|name| name.trim().to_owned());
        names.filter(|name| name != "–").collect::<BTreeSet<String>>()
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [room, _, imports, crates] = cells[..] else { panic!("four cells, not {line}") };
        let room = room.trim().trim_matches('`').to_owned();
        RoomRow { room, imports: listed(imports), crates: listed(crates) }
    };
    lines.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// Everything but the command line: only it may write to the terminal and know clap.
fn rooms() -> Vec<String> {
    table().into_iter().map(|row| row.room).filter(|room| room != "cli").collect()
}

/// Crates that the program may use, as code names them.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest: toml::Table = manifest.expect("the manifest").parse().expect("TOML");
    let mut tables = vec![&manifest["dependencies"]];
    let targets = manifest["target"].as_table().expect("targets").values();
    tables.extend(targets.filter_map(|target| target.get("dependencies")));
    tables.iter().filter_map(|table| table.as_table()).flat_map(|table| table.keys().cloned()).collect()
}

/// The names that stand before `::` or `;` in a text and are not behind another name.
fn first_names(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = BTreeSet::new();
    for piece in text.split_inclusive(|c: char| !is_name(c)) {
        let name = piece.trim_end_matches(|c: char| !is_name(c));
        let place = piece.as_ptr() as usize - text.as_ptr() as usize;
        let (before, after) = (&text[..place], &text[place + name.len()..]);
        if !name.is_empty() && !before.ends_with(':') && (after.starts_with("::") || after.starts_with(';')) {
            names.insert(name);
        }
    }
    names
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

fn sources(room: &str) -> Vec<PathBuf> {
    let mut found = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room));
    found.retain(|path| !is_test_file(path));
    found
}

#[test]
fn rooms_import_what_the_table_says_and_nothing_else() {
    let (table, dependencies) = (table(), dependencies());
    assert!(table.len() > 10, "the table of rooms is found");
    let known: BTreeSet<&str> = table.iter().map(|row| row.room.as_str()).collect();
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("the source");
    let folders = folders.map(|entry| entry.expect("readable").path()).filter(|path| path.is_dir());
    let folders: BTreeSet<String> =
        folders.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    assert_eq!(folders, known.iter().map(|room| (*room).to_owned()).collect(), "rooms and their lines");
    let mut wrong = BTreeSet::new();
    for row in &table {
        let (mut imports, mut crates) = (BTreeSet::new(), BTreeSet::new());
        for path in sources(&row.room) {
            let text = program(&path);
            for piece in text.split("crate::").skip(1) {
                let other: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if known.contains(other.as_str()) && other != row.room {
                    imports.insert(other);
                }
            }
            let names = first_names(&text);
            let used = dependencies.iter().filter(|name| names.contains(name.replace('-', "_").as_str()));
            crates.extend(used.cloned());
        }
        for (listed, used) in [(&row.imports, &imports), (&row.crates, &crates)] {
            let room = &row.room;
            wrong.extend(used.difference(listed).map(|name| format!("{room} imports {name}: not listed")));
            wrong.extend(listed.difference(used).map(|name| format!("{room} lists {name}: not imported")));
        }
        for other in table.iter().filter(|other| row.imports.contains(&other.room)) {
            if other.imports.contains(&row.room) {
                wrong.insert(format!("{} and {} import each other", row.room, other.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn actors_clap_and_the_terminal_stay_in_their_rooms() {
    let only = [("actix", &["actors", "engine"][..]), ("clap", &["cli"][..]), ("println!", &["cli"][..])];
    for (word, homes) in only {
        for room in rooms().iter().filter(|room| !homes.contains(&room.as_str())) {
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
    let paths = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
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
