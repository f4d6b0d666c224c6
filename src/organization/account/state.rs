//! Everything about an account that changes, and the loop over what is due.

use crate::outcome::{AccountSample, EntryKind};
use crate::units::{Credits, SimTime};

use super::super::LawViolation;
use super::books::{AccountBooks, Journal, Note, UndoBook, Whose};
use super::calm::{BulkInterval, CourseHold};
use super::changes::Changes;
use super::counts::Counts;
use super::customer::Customer;
use super::cycle::Cycle;
use super::env::Env;
use super::flight::LiveOperations;
use super::follow::SlotSet;
use super::gate::Gate;
use super::issuance::Issuance;
use super::light::{FastPath, short_ways};
use super::money::MoneyBook;
use super::pace::Pace;
use super::restart::Restarts;
use super::shop::Shop;
use super::timers::Timers;
use super::views::Views;
use super::watch::Watch;
use super::ways::WaysTaken;

/// Everything about an account that changes.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) plan: usize,
    pub(super) books: AccountBooks,
    pub(super) flight: LiveOperations,
    /// Per feature: whether and how its operations may take the short way.
    pub(super) short_ways: Vec<FastPath>,
    pub(super) calm: BulkInterval,
    pub(super) timers: Timers,
    pub(super) restarts: Restarts,
    /// Per slot of the course: the hold of its operation.
    pub(super) holds_in_course: Vec<CourseHold>,
    /// Slots of the course whose operations take the long way or were turned away: their ends mean nothing here.
    pub(super) passed_over: SlotSet,
    /// Per feature: the estimate of every operation, if it is always the same and so counted a stretch at a time.
    pub(super) estimates_ahead: Vec<Option<Credits>>,
    /// End of the organization's life: no clock of the tally runs beyond it.
    pub(super) leaves: SimTime,
    pub(super) gate: Gate,
    pub(super) watch: Watch,
    pub(super) shop: Shop,
    pub(super) topping_up: bool,
    pub(super) killing: bool,
    pub(super) issuance: Issuance,
    pub(super) money: MoneyBook,
    pub(super) cycle: Cycle,
    pub(super) changes: Changes,
    pub(super) customer: Customer,
    pub(super) counts: Counts,
    /// The account is being opened: no change of balance is reacted to.
    pub(super) opening: bool,
    pub(super) pace: Pace,
    pub(super) ways: WaysTaken,
    pub(super) fault: Option<(SimTime, String)>,
}

fn new_books(env: &Env) -> AccountBooks {
    let terms = env.terms(env.first_plan);
    let life = (env.birth, env.traits.leaves);
    let journal = Journal::new(super::finish::auditor(env), env.detail.journal);
    AccountBooks::new(
        terms,
        env.world.features.len(),
        life,
        UndoBook::new(env.charged_early.contains(&true)),
        journal,
    )
}

impl State {
    /// An account that is opened.
    pub(super) fn opened(env: &Env) -> State {
        let mut state = State::new(env);
        state.open(env);
        state
    }

    /// True if operations of some feature may take the fast path or be part of bulk intervals.
    pub(super) fn takes_shortcuts(&self) -> bool {
        self.short_ways.iter().any(|way| way.open)
    }

    fn new(env: &Env) -> State {
        let features = env.world.features.len();
        let terms = env.terms(env.first_plan);
        let life = (env.birth, env.traits.leaves);
        let short_ways = short_ways(env);
        State {
            plan: env.first_plan,
            books: new_books(env),
            flight: LiveOperations::default(),
            calm: BulkInterval::new(env, &short_ways),
            short_ways,
            timers: Timers::new(env.world.start, env.world.end),
            restarts: Restarts::default(),
            holds_in_course: Vec::new(),
            passed_over: SlotSet::default(),
            estimates_ahead: super::calm::estimates_ahead(env),
            leaves: env.traits.leaves,
            gate: Gate::new(features, life),
            watch: Watch::new(features, terms.alerts.len(), life),
            shop: Shop::new(super::top_up::adopted(env, env.first_plan)),
            topping_up: false,
            killing: false,
            issuance: Issuance::default(),
            money: MoneyBook::default(),
            cycle: Cycle::new(env.birth, env.traits.signed_up, terms.cycle.every),
            changes: Changes::default(),
            customer: Customer::new(features),
            counts: super::finish::new_counts(env),
            opening: false,
            pace: Pace::default(),
            ways: WaysTaken::default(),
            fault: None,
        }
    }

    /// The three balances.
    #[inline]
    pub(super) fn views(&self) -> Views {
        self.books.views()
    }

    /// Whose operation is in a slot.
    pub(super) fn whose(&self, slot: u32) -> Whose {
        self.flight[slot].whose()
    }

    /// Writes an entry into the journal.
    #[inline]
    pub(super) fn note(&mut self, kind: EntryKind, note: Note) {
        self.books.note(self.timers.now(), kind, note);
    }

    pub(super) fn take_sample(&mut self, instant: SimTime) {
        let (demanded, refused) = self.counts.demand();
        let lots = self.books.ledger();
        let sample = AccountSample {
            available: self.views().available,
            debt: lots.debt(),
            held: lots.held(),
            demanded,
            refused,
            cash: self.money.cash(),
            recognized: self.money.recognized_measured(lots, instant),
            deferred: self.money.deferred(lots, instant),
            expired: self.books.expired(),
        };
        self.counts.sample(sample);
    }

    /// Gives a slot back; whatever is still scheduled for it becomes stale.
    pub(super) fn free_slot(&mut self, slot: u32) {
        self.books.forget(self.flight.free_slot(slot));
    }

    pub(super) fn fail(&mut self, what: String) {
        self.fail_at(self.timers.now(), what);
    }

    pub(super) fn fail_at(&mut self, at: SimTime, what: String) {
        self.fault.get_or_insert((at, what));
    }

    pub(super) fn take_fault(&mut self, env: &Env) -> Result<(), LawViolation> {
        match self.fault.take() {
            None => Ok(()),
            Some((at, what)) => Err(LawViolation {
                policy: env.policy.name.clone(),
                organization: env.world.name_of(env.id(), &env.traits.label),
                at,
                what,
            }),
        }
    }
}
