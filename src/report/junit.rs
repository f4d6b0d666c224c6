//! Thresholds as a JUnit file, so that CI systems show them.

use crate::experiment::Threshold;
use crate::experiment::{Findings, Judgement, Ruling};

use super::html::escape;
use super::overview::explanation;

/// Writes one test case a judged threshold: a failed one fails, an undecided one is an error.
#[must_use]
pub fn junit(
    findings: &Findings,
    scenario: &str,
    thresholds: &[Threshold],
    judgements: &[Judgement],
) -> String {
    let count =
        |wanted: fn(&Ruling) -> bool| judgements.iter().filter(|judged| wanted(&judged.ruling)).count();
    let failures = count(|ruling| *ruling == Ruling::Fail);
    let errors = count(|ruling| matches!(ruling, Ruling::Undecided { .. }));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"{errors}\">\n",
        escape(scenario),
        judgements.len()
    );
    for judgement in judgements {
        let threshold = &thresholds[judgement.threshold];
        let policy = &findings.shape().policies[judgement.policy];
        let scope = if threshold.scope == "all" { String::new() } else { format!(" ({})", threshold.scope) };
        out += &format!(
            "<testcase classname=\"{}\" name=\"{}{}\">",
            escape(policy),
            escape(&threshold.text),
            escape(&scope)
        );
        let message = escape(&message(judgement));
        match judgement.ruling {
            Ruling::Pass => {}
            Ruling::Fail => out += &format!("<failure message=\"{message}\"/>"),
            Ruling::Undecided { .. } => out += &format!("<error message=\"{message}\"/>"),
        }
        out += "</testcase>\n";
    }
    out + "</testsuite>\n</testsuites>\n"
}

fn message(judgement: &Judgement) -> String {
    let found = match judgement.estimate.map(|estimate| (estimate.mean, estimate.interval())) {
        Some((mean, Some((low, high)))) => format!("mean {mean}, 95 % interval {low} to {high}"),
        Some((mean, None)) => format!("mean {mean}"),
        None => return explanation(judgement),
    };
    let why = explanation(judgement);
    if why.is_empty() { found } else { format!("{found}; {why}") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Comparison;
    use crate::experiment::{Measurements, judge};
    use crate::outcome::synthetic;

    #[test]
    fn failures_and_undecided_ones_are_counted_apart() {
        let shape = synthetic::shape(&["block"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..10).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
        let findings = Findings::new(measurements, 0);
        let threshold = |metric: &str, value: f64| Threshold {
            policy: None,
            scope: "all".to_owned(),
            metric: metric.to_owned(),
            comparison: Comparison::Less,
            value,
            text: format!("{metric} < {value}"),
        };
        let thresholds = [
            threshold("refusal_rate", 1.0),
            threshold("refusal_rate", 0.0),
            threshold("alert_lead_h_p50", 1.0),
        ];
        let text = junit(&findings, "made-up", &thresholds, &judge(&findings.measurements, &thresholds));
        assert!(text.contains("tests=\"3\" failures=\"1\" errors=\"1\""), "{text}");
        assert!(
            text.contains("<testcase classname=\"block\" name=\"refusal_rate &lt; 1\"></testcase>"),
            "{text}"
        );
        assert!(text.contains("<error message=\"the outcome does not apply\"/>"), "{text}");
    }
}
