//! What a limit counts: `unit` and `counted`.
//!
//! Leaves which rate measures a quantity to the book of rates. Invariant: features whose operations have no such quantity are
//! outside a limit that counts it.

use crate::policy::{CountedAt, CountedQuantity, LimitUnit, LimitWindow};
use crate::scenario::reading::{
    Field, Item, Kind, Section, default, did_you_mean, optional, words, words_of,
};

use super::RateBook;
use crate::units::Money;

/// The keys.
pub(super) static UNIT: &[Field] = &[
    default(
        "unit",
        Kind::Either(&[Kind::Words(words_of::<LimitUnit>), Kind::Name("quantity")]),
        "\"credits\"",
        "What is counted: credits, operations, operations at work, or a quantity of operations by its name, such as `tokens`; \
         operations without the quantity are outside; or what charges are worth (`money`).",
    ),
    default(
        "counted",
        Kind::Words(words_of::<CountedAt>),
        "\"start\"",
        "When a quantity is counted: at the start, all of it; at the end, what of it was done; or the latest value at the start, \
         which is no sum (a gauge).",
    ),
    optional(
        "list_price",
        Kind::Money,
        "Of a limit of money, what a credit of lots is worth; the overdraft's `price_per_credit`, at which overage counts, if left out.",
    ),
];

words!(LimitUnit {
    "credits" => Credits, "money" => Money, "operations" => Operations, "in-flight" => InFlight
});
words!(CountedAt { "start" => Start, "end" => End, "latest" => Latest });

/// Reads what is counted of the operations of features that are `inside`, which the file names or not.
pub(super) fn unit(
    section: Section<'_>,
    (inside, named): (&[bool], bool),
    features: &[String],
    book: &RateBook,
) -> Option<(LimitUnit, Option<CountedQuantity>)> {
    let counted: CountedAt = section.value("counted", Item::word);
    let item = section.get("unit");
    let is_word = |item: &Item<'_>| words_of::<LimitUnit>().iter().any(|word| item.is_word(word));
    let Some(item) = item.filter(|item| !is_word(item)) else {
        if section.has("counted") {
            let hint = "leave it out, or write the name of a quantity as `unit`";
            section.error("counted", "has no meaning for a limit that counts no quantity", Some(hint));
        }
        return Some((section.value("unit", Item::word), None));
    };
    let name = item.text()?;
    let measured_by = book.measures(&name, (inside, named), item.place());
    let lacks = inside.iter().zip(&measured_by).position(|(inside, by)| *inside && by.is_none());
    if let (true, Some(feature)) = (named, lacks.filter(|_| measured_by.iter().any(Option::is_some))) {
        let what = format!("is no quantity of `{}`, which the limit names", features[feature]);
        return item
            .error(what, Some("give the feature the quantity, or leave it out of the limit".to_owned()));
    }
    if measured_by.iter().all(Option::is_none) {
        return item.fail_with(wanted(book, inside), hint(&name, book, inside));
    }
    Some((LimitUnit::Quantity(counted), Some(CountedQuantity { name, measured_by })))
}

fn wanted(book: &RateBook, inside: &[bool]) -> String {
    let quantities = book.quantity_names(inside);
    let units = words_of::<LimitUnit>().join(", ");
    if quantities.is_empty() {
        return format!("one of: {units}; operations inside the limit have no quantities");
    }
    format!("one of: {units}; or a quantity of operations inside the limit: {}", quantities.join(", "))
}

fn hint(name: &str, book: &RateBook, inside: &[bool]) -> Option<String> {
    let quantities = book.quantity_names(inside);
    let known = words_of::<LimitUnit>();
    let names = known.iter().copied().chain(quantities.iter().map(String::as_str));
    did_you_mean(name, names).map(|name| format!("did you mean \"{name}\"?"))
}

/// Money comes in amounts of its own, and in no buckets.
pub(super) fn check_money(
    section: Section<'_>,
    unit: LimitUnit,
    window: LimitWindow,
    price_per_credit: Option<Money>,
) {
    if unit == LimitUnit::Money && price_per_credit.is_none() && !section.has("list_price") {
        let hint = "write `list_price` here, or `price_per_credit` of the policy's `overdraft`";
        section.error("unit", "is money, and nothing says what a credit is worth", Some(hint));
    }
    if unit == LimitUnit::Money && matches!(window, LimitWindow::Refill { .. }) {
        section.error("window", "fills a bucket, which holds no money", Some("write `every` or `rolling`"));
    }
    if unit != LimitUnit::Money && section.has("list_price") {
        let hint = "leave it out, or write `unit = \"money\"`";
        section.error("list_price", "has no meaning for a limit that counts no money", Some(hint));
    }
}

/// A gauge has no sum that a window could let go of bit by bit.
pub(super) fn check_window(section: Section<'_>, unit: LimitUnit, window: LimitWindow) {
    let bit_by_bit = matches!(window, LimitWindow::Rolling(_) | LimitWindow::Refill { .. });
    if unit == LimitUnit::InFlight && section.has("window") {
        section.error("window", "has no meaning for a limit of operations in flight", Some("leave it out"));
    }
    if unit == LimitUnit::Quantity(CountedAt::Latest) && bit_by_bit {
        let hint = "leave it out, or write `every` or `first_use`";
        section.error("window", "has no meaning for the latest value of a quantity", Some(hint));
    }
}
