//! Reads conditions on outcomes: `"loss_rate < 8%"`, `"hold: loss_rate in feature:post < 0.08"`.

use crate::outcome::METRICS;

use super::model::{Comparison, Threshold};
use super::reading::{Item, Section, did_you_mean, share};

/// What every threshold looks like, for messages.
const FORM: &str = "a condition, like \"loss_rate < 8%\" or \"overspend_credits in feature:post == 0\"";

/// Longest operators first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Comparison); 6] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("wanted {wanted}")]
pub struct ThresholdError {
    /// What is wanted.
    pub wanted: String,
    /// How to repair it.
    pub hint: Option<String>,
}

/// A condition as on the command line: `[POLICY:] METRIC [in SCOPE] OPERATOR VALUE`.
///
/// # Errors
/// What is wanted instead, with a hint.
pub fn parse_threshold(text: &str, policies: &[String]) -> Result<Threshold, ThresholdError> {
    let (left, comparison, value) = split_condition(text, FORM)?;
    let (policy, left) = split_policy(left, policies)?;
    let (metric, scope) = left.split_once(" in ").unwrap_or((left, "all"));
    let (metric, scope) = (known_metric(metric.trim())?, known_scope(scope.trim())?);
    Ok(Threshold { policy, scope, metric, comparison, value, text: text.trim().to_owned() })
}

/// What stands left of the comparison of a condition, the comparison, and its limit; `form` says what a condition looks like.
///
/// # Errors
/// What is wanted instead.
pub fn split_condition<'t>(text: &'t str, form: &str) -> Result<(&'t str, Comparison, f64), ThresholdError> {
    let error = |wanted: &str| ThresholdError { wanted: wanted.to_owned(), hint: None };
    let (at, operator, comparison) = operator(text).ok_or_else(|| error(form))?;
    let (left, right) = (text[..at].trim(), text[at + operator.len()..].trim());
    let value = share(right).ok_or_else(|| error("a number or a percentage after the comparison"))?;
    Ok((left, comparison, value))
}

/// An outcome that is wanted small or large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeWanted {
    /// The policy it is asked of; every one if absent.
    pub policy: Option<usize>,
    /// True for more, false for less; absent if the outcome's own direction is meant.
    pub more: Option<bool>,
    /// An outcome of docs/outcomes.md.
    pub metric: String,
    /// `all`, `cohort:NAME`, `feature:NAME` or `plan:NAME`.
    pub scope: String,
}

/// An outcome as on the command line: `[POLICY:] [min|max] METRIC [in SCOPE]`.
///
/// # Errors
/// What is wanted instead, with a hint.
pub fn parse_wanted(text: &str, policies: &[String]) -> Result<OutcomeWanted, ThresholdError> {
    let (policy, rest) = split_policy(text.trim(), policies)?;
    let (more, rest) = match rest.split_once(' ') {
        Some(("min" | "minimize", rest)) => (Some(false), rest),
        Some(("max" | "maximize", rest)) => (Some(true), rest),
        _ => (None, rest),
    };
    let (metric, scope) = rest.split_once(" in ").unwrap_or((rest, "all"));
    let (metric, scope) = (known_metric(metric.trim())?, known_scope(scope.trim())?);
    Ok(OutcomeWanted { policy, more, metric, scope })
}

pub(super) fn known_scope(scope: &str) -> Result<String, ThresholdError> {
    let kinds = ["cohort:", "feature:", "plan:"];
    if scope == "all" || kinds.iter().any(|kind| scope.starts_with(kind)) {
        return Ok(scope.to_owned());
    }
    Err(ThresholdError {
        wanted: "a scope: all, cohort:NAME, feature:NAME or plan:NAME".to_owned(),
        hint: None,
    })
}

fn operator(text: &str) -> Option<(usize, &'static str, Comparison)> {
    let found = OPERATORS
        .iter()
        .filter_map(|(operator, comparison)| Some((text.find(operator)?, *operator, *comparison)));
    // At the same position, the longer operator wins because it comes first.
    found.min_by_key(|(at, operator, _)| (*at, 2 - operator.len()))
}

