//! What `creditsim check` points out: contradictions and omissions that run, but are worth a thought.
//!
//! Each check looks at the finished terms and speaks about the key as it was written. A rule that stands in `[policy]`
//! is mentioned once, not once a policy.

mod limits;
mod money;
mod rates;
mod scopes;

use crate::policy::{
    Admission, AlertThreshold, Anchor, CapLimit, CycleOnChange, DebtAtCycle, Effective, Expiry, FeatureTerms,
    GrantSpec, InFlight, Opening, Overrun, Package, PackageChoice, Policy, RecurrenceMode, Rollover, Terms,
    TopUpAmount, TopUpThreshold, WhenShort,
};
use crate::units::Credits;
use crate::workload::{Arrivals, SignUp};

use super::model::Scenario;
use super::reading::{Node, Reader, SourcePlace};

/// Warns about what runs but is probably not meant.
pub(super) fn warn_about(reader: &Reader, root: &Node, scenario: &Scenario) {
    for policy in &scenario.policies {
        for terms in &policy.plans {
            let about = About { reader, root, policy, terms, scenario };
            CHECKS.iter().for_each(|check| check(&about));
        }
    }
    same_policies(reader, root, scenario);
    costless_features(reader, root, scenario);
    unused_features(reader, root, scenario);
    scopes::own_credits_nobody_burns(reader, root, scenario);
}

/// One plan of one policy, and where its keys stand.
struct About<'a> {
    reader: &'a Reader,
    root: &'a Node,
    policy: &'a Policy,
    terms: &'a Terms,
    scenario: &'a Scenario,
}

static CHECKS: &[fn(&About<'_>)] = &[
    warning_above_package,
    validity_twice,
    prepaid_and_arrears,
    hold_without_timeout,
    alert_that_never_fires,
    package_no_one_chooses,
    top_up_that_loops,
    rule_without_effect,
    buyer_without_packages,
    rollover_without_allowance,
    credits_without_check,
    first_period_in_full,
    limits::room_for_nothing,
    limits::links_never_asked,
    limits::queue_that_never_moves,
    limits::asks_in_vain,
    limits::limit_never_met,
    limits::ceilings_over_nothing,
    money::invoices_never_sent_ahead,
    money::grace_beside_forgiving,
    money::late_billing_without_lag,
    money::dunning_of_paid_invoices,
    rates::features_without_a_rate,
    rates::cards_that_never_apply,
    scopes::credits_nobody_burns,
    scopes::top_up_for_some,
    scopes::debt_nobody_repays,
    scopes::across_nothing,
    scopes::groups_nobody_is_in,
    scopes::seats_that_stay,
    scopes::owners_without_credits,
];

impl About<'_> {
    /// Warns at `key` of the plan, where its author wrote it.
    fn warn(&self, key: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.reader.warn(&self.place(key), what, hint);
    }

    /// The key where its author wrote it: in the plan, the policy, or for all policies.
    fn node(&self, key: &str) -> Option<&Node> {
        let (policy, plan) = (self.policy.name.as_str(), self.terms.plan.as_str());
        let paths: [&[&str]; 4] = [
            &["policies", policy, "plans", plan, key],
            &["policy", "plans", plan, key],
            &["policies", policy, key],
            &["policy", key],
        ];
        paths.iter().find_map(|path| node_at(self.root, path))
    }

    fn place(&self, key: &str) -> SourcePlace {
        let policy = self.policy.name.as_str();
        let written = self.node(key);
        let table = || node_at(self.root, &["policies", policy]).map(|node| node.place.child(key));
        written.map(|node| node.place.clone()).or_else(table).unwrap_or_else(|| self.root.place.child(key))
    }

    /// True if the policy says `key` itself, not `[policy]`, a preset or a plan.
    fn is_own(&self, key: &str) -> bool {
        node_at(self.root, &["policies", &self.policy.name, key]).is_some()
    }

    /// True if some feature that costs credits satisfies the condition.
    fn any_paid(&self, holds: impl Fn(&FeatureTerms) -> bool) -> bool {
        self.paid().any(holds)
    }

    fn paid(&self) -> impl Iterator<Item = &FeatureTerms> {
        let features = self.scenario.features.iter().zip(&self.terms.features);
        features.filter(|(feature, _)| !feature.free).map(|(_, terms)| terms)
    }
}

