//! Rows of a history's file, one after another: CSV, JSONL or a JSON document, plain or gzip, streamed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::content::{Content, Hashing};
use super::csv_rows::{CsvRows, io_of};
use super::error::HistoryError;
use super::json_rows::{JsonProblem, JsonRow, JsonRows};
use super::lines::{Capped, Lines, TooLong, too_long};
use super::spec::{HistoryFormat, HistorySpec};

/// A file as a stream of rows of chosen columns.
pub(in crate::workload) struct HistoryTable {
    path: PathBuf,
    rows: RowSource,
    /// The chosen columns.
    columns: Vec<String>,
    /// Line of the current row.
    pub line: u64,
    /// Number of the current row among those of its line: 0, but in documents of JSON.
    nth: u64,
    /// True if the file begins with a byte order mark, which is passed over.
    pub marked: bool,
    content: Hashing,
}

enum RowSource {
    Csv(CsvRows),
    Json { rows: JsonRows, row: Option<JsonRow>, cells: Vec<String>, seen: Vec<bool> },
}

/// Bits of a row's number that tell its line; those above tell it among the rows of the line.
const LINE_BITS: u32 = 40;

/// The line in a row's number.
pub(super) fn line_of(number: u64) -> u64 {
    number & ((1 << LINE_BITS) - 1)
}

impl HistoryTable {
    /// Opens a file and finds the chosen columns.
    pub fn open(spec: &HistorySpec, columns: &[String]) -> Result<HistoryTable, HistoryError> {
        let (path, format) = (spec.path.as_path(), spec.format);
        let world = |error| HistoryError::world(path, error);
        let source: Box<dyn Read> = match spec.bundled {
            Some(bytes) => Box::new(bytes),
            None => Box::new(regular(path).map_err(world)?),
        };
        let content = Hashing::default();
        let mut reader = plain(content.of(source)).map_err(world)?;
        if let Some(most) = spec.most_text {
            reader = Box::new(Capped { inner: reader, most, passed: 0 });
        }
        let (marked, first) = skip_bom(&mut reader).map_err(world)?;
        if let Some((what, hint)) = foreign(reader.fill_buf().map_err(world)?) {
            return Err(HistoryError::row(path, 1, what).with_hint(hint));
        }
        let json = match format {
            HistoryFormat::Csv => false,
            HistoryFormat::Jsonl => true,
            HistoryFormat::Auto => matches!(first, Some(b'{' | b'[')),
        };
        let rows = if json {
            let lines = format == HistoryFormat::Jsonl && first != Some(b'[');
            let rows = JsonRows::of(reader, lines).map_err(world)?;
            let (cells, seen) = (vec![String::new(); columns.len()], vec![false; columns.len()]);
            RowSource::Json { rows, row: None, cells, seen }
        } else {
            RowSource::Csv(csv_rows(path, reader, columns, spec.columns.lenient)?)
        };
        let line = if json { 0 } else { 1 };
        Ok(HistoryTable {
            path: path.to_owned(),
            rows,
            columns: columns.to_vec(),
            line,
            nth: 0,
            marked,
            content,
        })
    }

    /// Bytes of the file that have been read.
    pub fn bytes_read(&self) -> u64 {
        self.content.bytes()
    }

    /// What has been read of the file: all of it once [`HistoryTable::advance`] has said that it ends.
    pub fn content(&self) -> Content {
        self.content.so_far()
    }

    /// The header of a CSV file; `None` for JSON, which has none.
    pub fn header(&self) -> Option<&[String]> {
        match &self.rows {
            RowSource::Csv(rows) => Some(&rows.header),
            RowSource::Json { .. } => None,
        }
    }

    /// Names of all columns: the header of a CSV file, the keys of the first objects of JSON (dotted where they are
    /// nested).
    pub fn names(mut self) -> Result<Vec<String>, HistoryError> {
        if let Some(header) = self.header() {
            return Ok(header.to_vec());
        }
        let mut names: Vec<String> = Vec::new();
        for _ in 0..OBJECTS_READ_FOR_NAMES {
            if !self.advance()? {
                break;
            }
            if let RowSource::Json { row: Some(row), .. } = &self.rows {
                add_names(&row.value, "", &mut names);
            }
        }
        Ok(names)
    }

