//! One meter: what one owner has used of one limit, in its window (docs/semantics.md §15).
//!
//! Leaves whose meter it is, and who waits for it, to `meters`. Invariants: it moves on to the present before it is read;
//! amounts are integers (micro-credits, or millionths of an operation), buckets count them in shares of their refill's span.

use std::collections::VecDeque;

use crate::calendar::{MonthEnd, Period, Zone};
use crate::deliberate::Deliberate;
use crate::policy::{LimitWindow, WindowAnchor};
use crate::units::{Credits, MICROS_PER_CREDIT, SimSpan, SimTime};

use super::gate::NeedOfRoom;
use super::meter_prices::to_nanos;
use super::meter_rules::WindowClock;
use super::past_windows::{EnteredAt, PastWindow, PastWindows};

/// One owner's meter under one limit.
#[derive(Debug, Clone, Default)]
pub(super) struct LimitMeter {
    /// What is used; of a bucket, times the refill's span [µs].
    pub(super) used: i128,
    /// The window that is open, its end excluded; none if it is empty.
    pub(super) window: (SimTime, SimTime),
    /// What counts in a rolling window, the oldest first.
    pub(super) recent: VecDeque<(SimTime, Credits)>,
    /// What was incurred before this instant is in no sum any more …
    pub(super) since: SimTime,
    /// … nor what was counted before this turn, at which the limit has begun anew.
    pub(super) reset: u32,
    /// The turn at which the window was opened that the first use has opened last.
    pub(super) opened: u32,
    /// Windows that the first use has opened and that have ended.
    pub(super) past: PastWindows,
    /// Of a meter of money: what its charges are worth besides what is counted (millionths of a nano-unit).
    pub(super) fraction: i64,
    /// An operation has started in the window that is open, and all was used in it.
    pub(super) entered: bool,
    pub(super) exhausted: bool,
    /// Windows that have ended.
    pub(super) ended: EndedWindows,
    /// First instants since outcomes count: all was used, it had no room for an operation, it refused one.
    pub(super) full_at: Option<SimTime>,
    pub(super) lacking_at: Option<SimTime>,
    pub(super) refused_at: Option<SimTime>,
    /// By how much people have raised its amount.
    pub(super) raised: Credits,
    /// Whom its owner has asked to.
    pub(super) asking: MeterAsking,
    /// Reserved by operations of the trace, which no live operation stands for: their holds, or themselves at work.
    pub(super) in_trace: Credits,
}

/// People who are asked to raise a meter's amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct MeterAsking {
    /// Times that somebody was asked.
    pub(super) times: u32,
    /// An answer is awaited.
    pub(super) awaited: bool,
    /// After a no nobody is asked again before this.
    pub(super) not_before: Option<SimTime>,
}

/// What became of windows that have ended, of those with an operation in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct EndedWindows {
    pub(super) windows: u64,
    /// Of them, those in which all was used.
    pub(super) exhausted: u64,
    /// What was left at their ends, of so much in all; nothing of windows without an amount.
    pub(super) unused: Credits,
    pub(super) offered: Credits,
}

/// The fixed window that was found last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FixedWindow {
    of: Option<(Period, WindowAnchor)>,
    /// What cycles counted from then.
    cycle: SimTime,
    window: (SimTime, SimTime),
}

/// Local midnight of a Monday that begins a year: what windows of the calendar count from.
fn calendar_anchor(zone: &Zone) -> SimTime {
    zone.parse("2001-01-01").unwrap_or_default()
}

/// The window of a limit with fixed windows that contains the present.
fn fixed_window(every: Period, anchor: WindowAnchor, clock: WindowClock<'_>) -> (SimTime, SimTime) {
    let anchor = match anchor {
        WindowAnchor::Calendar => calendar_anchor(clock.zone),
        WindowAnchor::Cycle => clock.cycle,
        WindowAnchor::SignUp => clock.signed_up,
        WindowAnchor::At(at) => at,
    };
    let next = clock.zone.first_after(anchor, every, clock.now, MonthEnd::Clamp);
    let bound = |n: i64| clock.zone.nth(anchor, every, n, MonthEnd::Clamp);
    (bound(next - 1), bound(next))
}

