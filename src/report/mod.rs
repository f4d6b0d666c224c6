//! What a run leaves behind: tables, files, plots, a page.
//!
//! Owns every look: one [`Table`] in four forms, the run folder, the plots, the HTML page. Leaves numbers to
//! `experiment` and `outcome`, and the terminal to `cli`.
//! Invariants: a folder that has its final name is complete; no CSV holds a wall-clock value.

mod answer;
mod backtest;
mod books;
mod cell;
#[cfg(feature = "parquet")]
mod columns;
mod customers;
mod figures;
mod files;
#[cfg(feature = "cli")]
mod folder;
mod grid;
mod grounds;
#[cfg(feature = "cli")]
mod junit;
mod limits;
mod look;
pub mod number;
#[cfg(all(test, feature = "plots"))]
mod outcomes_page;
mod overview;
#[cfg(feature = "plots")]
mod page;
mod picture;
mod pieces;
#[cfg(feature = "plots")]
mod plots;
#[cfg(feature = "cli")]
mod printed;
mod rows;
mod scopes;
mod statement;
mod sweep;
mod table;

pub use answer::{Answer, Citation, PolicyLine, Sentence};
pub use backtest::{BACKTEST_FILE, BackTestReport};
pub use books::{BOOKS_FILE, write_books, write_books_header};
pub use cell::cell;
#[cfg(feature = "parquet")]
pub use columns::{ParquetRows, parquet_of};
pub use customers::{BY_SIZE_FILE, LARGEST_FILE, customer_tables, write_by_size, write_largest};
pub use figures::OutcomeScale;
pub use files::{REPLICATIONS, write_comparison, write_replications, write_summary, write_timeline};
#[cfg(feature = "cli")]
pub use folder::{
    Earlier, FileRecord, Formats, HistoryRecord, MANIFEST, Manifest, MissingFile, PARTS, Placed, Question,
    Remains, RunFile, RunFolder, SCRATCH, Status, TakenUpRecord, Unfinished, Unplaced,
};
pub use grid::{draw_tables, render_tables};
pub use grounds::{Grounds, quoted};
#[cfg(feature = "cli")]
pub use junit::junit;
pub use limits::{LIMITS_FILE, write_limits, write_limits_header};
pub use look::{Look, wrapped};
pub use overview::{flat, overview, rulings};
#[cfg(feature = "plots")]
pub use page::{
    Page, PageBlock, PageCell, PageHead, PageSection, PageTable, PageVerdict, RunMatter, TrialMatter,
    assumptions_section, page, run_page, settings_section, sweep_verdict, trial_page,
};
pub use picture::{
    AxisScale, AxisTick, BarRow, CurvePoint, CurveStyle, DotRow, DrawnCondition, DrawnSearch, JudgedValue,
    LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel, PictureSeries, PictureValue,
    PlanePoint, StackRow, SwingRow, TriedSetting, description, front_picture, gathered, optimum_picture,
    pictures, sweep_picture, swings_picture,
};
pub use pieces::{RowPieces, unguarded};
#[cfg(feature = "plots")]
pub use plots::{png, svg};
#[cfg(feature = "cli")]
pub use printed::{PRINTED, Printed};
pub use rows::{RowFile, attempt_name, kind_name, reason_name};
pub use scopes::scope_tables;
pub use statement::{
    FeatureWords, LineFacts, PlanWords, ScopeWords, Statement, StatementFacts, StatementLine, UsageKey,
    usage_table,
};
pub use sweep::{
    Scopes, front_table, key_column, morris_table, points_for_people, points_table, swing_table, write_sweep,
};
pub use table::{Cell, Column, Format, Table, Tone, pretty};

#[cfg(feature = "cli")]
use std::io;
#[cfg(feature = "cli")]
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "cli")]
use crate::experiment::Findings;

#[cfg(feature = "cli")]
/// Writes everything that follows from the findings into a run folder: the summaries, the plots, the page. A file that
/// fails is done without, and the folder says so.
pub fn write_findings(folder: &mut RunFolder, findings: &Findings, mut page: Page, forms: PictureForms) {
    type Form = fn(&mut Vec<u8>, &Findings, &str) -> io::Result<()>;
    let tables: [(&str, Form); 6] = [
        ("summary.csv", |out, findings, scenario| write_summary(out, findings, scenario)),
        ("comparison.csv", |out, findings, scenario| write_comparison(out, findings, scenario)),
        ("timeline.csv", |out, findings, _| write_timeline(out, findings)),
        (BY_SIZE_FILE, |out, findings, scenario| write_by_size(out, findings, scenario)),
        (LARGEST_FILE, |out, findings, _| write_largest(out, findings)),
        (REPLICATIONS, |out, findings, _| write_replications(out, findings)),
    ];
    for (name, form) in tables {
        attempt(folder, name, || {
            let mut out = Vec::new();
            form(&mut out, findings, &page.scenario).map(|()| out)
        });
    }
    let shown = draw(folder, forms, || pictures(findings));
    page.add("pictures", (!shown.is_empty()).then_some(PageBlock::Pictures(shown)));
    write_page(folder, page);
}

