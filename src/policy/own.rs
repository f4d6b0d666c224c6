//! What one organization has, and is held to, in the place of what its cohort and its policy say.

use std::sync::Arc;

use crate::units::{Credits, Money};

use super::customers::Customers;
use super::grants::GrantSpec;
use super::limits::{LimitAmount, LimitUnit, MemberAmount, StatedAmount};
use super::terms::Policy;

/// What a file of accounts says of one organization.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnAccount {
    /// The name of its plan under every policy that has plans.
    pub plan: Option<Arc<str>>,
    /// What it has as its account opens.
    pub grants: Vec<GrantSpec>,
    /// What it owes then.
    pub debt: Option<Credits>,
    /// What is left then of the running period's allowance.
    pub allowance_left: Option<Credits>,
    /// Limits that stand otherwise for it.
    pub limits: Vec<OwnLimit>,
}

/// A limit that stands otherwise for one organization.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnLimit {
    /// Its name; policies that have no such limit are not concerned.
    pub name: Arc<str>,
    /// Whom it is for.
    pub owner: OwnLimitOwner,
    /// How much there is room for [the limit's unit]; no limit if absent.
    pub amount: Option<f64>,
}

/// Whom a limit of one organization is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnLimitOwner {
    /// Everybody of whom nothing else is said.
    Everybody,
    /// A group, or each of its members, by its number in the scenario.
    Group(u16),
    /// The member of a label, by its hash.
    Member(u64),
}

impl OwnAccount {
    /// The customers of its cohort, as this organization is.
    #[must_use]
    pub fn customers(&self, cohort: &Customers) -> Customers {
        let mut own = cohort.clone();
        own.grants.extend(self.grants.iter().cloned());
        own.debt_at_start = self.debt.unwrap_or(own.debt_at_start);
        own.allowance_left = self.allowance_left;
        own
    }

    /// The policy as it is for this organization of a cohort: its plan, and amounts of its own.
    #[must_use]
    pub fn policy(&self, policy: &Arc<Policy>, cohort: usize) -> Arc<Policy> {
        let named = |name: &Arc<str>| policy.plans.iter().position(|terms| terms.plan.as_str() == &**name);
        let plan = self.plan.as_ref().and_then(named);
        if plan.is_none() && self.limits.is_empty() {
            return Arc::clone(policy);
        }
        let mut own = Policy::clone(policy);
        if let Some(plan) = plan {
            own.plan_shares.resize(own.plan_shares.len().max(cohort + 1), vec![(0, 1.0)]);
            own.plan_shares[cohort] = vec![(plan, 1.0)];
        }
        for limit in own.plans.iter_mut().flat_map(|terms| &mut terms.limits) {
            for said in self.limits.iter().filter(|said| *said.name == *limit.name) {
                said.set(&mut limit.amount, limit.unit);
            }
        }
        Arc::new(own)
    }
}

impl OwnLimit {
    /// Puts the amount in the place of what the limit says for this owner.
    fn set(&self, limit: &mut LimitAmount, unit: LimitUnit) {
        let amount = self.stated(unit);
        match self.owner {
            OwnLimitOwner::Everybody => (limit.default, limit.varies) = (amount, None),
            OwnLimitOwner::Group(group) => {
                limit.groups.retain(|(known, _)| *known != group);
                limit.groups.push((group, amount));
            }
            OwnLimitOwner::Member(label) => {
                limit.members.retain(|known| known.label != Some(label));
                // Before what others may call the member.
                limit.members.insert(0, MemberAmount { number: None, label: Some(label), amount });
            }
        }
    }

    fn stated(&self, unit: LimitUnit) -> StatedAmount {
        let Some(amount) = self.amount else { return StatedAmount::Unlimited };
        StatedAmount::Most(match unit {
            // Meters count nano-units.
            LimitUnit::Money => Credits::from_micros(Money::from_f64(amount).nanos()),
            LimitUnit::Credits | LimitUnit::Quantity(_) => Credits::from_f64(amount),
            LimitUnit::Operations | LimitUnit::InFlight => Credits::from_whole(amount as i64),
        })
    }
}
