//! Reads profiles: `"office"`, or weights of hours and days.

use crate::scenario::reading::{Item, Kind, TableShape, optional, required};
use crate::workload::{HOURS, PROFILES, Profile};

/// A profile.
pub(in crate::scenario) const PROFILE_KIND: Kind = Kind::Either(&[Kind::Words(names), Kind::Table(&PROFILE)]);

fn names() -> Vec<&'static str> {
    PROFILES.to_vec()
}

static PROFILE: TableShape = TableShape {
    name: "profile",
    doc: "Weights of the hours of a local week; normalized to mean 1.",
    tags: &[],
    parts: &[&[
        required(
            "hours",
            Kind::Either(&[
                Kind::Tuple(&Kind::NUMBER_FROM_ZERO, 24),
                Kind::Tuple(&Kind::NUMBER_FROM_ZERO, HOURS),
            ]),
            "Weights of the hours of a day from midnight, or of all 168 hours of a week from Monday.",
        ),
        optional(
            "week",
            Kind::Tuple(&Kind::NUMBER_FROM_ZERO, 7),
            "Weights of the days from Monday; all alike if left out.",
        ),
    ]],
};

/// Reads a profile.
pub(in crate::scenario) fn profile(item: Item<'_>) -> Option<Profile> {
    if !item.is_table() {
        let known = item.as_text().and_then(Profile::named);
        return known.or_else(|| item.fail_words(names()));
    }
    let section = item.section(&PROFILE)?;
    let week = if section.has("week") { section.read("week", weights::<7>)? } else { [1.0; 7] };
    let hours = section.read("hours", |item| item.list(Item::number))?;
    let profile = match (<[f64; 24]>::try_from(hours.as_slice()), <[f64; HOURS]>::try_from(hours.as_slice()))
    {
        (Ok(day), _) => Profile::of_day_and_week(&day, &week),
        (_, Ok(_)) if section.has("week") => {
            section.error(
                "week",
                "stands beside the hours of a whole week",
                Some("write 24 hours, or leave it out"),
            );
            return None;
        }
        (_, Ok(all)) => Profile::new(&all),
        _ => {
            return section
                .read("hours", |item| item.fail(format!("a list of 24 or {HOURS} numbers, 0 or more")));
        }
    };
    profile.or_else(|| {
        item.error("has no weight above 0", Some("at least one hour of one day must count".to_owned()))
    })
}

fn weights<const N: usize>(item: Item<'_>) -> Option<[f64; N]> {
    let weights = item.list(Item::number)?;
    weights.try_into().ok().or_else(|| item.fail(format!("a list of {N} numbers, 0 or more")))
}
