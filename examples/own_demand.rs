//! Demand that no scenario can say: a launch at noon of the third day, after which each organization asks more and more
//! seldom.
//!
//! `cargo run --example own_demand`

use std::error::Error;

use creditsim::random::{Rng, standard_exponential};
use creditsim::{Credits, DemandAsker, DemandSource, DemandedOperation, SimSpan, Simulation, outcomes};

/// Operations whose distances grow by a tenth each.
#[derive(Debug)]
struct Launch {
    first_gap: SimSpan,
}

impl DemandSource for Launch {
    fn operations(
        &self,
        asker: &DemandAsker<'_>,
        mut draws: Rng,
    ) -> Box<dyn Iterator<Item = DemandedOperation> + Send> {
        let mut at = asker.from + SimSpan::from_seconds(60 * 3_600);
        let mut seconds = self.first_gap.micros() as f64 / 1e6 / asker.activity.max(0.01);
        Box::new(std::iter::from_fn(move || {
            at = at + SimSpan::from_seconds_f64(seconds * standard_exponential(&mut draws));
            seconds *= 1.1;
            let cost = Credits::from_f64(0.5 + standard_exponential(&mut draws));
            Some(DemandedOperation::new(at, cost, SimSpan::from_seconds(20)))
        }))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let launch = Launch { first_gap: SimSpan::from_seconds(120) };
    let findings = Simulation::from_text(SCENARIO).demand("chat", launch).run()?;
    println!("{}", findings.verdict());
    if let Some(demanded) = findings.baseline().outcome(outcomes::OPERATIONS_DEMANDED) {
        println!("{:.0} operations in a replication", demanded.mean);
    }
    Ok(())
}

const SCENARIO: &str = r#"
    start        = 2025-01-01T00:00:00Z
    horizon      = "2 weeks"
    replications = 10
    baseline     = "block"

    [[cohorts]]
    name          = "teams"
    organizations = 50
    activity      = { lognormal = { mean = 1.0, cv = 1.0 } }

    [features.chat]
    arrivals = { poisson = "1/day" }   # not asked: the launch stands in its place
    cost     = 1.5                     # what estimates expect

    [policy]
    allowance = { credits = 40, every = "month" }
    admission = "positive"

    [policies.block]

    [policies.overdraft]
    short     = "allow"
    overdraft = { limit = 20 }
"#;
