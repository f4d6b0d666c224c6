//! `creditsim merge` of the shards of a run: what they come to is what the whole run would have come to.

use std::sync::Arc;

use crate::engine::{self, Enough, Interrupt, Merger, Progress, Ran, Stopwatch, TakenUp};
use crate::parts::Catalogue;

use super::super::arguments::{MergeArguments, RunArguments};
use super::super::exit::{CommandProblem, Exit};
use super::super::gathering::{GatheredRun, Gathering, GatheringWriter};
use super::super::shards::cut;
use super::super::terminal::number_of;
use super::super::{interrupt, keeping, merging, reading, resuming, terminal};
use super::sharded::size;
use super::simulation::job;
use super::summary::summarise;
use super::{Begun, read_and_check, row_files};

/// Puts the shards of a run together and reports on them.
pub(in crate::cli) fn carry_out(
    asked: RunArguments,
    arguments: &MergeArguments,
    catalogue: &Catalogue,
) -> Result<Exit, CommandProblem> {
    let interrupt = interrupt::listen();
    let mut asked = RunArguments {
        output: arguments.output.clone(),
        format: arguments.format,
        quiet: arguments.quiet,
        junit: arguments.junit.clone(),
        keep_sorted: arguments.keep_sorted.clone(),
        // No part makes a key.
        anonymize: None,
        ..asked
    };
    asked.rows_format.is_built()?;
    let source = || reading::kept(&asked.scenario, &catalogue.shard.scenario_text, &asked.set);
    let (source, again) = (source()?, source()?);
    let matter = read_and_check(&asked, source)?;
    let (mut begun, unfinished) = Begun::with(matter, &asked, &interrupt)?;
    if let Some(first) = catalogue.parts.values().next() {
        merging::refuse_other(first, &catalogue.header.question, &begun.question)?;
    }
    if !arguments.thresholds.is_empty() {
        // From here on it is the run that would have judged them too.
        asked.thresholds.extend(arguments.thresholds.iter().cloned());
        begun = begun.asked_anew(read_and_check(&asked, again)?)?;
    }
    let (ran, gathered) = poured(&begun, &asked, catalogue, &interrupt)?;
    let summary = summarise(&begun.matter.scenario, ran, gathered, false, &mut begun.folder)?;
    let (same, _) = keeping::of_question(unfinished, &begun.question);
    let question = begun.question.clone();
    let (summary, scenario) = begun.report(&asked, summary, &[])?;
    if !summary.partial {
        keeping::discard(same);
        resuming::outdo(&asked.output.join(&scenario.name), &question);
    }
    Ok(summary.exit())
}

/// Hands everything that is in the parts to whoever gathers a run.
fn poured(
    begun: &Begun,
    asked: &RunArguments,
    catalogue: &Catalogue,
    interrupt: &Interrupt,
) -> Result<(Ran, GatheredRun), CommandProblem> {
    let started = Stopwatch::start();
    let Begun { matter, folder, histories, .. } = begun;
    let scenario = &matter.scenario;
    let shape = engine::shape(scenario);
    let writer = GatheringWriter::new(row_files(asked), shape.clone());
    let gathering = Gathering::begin(&writer, scenario, shape.clone(), folder, (asked.rows_format, None))?;
    let job = Arc::new(job(scenario, asked, writer, (histories, matter.pseudonyms.clone()))?);
    let size = size(&job, scenario);
    let cut = cut(&[size], catalogue.shard.of)?;
    let groups = [(size.organizations, shape)];
    let mut sinks: [Box<dyn engine::Sink>; 1] = [Box::new(gathering.clone())];
    let mut merger = Merger::new(&cut, &groups, &mut sinks);
    let highest = catalogue.parts.last_key_value().map_or(1, |(number, _)| *number);
    let batches = highest.div_ceil(catalogue.shard.of);
    let most = scenario.until.as_ref().map_or(1, |until| until.most / until.batch);
    if batches > most {
        return Err(CommandProblem::usage(format!(
            "there are shards up to {highest}, and no batch of them is the last"
        )));
    }
    let mut last = 0;
    for (&number, path) in &catalogue.parts {
        last = number;
        if merger.take(number, path)? == Enough::Yes || interrupt.is_asked() {
            break;
        }
    }
    if last < highest && !interrupt.is_asked() {
        let beyond = number_of(u64::from(highest - last), "shard is", "shards are");
        terminal::tell(&format!("note: {beyond} beyond what was asked for, and left out"));
    }
    let (organizations, operations) = merger.merged[0];
    let progress = Progress {
        operations,
        operations_expected: operations,
        organizations,
        organizations_total: organizations,
        taken_up: TakenUp { organizations, operations },
        elapsed: started.elapsed(),
    };
    let gathered = gathering.finish()?;
    if let Some(until) =
        scenario.until.as_ref().filter(|_| gathered.stopped.is_none() && !interrupt.is_asked())
    {
        let told = crate::experiment::until::told(&gathered.measurements, until);
        return Err(merging::more(catalogue, batches, told));
    }
    Ok((Ran { progress, interrupted: interrupt.cause() }, gathered))
}
