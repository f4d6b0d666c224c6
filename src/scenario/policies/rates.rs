//! Price lists: `rates` of a policy or plan, and what else carries dates.
//!
//! Owns reading cards, and the book in which every distinct rate of a feature has its number. Leaves what a rate makes of an
//! operation to `workload`. Invariant: a rate that says what its feature's own cost says is that, and has number 0.

use std::cell::RefCell;
use std::sync::Arc;

use crate::policy::{DaySpan, InForce, RateCard, RateCards};
use crate::sampling::Dist;
use crate::scenario::model::{Cohort, Feature};
use crate::scenario::reading::{
    Field, Item, Kind, NumberRange, Reader, Section, SourcePlace, TableShape, did_you_mean, optional, words,
    words_of,
};
use crate::units::FeatureIndex;
use crate::workload::formula::Formula;
use crate::workload::{
    Amount, FeatureRates, HistorySpec, MOST_COST, MOST_RATES, QuantityMeasure, QuantityScope, StepShape,
};

use super::changes::SIGNED_UP;
use super::feature_of;

/// `rates = …`.
pub(super) const RATES_KIND: Kind = Kind::Either(&[
    Kind::Map("feature", &RATE_KIND),
    Kind::List(&Kind::TableByName(&RATE_CARD, "feature", &RATE_KIND)),
]);

/// What an operation of one feature costs.
const RATE_KIND: Kind = Kind::Either(&[Kind::Credits(NumberRange::between(0.0, MOST_COST)), Kind::Text]);

/// Keys of whatever carries dates.
pub(super) static DATES: &[Field] = &[
    optional("from", Kind::Instant, "From this instant on; from the start if left out."),
    optional("until", Kind::Instant, "Before this instant; to the end if left out."),
    optional(
        "signed_up",
        Kind::Table(&SIGNED_UP),
        "Only for organizations that signed up then: `{ before = … }` keeps old customers' prices. For all if left out.",
    ),
];

static RATE_CARD: TableShape = TableShape {
    name: "rate-card",
    doc: "Rates of some features, `NAME = rate`, and when they apply. Of the cards that apply to an operation the last one in the \
          file wins, feature by feature.",
    tags: &[],
    parts: &[
        DATES,
        &[
            optional(
                "hours",
                Kind::Text,
                "Hours of the local day, the second left out: `\"9-17\"`, `\"22:30-06\"`; all if left out.",
            ),
            optional(
                "weekdays",
                Kind::List(&Kind::Words(words_of::<Weekday>)),
                "Local days on which `hours` (or the day) begin; all if left out.",
            ),
        ],
    ],
};

#[derive(Debug, Clone, Copy)]
enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}
words!(Weekday {
    "Mon" => Mon, "Tue" => Tue, "Wed" => Wed, "Thu" => Thu, "Fri" => Fri, "Sat" => Sat, "Sun" => Sun,
});

/// Every distinct rate of every feature, over all policies.
#[derive(Debug)]
pub(in crate::scenario) struct RateBook {
    features: Vec<PricedFeature>,
}

/// What may price the operations of one feature.
#[derive(Debug)]
struct PricedFeature {
    name: String,
    free: bool,
    /// Names of quantities, more of them once rates read columns of a history.
    quantities: RefCell<Vec<String>>,
    /// A history feeds it: what is no quantity may be a column.
    has_columns: bool,
    /// What it says of its own cost, if every operation costs that.
    own: Option<Amount>,
    rates: RefCell<Vec<BookedRate>>,
    /// Names of quantities that a run draws once.
    drawn_once: Vec<String>,
}

/// A rate of a feature, and where it was first written.
#[derive(Debug, Clone)]
struct BookedRate {
    formula: Formula,
    place: SourcePlace,
    /// What it measures, if it is no price.
    measure: Option<QuantityMeasure>,
}

