//! The gate: what the check of a feature needs, and whether it finds it.
//!
//! Owns what admission means: `Need` is compiled once per plan and feature, and whoever has to know what a check needs
//! (attempts, the fast path, bulk intervals, blocked time, warnings, purchases) asks it here; and the numbers in flight and
//! the queue, which checks look at. Leaves what follows from a check to `attempt`. Invariants: nothing else of an account
//! looks at `Admission`; each operation that has entered leaves once.

use std::collections::VecDeque;

use crate::deliberate::Deliberate;
use crate::outcome::Tally;
use crate::policy::{Admission, Estimator, FeatureTerms, HoldNeed, HoldTerms, Terms, View, WhenShort};
use crate::units::{Credits, FeatureIndex, SimTime};

use super::views::Views;

/// What a check needs of its view.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Need {
    /// There is no check.
    Nothing,
    /// So much, whatever the operation is expected to cost.
    Above(Credits),
    /// The estimate.
    Estimate,
    /// The estimate with its buffer, which is reserved; or so much of it.
    Hold { buffer: f64, least: Option<Credits> },
}

/// Room that an operation needs under a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NeedOfRoom {
    /// Any at all.
    Any,
    /// So much.
    Whole(Credits),
    /// So much in all, in the place of what is used.
    Newest(Credits),
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// The operation may start; `hold` is the amount to reserve.
    Passes { hold: Option<Credits> },
    /// Credits do not suffice.
    Short { need: Credits },
    /// Too many in flight.
    Full,
}

/// What ceilings leave of the balance for one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CeiledView {
    /// Of lots (credits).
    pub(super) covered: Credits,
    /// Debt, and uncovered parts of holds, as far as the view subtracts them (credits).
    pub(super) debt: Credits,
    /// Usage that is not recorded yet, if the view subtracts it (credits).
    pub(super) unrecorded: Credits,
    /// Room for more debt; none if no ceiling covers overage (credits).
    pub(super) overage: Option<Credits>,
}

/// Who is in flight and who waits for a turn.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    queue: VecDeque<u32>,
    in_flight: u32,
    /// Those of them that are followed one by one, per feature that serves them.
    of_feature: Vec<u32>,
    /// The others, whose end is in the trace, per feature.
    in_trace: Vec<u64>,
    /// ∫ in flight dt up to `since` [µs].
    micros: i128,
    since: SimTime,
    most: u32,
    /// End of the organization's life: no clock runs beyond it.
    leaves: SimTime,
}

impl Gate {
    /// Of an account with so many features that is born at `birth` and leaves at `leaves`.
    pub(super) fn new(features: usize, (birth, leaves): (SimTime, SimTime)) -> Gate {
        Gate {
            queue: VecDeque::new(),
            in_flight: 0,
            of_feature: vec![0; features],
            in_trace: vec![0; features],
            micros: 0,
            since: birth,
            most: 0,
            leaves,
        }
    }

    /// Operations in flight.
    #[inline]
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Most operations in flight so far.
    pub(super) fn most_in_flight(&self) -> u32 {
        self.most
    }

    /// Operations in flight whose end is in the trace, per feature.
    pub(super) fn in_trace(&self) -> &[u64] {
        &self.in_trace
    }

    /// Whether an operation expected to cost `estimate` may start as `feature`.
    pub(super) fn check(
        &self,
        check: &FeatureCheck,
        feature: FeatureIndex,
        views: Views,
        estimate: Credits,
    ) -> Check {
        if self.is_full(check, feature) { Check::Full } else { check.look(views, estimate) }
    }

    /// True if too many are in flight for another operation to start as `feature`.
    pub(super) fn is_full(&self, check: &FeatureCheck, feature: FeatureIndex) -> bool {
        let full = check.most.is_some_and(|most| self.in_flight >= most)
            || check.most_of_feature.is_some_and(|most| self.of_feature[feature.index()] >= most);
        full && !Deliberate::CapIgnored.is_made()
    }

    /// An operation starts as `feature`.
    pub(super) fn enter(&mut self, at: SimTime, feature: FeatureIndex) {
        self.one_more(at);
        self.of_feature[feature.index()] += 1;
    }

    /// It ends.
    pub(super) fn leave(&mut self, at: SimTime, feature: FeatureIndex) {
        self.one_less(at);
        self.of_feature[feature.index()] -= 1;
    }

    /// An operation starts whose end is in the trace.
    #[inline]
    pub(super) fn enter_trace(&mut self, at: SimTime, feature: FeatureIndex) {
        self.one_more(at);
        self.in_trace[feature.index()] += 1;
    }

    /// It ends.
    #[inline]
    pub(super) fn leave_trace(&mut self, at: SimTime, feature: FeatureIndex) {
        self.one_less(at);
        self.in_trace[feature.index()] -= 1;
    }

