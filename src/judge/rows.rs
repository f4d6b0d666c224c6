//! One row a billing cycle: what its facts add up to (docs/output.md, `cycles.csv`).
//!
//! Owns the sums. Leaves when cycles close to `cycle`. Invariant: nothing that happens depends on it.

use crate::outcome::CycleRow;
use crate::units::{Category, Credits, SimTime};

use super::account::Judged;
use super::facts::{EntryKind, Fact};

/// The rows so far, and the one that is open.
#[derive(Debug, Default)]
pub(super) struct CycleRows {
    pub rows: Vec<CycleRow>,
    open: CycleRow,
}

impl CycleRows {
    /// What a fact adds.
    pub fn hear(&mut self, fact: &Fact) {
        let (row, credits) = (&mut self.open, fact.credits);
        match fact.kind {
            EntryKind::OpeningGrant
            | EntryKind::Issue
            | EntryKind::IssueAllowance
            | EntryKind::IssueRolloverMinimum
            | EntryKind::Land => row.issued += credits,
            EntryKind::Charge => row.charged += credits,
            EntryKind::Refund => row.charged -= credits,
            EntryKind::Burn => row.burned += credits,
            EntryKind::RefundBurn => row.burned -= credits,
            EntryKind::Repay => row.repaid += credits,
            EntryKind::RefundRepaid => row.repaid -= credits,
            EntryKind::Expire => row.expired += credits,
            EntryKind::Unexpire => row.expired -= credits,
            EntryKind::Demanded => row.demanded += 1,
            _ => {}
        }
        match fact.kind {
            EntryKind::Subscription
            | EntryKind::PurchaseOrdered
            | EntryKind::Issue
            | EntryKind::InvoicePaid => row.money += fact.money,
            EntryKind::CreditOnBill | EntryKind::PaidBack => row.money -= fact.money,
            _ => {}
        }
    }

    /// The first cycle begins.
    pub fn begin(&mut self, at: SimTime) {
        self.open.from = at;
    }

    /// An operation was refused at its first attempt.
    pub fn refused(&mut self) {
        self.open.refused += 1;
    }
}

impl Judged<'_> {
    /// A cycle has closed, or the horizon ends; rows are of cycles that end while outcomes count.
    pub fn end_row(&mut self) {
        let included = |lot: &&super::lots::JudgedLot| lot.category == Category::Included;
        let carried: Credits = self.lots.iter().filter(included).map(|lot| lot.remaining).sum();
        let cycle = self.rows.open.cycle + 1;
        let next = CycleRow { cycle, from: self.now, ..CycleRow::default() };
        let row = std::mem::replace(&mut self.rows.open, next);
        if self.now >= self.case.measure_from {
            self.rows.rows.push(CycleRow { to: self.now, carried, debt: self.debt(), ..row });
        }
    }
}
