//! Signals, limits, kills and `--resume` as users meet them. Each row of docs/faults.md about them has its test here.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "signals and kills come at instants of the wall clock")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::{creditsim, csvs, stderr as said};

/// Organizations that take a while: `replications` of about a quarter of a second.
pub fn scenario(replications: u32) -> String {
    format!(
        r#"
name = "studied"
start = 2025-01-01T00:00:00Z
horizon = "2 months"
seed = 7
replications = {replications}
[[cohorts]]
name = "teams"
organizations = 120
activity = {{ lognormal = {{ mean = 1.0, cv = 1.0 }} }}
[features.chat]
arrivals = {{ poisson = "20/day" }}
cost = {{ uniform = [1, 3] }}
duration = {{ exponential = "10 min" }}
[policy]
allowance = {{ credits = 900, every = "month" }}
[policies.block]
admission = "positive"
[policies.hold]
admission = {{ hold = {{ estimate = "expected", timeout = "1 h" }} }}
"#
    )
}

/// An account that lives for ever: an allowance a microsecond.
fn endless() -> String {
    scenario(1).replace("every = \"month\"", "every = \"1 us\"")
}

/// A history of many rows and a scenario that replays it.
pub fn history(folder: &Path, rows: u64) -> String {
    let mut text = String::from("time,organization,feature,cost\n");
    for row in 0..rows {
        let at = row * 2_000_000 / rows;
        let (day, second) = (at / 86_400, at % 86_400);
        let time =
            format!("{:02}T{:02}:{:02}:{:02}Z", day + 1, second / 3_600, second / 60 % 60, second % 60);
        text += &format!("2025-01-{time},org-{},chat,{}\n", row % 97, 1 + row % 5);
    }
    fs::write(folder.join("usage.csv"), text).unwrap();
    r#"
name = "replayed"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
replications = 6
[features.chat]
duration = "10 min"
[histories.usage]
file = "usage.csv"
time = "time"
organization = "organization"
feature = "feature"
cost = "cost"
[[cohorts]]
name = "real"
history = "usage"
[policy]
allowance = { credits = 90, every = "month" }
[policies.block]
admission = "positive"
"#
    .to_owned()
}

pub struct Study {
    pub folder: TempDir,
    file: PathBuf,
}

impl Study {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("study.toml");
        fs::write(&file, text).unwrap();
        Study { folder, file }
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = creditsim();
        let file = self.file.to_str().unwrap();
        command.args(words.iter().map(|&word| if word == "STUDY" { file } else { word }));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.current_dir(self.folder.path()).env("TMPDIR", self.folder.path());
        command
    }

    pub fn run(&self, words: &[&str]) -> Command {
        let mut command =
            self.command(&["run", "STUDY", "--output", "out", "--no-pin", "--part-every", "10"]);
        command.args(words);
        command
    }

    /// Folders of results, by their names.
    pub fn results(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| !name.starts_with('.')).collect()
    }

    /// Names below `out/SCENARIO`.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for home in fs::read_dir(self.folder.path().join("out")).into_iter().flatten().flatten() {
            for entry in fs::read_dir(home.path()).unwrap() {
                names.push(entry.unwrap().file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        names
    }

    /// Every CSV of the only finished result.
    pub fn tables(&self) -> BTreeMap<String, Vec<u8>> {
        let home = fs::read_dir(self.folder.path().join("out")).unwrap().next().unwrap().unwrap().path();
        let names = self.results();
        let finished: Vec<_> = names.iter().filter(|name| !name.contains("partial")).collect();
        let [name] = finished[..] else { panic!("{names:?}") };
        let found = csvs(&home.join(name));
        assert!(found.len() >= 4, "{:?}", found.keys());
        found
    }

    pub fn manifest(&self, ending: &str) -> String {
        let home = fs::read_dir(self.folder.path().join("out")).unwrap().next().unwrap().unwrap().path();
        let name = self.results().into_iter().find(|name| name.ends_with(ending)).unwrap();
        fs::read_to_string(home.join(name).join("manifest.json")).unwrap()
    }
}

