//! What keeps a simulation from giving findings.

use std::error::Error;
use std::fmt;
use std::io;

use crate::scenario::Problem;

/// What keeps a simulation from giving findings.
#[derive(Debug)]
#[non_exhaustive]
pub enum SimulationError {
    /// The scenario cannot be run: every problem of it, each with file, line, key, what was found and what is wanted.
    Scenario(Vec<Problem>),
    /// Something was named that the scenario does not have.
    UnknownName {
        /// `policy` or `feature`.
        kind: &'static str,
        /// What was named.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// What was asked for cannot be.
    Refused(String),
    /// The run ended before its end: a usage history that cannot be read, a broken law, a sum beyond 64 bits.
    Run(Box<dyn Error + Send + Sync>),
    /// The sink of rows did not take one.
    Sink(io::Error),
    /// It was asked to end before a single replication was finished.
    NothingFinished,
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SimulationError::Scenario(problems) => {
                let each: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&each.join("\n"))
            }
            SimulationError::UnknownName { kind, name, known } => {
                write!(f, "the scenario has no {kind} `{name}`; it has: {}", known.join(", "))
            }
            SimulationError::Refused(what) => f.write_str(what),
            SimulationError::Run(failure) => write!(f, "{failure}"),
            SimulationError::Sink(error) => write!(f, "a row was not taken: {error}"),
            SimulationError::NothingFinished => f.write_str("ended before a replication was finished"),
        }
    }
}

impl Error for SimulationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SimulationError::Run(failure) => failure.source(),
            SimulationError::Sink(error) => Some(error),
            _ => None,
        }
    }
}
