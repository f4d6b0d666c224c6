//! What a row costs: one credit, a formula over columns, or the cost formula of its feature.

use crate::units::FeatureIndex;
use crate::workload::demand::{Amount, Demand, StepShape};
use crate::workload::formula::Formula;
use crate::workload::plan::BUILTIN_NAMES;

use super::cells::{Number, is_word_for_zero, number};
use super::columns::ChosenColumns;
use super::counts::HistoryCounts;
use super::error::HistoryError;
use super::spec::{HistorySpec, RowCost};
use super::table::HistoryTable;

/// Costs of rows over chosen columns.
pub(super) enum Prices {
    One,
    Drawn,
    Columns(Price),
    /// Per feature in file order; none for features whose cost is no formula.
    OfFeature(Vec<Option<Price>>),
}

/// A formula and the columns of its values.
pub(super) struct Price {
    formula: Formula,
    cells: Vec<AlternativeColumns>,
    /// The formula speaks of one operation, so a bucket of several is priced by their mean.
    each: bool,
    /// The feature has no price of its own: the file's costs stand for it.
    pub by_spend: bool,
}

/// Credits that a unit of money buys, where a history says what calls cost in money and nothing else is said.
pub(in crate::workload) const CREDITS_PER_MONEY: f64 = 100.0;

/// Alternative columns of one value; the first one that is not empty counts.
#[derive(Debug, Clone)]
pub(super) struct AlternativeColumns {
    alternatives: Vec<Vec<Term>>,
    /// Empty cells, and columns that the file lacks, count as 0.
    pub optional: bool,
}

/// One column of a value: the first of an alternative counts, later ones are taken off.
#[derive(Debug, Clone)]
struct Term {
    column: usize,
    /// Counts only in rows in which this column has this value.
    only: Option<(usize, String)>,
}

/// What a value of a row is.
pub(super) enum CellValue<'t> {
    Is(f64),
    Empty,
    /// Something else, in this column.
    Not(usize, &'t str),
}

impl AlternativeColumns {
    /// Reads `a|b` (alternatives), `a - b` (less) and `a[b=word]` (only where).
    pub fn parse(text: &str, optional: bool, chosen: &mut ChosenColumns) -> AlternativeColumns {
        let mut term = |text: &str| {
            let text = text.trim();
            let condition = text.strip_suffix(']').and_then(|text| text.split_once('['));
            let condition = condition.and_then(|(name, rest)| Some((name, rest.split_once('=')?)));
            match condition {
                Some((name, (other, word))) => Term {
                    column: chosen.add(name.trim()),
                    only: Some((chosen.add(other.trim()), word.trim().to_owned())),
                },
                None => Term { column: chosen.add(text), only: None },
            }
        };
        let alternatives = text.split('|').map(|text| text.split(" - ").map(&mut term).collect()).collect();
        AlternativeColumns { alternatives, optional }
    }

    /// One column, whatever its name looks like.
    pub fn plain(name: &str, optional: bool, chosen: &mut ChosenColumns) -> AlternativeColumns {
        AlternativeColumns {
            alternatives: vec![vec![Term { column: chosen.add(name), only: None }]],
            optional,
        }
    }

    /// A value that no column gives.
    fn none() -> AlternativeColumns {
        AlternativeColumns { alternatives: Vec::new(), optional: true }
    }

    /// The columns of which the file must have one.
    pub fn columns(&self) -> Vec<usize> {
        self.alternatives.iter().filter_map(|terms| terms.first()).map(|term| term.column).collect()
    }

    pub fn value<'t>(&self, table: &'t HistoryTable, counts: &mut HistoryCounts) -> CellValue<'t> {
        for terms in &self.alternatives {
            let mut sum = None;
            for (place, term) in terms.iter().enumerate() {
                if term.only.as_ref().is_some_and(|(other, word)| table.cell(*other) != word) {
                    continue;
                }
                let text = table.cell(term.column);
                match (number(text), place) {
                    (Number::Is(value), 0) => {
                        counts.words_as_zero += u64::from(is_word_for_zero(text));
                        sum = Some(value);
                    }
                    (Number::Is(value), _) => sum = sum.map(|sum| sum - value),
                    (Number::Empty, _) => {}
                    (Number::Not, _) => return CellValue::Not(term.column, text),
                }
            }
            if let Some(sum) = sum {
                // What is taken off was part of the whole.
                return CellValue::Is(if terms.len() > 1 { sum.max(0.0) } else { sum });
            }
        }
        CellValue::Empty
    }

    /// True if the value is empty or 0.
    pub fn is_nothing(&self, table: &HistoryTable) -> bool {
        match self.value(table, &mut HistoryCounts::default()) {
            CellValue::Is(value) => value == 0.0,
            CellValue::Empty => true,
            CellValue::Not(..) => false,
        }
    }
}

/// What a price says about a row.
pub(super) enum Priced {
    /// Credits.
    Cost(f64),
    /// A size is missing.
    Sizeless,
}

impl Prices {
    /// Finds the formulas of a history, and their columns.
    pub fn find(
        spec: &HistorySpec,
        demands: &[&Demand],
        chosen: &mut ChosenColumns,
    ) -> Result<Self, HistoryError> {
        match &spec.cost {
            RowCost::One => Ok(Prices::One),
            RowCost::Drawn => Ok(Prices::Drawn),
            RowCost::Columns { formula, columns, optional } => {
                let cells = |name: &String| AlternativeColumns::plain(name, optional.contains(name), chosen);
                let cells = columns.iter().map(cells).collect();
                Ok(Prices::Columns(Price { formula: formula.clone(), cells, each: false, by_spend: false }))
            }
            RowCost::OfFeature { quantities, optional } => {
                let price = |demand: &&Demand| Price::of_feature(spec, demand, quantities, optional, chosen);
                Ok(Prices::OfFeature(demands.iter().map(price).collect::<Result<_, _>>()?))
            }
        }
    }