fn node_at<'n>(root: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, key| node.as_table()?.get(key))
}

fn warning_above_package(about: &About<'_>) {
    let Some(smallest) = about.terms.packages.iter().min_by_key(|package| package.credits) else { return };
    for alert in &about.terms.alerts {
        if let AlertThreshold::Credits(level) = alert.threshold
            && level >= smallest.credits
        {
            about.warn(
                "alerts",
                format!(
                    "warns at {level} credits, and package `{}` brings {}",
                    smallest.name, smallest.credits
                ),
                "a customer who buys the smallest package is warned again at once or soon",
            );
        }
    }
}

fn validity_twice(about: &About<'_>) {
    let packages = &about.terms.packages;
    if let Some(first) = packages.first()
        && let Some(other) = packages.iter().find(|package| package.expires != first.expires)
    {
        let what = format!("state two validities: `{}` and `{}` expire differently", first.name, other.name);
        about.warn("packages", what, "say the same for all, or try both readings as two policies");
    }
    let recurring = |grant: &&GrantSpec| {
        grant.recurrence.as_ref().is_some_and(|again| {
            let valid = again.valid.map(|valid| valid.about());
            again.mode == RecurrenceMode::Set && valid.is_some_and(|valid| valid > again.every.about())
        })
    };
    if about.terms.grants.iter().any(|grant| recurring(&grant)) {
        let hint = "`set` replaces what remains when the next amount comes; leave `valid` out, or use `add`";
        about.warn("grants", "state a validity that outlives the recurrence", hint);
    }
}

fn prepaid_and_arrears(about: &About<'_>) {
    let prepaid = !about.terms.packages.is_empty() || !about.terms.top_ups.is_empty();
    if about.terms.overdraft.at_cycle != DebtAtCycle::Invoice {
        return;
    }
    if prepaid {
        let hint = "customers pay before use and after it; leave out one, or compare the two as policies";
        about.warn("overdraft", "invoices debt at a close, beside packages that are paid in advance", hint);
    }
    if about.terms.overdraft.price_per_credit.is_none() {
        about.warn(
            "overdraft",
            "invoices debt without `price_per_credit`",
            "money outcomes are not available",
        );
    }
}

fn hold_without_timeout(about: &About<'_>) {
    for feature in about.paid() {
        let Admission::Hold(hold) = &feature.admission else { continue };
        if hold.timeout.is_none() {
            let lost =
                if hold.leak.is_never() { "a hold whose settle gets lost" } else { "every leaked hold" };
            let hint = format!("{lost} reserves credits for ever; write `timeout = \"2h\"`");
            about.warn("admission", "holds without a timeout", hint);
            return;
        }
    }
}

fn alert_that_never_fires(about: &About<'_>) {
    let terms = about.terms;
    if terms.alerts.is_empty() {
        return;
    }
    if !about.any_paid(|feature| feature.notify) {
        about.warn("alerts", "can never fire", "every paid feature has `notify = false`");
    }
    let floor = balance_floor(about);
    let ceiling = balance_ceiling(about);
    for alert in &terms.alerts {
        let AlertThreshold::Credits(level) = alert.threshold else { continue };
        if floor.is_some_and(|floor| !alert.compare.holds(floor, level)) {
            let what = format!("holds an alert at {level} credits that can never fire");
            about.warn("alerts", what, "every paid feature is held, so the balance never gets that low");
        }
        if ceiling.is_some_and(|ceiling| alert.compare.holds(ceiling, level)) {
            let what = format!("holds an alert at {level} credits that can never fire");
            about.warn(
                "alerts",
                what,
                "no organization ever has more credits than that, and an alert needs a fall",
            );
        }
    }
}

/// The lowest available balance, if every paid feature is held so strictly that there is one.
fn balance_floor(about: &About<'_>) -> Option<Credits> {
    let strict = |hold: &crate::policy::HoldTerms| hold.overrun != Overrun::Charge && hold.pins_expiry;
    let held = |feature: &FeatureTerms| matches!(&feature.admission, Admission::Hold(hold) if strict(hold));
    let limit = if about.any_paid(|feature| feature.short == WhenShort::Allow) {
        about.terms.overdraft.limit?
    } else {
        Credits::ZERO
    };
    about.paid().all(held).then_some(-limit)
}

