//! From a row of cells to a record of the replay, or to the heading under which it is counted.
//!
//! Owns what a cell means and what becomes of a row; leaves columns to `columns` and costs to `prices`. Invariants:
//! every row is counted once; every bad cell of a row is told, not the first alone.

use crate::sampling::{hash_name, mix};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::demand::Demand;
use crate::workload::operation::Fate;
use crate::workload::plan::span;
use crate::workload::rates::MOST_RATES;

use super::belonging::RowOwner;
use super::cells::{Number, TimeForm, number, time};
use super::columns::{ChosenColumns, Roles, require};
use super::counts::HistoryCounts;
use super::error::{GatheredProblems, HistoryError, HistoryProblems};
use super::grid::BucketGrid;
use super::outcomes::{WordedOutcome, outcome};
use super::prices::{Priced, Prices};
use super::rates::{RowMishap, RowRates, RowToPrice};
use super::record::CleanRow;
use super::spec::{BucketLength, HistorySpec, Sizeless};
use super::strangers::UnknownNames;
use super::table::HistoryTable;
use super::units_seen::UnitsSeen;

/// Label of rows whose organization is empty.
pub const NO_ORGANIZATION: &str = "(none)";
/// Label of the one organization of a file without organizations.
pub const ONE_ORGANIZATION: &str = "all";

/// Largest cost of a row (credits).
const MOST_CREDITS: f64 = 1e12;
/// Most operations of a row.
const MOST_REQUESTS: f64 = 4e9;

/// A history's columns found in its file, and its formulas ready.
pub(super) struct Cleaner<'a> {
    pub(super) spec: &'a HistorySpec,
    pub(super) names: Vec<String>,
    pub(super) roles: Roles,
    prices: Prices,
    rates: RowRates,
    /// Prices that stand beside each row.
    priced_by: u8,
    last: Option<SimTime>,
    pub(super) strangers: UnknownNames,
    /// Values of the group column that are no groups.
    pub(super) outsiders: UnknownNames,
    /// The instants of buckets that do not say their end.
    pub grid: BucketGrid,
    units: UnitsSeen,
}

/// What a row costs by its feature's own rate, and by every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct RowCosts {
    cost: Credits,
    prices: [Credits; MOST_RATES],
}

/// A row and whose it is.
pub(super) type Labelled = (String, CleanRow);

impl<'a> Cleaner<'a> {
    /// Opens the file and finds every column.
    pub fn open(spec: &'a HistorySpec, demands: &[&Demand]) -> Result<(Self, HistoryTable), HistoryProblems> {
        let mut chosen = ChosenColumns::default();
        let roles = Roles::choose(spec, &mut chosen);
        let mut prices = Prices::find(spec, demands, &mut chosen)?;
        let rates = RowRates::find(spec, demands, &mut chosen);
        let names = chosen.0;
        let table = HistoryTable::open(spec, &names)?;
        prices.forget_spend_without_columns(&table);
        let needed = prices.cells().into_iter().chain(rates.cells()).filter(|cells| !cells.optional);
        let sizes = needed.map(super::prices::AlternativeColumns::columns).collect();
        require(spec, &table, &names, &roles, sizes).finish()?;
        let cleaner = Cleaner {
            spec,
            names,
            roles,
            prices,
            rates,
            priced_by: spec.priced_by() as u8,
            last: None,
            strangers: UnknownNames::default(),
            outsiders: UnknownNames::default(),
            grid: BucketGrid::default(),
            units: UnitsSeen::default(),
        };
        Ok((cleaner, table))
    }

