//! The terms of one plan.

use crate::calendar::{MonthEnd, Period};
use crate::policy::{
    Anchor, BilledTo, Boundary, CycleRule, Expiry, FeatureTerms, GrantSpec, LotsOnLeave, Opening, Overdraft,
    Package, Recognition, Repay, SeatTerms, Terms, TopUpAmount, TopUpRule, WrittenKeys,
};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Field, Item, Kind, Node, Section, TableShape, TomlTable, TomlValue, default, merge, optional, words,
    words_of,
};
use crate::units::{Money, SimSpan};

use super::commerce::{self, PACKAGE, ROUND_KIND, RoundPer, SUBSCRIPTION_KIND};
use super::customers::{self, BUYER_KIND};
use super::grants::{self, ALLOWANCE_KIND, BURN_KEY_KIND, CYCLE_KIND, GRANT, ROLLOVER_KIND};
use super::limits::{self, LIMIT, RESET};
use super::owed::{self, INVOICES, OVERDRAFT_KIND, REFUND_ON};
use super::rates::{self, RATES_KIND};
use super::scopes::ScopeNames;
use super::top_ups::{self, ALERT, TOP_UP};
use super::{Names, admission, feature_of};

/// Commercial rules of a plan.
pub(super) static TERMS: &[Field] = &[
    optional(
        "allowance",
        ALLOWANCE_KIND,
        "Included credits of a period; a bare number is monthly from sign-up. None if left out.",
    ),
    default("rollover", ROLLOVER_KIND, "\"none\"", "What becomes of the allowance's rest at a close."),
    optional(
        "subscription",
        SUBSCRIPTION_KIND,
        "The plan's price; a bare amount is monthly. Free if left out.",
    ),
    optional("cycle", CYCLE_KIND, "Billing cycles without an allowance; calendar months if left out."),
    optional(
        "grants",
        Kind::List(&Kind::Table(&GRANT)),
        "Grants to every organization under these terms, such as a free bundle.",
    ),
    default(
        "grants_on_change",
        Kind::Flag,
        "true",
        "Whether a change to this plan gives its own `grants`, once per organization and plan.",
    ),
    default(
        "burn_order",
        Kind::List(&BURN_KEY_KIND),
        "[\"priority\", \"scope\", \"burns\", \"expires_at\", \"category\", \"unit_price\", \"effective_at\", \"id\"]",
        "Which lots burn first; `id` always closes the list.",
    ),
    default(
        "expiry_boundary",
        Kind::Words(words_of::<Boundary>),
        "\"exclusive\"",
        "Whether a grant can still be used at its expiry instant.",
    ),
    default(
        "month_end",
        Kind::Words(words_of::<MonthEnd>),
        "\"clamp\"",
        "What a validity does with a day its month lacks; recurrence always clamps from its anchor.",
    ),
    optional(
        "rates",
        RATES_KIND,
        "What operations cost, where it is not as their features say: a number, or a formula over the feature's quantities, \
         `cost` (what the feature says; in a run, of the step), `duration` (seconds) and `turn`. A list of cards has dates, \
         hours and sign-ups.",
    ),
    default("round", ROUND_KIND, "\"none\"", "Rounding of charges, such as `{ up = 1 }`."),
    default(
        "round_per",
        Kind::Words(words_of::<RoundPer>),
        "\"operation\"",
        "Whether an operation's sum so far is rounded, or each charge on its own.",
    ),
    default("overdraft", OVERDRAFT_KIND, "0", "Permission to be in debt."),
    optional(
        "debt_counts",
        Kind::Flag,
        "Whether debt lowers the views; false under `repay = \"never\"`, else true.",
    ),
    default(
        "patience",
        Kind::SPANS,
        "\"24 h\"",
        "Longest wait in the queue, or for credits, before an operation is lost.",
    ),
    default(
        "queue_max",
        Kind::COUNT,
        "1000",
        "Longest queue of an organization; an operation beyond it is lost.",
    ),
    default(
        "resume",
        Kind::SPANS,
        "\"0s\"",
        "Distance between the restarts of what waits for credits or its turn; each is checked as it starts.",
    ),
    default(
        "refund_valid",
        Kind::Either(&[Kind::Period, Kind::Word("never")]),
        "\"30 days\"",
        "Validity of credits given back for a charge whose grant has ended meanwhile.",
    ),
    optional(
        "max_in_flight",
        Kind::Either(&[Kind::POSITIVE_COUNT, Kind::Word("unlimited")]),
        "Most operations in flight per organization; unlimited if left out.",
    ),
    default(
        "at_max_in_flight",
        admission::WHEN_SHORT,
        "\"reject\"",
        "What meets an operation above `max_in_flight`.",
    ),
    optional("packages", Kind::List(&Kind::Table(&PACKAGE)), "What can be bought."),
    optional("top_up", Kind::Either(&[Kind::Word("none"), Kind::Table(&TOP_UP)]), "An automatic top-up."),
    optional("top_ups", Kind::List(&Kind::Table(&TOP_UP)), "Several automatic top-ups."),
    optional("alerts", Kind::List(&Kind::Table(&ALERT)), "Alerts."),
    default("metering_lag", Kind::SPANS, "\"0s\"", "Time between a charge being incurred and recorded."),
    default(
        "billed_to",
        Kind::Words(words_of::<BilledToWord>),
        "\"recorded\"",
        "Which lots a charge burns after its metering lag: those usable as it is recorded, or those that were usable when it was \
         incurred, what has expired of them since included.",
    ),
    default(
        "late_grace",
        Kind::SPAN,
        "\"3 days\"",
        "A charge that is recorded later than this burns the lots of then, whatever `billed_to` says.",
    ),
    optional("buyer", BUYER_KIND, "People who buy, in the place of the cohort's."),
    default(
        "seats",
        Kind::Words(words_of::<SeatsWord>),
        "\"next-issue\"",
        "When credits and prices follow members who come and go: at the next issue and bill, or `at-once`, for the rest of the period.",
    ),
    default(
        "on_leave",
        Kind::Words(words_of::<LotsOnLeave>),
        "\"expire\"",
        "What becomes of a member's own lots (`per = \"member\"`) as it leaves: they `expire`, become everybody's (`pool`), or sleep \
         until it returns (`keep`).",
    ),
    optional(
        "limits",
        Kind::List(&Kind::Table(&LIMIT)),
        "Meters beside the balance, all of which must have room before an operation starts.",
    ),
    optional("resets", Kind::List(&Kind::Table(&RESET)), "When limits begin anew before their windows end."),
    optional("invoices", Kind::Table(&INVOICES), "How invoices of overage are paid; at once if left out."),
    optional(
        "refund_on",
        Kind::Table(&REFUND_ON),
        "When purchased credits that are left are voided and paid back; never if left out.",
    ),
    default(
        "recognition",
        Kind::Words(words_of::<Recognition>),
        "\"on-use\"",
        "When what was paid in advance is earned: as credits are used or expire, or evenly over time (`ratable`: a package over its \
         validity, a subscription over its period). Ratable credits need an end.",
    ),
    optional(
        "features",
        Kind::Map("feature", &Kind::Table(&admission::FEATURE_RULES)),
        "Rules that differ for a feature.",
    ),
];

