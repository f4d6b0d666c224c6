//! Files of what organizations were really billed: one row an organization and month.
//!
//! Owns which column says what, months and amounts as exports write them, and every problem of such a file at once. Reads
//! rows as usage histories are read. Leaves comparing to `experiment`. Invariant: amounts are integers, as exact as they
//! are written; a cell that is empty says nothing, which is not zero.

mod cells;
mod columns;

use std::collections::BTreeMap;
use std::path::Path;

use crate::calendar::{YearMonth, Zone};

use super::history::{
    Content, GatheredProblems, HistoryError, HistoryProblems, HistorySpec, HistoryTable, its_columns,
};
use cells::{CellAmount, CellReading, amount, month};
use columns::{ColumnUse, USES, currency_of, uses};

pub use columns::BilledQuantity;

/// What was billed, by organization and month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BilledInvoices {
    /// Size and hash of the file as it was read.
    pub content: Content,
    /// Quantities that the file has a column for.
    pub columns: BTreeMap<BilledQuantity, BilledColumn>,
    /// Sums by organization, as the file names it, and month; a quantity that no row states is absent.
    pub bills: BTreeMap<(String, YearMonth), BTreeMap<BilledQuantity, i128>>,
    /// Rows, header apart.
    pub rows: u64,
    /// Rows that were added to another of their organization and month.
    pub added: u64,
    /// Columns that say nothing of use here.
    pub unread: Vec<String>,
}

/// A column of a quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledColumn {
    /// Its name in the file.
    pub name: String,
    /// Most decimals of its cells: the file knows amounts to half a unit of the last one. Of money two at least.
    pub decimals: u32,
}

/// Decimals that money has even where none are written.
const CENTS: u32 = 2;

impl BilledColumn {
    /// One unit of the last decimal, in the quantity's own integers; 1 at least.
    #[must_use]
    pub fn step(&self, quantity: BilledQuantity) -> i128 {
        10_i128.pow(quantity.decimals().saturating_sub(self.decimals))
    }
}

/// What the reader of bills has to know.
#[derive(Debug, Clone, Copy)]
pub struct InvoiceReading<'a> {
    /// Where instants without an offset are.
    pub zone: &'a Zone,
    /// The code of the money that bills are in; absent if nothing has a price.
    pub currency: Option<&'a str>,
    /// Columns that the user names: a use (`organization`, `month`, or a quantity) and the column's name.
    pub named: &'a [(String, String)],
    /// Credits of the smallest package that can be bought (micro-credits): whole numbers below it are counts of top-ups.
    pub package: Option<i128>,
}

impl BilledInvoices {
    /// Reads a file, CSV or JSONL, plain or gzip; columns are recognized by their names.
    ///
    /// # Errors
    /// A file that cannot be read; columns that are missing; every cell that is no month or amount, with its line.
    pub fn read(path: &Path, reading: &InvoiceReading<'_>) -> Result<BilledInvoices, HistoryProblems> {
        let spec = HistorySpec { path: path.to_owned(), ..HistorySpec::default() };
        let header = HistoryTable::open(&spec, &[])?.names()?;
        let columns = InvoiceColumns::of(path, &header, reading.named)?;
        let mut table = HistoryTable::open(&spec, &header)?;
        let mut reader = InvoiceReader {
            path,
            reading,
            columns,
            problems: GatheredProblems::default(),
            read: BilledInvoices::default(),
            parts: Vec::new(),
        };
        loop {
            match table.advance() {
                Ok(true) => reader.row(&table),
                Ok(false) => break,
                Err(error) if error.is_world() => return Err(error.into()),
                Err(error) => reader.problems.add(error),
            }
        }
        reader.read.content = table.content();
        reader.read.unread = reader.columns.unread(&header);
        let line = table.line;
        reader.finish(&header, line)
    }
}

/// Where the columns are.
struct InvoiceColumns {
    organization: usize,
    month: usize,
    amounts: Vec<(usize, ColumnUse)>,
}

