//! Which column is what, told by its name.
//!
//! Owns the words. The exports of known products are read as a replay reads them; everything else by common names,
//! compared without case and punctuation, the most telling first.

use crate::workload::history::{MAPPINGS, Mapping, mapping};

/// Sizes of an operation that are fitted at most.
pub const MOST_SIZES: usize = 4;

const TIMES: &[&str] = &[
    "timestamp",
    "time",
    "start_time_iso",
    "start_time",
    "started_at",
    "created_at",
    "occurred_at",
    "event_time",
    "datetime",
    "usage_date_utc",
    "date",
    "day",
    "hour",
    "bucket",
    "ts",
    "at",
    "start",
];
const ENDS: &[&str] = &["end_time", "ended_at", "finished_at", "completed_at"];
const ORGANIZATIONS: &[&str] = &[
    "org",
    "organization",
    "organization_id",
    "org_id",
    "organisation",
    "tenant",
    "tenant_id",
    "team",
    "team_id",
    "customer",
    "customer_id",
    "company",
    "company_id",
    "account",
    "account_id",
    "workspace",
    "workspace_id",
    "project_id",
    "project",
    "group",
    "group_id",
    "client",
    "client_id",
    "subject",
    "external_subscription_id",
    "external_customer_id",
    "api_key_name",
    "api_key",
    "api_key_id",
    "user",
    "user_id",
    "username",
    "session_id",
];
const FEATURES: &[&str] = &[
    "feature",
    "model",
    "model_name",
    "code",
    "event",
    "event_name",
    "operation",
    "endpoint",
    "action",
    "tool",
    "type",
    "kind",
    "sku",
];
const MEMBERS: &[&str] = &["member", "member_id", "user", "user_id", "username", "email", "end_user"];
const IDS: &[&str] = &["transaction_id", "request_id", "event_id", "idempotency_key"];
const INPUTS: &[&str] =
    &["input_tokens", "prompt_tokens", "tokens_in", "tokens_prompt", "request_tokens", "context_tokens"];
const OUTPUTS: &[&str] = &[
    "output_tokens",
    "completion_tokens",
    "tokens_out",
    "tokens_completion",
    "response_tokens",
    "generated_tokens",
];
const UNITS: &[&str] = &[
    "units",
    "quantity",
    "images",
    "amount",
    "tokens",
    "total_tokens",
    "value",
    "size",
    "seconds_used",
    "pages",
];
/// Money, and credits of which one is one.
const SPENDS: &[&str] =
    &["credits", "credits_used", "cost_credits", "spend", "cost", "cost_usd", "cost_total", "price"];
/// Columns of durations, and seconds in their unit.
const DURATIONS: &[(&str, f64)] = &[
    ("duration_ms", 1e-3),
    ("latency_ms", 1e-3),
    ("generation_time_ms", 1e-3),
    ("elapsed_ms", 1e-3),
    ("response_time_ms", 1e-3),
    ("duration_s", 1.0),
    ("duration_seconds", 1.0),
    ("duration_sec", 1.0),
    ("latency_s", 1.0),
    ("duration", 1.0),
    ("latency", 1.0),
    ("elapsed", 1.0),
    ("elapsed_time", 1.0),
];
const STATUSES: &[&str] = &["status", "outcome", "result", "state", "success", "ok", "error", "cancelled"];
const CALLS: &[&str] =
    &["requests", "num_model_requests", "request_count", "calls", "num_requests", "n_requests", "count"];

/// A size of a call, and where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SizeColumns {
    /// Its name in formulas.
    pub name: String,
    /// Alternatives; the first cell that is not empty counts.
    pub columns: Vec<String>,
    /// A part of it that is a size of its own, and is taken off.
    pub less: Option<String>,
}

impl SizeColumns {
    /// The size that a replay reads as `text`, as far as the header has it; none if it has not, or if it counts in some
    /// rows only.
    fn of(name: &str, text: &str, header: &[String]) -> Option<SizeColumns> {
        let has = |column: &&str| header.iter().any(|known| known == column);
        let mut size = SizeColumns { name: name.to_owned(), ..SizeColumns::default() };
        for alternative in text.split('|').filter(|alternative| !alternative.contains('[')) {
            let (whole, less) = alternative.split_once(" - ").unzip();
            size.columns.extend(Some(whole.unwrap_or(alternative)).filter(has).map(str::to_owned));
            size.less = size.less.or(less.filter(has).map(str::to_owned));
        }
        (!size.columns.is_empty()).then_some(size)
    }
}

