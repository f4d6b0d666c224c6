//! Money of one account that is not in its lots: cash, subscriptions, invoices, credit notes (docs/semantics.md §11).
//!
//! Owns the running billing period, invoices (`invoice_book`), prices earned over time (`timed_prices`), credit notes, purchases in transit, cash by month, and the counters of
//! money. Leaves when something is billed and why to the conductor, and what lots recognize and owe to the books, whose
//! totals it is told. A subscription's price is spread over the allowances of its billing period, else over its time.
//! What a plan that is left still owed is recognized at that instant: only purchased credits are paid back. A credit
//! note lowers the next bill or invoice. Invariant: law 6.

use crate::calendar::Period;
use crate::deliberate::Deliberate;
use crate::ledger::{Ledger, LotSerial};
use crate::outcome::{MoneyTally, Tally};
use crate::units::{Money, SimTime};

use super::books::Note;
use super::invoice_book::InvoiceBook;
use super::monthly::{MonthPlace, MonthStand, MonthlyLines};
use super::timed_prices::{TimedPrices, over_time};

/// Where cash came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CashKind {
    Subscription,
    Package,
    Overage,
}

/// Recognized, broken and voided before outcomes counted.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    recognized: Money,
    breakage: Money,
    voided: Money,
    breakage_else: Money,
}

/// Money of one account that is not in its lots.
#[derive(Debug, Clone)]
pub(super) struct MoneyBook {
    billing: Option<BillingPeriod>,
    /// Recognized outside lots: overage, fees, subscriptions over time, remainders of plans left.
    recognized_else: Money,
    /// Of it: prepaid allowances that never came.
    breakage_else: Money,
    /// Paid top-ups that have not landed.
    in_transit: Money,
    /// Prices of lots that are earned over time and not yet to the end.
    timed: TimedPrices,
    /// Voided of such prices.
    voided_else: Money,
    /// Paid back since outcomes count.
    paid_back: Money,
    invoices: InvoiceBook,
    /// Credit notes that no bill or invoice has used yet.
    credit_owed: Money,
    /// Cash by calendar month, in order.
    months: Vec<(SimTime, Money)>,
    /// Cash of the running cycle.
    row: Money,
    /// The closes that have forgiven debt by a grace, in order: how many a calendar period has depends on the terms of then.
    graces: Vec<SimTime>,
    before: Before,
    monthly: MonthlyLines,
    tally: MoneyTally,
}

/// The running billing period of a subscription.
#[derive(Debug, Clone, Copy)]
pub(super) struct BillingPeriod {
    pub(super) anchor: SimTime,
    pub(super) every: Period,
    /// The plan whose price it is.
    pub(super) plan: usize,
    /// Of each period from the next on.
    pub(super) price: Money,
    /// What is spread over the running period, if the price is spread over time.
    pub(super) spread: Money,
    pub(super) index: i64,
    pub(super) from: SimTime,
    pub(super) to: SimTime,
    /// Part of the price waiting for allowances still to come; none if the price is spread over time.
    pub(super) pool: Option<Money>,
}

impl BillingPeriod {
    fn earned(&self, at: SimTime) -> Money {
        over_time(self.spread, self.from, self.to, at)
    }
}

impl Default for MoneyBook {
    fn default() -> MoneyBook {
        MoneyBook {
            billing: None,
            recognized_else: Money::ZERO,
            breakage_else: Money::ZERO,
            in_transit: Money::ZERO,
            timed: TimedPrices::default(),
            voided_else: Money::ZERO,
            paid_back: Money::ZERO,
            invoices: InvoiceBook::default(),
            credit_owed: Money::ZERO,
            months: Vec::new(),
            row: Money::ZERO,
            graces: Vec::new(),
            before: Before::default(),
            monthly: MonthlyLines::default(),
            tally: MoneyTally { complete: true, ..MoneyTally::default() },
        }
    }
}

