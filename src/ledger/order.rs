//! The order in which lots are burned.

use std::cmp::Ordering;

use crate::deliberate::Deliberate;
use crate::policy::BurnKey;
use crate::units::Category;

use super::Lot;

/// Compares two lots under a list of keys; the id, then the serial, close every list.
///
/// A rolled lot that burns before or after the fresh allowance has its place just before or after it, wherever the
/// fresh allowance stands, if `burns` is just before `expires_at` in the list or left out (docs/semantics.md §4.8). Anywhere else
/// `burns` is a key like others: it compares all lots.
#[must_use]
pub fn burn_order(keys: &[BurnKey], a: &Lot, b: &Lot) -> Ordering {
    let named = keys.contains(&BurnKey::Burns);
    let joined = |index: usize| {
        let before = index.checked_sub(1).and_then(|before| keys.get(before));
        !named || before == Some(&BurnKey::Burns)
    };
    let compare = |(index, key): (usize, &BurnKey)| match (key, keys.get(index + 1)) {
        (BurnKey::Burns, Some(BurnKey::ExpiresAt(_))) => Ordering::Equal,
        (BurnKey::ExpiresAt(_), _) if joined(index) => {
            let side = a.place().cmp(&b.place()).then(a.rank.cmp(&b.rank));
            side.then(a.ends_key.cmp(&b.ends_key))
        }
        _ => compare(*key, a, b),
    };
    let order = keys
        .iter()
        .enumerate()
        .map(compare)
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
        .then(a.id.cmp(&b.id))
        .then(a.serial.cmp(&b.serial));
    if Deliberate::BurnOrderReversed.is_made() { order.reverse() } else { order }
}

fn compare(key: BurnKey, a: &Lot, b: &Lot) -> Ordering {
    match key {
        BurnKey::Priority => a.priority.cmp(&b.priority),
        BurnKey::Scope if Deliberate::WidestScopeFirst.is_made() => b.width.cmp(&a.width),
        BurnKey::Scope => a.width.cmp(&b.width),
        BurnKey::ExpiresAt(_) => a.ends_key.cmp(&b.ends_key),
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
