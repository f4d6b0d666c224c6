//! Everything about an account that changes, and the loop over what is due.

use std::collections::{BinaryHeap, VecDeque};

use crate::ledger::{HoldId, Ledger, LotSerial};
use crate::outcome::{Auditor, CycleRow, Sample, Tally};
use crate::policy::{Terms, View};
use crate::units::{Credits, FeatureIndex, Money, SimTime};
use crate::workload::{Operation, Part};

use super::super::Fault;
use super::agenda::Agenda;
use super::calm::Calm;
use super::env::Env;
use super::events::{Class, Due, DueKind, Timer, TimerKind, order_of, place_of};
use super::grants::GrantBook;
use super::light::{ShortWay, short_ways};
use super::money::MoneyBook;
use super::purchase::PurchaseBook;
use super::react::RefusalBook;
use super::top_up::TopUpState;

/// The three balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Views {
    pub(super) settled: Credits,
    pub(super) available: Credits,
    pub(super) ongoing: Credits,
}

impl Views {
    pub(super) fn get(self, view: View) -> Credits {
        match view {
            View::Settled => self.settled,
            View::Available => self.available,
            View::Ongoing => self.ongoing,
        }
    }

    /// The lowest of the three.
    pub(super) fn lowest(self) -> Credits {
        self.available.min(self.ongoing)
    }
}

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
pub(super) struct Work {
    pub(super) operation: Operation,
    pub(super) parts: Vec<Part>,
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
    /// One of its charges has raised the overspend.
    pub(super) overspent: bool,
    /// Charges not yet recorded.
    pub(super) unrecorded: u16,
    /// The final charge has been made (or lost).
    pub(super) settled: bool,
    /// How it ended, once class 5 has decided.
    pub(super) verdict: super::work::Verdict,
    /// Its row in `operations.csv` plus one; 0 is none.
    pub(super) row: u32,
    /// The reactive client that waits for its end, plus one; 0 is none.
    pub(super) client: u32,
}

impl Work {
    /// Takes over an operation that arrives, keeping the slot's generation and the memory of its parts.
    pub(super) fn begin(&mut self, operation: &Operation, parts: &[Part], estimate: Credits, client: u32) {
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
        self.overspent = false;
        self.part = 0;
        self.part_done = false;
        self.unrecorded = 0;
        self.settled = false;
        self.verdict = super::work::Verdict::GoesOn;
        self.row = 0;
        self.client = client;
    }
}

/// A charge that has been incurred but not yet recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
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
    pub(super) ledger: Ledger,
    pub(super) work: Vec<Work>,
    pub(super) free: Vec<u32>,
    /// Per feature: whether and how its operations may take the short way.
    pub(super) short_ways: Vec<ShortWay>,
    pub(super) calm: Calm,
    pub(super) due: Agenda,
    pub(super) timers: BinaryHeap<Timer>,
    /// The earliest of the timers and the next sample.
    pub(super) next_timer: SimTime,
    pub(super) timer_ordinal: u32,
    pub(super) records: Vec<Record>,
    pub(super) free_records: Vec<u32>,
    /// Incurred, not yet recorded.
    pub(super) unrecorded: Credits,
    /// Work was resumed at this instant: class 8 is due now.
    pub(super) resume: bool,
    /// Credits arrived at this instant: waiting operations retry now.
    pub(super) arrived: bool,
    pub(super) queue: VecDeque<u32>,
    pub(super) waiting: Vec<u32>,
    pub(super) in_flight: u32,
    /// Those of them on the short way; their time in flight is counted when they start.
    pub(super) light_in_flight: u32,
    /// What those without a hold will be charged.
    pub(super) light_owed: Credits,
    pub(super) in_flight_of: Vec<u32>,
    pub(super) in_flight_since: SimTime,
    pub(super) debt_since: SimTime,
    pub(super) overdrawn_since: SimTime,
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
    pub(super) issued_since_close: Credits,
    pub(super) top_ups: Vec<TopUpState>,
    pub(super) topping_up: bool,
    pub(super) recent_top_ups: [SimTime; 5],
    pub(super) killing: bool,
    pub(super) purchases: PurchaseBook,
    pub(super) grants: GrantBook,
    pub(super) refusals: RefusalBook,
    pub(super) money: MoneyBook,
    pub(super) cycle: CycleState,
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
    /// Charged to operations that have ended.
    pub(super) ended_charged: Credits,
    pub(super) journal_on: bool,
    pub(super) auditor: Option<Box<Auditor>>,
    /// The account is being opened: no change of balance is reacted to.
    pub(super) opening: bool,
    /// Reserved credits that ended under a hold, as far as noted.
    pub(super) uncovered: Credits,
    /// No settle has exceeded its hold, no hold has timed out, no lot has ended under a hold (law 5).
    pub(super) holds_kept: bool,
    pub(super) fault: Option<String>,
}

