//! `creditsim fit` as its users meet it: real histories simulated back from the file that was written, and whatever
//! else people may feed it.
//!
//! The real histories lie beside the project; a test says so and passes where they are absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use tempfile::TempDir;

use crate::common::{creditsim, find, stderr, stdout, trace};

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8 paths in tests")
}

/// Calls of a feature: (hour since 1970, organization, calls, sizes by column).
type Calls = Vec<(i64, String, f64, Vec<Option<f64>>)>;

fn hour(instant: &str) -> i64 {
    let date: jiff::Timestamp = instant.parse().unwrap_or_else(|error| panic!("{instant}: {error}"));
    date.as_second().div_euclid(3_600)
}

/// A history by feature.
fn history(file: &Path, sizes: &[&str]) -> BTreeMap<String, Calls> {
    let mut bytes = Vec::new();
    let mut source = fs::File::open(file).expect("a history");
    if file.extension().is_some_and(|ending| ending == "gz") {
        flate2::read::GzDecoder::new(source).read_to_end(&mut bytes).expect("gzip");
    } else {
        source.read_to_end(&mut bytes).expect("a history");
    }
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|column| column == name);
    let (time, org, feature, requests) =
        (column("timestamp"), column("org"), column("feature"), column("requests"));
    let sizes: Vec<Option<usize>> = sizes.iter().map(|size| column(size)).collect();
    let mut found: BTreeMap<String, Calls> = BTreeMap::new();
    for row in reader.records() {
        let row = row.expect("a row");
        let cell = |column: Option<usize>| column.and_then(|column| row.get(column)).unwrap_or("");
        let calls: f64 = requests.map_or(1.0, |_| cell(requests).parse().expect("a number"));
        let size = |column: &Option<usize>| cell(*column).parse::<f64>().ok().map(|total| total / calls);
        let call = (hour(cell(time)), cell(org).to_owned(), calls, sizes.iter().map(size).collect());
        found.entry(cell(feature).to_owned()).or_default().push(call);
    }
    found
}

/// The attempts of one replication by feature, with the cost as their size.
fn simulated(
    fitted: &Path,
    folder: &Path,
    seed: u64,
    features: &BTreeSet<String>,
    size: Option<&str>,
) -> BTreeMap<String, Calls> {
    let output = folder.join(format!("run-{seed}-{}", size.unwrap_or("cost")));
    let seed = seed.to_string();
    let mut arguments =
        vec!["run", path(fitted), "--seed", &seed, "--replications", "1", "--policy", "block"];
    arguments.extend(["--rows", "operations", "--quiet", "--output", path(&output)]);
    // A thousandth of the size, so that none is above what a call may cost.
    let set: Vec<String> = size
        .iter()
        .flat_map(|size| features.iter().map(move |feature| format!("features.{feature}.cost={size} / 1000")))
        .collect();
    arguments.extend(set.iter().flat_map(|set| ["--set", set]));
    let run = creditsim().args(&arguments).output().unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    let file = find(&output, "operations.csv");
    let mut reader = csv::Reader::from_path(file).expect("rows");
    let header = reader.headers().expect("a header").clone();
    let column =
        |name: &str| header.iter().position(|column| column == name).expect("the contract of docs/output.md");
    let (arrived, org, feature) = (column("arrived"), column("organization"), column("feature"));
    let (attempt, cost) = (column("attempt"), column("cost"));
    let mut found: BTreeMap<String, Calls> = BTreeMap::new();
    for row in reader.records() {
        let row = row.expect("a row");
        if row[attempt].parse::<u32>().is_ok_and(|attempt| attempt > 1) {
            continue;
        }
        let size = row[cost].parse::<f64>().ok().map(|cost| 1_000.0 * cost);
        found.entry(row[feature].to_owned()).or_default().push((
            hour(&row[arrived]),
            row[org].to_owned(),
            1.0,
            vec![size],
        ));
    }
    found
}

