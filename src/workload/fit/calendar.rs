//! What happened once: growth over months, and days unlike all others.

use crate::units::SimTime;
use crate::workload::demand::CalendarFactor;

use super::families::four_digits;
use super::observe::DAY;
use super::shape::{HorizonGrid, factors_of};

/// Days that support growth, and days unlike others.
const GROWTH_DAYS: i64 = 28;
const ODD_DAYS: i64 = 21;
/// Calls that support growth; calls expected of a day that can be odd.
const GROWTH_CALLS: f64 = 500.0;
const DAY_CALLS: f64 = 20.0;
/// Growth must be this many standard errors from none, and this much a month.
const CERTAIN: f64 = 3.0;
const LEAST_GROWTH: f64 = 0.05;
/// A day is odd beyond this factor of its weekday's median, up or down; at most so many days are.
const ODD: f64 = 3.0;
const MOST_ODD: usize = 16;
/// An hour is a spike beyond this factor of its hour's median, if that many calls are expected; at most so many are.
const SPIKE: (f64, f64) = (5.0, 10.0);
const MOST_SPIKES: usize = 24;

/// Growth and odd days of the calls per cell of organizations that are there all the time.
pub(super) fn fit_calendar(counts: &[f64], frame: &HorizonGrid) -> Vec<CalendarFactor> {
    let days = by_day(counts, frame);
    let mut calendar = Vec::new();
    let growth = growth(&days);
    calendar.extend(growth.map(|per_month| CalendarFactor::Growth { per_month }));
    let steady: Vec<f64> = (0..days.len())
        .map(|day| days[day] / libm::pow(1.0 + growth.unwrap_or(0.0), (day as f64 + 0.5) / 30.0))
        .collect();
    let mut odd = odd_days(&steady, frame);
    odd.truncate(MOST_ODD);
    odd.sort_by_key(|(day, _)| *day);
    let (start, end) = (frame.start, frame.start + frame.length);
    let midnight = |day: i64| SimTime::from_micros((first_day(frame) + day * DAY).clamp(start, end));
    calendar.extend(odd.into_iter().map(|(day, factor)| CalendarFactor::Window {
        from: midnight(day as i64),
        to: midnight(day as i64 + 1),
        factor: four_digits(factor.max(0.001)),
    }));
    let known = factors_of(&calendar, frame);
    let cell = |index: usize| SimTime::from_micros((frame.start + index as i64 * frame.cell).min(end));
    calendar.extend(spikes(counts, &known, frame).into_iter().map(|(hour, factor)| CalendarFactor::Window {
        from: cell(hour),
        to: cell(hour + 1),
        factor: four_digits(factor),
    }));
    calendar
}

/// Hours far above the median of their hour of the day, with their factors.
fn spikes(counts: &[f64], known: &[f64], frame: &HorizonGrid) -> Vec<(usize, f64)> {
    if frame.hours() < 24.0 * ODD_DAYS as f64 || !frame.is_hourly() {
        return Vec::new();
    }
    let mut medians = [0.0; 24];
    for (hour, median) in medians.iter_mut().enumerate() {
        let alike = (0..frame.cells).filter(|cell| frame.hour_of_week(*cell) % 24 == hour);
        let mut alike: Vec<f64> = alike.map(|cell| counts[cell] / known[cell]).collect();
        alike.sort_by(f64::total_cmp);
        *median = alike.get(alike.len() / 2).copied().unwrap_or(0.0);
    }
    let mut found: Vec<(usize, f64, f64)> = Vec::new();
    for cell in 0..frame.cells {
        let expected = medians[frame.hour_of_week(cell) % 24] * known[cell];
        if expected >= SPIKE.1 && counts[cell] > SPIKE.0 * expected {
            found.push((cell, counts[cell] / expected, counts[cell] - expected));
        }
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    found.truncate(MOST_SPIKES);
    found.sort_by_key(|(cell, ..)| *cell);
    found.into_iter().map(|(cell, factor, _)| (cell, factor)).collect()
}

/// The midnight at or before the start; days of dates begin where the history does.
fn first_day(frame: &HorizonGrid) -> i64 {
    if frame.is_hourly() { frame.start.div_euclid(DAY) * DAY } else { frame.start }
}

fn by_day(counts: &[f64], frame: &HorizonGrid) -> Vec<f64> {
    let day = |cell: usize| ((frame.start + cell as i64 * frame.cell - first_day(frame)) / DAY) as usize;
    let mut days = vec![0.0; day(frame.cells - 1) + 1];
    for (cell, count) in counts.iter().enumerate() {
        days[day(cell)] += count;
    }
    days
}

/// Relative growth in 30 days, by a line through the logarithms of whole weeks.
fn growth(days: &[f64]) -> Option<f64> {
    if (days.len() as i64) < GROWTH_DAYS || days.iter().sum::<f64>() < GROWTH_CALLS {
        return None;
    }
    let weeks: Vec<f64> =
        days.chunks_exact(7).map(|week| libm::log(week.iter().sum::<f64>() + 0.5)).collect();
    let n = weeks.len() as f64;
    let (middle, mean) = ((n - 1.0) / 2.0, weeks.iter().sum::<f64>() / n);
    let off = |index: usize| index as f64 - middle;
    let spread: f64 = (0..weeks.len()).map(|index| off(index) * off(index)).sum();
    let slope =
        weeks.iter().enumerate().map(|(index, week)| off(index) * (week - mean)).sum::<f64>() / spread;
    let miss = |(index, week): (usize, &f64)| {
        (week - mean - slope * off(index)) * (week - mean - slope * off(index))
    };
    let error = libm::sqrt(weeks.iter().enumerate().map(miss).sum::<f64>() / (n - 2.0).max(1.0) / spread);
    let per_month = four_digits((libm::exp(slope * 30.0 / 7.0) - 1.0).clamp(-0.9, 20.0));
    (slope.abs() > CERTAIN * error && per_month.abs() >= LEAST_GROWTH).then_some(per_month)
}

/// Days far from the median of their weekday, with their factors; the weightiest first.
fn odd_days(days: &[f64], frame: &HorizonGrid) -> Vec<(usize, f64)> {
    if (days.len() as i64) < ODD_DAYS {
        return Vec::new();
    }
    let weekday = |day: usize| (first_day(frame) / DAY + day as i64).rem_euclid(7);
    let mut odd: Vec<(usize, f64, f64)> = Vec::new();
    // The first and the last day may be cut off by the history's ends.
    for day in 1..days.len() - 1 {
        let mut alike: Vec<f64> =
            (0..days.len()).filter(|other| weekday(*other) == weekday(day)).map(|d| days[d]).collect();
        alike.sort_by(f64::total_cmp);
        let median = alike[alike.len() / 2];
        let factor = days[day] / median;
        if median >= DAY_CALLS && !(1.0 / ODD..=ODD).contains(&factor) {
            odd.push((day, factor, (days[day] - median).abs()));
        }
    }
    odd.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    odd.into_iter().map(|(day, factor, _)| (day, factor)).collect()
}