/// The running cycle.
#[derive(Debug, Clone, Default)]
pub(super) struct CycleState {
    /// Number of closes so far.
    pub(super) number: u32,
    /// The `n` of the period that contains the present, counted from the anchor.
    pub(super) index: i64,
    pub(super) anchor: SimTime,
    pub(super) closes_at: SimTime,
    /// Position in the explicit closes.
    pub(super) explicit: usize,
    /// Plan to change to at the next close.
    pub(super) next_plan: Option<usize>,
    pub(super) row: CycleRow,
    /// The lot of the running allowance.
    pub(super) allowance: Option<LotSerial>,
}

/// True costs of earlier operations of one feature.
#[derive(Debug, Clone, Default)]
pub(super) struct CostHistory {
    pub(super) first: Option<Credits>,
    pub(super) last: VecDeque<Credits>,
}

impl State {
    pub(super) fn new(env: &Env) -> State {
        let features = env.world.features.len();
        let terms = env.terms(env.first_plan);
        let short_ways = short_ways(env);
        State {
            now: env.world.start,
            plan: env.first_plan,
            ledger: Ledger::new(&terms.burn_order),
            work: Vec::new(),
            free: Vec::new(),
            calm: Calm::new(env, &short_ways),
            short_ways,
            due: Agenda::default(),
            timers: BinaryHeap::new(),
            next_timer: SimTime::NEVER,
            timer_ordinal: 0,
            records: Vec::new(),
            free_records: Vec::new(),
            unrecorded: Credits::ZERO,
            resume: false,
            arrived: false,
            queue: VecDeque::new(),
            waiting: Vec::new(),
            in_flight: 0,
            light_in_flight: 0,
            light_owed: Credits::ZERO,
            in_flight_of: vec![0; features],
            in_flight_since: env.birth,
            debt_since: env.birth,
            overdrawn_since: env.birth,
            watch: Credits::ZERO,
            watch_stale: true,
            blocking: vec![None; features],
            blocked: vec![false; features],
            any_blocked: false,
            blocked_since: env.birth,
            alerts_armed: vec![true; terms.alerts.len()],
            alerted_at: None,
            last_alert: None,
            issued_since_close: Credits::ZERO,
            top_ups: vec![TopUpState::default(); terms.top_ups.len()],
            topping_up: false,
            recent_top_ups: [SimTime::DAWN; 5],
            killing: false,
            purchases: PurchaseBook::default(),
            grants: GrantBook::default(),
            refusals: RefusalBook::default(),
            money: MoneyBook::default(),
            cycle: CycleState::default(),
            history: vec![CostHistory::default(); features],
            client_numbers: Vec::new(),
            client_sequence: vec![0; features],
            client_arriving: 0,
            churned: false,
            measuring: true,
            next_sample: 0,
            tally: super::finish::empty_tally(env),
            journal_on: env.world.detail.journal || env.audited,
            auditor: super::finish::auditor(env),
            ended_charged: Credits::ZERO,
            opening: false,
            uncovered: Credits::ZERO,
            holds_kept: true,
            fault: None,
        }
    }

    pub(super) fn views(&self, terms: &Terms) -> Views {
        let debt = if terms.debt_counts { self.ledger.debt() } else { Credits::ZERO };
        let settled = self.ledger.remaining() - debt;
        Views { settled, available: settled - self.ledger.held(), ongoing: settled - self.unrecorded }
    }

