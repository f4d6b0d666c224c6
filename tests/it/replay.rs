//! Replaying usage histories through the command: traces beside synthetic demand, exports of products, bad files.

use crate::common::{Place, find, manifest, rows};
use serde_json::Value;

/// A scenario and its files in a folder of their own.
struct Stage(Place);

/// What a run said and wrote.
struct Ran {
    code: i32,
    stderr: String,
    operations: Vec<csv::StringRecord>,
    manifest: Value,
}

impl Stage {
    fn new(files: &[(&str, &str)]) -> Stage {
        Stage(Place::of(files))
    }

    fn command(&self, arguments: &[&str]) -> (i32, String) {
        let (code, _, stderr) = self.0.creditsim(arguments);
        (code, stderr)
    }

    fn run(&self) -> Ran {
        let (code, stderr) = self.command(&["run", "s.toml", "--rows", "operations", "--output", "out"]);
        let mut ran = Ran { code, stderr, operations: Vec::new(), manifest: Value::Null };
        if code == 0 {
            let operations = find(&self.0.path("out"), "operations.csv");
            ran.operations = rows(&operations);
            ran.manifest = manifest(operations.parent().expect("a folder of results"));
        }
        ran
    }
}

const MIXED: &str = r#"
start = 2025-01-01T00:00:00Z
horizon = "14 days"
replications = 1
seed = 3

[histories.large]
file = "usage.csv"
time = "at"
organization = "team"
feature = "kind"
cost = "units"
only = ["big-*"]

[histories.small]
file = "usage.csv"
time = "at"
organization = "team"
feature = "kind"
cost = "units"
only = ["small-*"]
scale = 2
repeat = 2
repeat_every = "7 days"

[[cohorts]]
name = "large"
history = "large"

[[cohorts]]
name = "small"
history = "small"
signed_up = "at first use"

[[cohorts]]
name = "synthetic"
organizations = 4

[features.chat]
arrivals = { poisson = "3/day" }
cost = { uniform = [1, 5] }

[features.image]
arrivals = { poisson = "2/day" }
cost = 4

[policies.open]
admission = "none"
"#;

const USAGE: &str = "at,team,kind,units\n\
    2025-01-02T10:00:00Z,big-1,chat,5\n\
    2025-01-03T10:00:00Z,big-1,chat,6\n\
    2025-01-03T10:00:00Z,big-2,chat,7\n\
    2025-01-04T10:00:00Z,small-1,chat,1\n\
    2025-01-05T10:00:00Z,other,chat,9\n";

#[test]
fn traces_and_synthetic_demand_mix_in_one_scenario() {
    let ran = Stage::new(&[("s.toml", MIXED), ("usage.csv", USAGE)]).run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let of = |organization: &str, feature: &str| {
        let rows = ran.operations.iter().filter(|row| row[2].starts_with(organization) && &row[3] == feature);
        rows.map(|row| (row[6].to_owned(), row[11].to_owned())).collect::<Vec<_>>()
    };
    let pair = |at: &str, cost: &str| (at.to_owned(), cost.to_owned());
    // The file says when teams chat; images are drawn for them as for anybody else.
    assert_eq!(
        of("large/big-1", "chat"),
        [pair("2025-01-02T10:00:00Z", "5"), pair("2025-01-03T10:00:00Z", "6")]
    );
    assert_eq!(
        of("small/small-1", "chat"),
        [pair("2025-01-04T10:00:00Z", "2"), pair("2025-01-11T10:00:00Z", "2")]
    );
    assert!((10..60).contains(&of("large/big-1", "image").len()) && of("small/small-1", "image").len() > 5);
    assert!(
        of("small/small-1", "image").iter().all(|(at, _)| at.as_str() >= "2025-01-04"),
        "signed up at first use"
    );
    assert!(of("synthetic/", "chat").len() > 100 && of("synthetic/", "image").len() > 50);
    assert!(of("large/other", "chat").is_empty());
    let counts = |index: usize, key: &str| ran.manifest["histories"][index]["counts"][key].as_u64();
    assert_eq!((counts(0, "not_chosen"), counts(0, "replayed")), (Some(2), Some(3)));
    assert_eq!((counts(1, "not_chosen"), counts(1, "replayed")), (Some(4), Some(1)));
    assert!(
        ran.stderr.contains(
            "history `large`: 5 rows of 2 organizations, 3 replayed, 2 of organizations not chosen"
        )
    );
    // Without any trace the synthetic cohort draws the very same operations.
    let alone = MIXED.replace("[[cohorts]]\nname = \"large\"\nhistory = \"large\"\n", "");
    let alone = alone
        .replace("[[cohorts]]\nname = \"small\"\nhistory = \"small\"\nsigned_up = \"at first use\"\n", "");
    let alone = alone[..alone.find("[histories.large]").unwrap()].to_owned()
        + &alone[alone.find("[[cohorts]]").unwrap()..];
    let without = Stage::new(&[("s.toml", &alone)]).run();
    assert_eq!(without.code, 0, "{}", without.stderr);
    let synthetic = |ran: &Ran| {
        let rows = ran.operations.iter().filter(|row| row[2].starts_with("synthetic/"));
        rows.cloned().collect::<Vec<_>>()
    };
    assert_eq!(synthetic(&without), synthetic(&ran));
}

