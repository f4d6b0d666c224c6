//! The auditor: recomputes an account from its journal and compares every law with what the account counted.
//!
//! Owns a second bookkeeping that shares no code with the ledger: lots, debt, holds, operations, clocks and money as the entries
//! alone tell them. Leaves when an account is audited to `organization`, and what the entries mean to `journal`.
//! Invariants: reads only the journal, the tally and a few facts about the terms; changes nothing.

mod clocks;
mod debtors;
mod limits;
mod lots;
mod money;
mod operations;

use std::fmt;

use crate::units::{Category, Credits, NO_MEMBER, SimTime};

use super::journal::{Entry, EntryKind};
use super::tally::Tally;
use clocks::Clocks;
use debtors::Debtors;
use limits::AuditedMeters;
pub use limits::{AuditedAmount, AuditedLimit, AuditedUnit, AuditedWindow};
use lots::Lots;
use money::Books;
use operations::Operations;

/// What the auditor must know besides the journal.
#[derive(Debug, Clone)]
pub struct AuditRules {
    /// End of the horizon.
    pub end: SimTime,
    /// The organization leaves then: clocks stop.
    pub leaves: SimTime,
    /// Number of features.
    pub features: usize,
    /// The overdraft's limit; none is unlimited.
    pub limit: Option<Credits>,
    /// Whether debt lowers the views; none if that depends on the plan.
    pub debt_counts: Option<bool>,
    /// Law 5 applies: every paid feature is admitted by a hold against the available balance, without lag.
    pub holds_guard: bool,
    /// Scopes of credits by number, from 1.
    pub scopes: Vec<AuditedScope>,
    /// The limits that the organization has switched on, in file order; none if terms may change.
    pub limits: Vec<AuditedLimit>,
}

/// Whose operations may burn credits of a scope, and repay whose debt.
#[derive(Debug, Clone)]
pub struct AuditedScope {
    /// Whether those of each feature may.
    pub features: Vec<bool>,
    /// Whether those of each member may; anybody's if absent.
    pub members: Option<Vec<bool>>,
    /// Who has lots of their own.
    pub owner: AuditedOwner,
    /// Its lots may repay debt of their owner.
    pub repays: bool,
}

/// Who has lots of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditedOwner {
    /// Nobody: they are for all who are inside.
    Organization,
    /// Groups; of each member its group, if it has one.
    Group(Vec<Option<u16>>),
    /// Members.
    Member,
    /// Projects.
    Project,
}

impl AuditedScope {
    /// True if the operation of an entry may burn the lots of an owner, or if the entry repays debt that they may repay.
    fn holds(&self, entry: &Entry, owner: u16) -> bool {
        if entry.kind == EntryKind::Repay {
            return self.repays;
        }
        let feature = entry.serves.and_then(|serves| self.features.get(serves.index()));
        let member = self.members.as_ref().map(|members| members.get(usize::from(entry.member)));
        let of_owner = match &self.owner {
            AuditedOwner::Organization => true,
            AuditedOwner::Group(groups) => groups.get(usize::from(entry.member)) == Some(&Some(owner)),
            AuditedOwner::Member => entry.member == owner && owner != NO_MEMBER,
            AuditedOwner::Project => entry.project == owner,
        };
        feature == Some(&true) && member.is_none_or(|member| member == Some(&true)) && of_owner
    }
}

/// A law that the journal does not bear out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Number of the law.
    pub law: u8,
    /// The instant at which it shows.
    pub at: SimTime,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law {} is broken in the journal: {}", self.law, self.what)
    }
}

type AuditResult = Result<(), Violation>;

/// Recomputes an account from its whole journal and checks laws 1 to 6 and 9 to 11.
///
/// # Errors
/// The first law that does not hold.
pub fn audit(rules: &AuditRules, journal: &[Entry], tally: &Tally) -> AuditResult {
    let mut auditor = Auditor::new(rules.clone());
    journal.iter().for_each(|entry| auditor.hear(entry));
    auditor.finish(tally)
}

/// The second bookkeeping; it hears the entries as they are written, so that nobody has to keep them.
#[derive(Debug, Clone)]
pub struct Auditor {
    rules: AuditRules,
    lots: Lots,
    operations: Operations,
    books: Books,
    clocks: Clocks,
    meters: AuditedMeters,
    debt: Credits,
    debtors: Debtors,
    debt_counts: DebtTotals,
    /// Given back and issued anew, since outcomes count.
    refunded: Credits,
    /// Part of the last charge not yet covered by burns and debt, and whose it is.
    uncovered: Option<(Entry, Credits)>,
    plan_changed: bool,
    now: SimTime,
    last: Option<Entry>,
    violation: Option<Violation>,
}

/// Debt since outcomes count.
#[derive(Debug, Clone, Default)]
struct DebtTotals {
    start: Credits,
    incurred: Credits,
    forgiven: Credits,
    invoiced: Credits,
    overspend: Credits,
}

/// Part of what a refund consists of.
fn refunds(kind: EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::RefundBurn
            | EntryKind::RefundDebt
            | EntryKind::RefundRepaid
            | EntryKind::RefundInvoiced
            | EntryKind::RefundForgiven
            | EntryKind::RefundIssued
    )
}

