//! Prices that are earned evenly over time (docs/semantics.md §18.13).

use crate::policy::{Recognition, Terms};
use crate::units::{Money, SimTime};

use super::account::Judged;
use super::facts::{EntryKind, Fact};

/// From when until when a lot's price is earned, whatever becomes of its credits; until it is voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OverTime {
    pub from: SimTime,
    pub until: SimTime,
    pub voided: Option<SimTime>,
}

impl OverTime {
    /// Earned of a price by an instant, rounded down.
    pub fn earned(self, price: Money, now: SimTime) -> Money {
        let gone = (self.voided.unwrap_or(now).min(self.until) - self.from).micros();
        price.scale_floor(gone.max(0), (self.until - self.from).micros().max(1))
    }

    /// What was still to be earned as the lot was voided.
    pub fn lost(self, price: Money) -> Money {
        self.voided.map_or(Money::ZERO, |voided| price - self.earned(price, voided))
    }
}

/// A subscription's price is spread over its allowances, and not over time.
pub(super) fn spreads(terms: &Terms) -> bool {
    terms.allowance.is_some() && terms.recognition == Recognition::OnUse
}

impl Judged<'_> {
    pub fn spreads_over_allowances(&self) -> bool {
        spreads(self.terms())
    }

    /// What was paid for a lot that begins now is earned over time, if the rules say so and it has an end.
    pub fn spreads_over_time(&mut self, lot: usize) {
        let (price, end) = (self.lots[lot].price, self.lots[lot].end);
        let Some(end) = end.filter(|_| self.terms().recognition == Recognition::Ratable) else { return };
        if price == Money::ZERO {
            return;
        }
        let until = self.acted_end(end);
        self.lots[lot].over_time = Some(OverTime { from: self.now, until, voided: None });
    }

    /// A lot is voided: what of its price was to come is voided with it.
    pub fn voids_price_to_come(&mut self, lot: usize) {
        let now = self.now;
        let Some(over_time) = &mut self.lots[lot].over_time else { return };
        if over_time.voided.is_some() || over_time.until <= now {
            return;
        }
        over_time.voided = Some(now);
        let lost = over_time.lost(self.lots[lot].price);
        let grant = self.lots[lot].names();
        self.tell(Fact { grant, ..Fact::new(now, EntryKind::PriceVoided).paid(lost) });
    }
}
