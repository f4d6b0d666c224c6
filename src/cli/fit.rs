//! `creditsim fit`: a usage history becomes a scenario that makes demand like it.

use std::io::Write;
use std::path::Path;

use crate::engine::Failure;
use crate::report::number::{brief, short};
use crate::report::{
    self, Cell, Column, Page, PageBlock, PageSection, PageTable, PageVerdict, Table, Tone, render_tables,
};
use crate::scenario::{self, ScenarioSource};
use crate::workload::fit::{Fit, FitError, Goodness, LIMITS, Limits, Measure, WrittenScenario, fit};

use super::alongside::alongside;
use super::arguments::FitArguments;
use super::exit::{CommandProblem, Exit};
use super::{interrupt, terminal};

/// Columns that notes are broken at.
const WIDTH: usize = 96;
/// Characters of a feature's name in the report.
const NAME: usize = 24;

/// Fits, shows how good the fit is, and writes the scenario or prints it.
pub(super) fn carry_out(arguments: &FitArguments) -> Result<Exit, CommandProblem> {
    interrupt::end_on_signal();
    let fit = fit(&arguments.usage, arguments.scale, &read_written).map_err(problem)?;
    let name = scenario_name(&arguments.usage);
    let file =
        arguments.usage.file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
    let tables = [report(&fit), policies(&fit)?, parameters(&fit)];
    let text = fit.model.to_toml(&fit.observed, &name, &file, &head(&tables));
    let text = scenario::mark_estimated(&text, &file);
    if let Some(path) = &arguments.report {
        write_aside(path, &page(arguments, &fit, &tables, (&name, &text)))?;
    }
    let drawn = |look| render_tables(&tables, arguments.format.into(), look);
    match &arguments.output {
        Some(path) => {
            write_aside(path, &text)?;
            terminal::say_drawn(&drawn(terminal::stdout_look()));
            let path = path.display();
            terminal::tell(&format!("wrote `{path}`; `creditsim run {path}` runs it"));
        }
        None => {
            terminal::tell_drawn(&drawn(terminal::stderr_look()));
            terminal::say(&text);
        }
    }
    Ok(Exit::Fine)
}

/// Reads a scenario's text for what a simulation of its demand needs.
fn read_written(text: &str) -> Result<WrittenScenario, String> {
    let source = ScenarioSource::from_text("fitted.toml", text);
    let scenario = scenario::read(&source)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    Ok(WrittenScenario {
        start: scenario.start,
        end: scenario.end,
        zone: scenario.zone,
        features: scenario.features.into_iter().map(|feature| (feature.name, feature.demand)).collect(),
        cohorts: scenario
            .cohorts
            .into_iter()
            .map(|cohort| (cohort.population, cohort.organizations))
            .collect(),
    })
}

/// History beside simulations, and everything the data cannot support.
fn report(fit: &Fit) -> Table {
    let columns = vec![
        Column::words("feature"),
        Column::words("measure"),
        Column::numbers("history"),
        Column::numbers("simulated"),
        Column::words("range"),
        Column::words("agrees"),
    ];
    let title =
        format!("goodness of fit: the history against {} fresh simulations of the scenario", fit.seeds);
    let mut table = Table::new(title, columns);
    let mut last = "";
    for good in &fit.goodness {
        let name = if good.feature == last { String::new() } else { cut(&good.feature) };
        last = &good.feature;
        table.rows.push(row(good, name, fit.model.frame.is_hourly()));
    }
    let Limits { calls, organizations, distance, calls_of_top, credits_of_top, near, dispersion, peak } =
        LIMITS;
    table.notes.extend(wrapped(&format!(
        "agrees: calls within {:.0} %, organizations within {:.0} % (or what chance does to so few), distance (KS) at most \
         {distance}, calls of the top 10 % within ±{calls_of_top}, their credits within ±{credits_of_top}, calls within a minute \
         of another within ±{near}, dispersion within a factor {dispersion}, busiest hour within a factor {peak}; \"4/5\" is \
         four simulations of five",
        100.0 * calls,
        100.0 * organizations
    )));
    if fit.model.scale < 1.0 {
        table.notes.extend(wrapped(&format!(
            "the history is thinned like the scenario, to a share of {} of its calls",
            fit.model.scale
        )));
    }
    table.notes.extend(fit.model.warnings.iter().flat_map(|warning| wrapped(&format!("warning: {warning}"))));
    table
}