    /// Behind the last row: values that are no features, and, without a header, every column that no row had.
    pub fn close(&self, table: &HistoryTable, counts: &HistoryCounts, problems: &mut GatheredProblems) {
        self.tell_strangers(problems);
        if table.header().is_some() || counts.rows == 0 {
            return;
        }
        let cells = self.prices.cells().into_iter().chain(self.rates.cells());
        let needed = cells.filter(|cells| !cells.optional);
        let sizes = needed.map(super::prices::AlternativeColumns::columns).collect();
        for group in self.roles.needed(self.spec.columns.lenient, sizes) {
            if group.iter().all(|column| table.lacks(*column)) {
                let wanted: Vec<&str> = group.iter().map(|column| self.names[*column].as_str()).collect();
                let what = format!("ends without any `{}`", wanted.join("` or `"));
                problems.add(self.error(table, what).with_hint("fields of nested objects are written `a.b`"));
            }
        }
    }

    /// The current row as a record with its label; `None` if it is counted and left out, or wrong.
    pub fn clean(
        &mut self,
        table: &HistoryTable,
        counts: &mut HistoryCounts,
        problems: &mut GatheredProblems,
    ) -> Option<Labelled> {
        counts.rows += 1;
        let label = self.label(table);
        if !self.spec.is_chosen(&label) {
            counts.not_chosen += 1;
            return None;
        }
        if !self.is_usage(table) {
            counts.other_kinds += 1;
            return None;
        }
        let requests = problems.keep(self.requests(table));
        if requests == Some(0) && self.prices.cells().iter().all(|cells| cells.is_nothing(table)) {
            counts.empty_buckets += 1;
            return None;
        }
        let at = problems.keep(self.arrival(table));
        let feature = match self.feature(table) {
            RowOwner::Of(feature) => Some(feature),
            RowOwner::Unknown => None,
            RowOwner::LeftOut => {
                counts.other_features += 1;
                return None;
            }
        };
        let duration = at.and_then(|(at, _)| problems.keep(self.duration(table, at)));
        let length = at.and_then(|(at, _)| problems.keep(self.length(table, at)));
        // Bad cells of the others are told first; the cost needs them.
        let (requests, (at, form), feature) = (requests?, at?, feature?);
        let seconds = duration.unwrap_or_default().as_seconds_f64();
        let outcome = self.outcome(table);
        let row = match outcome.charged {
            true => problems.keep(self.row_cost(table, feature, (requests, seconds), counts))?,
            false => Some(RowCosts::default()),
        };
        counts.sizeless += u64::from(row.is_none());
        let RowCosts { cost, prices } = row.unwrap_or_default();
        let record = CleanRow {
            at,
            cost,
            prices,
            price_count: self.priced_by,
            duration: duration?,
            length: length?,
            line: table.number(),
            feature,
            fate: outcome.fate,
            requests: requests.max(1),
            member: self.member(table),
            place: self.placing(table),
            ..self.twin(table)
        };
        match (row, self.spec.sizeless) {
            (None, Sizeless::Refuse) => {
                let hint = "`sizeless = \"skip\"` leaves such rows out, \"free\" replays them at no cost";
                problems.add(self.error(table, "has no size").with_hint(hint));
                return None;
            }
            (None, Sizeless::Skip) => {
                counts.skipped += 1;
                return Some((self.merged(label), CleanRow::mark(at, table.number())));
            }
            _ => {}
        }
        counts.uncharged += u64::from(!outcome.charged);
        let unit = first_cell(table, &self.roles.unit);
        counts.mixed_units += unit.map_or(0, |unit| self.units.add(feature, unit));
        self.count(&record, form, &label, counts);
        Some((self.merged(label), record))
    }

    fn count(&mut self, record: &CleanRow, form: TimeForm, label: &str, counts: &mut HistoryCounts) {
        counts.count_time(form);
        counts.unsorted += u64::from(self.last.is_some_and(|last| record.at < last));
        self.last = Some(record.at);
        counts.without_organization += u64::from(label == NO_ORGANIZATION);
        counts.failed += u64::from(record.fate == Fate::Fails);
        counts.cancelled += u64::from(record.fate == Fate::Cancelled);
    }

