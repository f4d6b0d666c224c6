//! What is counted of operations and customers, and the rows that were asked for.
//!
//! Owns the counters of demand, service and reactions of every feature, those of the customer, of defaults and of
//! members, and the samples. Leaves credits to `books`, money to `money`, clocks to `gate` and `watch`. Invariants: each
//! counter of an operation has one verb for those that are followed one by one, and is part of `bulk` for the others;
//! laws 2 (what ended operations owed) and 3 as totals.

use crate::calendar::Zone;
use crate::deliberate::Deliberate;
use crate::outcome::{
    AccountSample, AttemptRow, CycleRow, Detail, EntryKind, FeatureTally, LimitTally, Reason, Tally,
    WEEK_HOURS,
};
use crate::units::{Credits, FeatureIndex, Money, SimSpan, SimTime};

use super::limit_counts::LimitCounts;

/// Operations of one feature in a bulk interval: how many, and their costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct BulkCount {
    pub(super) arrived: u64,
    pub(super) arrived_credits: Credits,
    pub(super) ended: u64,
    pub(super) ended_credits: Credits,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndedOperation {
    /// Served, substituted, failed, cancelled or killed.
    pub(super) how: EntryKind,
    /// From its arrival to its start, if it was served.
    pub(super) waited: SimSpan,
    /// What it owed [credits].
    pub(super) due: Credits,
    /// What it was charged, and what the vendor absorbed [credits].
    pub(super) paid: Credits,
    /// What it had done [credits].
    pub(super) done: Credits,
}

/// Operations of one feature that are alive: at work, and waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Alive {
    pub(super) in_flight: u64,
    pub(super) waiting: u64,
}

/// Counters of one account.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    tally: Tally,
    /// Paid operations demanded, and operations refused, in the running cycle.
    row: (u64, u64),
    /// Charged for operations that have ended, or absorbed by the vendor.
    ended_paid: Credits,
    measuring: bool,
    /// The hour of the week of the last refusal, and the instant at which it ends.
    hour: (usize, SimTime),
}

impl Counts {
    /// At zero, of so many features and members; with rows if they are kept.
    pub(super) fn new(features: usize, members: usize, rows: bool, measuring: bool) -> Counts {
        let tally = Tally {
            features: vec![FeatureTally::default(); features],
            member_credits: vec![Credits::ZERO; members.max(1)],
            detail: rows.then(Box::<Detail>::default),
            ..Tally::default()
        };
        Counts { tally, row: (0, 0), ended_paid: Credits::ZERO, measuring, hour: (0, SimTime::MIN) }
    }

    #[inline]
    fn of(&mut self, feature: FeatureIndex) -> &mut FeatureTally {
        &mut self.tally.features[feature.index()]
    }

    /// True once outcomes count.
    pub(super) fn is_measuring(&self) -> bool {
        self.measuring
    }

    /// Outcomes count from here: of what was counted, only rows and samples stay. These operations are alive.
    pub(super) fn begin_measuring(&mut self, alive: &[Alive]) {
        let Counts { tally: old, .. } = self;
        let (features, members) = (old.features.len(), old.member_credits.len());
        let (detail, samples) = (old.detail.take(), std::mem::take(&mut old.samples));
        let row = self.row;
        *self = Counts::new(features, members, false, true);
        (self.row, self.tally.detail, self.tally.samples) = (row, detail, samples);
        for (feature, alive) in self.tally.features.iter_mut().zip(alive) {
            (feature.in_flight_start, feature.waiting_start) = (alive.in_flight, alive.waiting);
        }
    }

    /// The account began under this plan, as the policy names it.
    pub(super) fn began_under(&mut self, plan: u16) {
        self.tally.plan = plan;
    }

    /// A free operation arrives.
    #[inline]
    pub(super) fn free(&mut self, feature: FeatureIndex) {
        self.of(feature).free += 1;
    }

    /// A paid operation arrives.
    #[inline]
    pub(super) fn demanded(&mut self, feature: FeatureIndex, cost: Credits) {
        let tally = self.of(feature);
        tally.demanded += 1;
        tally.demand_credits += cost;
        self.row.0 += 1;
    }

    /// A paid operation that has arrived costs so much more than by its feature's own rate.
    pub(super) fn demanded_otherwise(&mut self, feature: FeatureIndex, more: Credits) {
        self.of(feature).demand_over_list += more;
    }

    /// An operation that is lost would have cost so much more than by its feature's own rate.
    #[inline]
    pub(super) fn lost_otherwise(&mut self, feature: FeatureIndex, more: Credits) {
        self.of(feature).lost_over_list += more;
    }