/// Reads the terms of the plan `name`.
pub(super) fn read(name: &str, section: Section<'_>, names: Names<'_>) -> Terms {
    let features = names.features;
    let own = ScopeNames { features, groups: names.groups };
    let rollover = section.read("rollover", grants::rollover).unwrap_or_else(grants::no_rollover);
    let allowance = section.read("allowance", |item| grants::allowance(item, rollover.clone(), own));
    let (allowance, allowance_cycle) = allowance.map_or((None, None), |terms| (terms.allowance, terms.cycle));
    let per = section.value("round_per", Item::word::<RoundPer>);
    let overdraft = section.read("overdraft", |item| owed::overdraft(item, allowance.is_some()));
    let overdraft = overdraft.unwrap_or_else(Overdraft::none);
    let debt_counts = section.read_or("debt_counts", overdraft.repay != Repay::Never, Item::flag);
    let packages = section.value("packages", |item| commerce::packages(item, own));
    let alerts = section.value("alerts", top_ups::alerts);
    let top_ups = top_ups(section, &packages, allowance.is_some());
    always_on_sale(section, &top_ups, &packages);
    let grants = section.value("grants", |item| grants::grants(item, own));
    let recognition = section.value("recognition", Item::word);
    earned_by_an_end(section, recognition, (&packages, &grants));
    let limits = section.value("limits", |item| limits::limits(item, names, overdraft.price_per_credit));
    Terms {
        plan: name.to_owned(),
        allowance,
        subscription: section.read("subscription", commerce::subscription).flatten(),
        cycle: cycle(section, allowance_cycle),
        grants,
        own_grants: false,
        grants_on_change: section.read_or("grants_on_change", true, Item::flag),
        burn_order: section.value("burn_order", grants::burn_order),
        expiry_boundary: section.value("expiry_boundary", Item::word),
        month_end: section.value("month_end", Item::word),
        rounding: section.read("round", |item| commerce::rounding(item, per)).flatten(),
        rates: section.value("rates", |item| rates::rates(item, features, names.rates)),
        features: feature_rules(section, features),
        overdraft,
        patience: section.read_or("patience", Dist::Fixed(86_400.0), distribution::read),
        queue_max: section.read_or("queue_max", 1000, Item::count),
        resume: section.read_or("resume", Dist::Fixed(0.0), distribution::read),
        written: WrittenKeys {
            queue_max: section.has("queue_max"),
            patience: section.has("patience"),
            resume: section.has("resume"),
        },
        refund_valid: section.read_or("refund_valid", Expiry::After(Period::Days(30)), grants::validity),
        max_in_flight: section.read("max_in_flight", admission::max_in_flight).flatten(),
        at_max_in_flight: section.value("at_max_in_flight", |item| admission::when_short(item, features)),
        top_ups,
        packages,
        alerts: alerts.thresholds,
        alert_would_exceed: alerts.would_exceed,
        metering_lag: section.read_or("metering_lag", Dist::Fixed(0.0), distribution::read),
        billed_to: billed_to(section),
        buyer: section.read("buyer", |item| {
            customers::buyer(item).map(|buyer| buyer.unwrap_or_else(customers::nobody))
        }),
        resets: section.value("resets", |item| limits::resets(item, &limits)),
        limits,
        refund_on: section.value("refund_on", owed::refund_on),
        recognition,
        invoices: section.read("invoices", owed::invoices).unwrap_or_else(owed::paid_at_once),
        debt_counts,
        seats: SeatTerms {
            at_once: section.value("seats", Item::word::<SeatsWord>) == SeatsWord::AtOnce,
            on_leave: section.value("on_leave", Item::word),
        },
    }
}