impl InvoiceColumns {
    fn of(path: &Path, header: &[String], named: &[(String, String)]) -> Result<Self, HistoryProblems> {
        let mut problems = GatheredProblems::default();
        let known = || its_columns(header);
        let mut chosen = Vec::new();
        for (word, column) in named {
            let own = USES.iter().find(|(name, _)| name == word).map(|(_, own)| *own);
            let position = header.iter().position(|name| name == column);
            match (own, position) {
                (Some(own), Some(position)) => chosen.push((own, position)),
                (None, _) => {
                    let words = USES.map(|(name, _)| name).join(", ");
                    let what = format!("`{word}` is nothing that a column of bills can say");
                    problems.add(HistoryError::row(path, 1, what).wanting(&format!("one of: {words}")));
                }
                (_, None) => {
                    let what = format!("has no column `{column}`{}", known());
                    problems.add(HistoryError::row(path, 1, what));
                }
            }
        }
        problems.finish()?;
        let found = uses(header, &chosen);
        let place = |wanted: ColumnUse| found.iter().find(|(_, own)| *own == wanted).map(|(place, _)| *place);
        let amounts: Vec<(usize, ColumnUse)> = found
            .iter()
            .copied()
            .filter(|(_, own)| !matches!(own, ColumnUse::Organization | ColumnUse::Month))
            .collect();
        let (organization, month) = (place(ColumnUse::Organization), place(ColumnUse::Month));
        for (missing, what, wanted, hint) in [
            (
                organization.is_none(),
                "organizations",
                "a column such as `organization` or `customer`",
                "organization",
            ),
            (month.is_none(), "months", "a column such as `month` or `period_start`", "month"),
            (
                amounts.is_empty(),
                "what was billed",
                "a column such as `invoiced`, `charged`, `refused` or `top_ups`",
                "invoiced",
            ),
        ] {
            if missing {
                let what = format!("has no column that names {what}{}", known());
                let hint = format!("name it with `--column {hint}=COLUMN`");
                problems.add(HistoryError::row(path, 1, what).wanting(wanted).with_hint(hint));
            }
        }
        problems.finish()?;
        match (organization, month) {
            (Some(organization), Some(month)) => Ok(InvoiceColumns { organization, month, amounts }),
            // Said above.
            _ => Err(HistoryError::row(path, 1, "lacks columns").into()),
        }
    }

    fn unread(&self, header: &[String]) -> Vec<String> {
        let used = |place: usize| {
            place == self.organization
                || place == self.month
                || self.amounts.iter().any(|(own, _)| *own == place)
        };
        header.iter().enumerate().filter(|(place, _)| !used(*place)).map(|(_, name)| name.clone()).collect()
    }
}

/// A row of top-ups whose column does not say whether it counts them or their credits.
struct TopUpCell {
    key: (String, YearMonth),
    /// In micro-credits.
    value: i128,
    written: u32,
    whole: bool,
}

struct InvoiceReader<'a> {
    path: &'a Path,
    reading: &'a InvoiceReading<'a>,
    columns: InvoiceColumns,
    problems: GatheredProblems,
    read: BilledInvoices,
    parts: Vec<TopUpCell>,
}

