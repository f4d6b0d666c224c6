//! A rate that is constant by pieces, and operational time along it.
//!
//! Owns the walk through hours of a local week, calendar factors, drift and on/off periods. One unit of operational
//! time is one mean gap: a renewal process with unit mean in operational time has, in real time, the rate of the
//! piece it is in, and keeps its coefficient of variation inside a piece (time change). For Poisson this equals
//! thinning exactly and rejects nothing. A sine moves the rate inside a piece: Poisson arrivals are then thinned,
//! renewals use the sine's integral.
//! Invariant: `now` never falls; an advance beyond the end says so instead of returning a time.

use std::f64::consts::TAU;

use crate::calendar::Zone;
use crate::sampling::{Dist, Rng, exp, standard_exponentials, standard_normal, uniform};
use crate::units::{SimSpan, SimTime};
use crate::workload::demand::{CalendarFactor, Drift, Modulation, Sine};
use crate::workload::profile::{HOURS, Profile};

/// Microseconds in an hour.
const HOUR: f64 = 3.6e9;
/// Microseconds in a second.
pub(super) const SECOND: f64 = 1e6;

/// What every organization's pace has in common. Times are microseconds from the scenario's start.
#[derive(Debug)]
pub(in crate::workload) struct PacePlan {
    /// Ends and local hours of the week of the horizon's hours and those of the lead; empty if neither profile nor calendar needs them.
    hours: Vec<(f64, u8)>,
    /// Calendar factor of each hour; empty if there is none.
    factors: Vec<f64>,
    drift: Option<Drift>,
    switch: Option<SwitchPlan>,
    sine: Option<SinePlan>,
    /// End of the horizon.
    end: f64,
}

/// Two states with a factor and a sojourn each.
#[derive(Debug, Clone)]
struct SwitchPlan {
    factors: [f64; 2],
    /// Sojourns (seconds).
    sojourns: [Dist; 2],
}

/// A sine in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct SinePlan {
    pub amplitude: f64,
    omega: f64,
    phase: f64,
}

impl SinePlan {
    fn new(sine: Sine) -> Self {
        SinePlan { amplitude: sine.amplitude, omega: TAU / (sine.period * SECOND), phase: sine.phase }
    }

    /// The factor at `t`.
    pub fn factor(&self, t: f64) -> f64 {
        1.0 + self.amplitude * libm::sin(self.omega * t + self.phase)
    }

    /// Integral of the factor over `[from, to]`.
    fn integral(&self, from: f64, to: f64) -> f64 {
        let cos = |t: f64| libm::cos(self.omega * t + self.phase);
        (to - from) + self.amplitude / self.omega * (cos(from) - cos(to))
    }

    /// The `t ≤ limit` with `integral(from, t) = area`, or `None` if the area is not reached.
    fn invert(&self, from: f64, area: f64, limit: f64) -> Option<f64> {
        if self.integral(from, limit) <= area {
            return None;
        }
        let (mut low, mut high) = (from, limit.min(from + area / (1.0 - self.amplitude).max(1e-12)));
        let mut t = (from + area).min(high);
        for _ in 0..100 {
            let miss = self.integral(from, t) - area;
            if miss > 0.0 {
                high = t
            } else {
                low = t
            }
            let step = t - miss / self.factor(t);
            let next = if step > low && step < high { step } else { 0.5 * (low + high) };
            if (next - t).abs() < 0.25 {
                return Some(next);
            }
            t = next;
        }
        Some(t)
    }
}

impl PacePlan {
    /// Compiles what moves a rate; a walk may begin up to `lead` before the start.
    pub fn new(
        modulation: &Modulation,
        profiled: bool,
        zone: &Zone,
        lead: SimSpan,
        start: SimTime,
        end: SimTime,
    ) -> Self {
        let hours = if profiled || !modulation.calendar.is_empty() {
            hours_of(zone, start - lead, start, end)
        } else {
            Vec::new()
        };
        let factors = if modulation.calendar.is_empty() {
            Vec::new()
        } else {
            calendar_factors(&modulation.calendar, &hours, lead, start)
        };
        let switch = modulation.on_off.as_ref().map(|on_off| SwitchPlan {
            factors: [1.0, 0.0],
            sojourns: [on_off.on.clone(), on_off.off.clone()],
        });
        let sine = modulation.sine.filter(|sine| sine.amplitude != 0.0).map(SinePlan::new);
        PacePlan { hours, factors, drift: modulation.drift, switch, sine, end: (end - start).micros() as f64 }
    }

    /// Adds two states with rates relative to the base and exponential sojourns (seconds).
    pub fn with_two_states(mut self, factors: [f64; 2], sojourns: [f64; 2]) -> Self {
        let sojourns = sojourns.map(|mean| Dist::Exponential { mean });
        self.switch = Some(SwitchPlan { factors, sojourns });
        self
    }

