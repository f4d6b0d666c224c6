//! One clock for every arrival process.

use crate::calendar::Zone;
use crate::sampling::{Dist, Draws as _, Rng, TraitPoint, uniform};
use crate::units::{SimSpan, SimTime};
use crate::workload::demand::{Arrivals, Demand, Drift};
use crate::workload::profile::Profile;
use crate::workload::stretch::{DurationLaw, length_of_session};

use super::chains::{Chains, count_of};
use super::exact::{Bursts, Exact};
use super::gaps::Gaps;
use super::hawkes::Hawkes;
use super::pace::{PacePlan, RateWalk, SECOND};
use super::schedule::{SchedulePlan, Scheduled};

/// A feature's arrival process, compiled for every organization.
#[derive(Debug)]
pub(in crate::workload) struct ClockPlan {
    arrivals: Arrivals,
    pace: PacePlan,
    schedule: Option<SchedulePlan>,
    cv: Option<Dist>,
}

/// What a clock needs to know about an organization.
#[derive(Debug)]
pub(in crate::workload) struct ClockTraits<'a> {
    /// Multiplies the rate.
    pub factor: f64,
    /// Weights of the hours of the week, already the organization's own.
    pub profile: Option<Profile>,
    /// Its cohort's drift and coefficient of variation, in the place of the feature's.
    pub drift: Option<Drift>,
    /// As `drift`.
    pub cv: Option<f64>,
    /// As `drift`: operations of a burst.
    pub calls: Option<&'a Dist>,
    /// Begin and end of its demand, microseconds from the start.
    pub from: f64,
    /// End of its demand.
    pub until: f64,
    /// Its demand is in steady state at its begin: it did not sign up then, but before.
    pub steady: bool,
    /// How long its operations take, if [`ClockPlan::asks_service`].
    pub service: DurationLaw,
    /// Traits of the organization that belong to this feature.
    pub traits: TraitPoint,
    /// Draws of gaps.
    pub gap: &'a mut Rng,
    /// State of modulation; taken over.
    pub modulation: Rng,
}

/// One organization's arrivals of one feature.
#[derive(Debug, Clone)]
pub(in crate::workload) enum Clock {
    /// No arrivals.
    Never,
    /// A renewal process along a pace.
    Renewal { pace: RateWalk, gaps: Gaps, first: bool },
    /// Poisson along a pace with a sine, by thinning: candidates at the largest rate, kept in proportion.
    Thinned { pace: RateWalk },
    /// All known from the begin.
    Exact(Exact),
    /// Self-exciting.
    Hawkes(Box<Hawkes>),
    /// Sessions or clients.
    Chains(Box<Chains>),
    /// At calendar instants.
    Scheduled(Box<Scheduled>),
}

impl ClockPlan {
    /// Compiles a feature's arrivals; `profiled` says whether any cohort or the feature has a profile.
    pub fn new(demand: &Demand, profiled: bool, zone: &Zone, start: SimTime, end: SimTime) -> Self {
        // Nobody's lead is longer, so that the hours before the start are known to all.
        let lead = match &demand.arrivals {
            Arrivals::Sessions { .. } => MOST_LEAD,
            Arrivals::Hawkes { branching, decay, .. } => lead_of_hawkes(*branching, *decay),
            _ => 0.0,
        };
        let lead = SimSpan::from_seconds_f64(lead);
        let mut pace = PacePlan::new(&demand.modulation, profiled, zone, lead, start, end);
        if let Arrivals::Mmpp { rates, sojourns } = &demand.arrivals {
            pace = pace.with_two_states(*rates, *sojourns);
        }
        let schedule = match &demand.arrivals {
            Arrivals::Schedule(schedule) => Some(SchedulePlan::new(schedule, zone, start, end)),
            _ => None,
        };
        ClockPlan { arrivals: demand.arrivals.clone(), pace, schedule, cv: demand.variation.cv.clone() }
    }

