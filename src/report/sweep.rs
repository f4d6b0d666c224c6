//! Sweeps as one tidy file and as tables.

use std::io::{self, Write};

use crate::experiment::{
    Aim, Candidate, Estimate, Membership, Morris, Objective, PolicyAt, Sweep, SweepPoint, Swing,
};
use crate::outcome::{METRICS, Scope};

use super::cell::Records;
use super::figures::{OutcomeScale, level};
use super::number::{self, ESTIMATE_COLUMNS, estimate_cells};
use super::table::{Cell, Column, Table, Tone};

/// Writes `sweep.csv`: one row for each point, policy, scope and outcome, with the settings in columns of their keys.
/// Outcomes that do not apply have no row. `status` says in every row whether the sweep came to its end.
///
/// # Errors
/// If the writer fails.
pub fn write_sweep(out: impl Write, sweep: &Sweep, scenario: &str, scopes: Scopes) -> io::Result<()> {
    let mut csv = Records::new(out);
    let mut header = vec!["scenario", "point"];
    header.extend(sweep.keys.iter().map(String::as_str));
    header.extend(["policy", "scope", "metric", "unit"]);
    header.extend(ESTIMATE_COLUMNS);
    header.push("status");
    csv.write(&header)?;
    for point in &sweep.points {
        let Some(measurements) = sweep.measurements.get(point.measurements) else { continue };
        let wanted = |scope: &Scope| scopes == Scopes::Every || *scope == Scope::All;
        for policy in &point.policies {
            for &scope in measurements.scopes().iter().filter(|scope| wanted(scope)) {
                write_scope(&mut csv, sweep, (point, policy, scope), scenario)?;
            }
        }
    }
    csv.flush()
}

/// Which scopes a sweep's file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scopes {
    /// The whole alone.
    All,
    /// The whole, every cohort, every feature.
    Every,
}

/// Every outcome of one policy at one point in one scope.
fn write_scope(
    csv: &mut Records<impl Write>,
    sweep: &Sweep,
    (point, policy, scope): (&SweepPoint, &PolicyAt, Scope),
    scenario: &str,
) -> io::Result<()> {
    let Some(measurements) = sweep.measurements.get(point.measurements) else { return Ok(()) };
    let shape = measurements.shape();
    let status = if sweep.complete { "finished" } else { "partial" };
    for (index, metric) in METRICS.iter().enumerate() {
        let Some(estimate) = sweep.estimate(point, policy, scope, index) else { continue };
        let mut record = vec![scenario.to_owned(), point.number.to_string()];
        record.extend(point.settings.iter().cloned());
        record.extend([policy.name.clone(), shape.scope_name(scope).to_string()]);
        record.extend([metric.name.to_owned(), metric.unit(shape.currency.as_deref())]);
        record.extend(estimate_cells(Some(&estimate)));
        record.push(status.to_owned());
        csv.write(&record)?;
    }
    Ok(())
}

/// Some outcomes of every policy at every point.
#[must_use]
pub fn points_table(sweep: &Sweep, metrics: &[usize]) -> Table {
    let mut columns: Vec<Column> = sweep.keys.iter().map(|key| key_column(key)).collect();
    columns.push(Column::words("policy"));
    let scales: Vec<OutcomeScale> = metrics.iter().map(|&metric| scale_of(sweep, metric)).collect();
    let first = columns.len();
    columns.extend(metrics.iter().map(|&metric| Column::numbers(METRICS[metric].name)));
    level(&mut columns[first..], &scales);
    let mut table = Table::new("Outcomes at every point", columns);
    for point in &sweep.points {
        for policy in &point.policies {
            let mut row: Vec<Cell> = point.settings.iter().map(Cell::text).collect();
            row.push(Cell::text(&policy.name));
            let estimate = |metric: usize| sweep.estimate(point, policy, Scope::All, metric);
            row.extend(metrics.iter().zip(&scales).map(|(&metric, scale)| scale.cell(estimate(metric))));
            table.rows.push(row);
        }
    }
    table
}

