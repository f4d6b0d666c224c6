//! `limits.csv`: what each limit of each policy met, replication by replication.

use std::io::{self, Write};

use crate::outcome::{LimitTotals, Outcome};

use super::books::decimal_of;
use super::cell::Records;
use super::number::exact;

/// The file.
pub const LIMITS_FILE: &str = "limits.csv";

const COLUMNS: [&str; 23] = [
    "replication",
    "policy",
    "limit",
    "organizations",
    "organizations_met",
    "organizations_full",
    "members",
    "members_met",
    "attempts_refused",
    "operations_queued",
    "operations_degraded",
    "operations_fallen_back",
    "refused_credits",
    "overrun",
    "first_full_h_p50",
    "first_lacking_h_p50",
    "windows",
    "windows_exhausted",
    "exhausted_share",
    "unused_share",
    "raises_asked",
    "raises",
    "raised",
];

/// Writes the header.
///
/// # Errors
/// If the writer fails.
pub fn write_limits_header(out: impl Write) -> io::Result<()> {
    let mut csv = Records::new(out);
    csv.write(COLUMNS)?;
    csv.flush()
}

/// Writes a replication: one row for every limit of every policy.
///
/// # Errors
/// If the writer fails.
pub fn write_limits(out: impl Write, replication: u32, outcome: &Outcome) -> io::Result<()> {
    let mut csv = Records::new(out);
    let shape = outcome.shape();
    for (policy, name) in shape.policies.iter().enumerate() {
        let accounts = outcome.totals(policy).first().map_or(0, |all| all.organizations);
        let limits = shape.limits.get(policy).map(Vec::as_slice).unwrap_or_default();
        for (place, limit) in limits.iter().enumerate() {
            let lead = [replication.to_string(), name.clone(), limit.clone(), accounts.to_string()];
            csv.write(lead.into_iter().chain(cells(&outcome.limits(policy).of(place))))?;
        }
    }
    csv.flush()
}

/// What a limit met, in the order of the columns.
fn cells(met: &LimitTotals) -> impl Iterator<Item = String> {
    let hours = |micros: Option<f64>| micros.map_or_else(String::new, |micros| exact(micros / 3.6e9));
    let organizations = [met.accounts_met, met.accounts_full].map(|count| count.to_string());
    let of_members = |count: u64| if met.members == 0 { String::new() } else { count.to_string() };
    let members = [met.members, met.members_met].map(of_members);
    let counts = [met.refused, met.queued, met.degraded, met.fallen_back];
    // Meters of money count nano-units.
    let places = if met.money { 9 } else { 6 };
    let amounts = [decimal_of(met.refused_micros, 6), decimal_of(met.overrun_micros, places)];
    let times = [hours(met.first_full.quantile(0.5)), hours(met.first_lacking.quantile(0.5))];
    let counts = counts.map(|count| count.to_string());
    let raises = [met.asked.to_string(), met.raised.to_string(), decimal_of(met.raised_micros, places)];
    let windows = windows(met);
    organizations
        .into_iter()
        .chain(members)
        .chain(counts)
        .chain(amounts)
        .chain(times)
        .chain(windows)
        .chain(raises)
}

/// Windows that ended, those in which all was used, their share, and the share of the amounts that was left; nothing where that is
/// not reported.
fn windows(met: &LimitTotals) -> [String; 4] {
    if !met.reports_windows {
        return Default::default();
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { exact(part / whole) } else { String::new() };
    [
        met.windows.to_string(),
        met.windows_exhausted.to_string(),
        share(met.windows_exhausted as f64, met.windows as f64),
        share(met.unused_micros as f64, met.offered_micros as f64),
    ]
}
