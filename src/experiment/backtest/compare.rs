//! Bills beside the replay, line by line: an organization, a month, a quantity.

use std::collections::BTreeMap;

use crate::calendar::YearMonth;
use crate::policy::Policy;
use crate::workload::{BilledColumn, BilledInvoices, BilledQuantity};

use super::past::{ReplayedMonth, ReplayedOrganization, ReplayedTime};
use super::rules::OtherRule;
use super::score::{QuantityScore, scores};
use super::why::{Explanation, explain};

/// How bills are compared.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BackTestSetting {
    /// Share of a bill that counts as within (0.01 is 1 %).
    pub within: f64,
    /// What a close invoices in the first instant of a month is billed for the month before.
    pub closed_month: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineStanding {
    /// Equal to the last digit of the file.
    Exact,
    /// Not equal, but within the share that was asked for.
    Within,
    /// Neither.
    Different,
    /// The replay has no such organization.
    UnknownOrganization,
    /// The replay has the organization, but not this month.
    OutsideReplay,
    /// The replay has no price for it.
    Unpriced,
    /// The file has no row, or an empty cell.
    NotBilled,
}

impl LineStanding {
    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LineStanding::Exact => "exact",
            LineStanding::Within => "within",
            LineStanding::Different => "different",
            LineStanding::UnknownOrganization => "unknown_organization",
            LineStanding::OutsideReplay => "outside_replay",
            LineStanding::Unpriced => "unpriced",
            LineStanding::NotBilled => "not_billed",
        }
    }
}

/// One quantity of one organization in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackTestLine {
    /// As the file names it; as the replay does, if the file has no row.
    pub organization: String,
    /// The month.
    pub month: YearMonth,
    /// What is compared.
    pub quantity: BilledQuantity,
    /// What the file says, in the quantity's integers.
    pub billed: Option<i128>,
    /// What the replay says.
    pub replayed: Option<i128>,
    /// What comes of it.
    pub standing: LineStanding,
    /// What explains a difference.
    pub why: Option<Explanation>,
}

impl BackTestLine {
    /// Billed less replayed, if there are both.
    #[must_use]
    pub fn difference(&self) -> Option<i128> {
        Some(self.billed? - self.replayed?)
    }
}

/// A whole comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTest {
    /// Every line, by organization, month and quantity.
    pub lines: Vec<BackTestLine>,
    /// Quantities that the file has, with their columns.
    pub columns: BTreeMap<BilledQuantity, BilledColumn>,
    /// What comes out of each, in the order of [`BilledQuantity::ALL`].
    pub scores: Vec<QuantityScore>,
    /// Organizations of the file that the replay does not know, with the name that may be meant.
    pub unknown: Vec<(String, Option<String>)>,
    /// Organizations of the replay that the file does not name.
    pub unbilled: Vec<String>,
    /// Organizations that only differ in case or by their cohort's name from what the file calls them.
    pub renamed: u64,
    /// How it was compared.
    pub setting: BackTestSetting,
}

/// Two sides and what may explain their differences.
#[derive(Debug, Clone, Copy)]
pub struct BackTestSides<'a> {
    /// What was billed.
    pub invoices: &'a BilledInvoices,
    /// What the replay has.
    pub past: &'a [ReplayedOrganization],
    /// Over which time.
    pub time: &'a ReplayedTime,
    /// The policy in force.
    pub policy: &'a Policy,
    /// Names of features, in file order.
    pub features: &'a [String],
    /// How both are compared.
    pub setting: BackTestSetting,
}

impl BackTest {
    /// Compares; nothing is explained yet.
    #[must_use]
    pub fn new(sides: &BackTestSides<'_>) -> Self {
        let names = OrganizationNames::of(sides.past);
        let mut lines = Vec::new();
        let mut renamed = std::collections::BTreeSet::new();
        let mut unknown: BTreeMap<&str, Option<String>> = BTreeMap::new();
        let mut billed: BTreeMap<usize, std::collections::BTreeSet<YearMonth>> = BTreeMap::new();
        for ((organization, month), bill) in &sides.invoices.bills {
            let found = names.find(organization);
            if let Some((index, exact)) = found {
                billed.entry(index).or_default().insert(*month);
                renamed.extend((!exact).then_some(organization));
            } else if !unknown.contains_key(organization.as_str()) {
                unknown.insert(organization, names.close(organization));
            }
            let past = found.map(|(index, _)| sides.past[index].months.get(month));
            for quantity in sides.invoices.columns.keys().copied() {
                let billed = bill.get(&quantity).copied();
                let replayed = past
                    .flatten()
                    .and_then(|own| sides.amount(found.map_or(0, |(index, _)| index), *month, own, quantity));
                let standing = match (billed, past) {
                    (None, Some(Some(_))) if replayed.unwrap_or(0) == 0 => continue,
                    (None, None | Some(None)) => continue,
                    (None, _) => LineStanding::NotBilled,
                    (Some(_), None) => LineStanding::UnknownOrganization,
                    (Some(_), Some(None)) => LineStanding::OutsideReplay,
                    (Some(billed), Some(Some(_))) => sides.standing(quantity, billed, replayed),
                };
                let organization = organization.clone();
                lines.push(BackTestLine {
                    organization,
                    month: *month,
                    quantity,
                    billed,
                    replayed,
                    standing,
                    why: None,
                });
            }
        }
        let mut unbilled = Vec::new();
        for (index, own) in sides.past.iter().enumerate() {
            let rows = billed.get(&index);
            unbilled.extend(rows.is_none().then(|| own.label.clone()));
            for (month, amounts) in
                own.months.iter().filter(|(month, _)| !rows.is_some_and(|rows| rows.contains(month)))
            {
                for quantity in sides.invoices.columns.keys().copied() {
                    let replayed =
                        sides.amount(index, *month, amounts, quantity).filter(|amount| *amount != 0);
                    lines.extend(replayed.map(|replayed| BackTestLine {
                        organization: own.label.clone(),
                        month: *month,
                        quantity,
                        billed: None,
                        replayed: Some(replayed),
                        standing: LineStanding::NotBilled,
                        why: None,
                    }));
                }
            }
        }
        lines.sort_by(|a, b| {
            (&a.organization, a.month, a.quantity).cmp(&(&b.organization, b.month, b.quantity))
        });
        BackTest {
            scores: scores(&lines, &sides.invoices.columns),
            lines,
            columns: sides.invoices.columns.clone(),
            unknown: unknown.into_iter().map(|(name, close)| (name.to_owned(), close)).collect(),
            unbilled,
            renamed: renamed.len() as u64,
            setting: sides.setting,
        }
    }

