//! The comparison that `run` prints: policies as rows, a few telling outcomes as columns, verdicts as marks.

use crate::experiment::{Difference, Doubt, Estimate, Findings, Judgement, Ruling, Verdict};
use crate::experiment::{FEWEST, PRINTED_TABLES, Threshold};
use crate::outcome::{METRICS, Scope, metric};

use super::figures::{Figure, OutcomeScale, aligned, level, sparklines};
use super::number;
use super::picture::sign;
use super::table::{Cell, Column, Table, Tone};

/// The comparison in blocks for a terminal or a document.
#[must_use]
pub fn overview(findings: &Findings) -> Vec<Table> {
    let mut tables: Vec<Table> =
        PRINTED_TABLES.iter().filter_map(|(title, metrics)| block(findings, title, metrics)).collect();
    if let Some(first) = tables.first_mut() {
        add_courses(findings, first);
    }
    if let Some(last) = tables.last_mut() {
        last.notes = notes(findings);
    }
    tables
}

/// When operations were refused under each policy, as bars over the horizon.
fn add_courses(findings: &Findings, table: &mut Table) {
    const BARS: usize = 16;
    let course = |policy: usize| -> Vec<f64> {
        let points = findings.measurements.progress(policy).points();
        points.map(|point| if point.demanded > 0.0 { point.refused / point.demanded } else { 0.0 }).collect()
    };
    let courses: Vec<Vec<f64>> = (0..table.rows.len()).map(course).collect();
    let drawn = sparklines(&courses, BARS);
    if drawn.is_empty() {
        return;
    }
    table.columns.push(Column::words("refused_over_time").headed("refused\nover time".to_owned()).if_room());
    table.rows.iter_mut().zip(drawn).for_each(|(row, course)| row.push(Cell::text(course)));
}

fn block(findings: &Findings, title: &str, metrics: &[&str]) -> Option<Table> {
    let policies = 0..findings.shape().policies.len();
    let applies =
        |name: &str| policies.clone().any(|policy| findings.estimate(policy, Scope::All, name).is_some());
    let shown: Vec<&str> =
        metrics.iter().copied().filter(|name| applies(name) && !is_zero(findings, name)).collect();
    if shown.is_empty() {
        return None;
    }
    let mut columns = vec![Column::words("policy").headed(String::new())];
    let rows: Vec<(usize, Scope)> = policies.clone().map(|policy| (policy, Scope::All)).collect();
    let drawn: Vec<(OutcomeScale, Vec<Cell>)> =
        shown.iter().filter_map(|name| column(findings, name, &rows)).collect();
    columns.extend(shown.iter().map(|name| Column::numbers(name)));
    let scales: Vec<OutcomeScale> = drawn.iter().map(|(scale, _)| scale.clone()).collect();
    level(&mut columns[1..], &scales);
    let mut table = Table::new(title, columns);
    for policy in policies {
        let mut row = vec![Cell::text(policy_name(findings, policy))];
        row.extend(drawn.iter().map(|(_, cells)| cells[policy].clone()));
        table.rows.push(row);
    }
    Some(table)
}

/// True if it is 0 in every replication under every policy; a rate of 0 is worth its column.
fn is_zero(findings: &Findings, name: &str) -> bool {
    let zero = |policy| {
        let estimate = findings.estimate(policy, Scope::All, name);
        estimate.is_none_or(|estimate| estimate.mean == 0.0 && estimate.half_width.unwrap_or(0.0) == 0.0)
    };
    !is_share(name) && (0..findings.shape().policies.len()).all(zero)
}

/// Says which columns were left out.
fn zeros(findings: &Findings) -> Option<String> {
    let names = PRINTED_TABLES.iter().flat_map(|(_, names)| names.iter().copied());
    let applies = |name: &str| {
        (0..findings.shape().policies.len()).any(|p| findings.estimate(p, Scope::All, name).is_some())
    };
    let zero: Vec<&str> = names.filter(|name| applies(name) && is_zero(findings, name)).collect();
    (!zero.is_empty()).then(|| format!("0 under every policy: {}", zero.join(", ")))
}

fn policy_name(findings: &Findings, policy: usize) -> String {
    let name = &findings.shape().policies[policy];
    if policy == findings.baseline { format!("{name} (baseline)") } else { name.clone() }
}

fn is_share(name: &str) -> bool {
    metric(name).is_some_and(|metric| metric.is_share())
}

/// One outcome of every row, with its verdict against the baseline in the same scope.
pub(super) fn column(
    findings: &Findings,
    name: &str,
    rows: &[(usize, Scope)],
) -> Option<(OutcomeScale, Vec<Cell>)> {
    let estimates: Vec<Option<Estimate>> =
        rows.iter().map(|&(policy, scope)| findings.estimate(policy, scope, name)).collect();
    let currency = findings.shape().currency.as_deref();
    let scale = OutcomeScale::of_estimates(metric(name)?, currency, estimates.iter().flatten());
    let figure = |(&(policy, scope), estimate): (&(usize, Scope), &Option<Estimate>)| {
        let estimate = (*estimate)?;
        let (value, half) = number::with_uncertainty(&estimate.scaled(scale.factor));
        let difference = findings.difference(policy, scope, name);
        let (mark, tone) = difference.map_or((" ", Tone::Plain), |found| (sign(found.verdict), tone(found)));
        Some(Figure { mean: estimate.mean, value, half: half.unwrap_or_default(), mark, tone })
    };
    let figures: Vec<Option<Figure>> = rows.iter().zip(&estimates).map(figure).collect();
    Some((scale, aligned(&figures)))
}

