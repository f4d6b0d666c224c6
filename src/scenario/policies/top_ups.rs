//! What happens by itself when a balance is low: automatic top-ups and alerts.

use crate::calendar::CalendarUnit;
use crate::policy::{
    Alert, AlertLevel, AlertThreshold, CapLimit, Compare, LotOwner, Package, Reevaluation, TopUpAmount,
    TopUpCap, TopUpRule, TopUpThreshold, View,
};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Item, Kind, NumberRange, Section, TableShape, default, optional, required, words, words_of,
};
use crate::units::{Credits, Probability};

/// An automatic top-up.
pub(super) static TOP_UP: TableShape = TableShape {
    name: "top-up",
    doc: "Buys a package by itself when the balance is low. Without cooldown, cap and `count_pending` it can loop.",
    tags: &[],
    parts: &[&[
        required(
            "threshold",
            Kind::Either(&[Kind::CREDITS, Kind::Percentage(NumberRange::FROM_ZERO)]),
            "Fires when the view is low: credits, or a percentage of the running period's allowance.",
        ),
        default(
            "compare",
            Kind::Words(words_of::<Compare>),
            "\"below\"",
            "Strictly below or at the threshold.",
        ),
        default("view", Kind::Words(words_of::<View>), "\"available\"", "The balance it reads."),
        default(
            "per",
            Kind::Words(words_of::<LotOwner>),
            "\"organization\"",
            "Whose balances it looks at and whose lot it buys: the organization's, or each member's, project's or group's by itself.",
        ),
        default(
            "armed",
            Kind::Words(words_of::<Armed>),
            "\"level\"",
            "Whether it fires as long as the view is low, or only after the view has been on the high side.",
        ),
        default(
            "adopted",
            Kind::Probability,
            "1.0",
            "Share of the organizations that have switched it on, alike under every policy.",
        ),
        optional(
            "package",
            Kind::Name("package"),
            "What is bought; may be left out if the plan has one package.",
        ),
        default(
            "amount",
            Kind::Either(&[Kind::Words(words_of::<PurchaseAmountWord>), Kind::Table(&UP_TO)]),
            "\"package\"",
            "One package, whole packages until the view lies above the threshold (`multiple`), or up to a target.",
        ),
        default("count_pending", Kind::Flag, "true", "Whether purchases under way count as landed."),
        default("cooldown", Kind::SPAN, "\"0s\"", "Least time between two purchases."),
        optional("cap", Kind::Table(&TOP_UP_CAP), "A cap per calendar period."),
        optional("caps", Kind::List(&Kind::Table(&TOP_UP_CAP)), "Several caps."),
        default("processing", Kind::SPANS, "\"0s\"", "Time between payment and usable credits."),
        default("declined", Kind::Probability, "0.0", "Probability that a payment is declined."),
        default("backoff", Kind::SPAN, "\"0s\"", "Pause after a decline."),
        optional(
            "disable_after",
            Kind::POSITIVE_COUNT,
            "Declines in a row after which the rule stops for good; never if left out.",
        ),
        default(
            "reevaluate",
            Kind::Words(words_of::<Reevaluation>),
            "\"always\"",
            "When the rule is looked at besides each change of the view: when a cooldown, back-off or cap period ends \
             (`always`), never (`on-change`), or before each check of an attempt (`on-check`).",
        ),
        default(
            "ceiling",
            Kind::Whole(1, 1_000_000),
            "1000",
            "Purchases per account and day at which a runaway rule stops.",
        ),
    ]],
};

static UP_TO: TableShape = TableShape {
    name: "up-to",
    doc: "Buys what is missing to a target, at the package's unit price.",
    tags: &[],
    parts: &[&[required("up_to", Kind::CREDITS, "The view to reach.")]],
};

