//! Reads the part of `[[cohorts]]` that says how its organizations differ from each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sampling::Dist;
use crate::units::{CohortIndex, Probability, SimSpan};
use crate::workload::{Billing, FeatureUse, OwnDemand, Population, SeatFlow, SeatRates, SignUp};

use super::demand::{CALLS_KIND, CV_KIND, DRIFT_KIND, PROFILE_KIND, drift, profile};
use super::distribution;
use super::facts::Facts;
use super::policies::weights;
use super::reading::{
    Field, Item, Kind, NumberRange, Section, TableShape, TomlValue, ValueUnit, default, did_you_mean,
    optional, required,
};
use super::seats;

/// The keys of a cohort that describe its population.
pub(crate) static FIELDS: &[Field] = &[
    default(
        "signed_up",
        Kind::Either(&[Kind::Word("at start"), Kind::Word("at first use"), Kind::Table(&SIGNED_UP)]),
        "\"at start\"",
        "When organizations sign up; `at first use` is for histories.",
    ),
    optional(
        "lifetime",
        Kind::Either(&[Kind::SPANS, Kind::List(&Kind::SPAN)]),
        "From sign-up to the end of an organization's life, drawn or, as a list, dealt as sign-ups are; endless if left out.",
    ),
    optional(
        "active_from",
        Kind::Either(&[Kind::SPANS, Kind::List(&Kind::SPAN)]),
        "From sign-up until an organization first asks for something; drawn or dealt as `lifetime`; none if left out.",
    ),
    optional(
        "active",
        Kind::Either(&[Kind::SPANS, Kind::List(&Kind::SPAN)]),
        "From there until it asks for nothing more, though it stays a customer; drawn or dealt as `lifetime`; endless if left out.",
    ),
    default("activity", Kind::NUMBERS_FROM_ZERO, "1", "Multiplies every rate, drawn once per organization."),
    optional("profile", PROFILE_KIND, "Weights of the hours of a week; every hour alike if left out."),
    default(
        "phase",
        Kind::Distribution(ValueUnit::Number, NumberRange::ANY),
        "0",
        "Moves the profile of an organization to later hours [hours].",
    ),
    default(
        "members",
        MEMBERS_KIND,
        "1",
        "Members of an organization, all who are ever there; or how many there are at the start, who joins and who leaves.",
    ),
    optional(
        "seat_changes",
        Kind::List(&Kind::Table(&SEAT_CHANGE)),
        "When members come and go, written down for every organization. Who joins for the first time was not there before.",
    ),
    default("member_skew", SKEW, "0", "0: members ask equally often; s: shares are Zipf with exponent s."),
    default(
        "billing_members",
        Kind::Either(&[Kind::Word("all"), Kind::Whole(1, MOST_PEOPLE as i128), Kind::Probability]),
        "\"all\"",
        "Who can buy: all members, the first n, or a share such as \"20%\" (at least one).",
    ),
    optional(
        "groups",
        Kind::Map("group", &Kind::NUMBER_FROM_ZERO),
        "Groups (cost centres, seat types) by weight: every member is in one of them, drawn once and alike under every policy.",
    ),
    default("projects", PEOPLE_KIND, "1", "Projects of an organization."),
    default("project_skew", SKEW, "0", "As `member_skew`."),
    optional(
        "features",
        Kind::Either(&[Kind::List(&Kind::Name("feature")), Kind::Map("feature", &USE_KIND)]),
        "Exactly these features; or a table of shares of organizations that have each, all for features it leaves out.",
    ),
];

/// Most members or projects of an organization.
const MOST_PEOPLE: u16 = u16::MAX;

const PEOPLE_KIND: Kind = Kind::Either(&[
    Kind::Distribution(ValueUnit::Number, NumberRange::between(1.0, MOST_PEOPLE as f64)),
    Kind::Table(&RANGE),
]);

const MEMBERS_KIND: Kind = Kind::Either(&[
    Kind::Distribution(ValueUnit::Number, NumberRange::between(1.0, MOST_PEOPLE as f64)),
    Kind::Table(&RANGE),
    Kind::Table(&SEATS),
]);

const SKEW: Kind = Kind::Number(NumberRange::between(0.0, 100.0));

const USE_KIND: Kind = Kind::Either(&[Kind::Probability, Kind::Table(&USE)]);

