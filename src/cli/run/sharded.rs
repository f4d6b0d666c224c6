//! `creditsim run --shard`: pieces of a run, each written into a part.
//!
//! Owns where parts lie and which are written. Leaves which organizations a shard holds to `engine`, and what they all come to
//! to `merge`. Invariants: a part appears under its name complete and on the disk, or not at all; one that is there is not
//! written again, so that a task may be repeated at any time.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{self, Cut, GroupSize, Interrupt, Job, Layout, Progress, RunSpec, ShardWriter};
use crate::parts::{ENDING, Header, Part, PartError, PartWriter, ShardHead};
use crate::report::{SCRATCH, quoted};

use super::super::arguments::RunArguments;
use super::super::exit::{CommandProblem, Exit};
use super::super::gathering::GatheringWriter;
use super::super::progress::Meter;
use super::super::sharding::{ShardAsked, Tasks};
use super::super::terminal::number_of;
use super::super::{limits, terminal};
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
    let tasks = Tasks { each: arguments.tasks.shards_per_task, offset: arguments.tasks.task_offset };
    let batches = matter.scenario.until.as_ref().map_or(1, |until| until.most / until.batch);
    let last = asked.of.saturating_mul(batches);
    let numbers = asked.numbers(tasks, last, &|name| std::env::var(name).ok())?;
    let (begun, _) = Begun::with(matter, arguments, interrupt)?;
    let Begun { matter, folder, histories, question, .. } = &begun;
    let scenario = &matter.scenario;
    let writer = GatheringWriter::new(row_files(arguments), engine::shape(scenario));
    let job = Arc::new(job(scenario, arguments, writer, (histories, matter.pseudonyms.clone()))?);
    let cut = cut(&job, replications(scenario), asked.of)?;
    let home = arguments.output.join(&scenario.name);
    let target = home.join(format!("{}-{}-shards", question.folder_name(), asked.of));
    fs::create_dir_all(&target).map_err(|source| CommandProblem::File { path: target.clone(), source })?;
    let header = Header {
        question: serde_json::to_string(question)
            .map_err(|error| CommandProblem::Internal(error.to_string()))?,
        organizations: organizations(&job),
        unit: 0,
        files: row_files(arguments).into_iter().map(|file| file.name().to_owned()).collect(),
        shard: Some(ShardHead {
            number: 0,
            of: asked.of,
            command: command(matter, arguments),
            scenario_text: matter.source.text().to_owned(),
        }),
    };
    let bench =
        ShardBench { job, cut, header, aside: folder.path().to_owned(), target, arguments, interrupt };
    let ended = bench.run(numbers.clone());
    for cut in cut_draws(&bench.job, scenario) {
        terminal::tell(&format!("note: {cut}"));
    }
    let whole = ended.map_err(|problem| super::name_the_key(problem, scenario))?;
    let shards = number_of(u64::from(numbers.end() - numbers.start()) + 1, "shard", "shards");
    let told = format!("{shards} of {} in {}", asked.of, bench.target.display());
    if !whole {
        terminal::tell(&format!(
            "warning: interrupted; shards that are finished are kept in {}",
            bench.target.display()
        ));
        return Ok(Exit::Interrupted);
    }
    if arguments.quiet {
        terminal::tell(&told);
    } else {
        let merge = quoted(&bench.target.display().to_string());
        terminal::say(&format!("{told}\nonce all are there: creditsim merge {merge}"));
    }
    Ok(Exit::Fine)
}

/// How many replications are simulated.
pub(super) fn replications(scenario: &crate::scenario::Scenario) -> u32 {
    if scenario.replays_exactly { 1 } else { scenario.replications }
}

/// Organizations of a replication.
pub(super) fn organizations(job: &Job) -> u64 {
    job.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum()
}

/// A run's work, cut into shards.
pub(super) fn cut(job: &Job, replications: u32, of: u32) -> Result<Cut, CommandProblem> {
    let size = GroupSize { organizations: organizations(job), replications };
    Cut::new(&[size], of, |organizations| Layout::default().chunk_for(organizations)).map_err(|error| {
        CommandProblem::Usage {
            what: format!("`--shard …/{of}`: {error}"),
            hint: Some(format!("{} shards are the most there can be", error.most)),
        }
    })
}

/// The name of a shard's part; names stand in the order of numbers.
fn part_name(number: u32) -> String {
    format!("shard-{number:08}{ENDING}")
}

/// What every shard of a process has in common.
struct ShardBench<'a> {
    job: Arc<Job>,
    cut: Cut,
    /// Of every part, but for its number.
    header: Header,
    /// Where parts are written before they have a name; gone with the process.
    aside: PathBuf,
    target: PathBuf,
    arguments: &'a RunArguments,
    interrupt: &'a Interrupt,
}

