//! Scenarios that somebody else has written, and files that are none: what is read, what is refused, what is shown.

use std::fs;

use crate::common::Place;

/// Looks like a key, and is none.
const SECRET: &str =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5LCBub3QgYSBrZXk=\n-----END OPENSSH PRIVATE KEY-----\n";

/// Lines of files that are no histories and may be secret.
const SECRETS: [&str; 5] = [
    SECRET,
    "root:$6$c2FsdA$aGFzaA:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n",
    "AWS_SECRET_ACCESS_KEY=c2VjcmV0c2VjcmV0\n",
    "c2VjcmV0LXRva2Vu\n",
    "{\"type\": \"account\", \"key\": \"c2VjcmV0\", \"more\": {\"c\": \"c2Vj\"}}\n",
];

fn scenario(file: &str, demand: &str) -> String {
    format!(
        "start = 2025-01-01\nhorizon = \"10 days\"\nreplications = 2\n[histories.usage]\nfile = {file:?}\ncost = \"credits\"\n\
         [[cohorts]]\nname = \"teams\"\nhistory = \"usage\"\n[features.chat]\n{demand}\n[policies.block]\n\
         admission = \"positive\"\nallowance = 100\n"
    )
}

const USAGE: &str = "timestamp,feature,credits\n2025-01-02T00:00:00Z,chat,1\n2025-01-03T00:00:00Z,chat,2.5\n";