/// How many parts a micro-credit is counted in.
pub(super) fn scale(window: LimitWindow) -> i128 {
    match window {
        LimitWindow::Refill { per, .. } => i128::from(per.micros().max(1)),
        _ => 1,
    }
}

impl LimitMeter {
    /// Brings the meter to the present: windows that have ended are closed, buckets have filled.
    /// `most` is how much its owner has room for.
    #[inline]
    pub(super) fn move_on(
        &mut self,
        window: LimitWindow,
        fixed: &mut FixedWindow,
        clock: WindowClock<'_>,
        most: impl FnOnce() -> Option<Credits>,
    ) {
        let now = clock.now;
        match window {
            LimitWindow::Life => {}
            LimitWindow::Fixed { every, anchor } => {
                // A cycle may begin anew before its end.
                let goes_on = Deliberate::LimitWindowsGoOn.is_made() && self.used > 0;
                if goes_on || anchor != WindowAnchor::Cycle && self.is_open(now) {
                    return;
                }
                let open = fixed.open_now((every, anchor), clock);
                if open != self.window {
                    self.window_ends(most);
                    (self.window, self.used, self.fraction) = (open, 0, 0);
                }
            }
            LimitWindow::FirstUse(_) => {
                if now >= self.window.1 {
                    if self.entered {
                        self.first_use_ends(u32::MAX, most());
                    }
                    (self.window, self.used, self.fraction) =
                        ((SimTime::default(), SimTime::default()), 0, 0);
                }
            }
            LimitWindow::Rolling(span) => {
                let kept = if Deliberate::RollingWindowsHalved.is_made() { 2 } else { 1 };
                let span = SimSpan::from_micros(span.micros() / kept);
                while let Some(&(at, amount)) = self.recent.front()
                    && now - at >= span
                {
                    self.used -= i128::from(amount.micros());
                    self.recent.pop_front();
                }
            }
            LimitWindow::Refill { amount, .. } => {
                let back = i128::from((now - self.window.0).micros()) * i128::from(amount.micros());
                let back = if Deliberate::BucketsNeverFill.is_made() { 0 } else { back };
                self.used = (self.used - back).max(0);
                self.window.0 = now;
            }
        }
    }

    /// An operation starts inside: a window that the first use opens is open. True if it has opened it.
    #[inline]
    pub(super) fn enter(&mut self, window: LimitWindow, now: SimTime) -> bool {
        self.entered = true;
        if let LimitWindow::FirstUse(span) = window
            && (!self.is_open(now) || Deliberate::FirstUseWindowsMove.is_made())
        {
            self.window = (now, now + span);
            return true;
        }
        false
    }

    /// The window that was open has ended.
    fn window_ends(&mut self, most: impl FnOnce() -> Option<Credits>) {
        if !self.entered {
            self.exhausted = false;
            return;
        }
        self.ended.windows += 1;
        if let Some(most) = most().map(|most| most + self.raised) {
            let used = Credits::from_micros(self.used as i64);
            self.exhausted |= used >= most;
            self.ended.unused += (most - used).positive_part();
            self.ended.offered += most;
        }
        self.ended.exhausted += u64::from(self.exhausted);
        (self.entered, self.exhausted) = (false, false);
    }

    /// The window that the first use had opened has ended, by itself or at a turn; charges of what started in it still add to it.
    fn first_use_ends(&mut self, closed: u32, most: Option<Credits>) {
        let (used, amount) = (Credits::from_micros(self.used as i64), most.map(|most| most + self.raised));
        self.past.push(PastWindow {
            opened: self.opened,
            closed,
            until: self.window.1,
            used,
            most: amount,
            exhausted: self.exhausted || amount.is_some_and(|most| used >= most),
            reported: true,
        });
        self.window_ends(|| most);
        (self.window, self.used) = ((SimTime::default(), SimTime::default()), 0);
    }

