//! Ready-made mappings for the usage exports of known products.
//!
//! Field names are those of public code and documentation. A mapping is lenient: an export may lack any column but the
//! time. Sizes become quantities of standard names, for the cost formula of a feature: `tokens_in` (uncached input),
//! `tokens_cached`, `cache_writes`, `tokens_out`, `requests`, `searches`, `tokens`, `spend`.

use crate::units::SimSpan;

use super::spec::{Buckets, Columns, Duplicates, DurationColumn, HistoryFormat, StatusColumn};

/// Names of all mappings.
pub const MAPPINGS: [&str; 8] =
    ["litellm", "openai", "anthropic", "openrouter", "cursor", "copilot", "openmeter", "lago"];

/// How one product's export is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The columns.
    pub columns: Columns,
    /// Pairs (quantity, column); `a|b` are alternatives.
    pub quantities: Vec<(String, String)>,
    /// Rows are buckets.
    pub buckets: Option<Buckets>,
    /// How the export is usually written.
    pub format: HistoryFormat,
    /// What repeated rows mean.
    pub duplicates: Duplicates,
}

/// A mapping as it is written below.
struct Export {
    name: &'static str,
    time: &'static [&'static str],
    end: &'static [&'static str],
    organization: &'static [&'static str],
    feature: &'static [&'static str],
    member: &'static [&'static str],
    id: &'static [&'static str],
    /// Column and microseconds of its unit.
    duration: Option<(&'static str, i64)>,
    /// Column, words for failed, words for cancelled.
    status: Option<(&'static str, &'static [&'static str], &'static [&'static str])>,
    quantities: &'static [(&'static str, &'static str)],
    buckets: Option<ExportBuckets>,
}

/// Buckets of an export.
struct ExportBuckets {
    /// Of buckets that do not say their end.
    length: SimSpan,
    end: &'static [&'static str],
    requests: Option<&'static str>,
}

const NOTHING: Export = Export {
    name: "",
    time: &[],
    end: &[],
    organization: &[],
    feature: &[],
    member: &[],
    id: &[],
    duration: None,
    status: None,
    quantities: &[],
    buckets: None,
};

static EXPORTS: [Export; 8] = [
    Export {
        name: "litellm",
        time: &["startTime"],
        end: &["endTime"],
        organization: &["team_id", "organization_id", "end_user"],
        feature: &["model", "call_type"],
        id: &["request_id"],
        status: Some(("status", &["failure", "failed", "error"], &[])),
        quantities: &[
            ("tokens_in", "prompt_tokens"),
            ("tokens_out", "completion_tokens"),
            ("spend", "spend"),
        ],
        ..NOTHING
    },
    Export {
        name: "openai",
        time: &["start_time_iso", "start_time"],
        organization: &["project_id", "user_id", "api_key_id"],
        feature: &["model"],
        quantities: &[
            // `input_tokens` includes those read from the cache.
            ("tokens_in", "input_tokens - input_cached_tokens"),
            ("tokens_cached", "input_cached_tokens"),
            ("tokens_out", "output_tokens"),
            ("requests", "num_model_requests"),
        ],
        buckets: Some(ExportBuckets {
            length: SimSpan::DAY,
            end: &["end_time_iso", "end_time"],
            requests: Some("num_model_requests"),
        }),
        ..NOTHING
    },
    Export {
        name: "anthropic",
        time: &["usage_date_utc"],
        organization: &["workspace", "api_key"],
        feature: &["model_version", "usage_type"],
        quantities: &[
            ("tokens_in", "usage_input_tokens_no_cache"),
            ("cache_writes", "usage_input_tokens_cache_write_5m"),
            ("cache_writes_1h", "usage_input_tokens_cache_write_1h"),
            ("tokens_cached", "usage_input_tokens_cache_read"),
            ("tokens_out", "usage_output_tokens"),
            ("searches", "web_search_count"),
        ],
        buckets: Some(ExportBuckets { length: SimSpan::DAY, end: &[], requests: None }),
        ..NOTHING
    },
    Export {
        name: "openrouter",
        time: &["created_at"],
        organization: &["api_key_name", "user", "app_name"],
        feature: &["model_permaslug"],
        member: &["user"],
        duration: Some(("generation_time_ms", 1_000)),
        status: Some(("cancelled", &[], &["true", "True", "TRUE", "1"])),
        quantities: &[
            ("tokens_in", "tokens_prompt"),
            ("tokens_out", "tokens_completion"),
            ("spend", "cost_total"),
        ],
        ..NOTHING
    },
    Export {
        name: "cursor",
        time: &["Date"],
        organization: &["User"],
        feature: &["Model", "Kind"],
        quantities: &[
            ("tokens_in", "Input (w/o Cache Write)"),
            ("cache_writes", "Input (w/ Cache Write)"),
            ("tokens_cached", "Cache Read"),
            ("tokens_out", "Output Tokens"),
            ("tokens", "Total Tokens"),
            ("spend", "Cost"),
        ],
        ..NOTHING
    },
    Export {
        name: "copilot",
        time: &["Timestamp", "date"],
        organization: &["organization", "User", "username"],
        feature: &["Model", "sku"],
        member: &["User", "username"],
        quantities: &[("requests", "Requests Used|quantity")],
        ..NOTHING
    },
    Export {
        name: "openmeter",
        time: &["time"],
        organization: &["subject"],
        feature: &["data.model", "type"],
        id: &["id"],
        // One event a direction: a call is two operations, each priced by its own.
        quantities: &[
            ("tokens", "data.tokens"),
            ("tokens_in", "data.tokens[data.type=input]|data.tokens[data.type=prompt]"),
            ("tokens_out", "data.tokens[data.type=output]|data.tokens[data.type=completion]"),
        ],
        ..NOTHING
    },
    Export {
        name: "lago",
        time: &["timestamp"],
        organization: &["external_subscription_id"],
        feature: &["code"],
        id: &["transaction_id"],
        quantities: &[
            ("tokens", "properties.tokens"),
            ("tokens_in", "properties.tokens_in|properties.input_tokens"),
            ("tokens_out", "properties.tokens_out|properties.output_tokens"),
            ("requests", "properties.requests"),
        ],
        ..NOTHING
    },
];

/// Columns that tell an export: its time and so many others.
const TELLING: usize = 2;

/// The product whose export has such columns, if one does.
#[must_use]
pub fn looks_like(header: &[String]) -> Option<&'static str> {
    let has = |name: &str| header.iter().any(|known| known == name);
    let known = |export: &Export| {
        let sizes = export.quantities.iter().flat_map(|(_, column)| column.split(['|', '[']));
        let others = [export.end, export.organization, export.feature, export.member, export.id];
        let others: std::collections::BTreeSet<&str> =
            others.into_iter().flatten().copied().chain(sizes).collect();
        let timed = export.time.iter().any(|name| has(name));
        if timed { others.into_iter().filter(|name| has(name)).count() } else { 0 }
    };
    let best = EXPORTS.iter().max_by_key(|export| known(export))?;
    (known(best) >= TELLING).then_some(best.name)
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
        duration: export
            .duration
            .map(|(column, micros)| DurationColumn { column: column.to_owned(), unit: unit(micros) }),
        status: export.status.map(|(column, failed, cancelled)| StatusColumn {
            column: column.to_owned(),
            failed: all(failed),
            cancelled: all(cancelled),
        }),
        member: all(export.member),
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
            length: Some(buckets.length),
            end: all(buckets.end),
            requests: buckets.requests.map(str::to_owned),
        }),
        format: HistoryFormat::Auto,
        // An event sent twice under one id is one event; rows without an id may well be alike.
        duplicates: if export.id.is_empty() { Duplicates::Keep } else { Duplicates::Drop },
    })
}
