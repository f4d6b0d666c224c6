//! Limits begin anew before their windows end (docs/semantics.md §15.10).

use crate::calendar::MonthEnd;
use crate::policy::{BankedResets, LimitReset, ResetTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Fact, Reason};
use super::limits_meters::Bank;
use super::limits_money::WorthCounted;

impl Judged<'_> {
    /// Resets at instants hold for everybody.
    pub fn schedule_resets(&mut self) {
        let policy = self.case.policy;
        for reset in policy.plans.iter().flat_map(|terms| &terms.resets) {
            let ResetTime::At(instants) = &reset.when else { continue };
            for &at in instants {
                if at >= self.now && !self.to_come.has(at, |what| what == Coming::LimitsReset) {
                    self.to_come.add(at, (0, 0, 0), Coming::LimitsReset);
                }
            }
        }
    }

    pub fn limits_reset(&mut self) {
        let terms = self.terms();
        for reset in &terms.resets {
            let ResetTime::At(instants) = &reset.when else { continue };
            if instants.contains(&self.now) {
                self.begin_anew(reset, None);
            }
        }
        self.look_at_queue();
        self.room_has_come();
    }

    /// Nothing is used any more of the limits that a reset names: of everybody's, or those of whom an operation is of.
    fn begin_anew(&mut self, reset: &LimitReset, of: Option<usize>) {
        let terms = self.terms();
        for limit in terms.limits.iter().filter(|limit| reset.limits.contains(&limit.name)) {
            let owner = of.map(|work| self.owner_of(work, limit));
            if owner != Some(None) {
                self.meters.begun_anew.push((limit.id, owner.flatten(), self.now));
            }
            for place in 0..self.meters.all.len() {
                let meter = &mut self.meters.all[place];
                if meter.id != limit.id || owner.is_some_and(|owner| owner != Some(meter.owner)) {
                    continue;
                }
                meter.counted.iter_mut().for_each(|counted| counted.forgotten = true);
                meter.flows.clear();
                meter.worth = WorthCounted::default();
                self.window_begins_anew(limit, place, reset.restart);
            }
            let fact = match of {
                Some(work) => self.fact_of(work, EntryKind::LimitReset),
                None => Fact::new(self.now, EntryKind::LimitReset),
            };
            self.say(fact.because(Reason::Limit(limit.id)));
        }
    }

    /// Uses the oldest banked reset that lets an operation start which a limit refuses.
    pub fn banked_reset_helps(&mut self, work: usize, place: usize) -> bool {
        let terms = self.terms();
        let limit = &terms.limits[place];
        let mut passed: Vec<&String> = Vec::new();
        for reset in &terms.resets {
            let ResetTime::Banked(banked) = reset.when else { continue };
            // Those that name one limit first have banks of their own.
            let nth = passed.iter().filter(|name| ***name == reset.limits[0]).count();
            passed.push(&reset.limits[0]);
            if !reset.limits.contains(&limit.name) {
                continue;
            }
            let Some(first) = terms.limits.iter().find(|other| other.name == reset.limits[0]) else {
                continue;
            };
            let Some(owner) = self.owner_of(work, first) else { continue };
            let bank = (first.id, nth, owner);
            let Some(issue) = self.oldest_banked(banked, bank) else { continue };
            if self.what_stops(work, Some(reset)).is_none() {
                self.meters.used_resets.push((bank, issue));
                self.begin_anew(reset, Some(work));
                return true;
            }
        }
        false
    }

    /// The number of the oldest issue of which a reset can be used.
    fn oldest_banked(&self, banked: BankedResets, bank: Bank) -> Option<i64> {
        let mut number = 0;
        loop {
            let given = match banked.every {
                Some(every) => self.case.zone.nth(self.case.traits.signed_up, every, number, MonthEnd::Clamp),
                None if number == 0 => self.case.traits.signed_up,
                None => return None,
            };
            if given > self.now {
                return None;
            }
            let ended = banked
                .expires_after
                .is_some_and(|after| self.case.zone.add(given, after, self.terms().month_end) <= self.now);
            let used = self.meters.used_resets.iter().filter(|used| **used == (bank, number)).count();
            if !ended && used < banked.number as usize {
                return Some(number);
            }
            number += 1;
        }
    }
}
