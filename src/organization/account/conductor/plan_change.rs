//! Changes of plan: what is decided when, and what a plan that is entered brings (docs/semantics.md §16).
//!
//! Owns decisions and their order, cycles that restart, the new plan's grants, conversion of lots. Leaves a cycle that is
//! kept to `prorate`, closes to `closing`. Invariants: a change to the plan that the account is on is nothing; all changes
//! of one instant are one change.

use crate::calendar::MonthEnd;
use crate::deliberate::Deliberate;
use crate::ledger::{LotKind, LotSerial};
use crate::outcome::EntryKind;
use crate::policy::{Convert, CycleOnChange, Effective, Prorate};
use crate::sampling::Purpose;
use crate::units::SimTime;

use super::super::books::Note;
use super::super::cycle::Decided;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::meter_rules::closed_by_ceilings;
use super::super::views::Views;
use super::State;

impl State {
    /// Lives through the changes of plan up to the opening: those of the past have happened, and one dated at the opening
    /// is one event with it. Schedules the others.
    pub(super) fn schedule_plan_changes(&mut self, env: &Env) {
        let mut coming: Vec<(SimTime, u32)> = Vec::new();
        for (index, change) in env.policy.plan_changes.iter().enumerate() {
            let at = change.when.instant(env.traits.signed_up);
            if at >= env.traits.signed_up
                && change.share.holds(env.key.uniform(Purpose::PlanChange, index as u64, 0))
            {
                coming.push((at, index as u32));
            }
        }
        coming.sort_unstable();
        let past = coming.partition_point(|(at, _)| *at <= self.timers.now());
        for (at, index) in coming.drain(..past) {
            self.live_past_change(env, at, index);
        }
        self.settle_past_change(env, self.timers.now());
        for (at, index) in &coming {
            self.timers.schedule(*at, (Class::Close, 1, *index), TimerKind::PlanChange);
        }
        self.changes.expect_plans(coming);
    }

    /// A change from before the account's books.
    fn live_past_change(&mut self, env: &Env, at: SimTime, index: u32) {
        self.settle_past_change(env, at);
        let change = &env.policy.plan_changes[index as usize];
        if change.from.is_some_and(|from| from != self.plan) {
            return;
        }
        self.cycle.decide(None);
        if change.to == self.plan {
            return;
        }
        match change.effective {
            Effective::NextCycle => {
                self.cycle.close_at(self.past_close(env, at));
                self.cycle.decide(Some(Decided { to: change.to, change: index, restarts: false }));
            }
            Effective::Now => {
                self.plan = change.to;
                if change.cycle == CycleOnChange::Restart {
                    self.cycle.sign_up_at(at);
                }
            }
        }
    }

    /// The first close at or after `at` under the present plan.
    fn past_close(&self, env: &Env, at: SimTime) -> SimTime {
        let every = env.terms(self.plan).cycle.every;
        let anchor = self.anchor_of(env, env.terms(self.plan));
        let zone = &env.world.zone;
        let next = zone.first_after(anchor, every, at, MonthEnd::Clamp);
        let running = zone.nth(anchor, every, next - 1, MonthEnd::Clamp);
        if running == at { at } else { zone.nth(anchor, every, next, MonthEnd::Clamp) }
    }

    /// A decision of the past whose close has come by `at` has taken effect.
    fn settle_past_change(&mut self, env: &Env, at: SimTime) {
        let closes_at = self.cycle.closes_at();
        let Some(decided) = self.cycle.decided().filter(|_| closes_at <= at) else { return };
        self.cycle.decide(None);
        self.plan = decided.to;
        self.sign_up_after(env, closes_at);
    }

    /// Every change of plan of this instant, in file order.
    pub(super) fn plan_changes_now(&mut self, env: &Env) {
        let at_close = self.cycle.closes_at() == self.timers.now();
        let present = env.named(self.plan);
        let mut decided = self.cycle.decided();
        let mut plan = decided.filter(|_| at_close).map_or(present, |decided| decided.to);
        let mut at_once: Option<Decided> = None;
        while let Some((at, index)) = self.changes.next_plan(self.timers.now()) {
            let change = &env.policy.plan_changes[index as usize];
            if at < self.timers.now() || change.from.is_some_and(|from| from != plan) {
                continue;
            }
            if change.to == plan {
                // Whoever asks for the plan that is there calls off what was decided for the next close.
                decided = decided.filter(|_| at_close);
                continue;
            }
            let at_once_too = change.effective == Effective::Now && !Deliberate::PlanChangesWait.is_made();
            let before = if at_close { decided } else { at_once };
            let restarts = at_once_too && change.cycle == CycleOnChange::Restart
                || before.is_some_and(|before| before.restarts);
            let new = Decided { to: change.to, change: index, restarts };
            if at_close || !at_once_too {
                decided = Some(new);
            } else {
                (at_once, decided) = (Some(new), None);
            }
            if at_close || at_once_too {
                plan = change.to;
            }
        }
        self.cycle.decide(decided.filter(|new| !at_close || new.to != present));
        if self.has_left(env) {
            return;
        }
        match at_once.filter(|new| new.to != present) {
            Some(new) if new.restarts => self.restart_under(env, new),
            Some(new) => self.go_on_under(env, new),
            None => {}
        }
    }

