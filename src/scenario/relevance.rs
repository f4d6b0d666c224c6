//! Reads `relevant`: how large a difference must be before it matters.

use crate::outcome::metric;

use super::reading::{Item, Kind, NumberRange};
use super::thresholds;

/// What `relevant` holds: one margin for all outcomes, or margins by outcome.
pub(super) const RELEVANT: Kind =
    Kind::Either(&[Kind::Percentage(NumberRange::FROM_ZERO), Kind::Map("outcome", &MARGIN)]);

const MARGIN: Kind =
    Kind::Either(&[Kind::Number(NumberRange::FROM_ZERO), Kind::Percentage(NumberRange::FROM_ZERO)]);

/// The name that stands for all outcomes without a margin of their own.
const DEFAULT: &str = "default";

/// The smallest difference from the baseline that matters, by outcome.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Relevance {
    default: Margin,
    by_outcome: Vec<(String, Margin)>,
}

/// A margin around no difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Margin {
    /// In the outcome's unit.
    Absolute(f64),
    /// As a share of the baseline's mean.
    Relative(f64),
}

impl Default for Margin {
    /// One per cent of the baseline's mean.
    fn default() -> Self {
        Margin::Relative(0.01)
    }
}

impl Relevance {
    /// The margin of an outcome whose mean is `base` under the baseline, in the outcome's unit; 0 or more.
    #[must_use]
    pub fn of(&self, outcome: &str, base: f64) -> f64 {
        let own = self.by_outcome.iter().find(|(name, _)| name == outcome);
        match own.map_or(self.default, |(_, margin)| *margin) {
            Margin::Absolute(margin) => margin,
            Margin::Relative(share) => share * base.abs(),
        }
    }
}

/// Reads a percentage for all outcomes, or a table by outcome.
pub(super) fn read(item: Item<'_>) -> Option<Relevance> {
    if !item.is_table() {
        return Some(Relevance { default: Margin::Relative(item.share()?), by_outcome: Vec::new() });
    }
    let mut relevance = Relevance::default();
    for (name, item) in item.entries()? {
        let written_in_per_cent = item.as_text().is_some();
        let Some(size) = item.share() else { continue };
        let margin = if written_in_per_cent { Margin::Relative(size) } else { Margin::Absolute(size) };
        if name != DEFAULT {
            if metric(name).is_none() {
                item.error::<()>("names no outcome", Some(thresholds::close_outcome(name)));
            }
            relevance.by_outcome.push((name.to_owned(), margin));
        } else if written_in_per_cent {
            relevance.default = margin;
        } else {
            item.fail::<()>("a percentage, like \"1%\": outcomes differ in their units");
        }
    }
    Some(relevance)
}
