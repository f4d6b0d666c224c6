//! Winners and losers: tables by size of customer, the largest changes, and their files.

use std::io::{self, Write};

use crate::experiment::{CUSTOMER_MEASURES, Estimate, Findings, SizeClass};
use crate::outcome::{LargeChange, LargestList, OrganizationChange, OrganizationOutcome, RunShape};
use crate::units::Credits;

use super::books::decimal;
use super::cell::Records;
use super::number::{ESTIMATE_COLUMNS, estimate_cells, exact, half_width_cell};
use super::table::{Cell, Column, Table};

/// The file with measures by size of customer.
pub const BY_SIZE_FILE: &str = "organizations-by-size.csv";

/// The file with the largest changes.
pub const LARGEST_FILE: &str = "organizations-largest.csv";

/// Columns of the table of everybody: measure, and its head.
const STANDINGS: [(&str, &str); 8] = [
    ("better_share", "better\n%"),
    ("worse_share", "worse\n%"),
    ("mixed_share", "mixed\n%"),
    ("unchanged_share", "unchanged\n%"),
    ("bill_higher_organizations", "pay more\norganizations"),
    ("bill_lower_organizations", "pay less\norganizations"),
    ("lost_less_organizations", "lose less\norganizations"),
    ("lost_more_organizations", "lose more\norganizations"),
];

/// Columns of the table by size.
const BY_SIZE: [(&str, &str); 6] = [
    ("organizations", "organizations\n"),
    ("demand_share", "demand\n%"),
    ("lost_change_credits", "lost work\ncredits"),
    ("bill_change_money", "bills\n¤"),
    ("better_share", "better\n%"),
    ("worse_share", "worse\n%"),
];

/// Largest changes that are printed of each policy, each way; the file has ten.
const PRINTED_LARGEST: usize = 3;

/// The tables of winners and losers; none for a single policy.
#[must_use]
pub fn customer_tables(findings: &Findings) -> Vec<Table> {
    if findings.shape().policies.len() < 2 {
        return Vec::new();
    }
    let mut tables = vec![standings(findings), by_size(findings)];
    tables.extend(largest(findings));
    tables
}

fn others(findings: &Findings) -> impl Iterator<Item = usize> + '_ {
    (0..findings.shape().policies.len()).filter(|&policy| policy != findings.baseline)
}

fn estimate(findings: &Findings, policy: usize, class: SizeClass, measure: &str) -> Option<Estimate> {
    findings.measurements.customers().estimate(policy, class, measure)
}

fn standings(findings: &Findings) -> Table {
    let mut columns = vec![Column::words("policy").headed(String::new())];
    columns.extend(STANDINGS.iter().map(|(name, head)| Column::numbers(name).headed((*head).to_owned())));
    let baseline = &findings.shape().policies[findings.baseline];
    let mut table = Table::new("Winners and losers", columns);
    for policy in others(findings) {
        let mut row = vec![Cell::text(&findings.shape().policies[policy])];
        row.extend(STANDINGS.iter().map(|(name, _)| cell(findings, policy, SizeClass::All, name)));
        table.rows.push(row);
    }
    table.notes.push(format!(
        "organizations against `{baseline}`, by bill, refusals and lost work: better in something and worse in nothing,\n\
         the other way round, or mixed"
    ));
    table
}

fn by_size(findings: &Findings) -> Table {
    let currency = findings.shape().currency.as_deref();
    let shown: Vec<&(&str, &str)> = BY_SIZE
        .iter()
        .filter(|(name, _)| {
            others(findings).any(|policy| estimate(findings, policy, SizeClass::All, name).is_some())
        })
        .collect();
    let mut columns = vec![Column::words("policy").headed(String::new()), Column::words("size")];
    let head = |head: &str| head.replace('¤', currency.unwrap_or(""));
    columns.extend(shown.iter().map(|(name, title)| Column::numbers(name).headed(head(title))));
    let mut table = Table::new("By size of demand", columns);
    for policy in others(findings) {
        for class in &SizeClass::PRINTED[1..] {
            let mut row = vec![Cell::text(&findings.shape().policies[policy]), Cell::text(class.name())];
            row.extend(shown.iter().map(|(name, _)| cell(findings, policy, *class, name)));
            table.rows.push(row);
        }
    }
    table
        .notes
        .push(format!("changes of lost work and of bills are sums over the class; tenths: {BY_SIZE_FILE}"));
    table
}

