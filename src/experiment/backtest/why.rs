//! Why a bill and the replay differ: only what the numbers show.
//!
//! Owns the explanations and the order in which they are tried, the surest first. Each is an equation that the bill's
//! number solves, to its last digit; those that are only a likelihood (days that are missing) say so.

use std::collections::BTreeMap;

use crate::calendar::YearMonth;
use crate::workload::BilledQuantity;

use super::borders::CutOffs;
use super::compare::{BackTestLine, BackTestSides, OrganizationNames};
use super::gaps::DaysWithoutRows;
use super::past::{FailedOperation, ReplayedMonth, ReplayedOrganization};
use super::rules::OtherRule;
use super::written::{money, quantity as number};

/// A kind of explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyKind {
    /// The file has fewer digits.
    Rounding,
    /// A close invoices in the first instant of the next month.
    ClosedMonth,
    /// Charged in another month than that of its arrival.
    LateUsage,
    /// Months of the bill end some hours earlier or later.
    CutOff,
    /// Another rule was in force.
    OtherRule,
    /// Another plan was in force.
    OtherPlan,
    /// The price of another plan.
    PlanPrice,
    /// Whole packages more or less.
    Packages,
    /// Failed operations.
    FailedOperation,
    /// Attempts are counted instead of operations.
    Attempts,
    /// The history has no row of the organization in the month.
    HistoryAbsent,
    /// The history has no row of anybody on some days.
    HistoryGap,
    /// The replay has only a part of the month.
    PartOfMonth,
}

impl WhyKind {
    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            WhyKind::Rounding => "rounding",
            WhyKind::ClosedMonth => "closed_month",
            WhyKind::LateUsage => "late_usage",
            WhyKind::CutOff => "cut_off",
            WhyKind::OtherRule => "other_rule",
            WhyKind::OtherPlan => "other_plan",
            WhyKind::PlanPrice => "plan_price",
            WhyKind::Packages => "packages",
            WhyKind::FailedOperation => "failed_operation",
            WhyKind::Attempts => "attempts",
            WhyKind::HistoryAbsent => "history_absent",
            WhyKind::HistoryGap => "history_gap",
            WhyKind::PartOfMonth => "part_of_month",
        }
    }

    /// True if the number of the bill comes out; false if it is only likely that this is what is missing.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        !matches!(self, WhyKind::HistoryAbsent | WhyKind::HistoryGap | WhyKind::PartOfMonth)
    }
}

/// What explains a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Of which kind.
    pub kind: WhyKind,
    /// A sentence without an end, with its numbers.
    pub text: String,
    /// The same for all lines of one cause: what they are counted by.
    pub cause: String,
}

impl Explanation {
    pub(super) fn new(kind: WhyKind, cause: impl Into<String>, text: impl Into<String>) -> Self {
        Explanation { kind, text: text.into(), cause: cause.into() }
    }
}

/// Explains every line that differs, as far as numbers show why.
pub(super) fn explain(
    lines: &mut [BackTestLine],
    sides: &BackTestSides<'_>,
    others: &[(OtherRule, Vec<ReplayedOrganization>)],
) {
    let names = OrganizationNames::of(sides.past);
    let found = |line: &BackTestLine| names.find(&line.organization).map(|(index, _)| index);
    let mut cases: Vec<(usize, Case<'_>)> = Vec::new();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.is_open()) {
        let Some(organization) = found(line) else { continue };
        let Some(month) = sides.past[organization].months.get(&line.month) else { continue };
        if let (Some(billed), Some(replayed)) = (line.billed, line.replayed) {
            cases.push((place, Case { line: line.clone(), organization, month, billed, replayed, sides }));
        }
    }
    let ranked = ranked(&cases, sides, others);
    let cut_offs = CutOffs::of(lines, sides, &found);
    let gaps = DaysWithoutRows::of(sides);
    for (place, case) in cases {
        let why = case
            .rounding()
            .or_else(|| case.closed_month())
            .or_else(|| case.history_absent())
            .or_else(|| case.late_usage())
            .or_else(|| cut_offs.explanation(&case))
            .or_else(|| case.attempts())
            .or_else(|| case.other_rule(&ranked))
            .or_else(|| case.packages())
            .or_else(|| case.failed_operation())
            .or_else(|| case.plan_price())
            .or_else(|| gaps.explanation(&case))
            .or_else(|| case.part_of_month());
        lines[place].why = why;
    }
}

