//! `books.csv`: money by month and plan of every replication, in decimals that add up to the last digit.

use std::io::{self, Write};

use crate::outcome::{MONTH_COLUMNS, Outcome};
use crate::units::{Money, SimTime};

use super::cell::Records;
use super::number::exact;

/// The file.
pub const BOOKS_FILE: &str = "books.csv";

/// Writes the header.
///
/// # Errors
/// If the writer fails.
pub fn write_books_header(out: impl Write) -> io::Result<()> {
    let mut csv = Records::new(out);
    csv.write(["replication", "policy", "month", "plan"].into_iter().chain(MONTH_COLUMNS.iter().copied()))?;
    csv.flush()
}

/// Writes a replication: one row for every policy, month and plan in which something was owed or happened. Where a price is
/// missing, money is not available and its cells are empty. `month_name` says how a month is called.
///
/// # Errors
/// If the writer fails.
pub fn write_books(
    out: impl Write,
    replication: u32,
    outcome: &Outcome,
    month_name: &dyn Fn(SimTime) -> String,
) -> io::Result<()> {
    let mut csv = Records::new(out);
    let shape = outcome.shape();
    for (policy, name) in shape.policies.iter().enumerate() {
        let priced = outcome.totals(policy).first().is_some_and(|all| all.unpriced == 0);
        for (month, plan, money) in outcome.months(policy).lines() {
            let plan = shape.plan_name(policy, plan);
            let values =
                money.values().into_iter().map(|nanos| if priced { decimal(nanos) } else { String::new() });
            let lead = [replication.to_string(), name.clone(), month_name(month), plan.to_owned()];
            csv.write(lead.into_iter().chain(values))?;
        }
    }
    csv.flush()
}

/// An integer of a fraction of so many digits as a decimal.
pub(super) fn decimal_of(parts: i128, digits: u32) -> String {
    let unit = 10_i128.pow(digits);
    let (whole, rest) = (parts / unit, (parts % unit).unsigned_abs());
    let sign = if parts < 0 && whole == 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{rest:0width$}", width = digits as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An amount of money in full, beyond what can be counted as near as a number comes.
pub(super) fn decimal(nanos: i128) -> String {
    i64::try_from(nanos)
        .map_or_else(|_| exact(nanos as f64 / 1e9), |nanos| Money::from_nanos(nanos).to_string())
}
