//! What can be bought, by itself or by people, and what people are told: packages, top-ups, alerts, invoices.

use std::borrow::Cow;

use crate::calendar::CalendarUnit;
use crate::sampling::Dist;
use crate::units::{Credits, Money, Probability, SimSpan, SimTime};

use super::grants::Expiry;
use super::rates::InForce;
use super::scope::{CreditScope, LotOwner};
use super::view::{Compare, View};

/// What can be bought.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// Its name; others of that name carry dates.
    pub name: String,
    /// Credits.
    pub credits: Credits,
    /// Price; without it money outcomes are not available.
    pub price: Option<Money>,
    /// Validity from the instant the credits land.
    pub expires: Expiry,
    /// Burn priority, lower first (default 0).
    pub priority: i32,
    /// When it is on sale, and for whom; of those with one name the last that is.
    pub when: InForce,
    /// Whom its credits are for.
    pub scope: CreditScope,
}

/// The packages that are on sale at an instant for an organization that signed up then, one of each name.
#[must_use]
pub fn on_sale(packages: &[Package], at: SimTime, signed_up: SimTime) -> Cow<'_, [Package]> {
    if packages.iter().all(|package| package.when.is_always()) {
        return Cow::Borrowed(packages);
    }
    let mut sold: Vec<Package> = Vec::new();
    for package in packages {
        let known = sold.iter().any(|other| other.name == package.name);
        if !known && let Some(last) = last_of_name(packages, &package.name, at, signed_up) {
            sold.push(last.clone());
        }
    }
    Cow::Owned(sold)
}

/// The same packages at their places, each as it is sold at an instant to an organization that signed up then.
#[must_use]
pub fn as_sold(packages: &[Package], at: SimTime, signed_up: SimTime) -> Cow<'_, [Package]> {
    if packages.iter().all(|package| package.when.is_always()) {
        return Cow::Borrowed(packages);
    }
    let sold =
        |package: &Package| last_of_name(packages, &package.name, at, signed_up).unwrap_or(package).clone();
    Cow::Owned(packages.iter().map(sold).collect())
}

fn last_of_name<'p>(
    packages: &'p [Package],
    name: &str,
    at: SimTime,
    signed_up: SimTime,
) -> Option<&'p Package> {
    let on_sale = |package: &&Package| {
        package.name == name && package.when.holds_at(at) && package.when.is_for(signed_up)
    };
    packages.iter().rev().find(on_sale)
}

/// An automatic top-up.
#[derive(Debug, Clone, PartialEq)]
pub struct TopUpRule {
    /// Fires when the view is low.
    pub threshold: TopUpThreshold,
    /// Strictly below or at the threshold.
    pub compare: Compare,
    /// The balance it reads.
    pub view: View,
    /// Whose balances it looks at, and whose lot it buys: each owner's by itself.
    pub per: LotOwner,
    /// How much is bought.
    pub amount: TopUpAmount,
    /// Whether purchases under way count as landed.
    pub count_pending: bool,
    /// Least time between two purchases.
    pub cooldown: SimSpan,
    /// Caps per calendar period.
    pub caps: Vec<TopUpCap>,
    /// Time between payment and usable credits (seconds).
    pub processing: Dist,
    /// Probability that a payment is declined.
    pub declined: Probability,
    /// Pause after a decline.
    pub backoff: SimSpan,
    /// Declines in a row after which the rule stops for good.
    pub disable_after: Option<u32>,
    /// Share of the organizations that have switched it on, keyed by organization and place among the rules.
    pub adopted: Probability,
    /// Fires only after the view has been on the high side (`crossing`), not as long as it is low (`level`).
    pub crossing: bool,
    /// When it is looked at besides each change of the view.
    pub looks: Reevaluation,
    /// Purchases per account and day at which the rule stops (default 1,000).
    pub ceiling: u32,
}

