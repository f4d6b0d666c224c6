//! What a run comes to: findings, judgements, and how they are printed.
//!
//! Leaves the folder to `kept`.

use std::path::Path;

use serde_json::json;

use crate::engine::Ran;
use crate::experiment::{Family, Findings, Judgement, Ruling, judge, worst};
use crate::report::{self, Answer, Grounds, Look, RunFolder, Table};
use crate::scenario::Scenario;

use super::super::exit::{CommandProblem, Exit};
use super::super::gathering::GatheredRun;

/// What a run came to.
pub(super) struct Summary {
    pub(super) findings: Findings,
    /// What they come to, in sentences.
    pub(super) answer: Answer,
    /// Which numbers they rest on.
    pub(super) grounds: Option<Grounds>,
    pub(super) judgements: Vec<Judgement>,
    /// The judgements as a table.
    pub(super) rulings: Table,
    pub(super) ran: Ran,
    /// True if not all that was asked for is in.
    pub(super) partial: bool,
    /// Replications that were finished.
    pub(super) finished: u32,
    /// Why the numbers are fewer than asked for, if they are.
    pub(super) shortfall: Option<String>,
    pub(super) precision_missed: bool,
    /// Why a precision ended the run where it did.
    pub(super) stopped: Option<String>,
}

impl Summary {
    /// Without a finished replication there is no result.
    pub(super) fn is_worth_keeping(&self) -> bool {
        self.finished > 0
    }

    /// What a reader must know before acting on it, in sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let grounds = self.grounds.as_ref().map(Grounds::sentence);
        self.answer.notes().into_iter().chain(grounds).collect()
    }

    pub(super) fn exit(&self) -> Exit {
        match worst(&self.judgements) {
            _ if self.ran.interrupted.is_some() => Exit::Interrupted,
            Some(Ruling::Fail) => Exit::ThresholdFailed,
            Some(Ruling::Undecided { .. }) => Exit::Undecided,
            _ if self.precision_missed => Exit::Undecided,
            _ => Exit::Fine,
        }
    }
}

/// Compares and judges. Files of rows are closed; one that the disk did not take is done without.
pub(super) fn summarise(
    scenario: &Scenario,
    ran: Ran,
    gathered: GatheredRun,
    failed: bool,
    folder: &mut RunFolder,
) -> Result<Summary, CommandProblem> {
    let shortfall = gathered.shortfall(scenario);
    // Resamples are of the one replication that was run.
    let finished = if gathered.measurements.is_resampled() { 1 } else { gathered.finished() };
    for (file, open) in gathered.files {
        match open {
            Ok(open) => drop(folder.close(open)),
            Err(why) => folder.give_up(&file, &why),
        }
    }
    if let Some(books) = gathered.books {
        report::attempt(folder, report::BOOKS_FILE, || Ok(books));
    }
    if let Some(limits) = gathered.limits {
        report::attempt(folder, report::LIMITS_FILE, || Ok(limits));
    }
    let mut measurements = gathered.measurements;
    if scenario.replays_exactly {
        measurements.declare_exact();
    }
    let findings = Findings::of_family(measurements, scenario.baseline, &Family::of(scenario));
    let judgements = judge(&findings.measurements, &scenario.thresholds);
    let rulings = report::rulings(&findings, &scenario.thresholds, &judgements);
    let partial = ran.interrupted.is_some() || failed;
    let GatheredRun { precision_missed, stopped, .. } = gathered;
    Ok(Summary {
        answer: Answer::new(&findings, scenario),
        grounds: None,
        findings,
        judgements,
        rulings,
        ran,
        partial,
        finished,
        shortfall,
        precision_missed,
        stopped,
    })
}

/// The thresholds for a CI system, in a file of the user's choice.
pub(super) fn write_junit(file: &Path, scenario: &Scenario, summary: &Summary) -> Result<(), CommandProblem> {
    let Summary { findings, judgements, .. } = summary;
    let text = report::junit(findings, &scenario.name, &scenario.thresholds, judgements);
    std::fs::write(file, text).map_err(|source| CommandProblem::File { path: file.to_owned(), source })
}

pub(super) fn tables(
    scenario: &Scenario,
    (format, look): (report::Format, Look),
    summary: &Summary,
) -> String {
    let Summary { findings, answer, judgements, rulings, .. } = summary;
    let judged = !judgements.is_empty();
    match format {
        report::Format::Csv => report::flat(findings).render(format),
        report::Format::Json => {
            let value = json!({
                "scenario": scenario.name,
                "seed": scenario.seed,
                "replications": summary.finished,
                "exact": findings.measurements.is_exact(),
                "resamples": findings.measurements.is_resampled().then(|| findings.measurements.replications()),
                "baseline": scenario.policies[scenario.baseline].name,
                "partial": summary.partial,
                "stopped": summary.stopped,
                "verdict": answer.to_json(),
                "customers": report::customer_tables(findings).iter().map(Table::to_json).collect::<Vec<_>>(),
                "outcomes": report::flat(findings).to_json(),
                "rests_on": summary.grounds.as_ref().map(Grounds::to_json),
                "notes": summary.notes(),
                "thresholds": rulings.to_json(),
            });
            report::pretty(&value)
        }
        report::Format::Text | report::Format::Markdown => {
            let mut tables = report::overview(findings);
            tables.extend(report::customer_tables(findings));
            tables.extend(report::scope_tables(findings, scenario));
            if let Some(last) = tables.last_mut() {
                last.notes.extend(summary.stopped.clone());
                last.notes.extend(super::super::changed::remark(scenario));
                last.notes.extend(summary.grounds.as_ref().map(Grounds::sentence));
            }
            tables.extend(judged.then(|| rulings.clone()));
            let verdict = match format {
                report::Format::Text => answer.draw(look),
                _ => answer.to_markdown(),
            };
            format!("{verdict}\n{}", report::render_tables(&tables, format, look))
        }
    }
}
