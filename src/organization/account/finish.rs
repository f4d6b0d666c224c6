//! The end of the horizon: what is in flight, waiting, pending or held is reported as such; the laws are checked.

use crate::outcome::{AttemptOutcome, AuditRules, Auditor, Detail, FeatureTally, MoneyTally, Tally};
use crate::units::Credits;

use super::env::Env;
use super::state::{Phase, State};

/// Counters at zero.
pub(super) fn empty_tally(env: &Env) -> Tally {
    Tally {
        features: vec![FeatureTally::default(); env.world.features.len()],
        money: MoneyTally { complete: true, ..MoneyTally::default() },
        member_credits: vec![Credits::ZERO; env.traits.members.len().max(1)],
        detail: env.detail.keeps_rows().then(Box::<Detail>::default),
        ..Tally::default()
    }
}

/// Whoever recomputes the account from its journal, if it is audited.
pub(super) fn auditor(env: &Env) -> Option<Box<Auditor>> {
    let terms = env.terms(env.first_plan);
    let rules = AuditRules {
        end: env.world.end,
        features: env.world.features.len(),
        limit: terms.overdraft.limit,
        debt_counts: env.policy.never_changes().then_some(terms.debt_counts),
        holds_guard: env.holds_guard,
    };
    env.detail.audit.then(|| Box::new(Auditor::new(rules)))
}

impl State {
    /// Closes the books.
    pub(super) fn finish(&mut self, env: &Env) {
        let world = &env.world;
        self.now = world.end;
        self.in_flight_changes();
        self.books.finish(self.now);
        self.count_blocked();
        let mut tally = std::mem::take(&mut self.tally);
        self.count_alive(&mut tally, false);
        tally.customer.restores_open = u64::from(self.refusals.episode.is_some());
        if let [only] = tally.member_credits.as_mut_slice() {
            *only = tally.features.iter().map(|feature| feature.demand_credits).sum();
        }
        let begins = env.birth.max(world.measure_from);
        let ends = env.traits.leaves.min(world.end);
        tally.life = if ends > begins { ends - begins } else { crate::units::SimSpan::ZERO };
        self.tally = tally;
        self.finish_money(env);
        self.write_cycle(env, world.end, self.books.included());
        for slot in 0..self.work.len() as u32 {
            if self.work[slot as usize].phase == Phase::InFlight {
                let charged = self.work[slot as usize].charged;
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
            self.now = violation.at;
            self.fail(violation.to_string());
        }
    }

    /// Everything counted so far.
    pub(super) fn report(&self) -> Tally {
        let mut tally = self.tally.clone();
        self.books.report(&mut tally);
        if let (Some(detail), Some(entries)) = (&mut tally.detail, self.books.entries()) {
            detail.journal = entries.to_vec();
        }
        tally
    }

    /// Counts operations in flight and waiting, at the start of measuring or at the end.
    pub(super) fn count_alive(&self, tally: &mut Tally, start: bool) {
        for (feature, (in_flight, waiting)) in tally.features.iter_mut().zip(self.alive()) {
            let (of_flight, of_wait) = if start {
                (&mut feature.in_flight_start, &mut feature.waiting_start)
            } else {
                (&mut feature.in_flight_end, &mut feature.waiting_end)
            };
            *of_flight += in_flight;
            *of_wait += waiting;
        }
    }

    /// Operations (in flight, waiting) now, per feature.
    pub(super) fn alive(&self) -> Vec<(u64, u64)> {
        let mut alive: Vec<(u64, u64)> = self.light_in_flight.iter().map(|&light| (light, 0)).collect();
        for work in &self.work {
            let (in_flight, waiting) = &mut alive[work.operation.feature.index()];
            match work.phase {
                Phase::InFlight => *in_flight += 1,
                Phase::Queued | Phase::Waiting | Phase::Retrying | Phase::Deciding => *waiting += 1,
                Phase::Free | Phase::Settling => {}
            }
        }
        alive
    }

    /// Laws 1 to 6 as totals: what was counted as it happened against what the account holds.
    pub(super) fn check_laws(&mut self, env: &Env) {
        let guard = env.holds_guard;
        let broken = self
            .books
            .broken_law(guard)
            .or_else(|| self.law_of_charges())
            .or_else(|| self.law_of_operations())
            .or_else(|| self.law_of_money());
        if let Some(broken) = broken {
            self.fail(broken);
        }
    }

    fn law_of_charges(&self) -> Option<String> {
        let of_features =
            |of: fn(&FeatureTally) -> Credits| self.tally.features.iter().map(of).sum::<Credits>();
        let due = of_features(|feature| feature.due_credits);
        let paid = self.ended_paid - of_features(|feature| feature.overcharged_credits);
        (due != paid).then(|| format!("law 2 is broken: ended operations owed {due}, and {paid} was taken"))
    }

    fn law_of_operations(&self) -> Option<String> {
        self.tally.features.iter().zip(self.alive()).enumerate().find_map(|(index, (f, (in_flight, waiting)))| {
            let come = f.in_flight_start + f.waiting_start + f.demanded;
            let lost =
                f.lost_refused + f.lost_abandoned + f.lost_patience + f.lost_queue_full + f.lost_churned;
            let ended = f.served + f.degraded + f.substituted + lost + f.killed + f.failed + f.cancelled;
            (come != ended + in_flight + waiting).then(|| {
                let number = index + 1;
                format!(
                    "law 3 is broken for feature {number}: {come} came, {ended} ended, {in_flight} in flight, \
                     {waiting} waiting"
                )
            })
        })
    }

    fn law_of_money(&self) -> Option<String> {
        let (m, before) = (&self.tally.money, &self.money);
        let recognized = self.recognized(self.now) - before.recognized_before;
        let voided = self.books.ledger().voided_value() - before.voided_before;
        let deferred = self.deferred(self.now) - m.deferred_start;
        let receivable = self.receivable() - m.receivable_start;
        let cash = self.cash();
        let credit = before.credit_owed - m.credit_notes_owed_start;
        let uses = recognized + deferred + voided + credit - receivable - m.written_off;
        (cash != uses).then(|| {
            format!(
                "law 6 is broken: cash {cash} is not recognized {recognized} + deferred {deferred} + voided \
                 {voided} + credit notes {credit} - receivable {receivable} - written off {}",
                m.written_off
            )
        })
    }
}
