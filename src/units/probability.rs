//! A number that cannot be 1.2.

/// A probability in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Probability(f64);

impl Probability {
    /// Never.
    pub const ZERO: Probability = Probability(0.0);
    /// Always.
    pub const ONE: Probability = Probability(1.0);

    /// `None` outside `[0, 1]` or not a number.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Probability(value))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// True if a uniform draw from `[0, 1)` falls below.
    #[must_use]
    pub fn holds(self, uniform: f64) -> bool {
        uniform < self.0
    }

    /// True at exactly zero, where nothing needs to be drawn.
    #[must_use]
    pub fn is_never(self) -> bool {
        self.0 == 0.0
    }
}
