//! Which column is what, told by its name.

/// Names that columns of each kind go by, the most telling first; compared without case.
const TIMES: &[&str] = &[
    "timestamp",
    "time",
    "starttime",
    "start_time_iso",
    "start_time",
    "started_at",
    "created_at",
    "datetime",
    "date",
    "usage_date_utc",
];
const ORGANIZATIONS: &[&str] = &[
    "org",
    "organization",
    "organization_id",
    "org_id",
    "tenant",
    "tenant_id",
    "team",
    "team_id",
    "customer",
    "customer_id",
    "account",
    "account_id",
    "workspace",
    "project_id",
    "group",
    "group_id",
    "subject",
    "external_subscription_id",
    "api_key_name",
    "api_key",
    "user",
    "user_id",
    "username",
];
const FEATURES: &[&str] = &["feature", "model", "code", "event", "operation", "type", "kind", "tool", "sku"];
const INPUTS: &[&str] = &["input_tokens", "prompt_tokens", "tokens_in", "tokens_prompt", "request tokens"];
const OUTPUTS: &[&str] =
    &["output_tokens", "completion_tokens", "tokens_out", "tokens_completion", "response tokens"];
const UNITS: &[&str] =
    &["units", "quantity", "credits", "images", "amount", "tokens", "total_tokens", "cost"];
const DURATIONS: &[(&str, f64)] = &[
    ("duration_ms", 1e-3),
    ("latency_ms", 1e-3),
    ("generation_time_ms", 1e-3),
    ("elapsed_ms", 1e-3),
    ("duration_s", 1.0),
    ("duration", 1.0),
    ("latency", 1.0),
    ("elapsed", 1.0),
];
const STATUSES: &[&str] = &["status", "outcome", "result", "state"];
const CALLS: &[&str] = &["requests", "num_model_requests", "calls", "count"];

/// What the columns of a history were taken for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Guess {
    /// Arrival.
    pub time: String,
    /// Organization.
    pub organization: Option<String>,
    /// Feature.
    pub feature: Option<String>,
    /// Sizes: tokens in and out, or one number of units.
    pub sizes: Vec<String>,
    /// Work time and seconds in its unit.
    pub duration: Option<(String, f64)>,
    /// Outcome.
    pub status: Option<String>,
    /// Calls of a bucket; a history with this column is one of buckets.
    pub calls: Option<String>,
}

impl Guess {
    /// Every column that is used.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let single = [&self.organization, &self.feature, &self.status, &self.calls];
        let mut columns = vec![self.time.as_str()];
        columns.extend(single.into_iter().flatten().map(String::as_str));
        columns.extend(self.sizes.iter().map(String::as_str));
        columns.extend(self.duration.iter().map(|(column, _)| column.as_str()));
        columns
    }
}

/// Guesses from a header; `None` without a column of times.
#[must_use]
pub fn guess(header: &[String]) -> Option<Guess> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| header.iter().find(|column| column.eq_ignore_ascii_case(name))).cloned()
    };
    let tokens: Vec<String> = [find(INPUTS), find(OUTPUTS)].into_iter().flatten().collect();
    Some(Guess {
        time: find(TIMES)?,
        organization: find(ORGANIZATIONS),
        feature: find(FEATURES),
        sizes: if tokens.is_empty() { find(UNITS).into_iter().collect() } else { tokens },
        duration: DURATIONS.iter().find_map(|(name, unit)| Some((find(&[name])?, *unit))),
        status: find(STATUSES),
        calls: find(CALLS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_by_their_names() {
        let header = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let images =
            guess(&header("timestamp,org,feature,units,duration_ms,status,steps,model")).expect("a time");
        assert_eq!(
            (images.organization.as_deref(), images.feature.as_deref()),
            (Some("org"), Some("feature"))
        );
        assert_eq!(
            (images.sizes.as_slice(), images.calls.as_deref()),
            (["units".to_owned()].as_slice(), None)
        );
        assert_eq!(images.duration, Some(("duration_ms".to_owned(), 1e-3)));
        let hourly =
            guess(&header("Start_Time,project_id,model,input_tokens,output_tokens,num_model_requests"));
        let hourly = hourly.expect("a time");
        assert_eq!((hourly.time.as_str(), hourly.sizes.len()), ("Start_Time", 2));
        assert_eq!(hourly.calls.as_deref(), Some("num_model_requests"));
        assert_eq!(guess(&header("who,what")), None);
    }
}
