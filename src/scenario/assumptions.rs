//! The numbers of a scenario that nobody has measured: rates, costs, probabilities and delays of customers and features.
//!
//! A distribution whose values stand in several places is one assumption: its parts move together.
//! What a policy lays down (allowances, limits, prices) is a decision, not an assumption, and is left out.

use super::amount::UnitAmount;
use super::reading::{Node, Reader, TomlValue, join};
use super::scaling::scaled;
use super::source::ScenarioSource;
use super::sweep::inline;

/// A number or a distribution of the scenario with its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// Its dotted key.
    pub key: String,
    /// As written.
    pub text: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Number(UnitAmount),
    /// All parts of a distribution, or both ends of a range.
    Distribution(Node),
}

impl Assumption {
    /// The ways to write it times `factor`, the most exact first: with digits, a probability up to 1, whole.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Vec<String> {
        let amount = match &self.what {
            What::Number(amount) => amount,
            What::Distribution(node) => {
                return [true, false]
                    .into_iter()
                    .filter_map(|fine| scaled(node, factor, fine))
                    .map(|node| inline(&node))
                    .collect();
            }
        };
        let number = amount.number * factor;
        let full = if amount.unit.trim() == "%" { 100.0 } else { 1.0 };
        let whole = if factor < 1.0 { libm::floor(number) } else { libm::ceil(number) };
        let mut forms = vec![amount.with_digits(number), amount.with(whole, 0)];
        // What reads only up to 1 is a probability.
        if amount.number <= full && number > full {
            forms.insert(1, amount.with(full, 0));
        }
        forms
    }
}

/// Rooms of the file that describe the world.
const WORLD: [&str; 3] = ["cohorts", "features", "outages"];

/// Keys inside policies that describe people, payments and meters rather than rules.
const PEOPLE: [&str; 6] = ["buyer", "processing", "declined", "metering_lag", "patience", "human_delay"];

/// Keys that are sizes, grids or names, not assumptions.
const LEFT_OUT: [&str; 5] = ["organizations", "step", "operations", "windows", "version"];

/// Lists longer than this are curves (24 hours, 168 hours, 12 months), which one number does not describe.
const LONGEST_LIST: usize = 8;

/// Every assumption that is written in the file, in its order. Presets and defaults are not: they stand in no line.
#[must_use]
pub fn assumptions(source: &ScenarioSource) -> Vec<Assumption> {
    let reader = Reader::new();
    let Some(root) = source.parse(&reader) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, node) in root.as_table().map(|table| table.entries.as_slice()).unwrap_or_default() {
        match name.as_str() {
            name if WORLD.contains(&name) => walk(name, node, true, &mut found),
            "policy" | "policies" => walk(name, node, false, &mut found),
            _ => {}
        }
    }
    found
}

fn walk(path: &str, node: &Node, world: bool, found: &mut Vec<Assumption>) {
    if world && !path.ends_with(".arrivals") && scaled(node, 2.0, true).is_some() {
        let what = What::Distribution(node.clone());
        found.push(Assumption { key: path.to_owned(), text: inline(node), what });
        return;
    }
    match &node.value {
        TomlValue::Table(table) => {
            for (name, child) in &table.entries {
                if !LEFT_OUT.contains(&name.as_str()) {
                    let world = world || PEOPLE.contains(&name.as_str());
                    walk(&join(path, name), child, world, found);
                }
            }
        }
        TomlValue::List(items) if items.len() <= LONGEST_LIST => {
            for (index, child) in items.iter().enumerate() {
                let name = child.as_table().and_then(|table| table.get("name"));
                let name = match name.map(|node| &node.value) {
                    Some(TomlValue::Text(name)) => name.clone(),
                    _ => index.to_string(),
                };
                walk(&join(path, &name), child, world, found);
            }
        }
        TomlValue::Integer(_) | TomlValue::Float(_) if world => take(path, node.found(), found),
        TomlValue::Text(text) if world => take(path, text.clone(), found),
        _ => {}
    }
}

