//! A usage history on disk, sorted and ready to be replayed.
//!
//! Owns what is known of it and where its organizations lie. Leaves the way there to `pass`. Invariant: memory depends on neither rows
//! nor organizations, but for eight bytes a block of them.

use std::path::Path;

use crate::units::{FeatureIndex, SimSpan, SimTime};
use crate::workload::demand::Demand;

use super::content::Content;
use super::counts::HistoryCounts;
use super::error::HistoryProblems;
use super::index::BLOCK;
use super::partition::PartitionFiles;
use super::pass::Pass;
use super::reading::ReadingWatch;
use super::sketch::CostSketch;
use super::spec::{HistorySpec, RowCost};

/// A history on disk, ready to be replayed.
#[derive(Debug)]
pub struct PreparedHistory {
    pub(super) spec: HistorySpec,
    pub(super) partitions: Vec<PartitionFiles>,
    /// What became of every row.
    pub counts: HistoryCounts,
    /// The file as it was read.
    pub content: Content,
    /// Per feature in file order: costs of its operations by its own rate, then by every other; `None` for features that the history does not feed.
    pub(super) costs: Vec<Option<Vec<CostSketch>>>,
    /// Added to every instant of the file.
    pub(super) shift: SimSpan,
    /// Distance of repetitions.
    pub(super) period: SimSpan,
    /// First and last instant in the file.
    pub span: Option<(SimTime, SimTime)>,
    /// Columns of a CSV file that nothing reads.
    pub unread: Vec<String>,
    /// How long buckets are that do not say their end, as found or said; 0 if rows are events.
    pub length: Option<SimSpan>,
    pub(super) horizon: (SimTime, SimTime),
}

/// Organizations of a partition that stand one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryBlock {
    pub(super) partition: usize,
    pub(super) block: usize,
}

/// Where and for what a history is prepared.
#[derive(Clone, Copy)]
pub struct Preparation<'a> {
    /// Demands of the scenario's features in file order.
    pub demands: &'a [&'a Demand],
    /// The horizon `[start, end)`.
    pub start: SimTime,
    /// End of the horizon.
    pub end: SimTime,
    /// An existing folder for the partitions.
    pub folder: &'a Path,
    /// Is told how far it is.
    pub watch: ReadingWatch<'a>,
}

impl PreparedHistory {
    /// Reads the history's file once and leaves sorted partitions in the folder.
    ///
    /// # Errors
    /// All rows that are not what the scenario says (of many alike the first, and how many more), with file, line and
    /// column; or the disk's.
    pub fn prepare(
        spec: &HistorySpec,
        preparation: &Preparation<'_>,
    ) -> Result<PreparedHistory, HistoryProblems> {
        let mut pass = Pass::begin(spec, preparation)?;
        pass.split()?;
        pass.finish()
    }

    /// Number of organizations.
    #[must_use]
    pub fn organizations(&self) -> u32 {
        self.counts.organizations
    }

    /// Blocks of organizations that are opened together, in the order of their numbers.
    pub fn blocks(&self) -> impl Iterator<Item = HistoryBlock> + '_ {
        let of = |(partition, files): (usize, &PartitionFiles)| {
            (0..files.blocks.len()).map(move |block| HistoryBlock { partition, block })
        };
        self.partitions.iter().enumerate().flat_map(of)
    }

    /// The block that holds an organization, and the organization's place in it. Organizations are numbered through
    /// partitions in order, by label inside each.
    #[must_use]
    pub fn place_of(&self, number: u32) -> (HistoryBlock, usize) {
        let partition = self.partitions.partition_point(|files| files.first + files.organizations <= number);
        let first = self.partitions.get(partition).map_or(number, |files| files.first);
        let place = (number - first) as usize;
        (HistoryBlock { partition, block: place / BLOCK }, place % BLOCK)
    }

    /// True if chance says when its operations come or what they cost: rows of buckets are spread over them, `thin` keeps
    /// a share, `cost = "drawn"` draws.
    #[must_use]
    pub fn places_by_chance(&self) -> bool {
        let spec = &self.spec;
        let spread = spec.buckets.as_ref().is_some_and(|buckets| !buckets.end.is_empty())
            || self.length.is_some_and(|length| !length.is_zero());
        spread || spec.replay.thin < 1.0 || matches!(spec.cost, RowCost::Drawn)
    }

    /// True if rows of the history are operations of this feature; its own arrivals are then not drawn.
    #[must_use]
    pub fn feeds(&self, feature: FeatureIndex) -> bool {
        self.costs.get(feature.index()).is_some_and(Option::is_some)
    }

    /// Costs of a feature's operations, for estimates over the population: by its own rate, then by every other.
    #[must_use]
    pub fn costs(&self, feature: FeatureIndex) -> Option<&[CostSketch]> {
        self.costs.get(feature.index())?.as_deref()
    }
}