    /// The sine, if there is one.
    pub(super) fn sine(&self) -> Option<SinePlan> {
        self.sine
    }
}

/// Ends and local hours of the week from `first` until `end`.
fn hours_of(zone: &Zone, first: SimTime, start: SimTime, end: SimTime) -> Vec<(f64, u8)> {
    let mut hours = Vec::new();
    let mut at = first;
    while at < end {
        let (hour, mut next) = zone.hour_of_week(at);
        if next <= at {
            next = at + SimSpan::HOUR;
        }
        hours.push(((next - start).micros() as f64, hour as u8));
        at = next;
    }
    hours
}

/// The product of the calendar's factors in the middle of each hour.
fn calendar_factors(
    calendar: &[CalendarFactor],
    hours: &[(f64, u8)],
    lead: SimSpan,
    start: SimTime,
) -> Vec<f64> {
    let mut from = -(lead.micros() as f64);
    hours
        .iter()
        .map(|(to, _)| {
            let middle = 0.5 * (from + to);
            from = *to;
            calendar.iter().map(|factor| factor.at(start, middle)).product()
        })
        .collect()
}

impl CalendarFactor {
    /// The factor `t` microseconds after `start`.
    fn at(&self, start: SimTime, t: f64) -> f64 {
        const MONTH: f64 = 30.0 * 24.0 * HOUR;
        let offset = |at: SimTime| (at - start).micros() as f64;
        let within = |from: SimTime, to: SimTime| (offset(from)..offset(to)).contains(&t);
        match self {
            CalendarFactor::Growth { per_month } => libm::pow(1.0 + per_month, t / MONTH),
            CalendarFactor::Spike { at, factor, half_life } => {
                let since = t - offset(*at);
                let half_life = half_life.micros().max(1) as f64;
                if since < 0.0 { 1.0 } else { 1.0 + (factor - 1.0) * libm::exp2(-since / half_life) }
            }
            CalendarFactor::Ramp { from, to, start: first, end: last } => {
                let share = ((t - offset(*from)) / (offset(*to) - offset(*from)).max(1.0)).clamp(0.0, 1.0);
                first + (last - first) * share
            }
            CalendarFactor::Holidays { days, factor } => {
                if days.iter().any(|(from, to)| within(*from, *to)) {
                    *factor
                } else {
                    1.0
                }
            }
            CalendarFactor::Window { from, to, factor } => {
                if within(*from, *to) {
                    *factor
                } else {
                    1.0
                }
            }
        }
    }
}

/// One organization's walk along its rate.
#[derive(Debug, Clone)]
pub(in crate::workload) struct RateWalk {
    /// Where the walk is.
    pub now: f64,
    /// Operations per microsecond in this piece, sine apart, and its inverse.
    rate: f64,
    gap: f64,
    /// End of this piece.
    piece_end: f64,
    /// End of the walk: of the horizon, or of the organization's life.
    end: f64,
    /// Operations per microsecond before every factor.
    base: f64,
    profile: Option<Profile>,
    /// The hour of the plan that the walk is in.
    hour: usize,
    /// The drift's law, the logarithm of its factor, and when it takes its next step.
    law: Option<Drift>,
    drift: (f64, f64),
    /// State of the switch, and when it changes.
    switch: (usize, f64),
    rng: Rng,
}

impl RateWalk {
    /// Starts a walk at `from` (microseconds from the start) until `until` at `base` operations per microsecond;
    /// `drift` takes the place of the plan's.
    pub fn begin(
        plan: &PacePlan,
        base: f64,
        profile: Option<Profile>,
        drift: Option<Drift>,
        from: f64,
        until: f64,
        rng: Rng,
    ) -> Self {
        let mut pace = RateWalk {
            now: from,
            rate: 0.0,
            gap: 0.0,
            piece_end: from,
            end: until.min(plan.end),
            base,
            profile,
            hour: plan.hours.partition_point(|(end, _)| *end <= from),
            law: drift.or(plan.drift),
            drift: (0.0, f64::INFINITY),
            switch: (0, f64::INFINITY),
            rng,
        };
        if let Some(drift) = pace.law {
            pace.drift = (drift.sd * standard_normal(&mut pace.rng), next_hour(from));
        }
        if let Some(switch) = &plan.switch {
            pace.switch = switch.stationary(from, &mut pace.rng);
        }
        if pace.base <= 0.0 {
            pace.end = from;
        }
        pace.turn(plan);
        pace
    }

    /// The same walk from here without its drift.
    pub fn without_drift(&self, plan: &PacePlan) -> Self {
        let mut steady = RateWalk { law: None, drift: (0.0, f64::INFINITY), ..self.clone() };
        steady.turn(plan);
        steady
    }

