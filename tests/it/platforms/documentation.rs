//! docs/platforms.md leaves nothing out, and what it says is so: keys, commands, tests and counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::creditsim;

use toml::Value;

/// Behaviours by platform: 0.1 to 0.15, 1.1 to 1.11 and so on.
const LAST: [u32; 5] = [15, 11, 17, 11, 11];
const PAGE: &str = include_str!("../../../docs/platforms.md");

/// A behaviour: `| number | behaviour | key | test |`.
struct Behaviour {
    number: String,
    keys: Vec<String>,
    test: String,
}

/// A sentence of a platform: `| number | words | key | seen in | result |`.
struct Sentence {
    number: String,
    keys: Vec<String>,
    seen: Vec<Seen>,
    result: String,
}

/// What a command's output shows: words, their absence, or a condition on an outcome.
struct Seen {
    command: String,
    absent: bool,
    what: String,
}

/// One platform's part of the page.
struct Part {
    scenario: String,
    commands: BTreeMap<String, String>,
    sentences: Vec<Sentence>,
    behaviours: Vec<Behaviour>,
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn seen(cell: &str) -> Vec<Seen> {
    let pieces: Vec<&str> = cell.split('`').collect();
    let heads = pieces.iter().step_by(2).map(|head| head.trim_matches([' ', ';']));
    heads
        .zip(pieces.iter().skip(1).step_by(2))
        .map(|(head, what)| Seen {
            command: head.split(' ').next().unwrap_or_default().to_owned(),
            absent: head.ends_with(" no"),
            what: (*what).to_owned(),
        })
        .collect()
}

fn parts() -> Vec<Part> {
    PAGE.split("\n## ").skip(1).map(part).collect()
}

fn part(text: &str) -> Part {
    let scenario = quoted(text.lines().next().expect("a heading")).concat();
    let mut part =
        Part { scenario, commands: BTreeMap::new(), sentences: Vec::new(), behaviours: Vec::new() };
    for line in text.lines() {
        if let Some((letter, command)) = line.strip_prefix("- **").and_then(|rest| rest.split_once("** ")) {
            part.commands.insert(letter.to_owned(), quoted(command).concat());
        }
        let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else { continue };
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        match cells.as_slice() {
            [number, _, keys, found, result] if *result != "result" => part.sentences.push(Sentence {
                number: (*number).to_owned(),
                keys: quoted(keys),
                seen: seen(found),
                result: (*result).to_owned(),
            }),
            [number, _, keys, test] if number.contains('.') => part.behaviours.push(Behaviour {
                number: (*number).to_owned(),
                keys: quoted(keys),
                test: quoted(test).concat(),
            }),
            _ => {}
        }
    }
    part
}

#[test]
fn every_behaviour_has_its_row() {
    let found: Vec<String> =
        parts().into_iter().flat_map(|part| part.behaviours).map(|row| row.number).collect();
    let wanted: Vec<String> = LAST
        .iter()
        .enumerate()
        .flat_map(|(platform, last)| (1..=*last).map(move |number| format!("{platform}.{number}")))
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_key_is_one_of_the_format() {
    let schema = creditsim::scenario::schema();
    let shapes = schema["$defs"].as_object().expect("definitions");
    let keys: BTreeSet<&str> = shapes
        .values()
        .filter_map(|shape| shape["properties"].as_object())
        .flat_map(|properties| properties.keys().map(String::as_str))
        .collect();
    for row in parts().iter().flat_map(|part| &part.behaviours) {
        for key in row.keys.iter().filter(|key| !key.ends_with(".csv")) {
            assert!(keys.contains(key.as_str()), "{}: `{key}` is no key", row.number);
        }
    }
}

#[test]
fn every_test_exists() {
    let sources = [
        include_str!("workforce.rs"),
        include_str!("credits.rs"),
        include_str!("campaign_platform.rs"),
        include_str!("ampere.rs"),
        include_str!("ai_engine.rs"),
    ];
    for (part, source) in parts().iter().zip(sources) {
        for row in &part.behaviours {
            let head = format!("fn {}()", row.test);
            assert!(source.contains(&head), "{}: no test `{}`", row.number, row.test);
        }
    }
}

/// Every sentence is a behaviour with key, command and result, or says why not; every behaviour comes from a sentence.
#[test]
fn every_sentence_has_a_result() {
    for part in parts() {
        let mut said: BTreeSet<String> = BTreeSet::new();
        for row in &part.sentences {
            let number = &row.number;
            if row.result == "no behaviour" {
                assert!(row.keys.is_empty() && row.seen.is_empty(), "{number} needs neither key nor command");
                continue;
            }
            assert!(!row.keys.is_empty() && !row.seen.is_empty(), "{number} lacks a key or a command");
            let behaviours = row.result.strip_prefix("yes (").and_then(|rest| rest.strip_suffix(')'));
            match behaviours {
                Some(behaviours) => said.extend(behaviours.split(", ").map(str::to_owned)),
                None => {
                    assert!(row.result.starts_with("partly: "), "{number}: `{}` is no result", row.result);
                }
            }
        }
        let known: BTreeSet<String> = part.behaviours.iter().map(|row| row.number.clone()).collect();
        assert_eq!(said, known, "{}", part.scenario);
    }
}

#[test]
fn sentences_are_numbered_and_counted() {
    let rows = PAGE.split("\n## ").next().expect("a head").lines().filter(|line| line.starts_with("| "));
    let counted: Vec<Vec<usize>> = rows
        .skip(1)
        .map(|row| row.trim_matches([' ', '|']).split('|').skip(1))
        .map(|cells| cells.map(|cell| cell.trim().parse().expect("a number")).collect())
        .collect();
    let mut wanted = Vec::new();
    for part in parts() {
        let results = |word: &str| part.sentences.iter().filter(|row| row.result.starts_with(word)).count();
        wanted.push(vec![part.sentences.len(), results("yes"), results("partly"), results("no behaviour")]);
        for (row, number) in part.sentences.iter().zip(1..) {
            assert_eq!(row.number[1..], number.to_string(), "{}", part.scenario);
        }
    }
    let all = (0..4).map(|column| wanted.iter().map(|row| row[column]).sum()).collect();
    wanted.push(all);
    assert_eq!(counted, wanted);
}

/// Elements of a list go by their names, as in the paths of messages and overrides.
fn stands_in(scenario: &Value, path: &str) -> bool {
    let mut here = scenario;
    for word in path.split('.') {
        let next = match here {
            Value::Table(table) => table.get(word),
            Value::Array(list) => {
                list.iter().find(|element| element.get("name").and_then(Value::as_str) == Some(word))
            }
            _ => None,
        };
        let Some(next) = next else { return false };
        here = next;
    }
    true
}

#[test]
fn every_key_of_a_sentence_stands_in_its_scenario() {
    let mut missing = Vec::new();
    for part in parts() {
        let file = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), part.scenario);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let scenario: Value = toml::from_str(&text).expect("TOML");
        for row in &part.sentences {
            let lacking = row.keys.iter().filter(|key| !stands_in(&scenario, key));
            missing.extend(lacking.map(|key| format!("{}: `{key}`", row.number)));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The words of a command line, with double quotes as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let pieces = command.split('"').enumerate();
    pieces
        .flat_map(|(index, piece)| match index % 2 {
            0 => piece.split_whitespace().map(str::to_owned).collect(),
            _ => vec![piece.to_owned()],
        })
        .collect()
}

fn output(command: &str) -> String {
    let mut words = words(command);
    assert_eq!(words.remove(0), "creditsim", "`{command}`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    if words[0] == "run" {
        words.extend(["--quiet".to_owned(), "--output".to_owned(), folder.path().display().to_string()]);
    }
    let output = creditsim().args(&words).output().expect("it starts");
    assert!(output.status.success(), "`{command}`: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Whether `POLICY: OUTCOME < NUMBER` (or another comparison) holds in the CSV form of a comparison; `None` if it is no
/// condition.
fn condition(csv: &str, condition: &str) -> Option<bool> {
    let (policy, rest) = condition.split_once(": ")?;
    let [outcome, compare, number] = rest.split(' ').collect::<Vec<_>>()[..] else { return None };
    let wanted: f64 = number.parse().ok()?;
    let row = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let found: f64 = row
        .filter(|row| row.len() > 3 && row[0] == policy && row[1] == outcome)
        .find_map(|row| row[3].parse().ok())
        .unwrap_or_else(|| panic!("no `{outcome}` of `{policy}`"));
    match compare {
        "==" => Some(found == wanted),
        "<" => Some(found < wanted),
        ">" => Some(found > wanted),
        _ => None,
    }
}

#[test]
fn every_command_shows_what_is_said() {
    let mut wrong = Vec::new();
    for part in parts() {
        let outputs: BTreeMap<&String, String> =
            part.commands.iter().map(|(letter, command)| (letter, output(command))).collect();
        for row in &part.sentences {
            for seen in &row.seen {
                let output =
                    outputs.get(&seen.command).unwrap_or_else(|| panic!("{}: no command", row.number));
                let shown = condition(output, &seen.what).unwrap_or_else(|| output.contains(&seen.what));
                if shown == seen.absent {
                    let what = if seen.absent { "shows" } else { "does not show" };
                    wrong.push(format!("{}: {} {what} `{}`", row.number, seen.command, seen.what));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
