//! Typed values out of the tree, with every problem gathered and none stopping the rest.
//!
//! A reading function returns `None` only after it reported a problem (or if an optional key is absent), so callers
//! go on with anything in the place of a value that will never be used.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::calendar::{Period, Zone};
use crate::units::{Credits, Money, Probability, SimSpan, SimTime};

use super::problem::{Level, Problem, did_you_mean};
use super::quantity;
use super::shape::{Field, Kind, Presence, Shape, Words};
use super::tree::{Node, Place, SourceId, Table, Value, line_of, parse_value};

/// A named text that nodes come from.
#[derive(Debug, Clone)]
pub(crate) struct SourceText {
    /// As it is named to people.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Gathers problems while a tree is read; knows the sources, the time zone and the currency.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    sources: RefCell<Vec<SourceText>>,
    problems: RefCell<Vec<Problem>>,
    zone: RefCell<Zone>,
    currency: RefCell<Option<String>>,
}

impl Reader {
    /// A reader without sources.
    pub fn new() -> Self {
        Reader::default()
    }

    /// Registers a source of nodes.
    pub fn add_source(&self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let mut sources = self.sources.borrow_mut();
        sources.push(SourceText { name: name.into(), text: text.into() });
        SourceId(u16::try_from(sources.len() - 1).expect("a scenario has a handful of sources"))
    }

    /// Sets the zone in which local dates and times are read.
    pub fn set_zone(&self, zone: Zone) {
        *self.zone.borrow_mut() = zone;
    }

    /// The zone in which local dates and times are read.
    pub fn zone(&self) -> Ref<'_, Zone> {
        self.zone.borrow()
    }

    /// The currency of every amount read so far.
    pub fn currency(&self) -> Option<String> {
        self.currency.borrow().clone()
    }

    /// Adds a problem, once.
    pub fn report(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// A problem at `place`: "`path` what".
    pub fn problem_at(&self, place: &Place, what: impl Into<String>) -> Problem {
        let sources = self.sources.borrow();
        let source = sources.get(usize::from(place.source.0));
        let file = source.map_or_else(String::new, |source| source.name.clone());
        let written = source.filter(|source| !source.text.is_empty());
        let line = written.map_or(0, |source| line_of(&source.text, place.offset));
        Problem { key: place.path.to_string(), ..Problem::of_file(&file, line, what) }
    }

    /// A warning at `place`.
    pub fn warn(&self, place: &Place, what: impl Into<String>, hint: impl Into<String>) {
        let problem = self.problem_at(place, what);
        self.report(Problem { level: Level::Warning, hint: Some(hint.into()), ..problem });
    }

    /// An error at `place` that no single value explains.
    pub fn error(&self, place: &Place, what: impl Into<String>, hint: Option<String>) {
        let problem = self.problem_at(place, what);
        self.report(Problem { hint, ..problem });
    }

    /// All problems, errors and warnings, in the order of the sources and their lines.
    pub fn into_problems(self) -> Vec<Problem> {
        let sources = self.sources.into_inner();
        let mut problems = self.problems.into_inner();
        let rank = |problem: &Problem| sources.iter().position(|source| source.name == problem.file);
        problems.sort_by_key(|problem| (rank(problem), problem.line));
        problems
    }

    /// True if something was reported that prevents a run.
    pub fn has_errors(&self) -> bool {
        self.problems.borrow().iter().any(Problem::is_error)
    }

    /// `node` as something to read.
    pub fn item<'a>(&'a self, node: &'a Node) -> Item<'a> {
        Item { reader: self, node }
    }
}

/// A value to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// The value.
    pub node: &'a Node,
}

