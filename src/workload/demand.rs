//! What a scenario says about one feature's demand.
//!
//! Plain data, checked by whoever builds it; [`super::Source`] compiles it. Rates are per second, spans in seconds,
//! unless a field says otherwise.

use crate::sampling::Dist;
use crate::units::{Probability, SimSpan, SimTime};

use super::formula::Formula;
use super::profile::Profile;

/// Arrivals, costs, durations, runs and failures of one feature, as the scenario says them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Demand {
    /// When operations arrive.
    pub arrivals: Arrivals,
    /// What moves the rate over time.
    pub modulation: Modulation,
    /// How organizations differ in this feature.
    pub variation: Variation,
    /// Weights of the hours of a week, if other than the cohort's.
    pub profile: Option<Profile>,
    /// What an operation consists of.
    pub work: Work,
    /// How operations fail.
    pub failures: Failures,
    /// Probability that an operation is cancelled at a uniform point of one of its steps.
    pub cancels: Probability,
    /// No person asks (service accounts, review bots): its operations have no member.
    pub by_nobody: bool,
}

/// When operations of a feature arrive.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Arrivals {
    /// Never: the feature is a substitute, is listed, or comes from a history.
    #[default]
    None,
    /// Independent arrivals at a rate that [`Modulation`] moves.
    Poisson {
        /// Operations per second.
        rate: f64,
    },
    /// Gamma renewal: gaps with a coefficient of variation, in operational time.
    Gamma {
        /// Operations per second.
        rate: f64,
        /// Coefficient of variation of the gaps.
        cv: f64,
    },
    /// Weibull renewal: gaps with a coefficient of variation, in operational time.
    Weibull {
        /// Operations per second.
        rate: f64,
        /// Coefficient of variation of the gaps.
        cv: f64,
    },
    /// Markov-modulated Poisson with two states of exponential sojourn.
    Mmpp {
        /// Operations per second in each state.
        rates: [f64; 2],
        /// Mean sojourn in each state (seconds).
        sojourns: [f64; 2],
    },
    /// Self-exciting with an exponential kernel.
    Hawkes {
        /// Stationary operations per second, excited ones included.
        rate: f64,
        /// Operations that each operation excites on average; below 1.
        branching: f64,
        /// Mean time from an operation to one that it excites (seconds).
        decay: f64,
    },
    /// As many operations as the rate lets expect, to a whole number: only when they come is left to chance. They come in
    /// bursts, whose starts are gamma renewals in operational time, closed to a circle over the organization's time.
    Exact {
        /// Operations per second.
        rate: f64,
        /// Coefficient of variation of the gaps between bursts (1: anywhere, as of a Poisson process).
        cv: f64,
        /// Operations in a burst; rounded, at least 1. The last one may be cut.
        calls: Dist,
        /// From one operation of a burst to the next, whether or not that one has ended (seconds).
        gap: Dist,
    },
    /// Sessions: each starts like a Poisson or renewal arrival and makes several operations one after another.
    Sessions {
        /// Sessions per second.
        rate: f64,
        /// Coefficient of variation of the gaps between session starts (1 is Poisson).
        cv: f64,
        /// Operations in a session; rounded, at least 1.
        calls: Dist,
        /// From the end of one operation to the next (seconds).
        think: Dist,
    },
    /// At instants of a calendar.
    Schedule(Schedule),
    /// Clients who each have one operation under way: the next follows the last one's end after a think time.
    ClosedLoop {
        /// Clients per organization; rounded, at least 0.
        clients: Dist,
        /// From the end of one operation to the next (seconds).
        think: Dist,
        /// True: the client waits for what its operation really met under each policy.
        reactive: bool,
        /// Operations after which a client is done; endless if absent.
        calls: Option<Dist>,
    },
}

/// What moves a rate over time; all factors multiply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Modulation {
    /// Growth, spikes, ramps, holidays.
    pub calendar: Vec<CalendarFactor>,
    /// A sine around 1.
    pub sine: Option<Sine>,
    /// Slow random drift of the logarithm of the rate.
    pub drift: Option<Drift>,
    /// Periods without any demand.
    pub on_off: Option<OnOff>,
}

