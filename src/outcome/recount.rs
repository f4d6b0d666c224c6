//! A second count of what accounts have counted, for `--audit`: plain sums, maxima and lists, one organization after the
//! other, compared with the merged outcome of the replication.
//!
//! Shares with `totals`, `timeline`, `month` and `change` nothing but the counters that it reads. Leaves when organizations
//! are counted to whoever takes their rows. Invariant: as small as it is plain; of distributions it keeps the values
//! themselves, as long as they are few.

use std::collections::BTreeMap;

use crate::units::{Credits, Money};

use super::{
    AccountSample, FeatureTally, Histogram, Instant, LargestList, OrganizationChange, OrganizationOutcome,
    Outcome, RELATIVE_ERROR, RunShape, Scope, Tally, Totals,
};

/// Values of a distribution that are kept to compare its quantiles with; beyond it only counts and sums are compared.
const MOST_VALUES: usize = 20_000;

/// Quantiles that are compared.
const QUANTILES: [f64; 5] = [0.1, 0.5, 0.75, 0.9, 0.99];

/// What the accounts of one replication have counted.
#[derive(Debug, Clone, Default)]
pub struct Recount {
    scopes: BTreeMap<(usize, Scope), ScopeCount>,
    /// By policy and instant.
    instants: BTreeMap<(usize, usize), BTreeMap<&'static str, i128>>,
    /// Cash, recognized and closing deferred by policy, month and plan (nano-units).
    months: BTreeMap<(usize, i64, usize), [i128; 3]>,
    /// The largest change by policy and list.
    largest: BTreeMap<(usize, usize), i128>,
}

/// What the accounts of one scope have counted.
#[derive(Debug, Clone, Default)]
struct ScopeCount {
    sums: BTreeMap<&'static str, i128>,
    most: BTreeMap<&'static str, i128>,
    /// Values of each organization, none once they are too many.
    debts: Option<Vec<i64>>,
}

fn micros(credits: Credits) -> i128 {
    i128::from(credits.micros())
}

fn nanos(money: Money) -> i128 {
    i128::from(money.nanos())
}

fn all(credits: [Credits; 3]) -> i128 {
    credits.into_iter().map(micros).sum()
}

