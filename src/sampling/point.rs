//! The uniforms behind the traits of organizations, and what takes numbers from them.
//!
//! Owns the address of each such uniform: (trait dimension, organization), given a cohort and a replication. Every trait is
//! the quantile of its distribution at its own uniform, so that a cohort's traits are points of a unit cube, one point an
//! organization. Today the points are independent; [`trait_uniform`] is the only place that says so, and there they can be
//! dealt evenly. Invariant: adding a trait, a feature or an organization moves no other coordinate.

use super::dist::Dist;
use super::generator::Rng;
use super::streams::{Purpose, StreamKey, hash_name};
use super::ziggurat::{open_unit, uniform};

/// One coordinate, from `(0, 1)`: that of organization `organization` (its number, or the hash of its label) in dimension
/// `dimension` of the traits named by `group`, a key below that of the cohort in its replication.
#[must_use]
pub const fn trait_uniform(group: StreamKey, dimension: u32, organization: u64) -> f64 {
    open_unit(group.value(Purpose::Traits, organization, dimension as u64))
}

/// Where one organization stands among those of its cohort in one replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraitPoint {
    /// Key of the cohort, or of a feature within it.
    scope: StreamKey,
    organization: u64,
    key: StreamKey,
}

impl Default for TraitPoint {
    fn default() -> Self {
        TraitPoint::numbered(StreamKey::root(0), 0)
    }
}

impl TraitPoint {
    /// Organization `number` of a cohort; `cohort` is [`StreamKey::cohort`].
    #[must_use]
    pub const fn numbered(cohort: StreamKey, number: u32) -> Self {
        TraitPoint { scope: cohort, organization: number as u64, key: cohort.number(number as u64) }
    }

    /// The organization of a usage history with a label: no other organization's coordinates depend on the file.
    #[must_use]
    pub const fn labelled(cohort: StreamKey, label: &str) -> Self {
        TraitPoint { scope: cohort, organization: hash_name(label), key: cohort.name(label) }
    }

    /// The key of the organization's streams.
    #[must_use]
    pub const fn key(self) -> StreamKey {
        self.key
    }

    /// The same organization in the dimensions that belong to one feature.
    #[must_use]
    pub const fn within(self, feature: &str) -> Self {
        TraitPoint { scope: self.scope.name(feature), ..self }
    }

    /// The coordinates of a trait, in order: one for each number that the trait needs.
    #[must_use]
    pub const fn group(self, name: &str) -> TraitUniforms {
        TraitUniforms { group: self.scope.name(name), organization: self.organization, dimension: 0 }
    }
}

/// The coordinates of one trait of one organization, taken one after the other.
#[derive(Debug, Clone)]
pub struct TraitUniforms {
    group: StreamKey,
    organization: u64,
    dimension: u32,
}

/// What numbers are taken from: a stream, or the coordinates of an organization.
pub trait Draws {
    /// A uniform.
    fn uniform(&mut self) -> f64;
    /// A number of a distribution.
    fn value(&mut self, dist: &Dist) -> f64;
}

impl Draws for Rng {
    fn uniform(&mut self) -> f64 {
        uniform(self)
    }

    fn value(&mut self, dist: &Dist) -> f64 {
        dist.sample(self)
    }
}

impl Draws for TraitUniforms {
    fn uniform(&mut self) -> f64 {
        let dimension = self.dimension;
        self.dimension += 1;
        trait_uniform(self.group, dimension, self.organization)
    }

    /// The quantile at the next coordinate; a constant passes over it, so that those behind it stay where they are.
    fn value(&mut self, dist: &Dist) -> f64 {
        match dist {
            Dist::Fixed(value) => {
                self.dimension += 1;
                *value
            }
            open if open.has_two_levels() => {
                let own = open.for_organization(self);
                self.value(&own)
            }
            // Every distribution of one level has quantiles.
            closed => closed.quantile(self.uniform()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::TwoLevel;

    const COHORT: StreamKey = StreamKey::cohort(7, 0, "teams");

    #[test]
    fn a_coordinate_is_addressed_by_dimension_and_organization() {
        for number in [0, 3, 4_000_000_000] {
            let mut taken = TraitPoint::numbered(COHORT, number).within("chat").group("activity");
            let group = COHORT.name("chat").name("activity");
            for dimension in 0..5 {
                assert_eq!(taken.uniform(), trait_uniform(group, dimension, u64::from(number)));
            }
        }
        let point = TraitPoint::labelled(COHORT, "acme");
        assert_eq!(point.key(), COHORT.name("acme"));
        assert_eq!(point.group("life").uniform(), trait_uniform(COHORT.name("life"), 0, hash_name("acme")));
        assert_eq!(TraitPoint::numbered(COHORT, 9).key(), StreamKey::organization(7, 0, "teams", 9));
    }

    #[test]
    fn a_trait_rises_with_its_coordinate_and_moves_no_other() {
        let lognormal = Dist::lognormal(4.0, 1.0).expect("a mean");
        let drawn = |dist: &Dist| {
            let mut uniforms = TraitPoint::numbered(COHORT, 5).group("mu");
            (uniforms.value(dist), uniforms.uniform())
        };
        let u = TraitPoint::numbered(COHORT, 5).group("mu").uniform();
        assert_eq!(Some(drawn(&lognormal).0), lognormal.quantile(u));
        // One coordinate each, a constant too; a two-level one takes those of its parameters first.
        let poisson = Dist::poisson(7.0).expect("a mean");
        assert_eq!(drawn(&lognormal).1, drawn(&Dist::Fixed(3.0)).1);
        assert_eq!(drawn(&lognormal).1, drawn(&poisson).1);
        let open = Dist::two_level(TwoLevel::LogNormal { mu: Dist::Fixed(1.0), sigma: Dist::Fixed(0.5) });
        let own = Dist::LogNormal { mu: 1.0, sigma: 0.5 };
        assert_eq!(Some(drawn(&open).0), own.quantile(trait_uniform(COHORT.name("mu"), 2, 5)));
    }

    #[test]
    fn the_coordinates_of_a_cohort_are_uniform_and_unrelated() {
        const COUNT: u32 = 20_000;
        let groups =
            [COHORT.name("activity"), COHORT.name("phase"), StreamKey::cohort(7, 1, "teams").name("phase")];
        let column = |group: StreamKey, dimension| {
            (0..COUNT).map(move |number| trait_uniform(group, dimension, u64::from(number)) - 0.5)
        };
        let columns: Vec<Vec<f64>> =
            groups.iter().flat_map(|&group| (0..2).map(move |d| column(group, d).collect())).collect();
        let n = f64::from(COUNT);
        for (index, column) in columns.iter().enumerate() {
            let mean = column.iter().sum::<f64>() / n;
            assert!(mean.abs() < 4.3 * libm::sqrt(1.0 / 12.0 / n), "{index}: {mean}");
            for other in &columns[..index] {
                let product = column.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / n;
                assert!(product.abs() < 4.3 / 12.0 / libm::sqrt(n), "{index}: {product}");
            }
            // Neighbours, too.
            let product = column.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / n;
            assert!(product.abs() < 4.3 / 12.0 / libm::sqrt(n), "{index}: {product}");
        }
    }
}
