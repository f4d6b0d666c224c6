//! The one generator: a counter mode, so that word k of a stream is a function of its key and k alone.
//!
//! Owns the mixing and the walk along a stream. Leaves to `streams` how keys are made.
//!
//! A stream has a key of two words, *start* and *tweak*. Word k is the finalizer of SplitMix64 (Steele, Lea and Flood,
//! "Fast splittable pseudorandom number generators", 2014) over start + k × 0x9e3779b97f4a7c15, with the tweak joined
//! to the state between its two multiplications. Plain SplitMix64 would not do: it is one orbit of 2^64 numbers, on
//! which streams that differ in their starts alone are windows that may overlap. Here the tweak is part of the mixing,
//! so that each tweak has an orbit of its own: two streams can share a run of words only if their tweaks are the same
//! *and* their starts lie close together on the orbit. Both words are mixed from the whole path of a key (`streams`), so
//! that n streams of m words overlap anywhere with a chance below n² m / 2^128: 3 × 10^-15 for a billion streams of a
//! million words.
//! Invariants: opening, skipping and splitting a stream cost nothing; blocks of any size give the same words.

use std::convert::Infallible;

use rand::TryRng;

/// The odd number nearest to 2^64 divided by the golden ratio: the distance of two counters.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
const FIRST: u64 = 0xbf58_476d_1ce4_e5b9;
const SECOND: u64 = 0x94d0_49bb_1331_11eb;

/// The finalizer of SplitMix64 one step on, a good mixer of 64 bits.
#[must_use]
pub const fn mix(state: u64) -> u64 {
    tweaked(state.wrapping_add(STEP), 0)
}

/// The finalizer with a tweak; bijective in either argument.
#[inline(always)]
const fn tweaked(counter: u64, tweak: u64) -> u64 {
    let z = (counter ^ (counter >> 30)).wrapping_mul(FIRST) ^ tweak;
    let z = (z ^ (z >> 27)).wrapping_mul(SECOND);
    z ^ (z >> 31)
}

/// The one generator of the project, at some word of a stream; named and portable, never `StdRng`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    counter: u64,
    tweak: u64,
}

impl Rng {
    /// The stream of a key, at word 0.
    pub(super) const fn new(start: u64, tweak: u64) -> Self {
        Rng { counter: start, tweak }
    }

    /// The word here; moves to the next.
    #[inline(always)]
    pub const fn word(&mut self) -> u64 {
        let word = tweaked(self.counter, self.tweak);
        self.counter = self.counter.wrapping_add(STEP);
        word
    }

    /// Passes over `words` words.
    #[inline]
    pub const fn skip(&mut self, words: u64) {
        self.counter = self.counter.wrapping_add(words.wrapping_mul(STEP));
    }

    /// A stream beside this one for a draw that needs more than `word`, its word here: whatever it takes, the next draw
    /// begins at the next word. The tweak's complement keeps it off this stream's orbit.
    #[inline]
    pub(super) const fn beside(&self, word: u64) -> Rng {
        Rng { counter: mix(word), tweak: !self.tweak }
    }

    /// Takes one word here for a stream beside this one: for draws that need several words, or some number of them.
    #[inline]
    #[must_use]
    pub const fn fork(&mut self) -> Rng {
        let word = self.word();
        self.beside(word)
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.word() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn without_a_tweak_it_is_splitmix() {
        // The first words of SplitMix64 from state 1234567, as published with its reference code.
        let published: [u64; 5] = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let mut rng = Rng::new(1_234_567_u64.wrapping_add(STEP), 0);
        assert_eq!(published, std::array::from_fn(|_| rng.word()));
        assert_eq!(mix(1_234_567), published[0]);
    }

    #[test]
    fn any_word_is_reached_from_anywhere() {
        let mut walked = Rng::new(17, 4);
        let words: Vec<u64> = (0..100).map(|_| walked.word()).collect();
        for (from, to) in [(0, 0), (0, 99), (3, 40), (64, 65)] {
            let mut skipped = Rng::new(17, 4);
            skipped.skip(from);
            assert_eq!(skipped.word(), words[from as usize]);
            skipped.skip(to - from);
            skipped.skip(u64::MAX);
            assert_eq!(skipped.word(), words[to as usize]);
        }
        let mut bytes = [0; 20];
        Rng::new(17, 4).fill_bytes(&mut bytes);
        assert_eq!(bytes[..8], words[0].to_le_bytes());
        assert_eq!(bytes[16..], words[2].to_le_bytes()[..4]);
    }

    #[test]
    fn streams_of_other_tweaks_are_no_windows_of_one_orbit() {
        // Two starts three steps apart: with one tweak the second stream is the first from word 3 on, with two it shares
        // no word with it, and neither do the streams beside them.
        let words = |mut rng: Rng| (0..1_000).map(|_| rng.word()).collect::<Vec<_>>();
        let first = Rng::new(5, 11);
        let shifted = |tweak| Rng::new(5_u64.wrapping_add(STEP.wrapping_mul(3)), tweak);
        assert_eq!(words(first.clone())[3..], words(shifted(11))[..997]);
        let others = [shifted(12), first.beside(5), first.beside(6), shifted(12).beside(5)];
        let mut all: Vec<u64> = others.into_iter().flat_map(words).chain(words(first)).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
