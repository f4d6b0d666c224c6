//! Rows of JSON: an object a line, or a document whose arrays hold the rows.
//!
//! Owns where in JSON rows stand. Leaves what their fields mean to whoever reads them. Invariants: a bad line of JSONL hides
//! no other line; a document is streamed, so that memory holds one element of its arrays.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use serde_json::{Map, Value};
use struson::reader::{
    JsonReader, JsonStreamReader, JsonSyntaxError, ReaderError, ReaderSettings, ValueType,
};
use struson::serde::DeserializerError;

use super::lines::{Lines, TooLong};

/// Names under which exports and answers of interfaces keep arrays of rows: of pages, of time buckets, of traces.
const WRAPPERS: [&str; 16] = [
    "data",
    "results",
    "items",
    "rows",
    "records",
    "usage",
    "usageItems",
    "usage_items",
    "events",
    "usageEvents",
    "entries",
    "logs",
    "observations",
    "generations",
    "spans",
    "value",
];

/// Longest element of a document (bytes).
const LONGEST_ELEMENT: u64 = 256 << 20;

/// A row and where it stands.
pub(super) struct JsonRow {
    pub value: Value,
    /// Its line, from 1.
    pub line: u64,
    /// Its number among the rows of that line.
    pub nth: u64,
    /// The row's own text, where it is a line.
    pub text: Option<String>,
}

/// What keeps a row from being read.
pub(super) enum JsonProblem {
    /// This line is not what it should be; the next may be.
    Line(u64, String),
    /// The file cannot be read on from this line.
    World(u64, io::Error),
    /// The document is broken at this line, and nothing behind it can be read.
    Document(u64, String),
}

/// Rows of a JSON file, one after another.
pub(super) struct JsonRows {
    source: JsonSource,
    /// Rows of the last value that wait for their turn.
    waiting: VecDeque<Value>,
    line: u64,
    nth: u64,
    ended: bool,
}

enum JsonSource {
    Lines { reader: Box<dyn BufRead>, text: String },
    Document(Box<JsonDocument>),
}

impl JsonRows {
    /// Rows of what begins with a bracket: a document, unless its first line is an object of its own. `written_in_lines`
    /// says that it must be JSONL.
    pub fn of(mut reader: Box<dyn BufRead>, written_in_lines: bool) -> io::Result<Self> {
        let head = reader.fill_buf()?;
        let first = head.iter().position(|byte| *byte == b'\n').map(|end| head[..end].trim_ascii());
        let is_document = match first {
            _ if written_in_lines => false,
            _ if head.trim_ascii_start().starts_with(b"[") => true,
            // One long line, or none that ends: read as a document, it may be either.
            None => true,
            // A line that does not close its object is the begin of a document that is laid out for the eye.
            Some(line) => !line.is_empty() && !line.ends_with(b"}") && !line.ends_with(b"},"),
        };
        let source = if is_document {
            JsonSource::Document(Box::new(JsonDocument::new(reader)))
        } else {
            JsonSource::Lines { reader: Box::new(Lines::new(reader)), text: String::new() }
        };
        Ok(JsonRows { source, waiting: VecDeque::new(), line: 0, nth: 0, ended: false })
    }

    /// The next row; none at the end.
    pub fn next(&mut self) -> Result<Option<JsonRow>, JsonProblem> {
        loop {
            if let Some(value) = self.waiting.pop_front() {
                self.nth += 1;
                return Ok(Some(JsonRow { value, line: self.line, nth: self.nth - 1, text: None }));
            }
            if self.ended {
                return Ok(None);
            }
            let before = self.line;
            let Some((value, text)) = self.next_value()? else {
                self.ended = true;
                return Ok(None);
            };
            if self.line != before {
                self.nth = 0;
            }
            let Some(rows) = rows_in(&value) else {
                self.nth += 1;
                return Ok(Some(JsonRow { value, line: self.line, nth: self.nth - 1, text }));
            };
            self.waiting.extend(rows);
        }
    }