    /// In a bulk interval from `from` to `to` the number in flight becomes `in_flight`, was at most `most`, and its
    /// integral is that of `in_flight` less `area` [µs].
    pub(super) fn pass_in_bulk(
        &mut self,
        (from, to): (SimTime, SimTime),
        in_flight: i64,
        most: i64,
        area: i64,
    ) {
        self.count(from);
        // An interval does not reach across the end of the life, so all of it counts or nothing.
        if from < self.leaves {
            let span = (to - from).micros();
            let area = if Deliberate::BulkFlightTimeWrong.is_made() { 0 } else { area };
            self.micros += i128::from(span) * i128::from(in_flight) - i128::from(area);
        }
        self.most = self.most.max(most as u32);
        self.in_flight = in_flight as u32;
        self.since = to;
    }

    /// So many operations of a feature arrived and ended in a bulk interval.
    #[inline]
    pub(super) fn count_in_bulk(&mut self, feature: FeatureIndex, arrived: u64, ended: u64) {
        let alive = &mut self.in_trace[feature.index()];
        *alive = *alive + arrived - ended;
    }

    /// Brings the integral up to the present.
    pub(super) fn count(&mut self, at: SimTime) {
        let span = (at.min(self.leaves) - self.since.min(self.leaves)).micros();
        let in_flight =
            self.in_flight - u32::from(Deliberate::FlightTimeShort.is_made() && self.in_flight > 0);
        self.micros += i128::from(span) * i128::from(in_flight);
        self.since = at;
    }

    /// Time counts from here.
    pub(super) fn start_clock(&mut self, at: SimTime) {
        self.since = at;
    }

    /// What was counted so far is forgotten.
    pub(super) fn begin_measuring(&mut self, at: SimTime) {
        (self.micros, self.most, self.since) = (0, self.in_flight, at);
    }

    /// Writes what was counted where it is reported.
    pub(super) fn report(&self, tally: &mut Tally) {
        (tally.in_flight_micros, tally.in_flight_max) = (self.micros, self.most);
    }

    #[inline]
    fn one_more(&mut self, at: SimTime) {
        self.count(at);
        self.in_flight += 1;
        self.most = self.most.max(self.in_flight);
    }

    #[inline]
    fn one_less(&mut self, at: SimTime) {
        self.count(at);
        self.in_flight -= 1;
    }

    /// True if an operation waits its turn.
    #[inline]
    pub(super) fn has_queue(&self) -> bool {
        !self.queue.is_empty()
    }

    /// How many wait their turn.
    pub(super) fn queue_len(&self) -> usize {
        self.queue.len()
    }

    /// Whose turn is next.
    pub(super) fn head(&self) -> Option<u32> {
        self.queue.front().copied()
    }

    /// An operation waits its turn at the tail.
    pub(super) fn join(&mut self, slot: u32) {
        if Deliberate::QueueReversed.is_made() {
            return self.queue.push_front(slot);
        }
        self.queue.push_back(slot);
    }

    /// The head's turn has come.
    pub(super) fn pass_head(&mut self) {
        self.queue.pop_front();
    }

    /// An operation waits no longer; true if it was the head and others are behind it.
    pub(super) fn drop_out(&mut self, slot: u32) -> bool {
        let head = self.head() == Some(slot);
        self.queue.retain(|queued| *queued != slot);
        head && self.has_queue()
    }
}

/// The check of one feature under one plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FeatureCheck {
    need: Need,
    view: View,
    /// Below zero: the overdraft's limit if `short = allow`, else nothing; none is unlimited.
    room: Option<Credits>,
    /// Most operations in flight that it lets pass, of all features …
    most: Option<u32>,
    /// … and of this one.
    most_of_feature: Option<u32>,
    /// Its operations may have to queue, so that they must not overtake those that do.
    may_queue: bool,
    /// A rule of the user's own decides, so that nothing is known of it beforehand.
    asks: bool,
}

impl FeatureCheck {
    /// What the terms of a plan say about the check of one of its features; `asks` if a rule of the user's own decides.
    pub(super) fn new(terms: &Terms, feature: &FeatureTerms, asks: bool) -> FeatureCheck {
        let need = match &feature.admission {
            Admission::None => Need::Nothing,
            Admission::Positive => Need::Above(Credits::EPSILON),
            Admission::Estimate(_) => Need::Estimate,
            Admission::Hold(hold) => {
                let least = match hold.need {
                    HoldNeed::Whole => None,
                    HoldNeed::Positive => Some(Credits::EPSILON),
                };
                Need::Hold { buffer: hold.buffer, least }
            }
        };
        let room = match feature.short {
            WhenShort::Allow => terms.overdraft.limit,
            _ => Some(Credits::ZERO),
        };
        let counted = |most: Option<u32>| most.filter(|_| terms.at_max_in_flight != WhenShort::Allow);
        FeatureCheck {
            need,
            view: feature.view,
            room,
            most: counted(terms.max_in_flight),
            most_of_feature: counted(feature.max_in_flight),
            may_queue: may_queue(terms, feature),
            asks,
        }
    }

