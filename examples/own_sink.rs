//! Counts refusals by hour of the day while a run goes on: rows of attempts in a sink of one's own.
//!
//! `cargo run --example own_sink`

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};

use creditsim::{OperationRow, RowSink, Rows, Simulation};

/// Refusals under one policy, by hour of the day (UTC).
#[derive(Default)]
struct RefusalsByHour {
    counts: [u64; 24],
}

impl RowSink for RefusalsByHour {
    fn operation(&mut self, row: &OperationRow) -> io::Result<()> {
        if row.outcome == "refused" {
            let hour = row.decided.micros().div_euclid(3_600_000_000).rem_euclid(24);
            self.counts[hour as usize] += 1;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let refusals = Arc::new(Mutex::new(RefusalsByHour::default()));
    let simulation = Simulation::from_bundled("policy-shootout").ok_or("it comes along")?.quick();
    let findings = simulation.policy("block").rows(&[Rows::Operations], Arc::clone(&refusals)).run()?;
    println!("refusals of `block` by hour, over {} replications", findings.replications());
    let refusals = refusals.lock().map_err(|_| "the sink panicked")?;
    for (hour, count) in refusals.counts.iter().enumerate() {
        println!("{hour:02}:00 {count:>7} {}", "#".repeat((count / 50) as usize));
    }
    Ok(())
}