/// `seats = …`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum SeatsWord {
    #[default]
    NextIssue,
    AtOnce,
}
words!(SeatsWord { "next-issue" => NextIssue, "at-once" => AtOnce });
words!(LotsOnLeave { "expire" => Expire, "pool" => Pool, "keep" => Keep });

/// What is earned evenly over the life of credits needs an end of it.
fn earned_by_an_end(
    section: Section<'_>,
    recognition: Recognition,
    (packages, grants): (&[Package], &[GrantSpec]),
) {
    if recognition != Recognition::Ratable {
        return;
    }
    let paid = |price: Option<Money>| price.is_some_and(|price| price != Money::ZERO);
    for package in packages {
        if package.expires == Expiry::Never && paid(package.price) {
            let name = &package.name;
            let hint =
                format!("write `expires_after = \"12 months\"` for `{name}`, or leave `recognition` out");
            section.error(
                "recognition",
                format!("spreads the price of `{name}`, which never expires"),
                Some(&hint),
            );
        }
    }
    if grants.iter().any(|grant| grant.expires == Expiry::Never && paid(Some(grant.price))) {
        let hint = "write `expires_at` or `expires_after` in `grants`, or leave `recognition` out";
        section.error("recognition", "spreads the price of a grant that never expires", Some(hint));
    }
}