fn cell(findings: &Findings, policy: usize, class: SizeClass, measure: &str) -> Cell {
    let share = CUSTOMER_MEASURES.iter().any(|known| known.name == measure && known.is_share());
    let factor = if share { 100.0 } else { 1.0 };
    let estimate = estimate(findings, policy, class, measure);
    estimate.map_or(Cell::Absent, |estimate| Cell::estimate(&estimate, factor))
}

/// The largest rises and falls of bills, or of lost work where there are no prices.
fn largest(findings: &Findings) -> Option<Table> {
    let shape = findings.shape();
    let customers = findings.measurements.customers();
    let bills = LargestList::ALL[..2].iter().copied();
    let priced =
        bills.clone().any(|list| others(findings).any(|policy| !customers.largest(policy, list).is_empty()));
    let lists = if priced { &LargestList::ALL[..2] } else { &LargestList::ALL[2..] };
    let (title, unit) = match &shape.currency {
        Some(currency) if priced => ("Largest changes of bills", currency.as_str()),
        _ => ("Largest changes of lost work", "credits"),
    };
    let columns = vec![
        Column::words("policy").headed(String::new()),
        Column::words("organization"),
        Column::numbers("before").headed(format!("before\n{unit}")),
        Column::numbers("after").headed(format!("after\n{unit}")),
        Column::numbers("lost_before").headed("lost work before\ncredits".to_owned()),
        Column::numbers("lost_after").headed("after\ncredits".to_owned()),
    ];
    let columns = if priced { columns } else { columns[..4].to_vec() };
    let mut table = Table::new(title, columns);
    for policy in others(findings) {
        for &list in lists {
            for large in customers.largest(policy, list).iter().take(PRINTED_LARGEST) {
                let OrganizationChange { before, after } = large.change;
                let lost = [before.lost, after.lost].map(|credits| Cell::number(credits as f64 / 1e6));
                let bills =
                    [before.bill, after.bill].map(|bill| Cell::number(bill.map(|nanos| nanos as f64 / 1e9)));
                let mut row = vec![Cell::text(&shape.policies[policy]), Cell::text(name_of(shape, large))];
                row.extend(if priced { bills.into_iter().chain(lost).collect() } else { lost.to_vec() });
                table.rows.push(row);
            }
        }
    }
    table.notes.push(format!(
        "first replication; ten each way: {LARGEST_FILE}; everybody: organizations-change.csv"
    ));
    (!table.rows.is_empty()).then_some(table)
}

fn name_of(shape: &RunShape, large: &LargeChange) -> String {
    let named = OrganizationOutcome { id: large.id(), label: large.label.clone(), tallies: Vec::new() };
    shape.organization_name(&named)
}

/// Writes `organizations-by-size.csv`: every measure of every class under every policy but the baseline.
///
/// # Errors
/// If the writer fails.
pub fn write_by_size(out: impl Write, findings: &Findings, scenario: &str) -> io::Result<()> {
    let mut csv = Records::new(out);
    let lead = ["scenario", "baseline", "policy", "size", "metric", "unit"];
    csv.write(lead.into_iter().chain(ESTIMATE_COLUMNS).chain(["half_width"]))?;
    let shape = findings.shape();
    for policy in others(findings) {
        for class in SizeClass::all() {
            for measure in &CUSTOMER_MEASURES {
                let estimate = estimate(findings, policy, class, measure.name);
                let [baseline, policy] = [findings.baseline, policy].map(|index| &shape.policies[index]);
                let (class, unit) = (class.name(), measure.unit(shape.currency.as_deref()));
                let (cells, half) = (estimate_cells(estimate.as_ref()), half_width_cell(estimate.as_ref()));
                let lead = [scenario, baseline, policy, &class, measure.name, &unit];
                csv.write(lead.into_iter().chain(cells.iter().map(String::as_str)).chain([half.as_str()]))?;
            }
        }
    }
    csv.flush()
}

