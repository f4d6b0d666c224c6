//! Round ticks: of numbers, and of time.

use crate::units::SimTime;

/// Round values from `low` to `high`, about `most` at most.
pub(super) fn round_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let step = round_step((high - low) / most.max(1) as f64);
    let (first, last) = ((low / step).ceil() as i64, (high / step * (1.0 + 1e-12)).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}

/// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is at least `least`.
fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least.max(1e-300))));
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= least).unwrap_or(10.0);
    factor * power
}

/// A tick's label: as many decimals as its step needs, large ones with a letter.
pub(super) fn tick_label(value: f64) -> String {
    let size = value.abs();
    let rounded = (value * 1e9).round() / 1e9;
    match size {
        size if size >= 1e9 => format!("{}G", rounded / 1e9),
        size if size >= 1e6 => format!("{}M", rounded / 1e6),
        size if size >= 1e3 => format!("{}k", rounded / 1e3),
        _ => format!("{}", rounded + 0.0),
    }
}

/// Instants for a time axis with their labels: starts of years, months or days (UTC), about `most` at most.
pub(super) fn time_ticks(from: SimTime, to: SimTime, most: usize) -> Vec<(SimTime, String)> {
    const DAY: i64 = 86_400_000_000;
    let days = ((to - from).micros() / DAY).max(0) as f64;
    let months = [1, 2, 3, 6, 12].into_iter().find(|months| days / 30.4 / f64::from(*months) <= most as f64);
    if days < 62.0 {
        let every =
            [1, 2, 5, 7, 14].into_iter().find(|every| days / f64::from(*every) <= most as f64).unwrap_or(28);
        let first = from.micros().div_euclid(DAY) + i64::from(from.micros().rem_euclid(DAY) > 0);
        let at = |index: i64| SimTime::from_micros((first + index * i64::from(every)).saturating_mul(DAY));
        return (0..=100).map(at).take_while(|&at| at <= to).map(|at| (at, day_label(at))).collect();
    }
    match months {
        Some(every) => month_starts(from, to, every),
        None => {
            let years = 1 + (days / 365.0 / most as f64) as i16;
            month_starts(from, to, years.saturating_mul(12))
        }
    }
}

/// `15 Jun`.
fn day_label(at: SimTime) -> String {
    civil(at).map_or_else(String::new, |date| format!("{} {}", date.day(), month_name(date.month())))
}

fn civil(at: SimTime) -> Option<jiff::civil::Date> {
    let timestamp = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
    Some(timestamp.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// Starts of every `every`-th month of the calendar; Januaries carry the year.
fn month_starts(from: SimTime, to: SimTime, every: i16) -> Vec<(SimTime, String)> {
    let Some(first) = civil(from) else { return Vec::new() };
    let months = (first.year() as i32) * 12 + i32::from(first.month()) - 1;
    // Beyond the calendar there is nothing to label.
    let last = 12 * 10_000;
    let starts = (months..last).filter(|month| month % i32::from(every) == 0).filter_map(|month| {
        let (year, month) = (month.div_euclid(12) as i16, month.rem_euclid(12) as i8 + 1);
        let date = jiff::civil::Date::new(year, month, 1).ok()?;
        let at = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
        let label = match month {
            1 if every >= 12 => year.to_string(),
            1 => format!("Jan {year}"),
            _ => month_name(month).to_owned(),
        };
        Some((SimTime::from_micros(at), label))
    });
    starts.skip_while(|(at, _)| *at < from).take_while(|(at, _)| *at <= to).take(400).collect()
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(month - 1).ok().and_then(|index| NAMES.get(index)).copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        let cases: [(f64, f64, usize, &[&str]); 4] = [
            (0.0, 1.0, 4, &["0", "0.25", "0.5", "0.75", "1"]),
            (-30.0, 95.0, 5, &["-25", "0", "25", "50", "75"]),
            (0.0, 47_000.0, 4, &["0", "20k", "40k"]),
            (0.0, 1.0, 2, &["0", "0.5", "1"]),
        ];
        for (low, high, most, expected) in cases {
            let labels: Vec<String> = round_ticks(low, high, most).into_iter().map(tick_label).collect();
            assert_eq!(labels, expected, "{low}..{high}");
        }
    }

    #[test]
    fn time_ticks_fit_the_horizon() {
        let day = |number: i64| SimTime::from_micros(1_735_689_600_000_000 + number * 86_400_000_000);
        let cases = [
            (0, 360, 4, "Jan 2025 Apr Jul Oct"),
            (3, 20, 6, "4 Jan 9 Jan 14 Jan 19 Jan"),
            (10, 1_500, 5, "2026 2027 2028 2029"),
        ];
        for (from, to, most, expected) in cases {
            let labels: Vec<String> =
                time_ticks(day(from), day(to), most).into_iter().map(|(_, label)| label).collect();
            assert_eq!(labels.join(" "), expected);
        }
    }
}
