//! A usage history held in memory for fitting: who did what when, and how large it was.
//!
//! Invariants: every row of the file is a row here or is counted in [`OtherRows`]; a cell that cannot be understood is an
//! error with its line, never a guess.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use crate::calendar::Zone;
use crate::sampling::{hash_name, mix};
use crate::units::SimTime;
use crate::workload::history::{
    GatheredProblems, HistoryError, HistoryProblems, HistorySpec, HistoryTable, Number, WordedOutcome,
    hashed_id, its_columns, number, outcome, time,
};
use crate::workload::operation::Fate;

use super::families::six_digits;
use super::guess::{Guess, MOST_SIZES, guess};

/// Rows that a fit holds in memory at most.
const MOST_ROWS: usize = 10_000_000;
/// Rows among which repeated ids are looked for.
const MOST_IDS: usize = 5_000_000;
/// Features of a fit; rarer ones are pooled.
const MOST_FEATURES: usize = 40;
/// Name of the pooled features.
const OTHER: &str = "other";
/// Longest history: beyond it some time is mistaken.
const MOST_YEARS: i64 = 20;
/// Mistakes after which reading stops.
const MOST_MISTAKES: usize = 1_000;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// A day (microseconds).
pub(super) const DAY: i64 = 24 * HOUR;

/// A history as a fit sees it.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// What the columns were taken for.
    pub guess: Guess,
    /// Rows in order of time.
    pub rows: Vec<ObservedRow>,
    /// Number of organizations; the rows number them.
    pub organizations: u32,
    /// Features' names, by the numbers in the rows.
    pub features: Vec<String>,
    /// Their units by the same numbers; empty where none is said.
    pub units: Vec<String>,
    /// What times are known to: 0 is exactly, else the length of a bucket (microseconds).
    pub resolution: i64,
    /// Rows that were left out or changed, by reason.
    pub left: OtherRows,
}

/// Rows that are not simply calls, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OtherRows {
    /// Kept, without any size.
    pub sizeless: u64,
    /// Left out: no time.
    pub timeless: u64,
    /// Left out: a bucket without calls.
    pub empty: u64,
    /// Left out: of a kind that is no usage.
    pub other_kinds: u64,
    /// Kept without sizes: the file says that they were not charged.
    pub uncharged: u64,
    /// Left out: repeats an id.
    pub repeated: u64,
    /// Kept, though alike in every cell to an earlier one.
    pub twins: u64,
    /// Kept; a size below 0 was read as 0.
    pub negative: u64,
    /// Kept under one organization, having none.
    pub homeless: u64,
    /// Features pooled as `other`.
    pub pooled: u64,
}

/// One row: a call, or a bucket of calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObservedRow {
    /// Arrival, or begin of the bucket [microseconds since 1970].
    pub at: i64,
    /// Index of the organization.
    pub organization: u32,
    /// Index of the feature.
    pub feature: u16,
    /// How it ended.
    pub end: End,
    /// Calls; 1 unless it is a bucket.
    pub calls: f64,
    /// Sizes per call, by the guess's sizes; not a number where the cell is empty.
    pub sizes: [f64; MOST_SIZES],
    /// Work time (seconds); not a number where the cell is empty.
    pub duration: f64,
    /// Hash of the member; 0 without one.
    pub member: u32,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well.
    Fine,
    /// It failed.
    Failed,
    /// Its user cancelled it.
    Cancelled,
}

impl From<Fate> for End {
    fn from(fate: Fate) -> End {
        match fate {
            Fate::Completes => End::Fine,
            Fate::Fails => End::Failed,
            Fate::Cancelled => End::Cancelled,
        }
    }
}

impl Observed {
    /// Reads a history whose columns are found by their names.
    ///
    /// # Errors
    /// A file that cannot be read, without a column of times, or with rows that cannot be understood: all of these
    /// together, with their lines.
    pub fn read(path: &Path) -> Result<Observed, HistoryProblems> {
        let spec = HistorySpec { path: path.to_owned(), ..HistorySpec::default() };
        let header = HistoryTable::open(&spec, &[])?.names()?;
        let guess = guess(&header).ok_or_else(|| no_time(path, &header))?;
        let columns = guess.columns();
        let mut table = HistoryTable::open(&spec, &columns)?;
        let mut reading = RowReader::new(guess, columns);
        while table.advance()? {
            reading.row(&table);
            if reading.mistakes.len() > MOST_MISTAKES {
                break;
            }
            if reading.found.rows.len() > MOST_ROWS {
                let what = format!("has more than {MOST_ROWS} rows, too many to fit at once");
                let error = HistoryError::row(path, table.line, what);
                return Err(error.with_hint("fit a part of the file").into());
            }
        }
        mistakes(path, &reading.mistakes)?;
        reading.found.organizations = reading.organizations.len() as u32;
        Ok(finished(path, table.line, reading.found)?)
    }