fn row(good: &Goodness, name: String, hourly: bool) -> Vec<Cell> {
    let measure = match &good.measure {
        Measure::Calls => "calls".to_owned(),
        Measure::Size(size) => format!("distance of {}", cut(size)),
        Measure::Duration => "distance of duration".to_owned(),
        Measure::Organizations => "organizations with calls".to_owned(),
        Measure::TopTenth => "calls of the top 10 %".to_owned(),
        Measure::CreditsOfTopTenth => "credits of the top 10 %".to_owned(),
        Measure::WithinMinute => "calls within a minute".to_owned(),
        Measure::Dispersion => format!("dispersion of {}", if hourly { "hours" } else { "days" }),
        Measure::Peak => "busiest hour of the day".to_owned(),
        Measure::Failures => "share that fails".to_owned(),
    };
    let low = good.simulated.iter().copied().fold(f64::INFINITY, f64::min);
    let high = good.simulated.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if low < high { format!("{} to {}", brief(low), brief(high)) } else { String::new() };
    let agrees = match (good.is_fine(), good.agree) {
        (Some(true), Some(agree)) => {
            Cell::toned(None, format!("yes {agree}/{}", good.simulated.len()), Tone::Good)
        }
        (Some(false), Some(agree)) => {
            Cell::toned(None, format!("NO  {agree}/{}", good.simulated.len()), Tone::Bad)
        }
        _ => Cell::text(""),
    };
    let number = |value: Option<f64>| match value {
        Some(value) => {
            Cell::Number { value, text: if value.abs() >= 1e4 { short(value) } else { brief(value) } }
        }
        None => Cell::text(""),
    };
    vec![
        Cell::text(name),
        Cell::text(measure),
        number(good.history),
        number(good.mean()),
        Cell::text(range),
        agrees,
    ]
}

/// Policies on the history and on the fit, and what a comparison on the fit may be used for.
fn policies(fit: &Fit) -> Result<Table, CommandProblem> {
    let demand_fits = fit.goodness.iter().all(|good| good.is_fine() != Some(false));
    match alongside(fit) {
        Ok(alongside) => {
            let mut table = alongside.table();
            table.notes.extend(alongside.uses(demand_fits).iter().flat_map(|sentence| wrapped(sentence)));
            Ok(table)
        }
        // So few calls are left of the history that none can be replayed.
        Err(CommandProblem::Run(Failure::History(_))) => {
            let mut table = Table::new("policies", vec![Column::words("agrees")]);
            table.notes.extend(wrapped(
                "policies: the fit does not agree, because no call of the history can be replayed beside it; do not choose \
                 between policies on it",
            ));
            Ok(table)
        }
        Err(other) => Err(other),
    }
}

/// What was estimated, with intervals.
fn parameters(fit: &Fit) -> Table {
    let columns = vec![
        Column::words("feature"),
        Column::words("parameter"),
        Column::numbers("estimate"),
        Column::numbers("half_width"),
        Column::numbers("refitted"),
    ];
    let intervals = &fit.intervals;
    let title = format!(
        "parameters, with 95 % intervals (±) from {} refits of fresh simulations: {} calls fitted again",
        intervals.refits,
        short(intervals.calls)
    );
    let mut table = Table::new(title, columns);
    let number = |value: f64| Cell::Number { value, text: brief(value) };
    let mut last = "";
    for found in &intervals.found {
        let name = if found.feature == last { String::new() } else { cut(&found.feature) };
        last = &found.feature;
        let half_width =
            Cell::Number { value: found.half_width, text: format!("±{}", brief(found.half_width)) };
        table.rows.push(vec![
            Cell::text(name),
            Cell::text(found.parameter.as_str()),
            number(found.estimate),
            half_width,
            number(found.refitted),
        ]);
    }
    table.notes.extend(wrapped(
        "the organizations are those of the history in every simulation: intervals hold what chance does to their calls, \
         other customers would differ by more; where `refitted` lies far from the estimate, the fit moves it",
    ));
    table
}

/// The report as lines for the head of the scenario.
fn head(tables: &[Table]) -> Vec<String> {
    let lines = |table: &Table| table.to_text().lines().map(str::to_owned).collect::<Vec<String>>();
    tables.iter().flat_map(|table| std::iter::once(String::new()).chain(lines(table))).collect()
}

