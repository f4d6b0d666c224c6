//! `creditsim compare`: two runs from their folders.

use std::path::Path;

use serde_json::json;

use crate::experiment::{Contrast, Contrasts, Estimate, FEWEST, RunValues, Verdict, contrast};
use crate::outcome::{METRICS, metric_index};
use crate::report::{self, Cell, Column, Format, Look, OutcomeScale, Question, REPLICATIONS, Table, Tone};

use super::arguments::CompareArguments;
use super::exit::{CommandProblem, Exit};
use super::{show, terminal};

/// Compares what two runs found.
pub(super) fn carry_out(arguments: &CompareArguments) -> Result<Exit, CommandProblem> {
    let (mut before, mut after) = (KeptRun::read(&arguments.before)?, KeptRun::read(&arguments.after)?);
    if before.exact && after.exact {
        // Neither draws anything, so that further replications would be these again.
        before.repeat();
        after.repeat();
    }
    let found = contrast(&before.values, &after.values);
    if found.contrasts.is_empty() {
        return Err(CommandProblem::Usage {
            what: String::from("the two runs have no policy of the same name"),
            hint: Some(String::from("compare runs of one policy each, or name the policies alike")),
        });
    }
    let format = arguments.format.into();
    let currency = before.currency.as_deref().or(after.currency.as_deref());
    let text = match format {
        Format::Json => report::pretty(&json!({
            "paired": found.paired,
            "asked_differently": before.differences(&after),
            "alone": found.alone,
            "outcomes": table(&found.contrasts, currency).to_json()["rows"],
        })),
        Format::Csv => table(&found.contrasts, currency).to_csv(),
        Format::Text | Format::Markdown => {
            let look = if format == Format::Text { terminal::stdout_look() } else { Look::PLAIN };
            let (equal, told): (Vec<Contrast>, Vec<Contrast>) =
                found.contrasts.iter().cloned().partition(|contrast| contrast.verdict == Verdict::Equal);
            let mut table = table(&told, currency);
            table.notes = notes(&found, equal.len(), &before.differences(&after));
            report::render_tables(&[table], format, look)
        }
    };
    terminal::say_drawn(&text);
    Ok(Exit::Fine)
}

/// A run as its folder has it.
struct KeptRun {
    values: RunValues,
    question: Option<Question>,
    currency: Option<String>,
    /// Nothing was drawn in it.
    exact: bool,
}

impl KeptRun {
    /// As often as a difference must be seen before it is one.
    fn repeat(&mut self) {
        for column in self.values.policies.iter_mut().flat_map(|(_, columns)| columns) {
            if let [only] = column[..] {
                column.resize(FEWEST as usize, only);
            }
        }
    }

    fn read(named: &Path) -> Result<Self, CommandProblem> {
        let folder = show::folder(named);
        let manifest = show::manifest(&folder)?;
        if !manifest["resamples"].is_null() {
            return Err(CommandProblem::Usage {
                what: format!("`{}` has resamples of one run, which are no replications", folder.display()),
                hint: Some(String::from(
                    "compare runs without `--bootstrap`, or the policies of one run with it",
                )),
            });
        }
        let file = folder.join(REPLICATIONS);
        let mut csv = csv::Reader::from_path(&file).map_err(|error| unreadable(&file, &error))?;
        let header = csv.headers().map_err(|error| unreadable(&file, &error))?.clone();
        let metrics: Vec<Option<usize>> = header.iter().map(metric_index).collect();
        let mut values = RunValues { seed: manifest["seed"].as_u64().unwrap_or(0), policies: Vec::new() };
        for record in csv.records() {
            let record = record.map_err(|error| unreadable(&file, &error))?;
            let name = record.get(1).unwrap_or_default();
            let known = values.policies.iter().position(|(policy, _)| policy == name);
            let index = known.unwrap_or_else(|| {
                values.policies.push((name.to_owned(), vec![Vec::new(); METRICS.len()]));
                values.policies.len() - 1
            });
            for (cell, metric) in record.iter().zip(&metrics) {
                if let Some(metric) = metric {
                    values.policies[index].1[*metric].push(cell.parse().ok());
                }
            }
        }
        let replications = values.policies.iter().flat_map(|(_, columns)| columns.iter().map(Vec::len)).max();
        for (_, columns) in &mut values.policies {
            // Outcomes that this program has and that one had not.
            columns.iter_mut().for_each(|column| column.resize(replications.unwrap_or(0), None));
        }
        Ok(KeptRun {
            values,
            question: serde_json::from_value(manifest["question"].clone()).ok(),
            currency: currency(&folder),
            exact: manifest["exact"] == true,
        })
    }

