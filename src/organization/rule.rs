//! Admission by a rule of the user's own, in the place of what a policy's `admission` compares.
//!
//! Owns what such a rule is told and what it may answer. Leaves when it is asked to the account. Invariant: a rule decides,
//! and nothing else: holds, debt, charges and reactions stay those of the policy, so that every law holds under any rule.

use std::fmt::Debug;

use crate::sampling::Rng;
use crate::units::{Credits, OrganizationId, SimTime};

/// Decides which operations may start, in the place of a policy's comparison of credits.
///
/// The rule must be a function of what it is given: it may be asked several times for the same attempt (while an operation
/// queues, and where an account is looked at twice), in no order among organizations, from several threads. A rule that
/// remembers what it answered makes runs differ from each other. Randomness comes from `draws` alone, which are the same
/// each time the same attempt is looked at.
///
/// An account with a rule is followed one operation at a time, so that it takes several times as long as others. When a rule
/// would refuse, if it were asked, nobody knows: `blocked_time_share` and `alert_lead_h_p50` of its policy are those of an account
/// that never refuses, and the judge of `--audit` leaves the policy out. Queued operations are looked at again when credits
/// arrive or an operation ends, not as time goes by.
pub trait AdmissionRule: Debug + Send + Sync {
    /// Whether the operation may start. It is asked once neither an outage, nor a random denial, nor a limit of operations in
    /// flight keeps the operation back; operations of free features start without being asked.
    fn decide(&self, request: &AdmissionRequest<'_>, draws: &mut Rng) -> AdmissionDecision;
}

/// What a rule may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdmissionDecision {
    /// The operation starts. Under an `admission` with a hold its hold is opened.
    Admit,
    /// It does not, and meets what the policy says under `short` (reject, queue, degrade, or allow).
    Refuse {
        /// What would be needed, for whoever buys because of it; nothing if no credits would help.
        need: Credits,
    },
    /// What the policy's own `admission` says.
    AsWritten,
}

/// An operation that asks to start, and the account that it asks.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AdmissionRequest<'r> {
    /// Who asks: cohort and number in it.
    pub organization: OrganizationId,
    /// The plan it is on, by name.
    pub plan: &'r str,
    /// The feature that would serve it.
    pub feature: &'r str,
    /// Number of the operation among those of the organization for the feature it was demanded of, from 0.
    pub operation: u32,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// The member who asks, from 0; [`crate::units::NO_MEMBER`] if no person does.
    pub member: u16,
    /// The project it is for, from 0.
    pub project: u16,
    /// Now.
    pub at: SimTime,
    /// What it is expected to cost (credits), by the estimator of the policy's `admission`; without one the mean over the
    /// population.
    pub estimate: Credits,
    /// Usable credits less debt.
    pub settled: Credits,
    /// Settled less open holds.
    pub available: Credits,
    /// Settled less usage that has been done but not yet recorded.
    pub ongoing: Credits,
    /// Debt (credits).
    pub debt: Credits,
    /// Operations at work.
    pub in_flight: u32,
}
