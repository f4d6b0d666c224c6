//! One page that needs nothing else: the comparison, the thresholds, the plots, every outcome.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::experiment::Findings;
use crate::outcome::{METRICS, Scope};
use crate::units::visible_lines;

use super::overview::overview;
use super::plots::Plot;
use super::table::{Cell, Column, Table};

/// What the page says besides the findings; nothing of it depends on the clock.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What a reader should know before comparing policies.
    pub remarks: Vec<String>,
    /// Name of the scenario.
    pub scenario: String,
    /// The question it answers.
    pub question: Option<String>,
    /// Seed of every stream.
    pub seed: u64,
    /// False if the run was interrupted.
    pub finished: bool,
    /// Thresholds with their rulings, if there are any.
    pub thresholds: Option<Table>,
}

const STYLE: &str = "\
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;color:#1f2937;background:#fff;max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.lead{font-size:1.1rem;color:#374151;margin:.3rem 0}.facts,.notes{color:#6b7280;font-size:.85rem}
.partial{background:#fef3c7;border:1px solid #d97706;padding:.5rem .8rem;border-radius:4px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;margin:.3rem 0 1rem}
th{text-align:left;vertical-align:bottom;font-weight:600;border-bottom:1.5px solid #374151;white-space:pre;padding:.25rem .9rem .25rem 0}
td{border-bottom:1px solid #e5e7eb;padding:.22rem .9rem .22rem 0;vertical-align:top}
.right{text-align:right}td.right{white-space:pre;font-family:ui-monospace,monospace}
figure{margin:1.2rem 0}svg{max-width:100%;height:auto}summary{cursor:pointer;font-weight:600;margin:.4rem 0}";

/// Writes the page.
#[must_use]
pub fn page(findings: &Findings, page: &Page, plots: &[Plot]) -> String {
    let shown = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (visible_lines(&page.scenario)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(findings, page))
                @for part in overview(findings) { (section(&part)) }
                @if let Some(thresholds) = &page.thresholds { (section(thresholds)) }
                // What draws plots has escaped their texts.
                @for plot in plots { figure { (PreEscaped(&plot.svg)) } }
                h2 { "Every outcome" }
                @for &scope in findings.measurements.scopes() { (folded(&every_outcome(findings, scope), scope)) }
            }
        }
    };
    shown.into_string()
}

fn head(findings: &Findings, page: &Page) -> Markup {
    let replications = findings.measurements.replications();
    let plural = if replications == 1 { "" } else { "s" };
    let what = match findings.measurements.is_resampled() {
        _ if findings.measurements.is_exact() => "exact run",
        true => "resample",
        false => "replication",
    };
    html! {
        h1 { (visible_lines(&page.scenario)) }
        @if let Some(question) = &page.question { p.lead { (visible_lines(question)) } }
        p.facts { "seed " (page.seed) ", " (replications) " " (what) (plural) }
        @for remark in &page.remarks { p.notes { (visible_lines(remark)) } }
        @if !page.finished {
            p.partial { "The run was interrupted: only the replications that were complete are in." }
        }
    }
}

fn section(part: &Table) -> Markup {
    html! {
        h2 { (visible_lines(&part.title)) }
        (shown_table(part))
    }
}

/// A table that opens when it is asked to; that of everybody is open.
fn folded(outcomes: &Table, scope: Scope) -> Markup {
    html! {
        details open[scope == Scope::All] {
            summary { (visible_lines(&outcomes.title)) }
            (shown_table(outcomes))
        }
    }
}

/// Every outcome of one scope, policies as columns; those that apply to no policy are left out.
fn every_outcome(findings: &Findings, scope: Scope) -> Table {
    let shape = findings.shape();
    let mut columns = vec![Column::words("outcome"), Column::words("unit")];
    columns.extend(shape.policies.iter().map(|name| Column::numbers(name)));
    columns.push(Column::words("what it says"));
    let mut table = Table::new(shape.scope_name(scope), columns);
    for metric in METRICS.iter().filter(|metric| metric.applies_to(scope)) {
        let cells: Vec<Cell> = (0..shape.policies.len())
            .map(|policy| {
                let estimate = findings.estimate(policy, scope, metric.name);
                estimate.map_or(Cell::Absent, |estimate| Cell::estimate(&estimate, 1.0))
            })
            .collect();
        if cells.iter().all(|cell| *cell == Cell::Absent) {
            continue;
        }
        let mut row = vec![Cell::text(metric.name), Cell::text(findings.unit(metric.name))];
        row.extend(cells);
        row.push(Cell::text(metric.about));
        table.rows.push(row);
    }
    table
}

fn shown_table(shown: &Table) -> Markup {
    let class = |column: &Column| column.right.then_some("right");
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        @for column in &shown.columns {
                            th class=[class(column)] {
                                (visible_lines(column.shown().trim_start_matches('\n')))
                            }
                        }
                    }
                }
                tbody {
                    @for row in &shown.rows {
                        tr {
                            @for (column, cell) in shown.columns.iter().zip(row) {
                                td class=[class(column)] { (visible_lines(cell.shown())) }
                            }
                        }
                    }
                }
            }
        }
        @for note in &shown.notes { p.notes { (visible_lines(note)) } }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Measurements;
    use crate::outcome::synthetic;

    #[test]
    fn the_page_holds_everything_and_asks_for_nothing() {
        let shape = synthetic::shape(&["block <hard>", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..3).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
        let findings = Findings::new(measurements, 0);
        let plots = crate::report::plots::plots(&findings).unwrap();
        let facts = Page { scenario: "made & up".to_owned(), finished: true, ..Page::default() };
        let text = page(&findings, &facts, &plots);
        for wanted in
            ["made &amp; up", "block &lt;hard&gt;", "refusal_rate", "cohort:studios", "feature:post"]
        {
            assert!(text.contains(wanted), "{wanted}");
        }
        assert_eq!(text.matches("<figure><svg").count(), plots.len());
        assert!(
            !text.contains("<hard>") && !text.contains("src=") && !text.contains("href="),
            "self-contained"
        );
        assert!(!text.contains("interrupted"));
        if let Ok(folder) = std::env::var("CREDITSIM_PLOTS") {
            std::fs::write(format!("{folder}/report.html"), text).unwrap();
        }
    }
}
