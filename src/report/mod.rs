//! What a run leaves behind: tables, files, plots, a page.
//!
//! Owns every look: one [`Table`] in four forms, the run folder, the plots, the HTML page. Leaves numbers to
//! `experiment` and `outcome`, and the terminal to `cli`.
//! Invariants: a folder that has its final name is complete; no CSV holds a wall-clock value.

mod files;
mod folder;
pub mod number;
mod overview;
mod plots;
mod rows;
mod table;

pub use files::{write_comparison, write_summary, write_timeline};
pub use folder::{FileRecord, Manifest, RunFile, RunFolder, Status};
pub use overview::{flat, overview, rulings};
pub use plots::{Plot, plots};
pub use rows::{RowFile, attempt_name, kind_name, reason_name};
pub use table::{Cell, Column, Format, Table, pretty};
