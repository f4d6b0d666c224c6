//! Traits of one organization, drawn once per replication and alike under every policy.

use crate::sampling::StreamKey;
use crate::units::{CohortIndex, OrganizationId, SimTime};

/// What is drawn for one organization before its first operation.
#[derive(Debug, Clone, Default)]
pub struct Traits {
    /// The organization.
    pub id: OrganizationId,
    /// Its label, for organizations from a usage history.
    pub label: String,
    /// Sign-up; may lie before the scenario's start.
    pub signed_up: SimTime,
    /// End of its life; `SimTime::NEVER` if it stays. Demand, purchases and renewals stop here.
    pub leaves: SimTime,
    /// Multiplies every rate.
    pub activity: f64,
    /// Members; at least one.
    pub members: Vec<Member>,
    /// Number of projects; at least one.
    pub projects: u16,
    /// Per feature in file order: whether this organization has it.
    pub enabled: Vec<bool>,
    /// One uniform that picks the plan alike under every policy.
    pub plan_uniform: f64,
}

/// A person in an organization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// Share of the organization's operations up to and including this member, in [0, 1].
    pub cumulative_share: f64,
    /// Whether this member can buy.
    pub billing: bool,
}

/// How organizations of a cohort differ from each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Population {
    /// The cohort's name.
    pub name: String,
    /// Its index.
    pub cohort: CohortIndex,
}

impl Population {
    /// Draws the traits of organization `number`.
    #[must_use]
    pub fn draw(&self, _key: StreamKey, _number: u32) -> Traits {
        Traits::default()
    }
}