    /// Counts for an operation that started in a window that has ended; gives what was used of that before, and the window. None
    /// if it started in no window.
    pub(super) fn count_in_past(
        &mut self,
        entered: EnteredAt,
        amount: Credits,
        now: SimTime,
    ) -> Option<(Credits, PastWindow)> {
        let window = self.past.of(entered)?;
        let (before, unused) = (window.used, window.unused());
        window.used += amount;
        if window.is_filled_from(before) {
            self.full_at.get_or_insert(now);
            self.ended.exhausted += u64::from(window.reported && !window.exhausted);
            window.exhausted = true;
        }
        if window.reported {
            self.ended.unused -= unused - window.unused();
        }
        Some((before, *window))
    }

    /// All of its amount is used.
    pub(super) fn fills(&mut self, now: SimTime) {
        self.exhausted = true;
        self.full_at.get_or_insert(now);
    }

    /// It has no room for an operation, which it refuses or leaves to another limit. True the first time.
    pub(super) fn lacks(&mut self, now: SimTime, refuses: bool) -> bool {
        if refuses {
            self.refused_at.get_or_insert(now);
        }
        self.lacking_at.replace(self.lacking_at.unwrap_or(now)).is_none()
    }

    /// Outcomes count from now on.
    pub(super) fn begin_measuring(&mut self) {
        self.ended = EndedWindows::default();
        self.past.begin_measuring();
        (self.full_at, self.lacking_at, self.refused_at) = (None, None, None);
    }

    /// True if an instant is in the window that is open.
    #[inline]
    pub(super) fn is_open(&self, now: SimTime) -> bool {
        self.window.0 <= now && now < self.window.1
    }

    /// What is used, rounded up to a micro-credit.
    #[inline]
    pub(super) fn used(&self, window: LimitWindow) -> Credits {
        // Only buckets count in parts of a micro-credit: whoever counts whole ones divides by nothing.
        match window {
            LimitWindow::Refill { .. } => {
                let scale = scale(window);
                Credits::from_micros((self.used + scale - 1).div_euclid(scale) as i64)
            }
            _ => Credits::from_micros(self.used as i64),
        }
    }

    /// True if there is room.
    #[inline]
    pub(super) fn has_room(
        &self,
        window: LimitWindow,
        most: Credits,
        need: NeedOfRoom,
        reserved: Credits,
    ) -> bool {
        if Deliberate::LimitsIgnored.is_made() {
            return true;
        }
        let scale = scale(window);
        let micros = |credits: Credits| i128::from(credits.micros()) * scale;
        let used = self.used + micros(reserved);
        match need {
            // What has come back into a bucket counts in whole micro-credits.
            NeedOfRoom::Any => used + scale <= micros(most),
            NeedOfRoom::Whole(need) => used + micros(need) <= micros(most),
            NeedOfRoom::Newest(need) => need <= most,
        }
    }

    /// What is left of an amount besides what is used and reserved.
    pub(super) fn room_left(&self, window: LimitWindow, most: Credits, reserved: Credits) -> Credits {
        if Deliberate::LimitsIgnored.is_made() {
            return most;
        }
        (most - self.used(window) - reserved).positive_part()
    }

    /// The first instant after the present at which a window ends, or at which there is room beside what is reserved if
    /// nothing else is counted; none if there never is, or if there is room.
    pub(super) fn opens_at(
        &self,
        window: LimitWindow,
        most: Credits,
        (need, reserved): (NeedOfRoom, Credits),
        now: SimTime,
    ) -> Option<SimTime> {
        let empty = LimitMeter::default();
        if !empty.has_room(window, most, need, Credits::ZERO) {
            return None;
        }
        let ends = matches!(window, LimitWindow::Fixed { .. } | LimitWindow::FirstUse(_));
        if !ends && self.has_room(window, most, need, reserved) {
            return None;
        }
        let most = most - reserved;
        match window {
            LimitWindow::Life => None,
            LimitWindow::Fixed { .. } => Some(self.window.1),
            LimitWindow::FirstUse(_) => self.is_open(now).then_some(self.window.1),
            LimitWindow::Rolling(span) => {
                let mut left = LimitMeter { used: self.used, ..LimitMeter::default() };
                self.recent.iter().find_map(|(at, amount)| {
                    left.used -= i128::from(amount.micros());
                    left.has_room(window, most, need, Credits::ZERO).then_some(*at + span)
                })
            }
            LimitWindow::Refill { amount, .. } => {
                let scale = scale(window);
                let whole = i128::from(most.micros()) * scale;
                let room = match need {
                    NeedOfRoom::Any => whole - scale,
                    NeedOfRoom::Whole(need) | NeedOfRoom::Newest(need) => {
                        whole - i128::from(need.micros()) * scale
                    }
                };
                let (missing, a_micro) = (self.used - room, i128::from(amount.micros()));
                if room < 0 || missing <= 0 || a_micro <= 0 {
                    return None;
                }
                i64::try_from((missing + a_micro - 1) / a_micro)
                    .ok()
                    .map(|micros| now + SimSpan::from_micros(micros))
            }
        }
    }

