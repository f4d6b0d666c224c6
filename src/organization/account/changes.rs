//! Changes to come: of plans, and of rules without a close (docs/semantics.md §16).
//!
//! Owns what is coming, in the order of instants and of the file, and which edition of the rules is in force. Leaves what
//! a change does to the conductor. Invariant: each change comes once.

use std::collections::VecDeque;

use crate::units::SimTime;

/// Changes of one account that are dated.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    /// Of rules, to come: the instant, and the place in the file.
    rules: VecDeque<(SimTime, usize)>,
    /// Those that have come.
    taken: Vec<usize>,
    /// The edition of the rules in force.
    edition: usize,
    /// Of plans, to come.
    plans: VecDeque<(SimTime, u32)>,
}

impl Changes {
    /// The changes of rules that will come.
    pub(super) fn expect_rules(&mut self, coming: impl Iterator<Item = (SimTime, usize)>) {
        self.rules = coming.collect();
    }

    /// The instants of changes of rules to come.
    pub(super) fn rule_instants(&self) -> Vec<SimTime> {
        self.rules.iter().map(|(at, _)| *at).collect()
    }

    /// Rules have changed by now that the account has not taken up.
    pub(super) fn rules_due(&self, now: SimTime) -> bool {
        self.rules.front().is_some_and(|(at, _)| *at <= now)
    }

    /// Takes up what has changed by now; `editions` are the changes taken up in each.
    pub(super) fn take_rules(&mut self, now: SimTime, editions: &[Vec<usize>]) {
        while let Some((_, index)) = self.rules.front().copied().filter(|(at, _)| *at <= now) {
            self.rules.pop_front();
            self.taken.push(index);
        }
        self.edition = edition_of(&self.taken, editions);
    }

    /// The edition of the rules in force.
    pub(super) fn edition(&self) -> usize {
        self.edition
    }

    /// The edition of the rules that will be in force once what has changed by now is taken up.
    pub(super) fn edition_due(&self, now: SimTime, editions: &[Vec<usize>]) -> usize {
        let mut changed = self.taken.clone();
        changed.extend(self.rules.iter().filter(|(at, _)| *at <= now).map(|(_, index)| *index));
        edition_of(&changed, editions)
    }

    /// The changes of plan that will come.
    pub(super) fn expect_plans(&mut self, coming: Vec<(SimTime, u32)>) {
        self.plans = VecDeque::from(coming);
    }

    /// The next change of plan that has come by now.
    pub(super) fn next_plan(&mut self, now: SimTime) -> Option<(SimTime, u32)> {
        self.plans.front().filter(|(at, _)| *at <= now)?;
        self.plans.pop_front()
    }
}

fn edition_of(taken: &[usize], editions: &[Vec<usize>]) -> usize {
    editions.iter().position(|edition| edition == taken).unwrap_or_default()
}
