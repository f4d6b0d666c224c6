//! The model of `scenarios/throughput.toml` under its policy `peer`, on NeXosim.
//!
//! An organization is a model that schedules its own arrivals, the end of its work, and the end of a top-up's cooldown.
//! It tells its sums when asked at the end. One thread, no clock: the simulation runs as fast as it can.

mod organization;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nexosim::ports::QuerySource;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;

use organization::{CREDIT, DAY, Organization, Sums};

fn main() -> ExitCode {
    let numbers: Option<Vec<u64>> = env::args().skip(1).map(|word| word.parse().ok()).collect();
    let (organizations, days, together) = match numbers.as_deref() {
        Some(&[organizations, days]) => (organizations, days, 1),
        Some(&[organizations, days, together]) if together > 0 => (organizations, days, together),
        _ => {
            eprintln!("usage: nexosim-peer ORGANIZATIONS DAYS [ORGANIZATIONS-PER-SIMULATION]");
            return ExitCode::from(2);
        }
    };
    match run(organizations, days, together) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(organizations: u64, days: u64, together: u64) -> Result<(), Box<dyn Error>> {
    let end = days as f64 * DAY;
    let mut totals = Sums::default();
    let started = Instant::now();
    for first in (0..organizations).step_by(together as usize) {
        simulate(first..(first + together).min(organizations), end, &mut totals)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    report(&totals, organizations, end, seconds);
    Ok(())
}

/// Organizations never meet, so that a simulation may hold any number of them.
fn simulate(numbers: std::ops::Range<u64>, end: f64, totals: &mut Sums) -> Result<(), Box<dyn Error>> {
    let mut bench = SimInit::with_num_threads(1);
    let mut queries = Vec::new();
    for number in numbers {
        let mailbox = Mailbox::new();
        queries.push(QuerySource::new().connect(Organization::sums, &mailbox).register(&mut bench));
        bench = bench.add_model(Organization::new(number, end), mailbox, "organization");
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH)?;
    // The horizon is half-open: nothing happens at its end.
    simulation.step_until(Duration::from_secs_f64(end) - Duration::from_nanos(1))?;
    for query in &queries {
        totals.add(&simulation.process_query(query, ())?);
    }
    Ok(())
}

/// One `name value` a line, as every peer prints.
fn report(totals: &Sums, organizations: u64, end: f64, seconds: f64) {
    println!("operations {}", totals.operations);
    println!("seconds {seconds:.6}");
    println!("operations_per_second {:.0}", totals.operations as f64 / seconds);
    println!("demand_credits {:.6}", totals.demand as f64 / CREDIT);
    println!("charged_credits {:.6}", totals.charged as f64 / CREDIT);
    println!("served {}", totals.served);
    println!("refused {}", totals.refused);
    println!("top_ups {}", totals.top_ups);
    println!("in_flight_mean {:.6}", totals.in_flight / (organizations as f64 * end));
    println!("in_flight_max {}", totals.in_flight_max);
    println!("balance_min {:.6}", totals.balance_min as f64 / CREDIT);
}