    /// True if a line differs that something may explain.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.lines.iter().any(BackTestLine::is_open)
    }

    /// Explains what can be explained, the replays under other rules among that.
    pub fn explain(&mut self, sides: &BackTestSides<'_>, others: &[(OtherRule, Vec<ReplayedOrganization>)]) {
        explain(&mut self.lines, sides, others);
    }

    /// The quantity that the bill is about: money if it is compared, else the first that is.
    #[must_use]
    pub fn bill(&self) -> Option<BilledQuantity> {
        self.scores.iter().find(|score| score.compared_rows > 0).map(|score| score.quantity)
    }

    /// What comes out of a quantity.
    #[must_use]
    pub fn score(&self, quantity: BilledQuantity) -> Option<&QuantityScore> {
        self.scores.iter().find(|score| score.quantity == quantity)
    }
}

impl BackTestLine {
    /// Both sides know it and they differ.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.standing, LineStanding::Different | LineStanding::Within)
    }
}

impl BackTestSides<'_> {
    /// What the replay has of a quantity, in the month in which the file would have it.
    pub(super) fn amount(
        &self,
        organization: usize,
        month: YearMonth,
        own: &ReplayedMonth,
        quantity: BilledQuantity,
    ) -> Option<i128> {
        let amount = own.amount(quantity)?;
        if quantity != BilledQuantity::Invoiced || !self.setting.closed_month {
            return Some(amount);
        }
        Some(amount + self.moved_by_close(organization, month, own))
    }

    /// What a close invoices for a month in the first instant of the next one, less what it did for the month before.
    pub(super) fn moved_by_close(&self, organization: usize, month: YearMonth, own: &ReplayedMonth) -> i128 {
        let before = self.past[organization].months.get(&month.previous());
        own.at_close - before.map_or(0, |before| before.at_close)
    }

    /// One unit of the last digit that the file has of a quantity.
    pub(super) fn step(&self, quantity: BilledQuantity) -> i128 {
        self.invoices.columns.get(&quantity).map_or(1, |column| column.step(quantity))
    }

    /// True if two amounts are one to the last digit that the file has.
    pub(super) fn same(&self, quantity: BilledQuantity, billed: i128, replayed: i128) -> bool {
        2 * (billed - replayed).abs() <= self.step(quantity)
    }

    fn standing(&self, quantity: BilledQuantity, billed: i128, replayed: Option<i128>) -> LineStanding {
        let Some(replayed) = replayed else { return LineStanding::Unpriced };
        let off = (billed - replayed).abs() as f64;
        match () {
            () if self.same(quantity, billed, replayed) => LineStanding::Exact,
            () if off <= self.setting.within * billed.abs() as f64 => LineStanding::Within,
            () => LineStanding::Different,
        }
    }
}

/// Names of the replayed organizations.
pub(super) struct OrganizationNames<'p> {
    past: &'p [ReplayedOrganization],
    by_name: BTreeMap<&'p str, Option<usize>>,
    loosely: BTreeMap<String, Option<usize>>,
}

impl<'p> OrganizationNames<'p> {
    pub(super) fn of(past: &'p [ReplayedOrganization]) -> Self {
        let (mut by_name, mut loosely) = (BTreeMap::new(), BTreeMap::new());
        for (index, own) in past.iter().enumerate() {
            // What two have in common means neither.
            let mut add = |name: &'p str| {
                by_name
                    .entry(name)
                    .and_modify(|known: &mut Option<usize>| *known = known.filter(|known| *known == index))
                    .or_insert(Some(index));
                let loose = name.trim().to_lowercase();
                loosely
                    .entry(loose)
                    .and_modify(|known: &mut Option<usize>| *known = known.filter(|known| *known == index))
                    .or_insert(Some(index));
            };
            add(&own.name);
            add(&own.label);
        }
        OrganizationNames { past, by_name, loosely }
    }

    /// The organization that a name means, and whether it is written like that.
    pub(super) fn find(&self, name: &str) -> Option<(usize, bool)> {
        let exact = self.by_name.get(name).copied().flatten();
        let loose = || self.loosely.get(&name.trim().to_lowercase()).copied().flatten();
        exact.map(|index| (index, true)).or_else(|| loose().map(|index| (index, false)))
    }

    /// A name that is like another, among not too many.
    fn close(&self, name: &str) -> Option<String> {
        /// Beyond this many nobody waits for a look at all of them.
        const MOST: usize = 20_000;
        let labels = self.past.iter().take(MOST).map(|own| own.label.as_str());
        crate::scenario::did_you_mean(name, labels).map(str::to_owned)
    }
}
