//! Replaying an organization's rows, feature by feature, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

use crate::sampling::{Purpose, StreamKey, TraitPoint, ln, mix, power, standard_gamma, uniform};
use crate::units::{Credits, FeatureIndex, NO_MEMBER, SimSpan, SimTime};
use crate::workload::operation::{Fate, Operation};
use crate::workload::rates::MOST_RATES;
use crate::workload::traits::{Member, Population, SignUp, Traits};

use super::error::HistoryError;
use super::index::{BLOCK, OrganizationEntry, read_block};
use super::prepare::{HistoryBlock, PreparedHistory};
use super::record::{CleanRow, record_bytes};
use super::spec::RowCost;

/// Rows read from a partition at once.
const CHUNK_ROWS: u64 = 256;
/// A row as an operation, and what it costs by other rates than the feature's own.
type PricedOperation = (Operation, [Credits; MOST_RATES]);

/// Operations of a row that are thinned one by one; of a larger row those left out are not drawn.
const MOST_ONE_BY_ONE: u32 = 1_000;

/// One organization of a history.
#[derive(Debug, Clone)]
pub struct HistoryOrganization {
    /// Its number among all organizations of the history.
    pub number: u32,
    entry: Arc<OrganizationEntry>,
    file: Arc<Mutex<File>>,
    laid: PlacedRows,
}

/// How a history lies over the horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
struct PlacedRows {
    shift: SimSpan,
    period: SimSpan,
    rounds: u32,
    thin: f64,
    drawn: bool,
    /// Bytes of a record.
    record: usize,
    start: SimTime,
    end: SimTime,
}

impl PreparedHistory {
    /// The organizations of a block, in order of label.
    ///
    /// # Errors
    /// When the partition cannot be read back from the disk.
    pub fn open(&self, block: HistoryBlock) -> Result<Vec<HistoryOrganization>, HistoryError> {
        let files = &self.partitions[block.partition];
        let file = File::open(&files.records).map_err(|error| HistoryError::world(&files.records, error))?;
        let file = Arc::new(Mutex::new(file));
        let replay = &self.spec.replay;
        let laid = PlacedRows {
            shift: self.shift,
            period: self.period,
            rounds: replay.repeat.max(1),
            thin: replay.thin,
            drawn: matches!(self.spec.cost, RowCost::Drawn),
            record: record_bytes(self.spec.priced_by(), self.spec.columns.place_rows()),
            start: self.horizon.0,
            end: self.horizon.1,
        };
        let numbers = files.first + (block.block * BLOCK) as u32..;
        let entries = read_block(&files.index, files.blocks[block.block])?;
        Ok(numbers
            .zip(entries)
            .map(|(number, entry)| HistoryOrganization {
                number,
                entry: Arc::new(entry),
                file: Arc::clone(&file),
                laid,
            })
            .collect())
    }
}

impl HistoryOrganization {
    /// Its label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.entry.label
    }

    /// What its traits and streams are taken from: by label, so that a change of the file moves no other organization's
    /// draws. `cohort` is the cohort's key.
    #[must_use]
    pub fn point(&self, cohort: StreamKey) -> TraitPoint {
        TraitPoint::labelled(cohort, &self.entry.label)
    }

    /// Its first row, after moving; not before the horizon's start, which it is without rows.
    #[must_use]
    pub fn first_use(&self) -> SimTime {
        if self.entry.first == i64::MAX {
            // It has an account and no rows.
            return self.laid.start;
        }
        (SimTime::from_micros(self.entry.first) + self.laid.shift).max(self.laid.start)
    }

    /// Its traits: drawn as for any organization of the cohort, with the label, and the people that the history names.
    #[must_use]
    pub fn traits(&self, population: &Population, point: TraitPoint) -> Traits {
        let mut traits = population.draw(point, self.number);
        traits.label.clone_from(&self.entry.label);
        if population.signed_up == SignUp::AtFirstUse {
            let lived = traits.leaves - traits.signed_up;
            traits.signed_up = self.first_use();
            if traits.leaves != SimTime::MAX {
                traits.leaves = traits.signed_up + lived;
            }
        }
        let people = self.entry.members.len();
        if people > 0 {
            let billing = |index: usize| traits.members.get(index).is_none_or(|member| member.billing);
            traits.seats.clear();
            traits.members = (0..people)
                .map(|index| Member {
                    cumulative_share: (index + 1) as f64 / people as f64,
                    billing: billing(index),
                    group: self.entry.groups.get(index).and_then(|own| own.group),
                    label: self.entry.members.get(index).copied(),
                })
                .collect();
            population.draw_groups(&mut traits.members, point);
        }
        let projects = self.entry.projects.len();
        if projects > 0 {
            traits.projects = projects as u16;
            traits.project_shares = (0..projects).map(|index| (index + 1) as f64 / projects as f64).collect();
        }
        traits
    }

    /// Its rows of one feature.
    #[must_use]
    pub fn rows(&self, feature: FeatureIndex, key: StreamKey) -> ReplayRows {
        let range = self.entry.ranges.iter().find(|(of, ..)| *of == feature.0);
        let (offset, rows) = range.map_or((0, 0), |(_, offset, rows)| (*offset, *rows));
        ReplayRows {
            reader: ChunkReader {
                file: Arc::clone(&self.file),
                offset,
                rows,
                next: 0,
                round: 0,
                chunk: Vec::new(),
                at: 0,
            },
            entry: Arc::clone(&self.entry),
            laid: self.laid,
            key: key.number(u64::from(feature.0)),
            ahead: None,
            open: BinaryHeap::new(),
        }
    }
}

