//! Where the numbers of a scenario come from: measured in a history, estimated from one, or assumed.
//!
//! Owns `[provenance]`, which `creditsim fit` writes: a fingerprint of every number that it has estimated. Builds on
//! `assumptions`, which says what the numbers of the world are. Invariant: a number counts as estimated only as long as it is
//! what the fit wrote; whoever edits it assumes it, and whatever else stands in the file stays as it was.

use sha2::{Digest, Sha256};

use crate::units::{FeatureIndex, hex};
use crate::workload::RowCost;

use super::assumptions::{Assumption, assumptions};
use super::model::Scenario;
use super::reading::{Field, Item, Kind, Node, Reader, TableShape, TomlValue, optional};
use super::source::ScenarioSource;

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A usage history says it, whatever is written.
    Measured,
    /// `creditsim fit` estimated it from a history.
    Estimated,
    /// Somebody typed it.
    Assumed,
}

impl Origin {
    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Measured => "measured",
            Origin::Estimated => "estimated",
            Origin::Assumed => "assumed",
        }
    }
}

/// A number of the scenario, or a formula with numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberOrigin {
    /// Its dotted key.
    pub key: String,
    /// As written.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
    /// `creditsim sensitivity` can move it; it cannot move formulas.
    pub movable: bool,
}

/// Where all numbers of the world come from, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// The numbers.
    pub numbers: Vec<NumberOrigin>,
    /// The history that estimates come from, if there are some.
    pub from: Option<String>,
    /// Files of the histories that are replayed.
    pub histories: Vec<String>,
}

/// The keys of `[provenance]`.
pub(super) static PROVENANCE: TableShape = TableShape {
    name: "provenance",
    doc: "Which numbers were estimated from a usage history; `creditsim fit` writes it.",
    tags: &[],
    parts: &[FIELDS],
};

static FIELDS: &[Field] = &[
    optional("from", Kind::Text, "The history that they were estimated from."),
    optional(
        "estimated",
        Kind::Map("key", &Kind::Text),
        "A fingerprint of each such number by its key. A number that is changed, or is not listed, is assumed.",
    ),
];

/// Looks at what `[provenance]` holds; what it says is asked for by [`Provenance::of`].
pub(super) fn check(item: Item<'_>) {
    let Some(section) = item.section(&PROVENANCE) else { return };
    section.read("from", Item::text);
    for (_, mark) in section.get("estimated").and_then(Item::entries).unwrap_or_default() {
        mark.text();
    }
}

impl Provenance {
    /// Of a scenario, whose histories feed the features of which `fed` is true.
    #[must_use]
    pub fn of(source: &ScenarioSource, scenario: &Scenario, fed: &dyn Fn(FeatureIndex) -> bool) -> Self {
        let reader = Reader::new();
        let root = source.parse(&reader);
        let written = root.as_ref().and_then(|root| root.as_table()?.get("provenance")?.as_table());
        let text = |node: &Node| match &node.value {
            TomlValue::Text(text) => Some(text.clone()),
            _ => None,
        };
        let listed = written.and_then(|table| table.get("estimated")?.as_table());
        let estimated = |key: &str, written: &str| {
            let mark = listed.and_then(|marks| text(marks.get(key)?));
            mark.is_some_and(|mark| mark == fingerprint(key, written))
        };
        let measured = MeasuredKeys::of(scenario, fed);
        let origin = |key: &str, written: &str| match () {
            () if measured.has(key) => Origin::Measured,
            () if estimated(key, written) => Origin::Estimated,
            () => Origin::Assumed,
        };
        let numbers = assumptions(source).into_iter().map(|Assumption { key, text, .. }| NumberOrigin {
            origin: origin(&key, &text),
            key,
            text,
            movable: true,
        });
        let mut numbers: Vec<NumberOrigin> = numbers.collect();
        for (key, text) in root.as_ref().map(formulas).unwrap_or_default() {
            if !numbers.iter().any(|number| number.key == key) {
                numbers.push(NumberOrigin { origin: origin(&key, &text), key, text, movable: false });
            }
        }
        let any = numbers.iter().any(|number| number.origin == Origin::Estimated);
        let from = written.and_then(|table| text(table.get("from")?)).filter(|_| any);
        let replayed = |index: &usize| scenario.cohorts.iter().any(|cohort| cohort.history == Some(*index));
        let histories = (0..scenario.histories.len()).filter(replayed);
        let histories = histories.map(|index| scenario.histories[index].path.display().to_string()).collect();
        Provenance { numbers, from, histories }
    }

