//! The books: money as the facts and the lots add up, in all and by month and plan (docs/semantics.md §11, docs/output.md).
//!
//! Owns the sums. Leaves what is billed, invoiced and given back to `billing`, `money` and `refund`. Invariant: nothing that happens
//! depends on it.

use crate::calendar::CalendarUnit;
use crate::outcome::{MonthLine, MonthMoney};
use crate::units::{Credits, Money, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::billing::PaidFor;
use super::facts::{EntryKind, Fact};
use super::lots::JudgedLot;

/// Sums since the account opened, and what there is at an instant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MoneyStand {
    pub cash: Money,
    pub recognized: Money,
    pub breakage: Money,
    pub voided: Money,
    pub credit_notes: Money,
    pub written_off: Money,
    pub deferred: Money,
    pub receivable: Money,
    pub credit_owed: Money,
}

/// What is summed up as it happens.
#[derive(Debug, Default)]
pub(super) struct JudgedBooks {
    cash: Money,
    /// Earned outside lots, or of lots whose past is closed; less what was earned before the account opened.
    earned: Money,
    breakage: Money,
    /// Of lots whose past is closed.
    voided: Money,
    credit_notes: Money,
    written_off: Money,
    receivable: Money,
    /// Owed for what was paid before the account opened.
    brought_in: Money,
    measures: bool,
    /// As outcomes began to count.
    before: MoneyStand,
    /// Where the month that is open began, and whether the account came from another plan then.
    line: Option<(MoneyStand, bool)>,
    pub lines: Vec<MonthLine>,
}

impl JudgedBooks {
    /// What a fact moves.
    pub fn hear(&mut self, fact: &Fact) {
        let money = fact.money;
        match fact.kind {
            // A grant that has a price is paid as it begins.
            EntryKind::Subscription | EntryKind::PurchaseOrdered | EntryKind::Issue => self.cash += money,
            EntryKind::CreditOnBill => self.cash -= money,
            EntryKind::SubscriptionEarned => self.earned += money,
            EntryKind::DebtInvoiced | EntryKind::Fee => {
                self.earned += money;
                self.receivable += money;
            }
            EntryKind::CreditOnInvoice => self.receivable -= money,
            EntryKind::InvoicePaid => {
                self.cash += money;
                self.receivable -= money;
            }
            EntryKind::WrittenOff => {
                self.written_off += money;
                self.receivable -= money;
            }
            EntryKind::CreditNote => {
                self.earned -= money;
                self.credit_notes += money;
            }
            EntryKind::PaidBack => {
                self.cash -= money;
                self.voided -= money;
            }
            EntryKind::OpeningSubscription => self.brought_in += money,
            _ => {}
        }
    }

    /// Earned with time, or of a lot whose past is closed.
    pub fn earn(&mut self, money: Money) {
        self.earned += money;
    }

    /// Value of a lot whose past is closed that was voided.
    pub fn void(&mut self, money: Money) {
        self.voided += money;
    }

    /// Earned of credits that expired, or of prepaid allowances that never came.
    pub fn expire(&mut self, money: Money) {
        self.breakage += money;
    }

    /// A lot that is older than the account: what was earned of it is of no month.
    pub fn bring_in(&mut self, earned: Money, owed: Money) {
        self.earned -= earned;
        self.brought_in += owed;
    }

    /// Sums so far, from `before` on.
    fn since(&self, now: MoneyStand) -> MoneyStand {
        MoneyStand {
            cash: now.cash - self.before.cash,
            recognized: now.recognized - self.before.recognized,
            breakage: now.breakage - self.before.breakage,
            voided: now.voided - self.before.voided,
            credit_notes: now.credit_notes - self.before.credit_notes,
            written_off: now.written_off - self.before.written_off,
            ..now
        }
    }

    /// What there was as outcomes began to count, or came in with the account.
    pub fn opening(&self) -> MoneyStand {
        MoneyStand {
            deferred: self.before.deferred + self.brought_in,
            receivable: self.before.receivable,
            credit_owed: self.before.credit_owed,
            ..MoneyStand::default()
        }
    }
}

impl JudgedLot {
    /// What so many credits of it are worth (docs/semantics.md §4.4, §11.2).
    fn worth(&self, used: Credits) -> Money {
        if self.issued.is_zero() {
            return self.price;
        }
        self.price.scale_floor(used.micros(), self.issued.micros())
    }