/// The same for people: policies that no key touches have one row instead of one a point.
#[must_use]
pub fn points_for_people(sweep: &Sweep, metrics: &[usize]) -> Table {
    let mut table = points_table(sweep, metrics);
    let mut all = Vec::new();
    for point in &sweep.points {
        let account = |policy: &PolicyAt| (policy.name.clone(), (point.measurements, policy.index));
        all.extend(point.policies.iter().map(account));
    }
    let untouched = |name: &str| {
        let mut own = all.iter().filter(|(policy, _)| policy == name).map(|(_, account)| account);
        let first = own.next();
        sweep.points.len() > 1 && own.all(|account| Some(account) == first)
    };
    let mut seen: Vec<&str> = Vec::new();
    let mut kept = Vec::new();
    for ((name, _), mut row) in all.iter().zip(std::mem::take(&mut table.rows)) {
        if untouched(name) {
            if seen.contains(&name.as_str()) {
                continue;
            }
            seen.push(name);
            row.iter_mut()
                .take(sweep.keys.len())
                .for_each(|cell| *cell = Cell::toned(None, "any", Tone::Faint));
        }
        kept.push(row);
    }
    table.rows = kept;
    table
}

/// How an outcome is written beside its likes at other points.
fn scale_of(sweep: &Sweep, metric: usize) -> OutcomeScale {
    let at = |point: &SweepPoint| {
        let own = |policy: &PolicyAt| sweep.estimate(point, policy, Scope::All, metric);
        point.policies.iter().filter_map(own).collect::<Vec<Estimate>>()
    };
    let estimates: Vec<Estimate> = sweep.points.iter().flat_map(at).collect();
    OutcomeScale::of_estimates(&METRICS[metric], currency_of(sweep), &estimates)
}

fn currency_of(sweep: &Sweep) -> Option<&str> {
    sweep.measurements.first().and_then(|measurements| measurements.shape().currency.as_deref())
}