    /// What the other run was asked differently.
    fn differences(&self, other: &KeptRun) -> Vec<String> {
        match (&self.question, &other.question) {
            (Some(own), Some(others)) => own.differences(others),
            _ => Vec::new(),
        }
    }
}

/// The code of money, from the units of the summary.
fn currency(folder: &Path) -> Option<String> {
    let mut csv = csv::Reader::from_path(folder.join("summary.csv")).ok()?;
    let unit = |record: csv::StringRecord| {
        let of_cash = record.get(3) == Some("cash_money");
        record.get(4).filter(|unit| of_cash && !unit.is_empty()).map(str::to_owned)
    };
    csv.records().filter_map(Result::ok).find_map(unit)
}

fn unreadable(file: &Path, error: &csv::Error) -> CommandProblem {
    match error.kind() {
        csv::ErrorKind::Io(source) if source.kind() == std::io::ErrorKind::NotFound => {
            CommandProblem::Usage {
                what: format!("`{}` is not there, so the run cannot be compared", file.display()),
                hint: Some(String::from(
                    "sweeps and searches have none, nor have runs of older versions; run it again",
                )),
            }
        }
        csv::ErrorKind::Io(source) => CommandProblem::File {
            path: file.to_owned(),
            source: std::io::Error::new(source.kind(), source.to_string()),
        },
        _ => CommandProblem::usage(format!("`{}` cannot be read: {error}", file.display())),
    }
}

fn table(contrasts: &[Contrast], currency: Option<&str>) -> Table {
    let words = ["policy", "outcome", "unit"].map(Column::words);
    let numbers = ["before", "after", "difference"].map(Column::numbers);
    let mut columns: Vec<Column> = words.into_iter().chain(numbers).collect();
    columns.extend([Column::numbers("half_width").headed("±".to_owned()), Column::words("verdict")]);
    let mut table = Table::new("", columns);
    table.rows = contrasts.iter().map(|contrast| row(contrast, currency)).collect();
    table
}

fn row(contrast: &Contrast, currency: Option<&str>) -> Vec<Cell> {
    let metric = &METRICS[contrast.metric];
    let scale = OutcomeScale::of_estimates(metric, currency, [&contrast.before, &contrast.after]);
    let plain = |estimate: &Estimate| scale.plain_cell(estimate.mean);
    vec![
        Cell::text(&contrast.policy),
        Cell::text(metric.name),
        Cell::text(&scale.unit),
        plain(&contrast.before),
        plain(&contrast.after),
        scale.plain_cell(contrast.difference),
        contrast.half_width.map_or(Cell::text(""), |half| scale.plain_cell(half)),
        verdict_cell(contrast.verdict),
    ]
}

fn verdict_cell(verdict: Verdict) -> Cell {
    let (text, tone) = match verdict {
        Verdict::Better => ("better", Tone::Good),
        Verdict::Worse => ("worse", Tone::Bad),
        Verdict::Higher => ("higher", Tone::Notable),
        Verdict::Lower => ("lower", Tone::Notable),
        Verdict::Undecided => ("noise?", Tone::Faint),
        Verdict::Equal | Verdict::PracticallyEqual => (verdict.name(), Tone::Faint),
    };
    Cell::toned(None, text, tone)
}

fn notes(found: &Contrasts, equal: usize, differences: &[String]) -> Vec<String> {
    let mut notes = vec![match found.paired {
        true => "both runs met the same demand, so differences are paired by replication".to_owned(),
        false => {
            "the runs met different demand, so differences are not paired: each is held to the spread of both"
                .to_owned()
        }
    }];
    if equal > 0 {
        notes.push(format!(
            "{} did not change at all",
            terminal::number_of(equal as u64, "outcome", "outcomes")
        ));
    }
    notes.push(String::from(
        "noise?: not shown to be more than chance (95 % for all that is printed together); ± is half of the 95 % interval",
    ));
    if !found.alone.is_empty() {
        notes.push(format!("only one of the two has: {}", found.alone.join(", ")));
    }
    if !differences.is_empty() {
        notes.push(format!("asked differently: {}", differences.join(", ")));
    }
    notes
}