    /// Handles everything due before (`at`, `order`).
    #[inline]
    pub(super) fn drain(&mut self, env: &Env, at: SimTime, order: u64) {
        // Most arrivals find nothing due but plain completions, or nothing at all.
        while self.next_timer > at && !self.resume && !self.arrived {
            match self.due.peek() {
                Some(due) if due.place() < place_of(at, order) => {}
                _ => return,
            }
            if let Some(due) = self.due.pop() {
                self.now = due.at;
                self.run_due(env, due);
            }
        }
        self.drain_slowly(env, at, order);
    }

    /// As `drain`, with timers, samples and resumptions among what is due.
    fn drain_slowly(&mut self, env: &Env, at: SimTime, order: u64) {
        loop {
            let mut soonest = self.due.peek().map_or((SimTime::NEVER, 0), |due| (due.at, due.order));
            let mut resumes = false;
            if self.resume || self.arrived {
                let now = (self.now, order_of(Class::Resume, 0, 0, 0));
                // Resumption comes before the end of patience of the same instant.
                resumes = now <= soonest;
                soonest = soonest.min(now);
            }
            if self.next_timer <= soonest.0.min(at) && self.run_timer(env, soonest, (at, order)) {
                continue;
            }
            if soonest >= (at, order) {
                return;
            }
            if resumes {
                self.run_resumption(env);
            } else if let Some(due) = self.due.pop() {
                self.now = due.at;
                self.run_due(env, due);
            }
        }
    }

    /// Takes a sample or runs a timer if it comes before both bounds; false if none does.
    fn run_timer(&mut self, env: &Env, soonest: (SimTime, u64), bound: (SimTime, u64)) -> bool {
        if let Some(&instant) = env.world.instants.get(self.next_sample) {
            let timer = self.timers.peek().map_or(SimTime::NEVER, |timer| timer.at);
            if instant <= timer && instant <= soonest.0 && instant <= bound.0 {
                self.take_sample(env, instant);
                self.refresh_next_timer(env);
                return true;
            }
        }
        let Some(timer) = self.timers.peek() else { return false };
        if (timer.at, timer.order) >= soonest.min(bound) {
            return false;
        }
        let timer = self.timers.pop().expect("the timer that was looked at");
        self.now = timer.at;
        self.refresh_next_timer(env);
        self.run_timer_kind(env, timer.what);
        true
    }

    fn run_timer_kind(&mut self, env: &Env, what: TimerKind) {
        match what {
            TimerKind::Measure => self.begin_measuring(env),
            TimerKind::Expire(lot) => self.expire_lot(env, lot),
            TimerKind::Void(lot) => self.void_lot(env, lot),
            TimerKind::Close => self.close_cycle(env),
            TimerKind::PlanChange(index) => self.plan_change(env, index),
            TimerKind::Bill => self.bill(env),
            TimerKind::Invoice(index) => self.invoice_due(env, index),
            TimerKind::Grant(index) => self.grant_effective(env, index),
            TimerKind::Recur(index) => self.recur(env, index),
            TimerKind::Repay => self.repay(env),
            TimerKind::Pay => self.pay(env),
            TimerKind::Regular(n) => self.regular_purchase(env, n),
            TimerKind::Land(order) => self.land(env, order),
            TimerKind::Wake => self.wake(env),
            TimerKind::Look => self.resume = true,
            TimerKind::SignUp => self.sign_up(env),
        }
    }

    fn run_due(&mut self, env: &Env, due: Due) {
        match due.what {
            DueKind::Light => return self.light_due(env, due),
            DueKind::LightHold => return self.light_hold_due(env, due),
            DueKind::Record => return self.record_due(env, due.slot),
            DueKind::Client => return self.client_arrives(env, due.slot),
            _ => {}
        }
        if u64::from(self.work[due.slot as usize].generation) != due.tag {
            return;
        }
        match due.what {
            DueKind::Charge => self.part_due(env, due.slot),
            DueKind::End => self.part_ends(env, due.slot),
            DueKind::Stop => self.stop_at_hold(env, due.slot),
            DueKind::HoldTimeout => self.hold_times_out(env, due.slot),
            DueKind::Retry => self.retry(env, due.slot),
            DueKind::Patience => self.give_up(env, due.slot),
            DueKind::Record | DueKind::Client | DueKind::Light | DueKind::LightHold => {}
        }
    }

