//! `creditsim sweep --shard`: pieces of a sweep, each written into a part.
//!
//! Owns what of a sweep is cut: every group of settings that share their demand. Leaves the writing of parts to `shards`.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{GroupSize, Job};
use crate::experiment::{Conditions, Trials};
use crate::parts::ShardHead;
use crate::report::RunFolder;

use super::super::arguments::SweepArguments;
use super::super::asked::Asked;
use super::super::exit::{CommandProblem, Exit};
use super::super::sharding::ShardAsked;
use super::super::shards::{ShardBench, cut, folder_name, header};
use super::super::trying::Workshop;

/// Runs the shards that were asked for.
pub(super) fn carry_out(
    (arguments, shard): (&SweepArguments, &ShardAsked),
    (workshop, trials): (&Workshop<'_>, &Trials),
    asked: &Asked,
    (folder, conditions): (&RunFolder, &Conditions),
) -> Result<Exit, CommandProblem> {
    let groups = sizes(workshop, trials)?;
    let numbers = shard.numbers(&arguments.tasks, shard.of, &|name| std::env::var(name).ok())?;
    let question = asked.question(&workshop.source, &workshop.base);
    let head = ShardHead {
        number: 0,
        of: shard.of,
        command: asked.words(&arguments.trial.scenario, &workshop.source),
        scenario_text: workshop.source.text().to_owned(),
    };
    // Shards beside each other are mostly of one group.
    let last: Mutex<Option<(u32, Arc<Job>)>> = Mutex::new(None);
    let job = |group: u32| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, job)) if *known == group => job.clone(),
            _ => {
                let job = Arc::new(trials.job(group as usize, conditions.first));
                *last = Some((group, job.clone()));
                job
            }
        }
    };
    let bench = ShardBench {
        cut: cut(&groups, shard.of)?,
        header: header(&question, (&groups, Vec::new()), head)?,
        groups,
        job: &job,
        aside: folder.path().to_owned(),
        target: arguments.trial.output.join(&workshop.base.name).join(folder_name(&question, shard.of)),
        layout: conditions.layout.clone(),
        quiet: arguments.trial.quiet,
        max_operations: arguments.trial.limits.max_operations,
        interrupt: &conditions.interrupt,
    };
    bench.write_all(numbers)
}

/// How much there is of each group of settings.
pub(super) fn sizes(workshop: &Workshop<'_>, trials: &Trials) -> Result<Vec<GroupSize>, CommandProblem> {
    if !workshop.base.histories.is_empty() {
        return Err(CommandProblem::Usage {
            what: String::from("`sweep --shard`: a sweep over usage histories has no shards"),
            hint: Some(String::from(
                "shard a run at each setting: `creditsim run SCENARIO --set KEY=VALUE --shard …`",
            )),
        });
    }
    let replications = workshop.base.replications;
    let size =
        |group| GroupSize { organizations: trials.organizations(group, workshop.first()), replications };
    Ok((0..trials.groups()).map(size).collect())
}
