//! The file as a tree whose every node knows where it was written.
//!
//! Owns parsing TOML and the author's paths. Leaves meaning to the readers. Tables keep the order of the file.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::units::{is_unsafe, visible};

use super::problem::{Excerpt, Problem};

/// A source of nodes: the scenario file, a preset, an override on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SourceId(pub u16);

/// Where a node was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SourcePlace {
    /// In which source.
    pub source: SourceId,
    /// Byte offset in the source: of the key, or of an element of a list.
    pub offset: usize,
    /// First byte of the value and the byte behind it; equal if the value is not written.
    pub value: (usize, usize),
    /// The full path as its author wrote it, such as `policies.hold.overdraft.limit`.
    pub path: Arc<str>,
}

impl SourcePlace {
    /// The place of a key inside the table at this place.
    pub fn child(&self, key: &str) -> SourcePlace {
        SourcePlace { path: join(&self.path, key).into(), ..self.clone() }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// The value.
    pub value: TomlValue,
    /// Where it was written; for tables, where their key stands.
    pub place: SourcePlace,
}

/// A TOML value; instants stay text until a time zone is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TomlValue {
    /// A string.
    Text(String),
    /// An integer; wider than TOML's, so that a seed may have all 64 bits and too large a number is told as written.
    Integer(i128),
    /// A float.
    Float(f64),
    /// A boolean.
    Flag(bool),
    /// A date, or a date and time, as written.
    Instant(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(TomlTable),
}

/// Entries in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TomlTable {
    /// Key and value.
    pub entries: Vec<(String, Node)>,
}

impl TomlTable {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The value of `key`, for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// Puts `node` in the place of what `key` was, or at the end.
    pub fn set(&mut self, key: &str, node: Node) {
        match self.get_mut(key) {
            Some(old) => *old = node,
            None => self.entries.push((key.to_owned(), node)),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(index).1)
    }
}

impl Node {
    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&TomlTable> {
        match &self.value {
            TomlValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The value as its author would write it; tables and lists in short.
    pub fn found(&self) -> String {
        match &self.value {
            TomlValue::Text(text) => format!("\"{}\"", shortened(text)),
            TomlValue::Integer(number) => number.to_string(),
            TomlValue::Float(number) if number.abs() >= 1e15 || (*number != 0.0 && number.abs() < 1e-4) => {
                format!("{number:e}")
            }
            TomlValue::Float(number) => number.to_string(),
            TomlValue::Flag(flag) => flag.to_string(),
            TomlValue::Instant(text) => text.clone(),
            TomlValue::List(items) if items.is_empty() => "an empty list".to_owned(),
            TomlValue::List(_) => "a list".to_owned(),
            TomlValue::Table(table) => match table.entries.as_slice() {
                [] => "an empty table".to_owned(),
                [(key, _)] => format!("a table with `{key}`"),
                [(first, _), (second, _)] => format!("a table with `{first}` and `{second}`"),
                [(first, _), ..] => format!("a table with `{first}` and {} more", table.entries.len() - 1),
            },
        }
    }
}

/// A text as it is quoted in a message: safe to show, and no longer than anybody reads.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let shown = visible(text);
    match shown.char_indices().nth(MOST) {
        None => shown.into_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &shown[..end], text.chars().count()),
    }
}

/// `path.key`, with quotes around a key that TOML would want quoted.
pub(crate) fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let key = if bare { key.to_owned() } else { format!("\"{}\"", shortened(key)) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// Line of a byte offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset.min(text.len())).unwrap_or_default();
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}

/// The part of a text from one byte to before another, as far as it lies in one line; what begins at a line's end is
/// empty.
pub(super) fn excerpt(text: &str, start: usize, end: usize) -> Option<Excerpt> {
    let first = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text[first..].split(['\n', '\r']).next().unwrap_or_default();
    let (start, end) = (start - first, end.checked_sub(first)?.min(line.len()));
    (start <= end && line.is_char_boundary(end)).then(|| Excerpt { line: line.to_owned(), start, end })
}

/// The key at a place, if it stands there; the element for an element of a list.
pub(super) fn excerpt_of_key(text: &str, place: &SourcePlace) -> Option<Excerpt> {
    let SourcePlace { offset, value, ref path, .. } = *place;
    if offset == value.0 && value.0 < value.1 {
        return excerpt(text, offset, value.1);
    }
    let rest = text.get(offset..)?;
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let length = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].find(quote)? + 2,
        _ => rest.find(|c| !bare(c)).unwrap_or(rest.len()),
    };
    // A key that is missing is told at the table that lacks it, and the root has no key.
    let word = rest[..length].trim_matches(['"', '\'']);
    split_path(path).iter().any(|part| part == word).then(|| excerpt(text, offset, offset + length))?
}

