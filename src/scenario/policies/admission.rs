//! The four decisions of a policy and their overrides per feature.

use crate::policy::{
    Admission, ChargeMoment, Estimator, FeatureTerms, HistoryEstimate, HoldNeed, HoldTerms, InFlight,
    KilledWork, OnCancel, OnFailure, OnTimeout, Overrun, View, WhenShort,
};
use crate::scenario::reading::{
    Field, Item, Kind, NumberRange, Section, TableShape, default, optional, required, words, words_of,
};

use super::limits::{FALLBACK, fallback};

/// Largest relative surcharge, bias and spread of an estimate: a thousandfold.
const MOST_SURCHARGE: f64 = 1e3;

/// What meets an operation: a word, or another feature.
pub(super) const WHEN_SHORT: Kind =
    Kind::Either(&[Kind::Words(words_of::<WhenShort>), Kind::Table(&FALLBACK)]);

/// Rules of every feature of a policy; a feature may override each.
pub(super) static RULES: &[Field] = &[
    default(
        "admission",
        Kind::Either(&[Kind::Words(words_of::<AdmissionWord>), Kind::Table(&ADMISSION)]),
        "\"none\"",
        "The check before an operation starts: none, more than nothing (`positive`), the estimate, or a hold.",
    ),
    default("view", Kind::Words(words_of::<View>), "\"available\"", "The balance the check reads."),
    default("charge", Kind::Words(words_of::<ChargeMoment>), "\"completion\"", "When charges are taken."),
    default(
        "short",
        WHEN_SHORT,
        "\"reject\"",
        "What meets an operation that its check finds too expensive; `allow` permits debt up to `overdraft.limit`, `fallback` \
         tries it as another feature.",
    ),
    default(
        "beyond_limit",
        Kind::Either(&[Kind::Words(words_of::<BeyondLimit>), Kind::Table(&FALLBACK)]),
        "\"reject\"",
        "Under `short = \"allow\"`, what meets an operation beyond the overdraft's limit.",
    ),
    default(
        "in_flight",
        Kind::Words(words_of::<InFlightWord>),
        "\"finish\"",
        "What happens to running work once the settled balance is at or below minus the limit; held work is exempt.",
    ),
    default(
        "killed",
        Kind::Words(words_of::<KilledWork>),
        "\"charge\"",
        "Who pays for stopped or killed work.",
    ),
    default(
        "on_cancel",
        Kind::Words(words_of::<OnCancel>),
        "\"charge-recorded\"",
        "Charges of an operation its user cancels.",
    ),
    default(
        "on_failure",
        Kind::Words(words_of::<OnFailure>),
        "\"charge-finished\"",
        "Charges of an operation that fails by itself.",
    ),
    default("minimum", Kind::CREDITS_FROM_ZERO, "0", "Least charge of an operation that ends."),
    default("minimum_on_failure", Kind::Flag, "false", "Whether the minimum is owed after a failure."),
    default("minimum_on_cancel", Kind::Flag, "false", "Whether the minimum is owed after a cancellation."),
    default(
        "denial",
        Kind::Probability,
        "0.0",
        "Probability that an attempt is refused at random (rate limits).",
    ),
    default("notify", Kind::Flag, "true", "Whether charges of the feature fire alerts."),
];

static CAP: &[Field] = &[optional(
    "max_in_flight",
    Kind::Either(&[Kind::POSITIVE_COUNT, Kind::Word("unlimited")]),
    "Most operations of the feature in flight at once, per organization; unlimited if left out.",
)];

/// Overrides of one feature.
pub(super) static FEATURE_RULES: TableShape = TableShape {
    name: "feature-rules",
    doc: "What a policy says differently for one feature: `features.NAME = { … }` inside a policy.",
    tags: &[],
    parts: &[RULES, CAP],
};

static ADMISSION: TableShape = TableShape {
    name: "admission",
    doc: "A check that knows what an operation will cost.",
    tags: &[
        optional("estimate", ESTIMATE_KIND, "The estimate must be there."),
        optional("hold", Kind::Table(&HOLD), "The estimate with its buffer is reserved until the work ends."),
    ],
    parts: &[],
};