impl Auditor {
    /// Before the first entry.
    #[must_use]
    pub fn new(rules: AuditRules) -> Self {
        Auditor {
            lots: Lots::default(),
            operations: Operations::new(rules.features),
            books: Books::default(),
            clocks: Clocks::new(rules.features, rules.leaves),
            meters: AuditedMeters::new(rules.limits.clone()),
            rules,
            debt: Credits::ZERO,
            debtors: Debtors::default(),
            debt_counts: DebtTotals::default(),
            refunded: Credits::ZERO,
            uncovered: None,
            plan_changed: false,
            now: SimTime::MIN,
            last: None,
            violation: None,
        }
    }

    /// Takes the next entry into the books; after a violation nothing is taken any more.
    pub fn hear(&mut self, entry: &Entry) {
        if self.violation.is_some() {
            return;
        }
        let over = self.last.filter(|last| last.at < entry.at);
        let balanced = over.map_or(Ok(()), |last| self.compare_balances(&last));
        self.violation = balanced.and_then(|()| self.take(entry)).err();
        self.last = Some(*entry);
    }

    /// Compares the totals of what was heard with what the account counted.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub fn finish(mut self, tally: &Tally) -> AuditResult {
        if let Some(violation) = self.violation {
            return Err(violation);
        }
        if let Some(last) = self.last.take() {
            self.compare_balances(&last)?;
        }
        self.compare_totals(tally)
    }

    fn broken(&self, law: u8, what: String) -> AuditResult {
        Err(Violation { law, at: self.now, what })
    }

    /// Takes one entry into the books.
    fn take(&mut self, entry: &Entry) -> AuditResult {
        if entry.at < self.now {
            return self.broken(7, format!("an entry of {} comes after one of {}", entry.at, self.now));
        }
        self.now = entry.at;
        self.cover(entry)?;
        self.lots.take(entry)?;
        self.operations.take(entry)?;
        self.books.take(entry, &self.lots)?;
        self.take_debt(entry)?;
        self.clocks.take(entry, self.debt);
        self.meters.take(entry)?;
        match entry.kind {
            EntryKind::Burn => {
                let held = self.operations.had_hold(entry);
                self.lots.check_usable(entry, held)?;
                self.lots.check_scope(entry, &self.rules.scopes)?;
            }
            EntryKind::Repay => {
                self.lots.check_usable(entry, false)?;
                self.lots.check_scope(entry, &self.rules.scopes)?;
            }
            EntryKind::PlanChanged | EntryKind::RulesChanged => self.plan_changed = true,
            EntryKind::Measure => self.begin_measuring(),
            _ => {}
        }
        Ok(())
    }

    /// Law 2: a charge is the sum of the burns and the debt that follow it.
    fn cover(&mut self, entry: &Entry) -> AuditResult {
        let covers = matches!(entry.kind, EntryKind::Burn | EntryKind::DebtIncurred) || refunds(entry.kind);
        match (&mut self.uncovered, covers) {
            (Some((charge, left)), true) => {
                let same = (charge.feature, charge.operation, charge.segment)
                    == (entry.feature, entry.operation, entry.segment)
                    && (charge.kind == EntryKind::Refund) == refunds(entry.kind);
                *left -= entry.credits;
                if !same || *left < Credits::ZERO {
                    return self.broken(2, format!("{} credits taken for no charge", entry.credits));
                }
            }
            (None, true) => {
                return self.broken(2, format!("{} credits taken without a charge", entry.credits));
            }
            (Some((charge, left)), false) if !left.is_zero() => {
                let (charged, left) = (charge.credits, *left);
                return self.broken(2, format!("{left} of a charge of {charged} came from nowhere"));
            }
            (_, false) => {
                let charges = matches!(entry.kind, EntryKind::Charge | EntryKind::Refund);
                self.uncovered = charges.then_some((*entry, entry.credits));
            }
        }
        Ok(())
    }

    fn take_debt(&mut self, entry: &Entry) -> AuditResult {
        let others = self.debtors.take(entry, &self.rules.scopes);
        let totals = &mut self.debt_counts;
        match entry.kind {
            EntryKind::OpeningDebt => {
                self.debt += entry.credits;
                totals.start += entry.credits;
            }
            EntryKind::DebtIncurred => {
                let beyond = |debt: Credits| {
                    self.rules.limit.map_or(Credits::ZERO, |limit| (debt - others - limit).positive_part())
                };
                totals.overspend += beyond(self.debt + entry.credits) - beyond(self.debt);
                totals.incurred += entry.credits;
                self.debt += entry.credits;
            }
            EntryKind::Repay => self.debt -= entry.credits,
            EntryKind::RefundDebt => {
                totals.incurred -= entry.credits;
                self.debt -= entry.credits;
            }
            EntryKind::RefundRepaid => totals.incurred -= entry.credits,
            EntryKind::RefundInvoiced => {
                totals.incurred -= entry.credits;
                totals.invoiced -= entry.credits;
            }
            EntryKind::RefundForgiven => {
                totals.incurred -= entry.credits;
                totals.forgiven -= entry.credits;
            }
            EntryKind::RefundIssued => self.refunded += entry.credits,
            EntryKind::DebtForgiven => {
                totals.forgiven += entry.credits;
                self.debt -= entry.credits;
            }
            EntryKind::DebtInvoiced => {
                totals.invoiced += entry.credits;
                self.debt -= entry.credits;
            }
            _ => {}
        }
        if self.debt < Credits::ZERO {
            return self.broken(2, format!("more debt was paid than there was: {}", self.debt));
        }
        Ok(())
    }

    fn begin_measuring(&mut self) {
        self.lots.begin_measuring();
        self.operations.begin_measuring();
        self.books.begin_measuring(self.now, &self.lots);
        self.clocks.begin_measuring(self.now);
        self.debt_counts = DebtTotals { start: self.debt, ..DebtTotals::default() };
        self.refunded = Credits::ZERO;
    }

    /// After the last entry of an instant the balances written down are those recomputed.
    fn compare_balances(&self, entry: &Entry) -> AuditResult {
        if entry.debt_after != self.debt {
            let (written, found) = (entry.debt_after, self.debt);
            return self.broken(2, format!("debt is {found} and was written down as {written}"));
        }
        let remaining = self.lots.remaining();
        let with_debt = entry.settled_after == remaining - self.debt;
        let without = entry.settled_after == remaining;
        let agrees = match self.rules.debt_counts {
            Some(true) => with_debt,
            Some(false) => without,
            None => with_debt || without,
        };
        if !agrees {
            let (written, debt) = (entry.settled_after, self.debt);
            return self.broken(
                1,
                format!("{remaining} credits and {debt} debt were written down as a balance of {written}"),
            );
        }
        let held = self.operations.held();
        if entry.available_after != entry.settled_after - held {
            let written = entry.settled_after - entry.available_after;
            return self.broken(4, format!("{held} credits are held and {written} were written down"));
        }
        Ok(())
    }

    /// The totals of the journal are those of the account's own counters.
    fn compare_totals(mut self, tally: &Tally) -> AuditResult {
        self.now = self.rules.end;
        if let Some((charge, left)) = self.uncovered
            && !left.is_zero()
        {
            return self.broken(2, format!("{left} of a charge of {} came from nowhere", charge.credits));
        }
        self.compare_credits(tally)?;
        self.compare_debt(tally)?;
        self.operations.compare(self.now, tally)?;
        self.clocks.compare(self.now, tally)?;
        self.books.compare(self.now, &self.lots, tally)
    }

    fn compare_credits(&self, tally: &Tally) -> AuditResult {
        let (found, counted) = (&self.lots.totals, &tally.credits);
        let pairs = [
            ("remaining at the start", found.opening, counted.remaining_start),
            ("issued", found.issued, counted.issued),
            ("burned", found.burned, counted.burned),
            ("repaid", found.repaid, counted.repaid),
            ("expired", found.expired, counted.expired),
            ("voided", found.voided, counted.voided),
            ("remaining", self.lots.remaining_by_category(), counted.remaining_end),
        ];
        for (what, found, counted) in pairs {
            for category in Category::ALL {
                let (found, counted) = (found[category.index()], counted[category.index()]);
                if found != counted {
                    let name = category.name();
                    return self.broken(
                        1,
                        format!("{found} {name} credits {what}, of which {counted} were counted"),
                    );
                }
            }
        }
        for category in Category::ALL {
            let of = |values: [Credits; 3]| values[category.index()];
            let come = of(found.opening) + of(found.issued);
            let gone = of(found.burned) + of(found.repaid) + of(found.expired) + of(found.voided);
            let left = of(self.lots.remaining_by_category());
            if come != gone + left {
                return self.broken(1, format!("{come} came, {gone} went and {left} remain"));
            }
        }
        Ok(())
    }

    fn compare_debt(&self, tally: &Tally) -> AuditResult {
        let (found, counted) = (&self.debt_counts, &tally.debt);
        let mut pairs = vec![
            ("at the start", found.start, counted.start),
            ("incurred", found.incurred, counted.incurred),
            ("forgiven", found.forgiven, counted.forgiven),
            ("invoiced", found.invoiced, counted.invoiced),
            ("at the end", self.debt, counted.end),
        ];
        if self.refunded != tally.credits.refunded {
            let (found, counted) = (self.refunded, tally.credits.refunded);
            return self
                .broken(2, format!("{found} refunded and issued anew, of which {counted} were counted"));
        }
        // The account may have opened on another plan than its first.
        if !self.plan_changed && self.rules.debt_counts.is_some() {
            pairs.push(("beyond the limit", found.overspend, counted.overspend));
        }
        for (what, found, counted) in pairs {
            if found != counted {
                return self.broken(2, format!("debt {what} is {found} and was counted as {counted}"));
            }
        }
        if self.rules.holds_guard && self.operations.holds_kept() && found.overspend.is_positive() {
            let overspend = found.overspend;
            return self.broken(5, format!("overspend of {overspend} although every hold was kept"));
        }
        Ok(())
    }
}