    /// Numbers of one origin.
    pub fn of_origin(&self, origin: Origin) -> impl Iterator<Item = &NumberOrigin> {
        self.numbers.iter().filter(move |number| number.origin == origin)
    }
}

/// Keys whose values the histories take the place of.
struct MeasuredKeys(Vec<String>);

impl MeasuredKeys {
    /// A feature is measured if every cohort replays a history, and one of them feeds it.
    fn of(scenario: &Scenario, fed: &dyn Fn(FeatureIndex) -> bool) -> Self {
        let mut keys = Vec::new();
        let drawn = scenario.cohorts.iter().any(|cohort| cohort.history.is_none());
        if drawn || scenario.histories.is_empty() {
            return MeasuredKeys(keys);
        }
        let all = |has: &dyn Fn(&crate::workload::HistorySpec) -> bool| scenario.histories.iter().all(has);
        let costs = all(&|spec| matches!(spec.cost, RowCost::One | RowCost::Columns { .. }));
        let sizes = all(&|spec| spec.cost != RowCost::Drawn);
        let durations = all(&|spec| spec.columns.duration.is_some() || !spec.columns.end.is_empty());
        let outcomes = all(&|spec| spec.columns.status.is_some());
        for (index, feature) in scenario.features.iter().enumerate() {
            if fed(FeatureIndex(index as u16)) {
                let said = [
                    ("arrivals", true),
                    ("quantities", sizes),
                    ("cost", costs),
                    ("duration", durations),
                    ("failures", outcomes),
                    ("cancels", outcomes),
                ];
                let said = said.into_iter().filter(|(_, said)| *said);
                keys.extend(said.map(|(key, _)| format!("features.{}.{key}", feature.name)));
            }
        }
        MeasuredKeys(keys)
    }

    fn has(&self, key: &str) -> bool {
        let below = |known: &String| {
            key.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.0.iter().any(below)
    }
}

/// Costs that are formulas with numbers in them, of features and of histories.
fn formulas(root: &Node) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for room in ["features", "histories"] {
        let tables = root.as_table().and_then(|table| table.get(room)?.as_table());
        for (name, node) in tables.map(|table| table.entries.as_slice()).unwrap_or_default() {
            let cost = node.as_table().and_then(|table| table.get("cost"));
            if let Some(TomlValue::Text(text)) = cost.map(|node| &node.value) {
                let numbers = text.contains(|c: char| c.is_ascii_digit());
                found.extend(numbers.then(|| (format!("{room}.{name}.cost"), text.clone())));
            }
        }
    }
    found
}

/// What a number was when it was estimated: it does not depend on spaces and comments.
fn fingerprint(key: &str, text: &str) -> String {
    hex(&Sha256::digest(format!("{key}={text}")))[..8].to_owned()
}