impl RateBook {
    /// A book without rates of the features; `cohorts` and `histories` tell what their operations consist of.
    pub(in crate::scenario) fn new(
        features: &[Feature],
        cohorts: &[Cohort],
        histories: &[HistorySpec],
    ) -> RateBook {
        let of = |(index, feature): (usize, &Feature)| {
            let number = FeatureIndex(index as u16);
            let listed = cohorts.iter().flat_map(|cohort| &cohort.operations);
            let mut listed = listed.filter(|operation| operation.feature == number).peekable();
            let fed: Vec<&HistorySpec> =
                histories.iter().filter(|history| history.may_feed(number)).collect();
            let own = match &feature.demand.work.shape {
                StepShape::Simple { cost, .. } if listed.peek().is_none() && fed.is_empty() => {
                    Some(cost.clone())
                }
                _ => None,
            };
            let once = feature.demand.work.quantities.iter().filter(|of| of.scope == QuantityScope::Run);
            let drawn_once = once.map(|quantity| quantity.name.clone()).collect();
            let declared = feature.demand.work.quantities.iter().map(|quantity| quantity.name.clone());
            let written = listed.flat_map(|operation| &operation.work.quantities);
            let mapped = fed.iter().flat_map(|history| history.quantity_names());
            let mut quantities: Vec<String> = Vec::new();
            for name in declared.chain(written.map(|(name, _)| name.clone())).chain(mapped) {
                if !quantities.contains(&name) {
                    quantities.push(name);
                }
            }
            PricedFeature {
                name: feature.name.clone(),
                free: feature.free,
                quantities: RefCell::new(quantities),
                has_columns: !fed.is_empty(),
                own,
                rates: RefCell::default(),
                drawn_once,
            }
        };
        RateBook { features: features.iter().enumerate().map(of).collect() }
    }

    /// Per feature: the number of the rate that measures a quantity, if operations of the feature have it and are `inside`. A
    /// column of a history is one where a feature is named, or nobody has a quantity of the name.
    pub(super) fn measures(
        &self,
        name: &str,
        (inside, named): (&[bool], bool),
        place: &SourcePlace,
    ) -> Vec<Option<u16>> {
        let known = |priced: &PricedFeature| priced.quantities.borrow().iter().any(|known| known == name);
        let by_column = named || !self.features.iter().any(known);
        let each = self.features.iter().zip(inside);
        each.map(|(priced, inside)| inside.then(|| priced.measure(name, by_column, place)).flatten())
            .collect()
    }

