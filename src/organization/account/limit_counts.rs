//! What is counted of one limit, a verb for each thing that happens to it.
//!
//! Leaves where the numbers stand to `counts`, and what they come to over accounts to `outcome`.

use crate::outcome::LimitTally;
use crate::policy::OnLimit;
use crate::units::{Credits, SimTime};

use super::meter::EndedWindows;

/// The counters of one limit.
pub(super) struct LimitCounts<'a>(&'a mut LimitTally);

impl<'a> LimitCounts<'a> {
    /// Those that stand in a tally.
    pub(super) fn of(tally: &'a mut LimitTally) -> LimitCounts<'a> {
        LimitCounts(tally)
    }

    /// It turns away an operation of such a cost, which meets this.
    pub(super) fn turned_away(self, reaction: OnLimit, cost: Credits) {
        match reaction {
            OnLimit::Reject | OnLimit::Ask => {
                self.0.refused += 1;
                self.0.refused_credits += cost;
            }
            OnLimit::Queue => self.0.queued += 1,
            OnLimit::Degrade => self.0.degraded += 1,
            OnLimit::Fallback(_) => self.0.fallen_back += 1,
            OnLimit::Allow => {}
        }
    }

    /// It was asked and has no room; `member` if that is new to the member whose meter it is.
    pub(super) fn lacks_room(self, at: SimTime, member: bool) {
        self.0.first_lacking_at.get_or_insert(at);
        self.0.members_met += u64::from(member);
    }

    /// What it counts is money.
    pub(super) fn counts_money(self) {
        self.0.money = true;
    }

    /// So many members have meters of it.
    pub(super) fn has_members(self, members: u64) {
        self.0.members = members;
    }

    /// What became of more of its windows, which are reported.
    pub(super) fn windows(self, ended: EndedWindows) {
        self.0.reports_windows = true;
        self.0.windows += ended.windows;
        self.0.windows_exhausted += ended.exhausted;
        self.0.unused += ended.unused;
        self.0.offered += ended.offered;
    }

    /// A charge took what it counts beyond its amount.
    pub(super) fn overran(self, rise: Credits) {
        self.0.overrun += rise;
    }

    /// A person is asked to raise the amount.
    pub(super) fn asks(self) {
        self.0.asked += 1;
    }

    /// One does, by so much.
    pub(super) fn raised(self, by: Credits) {
        self.0.raised += 1;
        self.0.raised_by += by;
    }

    /// All of its amount is used.
    pub(super) fn filled(self, at: SimTime) {
        self.0.first_full_at.get_or_insert(at);
    }
}
