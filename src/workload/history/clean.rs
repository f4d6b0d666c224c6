//! From a row of cells to a record of the replay, or to the heading under which it is counted.

use std::path::Path;

use crate::sampling::{hash_name, mix};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::demand::{Amount, Demand, Shape};
use crate::workload::formula::Formula;
use crate::workload::operation::Fate;
use crate::workload::plan::{BUILTIN_NAMES, span};

use super::cells::{Number, TimeForm, number, time};
use super::error::{HistoryCounts, HistoryError};
use super::record::Record;
use super::spec::{HistorySpec, OtherFeatures, RowCost, Sizeless};
use super::table::Table;

/// Label of rows whose organization is empty.
pub const NO_ORGANIZATION: &str = "(none)";
/// Label of the one organization of a file without organizations.
pub const ONE_ORGANIZATION: &str = "all";

/// Largest cost of a row (credits).
const MOST_CREDITS: f64 = 1e12;

/// A history's columns found in its file, and its formulas ready.
pub(super) struct Cleaner<'a> {
    spec: &'a HistorySpec,
    roles: Roles,
    prices: Prices,
    last: Option<SimTime>,
}

/// Chosen columns by role; several are alternatives.
#[derive(Debug, Default)]
struct Roles {
    time: Vec<usize>,
    end: Vec<usize>,
    organization: Vec<usize>,
    feature: Vec<usize>,
    duration: Vec<usize>,
    status: Vec<usize>,
    member: Vec<usize>,
    id: Vec<usize>,
    requests: Vec<usize>,
}

/// What a row costs, over chosen columns.
enum Prices {
    One,
    Drawn,
    Columns {
        formula: Formula,
        columns: Vec<Cells>,
    },
    /// Per feature in file order: its formula and the column of each of its quantities.
    OfFeature(Vec<Option<FeaturePrice>>),
}

struct FeaturePrice {
    formula: Formula,
    columns: Vec<Cells>,
}

/// Alternative columns of one value.
#[derive(Debug, Clone)]
struct Cells {
    columns: Vec<usize>,
    /// Empty cells, and columns that the file lacks, count as 0.
    optional: bool,
}

/// The names of all columns that a history needs, each once.
struct Chosen(Vec<String>);

impl Chosen {
    fn add(&mut self, name: &str) -> usize {
        self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }

    fn all(&mut self, names: &[String]) -> Vec<usize> {
        names.iter().map(|name| self.add(name)).collect()
    }
}

impl<'a> Cleaner<'a> {
    /// Opens the file and finds every column.
    pub fn open(spec: &'a HistorySpec, demands: &[&Demand]) -> Result<(Self, Table), HistoryError> {
        let mut chosen = Chosen(Vec::new());
        let columns = &spec.columns;
        let roles = Roles {
            time: chosen.all(&columns.time),
            end: chosen.all(&columns.end),
            organization: chosen.all(&columns.organization),
            feature: chosen.all(&columns.feature),
            duration: columns.duration.iter().map(|duration| chosen.add(&duration.column)).collect(),
            status: columns.status.iter().map(|status| chosen.add(&status.column)).collect(),
            member: chosen.all(&columns.member),
            id: chosen.all(&columns.id),
            requests: spec.buckets.iter().flat_map(|b| &b.requests).map(|name| chosen.add(name)).collect(),
        };
        let prices = prices(spec, demands, &mut chosen)?;
        let table = Table::open(spec, &chosen.0)?;
        let cleaner = Cleaner { spec, roles, prices, last: None };
        cleaner.require_columns(&table, &chosen.0)?;
        Ok((cleaner, table))
    }

    /// Every role that the scenario names must have one of its columns in a CSV header.
    fn require_columns(&self, table: &Table, names: &[String]) -> Result<(), HistoryError> {
        let Some(header) = table.header() else { return Ok(()) };
        let roles = &self.roles;
        let mut groups: Vec<&[usize]> = vec![&roles.time];
        if !self.spec.columns.lenient {
            groups.extend::<[&[usize]; 8]>([
                &roles.end,
                &roles.organization,
                &roles.feature,
                &roles.duration,
                &roles.status,
                &roles.member,
                &roles.id,
                &roles.requests,
            ]);
        }
        groups.extend(
            self.prices.cells().filter(|cells| !cells.optional).map(|cells| cells.columns.as_slice()),
        );
        for group in groups.into_iter().filter(|group| !group.is_empty()) {
            if group.iter().all(|column| table.lacks(*column)) {
                let wanted: Vec<&str> = group.iter().map(|column| names[*column].as_str()).collect();
                let what = format!(
                    "has no column `{}`; its columns are: {}",
                    wanted.join("` or `"),
                    header.join(", ")
                );
                let error = HistoryError::row(&self.spec.path, 1, what);
                return Err(match closest(wanted[0], header) {
                    Some(close) => error.with_hint(format!("did you mean `{close}`?")),
                    None => error,
                });
            }
        }
        Ok(())
    }