static HOLD: TableShape = TableShape {
    name: "hold",
    doc: "A reservation before the work, settled after it.",
    tags: &[],
    parts: &[&[
        default("estimate", ESTIMATE_KIND, "\"expected\"", "The estimate that is held."),
        default(
            "buffer",
            Kind::Share(NumberRange::between(-1.0, MOST_SURCHARGE)),
            "0.0",
            "Relative surcharge: 0.2 holds 120 %.",
        ),
        default(
            "need",
            Kind::Words(words_of::<HoldNeed>),
            "\"whole\"",
            "What must be there: all that is held, or more than nothing (`positive`); what is not covered then counts \
             against the limit.",
        ),
        optional(
            "timeout",
            Kind::POSITIVE_SPAN,
            "The hold ends by itself after this span; never if left out.",
        ),
        default("on_timeout", Kind::Words(words_of::<OnTimeout>), "\"release\"", "What a timeout does."),
        default(
            "overrun",
            Kind::Words(words_of::<Overrun>),
            "\"charge\"",
            "What happens to cost above the hold.",
        ),
        default(
            "pins_expiry",
            Kind::Flag,
            "false",
            "Whether reserved credits outlive their expiry until the hold ends.",
        ),
        default("leak", Kind::Probability, "0.0", "Probability that an operation's settle is never sent."),
    ]],
};

const ESTIMATE_KIND: Kind =
    Kind::Either(&[Kind::Words(words_of::<EstimateWord>), Kind::CREDITS_FROM_ZERO, Kind::Table(&ESTIMATE)]);

static ESTIMATE: TableShape = TableShape {
    name: "estimate",
    doc: "How the cost of an operation is guessed before it starts.",
    tags: &[
        optional("fixed", Kind::CREDITS_FROM_ZERO, "Always this many credits."),
        optional("quantile", Kind::Probability, "This quantile of the feature's cost over the population."),
        optional(
            "history",
            Kind::Either(&[Kind::Words(words_of::<HistoryWord>), Kind::Table(&HISTORY_MEAN)]),
            "The organization's own earlier costs: the first, the last, or the mean of the last n.",
        ),
        optional("blur", Kind::Table(&BLUR), "The true cost times a lognormal error."),
    ],
    parts: &[],
};

static HISTORY_MEAN: TableShape = TableShape {
    name: "history-mean",
    doc: "The mean of the organization's last costs.",
    tags: &[],
    parts: &[&[required("mean", Kind::POSITIVE_COUNT, "How many earlier operations are averaged.")]],
};

static BLUR: TableShape = TableShape {
    name: "blur",
    doc: "The error of an estimate.",
    tags: &[],
    parts: &[&[
        default(
            "bias",
            Kind::Share(NumberRange::between(-1.0, MOST_SURCHARGE)),
            "0.0",
            "Relative bias: 0.1 estimates 10 % too much.",
        ),
        default(
            "cv",
            Kind::Share(NumberRange::between(0.0, MOST_SURCHARGE)),
            "0.0",
            "Coefficient of variation of the error.",
        ),
    ]],
};

#[derive(Debug, Clone, Copy)]
enum AdmissionWord {
    None,
    Positive,
    Estimate,
    Hold,
}
words!(AdmissionWord { "none" => None, "positive" => Positive, "estimate" => Estimate, "hold" => Hold });

#[derive(Debug, Clone, Copy)]
enum EstimateWord {
    Exact,
    Expected,
}
words!(EstimateWord { "exact" => Exact, "expected" => Expected });

#[derive(Debug, Clone, Copy)]
enum HistoryWord {
    First,
    Last,
}
words!(HistoryWord { "first" => First, "last" => Last });

#[derive(Debug, Clone, Copy, Default)]
enum InFlightWord {
    #[default]
    Finish,
    StopAtStep,
    Kill,
}
words!(InFlightWord { "finish" => Finish, "stop-at-step" => StopAtStep, "kill" => Kill });

#[derive(Debug, Clone, Copy)]
struct BeyondLimit(WhenShort);

impl crate::scenario::reading::Words for BeyondLimit {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("reject", BeyondLimit(WhenShort::Reject)),
        ("degrade", BeyondLimit(WhenShort::Degrade)),
        ("queue", BeyondLimit(WhenShort::Queue)),
    ];
}

