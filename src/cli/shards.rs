//! Shards of any command, each written into a part of its own.
//!
//! Owns where parts lie, which are written, and how many side by side. Leaves which organizations a shard holds to `engine`, and
//! what a command's work is to the command. Invariants: a part appears under its name complete and on the disk, or not at all;
//! one that is there is not written again, so that a task may be repeated at any time.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{
    self, Cut, GroupSize, Interrupt, Job, Layout, RunSpec, ShardWriter, Slice, TooManyShards,
};
use crate::parts::{ENDING, Header, Part, PartError, PartWriter, ShardHead};
use crate::report::{Question, SCRATCH, quoted};

use super::exit::{CommandProblem, Exit};
use super::lanes::{ShardLane, ShardLanes};
use super::progress::Meter;
use super::terminal::number_of;
use super::{limits, terminal};

/// A command's work, cut into shards.
///
/// # Errors
/// More shards than there are organizations.
pub(super) fn cut(groups: &[GroupSize], of: u32) -> Result<Cut, CommandProblem> {
    let usual = |organizations| Layout::default().chunk_for(organizations);
    Cut::new(groups, of, usual).map_err(|error: TooManyShards| CommandProblem::Usage {
        what: format!("`--shard …/{of}`: {error}"),
        hint: Some(format!("{} shards are the most there can be", error.most)),
    })
}

/// Where the parts of a question's shards lie, below the folder of its scenario.
pub(super) fn folder_name(question: &Question, of: u32) -> String {
    format!("{}-{of}-shards", question.folder_name())
}

/// What every part of a command says of itself, but for its number.
///
/// # Errors
/// A question that cannot be written down.
pub(super) fn header(
    question: &Question,
    (groups, files): (&[GroupSize], Vec<String>),
    shard: ShardHead,
) -> Result<Header, CommandProblem> {
    let question = serde_json::to_string(question);
    let question = question.map_err(|error| CommandProblem::Internal(error.to_string()))?;
    let organizations = groups.iter().map(|group| group.organizations).sum();
    Ok(Header { question, organizations, unit: 0, files, shard: Some(shard) })
}

/// The name of a shard's part; names stand in the order of numbers.
fn part_name(number: u32) -> String {
    format!("shard-{number:08}{ENDING}")
}

/// What every shard of a process has in common.
pub(super) struct ShardBench<'a> {
    pub cut: Cut,
    /// How much there is of each group of settings.
    pub groups: Vec<GroupSize>,
    /// What is simulated of a group.
    pub job: &'a (dyn Fn(u32) -> Arc<Job> + Sync),
    /// Of every part, but for its number.
    pub header: Header,
    /// Where parts are written before they have a name; gone with the process.
    pub aside: PathBuf,
    pub target: PathBuf,
    pub layout: Layout,
    pub quiet: bool,
    pub max_operations: Option<u64>,
    pub interrupt: &'a Interrupt,
}

impl ShardBench<'_> {
    /// Writes the shards that are not there, and says where they are.
    ///
    /// # Errors
    /// What a run finds wrong; a disk that does not take a part; a part of something else where one is to be.
    pub fn write_all(&self, numbers: RangeInclusive<u32>) -> Result<Exit, CommandProblem> {
        fs::create_dir_all(&self.target).map_err(broken(&self.target))?;
        let shards = number_of(u64::from(numbers.end() - numbers.start()) + 1, "shard", "shards");
        let whole = self.run(numbers)?;
        let target = self.target.display().to_string();
        let told = format!("{shards} of {} in {target}", self.shard().of);
        if !whole {
            let kept = "interrupted; shards that are finished are kept";
            terminal::tell(&format!("warning: {kept} in {target}"));
            return Ok(Exit::Interrupted);
        }
        if self.quiet {
            terminal::tell(&told);
        } else {
            terminal::say(&format!("{told}\nonce all are there: creditsim merge {}", quoted(&target)));
        }
        Ok(Exit::Fine)
    }

    /// Writes the shards that are not there; false if somebody ended that before its end.
    fn run(&self, numbers: RangeInclusive<u32>) -> Result<bool, CommandProblem> {
        let mut left = Vec::new();
        for number in numbers {
            if !self.is_there(number)? {
                left.push(number);
            }
        }
        let whole: u64 = left.iter().map(|&number| self.organizations_of(number)).sum();
        let headline = format!(
            "{} of {}, {}",
            number_of(left.len() as u64, "shard", "shards"),
            self.shard().of,
            number_of(whole, "organization", "organizations"),
        );
        let meter = Meter::start(self.quiet, &headline);
        if left.len() > 1 {
            keep_freed_memory();
        }
        let lanes = ShardLanes::new(left, self.layout.threads, (whole, meter));
        lanes.work(&self.layout, |number, lane, lanes| self.write(number, lane, lanes))
    }

    fn shard(&self) -> &ShardHead {
        self.header.shard.as_ref().unwrap_or_else(|| unreachable!("every part here is of a shard"))
    }

    fn organizations_of(&self, number: u32) -> u64 {
        self.cut.slices(number).iter().map(|slice| slice.organizations_of(self.size_of(slice))).sum()
    }

    /// Organizations of a replication of a slice's group.
    fn size_of(&self, slice: &Slice) -> u64 {
        self.groups[slice.group as usize].organizations
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

    /// Writes a shard; false if somebody asked for the end.
    fn write(&self, number: u32, lane: &ShardLane, lanes: &ShardLanes) -> Result<bool, CommandProblem> {
        let name = part_name(number);
        let part =
            PartWriter::begin(&self.aside, &name, &self.header_of(number)).map_err(broken(&self.aside))?;
        let writer = ShardWriter::new(part);
        for slice in self.cut.slices(number) {
            let spec = RunSpec {
                job: (self.job)(slice.group),
                replications: slice.replications.clone(),
                layout: lane.layout.clone(),
                // Histories lie beside it, and every shard wants them.
                spill: self.aside.join(SCRATCH).join(format!("rows-{}", lane.number)),
                sink: writer.sink(&slice, self.size_of(&slice)),
                interrupt: self.interrupt.clone(),
                keep: None,
            };
            let ran = engine::run_slice(spec, &slice, &mut |progress| {
                let operations = lanes.show(lane, progress);
                limits::count(self.max_operations, operations, self.interrupt);
            })?;
            lanes.passed(lane, ran.progress);
            if ran.interrupted.is_some() {
                return Ok(false);
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
        Ok(true)
    }
}

/// What one shard frees the next one wants. The allocator of the GNU C library gives freed memory back to the system, and asks for
/// it again page by page, until a block as large as this one has been freed; others take no notice.
fn keep_freed_memory() {
    const LARGE_BYTES: usize = 16 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE_BYTES)));
}

fn broken(path: &Path) -> impl Fn(io::Error) -> CommandProblem + use<> {
    let path = path.to_owned();
    move |source| CommandProblem::File { path: path.clone(), source }
}
