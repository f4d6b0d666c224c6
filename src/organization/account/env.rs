//! What one account reads and never changes.

use std::sync::Arc;

use crate::deliberate::Deliberate;
use crate::policy::{
    AmountByHeads, BilledTo, CreditScope, Customers, Estimator, FeatureTerms, HistoryEstimate, LimitUnit,
    LotOwner, Overdraft, Policy, Spender, StatedAmount, Subscription, Terms, UsageLimit, VaryingAmount,
};
use crate::sampling::{Purpose, StreamKey};
use crate::units::{
    Credits, FeatureIndex, Money, OrganizationId, PolicyIndex, Probability, SimTime, impossible,
};
use crate::workload::{Member, SeatChange, Traits};

use super::super::{AdmissionRule, DetailOptions, FeatureFacts, LawViolation, Outages, World};
use super::flight::{charged_early, may_absorb};
use super::gate::{FeatureCheck, estimator};
use super::meter_rules::{MeterRule, meter_rules};

/// The most that a limit has room for [credits or operations].
const MOST_ROOM: f64 = 1e12;

/// The most money that a formula gives room for [units of the currency].
const MOST_MONEY: f64 = 1e9;

/// Read-only surroundings of one account.
#[derive(Debug, Clone)]
pub(super) struct Env {
    pub(super) world: Arc<World>,
    pub(super) policy: Arc<Policy>,
    /// The user's own rule in the place of what the policy's checks compare.
    rule: Option<Arc<dyn AdmissionRule>>,
    /// The customers of its cohort as this organization is, if a file tells of it.
    customers: Option<Arc<Customers>>,
    pub(super) outages: Arc<Outages>,
    pub(super) key: StreamKey,
    /// Key of (organization, feature), in file order.
    pub(super) feature_keys: Vec<StreamKey>,
    pub(super) traits: Traits,
    /// Life begins: the later of sign-up and the start of the horizon.
    pub(super) birth: SimTime,
    /// First plan (index into the policy's plans).
    pub(super) first_plan: usize,
    /// The check of each feature under each plan, plan by plan.
    checks: Vec<FeatureCheck>,
    /// The limits that the organization has switched on, plan by plan.
    meter_rules: Vec<Vec<MeterRule>>,
    /// Per feature: how many earlier costs its estimates look at under any plan; none if no plan looks back.
    pub(super) history_depth: Vec<Option<usize>>,
    /// Per feature: in which ways its estimates look back under any plan.
    pub(super) history_rules: Vec<Vec<HistoryEstimate>>,
    /// Operations may be tried as another feature, at the price of what they consist of.
    pub(super) falls_back: bool,
    /// Some limit bounds parts of charges, or counts parts of them.
    pub(super) splits_charges: bool,
    /// Some limit counts a quantity.
    pub(super) measures: bool,
    /// Per feature: some card of the policy prices its operations.
    priced: Vec<bool>,
    /// Whom credits are for, where they are not for everybody.
    pub(super) scopes: Vec<CreditScope>,
    /// Groups of members by their numbers; empty if nobody is in one.
    pub(super) groups: Vec<Option<u16>>,
    /// Who asks, as far as scopes tell people apart; one class if they do not.
    pub(super) spenders: Vec<SpenderClass>,
    /// Every paid feature is admitted by a hold and nothing of the terms lets debt pass its limit (law 5).
    pub(super) holds_guard: bool,
    /// Late charges may burn what was usable when they were incurred, under some rules of the policy.
    pub(super) bills_as_incurred: bool,
    /// Work may be killed at the vendor's cost, under the present rules or those of a plan still to come.
    pub(super) absorbs: bool,
    /// Per feature: its work may be charged before it has ended, under some rules of the policy.
    pub(super) charged_early: Vec<bool>,
    /// Rows that this account keeps, and whether it is recomputed from its journal or followed one operation at a time.
    pub(super) detail: DetailOptions,
}

