//! How much limits have room for: numbers, formulas, draws, and who differs.
//!
//! Leaves when amounts apply to `policy`.

use crate::policy::{
    AmountByHeads, LimitAmount, LimitOwner, LimitUnit, MemberAmount, StatedAmount, VaryingAmount,
};
use crate::sampling::{Dist, hash_name};
use crate::scenario::distribution;
use crate::scenario::reading::{
    Item, Kind, MOST_CREDITS, NumberRange, Section, TableShape, ValueUnit, optional,
};
use crate::units::Credits;
use crate::workload::formula::Formula;

use super::Names;

const DRAWN_AMOUNT: Kind = Kind::Distribution(ValueUnit::Credits, NumberRange::between(0.0, MOST_CREDITS));

/// How much there is room for.
pub(super) const AMOUNT_KIND: Kind =
    Kind::Either(&[DRAWN_AMOUNT, Kind::Word("none"), Kind::Table(&AMOUNTS), Kind::Text]);

/// What everybody has room for whom nothing else is said of.
const DEFAULT_AMOUNT: Kind = Kind::Either(&[DRAWN_AMOUNT, Kind::Word("none"), Kind::Text]);

/// What a formula of an amount may name.
const HEADS: [&str; 2] = ["members", "projects"];

/// What one member has room for.
const ONE_AMOUNT: Kind = Kind::Either(&[Kind::CREDITS_FROM_ZERO, Kind::Word("none"), Kind::Money]);

static AMOUNTS: TableShape = TableShape {
    name: "limit-amounts",
    doc: "Amounts that differ: the most specific applies.",
    tags: &[],
    parts: &[&[
        optional("default", DEFAULT_AMOUNT, "For everybody else; a chain passes on if left out."),
        optional(
            "members",
            Kind::Map("member", &ONE_AMOUNT),
            "By member: numbers from 1, or the labels that a history has for them.",
        ),
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
    (unit, per): (LimitUnit, LimitOwner),
    names: Names<'_>,
) -> Option<LimitAmount> {
    let everybody = |default| Some(LimitAmount { default, ..LimitAmount::default() });
    match (section.read("amount", |item| amounts(item, (unit, per), names)), burst) {
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

fn amounts(item: Item<'_>, (unit, per): (LimitUnit, LimitOwner), names: Names<'_>) -> Option<LimitAmount> {
    let keys = item.node.as_table().map(|table| table.entries.as_slice()).unwrap_or_default();
    let own = |key: &str| AMOUNTS.parts.iter().flat_map(|part| part.iter()).any(|field| field.name == key);
    let differs = keys.iter().any(|(key, _)| own(key));
    if !differs {
        return default_amount(item, unit);
    }
    let section = item.section(&AMOUNTS)?;
    let LimitAmount { default, varies, .. } =
        section.read("default", |item| default_amount(item, unit)).unwrap_or_default();
    let mut members = Vec::new();
    for (name, item) in section.get("members").and_then(Item::entries).unwrap_or_default() {
        let number = name.parse::<u16>().ok().and_then(|number| number.checked_sub(1));
        let label = names.replays.then(|| hash_name(name));
        if number.is_none() && label.is_none() {
            return item.error("names no member", Some("members are numbers from 1".to_owned()));
        }
        members.push(MemberAmount { number, label, amount: one_amount(item, unit)? });
    }
    if !members.is_empty() && per != LimitOwner::Member {
        let hint = "write `per = \"member\"`";
        section.error("members", "differ by member, who have no meters of their own", Some(hint));
    }
    let groups = amounts_by_group(section, (unit, per), names.groups)?;
    Some(LimitAmount { default, varies, members, groups })
}

fn amounts_by_group(
    section: Section<'_>,
    (unit, per): (LimitUnit, LimitOwner),
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
        groups.push((number as u16, one_amount(item, unit)?));
    }
    if !groups.is_empty() && !matches!(per, LimitOwner::Group | LimitOwner::Member) {
        let hint = "write `per = \"member\"` or `per = \"group\"`";
        section.error("groups", "differ by group, which have no meters of their own", Some(hint));
    }
    Some(groups)
}

/// What everybody has room for whom nothing else is said of: a number, a formula, or drawn.
fn default_amount(item: Item<'_>, unit: LimitUnit) -> Option<LimitAmount> {
    let everybody = |default| Some(LimitAmount { default, ..LimitAmount::default() });
    let varies = |amount| {
        let default = StatedAmount::Unlimited;
        Some(LimitAmount { default, varies: Some(amount), ..LimitAmount::default() })
    };
    if item.is_word("none") {
        return everybody(StatedAmount::Unlimited);
    }
    if unit == LimitUnit::Money && !item.as_text().is_some_and(is_formula) {
        return money(item).and_then(|most| everybody(StatedAmount::Most(most)));
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
    let hint = "an amount, \"none\", or a formula over `members` and `projects` such as \"500 * members\"";
    by_heads(item, text, hint).and_then(|formula| varies(VaryingAmount::ByHeads(formula)))
}

/// A formula over `members` and `projects`.
pub(super) fn by_heads(item: Item<'_>, text: &str, hint: &str) -> Option<AmountByHeads> {
    match Formula::compile(text, &HEADS) {
        Ok(formula) => Some(AmountByHeads::new(text.to_owned(), move |members, projects| {
            formula.evaluate(&[members, projects])
        })),
        Err(error) => item.error(format!("is no amount: {error}"), Some(hint.to_owned())),
    }
}

fn one_amount(item: Item<'_>, unit: LimitUnit) -> Option<StatedAmount> {
    if item.is_word("none") {
        return Some(StatedAmount::Unlimited);
    }
    let most = if unit == LimitUnit::Money { money(item) } else { item.credits() };
    most.map(StatedAmount::Most)
}

/// A formula over heads and no amount of money, which is a number with the code of a currency.
pub(super) fn is_formula(text: &str) -> bool {
    HEADS.iter().any(|head| text.contains(head))
}

/// Money, in nano-units, as meters count it.
fn money(item: Item<'_>) -> Option<Credits> {
    if item.as_text().is_none() {
        return item.fail("an amount and a currency, like \"10.00 USD\"");
    }
    item.money().map(|money| Credits::from_micros(money.nanos()))
}
