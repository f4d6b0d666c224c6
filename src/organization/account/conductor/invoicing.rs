//! Invoices: sent, paid, tried again, written off; accounts suspended and terminated over them (docs/semantics.md §11.6,
//! §18.9 to §18.11).
//!
//! Leaves what is invoiced to `overage`, and what is owed to `money`. Invariants: an invoice is paid or written off once;
//! at one instant payments come before suspensions, and these before terminations.

use crate::deliberate::Deliberate;
use crate::outcome::{EntryKind, Reason};
use crate::policy::Invoices;
use crate::sampling::Purpose;
use crate::units::{Money, Probability, SimSpan, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::money::CashKind;
use super::State;

/// Ranks among the events of class 2, between a bill and the close: an invoice is paid or written off, …
const INVOICE: u16 = 3;
/// … its account is suspended, …
const SUSPENSION: u16 = 4;
/// … or terminated.
const TERMINATION: u16 = 5;
/// Word of an invoice's stream that its first try by dunning reads.
const FIRST_TRY: u64 = 2;

/// When an invoice is due and when it is paid; never if it is written off first, or for good.
#[derive(Debug, Clone, Copy)]
struct Payment {
    due: SimTime,
    paid: Option<SimTime>,
}

impl State {
    /// Overage or a fee is invoiced: recognized now, paid as the terms say.
    pub(super) fn invoice(&mut self, env: &Env, amount: Money) {
        let number = self.money.invoices() as u32;
        self.money.earn(amount);
        let credit = self.money.use_credit(amount);
        let amount = amount - credit;
        if credit != Money::ZERO {
            self.note(EntryKind::CreditOnInvoice, Note::money(credit));
        }
        if amount == Money::ZERO {
            return;
        }
        let invoices = &env.terms(self.plan).invoices;
        let payment = self.payment_of(env, invoices, number);
        self.money.send_invoice(amount, payment.paid.is_some());
        self.expect_payment(env, invoices, number, payment);
    }

    /// What becomes of an invoice that is sent now; every try to collect it is keyed by organization, invoice and try.
    fn payment_of(&self, env: &Env, invoices: &Invoices, number: u32) -> Payment {
        let (now, number) = (self.timers.now(), u64::from(number));
        let uniform = |word| env.key.uniform(Purpose::Invoice, number, word);
        let delay = if invoices.auto_pay || Deliberate::InvoicesPaidAtOnce.is_made() {
            SimSpan::ZERO
        } else {
            let mut stream = env.key.keyed(Purpose::Invoice, number, 1);
            SimSpan::from_seconds_f64(invoices.delay.sample(&mut stream))
        };
        let due = now + delay;
        if invoices.declined == Probability::ZERO || !invoices.declined.holds(uniform(0)) {
            return Payment { due, paid: Some(due) };
        }
        let tries = (FIRST_TRY..).zip(&invoices.dunning);
        let late = if Deliberate::DunningDayLate.is_made() { SimSpan::DAY } else { SimSpan::ZERO };
        let paid = tries
            .filter(|(word, step)| step.paid.holds(uniform(*word)))
            .map(|(_, step)| due + step.after + late);
        let written_off = invoices.write_off_after.map(|after| now + after);
        Payment { due, paid: paid.min().filter(|paid| written_off.is_none_or(|at| *paid <= at)) }
    }

    /// Schedules what becomes of an invoice, and of the account while it is unpaid.
    fn expect_payment(&mut self, env: &Env, invoices: &Invoices, number: u32, payment: Payment) {
        let (now, Payment { due, paid }) = (self.timers.now(), payment);
        let ends = paid.or(invoices.write_off_after.map(|after| now + after));
        match ends {
            Some(at) if paid.is_some() && at <= now => self.invoice_ends(env, number),
            Some(at) => {
                self.timers.schedule(at, (Class::Close, INVOICE, number), TimerKind::Invoice(number));
            }
            None => {}
        }
        let unpaid = |after: Option<SimSpan>| {
            let at = after.map(|after| due + after);
            at.filter(|at| paid.is_none_or(|paid| paid > *at))
        };
        if let Some(at) = unpaid(invoices.suspend_after) {
            self.timers.schedule(at, (Class::Close, SUSPENSION, number), TimerKind::Suspend(number));
        }
        if let Some(at) = unpaid(invoices.terminate_after) {
            self.timers.schedule(at, (Class::Close, TERMINATION, number), TimerKind::Terminate);
        }
    }

    /// An invoice is paid or written off.
    pub(super) fn invoice_ends(&mut self, env: &Env, index: u32) {
        let (amount, pays) = self.money.close_invoice(index);
        if !pays {
            return self.note(EntryKind::WrittenOff, Note::money(amount));
        }
        self.receive_cash(env, CashKind::Overage, amount);
        self.note(EntryKind::InvoicePaid, Note::money(amount));
        if !Deliberate::SuspensionsStay.is_made() && self.money.lift(index) {
            self.note(EntryKind::Resume, Note::default());
            self.look_at_checks(env);
            if self.somebody_queues() {
                self.timers.resume();
            }
            self.wake_waiting();
        }
    }

    /// An invoice is overdue: nothing paid starts until it is paid.
    pub(super) fn suspend(&mut self, env: &Env, index: u32) {
        if !self.has_left(env) && self.money.suspend(index) {
            self.counts.suspended();
            self.note(EntryKind::Suspend, Note::default());
            self.look_at_checks(env);
        }
    }

    /// An invoice has been overdue for too long: the organization leaves.
    pub(super) fn terminate(&mut self, env: &Env) {
        if !self.has_left(env) {
            self.leave(env, Reason::Suspended);
        }
    }
}
