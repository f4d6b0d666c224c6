//! What a comparison of one outcome comes to, in a title.

use crate::experiment::{Difference, Findings, Verdict};
use crate::outcome::{Scope, metric};

use super::super::number;

/// How a change of an outcome is said.
pub(super) struct FindingWords {
    /// The outcome.
    pub outcome: &'static str,
    /// `cuts refusals`.
    pub falls: &'static str,
    /// `raises refusals`.
    pub rises: &'static str,
    /// What has not changed: `refusals`.
    pub noun: &'static str,
    /// Behind the numbers: `% of operations`, or `¤` and the outcome's own unit.
    pub unit: &'static str,
}

impl FindingWords {
    /// The finding: the largest change that is shown each way, or that none is. `None` if the outcome applies to nobody.
    pub fn title(&self, findings: &Findings) -> Option<String> {
        let shape = findings.shape();
        let base = findings.estimate(findings.baseline, Scope::All, self.outcome);
        let baseline = &shape.policies[findings.baseline];
        let others: Vec<usize> =
            (0..shape.policies.len()).filter(|&policy| policy != findings.baseline).collect();
        let shown: Vec<&Difference> = others
            .iter()
            .filter_map(|&policy| findings.difference(policy, Scope::All, self.outcome))
            .filter(|difference| decided(difference.verdict))
            .collect();
        let mean = |difference: &&&Difference| difference.estimate.mean;
        let falls = shown.iter().filter(|found| mean(found) < 0.0).min_by(|a, b| mean(a).total_cmp(&mean(b)));
        let rises = shown.iter().filter(|found| mean(found) > 0.0).max_by(|a, b| mean(a).total_cmp(&mean(b)));
        let said = |found: &&Difference, verb: &str| {
            let own = findings.estimate(found.policy, Scope::All, self.outcome)?;
            let name = &shape.policies[found.policy];
            Some(format!("`{name}` {verb} to {}", self.amount(findings, own.mean, false)))
        };
        let parts: Vec<String> = [
            falls.and_then(|found| said(found, self.falls)),
            rises.and_then(|found| said(found, self.rises)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let from = base.map(|base| self.amount(findings, base.mean, true));
        Some(match (parts.as_slice(), from) {
            ([], None) => return None,
            ([], Some(from)) if others.is_empty() => {
                format!("{}: {from} under `{baseline}`", capital(self.noun))
            }
            ([], Some(from)) if self.all_equal(findings, &others) => {
                format!("No policy changes {}: {from}", self.noun)
            }
            ([], Some(from)) => {
                format!("No policy is shown to change {} ({from} under `{baseline}`)", self.noun)
            }
            (parts, Some(from)) => format!("{}, against {from} under `{baseline}`", parts.join(", ")),
            (parts, None) => parts.join(", "),
        })
    }

    fn all_equal(&self, findings: &Findings, others: &[usize]) -> bool {
        others.iter().all(|&policy| {
            findings.difference(policy, Scope::All, self.outcome).is_none_or(|difference| {
                matches!(difference.verdict, Verdict::Equal | Verdict::PracticallyEqual)
            })
        })
    }

    fn amount(&self, findings: &Findings, value: f64, with_unit: bool) -> String {
        let share = metric(self.outcome).is_some_and(|metric| metric.is_share());
        let text = number::brief(if share { value * 100.0 } else { value });
        let unit = self.unit.replace('¤', &findings.unit(self.outcome));
        match unit.as_str() {
            unit if with_unit && !unit.is_empty() => format!("{text} {unit}"),
            _ if share => format!("{text} %"),
            _ => text,
        }
    }
}

/// True if a verdict says that something differs.
pub(super) fn decided(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Undecided | Verdict::Equal | Verdict::PracticallyEqual)
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
