//! Reads the demand part of `[features.NAME]`: arrivals, costs, durations, runs, failures.

mod arrivals;
mod calendar;
mod profile;
mod work;

pub(super) use arrivals::{CALLS_KIND, CV_KIND, DRIFT_KIND, drift};
pub(super) use profile::{PROFILE_KIND, profile};
pub(super) use work::is_name;

use crate::workload::{Arrivals, Demand, Failures};

use super::distribution;
use super::facts::Facts;
use super::reading::{Field, Item, Kind, Section, TableShape, default, optional, required, words, words_of};

use arrivals::ARRIVALS;
use calendar::CALENDAR;
use work::{CACHE, QUANTITY_KIND, STEP};

/// The keys of a feature that describe its demand.
pub(crate) static FIELDS: &[Field] = &[
    optional("arrivals", Kind::Table(&ARRIVALS), "When operations arrive; never if left out."),
    optional(
        "calendar",
        Kind::List(&Kind::Table(&CALENDAR)),
        "Growth, spikes, ramps, holidays; all multiply the rate.",
    ),
    optional("profile", PROFILE_KIND, "Weights of the hours of a week; the cohort's if left out."),
    optional("cost", work::COST_KIND, "True cost of an operation: drawn, or a formula over its quantities."),
    default(
        "duration",
        work::DURATION_KIND,
        "\"0s\"",
        "Work time of an operation: drawn, or a formula in seconds.",
    ),
    optional(
        "unit",
        Kind::Words(words_of::<work::CostUnit>),
        "`latest`: the cost is the newest value of a gauge, such as what is stored; an operation owes how far it is above the \
         organization's one before it.",
    ),
    optional(
        "quantities",
        Kind::Map("quantity", &QUANTITY_KIND),
        "Named numbers of an operation, for formulas.",
    ),
    optional(
        "steps",
        Kind::List(&Kind::Table(&STEP)),
        "Steps of a run, in the place of `cost` and `duration`.",
    ),
    optional("cache", Kind::Table(&CACHE), "Steps served from a cache cost less."),
    optional(
        "failures",
        Kind::Either(&[Kind::Probability, Kind::Table(&FAILURES)]),
        "How operations fail; never if left out.",
    ),
    default(
        "cancels",
        Kind::Probability,
        "0",
        "Probability that an operation is cancelled at a uniform point of a step.",
    ),
    default(
        "by",
        Kind::Words(words_of::<AskedBy>),
        "\"member\"",
        "Who asks: a member, or nobody (service accounts, review bots).",
    ),
];

static FAILURES: TableShape = TableShape {
    name: "failures",
    doc: "Failures that cluster: a failure is more likely after a failure of the same organization (of the same client, where clients are reactive).",
    tags: &[],
    parts: &[&[
        required("rate", Kind::Probability, "Long-run share of operations that fail."),
        optional(
            "persistence",
            Kind::Probability,
            "Probability of a failure after a failure; as any other if left out.",
        ),
        default("affected", Kind::Probability, "1", "Share of organizations that see failures at all."),
        optional(
            "after",
            Kind::SPANS,
            "Time until it strikes, at most the whole duration; a uniform point of it if left out.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum AskedBy {
    #[default]
    Member,
    Nobody,
}
words!(AskedBy { "member" => Member, "nobody" => Nobody });

/// Reads them.
pub(super) fn read(section: Section<'_>, facts: Facts<'_>) -> Demand {
    let (arrivals, mut modulation, variation) = section.value("arrivals", arrivals::arrivals);
    modulation.calendar = section.value("calendar", |item| item.list(|item| calendar::factor(item, facts)));
    let work = work::read(section);
    if work.gauge && matches!(arrivals, Arrivals::ClosedLoop { reactive: true, .. }) {
        let hint = "write another kind of `arrivals`";
        section.error("unit", "has no meaning for clients who wait for their answers", Some(hint));
    }
    Demand {
        arrivals,
        modulation,
        variation,
        profile: section.read("profile", profile),
        work,
        failures: section.value("failures", failures),
        cancels: section.value("cancels", Item::probability),
        by_nobody: section.value("by", Item::word::<AskedBy>) == AskedBy::Nobody,
    }
}

fn failures(item: Item<'_>) -> Option<Failures> {
    if !item.is_table() {
        return item.probability().map(|rate| Failures { rate, ..Failures::default() });
    }
    let section = item.section(&FAILURES)?;
    let failures = Failures {
        rate: section.value("rate", Item::probability),
        persistence: section.read("persistence", Item::probability),
        affected: section.read("affected", Item::probability)?,
        fail_fast: section.read("after", distribution::read),
    };
    if failures.rate.get() > failures.affected.get() {
        let hint = "even if every operation of those affected failed, the share would be smaller";
        section.error("rate", "is above `affected`", Some(hint));
    }
    Some(failures)
}

#[cfg(test)]
mod tests;
