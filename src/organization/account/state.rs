//! Everything about an account that changes, and the loop over what is due.

use std::collections::{BinaryHeap, VecDeque};

use crate::calendar::Period;
use crate::ledger::HoldId;
use crate::outcome::{AccountSample, CycleRow, EntryKind, Tally};
use crate::units::{Credits, FeatureIndex, Money, SimTime};
use crate::workload::{Operation, RunPart};

use super::super::LawViolation;
use super::super::agenda::Agenda;
use super::books::{AccountBooks, ChargePart, Journal, Note, UndoBook, Whose};
use super::calm::{BulkInterval, CourseHold};
use super::env::Env;
use super::events::{Due, Timer};
use super::follow::SlotSet;
use super::grants::GrantBook;
use super::light::{FastPath, short_ways};
use super::money::MoneyBook;
use super::pace::Pace;
use super::purchase::PurchaseBook;
use super::react::RefusalBook;
use super::restart::Restarts;
use super::top_up::TopUpState;
use super::views::Views;
use super::ways::WaysTaken;

/// Where an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// The slot is free.
    #[default]
    Free,
    /// Between a decision and the next.
    Deciding,
    /// In the queue.
    Queued,
    /// Waiting for credits.
    Waiting,
    /// Waiting for its next attempt.
    Retrying,
    /// At work.
    InFlight,
    /// Ended, but a charge or a hold of it is still open.
    Settling,
}

/// One operation that is alive in the account.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveOperation {
    pub(super) operation: Operation,
    pub(super) parts: Vec<RunPart>,
    /// The feature that serves it: its own, or a substitute's.
    pub(super) serves: FeatureIndex,
    /// True cost of what serves it.
    pub(super) cost: Credits,
    /// The estimate made at its arrival.
    pub(super) estimate: Credits,
    pub(super) generation: u32,
    pub(super) attempt: u32,
    pub(super) phase: Phase,
    pub(super) hold: Option<HoldId>,
    /// Whether the operation was admitted by a hold.
    pub(super) had_hold: bool,
    /// Amount of its hold, extensions included.
    pub(super) held: Credits,
    pub(super) started: SimTime,
    pub(super) part: u16,
    pub(super) part_started: SimTime,
    /// The present part is done and counted in `finished`; the next has not begun.
    pub(super) part_done: bool,
    pub(super) segment: u16,
    /// Cost of finished parts.
    pub(super) finished: Credits,
    /// Incurred so far, before rounding.
    pub(super) incurred: Credits,
    /// Owed so far.
    pub(super) due: Credits,
    /// Charged so far, recorded or not.
    pub(super) charged: Credits,
    pub(super) absorbed: Credits,
    /// What its charges took, as far as they may be given back.
    pub(super) taken: Vec<ChargePart>,
    /// Of `charged`: by its hold's timeout.
    pub(super) by_timeout: Credits,
    /// To be given back once all its charges are recorded.
    pub(super) to_refund: Credits,
    /// One of its charges has raised the overspend.
    pub(super) overspent: bool,
    /// It had waited, and started at one instant with others that had.
    pub(super) bunched: bool,
    /// Charges not yet recorded.
    pub(super) unrecorded: u16,
    /// The final charge has been made (or lost).
    pub(super) settled: bool,
    /// How it ended, once class 5 has decided.
    pub(super) verdict: super::work::EndDecision,
    /// Its row in `operations.csv` plus one; 0 is none.
    pub(super) row: u32,
    /// The reactive client that waits for its end, plus one; 0 is none.
    pub(super) client: u32,
}

