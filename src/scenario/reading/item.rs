//! Typed values out of the tree, with every problem gathered and none stopping the rest.
//!
//! A value is held to the kind that its key declares before it is converted, so these functions know no ranges. A
//! reading function returns `None` only after a problem was reported, so callers go on with anything in the place of a
//! value that will never be used.

use crate::calendar::{Period, Zone};
use crate::units::{Credits, Money, Probability, SimSpan, SimTime};

use super::problem::{Problem, did_you_mean};
use super::quantity;
use super::reader::Reader;
use super::section::Section;
use super::shape::{Kind, MOST_CREDITS, TableShape, Words};
use super::tree::{Node, SourcePlace, TomlValue};

/// A value to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// The value.
    pub node: &'a Node,
    /// What its key declares, or the list or table that it is an element of; unknown at the root.
    pub kind: Option<Kind>,
}

impl<'a> Item<'a> {
    /// Where it was written.
    pub fn place(self) -> &'a SourcePlace {
        &self.node.place
    }

    /// Reports "`key` is FOUND, wanted WANTED".
    pub fn fail<T>(self, wanted: impl Into<String>) -> Option<T> {
        self.fail_with(wanted, None)
    }

    /// As [`Item::fail`], with a hint.
    pub fn fail_with<T>(self, wanted: impl Into<String>, hint: Option<String>) -> Option<T> {
        let found = self.node.found();
        let problem = self.reader.problem_of_value(self.place(), format!("is {found}"));
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
            TomlValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True if it is exactly this word.
    pub fn is_word(self, word: &str) -> bool {
        self.as_text() == Some(word)
    }

    /// True if it is a table.
    pub fn is_table(self) -> bool {
        matches!(self.node.value, TomlValue::Table(_))
    }

    /// True if it is a list.
    pub fn is_list(self) -> bool {
        matches!(self.node.value, TomlValue::List(_))
    }

    /// The number, if it is a finite one; reports nothing.
    pub fn as_number(self) -> Option<f64> {
        match self.node.value {
            TomlValue::Integer(number) => Some(number as f64),
            TomlValue::Float(number) if number.is_finite() => Some(number),
            _ => None,
        }
    }

    /// The number or percentage, if it is a finite one; reports nothing.
    pub(super) fn as_share(self) -> Option<f64> {
        let share = self.as_number().or_else(|| self.as_text().and_then(quantity::share));
        share.filter(|share| share.is_finite())
    }

    /// The span in seconds, if it is one that time can express; reports nothing.
    pub(super) fn as_seconds(self) -> Option<f64> {
        if let TomlValue::Integer(0) = self.node.value {
            return Some(0.0);
        }
        self.as_text().and_then(quantity::span).map(SimSpan::as_seconds_f64)
    }

    /// The instant, if it is one; without an offset it is local to the scenario's time zone, a date is its midnight.
    pub(super) fn as_instant(self) -> Option<SimTime> {
        let (TomlValue::Instant(text) | TomlValue::Text(text)) = &self.node.value else { return None };
        self.reader.zone().parse(text).filter(|at| *at != SimTime::MAX && *at != SimTime::MIN)
    }

    /// The same value, to be read as something more precise than its key declares.
    pub fn as_kind(self, kind: Kind) -> Self {
        Item { kind: Some(kind), ..self }
    }

    /// Reports a value that is of another kind than declared.
    fn unfit<T>(self) -> Option<T> {
        if self.kind.is_none() {
            return self.fail("another kind of value");
        }
        self.report_misfits();
        if self.fits() {
            // Only a key that is read as something that it does not declare comes here.
            debug_assert!(false, "`{}` is read by another kind than it declares", self.place().path);
            return self.fail("another kind of value");
        }
        None
    }

    /// Any string.
    pub fn text(self) -> Option<String> {
        self.as_text().map(str::to_owned).or_else(|| self.unfit())
    }

    /// `true` or `false`.
    pub fn flag(self) -> Option<bool> {
        match self.node.value {
            TomlValue::Flag(flag) => Some(flag),
            _ => self.unfit(),
        }
    }

    /// A whole number of the type that its declared range fits.
    pub fn whole<T: TryFrom<i128>>(self) -> Option<T> {
        match self.node.value {
            TomlValue::Integer(number) => T::try_from(number).ok().or_else(|| self.unfit()),
            _ => self.unfit(),
        }
    }

    /// A whole number, 0 or more.
    pub fn count(self) -> Option<u32> {
        self.whole()
    }

    /// A finite number.
    pub fn number(self) -> Option<f64> {
        self.as_number().or_else(|| self.unfit())
    }

    /// Credits.
    pub fn credits(self) -> Option<Credits> {
        let credits = match self.node.value {
            TomlValue::Integer(number) if number.unsigned_abs() <= MOST_CREDITS as u128 => {
                Credits::from_whole(number as i64)
            }
            TomlValue::Float(number) if number.abs() <= MOST_CREDITS => Credits::from_f64(number),
            _ => return self.unfit(),
        };
        self.reader.note_credits(self.place(), credits);
        Some(credits)
    }

    /// Money, 0 or more; every amount of a scenario has one currency.
    pub fn money(self) -> Option<Money> {
        let Some((money, currency)) = self.as_text().and_then(quantity::money) else { return self.unfit() };
        self.check_currency(&currency)?;
        self.reader.note_money(self.place(), money);
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
        let first = self.reader.agree_on_currency(currency);
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
        if let TomlValue::Integer(0) = self.node.value {
            return Some(SimSpan::ZERO);
        }
        self.as_text().and_then(quantity::span).or_else(|| self.unfit())
    }

    /// A calendar period.
    pub fn period(self) -> Option<Period> {
        self.as_text().and_then(quantity::period).or_else(|| self.unfit())
    }

    /// A rate per second.
    pub fn rate(self) -> Option<f64> {
        self.as_text().and_then(quantity::rate).or_else(|| self.unfit())
    }

    /// A probability.
    pub fn probability(self) -> Option<Probability> {
        self.as_share().and_then(Probability::new).or_else(|| self.unfit())
    }

    /// A share: `0.2` or `"20%"`.
    pub fn share(self) -> Option<f64> {
        self.as_share().or_else(|| self.unfit())
    }

    /// An instant; without an offset it is local to the scenario's time zone, a date is its midnight.
    pub fn instant(self) -> Option<SimTime> {
        self.as_instant().or_else(|| self.unfit())
    }

    /// A time zone by its IANA name.
    pub fn zone(self) -> Option<Zone> {
        let name = self.text()?;
        Zone::named(&name).or_else(|| {
            let names = Zone::names();
            let close = did_you_mean(&name, names.iter().map(String::as_str));
            let hint = close.map(|zone| format!("did you mean \"{zone}\"?"));
            self.fail_with("an IANA time zone, like \"Europe/Berlin\"", hint)
        })
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
            TomlValue::List(items) => {
                let kind = self.element_kind();
                Some(items.iter().map(|node| Item { node, kind, ..self }).collect())
            }
            _ => self.unfit(),
        }
    }

    /// Every element of a list, read; those with problems are left out.
    pub fn list<T>(self, read: impl Fn(Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        Some(self.items()?.into_iter().filter(|item| item.fits()).filter_map(read).collect())
    }

    /// A list, or a single element without brackets.
    pub fn one_or_many<T>(self, read: impl Fn(Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        if self.is_list() { self.list(read) } else { read(self).map(|value| vec![value]) }
    }

    /// A list of exactly two.
    pub fn pair<T>(self, read: impl Fn(Item<'a>) -> Option<T>) -> Option<(T, T)> {
        match self.items()?.as_slice() {
            [first, second] if first.fits() && second.fits() => read(*first).zip(read(*second)),
            [_, _] => None,
            _ => self.fail("a list of two"),
        }
    }

    /// Names chosen by the author and their values, in the order of the file.
    pub fn entries(self) -> Option<Vec<(&'a str, Item<'a>)>> {
        match &self.node.value {
            TomlValue::Table(table) => {
                let kind = self.entry_kind();
                let entry = |(name, node): &'a (String, Node)| (name.as_str(), Item { node, kind, ..self });
                Some(table.entries.iter().map(entry).filter(|(_, item)| item.fits()).collect())
            }
            _ => self.unfit(),
        }
    }

    /// As [`Item::section`], of a table in which these names may stand beside its keys.
    pub fn section_beside(self, shape: &'static TableShape, names: &'a [String]) -> Option<Section<'a>> {
        let TomlValue::Table(table) = &self.node.value else {
            return self.fail(Kind::Table(shape).describe());
        };
        Some(Section::open_beside(self, table, shape, names))
    }

    /// The table as a section of `shape`; unknown and missing keys are reported here.
    pub fn section(self, shape: &'static TableShape) -> Option<Section<'a>> {
        let TomlValue::Table(table) = &self.node.value else {
            return self.fail(Kind::Table(shape).describe());
        };
        Some(Section::open(self, table, shape))
    }
}
