//! Weights of the hours of a local week.

use std::fmt;
use std::sync::Arc;

/// Hours in a week.
pub const HOURS: usize = 168;

/// Weights of the hours of a local week, hour 0 being Monday 00:00–01:00; their mean is 1.
#[derive(Clone, PartialEq)]
pub struct Profile(Arc<[f64; HOURS]>);

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peak = self.0.iter().copied().fold(0.0, f64::max);
        write!(f, "Profile(peak {peak:.2})")
    }
}

/// Names of the profiles that are shipped.
pub const PROFILES: [&str; 5] = ["flat", "office", "api", "consumer", "global"];

/// Office work: long lunch, quiet nights, weak weekends.
const OFFICE: [f64; 24] = [
    0.05, 0.01, 0.05, 0.0, 0.0, 0.0, 0.0, 0.04, 0.62, 2.05, 2.78, 0.40, 0.96, 3.36, 3.29, 3.18, 3.65, 0.84,
    0.76, 0.69, 0.38, 0.27, 0.35, 0.29,
];
const OFFICE_WEEK: [f64; 7] = [1.23, 1.29, 0.97, 1.21, 1.41, 0.74, 0.15];
/// Customers of an interface, each counted alike.
const API: [f64; 24] = [
    0.79, 0.82, 0.83, 0.71, 0.62, 0.67, 0.61, 0.74, 0.87, 1.11, 1.28, 1.32, 0.98, 1.09, 1.30, 1.34, 1.36,
    1.32, 1.11, 1.07, 1.12, 1.01, 1.06, 0.88,
];
/// A product for everybody: evenings count, weekends like weekdays.
const CONSUMER: [f64; 24] = [
    0.84, 0.67, 0.66, 0.66, 0.62, 0.64, 0.72, 0.81, 0.98, 1.18, 1.15, 1.10, 1.04, 1.01, 1.05, 1.04, 1.07,
    1.08, 1.07, 1.22, 1.47, 1.47, 1.34, 1.11,
];
/// A provider's front door, seen over forty days.
const GLOBAL: [f64; 24] = [
    0.90, 0.84, 0.53, 0.51, 0.48, 0.45, 0.19, 0.14, 0.27, 0.44, 0.60, 1.12, 1.71, 1.53, 1.86, 1.59, 1.53,
    1.39, 1.35, 1.82, 1.58, 1.18, 1.03, 0.96,
];

impl Profile {
    /// Any weights, normalized to mean 1; `None` unless all are finite, none is negative and one is positive.
    #[must_use]
    pub fn new(weights: &[f64; HOURS]) -> Option<Profile> {
        let sum: f64 = weights.iter().sum();
        if !(sum.is_finite() && sum > 0.0) || weights.iter().any(|weight| *weight < 0.0) {
            return None;
        }
        Some(Profile(Arc::new(weights.map(|weight| weight * HOURS as f64 / sum))))
    }

    /// The weights of the hours of a day times those of the days of a week, Monday first.
    #[must_use]
    pub fn of_day_and_week(day: &[f64; 24], week: &[f64; 7]) -> Option<Profile> {
        let mut weights = [0.0; HOURS];
        for (hour, weight) in weights.iter_mut().enumerate() {
            *weight = day[hour % 24] * week[hour / 24];
        }
        Profile::new(&weights)
    }

    /// A shipped profile by name. `flat` has equal weights.
    #[must_use]
    pub fn named(name: &str) -> Option<Profile> {
        let weekend = |factor: f64| [1.0, 1.0, 1.0, 1.0, 1.0, factor, factor];
        match name {
            "flat" => Profile::new(&[1.0; HOURS]),
            "office" => Profile::of_day_and_week(&OFFICE, &OFFICE_WEEK),
            // Three days of the observed week lay at two thirds to four fifths of the mean: a weekend of 0.7.
            "api" => Profile::of_day_and_week(&API, &weekend(0.7)),
            "consumer" => Profile::of_day_and_week(&CONSUMER, &weekend(1.0)),
            "global" => Profile::of_day_and_week(&GLOBAL, &weekend(1.0)),
            _ => None,
        }
    }

    /// The weight of each hour.
    #[must_use]
    pub fn weights(&self) -> &[f64; HOURS] {
        &self.0
    }

    /// True if every hour weighs alike.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.0.iter().all(|weight| *weight == self.0[0])
    }

    /// This profile moved `hours` later (fractions mix neighbours), with weights raised to `stretch`.
    #[must_use]
    pub fn personal(&self, hours: f64, stretch: f64) -> Profile {
        let whole = libm::floor(hours);
        let part = hours - whole;
        let shift = (whole.rem_euclid(HOURS as f64)) as usize;
        let raised = if stretch == 1.0 { *self.0 } else { self.0.map(|weight| libm::pow(weight, stretch)) };
        let mut moved = [0.0; HOURS];
        for (hour, weight) in moved.iter_mut().enumerate() {
            let earlier = raised[(hour + HOURS - shift) % HOURS];
            let before_that = raised[(hour + 2 * HOURS - shift - 1) % HOURS];
            *weight = earlier * (1.0 - part) + before_that * part;
        }
        Profile::new(&moved).unwrap_or_else(|| self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_profiles_have_mean_one() {
        for name in PROFILES {
            let profile = Profile::named(name).expect(name);
            let mean = profile.weights().iter().sum::<f64>() / HOURS as f64;
            assert!((mean - 1.0).abs() < 1e-12, "{name} has mean {mean}");
        }
        assert!(Profile::named("office").is_some_and(|office| office.weights()[24 * 4 + 16] > 4.0));
        assert!(Profile::named("night").is_none());
    }

    #[test]
    fn a_phase_moves_the_peak_later() {
        let mut weights = [0.0; HOURS];
        weights[9] = 1.0;
        let profile = Profile::new(&weights).expect("one hour weighs something");
        let moved = profile.personal(2.25, 1.0);
        assert_eq!((moved.weights()[11], moved.weights()[12]), (126.0, 42.0));
        let earlier = profile.personal(-10.0, 3.0);
        assert_eq!(earlier.weights()[167], 168.0);
    }
}