static RANGE: TableShape = TableShape {
    name: "range",
    doc: "Any whole number of a range alike.",
    tags: &[],
    parts: &[&[
        required("min", Kind::Whole(1, MOST_PEOPLE as i128), "Smallest."),
        required("max", Kind::Whole(1, MOST_PEOPLE as i128), "Largest."),
    ]],
};

static SEATS: TableShape = TableShape {
    name: "members",
    doc: "Members who come and go.",
    tags: &[],
    parts: &[&[
        required("start", PEOPLE_KIND, "Members as the account opens."),
        optional("joins", Kind::POSITIVE_RATE, "How many join an organization; nobody if left out."),
        optional("leaves", Kind::POSITIVE_RATE, "How often each member leaves; nobody does if left out."),
        optional(
            "returns",
            Kind::Table(&RETURNS),
            "Whether those who have left return; they do not if left out.",
        ),
    ]],
};

static RETURNS: TableShape = TableShape {
    name: "returns",
    doc: "Members who have left return.",
    tags: &[],
    parts: &[&[
        required("p", Kind::Probability, "How many of them."),
        required("after", Kind::SPANS, "How long after they have left."),
    ]],
};

pub(super) static SEAT_CHANGE: TableShape = TableShape {
    name: "seat-change",
    doc: "A member comes or goes; members are numbered from 0.",
    tags: &[
        optional("joins", Kind::COUNT, "It joins, or returns."),
        optional("leaves", Kind::COUNT, "It leaves."),
    ],
    parts: &[&[required("at", Kind::Instant, "When, inside the horizon.")]],
};

static USE: TableShape = TableShape {
    name: "use",
    doc: "A cohort's use of a feature.",
    tags: &[],
    parts: &[&[
        default("share", Kind::Probability, "1", "Share of organizations that have it."),
        default(
            "rate",
            Kind::Either(&[Kind::NUMBERS_FROM_ZERO, Kind::List(&Kind::NUMBER_FROM_ZERO)]),
            "1",
            "Multiplies its rate, drawn per organization; or a list that is dealt to the organizations in order, again and again, where 0 leaves the feature out.",
        ),
        optional(
            "profile",
            PROFILE_KIND,
            "Weights of the hours of a week, in the place of the feature's and the cohort's.",
        ),
        optional("drift", DRIFT_KIND, "Drift of the rate, in the place of the feature's."),
        optional("cv", CV_KIND, "Coefficient of variation of the gaps, in the place of the feature's."),
        optional("calls", CALLS_KIND, "Operations of a burst, in the place of the feature's."),
        optional(
            "quantities",
            Kind::Map(
                "quantity",
                &Kind::Either(&[Kind::NUMBERS_FROM_ZERO, Kind::List(&Kind::NUMBERS_FROM_ZERO)]),
            ),
            "Distributions of quantities, in the place of the feature's; or lists of them that are dealt as rates are. Estimates over the population keep the feature's.",
        ),
    ]],
};

static SIGNED_UP: TableShape = TableShape {
    name: "signed-up",
    doc: "When organizations sign up.",
    tags: &[
        optional("before", Kind::Period, "Spread evenly over this long before the start."),
        optional("during", Kind::Period, "Spread evenly over this long after the start."),
        optional(
            "rate",
            Kind::POSITIVE_RATE,
            "At this rate after the start, until all have come or the horizon ends.",
        ),
        optional("at", Kind::Instant, "All at one instant."),
        optional(
            "after",
            Kind::Either(&[Kind::SPANS, Kind::List(&Kind::SPAN)]),
            "This long after the start, drawn per organization; or a list that is dealt to the organizations in order, again and again.",
        ),
    ],
    parts: &[],
};