impl ShardBench<'_> {
    /// Writes the shards that are not there; false if somebody ended that before its end.
    fn run(&self, numbers: RangeInclusive<u32>) -> Result<bool, CommandProblem> {
        let mut left = Vec::new();
        for number in numbers {
            if !self.is_there(number)? {
                left.push(number);
            }
        }
        let whole: u64 = left.iter().map(|&number| self.organizations_of(number)).sum();
        let name = &self.job.shape.policies;
        let headline = format!(
            "{} of {}, {} under {}",
            number_of(left.len() as u64, "shard", "shards"),
            self.shard().of,
            number_of(whole, "organization", "organizations"),
            number_of(name.len() as u64, "policy", "policies"),
        );
        let mut meter = Meter::start(self.arguments.quiet, &headline);
        let mut before = Progress { organizations_total: whole, ..Progress::default() };
        for number in left {
            let ran = self.write(number, before, &mut meter)?;
            let Some(after) = ran else {
                meter.end();
                return Ok(false);
            };
            before = after;
        }
        meter.end();
        Ok(true)
    }

    fn shard(&self) -> &ShardHead {
        self.header.shard.as_ref().unwrap_or_else(|| unreachable!("every part here is of a shard"))
    }

    fn organizations_of(&self, number: u32) -> u64 {
        let all = self.header.organizations;
        self.cut.slices(number).iter().map(|slice| slice.organizations_of(all)).sum()
    }

    fn header_of(&self, number: u32) -> Header {
        let unit = self.cut.slices(number).first().map_or(0, |slice| slice.unit);
        let shard = ShardHead { number, ..self.shard().clone() };
        Header { unit, shard: Some(shard), ..self.header.clone() }
    }

    /// True if the part is there, whole, and what would be written.
    fn is_there(&self, number: u32) -> Result<bool, CommandProblem> {
        let path = self.target.join(part_name(number));
        match Part::open(&path) {
            Ok(part) if part.header == self.header_of(number) => Ok(true),
            Ok(_) => Err(CommandProblem::Usage {
                what: format!("`{}` is of another run", path.display()),
                hint: Some(String::from("move it away, or write to another `--output`")),
            }),
            Err(PartError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(false)
            }
            Err(error @ PartError::Unreadable { .. }) => {
                Err(broken(&path)(io::Error::other(error.to_string())))
            }
            Err(error) => {
                terminal::tell(&format!("warning: {error}; it is written again"));
                Ok(false)
            }
        }
    }

    /// Writes a shard; how far all of them are, or nothing if somebody asked for the end.
    fn write(
        &self,
        number: u32,
        before: Progress,
        meter: &mut Meter,
    ) -> Result<Option<Progress>, CommandProblem> {
        let name = part_name(number);
        let part =
            PartWriter::begin(&self.aside, &name, &self.header_of(number)).map_err(broken(&self.aside))?;
        let writer = ShardWriter::new(part);
        let mut so_far = before;
        for slice in self.cut.slices(number) {
            let spec = RunSpec {
                job: self.job.clone(),
                replications: slice.replications.clone(),
                layout: layout(self.arguments.threads, &self.arguments.layout),
                // Histories lie beside it, and every shard wants them.
                spill: self.aside.join(SCRATCH).join("rows"),
                sink: writer.sink(&slice, self.header.organizations),
                interrupt: self.interrupt.clone(),
                keep: None,
            };
            let earlier = so_far;
            let ran = engine::run_slice(spec, &slice, &mut |progress| {
                so_far = Progress {
                    operations: earlier.operations + progress.operations,
                    organizations: earlier.organizations + progress.organizations,
                    elapsed: earlier.elapsed + progress.elapsed,
                    ..earlier
                };
                meter.show(so_far);
                limits::count(self.arguments.limits.max_operations, so_far.operations, self.interrupt);
            })?;
            if ran.interrupted.is_some() {
                return Ok(None);
            }
        }
        let part = writer.finish().map_err(broken(&self.aside))?;
        let Some(part) = part else {
            return Err(CommandProblem::Internal(format!("shard {number} ended before all of it was there")));
        };
        let file = part.finish().map_err(broken(&self.aside))?;
        let target = self.target.join(&name);
        let kept = file.sync_data().and_then(|()| fs::rename(self.aside.join(&name), &target));
        kept.map_err(broken(&target))?;
        Ok(Some(so_far))
    }
}

fn broken(path: &Path) -> impl Fn(io::Error) -> CommandProblem + use<> {
    let path = path.to_owned();
    move |source| CommandProblem::File { path: path.clone(), source }
}
