//! One pass over a history's file into sorted partitions on disk.
//!
//! A partition holds every organization whose label hashes to it, sorted by (label, feature, time, row). It is sorted
//! in memory up to a limit and by merging runs above it, so that memory depends on neither rows nor organizations.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::sampling::{hash_name, mix};
use crate::units::{FeatureIndex, SimSpan, SimTime};
use crate::workload::demand::Demand;

use super::clean::Cleaner;
use super::error::{HistoryCounts, HistoryError};
use super::index::{IndexWriter, OrganizationEntry};
use super::record::{RECORD_BYTES, Record, read_labelled, write_labelled};
use super::sketch::CostSketch;
use super::sort::sorted;
use super::spec::{Duplicates, HistorySpec, Shift};

/// Bytes of a file that make one partition.
const PARTITION_BYTES: u64 = 64 << 20;
/// Most partitions; each has a write buffer during the pass.
const MOST_PARTITIONS: u64 = 256;
/// Records that are sorted in memory at once.
const RUN_RECORDS: usize = 1 << 18;

/// A history on disk, ready to be replayed.
#[derive(Debug)]
pub struct PreparedHistory {
    pub(super) spec: HistorySpec,
    pub(super) partitions: Vec<PartitionFiles>,
    /// What became of every row.
    pub counts: HistoryCounts,
    /// Per feature in file order: costs of its operations; `None` for features that the history does not feed.
    costs: Vec<Option<CostSketch>>,
    /// Added to every instant of the file.
    pub(super) shift: SimSpan,
    /// Distance of repetitions.
    pub(super) period: SimSpan,
    /// First and last instant in the file.
    pub span: Option<(SimTime, SimTime)>,
    pub(super) horizon: (SimTime, SimTime),
}

/// A partition's files.
#[derive(Debug, Clone)]
pub(super) struct PartitionFiles {
    pub records: PathBuf,
    pub index: PathBuf,
    /// Number of its first organization, and how many it has.
    pub first: u32,
    pub organizations: u32,
}

/// Where and for what a history is prepared.
#[derive(Debug, Clone, Copy)]
pub struct Preparation<'a> {
    /// Demands of the scenario's features in file order.
    pub demands: &'a [&'a Demand],
    /// The horizon `[start, end)`.
    pub start: SimTime,
    /// End of the horizon.
    pub end: SimTime,
    /// An existing folder for the partitions.
    pub folder: &'a Path,
}

impl PreparedHistory {
    /// Reads the history's file once and leaves sorted partitions in the folder.
    ///
    /// # Errors
    /// The first row that is not what the scenario says, with file and line; or the disk's.
    pub fn prepare(
        spec: &HistorySpec,
        preparation: &Preparation<'_>,
    ) -> Result<PreparedHistory, HistoryError> {
        let mut pass = Pass::begin(spec, preparation)?;
        pass.split()?;
        pass.finish()
    }

    /// Number of organizations.
    #[must_use]
    pub fn organizations(&self) -> u32 {
        self.counts.organizations
    }

    /// Number of partitions; organizations are numbered through them in order, by label inside each.
    #[must_use]
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// The partition that holds an organization, and the organization's place in it.
    #[must_use]
    pub fn place_of(&self, number: u32) -> (usize, usize) {
        let partition = self.partitions.partition_point(|files| files.first + files.organizations <= number);
        let first = self.partitions.get(partition).map_or(number, |files| files.first);
        (partition, (number - first) as usize)
    }

    /// True if rows of the history are operations of this feature; its own arrivals are then not drawn.
    #[must_use]
    pub fn feeds(&self, feature: FeatureIndex) -> bool {
        self.costs.get(feature.index()).is_some_and(Option::is_some)
    }

    /// Costs of a feature's operations, for estimates over the population.
    #[must_use]
    pub fn costs(&self, feature: FeatureIndex) -> Option<&CostSketch> {
        self.costs.get(feature.index())?.as_ref()
    }
}

/// The pass over the file, and what it gathers.
struct Pass<'a> {
    spec: &'a HistorySpec,
    preparation: &'a Preparation<'a>,
    unsorted: Vec<PathBuf>,
    counts: HistoryCounts,
    costs: Vec<Option<CostSketch>>,
    span: Option<(SimTime, SimTime)>,
}