    /// True if a rule of the user's own decides in the place of the comparison.
    #[inline]
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    /// Whether an operation expected to cost `estimate` may start, however many are in flight.
    #[inline]
    pub(super) fn look(&self, views: Views, estimate: Credits) -> Check {
        let hold = self.held(estimate);
        if Deliberate::AdmissionSkipped.is_made() {
            return Check::Passes { hold };
        }
        let Some(need) = self.need_of(estimate, hold) else { return Check::Passes { hold } };
        if self.finds(views, need) { Check::Passes { hold } } else { Check::Short { need } }
    }

    /// What the check needs of the view, given what passing reserves; none if there is no check.
    #[inline]
    fn need_of(&self, estimate: Credits, held: Option<Credits>) -> Option<Credits> {
        match self.need {
            Need::Nothing => None,
            Need::Above(least) => Some(least),
            Need::Estimate => Some(estimate),
            Need::Hold { least, .. } => least.or(held),
        }
    }

    /// True if the view, with the room below zero, has what a check needs.
    #[inline]
    pub(super) fn finds(&self, views: Views, need: Credits) -> bool {
        let need = if Deliberate::RefusedThoughEnough.is_made() { need + need } else { need };
        self.room.is_none_or(|room| views.get(self.view) + room >= need)
    }

    /// As `look`, within ceilings.
    pub(super) fn look_within(&self, found: CeiledView, estimate: Credits) -> Check {
        let hold = self.held(estimate);
        match self.need_of(estimate, hold) {
            Some(need) if !self.finds_within(found, need) => Check::Short { need },
            _ => Check::Passes { hold },
        }
    }

    /// True if what ceilings leave of the balance has what a check needs.
    pub(super) fn finds_within(&self, found: CeiledView, need: Credits) -> bool {
        self.reaches_within(found).is_none_or(|most| most >= need)
    }

    /// The most that a check may need within ceilings; none is no bound.
    pub(super) fn reaches_within(&self, found: CeiledView) -> Option<Credits> {
        let below = match (self.room, found.overage) {
            (limit, None) => limit,
            (None, Some(room)) => Some(found.debt + room),
            (Some(limit), Some(room)) => Some(limit.min(found.debt + room)),
        };
        below.map(|below| found.covered - found.debt - found.unrecorded + below)
    }

    /// How far below zero the check lets the balance fall; none is unlimited (credits).
    pub(super) fn room(&self) -> Option<Credits> {
        self.room
    }

    /// True if there is no check: nothing is refused for lack of credits.
    pub(super) fn always_passes(&self) -> bool {
        matches!(self.need, Need::Nothing)
    }

    /// What the check needs of the view for an operation expected to cost `estimate`.
    pub(super) fn needed(&self, estimate: Credits) -> Credits {
        self.need_of(estimate, self.held(estimate)).unwrap_or_default()
    }

    /// What passing reserves.
    #[inline]
    pub(super) fn held(&self, estimate: Credits) -> Option<Credits> {
        match self.need {
            Need::Hold { buffer, .. } => Some(buffered(estimate, buffer)),
            Need::Nothing | Need::Above(_) | Need::Estimate => None,
        }
    }

    /// What it needs of limits that count credits.
    pub(super) fn room_needed(&self, estimate: Credits) -> NeedOfRoom {
        match self.need {
            Need::Nothing | Need::Above(_) | Need::Hold { least: Some(_), .. } => NeedOfRoom::Any,
            Need::Estimate | Need::Hold { .. } => NeedOfRoom::Whole(self.held(estimate).unwrap_or(estimate)),
        }
    }

    /// What would exceed the view: the estimate, with the buffer of a hold.
    pub(super) fn exceeds_with(&self, estimate: Credits) -> Credits {
        self.held(estimate).unwrap_or(estimate)
    }

    /// The view below which the check fails for an operation expected to cost `estimate`; none if it never does, or nobody
    /// knows.
    pub(super) fn least_view(&self, estimate: Credits) -> Option<Credits> {
        if self.asks {
            return None;
        }
        Some(self.need_of(estimate, self.held(estimate))? - self.room?)
    }

    /// The balance that the check looks at.
    pub(super) fn view(&self) -> View {
        self.view
    }

    /// True if an operation may have to queue, so that it must not overtake those that do.
    pub(super) fn may_queue(&self) -> bool {
        self.may_queue
    }

