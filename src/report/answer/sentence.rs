//! A sentence that knows where each of its numbers stands.

use serde_json::{Value, json};

use crate::experiment::{Estimate, Findings, SizeClass};
use crate::outcome::Scope;

use super::super::customers::BY_SIZE_FILE;
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
    /// The outcome of its row: the column `metric`, or `list` where there is one (then its first row).
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
    pub(super) fn amount(self, numbers: &CitedEstimate<'_>, unsigned: bool) -> Self {
        let CitedEstimate { estimate, factor, .. } = numbers;
        let mut shown = estimate.scaled(*factor);
        if unsigned {
            shown.mean = shown.mean.abs();
        }
        let (mean, half) = number::with_uncertainty(&shown);
        let said = self.cite(numbers.citation(mean, estimate.mean, numbers.column));
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
pub(super) struct CitedEstimate<'f> {
    pub estimate: Estimate,
    /// From the file's unit to what people read.
    pub factor: f64,
    pub policy: &'f str,
    pub outcome: &'f str,
    pub file: &'static str,
    /// The column of its mean.
    pub column: &'static str,
}

impl<'f> CitedEstimate<'f> {
    /// What a policy came to; `None` if the outcome does not apply.
    pub fn of(findings: &'f Findings, policy: usize, outcome: &'f str) -> Option<Self> {
        let estimate = findings.estimate(policy, Scope::All, outcome)?;
        let policy = name(findings, policy);
        Some(CitedEstimate {
            estimate,
            factor: factor(outcome),
            policy,
            outcome,
            file: "summary.csv",
            column: "mean",
        })
    }

    /// How a policy differs from the baseline.
    pub fn difference(findings: &'f Findings, policy: usize, outcome: &'f str) -> Option<Self> {
        let estimate = findings.difference(policy, Scope::All, outcome)?.estimate;
        let policy = name(findings, policy);
        let (file, column) = ("comparison.csv", "difference");
        Some(CitedEstimate { estimate, factor: factor(outcome), policy, outcome, file, column })
    }

    /// How many organizations a policy does something to.
    pub fn customers(findings: &'f Findings, policy: usize, measure: &'f str) -> Option<Self> {
        let estimate = findings.measurements.customers().estimate(policy, SizeClass::All, measure)?;
        let policy = name(findings, policy);
        Some(CitedEstimate {
            estimate,
            factor: 1.0,
            policy,
            outcome: measure,
            file: BY_SIZE_FILE,
            column: "mean",
        })
    }

    /// One of its numbers as it is written.
    pub fn citation(&self, written: String, value: f64, column: &'static str) -> Citation {
        let (policy, outcome) = (self.policy.to_owned(), self.outcome.to_owned());
        Citation { written, value, file: self.file, policy, outcome, column }
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
