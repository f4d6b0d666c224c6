//! The inputs, by kind.

use std::fs;
use std::path::Path;

/// An input and how it may end.
pub struct Case {
    /// Words behind the program's name.
    pub arguments: Vec<String>,
    /// Variables that are set or removed.
    pub environment: Vec<(String, Option<String>)>,
    /// Exit codes that are right.
    pub codes: &'static [i32],
    /// What a refusal names.
    pub names: Vec<String>,
}

impl Case {
    fn new(arguments: &[&str], codes: &'static [i32], names: &[&str]) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Case { arguments: owned(arguments), environment: Vec::new(), codes, names: owned(names) }
    }
}

const REFUSED: &[i32] = &[2];
const EITHER: &[i32] = &[0, 2];
const WORLD: &[i32] = &[2, 5];

/// A small scenario that runs; tests put their lines in the place of `{…}` marks.
const BASE: &str = r#"start = 2025-01-01T00:00:00Z
horizon = "10 days"
replications = 2
{top}
[[cohorts]]
name = "teams"
organizations = 3
{cohort}
[features.chat]
arrivals = { poisson = "4/day" }
cost = 2
{feature}
[policies.block]
admission = "positive"
allowance = 100
{policy}
"#;

fn scenario(mark: &str, lines: &str) -> String {
    let mut text = BASE.to_owned();
    for other in ["top", "cohort", "feature", "policy"] {
        text = text.replace(&format!("{{{other}}}"), if other == mark { lines } else { "" });
    }
    text
}

/// Every case; their files are written into `folder`.
pub fn all(folder: &Path) -> Vec<Case> {
    fs::write(folder.join("base.toml"), scenario("", "")).expect("a disk");
    let mut cases = keys();
    cases.extend(texts(folder));
    cases.extend(runs(folder));
    cases.extend(thresholds());
    cases.extend(command_lines(folder));
    cases.extend(histories(folder));
    cases.extend(environments(folder));
    cases
}

/// Keys set to what they cannot hold.
fn keys() -> Vec<Case> {
    let keys = [
        "seed",
        "replications",
        "timeline_instants",
        "start",
        "horizon",
        "time_zone",
        "cohorts.teams.organizations",
        "cohorts.teams.activity",
        "cohorts.teams.members",
        "cohorts.teams.member_skew",
        "cohorts.teams.billing_members",
        "cohorts.teams.lifetime",
        "cohorts.teams.phase",
        "cohorts.teams.debt_at_start",
        "features.chat.cost",
        "features.chat.duration",
        "features.chat.cancels",
        "features.chat.failures",
        "features.chat.arrivals.poisson",
        "policies.block.minimum",
        "policies.block.denial",
        "policies.block.queue_max",
        "policies.block.max_in_flight",
        "policies.block.patience",
        "policies.block.overdraft",
        "policies.block.allowance",
        "policies.block.round",
    ];
    let values = [
        "-1",
        "nan",
        "-inf",
        "1e300",
        "1e-300",
        "word",
        "true",
        "[]",
        "{}",
        "99999999999999999999",
        "-5%",
        "1e400",
        "9999-12-31",
    ];
    let mut cases = Vec::new();
    for key in keys {
        let last = key.rsplit('.').next().expect("a word");
        for value in values {
            let set = format!("{key}={value}");
            cases.push(Case::new(&["check", "base.toml", "--set", &set], EITHER, &[last]));
        }
    }
    let strange = [
        "",
        "=",
        "a",
        "a=",
        ".=1",
        "a..b=1",
        "cohorts.9=1",
        "features=1",
        "\"=1",
        "policies.block=1",
        "x=[[[[",
    ];
    for set in strange {
        cases.push(Case::new(&["check", "base.toml", "--set", set], EITHER, &[]));
    }
    cases
}

