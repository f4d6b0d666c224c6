//! How customers buy and react.

use crate::calendar::CalendarUnit;
use crate::policy::{AfterPurchase, Budget, Buyer, Churn, PackageChoice, Reactions, Retry, Substitute};
use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Item, Kind, Section, TableShape, default, optional, required, words, words_of,
};
use crate::units::{FeatureIndex, Probability, SimSpan};

/// `buyer = …`.
pub(crate) const BUYER_KIND: Kind = Kind::Either(&[Kind::Word("none"), Kind::Table(&BUYER)]);

/// People who buy.
pub(crate) static BUYER: TableShape = TableShape {
    name: "buyer",
    doc: "People who buy packages; at most one purchase is under way per account, later triggers join it.",
    tags: &[],
    parts: &[&[
        default(
            "on_refusal",
            Kind::Probability,
            "0.0",
            "Probability of buying after a refusal for lack of credits.",
        ),
        default(
            "on_warning",
            Kind::Probability,
            "0.0",
            "Probability of buying after an alert, `would_exceed` included.",
        ),
        default("on_zero", Kind::Probability, "0.0", "Probability of buying when the balance reaches zero."),
        default(
            "on_wait",
            Kind::Probability,
            "0.0",
            "Probability of buying when an operation begins to wait for credits: in the queue, or to retry.",
        ),
        default(
            "on_degraded",
            Kind::Probability,
            "0.0",
            "Probability of buying after an operation is degraded for lack of credits.",
        ),
        optional(
            "while_short",
            Kind::POSITIVE_SPAN,
            "Asked again each such span, with the probability of the last refusal, wait or degrading, while the account \
             still refuses that operation; once if left out.",
        ),
        optional("every", Kind::POSITIVE_SPAN, "Buys regularly, this often."),
        default("human_delay", Kind::SPANS, "\"0s\"", "Time until a person acts."),
        default(
            "ask_delay",
            Kind::SPANS,
            "\"0s\"",
            "Extra time when the member who noticed cannot buy and must ask a billing member.",
        ),
        default(
            "choice",
            Kind::Either(&[Kind::Words(words_of::<ChoiceWord>), Kind::Table(&CHOICE)]),
            "\"smallest-that-covers\"",
            "Which package; a name the plan lacks falls back to the smallest that covers.",
        ),
        default("processing", Kind::SPANS, "\"0s\"", "Time between payment and usable credits."),
        default("declined", Kind::Probability, "0.0", "Probability that a payment is declined."),
        default(
            "after_purchase",
            Kind::Words(words_of::<AfterPurchase>),
            "\"resume\"",
            "Whether the refused operation waits for the credits, or is lost.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy)]
enum ChoiceWord {
    Smallest,
    Cheapest,
}
words!(ChoiceWord { "smallest-that-covers" => Smallest, "cheapest-per-credit" => Cheapest });

static CHOICE: TableShape = TableShape {
    name: "choice",
    doc: "Packages by name.",
    tags: &[
        optional("fixed", Kind::Name("package"), "Always this package."),
        optional("weighted", Kind::Map("package", &Kind::NUMBER_FROM_ZERO), "Packages by weight."),
    ],
    parts: &[],
};

/// Reads `buyer`; `none` is nobody.
pub(crate) fn buyer(item: Item<'_>) -> Option<Option<Buyer>> {
    if item.is_word("none") {
        return Some(None);
    }
    let section = item.section(&BUYER)?;
    let span = |name| section.read_or(name, Dist::Fixed(0.0), distribution::read);
    Some(Some(Buyer {
        on_refusal: section.value("on_refusal", Item::probability),
        on_warning: section.value("on_warning", Item::probability),
        on_zero: section.value("on_zero", Item::probability),
        on_wait: section.value("on_wait", Item::probability),
        on_degraded: section.value("on_degraded", Item::probability),
        while_short: section.read("while_short", Item::span),
        every: section.read("every", Item::span),
        human_delay: span("human_delay"),
        ask_delay: span("ask_delay"),
        choice: section.value("choice", choice),
        processing: span("processing"),
        declined: section.value("declined", Item::probability),
        after_purchase: section.value("after_purchase", Item::word),
    }))
}

/// A buyer who never buys: what `buyer = "none"` in a policy puts in the place of the cohort's.
pub(crate) fn nobody() -> Buyer {
    Buyer {
        on_refusal: Probability::ZERO,
        on_warning: Probability::ZERO,
        on_zero: Probability::ZERO,
        on_wait: Probability::ZERO,
        on_degraded: Probability::ZERO,
        while_short: None,
        every: None,
        human_delay: Dist::Fixed(0.0),
        ask_delay: Dist::Fixed(0.0),
        choice: PackageChoice::default(),
        processing: Dist::Fixed(0.0),
        declined: Probability::ZERO,
        after_purchase: AfterPurchase::default(),
    }
}

fn choice(item: Item<'_>) -> Option<PackageChoice> {
    if !item.is_table() {
        return Some(match item.word::<ChoiceWord>()? {
            ChoiceWord::Smallest => PackageChoice::SmallestThatCovers,
            ChoiceWord::Cheapest => PackageChoice::CheapestPerCredit,
        });
    }
    match item.section(&CHOICE)?.tag()? {
        ("fixed", value) => value.text().map(PackageChoice::Fixed),
        ("weighted", value) => weights(value).map(PackageChoice::Weighted),
        (tag, _) => item.section(&CHOICE)?.unread_tag(tag),
    }
}

/// Names and weights; weights are not negative and not all zero.
pub(crate) fn weights(item: Item<'_>) -> Option<Vec<(String, f64)>> {
    let entries = item.entries()?;
    let weights: Vec<_> = entries
        .into_iter()
        .filter_map(|(name, item)| item.number().map(|weight| (name.to_owned(), weight)))
        .collect();
    if weights.iter().any(|(_, weight)| *weight > 0.0) {
        Some(weights)
    } else {
        item.fail("at least one weight above 0")
    }
}

/// Reactions to a refusal.
pub(crate) static REACTIONS: TableShape = TableShape {
    name: "reactions",
    doc: "What follows a refusal when nobody buys: one of these by probability, else the operation is abandoned.",
    tags: &[],
    parts: &[&[
        optional("retry", Kind::Table(&RETRY), "Try again later."),
        default("wait", Kind::Probability, "0.0", "Probability of waiting until credits arrive."),
        optional("substitute", Kind::Table(&SUBSTITUTE), "Try another feature instead."),
    ]],
};

static RETRY: TableShape = TableShape {
    name: "retry",
    doc: "Trying again later.",
    tags: &[],
    parts: &[&[
        default("probability", Kind::Probability, "1.0", "Probability after each refusal."),
        default("delay", Kind::SPANS, "\"1 min\"", "Time until the next attempt."),
        default("attempts", Kind::Whole(1, 1_000_000), "3", "Most attempts in all, the first included."),
    ]],
};

static SUBSTITUTE: TableShape = TableShape {
    name: "substitute",
    doc: "Trying another feature.",
    tags: &[],
    parts: &[&[
        default("probability", Kind::Probability, "1.0", "Probability after a refusal."),
        required("pairs", Kind::Map("feature", &Kind::Name("feature")), "Refused feature = its substitute."),
    ]],
};

/// Reads `reactions`.
pub(crate) fn reactions(item: Item<'_>, features: &[String]) -> Option<Reactions> {
    let section = item.section(&REACTIONS)?;
    let reactions = Reactions {
        retry: section.read("retry", retry),
        wait: section.value("wait", Item::probability),
        substitute: section.read("substitute", |item| substitute(item, features)),
    };
    let probabilities = [
        reactions.retry.as_ref().map_or(0.0, |retry| retry.probability.get()),
        reactions.wait.get(),
        reactions.substitute.as_ref().map_or(0.0, |substitute| substitute.probability.get()),
    ];
    if probabilities.iter().sum::<f64>() > 1.0 + 1e-9 {
        item.error::<()>(
            "has probabilities that sum to more than 1",
            Some("one reaction is drawn per refusal".to_owned()),
        );
    }
    Some(reactions)
}

fn retry(item: Item<'_>) -> Option<Retry> {
    let section = item.section(&RETRY)?;
    Some(Retry {
        probability: section.value("probability", Item::probability),
        delay: section.read_or("delay", Dist::Fixed(60.0), distribution::read),
        attempts: section.value("attempts", Item::count),
    })
}

fn substitute(item: Item<'_>, features: &[String]) -> Option<Substitute> {
    let section = item.section(&SUBSTITUTE)?;
    Some(Substitute {
        probability: section.value("probability", Item::probability),
        pairs: section.value("pairs", |item| feature_pairs(item, features)),
    })
}

fn feature_pairs(item: Item<'_>, features: &[String]) -> Option<Vec<(FeatureIndex, FeatureIndex)>> {
    let mut pairs = Vec::new();
    for (name, value) in item.entries()? {
        let from = super::feature_of(name, value, features);
        let to = value.name_of("feature", features.iter().map(String::as_str));
        if let (Some(from), Some(to)) = (from, to) {
            if from == to {
                value.error::<()>("substitutes a feature by itself", None);
            }
            pairs.push((FeatureIndex(from as u16), FeatureIndex(to as u16)));
        }
    }
    Some(pairs)
}

/// Churn.
pub(crate) static CHURN: TableShape = TableShape {
    name: "churn",
    doc: "Leaving after too many refusals; later demand is lost and counted so.",
    tags: &[],
    parts: &[&[
        required("refusals", Kind::POSITIVE_COUNT, "Refusals needed."),
        required("within", Kind::POSITIVE_SPAN, "Within this span."),
        default(
            "probability",
            Kind::Probability,
            "1.0",
            "Probability of leaving each time that many are reached.",
        ),
    ]],
};

/// Reads `churn`.
pub(crate) fn churn(item: Item<'_>) -> Option<Churn> {
    let section = item.section(&CHURN)?;
    Some(Churn {
        refusals: section.value("refusals", Item::count),
        within: section.read_or("within", SimSpan::DAY, Item::span),
        probability: section.value("probability", Item::probability),
    })
}

/// The organization's own cap on spending.
pub(crate) static BUDGET: TableShape = TableShape {
    name: "budget",
    doc: "The organization's own cap on spending; a purchase that would exceed it is not made.",
    tags: &[],
    parts: &[&[
        required("money", Kind::Money, "Money per period."),
        default("per", Kind::Words(words_of::<CalendarUnit>), "\"month\"", "The calendar period."),
    ]],
};

/// Reads `budget`.
pub(crate) fn budget(item: Item<'_>) -> Option<Budget> {
    let section: Section<'_> = item.section(&BUDGET)?;
    Some(Budget { money: section.read("money", Item::money)?, per: section.read("per", Item::word)? })
}
