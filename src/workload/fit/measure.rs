//! What a history looks like from afar: skew between organizations, dispersion, shape of the day.

use std::collections::BTreeMap;

/// Microseconds in an hour.
pub(super) const HOUR: i64 = 3_600_000_000;

/// Arrivals of one feature: (microseconds from the start, organization, calls).
pub(super) type Arrival = (i64, u32, f64);

/// How one feature's arrivals look.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Looks {
    /// All calls.
    pub calls: f64,
    /// Share of the calls made by the busiest tenth of the organizations; absent below ten organizations.
    pub top_tenth: Option<f64>,
    /// Variance by mean of the calls per hour; absent below 12 hours.
    pub dispersion: Option<f64>,
    /// Calls in the busiest hour of the day by the mean hour; absent below a day.
    pub peak: Option<f64>,
}

/// Measures arrivals over whole `hours` from the start; hour 0 is midnight.
pub(super) fn looks(arrivals: &[Arrival], hours: usize) -> Looks {
    let counts = hourly(arrivals, hours);
    let mut by_organization: BTreeMap<u32, f64> = BTreeMap::new();
    for (_, organization, calls) in arrivals {
        *by_organization.entry(*organization).or_default() += calls;
    }
    let total: f64 = by_organization.values().sum();
    let mut volumes: Vec<f64> = by_organization.into_values().collect();
    volumes.sort_by(|a, b| b.total_cmp(a));
    let tenth = volumes.len().div_ceil(10);
    let top_tenth = (volumes.len() >= 10).then(|| volumes[..tenth].iter().sum::<f64>() / total);
    Looks {
        calls: total,
        top_tenth,
        dispersion: (hours >= 12).then(|| dispersion(&counts)),
        peak: (hours >= 24).then(|| peak(&counts)),
    }
}

/// Calls per hour.
pub(super) fn hourly(arrivals: &[Arrival], hours: usize) -> Vec<f64> {
    let mut counts = vec![0.0; hours.max(1)];
    for (at, _, calls) in arrivals {
        if let Some(count) = counts.get_mut((at / HOUR) as usize) {
            *count += calls;
        }
    }
    counts
}

/// Variance by mean.
pub(super) fn dispersion(counts: &[f64]) -> f64 {
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    if mean <= 0.0 {
        return 0.0;
    }
    counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / counts.len() as f64 / mean
}

/// The busiest hour of the day by the mean hour.
fn peak(counts: &[f64]) -> f64 {
    let mut day = [0.0; 24];
    let whole = counts.len() / 24 * 24;
    for (hour, count) in counts[..whole].iter().enumerate() {
        day[hour % 24] += count;
    }
    let mean = day.iter().sum::<f64>() / 24.0;
    if mean > 0.0 { day.iter().copied().fold(0.0, f64::max) / mean } else { 0.0 }
}
