//! Makes the usage history that is bundled as an example, so that nothing in it is anybody's real usage.

use std::fmt::Write as _;

use rand::Rng as _;

use crate::sampling::{Dist, Purpose, Rng, StreamKey};
use crate::units::{SimSpan, SimTime};

/// Teams in the file.
const TEAMS: u32 = 40;
/// Monday, 3 February 2025, 00:00 UTC.
const FIRST_DAY: i64 = 1_738_540_800;
/// Days that the file covers.
const DAYS: u32 = 28;

/// One line of the file, before sorting.
type UsageLine = (SimTime, String);

/// The file: four weeks of chats and images of forty teams, most of them small.
fn usage() -> String {
    let mut rows: Vec<UsageLine> = (0..TEAMS).flat_map(team).collect();
    rows.sort();
    let mut file = "timestamp,team,feature,credits,seconds,status\n".to_owned();
    for (_, line) in rows {
        file.push_str(&line);
    }
    file
}

fn team(number: u32) -> Vec<UsageLine> {
    let key = StreamKey::root(2025).name("usage example").number(u64::from(number));
    let mut rng = key.stream(Purpose::Traits);
    let size = draw(Dist::lognormal_median(0.8, 1.1), &mut rng);
    let mut rows = Vec::new();
    for day in 0..DAYS {
        let weekend = day % 7 >= 5;
        let mean = size * if weekend { 0.2 } else { 1.5 };
        for _ in 0..draw(Dist::poisson(mean), &mut rng) as u32 {
            rows.push(call(number, day, &mut rng));
        }
    }
    rows
}

fn call(team: u32, day: u32, rng: &mut Rng) -> UsageLine {
    let second = draw(Dist::normal(13.5 * 3600.0, 3.0 * 3600.0, 6.0 * 3600.0, 23.0 * 3600.0), rng);
    let at = SimTime::from_micros(FIRST_DAY * 1_000_000)
        + SimSpan::from_seconds(i64::from(day) * 86_400 + second as i64);
    let image = rng.next_u64() % 10 < 3;
    let (feature, credits, median) = match image {
        true => ("image", [1, 1, 1, 2, 4, 4, 8][(rng.next_u64() % 7) as usize], 20.0),
        false => ("chat", 1 + rng.next_u64() % 3, 7.0),
    };
    let seconds = draw(Dist::lognormal_median(median, 0.6), rng);
    let status = if rng.next_u64().is_multiple_of(60) { "failed" } else { "ok" };
    let mut line = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(line, "{at},team-{team:02},{feature},{credits},{seconds:.1},{status}");
    (at, line)
}

fn draw(dist: Result<Dist, crate::sampling::DistError>, rng: &mut Rng) -> f64 {
    dist.expect("the parameters are constants").sample(rng)
}

/// `CREDITSIM_UPDATE=1 cargo test usage_file` writes the file anew.
#[test]
fn the_usage_file_is_what_its_maker_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/data/usage.csv");
    if std::env::var_os("CREDITSIM_UPDATE").is_some() {
        std::fs::write(path, usage()).expect("the file can be written");
    }
    let file = std::fs::read_to_string(path).expect("the file is there");
    assert!(
        file == usage(),
        "scenarios/data/usage.csv differs; write it with CREDITSIM_UPDATE=1 cargo test usage_file"
    );
}
