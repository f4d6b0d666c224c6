//! What is kept of a run: the files of its folder, and the manifest that says how to repeat it.

use std::path::Path;
use std::sync::Arc;

use crate::engine::{self, Cause, TakenUp};
use crate::report::{
    self, Formats, HistoryRecord, Look, Manifest, Page, Printed, RunFolder, RunMatter, Status, TakenUpRecord,
};
use crate::scenario::{Provenance, policy_settings};
use crate::workload::PreparedHistory;

use super::super::arguments::{FormatOption, RunArguments, picture_forms};
use super::super::exit::CommandProblem;
use super::super::progress::{count, span};
use super::super::terminal::number_of;
use super::super::{keeping, terminal};
use super::affected::affected;
use super::summary::{Summary, tables};
use super::{Matter, layout};

/// Writes the files of the folder, gives it its place and says where it is. What was found has been printed by then.
pub(super) fn keep(
    matter: &Matter,
    arguments: &RunArguments,
    summary: &Summary,
    histories: &[Arc<PreparedHistory>],
    (mut folder, manifest): (RunFolder, Manifest),
) -> Result<(), CommandProblem> {
    let scenario = &matter.scenario;
    let page = page(matter, arguments, summary, histories);
    report::write_findings(&mut folder, &summary.findings, page, picture_forms(arguments.png));
    arguments.rows_format.keep_summary(&mut folder, &summary.findings, &scenario.name);
    Printed::keep(&mut folder, None, |format| tables(scenario, (format, Look::PLAIN), summary));
    let missing = folder.missing().to_vec();
    let target = keeping::finish(folder, &manifest)?;
    let written = written(&target, summary);
    match arguments.format {
        _ if arguments.quiet => terminal::tell(&format!("written to {}", target.display())),
        FormatOption::Text => terminal::say(&written),
        _ => terminal::tell(&written),
    }
    keeping::complain_of(&target, &missing)
}

/// The page, but for pictures and files.
fn page(
    matter: &Matter,
    arguments: &RunArguments,
    summary: &Summary,
    histories: &[Arc<PreparedHistory>],
) -> Page {
    let scenario = &matter.scenario;
    let features: Vec<String> = scenario.features.iter().map(|feature| feature.name.clone()).collect();
    let policies = &summary.findings.shape().policies;
    let settings = policy_settings(&matter.source, policies, &features);
    let fed = |feature| histories.iter().any(|history| history.feeds(feature));
    let provenance = Provenance::of(&matter.source, scenario, &fed);
    // What cannot be followed once more, such as a history that has gone meanwhile, is no reason to lose a page.
    let affected = affected(matter, &arguments.scenario, summary, histories).unwrap_or_default();
    let words = [vec!["creditsim".to_owned()], command(matter, arguments)].concat();
    let command = words.iter().map(|word| report::quoted(word)).collect::<Vec<_>>().join(" ");
    report::run_page(&RunMatter {
        scenario,
        findings: &summary.findings,
        answer: &summary.answer,
        settings: &settings,
        provenance: &provenance,
        grounds: summary.grounds.as_ref(),
        thresholds: (!summary.judgements.is_empty()).then_some(&summary.rulings),
        stopped: summary.stopped.as_deref(),
        partial: summary.partial,
        affected: affected.as_ref(),
        command: &command,
    })
}

fn written(target: &Path, summary: &Summary) -> String {
    let progress = summary.ran.progress;
    let seconds = progress.elapsed.as_secs_f64();
    let new = progress.operations.saturating_sub(progress.taken_up.operations) as f64;
    let before = match progress.taken_up.operations {
        0 => String::new(),
        operations => format!(" after {} that were taken up", count(operations as f64)),
    };
    format!(
        "\n{} operations{before} under {} in {} ({}/s)\nwritten to {}",
        count(new),
        number_of(summary.findings.shape().policies.len() as u64, "policy", "policies"),
        span(seconds),
        count(new / seconds.max(1e-9)),
        target.display()
    )
}

/// The command that asks the same question.
pub(super) fn command(matter: &Matter, arguments: &RunArguments) -> Vec<String> {
    let key_file = arguments.anonymize.iter().map(|file| file.display().to_string());
    let anonymize = key_file.flat_map(|file| [String::from("--anonymize"), file]);
    matter.asked.words(&arguments.scenario, &matter.source).into_iter().chain(anonymize).collect()
}

pub(super) fn manifest(
    matter: &Matter,
    arguments: &RunArguments,
    summary: &Summary,
    question: report::Question,
    histories: Vec<HistoryRecord>,
) -> Manifest {
    let scenario = &matter.scenario;
    let progress = summary.ran.progress;
    let wall_s = progress.elapsed.as_secs_f64();
    // What was taken up took none of the time.
    let taken_up = progress.taken_up;
    let new = progress.operations.saturating_sub(taken_up.operations);
    let operations_per_second = new as f64 / wall_s.max(1e-9);
    let threads = layout(arguments.threads, &arguments.layout).threads as u32;
    Manifest {
        version: String::from(env!("CARGO_PKG_VERSION")),
        scenario: scenario.name.clone(),
        content_hash: scenario.content_hash.clone(),
        command: command(matter, arguments),
        scenario_text: matter.source.text().to_owned(),
        formats: Formats::CURRENT,
        question,
        seed: scenario.seed,
        replications: summary.finished,
        exact: summary.findings.measurements.is_exact(),
        resamples: arguments.bootstrap,
        threads,
        operations: progress.operations,
        operations_per_second,
        policy_operations_per_second: operations_per_second * scenario.policies.len() as f64,
        wall_s,
        peak_memory_bytes: engine::peak_memory_bytes(),
        reactive_features: scenario.reactive_features().into_iter().map(str::to_owned).collect(),
        cut_draws: Vec::new(),
        histories,
        ended_by: summary.ran.interrupted.map(Cause::name),
        taken_up: (taken_up != TakenUp::default()).then_some(TakenUpRecord {
            organizations: taken_up.organizations,
            operations: taken_up.operations,
        }),
        status: if summary.partial { Status::Partial } else { Status::Finished },
        stopped: summary.stopped.clone(),
        notes: summary.notes(),
    }
}
