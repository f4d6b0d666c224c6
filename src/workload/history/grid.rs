//! The instants of buckets: what they have in common tells how long a bucket is.

use crate::calendar::{CalendarUnit, Zone};
use crate::units::{SimSpan, SimTime};

use super::spec::BucketLength;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Instants, by what they have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct BucketGrid {
    first: Option<SimTime>,
    last: SimTime,
    /// The instant that was added before.
    before: Option<SimTime>,
    /// Largest span that divides all distances (microseconds); 0 of one instant.
    step: i64,
    /// Some instant is no midnight.
    off_midnight: bool,
}

impl BucketGrid {
    pub fn add(&mut self, at: SimTime, zone: &Zone) {
        // Rows of one bucket mostly stand together.
        if self.before == Some(at) {
            return;
        }
        self.before = Some(at);
        let first = *self.first.get_or_insert(at);
        self.last = self.last.max(at);
        self.step = common(self.step, (at - first).micros().abs());
        self.off_midnight = self.off_midnight || zone.start_of(at, CalendarUnit::Day) != at;
    }

    /// The last instant.
    pub fn last(&self) -> Option<SimTime> {
        self.first.map(|first| first.max(self.last))
    }

    /// Whether an instant is a whole number of lengths from the first; clocks that are put forward or back in between may
    /// move a day by an hour.
    pub fn fits(&self, at: SimTime, length: SimSpan, zone: &Zone) -> bool {
        let Some(first) = self.first.filter(|_| length > SimSpan::ZERO) else { return true };
        let rest = (at - first).micros().rem_euclid(length.micros());
        let by_days = length.micros() % DAY == 0 && zone.name() != "UTC";
        rest == 0 || by_days && (rest == HOUR || rest == length.micros() - HOUR)
    }

    /// How long buckets are; 0 of events.
    pub fn length(&self, as_said: BucketLength) -> SimSpan {
        let micros = match (as_said, self.first) {
            (BucketLength::Is(length), _) => return length,
            (BucketLength::Told, _) | (_, None) => 0,
            (_, Some(_)) if !self.off_midnight => DAY,
            (BucketLength::DaysOrEvents, _) => 0,
            (BucketLength::AsFound, Some(first)) => {
                // One instant alone is taken for an hour if it is a whole one.
                let step = if self.step == 0 { common(first.micros(), HOUR) } else { self.step };
                let lengths = [HOUR, 30 * MINUTE, 15 * MINUTE, 10 * MINUTE, 5 * MINUTE, MINUTE, MINUTE / 60];
                lengths.into_iter().find(|length| step % length == 0).unwrap_or(0)
            }
        };
        SimSpan::from_micros(micros)
    }
}

/// The greatest common divisor.
fn common(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { common(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_by_what_instants_have_in_common() {
        let cases: [(&[&str], &str, BucketLength, i64); 8] = [
            (&["2025-01-02T00:00:00Z", "2025-01-05T00:00:00Z"], "UTC", BucketLength::AsFound, DAY),
            (&["2025-01-02T02:00:00Z", "2025-01-02T03:00:00Z"], "UTC", BucketLength::AsFound, HOUR),
            (&["2025-01-02T00:00:00Z", "2025-01-02T06:00:00Z"], "UTC", BucketLength::AsFound, HOUR),
            (&["2025-01-02T00:10:00Z", "2025-01-02T00:11:00Z"], "UTC", BucketLength::AsFound, MINUTE),
            (&["2025-01-02T00:00:00Z"], "UTC", BucketLength::DaysOrEvents, DAY),
            (&["2025-01-02T10:00:00Z", "2025-01-02T11:00:00Z"], "UTC", BucketLength::DaysOrEvents, 0),
            // Midnights of Berlin, across the change of clocks.
            (&["2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"], "Europe/Berlin", BucketLength::AsFound, DAY),
            (&[], "UTC", BucketLength::AsFound, 0),
        ];
        for (times, zone, said, wanted) in cases {
            let zone = Zone::named(zone).expect("a zone");
            let mut grid = BucketGrid::default();
            for time in times {
                grid.add(zone.parse(time).expect("a time"), &zone);
            }
            assert_eq!(grid.length(said).micros(), wanted, "{times:?}");
        }
    }
}
