//! Integration tests: the library and the command as their users see them, in one program, so that they are linked once.
//!
//! `cargo test --test it replay` runs the tests of one module.

mod account;
mod accounts;
mod adopted;
mod answers;
mod asking;
mod backtest;
mod circles;
mod citations;
mod closed_forms;
mod command;
mod common;
mod demand;
mod errors;
mod explain;
mod faults;
mod fit;
mod golden;
mod groups;
mod hostile;
mod interrupts;
mod judge;
mod kills;
mod laws;
mod layers;
mod ledger_cases;
mod mistakes;
mod notes;
mod output;
mod pages;
mod platforms;
mod provenance;
mod rates;
mod replay;
mod report_page;
mod sampling_oracle;
mod shards;
mod shortcuts;
mod sweep;
mod told;
mod written;
