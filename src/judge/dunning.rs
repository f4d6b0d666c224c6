//! Invoices that are not paid: tried again, and accounts suspended and terminated over them (docs/semantics.md §18.9 to §18.11).
//!
//! Owns which invoices suspend the account. Leaves when an invoice is sent to `money`.

use crate::policy::Invoices;
use crate::sampling::Purpose;
use crate::units::SimTime;

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Fact, Reason};

/// The words of an invoice's draws: whether it is declined, its delay, then its tries.
const FIRST_TRY: u64 = 2;

impl Judged<'_> {
    /// An invoice that was declined is tried again, as long as it is not written off.
    pub fn will_be_tried(&mut self, invoice: usize, due: SimTime, invoices: &Invoices) {
        let number = self.till.invoices[invoice].number;
        let written_off = invoices.write_off_after.map(|after| self.now + after);
        for (word, again) in (FIRST_TRY..).zip(&invoices.dunning) {
            let at = due + again.after;
            let uniform = self.case.key.uniform(Purpose::Invoice, number, word);
            if again.paid.holds(uniform) && written_off.is_none_or(|written_off| at <= written_off) {
                self.to_come.add(at, (invoice as u32, 0, 0), Coming::InvoiceTried { invoice });
            }
        }
    }

    /// An invoice is tried again, and paid now.
    pub fn invoice_tried(&mut self, invoice: usize) {
        self.no_more_tries(invoice);
        self.to_come.call_off(|what| what == Coming::InvoiceWrittenOff { invoice });
        self.invoice_paid(invoice);
    }

    /// It is paid, or written off.
    pub fn no_more_tries(&mut self, invoice: usize) {
        self.to_come.call_off(|what| what == Coming::InvoiceTried { invoice });
    }

    /// So long after it was due an invoice that is not paid suspends the account, or ends it.
    pub fn may_suspend(&mut self, invoice: usize, due: SimTime, invoices: &Invoices) {
        let tie = (invoice as u32, 0, 0);
        if let Some(after) = invoices.suspend_after {
            self.to_come.add(due + after, tie, Coming::Suspends { invoice });
        }
        if let Some(after) = invoices.terminate_after {
            self.to_come.add(due + after, tie, Coming::Terminates { invoice });
        }
    }

    pub fn is_suspended(&self) -> bool {
        !self.till.suspended_by.is_empty()
    }

    pub fn suspends(&mut self, invoice: usize) {
        // Who has left starts nothing any more.
        if self.has_left() {
            return;
        }
        let first = !self.is_suspended();
        self.till.suspended_by.push(invoice);
        if first {
            self.say(Fact::new(self.now, EntryKind::Suspend));
        }
    }

    /// An invoice is paid: it suspends nothing any more, and what waits tries again if none does.
    pub fn no_more_unpaid(&mut self, invoice: usize) {
        let of_it =
            |what: Coming| what == Coming::Suspends { invoice } || what == Coming::Terminates { invoice };
        self.to_come.call_off(of_it);
        if !self.till.suspended_by.contains(&invoice) {
            return;
        }
        self.till.suspended_by.retain(|&other| other != invoice);
        if !self.is_suspended() {
            self.say(Fact::new(self.now, EntryKind::Resume));
            self.look_at_queue();
            self.credits_have_come();
        }
    }

    /// The organization leaves, as one does that churns.
    pub fn terminates(&mut self) {
        if self.has_left() {
            return;
        }
        self.churned = true;
        self.say(Fact::new(self.now, EntryKind::Churned).because(Reason::Suspended));
        self.pays_back_as_it_leaves();
    }
}
