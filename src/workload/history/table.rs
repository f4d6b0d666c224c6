//! Rows of a history's file, one after another: CSV or JSONL, plain or gzip, streamed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::content::{Content, Hashing};
use super::error::HistoryError;
use super::lines::{Lines, is_too_long};
use super::spec::{HistoryFormat, HistorySpec};

/// A file as a stream of rows of chosen columns.
pub(in crate::workload) struct HistoryTable {
    path: PathBuf,
    rows: RowSource,
    /// The chosen columns.
    columns: Vec<String>,
    /// Line of the current row.
    pub line: u64,
    /// True if the file begins with a byte order mark, which is passed over.
    pub marked: bool,
    content: Hashing,
}

enum RowSource {
    Csv {
        reader: csv::Reader<Box<dyn Read>>,
        record: csv::StringRecord,
        /// Position of each chosen column in the file; absent ones are empty in every row.
        positions: Vec<Option<usize>>,
        header: Vec<String>,
    },
    Jsonl {
        reader: Box<dyn BufRead>,
        text: String,
        cells: Vec<String>,
        seen: Vec<bool>,
    },
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
        let (marked, first) = skip_bom(&mut reader).map_err(world)?;
        if let Some((what, hint)) = foreign(reader.fill_buf().map_err(world)?, format) {
            return Err(HistoryError::row(path, 1, what).with_hint(hint));
        }
        let jsonl = match format {
            HistoryFormat::Csv => false,
            HistoryFormat::Jsonl => true,
            HistoryFormat::Auto => first == Some(b'{'),
        };
        let rows = if jsonl {
            let cells = vec![String::new(); columns.len()];
            RowSource::Jsonl { reader, text: String::new(), cells, seen: vec![false; columns.len()] }
        } else {
            csv_rows(path, reader, columns)?
        };
        let line = if jsonl { 0 } else { 1 };
        Ok(HistoryTable { path: path.to_owned(), rows, columns: columns.to_vec(), line, marked, content })
    }

    /// Bytes of the file that have been read.
    pub fn bytes_read(&self) -> u64 {
        self.content.bytes()
    }

    /// What has been read of the file: all of it once [`HistoryTable::advance`] has said that it ends.
    pub fn content(&self) -> Content {
        self.content.so_far()
    }

    /// The header of a CSV file; `None` for JSONL, which has none.
    pub fn header(&self) -> Option<&[String]> {
        match &self.rows {
            RowSource::Csv { header, .. } => Some(header),
            RowSource::Jsonl { .. } => None,
        }
    }

    /// Names of all columns: the header of a CSV file, the keys of the first objects of JSONL (dotted where they are
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
            let RowSource::Jsonl { text, .. } = &self.rows else { break };
            let object: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            add_names(&object, "", &mut names);
        }
        Ok(names)
    }

    /// Moves to the next row; false at the end.
    pub fn advance(&mut self) -> Result<bool, HistoryError> {
        match &mut self.rows {
            RowSource::Csv { reader, record, header, .. } => {
                let more = reader
                    .read_record(record)
                    .map_err(|error| csv_error(&self.path, &error, self.line + 1))?;
                if !more {
                    return Ok(false);
                }
                self.line = record.position().map_or(self.line + 1, csv::Position::line);
                if record.len() != header.len() {
                    let what = format!("has {} cells, the header has {}", record.len(), header.len());
                    return Err(HistoryError::row(&self.path, self.line, what)
                        .with_hint("a cell that contains a comma must stand in quotes"));
                }
                Ok(true)
            }
            RowSource::Jsonl { reader, text, cells, seen } => loop {
                text.clear();
                self.line += 1;
                let read = reader.read_line(text).map_err(|error| match error.kind() {
                    _ if is_too_long(&error) => too_long(&self.path, self.line),
                    std::io::ErrorKind::InvalidData => no_text(&self.path, self.line),
                    _ => HistoryError::world(&self.path, error),
                })?;
                if read == 0 {
                    return Ok(false);
                }
                if text.trim().is_empty() {
                    continue;
                }
                let object: serde_json::Value = serde_json::from_str(text).map_err(|error| {
                    HistoryError::row(&self.path, self.line, format!("is no JSON: {error}"))
                })?;
                for (index, column) in self.columns.iter().enumerate() {
                    cells[index] = field(&object, column);
                    seen[index] |= !cells[index].is_empty();
                }
                return Ok(true);
            },
        }
    }

    /// The name of a chosen column.
    pub fn column(&self, column: usize) -> &str {
        &self.columns[column]
    }

    /// The trimmed cell of a chosen column in the current row; empty if the file lacks the column.
    pub fn cell(&self, column: usize) -> &str {
        match &self.rows {
            RowSource::Csv { record, positions, .. } => {
                positions[column].and_then(|position| record.get(position)).unwrap_or("").trim()
            }
            RowSource::Jsonl { cells, .. } => cells[column].trim(),
        }
    }

    /// Bits of the whole row, for finding rows alike in every cell.
    pub fn hash(&self) -> u64 {
        let mut hash = crate::sampling::hash_name("row");
        let mut add = |text: &str| hash = crate::sampling::mix(hash ^ crate::sampling::hash_name(text));
        match &self.rows {
            RowSource::Csv { record, .. } => record.iter().for_each(&mut add),
            RowSource::Jsonl { text, .. } => add(text),
        }
        hash
    }

    /// A chosen column that the file lacks: by its header, or in JSONL by never having been there.
    pub fn lacks(&self, column: usize) -> bool {
        match &self.rows {
            RowSource::Csv { positions, .. } => positions[column].is_none(),
            RowSource::Jsonl { seen, .. } => !seen[column],
        }
    }
}

