//! From a source to a scenario that cannot be wrong.

use crate::calendar::{MonthEnd, Period, Zone};
use crate::units::{SimSpan, SimTime};
use crate::workload::{HistorySpec, Work};

use super::accounts;
use super::base::Base;
use super::bundled::question;
use super::cohorts::{self, COHORT};
use super::facts::Facts;
use super::features::{self, FEATURE};
use super::history::{self, HISTORY};
use super::model::{Feature, HalfWidth, Precision, Scenario};
use super::outages::{self, OUTAGE};
use super::policies::{self, POLICY, RateBook};
use super::provenance::{self, PROVENANCE};
use super::reading::{
    Field, Item, Kind, Level, Node, NumberRange, Problem, Reader, Section, TableShape, TomlTable, TomlValue,
    default, optional, required,
};
use super::relevance::{self, RELEVANT};
use super::source::ScenarioSource;
use super::sweep::{self, SWEEP};
use super::{lint, sandbox, thresholds};

/// The whole file.
pub(super) static SCENARIO: TableShape = TableShape {
    name: "scenario",
    doc: "A scenario: a horizon, cohorts of organizations, features they use, and policies to compare.",
    tags: &[],
    parts: &[TOP, ROOMS],
};

/// Most instants of the timeline: each is kept for every policy, cohort and organization at work.
const MOST_INSTANTS: i128 = 10_000;

static TOP: &[Field] = &[
    default("version", Kind::Whole(FORMAT as i128, FORMAT as i128), "1", "Version of the file format."),
    optional(
        "name",
        Kind::Text,
        "Name of the scenario and of its output folder; the file's name if left out.",
    ),
    required("start", Kind::Instant, "First instant of the horizon."),
    optional("horizon", Kind::Period, "Length of the horizon; write this or `end`."),
    optional("end", Kind::Instant, "End of the horizon, exclusive."),
    optional(
        "measure_from",
        Kind::Either(&[Kind::Instant, Kind::Period]),
        "Outcomes count from this instant, or from this long after the start; from the start if left out.",
    ),
    default("time_zone", Kind::Text, "\"UTC\"", "IANA name of the zone of calendars and profiles."),
    optional(
        "currency",
        Kind::Text,
        "ISO code of every amount of money; the code of the first amount if left out.",
    ),
    default("seed", Kind::Whole(0, u64::MAX as i128), "1", "Seed of every random stream."),
    default("replications", Kind::POSITIVE_COUNT, "10", "Independent repetitions."),
    optional("baseline", Kind::Name("policy"), "The policy others are compared with; the first if left out."),
    default(
        "relevant",
        RELEVANT,
        "\"1%\"",
        "The smallest difference from the baseline that matters: a percentage of the baseline's mean, for all outcomes or \
         by outcome (a bare number is in the outcome's unit; `default` is for the others). What is shown to be smaller is \
         *practically equal*.",
    ),
    default("timeline_instants", Kind::Whole(1, MOST_INSTANTS), "120", "Number of instants of the timeline."),
];

static ROOMS: &[Field] = &[
    required("cohorts", Kind::List(&Kind::Table(&COHORT)), "Organizations that are alike, `[[cohorts]]`."),
    required(
        "features",
        Kind::Map("feature", &Kind::Table(&FEATURE)),
        "Sources of demand, `[features.NAME]`.",
    ),
    optional("policy", Kind::Table(&POLICY), "Rules that all policies share."),
    optional("policies", Kind::Map("policy", &Kind::Table(&POLICY)), "The policies, `[policies.NAME]`."),
    optional(
        "histories",
        Kind::Map("history", &Kind::Table(&HISTORY)),
        "Files of past usage, `[histories.NAME]`.",
    ),
    optional("outages", Kind::List(&Kind::Table(&OUTAGE)), "Vendor outages, `[[outages]]`."),
    optional(
        "thresholds",
        Kind::Map("policy", &Kind::List(&Kind::Text)),
        "Conditions on outcomes by policy, or under `all`: `hold = [\"loss_rate < 8%\"]`.",
    ),
    optional("precision", Kind::Table(&PRECISION), "Repeats until a difference is known well enough."),
    optional("sweep", Kind::Table(&SWEEP), "What `creditsim sweep` varies."),
    optional(
        "provenance",
        Kind::Table(&PROVENANCE),
        "Which numbers `creditsim fit` has estimated; those that it does not list are assumed.",
    ),
];