    /// The running cycle closes by the old terms and one begins under another plan.
    fn restart_under(&mut self, env: &Env, new: Decided) {
        let before = self.views();
        let change = &env.policy.plan_changes[new.change as usize];
        let credit = match change.prorate {
            Prorate::Price => self.unused_price(env),
            _ => None,
        };
        self.end_cycle(env, true);
        self.cycle.close();
        if let Some(credit) = credit {
            self.grant_credit_note(credit);
        }
        self.begin_under(env, new);
        self.repay_last();
        self.follow_new_terms(env, before);
    }

    /// Enters the decided plan as a cycle begins.
    pub(super) fn begin_under(&mut self, env: &Env, new: Decided) {
        self.end_subscription();
        self.enter_plan(env, new.to);
        let now = self.timers.now();
        if new.restarts {
            self.cycle.sign_up_at(now);
        } else {
            self.sign_up_after(env, now);
        }
        self.convert_lots(env, new, true);
        self.open_cycle(env, self.timers.now(), false);
        self.give_plan_grants(env);
    }

    /// Under the present plan a sign-up anchor stays if `at` is a boundary of it, else becomes `at`.
    pub(super) fn sign_up_after(&mut self, env: &Env, at: SimTime) {
        let every = env.terms(self.plan).cycle.every;
        self.cycle.sign_up_at(self.cycle.sign_up_after(&env.world.zone, every, at));
    }

    /// The rules of another plan hold from now.
    pub(super) fn enter_plan(&mut self, env: &Env, plan: usize) {
        self.pay_back_downgrade(env, env.edition(plan, self.changes.edition()));
        self.close_month(env, self.timers.now(), true);
        self.count_windows(env);
        self.plan = env.edition(plan, self.changes.edition());
        let plan = self.plan;
        self.take_up_terms(env);
        self.watch.watch_alerts(env.terms(plan).alerts.len());
        self.shop.take_rules(super::top_up::adopted(env, plan));
        self.arm_alerts(env);
        self.note(EntryKind::PlanChanged, Note { grant: plan as u32, ..Note::default() });
    }

    pub(super) fn take_up_terms(&mut self, env: &Env) {
        self.books.go_by(env.terms(self.plan));
        self.books.keep_from_debt(closed_by_ceilings(env.meter_rules(self.plan)));
        self.rekey_lots(env);
        self.watch.thresholds_move();
        if self.somebody_queues() {
            self.timers.resume();
        }
    }

    /// An event that brought other rules is followed up, what they invoice at once included; whatever looks at a state and not at a
    /// change of it looks at the new rules.
    pub(super) fn follow_new_terms(&mut self, env: &Env, before: Views) {
        self.check_laws(env);
        self.invoice_ahead(env);
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
        self.refresh_watch(env);
        self.look_at_checks(env);
        self.look_at_all_owners(env);
        self.evaluate_top_ups(env, None);
        self.kill_exhausted(env);
    }

    /// Multiplies the lots that survive, and gives them another end; `all` or all but the running allowance.
    pub(super) fn convert_lots(&mut self, env: &Env, new: Decided, all: bool) {
        let Some(convert) = env.policy.plan_changes[new.change as usize].convert else { return };
        let mut lots: Vec<(u32, LotSerial)> = self
            .books
            .ledger()
            .lots()
            .iter()
            .filter(|lot| all || lot.kind != LotKind::Allowance)
            // What only a hold keeps alive has ended, and what is used up does not survive.
            .filter(|lot| lot.overdue.is_zero() && lot.remaining.is_positive())
            .map(|lot| (lot.id, lot.serial))
            .collect();
        lots.sort_unstable();
        for (_, serial) in lots {
            self.convert_lot(env, serial, convert);
        }
    }

    fn convert_lot(&mut self, env: &Env, serial: LotSerial, convert: Convert) {
        let Some(lot) = self.books.ledger().lot(serial) else { return };
        let target = lot.remaining.scale_half_up(convert.billionths, 1_000_000_000);
        let terms = env.terms(self.plan);
        let after = convert.expires_after;
        let until = after.map(|after| env.world.zone.add(self.timers.now(), after, terms.month_end));
        let id = lot.id;
        self.resize_lot(serial, target);
        self.books.allowance_lot_becomes(serial, target);
        if let Some(until) = until.filter(|_| target.is_positive()) {
            let acted = super::grants::boundary(terms, until);
            if self.books.end_at(self.timers.now(), serial, acted, until) {
                self.rekey_lots(env);
                self.timers.schedule(acted, (Class::Expiry, 1, id), TimerKind::Expire(serial));
            }
        }
    }
}