    /// Operational time from here to the end.
    pub fn work_left(mut self, plan: &PacePlan) -> f64 {
        let mut work = 0.0;
        loop {
            work += (self.piece_end - self.now) * self.rate;
            if self.next_piece(plan).is_none() {
                return work;
            }
        }
    }

    /// Moves on by `work` units of operational time and returns the new time; `None` once the end is reached.
    #[inline]
    pub fn advance(&mut self, plan: &PacePlan, mut work: f64) -> Option<f64> {
        loop {
            let next = self.now + work * self.gap;
            if next < self.piece_end {
                self.now = next;
                return Some(next);
            }
            work -= (self.piece_end - self.now) * self.rate;
            self.next_piece(plan)?;
            work = work.max(0.0);
        }
    }

    /// Arrivals of a Poisson process; returns how many lie before the end.
    pub fn advance_each(&mut self, plan: &PacePlan, rng: &mut Rng, out: &mut [i64]) -> usize {
        let mut gaps = [0.0; 64];
        let mut count = 0;
        for slots in out.chunks_mut(gaps.len()) {
            let gaps = &mut gaps[..slots.len()];
            standard_exponentials(rng, gaps);
            for (slot, gap) in slots.iter_mut().zip(gaps) {
                let Some(at) = self.advance(plan, *gap) else { return count };
                *slot = at as i64;
                count += 1;
            }
        }
        count
    }

    /// As [`RateWalk::advance`], with the plan's sine as part of the rate.
    pub fn advance_with_sine(&mut self, plan: &PacePlan, mut work: f64) -> Option<f64> {
        let Some(sine) = plan.sine else { return self.advance(plan, work) };
        loop {
            if self.rate > 0.0 {
                if let Some(at) = sine.invert(self.now, work * self.gap, self.piece_end) {
                    self.now = at;
                    return Some(at);
                }
                work = (work - self.rate * sine.integral(self.now, self.piece_end)).max(0.0);
            }
            self.next_piece(plan)?;
        }
    }

    fn next_piece(&mut self, plan: &PacePlan) -> Option<()> {
        self.now = self.piece_end;
        if self.now >= self.end {
            return None;
        }
        self.turn(plan);
        Some(())
    }

    /// Takes over whatever begins now and finds when the next change is.
    fn turn(&mut self, plan: &PacePlan) {
        while plan.hours.get(self.hour).is_some_and(|(end, _)| *end <= self.now) {
            self.hour += 1;
        }
        if let Some(drift) = self.law {
            while self.drift.1 <= self.now {
                let shock = drift.sd * libm::sqrt(1.0 - drift.persistence * drift.persistence);
                self.drift.0 = drift.persistence * self.drift.0 + shock * standard_normal(&mut self.rng);
                self.drift.1 += HOUR;
            }
        }
        if let Some(switch) = &plan.switch {
            while self.switch.1 <= self.now {
                let state = 1 - self.switch.0;
                // A sojourn of zero would never end the loop if both states had it.
                let sojourn = (switch.sojourns[state].sample(&mut self.rng) * SECOND).max(1.0);
                self.switch = (state, self.switch.1 + sojourn);
            }
        }
        self.rate = self.base * self.factor(plan);
        self.gap = if self.rate > 0.0 { 1.0 / self.rate } else { f64::INFINITY };
        let hour_end = plan.hours.get(self.hour).map_or(f64::INFINITY, |(end, _)| *end);
        self.piece_end = hour_end.min(self.drift.1).min(self.switch.1).min(self.end);
    }

    fn factor(&self, plan: &PacePlan) -> f64 {
        let mut factor = 1.0;
        if let Some((_, hour)) = plan.hours.get(self.hour) {
            if let Some(profile) = &self.profile {
                factor *= profile.weights()[usize::from(*hour) % HOURS];
            }
            factor *= plan.factors.get(self.hour).copied().unwrap_or(1.0);
        }
        if let Some(drift) = self.law {
            factor *= exp(self.drift.0 - 0.5 * drift.sd * drift.sd);
        }
        if let Some(switch) = &plan.switch {
            factor *= switch.factors[self.switch.0];
        }
        factor
    }
}

/// The first whole hour after `t`, counted from the start.
fn next_hour(t: f64) -> f64 {
    (libm::floor(t / HOUR) + 1.0) * HOUR
}

impl SwitchPlan {
    /// The state at `from` and when it ends, as if the process had run forever.
    fn stationary(&self, from: f64, rng: &mut Rng) -> (usize, f64) {
        let means = [self.sojourns[0].mean(), self.sojourns[1].mean()];
        let state = usize::from(uniform(rng) * (means[0] + means[1]) >= means[0]);
        (state, from + self.sojourns[state].residual(rng) * SECOND)
    }
}