impl Env {
    pub(super) fn new(
        world: Arc<World>,
        policy: PolicyIndex,
        key: StreamKey,
        traits: &Traits,
        outages: Arc<Outages>,
    ) -> Env {
        let rule = world.rules.get(&policy).map(Arc::clone);
        let policy = as_adopted(&world.policy_of(policy, traits), key);
        let feature_keys = world.features.iter().map(|feature| key.name(&feature.name)).collect();
        let birth = traits.signed_up.max(world.start);
        let first_plan = pick_plan(&policy, traits);
        let history_rules: Vec<_> =
            (0..world.features.len()).map(|feature| history_rules(&policy, feature)).collect();
        let history_depth = history_rules.iter().map(|rules| depth_of(rules)).collect();
        let checks = checks(&policy, rule.is_some());
        let holds_guard = holds_guard(&world, &policy, &checks);
        let detail = DetailOptions { audit: false, ..world.detail };
        let traits = traits.clone();
        let labels: Vec<Option<u64>> = traits.members.iter().map(|member| member.label).collect();
        let in_groups: Arc<[Option<u16>]> = groups_of(&traits).into();
        let drawn =
            |limit: &UsageLimit| has_adopted(limit, key).then(|| amount_of(limit, key, &traits, birth));
        let free: Vec<bool> = world.features.iter().map(|facts| facts.free).collect();
        let priced = (0..world.features.len()).map(|feature| policy.prices(FeatureIndex(feature as u16)));
        let customers = traits.account.map(|_| Arc::new(world.customers_of(&traits).into_owned()));
        let cohort = &world.cohorts[traits.id.cohort.index()];
        let scopes = policy.scopes(&customers.as_deref().unwrap_or(cohort).grants);
        Env {
            meter_rules: policy
                .plans
                .iter()
                .map(|terms| meter_rules(terms, &free, (&in_groups, &labels), drawn))
                .collect(),
            falls_back: policy.falls_back(),
            splits_charges: policy.splits_charges(),
            measures: policy.measures(),
            priced: priced.collect(),
            bills_as_incurred: policy.plans.iter().any(|terms| terms.billed_to != BilledTo::Recorded),
            spenders: spender_classes(&scopes, &traits),
            scopes,
            groups: groups_of(&traits),
            absorbs: may_absorb(&policy),
            charged_early: charged_early(&policy),
            policy,
            rule,
            customers,
            outages,
            key,
            feature_keys,
            traits,
            birth,
            first_plan,
            checks,
            history_depth,
            history_rules,
            holds_guard,
            detail,
            world,
        }
    }

    /// True if the organization has switched a limit on.
    pub(super) fn has_adopted(&self, limit: &UsageLimit) -> bool {
        has_adopted(limit, self.key)
    }

    /// What the organization has room for under a limit if nothing is said of the owner.
    pub(super) fn stated_for_all(&self, limit: &UsageLimit) -> StatedAmount {
        amount_of(limit, self.key, &self.traits, self.birth)
    }

    /// The same surroundings of an account that keeps other rows, or goes another way.
    pub(super) fn keeping(&self, detail: DetailOptions) -> Env {
        Env { detail, ..self.clone() }
    }

    /// The owners of a scope's lots at an instant, by number: those whose operations may burn them; one (0) for the organization.
    pub(super) fn owners_of(&self, scope: &CreditScope, at: SimTime) -> Vec<u16> {
        let inside = |group: Option<u16>| {
            scope.groups.as_ref().is_none_or(|groups| group.is_some_and(|group| groups.contains(&group)))
        };
        let members = self.members_at(at);
        match scope.per {
            LotOwner::Organization => vec![0],
            LotOwner::Project => (0..self.traits.projects).collect(),
            LotOwner::Member => {
                members.filter(|(_, member)| inside(member.group)).map(|(number, _)| number).collect()
            }
            LotOwner::Group => {
                let mut groups: Vec<u16> = members
                    .filter_map(|(_, member)| member.group.filter(|group| inside(Some(*group))))
                    .collect();
                groups.sort_unstable();
                groups.dedup();
                groups
            }
        }
    }