impl MoneyBook {
    /// The running billing period, if something is billed.
    pub(super) fn billing(&self) -> Option<&BillingPeriod> {
        self.billing.as_ref()
    }

    /// The price of a billing period and its length, if something is billed.
    pub(super) fn billed(&self) -> Option<(Money, Period)> {
        self.billing.map(|billing| (billing.price, billing.every))
    }

    /// What billing periods count from.
    pub(super) fn billing_anchor(&self) -> Option<SimTime> {
        self.billing.map(|billing| billing.anchor)
    }

    /// End of the running billing period.
    pub(super) fn billed_until(&self) -> Option<SimTime> {
        self.billing.map(|billing| billing.to)
    }

    /// From now on this is billed, or nothing.
    pub(super) fn bill_by(&mut self, billing: Option<BillingPeriod>) {
        self.billing = billing;
    }

    /// From the next period on the price of a plan is billed.
    pub(super) fn renew_by(&mut self, plan: usize, price: Money) {
        if let Some(billing) = &mut self.billing {
            (billing.plan, billing.price) = (plan, price);
        }
    }

    /// The running period was paid before the account's books begin; so much of it is still owed, for allowances to come
    /// if there are some.
    pub(super) fn carry_in(&mut self, owed: Money, for_allowances: bool) {
        self.tally.deferred_start += owed;
        let Some(billing) = &mut self.billing else { return };
        if for_allowances {
            billing.pool = Some(owed);
        } else {
            // What was earned before must not be earned again.
            self.recognized_else -= billing.price - owed;
        }
    }

    /// A lot that was issued before the account's books begin owes a part of its price; the other part was earned.
    pub(super) fn carry_in_lot(&mut self, price: Money, earned: Money) {
        self.tally.deferred_start += price - earned;
        self.before.recognized += earned;
    }

    /// The running period ends at `at`: what it still owed is earned. Returns what allowances that never came have left;
    /// none if no period ends here.
    pub(super) fn end_period(&mut self, at: SimTime) -> Option<Money> {
        let billing = self.billing.as_mut().filter(|billing| billing.to == at)?;
        if billing.pool.is_none() {
            self.recognized_else += billing.spread;
        }
        let rest = billing.pool.take().unwrap_or(Money::ZERO);
        self.recognized_else += rest;
        self.breakage_else += rest;
        Some(rest)
    }

    /// The next period begins where the last one ended; `end` tells where the n-th period from an anchor begins. Returns
    /// its price.
    pub(super) fn next_period(&mut self, end: impl Fn(SimTime, Period, i64) -> SimTime) -> Money {
        let Some(billing) = &mut self.billing else { return Money::ZERO };
        billing.index += 1;
        billing.from = billing.to;
        billing.to = end(billing.anchor, billing.every, billing.index + 1);
        billing.price
    }

    /// So much is spread over the running period; returns its end.
    pub(super) fn spread(&mut self, price: Money) -> Option<SimTime> {
        let billing = self.billing.as_mut()?;
        billing.spread = price;
        Some(billing.to)
    }

    /// Keeps so much for coming allowances.
    pub(super) fn keep_in_pool(&mut self, price: Money) {
        if let Some(billing) = &mut self.billing {
            billing.pool = Some(price);
        }
    }

    /// Spreads what has been taken elsewhere over the rest of the running period; returns its end, none if nothing is
    /// billed.
    pub(super) fn spread_rest(&mut self, at: SimTime, price: Money) -> Option<SimTime> {
        let billing = self.billing.as_mut()?;
        (billing.from, billing.spread, billing.pool) = (at, price, None);
        Some(billing.to)
    }

    /// Part of what is kept for coming allowances, for one that is issued now with so many later ones.
    pub(super) fn take_share(&mut self, later: i64) -> Money {
        let Some(pool) = self.billing.as_mut().and_then(|billing| billing.pool.as_mut()) else {
            return Money::ZERO;
        };
        let later = if Deliberate::SubscriptionsEarnedEarly.is_made() { 0 } else { later };
        let share = pool.scale_floor(1, later + 1);
        *pool -= share;
        share
    }

