//! What a run leaves behind: tables, files, plots, a page.
//!
//! Owns every look: one [`Table`] in four forms, the run folder, the plots, the HTML page. Leaves numbers to
//! `experiment` and `outcome`, and the terminal to `cli`.
//! Invariants: a folder that has its final name is complete; no CSV holds a wall-clock value.

mod files;
mod folder;
mod html;
mod junit;
pub mod number;
mod overview;
mod plots;
mod rows;
mod statement;
mod sweep;
mod table;

pub use files::{write_comparison, write_summary, write_timeline};
pub use folder::{FileRecord, HistoryRecord, Manifest, RunFile, RunFolder, Status};
pub use html::{Page, page};
pub use junit::junit;
pub use overview::{flat, overview, rulings};
pub use plots::{Plot, front_plot, plots, sweep_plot, tornado_plot};
pub use rows::{RowFile, attempt_name, kind_name, reason_name};
pub use statement::{FeatureWords, PlanWords, Statement, StatementFacts, StatementLine};
pub use sweep::{
    Scopes, estimate_cell, front_table, key_column, morris_table, points_table, swing_table, write_sweep,
};
pub use table::{Cell, Column, Format, Table, pretty};

use std::io;

use crate::experiment::Findings;

/// Writes everything that follows from the findings into a run folder: the summaries, the plots, the page.
///
/// # Errors
/// If a file cannot be written.
pub fn write_findings(folder: &mut RunFolder, findings: &Findings, facts: &Page) -> io::Result<()> {
    let mut summary = folder.open("summary.csv")?;
    write_summary(&mut summary, findings, &facts.scenario)?;
    folder.close(summary)?;
    let mut comparison = folder.open("comparison.csv")?;
    write_comparison(&mut comparison, findings, &facts.scenario)?;
    folder.close(comparison)?;
    let mut timeline = folder.open("timeline.csv")?;
    write_timeline(&mut timeline, findings)?;
    folder.close(timeline)?;
    let plots = plots(findings)?;
    for plot in &plots {
        folder.write(&format!("plots/{}.svg", plot.name), plot.svg.as_bytes())?;
    }
    folder.write("report.html", page(findings, facts, &plots).as_bytes())
}
