//! Change per organization against the baseline: each one by its demand, and all of them sorted.

use crate::experiment::{Findings, SizeClass};
use crate::outcome::{LargestList, OrganizationChange, SAMPLED};

use super::super::number;
use super::axis::reach;
use super::{
    CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel,
    PictureValue, PlanePoint, policies,
};

/// What is drawn of a change: bills where there are prices, else lost work.
struct ChangeMeasure {
    noun: &'static str,
    unit: String,
    of: fn(&OrganizationChange) -> Option<f64>,
    /// Organizations for which it rises, and for which it falls.
    rise: &'static str,
    fall: &'static str,
    largest: LargestList,
}

fn measure(findings: &Findings) -> ChangeMeasure {
    let priced = findings.shape().currency.clone().filter(|_| {
        let others = others(findings).into_iter();
        let mut changes = others.filter_map(|policy| findings.measurements.customers().sample(policy));
        changes.any(|sample| sample.changes().any(|change| change.bill().is_some_and(|bill| bill != 0)))
    });
    match priced {
        Some(unit) => ChangeMeasure {
            noun: "bill",
            unit,
            of: |change| change.bill().map(|bill| bill as f64 / 1e9),
            rise: "bill_higher_organizations",
            fall: "bill_lower_organizations",
            largest: LargestList::BillRises,
        },
        None => ChangeMeasure {
            noun: "lost work",
            unit: "credits".to_owned(),
            of: |change| Some(change.lost() as f64 / 1e6),
            rise: "lost_more_organizations",
            fall: "lost_less_organizations",
            largest: LargestList::LostRises,
        },
    }
}

fn others(findings: &Findings) -> Vec<usize> {
    (0..findings.shape().policies.len()).filter(|&policy| policy != findings.baseline).collect()
}

/// Both pictures, or why there are none.
pub(super) fn pictures(findings: &Findings) -> Vec<Result<Picture, LeftOut>> {
    let nothing =
        |why: &str| Err(LeftOut { what: "change per organization".to_owned(), why: why.to_owned() });
    if findings.shape().policies.len() < 2 {
        return vec![nothing("one policy is compared with none")];
    }
    let measure = measure(findings);
    let (mut changing, mut left_out) = (Vec::new(), Vec::new());
    for policy in others(findings) {
        let changes = of_policy(findings, policy, &measure);
        if changes.iter().any(|(_, change)| *change != 0.0) {
            changing.push((policy, changes));
        } else {
            let what = findings.shape().policies[policy].clone();
            left_out.push(LeftOut { what, why: format!("no {} changes", measure.noun) });
        }
    }
    if changing.is_empty() {
        return vec![nothing(&format!("no {} changes under any policy", measure.noun))];
    }
    vec![
        Ok(scatter(findings, &measure, &changing, left_out.clone())),
        Ok(sorted(findings, &measure, &changing, left_out)),
    ]
}

/// Demand and change of each organization of the sample.
fn of_policy(findings: &Findings, policy: usize, measure: &ChangeMeasure) -> Vec<(f64, f64)> {
    let sample = findings.measurements.customers().sample(policy);
    let changes = sample.into_iter().flat_map(|sample| sample.changes());
    changes.filter_map(|change| Some((change.before.demand as f64 / 1e6, (measure.of)(change)?))).collect()
}

/// Who is drawn.
fn sample_words(findings: &Findings) -> String {
    let policy = others(findings)[0];
    let count = findings.measurements.customers().sample(policy).map_or(0, |sample| sample.organizations());
    match count {
        all if all <= SAMPLED as u64 => format!("all {all} organizations of the first replication"),
        all => format!(
            "{SAMPLED} of {} organizations of the first replication, picked by a hash",
            number::short(all as f64)
        ),
    }
}

/// How many pay more and less, and the largest rise, under the policy with most who pay more.
fn title(findings: &Findings, measure: &ChangeMeasure, changing: &[(usize, Vec<(f64, f64)>)]) -> String {
    let customers = findings.measurements.customers();
    let mean = |policy: usize, name: &str| {
        customers.estimate(policy, SizeClass::All, name).map_or(0.0, |own| own.mean)
    };
    let most = changing.iter().map(|(policy, _)| *policy).max_by(|a, b| {
        (mean(*a, measure.rise) + mean(*a, measure.fall))
            .total_cmp(&(mean(*b, measure.rise) + mean(*b, measure.fall)))
    });
    let Some(policy) = most else { return String::new() };
    let worst =
        customers.largest(policy, measure.largest).first().and_then(|large| (measure.of)(&large.change));
    let worst = worst.map(|worst| format!(" (the most by {} {})", number::brief(worst), measure.unit));
    let (noun, name) = (measure.noun, &findings.shape().policies[policy]);
    let count = |measure| match mean(policy, measure) {
        0.0 => "none".to_owned(),
        count => number::brief(count),
    };
    let of = if mean(policy, measure.rise) == 0.0 { "" } else { " organizations" };
    format!(
        "Under `{name}` the {noun} rises for {}{of}{} and falls for {}",
        count(measure.rise),
        worst.unwrap_or_default(),
        count(measure.fall)
    )
}

