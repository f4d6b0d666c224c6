//! Meters that change for other reasons than use: amounts raised by people who are asked, what is given back, windows that
//! begin anew, banked resets.
//!
//! Leaves when any of it happens to the conductor. Invariant: what is given back is taken off only in the window of its
//! charge.

use crate::calendar::MonthEnd;
use crate::deliberate::Deliberate;
use crate::policy::{BankedResets, LimitWindow};
use crate::units::{Credits, SimTime};

use super::super::meter::{MeterAsking, scale};
use super::super::meter_rules::{MeterRule, WindowClock};
use super::{GivenBack, Meters, RaiseAnswer};

impl Meters {
    /// Somebody is asked to raise an owner's amount; gives the number of the request, from 0. None if an answer is awaited or
    /// was a no that still holds.
    pub(in crate::organization::account) fn ask(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        clock: WindowClock<'_>,
    ) -> Option<u32> {
        let meter = self.at(rule, owner, clock);
        let MeterAsking { times, awaited, not_before } = meter.asking;
        if awaited || not_before.is_some_and(|until| clock.now < until) {
            return None;
        }
        let ends = rule.window.has_ends();
        let until = if ends && meter.is_open(clock.now) { meter.window.1 } else { SimTime::MAX };
        meter.asking = MeterAsking { times: times + 1, awaited: true, not_before: Some(until) };
        Some(times)
    }

    /// An answer will come; returns its place among all.
    pub(in crate::organization::account) fn await_answer(&mut self, answer: RaiseAnswer) -> u32 {
        self.answers.push(answer);
        self.answers.len() as u32 - 1
    }

    /// The answer of a place comes: after a yes somebody may be asked again.
    pub(in crate::organization::account) fn answered(&mut self, index: u32) -> RaiseAnswer {
        let answer = self.answers[index as usize];
        let asking = &mut self.of(answer.limit).by_owner[usize::from(answer.owner)].asking;
        asking.awaited = false;
        if answer.raise.is_some() {
            asking.not_before = None;
        }
        answer
    }

    /// An owner's amount is raised.
    pub(in crate::organization::account) fn raise(&mut self, limit: u16, owner: u16, by: Credits) {
        self.of(limit).by_owner[usize::from(owner)].raised += by;
    }

    /// By how much an owner's amount has been raised.
    pub(in crate::organization::account) fn raised(&self, limit: u16, owner: u16) -> Credits {
        let of_limit = self.limits.get(usize::from(limit));
        let meter = of_limit.and_then(|of| of.by_owner.get(usize::from(owner)));
        meter.map_or(Credits::ZERO, |meter| meter.raised)
    }

    /// What was counted at an instant is given back, if the window that it was counted in is open.
    pub(in crate::organization::account) fn give_back(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        (at, turn, amount): (SimTime, u32, GivenBack),
        clock: WindowClock<'_>,
    ) {
        let meter = self.at(rule, owner, clock);
        if turn < meter.reset || Deliberate::LimitsKeepRefunds.is_made() {
            return;
        }
        let closed = match rule.window {
            LimitWindow::Fixed { .. } => !meter.is_open(at),
            // What was charged just before the window was opened counts in another.
            LimitWindow::FirstUse(_) => !meter.is_open(at) || turn < meter.opened,
            LimitWindow::Rolling(_) => !meter.recent.iter().any(|(counted, _)| *counted == at),
            LimitWindow::Refill { .. } | LimitWindow::Life => false,
        };
        if closed {
            return;
        }
        let amount = match amount {
            GivenBack::Counted(amount) => amount,
            GivenBack::Worth(exact) => -meter.money_counted(-exact),
        };
        if let LimitWindow::Rolling(_) = rule.window
            && let Some((_, counted)) = meter.recent.iter_mut().find(|(counted, _)| *counted == at)
        {
            *counted -= amount;
        }
        meter.used = (meter.used - i128::from(amount.micros()) * scale(rule.window)).max(0);
    }

    /// All owners' meters of a limit begin anew, or one owner's.
    pub(in crate::organization::account) fn reset(
        &mut self,
        (rule, owner): (&MeterRule, Option<u16>),
        restart: bool,
        clock: WindowClock<'_>,
    ) {
        self.turn += 1;
        let turn = self.turn;
        let all = self.of(rule.id).all(rule, clock);
        for (who, meter) in all.filter(|(who, _)| owner.is_none_or(|owner| usize::from(owner) == *who)) {
            meter.reset(rule.window, (restart, rule.most_of(who as u16)), (turn, clock.now));
        }
    }

    /// Takes the oldest reset of a bank that can be used at the present, if there is one; the bank is known by the first limit
    /// that it resets, which of the resets that name it first it is of, and the owner.
    pub(in crate::organization::account) fn take_banked(
        &mut self,
        bank: (u16, u16, u16),
        (banked, month_end): (BankedResets, MonthEnd),
        clock: WindowClock<'_>,
    ) -> bool {
        let given = |n: i64| match banked.every {
            Some(every) => clock.zone.nth(clock.signed_up, every, n, MonthEnd::Clamp),
            None => clock.signed_up,
        };
        let valid = |at: SimTime| {
            let end = banked.expires_after.map(|span| clock.zone.add(at, span, month_end));
            end.is_none_or(|end| clock.now < end)
        };
        let taken = self.banked.entry(bank).or_default();
        let times = if banked.every.is_some() { i64::MAX } else { 1 };
        let mut issues = (0..times).map(given).take_while(|at| *at <= clock.now).enumerate();
        let oldest =
            issues.find(|(n, at)| valid(*at) && taken.get(*n).is_none_or(|taken| *taken < banked.number));
        let Some((n, _)) = oldest else { return false };
        if taken.len() <= n {
            taken.resize(n + 1, 0);
        }
        taken[n] += u32::from(!Deliberate::BankedResetsLast.is_made());
        true
    }
}