impl LiveOperation {
    /// Takes over an operation that arrives, keeping the slot's generation and the memory of its parts.
    pub(super) fn begin(&mut self, operation: &Operation, parts: &[RunPart], estimate: Credits, client: u32) {
        self.operation = *operation;
        self.parts.clear();
        self.parts.extend_from_slice(parts);
        self.serves = operation.feature;
        self.cost = operation.cost;
        self.estimate = estimate;
        self.attempt = 1;
        self.phase = Phase::Deciding;
        self.hold = None;
        self.had_hold = false;
        self.held = Credits::ZERO;
        self.segment = 0;
        self.finished = Credits::ZERO;
        self.incurred = Credits::ZERO;
        self.due = Credits::ZERO;
        self.charged = Credits::ZERO;
        self.absorbed = Credits::ZERO;
        self.taken.clear();
        self.by_timeout = Credits::ZERO;
        self.to_refund = Credits::ZERO;
        self.overspent = false;
        self.bunched = false;
        self.part = 0;
        self.part_done = false;
        self.unrecorded = 0;
        self.settled = false;
        self.verdict = super::work::EndDecision::GoesOn;
        self.row = 0;
        self.client = client;
    }
}

/// The operation behind a change of balance: whose feature may be silent, and who may have to ask for credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChangeCause {
    pub(super) feature: FeatureIndex,
    pub(super) member: u16,
}

impl LiveOperation {
    pub(super) fn cause(&self) -> ChangeCause {
        ChangeCause { feature: self.operation.feature, member: self.operation.member }
    }

    /// It waits: in the queue, for credits, or for its next attempt.
    pub(super) fn waits(&self) -> bool {
        matches!(self.phase, Phase::Queued | Phase::Waiting | Phase::Retrying)
    }
}

/// A charge that has been incurred but not yet recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnrecordedCharge {
    pub(super) slot: u32,
    pub(super) amount: Credits,
    pub(super) last: bool,
    pub(super) segment: u16,
}

/// Everything about an account that changes.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) now: SimTime,
    pub(super) plan: usize,
    pub(super) books: AccountBooks,
    pub(super) work: Vec<LiveOperation>,
    pub(super) free: Vec<u32>,
    /// Per feature: whether and how its operations may take the short way.
    pub(super) short_ways: Vec<FastPath>,
    pub(super) calm: BulkInterval,
    pub(super) due: Agenda<Due>,
    pub(super) timers: BinaryHeap<Timer>,
    /// The earliest of the timers and the next sample.
    pub(super) next_timer: SimTime,
    pub(super) timer_ordinal: u32,
    pub(super) records: Vec<UnrecordedCharge>,
    pub(super) free_records: Vec<u32>,
    /// Work was resumed at this instant: class 8 is due now.
    pub(super) resume: bool,
    /// Credits arrived at this instant: waiting operations retry now.
    pub(super) arrived: bool,
    pub(super) queue: VecDeque<u32>,
    pub(super) restarts: Restarts,
    pub(super) waiting: Vec<u32>,
    pub(super) in_flight: u32,
    /// Those of them on the short way, per feature.
    pub(super) light_in_flight: Vec<u64>,
    /// Per slot of the course: the hold of its operation.
    pub(super) holds_in_course: Vec<CourseHold>,
    /// Slots of the course whose operations take the long way or were turned away: their ends mean nothing here.
    pub(super) passed_over: SlotSet,
    /// The next event of the course, if it is an end: place in time.
    pub(super) next_in_course: (SimTime, u64),
    /// Per feature: the estimate of every operation, if it is always the same and so counted a stretch at a time.
    pub(super) estimates_ahead: Vec<Option<Credits>>,
    pub(super) in_flight_of: Vec<u32>,
    /// End of the organization's life: no clock of the tally runs beyond it.
    pub(super) leaves: SimTime,
    pub(super) in_flight_since: SimTime,
    /// Balances above this cross nothing.
    pub(super) watch: Credits,
    pub(super) watch_stale: bool,
    /// Per feature: the view below which its check fails for its expected cost.
    pub(super) blocking: Vec<Option<Credits>>,
    pub(super) blocked: Vec<bool>,
    pub(super) any_blocked: bool,
    pub(super) blocked_since: SimTime,
    pub(super) alerts_armed: Vec<bool>,
    pub(super) alerted_at: Option<SimTime>,
    pub(super) last_alert: Option<SimTime>,
    pub(super) top_ups: Vec<TopUpState>,
    pub(super) topping_up: bool,
    pub(super) recent_top_ups: [SimTime; 5],
    pub(super) killing: bool,
    pub(super) purchases: PurchaseBook,
    pub(super) grants: GrantBook,
    pub(super) refusals: RefusalBook,
    pub(super) money: MoneyBook,
    pub(super) cycle: CycleState,
    /// Changes of rules to come, in the order of their instants, then of the file.
    pub(super) rule_changes: VecDeque<(SimTime, usize)>,
    /// Those that have come.
    pub(super) rules_changed: Vec<usize>,
    /// The edition of the rules in force.
    pub(super) edition: usize,
    /// Changes of plan to come, in the order of their instants, then of the file.
    pub(super) plan_changes: VecDeque<(SimTime, u32)>,
    pub(super) history: Vec<CostHistory>,
    /// Next number of each feature's reactive clients' operations.
    pub(super) client_numbers: Vec<(FeatureIndex, u32, u32)>,
    pub(super) client_sequence: Vec<u32>,
    /// The reactive client whose operation arrives just now, plus one; 0 is none.
    pub(super) client_arriving: u32,
    pub(super) churned: bool,
    pub(super) measuring: bool,
    pub(super) next_sample: usize,
    pub(super) tally: Tally,
    /// Charged for operations that have ended, or absorbed by the vendor.
    pub(super) ended_paid: Credits,
    /// The account is being opened: no change of balance is reacted to.
    pub(super) opening: bool,
    pub(super) pace: Pace,
    pub(super) ways: WaysTaken,
    pub(super) fault: Option<String>,
}

