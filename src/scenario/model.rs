//! A scenario that cannot be wrong: validated, typed, names resolved.

use std::sync::Arc;

use crate::calendar::Zone;
use crate::organization::ProviderCost;
use crate::policy::{Customers, Policy, RateCards, Terms};
use crate::units::{FeatureIndex, SimTime};
use crate::workload::{Arrivals, Demand, FeatureRates, Listed, Population};

use super::Relevance;
use super::accounts::CohortAccounts;

/// A validated scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name; the folder of its runs.
    pub name: String,
    /// The comment lines `Question:`, `Covers:`, `Expect:` at the head of the file, if any.
    pub question: Option<String>,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub content_hash: String,
    /// Start of the horizon.
    pub start: SimTime,
    /// End of the horizon (exclusive).
    pub end: SimTime,
    /// Outcomes count from here (default `start`).
    pub measure_from: SimTime,
    /// The time zone of calendars and profiles.
    pub zone: Zone,
    /// Its IANA name.
    pub zone_name: String,
    /// ISO code of the currency of every amount of money; absent if no money is named.
    pub currency: Option<String>,
    /// Seed of every stream.
    pub seed: u64,
    /// Independent repetitions.
    pub replications: u32,
    /// Names of groups of members, by their numbers.
    pub groups: Vec<String>,
    /// Index of the baseline policy.
    pub baseline: usize,
    /// Cohorts in file order.
    pub cohorts: Vec<Cohort>,
    /// Features in file order.
    pub features: Vec<Feature>,
    /// What prices each feature's operations besides its own cost, by the numbers in the policies' cards.
    pub rates: Vec<Arc<FeatureRates>>,
    /// Policies in file order.
    pub policies: Vec<Policy>,
    /// Vendor outages.
    pub outages: Vec<Outage>,
    /// Usage histories that cohorts replay.
    pub histories: Vec<crate::workload::HistorySpec>,
    /// Conditions on outcomes.
    pub thresholds: Vec<Threshold>,
    /// The smallest difference from the baseline that matters.
    pub relevance: Relevance,
    /// Sequential stopping.
    pub precision: Option<Precision>,
    /// Asked for on the command line, in the place of a precision.
    pub until: Option<Until>,
    /// What `creditsim sweep` varies if the command line does not say.
    pub sweep: Option<SweepPlan>,
    /// Nothing is drawn, as whoever has read its histories knows: one replication is all of them (false until then).
    pub replays_exactly: bool,
    /// Number of timeline instants (default 120).
    pub timeline_instants: u32,
    /// Keys of the largest number of credits and of the largest amount of money, for whoever finds their sums too large.
    pub largest: (Option<String>, Option<String>),
}

impl Scenario {
    /// Features whose clients wait for what their operations really meet, so that demand differs by policy.
    #[must_use]
    pub fn reactive_features(&self) -> Vec<&str> {
        let reactive = |feature: &&Feature| {
            matches!(feature.demand.arrivals, Arrivals::ClosedLoop { reactive: true, .. })
        };
        self.features.iter().filter(reactive).map(|feature| feature.name.as_str()).collect()
    }

    /// True if a plan of some policy treats one paid feature in another way than the others.
    #[must_use]
    pub fn rules_differ_by_feature(&self) -> bool {
        let differ = |plan: &Terms| {
            let paid = self.features.iter().zip(&plan.features).filter(|(feature, _)| !feature.free);
            let mut rules = paid.map(|(_, rules)| rules);
            let first = rules.next();
            rules.any(|rules| Some(rules) != first)
        };
        self.policies.iter().flat_map(|policy| &policy.plans).any(differ)
    }

    /// Policies whose cards of rates are others than the baseline's.
    pub fn priced_otherwise(&self) -> impl Iterator<Item = &str> {
        // Plans that are priced alike are one.
        let alike = |policy: &Policy| {
            let mut rates: Vec<RateCards> = policy.plans.iter().map(|terms| terms.rates.clone()).collect();
            rates.dedup();
            rates
        };
        let own = self.policies.get(self.baseline).map(alike);
        let other = move |policy: &&Policy| Some(alike(policy)) != own;
        self.policies.iter().filter(other).map(|policy| policy.name.as_str())
    }

    /// The outcome of lost work that can be compared between all policies: at list rates if their price lists differ.
    #[must_use]
    pub fn lost_work(&self) -> &'static str {
        if self.priced_otherwise().next().is_some() { "lost_list_credits" } else { "lost_credits" }
    }

    /// Policies with an automatic top-up that nothing caps.
    #[must_use]
    pub fn tops_up_without_cap(&self) -> Vec<&str> {
        let uncapped = |policy: &&Policy| {
            policy.plans.iter().flat_map(|plan| &plan.top_ups).any(|top_up| top_up.caps.is_empty())
        };
        self.policies.iter().filter(uncapped).map(|policy| policy.name.as_str()).collect()
    }
}