/// Files that are no scenarios, or impossible ones.
fn texts(folder: &Path) -> Vec<Case> {
    let deep = |open: &str, close: &str| format!("\n\nx = {}{}", open.repeat(10_000), close.repeat(10_000));
    let many =
        |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<Vec<_>>().join("\n");
    let head = "start = 2025-01-01\nhorizon = \"10 days\"\n";
    let texts: Vec<(String, Vec<&str>)> = vec![
        (String::new(), vec![]),
        ("# nothing".to_owned(), vec![]),
        ("\0\0\0".to_owned(), vec![]),
        ("= = =".to_owned(), vec![]),
        ("[".repeat(100_000), vec![]),
        (deep("[", "]"), vec![":3"]),
        (deep("{a=", "}"), vec![]),
        ("a = \"".to_owned() + &"x".repeat(1_000_000), vec![]),
        ("a = 1\na = 2".to_owned(), vec!["a"]),
        (format!("{head}cohorts = 3\nfeatures = 4"), vec!["cohorts", "features"]),
        (format!("{head}cohorts = []\nfeatures = {{}}"), vec!["cohorts", "features"]),
        (
            format!("{head}[[cohorts]]\nname = \"a\"\n{}", many(70_000, &|n| format!("[features.f{n}]"))),
            vec!["features", "65535"],
        ),
        (
            format!("{head}[features.f]\n{}", many(70_000, &|n| format!("[[cohorts]]\nname = \"c{n}\""))),
            vec!["cohorts", "65535"],
        ),
        (
            format!("{}\n{}", scenario("", ""), many(70_000, &|n| format!("[policies.p{n}]"))),
            vec!["policies", "65535"],
        ),
        (scenario("top", "horizont = 3"), vec!["horizont"]),
        (scenario("", "").replace("\"10 days\"", "\"10000 years\""), vec!["horizon"]),
        (scenario("", "").replace("\"10 days\"", "\"999999 years\""), vec!["horizon"]),
        (scenario("", "").replace("\"10 days\"", "\"0.0000001 s\""), vec!["horizon"]),
        (scenario("", "").replace("2025-01-01T00:00:00Z", "9999-12-31T00:00:00Z"), vec!["start"]),
        (scenario("", "").replace("2025-01-01T00:00:00Z", "-009999-01-02T00:00:00Z"), vec![]),
        (
            scenario("feature", "steps = [{ cost = 1, repeat = 65535 }]").replace("cost = 2", ""),
            vec!["repeat"],
        ),
        (
            scenario("feature", "steps = [{ steps = [{ cost = 1, repeat = 200 }], repeat = 200 }]")
                .replace("cost = 2", ""),
            vec!["steps", "10000"],
        ),
        (
            scenario(
                "feature",
                &format!("steps = [{{ repeat = 0, steps = [{}] }}]", "{ cost = 1 }, ".repeat(66_000)),
            )
            .replace("cost = 2", ""),
            vec!["steps", "10000"],
        ),
        (scenario("feature", "steps = [{ cost = 1, repeat = -5 }]").replace("cost = 2", ""), vec!["repeat"]),
        (scenario("", "").replace("cost = 2", "cost = \"1/0\""), vec!["cost"]),
        (scenario("", "").replace("cost = 2", "cost = \"0/0\""), vec!["cost"]),
        (scenario("", "").replace("cost = 2", "cost = \"0-3\""), vec!["cost"]),
        (scenario("", "").replace("cost = 2", "cost = \"max(0, 0-5)*1e999\""), vec!["cost"]),
        (
            scenario("", "").replace("cost = 2", &format!("cost = \"{}1\"", "1+".repeat(500_000))),
            vec!["cost", "longer"],
        ),
        (scenario("", "").replace("cost = 2", &format!("cost = \"{}\"", "(".repeat(9_000))), vec!["cost"]),
        (scenario("", "").replace("cost = 2", "cost = { uniform = [-5, -1] }"), vec!["cost"]),
        (scenario("", "").replace("cost = 2", "cost = { discrete = [[-1, 1]] }"), vec!["cost"]),
        (
            scenario("", "").replace("cost = 2", "cost = { lognormal = { median = 1e-300, sigma = 1 } }"),
            vec!["cost"],
        ),
        (
            scenario("", "").replace("cost = 2", "cost = { lognormal = { median = 1, sigma = -1 } }"),
            vec!["sigma"],
        ),
        (scenario("", "").replace("cost = 2", "cost = { uniform = [1, 2], step = 0 }"), vec!["step"]),
        (scenario("", "").replace("cost = 2", "cost = { empirical = [] }"), vec!["empirical"]),
        (
            scenario("", "")
                .replace("cost = 2", "cost = { empirical = { file = \"/dev/zero\", column = \"a\" } }"),
            vec!["cost"],
        ),
        (scenario("feature", "quantities = { turn = 1 }"), vec!["turn"]),
        (scenario("cohort", "members = { min = 9, max = 2 }"), vec!["members"]),
        (scenario("cohort", "signed_up = { rate = \"0/day\" }"), vec!["signed_up"]),
        (scenario("cohort", "lifetime = [\"-1 day\"]"), vec!["lifetime"]),
        (scenario("cohort", "grants = [{ credits = 1, recurrence = { every = \"0 s\" } }]"), vec!["every"]),
        (scenario("policy", "cycle = \"0 days\""), vec!["cycle"]),
        (scenario("policy", "plan_changes = [{ at = 2025-01-02, to = \"x\" }]"), vec!["to"]),
        (scenario("policy", "top_up = { threshold = 1 }"), vec!["package"]),
        (scenario("policy", "alerts = [{ below = \"x\" }, { at_or_below = \"nan%\" }]"), vec!["alerts"]),
        (scenario("policy", "packages = [{ name = \"s\", credits = 0 }]"), vec!["credits"]),
        (scenario("policy", "features.nope = { short = \"queue\" }"), vec!["nope"]),
        (
            scenario("policy", "admission = { hold = { timeout = \"0s\" } }")
                .replace("admission = \"positive\"\n", ""),
            vec!["timeout"],
        ),
    ];
    let mut cases = Vec::new();
    for (number, (text, names)) in texts.into_iter().enumerate() {
        let file = format!("text{number}.toml");
        fs::write(folder.join(&file), text).expect("a disk");
        let mut case = Case::new(&["check", &file], REFUSED, &names);
        case.names.push(file);
        cases.push(case);
    }
    for (number, bytes) in
        [&b"\xff\xfe a"[..], b"name = \"\xc3\x28\"", b"\x1f\x8b\x08", b"a=1\r\n\xff"].into_iter().enumerate()
    {
        let file = format!("bytes{number}.toml");
        fs::write(folder.join(&file), bytes).expect("a disk");
        cases.push(Case::new(&["check", &file], REFUSED, &[&file, "UTF-8"]));
    }
    cases
}

