//! What the verdict rests on: numbers that somebody typed, and how to test whether they decide.
//!
//! Owns which comparison leads and which numbers it depends on. Leaves where numbers come from to `scenario`.

use serde_json::{Value, json};

use crate::experiment::{Findings, Verdict};
use crate::outcome::Scope;
use crate::scenario::{NumberOrigin, Origin, Provenance};

/// Keys that are named in a sentence.
const NAMED: usize = 4;

/// The leading comparison and the numbers that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// The policy that leads, if there are several.
    policy: Option<String>,
    /// What leads to it.
    metric: &'static str,
    /// Typed, those first that usually move most.
    assumed: Vec<NumberOrigin>,
    estimated: Vec<NumberOrigin>,
    measured: Vec<NumberOrigin>,
    from: Option<String>,
    histories: Vec<String>,
    /// The scenario, as a command names it.
    scenario: String,
}

impl Grounds {
    /// Of the findings about a scenario, which the command line calls `named`; policies are compared by `lost_work`.
    #[must_use]
    pub fn new(
        findings: &Findings,
        provenance: &Provenance,
        (named, lost_work): (&str, &'static str),
    ) -> Self {
        let names = &findings.shape().policies;
        let (leader, metric) = leader(findings, lost_work);
        let kept =
            [leader.unwrap_or(findings.baseline), findings.baseline].map(|policy| names[policy].as_str());
        let counts = |number: &&NumberOrigin| match number.key.strip_prefix("policies.") {
            // The first word is a policy's name, which may hold a dot.
            Some(rest) => {
                kept.iter().any(|name| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
            }
            None => true,
        };
        let of = |origin: Origin| -> Vec<NumberOrigin> {
            provenance.of_origin(origin).filter(counts).cloned().collect()
        };
        let mut assumed = of(Origin::Assumed);
        assumed.sort_by_key(|number| rank(&number.key));
        Grounds {
            policy: leader.map(|policy| names[policy].clone()),
            metric,
            assumed,
            estimated: of(Origin::Estimated),
            measured: of(Origin::Measured),
            from: provenance.from.clone(),
            histories: provenance.histories.clone(),
            scenario: named.to_owned(),
        }
    }

    /// One sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut parts = Vec::new();
        let numbers =
            |count: usize| if count == 1 { "1 number".to_owned() } else { format!("{count} numbers") };
        if !self.assumed.is_empty() {
            let keys: Vec<String> =
                self.assumed.iter().take(NAMED).map(|number| format!("`{}`", number.key)).collect();
            let more = self.assumed.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            parts.push(format!(
                "{} that somebody typed: {}{more}",
                numbers(self.assumed.len()),
                keys.join(", ")
            ));
        }
        if !self.estimated.is_empty() {
            let from = self.from.as_ref().map_or("a history".to_owned(), |from| format!("`{from}`"));
            parts.push(format!("{} estimated from {from}", numbers(self.estimated.len())));
        }
        if !self.histories.is_empty() {
            let files: Vec<String> = self.histories.iter().map(|file| format!("`{file}`")).collect();
            parts.push(format!("demand measured in {}", files.join(", ")));
        }
        let test =
            self.test().map(|test| format!("; `{test}` says which of them decide")).unwrap_or_default();
        match parts.is_empty() {
            true => "rests on no number of the world that somebody typed".to_owned(),
            false => format!("rests on {}{test}", parts.join("; ")),
        }
    }

    /// The command that tests what was typed, if it can move any of it.
    #[must_use]
    pub fn test(&self) -> Option<String> {
        let movable: Vec<&NumberOrigin> = self.assumed.iter().filter(|number| number.movable).collect();
        if movable.is_empty() {
            return None;
        }
        let mut words = vec![
            "creditsim".to_owned(),
            "sensitivity".to_owned(),
            self.scenario.clone(),
            "--metric".to_owned(),
            self.metric.to_owned(),
        ];
        words.extend(self.policy.iter().flat_map(|policy| ["--policy".to_owned(), policy.clone()]));
        // Everything is moved if nothing is said; a few typed ones among estimates are named.
        if !self.estimated.is_empty() && movable.len() <= NAMED {
            words.extend(movable.iter().flat_map(|number| ["--only".to_owned(), number.key.clone()]));
        }
        Some(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list = |numbers: &[NumberOrigin]| -> Vec<Value> {
            numbers
                .iter()
                .map(|number| json!({ "key": number.key, "value": number.text, "movable": number.movable }))
                .collect()
        };
        json!({
            "text": self.sentence(),
            "policy": self.policy,
            "metric": self.metric,
            "assumed": list(&self.assumed),
            "estimated": list(&self.estimated),
            "measured": list(&self.measured),
            "estimated_from": self.from,
            "histories": self.histories,
            "test": self.test(),
        })
    }
}

/// The policy that does best against the baseline, and in what: lost work, else cash.
fn leader(findings: &Findings, lost_work: &'static str) -> (Option<usize>, &'static str) {
    let others = || (0..findings.shape().policies.len()).filter(|&policy| policy != findings.baseline);
    let best = |outcome: &'static str, verdicts: [Verdict; 2], sign: f64| {
        let gain = |policy: usize| {
            let difference = findings.difference(policy, Scope::All, outcome)?;
            verdicts.contains(&difference.verdict).then_some((policy, sign * difference.estimate.mean))
        };
        others().filter_map(gain).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(policy, _)| policy)
    };
    let work = best(lost_work, [Verdict::Better, Verdict::Better], -1.0);
    let cash = || best("cash_money", [Verdict::Better, Verdict::Higher], 1.0);
    match work.map(|policy| (policy, lost_work)).or_else(|| cash().map(|policy| (policy, "cash_money"))) {
        Some((policy, metric)) => (Some(policy), metric),
        None => (others().next(), lost_work),
    }
}

/// What usually moves a comparison most comes first: how much work there is, then what customers do.
fn rank(key: &str) -> usize {
    const WORDS: [&str; 10] = [
        "cost",
        "arrivals",
        "activity",
        "rate",
        "quantities",
        "buyer",
        "declined",
        "reactions",
        "failures",
        "duration",
    ];
    let has = |word: &&str| key.split('.').any(|part| part == *word);
    WORDS.iter().position(has).unwrap_or(WORDS.len())
}

/// A word in quotes if a shell would take it for something else.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
