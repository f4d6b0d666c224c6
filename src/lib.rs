//! What does a credit policy do to customers and to the books, before they notice?
//!
//! creditsim replays the *enforcement* of credit policies (refusals, overdraft, holds, concurrency, rollover, top-ups) on the
//! same demand for every policy, and says which policy does what, with confidence intervals. This is its library; the command
//! `creditsim` is built on the same rooms and gives the same numbers.
//!
//! # A first run
//!
//! A scenario says who asks for what, and which policies answer. It is a TOML file, or a text:
//!
//! ```
//! use creditsim::Simulation;
//!
//! let findings = Simulation::from_text(SCENARIO).run()?;
//! println!("{}", findings.verdict());
//!
//! # const SCENARIO: &str = r#"
//! # version      = 1
//! # name         = "my-product"
//! # start        = 2025-01-01T00:00:00Z
//! # horizon      = "2 weeks"
//! # seed         = 1
//! # replications = 5
//! # baseline     = "block"
//! #
//! # [[cohorts]]
//! # name          = "teams"
//! # organizations = 8
//! # activity      = { lognormal = { mean = 1.0, cv = 1.6 } }
//! # profile       = "office"
//! #
//! # [features.chat]
//! # arrivals = { gamma = "20/day", cv = 1.5 }
//! # cost     = { lognormal = { median = 0.8, sigma = 0.7 } }
//! # duration = { lognormal = { median = "8s", sigma = 0.6 } }
//! #
//! # [policy]
//! # allowance = { credits = 100, every = "month" }
//! # admission = "positive"
//! #
//! # [policies.block]
//! #
//! # [policies.overdraft]
//! # short     = "allow"
//! # overdraft = { limit = 100 }
//! #
//! # [policies.hold]
//! # admission = { hold = { estimate = { quantile = 0.95 }, timeout = "1h" } }
//! # "#;
//! # assert_eq!(findings.policies().count(), 3);
//! # Ok::<(), creditsim::SimulationError>(())
//! ```
//!
//! with the scenario that the README writes:
//!
//! ```toml
//! version      = 1
//! name         = "my-product"
//! start        = 2025-01-01T00:00:00Z
//! horizon      = "3 months"
//! seed         = 1
//! replications = 10
//! baseline     = "block"
//!
//! [[cohorts]]
//! name          = "teams"
//! organizations = 200
//! activity      = { lognormal = { mean = 1.0, cv = 1.6 } }   # multiplies every rate, drawn once per organization
//! profile       = "office"                                   # hours of the day, days of the week
//!
//! [features.chat]
//! arrivals = { gamma = "20/day", cv = 1.5 }
//! cost     = { lognormal = { median = 0.8, sigma = 0.7 } }
//! duration = { lognormal = { median = "8s", sigma = 0.6 } }
//!
//! [policy]                                                   # what every policy below shares
//! allowance = { credits = 500, every = "month" }
//! admission = "positive"
//!
//! [policies.block]
//!
//! [policies.overdraft]
//! short     = "allow"
//! overdraft = { limit = 100 }
//!
//! [policies.hold]
//! admission = { hold = { estimate = { quantile = 0.95 }, timeout = "1h" } }
//! ```
//!
//! [`Simulation::from_path`] reads a file; [`Simulation::from_bundled`] takes one of those that come along. Every key of the
//! format stands in `docs/scenario-format.md`. What is wrong with a scenario comes as [`SimulationError::Scenario`]: every
//! problem at once, with file, line, key, what was found and what is wanted.
//!
//! # Choosing
//!
//! A [`Simulation`] is put together before it runs: which policies, how many replications, another seed, keys set over the
//! file as `--set` does.
//!
//! ```
//! # use creditsim::Simulation;
//! let findings = Simulation::from_bundled("policy-shootout")
//!     .expect("it comes along")
//!     .policy("block")
//!     .policy("overdraft")
//!     .set("policies.overdraft.overdraft.limit", 250)
//!     .seed(7)
//!     .quick()
//!     .run()?;
//! assert_eq!(findings.seed(), 7);
//! # Ok::<(), creditsim::SimulationError>(())
//! ```
//!
//! The same scenario and seed give the same findings to the last bit, on one thread or eight.
//!
//! # Asking
//!
//! [`Findings`] are asked by the name of a policy and of an outcome ([`outcomes`] lists them with their meanings):
//!
//! ```
//! # use creditsim::Simulation;
//! use creditsim::{Within, outcomes};
//! # let findings = Simulation::from_bundled("policy-shootout").expect("it comes along").policy("block").policy("packages")
//! #     .quick().run()?;
//!
//! let packages = findings.policy("packages").expect("the scenario has it");
//! let lost = packages.outcome(outcomes::LOST_CREDITS).expect("work can be lost");
//! if let Some((low, high)) = lost.interval() {
//!     println!("{:.0} credits of work lost, between {low:.0} and {high:.0}", lost.mean);
//! }
//! let less = packages.difference(outcomes::LOST_CREDITS).expect("it is not the baseline");
//! println!("{:+.0} against `{}`: {}", less.estimate.mean, findings.baseline().name(), less.verdict.name());
//! assert!(less.estimate.mean < 0.0);
//! assert!(packages.outcome_within(Within::Cohort("small"), outcomes::LOSS_RATE).is_some());
//! # Ok::<(), creditsim::SimulationError>(())
//! ```
//!
//! An [`Estimate`] is a mean over replications with its 95 % interval. A [`Difference`] is paired: both policies met the same
//! demand. Its [`Verdict`] is corrected for everything that is printed, so that reading many of them stays honest
//! (`docs/statistics.md`).
//!
//! # Parts of your own
//!
//! | what | trait | given to |
//! |---|---|---|
//! | rows of attempts, ledger entries, organizations | [`RowSink`] | [`Simulation::rows`] |
//! | who may start an operation | [`AdmissionRule`] | [`Simulation::admission`] |
//! | who asks for what, and when | [`DemandSource`] | [`Simulation::demand`] |
//!
//! Whatever they say, the laws of conservation are checked as in every run. They must be functions of what they are given;
//! randomness comes from the streams that they are handed ([`random`]), which is what keeps runs repeatable. `examples/` has
//! one of each.
//!
//! ```
//! use creditsim::random::Rng;
//! use creditsim::{AdmissionDecision, AdmissionRequest, AdmissionRule, Credits, Simulation, outcomes};
//!
//! /// Lets nobody start anything below ten credits.
//! #[derive(Debug)]
//! struct TenLeft;
//!
//! impl AdmissionRule for TenLeft {
//!     fn decide(&self, request: &AdmissionRequest<'_>, _: &mut Rng) -> AdmissionDecision {
//!         let need = Credits::from_whole(10);
//!         if request.available >= need { AdmissionDecision::Admit } else { AdmissionDecision::Refuse { need } }
//!     }
//! }
//!
//! let scenario = || Simulation::from_bundled("policy-shootout").expect("it comes along").policy("block").quick();
//! let (written, own) = (scenario().run()?, scenario().admission("block", TenLeft).run()?);
//! let refused = |findings: &creditsim::Findings| {
//!     findings.baseline().outcome(outcomes::REFUSAL_RATE).map(|rate| rate.mean)
//! };
//! assert!(refused(&own) > refused(&written));
//! # Ok::<(), creditsim::SimulationError>(())
//! ```
//!
//! # Features
//!
//! - `cli` (default): the command; brings `plots`. A library needs neither: `default-features = false` leaves clap, plotters
//!   and what belongs to them out.
//! - `plots`: pictures and the page, as the command writes them.
//!
//! What the modules of this crate hold besides what is shown here serves the command, the tests and the benches of this
//! repository; it changes without notice.

