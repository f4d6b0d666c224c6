//! Ready-made mappings for the usage exports of known products.
//!
//! Owns how an export is told and read. The exports themselves stand in `models` (makers of models), `gateways` (what stands
//! before models) and `meters` (what counts and bills). Field names are those of public code and documentation. A mapping is lenient: an export
//! may lack any column but the time, and writes names in any case. Sizes become quantities of standard names, for the cost formula of a feature: `tokens_in`
//! (uncached input), `tokens_cached`, `cache_writes`, `tokens_out`, `requests`, `searches`, `tokens`, `spend` (money).

mod gateways;
mod meters;
mod models;

use crate::units::SimSpan;

use super::columns::plain;
use super::spec::{BucketLength, Buckets, Columns, Duplicates, DurationColumn, RowKinds, StatusColumn};

/// Names of all mappings.
pub const MAPPINGS: [&str; 13] = [
    "litellm",
    "openai",
    "anthropic",
    "openrouter",
    "cursor",
    "copilot",
    "openmeter",
    "lago",
    "stripe",
    "langfuse",
    "helicone",
    "focus",
    "cur",
];

/// How one product's export is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The columns.
    pub columns: Columns,
    /// Pairs (quantity, column); `a|b` are alternatives.
    pub quantities: Vec<(String, String)>,
    /// Rows are buckets.
    pub buckets: Option<Buckets>,
    /// Rows that are no usage, if the export has such.
    pub kinds: Option<RowKinds>,
    /// What repeated rows mean.
    pub duplicates: Duplicates,
}

/// A mapping as it is written in this room.
struct Export {
    name: &'static str,
    /// Columns of which an export of this product has one, and files of others hardly do.
    marks: &'static [&'static str],
    time: &'static [&'static str],
    end: &'static [&'static str],
    organization: &'static [&'static str],
    feature: &'static [&'static str],
    member: &'static [&'static str],
    group: &'static [&'static str],
    project: &'static [&'static str],
    /// Columns that together name a row.
    id: &'static [&'static str],
    /// Units in which sizes are counted.
    unit: &'static [&'static str],
    /// Column and microseconds of its unit.
    duration: Option<(&'static str, i64)>,
    /// Columns of outcomes; words that mean cancelled beside those that everybody uses.
    status: Option<(&'static [&'static str], &'static [&'static str])>,
    /// Columns of the kind of a row, and the kinds that are usage.
    kinds: Option<(&'static [&'static str], &'static [&'static str])>,
    quantities: &'static [(&'static str, &'static str)],
    buckets: Option<ExportBuckets>,
}

/// Buckets of an export.
struct ExportBuckets {
    /// Of buckets that do not say their end.
    length: BucketLength,
    end: &'static [&'static str],
    requests: Option<&'static str>,
}

const NOTHING: Export = Export {
    name: "",
    marks: &[],
    time: &[],
    end: &[],
    organization: &[],
    feature: &[],
    member: &[],
    group: &[],
    project: &[],
    id: &[],
    unit: &[],
    duration: None,
    status: None,
    kinds: None,
    quantities: &[],
    buckets: None,
};

/// Days if all times are midnights, else events.
const DAYS: ExportBuckets = ExportBuckets { length: BucketLength::DaysOrEvents, end: &[], requests: None };

static EXPORTS: [&Export; 13] = [
    &gateways::LITELLM,
    &models::OPENAI,
    &models::ANTHROPIC,
    &gateways::OPENROUTER,
    &models::CURSOR,
    &models::COPILOT,
    &meters::OPENMETER,
    &meters::LAGO,
    &meters::STRIPE,
    &gateways::LANGFUSE,
    &gateways::HELICONE,
    &meters::FOCUS,
    &meters::CUR,
];

/// Columns that tell an export: its time, a mark of its own, and so many others.
const TELLING: usize = 2;

/// The product whose export has such columns, if one does.
#[must_use]
pub fn looks_like(header: &[String]) -> Option<&'static str> {
    let header: std::collections::BTreeSet<String> = header.iter().map(|name| plain(name)).collect();
    let has = |name: &str| header.contains(&plain(name));
    let told = |export: &Export| {
        let sizes = export.quantities.iter().flat_map(|(_, text)| columns_in(text));
        let others = [export.end, export.organization, export.feature, export.member, export.id];
        let others: std::collections::BTreeSet<&str> =
            others.into_iter().flatten().copied().chain(sizes).collect();
        let timed = export.time.iter().any(|name| has(name)) && export.marks.iter().any(|name| has(name));
        if timed { others.into_iter().filter(|name| has(name)).count() } else { 0 }
    };
    // Of several that are as likely the first is taken.
    let best = EXPORTS.iter().rev().max_by_key(|export| told(export))?;
    (told(best) >= TELLING).then_some(best.name)
}

/// The columns that a quantity is read from: `a|b`, `a - b`, `a[b=word]`.
fn columns_in(text: &'static str) -> impl Iterator<Item = &'static str> {
    let first = |term: &'static str| term.split(" - ").next().unwrap_or(term);
    text.split('|').map(first).map(|term| term.split('[').next().unwrap_or(term))
}

/// The mapping of a product's export.
#[must_use]
pub fn mapping(name: &str) -> Option<Mapping> {
    let export = EXPORTS.iter().find(|export| export.name == name)?;
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let unit = |micros: i64| SimSpan::from_micros(micros);
    let columns = Columns {
        time: all(export.time),
        end: all(export.end),
        organization: all(export.organization),
        feature: all(export.feature),
        unit: all(export.unit),
        duration: export
            .duration
            .map(|(column, micros)| DurationColumn { column: column.to_owned(), unit: unit(micros) }),
        status: export.status.map(|(columns, cancelled)| StatusColumn {
            columns: all(columns),
            cancelled: all(cancelled),
            usual_words: true,
            ..StatusColumn::default()
        }),
        member: all(export.member),
        group: all(export.group),
        project: all(export.project),
        id: all(export.id),
        lenient: true,
    };
    Some(Mapping {
        columns,
        quantities: export
            .quantities
            .iter()
            .map(|(quantity, column)| ((*quantity).to_owned(), (*column).to_owned()))
            .collect(),
        buckets: export.buckets.as_ref().map(|buckets| Buckets {
            length: buckets.length,
            end: all(buckets.end),
            requests: buckets.requests.map(str::to_owned),
        }),
        kinds: export.kinds.map(|(columns, usage)| RowKinds { columns: all(columns), usage: all(usage) }),
        // An event sent twice under one id is one event; rows without an id may well be alike.
        duplicates: if export.id.is_empty() { Duplicates::Keep } else { Duplicates::Drop },
    })
}
