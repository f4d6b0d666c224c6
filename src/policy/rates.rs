//! Cards of rates: what operations cost under a plan, and when (docs/semantics.md §13).
//!
//! Owns which rate of a feature is in force at an instant. Leaves what a rate makes of an operation to `workload`: here rates are
//! numbers, 0 being the feature's own. Invariants: of the cards that apply the last one wins, feature by feature; everything
//! that has dates is in force from its first instant to before its last.

use crate::calendar::Zone;
use crate::deliberate::Deliberate;
use crate::units::{FeatureIndex, SimSpan, SimTime};

/// Minutes of a day.
const DAY: u16 = 1_440;

/// When something that carries dates is in force, and for whom: a card of rates, a package, a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InForce {
    /// From this instant on.
    pub from: Option<SimTime>,
    /// Before this instant.
    pub until: Option<SimTime>,
    /// Only for organizations that signed up before this instant.
    pub signed_up_before: Option<SimTime>,
    /// Only for organizations that signed up at or after this instant.
    pub signed_up_from: Option<SimTime>,
}

impl InForce {
    /// Whether it is in force at an instant, for whomever it is.
    #[must_use]
    pub fn holds_at(&self, at: SimTime) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }

    /// Whether it is for an organization that signed up then.
    #[must_use]
    pub fn is_for(&self, signed_up: SimTime) -> bool {
        Deliberate::NewPricesForEverybody.is_made()
            || self.signed_up_before.is_none_or(|before| signed_up < before)
                && self.signed_up_from.is_none_or(|from| signed_up >= from)
    }

    /// True if it is in force always, and for everybody.
    #[must_use]
    pub fn is_always(&self) -> bool {
        *self == InForce::default()
    }
}

/// A span of the local day, in minutes; one that ends no later than it begins passes midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    /// First minute, 0 to 1,439.
    pub from: u16,
    /// The minute behind the last, 1 to 1,440.
    pub to: u16,
}

impl DaySpan {
    /// If it holds a minute of a weekday (0 is Monday): the weekday on which it began.
    fn began(self, weekday: usize, minute: u16) -> Option<usize> {
        if self.from < self.to {
            return (self.from..self.to).contains(&minute).then_some(weekday);
        }
        let before = if Deliberate::NightsOfTheirMorning.is_made() { weekday } else { (weekday + 6) % 7 };
        if minute >= self.from { Some(weekday) } else { (minute < self.to).then_some(before) }
    }
}

/// One card: when it applies, and its rates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RateCard {
    /// Dates, and whom it is for.
    pub when: InForce,
    /// Hours of the local day; all if absent.
    pub hours: Option<DaySpan>,
    /// Weekdays, Monday first, on which `hours` (or the day) begin; all if absent.
    pub weekdays: Option<[bool; 7]>,
    /// Numbers of the rates of some features.
    pub rates: Vec<(FeatureIndex, u16)>,
}

impl RateCard {
    /// Whether it applies at an instant, for whomever it is.
    fn holds_at(&self, zone: &Zone, at: SimTime) -> bool {
        if !self.when.holds_at(at) {
            return false;
        }
        if self.hours.is_none() && self.weekdays.is_none() {
            return true;
        }
        let (minute, _) = zone.minute_of_week(at);
        let (weekday, minute) = (minute / usize::from(DAY), (minute % usize::from(DAY)) as u16);
        let whole = DaySpan { from: 0, to: DAY };
        let began = self.hours.unwrap_or(whole).began(weekday, minute);
        began.is_some_and(|day| self.weekdays.is_none_or(|days| days[day]))
    }

    fn rate_of(&self, feature: FeatureIndex) -> Option<u16> {
        self.rates.iter().find(|(of, _)| *of == feature).map(|(_, rate)| *rate)
    }
}

/// The cards of a plan in file order, laid out over a horizon.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RateCards {
    cards: Vec<RateCard>,
    /// From each of these instants to the next: which cards apply, for whomever they are.
    stretches: Vec<(SimTime, Vec<bool>)>,
}

impl RateCards {
    /// Cards that are not laid out yet.
    #[must_use]
    pub fn new(cards: Vec<RateCard>) -> RateCards {
        RateCards { cards, stretches: Vec::new() }
    }

    /// The cards.
    #[must_use]
    pub fn cards(&self) -> &[RateCard] {
        &self.cards
    }

    /// True if every feature has its own rate, always.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// True if some card has another rate for a feature than its own.
    #[must_use]
    pub fn price(&self, feature: FeatureIndex) -> bool {
        self.cards.iter().any(|card| card.rate_of(feature).is_some_and(|rate| rate > 0))
    }

    /// Finds out which cards apply when, from `start` to `end`.
    pub fn lay_out(&mut self, zone: &Zone, start: SimTime, end: SimTime) {
        let mut edges = self.clock_edges(zone, start, end);
        let dates = self.cards.iter().flat_map(|card| [card.when.from, card.when.until]);
        edges.extend(dates.flatten().filter(|at| *at > start && *at < end));
        edges.push(start);
        edges.sort_unstable();
        edges.dedup();
        self.stretches.clear();
        for at in edges {
            let apply: Vec<bool> = self.cards.iter().map(|card| card.holds_at(zone, at)).collect();
            if self.stretches.last().is_none_or(|(_, before)| *before != apply) {
                self.stretches.push((at, apply));
            }
        }
    }

