//! Windows with an end of which something was used, and how far meters were overrun (docs/semantics.md §15.4, §15.8, §15.13).
//!
//! Owns what was used of each window, those that have ended too. Leaves what counts now to `limits_meters`.

use crate::policy::{LimitWindow, StatedAmount, UsageLimit};
use crate::units::{Credits, SimTime};

use super::account::Judged;
use super::limits_meters::{JudgedMeter, Owner};

/// A window in which something was used, or an operation has started.
#[derive(Debug, Clone)]
pub(super) struct JudgedWindow {
    pub from: SimTime,
    pub until: SimTime,
    /// An operation has started in it.
    pub entered: bool,
    pub used: Credits,
    /// All was used at some instant.
    pub exhausted: bool,
    /// The amount that it ended with, as soon as that may become another one.
    pub most: Option<StatedAmount>,
}

/// What is reported of the limits of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitEnd {
    /// Its number among those of the policy.
    pub id: u16,
    /// Rise of what is used beyond the amount.
    pub overrun: Credits,
    /// Windows that have ended, and of them those in which all was used, what was left, and of how much.
    pub windows: Option<(u64, u64, Credits, Credits)>,
}

/// The rise of what is used beyond an amount.
fn beyond(before: Credits, after: Credits, most: StatedAmount) -> Credits {
    let StatedAmount::Most(most) = most else { return Credits::ZERO };
    ((after - most).positive_part() - (before - most).positive_part()).positive_part()
}

impl JudgedMeter {
    /// The window that is open, if anything has been used of it.
    fn open_window(&mut self, now: SimTime) -> Option<&mut JudgedWindow> {
        self.windows.last_mut().filter(|window| window.from <= now && now < window.until)
    }
}

