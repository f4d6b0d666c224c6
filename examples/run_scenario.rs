//! Runs a scenario and says what every policy does about lost work.
//!
//! `cargo run --example run_scenario -- FILE`; without a file a bundled one, with few organizations.

use std::error::Error;

use creditsim::{Simulation, outcomes};

fn main() -> Result<(), Box<dyn Error>> {
    let simulation = match std::env::args().nth(1) {
        Some(file) => Simulation::from_path(file)?,
        None => Simulation::from_bundled("policy-shootout").ok_or("it comes along")?.quick(),
    };
    let findings = simulation.run()?;
    println!("{}", findings.verdict());
    for policy in findings.policies() {
        let Some(lost) = policy.outcome(outcomes::LOST_CREDITS) else { continue };
        let (low, high) = lost.interval().unwrap_or((lost.mean, lost.mean));
        print!("{:<12} {:>10.0} credits of work lost ({low:.0} to {high:.0})", policy.name(), lost.mean);
        match policy.difference(outcomes::LOST_CREDITS) {
            Some(change) => println!(", {:+.0}: {}", change.estimate.mean, change.verdict.name()),
            None => println!(", what the others are compared with"),
        }
    }
    Ok(())
}