    fn next_value(&mut self) -> Result<Option<(Value, Option<String>)>, JsonProblem> {
        match &mut self.source {
            JsonSource::Document(document) => {
                let found = document.next();
                self.line = document.line();
                match found {
                    Ok(value) => Ok(value.map(|value| (value, None))),
                    Err(problem) => {
                        self.ended = true;
                        Err(problem.at(self.line))
                    }
                }
            }
            JsonSource::Lines { reader, text } => loop {
                text.clear();
                self.line += 1;
                let read = reader.read_line(text).map_err(|error| {
                    // Behind a line that is no text there is the next one.
                    self.ended = error.kind() != io::ErrorKind::InvalidData;
                    JsonProblem::World(self.line, error)
                })?;
                if read == 0 {
                    return Ok(None);
                }
                if text.trim().is_empty() {
                    continue;
                }
                let value: Value = serde_json::from_str(text)
                    .map_err(|error| JsonProblem::Line(self.line, format!("is no JSON: {error}")))?;
                return Ok(Some((value, Some(std::mem::take(text)))));
            },
        }
    }
}

/// The rows that an object wraps, each with the plain fields around it; none if it is a row itself.
fn rows_in(value: &Value) -> Option<Vec<Value>> {
    let object = value.as_object()?;
    let holds_rows = |name: &&&str| {
        let array = object.get(**name).and_then(Value::as_array);
        array.is_some_and(|array| array.iter().all(Value::is_object))
    };
    let wrapper = WRAPPERS.iter().find(holds_rows)?;
    let outer: Map<String, Value> =
        object.iter().filter(|(name, value)| is_passed_on(name, value)).map(own).collect();
    let mut rows = Vec::new();
    for inner in object[*wrapper].as_array().into_iter().flatten() {
        let inner = with_outer(inner.clone(), outer.clone());
        match rows_in(&inner) {
            Some(deeper) => rows.extend(deeper),
            None => rows.push(inner),
        }
    }
    Some(rows)
}