    /// The current row as a record with its label; `None` if it is counted and left out.
    pub fn clean(
        &mut self,
        table: &Table,
        counts: &mut HistoryCounts,
    ) -> Result<Option<(String, Record)>, HistoryError> {
        counts.rows += 1;
        let spec = self.spec;
        let label = self.label(table);
        if !spec.only.is_empty() && !spec.only.iter().any(|pattern| matches(pattern, &label)) {
            counts.not_chosen += 1;
            return Ok(None);
        }
        let requests = self.requests(table)?;
        if requests == 0 && self.prices.cells().all(|cells| is_nothing(table, cells)) {
            counts.empty_buckets += 1;
            return Ok(None);
        }
        let Some(feature) = self.feature(table)? else {
            counts.other_features += 1;
            return Ok(None);
        };
        let (at, form) =
            self.time(table, &self.roles.time)?.ok_or_else(|| self.error(table, "has no time"))?;
        let cost = self.cost(table, feature, at)?;
        counts.sizeless += u64::from(cost.is_none());
        match (cost, spec.sizeless) {
            (None, Sizeless::Refuse) => return Err(self.error(table, "has no size")),
            (None, Sizeless::Skip) => return Ok(Some((self.merged(label), Record::mark(at, table.line)))),
            _ => {}
        }
        match form {
            TimeForm::Zoned => counts.times_with_zone += 1,
            TimeForm::Local => counts.times_without_zone += 1,
            TimeForm::Number => counts.times_as_numbers += 1,
        }
        counts.unsorted += u64::from(self.last.is_some_and(|last| at < last));
        self.last = Some(at);
        counts.without_organization += u64::from(label == NO_ORGANIZATION);
        let fate = self.fate(table);
        counts.failed += u64::from(fate == Fate::Fails);
        counts.cancelled += u64::from(fate == Fate::Cancelled);
        let record = Record {
            at,
            cost: cost.unwrap_or_default(),
            duration: self.duration(table, at)?,
            line: table.line,
            feature,
            fate,
            requests: requests.max(1),
            member: first_cell(table, &self.roles.member).map(hash_name),
            twin: match first_cell(table, &self.roles.id) {
                Some(id) => hash_name(id),
                None => table.hash(),
            },
        };
        Ok(Some((self.merged(label), record)))
    }

    fn error(&self, table: &Table, what: impl Into<String>) -> HistoryError {
        HistoryError::row(&self.spec.path, table.line, what)
    }

