//! People who are asked to raise an amount (docs/semantics.md §15.12).

use crate::policy::{RaiseBy, StatedAmount};
use crate::sampling::Purpose;
use crate::units::{Credits, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::cycle::share_down;
use super::facts::{EntryKind, Fact, Reason};
use super::limits_check::Stop;
use super::limits_meters::Owner;

/// An answer that is to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedAnswer {
    meter: usize,
    /// A yes raises the amount by so much.
    raise: Option<Credits>,
}

/// Whom an owner has asked for more.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct JudgedAsking {
    times: u64,
    awaited: bool,
    /// After a no, until the window ends in which it was asked; for ever where none ends.
    not_before: Option<SimTime>,
}

/// The number of an owner among those of its kind.
fn number_of(owner: Owner) -> u64 {
    match owner {
        Owner::Organization => 0,
        Owner::Group(number) | Owner::Member(number) | Owner::Project(number) => u64::from(number),
    }
}

impl Judged<'_> {
    /// Somebody is asked for room. True if the answer comes at once and this limit has room then.
    pub fn asks_for_room(&mut self, work: usize, place: usize) -> bool {
        let limit = &self.terms().limits[place];
        let (Some(ask), Some(owner)) = (&limit.ask, self.inside(work, limit)) else { return false };
        let meter = self.meter(limit.id, owner);
        let asking = self.meters.all[meter].asking;
        if asking.awaited || asking.not_before.is_some_and(|until| self.now < until) {
            return false;
        }
        let fact = self.fact_of(work, EntryKind::RaiseAsked).because(Reason::Limit(limit.id));
        self.say(fact);
        let key = self.case.key.name("limit").name(&limit.name).name("raise");
        let says_yes = ask.probability.holds(key.uniform(Purpose::Reaction, number_of(owner), asking.times));
        let mut stream = key.keyed(Purpose::Reaction, number_of(owner), asking.times | 1 << 32);
        let delay = SimSpan::from_seconds_f64(ask.delay.sample(&mut stream));
        let stated = match self.stated_amount(limit, owner) {
            StatedAmount::Most(stated) => stated,
            StatedAmount::Unsaid | StatedAmount::Unlimited => Credits::ZERO,
        };
        let by = match ask.raise {
            RaiseBy::Amount(by) => by,
            RaiseBy::Share(share) => share_down(stated, share),
        };
        let window = self.fixed_window(limit).or_else(|| self.open_first_use(limit, meter));
        let not_before = Some(window.map_or(SimTime::MAX, |(_, until)| until));
        self.meters.all[meter].asking = JudgedAsking { times: asking.times + 1, awaited: true, not_before };
        let answer = self.meters.answers.len();
        self.meters.answers.push(JudgedAnswer { meter, raise: (says_yes && by.is_positive()).then_some(by) });
        if !delay.is_zero() {
            self.to_come.add(self.now + delay, (0, 0, 2), Coming::RaiseAnswered { answer });
            return false;
        }
        self.raise_is_answered(answer);
        !matches!(self.what_stops(work, None), Some(Stop::Limit(still)) if still == place)
    }

    /// A person says yes or no.
    pub fn raise_is_answered(&mut self, answer: usize) {
        let JudgedAnswer { meter, raise } = self.meters.answers[answer];
        let reason = Reason::Limit(self.meters.all[meter].id);
        self.meters.all[meter].asking.awaited = false;
        let Some(by) = raise else {
            self.say(Fact::new(self.now, EntryKind::RaiseRefused).because(reason));
            return;
        };
        self.ended_windows_keep_amounts();
        self.meters.all[meter].asking.not_before = None;
        self.meters.all[meter].raised += by;
        self.say(Fact::new(self.now, EntryKind::LimitRaised).of(by).because(reason));
        self.room_comes();
    }
}
