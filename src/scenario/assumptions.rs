//! The numbers of a scenario that nobody has measured: rates, costs, probabilities and delays of customers and features.
//!
//! What a policy lays down (allowances, limits, prices) is a decision, not an assumption, and is left out.

use super::amount::Amount;
use super::reading::{Node, Reader, Value, join};
use super::source::ScenarioSource;

/// A number of the scenario with its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// Its dotted key.
    pub key: String,
    /// As written.
    pub text: String,
    /// The same, read.
    pub amount: Amount,
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
    match &node.value {
        Value::Table(table) => {
            for (name, child) in &table.entries {
                if !LEFT_OUT.contains(&name.as_str()) {
                    let world = world || PEOPLE.contains(&name.as_str());
                    walk(&join(path, name), child, world, found);
                }
            }
        }
        Value::List(items) if items.len() <= LONGEST_LIST => {
            for (index, child) in items.iter().enumerate() {
                let name = child.as_table().and_then(|table| table.get("name"));
                let name = match name.map(|node| &node.value) {
                    Some(Value::Text(name)) => name.clone(),
                    _ => index.to_string(),
                };
                walk(&join(path, &name), child, world, found);
            }
        }
        Value::Integer(_) | Value::Float(_) if world => take(path, node.found(), found),
        Value::Text(text) if world => take(path, text.clone(), found),
        _ => {}
    }
}

/// Zero stays zero whatever it is multiplied by, and says nothing.
fn take(path: &str, text: String, found: &mut Vec<Assumption>) {
    let Some(amount) = Amount::parse(&text).filter(|amount| amount.is_single() && amount.number > 0.0) else {
        return;
    };
    found.push(Assumption { key: path.to_owned(), text, amount });
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
        let keys: Vec<(&str, f64)> =
            found.iter().map(|found| (found.key.as_str(), found.amount.number)).collect();
        assert_eq!(
            keys,
            [
                ("cohorts.small.activity.lognormal.mean", 0.8),
                ("cohorts.small.activity.lognormal.cv", 0.9),
                ("features.chat.arrivals.poisson", 6.0),
                ("features.chat.cost.uniform.0", 1.0),
                ("features.chat.cost.uniform.1", 3.0),
                ("policy.buyer.on_refusal", 30.0),
                ("policies.top.top_up.declined", 0.03),
                ("policies.top.top_up.processing", 5.0),
            ]
        );
    }
}
