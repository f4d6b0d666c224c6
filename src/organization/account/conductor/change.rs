//! What follows a change of balance: alerts, automatic top-ups, blocked time, depletion, kills, resumption.

use crate::ledger::ScopeId;
use crate::outcome::{EntryKind, EntryMeter, Reason};
use crate::policy::{AlertLevel, LotOwner};
use crate::units::{Credits, FeatureIndex};

use super::super::books::{CreditMoves, Note, Posting, Whose};
use super::super::env::{Env, SpenderClass, to_be_charged};
use super::super::flight::ChangeCause;
use super::super::shop::level_of;
use super::super::views::Views;
use super::super::watch::{Crossing, UsableChange};
use super::State;
use super::answering::OpenAnswer;
use super::purchase::PurchaseReason;

/// More than any check needs.
const PLENTY: Credits = Credits::from_micros(i64::MAX / 4);

/// Members before projects, and these before groups.
const fn kind_order(per: LotOwner) -> u8 {
    match per {
        LotOwner::Organization => 0,
        LotOwner::Member => 1,
        LotOwner::Project => 2,
        LotOwner::Group => 3,
    }
}

impl State {
    /// What follows from a posting of one event, and of an operation's if there is a cause.
    #[inline]
    pub(super) fn follow_up(&mut self, env: &Env, posting: Posting, cause: Option<ChangeCause>) {
        let Posting { before, after, .. } = posting;
        debug_assert_eq!(after, self.views(), "every posting is followed before the next one");
        let part = self.answering.is(OpenAnswer::Opening) || self.answering.is(OpenAnswer::PlanGrants);
        let (usable, classes, owners) = if part { Default::default() } else { self.usable_changes(env) };
        if (after == before && !usable.moved) || part {
            return;
        }
        let told = self.owners_moved(env, owners, cause);
        if after.rose_from(before) || usable.rose {
            if self.somebody_queues() {
                self.timers.resume();
            }
            // A hold that ends, or is smaller, leaves room under a limit.
            self.wake_for_room();
        }
        let moved = self.watch.is_stale();
        if moved {
            self.refresh_watch(env);
        }
        if after == before {
            // Only some features can burn more, or less, than before.
            self.look_at_checks_of(env, classes.filter(|_| !moved));
            self.answer_owners(env, told, cause);
            if self.shop.has_moved_owners() {
                self.evaluate_top_ups(env, cause);
            }
            return self.kill_exhausted(env);
        }
        // Thresholds that have moved may have been crossed by balances that have not.
        if !moved && !usable.moved && self.watch.is_far_from(before, after) {
            return;
        }
        self.cross(env, (before, after), (classes.filter(|_| !moved), told), cause);
    }

    /// The slow path of a change that may cross a threshold.
    fn cross(
        &mut self,
        env: &Env,
        (before, after): (Views, Views),
        (classes, told): (Option<Vec<usize>>, usize),
        cause: Option<ChangeCause>,
    ) {
        let terms = env.terms(self.plan);
        self.look_at_checks_of(env, classes);
        let silent = cause.is_some_and(|cause| !terms.features[cause.feature.index()].notify);
        let base = self.books.usable_since_close();
        let crossings = self.watch.cross(terms, (before, after), base, silent);
        // What follows must not arm a rule by balances from before it bought.
        if crossings.iter().any(|crossing| matches!(crossing, Crossing::Low)) {
            self.arm_top_ups(env, before);
        }
        // All alerts of an event fire before anything they cause.
        for crossing in &crossings {
            if let Crossing::Alert(level) = crossing {
                self.alert(*level, ScopeId::default());
            }
        }
        self.answer_owners(env, told, cause);
        for crossing in crossings {
            match crossing {
                Crossing::Alert(_) => self.buy_after_warning(env, PurchaseReason::by(cause)),
                Crossing::Depleted => self.depleted(env, cause),
                Crossing::Low => self.evaluate_top_ups(env, cause),
                Crossing::Exhausted => self.kill_exhausted(env),
            }
        }
    }