    /// What has been paid for coming allowances, taken off the books; none if the price is spread over time, or nothing is
    /// billed.
    pub(super) fn take_pool(&mut self) -> Option<Money> {
        self.billing.as_mut()?.pool.as_mut().map(std::mem::take)
    }

    /// What has been paid for time to come, taken off the books; none if nothing is billed.
    pub(super) fn take_unearned(&mut self, at: SimTime) -> Option<Money> {
        let billing = self.billing.as_mut()?;
        let owed = billing.spread - billing.earned(at);
        self.recognized_else += billing.spread - owed;
        (billing.spread, billing.pool) = (Money::ZERO, Some(Money::ZERO));
        Some(owed)
    }

    /// The subscription ends: what it still owed is recognized. Returns what was not earned before; none if nothing is
    /// billed.
    pub(super) fn end_subscription(&mut self, at: SimTime) -> Option<Money> {
        let billing = self.billing.take()?;
        let rest = billing.pool.unwrap_or(billing.spread);
        self.recognized_else += rest;
        if billing.pool.is_some() {
            self.breakage_else += rest;
        }
        Some(billing.pool.unwrap_or(billing.spread - billing.earned(at)))
    }

    /// What was paid for a lot is earned evenly from now until its end.
    pub(super) fn earn_over_time(
        &mut self,
        lot: (LotSerial, Note),
        price: Money,
        (from, to): (SimTime, SimTime),
    ) {
        self.timed.begin(lot, price, (from, to));
    }

    /// A lot is voided: returns what of its price was still to be earned over time, and what entries say of the lot.
    pub(super) fn void_over_time(&mut self, lot: LotSerial, at: SimTime) -> Option<(Money, Note)> {
        let (earned, rest, note) = self.timed.void(lot, at)?;
        self.recognized_else += earned;
        self.voided_else += rest;
        Some((rest, note))
    }

    /// What of a lot's price is still to be earned over time.
    pub(super) fn deferred_over_time(&self, lot: LotSerial, at: SimTime) -> Money {
        self.timed.deferred_of(lot, at)
    }

    /// What was paid for credits is paid back, in the month that begins at `month`.
    pub(super) fn pay_back(&mut self, amount: Money, month: SimTime) {
        self.receive(CashKind::Package, Money::ZERO - amount, month);
        self.paid_back += amount;
    }

    /// Earned outside lots.
    pub(super) fn earn(&mut self, price: Money) {
        self.recognized_else += price;
    }

    /// Cash comes in, in the month that begins at `month`.
    pub(super) fn receive(&mut self, kind: CashKind, amount: Money, month: SimTime) {
        let money = &mut self.tally;
        match kind {
            CashKind::Subscription => money.subscription_cash += amount,
            CashKind::Package => money.package_cash += amount,
            CashKind::Overage => money.overage_cash += amount,
        }
        self.row += amount;
        match self.months.last_mut() {
            Some((last, sum)) if *last == month => *sum += amount,
            _ => self.months.push((month, amount)),
        }
    }

    /// Takes the running cycle's cash for its row; the next one begins.
    pub(super) fn take_row(&mut self) -> Money {
        std::mem::replace(&mut self.row, Money::ZERO)
    }

    /// Cash so far.
    pub(super) fn cash(&self) -> Money {
        self.tally.cash()
    }

    /// Something was used that has a price, or has none.
    pub(super) fn count_priced(&mut self, priced: bool) {
        self.tally.complete &= priced;
    }

    /// Credits are paid for that have not landed.
    pub(super) fn order(&mut self, price: Money) {
        self.in_transit += price;
    }

    /// They land.
    pub(super) fn land(&mut self, price: Money) {
        self.in_transit -= price;
    }

    /// The customer is owed money, which lowers what is billed next.
    pub(super) fn grant_credit(&mut self, credit: Money) {
        self.recognized_else -= credit;
        self.credit_owed += credit;
        self.tally.credit_notes += credit;
    }