/// A column of a key's settings, the key broken at its dots.
#[must_use]
pub fn key_column(key: &str) -> Column {
    const WIDE: usize = 20;
    let mut lines = vec![String::new()];
    for part in key.split_inclusive('.') {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.len() + part.len() <= WIDE => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    Column::words(key).headed(lines.join("\n"))
}

/// The Pareto front as a table: settings, policy, and the objectives in their own units.
#[must_use]
pub fn front_table(sweep: &Sweep, objectives: &[Objective], candidates: &[Candidate]) -> Table {
    let mut columns: Vec<Column> = sweep.keys.iter().map(|key| key_column(key)).collect();
    columns.push(Column::words("policy"));
    let scale = |(index, objective): (usize, &Objective)| {
        let estimates = candidates.iter().filter_map(|candidate| candidate.estimates.get(index));
        OutcomeScale::of_estimates(&METRICS[objective.metric], currency_of(sweep), estimates)
    };
    let scales: Vec<OutcomeScale> = objectives.iter().enumerate().map(scale).collect();
    let first = columns.len();
    columns.extend(objectives.iter().map(|objective| Column::numbers(METRICS[objective.metric].name)));
    level(&mut columns[first..], &scales);
    columns.push(Column::words("on_front"));
    let mut table = Table::new("Pareto front", columns);
    for candidate in candidates.iter().filter(|candidate| candidate.membership != Membership::Off) {
        let mut row: Vec<Cell> = sweep.points[candidate.point].settings.iter().map(Cell::text).collect();
        row.push(Cell::text(&candidate.policy));
        let estimates = candidate.estimates.iter().zip(&scales);
        row.extend(estimates.map(|(estimate, scale)| scale.cell(Some(*estimate))));
        let tone = if candidate.membership == Membership::On { Tone::Good } else { Tone::Faint };
        row.push(Cell::toned(None, candidate.membership.name(), tone));
        table.rows.push(row);
    }
    let aims = objectives.iter().map(|objective| {
        let aim = if objective.aim == Aim::Minimize { "less" } else { "more" };
        format!("{aim} {}", METRICS[objective.metric].name)
    });
    let off = candidates.iter().filter(|candidate| candidate.membership == Membership::Off).count();
    table.notes.push(format!(
        "wanted: {}; {off} others are shown to be beaten (paired intervals, 95 % for all together);\n\
         undecided: another one may be better in every objective",
        aims.collect::<Vec<_>>().join(", ")
    ));
    table
}

/// Assumptions with what they move, widest first. Settings are as written; the outcome is in one unit for people.
#[must_use]
pub fn swing_table(outcome: &str, (metric, currency): (usize, Option<&str>), swings: &[Swing]) -> Table {
    let ends = swings.iter().flat_map(|swing| [swing.low, swing.base, swing.high]);
    let scale = OutcomeScale::of(&METRICS[metric], currency, ends.map(f64::abs).fold(0.0, f64::max));
    let words = ["assumption", "low", "high"].map(Column::words);
    let numbers = ["at_low", "at_base", "at_high", "swing"].map(|name| scale.column_of(name));
    let mut columns: Vec<Column> = words.into_iter().chain(numbers).collect();
    columns.push(Column::words("ranking"));
    let mut table = Table::new(format!("What moves {outcome}"), columns);
    for swing in swings {
        table.rows.push(vec![
            Cell::text(&swing.key),
            Cell::text(&swing.low_setting),
            Cell::text(&swing.high_setting),
            scale.plain_cell(swing.low),
            scale.plain_cell(swing.base),
            scale.plain_cell(swing.high),
            swing_cell(swing, &scale),
            match swing.ranking_changes {
                true => Cell::toned(None, "changes", Tone::Doubtful),
                false => Cell::toned(None, "stays", Tone::Faint),
            },
        ]);
    }
    table
}

/// How far the outcome moves, with the uncertainty of that.
fn swing_cell(swing: &Swing, scale: &OutcomeScale) -> Cell {
    let half = swing.half_width.map(|half| format!(" ±{}", number::short(half * scale.factor)));
    let width = number::short(swing.width() * scale.factor);
    Cell::Estimate {
        value: swing.width(),
        half_width: swing.half_width,
        text: format!("{width}{}", half.unwrap_or_default()),
    }
}

/// Morris' summaries, the strongest first.
#[must_use]
pub fn morris_table(
    outcome: &str,
    (metric, currency): (usize, Option<&str>),
    rows: &[(String, Morris)],
) -> Table {
    let largest = rows.iter().map(|(_, morris)| morris.mean_absolute).fold(0.0, f64::max);
    let scale = OutcomeScale::of(&METRICS[metric], currency, largest);
    let columns = vec![Column::words("assumption"), scale.column_of("mean_absolute"), scale.column_of("sd")];
    let mut table = Table::new(format!("Elementary effects on {outcome}"), columns);
    for (key, morris) in rows {
        table.rows.push(vec![
            Cell::text(key),
            scale.plain_cell(morris.mean_absolute),
            scale.plain_cell(morris.sd),
        ]);
    }
    table.notes.push(String::from(
        "from low to high; a large sd beside mean_absolute: it acts together with others",
    ));
    table
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Measurements;
    use crate::outcome::{metric_index, synthetic};

    /// Three limits of two policies, measured as six accounts of the same organizations.
    pub(crate) fn specimen() -> Sweep {
        let names = ["a", "b", "c", "d", "e", "f"];
        let shape = synthetic::shape(&names);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..4).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
        let point = |number: usize| SweepPoint {
            number,
            settings: vec![(number * 100).to_string()],
            measurements: 0,
            policies: vec![
                PolicyAt { name: "overdraft".to_owned(), index: number },
                PolicyAt { name: "hold".to_owned(), index: 3 + number },
            ],
        };
        Sweep {
            keys: vec!["policy.overdraft.limit".to_owned()],
            points: (0..3).map(point).collect(),
            measurements: vec![measurements],
            complete: false,
        }
    }

    #[test]
    fn the_tidy_file_has_a_row_for_each_point_policy_and_outcome_and_says_that_it_is_partial() {
        let mut bytes = Vec::new();
        write_sweep(&mut bytes, &specimen(), "made-up", Scopes::All).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(&reader.headers().unwrap()[2], "policy.overdraft.limit");
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        let rates: Vec<_> = rows.iter().filter(|row| &row[5] == "refusal_rate").collect();
        let keys: Vec<(&str, &str)> = rates.iter().map(|row| (&row[2], &row[3])).collect();
        assert_eq!(keys[..3], [("0", "overdraft"), ("0", "hold"), ("100", "overdraft")]);
        assert!(rows.iter().all(|row| &row[12] == "partial" && &row[4] == "all"));
    }

    #[test]
    fn the_front_is_a_table_of_settings() {
        let sweep = specimen();
        let objective = |name| Objective::by_direction(metric_index(name).unwrap(), Scope::All).unwrap();
        let objectives = [objective("refusal_rate"), objective("overspend_credits")];
        let text = front_table(&sweep, &objectives, &sweep.candidates(&objectives)).to_text();
        assert!(text.contains("policy.overdraft.") && text.contains("wanted: less refusal_rate"), "{text}");
    }
}