/// The page of a fit: what agrees, what a comparison on it may be used for, and the scenario.
fn page(arguments: &FitArguments, fit: &Fit, tables: &[Table], (name, text): (&str, &str)) -> String {
    let judged = || fit.goodness.iter().filter_map(Goodness::is_fine);
    let (fine, all) = (judged().filter(|fine| *fine).count(), judged().count());
    let [goodness, policies, parameters] = tables else { return String::new() };
    let verdict = PageVerdict {
        heading: format!("{} fresh simulations beside the history", fit.seeds),
        lines: std::iter::once(format!("{fine} of {all} measures agree with the history"))
            .chain(unwrapped(&policies.notes))
            .map(|sentence| (None, sentence))
            .collect(),
        cautions: fit.model.warnings.clone(),
    };
    let section = |(id, title, table): (&'static str, &str, &Table)| {
        PageSection::new(id, title, vec![PageBlock::Table(filled(table))])
    };
    let shown = |path: &Path| report::quoted(&path.display().to_string());
    let output =
        arguments.output.as_deref().map_or(String::new(), |path| format!(" --output {}", shown(path)));
    let scale = arguments.scale.map_or(String::new(), |scale| format!(" --scale {scale}"));
    let command = format!("creditsim fit {}{scale}{output}", shown(&arguments.usage));
    let mut sections: Vec<PageSection> = [
        ("goodness", "How well it fits", goodness),
        ("policies", "Policies on the history and on the fit", policies),
        ("parameters", "What was estimated", parameters),
    ]
    .map(section)
    .into();
    let scenario = PageBlock::Folded {
        summary: "The scenario that was written".to_owned(),
        open: false,
        blocks: vec![PageBlock::Command(text.to_owned())],
    };
    sections.push(PageSection::new("repeat", "Repeat it", vec![PageBlock::Command(command), scenario]));
    report::page(&Page {
        made_by: "fit".to_owned(),
        scenario: name.to_owned(),
        question: None,
        facts: Vec::new(),
        partial: None,
        verdict,
        sections,
    })
}

/// A table whose rows can be sorted: a name that the terminal leaves out because it is that of the row above stands in each.
fn filled(table: &Table) -> PageTable {
    let mut page = PageTable::from(table);
    page.notes = unwrapped(&table.notes);
    let mut last = String::new();
    for row in &mut page.rows {
        match row.first_mut() {
            Some(first) if first.text.is_empty() => first.text.clone_from(&last),
            Some(first) => last.clone_from(&first.text),
            None => {}
        }
    }
    page
}

/// A name that fits its column.
fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        name.to_owned()
    } else {
        format!("{}…", name.chars().take(NAME - 1).collect::<String>())
    }
}

/// A sentence in lines of at most [`WIDTH`] characters, later ones indented.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].trim().is_empty() && lines[last].chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("  {word}"));
        } else if lines[last].is_empty() {
            lines[last].push_str(word);
        } else {
            lines[last].push(' ');
            lines[last].push_str(word);
        }
    }
    lines
}

/// The sentences that [`wrapped`] has broken into lines.
fn unwrapped(lines: &[String]) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for line in lines {
        match (sentences.last_mut(), line.strip_prefix("  ")) {
            (Some(last), Some(rest)) => *last = format!("{last} {rest}"),
            _ => sentences.push(line.clone()),
        }
    }
    sentences
}

fn problem(error: FitError) -> CommandProblem {
    match error {
        FitError::History(problems) => CommandProblem::Run(Failure::History(problems)),
        FitError::Written(what) => CommandProblem::Usage {
            what: format!("the fitted scenario is not valid, which is a mistake of the fit:\n{what}"),
            hint: Some("please report it with the header of the history".to_owned()),
        },
    }
}

/// The file's name without its endings, as the name of a folder.
fn scenario_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let stem: String = stem.chars().map(plain).take(60).collect();
    if stem.is_empty() { "fit-usage".to_owned() } else { format!("fit-{stem}") }
}

/// Written beside its place and moved there, so that a half-written scenario never looks finished. The name beside it is
/// nobody else's.
pub(super) fn write_aside(path: &Path, text: &str) -> Result<(), CommandProblem> {
    let broken = |source| CommandProblem::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::Builder::new();
    aside.prefix(".creditsim-fit-");
    #[cfg(unix)]
    aside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut aside = aside.tempfile_in(folder).map_err(broken)?;
    aside.write_all(text.as_bytes()).and_then(|()| aside.as_file().sync_all()).map_err(broken)?;
    aside.persist(path).map_err(|error| broken(error.error))?;
    Ok(())
}