    /// Columns of the header that nobody asked for; none of JSON, whose rows need not be alike.
    pub fn unread(&self) -> Vec<String> {
        match &self.rows {
            RowSource::Csv(rows) => rows.unread().map(str::to_owned).collect(),
            RowSource::Json { .. } => Vec::new(),
        }
    }

    /// A number of the current row that no other has; its lower bits are the line.
    pub fn number(&self) -> u64 {
        self.line | self.nth << LINE_BITS
    }

    /// Moves to the next row; false at the end.
    pub fn advance(&mut self) -> Result<bool, HistoryError> {
        let path = &self.path;
        match &mut self.rows {
            RowSource::Csv(rows) => {
                let more = rows.advance().map_err(|error| csv_error(path, &error, self.line + 1))?;
                if !more {
                    return Ok(false);
                }
                self.line = rows.line;
                if rows.cells() != rows.header.len() {
                    let what = format!("has {} cells, the header has {}", rows.cells(), rows.header.len());
                    return Err(HistoryError::row(path, self.line, what)
                        .with_hint("a cell that contains a comma must stand in quotes"));
                }
                Ok(true)
            }
            RowSource::Json { rows, row, cells, seen } => {
                let found = match rows.next() {
                    Ok(Some(found)) => found,
                    Ok(None) => return Ok(false),
                    Err(problem) => {
                        return Err(json_error(path, problem, &mut self.line));
                    }
                };
                (self.line, self.nth) = (found.line, found.nth);
                for (index, column) in self.columns.iter().enumerate() {
                    cells[index] = field(&found.value, column);
                    seen[index] |= !cells[index].is_empty();
                }
                if !found.value.is_object() {
                    let what = format!("is {}, where a row should be", kind_of(&found.value));
                    return Err(HistoryError::row(path, self.line, what)
                        .with_hint("rows are objects with a field for each column"));
                }
                *row = Some(found);
                Ok(true)
            }
        }
    }

    /// The name of a chosen column.
    pub fn column(&self, column: usize) -> &str {
        &self.columns[column]
    }

    /// The trimmed cell of a chosen column in the current row; empty if the file lacks the column.
    pub fn cell(&self, column: usize) -> &str {
        match &self.rows {
            RowSource::Csv(rows) => rows.cell(column),
            RowSource::Json { cells, .. } => cells[column].trim(),
        }
    }

    /// Bits of the whole row, for finding rows alike in every cell.
    pub fn hash(&self) -> u64 {
        let mut hash = crate::sampling::hash_name("row");
        let mut add = |text: &str| hash = crate::sampling::mix(hash ^ crate::sampling::hash_name(text));
        match &self.rows {
            RowSource::Csv(rows) => rows.all_cells().for_each(&mut add),
            RowSource::Json { row: Some(JsonRow { text: Some(text), .. }), .. } => add(text),
            RowSource::Json { row: Some(row), .. } => add(&row.value.to_string()),
            RowSource::Json { row: None, .. } => {}
        }
        hash
    }

    /// A chosen column that the file lacks: by its header, or in JSON by never having been there.
    pub fn lacks(&self, column: usize) -> bool {
        match &self.rows {
            RowSource::Csv(rows) => rows.lacks(column),
            RowSource::Json { seen, .. } => !seen[column],
        }
    }
}

/// Objects of a JSON file whose keys are taken for its columns: the first ones may lack some.
const OBJECTS_READ_FOR_NAMES: usize = 1_000;

/// Adds the dotted names of an object's fields, in their order.
fn add_names(value: &Value, prefix: &str, names: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if value.is_object() {
            add_names(value, &name, names);
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The file's bytes, unpacked if they are gzip.
fn plain(source: Box<dyn Read>) -> io::Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(1 << 16, source);
    let gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    if !gzip {
        return Ok(Box::new(reader));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(reader))))
}