#[test]
fn nothing_of_a_file_that_is_no_history_is_shown() {
    let words = ["BEGIN", "bm90", "root", "$6$", "c2Vj", "daemon", "AWS"];
    for (number, secret) in SECRETS.into_iter().enumerate() {
        let place = Place::of(&[("secret", secret), ("small.toml", &scenario("secret", ""))]);
        let column = scenario(
            "usage.csv",
            "[features.job]\ncost = { empirical = { file = \"secret\", column = \"a\" } }",
        );
        fs::write(place.path("column.toml"), column).expect("a disk");
        fs::write(place.path("usage.csv"), USAGE).expect("a disk");
        let asked: [&[&str]; 6] = [
            &["check", "small.toml"],
            &["check", "column.toml"],
            &["check", "secret"],
            &["new", "--from", "secret"],
            &["fit", "secret"],
            &["backtest", "small.toml", "--actual", "secret"],
        ];
        for arguments in asked {
            let (code, stdout, stderr) = place.creditsim(arguments);
            assert_eq!(code, 2, "{arguments:?} {number}: {stderr}");
            let said = format!("{stdout}{stderr}").replace("secret", "").replace("SECRET", "");
            let shown = words.iter().find(|word| said.contains(**word));
            assert_eq!(shown, None, "{arguments:?} shows something of file {number}: {said}");
            assert!(stderr.contains("secret"), "{arguments:?} does not name the file: {stderr}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_sandbox_reads_nothing_outside_the_folder_of_the_scenario() {
    let place = Place::of(&[("usage.csv", USAGE)]);
    fs::create_dir(place.path("theirs")).expect("a disk");
    fs::write(place.path("theirs/own.csv"), USAGE).expect("a disk");
    std::os::unix::fs::symlink("../usage.csv", place.path("theirs/link.csv")).expect("a disk");
    let absolute = place.path("usage.csv").display().to_string();
    for (file, inside) in
        [("own.csv", true), ("../usage.csv", false), ("link.csv", false), (&absolute, false)]
    {
        fs::write(place.path("theirs/small.toml"), scenario(file, "")).expect("a disk");
        for command in ["check", "run"] {
            let output: &[&str] = if command == "run" { &["--quiet", "--output", "out"] } else { &[] };
            let free = [&[command, "theirs/small.toml"], output].concat();
            let (code, _, stderr) = place.creditsim(&free);
            assert_eq!(code, 0, "{command} {file}: {stderr}");
            let (code, _, stderr) = place.creditsim(&[&free[..], &["--sandboxed"]].concat());
            assert_eq!(code, if inside { 0 } else { 2 }, "{command} {file}: {stderr}");
            let told = [
                "histories.usage.file",
                "leads out of the scenario's folder",
                "theirs/small.toml:5",
                "--sandboxed",
            ];
            assert!(inside || told.iter().all(|word| stderr.contains(word)), "{command} {file}: {stderr}");
        }
    }
    // What is set over a scenario obeys too, and so do the files of distributions.
    fs::write(place.path("theirs/small.toml"), scenario("own.csv", "")).expect("a disk");
    let set = "features.chat.cost={ empirical = { file = \"../usage.csv\", column = \"credits\" } }";
    let arguments = ["check", "theirs/small.toml", "--set", set];
    assert_eq!(place.creditsim(&arguments).0, 0);
    let (code, _, stderr) = place.creditsim(&[&arguments[..], &["--sandboxed"]].concat());
    assert!(code == 2 && stderr.contains("features.chat.cost.empirical.file"), "{stderr}");
}

#[test]
fn a_sandbox_tells_every_bound_at_once() {
    let large = "start = 2025-01-01\nhorizon = \"50 years\"\nreplications = 5000\n[[cohorts]]\nname = \"a\"\n\
                 organizations = 90000\n[[cohorts]]\nname = \"b\"\norganizations = 90000\n[features.chat]\n\
                 arrivals = { poisson = \"1/year\" }\ncost = 1\n[policies.block]\nallowance = 5\n";
    let place = Place::with(large);
    let (code, _, stderr) = place.creditsim(&["check", "small.toml", "--sandboxed"]);
    assert_eq!(code, 2, "{stderr}");
    for told in [
        "`horizon` makes a horizon of 18262 days",
        "at most 3660 days",
        "`replications` asks for 5000 replications",
        "at most 1000",
        "`cohorts` hold 180000 organizations",
        "at most 100000",
        "small.toml:2",
        "small.toml:3",
        "docs/untrusted-input.md",
    ] {
        assert!(stderr.contains(told), "{told} is not told: {stderr}");
    }
    let busy = large
        .replace("50 years", "1 year")
        .replace("5000", "2")
        .replace("90000", "9")
        .replace("1/year", "1000/s");
    fs::write(place.path("small.toml"), busy).expect("a disk");
    for arguments in
        [&["check", "small.toml", "--sandboxed"][..], &["run", "small.toml", "--sandboxed", "--quiet"]]
    {
        let (code, _, stderr) = place.creditsim(arguments);
        assert!(code == 2 && stderr.contains("100 M operations") && !stderr.contains("--force"), "{stderr}");
    }
    let (code, _, stderr) = place.creditsim(&["run", "small.toml", "--sandboxed", "--force"]);
    assert!(code == 2 && stderr.contains("--force"), "{stderr}");
}

/// A few kB that unpack to more than a sandbox takes.
#[test]
fn a_packed_file_is_measured_unpacked() {
    let place = Place::with(&scenario("own.csv.gz", ""));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, b"timestamp,feature,credits\n").expect("memory");
    let row = b"2025-01-02T00:00:00Z,chat,1\n".repeat(30_000);
    for _ in 0..21 {
        std::io::Write::write_all(&mut packed, &row).expect("memory");
    }
    fs::write(place.path("own.csv.gz"), packed.finish().expect("memory")).expect("a disk");
    let demand = "cost = { empirical = { file = \"own.csv.gz\", column = \"credits\" } }";
    fs::write(place.path("small.toml"), scenario("own.csv.gz", demand)).expect("a disk");
    assert_eq!(place.creditsim(&["check", "small.toml"]).0, 0);
    let (code, _, stderr) = place.creditsim(&["check", "small.toml", "--sandboxed"]);
    assert!(code == 2 && stderr.contains("more than 16 MiB of text"), "{stderr}");
}

#[test]
fn a_part_of_a_number_that_there_cannot_be_is_named() {
    let place = Place::of(&[]);
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hostile/corpus/part");
    let bytes = super::fed::sealed(&fs::read(corpus.join("shard-zero")).expect("readable"));
    fs::write(place.path("zero.part"), bytes).expect("a disk");
    let (code, _, stderr) = place.creditsim(&["merge", "zero.part"]);
    assert!(code == 5 && stderr.contains("zero.part") && stderr.contains("cannot be"), "{code}: {stderr}");
}