/// A replay under another rule.
type OtherReplay<'a> = (&'a OtherRule, &'a [ReplayedOrganization]);

/// Other rules by how many lines they explain, the most first: one cause of many is likelier than many of one.
fn ranked<'a>(
    cases: &[(usize, Case<'_>)],
    sides: &BackTestSides<'_>,
    others: &'a [(OtherRule, Vec<ReplayedOrganization>)],
) -> Vec<OtherReplay<'a>> {
    let mut ranked: Vec<(usize, OtherReplay<'a>)> = others
        .iter()
        .map(|(rule, past)| {
            let fits = cases.iter().filter(|(_, case)| case.fits(past)).count();
            (fits, (rule, past.as_slice()))
        })
        .filter(|(fits, _)| *fits > 0)
        .collect();
    debug_assert!(others.iter().all(|(_, past)| past.len() == sides.past.len()));
    ranked.sort_by_key(|(fits, _)| std::cmp::Reverse(*fits));
    ranked.into_iter().map(|(_, other)| other).collect()
}

/// A line that differs.
pub(super) struct Case<'a> {
    pub line: BackTestLine,
    pub organization: usize,
    pub month: &'a ReplayedMonth,
    pub billed: i128,
    pub replayed: i128,
    pub sides: &'a BackTestSides<'a>,
}

