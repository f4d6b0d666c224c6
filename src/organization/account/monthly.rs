//! The money of the account by calendar month and plan.
//!
//! Owns the line that is open: what has happened since it began is the difference of sums that are kept anyway, so nothing is
//! counted twice. Leaves the sums to `money`, and when a month or a plan ends to the conductor. Invariant, checked at the
//! end: the lines add up to the account's money (law 6).

use crate::outcome::{MoneyTally, MonthLine, MonthMoney};
use crate::units::{Money, SimTime};

/// Sums and stocks at one instant, since outcomes count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MonthStand {
    pub(super) cash: Money,
    pub(super) recognized: Money,
    pub(super) breakage: Money,
    pub(super) voided: Money,
    pub(super) credit_notes: Money,
    pub(super) credit_owed: Money,
    pub(super) written_off: Money,
    pub(super) deferred: Money,
    pub(super) receivable: Money,
}

/// Where money is booked until the next line begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct MonthPlace {
    /// Start of the month.
    pub(super) month: SimTime,
    /// The plan as the policy names it.
    pub(super) plan: u16,
    /// The account leaves the plan at the end of the line, and what it owes goes with it.
    pub(super) moves: bool,
}

/// The lines of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct MonthlyLines {
    lines: Vec<MonthLine>,
    /// Where the open line began; nowhere before the first has ended.
    begun: Option<MonthStand>,
    /// The account came from another plan then.
    moved: bool,
}

impl MonthlyLines {
    /// Books what has happened since the last line; `opening` is what the first one began with.
    pub(super) fn close(&mut self, place: MonthPlace, opening: MonthStand, new: MonthStand) {
        let old = self.begun.replace(new).unwrap_or(opening);
        let (came, goes) = (std::mem::replace(&mut self.moved, place.moves), place.moves);
        let stays = |stays: bool, stock: Money| if stays { stock } else { Money::ZERO };
        let stock = |old: Money, new: Money| {
            (stays(!came, old), stays(came, old) - stays(goes, new), stays(!goes, new))
        };
        let (opening_deferred, moved_deferred, closing_deferred) = stock(old.deferred, new.deferred);
        let (opening_receivable, moved_receivable, closing_receivable) =
            stock(old.receivable, new.receivable);
        let credit_notes = new.credit_notes - old.credit_notes;
        let money = MonthMoney {
            opening_deferred,
            moved_deferred,
            cash: new.cash - old.cash,
            recognized: new.recognized - old.recognized,
            breakage: new.breakage - old.breakage,
            voided: new.voided - old.voided,
            credit_notes,
            credit_notes_used: credit_notes - (new.credit_owed - old.credit_owed),
            written_off: new.written_off - old.written_off,
            closing_deferred,
            opening_receivable,
            moved_receivable,
            closing_receivable,
        };
        if money == MonthMoney::default() {
            return;
        }
        match self.lines.iter_mut().rev().find(|line| line.month == place.month && line.plan == place.plan) {
            Some(line) => line.money.add(&money),
            None => self.lines.push(MonthLine { month: place.month, plan: place.plan, money }),
        }
    }

    /// The lines so far.
    pub(super) fn lines(&self) -> &[MonthLine] {
        &self.lines
    }

    /// Says which sum of a finished account does not add up; the last month is that of `last`.
    pub(super) fn broken_law(&self, whole: &MoneyTally, last: SimTime) -> Option<String> {
        let sum = |of: fn(&MonthMoney<Money>) -> Money| self.lines.iter().map(|line| of(&line.money)).sum();
        let at_end = |of: fn(&MonthMoney<Money>) -> Money| {
            let lines = self.lines.iter().filter(|line| line.month == last);
            lines.map(|line| of(&line.money)).sum()
        };
        let pairs: [(&str, Money, Money); 8] = [
            ("cash", sum(|line| line.cash), whole.cash()),
            ("recognized", sum(|line| line.recognized), whole.recognized),
            ("breakage", sum(|line| line.breakage), whole.breakage),
            ("voided", sum(|line| line.voided), whole.voided),
            ("credit notes", sum(|line| line.credit_notes), whole.credit_notes),
            ("written off", sum(|line| line.written_off), whole.written_off),
            ("deferred", at_end(|line| line.closing_deferred), whole.deferred_end),
            ("receivable", at_end(|line| line.closing_receivable), whole.receivable_end),
        ];
        let broken = pairs.into_iter().find(|(_, months, whole)| months != whole);
        broken.map(|(name, months, whole)| {
            format!("law 6 is broken: {name} of all months is {months}, in all {whole}")
        })
    }
}
