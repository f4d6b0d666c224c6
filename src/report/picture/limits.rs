//! Who met which limit, and when: a curve a limit of each policy.

use crate::experiment::Findings;
use crate::outcome::{Histogram, Scope};

use super::super::number;
use super::{
    CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel,
    PictureValue, policies,
};

/// Panels of a picture; the others are in the file.
const MOST_PANELS: usize = 12;

/// A day in microseconds.
const DAY: f64 = 86_400e6;

/// What a limit met, over all replications.
struct MetLimit {
    policy: usize,
    name: String,
    /// (days since outcomes count, share of organizations that had met it by then [%]), ascending.
    steps: Vec<(f64, f64)>,
    /// Days until half of those that met it had.
    half: f64,
}

impl MetLimit {
    fn share(&self) -> f64 {
        self.steps.last().map_or(0.0, |step| step.1)
    }
}

/// The picture, or why there is none.
pub(super) fn picture(findings: &Findings) -> Result<Picture, LeftOut> {
    let shape = findings.shape();
    let nothing = |why: &str| LeftOut { what: "limits".to_owned(), why: why.to_owned() };
    if shape.limits.iter().all(Vec::is_empty) {
        return Err(nothing("no policy has a limit"));
    }
    let (met, mut left_out) = met(findings);
    let most = met.iter().max_by(|a, b| a.share().total_cmp(&b.share()));
    let most = most.ok_or_else(|| nothing("no limit was ever short of room"))?;
    let last = met.iter().flat_map(|limit| &limit.steps).map(|step| step.0).fold(0.0, f64::max);
    let days = shape.instants.last().map_or(last, |&end| (end - shape.measure_from).micros() as f64 / DAY);
    let x = PictureAxis::linear("days since outcomes count", "", (0.0, days.max(last)));
    let y = PictureAxis::from_zero("organizations that have met it", "%", [most.share() * 1.05]);
    let curve = |limit: &MetLimit| PictureCurve {
        series: limit.policy,
        label: String::new(),
        style: CurveStyle::Steps,
        points: points(limit, x.high),
    };
    let panel = |limit: &MetLimit| PicturePanel {
        title: format!("{}: {}", shape.policies[limit.policy], limit.name),
        x: x.clone(),
        y: y.clone(),
        content: PanelContent::Curves { curves: vec![curve(limit)] },
    };
    left_out.extend(met.iter().skip(MOST_PANELS).map(|limit| LeftOut {
        what: format!("{}: {}", shape.policies[limit.policy], limit.name),
        why: "in limits.csv".to_owned(),
    }));
    Ok(Picture {
        name: "limits".to_owned(),
        title: format!(
            "{} % of organizations meet `{}` under `{}`, half of them within {} days",
            number::rough(most.share()),
            most.name,
            shape.policies[most.policy],
            number::rough(most.half)
        ),
        subtitle:
            "share of organizations for which a limit has had no room for an operation so far, over all \
                   replications"
                .to_owned(),
        series: policies(findings),
        panels: met.iter().take(MOST_PANELS).map(panel).collect(),
        notes: Vec::new(),
        left_out,
    })
}

/// Limits that were met, and those that were not.
fn met(findings: &Findings) -> (Vec<MetLimit>, Vec<LeftOut>) {
    let shape = findings.shape();
    let replications =
        if findings.measurements.is_resampled() { 1 } else { findings.measurements.replications() };
    let organizations = findings.measurements.organizations(Scope::All) as f64 * f64::from(replications);
    let (mut met, mut left_out) = (Vec::new(), Vec::new());
    for (policy, names) in shape.limits.iter().enumerate() {
        for (place, name) in names.iter().enumerate() {
            let first = findings.measurements.limits(policy).of(place).first_lacking;
            match limit(policy, name, &first, organizations) {
                Some(own) => met.push(own),
                None => left_out.push(LeftOut {
                    what: format!("{}: {name}", shape.policies[policy]),
                    why: "always had room".to_owned(),
                }),
            }
        }
    }
    (met, left_out)
}

fn limit(policy: usize, name: &str, first: &Histogram, organizations: f64) -> Option<MetLimit> {
    let mut so_far = 0;
    let steps = first.cells().map(|(micros, count)| {
        so_far += count;
        (micros / DAY, so_far as f64 / organizations.max(1.0) * 100.0)
    });
    let steps: Vec<(f64, f64)> = steps.collect();
    let half = first.quantile(0.5)? / DAY;
    Some(MetLimit { policy, name: name.to_owned(), steps, half })
}

/// From nobody at the start to the last one, level to the end.
fn points(limit: &MetLimit, end: f64) -> Vec<CurvePoint> {
    let point = |(days, share): (f64, f64)| CurvePoint {
        x: days,
        value: PictureValue {
            text: format!("{} % within {} days", number::brief(share), number::brief(days)),
            ..PictureValue::plain(share, "%")
        },
    };
    let steps = limit.steps.iter().copied();
    std::iter::once((0.0, 0.0)).chain(steps).chain([(end, limit.share())]).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_counts_who_met_the_limit_so_far() {
        let mut first = Histogram::default();
        [1, 1, 4].iter().for_each(|days| first.record(days * DAY as i64));
        let own = limit(0, "hourly", &first, 12.0).expect("it was met");
        assert_eq!((own.share(), own.half), (25.0, 1.0));
        let shares: Vec<f64> = points(&own, 30.0).iter().map(|point| point.value.mean.round()).collect();
        assert_eq!(shares, [0.0, 17.0, 25.0, 25.0]);
        assert!(limit(0, "hourly", &Histogram::default(), 12.0).is_none());
    }
}