impl Case<'_> {
    pub(super) fn quantity(&self) -> BilledQuantity {
        self.line.quantity
    }

    pub(super) fn difference(&self) -> i128 {
        self.billed - self.replayed
    }

    fn is_billed(&self, amount: i128) -> bool {
        self.sides.same(self.quantity(), self.billed, amount)
    }

    fn number(&self, amount: i128) -> String {
        number(self.quantity(), amount)
    }

    fn rounding(&self) -> Option<Explanation> {
        let step = self.sides.step(self.quantity());
        let (size, sign) = (self.difference().abs(), self.difference().signum());
        let towards = if sign > 0 { "up" } else { "down" };
        (step > 1 && size < step).then(|| {
            let cause = format!("rounded {towards} to {}", self.number(step));
            Explanation::new(WhyKind::Rounding, cause.clone(), format!("the file's amount is {cause}"))
        })
    }

    fn closed_month(&self) -> Option<Explanation> {
        if self.quantity() != BilledQuantity::Invoiced || self.sides.setting.closed_month {
            return None;
        }
        let moved = self.sides.moved_by_close(self.organization, self.line.month, self.month);
        (moved != 0 && self.is_billed(self.replayed + moved)).then(|| {
            let cause = "closes are billed for the month that they close (`--closed-month`)";
            let text = format!(
                "what a close invoices at 00:00 on the 1st is billed for the month before: {}",
                self.number(moved)
            );
            Explanation::new(WhyKind::ClosedMonth, cause, text)
        })
    }

    fn late_usage(&self) -> Option<Explanation> {
        let fits = self.quantity() == BilledQuantity::Charged
            && self.month.by_arrival != self.month.charged
            && self.is_billed(self.month.by_arrival);
        fits.then(|| {
            let moved = self.month.by_arrival - self.month.charged;
            let what = match moved > 0 {
                true => "arrived in this month and was charged after it",
                false => "was charged in this month and had arrived before it",
            };
            let text = format!("{} {what}; the bill goes by arrival", self.number(moved.abs()));
            Explanation::new(WhyKind::LateUsage, "the bill goes by arrival, not by charge", text)
        })
    }

    fn attempts(&self) -> Option<Explanation> {
        let fits = self.quantity() == BilledQuantity::Refused && self.is_billed(self.month.attempts);
        fits.then(|| {
            let text = format!(
                "the file counts attempts, {} of {} operations",
                self.month.attempts, self.month.refused
            );
            Explanation::new(WhyKind::Attempts, "attempts are counted, not operations", text)
        })
    }

    /// True if a replay under another rule comes to the bill.
    fn fits(&self, other: &[ReplayedOrganization]) -> bool {
        let past = other.get(self.organization);
        let month = past.and_then(|past| past.months.get(&self.line.month));
        let amount = month.and_then(|month| {
            let sides = BackTestSides { past: other, ..*self.sides };
            sides.amount(self.organization, self.line.month, month, self.quantity())
        });
        amount.is_some_and(|amount| amount != self.replayed && self.is_billed(amount))
    }

    fn other_rule(&self, ranked: &[OtherReplay<'_>]) -> Option<Explanation> {
        let (rule, _) = ranked.iter().find(|(_, past)| self.fits(past))?;
        let kind = if rule.plan { WhyKind::OtherPlan } else { WhyKind::OtherRule };
        Some(Explanation::new(kind, format!("as if {}", rule.words), format!("comes out if {}", rule.words)))
    }

    /// A whole number of one package.
    fn packages(&self) -> Option<Explanation> {
        /// More of them is no slip.
        const MOST: i128 = 12;
        /// A package that is cheaper than so many steps of the file fits anything.
        const LEAST_STEPS: i128 = 100;
        let plans = self.sides.policy.plans.iter();
        let packages = plans.flat_map(|plan| &plan.packages);
        let size = |package: &crate::policy::Package| match self.quantity() {
            BilledQuantity::Invoiced => package.price.map(|price| i128::from(price.nanos())),
            BilledQuantity::ToppedUp => Some(i128::from(package.credits.micros())),
            _ => None,
        };
        let step = self.sides.step(self.quantity());
        for package in packages {
            let Some(size) = size(package).filter(|size| *size >= LEAST_STEPS * step) else { continue };
            let count = (2 * self.difference().abs() + size) / (2 * size);
            let exact = self.is_billed(self.replayed + self.difference().signum() * count * size);
            if (1..=MOST).contains(&count) && exact {
                let more = if self.difference() > 0 { "more" } else { "fewer" };
                let text = format!("{count} of package `{}` {more} than in the replay", package.name);
                return Some(Explanation::new(
                    WhyKind::Packages,
                    format!("packages `{}` {more}", package.name),
                    text,
                ));
            }
        }
        None
    }

    /// The charges of all failed operations, or of one.
    fn failed_operation(&self) -> Option<Explanation> {
        if self.quantity() != BilledQuantity::Charged || self.month.failed.is_empty() {
            return None;
        }
        let uncharged = |failed: &FailedOperation| failed.cost - failed.charged;
        let charged = |failed: &FailedOperation| -failed.charged;
        for (of, what) in [
            (&uncharged as &dyn Fn(&FailedOperation) -> i128, "is billed in full"),
            (&charged, "is not billed"),
        ] {
            let all: i128 = self.month.failed.iter().map(of).sum();
            let cause = format!("what failed {what}");
            if all != 0 && self.is_billed(self.replayed + all) {
                let text = format!(
                    "what failed ({} operations) {what}: {}",
                    self.month.failed.len(),
                    self.number(all)
                );
                return Some(Explanation::new(WhyKind::FailedOperation, cause, text));
            }
            let one = self
                .month
                .failed
                .iter()
                .find(|failed| of(failed) != 0 && self.is_billed(self.replayed + of(failed)));
            if let Some(failed) = one {
                let feature = self.sides.features.get(failed.feature.index()).map_or("?", String::as_str);
                let at = self.sides.time.zone.show(failed.at);
                let text = format!("equals {}: `{feature}`, failed at {at}, {what}", self.number(of(failed)));
                return Some(Explanation::new(WhyKind::FailedOperation, cause, text));
            }
        }
        None
    }

    /// Another plan's price, for the whole month or from a day on, if the next month has it whole.
    fn plan_price(&self) -> Option<Explanation> {
        if self.quantity() != BilledQuantity::Invoiced {
            return None;
        }
        let policy = self.sides.policy;
        let named = policy.named_plans().max(1);
        let price = |plan: usize| {
            policy.plans.get(plan)?.subscription.as_ref().map(|own| i128::from(own.price.nanos()))
        };
        let own = price(usize::from(self.month.plan) % named)?;
        let others =
            (0..named).filter_map(|plan| Some((plan, price(plan)? - own))).filter(|(_, more)| *more != 0);
        for (plan, more) in others {
            let name = &policy.plans[plan].plan;
            let cause = format!("the price of plan `{name}`");
            if self.is_billed(self.replayed + more) {
                let text = format!("the difference is that of the price of plan `{name}`: {}", money(more));
                return Some(Explanation::new(WhyKind::PlanPrice, cause, text));
            }
            let days = i128::from(self.line.month.days());
            let next = self.sides.bill_of(&self.line, self.line.month.next(), self.organization);
            let whole = next
                .is_some_and(|(billed, replayed)| self.sides.same(self.quantity(), billed, replayed + more));
            let left = (1..days).find(|left| self.is_billed(self.replayed + more * left / days));
            if let Some(left) = left.filter(|_| whole) {
                let day = days - left + 1;
                let text = format!(
                    "plan `{name}` from day {day} of the month on, its price in proportion: {}",
                    money(more * left / days)
                );
                return Some(Explanation::new(WhyKind::PlanPrice, cause, text));
            }
        }
        None
    }

    /// The bill is higher, and if credits are billed too, so are they.
    pub(super) fn lacks_usage(&self) -> bool {
        let charged = BackTestLine { quantity: BilledQuantity::Charged, ..self.line.clone() };
        let credits = self.sides.bill_of(&charged, self.line.month, self.organization);
        self.difference() > 0 && credits.is_none_or(|(billed, replayed)| billed > replayed)
    }

    fn history_absent(&self) -> Option<Explanation> {
        let missing = self.month.demanded == 0 && self.difference() > 0;
        missing.then(|| {
            let text = "the history has no row of the organization in this month";
            Explanation::new(WhyKind::HistoryAbsent, "the history has no row in the month", text)
        })
    }

    fn part_of_month(&self) -> Option<Explanation> {
        let out = self.sides.time.left_out(self.line.month);
        (out > 0 && self.lacks_usage()).then(|| {
            let days = self.line.month.days();
            let text = format!("the replay has {} of the month's {days} days", i64::from(days) - out);
            Explanation::new(WhyKind::PartOfMonth, "the replay has part of the month", text)
        })
    }
}