/// Reads them.
pub(super) fn read(section: Section<'_>, name: &str, cohort: CohortIndex, facts: Facts<'_>) -> Population {
    let number = distribution::read;
    let organizations = section.value("organizations", Item::count);
    let one = || Dist::Fixed(1.0);
    let (members, drawn) =
        section.read("members", |item| members(item, facts)).unwrap_or_else(|| (one(), SeatFlow::Steady));
    let written =
        section.read("seat_changes", |item| seats::written(item, &members, facts)).unwrap_or_default();
    let seats = seats::flow(section, drawn, written);
    let (lifetime, lifetimes) = drawn_or_dealt(section, "lifetime");
    let (active_from, actives_from) = drawn_or_dealt(section, "active_from");
    let (active, actives) = drawn_or_dealt(section, "active");
    Population {
        name: name.to_owned(),
        cohort,
        start: facts.start,
        signed_up: section.read_or("signed_up", SignUp::AtStart, |item| signed_up(item, organizations)),
        lifetime,
        lifetimes: lifetimes.into(),
        active_from,
        actives_from: actives_from.into(),
        active,
        actives: actives.into(),
        activity: section.read_or("activity", one(), number),
        profile: section.read("profile", profile),
        phase: section.value("phase", number),
        members,
        seats,
        member_skew: section.value("member_skew", Item::number),
        billing: section.read_or("billing_members", Billing::All, billing),
        groups: section.value("groups", |item| groups(item, facts)),
        placed: BTreeMap::new(),
        projects: section.read_or("projects", one(), people),
        project_skew: section.value("project_skew", Item::number),
        features: section.read("features", |item| uses(item, facts)).unwrap_or_else(|| all(facts)),
    }
}

fn signed_up(item: Item<'_>, organizations: u32) -> Option<SignUp> {
    match item.as_text() {
        Some("at start") => return Some(SignUp::AtStart),
        Some("at first use") => return Some(SignUp::AtFirstUse),
        Some(_) => return item.fail_words(vec!["at start", "at first use"]),
        None => {}
    }
    let section = item.section(&SIGNED_UP)?;
    let (tag, value) = section.tag()?;
    Some(match tag {
        "before" => SignUp::Before(value.period()?.about()),
        "during" => SignUp::During(value.period()?.about()),
        "rate" => SignUp::During(SimSpan::from_seconds_f64(f64::from(organizations) / value.rate()?)),
        "at" => SignUp::At(value.instant()?),
        "after" if value.is_list() => SignUp::Dealt(spans(value)?.into()),
        "after" => SignUp::After(distribution::read(value)?),
        tag => return section.unread_tag(tag),
    })
}

/// Spans (seconds): drawn, or a list to deal.
fn drawn_or_dealt(section: Section<'_>, key: &str) -> (Option<Dist>, Vec<f64>) {
    if section.get(key).is_some_and(Item::is_list) {
        (None, section.read(key, spans).unwrap_or_default())
    } else {
        (section.read(key, distribution::read), Vec::new())
    }
}

/// A list of spans, in seconds.
fn spans(item: Item<'_>) -> Option<Vec<f64>> {
    let spans = item.list(|item| item.span().map(SimSpan::as_seconds_f64))?;
    if spans.is_empty() { item.fail("a span, a distribution, or a list of spans") } else { Some(spans) }
}

/// A number of people: a distribution, or a range of whole numbers.
fn people(item: Item<'_>) -> Option<Dist> {
    let is_range = item.is_table() && item.entries()?.iter().all(|(key, _)| *key == "min" || *key == "max");
    if !is_range {
        return distribution::read(item);
    }
    let section = item.section(&RANGE)?;
    let (min, max) = (section.read("min", Item::count)?, section.read("max", Item::count)?);
    Dist::uniform(f64::from(min), f64::from(max), Some(1.0))
        .map_or_else(|_| item.error("has a `max` below its `min`", None), Some)
}

/// Members: how many there are, or how they come and go.
fn members(item: Item<'_>, facts: Facts<'_>) -> Option<(Dist, SeatFlow)> {
    let has = |key: &str| {
        item.is_table() && item.entries().is_some_and(|all| all.iter().any(|(own, _)| *own == key))
    };
    if !has("start") && !has("joins") && !has("leaves") && !has("returns") {
        return people(item).map(|count| (count, SeatFlow::Steady));
    }
    let section = item.section(&SEATS)?;
    let count = section.read("start", people);
    let rates = SeatRates {
        joins: section.read("joins", Item::rate).unwrap_or_default(),
        leaves: section.read("leaves", Item::rate).unwrap_or_default(),
        returns: section.read("returns", returns),
        until: facts.end,
    };
    Some((count?, SeatFlow::Drawn(seats::sound(section, rates, facts))))
}

fn returns(item: Item<'_>) -> Option<(Probability, Dist)> {
    let section = item.section(&RETURNS)?;
    Some((section.read("p", Item::probability)?, section.read("after", distribution::read)?))
}

/// Groups with their weights, by their numbers in the scenario.
fn groups(item: Item<'_>, facts: Facts<'_>) -> Option<Vec<(u16, f64)>> {
    let number = |name: &String| facts.groups.iter().position(|known| known == name);
    let numbered = |(name, weight): (String, f64)| Some((u16::try_from(number(&name)?).ok()?, weight));
    Some(weights(item)?.into_iter().filter_map(numbered).collect())
}

