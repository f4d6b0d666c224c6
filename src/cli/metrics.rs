//! `creditsim metrics`: every outcome by name.

use serde_json::json;

use crate::outcome::{DefinedFor, Direction, METRICS, Metric};
use crate::report::{self, Cell, Column, Format, OutcomeScale, Table};
use crate::scenario::close_outcome;

use super::arguments::MetricsArguments;
use super::exit::{CommandProblem, Exit};
use super::terminal;

/// Lists the outcomes, or tells one.
pub(super) fn carry_out(arguments: &MetricsArguments) -> Result<Exit, CommandProblem> {
    let metrics: Vec<&Metric> = match &arguments.name {
        None => METRICS.iter().collect(),
        Some(name) => vec![find(name)?],
    };
    let format = arguments.format.into();
    let look = terminal::stdout_look();
    if let ([metric], Format::Text) = (metrics.as_slice(), format) {
        terminal::say_drawn(&report::wrapped(&told(metric), look.width));
        return Ok(Exit::Fine);
    }
    let mut table = Table::new("", ["metric", "unit", "better", "about"].map(Column::words).to_vec());
    table.rows = metrics.iter().map(|metric| row(metric)).collect();
    if format == Format::Json {
        terminal::say(&report::pretty(&json!(table.to_json()["rows"])));
        return Ok(Exit::Fine);
    }
    terminal::say_drawn(&report::render_tables(&[table], format, look));
    Ok(Exit::Fine)
}

/// The outcome of that name, as files have it or as tables show it.
fn find(name: &str) -> Result<&'static Metric, CommandProblem> {
    let shown = |metric: &&Metric| OutcomeScale::of(metric, None, 0.0).name == name;
    let found = METRICS.iter().find(|metric| metric.name == name).or_else(|| METRICS.iter().find(shown));
    let what = || format!("`{name}` is no outcome");
    found.ok_or_else(|| CommandProblem::Usage { what: what(), hint: Some(close_outcome(name)) })
}

fn row(metric: &Metric) -> Vec<Cell> {
    [metric.name.to_owned(), unit(metric), better(metric).to_owned(), metric.about.to_owned()]
        .map(Cell::text)
        .to_vec()
}

fn unit(metric: &Metric) -> String {
    metric.unit(Some("currency"))
}

fn better(metric: &Metric) -> &'static str {
    match metric.direction {
        Direction::Lower => "less",
        Direction::Higher => "more",
        Direction::Neutral => "",
    }
}

fn told(metric: &Metric) -> String {
    let better = match metric.direction {
        Direction::Lower => "less is better",
        Direction::Higher => "more is better",
        Direction::Neutral => "neither more nor less is better",
    };
    let scopes = match metric.reach {
        DefinedFor::Features => "all, each cohort, each plan, each feature, each organization",
        DefinedFor::Accounts => "all, each cohort, each plan, each organization",
        DefinedFor::FeaturesOnly => "all, each cohort, each plan, each feature",
        DefinedFor::AccountsOnly => "all, each cohort, each plan",
    };
    let percent = if metric.is_share() { "; tables and conditions have it in %" } else { "" };
    let lines = [
        metric.about.to_owned(),
        format!("unit: {}{percent}", unit(metric)),
        better.to_owned(),
        format!("defined for: {scopes}"),
        format!(
            "in a condition: --threshold '{} < 5{}'",
            metric.name,
            if metric.is_share() { "%" } else { "" }
        ),
    ];
    format!("{}\n\n{}", metric.name, lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_found_by_their_names_in_files_and_in_tables() {
        assert_eq!(find("wait_s_p50").unwrap().name, "wait_s_p50");
        assert_eq!(find("wait_p50").unwrap().name, "wait_s_p50");
        let said = find("los_rate").unwrap_err().to_string();
        assert_eq!(said, "error: `los_rate` is no outcome\nhint: did you mean `loss_rate`?");
    }
}
