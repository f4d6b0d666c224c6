//! Rates: what operations cost under the cards of a plan (docs/semantics.md §13).
//!
//! Owns which card is in force, and what an operation that has not started costs by it. Leaves when something is checked to
//! `check`, and what a rate makes of an operation to its demand. Invariant: what has started keeps its price.

use crate::policy::{DaySpan, InForce, RateCard};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::RunPart;

use super::AskedOperation;
use super::account::Judged;
use super::agenda::Coming;

/// Minutes of a day.
const DAY: usize = 1_440;

/// What the parts of an operation cost by each rate of the feature that serves it, its own first.
#[derive(Debug, Clone)]
pub(super) struct JudgedPrices {
    by_rate: Vec<Vec<Credits>>,
    /// The rate by which the parts are priced now.
    pub rate: usize,
}

impl JudgedPrices {
    /// Of an operation that arrives.
    pub fn of(asked: &AskedOperation, parts: &[RunPart]) -> JudgedPrices {
        let own = parts.iter().map(|part| part.cost).collect();
        let rates = asked.prices.len();
        let by = |rate: usize| {
            // A simple operation is a run of one step.
            if asked.parts.is_empty() {
                return vec![asked.prices[rate]];
            }
            (0..parts.len()).map(|part| asked.part_prices[part * rates + rate]).collect()
        };
        JudgedPrices { by_rate: [own].into_iter().chain((0..rates).map(by)).collect(), rate: 0 }
    }

    /// Of work of one step that stands in for it.
    pub fn of_one(own: Credits, others: &[Credits]) -> JudgedPrices {
        let by_rate = [own].iter().chain(others).map(|price| vec![*price]).collect();
        JudgedPrices { by_rate, rate: 0 }
    }

    /// What all parts together cost by a rate.
    pub fn whole(&self, rate: usize) -> Credits {
        self.by_rate.get(rate).unwrap_or(&self.by_rate[0]).iter().copied().sum()
    }
}

/// From its first instant to before its last (docs/semantics.md §13.3).
fn holds_at(when: &InForce, at: SimTime) -> bool {
    when.from.is_none_or(|from| at >= from) && when.until.is_none_or(|until| at < until)
}