#[test]
fn an_export_is_replayed_by_its_mapping_and_priced_by_the_scenario() {
    let scenario = r#"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
replications = 1
[histories.cursor]
file = "usage.csv"
mapping = "cursor"
features = { auto = "chat", large-1 = "agent" }
quantities = { tokens_in = "Input (w/o Cache Write)|Total Tokens" }
[[cohorts]]
name = "people"
history = "cursor"
[features.chat]
quantities = { tokens_in = 1, tokens_out = 1 }
cost = "max(0.5, (tokens_in + 4 * tokens_out) / 1000)"
[features.agent]
quantities = { tokens_cached = 1, tokens_out = 1, multiplier = 2 }
cost = "ceil(multiplier * (0.1 * tokens_cached + 4 * tokens_out) / 1000)"
[policies.open]
admission = "none"
"#;
    let export = "\u{feff}Date,User,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost\r\n\
        2025-01-02T10:00:00.000Z,ann,Included,auto,No,0,1000,0,500,1500,Included\r\n\
        2025-01-02T11:00:00.000Z,ann,Included,auto,No,0,,0,0,100,Included\r\n\
        2025-01-02T12:00:00.000Z,bob,On-Demand,large-1,Yes,0,0,\"20,000\",300,20300,$0.31\r\n";
    let refused = Stage::new(&[("s.toml", scenario), ("usage.csv", export)]).run();
    // The mapping gives no `multiplier`, so the agent's formula has nothing to take it from.
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("needs `multiplier`, which no column gives"), "{}", refused.stderr);
    let priced = scenario.replace(", multiplier = 2", "").replace("multiplier *", "2 *");
    let ran = Stage::new(&[("s.toml", &priced), ("usage.csv", export)]).run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // 1,000 and 500: 3 credits; 100 in all: the minimum; 2 · (2,000 + 1,200) / 1,000 = 6.4, rounded up.
    let costs: Vec<(&str, &str, &str)> =
        ran.operations.iter().map(|row| (&row[2], &row[3], &row[11])).collect();
    assert_eq!(
        costs,
        [("people/ann", "chat", "3"), ("people/ann", "chat", "0.5"), ("people/bob", "agent", "7")]
    );
    assert_eq!(ran.manifest["histories"][0]["counts"]["byte_order_marks"], 1);
}

