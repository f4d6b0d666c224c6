//! Sums over organizations of the counters of a [`Tally`], in 128 bits, under the counters' own names.

use serde::{Deserialize, Serialize};

use crate::units::{Credits, Money, SimSpan};

use super::tally::{
    CreditTally, CustomerTally, DebtTally, DefaultTally, FeatureTally, HoldTally, MoneyTally,
};

/// An integer counter of whatever scale.
trait Counter: Copy {
    fn integer(self) -> i128;
}

impl Counter for i128 {
    fn integer(self) -> i128 {
        self
    }
}

impl Counter for u64 {
    fn integer(self) -> i128 {
        i128::from(self)
    }
}

impl Counter for Credits {
    fn integer(self) -> i128 {
        i128::from(self.micros())
    }
}

impl Counter for Money {
    fn integer(self) -> i128 {
        i128::from(self.nanos())
    }
}

impl Counter for SimSpan {
    fn integer(self) -> i128 {
        i128::from(self.micros())
    }
}

/// A sum that grows by counters.
trait Accumulate<T> {
    fn accumulate(&mut self, value: &T);
}

impl<T: Counter> Accumulate<T> for i128 {
    fn accumulate(&mut self, value: &T) {
        *self += value.integer();
    }
}

impl<T: Counter> Accumulate<[T; 3]> for [i128; 3] {
    fn accumulate(&mut self, value: &[T; 3]) {
        for (sum, part) in self.iter_mut().zip(value) {
            sum.accumulate(part);
        }
    }
}

/// Declares sums of the counters of a tally. `besides` are its fields that are summed elsewhere or not at all, so that the
/// compiler names a counter that is in neither list.
macro_rules! sums {
    ($(#[$attribute:meta])* $name:ident of $tally:ident { $($field:ident: $sum:ty),* $(,)? }
     besides { $($besides:ident),* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            $(#[doc = concat!("Sum of [`", stringify!($tally), "::", stringify!($field), "`], in its unit.")]
            pub $field: $sum,)*
        }

        impl $name {
            /// Adds one account's counters.
            pub fn add(&mut self, tally: &$tally) {
                // Never called: a counter in neither list is an error that names it.
                let _ = || $tally { $($field: Default::default(),)* $($besides: Default::default(),)* };
                $(self.$field.accumulate(&tally.$field);)*
            }

            /// Adds other sums.
            pub fn merge(&mut self, other: &Self) {
                $(self.$field.accumulate(&other.$field);)*
            }
        }
    };
}

sums! {
    /// Demand and service.
    FeatureSums of FeatureTally {
        in_flight_start: i128, waiting_start: i128, demanded: i128, free: i128, served: i128, degraded: i128,
        substituted: i128, lost_refused: i128, lost_abandoned: i128, lost_patience: i128, lost_queue_full: i128,
        lost_churned: i128, killed: i128, failed: i128, cancelled: i128, in_flight_end: i128, waiting_end: i128,
        refused: i128, attempts: i128, attempts_refused_short: i128, attempts_refused_concurrency: i128,
        attempts_refused_limit: i128, attempts_refused_budget: i128, attempts_refused_outage: i128, attempts_refused_denial: i128,
        attempts_refused_suspended: i128,
        hold_induced_refusals: i128, surprise_refusals: i128, attempts_refused: i128, demand_credits: i128,
        lost_credits: i128, demand_over_list: i128, lost_over_list: i128, repricing: i128, late_credits: i128, charged_credits: i128, due_credits: i128,
        absorbed_credits: i128,
        overcharged_credits: i128, killed_work_credits: i128, overspend_operations: i128, blocked: i128,
    } besides { provider_cost, waits, estimate_errors }
}

sums! {
    /// Credits moved and left, by category in the order of `Category::ALL`.
    CreditSums of CreditTally {
        remaining_start: [i128; 3], issued: [i128; 3], burned: [i128; 3], repaid: [i128; 3], expired: [i128; 3],
        voided: [i128; 3], remaining_end: [i128; 3], refunded: i128, rolled_over: i128, rolled_over_used: i128,
    } besides {}
}

sums! {
    /// Debt.
    DebtSums of DebtTally {
        start: i128, incurred: i128, forgiven: i128, invoiced: i128, end: i128, credit_micros: i128,
        overspend: i128, uninvoiced_end: i128,
    } besides { max, longest }
}

sums! {
    /// Holds.
    HoldSums of HoldTally {
        open_start: i128, opened: i128, settled: i128, released: i128, expired: i128, open_end: i128,
        ended_credits: i128, unused_credits: i128, overrun_credits: i128,
    } besides {}
}

sums! {
    /// Purchases, alerts, reactions.
    CustomerSums of CustomerTally {
        purchases: i128, auto_top_ups: i128, payments_declined: i128, budget_blocked: i128, ceilings: i128,
        restores_open: i128, alerts_warning: i128, alerts_critical: i128, alerts_would_exceed: i128, bill_months: i128,
        bill_shocks: i128,
    } besides { runaway, alert_leads, restores, depleted_at, churned, suspended }
}

sums! {
    /// What defaults decided.
    DefaultSums of DefaultTally { queue_full: i128, patience: i128, restart_overspend: i128 } besides {}
}

sums! {
    /// Money.
    MoneySums of MoneyTally {
        subscription_cash: i128, package_cash: i128, overage_cash: i128, recognized: i128, breakage: i128,
        voided: i128, deferred_start: i128, deferred_end: i128, receivable_start: i128, receivable_end: i128,
        written_off: i128, credit_notes: i128, credit_notes_owed_start: i128, credit_notes_owed_end: i128,
        uninvoiced_end: i128, payable_beyond: i128,
    } besides { complete, uninvoiced_unpriced }
}
