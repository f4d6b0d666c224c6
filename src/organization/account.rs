//! A stand-in for one organization's account: counts demand and nothing else.

use std::sync::Arc;

use crate::outcome::{FeatureTally, Tally};
use crate::sampling::StreamKey;
use crate::units::{PolicyIndex, SimTime};
use crate::workload::{Operation, Part, Traits};

use super::{Fault, Outages, World};

/// One organization under one policy.
#[derive(Debug)]
pub struct Account {
    tally: Tally,
    now: SimTime,
}

impl Account {
    /// An account before its first event.
    ///
    /// # Errors
    /// None here.
    pub fn new(
        world: Arc<World>,
        _policy: PolicyIndex,
        _key: StreamKey,
        _traits: &Traits,
        _outages: Arc<Outages>,
    ) -> Result<Account, Fault> {
        let features = vec![FeatureTally::default(); world.features.len()];
        Ok(Account { tally: Tally { features, ..Tally::default() }, now: SimTime::DAWN })
    }

    /// Applies operations in order of (at, feature, sequence), all before `upto`.
    ///
    /// # Errors
    /// None here.
    pub fn advance(&mut self, operations: &[Operation], parts: &[Part], upto: SimTime) -> Result<(), Fault> {
        for operation in operations {
            assert!(self.now <= operation.at && operation.at < upto, "operations come in order");
            self.now = operation.at;
            let counted = &mut self.tally.features[operation.feature.index()];
            counted.demanded += 1;
            counted.demand_credits += operation.cost;
            let start = operation.part_start as usize;
            let own = &parts[start..start + usize::from(operation.part_count)];
            counted.due_credits += own.iter().map(|part| part.cost).sum();
        }
        Ok(())
    }

    /// The counters.
    ///
    /// # Errors
    /// None here.
    pub fn finish(self) -> Result<Tally, Fault> {
        Ok(self.tally)
    }
}