/// What a verdict means to its reader.
fn tone(difference: &Difference) -> Tone {
    match difference.verdict {
        Verdict::Better => Tone::Good,
        Verdict::Worse => Tone::Bad,
        Verdict::Higher | Verdict::Lower => Tone::Notable,
        _ => Tone::Faint,
    }
}

fn notes(findings: &Findings) -> Vec<String> {
    let replications = findings.measurements.replications();
    let baseline = &findings.shape().policies[findings.baseline];
    if findings.measurements.is_exact() {
        let exact = "one run, exactly: nothing in this replay is drawn, so that there is no ±".to_owned();
        let marks = format!(
            "against `{baseline}`: + better, - worse, ↑ higher, ↓ lower, ≈ practically equal, = equal"
        );
        return [exact, marks].into_iter().chain(zeros(findings)).collect();
    }
    if findings.measurements.is_resampled() {
        let interval = format!(
            "± customers like these: wider side of the 95 % interval by {replications} resamples of the organizations\n\
             (Student's t around the run's value; both ends: summary.csv); none where all are equal"
        );
        let marks = format!(
            "against `{baseline}`: + better, - worse, ↑ higher, ↓ lower, ≈ practically equal, = equal, ~ undecided\n\
             (paired by resample, corrected for everything in these tables)"
        );
        return [interval, marks].into_iter().chain(zeros(findings)).collect();
    }
    if replications < 2 {
        let few = "one replication: no intervals and no verdicts (use `--replications`)".to_owned();
        return std::iter::once(few).chain(zeros(findings)).collect();
    }
    let interval = format!(
        "± wider side of the 95 % interval over {replications} replications (both ends: summary.csv);\n\
         none where all are equal"
    );
    let marks = if replications < FEWEST {
        format!(
            "against `{baseline}`: = equal by construction, ~ undecided ({FEWEST} replications are the fewest for a verdict)"
        )
    } else {
        format!(
            "against `{baseline}`: + better, - worse, ↑ higher, ↓ lower, ≈ practically equal, = equal, ~ undecided\n\
             (paired by replication, corrected for everything in these tables)"
        )
    };
    [interval, marks].into_iter().chain(zeros(findings)).chain(carried(findings)).collect()
}

/// Printed amounts of which one replication holds half of the sum: their means are hardly known.
fn carried(findings: &Findings) -> Option<String> {
    let names = PRINTED_TABLES.iter().flat_map(|(_, metrics)| metrics.iter());
    let of = |name: &&str| {
        let policies = 0..findings.shape().policies.len();
        let estimates =
            policies.filter_map(|policy| Some((policy, findings.estimate(policy, Scope::All, name)?)));
        let carried =
            estimates.filter(|(_, estimate)| estimate.replications >= FEWEST && estimate.heaviest >= 0.5);
        let policies: Vec<&str> =
            carried.map(|(policy, _)| findings.shape().policies[policy].as_str()).collect();
        (!policies.is_empty()).then(|| format!("{name} ({})", policies.join(", ")))
    };
    let found: Vec<String> = names.filter_map(of).collect();
    (!found.is_empty()).then(|| {
        format!(
            "one replication holds half of the sum or more, so that more are needed: {}",
            found.join("; ")
        )
    })
}

/// Every outcome of every policy in one flat table, for programs.
#[must_use]
pub fn flat(findings: &Findings) -> Table {
    let words = ["policy", "metric", "unit"].map(Column::words);
    let numbers = ["mean", "ci_low", "ci_high", "sd", "replications"].map(Column::numbers);
    let differences =
        ["difference", "difference_ci_low", "difference_ci_high", "relative"].map(Column::numbers);
    let mut columns: Vec<Column> = words.into_iter().chain(numbers).chain(differences).collect();
    columns.push(Column::words("verdict"));
    let mut table = Table::new("comparison", columns);
    for (policy, name) in findings.shape().policies.iter().enumerate() {
        for metric in METRICS.iter() {
            let Some(estimate) = findings.estimate(policy, Scope::All, metric.name) else { continue };
            let difference = findings.difference(policy, Scope::All, metric.name);
            let mut row: Vec<Cell> =
                vec![Cell::text(name), Cell::text(metric.name), Cell::text(findings.unit(metric.name))];
            let (low, high) = estimate.interval().unzip();
            let count = f64::from(estimate.replications);
            row.extend([Some(estimate.mean), low, high, estimate.sd, Some(count)].map(Cell::number));
            let (low, high) = difference.and_then(Difference::interval).unzip();
            let relative = difference.and_then(|difference| difference.relative);
            let difference_mean = difference.map(|difference| difference.estimate.mean);
            row.extend([difference_mean, low, high, relative].map(Cell::number));
            row.push(difference.map_or(Cell::Absent, |difference| Cell::text(difference.verdict.name())));
            table.rows.push(row);
        }
    }
    table
}