/// The highest balance, if nothing can be bought, rolled over or issued again.
fn balance_ceiling(about: &About<'_>) -> Option<Credits> {
    let terms = about.terms;
    let rolls = |rollover: &Rollover| rollover.fraction.get() > 0.0 || !rollover.min_credits.is_zero();
    let grows = !terms.packages.is_empty()
        || terms.allowance.as_ref().is_some_and(|allowance| rolls(&allowance.rollover));
    let given = |grants: &[GrantSpec]| {
        let once = grants.iter().all(|grant| grant.recurrence.is_none() && grant.rollover.is_none());
        once.then(|| grants.iter().map(|grant| grant.credits).sum::<Credits>())
    };
    let cohorts: Option<Vec<Credits>> =
        about.scenario.cohorts.iter().map(|cohort| given(&cohort.customers.grants)).collect();
    let allowance = terms.allowance.as_ref().map_or(Credits::ZERO, |allowance| allowance.credits);
    let most = cohorts?.into_iter().max()? + given(&terms.grants)? + allowance;
    (!grows).then_some(most)
}

fn package_no_one_chooses(about: &About<'_>) {
    for package in &about.terms.packages {
        let dated = |package: &Package| !package.when.is_always();
        let mut others = about.terms.packages.iter().filter(|other| !dated(other) && !dated(package));
        let better = others.find(|other| dominates(other, package));
        if let Some(better) = better {
            let what = format!("hold `{}`, which no one would choose over `{}`", package.name, better.name);
            about.warn("packages", what, "the other brings at least as many credits for at most the price");
        }
    }
}

fn dominates(other: &Package, package: &Package) -> bool {
    let (Some(price), Some(other_price)) = (package.price, other.price) else { return false };
    let lasts = |expiry: Expiry| match expiry {
        Expiry::After(period) => period.about(),
        Expiry::Never | Expiry::At(_) => crate::units::SimSpan::FOREVER,
    };
    let no_worse = other.credits >= package.credits
        && other_price <= price
        && lasts(other.expires) >= lasts(package.expires);
    no_worse && (other.credits > package.credits || other_price < price)
}

fn top_up_that_loops(about: &About<'_>) {
    for rule in &about.terms.top_ups {
        let key = if node_at(about.root, &["policies", &about.policy.name, "top_ups"]).is_some() {
            "top_ups"
        } else {
            "top_up"
        };
        if !rule.count_pending
            && rule.cooldown.is_zero()
            && rule.caps.is_empty()
            && !rule.processing.is_zero()
        {
            let hint = "until the first purchase lands, every charge buys another; write `cooldown`, `cap` or `count_pending = true`";
            about.warn(key, "has no guard against loops", hint);
        }
        let threshold = match (rule.threshold, &about.terms.allowance) {
            (TopUpThreshold::Credits(credits), _) => credits,
            (TopUpThreshold::ShareOfAllowance(share), Some(allowance)) => {
                Credits::from_f64(share * allowance.credits.micros() as f64 / 1e6)
            }
            (TopUpThreshold::ShareOfAllowance(_), None) => Credits::ZERO,
        };
        if let TopUpAmount::Package(index) = rule.amount
            && !rule.crossing
            && about.terms.packages[index].credits <= threshold
        {
            let hint = "one package does not lift the balance above the threshold: it buys again at once, like a subscription";
            about.warn(key, "buys a package no larger than its threshold", hint);
        }
        if rule.caps.iter().any(|cap| matches!(cap.limit, CapLimit::Count(0))) {
            about.warn(key, "is capped at 0 purchases", "it never buys; leave the rule out");
        }
    }
}