fn billing(item: Item<'_>) -> Option<Billing> {
    if item.is_word("all") {
        return Some(Billing::All);
    }
    match item.node.value {
        TomlValue::Integer(1..) => item.whole().map(Billing::First),
        _ => item.probability().map(Billing::Share),
    }
}

fn all(facts: Facts<'_>) -> Vec<FeatureUse> {
    facts.features.iter().map(|name| FeatureUse::new(name, Probability::ONE, Dist::Fixed(1.0))).collect()
}

/// What a cohort says about its features, in the order of the scenario's features.
fn uses(item: Item<'_>, facts: Facts<'_>) -> Option<Vec<FeatureUse>> {
    let names = || facts.features.iter().map(String::as_str);
    let mut uses = all(facts);
    if item.is_list() {
        let chosen = item.list(|item| item.name_of("feature", names()))?;
        for (index, feature) in uses.iter_mut().enumerate() {
            feature.share = if chosen.contains(&index) { Probability::ONE } else { Probability::ZERO };
        }
        return Some(uses);
    }
    for (name, item) in item.entries()? {
        let Some(feature) = uses.iter_mut().find(|feature| feature.name == name) else {
            let close = did_you_mean(name, names()).map(|name| format!("did you mean `{name}`?"));
            item.error::<()>("is no feature of this scenario", close);
            continue;
        };
        let quantities = facts
            .features
            .iter()
            .position(|known| known == name)
            .and_then(|index| facts.quantities.get(index));
        if let Some(found) = feature_use(name, item, quantities.map_or(&[], Vec::as_slice)) {
            *feature = found;
        }
    }
    Some(uses)
}

fn feature_use(name: &str, item: Item<'_>, known: &[&str]) -> Option<FeatureUse> {
    if !item.is_table() {
        return item.probability().map(|share| FeatureUse::new(name, share, Dist::Fixed(1.0)));
    }
    let section = item.section(&USE)?;
    let (factor, dealt) = section.read("rate", rate)?;
    if !dealt.is_empty() && section.has("share") {
        section.error("share", "stands beside a list of rates", Some("a rate of 0 leaves the feature out"));
    }
    let own = OwnDemand {
        profile: section.read("profile", profile),
        drift: section.read("drift", drift),
        cv: section.read("cv", Item::number),
        calls: section.read("calls", distribution::read),
        quantities: section.read("quantities", |item| own_quantities(item, known)).unwrap_or_default(),
    };
    let share = section.read("share", Item::probability)?;
    Some(FeatureUse { dealt: dealt.into(), own, ..FeatureUse::new(name, share, factor) })
}

/// A factor to draw, or factors to deal.
fn rate(item: Item<'_>) -> Option<(Dist, Vec<f64>)> {
    if !item.is_list() {
        return Some((distribution::read(item)?, Vec::new()));
    }
    let dealt = item.list(Item::number)?;
    if dealt.is_empty() {
        item.fail("a number, a distribution, or a list of numbers")
    } else {
        Some((Dist::Fixed(1.0), dealt))
    }
}

/// Distributions of quantities that the feature has: one for all organizations, or several to deal.
fn own_quantities(item: Item<'_>, known: &[&str]) -> Option<Vec<(String, Arc<[Dist]>)>> {
    let mut own: Vec<(String, Arc<[Dist]>)> = Vec::new();
    for (name, item) in item.entries()? {
        if known.contains(&name) {
            let dists =
                if item.is_list() { item.list(distribution::read)? } else { vec![distribution::read(item)?] };
            let other = own.iter().map(|(_, dists)| dists.len()).find(|count| *count > 1);
            if dists.is_empty() {
                return item.fail("a number, a distribution, or a list of them");
            }
            if let Some(other) = other.filter(|other| dists.len() > 1 && dists.len() != *other) {
                let what = format!("deals {} distributions, and the quantity before it {other}", dists.len());
                return item.error(
                    what,
                    Some(
                        "an organization takes its own from every list, so lists are equally long".to_owned(),
                    ),
                );
            }
            own.push((name.to_owned(), dists.into()));
        } else {
            let close =
                did_you_mean(name, known.iter().copied()).map(|name| format!("did you mean `{name}`?"));
            item.error::<()>("is no quantity of this feature", close);
        }
    }
    Some(own)
}