/// Share of the top tenth, dispersion of hours, busiest hour of the day by the mean one.
fn looks(calls: &Calls, hours: std::ops::Range<i64>) -> (Option<f64>, Option<f64>, Option<f64>) {
    let mut by_hour: BTreeMap<i64, f64> = BTreeMap::new();
    let mut by_organization: BTreeMap<&str, f64> = BTreeMap::new();
    let mut day = [0.0; 24];
    for (hour, organization, count, _) in calls {
        *by_hour.entry(*hour).or_default() += count;
        *by_organization.entry(organization).or_default() += count;
        day[hour.rem_euclid(24) as usize] += count;
    }
    let (count, total) = ((hours.end - hours.start) as f64, day.iter().sum::<f64>());
    let mean = total / count;
    let dispersion = (by_hour.values().map(|calls| calls * calls).sum::<f64>() / count - mean * mean) / mean;
    let mut volumes: Vec<f64> = by_organization.into_values().collect();
    volumes.sort_by(|a, b| b.total_cmp(a));
    let tenth = volumes[..volumes.len().div_ceil(10)].iter().sum::<f64>() / total;
    (
        (volumes.len() >= 10).then_some(tenth),
        (count >= 12.0).then_some(dispersion),
        (count >= 24.0).then(|| day.iter().copied().fold(0.0, f64::max) / (total / 24.0)),
    )
}

/// Kolmogorov-Smirnov distance of weighted samples.
fn distance(history: &Calls, column: usize, simulated: &Calls) -> f64 {
    let mut steps: Vec<(f64, f64, f64)> = Vec::new();
    steps.extend(history.iter().filter_map(|(.., calls, sizes)| Some((sizes[column]?, *calls, 0.0))));
    steps.extend(simulated.iter().filter_map(|(.., calls, sizes)| Some((sizes[0]?, 0.0, *calls))));
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (all, drawn) = steps.iter().fold((0.0, 0.0), |sums, step| (sums.0 + step.1, sums.1 + step.2));
    let (mut below, mut drawn_below, mut worst) = (0.0, 0.0, 0.0_f64);
    for (index, step) in steps.iter().enumerate() {
        below += step.1;
        drawn_below += step.2;
        // A thousandth of a size is written to a micro-credit: values so near are ties.
        if steps.get(index + 1).is_none_or(|next| next.0 - step.0 > 0.002 + 1e-5 * step.0) {
            worst = worst.max((below / all - drawn_below / drawn).abs());
        }
    }
    worst
}

/// The acceptance, feature by feature, over seeds that no fit has seen: distance of sizes ≤ 0.15, top tenth ± 0.08,
/// dispersion within a factor 2, busiest hour within a factor 1.5. Features of a few hundred calls may miss once.
fn check_trace(name: &str, sizes: &[&str], scale: Option<&str>) {
    let Some(file) = trace(name) else { return };
    let folder = TempDir::new().expect("a folder");
    let fitted = folder.path().join("fitted.toml");
    let mut arguments = vec!["fit", path(&file), "--output", path(&fitted)];
    arguments.extend(scale.iter().flat_map(|scale| ["--scale", scale]));
    let fit = creditsim().args(&arguments).output().unwrap();
    assert!(fit.status.success(), "{}", stderr(&fit));
    assert!(creditsim().args(["check", path(&fitted)]).output().unwrap().status.success());
    let share: f64 = scale.map_or(1.0, |scale| scale.parse().expect("a share"));
    let history = history(&file, sizes);
    let features: BTreeSet<String> = history.keys().cloned().collect();
    let all = || history.values().flatten().map(|call| call.0);
    let hours = all().min().unwrap_or(0)..all().max().unwrap_or(0) + 1;
    let mut misses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for seed in 101..104 {
        for (column, size) in sizes.iter().enumerate() {
            let run = simulated(&fitted, folder.path(), seed, &features, Some(size));
            for (feature, calls) in &history {
                let ks = distance(calls, column, &run[feature]);
                if ks > 0.15 {
                    misses
                        .entry(feature)
                        .or_default()
                        .push(format!("seed {seed}: distance of {size} is {ks:.3}"));
                }
            }
            if column > 0 {
                continue;
            }
            // Arrivals do not depend on costs.
            for (feature, calls) in &history {
                let (top, dispersion, peak) = looks(calls, hours.clone());
                let (own_top, own_dispersion, own_peak) = looks(&run[feature], hours.clone());
                let dispersion = dispersion.map(|dispersion| 1.0 + share * (dispersion - 1.0));
                let factor =
                    |a: Option<f64>, b: Option<f64>| a.zip(b).map_or(1.0, |(a, b)| (a / b).max(b / a));
                let apart = top.zip(own_top).map_or(0.0, |(a, b)| (a - b).abs());
                let found = [
                    (apart > 0.08, format!("seed {seed}: top tenth {own_top:?}, history {top:?}")),
                    (
                        factor(dispersion, own_dispersion) > 2.0,
                        format!("seed {seed}: dispersion {own_dispersion:?}, history {dispersion:?}"),
                    ),
                    (
                        factor(peak, own_peak) > 1.5,
                        format!("seed {seed}: busiest hour {own_peak:?}, history {peak:?}"),
                    ),
                ];
                misses
                    .entry(feature)
                    .or_default()
                    .extend(found.into_iter().filter(|(miss, _)| *miss).map(|(_, what)| what));
            }
        }
    }
    for (feature, calls) in &history {
        let calls: f64 = share * calls.iter().map(|call| call.2).sum::<f64>();
        let missed = misses.get(feature.as_str()).map_or(&[][..], Vec::as_slice);
        assert!(missed.len() <= usize::from(calls < 500.0), "{name} `{feature}`:\n{}", missed.join("\n"));
    }
}