fn scatter(
    findings: &Findings,
    measure: &ChangeMeasure,
    changing: &[(usize, Vec<(f64, f64)>)],
    left_out: Vec<LeftOut>,
) -> Picture {
    let points = || changing.iter().flat_map(|(_, changes)| changes);
    // Without demand there is no place on the axis.
    let demands = points().map(|(demand, _)| *demand).filter(|demand| *demand > 0.0);
    let (low, high) =
        demands.fold((f64::INFINITY, 0.0_f64), |(low, high), demand| (low.min(demand), high.max(demand)));
    let low = low.min(high).max(high / 1e5).max(1e-6);
    let x = PictureAxis::logarithmic("demand", "credits", (low * 0.9, high.max(low) * 1.1));
    let (least, most) = reach(points().map(|(_, change)| *change));
    let y = PictureAxis::over_zero(&format!("change of {}", measure.noun), &measure.unit, [least, most]);
    let panel = |(policy, changes): &(usize, Vec<(f64, f64)>)| PicturePanel {
        title: findings.shape().policies[*policy].clone(),
        x: x.clone(),
        y: y.clone(),
        content: PanelContent::Points {
            points: changes
                .iter()
                .map(|&(demand, change)| PlanePoint {
                    series: *policy,
                    label: String::new(),
                    marked: true,
                    x: PictureValue::plain(demand, "credits"),
                    y: PictureValue::plain(change, &measure.unit),
                })
                .collect(),
            joined: false,
        },
    };
    Picture {
        name: "changes".to_owned(),
        title: title(findings, measure, changing),
        subtitle: format!(
            "change of the {} against `{}` by demand; a dot an organization: {}",
            measure.noun,
            findings.shape().policies[findings.baseline],
            sample_words(findings)
        ),
        series: policies(findings),
        panels: changing.iter().map(panel).collect(),
        notes: Vec::new(),
        left_out,
    }
}

fn sorted(
    findings: &Findings,
    measure: &ChangeMeasure,
    changing: &[(usize, Vec<(f64, f64)>)],
    left_out: Vec<LeftOut>,
) -> Picture {
    let curve = |(policy, changes): &(usize, Vec<(f64, f64)>)| {
        let mut sorted: Vec<f64> = changes.iter().map(|(_, change)| *change).collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len() as f64;
        let share = |of: &dyn Fn(f64) -> bool| {
            number::rough(sorted.iter().filter(|change| of(**change)).count() as f64 / count * 100.0)
        };
        let label =
            format!("falls for {} %, rises for {} %", share(&|own| own < 0.0), share(&|own| own > 0.0));
        let points = sorted.iter().enumerate().map(|(rank, &change)| CurvePoint {
            x: (rank as f64 + 0.5) / count * 100.0,
            value: PictureValue::plain(change, &measure.unit),
        });
        PictureCurve { series: *policy, label, style: CurveStyle::Line, points: points.collect() }
    };
    let curves: Vec<PictureCurve> = changing.iter().map(curve).collect();
    let ends = curves.iter().flat_map(|curve| &curve.points).map(|point| point.value.mean);
    Picture {
        name: "changes-sorted".to_owned(),
        title: sorted_title(findings, measure, changing),
        subtitle: format!(
            "change of the {} against `{}`, sorted: {}",
            measure.noun,
            findings.shape().policies[findings.baseline],
            sample_words(findings)
        ),
        series: policies(findings),
        panels: vec![PicturePanel {
            title: String::new(),
            x: PictureAxis::linear(
                "organizations, from the largest fall to the largest rise",
                "%",
                (0.0, 100.0),
            ),
            y: PictureAxis::over_zero(&format!("change of {}", measure.noun), &measure.unit, ends),
            content: PanelContent::Curves { curves },
        }],
        notes: Vec::new(),
        left_out,
    }
}

/// How many of the sample see no change at all, at most and at least.
fn sorted_title(
    findings: &Findings,
    measure: &ChangeMeasure,
    changing: &[(usize, Vec<(f64, f64)>)],
) -> String {
    let unchanged = |changes: &[(f64, f64)]| {
        changes.iter().filter(|(_, change)| *change == 0.0).count() as f64 / changes.len().max(1) as f64
            * 100.0
    };
    let by_share = |a: &&(usize, Vec<(f64, f64)>), b: &&(usize, Vec<(f64, f64)>)| {
        unchanged(&a.1).total_cmp(&unchanged(&b.1))
    };
    let (Some(most), Some(least)) = (changing.iter().max_by(by_share), changing.iter().min_by(by_share))
    else {
        return String::new();
    };
    let name = |policy: usize| &findings.shape().policies[policy];
    let percent = |own: &(usize, Vec<(f64, f64)>)| number::rough(unchanged(&own.1));
    match most.0 == least.0 {
        true => format!(
            "The {} of {} % of organizations stays the same under `{}`",
            measure.noun,
            percent(most),
            name(most.0)
        ),
        false => format!(
            "The {} of {} % of organizations stays the same under `{}`, of {} % under `{}`",
            measure.noun,
            percent(most),
            name(most.0),
            percent(least),
            name(least.0)
        ),
    }
}
