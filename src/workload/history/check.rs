//! Reading a file without replaying it: a history's first rows, and one column of numbers.

use std::path::Path;

use crate::workload::demand::Demand;

use super::cells::{Number, number};
use super::clean::Cleaner;
use super::columns::its_columns;
use super::counts::HistoryCounts;
use super::error::{GatheredProblems, HistoryError, HistoryProblems};
use super::spec::HistorySpec;
use super::table::HistoryTable;

/// The numbers in one column of a CSV or JSONL file, plain or gzip; empty cells are left out. Of more text than `most_text`
/// (bytes, unpacked) nothing is taken.
///
/// # Errors
/// A file or a column that is not there, or a cell that is no number, with its line.
pub fn read_column(
    path: &Path,
    bundled: Option<&'static [u8]>,
    column: &str,
    most_text: Option<u64>,
) -> Result<Vec<f64>, HistoryError> {
    let spec = HistorySpec { path: path.to_owned(), bundled, most_text, ..HistorySpec::default() };
    let mut table = HistoryTable::open(&spec, &[column.to_owned()])?;
    if let Some(header) = table.header().filter(|_| table.lacks(0)) {
        return Err(HistoryError::row(path, 1, format!("has no column `{column}`{}", its_columns(header))));
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

/// Rows that `creditsim check` reads of a history; a run reads them all.
const ROWS_CHECKED: usize = 1_000;

/// Opens a history's file and checks its header and its first thousand rows, for `creditsim check`.
///
/// # Errors
/// As a replay would give them for the same lines, all of them.
pub fn check_history(spec: &HistorySpec, demands: &[&Demand]) -> Result<(), HistoryProblems> {
    let (mut cleaner, mut table) = Cleaner::open(spec, demands)?;
    let (mut counts, mut problems) = (HistoryCounts::default(), GatheredProblems::default());
    let mut ended = false;
    for _ in 0..ROWS_CHECKED {
        match table.advance() {
            Ok(true) => drop(cleaner.clean(&table, &mut counts, &mut problems)),
            Ok(false) => {
                ended = true;
                break;
            }
            Err(error) if error.is_world() => return Err(error.into()),
            Err(error) => problems.add(error),
        }
    }
    if ended {
        cleaner.close(&table, &counts, &mut problems);
    } else {
        cleaner.tell_strangers(&mut problems);
    }
    if counts.rows == 0 && problems.is_empty() {
        return Err(HistoryError::row(&spec.path, table.line, "holds no row").into());
    }
    problems.finish()
}