    /// What each owner of a scope is given at an instant, in their order: one amount, or what a formula gives for the members and
    /// projects that the owner's lot is for.
    pub(super) fn amounts_of(
        &self,
        scope: &CreditScope,
        (credits, by_heads): (Credits, Option<&AmountByHeads>),
        at: SimTime,
    ) -> Vec<Credits> {
        let owners = self.owners_of(scope, at);
        let Some(formula) = by_heads else { return vec![credits; owners.len()] };
        owners.into_iter().map(|owner| self.by_heads(scope, owner, formula, at)).collect()
    }

    /// What each owner of an allowance is given of it for a whole period, by those who are there at an instant.
    pub(super) fn allowance_of(&self, plan: usize, at: SimTime) -> Vec<Credits> {
        let allowance = self.terms(plan).allowance.as_ref();
        allowance.map_or_else(Vec::new, |allowance| {
            self.amounts_of(&allowance.scope, (allowance.credits, allowance.by_heads.as_ref()), at)
        })
    }

    /// Members who are there at an instant, with their numbers.
    fn members_at(&self, at: SimTime) -> impl Iterator<Item = (u16, &Member)> {
        (0..).zip(&self.traits.members).filter(move |(number, _)| self.traits.is_there(*number, at))
    }

    /// Members who come or go at an instant.
    pub(super) fn seat_changes_at(&self, at: SimTime) -> &[SeatChange] {
        let seats = &self.traits.seats;
        let (from, to) =
            (seats.partition_point(|change| change.at < at), seats.partition_point(|change| change.at <= at));
        &seats[from..to]
    }

    /// The next instant at which members come or go.
    pub(super) fn next_seat_change(&self, at: SimTime) -> Option<SimTime> {
        let seats = &self.traits.seats;
        seats.get(seats.partition_point(|change| change.at <= at)).map(|change| change.at)
    }

    /// The price of a subscription as a period is billed that begins at an instant, by those who are there at another.
    pub(super) fn price_of(&self, subscription: &Subscription, begins: SimTime, at: SimTime) -> Money {
        let Some(formula) = subscription.formula_at(begins, self.traits.signed_up) else {
            return subscription.price_at(begins, self.traits.signed_up);
        };
        let (members, projects) = (self.members_at(at).count(), usize::from(self.traits.projects));
        let price = formula.of(members, projects);
        if !(0.0..=MOST_MONEY).contains(&price) {
            impossible(format!(
                "`{formula}` gives a price of {price} with {members} members and {projects} projects; wanted: 0 to {MOST_MONEY}"
            ));
        }
        Money::from_f64(price)
    }

    fn by_heads(&self, scope: &CreditScope, owner: u16, formula: &AmountByHeads, at: SimTime) -> Credits {
        let inside = |(_, member): &(u16, &Member)| {
            let named = |groups: &Vec<u16>| member.group.is_some_and(|group| groups.contains(&group));
            let of_owner = scope.per != LotOwner::Group || member.group == Some(owner);
            scope.groups.as_ref().is_none_or(named) && of_owner
        };
        let members = match scope.per {
            LotOwner::Member => 1,
            _ if Deliberate::OneMemberCounted.is_made() => 1,
            _ => self.members_at(at).filter(inside).count(),
        };
        let projects = if scope.per == LotOwner::Project { 1 } else { usize::from(self.traits.projects) };
        let amount = formula.of(members, projects);
        if !(0.0..=MOST_ROOM).contains(&amount) {
            impossible(format!(
                "`{formula}` gives {amount} credits with {members} members and {projects} projects; wanted: 0 to {MOST_ROOM}"
            ));
        }
        Credits::from_f64(amount)
    }