impl Judged<'_> {
    /// For this organization, by its sign-up.
    fn is_for_us(&self, when: &InForce) -> bool {
        let signed_up = self.case.traits.signed_up;
        when.signed_up_before.is_none_or(|before| signed_up < before)
            && when.signed_up_from.is_none_or(|from| signed_up >= from)
    }

    /// Dates and sign-up.
    pub fn applies_to_us(&self, when: &InForce, at: SimTime) -> bool {
        holds_at(when, at) && self.is_for_us(when)
    }

    /// Whether the local clock is in a card's hours, on a day on which they have begun (docs/semantics.md §13.3).
    fn is_by_the_clock(&self, card: &RateCard, at: SimTime) -> bool {
        if card.hours.is_none() && card.weekdays.is_none() {
            return true;
        }
        let (minute_of_week, _) = self.case.zone.minute_of_week(at);
        let (today, minute) = (minute_of_week / DAY, minute_of_week % DAY);
        let DaySpan { from, to } = card.hours.unwrap_or(DaySpan { from: 0, to: DAY as u16 });
        let (from, to) = (usize::from(from), usize::from(to));
        let passes_midnight = to <= from;
        let began = match (minute >= from, minute < to) {
            (true, true) => today,
            (true, false) if passes_midnight => today,
            (false, true) if passes_midnight => (today + 6) % 7,
            _ => return false,
        };
        card.weekdays.is_none_or(|days| days[began])
    }

    /// The rate of a feature at an instant: of the last card that applies and names it (docs/semantics.md §13.3).
    fn rate_at(&self, feature: FeatureIndex, at: SimTime) -> usize {
        for card in self.terms().rates.cards().iter().rev() {
            let names = card.rates.iter().find(|(of, _)| *of == feature);
            if let Some((_, rate)) = names
                && self.applies_to_us(&card.when, at)
                && self.is_by_the_clock(card, at)
            {
                return usize::from(*rate);
            }
        }
        0
    }

    /// The rate of a feature that is in force.
    pub fn rate(&self, feature: FeatureIndex) -> usize {
        self.rate_at(feature, self.now)
    }

    fn rates_at(&self, at: SimTime) -> Vec<usize> {
        (0..self.case.features.len()).map(|index| self.rate_at(FeatureIndex(index as u16), at)).collect()
    }

    /// The population's mean cost of a feature by the rate in force (docs/semantics.md §13.6).
    pub fn expected(&self, feature: FeatureIndex) -> Credits {
        let facts = &self.case.features[feature.index()];
        facts.expected_by_rate.get(self.rate(feature)).copied().unwrap_or(facts.expected_cost)
    }

    /// What is about to be checked is priced by the rate in force; its estimate is made anew if that is another one
    /// (docs/semantics.md §13.4, §13.6).
    pub fn price_now(&mut self, work: usize) {
        let rate = self.rate(self.work[work].serving);
        if rate != self.work[work].prices.rate {
            self.price_by(work, rate);
            self.work[work].estimate = self.estimate_from_the_same(work);
        }
    }

    /// So is all that waits, as somebody buys for it (docs/semantics.md §7.5).
    pub fn price_what_waits(&mut self) {
        for work in 0..self.work.len() {
            if self.work[work].waits() {
                self.price_now(work);
            }
        }
    }

    /// The parts of an operation cost what a rate makes of them.
    pub fn price_by(&mut self, work: usize, rate: usize) {
        let state = &mut self.work[work];
        state.prices.rate = rate;
        let costs = state.prices.by_rate.get(rate).unwrap_or(&state.prices.by_rate[0]);
        for (part, cost) in state.parts.iter_mut().zip(costs) {
            part.cost = *cost;
        }
    }

    /// When other rates are in force next, by the cards of now: those of another plan, perhaps, or of changed rules.
    pub fn take_up_rates(&mut self) {
        self.to_come.call_off(|what| what == Coming::OtherRates);
        if self.terms().rates.cards().is_empty() {
            return;
        }
        let before = self.rates_at(self.now);
        let mut at = self.now;
        while let Some(next) = self.next_edge(at) {
            if self.rates_at(next) != before {
                self.to_come.add(next, (0, 0, 0), Coming::OtherRates);
                return;
            }
            at = next;
        }
    }

    /// The next instant at which a card may begin or end.
    fn next_edge(&self, at: SimTime) -> Option<SimTime> {
        let cards = self.terms().rates.cards();
        let dates = cards.iter().flat_map(|card| [card.when.from, card.when.until]).flatten();
        let mut next = dates.filter(|date| *date > at).min();
        if cards.iter().any(|card| card.hours.is_some() || card.weekdays.is_some()) {
            let clock = self.next_by_the_clock(at);
            next = Some(next.map_or(clock, |date| date.min(clock)));
        }
        next.filter(|next| *next < self.case.end)
    }

    /// When hours of a card begin or end next, or a day; or some minutes on, if clocks are moved before that.
    fn next_by_the_clock(&self, at: SimTime) -> SimTime {
        let hours = self.terms().rates.cards().iter().filter_map(|card| card.hours);
        let bounds = hours.flat_map(|hours| [usize::from(hours.from), usize::from(hours.to)]).chain([0]);
        let (minute, into) = self.case.zone.minute_of_week(at);
        let until = bounds.map(|bound| (bound + DAY - 1 - minute % DAY) % DAY + 1).min().unwrap_or(DAY);
        let after = |minutes: usize| at - into + SimSpan::from_seconds(60 * minutes as i64);
        let as_it_runs = self.case.zone.minute_of_week(after(until)).0 == (minute + until) % (7 * DAY);
        after(if as_it_runs { until } else { until.min(1) })
    }

    /// Other rates are in force: the head of the queue is looked at (docs/semantics.md §13.4).
    pub fn rates_change(&mut self) {
        self.take_up_rates();
        self.look_at_queue();
    }
}