/// What a run that nothing disturbs writes, and how long it takes.
pub fn plain(text: &str, prepare: impl Fn(&Path)) -> (BTreeMap<String, Vec<u8>>, Duration) {
    let study = Study::new(text);
    prepare(study.folder.path());
    let since = Instant::now();
    let ended = study.run(ROWS).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    (study.tables(), since.elapsed())
}

pub const ROWS: &[&str] = &["--rows", "cycles"];

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success(), "{name} is sent");
}

/// Waits until a process hears signals.
fn listens(child: &Child) {
    let mask = |id: u32| -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    wait_until(|| mask(child.id()).is_none_or(|mask| mask >> 14 & 1 == 1));
}

/// Waits until `there` is true, which it is soon.
fn wait_until(mut there: impl FnMut() -> bool) {
    let since = Instant::now();
    while !there() {
        assert!(since.elapsed() < Duration::from_secs(60), "it does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn ends_soon(child: Child) -> Output {
    let since = Instant::now();
    let ended = child.wait_with_output().unwrap();
    assert!(since.elapsed() < Duration::from_secs(30), "a signal is heard");
    ended
}

fn has_parts(study: &Study) -> bool {
    fn search(folder: &Path) -> bool {
        fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
            let path = entry.path();
            path.is_dir() && search(&path) || path.extension().is_some_and(|extension| extension == "part")
        })
    }
    search(&study.folder.path().join("out"))
}

#[test]
fn one_signal_of_any_kind_keeps_what_is_finished_and_a_resumed_run_ends_like_a_plain_one() {
    let (expected, _) = plain(&scenario(8), |_| {});
    for name in ["INT", "TERM", "HUP"] {
        let study = Study::new(&scenario(8));
        // One thread, so that a machine with other work to do sends the signal before the end.
        let child = study.run(ROWS).args(["--threads", "1"]).spawn().unwrap();
        wait_until(|| has_parts(&study));
        signal(&child, name);
        let ended = ends_soon(child);
        assert_eq!(ended.status.code(), Some(130), "{name}: {}", said(&ended));
        assert!(study.results().iter().all(|folder| folder.ends_with("-partial")), "{:?}", study.names());
        if !study.results().is_empty() {
            let manifest = study.manifest("-partial");
            assert!(
                manifest.contains("\"ended_by\": \"signal\"") && manifest.contains("\"partial\""),
                "{manifest}"
            );
        }
        let mut resumed = study.run(ROWS);
        let ended = resumed.args(["--resume", "--threads", "3", "--batch", "17"]).output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
        assert!(said(&ended).contains("resuming: "), "{}", said(&ended));
        assert!(study.tables() == expected, "{name}: the resumed run wrote other bytes");
        assert!(study.manifest("").contains("\"taken_up\""));
        assert!(!has_parts(&study) && study.names() == study.results(), "{:?}", study.names());
    }
}

#[test]
fn two_signals_end_at_once_and_what_is_left_is_taken_up() {
    let (expected, _) = plain(&scenario(8), |_| {});
    let study = Study::new(&scenario(8));
    let child = study.run(ROWS).spawn().unwrap();
    wait_until(|| has_parts(&study));
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(5));
    signal(&child, "TERM");
    assert_eq!(ends_soon(child).status.code(), Some(130));
    let ended = study.run(ROWS).arg("--resume").output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    assert!(study.tables() == expected, "the resumed run wrote other bytes");
    assert_eq!(study.names(), study.results().into_iter().collect::<Vec<_>>());
}

#[test]
fn signals_are_heard_inside_an_account_that_never_ends() {
    let study = Study::new(&endless());
    for twice in [false, true] {
        let child = study.run(&["--force"]).spawn().unwrap();
        listens(&child);
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, "TERM");
        if twice {
            std::thread::sleep(Duration::from_millis(50));
            signal(&child, "HUP");
        }
        let ended = ends_soon(child);
        assert_eq!(ended.status.code(), Some(130), "{}", said(&ended));
        assert_eq!(study.results(), Vec::<String>::new());
    }
}