/// A counter by its name.
type Named = (&'static str, i128);

/// What is added up over organizations.
fn sums_of(tally: &Tally) -> Vec<Named> {
    let over = |of: fn(&FeatureTally) -> i128| tally.features.iter().map(of).sum::<i128>();
    let (credits, debt, holds, money) = (&tally.credits, &tally.debt, &tally.holds, &tally.money);
    let customer = &tally.customer;
    vec![
        ("organizations", 1),
        ("demanded", over(|feature| feature.demanded.into())),
        ("served", over(|feature| feature.served.into())),
        ("refused", over(|feature| feature.refused.into())),
        ("attempts", over(|feature| feature.attempts.into())),
        ("killed", over(|feature| feature.killed.into())),
        ("failed", over(|feature| feature.failed.into())),
        ("demand credits", over(|feature| micros(feature.demand_credits))),
        ("lost credits", over(|feature| micros(feature.lost_credits))),
        ("demand above list", over(|feature| micros(feature.demand_over_list))),
        ("lost above list", over(|feature| micros(feature.lost_over_list))),
        ("repricing", over(|feature| micros(feature.repricing))),
        ("late credits", over(|feature| micros(feature.late_credits))),
        ("charged credits", over(|feature| micros(feature.charged_credits))),
        ("absorbed credits", over(|feature| micros(feature.absorbed_credits))),
        ("blocked time", over(|feature| feature.blocked.micros().into())),
        ("waits", over(|feature| feature.waits.count().into())),
        ("time waited", over(|feature| feature.waits.sum())),
        ("estimates", over(|feature| feature.estimate_errors.count().into())),
        ("errors of estimates", over(|feature| feature.estimate_errors.sum())),
        ("issued credits", all(credits.issued)),
        ("burned credits", all(credits.burned)),
        ("expired credits", all(credits.expired)),
        ("remaining credits", all(credits.remaining_end)),
        ("debt incurred", micros(debt.incurred)),
        ("debt at the end", micros(debt.end)),
        ("overspend", micros(debt.overspend)),
        ("time in debt", debt.credit_micros),
        ("largest debts", micros(debt.max)),
        ("holds", holds.opened.into()),
        ("held credits", micros(holds.ended_credits)),
        ("purchases", customer.purchases.into()),
        ("top-ups", customer.auto_top_ups.into()),
        ("alerts", (customer.alerts_warning + customer.alerts_critical).into()),
        ("restores", customer.restores.sum()),
        ("alert leads", customer.alert_leads.sum()),
        ("cash", nanos(money.subscription_cash) + nanos(money.package_cash) + nanos(money.overage_cash)),
        ("recognized", nanos(money.recognized)),
        ("deferred", nanos(money.deferred_end)),
        ("time in flight", tally.in_flight_micros),
        ("life", tally.life.micros().into()),
    ]
}

/// The same of merged totals, in the same order.
fn merged_sums_of(totals: &Totals) -> Vec<Named> {
    let (service, sums) = (&totals.service, &totals.service.sums);
    let (credits, debt, holds, money) = (&totals.credits, &totals.debt, &totals.holds, &totals.money);
    let customer = &totals.customer;
    vec![
        ("organizations", totals.organizations.into()),
        ("demanded", sums.demanded),
        ("served", sums.served),
        ("refused", sums.refused),
        ("attempts", sums.attempts),
        ("killed", sums.killed),
        ("failed", sums.failed),
        ("demand credits", sums.demand_credits),
        ("lost credits", sums.lost_credits),
        ("demand above list", sums.demand_over_list),
        ("lost above list", sums.lost_over_list),
        ("repricing", sums.repricing),
        ("late credits", sums.late_credits),
        ("charged credits", sums.charged_credits),
        ("absorbed credits", sums.absorbed_credits),
        ("blocked time", sums.blocked),
        ("waits", service.waits.count().into()),
        ("time waited", service.waits.sum()),
        ("estimates", service.estimate_errors.count().into()),
        ("errors of estimates", service.estimate_errors.sum()),
        ("issued credits", credits.issued.iter().sum()),
        ("burned credits", credits.burned.iter().sum()),
        ("expired credits", credits.expired.iter().sum()),
        ("remaining credits", credits.remaining_end.iter().sum()),
        ("debt incurred", debt.incurred),
        ("debt at the end", debt.end),
        ("overspend", debt.overspend),
        ("time in debt", debt.credit_micros),
        ("largest debts", totals.debt_max.sum()),
        ("holds", holds.opened),
        ("held credits", holds.ended_credits),
        ("purchases", customer.purchases),
        ("top-ups", customer.auto_top_ups),
        ("alerts", customer.alerts_warning + customer.alerts_critical),
        ("restores", totals.restores.sum()),
        ("alert leads", totals.alert_leads.sum()),
        ("cash", money.subscription_cash + money.package_cash + money.overage_cash),
        ("recognized", money.recognized),
        ("deferred", money.deferred_end),
        ("time in flight", totals.in_flight_micros),
        ("life", totals.life),
    ]
}

/// What is largest of any organization.
fn most_of(tally: &Tally) -> [Named; 3] {
    [
        ("most in flight", tally.in_flight_max.into()),
        ("largest debt", micros(tally.debt.max)),
        ("longest debt", tally.debt.longest.micros().into()),
    ]
}

fn merged_most_of(totals: &Totals) -> [Named; 3] {
    [
        ("most in flight", totals.in_flight_max.into()),
        ("largest debt", totals.debt_max_of_any.into()),
        ("longest debt", totals.debt_longest.into()),
    ]
}

fn instant_of(sample: &AccountSample) -> [Named; 7] {
    [
        ("available", micros(sample.available)),
        ("debt", micros(sample.debt)),
        ("demanded", sample.demanded.into()),
        ("purchases", sample.purchases.into()),
        ("cash", nanos(sample.cash)),
        ("recognized", nanos(sample.recognized)),
        ("expired", micros(sample.expired)),
    ]
}

fn merged_instant_of(instant: &Instant) -> [Named; 7] {
    [
        ("available", instant.available.sum()),
        ("debt", instant.debt.sum()),
        ("demanded", instant.demanded),
        ("purchases", instant.purchases),
        ("cash", instant.cash),
        ("recognized", instant.recognized),
        ("expired", instant.expired),
    ]
}

fn size_of(list: LargestList, change: &OrganizationChange) -> i128 {
    let bill = change.bill().unwrap_or(0);
    match list {
        LargestList::BillRises => bill,
        LargestList::BillFalls => -bill,
        LargestList::LostRises => change.lost(),
        LargestList::LostFalls => -change.lost(),
    }
}

impl ScopeCount {
    fn add(&mut self, tally: &Tally) {
        for (name, value) in sums_of(tally) {
            *self.sums.entry(name).or_default() += value;
        }
        for (name, value) in most_of(tally) {
            let most = self.most.entry(name).or_default();
            *most = value.max(*most);
        }
        let few = self.sums["organizations"] <= MOST_VALUES as i128;
        match &mut self.debts {
            Some(values) if few => values.push(tally.debt.max.micros()),
            None if self.sums["organizations"] == 1 => self.debts = Some(vec![tally.debt.max.micros()]),
            other => *other = None,
        }
    }

    /// The first number of merged totals that is another one.
    fn difference(&self, totals: &Totals) -> Option<String> {
        let merged = merged_sums_of(totals).into_iter().chain(merged_most_of(totals));
        let counted = |name: &str| self.sums.get(name).or_else(|| self.most.get(name)).copied();
        for (name, found) in merged {
            let counted = counted(name).unwrap_or(0);
            if found != counted {
                return Some(format!("{name} is {found}, and accounts counted {counted}"));
            }
        }
        let values = self.debts.as_ref()?;
        let what = quantile_difference(&totals.debt_max, values)?;
        Some(format!("of largest debts {what}"))
    }
}

/// The first quantile of a histogram that is not the value of its rank, as exactly as a cell tells.
fn quantile_difference(histogram: &Histogram, values: &[i64]) -> Option<String> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    QUANTILES.into_iter().find_map(|q| {
        // The smallest value that at least this share of all is no larger than.
        let enough = |(upto, _): &(u32, &i64)| f64::from(*upto) >= q * sorted.len() as f64;
        let (_, exact) = (1..).zip(&sorted).find(enough)?;
        let exact = *exact as f64;
        let found = histogram.quantile(q)?;
        ((found - exact).abs() > exact.abs() * RELATIVE_ERROR)
            .then(|| format!("the quantile {q} is {found}, and {exact} by its rank"))
    })
}

