//! `creditsim fit`: a usage history becomes a scenario that makes demand like it.

use std::path::{Path, PathBuf};

use crate::report::{Cell, Column, Table};
use crate::workload::HistoryError;
use crate::workload::fit::{Fit, Goodness, fit};

use super::arguments::FitArguments;
use super::exit::{Exit, Problem};
use super::terminal;

/// Fits, shows how good the fit is, and writes the scenario or prints it.
pub(super) fn carry_out(arguments: &FitArguments) -> Result<Exit, Problem> {
    let fit = fit(&arguments.usage, arguments.scale).map_err(problem)?;
    let name = scenario_name(&arguments.usage);
    let file =
        arguments.usage.file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
    let text = fit.model.to_toml(&name, &file);
    let report = report(&fit).render(arguments.format.into());
    match &arguments.output {
        Some(path) => {
            write_aside(path, &text)?;
            terminal::say(&report);
            terminal::tell(&format!(
                "wrote `{}`; `creditsim run {}` runs it",
                path.display(),
                path.display()
            ));
        }
        None => {
            terminal::tell(&report);
            terminal::say(&text);
        }
    }
    Ok(Exit::Fine)
}

/// History beside simulation, and everything the data cannot support.
fn report(fit: &Fit) -> Table {
    let columns = vec![
        Column::words("feature"),
        Column::words("measure"),
        Column::numbers("history"),
        Column::numbers("simulated"),
        Column::words("agrees"),
    ];
    let mut table = Table::new("goodness of fit: the history against one fresh simulation", columns);
    table.rows = fit.goodness.iter().flat_map(rows).collect();
    table.notes.extend(fit.model.warnings.iter().map(|warning| format!("warning: {warning}")));
    table
}

fn rows(good: &Goodness) -> Vec<Vec<Cell>> {
    let row = |measure: String, history: Option<f64>, simulated: Option<f64>, agrees: Option<bool>| {
        let verdict = agrees.map_or("", |agrees| if agrees { "yes" } else { "no" });
        vec![
            Cell::text(good.feature.clone()),
            Cell::text(measure),
            Cell::number(history),
            Cell::number(simulated),
            Cell::text(verdict),
        ]
    };
    let (history, simulated) = (&good.history, &good.simulated);
    let within = |a: Option<f64>, b: Option<f64>, factor: f64| Some((a? / b?).max(b? / a?) <= factor);
    let close = |a: Option<f64>, b: Option<f64>| Some((a? - b?).abs() <= 0.08);
    let mut rows = vec![row("calls".to_owned(), Some(history.calls), Some(simulated.calls), None)];
    for (column, distance) in &good.sizes {
        rows.push(row(format!("KS of {column}"), None, Some(*distance), Some(*distance <= 0.15)));
    }
    rows.extend(good.duration.map(|ks| row("KS of duration".to_owned(), None, Some(ks), Some(ks <= 0.15))));
    let (a, b) = (history.top_tenth, simulated.top_tenth);
    rows.push(row("share of the top 10 %".to_owned(), a, b, close(a, b)));
    let (a, b) = (history.dispersion, simulated.dispersion);
    rows.push(row("dispersion of hours".to_owned(), a, b, within(a, b, 2.0)));
    let (a, b) = (history.peak, simulated.peak);
    rows.push(row("peak of the day".to_owned(), a, b, within(a, b, 1.5)));
    rows
}

fn problem(error: HistoryError) -> Problem {
    match error {
        HistoryError::World { path, source } => Problem::File { path, source },
        HistoryError::Row { ref hint, .. } => {
            let hint = hint.clone();
            let what = error.to_string();
            let what = what.split_once("\nhint: ").map_or(what.clone(), |(what, _)| what.to_owned());
            Problem::Usage { what, hint }
        }
    }
}

/// The file's name without its endings.
fn scenario_name(path: &Path) -> String {
    let name =
        path.file_name().map_or_else(|| "usage".to_owned(), |name| name.to_string_lossy().into_owned());
    let stem = name.split('.').next().unwrap_or("usage");
    format!("fit-{stem}")
}

/// Written beside its place and moved there, so that a half-written scenario never looks finished.
fn write_aside(path: &Path, text: &str) -> Result<(), Problem> {
    let broken = |source| Problem::File { path: path.to_owned(), source };
    let mut aside = path.as_os_str().to_owned();
    aside.push(".part");
    let aside = PathBuf::from(aside);
    std::fs::write(&aside, text).map_err(broken)?;
    std::fs::rename(&aside, path).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{ScenarioSource, read};

    #[test]
    fn a_fitted_scenario_reads_and_says_what_it_cannot() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("usage.csv");
        let mut text = String::from("timestamp,org,model,input_tokens,output_tokens,duration_ms,status\n");
        for row in 0..4_000_u64 {
            let mixed = crate::sampling::mix(row);
            let (hour, minute, second) = (row / 160 % 24, row / 3 % 60, mixed % 60);
            let status = if row % 37 == 0 { "failed" } else { "ok" };
            text += &format!(
                "2025-01-0{}T{hour:02}:{minute:02}:{second:02}Z,team-{},chat {},{},{},{},{status}\n",
                row / 1_000 + 1,
                mixed % 9,
                row % 2,
                mixed % 3_000,
                mixed % 400,
                mixed % 20_000
            );
        }
        std::fs::write(&path, text).expect("a disk");
        let fit = fit(&path, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(fit.model.features.len(), 2);
        assert!(fit.model.warnings.iter().any(|warning| warning.contains("shorter than a week")));
        let text = fit.model.to_toml("fit-usage", "usage.csv");
        let scenario = read(&ScenarioSource::from_text("fit.toml", text.clone()))
            .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        let organizations: u32 = scenario.cohorts.iter().map(|cohort| cohort.organizations).sum();
        assert_eq!((scenario.features.len(), scenario.policies.len(), organizations), (2, 2, 9));
        assert_eq!(
            scenario.features[0].demand,
            fit.model.features[0].demand(),
            "what is written is what was fitted"
        );
        assert!(report(&fit).to_text().contains("KS of input_tokens"));
    }
}
