//! The fast path of operations that need a check, a duration and one charge, and nothing else.
//!
//! Most operations of most policies are of this kind, so they need no `LiveOperation`: the trace tells when they end.
//! Intervals in which nothing else happens are left to `in_bulk`. Invariant: whoever takes the fast path does exactly what
//! the slow path would have done; tests and shadow accounts compare the two.

use crate::deliberate::Deliberate;
use crate::ledger::HoldId;
use crate::policy::{ChargeMoment, FeatureTerms, HoldTerms, InFlight, LotOwner, OnLimit, Overrun};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::Operation;

use super::super::books::Whose;
use super::super::bulk::TraceHold;
use super::super::env::Env;
use super::super::flight::ChangeCause;
use super::super::gate::{Check, hold_terms};
use super::super::meter_rules::RoomAsker;
use super::super::past_windows::EnteredAt;
use super::State;
use super::charging::RecordedCharge;
use crate::organization::{EntryRule, TraceEvent};

/// Whether operations of a feature may take the fast path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FastPath {
    /// Those that the trace lets end may: nothing looks into a `LiveOperation`.
    pub(super) open: bool,
    /// Their check looks at no estimate, so that none has to be made.
    pub(super) needs_no_estimate: bool,
}

/// The fast paths of all features under the first plan; none where plans may change.
pub(super) fn fast_paths(env: &Env) -> Vec<FastPath> {
    let looked_into = env.detail.is_followed() || env.policy.plans.len() > 1;
    let terms = env.terms(env.first_plan);
    let plain = !looked_into
        // Sums of charges do not tell which lots they burn.
        && env.scopes.is_empty()
        && env.policy.never_changes()
        && terms.rounding.is_none()
        && terms.metering_lag.is_zero()
        && terms.max_in_flight.is_none()
        // … nor what limits count of single lots.
        && !env.splits_charges
        // The trace does not tell of what an operation that ends consisted.
        && !env.measures
        // Room that people make is nobody's to foresee.
        && env.meter_rules(env.first_plan).iter().all(|rule| rule.on_limit != OnLimit::Ask)
        && !terms.alert_would_exceed
        && env.rule().is_none()
        && !super::top_up::looks_at_checks(terms)
        // Nor does it tell whose operation lets a rule buy.
        && terms.top_ups.iter().flat_map(|rule| &rule.caps).all(|cap| cap.each == LotOwner::Organization);
    let way = |(index, feature): (usize, &FeatureTerms)| FastPath {
        open: plain
            && !env.is_priced(FeatureIndex(index as u16))
            && env.world.features[index].provider_cost.is_none()
            && env.world.sources[index].reactive_clients(&env.traits) == 0
            && is_fast(feature),
        needs_no_estimate: !env.check(env.first_plan, FeatureIndex(index as u16)).estimates()
            && env.history_depth[index].is_none(),
    };
    terms.features.iter().enumerate().map(way).collect()
}

/// True if operations of some feature may take the fast path or be part of bulk intervals.
pub(in super::super) fn takes_shortcuts(env: &Env) -> bool {
    fast_paths(env).iter().any(|way| way.open)
}

fn is_fast(feature: &FeatureTerms) -> bool {
    feature.charge == ChargeMoment::Completion
        && feature.in_flight == InFlight::Finish
        && feature.max_in_flight.is_none()
        && feature.minimum.is_zero()
        && feature.denial.is_never()
        && hold_terms(feature).is_none_or(|hold| hold.overrun == Overrun::Charge && hold.leak.is_never())
}

/// How the operations of a feature have to enter the trace for this account.
pub(super) fn entry(env: &Env, way: FastPath, feature: FeatureIndex) -> EntryRule {
    // A hold that its settle does not end needs an event of its own.
    let rules = &env.terms(env.first_plan).features[feature.index()];
    let timeout = hold_terms(rules).and_then(|hold| hold.timeout).unwrap_or(SimSpan::FOREVER);
    EntryRule { free: env.facts(feature).free, longest: way.open.then_some(timeout) }
}

