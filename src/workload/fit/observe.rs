//! A usage history held in memory for fitting: who did what when, and how large it was.

use std::collections::BTreeMap;
use std::path::Path;

use crate::calendar::Zone;
use crate::units::SimTime;
use crate::workload::history::{HistoryError, HistorySpec, Number, Table, number, time};

use super::families::six_digits;
use super::guess::{Guess, guess};

/// Rows that a fit holds in memory at most.
const MOST_ROWS: usize = 20_000_000;

/// A history as a fit sees it.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// What the columns were taken for.
    pub guess: Guess,
    /// Rows in order of time.
    pub rows: Vec<Row>,
    /// Organizations' labels, by the numbers in the rows.
    pub organizations: Vec<String>,
    /// Features' names, by the numbers in the rows.
    pub features: Vec<String>,
    /// Rows without any size, counted apart.
    pub sizeless: u64,
}

/// One row: a call, or a bucket of calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Arrival, or begin of the bucket [microseconds since 1970].
    pub at: i64,
    /// Index of the organization.
    pub organization: u32,
    /// Index of the feature.
    pub feature: u16,
    /// Whether it failed.
    pub failed: bool,
    /// Calls; 1 unless it is a bucket.
    pub calls: f64,
    /// Sizes per call, by the guess's sizes; not a number where the cell is empty.
    pub sizes: [f64; 2],
    /// Work time (seconds); not a number where the cell is empty.
    pub duration: f32,
}

impl Observed {
    /// Reads a history whose columns are found by their names.
    ///
    /// # Errors
    /// A file without a column of times, or the first row that cannot be understood, with its line.
    pub fn read(path: &Path) -> Result<Observed, HistoryError> {
        let spec = HistorySpec { path: path.to_owned(), ..HistorySpec::default() };
        let header = Table::open(&spec, &[])?.names()?;
        let guess = guess(&header).ok_or_else(|| {
            let what =
                format!("has no column that looks like a time; its columns are: {}", header.join(", "));
            HistoryError::row(path, 1, what)
                .with_hint("name it `timestamp`, or write a scenario with `[histories.NAME]`")
        })?;
        let columns: Vec<String> = guess.columns().into_iter().map(str::to_owned).collect();
        let mut table = Table::open(&spec, &columns)?;
        let mut reading = Reading {
            path,
            columns,
            zone: Zone::default(),
            found: Observed { guess, ..Observed::default() },
            numbers: Default::default(),
        };
        while table.advance()? {
            reading.row(&table)?;
            if reading.found.rows.len() > MOST_ROWS {
                let what = format!("has more than {MOST_ROWS} rows, too many to fit at once");
                return Err(HistoryError::row(path, table.line, what).with_hint("fit a part of the file"));
            }
        }
        let mut found = reading.found;
        if found.rows.is_empty() {
            return Err(HistoryError::row(path, table.line, "holds no row with a time"));
        }
        found.rows.sort_by_key(|row| row.at);
        Ok(found)
    }

    /// First and last instant.
    #[must_use]
    pub fn span(&self) -> (SimTime, SimTime) {
        let at = |row: Option<&Row>| SimTime::from_micros(row.map_or(0, |row| row.at));
        (at(self.rows.first()), at(self.rows.last()))
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> f64 {
        self.rows.iter().map(|row| row.calls).sum()
    }
}

/// Numbers of labels: organizations, features.
type Numbers = (BTreeMap<String, u32>, BTreeMap<String, u16>);

struct Reading<'a> {
    path: &'a Path,
    columns: Vec<String>,
    zone: Zone,
    found: Observed,
    numbers: Numbers,
}

impl Reading<'_> {
    fn cell<'t>(&self, table: &'t Table, column: Option<&String>) -> Option<&'t str> {
        let column = column?;
        let index = self.columns.iter().position(|known| known == column)?;
        Some(table.cell(index)).filter(|cell| !cell.is_empty())
    }

    fn number(&self, table: &Table, column: Option<&String>) -> Result<Option<f64>, HistoryError> {
        let Some(text) = self.cell(table, column) else { return Ok(None) };
        match number(text) {
            Number::Is(value) => Ok(Some(value)),
            Number::Empty => Ok(None),
            Number::Not => Err(HistoryError::row(
                self.path,
                table.line,
                format!("has `{text}` where a number should be"),
            )),
        }
    }

    fn row(&mut self, table: &Table) -> Result<(), HistoryError> {
        let guess = self.found.guess.clone();
        let text = self.cell(table, Some(&guess.time)).unwrap_or("");
        let Some((at, _)) = time(text, &self.zone) else {
            return Err(HistoryError::row(
                self.path,
                table.line,
                format!("has `{text}` where a time should be"),
            ));
        };
        let calls = if guess.calls.is_some() {
            self.number(table, guess.calls.as_ref())?.unwrap_or(0.0)
        } else {
            1.0
        };
        if calls <= 0.0 {
            return Ok(());
        }
        let mut sizes = [f64::NAN; 2];
        for (slot, column) in sizes.iter_mut().zip(&guess.sizes) {
            // The sizes of a bucket are totals.
            *slot = self.number(table, Some(column))?.map_or(f64::NAN, |total| six_digits(total / calls));
        }
        if !guess.sizes.is_empty() && sizes.iter().all(|size| size.is_nan()) {
            self.found.sizeless += 1;
        }
        let unit = guess.duration.as_ref().map_or(1.0, |(_, unit)| *unit);
        let duration = self.number(table, guess.duration.as_ref().map(|(column, _)| column))?;
        let status = self.cell(table, guess.status.as_ref()).unwrap_or("").to_ascii_lowercase();
        let row = Row {
            at: at.micros(),
            organization: self.organization(self.cell(table, guess.organization.as_ref()).unwrap_or("all")),
            feature: self.feature(self.cell(table, guess.feature.as_ref()).unwrap_or("use")),
            failed: ["fail", "error", "timeout"].iter().any(|word| status.contains(word)),
            calls,
            sizes,
            duration: duration.map_or(f32::NAN, |length| (length * unit) as f32),
        };
        self.found.rows.push(row);
        Ok(())
    }

    fn organization(&mut self, label: &str) -> u32 {
        if let Some(number) = self.numbers.0.get(label) {
            return *number;
        }
        let number = self.found.organizations.len() as u32;
        self.numbers.0.insert(label.to_owned(), number);
        self.found.organizations.push(label.to_owned());
        number
    }

    fn feature(&mut self, label: &str) -> u16 {
        if let Some(number) = self.numbers.1.get(label) {
            return *number;
        }
        let number = self.found.features.len() as u16;
        self.numbers.1.insert(label.to_owned(), number);
        self.found.features.push(label.to_owned());
        number
    }
}
