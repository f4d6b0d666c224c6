//! The conductor: what happens to an account, in order, and what follows from it.
//!
//! Owns the parts of an account and sees two of them at once; each file beside this one holds one concern: `trace`,
//! `in_bulk`, `reach`, `metered` and `fast` (the trace of plain operations), `instants` (what is due of the account's own),
//! `opening`, `closing`, `grants`, `billing`, `overage` and `invoicing` (credits and money given, debt), `paying_back` (and taken back), `months` (books by month), `plan_change`,
//! `prorate`, `seats` and `rules` (another plan, other members, other rules), `attempt`, `own_rule`, `restart`, `rates` and `react` (admission, prices and what customers do),
//! `work`, `charging` and `refunding` (operations in flight and what they owe), `limits`, `ceilings` and `quantities` (room for work, and what of it is counted), `change` (what follows a posting),
//! `answering` (which answers are under way), `top_up` and `purchase` (credits bought), `pace`, `finish`; `shadow` goes another way beside it and compares. Leaves every balance, counter and
//! list to the part that owns it. These files are one state machine: a change of balance may buy credits, which is a
//! change of balance. Invariants: time never runs back; an effect without delay is carried out inside its cause.

mod answering;
mod asking;
mod attempt;
mod audited_limits;
mod billing;
mod ceilings;
mod change;
mod charging;
mod closing;
mod fast;
mod finish;
mod grants;
mod in_bulk;
mod instants;
mod invoicing;
mod limit_notes;
mod limit_rows;
mod limits;
mod metered;
mod months;
mod opening;
mod overage;
mod own_rule;
mod pace;
mod paying_back;
mod plan_change;
mod prorate;
mod purchase;
mod quantities;
mod rates;
mod reach;
mod react;
mod refunding;
mod resets;
mod restart;
mod rules;
mod seats;
mod shadow;
mod top_up;
mod trace;
mod work;

use crate::outcome::{AccountSample, EntryKind};
use crate::policy::Spender;
use crate::units::{Credits, FeatureIndex, SimTime};

use super::super::{EntryRule, LawViolation};
use super::Balances;
use super::books::{AccountBooks, Journal, Note, UndoBook, Whose};
use super::bulk::BulkInterval;
use super::changes::Changes;
use super::counts::Counts;
use super::customer::Customer;
use super::cycle::Cycle;
use super::env::Env;
use super::flight::LiveOperations;
use super::gate::Gate;
use super::issuance::Issuance;
use super::meter_rules::closed_by_ceilings;
use super::meters::Meters;
use super::money::MoneyBook;
use super::shop::Shop;
use super::timers::Timers;
use super::views::Views;
use super::watch::Watch;
use super::ways::WaysTaken;
use answering::Answering;
use fast::{FastPath, fast_paths};
use metered::LimitsAhead;
use pace::Pace;
use restart::Restarts;

pub(super) use fast::takes_shortcuts;
pub use shadow::Scrutiny;
pub(super) use shadow::Shadow;

/// Everything about an account that changes.
#[derive(Debug, Clone)]
pub(super) struct State {
    plan: usize,
    books: AccountBooks,
    flight: LiveOperations,
    /// Per feature: whether and how its operations may take the fast path.
    fast_paths: Vec<FastPath>,
    bulk: BulkInterval,
    timers: Timers,
    restarts: Restarts,
    /// Per feature: the estimate of every operation, if it is always the same and so counted a piece of the trace at a time.
    estimates_ahead: Vec<Option<Credits>>,
    gate: Gate,
    meters: Meters,
    limits_ahead: LimitsAhead,
    watch: Watch,
    shop: Shop,
    /// What is being answered just now.
    answering: Answering,
    issuance: Issuance,
    money: MoneyBook,
    cycle: Cycle,
    changes: Changes,
    customer: Customer,
    counts: Counts,
    pace: Pace,
    ways: WaysTaken,
    fault: Option<(SimTime, String)>,
}

