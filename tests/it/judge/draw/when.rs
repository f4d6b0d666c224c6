//! Instants, often one of a few, and spans.

use super::Drawn;

/// Days since 1970 of a civil date, and back.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

pub fn instant(minutes: i64) -> String {
    let (days, rest) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:00Z", rest / 60, rest % 60)
}

impl Drawn {
    /// An instant of the horizon, often one of a few.
    pub fn at(&mut self) -> String {
        let minutes = self.minutes();
        instant(minutes)
    }

    pub fn minutes(&mut self) -> i64 {
        if self.instants.is_empty() {
            for _ in 0..3 {
                let day = self.chance.below(self.days as u64) as i64;
                let hour = [0, 0, 12][self.chance.below(3) as usize];
                self.instants.push((self.start + day * 1_440).div_euclid(1_440) * 1_440 + hour * 60);
            }
        }
        let minutes = match self.chance.below(3) {
            0 => self.instants[self.chance.below(3) as usize],
            1 => self.instants[self.chance.below(3) as usize] + self.chance.from(1, 4) as i64 * 60,
            _ => self.start + self.chance.below(self.days as u64 * 24) as i64 * 60,
        };
        minutes.clamp(self.start, self.start + self.days * 1_440 - 1)
    }

    pub fn span(&mut self) -> String {
        let words = ["0s", "1 us", "7 min", "30 min", "1h", "2h", "90 min", "6h", "1 day", "3 days"];
        format!("\"{}\"", self.chance.of(&words))
    }

    pub fn some_span(&mut self) -> String {
        format!("\"{}\"", self.chance.of(&["7 min", "30 min", "1h", "2h", "6h", "1 day", "3 days"]))
    }

    pub fn period(&mut self) -> String {
        format!("\"{}\"", self.chance.of(&["month", "7 days", "30 days", "1 day", "2 months", "year", "36h"]))
    }
}
