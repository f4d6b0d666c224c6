//! Closed forms that the simulator must reproduce, run through the scenario format, the actors and the accounts.
//!
//! Owns the scenarios with known answers, their formulas and the comparison of both. Leaves simulation to `engine`: there
//! is no private path. Invariants: seeds are fixed, so a check that passes once passes always.

mod blocking;
mod concurrency;
mod demand;
mod depletion;
mod evidence;
mod sampling;
mod statistics;

use crate::engine::Failure;

pub use evidence::{Evidence, EvidenceRows, simulate};
pub use statistics::Observation;

/// How large a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// For every CI run: seconds in all.
    Short,
    /// For a release: some minutes in all.
    Full,
}

impl Size {
    /// A sample size: `short`, or a number of times more.
    fn of(self, short: u32, full: u32) -> u32 {
        match self {
            Size::Short => short,
            Size::Full => full,
        }
    }
}

/// |z| beyond which an observation contradicts theory: about 60 assertions at a family error of 0.1 %.
pub const Z_LIMIT: f64 = 4.3;

/// A closed form and how it is tried.
#[derive(Debug, Clone, Copy)]
pub struct ClosedForm {
    /// Its number in the list of closed forms.
    pub number: u32,
    /// What it is about.
    pub title: &'static str,
    /// The formula.
    pub formula: &'static str,
    run: fn(Size) -> Result<Vec<Observation>, Failure>,
}

impl ClosedForm {
    /// Simulates and compares.
    ///
    /// # Errors
    /// What the run finds wrong.
    pub fn check(&self, size: Size) -> Result<Vec<Observation>, Failure> {
        (self.run)(size)
    }
}

/// Every closed form, by number.
pub const CLOSED_FORMS: [ClosedForm; 12] = [
    ClosedForm {
        number: 1,
        title: "Poisson depletion",
        formula: "T ~ Erlang(100, 5/h)",
        run: depletion::poisson,
    },
    ClosedForm {
        number: 2,
        title: "Hard block",
        formula: "E(N-Q)+ = L P(N>=Q) - Q P(N>=Q+1)",
        run: blocking::hard_block,
    },
    ClosedForm {
        number: 3,
        title: "Breakage",
        formula: "E(Q-N)+ = Q - L + E(N-Q)+",
        run: blocking::breakage,
    },
    ClosedForm {
        number: 5,
        title: "Compound depletion",
        formula: "E[T] = (1+B/m)/l; overdraft ~ Exp(m)",
        run: depletion::compound,
    },
    ClosedForm {
        number: 8,
        title: "Concurrency cap",
        formula: "Erlang B(10, 8 erl), insensitive",
        run: concurrency::erlang_loss,
    },
    ClosedForm {
        number: 10,
        title: "In-flight overdraft",
        formula: "debt ~ Pois(l E[S]), any law of S",
        run: concurrency::in_flight_overdraft,
    },
    ClosedForm {
        number: 12,
        title: "Diurnal arrivals",
        formula: "N(a,b) ~ Pois(integral of l(t))",
        run: demand::diurnal,
    },
    ClosedForm {
        number: 16,
        title: "Rollover with a cap",
        formula: "R' = min(C, (R+Q-N)+), 51-state chain",
        run: blocking::rollover,
    },
    ClosedForm {
        number: 17,
        title: "Random denial with retries",
        formula: "attempts 1/(1-pb); lost b(1-p)/(1-pb)",
        run: blocking::denial,
    },
    ClosedForm {
        number: 18,
        title: "Common random numbers",
        formula: "independent / paired variance = 6.494",
        run: sampling::common_random_numbers,
    },
    ClosedForm {
        number: 19,
        title: "Coverage of intervals",
        formula: "covered ~ Binomial(1000, 0.95)",
        run: sampling::coverage,
    },
    ClosedForm {
        number: 20,
        title: "Superposition",
        formula: "shares 2:3:5; merged gaps ~ Exp",
        run: demand::superposition,
    },
];