/// Rows of one organization and feature, as operations in order of time.
#[derive(Debug)]
pub struct ReplayRows {
    reader: ChunkReader,
    entry: Arc<OrganizationEntry>,
    laid: PlacedRows,
    key: StreamKey,
    /// The next row, its time moved; buckets that begin before it are open.
    ahead: Option<ReplayedRow>,
    /// Buckets under way, by their next operation.
    open: BinaryHeap<Reverse<Bucket>>,
}

/// A row laid over the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReplayedRow {
    at: SimTime,
    round: u32,
    record: CleanRow,
}

/// A bucket that still has operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bucket {
    next: SimTime,
    /// Operations taken from it.
    done: u32,
    row: ReplayedRow,
}

impl Ord for Bucket {
    fn cmp(&self, other: &Bucket) -> std::cmp::Ordering {
        let key = |bucket: &Bucket| (bucket.next, bucket.row.at, bucket.row.record.line, bucket.row.round);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Bucket {
    fn partial_cmp(&self, other: &Bucket) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl ReplayRows {
    /// True if cost and duration are to be drawn by the feature's own demand.
    #[must_use]
    pub fn draws_work(&self) -> bool {
        self.laid.drawn
    }

    /// True if rows name the person who asks.
    #[must_use]
    pub fn names_members(&self) -> bool {
        !self.entry.members.is_empty()
    }

    /// True if rows name the project that they are for.
    #[must_use]
    pub fn names_projects(&self) -> bool {
        !self.entry.projects.is_empty()
    }

    /// The next row as an operation inside the horizon, and what it costs by other rates than the feature's own; feature,
    /// number and blur are left open.
    ///
    /// # Errors
    /// When the partition on disk cannot be read.
    pub fn next_row(&mut self) -> Result<Option<PricedOperation>, io::Error> {
        loop {
            let Some(operation) = self.next_anywhere()? else { return Ok(None) };
            // A bucket may begin before the horizon or end after it.
            if (self.laid.start..self.laid.end).contains(&operation.0.at) {
                return Ok(Some(operation));
            }
        }
    }

    fn next_anywhere(&mut self) -> Result<Option<PricedOperation>, io::Error> {
        loop {
            if self.ahead.is_none() {
                // Rows come in order of time, so the first one beyond the end is the last one looked at.
                self.ahead = self.reader.next(&self.laid)?.filter(|row| row.at < self.laid.end);
            }
            let ready = match (self.open.peek(), &self.ahead) {
                (Some(Reverse(bucket)), Some(row)) => bucket.next <= row.at,
                (Some(_), None) => true,
                (None, None) => return Ok(None),
                (None, Some(_)) => false,
            };
            if ready {
                if let Some(operation) = self.take_from_bucket() {
                    return Ok(Some(operation));
                }
            } else if let Some(row) = self.ahead.take() {
                self.open.extend(self.advanced(Bucket { next: row.at, done: 0, row }).map(Reverse));
            }
        }
    }

    /// The earliest operation of all open buckets; `None` if it is thinned out.
    fn take_from_bucket(&mut self) -> Option<PricedOperation> {
        let Reverse(bucket) = self.open.pop()?;
        let number = bucket.done;
        self.open.extend(self.advanced(Bucket { done: number + 1, ..bucket }).map(Reverse));
        let thins = self.laid.thin < 1.0 && !self.skips(&bucket.row);
        if thins && self.uniform(&bucket.row, u64::from(number), 1) >= self.laid.thin {
            return None;
        }
        let record = &bucket.row.record;
        let share = |total| share_of_total(total, number, record.requests);
        Some((self.operation(&bucket, number), record.prices.map(share)))
    }

    /// True if operations of the row that are thinned out are passed over together instead of drawn one by one.
    fn skips(&self, row: &ReplayedRow) -> bool {
        self.laid.thin < 1.0 && row.record.requests > MOST_ONE_BY_ONE
    }

    /// The bucket with the time of operation `done`, or of the first kept one from there on; `bucket.next` is where
    /// the operation before it stands.
    fn advanced(&self, bucket: Bucket) -> Option<Bucket> {
        let requests = bucket.row.record.requests;
        let (passed, to) = if self.skips(&bucket.row) {
            self.skip(&bucket)?
        } else {
            (0, (bucket.done < requests).then(|| self.smallest(&bucket))?)
        };
        Some(Bucket { next: self.placed(&bucket, to), done: bucket.done + passed, ..bucket })
    }

    /// How many operations are passed over, geometrically many, and where the kept one stands among the uniforms on
    /// what is left of the bucket (a beta). As if each had been drawn and kept by chance.
    fn skip(&self, bucket: &Bucket) -> Option<(u32, f64)> {
        let left = bucket.row.record.requests.checked_sub(bucket.done)?;
        let mut rng = self.key.keyed(Purpose::History, line_of(&bucket.row), u64::from(bucket.done) << 1);
        let passed = libm::floor(ln(1.0 - uniform(&mut rng)) / ln(1.0 - self.laid.thin));
        // A share of 0 keeps nothing, and makes this infinite or no number.
        if !(0.0..f64::from(left)).contains(&passed) {
            return None;
        }
        let before = standard_gamma(passed + 1.0, &mut rng);
        let behind = standard_gamma(f64::from(left) - passed, &mut rng);
        Some((passed as u32, before / (before + behind)))
    }

    /// Where the smallest of the uniforms on what is left of the bucket stands.
    fn smallest(&self, bucket: &Bucket) -> f64 {
        let left = bucket.row.record.requests - bucket.done;
        let uniform = self.uniform(&bucket.row, u64::from(bucket.done), 0);
        1.0 - power(1.0 - uniform, 1.0 / f64::from(left))
    }

    fn operation(&self, bucket: &Bucket, number: u32) -> Operation {
        let record = &bucket.row.record;
        let cost = share_of_total(record.cost, number, record.requests);
        let mut operation = Operation {
            at: bucket.next,
            cost,
            duration: record.duration,
            fate: record.fate,
            ..Operation::default()
        };
        if operation.fate != Fate::Completes {
            operation.ends_after = record.duration;
        }
        operation.member = record.member.map_or(NO_MEMBER, |member| place_among(&self.entry.members, member));
        if let Some(own) = record.place {
            operation.project = place_among(&self.entry.projects, own.project);
        }
        operation
    }

    /// The time at a share of what is left of a bucket after its last operation; 0 of an event.
    fn placed(&self, bucket: &Bucket, share: f64) -> SimTime {
        let length = bucket.row.record.length.micros();
        if length == 0 {
            return bucket.row.at;
        }
        let from = (bucket.next - bucket.row.at).micros();
        let begin = from as f64 / length as f64;
        let to = begin + (1.0 - begin) * share;
        let micros = ((to * length as f64) as i64).clamp(from, length - 1);
        bucket.row.at + SimSpan::from_micros(micros)
    }

    /// A uniform of one operation of a row, keyed by organization, row and repetition.
    fn uniform(&self, row: &ReplayedRow, number: u64, what: u64) -> f64 {
        self.key.uniform(Purpose::History, line_of(row), number << 1 | what)
    }
}

/// The number of a person or project among those of its organization; those that are too many share the last one.
fn place_among(known: &[u64], hash: u64) -> u16 {
    let place = known.binary_search(&hash).unwrap_or_else(|place| place);
    place.min(known.len().saturating_sub(1)) as u16
}

/// Tells a row and its repetition from all others.
fn line_of(row: &ReplayedRow) -> u64 {
    mix(row.record.line ^ (u64::from(row.round) << 48))
}

/// The `number`-th of `count` parts of a total; the parts sum exactly.
fn share_of_total(total: Credits, number: u32, count: u32) -> Credits {
    let upto = |parts: u32| i128::from(total.micros()) * i128::from(parts) / i128::from(count.max(1));
    Credits::from_micros((upto(number + 1) - upto(number)) as i64)
}

/// Reads a range of records in chunks, as often as the history is repeated.
#[derive(Debug)]
struct ChunkReader {
    file: Arc<Mutex<File>>,
    offset: u64,
    rows: u64,
    next: u64,
    round: u32,
    chunk: Vec<u8>,
    /// Position in the chunk.
    at: usize,
}

impl ChunkReader {
    fn next(&mut self, laid: &PlacedRows) -> io::Result<Option<ReplayedRow>> {
        if self.rows == 0 {
            return Ok(None);
        }
        if self.next == self.rows {
            self.round += 1;
            if self.round >= laid.rounds {
                return Ok(None);
            }
            self.next = 0;
            self.chunk.clear();
            self.at = 0;
        }
        if self.round >= laid.rounds {
            return Ok(None);
        }
        if self.at >= self.chunk.len() {
            self.read_chunk(laid.record)?;
        }
        let record = CleanRow::from_record(&self.chunk[self.at..self.at + laid.record]);
        self.at += laid.record;
        self.next += 1;
        let moved =
            laid.shift + SimSpan::from_micros(i64::from(self.round).saturating_mul(laid.period.micros()));
        Ok(Some(ReplayedRow { at: record.at + moved, round: self.round, record }))
    }

    fn read_chunk(&mut self, record: usize) -> io::Result<()> {
        let rows = (self.rows - self.next).min(CHUNK_ROWS);
        self.chunk.resize(rows as usize * record, 0);
        self.at = 0;
        let mut file =
            self.file.lock().map_err(|_| io::Error::other("another reader of this history failed"))?;
        file.seek(SeekFrom::Start(self.offset + self.next * record as u64))?;
        file.read_exact(&mut self.chunk)
    }
}