/// Scenarios that read and cannot be carried out, or only barely.
fn runs(folder: &Path) -> Vec<Case> {
    let formula = |cost: &str| {
        let quantities = "quantities = { n = { discrete = [[0, 1], [3, 1]] } }";
        scenario("feature", quantities).replace("cost = 2", &format!("cost = \"{cost}\""))
    };
    let process = |arrivals: &str| scenario("", "").replace("{ poisson = \"4/day\" }", arrivals);
    let package = "packages = [{ name = \"s\", credits = 0.000001, price = \"1 USD\" }]\n";
    let texts: Vec<(String, &'static [i32], Vec<&str>)> = vec![
        (formula("1/n"), REFUSED, vec!["chat", "teams/", "2025-", "1/n"]),
        (formula("0-n"), REFUSED, vec!["chat", "teams/", "0-n"]),
        (formula("n/n"), REFUSED, vec!["chat", "n/n"]),
        (formula("log(n)"), REFUSED, vec!["chat", "log(n)"]),
        (formula("sqrt(0-n)"), REFUSED, vec!["chat"]),
        (formula("exp(n*1000)"), REFUSED, vec!["chat"]),
        (formula("pow(0, 0-n)"), REFUSED, vec!["chat"]),
        (
            scenario("feature", "quantities = { n = 0 }\nduration = \"1/n\""),
            REFUSED,
            vec!["chat", "duration"],
        ),
        (
            scenario("", "").replace("cost = 2", "cost = { lognormal = { median = 1, sigma = 1000000 } }"),
            &[0, 2],
            vec![],
        ),
        (process("{ poisson = \"1000000/s\" }"), REFUSED, vec!["--force"]),
        (process("{ every = \"1 us\" }"), REFUSED, vec!["--force"]),
        (process("{ clients = 1000, think = \"0s\" }"), REFUSED, vec!["--force"]),
        (process("{ clients = 1, think = \"0s\", reactive = true }"), REFUSED, vec!["--force"]),
        (process("{ sessions = \"1/day\", calls = 20000, think = \"0s\" }"), &[0, 2], vec![]),
        (scenario("policy", "cycle = \"1 us\"").replace("allowance = 100\n", ""), REFUSED, vec!["--force"]),
        (
            scenario(
                "cohort",
                "grants = [{ credits = 1, effective_at = 2025-01-01, recurrence = { every = \"1 us\" } }]",
            ),
            REFUSED,
            vec!["--force"],
        ),
        (
            scenario("", "").replace("organizations = 3", "organizations = 4294967295"),
            REFUSED,
            vec!["--force", "organizations"],
        ),
        (
            scenario("", "").replace("replications = 2", "replications = 4294967295"),
            REFUSED,
            vec!["--force", "replications"],
        ),
        (
            scenario(
                "policy",
                "grants = [{ credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }, { credits = 900000000000 }]",
            ),
            REFUSED,
            vec!["9,223,372,036,854"],
        ),
        (
            scenario(
                "policy",
                &format!("{package}top_up = {{ threshold = 1, amount = {{ up_to = 1000000000000 }} }}"),
            ),
            &[0, 2],
            vec![],
        ),
        (
            scenario("policy", "rollover = \"all\"")
                .replace("allowance = 100", "allowance = { credits = 900000000000, every = \"1 day\" }")
                .replace("10 days", "30 days"),
            REFUSED,
            vec!["9,223,372,036,854", "policies.block.allowance.credits"],
        ),
        (scenario("", "").replace("\"10 days\"", "\"7900 years\"").replace("4/day", "1/year"), &[0], vec![]),
        (scenario("top", "timeline_instants = 10000"), &[0], vec![]),
        (scenario("cohort", "members = 65535\nmember_skew = 100"), &[0], vec![]),
        (scenario("cohort", "lifetime = \"0s\""), &[0], vec![]),
        (scenario("cohort", "activity = 0"), &[0], vec![]),
    ];
    let mut cases = Vec::new();
    for (number, (text, codes, names)) in texts.into_iter().enumerate() {
        let file = format!("run{number}.toml");
        fs::write(folder.join(&file), text).expect("a disk");
        cases.push(Case::new(&["run", &file, "--output", &format!("out{number}")], codes, &names));
    }
    cases
}

