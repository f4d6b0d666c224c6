//! Sums of a journal, by the names that outcomes have.

use crate::outcome::{Entry, EntryKind, Reason};
use crate::units::{Credits, Money};

/// Sums of a journal.
#[derive(Debug, Clone, Default)]
pub(super) struct JournalSums {
    issued: Credits,
    burned: Credits,
    expired: Credits,
    voided: Credits,
    rolled: Credits,
    charged: Credits,
    refunded: Credits,
    incurred: Credits,
    repaid: Credits,
    forgiven: Credits,
    invoiced: Credits,
    remaining: Credits,
    debt: Credits,
    demanded: u64,
    served: u64,
    refused: u64,
    lost: u64,
    cash: Money,
    /// Something was bought or invoiced without a price.
    unpriced: bool,
}

impl JournalSums {
    pub fn of(journal: &[Entry]) -> JournalSums {
        let mut sums = JournalSums::default();
        for entry in journal {
            sums.take(entry);
        }
        sums
    }

    fn take(&mut self, entry: &Entry) {
        let credits = entry.credits;
        self.debt = entry.debt_after;
        self.unpriced |= entry.reason == Reason::Unpriced;
        match entry.kind {
            EntryKind::Measure => {
                *self = JournalSums { remaining: self.remaining, debt: self.debt, ..JournalSums::default() };
            }
            EntryKind::OpeningGrant
            | EntryKind::Issue
            | EntryKind::IssueAllowance
            | EntryKind::Land
            | EntryKind::IssueRolloverMinimum => {
                self.issued += credits;
                self.remaining += credits;
                if entry.kind == EntryKind::Issue {
                    self.cash += entry.money;
                }
            }
            EntryKind::Burn | EntryKind::Repay | EntryKind::Expire | EntryKind::Void => {
                self.remaining -= credits;
                match entry.kind {
                    EntryKind::Burn => self.burned += credits,
                    EntryKind::Repay => {
                        self.burned += credits;
                        self.repaid += credits;
                    }
                    EntryKind::Expire => self.expired += credits,
                    _ => self.voided += credits,
                }
            }
            EntryKind::Unexpire => {
                self.remaining += credits;
                self.expired -= credits;
            }
            EntryKind::RefundBurn | EntryKind::RefundRepaid => {
                self.remaining += credits;
                self.burned -= credits;
                if entry.kind == EntryKind::RefundRepaid {
                    self.repaid -= credits;
                    self.incurred -= credits;
                }
            }
            EntryKind::RefundDebt => self.incurred -= credits,
            EntryKind::RefundInvoiced => {
                self.incurred -= credits;
                self.invoiced -= credits;
            }
            EntryKind::RefundForgiven => {
                self.incurred -= credits;
                self.forgiven -= credits;
            }
            EntryKind::Refund => self.charged -= credits,
            EntryKind::RefundIssued => self.refunded += credits,
            EntryKind::Rollover => self.rolled += credits,
            EntryKind::Charge => self.charged += credits,
            EntryKind::DebtIncurred => self.incurred += credits,
            EntryKind::DebtForgiven => self.forgiven += credits,
            EntryKind::DebtInvoiced => self.invoiced += credits,
            EntryKind::Demanded => self.demanded += 1,
            EntryKind::Served => self.served += 1,
            EntryKind::Refused => self.refused += 1,
            EntryKind::Lost => self.lost += 1,
            EntryKind::Subscription | EntryKind::PurchaseOrdered | EntryKind::InvoicePaid => {
                self.cash += entry.money;
            }
            EntryKind::CreditOnBill | EntryKind::PaidBack => self.cash -= entry.money,
            _ => {}
        }
    }

    pub fn named(&self, currency: &str) -> Vec<(&'static str, String)> {
        vec![
            ("issued_credits", self.issued.to_string()),
            ("burned_credits", self.burned.to_string()),
            ("expired_credits", self.expired.to_string()),
            ("voided_credits", self.voided.to_string()),
            ("rolled_over_credits", self.rolled.to_string()),
            ("remaining_credits_end", self.remaining.to_string()),
            ("charged_credits", self.charged.to_string()),
            ("refunded_credits", self.refunded.to_string()),
            ("debt_incurred_credits", self.incurred.to_string()),
            ("debt_repaid_credits", self.repaid.to_string()),
            ("debt_forgiven_credits", self.forgiven.to_string()),
            ("debt_invoiced_credits", self.invoiced.to_string()),
            ("debt_end_credits", self.debt.to_string()),
            ("operations_demanded", self.demanded.to_string()),
            ("operations_served", self.served.to_string()),
            ("operations_lost", self.lost.to_string()),
            ("attempts_refused", self.refused.to_string()),
            (
                "cash_money",
                if self.unpriced { "n/a".to_owned() } else { format!("{} {currency}", self.cash) },
            ),
        ]
    }
}
