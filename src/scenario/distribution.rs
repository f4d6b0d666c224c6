//! Reads distributions: `{ lognormal = { median = "20s", sigma = 0.6 } }`, or a bare quantity.

use crate::sampling::Dist;

use super::reading::{Field, Item, Kind, Shape, Unit, optional};

/// The forms a distribution can take.
pub(crate) static DISTRIBUTION: Shape =
    Shape { name: "distribution", doc: "A distribution of one number.", tags: TAGS, parts: &[] };

static TAGS: &[Field] = &[optional("fixed", Kind::Number, "Always the same value.")];

/// A distribution of a quantity in `unit`: spans are drawn in seconds, credits in credits.
pub(crate) fn read(item: Item<'_>, unit: Unit) -> Option<Dist> {
    if !item.is_table() {
        return quantity(item, unit).map(Dist::Fixed);
    }
    let (_, value) = item.section(&DISTRIBUTION)?.tag()?;
    quantity(value, unit).map(Dist::Fixed)
}

/// One quantity in `unit` as the number a draw would be.
pub(crate) fn quantity(item: Item<'_>, unit: Unit) -> Option<f64> {
    match unit {
        Unit::Credits => item.credits().map(|credits| credits.as_f64()),
        Unit::Span => item.span().map(|span| span.as_seconds_f64()),
        Unit::Number => item.number(),
    }
}
