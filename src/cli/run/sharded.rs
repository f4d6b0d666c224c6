//! `creditsim run --shard`: pieces of a run, each written into a part.
//!
//! Owns what of a run is cut. Leaves the writing of parts to `shards`, and what they all come to to `merged`.

use std::sync::Arc;

use crate::engine::{self, GroupSize, Interrupt, Job};
use crate::parts::ShardHead;
use crate::scenario::Scenario;

use super::super::arguments::RunArguments;
use super::super::exit::{CommandProblem, Exit};
use super::super::gathering::GatheringWriter;
use super::super::sharding::ShardAsked;
use super::super::shards::{ShardBench, cut, folder_name, header};
use super::super::terminal;
use super::kept::command;
use super::simulation::{cut_draws, job};
use super::{Begun, Matter, layout, row_files};

/// Runs the shards that were asked for.
pub(super) fn carry_out(
    matter: Matter,
    arguments: &RunArguments,
    asked: &ShardAsked,
    interrupt: &Interrupt,
) -> Result<Exit, CommandProblem> {
    if matter.scenario.precision.is_some() {
        return Err(CommandProblem::Usage {
            what: String::from(
                "`--shard`: with a `[precision]` nobody knows beforehand how many replications there are",
            ),
            hint: Some(String::from("say how many: `--replications 100`")),
        });
    }
    let batches = matter.scenario.until.as_ref().map_or(1, |until| until.most / until.batch);
    let last = asked.of.saturating_mul(batches);
    let numbers = asked.numbers(&arguments.tasks, last, &|name| std::env::var(name).ok())?;
    let (begun, _) = Begun::with(matter, arguments, interrupt)?;
    let Begun { matter, folder, histories, question, .. } = &begun;
    let scenario = &matter.scenario;
    let writer = GatheringWriter::new(row_files(arguments), engine::shape(scenario));
    let job = Arc::new(job(scenario, arguments, writer, (histories, matter.pseudonyms.clone()))?);
    let groups = vec![size(&job, scenario)];
    let shard = ShardHead {
        number: 0,
        of: asked.of,
        command: command(matter, arguments),
        scenario_text: matter.source.text().to_owned(),
    };
    let files = row_files(arguments).into_iter().map(|file| file.name().to_owned()).collect();
    let bench = ShardBench {
        cut: cut(&groups, asked.of)?,
        header: header(question, (&groups, files), shard)?,
        groups,
        job: &|_| job.clone(),
        aside: folder.path().to_owned(),
        target: arguments.output.join(&scenario.name).join(folder_name(question, asked.of)),
        layout: layout(arguments.threads, &arguments.layout),
        quiet: arguments.quiet,
        max_operations: arguments.limits.max_operations,
        interrupt,
    };
    let ended = bench.write_all(numbers);
    for cut in cut_draws(&job, scenario) {
        terminal::tell(&format!("note: {cut}"));
    }
    ended.map_err(|problem| super::name_the_key(problem, scenario))
}

/// How much there is of a run.
pub(super) fn size(job: &Job, scenario: &Scenario) -> GroupSize {
    let organizations = job.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
    let replications = if scenario.replays_exactly { 1 } else { scenario.replications };
    GroupSize { organizations, replications }
}