    /// Instants at which the local clock may begin or end a card: steps in which every such instant lies, changes of the
    /// clock itself included.
    fn clock_edges(&self, zone: &Zone, start: SimTime, end: SimTime) -> Vec<SimTime> {
        let clocked = self.cards.iter().filter(|card| card.hours.is_some() || card.weekdays.is_some());
        let bounds = clocked.clone().flat_map(|card| card.hours).flat_map(|hours| [hours.from, hours.to]);
        // Clocks are moved at full and half hours.
        let step = usize::from(bounds.fold(30, greatest_common_divisor));
        let mut edges = Vec::new();
        if clocked.count() == 0 {
            return edges;
        }
        let mut at = start;
        while at < end {
            edges.push(at);
            let (minute, into) = zone.minute_of_week(at);
            let minutes = (step - minute % step) as i64;
            at = at - into + SimSpan::from_seconds(60 * minutes);
        }
        edges
    }

    /// The number of the rate of a feature that is in force at an instant for an organization that signed up then; 0 is the
    /// feature's own. The cards must have been laid out.
    #[must_use]
    pub fn rate(&self, feature: FeatureIndex, at: SimTime, signed_up: SimTime) -> u16 {
        let place = self.stretches.partition_point(|(from, _)| *from <= at).saturating_sub(1);
        let Some((_, apply)) = self.stretches.get(place) else { return 0 };
        let applying = self.cards.iter().zip(apply).rev();
        let applying = applying.filter(|(card, apply)| **apply && card.when.is_for(signed_up));
        let mut rates = applying.filter_map(|(card, _)| card.rate_of(feature));
        let rate = if Deliberate::FirstCardWins.is_made() { rates.next_back() } else { rates.next() };
        rate.unwrap_or(0)
    }

    /// The first instant after `at` at which another card may apply.
    #[must_use]
    pub fn next_change(&self, at: SimTime) -> Option<SimTime> {
        let place = self.stretches.partition_point(|(from, _)| *from <= at);
        self.stretches.get(place).map(|(from, _)| *from)
    }
}

fn greatest_common_divisor(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: FeatureIndex = FeatureIndex(0);

    /// Microseconds of the rate that is in force in an hour of a local day, seen over a whole zone day.
    fn hours_in_force(card: RateCard, zone: &str, day: &str) -> Vec<String> {
        let zone = Zone::named(zone).expect("a zone");
        let start = zone.parse(day).expect("a day");
        let end = start + SimSpan::from_seconds(2 * 86_400);
        let mut cards = RateCards::new(vec![card]);
        cards.lay_out(&zone, start, end);
        let hours = (0..48).map(|hour| start + SimSpan::from_seconds(hour * 3_600));
        hours.filter(|at| cards.rate(CHAT, *at, SimTime::MIN) == 1).map(|at| zone.show(at)).collect()
    }

    fn card(from: u16, to: u16, weekdays: Option<[bool; 7]>) -> RateCard {
        let hours = Some(DaySpan { from: from * 60, to: to * 60 });
        RateCard { hours, weekdays, rates: vec![(CHAT, 1)], ..RateCard::default() }
    }

    #[test]
    fn a_doubled_hour_counts_twice_and_a_missing_one_never() {
        // Berlin: 26 October 2025 has 02:00 to 03:00 twice, 30 March 2025 not at all.
        let doubled = hours_in_force(card(2, 3, None), "Europe/Berlin", "2025-10-26");
        assert_eq!(doubled[..2], ["2025-10-26 02:00:00", "2025-10-26 02:00:00"]);
        assert_eq!(doubled.len(), 3);
        let missing = hours_in_force(card(2, 3, None), "Europe/Berlin", "2025-03-30");
        assert_eq!(missing, ["2025-03-31 02:00:00"]);
        let around = hours_in_force(card(1, 4, None), "Europe/Berlin", "2025-03-30");
        assert_eq!(around[..2], ["2025-03-30 01:00:00", "2025-03-30 03:00:00"]);
    }

    #[test]
    fn a_span_that_passes_midnight_belongs_to_the_day_on_which_it_begins() {
        let mut friday = [false; 7];
        friday[4] = true;
        // 3 January 2025 is a Friday.
        let nights = hours_in_force(card(22, 2, Some(friday)), "UTC", "2025-01-03");
        let wanted =
            ["2025-01-03 22:00:00", "2025-01-03 23:00:00", "2025-01-04 00:00:00", "2025-01-04 01:00:00"];
        assert_eq!(nights, wanted);
        assert!(hours_in_force(card(22, 2, Some(friday)), "UTC", "2025-01-04").len() == 2);
    }

    #[test]
    fn the_last_card_that_applies_wins_feature_by_feature() {
        let other = FeatureIndex(1);
        let at = |hours: i64| SimTime::from_micros(hours * 3_600_000_000);
        let dated = InForce { from: Some(at(10)), until: Some(at(20)), ..InForce::default() };
        let old = InForce { signed_up_before: Some(at(0)), ..InForce::default() };
        let mut cards = RateCards::new(vec![
            RateCard { rates: vec![(CHAT, 1), (other, 2)], ..RateCard::default() },
            RateCard { when: dated, rates: vec![(CHAT, 3)], ..RateCard::default() },
            RateCard { when: old, rates: vec![(other, 0)], ..RateCard::default() },
        ]);
        cards.lay_out(&Zone::default(), at(0), at(100));
        let found = |hour, signed_up| {
            (cards.rate(CHAT, at(hour), at(signed_up)), cards.rate(other, at(hour), at(signed_up)))
        };
        assert_eq!([found(9, 0), found(10, 0), found(19, 0), found(20, 0)], [(1, 2), (3, 2), (3, 2), (1, 2)]);
        assert_eq!(found(10, -1), (3, 0));
        assert_eq!(cards.next_change(at(3)), Some(at(10)));
        assert_eq!(cards.next_change(at(10)), Some(at(20)));
        assert_eq!(cards.next_change(at(20)), None);
    }
}