static PRECISION: TableShape = TableShape {
    name: "precision",
    doc: "Stops when the paired difference from the baseline is known to a half-width.",
    tags: &[],
    parts: &[&[
        required("metric", Kind::Text, "The outcome that is watched, over all organizations."),
        required(
            "half_width",
            Kind::Either(&[Kind::Number(NumberRange::ABOVE_ZERO), Kind::Percentage(NumberRange::ABOVE_ZERO)]),
            "Half-width of the 95 % interval: in the metric's unit, or as a percentage of the baseline's mean.",
        ),
        optional(
            "policies",
            Kind::List(&Kind::Name("policy")),
            "Policies that are watched; all if left out.",
        ),
        default("max_replications", Kind::POSITIVE_COUNT, "1000", "Cap."),
    ]],
};

/// Reads a scenario.
///
/// # Errors
/// Every problem, in the order in which the file is read; warnings are left out if there are no errors.
pub fn read(source: &ScenarioSource) -> Result<Scenario, Vec<Problem>> {
    read_with_cautions(source).map(|(scenario, _)| scenario)
}

/// Reads a scenario that is going to be run, and what its author should know of before it is.
///
/// # Errors
/// As [`read`].
pub fn read_with_cautions(source: &ScenarioSource) -> Result<(Scenario, Vec<Problem>), Vec<Problem>> {
    let (scenario, mut problems) = examine(source);
    match scenario {
        Some(scenario) if !problems.iter().any(Problem::is_error) => {
            problems.retain(|problem| problem.level == Level::Caution);
            Ok((scenario, problems))
        }
        _ => Err(problems),
    }
}

/// Reads a scenario for `creditsim check`: the scenario if it could be read, and all problems with their warnings.
#[must_use]
pub fn examine(source: &ScenarioSource) -> (Option<Scenario>, Vec<Problem>) {
    let reader = Reader::new();
    reader.set_base(source.base().clone());
    let scenario = source.parse(&reader).and_then(|root| {
        let scenario = read_root(source, &reader, &root);
        if let Some(scenario) = scenario.as_ref().filter(|_| !reader.has_errors()) {
            lint::warn_about(&reader, &root, scenario);
        }
        scenario
    });
    (scenario, reader.into_problems())
}

