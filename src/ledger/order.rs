//! The order in which lots are burned.

use std::cmp::Ordering;

use crate::policy::BurnKey;
use crate::units::Category;

use super::Lot;

/// Compares two lots under a list of keys; the id, then the serial, close every list.
///
/// Where the list does not name `burns`, a rolled lot's rank is compared just before `expires_at` (SEMANTICS §4).
#[must_use]
pub fn burn_order(keys: &[BurnKey], a: &Lot, b: &Lot) -> Ordering {
    let implicit_rank = !keys.contains(&BurnKey::Burns);
    keys.iter()
        .map(|key| compare(*key, implicit_rank, a, b))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
        .then(a.id.cmp(&b.id))
        .then(a.serial.cmp(&b.serial))
}

fn compare(key: BurnKey, implicit_rank: bool, a: &Lot, b: &Lot) -> Ordering {
    match key {
        BurnKey::Priority => a.priority.cmp(&b.priority),
        BurnKey::ExpiresAt(_) => {
            let rank = if implicit_rank { a.rank.cmp(&b.rank) } else { Ordering::Equal };
            rank.then(a.ends_key.cmp(&b.ends_key))
        }
        BurnKey::Category(order) => position(&order, a.category).cmp(&position(&order, b.category)),
        BurnKey::UnitPrice => {
            let left = i128::from(a.price_paid.nanos()) * i128::from(b.credits.micros());
            let right = i128::from(b.price_paid.nanos()) * i128::from(a.credits.micros());
            left.cmp(&right)
        }
        BurnKey::EffectiveAt => a.effective_at.cmp(&b.effective_at),
        BurnKey::CreatedAt => a.created_at.cmp(&b.created_at),
        BurnKey::Amount { larger_first: true } => b.credits.cmp(&a.credits),
        BurnKey::Amount { larger_first: false } => a.credits.cmp(&b.credits),
        BurnKey::Burns => a.rank.cmp(&b.rank),
        BurnKey::Id => a.id.cmp(&b.id),
    }
}

fn position(order: &[Category; 3], category: Category) -> usize {
    order.iter().position(|listed| *listed == category).unwrap_or(order.len())
}
