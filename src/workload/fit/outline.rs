//! A history laid open for a scenario that replays it: its columns, its features with costs to begin with, its time.
//!
//! Owns the text of `[histories]`, `[[cohorts]]` and `[features]` of such a scenario. Leaves policies and prices to the
//! caller. Invariant: what is written replays the whole file, unless a column holds what nobody can read.

use std::fmt::Write as _;
use std::path::Path;

use crate::units::{SimSpan, SimTime};
use crate::workload::history::HistoryProblems;

use super::guess::SizeColumns;
use super::observe::{DAY, Observed};
use super::prices::{BEYOND, RateFormula, enough, two_digits};
use super::text::{key, plain, quoted};

/// What a scenario needs to replay a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// `[histories.usage]`, `[[cohorts]]` and `[features]`.
    pub text: String,
    /// Midnight before the first row.
    pub start: SimTime,
    /// Midnight after the last row.
    pub end: SimTime,
    /// How many organizations it has.
    pub organizations: u32,
    /// How many calls.
    pub calls: f64,
    /// Credits a month and organization beyond which about a quarter of the usage lies.
    pub allowance: f64,
    /// What the costs come from, as a sentence.
    pub about_costs: String,
    /// What a reader should know of its columns, in sentences.
    pub remarks: Vec<String>,
}

/// Lays open a history whose columns are recognized by their names. `file` is its name as the scenario writes it.
///
/// # Errors
/// As a fit: a file that cannot be read or understood, with its lines.
pub fn outline(path: &Path, file: &str) -> Result<Outline, HistoryProblems> {
    let observed = Observed::read(path)?;
    let formula = RateFormula::of(&observed);
    let (first, last) = observed.span();
    let start = SimTime::from_micros(first.micros().div_euclid(DAY) * DAY);
    let end = SimTime::from_micros((last.micros().div_euclid(DAY) + 1) * DAY);
    let mut text = history(&observed, file);
    text += "\n[[cohorts]]\nname = \"customers\"\nhistory = \"usage\"\n";
    for name in &observed.features {
        let _ = write!(
            text,
            "\n[features.{}]\ncost = {}  # <- credits of a call\n",
            key(name),
            quoted(&formula.text)
        );
        if !observed.guess.sizes.is_empty() {
            let names = observed.guess.sizes.iter().map(|size| format!("{} = 0", key(&size.name)));
            let names = names.collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "quantities = {{ {names} }}  # the history says how much");
        }
    }
    let months = ((end - start).as_seconds_f64() / SimSpan::DAY.as_seconds_f64() / 30.0).max(1.0);
    let mut demand = vec![0.0; observed.organizations as usize];
    for row in &observed.rows {
        demand[row.organization as usize] += formula.credits(row) / months;
    }
    Ok(Outline {
        text,
        start,
        end,
        organizations: observed.organizations,
        calls: observed.calls(),
        allowance: two_digits(enough(&demand, BEYOND).clamp(0.01, 1e9)),
        about_costs: formula.about.to_owned(),
        remarks: observed.guess.remarks(),
    })
}

/// `[histories.usage]` with the columns that the header shows.
fn history(observed: &Observed, file: &str) -> String {
    let guess = &observed.guess;
    let mut text = format!("[histories.usage]\nfile = {}\n", quoted(file));
    if let Some(export) = guess.export {
        let _ = writeln!(text, "mapping = {}", quoted(export));
    } else {
        for (name, columns) in [
            ("time", &guess.time),
            ("end", &guess.end),
            ("organization", &guess.organization),
            ("feature", &guess.feature),
            ("member", &guess.member),
            ("id", &guess.id),
            ("unit", &guess.unit),
        ] {
            if let Some(columns) = alternatives(columns) {
                let _ = writeln!(text, "{name} = {columns}");
            }
        }
        if let Some((column, unit)) = guess.duration.as_ref().filter(|_| guess.end.is_empty()) {
            let unit = if *unit == 1.0 { "1s".to_owned() } else { format!("{} ms", plain(unit * 1e3)) };
            let _ = writeln!(text, "duration = {{ column = {}, unit = \"{unit}\" }}", quoted(column));
        }
        if let Some(status) = alternatives(&guess.status) {
            let _ = writeln!(text, "status = {status}");
        }
        if !guess.id.is_empty() {
            text += "duplicates = \"drop\"\n";
        }
        if let Some(calls) = &guess.calls {
            let _ = writeln!(text, "buckets = {{ length = \"as found\", requests = {} }}", quoted(calls));
        }
        if guess.sizes.is_empty() {
            text += "cost = \"1\"  # <- credits of a row\n";
        } else {
            let quantity = |size: &SizeColumns| {
                let less = size.less.as_ref().map(|less| format!(" - {less}")).unwrap_or_default();
                format!("{} = {}", key(&size.name), quoted(&format!("{}{less}", size.columns.join("|"))))
            };
            let quantities: Vec<String> = guess.sizes.iter().map(quantity).collect();
            let _ = writeln!(text, "quantities = {{ {} }}", quantities.join(", "));
        }
    }
    if observed.left.pooled > 0
        && let Some(other) = observed.features.last()
    {
        let _ = writeln!(text, "other_features = {}", quoted(other));
    }
    text
}

/// One column, or a list of alternatives.
fn alternatives(columns: &[String]) -> Option<String> {
    match columns {
        [] => None,
        [one] => Some(quoted(one)),
        many => Some(format!("[{}]", many.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))),
    }
}
