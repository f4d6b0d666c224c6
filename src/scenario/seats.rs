//! Members who come and go, as a cohort writes it down.
//!
//! Leaves what is drawn of it to `workload`. Invariant: whoever leaves was there, and whoever joins was not.

use crate::sampling::Dist;
use crate::workload::{SeatChange, SeatFlow, SeatRates};

use super::facts::Facts;
use super::population::SEAT_CHANGE;
use super::reading::{Item, Section};

/// Most joins of an organization that a scenario may ask for on average.
const MOST_JOINS: f64 = 10_000.0;

/// What a cohort says of its seats in one of two ways.
pub(super) fn flow(section: Section<'_>, drawn: SeatFlow, written: Vec<SeatChange>) -> SeatFlow {
    let says = section.has("seat_changes");
    if says && drawn != SeatFlow::Steady {
        let hint = "write down who comes and goes, or draw it with `joins` and `leaves`";
        section.error("seat_changes", "stands beside `members` who come and go by themselves", Some(hint));
    }
    if section.has("history") && (says || drawn != SeatFlow::Steady) {
        let key = if says { "seat_changes" } else { "members" };
        let hint = "leave it out; members of a history are those that it names, all the time";
        section.error(key, "lets members of a history come and go", Some(hint));
    }
    if written.is_empty() { drawn } else { SeatFlow::Written(written) }
}

/// Rates that can be drawn by.
pub(super) fn sound(section: Section<'_>, rates: SeatRates, facts: Facts<'_>) -> SeatRates {
    let joins = rates.joins * (facts.end - facts.start).as_seconds_f64();
    if joins > MOST_JOINS {
        let hint = "write a lower rate, such as \"3 / month\"";
        section.error("joins", format!("lets {joins:.0} members join an organization"), Some(hint));
    }
    if rates.returns.is_some() && rates.leaves == 0.0 {
        section.error("returns", "is of members who never leave", Some("write `leaves` too"));
    }
    rates
}

/// Changes that are written down, in order.
pub(super) fn written(item: Item<'_>, members: &Dist, facts: Facts<'_>) -> Option<Vec<SeatChange>> {
    let least = members.quantile(0.0).map_or(1.0, |least| least.max(1.0));
    let mut changes: Vec<(SeatChange, Item<'_>)> = Vec::new();
    for item in item.items()? {
        changes.extend(change(item, least, facts).map(|change| (change, item)));
    }
    changes.sort_by_key(|(change, _)| *change);
    for (place, (change, item)) in changes.iter().enumerate() {
        let mut earlier = changes[..place].iter().map(|(other, _)| other);
        let Some(last) = earlier.rfind(|other| other.member == change.member) else { continue };
        if last.at == change.at || last.joins == change.joins {
            let (verb, state) = if change.joins { ("joins", "is there") } else { ("leaves", "is away") };
            let hint = "of one member joins and leaves follow each other, at different instants";
            item.error::<()>(
                format!("{verb} member {}, who {state} at that instant", change.member),
                Some(hint.to_owned()),
            );
        }
    }
    Some(changes.into_iter().map(|(change, _)| change).collect())
}

fn change(item: Item<'_>, least: f64, facts: Facts<'_>) -> Option<SeatChange> {
    let section = item.section(&SEAT_CHANGE)?;
    let at = section.read("at", |item| {
        let at = item.instant()?;
        let inside = at >= facts.start && at < facts.end;
        if inside { Some(at) } else { item.error("does not lie in the horizon [start, end)", None) }
    });
    let (tag, value) = section.tag()?;
    let number = value.count()?;
    if f64::from(number) >= least {
        let hint =
            format!("counted from 0; write `members = {}` or more in the cohort", u64::from(number) + 1);
        return value.error(
            format!("is a member that an organization may lack: it has {least} at least"),
            Some(hint),
        );
    }
    Some(SeatChange { at: at?, joins: tag == "joins", member: u16::try_from(number).ok()? })
}
