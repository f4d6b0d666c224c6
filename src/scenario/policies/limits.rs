//! Limits: meters beside the balance, in windows of time.

use crate::calendar::Period;
use crate::policy::{
    BankedResets, LimitOwner, LimitReset, LimitUnit, LimitWindow, OnLimit, RaiseBy, ResetTime, Terms,
    UsageLimit, WindowAnchor,
};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Item, Kind, NumberRange, Section, TableShape, default, optional, required, words, words_of,
};
use crate::units::{Credits, FeatureIndex, Money, Probability, SimSpan};

use super::limit_amounts::{AMOUNT_KIND, amount_of};
use super::scopes::groups_inside;
use super::{Names, feature_of, limit_asks, limit_covers, limit_units};

/// A limit.
pub(super) static LIMIT: TableShape = TableShape {
    name: "limit",
    doc: "A meter beside the balance. All limits must have room before an operation starts. Limits of later layers merge \
          with those of the same name, key by key.",
    tags: &[],
    parts: &[
        super::limit_units::UNIT,
        super::limit_covers::COVERS,
        &[
            required("name", Kind::Text, "Its name, unique in the policy."),
            optional(
                "amount",
                AMOUNT_KIND,
                "How much there is room for in a window: a number, a formula over the organization's `members` and `projects` \
             (\"500 * members\"), a distribution of which each organization draws once, or amounts that differ by member. \
             `\"none\"` is no limit. A bucket may say `burst` instead.",
            ),
            default(
                "per",
                Kind::Words(words_of::<LimitOwner>),
                "\"organization\"",
                "Who has a meter of their own; operations of nobody are in none of a member's or a group's.",
            ),
            optional(
                "features",
                Kind::List(&Kind::Name("feature")),
                "Features whose operations are inside it; all if left out.",
            ),
            optional(
                "groups",
                Kind::List(&Kind::Name("group")),
                "Groups of members whose operations are inside it; everybody's, and nobody's, if left out.",
            ),
            default(
                "window",
                Kind::Either(&[Kind::Word("life"), Kind::Table(&WINDOW)]),
                "\"life\"",
                "The stretch of time in which it counts.",
            ),
            default(
                "on_limit",
                ON_LIMIT_KIND,
                "\"reject\"",
                "What meets an operation for which there is no room; `allow` only counts and tells, `fallback` tries it as another \
             feature, `ask` has a person raise the amount.",
            ),
            optional(
                "alerts",
                Kind::List(&SHARE_OF_AMOUNT),
                "Shares of the amount at which people are told, once a window; all of it and more is critical.",
            ),
            optional(
                "chain",
                Kind::Text,
                "Of limits with one chain name only the first that has an amount for an operation is asked; the others count.",
            ),
            default(
                "adopted",
                Kind::Probability,
                "1.0",
                "Share of the organizations for which it is switched on, alike under every policy.",
            ),
            optional(
                "report",
                Kind::Words(words_of::<LimitReport>),
                "`windows` reports how many windows were exhausted and how much of them was left; `totals` does not. Left out, that \
             is reported for windows of the organization that `every` makes.",
            ),
            default("max", Kind::COUNT, "1000", "Longest queue of a meter; an operation beyond it is lost."),
            default(
                "patience",
                Kind::SPANS,
                "\"24 h\"",
                "Longest wait for room in the queue before an operation is lost; the policy's `patience` is for its own queue. The run \
                 says how many were lost by the default.",
            ),
            default(
                "remove",
                Kind::Flag,
                "false",
                "Removes the limit of this name that an earlier layer states.",
            ),
        ],
    ],
};

const ON_LIMIT_KIND: Kind =
    Kind::Either(&[Kind::Words(words_of::<OnLimit>), Kind::Table(&limit_asks::REACTION)]);

/// Another feature that serves an operation.
pub(super) static FALLBACK: TableShape = TableShape {
    name: "fallback",
    doc: "Another feature that serves an operation.",
    tags: &[],
    parts: &[&[required(
        "fallback",
        Kind::Name("feature"),
        "The operation is checked once more as this feature: its cost, its limits, its rules.",
    )]],
};