fn read_root(source: &ScenarioSource, reader: &Reader, root: &Node) -> Option<Scenario> {
    let zone_name = set_zone(reader, root);
    let section = reader.item(root).section(&SCENARIO)?;
    let name = name(section, source);
    let (start, end, measure_from) = horizon(section);
    reader.set_start(start);
    let feature_names = names_of(section, "features");
    few_enough(section, source.base())?;
    let history_names = names_of(section, "histories");
    let group_names = cohorts::group_names(section);
    let facts = Facts {
        start,
        end,
        features: &feature_names,
        quantities: &[],
        works: &[],
        groups: &group_names,
        histories: &history_names,
        base: source.base(),
    };
    let history_items = section.get("histories").and_then(Item::entries).unwrap_or_default();
    let histories: Vec<_> = history_items
        .iter()
        .filter_map(|(name, item)| Some((*item, history::read(item.section(&HISTORY)?, name, facts))))
        .collect();
    let features = features::read(section, facts);
    let demands: Vec<_> = features.iter().map(|feature| &feature.demand).collect();
    for (item, spec) in histories.iter().filter(|_| !reader.has_errors()) {
        history::check(*item, spec, &demands);
    }
    let mut histories: Vec<HistorySpec> = histories.into_iter().map(|(_, spec)| spec).collect();
    let quantities: Vec<Vec<&str>> = features.iter().map(quantity_names).collect();
    let works: Vec<&Work> = features.iter().map(|feature| &feature.demand.work).collect();
    let (mut cohorts, plans) =
        cohorts::read(section, Facts { quantities: &quantities, works: &works, ..facts });
    let mut table = root.as_table().cloned().unwrap_or_default();
    policies::take_misplaced(reader, &mut table);
    let book = RateBook::new(&features, &cohorts, &histories);
    let names = policies::Names {
        features: &feature_names,
        groups: &group_names,
        replays: !history_names.is_empty(),
        rates: &book,
        cohorts: &plans,
    };
    let policies = policies::read(reader, &table, names);
    let rates = book.close(reader, &cohorts, &histories);
    accounts::join(reader, &mut cohorts, &policies, &mut histories);
    histories.iter_mut().for_each(|history| history.rates.clone_from(&rates));
    let policy_names: Vec<String> = policies.iter().map(|policy| policy.name.clone()).collect();
    let known = || policy_names.iter().map(String::as_str);
    // Without policies, other mistakes have told why: their names are no second one.
    let named = policies_are_known(section, reader);
    let baseline =
        section.read("baseline", |item| if named { item.name_of("policy", known()) } else { None });
    let baseline = baseline.unwrap_or(0);
    let currency = section.read("currency", Item::currency_code).or_else(|| reader.currency());
    if let Some(item) = section.get("provenance") {
        provenance::check(item);
    }
    let scenario = Scenario {
        name,
        question: question(source.text()).map(str::to_owned),
        content_hash: accounts::content_hash(source.content_hash(), &cohorts),
        start,
        end,
        measure_from,
        zone: reader.zone().clone(),
        zone_name,
        currency,
        seed: section.read_or("seed", 1, Item::whole),
        replications: section.value("replications", Item::count),
        groups: group_names.clone(),
        baseline,
        cohorts,
        features,
        rates,
        policies,
        outages: section.value("outages", |item| item.list(|item| outages::read(item, facts))),
        histories,
        thresholds: if named { thresholds::read(section, &policy_names) } else { Vec::new() },
        relevance: section.value("relevant", relevance::read),
        precision: section.get("precision").and_then(|item| precision(item, &policy_names)),
        until: None,
        sweep: section.get("sweep").and_then(sweep::read),
        replays_exactly: false,
        timeline_instants: section.value("timeline_instants", Item::count),
        largest: reader.largest(),
    };
    if source.base().is_enclosed() {
        sandbox::check(section, &scenario);
    }
    Some(scenario)
}

/// Names of a feature's quantities.
fn quantity_names(feature: &Feature) -> Vec<&str> {
    feature.demand.work.quantities.iter().map(|quantity| quantity.name.as_str()).collect()
}

/// The zone comes before everything else, because local dates are read in it.
fn set_zone(reader: &Reader, root: &Node) -> String {
    let written = root.as_table().and_then(|table: &TomlTable| table.get("time_zone"));
    let Some(item) = written.map(|node| reader.item(node)) else { return "UTC".to_owned() };
    let Some(name) = item.as_text().map(str::to_owned) else { return "UTC".to_owned() };
    if let Some(zone) = item.zone() {
        reader.set_zone(zone);
    }
    name
}

/// The version of the file format that this program reads.
pub const FORMAT: u32 = 1;

fn name(section: Section<'_>, source: &ScenarioSource) -> String {
    let named = section.read("name", |item| {
        let text = item.text()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let fits = !text.is_empty() && text.chars().all(plain) && !text.starts_with('.');
        if fits { Some(text) } else { item.fail("letters, digits, `-`, `_` and `.`: the name of a folder") }
    });
    let stem =
        || std::path::Path::new(source.name()).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    named.or_else(stem).unwrap_or_else(|| "scenario".to_owned())
}

