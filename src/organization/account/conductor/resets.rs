//! Limits that begin anew before their windows end (docs/semantics.md §15).
//!
//! Owns when, and which banked reset prevents a refusal. Leaves what meters have counted to `meters`. Invariant: a banked reset
//! is used only if the operation then starts.

use crate::deliberate::Deliberate;
use crate::outcome::{EntryKind, EntryMeter, Reason};
use crate::policy::{LimitOwner, LimitReset, OnLimit, ResetTime, UsageLimit};
use crate::units::{Credits, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::gate::Check;
use super::super::meter_rules::{MeterRule, owner_under};
use super::State;
use super::limits::LackingRoom;

/// The limits of a plan that a reset names.
fn named<'e>(env: &'e Env, plan: usize, reset: &'e LimitReset) -> impl Iterator<Item = &'e UsageLimit> {
    env.terms(plan).limits.iter().filter(|limit| reset.limits.contains(&limit.name))
}

/// Those of them that the organization has switched on.
fn in_force<'e>(env: &'e Env, plan: usize, reset: &'e LimitReset) -> impl Iterator<Item = &'e MeterRule> {
    let limits = &env.terms(plan).limits;
    env.meter_rules(plan).iter().filter(|rule| reset.limits.contains(&limits[rule.place].name))
}

impl State {
    /// Schedules the resets that are written down, of any plan.
    pub(super) fn schedule_resets(&mut self, env: &Env) {
        let resets = env.policy.plans.iter().flat_map(|terms| &terms.resets);
        let mut instants: Vec<SimTime> = resets
            .flat_map(|reset| match &reset.when {
                ResetTime::At(instants) => instants.as_slice(),
                ResetTime::Banked(_) => &[],
            })
            .copied()
            .filter(|at| *at >= self.timers.now())
            .collect();
        instants.sort_unstable();
        instants.dedup();
        for at in instants {
            self.timers.schedule(at, (Class::Grant, 0, 0), TimerKind::LimitReset);
        }
    }

    /// Limits of the present plan begin anew for everybody.
    pub(super) fn reset_limits(&mut self, env: &Env) {
        let now = self.timers.now();
        let due =
            |reset: &&LimitReset| matches!(&reset.when, ResetTime::At(instants) if instants.contains(&now));
        let resets = env.terms(self.plan).resets.iter().filter(due);
        for reset in resets.filter(|_| !Deliberate::ResetsForgotten.is_made()) {
            let clock = self.window_clock(env);
            let mut meters = Vec::new();
            for rule in in_force(env, self.plan, reset) {
                let used = (self.meters.used(rule, 0, clock), Credits::ZERO);
                self.meters.reset((rule, None), reset.restart, clock);
                if self.books.is_read() && rule.per == LimitOwner::Organization {
                    meters.push(self.meter_entry((rule, 0), Some(used), clock));
                }
            }
            for limit in named(env, self.plan, reset) {
                let meter = meters.iter().find(|meter: &&EntryMeter| meter.limit == limit.id).copied();
                let reason = Reason::Limit(limit.id);
                self.note(EntryKind::LimitReset, Note { reason, meter, ..Note::default() });
            }
        }
        self.room_opens();
    }

    /// Uses a banked reset if there is one with which an operation that passes everything else finds room.
    pub(super) fn resets_instead(&mut self, env: &Env, slot: u32, lacking: LackingRoom) -> bool {
        let terms = env.terms(self.plan);
        let lacks = &terms.limits[lacking.limit];
        if lacks.on_limit != OnLimit::Reject {
            return false;
        }
        let helps = |place: &usize| terms.resets[*place].limits.contains(&lacks.name);
        (0..terms.resets.len()).filter(helps).any(|place| self.uses_banked(env, slot, place))
    }

    /// As `resets_instead`, by the reset at this place of the plan.
    fn uses_banked(&mut self, env: &Env, slot: u32, place: usize) -> bool {
        let terms = env.terms(self.plan);
        let reset = &terms.resets[place];
        let ResetTime::Banked(banked) = reset.when else { return false };
        let names_first = |limit: &&UsageLimit| Some(&limit.name) == reset.limits.first();
        let Some(first) = terms.limits.iter().find(names_first) else { return false };
        // Whichever of its limits refuses: the bank is that of the owner in the first of them.
        let Some(owner) = owner_under(first.per, self.asker(slot), &env.groups) else { return false };
        // Several resets that name one limit first have banks of their own, known by their order.
        let beside = |other: &&LimitReset| {
            matches!(other.when, ResetTime::Banked(_)) && other.limits.first() == reset.limits.first()
        };
        let nth = terms.resets[..place].iter().filter(beside).count() as u16;
        let before = self.meters.clone();
        let clock = self.window_clock(env);
        if !self.meters.take_banked((first.id, nth, owner), (banked, terms.month_end), clock) {
            return false;
        }
        let mut meters = Vec::new();
        for rule in in_force(env, self.plan, reset) {
            if let Some(owner) = rule.owner_outside(self.asker(slot)) {
                let used = (self.meters.used(rule, owner, clock), Credits::ZERO);
                self.meters.reset((rule, Some(owner)), reset.restart, clock);
                if self.books.is_read() {
                    meters.push(self.meter_entry((rule, owner), Some(used), clock));
                }
            }
        }
        let lacks = self.lacks_room(env, slot).is_some();
        if lacks || env.splits_charges && !matches!(self.check(env, slot), Check::Passes { .. }) {
            self.meters = before;
            return false;
        }
        for limit in named(env, self.plan, reset) {
            let meter = meters.iter().find(|meter: &&EntryMeter| meter.limit == limit.id).copied();
            let note = Note { reason: Reason::Limit(limit.id), meter, ..Note::by(self.whose(slot)) };
            self.note(EntryKind::LimitReset, note);
        }
        true
    }
}