/// A policy before a colon; scopes hold colons too, but only after `in`.
pub(super) fn split_policy<'t>(
    left: &'t str,
    policies: &[String],
) -> Result<(Option<usize>, &'t str), ThresholdError> {
    let head = left.split(" in ").next().unwrap_or(left);
    let Some((name, _)) = head.split_once(':') else { return Ok((None, left)) };
    let rest = left[name.len() + 1..].trim();
    let name = name.trim();
    if name == "all" {
        return Ok((None, rest));
    }
    match policies.iter().position(|policy| policy == name) {
        Some(index) => Ok((Some(index), rest)),
        None => Err(ThresholdError {
            wanted: format!("a policy before the colon, one of: {}", policies.join(", ")),
            hint: did_you_mean(name, policies.iter().map(String::as_str))
                .map(|name| format!("did you mean `{name}`?")),
        }),
    }
}

pub(super) fn known_metric(name: &str) -> Result<String, ThresholdError> {
    if METRICS.iter().any(|metric| metric.name == name) {
        return Ok(name.to_owned());
    }
    Err(ThresholdError {
        wanted: "the name of an outcome, like `loss_rate` or `overspend_credits`".to_owned(),
        hint: Some(close_outcome(name)),
    })
}

/// What somebody may have meant who named an outcome that there is not.
#[must_use]
pub fn close_outcome(name: &str) -> String {
    did_you_mean(name, METRICS.iter().map(|metric| metric.name))
        .map_or_else(|| "`creditsim metrics` lists them".to_owned(), |name| format!("did you mean `{name}`?"))
}

/// The name of an outcome.
pub(super) fn metric_name(item: Item<'_>) -> Option<String> {
    let text = item.text()?;
    known_metric(&text).map_or_else(|error| item.fail_with(error.wanted, error.hint), Some)
}

/// Reads `[thresholds]`: lists by policy, or under `all`.
pub(super) fn read(section: Section<'_>, policies: &[String]) -> Vec<Threshold> {
    let entries = section.get("thresholds").and_then(Item::entries).unwrap_or_default();
    let mut thresholds = Vec::new();
    for (name, item) in entries {
        let policy = policies.iter().position(|policy| policy == name);
        if policy.is_none() && name != "all" {
            let close = did_you_mean(name, policies.iter().map(String::as_str));
            let hint = close.map_or_else(
                || format!("policies: {}", policies.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            item.error::<()>("names no policy", Some(hint));
            continue;
        }
        for mut threshold in item.one_or_many(|item| threshold(item, policies)).unwrap_or_default() {
            threshold.policy = threshold.policy.or(policy);
            thresholds.push(threshold);
        }
    }
    thresholds
}

fn threshold(item: Item<'_>, policies: &[String]) -> Option<Threshold> {
    let text = item.text()?;
    parse_threshold(&text, policies).map_or_else(|error| item.fail_with(error.wanted, error.hint), Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_with_policy_scope_and_percent() {
        let policies = ["block".to_owned(), "hold".to_owned()];
        let cases = [
            ("loss_rate < 8%", None, "loss_rate", "all", Comparison::Less, 0.08),
            ("hold: overspend_credits == 0", Some(1), "overspend_credits", "all", Comparison::Equal, 0.0),
            ("all: refusal_rate <= 0.1", None, "refusal_rate", "all", Comparison::LessOrEqual, 0.1),
            ("loss_rate in feature:post != 0", None, "loss_rate", "feature:post", Comparison::NotEqual, 0.0),
            (
                "block: utilisation in cohort:small >= 50 %",
                Some(0),
                "utilisation",
                "cohort:small",
                Comparison::GreaterOrEqual,
                0.5,
            ),
        ];
        for (text, policy, metric, scope, comparison, value) in cases {
            let read = parse_threshold(text, &policies).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (read.policy, read.metric.as_str(), read.scope.as_str()),
                (policy, metric, scope),
                "{text}"
            );
            assert_eq!((read.comparison, read.value), (comparison, value), "{text}");
        }
        for text in
            ["loss_rate", "los_rate < 1", "hodl: loss_rate < 1", "loss_rate < much", "loss_rate in team < 1"]
        {
            assert!(parse_threshold(text, &policies).is_err(), "{text}");
        }
    }
}
