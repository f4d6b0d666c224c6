//! Waiting: the queue, credits, retries, patience (docs/semantics.md §6.11, §6.12).

use crate::policy::{UsageLimit, WhenShort};
use crate::sampling::Purpose;
use crate::units::{SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Reason};
use super::limits_check::Stop;
use super::work::Stands;

/// Who waits.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The queue, first in first out.
    pub line: Vec<usize>,
    /// Operations that wait for credits outside it, in the order in which they began to wait.
    pub for_credits: Vec<usize>,
    /// Of them, those that credits have come for.
    pub woken: Vec<usize>,
    /// Nobody starts again before.
    pub not_before: Option<SimTime>,
}

impl Judged<'_> {
    /// True if the rules of an operation's feature may queue it (docs/semantics.md §6.11).
    pub fn may_queue(&self, work: usize) -> bool {
        let (terms, rules) = (self.terms(), self.rules_of(work));
        let short = if rules.short == WhenShort::Allow { rules.beyond_limit } else { rules.short };
        let capped = terms.max_in_flight.is_some() || rules.max_in_flight.is_some();
        short == WhenShort::Queue || capped && terms.at_max_in_flight == WhenShort::Queue
    }

    pub fn join_queue(&mut self, work: usize) {
        if self.queue.line.len() >= self.terms().queue_max as usize {
            self.lose(work, Reason::QueueFull);
            return;
        }
        self.work[work].stands = Stands::Queued;
        self.work[work].outside_queues = false;
        self.queue.line.push(work);
        let fact = self.fact_of(work, EntryKind::Queued);
        self.say(fact);
        self.begins_patience(work, None);
        // It waits for what its head waits for (docs/semantics.md §7.2).
        let head = self.queue.line[0];
        self.price_now(head);
        if let Some(Stop::Balance(_, Reason::Short)) = self.what_stops(head, None) {
            self.buy_when_waiting(work);
        }
    }

    /// Patience is counted from the first wait (docs/semantics.md §6.11).
    pub fn begins_patience(&mut self, work: usize, limit: Option<&UsageLimit>) {
        let since = *self.work[work].waits_since.get_or_insert(self.now);
        let where_it_waits = limit.map(|limit| limit.id);
        let until = match self.work[work].patience {
            Some((until, before)) if before == where_it_waits => until,
            _ => {
                let operation = self.work[work].operation;
                let key = self.key_of(operation.feature);
                let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 0);
                let patience = limit.map_or(&self.terms().patience, |limit| &limit.patience);
                since + SimSpan::from_seconds_f64(patience.sample(&mut stream))
            }
        };
        let until = until.max(self.now);
        self.work[work].patience = Some((until, where_it_waits));
        let tie = self.tie(work, 0);
        self.to_come.add(until, tie, Coming::PatienceEnds { work });
    }

    /// Waits until credits arrive, outside the queue.
    pub fn wait_for_credits(&mut self, work: usize) {
        self.work[work].stands = Stands::WaitsForCredits;
        self.work[work].outside_queues = true;
        self.queue.for_credits.push(work);
        self.begins_patience(work, None);
    }

    /// docs/semantics.md §6.11.
    pub fn patience_ends(&mut self, work: usize) {
        let waits = matches!(self.work[work].stands, Stands::Queued | Stands::WaitsForCredits);
        if !waits || self.work[work].patience.is_none_or(|(until, _)| until != self.now) {
            return;
        }
        let heads_others = self.heads_others(work);
        self.forget_wait(work);
        self.lose(work, Reason::Patience);
        if heads_others {
            self.look_at_queue();
        }
    }

    /// It is the head of a queue, with others behind it.
    fn heads_others(&self, work: usize) -> bool {
        let lines = self.meters.all.iter().map(|meter| &meter.line).chain([&self.queue.line]);
        lines.into_iter().any(|line| line.len() > 1 && line[0] == work)
    }

    pub fn forget_wait(&mut self, work: usize) {
        self.queue.line.retain(|&other| other != work);
        for meter in &mut self.meters.all {
            meter.line.retain(|&other| other != work);
        }
        self.queue.for_credits.retain(|&other| other != work);
        self.queue.woken.retain(|&other| other != work);
    }

    /// The head is checked again (docs/semantics.md §6.12).
    pub fn look_at_queue(&mut self) {
        if !self.queue.line.is_empty() || self.somebody_waits_for_room() {
            self.resume_at(self.now);
        }
    }

    /// Credits have come: what waits for them outside the queue is woken.
    pub fn credits_have_come(&mut self) {
        self.wake_waiters(self.queue.for_credits.clone());
    }

    /// Some of those who wait outside the queue try again, in the order of features, then numbers.
    pub fn wake_waiters(&mut self, works: Vec<usize>) {
        let mut woken = works;
        woken.extend(&self.queue.woken);
        woken.sort_by_key(|&work| self.tie(work, 0));
        woken.dedup();
        self.queue.woken = woken;
        self.next_woken();
    }

    fn next_woken(&mut self) {
        let at = self.queue.not_before.map_or(self.now, |not_before| self.now.max(not_before));
        if !self.queue.woken.is_empty() && !self.to_come.has(at, |what| what == Coming::Woken) {
            self.to_come.add(at, (0, 0, 0), Coming::Woken);
        }
    }

    fn resume_at(&mut self, at: SimTime) {
        let at = self.queue.not_before.map_or(at, |not_before| at.max(not_before));
        if !self.to_come.has(at, |what| what == Coming::Resume) {
            self.to_come.add(at, (0, 0, 0), Coming::Resume);
        }
    }

    fn must_not_start_yet(&self) -> bool {
        self.queue.not_before.is_some_and(|not_before| self.now < not_before)
    }

    /// The heads of the queues are checked, the balance's first; after one has left its queue all are checked again
    /// (docs/semantics.md §6.12, §15.7).
    pub fn resume(&mut self) {
        // Nothing that waits is started (docs/semantics.md §18.10).
        if self.is_suspended() {
            return;
        }
        while self.head_leaves() || self.head_of_limit_leaves() {}
    }

    /// True if the head of the balance's queue starts, or is stopped by a limit now.
    fn head_leaves(&mut self) -> bool {
        let Some(&head) = self.queue.line.first() else { return false };
        if self.waits_for_turn_or_outage(head) {
            return false;
        }
        self.price_now(head);
        self.look_at_checks(head);
        if self.queue.line.first() != Some(&head) {
            return true;
        }
        let stop = self.stopped(head);
        if matches!(stop, Some(Stop::Balance(..))) {
            return false;
        }
        self.queue.line.remove(0);
        self.goes_on(head, stop);
        true
    }

    /// The head of a queue may not start yet, or not in an outage.
    pub fn waits_for_turn_or_outage(&mut self, head: usize) -> bool {
        if self.must_not_start_yet() {
            self.resume_at(self.now);
            return true;
        }
        let outage = (self.case.outage)(self.work[head].serving, self.now);
        if let Some(until) = outage {
            self.to_come.add(until, (0, 0, 0), Coming::Resume);
        }
        outage.is_some()
    }

    /// After the queue, operations that wait for credits outside it try again, one after the other (docs/semantics.md §6.12).
    pub fn woken_tries(&mut self) {
        if !self.queue.woken.is_empty() && !self.must_not_start_yet() {
            let work = self.queue.woken.remove(0);
            self.queue.for_credits.retain(|&other| other != work);
            self.has_its_turn(work);
            self.try_again(work);
        }
        self.next_woken();
    }

    /// What is outside the queue when the organization leaves is demanded no more (docs/semantics.md §9.2).
    fn try_again(&mut self, work: usize) {
        if self.churned {
            self.work[work].attempt += 1;
            self.lose(work, Reason::Churned);
        } else {
            self.attempt(work);
        }
    }

    /// The least distance between restarts.
    pub fn has_its_turn(&mut self, work: usize) {
        let operation = self.work[work].operation;
        let key = self.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 1);
        let distance = SimSpan::from_seconds_f64(self.terms().resume.sample(&mut stream));
        self.queue.not_before = (!distance.is_zero()).then(|| self.now + distance);
    }

    /// A retry comes after its own delay.
    pub fn retry(&mut self, work: usize, attempt: u32) {
        if self.work[work].stands == Stands::WaitsToRetry && self.work[work].attempt == attempt {
            self.try_again(work);
        }
    }
}