#[test]
fn a_bad_file_is_told_at_once_by_check_and_by_run() {
    let usage = "at,team,kind,units\n\
        yesterday,big-1,chat,5\n\
        2025-01-03T10:00:00Z,big-1,video,\"1,5\"\n\
        2025-01-03T10:00:00Z,big-2\n";
    let stage = Stage::new(&[("s.toml", MIXED), ("usage.csv", usage)]);
    for command in [&["check", "s.toml"][..], &["run", "s.toml", "--output", "out"]] {
        let (code, stderr) = stage.command(command);
        assert_eq!(code, 2, "{stderr}");
        for wanted in [
            "error: `at` is `yesterday`\n--> usage.csv:2\n = wanted: a time",
            "error: `kind` is `video`, which is no feature\n--> usage.csv:3\n = hint: known are: chat, image; write `features",
            "error: has 2 cells, the header has 4\n--> usage.csv:4",
        ] {
            assert!(stderr.contains(wanted), "{command:?}: `{wanted}` is not in\n{stderr}");
        }
    }
    // A mistake beyond the first thousand rows is found by the run, after all of them were read.
    let mut usage = "at,team,kind,units\n".to_owned();
    for row in 0..3_000 {
        usage += if row % 1_000 == 999 && row > 1_000 {
            "soon,big-1,chat,x\n"
        } else {
            "2025-01-03,big-1,chat,1\n"
        };
    }
    let stage = Stage::new(&[("s.toml", MIXED), ("usage.csv", &usage)]);
    assert_eq!(stage.command(&["check", "s.toml"]).0, 0);
    let ran = stage.run();
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("usage.csv:2001") && ran.stderr.contains("usage.csv:3001"), "{}", ran.stderr);
    let left = std::fs::read_dir(stage.0.path("out/s")).expect("a folder").count();
    assert_eq!(left, 0, "a run that failed leaves nothing");
}

#[test]
fn the_organizations_of_a_history_are_not_guessed() {
    let stage = Stage::new(&[("s.toml", MIXED), ("usage.csv", USAGE)]);
    let (_, said, _) = stage.0.creditsim(&["check", "s.toml"]);
    let wanted = "`s.toml` can be run: 4 organizations and those of history `large` and those of history `small`, \
                  2 features, 1 policy, 1 replication\n";
    assert!(said.starts_with(wanted), "{said}");
}

/// Twenty teams with a call a day each; the n-th team's calls cost n + 1 credits.
const TEAMS: &str = r#"
start = 2025-01-01T00:00:00Z
horizon = "30 days"
replications = 10
baseline = "block"
[histories.usage]
file = "usage.csv"
time = "at"
organization = "team"
cost = "units"
[[cohorts]]
name = "teams"
history = "usage"
[features.chat]
[policy]
allowance = { credits = 100, every = "month" }
[policies.block]
admission = "estimate"
[policies.open]
admission = "none"
"#;

fn teams() -> String {
    let row = |(team, day)| format!("2025-01-{:02}T10:00:00Z,team-{team},{}\n", day + 1, team + 1);
    let rows = (0..20).flat_map(|team| (0..28).map(move |day| (team, day))).map(row);
    "at,team,units\n".to_owned() + &rows.collect::<String>()
}

#[test]
fn a_replay_in_which_nothing_is_drawn_is_one_run() {
    let scenario = TEAMS.replace("admission = \"estimate\"", "admission = { estimate = \"exact\" }");
    let stage = Stage::new(&[("s.toml", &scenario), ("usage.csv", &teams())]);
    let (code, said, stderr) =
        stage.0.creditsim(&["run", "s.toml", "--output", "out", "--threshold", "block: loss_rate < 90%"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("nothing is drawn here, so that 10 replications would be one and the same run"),
        "{stderr}"
    );
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("one exact run") && flat.contains("one run, exactly: nothing in this replay is drawn")
    );
    // The only ± is in the sentence that says there is none.
    assert!(said.matches('±').count() == 1 && !said.contains("first look"), "{said}");
    let found = find(&stage.0.path("out"), "replications.csv");
    assert_eq!(rows(&found).len(), 2, "one replication of two policies");
    let manifest = manifest(found.parent().expect("a folder"));
    assert_eq!(manifest["replications"], 1);
    // People who buy by chance make replications differ again.
    let buyers = scenario
        + "packages = [{ name = \"p\", credits = 50, price = \"5 USD\" }]\nbuyer = { on_refusal = 0.5 }\n";
    let stage = Stage::new(&[("s.toml", &buyers), ("usage.csv", &teams())]);
    let (code, said, stderr) = stage.0.creditsim(&["run", "s.toml", "--output", "out"]);
    assert!(
        code == 0 && said.contains("10 replications") && !stderr.contains("nothing is drawn"),
        "{said}{stderr}"
    );
}