static TOP_UP_CAP: TableShape = TableShape {
    name: "cap",
    doc: "A cap on automatic top-ups.",
    tags: &[
        optional("count", Kind::COUNT, "Number of purchases."),
        optional("money", Kind::Money, "Sum of prices."),
    ],
    parts: &[&[
        required("per", Kind::Words(words_of::<CalendarUnit>), "The calendar period."),
        default(
            "each",
            Kind::Words(words_of::<LotOwner>),
            "\"organization\"",
            "Whose purchases it counts together: all of the organization's, or those of each member, project or group by itself.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy)]
enum PurchaseAmountWord {
    Package,
    Multiple,
}
words!(PurchaseAmountWord { "package" => Package, "multiple" => Multiple });

words!(Reevaluation { "always" => Always, "on-change" => OnChange, "on-check" => OnCheck });

#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Armed {
    #[default]
    Level,
    Crossing,
}
words!(Armed { "level" => Level, "crossing" => Crossing });

/// Reads one automatic top-up; `packages` are the plan's, which has an allowance or not.
pub(super) fn top_up(item: Item<'_>, packages: &[Package], has_allowance: bool) -> Option<TopUpRule> {
    let section = item.section(&TOP_UP)?;
    let package = top_up_package(section, packages);
    let mut caps = section.value("caps", |item| item.list(top_up_cap));
    caps.extend(section.read("cap", top_up_cap));
    let rule = TopUpRule {
        threshold: section
            .read("threshold", |item| top_up_threshold(item, has_allowance))
            .unwrap_or(TopUpThreshold::Credits(Credits::ZERO)),
        compare: section.value("compare", Item::word),
        view: section.value("view", Item::word),
        per: section.value("per", Item::word),
        amount: section.read("amount", |item| top_up_amount(item, package.unwrap_or_default()))?,
        count_pending: section.read_or("count_pending", true, Item::flag),
        cooldown: section.value("cooldown", Item::span),
        caps,
        processing: section.read_or("processing", Dist::Fixed(0.0), distribution::read),
        declined: section.value("declined", Item::probability),
        backoff: section.value("backoff", Item::span),
        disable_after: section.read("disable_after", Item::count),
        adopted: section.read_or("adopted", Probability::ONE, Item::probability),
        crossing: section.value("armed", Item::word::<Armed>) == Armed::Crossing,
        looks: section.value("reevaluate", Item::word),
        ceiling: section.read_or("ceiling", 1000, Item::count),
    };
    no_ongoing_of_owners(section, rule.per, rule.view);
    if let (TopUpAmount::UpTo { target, .. }, TopUpThreshold::Credits(threshold)) =
        (rule.amount, rule.threshold)
        && target <= threshold
    {
        section.error(
            "amount",
            "tops up to no more than the threshold",
            Some("the target must lie above the threshold"),
        );
    }
    package.map(|_| rule)
}

/// Usage that is not recorded yet is the account's.
fn no_ongoing_of_owners(section: Section<'_>, per: LotOwner, view: View) {
    if per != LotOwner::Organization && view == View::Ongoing {
        let hint = "read `available` or `settled`; what is not recorded yet is nobody's in particular";
        section.error("view", "is a balance that single owners do not have", Some(hint));
    }
}

fn top_up_threshold(item: Item<'_>, has_allowance: bool) -> Option<TopUpThreshold> {
    match item.as_number() {
        Some(_) => item.credits().map(TopUpThreshold::Credits),
        None if has_allowance => item.share().map(TopUpThreshold::ShareOfAllowance),
        None => item.share().and_then(|_| {
            item.error(
                "is a share of an allowance that the plan lacks",
                Some("write a number of credits, or give the plan an `allowance`".to_owned()),
            )
        }),
    }
}

fn top_up_package(section: Section<'_>, packages: &[Package]) -> Option<usize> {
    let names = || packages.iter().map(|package| package.name.as_str());
    match section.get("package") {
        Some(item) => item.name_of("package of this plan", names()),
        None if packages.len() == 1 => Some(0),
        None => {
            let names: Vec<_> = names().collect();
            let hint = if names.is_empty() {
                "the plan has no packages; write `packages = [{ name = …, credits = … }]`".to_owned()
            } else {
                format!("say which package is bought: {}", names.join(", "))
            };
            section.error("package", "is missing", Some(&hint));
            None
        }
    }
}

fn top_up_amount(item: Item<'_>, package: usize) -> Option<TopUpAmount> {
    if item.is_table() {
        let target = item.section(&UP_TO)?.read("up_to", Item::credits)?;
        return Some(TopUpAmount::UpTo { target, package });
    }
    Some(match item.word::<PurchaseAmountWord>()? {
        PurchaseAmountWord::Package => TopUpAmount::Package(package),
        PurchaseAmountWord::Multiple => TopUpAmount::MultipleUntilAbove(package),
    })
}

fn top_up_cap(item: Item<'_>) -> Option<TopUpCap> {
    let section = item.section(&TOP_UP_CAP)?;
    let limit = match section.tag()? {
        ("count", value) => CapLimit::Count(value.count()?),
        ("money", value) => CapLimit::Money(value.money()?),
        (tag, _) => return section.unread_tag(tag),
    };
    Some(TopUpCap { limit, per: section.read("per", Item::word)?, each: section.value("each", Item::word) })
}

/// An alert.
pub(super) static ALERT: TableShape = TableShape {
    name: "alert",
    doc: "Fires once per downward crossing and re-arms on the way up.",
    tags: &[
        optional("below", ALERT_THRESHOLD, "Fires when the view falls below this."),
        optional("at_or_below", ALERT_THRESHOLD, "Fires when the view falls to this or below."),
        optional("would_exceed", Kind::Flag, "Fires when an operation would exceed the view."),
    ],
    parts: &[&[
        default("level", Kind::Words(words_of::<AlertLevel>), "\"warning\"", "How loud."),
        default(
            "per",
            Kind::Words(words_of::<LotOwner>),
            "\"organization\"",
            "Whose balance: the organization's, or that of each member, project or group in lots of its own.",
        ),
        default("view", Kind::Words(words_of::<View>), "\"available\"", "The balance it reads."),
    ]],
};

/// Credits, or a percentage of what was usable right after the last close and of all issued since.
const ALERT_THRESHOLD: Kind = Kind::Either(&[Kind::CREDITS, Kind::Percentage(NumberRange::FROM_ZERO)]);

/// What `alerts` says: thresholds, and whether `would_exceed` is among them.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    /// Thresholds in file order.
    pub thresholds: Vec<Alert>,
    /// Whether an operation that would exceed the view alerts.
    pub would_exceed: bool,
}

/// Reads `alerts`.
pub(super) fn alerts(item: Item<'_>) -> Option<Alerts> {
    let mut alerts = Alerts::default();
    for item in item.items()? {
        let Some(section) = item.section(&ALERT) else { continue };
        let (level, view) = (section.value("level", Item::word), section.value("view", Item::word));
        let per = section.value("per", Item::word);
        no_ongoing_of_owners(section, per, view);
        let compare = match section.tag() {
            Some(("would_exceed", value)) => {
                if per != LotOwner::Organization {
                    let hint = "leave it out: each operation is compared with what it may burn";
                    section.error("per", "stands beside `would_exceed`", Some(hint));
                }
                alerts.would_exceed |= value.flag().unwrap_or_default();
                continue;
            }
            Some(("below", value)) => (Compare::Below, value),
            Some(("at_or_below", value)) => (Compare::AtOrBelow, value),
            Some((tag, _)) => {
                section.unread_tag::<()>(tag);
                continue;
            }
            None => continue,
        };
        if let Some(threshold) = alert_threshold(compare.1) {
            alerts.thresholds.push(Alert { threshold, compare: compare.0, view, per, level });
        }
    }
    Some(alerts)
}

fn alert_threshold(item: Item<'_>) -> Option<AlertThreshold> {
    match item.as_number() {
        Some(_) => item.credits().map(AlertThreshold::Credits),
        None => item.share().map(AlertThreshold::ShareOfIssued),
    }
}