#[test]
fn the_image_service_simulates_back() {
    check_trace("genai-images.csv", &["units"], None);
}

#[test]
fn the_reasoning_events_simulate_back() {
    check_trace("servegen-reason-events.csv.gz", &["input_tokens", "output_tokens"], Some("0.3"));
}

#[test]
fn the_two_services_without_organizations_simulate_back() {
    check_trace("azure-llm-2023.csv", &["input_tokens", "output_tokens"], None);
}

#[test]
fn the_hourly_buckets_simulate_back_after_thinning() {
    check_trace("servegen-llm-hourly.csv", &["input_tokens", "output_tokens"], Some("0.00003"));
}

/// Rows at a distance of some seconds, written by a function of their number.
fn rows(header: &str, count: u64, seconds: u64, row: impl Fn(u64, &str) -> String) -> Vec<u8> {
    let start: jiff::Timestamp = "2025-01-01T00:00:00Z".parse().expect("a time");
    let mut text = format!("{header}\n");
    for number in 0..count {
        let at = start + jiff::SignedDuration::from_secs((number * seconds) as i64);
        text += &row(number, &at.to_string());
        text.push('\n');
    }
    text.into_bytes()
}

/// Numbers that look random.
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33
}

/// What must come of a history: a scenario that runs, or a message with an exit code.
enum Comes {
    Runs,
    Refused(i32, &'static str),
}

use Comes::{Refused, Runs};

/// Fits a history; what comes of it is checked and run.
fn check_history(name: &str, content: &[u8], comes: &Comes) {
    let folder = TempDir::new().expect("a folder");
    let (file, fitted) = (folder.path().join(name), folder.path().join("fitted.toml"));
    fs::write(&file, content).expect("a disk");
    let fit = creditsim().args(["fit", path(&file), "--output", path(&fitted)]).output().unwrap();
    let said = stderr(&fit);
    match comes {
        Refused(code, what) => {
            assert_eq!(fit.status.code(), Some(*code), "{name}: {said}");
            assert!(said.contains(what), "{name}: {said}");
            assert!(!fitted.exists(), "{name}: nothing is written beside an error");
        }
        Runs => {
            assert!(fit.status.success(), "{name}: {said}");
            assert!(stdout(&fit).contains("goodness of fit"), "{name}");
            let check = creditsim().args(["check", path(&fitted)]).output().unwrap();
            assert!(
                check.status.success() && !stdout(&check).contains("warning"),
                "{name}: {}",
                stdout(&check)
            );
            let run = creditsim()
                .args(["run", path(&fitted), "-q", "--replications", "2", "--output", path(folder.path())])
                .output()
                .unwrap();
            assert!(run.status.success(), "{name}: {}", stderr(&run));
        }
    }
}

#[test]
fn any_history_is_fitted_or_refused_with_a_reason() {
    let units = "timestamp,org,feature,units";
    let plain = |row: u64, at: &str| format!("{at},o{},chat,{}", row % 7, mixed(row) % 50);
    let shuffled = |row: u64, _: &str| {
        let second = mixed(row) % 1_000_000 / 10;
        format!("{},o{},chat,{}", 1_735_689_600 + second * 12, mixed(row) % 7, second % 50)
    };
    let mut bom = vec![0xef, 0xbb, 0xbf];
    bom.extend(rows(units, 200, 600, plain));
    let names = ["a \"\"b\"\" c", "x, y", "[z]", "é ü", "a.b", "#c", "'q", "back\\slash", "turn", ""];
    let cases: Vec<(&str, Vec<u8>, Comes)> = vec![
        ("one-row.csv", rows(units, 1, 1, plain), Runs),
        ("one-instant.csv", rows(units, 100, 0, plain), Runs),
        (
            "one-organization.csv",
            rows("timestamp,units", 300, 900, |row, at| format!("{at},{}", row % 9)),
            Runs,
        ),
        ("constant.csv", rows(units, 300, 60, |row, at| format!("{at},o{},chat,5", row % 3)), Runs),
        ("zeros.csv", rows(units, 300, 60, |row, at| format!("{at},o{},chat,0", row % 3)), Runs),
        (
            "fractions.csv",
            rows(units, 300, 60, |row, at| format!("{at},o,chat,0.{}", 1 + mixed(row) % 99)),
            Runs,
        ),
        ("tiny.csv", rows(units, 300, 60, |row, at| format!("{at},o,chat,{}e-9", 1 + mixed(row) % 99)), Runs),
        ("huge.csv", rows(units, 300, 60, |row, at| format!("{at},o,chat,{}e12", 1 + mixed(row) % 99)), Runs),
        ("unsorted.csv", rows(units, 400, 1, shuffled), Runs),
        ("repeated.csv", rows(units, 300, 600, |row, at| format!("{0}\n{0}", plain(row, at))), Runs),
        ("mark.csv", bom, Runs),
        (
            "gaps.csv",
            rows(units, 300, 60, |row, at| {
                format!("{at},{},,{}", ["a", ""][row as usize % 2], ["", "3"][row as usize % 2])
            }),
            Runs,
        ),
        ("dates.csv", rows(units, 300, 86_400, |row, at| plain(row, &at[..10])), Runs),
        (
            "daily.csv",
            rows("date,org,requests,units", 180, 43_200, |row, at| {
                format!("{},o{},{},{}", &at[..10], row % 2, mixed(row) % 90, mixed(row) % 900)
            }),
            Runs,
        ),
        (
            "weird.csv",
            rows(units, 300, 3_600, |row, at| {
                format!("{at},o{},\"{}\",{}", row % 3, names[row as usize % 10], row % 9)
            }),
            Runs,
        ),
        ("two-years.csv", rows(units, 600, 100_000, plain), Runs),
        (
            "failing.csv",
            rows("timestamp,org,units,status", 200, 60, |row, at| format!("{at},o{},5,error", row % 3)),
            Runs,
        ),
        (
            "members.csv",
            rows("timestamp,org,user_id,credits,duration", 500, 300, |row, at| {
                format!("{at},o{},u{},{},1.5", row % 3, mixed(row) % 9, row % 5)
            }),
            Runs,
        ),
        (
            "litellm.jsonl",
            rows("", 400, 77, |row, at| {
                format!(
                    "{{\"request_id\":\"{row}\",\"startTime\":\"{at}\",\"team_id\":\"t{}\",\"model\":\"m\",\"prompt_tokens\":{},\"completion_tokens\":{},\"spend\":0.0{},\"status\":\"success\"}}",
                    row % 5,
                    mixed(row) % 900,
                    mixed(row + 9) % 90,
                    1 + mixed(row) % 9
                )
            }),
            Runs,
        ),
        (
            "openai.jsonl",
            rows("", 60, 86_400, |row, at| match row % 9 {
                0 => format!("{{\"start_time\":1,\"start_time_iso\":\"{at}\"}}"),
                _ => format!(
                    "{{\"start_time_iso\":\"{at}\",\"project_id\":\"p{}\",\"model\":\"m\",\"input_tokens\":{},\"output_tokens\":9,\"num_model_requests\":{}}}",
                    row % 2,
                    900 + row,
                    1 + row % 50
                ),
            }),
            Runs,
        ),
        (
            "events.jsonl",
            rows("", 300, 40, |row, at| {
                format!(
                    "{{\"id\":\"e{row}\",\"time\":\"{at}\",\"subject\":\"s{}\",\"type\":\"tokens\",\"data\":{{\"model\":\"m\",\"tokens\":{}}}}}",
                    row % 8,
                    mixed(row) % 5_000
                )
            }),
            Runs,
        ),
        (
            "cursor.csv",
            rows(
                "Date,User,Kind,Model,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost",
                300,
                900,
                |row, at| {
                    format!(
                        "\"{at}\",u{}@x.com,Included,auto,1,{},3,{},20000,{}",
                        row % 6,
                        mixed(row) % 9_000,
                        mixed(row) % 90,
                        ["Included", "$0.12"][row as usize % 2]
                    )
                },
            ),
            Runs,
        ),
        (
            "copilot.csv",
            rows("date,username,organization,sku,quantity,Total Monthly Quota", 300, 9_000, |row, at| {
                format!(
                    "{},u{},o{},premium,{},Unlimited",
                    &at[..10],
                    row % 9,
                    row % 3,
                    ["1", "0.33"][row as usize % 2]
                )
            }),
            Runs,
        ),
        ("empty.csv", Vec::new(), Refused(2, "has no header")),
        ("header.csv", format!("{units}\n").into_bytes(), Refused(2, "holds no call")),
        ("no-time.csv", b"who,what\na,b\n".to_vec(), Refused(2, "no column that looks like a time")),
        (
            "bad-time.csv",
            rows(units, 20, 60, |_, _| "yesterday,o,chat,3".to_owned()),
            Refused(2, "bad-time.csv:2`: `timestamp` is `yesterday`\n  wanted a time"),
        ),
        (
            "bad-number.csv",
            rows(units, 20, 60, |_, at| format!("{at},o,chat,many")),
            Refused(2, "`units` is `many`\n  wanted a number"),
        ),
        ("ragged.csv", format!("{units}\n2025-01-01T00:00:00Z,o\n").into_bytes(), Refused(2, "has 2 cells")),
        (
            "latin.csv",
            b"timestamp,org\n2025-01-01T00:00:00Z,M\xfcller\n".to_vec(),
            Refused(2, "is no UTF-8 text"),
        ),
        (
            "latin.jsonl",
            b"{\"timestamp\":\"2025-01-01T00:00:00Z\",\"org\":\"M\xfcller\"}\n".to_vec(),
            Refused(2, "is no UTF-8 text"),
        ),
        ("ages.csv", b"timestamp,units\n0,1\n1735689600,2\n".to_vec(), Refused(2, "more than 20 years")),
        ("torn.csv.gz", vec![0x1f, 0x8b, 8, 0, 1, 2, 3], Refused(5, "torn.csv.gz")),
    ];
    for (name, content, comes) in &cases {
        // JSONL has no header; its first line is empty.
        check_history(name, content, comes);
    }
}

#[test]
fn a_missing_history_and_a_full_disk_are_the_world() {
    let folder = TempDir::new().expect("a folder");
    let missing = creditsim().args(["fit", path(&folder.path().join("nowhere.csv"))]).output().unwrap();
    assert_eq!(missing.status.code(), Some(5), "{}", stderr(&missing));
    let file = folder.path().join("usage.csv");
    fs::write(&file, "timestamp,units\n2025-01-01T00:00:00Z,1\n").expect("a disk");
    let output = folder.path().join("no such folder").join("fitted.toml");
    let nowhere = creditsim().args(["fit", path(&file), "--output", path(&output)]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(5), "{}", stderr(&nowhere));
    let scale = creditsim().args(["fit", path(&file), "--scale", "2"]).output().unwrap();
    assert_eq!(scale.status.code(), Some(2));
}