    /// Balances of owners have moved: alerts that look at each by itself are told, and rules are to look at them. Returns how many
    /// alerts were told.
    fn owners_moved(
        &mut self,
        env: &Env,
        mut owners: Vec<(LotOwner, u16)>,
        cause: Option<ChangeCause>,
    ) -> usize {
        let terms = env.terms(self.plan);
        if !terms.looks_at_owners() {
            return 0;
        }
        owners.sort_by_key(|(per, owner)| (kind_order(*per), *owner));
        let silent = cause.is_some_and(|cause| !terms.features[cause.feature.index()].notify);
        let mut told = 0;
        for (per, owner) in owners {
            let (after, base) = (self.books.views_of(per, owner), self.books.base_of(per, owner));
            let before = self.watch.see_owner((per, owner), after);
            if before == after {
                continue;
            }
            self.arm_owner(env, (per, owner), before);
            self.shop.owner_moves((per, owner));
            for level in self.watch.cross_owner(terms, (per, owner), (before, after), base) {
                if !silent {
                    self.alert(level, self.books.any_scope_of(per, owner));
                    told += 1;
                }
            }
        }
        told
    }

    /// What people do after alerts about owners.
    fn answer_owners(&mut self, env: &Env, told: usize, cause: Option<ChangeCause>) {
        for _ in 0..told {
            self.buy_after_warning(env, PurchaseReason::by(cause));
        }
    }

    /// Arms the alerts about owners whose view is on their high side; nothing fires.
    pub(super) fn arm_owners(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        if !terms.looks_at_owners() {
            return;
        }
        for (per, owner) in self.books.all_owners() {
            let (views, base) = (self.books.views_of(per, owner), self.books.base_of(per, owner));
            self.watch.see_owner((per, owner), views);
            self.watch.arm_owner(terms, (per, owner), views, base);
        }
    }

    fn alert(&mut self, level: AlertLevel, of: ScopeId) {
        self.watch.alerted(self.timers.now());
        let reason = match level {
            AlertLevel::Warning => Reason::Warning,
            AlertLevel::Critical => Reason::Critical,
        };
        self.alerted_of(reason, (None, of), None);
    }

    /// Settled has fallen to zero or below.
    fn depleted(&mut self, env: &Env, cause: Option<ChangeCause>) {
        let now = self.timers.now();
        let lead = self.watch.end_episode().map(|since| now - since);
        self.counts.depleted(now, lead);
        self.buy_at_zero(env, cause);
    }

    /// The balance above which nothing of this account can be crossed.
    pub(super) fn refresh_watch(&mut self, env: &Env) {
        let (terms, plan, now) = (env.terms(self.plan), self.plan, self.timers.now());
        let blocking = terms.features.iter().enumerate().map(|(index, feature)| {
            let (number, facts) = (FeatureIndex(index as u16), &env.world.features[index]);
            let expected = || env.expected_cost(number, env.rate(plan, number, now));
            let expected = || to_be_charged(terms, feature, expected());
            let check = (!facts.free).then(|| env.check(plan, number));
            check.and_then(|check| check.least_view(expected()))
        });
        let allowance = self.books.allowance_amount();
        let of_account = terms.top_ups.iter().filter(|rule| rule.per == LotOwner::Organization);
        let top_ups = of_account.filter_map(|rule| level_of(rule, allowance));
        self.watch.refresh(terms, self.books.usable_since_close(), blocking, top_ups);
    }

    /// Arms the alerts whose view is on their high side; nothing fires.
    pub(super) fn arm_alerts(&mut self, env: &Env) {
        let base = self.books.usable_since_close();
        self.watch.arm(env.terms(self.plan), self.views(), base);
        self.arm_owners(env);
    }