    /// Names of the quantities of features that are `inside`, each once, in file order.
    pub(super) fn quantity_names(&self, inside: &[bool]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (priced, _) in self.features.iter().zip(inside).filter(|(_, inside)| **inside) {
            for name in priced.quantities.borrow().iter() {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }

    /// The rates of every feature; what its operations lack that some rate reads is told.
    pub(in crate::scenario) fn close(
        self,
        reader: &Reader,
        cohorts: &[Cohort],
        histories: &[HistorySpec],
    ) -> Vec<Arc<FeatureRates>> {
        let closed = |(index, priced): (usize, PricedFeature)| {
            let feature = FeatureIndex(index as u16);
            let booked = priced.rates.into_inner();
            let measures = booked.iter().map(|rate| rate.measure).collect();
            let (formulas, places): (Vec<Formula>, Vec<SourcePlace>) =
                booked.into_iter().map(|rate| (rate.formula, rate.place)).unzip();
            let rates = FeatureRates::new(priced.quantities.into_inner(), formulas).measuring(measures);
            if let Some(place) = places.get(MOST_RATES)
                && histories.iter().any(|history| history.may_feed(feature))
            {
                let what = format!("is one rate too many of a feature that a history feeds: {}", rates.len());
                let hint = format!(
                    "at most {MOST_RATES} different rates of `{}` and quantities that limits count, over all policies",
                    priced.name
                );
                reader.error(place, what, Some(hint));
            }
            tell_lacking(reader, &rates, (feature, &places), cohorts);
            Arc::new(rates)
        };
        self.features.into_iter().enumerate().map(closed).collect()
    }
}

/// Tells the first operation written down that lacks a quantity that a rate reads.
fn tell_lacking(
    reader: &Reader,
    rates: &FeatureRates,
    (feature, places): (FeatureIndex, &[SourcePlace]),
    cohorts: &[Cohort],
) {
    for (formula, place) in rates.formulas().iter().zip(places) {
        let read = rates.quantities().iter().enumerate().filter(|(at, _)| rates.reads(formula, *at));
        let read: Vec<&String> = read.map(|(_, name)| name).collect();
        let lacking = cohorts.iter().find_map(|cohort| {
            let listed = cohort.operations.iter().filter(|operation| operation.feature == feature);
            let lacks = |name: &&&String| {
                let has =
                    |work: &crate::workload::Listed| work.quantities.iter().any(|(known, _)| known == **name);
                listed.clone().any(|operation| !has(&operation.work))
            };
            Some((&cohort.name, *read.iter().find(lacks)?))
        });
        if let Some((cohort, name)) = lacking {
            let what =
                format!("reads `{name}`, which an operation written down in cohort `{cohort}` does not say");
            let hint = format!("write `quantities = {{ {name} = … }}` in each of them");
            reader.error(place, what, Some(hint));
        }
    }
}

/// Reads `rates`.
pub(super) fn rates(item: Item<'_>, features: &[String], book: &RateBook) -> Option<RateCards> {
    if !item.is_list() {
        let entries = item.entries()?;
        let rates: Vec<(FeatureIndex, u16)> =
            entries.into_iter().filter_map(|(name, item)| named_rate(name, item, features, book)).collect();
        let card = RateCard { rates, ..RateCard::default() };
        return Some(RateCards::new(if card.rates.is_empty() { Vec::new() } else { vec![card] }));
    }
    item.list(|item| card(item, features, book)).map(RateCards::new)
}

fn card(item: Item<'_>, features: &[String], book: &RateBook) -> Option<RateCard> {
    let section = item.section_beside(&RATE_CARD, features)?;
    let rates = section.beside(RATE_KIND).into_iter();
    let rates: Vec<_> = rates.filter_map(|(name, item)| named_rate(name, item, features, book)).collect();
    if rates.is_empty() && !section.has_beside() {
        let hint =
            format!("write a rate beside its dates: `{} = 2`", features.first().map_or("chat", |name| name));
        item.error::<()>("is a card without a rate", Some(hint));
    }
    let days = |item: Item<'_>| {
        let mut days = [false; 7];
        item.list(Item::word::<Weekday>)?.into_iter().for_each(|day| days[day as usize] = true);
        if days == [false; 7] { item.fail("at least one day") } else { Some(days) }
    };
    Some(RateCard {
        when: in_force(section),
        hours: section.read("hours", day_span),
        weekdays: section.read("weekdays", days),
        rates,
    })
}

/// When something is in force, and for whom.
pub(super) fn in_force(section: Section<'_>) -> InForce {
    let signed_up = section.get("signed_up").and_then(|item| item.section(&SIGNED_UP));
    let edge = |name: &str| signed_up.and_then(|signed_up| signed_up.read(name, Item::instant));
    let (from, until) = (section.read("from", Item::instant), section.read("until", Item::instant));
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        section.error("until", "does not lie after `from`", Some("`from` is included, `until` is not"));
    }
    InForce { from, until, signed_up_before: edge("before"), signed_up_from: edge("from") }
}

/// `"9-17"`, `"22:30-06"`.
fn day_span(item: Item<'_>) -> Option<DaySpan> {
    const WANTED: &str = "hours of a day, like \"9-17\", \"22-06\" or \"08:30-12:00\"";
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let in_day = minute < 60 && hour <= 24 && (hour < 24 || minute == 0);
        in_day.then(|| 60 * hour + minute)
    };
    let text = item.text()?;
    let read = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
    match read {
        // What ends at midnight ends with its day.
        Some((from, 0)) if from > 0 && from < 1_440 => Some(DaySpan { from, to: 1_440 }),
        Some((from, to)) if from != to && from < 1_440 => Some(DaySpan { from, to }),
        Some(_) => item.fail_with(WANTED, Some("a card for the whole day leaves `hours` out".to_owned())),
        None => item.fail(WANTED),
    }
}

