//! Events of metering and billing products, and the bills of clouds.

use super::{BucketLength, Export, ExportBuckets, NOTHING};

/// CloudEvents; one event a direction, so that a call is two operations, each priced by its own.
pub(super) static OPENMETER: Export = Export {
    name: "openmeter",
    marks: &["specversion", "subject"],
    time: &["time"],
    organization: &["subject"],
    feature: &["data.model", "type"],
    // Two sources may use one number.
    id: &["source", "id"],
    quantities: &[
        ("tokens", "data.tokens|data.total_tokens"),
        (
            "tokens_in",
            "data.tokens[data.type=input]|data.tokens[data.type=prompt]|data.input_tokens|data.prompt_tokens",
        ),
        (
            "tokens_out",
            "data.tokens[data.type=output]|data.tokens[data.type=completion]|data.output_tokens|data.completion_tokens",
        ),
        ("value", "data.value|data.amount|data.quantity"),
        ("duration_ms", "data.duration_ms"),
    ],
    ..NOTHING
};

/// Events of billable metrics.
pub(super) static LAGO: Export = Export {
    name: "lago",
    marks: &["external_subscription_id", "external_customer_id", "transaction_id"],
    time: &["timestamp"],
    organization: &["external_subscription_id", "external_customer_id"],
    feature: &["code"],
    id: &["transaction_id"],
    quantities: &[
        ("tokens", "properties.tokens|properties.total_tokens"),
        ("tokens_in", "properties.tokens_in|properties.input_tokens"),
        ("tokens_out", "properties.tokens_out|properties.output_tokens"),
        ("requests", "properties.requests"),
        ("value", "properties.value|properties.amount|properties.quantity|properties.units"),
    ],
    ..NOTHING
};

/// Meter events, as the interface sends them and as files of them are uploaded.
pub(super) static STRIPE: Export = Export {
    name: "stripe",
    marks: &["payload.stripe_customer_id", "payload_stripe_customer_id", "payload.value", "payload_value"],
    time: &["timestamp", "created"],
    organization: &[
        "payload.stripe_customer_id",
        "payload_stripe_customer_id",
        "payload.customer_id",
        "payload.customer",
    ],
    feature: &["event_name"],
    id: &["identifier"],
    quantities: &[("value", "payload.value|payload_value|payload.tokens|payload_tokens")],
    ..NOTHING
};

/// Bills of clouds in the open format of FinOps; only rows of usage are operations.
pub(super) static FOCUS: Export = Export {
    name: "focus",
    marks: &["ChargePeriodStart", "ChargeCategory"],
    time: &["ChargePeriodStart"],
    organization: &["SubAccountName", "SubAccountId", "BillingAccountName", "BillingAccountId"],
    feature: &["ServiceName", "ServiceCategory", "SkuId"],
    unit: &["ConsumedUnit", "PricingUnit"],
    kinds: Some((&["ChargeCategory"], &["Usage"])),
    quantities: &[
        ("quantity", "ConsumedQuantity|PricingQuantity"),
        ("spend", "EffectiveCost|BilledCost|ContractedCost|ListCost"),
    ],
    buckets: Some(ExportBuckets { length: BucketLength::AsFound, end: &["ChargePeriodEnd"], requests: None }),
    ..NOTHING
};

/// Cost and usage reports of AWS, both versions of the header.
pub(super) static CUR: Export = Export {
    name: "cur",
    marks: &["lineItem/UsageStartDate", "lineItem/UsageAmount"],
    time: &["lineItem/UsageStartDate"],
    organization: &["lineItem/UsageAccountName", "lineItem/UsageAccountId"],
    feature: &["lineItem/ProductCode", "lineItem/UsageType"],
    unit: &["pricing/unit"],
    kinds: Some((&["lineItem/LineItemType"], &["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"])),
    quantities: &[
        ("quantity", "lineItem/UsageAmount"),
        ("spend", "lineItem/UnblendedCost|lineItem/BlendedCost"),
    ],
    buckets: Some(ExportBuckets {
        length: BucketLength::AsFound,
        end: &["lineItem/UsageEndDate"],
        requests: None,
    }),
    ..NOTHING
};
