//! How customers of a cohort buy and react; the same dispositions under every policy.

use crate::calendar::CalendarUnit;
use crate::sampling::Dist;
use crate::units::{Credits, FeatureIndex, Money, Probability, SimSpan, SimTime};

use super::grants::GrantSpec;

/// Everything about a cohort's organizations that a policy meets but does not set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Customers {
    /// Grants at sign-up or written down explicitly.
    pub grants: Vec<GrantSpec>,
    /// Debt at the start.
    pub debt_at_start: Credits,
    /// What is left of the running period's allowance as the account opens, in the place of what a first period brings.
    pub allowance_left: Option<Credits>,
    /// Explicit instants at which cycles close, instead of the plan's, in order, after the start.
    pub cycle_closes: Option<Vec<SimTime>>,
    /// People who buy; a policy may override.
    pub buyer: Option<Buyer>,
    /// What follows a refusal.
    pub reactions: Reactions,
    /// Leaving after too many refusals.
    pub churn: Option<Churn>,
    /// The organization's own cap on spending.
    pub budget: Option<Budget>,
}

/// People who buy packages.
#[derive(Debug, Clone, PartialEq)]
pub struct Buyer {
    /// Probability of buying after a refusal for lack of credits.
    pub on_refusal: Probability,
    /// Probability of buying after an alert.
    pub on_warning: Probability,
    /// Probability of buying when the balance reaches zero.
    pub on_zero: Probability,
    /// Probability of buying when an operation begins to wait for credits: in the queue, for a purchase or a retry.
    pub on_wait: Probability,
    /// Probability of buying after an operation was served without AI for lack of credits.
    pub on_degraded: Probability,
    /// Asked again each such span while the account refuses; once if absent.
    pub while_short: Option<SimSpan>,
    /// Buys regularly, this often.
    pub every: Option<SimSpan>,
    /// Time until a person acts (seconds).
    pub human_delay: Dist,
    /// Extra time when the member who noticed cannot buy and must ask (seconds).
    pub ask_delay: Dist,
    /// Which package.
    pub choice: PackageChoice,
    /// Time between payment and usable credits (seconds).
    pub processing: Dist,
    /// Probability that a payment is declined.
    pub declined: Probability,
    /// Whether the refused operation waits for the credits.
    pub after_purchase: AfterPurchase,
}

/// Which package people choose, by name; a name that the plan lacks falls back to the smallest that covers.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum PackageChoice {
    /// The smallest with credits ≥ need − view, else the largest.
    #[default]
    SmallestThatCovers,
    /// The lowest unit price.
    CheapestPerCredit,
    /// Always this one.
    Fixed(String),
    /// By weight.
    Weighted(Vec<(String, f64)>),
}

/// What becomes of the refused operation when its customer buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterPurchase {
    /// It waits with its patience and retries when credits land.
    #[default]
    Resume,
    /// It is lost; later demand profits.
    Drop,
}

/// What follows a refusal when nobody buys: one of these by probability, else the operation is abandoned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reactions {
    /// Try again later.
    pub retry: Option<Retry>,
    /// Probability of waiting until credits arrive.
    pub wait: Probability,
    /// Try another feature instead.
    pub substitute: Option<Substitute>,
}

/// Trying again later.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Probability after each refusal.
    pub probability: Probability,
    /// Time until the next attempt (seconds).
    pub delay: Dist,
    /// Most attempts in all, the first included.
    pub attempts: u32,
}

/// Trying another feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Substitute {
    /// Probability after a refusal.
    pub probability: Probability,
    /// Pairs (refused feature, substitute).
    pub pairs: Vec<(FeatureIndex, FeatureIndex)>,
}

/// Leaving after too many refusals.
#[derive(Debug, Clone, PartialEq)]
pub struct Churn {
    /// Refusals needed.
    pub refusals: u32,
    /// Within this span.
    pub within: SimSpan,
    /// Probability of leaving each time that many are reached.
    pub probability: Probability,
}

/// An organization's own cap on spending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Money per period.
    pub money: Money,
    /// The calendar period.
    pub per: CalendarUnit,
}
