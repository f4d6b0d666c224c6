//! One pass over a history's file into sorted partitions on disk.
//!
//! A partition holds every organization whose label hashes to it, sorted by (label, feature, time, row). It is sorted
//! in memory up to a limit and by merging runs above it, so that memory depends on neither rows nor organizations.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::sampling::{hash_name, mix};
use crate::units::{SimSpan, SimTime};
use crate::workload::accounts::OtherAccounts;

use super::clean::{Cleaner, Labelled};
use super::content::Content;
use super::counts::HistoryCounts;
use super::error::{GatheredProblems, HistoryError, HistoryProblems};
use super::grid::BucketGrid;
use super::partition::{DuplicateFinder, PartitionFiles, PartitionWriter};
use super::prepare::{Preparation, PreparedHistory};
use super::reading::{WatchedReading, text_size};
use super::record::{CleanRow, read_labelled, write_labelled};
use super::sketch::CostSketch;
use super::sort::{SortOrder, Sorted, sorted};
use super::spec::{Duplicates, HistorySpec, Shift};
use super::strangers::UnknownNames;
use super::table::line_of;

/// Records that are sorted in memory at once.
const RUN_RECORDS: usize = 1 << 18;

/// The pass over the file, and what it gathers.
pub(super) struct Pass<'a> {
    spec: &'a HistorySpec,
    preparation: &'a Preparation<'a>,
    unsorted: Vec<PathBuf>,
    counts: HistoryCounts,
    content: Content,
    costs: Vec<Option<Vec<CostSketch>>>,
    /// First and last instant; the end of the last bucket.
    span: Option<(SimTime, SimTime)>,
    days: Days,
    problems: GatheredProblems,
    watched: WatchedReading<'a>,
    /// Length of buckets that do not say their end.
    length: SimSpan,
    /// Columns that nobody asked for.
    unread: Vec<String>,
    /// Columns in which sizes were looked for.
    looked_for: Option<String>,
    /// Organizations that have rows and no account; the last one that was looked at.
    no_account: UnknownNames,
    last_label: Option<String>,
}

/// The days on which there are rows.
#[derive(Debug, Default)]
struct Days {
    last: Option<i64>,
    seen: BTreeSet<i64>,
}

impl Days {
    fn add(&mut self, at: SimTime) {
        let day = at.micros().div_euclid(SimSpan::DAY.micros());
        // Most rows share the day of the row before them.
        if self.last != Some(day) {
            self.last = Some(day);
            self.seen.insert(day);
        }
    }

    fn missing(&self) -> u64 {
        match (self.seen.first(), self.seen.last()) {
            (Some(first), Some(last)) => (last - first + 1).unsigned_abs() - self.seen.len() as u64,
            _ => 0,
        }
    }
}

impl<'a> Pass<'a> {
    pub fn begin(spec: &'a HistorySpec, preparation: &'a Preparation<'a>) -> Result<Self, HistoryError> {
        let size = match spec.bundled {
            Some(bytes) => bytes.len() as u64,
            None => fs::metadata(&spec.path).map_err(|error| HistoryError::world(&spec.path, error))?.len(),
        };
        let text = text_size(spec).map_err(|error| HistoryError::world(&spec.path, error))?;
        let count = text.partitions();
        let unsorted =
            (0..count).map(|index| preparation.folder.join(format!("part-{index:03}.rows"))).collect();
        let costs = vec![None; preparation.demands.len()];
        Ok(Pass {
            spec,
            preparation,
            unsorted,
            counts: HistoryCounts::default(),
            content: Content::default(),
            costs,
            span: None,
            days: Days::default(),
            problems: GatheredProblems::default(),
            watched: WatchedReading::new(preparation.watch, &spec.name, size),
            length: SimSpan::ZERO,
            unread: Vec::new(),
            looked_for: None,
            no_account: UnknownNames::default(),
            last_label: None,
        })
    }

