//! What is being answered: nothing is answered again inside its own answer.
//!
//! Leaves the answers to whoever gives them. Invariant: answers end in the order in which they began, the last first.

use smallvec::SmallVec;

/// Something that is being answered and is not answered again inside its own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenAnswer {
    /// The account is opened: no change of balance is answered before everything of the opening is there.
    Opening,
    /// A plan gives its grants: they are one event with the change of plan.
    PlanGrants,
    /// Top-up rules are looked at until none buys.
    TopUps,
    /// What the policy kills when the account is exhausted is killed.
    Kills,
}

/// What is being answered, the innermost last.
#[derive(Debug, Clone, Default)]
pub(super) struct Answering(SmallVec<[OpenAnswer; 3]>);

impl Answering {
    /// Begins an answer; false if it is being given already.
    pub(super) fn begin(&mut self, answer: OpenAnswer) -> bool {
        let fresh = !self.is(answer);
        if fresh {
            self.0.push(answer);
        }
        fresh
    }

    /// The innermost answer is given.
    pub(super) fn end(&mut self, answer: OpenAnswer) {
        let ended = self.0.pop();
        debug_assert_eq!(ended, Some(answer), "answers end in the order in which they began");
    }

    /// True if an answer is being given.
    pub(super) fn is(&self, answer: OpenAnswer) -> bool {
        self.0.contains(&answer)
    }
}