/// What the columns of a history were taken for; several names are alternatives, the first cell that is not empty
/// counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Guess {
    /// The product whose export it is, if one is known.
    pub export: Option<&'static str>,
    /// Arrival.
    pub time: Vec<String>,
    /// End of the work.
    pub end: Vec<String>,
    /// Organization.
    pub organization: Vec<String>,
    /// Feature.
    pub feature: Vec<String>,
    /// Person who asks.
    pub member: Vec<String>,
    /// Unique number of a row; rows that repeat it are left out.
    pub id: Vec<String>,
    /// Sizes.
    pub sizes: Vec<SizeColumns>,
    /// The size that is a cost: its index, and credits in one of it.
    pub spend: Option<(usize, f64)>,
    /// Work time and seconds in its unit.
    pub duration: Option<(String, f64)>,
    /// Outcome.
    pub status: Option<String>,
    /// Words that mean cancelled, or failed, beside those that everyone uses.
    pub cancelled: Vec<String>,
    /// Calls of a bucket; a history with this column is one of buckets.
    pub calls: Option<String>,
}

impl Guess {
    /// Every column that is used, once.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        let groups = [&self.time, &self.end, &self.organization, &self.feature, &self.member, &self.id];
        let single = self.duration.iter().map(|(column, _)| column).chain(&self.status).chain(&self.calls);
        let all = groups
            .into_iter()
            .flatten()
            .chain(self.sizes.iter().flat_map(|size| size.columns.iter().chain(&size.less)))
            .chain(single);
        for column in all {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }
}

/// Guesses from a header; `None` without a column of times.
#[must_use]
pub fn guess(header: &[String]) -> Option<Guess> {
    MAPPINGS.iter().find_map(|name| known_export(name, header)).or_else(|| by_names(header))
}

/// The export of a known product: its time and two more of its own columns are there.
fn known_export(name: &'static str, header: &[String]) -> Option<Guess> {
    let Mapping { columns, quantities, buckets, .. } = mapping(name)?;
    let there =
        |names: &[String]| names.iter().filter(|name| header.contains(name)).cloned().collect::<Vec<_>>();
    let time = there(&columns.time);
    let requests = buckets.and_then(|buckets| buckets.requests);
    let sizes: Vec<SizeColumns> = quantities
        .iter()
        // How many calls a bucket holds is no size of a call.
        .filter(|(_, text)| Some(text) != requests.as_ref())
        .filter_map(|(name, text)| SizeColumns::of(name, text, header))
        .take(MOST_SIZES)
        .collect();
    let organization = there(&columns.organization);
    let marks = [&columns.feature, &columns.id, &columns.end].map(|names| there(names).len());
    let telling = sizes.len() + usize::from(!organization.is_empty()) + marks.iter().sum::<usize>();
    // `timestamp` and `time` are everybody's words: such exports must show more of themselves.
    let own_time = time
        .first()
        .is_some_and(|time| !matches!(time.as_str(), "timestamp" | "time" | "start_time" | "date"));
    if time.is_empty() || sizes.is_empty() || telling < if own_time { 2 } else { 3 } {
        return None;
    }
    let feature = there(&columns.feature);
    let member = there(&columns.member).into_iter().filter(|name| !organization.contains(name)).collect();
    let status = columns.status.filter(|status| header.contains(&status.column));
    let spend = sizes.iter().position(|size| size.name == "spend").map(|index| (index, CREDITS_PER_MONEY));
    Some(Guess {
        export: Some(name),
        end: there(&columns.end),
        member,
        id: there(&columns.id),
        spend,
        duration: columns
            .duration
            .filter(|duration| header.contains(&duration.column))
            .map(|duration| (duration.column, duration.unit.as_seconds_f64())),
        cancelled: status.as_ref().map(|status| status.cancelled.clone()).unwrap_or_default(),
        status: status.map(|status| status.column),
        calls: requests.filter(|column| header.contains(column)),
        time,
        organization,
        feature,
        sizes,
    })
}