/// Fields that hold for every row inside: anything plain but what names the whole.
fn is_passed_on(name: &str, value: &Value) -> bool {
    !matches!(name, "id" | "object" | "type") && !value.is_array() && !value.is_object()
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// An object with the fields around it that it lacks; anything else stays itself.
fn with_outer(inner: Value, mut outer: Map<String, Value>) -> Value {
    let Value::Object(own) = inner else { return inner };
    outer.extend(own);
    Value::Object(outer)
}

/// A document as a stream of the elements of its arrays.
struct JsonDocument {
    json: JsonStreamReader<Bounded>,
    /// Bytes that the current element may still have.
    left: Rc<Cell<u64>>,
    open: Vec<OpenBracket>,
    /// Whether its first value is.
    begun: bool,
}

/// A bracket that is open.
enum OpenBracket {
    Array,
    /// Its plain fields so far, and whether rows stood in it.
    Object(Map<String, Value>, bool),
}

enum DocumentProblem {
    World(io::Error),
    Syntax(String),
}

impl DocumentProblem {
    fn at(self, line: u64) -> JsonProblem {
        match self {
            DocumentProblem::World(error) => JsonProblem::World(line, error),
            DocumentProblem::Syntax(what) => JsonProblem::Document(line, what),
        }
    }
}

impl JsonDocument {
    fn new(reader: Box<dyn BufRead>) -> Self {
        let left = Rc::new(Cell::new(LONGEST_ELEMENT));
        let settings = ReaderSettings {
            allow_multiple_top_level: true,
            restrict_number_values: false,
            ..ReaderSettings::default()
        };
        let json = JsonStreamReader::new_custom(Bounded { inner: reader, left: left.clone() }, settings);
        JsonDocument { json, left, open: Vec::new(), begun: false }
    }

    /// The line at which it is being read, from 1.
    fn line(&self) -> u64 {
        self.json.current_position(false).line_pos.map_or(1, |position| position.line + 1)
    }

    /// The next element that may be a row or wrap rows.
    fn next(&mut self) -> Result<Option<Value>, DocumentProblem> {
        loop {
            self.left.set(LONGEST_ELEMENT);
            // Before its first value the reader cannot tell whether there is one; a file that is read so has one.
            let more = !self.begun || self.json.has_next()?;
            self.begun = true;
            match self.open.last_mut() {
                None if !more => return Ok(None),
                None => {
                    if let Some(value) = self.enter()? {
                        return Ok(Some(value));
                    }
                }
                Some(OpenBracket::Array) if more => {
                    let value: Value = self.json.deserialize_next()?;
                    return Ok(Some(self.with_fields_around(value)));
                }
                Some(OpenBracket::Array) => {
                    self.json.end_array()?;
                    self.open.pop();
                }
                Some(OpenBracket::Object(..)) if more => self.field()?,
                Some(OpenBracket::Object(..)) => {
                    self.json.end_object()?;
                    if let Some(OpenBracket::Object(fields, false)) = self.open.pop() {
                        return Ok(Some(Value::Object(fields)));
                    }
                }
            }
        }
    }

    /// Begins a value of the outermost level; a plain one is handed out as it is.
    fn enter(&mut self) -> Result<Option<Value>, DocumentProblem> {
        match self.json.peek()? {
            ValueType::Array => {
                self.json.begin_array()?;
                self.open.push(OpenBracket::Array);
            }
            ValueType::Object => {
                self.json.begin_object()?;
                self.open.push(OpenBracket::Object(Map::new(), false));
            }
            _ => return Ok(Some(self.json.deserialize_next()?)),
        }
        Ok(None)
    }

    /// Reads a field of an object of the outermost level, or begins the array of rows in it.
    fn field(&mut self) -> Result<(), DocumentProblem> {
        let name = self.json.next_name_owned()?;
        if WRAPPERS.contains(&name.as_str()) && self.json.peek()? == ValueType::Array {
            self.json.begin_array()?;
            let holds_rows = !self.json.has_next()? || self.json.peek()? == ValueType::Object;
            if holds_rows {
                if let Some(OpenBracket::Object(_, rows)) = self.open.last_mut() {
                    *rows = true;
                }
                self.open.push(OpenBracket::Array);
                return Ok(());
            }
            while self.json.has_next()? {
                self.json.skip_value()?;
            }
            self.json.end_array()?;
            return Ok(());
        }
        let value: Value = self.json.deserialize_next()?;
        if let Some(OpenBracket::Object(fields, _)) = self.open.last_mut() {
            fields.insert(name, value);
        }
        Ok(())
    }

    /// An element with the plain fields that stood before its array.
    fn with_fields_around(&self, value: Value) -> Value {
        let around = self.open.iter().find_map(|open| match open {
            OpenBracket::Object(fields, _) => Some(fields),
            OpenBracket::Array => None,
        });
        let Some(around) = around.filter(|_| value.is_object()) else { return value };
        let outer = around.iter().filter(|(name, value)| is_passed_on(name, value)).map(own).collect();
        with_outer(value, outer)
    }
}

impl From<ReaderError> for DocumentProblem {
    fn from(error: ReaderError) -> Self {
        match error {
            ReaderError::IoError { error, .. } => DocumentProblem::World(error),
            ReaderError::SyntaxError(JsonSyntaxError { kind, .. }) => {
                DocumentProblem::Syntax(format!("is no JSON: {kind}"))
            }
            other => DocumentProblem::Syntax(format!("is no JSON that can be read: {other}")),
        }
    }
}

impl From<DeserializerError> for DocumentProblem {
    fn from(error: DeserializerError) -> Self {
        match error {
            DeserializerError::ReaderError(error) => error.into(),
            other => DocumentProblem::Syntax(format!("is no JSON that can be read: {other}")),
        }
    }
}

/// Refuses an element that no row can have, before it fills the memory.
struct Bounded {
    inner: Box<dyn BufRead>,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other(TooLong::Row(LONGEST_ELEMENT))),
        }
        Ok(read)
    }
}
