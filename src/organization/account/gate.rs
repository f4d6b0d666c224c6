//! The gate: what the check of a feature needs, and whether it finds it.
//!
//! Owns what admission means: `Need` is compiled once per plan and feature, and whoever has to know what a check needs
//! (attempts, the fast path, bulk intervals, blocked time, warnings, purchases) asks it here. Leaves what follows from a
//! check to `attempt`. Invariant: nothing else of an account looks at `Admission`.

use crate::policy::{Admission, Estimator, FeatureTerms, HoldNeed, HoldTerms, Terms, View, WhenShort};
use crate::units::Credits;

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

/// Operations in flight, as a check counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InFlightNow {
    pub(super) all: u32,
    pub(super) of_feature: u32,
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
}

impl FeatureCheck {
    /// What the terms of a plan say about the check of one of its features.
    pub(super) fn new(terms: &Terms, feature: &FeatureTerms) -> FeatureCheck {
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
        }
    }

    /// Whether an operation expected to cost `estimate` may start.
    #[inline]
    pub(super) fn check(&self, views: Views, estimate: Credits, in_flight: InFlightNow) -> Check {
        let full = self.most.is_some_and(|most| in_flight.all >= most)
            || self.most_of_feature.is_some_and(|most| in_flight.of_feature >= most);
        if full { Check::Full } else { self.look(views, estimate) }
    }

    /// As `check`, however many are in flight.
    #[inline]
    pub(super) fn look(&self, views: Views, estimate: Credits) -> Check {
        let hold = self.held(estimate);
        let need = match self.need {
            Need::Nothing => return Check::Passes { hold },
            Need::Above(least) => least,
            Need::Estimate => estimate,
            Need::Hold { least, .. } => least.or(hold).unwrap_or_default(),
        };
        if self.finds(views, need) { Check::Passes { hold } } else { Check::Short { need } }
    }

    /// True if the view, with the room below zero, has what a check needs.
    #[inline]
    pub(super) fn finds(&self, views: Views, need: Credits) -> bool {
        self.room.is_none_or(|room| views.get(self.view) + room >= need)
    }

    /// What the check needs of the view for an operation expected to cost `estimate`.
    pub(super) fn needed(&self, estimate: Credits) -> Credits {
        match self.need {
            Need::Nothing => Credits::ZERO,
            Need::Above(least) => least,
            Need::Estimate => estimate,
            Need::Hold { buffer, least } => least.unwrap_or_else(|| buffered(estimate, buffer)),
        }
    }

    /// What passing reserves.
    #[inline]
    pub(super) fn held(&self, estimate: Credits) -> Option<Credits> {
        match self.need {
            Need::Hold { buffer, .. } => Some(buffered(estimate, buffer)),
            Need::Nothing | Need::Above(_) | Need::Estimate => None,
        }
    }

    /// What enlarging a hold by `addition` needs of the view.
    pub(super) fn needed_to_extend(&self, addition: Credits) -> Credits {
        match self.need {
            Need::Hold { least: Some(least), .. } => least,
            _ => addition,
        }
    }

    /// What would exceed the view: the estimate, with the buffer of a hold.
    pub(super) fn exceeds_with(&self, estimate: Credits) -> Credits {
        self.held(estimate).unwrap_or(estimate)
    }

    /// The view below which the check fails for an operation expected to cost `estimate`; none if it never does.
    pub(super) fn least_view(&self, estimate: Credits) -> Option<Credits> {
        if self.need == Need::Nothing {
            return None;
        }
        self.room.map(|room| self.needed(estimate) - room)
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
        matches!(self.need, Need::Estimate | Need::Hold { .. })
    }

    /// True if all that an operation is expected to cost must be available, and is reserved.
    pub(super) fn reserves_all(&self) -> bool {
        matches!(self.need, Need::Hold { least: None, .. }) && self.view == View::Available
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
    if buffer == 0.0 {
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
