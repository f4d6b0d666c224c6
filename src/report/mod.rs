//! What a run leaves behind: tables, files, plots, a page.
//!
//! Owns every look: one [`Table`] in four forms, the run folder, the plots, the HTML page. Leaves numbers to
//! `experiment` and `outcome`, and the terminal to `cli`.
//! Invariants: a folder that has its final name is complete; no CSV holds a wall-clock value.

pub mod number;
pub mod overview;
mod table;

pub use table::{Cell, Column, Format, Table, pretty};