#[test]
fn signals_are_heard_while_a_history_is_read() {
    let study = Study::new("");
    fs::write(&study.file, history(study.folder.path(), 400_000)).unwrap();
    for (command, output) in [("run", true), ("sweep", true), ("explain", false), ("fit", false)] {
        for twice in [false, true] {
            let mut asked = match command {
                "fit" => study.command(&["fit", "usage.csv"]),
                "explain" => study.command(&["explain", "STUDY", "--organization", "org-1"]),
                "sweep" => study.command(&["sweep", "STUDY", "--vary", "policy.allowance.credits=10,20"]),
                _ => study.command(&["run", "STUDY"]),
            };
            let asked = if output { asked.args(["--output", "out"]) } else { &mut asked };
            let child = asked.spawn().unwrap();
            listens(&child);
            std::thread::sleep(Duration::from_millis(60));
            signal(&child, "TERM");
            if twice {
                std::thread::sleep(Duration::from_millis(3));
                signal(&child, "INT");
            }
            let ended = ends_soon(child);
            assert_eq!(ended.status.code(), Some(130), "{command}: {}", said(&ended));
            assert_eq!(study.results(), Vec::<String>::new(), "{command}");
            let scratch = |name: &str| name.starts_with("creditsim-");
            let left = fs::read_dir(study.folder.path()).unwrap().flatten();
            let left: Vec<_> = left.filter(|entry| scratch(&entry.file_name().to_string_lossy())).collect();
            assert!(left.is_empty(), "{command}: {left:?}");
        }
    }
}

#[test]
fn commands_with_nothing_to_keep_end_at_the_first_signal() {
    let study = Study::new(&endless());
    for words in [
        &["bench"][..],
        &["verify", "--full"],
        &["explain", "STUDY", "--organization", "teams/1", "--policy", "hold"],
    ] {
        let child = study.command(words).spawn().unwrap();
        listens(&child);
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, "TERM");
        let ended = ends_soon(child);
        assert_eq!(ended.status.code(), Some(130), "{words:?}: {}", said(&ended));
    }
}

#[test]
fn a_signal_at_any_instant_ends_with_a_result_that_says_what_it_is() {
    let text = scenario(2);
    let (wanted, takes) = plain(&text, |_| {});
    for tenth in 0..=12 {
        let study = Study::new(&text);
        let child = study.run(ROWS).spawn().unwrap();
        listens(&child);
        std::thread::sleep(takes * tenth / 10);
        // The last ones may come after the end.
        let _ = Command::new("kill").arg("-TERM").arg(child.id().to_string()).output().unwrap();
        let ended = ends_soon(child);
        let names = study.results();
        match ended.status.code() {
            Some(0) => assert!(names.len() == 1 && study.tables() == wanted, "{names:?}"),
            Some(130) => assert!(names.iter().all(|name| name.ends_with("-partial")), "{names:?}"),
            other => panic!("{other:?}: {}", said(&ended)),
        }
    }
}

#[test]
fn studies_of_many_settings_keep_their_finished_points() {
    // It never comes to its end, so that there may be much of it.
    let study = Study::new(&scenario(40));
    let words = [
        "sweep",
        "STUDY",
        "--output",
        "out",
        "--no-pin",
        "--vary",
        "features.chat.arrivals.poisson=10/day,12/day,14/day,16/day,18/day,20/day",
    ];
    let mut child = study.command(&words).spawn().unwrap();
    listens(&child);
    std::thread::sleep(Duration::from_millis(400));
    signal(&child, "HUP");
    let ended = match child.try_wait().unwrap() {
        Some(_) => panic!("it ended before the signal"),
        None => ends_soon(child),
    };
    assert_eq!(ended.status.code(), Some(130), "{}", said(&ended));
    assert!(study.results().iter().all(|name| name.ends_with("-partial")), "{:?}", study.names());
    assert_eq!(study.names(), study.results(), "no work folder is left");
}