    /// Credit notes pay for a bill or an invoice as far as there are some; returns how far.
    pub(super) fn use_credit(&mut self, amount: Money) -> Money {
        let credit = self.credit_owed.min(amount);
        self.credit_owed -= credit;
        credit
    }

    /// How many closes have forgiven debt in the calendar period that begins then, or since; one at that instant belongs to the
    /// period before it.
    pub(super) fn graces_used(&self, period: SimTime) -> u32 {
        self.graces.iter().rev().take_while(|close| **close > period).count() as u32
    }

    /// A close forgives debt.
    pub(super) fn use_grace(&mut self, close: SimTime) {
        self.graces.push(close);
    }

    /// How many invoices there are.
    pub(super) fn invoices(&self) -> usize {
        self.invoices.len()
    }

    /// An invoice is sent, which will be paid or written off.
    pub(super) fn send_invoice(&mut self, amount: Money, pays: bool) {
        self.invoices.send(amount, pays);
    }

    /// An invoice is paid (true) or written off.
    pub(super) fn close_invoice(&mut self, index: u32) -> (Money, bool) {
        let (amount, pays) = self.invoices.end(index);
        if !pays {
            self.tally.written_off += amount;
        }
        (amount, pays)
    }

    /// An invoice is overdue; true if it is the first.
    pub(super) fn suspend(&mut self, index: u32) -> bool {
        self.invoices.suspend(index)
    }

    /// An invoice is overdue no longer; true if it was the last.
    pub(super) fn lift(&mut self, index: u32) -> bool {
        self.invoices.lift(index)
    }

    /// Some invoice is overdue: nothing paid starts.
    #[inline]
    pub(super) fn is_overdue(&self) -> bool {
        self.invoices.is_overdue()
    }

    /// Revenue recognized since the account's books began.
    pub(super) fn recognized(&self, lots: &Ledger, at: SimTime) -> Money {
        let spread = self.billing.filter(|billing| billing.pool.is_none());
        let running = spread.map_or(Money::ZERO, |billing| billing.earned(at));
        lots.recognized() + self.recognized_else + running + self.timed.earned(at)
    }

    /// Revenue recognized since outcomes count.
    pub(super) fn recognized_measured(&self, lots: &Ledger, at: SimTime) -> Money {
        self.recognized(lots, at) - self.before.recognized
    }

    /// What paid lots, billed periods and purchases under way still owe.
    pub(super) fn deferred(&self, lots: &Ledger, at: SimTime) -> Money {
        let running = self.billing.map_or(Money::ZERO, |billing| {
            billing.pool.unwrap_or_else(|| billing.spread - billing.earned(at))
        });
        lots.deferred() + running + self.timed.deferred(at) + self.in_transit
    }

    /// What the account has and owes from here on is what it begins with.
    pub(super) fn begin_measuring(&mut self, lots: &Ledger, at: SimTime) {
        self.tally = MoneyTally {
            deferred_start: self.deferred(lots, at),
            receivable_start: self.invoices.receivable(),
            credit_notes_owed_start: self.credit_owed,
            complete: self.tally.complete,
            ..MoneyTally::default()
        };
        self.before = Before {
            recognized: self.recognized(lots, at),
            breakage: lots.breakage(),
            voided: lots.voided_value() + self.voided_else,
            breakage_else: self.breakage_else,
        };
        self.paid_back = Money::ZERO;
        self.months.clear();
        self.monthly = MonthlyLines::default();
    }

