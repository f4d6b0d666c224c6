//! Reads `arrivals = { poisson = "4/day" }` and its relatives.

use crate::sampling::Dist;
use crate::scenario::distribution;
use crate::scenario::reading::{
    Field, Item, Kind, NumberRange, Section, TableShape, ValueUnit, default, optional, required,
};
use crate::workload::{Arrivals, Cron, Drift, Modulation, OnOff, Schedule, ScheduleTimes, Sine, Variation};

/// Range of a coefficient of variation of gaps.
const GAPS_CV: NumberRange = NumberRange::between(0.0, 40.0);
/// A coefficient of variation of gaps.
pub(in crate::scenario) const CV_KIND: Kind = Kind::Number(GAPS_CV);

/// Operations of a session or a burst.
pub(in crate::scenario) const CALLS_KIND: Kind =
    Kind::Distribution(ValueUnit::Number, NumberRange::between(1.0, MOST_CALLS));

/// Most clients of an organization, operations of a session or client, operations of a scheduled instant.
const MOST_CLIENTS: f64 = 1e6;
const MOST_CALLS: f64 = 1e6;
const MOST_AT_ONCE: f64 = 1e6;

/// When operations arrive.
pub(super) static ARRIVALS: TableShape = TableShape {
    name: "arrivals",
    doc: "When operations of a feature arrive.",
    tags: TAGS,
    parts: &[OWN, MOVES],
};

static TAGS: &[Field] = &[
    optional("poisson", Kind::RATE, "Independent arrivals."),
    optional("gamma", Kind::RATE, "Gamma renewal: gaps with the coefficient of variation `cv`."),
    optional("weibull", Kind::RATE, "Weibull renewal: gaps with the coefficient of variation `cv`."),
    optional(
        "exact",
        Kind::RATE,
        "As many operations as this rate lets expect, to a whole number, in bursts of `calls` that are a `gap` apart; only when is drawn.",
    ),
    optional("mmpp", Kind::Tuple(&Kind::RATE, 2), "Two rates that take turns, `sojourns` long on average."),
    optional(
        "hawkes",
        Kind::RATE,
        "Self-exciting arrivals: stationary rate; `branching` and `decay` say how.",
    ),
    optional(
        "sessions",
        Kind::RATE,
        "Starts of sessions; each makes `calls` operations with `think` times between them.",
    ),
    optional("schedule", Kind::Text, "Cron line in local time, such as \"30 9 * * mon-fri\"."),
    optional("every", Kind::POSITIVE_SPAN, "At a fixed distance from the scenario's start."),
    optional(
        "clients",
        Kind::Distribution(ValueUnit::Number, NumberRange::between(0.0, MOST_CLIENTS)),
        "Closed loop: so many clients, each with one operation under way.",
    ),
];

static OWN: &[Field] = &[
    optional("cv", CV_KIND, "Coefficient of variation of the gaps; of sessions and bursts 1 if left out."),
    optional("sojourns", Kind::Tuple(&Kind::POSITIVE_SPAN, 2), "Mean stay in each state of `mmpp`."),
    optional(
        "branching",
        Kind::Number(NumberRange::below(0.0, 1.0)),
        "Operations that each one excites on average, below 1.",
    ),
    optional("decay", Kind::POSITIVE_SPAN, "Mean time from an operation to one that it excites."),
    optional(
        "calls",
        CALLS_KIND,
        "Operations of a session or a burst (1 if left out), or of a client in all.",
    ),
    default("gap", Kind::SPANS, "\"0s\"", "From one operation of a burst to the next, ended or not."),
    optional("think", Kind::SPANS, "From the end of one operation to the next."),
    default(
        "reactive",
        Kind::Flag,
        "false",
        "Clients wait for what their operations really meet, so that demand differs by policy.",
    ),
    default(
        "count",
        Kind::Distribution(ValueUnit::Number, NumberRange::between(0.0, MOST_AT_ONCE)),
        "1",
        "Operations at each scheduled instant, times the activity.",
    ),
    default("jitter", Kind::SPANS, "\"0s\"", "Delay of a scheduled operation."),
    optional("time_zone", Kind::Text, "IANA name of the zone of `schedule`; the scenario's if left out."),
];