impl TopUpRule {
    /// The package that gives price and validity (index into the plan's packages).
    #[must_use]
    pub fn package(&self) -> usize {
        let (TopUpAmount::Package(index)
        | TopUpAmount::MultipleUntilAbove(index)
        | TopUpAmount::UpTo { package: index, .. }) = self.amount;
        index
    }

    /// Whom its credits are for, as it buys a package with this scope: the package's own, but for the owners of the rule.
    #[must_use]
    pub fn scope_of(&self, package: &CreditScope) -> CreditScope {
        match self.per {
            LotOwner::Organization => package.clone(),
            per => CreditScope { per, ..package.clone() },
        }
    }
}

/// The threshold of an automatic top-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TopUpThreshold {
    /// A number of credits.
    Credits(Credits),
    /// A share of the running period's allowance (0.2 = 20 %); never low in a period without one.
    ShareOfAllowance(f64),
}

/// When an automatic top-up is looked at besides each change of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reevaluation {
    /// At the end of a cooldown, back-off or cap period.
    #[default]
    Always,
    /// Never.
    OnChange,
    /// Before each check of an attempt.
    OnCheck,
}

/// How much an automatic top-up buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopUpAmount {
    /// One package (index into the plan's packages).
    Package(usize),
    /// Whole packages until the view lies above the threshold.
    MultipleUntilAbove(usize),
    /// Up to a target, at the package's unit price.
    UpTo {
        /// The view to reach.
        target: Credits,
        /// Index into the plan's packages, for price and validity.
        package: usize,
    },
}

/// A cap on automatic top-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopUpCap {
    /// Count or money.
    pub limit: CapLimit,
    /// Per calendar period.
    pub per: CalendarUnit,
    /// Whose purchases it counts together: the organization's, or each owner's by itself.
    pub each: LotOwner,
}

/// What a cap limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapLimit {
    /// Number of purchases.
    Count(u32),
    /// Sum of prices.
    Money(Money),
}

/// An alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alert {
    /// Where it fires.
    pub threshold: AlertThreshold,
    /// Strictly below or at the threshold.
    pub compare: Compare,
    /// The balance it reads.
    pub view: View,
    /// Whose: each owner's by itself.
    pub per: LotOwner,
    /// How loud.
    pub level: AlertLevel,
}

/// Threshold of an alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlertThreshold {
    /// A number of credits.
    Credits(Credits),
    /// A share of what was usable right after the last close and of all issued since (0.2 = 20 %); never of nothing.
    ShareOfIssued(f64),
}

/// How loud an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertLevel {
    /// A warning.
    #[default]
    Warning,
    /// Critical.
    Critical,
}

/// How invoices of overage are paid.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoices {
    /// At once, or after `delay`.
    pub auto_pay: bool,
    /// Days until an invoice on terms is paid (seconds).
    pub delay: Dist,
    /// Probability that an invoice is not paid.
    pub declined: Probability,
    /// An unpaid invoice is written off after this span.
    pub write_off_after: Option<SimSpan>,
    /// When an invoice that was declined is tried again, in order.
    pub dunning: Vec<DunningStep>,
    /// So long after an unpaid invoice was due its account starts nothing paid.
    pub suspend_after: Option<SimSpan>,
    /// So long after an unpaid invoice was due its account is terminated.
    pub terminate_after: Option<SimSpan>,
}

/// One more try to collect an invoice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DunningStep {
    /// After the invoice was due.
    pub after: SimSpan,
    /// Probability that it is paid then, if it was not before.
    pub paid: Probability,
}

/// When unused purchased credits are voided, and which share of what was paid for them is paid back.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RefundOn {
    /// At a change to a plan whose subscription costs less.
    pub downgrade: Option<Probability>,
    /// As the organization leaves.
    pub leave: Option<Probability>,
}

/// When what was paid in advance is earned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Recognition {
    /// As credits are used or expire.
    #[default]
    OnUse,
    /// Evenly over time: over a lot's life, over a subscription's period.
    Ratable,
}