    /// An operation starts that costs so much more than as it arrived.
    #[inline]
    pub(super) fn repriced(&mut self, feature: FeatureIndex, more: Credits) {
        self.of(feature).repricing += more;
    }

    /// A charge is recorded after what it was incurred in had ended.
    pub(super) fn came_late(&mut self, feature: FeatureIndex, amount: Credits) {
        self.of(feature).late_credits += amount;
    }

    /// Whose demand an operation is.
    #[inline]
    pub(super) fn demanded_by(&mut self, member: u16, cost: Credits) {
        if let Some(credits) = self.tally.member_credits.get_mut(usize::from(member)) {
            *credits += cost;
        }
    }

    /// True if it is counted whose demand operations are: one member is whoever asks, and is counted at the end.
    pub(super) fn counts_members(&self) -> bool {
        self.tally.member_credits.len() > 1
    }

    /// An estimate was made of an operation that is charged `actual` if it completes.
    #[inline]
    pub(super) fn estimated(&mut self, feature: FeatureIndex, estimate: Credits, actual: Credits) {
        self.of(feature).count_estimate(estimate, actual);
    }

    /// An operation tries to start.
    #[inline]
    pub(super) fn attempted(&mut self, feature: FeatureIndex) {
        self.of(feature).attempts += 1;
    }

    /// An attempt is turned away; the `first` one of its operation, by `surprise`, because credits were `held_back`.
    pub(super) fn refused(
        &mut self,
        feature: FeatureIndex,
        reason: Reason,
        first: bool,
        (surprise, held_back): (bool, bool),
    ) {
        let tally = self.of(feature);
        tally.attempts_refused += 1;
        tally.surprise_refusals += u64::from(surprise);
        tally.hold_induced_refusals += u64::from(held_back);
        match reason {
            Reason::Concurrency if Deliberate::RefusalsMiscounted.is_made() => {
                tally.attempts_refused_short += 1
            }
            Reason::Concurrency => tally.attempts_refused_concurrency += 1,
            Reason::Limit(_) => tally.attempts_refused_limit += 1,
            Reason::Budget => tally.attempts_refused_budget += 1,
            Reason::Outage => tally.attempts_refused_outage += 1,
            Reason::Denial => tally.attempts_refused_denial += 1,
            Reason::Suspended => tally.attempts_refused_suspended += 1,
            _ => tally.attempts_refused_short += 1,
        }
        if first {
            tally.refused += 1;
            self.row.1 += 1;
        }
    }

    /// An operation was refused at its first attempt, at this instant: counts its hour of the week. Refusals come in
    /// clusters, so that most lie in the hour of the one before.
    pub(super) fn refused_at(&mut self, zone: &Zone, at: SimTime) {
        if at >= self.hour.1 {
            self.hour = zone.hour_of_week(at);
        }
        if self.tally.refused_hours.is_empty() {
            self.tally.refused_hours = vec![0; WEEK_HOURS];
        }
        self.tally.refused_hours[self.hour.0] += 1;
    }

    /// An operation is lost for good; `by_default` if nobody has written down what lost it.
    pub(super) fn lost(&mut self, feature: FeatureIndex, cost: Credits, reason: Reason, by_default: bool) {
        let tally = self.of(feature);
        if !(reason == Reason::Abandoned && Deliberate::AbandonedWorkForgotten.is_made()) {
            tally.lost_credits += cost;
        }
        match reason {
            Reason::Abandoned => tally.lost_abandoned += 1,
            Reason::Patience => {
                tally.lost_patience += 1;
                self.tally.defaults.patience += u64::from(by_default);
            }
            Reason::QueueFull => {
                tally.lost_queue_full += 1;
                self.tally.defaults.queue_full += u64::from(by_default);
            }
            Reason::Churned => tally.lost_churned += 1,
            _ => tally.lost_refused += 1,
        }
    }