/// Conditions on the command line.
fn thresholds() -> Vec<Case> {
    let conditions = [
        "",
        "<",
        "loss_rate",
        "loss_rate <",
        "loss_rate < nan",
        "loss_rate < inf",
        "loss_rate < 1e400",
        "loss_rate < -inf%",
        "loss_rate < x",
        "nope < 1",
        "block: nope < 1",
        "nobody: loss_rate < 1",
        "block: loss_rate in nowhere < 1",
        "loss_rate in feature: < nan",
        ":::<<<",
        "loss_rate < 1 < 2",
    ];
    let case = |text: &&str| {
        Case::new(&["run", "base.toml", "--output", "out-t", "--threshold", text], REFUSED, &["--threshold"])
    };
    conditions.iter().map(case).collect()
}

/// Command lines.
fn command_lines(folder: &Path) -> Vec<Case> {
    fs::create_dir_all(folder.join("a-folder")).expect("a disk");
    fs::write(folder.join("a-file"), "x").expect("a disk");
    let lines: Vec<(Vec<&str>, &'static [i32])> = vec![
        (vec![], REFUSED),
        (vec!["nope"], REFUSED),
        (vec!["run"], REFUSED),
        (vec!["run", ""], WORLD),
        (vec!["run", "nowhere.toml"], WORLD),
        (vec!["run", "a-folder"], WORLD),
        (vec!["run", "/dev/null"], WORLD),
        (vec!["check", "/dev/zero"], WORLD),
        (vec!["run", "base.toml", "--seed", "-1"], REFUSED),
        (vec!["run", "base.toml", "--seed", "x"], REFUSED),
        (vec!["run", "base.toml", "--seed", "99999999999999999999"], REFUSED),
        (vec!["run", "base.toml", "--replications", "0"], REFUSED),
        (vec!["run", "base.toml", "--replications", "-1"], REFUSED),
        (vec!["run", "base.toml", "--replications", "4294967296"], REFUSED),
        (vec!["run", "base.toml", "--threads", "0"], REFUSED),
        (vec!["run", "base.toml", "--threads", "1025"], REFUSED),
        (vec!["run", "base.toml", "--policy", "nobody"], REFUSED),
        (vec!["run", "base.toml", "--policy", ""], REFUSED),
        (vec!["run", "base.toml", "--rows", "nothing"], REFUSED),
        (vec!["run", "base.toml", "--format", "nothing"], REFUSED),
        (vec!["run", "base.toml", "--output", "a-file"], WORLD),
        (vec!["run", "base.toml", "--output", "/proc/none"], WORLD),
        (vec!["run", "base.toml", "--output", "o-j", "--junit", "/nowhere/x.xml"], WORLD),
        (vec!["explain", "base.toml", "--organization", "nobody"], REFUSED),
        (vec!["sweep", "base.toml", "--output", "o-s"], REFUSED),
        (vec!["sweep", "base.toml", "--output", "o-s", "--vary", "nope=1,2"], REFUSED),
        (vec!["sweep", "base.toml", "--output", "o-s", "--vary", "seed=1..x"], REFUSED),
        (vec!["optimize", "base.toml", "--output", "o-o"], REFUSED),
        (vec!["fit", "nowhere.csv"], WORLD),
        (vec!["fit", "/dev/null"], WORLD),
        (vec!["presets", "nope"], REFUSED),
        (vec!["scenarios", "nope"], REFUSED),
        (vec!["schema", "--nope"], REFUSED),
    ];
    lines.into_iter().map(|(words, codes)| Case::new(&words, codes, &[])).collect()
}

