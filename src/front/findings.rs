//! What a run found, asked for by names.

use std::fmt;
use std::io::{self, Write};

use crate::experiment::{Difference, Estimate, Family, Findings, Judgement, Measurements, Ruling, judge};
use crate::outcome::{METRICS, Scope};
use crate::report::{self, Answer, Look};
use crate::scenario::Scenario;

use super::OutcomeName;

/// What a run found: every outcome of every policy with its interval, every difference from the baseline with its verdict.
#[derive(Debug, Clone)]
pub struct RunFindings {
    scenario: Scenario,
    findings: Findings,
    answer: Answer,
    judgements: Vec<Judgement>,
    partial: bool,
    stopped: Option<String>,
}

/// Over which organizations and features an outcome is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Within<'n> {
    /// Everything.
    All,
    /// The organizations of a cohort, by its name.
    Cohort(&'n str),
    /// One feature over all organizations, by its name.
    Feature(&'n str),
    /// The organizations that begin on a plan, by its name; where there are several plans.
    Plan(&'n str),
}

impl fmt::Display for Within<'_> {
    /// As files write it: `all`, `cohort:NAME` …
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Within::All => f.write_str("all"),
            Within::Cohort(name) => write!(f, "cohort:{name}"),
            Within::Feature(name) => write!(f, "feature:{name}"),
            Within::Plan(name) => write!(f, "plan:{name}"),
        }
    }
}

impl RunFindings {
    pub(super) fn new(
        scenario: Scenario,
        measurements: Measurements,
        partial: bool,
        stopped: Option<String>,
    ) -> Self {
        let findings = Findings::of_family(measurements, scenario.baseline, &Family::of(&scenario));
        let judgements = judge(&findings.measurements, &scenario.thresholds);
        let answer = Answer::new(&findings, &scenario);
        RunFindings { scenario, findings, answer, judgements, partial, stopped }
    }

    /// The policies in the order of the file.
    pub fn policies(&self) -> impl Iterator<Item = PolicyFindings<'_>> {
        (0..self.scenario.policies.len()).map(|policy| PolicyFindings { of: self, policy })
    }

    /// A policy by name; none if the run has none of that name.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<PolicyFindings<'_>> {
        self.policies().find(|policy| policy.name() == name)
    }

    /// The policy that the others are compared with.
    #[must_use]
    pub fn baseline(&self) -> PolicyFindings<'_> {
        PolicyFindings { of: self, policy: self.findings.baseline }
    }

    /// The verdict: who was compared, a sentence a policy, and what to know before acting on it.
    #[must_use]
    pub fn verdict(&self) -> String {
        self.answer.draw(Look::PLAIN)
    }

    /// What to know before acting on the verdict, a sentence each.
    #[must_use]
    pub fn cautions(&self) -> Vec<&str> {
        self.answer.cautions.iter().map(report::Sentence::text).collect()
    }

    /// Every threshold of the scenario for every policy that it names: the condition as written, the policy's name, and what it
    /// comes to.
    pub fn thresholds(&self) -> impl Iterator<Item = (&str, &str, Ruling)> {
        self.judgements.iter().map(|judgement| {
            let condition = self.scenario.thresholds[judgement.threshold].text.as_str();
            (condition, self.scenario.policies[judgement.policy].name.as_str(), judgement.ruling)
        })
    }

    /// Replications that were finished.
    #[must_use]
    pub fn replications(&self) -> u32 {
        self.findings.measurements.replications()
    }

    /// True if nothing is drawn, so that one replication is all that there are.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.findings.measurements.is_exact()
    }

    /// True if the run was asked to end before its end.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        self.partial
    }

    /// Why a precision ended the run where it did, if one did.
    #[must_use]
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Name of the scenario.
    #[must_use]
    pub fn scenario(&self) -> &str {
        &self.scenario.name
    }

    /// The seed: with the scenario it gives the same findings again.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.scenario.seed
    }

    /// ISO code of the currency of every amount of money, if the scenario names one.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.scenario.currency.as_deref()
    }

    /// Writes every outcome of every scope, as `summary.csv`.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn write_summary(&self, out: impl Write) -> io::Result<()> {
        report::write_summary(out, &self.findings, &self.scenario.name)
    }

    /// Writes every difference from the baseline, as `comparison.csv`.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn write_comparison(&self, out: impl Write) -> io::Result<()> {
        report::write_comparison(out, &self.findings, &self.scenario.name)
    }
}

/// What a run found of one policy.
#[derive(Debug, Clone, Copy)]
pub struct PolicyFindings<'f> {
    of: &'f RunFindings,
    policy: usize,
}

impl<'f> PolicyFindings<'f> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'f str {
        &self.of.scenario.policies[self.policy].name
    }

    /// True if the others are compared with it.
    #[must_use]
    pub fn is_baseline(&self) -> bool {
        self.policy == self.of.findings.baseline
    }

    /// What it does, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> &'f str {
        let said = self.of.answer.lines.iter().find(|line| line.policy == self.name());
        said.map_or("", |line| line.sentence.text())
    }

    /// The mean of an outcome over replications with its interval; none where it does not apply.
    #[must_use]
    pub fn outcome(&self, outcome: OutcomeName) -> Option<Estimate> {
        self.outcome_within(Within::All, outcome)
    }

    /// The same of a cohort, a feature or a plan.
    #[must_use]
    pub fn outcome_within(&self, within: Within<'_>, outcome: OutcomeName) -> Option<Estimate> {
        self.of.findings.measurements.estimate(self.policy, self.scope(within, outcome)?, outcome.place())
    }

    /// The values of an outcome, one a replication; none where it does not apply.
    #[must_use]
    pub fn values(&self, within: Within<'_>, outcome: OutcomeName) -> Vec<Option<f64>> {
        let Some(scope) = self.scope(within, outcome) else { return Vec::new() };
        self.of.findings.measurements.values(self.policy, scope, outcome.place()).collect()
    }

    /// The difference of an outcome to the baseline's, paired by replication; none for the baseline itself, and where the
    /// outcome does not apply.
    #[must_use]
    pub fn difference(&self, outcome: OutcomeName) -> Option<&'f Difference> {
        self.difference_within(Within::All, outcome)
    }

    /// The same in a cohort, a feature or a plan.
    #[must_use]
    pub fn difference_within(&self, within: Within<'_>, outcome: OutcomeName) -> Option<&'f Difference> {
        self.of.findings.difference(self.policy, self.scope(within, outcome)?, outcome.name())
    }

    /// A scope by name, if the outcome is defined there.
    fn scope(&self, within: Within<'_>, outcome: OutcomeName) -> Option<Scope> {
        let scope = self.of.findings.shape().scope(&within.to_string())?;
        METRICS[outcome.place()].applies_to(scope).then_some(scope)
    }
}
