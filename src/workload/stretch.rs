//! Stretches of time that follow one another: think times, and the times operations take, as far as an arrival process
//! must know them before its first operation.
//!
//! Owns where a client in steady state is found, and how long a session can last. Where a length is not drawn from one
//! distribution alone (formulas, runs, failures that cut operations short), some operations are drawn for it; one of them
//! is then met by its length.

use crate::sampling::{Dist, Rng, pick_by_length, uniform};

/// How many draws stand for a length without a law.
pub(super) const DRAWN: usize = 256;

/// The law of a length of time (seconds).
#[derive(Debug, Clone)]
pub(in crate::workload) enum DurationLaw {
    /// A distribution whose mean is known.
    Law(Dist),
    /// Some draws.
    Drawn(Vec<f64>),
}

impl DurationLaw {
    /// No time at all.
    pub fn none() -> Self {
        DurationLaw::Law(Dist::Fixed(0.0))
    }

    /// A distribution of one level; draws from a stream beside `rng` if its mean is not known. One word.
    pub fn of(dist: &Dist, rng: &mut Rng) -> Self {
        let mut rng = rng.fork();
        if dist.knows_mean() && !dist.can_be_negative() {
            return DurationLaw::Law(dist.clone());
        }
        DurationLaw::Drawn((0..DRAWN).map(|_| dist.sample(&mut rng).max(0.0)).collect())
    }

    /// Its mean.
    pub fn mean(&self) -> f64 {
        match self {
            DurationLaw::Law(dist) => dist.mean(),
            DurationLaw::Drawn(drawn) => drawn.iter().sum::<f64>() / drawn.len().max(1) as f64,
        }
    }

    /// What is left of the one that is under way. One word.
    fn residual(&self, rng: &mut Rng) -> f64 {
        match self {
            DurationLaw::Law(dist) => dist.residual(rng),
            DurationLaw::Drawn(drawn) => {
                let mut rng = rng.fork();
                pick_by_length(drawn, uniform(&mut rng)) * uniform(&mut rng)
            }
        }
    }

    /// A length that one in a thousand exceeds.
    fn long(&self) -> f64 {
        match self {
            DurationLaw::Law(dist) => dist.quantile(0.999).unwrap_or_default().max(0.0),
            DurationLaw::Drawn(drawn) => drawn.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// Seconds to the first operation of a client that thinks and is served by turns, seen at a fixed instant of its steady
/// state: it is found thinking or being served, in proportion to the mean times, and somewhere in that stretch. Without
/// `steady` it has just come, so that nothing is being served. `haste` divides think times. One word.
pub(in crate::workload) fn first_of_client(
    think: &Dist,
    haste: f64,
    service: &DurationLaw,
    steady: bool,
    rng: &mut Rng,
) -> f64 {
    let mut rng = rng.fork();
    let thinking = DurationLaw::of(think, &mut rng);
    let serving = if steady { service.mean() } else { 0.0 };
    let left = if uniform(&mut rng) * (thinking.mean() / haste + serving) < serving {
        service.residual(&mut rng) + think.sample(&mut rng).max(0.0) / haste
    } else {
        thinking.residual(&mut rng) / haste
    };
    left.max(0.0)
}

/// Seconds after which hardly a session is still going on: `calls` times a mean call with its think time, and three
/// long ones of each. Of a thousand sessions one has more calls.
pub(in crate::workload) fn length_of_session(
    calls: &Dist,
    think: &DurationLaw,
    service: &DurationLaw,
) -> f64 {
    let most = calls.quantile(0.999).unwrap_or_else(|| calls.mean()).max(1.0);
    most * (think.mean() + service.mean()) + 3.0 * (think.long() + service.long())
}