fn named_rate(
    name: &str,
    item: Item<'_>,
    features: &[String],
    book: &RateBook,
) -> Option<(FeatureIndex, u16)> {
    let index = feature_of(name, item, features)?;
    let priced = book.features.get(index)?;
    if priced.free {
        let hint = "leave it out, or take `free` off the feature";
        return item.error("prices a feature that is free", Some(hint.to_owned()));
    }
    let formula = priced.compile(item)?;
    Some((FeatureIndex(index as u16), priced.number_of(formula, item.place())?))
}

impl PricedFeature {
    /// The formula of a rate; names that it may not use are told.
    fn compile(&self, item: Item<'_>) -> Option<Formula> {
        let text = match item.as_text() {
            Some(text) => text.to_owned(),
            None => item.credits().and(item.as_number())?.to_string(),
        };
        if self.has_columns {
            let mut quantities = self.quantities.borrow_mut();
            let known = |name: &String| crate::workload::RATE_NAMES.contains(&name.as_str());
            for name in Formula::names_in(&text) {
                if !quantities.contains(&name) && !known(&name) {
                    quantities.push(name);
                }
            }
        }
        let quantities = self.quantities.borrow();
        let names = FeatureRates::names(quantities.iter().map(String::as_str));
        let formula = Formula::compile(&text, &names).map_err(|error| {
            let close = error.unknown.as_deref().and_then(|word| did_you_mean(word, names.iter().copied()));
            let known = || format!("names known here: {}", names.join(", "));
            let hint = close
                .map(|word| format!("did you mean `{word}`?"))
                .or_else(|| error.unknown.is_some().then(known));
            item.error::<()>(format!("is no formula: {error}"), hint);
        });
        let formula = formula.ok()?;
        match formula.constant() {
            Some(value) if !(0.0..=MOST_COST).contains(&value) => item
                .error(format!("is always {value}"), Some(format!("a rate gives 0 to {MOST_COST} credits"))),
            _ => Some(formula),
        }
    }

    /// The number of a rate: 0 if it says what the feature says itself, else its place among the others, from 1.
    fn number_of(&self, formula: Formula, place: &SourcePlace) -> Option<u16> {
        if self.is_own(&formula) {
            return Some(0);
        }
        self.book(BookedRate { formula, place: place.clone(), measure: None })
    }

    /// The place of a rate among the others, from 1.
    fn book(&self, rate: BookedRate) -> Option<u16> {
        let mut rates = self.rates.borrow_mut();
        let same =
            |known: &BookedRate| known.measure == rate.measure && known.formula.computes_as(&rate.formula);
        let known = rates.iter().position(same);
        let index = known.unwrap_or_else(|| {
            rates.push(rate);
            rates.len() - 1
        });
        u16::try_from(index + 1).ok()
    }

    /// The number of the rate that measures a quantity, if operations have it; a history's column is one if `by_column`.
    fn measure(&self, name: &str, by_column: bool, place: &SourcePlace) -> Option<u16> {
        let known = self.quantities.borrow().iter().any(|known| known == name);
        if self.free || !(known || by_column && self.has_columns) {
            return None;
        }
        if !known {
            self.quantities.borrow_mut().push(name.to_owned());
        }
        let quantities = self.quantities.borrow();
        let names = FeatureRates::names(quantities.iter().map(String::as_str));
        let formula = Formula::compile(name, &names).ok()?;
        let once = self.drawn_once.iter().any(|once| once == name);
        self.book(BookedRate { formula, place: place.clone(), measure: Some(QuantityMeasure { once }) })
    }

    fn is_own(&self, formula: &Formula) -> bool {
        let quantities = self.quantities.borrow();
        let names = FeatureRates::names(quantities.iter().map(String::as_str));
        let says = |text: &str| Formula::compile(text, &names).is_ok_and(|own| own.computes_as(formula));
        says("cost")
            || match &self.own {
                Some(Amount::Formula(own)) => says(&own.to_string()),
                Some(Amount::Drawn(Dist::Fixed(cost))) => formula.constant() == Some(*cost),
                _ => false,
            }
    }
}
