//! Time as a fit sees it: cells of an hour (or of a day, if dates are all there is), shapes of the week, exposure.

use crate::workload::demand::CalendarFactor;
use crate::workload::profile::{HOURS, Profile};

use super::families::four_digits;
use super::observe::{DAY, Observed};

/// Microseconds in an hour.
pub(super) const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = HOUR / 60;
/// Histories shorter than this begin and end at whole minutes, others at whole hours.
const SHORT: i64 = 6 * HOUR;
/// Smallest weight of an hour or a day, so that none is impossible.
const LEAST: f64 = 0.005;
/// Calls that support a shape of the day.
const ENOUGH_CALLS: f64 = 24.0;
/// Calls that support a weight of every hour of the week.
const ENOUGH_FOR_WEEK: f64 = 100.0;
/// Rounds of alternating between hours and weekdays.
const ROUNDS: usize = 6;

/// The horizon, cut into cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HorizonGrid {
    /// Begin [microseconds since 1970].
    pub start: i64,
    /// Length (microseconds).
    pub length: i64,
    /// Length of a cell (microseconds): an hour, or a day.
    pub cell: i64,
    /// Number of cells; the last one may be cut off.
    pub cells: usize,
}

impl HorizonGrid {
    /// The frame of a history.
    #[must_use]
    pub fn of(observed: &Observed) -> HorizonGrid {
        let (first, last) = observed.span();
        let (first, last) = (first.micros(), last.micros() + observed.resolution.max(1));
        let whole = match last - first {
            _ if observed.resolution >= DAY => DAY,
            length if length >= SHORT => HOUR,
            _ => observed.resolution.max(MINUTE),
        };
        // Dates of another zone than UTC begin at their own midnights.
        let start = if whole == DAY { first } else { first.div_euclid(whole) * whole };
        let length = ((last - start) + whole - 1).div_euclid(whole) * whole;
        let cell = if observed.resolution >= DAY { DAY } else { HOUR };
        HorizonGrid { start, length, cell, cells: ((length + cell - 1) / cell).max(1) as usize }
    }

    /// The cell of an instant.
    #[must_use]
    pub fn cell_of(&self, at: i64) -> usize {
        (((at - self.start) / self.cell).max(0) as usize).min(self.cells - 1)
    }

    /// The part of a cell that lies in the horizon.
    pub(super) fn share_of(&self, cell: usize) -> f64 {
        let left = self.length - cell as i64 * self.cell;
        (left.min(self.cell) as f64 / self.cell as f64).max(0.0)
    }

    /// Hour of the week in which a cell begins, Monday 00:00 being 0.
    pub(super) fn hour_of_week(&self, cell: usize) -> usize {
        let at = self.start + cell as i64 * self.cell;
        // 1970-01-01 was a Thursday.
        (at.div_euclid(HOUR) + 72).rem_euclid(HOURS as i64) as usize
    }

    /// Length in hours.
    #[must_use]
    pub fn hours(&self) -> f64 {
        self.length as f64 / HOUR as f64
    }

    /// True if cells are hours.
    #[must_use]
    pub fn is_hourly(&self) -> bool {
        self.cell == HOUR
    }
}

/// Weights of the hours of a week.
#[derive(Debug, Clone, PartialEq)]
pub enum WeekShape {
    /// Of a day, times those of the days of a week.
    Day(Box<[f64; 24]>, [f64; 7]),
    /// Of every hour of the week.
    Week(Box<[f64; HOURS]>),
}

impl WeekShape {
    /// The shape of counts per cell; `factors` are what the calendar does to each cell already. With `whole`, every
    /// hour of the week that was seen gets its own weight. `None` if the counts are too few to say anything.
    pub(super) fn fit(
        counts: &[f64],
        factors: &[f64],
        frame: &HorizonGrid,
        whole: bool,
    ) -> Option<WeekShape> {
        let calls: f64 = counts.iter().sum();
        let hours = frame.hours();
        if calls < ENOUGH_CALLS || hours < 6.0 {
            return None;
        }
        if whole && frame.is_hourly() && hours >= 48.0 && calls >= ENOUGH_FOR_WEEK {
            return Some(WeekShape::whole_week(counts, factors, frame));
        }
        let (mut day, mut week) = ([1.0; 24], [1.0; 7]);
        let days = hours >= 48.0;
        for _ in 0..ROUNDS {
            if frame.is_hourly() {
                day = marginal(counts, factors, frame, |hour| hour % 24, |hour| week[hour / 24]);
            }
            if days {
                week = marginal(counts, factors, frame, |hour| hour / 24, |hour| day[hour % 24]);
            }
        }
        Some(WeekShape::Day(Box::new(rounded(day)), rounded(week)))
    }

    fn whole_week(counts: &[f64], factors: &[f64], frame: &HorizonGrid) -> WeekShape {
        WeekShape::Week(Box::new(rounded(marginal(counts, factors, frame, |hour| hour, |_| 1.0))))
    }

