//! Every key of the tables that rules are written in is drawn by some file, or stands here with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use toml::{Table, Value};

use super::draw::file_of;

/// A section of the page of keys, and the keys of a file under which its tables stand.
const SECTIONS: &[(&str, &[&str])] = &[
    ("policy", &["judged", "first", "second", "set", "chat", "agent", "image"]),
    ("feature", &["chat", "agent", "image"]),
    ("plan-change", &["plan_changes"]),
    ("rule-change", &["changes"]),
    ("convert", &["convert"]),
    ("allowance", &["allowance"]),
    ("rollover", &["rollover"]),
    ("subscription", &["subscription"]),
    ("grant", &["grants"]),
    ("recurrence", &["recurrence"]),
    ("overdraft", &["overdraft"]),
    ("package", &["packages"]),
    ("grace", &["grace"]),
    ("dunning", &["dunning"]),
    ("refund-on", &["refund_on"]),
    ("top-up", &["top_ups"]),
    ("alert", &["alerts"]),
    ("buyer", &["buyer"]),
    ("invoices", &["invoices"]),
    ("hold", &["hold"]),
    ("limit", &["limits"]),
    ("limit-reset", &["resets"]),
    ("rate-card", &["rates"]),
];

/// Keys (of all sections, or `section.key`) that no file of these levels has.
const LEFT_OUT: &[(&str, &str)] = &[
    ("grace.of", "it has one value"),
    ("preset", "a policy that is written elsewhere"),
    ("top_up", "one of `top_ups`, written alone"),
    ("cap", "one of `caps`, written alone"),
    ("remove", "takes out what an earlier layer states"),
    ("limit.report", "what `limits.csv` tells of windows: no rule of an account reads it"),
    ("top-up.per", "rules of single owners: not judged yet"),
    ("alert.per", "alerts of single owners: not judged yet"),
    ("seats", "members who come and go: not judged yet"),
    ("on_leave", "members who come and go: not judged yet"),
    ("provider_cost", "what the vendor pays: no rule of an account reads it"),
    ("calendar", "when demand comes, which the judge is given"),
    ("profile", "when demand comes, which the judge is given"),
    ("cache", "what demand costs, which the judge is given"),
];

/// Which keys stand in tables under which key.
fn collect(found: &mut BTreeMap<String, BTreeSet<String>>, table: &Table) {
    for (key, value) in table {
        let tables: Vec<&Table> = match value {
            Value::Table(inner) => vec![inner],
            Value::Array(all) => all.iter().filter_map(Value::as_table).collect(),
            _ => Vec::new(),
        };
        for inner in tables {
            found.entry(key.clone()).or_default().extend(inner.keys().cloned());
            collect(found, inner);
        }
    }
}

/// The keys of a section of the page of keys.
fn keys_of(page: &str, section: &str) -> Vec<String> {
    let title = format!("### {section}");
    let lines = page.lines().skip_while(|line| *line != title).skip(1);
    let rows = lines.take_while(|line| !line.starts_with("###")).filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

#[test]
fn every_key_that_rules_are_written_with_is_drawn() {
    let mut found = BTreeMap::new();
    for seed in 1..=1_500 {
        // Late charges are not drawn beside limits.
        let levels = if seed % 3 == 0 { vec![1, 2, 3, 6, 7] } else { vec![1, 2, 3, 5, 6, 7, 9] };
        let text = file_of(seed, levels).text();
        collect(&mut found, &text.parse::<Table>().expect("a file of the generator is TOML"));
    }
    let page = fs::read_to_string("docs/scenario-format.md").expect("the page of keys is there");
    let left_out = |section: &str, key: &str| {
        LEFT_OUT.iter().any(|(known, _)| *known == key || *known == format!("{section}.{key}"))
    };
    let (mut missing, mut drawn) = (Vec::new(), Vec::new());
    for (section, parents) in SECTIONS {
        let keys = keys_of(&page, section);
        assert!(!keys.is_empty(), "the page of keys has no section `{section}`");
        for key in keys {
            let reached =
                parents.iter().any(|parent| found.get(*parent).is_some_and(|keys| keys.contains(&key)));
            match (reached, left_out(section, &key)) {
                (false, false) => missing.push(format!("{section}.{key}")),
                (true, true) => drawn.push(format!("{section}.{key}")),
                _ => {}
            }
        }
    }
    assert!(missing.is_empty(), "no file has {missing:?}");
    assert!(drawn.is_empty(), "left out, and drawn all the same: {drawn:?}");
}
