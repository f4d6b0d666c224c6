//! What is sold and billed: packages, subscriptions, rounding.

use crate::calendar::Period;
use crate::policy::{Expiry, InForce, Package, PlanPrice, RoundMode, Rounding, Subscription};
use crate::scenario::reading::{Item, Kind, TableShape, default, optional, required, words, words_of};
use crate::units::{Credits, Money};

use super::grants::validity;
use super::limit_amounts::{by_heads, is_formula};
use super::rates::{DATES, in_force};
use super::scopes::{SCOPE, ScopeNames, scope};

/// `subscription = …`.
pub(super) const SUBSCRIPTION_KIND: Kind = Kind::Either(&[
    Kind::Money,
    Kind::Word("none"),
    Kind::Text,
    Kind::Table(&SUBSCRIPTION),
    Kind::List(&Kind::Table(&SUBSCRIPTION)),
]);

static SUBSCRIPTION: TableShape = TableShape {
    name: "subscription",
    doc: "The price of a plan, paid in advance for each billing period. In a list the first entry has no dates, and the last one \
          that applies as a period is billed wins.",
    tags: &[],
    parts: &[
        &[
            required(
                "price",
                Kind::Either(&[Kind::Money, Kind::Text]),
                "Price of a billing period: money, or a formula over `members` and `projects` in units of the currency, such as \
                 \"20 * members\", taken as the period is billed.",
            ),
            default("every", Kind::Period, "\"month\"", "The billing period, apart from the allowance's."),
        ],
        DATES,
    ],
};

/// Reads `subscription`; a bare amount is monthly.
pub(super) fn subscription(item: Item<'_>) -> Option<Option<Subscription>> {
    if item.is_word("none") {
        return Some(None);
    }
    if item.is_list() {
        return dated_subscription(item).map(Some);
    }
    if !item.is_table() {
        let monthly = |PlanPrice { money, by_heads }| Subscription {
            by_heads,
            ..Subscription::at_one_price(money, Period::Months(1))
        };
        return price(item).map(|price| Some(monthly(price)));
    }
    let (own, when) = one_subscription(item)?;
    if !when.is_always() {
        let hint = "write a list: `[{ price = … }, { price = …, from = … }]`";
        return item.error("leaves open what is paid at other times", Some(hint.to_owned()));
    }
    Some(Some(own))
}

fn one_subscription(item: Item<'_>) -> Option<(Subscription, InForce)> {
    let section = item.section(&SUBSCRIPTION)?;
    let PlanPrice { money, by_heads } = section.read("price", price)?;
    let own =
        Subscription { by_heads, ..Subscription::at_one_price(money, section.read("every", Item::period)?) };
    Some((own, in_force(section)))
}

/// A price: money, or a formula over heads.
fn price(item: Item<'_>) -> Option<PlanPrice> {
    let Some(text) = item.as_text().filter(|text| is_formula(text)) else {
        let own = if item.as_text().is_some() { item.as_kind(Kind::Money) } else { item };
        return own.money().map(|money| PlanPrice { money, by_heads: None });
    };
    let hint =
        "a price such as \"20 USD\", or a formula over `members` and `projects` such as \"20 * members\"";
    let formula = by_heads(item, text, hint)?;
    let one = formula.of(1, 1);
    let money = if (0.0..=1e9).contains(&one) { Money::from_f64(one) } else { Money::ZERO };
    Some(PlanPrice { money, by_heads: Some(formula) })
}

/// A price that is always in force, and others with dates.
fn dated_subscription(item: Item<'_>) -> Option<Subscription> {
    let entries = item.list(one_subscription)?;
    let Some(((first, when), others)) = entries.split_first() else {
        return item
            .error("names no price", Some("write `\"none\"` for a plan that costs nothing".to_owned()));
    };
    if !when.is_always() {
        let hint = "the first entry has no dates: it is paid whenever no other applies";
        return item.error("leaves open what is paid at other times", Some(hint.to_owned()));
    }
    if others.iter().any(|(other, _)| other.every != first.every) {
        let hint = "write the same `every` in each entry; a change of plan may bill at another interval";
        return item.error("is billed at different intervals", Some(hint.to_owned()));
    }
    let price = |other: &Subscription| PlanPrice { money: other.price, by_heads: other.by_heads.clone() };
    let dated = others.iter().map(|(other, when)| (*when, price(other))).collect();
    Some(Subscription { dated, ..first.clone() })
}

