//! A rule of admission that no scenario can say: below a fifth of a reserve, agents are let in with a chance that falls with
//! the balance, so that refusals come one by one instead of all at once.
//!
//! `cargo run --example own_admission`

use std::error::Error;

use creditsim::random::{Rng, uniform};
use creditsim::{AdmissionDecision, AdmissionRequest, AdmissionRule, Credits, Simulation, outcomes};

/// Admits everything above the reserve, nothing at zero, and a share in between.
#[derive(Debug)]
struct EarlyBrake {
    reserve: Credits,
}

impl AdmissionRule for EarlyBrake {
    fn decide(&self, request: &AdmissionRequest<'_>, draws: &mut Rng) -> AdmissionDecision {
        let share = request.available.as_f64() / self.reserve.as_f64();
        // The draws of an attempt are the same each time it is looked at, and under every policy.
        if share >= 1.0 || uniform(draws) < share {
            AdmissionDecision::Admit
        } else {
            AdmissionDecision::Refuse { need: request.estimate }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let scenario =
        || Simulation::from_bundled("policy-shootout").map(|simulation| simulation.policy("block").quick());
    let written = scenario().ok_or("it comes along")?.run()?;
    let brake = EarlyBrake { reserve: Credits::from_whole(50) };
    let braked = scenario().ok_or("it comes along")?.admission("block", brake).run()?;
    for outcome in [outcomes::REFUSAL_RATE, outcomes::LOST_CREDITS, outcomes::OVERSPEND_CREDITS] {
        let mean = |findings: &creditsim::Findings| {
            findings.baseline().outcome(outcome).map_or(0.0, |found| found.mean)
        };
        println!(
            "{:<20} {:>12.3} as written, {:>12.3} with the brake",
            outcome.name(),
            mean(&written),
            mean(&braked)
        );
    }
    Ok(())
}