/// Only keys of the policy itself: a shared rule that one policy has no use for is no mistake.
fn rule_without_effect(about: &About<'_>) {
    let unchecked = |feature: &FeatureTerms| matches!(feature.admission, Admission::None);
    if about.is_own("short")
        && about.any_paid(|feature| unchecked(feature) && feature.short != WhenShort::Reject)
    {
        about.warn(
            "short",
            "has no effect where `admission = \"none\"`",
            "without a check nothing is ever refused",
        );
    }
    let limit = about.terms.overdraft.limit;
    // A limit is also how far work that runs may go before it is stopped.
    let stops = |feature: &FeatureTerms| feature.in_flight != InFlight::Finish;
    let allowed =
        about.any_paid(|feature| feature.short == WhenShort::Allow || unchecked(feature) || stops(feature));
    if about.is_own("overdraft") && limit != Some(Credits::ZERO) && !allowed {
        about.warn(
            "overdraft",
            "permits debt that no check uses",
            "write `short = \"allow\"`, or leave the limit out",
        );
    }
}

fn buyer_without_packages(about: &About<'_>) {
    let cohorts = about.scenario.cohorts.iter().filter_map(|cohort| cohort.customers.buyer.as_ref());
    let buyers: Vec<_> = about.terms.buyer.iter().chain(cohorts).collect();
    if about.terms.buyer.is_some() && about.terms.packages.is_empty() {
        let never = |buyer: &crate::policy::Buyer| {
            buyer.on_refusal.is_never()
                && buyer.on_warning.is_never()
                && buyer.on_zero.is_never()
                && buyer.every.is_none()
        };
        if !about.terms.buyer.as_ref().is_some_and(never) {
            about.warn("buyer", "has nothing to buy", "the plan has no packages");
        }
    }
    for name in buyers.iter().flat_map(|buyer| chosen_names(&buyer.choice)) {
        let known = about.terms.packages.is_empty()
            || about.terms.packages.iter().any(|package| package.name == *name);
        if !known {
            let hint = "people then take the smallest package that covers";
            about.warn("packages", format!("lack `{name}`, which a buyer chooses"), hint);
        }
    }
}

fn chosen_names(choice: &PackageChoice) -> Vec<&String> {
    match choice {
        PackageChoice::Fixed(name) => vec![name],
        PackageChoice::Weighted(weights) => weights.iter().map(|(name, _)| name).collect(),
        PackageChoice::SmallestThatCovers | PackageChoice::CheapestPerCredit => Vec::new(),
    }
}

fn rollover_without_allowance(about: &About<'_>) {
    if about.terms.allowance.is_none() && about.is_own("rollover") {
        about.warn(
            "rollover",
            "has nothing to roll over",
            "the plan has no allowance; purchased credits stay anyway",
        );
    }
}

/// Credits that nobody looks at before work starts: the default of `admission` refuses nothing, which is meant by those
/// who bill afterwards and by nobody else.
fn credits_without_check(about: &About<'_>) {
    let (policy, plan) = (about.policy.name.as_str(), about.terms.plan.as_str());
    let layers: [&[&str]; 3] = [&["policies", policy, "plans", plan], &["policies", policy], &["policy"]];
    let said = |layer: &[&str]| {
        let Some(table) = node_at(about.root, layer).and_then(Node::as_table) else { return false };
        let of_features = table.get("features").and_then(Node::as_table).is_some_and(|features| {
            let checks = |node: &Node| node.as_table().is_some_and(|rules| rules.get("admission").is_some());
            features.entries.iter().any(|(_, node)| checks(node))
        });
        // A preset says what its product does.
        of_features || table.get("admission").is_some() || table.get("preset").is_some()
    };
    if layers.iter().any(|layer| said(layer)) {
        return;
    }
    let terms = about.terms;
    let given = [
        (terms.allowance.as_ref().is_some_and(|allowance| allowance.credits.is_positive()), "an allowance"),
        (!terms.packages.is_empty(), "packages"),
        (terms.allowance.is_some() && terms.grants.iter().any(|grant| grant.rollover.is_some()), "rollover"),
        (terms.overdraft.limit.is_some_and(Credits::is_positive), "an overdraft"),
    ];
    let Some((_, what)) = given.into_iter().find(|(given, _)| *given) else { return };
    let hint = "write `admission = \"positive\"`, `\"estimate\"` or `{ hold = { timeout = \"2h\" } }`; or \
                `admission = \"none\"` if all work is meant to run and to be billed afterwards";
    let told =
        format!("is left out beside {what}, so that nothing is ever refused and work runs on into debt");
    about.reader.caution(&about.place("admission"), told, hint);
}