impl Recount {
    /// Counts one organization.
    pub fn add(&mut self, shape: &RunShape, organization: &OrganizationOutcome) {
        let before = organization.tallies.get(shape.baseline);
        for (policy, tally) in organization.tallies.iter().enumerate() {
            let cohort = Scope::Cohort(organization.id.cohort.index());
            self.scopes.entry((policy, cohort)).or_default().add(tally);
            let places = shape.plan_places.get(policy);
            if let Some(&plan) = places.and_then(|places| places.get(usize::from(tally.plan)))
                && shape.plan_names.len() > 1
            {
                self.scopes.entry((policy, Scope::Plan(plan))).or_default().add(tally);
            }
            for (index, sample) in tally.samples.iter().enumerate() {
                let sums = self.instants.entry((policy, index)).or_default();
                for (name, value) in instant_of(sample) {
                    *sums.entry(name).or_default() += value;
                }
            }
            for line in &tally.months {
                let key = (policy, line.month.micros(), usize::from(line.plan));
                let money = [line.money.cash, line.money.recognized, line.money.closing_deferred];
                let sums = self.months.entry(key).or_default();
                sums.iter_mut().zip(money).for_each(|(sum, money)| *sum += nanos(money));
            }
            if let Some(before) = before.filter(|_| policy != shape.baseline) {
                let change = OrganizationChange::of(before, tally);
                for (place, list) in LargestList::ALL.into_iter().enumerate() {
                    let most = self.largest.entry((policy, place)).or_default();
                    *most = size_of(list, &change).max(*most);
                }
            }
        }
    }

