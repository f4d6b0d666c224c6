//! What a scenario says about one feature's demand.

/// Arrivals, costs, durations, runs and failures of one feature, as the scenario says them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Demand {}