/// Start, end and the instant from which outcomes count.
fn horizon(section: Section<'_>) -> (SimTime, SimTime, SimTime) {
    let zone = section.reader().zone().clone();
    let start = section.value("start", Item::instant);
    let end = match (section.read("end", Item::instant), section.read("horizon", Item::period)) {
        (Some(_), Some(_)) => {
            section.error("horizon", "stands beside `end`", Some("keep one of the two"));
            start + SimSpan::DAY
        }
        (Some(end), None) => {
            if section.has("start") && end <= start {
                section.error("end", "does not lie after `start`", Some("the horizon is [start, end)"));
            }
            end
        }
        (None, Some(period)) => zone.add(start, period, MonthEnd::Clamp),
        (None, None) => {
            if !section.has("end") && !section.has("horizon") {
                section.error("horizon", "is missing", Some("write `horizon = \"12 months\"`, or `end`"));
            }
            start + SimSpan::DAY
        }
    };
    let end = within_the_calendar(section, start, end);
    let from = section.read("measure_from", |item| instant_or_period(item, &zone, start)).unwrap_or(start);
    if section.has("measure_from") && (from < start || from >= end) {
        section.error("measure_from", "does not lie in the horizon [start, end)", None);
    }
    (start, end, from)
}

/// The end if the whole horizon lies in the years 1 to 9998: before and behind it, calendars need room.
fn within_the_calendar(section: Section<'_>, start: SimTime, end: SimTime) -> SimTime {
    const YEARS: &str = "a horizon lies between the years 1 and 9998";
    let first = SimTime::from_micros(-62_135_596_800_000_000);
    let last = SimTime::from_micros(253_370_764_800_000_000);
    if section.has("start") && start < first {
        section.error("start", "lies before the calendar", Some(YEARS));
    }
    if end <= last {
        return end;
    }
    let key = if section.has("end") { "end" } else { "horizon" };
    section.error(key, "ends behind the calendar", Some(YEARS));
    start + SimSpan::DAY
}

fn instant_or_period(item: Item<'_>, zone: &Zone, start: SimTime) -> Option<SimTime> {
    let period: Option<Period> = item.as_text().and_then(super::reading::period);
    match period {
        Some(period) => Some(zone.add(start, period, MonthEnd::Clamp)),
        None => item.instant(),
    }
}

/// False if policies are missing and something that has been told may be the reason, such as a misspelt table.
fn policies_are_known(section: Section<'_>, reader: &Reader) -> bool {
    section.has("policies") || !reader.has_errors()
}

/// Reports lists that are longer than their index type; nothing else is worth reading then.
fn few_enough(section: Section<'_>, base: &Base) -> Option<()> {
    let (most, why) = if base.is_enclosed() {
        (sandbox::NAMES, "at most 100 are read with `--sandboxed`")
    } else {
        (usize::from(u16::MAX), "at most 65535 fit a scenario")
    };
    let length = |key: &str| match section.get(key).map(|item| &item.node.value) {
        Some(TomlValue::List(items)) => items.len(),
        Some(TomlValue::Table(table)) => table.entries.len(),
        _ => 0,
    };
    let mut fits = Some(());
    for key in ["cohorts", "features", "policies", "histories"] {
        let count = length(key);
        if count > most {
            section.error(key, format!("names {count} {key}"), Some(why));
            fits = None;
        }
    }
    fits
}

fn names_of(section: Section<'_>, key: &str) -> Vec<String> {
    let entries = section.get(key).filter(|item| item.is_table()).and_then(Item::entries);
    entries.unwrap_or_default().into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn precision(item: Item<'_>, policies: &[String]) -> Option<Precision> {
    let section = item.section(&PRECISION)?;
    let names = || policies.iter().map(String::as_str);
    let metric = section.read("metric", thresholds::metric_name);
    let half_width = section.read("half_width", |item| {
        let relative = item.as_text().is_some();
        let width = item.share()?;
        Some(if relative { HalfWidth::Relative(width) } else { HalfWidth::Absolute(width) })
    });
    Some(Precision {
        metric: metric?,
        half_width: half_width?,
        policies: section.value("policies", |item| item.list(|item| item.name_of("policy", names()))),
        max_replications: section.value("max_replications", Item::count),
    })
}
