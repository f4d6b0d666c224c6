//! What a row costs by other rates than its feature's own (docs/semantics.md §13): its columns are the quantities.
//!
//! Leaves what it costs by the feature's own rate to `prices`. Invariant: every row of a history is priced by every rate of its
//! feature, or has no size.

use crate::workload::demand::Demand;
use crate::workload::rates::{FeatureRates, MOST_RATES, RATE_NAMES};

use super::columns::ChosenColumns;
use super::counts::HistoryCounts;
use super::prices::{AlternativeColumns, CellValue};
use super::spec::{HistorySpec, RowCost};
use super::table::HistoryTable;
use crate::units::FeatureIndex;

/// The rates of every feature over the history's columns.
#[derive(Default)]
pub(super) struct RowRates(Vec<RatesOfRows>);

/// The rates of one feature.
struct RatesOfRows {
    /// In the order of their numbers.
    rates: std::sync::Arc<FeatureRates>,
    /// The columns of each quantity that some rate reads.
    cells: Vec<Option<AlternativeColumns>>,
}

/// What a row is priced with besides its cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowToPrice {
    pub requests: u32,
    /// Time that each of them takes (seconds).
    pub seconds: f64,
    /// What they cost together by the feature's own rate (credits).
    pub cost: f64,
}

impl RowRates {
    /// Finds the columns of every quantity that some rate reads.
    pub fn find(spec: &HistorySpec, demands: &[&Demand], chosen: &mut ChosenColumns) -> RowRates {
        if spec.priced_by() == 0 {
            return RowRates::default();
        }
        let of = |(rates, _): (&std::sync::Arc<FeatureRates>, &&Demand)| RatesOfRows {
            rates: std::sync::Arc::clone(rates),
            cells: rates
                .quantities()
                .iter()
                .enumerate()
                .map(|(place, name)| rates.read(place).then(|| columns_of(spec, name, chosen)))
                .collect(),
        };
        RowRates(spec.rates.iter().zip(demands).map(of).collect())
    }

    /// Every value that some row needs.
    pub fn cells(&self) -> Vec<&AlternativeColumns> {
        self.0.iter().flat_map(|of| of.cells.iter().flatten()).collect()
    }

    /// What a row costs by each rate (credits); none if it has no size.
    ///
    /// # Errors
    /// The column of a cell that is no number, and its text; or a rate that gives no cost, as text.
    pub fn evaluate(
        &self,
        table: &HistoryTable,
        feature: FeatureIndex,
        row: RowToPrice,
        counts: &mut HistoryCounts,
    ) -> Result<Option<[f64; MOST_RATES]>, RowMishap> {
        let mut prices = [0.0; MOST_RATES];
        let Some(of) = self.0.get(feature.index()) else { return Ok(Some(prices)) };
        let count = f64::from(row.requests.max(1));
        let mut values = Vec::with_capacity(of.cells.len() + RATE_NAMES.len());
        values.extend([1.0, row.seconds, row.cost / count]);
        for cells in &of.cells {
            values.push(match cells.as_ref().map(|cells| (cells, cells.value(table, counts))) {
                None => f64::NAN,
                Some((_, CellValue::Is(value))) => value / count,
                Some((cells, CellValue::Empty)) if cells.optional => 0.0,
                Some((_, CellValue::Empty)) => return Ok(None),
                Some((_, CellValue::Not(column, text))) => {
                    return Err(RowMishap::Cell(column, text.to_owned()));
                }
            });
        }
        for (price, formula) in prices.iter_mut().zip(of.rates.formulas()) {
            *price = formula.evaluate(&values) * count;
            if price.is_nan() || *price < 0.0 {
                return Err(RowMishap::Price(formula.to_string(), *price));
            }
        }
        Ok(Some(prices))
    }
}

/// Why a row has no price.
pub(super) enum RowMishap {
    /// A cell of this column is no number.
    Cell(usize, String),
    /// A rate gives this.
    Price(String, f64),
}

/// The columns of a quantity: as the history maps it, else the column of its name.
fn columns_of(spec: &HistorySpec, name: &str, chosen: &mut ChosenColumns) -> AlternativeColumns {
    let (quantities, optional): (&[(String, String)], &[String]) = match &spec.cost {
        RowCost::OfFeature { quantities, optional } => (quantities, optional),
        RowCost::Columns { optional, .. } => (&[], optional),
        RowCost::One | RowCost::Drawn => (&[], &[]),
    };
    let is_optional = |of: &str| optional.iter().any(|known| known == of);
    match quantities.iter().find(|(known, _)| known == name) {
        Some((_, column)) => {
            AlternativeColumns::parse(column, is_optional(name) || is_optional(column), chosen)
        }
        None => AlternativeColumns::plain(name, is_optional(name), chosen),
    }
}