static MOVES: &[Field] = &[
    optional("sine", Kind::Table(&SINE), "A sine around the rate."),
    optional("drift", DRIFT_KIND, "Slow random drift of the rate."),
    optional("on_off", Kind::Table(&ON_OFF), "Periods with the rate and periods without any demand."),
    optional("per_organization", Kind::Table(&VARIES), "How organizations differ in this feature."),
];

static SINE: TableShape = TableShape {
    name: "sine",
    doc: "The rate times 1 + amplitude · sin(2π (t − start) / period + phase).",
    tags: &[],
    parts: &[&[
        required("amplitude", Kind::Number(NumberRange::between(0.0, 1.0)), "Between 0 and 1."),
        default("period", Kind::POSITIVE_SPAN, "\"24h\"", "Length of one turn."),
        default("phase", Kind::NUMBER, "0", "Where the turn begins [radians]."),
    ]],
};

/// A drift.
pub(in crate::scenario) const DRIFT_KIND: Kind = Kind::Table(&DRIFT);

static DRIFT: TableShape = TableShape {
    name: "drift",
    doc: "AR(1) of the logarithm of the rate, one step an hour; the mean stays.",
    tags: &[],
    parts: &[&[
        default(
            "persistence",
            Kind::Number(NumberRange::below(0.0, 1.0)),
            "0.8",
            "Correlation of one hour with the next, at least 0 and below 1.",
        ),
        required(
            "sd",
            Kind::Number(NumberRange::between(0.0, 10.0)),
            "Stationary standard deviation of the logarithm.",
        ),
    ]],
};

static ON_OFF: TableShape = TableShape {
    name: "on-off",
    doc: "Alternating periods; the rate is that of the periods with demand.",
    tags: &[],
    parts: &[&[
        required("on", Kind::SPANS, "Length of a period with demand."),
        required("off", Kind::SPANS, "Length of a period without."),
    ]],
};

static VARIES: TableShape = TableShape {
    name: "per-organization",
    doc: "What is drawn once per organization for this feature.",
    tags: &[],
    parts: &[&[
        default(
            "rate",
            Kind::NUMBERS_FROM_ZERO,
            "1",
            "Multiplies the rate, besides the organization's activity.",
        ),
        optional("cv", Kind::Distribution(ValueUnit::Number, GAPS_CV), "Replaces `cv`."),
        default(
            "phase",
            Kind::Distribution(ValueUnit::Number, NumberRange::ANY),
            "0",
            "Moves the profile to later hours [hours].",
        ),
        optional(
            "stretch",
            Kind::Distribution(ValueUnit::Number, NumberRange::between(0.0, 100.0)),
            "Exponent of the profile's weights: above 1 is peakier.",
        ),
    ]],
};

/// Reads arrivals, what moves their rate, and how organizations differ in them.
pub(super) fn arrivals(item: Item<'_>) -> Option<(Arrivals, Modulation, Variation)> {
    let section = item.section(&ARRIVALS)?;
    let (tag, value) = section.tag()?;
    let arrivals = process(section, tag, value)?;
    refuse_strangers(section, tag);
    let modulation = Modulation {
        calendar: Vec::new(),
        sine: section.read("sine", sine),
        drift: section.read("drift", drift),
        on_off: section.read("on_off", on_off),
    };
    Some((arrivals, modulation, section.value("per_organization", varies)))
}

fn process(section: Section<'_>, tag: &str, value: Item<'_>) -> Option<Arrivals> {
    Some(match tag {
        "poisson" => Arrivals::Poisson { rate: value.rate()? },
        "gamma" => Arrivals::Gamma { rate: value.rate()?, cv: needed(section, "cv", |item| item.number())? },
        "weibull" => {
            Arrivals::Weibull { rate: value.rate()?, cv: needed(section, "cv", |item| item.number())? }
        }
        "exact" => Arrivals::Exact {
            rate: value.rate()?,
            cv: if section.has("cv") { section.read("cv", Item::number)? } else { 1.0 },
            calls: if section.has("calls") { section.read("calls", number)? } else { Dist::Fixed(1.0) },
            gap: section.read("gap", span)?,
        },
        "mmpp" => {
            let (first, second) = value.pair(Item::rate)?;
            let (stay, other) = needed(section, "sojourns", |item| item.pair(Item::span))?;
            let sojourns = [stay.as_seconds_f64(), other.as_seconds_f64()];
            Arrivals::Mmpp { rates: [first, second], sojourns }
        }
        "hawkes" => Arrivals::Hawkes {
            rate: value.rate()?,
            branching: needed(section, "branching", |item| item.number())?,
            decay: needed(section, "decay", |item| item.span())?.as_seconds_f64(),
        },
        "sessions" => Arrivals::Sessions {
            rate: value.rate()?,
            cv: if section.has("cv") { section.read("cv", Item::number)? } else { 1.0 },
            calls: needed(section, "calls", number)?,
            think: needed(section, "think", span)?,
        },
        "schedule" => {
            let text = value.text()?;
            let cron = Cron::parse(&text).or_else(|what| value.error(what, None).ok_or(())).ok()?;
            schedule(section, ScheduleTimes::Cron(cron))?
        }
        "every" => schedule(section, ScheduleTimes::Every(value.span()?))?,
        "clients" => Arrivals::ClosedLoop {
            clients: number(value)?,
            think: needed(section, "think", span)?,
            reactive: section.value("reactive", Item::flag),
            calls: section.read("calls", number),
        },
        tag => return section.unread_tag(tag),
    })
}

