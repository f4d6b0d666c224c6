//! What operations of a feature cost by price lists other than its own (docs/semantics.md §13), and what limits count of them
//! that is no credits (§15).
//!
//! Owns the rates of a feature, the names that they may use, and pricing what is drawn, written down, or read from a
//! history. A *measure* is a rate that is one quantity: what an operation consists of, whatever a cache saves of its cost.
//! Leaves to `policy` when a rate is in force. Invariants: a rate draws nothing; every operation is priced once
//! by every rate of its feature; a feature without rates does nothing here.

use crate::units::{Credits, SimSpan};

use super::demand::Listed;
use super::formula::Formula;
use super::operation::{PartKind, RunPart};
use super::plan::{BUILTIN_NAMES, MOST_COST, Mishap, credits, is_cut};

/// Most rates of a feature that a history feeds: what each makes of a row stands beside it on the disk.
pub const MOST_RATES: usize = 8;

/// Names that a rate may use before the quantities, in the order of their values.
pub const RATE_NAMES: [&str; 3] = [BUILTIN_NAMES[0], BUILTIN_NAMES[1], "cost"];

/// The rates of one feature besides its own: number n of a card is the n-th of them, counted from 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureRates {
    /// Names of the quantities, in the order of their values.
    quantities: Vec<String>,
    formulas: Vec<Formula>,
    /// Per formula: what it measures, if it is no price.
    measures: Vec<Option<QuantityMeasure>>,
}

/// A rate that is one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantityMeasure {
    /// It is drawn once a run, and counted once.
    pub once: bool,
}

/// Where the cost in a rate comes from, and what it is multiplied by.
#[derive(Debug, Clone, Copy)]
pub(super) struct PricedStep {
    /// By the feature's own rate, as it was drawn (credits).
    pub cost: f64,
    /// What a quantity counts as that is not given: no number, or nothing.
    pub unknown: f64,
    /// Share of the whole cost that is owed: less than all for a hit of a cache.
    pub share: f64,
    /// Time it takes (seconds).
    pub seconds: f64,
    /// Repeats of the step so far, itself included.
    pub turn: u32,
}

impl FeatureRates {
    /// Rates over these quantities; the `formulas` are compiled with [`FeatureRates::names`].
    #[must_use]
    pub fn new(quantities: Vec<String>, formulas: Vec<Formula>) -> FeatureRates {
        let measures = vec![None; formulas.len()];
        FeatureRates { quantities, formulas, measures }
    }

    /// The same, some of which are measures: one entry for each formula.
    #[must_use]
    pub fn measuring(self, measures: Vec<Option<QuantityMeasure>>) -> FeatureRates {
        debug_assert_eq!(measures.len(), self.formulas.len(), "every rate is a price or a measure");
        FeatureRates { measures, ..self }
    }

