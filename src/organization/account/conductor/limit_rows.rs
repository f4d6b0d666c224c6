//! What is reported of limits at the end of an account: their windows, and a row for each meter on request.
//!
//! Leaves what meters have counted to `meters`. Invariant: what is used is what was used before the end of the horizon, in the window
//! that was open then; windows count that had ended by that instant.

use crate::outcome::LimitAccountRow;
use crate::policy::{LimitOwner, LimitUnit};
use crate::units::{Credits, SimSpan};

use super::super::env::Env;
use super::super::meter_rules::{MeterRule, WindowClock};
use super::State;
use super::limit_notes::meter_owner;

/// How many meters a limit has in an account.
fn owners(env: &Env, rule: &MeterRule) -> u16 {
    match rule.per {
        LimitOwner::Organization => 1,
        LimitOwner::Group => {
            // Meters are kept by the groups' numbers in the scenario, up to the highest that somebody is in.
            env.groups.iter().flatten().max().map_or(0, |highest| highest + 1)
        }
        LimitOwner::Member => env.traits.members.len() as u16,
        LimitOwner::Project => env.traits.projects,
    }
}

impl State {
    /// Counts whose meters there are and what became of their windows, at the end of the account.
    pub(super) fn count_meters(&mut self, env: &Env) {
        let end = self.window_clock(env);
        if env.detail.limit_accounts {
            let before = end.now - SimSpan::from_micros(1);
            self.keep_limit_rows(env, WindowClock { now: before, ..end });
        }
        for rule in env.meter_rules(self.plan) {
            if rule.prices.is_some() {
                self.counts.limit(rule.id).counts_money();
            }
            if rule.per == LimitOwner::Member {
                self.counts.limit(rule.id).has_members(u64::from(owners(env, rule)));
            }
        }
        self.count_windows(env);
    }

    /// Counts what became of the windows that have ended by now under the present plan, before other rules hold.
    pub(super) fn count_windows(&mut self, env: &Env) {
        let clock = self.window_clock(env);
        self.meters.settle(env.meter_rules(self.plan), clock);
        for rule in env.meter_rules(self.plan).iter().filter(|rule| rule.reports_windows) {
            let windows = self.meters.take_ended_windows(rule, clock);
            self.counts.limit(rule.id).windows(windows);
        }
    }

    fn keep_limit_rows(&mut self, env: &Env, clock: WindowClock<'_>) {
        for rule in env.meter_rules(self.plan) {
            let has_members =
                |owner: &u16| rule.per != LimitOwner::Group || env.groups.contains(&Some(*owner));
            for owner in (0..owners(env, rule)).filter(has_members) {
                let at_work = (rule.unit == LimitUnit::InFlight)
                    .then(|| self.reserved(rule, owner) + self.meters.in_trace(rule.id, owner));
                let meter = self.meters.meter(rule, owner, clock);
                let used = meter.map_or(Credits::ZERO, |meter| meter.used(rule.window));
                let used = at_work.unwrap_or(used);
                let raised = meter.map_or(Credits::ZERO, |meter| meter.raised);
                let row = LimitAccountRow {
                    limit: rule.id,
                    owner: meter_owner(rule.per, owner),
                    money: rule.prices.is_some(),
                    first_full_at: meter.and_then(|meter| meter.full_at),
                    first_lacking_at: meter.and_then(|meter| meter.lacking_at),
                    first_refused_at: meter.and_then(|meter| meter.refused_at),
                    used,
                    unused: rule.most_of(owner).map(|most| (most + raised - used).positive_part()),
                };
                if let Some(detail) = self.counts.detail() {
                    detail.limit_accounts.push(row);
                }
            }
        }
    }
}
