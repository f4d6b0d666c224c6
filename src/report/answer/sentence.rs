//! A sentence that knows where each of its numbers stands.

use serde_json::{Value, json};

use crate::experiment::{Estimate, Findings};
use crate::outcome::Scope;

use super::super::number;

/// A sentence built up piece by piece.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sentence {
    text: String,
    citations: Vec<Citation>,
}

/// A number as a sentence has it, and where its full value stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Citation {
    /// As it is written, with its letter or sign of unit.
    pub written: String,
    /// In full, in the file's unit (shares as fractions).
    pub value: f64,
    /// The file in the run's folder.
    pub file: &'static str,
    /// The policy of its row.
    pub policy: String,
    /// The outcome of its row.
    pub outcome: String,
    /// Its column.
    pub column: &'static str,
}

impl Sentence {
    /// Words without a number of their own.
    #[must_use]
    pub fn words(text: impl Into<String>) -> Self {
        Sentence { text: text.into(), citations: Vec::new() }
    }

    /// What people read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every number in it, in order.
    #[must_use]
    pub fn citations(&self) -> &[Citation] {
        &self.citations
    }

    /// True if nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Goes on with words.
    pub(super) fn say(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Goes on with a number.
    pub(super) fn cite(mut self, citation: Citation) -> Self {
        self.text.push_str(&citation.written);
        self.citations.push(citation);
        self
    }

    /// Goes on with another sentence.
    pub(super) fn join(mut self, between: &str, other: Sentence) -> Self {
        if !self.text.is_empty() && !other.text.is_empty() {
            self.text.push_str(between);
        }
        self.text.push_str(&other.text);
        self.citations.extend(other.citations);
        self
    }

    /// Goes on with a mean and its half-width, or their sizes without a sign.
    pub(super) fn amount(self, numbers: &Numbers<'_>, unsigned: bool) -> Self {
        let Numbers { estimate, factor, .. } = numbers;
        let mut shown = estimate.scaled(*factor);
        if unsigned {
            shown.mean = shown.mean.abs();
        }
        let (mean, half) = number::with_uncertainty(&shown);
        let said = self.cite(numbers.citation(mean, estimate.mean, numbers.mean_column()));
        match (half, estimate.half_width) {
            (Some(half), Some(width)) => said.say(" ").cite(numbers.citation(half, width, "half_width")),
            _ => said,
        }
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        let citation = |cited: &Citation| {
            json!({
                "written": cited.written,
                "value": cited.value,
                "file": cited.file,
                "policy": cited.policy,
                "metric": cited.outcome,
                "column": cited.column,
            })
        };
        json!({ "text": self.text, "numbers": self.citations.iter().map(citation).collect::<Vec<_>>() })
    }
}

/// An estimate and the row of a file that has it.
#[derive(Debug, Clone)]
pub(super) struct Numbers<'f> {
    pub estimate: Estimate,
    /// From the file's unit to what people read.
    pub factor: f64,
    pub policy: &'f str,
    pub outcome: &'f str,
    /// It is a difference to the baseline.
    pub differs: bool,
}

impl<'f> Numbers<'f> {
    /// What a policy came to; `None` if the outcome does not apply.
    pub fn of(findings: &'f Findings, policy: usize, outcome: &'f str) -> Option<Self> {
        let estimate = findings.estimate(policy, Scope::All, outcome)?;
        Some(Numbers {
            estimate,
            factor: factor(outcome),
            policy: name(findings, policy),
            outcome,
            differs: false,
        })
    }

    /// How a policy differs from the baseline.
    pub fn difference(findings: &'f Findings, policy: usize, outcome: &'f str) -> Option<Self> {
        let estimate = findings.difference(policy, Scope::All, outcome)?.estimate;
        Some(Numbers {
            estimate,
            factor: factor(outcome),
            policy: name(findings, policy),
            outcome,
            differs: true,
        })
    }

    fn mean_column(&self) -> &'static str {
        if self.differs { "difference" } else { "mean" }
    }

    /// One of its numbers as it is written.
    pub fn citation(&self, written: String, value: f64, column: &'static str) -> Citation {
        let file = if self.differs { "comparison.csv" } else { "summary.csv" };
        Citation {
            written,
            value,
            file,
            policy: self.policy.to_owned(),
            outcome: self.outcome.to_owned(),
            column,
        }
    }
}

/// People read shares in per cent.
fn factor(outcome: &str) -> f64 {
    let share = crate::outcome::metric(outcome).is_some_and(|metric| metric.is_share());
    if share { 100.0 } else { 1.0 }
}

fn name(findings: &Findings, policy: usize) -> &str {
    &findings.shape().policies[policy]
}
