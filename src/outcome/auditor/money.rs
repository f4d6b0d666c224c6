//! Money as the journal tells it (law 6), in nano-units.

use std::collections::BTreeMap;

use crate::outcome::journal::{Entry, EntryKind};
use crate::outcome::tally::Tally;
use crate::units::{Money, SimTime};

use super::lots::Lots;
use super::{AuditResult, Violation};

/// A price that is earned over time.
#[derive(Debug, Clone, Copy)]
struct SpreadPrice {
    price: i128,
    from: SimTime,
    to: SimTime,
    /// False for a period that began before the books: how much is earned is known at its end only.
    exact: bool,
}

impl SpreadPrice {
    fn earned(&self, at: SimTime) -> i128 {
        let whole = i128::from((self.to - self.from).micros().max(1));
        let gone = i128::from((at - self.from).micros()).clamp(0, whole);
        (self.price * gone).div_euclid(whole)
    }
}

/// Cash and revenue outside the lots.
#[derive(Debug, Clone, Default)]
pub(super) struct Books {
    subscriptions: i128,
    packages: i128,
    overage: i128,
    written_off: i128,
    receivable: i128,
    in_transit: i128,
    credit_owed: i128,
    credit_notes: i128,
    credit_owed_start: i128,
    /// Paid subscriptions waiting for their allowances.
    pool: i128,
    spread: Option<SpreadPrice>,
    /// Prices of lots that are earned over time, by lot, and what of such prices was voided.
    timed: BTreeMap<u32, SpreadPrice>,
    voided_timed: i128,
    /// Paid back, since outcomes count.
    paid_back: i128,
    /// Recognized outside lots and running periods.
    earned: i128,
    deferred_start: i128,
    receivable_start: i128,
    recognized_before: i128,
    voided_before: i128,
    /// Outcomes began to count inside a period paid before the books: what was earned by then cannot be told.
    recognition_unknown: bool,
}

impl Books {
    pub(super) fn take(&mut self, entry: &Entry, lots: &Lots) -> AuditResult {
        let money = i128::from(entry.money.nanos());
        match entry.kind {
            EntryKind::OpeningGrant => {
                let recognized = lots.recognized_of(entry.lot);
                self.deferred_start += money - recognized;
                self.recognized_before += recognized;
            }
            EntryKind::OpeningSubscription => {
                self.deferred_start += money;
                if entry.until == SimTime::MAX {
                    self.pool += money;
                } else {
                    self.spread =
                        Some(SpreadPrice { price: money, from: entry.at, to: entry.until, exact: false });
                }
            }
            EntryKind::Issue => self.packages += money,
            EntryKind::IssueAllowance => self.pool -= money,
            EntryKind::Land => self.in_transit -= money,
            EntryKind::PurchaseOrdered => {
                self.packages += money;
                self.in_transit += money;
            }
            EntryKind::Subscription => self.subscribe(entry, money),
            EntryKind::SubscriptionEarned => return self.end_subscription(entry, money),
            EntryKind::PriceTaken => {
                self.pool += money;
                if entry.lot == 0 {
                    return self.stop_spreading(entry, money);
                }
            }
            EntryKind::PriceGiven => {
                self.pool -= money;
                if entry.lot == 0 {
                    self.spread =
                        Some(SpreadPrice { price: money, from: entry.at, to: entry.until, exact: true });
                }
            }
            EntryKind::PriceOverTime => {
                let price = SpreadPrice { price: money, from: entry.at, to: entry.until, exact: true };
                self.timed.insert(entry.lot, price);
            }
            EntryKind::PriceVoided => return self.void_timed(entry, money),
            EntryKind::PaidBack => {
                self.packages -= money;
                self.paid_back += money;
            }
            EntryKind::CreditNote => {
                self.earned -= money;
                self.credit_owed += money;
                self.credit_notes += money;
            }
            EntryKind::CreditOnBill => {
                self.subscriptions -= money;
                self.credit_owed -= money;
            }
            EntryKind::CreditOnInvoice => {
                self.receivable -= money;
                self.credit_owed -= money;
            }
            EntryKind::Fee | EntryKind::DebtInvoiced => {
                self.earned += money;
                self.receivable += money;
            }
            EntryKind::InvoicePaid => {
                self.overage += money;
                self.receivable -= money;
            }
            EntryKind::WrittenOff => {
                self.written_off += money;
                self.receivable -= money;
            }
            _ => {}
        }
        if self.pool < 0 || self.in_transit < 0 || self.receivable < 0 || self.credit_owed < 0 {
            let what = format!(
                "more was used than paid for: {} in subscriptions, {} under way, {} receivable",
                shown(self.pool),
                shown(self.in_transit),
                shown(self.receivable)
            );
            return Err(Violation { law: 6, at: entry.at, what });
        }
        Ok(())
    }

    fn subscribe(&mut self, entry: &Entry, money: i128) {
        self.subscriptions += money;
        if let Some(before) = self.spread.take() {
            self.earned += before.price;
        }
        if entry.until < SimTime::MAX {
            self.spread = Some(SpreadPrice { price: money, from: entry.at, to: entry.until, exact: true });
        } else if entry.lot == 0 {
            self.pool += money;
        }
    }

