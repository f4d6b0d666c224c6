//! Exports of what stands between a product and models: gateways, and records of calls.

use super::{DAYS, Export, ExportBuckets, NOTHING};

/// Spend logs, a row a call, and daily activity.
pub(super) static LITELLM: Export = Export {
    name: "litellm",
    marks: &["call_type", "spend", "model_group", "api_requests"],
    time: &["startTime", "date"],
    end: &["endTime"],
    organization: &["team_id", "organization_id", "end_user", "user_id", "user", "api_key"],
    feature: &["model", "model_group", "call_type"],
    id: &["request_id"],
    status: Some((&["status", "metadata.status"], &[])),
    quantities: &[
        ("tokens_in", "prompt_tokens"),
        ("tokens_out", "completion_tokens"),
        ("spend", "spend"),
        ("requests", "api_requests"),
    ],
    buckets: Some(ExportBuckets { requests: Some("api_requests"), ..DAYS }),
    ..NOTHING
};

/// Activity in detail, a row a generation, and by day.
pub(super) static OPENROUTER: Export = Export {
    name: "openrouter",
    marks: &["model_permaslug", "generation_id", "tokens_prompt", "byok_usage_inference", "Slug"],
    time: &["created_at", "date"],
    organization: &["api_key_name", "user", "app_name"],
    feature: &["model_permaslug", "Slug", "model"],
    member: &["user"],
    id: &["generation_id"],
    duration: Some(("generation_time_ms", 1_000)),
    status: Some((&["cancelled", "finish_reason_normalized"], &[])),
    quantities: &[
        // Prompts include what was read from the cache.
        ("tokens_in", "tokens_prompt - tokens_cached|prompt_tokens - tokens_cached"),
        ("tokens_cached", "tokens_cached"),
        ("tokens_out", "tokens_completion|completion_tokens"),
        ("spend", "cost_total|usage|cost"),
        ("requests", "requests"),
    ],
    buckets: Some(ExportBuckets { requests: Some("requests"), ..DAYS }),
    ..NOTHING
};

/// Observations, a row a call or a step of one.
pub(super) static LANGFUSE: Export = Export {
    name: "langfuse",
    marks: &[
        "traceId",
        "providedModelName",
        "parentObservationId",
        "usageDetails.input",
        "calculatedTotalCost",
        "statusMessage",
    ],
    time: &["startTime", "timestamp"],
    end: &["endTime"],
    organization: &["userId", "sessionId", "projectId"],
    feature: &["model", "providedModelName", "name"],
    id: &["id"],
    status: Some((&["level"], &[])),
    quantities: &[
        (
            "tokens_in",
            "usageDetails.input|usage.input|inputUsage|inputTokens|usage.promptTokens|promptTokens",
        ),
        (
            "tokens_out",
            "usageDetails.output|usage.output|outputUsage|outputTokens|usage.completionTokens|completionTokens",
        ),
        ("tokens", "usageDetails.total|usage.total|totalUsage|usage.totalTokens|totalTokens"),
        ("spend", "totalCost|costDetails.total|calculatedTotalCost"),
    ],
    ..NOTHING
};

/// Requests with the answer's status of HTTP.
pub(super) static HELICONE: Export = Export {
    name: "helicone",
    marks: &["request_created_at", "request_user_id", "response_created_at"],
    time: &["request_created_at", "created_at"],
    end: &["response_created_at"],
    organization: &["request_user_id", "user_id", "helicone_user"],
    feature: &["request_model", "response_model", "model"],
    id: &["request_id", "response_id"],
    duration: Some(("delay_ms", 1_000)),
    status: Some((&["response_status"], &[])),
    quantities: &[
        ("tokens_in", "prompt_tokens"),
        ("tokens_out", "completion_tokens"),
        ("tokens", "total_tokens"),
        ("spend", "cost_usd|cost"),
    ],
    ..NOTHING
};
