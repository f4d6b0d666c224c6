//! Whether a value is of the kind that its key declares: form and range, at every depth that is no table.
//!
//! Owns the message about a value that is not. The declaration decides, so schema, reader and page cannot disagree;
//! readers only convert what fits. Leaves names that must be known and keys that need each other to the readers.

use crate::units::Credits;

use super::habits;
use super::item::Item;
use super::problem::did_you_mean;
use super::quantity;
use super::shape::{Kind, NumberRange};
use super::tree::{Node, TomlValue};

/// What keeps a value from being of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// What is wanted instead.
    pub wanted: String,
    /// How to repair it.
    pub hint: Option<String>,
}

impl Item<'_> {
    /// True if the value is of the declared kind, as far as no table is entered; reports nothing.
    pub fn fits(self) -> bool {
        self.kind.is_none_or(|kind| self.misfit(kind).is_none())
    }

    /// Reports whatever is not of the declared kind, elements of lists and maps included.
    pub fn report_misfits(self) {
        let Some(kind) = self.kind else { return };
        if let Some(Misfit { wanted, hint }) = self.misfit(kind) {
            self.fail_with::<()>(wanted, hint);
            return;
        }
        self.elements().for_each(Item::report_misfits);
    }

    /// Elements of a list, or values of a table by name, each with the kind that is declared for it.
    fn elements(self) -> impl Iterator<Item = Self> {
        let (nodes, kind): (Vec<&Node>, _) = match &self.node.value {
            TomlValue::List(nodes) => (nodes.iter().collect(), self.element_kind()),
            TomlValue::Table(table) => {
                (table.entries.iter().map(|(_, node)| node).collect(), self.entry_kind())
            }
            _ => (Vec::new(), None),
        };
        nodes.into_iter().map(move |node| Item { node, kind, ..self })
    }

    /// The kind of a list's elements.
    pub(super) fn element_kind(self) -> Option<Kind> {
        self.declared(|kind| match kind {
            Kind::List(item) | Kind::Tuple(item, _) => Some(*item),
            _ => None,
        })
    }

    /// The kind of the values of a table by name.
    pub(super) fn entry_kind(self) -> Option<Kind> {
        self.declared(|kind| match kind {
            Kind::Map(_, item) => Some(*item),
            _ => None,
        })
    }

    /// What `find` finds in the declared kind or in one of its forms.
    pub fn declared<T>(self, find: impl Fn(Kind) -> Option<T>) -> Option<T> {
        match self.kind? {
            Kind::Either(kinds) => kinds.iter().find_map(|kind| find(*kind)),
            kind => find(kind),
        }
    }

    fn misfit(self, kind: Kind) -> Option<Misfit> {
        match kind {
            Kind::Either(kinds) => self.misfit_of_all(kind, kinds),
            Kind::Distribution(unit, range) => match &self.node.value {
                TomlValue::Table(_) => None,
                _ => self.misfit(unit.kind(range)),
            },
            _ if self.is_of(kind) => None,
            _ => Some(self.explain(kind)),
        }
    }

    /// No form fits: the forms that are written alike tell why, if there are any.
    fn misfit_of_all(self, either: Kind, kinds: &[Kind]) -> Option<Misfit> {
        let misfits: Vec<(Kind, Misfit)> =
            kinds.iter().map(|&kind| Some((kind, self.misfit(kind)?))).collect::<Option<_>>()?;
        let alike: Vec<Misfit> = misfits
            .into_iter()
            .filter(|(kind, _)| form_of_kind(*kind).contains(&form_of_value(&self.node.value)))
            .map(|(_, misfit)| misfit)
            .collect();
        let hint = alike.iter().find_map(|misfit| misfit.hint.clone());
        let wanted: Vec<String> = alike.into_iter().map(|misfit| misfit.wanted).collect();
        let wanted = if wanted.is_empty() { either.describe_for(self.size()) } else { wanted.join("; or ") };
        Some(Misfit { wanted, hint })
    }

    /// True if the value has the form and lies in the range of a kind that has one form only.
    fn is_of(self, kind: Kind) -> bool {
        let text = self.as_text();
        match kind {
            Kind::Text | Kind::Name(_) => text.is_some(),
            Kind::Flag => matches!(self.node.value, TomlValue::Flag(_)),
            Kind::Whole(least, most) => {
                matches!(self.node.value, TomlValue::Integer(number) if (least..=most).contains(&number))
            }
            Kind::Number(range) => self.as_number().is_some_and(|number| range.holds(number)),
            Kind::Credits(range) => self.as_number().is_some_and(|credits| is_credits(credits, range)),
            Kind::Money => text.and_then(quantity::money).is_some_and(|(money, _)| money.nanos() >= 0),
            Kind::Span(range) => self.as_seconds().is_some_and(|seconds| range.holds(seconds)),
            Kind::Period => text.and_then(quantity::period).is_some(),
            Kind::Rate(range) => text.and_then(quantity::rate).is_some_and(|rate| range.holds(rate)),
            Kind::Probability => {
                self.as_share().is_some_and(|share| NumberRange::between(0.0, 1.0).holds(share))
            }
            Kind::Share(range) => self.as_share().is_some_and(|share| range.holds(share)),
            Kind::Percentage(range) => {
                text.and_then(quantity::percentage).is_some_and(|share| range.holds(share))
            }
            Kind::Instant => self.as_instant().is_some(),
            Kind::Words(words) => text.is_some_and(|text| words().contains(&text)),
            Kind::Word(word) => self.is_word(word),
            Kind::List(_) => self.is_list(),
            Kind::Tuple(_, length) => {
                matches!(&self.node.value, TomlValue::List(items) if items.len() == length)
            }
            Kind::Table(_) | Kind::Map(..) | Kind::TableByName(..) => self.is_table(),
            Kind::Quantity => self.as_number().is_some() || text.is_some(),
            Kind::Values => {
                text.is_some()
                    || self.is_table()
                    || matches!(&self.node.value, TomlValue::List(items) if !items.is_empty())
            }
            Kind::Either(_) | Kind::Distribution(..) => self.misfit(kind).is_none(),
        }
    }

    fn explain(self, kind: Kind) -> Misfit {
        let wanted = kind.describe_for(self.size());
        match kind {
            Kind::Credits(_) if self.as_number().is_some_and(is_too_fine) => {
                Misfit { wanted: "0, or at least 0.000001 credits".to_owned(), hint: None }
            }
            Kind::Money if self.as_text().and_then(quantity::money).is_some() => {
                Misfit { wanted: "an amount of 0 or more".to_owned(), hint: None }
            }
            Kind::Whole(..) | Kind::Number(_) | Kind::Credits(_) => {
                Misfit { wanted, hint: habits::for_number(self.node) }
            }
            Kind::Money => Misfit { wanted, hint: habits::for_money(self.node) },
            Kind::Span(_) => Misfit { wanted, hint: self.hint_about_span() },
            Kind::Period => Misfit { wanted, hint: self.hint_about_period() },
            Kind::Rate(_) => {
                let hint = self.as_number().map(|number| format!("say per what: \"{number}/day\""));
                Misfit { wanted, hint }
            }
            Kind::Words(words) => {
                let close = self.as_text().and_then(|text| did_you_mean(text, words()));
                let close = close.map(|word| format!("did you mean \"{word}\"?"));
                Misfit { wanted, hint: close.or_else(|| habits::for_value(self.node)) }
            }
            _ => Misfit { wanted, hint: habits::for_value(self.node) },
        }
    }

    fn hint_about_span(self) -> Option<String> {
        let text = self.as_text()?;
        if text.contains("month") || text.contains("year") {
            return Some("months and years have no fixed length; write days".to_owned());
        }
        let long = quantity::seconds(text).is_some_and(|seconds| seconds > 1.0);
        let fine = quantity::seconds(text).is_some_and(|seconds| seconds > 0.0 && seconds < 1e-6);
        match (long, fine) {
            (true, _) => Some("no span is longer than about 28,000 years".to_owned()),
            (_, true) => Some("the shortest span is \"1 us\"".to_owned()),
            _ => None,
        }
    }

    fn hint_about_period(self) -> Option<String> {
        let words =
            ["month", "year", "day", "week", "quarter", "hourly", "daily", "weekly", "monthly", "yearly"];
        let close = match self.as_text().and_then(|text| did_you_mean(text, words))? {
            "hourly" => "1 hour",
            "daily" => "day",
            "weekly" => "week",
            "monthly" => "month",
            "yearly" => "year",
            word => word,
        };
        Some(format!("did you mean \"{close}\"?"))
    }

    /// The value in the unit of its range, for saying which end it passed; 0 if it is no number at all.
    fn size(self) -> f64 {
        let text = self.as_text();
        let written = match self.node.value {
            TomlValue::Integer(number) => Some(number as f64),
            TomlValue::Float(number) => Some(number),
            _ => None,
        };
        written
            .or_else(|| text.and_then(quantity::rate))
            .or_else(|| text.and_then(quantity::share))
            .unwrap_or(0.0)
    }
}