    /// All weights, of mean 1.
    pub(super) fn weights(&self) -> [f64; HOURS] {
        let profile = match self {
            WeekShape::Day(day, week) => Profile::of_day_and_week(day, week),
            WeekShape::Week(all) => Profile::new(all),
        };
        profile.map_or([1.0; HOURS], |profile| *profile.weights())
    }
}

/// Calls of each bin relative to those expected: the most likely weights of a product of two shapes, the other given.
/// Bins that were never seen weigh 1.
fn marginal<const N: usize>(
    counts: &[f64],
    factors: &[f64],
    frame: &HorizonGrid,
    bin: impl Fn(usize) -> usize,
    other: impl Fn(usize) -> f64,
) -> [f64; N] {
    let (mut seen, mut expected) = ([0.0; N], [0.0; N]);
    for (cell, (count, factor)) in counts.iter().zip(factors).enumerate() {
        let hour = frame.hour_of_week(cell);
        seen[bin(hour)] += count;
        expected[bin(hour)] += factor * frame.share_of(cell) * other(hour);
    }
    let (all_seen, all_expected): (f64, f64) = (seen.iter().sum(), expected.iter().sum());
    let mut weights = [1.0; N];
    for (index, weight) in weights.iter_mut().enumerate() {
        if expected[index] > 1e-9 && all_seen > 0.0 {
            *weight = (seen[index] / expected[index] * all_expected / all_seen).max(LEAST);
        }
    }
    weights
}

fn rounded<const N: usize>(weights: [f64; N]) -> [f64; N] {
    weights.map(four_digits)
}

/// Rate integrated over time, in days at rate 1.
pub(super) struct Exposure {
    frame: HorizonGrid,
    /// Up to the begin of each cell, and to the end.
    sums: Vec<f64>,
}

impl Exposure {
    /// Of a shape under calendar factors per cell.
    pub fn new(shape: Option<&WeekShape>, factors: &[f64], frame: &HorizonGrid) -> Exposure {
        let weights = shape.map(WeekShape::weights);
        let mut sums = vec![0.0];
        for (cell, factor) in factors.iter().enumerate() {
            let hour = frame.hour_of_week(cell);
            // A day's cell holds all its hours.
            let weight = weights.map_or(1.0, |weights| match frame.is_hourly() {
                true => weights[hour],
                false => (hour..hour + 24).map(|hour| weights[hour % HOURS]).sum::<f64>() / 24.0,
            });
            let days = frame.cell as f64 / DAY as f64 * frame.share_of(cell);
            sums.push(sums[cell] + weight * factor * days);
        }
        Exposure { frame: *frame, sums }
    }

    /// Over all of the horizon.
    pub fn total(&self) -> f64 {
        self.sums[self.sums.len() - 1]
    }

    /// Of one cell.
    pub fn of(&self, cell: usize) -> f64 {
        self.sums[cell + 1] - self.sums[cell]
    }

    /// From one instant to another, microseconds from the start.
    pub fn between(&self, from: i64, to: i64) -> f64 {
        self.upto(to) - self.upto(from)
    }

    fn upto(&self, at: i64) -> f64 {
        let at = at.clamp(0, self.frame.length);
        let cell = ((at / self.frame.cell) as usize).min(self.sums.len() - 2);
        let inside = (at - cell as i64 * self.frame.cell) as f64;
        let whole = self.frame.cell as f64 * self.frame.share_of(cell);
        self.sums[cell] + self.of(cell) * if whole > 0.0 { (inside / whole).min(1.0) } else { 0.0 }
    }
}

/// What a feature's calendar does to the rate in each cell.
pub(super) fn factors_of(calendar: &[CalendarFactor], frame: &HorizonGrid) -> Vec<f64> {
    let at = |cell: usize| frame.start + cell as i64 * frame.cell;
    let hours = (frame.cell / HOUR) as usize;
    let mean = |cell: usize| {
        let middle = |hour: usize| at(cell) + hour as i64 * HOUR + HOUR / 2;
        let factor = |hour: usize| -> f64 {
            calendar.iter().map(|f| factor_at(f, frame.start, middle(hour))).product()
        };
        (0..hours).map(factor).sum::<f64>() / hours as f64
    };
    (0..frame.cells).map(|cell| if calendar.is_empty() { 1.0 } else { mean(cell) }).collect()
}

/// Growth and windows are the only factors that a fit finds.
fn factor_at(factor: &CalendarFactor, start: i64, at: i64) -> f64 {
    match factor {
        CalendarFactor::Growth { per_month } => {
            libm::pow(1.0 + per_month, (at - start) as f64 / (30.0 * DAY as f64))
        }
        CalendarFactor::Window { from, to, factor } if (from.micros()..to.micros()).contains(&at) => *factor,
        _ => 1.0,
    }
}
