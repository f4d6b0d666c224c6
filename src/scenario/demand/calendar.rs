//! Reads factors of the calendar: growth, spikes, ramps, holidays, windows.

use crate::scenario::facts::Facts;
use crate::scenario::reading::{Item, Kind, NumberRange, Section, TableShape, optional};
use crate::units::SimTime;
use crate::workload::CalendarFactor;

/// Largest factor of a rate.
const MOST_FACTOR: f64 = 1e6;

const FACTOR: Kind = Kind::Number(NumberRange::between(0.0, MOST_FACTOR));

/// A factor of the calendar.
pub(super) static CALENDAR: TableShape = TableShape {
    name: "calendar",
    doc: "A factor of the rate that follows the calendar, evaluated once an hour.",
    tags: &[
        optional(
            "growth",
            Kind::Share(NumberRange::above(-1.0, MOST_FACTOR)),
            "Relative growth per month of 30 days, such as 0.05.",
        ),
        optional("spike", FACTOR, "Factor at `at`; half of the extra demand is gone after `half_life`."),
        optional(
            "ramp",
            Kind::Tuple(&FACTOR, 2),
            "Factors at `from` and `to`, a straight line between them; `[1, 0]` drains.",
        ),
        optional("holidays", Kind::List(&Kind::Instant), "Local days on which the rate has `factor`."),
        optional(
            "window",
            Kind::Tuple(&Kind::Instant, 2),
            "Begin and end of a time in which the rate has `factor`.",
        ),
    ],
    parts: &[&[
        optional("at", Kind::Instant, "When a spike begins."),
        optional("half_life", Kind::POSITIVE_SPAN, "Of a spike; 7 days if left out."),
        optional("from", Kind::Instant, "Begin of a ramp; the scenario's start if left out."),
        optional("to", Kind::Instant, "End of a ramp; the scenario's end if left out."),
        optional("factor", FACTOR, "Of holidays or of a window; 0 if left out."),
    ]],
};

/// Reads one factor.
pub(super) fn factor(item: Item<'_>, facts: Facts<'_>) -> Option<CalendarFactor> {
    let section = item.section(&CALENDAR)?;
    let (tag, value) = section.tag()?;
    match tag {
        "growth" => growth(value),
        "spike" => spike(section, value),
        "ramp" => ramp(section, value, facts),
        "holidays" => {
            let days = value.list(|item| item.instant().map(|at| local_day(item, at)))?;
            Some(CalendarFactor::Holidays { days, factor: quiet(section)? })
        }
        "window" => {
            let (from, to) = value.pair(Item::instant)?;
            if to <= from {
                return value.error("ends before it begins", None);
            }
            Some(CalendarFactor::Window { from, to, factor: quiet(section)? })
        }
        tag => section.unread_tag(tag),
    }
}

fn growth(value: Item<'_>) -> Option<CalendarFactor> {
    Some(CalendarFactor::Growth { per_month: value.share()? })
}

fn spike(section: Section<'_>, value: Item<'_>) -> Option<CalendarFactor> {
    if !section.has("at") {
        section.error("at", "is missing", Some("say when the spike begins: `at = 2025-03-01T09:00:00Z`"));
    }
    let week = crate::units::SimSpan::from_seconds(7 * 86_400);
    let half_life = section.read_or("half_life", week, Item::span);
    Some(CalendarFactor::Spike { at: section.read("at", Item::instant)?, factor: value.number()?, half_life })
}

fn ramp(section: Section<'_>, value: Item<'_>, facts: Facts<'_>) -> Option<CalendarFactor> {
    let (start, end) = value.pair(Item::number)?;
    let from = section.read_or("from", facts.start, Item::instant);
    let to = section.read_or("to", facts.end, Item::instant);
    if to <= from {
        section.error("to", "does not lie after `from`", None);
    }
    Some(CalendarFactor::Ramp { from, to, start, end })
}

fn quiet(section: Section<'_>) -> Option<f64> {
    if section.has("factor") { section.read("factor", Item::number) } else { Some(0.0) }
}

/// The local day that contains `at`.
fn local_day(item: Item<'_>, at: SimTime) -> (SimTime, SimTime) {
    let zone = item.reader.zone();
    (
        zone.start_of(at, crate::calendar::CalendarUnit::Day),
        zone.next_start(at, crate::calendar::CalendarUnit::Day),
    )
}
