//! Reads `[[cohorts]]`.

use crate::policy::{Customers, Reactions};
use crate::sampling::Dist;
use crate::units::{CohortIndex, Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Fate, Listed, MOST_PARTS, PartKind, Population, RunPart};

use super::model::{Cohort, ListedOperation};
use super::policies::{
    BUDGET, BUYER_KIND, CHURN, GRANT, PLAN_CHOICE, PlanShares, REACTIONS, budget, buyer, churn, grants,
    plan_shares, reactions,
};
use super::population;
use super::read::Facts;
use super::reading::{Field, Item, Kind, Section, TableShape, Words, default, optional, required, words_of};

/// A cohort.
pub(super) static COHORT: TableShape = TableShape {
    name: "cohort",
    doc: "Organizations that are alike.",
    tags: &[],
    parts: &[OWN, population::FIELDS, LEDGER],
};

static OWN: &[Field] = &[
    required("name", Kind::Text, "Its name, unique."),
    default(
        "organizations",
        Kind::POSITIVE_COUNT,
        "1",
        "How many there are; with a history, those in the file.",
    ),
    optional("history", Kind::Name("history"), "The usage history that the cohort replays."),
    optional("plan", PLAN_CHOICE, "Which plan organizations are on, or shares of plans."),
    optional("buyer", BUYER_KIND, "People who buy; nobody if left out."),
    optional(
        "reactions",
        Kind::Table(&REACTIONS),
        "What follows a refusal; the operation is abandoned if left out.",
    ),
    optional("churn", Kind::Table(&CHURN), "Leaving after too many refusals; nobody leaves if left out."),
    optional("budget", Kind::Table(&BUDGET), "The organization's own cap on spending."),
    optional("opening", Kind::List(&Kind::Table(&GRANT)), "Grants at sign-up."),
];

/// Explicit cases of a real ledger.
static LEDGER: &[Field] = &[
    optional("grants", Kind::List(&Kind::Table(&GRANT)), "Grants of a real ledger, written down."),
    default("debt_at_start", Kind::CREDITS_FROM_ZERO, "0", "Debt at the start."),
    optional(
        "cycle_closes",
        Kind::List(&Kind::Instant),
        "Instants after the start at which cycles close, in the place of the plan's; behind the last one those of its \
         allowance or `cycle` count again.",
    ),
    optional(
        "operations",
        Kind::List(&Kind::Table(&OPERATION)),
        "Operations written down; they replace the arrivals of their features in this cohort.",
    ),
];

static OPERATION: TableShape = TableShape {
    name: "operation",
    doc: "An operation written down.",
    tags: &[],
    parts: &[&[
        required("at", Kind::Instant, "Arrival, inside the horizon."),
        required("feature", Kind::Name("feature"), "Its feature."),
        optional("credits", Kind::CREDITS_FROM_ZERO, "True cost; left out with `steps`."),
        default("duration", Kind::SPAN, "\"0s\"", "Work time; left out with `steps`."),
        optional("steps", Kind::List(&Kind::Table(&OPERATION_STEP)), "The steps of a run, in order."),
        optional(
            "member",
            Kind::COUNT,
            "Who asks, as `explain` counts: 0 is the first member; drawn if left out.",
        ),
        optional("project", Kind::COUNT, "What for: 0 is the first project; drawn if left out."),
        optional(
            "outcome",
            Kind::Words(words_of::<FateWord>),
            "How it ends; as the feature's `failures` and `cancels` say if left out.",
        ),
        optional(
            "after",
            Kind::SPAN,
            "How long after its start it fails or is cancelled; at its end if left out.",
        ),
    ]],
};