    /// The classes of spenders that an owner's lots are for.
    pub(super) fn classes_of(&self, per: LotOwner, owner: u16) -> Vec<usize> {
        let one = |class: &SpenderClass| match per {
            LotOwner::Organization => true,
            LotOwner::Group => class.group == Some(owner),
            LotOwner::Member => class.member == Some(owner),
            LotOwner::Project => class.project == Some(owner),
        };
        let of_member = per == LotOwner::Member && self.spenders.len() == self.traits.members.len();
        if of_member && self.spenders.get(usize::from(owner)).is_some_and(&one) {
            return vec![usize::from(owner)];
        }
        (0..self.spenders.len()).filter(|class| one(&self.spenders[*class])).collect()
    }

    /// The group of a member.
    pub(super) fn group_of(&self, member: u16) -> Option<u16> {
        self.groups.get(usize::from(member)).copied().flatten()
    }

    pub(super) fn terms(&self, plan: usize) -> &Terms {
        &self.policy.plans[plan]
    }

    /// What the check of a feature needs under a plan.
    #[inline]
    pub(super) fn check(&self, plan: usize, feature: FeatureIndex) -> &FeatureCheck {
        &self.checks[plan * self.world.features.len() + feature.index()]
    }

    /// The number of the rate of a feature that is in force under a plan at an instant; 0 is the feature's own.
    #[inline]
    pub(super) fn rate(&self, plan: usize, feature: FeatureIndex, at: SimTime) -> u16 {
        let cards = &self.terms(plan).rates;
        if cards.is_empty() { 0 } else { cards.rate(feature, at, self.traits.signed_up) }
    }

    /// True if some card of the policy prices operations of a feature.
    #[inline]
    pub(super) fn is_priced(&self, feature: FeatureIndex) -> bool {
        self.priced.get(feature.index()).copied().unwrap_or(false)
    }

    /// True if the policy has cards.
    pub(super) fn has_cards(&self) -> bool {
        self.priced.contains(&true)
    }

    /// The first instant after `at` at which some card of some plan begins or ends to apply.
    pub(super) fn next_card(&self, at: SimTime) -> Option<SimTime> {
        self.policy.plans.iter().filter_map(|terms| terms.rates.next_change(at)).min()
    }

    /// Mean true cost over the population of an operation of a feature by one of its rates.
    #[inline]
    pub(super) fn expected_cost(&self, feature: FeatureIndex, rate: u16) -> Credits {
        let facts = self.facts(feature);
        facts.expected_by_rate.get(usize::from(rate)).copied().unwrap_or(facts.expected_cost)
    }

    /// The user's own rule, if the account has one.
    #[inline]
    pub(super) fn rule(&self) -> Option<&dyn AdmissionRule> {
        self.rule.as_deref()
    }

    /// The plan as the policy names it, whatever edition of the rules is in force.
    pub(super) fn named(&self, plan: usize) -> usize {
        plan % self.policy.named_plans()
    }

    /// A named plan in an edition of the rules.
    pub(super) fn edition(&self, plan: usize, edition: usize) -> usize {
        edition * self.policy.named_plans() + plan
    }

    pub(super) fn customers(&self) -> &Customers {
        let cohort = &self.world.cohorts[self.traits.id.cohort.index()];
        self.customers.as_deref().unwrap_or(cohort)
    }

    pub(super) fn facts(&self, feature: FeatureIndex) -> &FeatureFacts {
        &self.world.features[feature.index()]
    }

    pub(super) fn key_of(&self, feature: FeatureIndex) -> StreamKey {
        self.feature_keys[feature.index()]
    }

    pub(super) fn id(&self) -> OrganizationId {
        self.traits.id
    }

    /// The limits of a plan that the organization has switched on, in file order.
    #[inline]
    pub(super) fn meter_rules(&self, plan: usize) -> &[MeterRule] {
        &self.meter_rules[plan]
    }

    /// A law that this account breaks.
    pub(super) fn violation(&self, at: SimTime, what: String) -> LawViolation {
        LawViolation {
            policy: self.policy.name.clone(),
            organization: self.world.name_of(self.id(), &self.traits.label),
            at,
            what,
        }
    }
}