    fn error(&self, table: &HistoryTable, what: impl Into<String>) -> HistoryError {
        HistoryError::row(&self.spec.path, table.line, what)
    }

    /// A cell that is not what its column should hold.
    fn bad_cell(&self, table: &HistoryTable, column: usize, text: &str) -> HistoryError {
        self.error(table, format!("is `{text}`")).in_column(&self.names[column])
    }

    fn label(&self, table: &HistoryTable) -> String {
        if self.roles.organization.is_empty() {
            return ONE_ORGANIZATION.to_owned();
        }
        first_cell(table, &self.roles.organization).unwrap_or(NO_ORGANIZATION).to_owned()
    }

    fn merged(&self, label: String) -> String {
        match self.spec.merge_into {
            Some(count) => format!("merged-{:06}", mix(hash_name(&label)) % u64::from(count.max(1))),
            None => label,
        }
    }

    /// What rows that repeat this one share with it.
    fn twin(&self, table: &HistoryTable) -> CleanRow {
        let mark = CleanRow::mark(SimTime::MIN, table.number());
        match hashed_id(self.roles.id.iter().map(|column| table.cell(*column))) {
            Some(twin) => CleanRow { twin, has_id: true, ..mark },
            None => CleanRow { twin: table.hash(), ..mark },
        }
    }

    fn arrival(&self, table: &HistoryTable) -> Result<(SimTime, TimeForm), HistoryError> {
        self.time(table, &self.roles.time)?.ok_or_else(|| {
            self.error(table, "is empty").in_column(&self.names[self.roles.time[0]]).wanting(TIMES)
        })
    }

    fn time(
        &self,
        table: &HistoryTable,
        columns: &[usize],
    ) -> Result<Option<(SimTime, TimeForm)>, HistoryError> {
        let Some(column) = columns.iter().copied().find(|column| !table.cell(*column).is_empty()) else {
            return Ok(None);
        };
        let text = table.cell(column);
        match time(text, &self.spec.zone) {
            Some(found) => Ok(Some(found)),
            None => Err(self.bad_cell(table, column, text).wanting(TIMES)),
        }
    }

    fn requests(&self, table: &HistoryTable) -> Result<u32, HistoryError> {
        let Some(column) = self.roles.requests.first().copied() else { return Ok(1) };
        // An export of events, though the product has one of buckets too.
        if self.spec.columns.lenient && table.lacks(column) {
            return Ok(1);
        }
        let text = table.cell(column);
        match number(text) {
            Number::Is(count) if (0.0..=MOST_REQUESTS).contains(&count) => {
                Ok(libm::floor(count + 0.5) as u32)
            }
            Number::Empty => Ok(0),
            _ => {
                Err(self.bad_cell(table, column, text).wanting("a number of requests, at most 4,000,000,000"))
            }
        }
    }

    /// What the row costs by every rate; `None` if a size is missing.
    fn row_cost(
        &self,
        table: &HistoryTable,
        feature: FeatureIndex,
        (requests, seconds): (u32, f64),
        counts: &mut HistoryCounts,
    ) -> Result<Option<RowCosts>, HistoryError> {
        let Some(cost) = self.cost(table, feature, requests, seconds, counts)? else { return Ok(None) };
        let mut costs = RowCosts { cost: self.scaled(cost), ..RowCosts::default() };
        if self.priced_by == 0 {
            return Ok(Some(costs));
        }
        match self.rates.evaluate(table, feature, RowToPrice { requests, seconds, cost }, counts) {
            Ok(None) => Ok(None),
            Ok(Some(prices)) => {
                for (place, price) in prices.into_iter().enumerate() {
                    costs.prices[place] = self.scaled(self.in_range(table, price, "costs")?);
                }
                Ok(Some(costs))
            }
            Err(RowMishap::Cell(column, text)) => Err(self.bad_number(table, column, &text)),
            Err(RowMishap::Price(rate, price)) => {
                self.in_range(table, price, &format!("by the rate `{rate}` costs")).map(|_| None)
            }
        }
    }

