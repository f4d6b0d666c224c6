//! Credits as integers: one credit is a million micro-credits.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use super::limit::too_many_credits;
use super::money::NotWritten;

/// Micro-credits in one credit.
pub const MICROS_PER_CREDIT: i64 = 1_000_000;

/// A signed quantity of credits (micro-credits).
///
/// Arithmetic that passes 64 bits raises [`super::Impossible`]; the engine turns it into an error that names the
/// organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Credits(i64);

impl Credits {
    /// No credits.
    pub const ZERO: Credits = Credits(0);
    /// One micro-credit, the smallest quantity.
    pub const EPSILON: Credits = Credits(1);
    /// The largest quantity.
    pub const MAX: Credits = Credits(i64::MAX);

    /// From micro-credits.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Credits(micros)
    }

    /// From whole credits.
    #[must_use]
    pub const fn from_whole(credits: i64) -> Self {
        Credits(credits * MICROS_PER_CREDIT)
    }

    /// From a drawn or computed amount, rounded half-up to a micro-credit.
    #[must_use]
    pub fn from_f64(credits: f64) -> Self {
        Credits(super::round_half_up(credits, MICROS_PER_CREDIT as f64))
    }

    /// In micro-credits.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// For display, statistics and plots only.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / MICROS_PER_CREDIT as f64
    }

    /// `max(self, 0)`.
    #[must_use]
    pub fn positive_part(self) -> Self {
        Credits(self.0.max(0))
    }

    /// True above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// True at exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self · numerator / denominator` in 128 bits, rounded half-up. `denominator` must be positive.
    #[must_use]
    pub fn scale_half_up(self, numerator: i64, denominator: i64) -> Self {
        Credits(super::ratio_half_up(self.0, numerator, denominator))
    }

    /// `self · numerator / denominator` in 128 bits, rounded down. `denominator` must be positive.
    #[must_use]
    pub fn scale_floor(self, numerator: i64, denominator: i64) -> Self {
        debug_assert!(denominator > 0);
        if let Some(product) = self.0.checked_mul(numerator) {
            return Credits(product.div_euclid(denominator));
        }
        let product = i128::from(self.0) * i128::from(numerator);
        Credits(
            i64::try_from(product.div_euclid(i128::from(denominator))).unwrap_or_else(|_| too_many_credits()),
        )
    }
}

impl Add for Credits {
    type Output = Credits;
    fn add(self, other: Credits) -> Credits {
        Credits(self.0.checked_add(other.0).unwrap_or_else(|| too_many_credits()))
    }
}

impl Sub for Credits {
    type Output = Credits;
    fn sub(self, other: Credits) -> Credits {
        Credits(self.0.checked_sub(other.0).unwrap_or_else(|| too_many_credits()))
    }
}

impl Neg for Credits {
    type Output = Credits;
    fn neg(self) -> Credits {
        Credits(self.0.checked_neg().unwrap_or_else(|| too_many_credits()))
    }
}

impl AddAssign for Credits {
    fn add_assign(&mut self, other: Credits) {
        *self = *self + other;
    }
}

impl SubAssign for Credits {
    fn sub_assign(&mut self, other: Credits) {
        *self = *self - other;
    }
}

impl Sum for Credits {
    fn sum<I: Iterator<Item = Credits>>(credits: I) -> Credits {
        credits.fold(Credits::ZERO, Add::add)
    }
}

impl fmt::Display for Credits {
    /// Decimal credits without trailing zeros: `-12.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&super::money::decimal(i128::from(self.0), 6))
    }
}

impl FromStr for Credits {
    type Err = NotWritten;

    /// Reads what [`Credits`] are written as.
    fn from_str(text: &str) -> Result<Self, NotWritten> {
        super::money::parse_decimal(text, 6).map(Credits)
    }
}

/// Where a grant's credits came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Category {
    /// Given away: trials, gifts, free bundles.
    Promotional,
    /// Part of a plan: allowances.
    #[default]
    Included,
    /// Bought: packages, top-ups.
    Purchased,
}

impl Category {
    /// Every category, in the default burn order.
    pub const ALL: [Category; 3] = [Category::Promotional, Category::Included, Category::Purchased];

    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Category::Promotional => "promotional",
            Category::Included => "included",
            Category::Purchased => "purchased",
        }
    }

    /// As an index into a three-element array in the order of [`Category::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}