static OPERATION_STEP: TableShape = TableShape {
    name: "operation-step",
    doc: "A step of an operation written down.",
    tags: &[],
    parts: &[&[
        default("credits", Kind::CREDITS_FROM_ZERO, "0", "True cost."),
        default("duration", Kind::SPAN, "\"0s\"", "Time it takes."),
        default(
            "kind",
            Kind::Words(words_of::<StepKindWord>),
            "\"work\"",
            "Work, a helper (costs nothing), or a pause for a human.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy)]
struct FateWord(Fate);

impl Words for FateWord {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("completed", FateWord(Fate::Completes)),
        ("failed", FateWord(Fate::Fails)),
        ("cancelled", FateWord(Fate::Cancelled)),
    ];
}

#[derive(Debug, Clone, Copy, Default)]
struct StepKindWord(PartKind);

impl Words for StepKindWord {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("work", StepKindWord(PartKind::Work)),
        ("helper", StepKindWord(PartKind::Helper)),
        ("review", StepKindWord(PartKind::Review)),
    ];
}

/// Reads all cohorts in file order, and what each says about its plan.
pub(super) fn read(
    section: Section<'_>,
    facts: Facts<'_>,
) -> (Vec<Cohort>, Vec<(String, Option<PlanShares>)>) {
    let items = section.get("cohorts").and_then(Item::items).unwrap_or_default();
    if items.is_empty() && section.has("cohorts") {
        section.error("cohorts", "names no cohort", Some("write at least one `[[cohorts]]`"));
    }
    let (mut cohorts, mut plans): (Vec<Cohort>, Vec<_>) = (Vec::new(), Vec::new());
    for item in items {
        let Some((cohort, plan)) = cohort(item, cohorts.len(), facts) else { continue };
        if cohorts.iter().any(|other| other.name == cohort.name) {
            item.error::<()>("has the name of an earlier cohort", Some("give each its own name".to_owned()));
        }
        plans.push((cohort.name.clone(), plan));
        cohorts.push(cohort);
    }
    (cohorts, plans)
}

fn cohort(item: Item<'_>, index: usize, facts: Facts<'_>) -> Option<(Cohort, Option<PlanShares>)> {
    let section = item.section(&COHORT)?;
    let name = section.value("name", Item::text);
    let index = CohortIndex(u16::try_from(index).ok()?);
    let known = || facts.histories.iter().map(String::as_str);
    let history = section.read("history", |item| item.name_of("history", known()));
    if history.is_some() && section.has("organizations") {
        let hint = "leave it out; the history says which organizations there are";
        section.error("organizations", "stands beside `history`", Some(hint));
    }
    let population = population::read(section, &name, index, facts);
    let cohort = Cohort {
        organizations: section.value("organizations", Item::count),
        customers: customers(section, facts),
        operations: section.value("operations", |item| operations(item, facts, &population)),
        population,
        history,
        name,
    };
    Some((cohort, section.read("plan", plan_shares)))
}

fn customers(section: Section<'_>, facts: Facts<'_>) -> Customers {
    let mut all_grants = section.value("opening", grants);
    all_grants.extend(section.value("grants", grants));
    Customers {
        grants: all_grants,
        debt_at_start: section.value("debt_at_start", Item::credits),
        cycle_closes: section.read("cycle_closes", |item| cycle_closes(item, facts)),
        buyer: section.read("buyer", buyer).flatten(),
        reactions: section.read_or("reactions", Reactions::default(), |item| reactions(item, facts.features)),
        churn: section.read("churn", churn),
        budget: section.read("budget", budget),
    }
}

/// Instants in order, after the start.
fn cycle_closes(item: Item<'_>, facts: Facts<'_>) -> Option<Vec<SimTime>> {
    let close = |item: Item<'_>| {
        let at = item.instant()?;
        if at > facts.start { Some(at) } else { item.error("does not lie after `start`", None) }
    };
    let mut closes = item.list(close)?;
    closes.sort_unstable();
    closes.dedup();
    Some(closes)
}

/// Operations in the order of their arrival; ties keep the order of the file.
fn operations(item: Item<'_>, facts: Facts<'_>, people: &Population) -> Option<Vec<ListedOperation>> {
    let mut operations = item.list(|item| operation(item, facts, people))?;
    operations.sort_by_key(|operation| operation.work.at);
    Some(operations)
}

fn operation(item: Item<'_>, facts: Facts<'_>, people: &Population) -> Option<ListedOperation> {
    let section = item.section(&OPERATION)?;
    let at = section.read("at", |item| {
        let at = item.instant()?;
        let inside = at >= facts.start && at < facts.end;
        if inside { Some(at) } else { item.error("does not lie in the horizon [start, end)", None) }
    });
    let known = || facts.features.iter().map(String::as_str);
    let feature = section.read("feature", |item| item.name_of("feature", known()));
    let parts = section.read("steps", steps).unwrap_or_default();
    let credits = match (section.has("steps"), section.has("credits")) {
        (true, false) => Some(Credits::ZERO),
        (false, true) => section.read("credits", Item::credits),
        (both, _) => {
            let what = if both { "stands beside `steps`" } else { "is missing" };
            section.error(
                "credits",
                what,
                Some("write what the operation costs, or what each of its `steps` does"),
            );
            None
        }
    };
    if section.has("steps") && section.has("duration") {
        section.error("duration", "stands beside `steps`", Some("a run takes what its steps do"));
    }
    let duration = match parts.is_empty() {
        true => section.value("duration", Item::span),
        false => parts.iter().fold(SimSpan::ZERO, |sum, part: &RunPart| sum + part.duration),
    };
    let work = Listed {
        outcome: outcome(section, duration),
        member: section.read("member", |item| person(item, "member", &people.members)),
        project: section.read("project", |item| person(item, "project", &people.projects)),
        parts,
        duration,
        at: at?,
        credits: credits?,
    };
    Some(ListedOperation { feature: FeatureIndex(u16::try_from(feature?).ok()?), work })
}

fn steps(item: Item<'_>) -> Option<Vec<RunPart>> {
    let parts = item.list(step)?;
    if parts.is_empty() || parts.len() > MOST_PARTS {
        return item.fail(format!("1 to {MOST_PARTS} steps"));
    }
    Some(parts)
}

fn step(item: Item<'_>) -> Option<RunPart> {
    let section = item.section(&OPERATION_STEP)?;
    let kind = section.value("kind", Item::word::<StepKindWord>).0;
    let cost = section.value("credits", Item::credits);
    if kind != PartKind::Work && cost.is_positive() {
        section.error("credits", "is not 0", Some("helpers and reviews cost nothing"));
    }
    Some(RunPart { cost, duration: section.value("duration", Item::span), step: 0, kind })
}

/// How an operation ends and when it is struck; `duration` is how long it takes if it is not.
fn outcome(section: Section<'_>, duration: SimSpan) -> Option<(Fate, SimSpan)> {
    let outcome = section.read("outcome", Item::word::<FateWord>).map(|outcome| outcome.0);
    let strikes = outcome.is_some_and(|fate| fate != Fate::Completes);
    if section.has("after") && !strikes {
        section.error(
            "after",
            "says when nothing happens",
            Some("write `outcome = \"failed\"` or `\"cancelled\"`"),
        );
    }
    let after = section.read("after", |item| {
        let after = item.span()?;
        if strikes && after > duration { item.fail("no more than the operation takes") } else { Some(after) }
    });
    outcome.map(|fate| (fate, after.unwrap_or(duration)))
}

/// Index of a member or project; every organization of the cohort must have so many.
fn person(item: Item<'_>, what: &str, count: &Dist) -> Option<u16> {
    let number = item.count()?;
    let least = count.quantile(0.0).map_or(1.0, |least| least.max(1.0));
    if f64::from(number) >= least {
        let hint =
            format!("counted from 0; write `{what}s = {}` or more in the cohort", u64::from(number) + 1);
        return item.error(
            format!("is a {what} that an organization may lack: it has {least} at least"),
            Some(hint),
        );
    }
    u16::try_from(number).ok()
}