impl<'a> Pass<'a> {
    fn begin(spec: &'a HistorySpec, preparation: &'a Preparation<'a>) -> Result<Self, HistoryError> {
        let size = match spec.bundled {
            Some(bytes) => bytes.len() as u64,
            None => fs::metadata(&spec.path).map_err(|error| HistoryError::world(&spec.path, error))?.len(),
        };
        // Packed text is about a sixth of its size; a name is enough to guess, a wrong guess only changes the number.
        let packed = spec.path.extension().is_some_and(|extension| extension == "gz");
        let bytes = if packed { size.saturating_mul(6) } else { size };
        let count = bytes.div_ceil(PARTITION_BYTES).clamp(1, MOST_PARTITIONS) as usize;
        let unsorted =
            (0..count).map(|index| preparation.folder.join(format!("part-{index:03}.rows"))).collect();
        let costs = vec![None; preparation.demands.len()];
        Ok(Pass { spec, preparation, unsorted, counts: HistoryCounts::default(), costs, span: None })
    }

    /// Cleans every row and deals it out by the hash of its organization.
    fn split(&mut self) -> Result<(), HistoryError> {
        let (mut cleaner, mut table) = Cleaner::open(self.spec, self.preparation.demands)?;
        let mut files = Vec::new();
        for path in &self.unsorted {
            let file = File::create(path).map_err(|error| HistoryError::world(path, error))?;
            files.push(BufWriter::with_capacity(1 << 16, file));
        }
        while table.advance()? {
            let Some((label, record)) = cleaner.clean(&table, &mut self.counts)? else { continue };
            let (first, last) = self.span.unwrap_or((record.at, record.at));
            self.span = Some((first.min(record.at), last.max(record.at)));
            let partition = (mix(hash_name(&label)) % files.len() as u64) as usize;
            write_labelled(&mut files[partition], &label, record)
                .map_err(|error| HistoryError::world(&self.unsorted[partition], error))?;
        }
        for (file, path) in files.iter_mut().zip(&self.unsorted) {
            file.flush().map_err(|error| HistoryError::world(path, error))?;
        }
        Ok(())
    }

    /// Sorts every partition and writes its records and index.
    fn finish(mut self) -> Result<PreparedHistory, HistoryError> {
        let shift = self.shift();
        let period = self.period()?;
        let mut partitions = Vec::new();
        for (index, path) in std::mem::take(&mut self.unsorted).into_iter().enumerate() {
            let files = PartitionFiles {
                records: self.preparation.folder.join(format!("part-{index:03}.records")),
                index: self.preparation.folder.join(format!("part-{index:03}.index")),
                first: self.counts.organizations,
                organizations: 0,
            };
            let organizations = self.write_partition(&path, &files, shift, period)?;
            fs::remove_file(&path).map_err(|error| HistoryError::world(&path, error))?;
            self.counts.organizations += organizations;
            partitions.push(PartitionFiles { organizations, ..files });
        }
        Ok(PreparedHistory {
            spec: self.spec.clone(),
            partitions,
            counts: self.counts,
            costs: self.costs,
            shift,
            period,
            span: self.span,
            horizon: (self.preparation.start, self.preparation.end),
        })
    }

    fn shift(&self) -> SimSpan {
        const WEEK: i64 = 7 * 86_400_000_000;
        let Some((first, _)) = self.span else { return SimSpan::ZERO };
        match self.spec.replay.shift {
            Shift::None => SimSpan::ZERO,
            Shift::By(span) => span,
            Shift::To(at) => at - first,
            Shift::ToWeek(at) => {
                let weeks = -(-(at - first).micros()).div_euclid(WEEK);
                SimSpan::from_micros(weeks * WEEK)
            }
        }
    }

    /// Repetitions may not overlap, or time would go back where one begins.
    fn period(&self) -> Result<SimSpan, HistoryError> {
        let day = SimSpan::DAY.micros();
        let length = self.span.map_or(0, |(first, last)| (last - first).micros() + 1);
        let length = length + self.spec.buckets.as_ref().map_or(0, |buckets| buckets.length.micros());
        let days = length.div_euclid(day) + i64::from(length.rem_euclid(day) > 0);
        match self.spec.replay.repeat_every {
            Some(every) if self.spec.replay.repeat > 1 && every.micros() < length => {
                let days = length as f64 / day as f64;
                let what =
                    format!("holds {days:.1} days, more than `repeat_every`; repetitions would overlap");
                Err(HistoryError::row(&self.spec.path, 1, what))
            }
            Some(every) => Ok(every),
            None => Ok(SimSpan::from_micros(days.max(1) * day)),
        }
    }

