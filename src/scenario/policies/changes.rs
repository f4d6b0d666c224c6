//! Changes of plan and of rules.

use crate::policy::{
    Convert, CycleOnChange, Effective, PlanChange, PlanChangeTime, Prorate, RuleChange, RuleChanges,
    UsageOnChange,
};
use crate::scenario::reading::{
    Item, Kind, Node, NumberRange, Section, TableShape, default, optional, required, words_of,
};
use crate::units::{Probability, round_half_up};

pub(super) static PLAN_CHANGE: TableShape = TableShape {
    name: "plan-change",
    doc: "A share of the organizations moves to another plan; a move to the plan that one is on is nothing.",
    tags: &[
        optional("at", Kind::Instant, "At this instant."),
        optional("after", Kind::SPAN, "This long after sign-up."),
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

static CONVERT: TableShape = TableShape {
    name: "convert",
    doc: "Credits that survive a change of plan are worth another number under the new one.",
    tags: &[],
    parts: &[&[
        required(
            "factor",
            Kind::Number(NumberRange::between(0.0, 1e6)),
            "Lots that survive are multiplied by this.",
        ),
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
        ("after", value) => value.span().map(PlanChangeTime::After),
        (tag, _) => return section.unread_tag(tag),
    };
    let plan = |item: Item<'_>| item.name_of("plan of this policy", plans.iter().map(String::as_str));
    let from = section.read("from", plan);
    let to = section.read("to", plan);
    let effective = section.value("effective", Item::word);
    let cycle = section.value("cycle", Item::word);
    let prorate = section.read("prorate", Item::word::<Prorate>);
    let convert = section.read("convert", convert);
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
        convert,
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
    let (factor, expires_after) =
        (section.read("factor", Item::number), section.read("expires_after", Item::period));
    Some(Convert { billionths: round_half_up(factor?, 1e9), expires_after })
}

pub(super) static RULE_CHANGE: TableShape = TableShape {
    name: "rule-change",
    doc: "Rules that change at an instant, without a close: allowance and price from their next period on, all others at \
          once.",
    tags: &[],
    parts: &[&[
        required("at", Kind::Instant, "The instant."),
        optional(
            "signed_up",
            Kind::Table(&SIGNED_UP),
            "Only for organizations that signed up then (others keep their rules); for all if left out.",
        ),
        required("set", Kind::Table(&super::POLICY), "Keys of the policy and what they are from then on."),
    ]],
};

pub(super) static SIGNED_UP: TableShape = TableShape {
    name: "signed-up-when",
    doc: "When an organization must have signed up.",
    tags: &[],
    parts: &[&[
        optional("before", Kind::Instant, "Before this instant."),
        optional("from", Kind::Instant, "At or after this instant."),
    ]],
};

/// What cannot change at an instant.
const LASTING: [&str; 4] = ["preset", "plan", "plan_changes", "changes"];

/// The changes of rules, and what each of them sets.
pub(super) fn rule_changes(section: Section<'_>) -> (RuleChanges, Vec<Node>) {
    let read = section.value("changes", |item| item.list(rule_change));
    let (changes, sets) = read.into_iter().unzip();
    (RuleChanges::new(changes), sets)
}

fn rule_change(item: Item<'_>) -> Option<(RuleChange, Node)> {
    let section = item.section(&RULE_CHANGE)?;
    let signed_up = section.get("signed_up").and_then(|item| item.section(&SIGNED_UP));
    let edge = |name: &str| signed_up.and_then(|signed_up| signed_up.read(name, Item::instant));
    let set = section.get("set")?;
    let own = set.section(&super::POLICY)?;
    for name in LASTING {
        if own.has(name) {
            own.error(name, "cannot change at an instant", Some("write another policy"));
        }
    }
    let (signed_up_before, signed_up_from) = (edge("before"), edge("from"));
    let at = section.read("at", Item::instant)?;
    Some((RuleChange { at, signed_up_before, signed_up_from }, set.node.clone()))
}