/// The running cycle.
#[derive(Debug, Clone)]
pub(super) struct CycleState {
    /// Number of closes so far.
    pub(super) number: u32,
    /// The `n` of the period that contains the present, counted from the anchor.
    pub(super) index: i64,
    pub(super) anchor: SimTime,
    pub(super) closes_at: SimTime,
    /// Position in the explicit closes.
    pub(super) explicit: usize,
    /// What the running cycle goes by: a change that keeps the cycle leaves it alone.
    pub(super) every: Period,
    /// The sign-up, or the last change of plan that began a cycle of its own: what cycles without another anchor count
    /// from.
    pub(super) sign_up: SimTime,
    /// The change of plan decided for the next close.
    pub(super) next_plan: Option<Decided>,
    /// The plan has changed and the cycle has not: when cycles close follows at the next close.
    pub(super) lags: bool,
    /// So does what is billed.
    pub(super) rebills: bool,
    pub(super) row: CycleRow,
}

/// A change of plan that has been decided and has not taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decided {
    /// The plan.
    pub(super) to: usize,
    /// The change (index into the policy's).
    pub(super) change: u32,
    /// It begins a cycle of its own: a sign-up anchor becomes its instant.
    pub(super) restarts: bool,
}

/// True costs of earlier operations of one feature.
#[derive(Debug, Clone, Default)]
pub(super) struct CostHistory {
    pub(super) first: Option<Credits>,
    pub(super) last: VecDeque<Credits>,
}

