//! The available balance over time, a panel a policy on one scale: a band over organizations, median and mean.

use crate::experiment::{Findings, OrganizationSpread, Point};

use super::super::number;
use super::axis::{reach, seconds};
use super::{
    CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel,
    PictureValue, policies,
};

/// The picture; `None` without a timeline.
pub(super) fn picture(findings: &Findings) -> Option<Picture> {
    let shape = findings.shape();
    let &last = shape.instants.last()?;
    let points: Vec<Vec<Point>> = (0..shape.policies.len())
        .map(|policy| findings.measurements.progress(policy).points().collect())
        .collect();
    let spread = |points: &[Point]| points.iter().map(|point| point.available).collect::<Vec<_>>();
    let spreads: Vec<Vec<OrganizationSpread>> = points.iter().map(|points| spread(points)).collect();
    let all = spreads.iter().flatten();
    let (low, high) = reach(all.flat_map(|own| [own.p10, own.p90, own.mean]));
    let room = (high - low) * 0.04;
    let y =
        PictureAxis::linear("available", "credits", (if low < 0.0 { low - room } else { 0.0 }, high + room));
    let x = PictureAxis::time(shape.measure_from, last);
    let (mut panels, mut left_out) = (Vec::new(), Vec::new());
    for (policy, name) in shape.policies.iter().enumerate() {
        match (0..policy).find(|&other| spreads[other] == spreads[policy]) {
            Some(other) => left_out.push(LeftOut {
                what: name.clone(),
                why: format!("over time the same as `{}`", shape.policies[other]),
            }),
            None => panels.push(PicturePanel {
                title: name.clone(),
                x: x.clone(),
                y: y.clone(),
                content: PanelContent::Curves { curves: curves(findings, policy, &spreads[policy]) },
            }),
        }
    }
    Some(Picture {
        name: "balance".to_owned(),
        title: title(findings, &spreads),
        subtitle: "available credits (settled less open holds) of an organization; line: median, dashed: mean, band: \
                   10th to 90th percentile of organizations"
            .to_owned(),
        series: policies(findings),
        panels,
        notes: Vec::new(),
        left_out,
    })
}

fn curves(findings: &Findings, policy: usize, spreads: &[OrganizationSpread]) -> Vec<PictureCurve> {
    let curve = |label: &str, style, of: &dyn Fn(&OrganizationSpread) -> PictureValue| PictureCurve {
        series: policy,
        label: label.to_owned(),
        style,
        points: findings
            .shape()
            .instants
            .iter()
            .zip(spreads)
            .map(|(&at, spread)| CurvePoint { x: seconds(at), value: of(spread) })
            .collect(),
    };
    let banded = |spread: &OrganizationSpread| PictureValue {
        low: Some(spread.p10),
        high: Some(spread.p90),
        text: format!(
            "median {}, {} to {} credits",
            number::short(spread.p50),
            number::short(spread.p10),
            number::short(spread.p90)
        ),
        ..PictureValue::plain(spread.p50, "credits")
    };
    vec![
        curve("median", CurveStyle::Line, &banded),
        curve("mean", CurveStyle::Aside, &|spread| PictureValue::plain(spread.mean, "credits")),
    ]
}

/// How often at least a tenth of organizations has nothing left.
fn title(findings: &Findings, spreads: &[Vec<OrganizationSpread>]) -> String {
    let out = |spreads: &Vec<OrganizationSpread>| {
        let instants = spreads.len().max(1) as f64;
        spreads.iter().filter(|spread| spread.p10 <= 0.0).count() as f64 / instants
    };
    let shares: Vec<f64> = spreads.iter().map(out).collect();
    let name = |policy: usize| &findings.shape().policies[policy];
    let by_share = |a: &usize, b: &usize| shares[*a].total_cmp(&shares[*b]);
    let most = (0..shares.len()).rev().max_by(by_share).unwrap_or(0);
    let least = (0..shares.len()).min_by(by_share).unwrap_or(0);
    let percent = |policy: usize| number::rough(shares[policy] * 100.0);
    match () {
        () if shares[most] == 0.0 => {
            "Nine in ten organizations have credits left at every instant, under every policy".to_owned()
        }
        () if shares[most] == shares[least] => {
            format!("A tenth of organizations or more has no credits left {} % of the time", percent(most))
        }
        () => format!(
            "A tenth of organizations or more has no credits left {} % of the time under `{}`, {} % under `{}`",
            percent(most),
            name(most),
            percent(least),
            name(least)
        ),
    }
}