/// Zero stays zero whatever it is multiplied by, and says nothing.
fn take(path: &str, text: String, found: &mut Vec<Assumption>) {
    let Some(amount) = UnitAmount::parse(&text).filter(|amount| amount.is_single() && amount.number > 0.0)
    else {
        return;
    };
    found.push(Assumption { key: path.to_owned(), text, what: What::Number(amount) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_assumed_and_the_rules_are_not() {
        let text = r#"
            [[cohorts]]
            name          = "small"
            organizations = 20
            activity      = { lognormal = { mean = 0.8, cv = 0.9 } }
            profile       = "office"
            [features.chat]
            arrivals = { poisson = "6/day" }
            cost     = { uniform = [1, 3], step = 1 }
            free     = false
            [policy]
            allowance = 100
            buyer     = { on_refusal = "30%", human_delay = "1h 30min" }
            [policies.top]
            top_up = { threshold = 50, declined = 0.03, processing = "5s" }
        "#;
        let found = assumptions(&ScenarioSource::from_text("made-up", text));
        let keys: Vec<(&str, &str)> =
            found.iter().map(|found| (found.key.as_str(), found.text.as_str())).collect();
        assert_eq!(
            keys,
            [
                ("cohorts.small.activity.lognormal.mean", "0.8"),
                ("cohorts.small.activity.lognormal.cv", "0.9"),
                ("features.chat.arrivals.poisson", "6/day"),
                ("features.chat.cost", "{ uniform = [1, 3], step = 1 }"),
                ("policy.buyer.on_refusal", "30%"),
                ("policies.top.top_up.declined", "0.03"),
                ("policies.top.top_up.processing", "5s"),
            ]
        );
        // Scaled in all its parts, the law keeps its shape: 1, 2, 3 become 2, 4, 6.
        assert_eq!(found[3].scaled(2.0)[0], "{ uniform = [2.0, 6.0], step = 2.0 }");
    }

    #[test]
    fn every_family_with_several_values_is_scaled_as_a_whole() {
        let cases = [
            ("{ uniform = [\"1 min\", \"3 min\"] }", "{ uniform = [\"2 min\", \"6 min\"] }"),
            (
                "{ normal = { mean = 5, sd = 2, max = 9 } }",
                "{ normal = { mean = 10.0, sd = 4.0, max = 18.0 } }",
            ),
            (
                "{ triangular = { min = \"1 min\", mode = \"2 min\", max = \"9 min\" } }",
                "{ triangular = { min = \"2 min\", mode = \"4 min\", max = \"18 min\" } }",
            ),
            (
                "{ pareto = { min = 1, exponent = 1.5, cap = 50 } }",
                "{ pareto = { min = 2.0, exponent = 1.5, cap = 100.0 } }",
            ),
            ("{ discrete = [[1, 0.8], [10, 0.2]] }", "{ discrete = [[2.0, 0.8], [20.0, 0.2]] }"),
            ("{ empirical = [1, 2, 7] }", "{ empirical = [2.0, 4.0, 14.0] }"),
            (
                "{ quantiles = [[0, 1], [0.5, 2], [1, 9]] }",
                "{ quantiles = [[0, 2.0], [0.5, 4.0], [1, 18.0]] }",
            ),
            (
                "{ lognormal = { mean = 2, cv = 1 }, max = 30 }",
                "{ lognormal = { mean = 4.0, cv = 1 }, max = 60.0 }",
            ),
            (
                "{ mixture = [{ weight = 1, draw = 2 }, { weight = 3, draw = { exponential = 4 } }] }",
                "{ mixture = [{ weight = 1, draw = 4.0 }, { weight = 3, draw = { exponential = 8.0 } }] }",
            ),
        ];
        for (written, doubled) in cases {
            let text = format!("[features.chat]\nwork = {written}\n");
            let found = assumptions(&ScenarioSource::from_text("made-up", text.as_str()));
            assert_eq!(found.len(), 1, "{written}: {found:?}");
            assert_eq!(
                (found[0].key.as_str(), found[0].scaled(2.0)[0].as_str()),
                ("features.chat.work", doubled)
            );
        }
    }
}