    /// The first number of the merged outcome that is not what accounts have counted.
    #[must_use]
    pub fn difference(&self, outcome: &Outcome) -> Option<String> {
        let shape = outcome.shape();
        let told = |policy: usize, where_: String, what: String| {
            format!("policy `{}`, {where_}: {what}", shape.policies[policy])
        };
        for policy in 0..shape.policies.len() {
            let totals = outcome.totals(policy);
            for (scope, totals) in shape.scopes().zip(&totals) {
                let counted = self.scopes.get(&(policy, scope));
                if let Some(what) = counted.and_then(|counted| counted.difference(totals)) {
                    return Some(told(policy, shape.scope_name(scope), what));
                }
            }
            // Counted twice while an account runs, by feature and by hour of the week.
            let by_hour = outcome.refused_hours(policy).hours().iter().sum::<i128>();
            let refused = totals.first().map_or(0, |all| all.service.sums.refused);
            if by_hour != refused {
                let what = format!("refused is {refused}, and {by_hour} by hour of the week");
                return Some(told(policy, "all".to_owned(), what));
            }
            for (index, instant) in outcome.timeline(policy).instants.iter().enumerate() {
                let counted = self.instants.get(&(policy, index));
                for (name, found) in merged_instant_of(instant) {
                    let counted = counted.map_or(0, |sums| sums[name]);
                    if found != counted {
                        let what = format!("{name} is {found}, and accounts counted {counted}");
                        return Some(told(policy, format!("instant {} of the timeline", index + 1), what));
                    }
                }
            }
            for (place, list) in LargestList::ALL.into_iter().enumerate() {
                let found = outcome.changes(policy).largest(list).first();
                let found = found.map_or(0, |large| size_of(list, &large.change));
                let counted = self.largest.get(&(policy, place)).copied().unwrap_or(0);
                if found != counted {
                    let what = format!("the first is {found}, and the largest {counted}");
                    return Some(told(policy, format!("list `{}`", list.name()), what));
                }
            }
        }
        self.month_difference(outcome)
    }

    fn month_difference(&self, outcome: &Outcome) -> Option<String> {
        let mut merged = BTreeMap::new();
        for policy in 0..outcome.shape().policies.len() {
            for (month, plan, money) in outcome.months(policy).lines() {
                let money = [money.cash, money.recognized, money.closing_deferred];
                merged.insert((policy, month.micros(), plan), money);
            }
        }
        (merged != self.months)
            .then(|| String::from("the books by month are not the sum of those of accounts"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::synthetic;

    fn counted(shape: &RunShape, organizations: std::ops::Range<u32>) -> Recount {
        let mut recount = Recount::default();
        organizations.for_each(|number| recount.add(shape, &synthetic::organization(shape, 3, number)));
        recount
    }

    #[test]
    fn a_merged_outcome_is_what_its_organizations_have_counted() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let outcome = synthetic::replication(&shape, 3, 40);
        assert_eq!(counted(&shape, 0..40).difference(&outcome), None);
    }

    #[test]
    fn an_organization_too_few_or_a_wrong_quantile_is_told() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let outcome = synthetic::replication(&Arc::clone(&shape), 3, 40);
        let told = counted(&shape, 0..39).difference(&outcome).expect("one is missing");
        assert!(told.starts_with("policy `block`, cohort:studios: organizations is 20, and"), "{told}");
        let mut histogram = Histogram::default();
        [1, 2, 3, 40].into_iter().for_each(|value| histogram.record(value));
        assert_eq!(quantile_difference(&histogram, &[1, 2, 3, 40]), None);
        let told = quantile_difference(&histogram, &[1, 3, 3, 40]).expect("the median is 3");
        assert_eq!(told, "the quantile 0.5 is 2, and 3 by its rank");
    }
}