/// The value at a place if it begins in the line of its key, else the key.
pub(super) fn excerpt_of_value(text: &str, place: &SourcePlace) -> Option<Excerpt> {
    let (start, end) = place.value;
    let beside = start < end && line_of(text, start) == line_of(text, place.offset);
    if beside { excerpt(text, start, end) } else { excerpt_of_key(text, place) }
}

/// Parses `text`; what is wrong with its form becomes a problem of `file`.
pub(crate) fn parse(file: &str, source: SourceId, text: &str) -> Result<Node, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let place = SourcePlace { source, ..SourcePlace::default() };
        let root = node_of(DeValue::Table(table.into_inner()), place);
        let mut problems = Vec::new();
        look_at_names(&root, file, text, &mut problems);
        return if problems.is_empty() { Ok(root) } else { Err(problems) };
    }
    Err(telling(text, &errors).map(|error| syntax_problem(file, text, error)).collect())
}

/// Keys that are defined twice are all told, up to a table that is. Whatever follows that, or another mistake of the form,
/// is most likely its echo.
fn telling<'e>(text: &str, errors: &'e [toml::de::Error]) -> impl Iterator<Item = &'e toml::de::Error> {
    let of_a_key = |error: &&toml::de::Error| {
        let header = header_at(text, error.span().unwrap_or_default().start);
        error.message().contains("duplicate key") && !header.starts_with('[')
    };
    let independent = errors.iter().take_while(of_a_key).count();
    errors.iter().take(independent.max(1))
}

/// The line of a byte offset, without its indentation.
fn header_at(text: &str, offset: usize) -> &str {
    text.lines().nth(line_of(text, offset) - 1).unwrap_or_default().trim()
}

/// The line on which brackets are first nested deeper than TOML is read.
fn deepest_line(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (index, line) in text.lines().enumerate() {
        for character in line.chars() {
            match (quote, character) {
                (Some(open), close) if open == close => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(character),
                (None, '#') => break,
                (None, '[' | '{') => depth += 1,
                (None, ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth >= 80 {
                return index + 1;
            }
        }
        quote = None;
    }
    1
}

/// Names stand in tables, files and pages, where some characters do something instead of being shown; what a name is must
/// be seen. Texts of several lines may have line feeds and tabs.
fn look_at_names(node: &Node, file: &str, text: &str, problems: &mut Vec<Problem>) {
    const LONGEST: usize = 200;
    let mut complain = |place: &SourcePlace, key: &str, what: String, hint: &str| {
        let line = line_of(text, place.offset);
        let problem = Problem { key: key.to_owned(), ..Problem::of_file(file, line, what) };
        problems.push(problem.with_hint(hint));
    };
    let hidden = |c: &char| is_unsafe(*c) && !matches!(c, '\n' | '\t' | '\r');
    match &node.value {
        TomlValue::Text(text) => {
            if let Some(c) = text.chars().find(hidden) {
                let what = format!(
                    "holds the character U+{:04X}, which does something instead of being shown",
                    u32::from(c)
                );
                complain(&node.place, &node.place.path, what, "leave it out");
            }
        }
        TomlValue::Table(table) => {
            for (key, below) in &table.entries {
                let path = &below.place.path;
                if let Some(c) = key.chars().find(|c| is_unsafe(*c)) {
                    let what = format!(
                        "is a name with the character U+{:04X}, which does something instead of being shown",
                        u32::from(c)
                    );
                    complain(&below.place, path, what, "leave it out");
                } else if key.trim().is_empty() {
                    complain(&below.place, path, "is a name without a letter".to_owned(), "give it a name");
                } else if key.chars().count() > LONGEST {
                    let what = format!("is a name of more than {LONGEST} characters");
                    complain(&below.place, path, what, "shorten it");
                }
            }
        }
        _ => {}
    }
    match &node.value {
        TomlValue::List(items) => items.iter().for_each(|item| look_at_names(item, file, text, problems)),
        TomlValue::Table(table) => {
            table.entries.iter().for_each(|(_, below)| look_at_names(below, file, text, problems));
        }
        _ => {}
    }
}

fn syntax_problem(file: &str, text: &str, error: &toml::de::Error) -> Problem {
    if error.message().contains("recursion limit") {
        let what = "is nested too deeply: tables and lists hold each other at most 80 deep".to_owned();
        return Problem::of_file(file, deepest_line(text), what);
    }
    let span = error.span().unwrap_or_default();
    let line = line_of(text, span.start);
    let excerpt = excerpt(text, span.start, span.end);
    let problem = Problem { excerpt, ..Problem::of_file(file, line, error.message().to_owned()) };
    if error.message().contains("duplicate key") {
        let key = text.get(span.clone()).unwrap_or_default().to_owned();
        let what = format!("`{key}` is defined twice (`{}`)", header_at(text, span.start));
        return Problem { what, found: Some(key), ..problem }
            .with_hint("rename one of the two, or merge them into one table");
    }
    problem
}

fn node_of(value: DeValue<'_>, place: SourcePlace) -> Node {
    let value = match value {
        DeValue::String(text) => TomlValue::Text(text.into_owned()),
        DeValue::Integer(number) => {
            match i128::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                Ok(number) => TomlValue::Integer(number),
                Err(_) => TomlValue::Float(number.as_str().parse().unwrap_or(f64::INFINITY)),
            }
        }
        DeValue::Float(number) => {
            TomlValue::Float(number.as_str().replace('_', "").parse().unwrap_or(f64::NAN))
        }
        DeValue::Boolean(flag) => TomlValue::Flag(flag),
        DeValue::Datetime(instant) => TomlValue::Instant(instant.to_string()),
        DeValue::Array(items) => TomlValue::List(
            items.into_iter().enumerate().map(|(index, item)| list_item(&place, index, item)).collect(),
        ),
        DeValue::Table(table) => TomlValue::Table(table_of(table, &place)),
    };
    Node { value, place }
}

/// An element's path is its `name`, if it has one, else its index: `cohorts.small-teams`, `alerts.0`.
fn list_item(place: &SourcePlace, index: usize, item: toml::Spanned<DeValue<'_>>) -> Node {
    let span = item.span();
    let (offset, value) = (span.start, (span.start, span.end));
    let name = match item.get_ref() {
        DeValue::Table(table) => {
            table.get("name").and_then(|name| name.get_ref().as_str()).map(str::to_owned)
        }
        _ => None,
    };
    let path = join(&place.path, &name.unwrap_or_else(|| index.to_string()));
    node_of(item.into_inner(), SourcePlace { offset, value, path: path.into(), ..place.clone() })
}

fn table_of(table: DeTable<'_>, place: &SourcePlace) -> TomlTable {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries
        .into_iter()
        .map(|(key, value)| {
            let (offset, span) = (key.span().start, value.span());
            let name = key.into_inner().into_owned();
            let child = SourcePlace { offset, value: (span.start, span.end), ..place.child(&name) };
            (name, node_of(value.into_inner(), child))
        })
        .collect();
    TomlTable { entries }
}

/// One value written on its own, as in a default or an override on the command line.
pub(crate) fn parse_value(text: &str, place: SourcePlace) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    Some(node_of(value.into_inner(), place))
}