    /// The row's cost by its feature's own rate (credits); `None` if a size is missing.
    fn cost(
        &self,
        table: &HistoryTable,
        feature: FeatureIndex,
        requests: u32,
        seconds: f64,
        counts: &mut HistoryCounts,
    ) -> Result<Option<f64>, HistoryError> {
        let price = match &self.prices {
            Prices::Drawn => return Ok(Some(0.0)),
            Prices::One => return Ok(Some(f64::from(requests))),
            prices => prices.of(feature).ok_or_else(|| {
                let hint = "give the feature `quantities` and a `cost` formula over them, or write `cost` in the history";
                self.error(table, "belongs to a feature whose cost is no formula").with_hint(hint)
            })?,
        };
        counts.priced_by_spend += u64::from(price.by_spend);
        let lenient = self.spec.columns.lenient;
        let cost = match price.evaluate(table, lenient, requests, seconds, counts) {
            Ok(Priced::Cost(cost)) => cost,
            Ok(Priced::Sizeless) => return Ok(None),
            Err((column, text)) => return Err(self.bad_number(table, column, &text)),
        };
        self.in_range(table, cost, "costs").map(Some)
    }

    /// A number of credits that a row may cost.
    fn in_range(&self, table: &HistoryTable, cost: f64, costs: &str) -> Result<f64, HistoryError> {
        if cost < 0.0 || cost.is_nan() {
            let hint = "refunds and corrections are no usage; leave them out of the file, or use max(0, …)";
            return Err(self
                .error(table, format!("{costs} {cost} credits"))
                .wanting("a cost of at least 0")
                .with_hint(hint));
        }
        if cost > MOST_CREDITS {
            let what = format!("{costs} {cost:e} credits, more than an account can count");
            return Err(self.error(table, what).wanting("at most 1,000,000,000,000 credits a row"));
        }
        Ok(cost)
    }

    fn bad_number(&self, table: &HistoryTable, column: usize, text: &str) -> HistoryError {
        let error = self.bad_cell(table, column, text).wanting("a number, such as 1234.5 or 1,234.5");
        if text.contains(',') {
            return error.with_hint("write decimals with a point, and thousands in groups of three");
        }
        error
    }

    /// Rounded half-up to a micro-credit first, so that scaling by 1 changes nothing.
    fn scaled(&self, cost: f64) -> Credits {
        let cost = Credits::from_f64(cost);
        if self.spec.replay.scale == 1.0 {
            cost
        } else {
            Credits::from_f64(cost.as_f64() * self.spec.replay.scale)
        }
    }

    fn duration(&self, table: &HistoryTable, at: SimTime) -> Result<SimSpan, HistoryError> {
        if let (Some(column), Some(duration)) = (self.roles.duration.first(), &self.spec.columns.duration) {
            let text = table.cell(*column);
            return match number(text) {
                Number::Is(length) if length >= 0.0 => Ok(span(length * duration.unit.as_seconds_f64())),
                Number::Empty => Ok(self.end(table, &self.roles.end, at)?.unwrap_or_default()),
                _ => {
                    Err(self.bad_cell(table, *column, text).wanting("a duration of at least 0, as a number"))
                }
            };
        }
        Ok(self.end(table, &self.roles.end, at)?.unwrap_or_default())
    }