    fn label(&self, table: &Table) -> String {
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

    fn feature(&self, table: &Table) -> Result<Option<FeatureIndex>, HistoryError> {
        let map = &self.spec.features;
        let value = first_cell(table, &self.roles.feature).unwrap_or("");
        if let Some((_, feature)) = map.map.iter().find(|(known, _)| known == value) {
            return Ok(Some(*feature));
        }
        match map.other {
            OtherFeatures::Are(feature) => Ok(Some(feature)),
            OtherFeatures::Skip => Ok(None),
            OtherFeatures::Refuse => {
                let known: Vec<&str> = map.map.iter().map(|(value, _)| value.as_str()).collect();
                let hint = format!(
                    "the map knows: {}; add it, or say `other = \"skip\"` or the name of a feature",
                    known.join(", ")
                );
                Err(self
                    .error(table, format!("has the feature `{value}`, which no map names"))
                    .with_hint(hint))
            }
        }
    }

    fn time(&self, table: &Table, columns: &[usize]) -> Result<Option<(SimTime, TimeForm)>, HistoryError> {
        let Some(text) = first_cell(table, columns) else { return Ok(None) };
        match time(text, &self.spec.zone) {
            Some(found) => Ok(Some(found)),
            None => Err(self
                .error(table, format!("has `{text}` where a time should be"))
                .with_hint("ISO 8601 such as 2025-01-31T10:00:00Z, or a number since 1970")),
        }
    }

    fn requests(&self, table: &Table) -> Result<u32, HistoryError> {
        let Some(column) = self.roles.requests.first() else { return Ok(1) };
        match number(table.cell(*column)) {
            Number::Is(count) if (0.0..=4e9).contains(&count) => Ok(libm::floor(count + 0.5) as u32),
            Number::Empty => Ok(0),
            _ => Err(self
                .error(table, format!("has `{}` where a number of requests should be", table.cell(*column)))),
        }
    }

    /// The row's cost; `None` if a size is missing.
    fn cost(
        &self,
        table: &Table,
        feature: FeatureIndex,
        at: SimTime,
    ) -> Result<Option<Credits>, HistoryError> {
        let (formula, columns) = match &self.prices {
            Prices::Drawn => return Ok(Some(Credits::ZERO)),
            Prices::One => return Ok(Some(self.scaled(f64::from(self.requests(table)?)))),
            Prices::Columns { formula, columns } => (formula, columns),
            Prices::OfFeature(features) => match features.get(feature.index()).and_then(Option::as_ref) {
                Some(price) => (&price.formula, &price.columns),
                None => return Err(self.error(table, "belongs to a feature whose cost is no formula")),
            },
        };
        let mut values = Vec::with_capacity(columns.len() + BUILTIN_NAMES.len());
        for cells in columns {
            let text = first_cell(table, &cells.columns).unwrap_or("");
            match number(text) {
                Number::Is(value) => values.push(value),
                Number::Empty if cells.optional => values.push(0.0),
                Number::Empty => return Ok(None),
                Number::Not => {
                    return Err(self.error(table, format!("has `{text}` where a number should be")));
                }
            }
        }
        // An export that may lack any size still has to say one of them.
        if self.spec.columns.lenient
            && columns.iter().all(|cells| first_cell(table, &cells.columns).is_none())
        {
            return Ok(None);
        }
        // The builtin names of a feature's formula: the first turn, and the duration.
        values.push(1.0);
        values.push(self.duration(table, at)?.as_seconds_f64());
        let cost = formula.evaluate(&values);
        if cost < 0.0 || cost.is_nan() {
            let hint = "refunds and corrections are no usage; leave them out of the file, or use max(0, …)";
            return Err(self.error(table, format!("costs {cost} credits")).with_hint(hint));
        }
        if cost > MOST_CREDITS {
            return Err(self.error(table, format!("costs {cost} credits, more than an account can count")));
        }
        Ok(Some(self.scaled(cost)))
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

    fn duration(&self, table: &Table, at: SimTime) -> Result<SimSpan, HistoryError> {
        if let (Some(column), Some(duration)) = (self.roles.duration.first(), &self.spec.columns.duration) {
            return match number(table.cell(*column)) {
                Number::Is(length) => Ok(span(length * duration.unit.as_seconds_f64())),
                Number::Empty => Ok(SimSpan::ZERO),
                Number::Not => {
                    Err(self
                        .error(table, format!("has `{}` where a duration should be", table.cell(*column))))
                }
            };
        }
        match self.time(table, &self.roles.end)? {
            Some((end, _)) if end >= at => Ok(end - at),
            Some(_) => Err(self.error(table, "ends before it begins")),
            None => Ok(SimSpan::ZERO),
        }
    }

    fn fate(&self, table: &Table) -> Fate {
        let (Some(column), Some(status)) = (self.roles.status.first(), &self.spec.columns.status) else {
            return Fate::Completes;
        };
        let value = table.cell(*column);
        if status.failed.iter().any(|word| word == value) {
            Fate::Fails
        } else if status.cancelled.iter().any(|word| word == value) {
            Fate::Cancelled
        } else {
            Fate::Completes
        }
    }
}

impl Prices {
    fn cells(&self) -> Box<dyn Iterator<Item = &Cells> + '_> {
        match self {
            Prices::One | Prices::Drawn => Box::new(std::iter::empty()),
            Prices::Columns { columns, .. } => Box::new(columns.iter()),
            Prices::OfFeature(features) => {
                Box::new(features.iter().flatten().flat_map(|price| price.columns.iter()))
            }
        }
    }
}

fn prices(spec: &HistorySpec, demands: &[&Demand], chosen: &mut Chosen) -> Result<Prices, HistoryError> {
    match &spec.cost {
        RowCost::One => Ok(Prices::One),
        RowCost::Drawn => Ok(Prices::Drawn),
        RowCost::Columns { formula, columns, optional } => {
            let cells =
                |name: &String| Cells { columns: vec![chosen.add(name)], optional: optional.contains(name) };
            Ok(Prices::Columns { formula: formula.clone(), columns: columns.iter().map(cells).collect() })
        }
        RowCost::OfFeature { quantities, optional } => {
            let price = |demand: &&Demand| feature_price(spec, demand, quantities, optional, chosen);
            Ok(Prices::OfFeature(demands.iter().map(price).collect::<Result<_, _>>()?))
        }
    }
}

/// The formula of a feature over the history's columns.
fn feature_price(
    spec: &HistorySpec,
    demand: &Demand,
    quantities: &[(String, String)],
    optional: &[String],
    chosen: &mut Chosen,
) -> Result<Option<FeaturePrice>, HistoryError> {
    let Shape::Simple { cost: Amount::Formula(formula), .. } = &demand.work.shape else { return Ok(None) };
    let mut columns = Vec::new();
    for (index, quantity) in demand.work.quantities.iter().enumerate() {
        let name = &quantity.name;
        let column = quantities.iter().find(|(known, _)| known == name).map(|(_, column)| column);
        let read = formula.reads(index);
        if column.is_none() && read && !optional.contains(name) {
            let what = format!("the cost `{formula}` needs `{name}`, which no column gives");
            return Err(HistoryError::row(&spec.path, 1, what));
        }
        columns.push(Cells {
            columns: column
                .iter()
                .flat_map(|column| column.split('|'))
                .map(|column| chosen.add(column))
                .collect(),
            optional: !read
                || optional.contains(name)
                || column.is_some_and(|column| optional.contains(column)),
        });
    }
    Ok(Some(FeaturePrice { formula: formula.clone(), columns }))
}

/// True if a value is empty or 0.
fn is_nothing(table: &Table, cells: &Cells) -> bool {
    match number(first_cell(table, &cells.columns).unwrap_or("")) {
        Number::Is(value) => value == 0.0,
        Number::Empty => true,
        Number::Not => false,
    }
}

/// The first cell among alternatives that is not empty.
fn first_cell<'t>(table: &'t Table, columns: &[usize]) -> Option<&'t str> {
    columns.iter().map(|column| table.cell(*column)).find(|cell| !cell.is_empty())
}

