//! Grants and rollovers of a swarm.

use creditsim::calendar::Period;
use creditsim::policy::{
    Across, CreditScope, Expiry, GrantSpec, LotOwner, Recurrence, RecurrenceMode, RolledBurns, Rollover,
    RolloverBase, Trim,
};
use creditsim::units::{Category, Credits, FeatureIndex};
use proptest::option;
use proptest::prelude::*;

use super::case::hour;
use super::knob::{at, money, quarters, thirds};

/// A rollover.
#[derive(Debug, Clone)]
pub struct Rolls {
    quarters: u8,
    original: bool,
    min: i64,
    max: Option<i64>,
    total: Option<i64>,
    newest: bool,
    periods: Option<u32>,
    burns: u8,
}

impl Rolls {
    pub fn terms(&self) -> Rollover {
        // Drawn otherwise, so that cases that were kept stay what they are.
        let across = if self.newest { Across::Organization } else { Across::Owner };
        Rollover {
            fraction: quarters(self.quarters),
            base: if self.original { RolloverBase::Original } else { RolloverBase::Remaining },
            min_credits: thirds(self.min),
            max_credits: self.max.map_or(Credits::MAX, thirds),
            max_total: self.total.map(thirds),
            trim: if self.newest { Trim::Newest } else { Trim::Oldest },
            max_periods: self.periods,
            across,
            burns: [RolledBurns::Unordered, RolledBurns::Before, RolledBurns::After][usize::from(self.burns)],
        }
    }
}

pub fn rolls() -> impl Strategy<Value = Rolls> {
    let caps = (option::of(0..60_i64), option::of(0..90_i64), any::<bool>(), option::of(1..3_u32));
    (0..5_u8, any::<bool>(), 0..12_i64, caps, 0..3_u8).prop_map(
        |(quarters, original, min, (max, total, newest, periods), burns)| Rolls {
            quarters,
            original,
            min,
            max,
            total,
            newest,
            periods,
            burns,
        },
    )
}

/// A written-down grant.
#[derive(Debug, Clone)]
pub struct GivenGrant {
    thirds: i64,
    category: u8,
    priority: i32,
    from: Option<i64>,
    expires: Option<i64>,
    voided: Option<i64>,
    left: Option<i64>,
    rolls: Option<Rolls>,
    every: Option<(u32, bool, Option<u32>)>,
    cents: i64,
    /// Whom it is for, if not for everybody.
    features: Option<Vec<FeatureIndex>>,
    group: Option<u16>,
    per: u8,
}

/// Who has a lot: mostly the organization.
pub fn owner(word: u8) -> LotOwner {
    [LotOwner::Organization, LotOwner::Member, LotOwner::Project, LotOwner::Group][usize::from(word)]
}

impl GivenGrant {
    /// The same for everybody.
    pub fn for_everybody(&mut self) {
        (self.features, self.group, self.per) = (None, None, 0);
    }

    pub fn spec(&self) -> GrantSpec {
        let from = self.from.map(at);
        let after = |hours: i64| at(self.from.unwrap_or(0) + hours);
        GrantSpec {
            id: None,
            credits: thirds(self.thirds),
            by_heads: None,
            category: Category::ALL[usize::from(self.category)],
            priority: self.priority,
            created_at: None,
            effective_at: from,
            expires: self.expires.map_or(Expiry::Never, |hours| Expiry::At(after(hours))),
            voided_at: self.voided.map(after),
            remaining: self.left.map(|left| thirds(left.min(self.thirds))),
            rollover: self.rolls.as_ref().map(Rolls::terms),
            recurrence: self.every.map(|(days, add, valid)| Recurrence {
                every: Period::Days(days),
                anchor: from,
                mode: if add { RecurrenceMode::Add } else { RecurrenceMode::Set },
                valid: valid.map(Period::Days),
            }),
            price: money(self.cents),
            scope: CreditScope {
                features: self.features.clone(),
                groups: self.group.map(|group| vec![group]),
                per: owner(self.per),
            },
        }
    }
}

/// Who has a lot.
pub fn per() -> impl Strategy<Value = u8> {
    prop_oneof![9 => Just(0_u8), 1 => 1..4_u8]
}

pub fn given() -> impl Strategy<Value = GivenGrant> {
    let ends = (option::of(1..900_i64), option::weighted(0.2, 1..900_i64), option::weighted(0.3, 0..40_i64));
    let again = option::weighted(0.3, (3..20_u32, any::<bool>(), option::of(2..15_u32)));
    let start = option::weighted(0.6, prop_oneof![-400..900_i64, hour().prop_map(i64::from)]);
    let features = option::weighted(0.12, prop_oneof![Just(vec![0]), Just(vec![1]), Just(vec![0, 1])]);
    let features =
        features.prop_map(|named| named.map(|named| named.into_iter().map(FeatureIndex).collect()));
    let worth = (0..300_i64, features, option::weighted(0.08, 0..2_u16), per());
    (1..90_i64, 0..3_u8, -1..2_i32, start, ends, option::weighted(0.2, rolls()), again, worth).prop_map(
        |(thirds, category, priority, from, (expires, voided, left), rolls, every, worth)| GivenGrant {
            thirds,
            category,
            priority,
            from,
            expires,
            voided,
            left,
            rolls,
            every,
            cents: worth.0,
            features: worth.1,
            group: worth.2,
            per: worth.3,
        },
    )
}