/// Objects of a JSONL file whose keys are taken for its columns: the first ones may lack some.
const OBJECTS_READ_FOR_NAMES: usize = 1_000;

/// Adds the dotted names of an object's fields, in their order.
fn add_names(value: &serde_json::Value, prefix: &str, names: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if value.is_object() {
            add_names(value, &name, names);
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
}

/// The file's bytes, unpacked if they are gzip.
fn plain(source: Box<dyn Read>) -> std::io::Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(1 << 16, source);
    let gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    if !gzip {
        return Ok(Box::new(Lines::new(reader)));
    }
    let unpacked = BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(reader));
    Ok(Box::new(Lines::new(unpacked)))
}

/// What a file is that is neither CSV nor JSONL, and what to do about it.
fn foreign(head: &[u8], format: HistoryFormat) -> Option<(&'static str, &'static str)> {
    let starts = |bytes: &[u8]| head.starts_with(bytes);
    match () {
        () if starts(b"PK\x03\x04") => {
            Some(("is a spreadsheet or an archive", "save the sheet as CSV, or unpack the archive"))
        }
        () if starts(&[0xff, 0xfe]) || starts(&[0xfe, 0xff]) => {
            Some(("is UTF-16 text", "save the file as UTF-8"))
        }
        () if head.trim_ascii_start().starts_with(b"[") && format != HistoryFormat::Csv => {
            Some(("is a JSON array", "write one object a line, for example with `jq -c '.[]'`"))
        }
        () if starts(b"PAR1") => Some(("is a Parquet file", "convert it to CSV or JSONL")),
        () => None,
    }
}

/// Passes a byte order mark; returns whether there is one, and the first byte behind it and any white space.
fn skip_bom(reader: &mut Box<dyn BufRead>) -> std::io::Result<(bool, Option<u8>)> {
    let marked = reader.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]);
    if marked {
        reader.consume(3);
    }
    Ok((marked, reader.fill_buf()?.iter().copied().find(|byte| !byte.is_ascii_whitespace())))
}

/// The delimiter of a header: a semicolon or a tab where it has no comma.
fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let others = [b',', b';', b'\t'].into_iter();
    others.into_iter().find(|delimiter| line.contains(delimiter)).unwrap_or(b',')
}

fn csv_rows(
    path: &Path,
    mut reader: Box<dyn BufRead>,
    columns: &[String],
) -> Result<RowSource, HistoryError> {
    let delimiter = delimiter(reader.fill_buf().map_err(|error| HistoryError::world(path, error))?);
    let source: Box<dyn Read> = Box::new(reader);
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(source);
    let header = reader.headers().map_err(|error| csv_error(path, &error, 1))?;
    let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if header.iter().all(String::is_empty) {
        return Err(
            HistoryError::row(path, 1, "has no header").with_hint("the first line must name the columns")
        );
    }
    let positions = columns.iter().map(|column| header.iter().position(|name| name == column)).collect();
    Ok(RowSource::Csv { reader, record: csv::StringRecord::new(), positions, header })
}

fn no_text(path: &Path, line: u64) -> HistoryError {
    HistoryError::row(path, line, "is no UTF-8 text").with_hint("save the file as UTF-8")
}

fn too_long(path: &Path, line: u64) -> HistoryError {
    HistoryError::row(path, line, super::lines::TooLong.to_string())
        .with_hint("a history has one row a line; a quote that is not closed runs on to the end of the file")
}

/// Opens a file that can be read twice and has an end; a pipe would keep whoever reads it waiting.
fn regular(path: &Path) -> std::io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "is no regular file"))
    }
}

/// An error of the CSV reader; `after` is the line of the row before it.
fn csv_error(path: &Path, error: &csv::Error, after: u64) -> HistoryError {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Io(source) if is_too_long(source) => too_long(path, after.max(line)),
        csv::ErrorKind::Io(source) => {
            HistoryError::world(path, std::io::Error::new(source.kind(), source.to_string()))
        }
        csv::ErrorKind::Utf8 { .. } => no_text(path, line),
        _ => HistoryError::row(path, line, error.to_string()),
    }
}

/// A field of an object by its dotted path, as the text that a CSV cell would hold.
fn field(object: &serde_json::Value, path: &str) -> String {
    use serde_json::Value;
    // A key may itself contain dots; the literal key comes first.
    let found = object.get(path).or_else(|| path.split('.').try_fold(object, |value, key| value.get(key)));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