impl Modulation {
    /// True if nothing moves the rate.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Modulation::default()
    }
}

/// A factor of the rate that follows the calendar, evaluated once an hour (in the middle of the hour).
#[derive(Debug, Clone, PartialEq)]
pub enum CalendarFactor {
    /// `(1 + per_month)^(months since the start)`, a month being 30 days.
    Growth {
        /// Relative growth a month; above −1.
        per_month: f64,
    },
    /// From `at` on, `1 + (factor − 1) · 2^(−t / half_life)`.
    Spike {
        /// When.
        at: SimTime,
        /// Height at once.
        factor: f64,
        /// Time after which half of the extra demand is gone.
        half_life: SimSpan,
    },
    /// A straight line from one factor to another; constant before and after.
    Ramp {
        /// Begin.
        from: SimTime,
        /// End.
        to: SimTime,
        /// Factor before and at `from`.
        start: f64,
        /// Factor at `to` and after (0 drains).
        end: f64,
    },
    /// Another factor on some local days.
    Holidays {
        /// First instants of the local days, with the length of each.
        days: Vec<(SimTime, SimTime)>,
        /// The factor on those days.
        factor: f64,
    },
    /// Another factor within a window.
    Window {
        /// Begin.
        from: SimTime,
        /// End.
        to: SimTime,
        /// The factor within.
        factor: f64,
    },
}

/// `1 + amplitude · sin(2π (t − start) / period + phase)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sine {
    /// Between 0 and 1.
    pub amplitude: f64,
    /// Length of one turn (seconds).
    pub period: f64,
    /// Where the turn begins at the scenario's start (radians).
    pub phase: f64,
}

/// AR(1) of the logarithm of the rate, one step an hour; the factor has mean 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Correlation of one hour with the next; in [0, 1).
    pub persistence: f64,
    /// Stationary standard deviation of the logarithm.
    pub sd: f64,
}

/// Alternating periods with and without demand; the rate of the arrivals is that of the periods with demand.
#[derive(Debug, Clone, PartialEq)]
pub struct OnOff {
    /// Length of a period with demand (seconds).
    pub on: Dist,
    /// Length of a period without (seconds).
    pub off: Dist,
}

/// Calendar instants at which operations arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// When: local times of some days, or a fixed distance.
    pub when: ScheduleTimes,
    /// Where a cron line is read, if not in the scenario's zone.
    pub zone: Option<crate::calendar::Zone>,
    /// Operations at each instant, multiplied by the organization's activity; a fraction is rounded at random.
    pub count: Dist,
    /// Delay of each operation after its instant (seconds); not negative.
    pub jitter: Dist,
}

/// The instants of a schedule.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleTimes {
    /// Every span, counted from the scenario's start.
    Every(SimSpan),
    /// The five fields of cron (minute, hour, day of month, month, day of week) in local time.
    Cron(super::Cron),
}

/// How organizations differ in this feature; all drawn once per organization.
#[derive(Debug, Clone, PartialEq)]
pub struct Variation {
    /// Multiplies the rate, besides the organization's activity.
    pub activity: Dist,
    /// Replaces the coefficient of variation of renewal gaps and session starts.
    pub cv: Option<Dist>,
    /// Moves the profile (hours), besides the organization's phase.
    pub phase: Dist,
    /// Exponent of the profile's weights: above 1 is peakier; normalized to mean 1 again.
    pub stretch: Option<Dist>,
}

impl Default for Variation {
    fn default() -> Self {
        Variation { activity: Dist::Fixed(1.0), cv: None, phase: Dist::Fixed(0.0), stretch: None }
    }
}

/// What an operation consists of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Work {
    /// Named numbers drawn for an operation; formulas use them.
    pub quantities: Vec<Quantity>,
    /// One step, or several.
    pub shape: StepShape,
    /// Operations (or steps) served from a cache.
    pub cache: Option<CacheHits>,
    /// The cost is the newest value of a gauge: an operation owes what it is above the one before it.
    pub gauge: bool,
}

/// One step or several.
#[derive(Debug, Clone, PartialEq)]
pub enum StepShape {
    /// One step.
    Simple {
        /// True cost (credits).
        cost: Amount,
        /// Work time (seconds).
        duration: Amount,
    },
    /// A run of steps.
    Run(Vec<Step>),
}

