//! What limits met, summed over the accounts of a policy.

use serde::{Deserialize, Serialize};

use crate::units::SimTime;

use super::{Histogram, LimitTally};

/// What one limit met in all accounts of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitTotals {
    /// Accounts in which it had no room for an operation.
    pub accounts_met: u64,
    /// Accounts in which all of its amount was used.
    pub accounts_full: u64,
    /// Members who have meters of their own.
    pub members: u64,
    /// Those of them for whom it had no room.
    pub members_met: u64,
    /// Attempts that it refused.
    pub refused: u64,
    /// Operations that queued for its room.
    pub queued: u64,
    /// Operations served without AI because of it.
    pub degraded: u64,
    /// Operations that it had tried as another feature.
    pub fallen_back: u64,
    /// True cost of what it refused (micro-credits).
    pub refused_micros: i128,
    /// It counts money, in nano-units.
    #[serde(default)]
    pub money: bool,
    /// Rise of what was used beyond the amount, caused by charges (micro-credits, or millionths of an operation).
    pub overrun_micros: i128,
    /// What became of windows is reported.
    pub reports_windows: bool,
    /// Windows that ended, with an operation in them.
    pub windows: u64,
    /// Of them, those in which all was used.
    pub windows_exhausted: u64,
    /// What was left at their ends (micro-credits, or millionths of what is counted).
    pub unused_micros: i128,
    /// … of so much.
    pub offered_micros: i128,
    /// Times that a person was asked to raise the amount.
    pub asked: u64,
    /// Times that one did.
    pub raised: u64,
    /// By how much in all (micro-credits, or millionths of what is counted).
    pub raised_micros: i128,
    /// From the beginning of the measured horizon to the first instant at which all was used, an account (µs).
    pub first_full: Histogram,
    /// … at which there was no room for an operation (µs).
    pub first_lacking: Histogram,
}

impl LimitTotals {
    fn add(&mut self, tally: &LimitTally, measure_from: SimTime) {
        let since = |at: SimTime| (at - measure_from).micros().max(0);
        self.members += tally.members;
        self.members_met += tally.members_met;
        self.refused += tally.refused;
        self.queued += tally.queued;
        self.degraded += tally.degraded;
        self.fallen_back += tally.fallen_back;
        self.refused_micros += i128::from(tally.refused_credits.micros());
        self.money |= tally.money;
        self.overrun_micros += i128::from(tally.overrun.micros());
        self.reports_windows |= tally.reports_windows;
        self.windows += tally.windows;
        self.windows_exhausted += tally.windows_exhausted;
        self.unused_micros += i128::from(tally.unused.micros());
        self.offered_micros += i128::from(tally.offered.micros());
        self.asked += tally.asked;
        self.raised += tally.raised;
        self.raised_micros += i128::from(tally.raised_by.micros());
        if let Some(at) = tally.first_lacking_at {
            self.accounts_met += 1;
            self.first_lacking.record(since(at));
        }
        if let Some(at) = tally.first_full_at {
            self.accounts_full += 1;
            self.first_full.record(since(at));
        }
    }

    fn merge(&mut self, other: &LimitTotals) {
        self.accounts_met += other.accounts_met;
        self.accounts_full += other.accounts_full;
        self.members += other.members;
        self.members_met += other.members_met;
        self.refused += other.refused;
        self.queued += other.queued;
        self.degraded += other.degraded;
        self.fallen_back += other.fallen_back;
        self.refused_micros += other.refused_micros;
        self.money |= other.money;
        self.overrun_micros += other.overrun_micros;
        self.reports_windows |= other.reports_windows;
        self.windows += other.windows;
        self.windows_exhausted += other.windows_exhausted;
        self.unused_micros += other.unused_micros;
        self.offered_micros += other.offered_micros;
        self.asked += other.asked;
        self.raised += other.raised;
        self.raised_micros += other.raised_micros;
        self.first_full.merge(&other.first_full);
        self.first_lacking.merge(&other.first_lacking);
    }
}

/// What all limits of a policy met, by their place among the policy's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitBooks(Vec<LimitTotals>);

impl LimitBooks {
    /// Adds one account's tallies.
    pub fn add(&mut self, tallies: &[LimitTally], measure_from: SimTime) {
        self.reach(tallies.len());
        self.0.iter_mut().zip(tallies).for_each(|(own, tally)| own.add(tally, measure_from));
    }

    /// Adds other accounts.
    pub fn merge(&mut self, other: &LimitBooks) {
        self.reach(other.0.len());
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| own.merge(other));
    }

    /// What a limit met, if it met anything.
    #[must_use]
    pub fn of(&self, limit: usize) -> LimitTotals {
        self.0.get(limit).cloned().unwrap_or_default()
    }

    fn reach(&mut self, count: usize) {
        if self.0.len() < count {
            self.0.resize(count, LimitTotals::default());
        }
    }
}
