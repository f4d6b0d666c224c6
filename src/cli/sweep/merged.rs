//! `creditsim merge` of the shards of a sweep.

use std::sync::Arc;

use crate::engine::{self, Merger, Sink, Stopwatch};
use crate::experiment::Gatherer;
use crate::outcome::RunShape;
use crate::parts::Catalogue;

use super::super::arguments::{MergeArguments, SweepArguments, TrialArguments};
use super::super::asked::Asked;
use super::super::exit::{CommandProblem, Exit};
use super::super::shards::cut;
use super::super::trying::{Overall, Workshop};
use super::super::{merging, reading};
use super::sharded::sizes;
use super::{SweepQuestion, gathered, report_on};

/// Puts the shards of a sweep together and reports on them.
pub(in crate::cli) fn carry_out(
    asked: SweepArguments,
    arguments: &MergeArguments,
    catalogue: &Catalogue,
) -> Result<Exit, CommandProblem> {
    if !arguments.thresholds.is_empty() || arguments.junit.is_some() {
        return Err(CommandProblem::usage("a sweep judges no thresholds"));
    }
    let (started, trial) = (Stopwatch::start(), asked.trial);
    let trial = TrialArguments {
        output: arguments.output.clone(),
        format: arguments.format,
        quiet: arguments.quiet,
        ..trial
    };
    let asked = SweepArguments { trial, ..asked };
    let source = reading::kept(&asked.trial.scenario, &catalogue.shard.scenario_text, &asked.trial.set)?;
    let mut workshop = Workshop::of(source, &asked.trial, &asked.policies, asked.replications)?;
    let question = SweepQuestion::of(&asked, &workshop)?;
    let trials = workshop.trials(question.settings())?;
    let words = Asked::sweep(&asked, &workshop.base, workshop.of_file);
    if let Some(first) = catalogue.parts.values().next() {
        let own = words.question(&workshop.source, &workshop.base);
        merging::refuse_other(first, &catalogue.header.question, &own)?;
    }
    let sizes = sizes(&workshop, &trials)?;
    let cut = cut(&sizes, catalogue.shard.of)?;
    let shapes = (0..trials.groups()).map(|group| engine::shape(trials.scenario(group)));
    let groups: Vec<(u64, Arc<RunShape>)> = sizes.iter().map(|size| size.organizations).zip(shapes).collect();
    let gatherers: Vec<Gatherer> = groups.iter().map(|(_, shape)| Gatherer::new(shape.clone())).collect();
    let mut sinks: Vec<Box<dyn Sink>> =
        gatherers.iter().map(|gatherer| Box::new(gatherer.clone()) as Box<dyn Sink>).collect();
    let mut merger = Merger::new(&cut, &groups, &mut sinks);
    for (&number, path) in catalogue.parts.iter().take_while(|(number, _)| **number <= catalogue.shard.of) {
        merger.take(number, path)?;
    }
    let operations = merger.merged.iter().map(|(_, operations)| operations).sum();
    let of_accounts =
        |(group, (_, operations)): (usize, &(u64, u64))| operations * trials.accounts(group).len() as u64;
    let policy_operations = merger.merged.iter().enumerate().map(of_accounts).sum();
    let measured = gatherers.into_iter().map(Gatherer::finish).collect();
    let sweep = gathered(&question, &trials, measured, true);
    let (folder, _) = workshop.folder("sweep")?;
    let total = Overall::merged((operations, policy_operations), started.elapsed(), arguments.quiet);
    report_on((&asked, &words), (&workshop, &question), &sweep, (folder, &total))?;
    Ok(Exit::Fine)
}