    /// First and last instant.
    #[must_use]
    pub fn span(&self) -> (SimTime, SimTime) {
        let at = |row: Option<&ObservedRow>| SimTime::from_micros(row.map_or(0, |row| row.at));
        (at(self.rows.first()), at(self.rows.last()))
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> f64 {
        self.rows.iter().map(|row| row.calls).sum()
    }

    /// True if rows stand for several calls each.
    #[must_use]
    pub fn is_buckets(&self) -> bool {
        self.guess.calls.is_some()
    }
}

fn no_time(path: &Path, header: &[String]) -> HistoryError {
    let first = &header[..header.len().min(20)];
    HistoryError::row(path, 1, format!("has no column that looks like a time{}", its_columns(first)))
        .with_hint("name it `timestamp`, or write a scenario with `[histories.NAME]`")
}

/// What is left to do once all rows are read: order, resolution, features that are too many.
fn finished(path: &Path, line: u64, mut found: Observed) -> Result<Observed, HistoryError> {
    if found.rows.is_empty() {
        let hint = "a history needs at least one row with a time (and calls, if it counts them)";
        return Err(HistoryError::row(path, line, "holds no call").with_hint(hint));
    }
    found.rows.sort_by_key(|row| row.at);
    let (first, last) = found.span();
    if (last - first).micros() > MOST_YEARS * 366 * DAY {
        let what = format!("spans from {first} to {last}, more than {MOST_YEARS} years");
        return Err(HistoryError::row(path, line, what).with_hint("is a time in the wrong unit, or 0?"));
    }
    found.resolution = resolution(&found);
    tell_units_apart(&mut found);
    pool_features(&mut found);
    Ok(found)
}

/// To what times are known. Times that all are midnights are dates; times of buckets are multiples of their length.
fn resolution(found: &Observed) -> i64 {
    let first = found.rows[0].at;
    let all = |length: i64| found.rows.iter().all(|row| (row.at - first).rem_euclid(length) == 0);
    let midnights = first.rem_euclid(DAY) == 0 && all(DAY);
    if !found.is_buckets() {
        return if midnights { DAY } else { 0 };
    }
    let lengths = [DAY, HOUR, 30 * MINUTE, 15 * MINUTE, 10 * MINUTE, 5 * MINUTE, MINUTE, SECOND];
    // A single bucket tells no distance: take it for an hour, or a day at midnight.
    let known = found.rows[found.rows.len() - 1].at > first;
    lengths
        .into_iter()
        .filter(|length| known || *length == HOUR || midnights)
        .find(|length| all(*length))
        .unwrap_or(0)
}

/// Keeps the busiest features and pools the others.
fn pool_features(found: &mut Observed) {
    if found.features.len() <= MOST_FEATURES {
        return;
    }
    let mut calls = vec![0.0; found.features.len()];
    for row in &found.rows {
        calls[usize::from(row.feature)] += row.calls;
    }
    let mut order: Vec<usize> = (0..calls.len()).collect();
    order.sort_by(|a, b| calls[*b].total_cmp(&calls[*a]).then(a.cmp(b)));
    let mut number = vec![MOST_FEATURES as u16 - 1; calls.len()];
    let kept = &order[..MOST_FEATURES - 1];
    for (new, old) in kept.iter().enumerate() {
        number[*old] = new as u16;
    }
    found.left.pooled = (calls.len() - kept.len()) as u64;
    let mut names: Vec<String> = kept.iter().map(|old| found.features[*old].clone()).collect();
    let taken = names.iter().any(|name| name == OTHER);
    names.push(if taken { format!("{OTHER} features") } else { OTHER.to_owned() });
    found.features = names;
    for row in &mut found.rows {
        row.feature = number[usize::from(row.feature)];
    }
}

/// A cell that cannot be understood: line, column, what it holds, what it should hold.
type RowProblem = (u64, String, String, &'static str);

/// All mistakes, the first of each kind in full.
fn mistakes(path: &Path, all: &[RowProblem]) -> Result<(), HistoryProblems> {
    let mut problems = GatheredProblems::default();
    for (line, column, found, wanted) in all {
        let hint = if *wanted == TIME {
            "write times as `2025-01-31T10:20:30Z`, or as seconds or milliseconds since 1970"
        } else {
            "empty cells are fine; text in a column of numbers is not"
        };
        let error = HistoryError::row(path, *line, format!("is `{found}`")).in_column(column);
        problems.add(error.wanting(wanted).with_hint(hint));
    }
    problems.finish()
}

const TIME: &str = "a time";
const NUMBER: &str = "a number";

struct RowReader {
    guess: Rc<Guess>,
    columns: Vec<String>,
    zone: Zone,
    found: Observed,
    organizations: BTreeMap<String, u32>,
    features: BTreeMap<(String, String), u16>,
    ids: BTreeSet<u64>,
    mistakes: Vec<RowProblem>,
}

impl RowReader {
    fn new(guess: Guess, columns: Vec<String>) -> RowReader {
        RowReader {
            guess: Rc::new(guess.clone()),
            columns,
            zone: Zone::default(),
            found: Observed { guess, ..Observed::default() },
            organizations: BTreeMap::new(),
            features: BTreeMap::new(),
            ids: BTreeSet::new(),
            mistakes: Vec::new(),
        }
    }

    /// The first cell of some columns that is not empty, and its column.
    fn cell<'t, 'n>(
        &self,
        table: &'t HistoryTable,
        names: impl IntoIterator<Item = &'n String>,
    ) -> Option<(&'t str, &'n str)> {
        names.into_iter().find_map(|name| {
            let index = self.columns.iter().position(|known| known == name)?;
            Some((table.cell(index), name.as_str())).filter(|(cell, _)| !cell.is_empty())
        })
    }

    fn number<'n>(
        &mut self,
        table: &HistoryTable,
        names: impl IntoIterator<Item = &'n String>,
    ) -> Option<f64> {
        let (text, column) = self.cell(table, names)?;
        match number(text) {
            Number::Is(value) => Some(value),
            Number::Empty => None,
            Number::Not => {
                self.mistakes.push((table.line, column.to_owned(), shortened(text), NUMBER));
                None
            }
        }
    }

    fn instant<'n>(
        &mut self,
        table: &HistoryTable,
        names: impl IntoIterator<Item = &'n String>,
    ) -> Option<SimTime> {
        let (text, column) = self.cell(table, names)?;
        let read = time(text, &self.zone).map(|(at, _)| at);
        if read.is_none() {
            self.mistakes.push((table.line, column.to_owned(), shortened(text), TIME));
        }
        read
    }

