//! What follows a refusal (docs/semantics.md §9).

use crate::policy::AfterPurchase;
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, SimSpan};
use crate::workload::{DrawnWork, PartKind, RunPart};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Reason};
use super::rates::JudgedPrices;
use super::work::Stands;

impl Judged<'_> {
    /// An attempt is turned away (docs/semantics.md §9.1).
    pub fn refuse(&mut self, work: usize, reason: Reason) {
        let waited = self.work[work].outside_queues;
        let mut reason = reason;
        self.work[work].refused_for = reason;
        let for_credits = self.is_for_credits(reason);
        let buys = for_credits && self.would_buy(work);
        if for_credits {
            self.note_refusal(work);
        }
        let blocked = buys && self.budget_forbids_all();
        if blocked {
            reason = Reason::Budget;
        }
        let needed = self.need(work);
        let estimate = if for_credits { needed } else { Credits::ZERO };
        if blocked {
            let fact = self.fact_of(work, EntryKind::BudgetBlocked);
            self.say(fact);
        }
        let fact = self.fact_of(work, EntryKind::Refused).of(estimate).because(reason);
        self.say(fact);
        if self.work[work].attempt == 1 {
            self.rows.refused();
        }
        self.remember_refusal();
        if self.churned {
            self.forget_wait(work);
            self.lose(work, Reason::Churned);
            return;
        }
        if buys && !blocked {
            match self.buyer().map(|buyer| buyer.after_purchase) {
                Some(AfterPurchase::Resume) => {
                    self.wait_for_credits(work);
                    self.buy_after_refusal(work);
                }
                _ => {
                    self.buy_after_refusal(work);
                    self.lose_for_good(work);
                }
            }
            return;
        }
        if waited {
            self.wait_for_credits(work);
            return;
        }
        self.react(work, reason);
    }

    fn lose_for_good(&mut self, work: usize) {
        let first = self.work[work].attempt == 1;
        self.lose(work, if first { Reason::Refused } else { Reason::Abandoned });
    }

    /// By one draw for each attempt.
    fn react(&mut self, work: usize, reason: Reason) {
        let operation = self.work[work].operation;
        let (sequence, attempt) = (u64::from(operation.sequence), self.work[work].attempt);
        let key = self.key_of(operation.feature);
        let mut uniform = key.uniform(Purpose::Reaction, sequence, u64::from(attempt));
        let reactions = self.case.customers.reactions.clone();
        if let Some(retry) = &reactions.retry {
            if uniform < retry.probability.get() && attempt < retry.attempts {
                let mut stream = key.keyed(Purpose::Reaction, sequence, u64::from(attempt) | 1 << 32);
                let delay = SimSpan::from_seconds_f64(retry.delay.sample(&mut stream));
                self.work[work].stands = Stands::WaitsToRetry;
                self.work[work].outside_queues = false;
                let tie = self.tie(work, 0);
                self.to_come.add(self.now + delay, tie, Coming::Retry { work, attempt });
                if self.is_for_credits(reason) {
                    self.buy_when_waiting(work);
                }
                return;
            }
            uniform -= retry.probability.get();
        }
        if (0.0..reactions.wait.get()).contains(&uniform) {
            self.wait_for_credits(work);
            if self.is_for_credits(reason) {
                self.buy_when_waiting(work);
            }
            return;
        }
        uniform -= reactions.wait.get();
        if let Some(substitute) = &reactions.substitute
            && (0.0..substitute.probability.get()).contains(&uniform)
            && !self.work[work].substituted
            && let Some((_, other)) = substitute.pairs.iter().find(|(from, _)| *from == operation.feature)
        {
            let mut stream = key.keyed(Purpose::Substitute, sequence, u64::from(attempt));
            let source = self.case.features[other.index()].source;
            let drawn = source.substitute(&mut stream, self.now);
            self.work[work].operation.fate = crate::workload::Fate::Completes;
            self.serve_as(work, *other, &drawn);
            self.attempt(work);
            return;
        }
        self.lose_for_good(work);
    }

    /// Another feature serves an operation with one piece of work.
    pub fn serve_as(&mut self, work: usize, other: FeatureIndex, drawn: &DrawnWork) {
        let DrawnWork { cost, duration, prices } = drawn;
        let state = &mut self.work[work];
        (state.substituted, state.serving) = (true, other);
        state.parts = vec![RunPart { cost: *cost, duration: *duration, step: 0, kind: PartKind::Work }];
        state.prices = JudgedPrices::of_one(*cost, prices);
        state.measured = prices.clone();
        let rate = self.rate(other);
        self.price_by(work, rate);
        self.work[work].estimate = self.estimate(work, other);
    }

    /// An operation never runs.
    pub fn lose(&mut self, work: usize, reason: Reason) {
        self.work[work].stands = Stands::Ended;
        let cost = self.work[work].cost_at_arrival;
        let fact = self.fact_of(work, EntryKind::Lost).of(cost).because(reason);
        self.say(fact);
        self.client_thinks(work);
    }

    /// docs/semantics.md §9.2.
    fn remember_refusal(&mut self) {
        let Some(churn) = self.case.customers.churn.clone() else { return };
        if self.churned {
            return;
        }
        self.refusals.push(self.now);
        let since = self.now - churn.within;
        self.refusals.retain(|&at| at >= since);
        if self.refusals.len() < churn.refusals as usize {
            return;
        }
        self.refusals.clear();
        self.times_reached += 1;
        let uniform = self.case.key.uniform(Purpose::Reaction, u64::MAX, self.times_reached);
        if churn.probability.holds(uniform) {
            self.churned = true;
            self.say(super::facts::Fact::new(self.now, EntryKind::Churned));
            self.pays_back_as_it_leaves();
        }
    }
}