    /// Schedules something of the account itself; ties keep the order of scheduling.
    pub(super) fn at(&mut self, env: &Env, at: SimTime, class: Class, rank: u16, what: TimerKind) {
        self.at_ranked(env, at, (class, rank, 0), what);
    }

    /// Schedules something with its place at the instant: class, rank inside the class, id.
    pub(super) fn at_ranked(&mut self, env: &Env, at: SimTime, place: (Class, u16, u32), what: TimerKind) {
        if at >= env.world.end {
            return;
        }
        self.timer_ordinal += 1;
        let (class, rank, id) = place;
        let order = order_of(class, rank, id, 0);
        self.timers.push(Timer { at, order, ordinal: self.timer_ordinal, what });
        self.next_timer = self.next_timer.min(at);
    }

    /// Schedules something of an operation.
    pub(super) fn due_at(&mut self, env: &Env, at: SimTime, class: Class, slot: u32, what: DueKind) {
        if at >= env.world.end {
            return;
        }
        let work = &self.work[slot as usize];
        let Operation { feature, sequence, .. } = work.operation;
        let order = order_of(class, feature.0, sequence, work.segment);
        self.due.push(Due { at, order, tag: u64::from(work.generation), slot, feature, what });
    }

    /// True if something else may still happen at this instant before an event of this order.
    pub(super) fn others_now(&self, order: u64) -> bool {
        self.next_timer <= self.now
            || self.due.peek().is_some_and(|due| due.at <= self.now && due.order < order)
            || ((self.resume || self.arrived) && order >= order_of(Class::Resume, 0, 0, 0))
    }

    pub(super) fn refresh_next_timer(&mut self, env: &Env) {
        let timer = self.timers.peek().map_or(SimTime::NEVER, |timer| timer.at);
        let sample = env.world.instants.get(self.next_sample).copied().unwrap_or(SimTime::NEVER);
        self.next_timer = timer.min(sample);
    }

    fn take_sample(&mut self, env: &Env, instant: SimTime) {
        self.next_sample += 1;
        let terms = env.terms(self.plan);
        let (demanded, refused) = self.tally.features.iter().fold((0, 0), |(demanded, refused), feature| {
            (demanded + feature.demanded, refused + feature.refused)
        });
        let expired = self.tally.credits.expired.iter().copied().sum();
        let sample = Sample {
            available: self.views(terms).available,
            debt: self.ledger.debt(),
            held: self.ledger.held(),
            demanded,
            refused,
            cash: self.cash(),
            recognized: self.recognized(instant) - self.money.recognized_before,
            deferred: self.deferred(instant),
            expired,
        };
        self.tally.samples.push(sample);
    }

    /// A free slot, ready for an operation.
    pub(super) fn take_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.work.push(Work::default());
            u32::try_from(self.work.len() - 1).expect("fewer than 2^32 operations alive")
        })
    }

    /// Gives a slot back; whatever is still scheduled for it becomes stale.
    pub(super) fn free_slot(&mut self, slot: u32) {
        let work = &mut self.work[slot as usize];
        work.generation = work.generation.wrapping_add(1);
        work.phase = Phase::Free;
        work.parts.clear();
        self.free.push(slot);
    }

    pub(super) fn cash(&self) -> Money {
        let money = &self.tally.money;
        money.subscription_cash + money.package_cash + money.overage_cash
    }

    pub(super) fn fail(&mut self, what: String) {
        self.fault.get_or_insert(what);
    }

    pub(super) fn take_fault(&mut self, env: &Env) -> Result<(), Fault> {
        match self.fault.take() {
            None => Ok(()),
            Some(what) => Err(Fault {
                policy: env.policy.name.clone(),
                organization: env.world.name_of(env.id(), &env.traits.label),
                at: self.now,
                what,
            }),
        }
    }
}
