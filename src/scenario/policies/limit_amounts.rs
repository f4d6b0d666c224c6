//! How much limits have room for: numbers, formulas, draws, and who differs.
//!
//! Leaves when amounts apply to `policy`.

use crate::policy::{AmountByHeads, LimitAmount, LimitOwner, StatedAmount, VaryingAmount};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Item, Kind, MOST_CREDITS, NumberRange, Section, TableShape, ValueUnit, optional,
};
use crate::units::Credits;
use crate::workload::formula::Formula;

const DRAWN_AMOUNT: Kind = Kind::Distribution(ValueUnit::Credits, NumberRange::between(0.0, MOST_CREDITS));

/// How much there is room for.
pub(super) const AMOUNT_KIND: Kind =
    Kind::Either(&[DRAWN_AMOUNT, Kind::Word("none"), Kind::Table(&AMOUNTS), Kind::Text]);

/// What everybody has room for whom nothing else is said of.
const DEFAULT_AMOUNT: Kind = Kind::Either(&[DRAWN_AMOUNT, Kind::Word("none"), Kind::Text]);

/// What a formula of an amount may name.
const HEADS: [&str; 2] = ["members", "projects"];

/// What one member has room for.
const ONE_AMOUNT: Kind = Kind::Either(&[Kind::CREDITS_FROM_ZERO, Kind::Word("none")]);

static AMOUNTS: TableShape = TableShape {
    name: "limit-amounts",
    doc: "Amounts that differ: the most specific applies.",
    tags: &[],
    parts: &[&[
        optional("default", DEFAULT_AMOUNT, "For everybody else; a chain passes on if left out."),
        optional("members", Kind::Map("member", &ONE_AMOUNT), "By member, numbers from 1."),
        optional(
            "groups",
            Kind::Map("group", &ONE_AMOUNT),
            "By group: of the group's meter, or of each of its members; what is said for a member goes before it.",
        ),
    ]],
};

/// How much there is room for; a bucket may say it beside its window.
pub(super) fn amount_of(
    section: Section<'_>,
    burst: Option<Credits>,
    per: LimitOwner,
    groups: &[String],
) -> Option<LimitAmount> {
    let everybody = |default| Some(LimitAmount { default, ..LimitAmount::default() });
    match (section.read("amount", |item| amounts(item, per, groups)), burst) {
        (Some(_), Some(_)) => {
            section.error(
                "amount",
                "stands beside `burst`, which says the same",
                Some("keep one of the two"),
            );
            None
        }
        (Some(amount), None) => Some(amount),
        (None, Some(burst)) => everybody(StatedAmount::Most(burst)),
        // One with a problem was reported.
        (None, None) if section.has("amount") => None,
        (None, None) => {
            section.error("amount", "is missing", Some("write how much there is room for in a window"));
            None
        }
    }
}

fn amounts(item: Item<'_>, per: LimitOwner, groups: &[String]) -> Option<LimitAmount> {
    let keys = item.node.as_table().map(|table| table.entries.as_slice()).unwrap_or_default();
    let own = |key: &str| AMOUNTS.parts.iter().flat_map(|part| part.iter()).any(|field| field.name == key);
    let differs = keys.iter().any(|(key, _)| own(key));
    if !differs {
        return default_amount(item);
    }
    let section = item.section(&AMOUNTS)?;
    let LimitAmount { default, varies, .. } = section.read("default", default_amount).unwrap_or_default();
    let mut members = Vec::new();
    for (name, item) in section.get("members").and_then(Item::entries).unwrap_or_default() {
        let number = name.parse::<u16>().ok().and_then(|number| number.checked_sub(1));
        match (number, one_amount(item)) {
            (Some(member), Some(amount)) => members.push((member, amount)),
            (None, _) => return item.error("names no member", Some("members are numbers from 1".to_owned())),
            (_, None) => return None,
        }
    }
    if !members.is_empty() && per != LimitOwner::Member {
        let hint = "write `per = \"member\"`";
        section.error("members", "differ by member, who have no meters of their own", Some(hint));
    }
    let groups = amounts_by_group(section, per, groups)?;
    Some(LimitAmount { default, varies, members, groups })
}

fn amounts_by_group(
    section: Section<'_>,
    per: LimitOwner,
    known: &[String],
) -> Option<Vec<(u16, StatedAmount)>> {
    let mut groups = Vec::new();
    for (name, item) in section.get("groups").and_then(Item::entries).unwrap_or_default() {
        let Some(number) = known.iter().position(|known| known == name) else {
            let hint = match known {
                [] => "no cohort has `groups`".to_owned(),
                known => format!("groups here: {}", known.join(", ")),
            };
            return item.error("names no group", Some(hint));
        };
        groups.push((number as u16, one_amount(item)?));
    }
    if !groups.is_empty() && !matches!(per, LimitOwner::Group | LimitOwner::Member) {
        let hint = "write `per = \"member\"` or `per = \"group\"`";
        section.error("groups", "differ by group, which have no meters of their own", Some(hint));
    }
    Some(groups)
}

/// What everybody has room for whom nothing else is said of: a number, a formula, or drawn.
fn default_amount(item: Item<'_>) -> Option<LimitAmount> {
    let everybody = |default| Some(LimitAmount { default, ..LimitAmount::default() });
    let varies = |amount| {
        let default = StatedAmount::Unlimited;
        Some(LimitAmount { default, varies: Some(amount), ..LimitAmount::default() })
    };
    if item.is_word("none") {
        return everybody(StatedAmount::Unlimited);
    }
    if item.as_number().is_some() {
        return item.credits().and_then(|most| everybody(StatedAmount::Most(most)));
    }
    let Some(text) = item.as_text() else {
        return match distribution::read(item)? {
            Dist::Fixed(most) => everybody(StatedAmount::Most(Credits::from_f64(most))),
            drawn => varies(VaryingAmount::Drawn(drawn)),
        };
    };
    match Formula::compile(text, &HEADS) {
        Ok(formula) => {
            let written = text.to_owned();
            varies(VaryingAmount::ByHeads(AmountByHeads::new(written, move |members, projects| {
                formula.evaluate(&[members, projects])
            })))
        }
        Err(error) => {
            let hint =
                "an amount, \"none\", or a formula over `members` and `projects` such as \"500 * members\"";
            item.error(format!("is no amount: {error}"), Some(hint.to_owned()))
        }
    }
}

fn one_amount(item: Item<'_>) -> Option<StatedAmount> {
    if item.is_word("none") { Some(StatedAmount::Unlimited) } else { item.credits().map(StatedAmount::Most) }
}