fn schedule(section: Section<'_>, when: ScheduleTimes) -> Option<Arrivals> {
    let (count, jitter) = (section.read("count", number)?, section.read("jitter", span)?);
    let zone = section.read("time_zone", Item::zone);
    Some(Arrivals::Schedule(Schedule { when, zone, count, jitter }))
}

/// Keys that belong to some processes only: (key, processes).
const COMPANIONS: &[(&str, &[&str])] = &[
    ("cv", &["gamma", "weibull", "exact", "sessions"]),
    ("sojourns", &["mmpp"]),
    ("branching", &["hawkes"]),
    ("decay", &["hawkes"]),
    ("calls", &["exact", "sessions", "clients"]),
    ("gap", &["exact"]),
    ("think", &["sessions", "clients"]),
    ("reactive", &["clients"]),
    ("count", &["schedule", "every"]),
    ("jitter", &["schedule", "every"]),
    ("time_zone", &["schedule"]),
    ("sine", &["poisson", "gamma", "weibull", "mmpp", "hawkes", "sessions"]),
    ("drift", &["poisson", "gamma", "weibull", "exact", "mmpp", "hawkes", "sessions"]),
    ("on_off", &["poisson", "gamma", "weibull", "hawkes", "sessions"]),
];

/// Reports keys that mean nothing for this process.
fn refuse_strangers(section: Section<'_>, tag: &str) {
    for (key, processes) in COMPANIONS {
        if section.has(key) && !processes.contains(&tag) {
            let hint = format!("it belongs to: {}", processes.join(", "));
            section.error(key, format!("means nothing beside `{tag}`"), Some(&hint));
        }
    }
}

/// A key that this process cannot do without.
fn needed<T>(section: Section<'_>, key: &str, read: impl Fn(Item<'_>) -> Option<T>) -> Option<T> {
    if !section.has(key) {
        let doc = ARRIVALS.field(key).map(|field| field.doc);
        section.error(key, "is missing", doc);
        return None;
    }
    section.read(key, read)
}

fn number(item: Item<'_>) -> Option<Dist> {
    distribution::read(item)
}

fn span(item: Item<'_>) -> Option<Dist> {
    distribution::read(item)
}

fn sine(item: Item<'_>) -> Option<Sine> {
    let section = item.section(&SINE)?;
    let amplitude = section.read("amplitude", Item::number)?;
    let period = section.read("period", Item::span)?.as_seconds_f64();
    Some(Sine { amplitude, period, phase: section.value("phase", Item::number) })
}

/// A drift of a rate.
pub(in crate::scenario) fn drift(item: Item<'_>) -> Option<Drift> {
    let section = item.section(&DRIFT)?;
    let persistence = section.read("persistence", Item::number)?;
    Some(Drift { persistence, sd: section.read("sd", Item::number)? })
}

fn on_off(item: Item<'_>) -> Option<OnOff> {
    let section = item.section(&ON_OFF)?;
    let (on, off) = (section.read("on", span)?, section.read("off", span)?);
    if on.mean() + off.mean() <= 0.0 {
        return item.error("has periods without length", None);
    }
    Some(OnOff { on, off })
}

fn varies(item: Item<'_>) -> Option<Variation> {
    let section = item.section(&VARIES)?;
    Some(Variation {
        activity: section.read("rate", number)?,
        cv: section.read("cv", number),
        phase: section.read("phase", number)?,
        stretch: section.read("stretch", number),
    })
}
