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
    /// Length in microseconds and the column of requests.
    buckets: Option<(i64, Option<&'static str>)>,
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

const DAY: i64 = SimSpan::DAY.micros();

static EXPORTS: [Export; 8] = [
    Export {
        name: "litellm",
        time: &["startTime"],
        end: &["endTime"],
        organization: &["team_id", "organization_id", "end_user"],
        feature: &["model", "call_type"],
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
            ("tokens_in", "input_tokens"),
            ("tokens_cached", "input_cached_tokens"),
            ("tokens_out", "output_tokens"),
        ],
        buckets: Some((DAY, Some("num_model_requests"))),
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
        buckets: Some((DAY, None)),
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
        quantities: &[("tokens", "data.tokens")],
        ..NOTHING
    },
    Export {
        name: "lago",
        time: &["timestamp"],
        organization: &["external_subscription_id"],
        feature: &["code"],
        id: &["transaction_id"],
        quantities: &[("tokens", "properties.tokens"), ("requests", "properties.requests")],
        ..NOTHING
    },
];

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
        buckets: export.buckets.map(|(length, requests)| Buckets {
            length: unit(length),
            requests: requests.map(str::to_owned),
        }),
        format: HistoryFormat::Auto,
        // An event sent twice under one id is one event; rows without an id may well be alike.
        duplicates: if export.id.is_empty() { Duplicates::Keep } else { Duplicates::Drop },
    })
}
