//! Exports of makers of models and of tools that write code.

use super::{BucketLength, DAYS, Export, ExportBuckets, NOTHING};

/// Usage and costs by minute, hour or day, from the dashboard or the interface of organizations.
pub(super) static OPENAI: Export = Export {
    name: "openai",
    marks: &["num_model_requests", "start_time_iso", "amount_value", "amount.value", "input_cached_tokens"],
    time: &["start_time_iso", "start_time"],
    organization: &["project_id", "user_id", "api_key_id", "organization_id"],
    feature: &["model", "line_item"],
    unit: &["quantity_unit"],
    quantities: &[
        // `input_tokens` includes those read from the cache.
        ("tokens_in", "input_tokens - input_cached_tokens"),
        ("tokens_cached", "input_cached_tokens"),
        ("tokens_out", "output_tokens"),
        ("requests", "num_model_requests"),
        ("spend", "amount_value|amount.value"),
        ("images", "images"),
        ("seconds", "seconds"),
        ("characters", "characters"),
    ],
    buckets: Some(ExportBuckets {
        length: BucketLength::AsFound,
        end: &["end_time_iso", "end_time"],
        requests: Some("num_model_requests"),
    }),
    ..NOTHING
};

/// Tokens or costs by day or hour, from the console or the interface of administrators.
pub(super) static ANTHROPIC: Export = Export {
    name: "anthropic",
    marks: &["usage_date_utc", "usage_output_tokens", "uncached_input_tokens", "cache_read_input_tokens"],
    time: &["usage_date_utc", "usage_datetime_utc", "usage_hour_utc", "starting_at"],
    organization: &["workspace", "workspace_id", "api_key", "api_key_id"],
    feature: &["model_version", "model", "usage_type"],
    quantities: &[
        ("tokens_in", "usage_input_tokens_no_cache|uncached_input_tokens"),
        ("cache_writes", "usage_input_tokens_cache_write_5m|cache_creation.ephemeral_5m_input_tokens"),
        ("cache_writes_1h", "usage_input_tokens_cache_write_1h|cache_creation.ephemeral_1h_input_tokens"),
        ("tokens_cached", "usage_input_tokens_cache_read|cache_read_input_tokens"),
        ("tokens_out", "usage_output_tokens|output_tokens"),
        ("searches", "web_search_count|server_tool_use.web_search_requests"),
        ("spend", "cost_usd"),
    ],
    buckets: Some(ExportBuckets { length: BucketLength::AsFound, end: &["ending_at"], requests: None }),
    ..NOTHING
};

/// Usage events of a team or a person; every generation of the header.
pub(super) static CURSOR: Export = Export {
    name: "cursor",
    marks: &["Input (w/ Cache Write)", "Input (w/o Cache Write)", "Max Mode"],
    time: &["Date"],
    organization: &["User", "User Email", "Email"],
    feature: &["Model", "Kind"],
    status: Some((&["Kind"], &[])),
    quantities: &[
        ("tokens_in", "Input (w/o Cache Write)"),
        ("cache_writes", "Input (w/ Cache Write)"),
        ("tokens_cached", "Cache Read"),
        ("tokens_out", "Output Tokens"),
        ("tokens", "Total Tokens|Tokens"),
        ("spend", "Cost|Cost ($)|Cost (USD)"),
        ("requests", "Requests|Requests Used"),
    ],
    buckets: Some(DAYS),
    ..NOTHING
};

/// Premium requests of 2025, and the billing reports of 2026 in requests and AI credits.
pub(super) static COPILOT: Export = Export {
    name: "copilot",
    marks: &["Requests Used", "total_monthly_quota", "unit_type", "aic_quantity", "total_input_tokens"],
    time: &["Timestamp", "date"],
    organization: &["organization", "organizationName", "User", "username"],
    feature: &["Model", "sku"],
    member: &["User", "username"],
    group: &["cost_center_name", "cost_center"],
    project: &["repository", "repositoryName"],
    unit: &["unit_type"],
    quantities: &[
        ("requests", "Requests Used|quantity"),
        ("ai_credits", "quantity[unit_type=ai-credits]|aic_quantity"),
        ("spend", "gross_amount"),
        ("tokens_in", "total_input_tokens|input"),
        ("tokens_cached", "total_cache_read_tokens|cache_read"),
        ("cache_writes", "total_cache_creation_tokens|cache_write"),
        ("tokens_out", "total_output_tokens|output"),
    ],
    buckets: Some(DAYS),
    ..NOTHING
};