/// Sets the value at a dotted path, making tables on the way; list elements go by name or index.
pub(crate) fn set_path(root: &mut Node, path: &[String], value: Node) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else {
        *root = value;
        return Ok(());
    };
    let place = root.place.child(key);
    match &mut root.value {
        TomlValue::Table(table) => {
            if table.get(key).is_none() {
                let empty = TomlValue::Table(TomlTable::default());
                table.set(
                    key,
                    Node {
                        value: empty,
                        place: SourcePlace { source: value.place.source, offset: 0, value: (0, 0), ..place },
                    },
                );
            }
            let next = table.get_mut(key).expect("the key was just put there");
            set_path(next, rest, value)
        }
        TomlValue::List(items) => {
            let names: Vec<Option<String>> = items.iter().map(element_name).collect();
            let found = names.iter().position(|name| name.as_deref() == Some(key.as_str()));
            let index = found.or_else(|| key.parse().ok().filter(|index| *index < items.len()));
            match index {
                Some(index) => set_path(&mut items[index], rest, value),
                None => Err(format!("`{}` has no element `{key}`", root.place.path)),
            }
        }
        _ => {
            // A scalar short form, as in `overdraft = 100`, makes room for the table the path asks for.
            root.value = TomlValue::Table(TomlTable::default());
            set_path(root, path, value)
        }
    }
}

fn element_name(node: &Node) -> Option<String> {
    match node.as_table()?.get("name")?.value {
        TomlValue::Text(ref name) => Some(name.clone()),
        _ => None,
    }
}

/// The segments of a dotted path; a segment in double quotes may hold dots.
pub(crate) fn split_path(path: &str) -> Vec<String> {
    let (mut segments, mut current, mut quoted) = (Vec::new(), String::new(), false);
    for character in path.chars() {
        match character {
            '"' => quoted = !quoted,
            '.' if !quoted => segments.push(std::mem::take(&mut current)),
            _ => current.push(character),
        }
    }
    segments.push(current);
    segments.into_iter().map(|segment| segment.trim().to_owned()).collect()
}