/// Writes the page last, because it names the files beside it.
#[cfg(feature = "cli")]
pub fn write_page(folder: &mut RunFolder, mut page: Page) {
    page.add("repeat", [page::file_list(folder.names())]);
    attempt(folder, "report.html", || Ok(page::page(&page).into_bytes()));
}

/// In which forms pictures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureForms {
    /// SVG alone.
    Svg,
    /// SVG and PNG.
    SvgAndPng,
}

/// Draws pictures into a folder, and gives each as SVG and as data. A picture that fails, however it does, is done without, and the folder says so.
#[cfg(feature = "cli")]
pub fn draw(
    folder: &mut RunFolder,
    forms: PictureForms,
    make: impl FnOnce() -> Vec<Picture>,
) -> Vec<(String, Option<Picture>)> {
    let made = careful(|| Ok(make())).unwrap_or_else(|why| {
        folder.give_up("plots", &why);
        Vec::new()
    });
    let mut all = Vec::new();
    for picture in made {
        let Some(drawn) = drawn(folder, &picture.name, || svg(&picture)) else { continue };
        if forms == PictureForms::SvgAndPng {
            attempt(folder, &format!("plots/{}.png", picture.name), || png(&drawn));
        }
        all.push((drawn, Some(picture)));
    }
    all
}

#[cfg(feature = "cli")]
fn drawn(folder: &mut RunFolder, name: &str, draw: impl FnOnce() -> io::Result<String>) -> Option<String> {
    let file = format!("plots/{name}.svg");
    match careful(draw) {
        Ok(svg) => {
            // A folder that cannot take it has noted that.
            let _ = folder.write(&file, svg.as_bytes());
            Some(svg)
        }
        Err(why) => {
            folder.give_up(&file, &why);
            None
        }
    }
}

#[cfg(feature = "cli")]
/// Writes a file into a folder; one that fails is done without, and the folder says so.
pub fn attempt(folder: &mut RunFolder, name: &str, write: impl FnOnce() -> io::Result<Vec<u8>>) {
    match careful(write) {
        Ok(contents) => {
            // A folder that cannot take it has noted that.
            let _ = folder.write(name, &contents);
        }
        Err(why) => folder.give_up(name, &why),
    }
}

/// A panic is an error as well: it must not cost what is finished.
#[cfg(feature = "cli")]
fn careful<T>(work: impl FnOnce() -> io::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(payload) => {
            let said = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let said = said.or_else(|| payload.downcast_ref::<String>().cloned());
            Err(format!("a mistake of creditsim: {}", said.unwrap_or_default()))
        }
    }
}

#[cfg(feature = "cli")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_that_fails_costs_that_plot_only() {
        let home = tempfile::tempdir().unwrap();
        let (mut folder, _) = RunFolder::begin(home.path(), "test").unwrap();
        type Draw = fn() -> io::Result<String>;
        let draws: [(&str, Draw); 3] = [
            ("panics", || panic!("attempt to add with overflow")),
            ("fails", || Err(io::Error::other("no ink"))),
            ("fine", || Ok("<svg/>".to_owned())),
        ];
        let drawn: Vec<bool> =
            draws.into_iter().map(|(name, draw)| drawn(&mut folder, name, draw).is_some()).collect();
        assert_eq!(drawn, [false, false, true]);
        attempt(&mut folder, "summary.csv", || Ok(b"metric".to_vec()));
        let missing: Vec<(&str, &str)> =
            folder.missing().iter().map(|file| (file.name.as_str(), file.why.as_str())).collect();
        let overflow = "a mistake of creditsim: attempt to add with overflow";
        assert_eq!(missing, [("plots/panics.svg", overflow), ("plots/fails.svg", "no ink")]);
        assert_eq!(fs_names(folder.path()), ["plots/fine.svg", "summary.csv"]);
    }

    fn fs_names(folder: &std::path::Path) -> Vec<String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                names.extend(fs_names(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
            } else {
                names.push(name);
            }
        }
        names.sort();
        names
    }
}
