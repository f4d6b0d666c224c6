//! Tables of a known shape: unknown and missing keys, defaults, tags.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::habits;
use super::item::Item;
use super::problem::{Problem, did_you_mean};
use super::reader::Reader;
use super::shape::{Field, Kind, Presence, TableShape};
use super::tree::{Node, SourcePlace, TomlTable, parse_value};

/// The value of a default, parsed once and kept for the life of the program: there is a bounded number of them.
fn default_node(text: &'static str) -> &'static Node {
    static NODES: Mutex<BTreeMap<&'static str, &'static Node>> = Mutex::new(BTreeMap::new());
    let mut nodes = NODES.lock().unwrap_or_else(PoisonError::into_inner);
    nodes.entry(text).or_insert_with(|| {
        let node =
            parse_value(text, SourcePlace::default()).expect("defaults are TOML, a test reads them all");
        Box::leak(Box::new(node))
    })
}

/// A table of a known shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section<'a> {
    item: Item<'a>,
    table: &'a TomlTable,
    shape: &'static TableShape,
    /// Names that may stand beside the keys.
    beside: &'a [String],
}

impl<'a> Section<'a> {
    /// Opens a table; unknown and missing keys are reported at once.
    pub fn open(item: Item<'a>, table: &'a TomlTable, shape: &'static TableShape) -> Self {
        Section::open_beside(item, table, shape, &[])
    }

    /// As [`Section::open`], of a table in which these names may stand beside its keys.
    pub fn open_beside(
        item: Item<'a>,
        table: &'a TomlTable,
        shape: &'static TableShape,
        beside: &'a [String],
    ) -> Self {
        let section = Section { item, table, shape, beside };
        section.report_unknown_keys();
        section.report_missing_keys();
        section.report_misfits();
        section
    }

    /// The whole table as an item.
    pub fn item(self) -> Item<'a> {
        self.item
    }

    /// Where problems go.
    pub fn reader(self) -> &'a Reader {
        self.item.reader
    }

    /// Where the table was written.
    pub fn place(self) -> &'a SourcePlace {
        self.item.place()
    }

    /// True if the key was written.
    pub fn has(self, name: &str) -> bool {
        self.table.get(name).is_some()
    }

    /// The value of a key, if it was written, of whatever kind; defaults do not count.
    pub fn get(self, name: &str) -> Option<Item<'a>> {
        let kind = Some(self.field(name).kind);
        self.table.get(name).map(|node| Item { node, kind, ..self.item })
    }

    /// True if something stands beside the keys.
    pub fn has_beside(self) -> bool {
        self.table.entries.iter().any(|(name, _)| self.shape.field(name).is_none())
    }

    /// What stands beside the keys, by name, in the order of the file, each to be read as a `kind`; what is of another kind is told.
    pub fn beside(self, kind: Kind) -> Vec<(&'a str, Item<'a>)> {
        let named = self.table.entries.iter().filter(|(name, _)| {
            self.shape.field(name).is_none() && self.beside.iter().any(|known| known == name)
        });
        let item = |(name, node): &'a (String, Node)| {
            let item = Item { node, kind: Some(kind), ..self.item };
            item.report_misfits();
            (name.as_str(), item)
        };
        named.map(item).filter(|(_, item)| item.fits()).collect()
    }

    /// The value of a key, or its default, read; `None` if it is absent without a default or had a problem.
    pub fn read<T>(self, name: &str, read: impl Fn(Item<'a>) -> Option<T>) -> Option<T> {
        if let Some(item) = self.get(name) {
            return if item.fits() { read(item) } else { None };
        }
        let Field { kind, presence: Presence::Default(text), .. } = self.field(name) else { return None };
        read(Item { node: default_node(text), kind: Some(*kind), ..self.item })
    }

    /// As [`Section::read`]; `fallback` stands in for a value with a problem or an absent one.
    pub fn read_or<T>(self, name: &str, fallback: T, read: impl Fn(Item<'a>) -> Option<T>) -> T {
        self.read(name, read).unwrap_or(fallback)
    }

    /// As [`Section::read`]; `T::default()` stands in for a value with a problem or an absent one.
    pub fn value<T: Default>(self, name: &str, read: impl Fn(Item<'a>) -> Option<T>) -> T {
        self.read(name, read).unwrap_or_default()
    }

    /// The one tag that was written, and its value; reports none and several.
    pub fn tag(self) -> Option<(&'static str, Item<'a>)> {
        let written: Vec<_> = self
            .shape
            .tags
            .iter()
            .filter_map(|tag| self.get(tag.name).map(|item| (tag.name, item)))
            .collect();
        let known: Vec<_> = self.shape.tags.iter().map(|tag| tag.name).collect();
        match written.as_slice() {
            [(_, item)] if !item.fits() => None,
            [one] => Some(*one),
            [] => self.item.fail(format!("a table with one of: {}", known.join(", "))),
            [first, second, ..] => self.item.error(
                format!("has both `{}` and `{}`", first.0, second.0),
                Some("keep one of the two".to_owned()),
            ),
        }
    }

    /// Reports a tag that is declared and that its reader does not know.
    pub fn unread_tag<T>(self, tag: &str) -> Option<T> {
        debug_assert!(false, "`{tag}` of `{}` is declared and read by nobody", self.shape.name);
        self.item.error(format!("cannot be read as `{tag}`"), None)
    }

    /// Reports "`path.name` WHAT" at the key, or at the table if it was not written.
    pub fn error(self, name: &str, what: impl Into<String>, hint: Option<&str>) {
        let place = self.table.get(name).map_or_else(|| self.place().child(name), |node| node.place.clone());
        self.reader().error(&place, what, hint.map(str::to_owned));
    }

    fn field(self, name: &str) -> &'static Field {
        self.shape.field(name).unwrap_or_else(|| panic!("`{name}` is not declared in `{}`", self.shape.name))
    }

    fn report_unknown_keys(self) {
        let beside = self.beside.iter().map(String::as_str);
        let known: Vec<_> = self.shape.fields().map(|field| field.name).chain(beside).collect();
        for (name, node) in &self.table.entries {
            if known.contains(&name.as_str()) {
                continue;
            }
            let habit = habits::for_key(self.shape.name, name).map(str::to_owned);
            let close = || did_you_mean(name, known.iter().copied());
            let hint = habit.or_else(|| close().map(|known| format!("did you mean `{known}`?")));
            let wanted = match hint {
                Some(_) if known.len() > 12 => {
                    format!("a key of {}; `creditsim schema` has them all", self.described())
                }
                _ => format!("one of: {}", known.join(", ")),
            };
            let problem =
                self.reader().problem_at(&node.place, format!("is not a key of {}", self.described()));
            self.reader().report(Problem {
                found: Some(name.clone()),
                wanted: Some(wanted),
                hint,
                ..problem
            });
        }
    }

    /// Whatever is of another kind than declared is told here, all at once; readers only see what fits.
    fn report_misfits(self) {
        for (name, node) in &self.table.entries {
            if let Some(field) = self.shape.field(name) {
                Item { node, kind: Some(field.kind), ..self.item }.report_misfits();
            }
        }
    }

    fn report_missing_keys(self) {
        for field in self.shape.fields() {
            if field.presence == Presence::Required && !self.has(field.name) {
                let place = self.place().child(field.name);
                let problem = self.reader().problem_at(&place, "is missing");
                self.reader().report(Problem {
                    wanted: Some(field.kind.describe()),
                    hint: Some(field.doc.to_owned()),
                    ..problem
                });
            }
        }
    }

    fn described(self) -> String {
        let article = if self.shape.name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {} table", self.shape.name)
    }
}