    /// People have been told.
    pub(super) fn alerted(&mut self, reason: Reason, whose: Option<Whose>, meter: Option<EntryMeter>) {
        self.alerted_of(reason, (whose, ScopeId::default()), meter);
    }

    /// The same, about credits of an owner.
    fn alerted_of(
        &mut self,
        reason: Reason,
        (whose, scope): (Option<Whose>, ScopeId),
        meter: Option<EntryMeter>,
    ) {
        self.customer.hear_alert(self.timers.now());
        self.counts.alerted(reason);
        self.note(EntryKind::Alert, Note { whose, reason, meter, scope, ..Note::default() });
    }

    /// Credits that were issued move thresholds, and whoever waits for credits tries again.
    pub(super) fn count_issue(&mut self, posting: Posting) {
        if posting.issued {
            self.watch.thresholds_move();
        }
        if posting.brings_credits {
            self.wake_waiting();
        }
    }

    /// Brings the blocked time of each feature up to the present and looks at each check anew.
    pub(super) fn look_at_checks(&mut self, env: &Env) {
        self.look_at_checks_of(env, None);
    }

    /// The same of some classes of spenders, or of all.
    fn look_at_checks_of(&mut self, env: &Env, classes: Option<Vec<usize>>) {
        let (books, overdue, plan) = (&self.books, self.money.is_overdue(), self.plan);
        // A check that never fails for lack of credits is a check too.
        let suspended = |feature: FeatureIndex| {
            overdue && !env.world.features[feature.index()].free && !env.check(plan, feature).always_passes()
        };
        // No check of a member who is away fails.
        let away = |class: &SpenderClass| class.member.is_some_and(|member| books.is_away(member));
        let views = |feature, class: usize| match &env.spenders[class] {
            class if away(class) => Views { settled: PLENTY, available: PLENTY, ongoing: PLENTY },
            class => books.views_for(class.asks(feature)),
        };
        let (now, terms) = (self.timers.now(), env.terms(self.plan));
        match classes {
            Some(classes) => {
                self.watch.look_at_checks(now, terms, views, suspended, classes.into_iter());
            }
            None => {
                self.watch.forget_margin();
                let all = 0..self.watch.classes();
                self.watch.look_at_checks(now, terms, views, suspended, all);
            }
        }
    }

    /// What has become of the balances that operations read, the classes of spenders whose it is, if not all, and owners whose own
    /// credits or debts have moved.
    fn usable_changes(&mut self, env: &Env) -> (UsableChange, Option<Vec<usize>>, Vec<(LotOwner, u16)>) {
        if !self.books.ledger().has_owners() {
            return (self.look_at_usable(env), None, Vec::new());
        }
        let CreditMoves { moved, rose, owners, shared } = self.books.credit_moves();
        let classes = self.watch.is_within_margin(shared).then(|| {
            let mut classes: Vec<usize> =
                owners.iter().flat_map(|(per, owner)| env.classes_of(*per, *owner)).collect();
            classes.sort_unstable();
            classes.dedup();
            classes
        });
        (UsableChange { moved, rose }, classes, owners)
    }

    /// What has become of the balances that single features read, where lots are not for everybody.
    #[inline]
    pub(super) fn look_at_usable(&mut self, env: &Env) -> UsableChange {
        if !self.books.ledger().has_scopes() {
            return UsableChange::default();
        }
        self.look_at_scopes(env)
    }

    fn look_at_scopes(&mut self, env: &Env) -> UsableChange {
        if self.books.ledger().has_owners() {
            let CreditMoves { moved, rose, .. } = self.books.credit_moves();
            return UsableChange { moved, rose };
        }
        let (books, features) = (&self.books, self.fast_paths.len() as u16);
        let all = (0..features).flat_map(|index| env.spenders.iter().map(move |class| (index, class)));
        let views = all.map(|(index, class)| books.views_for(class.asks(FeatureIndex(index))));
        self.watch.look_at_usable(views)
    }
}