    fn row(&mut self, table: &HistoryTable) {
        let guess = Rc::clone(&self.guess);
        let mistakes = self.mistakes.len();
        let Some(at) = self.instant(table, &guess.time) else {
            self.found.left.timeless += u64::from(self.mistakes.len() == mistakes);
            return;
        };
        if self.ids.len() < MOST_IDS && guess.id.is_empty() {
            self.found.left.twins += u64::from(!self.ids.insert(table.hash()));
        }
        if !self.is_usage(table, &guess) {
            self.found.left.other_kinds += 1;
            return;
        }
        if self.is_repeated(table, &guess) {
            self.found.left.repeated += 1;
            return;
        }
        let calls = match &guess.calls {
            Some(column) => self.number(table, [column]).unwrap_or(0.0),
            None => 1.0,
        };
        if calls <= 0.0 {
            self.found.left.empty += 1;
            return;
        }
        let outcome = self.outcome(table, &guess);
        self.found.left.uncharged += u64::from(!outcome.charged);
        let sizes = match outcome.charged {
            true => self.sizes(table, &guess, calls),
            false => [f64::NAN; MOST_SIZES],
        };
        let duration = self.duration(table, &guess, at);
        let feature = self.cell(table, &guess.feature).map_or("use", |(text, _)| text);
        let unit = self.cell(table, &guess.unit).map_or("", |(text, _)| text);
        let Some(feature) = self.feature(&clean(feature), &clean(unit)) else { return };
        let row = ObservedRow {
            at: at.micros(),
            organization: self.organization(table, &guess),
            feature,
            end: outcome.fate.into(),
            calls,
            sizes,
            duration,
            member: self.cell(table, &guess.member).map_or(0, |(text, _)| (hash_name(text) as u32).max(1)),
        };
        self.found.rows.push(row);
    }

