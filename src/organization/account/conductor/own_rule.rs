//! The question to a rule of the user's own whether an operation may start.
//!
//! Leaves what follows from the answer to `attempt`, as after any check. Invariant: the same attempt gets the same draws,
//! however often it is looked at.

use crate::organization::{AdmissionDecision, AdmissionRequest};
use crate::sampling::Purpose;

use super::super::env::Env;
use super::super::gate::Check;
use super::State;

impl State {
    /// What the account's rule says about an operation that the policy's own check has answered with `written`.
    #[cold]
    pub(super) fn ask_rule(&self, env: &Env, slot: u32, written: Check) -> Check {
        let Some(rule) = env.rule() else { return written };
        let (work, balances, views) = (&self.flight[slot], self.balances(), self.views_for(slot));
        let (operation, serves, attempt) = (work.operation(), work.serves(), work.attempt());
        let request = AdmissionRequest {
            organization: env.id(),
            plan: &env.terms(env.named(self.plan)).plan,
            feature: &env.facts(serves).name,
            operation: operation.sequence,
            attempt,
            member: operation.member,
            project: operation.project,
            at: self.timers.now(),
            estimate: work.estimate(),
            settled: views.settled,
            available: views.available,
            ongoing: views.ongoing,
            debt: balances.debt,
            in_flight: self.gate.in_flight(),
        };
        let key = env.key_of(operation.feature);
        let mut draws = key.keyed(Purpose::Own, u64::from(operation.sequence), u64::from(attempt));
        match rule.decide(&request, &mut draws) {
            AdmissionDecision::AsWritten => written,
            AdmissionDecision::Admit => {
                Check::Passes { hold: env.check(self.plan, serves).held(work.estimate()) }
            }
            AdmissionDecision::Refuse { need } => Check::Short { need: need.positive_part() },
        }
    }
}