/// Writes `organizations-largest.csv`: the ten largest changes of the first replication, each way, under every policy.
///
/// # Errors
/// If the writer fails.
pub fn write_largest(out: impl Write, findings: &Findings) -> io::Result<()> {
    let mut csv = Records::new(out);
    csv.write(["policy", "list", "rank", "organization"].into_iter().chain(CHANGE_COLUMNS.iter().copied()))?;
    let shape = findings.shape();
    for policy in others(findings) {
        for list in LargestList::ALL {
            for (rank, large) in findings.measurements.customers().largest(policy, list).iter().enumerate() {
                let mut row = vec![
                    shape.policies[policy].clone(),
                    list.name().to_owned(),
                    (rank + 1).to_string(),
                    name_of(shape, large),
                ];
                row.extend(change_cells(&large.change, shape.currency.is_some()));
                csv.write(&row)?;
            }
        }
    }
    csv.flush()
}

/// Columns of one organization's change, behind those that name it.
pub(super) const CHANGE_COLUMNS: [&str; 14] = [
    "demand_credits",
    "bill_before_money",
    "bill_money",
    "bill_change_money",
    "operations_refused_before",
    "operations_refused",
    "operations_refused_change",
    "lost_before_credits",
    "lost_credits",
    "lost_change_credits",
    "waited_before_s",
    "waited_s",
    "waited_change_s",
    "standing",
];

/// The cells of one organization's change; money needs a currency.
pub(super) fn change_cells(change: &OrganizationChange, priced: bool) -> [String; 14] {
    let OrganizationChange { before, after } = change;
    let money = |nanos: Option<i128>| nanos.filter(|_| priced).map_or_else(String::new, decimal);
    let credits = |micros: i128| {
        i64::try_from(micros)
            .map_or_else(|_| exact(micros as f64 / 1e6), |micros| Credits::from_micros(micros).to_string())
    };
    [
        credits(before.demand),
        money(before.bill),
        money(after.bill),
        money(change.bill()),
        before.refused.to_string(),
        after.refused.to_string(),
        change.refused().to_string(),
        credits(before.lost),
        credits(after.lost),
        credits(change.lost()),
        credits(before.waited),
        credits(after.waited),
        credits(change.waited()),
        change.standing().name().to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Measurements;
    use crate::outcome::synthetic;
    use crate::report::RowFile;

    fn findings() -> Findings {
        let shape = synthetic::shape(&["block", "overdraft", "hold"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..6).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 120)));
        Findings::new(measurements, 0)
    }

    fn read(bytes: &[u8]) -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(bytes).records().map(|record| record.unwrap()).collect()
    }

    #[test]
    fn every_class_has_its_measures_and_the_largest_come_first() {
        let findings = findings();
        let mut bytes = Vec::new();
        write_by_size(&mut bytes, &findings, "made-up").unwrap();
        assert_eq!(read(&bytes).len(), 2 * 14 * CUSTOMER_MEASURES.len());
        let mut bytes = Vec::new();
        write_largest(&mut bytes, &findings).unwrap();
        let rows = read(&bytes);
        let rises: Vec<f64> = rows
            .iter()
            .filter(|row| &row[0] == "hold" && &row[1] == "bill_rises")
            .map(|row| row[7].parse().unwrap())
            .collect();
        assert!(rises.len() == 10 && rises.is_sorted_by(|a, b| a >= b) && rises[9] > 0.0, "{rises:?}");
        assert_eq!(customer_tables(&findings).len(), 3);
    }

    #[test]
    fn the_rows_of_an_organization_are_its_changes() {
        let shape = synthetic::shape(&["block", "overdraft", "hold"]);
        let organization = synthetic::organization(&shape, 1, 5);
        let mut bytes = RowFile::Changes.header().into_bytes();
        RowFile::Changes.append(&mut bytes, &shape, 3, &organization);
        let rows = read(&bytes);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].iter().take(4).collect::<Vec<_>>(), ["3", "overdraft", "studios", "studios/5"]);
        for row in &rows {
            let value = |column: usize| row[column].parse::<f64>().unwrap();
            for first in [5, 8, 11, 14] {
                assert!((value(first + 1) - value(first) - value(first + 2)).abs() < 1e-6, "{row:?}");
            }
        }
    }
}
