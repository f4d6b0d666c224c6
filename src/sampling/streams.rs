//! Named streams of random numbers: word k = f(key(seed, replication, cohort, organization, feature, purpose), k).
//!
//! Owns the keys. The policy is never part of a key, names are hashed (not positions), purposes are separate; so adding a
//! feature, a cohort, a policy or a purpose disturbs no other stream.
//!
//! A key is two words, a and b. Each step of a path takes two words d and v into them,
//!
//! ```text
//! x = mix(a ^ d)    y = mix(b ^ v ^ x)    (a, b) ← (x + (y rotated by 32), y)
//! ```
//!
//! d says what kind of step it is (seed, number, name, purpose; the first of two numbers of a keyed draw) and v its value.
//! Given (a, b) this is one to one in (d, v), and given (d, v) one to one in (a, b): steps with different values below one
//! key never lead to the same key. A step is taken from what the steps before it left, never beside them, so that their
//! order counts: seed 1, replication 2 is not seed 2, replication 1.
//!
//! Changing anything here changes every result: the golden vectors below hold it still.

use super::generator::{Rng, mix};
use super::ziggurat::unit;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// Traits of organizations, keyed by (organization, dimension) below a cohort, a feature and a trait: sign-up,
    /// lifetime, plan, members, activity, rate, burstiness, phase, two-level parameters.
    Traits = 1,
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
    /// Which organizations a resample holds, keyed by (resample, place).
    Resample = 26,
    /// What a program supplies in the place of a rule: demand, and admission keyed by (operation, attempt).
    Own = 27,
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

/// Kinds of steps.
const SEED: u64 = 1;
const NUMBER: u64 = 2;
const NAME: u64 = 3;
const PURPOSE: u64 = 4;

/// A key that narrows: seed, then replication, then cohort, then organization, then feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    a: u64,
    b: u64,
}

impl StreamKey {
    /// Where every path begins: the first bits of π's fraction.
    const ORIGIN: StreamKey = StreamKey { a: 0x243f_6a88_85a3_08d3, b: 0x1319_8a2e_0370_7344 };

    /// The key of a whole run.
    #[must_use]
    pub const fn root(seed: u64) -> Self {
        StreamKey::ORIGIN.step(SEED, seed)
    }

    /// Narrows by a number.
    #[must_use]
    pub const fn number(self, number: u64) -> Self {
        self.step(NUMBER, number)
    }

    /// Narrows by a name.
    #[must_use]
    pub const fn name(self, name: &str) -> Self {
        self.step(NAME, hash_name(name))
    }

    /// The key of a cohort in one replication.
    #[must_use]
    pub const fn cohort(seed: u64, replication: u32, cohort: &str) -> Self {
        StreamKey::root(seed).number(replication as u64).name(cohort)
    }

    /// The key of one organization in one replication.
    #[must_use]
    pub const fn organization(seed: u64, replication: u32, cohort: &str, number: u32) -> Self {
        StreamKey::cohort(seed, replication, cohort).number(number as u64)
    }

    /// The sequential stream of this key for `purpose`.
    #[must_use]
    pub const fn stream(self, purpose: Purpose) -> Rng {
        let key = self.step(PURPOSE, purpose as u64);
        Rng::new(key.a, key.b)
    }

    /// A stream keyed by two numbers besides, for draws whose count depends on a policy.
    #[must_use]
    pub const fn keyed(self, purpose: Purpose, first: u64, second: u64) -> Rng {
        let key = self.step(PURPOSE, purpose as u64).step(first, second);
        Rng::new(key.a, key.b)
    }

    /// One uniform from `[0, 1)` keyed by two numbers: the first of the stream of that key.
    #[must_use]
    pub const fn uniform(self, purpose: Purpose, first: u64, second: u64) -> f64 {
        unit(self.value(purpose, first, second))
    }

    /// 64 mixed bits keyed by purpose and two numbers: the first word of the stream of that key.
    #[must_use]
    pub const fn value(self, purpose: Purpose, first: u64, second: u64) -> u64 {
        self.keyed(purpose, first, second).word()
    }