/// Limits that begin anew.
pub(super) static RESET: TableShape = TableShape {
    name: "limit-reset",
    doc: "Limits begin anew before their windows end.",
    tags: &[
        optional("at", Kind::List(&Kind::Instant), "At these instants, for everybody."),
        optional(
            "banked",
            Kind::Table(&BANKED),
            "Each owner keeps some and uses one, the oldest first, inside a refusal that it prevents.",
        ),
    ],
    parts: &[&[
        required("limits", Kind::List(&Kind::Name("limit")), "Which limits."),
        default(
            "window",
            Kind::Words(words_of::<ResetWindow>),
            "\"keep\"",
            "What becomes of a window that the first use has opened: it goes on, or the next use opens another.",
        ),
    ]],
};

static BANKED: TableShape = TableShape {
    name: "banked-resets",
    doc: "Resets that each owner of a limit keeps.",
    tags: &[],
    parts: &[&[
        required("number", Kind::POSITIVE_COUNT, "How many are given at the sign-up, and each time again."),
        optional("every", Kind::Period, "How often they are given, from the sign-up on; once if left out."),
        optional("expires_after", Kind::Period, "How long each can be used; for ever if left out."),
    ]],
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum ResetWindow {
    #[default]
    Keep,
    Restart,
}
words!(ResetWindow { "keep" => Keep, "restart" => Restart });

const SHARE_OF_AMOUNT: Kind = Kind::Percentage(NumberRange::above(0.0, 10.0));

static WINDOW: TableShape = TableShape {
    name: "limit-window",
    doc: "When a limit begins to count anew.",
    tags: &[
        optional(
            "every",
            Kind::Period,
            "Periods of this length, one after the other, the first instant included.",
        ),
        optional("first_use", Kind::POSITIVE_SPAN, "Opened by an operation that starts while none is open."),
        optional(
            "rolling",
            Kind::POSITIVE_SPAN,
            "What was counted in the last so much time, exactly so long ago excluded.",
        ),
        optional(
            "refill",
            Kind::Rate(NumberRange::ABOVE_ZERO),
            "A bucket of the amount that fills up evenly again.",
        ),
    ],
    parts: &[&[
        optional(
            "anchor",
            Kind::Either(&[Kind::Words(words_of::<WindowAnchorWord>), Kind::Instant]),
            "What `every` counts from: the calendar (midnights, Mondays, first days of months; default), the billing cycle, \
             the sign-up, an instant.",
        ),
        optional(
            "burst",
            Kind::POSITIVE_CREDITS,
            "With `refill`, what the bucket holds, in the place of `amount`.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LimitReport {
    Windows,
    Totals,
}
words!(LimitReport { "windows" => Windows, "totals" => Totals });
words!(LimitOwner {
    "organization" => Organization, "group" => Group, "member" => Member, "project" => Project
});
words!(OnLimit { "reject" => Reject, "queue" => Queue, "degrade" => Degrade, "allow" => Allow });

#[derive(Debug, Clone, Copy)]
enum WindowAnchorWord {
    Calendar,
    Cycle,
    SignUp,
}
words!(WindowAnchorWord { "calendar" => Calendar, "cycle" => Cycle, "sign-up" => SignUp });

/// Reads `limits`, in file order.
pub(super) fn limits(
    item: Item<'_>,
    names: Names<'_>,
    price_per_credit: Option<Money>,
) -> Option<Vec<UsageLimit>> {
    let read = item.list(|item| limit(item, names, price_per_credit))?;
    let mut limits: Vec<UsageLimit> = Vec::new();
    for limit in read.into_iter().flatten() {
        if limits.iter().any(|other| other.name == limit.name) {
            return item.error(format!("names two limits `{}`", limit.name), None);
        }
        limits.push(limit);
    }
    Some(limits)
}

/// Names of the limits of all plans, each once; the limits learn their places.
pub(super) fn name_limits(plans: &mut [Terms]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for limit in plans.iter_mut().flat_map(|terms| &mut terms.limits) {
        let place = names.iter().position(|name| *name == limit.name).unwrap_or(names.len());
        if place == names.len() {
            names.push(limit.name.clone());
        }
        limit.id = place as u16;
    }
    names
}

/// One limit; none inside if it is removed.
fn limit(item: Item<'_>, names: Names<'_>, price_per_credit: Option<Money>) -> Option<Option<UsageLimit>> {
    let (features, book) = (names.features, names.rates);
    let section = item.section(&LIMIT)?;
    let name = section.read("name", Item::text)?;
    if section.value("remove", Item::flag) {
        section.error("remove", "finds no limit of this name in an earlier layer", None);
        return None;
    }
    let inside = inside(section, features);
    let (unit, quantity) = limit_units::unit(section, (&inside, section.has("features")), features, book)?;
    let (covers, counts) = limit_covers::parts(section, unit);
    let (on_limit, ask) = section.value("on_limit", |item| limit_asks::on_limit(item, features));
    let (window, burst) = section.read("window", window)?;
    let per = section.value("per", Item::word);
    let amount = amount_of(section, burst, (unit, per), names)?;
    let mut alerts = section.value("alerts", |item| item.list(Item::share));
    alerts.sort_by(f64::total_cmp);
    alerts.dedup();
    limit_units::check_window(section, unit, window);
    limit_units::check_money(section, unit, window, price_per_credit);
    if let (LimitUnit::Money, Some(RaiseBy::Amount(_))) = (unit, ask.as_ref().map(|ask| ask.raise)) {
        section.error(
            "on_limit",
            "raises money by a number",
            Some("write a share of the amount, such as \"50%\""),
        );
    }
    let measured = |at: usize| quantity.as_ref().is_none_or(|of| of.measured_by[at].is_some());
    let features = inside.iter().enumerate().map(|(at, inside)| *inside && measured(at)).collect();
    Some(Some(UsageLimit {
        name,
        id: 0,
        amount,
        unit,
        // An organization that has not switched the overdraft on has lots all the same.
        list_price: section
            .read("list_price", Item::money)
            .or(price_per_credit.filter(|_| unit == LimitUnit::Money)),
        absorbs: limit_covers::absorbs(section, covers),
        covers,
        counts,
        per,
        quantity,
        features,
        groups: section.read("groups", |item| groups_inside(item, names.groups, "nothing is inside")),
        window,
        on_limit,
        ask,
        alerts,
        chain: section.read("chain", Item::text),
        adopted: section.read_or("adopted", Probability::ONE, Item::probability),
        reports_windows: reports_windows(section, (window, per)),
        queue_max: section.read_or("max", 1000, Item::count),
        patience: section.read_or("patience", Dist::Fixed(86_400.0), distribution::read),
        written: (section.has("max"), section.has("patience")),
    }))
}

/// The feature that serves an operation in the place of its own.
pub(super) fn fallback(item: Item<'_>, features: &[String]) -> Option<FeatureIndex> {
    let section = item.section(&FALLBACK)?;
    let feature = |item: Item<'_>| feature_of(&item.text()?, item, features);
    section.read("fallback", feature).map(|index| FeatureIndex(index as u16))
}

/// Whether it is reported what becomes of windows.
fn reports_windows(section: Section<'_>, (window, per): (LimitWindow, LimitOwner)) -> bool {
    match section.read("report", Item::word) {
        Some(LimitReport::Windows) if !window.has_ends() => {
            section.error(
                "report",
                "finds no windows that end",
                Some("write `every` or `first_use`, or leave it out"),
            );
            false
        }
        Some(report) => report == LimitReport::Windows,
        None => matches!(window, LimitWindow::Fixed { .. }) && per == LimitOwner::Organization,
    }
}

/// Reads `resets`, in file order.
pub(super) fn resets(item: Item<'_>, limits: &[UsageLimit]) -> Option<Vec<LimitReset>> {
    item.list(|item| reset(item, limits))
}

fn reset(item: Item<'_>, limits: &[UsageLimit]) -> Option<LimitReset> {
    let section = item.section(&RESET)?;
    let known = |item: Item<'_>| {
        let name = item.text()?;
        if limits.iter().any(|limit| limit.name == name) {
            return Some(name);
        }
        let names: Vec<String> = limits.iter().map(|limit| limit.name.clone()).collect();
        item.error(format!("names no limit: `{name}`"), Some(format!("limits here: {}", names.join(", "))))
    };
    let names = section.read("limits", |item| item.list(known))?;
    let written = section.get("limits").and_then(|item| item.list(|_| Some(())));
    if written.is_some_and(|written| written.is_empty()) {
        section.error("limits", "is empty", Some("name the limits that begin anew"));
    }
    let (tag, value) = section.tag()?;
    let when = match tag {
        "at" => ResetTime::At(value.list(Item::instant)?),
        "banked" => ResetTime::Banked(banked(value)?),
        tag => return section.unread_tag(tag),
    };
    let restart = section.value("window", Item::word::<ResetWindow>) == ResetWindow::Restart;
    Some(LimitReset { limits: names, when, restart })
}

fn banked(item: Item<'_>) -> Option<BankedResets> {
    let section = item.section(&BANKED)?;
    Some(BankedResets {
        number: section.read("number", Item::count)?,
        every: section.read("every", positive),
        expires_after: section.read("expires_after", positive),
    })
}

/// Whether the operations of each feature are inside.
fn inside(section: Section<'_>, features: &[String]) -> Vec<bool> {
    let Some(items) = section.get("features").and_then(Item::items) else {
        return vec![true; features.len()];
    };
    let mut inside = vec![false; features.len()];
    for item in items {
        if let Some(index) = item.text().and_then(|name| feature_of(&name, item, features)) {
            inside[index] = true;
        }
    }
    inside
}

/// A window, and what a bucket holds if it says so.
fn window(item: Item<'_>) -> Option<(LimitWindow, Option<Credits>)> {
    if !item.is_table() {
        return Some((LimitWindow::Life, None));
    }
    let section = item.section(&WINDOW)?;
    let (tag, value) = section.tag()?;
    let window = match tag {
        "every" => LimitWindow::Fixed { every: positive(value)?, anchor: anchor(section)? },
        "first_use" => LimitWindow::FirstUse(value.span()?),
        "rolling" => LimitWindow::Rolling(value.span()?),
        "refill" => refill(value.rate()?),
        tag => return section.unread_tag(tag),
    };
    if tag != "every" && section.has("anchor") {
        section.error("anchor", format!("has no meaning beside `{tag}`"), Some("leave it out"));
    }
    let burst = section.read("burst", Item::credits);
    if tag != "refill" && section.has("burst") {
        section.error("burst", format!("has no meaning beside `{tag}`"), Some("write `amount`"));
    }
    Some((window, burst))
}

fn positive(item: Item<'_>) -> Option<Period> {
    let period = item.period()?;
    if period.about() > SimSpan::ZERO { Some(period) } else { item.fail("a period above 0") }
}

fn anchor(section: Section<'_>) -> Option<WindowAnchor> {
    let Some(item) = section.get("anchor") else { return Some(WindowAnchor::Calendar) };
    if item.as_text().is_none_or(|text| text.starts_with(|first: char| first.is_ascii_digit())) {
        return item.instant().map(WindowAnchor::At);
    }
    Some(match item.word::<WindowAnchorWord>()? {
        WindowAnchorWord::Calendar => WindowAnchor::Calendar,
        WindowAnchorWord::Cycle => WindowAnchor::Cycle,
        WindowAnchorWord::SignUp => WindowAnchor::SignUp,
    })
}

/// A rate per second as an amount in a span: exact for so many a second, hour, day, month of 30 or year of 365 days.
fn refill(per_second: f64) -> LimitWindow {
    /// Least span that both months and years divide.
    const MONTHS_AND_YEARS: i64 = 30 * 365;
    let days = if per_second < 1_000.0 { MONTHS_AND_YEARS } else { 1 };
    let per = SimSpan::from_micros(SimSpan::DAY.micros() * days);
    LimitWindow::Refill { amount: Credits::from_f64(per_second * 86_400.0 * days as f64), per }
}
