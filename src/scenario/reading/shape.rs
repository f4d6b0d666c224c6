//! What a table of a scenario may hold: one declaration a key.
//!
//! The same declaration finds unknown keys, fills in defaults, words the hints, and writes the JSON Schema and the
//! reference page.

/// A table's keys.
#[derive(Debug)]
pub(crate) struct TableShape {
    /// Its name in the schema and the reference, such as `hold`.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// If not empty, exactly one of these must be written: `{ poisson = … }` or `{ gamma = … }`.
    pub tags: &'static [Field],
    /// All other keys, in groups, so that rooms can contribute their own.
    pub parts: &'static [&'static [Field]],
}

impl TableShape {
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

/// What a key holds, with the range of its numbers: reading, schema and reference page follow it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Any string.
    Text,
    /// The name of something in this scenario: a plan, a feature, a package, a cohort, a policy.
    Name(&'static str),
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second, both included.
    Whole(i128, i128),
    /// A finite number.
    Number(NumberRange),
    /// Credits: a bare number.
    Credits(NumberRange),
    /// `"10.00 USD"`, 0 or more.
    Money,
    /// `"20s"`, `"5 min"`, `"30 days"`: an exact span; the range is in seconds.
    Span(NumberRange),
    /// `"month"`, `"12 months"`, `"30 days"`: a calendar period.
    Period,
    /// `"4/day"`; the range is per second.
    Rate(NumberRange),
    /// `0.2` or `"20%"`, between 0 and 1.
    Probability,
    /// `0.2` or `"20%"`.
    Share(NumberRange),
    /// `"20%"`, where a bare number would mean something else.
    Percentage(NumberRange),
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
    Table(&'static TableShape),
    /// A table whose keys are names its author chooses, or names of the given things.
    Map(&'static str, &'static Kind),
    /// A table with keys of its own and, beside them, names of the given things.
    TableByName(&'static TableShape, &'static str, &'static Kind),
    /// One of several forms.
    Either(&'static [Kind]),
    /// A distribution whose values lie in the range, in this unit (spans in seconds), or the bare quantity.
    Distribution(ValueUnit, NumberRange),
    /// A value of a distribution, in the unit and the range of the distribution's use.
    Quantity,
    /// Values of a swept key: a list of whatever the key may be, a range in quotes, or tables of these by parts of the key.
    Values,
}

/// Kinds that many keys hold.
impl Kind {
    /// A whole number, 0 or more, that fits 32 bits.
    pub const COUNT: Kind = Kind::Whole(0, u32::MAX as i128);
    /// A whole number, 1 or more, that fits 32 bits.
    pub const POSITIVE_COUNT: Kind = Kind::Whole(1, u32::MAX as i128);
    /// A whole number of either sign that fits 32 bits.
    pub const INTEGER: Kind = Kind::Whole(i32::MIN as i128, i32::MAX as i128);
    /// Any finite number.
    pub const NUMBER: Kind = Kind::Number(NumberRange::ANY);
    /// A finite number, 0 or more.
    pub const NUMBER_FROM_ZERO: Kind = Kind::Number(NumberRange::FROM_ZERO);
    /// Credits of either sign.
    pub const CREDITS: Kind = Kind::Credits(NumberRange::between(-MOST_CREDITS, MOST_CREDITS));
    /// Credits, 0 or more.
    pub const CREDITS_FROM_ZERO: Kind = Kind::Credits(NumberRange::between(0.0, MOST_CREDITS));
    /// Credits above 0.
    pub const POSITIVE_CREDITS: Kind = Kind::Credits(NumberRange::above(0.0, MOST_CREDITS));
    /// A span, 0 or more.
    pub const SPAN: Kind = Kind::Span(NumberRange::SPAN);
    /// A span above 0.
    pub const POSITIVE_SPAN: Kind = Kind::Span(NumberRange::above(0.0, MOST_SECONDS));
    /// A rate, 0 or more.
    pub const RATE: Kind = Kind::Rate(NumberRange::between(0.0, MOST_PER_SECOND));
    /// A rate above 0.
    pub const POSITIVE_RATE: Kind = Kind::Rate(NumberRange::above(0.0, MOST_PER_SECOND));
    /// A share, 0 or more.
    pub const SHARE_FROM_ZERO: Kind = Kind::Share(NumberRange::FROM_ZERO);
    /// A distribution of numbers, 0 or more.
    pub const NUMBERS_FROM_ZERO: Kind = Kind::Distribution(ValueUnit::Number, NumberRange::FROM_ZERO);
    /// A distribution of spans, 0 or more.
    pub const SPANS: Kind = Kind::Distribution(ValueUnit::Span, NumberRange::SPAN);
}

/// Largest number of credits in a scenario: sums of many of them still fit 64 bits of micro-credits.
pub(crate) const MOST_CREDITS: f64 = 1e12;
/// Longest span in a scenario [s]: longer than any horizon.
pub(crate) const MOST_SECONDS: f64 = 9e11;
/// Highest rate in a scenario [1/s]: instants are microseconds.
pub(crate) const MOST_PER_SECOND: f64 = 1e6;

/// The range of a number: its ends belong to it unless they are open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NumberRange {
    /// Lower end.
    pub least: f64,
    /// Upper end.
    pub most: f64,
    /// The lower end is too small.
    pub least_open: bool,
    /// The upper end is too large.
    pub most_open: bool,
}

impl NumberRange {
    /// Any finite number.
    pub const ANY: NumberRange = NumberRange::between(f64::NEG_INFINITY, f64::INFINITY);
    /// 0 or more.
    pub const FROM_ZERO: NumberRange = NumberRange::between(0.0, f64::INFINITY);
    /// Above 0.
    pub const ABOVE_ZERO: NumberRange = NumberRange::above(0.0, f64::INFINITY);
    /// Spans in seconds.
    pub const SPAN: NumberRange = NumberRange::between(0.0, MOST_SECONDS);

    /// Both ends included.
    pub const fn between(least: f64, most: f64) -> NumberRange {
        NumberRange { least, most, least_open: false, most_open: false }
    }

    /// The lower end left out.
    pub const fn above(least: f64, most: f64) -> NumberRange {
        NumberRange { least, most, least_open: true, most_open: false }
    }

    /// The upper end left out.
    pub const fn below(least: f64, most: f64) -> NumberRange {
        NumberRange { least, most, least_open: false, most_open: true }
    }

    /// True for a finite number inside.
    pub fn holds(self, number: f64) -> bool {
        let above = if self.least_open { number > self.least } else { number >= self.least };
        let below = if self.most_open { number < self.most } else { number <= self.most };
        number.is_finite() && above && below
    }

    /// `noun` with the range in words; large upper ends are named only to who passed them.
    pub fn describe(self, noun: &str, found: f64) -> String {
        let NumberRange { least, most, .. } = self;
        let above_most = if self.most_open { "below" } else { "at most" };
        let names_most = most.is_finite() && (most != MOST_CREDITS || found > most);
        match (least.is_finite(), names_most) {
            (false, false) => noun.to_owned(),
            (false, true) => format!("{noun}, {above_most} {}", digits(most)),
            (true, false) if self.least_open => format!("{noun} above {}", digits(least)),
            (true, false) if least == -MOST_CREDITS => noun.to_owned(),
            (true, false) => format!("{noun}, {} or more", digits(least)),
            (true, true) if self.least_open || self.most_open => {
                let from = if self.least_open { "above" } else { "of at least" };
                format!("{noun} {from} {} and {above_most} {}", digits(least), digits(most))
            }
            (true, true) => format!("{noun} from {} to {}", digits(least), digits(most)),
        }
    }
}

/// A number as people write it: `1,000,000,000,000`, `0.5`.
pub(crate) fn digits(number: f64) -> String {
    let text = number.to_string();
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, String::new()), |(a, b)| (a, format!(".{b}")));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 && whole.len() > 4 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// The unit of a distribution's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueUnit {
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
    /// In words, for `wanted …`.
    pub fn describe(&self) -> String {
        self.describe_for(0.0)
    }

    /// In words for someone who wrote `found`: names the upper end of a range if that was passed.
    pub fn describe_for(&self, found: f64) -> String {
        match self {
            Kind::Text => "a text in quotes".to_owned(),
            Kind::Name(what) => format!("the name of a {what}"),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Whole(least, most) => describe_whole(*least, *most, found),
            Kind::Number(range) => range.describe("a number", found),
            Kind::Credits(range) => range.describe("a number of credits", found),
            Kind::Money => "an amount and a currency, like \"10.00 USD\"".to_owned(),
            Kind::Span(range) if range.least_open => "a span above 0, like \"20s\"".to_owned(),
            Kind::Span(_) => "a span of time, like \"20s\", \"5 min\" or \"30 days\"".to_owned(),
            Kind::Period => "a calendar period, like \"month\", \"12 months\" or \"30 days\"".to_owned(),
            Kind::Rate(range) if found > range.most => "a rate of at most \"1000000/s\"".to_owned(),
            Kind::Rate(range) if range.least_open => {
                "a rate above 0, like \"4/day\" or \"2/month\"".to_owned()
            }
            Kind::Rate(_) => "a rate of 0 or more, like \"4/day\" or \"2/month\"".to_owned(),
            Kind::Probability => "a probability between 0 and 1, like 0.2 or \"20%\"".to_owned(),
            Kind::Share(range) => range.describe("a share", found) + ", like 0.2 or \"20%\"",
            Kind::Percentage(range) => range.describe("a percentage", found) + ", like \"20%\"",
            Kind::Instant => {
                "an instant between the years -9999 and 9999, like 2025-01-01T00:00:00Z".to_owned()
            }
            Kind::Words(words) => format!("one of: {}", words().join(", ")),
            Kind::Word(word) => format!("\"{word}\""),
            Kind::List(item) => format!("a list, each {}", item.describe_for(found)),
            Kind::Tuple(item, length) => format!("a list of {length}, each {}", item.describe_for(found)),
            Kind::Table(shape) if shape.tags.is_empty() => "a table".to_owned(),
            Kind::TableByName(_, what, item) => {
                format!("a table by {what}, each {}", item.describe_for(found))
            }
            Kind::Table(shape) => {
                let tags: Vec<_> = shape.tags.iter().map(|tag| tag.name).collect();
                format!("a table with one of: {}", tags.join(", "))
            }
            Kind::Map(what, item) => format!("a table by {what}, each {}", item.describe_for(found)),
            Kind::Either(kinds) => {
                kinds.iter().map(|kind| kind.describe_for(found)).collect::<Vec<_>>().join("; or ")
            }
            Kind::Distribution(unit, range) => {
                format!("a distribution, or {}", unit.kind(*range).describe_for(found))
            }
            Kind::Values => "a list of values, or \"lo..hi:step\"".to_owned(),
            Kind::Quantity => "a number, or a span like \"20s\" in a distribution of spans".to_owned(),
        }
    }
}

impl ValueUnit {
    /// The kind of a bare quantity in this unit.
    pub const fn kind(self, range: NumberRange) -> Kind {
        match self {
            ValueUnit::Credits => Kind::Credits(range),
            ValueUnit::Span => Kind::Span(range),
            ValueUnit::Number => Kind::Number(range),
        }
    }
}

/// Ends of ranges of whole numbers that stand for the width of a word, not for a meaning.
const WORDS_END: [i128; 3] = [u32::MAX as i128, i32::MAX as i128, u64::MAX as i128];

fn describe_whole(least: i128, most: i128, found: f64) -> String {
    let open = WORDS_END.contains(&most);
    match (least, open && found <= most as f64) {
        (0 | 1, true) => format!("a whole number, {least} or more"),
        (_, true) => "a whole number".to_owned(),
        (_, false) => format!("a whole number from {least} to {most}"),
    }
}