/// Credits that one unit of money buys where a history says what calls cost in money.
pub const CREDITS_PER_MONEY: f64 = 100.0;

fn of_column(column: &str) -> SizeColumns {
    SizeColumns { name: identifier(column), columns: vec![column.to_owned()], less: None }
}

fn by_names(header: &[String]) -> Option<Guess> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| header.iter().find(|column| plain(column) == plain(name))).cloned()
    };
    let all = |names: &[&str]| -> Vec<String> { find(names).into_iter().collect() };
    let time = find(TIMES)?;
    let organization = find(ORGANIZATIONS).filter(|column| *column != time);
    let feature = find(FEATURES);
    let mut sizes: Vec<String> = [find(INPUTS), find(OUTPUTS)].into_iter().flatten().collect();
    if sizes.is_empty() {
        sizes.extend(find(UNITS));
    }
    let spend = find(SPENDS).filter(|column| !sizes.contains(column));
    sizes.extend(spend.clone());
    let is_money = spend.as_ref().is_some_and(|column| !plain(column).contains("credits"));
    let taken = |column: &String| Some(column) == organization.as_ref() || Some(column) == feature.as_ref();
    Some(Guess {
        export: None,
        time: vec![time],
        end: all(ENDS),
        member: all(MEMBERS).into_iter().filter(|column| !taken(column)).collect(),
        id: all(IDS),
        spend: spend.map(|_| (sizes.len() - 1, if is_money { CREDITS_PER_MONEY } else { 1.0 })),
        sizes: sizes.into_iter().map(|column| of_column(&column)).collect(),
        duration: DURATIONS.iter().find_map(|(name, unit)| Some((find(&[name])?, *unit))),
        status: find(STATUSES),
        cancelled: Vec::new(),
        calls: find(CALLS),
        organization: organization.into_iter().collect(),
        feature: feature.into_iter().collect(),
    })
}

/// A name without case and punctuation: `startTime`, `Start Time` and `start_time` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A column's name as a formula can use it.
fn identifier(name: &str) -> String {
    let mut identifier: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    // Names that formulas know already, or that do not begin with a letter.
    if !identifier.starts_with(|c: char| c.is_ascii_lowercase())
        || matches!(identifier.as_str(), "turn" | "duration")
    {
        identifier.insert_str(0, "size_");
    }
    identifier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_by_their_names() {
        // Header; export, organization, sizes, calls, status.
        let cases = [
            (
                "timestamp,org,feature,units,duration_ms,status,steps,model",
                None,
                "org",
                "units",
                None,
                Some("status"),
            ),
            (
                "start_time,start_time_iso,project_id,model,input_tokens,output_tokens,num_model_requests",
                Some("openai"),
                "project_id",
                "tokens_in tokens_out",
                Some("num_model_requests"),
                None,
            ),
            (
                "request_id,startTime,endTime,team_id,model,prompt_tokens,completion_tokens,spend,status",
                Some("litellm"),
                "team_id",
                "tokens_in tokens_out spend",
                None,
                Some("status"),
            ),
            ("Created At,Customer,Credits Used", None, "Customer", "credits_used", None, None),
            (
                "time,subject,type,id,data.model,data.tokens",
                Some("openmeter"),
                "subject",
                "tokens",
                None,
                None,
            ),
        ];
        for (header, export, organization, sizes, calls, status) in cases {
            let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
            let guess = guess(&columns).expect(header);
            assert_eq!(
                (guess.export, guess.organization.as_slice()),
                (export, [organization.to_owned()].as_slice())
            );
            let names: Vec<&str> = guess.sizes.iter().map(|size| size.name.as_str()).collect();
            assert_eq!(names.join(" "), sizes, "{header}");
            assert_eq!((guess.calls.as_deref(), guess.status.as_deref()), (calls, status), "{header}");
        }
        assert_eq!(guess(&["who".to_owned(), "what".to_owned()]), None);
    }
}