    /// Books by month and plan what has happened since the last line.
    pub(super) fn close_month(&mut self, lots: &Ledger, at: SimTime, place: MonthPlace) {
        let m = &self.tally;
        let opening = MonthStand {
            deferred: m.deferred_start,
            receivable: m.receivable_start,
            credit_owed: m.credit_notes_owed_start,
            ..MonthStand::default()
        };
        let present = MonthStand {
            cash: self.cash(),
            recognized: self.recognized_measured(lots, at),
            breakage: self.breakage_measured(lots),
            voided: self.voided_measured(lots),
            credit_notes: m.credit_notes,
            credit_owed: self.credit_owed,
            written_off: m.written_off,
            deferred: self.deferred(lots, at),
            receivable: self.invoices.receivable(),
        };
        self.monthly.close(place, opening, present);
        // What has been earned to the end is remembered as a sum.
        self.recognized_else += self.timed.end(at);
    }

    /// Law 6 of the lines by month, the last of which is that of `last`, if it is broken.
    pub(super) fn broken_months(&self, last: SimTime) -> Option<String> {
        self.monthly.broken_law(&self.tally, last)
    }

    /// Voided value less what was paid back, since outcomes count.
    fn voided_measured(&self, lots: &Ledger) -> Money {
        lots.voided_value() + self.voided_else - self.before.voided - self.paid_back
    }

    fn breakage_measured(&self, lots: &Ledger) -> Money {
        lots.breakage() - self.before.breakage + self.breakage_else - self.before.breakage_else
    }

    /// Counts what is left at the end.
    pub(super) fn finish(&mut self, lots: &Ledger, end: SimTime) {
        self.tally.recognized = self.recognized_measured(lots, end);
        self.tally.breakage = self.breakage_measured(lots);
        self.tally.voided = self.voided_measured(lots);
        self.tally.deferred_end = self.deferred(lots, end);
        self.tally.receivable_end = self.invoices.receivable();
        self.tally.credit_notes_owed_end = self.credit_owed;
        self.tally.payable_beyond = self.invoices.payable();
    }

    /// The next close would have invoiced debt for so much; none if the debt has no price.
    pub(super) fn count_uninvoiced(&mut self, overage: Option<Money>) {
        match overage {
            Some(overage) => self.tally.uninvoiced_end = overage,
            None => self.tally.uninvoiced_unpriced = true,
        }
    }

    /// Of these months, in order: those compared with the trailing three, and those above twice their positive median;
    /// the fourth month is the first compared.
    pub(super) fn bill_shocks(&self, months: impl Iterator<Item = SimTime>) -> (u64, u64) {
        let mut paid = self.months.iter().peekable();
        let bill = |month: SimTime| {
            let mut bill = Money::ZERO;
            while let Some((_, amount)) = paid.next_if(|(at, _)| *at == month) {
                bill += *amount;
            }
            bill
        };
        let bills: Vec<Money> = months.map(bill).collect();
        let mut counted = (0, 0);
        for four in bills.windows(4) {
            let mut trailing = [four[0], four[1], four[2]];
            trailing.sort_unstable();
            if trailing[1] > Money::ZERO {
                counted.0 += 1;
                counted.1 += u64::from(four[3] > trailing[1] + trailing[1]);
            }
        }
        counted
    }

    /// Law 6, if it is broken.
    pub(super) fn broken_law(&self, lots: &Ledger, at: SimTime) -> Option<String> {
        let m = &self.tally;
        let recognized = self.recognized_measured(lots, at);
        let voided = self.voided_measured(lots);
        let deferred = self.deferred(lots, at) - m.deferred_start;
        let receivable = self.invoices.receivable() - m.receivable_start;
        let cash = self.cash();
        let credit = self.credit_owed - m.credit_notes_owed_start;
        let uses = recognized + deferred + voided + credit - receivable - m.written_off;
        (cash != uses).then(|| {
            format!(
                "law 6 is broken: cash {cash} is not recognized {recognized} + deferred {deferred} + voided \
                 {voided} + credit notes {credit} - receivable {receivable} - written off {}",
                m.written_off
            )
        })
    }

    /// Writes what was counted where it is reported.
    pub(super) fn report(&self, tally: &mut Tally) {
        tally.money = self.tally.clone();
        tally.months = self.monthly.lines().to_vec();
    }
}