impl Default for StepShape {
    fn default() -> Self {
        StepShape::Simple { cost: Amount::default(), duration: Amount::default() }
    }
}

/// A number of an operation: drawn, or computed from quantities.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// Drawn, from a distribution without values below 0; what lies above the most is cut and counted.
    Drawn(Dist),
    /// Computed over the quantities, and `turn`; costs may use `duration` (seconds) too. What falls below 0, or is no
    /// finite number, ends the run with an error.
    Formula(Formula),
}

impl Default for Amount {
    fn default() -> Self {
        Amount::Drawn(Dist::Fixed(0.0))
    }
}

/// A named number drawn for an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Its name in formulas.
    pub name: String,
    /// Its distribution (two-level ones are resolved per organization).
    pub dist: Dist,
    /// Whether a run draws it once or every turn.
    pub scope: QuantityScope,
    /// Correlation with an earlier quantity: (its index, ρ of a Gaussian copula).
    pub correlation: Option<(usize, f64)>,
}

/// How often a run draws a quantity.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum QuantityScope {
    /// Anew for every step.
    #[default]
    Step,
    /// Once for the whole run.
    Run,
    /// Once, then grows by a draw from one work step to the next, up to a cap: the context of a conversation.
    Grows {
        /// Added after each step.
        by: Dist,
        /// Never above.
        cap: f64,
    },
}

/// Operations served from a cache cost less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheHits {
    /// Probability of a hit.
    pub probability: Probability,
    /// The cost of a hit is the full cost times this (0 is free).
    pub factor: f64,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// How often it is repeated; rounded, 0 leaves it out.
    pub repeat: Dist,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Costs credits.
    Work {
        /// True cost (credits).
        cost: Amount,
        /// Work time (seconds).
        duration: Amount,
        /// Probability that it fails, at a uniform point.
        fails: Probability,
    },
    /// Costs nothing and is never refused.
    Helper {
        /// Time (seconds).
        duration: Amount,
    },
    /// A pause for a human.
    Review {
        /// Probability that there is one.
        probability: Probability,
        /// How long it takes (seconds).
        wait: Dist,
        /// Probability that the human cancels the run at its end.
        cancel: Probability,
    },
    /// Several steps, repeated together.
    Group(Vec<Step>),
}

/// How operations fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    /// Long-run share of operations that fail (of the organizations affected together with the others).
    pub rate: Probability,
    /// Probability that an operation fails if the organization's previous one did; at least `rate`'s share of luck.
    /// Absent: independent.
    pub persistence: Option<Probability>,
    /// Share of organizations that see failures at all.
    pub affected: Probability,
    /// Time until a failure strikes (seconds), at most the whole duration; a uniform point of it if absent.
    pub fail_fast: Option<Dist>,
}

impl Default for Failures {
    fn default() -> Self {
        Failures { rate: Probability::ZERO, persistence: None, affected: Probability::ONE, fail_fast: None }
    }
}

/// An operation written down in a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Arrival.
    pub at: SimTime,
    /// True cost.
    pub credits: crate::units::Credits,
    /// Work time.
    pub duration: SimSpan,
    /// The parts of a run; without them it is one step of `credits` and `duration`.
    pub parts: Vec<super::RunPart>,
    /// Who asks, an index into the organization's members, or [`crate::units::NO_MEMBER`]; drawn if absent.
    pub member: Option<u16>,
    /// What for, an index into the organization's projects; drawn if absent.
    pub project: Option<u16>,
    /// How it ends, and how long after its start it is struck; as its feature's operations end if absent.
    pub outcome: Option<(super::Fate, SimSpan)>,
    /// Its quantities by name; those that are not written are not known.
    pub quantities: Vec<(String, f64)>,
}

impl Listed {
    /// A simple operation that says no more than it must.
    #[must_use]
    pub fn plain(at: SimTime, credits: crate::units::Credits, duration: SimSpan) -> Listed {
        Listed {
            at,
            credits,
            duration,
            parts: Vec::new(),
            member: None,
            project: None,
            outcome: None,
            quantities: Vec::new(),
        }
    }
}