impl InvoiceReader<'_> {
    fn row(&mut self, table: &HistoryTable) {
        self.read.rows += 1;
        let error = |what: &str| HistoryError::row(self.path, table.line, what.to_owned());
        let organization = table.cell(self.columns.organization);
        let name = |place: usize, table: &HistoryTable| table.column(place).to_owned();
        let organization = if organization.is_empty() {
            let empty = error("is empty").in_column(&name(self.columns.organization, table));
            self.problems.add(empty.wanting("the name of an organization"));
            None
        } else {
            Some(organization.to_owned())
        };
        let text = table.cell(self.columns.month);
        let month = month(text, self.reading.zone);
        if month.is_none() {
            let what = if text.is_empty() { "is empty".to_owned() } else { format!("is `{text}`") };
            let wrong = error(&what).in_column(&name(self.columns.month, table));
            self.problems.add(wrong.wanting("a month such as 2025-01, or a day in it"));
        }
        let amounts: Vec<(ColumnUse, String, Option<CellAmount>)> = self
            .columns
            .amounts
            .clone()
            .into_iter()
            .map(|(place, own)| {
                let column = name(place, table);
                let amount = self.amount(table, place, own, &column);
                (own, column, amount)
            })
            .collect();
        let (Some(organization), Some(month)) = (organization, month) else { return };
        let key = (organization, month);
        self.read.added += u64::from(self.read.bills.contains_key(&key));
        let bill = self.read.bills.entry(key.clone()).or_default();
        for (own, column, amount) in amounts {
            let Some(CellAmount { value, written, whole, .. }) = amount else { continue };
            match own {
                ColumnUse::Says(quantity) => {
                    *bill.entry(quantity).or_default() += value;
                    let least = if quantity == BilledQuantity::Invoiced { CENTS } else { 0 };
                    let known = BilledColumn { name: column, decimals: least };
                    let known = self.read.columns.entry(quantity).or_insert(known);
                    known.decimals = known.decimals.max(written.min(quantity.decimals()));
                }
                _ => self.parts.push(TopUpCell { key: key.clone(), value, written, whole }),
            }
        }
    }

    /// The amount in a cell; problems are gathered.
    fn amount(
        &mut self,
        table: &HistoryTable,
        place: usize,
        own: ColumnUse,
        column: &str,
    ) -> Option<CellAmount> {
        let decimals = match own {
            ColumnUse::Says(quantity) => quantity.decimals(),
            _ => BilledQuantity::ToppedUp.decimals(),
        };
        let text = table.cell(place);
        let wrong = |wanted: &str| {
            HistoryError::row(self.path, table.line, format!("is `{text}`")).in_column(column).wanting(wanted)
        };
        let found = match amount(text, decimals) {
            CellReading::Is(found) => found,
            CellReading::Empty => return None,
            CellReading::Not => {
                let error = wrong("a number such as 1,234.50, with a point before its decimals");
                self.problems.add(error);
                return None;
            }
        };
        let error = match own {
            ColumnUse::Says(BilledQuantity::Refused | BilledQuantity::TopUps)
                if found.value < 0 || !found.whole =>
            {
                Some(wrong("a count: a whole number from 0"))
            }
            ColumnUse::Says(BilledQuantity::Invoiced) => self.foreign(&found, column).map(|other| {
                wrong(&format!("money in {}", self.reading.currency.unwrap_or_default()))
                    .with_hint(format!("the scenario's prices are not in {other}"))
            }),
            _ => None,
        };
        match error {
            Some(error) => {
                self.problems.add(error);
                None
            }
            None => Some(found),
        }
    }

    /// The currency of a cell, if it is not the scenario's.
    fn foreign(&self, found: &CellAmount, column: &str) -> Option<String> {
        let wanted = self.reading.currency?;
        let told = found.currency.clone().or_else(|| currency_of(column).map(str::to_owned))?;
        // The sign of a dollar stands for several currencies.
        let dollars = |code: &str| code.ends_with('D');
        (told != wanted && !(told == "USD" && dollars(wanted))).then_some(told)
    }

    fn finish(mut self, header: &[String], line: u64) -> Result<BilledInvoices, HistoryProblems> {
        if self.read.rows == 0 && self.problems.is_empty() {
            return Err(HistoryError::row(self.path, line, "holds no row").into());
        }
        self.problems.finish()?;
        self.tell_top_ups(header);
        Ok(self.read)
    }

    /// Whole numbers below the smallest package are counts; anything else is credits.
    fn tell_top_ups(&mut self, header: &[String]) {
        let Some((place, _)) =
            self.columns.amounts.iter().find(|(_, own)| *own == ColumnUse::TopUpsOrCredits)
        else {
            return;
        };
        let package = self.reading.package.unwrap_or(i128::MAX);
        let counts = self.parts.iter().all(|part| part.whole && (0..package).contains(&part.value));
        let quantity = if counts { BilledQuantity::TopUps } else { BilledQuantity::ToppedUp };
        if self.parts.is_empty() || self.read.columns.contains_key(&quantity) {
            self.read.unread.extend(header.get(*place).cloned());
            return;
        }
        let decimals = self.parts.iter().map(|part| part.written.min(quantity.decimals())).max().unwrap_or(0);
        self.read.columns.insert(quantity, BilledColumn { name: header[*place].clone(), decimals });
        for TopUpCell { key, value, .. } in self.parts.drain(..) {
            let value = if counts { value / 1_000_000 } else { value };
            *self.read.bills.entry(key).or_default().entry(quantity).or_default() += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, package: Option<i128>) -> Result<BilledInvoices, HistoryProblems> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("invoices.csv");
        std::fs::write(&path, text).expect("writable");
        let zone = Zone::default();
        BilledInvoices::read(
            &path,
            &InvoiceReading { zone: &zone, currency: Some("USD"), named: &[], package },
        )
    }

    #[test]
    fn rows_of_one_organization_and_month_add_up_and_an_empty_cell_says_nothing() {
        let text = "customer,month,credits_used,amount,note\na,2025-01,10.5,$20.00,x\na,2025-01-31,1,0.50,\nb,Feb 2025,,7,\n";
        let found = read(text, None).expect("bills");
        let january = YearMonth::new(2025, 1).expect("a month");
        let bill = &found.bills[&("a".to_owned(), january)];
        assert_eq!(bill[&BilledQuantity::Charged], 11_500_000);
        assert_eq!(bill[&BilledQuantity::Invoiced], 20_500_000_000);
        let other = &found.bills[&("b".to_owned(), january.next())];
        assert_eq!(other.get(&BilledQuantity::Charged), None);
        assert_eq!((found.rows, found.added, found.unread), (3, 1, vec!["note".to_owned()]));
        let step = |quantity: BilledQuantity| found.columns[&quantity].step(quantity);
        assert_eq!((step(BilledQuantity::Charged), step(BilledQuantity::Invoiced)), (100_000, 10_000_000));
    }

    #[test]
    fn whole_numbers_below_a_package_are_counts_of_top_ups() {
        let text = "org,month,topped_up\na,2025-01,2\nb,2025-01,0\n";
        for (package, quantity) in
            [(Some(100_000_000), BilledQuantity::TopUps), (Some(2_000_000), BilledQuantity::ToppedUp)]
        {
            let found = read(text, package).expect("bills");
            assert_eq!(found.columns.keys().copied().collect::<Vec<_>>(), [quantity]);
        }
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        let text =
            "org,month,charged,invoiced,refused\n,2025-01,1,1,1\na,soon,1,1,1\na,2025-01,lots,1 EUR,1.5\n";
        let problems = read(text, None).expect_err("problems").to_string();
        for wanted in [
            ":2`: `org` is empty",
            ":3`: `month` is `soon`",
            ":4`: `charged` is `lots`",
            ":4`: `invoiced` is `1 EUR`",
            ":4`: `refused` is `1.5`",
        ] {
            assert!(problems.contains(wanted), "{wanted}\n{problems}");
        }
        let missing = read("who,when\na,2025-01\n", None).expect_err("problems").to_string();
        assert!(
            missing.contains("organizations")
                && missing.contains("months")
                && missing.contains("what was billed"),
            "{missing}"
        );
    }
}