    /// One step of a path: see the head of this file.
    #[inline]
    const fn step(self, kind: u64, value: u64) -> Self {
        let x = mix(self.a ^ kind);
        let y = mix(self.b ^ value ^ x);
        StreamKey { a: x.wrapping_add(y.rotate_left(32)), b: y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::trait_uniform;

    /// The same numbers come out of these twelve lines of Python, which share nothing with this crate:
    ///
    /// ```text
    /// M, G = (1 << 64) - 1, 0x9e3779b97f4a7c15
    /// def f(c, t):
    ///     z = (c ^ c >> 30) * 0xbf58476d1ce4e5b9 & M ^ t
    ///     z = (z ^ z >> 27) * 0x94d049bb133111eb & M
    ///     return z ^ z >> 31
    /// def mix(s): return f(s + G & M, 0)
    /// def step(a, b, d, v):
    ///     x = mix(a ^ d); y = mix(b ^ v ^ x)
    ///     return x + (y << 32 | y >> 32) & M, y
    /// def name(s):                        # FNV-1a, mixed
    ///     h = 0xcbf29ce484222325
    ///     for c in s.encode(): h = (h ^ c) * 0x100000001b3 & M
    ///     return mix(h)
    /// def word(a, b, k): return f(a + k * G & M, b)
    /// o = 0x243f6a8885a308d3, 0x13198a2e03707344
    /// c = step(*step(*step(*o, 1, 2025), 2, 3), 3, name("teams"))  # seed 2025, replication 3, teams
    /// s = step(*step(*step(*c, 2, 7), 3, name("chat")), 4, 3)      # organization 7, chat, gaps
    /// print([word(*s, k) for k in (0, 1, 2, 1000000)])
    /// d = step(*step(*step(*c, 2, 7), 4, 14), 1, 2)                # denial of (1, 2)
    /// print([word(*d, k) for k in (0, 1)])
    /// print(word(*step(*step(*step(*c, 3, name("activity")), 4, 1), 7, 0), 0))  # trait 0 of organization 7
    /// ```
    #[test]
    fn golden_vectors_hold_the_streams_still() {
        let key = StreamKey::organization(2025, 3, "teams", 7);
        let gaps = key.name("chat").stream(Purpose::Gap);
        let word = |k: u64| {
            let mut there = gaps.clone();
            there.skip(k);
            there.word()
        };
        let sequential = [0, 1, 2, 1_000_000].map(word);
        let wanted = [
            6_126_957_128_889_543_316,
            13_474_738_653_938_735_687,
            16_010_762_678_668_270_867,
            16_917_600_159_431_874_897,
        ];
        assert_eq!(sequential, wanted);
        let mut denial = key.keyed(Purpose::Denial, 1, 2);
        assert_eq!(key.value(Purpose::Denial, 1, 2), 8_824_276_595_645_258_379);
        assert_eq!([denial.word(), denial.word()], [8_824_276_595_645_258_379, 15_135_525_470_484_838_785]);
        let activity = StreamKey::cohort(2025, 3, "teams").name("activity");
        let wanted = (((18_017_599_117_929_471_016_u64 >> 12) as f64) + 0.5) / (1_u64 << 52) as f64;
        assert_eq!(trait_uniform(activity, 0, 7), wanted);
    }

    #[test]
    fn seeds_and_replications_do_not_change_places() {
        for a in 0..40_u32 {
            for b in 0..a {
                let (left, right) = (
                    StreamKey::cohort(u64::from(a), b, "teams"),
                    StreamKey::cohort(u64::from(b), a, "teams"),
                );
                assert_ne!(left, right, "seed {a}, replication {b} is seed {b}, replication {a}");
                let same = |n: u32| StreamKey::cohort(u64::from(n), n, "teams");
                assert_ne!(same(a), same(b), "seed and replication {a} are seed and replication {b}");
            }
        }
        // Nor do any other two parts of a path.
        let (one, two) = (StreamKey::root(1), StreamKey::root(2));
        assert_ne!(one.number(3).number(4), one.number(4).number(3));
        assert_ne!(one.name("a").name("b"), one.name("b").name("a"));
        assert_ne!(one.name("a").number(2), two.name("a").number(1));
        assert_ne!(one.name("a").number(3), one.number(3).name("a"));
        assert_ne!(one.value(Purpose::Denial, 1, 2), one.value(Purpose::Denial, 2, 1));
        assert_ne!(one.value(Purpose::Denial, 1, 1), one.value(Purpose::Denial, 2, 2));
        assert_ne!(one.value(Purpose::Denial, 1, 2), one.value(Purpose::Reaction, 1, 2));
    }

    #[test]
    fn no_two_small_paths_share_a_key_or_a_word() {
        // Seed, replication, cohort, organization, feature, purpose, number of the word; and draws keyed by two numbers.
        const PURPOSES: [Purpose; 6] = [
            Purpose::Traits,
            Purpose::Gap,
            Purpose::Cost,
            Purpose::Duration,
            Purpose::Denial,
            Purpose::Warning,
        ];
        let (mut streams, mut words) = (Vec::new(), Vec::new());
        let mut add = |mut stream: Rng| {
            streams.push(format!("{stream:?}"));
            words.extend((0..6).map(|_| stream.word()));
        };
        for (seed, replication, number) in
            (0..5).flat_map(|s| (0..5).flat_map(move |r| (0..5).map(move |n| (s, r, n))))
        {
            for cohort in ["", "a", "b", "teams"] {
                let organization = StreamKey::organization(seed, replication, cohort, number);
                for feature in ["a", "b", "chat"] {
                    let key = organization.name(feature);
                    PURPOSES.iter().for_each(|&purpose| add(key.stream(purpose)));
                    for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (3, 3), (4, 1)] {
                        add(key.keyed(Purpose::Denial, first, second));
                    }
                }
            }
        }
        streams.sort_unstable();
        words.sort_unstable();
        assert_eq!((streams.len(), words.len()), (5 * 5 * 5 * 4 * 3 * 14, 6 * 5 * 5 * 5 * 4 * 3 * 14));
        assert!(streams.windows(2).all(|pair| pair[0] != pair[1]), "two streams are one");
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "two words are the same");
    }
}