#[test]
fn a_bootstrap_resamples_customers_alike_for_every_policy() {
    let scenario = TEAMS.replace("admission = \"estimate\"", "admission = { estimate = \"exact\" }");
    let stage = Stage::new(&[("s.toml", &scenario), ("usage.csv", &teams())]);
    let run = |output: &str, more: &[&str]| {
        let arguments = [&["run", "s.toml", "--output", output, "--format", "json", "-q"], more].concat();
        stage.0.creditsim(&arguments)
    };
    let (code, said, stderr) =
        run("out", &["--bootstrap", "200", "--threshold", "block: operations_demanded > 0"]);
    assert_eq!(code, 0, "{stderr}");
    let json: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((json["replications"].as_u64(), json["resamples"].as_u64()), (Some(1), Some(200)));
    let found = find(&stage.0.path("out"), "replications.csv");
    let mut reader = csv::Reader::from_path(&found).expect("a file");
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|known| known == name).expect("a column");
    let (policy, demand) = (column("policy"), column("demand_credits"));
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row")).collect();
    assert_eq!(records.len(), 400);
    let of = |name: &str| -> Vec<f64> {
        let own = records.iter().filter(|record| &record[policy] == name);
        own.map(|record| record[demand].parse().expect("a number")).collect()
    };
    // The same resample meets both policies; every resample has twenty teams of whole months.
    assert_eq!(of("block"), of("open"));
    assert!(of("open").iter().all(|credits| credits % 28.0 == 0.0 && (560.0..=11_200.0).contains(credits)));
    // Sum of 20 draws with replacement from 28 · (1 … 20): mean 5,880, standard deviation 28 · √(20 · 33.25) = 722.
    let mean = of("open").iter().sum::<f64>() / 200.0;
    let sd = (of("open").iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 199.0).sqrt();
    assert!((mean - 5_880.0).abs() < 4.3 * 722.0 / 200.0_f64.sqrt(), "{mean}");
    assert!((sd - 722.0).abs() < 4.3 * 722.0 / 400.0_f64.sqrt(), "{sd}");
    // The printed mean is the run's own, and another layout changes no byte.
    let summary = std::fs::read_to_string(find(&stage.0.path("out"), "summary.csv")).expect("text");
    let of_demand = |line: &&str| line.contains(",open,all,demand_credits,");
    let line = summary.lines().find(of_demand).expect("demand");
    assert!(line.contains(",5880,"), "{line}");
    let (again, said_again, _) = run(
        "again",
        &["--bootstrap", "200", "--threshold", "block: operations_demanded > 0", "--threads", "1"],
    );
    assert_eq!((again, &said_again), (0, &said));
    let refused = |more: &[&str], wanted: &str| {
        let (code, _, stderr) = run("none", more);
        assert!(code == 2 && stderr.contains(wanted), "{code}: {stderr}");
    };
    refused(&["--bootstrap", "5"], "20..=10000");
    refused(&["--bootstrap", "200", "--replications", "3"], "cannot be used with");
    let few = scenario.replace("cost = \"units\"", "cost = \"units\"\nonly = [\"team-1*\"]");
    std::fs::write(stage.0.path("s.toml"), few.replace("team-1*", "team-11")).expect("a disk");
    refused(&["--bootstrap", "200"], "a bootstrap wants at least 10");
}
