use super::*;
use crate::units::{SimSpan, SimTime};

fn zone(name: &str) -> Zone {
    Zone::named(name).expect("a known zone")
}

/// Instants are written in UTC, or local to the zone if they have no `Z`.
fn at(zone: &Zone, text: &str) -> SimTime {
    zone.parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

fn check_nth(zone_name: &str, anchor: &str, every: Period, rule: MonthEnd, expected: &[&str]) {
    let zone = zone(zone_name);
    let anchor = at(&zone, anchor);
    for (n, text) in expected.iter().enumerate() {
        let instant = zone.nth(anchor, every, n as i64, rule);
        assert_eq!(instant, at(&zone, text), "{n}-th of {every:?} under {rule:?}: {instant}, wanted {text}");
    }
}

#[test]
fn months_are_counted_from_the_original_anchor_with_the_day_clamped() {
    use MonthEnd::{Clamp, LastDay, Overflow};
    let (month, year) = (Period::Months(1), Period::Months(12));
    let cases: &[(&str, Period, MonthEnd, &[&str])] = &[
        ("2025-01-31", month, Clamp, &["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]),
        ("2024-01-31", month, Clamp, &["2024-01-31", "2024-02-29", "2024-03-31"]),
        ("2025-01-31", month, Overflow, &["2025-01-31", "2025-03-03", "2025-03-31", "2025-05-01"]),
        ("2024-01-31", month, Overflow, &["2024-01-31", "2024-03-02", "2024-03-31"]),
        ("2025-02-28", month, LastDay, &["2025-02-28", "2025-03-31", "2025-04-30"]),
        ("2025-02-28", month, Clamp, &["2025-02-28", "2025-03-28", "2025-04-28"]),
        ("2025-01-30", month, LastDay, &["2025-01-30", "2025-02-28", "2025-03-30"]),
        ("2024-02-29", year, Clamp, &["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2024-02-29", year, Overflow, &["2024-02-29", "2025-03-01"]),
        ("2024-11-30T10:15:00", Period::Months(3), Clamp, &["2024-11-30T10:15:00", "2025-02-28T10:15:00"]),
    ];
    for (anchor, every, rule, expected) in cases {
        check_nth("UTC", anchor, *every, *rule, expected);
    }
}

#[test]
fn counting_back_is_counting_from_the_anchor() {
    let zone = Zone::default();
    let anchor = at(&zone, "2025-03-31");
    let month = Period::Months(1);
    assert_eq!(zone.nth(anchor, month, -1, MonthEnd::Clamp), at(&zone, "2025-02-28"));
    assert_eq!(zone.nth(anchor, month, -13, MonthEnd::Clamp), at(&zone, "2024-02-29"));
    assert_eq!(zone.nth(anchor, Period::Days(31), -1, MonthEnd::Clamp), at(&zone, "2025-02-28"));
    assert_eq!(
        zone.nth(anchor, Period::Span(SimSpan::HOUR), -2, MonthEnd::Clamp),
        at(&zone, "2025-03-30T22:00:00Z")
    );
}

#[test]
fn clocks_that_change_move_instants_but_not_local_times() {
    // New York: 2025-03-09 02:00 → 03:00 and 2025-11-02 02:00 → 01:00.
    let days: &[&str] = &["2025-03-08T12:00:00", "2025-03-09T12:00:00"];
    check_nth("America/New_York", days[0], Period::Days(1), MonthEnd::Clamp, days);
    let zone = zone("America/New_York");
    // A time in the gap moves forward by the gap: 02:30 → 03:30 EDT = 07:30 UTC.
    let gap = zone.nth(at(&zone, "2025-03-08T02:30:00"), Period::Days(1), 1, MonthEnd::Clamp);
    assert_eq!(gap, at(&zone, "2025-03-09T07:30:00Z"));
    // The day after is at 02:30 again, since it is counted from the anchor.
    let after = zone.nth(at(&zone, "2025-03-08T02:30:00"), Period::Days(1), 2, MonthEnd::Clamp);
    assert_eq!(after, at(&zone, "2025-03-10T06:30:00Z"));
    // A time that occurs twice means the first: 01:30 EDT = 05:30 UTC.
    let twice = zone.nth(at(&zone, "2025-10-02T01:30:00"), Period::Months(1), 1, MonthEnd::Clamp);
    assert_eq!(twice, at(&zone, "2025-11-02T05:30:00Z"));
    // An exact span does not care.
    let span = zone.nth(at(&zone, "2025-03-08T12:00:00"), Period::Span(SimSpan::DAY), 1, MonthEnd::Clamp);
    assert_eq!(span, at(&zone, "2025-03-09T13:00:00"));
}

#[test]
fn an_anchor_in_a_repeated_hour_is_its_own_zeroth_instant() {
    let zone = zone("America/New_York");
    let second_pass = at(&zone, "2025-11-02T06:30:00Z");
    assert_eq!(zone.nth(second_pass, Period::Months(1), 0, MonthEnd::Clamp), second_pass);
}

#[test]
fn the_first_instant_after_is_the_smallest_n() {
    let periods = [
        Period::Months(1),
        Period::Months(12),
        Period::Days(1),
        Period::Days(30),
        Period::Span(SimSpan::HOUR),
    ];
    for zone in [Zone::default(), zone("America/New_York"), zone("Australia/Lord_Howe")] {
        let anchor = at(&zone, "2024-01-31T01:30:00");
        for every in periods {
            for rule in [MonthEnd::Clamp, MonthEnd::Overflow, MonthEnd::LastDay] {
                for days in [-800, -31, -1, 0, 1, 28, 29, 31, 60, 366, 5000] {
                    for micros in [-1, 0, 1] {
                        let t = anchor + SimSpan::from_micros(days * SimSpan::DAY.micros() + micros);
                        let n = zone.first_after(anchor, every, t, rule);
                        assert!(zone.nth(anchor, every, n, rule) > t, "{every:?} {rule:?} {days} {micros}");
                        assert!(
                            zone.nth(anchor, every, n - 1, rule) <= t,
                            "{every:?} {rule:?} {days} {micros}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn calendar_units_start_at_local_midnights() {
    use CalendarUnit::{Day, Hour, Month, Week, Year};
    let berlin = zone("Europe/Berlin");
    let t = "2025-03-30T10:20:30.5";
    let cases = [
        (Hour, "2025-03-30T10:00:00", "2025-03-30T11:00:00"),
        (Day, "2025-03-30", "2025-03-31"),
        (Week, "2025-03-24", "2025-03-31"),
        (Month, "2025-03-01", "2025-04-01"),
        (Year, "2025-01-01", "2026-01-01"),
    ];
    for (unit, start, next) in cases {
        assert_eq!(berlin.start_of(at(&berlin, t), unit), at(&berlin, start), "{unit:?}");
        assert_eq!(berlin.next_start(at(&berlin, t), unit), at(&berlin, next), "{unit:?}");
        assert_eq!(
            berlin.start_of(at(&berlin, start), unit),
            at(&berlin, start),
            "{unit:?} contains its start"
        );
    }
    // A day of 23 hours.
    assert_eq!(at(&berlin, "2025-03-31") - at(&berlin, "2025-03-30"), SimSpan::from_seconds(23 * 3600));
}

#[test]
fn a_day_whose_midnight_does_not_exist_starts_an_hour_later() {
    // Chile skips midnight: 2024-09-08 00:00 → 01:00.
    let santiago = zone("America/Santiago");
    let start = santiago.start_of(at(&santiago, "2024-09-08T12:00:00"), CalendarUnit::Day);
    assert_eq!(start, at(&santiago, "2024-09-08T01:00:00"));
}

#[test]
fn anchors_by_day_and_month_start_where_the_day_exists() {
    let berlin = zone("Europe/Berlin");
    let near = at(&berlin, "2025-06-15T12:00:00");
    assert_eq!(berlin.day_and_month(near, 4, 1), at(&berlin, "2025-04-01"));
    assert_eq!(berlin.day_of_month(near, 31), at(&berlin, "2025-01-31"));
    let leap = berlin.day_and_month(near, 2, 29);
    assert_eq!(leap, at(&berlin, "2024-02-29"));
    assert_eq!(berlin.nth(leap, Period::Months(12), 1, MonthEnd::Clamp), at(&berlin, "2025-02-28"));
}

#[test]
fn hours_of_the_week_count_from_monday_midnight() {
    let berlin = zone("Europe/Berlin");
    let cases = [("2025-01-06T00:00:00", 0), ("2025-01-06T23:59:59", 23), ("2025-01-12T23:30:00", 167)];
    for (text, hour) in cases {
        let (found, ends) = berlin.hour_of_week(at(&berlin, text));
        assert_eq!(found, hour, "{text}");
        assert!(ends > at(&berlin, text) && ends - at(&berlin, text) <= SimSpan::HOUR);
    }
    // 2025-03-30 02:00 → 03:00: the hour after 01:xx is 03:xx.
    let (_, ends) = berlin.hour_of_week(at(&berlin, "2025-03-30T01:30:00"));
    assert_eq!(berlin.hour_of_week(ends).0, 6 * 24 + 3);
}

#[test]
fn instants_are_read_with_an_offset_or_local_to_the_zone() {
    let berlin = zone("Europe/Berlin");
    let midnight = at(&Zone::default(), "2024-12-31T23:00:00Z");
    for text in ["2025-01-01", "2025-01-01T00:00:00", "2025-01-01 00:00:00", "2025-01-01T00:00:00+01:00"] {
        assert_eq!(berlin.parse(text), Some(midnight), "{text}");
    }
    for text in ["", "soon", "2025-02-30", "12:00"] {
        assert_eq!(berlin.parse(text), None, "{text}");
    }
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    let zone = zone("Europe/Berlin");
    let anchor = at(&zone, "2025-01-31");
    assert_eq!(zone.nth(anchor, Period::Months(12), 1_000_000, MonthEnd::Clamp), SimTime::MAX);
    assert_eq!(zone.nth(anchor, Period::Days(400), i64::MAX / 2, MonthEnd::Clamp), SimTime::MAX);
    assert_eq!(zone.first_after(anchor, Period::Months(1), SimTime::MAX, MonthEnd::Clamp), i64::MAX);
    assert_eq!(zone.start_of(SimTime::MAX, CalendarUnit::Day), SimTime::MAX);
}
