//! Changes of plan.

use crate::policy::{Convert, CycleOnChange, Effective, PlanChange, PlanChangeTime, Prorate, UsageOnChange};
use crate::scenario::reading::{Item, Kind, Section, Shape, default, optional, required, words_of};
use crate::units::{Probability, round_half_up};

pub(super) static PLAN_CHANGE: Shape = Shape {
    name: "plan-change",
    doc: "A share of the organizations moves to another plan; a move to the plan that one is on is nothing.",
    tags: &[
        optional("at", Kind::Instant, "At this instant."),
        optional("after", Kind::Span, "This long after sign-up."),
    ],
    parts: &[&[
        optional("from", Kind::Name("plan"), "Only organizations on this plan; those on any if left out."),
        required("to", Kind::Name("plan"), "The plan they move to."),
        default("share", Kind::Probability, "1.0", "Share of the organizations that move."),
        default(
            "effective",
            Kind::Words(words_of::<Effective>),
            "\"next-cycle\"",
            "At once, or at the next close.",
        ),
        default(
            "cycle",
            Kind::Words(words_of::<CycleOnChange>),
            "\"restart\"",
            "A change at once closes the running cycle and a new one begins, or leaves it running.",
        ),
        optional(
            "prorate",
            Kind::Words(words_of::<Prorate>),
            "What of the running period a change at once prorates: `price` credits the unused share of the old price; \
             with `cycle = \"keep\"` also the allowance (`credits`), `both` (then the default), or `full` for the whole \
             difference; `none` otherwise.",
        ),
        default(
            "usage",
            Kind::Words(words_of::<UsageOnChange>),
            "\"carry\"",
            "Whether what has been used of the running allowance counts against the new one, under `cycle = \"keep\"`.",
        ),
        optional("convert", Kind::Table(&CONVERT), "What becomes of lots that survive the change."),
    ]],
};

static CONVERT: Shape = Shape {
    name: "convert",
    doc: "Credits that survive a change of plan are worth another number under the new one.",
    tags: &[],
    parts: &[&[
        required("factor", Kind::Number, "Lots that survive are multiplied by this."),
        optional(
            "expires_after",
            Kind::Period,
            "They end this long after the change; as before if left out.",
        ),
    ]],
};

pub(super) fn plan_change(item: Item<'_>, plans: &[String]) -> Option<PlanChange> {
    let section = item.section(&PLAN_CHANGE)?;
    let when = match section.tag()? {
        ("at", value) => value.instant().map(PlanChangeTime::At),
        (_, value) => value.span().map(PlanChangeTime::After),
    };
    let plan = |item: Item<'_>| item.name_of("plan of this policy", plans.iter().map(String::as_str));
    let from = section.read("from", plan);
    let to = section.read("to", plan);
    let effective = section.value("effective", Item::word);
    let cycle = section.value("cycle", Item::word);
    let prorate = section.read("prorate", Item::word::<Prorate>);
    if effective == Effective::Now {
        check_prorate(section, cycle, prorate);
    }
    Some(PlanChange {
        when: when?,
        from,
        to: to?,
        share: section.read_or("share", Probability::ONE, Item::probability),
        effective,
        cycle,
        prorate: prorate.unwrap_or(match cycle {
            CycleOnChange::Restart => Prorate::None,
            CycleOnChange::Keep => Prorate::Both,
        }),
        usage: section.value("usage", Item::word),
        convert: section.read("convert", convert),
    })
}

fn check_prorate(section: Section<'_>, cycle: CycleOnChange, prorate: Option<Prorate>) {
    let needs_keep = matches!(prorate, Some(Prorate::Credits | Prorate::Both | Prorate::Full));
    if cycle == CycleOnChange::Restart && needs_keep {
        let hint = "write `cycle = \"keep\"`; a cycle that restarts begins with a whole allowance";
        section.error("prorate", "prorates the allowance of a cycle that closes", Some(hint));
    }
}

fn convert(item: Item<'_>) -> Option<Convert> {
    let section = item.section(&CONVERT)?;
    let factor = section.read("factor", |item| {
        let number = item.number()?;
        let fits = number.is_finite() && (0.0..=1e6).contains(&number);
        if fits { Some(number) } else { item.fail("a number from 0 to 1,000,000") }
    })?;
    Some(Convert {
        billionths: round_half_up(factor, 1e9),
        expires_after: section.read("expires_after", Item::period),
    })
}