/// Whether an organization has switched a limit on, alike under every policy that has one of the name.
fn has_adopted(limit: &UsageLimit, key: StreamKey) -> bool {
    limit.adopted == Probability::ONE
        || limit.adopted.holds(key.name("limit").name(&limit.name).uniform(Purpose::TopUp, 0, 0))
}

/// What an organization has room for under a limit if nothing is said of the owner.
fn amount_of(limit: &UsageLimit, key: StreamKey, traits: &Traits, birth: SimTime) -> StatedAmount {
    let (amount, why) = match &limit.amount.varies {
        None => return limit.amount.default,
        Some(VaryingAmount::Drawn(amount)) => {
            let mut stream = key.name("limit").name(&limit.name).keyed(Purpose::TopUp, 1, 0);
            (amount.sample(&mut stream), String::from("as it was drawn"))
        }
        Some(VaryingAmount::ByHeads(formula)) => {
            let inside = |group: Option<u16>| {
                limit.groups.as_ref().is_none_or(|named| group.is_some_and(|group| named.contains(&group)))
            };
            let there = (0..).zip(&traits.members).filter(|(number, _)| traits.is_there(*number, birth));
            let members = there.filter(|(_, member)| inside(member.group)).count();
            let projects = usize::from(traits.projects);
            let why = format!("`{formula}` with {members} members and {projects} projects");
            (formula.of(members, projects), why)
        }
    };
    if !(0.0..=MOST_ROOM).contains(&amount) {
        let wanted = format!("wanted: 0 to {MOST_ROOM}");
        impossible(format!("limit `{}` has room for {amount}, {why}; {wanted}", limit.name));
    }
    if limit.unit == LimitUnit::Money {
        // Meters count nano-units.
        return StatedAmount::Most(Credits::from_micros(Money::from_f64(amount.min(MOST_MONEY)).nanos()));
    }
    let in_parts = matches!(limit.unit, LimitUnit::Credits | LimitUnit::Quantity(_));
    let whole = if in_parts { amount } else { libm::floor(amount) };
    StatedAmount::Most(Credits::from_f64(whole))
}

/// The policy as this organization has switched it on: plans whose overdraft it has not adopted have none.
fn as_adopted(policy: &Arc<Policy>, key: StreamKey) -> Arc<Policy> {
    let uniform = key.name("adopted").uniform(Purpose::TopUp, u64::MAX, 0);
    let without = |terms: &Terms| !terms.overdraft.adopted.holds(uniform);
    if !policy.plans.iter().any(without) {
        return Arc::clone(policy);
    }
    let mut own = Policy::clone(policy);
    for terms in own.plans.iter_mut().filter(|terms| without(terms)) {
        terms.overdraft = Overdraft::none();
    }
    Arc::new(own)
}

/// Members whom scopes do not tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpenderClass {
    /// Their group.
    pub(super) group: Option<u16>,
    /// Who it is, if members are told apart.
    pub(super) member: Option<u16>,
    /// The project that they ask for, if projects are told apart.
    pub(super) project: Option<u16>,
    /// How many they are; one, if nobody is told apart.
    pub(super) members: u32,
}

impl SpenderClass {
    /// One of them, served as a feature.
    pub(super) fn asks(&self, feature: FeatureIndex) -> Spender {
        Spender { feature, group: self.group, member: self.member, project: self.project }
    }
}

fn groups_of(traits: &Traits) -> Vec<Option<u16>> {
    let groups = traits.members.iter().map(|member| member.group);
    if groups.clone().any(|group| group.is_some()) { groups.collect() } else { Vec::new() }
}

fn spender_classes(scopes: &[CreditScope], traits: &Traits) -> Vec<SpenderClass> {
    let has = |per: LotOwner| scopes.iter().any(|scope| scope.per == per);
    let mut classes = classes_of_members(scopes, traits);
    if has(LotOwner::Project) {
        let each = |class: SpenderClass| {
            (0..traits.projects).map(move |project| SpenderClass { project: Some(project), ..class })
        };
        classes = classes.into_iter().flat_map(each).collect();
    }
    classes
}