/// The rules of one feature, from a section of [`FEATURE_RULES`].
pub(super) fn feature_terms(section: Section<'_>, features: &[String]) -> FeatureTerms {
    let killed = section.value("killed", Item::word::<KilledWork>);
    let in_flight = match section.value("in_flight", Item::word::<InFlightWord>) {
        InFlightWord::Finish => InFlight::Finish,
        InFlightWord::StopAtStep => InFlight::StopAtStep(killed),
        InFlightWord::Kill => InFlight::Kill(killed),
    };
    FeatureTerms {
        admission: section.read_or("admission", Admission::None, admission),
        view: section.value("view", Item::word),
        charge: section.value("charge", Item::word),
        short: section.value("short", |item| when_short(item, features)),
        beyond_limit: section.value("beyond_limit", |item| beyond_limit(item, features)),
        in_flight,
        on_cancel: section.value("on_cancel", Item::word),
        on_failure: section.value("on_failure", Item::word),
        minimum: section.value("minimum", Item::credits),
        minimum_on_failure: section.value("minimum_on_failure", Item::flag),
        minimum_on_cancel: section.value("minimum_on_cancel", Item::flag),
        max_in_flight: section.read("max_in_flight", max_in_flight).flatten(),
        denial: section.value("denial", Item::probability),
        notify: section.read_or("notify", true, Item::flag),
        quantile_by_rate: Vec::new(),
    }
}

/// What meets an operation that cannot start.
pub(super) fn when_short(item: Item<'_>, features: &[String]) -> Option<WhenShort> {
    if item.is_table() { fallback(item, features).map(WhenShort::Fallback) } else { item.word() }
}

fn beyond_limit(item: Item<'_>, features: &[String]) -> Option<WhenShort> {
    if item.is_table() {
        return fallback(item, features).map(WhenShort::Fallback);
    }
    item.word::<BeyondLimit>().map(|word| word.0)
}

/// A count, or `unlimited`.
pub(super) fn max_in_flight(item: Item<'_>) -> Option<Option<u32>> {
    if item.is_word("unlimited") { Some(None) } else { item.count().map(Some) }
}

fn admission(item: Item<'_>) -> Option<Admission> {
    if !item.is_table() {
        return Some(match item.word::<AdmissionWord>()? {
            AdmissionWord::None => Admission::None,
            AdmissionWord::Positive => Admission::Positive,
            AdmissionWord::Estimate => Admission::Estimate(Estimator::Expected),
            AdmissionWord::Hold => Admission::Hold(HoldTerms {
                estimate: Estimator::Expected,
                buffer: 0.0,
                need: HoldNeed::default(),
                timeout: None,
                on_timeout: OnTimeout::default(),
                overrun: Overrun::default(),
                pins_expiry: false,
                leak: crate::units::Probability::ZERO,
            }),
        });
    }
    let section = item.section(&ADMISSION)?;
    match section.tag()? {
        ("estimate", value) => estimator(value).map(Admission::Estimate),
        ("hold", value) => value.section(&HOLD).map(hold).map(Admission::Hold),
        (tag, _) => section.unread_tag(tag),
    }
}

fn hold(section: Section<'_>) -> HoldTerms {
    HoldTerms {
        estimate: section.read_or("estimate", Estimator::Expected, estimator),
        buffer: section.value("buffer", Item::share),
        need: section.value("need", Item::word),
        timeout: section.read("timeout", Item::span),
        on_timeout: section.value("on_timeout", Item::word),
        overrun: section.value("overrun", Item::word),
        pins_expiry: section.value("pins_expiry", Item::flag),
        leak: section.value("leak", Item::probability),
    }
}

fn estimator(item: Item<'_>) -> Option<Estimator> {
    if item.as_number().is_some() {
        return item.credits().map(Estimator::Fixed);
    }
    if !item.is_table() {
        return Some(match item.word::<EstimateWord>()? {
            EstimateWord::Exact => Estimator::Exact,
            EstimateWord::Expected => Estimator::Expected,
        });
    }
    let section = item.section(&ESTIMATE)?;
    match section.tag()? {
        ("fixed", value) => value.credits().map(Estimator::Fixed),
        ("quantile", value) => value.probability().map(|quantile| Estimator::Quantile(quantile.get())),
        ("history", value) => history(value).map(Estimator::History),
        ("blur", value) => value.section(&BLUR).map(|section| Estimator::Blur {
            bias: section.value("bias", Item::share),
            cv: section.value("cv", Item::share),
        }),
        (tag, _) => section.unread_tag(tag),
    }
}

fn history(item: Item<'_>) -> Option<HistoryEstimate> {
    if item.is_table() {
        return item.section(&HISTORY_MEAN)?.read("mean", Item::count).map(HistoryEstimate::Mean);
    }
    Some(match item.word::<HistoryWord>()? {
        HistoryWord::First => HistoryEstimate::First,
        HistoryWord::Last => HistoryEstimate::Last,
    })
}