    /// True if beginning needs to know how long operations take.
    pub fn asks_service(&self) -> bool {
        matches!(&self.arrivals, Arrivals::Sessions { .. } | Arrivals::ClosedLoop { reactive: false, .. })
    }

    /// Starts an organization's clock. One of sessions may tell of arrivals before `from`, which are to be left out.
    pub fn begin(&self, organization: ClockTraits<'_>) -> Clock {
        let ClockTraits { factor, profile, drift, cv: cohort_cv, from, until, .. } = organization;
        let ClockTraits { steady, service, traits, gap, modulation, calls: cohort_calls, .. } = organization;
        let own_cv = self.cv.as_ref().map(|cv| traits.group("cv").value(cv).max(0.0)).or(cohort_cv);
        let factor = if from < until { factor } else { 0.0 };
        if factor <= 0.0 {
            return Clock::Never;
        }
        // Seconds before the begin.
        let pace = |rate: f64, lead: f64| {
            let from = if steady { from - lead.min(MOST_LEAD) * SECOND } else { from };
            RateWalk::begin(&self.pace, factor * rate / SECOND, profile, drift, from, until, modulation)
        };
        match &self.arrivals {
            Arrivals::None => Clock::Never,
            Arrivals::Poisson { rate } => self.poisson(pace(*rate, 0.0)),
            Arrivals::Mmpp { .. } => self.poisson(pace(1.0, 0.0)),
            Arrivals::Gamma { rate, cv } => renewal(pace(*rate, 0.0), Gaps::gamma(own_cv.unwrap_or(*cv))),
            Arrivals::Weibull { rate, cv } => renewal(pace(*rate, 0.0), Gaps::weibull(own_cv.unwrap_or(*cv))),
            Arrivals::Exact { rate, cv, calls, gap: apart } => {
                let bursts = Bursts {
                    gaps: Gaps::gamma(own_cv.unwrap_or(*cv)),
                    calls: cohort_calls.unwrap_or(calls).for_organization(&mut traits.group("calls")),
                    gap: apart.for_organization(&mut traits.group("gap")),
                };
                let fraction = traits.group("exact").uniform();
                Clock::Exact(Exact::begin(pace(*rate, 0.0), &self.pace, &bursts, until, fraction, gap))
            }
            Arrivals::Hawkes { rate, branching, decay } => {
                // Who has just signed up has excited nothing yet.
                let mean = if steady { factor * rate / SECOND } else { 0.0 };
                let immigrants = pace(rate * (1.0 - branching), lead_of_hawkes(*branching, *decay));
                let kernel = (*branching, *decay);
                Clock::Hawkes(Box::new(Hawkes::begin(
                    immigrants,
                    &self.pace,
                    kernel,
                    mean,
                    (from, until),
                    gap,
                )))
            }
            Arrivals::Sessions { rate, cv, calls, think } => {
                let (calls, think) = (
                    calls.for_organization(&mut traits.group("calls")),
                    think.for_organization(&mut traits.group("think")),
                );
                let gaps = Gaps::gamma(own_cv.unwrap_or(*cv));
                let lead = length_of_session(&calls, &DurationLaw::of(&think, gap), &service);
                Clock::Chains(Box::new(Chains::sessions(
                    pace(*rate, lead),
                    &self.pace,
                    gaps,
                    calls,
                    think,
                    until,
                    gap,
                )))
            }
            Arrivals::Schedule(_) => match &self.schedule {
                Some(plan) => Clock::Scheduled(Box::new(Scheduled::begin(
                    plan,
                    factor,
                    (from, until),
                    steady,
                    &mut traits.group("count"),
                ))),
                None => Clock::Never,
            },
            // Reactive clients live in the accounts.
            Arrivals::ClosedLoop { reactive: true, .. } => Clock::Never,
            Arrivals::ClosedLoop { clients, think, calls, .. } => {
                let count = clients_of(clients, traits);
                let think = think.for_organization(&mut traits.group("think"));
                Clock::Chains(Box::new(Chains::clients(
                    count,
                    calls.as_ref(),
                    (think, factor),
                    (&service, steady),
                    (from, until),
                    gap,
                )))
            }
        }
    }