/// The closest header for "did you mean".
fn closest<'h>(wanted: &str, header: &'h [String]) -> Option<&'h str> {
    let likeness = |name: &String| strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase());
    let best = header.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(best.as_str())
}

/// True if `text` matches a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    if rest.is_empty() {
        return true;
    }
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}

/// The numbers in one column of a CSV or JSONL file, plain or gzip; empty cells are left out.
///
/// # Errors
/// A file or a column that is not there, or a cell that is no number, with its line.
pub fn read_column(
    path: &Path,
    bundled: Option<&'static [u8]>,
    column: &str,
) -> Result<Vec<f64>, HistoryError> {
    let spec = HistorySpec { path: path.to_owned(), bundled, ..HistorySpec::default() };
    let mut table = Table::open(&spec, &[column.to_owned()])?;
    if let Some(header) = table.header().filter(|_| table.lacks(0)) {
        let what = format!("has no column `{column}`; its columns are: {}", header.join(", "));
        return Err(HistoryError::row(path, 1, what));
    }
    let mut values = Vec::new();
    while table.advance()? {
        match number(table.cell(0)) {
            Number::Is(value) => values.push(value),
            Number::Empty => {}
            Number::Not => {
                let what = format!("has `{}` where a number should be", table.cell(0));
                return Err(HistoryError::row(path, table.line, what));
            }
        }
    }
    Ok(values)
}

/// Opens a history's file and checks header and first row, for `creditsim check`.
///
/// # Errors
/// As a replay would give them for the same lines.
pub fn check_history(spec: &HistorySpec, demands: &[&Demand]) -> Result<(), HistoryError> {
    let (mut cleaner, mut table) = Cleaner::open(spec, demands)?;
    let mut counts = HistoryCounts::default();
    if !table.advance()? {
        return Err(HistoryError::row(Path::new(&spec.path), table.line, "holds no row"));
    }
    cleaner.clean(&table, &mut counts).map(|_| ())
}
