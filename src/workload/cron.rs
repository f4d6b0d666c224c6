//! Cron-like instants in a time zone: `30 9 * * 1-5`.
//!
//! Our own, because the crates that read cron tell of the next instant from one clock: here a source asks for all
//! instants of a local day at once, in the zone of the scenario, with the database that is bundled (`calendar`).

use jiff::civil::Date;

use crate::calendar::Zone;
use crate::units::SimTime;

/// The five fields of cron; each a set of allowed numbers, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is 0 (and 7 in the text).
    weekdays: u64,
    /// With both days restricted, a day that satisfies either will do, as in cron.
    either_day: bool,
}

/// A field's name, its smallest and its largest number.
const FIELDS: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7)];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Reads `minute hour day-of-month month day-of-week`, each `*`, a number, a name, `a-b`, `a,b` or `*/n`.
    pub fn parse(text: &str) -> Result<Cron, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != 5 {
            return Err(format!(
                "found {} fields, wanted 5: minute hour day-of-month month day-of-week",
                fields.len()
            ));
        }
        let mut sets = [0_u64; 5];
        for (index, field) in fields.iter().enumerate() {
            sets[index] = parse_field(field, FIELDS[index])?;
        }
        // 7 is Sunday too.
        let weekdays = (sets[4] | sets[4] >> 7) & 0x7f;
        Ok(Cron {
            minutes: sets[0],
            hours: sets[1],
            days: sets[2],
            months: sets[3],
            weekdays,
            either_day: fields[2] != "*" && fields[4] != "*",
        })
    }

    /// Every instant in `[start, end)`, ascending. A local time that does not exist moves forward by the gap; one that
    /// occurs twice means the first.
    #[must_use]
    pub fn instants(&self, zone: &Zone, start: SimTime, end: SimTime) -> Vec<SimTime> {
        let mut instants = Vec::new();
        let Ok(first) = jiff::Timestamp::from_microsecond(start.micros()) else { return instants };
        // Two days earlier in UTC is at least one day earlier in every zone.
        let mut date = first.to_zoned(jiff::tz::TimeZone::UTC).date();
        date = date.yesterday().and_then(Date::yesterday).unwrap_or(date);
        loop {
            let Some(midnight) = zone.parse(&date.to_string()) else { return instants };
            if midnight >= end {
                break;
            }
            if self.allows(date) {
                instants.extend(self.times_of(zone, date).filter(|at| (start..end).contains(at)));
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        // A clock set forward can move two local times onto one instant or past a later one.
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    fn allows(&self, date: Date) -> bool {
        let has = |set: u64, number: i8| set >> number & 1 == 1;
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        has(self.months, date.month()) && if self.either_day { day || weekday } else { day && weekday }
    }

    fn times_of<'a>(&'a self, zone: &'a Zone, date: Date) -> impl Iterator<Item = SimTime> + 'a {
        let numbers = |set: u64| (0..60_u32).filter(move |number| set >> number & 1 == 1);
        numbers(self.hours)
            .flat_map(move |hour| numbers(self.minutes).map(move |minute| (hour, minute)))
            .filter_map(move |(hour, minute)| zone.parse(&format!("{date}T{hour:02}:{minute:02}:00")))
    }
}

fn parse_field(text: &str, field: (&str, u32, u32)) -> Result<u64, String> {
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let step = step.ok_or_else(|| format!("`{part}` has no step above 0"))?;
        let (low, high) = match range.split_once('-') {
            _ if range == "*" => (field.1, field.2),
            Some((low, high)) => (number(low, field)?, number(high, field)?),
            // As in cron, `5/10` counts on to the end of the field.
            None if part.contains('/') => (number(range, field)?, field.2),
            None => (number(range, field)?, number(range, field)?),
        };
        if low > high {
            return Err(format!("`{part}`: {low} is above {high}"));
        }
        for number in (low..=high).step_by(step as usize) {
            set |= 1_u64 << number;
        }
    }
    Ok(set)
}

fn number(text: &str, (name, low, high): (&str, u32, u32)) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    let named = match name {
        "month" => MONTHS.iter().position(|month| *month == lower).map(|index| index as u32 + 1),
        "day of week" => WEEKDAYS.iter().position(|day| *day == lower).map(|index| index as u32),
        _ => None,
    };
    named
        .or_else(|| text.parse().ok())
        .filter(|number| (low..=high).contains(number))
        .ok_or_else(|| format!("`{text}` is no {name}, wanted {low} to {high}"))
}
