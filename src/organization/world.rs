//! What every account of a run shares, read-only.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::calendar::Zone;
use crate::policy::{Customers, OwnAccount, Policy};
use crate::units::{Credits, Money, OrganizationId, PolicyIndex, SimTime};
use crate::workload::{Source, Traits};

use super::judging::JudgedAccounts;
use super::rule::AdmissionRule;

/// Everything the accounts of a run share: horizon, rules, facts about features.
#[derive(Debug)]
pub struct World {
    /// First instant of the horizon.
    pub start: SimTime,
    /// End of the horizon; nothing happens at it.
    pub end: SimTime,
    /// Outcomes count from here.
    pub measure_from: SimTime,
    /// The scenario's time zone.
    pub zone: Zone,
    /// Features in file order.
    pub features: Vec<FeatureFacts>,
    /// The compiled source of each feature's operations, for substitutes and reactive clients.
    pub sources: Vec<Arc<Source>>,
    /// Policies in file order, estimators resolved.
    pub policies: Vec<Arc<Policy>>,
    /// Rules of the user's own in the place of what admission compares, by policy.
    pub rules: BTreeMap<PolicyIndex, Arc<dyn AdmissionRule>>,
    /// Customers of each cohort in file order.
    pub cohorts: Vec<Customers>,
    /// What files say of single organizations, by cohort in file order; empty where none does.
    pub accounts: Vec<Arc<[OwnAccount]>>,
    /// Names of the cohorts in file order.
    pub cohort_names: Vec<String>,
    /// Instants of the timeline, ascending, in `(measure_from, end]`.
    pub instants: Vec<SimTime>,
    /// Rows to keep.
    pub detail: DetailOptions,
    /// Set by whoever does not want the accounts any more: each leaves soon, wherever it is.
    pub abandon: Arc<AtomicBool>,
    /// Changes while any account is at work, however far its next operation is.
    pub heartbeat: Arc<AtomicU64>,
    /// Accounts that the judge was asked about.
    pub judged: Arc<JudgedAccounts>,
}

impl World {
    /// True once nobody wants the accounts any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.abandon.load(Relaxed)
    }

    /// What a file says of this organization.
    fn account_of(&self, traits: &Traits) -> Option<&OwnAccount> {
        self.accounts.get(traits.id.cohort.index())?.get(traits.account? as usize)
    }

    /// The customers of its cohort, as this organization is.
    #[must_use]
    pub fn customers_of(&self, traits: &Traits) -> Cow<'_, Customers> {
        let cohort = &self.cohorts[traits.id.cohort.index()];
        match self.account_of(traits) {
            Some(own) => Cow::Owned(own.customers(cohort)),
            None => Cow::Borrowed(cohort),
        }
    }

    /// A policy as it is for this organization.
    #[must_use]
    pub fn policy_of(&self, policy: PolicyIndex, traits: &Traits) -> Arc<Policy> {
        let policy = &self.policies[policy.index()];
        let own = self.account_of(traits).map(|own| own.policy(policy, traits.id.cohort.index()));
        own.unwrap_or_else(|| Arc::clone(policy))
    }

    /// An organization as people name it: its label, or `COHORT/NUMBER`.
    #[must_use]
    pub fn name_of(&self, id: OrganizationId, label: &str) -> String {
        if label.is_empty() {
            let cohort = self.cohort_names.get(id.cohort.index()).map_or("?", String::as_str);
            format!("{cohort}/{}", id.number)
        } else {
            label.to_owned()
        }
    }
}

/// What an account must know about a feature besides its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureFacts {
    /// Its name in the scenario.
    pub name: String,
    /// Free features cost nothing and are never refused.
    pub free: bool,
    /// Mean true cost over the population.
    pub expected_cost: Credits,
    /// The same by each of its rates, its own first.
    pub expected_by_rate: Vec<Credits>,
    /// What the vendor pays a provider.
    pub provider_cost: Option<ProviderCost>,
}

/// What the vendor pays a provider for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProviderCost {
    /// For each operation that starts.
    pub per_operation: Money,
    /// For each credit of work done, charged or not.
    pub per_credit: Money,
}

/// Which rows an account keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DetailOptions {
    /// For `cycles.csv`.
    pub cycles: bool,
    /// For `limit-accounts.csv`.
    pub limit_accounts: bool,
    /// For `operations.csv`.
    pub operations: bool,
    /// Operations of free features in it too.
    pub free: bool,
    /// For `journal.csv` and `explain`.
    pub journal: bool,
    /// What limits count, in the journal too: for `explain`.
    pub meters: bool,
    /// Follow every account one operation at a time beside its shortcuts, and recompute it from its journal.
    pub audit: bool,
    /// Take no shortcuts at all.
    pub followed: bool,
}

impl DetailOptions {
    /// True if some rows are kept.
    #[must_use]
    pub fn keeps_rows(&self) -> bool {
        self.cycles || self.limit_accounts || self.operations || self.journal
    }

    /// True if accounts are followed one operation at a time: on request, or because somebody wants to read of each.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.followed || self.journal || self.operations || self.audit
    }
}

/// What ends a run with an error: the organization, the instant, the law or the limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy `{policy}`, organization {organization}, at {at}: {what}")]
pub struct LawViolation {
    /// The policy's name.
    pub policy: String,
    /// `COHORT/NUMBER`.
    pub organization: String,
    /// When.
    pub at: SimTime,
    /// What is wrong.
    pub what: String,
}
