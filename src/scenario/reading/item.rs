//! Typed values out of the tree, with every problem gathered and none stopping the rest.
//!
//! A reading function returns `None` only after it reported a problem, so callers go on with anything in the place of a
//! value that will never be used.

use crate::calendar::{Period, Zone};
use crate::units::{Credits, Money, Probability, SimSpan, SimTime};

use super::problem::{Problem, did_you_mean};
use super::quantity;
use super::reader::Reader;
use super::section::Section;
use super::shape::{Kind, Shape, Words};
use super::tree::{Node, Place, Value};

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
        Some(Section::open(self, table, shape))
    }
}
