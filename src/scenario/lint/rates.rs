//! What is pointed out about price lists: features that they leave out, cards that never apply.

use crate::policy::{InForce, RateCard};
use crate::units::FeatureIndex;

use super::About;

/// A price list that names some features leaves the others at their own cost, which may be meant.
pub(super) fn features_without_a_rate(about: &About<'_>) {
    let cards = about.terms.rates.cards();
    let names = |feature: usize| {
        let feature = FeatureIndex(feature as u16);
        cards.iter().any(|card| card.rates.iter().any(|(of, _)| *of == feature))
    };
    let paid = about.scenario.features.iter().enumerate().filter(|(_, feature)| !feature.free);
    let left: Vec<&str> =
        paid.filter(|(index, _)| !names(*index)).map(|(_, feature)| feature.name.as_str()).collect();
    if cards.is_empty() || left.is_empty() {
        return;
    }
    let what = format!("leave out `{}`", left.join("`, `"));
    let hint = format!("it keeps what the feature says; write `{} = \"cost\"` to say so", left[0]);
    about.warn("rates", what, hint);
}

/// A card whose dates lie outside the horizon, whose sign-ups nobody can have, or that a later one always hides.
pub(super) fn cards_that_never_apply(about: &About<'_>) {
    let cards = about.terms.rates.cards();
    for (index, card) in cards.iter().enumerate() {
        let what = format!("hold a card, the {}, that never applies", ordinal(index + 1));
        if let Some(why) = never_in_force(about, &card.when) {
            about.warn("rates", what, why);
        } else if cards[index + 1..].iter().any(|later| hides(later, card)) {
            about.warn("rates", what, "a later card prices all its features, always: put that one first");
        }
    }
}

/// Why something with dates never holds, if it never does.
pub(super) fn never_in_force(about: &About<'_>, when: &InForce) -> Option<String> {
    let scenario = about.scenario;
    let outside = when.from.is_some_and(|from| from >= scenario.end)
        || when.until.is_some_and(|until| until <= scenario.start);
    if outside {
        return Some("its dates lie outside the horizon".to_owned());
    }
    match (when.signed_up_before, when.signed_up_from) {
        (Some(before), Some(from)) if before <= from => {
            Some("nobody signs up both before the one and from the other instant on".to_owned())
        }
        _ => None,
    }
}

fn hides(later: &RateCard, card: &RateCard) -> bool {
    let always = later.when.is_always() && later.hours.is_none() && later.weekdays.is_none();
    let priced = |of: &FeatureIndex| later.rates.iter().any(|(other, _)| other == of);
    always && card.rates.iter().all(|(of, _)| priced(of))
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