/// The text of a scenario with every number of its cohorts and features marked as estimated from a history. Costs are not:
/// a history has no prices.
#[must_use]
pub fn mark_estimated(text: &str, from: &str) -> String {
    let source = ScenarioSource::from_text("fitted.toml", text);
    let of_world = |own: &Assumption| ["cohorts.", "features."].iter().any(|room| own.key.starts_with(room));
    let marked = assumptions(&source).into_iter().filter(|own| of_world(own) && !own.key.ends_with(".cost"));
    // Values may be quoted in ways that keys may not.
    let line =
        |key: String, value: String| toml::Table::from_iter([(key, toml::Value::String(value))]).to_string();
    let lines: Vec<String> = marked
        .map(|own| {
            let mark = fingerprint(&own.key, &own.text);
            line(own.key, mark)
        })
        .collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    format!(
        "{}\n# What was estimated; a number that is changed by hand counts as assumed.\n[provenance]\n{}\
         [provenance.estimated]\n{}",
        text.trim_end_matches('\n').to_owned() + "\n",
        line("from".to_owned(), from.to_owned()),
        lines.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read;

    const FITTED: &str = r#"
        start = 2025-01-01T00:00:00Z
        horizon = "20 days"
        [[cohorts]]
        name = "small"
        organizations = 4
        activity = { lognormal = { mean = 1.5, cv = 0.9 } }
        [features.post]
        arrivals = { poisson = "6/day" }
        cost = "2 * words"
        [features.post.quantities]
        words = { uniform = [1, 3] }
        [policies.block]
        allowance = 60
    "#;

    fn origins(text: &str) -> Vec<(String, Origin)> {
        let source = ScenarioSource::from_text("made-up", text);
        let scenario = read(&source).unwrap_or_else(|problems| panic!("{problems:?}"));
        let numbers = Provenance::of(&source, &scenario, &|_| false).numbers;
        numbers.into_iter().map(|number| (number.key, number.origin)).collect()
    }

    #[test]
    fn what_a_fit_wrote_is_estimated_until_somebody_changes_it() {
        let marked = mark_estimated(FITTED, "usage.csv");
        let all = |origins: Vec<(String, Origin)>, of: Origin| -> Vec<String> {
            origins.into_iter().filter(|(_, origin)| *origin == of).map(|(key, _)| key).collect()
        };
        assert_eq!(all(origins(FITTED), Origin::Estimated), Vec::<String>::new());
        // The formula has a price in it, which no history knows.
        assert_eq!(all(origins(&marked), Origin::Assumed), ["features.post.cost"]);
        let edited = marked.replace("6/day", "7/day").replace("mean = 1.5, cv", "mean   =  1.5,   cv");
        assert_eq!(
            all(origins(&edited), Origin::Assumed),
            ["features.post.arrivals.poisson", "features.post.cost"]
        );
        assert_eq!(
            all(origins(&edited), Origin::Estimated),
            [
                "cohorts.small.activity.lognormal.mean",
                "cohorts.small.activity.lognormal.cv",
                "features.post.quantities.words"
            ]
        );
    }

    #[test]
    fn what_a_history_says_is_measured() {
        let text = r#"
            start = 2025-01-01T00:00:00Z
            horizon = "20 days"
            [histories.usage]
            file = "usage.csv"
            time = "at"
            quantities = { words = "words" }
            other_features = "post"
            [[cohorts]]
            name = "customers"
            history = "usage"
            [features.post]
            cost = "2 * words"
            duration = "8s"
            quantities = { words = 3 }
            [policies.block]
            allowance = 60
            buyer = { on_refusal = 0.2 }
        "#;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("usage.csv"), "at,words\n2025-01-02T00:00:00Z,7\n")
            .expect("writable");
        let source = ScenarioSource::from_text("made-up", text).in_folder(folder.path());
        let scenario = read(&source).unwrap_or_else(|problems| panic!("{problems:?}"));
        let keys = |fed: bool, of: Origin| -> Vec<String> {
            let found = Provenance::of(&source, &scenario, &|_| fed);
            found.of_origin(of).map(|number| number.key.clone()).collect()
        };
        assert_eq!(keys(true, Origin::Measured), ["features.post.quantities.words"]);
        // The history has no durations and no prices, and nobody has asked its customers.
        let assumed = ["features.post.cost", "features.post.duration", "policies.block.buyer.on_refusal"];
        assert_eq!(keys(true, Origin::Assumed), assumed);
        assert_eq!(keys(false, Origin::Measured), Vec::<String>::new());
    }
}