    /// True if the check, or what passing reserves, depends on the estimate.
    pub(super) fn estimates(&self) -> bool {
        self.asks || matches!(self.need, Need::Estimate | Need::Hold { .. })
    }

    /// True if all that an operation is expected to cost must be available, and is reserved.
    pub(super) fn reserves_all(&self) -> bool {
        let whole = matches!(self.need, Need::Hold { least: None, .. });
        whole && self.view == View::Available && !self.asks
    }
}

/// The hold's terms of a feature, if it is admitted by a hold.
pub(super) fn hold_terms(feature: &FeatureTerms) -> Option<&HoldTerms> {
    match &feature.admission {
        Admission::Hold(hold) => Some(hold),
        Admission::None | Admission::Positive | Admission::Estimate(_) => None,
    }
}

/// The estimator of a feature's check, if it makes an estimate.
pub(super) fn estimator(feature: &FeatureTerms) -> Option<&Estimator> {
    match &feature.admission {
        Admission::Estimate(estimator) => Some(estimator),
        Admission::Hold(hold) => Some(&hold.estimate),
        Admission::None | Admission::Positive => None,
    }
}

/// `amount · (1 + buffer)`, rounded half-up to a micro-credit.
#[inline]
pub(super) fn buffered(amount: Credits, buffer: f64) -> Credits {
    if buffer == 0.0 || Deliberate::HoldBufferIgnored.is_made() {
        return amount;
    }
    amount + Credits::from_micros(crate::units::round_half_up(amount.micros() as f64 * buffer, 1.0))
}

fn may_queue(terms: &Terms, feature: &FeatureTerms) -> bool {
    let short = match feature.short {
        WhenShort::Allow => feature.beyond_limit,
        other => other,
    };
    let capped = terms.max_in_flight.is_some() || feature.max_in_flight.is_some();
    short == WhenShort::Queue || (capped && terms.at_max_in_flight == WhenShort::Queue)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: [Need; 6] = [
        Need::Nothing,
        Need::Above(Credits::EPSILON),
        Need::Above(Credits::from_whole(10)),
        Need::Estimate,
        Need::Hold { buffer: 0.25, least: None },
        Need::Hold { buffer: 0.25, least: Some(Credits::EPSILON) },
    ];

    /// Whoever knows the least view of a check needs not ask it.
    #[test]
    fn a_check_passes_at_its_least_view_and_not_below() {
        let rooms = [None, Some(Credits::ZERO), Some(Credits::from_whole(3))];
        for (need, room) in NEEDS.into_iter().flat_map(|need| rooms.map(|room| (need, room))) {
            let view = View::Available;
            let check = FeatureCheck {
                need,
                view,
                room,
                most: None,
                most_of_feature: None,
                may_queue: false,
                asks: false,
            };
            for (estimate, available) in (0..12).flat_map(|whole| (-20..20).map(move |view| (whole, view))) {
                let [estimate, available] = [estimate, available].map(Credits::from_whole);
                let views = Views { available, ..Views::default() };
                let found = check.look(views, estimate);
                let enough = check.least_view(estimate).is_none_or(|least| available >= least);
                assert_eq!(matches!(found, Check::Passes { .. }), enough, "{check:?} {estimate} {available}");
                match found {
                    Check::Passes { hold } => assert_eq!(hold, check.held(estimate)),
                    Check::Short { need } => assert_eq!(need, check.needed(estimate)),
                    Check::Full => panic!("nobody is in flight"),
                }
            }
        }
    }

    /// Operations over a limit are too many, whatever credits there are.
    #[test]
    fn a_check_counts_who_is_in_flight_before_it_looks_at_credits() {
        let feature = FeatureIndex(1);
        let check = FeatureCheck {
            need: Need::Above(Credits::EPSILON),
            view: View::Settled,
            room: Some(Credits::ZERO),
            most: Some(2),
            most_of_feature: Some(1),
            may_queue: false,
            asks: false,
        };
        let mut gate = Gate::new(2, (SimTime::MIN, SimTime::MAX));
        let ask = |gate: &Gate| gate.check(&check, feature, Views::default(), Credits::ZERO);
        assert_eq!(ask(&gate), Check::Short { need: Credits::EPSILON });
        gate.enter(SimTime::MIN, feature);
        assert_eq!(ask(&gate), Check::Full);
        gate.leave(SimTime::MIN, feature);
        gate.enter(SimTime::MIN, FeatureIndex(0));
        gate.enter_trace(SimTime::MIN, FeatureIndex(0));
        assert_eq!(ask(&gate), Check::Full);
        gate.leave_trace(SimTime::MIN, FeatureIndex(0));
        assert_eq!(ask(&gate), Check::Short { need: Credits::EPSILON });
    }
}
