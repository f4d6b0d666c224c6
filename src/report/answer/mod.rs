//! The verdict: one sentence a policy, and what to know before acting on it.
//!
//! Owns what is said. Every number of a sentence is cited: file, row and column are known, and a test looks each up.
//! Leaves tables to `overview`.

mod cautions;
mod clauses;
mod sentence;

use anstyle::{AnsiColor, Effects, Style};
use serde_json::{Value, json};

use crate::experiment::Findings;
use crate::outcome::Scope;
use crate::scenario::Scenario;
use crate::units::visible;

use super::look::{Look, hung};

pub use sentence::{Citation, Sentence};

/// What a run comes to, in sentences that follow from its numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Who was compared, over which time, against which policy.
    pub heading: String,
    /// One a policy in file order, the baseline last.
    pub lines: Vec<PolicyLine>,
    /// What to know before acting on it.
    pub cautions: Vec<Sentence>,
}

/// What is said of one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyLine {
    /// Its name.
    pub policy: String,
    /// It is what the others are compared with.
    pub baseline: bool,
    /// What it does.
    pub sentence: Sentence,
}

impl Answer {
    /// The verdict on the policies of a scenario.
    #[must_use]
    pub fn new(findings: &Findings, scenario: &Scenario) -> Self {
        let names = &findings.shape().policies;
        let line = |policy: usize| {
            let baseline = policy == findings.baseline;
            let sentence = match baseline {
                true => clauses::of_baseline(findings, policy, scenario),
                false => clauses::of_policy(findings, policy, scenario),
            };
            PolicyLine { policy: names[policy].clone(), baseline, sentence }
        };
        let others = (0..names.len()).filter(|&policy| policy != findings.baseline);
        Answer {
            heading: heading(findings, scenario),
            lines: others.chain([findings.baseline]).map(line).collect(),
            cautions: cautions::cautions(findings, scenario),
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn draw(&self, look: Look) -> String {
        let bold = Style::new().effects(Effects::BOLD);
        let doubtful = bold.fg_color(Some(AnsiColor::Yellow.into()));
        let width = self.lines.iter().map(|line| visible(&line.policy).chars().count()).max().unwrap_or(0);
        let heading = format!("Verdict ({})", visible(&self.heading));
        let mut out =
            super::wrapped(&heading, look.width).replacen("Verdict", &look.paint("Verdict", bold), 1);
        out.push('\n');
        for line in &self.lines {
            let name = visible(&line.policy);
            let gap = " ".repeat(width - name.chars().count());
            let said = hung(&visible(line.sentence.text()), look.width, width + 4);
            out += format!("  {}{gap}  {said}", look.paint(&name, bold)).trim_end();
            out.push('\n');
        }
        for (index, caution) in self.cautions.iter().enumerate() {
            let lead = if index == 0 { "Cautions:" } else { "         " };
            let said = hung(&visible(caution.text()), look.width, lead.len() + 1);
            out += &format!("{} {said}\n", look.paint(lead, doubtful));
        }
        out
    }

    /// For documents.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let inline = |text: &str| visible(text).replace('<', "&lt;");
        let mut out = format!("### Verdict\n\n{}\n\n", inline(&self.heading));
        for line in &self.lines {
            out += &format!("- **{}** {}\n", inline(&line.policy), inline(line.sentence.text()));
        }
        if !self.cautions.is_empty() {
            out += "\nCautions:\n\n";
        }
        for caution in &self.cautions {
            out += &format!("- {}\n", inline(caution.text()));
        }
        out
    }

    /// For programs: every sentence with its numbers and where they stand.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let line = |line: &PolicyLine| {
            let mut value = line.sentence.to_json();
            value["policy"] = json!(line.policy);
            value["baseline"] = json!(line.baseline);
            value
        };
        json!({
            "heading": self.heading,
            "policies": self.lines.iter().map(line).collect::<Vec<_>>(),
            "cautions": self.cautions.iter().map(Sentence::to_json).collect::<Vec<_>>(),
        })
    }

    /// Adds what is to be known before everything else.
    pub fn caution_first(&mut self, text: String) {
        self.cautions.insert(0, Sentence::words(text));
    }

    /// The cautions as plain sentences.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.cautions.iter().map(|caution| caution.text().to_owned()).collect()
    }
}

/// `200 organizations, 2025-01-01 to 2025-04-01, against block, 10 replications`.
fn heading(findings: &Findings, scenario: &Scenario) -> String {
    let counted = |count: u64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let date = |at| scenario.zone.show(at).split(' ').next().unwrap_or_default().to_owned();
    let mut parts = vec![
        counted(findings.measurements.organizations(Scope::All), "organization"),
        format!("{} to {}", date(scenario.measure_from), date(scenario.end)),
    ];
    let replayed = scenario.cohorts.iter().filter(|cohort| cohort.history.is_some()).count();
    if replayed > 0 && replayed == scenario.cohorts.len() {
        parts.push("demand as it was".to_owned());
    }
    if findings.shape().policies.len() > 1 {
        parts.push(format!("against `{}`", findings.shape().policies[findings.baseline]));
    }
    let replications = u64::from(findings.measurements.replications());
    parts.push(match findings.measurements.is_resampled() {
        _ if findings.measurements.is_exact() => "one exact run".to_owned(),
        true => format!("customers like these by {}", counted(replications, "resample")),
        false => counted(replications, "replication"),
    });
    parts.join(", ")
}