fn new_books(env: &Env) -> AccountBooks {
    let terms = env.terms(env.first_plan);
    let life = (env.birth, env.traits.leaves);
    let journal = Journal::new(finish::auditor(env), env.detail.journal);
    let mut books = AccountBooks::new(
        terms,
        env.world.features.len(),
        life,
        (env.scopes.clone(), env.groups.clone()),
        UndoBook::new(env.charged_early.contains(&true)),
        journal,
    );
    books.split_charges(env.splits_charges);
    books.keep_from_debt(closed_by_ceilings(env.meter_rules(env.first_plan)));
    books
}

impl State {
    /// An account that is opened.
    pub(super) fn opened(env: &Env) -> State {
        let mut state = State::new(env);
        state.open(env);
        state
    }

    /// How the operations of a feature have to enter the trace for this account.
    pub(super) fn entry(&self, env: &Env, feature: usize) -> EntryRule {
        fast::entry(env, self.fast_paths[feature], FeatureIndex(feature as u16))
    }

    /// Which way operations have gone so far.
    pub(super) fn ways(&self) -> WaysTaken {
        self.ways
    }

    /// The present instant: everything before it has been handled.
    pub(super) fn now(&self) -> SimTime {
        self.timers.now()
    }

    /// The balances, and what they are made of.
    pub(super) fn balances(&self) -> Balances {
        let (Views { settled, available, ongoing }, ledger) = (self.views(), self.books.ledger());
        Balances { settled, available, ongoing, debt: ledger.debt(), held: ledger.held() }
    }

    fn new(env: &Env) -> State {
        let features = env.world.features.len();
        let terms = env.terms(env.first_plan);
        let life = (env.birth, env.traits.leaves);
        let fast_paths = fast_paths(env);
        let joinings = in_bulk::joinings(env, &fast_paths);
        State {
            plan: env.first_plan,
            books: new_books(env),
            flight: LiveOperations::default(),
            bulk: BulkInterval::new(&joinings),
            fast_paths,
            timers: Timers::new(env.world.start, env.world.end),
            restarts: Restarts::default(),
            estimates_ahead: in_bulk::estimates_ahead(env),
            gate: Gate::new(features, life),
            meters: Meters::default(),
            limits_ahead: LimitsAhead::new(env, &joinings),
            watch: Watch::new(
                (features, env.spenders.iter().map(|class| class.members).collect()),
                terms.alerts.len(),
                env.traits.leaves,
            ),
            shop: Shop::new(top_up::adopted(env, env.first_plan)),
            answering: Answering::default(),
            issuance: Issuance::default(),
            money: MoneyBook::default(),
            cycle: Cycle::new(env.birth, env.traits.signed_up, terms.cycle.every),
            changes: Changes::default(),
            customer: Customer::new(features),
            counts: finish::new_counts(env),
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

    /// The three balances over the lots that the operation in a slot may burn.
    #[inline]
    pub(super) fn views_for(&self, slot: u32) -> Views {
        if !self.books.ledger().has_scopes() {
            return self.views();
        }
        self.books.views_for(self.spender(slot))
    }

    /// What scopes see of the operation in a slot.
    #[inline]
    pub(super) fn spender(&self, slot: u32) -> Spender {
        self.books.spender_of(self.flight[slot].whose())
    }

    /// Whose operation is in a slot.
    pub(super) fn whose(&self, slot: u32) -> Whose {
        self.flight[slot].whose()
    }

    /// Writes an entry about the operation of a slot into the journal; it is put together only if somebody reads it.
    #[inline]
    pub(super) fn note_by(&mut self, kind: EntryKind, slot: u32, entry: impl FnOnce(Note) -> Note) {
        if self.books.is_read() {
            self.note(kind, entry(Note::by(self.whose(slot))));
        }
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
            purchases: self.counts.purchases(),
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
            Some((at, what)) => Err(env.violation(at, what)),
        }
    }
}