    /// Cleans every row and deals it out by the hash of its organization. After a problem the rest of the file is only
    /// looked at for more.
    pub fn split(&mut self) -> Result<(), HistoryProblems> {
        let (mut cleaner, mut table) = Cleaner::open(self.spec, self.preparation.demands)?;
        self.counts.byte_order_marks = u64::from(table.marked);
        let mut files = Vec::new();
        for path in &self.unsorted {
            let file = File::create(path).map_err(|error| HistoryError::world(path, error))?;
            files.push(BufWriter::with_capacity(1 << 16, file));
        }
        loop {
            match table.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.is_world() => return Err(error.into()),
                Err(error) => {
                    self.problems.add(error);
                    continue;
                }
            }
            if self.watched.is_time() {
                let reading = &mut self.watched.reading;
                (reading.bytes, reading.rows) = (table.bytes_read(), self.counts.rows);
                self.watched.tell().map_err(|error| HistoryError::world(&self.spec.path, error))?;
            }
            let cleaned = cleaner.clean(&table, &mut self.counts, &mut self.problems);
            if let Some((label, record)) = cleaned.filter(|_| self.problems.is_empty()) {
                self.deal(&mut files, &label, record)?;
            }
        }
        self.mark_accounts(&mut files)?;
        self.content = table.content();
        self.unread = table.unread();
        self.looked_for = cleaner.sizes_looked_for();
        self.found_length(&cleaner.grid);
        cleaner.close(&table, &self.counts, &mut self.problems);
        self.problems.finish()?;
        for (file, path) in files.iter_mut().zip(&self.unsorted) {
            file.flush().map_err(|error| HistoryError::world(path, error))?;
        }
        Ok(())
    }

    /// How long buckets are that do not say their end: the file as a whole tells it.
    fn found_length(&mut self, grid: &BucketGrid) {
        let Some(buckets) = &self.spec.buckets else { return };
        self.length = grid.length(buckets.length);
        let ended = grid.last().map(|last| last + self.length);
        self.span = self.span.map(|(first, last)| (first, ended.map_or(last, |ended| last.max(ended))));
    }

    /// Organizations that have an account are there, whether or not they have rows.
    fn mark_accounts(&self, files: &mut [BufWriter<File>]) -> Result<(), HistoryError> {
        let labels = self.spec.accounts.iter().flat_map(|accounts| &accounts.labels);
        for label in labels.filter(|label| self.problems.is_empty() && self.spec.is_chosen(label)) {
            let partition = self.partition_of(label);
            let mark = CleanRow::mark(SimTime::MAX, 0);
            write_labelled(&mut files[partition], label, mark)
                .map_err(|error| HistoryError::world(&self.unsorted[partition], error))?;
        }
        Ok(())
    }

    fn partition_of(&self, label: &str) -> usize {
        (mix(hash_name(label)) % self.unsorted.len() as u64) as usize
    }

    fn deal(
        &mut self,
        files: &mut [BufWriter<File>],
        label: &str,
        record: CleanRow,
    ) -> Result<(), HistoryError> {
        let end = record.at + record.length.max(SimSpan::ZERO);
        let (first, last) = self.span.unwrap_or((record.at, end));
        self.span = Some((first.min(record.at), last.max(end)));
        self.days.add(record.at);
        let partition = self.partition_of(label);
        write_labelled(&mut files[partition], label, record)
            .map_err(|error| HistoryError::world(&self.unsorted[partition], error))
    }

    /// Sorts every partition and writes its records and index.
    pub fn finish(mut self) -> Result<PreparedHistory, HistoryProblems> {
        self.counts.days_without_rows = self.days.missing();
        let shift = self.shift();
        let period = self.period()?;
        let mut partitions = Vec::new();
        let unsorted = std::mem::take(&mut self.unsorted);
        let count = unsorted.len();
        for (index, path) in unsorted.into_iter().enumerate() {
            self.watched.reading.sorting = Some((index, count));
            let files = PartitionFiles {
                records: self.preparation.folder.join(format!("part-{index:03}.records")),
                index: self.preparation.folder.join(format!("part-{index:03}.index")),
                first: self.counts.organizations,
                organizations: 0,
                blocks: Vec::new(),
            };
            let (organizations, blocks, regrouped) = self.write_partition(&path, &files, shift, period)?;
            fs::remove_file(&path).map_err(|error| HistoryError::world(&path, error))?;
            self.counts.organizations += organizations;
            self.counts.regrouped += regrouped;
            partitions.push(PartitionFiles { organizations, blocks, ..files });
        }
        self.problems.finish()?;
        self.tell_no_account()?;
        debug_assert_eq!(self.counts.rows, self.counts.accounted(), "every row is counted once");
        self.require_something(shift)?;
        Ok(PreparedHistory {
            spec: self.spec.clone(),
            partitions,
            counts: self.counts,
            content: self.content,
            costs: self.costs,
            shift,
            period,
            span: self.span,
            unread: self.unread,
            length: self.spec.buckets.as_ref().map(|_| self.length),
            horizon: (self.preparation.start, self.preparation.end),
        })
    }

    /// A history of which nothing can be replayed is a mistake.
    fn require_something(&self, shift: SimSpan) -> Result<(), HistoryError> {
        if self.counts.replayed > 0 {
            return Ok(());
        }
        let nothing = || {
            let remarks = self.counts.remarks().join(", ");
            let what = format!("has nothing to replay: {} rows, {remarks}", self.counts.rows);
            let error = HistoryError::row(&self.spec.path, 1, what);
            match self.looked_for.as_ref().filter(|_| self.counts.sizeless > 0) {
                Some(columns) => error
                    .wanting(&format!("a number in one of: {columns}"))
                    .with_hint("`cost` or `quantities` name the columns of sizes; an export of costs has none but its costs"),
                None => error,
            }
        };
        let Some((first, last)) = self.span.filter(|_| self.counts.outside_horizon > 0) else {
            return Err(nothing());
        };
        let what = format!(
            "holds no row inside the horizon: after moving, its {} rows lie between {} and {}",
            self.counts.rows,
            first + shift,
            last + shift
        );
        let wanted = format!("rows from {} to {}", self.preparation.start, self.preparation.end);
        Err(HistoryError::row(&self.spec.path, 1, what)
            .wanting(&wanted)
            .with_hint("`shift = \"to start\"` or `\"to week\"` moves the history into the horizon"))
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
        // A last bucket ends where the first of the next round may begin; a last event needs an instant of its own.
        let own = i64::from(self.spec.buckets.is_none());
        let length = self.span.map_or(0, |(first, last)| (last - first).micros() + own);
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
    ) -> Result<(u32, Vec<u64>, u64), HistoryError> {
        let world = |error| HistoryError::world(path, error);
        let by_id = !self.spec.columns.id.is_empty();
        if by_id {
            self.tell_repeated_ids(path)?;
        }
        let rows = self.in_order(SortOrder::Replay, path)?;
        let mut writer = PartitionWriter::create(files)?;
        let mut twins = DuplicateFinder::default();
        for row in rows {
            let (label, mut record) = row.map_err(world)?;
            if record.length == CleanRow::LENGTH_AS_FOUND {
                record.length = self.length;
            }
            self.watched.row().map_err(world)?;
            self.without_account(&label, &record);
            if record.requests == 0 {
                // A mark: the organization exists, though nothing of it can be replayed.
                writer.mark(&label, record)?;
                continue;
            }
            if !by_id && twins.seen(&label, &record) && !self.keeps_repeated(&record) {
                continue;
            }
            match self.place(&record, shift, period) {
                RowPlace::Outside => {
                    self.counts.outside_horizon += 1;
                    continue;
                }
                RowPlace::Cut => self.counts.cut_by_horizon += 1,
                RowPlace::Inside => {}
            }
            self.count(&record);
            writer.write(&label, record)?;
        }
        writer.finish()
    }

    /// Notes an organization that has rows and no account.
    fn without_account(&mut self, label: &str, record: &CleanRow) {
        let Some(accounts) = &self.spec.accounts else { return };
        if self.last_label.as_deref() == Some(label) {
            return;
        }
        self.last_label = Some(label.to_owned());
        if !accounts.labels.contains(label) {
            self.counts.without_account += 1;
            self.no_account.add(label, line_of(record.line));
        }
    }

    /// Tells organizations that have rows and no account, all in one.
    fn tell_no_account(&self) -> Result<(), HistoryError> {
        let Some(accounts) =
            self.spec.accounts.as_ref().filter(|accounts| accounts.others == OtherAccounts::Refuse)
        else {
            return Ok(());
        };
        let Some((line, labels, _)) = self.no_account.words("account") else { return Ok(()) };
        let what = format!("is of {labels}, of which `{}` tells nothing", accounts.file);
        let hint = "`others = \"as cohort\"` in `accounts` lets them open as the cohort says";
        Err(HistoryError::row(&self.spec.path, line, what)
            .wanting("organizations that have an account")
            .with_hint(hint))
    }

    /// A partition's rows in an order.
    fn in_order(&self, order: SortOrder, path: &Path) -> Result<Sorted, HistoryError> {
        let world = |error| HistoryError::world(path, error);
        let mut input = BufReader::new(File::open(path).map_err(world)?);
        let next = || {
            self.watched.row()?;
            read_labelled(&mut input)
        };
        sorted(order, RUN_RECORDS, path, next).map_err(world)
    }

    /// Writes a partition anew without rows that repeat an id of their organization, if they are to be left out. Of
    /// rows with one id the first in the file stays. Sorted by id on disk, so that memory depends on no organization.
    fn tell_repeated_ids(&mut self, path: &Path) -> Result<(), HistoryError> {
        let world = |error| HistoryError::world(path, error);
        let kept = path.with_extension("kept");
        let rows = self.in_order(SortOrder::Twins, path)?;
        let mut out = BufWriter::new(File::create(&kept).map_err(world)?);
        let mut last: Option<Labelled> = None;
        for row in rows {
            let (label, record) = row.map_err(world)?;
            self.watched.row().map_err(world)?;
            let repeats = record.has_id
                && last
                    .as_ref()
                    .is_some_and(|(of, last)| *of == label && last.has_id && last.twin == record.twin);
            if !repeats || self.keeps_repeated(&record) {
                write_labelled(&mut out, &label, record).map_err(world)?;
            }
            last = Some((label, record));
        }
        out.flush().map_err(world)?;
        fs::rename(&kept, path).map_err(world)
    }

    /// Counts a row that repeats another; true if it is replayed all the same.
    fn keeps_repeated(&mut self, record: &CleanRow) -> bool {
        self.counts.duplicates += 1;
        match self.spec.duplicates {
            Duplicates::Keep => true,
            Duplicates::Drop => {
                self.counts.dropped += 1;
                false
            }
            Duplicates::Refuse => {
                let hint = "`duplicates = \"drop\"` leaves repetitions out, \"keep\" replays them";
                let error =
                    HistoryError::row(&self.spec.path, line_of(record.line), "repeats an earlier row");
                self.problems.add(error.with_hint(hint));
                false
            }
        }
    }

    /// Where the repetitions of a row, or of its bucket, lie.
    fn place(&self, record: &CleanRow, shift: SimSpan, period: SimSpan) -> RowPlace {
        let (start, end) = (self.preparation.start, self.preparation.end);
        let mut place = RowPlace::Outside;
        for round in 0..i64::from(self.spec.replay.repeat) {
            let from = record.at + shift + SimSpan::from_micros(round.saturating_mul(period.micros()));
            let to = from + record.length;
            let inside = from < end && if record.length.is_zero() { from >= start } else { to > start };
            if inside && (from < start || to > end) {
                return RowPlace::Cut;
            }
            if inside {
                place = RowPlace::Inside;
            }
        }
        place
    }

    fn count(&mut self, record: &CleanRow) {
        self.counts.replayed += 1;
        self.counts.operations += u64::from(record.requests);
        self.counts.demanded_micros += i128::from(record.cost.micros());
        if let Some(sketch) = self.costs.get_mut(record.feature.index()) {
            let rates = usize::from(record.price_count);
            let sketches = sketch.get_or_insert_with(|| vec![CostSketch::default(); 1 + rates]);
            let costs = std::iter::once(&record.cost).chain(record.priced());
            sketches.iter_mut().zip(costs).for_each(|(sketch, cost)| sketch.add(*cost, record.requests));
        }
    }
}

/// Where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowPlace {
    Outside,
    /// A part of its bucket lies outside.
    Cut,
    Inside,
}