#[test]
fn a_signal_that_was_ignored_from_the_start_stays_ignored() {
    let study = Study::new(&scenario(3));
    let binary = env!("CARGO_BIN_EXE_creditsim");
    let mut shell = Command::new("sh");
    let script = format!("trap '' HUP; exec {binary} run {} --output out --no-pin", study.file.display());
    shell.args(["-c", &script]).current_dir(study.folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = shell.spawn().unwrap();
    wait_until(|| !study.names().is_empty() || child.try_wait().unwrap().is_some());
    signal(&child, "HUP");
    assert_eq!(child.wait().unwrap().code(), Some(0), "nohup keeps its word");
}

#[test]
fn each_limit_ends_a_run_cleanly_and_the_manifest_names_it() {
    for (limit, amount) in
        [("--time-limit", "900 ms"), ("--max-operations", "200000"), ("--max-memory", "1MB")]
    {
        let study = Study::new(&scenario(400));
        let ended = study.run(&[limit, amount, "--no-organizations"]).output().unwrap();
        if limit == "--max-memory" {
            assert_eq!(
                ended.status.code(),
                Some(2),
                "less than the program itself is refused: {}",
                said(&ended)
            );
            assert!(said(&ended).contains("in use before anything is done"), "{}", said(&ended));
            continue;
        }
        assert_eq!(ended.status.code(), Some(130), "{limit}: {}", said(&ended));
        assert!(said(&ended).contains(&format!("`{limit}` is reached")), "{}", said(&ended));
        if let [name] = &study.results()[..] {
            assert!(name.ends_with("-partial"));
            let cause = format!("\"ended_by\": \"{}\"", limit.trim_start_matches("--"));
            assert!(study.manifest("-partial").contains(&cause));
        }
        let part_of_it =
            study.run(&["--no-organizations", "--resume", "--max-operations", "1"]).output().unwrap();
        assert!(said(&part_of_it).contains("resuming: "), "{limit}: {}", said(&part_of_it));
    }
    let study = Study::new(
        &scenario(1).replace("organizations = 120", "organizations = 3").replace("20/day", "40000/day"),
    );
    let ended =
        study.run(&["--max-memory", "60MB", "--rows", "operations,journal", "--wave", "3"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", said(&ended));
    for (limit, nonsense) in
        [("--time-limit", "0"), ("--time-limit", "soon"), ("--max-memory", "5"), ("--max-operations", "0")]
    {
        let ended = study.run(&[limit, nonsense]).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{limit} {nonsense}");
    }
}

#[test]
fn time_that_stands_still_is_an_error() {
    let text = scenario(1).replace(
        "arrivals = { poisson = \"20/day\" }",
        "arrivals = { clients = 1, think = \"0s\", reactive = true }",
    );
    let study = Study::new(&text.replace("duration = { exponential = \"10 min\" }", "duration = \"0s\""));
    let ended = study.run(&["--force"]).output().unwrap();
    let text = said(&ended);
    assert_eq!(ended.status.code(), Some(1), "{text}");
    assert!(
        text.contains("time stands still") && text.contains("feature `chat`") && text.contains("teams/"),
        "{text}"
    );
}

#[test]
fn a_plain_run_says_that_there_is_something_to_take_up_and_keeps_it_until_it_has_finished() {
    let study = Study::new(&scenario(8));
    let child = study.run(ROWS).spawn().unwrap();
    wait_until(|| has_parts(&study));
    kill(child);
    let other = study.run(&["--seed", "8", "--resume"]).output().unwrap();
    assert_eq!(other.status.code(), Some(2), "{}", said(&other));
    assert!(said(&other).contains("seed (7, not 8)"), "{}", said(&other));
    let other = study.run(&["--rows", "journal", "--resume"]).output().unwrap();
    assert!(said(&other).contains("options"), "{}", said(&other));
    let plain = study.run(ROWS).output().unwrap();
    assert_eq!(plain.status.code(), Some(0), "{}", said(&plain));
    assert_eq!(said(&plain).matches("`--resume` would take them up").count(), 1, "{}", said(&plain));
    assert_eq!(study.names(), study.results(), "what it has outdone is gone");
}

#[test]
fn parts_of_a_history_with_other_contents_are_refused() {
    let study = Study::new("");
    fs::write(&study.file, history(study.folder.path(), 60_000)).unwrap();
    let child = study.run(&["--replications", "60"]).spawn().unwrap();
    wait_until(|| has_parts(&study));
    kill(child);
    history(study.folder.path(), 60_001);
    let ended = study.run(&["--replications", "60", "--resume"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{}", said(&ended));
    assert!(said(&ended).contains("histories"), "{}", said(&ended));
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}