impl BackTestSides<'_> {
    /// What a line's organization was billed for the same quantity in another month, and what the replay has.
    pub(super) fn bill_of(
        &self,
        line: &BackTestLine,
        month: YearMonth,
        organization: usize,
    ) -> Option<(i128, i128)> {
        let bill = self.invoices.bills.get(&(line.organization.clone(), month))?;
        let own = self.past[organization].months.get(&month)?;
        Some((*bill.get(&line.quantity)?, self.amount(organization, month, own, line.quantity)?))
    }
}

/// Lines by cause: how many, and the size of their differences.
#[must_use]
pub fn causes(lines: &[BackTestLine], quantity: BilledQuantity) -> Vec<(Option<&Explanation>, u64, i128)> {
    let mut found: BTreeMap<Option<&str>, (Option<&Explanation>, u64, i128)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.quantity == quantity) {
        if let Some(difference) = line.difference().filter(|_| line.is_open()) {
            let why = line.why.as_ref();
            let sum = found.entry(why.map(|why| why.cause.as_str())).or_insert((why, 0, 0));
            sum.1 += 1;
            sum.2 += difference.abs();
        }
    }
    let mut causes: Vec<_> = found.into_values().collect();
    causes.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
    causes
}

/// Hours as a person says them.
pub(super) fn hours(count: u32) -> String {
    if count == 1 { "1 hour".to_owned() } else { format!("{count} hours") }
}
