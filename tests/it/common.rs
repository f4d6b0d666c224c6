//! What every test needs: a folder with a scenario in it, the command run there, what it wrote, and the project's texts.
//!
//! Tests add what only they look at; nothing here knows an outcome.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use creditsim::organization::DetailOptions;
use tempfile::TempDir;

/// A scenario that replays `usage.csv`, for tests that write that file.
pub const HISTORY: &str = r#"
version = 1
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
seed = 1
replications = 1
baseline = "block"

[histories.usage]
file = "usage.csv"
time = "timestamp"
organization = "team"
feature = "feature"
cost = "credits"

[[cohorts]]
name = "teams"
history = "usage"

[features.chat]

[policies.block]
grants = [{ credits = 10, category = "included" }]
admission = "positive"
"#;

/// Every row that an account can keep, and its journal audited.
pub fn everything() -> DetailOptions {
    DetailOptions {
        cycles: true,
        limit_accounts: true,
        operations: true,
        journal: true,
        audit: true,
        ..DetailOptions::default()
    }
}

/// The command, with nothing to read from standard input.
pub fn creditsim() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creditsim"));
    command.stdin(Stdio::null());
    command
}

/// Runs with arguments; gives exit code, stdout and stderr.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    told(&creditsim().args(arguments).output().expect("the command starts"))
}

/// Exit code, stdout and stderr of a command that has ended; the code of one that was killed is -1.
pub fn told(output: &Output) -> (i32, String, String) {
    (code(output), stdout(output), stderr(output))
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A temporary folder with a scenario in it.
pub fn folder(text: &str) -> (TempDir, PathBuf) {
    let place = Place::with(text);
    let path = place.path("small.toml");
    (place.0, path)
}

/// A temporary folder in which the command runs.
pub struct Place(pub TempDir);

impl Place {
    /// With a scenario called `small.toml`.
    pub fn with(text: &str) -> Place {
        Place::of(&[("small.toml", text)])
    }

    /// With these files.
    pub fn of(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().expect("a temporary folder"));
        for (name, text) in files {
            fs::write(place.path(name), text).expect("writable");
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The command with arguments, to be started in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = creditsim();
        command.args(arguments).current_dir(self.0.path());
        command
    }

    /// Runs in the folder; gives exit code, stdout and stderr.
    pub fn creditsim(&self, arguments: &[&str]) -> (i32, String, String) {
        told(&self.command(arguments).output().expect("the command starts"))
    }

    /// Runs the scenario into `out` with more arguments, which must go well; gives stdout.
    pub fn run(&self, arguments: &[&str]) -> String {
        let all = [&["run", "small.toml", "--quiet", "--output", "out"], arguments].concat();
        let (code, stdout, stderr) = self.creditsim(&all);
        assert_eq!(code, 0, "{arguments:?}: {stderr}");
        stdout
    }

    /// Where the scenario's results lie: below `out`, or below `output` if no other folder was named.
    fn home(&self) -> PathBuf {
        let named = self.path("out/small");
        if named.exists() { named } else { self.path("output/small") }
    }

    /// Names of the folders of results, sorted; none if there is no folder.
    pub fn results(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home()).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The only folder of results.
    pub fn result(&self) -> PathBuf {
        let names = self.results();
        assert_eq!(names.len(), 1, "{names:?}");
        self.home().join(&names[0])
    }

    /// The manifest in a folder of results.
    pub fn manifest(&self, name: &str) -> serde_json::Value {
        manifest(&self.home().join(name))
    }
}

/// The manifest in a folder.
pub fn manifest(folder: &Path) -> serde_json::Value {
    let bytes = fs::read(folder.join("manifest.json")).expect("a manifest");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Every file below a folder by name.
pub fn files(below: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in paths(below) {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        found.insert(name, fs::read(&path).expect("readable"));
    }
    found
}

/// The CSV files below a folder by name.
pub fn csvs(below: &Path) -> BTreeMap<String, Vec<u8>> {
    files(below).into_iter().filter(|(name, _)| name.ends_with(".csv")).collect()
}

/// The file of this name below a folder.
pub fn find(below: &Path, name: &str) -> PathBuf {
    let found = paths(below).into_iter().find(|path| path.ends_with(name));
    found.unwrap_or_else(|| panic!("there is no {name} in {}", below.display()))
}

/// Paths of every file below a folder.
pub fn paths(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() { found.extend(paths(&path)) } else { found.push(path) }
    }
    found
}

/// Paths of every file of the program below a folder.
pub fn rust_files(below: &Path) -> Vec<PathBuf> {
    paths(below).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// The program text of a file without its tests and comments.
pub fn program(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    let head = text.split("\nmod tests {").next().unwrap_or_default();
    head.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rows of a CSV by the names of their columns.
pub fn records(csv: impl Read) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv).into_deserialize().map(|row| row.expect("a row")).collect()
}

/// Rows of the CSV file of this name below a folder, by the names of their columns.
pub fn table(below: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    records(fs::File::open(find(below, name)).expect("the file"))
}

/// The rows of a CSV file.
pub fn rows(file: &Path) -> Vec<csv::StringRecord> {
    let mut file = csv::Reader::from_path(file).expect("rows");
    file.records().map(|row| row.expect("a row")).collect()
}

/// A real history that lies beside the project, or nothing where it is absent, which is said.
pub fn trace(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../shared/traces", "../../shared/traces"];
    let found = folders.into_iter().map(|folder| root.join(folder).join(name)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("not tested: there is no ../shared/traces/{name} beside the project");
    }
    found
}
