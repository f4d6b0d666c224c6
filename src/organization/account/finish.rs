//! The end of the horizon: what is in flight, waiting, pending or held is reported as such; the laws are checked.

use crate::outcome::{AttemptOutcome, Detail, FeatureTally, MoneyTally, Tally};
use crate::units::{Category, Credits, Money};

use super::env::Env;
use super::state::{Phase, State};

/// Counters at zero.
pub(super) fn empty_tally(env: &Env) -> Tally {
    let detail = env.world.detail;
    let rows = detail.cycles || detail.operations || detail.journal || detail.audit;
    Tally {
        features: vec![FeatureTally::default(); env.world.features.len()],
        money: MoneyTally { complete: true, ..MoneyTally::default() },
        member_credits: vec![Credits::ZERO; env.traits.members.len().max(1)],
        detail: rows.then(Box::<Detail>::default),
        ..Tally::default()
    }
}

impl State {
    /// Closes the books.
    pub(super) fn finish(&mut self, env: &Env) {
        let world = &env.world;
        self.now = world.end;
        self.in_flight_changes();
        self.debt_changes();
        let span = self.now - self.overdrawn_since;
        if self.ledger.debt().is_positive() {
            self.tally.debt.longest = self.tally.debt.longest.max(span);
        }
        self.count_blocked();
        let mut tally = std::mem::take(&mut self.tally);
        self.count_alive(&mut tally, false);
        tally.credits.remaining_end = self.ledger.remaining_by_category();
        tally.debt.end = self.ledger.debt();
        tally.holds.open_end = self.ledger.open_holds();
        let begins = env.birth.max(world.measure_from);
        let ends = env.traits.leaves.min(world.end);
        tally.life = if ends > begins { ends - begins } else { crate::units::SimSpan::ZERO };
        self.tally = tally;
        self.finish_money(env);
        self.write_cycle(env, world.end, self.ledger.remaining_by_category()[Category::Included.index()]);
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
        self.check_final_laws();
    }

    /// Counts operations in flight and waiting, at the start of measuring or at the end.
    pub(super) fn count_alive(&self, tally: &mut Tally, start: bool) {
        for work in &self.work {
            let feature = &mut tally.features[work.operation.feature.index()];
            let (in_flight, waiting) = if start {
                (&mut feature.in_flight_start, &mut feature.waiting_start)
            } else {
                (&mut feature.in_flight_end, &mut feature.waiting_end)
            };
            match work.phase {
                Phase::InFlight => *in_flight += 1,
                Phase::Queued | Phase::Waiting | Phase::Retrying | Phase::Deciding => *waiting += 1,
                Phase::Free | Phase::Settling => {}
            }
        }
    }

    /// Laws 1, 2 and 4 as totals: what was counted as it happened against what the ledger holds.
    pub(super) fn check_laws(&mut self, _env: &Env) {
        let (tally, ledger) = (&self.tally, &self.ledger);
        let remaining = ledger.remaining_by_category();
        let credits = &tally.credits;
        let mut broken = None;
        for category in Category::ALL {
            let index = category.index();
            let come = credits.remaining_start[index] + credits.issued[index];
            let gone = credits.burned[index]
                + credits.repaid[index]
                + credits.expired[index]
                + credits.voided[index];
            if come != gone + remaining[index] {
                broken = Some(format!(
                    "law 1 is broken for {} credits: {come} came, {gone} went, {} remain",
                    category.name(),
                    remaining[index]
                ));
            }
        }
        let repaid: Credits = credits.repaid.iter().copied().sum();
        let debt = &tally.debt;
        let owed = debt.start + debt.incurred - repaid - debt.forgiven - debt.invoiced;
        if owed != ledger.debt() {
            broken = Some(format!("law 2 is broken: debt should be {owed} and is {}", ledger.debt()));
        }
        let burned: Credits = credits.burned.iter().copied().sum();
        let charged: Credits = tally.features.iter().map(|feature| feature.charged_credits).sum();
        if charged != burned + debt.incurred {
            broken = Some(format!(
                "law 2 is broken: {charged} charged, {burned} burned and {} owed",
                debt.incurred
            ));
        }
        let holds = &tally.holds;
        let ended = holds.settled + holds.released + holds.expired;
        if holds.open_start + holds.opened != ended + ledger.open_holds() {
            broken = Some(format!("law 4 is broken: {} holds opened, {ended} ended", holds.opened));
        }
        if let Some(lot) =
            ledger.lots().iter().find(|lot| lot.remaining < Credits::ZERO || lot.free() < Credits::ZERO)
        {
            broken = Some(format!("law 4 is broken: grant {} is negative", lot.id));
        }
        if let Some(broken) = broken {
            self.fail(broken);
        }
    }

    /// Laws 3 and 6, which speak of the whole horizon.
    fn check_final_laws(&mut self) {
        let mut broken = None;
        for (index, f) in self.tally.features.iter().enumerate() {
            let come = f.in_flight_start + f.waiting_start + f.demanded;
            let lost =
                f.lost_refused + f.lost_abandoned + f.lost_patience + f.lost_queue_full + f.lost_churned;
            let ended = f.served + f.degraded + f.substituted + lost + f.killed + f.failed + f.cancelled;
            if come != ended + f.in_flight_end + f.waiting_end {
                broken = Some(format!(
                    "law 3 is broken for feature {}: {come} came, {ended} ended, {} in flight, {} waiting",
                    index + 1,
                    f.in_flight_end,
                    f.waiting_end
                ));
            }
        }
        let m = &self.tally.money;
        let cash = m.subscription_cash + m.package_cash + m.overage_cash;
        let owed = m.recognized + (m.deferred_end - m.deferred_start) + m.voided
            - (m.receivable_end - m.receivable_start)
            - m.written_off;
        if cash != owed {
            let difference: Money = cash - owed;
            broken = Some(format!("law 6 is broken: cash {cash} differs from its uses by {difference}"));
        }
        if let Some(broken) = broken {
            self.fail(broken);
        }
    }
}