/// `round = …`.
pub(super) const ROUND_KIND: Kind = Kind::Either(&[Kind::Words(words_of::<RoundWord>), Kind::Table(&ROUND)]);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RoundWord {
    None,
    Up,
    Nearest,
    Down,
}
words!(RoundWord { "none" => None, "up" => Up, "nearest" => Nearest, "down" => Down });

static ROUND: TableShape = TableShape {
    name: "round",
    doc: "Charges are multiples of a unit; a bare word rounds to whole credits.",
    tags: &[
        optional("up", Kind::POSITIVE_CREDITS, "The unit, rounded towards the vendor."),
        optional("nearest", Kind::POSITIVE_CREDITS, "The unit, rounded half-up."),
        optional("down", Kind::POSITIVE_CREDITS, "The unit, rounded towards the customer."),
    ],
    parts: &[],
};

/// What `round_per` says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum RoundPer {
    #[default]
    Operation,
    Charge,
}
words!(RoundPer { "operation" => Operation, "charge" => Charge });

/// Reads `round`.
pub(super) fn rounding(item: Item<'_>, per: RoundPer) -> Option<Option<Rounding>> {
    let (mode, unit) = if item.is_table() {
        match item.section(&ROUND)?.tag()? {
            ("up", unit) => (RoundMode::Up, unit.credits()?),
            ("nearest", unit) => (RoundMode::Nearest, unit.credits()?),
            ("down", unit) => (RoundMode::Down, unit.credits()?),
            (tag, _) => return item.section(&ROUND)?.unread_tag(tag),
        }
    } else {
        let mode = match item.word::<RoundWord>()? {
            RoundWord::None => return Some(None),
            RoundWord::Up => RoundMode::Up,
            RoundWord::Nearest => RoundMode::Nearest,
            RoundWord::Down => RoundMode::Down,
        };
        (mode, Credits::from_whole(1))
    };
    Some(Some(Rounding { unit, mode, per_charge: per == RoundPer::Charge }))
}

/// A package.
pub(super) static PACKAGE: TableShape = TableShape {
    name: "package",
    doc: "Credits that can be bought.",
    tags: &[],
    parts: &[
        &[
            required(
                "name",
                Kind::Text,
                "Its name; of packages of one name the last one that is on sale is sold.",
            ),
            required("credits", Kind::POSITIVE_CREDITS, "Credits."),
            optional("price", Kind::Money, "Price; money outcomes are not available without it."),
            default(
                "expires_after",
                Kind::Either(&[Kind::Period, Kind::Word("never")]),
                "\"never\"",
                "Validity from the instant the credits land.",
            ),
            default("priority", Kind::INTEGER, "0", "Burn priority, lower first."),
        ],
        SCOPE,
        DATES,
    ],
};

/// Reads `packages`; names must differ, but for those that carry dates.
pub(super) fn packages(item: Item<'_>, names: ScopeNames<'_>) -> Option<Vec<Package>> {
    let packages = item.list(|item| package(item, names))?;
    for (index, package) in packages.iter().enumerate() {
        let same = packages[..index].iter().any(|other| other.name == package.name);
        if same && package.when.is_always() {
            let hint = Some("give each its own name, or the later one dates".to_owned());
            item.error::<()>(format!("has two packages named \"{}\"", package.name), hint);
        }
    }
    Some(packages)
}

fn package(item: Item<'_>, names: ScopeNames<'_>) -> Option<Package> {
    let section = item.section(&PACKAGE)?;
    Some(Package {
        name: section.value("name", Item::text),
        credits: section.value("credits", Item::credits),
        price: section.read("price", Item::money),
        expires: section.read_or("expires_after", Expiry::Never, validity),
        priority: section.value("priority", Item::whole),
        when: in_force(section),
        scope: scope(section, names),
    })
}
