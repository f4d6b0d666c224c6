//! Other rules that may have been in force: the policy with one thing changed, whose replay a bill may fit exactly.
//!
//! Owns which changes are tried and what they are called. Invariant: each differs from the policy in one thing.

use crate::calendar::Period;
use crate::policy::{
    Anchor, ChargeMoment, FeatureTerms, OnCancel, OnFailure, Opening, Policy, RoundMode, Rounding, Terms,
};
use crate::sampling::Dist;
use crate::units::Credits;

/// The policy with one thing changed.
#[derive(Debug, Clone)]
pub struct OtherRule {
    /// As a sentence ends: "… cycles began at the sign-up (`anchor = "sign-up"`)".
    pub words: String,
    /// True if it is another plan.
    pub plan: bool,
    /// The policy.
    pub policy: Policy,
}

/// Every change that is tried.
#[must_use]
pub fn other_rules(policy: &Policy) -> Vec<OtherRule> {
    let mut found = Vec::new();
    let mut offer = |words: &str, change: &dyn Fn(&mut Terms)| {
        let mut other = policy.clone();
        other.plans.iter_mut().for_each(change);
        if other != *policy {
            found.push(OtherRule { words: words.to_owned(), plan: false, policy: other });
        }
    };
    anchors(&mut offer);
    features(&mut offer);
    roundings(&mut offer);
    offer("charges were recorded at once (`metering_lag = 0`)", &|terms| {
        terms.metering_lag = Dist::Fixed(0.0);
    });
    found.extend(plans(policy));
    found
}

/// Takes a change and what it is called.
type Offer<'a> = &'a mut dyn FnMut(&str, &dyn Fn(&mut Terms));

fn anchors(offer: Offer<'_>) {
    let monthly = |terms: &Terms| matches!(terms.cycle.every, Period::Months(_));
    offer("cycles began at the sign-up (`anchor = \"sign-up\"`)", &|terms| {
        if monthly(terms) {
            terms.cycle.anchor = Anchor::SignUp;
        }
    });
    offer("cycles were calendar months (`anchor = \"calendar-month\"`)", &|terms| {
        if monthly(terms) {
            terms.cycle.anchor = Anchor::CalendarMonth;
        }
    });
    offer("first periods were prorated (`opening = \"prorated\"`)", &|terms| {
        terms.cycle.opening = Opening::Prorated;
    });
    offer("first periods were whole (`opening = \"full\"`)", &|terms| terms.cycle.opening = Opening::Full);
}

fn features(offer: Offer<'_>) {
    let mut each = |words: &str, change: &dyn Fn(&mut FeatureTerms)| {
        offer(words, &|terms: &mut Terms| terms.features.iter_mut().for_each(change));
    };
    each("failed operations were charged (`on_failure = \"charge-all\"`)", &|rules| {
        rules.on_failure = OnFailure::ChargeAll;
    });
    each("failed operations were free (`on_failure = \"free\"`)", &|rules| {
        rules.on_failure = OnFailure::Free;
        rules.minimum_on_failure = false;
    });
    each("cancelled operations were charged (`on_cancel = \"charge-all\"`)", &|rules| {
        rules.on_cancel = OnCancel::ChargeAll;
    });
    each("cancelled operations were free (`on_cancel = \"free\"`)", &|rules| {
        rules.on_cancel = OnCancel::Free;
        rules.minimum_on_cancel = false;
    });
    each("operations were charged as they start (`charge = \"start\"`)", &|rules| {
        rules.charge = ChargeMoment::Start;
    });
    each("operations were charged as they end (`charge = \"completion\"`)", &|rules| {
        rules.charge = ChargeMoment::Completion;
    });
    each("there were no minimum (`minimum = 0`)", &|rules| rules.minimum = Credits::ZERO);
    each("operations cost a credit at least (`minimum = 1`)", &|rules| {
        rules.minimum = Credits::from_whole(1)
    });
}

fn roundings(offer: Offer<'_>) {
    offer("charges were not rounded", &|terms| terms.rounding = None);
    let units = [
        ("1", Credits::from_whole(1)),
        ("0.1", Credits::from_micros(100_000)),
        ("0.01", Credits::from_micros(10_000)),
    ];
    for (unit, credits) in units {
        for (word, mode) in [("up", RoundMode::Up), ("to the nearest", RoundMode::Nearest)] {
            let words = format!("each operation were rounded {word} to {unit} credits");
            let rounding = Rounding { unit: credits, mode, per_charge: false };
            offer(&words, &|terms| terms.rounding = Some(rounding));
        }
    }
}

/// Everybody on one plan for the whole time.
fn plans(policy: &Policy) -> Vec<OtherRule> {
    let named = policy.named_plans();
    if named < 2 {
        return Vec::new();
    }
    let on = |plan: usize| {
        let mut other = policy.clone();
        other.plan_shares.iter_mut().for_each(|shares| *shares = vec![(plan, 1.0)]);
        other.plan_changes.clear();
        let words = format!("the organization were on plan `{}`", policy.plans[plan].plan);
        OtherRule { words, plan: true, policy: other }
    };
    (0..named).map(on).collect()
}
