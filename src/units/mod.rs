//! Quantities and their scales: credits, money, time, identifiers.
//!
//! Owns the only places that know a scale (micro-credits, nano-units of money, microseconds).
//! Leaves calendars to `calendar` and parsing of scenario strings to `scenario`.
//! Invariants: every quantity is an integer; no float leaves this room except for display and plots.

mod credits;
mod hex;
mod limit;
mod money;
mod probability;
mod time;
mod visible;

pub use credits::{Category, Credits, MICROS_PER_CREDIT};
pub use hex::hex;
pub use limit::{Impossible, impossible};
pub use money::{Money, NANOS_PER_UNIT, NotWritten};
pub use probability::Probability;
pub use time::{MICROS_PER_SECOND, SimSpan, SimTime};
pub use visible::{is_unsafe, visible, visible_lines};

/// Rounds half-up to an integer after scaling.
///
/// A value within a relative 1e-12, but at most 1e-4, below a tie counts as the tie: decimals such as `0.0000015` have
/// no exact binary form, and their writer means the tie. The bound keeps large integers what they are. Saturates
/// outside the range of `i64`.
#[inline]
#[must_use]
pub fn round_half_up(value: f64, scale: f64) -> i64 {
    let scaled = value * scale;
    let nudge = (scaled.abs() * 1e-12).min(1e-4);
    floor_to_integer(scaled + 0.5 + nudge)
}

/// `amount · numerator / denominator`, rounded half-up. `denominator` must be positive.
fn ratio_half_up(amount: i64, numerator: i64, denominator: i64) -> i64 {
    debug_assert!(denominator > 0);
    let (product, whole) = (i128::from(amount) * i128::from(numerator), i128::from(denominator));
    i64::try_from((product * 2 + whole).div_euclid(whole * 2)).expect("a scaled amount fits 64 bits")
}

/// ⌊value⌋ without a call into the mathematical library; saturates outside the range of `i64`.
#[inline]
fn floor_to_integer(value: f64) -> i64 {
    let truncated = value as i64;
    truncated.saturating_sub(i64::from(truncated as f64 > value))
}

/// Index of a feature in the scenario's file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeatureIndex(pub u16);

/// The member of an operation that no person asked for: no organization has so many members.
pub const NO_MEMBER: u16 = u16::MAX;

/// Index of a policy in the scenario's file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PolicyIndex(pub u16);

/// Index of a cohort in the scenario's file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CohortIndex(pub u16);

impl FeatureIndex {
    /// As an index into a vector in file order.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl PolicyIndex {
    /// As an index into a vector in file order.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl CohortIndex {
    /// As an index into a vector in file order.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One organization: its cohort and its number inside the cohort (from 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OrganizationId {
    /// The cohort.
    pub cohort: CohortIndex,
    /// Number within the cohort, from 0.
    pub number: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_round_up_and_integers_stay() {
        let cases = [
            (0.000_001_5, 1e6, 2),
            (0.000_000_5, 1e6, 1),
            (-0.000_001_5, 1e6, -1),
            (0.3, 1e6, 300_000),
            (2_592_000.0, 1e6, 2_592_000_000_000),
            (864_000.0, 1e6, 864_000_000_000),
            (1e9, 1e6, 1_000_000_000_000_000),
            (4.0 / 3.0, 1e6, 1_333_333),
            (f64::INFINITY, 1e6, i64::MAX),
            (f64::NEG_INFINITY, 1e6, i64::MIN),
            (-2.5, 1.0, -2),
            (-2.6, 1.0, -3),
            (f64::NAN, 1.0, 0),
        ];
        for (value, scale, wanted) in cases {
            assert_eq!(round_half_up(value, scale), wanted, "{value}");
        }
    }
}