    /// The names that a rate over these quantities may use, in the order of its values.
    #[must_use]
    pub fn names<'a>(quantities: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        RATE_NAMES.into_iter().chain(quantities).collect()
    }

    /// Number of rates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.formulas.len()
    }

    /// True if every policy has the feature's own rate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.formulas.is_empty()
    }

    /// Names of the quantities, in the order of their values.
    #[must_use]
    pub fn quantities(&self) -> &[String] {
        &self.quantities
    }

    /// The rates in the order of their numbers.
    #[must_use]
    pub fn formulas(&self) -> &[Formula] {
        &self.formulas
    }

    /// What the rate of a place adds to the feature's own cost, and what it multiplies it by, if it reads nothing else.
    pub(super) fn linear_in_cost(&self, place: usize) -> Option<(f64, f64)> {
        self.formulas[place].linear_in(RATE_NAMES.len() - 1)
    }

    /// True if one of the rates reads the quantity of this place.
    #[must_use]
    pub fn reads(&self, rate: &Formula, quantity: usize) -> bool {
        quantity < self.quantities.len() && rate.reads(RATE_NAMES.len() + quantity)
    }

    /// True if the rate of a place is a measure, and no price.
    #[must_use]
    pub fn is_measure(&self, rate: usize) -> bool {
        self.measures.get(rate).is_some_and(Option::is_some)
    }

    /// True if some rate reads the quantity of this place.
    #[must_use]
    pub fn read(&self, quantity: usize) -> bool {
        self.formulas.iter().any(|rate| self.reads(rate, quantity))
    }

    /// Prices a step of such quantities by every rate and appends what it costs to `prices`; those that are not given are not
    /// known.
    pub(super) fn price(
        &self,
        quantities: &[f64],
        step: PricedStep,
        (buffer, prices): (&mut Vec<f64>, &mut Vec<Credits>),
        mishap: &mut Mishap,
    ) {
        buffer.clear();
        buffer.extend([f64::from(step.turn), step.seconds, step.cost]);
        buffer.extend_from_slice(quantities);
        buffer.resize(RATE_NAMES.len() + self.quantities.len(), step.unknown);
        for (formula, measure) in self.formulas.iter().zip(&self.measures) {
            let share = if measure.is_some() { 1.0 } else { step.share };
            let value = formula.evaluate(buffer) * share;
            if value.is_nan() || value < 0.0 {
                let broken = || Box::new(("rate", formula.to_string(), value));
                mishap.broken.get_or_insert_with(broken);
            }
            mishap.cost |= is_cut(value, MOST_COST);
            prices.push(if value.is_nan() { Credits::ZERO } else { credits(value) });
        }
    }

    /// Appends a step that costs nothing by any rate.
    pub(super) fn price_nothing(&self, prices: &mut Vec<Credits>) {
        prices.extend(self.formulas.iter().map(|_| Credits::ZERO));
    }

    /// Prices an operation that is written down: what it says of itself is known in every step of it.
    pub(super) fn price_listed(
        &self,
        row: &Listed,
        (prices, part_prices): (&mut Vec<Credits>, &mut Vec<Credits>),
        mishap: &mut Mishap,
    ) {
        let of = |name: &String| {
            let written = row.quantities.iter().find(|(known, _)| known == name);
            written.map_or(f64::NAN, |(_, value)| *value)
        };
        let (values, mut buffer): (Vec<f64>, _) = (self.quantities.iter().map(of).collect(), Vec::new());
        let step = |cost: Credits, duration: SimSpan, turn: u32| PricedStep {
            cost: cost.as_f64(),
            unknown: f64::NAN,
            share: 1.0,
            seconds: duration.as_seconds_f64(),
            turn,
        };
        if row.parts.is_empty() {
            self.price(&values, step(row.credits, row.duration, 1), (&mut buffer, prices), mishap);
            return;
        }
        let first = part_prices.len();
        for (place, part) in row.parts.iter().enumerate() {
            if part.kind == PartKind::Work {
                let turn = 1 + works_before(&row.parts[..place]);
                let step = step(part.cost, part.duration, turn);
                self.price(&values, step, (&mut buffer, &mut *part_prices), mishap);
            } else {
                self.price_nothing(part_prices);
            }
        }
        self.add_up_where(|measure| measure.is_some(), &part_prices[first..], prices);
    }

    /// Appends what a run costs in all to `prices`: the sums over its steps, rate by rate.
    pub(super) fn add_up(&self, part_prices: &[Credits], prices: &mut Vec<Credits>) {
        self.add_up_where(|measure| measure.is_some_and(|measure| measure.once), part_prices, prices);
    }

    /// The same, where every step says the whole of what counts `once`.
    fn add_up_where(
        &self,
        once: impl Fn(Option<QuantityMeasure>) -> bool,
        part_prices: &[Credits],
        prices: &mut Vec<Credits>,
    ) {
        let rates = self.len();
        let of = |(rate, measure): (usize, &Option<QuantityMeasure>)| {
            let steps = part_prices.iter().skip(rate).step_by(rates).copied();
            if once(*measure) { steps.max().unwrap_or_default() } else { steps.sum::<Credits>() }
        };
        prices.extend(self.measures.iter().enumerate().map(of));
    }
}

/// Steps with work before one.
fn works_before(parts: &[RunPart]) -> u32 {
    parts.iter().filter(|part| part.kind == PartKind::Work).count() as u32
}