    /// What is counted of a limit.
    #[cold]
    pub(super) fn limit(&mut self, limit: u16) -> LimitCounts<'_> {
        let limits = &mut self.tally.limits;
        if limits.len() <= usize::from(limit) {
            limits.resize(usize::from(limit) + 1, LimitTally::default());
        }
        LimitCounts::of(&mut limits[usize::from(limit)])
    }

    /// An operation was served without AI.
    pub(super) fn degraded(&mut self, feature: FeatureIndex) {
        self.of(feature).degraded += 1;
    }

    /// The vendor pays a provider.
    pub(super) fn provider_paid(&mut self, feature: FeatureIndex, cost: Money) {
        *self.of(feature).provider_cost.get_or_insert_default() += cost;
    }

    /// The vendor pays for part of what an operation owes.
    pub(super) fn absorbed(&mut self, feature: FeatureIndex, amount: Credits) {
        self.of(feature).absorbed_credits += amount;
    }

    /// A charge of an operation has raised debt beyond its limit for the first time.
    pub(super) fn overspent(&mut self, feature: FeatureIndex) {
        self.of(feature).overspend_operations += 1;
    }

    /// Operations that nobody has kept apart started together, and raised debt beyond its limit.
    pub(super) fn overspent_together(&mut self, rise: Credits) {
        self.tally.defaults.restart_overspend += rise;
    }

    /// An operation that has ended turns out to be charged after all.
    pub(super) fn charged_after_end(&mut self, feature: FeatureIndex, amount: Credits) {
        self.ended_paid += amount;
        self.of(feature).overcharged_credits += amount;
    }

    /// An operation that was followed has ended.
    pub(super) fn ended(&mut self, feature: FeatureIndex, ended: EndedOperation) {
        let EndedOperation { how, waited, due, paid, done } = ended;
        self.ended_paid += paid;
        let tally = self.of(feature);
        tally.due_credits += due;
        tally.overcharged_credits += (paid - due).positive_part();
        if matches!(how, EntryKind::Served | EntryKind::Substituted) && !waited.is_zero() {
            tally.waits.record(waited.micros());
        }
        match how {
            EntryKind::Substituted => tally.substituted += 1,
            EntryKind::Failed => tally.failed += 1,
            EntryKind::Cancelled => tally.cancelled += 1,
            EntryKind::Killed => {
                tally.killed += 1;
                tally.killed_work_credits += done;
            }
            _ => tally.served += 1,
        }
    }

    /// An operation that started as it arrived and was charged its cost has ended.
    #[inline]
    pub(super) fn served(&mut self, feature: FeatureIndex, cost: Credits) {
        let tally = self.of(feature);
        tally.served += 1;
        tally.due_credits += cost;
        self.ended_paid += cost;
    }

    /// Free operations of a bulk interval.
    #[inline]
    pub(super) fn free_in_bulk(&mut self, feature: FeatureIndex, arrived: u64) {
        self.of(feature).free += arrived;
    }

    /// Paid operations of a bulk interval: each of them was admitted as it arrived, and charged its cost as it ended.
    #[inline]
    pub(super) fn bulk(&mut self, feature: FeatureIndex, bulk: BulkCount) {
        let tally = self.of(feature);
        tally.demanded += bulk.arrived;
        tally.attempts += bulk.arrived;
        tally.demand_credits += bulk.arrived_credits;
        tally.served += bulk.ended;
        tally.due_credits += bulk.ended_credits;
        self.row.0 += bulk.arrived;
        self.ended_paid += bulk.ended_credits;
    }

    /// An alert was heard, or an operation would exceed the view.
    pub(super) fn alerted(&mut self, reason: Reason) {
        let customer = &mut self.tally.customer;
        match reason {
            Reason::Warning => customer.alerts_warning += 1,
            Reason::Critical => customer.alerts_critical += 1,
            _ => customer.alerts_would_exceed += 1,
        }
    }

    /// Settled has fallen to zero or below, so long after the first alert, if there was one.
    pub(super) fn depleted(&mut self, at: SimTime, lead: Option<SimSpan>) {
        let customer = &mut self.tally.customer;
        customer.depleted_at.get_or_insert(at);
        if let Some(lead) = lead {
            customer.alert_leads.record(lead.micros());
        }
    }

    /// Operations are served again, so long after credits were first refused.
    #[inline]
    pub(super) fn restored(&mut self, after: SimSpan) {
        self.tally.customer.restores.record(after.micros());
    }

    /// The organization has left.
    pub(super) fn churned(&mut self) {
        self.tally.customer.churned = true;
    }

    /// The account is suspended.
    pub(super) fn suspended(&mut self) {
        self.tally.customer.suspended = true;
    }

    /// A person has paid.
    pub(super) fn purchased(&mut self) {
        self.tally.customer.purchases += 1;
    }

    /// A top-up rule has paid.
    pub(super) fn topped_up(&mut self) {
        self.tally.customer.auto_top_ups += 1;
    }

    /// A payment was declined.
    pub(super) fn declined(&mut self) {
        self.tally.customer.payments_declined += 1;
    }

    /// The organization's own budget has stopped a purchase.
    pub(super) fn stopped_by_budget(&mut self) {
        self.tally.customer.budget_blocked += 1;
    }

    /// A top-up rule has reached its ceiling.
    pub(super) fn reached_ceiling(&mut self) {
        self.tally.customer.ceilings += 1;
        self.ran_away();
    }

    /// Top-ups have run away.
    pub(super) fn ran_away(&mut self) {
        self.tally.customer.runaway = true;
    }

    /// Paid operations demanded and operations refused so far.
    pub(super) fn demand(&self) -> (u64, u64) {
        let features = self.tally.features.iter();
        features.fold((0, 0), |(demanded, refused), feature| {
            (demanded + feature.demanded, refused + feature.refused)
        })
    }

    /// Purchases paid so far, automatic ones included.
    pub(super) fn purchases(&self) -> u64 {
        self.tally.customer.purchases + self.tally.customer.auto_top_ups
    }

    /// The state at an instant of the timeline.
    pub(super) fn sample(&mut self, sample: AccountSample) {
        self.tally.samples.push(sample);
    }

    /// Takes the running cycle's operations (demanded, refused) for its row; the next one begins.
    pub(super) fn take_row(&mut self) -> (u64, u64) {
        std::mem::take(&mut self.row)
    }

    /// Keeps a cycle's row if outcomes count.
    pub(super) fn keep_cycle(&mut self, row: CycleRow) {
        if let Some(detail) = self.tally.detail.as_mut().filter(|_| self.measuring) {
            detail.cycles.push(row);
        }
    }

    /// Keeps an attempt's row; returns its number from 1, if rows are kept.
    pub(super) fn keep_attempt(&mut self, row: AttemptRow) -> Option<u32> {
        let rows = &mut self.tally.detail.as_mut()?.attempts;
        rows.push(row);
        Some(rows.len() as u32)
    }

    /// The row of an attempt by its number; 0 is none.
    pub(super) fn attempt_row(&mut self, number: u32) -> Option<&mut AttemptRow> {
        let index = (number as usize).checked_sub(1)?;
        self.tally.detail.as_mut()?.attempts.get_mut(index)
    }

    /// What is counted besides the tally, to compare two accounts by.
    pub(super) fn lasting(&self) -> (Credits, (u64, u64)) {
        (self.ended_paid, self.row)
    }

    /// Rows on request, if some are kept.
    pub(super) fn detail(&mut self) -> Option<&mut Detail> {
        self.tally.detail.as_deref_mut()
    }

    /// Counts what is left at the end: who is alive, and whether credits are still refused.
    pub(super) fn finish(&mut self, alive: &[Alive], life: SimSpan, refusing: bool) {
        let tally = &mut self.tally;
        for (feature, alive) in tally.features.iter_mut().zip(alive) {
            (feature.in_flight_end, feature.waiting_end) = (alive.in_flight, alive.waiting);
        }
        tally.customer.restores_open = u64::from(refusing);
        if let [only] = tally.member_credits.as_mut_slice() {
            *only = tally.features.iter().map(|feature| feature.demand_credits).sum();
        }
        tally.life = life;
    }

    /// Months compared for bill shock, and shocks among them.
    pub(super) fn bills(&mut self, (months, shocks): (u64, u64)) {
        (self.tally.customer.bill_months, self.tally.customer.bill_shocks) = (months, shocks);
    }

    /// What was counted, for the other parts to add theirs.
    pub(super) fn report(&self) -> Tally {
        self.tally.clone()
    }

    /// As `report`, of an account that has ended.
    pub(super) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// The first law of operations that is broken, given who is alive.
    pub(super) fn broken_law(&self, alive: &[Alive]) -> Option<String> {
        self.law_of_charges().or_else(|| self.law_of_operations(alive))
    }

    fn law_of_charges(&self) -> Option<String> {
        let of_features =
            |of: fn(&FeatureTally) -> Credits| self.tally.features.iter().map(of).sum::<Credits>();
        let due = of_features(|feature| feature.due_credits);
        let paid = self.ended_paid - of_features(|feature| feature.overcharged_credits);
        (due != paid).then(|| format!("law 2 is broken: ended operations owed {due}, and {paid} was taken"))
    }

    fn law_of_operations(&self, alive: &[Alive]) -> Option<String> {
        self.tally.features.iter().zip(alive).enumerate().find_map(|(index, (f, alive))| {
            let come = f.in_flight_start + f.waiting_start + f.demanded;
            let lost =
                f.lost_refused + f.lost_abandoned + f.lost_patience + f.lost_queue_full + f.lost_churned;
            let ended = f.served + f.degraded + f.substituted + lost + f.killed + f.failed + f.cancelled;
            let Alive { in_flight, waiting } = *alive;
            (come != ended + in_flight + waiting).then(|| {
                let number = index + 1;
                format!(
                    "law 3 is broken for feature {number}: {come} came, {ended} ended, {in_flight} in flight, \
                     {waiting} waiting"
                )
            })
        })
    }
}