    fn poisson(&self, pace: RateWalk) -> Clock {
        match self.pace.sine() {
            Some(_) => Clock::Thinned { pace },
            None => renewal(pace, Gaps::Exponential),
        }
    }
}

/// Longest time before the start from which demand is followed, seconds: a quarter of a year.
pub(super) const MOST_LEAD: f64 = 92.0 * 86_400.0;

/// Time in which self-exciting arrivals reach their steady state (seconds): their covariance decays with the rate
/// (1 − branching) / decay, of which e^−12 is left.
fn lead_of_hawkes(branching: f64, decay: f64) -> f64 {
    (12.0 * decay / (1.0 - branching).max(1e-6)).min(MOST_LEAD)
}

fn renewal(pace: RateWalk, gaps: Gaps) -> Clock {
    Clock::Renewal { pace, gaps, first: true }
}

/// A drawn number of clients: rounded, at least 0.
pub(in crate::workload) fn clients_of(clients: &Dist, traits: TraitPoint) -> u32 {
    let drawn = traits.group("clients").value(clients);
    if drawn < 0.5 { 0 } else { count_of(drawn) }
}

impl Clock {
    /// The next arrival, microseconds from the start.
    #[inline]
    pub fn next(&mut self, plan: &ClockPlan, rng: &mut Rng) -> Option<i64> {
        match self {
            Clock::Renewal { pace, gaps, first } => {
                let work = if *first { gaps.first(rng) } else { gaps.draw(rng) };
                *first = false;
                pace.advance_with_sine(&plan.pace, work).map(|at| at as i64)
            }
            Clock::Never => None,
            Clock::Thinned { pace } => thinned(pace, &plan.pace, rng),
            Clock::Exact(exact) => exact.next(),
            Clock::Hawkes(hawkes) => hawkes.next(&plan.pace, rng).map(|at| at as i64),
            Clock::Chains(chains) => chains.next(&plan.pace, rng),
            Clock::Scheduled(scheduled) => scheduled.next(plan.schedule.as_ref()?, rng),
        }
    }

    /// The next arrivals, as so many calls of [`Clock::next`] would tell them; returns how many there were. After the
    /// last arrival more of `rng` may have been drawn than was used.
    pub fn next_each(&mut self, plan: &ClockPlan, rng: &mut Rng, out: &mut [i64]) -> usize {
        if let (Clock::Renewal { pace, gaps: Gaps::Exponential, first }, None) =
            (&mut *self, plan.pace.sine())
        {
            *first = false;
            return pace.advance_each(&plan.pace, rng, out);
        }
        for (count, slot) in out.iter_mut().enumerate() {
            let Some(at) = self.next(plan, rng) else { return count };
            *slot = at;
        }
        out.len()
    }

    /// True if arrivals do not depend on how long operations take.
    pub fn is_deaf(&self) -> bool {
        !matches!(self, Clock::Chains(_))
    }

    /// Says how long the operation that arrived last takes (microseconds).
    #[inline]
    pub fn served(&mut self, at: i64, duration: i64, rng: &mut Rng) {
        if let Clock::Chains(chains) = self {
            chains.served(at, duration, rng);
        }
    }
}

/// Lewis and Shedler: candidates come at the sine's largest rate, each is kept with the share of the rate it has.
fn thinned(pace: &mut RateWalk, plan: &PacePlan, rng: &mut Rng) -> Option<i64> {
    let sine = plan.sine()?;
    let largest = 1.0 + sine.amplitude;
    loop {
        let candidate = pace.advance(plan, Gaps::Exponential.draw(rng) / largest)?;
        if uniform(rng) * largest < sine.factor(candidate) {
            return Some(candidate as i64);
        }
    }
}