/// An operation of the trace that ends, as limits see it: its project, and the turn at which it started, are nobody's unless some
/// limit asks.
pub(super) fn asker_of(event: &TraceEvent, (project, turn): (u16, u32)) -> RoomAsker {
    let (serves, entered) = (event.class.feature(), EnteredAt { turn, started: SimTime::MIN });
    RoomAsker { serves, member: event.member(), project, slot: None, entered }
}

impl State {
    /// Starts an operation that ends in the trace; false if it has to take the slow path.
    #[inline]
    pub(super) fn start_fast(
        &mut self,
        env: &Env,
        operation: &Operation,
        estimate: Credits,
        slot: u32,
    ) -> bool {
        let feature = operation.feature;
        if self.customer.has_churned() || self.money.is_overdue() {
            return false;
        }
        let terms = env.terms(self.plan);
        let check = env.check(self.plan, feature);
        let queued = self.gate.has_queue() && check.may_queue();
        if queued || env.outages.until(feature, self.timers.now()).is_some() {
            return false;
        }
        let found = match check.look(self.views(), estimate) {
            _ if Deliberate::FastPathSkipsCheck.is_made() => Check::Passes { hold: check.held(estimate) },
            found => found,
        };
        let Check::Passes { hold } = found else { return false };
        let limited = !env.meter_rules(self.plan).is_empty();
        if limited && !self.finds_room(env, operation, estimate) {
            return false;
        }
        self.ways.fast += 1;
        self.counts.attempted(feature);
        if let Some(amount) = hold
            && let Some(rules) = hold_terms(&terms.features[feature.index()])
        {
            let hold = self.open_fast_hold(env, Whose::of(operation), amount, rules);
            self.bulk.hold_opens(slot, hold);
        }
        if limited {
            let whose = Whose::of(operation);
            let cause = ChangeCause { feature, member: operation.member, project: operation.project };
            self.meter_start(env, RoomAsker::of(operation), (whose, cause));
            if self.limits_ahead.keeps_entries() {
                self.meters.entries.starts(slot, operation.project, self.meters.turn());
            }
            self.reserve_in_trace(env, RoomAsker::of(operation), hold, 1);
        }
        self.gate.enter_trace(self.timers.now(), feature);
        true
    }

    /// True if every limit that is asked has room, and nobody waits for any.
    fn finds_room(&mut self, env: &Env, operation: &Operation, estimate: Credits) -> bool {
        !self.meters.has_queue() && self.lacks_room_for(env, RoomAsker::of(operation), estimate).is_none()
    }

    fn open_fast_hold(&mut self, env: &Env, whose: Whose, amount: Credits, rules: &HoldTerms) -> HoldId {
        let (hold, posting) = self.books.hold(self.timers.now(), whose, amount, rules.pins_expiry);
        let Whose { feature, member, project, .. } = whose;
        self.follow_up(env, posting, Some(ChangeCause { feature, member, project }));
        hold
    }

    /// An operation on the fast path owes its charge and ends. Nothing that comes between the two at one instant can
    /// tell.
    pub(super) fn end_fast(&mut self, env: &Env, event: &TraceEvent) {
        self.timers.advance(event.at);
        let (feature, cost) = (event.class.feature(), event.cost);
        match self.bulk.take_hold(event.slot) {
            TraceHold::Booked(hold) => self.end_fast_hold(env, event, hold),
            TraceHold::None | TraceHold::Open => {
                self.leave_limits(env, event, None);
                if !self.burn_quickly(feature, cost) {
                    self.charge_slowly(env, event, None);
                } else {
                    self.meter_quickly(env, event);
                }
            }
        }
        if self.limits_ahead.keeps_entries() {
            self.meters.entries.ends(event.slot);
        }
        self.fast_ends(feature, cost);
    }