/// `billed_to = …`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum BilledToWord {
    #[default]
    Recorded,
    Incurred,
}
words!(BilledToWord { "recorded" => Recorded, "incurred" => Incurred });

fn billed_to(section: Section<'_>) -> BilledTo {
    let grace = section.read_or("late_grace", SimSpan::from_seconds(3 * 86_400), Item::span);
    match section.value("billed_to", Item::word) {
        BilledToWord::Recorded => BilledTo::Recorded,
        BilledToWord::Incurred => BilledTo::Incurred(grace),
    }
}

/// The allowance's cycle, else `cycle`, else calendar months.
fn cycle(section: Section<'_>, of_allowance: Option<CycleRule>) -> CycleRule {
    let own = section.read("cycle", grants::cycle);
    if of_allowance.is_some() && own.is_some() {
        let hint = "write `every` and `anchor` in the allowance, and leave `cycle` out";
        section.error("cycle", "stands beside an allowance, whose period is the cycle", Some(hint));
    }
    let calendar = CycleRule {
        every: Period::Months(1),
        anchor: Anchor::CalendarMonth,
        opening: Opening::Full,
        written: false,
    };
    of_allowance.or(own).unwrap_or(calendar)
}

/// An automatic top-up buys whenever it fires.
fn always_on_sale(section: Section<'_>, rules: &[TopUpRule], packages: &[Package]) {
    for rule in rules {
        let (TopUpAmount::Package(index)
        | TopUpAmount::MultipleUntilAbove(index)
        | TopUpAmount::UpTo { package: index, .. }) = rule.amount;
        let Some(name) = packages.get(index).map(|package| &package.name) else { continue };
        if !packages.iter().any(|package| package.name == *name && package.when.is_always()) {
            let key = if section.has("top_up") { "top_up" } else { "top_ups" };
            let hint = format!("write a `{name}` without dates before those that carry some");
            section.error(key, format!("buys `{name}`, which is not always on sale"), Some(&hint));
        }
    }
}

fn top_ups(section: Section<'_>, packages: &[Package], has_allowance: bool) -> Vec<TopUpRule> {
    if section.has("top_up") && section.has("top_ups") {
        section.error(
            "top_up",
            "stands beside `top_ups`",
            Some("write all rules in `top_ups`, or one in `top_up`"),
        );
    }
    let one = |item: Item<'_>| {
        if item.is_word("none") {
            Some(Vec::new())
        } else {
            top_ups::top_up(item, packages, has_allowance).map(|rule| vec![rule])
        }
    };
    let mut rules = section.value("top_up", one);
    rules.extend(
        section.value("top_ups", |item| item.list(|item| top_ups::top_up(item, packages, has_allowance))),
    );
    rules
}

/// The rules of every feature in file order: the plan's, with the feature's own over them.
fn feature_rules(section: Section<'_>, features: &[String]) -> Vec<FeatureTerms> {
    let reader = section.reader();
    let plan = section.item().node;
    let general = Node { value: TomlValue::Table(general_rules(plan)), place: plan.place.clone() };
    let written = section.get("features").and_then(Item::entries).unwrap_or_default();
    for (name, item) in &written {
        feature_of(name, *item, features);
    }
    let read = |node: &Node| {
        let shape: &'static TableShape = &admission::FEATURE_RULES;
        reader.item(node).section(shape).map(|section| admission::feature_terms(section, features))
    };
    let of_feature = |feature: &String| match written.iter().find(|(name, _)| name == feature) {
        Some((_, own)) if own.is_table() => read(&merge(&general, own.node, &admission::FEATURE_RULES)),
        Some((_, own)) => own.fail("a table of rules"),
        None => read(&general),
    };
    features.iter().filter_map(of_feature).collect()
}

fn general_rules(plan: &Node) -> TomlTable {
    let entries = plan.as_table().map(|table| table.entries.as_slice()).unwrap_or_default();
    let is_rule = |name: &str| admission::RULES.iter().any(|field| field.name == name);
    TomlTable { entries: entries.iter().filter(|(name, _)| is_rule(name)).cloned().collect() }
}
