//! Thresholds as a JUnit file, so that CI systems show them.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::experiment::{Findings, Judgement, Ruling, Threshold};
use crate::units::visible_lines as visible;

use super::overview::{condition, explanation};

/// Writes one test case a judged threshold: a failed one fails, an undecided one is an error.
#[must_use]
pub fn junit(
    findings: &Findings,
    scenario: &str,
    thresholds: &[Threshold],
    judgements: &[Judgement],
) -> String {
    let mut suite = TestSuite::new(&*visible(scenario));
    for judgement in judgements {
        let threshold = &thresholds[judgement.threshold];
        let policy = &findings.shape().policies[judgement.policy];
        let status = match judgement.ruling {
            Ruling::Pass => TestCaseStatus::success(),
            Ruling::Fail => not_passed(NonSuccessKind::Failure, judgement),
            Ruling::Undecided { .. } => not_passed(NonSuccessKind::Error, judgement),
        };
        let mut case = TestCase::new(&*visible(&condition(threshold)), status);
        case.set_classname(&*visible(policy));
        suite.add_test_case(case);
    }
    let mut report = Report::new("creditsim");
    report.add_test_suite(suite);
    report.to_string().expect("memory takes everything, and no time stands in it that would not be printed")
}

fn not_passed(kind: NonSuccessKind, judgement: &Judgement) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(&*visible(&message(judgement)));
    status
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
        assert!(text.contains("tests=\"3\" skipped=\"0\" errors=\"1\" failures=\"1\""), "{text}");
        assert!(text.contains("<testcase name=\"refusal_rate &lt; 1\" classname=\"block\"/>"), "{text}");
        assert!(text.contains("<error message=\"the outcome does not apply\"/>"), "{text}");
    }
}