    fn end_fast_hold(&mut self, env: &Env, event: &TraceEvent, hold: HoldId) {
        let (feature, cost) = (event.class.feature(), event.cost);
        let held = self.books.ledger().hold(hold).amount;
        self.leave_limits(env, event, Some(held));
        if !self.settle_quickly(feature, hold, held, cost) {
            self.charge_slowly(env, event, Some((hold, held)));
        } else {
            self.meter_quickly(env, event);
            // What was held and not needed leaves room under a limit.
            if cost < held {
                self.wake_for_room();
            }
        }
        self.books.count_overrun(cost - held);
    }

    /// An operation of the trace that ends, as limits see it.
    fn asker_at_end(&self, event: &TraceEvent) -> RoomAsker {
        asker_of(event, self.meters.entries.of(event.slot))
    }

    /// What an operation that ends reserved of limits is free again.
    #[inline]
    fn leave_limits(&mut self, env: &Env, event: &TraceEvent, held: Option<Credits>) {
        if !env.meter_rules(self.plan).is_empty() {
            self.reserve_in_trace(env, self.asker_at_end(event), held, -1);
        }
    }

    /// A charge that crossed nothing of the balance counts under limits.
    #[inline]
    fn meter_quickly(&mut self, env: &Env, event: &TraceEvent) {
        if !event.cost.is_positive() || env.meter_rules(self.plan).is_empty() {
            return;
        }
        let told = self.meter_charge_of(env, self.asker_at_end(event), event.cost);
        if !told.is_empty() {
            let (feature, member) = (event.class.feature(), event.member());
            let operation = Operation {
                at: self.timers.now(),
                feature,
                sequence: event.number,
                member,
                project: self.meters.entries.of(event.slot).0,
                ..Operation::default()
            };
            self.tell(
                env,
                (Whose::of(&operation), ChangeCause { feature, member, project: operation.project }),
                told,
            );
        }
    }

    fn fast_ends(&mut self, feature: FeatureIndex, cost: Credits) {
        self.gate.leave_trace(self.timers.now(), feature);
        self.counts.served(feature, cost);
        if let Some(since) = self.customer.end_refusals() {
            self.counts.restored(self.timers.now() - since);
        }
        if self.somebody_queues() {
            self.timers.resume();
        }
        self.wake_for_room();
    }

    /// Takes a charge out of the first lot if that crosses nothing and ends nothing.
    #[inline]
    fn burn_quickly(&mut self, feature: FeatureIndex, cost: Credits) -> bool {
        let silent = Deliberate::FastPathCrossesSilently.is_made();
        let level = if silent { Credits::ZERO } else { self.watch.level() };
        !self.watch.is_stale() && self.books.burn_quickly(feature, cost, level)
    }

    /// Settles a hold that covers its charge if that crosses nothing and ends nothing.
    fn settle_quickly(&mut self, feature: FeatureIndex, hold: HoldId, held: Credits, cost: Credits) -> bool {
        !self.watch.is_stale() && self.books.settle_quickly(feature, (hold, held), cost, self.watch.level())
    }

    /// The charge by the slow path, with a `LiveOperation` for as long as it takes.
    #[cold]
    fn charge_slowly(&mut self, env: &Env, event: &TraceEvent, hold: Option<(HoldId, Credits)>) {
        let slot = self.flight.take_slot();
        let TraceEvent { cost, number: sequence, class, .. } = *event;
        let (feature, member) = (class.feature(), event.member());
        let (project, turn) = self.meters.entries.of(event.slot);
        let operation = Operation {
            at: self.timers.now(),
            cost,
            feature,
            sequence,
            member,
            project,
            ..Operation::default()
        };
        let work = &mut self.flight[slot];
        work.begin(&operation, &[], Credits::ZERO, 0);
        work.enters(turn, SimTime::MIN);
        if let Some((hold, held)) = hold {
            work.hold_opens(hold, held, env.first_plan);
        }
        let before = self.views();
        let charge = RecordedCharge { amount: cost, segment: 0, last: true, before, incurred: None };
        self.record(env, slot, charge);
        self.free_slot(slot);
    }
}
