//! Cards of rates of a swarm: by date, clock and sign-up, of one feature or both.

use std::sync::Arc;

use creditsim::policy::{DaySpan, InForce, RateCard, RateCards, Terms};
use creditsim::units::{Credits, FeatureIndex};
use creditsim::workload::{Batch, Operation, RunPart, Source};
use proptest::option;
use proptest::prelude::*;

use super::knob::{START, at};

/// Rates of each paid feature besides its own, as the scenario of the swarm has them.
pub const RATES: u16 = 2;

/// A card as it is drawn.
#[derive(Debug, Clone)]
pub struct DrawnCard {
    /// Numbers of the rates of `other` and `work`; none leaves the feature out.
    rates: (Option<u16>, Option<u16>),
    from: Option<u32>,
    until: Option<u32>,
    hours: Option<(u16, u16)>,
    weekdays: Option<u8>,
    /// 0 for all, 1 for who signed up before the start, 2 for the others.
    whom: u8,
}

impl DrawnCard {
    /// Adds the card to those of a plan.
    pub fn turn(&self, terms: &mut Terms) {
        let hour = |hour: Option<u32>| hour.map(|hour| at(i64::from(hour)));
        let features = [(0, self.rates.0), (1, self.rates.1)];
        let card = RateCard {
            when: InForce {
                from: hour(self.from),
                until: hour(self.until),
                signed_up_before: (self.whom == 1).then_some(START),
                signed_up_from: (self.whom == 2).then_some(START),
            },
            hours: self.hours.map(|(from, to)| DaySpan { from: from * 60, to: to * 60 + 30 }),
            weekdays: self.weekdays.map(|days| std::array::from_fn(|day| days >> day & 1 == 1)),
            rates: features.into_iter().filter_map(|(of, rate)| Some((FeatureIndex(of), rate?))).collect(),
        };
        let cards = terms.rates.cards().iter().cloned().chain([card]).collect();
        terms.rates = RateCards::new(cards);
    }
}

/// The cards of a plan in a world that lacks the first feature.
pub fn without_first(terms: &mut Terms) {
    let shifted = |card: &RateCard| {
        let kept = card.rates.iter().filter(|(of, _)| of.0 > 0);
        RateCard { rates: kept.map(|(of, rate)| (FeatureIndex(of.0 - 1), *rate)).collect(), ..card.clone() }
    };
    terms.rates = RateCards::new(terms.rates.cards().iter().map(shifted).collect());
}

/// Any card.
pub fn drawn_card() -> impl Strategy<Value = DrawnCard> {
    let rate = || option::weighted(0.8, 0..=RATES);
    let hours = option::of((0..24_u16, 0..23_u16));
    let dates = (option::of(0..960_u32), option::of(0..960_u32));
    ((rate(), rate()), dates, hours, option::of(1..128_u8), 0..3_u8).prop_map(
        |(rates, (from, until), hours, weekdays, whom)| DrawnCard {
            rates,
            from,
            until,
            hours: hours.filter(|(from, to)| from * 60 != to * 60 + 30),
            weekdays,
            whom,
        },
    )
}

/// A batch of all features, each operation priced by its own source.
pub fn priced(operations: Vec<Operation>, parts: Vec<RunPart>, sources: &[Arc<Source>]) -> Batch {
    let rates = usize::from(RATES);
    let mut batch = Batch { operations, parts, rate_count: rates, ..Batch::default() };
    batch.part_prices = vec![Credits::ZERO; batch.parts.len() * rates];
    for operation in batch.operations.clone() {
        let own = batch.parts_of(&operation).to_vec();
        let first = Operation { part_start: 0, ..operation };
        let mut alone = Batch { operations: vec![first], parts: own, ..Batch::default() };
        sources[operation.feature.index()].price_batch(&mut alone);
        // A free feature has no rates.
        alone.prices.resize(rates, Credits::ZERO);
        batch.prices.extend(alone.prices);
        let start = operation.part_start as usize * rates;
        batch.part_prices[start..start + alone.part_prices.len()].copy_from_slice(&alone.part_prices);
    }
    batch
}