    fn write_partition(
        &mut self,
        path: &Path,
        files: &PartitionFiles,
        shift: SimSpan,
        period: SimSpan,
    ) -> Result<u32, HistoryError> {
        let world = |error| HistoryError::world(path, error);
        let mut input = BufReader::new(File::open(path).map_err(world)?);
        let rows = sorted(RUN_RECORDS, path, || read_labelled(&mut input)).map_err(world)?;
        let mut writer = PartitionWriter::create(files)?;
        let mut twins = Twins::new(!self.spec.columns.id.is_empty());
        for row in rows {
            let (label, record) = row.map_err(world)?;
            if record.requests == 0 {
                // A mark: the organization exists, though nothing of it can be replayed.
                writer.mark(&label, record)?;
                continue;
            }
            if twins.seen(&label, &record) {
                self.counts.duplicates += 1;
                match self.spec.duplicates {
                    Duplicates::Keep => {}
                    Duplicates::Drop => continue,
                    Duplicates::Refuse => {
                        let what = "repeats an earlier row";
                        return Err(HistoryError::row(&self.spec.path, record.line, what));
                    }
                }
            }
            if !self.inside_horizon(&record, shift, period) {
                self.counts.outside_horizon += 1;
                continue;
            }
            self.count(&record);
            writer.write(&label, record)?;
        }
        writer.finish()
    }

    /// True if some repetition of the row (or of its bucket) falls into the horizon.
    fn inside_horizon(&self, record: &Record, shift: SimSpan, period: SimSpan) -> bool {
        let length = self.spec.buckets.as_ref().map_or(SimSpan::ZERO, |buckets| buckets.length);
        (0..i64::from(self.spec.replay.repeat)).any(|round| {
            let at = record.at + shift + SimSpan::from_micros(round.saturating_mul(period.micros()));
            at < self.preparation.end && at + length >= self.preparation.start
        })
    }

    fn count(&mut self, record: &Record) {
        self.counts.replayed += 1;
        self.counts.operations += u64::from(record.requests);
        self.counts.demanded_micros += i128::from(record.cost.micros());
        if let Some(sketch) = self.costs.get_mut(record.feature.index()) {
            sketch.get_or_insert_default().add(record.cost, record.requests);
        }
    }
}

/// Finds rows that repeat another: alike in every cell at one instant, or of one id in one organization.
struct Twins {
    by_id: bool,
    label: String,
    at: SimTime,
    seen: BTreeSet<u64>,
}

impl Twins {
    fn new(by_id: bool) -> Self {
        Twins { by_id, label: String::new(), at: SimTime::DAWN, seen: BTreeSet::new() }
    }

    fn seen(&mut self, label: &str, record: &Record) -> bool {
        if self.label != label || (!self.by_id && self.at != record.at) {
            self.seen.clear();
            label.clone_into(&mut self.label);
            self.at = record.at;
        }
        !self.seen.insert(record.twin)
    }
}

/// Writes sorted records and the index of their organizations.
struct PartitionWriter {
    records: BufWriter<File>,
    path: PathBuf,
    index: IndexWriter,
    current: Option<OrganizationEntry>,
    written: u64,
}

impl PartitionWriter {
    fn create(files: &PartitionFiles) -> Result<Self, HistoryError> {
        let file =
            File::create(&files.records).map_err(|error| HistoryError::world(&files.records, error))?;
        Ok(PartitionWriter {
            records: BufWriter::with_capacity(1 << 16, file),
            path: files.records.clone(),
            index: IndexWriter::create(&files.index)?,
            current: None,
            written: 0,
        })
    }

    /// The entry of an organization, the last one's being written when another begins.
    fn entry(&mut self, label: &str) -> Result<&mut OrganizationEntry, HistoryError> {
        if self.current.as_ref().is_none_or(|entry| entry.label != label)
            && let Some(done) = self.current.replace(OrganizationEntry::new(label))
        {
            self.index.write(&done)?;
        }
        Ok(self.current.get_or_insert_with(|| OrganizationEntry::new(label)))
    }

    fn mark(&mut self, label: &str, record: Record) -> Result<(), HistoryError> {
        let entry = self.entry(label)?;
        entry.first = entry.first.min(record.at.micros());
        Ok(())
    }

    fn write(&mut self, label: &str, record: Record) -> Result<(), HistoryError> {
        let offset = self.written * RECORD_BYTES as u64;
        self.entry(label)?.add(&record, offset);
        self.written += 1;
        self.records.write_all(&record.to_bytes()).map_err(|error| HistoryError::world(&self.path, error))
    }

    /// The number of organizations written.
    fn finish(mut self) -> Result<u32, HistoryError> {
        if let Some(done) = self.current.take() {
            self.index.write(&done)?;
        }
        self.records.flush().map_err(|error| HistoryError::world(&self.path, error))?;
        self.index.finish()
    }
}