/// Thresholds with their rulings; an undecided one says how many replications would probably decide it.
#[must_use]
pub fn rulings(findings: &Findings, thresholds: &[Threshold], judgements: &[Judgement]) -> Table {
    let columns = ["ruling", "policy", "threshold", "outcome", "note"].map(Column::words);
    let mut table = Table::new("Thresholds", columns.to_vec());
    for judgement in judgements {
        let threshold = &thresholds[judgement.threshold];
        let outcome = judgement.estimate.map_or(Cell::Absent, |estimate| {
            let (factor, unit) = if is_share(&threshold.metric) { (100.0, " %") } else { (1.0, "") };
            let text = number::estimated(&estimate.scaled(factor)) + unit;
            Cell::Estimate { value: estimate.mean, half_width: estimate.half_width, text }
        });
        table.rows.push(vec![
            ruling_cell(judgement.ruling),
            Cell::text(&findings.shape().policies[judgement.policy]),
            Cell::text(condition(threshold)),
            outcome,
            Cell::text(explanation(judgement)),
        ]);
    }
    table
}

/// The ruling in its colour.
pub(super) fn ruling_cell(ruling: Ruling) -> Cell {
    let tone = match ruling {
        Ruling::Pass => Tone::Good,
        Ruling::Fail => Tone::Bad,
        Ruling::Undecided { .. } => Tone::Doubtful,
    };
    Cell::toned(None, ruling.name(), tone)
}

/// The condition as written, with its scope if that is not everything.
pub(super) fn condition(threshold: &Threshold) -> String {
    match threshold.scope.as_str() {
        "all" => threshold.text.clone(),
        scope => format!("{} ({scope})", threshold.text),
    }
}

/// Why a judgement is not a plain pass or fail.
pub(super) fn explanation(judgement: &Judgement) -> String {
    let Ruling::Undecided { replications, why } = judgement.ruling else { return String::new() };
    match (why, replications) {
        (Doubt::Near, Some(needed)) => format!("about {needed} replications would probably decide it"),
        (Doubt::AllAlike, None) => format!("{} (`==` asks about what was seen)", why.text()),
        (_, Some(needed)) => format!("{}; about {needed} replications would probably decide it", why.text()),
        (_, None) => why.text().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Comparison;
    use crate::experiment::{Measurements, judge};
    use crate::outcome::synthetic;

    pub(crate) const POLICIES: [&str; 8] = [
        "block",
        "overdraft-200",
        "hold-p95",
        "auto-recharge-below-50",
        "rollover-three-months-capped",
        "queue",
        "degrade",
        "trust",
    ];

    fn findings(replications: u64) -> Findings {
        let shape = synthetic::shape(&POLICIES);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..replications).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 40)));
        Findings::new(measurements, 0)
    }

    #[test]
    fn eight_policies_with_long_names_fit_a_hundred_columns() {
        let text: String = overview(&findings(8)).iter().map(|table| table.to_text() + "\n").collect();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        for wanted in
            ["refusal_rate", "in_flight_max", "USD", "rollover-three-months-capped", "block (baseline)", "±"]
        {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        for table in overview(&findings(8)) {
            let lines: Vec<String> = table.to_text().lines().map(str::to_owned).collect();
            assert!(
                POLICIES.iter().all(|name| lines.iter().any(|line| line.starts_with(name))),
                "a name was broken"
            );
        }
    }

    #[test]
    fn one_replication_claims_nothing() {
        let tables = overview(&findings(1));
        let text: String = tables.iter().map(Table::to_text).collect();
        assert!(!text.contains('±'), "{text}");
        assert!(tables.last().unwrap().notes[0].starts_with("one replication"));
    }

    #[test]
    fn the_flat_table_has_the_outcomes_of_every_policy() {
        let csv = flat(&findings(3)).to_csv();
        assert!(
            csv.starts_with("policy,metric,unit,mean,ci_low,ci_high,sd,replications,difference,difference_ci_low,difference_ci_high,relative,verdict\n")
        );
        assert!(csv.lines().any(|line| line.starts_with("queue,cash_money,USD,")), "{csv}");
    }

    #[test]
    fn an_undecided_threshold_says_what_it_needs() {
        let findings = findings(6);
        let mean = findings.estimate(0, Scope::All, "refusal_rate").unwrap();
        let threshold = Threshold {
            policy: Some(0),
            scope: "all".to_owned(),
            metric: "refusal_rate".to_owned(),
            comparison: Comparison::Less,
            value: (mean.mean + mean.interval().unwrap().1) / 2.0,
            text: "refusal_rate < 20%".to_owned(),
        };
        let thresholds = [threshold];
        let text = rulings(&findings, &thresholds, &judge(&findings.measurements, &thresholds)).to_text();
        assert!(
            text.contains("undecided") && text.contains("replications would probably decide it"),
            "{text}"
        );
    }
}
