//! What meets an operation without room that no word says: another feature, or a person who raises the amount.

use crate::policy::{OnLimit, RaiseBy, RaiseOnRequest};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{Item, Kind, NumberRange, TableShape, default, optional, required};
use crate::units::{FeatureIndex, Probability};

use super::feature_of;

/// `{ fallback = FEATURE }` or `{ ask = … }`.
pub(super) static REACTION: TableShape = TableShape {
    name: "limit-reaction",
    doc: "What meets an operation for which a limit has no room.",
    tags: &[
        optional(
            "fallback",
            Kind::Name("feature"),
            "The operation is checked once more as this feature: its cost, its limits, its rules.",
        ),
        optional(
            "ask",
            Kind::Table(&ASK),
            "The operation is refused, and a person is asked to raise the amount of this owner for good.",
        ),
    ],
    parts: &[],
};

static ASK: TableShape = TableShape {
    name: "limit-ask",
    doc: "A person who is asked to raise a limit's amount, one request an owner at a time. After a no nobody asks again before the \
          window ends, or ever if it has no end.",
    tags: &[],
    parts: &[&[
        default("probability", Kind::Probability, "1.0", "Chance of a yes."),
        default(
            "delay",
            Kind::SPANS,
            "\"0 s\"",
            "How long the answer takes; one at once lets the operation in.",
        ),
        required(
            "raise",
            Kind::Either(&[Kind::POSITIVE_CREDITS, Kind::Percentage(NumberRange::above(0.0, 100.0))]),
            "By how much: in what the limit counts, or a share of the amount that it states (`\"50%\"`).",
        ),
    ]],
};

/// Reads `on_limit`, and who is asked.
pub(super) fn on_limit(item: Item<'_>, features: &[String]) -> Option<(OnLimit, Option<RaiseOnRequest>)> {
    if !item.is_table() {
        return item.word().map(|word| (word, None));
    }
    let section = item.section(&REACTION)?;
    let (tag, value) = section.tag()?;
    match tag {
        "fallback" => {
            let feature = feature_of(&value.text()?, value, features)?;
            Some((OnLimit::Fallback(FeatureIndex(feature as u16)), None))
        }
        "ask" => ask(value).map(|ask| (OnLimit::Ask, Some(ask))),
        tag => section.unread_tag(tag),
    }
}

fn ask(item: Item<'_>) -> Option<RaiseOnRequest> {
    let section = item.section(&ASK)?;
    let by = |item: Item<'_>| match item.as_number() {
        Some(_) => item.credits().map(RaiseBy::Amount),
        None => item.share().map(RaiseBy::Share),
    };
    Some(RaiseOnRequest {
        probability: section.read_or("probability", Probability::ONE, Item::probability),
        delay: section.read_or("delay", Dist::Fixed(0.0), distribution::read),
        raise: section.read("raise", by)?,
    })
}