    /// Nothing is used any more; `restart` closes a window that the first use has opened, of which so much could be used.
    pub(super) fn reset(
        &mut self,
        window: LimitWindow,
        (restart, most): (bool, Option<Credits>),
        (turn, now): (u32, SimTime),
    ) {
        (self.used, self.fraction, self.reset, self.since) = (0, 0, turn, now);
        self.recent.clear();
        if restart && matches!(window, LimitWindow::FirstUse(_)) && self.entered {
            self.first_use_ends(turn, most);
        }
    }

    /// What counts of charges that are worth so much: all that they have been worth, half-up, less what has been counted.
    pub(super) fn money_counted(&mut self, exact: i128) -> Credits {
        let whole = i128::from(self.fraction) + exact;
        let counted = to_nanos(whole);
        let rest = whole - i128::from(counted.micros()) * i128::from(MICROS_PER_CREDIT);
        self.fraction = i64::try_from(rest).unwrap_or(0);
        counted
    }

    /// The newest value takes the place of what is used.
    pub(super) fn replace(&mut self, value: Credits) {
        self.used = i128::from(value.micros());
    }

    /// True if what is counted at the present adds to a window that has ended.
    #[inline]
    pub(super) fn counts_in_past(&self, window: LimitWindow, now: SimTime) -> bool {
        matches!(window, LimitWindow::FirstUse(_)) && !self.is_open(now)
    }

    /// Counts at the present, in the window that is open.
    #[inline]
    pub(super) fn count(&mut self, window: LimitWindow, amount: Credits, now: SimTime) {
        self.used += i128::from(amount.micros()) * scale(window);
        if matches!(window, LimitWindow::Rolling(_)) {
            match self.recent.back_mut() {
                Some((at, last)) if *at == now => *last += amount,
                _ => self.recent.push_back((now, amount)),
            }
        }
    }

    /// Counts what was incurred at an earlier instant, if the window of that instant is open; false if it is not.
    pub(super) fn count_late(
        &mut self,
        window: LimitWindow,
        amount: Credits,
        (at, now): (SimTime, SimTime),
    ) -> bool {
        let open = match window {
            LimitWindow::Fixed { .. } | LimitWindow::FirstUse(_) => self.is_open(at),
            LimitWindow::Rolling(span) => now - at < span,
            LimitWindow::Refill { .. } | LimitWindow::Life => true,
        };
        if !open || at < self.since {
            return false;
        }
        self.used += i128::from(amount.micros()) * scale(window);
        if matches!(window, LimitWindow::Rolling(_)) {
            let place = self.recent.partition_point(|(counted, _)| *counted <= at);
            self.recent.insert(place, (at, amount));
        }
        true
    }
}

impl FixedWindow {
    /// The window that is open now.
    #[inline]
    pub(super) fn open_now(
        &mut self,
        of: (Period, WindowAnchor),
        clock: WindowClock<'_>,
    ) -> (SimTime, SimTime) {
        let open = self.window.0 <= clock.now && clock.now < self.window.1;
        if !open || self.of != Some(of) || self.cycle != clock.cycle {
            let window = fixed_window(of.0, of.1, clock);
            *self = FixedWindow { of: Some(of), cycle: clock.cycle, window };
        }
        self.window
    }
}
