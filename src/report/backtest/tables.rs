//! The tables of a back-test.

use std::collections::BTreeMap;

use crate::experiment::backtest::{
    BackTestLine, BilledQuantity, LineStanding, YearMonth, amount_text, causes,
};

use super::amounts::counted;
use super::{BACKTEST_FILE, BackTestReport};
use crate::report::number::rough;
use crate::report::overview::ruling_cell;
use crate::report::table::{Cell, Column, Table};

/// Sums of a month.
#[derive(Default)]
struct MonthSum {
    billed: i128,
    replayed: i128,
    rows: u64,
    exact: u64,
}

impl BackTestReport<'_> {
    /// Every line, for files.
    pub(super) fn lines(&self) -> Table {
        let words = ["organization", "month", "quantity", "unit"].map(Column::words);
        let numbers = ["billed", "replayed", "difference"].map(Column::numbers);
        let more = ["standing", "explanation", "why"].map(Column::words);
        let mut table = Table::new("", words.into_iter().chain(numbers).chain(more).collect());
        table.rows = self.test.lines.iter().map(|line| self.row(line)).collect();
        table
    }

    pub(super) fn row(&self, line: &BackTestLine) -> Vec<Cell> {
        let amount = |amount: Option<i128>| {
            // Written in full, which no float is.
            amount.map_or(Cell::Absent, |amount| Cell::text(amount_text(line.quantity, amount)))
        };
        let why = line.why.as_ref();
        vec![
            Cell::text(&line.organization),
            Cell::text(line.month.to_string()),
            Cell::text(line.quantity.name()),
            Cell::text(self.amounts().unit(line.quantity)),
            amount(line.billed),
            amount(line.replayed),
            amount(line.difference()),
            Cell::text(line.standing.name()),
            Cell::text(why.map_or("", |why| why.kind.name())),
            Cell::text(why.map_or("", |why| why.text.as_str())),
        ]
    }

    /// Sums by month of what both sides have.
    pub(super) fn months(&self) -> Table {
        let mut sums: BTreeMap<(BilledQuantity, YearMonth), MonthSum> = BTreeMap::new();
        for line in &self.test.lines {
            let (Some(billed), Some(replayed)) = (line.billed, line.replayed) else { continue };
            let sum = sums.entry((line.quantity, line.month)).or_default();
            sum.billed += billed;
            sum.replayed += replayed;
            sum.rows += 1;
            sum.exact += u64::from(line.standing == LineStanding::Exact);
        }
        let words = ["quantity", "month"].map(Column::words);
        let numbers = ["billed", "replayed", "difference", "rows", "exact"].map(Column::numbers);
        let mut table = Table::new("By month", words.into_iter().chain(numbers).collect());
        let mut last = None;
        for ((quantity, month), sum) in sums {
            let name = if last.replace(quantity) == Some(quantity) { "" } else { quantity.name() };
            table.rows.push(vec![
                Cell::text(name),
                Cell::text(month.to_string()),
                self.number(quantity, sum.billed),
                self.number(quantity, sum.replayed),
                self.number(quantity, sum.billed - sum.replayed),
                Cell::Number { value: sum.rows as f64, text: sum.rows.to_string() },
                Cell::Number { value: sum.exact as f64, text: sum.exact.to_string() },
            ]);
        }
        table.notes.push(
            "sums over organization-months that both sides have; difference: billed less replayed".to_owned(),
        );
        table
    }

    fn number(&self, quantity: BilledQuantity, amount: i128) -> Cell {
        let scale = 10_f64.powi(quantity.decimals() as i32);
        Cell::Number { value: amount as f64 / scale, text: self.amounts().text(quantity, amount) }
    }

    /// What explains the differences, by quantity, the largest first.
    pub(super) fn causes(&self) -> Table {
        let words = ["quantity", "explanation"].map(Column::words);
        let numbers = ["rows", "difference", "share"].map(Column::numbers);
        let mut table = Table::new("Why they differ", words.into_iter().chain(numbers).collect());
        table.columns[4].heading = Some("share of all\n%".to_owned());
        let mut likely = false;
        for quantity in self.test.columns.keys().copied() {
            let causes = causes(&self.test.lines, quantity);
            let whole: i128 = causes.iter().map(|(_, _, size)| size).sum();
            for (index, (why, rows, size)) in causes.into_iter().enumerate() {
                let share = size as f64 / whole.max(1) as f64;
                let probable = why.is_some_and(|why| !why.kind.is_exact());
                likely |= probable;
                let cause = why.map_or("unexplained", |why| why.cause.as_str());
                let cause = if probable { format!("{cause} *") } else { cause.to_owned() };
                table.rows.push(vec![
                    Cell::text(if index == 0 { quantity.name() } else { "" }),
                    Cell::text(cause),
                    Cell::Number { value: rows as f64, text: rows.to_string() },
                    self.number(quantity, size),
                    Cell::Number { value: share, text: rough(share * 100.0) },
                ]);
            }
        }
        let what = "each explanation comes to the bill's number to its last digit";
        let but = if likely { ", but for * (something is missing, and that is likely what)" } else { "" };
        table.notes.push(format!("{what}{but}"));
        table
    }

    /// The largest differences, in money or in the first quantity that differs.
    pub(super) fn largest(&self) -> Table {
        let columns = ["organization", "month"].map(Column::words).into_iter();
        let columns = columns.chain(["billed", "replayed", "difference"].map(Column::numbers));
        let mut table = Table::new("", columns.chain([Column::words("explanation")]).collect());
        let open = |quantity: BilledQuantity| {
            let lines = self.test.lines.iter().filter(move |line| line.quantity == quantity);
            let mut lines: Vec<&BackTestLine> = lines.filter(|line| line.is_open()).collect();
            lines.sort_by_key(|line| std::cmp::Reverse(line.difference().unwrap_or(0).abs()));
            lines
        };
        let found = self
            .test
            .columns
            .keys()
            .copied()
            .map(|own| (own, open(own)))
            .find(|(_, lines)| !lines.is_empty());
        let Some((quantity, lines)) = found else { return table };
        let unit = self.amounts().unit(quantity).to_owned();
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        table.title = format!("Largest differences of {}{unit}", quantity.name());
        for line in lines.iter().take(self.shown) {
            let amount =
                |amount: Option<i128>| amount.map_or(Cell::Absent, |amount| self.number(quantity, amount));
            table.rows.push(vec![
                Cell::text(&line.organization),
                Cell::text(line.month.to_string()),
                amount(line.billed),
                amount(line.replayed),
                amount(line.difference()),
                Cell::text(line.why.as_ref().map_or("unexplained", |why| why.text.as_str())),
            ]);
        }
        let more = lines.len().saturating_sub(self.shown);
        table
            .notes
            .extend((more > 0).then(|| format!("{} more in {BACKTEST_FILE}", counted(more as u64, "line"))));
        table
    }

    /// Conditions and what comes of them.
    pub(super) fn conditions(&self) -> Table {
        let columns = vec![Column::words("condition"), Column::numbers("found"), Column::words("ruling")];
        let mut table = Table::new("Required", columns);
        for own in &self.judgements {
            let found = own.found.map_or(Cell::Absent, |found| Cell::Number {
                value: found,
                text: format!("{} %", rough(found * 100.0)),
            });
            table.rows.push(vec![Cell::text(&own.text), found, ruling_cell(own.ruling)]);
        }
        table
    }
}
