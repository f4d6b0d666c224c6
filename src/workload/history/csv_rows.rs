//! Rows of a CSV file: its header, its cells, and the line at which each row begins.

use std::io::{self, BufRead, Read};

use super::columns::plain;

/// A CSV file behind its header.
pub(super) struct CsvRows {
    reader: csv::Reader<Box<dyn Read>>,
    record: csv::StringRecord,
    /// Position of each chosen column in the file; absent ones are empty in every row.
    positions: Vec<Option<usize>>,
    pub header: Vec<String>,
    /// Line at which the current row begins, from 1.
    pub line: u64,
}

impl CsvRows {
    /// Reads the header and finds the chosen columns; by any spelling that differs in case and punctuation alone, if
    /// `lenient`.
    pub fn of(mut reader: Box<dyn BufRead>, columns: &[String], lenient: bool) -> Result<Self, csv::Error> {
        let head = reader.fill_buf()?;
        let (delimiter, ends_in_newlines) = (delimiter(head), head.contains(&b'\n'));
        // The last row ends like every other, so that lines can be counted from the end of a row.
        let source: Box<dyn Read> = Box::new(reader.chain(&b"\n"[..]));
        let mut builder = csv::ReaderBuilder::new();
        builder.flexible(true).delimiter(delimiter).has_headers(false);
        if ends_in_newlines {
            // A carriage return before it is white space at the end of a cell.
            builder.terminator(csv::Terminator::Any(b'\n'));
        }
        let mut rows = CsvRows {
            reader: builder.from_reader(source),
            record: csv::StringRecord::new(),
            positions: Vec::new(),
            header: Vec::new(),
            line: 1,
        };
        rows.advance()?;
        rows.header = rows.record.iter().map(|name| name.trim().to_owned()).collect();
        let position = |column: &String| {
            let exact = rows.header.iter().position(|name| name == column);
            exact.or_else(|| {
                lenient.then(|| rows.header.iter().position(|name| plain(name) == plain(column)))?
            })
        };
        rows.positions = columns.iter().map(position).collect();
        Ok(rows)
    }

    /// Moves to the next row; false at the end. Lines with nothing in them are no rows.
    pub fn advance(&mut self) -> Result<bool, csv::Error> {
        loop {
            if !self.reader.read_record(&mut self.record)? {
                return Ok(false);
            }
            let inside: usize = self.record.iter().map(|cell| cell.matches('\n').count()).sum();
            self.line = self.reader.position().line().saturating_sub(1 + inside as u64).max(1);
            if self.record.len() > 1 || !self.record.get(0).unwrap_or("").trim().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Columns that were not chosen.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        let chosen = |place: usize| self.positions.contains(&Some(place));
        let names = self.header.iter().enumerate();
        names.filter(move |(place, _)| !chosen(*place)).map(|(_, name)| name.as_str())
    }

    /// The number of cells of the current row.
    pub fn cells(&self) -> usize {
        self.record.len()
    }

    /// The trimmed cell of a chosen column; empty if the file lacks the column.
    pub fn cell(&self, column: usize) -> &str {
        self.positions[column].and_then(|position| self.record.get(position)).unwrap_or("").trim()
    }

    /// Every cell of the current row.
    pub fn all_cells(&self) -> impl Iterator<Item = &str> {
        self.record.iter()
    }

    /// A chosen column that the header lacks.
    pub fn lacks(&self, column: usize) -> bool {
        self.positions[column].is_none()
    }
}

/// The delimiter of a header: a semicolon or a tab where it has no comma.
fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let others = [b',', b';', b'\t'].into_iter();
    others.into_iter().find(|delimiter| line.contains(delimiter)).unwrap_or(b',')
}

/// True if an error is the disk's or a line's, not one of the cells.
pub(super) fn io_of(error: &csv::Error) -> Option<&io::Error> {
    match error.kind() {
        csv::ErrorKind::Io(source) => Some(source),
        _ => None,
    }
}
