//! How deep organizations went into debt: the share of them that was ever deeper than x.

use crate::experiment::Findings;
use crate::outcome::{Histogram, Scope, metric_index};

use super::super::number;
use super::{
    CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel,
    PictureValue, policies,
};

/// One policy that let somebody into debt.
struct DebtCurve {
    policy: usize,
    /// (debt (credits), share of organizations deeper in debt), debt ascending.
    steps: Vec<(f64, f64)>,
    /// Share of organizations ever in debt.
    overdrawn: f64,
    /// Largest debt (credits).
    largest: f64,
}

/// The picture, or why there is none.
pub(super) fn picture(findings: &Findings) -> Result<Picture, LeftOut> {
    let shape = findings.shape();
    let curves: Vec<DebtCurve> =
        (0..shape.policies.len()).filter_map(|policy| curve(findings, policy)).collect();
    let deepest = curves.iter().max_by(|a, b| a.overdrawn.total_cmp(&b.overdrawn));
    let Some(deepest) = deepest else {
        let why = "no organization was in debt under any policy".to_owned();
        return Err(LeftOut { what: "overdraft".to_owned(), why });
    };
    let percent = |share: f64| number::brief((share * 1000.0).round() / 10.0);
    let title = format!(
        "`{}` lets {} % of organizations into debt, at most {} credits deep",
        shape.policies[deepest.policy],
        percent(deepest.overdrawn),
        number::brief(deepest.largest)
    );
    let (x, y) = axes(&curves);
    let without = (0..shape.policies.len()).filter(|policy| curves.iter().all(|own| own.policy != *policy));
    let left_out = without
        .map(|policy| LeftOut { what: shape.policies[policy].clone(), why: "nobody was in debt".to_owned() });
    let drawn = |own: &DebtCurve| PictureCurve {
        series: own.policy,
        label: format!("{} % ever in debt, at most {}", percent(own.overdrawn), number::short(own.largest)),
        style: CurveStyle::Steps,
        points: points(own, x.low),
    };
    Ok(Picture {
        name: "overdraft".to_owned(),
        title,
        subtitle: "share of organizations whose largest debt exceeded x, over all replications".to_owned(),
        series: policies(findings),
        left_out: left_out.collect(),
        panels: vec![PicturePanel {
            title: String::new(),
            content: PanelContent::Curves { curves: curves.iter().map(drawn).collect() },
            x,
            y,
        }],
        notes: Vec::new(),
    })
}

fn curve(findings: &Findings, policy: usize) -> Option<DebtCurve> {
    let debts: &Histogram = findings.measurements.largest_debts(policy);
    let organizations = debts.count() as f64;
    let mut deeper: u64 = debts.cells().filter(|&(debt, _)| debt > 0.0).map(|(_, count)| count).sum();
    if deeper == 0 {
        return None;
    }
    let overdrawn = deeper as f64 / organizations;
    let mut steps = Vec::new();
    for (debt, count) in debts.cells().filter(|&(debt, _)| debt > 0.0) {
        deeper -= count;
        steps.push((debt / 1e6, deeper as f64 / organizations));
    }
    // The exact largest debt of any organization in any replication.
    let exact = metric_index("overdraft_credits_max").and_then(|metric| {
        findings.measurements.values(policy, Scope::All, metric).flatten().reduce(f64::max)
    });
    let last = steps.last().map_or(0.0, |step| step.0);
    let largest = exact.unwrap_or(last);
    if let Some(step) = steps.last_mut() {
        step.0 = largest;
    }
    Some(DebtCurve { policy, steps, overdrawn, largest })
}

/// A logarithmic axis of debt and a linear one of shares [%].
fn axes(curves: &[DebtCurve]) -> (PictureAxis, PictureAxis) {
    let largest = curves.iter().map(|curve| curve.largest).fold(0.0, f64::max);
    // A few tiny debts must not stretch the axis: three decades below the largest tell the story.
    let smallest =
        curves.iter().filter_map(|curve| curve.steps.first()).map(|step| step.0).fold(largest, f64::min);
    let low = smallest.max(largest / 1e3) * 0.9;
    let deepest = curves.iter().map(|curve| curve.overdrawn).fold(0.0, f64::max);
    let x = PictureAxis::logarithmic("largest debt", "credits", (low, largest * 1.1));
    let y = PictureAxis::linear(
        "organizations ever deeper in debt",
        "%",
        (0.0, (deepest * 105.0).clamp(1.0, 100.0)),
    );
    (x, y)
}

/// What lies left of the axis only lowers the height at which the curve comes in.
fn points(curve: &DebtCurve, from: f64) -> Vec<CurvePoint> {
    let point = |debt: f64, share: f64| CurvePoint {
        x: debt,
        value: PictureValue {
            text: format!("{} % deeper than {} credits", number::brief(share * 100.0), number::brief(debt)),
            ..PictureValue::plain(share * 100.0, "%")
        },
    };
    let hidden = curve.steps.iter().take_while(|step| step.0 < from).count();
    let share = if hidden == 0 { curve.overdrawn } else { curve.steps[hidden - 1].1 };
    let shown = curve.steps[hidden..].iter().map(|&(debt, share)| point(debt, share));
    std::iter::once(point(from, share)).chain(shown).collect()
}
