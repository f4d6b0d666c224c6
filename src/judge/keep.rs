//! A change of plan that leaves the cycle running: the allowance and the price of the rest of it (docs/semantics.md §16.5 to
//! §16.8).

use crate::calendar::Period;
use crate::policy::{PlanChange, Prorate, Subscription, Terms, UsageOnChange};
use crate::units::{Credits, Money, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::billing::{BilledPeriod, PaidFor};
use super::cycle::{equal_parts, money_share, parts_of};
use super::facts::{EntryKind, Fact};
use super::plan_change::DecidedChange;

impl Judged<'_> {
    /// The running cycle goes on under another plan.
    pub fn keep(&mut self, decided: DecidedChange) {
        let before = self.balances();
        self.whole_event = Some(before);
        let change = self.change_of(decided);
        self.pays_back_at_downgrade(decided.to);
        let old = self.terms();
        self.cycle.lags = true;
        self.plan_changes_to(decided.to);
        let new = self.terms();
        let moved = self.price_of_the_rest(&change);
        let differs = old.subscription != new.subscription;
        self.cycle.rebills = moved.is_none() && (self.cycle.rebills || differs);
        let given = |terms: &Terms| terms.allowance.as_ref().map_or_else(Vec::new, |of| self.given_by(of));
        let (old, new) = (given(old), given(new));
        self.allowance_of_the_rest(&change, &old, &new);
        if let Some(rest) = moved {
            self.attach(rest);
        }
        let prorates = matches!(change.prorate, Prorate::Credits | Prorate::Both | Prorate::Full);
        self.convert(decided, !prorates);
        self.give_grants();
        self.repay();
        self.invoice_what_is_due();
        self.whole_event = None;
        self.follow(before, None);
        self.look_at_new_rules();
    }

    /// A changes by (new − old) · s, and each owner's running lot becomes max(0, A − used) (docs/semantics.md §14.16, §16.5).
    fn allowance_of_the_rest(&mut self, change: &PlanChange, old: &[Credits], new: &[Credits]) {
        let (left, whole) = self.left_of_period();
        let changes = !matches!(change.prorate, Prorate::None | Prorate::Price);
        let part = |judged: &Self, difference: Credits| match change.prorate {
            Prorate::Both | Prorate::Credits => judged.share_of(difference, left, whole),
            Prorate::Full => difference,
            Prorate::None | Prorate::Price => Credits::ZERO,
        };
        let resets = change.usage == UsageOnChange::Reset;
        if !changes && !resets {
            return;
        }
        if self.cycle.running.is_empty() {
            let more = differences(old, new, new.len()).into_iter();
            let amounts: Vec<Credits> = more.map(|more| part(self, more).positive_part()).collect();
            if amounts.iter().any(|amount| amount.is_positive()) {
                self.begin_allowance_within(&amounts);
            }
            return;
        }
        let more = differences(old, new, self.cycle.running.len());
        for (place, more) in more.into_iter().enumerate() {
            let more = part(self, more);
            let running = &mut self.cycle.running[place];
            running.amount = (running.amount + more).positive_part();
            if resets {
                running.used = Credits::ZERO;
            }
            let (lot, wanted) = (running.lot, (running.amount - running.used).positive_part());
            self.resize(lot, wanted);
        }
    }

    /// An allowance that begins inside a period costs nothing more.
    fn begin_allowance_within(&mut self, amounts: &[Credits]) {
        let Some(allowance) = self.terms().allowance.clone() else { return };
        self.issue_to_all(&allowance, amounts, Money::ZERO);
    }

    /// The lots of the running allowance that have not ended.
    fn running_lots(&self) -> Vec<usize> {
        let lots = self.cycle.running.iter().map(|running| running.lot);
        lots.filter(|&lot| !self.lots[lot].over).collect()
    }

    /// Makes what remains of a lot `wanted`: more is issued, less is voided; what it still owes stays with what is left of it,
    /// and is voided if nothing is (docs/semantics.md §16.7).
    pub fn resize(&mut self, lot: usize, wanted: Credits) {
        let has = self.lots[lot].remaining;
        if wanted == has || self.lots[lot].over {
            return;
        }
        let owed = self.close_past(lot);
        if wanted > has {
            let more = wanted - has;
            self.lots[lot].remaining = wanted;
            self.lots[lot].issued = wanted;
            self.owes_from_now(lot, owed);
            self.alerts.issued += more;
            self.credits_have_come();
            let running = self.cycle.running_lot(lot).is_some();
            self.lot_fact(if running { EntryKind::IssueAllowance } else { EntryKind::Issue }, lot, more);
        } else {
            let all = wanted.is_zero();
            self.owes_from_now(lot, if all { owed } else { Money::ZERO });
            self.take_away(EntryKind::Void, lot, has - wanted, false);
            if !all {
                self.close_past(lot);
                self.owes_from_now(lot, owed);
            }
        }
        self.stamp();
    }

    /// What a lot whose past is closed still owes, unless it is earned over time.
    fn owes_from_now(&mut self, lot: usize, owed: Money) {
        if self.lots[lot].over_time.is_none() {
            self.lots[lot].price = owed;
        }
    }

    /// A lot is now one of what there is of it; what it still owed is returned.
    fn close_past(&mut self, place: usize) -> Money {
        if self.lots[place].over_time.is_some() {
            // Its price is earned over time, whatever becomes of its credits (docs/semantics.md §18.13).
            self.nothing_is_taken_back(place);
            return Money::ZERO;
        }
        let lot = &mut self.lots[place];
        let owed = lot.owed(self.now);
        self.books.earn(lot.earned(self.now));
        self.books.void(lot.lost(self.now));
        lot.price = Money::ZERO;
        lot.issued = lot.remaining;
        (lot.burned, lot.expired, lot.voided) = (Credits::ZERO, Credits::ZERO, Credits::ZERO);
        // Nothing of it is taken back any more (docs/semantics.md §18.7).
        self.nothing_is_taken_back(place);
        owed
    }

    /// A lot has another end.
    pub fn ends_at(&mut self, lot: usize, until: SimTime) {
        let (id, acted) = (self.lots[lot].id, self.acted_end(until));
        self.lots[lot].end = Some(until);
        self.to_come.call_off(|what| what == Coming::LotEnds { lot });
        self.to_come.add(acted, (id, 0, 0), Coming::LotEnds { lot });
        let grant = self.lots[lot].names();
        self.say(Fact { grant, until: Some(acted), ..Fact::new(self.now, EntryKind::LotEnd) });
    }

    /// Bills the difference of the prices at once, or gives a credit note; what has been paid and is not yet earned is returned,
    /// none if the price is left as it is (docs/semantics.md §16.8).
    fn price_of_the_rest(&mut self, change: &PlanChange) -> Option<Money> {
        if matches!(change.prorate, Prorate::None | Prorate::Credits) {
            return None;
        }
        let new = self.terms().subscription.clone().map(|new| {
            let price = self.price_at(&new, self.now);
            Subscription { price, ..new }
        });
        if new.is_none() && self.till.billing.is_none() {
            return None;
        }
        let difference = self.price_difference(change.prorate == Prorate::Full, new.as_ref());
        let mut rest = self.till.billing.map_or(Money::ZERO, |billing| billing.owed(self.now));
        self.time_is_over();
        for lot in self.running_lots() {
            rest += self.close_past(lot);
        }
        if difference > Money::ZERO {
            self.pay_bill(difference, None);
            rest += difference;
        } else if difference < Money::ZERO {
            let note = Money::ZERO - difference;
            self.credit_note(note);
            self.stamp();
            let covered = note.min(rest);
            self.earned(covered);
            rest -= covered;
        }
        self.bill_from_now_on(new);
        Some(rest)
    }

    /// (new − old) · s′, prices billed at different intervals each by their own.
    fn price_difference(&self, full: bool, new: Option<&Subscription>) -> Money {
        let share = |price: Money, every: Period| {
            let (from, to) = self.around(self.billing_anchor(), every, self.now);
            if full { price } else { money_share(price, to - self.now, to - from) }
        };
        match (self.till.billing, new) {
            (Some(old), Some(new)) if old.every == new.every => share(new.price - old.price, new.every),
            (old, new) => {
                let old = old.map_or(Money::ZERO, |old| share(Money::ZERO - old.price, old.every));
                old + new.map_or(Money::ZERO, |new| share(new.price, new.every))
            }
        }
    }

    fn billing_anchor(&self) -> SimTime {
        self.till.billing.map_or(self.cycle.anchor, |billing| billing.anchor)
    }

    /// The new price is billed from the next billing period on.
    fn bill_from_now_on(&mut self, new: Option<Subscription>) {
        let anchor = self.billing_anchor();
        self.to_come.call_off(|what| what == Coming::Bill);
        let terms = self.place_of_terms();
        self.till.billing = new.map(|new| BilledPeriod {
            anchor,
            every: new.every,
            terms,
            price: new.price,
            from: self.now,
            to: self.around(anchor, new.every, self.now).1,
            paid: PaidFor::Allowances(Money::ZERO),
        });
        if let Some(billing) = self.till.billing {
            self.to_come.add(billing.to, (0, 0, 0), Coming::Bill);
        }
    }

    /// What was paid and is not yet earned pays for the rest of the period and the allowances to come.
    fn attach(&mut self, rest: Money) {
        let without = !self.spreads_over_allowances();
        let Some(mut billing) = self.till.billing else {
            self.earned(rest);
            return;
        };
        if without {
            (billing.from, billing.paid) = (self.now, PaidFor::Time(rest));
            self.till.billing = Some(billing);
            return;
        }
        let later = self.allowances_until(billing.to);
        let mut kept = rest;
        let running = self.running_lots();
        match running.len() {
            0 if later > 0 => {}
            0 => {
                self.earned(rest);
                kept = Money::ZERO;
            }
            count => {
                let part = if later == 0 { rest } else { rest.scale_floor(1, later + 1) };
                for (lot, price) in running.into_iter().zip(parts_of(part, count)) {
                    self.lots[lot].price += price;
                }
                kept -= part;
            }
        }
        billing.paid = PaidFor::Allowances(kept);
        self.till.billing = Some(billing);
    }
}

/// How much more each of so many running lots would be: by owner where both plans give as many, else an equal part of what their
/// sums differ by, the last one with the rest (docs/semantics.md §14.16).
fn differences(old: &[Credits], new: &[Credits], lots: usize) -> Vec<Credits> {
    if old.len() == lots && new.len() == lots {
        return new.iter().zip(old).map(|(new, old)| *new - *old).collect();
    }
    let sum = |amounts: &[Credits]| amounts.iter().copied().sum::<Credits>();
    equal_parts(sum(new) - sum(old), lots)
}