impl Judged<'_> {
    /// First instant and end of the window of now.
    fn window_of_now(&self, limit: &UsageLimit, meter: usize) -> Option<(SimTime, SimTime)> {
        self.fixed_window(limit).or_else(|| self.open_first_use(limit, meter))
    }

    /// An operation has started inside: its window counts in reports.
    pub fn window_is_entered(&mut self, limit: &UsageLimit, owner: Owner, meter: usize) {
        self.window_is_used(limit, owner, meter);
        let now = self.now;
        if let Some(window) = self.meters.all[meter].open_window(now) {
            window.entered = true;
        }
    }

    /// The window of now is written down.
    fn window_is_known(&mut self, limit: &UsageLimit, meter: usize) {
        let Some((from, until)) = self.window_of_now(limit, meter) else { return };
        let known = self.meters.all[meter].windows.last();
        if known.is_none_or(|known| (known.from, known.until) != (from, until)) {
            let (entered, used, exhausted) = (false, Credits::ZERO, false);
            let window = JudgedWindow { from, until, entered, used, exhausted, most: None };
            self.meters.all[meter].windows.push(window);
        }
    }

    /// Where an operation starts: the windows of all meters that a first use has opened and that are open.
    pub fn remember_windows(&mut self, work: usize) {
        let now = self.now;
        let open = |(index, meter): (usize, &JudgedMeter)| {
            let (from, until) = meter.first_use?;
            let last = meter.windows.last().filter(|last| (last.from, last.until) == (from, until))?;
            (now < last.until).then_some((index, meter.windows.len() - 1))
        };
        self.work[work].windows = self.meters.all.iter().enumerate().filter_map(open).collect();
    }

    /// What is used of the open window has changed.
    pub fn window_is_used(&mut self, limit: &UsageLimit, owner: Owner, meter: usize) {
        if !limit.window.has_ends() {
            return;
        }
        self.window_is_known(limit, meter);
        let (used, amount, now) = (self.used(limit, owner), self.amount_of(limit, owner), self.now);
        if let Some(window) = self.meters.all[meter].open_window(now) {
            window.used = used;
            // Of nothing nothing can be used; a window that ends with no amount is looked at then.
            window.exhausted |=
                matches!(amount, StatedAmount::Most(most) if most.is_positive() && used >= most);
        }
    }

    /// A charge while no first use has opened a window adds to the one in which its operation started.
    pub fn count_after_window(
        &mut self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        credits: Credits,
    ) -> Credits {
        let Some(meter) = self.meter_of(limit.id, owner) else { return Credits::ZERO };
        let Some((_, place)) = self.work[work].windows.iter().find(|(of, _)| *of == meter).copied() else {
            return Credits::ZERO;
        };
        let amount = self.amount_of(limit, owner);
        let window = &mut self.meters.all[meter].windows[place];
        let (before, most) = (window.used, *window.most.get_or_insert(amount));
        window.used += credits;
        window.exhausted |= matches!(most, StatedAmount::Most(most) if window.used >= most);
        let rise = beyond(before, window.used, most);
        self.overran(work, limit, rise)
    }

    /// A charge has taken what is used from so much to so much; returns the rise of the overrun.
    pub fn has_overrun(
        &mut self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        (before, after): (Credits, Credits),
    ) -> Credits {
        let rise = beyond(before, after, self.amount_of(limit, owner));
        self.overran(work, limit, rise)
    }

    /// Limits that stand behind in a chain are not overrun (docs/semantics.md §15.2).
    fn overran(&mut self, work: usize, limit: &UsageLimit, rise: Credits) -> Credits {
        let asked = self.asked_limits(work);
        if !asked.iter().any(|(place, ..)| self.terms().limits[*place].id == limit.id) {
            return Credits::ZERO;
        }
        match self.meters.overrun.iter_mut().find(|(of, _)| *of == limit.id) {
            Some((_, overrun)) => *overrun += rise,
            None => self.meters.overrun.push((limit.id, rise)),
        }
        rise
    }

    /// Amounts are about to change: windows that have ended keep theirs.
    pub fn ended_windows_keep_amounts(&mut self) {
        for limit in &self.terms().limits {
            for meter in 0..self.meters.all.len() {
                if self.meters.all[meter].id != limit.id {
                    continue;
                }
                let (amount, now) = (self.amount_of(limit, self.meters.all[meter].owner), self.now);
                for window in self.meters.all[meter].windows.iter_mut().filter(|window| window.until <= now) {
                    window.most.get_or_insert(amount);
                }
            }
        }
    }

    /// Outcomes begin to count.
    pub fn limits_begin(&mut self) {
        self.meters.overrun.clear();
    }

    /// What is reported at the end: windows of policies whose terms stay, if their limit has them reported.
    pub fn limits_at_end(&self) -> Vec<LimitEnd> {
        let stays = self.case.policy.plans.len() == 1;
        let mut ends: Vec<LimitEnd> = Vec::new();
        for &(id, overrun) in &self.meters.overrun {
            ends.push(LimitEnd { id, overrun, windows: None });
        }
        for limit in self.terms().limits.iter().filter(|limit| stays && limit.reports_windows) {
            let windows = Some(self.ended_windows(limit));
            match ends.iter_mut().find(|end| end.id == limit.id) {
                Some(end) => end.windows = windows,
                None => ends.push(LimitEnd { id: limit.id, windows, ..LimitEnd::default() }),
            }
        }
        ends
    }

    fn ended_windows(&self, limit: &UsageLimit) -> (u64, u64, Credits, Credits) {
        let (from, end) = (self.case.measure_from, self.case.end);
        let warmed_up = from > self.case.start;
        let (mut count, mut exhausted) = (0, 0);
        let (mut unused, mut offered) = (Credits::ZERO, Credits::ZERO);
        for meter in self.meters.all.iter().filter(|meter| meter.id == limit.id) {
            let counts = |window: &&JudgedWindow| {
                window.entered && window.until <= end && !(warmed_up && window.until <= from)
            };
            for window in meter.windows.iter().filter(counts) {
                let most = window.most.unwrap_or_else(|| self.amount_of(limit, meter.owner));
                count += 1;
                let StatedAmount::Most(most) = most else {
                    exhausted += u64::from(window.exhausted);
                    continue;
                };
                exhausted += u64::from(window.exhausted || window.used >= most);
                unused += (most - window.used).positive_part();
                offered += most;
            }
        }
        (count, exhausted, unused, offered)
    }

    /// A reset: nothing is used of the window that is open; one that the first use has opened may be closed.
    pub fn window_begins_anew(&mut self, limit: &UsageLimit, meter: usize, restart: bool) {
        let now = self.now;
        let closes = restart && matches!(limit.window, LimitWindow::FirstUse(_));
        let most = self.amount_of(limit, self.meters.all[meter].owner);
        if let Some(window) = self.meters.all[meter].open_window(now) {
            window.used = Credits::ZERO;
            if closes {
                window.until = now;
                window.most = Some(most);
            }
        }
        if closes {
            self.meters.all[meter].first_use = None;
        }
    }
}