    /// Earned so far.
    pub fn earned(&self, now: SimTime) -> Money {
        match self.over_time {
            Some(over_time) => over_time.earned(self.price, now),
            None => self.worth(self.burned + self.expired),
        }
    }

    /// Voided value so far.
    pub fn lost(&self, now: SimTime) -> Money {
        match self.over_time {
            Some(over_time) => over_time.lost(self.price),
            None => self.worth(self.burned + self.expired + self.voided) - self.earned(now),
        }
    }

    /// Paid for and neither earned nor voided.
    pub fn owed(&self, now: SimTime) -> Money {
        self.price - self.earned(now) - self.lost(now)
    }
}

impl Judged<'_> {
    /// Money at this instant, from the opening of the account on.
    pub fn money_stands(&self) -> MoneyStand {
        let of_lots = |what: fn(&JudgedLot, SimTime) -> Money| -> Money {
            self.lots.iter().map(|lot| what(lot, self.now)).sum()
        };
        let (mut running, mut owed) = (Money::ZERO, Money::ZERO);
        if let Some(billing) = self.till.billing {
            owed = billing.owed(self.now);
            if let PaidFor::Time(price) = billing.paid {
                running = price - owed;
            }
        }
        let under_way: Money =
            self.people.orders.iter().filter(|order| !order.landed).map(|order| order.price).sum();
        let books = &self.books;
        MoneyStand {
            cash: books.cash,
            recognized: books.earned + of_lots(JudgedLot::earned) + running,
            breakage: books.breakage,
            voided: books.voided + of_lots(JudgedLot::lost),
            credit_notes: books.credit_notes,
            written_off: books.written_off,
            deferred: of_lots(JudgedLot::owed) + owed + under_way,
            receivable: books.receivable,
            credit_owed: self.till.credit,
        }
    }

    /// The same since outcomes count.
    pub fn money_counted(&self) -> MoneyStand {
        self.books.since(self.money_stands())
    }

    /// Months are counted from here, and what there is is an opening term.
    pub fn books_begin(&mut self) {
        self.books.before = self.money_stands();
        self.books.brought_in = Money::ZERO;
        (self.books.measures, self.books.line) = (true, None);
        self.books.lines.clear();
    }

    /// The books count from the opening, or later.
    pub fn plan_months(&mut self) {
        self.books.measures = self.case.measure_from <= self.case.start;
        self.next_month(self.case.measure_from.max(self.opened_at));
    }

    fn next_month(&mut self, from: SimTime) {
        let at = self.case.zone.next_start(from, CalendarUnit::Month);
        self.to_come.add(at, (0, 0, 0), Coming::MonthEnds);
    }

    /// A calendar month ends.
    pub fn month_ends(&mut self) {
        self.close_month(self.now - SimSpan::from_micros(1), false);
        self.next_month(self.now);
    }

    /// What has happened since the last line is of the month of `within` and of the plan in force, which the account leaves if it
    /// `moves`: what it owes goes with it.
    pub fn close_month(&mut self, within: SimTime, moves: bool) {
        if !self.books.measures {
            return;
        }
        let new = self.money_counted();
        let (old, came) = self.books.line.replace((new, moves)).unwrap_or((self.books.opening(), false));
        let mut money = MonthMoney {
            cash: new.cash - old.cash,
            recognized: new.recognized - old.recognized,
            breakage: new.breakage - old.breakage,
            voided: new.voided - old.voided,
            credit_notes: new.credit_notes - old.credit_notes,
            credit_notes_used: new.credit_notes - old.credit_notes + old.credit_owed - new.credit_owed,
            written_off: new.written_off - old.written_off,
            ..MonthMoney::default()
        };
        if came {
            (money.moved_deferred, money.moved_receivable) = (old.deferred, old.receivable);
        } else {
            (money.opening_deferred, money.opening_receivable) = (old.deferred, old.receivable);
        }
        if moves {
            money.moved_deferred -= new.deferred;
            money.moved_receivable -= new.receivable;
        } else {
            (money.closing_deferred, money.closing_receivable) = (new.deferred, new.receivable);
        }
        if money == MonthMoney::default() {
            return;
        }
        let month = self.case.zone.start_of(within, CalendarUnit::Month);
        let line = MonthLine { month, plan: self.plan as u16, money };
        let same = |earlier: &&mut MonthLine| (earlier.month, earlier.plan) == (line.month, line.plan);
        match self.books.lines.iter_mut().find(same) {
            Some(earlier) => earlier.money.add(&line.money),
            None => self.books.lines.push(line),
        }
    }
}
