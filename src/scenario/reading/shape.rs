//! What a table of a scenario may hold: one declaration a key.
//!
//! The same declaration finds unknown keys, fills in defaults, words the hints, and writes the JSON Schema and the
//! reference page.

/// A table's keys.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its name in the schema and the reference, such as `hold`.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// If not empty, exactly one of these must be written: `{ poisson = … }` or `{ gamma = … }`.
    pub tags: &'static [Field],
    /// All other keys, in groups, so that rooms can contribute their own.
    pub parts: &'static [&'static [Field]],
}

impl Shape {
    /// Every key, tags first.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.tags.iter().chain(self.parts.iter().flat_map(|part| part.iter()))
    }

    /// The key `name`.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.name == name)
    }
}

/// A key.
#[derive(Debug)]
pub(crate) struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be written, and what holds if it is not.
    pub presence: Presence,
    /// One sentence for people.
    pub doc: &'static str,
}

/// Whether a key must be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It must.
    Required,
    /// It may be left out; the sentence says what then holds.
    Optional,
    /// It may be left out; then this TOML value is read in its place.
    Default(&'static str),
}

/// A key that must be written.
pub(crate) const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, presence: Presence::Required, doc }
}

/// A key that may be left out.
pub(crate) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, presence: Presence::Optional, doc }
}

/// A key with a default, written as TOML.
pub(crate) const fn default(name: &'static str, kind: Kind, value: &'static str, doc: &'static str) -> Field {
    Field { name, kind, presence: Presence::Default(value), doc }
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Any string.
    Text,
    /// The name of something in this scenario: a plan, a feature, a package, a cohort, a policy.
    Name(&'static str),
    /// `true` or `false`.
    Flag,
    /// A whole number, not negative.
    Count,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Credits: a bare number.
    Credits,
    /// `"10.00 USD"`.
    Money,
    /// `"20s"`, `"5 min"`, `"30 days"`: an exact span.
    Span,
    /// `"month"`, `"12 months"`, `"30 days"`: a calendar period.
    Period,
    /// `"4/day"`.
    Rate,
    /// `0.2` or `"20%"`, between 0 and 1.
    Probability,
    /// `0.2` or `"20%"`, any size.
    Share,
    /// `2025-01-01T00:00:00Z`.
    Instant,
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// Exactly this word.
    Word(&'static str),
    /// A list.
    List(&'static Kind),
    /// A list of exactly this many.
    Tuple(&'static Kind, usize),
    /// A table.
    Table(&'static Shape),
    /// A table whose keys are names its author chooses, or names of the given things.
    Map(&'static str, &'static Kind),
    /// One of several forms.
    Either(&'static [Kind]),
    /// A distribution of a number in this unit, or the bare quantity.
    Distribution(Unit),
    /// A value of a distribution, in the unit of the distribution's use.
    Quantity,
}

/// The unit of a distribution's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Credits, bare numbers.
    Credits,
    /// Spans, `"20s"`; drawn in seconds.
    Span,
    /// Counts and plain numbers.
    Number,
}

/// An enum with a word for each of its values in files.
pub(crate) trait Words: Copy + Sized + 'static {
    /// Word and value, in the order in which they are listed to people.
    const WORDS: &'static [(&'static str, Self)];
}

/// The words of `T`, for [`Kind::Words`].
pub(crate) fn words_of<T: Words>() -> Vec<&'static str> {
    T::WORDS.iter().map(|(word, _)| *word).collect()
}

/// Declares the words of an enum: `words!(Compare { "below" => Below, … })`.
macro_rules! words {
    ($type:ty { $($word:literal => $variant:expr),+ $(,)? }) => {
        impl $crate::scenario::reading::Words for $type {
            const WORDS: &'static [(&'static str, Self)] = {
                #[allow(unused_imports)]
                use $type::*;
                &[$(($word, $variant)),+]
            };
        }
    };
}
pub(crate) use words;

impl Kind {
    /// In words, for `wanted …` and the reference.
    pub fn describe(&self) -> String {
        match self {
            Kind::Text => "a text in quotes".to_owned(),
            Kind::Name(what) => format!("the name of a {what}"),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Count => "a whole number, 0 or more".to_owned(),
            Kind::Integer => "a whole number".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Credits => "a number of credits".to_owned(),
            Kind::Money => "an amount and a currency, like \"10.00 USD\"".to_owned(),
            Kind::Span => "a span of time, like \"20s\", \"5 min\" or \"30 days\"".to_owned(),
            Kind::Period => "a calendar period, like \"month\", \"12 months\" or \"30 days\"".to_owned(),
            Kind::Rate => "a rate of 0 or more, like \"4/day\" or \"2/month\"".to_owned(),
            Kind::Probability => "a probability between 0 and 1, like 0.2 or \"20%\"".to_owned(),
            Kind::Share => "a share, like 0.2 or \"20%\"".to_owned(),
            Kind::Instant => "an instant, like 2025-01-01T00:00:00Z".to_owned(),
            Kind::Words(words) => format!("one of: {}", words().join(", ")),
            Kind::Word(word) => format!("\"{word}\""),
            Kind::List(item) => format!("a list, each {}", item.describe()),
            Kind::Tuple(item, length) => format!("a list of {length}, each {}", item.describe()),
            Kind::Table(shape) if shape.tags.is_empty() => "a table".to_owned(),
            Kind::Table(shape) => {
                let tags: Vec<_> = shape.tags.iter().map(|tag| tag.name).collect();
                format!("a table with one of: {}", tags.join(", "))
            }
            Kind::Map(what, item) => format!("a table by {what}, each {}", item.describe()),
            Kind::Either(kinds) => kinds.iter().map(Kind::describe).collect::<Vec<_>>().join("; or "),
            Kind::Distribution(Unit::Credits) => "a distribution of credits, or a number".to_owned(),
            Kind::Distribution(Unit::Span) => "a distribution of spans, or a span like \"20s\"".to_owned(),
            Kind::Distribution(Unit::Number) => "a distribution of numbers, or a number".to_owned(),
            Kind::Quantity => "a number, or a span like \"20s\" in a distribution of spans".to_owned(),
        }
    }
}