/// Features with arrivals that cost nothing because nothing was written.
fn costless_features(reader: &Reader, root: &Node, scenario: &Scenario) {
    let drawn = scenario.cohorts.iter().any(|cohort| cohort.history.is_none());
    let Some(table) = node_at(root, &["features"]).and_then(Node::as_table) else { return };
    for ((_, node), feature) in table.entries.iter().zip(&scenario.features) {
        let has = |key: &str| node.as_table().is_some_and(|table| table.get(key).is_some());
        let arrives = drawn && feature.demand.arrivals != Arrivals::None;
        if arrives && !feature.free && !has("cost") && !has("steps") {
            let hint = "write `cost = 1`, a distribution or a formula; or `free = true`";
            reader.caution(
                &node.place.child("cost"),
                "is left out, so that its operations cost nothing",
                hint,
            );
        }
    }
}

/// A plan whose periods begin on fixed dates bills whoever comes in the middle of one for all of it.
fn first_period_in_full(about: &About<'_>) {
    let terms = about.terms;
    let fixed = terms.cycle.anchor != Anchor::SignUp;
    if !fixed || terms.subscription.is_none() || terms.cycle.opening == Opening::Prorated {
        return;
    }
    let plan = about.policy.plans.iter().position(|plan| plan.plan == terms.plan);
    let begins_late = |cohort: &super::model::Cohort| {
        !matches!(cohort.population.signed_up, SignUp::AtStart | SignUp::Before(_))
    };
    let signs_up = about.policy.plan_shares.iter().zip(&about.scenario.cohorts).any(|(shares, cohort)| {
        begins_late(cohort) && shares.iter().any(|(index, weight)| Some(*index) == plan && *weight > 0.0)
    });
    let changes = about.policy.plan_changes.iter().any(|change| {
        let restarts = change.effective == Effective::Now && change.cycle == CycleOnChange::Restart;
        restarts && Some(change.to) == plan
    });
    let key = if terms.allowance.is_some() { "allowance" } else { "cycle" };
    let written = about.node(key).and_then(|node| node_at(node, &["opening"])).is_some();
    if (signs_up || changes) && !written {
        let hint = "an organization that begins in the middle of a period pays and gets a whole one for the rest of it; write \
                    `opening = \"prorated\"`, or `\"full\"` if that is meant";
        about.warn(key, "bills the first period in full", hint);
    }
}

fn same_policies(reader: &Reader, root: &Node, scenario: &Scenario) {
    for (index, policy) in scenario.policies.iter().enumerate() {
        let rules = |other: &Policy| Policy { name: String::new(), ..other.clone() };
        let same = scenario.policies[..index].iter().find(|other| rules(other) == rules(policy));
        if let (Some(same), Some(node)) = (same, node_at(root, &["policies", &policy.name])) {
            reader.warn(
                &node.place,
                format!("says the same as `policies.{}`", same.name),
                "the comparison will show no difference",
            );
        }
    }
}

fn unused_features(reader: &Reader, root: &Node, scenario: &Scenario) {
    let written = node_at(root, &["features"]).and_then(Node::as_table);
    let nodes = written.map(|table| table.entries.as_slice()).unwrap_or_default();
    for ((index, feature), (_, node)) in scenario.features.iter().enumerate().zip(nodes) {
        let listed = |cohort: &super::model::Cohort| {
            let substitute = cohort.customers.reactions.substitute.as_ref();
            cohort.history.is_some()
                || cohort.operations.iter().any(|operation| operation.feature.index() == index)
                || substitute
                    .is_some_and(|substitute| substitute.pairs.iter().any(|(_, to)| to.index() == index))
        };
        let demanded = feature.demand.arrivals != Arrivals::None
            || scenario.cohorts.iter().any(listed)
            || limits::falls_back_on(scenario, index);
        if !demanded {
            reader.warn(&node.place, "is never used", "write `arrivals`, or list its operations in a cohort");
        }
    }
}