/// Organizations that are alike.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// Its name.
    pub name: String,
    /// How many organizations (for a history: those found in the file).
    pub organizations: u32,
    /// How they differ from each other.
    pub population: Population,
    /// How they buy and react; their grants.
    pub customers: Customers,
    /// Operations written down; they replace the arrivals of their features in this cohort.
    pub operations: Vec<ListedOperation>,
    /// Index into `histories` of the history this cohort replays.
    pub history: Option<usize>,
    /// What a file says of its single organizations.
    pub accounts: Option<CohortAccounts>,
}

/// An operation written down in the scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedOperation {
    /// Its feature.
    pub feature: FeatureIndex,
    /// When it comes, what it costs, how it ends.
    pub work: Listed,
}

/// A source of demand.
#[derive(Debug, Clone)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Never refused, costs nothing.
    pub free: bool,
    /// Arrivals, costs, durations, runs, failures.
    pub demand: Demand,
    /// What the vendor pays a provider.
    pub provider_cost: Option<ProviderCost>,
}

impl Scenario {
    /// Names of the quantities of a feature's operations: those that it declares, else those of operations written down,
    /// in the order of the file.
    #[must_use]
    pub fn quantities_of(&self, feature: FeatureIndex) -> Vec<String> {
        let declared = &self.features[feature.index()].demand.work.quantities;
        let mut names: Vec<String> = declared.iter().map(|quantity| quantity.name.clone()).collect();
        if !names.is_empty() {
            return names;
        }
        let listed = self.cohorts.iter().flat_map(|cohort| &cohort.operations);
        for (name, _) in listed.filter(|of| of.feature == feature).flat_map(|of| &of.work.quantities) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// A vendor outage: attempts within it are refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Outage {
    /// Its name (streams are keyed by it).
    pub name: String,
    /// Features it hits; all paid ones if empty.
    pub features: Vec<FeatureIndex>,
    /// Explicit windows, or random ones.
    pub windows: OutageWindows,
}

/// When a vendor is out.
#[derive(Debug, Clone, PartialEq)]
pub enum OutageWindows {
    /// `[from, to)` each.
    Explicit(Vec<(SimTime, SimTime)>),
    /// Poisson starts at a rate [per second] with random lengths (seconds); drawn once per replication.
    Random {
        /// Starts per second.
        rate: f64,
        /// Length (seconds).
        length: crate::sampling::Dist,
    },
}

/// A condition on an outcome, judged on its confidence interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The policy; every policy if absent.
    pub policy: Option<usize>,
    /// `all`, `cohort:NAME` or `feature:NAME`.
    pub scope: String,
    /// An outcome of docs/outcomes.md.
    pub metric: String,
    /// The comparison.
    pub comparison: Comparison,
    /// The value in the metric's unit (rates as fractions).
    pub value: f64,
    /// As written.
    pub text: String,
}

/// How a threshold compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`, on every replication.
    Equal,
    /// `!=`, on every replication.
    NotEqual,
}

impl Comparison {
    /// True if `value` compares with `limit` as wanted.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Comparison::Less => value < limit,
            Comparison::LessOrEqual => value <= limit,
            Comparison::Greater => value > limit,
            Comparison::GreaterOrEqual => value >= limit,
            Comparison::Equal => value == limit,
            Comparison::NotEqual => value != limit,
        }
    }
}

/// Stop when a paired difference is known well enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Precision {
    /// The metric watched (scope `all`).
    pub metric: String,
    /// Half-width of the 95 % interval.
    pub half_width: HalfWidth,
    /// Policies watched; all but the baseline if empty.
    pub policies: Vec<usize>,
    /// Cap.
    pub max_replications: u32,
}

/// Batches of replications until half-widths are small enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Until {
    /// All of them must hold.
    pub conditions: Vec<HalfWidthWanted>,
    /// Replications of a batch; conditions are looked at where one ends.
    pub batch: u32,
    /// Most replications, whole batches.
    pub most: u32,
}

/// How well an outcome is to be known.
#[derive(Debug, Clone, PartialEq)]
pub struct HalfWidthWanted {
    /// The policy; every policy if absent.
    pub policy: Option<usize>,
    /// `all`, `cohort:NAME`, `feature:NAME` or `plan:NAME`.
    pub scope: String,
    /// An outcome of docs/outcomes.md.
    pub metric: String,
    /// The wider side of the 95 % interval, in the metric's unit (rates as fractions); above 0.
    pub half_width: f64,
    /// It may be as wide as that too.
    pub or_equal: bool,
    /// As written.
    pub text: String,
}

/// What a sweep varies, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepPlan {
    /// Keys and their values, in file order.
    pub vary: Vec<Vary>,
    /// Lists are taken side by side instead of in every combination.
    pub matched: bool,
    /// Points of a Latin hypercube instead of every combination.
    pub lhs: Option<u32>,
    /// Outcomes of the Pareto front.
    pub objectives: Vec<String>,
}

/// A key that is varied: either its values or a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary {
    /// Dotted key.
    pub key: String,
    /// Values as the command line would set them; empty if there is a range.
    pub values: Vec<String>,
    /// `lo..hi` or `lo..hi:step`.
    pub range: Option<String>,
}

/// A half-width, absolute or relative to the mean difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HalfWidth {
    /// In the metric's unit.
    Absolute(f64),
    /// Relative to the baseline's mean.
    Relative(f64),
}
