//! Limits that a person raises where they stop somebody (docs/semantics.md §15.12).
//!
//! Owns whom is asked and what follows from the answer. Leaves what has been asked and raised to `meters`. Invariants: one answer a
//! meter is awaited at a time; the n-th time that an owner asks for a limit has one answer and one delay, alike under every policy.

use crate::outcome::{EntryKind, Reason};
use crate::policy::{RaiseBy, RaiseOnRequest};
use crate::sampling::Purpose;
use crate::units::{Credits, SimSpan};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::meters::RaiseAnswer;
use super::State;
use super::limits::LackingRoom;

/// Draws of the delay are told apart from those of the answer by this.
const DELAY: u64 = 1 << 32;

impl State {
    /// An operation has no room under a limit that people raise: somebody is asked. True if the answer comes at once and the
    /// operation has room under this limit now.
    pub(super) fn asks_for_room(&mut self, env: &Env, slot: u32, lacking: LackingRoom) -> bool {
        let limit = &env.terms(self.plan).limits[lacking.limit];
        let rule = env.meter_rules(self.plan).iter().find(|rule| rule.place == lacking.limit);
        let (Some(asked), Some(rule)) = (&limit.ask, rule) else { return false };
        let (owner, clock) = (lacking.owner, self.window_clock(env));
        let Some(number) = self.meters.ask(rule, owner, clock) else { return false };
        self.counts.limit(limit.id).asks();
        let reason = Reason::Limit(limit.id);
        let meter = self.meter_of_reason(env, slot, reason);
        self.note(EntryKind::RaiseAsked, Note { reason, meter, ..Note::by(self.whose(slot)) });
        let (raise, delay) = drawn(env, &limit.name, asked, (owner, number), lacking.stated);
        let index = self.meters.await_answer(RaiseAnswer { limit: limit.id, owner, raise });
        if !delay.is_zero() {
            let (at, order) = (self.timers.now() + delay, (Class::Grant, 0, 2));
            self.timers.schedule(at, order, TimerKind::RaiseAnswered(index));
            return false;
        }
        self.raise_answered(env, index);
        let checked = self.check(env, slot);
        let still = self.stopped_by_limit(env, slot, checked);
        still.is_none_or(|still| (still.limit, still.owner) != (lacking.limit, owner))
    }

    /// A person says whether there is more room: from now on, for good.
    pub(super) fn raise_answered(&mut self, env: &Env, index: u32) {
        let RaiseAnswer { limit, owner, raise } = self.meters.answered(index);
        let reason = Reason::Limit(limit);
        let Some(credits) = raise else {
            let meter = self.meter_of_owner(env, (limit, owner));
            self.note(EntryKind::RaiseRefused, Note { reason, meter, ..Note::default() });
            return;
        };
        let clock = self.window_clock(env);
        if let Some(rule) = env.meter_rules(self.plan).iter().find(|rule| rule.id == limit) {
            // Windows that have ended had the amount of then.
            self.meters.used(rule, owner, clock);
        }
        self.meters.raise(limit, owner, credits);
        self.counts.limit(limit).raised(credits);
        let meter = self.meter_of_owner(env, (limit, owner));
        self.note(EntryKind::LimitRaised, Note { reason, credits, meter, ..Note::default() });
        self.room_opens();
    }
}

/// By how much the amount is raised, if it is, and how long nobody knows.
fn drawn(
    env: &Env,
    limit: &str,
    asked: &RaiseOnRequest,
    (owner, number): (u16, u32),
    stated: Credits,
) -> (Option<Credits>, SimSpan) {
    let key = env.key.name("limit").name(limit).name("raise");
    let (owner, number) = (u64::from(owner), u64::from(number));
    let agrees = asked.probability.holds(key.uniform(Purpose::Reaction, owner, number));
    let by = match asked.raise {
        RaiseBy::Amount(by) => by,
        RaiseBy::Share(share) => stated.scale_floor(crate::units::round_half_up(share, 1e9), 1_000_000_000),
    };
    // Raised by nothing there is no more room than before: whoever waits would ask again at once, for ever.
    let agrees = agrees && by.is_positive();
    let mut stream = key.keyed(Purpose::Reaction, owner, number | DELAY);
    (agrees.then_some(by), SimSpan::from_seconds_f64(asked.delay.sample(&mut stream)))
}