fn classes_of_members(scopes: &[CreditScope], traits: &Traits) -> Vec<SpenderClass> {
    let nobody = SpenderClass { group: None, member: None, project: None, members: 1 };
    if scopes.iter().any(|scope| scope.per == LotOwner::Member) {
        let one = |(number, member): (u16, &Member)| SpenderClass {
            group: member.group,
            member: Some(number),
            ..nobody
        };
        return (0..).zip(&traits.members).map(one).collect();
    }
    if scopes.iter().all(|scope| scope.groups.is_none() && scope.per != LotOwner::Group) {
        return vec![nobody];
    }
    let mut classes: Vec<SpenderClass> = Vec::new();
    for member in &traits.members {
        match classes.iter_mut().find(|class| class.group == member.group) {
            Some(class) => class.members += 1,
            None => classes.push(SpenderClass { group: member.group, ..nobody }),
        }
    }
    classes
}

/// One uniform picks the plan by weight, alike under every policy.
fn pick_plan(policy: &Policy, traits: &Traits) -> usize {
    let Some(shares) = policy.plan_shares.get(traits.id.cohort.index()) else { return 0 };
    let total: f64 = shares.iter().map(|(_, weight)| weight).sum();
    let mut left = traits.plan_uniform * total;
    for (plan, weight) in shares {
        if left < *weight {
            return *plan;
        }
        left -= weight;
    }
    shares.last().map_or(0, |(plan, _)| *plan)
}

/// The checks of every feature, plan by plan; `asks` if a rule of the user's own decides in their place.
fn checks(policy: &Policy, asks: bool) -> Vec<FeatureCheck> {
    let of_plan = |terms: &Terms| -> Vec<FeatureCheck> {
        terms.features.iter().map(|feature| FeatureCheck::new(terms, feature, asks)).collect()
    };
    policy.plans.iter().flat_map(of_plan).collect()
}

/// The ways in which estimates of a feature look back under any plan, each once.
fn history_rules(policy: &Policy, feature: usize) -> Vec<HistoryEstimate> {
    let mut rules = Vec::new();
    for terms in &policy.plans {
        if let Some(Estimator::History(rule)) = terms.features.get(feature).and_then(estimator)
            && !rules.contains(rule)
        {
            rules.push(*rule);
        }
    }
    rules
}

/// How many earlier costs such estimates look at; none if there are none.
fn depth_of(rules: &[HistoryEstimate]) -> Option<usize> {
    let depth = |rule: &HistoryEstimate| match rule {
        HistoryEstimate::Mean(n) => *n as usize,
        HistoryEstimate::First | HistoryEstimate::Last => 1,
    };
    rules.iter().map(depth).max()
}

/// Where overspend cannot arise as long as every hold is kept: one plan whose paid features are all held against the
/// available balance, debt lowers that balance, charges are recorded at once.
fn holds_guard(world: &World, policy: &Policy, checks: &[FeatureCheck]) -> bool {
    let held = checks.chunks(world.features.len().max(1)).all(|checks| {
        checks.iter().zip(&world.features).all(|(check, facts)| facts.free || check.reserves_all())
    });
    let sound = |terms: &Terms| terms.debt_counts && terms.metering_lag.is_zero();
    held && policy.never_changes() && policy.plans.iter().all(sound)
}

/// True if charges are costs as they are: nothing is rounded and no minimum is owed.
pub(super) fn charges_cost(terms: &Terms, feature: &FeatureTerms) -> bool {
    terms.rounding.is_none() && feature.minimum.is_zero()
}

/// What a cost guessed before the work comes to when it is charged in one: with the minimum, rounded.
pub(super) fn to_be_charged(terms: &Terms, feature: &FeatureTerms, cost: Credits) -> Credits {
    let owed = cost.max(feature.minimum);
    terms.rounding.map_or(owed, |rounding| rounding.apply(owed))
}