impl<'a> Item<'a> {
    /// Where it was written.
    pub fn place(self) -> &'a Place {
        &self.node.place
    }

    /// Reports "`key` is FOUND, wanted WANTED".
    pub fn fail<T>(self, wanted: impl Into<String>) -> Option<T> {
        self.fail_with(wanted, None)
    }

    /// As [`Item::fail`], with a hint.
    pub fn fail_with<T>(self, wanted: impl Into<String>, hint: Option<String>) -> Option<T> {
        let found = self.node.found();
        let problem = self.reader.problem_at(self.place(), format!("is {found}"));
        self.reader.report(Problem { found: Some(found), wanted: Some(wanted.into()), hint, ..problem });
        None
    }

    /// Reports "`key` WHAT".
    pub fn error<T>(self, what: impl Into<String>, hint: Option<String>) -> Option<T> {
        self.reader.error(self.place(), what, hint);
        None
    }

    /// The text, if it is one; reports nothing.
    pub fn as_text(self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True if it is exactly this word.
    pub fn is_word(self, word: &str) -> bool {
        self.as_text() == Some(word)
    }

    /// True if it is a table.
    pub fn is_table(self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    /// True if it is a list.
    pub fn is_list(self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// The number, if it is one; reports nothing.
    pub fn as_number(self) -> Option<f64> {
        match self.node.value {
            Value::Integer(number) => Some(number as f64),
            Value::Float(number) if number.is_finite() => Some(number),
            _ => None,
        }
    }

    /// Any string.
    pub fn text(self) -> Option<String> {
        self.as_text().map(str::to_owned).or_else(|| self.fail(Kind::Text.describe()))
    }

    /// `true` or `false`.
    pub fn flag(self) -> Option<bool> {
        match self.node.value {
            Value::Flag(flag) => Some(flag),
            _ => self.fail(Kind::Flag.describe()),
        }
    }

    /// A whole number.
    pub fn integer(self) -> Option<i64> {
        match self.node.value {
            Value::Integer(number) => Some(number),
            _ => self.fail(Kind::Integer.describe()),
        }
    }

    /// A whole number that fits, 0 or more.
    pub fn count(self) -> Option<u32> {
        match self.node.value {
            Value::Integer(number) => {
                u32::try_from(number).ok().or_else(|| self.fail(Kind::Count.describe()))
            }
            _ => self.fail(Kind::Count.describe()),
        }
    }

    /// A whole number, 1 or more.
    pub fn positive_count(self) -> Option<u32> {
        match self.node.value {
            Value::Integer(number @ 1..) => {
                u32::try_from(number).ok().or_else(|| self.fail("a smaller number"))
            }
            _ => self.fail("a whole number, 1 or more"),
        }
    }

    /// A finite number.
    pub fn number(self) -> Option<f64> {
        self.as_number().or_else(|| self.fail(Kind::Number.describe()))
    }

    /// A finite number of at least 0.
    pub fn number_from_zero(self) -> Option<f64> {
        self.as_number().filter(|number| *number >= 0.0).or_else(|| self.fail("a number, 0 or more"))
    }

    /// A number above 0.
    pub fn positive_number(self) -> Option<f64> {
        self.as_number().filter(|number| *number > 0.0).or_else(|| self.fail("a number above 0"))
    }

    /// Credits, of any sign.
    pub fn credits(self) -> Option<Credits> {
        match self.node.value {
            Value::Integer(number) if number.abs() <= 1_000_000_000_000 => Some(Credits::from_whole(number)),
            Value::Float(number) if number.is_finite() && number.abs() <= 1e12 => {
                Some(Credits::from_f64(number))
            }
            _ => self.fail(Kind::Credits.describe()),
        }
    }

    /// Credits, 0 or more.
    pub fn credits_from_zero(self) -> Option<Credits> {
        let credits = self.credits()?;
        if credits < Credits::ZERO { self.fail("a number of credits, 0 or more") } else { Some(credits) }
    }

    /// Credits above 0.
    pub fn positive_credits(self) -> Option<Credits> {
        let credits = self.credits()?;
        if credits.is_positive() { Some(credits) } else { self.fail("a number of credits above 0") }
    }

    /// Money, 0 or more; every amount of a scenario has one currency.
    pub fn money(self) -> Option<Money> {
        let Some((money, currency)) = self.as_text().and_then(quantity::money) else {
            return self.fail(Kind::Money.describe());
        };
        if money < Money::ZERO {
            return self.fail("an amount of 0 or more");
        }
        self.check_currency(&currency)?;
        Some(money)
    }

    /// The ISO code of the currency of all amounts.
    pub fn currency_code(self) -> Option<String> {
        let text = self.text()?;
        if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return self.fail("an ISO code, like \"USD\"");
        }
        self.check_currency(&text)?;
        Some(text)
    }

    fn check_currency(self, currency: &str) -> Option<()> {
        let mut known = self.reader.currency.borrow_mut();
        let first = known.get_or_insert_with(|| currency.to_owned()).clone();
        drop(known);
        if first == currency {
            return Some(());
        }
        self.fail_with(
            format!("an amount in {first}, as elsewhere in this scenario"),
            Some("a scenario has one currency; convert the amount".to_owned()),
        )
    }

    /// An exact span.
    pub fn span(self) -> Option<SimSpan> {
        if let Value::Integer(0) = self.node.value {
            return Some(SimSpan::ZERO);
        }
        let text = self.as_text();
        if let Some(span) = text.and_then(quantity::span) {
            return Some(span);
        }
        let calendar = text.is_some_and(|text| text.contains("month") || text.contains("year"));
        let hint = calendar.then(|| "months and years have no fixed length; write days".to_owned());
        self.fail_with(Kind::Span.describe(), hint)
    }

    /// A span above 0.
    pub fn positive_span(self) -> Option<SimSpan> {
        let span = self.span()?;
        if span.is_zero() { self.fail("a span above 0, like \"20s\"") } else { Some(span) }
    }

    /// A calendar period.
    pub fn period(self) -> Option<Period> {
        if let Some(period) = self.as_text().and_then(quantity::period) {
            return Some(period);
        }
        let words =
            ["month", "year", "day", "week", "quarter", "hourly", "daily", "weekly", "monthly", "yearly"];
        let close = self.as_text().and_then(|text| did_you_mean(text, words));
        let close = close.map(|word| match word {
            "hourly" => "1 hour",
            "daily" => "day",
            "weekly" => "week",
            "monthly" => "month",
            "yearly" => "year",
            word => word,
        });
        self.fail_with(Kind::Period.describe(), close.map(|word| format!("did you mean \"{word}\"?")))
    }

    /// A rate per second, 0 or more.
    pub fn rate(self) -> Option<f64> {
        let rate = self.as_text().and_then(quantity::rate).filter(|rate| *rate >= 0.0);
        rate.or_else(|| {
            let hint = self.as_number().map(|number| format!("say per what: \"{number}/day\""));
            self.fail_with(Kind::Rate.describe(), hint)
        })
    }

    /// A probability.
    pub fn probability(self) -> Option<Probability> {
        let share = self.as_number().or_else(|| self.as_text().and_then(quantity::share));
        share.and_then(Probability::new).or_else(|| self.fail(Kind::Probability.describe()))
    }

    /// A share of any size: `0.2` or `"20%"`.
    pub fn share(self) -> Option<f64> {
        let share = self.as_number().or_else(|| self.as_text().and_then(quantity::share));
        share.or_else(|| self.fail(Kind::Share.describe()))
    }

    /// An instant; without an offset it is local to the scenario's time zone, a date is its midnight.
    pub fn instant(self) -> Option<SimTime> {
        let (Value::Instant(text) | Value::Text(text)) = &self.node.value else {
            return self.fail(Kind::Instant.describe());
        };
        let zone = self.reader.zone();
        zone.parse(text).or_else(|| self.fail(Kind::Instant.describe()))
    }

    /// One of the words of `T`.
    pub fn word<T: Words>(self) -> Option<T> {
        let known = self.as_text().and_then(|text| T::WORDS.iter().find(|(word, _)| *word == text));
        if let Some((_, value)) = known {
            return Some(*value);
        }
        self.fail_words(super::shape::words_of::<T>())
    }

    /// Reports that it is none of `words`, with the closest.
    pub fn fail_words<T>(self, words: Vec<&str>) -> Option<T> {
        let close = self.as_text().and_then(|text| did_you_mean(text, words.iter().copied()));
        let hint = close.map(|word| format!("did you mean \"{word}\"?"));
        self.fail_with(format!("one of: {}", words.join(", ")), hint)
    }

    /// One of `names`, as its index; `what` says what they are.
    pub fn name_of<'n>(self, what: &str, names: impl IntoIterator<Item = &'n str>) -> Option<usize> {
        let names: Vec<&str> = names.into_iter().collect();
        let text = self.text()?;
        if let Some(index) = names.iter().position(|name| *name == text) {
            return Some(index);
        }
        let close =
            did_you_mean(&text, names.iter().copied()).map(|name| format!("did you mean \"{name}\"?"));
        let wanted = if names.is_empty() {
            format!("a {what}, of which there are none")
        } else {
            format!("a {what}, one of: {}", names.join(", "))
        };
        self.fail_with(wanted, close)
    }

    /// The elements of a list.
    pub fn items(self) -> Option<Vec<Item<'a>>> {
        match &self.node.value {
            Value::List(items) => Some(items.iter().map(|node| Item { node, ..self }).collect()),
            _ => self.fail("a list"),
        }
    }

    /// Every element of a list, read; those with problems are left out.
    pub fn list<T>(self, read: impl Fn(Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        Some(self.items()?.into_iter().filter_map(read).collect())
    }

    /// A list, or a single element without brackets.
    pub fn one_or_many<T>(self, read: impl Fn(Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        if self.is_list() { self.list(read) } else { read(self).map(|value| vec![value]) }
    }

    /// A list of exactly two.
    pub fn pair<T>(self, read: impl Fn(Item<'a>) -> Option<T>) -> Option<(T, T)> {
        match self.items()?.as_slice() {
            [first, second] => read(*first).zip(read(*second)),
            _ => self.fail("a list of two"),
        }
    }

    /// Names chosen by the author and their values, in the order of the file.
    pub fn entries(self) -> Option<Vec<(&'a str, Item<'a>)>> {
        match &self.node.value {
            Value::Table(table) => Some(
                table.entries.iter().map(|(name, node)| (name.as_str(), Item { node, ..self })).collect(),
            ),
            _ => self.fail("a table"),
        }
    }

    /// The table as a section of `shape`; unknown and missing keys are reported here.
    pub fn section(self, shape: &'static Shape) -> Option<Section<'a>> {
        let Value::Table(table) = &self.node.value else {
            return self.fail(Kind::Table(shape).describe());
        };
        let section = Section { item: self, table, shape };
        section.report_unknown_keys();
        section.report_missing_keys();
        Some(section)
    }
}

/// The value of a default, parsed once and kept for the life of the program: there is a bounded number of them.
fn default_node(text: &'static str) -> &'static Node {
    static NODES: Mutex<BTreeMap<&'static str, &'static Node>> = Mutex::new(BTreeMap::new());
    let mut nodes = NODES.lock().unwrap_or_else(PoisonError::into_inner);
    nodes.entry(text).or_insert_with(|| {
        let node = parse_value(text, Place::default()).expect("defaults are TOML, a test reads them all");
        Box::leak(Box::new(node))
    })
}

/// A table of a known shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section<'a> {
    item: Item<'a>,
    table: &'a Table,
    shape: &'static Shape,
}

impl<'a> Section<'a> {
    /// The whole table as an item.
    pub fn item(self) -> Item<'a> {
        self.item
    }

    /// Where problems go.
    pub fn reader(self) -> &'a Reader {
        self.item.reader
    }

    /// Where the table was written.
    pub fn place(self) -> &'a Place {
        self.item.place()
    }

    /// True if the key was written.
    pub fn has(self, name: &str) -> bool {
        self.table.get(name).is_some()
    }

    /// The value of a key, if it was written; defaults do not count.
    pub fn get(self, name: &str) -> Option<Item<'a>> {
        debug_assert!(self.shape.field(name).is_some(), "`{name}` is not declared in `{}`", self.shape.name);
        self.table.get(name).map(|node| Item { node, ..self.item })
    }

    /// The value of a key, or its default, read; `None` if it is absent without a default or had a problem.
    pub fn read<T>(self, name: &str, read: impl Fn(Item<'a>) -> Option<T>) -> Option<T> {
        if let Some(item) = self.get(name) {
            return read(item);
        }
        let Presence::Default(text) = self.field(name).presence else { return None };
        read(self.item.reader.item(default_node(text)))
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
            [one] => Some(*one),
            [] => self.item.fail(format!("a table with one of: {}", known.join(", "))),
            [first, second, ..] => self.item.error(
                format!("has both `{}` and `{}`", first.0, second.0),
                Some("keep one of the two".to_owned()),
            ),
        }
    }

    /// Reports "`path.name` WHAT" at the key, or at the table if it was not written.
    pub fn error(self, name: &str, what: impl Into<String>, hint: Option<&str>) {
        let place = self.table.get(name).map_or_else(|| self.place().child(name), |node| node.place.clone());
        self.reader().error(&place, what, hint.map(str::to_owned));
    }

    /// The place of a key, or of where it would stand.
    pub fn place_of(self, name: &str) -> Place {
        self.table.get(name).map_or_else(|| self.place().child(name), |node| node.place.clone())
    }

    fn field(self, name: &str) -> &'static Field {
        self.shape.field(name).unwrap_or_else(|| panic!("`{name}` is not declared in `{}`", self.shape.name))
    }

    fn report_unknown_keys(self) {
        let known: Vec<_> = self.shape.fields().map(|field| field.name).collect();
        for (name, node) in &self.table.entries {
            if known.contains(&name.as_str()) {
                continue;
            }
            let close = did_you_mean(name, known.iter().copied());
            let wanted = match close {
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
                hint: close.map(|known| format!("did you mean `{known}`?")),
                ..problem
            });
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
        format!("a {} table", self.shape.name)
    }
}
