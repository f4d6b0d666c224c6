//! Purchases over time, a line a policy: how many so far.

use crate::experiment::Findings;

use super::super::number;
use super::axis::seconds;
use super::{
    CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel,
    PictureValue, policies,
};

/// The picture, or why there is none.
pub(super) fn picture(findings: &Findings) -> Result<Picture, LeftOut> {
    let shape = findings.shape();
    let nothing = |why: &str| LeftOut { what: "purchases over time".to_owned(), why: why.to_owned() };
    let last = *shape.instants.last().ok_or_else(|| nothing("the horizon is too short for a timeline"))?;
    let courses: Vec<Vec<f64>> = (0..shape.policies.len())
        .map(|policy| findings.measurements.progress(policy).points().map(|point| point.purchases).collect())
        .collect();
    let total = |policy: usize| courses[policy].last().copied().unwrap_or(0.0);
    let (buying, still): (Vec<usize>, Vec<usize>) =
        (0..courses.len()).partition(|&policy| total(policy) > 0.0);
    let most = buying.iter().map(|&policy| total(policy)).fold(0.0, f64::max);
    let first = buying.iter().copied().max_by(|a, b| total(*a).total_cmp(&total(*b)));
    let first = first.ok_or_else(|| nothing("nobody buys under any policy"))?;
    let curve = |&policy: &usize| PictureCurve {
        series: policy,
        label: format!("{} in all", number::short(total(policy))),
        style: CurveStyle::Line,
        points: shape
            .instants
            .iter()
            .zip(&courses[policy])
            .map(|(&at, &so_far)| CurvePoint {
                x: seconds(at),
                value: PictureValue::plain(so_far, "purchases"),
            })
            .collect(),
    };
    let halfway = courses[first].iter().position(|&so_far| so_far >= total(first) / 2.0).unwrap_or(0);
    let when = (halfway + 1) as f64 / courses[first].len().max(1) as f64;
    Ok(Picture {
        name: "purchases".to_owned(),
        title: format!(
            "Half of the {} purchases under `{}` come in the first {} % of the time",
            number::short(total(first)),
            shape.policies[first],
            number::rough(when * 100.0)
        ),
        subtitle:
            "purchases paid so far, automatic top-ups included, all organizations, mean of a replication"
                .to_owned(),
        series: policies(findings),
        panels: vec![PicturePanel {
            title: String::new(),
            x: PictureAxis::time(shape.measure_from, last),
            y: PictureAxis::from_zero("so far", "purchases", [most]),
            content: PanelContent::Curves { curves: buying.iter().map(curve).collect() },
        }],
        notes: Vec::new(),
        left_out: still
            .into_iter()
            .map(|policy| LeftOut { what: shape.policies[policy].clone(), why: "nobody buys".to_owned() })
            .collect(),
    })
}