/// What a file is that is neither CSV nor JSON, and what to do about it.
fn foreign(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let starts = |bytes: &[u8]| head.starts_with(bytes);
    match () {
        () if starts(b"PK\x03\x04") => {
            Some(("is a spreadsheet or an archive", "save the sheet as CSV, or unpack the archive"))
        }
        () if starts(&[0xff, 0xfe]) || starts(&[0xfe, 0xff]) => {
            Some(("is UTF-16 text", "save the file as UTF-8"))
        }
        () if starts(b"PAR1") => Some(("is a Parquet file", "convert it to CSV or JSONL")),
        () => None,
    }
}

/// Passes a byte order mark; returns whether there is one, and the first byte behind it and any white space.
fn skip_bom(reader: &mut Box<dyn BufRead>) -> io::Result<(bool, Option<u8>)> {
    let marked = reader.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]);
    if marked {
        reader.consume(3);
    }
    Ok((marked, reader.fill_buf()?.iter().copied().find(|byte| !byte.is_ascii_whitespace())))
}

fn csv_rows(
    path: &Path,
    reader: Box<dyn BufRead>,
    columns: &[String],
    lenient: bool,
) -> Result<CsvRows, HistoryError> {
    let rows = CsvRows::of(Box::new(Lines::new(reader)), columns, lenient);
    let rows = rows.map_err(|error| csv_error(path, &error, 1))?;
    if rows.header.iter().all(String::is_empty) {
        return Err(
            HistoryError::row(path, 1, "has no header").with_hint("the first line must name the columns")
        );
    }
    Ok(rows)
}

fn no_text(path: &Path, line: u64) -> HistoryError {
    HistoryError::row(path, line, "is no UTF-8 text").with_hint("save the file as UTF-8")
}

/// An error of the disk, or of a line that no row can have.
fn unread(path: &Path, line: u64, error: &io::Error) -> HistoryError {
    if let Some(long) = too_long(error) {
        let hint = match long {
            TooLong::Row(_) => {
                "a history has one row a line; a quote that is not closed runs on to the end of the file"
            }
            TooLong::Text(_) => "docs/untrusted-input.md lists the bounds of `--sandboxed`",
        };
        return HistoryError::row(path, line, long.to_string()).with_hint(hint);
    }
    match error.kind() {
        io::ErrorKind::InvalidData => no_text(path, line),
        kind => HistoryError::world(path, io::Error::new(kind, error.to_string())),
    }
}

/// Opens a file that can be read twice and has an end; a pipe would keep whoever reads it waiting.
fn regular(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file"))
    }
}

/// An error of the CSV reader; `after` is the line of the row before it.
fn csv_error(path: &Path, error: &csv::Error, after: u64) -> HistoryError {
    let line = error.position().map_or(1, csv::Position::line).max(1);
    match (io_of(error), error.kind()) {
        (Some(source), _) if too_long(source).is_some() => unread(path, after.max(line), source),
        (Some(source), _) => HistoryError::world(path, io::Error::new(source.kind(), source.to_string())),
        (None, csv::ErrorKind::Utf8 { .. }) => no_text(path, line),
        (None, _) => HistoryError::row(path, line, error.to_string()),
    }
}

/// An error of JSON, and the line at which reading stands now.
fn json_error(path: &Path, problem: JsonProblem, at: &mut u64) -> HistoryError {
    match problem {
        JsonProblem::Line(line, what) => {
            *at = line;
            HistoryError::row(path, line, what)
        }
        JsonProblem::World(line, error) => {
            *at = line;
            unread(path, line, &error)
        }
        JsonProblem::Document(line, what) => {
            *at = line;
            let hint = "a document is read in one piece, so nothing behind this place was looked at; `jq -c '.[]'` and \
                        `jq -c '.data[]'` write its rows one a line";
            HistoryError::row(path, line, what).with_hint(hint)
        }
    }
}

/// A field of an object by its dotted path, as the text that a CSV cell would hold.
fn field(object: &Value, path: &str) -> String {
    // A key may itself contain dots; the literal key comes first.
    let found = object.get(path).or_else(|| path.split('.').try_fold(object, |value, key| value.get(key)));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
