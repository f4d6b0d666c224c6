//! Reads conditions on half-widths: `"half_width(loss_rate) < 0.1%"`, `"hold: half_width(cash_money in plan:pro) <= 50"`.

use super::model::{Comparison, HalfWidthWanted};
use super::thresholds::{ThresholdError, known_metric, known_scope, split_condition, split_policy};
use crate::outcome::{METRICS, metric_index};

/// What every condition looks like, for messages.
const FORM: &str = "a condition on a half-width, like \"half_width(loss_rate) < 0.1%\" or \"hold: half_width(cash_money) < 50\"";

/// A condition as on the command line: `[POLICY:] half_width(METRIC [in SCOPE]) < VALUE`. A percentage is one of a share, absolute:
/// `0.1%` of a loss rate are 0.1 percentage points.
///
/// # Errors
/// What is wanted instead, with a hint.
pub fn parse_half_width(text: &str, policies: &[String]) -> Result<HalfWidthWanted, ThresholdError> {
    let form = || ThresholdError { wanted: FORM.to_owned(), hint: None };
    let (left, comparison, half_width) = split_condition(text, FORM)?;
    let or_equal = match comparison {
        Comparison::Less => false,
        Comparison::LessOrEqual => true,
        _ => return Err(form()),
    };
    let (policy, rest) = split_policy(left, policies)?;
    let inner = rest.trim().strip_prefix("half_width").and_then(|rest| rest.trim().strip_prefix('('));
    let inner = inner.and_then(|rest| rest.strip_suffix(')')).ok_or_else(form)?;
    let (metric, scope) = inner.split_once(" in ").unwrap_or((inner, "all"));
    let (metric, scope) = (known_metric(metric.trim())?, known_scope(scope.trim())?);
    if !(half_width > 0.0 && half_width.is_finite()) {
        return Err(ThresholdError { wanted: String::from("a half-width above 0"), hint: None });
    }
    let is_share = metric_index(&metric).is_some_and(|index| METRICS[index].is_share());
    if text.trim_end().ends_with('%') && !is_share {
        let hint = Some(format!("write it in the unit of `{metric}` (`creditsim metrics`)"));
        return Err(ThresholdError { wanted: String::from("a percentage for shares alone"), hint });
    }
    let text = text.trim().to_owned();
    Ok(HalfWidthWanted { policy, scope, metric, half_width, or_equal, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_half_widths_are_read_and_others_refused() {
        let policies = ["block".to_owned(), "hold".to_owned()];
        let read = |text: &str| parse_half_width(text, &policies);
        let found = read("half_width(loss_rate) < 0.1%").unwrap();
        assert_eq!((found.policy, found.scope.as_str(), found.metric.as_str()), (None, "all", "loss_rate"));
        assert!((found.half_width - 0.001).abs() < 1e-12 && !found.or_equal);
        let found = read("hold: half_width(cash_money in cohort:small) <= 50").unwrap();
        assert_eq!((found.policy, found.scope.as_str(), found.or_equal), (Some(1), "cohort:small", true));
        for text in [
            "loss_rate < 1%",
            "half_width(loss_rate) > 1%",
            "half_width(loss_rate < 1%",
            "half_width(loss) < 1%",
            "half_width(loss_rate) < 0",
            "half_width(cash_money) < 1%",
            "free: half_width(loss_rate) < 1%",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
