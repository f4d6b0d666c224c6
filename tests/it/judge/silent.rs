//! Law 11 (docs/semantics.md §13, §15): rates and limits that are written down and say nothing change no entry of a journal.

use super::both::{Both, both};
use super::draw::{FEATURES, Place, file_of};
use super::swarm::{cases, first_seed};

#[test]
fn rates_and_limits_that_say_nothing_change_nothing() {
    let (first, count) = (first_seed(), cases().div_ceil(15));
    let mut compared = 0;
    for seed in first..first + count {
        let file = file_of(seed, vec![1, 2 + seed % 2]);
        let mut more = file.clone();
        let free = |feature: usize| {
            file.lines.iter().any(|(place, line)| *place == Place::Feature(feature) && line == "free = true")
        };
        let rates: Vec<String> = (0..FEATURES.len())
            .filter(|feature| !free(*feature))
            .map(|feature| format!("{} = \"cost\"", FEATURES[feature]))
            .collect();
        if !rates.is_empty() {
            more.lines.push((Place::Policy, format!("rates = {{ {} }}", rates.join(", "))));
        }
        for limit in [
            "{ name = \"none\", amount = \"none\", window = { rolling = \"6h\" } }",
            "{ name = \"far\", amount = 1000000000, per = \"member\", window = { every = \"day\" } }",
            "{ name = \"wide\", amount = 1000000, unit = \"in-flight\", on_limit = \"queue\" }",
        ] {
            more.lines.push((Place::Limit, limit.to_owned()));
        }
        let (without, with) = (both(&file.text()), both(&more.text()));
        match (without, with) {
            (Both::Agree(without), Both::Agree(with)) => {
                assert_eq!(format!("{without:#?}"), format!("{with:#?}"), "seed {seed}\n{}", more.text());
                compared += 1;
            }
            (Both::Refused(_), _) => {}
            (_, Both::Refused(why)) => panic!("seed {seed}: {why}\n{}", more.text()),
            // What differs from the judge is told by its own test.
            _ => {}
        }
    }
    assert!(compared * 10 >= count * 9, "{compared} of {count} files could be compared");
}