impl CycleState {
    fn new(env: &Env) -> CycleState {
        CycleState {
            number: 0,
            index: 0,
            anchor: env.birth,
            every: env.terms(env.first_plan).cycle.every,
            sign_up: env.traits.signed_up,
            closes_at: SimTime::MAX,
            explicit: 0,
            next_plan: None,
            lags: false,
            rebills: false,
            row: CycleRow::default(),
        }
    }
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
        let short_ways = short_ways(env);
        State {
            now: env.world.start,
            plan: env.first_plan,
            books: new_books(env),
            work: Vec::new(),
            free: Vec::new(),
            calm: BulkInterval::new(env, &short_ways),
            short_ways,
            due: Agenda::default(),
            timers: BinaryHeap::new(),
            next_timer: SimTime::MAX,
            timer_ordinal: 0,
            records: Vec::new(),
            free_records: Vec::new(),
            resume: false,
            arrived: false,
            queue: VecDeque::new(),
            restarts: Restarts::default(),
            waiting: Vec::new(),
            in_flight: 0,
            light_in_flight: vec![0; features],
            holds_in_course: Vec::new(),
            passed_over: SlotSet::default(),
            next_in_course: (SimTime::MAX, 0),
            estimates_ahead: super::calm::estimates_ahead(env),
            in_flight_of: vec![0; features],
            leaves: env.traits.leaves,
            in_flight_since: env.birth,
            watch: Credits::ZERO,
            watch_stale: true,
            blocking: vec![None; features],
            blocked: vec![false; features],
            any_blocked: false,
            blocked_since: env.birth,
            alerts_armed: vec![true; terms.alerts.len()],
            alerted_at: None,
            last_alert: None,
            top_ups: super::top_up::fresh(env, env.first_plan),
            topping_up: false,
            recent_top_ups: [SimTime::MIN; 5],
            killing: false,
            purchases: PurchaseBook::default(),
            grants: GrantBook::default(),
            refusals: RefusalBook::default(),
            money: MoneyBook::default(),
            cycle: CycleState::new(env),
            rule_changes: VecDeque::new(),
            rules_changed: Vec::new(),
            edition: 0,
            plan_changes: VecDeque::new(),
            history: vec![CostHistory::default(); features],
            client_numbers: Vec::new(),
            client_sequence: vec![0; features],
            client_arriving: 0,
            churned: false,
            measuring: true,
            next_sample: 0,
            tally: super::finish::empty_tally(env),
            ended_paid: Credits::ZERO,
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
        Whose::of(&self.work[slot as usize].operation)
    }

    /// Writes an entry into the journal.
    #[inline]
    pub(super) fn note(&mut self, kind: EntryKind, note: Note) {
        self.books.note(self.now, kind, note);
    }

    pub(super) fn take_sample(&mut self, instant: SimTime) {
        self.next_sample += 1;
        let (demanded, refused) = self.tally.features.iter().fold((0, 0), |(demanded, refused), feature| {
            (demanded + feature.demanded, refused + feature.refused)
        });
        let sample = AccountSample {
            available: self.views().available,
            debt: self.books.ledger().debt(),
            held: self.books.ledger().held(),
            demanded,
            refused,
            cash: self.cash(),
            recognized: self.recognized(instant) - self.money.recognized_before,
            deferred: self.deferred(instant),
            expired: self.books.expired(),
        };
        self.tally.samples.push(sample);
    }

    /// A free slot, ready for an operation.
    pub(super) fn take_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.work.push(LiveOperation::default());
            u32::try_from(self.work.len() - 1).expect("fewer than 2^32 operations alive")
        })
    }

    /// Gives a slot back; whatever is still scheduled for it becomes stale.
    pub(super) fn free_slot(&mut self, slot: u32) {
        let work = &mut self.work[slot as usize];
        work.generation = work.generation.wrapping_add(1);
        work.phase = Phase::Free;
        work.parts.clear();
        self.books.forget(&mut work.taken);
        self.free.push(slot);
    }

    pub(super) fn cash(&self) -> Money {
        let money = &self.tally.money;
        money.subscription_cash + money.package_cash + money.overage_cash
    }

    pub(super) fn fail(&mut self, what: String) {
        self.fault.get_or_insert(what);
    }

    pub(super) fn take_fault(&mut self, env: &Env) -> Result<(), LawViolation> {
        match self.fault.take() {
            None => Ok(()),
            Some(what) => Err(LawViolation {
                policy: env.policy.name.clone(),
                organization: env.world.name_of(env.id(), &env.traits.label),
                at: self.now,
                what,
            }),
        }
    }
}
