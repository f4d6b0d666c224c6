//! What concurrency costs: the overspend of organizations by how many operations they had in flight at once.

use crate::experiment::{Estimate, Findings};

use super::super::number;
use super::sweeps::ends;
use super::{
    CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve, PicturePanel,
    PictureValue, policies,
};

/// A class of a policy's organizations: its number, its name, overspend and number of organizations.
type PeakClass = (u8, String, Estimate, Estimate);

/// The picture, or why there is none.
pub(super) fn picture(findings: &Findings) -> Result<Picture, LeftOut> {
    let shape = findings.shape();
    let nothing = |why: &str| LeftOut { what: "overspend by concurrency".to_owned(), why: why.to_owned() };
    let classes: Vec<Vec<PeakClass>> = (0..shape.policies.len())
        .map(|policy| findings.measurements.peaks().classes(policy).collect())
        .collect();
    let overspends = |own: &Vec<PeakClass>| own.iter().any(|(_, _, overspend, _)| overspend.mean > 0.0);
    if !classes.iter().any(overspends) {
        return Err(nothing("no overspend under any policy"));
    }
    let numbers: Vec<u8> = {
        let mut all: Vec<u8> = classes.iter().flatten().map(|(class, ..)| *class).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    if numbers.len() < 2 {
        return Err(nothing("all organizations have as many operations at once"));
    }
    let names: Vec<String> = numbers
        .iter()
        .map(|number| {
            let found = classes.iter().flatten().find(|(class, ..)| class == number);
            found.map_or_else(String::new, |(_, name, ..)| name.clone())
        })
        .collect();
    let place = |class: u8| numbers.iter().position(|number| *number == class).unwrap_or(0) as f64;
    let (shown, still): (Vec<usize>, Vec<usize>) =
        (0..classes.len()).partition(|&policy| overspends(&classes[policy]));
    let point = |(class, _, overspend, count): &PeakClass| {
        let value = PictureValue::of(overspend, 1.0, "credits");
        let text = format!("{} an organization, of {}", value.text, number::short(count.mean));
        CurvePoint { x: place(*class), value: PictureValue { text, ..value } }
    };
    let curves: Vec<PictureCurve> = shown
        .iter()
        .map(|&policy| PictureCurve {
            series: policy,
            label: String::new(),
            style: CurveStyle::Dotted,
            points: classes[policy].iter().map(point).collect(),
        })
        .collect();
    // Bands of classes with few organizations reach far: the axis ends at thrice the largest mean.
    let largest =
        curves.iter().flat_map(|curve| &curve.points).map(|point| point.value.mean).fold(0.0, f64::max);
    let high = ends(&curves).fold(0.0, f64::max).min(3.0 * largest) * 1.05;
    Ok(Picture {
        name: "concurrency".to_owned(),
        title: title(findings, &classes),
        subtitle: "overspend of an organization by the most operations it had in flight at once; bands: 95 % intervals".to_owned(),
        series: policies(findings),
        panels: vec![PicturePanel {
            title: String::new(),
            x: PictureAxis::names("most operations in flight at once", &names),
            y: PictureAxis::from_zero("overspend of an organization", "credits", [high]),
            content: PanelContent::Curves { curves },
        }],
        notes: Vec::new(),
        left_out: still
            .into_iter()
            .map(|policy| LeftOut { what: shape.policies[policy].clone(), why: "no overspend".to_owned() })
            .collect(),
    })
}

/// From the least to the most concurrent class, under the policy that overspends most there.
fn title(findings: &Findings, classes: &[Vec<PeakClass>]) -> String {
    let last = |own: &Vec<PeakClass>| own.last().map_or(0.0, |(_, _, overspend, _)| overspend.mean);
    let most = (0..classes.len())
        .rev()
        .max_by(|a, b| last(&classes[*a]).total_cmp(&last(&classes[*b])))
        .unwrap_or(0);
    let name = &findings.shape().policies[most];
    match (classes[most].first(), classes[most].last()) {
        (Some((_, few, low, _)), Some((_, many, high, _))) if high.mean > low.mean => format!(
            "Overspend grows with operations at once: {} credits in an organization with {few}, {} with {many}, under `{name}`",
            number::brief(low.mean),
            number::brief(high.mean)
        ),
        _ => "Overspend does not grow with operations in flight at once".to_owned(),
    }
}