/// True for credits in the range that are not so few that they would be rounded to none.
fn is_credits(credits: f64, range: NumberRange) -> bool {
    range.holds(credits) && !is_too_fine(credits)
}

fn is_too_fine(credits: f64) -> bool {
    credits != 0.0 && credits.abs() < 1.0 && Credits::from_f64(credits).is_zero()
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    Flag,
    Instant,
    List,
    Table,
}

fn form_of_value(value: &TomlValue) -> Form {
    match value {
        TomlValue::Text(_) => Form::Text,
        TomlValue::Integer(_) | TomlValue::Float(_) => Form::Number,
        TomlValue::Flag(_) => Form::Flag,
        TomlValue::Instant(_) => Form::Instant,
        TomlValue::List(_) => Form::List,
        TomlValue::Table(_) => Form::Table,
    }
}

/// How a kind is written.
fn form_of_kind(kind: Kind) -> &'static [Form] {
    match kind {
        Kind::Text
        | Kind::Name(_)
        | Kind::Money
        | Kind::Span(_)
        | Kind::Period
        | Kind::Rate(_)
        | Kind::Percentage(_)
        | Kind::Words(_)
        | Kind::Word(_) => &[Form::Text],
        Kind::Flag => &[Form::Flag],
        Kind::Whole(..) | Kind::Number(_) | Kind::Credits(_) => &[Form::Number],
        Kind::Probability | Kind::Share(_) | Kind::Quantity => &[Form::Number, Form::Text],
        Kind::Values => &[Form::List, Form::Text, Form::Table],
        Kind::Instant => &[Form::Instant],
        Kind::List(_) | Kind::Tuple(..) => &[Form::List],
        Kind::Table(_) | Kind::Map(..) | Kind::TableByName(..) => &[Form::Table],
        Kind::Distribution(unit, range) => form_of_kind(unit.kind(range)),
        Kind::Either(_) => &[],
    }
}