    /// Length of the row's bucket; 0 for events, [`CleanRow::LENGTH_AS_FOUND`] if the whole file tells it.
    fn length(&mut self, table: &HistoryTable, at: SimTime) -> Result<SimSpan, HistoryError> {
        let Some(buckets) = &self.spec.buckets else { return Ok(SimSpan::ZERO) };
        match (self.end(table, &self.roles.bucket_end, at)?, buckets.length) {
            (Some(length), _) if length > SimSpan::ZERO => Ok(length),
            (Some(_), _) => Err(self.error(table, "is a bucket without length")),
            (None, BucketLength::Is(length)) => {
                self.grid.add(at, &self.spec.zone);
                if self.grid.fits(at, length, &self.spec.zone) {
                    return Ok(length);
                }
                let what =
                    format!("begins at {at}, off the grid of buckets of {} s", length.as_seconds_f64());
                let hint = "`buckets.length` is how long every bucket is; without it, name the column of their `end`";
                Err(self
                    .error(table, what)
                    .wanting("buckets that begin a whole number of lengths apart")
                    .with_hint(hint))
            }
            (None, BucketLength::AsFound | BucketLength::DaysOrEvents) => {
                self.grid.add(at, &self.spec.zone);
                Ok(CleanRow::LENGTH_AS_FOUND)
            }
            (None, BucketLength::Told) => Err(self.error(table, "has no end of its bucket")),
        }
    }

    /// From `at` to an instant in one of the columns.
    fn end(
        &self,
        table: &HistoryTable,
        columns: &[usize],
        at: SimTime,
    ) -> Result<Option<SimSpan>, HistoryError> {
        match self.time(table, columns)? {
            Some((end, _)) if end >= at => Ok(Some(end - at)),
            Some(_) => Err(self.error(table, "ends before it begins")),
            None => Ok(None),
        }
    }

    /// How the operation ended: the worst that its columns say.
    fn outcome(&self, table: &HistoryTable) -> WordedOutcome {
        let Some(status) = &self.spec.columns.status else { return WordedOutcome::FINE };
        let of = |column: usize| {
            let value = table.cell(column);
            let is = |words: &[String]| words.iter().any(|word| word == value);
            match () {
                () if is(&status.failed) => WordedOutcome { fate: Fate::Fails, charged: true },
                () if is(&status.cancelled) => WordedOutcome { fate: Fate::Cancelled, charged: true },
                () if status.usual_words => outcome(&self.names[column], value),
                () => WordedOutcome::FINE,
            }
        };
        let outcomes = self.roles.status.iter().map(|column| of(*column));
        outcomes.fold(WordedOutcome::FINE, WordedOutcome::worse)
    }

    /// False for rows of a file that are something else.
    fn is_usage(&self, table: &HistoryTable) -> bool {
        let (Some(kinds), Some(kind)) = (&self.spec.kinds, first_cell(table, &self.roles.kinds)) else {
            return true;
        };
        kinds.usage.iter().any(|usage| usage.eq_ignore_ascii_case(kind))
    }

    /// The columns in which sizes were looked for, as a message names them.
    pub fn sizes_looked_for(&self) -> Option<String> {
        let cells = self.prices.cells();
        let mut columns: Vec<usize> = cells.iter().flat_map(|cells| cells.columns()).collect();
        columns.sort_unstable();
        columns.dedup();
        let names: Vec<String> = columns.iter().map(|column| format!("`{}`", self.names[*column])).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// What a time may look like.
const TIMES: &str =
    "a time: ISO 8601 such as 2025-01-31T10:00:00Z or 2025-01-31 10:00:00, or a number since 1970";

/// Bits of the cells that together are a row's id; none if all are empty.
pub(in crate::workload) fn hashed_id<'t>(cells: impl Iterator<Item = &'t str>) -> Option<u64> {
    let mut id = None;
    for (place, cell) in cells.enumerate() {
        if !cell.is_empty() {
            let own = hash_name(cell);
            id = Some(id.map_or(own, |id| mix(id ^ own.rotate_left(place as u32))));
        }
    }
    id
}

/// The first cell among alternatives that is not empty.
pub(super) fn first_cell<'t>(table: &'t HistoryTable, columns: &[usize]) -> Option<&'t str> {
    columns.iter().map(|column| table.cell(*column)).find(|cell| !cell.is_empty())
}
