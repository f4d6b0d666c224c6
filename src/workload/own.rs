//! Demand of the user's own, in the place of a feature's arrivals.
//!
//! Owns what such a source is told and what it gives. Leaves to `supply` when it is asked, and holding what it gives to its
//! promises. Invariant: what it draws comes from a stream of the organization and the feature alone, so that policies and
//! layouts meet the same operations.

use std::fmt::{self, Debug};
use std::sync::Arc;

use crate::sampling::Rng;
use crate::units::{Credits, OrganizationId, SimSpan, SimTime, impossible};

use super::operation::{Fate, Operation};
use super::plan::{MOST_COST, MOST_DURATION};

/// Says which operations organizations ask a feature for, in the place of what the scenario says.
///
/// The source must be a function of what it is given: it is asked once for each organization and replication (in no order,
/// from several threads), and what it gives must not depend on what it gave others. Randomness comes from `draws` alone.
/// Operations are taken from the iterator a batch at a time and never kept as a whole, so that it may be as long as it likes.
///
/// Estimates over the population (`"expected"`, quantiles) go on to follow the `cost` that the scenario writes for the
/// feature: write there what a vendor would expect.
pub trait DemandSource: Debug + Send + Sync {
    /// The operations of one organization in one replication, in order of time. Those before [`DemandAsker::from`] are nobody's;
    /// the first one at or after [`DemandAsker::until`] ends the demand.
    fn operations(
        &self,
        asker: &DemandAsker<'_>,
        draws: Rng,
    ) -> Box<dyn Iterator<Item = DemandedOperation> + Send>;
}

/// Who asks, and for what.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DemandAsker<'a> {
    /// Cohort and number in it.
    pub organization: OrganizationId,
    /// The feature.
    pub feature: &'a str,
    /// When the organization begins to ask: its sign-up or the start of the horizon.
    pub from: SimTime,
    /// When it leaves or the horizon ends, exclusive.
    pub until: SimTime,
    /// What multiplies its rates: the cohort's `activity`, drawn once for it (0 or more).
    pub activity: f64,
    /// Number of its members, at least 1.
    pub members: u16,
}

/// One operation that an organization asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DemandedOperation {
    /// When.
    pub at: SimTime,
    /// What it costs if it completes (credits, 0 to a billion). An operation of a free feature costs nothing.
    pub cost: Credits,
    /// How long it takes if it completes (0 to about 100 years).
    pub duration: SimSpan,
    /// The member who asks, from 0; drawn by the shares of the members if absent.
    pub member: Option<u16>,
    /// How it ends if not by completing, and how long after its start.
    pub ends: Option<(Fate, SimSpan)>,
}

impl DemandedOperation {
    /// An operation that completes.
    #[must_use]
    pub const fn new(at: SimTime, cost: Credits, duration: SimSpan) -> Self {
        DemandedOperation { at, cost, duration, member: None, ends: None }
    }

    /// The same, asked for by a member.
    #[must_use]
    pub const fn by(self, member: u16) -> Self {
        DemandedOperation { member: Some(member), ..self }
    }

    /// The same, but it fails so long after its start, or is cancelled.
    #[must_use]
    pub const fn ending(self, fate: Fate, after: SimSpan) -> Self {
        DemandedOperation { ends: Some((fate, after)), ..self }
    }
}

/// What is left of an organization's own demand.
pub(super) struct OwnOperations {
    left: Box<dyn Iterator<Item = DemandedOperation> + Send>,
    feature: Arc<str>,
    from: SimTime,
    until: SimTime,
    last: SimTime,
    members: u16,
}

impl Debug for OwnOperations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnOperations").field("feature", &self.feature).finish_non_exhaustive()
    }
}

impl OwnOperations {
    /// Asks a source.
    pub(super) fn begin(source: &dyn DemandSource, asker: &DemandAsker<'_>, draws: Rng) -> Self {
        OwnOperations {
            left: source.operations(asker, draws),
            feature: Arc::from(asker.feature),
            from: asker.from,
            until: asker.until,
            last: SimTime::MIN,
            members: asker.members,
        }
    }

    /// The next operation, unsigned; none once there are no more. A source that breaks its promises ends the run.
    pub(super) fn next(&mut self) -> Option<(Operation, Option<u16>)> {
        loop {
            let next = self.left.next()?;
            self.hold_to_promises(&next);
            self.last = next.at;
            if next.at >= self.until {
                return None;
            }
            if next.at >= self.from {
                let (fate, ends_after) = next.ends.unwrap_or_default();
                let (at, cost, duration) = (next.at, next.cost, next.duration);
                return Some((
                    Operation { at, cost, duration, fate, ends_after, ..Operation::default() },
                    next.member,
                ));
            }
        }
    }

    fn hold_to_promises(&self, next: &DemandedOperation) {
        let DemandedOperation { at, cost, duration, member, ends } = *next;
        let most = SimSpan::from_seconds_f64(MOST_DURATION);
        let span = |span: SimSpan| span >= SimSpan::ZERO && span <= most;
        let wrong = if at < self.last {
            Some(format!("comes after one at {}", self.last))
        } else if cost < Credits::ZERO || cost > Credits::from_f64(MOST_COST) {
            Some(format!("costs {cost} credits: wanted 0 to {MOST_COST}"))
        } else if !span(duration) {
            Some(format!("takes {} µs: wanted 0 to {}", duration.micros(), most.micros()))
        } else if ends
            .is_some_and(|(fate, after)| fate == Fate::Completes || !span(after) || after > duration)
        {
            Some(String::from("ends early, but not within its duration by a failure or a cancellation"))
        } else {
            member.filter(|&member| member >= self.members).map(|member| {
                format!("is of member {member}: the organization has {}, numbered from 0", self.members)
            })
        };
        if let Some(wrong) = wrong {
            impossible(format!("the demand of feature `{}`: an operation at {at} {wrong}", self.feature));
        }
    }
}
