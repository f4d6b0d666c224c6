//! Waiting: the queue, credits, retries, patience (docs/semantics.md §6.11, §6.12).

use crate::policy::WhenShort;
use crate::sampling::Purpose;
use crate::units::{SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Reason};
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
        self.queue.line.push(work);
        let fact = self.fact_of(work, EntryKind::Queued);
        self.say(fact);
        self.begins_patience(work);
        // It waits for what its head waits for (docs/semantics.md §7.2).
        let head = self.queue.line[0];
        if self.what_meets(head).is_some_and(|(_, reason)| reason == Reason::Short) {
            self.buy_when_waiting(work);
        }
    }

    /// Patience is counted from the first wait (docs/semantics.md §6.11).
    pub fn begins_patience(&mut self, work: usize) {
        let until = match self.work[work].patience {
            Some(until) => until,
            None => {
                let operation = self.work[work].operation;
                let key = self.key_of(operation.feature);
                let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 0);
                let patience = SimSpan::from_seconds_f64(self.terms().patience.sample(&mut stream));
                self.now + patience
            }
        };
        self.work[work].patience = Some(until);
        let tie = self.tie(work, 0);
        self.to_come.add(until.max(self.now), tie, Coming::PatienceEnds { work });
    }

    /// Waits until credits arrive, outside the queue.
    pub fn wait_for_credits(&mut self, work: usize) {
        self.work[work].stands = Stands::WaitsForCredits;
        self.queue.for_credits.push(work);
        self.begins_patience(work);
    }

    /// docs/semantics.md §6.11.
    pub fn patience_ends(&mut self, work: usize) {
        let waits = matches!(self.work[work].stands, Stands::Queued | Stands::WaitsForCredits);
        if !waits || self.work[work].patience != Some(self.now) {
            return;
        }
        self.forget_wait(work);
        self.lose(work, Reason::Patience);
        self.look_at_queue();
    }

    pub fn forget_wait(&mut self, work: usize) {
        self.queue.line.retain(|&other| other != work);
        self.queue.for_credits.retain(|&other| other != work);
        self.queue.woken.retain(|&other| other != work);
    }

    /// The head is checked again (docs/semantics.md §6.12).
    pub fn look_at_queue(&mut self) {
        if !self.queue.line.is_empty() {
            self.resume_at(self.now);
        }
    }

    /// Credits have come: what waits for them outside the queue is woken.
    pub fn credits_have_come(&mut self) {
        let mut woken = self.queue.for_credits.clone();
        woken.sort_by_key(|&work| self.tie(work, 0));
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

    /// The head of the queue is checked; if it starts, so is the next (docs/semantics.md §6.12).
    pub fn resume(&mut self) {
        while let Some(&head) = self.queue.line.first() {
            if self.must_not_start_yet() {
                self.resume_at(self.now);
                return;
            }
            let feature = self.work[head].serving;
            if let Some(until) = (self.case.outage)(feature, self.now) {
                self.to_come.add(until, (0, 0, 0), Coming::Resume);
                return;
            }
            self.look_at_checks();
            if self.queue.line.first() != Some(&head) {
                continue;
            }
            if self.what_meets(head).is_some() {
                return;
            }
            self.queue.line.remove(0);
            self.work[head].attempt += 1;
            self.has_its_turn(head);
            self.admit(head);
        }
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
    fn has_its_turn(&mut self, work: usize) {
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