    /// The price of a feature's rows; none if its cost is no formula (or no formula is needed).
    pub fn of(&self, feature: FeatureIndex) -> Option<&Price> {
        match self {
            Prices::One | Prices::Drawn => None,
            Prices::Columns(price) => Some(price),
            Prices::OfFeature(prices) => prices.get(feature.index())?.as_ref(),
        }
    }

    /// Forgets prices that are the file's own costs, if it has none.
    pub fn forget_spend_without_columns(&mut self, table: &HistoryTable) {
        let Prices::OfFeature(prices) = self else { return };
        for price in prices {
            let lacks = |price: &Price| {
                let columns = price.cells.iter().flat_map(AlternativeColumns::columns);
                price.by_spend && table.header().is_some() && columns.into_iter().all(|of| table.lacks(of))
            };
            if price.as_ref().is_some_and(lacks) {
                *price = None;
            }
        }
    }

    /// Every value that some row needs.
    pub fn cells(&self) -> Vec<&AlternativeColumns> {
        match self {
            Prices::One | Prices::Drawn => Vec::new(),
            Prices::Columns(price) => price.cells.iter().collect(),
            Prices::OfFeature(prices) => prices.iter().flatten().flat_map(|price| &price.cells).collect(),
        }
    }
}

impl Price {
    /// The formula of a feature over the history's columns.
    fn of_feature(
        spec: &HistorySpec,
        demand: &Demand,
        quantities: &[(String, String)],
        optional: &[String],
        chosen: &mut ChosenColumns,
    ) -> Result<Option<Price>, HistoryError> {
        let formula = match &demand.work.shape {
            StepShape::Simple { cost: Amount::Formula(formula), .. } => formula,
            StepShape::Simple { cost, .. } if *cost == Amount::default() => {
                return Ok(Price::of_spend(quantities, chosen));
            }
            _ => return Ok(None),
        };
        let mut cells = Vec::new();
        for (index, quantity) in demand.work.quantities.iter().enumerate() {
            let name = &quantity.name;
            let column = quantities.iter().find(|(known, _)| known == name).map(|(_, column)| column);
            let read = formula.reads(index);
            let may_lack = !read || optional.contains(name);
            match column {
                Some(column) => {
                    cells.push(AlternativeColumns::parse(
                        column,
                        may_lack || optional.contains(column),
                        chosen,
                    ));
                }
                None if may_lack => cells.push(AlternativeColumns::none()),
                None => {
                    let what = format!("the cost `{formula}` needs `{name}`, which no column gives");
                    let known: Vec<&str> = quantities.iter().map(|(name, _)| name.as_str()).collect();
                    let wanted = format!("quantities of the history: {}", known.join(", "));
                    return Err(HistoryError::row(&spec.path, 1, what).wanting(&wanted));
                }
            }
        }
        Ok(Some(Price { formula: formula.clone(), cells, each: true, by_spend: false }))
    }

    /// What the file itself says that rows cost, if it is an export that does.
    fn of_spend(quantities: &[(String, String)], chosen: &mut ChosenColumns) -> Option<Price> {
        let (_, column) = quantities.iter().find(|(name, _)| name == "spend")?;
        let names = ["spend".to_owned()];
        let formula = Formula::compile(&format!("{CREDITS_PER_MONEY} * spend"), &names).ok()?;
        let cells = vec![AlternativeColumns::parse(column, true, chosen)];
        Some(Price { formula, cells, each: false, by_spend: true })
    }

    /// What a row of `requests` operations costs together, each taking `seconds`.
    pub fn evaluate(
        &self,
        table: &HistoryTable,
        lenient: bool,
        requests: u32,
        seconds: f64,
        counts: &mut HistoryCounts,
    ) -> Result<Priced, (usize, String)> {
        let mut values = Vec::with_capacity(self.cells.len() + BUILTIN_NAMES.len());
        let mut said = 0;
        for cells in &self.cells {
            match cells.value(table, counts) {
                CellValue::Is(value) => {
                    said += 1;
                    values.push(value);
                }
                CellValue::Empty if cells.optional => {
                    // A column that the file lacks has no cell.
                    counts.empty_as_zero += u64::from(cells.columns().iter().any(|of| !table.lacks(*of)));
                    values.push(0.0);
                }
                CellValue::Empty => return Ok(Priced::Sizeless),
                CellValue::Not(column, text) => return Err((column, text.to_owned())),
            }
        }
        // An export that may lack any size still has to say one of them.
        if lenient && said == 0 {
            return Ok(Priced::Sizeless);
        }
        let sizes = values.len();
        // The builtin names of a feature's formula: the first turn, and the duration.
        values.extend([1.0, seconds]);
        let whole = self.formula.evaluate(&values);
        if !self.each || requests < 2 {
            return Ok(Priced::Cost(whole));
        }
        let count = f64::from(requests);
        for value in &mut values[..sizes] {
            *value /= count;
        }
        let each = self.formula.evaluate(&values) * count;
        // In proportion to the sizes, as most formulas are, the whole is exact and its mean is not.
        let proportional = (each - whole).abs() <= 1e-9 * whole.abs();
        Ok(Priced::Cost(if proportional { whole } else { each }))
    }
}