#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod actors;
#[doc(hidden)]
pub mod calendar;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod deliberate;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod experiment;
mod front;
#[doc(hidden)]
pub mod judge;
#[doc(hidden)]
pub mod ledger;
#[doc(hidden)]
pub mod organization;
#[doc(hidden)]
pub mod outcome;
#[doc(hidden)]
pub mod parts;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod sampling;
#[doc(hidden)]
pub mod scenario;
#[doc(hidden)]
pub mod units;
#[doc(hidden)]
pub mod workload;

#[doc(inline)]
pub use experiment::{Difference, Doubt, Estimate, Ruling, Verdict};
#[doc(inline)]
pub use front::{
    Findings, JournalRow, OperationRow, OrganizationRow, OutcomeName, PolicyFindings, RowSink, Rows, RunStep,
    Simulation, SimulationError, Within, outcomes,
};
#[doc(inline)]
pub use organization::{AdmissionDecision, AdmissionRequest, AdmissionRule};
#[doc(inline)]
pub use outcome::Direction;
#[doc(inline)]
pub use scenario::{Excerpt, Level, Problem};
#[doc(inline)]
pub use units::{CohortIndex, Credits, Money, NO_MEMBER, NotWritten, OrganizationId, SimSpan, SimTime};
#[doc(inline)]
pub use workload::{DemandAsker, DemandSource, DemandedOperation, Fate};

/// Random numbers for parts of your own: streams that are handed to them, and what can be drawn from one.
///
/// Word k of a stream is a function of its key and k, and the key one of seed, replication, organization and purpose; so a
/// part that draws from its stream alone gives the same run every time, however it is laid out on threads.
pub mod random {
    #[doc(inline)]
    pub use crate::sampling::{Rng, poisson, standard_exponential, standard_gamma, standard_normal, uniform};
}