/// Usage histories.
fn histories(folder: &Path) -> Vec<Case> {
    let pipe = folder.join("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success());
    assert!(made, "mkfifo is there");
    let row = "2025-01-01T00:00:00Z,a,3\n";
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty.csv", Vec::new()),
        ("header.csv", b"timestamp,org,units\n".to_vec()),
        ("nul.csv", b"timestamp,org,units\n\0\0\0,\0,\0\n".to_vec()),
        (
            "long-line.csv",
            [b"timestamp,org,units\n2025-01-01T00:00:00Z,".to_vec(), vec![b'x'; 10 << 20], b",3\n".to_vec()]
                .concat(),
        ),
        ("long-line.jsonl", [b"{\"timestamp\":\"".to_vec(), vec![b'x'; 10 << 20]].concat()),
        ("long-header.csv", vec![b'x'; 10 << 20]),
        ("binary.csv", (0..=255).cycle().take(4_096).collect()),
        ("short-rows.csv", b"timestamp,org,units\n1\n".to_vec()),
        ("huge.csv", format!("timestamp,org,units\n{}", row.replace('3', "1e308")).into_bytes()),
        ("negative.csv", format!("timestamp,org,units\n{}", row.replace(",3", ",-3")).into_bytes()),
        ("nan.csv", format!("timestamp,org,units\n{}", row.replace(",3", ",nan")).into_bytes()),
        ("year.csv", format!("timestamp,org,units\n{}", row.replace("2025", "99999")).into_bytes()),
        ("quote.csv", b"timestamp,org,units\n\"2025-01-01T00:00:00Z,a,3\n".to_vec()),
        ("truncated.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc".to_vec()),
        ("array.json", b"[{\"timestamp\":1}]".to_vec()),
        ("utf16.csv", b"\xff\xfet\x00i\x00".to_vec()),
        ("zip.csv", b"PK\x03\x04xx".to_vec()),
    ];
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes).expect("a disk");
    }
    let devices =
        ["pipe.csv", "/dev/zero", "/dev/null", "a-folder", "nowhere.csv", "/dev/full", "../../../x"];
    let names = files.iter().map(|(name, _)| *name).chain(devices);
    let mut cases = Vec::new();
    for (number, name) in names.enumerate() {
        let history = format!("[histories.log]\nfile = {name:?}\norganization = \"org\"\ncost = \"units\"\n");
        let text = scenario("cohort", "history = \"log\"").replace("organizations = 3\n", "") + &history;
        let file = format!("history{number}.toml");
        fs::write(folder.join(&file), text).expect("a disk");
        // Some of these are odd and can be replayed: an empty week has no demand.
        cases.push(Case::new(&["check", &file], &[0, 2, 5], &[name]));
        cases.push(Case::new(&["run", &file, "--output", &format!("out-h{number}")], &[0, 2, 5], &[name]));
    }
    cases
}

/// The world around.
fn environments(folder: &Path) -> Vec<Case> {
    fs::create_dir_all(folder.join("sealed")).expect("a disk");
    let variables = [
        ("HOME", None),
        ("PATH", None),
        ("TMPDIR", Some("/nowhere")),
        ("TZ", Some("Nowhere/Land")),
        ("LANG", Some("tr_TR.UTF-8")),
        ("LC_ALL", Some("\u{7}")),
        ("COLUMNS", Some("0")),
        ("COLUMNS", Some("-1")),
        ("TERM", Some("nothing")),
        ("NO_COLOR", Some("1")),
        ("CLICOLOR_FORCE", Some("1")),
        ("MALLOC_ARENA_MAX", Some("1")),
        ("RUST_LOG", Some("trace")),
    ];
    let case = |(number, (name, value)): (usize, &(&str, Option<&str>))| {
        let output = format!("out-e{number}");
        let mut case =
            Case::new(&["run", "base.toml", "--output", &output, "--replications", "5"], &[0], &[]);
        case.environment.push(((*name).to_owned(), value.map(str::to_owned)));
        case
    };
    variables.iter().enumerate().map(case).collect()
}
