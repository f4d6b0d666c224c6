//! Reads `[[outages]]`.

use crate::units::{FeatureIndex, SimTime};

use super::distribution;
use super::facts::Facts;
use super::model::{Outage, OutageWindows};
use super::reading::{Item, Kind, Section, TableShape, optional, required};

/// An outage.
pub(super) static OUTAGE: TableShape = TableShape {
    name: "outage",
    doc: "A vendor outage: attempts within it are refused. Drawn once per replication, alike for everybody.",
    tags: &[
        optional("windows", Kind::List(&Kind::Table(&WINDOW)), "Explicit windows."),
        optional("rate", Kind::POSITIVE_RATE, "Random starts, such as \"1/month\", each `length` long."),
    ],
    parts: &[&[
        required("name", Kind::Text, "Its name; random windows are keyed by it."),
        optional(
            "features",
            Kind::List(&Kind::Name("feature")),
            "Features it hits; all paid ones if left out.",
        ),
        optional("length", Kind::SPANS, "Length of random windows."),
    ]],
};

static WINDOW: TableShape = TableShape {
    name: "window",
    doc: "An explicit outage.",
    tags: &[],
    parts: &[&[
        required("from", Kind::Instant, "Its start."),
        required("to", Kind::Instant, "Its end, exclusive."),
    ]],
};

/// Reads one outage.
pub(super) fn read(item: Item<'_>, facts: Facts<'_>) -> Option<Outage> {
    let section = item.section(&OUTAGE)?;
    let known = || facts.features.iter().map(String::as_str);
    let feature = |item: Item<'_>| item.name_of("feature", known()).map(|index| FeatureIndex(index as u16));
    let windows = match section.tag()? {
        ("windows", value) => OutageWindows::Explicit(value.list(window)?),
        ("rate", value) => OutageWindows::Random { rate: value.rate()?, length: length(section)? },
        (tag, _) => return section.unread_tag(tag),
    };
    Some(Outage {
        name: section.value("name", Item::text),
        features: section.value("features", |item| item.list(feature)),
        windows,
    })
}

fn length(section: Section<'_>) -> Option<crate::sampling::Dist> {
    if !section.has("length") {
        section.error(
            "length",
            "is missing",
            Some("say how long a random outage lasts: `length = \"30 min\"`"),
        );
    }
    section.read("length", distribution::read)
}

fn window(item: Item<'_>) -> Option<(SimTime, SimTime)> {
    let section = item.section(&WINDOW)?;
    let (from, to) = (section.read("from", Item::instant)?, section.read("to", Item::instant)?);
    if to <= from {
        section.error("to", "does not lie after `from`", None);
    }
    Some((from, to))
}
