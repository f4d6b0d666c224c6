//! Reads operations that are written down.
//!
//! Owns what an operation may say and what it must not say together. Leaves what is drawn of it to `workload`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::sampling::Dist;
use crate::units::{Credits, FeatureIndex, NO_MEMBER, SimSpan};
use crate::workload::formula::Formula;
use crate::workload::{
    Amount, BUILTIN_NAMES, Fate, Listed, MOST_COST, MOST_PARTS, PartKind, Population, RunPart, StepShape,
    Work,
};

use super::demand::is_name;
use super::facts::Facts;
use super::model::ListedOperation;
use super::reading::{
    Item, Kind, Section, TableShape, Words, default, did_you_mean, optional, required, words_of,
};

/// An operation written down.
pub(super) static OPERATION: TableShape = TableShape {
    name: "operation",
    doc: "An operation written down.",
    tags: &[],
    parts: &[&[
        required("at", Kind::Instant, "Arrival, inside the horizon."),
        required("feature", Kind::Name("feature"), "Its feature."),
        optional(
            "credits",
            Kind::CREDITS_FROM_ZERO,
            "True cost. Left out with `steps`; may be left out with `quantities` if the feature's `cost` is a formula over \
             them.",
        ),
        default("duration", Kind::SPAN, "\"0s\"", "Work time; left out with `steps`."),
        optional("steps", Kind::List(&Kind::Table(&OPERATION_STEP)), "The steps of a run, in order."),
        optional(
            "quantities",
            Kind::Map("quantity", &Kind::NUMBER_FROM_ZERO),
            "Its quantities, those of the feature if that has some: `{ tokens_in = 1200 }`. They stand in `operations.csv` \
             and `explain`.",
        ),
        optional(
            "member",
            Kind::Either(&[Kind::COUNT, Kind::Word("none")]),
            "Who asks, as `explain` counts: 0 is the first member, `\"none\"` is no person; drawn if left out.",
        ),
        optional(
            "group",
            Kind::Text,
            "The group of its member: the same in every operation of that member, who has to be written if an \
             organization has several.",
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

/// The groups of members by their numbers, as operations name them.
pub(super) type Groups = BTreeMap<u16, String>;

/// What an operation is checked against besides itself.
#[derive(Clone, Copy)]
struct Surroundings<'s> {
    facts: Facts<'s>,
    people: &'s Population,
    groups: &'s RefCell<Groups>,
}

/// Operations in the order of their arrival (ties keep the order of the file), and the groups that they name.
pub(super) fn read(
    item: Item<'_>,
    facts: Facts<'_>,
    people: &Population,
) -> Option<(Vec<ListedOperation>, Groups)> {
    let groups = RefCell::default();
    let around = Surroundings { facts, people, groups: &groups };
    let mut operations = item.list(|item| operation(item, around))?;
    operations.sort_by_key(|operation| operation.work.at);
    Some((operations, groups.into_inner()))
}

fn operation(item: Item<'_>, around: Surroundings<'_>) -> Option<ListedOperation> {
    let section = item.section(&OPERATION)?;
    let Surroundings { facts, people, .. } = around;
    let at = section.read("at", |item| {
        let at = item.instant()?;
        let inside = at >= facts.start && at < facts.end;
        if inside { Some(at) } else { item.error("does not lie in the horizon [start, end)", None) }
    });
    let known = || facts.features.iter().map(String::as_str);
    let feature = section.read("feature", |item| item.name_of("feature", known()));
    let work = feature.and_then(|feature| facts.works.get(feature)).copied();
    let parts = section.read("steps", steps).unwrap_or_default();
    if section.has("steps") && section.has("duration") {
        section.error("duration", "stands beside `steps`", Some("a run takes what its steps do"));
    }
    let duration = match parts.is_empty() {
        true => section.value("duration", Item::span),
        false => parts.iter().fold(SimSpan::ZERO, |sum, part: &RunPart| sum + part.duration),
    };
    if section.has("steps") && work.is_some_and(|work| work.gauge) {
        let hint = "write `credits`, the value of the gauge";
        section.error("steps", "has no meaning for a feature with `unit = \"latest\"`", Some(hint));
    }
    let quantities = section.value("quantities", |item| quantities(item, work));
    let credits = credits(section, work, &quantities, duration);
    let member = section.read("member", |item| match item.is_word("none") {
        true => Some(NO_MEMBER),
        false => person(item, "member", &people.members),
    });
    section.read("group", |item| group(item, section, member, around));
    let work = Listed {
        outcome: outcome(section, duration),
        member,
        project: section.read("project", |item| person(item, "project", &people.projects)),
        parts,
        duration,
        quantities,
        at: at?,
        credits: credits?,
    };
    Some(ListedOperation { feature: FeatureIndex(u16::try_from(feature?).ok()?), work })
}

/// What an operation costs: as it says, as its steps say, or as its feature's formula makes of its quantities.
fn credits(
    section: Section<'_>,
    work: Option<&Work>,
    quantities: &[(String, f64)],
    duration: SimSpan,
) -> Option<Credits> {
    match (section.has("steps"), section.has("credits")) {
        (true, false) => return Some(Credits::ZERO),
        (false, true) => return section.read("credits", Item::credits),
        (true, true) => {
            section.error("credits", "stands beside `steps`", Some("write what each of the `steps` costs"));
            return None;
        }
        (false, false) => {}
    }
    let Some(Work { shape: StepShape::Simple { cost: Amount::Formula(formula), .. }, .. }) =
        work.filter(|_| section.has("quantities"))
    else {
        let hint = "write what the operation costs, or what each of its `steps` does";
        section.error("credits", "is missing", Some(hint));
        return None;
    };
    by_formula(section, work?, formula, quantities, duration)
}

fn by_formula(
    section: Section<'_>,
    work: &Work,
    formula: &Formula,
    quantities: &[(String, f64)],
    duration: SimSpan,
) -> Option<Credits> {
    let written = |name: &str| quantities.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let names = Formula::names_in(&formula.to_string());
    let lacking =
        names.iter().find(|name| !BUILTIN_NAMES.contains(&name.as_str()) && written(name).is_none());
    if let Some(name) = lacking {
        let hint = format!("the feature's `cost` is \"{formula}\"; write `{name}` too, or `credits`");
        section.error("quantities", format!("lacks `{name}`"), Some(&hint));
        return None;
    }
    let mut values: Vec<f64> =
        work.quantities.iter().map(|quantity| written(&quantity.name).unwrap_or(0.0)).collect();
    // The first turn, and the time it takes.
    values.extend([1.0, duration.as_seconds_f64()]);
    let value = formula.evaluate(&values);
    if !(0.0..=MOST_COST).contains(&value) {
        let hint = format!("a cost lies between 0 and {MOST_COST} credits");
        section.error(
            "quantities",
            format!("gives {value} by the feature's `cost`, \"{formula}\""),
            Some(&hint),
        );
        return None;
    }
    Some(Credits::from_f64(value))
}

/// Quantities by name; those of the feature, if it declares any.
fn quantities(item: Item<'_>, work: Option<&Work>) -> Option<Vec<(String, f64)>> {
    let declared: Vec<&str> = work
        .map(|work| work.quantities.iter().map(|known| known.name.as_str()).collect())
        .unwrap_or_default();
    let mut read = Vec::new();
    for (name, item) in item.entries()? {
        if !declared.is_empty() && !declared.contains(&name) {
            let close = did_you_mean(name, declared.iter().copied());
            let hint = close.map_or_else(
                || format!("its quantities: {}", declared.join(", ")),
                |close| format!("did you mean `{close}`?"),
            );
            item.error::<()>("is no quantity of the operation's feature", Some(hint));
        } else if !is_name(name) {
            item.error::<()>("is no name of a quantity", Some("letters, digits and `_`".to_owned()));
        }
        read.push((name.to_owned(), item.number()?));
    }
    Some(read)
}

/// A group is its member's: in every operation of that member it is the same.
fn group(
    item: Item<'_>,
    section: Section<'_>,
    member: Option<u16>,
    Surroundings { facts, people, groups }: Surroundings<'_>,
) -> Option<()> {
    let name = item.text()?;
    let drawn =
        |index: &(u16, f64)| facts.groups.get(usize::from(index.0)).is_some_and(|known| *known == name);
    if !people.groups.is_empty() && !people.groups.iter().any(drawn) {
        let hint =
            Some("name it in the cohort's `groups`, with a weight of 0 if nobody else is in it".to_owned());
        return item.error("is none of the cohort's groups", hint);
    }
    let alone = people.members.quantile(1.0).is_some_and(|most| most < 1.5);
    let member = match member {
        Some(NO_MEMBER) => {
            let hint = "only members are in groups; leave it out";
            return item.error("stands beside `member = \"none\"`", Some(hint.to_owned()));
        }
        Some(member) => member,
        None if section.has("member") => return None,
        None if alone => 0,
        None => {
            let hint = "a group is its member's: write whose operation it is, `member = 0`";
            return item.error("stands without `member`", Some(hint.to_owned()));
        }
    };
    let mut groups = groups.borrow_mut();
    let known = groups.entry(member).or_insert_with(|| name.clone());
    if *known == name {
        return Some(());
    }
    let hint = format!("an operation before it says \"{known}\"; a member is in one group");
    item.error(format!("is another group for member {member}"), Some(hint))
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
