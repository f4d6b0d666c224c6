//! The end of the horizon: what is in flight, waiting, pending or held is reported as such; the laws are checked.

use crate::judge::LotLeft;
use crate::outcome::{AttemptOutcome, AuditRules, AuditedOwner, AuditedScope, Auditor, Entry, Tally};
use crate::policy::{CreditScope, LotOwner};
use crate::units::{FeatureIndex, SimSpan, SimTime};

use super::super::counts::{Alive, Counts};
use super::super::env::Env;
use super::super::flight::Phase;
use super::State;
use super::audited_limits::audited_limits;

/// Counters at zero.
pub(super) fn new_counts(env: &Env) -> Counts {
    let measuring = env.world.measure_from <= env.world.start;
    Counts::new(env.world.features.len(), env.traits.members.len(), env.detail.keeps_rows(), measuring)
}

/// Whoever recomputes the account from its journal, if it is audited.
pub(super) fn auditor(env: &Env) -> Option<Box<Auditor>> {
    let terms = env.terms(env.first_plan);
    let rules = AuditRules {
        end: env.world.end,
        leaves: env.traits.leaves,
        features: env.world.features.len(),
        limit: terms.overdraft.limit,
        debt_counts: env.policy.never_changes().then_some(terms.debt_counts),
        holds_guard: env.holds_guard,
        scopes: env.scopes.iter().map(|scope| inside(env, scope)).collect(),
        limits: if env.detail.audit { audited_limits(env) } else { Vec::new() },
    };
    env.detail.audit.then(|| Box::new(Auditor::new(rules)))
}

/// Whose operations may burn what has a scope.
fn inside(env: &Env, scope: &CreditScope) -> AuditedScope {
    let of = |index: usize| FeatureIndex(index as u16);
    let named = |index: usize| scope.features.as_ref().is_none_or(|features| features.contains(&of(index)));
    let grouped = |group: &Option<u16>| {
        scope.groups.as_ref().is_none_or(|groups| group.is_some_and(|group| groups.contains(&group)))
    };
    AuditedScope {
        features: (0..env.world.features.len()).map(named).collect(),
        members: scope.groups.is_some().then(|| env.groups.iter().map(grouped).collect()),
        owner: match scope.per {
            LotOwner::Organization => AuditedOwner::Organization,
            LotOwner::Group => AuditedOwner::Group(env.groups.clone()),
            LotOwner::Member => AuditedOwner::Member,
            LotOwner::Project => AuditedOwner::Project,
        },
        repays: !scope.is_bound() && matches!(scope.per, LotOwner::Member | LotOwner::Project),
    }
}

impl State {
    /// Closes the books.
    pub(in super::super) fn finish(&mut self, env: &Env) {
        let world = &env.world;
        self.timers.advance(world.end);
        self.gate.count(self.timers.now());
        self.books.finish(self.timers.now());
        self.watch.count_blocked(self.timers.now());
        let begins = env.birth.max(world.measure_from);
        let ends = env.traits.leaves.min(world.end);
        let life = if ends > begins { ends - begins } else { SimSpan::ZERO };
        self.counts.finish(&self.alive(), life, self.customer.is_refused());
        self.count_meters(env);
        self.counts.began_under(env.named(env.first_plan) as u16);
        self.finish_money(env);
        self.close_months(env);
        self.write_cycle(env, world.end, self.books.included());
        for slot in 0..self.flight.len() as u32 {
            if self.flight[slot].is_in_flight() {
                let charged = self.flight[slot].charged();
                if let Some(row) = self.row(slot) {
                    row.outcome = AttemptOutcome::InFlight;
                    row.charged = charged;
                }
            }
        }
        self.check_laws(env);
        self.audit();
    }

    /// Has the auditor compare what it has heard with what was counted.
    fn audit(&mut self) {
        if !self.books.is_audited() {
            return;
        }
        let tally = self.report();
        if let Err(violation) = self.books.audit(&tally) {
            self.fail_at(violation.at, violation.to_string());
        }
    }

    /// The journal as it was heard so far, if it was.
    pub(in super::super) fn take_heard(&mut self) -> Option<Vec<Entry>> {
        self.books.take_heard()
    }

    /// Lots with something left, in the words of the judge; an end that comes before `end`, that of the horizon, is none.
    pub(in super::super) fn lots_left(&self, end: SimTime) -> Vec<LotLeft> {
        let lots = self.books.ledger().lots().iter().filter(|lot| lot.remaining.is_positive());
        let mut left: Vec<LotLeft> = lots
            .map(|lot| LotLeft {
                id: lot.id,
                category: lot.category,
                remaining: lot.remaining,
                ends: Some(lot.expires_at).filter(|&at| at >= end && at != SimTime::MAX),
                owed: lot.deferred() + self.money.deferred_over_time(lot.serial, end),
            })
            .collect();
        left.sort_unstable();
        left
    }

    /// Everything counted so far.
    pub(super) fn report(&self) -> Tally {
        self.complete(self.counts.report())
    }

    /// Everything counted, and the journal if it was asked for, of an account that has ended.
    pub(in super::super) fn into_report(mut self) -> Tally {
        let (tally, entries) = (self.counts.take_tally(), self.books.take_entries());
        let mut tally = self.complete(tally);
        if let (Some(detail), Some(entries)) = (&mut tally.detail, entries) {
            detail.journal = entries;
        }
        tally
    }

    /// Adds what the other parts counted.
    fn complete(&self, mut tally: Tally) -> Tally {
        self.books.report(&mut tally);
        self.money.report(&mut tally);
        self.gate.report(&mut tally);
        self.watch.report(&mut tally);
        tally
    }

    /// Operations that are alive now, per feature.
    pub(super) fn alive(&self) -> Vec<Alive> {
        let in_trace = self.gate.in_trace().iter();
        let mut alive: Vec<Alive> = in_trace.map(|&in_flight| Alive { in_flight, waiting: 0 }).collect();
        for (_, work) in self.flight.slots() {
            let alive = &mut alive[work.operation().feature.index()];
            match work.phase() {
                Phase::InFlight => alive.in_flight += 1,
                Phase::Queued | Phase::Waiting | Phase::Retrying | Phase::Deciding => alive.waiting += 1,
                Phase::Free | Phase::Settling => {}
            }
        }
        alive
    }

    /// Laws 1 to 6 as totals: what was counted as it happened against what the account holds.
    pub(super) fn check_laws(&mut self, env: &Env) {
        let (books, now) = (&self.books, self.timers.now());
        let broken = books
            .broken_law(env.holds_guard)
            .or_else(|| self.counts.broken_law(&self.alive()))
            .or_else(|| self.money.broken_law(books.ledger(), now));
        if let Some(broken) = broken {
            self.fail(broken);
        }
    }
}