    /// What is spread over time to come is taken off it.
    fn stop_spreading(&mut self, entry: &Entry, money: i128) -> AuditResult {
        let Some(spread) = self.spread.take() else { return Ok(()) };
        self.earned += spread.price - money;
        let unearned = spread.price - spread.earned(entry.at);
        if spread.exact && unearned != money {
            let what = format!("{} was to come and {} was taken", shown(unearned), entry.money);
            return Err(Violation { law: 6, at: entry.at, what });
        }
        Ok(())
    }

    fn end_subscription(&mut self, entry: &Entry, money: i128) -> AuditResult {
        let Some(spread) = self.spread.take() else {
            self.pool -= money;
            self.earned += money;
            return Ok(());
        };
        self.earned += spread.price;
        let unearned = spread.price - spread.earned(entry.at);
        if spread.exact && unearned != money {
            let what =
                format!("{} of a subscription was left and {} was earned", shown(unearned), entry.money);
            return Err(Violation { law: 6, at: entry.at, what });
        }
        Ok(())
    }

    /// What of a lot's price is still to be earned is voided.
    fn void_timed(&mut self, entry: &Entry, money: i128) -> AuditResult {
        let Some(timed) = self.timed.remove(&entry.lot) else { return Ok(()) };
        let unearned = timed.price - timed.earned(entry.at);
        self.earned += timed.price - unearned;
        self.voided_timed += unearned;
        if unearned != money {
            let what = format!(
                "{} was to come of grant {} and {} was voided",
                shown(unearned),
                entry.grant,
                entry.money
            );
            return Err(Violation { law: 6, at: entry.at, what });
        }
        Ok(())
    }

    /// Voided value, less what was paid back.
    fn voided(&self, lots: &Lots) -> i128 {
        lots.voided_value() + self.voided_timed - self.voided_before - self.paid_back
    }

    /// Recognized from the first entry to `at`; none while a period that began before the books runs.
    fn recognized(&self, at: SimTime, lots: &Lots) -> Option<i128> {
        let running = match &self.spread {
            None => 0,
            Some(spread) if spread.exact || at >= spread.to => spread.earned(at),
            Some(_) => return None,
        };
        let timed: i128 = self.timed.values().map(|price| price.earned(at)).sum();
        Some(lots.recognized() + self.earned + running + timed)
    }

    fn deferred(&self, at: SimTime, lots: &Lots) -> i128 {
        let running = self.spread.map_or(0, |spread| spread.price - spread.earned(at));
        let timed: i128 = self.timed.values().map(|price| price.price - price.earned(at)).sum();
        lots.deferred() + self.pool + self.in_transit + running + timed
    }

    pub(super) fn begin_measuring(&mut self, at: SimTime, lots: &Lots) {
        let recognized = self.recognized(at, lots);
        self.recognition_unknown = recognized.is_none();
        self.recognized_before = recognized.unwrap_or_default();
        self.voided_before = lots.voided_value() + self.voided_timed;
        self.paid_back = 0;
        self.deferred_start = self.deferred(at, lots);
        self.receivable_start = self.receivable;
        self.credit_owed_start = self.credit_owed;
        self.credit_notes = 0;
        (self.subscriptions, self.packages, self.overage, self.written_off) = (0, 0, 0, 0);
    }

    /// Law 6 and the account's own counters.
    pub(super) fn compare(&self, end: SimTime, lots: &Lots, tally: &Tally) -> AuditResult {
        let money = &tally.money;
        let mut pairs = vec![
            ("subscriptions paid", self.subscriptions, money.subscription_cash),
            ("packages paid", self.packages, money.package_cash),
            ("overage paid", self.overage, money.overage_cash),
            ("written off", self.written_off, money.written_off),
            ("receivable", self.receivable, money.receivable_end),
            ("receivable at the start", self.receivable_start, money.receivable_start),
            ("credit notes given", self.credit_notes, money.credit_notes),
            ("credit notes owed", self.credit_owed, money.credit_notes_owed_end),
            ("value voided", self.voided(lots), money.voided),
        ];
        if !self.recognition_unknown
            && let Some(recognized) = self.recognized(end, lots)
        {
            pairs.push(("recognized", recognized - self.recognized_before, money.recognized));
            pairs.push(("deferred", self.deferred(end, lots), money.deferred_end));
            pairs.push(("deferred at the start", self.deferred_start, money.deferred_start));
        }
        for (what, found, counted) in pairs {
            if found != i128::from(counted.nanos()) {
                let what = format!("{what}: {} was counted as {counted}", shown(found));
                return Err(Violation { law: 6, at: end, what });
            }
        }
        let cash = self.subscriptions + self.packages + self.overage;
        let of = |money: Money| i128::from(money.nanos());
        let uses = of(money.recognized) + of(money.deferred_end) - of(money.deferred_start)
            + of(money.voided)
            + (self.credit_owed - self.credit_owed_start)
            - (self.receivable - self.receivable_start)
            - self.written_off;
        if cash != uses {
            let what = format!("cash {} was used as {}", shown(cash), shown(uses));
            return Err(Violation { law: 6, at: end, what });
        }
        Ok(())
    }
}

fn shown(nanos: i128) -> String {
    format!("{}e-9", nanos)
}