    fn is_repeated(&mut self, table: &HistoryTable, guess: &Guess) -> bool {
        let of = |column: &String| self.cell(table, [column]).map_or("", |(text, _)| text);
        let Some(id) = hashed_id(guess.id.iter().map(of)) else { return false };
        // One id may stand for two rows of two organizations.
        let organization = self.cell(table, &guess.organization).map_or("", |(label, _)| label);
        self.ids.len() < MOST_IDS && !self.ids.insert(mix(id ^ hash_name(organization)))
    }

    /// Sizes per call; those of a bucket are totals.
    fn sizes(&mut self, table: &HistoryTable, guess: &Guess, calls: f64) -> [f64; MOST_SIZES] {
        let mut sizes = [f64::NAN; MOST_SIZES];
        for (slot, size) in sizes.iter_mut().zip(&guess.sizes) {
            if let Some(whole) = self.number(table, &size.columns) {
                let less = self.number(table, &size.less).unwrap_or(0.0);
                // What is taken off was part of the whole.
                let total = if less > 0.0 { (whole - less).max(0.0) } else { whole };
                self.found.left.negative += u64::from(total < 0.0);
                *slot = six_digits((total / calls).clamp(0.0, 1e15));
            }
        }
        let sizeless = !guess.sizes.is_empty() && sizes.iter().all(|size| size.is_nan());
        self.found.left.sizeless += u64::from(sizeless);
        sizes
    }

    fn duration(&mut self, table: &HistoryTable, guess: &Guess, at: SimTime) -> f64 {
        if let Some((column, unit)) = &guess.duration {
            return self
                .number(table, [column])
                .map_or(f64::NAN, |length| six_digits((length * unit).clamp(0.0, 3e7)));
        }
        match self.instant(table, &guess.end) {
            Some(end) if end >= at => six_digits((end - at).as_seconds_f64().min(3e7)),
            _ => f64::NAN,
        }
    }

    /// How a call ended: the worst that its columns say.
    fn outcome(&self, table: &HistoryTable, guess: &Guess) -> WordedOutcome {
        let of = |column: &String| match self.cell(table, [column]) {
            None => WordedOutcome::FINE,
            Some((text, _)) if guess.cancelled.iter().any(|word| word == text) => {
                WordedOutcome { fate: Fate::Cancelled, charged: true }
            }
            Some((text, _)) => outcome(column, text),
        };
        guess.status.iter().map(of).fold(WordedOutcome::FINE, WordedOutcome::worse)
    }

    /// False for rows of a file that are something else than usage.
    fn is_usage(&self, table: &HistoryTable, guess: &Guess) -> bool {
        let Some((columns, usage)) = &guess.kinds else { return true };
        let kind = self.cell(table, columns);
        kind.is_none_or(|(kind, _)| usage.iter().any(|usage| usage.eq_ignore_ascii_case(kind)))
    }

    fn organization(&mut self, table: &HistoryTable, guess: &Guess) -> u32 {
        let label = self.cell(table, &guess.organization).map(|(label, _)| label);
        self.found.left.homeless += u64::from(label.is_none() && !guess.organization.is_empty());
        let label = label.unwrap_or("");
        if let Some(number) = self.organizations.get(label) {
            return *number;
        }
        let number = self.organizations.len() as u32;
        self.organizations.insert(label.to_owned(), number);
        number
    }

    /// The number of a feature in a unit.
    fn feature(&mut self, label: &str, unit: &str) -> Option<u16> {
        let key = (label.to_owned(), unit.to_owned());
        if let Some(number) = self.features.get(&key) {
            return Some(*number);
        }
        // More than this are no features but texts; the first ones stand for themselves, the rest for one.
        let full = self.found.features.len() >= usize::from(u16::MAX) / 2;
        if full {
            return Some(0);
        }
        let number = self.found.features.len() as u16;
        self.features.insert(key, number);
        self.found.features.push(label.to_owned());
        self.found.units.push(unit.to_owned());
        Some(number)
    }
}

/// Names features after their units too, if a history has several: two units are two things.
fn tell_units_apart(found: &mut Observed) {
    let units: BTreeSet<&String> = found.units.iter().collect();
    if units.len() < 2 {
        return;
    }
    for (name, unit) in found.features.iter_mut().zip(&found.units) {
        if !unit.is_empty() {
            *name = format!("{name} [{unit}]");
        }
    }
}

/// A label that a scenario can carry: printable, of a length that a table can show.
fn clean(label: &str) -> String {
    label.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect::<String>().trim().to_owned()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(40).collect::<String>())
    }
}
